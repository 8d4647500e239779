//! Cpio archives: the two of ASCII (`070701`, `070702`; `070707`) and the binary one of either byte order. Folders, links
//! and devices are no members.

use super::stretches::{self, Found, Source, damaged};
use super::{Head, Job, ReadSeek, Visit};
use assay_model::UnreadReason;
use std::io;

/// The longest name that is taken, bytes.
const NAME: u64 = 1 << 16;

pub(super) fn fits(head: &Head<'_>) -> bool {
    let first = &head.first;
    let ascii = |within: std::ops::Range<usize>, radix: u32| {
        first.get(within).is_some_and(|digits| digits.iter().all(|digit| (*digit as char).is_digit(radix)))
    };
    match first.get(..6) {
        Some(b"070701" | b"070702") => ascii(6..110, 16),
        Some(b"070707") => ascii(6..76, 8),
        // Two bytes tell little: the file's kind must be one of those that there are.
        _ => header(first).is_some_and(|header| {
            matches!(header.mode >> 12, 1 | 2 | 4 | 6 | 8 | 10 | 12)
                && (1..1024).contains(&header.name_bytes)
                && first.get(26 + header.name_bytes as usize - 1) == Some(&0)
        }),
    }
}

pub(super) fn read(job: &mut Job<'_, '_>) -> Result<(), UnreadReason> {
    stretches::read(job, walk)
}

pub(super) fn visit(input: &mut dyn ReadSeek, visit: &mut Visit<'_>) {
    stretches::visit(input, visit, walk);
}

struct Header {
    mode: u64,
    bytes: u64,
    name_bytes: u64,
    /// Its own length, and to what name and content are filled up.
    length: u64,
    align: u64,
}

fn header(bytes: &[u8]) -> Option<Header> {
    let digits = |at: usize, count: usize, radix: u32| {
        u64::from_str_radix(std::str::from_utf8(bytes.get(at..at + count)?).ok()?, radix).ok()
    };
    match bytes.get(..6)? {
        b"070701" | b"070702" => {
            let field = |number: usize| digits(6 + 8 * number, 8, 16);
            Some(Header { mode: field(1)?, bytes: field(6)?, name_bytes: field(11)?, length: 110, align: 4 })
        }
        b"070707" => Some(Header {
            mode: digits(18, 6, 8)?,
            bytes: digits(65, 11, 8)?,
            name_bytes: digits(59, 6, 8)?,
            length: 76,
            align: 1,
        }),
        _ => {
            let little = match bytes.get(..2)? {
                [0xc7, 0x71] => true,
                [0x71, 0xc7] => false,
                _ => return None,
            };
            let word = |number: usize| {
                let pair = [*bytes.get(2 * number)?, *bytes.get(2 * number + 1)?];
                Some(u64::from(if little { u16::from_le_bytes(pair) } else { u16::from_be_bytes(pair) }))
            };
            let (mode, name_bytes) = (word(3)?, word(10)?);
            // The higher half of a size stands first, whatever the order of bytes.
            Some(Header { mode, bytes: word(11)? << 16 | word(12)?, name_bytes, length: 26, align: 2 })
        }
    }
}

fn walk(source: &mut Source<'_>, give: &mut dyn FnMut(Found) -> bool) -> io::Result<()> {
    let mut at = 0_u64;
    while at < source.size {
        let first = source.most(at, 110)?;
        let header = header(&first).filter(|header| header.name_bytes <= NAME).ok_or_else(damaged)?;
        let name = source.exact(at + header.length, header.name_bytes as usize)?;
        let name = String::from_utf8_lossy(name.strip_suffix(b"\0").unwrap_or(&name)).into_owned();
        if name == "TRAILER!!!" {
            return Ok(());
        }
        let start = (at + header.length + header.name_bytes).next_multiple_of(header.align);
        let is_file = header.mode & 0o170_000 == 0o100_000;
        if is_file && !give(Found::one(name, start, header.bytes)) {
            return Ok(());
        }
        at = start.saturating_add(header.bytes).checked_next_multiple_of(header.align).ok_or_else(damaged)?;
    }
    // An archive ends in its trailer.
    Err(damaged())
}
