//! Rich text (RTF): paragraphs, table rows as lines with tabs, headers, footers, footnotes, comments, text boxes, title
//! and author. Hidden and deleted text stands in a second wording of its paragraph, marked hidden.
//!
//! Pictures and embedded objects are not opened; styles, fields' codes and destinations marked as ignorable are skipped.

use super::flow::Flow;
use super::{Full, Job, Out, Reading, Visibility, charset};
use assay_model::UnreadReason;
use encoding_rs::{Encoding, WINDOWS_1252};
use std::collections::BTreeMap;

pub(super) fn read(job: &mut Job<'_, '_>) -> Result<(), UnreadReason> {
    let bytes = job.whole()?;
    // A limit reached is said by the one who counts.
    let _ = give(job.out, job.reading, &bytes);
    Ok(())
}

/// Hands over a document that stands in something else: the body of a message.
pub(super) fn give(out: &mut Out<'_>, reading: &Reading<'_>, bytes: &[u8]) -> Result<(), Full> {
    let mut walk = Walk::new(reading.limits.cells);
    if walk.all(bytes, reading.limits.nesting).is_none() {
        out.partial("groups nested beyond the limit: what follows was not read");
    }
    walk.finish(out)
}

/// Destinations whose text is a part of its own.
const PARTS: &[(&str, &str)] = &[
    ("header", "header"),
    ("headerl", "header"),
    ("headerr", "header"),
    ("headerf", "header"),
    ("footer", "footer"),
    ("footerl", "footer"),
    ("footerr", "footer"),
    ("footerf", "footer"),
    ("footnote", "footnote"),
    ("annotation", "comment"),
    ("shptxt", "drawing"),
];

/// Destinations that describe the document.
const PROPERTIES: &[(&str, &str)] = &[
    ("title", "title"),
    ("subject", "subject"),
    ("author", "author"),
    ("operator", "last modified by"),
    ("keywords", "keywords"),
    ("doccomm", "comments"),
    ("company", "company"),
];

const SKIPPED: &[&str] = &[
    "colortbl",
    "stylesheet",
    "pict",
    "objdata",
    "themedata",
    "datastore",
    "listtable",
    "listoverridetable",
    "revtbl",
    "generator",
    "filetbl",
    "fldinst",
    "nonshppict",
    "xmlnstbl",
    "sp",
    "creatim",
    "revtim",
    "printim",
    "buptim",
    "pntext",
    "bkmkstart",
    "bkmkend",
    "xe",
    "tc",
    "atnid",
    "atnauthor",
];

#[derive(Clone)]
struct State {
    skipped: bool,
    in_fonts: bool,
    in_info: bool,
    in_table: bool,
    hidden: bool,
    deleted: bool,
    /// Characters that stand in for one in Unicode.
    substitutes: u32,
    encoding: &'static Encoding,
    /// Whether the group began a line of its own.
    opened: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    Property,
}

/// A line being read: as shown, with what is hidden, and whether the two differ.
struct Line {
    part: &'static str,
    kind: Kind,
    shown: String,
    former: String,
    changed: bool,
}

struct Walk {
    flows: Vec<(&'static str, Flow)>,
    properties: Vec<String>,
    cells: u64,
    lines: Vec<Line>,
    state: State,
    outer: Vec<State>,
    fonts: BTreeMap<i32, &'static Encoding>,
    font: i32,
    base: &'static Encoding,
    bytes: Vec<u8>,
    units: Vec<u16>,
    /// Substitutes still to be passed over.
    passing: u32,
    starred: bool,
}

impl Walk {
    fn new(cells: u64) -> Self {
        let state = State {
            skipped: false,
            in_fonts: false,
            in_info: false,
            in_table: false,
            hidden: false,
            deleted: false,
            substitutes: 1,
            encoding: WINDOWS_1252,
            opened: false,
        };
        Self {
            flows: vec![("body", Flow::new("body", cells))],
            properties: Vec::new(),
            cells,
            lines: vec![line("body", Kind::Text)],
            state,
            outer: Vec::new(),
            fonts: BTreeMap::new(),
            font: 0,
            base: WINDOWS_1252,
            bytes: Vec::new(),
            units: Vec::new(),
            passing: 0,
            starred: false,
        }
    }

    /// `None` where groups nest beyond the limit.
    fn all(&mut self, input: &[u8], nesting: u32) -> Option<()> {
        let mut at = 0;
        while let Some(&byte) = input.get(at) {
            at += 1;
            match byte {
                b'{' => {
                    self.settle();
                    self.passing = 0;
                    if self.outer.len() >= nesting as usize {
                        return None;
                    }
                    self.outer.push(self.state.clone());
                    self.state.opened = false;
                }
                b'}' => self.close(),
                b'\\' => at = self.control(input, at),
                b'\r' | b'\n' | 0 => {}
                _ => self.byte(byte),
            }
        }
        Some(())
    }

    fn close(&mut self) {
        self.settle();
        self.passing = 0;
        self.starred = false;
        if self.state.opened {
            self.end_line();
            self.lines.pop();
        }
        if let Some(state) = self.outer.pop() {
            self.state = state;
        }
    }

    /// What follows a backslash at `at`; gives where it ends.
    fn control(&mut self, input: &[u8], at: usize) -> usize {
        let rest = input.get(at..).unwrap_or_default();
        let letters = rest.iter().take(32).take_while(|byte| byte.is_ascii_alphabetic()).count();
        if letters == 0 {
            return self.symbol(rest, at);
        }
        let word: String = rest.iter().take(letters).map(|byte| char::from(*byte)).collect();
        let mut end = letters;
        let negative = rest.get(end) == Some(&b'-');
        end += usize::from(negative);
        let digits = rest.iter().skip(end).take(10).take_while(|byte| byte.is_ascii_digit()).count();
        let number: String = rest.iter().skip(end).take(digits).map(|byte| char::from(*byte)).collect();
        let number = number.parse::<i64>().ok().map(|number| if negative { -number } else { number });
        let number = number.map(|number| number.clamp(i64::from(i32::MIN), i64::from(i32::MAX)) as i32);
        end += digits;
        end += usize::from(rest.get(end) == Some(&b' '));
        if word == "bin" {
            end = end.saturating_add(usize::try_from(number.unwrap_or(0)).unwrap_or(0));
        } else {
            self.word(&word, number);
        }
        at.saturating_add(end)
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
            Some(b'~') => self.text(" "),
            Some(b'_') => self.text("-"),
            Some(b'\r' | b'\n') => self.paragraph(),
            Some(byte @ (b'{' | b'}' | b'\\')) => self.byte(*byte),
            _ => {}
        }
        at + 1
    }

    fn word(&mut self, word: &str, number: Option<i32>) {
        if word != "u" {
            self.settle();
        }
        let starred = std::mem::take(&mut self.starred);
        if let Some((_, part)) = PARTS.iter().find(|(name, _)| *name == word) {
            return self.open(line(part, Kind::Text));
        }
        if self.state.in_info
            && let Some((_, label)) = PROPERTIES.iter().find(|(name, _)| *name == word)
        {
            return self.open(line(label, Kind::Property));
        }
        if SKIPPED.contains(&word) || starred && !["shpinst", "nesttableprops"].contains(&word) {
            self.state.skipped = true;
            return;
        }
        let on = number != Some(0);
        match word {
            "fonttbl" => (self.state.skipped, self.state.in_fonts) = (true, true),
            "info" => self.state.in_info = true,
            "ansicpg" => {
                let page = number.and_then(|number| u32::try_from(number).ok()).and_then(charset::code_page);
                self.base = page.unwrap_or(WINDOWS_1252);
                self.state.encoding = self.base;
            }
            "mac" => (self.base, self.state.encoding) = (encoding_rs::MACINTOSH, encoding_rs::MACINTOSH),
            "f" if self.state.in_fonts => self.font = number.unwrap_or(0),
            "f" => self.state.encoding = self.fonts.get(&number.unwrap_or(0)).copied().unwrap_or(self.base),
            "fcharset" if self.state.in_fonts => {
                if let Some(encoding) = number.and_then(of_font) {
                    self.fonts.insert(self.font, encoding);
                }
            }
            "uc" => self.state.substitutes = number.and_then(|number| u32::try_from(number).ok()).unwrap_or(1),
            "u" => {
                self.decode();
                // Beyond 32,767 the number is written as negative.
                self.units.push(number.unwrap_or(0) as u16);
                self.passing = self.state.substitutes;
            }
            "v" => self.state.hidden = on,
            "deleted" => self.state.deleted = on,
            "plain" => (self.state.hidden, self.state.deleted) = (false, false),
            "pard" => self.state.in_table = false,
            "intbl" => self.state.in_table = on,
            "par" if self.state.in_table => self.text(" "),
            "par" | "sect" | "page" | "row" | "nestrow" | "line" => self.paragraph(),
            "tab" | "cell" | "nestcell" => self.text("\t"),
            "emdash" => self.text("—"),
            "endash" => self.text("–"),
            "lquote" => self.text("‘"),
            "rquote" => self.text("’"),
            "ldblquote" => self.text("“"),
            "rdblquote" => self.text("”"),
            "bullet" => self.text("•"),
            _ => {}
        }
    }

    fn open(&mut self, line: Line) {
        if self.state.skipped || self.state.opened {
            return;
        }
        self.state.opened = true;
        self.state.in_table = false;
        self.lines.push(line);
    }

    fn byte(&mut self, byte: u8) {
        if self.passing > 0 {
            self.passing -= 1;
        } else if !self.state.skipped {
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
            let bytes = std::mem::take(&mut self.bytes);
            let text = self.state.encoding.decode_without_bom_handling(&bytes).0.into_owned();
            self.write(&text);
        }
    }

    fn surrogates(&mut self) {
        if !self.units.is_empty() {
            let units = std::mem::take(&mut self.units);
            self.write(&String::from_utf16_lossy(&units));
        }
    }

    fn text(&mut self, text: &str) {
        self.settle();
        self.write(text);
    }

    fn write(&mut self, text: &str) {
        if self.state.skipped {
            return;
        }
        let gone = self.state.hidden || self.state.deleted;
        if let Some(line) = self.lines.last_mut() {
            line.former.push_str(text);
            if gone {
                line.changed |= !text.trim().is_empty();
            } else {
                line.shown.push_str(text);
            }
        }
    }

    fn paragraph(&mut self) {
        self.settle();
        if !self.state.skipped {
            self.end_line();
        }
    }

    fn end_line(&mut self) {
        let Some(open) = self.lines.last_mut() else { return };
        let (shown, former) = (std::mem::take(&mut open.shown), std::mem::take(&mut open.former));
        let changed = std::mem::take(&mut open.changed);
        if open.kind == Kind::Property {
            let value = shown.split_whitespace().collect::<Vec<_>>().join(" ");
            if !value.is_empty() {
                self.properties.push(format!("{}: {value}", open.part));
            }
            return;
        }
        let part = open.part;
        let index = self.flows.iter().position(|(name, _)| *name == part).unwrap_or_else(|| {
            self.flows.push((part, Flow::new(part, self.cells)));
            self.flows.len() - 1
        });
        if let Some((_, flow)) = self.flows.get_mut(index) {
            flow.line(shown.trim_end(), changed.then_some(former.trim_end()));
        }
    }

    /// A document that was cut short leaves its groups open.
    fn finish(mut self, out: &mut Out<'_>) -> Result<(), Full> {
        self.settle();
        while !self.lines.is_empty() {
            self.end_line();
            self.lines.pop();
        }
        out.text("properties", Visibility::Shown, 1, self.properties.join("\n"))?;
        self.flows.into_iter().try_for_each(|(_, flow)| flow.finish(out))
    }
}

fn line(part: &'static str, kind: Kind) -> Line {
    Line { part, kind, shown: String::new(), former: String::new(), changed: false }
}

/// The encoding of a font's character set, as Windows numbers them; zero and one say nothing.
fn of_font(set: i32) -> Option<&'static Encoding> {
    charset::code_page(match set {
        77 => 10000,
        128 => 932,
        129 => 949,
        134 => 936,
        136 => 950,
        161 => 1253,
        162 => 1254,
        163 => 1258,
        177 => 1255,
        178 => 1256,
        186 => 1257,
        204 => 1251,
        222 => 874,
        238 => 1250,
        _ => return None,
    })
}
