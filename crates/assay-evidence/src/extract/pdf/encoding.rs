//! What codes and glyph names stand for: the encodings, glyph list and standard widths that a PDF presupposes.
//!
//! The tables are data: `glyphs.txt` holds the Adobe Glyph List (its notice stands in docs/decisions/0003) and the names
//! of Zapf Dingbats; `standard.txt` the encodings of ISO 32000-1, annex D, the widths of the standard fonts, and the
//! glyph orders of `post` and CFF.

use std::collections::BTreeMap;
use std::sync::LazyLock;

/// Encodings of one byte, by the names of their glyphs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Base {
    Standard,
    WinAnsi,
    MacRoman,
    MacExpert,
    Symbol,
    ZapfDingbats,
}

struct Tables {
    encodings: BTreeMap<&'static str, Vec<&'static str>>,
    widths: BTreeMap<&'static str, BTreeMap<&'static str, f32>>,
    orders: BTreeMap<&'static str, Vec<&'static str>>,
}

static TABLES: LazyLock<Tables> = LazyLock::new(|| {
    let mut tables = Tables { encodings: BTreeMap::new(), widths: BTreeMap::new(), orders: BTreeMap::new() };
    for line in include_str!("standard.txt").lines() {
        let mut words = line.split(' ');
        let (Some(kind), Some(name)) = (words.next(), words.next()) else { continue };
        match kind {
            "encoding" => drop(tables.encodings.insert(name, words.collect())),
            "order" => drop(tables.orders.insert(name, words.collect())),
            _ => {
                let words: Vec<&str> = words.collect();
                let pairs = words.chunks_exact(2).filter_map(|pair| match pair {
                    [glyph, width] => width.parse().ok().map(|width| (*glyph, width)),
                    _ => None,
                });
                tables.widths.insert(name, pairs.collect());
            }
        }
    }
    tables
});

static GLYPHS: LazyLock<Vec<(&'static str, &'static str)>> =
    LazyLock::new(|| include_str!("glyphs.txt").lines().filter_map(|line| line.split_once(' ')).collect());

impl Base {
    /// The encoding of this name in a PDF.
    pub(super) fn named(name: &[u8]) -> Option<Self> {
        Some(match name {
            b"StandardEncoding" => Self::Standard,
            b"WinAnsiEncoding" => Self::WinAnsi,
            b"MacRomanEncoding" => Self::MacRoman,
            b"MacExpertEncoding" => Self::MacExpert,
            _ => return None,
        })
    }

    /// The name of a code's glyph.
    pub(super) fn glyph(self, code: u8) -> Option<&'static str> {
        let name = match self {
            Self::Standard => "Standard",
            Self::WinAnsi => "WinAnsi",
            Self::MacRoman => "MacRoman",
            Self::MacExpert => "MacExpert",
            Self::Symbol => "Symbol",
            Self::ZapfDingbats => "ZapfDingbats",
        };
        let index = usize::from(code).checked_sub(32)?;
        TABLES.encodings.get(name)?.get(index).copied().filter(|glyph| *glyph != "-")
    }
}

/// The glyph of a number in the order of Macintosh fonts.
pub(super) fn macintosh(index: usize) -> Option<&'static str> {
    TABLES.orders.get("Macintosh")?.get(index).copied()
}

/// The standard string of a CFF font.
pub(super) fn cff_string(index: usize) -> Option<&'static str> {
    TABLES.orders.get("CFF")?.get(index).copied()
}

/// How many standard strings CFF has.
pub(super) const CFF_STRINGS: usize = 391;

/// The width of a glyph in a standard font, or in the one that is most like a font of this name, thousandths.
pub(super) fn width(font: &[u8], glyph: &str) -> Option<f32> {
    let name = String::from_utf8_lossy(font).to_ascii_lowercase();
    let has = |parts: &[&str]| parts.iter().any(|part| name.contains(part));
    if has(&["courier", "mono", "consol", "typewriter"]) {
        return Some(600.0);
    }
    let (bold, italic) = (has(&["bold", "black", "heavy"]), has(&["italic", "oblique"]));
    let like = match () {
        () if has(&["zapfdingbats"]) => "ZapfDingbats",
        () if has(&["symbol"]) => "Symbol",
        () if has(&["times", "serif", "roman", "garamond", "georgia", "cambria", "book", "palatino"])
            && !has(&["sans"]) =>
        {
            match (bold, italic) {
                (true, true) => "Times-BoldItalic",
                (true, false) => "Times-Bold",
                (false, true) => "Times-Italic",
                (false, false) => "Times-Roman",
            }
        }
        () if bold => "Helvetica-Bold",
        () => "Helvetica",
    };
    TABLES.widths.get(like)?.get(glyph).copied()
}

/// The text of a glyph's name, by the Adobe Glyph List and its rules for names that are not on it.
pub(super) fn text(name: &str) -> Option<String> {
    let name = name.split('.').next().filter(|name| !name.is_empty())?;
    if let Ok(at) = GLYPHS.binary_search_by(|(own, _)| own.cmp(&name)) {
        let (_, codes) = GLYPHS.get(at)?;
        return codes.split('_').map(|code| u32::from_str_radix(code, 16).ok().and_then(char::from_u32)).collect();
    }
    let digits = |digits: &str| digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    if let Some(codes) = name.strip_prefix("uni")
        && codes.len() >= 4
        && digits(codes)
    {
        let units: Vec<u16> = codes
            .as_bytes()
            .chunks_exact(4)
            .take(16)
            .filter_map(|code| u16::from_str_radix(std::str::from_utf8(code).ok()?, 16).ok())
            .collect();
        return String::from_utf16(&units).ok();
    }
    if let Some(code) = name.strip_prefix('u')
        && (4..=6).contains(&code.len())
        && digits(code)
    {
        return u32::from_str_radix(code, 16).ok().and_then(char::from_u32).map(String::from);
    }
    if name.contains('_') && name.len() < 200 {
        return name.split('_').map(text).collect();
    }
    None
}

/// A text string of a PDF: UTF-16 or UTF-8 with their marks, else PDFDocEncoding.
pub(super) fn string(bytes: &[u8]) -> String {
    let decoded = match bytes {
        [0xfe, 0xff, rest @ ..] => encoding_rs::UTF_16BE.decode_without_bom_handling(rest).0.into_owned(),
        [0xff, 0xfe, rest @ ..] => encoding_rs::UTF_16LE.decode_without_bom_handling(rest).0.into_owned(),
        [0xef, 0xbb, 0xbf, rest @ ..] => encoding_rs::UTF_8.decode_without_bom_handling(rest).0.into_owned(),
        bytes => bytes.iter().map(|byte| document_character(*byte)).collect(),
    };
    // A language may be named between escapes in a string.
    let mut out = String::with_capacity(decoded.len());
    let mut within = false;
    for character in decoded.chars() {
        match character {
            '\u{1b}' => within = !within,
            '\0' => {}
            character if !within => out.push(character),
            _ => {}
        }
    }
    if within { decoded.replace(['\u{1b}', '\0'], "") } else { out }
}

/// PDFDocEncoding, annex D.3.
fn document_character(byte: u8) -> char {
    const LOW: [char; 8] = ['˘', 'ˇ', 'ˆ', '˙', '˝', '˛', '˚', '˜'];
    const HIGH: [char; 33] = [
        '•', '†', '‡', '…', '—', '–', 'ƒ', '⁄', '‹', '›', '−', '‰', '„', '“', '”', '‘', '’', '‚', '™', 'ﬁ', 'ﬂ', 'Ł',
        'Œ', 'Š', 'Ÿ', 'Ž', 'ı', 'ł', 'œ', 'š', 'ž', '\u{fffd}', '€',
    ];
    match byte {
        0x18..=0x1f => LOW.get(usize::from(byte - 0x18)).copied().unwrap_or(' '),
        0x80..=0xa0 => HIGH.get(usize::from(byte - 0x80)).copied().unwrap_or(' '),
        byte => char::from(byte),
    }
}
