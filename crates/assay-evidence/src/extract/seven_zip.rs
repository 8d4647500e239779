//! 7z archives: LZMA, LZMA2, bzip2, deflate and their filters. A solid block is streamed once for all its members.
//!
//! Each member gives what the header declares and no more; the declared sizes are counted against the limits. No
//! password is tried; PPMd is not read; an archive that lost its header, which stands at its end, is corrupt.

use super::zip::FLOOR;
use super::{Job, Limits, MemberEntry, Names, Opened, ReadSeek, Visit, read_at_most};
use assay_model::UnreadReason;
use sevenz_rust2::{Archive, ArchiveEntry, BlockDecoder, Error, Password};
use std::io::{BufReader, SeekFrom};

/// The largest header, KiB: two million files of long names.
const HEADER_MEMORY: usize = 128 << 10;

/// The largest dictionary that is taken, KiB: 256 MiB, four times that of `7z -mx9`. A worker has 2 GiB.
const MEMORY: usize = (256 << 10) + 128;

pub(super) fn read(job: &mut Job<'_, '_>) -> Result<(), UnreadReason> {
    let mut input = &mut *job.input;
    let archive = Archive::read_with_memory_limit(&mut input, &Password::empty(), HEADER_MEMORY).map_err(reason)?;
    let mut encrypted = 0_u64;
    for (index, entry) in archive.files.iter().enumerate() {
        if !is_member(entry) {
            continue;
        }
        if job.out.member(&entry.name, entry.size).is_err() {
            break;
        }
        encrypted += u64::from(entry.has_stream && archive.is_file_encrypted(index));
    }
    if encrypted > 0 {
        job.out.warn(&format!("members that need a password: {encrypted}"));
    }
    Ok(())
}

pub(super) fn visit(mut input: &mut dyn ReadSeek, visit: &mut Visit<'_>) {
    let Ok(size) = input.seek(SeekFrom::End(0)) else { return };
    let Ok(archive) = Archive::read_with_memory_limit(&mut input, &Password::empty(), HEADER_MEMORY) else { return };
    let mut input = BufReader::new(input);
    let mut plan = Plan::new(&archive, visit.reading.limits, size);
    let none = Password::empty();
    let mut index = 0;
    while index < archive.files.len() && plan.number < visit.range.end {
        let Some(block) = archive.stream_map.file_block_index.get(index).copied().flatten() else {
            plan.give(index, visit, &mut || Ok(Vec::new()));
            index += 1;
            continue;
        };
        let decoder = BlockDecoder::new_with_memory_limit(1, MEMORY, block, &archive, &none, &mut input);
        let end = index.saturating_add(decoder.entry_count()).min(archive.files.len()).max(index + 1);
        let members = archive.files.get(index..end).unwrap_or_default().iter().filter(|entry| is_member(entry)).count();
        let wanted = plan.number as usize + members > visit.range.start as usize;
        let mut at = index;
        // What the block no longer gives is given below, with the reason.
        let mut rest = match () {
            () if archive.is_file_encrypted(index) => UnreadReason::Encrypted,
            () => UnreadReason::Corrupt,
        };
        if wanted && rest == UnreadReason::Corrupt {
            let read = decoder.for_each_entries(&mut |entry, content| {
                let mut whole = true;
                plan.give(at, visit, &mut || {
                    let bytes = read_at_most(content, entry.size);
                    whole = bytes.is_ok();
                    bytes
                });
                at += 1;
                Ok(whole && at < end && plan.number < visit.range.end && !plan.spent())
            });
            if let Err(error) = read {
                rest = reason(error);
            }
        }
        for index in at..end {
            let empty = archive.files.get(index).is_some_and(|entry| !entry.has_stream);
            plan.give(index, visit, &mut || if empty { Ok(Vec::new()) } else { Err(rest) });
        }
        index = end;
    }
}

/// Numbers, names and budget, the same whatever the range of a visit.
struct Plan<'a> {
    archive: &'a Archive,
    names: Names,
    number: u32,
    declared: u64,
    budget: u64,
}

impl<'a> Plan<'a> {
    fn new(archive: &'a Archive, limits: &Limits, size: u64) -> Self {
        let budget = limits.expanded_bytes.min(size.saturating_mul(limits.expansion_ratio).max(FLOOR));
        Self { archive, names: Names::default(), number: 0, declared: 0, budget }
    }

    /// Whether all that follows is over the limit.
    fn spent(&self) -> bool {
        self.declared > self.budget
    }

    /// Hands a file over, if it is a member and in the range.
    fn give(&mut self, index: usize, visit: &mut Visit<'_>, open: &mut dyn FnMut() -> Opened) {
        let Some(entry) = self.archive.files.get(index).filter(|entry| is_member(entry)) else { return };
        self.declared = self.declared.saturating_add(entry.size);
        let member = MemberEntry { name: self.names.unique(&entry.name), bytes: entry.size };
        if visit.range.contains(&self.number) {
            let bytes = match self.spent() || entry.size > visit.reading.limits.item_bytes {
                true => Err(UnreadReason::Limit),
                false => open(),
            };
            (visit.visit)(self.number, &member, bytes);
        }
        self.number = self.number.saturating_add(1);
    }
}

fn is_member(entry: &ArchiveEntry) -> bool {
    !entry.is_directory && !entry.is_anti_item
}

/// What an error of the library means for the item.
fn reason(error: Error) -> UnreadReason {
    match error {
        Error::PasswordRequired => UnreadReason::Encrypted,
        // The library is built without decryption.
        Error::UnsupportedCompressionMethod(name) if name.contains("AES") => UnreadReason::Encrypted,
        Error::UnsupportedCompressionMethod(_)
        | Error::Unsupported(_)
        | Error::ExternalUnsupported
        | Error::UnsupportedVersion { .. } => UnreadReason::Unsupported,
        Error::MaxMemLimited { .. } => UnreadReason::Limit,
        Error::Io(error, _) => super::broken(&error),
        _ => UnreadReason::Corrupt,
    }
}
