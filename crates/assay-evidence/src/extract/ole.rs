//! OLE compound files: told apart by the streams that their directory names. None of them is read yet; an Office file
//! behind a password is one too, and says so.

use super::{ReadSeek, rewind};
use std::io::Read;

/// The signature of a compound file.
pub(super) const MAGIC: &[u8] = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1";

/// How much is searched for the directory, bytes: it stands anywhere, in practice near either end of ordinary files.
const SEARCHED: u64 = 64 << 20;

/// An entry of the directory, bytes.
const ENTRY: usize = 128;

/// Streams that say what a compound file is.
const TELLING: &[&str] =
    &["EncryptedPackage", "WordDocument", "Workbook", "Book", "PowerPoint Document", "__properties_version1.0"];

/// The first telling stream of a compound file: embedded documents bring streams of their own, which come after it. The
/// chain of sectors is not followed: entries are recognised by their form, so that a damaged file is still told.
pub(super) fn main_stream(input: &mut dyn ReadSeek) -> Option<String> {
    let mut bytes = Vec::new();
    rewind(input).ok()?;
    input.take(SEARCHED).read_to_end(&mut bytes).ok()?;
    // MS-CFB 2.2: the size of a sector as a power of two at 30, the first sector of the directory at 48.
    let shift = u32::from(*bytes.get(30)?).clamp(7, 12);
    let sector = u32::from_le_bytes([*bytes.get(48)?, *bytes.get(49)?, *bytes.get(50)?, *bytes.get(51)?]);
    let start = usize::try_from((u64::from(sector) + 1) << shift).unwrap_or(0);
    let (before, from) = bytes.split_at_checked(start).unwrap_or((&bytes, &[]));
    let mut entries = from.chunks_exact(ENTRY).chain(before.chunks_exact(ENTRY)).filter_map(name);
    entries.find(|name| TELLING.contains(&name.as_str()))
}

fn name(entry: &[u8]) -> Option<String> {
    // MS-CFB 2.6.1: 64 bytes of UTF-16 name, its length with the final zero, the kind of object (1 storage, 2 stream, 5
    // root).
    let length = usize::from(u16::from_le_bytes([*entry.get(64)?, *entry.get(65)?]));
    if !(4..=64).contains(&length) || length % 2 != 0 || ![1, 2, 5].contains(entry.get(66)?) || *entry.get(67)? > 1 {
        return None;
    }
    let units: Vec<u16> =
        entry.get(..length)?.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect();
    let (last, units) = units.split_last()?;
    (*last == 0 && !units.contains(&0)).then(|| String::from_utf16_lossy(units))
}
