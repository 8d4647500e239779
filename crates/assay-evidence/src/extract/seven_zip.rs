//! 7z archives: LZMA, LZMA2, PPMd, bzip2, deflate and their filters, and AES-256. A solid block is streamed once for all its members.
//!
//! Each member gives what the header declares and no more; the declared sizes are counted against the limits. Passwords
//! that a user gave are tried, on the list of names too; the right one is known by a check sum. An archive that lost its
//! header, which stands at its end (a download that broke off, a set of volumes without the last), has no names any more: its
//! first block is decoded as writers pack it by default, as far as it goes, and text and files in it are carved (see `blob`).

use super::passwords::{self, Passwords};
use super::zip::FLOOR;
use super::{Job, Limits, MemberEntry, Names, Opened, ReadSeek, Visit, blob, read_at_most, salvage};
use assay_model::UnreadReason;
use lzma_rust2::{Lzma2Reader, LzmaReader};
use sevenz_rust2::{Archive, ArchiveEntry, BlockDecoder, Error, Password};
use std::io::{self, BufRead, BufReader, Cursor, Read, SeekFrom};

const VOLUME: &str = "the file ends before the archive's list of names: it is cut, or volumes of its set are not here";

const BUFFER: usize = 1 << 18;

/// The largest header, KiB: two million files of long names.
const HEADER_MEMORY: usize = 128 << 10;

/// The largest dictionary that is taken, KiB: 256 MiB, four times that of `7z -mx9`. A worker has 2 GiB.
const MEMORY: usize = (256 << 10) + 128;

pub(super) fn read(job: &mut Job<'_, '_>) -> Result<(), UnreadReason> {
    let mut passwords = Passwords::sparing(job.reading.passwords);
    let (archive, named) = match opened(&mut *job.input, &mut passwords) {
        Ok(opened) => opened,
        Err(reason) => {
            let short = declared_end(job.input).is_some_and(|end| end > job.head.bytes);
            if !short {
                return Err(reason);
            }
            job.out.warn(VOLUME);
            let Some(block) = first_block(job.input, job.reading.limits) else { return Err(reason) };
            let mut job = Job { input: &mut Cursor::new(block), head: job.head, reading: job.reading, out: job.out };
            return blob::read(&mut job).map_err(|_| reason);
        }
    };
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
    let tried = smallest_block(&archive).map_or(Err(UnreadReason::Encrypted), |block| {
        password_of(&archive, block, &mut BufReader::new(&mut *job.input), &mut passwords).map(drop)
    });
    passwords::words(encrypted, tried).iter().for_each(|words| job.out.warn(words));
    if named == Names7::Encrypted {
        job.out.warn("the archive's list of names was behind a password that its user gave");
    }
    Ok(())
}

/// Whether the list of names needs a password.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Names7 {
    Open,
    Encrypted,
}

/// The archive's header, with a password where it needs one.
fn opened(input: &mut dyn ReadSeek, passwords: &mut Passwords<'_>) -> Result<(Archive, Names7), UnreadReason> {
    let mut with = |password: &Password| {
        let mut input = &mut *input;
        super::rewind(input)?;
        Archive::read_with_memory_limit(&mut input, password, HEADER_MEMORY).map_err(reason)
    };
    match with(&Password::empty()) {
        Ok(archive) => Ok((archive, Names7::Open)),
        Err(UnreadReason::Encrypted) => {
            let archive = passwords.open(|password| with(&Password::new(password)))?;
            Ok((archive, Names7::Encrypted))
        }
        Err(reason) => Err(reason),
    }
}

/// Where the archive ends, as its beginning says.
pub(super) fn declared_end(input: &mut dyn ReadSeek) -> Option<u64> {
    let mut start = Vec::new();
    super::rewind(input).ok()?;
    input.take(32).read_to_end(&mut start).ok()?;
    let number = |at: usize| start.get(at..at + 8)?.try_into().ok().map(u64::from_le_bytes);
    let (offset, length) = (number(12)?, number(20)?);
    (offset < 1 << 50).then_some(offset.saturating_add(length).saturating_add(32))
}

/// The dictionary with which a block is decoded whose header is lost, bytes: the default of `7z -mx9` is 64 MiB.
const DICTIONARY: u32 = 128 << 20;
/// The beginning of such a block that must come out, bytes: what is encrypted or packed in another way gives less.
const LEAST: usize = 256;

/// What the first block gives until it ends or breaks, by the methods that are writers' defaults.
fn first_block(input: &mut dyn ReadSeek, limits: &Limits) -> Option<Vec<u8>> {
    input.seek(SeekFrom::Start(32)).ok()?;
    let mut packed = BufReader::with_capacity(BUFFER, input);
    let first = *packed.fill_buf().ok()?.first()?;
    let (block, _) = match first {
        // A first chunk of LZMA2 resets everything.
        1 | 0xe0.. => salvage(&mut Lzma2Reader::new(packed, DICTIONARY, None), limits.item_bytes),
        // The range coder of LZMA begins with a zero; its properties are those of every level.
        0 => {
            salvage(&mut LzmaReader::new_with_props(packed, u64::MAX, 0x5d, DICTIONARY, None).ok()?, limits.item_bytes)
        }
        _ => return None,
    };
    (block.len() >= LEAST).then_some(block)
}

/// The encrypted block whose first file is smallest: a password is tried on it.
fn smallest_block(archive: &Archive) -> Option<usize> {
    let locked = |index: &usize| archive.is_file_encrypted(*index);
    let mut seen = None;
    let first = (0..archive.files.len()).filter(locked).filter_map(|index| {
        let block = archive.stream_map.file_block_index.get(index).copied().flatten()?;
        let is_first = seen != Some(block);
        seen = Some(block);
        is_first.then(|| (archive.files.get(index).map_or(u64::MAX, |entry| entry.size), block))
    });
    first.min().map(|(_, block)| block)
}

/// The password of a block: the one with which its first file has its check sum.
fn password_of(
    archive: &Archive,
    block: usize,
    input: &mut BufReader<&mut dyn ReadSeek>,
    passwords: &mut Passwords<'_>,
) -> Result<Password, UnreadReason> {
    passwords.open(|password| {
        let password = Password::new(password);
        let decoder = BlockDecoder::new_with_memory_limit(1, MEMORY, block, archive, &password, input);
        let mut first = Err(UnreadReason::Encrypted);
        let read = decoder.for_each_entries(&mut |entry, content| {
            if !entry.has_stream {
                return Ok(true);
            }
            let copied = io::copy(content, &mut io::sink());
            // Without a check sum, that it could be decoded to its size must do.
            first = copied.map(drop).map_err(|error| super::broken(&error));
            Ok(false)
        });
        match (first, read) {
            (Ok(()), _) => Ok(password),
            (Err(UnreadReason::Limit), _) | (_, Err(Error::MaxMemLimited { .. })) => Err(UnreadReason::Limit),
            (_, Err(error)) => Err(reason(error)),
            (Err(reason), Ok(_)) => Err(reason),
        }
    })
}

pub(super) fn visit(input: &mut dyn ReadSeek, visit: &mut Visit<'_>) {
    let Ok(size) = input.seek(SeekFrom::End(0)) else { return };
    let mut passwords = Passwords::sparing(visit.reading.passwords);
    let Ok((archive, _)) = opened(input, &mut passwords) else {
        let short = declared_end(input).is_some_and(|end| end > size);
        if let Some(block) = first_block(input, visit.reading.limits).filter(|_| short) {
            blob::visit(&mut Cursor::new(block), visit);
        }
        return;
    };
    let mut input = BufReader::with_capacity(BUFFER, input);
    let mut plan = Plan::new(&archive, visit.reading.limits, size);
    let mut index = 0;
    while index < archive.files.len() && plan.number < visit.range.end {
        let Some(block) = archive.stream_map.file_block_index.get(index).copied().flatten() else {
            plan.give(index, visit, &mut || Ok(Vec::new()));
            index += 1;
            continue;
        };
        let none = Password::empty();
        let decoder = BlockDecoder::new_with_memory_limit(1, MEMORY, block, &archive, &none, &mut input);
        let end = index.saturating_add(decoder.entry_count()).min(archive.files.len()).max(index + 1);
        let members = archive.files.get(index..end).unwrap_or_default().iter().filter(|entry| is_member(entry)).count();
        let wanted = plan.number as usize + members > visit.range.start as usize;
        let mut at = index;
        // What the block no longer gives is given below, with the reason.
        let mut rest = UnreadReason::Corrupt;
        let password = match archive.is_file_encrypted(index) {
            _ if !wanted => Err(rest),
            true => password_of(&archive, block, &mut input, &mut passwords),
            false => Ok(Password::empty()),
        };
        match password {
            Err(reason) => rest = reason,
            Ok(password) => {
                let decoder = BlockDecoder::new_with_memory_limit(1, MEMORY, block, &archive, &password, &mut input);
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
        Error::UnsupportedCompressionMethod(_)
        | Error::Unsupported(_)
        | Error::ExternalUnsupported
        | Error::UnsupportedVersion { .. } => UnreadReason::Unsupported,
        Error::MaxMemLimited { .. } => UnreadReason::Limit,
        Error::Io(error, _) => super::broken(&error),
        _ => UnreadReason::Corrupt,
    }
}
