//! Bodies in compressed rich text (MS-OXRTFCP), and the page or plain text that Outlook wrapped in one (MS-OXRTFEX).
//!
//! Rich text that wraps nothing is handed on as it is: there is a reader for it.

use super::super::charset;
use super::super::little_endian::u32_at;
use encoding_rs::{Encoding, WINDOWS_1252};
use std::collections::BTreeMap;

/// What a compressed body was made of.
pub(in super::super) enum Opened {
    Html(String),
    Plain(String),
    Rich(Vec<u8>),
}

/// With what the compressor's window begins (MS-OXRTFCP 2.1.2.1).
const BEGINNING: &[u8] = b"{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern \\fscript \
\\fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n\\par \\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx";

/// Opens a body; `None` where it is none, or larger than `limit`.
pub(in super::super) fn open(packed: &[u8], limit: u64) -> Option<Opened> {
    let rich = unpacked(packed, limit)?;
    let head = rich.get(..rich.len().min(512)).unwrap_or_default();
    let says = |word: &[u8]| memchr::memmem::find(head, word).is_some();
    Some(match () {
        () if says(b"\\fromhtml") => Opened::Html(unwrapped(&rich, Wrapped::Html)),
        () if says(b"\\fromtext") => Opened::Plain(unwrapped(&rich, Wrapped::Plain)),
        () => Opened::Rich(rich),
    })
}

fn unpacked(packed: &[u8], limit: u64) -> Option<Vec<u8>> {
    let size = u32_at(packed, 4)? as usize;
    let content = packed.get(16..)?;
    match u32_at(packed, 8)? {
        // Stored.
        0x414c_454d => return Some(content.get(..size).unwrap_or(content).to_vec()),
        0x7546_5a4c => {}
        _ => return None,
    }
    if size as u64 > limit {
        return None;
    }
    let mut window = [b' '; 4096];
    window.iter_mut().zip(BEGINNING).for_each(|(place, byte)| *place = *byte);
    let mut at = BEGINNING.len();
    // A match of 17 bytes takes two, and a bit.
    let mut out = Vec::with_capacity(size.min(content.len().saturating_mul(9)));
    let mut rest = content.iter();
    'all: while let Some(flags) = rest.next() {
        for bit in 0..8 {
            if out.len() >= size {
                break 'all;
            }
            let Some(first) = rest.next() else { break 'all };
            if flags >> bit & 1 == 0 {
                window[at & 4095] = *first;
                at += 1;
                out.push(*first);
                continue;
            }
            let Some(second) = rest.next() else { break 'all };
            let offset = usize::from(*first) << 4 | usize::from(*second >> 4);
            if offset == at & 4095 {
                break 'all;
            }
            for step in 0..usize::from(*second & 15) + 2 {
                let byte = window[(offset + step) & 4095];
                window[at & 4095] = byte;
                at += 1;
                out.push(byte);
            }
        }
    }
    Some(out)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Wrapped {
    Html,
    Plain,
}

#[derive(Clone)]
struct State {
    skipped: bool,
    /// Rich text that stands for what the page says by tags.
    doubled: bool,
    in_tag: bool,
    in_fonts: bool,
    encoding: &'static Encoding,
    substitutes: u32,
}

struct Unwrapping {
    kind: Wrapped,
    state: State,
    outer: Vec<State>,
    fonts: BTreeMap<i32, &'static Encoding>,
    font: i32,
    base: &'static Encoding,
    bytes: Vec<u8>,
    units: Vec<u16>,
    passing: u32,
    starred: bool,
    out: String,
}

/// Groups nested deeper than this are read as one.
const NESTING: usize = 1000;

fn unwrapped(rich: &[u8], kind: Wrapped) -> String {
    let state = State {
        skipped: false,
        doubled: false,
        in_tag: false,
        in_fonts: false,
        encoding: WINDOWS_1252,
        substitutes: 1,
    };
    let mut walk = Unwrapping {
        kind,
        state,
        outer: Vec::new(),
        fonts: BTreeMap::new(),
        font: 0,
        base: WINDOWS_1252,
        bytes: Vec::new(),
        units: Vec::new(),
        passing: 0,
        starred: false,
        out: String::with_capacity(rich.len() / 2),
    };
    let mut at = 0;
    while let Some(&byte) = rich.get(at) {
        at += 1;
        match byte {
            b'{' => walk.open(),
            b'}' => walk.close(),
            b'\\' => at = walk.control(rich, at),
            b'\r' | b'\n' | 0 => {}
            _ => walk.byte(byte),
        }
    }
    walk.settle();
    walk.out
}

impl Unwrapping {
    fn open(&mut self) {
        self.settle();
        self.passing = 0;
        if self.outer.len() < NESTING {
            self.outer.push(self.state.clone());
        }
    }

    fn close(&mut self) {
        self.settle();
        self.passing = 0;
        self.starred = false;
        if let Some(state) = self.outer.pop() {
            self.state = state;
        }
    }

    /// What follows a backslash at `at`; gives where it ends.
    fn control(&mut self, rich: &[u8], at: usize) -> usize {
        let rest = rich.get(at..).unwrap_or_default();
        let letters = rest.iter().take(32).take_while(|byte| byte.is_ascii_alphabetic()).count();
        if letters == 0 {
            return self.symbol(rest, at);
        }
        let (word, rest) = rest.split_at(letters);
        let negative = rest.first() == Some(&b'-');
        let digits = rest.iter().skip(usize::from(negative)).take(9).take_while(|byte| byte.is_ascii_digit()).count();
        let end = usize::from(negative) + digits;
        let number: Option<i32> =
            std::str::from_utf8(rest.get(..end).unwrap_or_default()).ok().and_then(|n| n.parse().ok());
        let mut end = at + letters + end;
        end += usize::from(rich.get(end) == Some(&b' '));
        if word == b"bin" {
            return end.saturating_add(usize::try_from(number.unwrap_or(0)).unwrap_or(0));
        }
        self.word(word, number);
        end
    }

    fn symbol(&mut self, rest: &[u8], at: usize) -> usize {
        match rest.first() {
            Some(b'\'') => {
                let digit = |place: usize| rest.get(place).and_then(|digit| char::from(*digit).to_digit(16));
                let (Some(high), Some(low)) = (digit(1), digit(2)) else { return at + 1 };
                self.byte((high * 16 + low) as u8);
                return at + 3;
            }
            Some(b'*') => self.starred = true,
            Some(b'~') => self.text(if self.kind == Wrapped::Html { "&nbsp;" } else { " " }),
            Some(b'_') => self.text("-"),
            Some(byte @ (b'{' | b'}' | b'\\')) => self.byte(*byte),
            _ => {}
        }
        at + 1
    }

    fn word(&mut self, word: &[u8], number: Option<i32>) {
        if word != b"u" {
            self.settle();
        }
        let starred = std::mem::take(&mut self.starred);
        match word {
            b"htmltag" if starred => {
                // A tag belongs to the page even where the rich text around it does not.
                self.state.in_tag = true;
                self.state.doubled = false;
            }
            b"htmlrtf" => self.state.doubled = number != Some(0),
            b"fonttbl" => (self.state.skipped, self.state.in_fonts) = (true, true),
            b"colortbl" | b"stylesheet" | b"info" | b"pict" | b"mhtmltag" | b"object" | b"generator" => {
                self.state.skipped = true;
            }
            _ if starred => self.state.skipped = true,
            b"ansicpg" => {
                let page = number.and_then(|number| u32::try_from(number).ok()).and_then(charset::code_page);
                self.base = page.unwrap_or(WINDOWS_1252);
                self.state.encoding = self.base;
            }
            b"f" if self.state.in_fonts => self.font = number.unwrap_or(0),
            b"f" => self.state.encoding = self.fonts.get(&number.unwrap_or(0)).copied().unwrap_or(self.base),
            b"fcharset" if self.state.in_fonts => {
                if let Some(encoding) = number.and_then(charset::of_font) {
                    self.fonts.insert(self.font, encoding);
                }
            }
            b"uc" => self.state.substitutes = number.and_then(|number| u32::try_from(number).ok()).unwrap_or(1),
            b"u" => {
                self.decode();
                // Beyond 32,767 the number is written as negative.
                self.units.push(number.unwrap_or(0) as u16);
                self.passing = self.state.substitutes;
            }
            b"par" | b"line" => self.text("\n"),
            b"tab" => self.text("\t"),
            b"lquote" => self.text("‘"),
            b"rquote" => self.text("’"),
            b"ldblquote" => self.text("“"),
            b"rdblquote" => self.text("”"),
            b"bullet" => self.text("•"),
            b"endash" => self.text("–"),
            b"emdash" => self.text("—"),
            _ => {}
        }
    }

    fn hidden(&self) -> bool {
        self.state.skipped || self.state.doubled && !self.state.in_tag
    }

    fn byte(&mut self, byte: u8) {
        if self.passing > 0 {
            self.passing -= 1;
        } else if !self.hidden() {
            self.surrogates();
            self.bytes.push(byte);
        }
    }

    fn settle(&mut self) {
        self.decode();
        self.surrogates();
    }

    fn decode(&mut self) {
        if !self.bytes.is_empty() {
            let text = self.state.encoding.decode_without_bom_handling(&self.bytes).0;
            self.out.push_str(&text);
            self.bytes.clear();
        }
    }

    fn surrogates(&mut self) {
        if !self.units.is_empty() {
            let units = std::mem::take(&mut self.units);
            if !self.hidden() {
                self.out.push_str(&String::from_utf16_lossy(&units));
            }
        }
    }

    fn text(&mut self, text: &str) {
        if !self.hidden() {
            self.out.push_str(text);
        }
    }
}
