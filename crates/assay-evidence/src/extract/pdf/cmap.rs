//! Character maps: which characters or glyph numbers codes of one to four bytes stand for.
//!
//! A ToUnicode map and an encoding that is a stream are read here; the predefined encodings of Chinese, Japanese and
//! Korean come from `hayro-cmap`.

use super::object::{Lexer, Object, Token};
use hayro_cmap::{BfString, CMap, CMapName};

/// Entries of a map taken; a font has at most as many codes.
const ENTRIES: usize = 65_536;

/// Ranges of code lengths taken; the largest predefined map has six.
const SPACES: usize = 64;

/// Operands between two operators taken: a section has a hundred entries.
const OPERANDS: usize = 200_000;

enum Target {
    From(Vec<u16>),
    Each(Vec<String>),
    Glyph(u32),
}

/// A map read from a stream.
#[derive(Default)]
pub(super) struct Map {
    /// Sorted by the first code of each.
    entries: Vec<(u32, u32, Target)>,
    /// Lengths of codes and what they lie between.
    spaces: Vec<(usize, u32, u32)>,
    /// The predefined map that it builds upon.
    pub(super) base: Option<Vec<u8>>,
    pub(super) vertical: bool,
}

impl Map {
    pub(super) fn read(bytes: &[u8]) -> Self {
        let mut map = Self::default();
        let mut operands: Vec<Object> = Vec::new();
        let mut lexer = Lexer::drawing(bytes);
        while map.entries.len() < ENTRIES {
            match lexer.next() {
                Token::End => break,
                Token::Object(object) if operands.len() < OPERANDS => operands.push(object),
                Token::Object(_) => {}
                Token::Word(word) => {
                    map.section(word, &operands);
                    operands.clear();
                }
            }
        }
        // Of entries for one code, the later stands.
        map.entries.reverse();
        map.entries.sort_by_key(|entry| entry.0);
        map.entries.dedup_by_key(|entry| entry.0);
        map
    }

    fn section(&mut self, word: &[u8], operands: &[Object]) {
        match word {
            b"endbfchar" => self.each_pair(operands, |target| Target::From(units(target))),
            b"endcidchar" => {
                for pair in operands.chunks_exact(2) {
                    if let [Object::String(code), glyph] = pair {
                        let glyph = glyph.integer().unwrap_or(0).clamp(0, 65_535) as u32;
                        self.entries.push((number(code), number(code), Target::Glyph(glyph)));
                    }
                }
            }
            b"endbfrange" | b"endcidrange" => {
                for range in operands.chunks_exact(3) {
                    let [Object::String(low), Object::String(high), target] = range else { continue };
                    let target = match target {
                        Object::String(text) => Target::From(units(text)),
                        Object::Array(each) => Target::Each(each.iter().take(ENTRIES).map(one).collect()),
                        glyph => Target::Glyph(glyph.integer().unwrap_or(0).clamp(0, 65_535) as u32),
                    };
                    self.entries.push((number(low), number(high), target));
                }
            }
            b"endcodespacerange" => {
                for range in operands.chunks_exact(2).take(SPACES.saturating_sub(self.spaces.len())) {
                    if let [Object::String(low), Object::String(high)] = range {
                        self.spaces.push((low.len().clamp(1, 4), number(low), number(high)));
                    }
                }
            }
            b"usecmap" => self.base = operands.last().and_then(Object::name).map(<[u8]>::to_vec),
            b"def" => {
                if let [.., Object::Name(key), Object::Integer(1)] = operands
                    && key == b"WMode"
                {
                    self.vertical = true;
                }
            }
            _ => {}
        }
    }

    fn each_pair(&mut self, operands: &[Object], target: impl Fn(&[u8]) -> Target) {
        for pair in operands.chunks_exact(2) {
            match pair {
                [Object::String(code), Object::String(text)] => {
                    self.entries.push((number(code), number(code), target(text)));
                }
                [Object::String(code), Object::Name(name)] => {
                    let text = std::str::from_utf8(name).ok().and_then(super::encoding::text).unwrap_or_default();
                    self.entries.push((number(code), number(code), Target::From(text.encode_utf16().collect())));
                }
                _ => {}
            }
        }
    }

    fn entry(&self, code: u32) -> Option<(u32, &Target)> {
        let at = self.entries.partition_point(|entry| entry.0 <= code).checked_sub(1)?;
        let (low, high, target) = self.entries.get(at)?;
        (code <= *high).then_some((code - low, target))
    }

    /// The text of a code.
    pub(super) fn text(&self, code: u32) -> Option<String> {
        let (index, target) = self.entry(code)?;
        match target {
            Target::Each(each) => each.get(index as usize).cloned(),
            Target::From(units) => {
                let mut units = units.clone();
                let last = units.last_mut()?;
                *last = last.wrapping_add(index as u16);
                Some(String::from_utf16_lossy(&units))
            }
            Target::Glyph(_) => None,
        }
    }

    /// The glyph number of a code.
    pub(super) fn glyph(&self, code: u32) -> Option<u32> {
        match self.entry(code)? {
            (index, Target::Glyph(first)) => Some(first.saturating_add(index)),
            _ => None,
        }
    }

    /// Whether it says how long codes are.
    pub(super) fn has_spaces(&self) -> bool {
        !self.spaces.is_empty()
    }

    /// How many bytes the code at the beginning of `bytes` has.
    pub(super) fn length(&self, bytes: &[u8]) -> usize {
        let fits = |(length, low, high): &&(usize, u32, u32)| {
            bytes.get(..*length).is_some_and(|code| {
                // Each byte lies in a range of its own.
                (0..*length).all(|index| {
                    let shift = 8 * (length - 1 - index);
                    let own = u32::from(code.get(index).copied().unwrap_or(0));
                    (low >> shift & 255..=high >> shift & 255).contains(&own)
                })
            })
        };
        let shortest = self.spaces.iter().map(|space| space.0).min().unwrap_or(2);
        self.spaces.iter().filter(fits).map(|space| space.0).min().unwrap_or(shortest)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

fn one(object: &Object) -> String {
    object.string().map(|text| String::from_utf16_lossy(&units(text))).unwrap_or_default()
}

fn number(code: &[u8]) -> u32 {
    code.iter().take(4).fold(0, |value, byte| value << 8 | u32::from(*byte))
}

fn units(text: &[u8]) -> Vec<u16> {
    // A few programs write one byte where two belong.
    if let [byte] = text {
        return vec![u16::from(*byte)];
    }
    text.chunks_exact(2).take(64).map(|pair| pair.iter().fold(0, |unit, byte| unit << 8 | u16::from(*byte))).collect()
}

/// A predefined encoding and the characters of its collection.
pub(super) struct Predefined {
    codes: Option<CMap>,
    characters: Option<CMap>,
}

impl Predefined {
    /// An encoding by name, where it is one; and the characters of a collection (`Japan1`).
    pub(super) fn named(encoding: Option<&[u8]>, ordering: &[u8]) -> Self {
        let load = |name: CMapName<'_>| CMap::parse(hayro_cmap::load_embedded(name)?, hayro_cmap::load_embedded);
        let codes = encoding.map(CMapName::from_bytes);
        let codes = codes.filter(|name| !matches!(name, CMapName::Custom(_))).and_then(load);
        let characters = match ordering {
            b"Japan1" => Some(CMapName::AdobeJapan1Ucs2),
            b"GB1" => Some(CMapName::AdobeGb1Ucs2),
            b"CNS1" => Some(CMapName::AdobeCns1Ucs2),
            b"Korea1" => Some(CMapName::AdobeKorea1Ucs2),
            _ => None,
        };
        Self { codes, characters: characters.and_then(load) }
    }

    /// The glyph number of the code at the beginning of `bytes`, and how many bytes it has.
    pub(super) fn next(&self, bytes: &[u8]) -> Option<(u32, usize)> {
        let codes = self.codes.as_ref()?;
        (1..=bytes.len().min(4)).find_map(|length| {
            let code = number(bytes.get(..length)?);
            codes.lookup_cid_code(code, length as u8).map(|glyph| (glyph, length))
        })
    }

    /// The characters of a glyph number.
    pub(super) fn text(&self, glyph: u32) -> Option<String> {
        Some(match self.characters.as_ref()?.lookup_bf_string(glyph)? {
            BfString::Char(character) => character.to_string(),
            BfString::String(text) => text,
        })
    }
}
