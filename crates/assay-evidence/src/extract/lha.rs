//! LHA and LZH archives, headers of level 0 to 3: members that are stored (`lh0`, `lz4`, `pm0`) or packed by `lh4` to `lh7`.
//! Older methods (`lh1`, LArc's) are listed and not opened.

use super::little_endian::{u16_at, u32_at};
use super::lzh::{self, Check, Found, Method};
use super::stretches::{Source, damaged};
use super::{Head, Job, ReadSeek, Visit};
use assay_model::UnreadReason;
use std::io;

/// Extended headers of one member, at most.
const EXTENDED: usize = 64;
/// The largest extended header, bytes.
const LARGEST: usize = 1 << 16;

pub(super) fn fits(head: &Head<'_>) -> bool {
    let method = head.first.get(2..7).unwrap_or_default();
    matches!(method, [b'-', b'l' | b'p', b'h' | b'z' | b'm', kind, b'-'] if kind.is_ascii_alphanumeric())
        && head.first.get(20).is_some_and(|level| *level <= 3)
}

pub(super) fn read(job: &mut Job<'_, '_>) -> Result<(), UnreadReason> {
    lzh::read(job, walk)
}

pub(super) fn visit(input: &mut dyn ReadSeek, visit: &mut Visit<'_>) {
    lzh::visit(input, visit, walk);
}

fn walk(source: &mut Source<'_>, give: &mut dyn FnMut(Found) -> bool) -> io::Result<()> {
    let mut at = 0_u64;
    loop {
        let first = source.most(at, 32)?;
        if first.first().is_none_or(|size| *size == 0) && first.get(20) != Some(&2) {
            return Ok(());
        }
        let header = header(source, at, &first)?;
        at = header.found.start.saturating_add(header.found.packed);
        if !header.is_folder && !give(header.found) {
            return Ok(());
        }
    }
}

struct Header {
    found: Found,
    is_folder: bool,
}

fn header(source: &mut Source<'_>, at: u64, first: &[u8]) -> io::Result<Header> {
    let field = |from: usize| u32_at(first, from).map(u64::from).ok_or_else(damaged);
    let (method, mut packed, size) = (first.get(2..7).unwrap_or_default(), field(7)?, field(11)?);
    let level = first.get(20).copied().unwrap_or(u8::MAX);
    let base = first.first().map_or(0, |size| u64::from(*size) + 2);
    let (mut name, mut folder) = (Vec::new(), Vec::new());
    let mut check = 0;
    let start = match level {
        0 | 1 => {
            let header = source.exact(at, base as usize)?;
            let length = usize::from(*header.get(21).ok_or_else(damaged)?);
            name = header.get(22..22 + length).ok_or_else(damaged)?.to_vec();
            check = u16_at(&header, 22 + length).unwrap_or(0);
            let extended = match level {
                1 => extended(source, at + base - 2, Width::Short, &mut name, &mut folder)?,
                _ => 0,
            };
            // Level 1 counts extended headers as content.
            packed = packed.checked_sub(extended).ok_or_else(damaged)?;
            at + base + extended
        }
        2 | 3 => {
            check = u16_at(first, 21).unwrap_or(check);
            let (width, sizes, all) = match level {
                2 => (Width::Short, 24, u64::from(u16_at(first, 0).ok_or_else(damaged)?)),
                _ => (Width::Long, 28, field(24)?),
            };
            let extended = extended(source, at + sizes, width, &mut name, &mut folder)?;
            at + all.max(sizes + width.bytes() as u64 + extended)
        }
        _ => return Err(damaged()),
    };
    let method_of = match method {
        b"-lh0-" | b"-lz4-" | b"-pm0-" => Method::Stored,
        b"-lh4-" | b"-lh5-" => Method::Blocks { distances: 14, bits: 4 },
        b"-lh6-" => Method::Blocks { distances: 16, bits: 5 },
        b"-lh7-" => Method::Blocks { distances: 17, bits: 5 },
        [b'-', _, _, _, b'-'] => Method::Other,
        _ => return Err(damaged()),
    };
    let name = [folder, name].concat();
    let found = Found { name: text(&name), start, packed, size, method: method_of, check: Check::Crc16(check) };
    Ok(Header { found, is_folder: method == b"-lhd-" })
}

/// How long the sizes of extended headers are.
#[derive(Clone, Copy)]
enum Width {
    Short,
    Long,
}

impl Width {
    fn bytes(self) -> usize {
        match self {
            Self::Short => 2,
            Self::Long => 4,
        }
    }
}

/// Reads extended headers from the size of the first on; gives how many bytes they take.
fn extended(
    source: &mut Source<'_>,
    at: u64,
    width: Width,
    name: &mut Vec<u8>,
    folder: &mut Vec<u8>,
) -> io::Result<u64> {
    let size_at = |bytes: &[u8]| match width {
        Width::Short => u16_at(bytes, 0).map(usize::from),
        Width::Long => u32_at(bytes, 0).and_then(|size| usize::try_from(size).ok()),
    };
    let mut size = size_at(&source.exact(at, width.bytes())?).ok_or_else(damaged)?;
    let (mut at, mut all) = (at + width.bytes() as u64, 0_u64);
    for _ in 0..EXTENDED {
        if size == 0 {
            return Ok(all);
        }
        if size > LARGEST {
            return Err(damaged());
        }
        let header = source.exact(at, size)?;
        let content = size.checked_sub(width.bytes()).ok_or_else(damaged)?;
        match header.first() {
            Some(1) => *name = header.get(1..content).unwrap_or_default().to_vec(),
            Some(2) => *folder = header.get(1..content).unwrap_or_default().to_vec(),
            _ => {}
        }
        (at, all) = (at + size as u64, all + size as u64);
        size = header.get(content..).and_then(size_at).ok_or_else(damaged)?;
    }
    Err(damaged())
}

/// A name; folders end in a byte of all ones.
fn text(name: &[u8]) -> String {
    let parts: Vec<String> = name.split(|byte| *byte == 0xff).map(decoded).collect();
    parts.join("/")
}

/// Letters as UTF-8 where they are, else as Windows has them in the west.
pub(super) fn decoded(name: &[u8]) -> String {
    match std::str::from_utf8(name) {
        Ok(name) => name.to_owned(),
        Err(_) => encoding_rs::WINDOWS_1252.decode(name).0.into_owned(),
    }
}
