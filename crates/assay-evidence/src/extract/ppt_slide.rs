//! One slide of a PowerPoint 97 presentation: the text of its shapes in their order, tables put together from the places
//! of their cells, WordArt, comments.

use super::flow::Flow;
use super::little_endian::{u16_at, u32_at};
use encoding_rs::UTF_16LE;
use std::collections::BTreeSet;

pub(super) const TEXT_HEADER: u16 = 0x0f9f;
pub(super) const STRING: u16 = 0x0fba;

/// Containers within containers that are entered.
const DEPTH: u32 = 48;

/// A record (MS-PPT 2.3.1, MS-ODRAW 2.2.1).
#[derive(Clone, Copy)]
pub(super) struct Record<'a> {
    pub(super) kind: u16,
    pub(super) instance: u16,
    pub(super) is_container: bool,
    pub(super) data: &'a [u8],
}

impl<'a> Record<'a> {
    /// The record that begins at a place; one that is cut off ends with the bytes.
    pub(super) fn at(bytes: &'a [u8], at: usize) -> Option<Self> {
        let head = bytes.get(at..at.checked_add(8)?)?;
        let rest = bytes.get(at + 8..)?;
        let first = u16_at(head, 0)?;
        let length = u32_at(head, 4)? as usize;
        let data = rest.get(..length).unwrap_or(rest);
        Some(Self { kind: u16_at(head, 2)?, instance: first >> 4, is_container: first & 15 == 15, data })
    }
}

/// The records of a container, one after another.
pub(super) struct Records<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Records<'a> {
    pub(super) fn of(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }
}

impl<'a> Iterator for Records<'a> {
    type Item = Record<'a>;

    fn next(&mut self) -> Option<Record<'a>> {
        let record = Record::at(self.bytes, self.at)?;
        self.at += 8 + record.data.len();
        Some(record)
    }
}

/// Whether the text of placeholders counts: a master's only prompts.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Placeholders {
    Kept,
    LeftOut,
}

/// UTF-16 as lines.
pub(super) fn wide(data: &[u8]) -> String {
    lines(&UTF_16LE.decode_without_bom_handling(data).0)
}

fn lines(text: &str) -> String {
    let line = |character: char| match character {
        '\r' | '\x0b' => Some('\n'),
        '\t' | '\n' => Some(character),
        _ if character.is_control() => None,
        _ => Some(character),
    };
    text.chars().filter_map(line).collect::<String>().trim_end().to_owned()
}

/// The text of a record that is one.
pub(super) fn atom(record: &Record<'_>) -> Option<String> {
    match record.kind {
        0x0fa0 | STRING => Some(wide(record.data)),
        // The lower bytes of UTF-16 units.
        0x0fa8 => Some(lines(&record.data.iter().map(|byte| char::from(*byte)).collect::<String>())),
        _ => None,
    }
}

/// Gives a page's text; `outline` holds the texts that it refers to by number.
pub(super) fn give(page: &[u8], outline: &[String], flow: &mut Flow, placeholders: Placeholders) {
    let mut walk = Walk { outline, flow, placeholders, used: BTreeSet::new(), texts: BTreeSet::new() };
    for drawing in Records::of(page).filter(|record| record.kind == 0x040c) {
        for record in Records::of(drawing.data).filter(|record| record.kind == 0xf002) {
            walk.group(record.data, DEPTH);
        }
    }
    // Placeholders of older versions do not name their text.
    let Walk { used, texts, .. } = walk;
    for (_, text) in (0..).zip(outline).filter(|(number, text)| !used.contains(number) && !texts.contains(*text)) {
        text.split('\n').for_each(|line| flow.line(line, None));
    }
}

struct Walk<'w> {
    outline: &'w [String],
    flow: &'w mut Flow,
    placeholders: Placeholders,
    /// Numbers of the outline's texts that shapes named, and all texts of shapes.
    used: BTreeSet<u32>,
    texts: BTreeSet<String>,
}

impl Walk<'_> {
    fn group(&mut self, data: &[u8], depth: u32) {
        let Some(depth) = depth.checked_sub(1) else { return };
        for record in Records::of(data) {
            match record.kind {
                0xf003 if is_table(record.data) => self.table(record.data),
                0xf003 => self.group(record.data, depth),
                0xf004 => {
                    for text in self.shape(record.data) {
                        text.split('\n').for_each(|line| self.flow.line(line, None));
                    }
                }
                _ => {}
            }
        }
    }

    /// The texts of a shape.
    fn shape(&mut self, data: &[u8]) -> Vec<String> {
        let is_placeholder = || {
            Records::of(data)
                .filter(|record| record.kind == 0xf011)
                .flat_map(|client| Records::of(client.data))
                .any(|record| record.kind == 0x0bc3)
        };
        if self.placeholders == Placeholders::LeftOut && is_placeholder() {
            return Vec::new();
        }
        let mut texts = Vec::new();
        for record in Records::of(data) {
            match record.kind {
                0xf00d => {
                    for record in Records::of(record.data) {
                        if record.kind == 0x0f9e {
                            let number = u32_at(record.data, 0);
                            self.used.extend(number);
                            texts.extend(number.and_then(|number| self.outline.get(number as usize)).cloned());
                        } else if record.kind != STRING {
                            texts.extend(atom(&record));
                        }
                    }
                }
                0xf00b => texts.extend(word_art(&record)),
                _ => {}
            }
        }
        // A star stands for a number or date that is made when the page is shown.
        texts.retain(|text| !text.trim().is_empty() && text.trim() != "*");
        self.texts.extend(texts.iter().cloned());
        texts
    }

    /// A table is a group whose shapes are its cells: equal places make rows and columns.
    fn table(&mut self, data: &[u8]) {
        let mut cells: Vec<(i32, i32, String)> = Vec::new();
        for shape in Records::of(data).filter(|record| record.kind == 0xf004).skip(1) {
            let anchor = Records::of(shape.data).find(|record| record.kind == 0xf00f);
            let Some(anchor) = anchor else { continue };
            let at = |place: usize| u32_at(anchor.data, place).map_or(0, |value| value as i32);
            let has_text = Records::of(shape.data).any(|record| record.kind == 0xf00d);
            // Lines are shapes too.
            if has_text {
                let text = self.shape(shape.data).join("\n");
                cells.push((at(4), at(0), text));
            }
        }
        let distinct = |of: &dyn Fn(&(i32, i32, String)) -> i32| {
            let mut all: Vec<i32> = cells.iter().map(of).collect();
            all.sort_unstable();
            all.dedup();
            all
        };
        let (rows, columns) = (distinct(&|cell| cell.0), distinct(&|cell| cell.1));
        if rows.len().saturating_mul(columns.len()) > cells.len().saturating_mul(64) {
            cells.iter().for_each(|cell| self.flow.line(&cell.2, None));
            return;
        }
        cells.sort_by_key(|cell| (cell.0, cell.1));
        self.flow.table_start();
        let mut cells = cells.iter().peekable();
        for row in rows {
            for column in &columns {
                self.flow.cell_start();
                while let Some(cell) = cells.next_if(|cell| cell.0 == row && cell.1 == *column) {
                    self.flow.line(&cell.2, None);
                }
                self.flow.cell_end(1);
            }
            self.flow.row_end();
        }
        self.flow.table_end();
    }
}

/// Whether a group is a table (MS-ODRAW 2.3.4.37: property 0x39f of its own shape).
fn is_table(group: &[u8]) -> bool {
    let own = Records::of(group).find(|record| record.kind == 0xf004);
    own.is_some_and(|own| {
        Records::of(own.data)
            .filter(|record| record.kind == 0xf122 || record.kind == 0xf00b)
            .any(|record| properties(&record).any(|(id, value)| id == 0x39f && value & 1 == 1))
    })
}

fn properties<'a>(record: &Record<'a>) -> impl Iterator<Item = (u16, u32)> + use<'a> {
    let data = record.data;
    let count = usize::from(record.instance);
    (0..count).map_while(move |index| Some((u16_at(data, index * 6)?, u32_at(data, index * 6 + 2)?)))
}

/// The text of WordArt, which stands among the properties of its shape (property 0xc0, its text after all of them).
pub(super) fn word_art(record: &Record<'_>) -> Option<String> {
    let mut at = usize::from(record.instance) * 6;
    for (id, value) in properties(record) {
        let is_complex = id & 0x8000 != 0;
        if id & 0x3fff == 0xc0 && is_complex {
            return record.data.get(at..at.checked_add(value as usize)?).map(wide);
        }
        if is_complex {
            at = at.checked_add(value as usize)?;
        }
    }
    None
}

/// Comments with who wrote them (MS-PPT 2.5.25), which stand among a page's extensions.
pub(super) fn comments(page: &[u8]) -> Vec<String> {
    let mut found = Vec::new();
    let tags = Records::of(page).filter(|record| record.kind == 0x1388).flat_map(|tags| Records::of(tags.data));
    let blobs = tags.filter(|record| record.kind == 0x138a).flat_map(|tag| Records::of(tag.data));
    for comment in blobs
        .filter(|record| record.kind == 0x138b)
        .flat_map(|blob| Records::of(blob.data))
        .filter(|record| record.kind == 0x2ee0)
    {
        let (mut author, mut text) = (String::new(), String::new());
        for record in Records::of(comment.data).filter(|record| record.kind == STRING) {
            match record.instance {
                0 => author = wide(record.data),
                1 => text = wide(record.data),
                _ => {}
            }
        }
        let line = if author.is_empty() { text } else { format!("{author}: {text}") };
        if !line.trim().is_empty() {
            found.push(line);
        }
    }
    found
}
