//! ARJ archives: members that are stored or packed by methods 1 to 3. Method 4 and what is behind a password is listed and
//! not opened; volumes of a set are not joined.

use super::lha::decoded;
use super::little_endian::{u16_at, u32_at};
use super::lzh::{self, Check, Found, Method};
use super::stretches::{Source, damaged};
use super::{Head, Job, ReadSeek, Visit};
use assay_model::UnreadReason;
use std::io;

const MARK: &[u8] = b"\x60\xea";
/// The largest basic header, bytes, as the format has it.
const LARGEST: u16 = 2600;
/// Extended headers of one member, at most.
const EXTENDED: usize = 64;

/// A main header, its check sum right.
pub(super) fn fits(head: &Head<'_>) -> bool {
    let first = head.first.as_slice();
    let Some(length) = u16_at(first, 2).filter(|length| (30..=LARGEST).contains(length)) else { return false };
    let (Some(header), Some(sum)) = (first.get(4..4 + usize::from(length)), u32_at(first, 4 + usize::from(length)))
    else {
        return false;
    };
    let mut crc = flate2::Crc::new();
    crc.update(header);
    first.starts_with(MARK) && crc.sum() == sum
}

pub(super) fn read(job: &mut Job<'_, '_>) -> Result<(), UnreadReason> {
    lzh::read(job, walk)
}

pub(super) fn visit(input: &mut dyn ReadSeek, visit: &mut Visit<'_>) {
    lzh::visit(input, visit, walk);
}

/// Kinds of headers: a text, a file, and what is neither.
const FILES: [u8; 2] = [0, 1];

fn walk(source: &mut Source<'_>, give: &mut dyn FnMut(Found) -> bool) -> io::Result<()> {
    let mut at = 0_u64;
    loop {
        let start = source.exact(at, 4)?;
        let length = u16_at(&start, 2).filter(|length| start.starts_with(MARK) && *length <= LARGEST);
        let length = usize::from(length.ok_or_else(damaged)?);
        if length == 0 {
            return Ok(());
        }
        let is_main = at == 0;
        let header = source.exact(at + 4, length)?;
        at = at + 4 + length as u64 + 4;
        let mut ended = false;
        for _ in 0..EXTENDED {
            let extended = u16_at(&source.exact(at, 2)?, 0).unwrap_or(0);
            at += 2;
            if extended == 0 {
                ended = true;
                break;
            }
            at += u64::from(extended) + 4;
        }
        if !ended {
            return Err(damaged());
        }
        if is_main {
            continue;
        }
        let field = |from: usize| u32_at(&header, from).ok_or_else(damaged);
        let byte = |from: usize| header.get(from).copied().unwrap_or(0);
        let (packed, size, sum) = (field(12)?, field(16)?, field(20)?);
        let begins = usize::from(byte(0));
        let name = header.get(begins..).unwrap_or_default();
        let name = name.split(|byte| *byte == 0).next().unwrap_or_default();
        let method = match byte(5) {
            _ if byte(4) & 1 != 0 => Method::Encrypted,
            0 => Method::Stored,
            1..=3 => Method::Blocks { distances: 17, bits: 5 },
            _ => Method::Other,
        };
        let (packed, size, check) = (u64::from(packed), u64::from(size), Check::Crc32(sum));
        let found = Found { name: decoded(name), start: at, packed, size, method, check };
        at = at.saturating_add(packed);
        if FILES.contains(&byte(6)) && !give(found) {
            return Ok(());
        }
    }
}
