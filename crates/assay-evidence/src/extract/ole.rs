//! OLE compound files: told apart by the streams that their directory names. None of them is read yet; an Office file behind a
//! password is one too, and says so.

use super::{ReadSeek, rewind};
use std::io::Read;

/// The signature of a compound file.
pub(super) const MAGIC: &[u8] = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1";

/// How much is searched for the directory, bytes: it stands anywhere, in practice near either end of ordinary files.
const SEARCHED: u64 = 64 << 20;

/// An entry of the directory, bytes.
const ENTRY: usize = 128;

/// The names that the directory entries of a compound file give. The chain of sectors is not followed: entries are recognised by
/// their form, so that a damaged file is still told.
pub(super) fn names(input: &mut dyn ReadSeek) -> Vec<String> {
    let mut bytes = Vec::new();
    if rewind(input).is_err() || input.take(SEARCHED).read_to_end(&mut bytes).is_err() {
        return Vec::new();
    }
    bytes.chunks_exact(ENTRY).filter_map(name).collect()
}

fn name(entry: &[u8]) -> Option<String> {
    // MS-CFB 2.6.1: 64 bytes of UTF-16 name, its length with the final zero, the kind of object (1 storage, 2 stream, 5 root).
    let length = usize::from(u16::from_le_bytes([*entry.get(64)?, *entry.get(65)?]));
    if !(4..=64).contains(&length) || length % 2 != 0 || ![1, 2, 5].contains(entry.get(66)?) || *entry.get(67)? > 1 {
        return None;
    }
    let units: Vec<u16> =
        entry.get(..length)?.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect();
    let (last, units) = units.split_last()?;
    (*last == 0 && !units.contains(&0)).then(|| String::from_utf16_lossy(units))
}
