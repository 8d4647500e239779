//! Word documents of the years before 2007 (Word 97 and later): the text of body, footnotes, headers, comments and text
//! boxes, through the piece table.
//!
//! Cells of a table stand in a line, parted by tabs; an empty cell ends the line early, since where rows end is told by
//! formatting, which is not read. Deleted and hidden text is not told from other text. Word 6 and 95 are not read.

use super::ole::{self, Compound, u16_at, u32_at};
use super::{Full, Job, Visibility};
use assay_model::UnreadReason;
use encoding_rs::WINDOWS_1252;

/// The parts of the text in their order, and where the header of the file says how long each is (MS-DOC 2.5.5).
const PARTS: &[(usize, &str)] = &[
    (0x4c, "body"),
    (0x50, "footnote"),
    (0x54, "header"),
    (0x58, "macro"),
    (0x5c, "comment"),
    (0x60, "endnote"),
    (0x64, "drawing"),
    (0x68, "drawing"),
];

/// The first version with a piece table in Unicode.
const WORD_97: u16 = 0xc1;

pub(super) fn read(job: &mut Job<'_, '_>) -> Result<(), UnreadReason> {
    let file = Compound::open(job.whole()?)?;
    let stream = file.named(ole::ROOT, "WordDocument").ok_or(UnreadReason::Corrupt)?;
    let (Some(version), Some(flags)) = (u16_at(&stream, 2), u16_at(&stream, 10)) else {
        return Err(UnreadReason::Corrupt);
    };
    if flags & 0x100 != 0 {
        return Err(UnreadReason::Encrypted);
    }
    if version < WORD_97 {
        return Err(UnreadReason::Unsupported);
    }
    let table = if flags & 0x200 != 0 { "1Table" } else { "0Table" };
    let table = file.named(ole::ROOT, table).ok_or(UnreadReason::Corrupt)?;
    let pieces = pieces(&stream, &table).ok_or(UnreadReason::Corrupt)?;
    let most = usize::try_from(job.reading.limits.text_bytes / 2).unwrap_or(usize::MAX);
    let mut units: Vec<u16> = Vec::new();
    for (count, at, wide) in pieces {
        if units.len().saturating_add(count) > most {
            job.out.partial("text over the limit of this item was not read");
            break;
        }
        if !append(&mut units, &stream, count, at, wide) {
            job.out.partial("pieces of the text are damaged");
        }
    }
    // A limit reached is said by the one who counts.
    let _ = give(job, &stream, &units);
    Ok(())
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Width {
    One,
    Two,
}

/// The pieces of the text: how many characters, where, how wide (MS-DOC 2.9.38 and 2.9.177).
fn pieces(stream: &[u8], table: &[u8]) -> Option<Vec<(usize, usize, Width)>> {
    let start = u32_at(stream, 0x1a2)? as usize;
    let length = u32_at(stream, 0x1a6)? as usize;
    let mut rest = table.get(start..start.checked_add(length)?)?;
    while rest.first() == Some(&1) {
        rest = rest.get(3 + usize::from(u16_at(rest, 1)?)..)?;
    }
    let plc = rest.get(5..5_usize.checked_add(u32_at(rest, 1)? as usize)?).filter(|_| rest.first() == Some(&2))?;
    let count = plc.len().checked_sub(4)? / 12;
    let piece = |index: usize| {
        let characters = u32_at(plc, index * 4 + 4)?.checked_sub(u32_at(plc, index * 4)?)? as usize;
        let at = u32_at(plc, (count + 1) * 4 + index * 8 + 2)?;
        let place = (at & 0x3fff_ffff) as usize;
        Some(if at & 0x4000_0000 != 0 { (characters, place / 2, Width::One) } else { (characters, place, Width::Two) })
    };
    (0..count).map(piece).collect()
}

/// Whether the whole piece was there; what is missing stands as U+FFFD, so that what follows keeps its place.
fn append(units: &mut Vec<u16>, stream: &[u8], count: usize, at: usize, wide: Width) -> bool {
    let wanted = units.len() + count;
    let size = if wide == Width::Two { count.saturating_mul(2) } else { count };
    let rest = stream.get(at..).unwrap_or_default();
    let bytes = rest.get(..size).unwrap_or(rest);
    match wide {
        Width::Two => units.extend(bytes.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]]))),
        // Each byte is one unit in this encoding.
        Width::One => units.extend(WINDOWS_1252.decode_without_bom_handling(bytes).0.encode_utf16()),
    }
    let whole = units.len() == wanted;
    if !whole && bytes.is_empty() {
        // A length that only a lie can have is not filled up.
        return false;
    }
    units.resize(wanted.min(units.len() + stream.len()), 0xfffd);
    whole
}

fn give(job: &mut Job<'_, '_>, stream: &[u8], units: &[u16]) -> Result<(), Full> {
    let mut rest = units;
    for (at, part) in PARTS {
        let length = u32_at(stream, *at).unwrap_or(0) as usize;
        let (now, after) = rest.split_at(length.min(rest.len()));
        rest = after;
        job.out.text(part, Visibility::Shown, 1, shown(now))?;
    }
    Ok(())
}

/// Text as it is read: marks of paragraphs, cells and fields resolved (MS-DOC 2.4.1).
fn shown(units: &[u16]) -> String {
    let mut text = String::new();
    // Codes of fields that are open, innermost last: true while their code stands, not their result.
    let mut codes: Vec<bool> = Vec::new();
    let mut last = '\0';
    for character in char::decode_utf16(units.iter().copied()).map(|unit| unit.unwrap_or('\u{fffd}')) {
        match character {
            '\x13' => codes.push(true),
            '\x14' => codes.iter_mut().rev().take(1).for_each(|code| *code = false),
            '\x15' => drop(codes.pop()),
            _ if codes.contains(&true) => {}
            '\r' | '\x0b' | '\x0c' => text.push('\n'),
            '\x07' if last == '\x07' => text.push('\n'),
            '\x07' => text.push('\t'),
            '\x1e' => text.push('-'),
            '\t' | '\n' => text.push(character),
            '\0'..='\x1f' => {}
            _ => text.push(character),
        }
        last = character;
    }
    text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n").trim_end().to_owned()
}
