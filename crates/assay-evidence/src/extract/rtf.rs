//! Rich text (RTF): paragraphs, tables (nested ones too), headers, footers, footnotes, comments with their authors, text
//! boxes, targets of links, properties; the web page that mail programs wrap in rich text. Hidden and deleted text stands
//! in a second wording of its paragraph, marked hidden. Embedded objects and pictures are members.
//!
//! Styles, fields' codes and destinations marked as ignorable are skipped.
//!
//! Long because one state machine holds text, tables and members together.

use super::doc_text::target;
use super::flow::Flow;
use super::html::Page;
use super::little_endian::u32_at;
use super::ole_embedded::{self, Embedded, Source};
use super::{Full, Job, Out, ReadSeek, Reading, Visibility, Visit, charset, ole_native, read_at_most};
use assay_model::UnreadReason;
use encoding_rs::{Encoding, WINDOWS_1252};
use std::borrow::Cow;
use std::collections::BTreeMap;

pub(super) fn read(job: &mut Job<'_, '_>) -> Result<(), UnreadReason> {
    let bytes = job.whole()?;
    let mut walk = Walk::new(job.reading.limits.cells);
    if walk.all(&bytes, job.reading.limits.nesting).is_none() {
        job.out.partial("groups nested beyond the limit: what follows was not read");
    }
    let members = walk.members();
    // A limit reached is said by the one who counts.
    let _ = walk.finish(job.out);
    let _ = ole_embedded::list(job.out, &members);
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

pub(super) fn visit(input: &mut dyn ReadSeek, visit: &mut Visit<'_>) {
    let limits = visit.reading.limits;
    let Ok(bytes) = read_at_most(input, limits.item_bytes) else { return };
    let mut walk = Walk::new(limits.cells);
    // Nesting beyond the limit was said when the members were listed.
    let _ = walk.all(&bytes, limits.nesting);
    ole_embedded::visit(walk.members(), visit);
}

/// Bytes of a code of a field, or of a name, that are kept.
const CODE: usize = 4096;

/// Members of one document.
const MEMBERS: usize = 100_000;

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
    ("dptxbxtext", "drawing"),
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
    ("manager", "manager"),
    ("category", "category"),
    ("creatim", "created"),
    ("revtim", "modified"),
    ("printim", "printed"),
];

const SKIPPED: &[&str] = &[
    "colortbl",
    "stylesheet",
    "themedata",
    "datastore",
    "listtable",
    "listoverridetable",
    "revtbl",
    "generator",
    "filetbl",
    "nonshppict",
    "xmlnstbl",
    "sp",
    "buptim",
    "bkmkstart",
    "bkmkend",
    "xe",
    "tc",
    "atnid",
    "ftnsep",
    "ftnsepc",
    "aftnsep",
    "aftnsepc",
];

/// What the text of a group is for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Aim {
    Text,
    /// The code of a field.
    Code,
    /// The author of the comment that comes next.
    Author,
    /// A picture or an object, in digits.
    Digits,
    /// A tag of the web page that is wrapped here.
    Tag,
}

/// Destinations marked as ignorable that are read.
const STARRED: &[&str] =
    &["shpinst", "nesttableprops", "shppict", "do", "fldinst", "objdata", "atnauthor", "htmltag", "mhtmltag"];

#[derive(Clone)]
struct State {
    aim: Aim,
    /// Text that only rich text shows, not the web page in it.
    rich_only: bool,
    /// How many tables the paragraph lies in, as it says.
    depth: usize,
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
    author: String,
    /// The tables that are open: for each, whether a cell is.
    tables: Vec<bool>,
}

/// A field whose result is being read: how deep its group lies, its code, where the result begins.
struct Field {
    depth: usize,
    code: String,
    start: usize,
}

/// Something embedded: its ending, or none for an object, and its bytes.
struct Part {
    ending: Option<&'static str>,
    bytes: Vec<u8>,
}

struct Walk {
    code: String,
    author: String,
    fields: Vec<Field>,
    parts: Vec<Part>,
    /// The first of two digits.
    half: Option<u8>,
    /// The web page, where one is wrapped.
    page: Option<String>,
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
            aim: Aim::Text,
            rich_only: false,
            depth: 1,
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
            code: String::new(),
            author: String::new(),
            fields: Vec::new(),
            parts: Vec::new(),
            half: None,
            page: None,
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
        if self.fields.last().is_some_and(|field| field.depth == self.outer.len()) {
            self.end_field();
        }
        if self.state.opened {
            self.end_line();
            self.enter(0);
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
            let length = usize::try_from(number.unwrap_or(0)).unwrap_or(0);
            let raw = rest.get(end..end.saturating_add(length).min(rest.len())).unwrap_or_default();
            if let (Aim::Digits, Some(part)) = (self.state.aim, self.parts.last_mut()) {
                part.bytes.extend_from_slice(raw);
            }
            end = end.saturating_add(length);
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
            let mut line = line(part, Kind::Text);
            if part == &"comment" {
                line.author = std::mem::take(&mut self.author);
            }
            return self.open(line);
        }
        if self.state.in_info
            && let Some((_, label)) = PROPERTIES.iter().find(|(name, _)| *name == word)
        {
            return self.open(line(label, Kind::Property));
        }
        if SKIPPED.contains(&word) || starred && !STARRED.contains(&word) {
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
                if let Some(encoding) = number.and_then(charset::of_font) {
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
            "pard" => (self.state.in_table, self.state.depth) = (false, 1),
            "intbl" => self.state.in_table = on,
            "itap" => {
                let depth = number.and_then(|number| usize::try_from(number).ok()).unwrap_or(1).min(32);
                (self.state.in_table, self.state.depth) = (depth > 0, depth.max(1));
            }
            "cell" => self.cell(1),
            "row" => self.row(1),
            "nestcell" => self.cell(self.state.depth.max(2)),
            "nestrow" => self.row(self.state.depth.max(2)),
            "par" | "sect" | "page" | "line" if self.page.is_some() => self.write("\n"),
            "par" | "sect" | "page" => self.paragraph(),
            "line" if self.state.in_table => self.text("\n"),
            "line" => self.paragraph(),
            "tab" => self.text("\t"),
            "cpg" if self.state.in_fonts => {
                let page = number.and_then(|number| u32::try_from(number).ok()).and_then(charset::code_page);
                self.fonts.extend(page.map(|page| (self.font, page)));
            }
            "yr" => self.text(&format!("{:04}", number.unwrap_or(0))),
            "mo" | "dy" => self.text(&format!("-{:02}", number.unwrap_or(0))),
            "hr" => self.text(&format!("T{:02}", number.unwrap_or(0))),
            "min" => self.text(&format!(":{:02}", number.unwrap_or(0))),
            "fldinst" => {
                self.code.clear();
                self.state.aim = Aim::Code;
            }
            "fldrslt" => {
                let start = self.lines.last().map_or(0, |line| line.shown.len());
                let code = std::mem::take(&mut self.code);
                self.fields.push(Field { depth: self.outer.len(), code, start });
            }
            "atnauthor" => {
                self.author.clear();
                self.state.aim = Aim::Author;
            }
            "pict" | "objdata" if !self.state.skipped && self.parts.len() < MEMBERS => {
                let ending = if word == "pict" { Some("bin") } else { None };
                self.parts.push(Part { ending, bytes: Vec::new() });
                self.half = None;
                self.state.aim = Aim::Digits;
            }
            "pict" | "objdata" => self.state.skipped = true,
            "pngblip" => self.picture("png"),
            "jpegblip" => self.picture("jpg"),
            "emfblip" => self.picture("emf"),
            "wmetafile" => self.picture("wmf"),
            "macpict" => self.picture("pict"),
            "dibitmap" | "wbitmap" => self.picture("bmp"),
            "fromhtml" if on => self.page = Some(String::new()),
            "htmltag" | "mhtmltag" => {
                self.state.aim = Aim::Tag;
                self.state.skipped |= word == "mhtmltag";
            }
            "htmlrtf" => self.state.rich_only = on,
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
        } else if self.state.aim == Aim::Digits {
            self.digit(byte);
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
        match self.state.aim {
            Aim::Text => {}
            Aim::Code if self.code.len() < CODE => return self.code.push_str(text),
            Aim::Author if self.author.len() < CODE => return self.author.push_str(text),
            Aim::Tag => return self.page.iter_mut().for_each(|page| page.push_str(text)),
            Aim::Code | Aim::Author | Aim::Digits => return,
        }
        if let Some(page) = self.page.as_mut().filter(|_| !self.state.rich_only && self.lines.len() == 1) {
            page.push_str(text);
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

    fn digit(&mut self, byte: u8) {
        let Some(value) = char::from(byte).to_digit(16) else { return };
        match (self.half.take(), self.parts.last_mut()) {
            (Some(high), Some(part)) => part.bytes.push(high << 4 | value as u8),
            _ => self.half = Some(value as u8),
        }
    }

    fn picture(&mut self, ending: &'static str) {
        if let (Aim::Digits, Some(part)) = (self.state.aim, self.parts.last_mut()) {
            part.ending = Some(ending);
        }
    }

    fn end_field(&mut self) {
        let (Some(field), Some(line)) = (self.fields.pop(), self.lines.last()) else { return };
        let result = line.shown.get(field.start..).unwrap_or_default();
        if let Some(target) = target(&field.code, result) {
            self.write(&format!(" <{target}>"));
        }
    }

    /// The number of the flow of the part that is being read.
    fn flow(&mut self) -> usize {
        let part = self.lines.last().map_or("body", |line| line.part);
        self.flows.iter().position(|(name, _)| *name == part).unwrap_or_else(|| {
            self.flows.push((part, Flow::new(part, self.cells)));
            self.flows.len() - 1
        })
    }

    /// Opens or ends tables until so many are open.
    fn enter(&mut self, depth: usize) {
        let index = self.flow();
        let (Some(open), Some((_, flow))) = (self.lines.last_mut(), self.flows.get_mut(index)) else { return };
        if open.kind == Kind::Property {
            return;
        }
        while open.tables.len() > depth {
            flow.table_end();
            open.tables.pop();
        }
        while open.tables.len() < depth {
            if let Some(cell) = open.tables.last_mut().filter(|cell| !**cell) {
                flow.cell_start();
                *cell = true;
            }
            flow.table_start();
            open.tables.push(false);
        }
    }

    fn cell(&mut self, depth: usize) {
        self.settle();
        if self.state.skipped {
            return;
        }
        self.end_line_at(depth);
        let index = self.flow();
        if let (Some(open), Some((_, flow))) = (self.lines.last_mut(), self.flows.get_mut(index)) {
            flow.cell_end(1);
            open.tables.last_mut().into_iter().for_each(|cell| *cell = false);
        }
    }

    fn row(&mut self, depth: usize) {
        self.settle();
        if self.state.skipped {
            return;
        }
        self.enter(depth);
        let index = self.flow();
        if let (Some(open), Some((_, flow))) = (self.lines.last_mut(), self.flows.get_mut(index)) {
            flow.row_end();
            open.tables.last_mut().into_iter().for_each(|cell| *cell = false);
        }
    }

    fn end_line(&mut self) {
        self.end_line_at(if self.state.in_table { self.state.depth } else { 0 });
    }

    fn end_line_at(&mut self, depth: usize) {
        let Some(open) = self.lines.last_mut() else { return };
        let (shown, former) = (std::mem::take(&mut open.shown), std::mem::take(&mut open.former));
        let changed = std::mem::take(&mut open.changed);
        self.fields.iter_mut().for_each(|field| field.start = 0);
        if open.kind == Kind::Property {
            let value = shown.split_whitespace().collect::<Vec<_>>().join(" ");
            if !value.is_empty() {
                self.properties.push(format!("{}: {value}", open.part));
            }
            return;
        }
        let author = std::mem::take(&mut open.author);
        let shown = if author.is_empty() { shown } else { format!("{}: {}", author.trim(), shown.trim_start()) };
        self.enter(depth);
        let index = self.flow();
        let (Some(open), Some((_, flow))) = (self.lines.last_mut(), self.flows.get_mut(index)) else { return };
        if let Some(cell) = open.tables.last_mut().filter(|cell| !**cell) {
            flow.cell_start();
            *cell = true;
        }
        flow.line(shown.trim_end(), changed.then_some(former.trim_end()));
    }

    /// What is embedded; taken out.
    fn members(&mut self) -> Vec<Embedded<'static>> {
        let mut members = Vec::new();
        for part in std::mem::take(&mut self.parts).into_iter().filter(|part| !part.bytes.is_empty()) {
            let number = members.len() + 1;
            match part.ending {
                Some(ending) => members.push(held(format!("picture {number}.{ending}"), part.bytes)),
                None => members.extend(object(part.bytes, number)),
            }
        }
        members
    }

    /// A document that was cut short leaves its groups open.
    fn finish(mut self, out: &mut Out<'_>) -> Result<(), Full> {
        self.settle();
        while !self.lines.is_empty() {
            let left = self.lines.last().is_some_and(|line| !line.shown.is_empty() || line.changed);
            if left {
                self.end_line();
            }
            self.enter(0);
            self.lines.pop();
        }
        out.text("properties", Visibility::Shown, 1, self.properties.join("\n"))?;
        if let Some(page) = self.page.filter(|page| page.contains('<')) {
            return Page::of(&page, self.cells).give(out);
        }
        self.flows.into_iter().try_for_each(|(_, flow)| flow.finish(out))
    }
}

fn line(part: &'static str, kind: Kind) -> Line {
    Line {
        part,
        kind,
        shown: String::new(),
        former: String::new(),
        changed: false,
        author: String::new(),
        tables: Vec::new(),
    }
}

fn held(name: String, bytes: Vec<u8>) -> Embedded<'static> {
    Embedded { name, source: Source::Bytes(Cow::Owned(bytes)) }
}

/// An object as OLE 1 keeps it (MS-OLEDS 2.2.5): version, kind, class, two names, then its bytes.
fn object(bytes: Vec<u8>, number: usize) -> Option<Embedded<'static>> {
    let string = |at: usize| Some((u32_at(&bytes, at)? as usize, at.checked_add(4)?));
    let parse = || {
        let (length, start) = string(8)?;
        let class = bytes.get(start..start.checked_add(length)?)?;
        let mut at = start + length;
        for _ in 0..2 {
            let (length, start) = string(at)?;
            at = start.checked_add(length)?;
        }
        let size = u32_at(&bytes, at)? as usize;
        let content = bytes.get(at.checked_add(4)?..)?;
        Some((class.to_vec(), content.get(..size).unwrap_or(content).to_vec()))
    };
    let Some((class, content)) = parse() else { return Some(held(format!("object {number}"), bytes)) };
    if class.starts_with(b"Package") {
        // The stream of a package has its size in front.
        let stream = [&(content.len() as u32).to_le_bytes()[..], &content].concat();
        if let Some(native) = ole_native::native(&stream) {
            let name = if native.name.is_empty() { format!("object {number}") } else { native.name };
            return Some(held(name, native.content));
        }
    }
    ole_embedded::unwrapped(content, number)
}
