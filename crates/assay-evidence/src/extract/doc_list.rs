//! Numbers and bullets of lists in Word 97 documents, counted as Word shows them (MS-DOC 2.9.131, 2.9.147, 2.9.150).
//!
//! Styles can carry a list; their chain is followed. Lists of Word 6 are not counted.

use super::doc_format::Shape;
use super::little_endian::{u16_at, u32_at};
use super::numerals::{ordinal, roman};
use std::collections::BTreeMap;

const LEVELS: usize = 9;

/// Lists, overrides and styles that are read.
const MOST: usize = 4096;

#[derive(Clone, Default)]
struct Level {
    start: u32,
    /// How numbers are written (MS-OSHARED 2.2.1.3): 0 plain, 1 and 2 Roman, 3 and 4 letters, 23 a bullet, 255 none.
    format: u8,
    /// All levels in plain digits.
    legal: bool,
    /// The text; characters below nine stand for the numbers of the levels.
    text: Vec<u16>,
}

struct Override {
    list: u32,
    levels: BTreeMap<usize, (Option<u32>, Option<Level>)>,
}

/// The lists of a document, and how far each has counted.
#[derive(Default)]
pub(super) struct Lists {
    lists: BTreeMap<u32, Vec<Level>>,
    overrides: Vec<Override>,
    styles: Vec<(Option<u16>, Shape)>,
    counts: BTreeMap<u32, [Option<u32>; LEVELS]>,
    /// Overrides whose own start was used.
    started: std::collections::BTreeSet<(u16, usize)>,
}

impl Lists {
    /// `lists` begins at the list of lists and goes on to its levels after `length` bytes.
    pub(super) fn new(lists: &[u8], overrides: &[u8], styles: &[u8]) -> Self {
        let mut read = Self::default();
        // What is damaged ends the reading; what came before holds.
        let _ = read.read_lists(lists);
        let _ = read.read_overrides(overrides);
        let _ = read.read_styles(styles);
        read
    }

    fn read_lists(&mut self, bytes: &[u8]) -> Option<()> {
        let count = usize::from(u16_at(bytes, 0)?).min(MOST);
        let mut at = 2 + count * 28;
        for index in 0..count {
            let head = bytes.get(2 + index * 28..)?;
            let simple = head.get(26)? & 1 == 1;
            let mut levels = Vec::new();
            for _ in 0..if simple { 1 } else { LEVELS } {
                let (level, length) = level(bytes.get(at..)?)?;
                levels.push(level);
                at += length;
            }
            self.lists.insert(u32_at(head, 0)?, levels);
        }
        Some(())
    }

    fn read_overrides(&mut self, bytes: &[u8]) -> Option<()> {
        let count = (u32_at(bytes, 0)? as usize).min(MOST);
        let mut at = 4 + count * 16;
        for index in 0..count {
            let head = bytes.get(4 + index * 16..)?;
            self.overrides.push(Override { list: u32_at(head, 0)?, levels: BTreeMap::new() });
        }
        for index in 0..count {
            // Each begins with a place in the text that nothing uses.
            at += 4;
            let levels = usize::from(*bytes.get(4 + index * 16 + 12)?).min(LEVELS);
            for _ in 0..levels {
                let (start, flags) = (u32_at(bytes, at)?, u32_at(bytes, at + 4)?);
                at += 8;
                let mut own = None;
                if flags & 0x20 != 0 {
                    let (level, length) = level(bytes.get(at..)?)?;
                    own = Some(level);
                    at += length;
                }
                let start = (flags & 0x10 != 0).then_some(start);
                self.overrides.get_mut(index)?.levels.insert((flags & 15) as usize, (start, own));
            }
        }
        Some(())
    }

    /// MS-DOC 2.9.271: the sheet of styles, of which what paragraphs' styles say of lists is kept.
    fn read_styles(&mut self, bytes: &[u8]) -> Option<()> {
        let head = usize::from(u16_at(bytes, 0)?);
        let count = usize::from(u16_at(bytes, 2)?).min(MOST);
        let base = usize::from(u16_at(bytes, 4)?);
        let mut at = 2 + head;
        for _ in 0..count {
            let length = usize::from(u16_at(bytes, at)?);
            let style = bytes.get(at + 2..at + 2 + length)?;
            self.styles.push(style_of(style, base).unwrap_or_default());
            // Styles begin at even places.
            at += 2 + length + length % 2;
        }
        Some(())
    }

    /// The list and level of a paragraph.
    fn place(&self, shape: &Shape) -> Option<(u16, usize)> {
        let (mut list, mut level) = (shape.list, shape.level);
        let mut style = Some(shape.style);
        for _ in 0..16 {
            if list.is_some() && level.is_some() {
                break;
            }
            let Some((base, own)) = style.and_then(|style| self.styles.get(usize::from(style))) else { break };
            list = list.or(own.list);
            level = level.or(own.level);
            style = *base;
        }
        list.filter(|list| (1..=0x7fe).contains(list))
            .map(|list| (list, usize::from(level.unwrap_or(0)).min(LEVELS - 1)))
    }

    /// The number or bullet that stands before a paragraph, with a space; counts on.
    pub(super) fn next(&mut self, shape: &Shape) -> Option<String> {
        let (number, level) = self.place(shape)?;
        let over = self.overrides.get(usize::from(number) - 1)?;
        let list = over.list;
        let base = self.lists.get(&list)?;
        let own = |at: usize| over.levels.get(&at).and_then(|(_, own)| own.as_ref()).or_else(|| base.get(at));
        let current = own(level)?.clone();
        let counts = self.counts.entry(list).or_default();
        let restart = over.levels.get(&level).and_then(|(start, _)| *start);
        let place = counts.get_mut(level)?;
        *place = match (*place, restart) {
            (_, Some(start)) if self.started.insert((number, level)) => Some(start),
            (Some(count), _) => Some(count.saturating_add(1)),
            (None, _) => Some(restart.unwrap_or(current.start)),
        };
        for deeper in counts.iter_mut().skip(level + 1) {
            *deeper = None;
        }
        let mut text = String::new();
        for unit in &current.text {
            let at = usize::from(*unit);
            if at < LEVELS {
                let shown = own(at)?;
                let count = counts.get(at).copied().flatten().unwrap_or(shown.start);
                let format = if current.legal { 0 } else { shown.format };
                text.push_str(&written(count, format));
            } else {
                text.extend(char::decode_utf16([*unit]).flatten().map(bullet));
            }
        }
        let text = text.trim();
        (!text.is_empty()).then(|| format!("{text} "))
    }
}

/// Bullets are mostly of fonts of symbols, whose places have no meaning elsewhere.
fn bullet(character: char) -> char {
    if ('\u{e000}'..='\u{f8ff}').contains(&character) { '•' } else { character }
}

/// A level and how long it is.
fn level(bytes: &[u8]) -> Option<(Level, usize)> {
    let (characters, paragraphs) = (usize::from(*bytes.get(24)?), usize::from(*bytes.get(25)?));
    let at = 28 + characters + paragraphs;
    let count = usize::from(u16_at(bytes, at)?);
    let text = bytes.get(at + 2..at + 2 + count * 2)?;
    let text = text.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect();
    let level = Level { start: u32_at(bytes, 0)?, format: *bytes.get(4)?, legal: bytes.get(5)? & 4 != 0, text };
    Some((level, at + 2 + count * 2))
}

fn style_of(style: &[u8], base: usize) -> Option<(Option<u16>, Shape)> {
    let kinds = u16_at(style, 2)?;
    let parent = Some(kinds >> 4).filter(|parent| *parent != 0xfff);
    // Paragraphs' styles only.
    if kinds & 15 != 1 {
        return Some((parent, Shape::default()));
    }
    let name = usize::from(u16_at(style, base)?);
    let at = base + 2 + (name + 1) * 2;
    let length = usize::from(u16_at(style, at)?);
    let properties = style.get(at + 4..at + 2 + length)?;
    Some((parent, Shape::of_style(properties)))
}

fn written(count: u32, format: u8) -> String {
    match format {
        1 => roman(count).to_uppercase(),
        2 => roman(count),
        3 => letters(count).to_uppercase(),
        4 => letters(count),
        22 => format!("{count:02}"),
        23 | 255 => String::new(),
        5 => ordinal(count),
        _ => count.to_string(),
    }
}

/// a to z, then aa to zz.
fn letters(count: u32) -> String {
    if count == 0 || count > 780 {
        return count.to_string();
    }
    let letter = char::from(b'a' + ((count - 1) % 26) as u8);
    std::iter::repeat_n(letter, ((count - 1) / 26 + 1) as usize).collect()
}
