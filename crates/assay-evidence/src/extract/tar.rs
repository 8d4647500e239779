//! Tar archives and gzip: `x.tar.gz` is one step whose members are the tar's; any other gzip holds one member.
//!
//! Links, devices and folders are no members; links are counted. Streams are bounded by what they give, not by what
//! they declare.

use super::zip::FLOOR;
use super::{Head, Job, Limits, MemberEntry, Names, Out, ReadSeek, Visit, read_at_most, rewind};
use ::tar::{Archive, Entries, EntryType};
use assay_model::UnreadReason;
use flate2::read::{GzDecoder, MultiGzDecoder};
use std::io::{self, Read, SeekFrom};

/// What a gzip without a name of its own holds. The file's name is no help: it is not known where members are visited.
const NAMELESS: &str = "content";

const CUT: &str = "the archive is damaged or over a limit: what follows is not listed";

/// Whether a block is a tar header: its check sum holds, whatever dialect it is of.
pub(super) fn fits(head: &Head<'_>) -> bool {
    is_header(&head.first)
}

/// Whether a gzip's content begins as a tar does.
pub(super) fn fits_gzip(head: &Head<'_>) -> bool {
    let mut block = Vec::new();
    // An error after the first block is of no matter here.
    let _ = MultiGzDecoder::new(&head.first[..]).take(512).read_to_end(&mut block);
    head.first.starts_with(b"\x1f\x8b\x08") && is_header(&block)
}

fn is_header(block: &[u8]) -> bool {
    let Some(block) = block.get(..512) else { return false };
    let Some(field) = block.get(148..156) else { return false };
    let digits: String = field.iter().map(|byte| *byte as char).collect();
    let Ok(declared) = u64::from_str_radix(digits.trim_matches([' ', '\0']), 8) else { return false };
    let sum = |signed: bool| -> i64 {
        let of = |(index, byte): (usize, &u8)| match index {
            148..156 => i64::from(b' '),
            _ if signed => i64::from(*byte as i8),
            _ => i64::from(*byte),
        };
        block.iter().enumerate().map(of).sum()
    };
    // Old writers summed signed bytes.
    declared > 0 && [sum(false), sum(true)].contains(&(declared as i64))
}

pub(super) fn read(job: &mut Job<'_, '_>) -> Result<(), UnreadReason> {
    let mut archive = Archive::new(&mut *job.input);
    let entries = archive.entries_with_seek().map_err(|_| UnreadReason::Corrupt)?;
    list(entries, job.head.bytes, job.out)
}

pub(super) fn read_gzip(job: &mut Job<'_, '_>) -> Result<(), UnreadReason> {
    let stream = unpacked(job.input, job.limits)?;
    let mut archive = Archive::new(stream);
    let entries = archive.entries().map_err(|_| UnreadReason::Corrupt)?;
    list(entries, u64::MAX, job.out)
}

pub(super) fn visit(input: &mut dyn ReadSeek, visit: &mut Visit<'_>) {
    let mut archive = Archive::new(input);
    if let Ok(entries) = archive.entries_with_seek() {
        visit_entries(entries, visit);
    }
}

pub(super) fn visit_gzip(input: &mut dyn ReadSeek, visit: &mut Visit<'_>) {
    let Ok(stream) = unpacked(input, visit.limits) else { return };
    let mut archive = Archive::new(stream);
    if let Ok(entries) = archive.entries() {
        visit_entries(entries, visit);
    }
}

/// A gzip that is no tar.
pub(super) fn read_single(job: &mut Job<'_, '_>) -> Result<(), UnreadReason> {
    // A limit of no members at all is said by the one who counts.
    let _ = job.out.member(&name_in(job.input), 0);
    Ok(())
}

pub(super) fn visit_single(input: &mut dyn ReadSeek, visit: &mut Visit<'_>) {
    let name = Names::default().unique(&name_in(input));
    if !visit.range.contains(&0) {
        return;
    }
    let limits = visit.limits;
    let bytes = unpacked(input, limits).and_then(|mut stream| match read_at_most(&mut stream, limits.item_bytes) {
        Err(UnreadReason::Corrupt) if stream.left == 0 => Err(UnreadReason::Limit),
        other => other,
    });
    (visit.visit)(0, &MemberEntry { name, bytes: 0 }, bytes);
}

/// The name in a gzip's header.
fn name_in(input: &mut dyn ReadSeek) -> String {
    if rewind(input).is_err() {
        return NAMELESS.to_owned();
    }
    let mut decoder = GzDecoder::new(&mut *input);
    // The header is read with the first byte of content.
    let _ = decoder.read(&mut [0]);
    let name = decoder.header().and_then(|header| header.filename()).unwrap_or_default();
    // RFC 1952 says Latin-1; today's tools write UTF-8.
    match std::str::from_utf8(name) {
        Ok("") => NAMELESS.to_owned(),
        Ok(name) => name.to_owned(),
        Err(_) => name.iter().map(|byte| *byte as char).collect(),
    }
}

/// Lists an archive that ends after `end` bytes.
fn list<R: Read>(entries: Entries<'_, R>, end: u64, out: &mut Out<'_>) -> Result<(), UnreadReason> {
    let mut links = 0_u64;
    for entry in entries {
        let Ok(entry) = entry else {
            out.partial(CUT);
            break;
        };
        let kind = entry.header().entry_type();
        if !is_file(kind) {
            links += u64::from(kind.is_symlink() || kind.is_hard_link());
            continue;
        }
        if out.member(&String::from_utf8_lossy(&entry.path_bytes()), entry.size()).is_err() {
            break;
        }
        // A seek beyond the end succeeds, and the archive would seem to end in order.
        if entry.raw_file_position().saturating_add(entry.size()) > end && !kind.is_gnu_sparse() {
            out.partial(CUT);
        }
    }
    if links > 0 {
        out.warn(&format!("links in the archive, which hold nothing: {links}"));
    }
    Ok(())
}

fn visit_entries<R: Read>(entries: Entries<'_, R>, visit: &mut Visit<'_>) {
    let mut names = Names::default();
    let mut number = 0_u32;
    for entry in entries {
        let Ok(mut entry) = entry else { return };
        if !is_file(entry.header().entry_type()) {
            continue;
        }
        if number >= visit.range.end {
            return;
        }
        let name = names.unique(&String::from_utf8_lossy(&entry.path_bytes()));
        let member = MemberEntry { name, bytes: entry.size() };
        if visit.range.contains(&number) {
            let size = entry.size();
            let bytes = match size <= visit.limits.item_bytes {
                true => read_at_most(&mut entry, visit.limits.item_bytes),
                false => Err(UnreadReason::Limit),
            };
            let bytes = match bytes {
                Ok(bytes) if (bytes.len() as u64) < size => Err(UnreadReason::Corrupt),
                other => other,
            };
            (visit.visit)(number, &member, bytes);
        }
        number += 1;
    }
}

fn is_file(kind: EntryType) -> bool {
    kind.is_file() || kind.is_contiguous() || kind.is_gnu_sparse()
}

/// A gzip's content, which fails once it gives more than the limits allow.
struct Bounded<R> {
    inner: R,
    left: u64,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let want = buffer.len().min(usize::try_from(self.left).unwrap_or(usize::MAX));
        if want == 0 && !buffer.is_empty() {
            return Err(io::Error::other("over the limit of expansion"));
        }
        let count = self.inner.read(&mut buffer[..want])?;
        self.left -= count as u64;
        Ok(count)
    }
}

fn unpacked<'a>(
    input: &'a mut dyn ReadSeek,
    limits: &Limits,
) -> Result<Bounded<MultiGzDecoder<&'a mut dyn ReadSeek>>, UnreadReason> {
    let size = input.seek(SeekFrom::End(0)).map_err(|_| UnreadReason::Corrupt)?;
    rewind(input)?;
    let left = limits.expanded_bytes.min(size.saturating_mul(limits.expansion_ratio).max(FLOOR));
    Ok(Bounded { inner: MultiGzDecoder::new(input), left })
}
