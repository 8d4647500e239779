//! What an embedded font says of its glyphs: names and characters, where the PDF itself says neither.
//!
//! Read are the `cmap` and `post` of TrueType, charset and encoding of CFF, and the encoding in the clear part of Type 1.
//! No outline is looked at. Every offset is checked; what does not fit is passed over.

use super::encoding::{self, CFF_STRINGS};
use std::collections::BTreeMap;

/// Glyphs of a font; numbers have sixteen bits.
const GLYPHS: usize = 65_536;

/// A font's own account.
#[derive(Default)]
pub(super) struct Program {
    /// The text of glyphs by number.
    pub(super) texts: BTreeMap<u32, String>,
    /// The glyph of a code of one byte, by the font's own map.
    pub(super) codes: BTreeMap<u32, u32>,
    /// The names of codes of one byte, by the font's own encoding.
    pub(super) names: BTreeMap<u8, String>,
}

impl Program {
    pub(super) fn read(bytes: &[u8]) -> Self {
        let mut program = Self::default();
        match bytes {
            [b'O', b'T', b'T', b'O', ..] | [0, 1, 0, 0, ..] | [b't', b'r', b'u', b'e', ..] => {
                let _ = program.open_type(bytes);
            }
            [b't', b't', b'c', b'f', ..] => {
                let first = word(bytes, 12).and_then(|at| bytes.get(at as usize..));
                // Offsets in a collection count from its beginning.
                if first.is_some() {
                    let _ = program.tables(bytes, word(bytes, 12).unwrap_or(0) as usize);
                }
            }
            [1, 0, ..] => {
                let _ = program.cff(bytes);
            }
            _ => program.type_1(bytes),
        }
        program
    }

    fn open_type(&mut self, bytes: &[u8]) -> Option<()> {
        self.tables(bytes, 0)
    }

    fn tables(&mut self, bytes: &[u8], directory: usize) -> Option<()> {
        let count = usize::from(half(bytes, directory + 4)?).min(64);
        let table = |name: &[u8; 4]| {
            (0..count).find_map(|index| {
                let at = directory + 12 + index * 16;
                (bytes.get(at..at + 4)? == name).then_some(())?;
                let (offset, length) = (word(bytes, at + 8)? as usize, word(bytes, at + 12)? as usize);
                let end = offset.checked_add(length)?.min(bytes.len());
                bytes.get(offset..end)
            })
        };
        if let Some(post) = table(b"post") {
            let _ = self.post(post);
        }
        if let Some(cff) = table(b"CFF ") {
            let _ = self.cff(cff);
        }
        if let Some(cmap) = table(b"cmap") {
            let _ = self.cmap(cmap);
        }
        Some(())
    }

    fn cmap(&mut self, table: &[u8]) -> Option<()> {
        for index in 0..usize::from(half(table, 2)?).min(32) {
            let at = 4 + index * 8;
            let (platform, encoding) = (half(table, at)?, half(table, at + 2)?);
            let Some(sub) = table.get(word(table, at + 4)? as usize..) else { continue };
            let pairs = pairs(sub).unwrap_or_default();
            match (platform, encoding) {
                (0, _) | (3, 1 | 10) => {
                    for (code, glyph) in pairs {
                        // Of a glyph with several characters, the first: a space before a no-break space.
                        if let Some(character) = char::from_u32(code).filter(|_| glyph != 0) {
                            self.texts.entry(glyph).or_insert_with(|| character.to_string());
                        }
                    }
                }
                // Symbols lie at F000; a code is the last byte.
                (3, 0) => self.codes.extend(pairs.into_iter().map(|(code, glyph)| (code & 0xff, glyph))),
                (1, 0) => {
                    for (code, glyph) in pairs {
                        self.codes.entry(code).or_insert(glyph);
                    }
                }
                _ => {}
            }
        }
        Some(())
    }

    fn post(&mut self, table: &[u8]) -> Option<()> {
        let version = word(table, 0)?;
        if version != 0x0002_0000 {
            return None;
        }
        let count = usize::from(half(table, 32)?);
        let mut names = Vec::new();
        let mut rest = table.get(34 + count * 2..)?;
        while let [length, tail @ ..] = rest {
            let Some(name) = tail.get(..usize::from(*length)) else { break };
            names.push(name);
            rest = tail.get(usize::from(*length)..).unwrap_or_default();
        }
        for glyph in 0..count {
            let index = usize::from(half(table, 34 + glyph * 2)?);
            let name = match index.checked_sub(258) {
                None => encoding::macintosh(index),
                Some(own) => names.get(own).and_then(|name| std::str::from_utf8(name).ok()),
            };
            if let Some(text) = name.and_then(encoding::text) {
                self.texts.insert(glyph as u32, text);
            }
        }
        Some(())
    }

    fn cff(&mut self, bytes: &[u8]) -> Option<()> {
        let (_, after) = index(bytes, usize::from(*bytes.get(2)?))?;
        let (tops, after) = index(bytes, after)?;
        let (strings, _) = index(bytes, after)?;
        let top = operators(tops.first()?);
        let operand = |key: u16| top.get(&key).and_then(|operands| operands.first()).copied();
        if top.contains_key(&0x0c1e) {
            // Glyphs have numbers of a collection, not names.
            return Some(());
        }
        let (glyphs, _) = index(bytes, usize::try_from(operand(17)?).ok()?)?;
        let count = glyphs.len().min(GLYPHS);
        let names = charset(bytes, operand(15).unwrap_or(0), count);
        let name = |string: usize| match string.checked_sub(CFF_STRINGS) {
            None => encoding::cff_string(string).map(str::to_owned),
            Some(own) => strings.get(own).and_then(|name| String::from_utf8(name.to_vec()).ok()),
        };
        for (glyph, string) in names.iter().enumerate() {
            if let Some(text) = name(*string).as_deref().and_then(encoding::text) {
                self.texts.insert(glyph as u32, text);
            }
        }
        match operand(16).unwrap_or(0) {
            0 => {
                for code in 0..=255 {
                    if let Some(name) = encoding::Base::Standard.glyph(code) {
                        self.names.insert(code, name.to_owned());
                    }
                }
            }
            1 => {}
            offset => {
                for (code, glyph) in own_encoding(bytes.get(usize::try_from(offset).ok()?..)?) {
                    if let Some(name) = names.get(glyph).and_then(|string| name(*string)) {
                        self.names.insert(code, name);
                    }
                }
            }
        }
        Some(())
    }

    fn type_1(&mut self, bytes: &[u8]) {
        // A header of six bytes stands before each part where the font was taken from a file.
        let clear = memchr::memmem::find(bytes, b"eexec").and_then(|end| bytes.get(..end)).unwrap_or(bytes);
        let Some(start) = memchr::memmem::find(clear, b"/Encoding") else { return };
        let text = clear.get(start..).unwrap_or_default();
        let text = text.get(..text.len().min(32_768)).unwrap_or_default();
        let words = String::from_utf8_lossy(text);
        let words = words.replace('/', " /");
        let words: Vec<&str> = words.split_ascii_whitespace().take(8192).collect();
        if words.get(1) == Some(&"StandardEncoding") {
            for code in 0..=255 {
                if let Some(name) = encoding::Base::Standard.glyph(code) {
                    self.names.insert(code, name.to_owned());
                }
            }
            return;
        }
        for four in words.windows(4) {
            match four {
                ["dup", code, name, "put"] => {
                    let code = code
                        .strip_prefix("8#")
                        .map_or_else(|| code.parse().ok(), |octal| u8::from_str_radix(octal, 8).ok());
                    if let (Some(code), Some(name)) = (code, name.strip_prefix('/')) {
                        self.names.insert(code, name.to_owned());
                    }
                }
                ["readonly", "def", ..] => break,
                _ => {}
            }
        }
    }
}

fn half(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..at.checked_add(2)?)?.try_into().ok().map(u16::from_be_bytes)
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..at.checked_add(4)?)?.try_into().ok().map(u32::from_be_bytes)
}

/// The codes and glyphs of a table of `cmap`.
fn pairs(table: &[u8]) -> Option<Vec<(u32, u32)>> {
    let mut found = Vec::new();
    match half(table, 0)? {
        0 => found.extend((0_u32..256).filter_map(|code| Some((code, u32::from(*table.get(6 + code as usize)?))))),
        4 => {
            let segments = usize::from(half(table, 6)?) / 2;
            let mut looks = 4 * GLYPHS;
            for segment in 0..segments {
                let end = half(table, 14 + segment * 2)?;
                let start = half(table, 16 + (segments + segment) * 2)?;
                let delta = half(table, 16 + (2 * segments + segment) * 2)?;
                let at = 16 + (3 * segments + segment) * 2;
                let offset = half(table, at)?;
                for code in start..=end {
                    looks = looks.saturating_sub(1);
                    if looks == 0 {
                        return Some(found);
                    }
                    let glyph = if offset == 0 {
                        code.wrapping_add(delta)
                    } else {
                        match half(table, at + usize::from(offset) + usize::from(code - start) * 2) {
                            None | Some(0) => continue,
                            Some(glyph) => glyph.wrapping_add(delta),
                        }
                    };
                    if code != 0xffff {
                        found.push((u32::from(code), u32::from(glyph)));
                    }
                }
            }
        }
        6 => {
            let first = u32::from(half(table, 6)?);
            for index in 0..usize::from(half(table, 8)?) {
                found.push((first + index as u32, u32::from(half(table, 10 + index * 2)?)));
            }
        }
        12 => {
            for group in 0..(word(table, 12)? as usize).min(GLYPHS) {
                let at = 16 + group * 12;
                let (start, end, glyph) = (word(table, at)?, word(table, at + 4)?, word(table, at + 8)?);
                for index in 0..=end.checked_sub(start)? {
                    if found.len() >= GLYPHS {
                        return Some(found);
                    }
                    found.push((start.saturating_add(index), glyph.saturating_add(index)));
                }
            }
        }
        _ => {}
    }
    Some(found)
}

/// The items of an INDEX of CFF, and what follows it.
fn index(bytes: &[u8], at: usize) -> Option<(Vec<&[u8]>, usize)> {
    let count = usize::from(half(bytes, at)?);
    if count == 0 {
        return Some((Vec::new(), at + 2));
    }
    let size = usize::from(*bytes.get(at + 2)?).clamp(1, 4);
    let offset = |number: usize| {
        let from = at + 3 + number * size;
        Some(bytes.get(from..from + size)?.iter().fold(0_usize, |value, byte| value << 8 | usize::from(*byte)))
    };
    // Offsets count from the byte before the data.
    let data = at + 2 + (count + 1) * size;
    let mut items = Vec::new();
    for number in 0..count {
        let (start, end) = (offset(number)?, offset(number + 1)?);
        items.push(bytes.get(data.checked_add(start)?..data.checked_add(end)?)?);
    }
    Some((items, data.checked_add(offset(count)?)?))
}

/// The operands of each operator of a DICT of CFF; operators of two bytes begin with 0x0c.
fn operators(bytes: &[u8]) -> BTreeMap<u16, Vec<i64>> {
    let mut found = BTreeMap::new();
    let mut operands = Vec::new();
    let mut rest = bytes.iter().copied();
    while let Some(byte) = rest.next() {
        let mut more = || i64::from(rest.next().unwrap_or(0xff));
        match byte {
            12 => drop(found.insert(0x0c00 | more() as u16, std::mem::take(&mut operands))),
            0..=21 => drop(found.insert(u16::from(byte), std::mem::take(&mut operands))),
            28 => {
                let high = more();
                operands.push(i64::from((high << 8 | more()) as i16));
            }
            29 => {
                let value = (0..4).fold(0, |value, _| value << 8 | more());
                operands.push(i64::from(value as i32));
            }
            // A real number, of halves up to an f.
            30 => {
                while !matches!(more(), halves if halves & 15 == 15 || halves >> 4 == 15) {}
                operands.push(0);
            }
            32..=246 => operands.push(i64::from(byte) - 139),
            247..=250 => operands.push((i64::from(byte) - 247) * 256 + more() + 108),
            251..=254 => operands.push(-(i64::from(byte) - 251) * 256 - more() - 108),
            _ => {}
        }
    }
    found
}

/// The string of each glyph of a CFF font.
fn charset(bytes: &[u8], offset: i64, count: usize) -> Vec<usize> {
    // The predefined sets: ISOAdobe numbers glyphs as strings; the expert ones hold figures and small capitals.
    let Some(table) = usize::try_from(offset).ok().filter(|offset| *offset > 2).and_then(|at| bytes.get(at..)) else {
        return (0..count.min(229)).collect();
    };
    let mut names = vec![0];
    match table.first() {
        Some(0) => {
            for glyph in 1..count {
                let Some(string) = half(table, glyph * 2 - 1) else { break };
                names.push(usize::from(string));
            }
        }
        Some(kind @ (1 | 2)) => {
            let mut at = 1;
            while names.len() < count {
                let Some(first) = half(table, at) else { break };
                let left = match kind {
                    1 => table.get(at + 2).copied().map(usize::from),
                    _ => half(table, at + 2).map(usize::from),
                };
                let Some(left) = left else { break };
                at += if *kind == 1 { 3 } else { 4 };
                names.extend((0..=left).take(count - names.len()).map(|index| usize::from(first) + index));
            }
        }
        _ => {}
    }
    names
}

/// The glyphs of codes by an encoding of CFF.
fn own_encoding(table: &[u8]) -> Vec<(u8, usize)> {
    let mut found = Vec::new();
    let (Some(kind), Some(count)) = (table.first(), table.get(1)) else { return found };
    if kind & 0x7f == 0 {
        found
            .extend(table.iter().skip(2).take(usize::from(*count)).enumerate().map(|(index, code)| (*code, index + 1)));
    } else {
        let mut glyph = 1;
        for range in table.get(2..).unwrap_or_default().chunks_exact(2).take(usize::from(*count)) {
            let [first, left] = range else { break };
            for index in 0..=*left {
                found.push((first.wrapping_add(index), glyph));
                glyph += 1;
            }
        }
    }
    found
}
