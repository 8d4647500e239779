//! Zip archives, zip64 and names in code page 437 included. Members of one name are kept apart.
//!
//! Each member may give what the directory declares and no more; the declared sizes are counted against the limits. The
//! members of an archive whose central directory is lost are carved (see `carve`). No password is tried.

use super::{Job, MemberEntry, Names, ReadSeek, Visit, carve, read_at_most};
use ::zip::read::{Config, ZipFileEntry, ZipReadOptions};
use ::zip::result::ZipError;
use ::zip::unstable::read::ZipIterable;
use assay_model::UnreadReason;

/// Below this an archive may expand at any ratio: a small file of one phrase is no bomb.
pub(super) const FLOOR: u64 = 64 << 20;

/// How many names typing looks at.
const TYPED_BY: usize = 10_000;

/// The names of a zip's members; empty where it has no directory. For typing.
pub(super) fn names(input: &mut dyn ReadSeek) -> Vec<String> {
    let Ok(mut archive) = ZipIterable::try_new(input, Config::default()) else { return Vec::new() };
    let Ok(files) = archive.files() else { return Vec::new() };
    files.map_while(Result::ok).take(TYPED_BY).map(|entry| name_of(&entry)).collect()
}

/// Whether the central directory can be read, or its first entry at least.
fn has_directory(input: &mut dyn ReadSeek) -> bool {
    let Ok(mut archive) = ZipIterable::try_new(input, Config::default()) else { return false };
    let Ok(files) = archive.files() else { return false };
    files.next().is_none_or(|entry| entry.is_ok())
}

pub(super) fn read(job: &mut Job<'_, '_>) -> Result<(), UnreadReason> {
    if has_directory(job.input) { list(job, |_| true) } else { carve::read(job) }
}

/// Lists those members whose names fit.
pub(super) fn list(job: &mut Job<'_, '_>, fits: fn(&str) -> bool) -> Result<(), UnreadReason> {
    let mut archive = ZipIterable::try_new(&mut *job.input, Config::default()).map_err(reason)?;
    let files = archive.files().map_err(reason)?;
    let mut encrypted = 0_u64;
    for entry in files {
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
        encrypted += u64::from(entry.encrypted());
        if job.out.member(&name_of(&entry), entry.size()).is_err() {
            break;
        }
    }
    if encrypted > 0 {
        job.out.warn(&format!("members that need a password: {encrypted}"));
    }
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
    let Ok(size) = input.seek(std::io::SeekFrom::End(0)) else { return };
    let limits = visit.reading.limits;
    let budget = limits.expanded_bytes.min(size.saturating_mul(limits.expansion_ratio).max(FLOOR));
    let Ok(mut archive) = ZipIterable::try_new(input, Config::default()) else { return };
    let Ok(files) = archive.files() else { return };
    let mut names = Names::default();
    let mut declared = 0_u64;
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
                () if entry.encrypted() => Err(UnreadReason::Encrypted),
                () if declared > budget || entry.size() > limits.item_bytes => Err(UnreadReason::Limit),
                () => open(entry, files.reader_mut()),
            };
            (visit.visit)(number, &member, bytes);
        }
        number += 1;
    }
}

fn open<R: std::io::Read + std::io::Seek>(entry: ZipFileEntry<'_>, input: &mut R) -> Result<Vec<u8>, UnreadReason> {
    let size = entry.size();
    let mut file = entry.with_reader(input, ZipReadOptions::new()).map_err(reason)?;
    // More than declared is a lie of the directory; the check sum is verified as the last byte is read.
    read_at_most(&mut file, size).map_err(|_| UnreadReason::Corrupt)
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
