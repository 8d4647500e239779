//! The running text of a Word document: paragraphs, cells and rows, fields, marks (MS-DOC 2.4.1 to 2.4.4).

use super::doc_format::{FILLER, Look, Shape};
use super::doc_list::Lists;
use super::flow::Flow;

/// Fields within fields that are told apart.
const FIELDS: usize = 64;

/// A stretch of the text, and the looks of all text in order.
pub(super) struct Story<'s> {
    pub(super) units: &'s [u16],
    /// The place of its first character.
    pub(super) first: usize,
    pub(super) looks: &'s [(usize, usize, Look)],
}

struct Field {
    in_code: bool,
    code: String,
    /// Where its result begins in the paragraph.
    start: usize,
}

pub(super) struct Walk<'w> {
    flow: &'w mut Flow,
    author: Option<&'w str>,
    shown: String,
    former: String,
    changed: bool,
    fields: Vec<Field>,
    /// The tables that are open: for each whether a cell is, and which.
    tables: Vec<(bool, usize)>,
}

/// A paragraph: where it ends, the mark that ends it, its shape.
struct Paragraph {
    from: usize,
    to: usize,
    mark: u16,
    shape: Shape,
}

impl<'w> Walk<'w> {
    /// `author` stands before the first paragraph.
    pub(super) fn new(flow: &'w mut Flow, author: Option<&'w str>) -> Self {
        Self {
            flow,
            author,
            shown: String::new(),
            former: String::new(),
            changed: false,
            fields: Vec::new(),
            tables: Vec::new(),
        }
    }

    pub(super) fn all(&mut self, story: &Story<'_>, shape_at: &dyn Fn(usize) -> Option<Shape>, lists: &mut Lists) {
        let paragraphs = paragraphs(story, shape_at);
        let spans = spans(&paragraphs);
        let mut row = 0;
        let mut look = story.looks.partition_point(|(_, to, _)| *to <= story.first);
        for paragraph in &paragraphs {
            self.enter(paragraph.shape.depth);
            if paragraph.shape.row_end && paragraph.shape.depth > 0 {
                self.flow.row_end();
                row += usize::from(paragraph.shape.depth == 1);
                if let Some(open) = self.tables.last_mut() {
                    *open = (false, 0);
                }
                self.clear();
                continue;
            }
            if let Some(open) = self.tables.last_mut().filter(|open| !open.0) {
                self.flow.cell_start();
                open.0 = true;
            }
            let is_empty = paragraph.from == paragraph.to;
            if let Some(number) = lists.next(&paragraph.shape).filter(|_| !is_empty) {
                self.push(&number, Look::default());
            }
            self.characters(story, paragraph, &mut look);
            self.end_paragraph();
            let ends_cell = paragraph.mark == 7 || paragraph.shape.cell_end;
            if let (Some(open), true) = (self.tables.last_mut(), ends_cell) {
                let in_first = paragraph.shape.depth == 1;
                let span = spans.get(row).filter(|_| in_first).and_then(|row| row.get(open.1)).copied().unwrap_or(1);
                self.flow.cell_end(span);
                *open = (false, open.1 + 1);
            }
        }
        self.enter(0);
    }

    /// Opens or ends tables until so many are open.
    fn enter(&mut self, depth: u32) {
        let depth = depth as usize;
        while self.tables.len() > depth {
            self.flow.table_end();
            self.tables.pop();
        }
        while self.tables.len() < depth {
            if let Some(open) = self.tables.last_mut().filter(|open| !open.0) {
                self.flow.cell_start();
                open.0 = true;
            }
            self.flow.table_start();
            self.tables.push((false, 0));
        }
    }

    fn characters(&mut self, story: &Story<'_>, paragraph: &Paragraph, next: &mut usize) {
        let units = story.units.get(paragraph.from..paragraph.to).unwrap_or_default();
        let mut at = story.first + paragraph.from;
        let mut rest = units;
        while !rest.is_empty() {
            while story.looks.get(*next).is_some_and(|(_, to, _)| *to <= at) {
                *next += 1;
            }
            // How far the look of this character goes.
            let (look, until) = match story.looks.get(*next) {
                Some((from, to, look)) if *from <= at => (*look, *to),
                Some((from, ..)) => (Look::default(), *from),
                None => (Look::default(), usize::MAX),
            };
            let (now, after) = rest.split_at((until - at).clamp(1, rest.len()));
            self.run(now, look);
            at += now.len();
            rest = after;
        }
    }

    fn run(&mut self, units: &[u16], look: Look) {
        // Most runs are plain letters.
        let plain = |unit: &u16| (0x20..0x7f).contains(unit);
        if look.symbol == 0 && units.iter().all(plain) {
            let text: Vec<u8> = units.iter().map(|unit| *unit as u8).collect();
            return self.push(&String::from_utf8_lossy(&text), look);
        }
        let mut text = String::with_capacity(units.len());
        let clean = units.iter().copied().filter(|unit| *unit != FILLER);
        for character in char::decode_utf16(clean).map(|unit| unit.unwrap_or('\u{fffd}')) {
            match character {
                '\x13'..='\x15' => {
                    self.push(&text, look);
                    text.clear();
                    self.field(character, look);
                }
                '(' if look.symbol != 0 => text.push(symbol(look.symbol)),
                // Words are typed into these places as if into any other.
                '\x01'..='\x08' => {}
                '\x0b' | '\x0c' | '\x0e' => text.push('\n'),
                '\x1e' => text.push('-'),
                '\t' | '\n' => text.push(character),
                '\0'..='\x1f' => {}
                _ => text.push(character),
            }
        }
        self.push(&text, look);
    }

    fn field(&mut self, mark: char, look: Look) {
        match mark {
            '\x13' if self.fields.len() < FIELDS => {
                self.fields.push(Field { in_code: true, code: String::new(), start: self.shown.len() });
            }
            '\x13' => {}
            '\x14' => {
                let start = self.shown.len();
                if let Some(field) = self.fields.last_mut() {
                    (field.in_code, field.start) = (false, start);
                }
            }
            _ => {
                let Some(field) = self.fields.pop() else { return };
                let result = self.shown.get(field.start..).unwrap_or_default();
                if let Some(target) = target(&field.code, result) {
                    self.push(&format!(" <{target}>"), look);
                }
            }
        }
    }

    fn push(&mut self, text: &str, look: Look) {
        if text.is_empty() {
            return;
        }
        if self.fields.iter().any(|field| field.in_code) {
            if let Some(field) = self.fields.last_mut().filter(|field| field.code.len() < 4096) {
                field.code.push_str(text);
            }
            return;
        }
        let gone = look.deleted || look.hidden;
        self.changed |= gone && !text.trim().is_empty();
        if !gone {
            self.shown.push_str(text);
        }
        if !look.inserted || gone {
            self.former.push_str(text);
        }
    }

    fn end_paragraph(&mut self) {
        let (author, before) = match self.author.take() {
            Some(author) => (author, ": "),
            None => ("", ""),
        };
        let shown = format!("{author}{before}{}", self.shown.trim_end());
        self.flow.line(&shown, self.changed.then_some(self.former.trim_end()));
        self.clear();
    }

    fn clear(&mut self) {
        self.shown.clear();
        self.former.clear();
        self.changed = false;
        self.fields.iter_mut().for_each(|field| field.start = 0);
    }
}

/// Where a link leads, where its text does not say so.
pub(super) fn target(code: &str, result: &str) -> Option<String> {
    let rest = code.trim_start().strip_prefix("HYPERLINK")?.trim_start();
    let target = match rest.strip_prefix('"') {
        Some(rest) => rest.split('"').next()?,
        // Places in the same document come after a switch.
        None => rest.split_whitespace().next().filter(|word| !word.starts_with('\\'))?,
    };
    let bare = target.strip_prefix("mailto:").unwrap_or(target);
    (!bare.is_empty() && !result.contains(bare)).then(|| target.to_owned())
}

/// What a symbol of the usual fonts of symbols looks like: boxes and ticks of forms, else a bullet.
fn symbol(unit: u16) -> char {
    match unit & 0xff {
        _ if unit < 0xf000 => char::from_u32(u32::from(unit)).unwrap_or('•'),
        0x6f | 0x71 | 0xa8 => '☐',
        0xfc => '✓',
        0xfb => '✗',
        0xfe => '☑',
        0xfd => '☒',
        _ => '•',
    }
}

fn paragraphs(story: &Story<'_>, shape_at: &dyn Fn(usize) -> Option<Shape>) -> Vec<Paragraph> {
    let mut all = Vec::new();
    let mut from = 0;
    for (at, unit) in story.units.iter().enumerate() {
        if !matches!(unit, 7 | 13 | 12) {
            continue;
        }
        let known = shape_at(story.first + at);
        // Without formatting an empty cell after another ends its row.
        let ends_row = known.is_none() && *unit == 7 && at == from && at > 0 && story.units.get(at - 1) == Some(&7);
        let mut shape = known.unwrap_or_default();
        shape.row_end |= ends_row;
        if *unit == 7 && shape.depth == 0 {
            shape.depth = 1;
        }
        all.push(Paragraph { from, to: at, mark: *unit, shape });
        from = at + 1;
    }
    if from < story.units.len() {
        all.push(Paragraph { from, to: story.units.len(), mark: 13, shape: Shape::default() });
    }
    all
}

/// Edges of cells closer than this are one, in twentieths of a point.
const NEAR: i16 = 40;

/// How many columns each cell covers, row by row of the outer tables: the edges of all rows of a table make its columns.
fn spans(paragraphs: &[Paragraph]) -> Vec<Vec<usize>> {
    let mut all: Vec<Vec<usize>> = Vec::new();
    let mut table: Vec<&[i16]> = Vec::new();
    for paragraph in paragraphs {
        if paragraph.shape.depth == 0 {
            all.extend(spans_of(&table));
            table.clear();
        } else if paragraph.shape.depth == 1 && paragraph.shape.row_end {
            table.push(&paragraph.shape.edges);
        }
    }
    all.extend(spans_of(&table));
    all
}

fn spans_of(rows: &[&[i16]]) -> Vec<Vec<usize>> {
    let even = rows.windows(2).all(|pair| pair[0].len() == pair[1].len());
    if even {
        return vec![Vec::new(); rows.len()];
    }
    let mut edges: Vec<i16> = rows.iter().flat_map(|row| row.iter().copied()).collect();
    edges.sort_unstable();
    edges.dedup_by(|next, kept| next.saturating_sub(*kept) < NEAR);
    let column = |edge: i16| edges.partition_point(|column| *column <= edge.saturating_add(NEAR - 1));
    let width = |pair: &[i16]| column(pair[1]).saturating_sub(column(pair[0])).max(1);
    rows.iter().map(|row| row.windows(2).map(width).collect()).collect()
}

/// Text without its formatting: cells stand in a line, parted by tabs, and two marks end a row.
pub(super) fn unshaped(units: &[u16], flow: &mut Flow) {
    let mut walk = Walk::new(flow, None);
    let mut last = 0;
    for unit in units {
        match unit {
            7 if last == 7 => walk.end_paragraph(),
            7 => walk.push("\t", Look::default()),
            13 | 12 => walk.end_paragraph(),
            // Word 2 ends its paragraphs with two characters.
            10 if last == 13 => {}
            _ => walk.run(std::slice::from_ref(unit), Look::default()),
        }
        last = *unit;
    }
    if !walk.shown.is_empty() {
        walk.end_paragraph();
    }
}
