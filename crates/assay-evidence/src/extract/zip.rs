//! Zip archives, zip64 and names in code page 437 included. Members of one name are kept apart.
//!
//! Each member may give what the directory declares and no more; the declared sizes are counted against the limits. The
//! members of an archive whose central directory is lost are carved (see `carve`). Passwords that a user gave are tried;
//! what one of them opens counts only where its check sum holds, since the old encryption's own check is one byte.

use super::passwords::{self, Passwords};
use super::{Job, Limits, MemberEntry, Names, Opened, ReadSeek, Visit, carve, read_declared};
use ::zip::CompressionMethod;
use ::zip::read::{Config, OwnedZipFileEntry, ZipFileEntry, ZipReadOptions};
use ::zip::result::ZipError;
use ::zip::unstable::read::ZipIterable;
use assay_model::UnreadReason;
use std::io::{Read, SeekFrom};

/// Below this an archive may expand at any ratio: a small file of one phrase is no bomb.
pub(super) const FLOOR: u64 = 64 << 20;

/// How far from the end the record stands at which a reader begins, with the longest comment, and what zip64 has before it.
const END: u64 = (1 << 16) + 22 + 20;

/// How many names typing looks at.
const TYPED_BY: usize = 10_000;

/// The names of a zip's members, those in local headers where it has lost its directory. For typing.
pub(super) fn names(input: &mut dyn ReadSeek) -> Vec<String> {
    let names = directory_names(input);
    if names.is_empty() { carve::names(input) } else { names }
}

fn directory_names(input: &mut dyn ReadSeek) -> Vec<String> {
    let Ok(mut archive) = ZipIterable::try_new(input, Config::default()) else { return Vec::new() };
    let Ok(files) = archive.files() else { return Vec::new() };
    files.map_while(Result::ok).take(TYPED_BY).map(|entry| name_of(&entry)).collect()
}

/// Whether the archive is a volume of a set: it ends in the directory of the last, or begins with the mark of the first and
/// has no directory.
fn is_volume(input: &mut dyn ReadSeek) -> bool {
    let Some(tail) = tail(input) else { return false };
    let record = memchr::memmem::rfind(&tail, b"PK\x05\x06").and_then(|at| tail.get(at + 4..at + 6));
    let mut first = [0; 4];
    match record {
        // All ones: the number stands in the record of zip64.
        Some(disk) => !matches!(disk, [0, 0] | [0xff, 0xff]),
        None => input.rewind().and_then(|()| input.read_exact(&mut first)).is_ok() && &first == b"PK\x07\x08",
    }
}

/// The end of an archive, in which the record stands at which a reader begins.
pub(super) fn tail(input: &mut dyn ReadSeek) -> Option<Vec<u8>> {
    let size = input.seek(SeekFrom::End(0)).ok()?;
    let mut tail = Vec::new();
    input.seek(SeekFrom::Start(size.saturating_sub(END))).ok()?;
    input.take(END).read_to_end(&mut tail).ok()?;
    Some(tail)
}

/// Whether the central directory can be read, or its first entry at least. That of a volume speaks of other files.
pub(super) fn has_directory(input: &mut dyn ReadSeek) -> bool {
    if is_volume(input) {
        return false;
    }
    let Ok(mut archive) = ZipIterable::try_new(input, Config::default()) else { return false };
    let Ok(files) = archive.files() else { return false };
    files.next().is_none_or(|entry| entry.is_ok())
}

pub(super) fn read(job: &mut Job<'_, '_>) -> Result<(), UnreadReason> {
    if has_directory(job.input) {
        return list(job, |_| true);
    }
    if is_volume(job.input) {
        job.out.partial("a volume of a split zip: others of its set are not here, and members that lie in two are cut");
    }
    carve::read(job)
}

/// Lists those members whose names fit.
pub(super) fn list(job: &mut Job<'_, '_>, fits: fn(&str) -> bool) -> Result<(), UnreadReason> {
    let mut archive = ZipIterable::try_new(&mut *job.input, Config::default()).map_err(reason)?;
    let files = archive.files().map_err(reason)?;
    let mut encrypted = 0_u64;
    let mut smallest: Option<OwnedZipFileEntry> = None;
    for entry in files.by_ref() {
        let Ok(entry) = entry else {
            if job.out.members.is_empty() {
                return Err(UnreadReason::Corrupt);
            }
            job.out.partial("the archive's directory is damaged: what follows is not listed");
            break;
        };
        if !is_member(&entry, fits) {
            continue;
        }
        let (name, size) = (name_of(&entry), entry.size());
        if entry.encrypted() {
            encrypted += 1;
            if smallest.as_ref().is_none_or(|other| size < other.size()) {
                smallest = Some(entry.into());
            }
        }
        if job.out.member(&name, size).is_err() {
            break;
        }
    }
    let tried = smallest.map_or(Err(UnreadReason::Encrypted), |entry| {
        let mut passwords = Passwords::new(job.reading.passwords);
        open(&entry, files.reader_mut(), &mut passwords, job.reading.limits).map(drop)
    });
    passwords::words(encrypted, tried).iter().for_each(|words| job.out.warn(words));
    Ok(())
}

pub(super) fn visit(input: &mut dyn ReadSeek, visit: &mut Visit<'_>) {
    match has_directory(input) {
        true => visit_where(input, visit, |_| true),
        false => carve::visit(input, visit),
    }
}

fn is_member(entry: &ZipFileEntry<'_>, fits: fn(&str) -> bool) -> bool {
    !entry.is_dir() && fits(&name_of(entry))
}

/// Opens those members whose names fit.
pub(super) fn visit_where(input: &mut dyn ReadSeek, visit: &mut Visit<'_>, fits: fn(&str) -> bool) {
    let Ok(size) = input.seek(SeekFrom::End(0)) else { return };
    let limits = visit.reading.limits;
    let budget = limits.expanded_bytes.min(size.saturating_mul(limits.expansion_ratio).max(FLOOR));
    let Ok(mut archive) = ZipIterable::try_new(input, Config::default()) else { return };
    let Ok(files) = archive.files() else { return };
    let mut names = Names::default();
    let mut declared = 0_u64;
    let mut passwords = Passwords::new(visit.reading.passwords);
    let mut number = 0_u32;
    while let Some(Ok(entry)) = files.next() {
        if !is_member(&entry, fits) {
            continue;
        }
        if number >= visit.range.end {
            break;
        }
        let member = MemberEntry { name: names.unique(&name_of(&entry)), bytes: entry.size() };
        declared = declared.saturating_add(entry.size());
        if visit.range.contains(&number) {
            let bytes = match () {
                () if entry.encrypted() && visit.reading.passwords.is_empty() => Err(UnreadReason::Encrypted),
                () if declared > budget => Err(UnreadReason::Limit),
                () => open(&entry.into(), files.reader_mut(), &mut passwords, limits),
            };
            (visit.visit)(number, &member, bytes);
        }
        number += 1;
    }
}

fn open(entry: &OwnedZipFileEntry, input: &mut dyn ReadSeek, passwords: &mut Passwords<'_>, limits: &Limits) -> Opened {
    if entry.size() > limits.item_bytes {
        return Err(UnreadReason::Limit);
    }
    if entry.encrypted() {
        return passwords
            .open(|password| open_with(entry, input, ZipReadOptions::new().password(Some(password.as_bytes()))));
    }
    // The library knows this method by the reference decoder only, which is C.
    if entry.compression() == CompressionMethod::ZSTD {
        return carve::open_at(input, entry.header_start(), entry.size(), entry.crc32());
    }
    open_with(entry, input, ZipReadOptions::new())
}

fn open_with(entry: &OwnedZipFileEntry, mut input: &mut dyn ReadSeek, options: ZipReadOptions<'_>) -> Opened {
    let mut file = entry.as_ref().with_reader(&mut input, options).map_err(reason)?;
    // More than declared is a lie of the directory; the check sum is verified as the last byte is read.
    read_declared(&mut file, entry.size()).map_err(|_| UnreadReason::Corrupt)
}

fn name_of(entry: &ZipFileEntry<'_>) -> String {
    match entry.name() {
        Ok(name) => name.into_owned(),
        Err(_) => String::from_utf8_lossy(entry.name_raw()).into_owned(),
    }
}

/// What an error of the zip library means for the item.
pub(super) fn reason(error: ZipError) -> UnreadReason {
    match error {
        ZipError::InvalidPassword => UnreadReason::Encrypted,
        ZipError::UnsupportedArchive(words) if words == ZipError::PASSWORD_REQUIRED => UnreadReason::Encrypted,
        ZipError::UnsupportedArchive(_) | ZipError::CompressionMethodNotSupported(_) => UnreadReason::Unsupported,
        _ => UnreadReason::Corrupt,
    }
}
