//! Whether files that their names put together are the volumes of one set: the content of the first decides.
//!
//! A first volume must be of a kind that says where it ends or that it goes on: an archive or store that is longer than the
//! file, a zip without its directory, a RAR volume, a compressed stream or tar whose next file does not begin anew. Whatever
//! else is numbered (pictures, messages, logs) is read file by file.

use super::little_endian::{u16_at, u32_at};
use super::{HEAD, Head, Out, charset, registry, seven_zip, tar, zip, zip_disks};
use crate::volumes::{Bytes, Joined, Layout, Volumes, total};
use std::io::{Read, Seek, SeekFrom};

/// Files as one set; `None` where their content is not that of one, and each is to be read for itself.
///
/// `volumes` have their numbers, from 1 and ascending; `root` is the number of the one that the set is called by, `name` its
/// file name. Reads beginnings and ends only.
pub fn join(volumes: Vec<(u32, Bytes)>, root: u32, name: &str) -> Option<Volumes> {
    let is_last = volumes.last().is_some_and(|(number, _)| *number == root);
    let row = Volumes::in_a_row(volumes, Layout::Pieces);
    let (mut first, mut second) = (row.volume(0)?, row.volume(1)?);
    let head = beginning(&mut first)?;
    let next = beginning(&mut second)?;
    let rar = |first: &[u8]| first.starts_with(RAR);
    if rar(&head) && rar(&next) {
        let is_set = rar_goes_on(&head);
        drop((first, second));
        return is_set.then(|| Volumes::in_a_row(row.into_parts(), Layout::Rar));
    }
    if is_last {
        drop((first, second));
        return zip_disks::joined(row);
    }
    if head.starts_with(b"PK\x07\x08PK\x03\x04") {
        // The first of a split zip without its last.
        drop((first, second));
        let (last, parts) = (row.numbers().last()?, row.into_parts());
        return Some(Volumes::in_a_row(parts, Layout::Disks).with(Vec::new(), last + 1));
    }
    let goes_on = goes_on(&mut first, &head, &next, name)?;
    drop((first, second));
    let parts = row.into_parts();
    let size = parts.first()?.1.len();
    let last = parts.last()?.0;
    // Pieces are of one size but the last, or short where something was lost.
    if parts.iter().any(|(_, bytes)| bytes.len() > size) || size == 0 {
        return None;
    }
    let of = match goes_on {
        GoesOn::To(end) => u32::try_from(end.div_ceil(size)).ok()?,
        GoesOn::Somewhere => total(name).unwrap_or(last),
    };
    Some(Volumes::in_places(parts).with(Vec::new(), of))
}

const RAR: &[u8] = b"Rar!\x1a\x07";

/// How far the file that a first volume begins reaches.
enum GoesOn {
    To(u64),
    Somewhere,
}

fn goes_on(first: &mut Joined, head: &[u8], next: &[u8], name: &str) -> Option<GoesOn> {
    let size = first.seek(SeekFrom::End(0)).ok()?;
    let beyond = |end: Option<u64>| end.filter(|end| *end > size).map(GoesOn::To);
    let anew = |magic: &[u8]| next.starts_with(magic);
    match head {
        [b'7', b'z', 0xbc, 0xaf, 0x27, 0x1c, ..] => return beyond(seven_zip::declared_end(first)),
        [b'!', b'B', b'D', b'N', ..] => return beyond(end_of_store(head)),
        _ if head.starts_with(b"SQLite format 3\0") => return beyond(end_of_database(head)),
        _ if head.get(32769..32774) == Some(b"CD001") => return beyond(end_of_disc(head)),
        _ if head.starts_with(RAR) => return Some(GoesOn::Somewhere),
        _ if head.starts_with(b"PK\x03\x04") => {
            let whole = zip::has_directory(first) || anew(b"PK\x03\x04");
            return (!whole).then_some(GoesOn::Somewhere);
        }
        _ => {}
    }
    let is_text = charset::sample(&Head { first: next.to_vec(), bytes: next.len() as u64, name: "" }).is_some();
    let typed = Head { first: head.to_vec(), bytes: size, name };
    let format = registry::detect(first, &typed);
    if let Some(packing) = format.packing() {
        return (!packing.fits(next) && !is_text).then_some(GoesOn::Somewhere);
    }
    if tar::is_header(head) {
        // A tar ends in two blocks of zeros at least.
        let mut end = Vec::new();
        first.seek(SeekFrom::Start(size.saturating_sub(1024))).ok()?;
        first.read_to_end(&mut end).ok()?;
        let ends = end.iter().all(|byte| *byte == 0);
        return (!ends || name.to_ascii_lowercase().contains(".tar.")).then_some(GoesOn::Somewhere);
    }
    None
}

fn beginning(input: &mut Joined) -> Option<Vec<u8>> {
    let mut first = Vec::new();
    input.seek(SeekFrom::Start(0)).ok()?;
    (&mut *input).take(HEAD).read_to_end(&mut first).ok()?;
    Some(first)
}

/// Where a mail store of Outlook ends (MS-PST 2.2.2.6).
fn end_of_store(head: &[u8]) -> Option<u64> {
    match u16_at(head, 10)? {
        ..23 => u32_at(head, 0xa8).map(u64::from),
        _ => head.get(0xb8..0xc0)?.try_into().ok().map(u64::from_le_bytes).filter(|end| *end < 1 << 50),
    }
}

/// Where a database of SQLite ends, from its size in pages.
fn end_of_database(head: &[u8]) -> Option<u64> {
    let page = match head.get(16..18)? {
        [0, 1] => 65_536,
        [high, low] => u64::from(*high) << 8 | u64::from(*low),
        _ => return None,
    };
    let pages = head.get(28..32)?.try_into().ok().map(u32::from_be_bytes)?;
    Some(u64::from(pages) * page)
}

/// Where an image of a disc ends, from its primary descriptor.
fn end_of_disc(head: &[u8]) -> Option<u64> {
    Some(u64::from(u32_at(head, 32768 + 80)?) * u64::from(u16_at(head, 32768 + 128)?))
}

/// Whether a RAR archive says that it is a volume, or hides its headers and with them whether it is.
fn rar_goes_on(head: &[u8]) -> bool {
    match head.get(6) {
        Some(0) => head.get(9) == Some(&0x73) && u16_at(head, 10).is_some_and(|flags| flags & 1 != 0),
        Some(1) => rar5_goes_on(head.get(12..).unwrap_or_default()).unwrap_or(false),
        _ => false,
    }
}

/// From the size of the first header on.
fn rar5_goes_on(mut header: &[u8]) -> Option<bool> {
    let mut number = || {
        let mut value = 0_u64;
        for shift in (0..63).step_by(7) {
            let (byte, rest) = header.split_first()?;
            header = rest;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(value);
            }
        }
        None
    };
    let _size = number()?;
    // An encryption header comes before any other.
    if number()? == 4 {
        return Some(true);
    }
    if number()? & 1 != 0 {
        let _extra = number()?;
    }
    Some(number()? & 1 != 0)
}

/// Says which volumes are missing.
pub(super) fn say(set: Option<&Volumes>, out: &mut Out<'_>) {
    let Some(set) = set else { return };
    if !set.missing().is_empty() {
        out.partial(&format!("volumes of this set are missing: {}", ranges(set.missing())));
    }
    if !set.short().is_empty() {
        out.partial(&format!("volumes of this set are shorter than the others: {}", ranges(set.short())));
    }
}

/// `2, 5 to 7`.
fn ranges(numbers: &[u32]) -> String {
    let runs = numbers.chunk_by(|one, next| one.checked_add(1) == Some(*next));
    let run = |run: &[u32]| match run {
        [] => String::new(),
        [one] => one.to_string(),
        [one, .., last] => format!("{one} to {last}"),
    };
    runs.map(run).collect::<Vec<_>>().join(", ")
}
