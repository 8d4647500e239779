//! Tar archives, plain or as the content of a compressed stream (see `unpack`).
//!
//! Links, devices and folders are no members; links are counted. An archive that is cut gives what it holds, the
//! beginning of its last member included, and is partial.

use super::{Head, Job, MemberEntry, Names, Out, ReadSeek, Visit, had, salvage};
use ::tar::{Archive, Entries, EntryType};
use assay_model::UnreadReason;
use std::io::Read;

const CUT: &str = "the archive is damaged or over a limit: what follows is not listed";

/// Whether a block is a tar header: its check sum holds, whatever dialect it is of.
pub(super) fn fits(head: &Head<'_>) -> bool {
    is_header(&head.first)
}

/// As [`fits`], for bytes.
pub(super) fn is_header(block: &[u8]) -> bool {
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

/// Lists the tar that a stream gives.
pub(super) fn read_stream(stream: impl Read, out: &mut Out<'_>) -> Result<(), UnreadReason> {
    let mut archive = Archive::new(stream);
    let entries = archive.entries().map_err(|_| UnreadReason::Corrupt)?;
    list(entries, u64::MAX, out)
}

pub(super) fn visit(input: &mut dyn ReadSeek, visit: &mut Visit<'_>) {
    let mut archive = Archive::new(input);
    if let Ok(entries) = archive.entries_with_seek() {
        visit_entries(entries, visit);
    }
}

/// Opens members of the tar that a stream gives.
pub(super) fn visit_stream(stream: impl Read, visit: &mut Visit<'_>) {
    let mut archive = Archive::new(stream);
    if let Ok(entries) = archive.entries() {
        visit_entries(entries, visit);
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
            let bytes = match entry.size() <= visit.reading.limits.item_bytes {
                // Less than declared is an archive that was cut, which its listing says.
                true => had(salvage(&mut entry, visit.reading.limits.item_bytes)),
                false => Err(UnreadReason::Limit),
            };
            (visit.visit)(number, &member, bytes);
        }
        number += 1;
    }
}

fn is_file(kind: EntryType) -> bool {
    kind.is_file() || kind.is_contiguous() || kind.is_gnu_sparse()
}
