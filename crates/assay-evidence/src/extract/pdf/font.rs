//! Fonts of a PDF, as far as text needs them: which characters a code stands for, and how far it moves the pen.
//!
//! A ToUnicode map says best what is read; then the encoding with its differences, a predefined map, and last what the
//! embedded font says of its glyphs. Where none of them tells, the code is counted as unmapped: no character is guessed.

use super::cmap::{Map, Predefined};
use super::encoding::{self, Base};
use super::file::File;
use super::object::{Dict, Object};
use super::program::Program;
use std::collections::BTreeMap;

/// The largest ToUnicode map read, bytes.
const MAP: u64 = 4 << 20;

/// The largest embedded font opened, bytes: those of Chinese reach twenty million.
const PROGRAM: u64 = 32 << 20;

/// Widths of a font taken.
const WIDTHS: usize = 65_536;

/// A font.
pub(super) struct Font {
    kind: Kind,
    /// Written from top to bottom.
    pub(super) vertical: bool,
}

enum Kind {
    Simple(Vec<Glyph>),
    Wide(Box<Wide>),
}

/// A code of one byte.
#[derive(Clone, Default)]
struct Glyph {
    /// `None` where nothing tells; empty where it draws nothing.
    text: Option<String>,
    /// In text space for a font of size one.
    width: f32,
}

struct Wide {
    to_unicode: Option<Map>,
    codes: Codes,
    predefined: Predefined,
    program: Option<Program>,
    /// From glyph numbers of the PDF to those of the embedded font, two bytes each.
    glyphs: Option<Vec<u8>>,
    widths: BTreeMap<u32, f32>,
    default: f32,
    vertical: bool,
}

/// How strings are cut into codes.
enum Codes {
    Two,
    Utf8,
    Utf16,
    Utf32,
    Predefined,
    Map(Map),
}

/// One code, shown.
pub(super) struct Shown<'f> {
    pub(super) text: Option<&'f str>,
    pub(super) width: f32,
    /// A code of one byte that is a space: word spacing applies to it.
    pub(super) is_space: bool,
}

impl Font {
    pub(super) fn of(file: &File<'_>, font: &Dict) -> Self {
        let to_unicode = file.get(font, b"ToUnicode");
        let map = match &*to_unicode {
            Object::Stream(stream) => Some(Map::read(&file.content(stream, MAP))).filter(|map| !map.is_empty()),
            _ => None,
        };
        if font.is(b"Subtype", b"Type0") {
            let identity = to_unicode.name().is_some_and(|name| name.starts_with(b"Identity"));
            let wide = Wide::of(file, font, map, identity);
            return Self { vertical: wide.vertical, kind: Kind::Wide(Box::new(wide)) };
        }
        Self { kind: Kind::Simple(simple(file, font, map.as_ref())), vertical: false }
    }

    /// Reads a string code by code.
    pub(super) fn each(&self, bytes: &[u8], mut give: impl FnMut(Shown<'_>)) {
        match &self.kind {
            Kind::Simple(glyphs) => {
                for byte in bytes {
                    let Some(glyph) = glyphs.get(usize::from(*byte)) else { continue };
                    give(Shown { text: glyph.text.as_deref(), width: glyph.width, is_space: *byte == b' ' });
                }
            }
            Kind::Wide(wide) => {
                let mut rest = bytes;
                while !rest.is_empty() {
                    let (code, glyph, length) = wide.next(rest);
                    let text = wide.text(code, glyph, length);
                    let width = wide.widths.get(&glyph).copied().unwrap_or(wide.default) / 1000.0;
                    let width = if wide.vertical { 1.0 } else { width };
                    give(Shown { text: text.as_deref(), width, is_space: length == 1 && code == 32 });
                    rest = rest.get(length.max(1)..).unwrap_or_default();
                }
            }
        }
    }
}

impl Wide {
    fn of(file: &File<'_>, font: &Dict, to_unicode: Option<Map>, identity: bool) -> Self {
        let descendants = file.get(font, b"DescendantFonts");
        let descendant = descendants.array().and_then(<[Object]>::first).map(|first| file.resolve(first));
        let empty = Dict::default();
        let descendant = descendant.as_deref().and_then(Object::dict).unwrap_or(&empty);
        let encoding = file.get(font, b"Encoding");
        let mut name = encoding.name().unwrap_or_default().to_vec();
        let mut codes = Codes::Two;
        let mut vertical = false;
        if let Some(stream) = encoding.stream() {
            let map = Map::read(&file.content(stream, MAP));
            vertical = map.vertical || file.get(&stream.dict, b"WMode").integer() == Some(1);
            let used = file.get(&stream.dict, b"UseCMap");
            name = map.base.clone().or_else(|| used.name().map(<[u8]>::to_vec)).unwrap_or_default();
            if !map.is_empty() || map.has_spaces() {
                codes = Codes::Map(map);
            } else if !name.starts_with(b"Identity") {
                codes = Codes::Predefined;
            }
        } else if !name.starts_with(b"Identity") && !name.is_empty() {
            codes = Codes::Predefined;
        }
        vertical |= name.ends_with(b"-V");
        let system = file.get(descendant, b"CIDSystemInfo");
        let ordering = system.dict().map(|system| file.get(system, b"Ordering"));
        let ordering = ordering.as_deref().and_then(Object::string).unwrap_or_default();
        let has = |part: &[u8]| memchr::memmem::find(&name, part).is_some();
        let predefined = Predefined::named(matches!(codes, Codes::Predefined).then_some(&name), ordering);
        if matches!(codes, Codes::Predefined) {
            match () {
                () if has(b"UTF16") || has(b"UCS2") => codes = Codes::Utf16,
                () if has(b"UTF32") => codes = Codes::Utf32,
                () if has(b"UTF8") => codes = Codes::Utf8,
                () => {}
            }
        }
        if identity && matches!(codes, Codes::Two) && to_unicode.is_none() {
            codes = Codes::Utf16;
        }
        let mapped = file.get(descendant, b"CIDToGIDMap");
        let glyphs = mapped.stream().map(|stream| file.content(stream, 128 << 10));
        let descriptor = file.get(descendant, b"FontDescriptor");
        let program = descriptor.dict().filter(|_| to_unicode.is_none()).and_then(|found| program(file, found));
        let default = file.get(descendant, b"DW").float().unwrap_or(1000.0);
        let widths = file.get(descendant, b"W");
        let widths = widths.array().map(|widths| wide_widths(file, widths)).unwrap_or_default();
        Self { to_unicode, codes, predefined, program, glyphs, widths, default, vertical }
    }

    /// The code that `bytes` begins with, its glyph number, and how many bytes it has.
    fn next(&self, bytes: &[u8]) -> (u32, u32, usize) {
        let take = |length: usize| {
            let code = bytes.iter().take(length).fold(0_u32, |value, byte| value << 8 | u32::from(*byte));
            (code, length.min(bytes.len()))
        };
        let (code, length) = match &self.codes {
            Codes::Two => take(2),
            Codes::Utf32 => take(4),
            Codes::Utf16 => take(if bytes.first().is_some_and(|byte| byte & 0xfc == 0xd8) { 4 } else { 2 }),
            Codes::Utf8 => take(match bytes.first() {
                Some(0..=0x7f) | None => 1,
                Some(0x80..=0xdf) => 2,
                Some(0xe0..=0xef) => 3,
                Some(0xf0..) => 4,
            }),
            Codes::Predefined => match self.predefined.next(bytes) {
                Some((glyph, length)) => return (take(length).0, glyph, length),
                None => take(2),
            },
            Codes::Map(map) => {
                let (code, length) = take(map.length(bytes));
                return (code, map.glyph(code).unwrap_or(code), length);
            }
        };
        let glyph = match self.codes {
            Codes::Utf16 | Codes::Utf32 | Codes::Utf8 => self.predefined.next(bytes).map_or(code, |(glyph, _)| glyph),
            _ => code,
        };
        (code, glyph, length)
    }

    fn text(&self, code: u32, glyph: u32, length: usize) -> Option<String> {
        if let Some(text) = self.to_unicode.as_ref().and_then(|map| map.text(code)) {
            return useful(&text);
        }
        let unicode = match self.codes {
            Codes::Utf16 if length == 4 => {
                let (high, low) = (code >> 16 & 0x3ff, code & 0x3ff);
                char::from_u32(0x10000 + (high << 10 | low))
            }
            Codes::Utf16 | Codes::Utf32 => char::from_u32(code),
            Codes::Utf8 => {
                let bytes = code.to_be_bytes();
                let bytes = bytes.get(4 - length.min(4)..).unwrap_or_default();
                std::str::from_utf8(bytes).ok().and_then(|text| text.chars().next())
            }
            _ => None,
        };
        if let Some(character) = unicode {
            return useful(character.encode_utf8(&mut [0; 4]));
        }
        if let Some(text) = self.predefined.text(glyph) {
            return useful(&text);
        }
        let own = match &self.glyphs {
            Some(glyphs) => {
                let at = glyph as usize * 2;
                glyphs
                    .get(at..at + 2)
                    .map_or(0, |pair| pair.iter().fold(0, |value, byte| value << 8 | u32::from(*byte)))
            }
            None => glyph,
        };
        match self.program.as_ref().and_then(|program| program.texts.get(&own)) {
            Some(text) => useful(text),
            // Glyph zero is the sign for what is missing.
            None if glyph == 0 => Some(String::new()),
            None => None,
        }
    }
}

/// The codes of a font of one byte.
fn simple(file: &File<'_>, font: &Dict, to_unicode: Option<&Map>) -> Vec<Glyph> {
    let is_type_3 = font.is(b"Subtype", b"Type3");
    let base_font = file.get(font, b"BaseFont");
    let base_font = base_font.name().unwrap_or_default();
    let descriptor = file.get(font, b"FontDescriptor");
    let descriptor = descriptor.dict();
    let names = names(file, font, descriptor);
    let program = descriptor.filter(|_| !is_type_3).and_then(|found| {
        // Opened only where the PDF leaves codes open.
        let open = to_unicode.is_none() && file.get(font, b"Encoding").name().is_none();
        if open { program(file, found) } else { None }
    });
    let scale = if is_type_3 {
        let matrix = file.get(font, b"FontMatrix");
        matrix.array().and_then(<[Object]>::first).and_then(Object::float).unwrap_or(0.001).abs()
    } else {
        0.001
    };
    let widths = file.get(font, b"Widths");
    let widths = widths.array().unwrap_or_default();
    let first = file.get(font, b"FirstChar").integer().unwrap_or(0);
    let missing = descriptor.and_then(|found| file.get(found, b"MissingWidth").float());
    let symbolic = descriptor.and_then(|found| file.get(found, b"Flags").integer()).is_some_and(|flags| flags & 4 != 0);
    let glyph = |code: u8| {
        let name = names.get(usize::from(code)).and_then(Option::as_deref);
        let by_program = || {
            let program = program.as_ref()?;
            let by_map = || program.codes.get(&u32::from(code)).and_then(|glyph| program.texts.get(glyph)).cloned();
            let by_name = || program.names.get(&code).and_then(|name| encoding::text(name));
            if symbolic { by_map().or_else(by_name) } else { by_name().or_else(by_map) }
        };
        let named = || name.and_then(|name| encoding::text(name).or_else(|| numbered(name, code)));
        // A symbolic font is its own encoding, unless the PDF names differences.
        let text = to_unicode.and_then(|map| map.text(u32::from(code))).filter(|text| useful(text).is_some());
        let text = text.or_else(|| if symbolic { by_program().or_else(named) } else { named().or_else(by_program) });
        let index = usize::try_from(i64::from(code).saturating_sub(first)).ok();
        let width = index.and_then(|index| widths.get(index)).and_then(|width| file.resolve(width).float());
        let width = width.or(if widths.is_empty() { None } else { missing });
        let width = width.or_else(|| name.and_then(|name| encoding::width(base_font, name)));
        // Code zero is how fonts fill up; it draws nothing.
        let text = text.and_then(|text| useful(&text)).or_else(|| (code == 0).then(String::new));
        Glyph { text, width: width.or(missing).unwrap_or(if text_is_empty(code) { 0.0 } else { 500.0 }) * scale }
    };
    (0..=255).map(glyph).collect()
}

fn text_is_empty(code: u8) -> bool {
    code == 0
}

/// A glyph's name that is but a number, as of `G65`: some converters name glyphs by their codes.
fn numbered(name: &str, code: u8) -> Option<String> {
    let digits = name.trim_start_matches(|character: char| character.is_ascii_alphabetic());
    let is_code = name.len() - digits.len() <= 4 && digits.parse() == Ok(code);
    (is_code && code.is_ascii_graphic()).then(|| char::from(code).to_string())
}

/// The names of the glyphs of a one-byte encoding.
fn names(file: &File<'_>, font: &Dict, descriptor: Option<&Dict>) -> Vec<Option<String>> {
    let encoding = file.get(font, b"Encoding");
    let base_name = match &*encoding {
        Object::Name(name) => Some(name.clone()),
        Object::Dict(dict) => file.get(dict, b"BaseEncoding").name().map(<[u8]>::to_vec),
        _ => None,
    };
    let base_font = file.get(font, b"BaseFont");
    let base_font = base_font.name().unwrap_or_default();
    let is_type_3 = font.is(b"Subtype", b"Type3");
    let is = |part: &[u8]| memchr::memmem::find(base_font, part).is_some();
    let embedded = descriptor
        .is_some_and(|found| [&b"FontFile"[..], b"FontFile2", b"FontFile3"].iter().any(|key| found.get(key).is_some()));
    let base = match base_name.as_deref().and_then(Base::named) {
        _ if is(b"ZapfDingbats") && !embedded => Some(Base::ZapfDingbats),
        _ if base_font.ends_with(b"Symbol") && !embedded => Some(Base::Symbol),
        Some(base) => Some(base),
        // The glyphs of Type 3 are drawings: only their names say what they are.
        None if is_type_3 => None,
        // A TrueType font without encoding is a Windows font in practice.
        None if font.is(b"Subtype", b"TrueType") => Some(Base::WinAnsi),
        None => Some(Base::Standard),
    };
    let mut names: Vec<Option<String>> =
        (0..=255).map(|code| base.and_then(|base| base.glyph(code)).map(str::to_owned)).collect();
    let differences = encoding.dict().map(|dict| file.get(dict, b"Differences"));
    let mut code = 0_usize;
    for object in differences.as_deref().and_then(Object::array).unwrap_or_default().iter().take(2048) {
        match &*file.resolve(object) {
            Object::Name(name) => {
                if let Some(place) = names.get_mut(code) {
                    *place = Some(String::from_utf8_lossy(name).into_owned());
                }
                code = code.saturating_add(1);
            }
            number => code = number.integer().and_then(|number| usize::try_from(number).ok()).unwrap_or(code),
        }
    }
    names
}

fn program(file: &File<'_>, descriptor: &Dict) -> Option<Program> {
    let held = [&b"FontFile2"[..], b"FontFile3", b"FontFile"].map(|key| file.get(descriptor, key));
    let stream = held.iter().find_map(|held| held.stream())?;
    Some(Program::read(&file.content(stream, PROGRAM)))
}

/// The widths of glyph numbers: lists from a number on, or one width for a range.
fn wide_widths(file: &File<'_>, widths: &[Object]) -> BTreeMap<u32, f32> {
    let mut found = BTreeMap::new();
    let number = |object: &Object| file.resolve(object).integer().and_then(|value| u32::try_from(value).ok());
    let mut rest = widths.iter();
    let mut budget = WIDTHS * 4;
    while let (Some(first), Some(second)) = (rest.next(), rest.next()) {
        let Some(first) = number(first) else { continue };
        if budget == 0 {
            break;
        }
        match &*file.resolve(second) {
            Object::Array(each) => {
                budget = budget.saturating_sub(each.len().max(1));
                for (index, width) in each.iter().take(WIDTHS).enumerate() {
                    if let Some(width) = file.resolve(width).float() {
                        found.insert(first.saturating_add(index as u32), width);
                    }
                }
            }
            last => {
                let last = last.integer().and_then(|last| u32::try_from(last).ok()).unwrap_or(0).min(0xffff);
                budget = budget.saturating_sub((last.saturating_sub(first) as usize).max(1));
                if let Some(width) = rest.next().and_then(|width| file.resolve(width).float()) {
                    found.extend((first..=last).map(|glyph| (glyph, width)));
                }
            }
        }
    }
    found
}

/// Text as it is given on: ligatures as their letters, spaces of any kind as a space, nothing that steers terminals;
/// `None` for what is of private use or a sign of failure.
fn useful(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\u{fb00}' => out.push_str("ff"),
            '\u{fb01}' => out.push_str("fi"),
            '\u{fb02}' => out.push_str("fl"),
            '\u{fb03}' => out.push_str("ffi"),
            '\u{fb04}' => out.push_str("ffl"),
            '\u{fb05}' | '\u{fb06}' => out.push_str("st"),
            '\u{ad}' => out.push('-'),
            '\0' | '\u{feff}' | '\u{200b}' => {}
            '\u{f0b7}' | '\u{f0a7}' => out.push('•'),
            // Symbol fonts of Windows lie at F000.
            '\u{f020}'..='\u{f07e}' => out.extend(char::from_u32(u32::from(character) - 0xf000)),
            '\u{e000}'..='\u{f8ff}' | '\u{fffd}' => return None,
            character if character.is_whitespace() || character.is_control() => out.push(' '),
            character => out.push(character),
        }
    }
    Some(out)
}
