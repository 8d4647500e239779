//! OneNote sections and notebooks (.one, .onetoc2): the text of pages and their titles, authors, and the files put into
//! them as members (MS-ONE, MS-ONESTORE).
//!
//! The file is a log of revisions; it is not replayed. Text is found by the properties that hold it, so that earlier
//! wordings, which a reader no longer sees, come too: each wording once, in the order of the file, marked as carved. Ink
//! and the places of things on the page are not read.

use super::little_endian::{u16_at, u32_at};
use super::ole_embedded::{self, Embedded, Source};
use super::{Job, ReadSeek, Visibility, Visit, ole_other, read_at_most};
use assay_model::{Recovery, UnreadReason};
use encoding_rs::{UTF_16LE, WINDOWS_1252};
use std::borrow::Cow;
use std::collections::BTreeSet;

/// The beginning of a section, and of a notebook's table of contents.
pub(super) const SECTION: &[u8] = &[0xe4, 0x52, 0x5c, 0x7b, 0x8c, 0xd8, 0xa7, 0x4d];
pub(super) const CONTENTS: &[u8] = &[0xa1, 0x2f, 0xff, 0x43, 0xd9, 0xef, 0x76, 0x4c];

/// Marks the bytes of a file that was put into a page (MS-ONESTORE 2.6.13).
const FILE: &[u8] = &[0xe7, 0x16, 0xe3, 0xbd, 0x65, 0x26, 0x11, 0x45, 0xa4, 0xc4, 0x8d, 0x4d, 0x0b, 0x7a, 0x9e, 0xac];

/// Properties that hold text (MS-ONE 2.1.12): the number as it stands in the file, how the text is kept, the part.
const TEXTS: &[(u32, Kept, &str)] = &[
    (0x1c00_1c22, Kept::Wide, "body"),
    (0x1c00_3498, Kept::Narrow, "body"),
    (0x1c00_1cf3, Kept::Wide, "title"),
    (0x1c00_1d3c, Kept::Wide, "title"),
    (0x1c00_1d75, Kept::Wide, "author"),
    (0x1c00_1d9c, Kept::Wide, "name of an embedded file"),
    (0x1c00_1e20, Kept::Wide, "link"),
    (0x1c00_1e58, Kept::Wide, "alternative text"),
];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kept {
    Wide,
    Narrow,
}

/// Properties of one set, members, and distinct texts.
const PROPERTIES: u16 = 512;
const MEMBERS: usize = 100_000;

pub(super) fn read(job: &mut Job<'_, '_>) -> Result<(), UnreadReason> {
    let bytes = job.whole()?;
    let mut found: Vec<(&str, Vec<String>)> = TEXTS.iter().map(|(.., part)| (*part, Vec::new())).collect();
    found.dedup_by_key(|(part, _)| *part);
    let mut seen = BTreeSet::new();
    let mut at = 0;
    // A set begins with the count of its properties; their numbers follow, then their values in the same order.
    while at + 6 <= bytes.len() {
        match set(&bytes, at) {
            Some(texts) => {
                for (part, text) in texts {
                    if seen.insert((part, text.clone()))
                        && let Some((_, lines)) = found.iter_mut().find(|(name, _)| *name == part)
                    {
                        lines.push(text);
                    }
                }
                at += 6;
            }
            None => at += 1,
        }
    }
    job.out.recovery = Recovery::Carved;
    let whole: usize = found.iter().map(|(_, lines)| lines.len()).sum();
    if whole == 0 && !bytes.starts_with(CONTENTS) {
        job.out.partial("no text was found in its place: words were carved");
        // A limit reached is said by the one who counts.
        let _ = ole_other::carve(job, "body", &bytes);
    }
    for (part, lines) in found {
        if job.out.text(part, Visibility::Shown, 1, lines.join("\n")).is_err() {
            break;
        }
    }
    job.out.recovery = Recovery::Stored;
    let _ = ole_embedded::list(job.out, &files(&bytes));
    Ok(())
}

pub(super) fn visit(input: &mut dyn ReadSeek, visit: &mut Visit<'_>) {
    let Ok(bytes) = read_at_most(input, visit.reading.limits.item_bytes) else { return };
    ole_embedded::visit(files(&bytes), visit);
}

/// The texts of a property set whose count stands at a place (MS-ONESTORE 2.6.7); `None` where there is none.
fn set(bytes: &[u8], at: usize) -> Option<Vec<(&'static str, String)>> {
    // The high byte of a number is one of a few: a quick look spares most places.
    let count = u16_at(bytes, at).filter(|count| (1..=PROPERTIES).contains(count))?;
    let number = |index: usize| u32_at(bytes, at + 2 + index * 4);
    let known = |number: u32| TEXTS.iter().find(|(known, ..)| *known == number & 0x7fff_ffff);
    let kind = |number: u32| (number >> 26) & 0x1f;
    if !(1..=0x11).contains(&kind(number(0)?)) {
        return None;
    }
    let mut any = false;
    for index in 0..usize::from(count) {
        let number = number(index)?;
        if !(1..=0x11).contains(&kind(number)) {
            return None;
        }
        any |= known(number).is_some();
    }
    if !any {
        return None;
    }
    let mut place = at + 2 + usize::from(count) * 4;
    let mut texts = Vec::new();
    for index in 0..usize::from(count) {
        let number = number(index)?;
        match kind(number) {
            // Nothing, a truth in the number itself, references that stand elsewhere.
            1 | 2 | 8 | 10 | 12 => {}
            3 => place += 1,
            4 => place += 2,
            5 => place += 4,
            6 => place += 8,
            7 => {
                let length = u32_at(bytes, place)? as usize;
                let raw = bytes.get(place + 4..(place + 4).checked_add(length)?)?;
                place += 4 + length;
                if let Some((_, kept, part)) = known(number) {
                    texts.extend(text(raw, *kept).map(|text| (*part, text)));
                }
            }
            // Counts of references.
            9 | 11 | 13 => place += 4,
            // Sets within sets: what follows has no place that is known from here.
            _ => break,
        }
    }
    Some(texts)
}

fn text(raw: &[u8], kept: Kept) -> Option<String> {
    let text = match kept {
        Kept::Wide => UTF_16LE.decode_without_bom_handling(raw).0,
        Kept::Narrow => WINDOWS_1252.decode_without_bom_handling(raw).0,
    };
    let line = |character: char| match character {
        '\r' | '\x0b' => Some('\n'),
        '\n' | '\t' => Some(character),
        _ if character.is_control() => None,
        _ => Some(character),
    };
    let text: String = text.chars().filter_map(line).collect();
    let text = text.trim();
    // A link stands before its text, behind a mark that Unicode keeps for no character.
    let link = text.strip_prefix("\u{fddf}HYPERLINK \"").and_then(|rest| rest.split_once('"'));
    let text = link.map_or_else(|| text.to_owned(), |(target, shown)| format!("{shown} <{target}>"));
    (!text.is_empty()).then_some(text)
}

/// The files in a section, in the order of the file.
fn files(bytes: &[u8]) -> Vec<Embedded<'_>> {
    let mut found = Vec::new();
    for at in memchr::memmem::find_iter(bytes, FILE).take(MEMBERS) {
        // The identifier, eight bytes of length, twelve that are unused, the bytes.
        let length = u32_at(bytes, at + 16).map_or(0, |length| length as usize);
        let upper = u32_at(bytes, at + 20);
        let content = bytes.get(at + 36..).and_then(|rest| rest.get(..length));
        if let (Some(content), Some(0)) = (content.filter(|content| !content.is_empty()), upper) {
            let name = format!("file {}", found.len() + 1);
            found.push(Embedded { name, source: Source::Bytes(Cow::Borrowed(content)) });
        }
    }
    found
}
