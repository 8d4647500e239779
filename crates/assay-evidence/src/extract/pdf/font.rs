//! Fonts of a PDF, as far as text needs them: which characters a code stands for, and how far it moves the pen.
//!
//! A ToUnicode map says best what is read; then the encoding with its differences. No font program is opened: a font
//! that has neither is said to be unmapped.

use super::{dict, get};
use lopdf::{Dictionary, Document, Object, dictionary};
use std::collections::BTreeMap;

/// The largest ToUnicode map read, bytes.
const MAP: u64 = 4 << 20;

/// Entries of a ToUnicode map taken; a font has at most as many codes.
const ENTRIES: usize = 65_536;

/// A font.
pub(super) struct Font {
    wide: bool,
    to_unicode: BTreeMap<u32, (u32, Target)>,
    table: Vec<Option<String>>,
    utf_16_codes: bool,
    widths: BTreeMap<u32, f32>,
    missing: Option<f32>,
    /// From glyph space to text space; a thousandth but for Type 3.
    scale: f32,
    narrow: Narrow,
}

enum Target {
    From(Vec<u16>),
    Each(Vec<String>),
}

/// How to estimate the widths of the fourteen fonts that come without.
#[derive(Clone, Copy, PartialEq)]
enum Narrow {
    Mono,
    Sans,
    Serif,
}

/// What showing a string did.
#[derive(Default)]
pub(super) struct Shown {
    pub(super) text: String,
    /// In text space for a font of size one.
    pub(super) advance: f32,
    pub(super) codes: u32,
    /// Codes of one byte that are a space: word spacing applies to them.
    pub(super) spaces: u32,
    pub(super) unmapped: u32,
}

impl Font {
    pub(super) fn of(document: &Document, font: &Dictionary) -> Self {
        let kind = font.get(b"Subtype").and_then(Object::as_name).unwrap_or_default();
        let wide = kind == b"Type0";
        let to_unicode = get(document, font, b"ToUnicode")
            .and_then(|object| object.as_stream().ok())
            .and_then(|stream| super::inflated(stream, MAP).ok())
            .map(|map| mapping(&map))
            .unwrap_or_default();
        let encoding = font.get(b"Encoding").and_then(Object::as_name).unwrap_or_default();
        let named = |part: &[u8]| memchr::memmem::find(encoding, part).is_some();
        let base = font.get(b"BaseFont").and_then(Object::as_name).unwrap_or_default();
        let based = |part: &[u8]| memchr::memmem::find(base, part).is_some();
        let mut made = Self {
            wide,
            to_unicode,
            table: if wide { Vec::new() } else { table(document, font, kind) },
            utf_16_codes: wide && (named(b"UCS2") || named(b"UTF16")),
            widths: BTreeMap::new(),
            missing: None,
            scale: 0.001,
            narrow: match () {
                () if based(b"Courier") || based(b"Mono") || based(b"Consol") => Narrow::Mono,
                () if based(b"Times") || based(b"Serif") || based(b"Roman") => Narrow::Serif,
                () => Narrow::Sans,
            },
        };
        if wide {
            made.wide_widths(document, font);
        } else {
            made.simple_widths(document, font);
        }
        if kind == b"Type3"
            && let Some(matrix) = get(document, font, b"FontMatrix").and_then(|matrix| matrix.as_array().ok())
            && let Some(scale) = matrix.first().and_then(|scale| scale.as_float().ok())
        {
            made.scale = scale.abs();
        }
        made
    }

    /// Reads a string: its text and how far it moves.
    pub(super) fn show(&self, bytes: &[u8]) -> Shown {
        let mut shown = Shown::default();
        for code in bytes.chunks(if self.wide { 2 } else { 1 }) {
            let value = code.iter().fold(0_u32, |value, byte| value << 8 | u32::from(*byte));
            let before = shown.text.len();
            if !self.push(value, &mut shown.text) {
                shown.unmapped += 1;
                shown.text.push('\u{fffd}');
            }
            let width = self.widths.get(&value).copied().or(self.missing);
            let width = width.unwrap_or_else(|| self.estimate(shown.text.get(before..).unwrap_or_default()));
            shown.advance += width * self.scale;
            shown.codes += 1;
            shown.spaces += u32::from(code == b" ");
        }
        shown
    }

    fn push(&self, code: u32, text: &mut String) -> bool {
        if let Some((low, (high, target))) = self.to_unicode.range(..=code).next_back()
            && code <= *high
        {
            let index = code - low;
            match target {
                Target::Each(each) => each.get(index as usize).iter().for_each(|each| push_clean(text, each)),
                Target::From(units) => {
                    let mut units = units.clone();
                    if let Some(last) = units.last_mut() {
                        *last = last.wrapping_add(index as u16);
                    }
                    push_clean(text, &String::from_utf16_lossy(&units));
                }
            }
            return true;
        }
        if self.utf_16_codes {
            push_clean(text, &String::from_utf16_lossy(&[code as u16]));
            return true;
        }
        match self.table.get(code as usize) {
            Some(Some(known)) => {
                push_clean(text, known);
                true
            }
            // Code zero is how fonts fill up; it draws nothing.
            _ => code == 0,
        }
    }

    fn simple_widths(&mut self, document: &Document, font: &Dictionary) {
        let first = get(document, font, b"FirstChar").and_then(|first| first.as_i64().ok()).unwrap_or(0);
        let Some(widths) = get(document, font, b"Widths").and_then(|widths| widths.as_array().ok()) else { return };
        for (index, width) in widths.iter().take(256).enumerate() {
            let width = super::resolved(document, width).and_then(|width| width.as_float().ok());
            if let (Some(width), Ok(code)) = (width, u32::try_from(first.saturating_add(index as i64))) {
                self.widths.insert(code, width);
            }
        }
        let descriptor = dict(document, font, b"FontDescriptor");
        self.missing =
            descriptor.and_then(|found| get(document, found, b"MissingWidth")).and_then(|width| width.as_float().ok());
    }

    fn wide_widths(&mut self, document: &Document, font: &Dictionary) {
        let descendants = get(document, font, b"DescendantFonts").and_then(|fonts| fonts.as_array().ok());
        let descendant = descendants.and_then(|fonts| fonts.first()).and_then(|font| super::resolved(document, font));
        let Some(descendant) = descendant.and_then(|font| font.as_dict().ok()) else { return };
        let default = get(document, descendant, b"DW").and_then(|width| width.as_float().ok());
        self.missing = Some(default.unwrap_or(1000.0));
        let Some(widths) = get(document, descendant, b"W").and_then(|widths| widths.as_array().ok()) else { return };
        let mut budget = ENTRIES;
        let mut rest = widths.iter().filter_map(|object| super::resolved(document, object));
        while let (Some(first), Some(second)) = (rest.next(), rest.next()) {
            let Ok(first) = first.as_i64() else { continue };
            let first = u32::try_from(first).unwrap_or(0);
            if budget == 0 {
                break;
            }
            match second {
                Object::Array(each) => {
                    budget = budget.saturating_sub(each.len());
                    for (index, width) in each.iter().enumerate() {
                        if let Some(Ok(width)) = super::resolved(document, width).map(Object::as_float) {
                            self.widths.insert(first.saturating_add(index as u32), width);
                        }
                    }
                }
                last => {
                    let last = last.as_i64().ok().and_then(|last| u32::try_from(last).ok()).unwrap_or(0).min(0xffff);
                    budget = budget.saturating_sub(last.saturating_sub(first) as usize);
                    if let Some(Ok(width)) = rest.next().map(Object::as_float) {
                        self.widths.extend((first..=last).map(|code| (code, width)));
                    }
                }
            }
        }
    }

    /// The width of the standard fonts, roughly: enough to tell a gap from none.
    fn estimate(&self, text: &str) -> f32 {
        let Some(character) = text.chars().next() else { return 0.0 };
        if self.narrow == Narrow::Mono {
            return 600.0;
        }
        let sans = match character {
            'i' | 'j' | 'l' | '\'' | '|' => 222.0,
            ' ' | '.' | ',' | ':' | ';' | '!' | 'I' | 'f' | 't' | '/' | '\\' | '[' | ']' => 278.0,
            'r' | '(' | ')' | '-' => 333.0,
            'c' | 'k' | 's' | 'v' | 'x' | 'y' | 'z' | 'J' => 500.0,
            'm' | 'M' => 833.0,
            'w' | 'C' | 'D' | 'H' | 'N' | 'R' | 'U' => 722.0,
            'G' | 'O' | 'Q' => 778.0,
            'W' => 944.0,
            'F' | 'T' | 'Z' => 611.0,
            character if character.is_uppercase() => 667.0,
            _ => 556.0,
        };
        if self.narrow == Narrow::Serif { sans * 0.9 } else { sans }
    }
}

/// Ligatures as their letters, spaces of any kind as a space, nothing that steers terminals.
fn push_clean(text: &mut String, piece: &str) {
    for character in piece.chars() {
        match character {
            '\u{fb00}' => text.push_str("ff"),
            '\u{fb01}' => text.push_str("fi"),
            '\u{fb02}' => text.push_str("fl"),
            '\u{fb03}' => text.push_str("ffi"),
            '\u{fb04}' => text.push_str("ffl"),
            '\u{ad}' => text.push('-'),
            '\0' => {}
            character if character.is_whitespace() || character.is_control() => text.push(' '),
            character => text.push(character),
        }
    }
}

/// The characters of a one-byte encoding.
fn table(document: &Document, font: &Dictionary, kind: &[u8]) -> Vec<Option<String>> {
    let encoding = get(document, font, b"Encoding");
    let named = match encoding {
        Some(Object::Name(name)) => Some(name.as_slice()),
        Some(Object::Dictionary(dict)) => dict.get(b"BaseEncoding").and_then(Object::as_name).ok(),
        _ => None,
    };
    let base = match named {
        Some(name @ (b"StandardEncoding" | b"MacRomanEncoding" | b"MacExpertEncoding" | b"WinAnsiEncoding")) => name,
        // A TrueType font without encoding is a Windows font in practice.
        _ if kind == b"TrueType" => b"WinAnsiEncoding",
        _ => b"StandardEncoding",
    };
    // Type 3 glyphs are drawings: only their names say what they are.
    let mut table = if kind == b"Type3" { vec![None; 256] } else { decoded(document, Object::Name(base.to_vec())) };
    if let Some(Object::Dictionary(dict)) = encoding
        && let Some(differences) =
            get(document, dict, b"Differences").and_then(|differences| differences.as_array().ok())
    {
        let mut code = 0_usize;
        for object in differences {
            match object {
                Object::Integer(number) => code = usize::try_from(*number).unwrap_or(256),
                Object::Name(name) => {
                    if let Some(place) = table.get_mut(code) {
                        *place = glyph(document, name);
                    }
                    code = code.saturating_add(1);
                }
                _ => {}
            }
        }
    }
    table
}

/// A whole encoding, as the library has it.
fn decoded(document: &Document, encoding: Object) -> Vec<Option<String>> {
    let font = dictionary! { "Type" => "Font", "Encoding" => encoding };
    let Ok(encoding) = font.get_font_encoding(document) else { return vec![None; 256] };
    let one = |code: u8| encoding.bytes_to_string(&[code]).ok().filter(|text| !text.is_empty());
    (0..=255).map(one).collect()
}

/// The text of a glyph's name, by the Adobe glyph list.
fn glyph(document: &Document, name: &[u8]) -> Option<String> {
    let name = name.split(|byte| *byte == b'.').next().filter(|name| !name.is_empty())?;
    let hex = |digits: &[u8]| {
        let digits = std::str::from_utf8(digits).ok().filter(|digits| (4..=6).contains(&digits.len()))?;
        u32::from_str_radix(digits, 16).ok().and_then(char::from_u32).map(String::from)
    };
    if let Some(found) = name.strip_prefix(b"uni").and_then(hex).or_else(|| name.strip_prefix(b"u").and_then(hex)) {
        return Some(found);
    }
    if name.contains(&b'_') {
        return name.split(|byte| *byte == b'_').map(|part| glyph(document, part)).collect();
    }
    let differences = Object::Array(vec![Object::Integer(1), Object::Name(name.to_vec())]);
    let encoding = dictionary! { "Type" => "Encoding", "Differences" => differences };
    let font = dictionary! { "Type" => "Font", "Encoding" => Object::Dictionary(encoding) };
    // A name that the list does not know makes the library fall back to the standard encoding, where code one is
    // nothing.
    let found = font.get_font_encoding(document).ok()?.bytes_to_string(&[1]).ok()?;
    (!found.is_empty()).then_some(found)
}

/// Reads a ToUnicode map: `bfchar` and `bfrange` sections.
fn mapping(map: &[u8]) -> BTreeMap<u32, (u32, Target)> {
    let mut found = BTreeMap::new();
    let mut operands: Vec<Token> = Vec::new();
    let mut rest = map;
    while let Some(token) = token(&mut rest) {
        if found.len() >= ENTRIES {
            break;
        }
        match &token {
            Token::Word(b"endbfchar") => {
                for pair in operands.chunks_exact(2) {
                    if let [Token::Hex(code), Token::Hex(text)] = pair {
                        found.insert(number(code), (number(code), Target::From(units(text))));
                    }
                }
                operands.clear();
            }
            Token::Word(b"endbfrange") => {
                ranges(&operands, &mut found);
                operands.clear();
            }
            Token::Word(word) if word.starts_with(b"begin") || word.starts_with(b"end") => operands.clear(),
            _ => operands.push(token),
        }
    }
    found
}

fn ranges(operands: &[Token<'_>], found: &mut BTreeMap<u32, (u32, Target)>) {
    let mut rest = operands;
    while let [Token::Hex(low), Token::Hex(high), target, tail @ ..] = rest {
        let (low, high) = (number(low), number(high).min(0xffff));
        match target {
            Token::Hex(text) => {
                found.insert(low, (high, Target::From(units(text))));
                rest = tail;
            }
            Token::Open => {
                let end = tail.iter().position(|token| matches!(token, Token::Close)).unwrap_or(tail.len());
                let each = tail[..end].iter().map(|token| match token {
                    Token::Hex(text) => String::from_utf16_lossy(&units(text)),
                    _ => String::new(),
                });
                found.insert(low, (high, Target::Each(each.collect())));
                rest = tail.get(end + 1..).unwrap_or_default();
            }
            _ => return,
        }
    }
}

enum Token<'m> {
    Hex(Vec<u8>),
    Open,
    Close,
    Word(&'m [u8]),
}

fn token<'m>(rest: &mut &'m [u8]) -> Option<Token<'m>> {
    let start = rest.iter().position(|byte| !byte.is_ascii_whitespace() && *byte != 0)?;
    let text = &rest[start..];
    let length = match text[0] {
        b'<' if text.get(1) != Some(&b'<') => memchr::memchr(b'>', text).map_or(text.len(), |end| end + 1),
        b'%' => memchr::memchr2(b'\n', b'\r', text).unwrap_or(text.len()),
        b'<' | b'>' | b'[' | b']' | b'(' | b')' => 1,
        _ => {
            let ends = |byte: &u8| byte.is_ascii_whitespace() || b"<>[]()%".contains(byte);
            text.iter().position(ends).unwrap_or(text.len()).max(1)
        }
    };
    *rest = &text[length..];
    let text = &text[..length];
    Some(match text[0] {
        b'<' if length > 1 => {
            let digits: Vec<u8> =
                text.iter().filter_map(|byte| (*byte as char).to_digit(16)).map(|digit| digit as u8).collect();
            Token::Hex(digits.chunks(2).map(|pair| pair[0] << 4 | pair.get(1).copied().unwrap_or(0)).collect())
        }
        b'[' => Token::Open,
        b']' => Token::Close,
        _ => Token::Word(text),
    })
}

fn number(code: &[u8]) -> u32 {
    code.iter().take(4).fold(0, |value, byte| value << 8 | u32::from(*byte))
}

fn units(text: &[u8]) -> Vec<u16> {
    // A few programs write one byte where two belong.
    if let [byte] = text {
        return vec![u16::from(*byte)];
    }
    text.chunks_exact(2).take(64).map(|pair| u16::from_be_bytes([pair[0], pair[1]])).collect()
}
