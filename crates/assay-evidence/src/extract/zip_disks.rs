//! Split zips (`x.z01`, `x.z02`, `x.zip`): the volumes in a row, and a directory made anew behind them.
//!
//! The directory of the last volume places members by disk and by byte of that disk (APPNOTE 4.3.16, 4.4.16). Here each is
//! placed by its byte in all volumes together, so that the one reader of zips reads it. Members on volumes that are missing
//! are listed and cannot be opened.

use super::little_endian::{u16_at, u32_at};
use super::zip;
use crate::volumes::{Layout, Volumes};
use std::collections::BTreeMap;
use std::io::{Read, Seek, SeekFrom};

/// The largest directory that is made anew, bytes.
const DIRECTORY: u64 = 256 << 20;

/// A set whose last volume holds its directory; `None` where that is no volume's.
pub(super) fn joined(row: Volumes) -> Option<Volumes> {
    let last = row.starts().count().checked_sub(1)?;
    let mut input = row.volume(last)?;
    let end = End::read(&mut input)?;
    drop(input);
    // Its number is known from here only.
    let of = end.disk.checked_add(1)?;
    let mut parts = row.into_parts();
    let highest = parts.iter().rev().nth(1)?.0;
    if end.disk == 0 || highest > end.disk {
        return None;
    }
    parts.last_mut()?.0 = of;
    let row = Volumes::in_a_row(parts, Layout::Disks);
    let tail = end.directory(&row).unwrap_or_default();
    Some(row.with(tail, of))
}

/// What the record at the end says.
struct End {
    disk: u32,
    directory_disk: u32,
    directory_at: u64,
    directory_bytes: u64,
    /// Where the record of zip64 is, by disk and byte.
    long: Option<(u32, u64)>,
}

impl End {
    fn read(last: &mut (impl Read + Seek)) -> Option<Self> {
        let tail = zip::tail(last)?;
        let at = memchr::memmem::rfind(&tail, b"PK\x05\x06")?;
        let record = tail.get(at..)?;
        let locator = at.checked_sub(20).and_then(|at| tail.get(at..)).filter(|bytes| bytes.starts_with(b"PK\x06\x07"));
        let long = locator.and_then(|locator| Some((u32_at(locator, 4)?, u64_at(locator, 8)?)));
        let disks = locator.and_then(|locator| u32_at(locator, 16));
        let disk = match u16_at(record, 4)? {
            u16::MAX => disks?.checked_sub(1)?,
            disk => u32::from(disk),
        };
        Some(Self {
            disk,
            directory_disk: u32::from(u16_at(record, 6)?),
            directory_at: u64::from(u32_at(record, 16)?),
            directory_bytes: u64::from(u32_at(record, 12)?),
            long,
        })
    }

    /// The directory and its end, with every member placed in all volumes together.
    fn directory(mut self, row: &Volumes) -> Option<Vec<u8>> {
        let starts: BTreeMap<u32, u64> =
            row.starts().map(|(number, start)| (number.saturating_sub(1), start)).collect();
        let place = |disk: u32, at: u64| starts.get(&disk)?.checked_add(at);
        let mut input = row.joined();
        let ends = input.seek(SeekFrom::End(0)).ok()?;
        let mut read = |at: u64, length: u64| {
            let mut bytes = Vec::new();
            input.seek(SeekFrom::Start(at)).ok()?;
            (&mut input).take(length).read_to_end(&mut bytes).ok()?;
            Some(bytes)
        };
        if let Some((disk, at)) = self.long {
            let record = read(place(disk, at)?, 56)?;
            if record.starts_with(b"PK\x06\x06") {
                self.directory_disk = u32_at(&record, 20)?;
                self.directory_bytes = u64_at(&record, 40)?;
                self.directory_at = u64_at(&record, 48)?;
            }
        }
        let old = read(place(self.directory_disk, self.directory_at)?, self.directory_bytes.min(DIRECTORY))?;
        let (mut new, mut count, mut rest) = (Vec::new(), 0_u64, old.as_slice());
        while let Some((entry, behind)) = Entry::read(rest) {
            // What lies on a volume that is not there is nowhere: its place is that of the directory.
            entry.write(place(entry.disk, entry.at).unwrap_or(ends), &mut new);
            count += 1;
            rest = behind;
        }
        finish(&mut new, count, ends);
        (count > 0).then_some(new)
    }
}

/// Ends a directory that begins at `at`.
fn finish(directory: &mut Vec<u8>, count: u64, at: u64) {
    let length = directory.len() as u64;
    let (short_count, short_length) = (u16::try_from(count).ok(), u32::try_from(length).ok());
    let short = short_count.zip(short_length).zip(u32::try_from(at).ok());
    let ((short_count, short_length), short_at) = short
        .filter(|((count, length), at)| *count < u16::MAX && *length < u32::MAX && *at < u32::MAX)
        .unwrap_or(((u16::MAX, u32::MAX), u32::MAX));
    if short_at == u32::MAX {
        let mut put = |bytes: &[u8]| directory.extend_from_slice(bytes);
        put(b"PK\x06\x06");
        put(&44_u64.to_le_bytes());
        put(&[45, 0, 45, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        [count, count, length, at].iter().for_each(|number| put(&number.to_le_bytes()));
        put(b"PK\x06\x07\0\0\0\0");
        put(&at.saturating_add(length).to_le_bytes());
        put(&1_u32.to_le_bytes());
    }
    let mut put = |bytes: &[u8]| directory.extend_from_slice(bytes);
    put(b"PK\x05\x06\0\0\0\0");
    put(&short_count.to_le_bytes());
    put(&short_count.to_le_bytes());
    put(&short_length.to_le_bytes());
    put(&short_at.to_le_bytes());
    put(&[0, 0]);
}

/// An entry of a directory.
struct Entry<'a> {
    fixed: &'a [u8],
    name: &'a [u8],
    extra: &'a [u8],
    /// The long sizes that its field of zip64 holds, as they stand.
    long_sizes: &'a [u8],
    disk: u32,
    at: u64,
}

impl<'a> Entry<'a> {
    fn read(bytes: &'a [u8]) -> Option<(Self, &'a [u8])> {
        let fixed = bytes.get(..46).filter(|fixed| fixed.starts_with(b"PK\x01\x02"))?;
        let length = |at: usize| u16_at(fixed, at).map(usize::from);
        let (name, extra, comment) = (length(28)?, length(30)?, length(32)?);
        let rest = bytes.get(46..)?;
        let behind = rest.get(name + extra + comment..)?;
        let (name, extra) = (rest.get(..name)?, rest.get(name..name + extra)?);
        let (mut disk, mut at) = (u32::from(u16_at(fixed, 34)?), u64::from(u32_at(fixed, 42)?));
        let sizes = [24, 20].into_iter().filter(|at| u32_at(fixed, *at) == Some(u32::MAX)).count() * 8;
        let long = fields(extra).find(|(kind, _)| *kind == ZIP64).map_or(&[][..], |(_, long)| long);
        let long_sizes = long.get(..sizes).unwrap_or_default();
        let mut long = long.get(sizes..).unwrap_or_default();
        if at == u64::from(u32::MAX) {
            at = u64_at(long, 0)?;
            long = long.get(8..)?;
        }
        if disk == u32::from(u16::MAX) {
            disk = u32_at(long, 0)?;
        }
        Some((Self { fixed, name, extra, long_sizes, disk, at }, behind))
    }

    /// Writes the entry with its member at `at`, without its comment.
    fn write(&self, at: u64, out: &mut Vec<u8>) {
        let mut long = self.long_sizes.to_vec();
        let short = u32::try_from(at).ok().filter(|at| *at < u32::MAX);
        if short.is_none() {
            long.extend_from_slice(&at.to_le_bytes());
        }
        let mut extra = Vec::new();
        let mut put = |kind: u16, field: &[u8]| {
            extra.extend_from_slice(&kind.to_le_bytes());
            extra.extend_from_slice(&u16::try_from(field.len()).unwrap_or(0).to_le_bytes());
            extra.extend_from_slice(field);
        };
        if !long.is_empty() {
            put(ZIP64, &long);
        }
        fields(self.extra).filter(|(kind, _)| *kind != ZIP64).for_each(|(kind, field)| put(kind, field));
        let Ok(extra_length) = u16::try_from(extra.len()) else { return };
        out.extend_from_slice(self.fixed.get(..30).unwrap_or_default());
        out.extend_from_slice(&extra_length.to_le_bytes());
        // No comment, the first disk.
        out.extend_from_slice(&[0; 4]);
        out.extend_from_slice(self.fixed.get(36..42).unwrap_or_default());
        out.extend_from_slice(&short.unwrap_or(u32::MAX).to_le_bytes());
        out.extend_from_slice(self.name);
        out.extend_from_slice(&extra);
    }
}

const ZIP64: u16 = 1;

/// The extra fields of an entry.
fn fields(mut extra: &[u8]) -> impl Iterator<Item = (u16, &[u8])> {
    std::iter::from_fn(move || {
        let (kind, length) = (u16_at(extra, 0)?, usize::from(u16_at(extra, 2)?));
        let field = extra.get(4..4 + length)?;
        extra = extra.get(4 + length..)?;
        Some((kind, field))
    })
}

fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_le_bytes(bytes.get(at..at.checked_add(8)?)?.try_into().ok()?))
}
