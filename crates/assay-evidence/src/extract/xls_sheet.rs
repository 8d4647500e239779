//! One sheet of an Excel workbook before 2007, and what lies beside its cells: comments, texts of drawings and charts,
//! headers, links, rules.

use super::little_endian::u16_at;
use super::numerals::of_column;
use super::sheets::Gather;
use super::xls::{Sheet, Workbook};
use super::xls_records::{CONTINUE, END, Pieces, Records, characters, double, error, is_begin, link, packed};
use super::{Full, Job};
use assay_model::Cell;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

/// Lines of one kind beside the cells of a workbook.
const LINES: usize = 1_000_000;

/// Cells that one chart keeps.
const CHART: usize = 200_000;

/// What all sheets together have beside their cells.
#[derive(Default)]
pub(super) struct Beside {
    pub(super) comments: Vec<String>,
    pub(super) drawings: Vec<String>,
    pub(super) headers: Vec<String>,
    pub(super) footers: Vec<String>,
    pub(super) links: Vec<String>,
    pub(super) rules: Vec<String>,
    pub(super) hidden_columns: u32,
}

/// A chart: its titles, and the values that it was drawn from, by point and series.
#[derive(Default)]
struct Chart {
    titles: Vec<String>,
    values: BTreeMap<(u16, bool, u16), String>,
    labels: bool,
}

impl Chart {
    fn record(&mut self, kind: u16, data: &[u8], workbook: &Workbook<'_>) {
        match kind {
            // MS-XLS 2.4.254: texts of series, axes and titles.
            0x100d => self.titles.extend(workbook.strings_kept.string(data, 2, 1).map(|text| one_line(&text))),
            0x1065 => self.labels = u16_at(data, 0) == Some(2),
            0x203 | 0x204 if self.values.len() < CHART => {
                let (Some(point), Some(series)) = (u16_at(data, 0), u16_at(data, 2)) else { return };
                let value = match kind {
                    0x203 => double(data, 6).map(|number| number.to_string()),
                    _ => workbook.strings_kept.string(data, 6, 2),
                };
                self.values.extend(value.map(|value| ((point, !self.labels, series), one_line(&value))));
            }
            _ => {}
        }
    }

    /// Titles, then a line a point: its label, its values.
    fn lines(self) -> Vec<String> {
        let mut lines: Vec<String> = self.titles.into_iter().filter(|title| !title.is_empty()).collect();
        let mut point = None;
        let mut label = String::new();
        for ((row, is_value, _), text) in self.values {
            if point != Some(row) {
                lines.push(String::new());
                (point, label) = (Some(row), String::new());
            }
            // All series share the labels of their points.
            if !is_value && label == text {
                continue;
            }
            if !is_value {
                label.clone_from(&text);
            }
            if let Some(line) = lines.last_mut() {
                line.push_str(if line.is_empty() { "" } else { "\t" });
                line.push_str(&text);
            }
        }
        lines.retain(|line| !line.is_empty());
        lines
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Gives the cells of a sheet, and takes what is beside them.
pub(super) fn give(
    workbook: &Workbook<'_>,
    sheet: &Sheet,
    job: &mut Job<'_, '_>,
    beside: &mut Beside,
) -> Result<(), Full> {
    let mut records = Records::new(workbook.stream, sheet.start);
    let Some((_, begin)) = records.next().filter(|(kind, _)| is_begin(*kind)) else {
        job.out.partial("sheets that are damaged were not read");
        return Ok(());
    };
    let hidden: RefCell<BTreeSet<u32>> = RefCell::default();
    let is_hidden = |row: u32| sheet.hidden || hidden.borrow().contains(&row);
    let gather = Gather::new(&sheet.name, job.out, job.reading.limits, &is_hidden);
    let is_chart = workbook.version >= 5 && u16_at(begin, 2) == Some(0x20);
    let mut reader = Reader { workbook, gather, beside, texts: Texts::default(), hidden: &hidden, formula: None };
    let ended = reader.all(&mut records, is_chart)?;
    let Reader { mut gather, texts, .. } = reader;
    gather.flush()?;
    beside.drawings.extend(texts.found.into_values().filter(|text| !text.is_empty()));
    if !ended {
        job.out.partial("a sheet ends before its end");
    }
    Ok(())
}

struct Reader<'r, 'g, 'o, 's> {
    workbook: &'r Workbook<'s>,
    gather: Gather<'g, 'o>,
    beside: &'r mut Beside,
    texts: Texts,
    hidden: &'r RefCell<BTreeSet<u32>>,
    /// The cell of a formula whose text follows.
    formula: Option<(u16, u16)>,
}

impl<'s> Reader<'_, '_, '_, 's> {
    /// Whether the sheet came to its end.
    fn all(&mut self, records: &mut Records<'s>, is_chart: bool) -> Result<bool, Full> {
        // Charts lie in their sheet as streams within it.
        let mut charts: Vec<Chart> = Vec::new();
        if is_chart {
            charts.push(Chart::default());
        }
        while let Some((kind, data)) = records.next() {
            match kind {
                _ if is_begin(kind) && charts.len() < 64 => charts.push(Chart::default()),
                END => match charts.pop() {
                    Some(chart) if self.beside.drawings.len() < LINES => self.beside.drawings.extend(chart.lines()),
                    Some(_) => {}
                    None => return Ok(true),
                },
                0x1b6 => self.texts.read(data, records),
                0x14 | 0x15 => self.margin(kind, data),
                _ => match charts.last_mut() {
                    Some(chart) => chart.record(kind, data, self.workbook),
                    None => self.record(kind, data, records)?,
                },
            }
            if is_chart && charts.is_empty() {
                return Ok(true);
            }
        }
        if let Some(chart) = charts.pop() {
            self.beside.drawings.extend(chart.lines());
        }
        Ok(false)
    }

    fn record(&mut self, kind: u16, data: &'s [u8], records: &mut Records<'s>) -> Result<(), Full> {
        match kind {
            // MS-XLS 2.4.221: the sixth bit of the options hides a row.
            0x208 if u16_at(data, 12).is_some_and(|options| options & 0x20 != 0) => {
                self.hidden.borrow_mut().extend(u16_at(data, 0).map(|row| u32::from(row) + 1));
            }
            0x08 if self.workbook.version == 2 && u16_at(data, 6) == Some(0) => {
                self.hidden.borrow_mut().extend(u16_at(data, 0).map(|row| u32::from(row) + 1));
            }
            0x7d if u16_at(data, 8).is_some_and(|options| options & 1 != 0) => {
                let (first, last) = (u16_at(data, 0).unwrap_or(0), u16_at(data, 2).unwrap_or(0).min(255));
                // Those beyond the last column that is used are hidden to frame the sheet.
                let columns = if last == 255 { 0 } else { u32::from(last.saturating_sub(first)) + 1 };
                self.beside.hidden_columns = self.beside.hidden_columns.saturating_add(columns);
            }
            0x06 | 0x206 | 0x406 if is_text(data) && self.workbook.version > 2 => {
                self.formula = u16_at(data, 0).zip(u16_at(data, 2));
            }
            0x06 if self.workbook.version == 2 && u16_at(data, 13) == Some(0xffff) && data.get(7) == Some(&0) => {
                self.formula = u16_at(data, 0).zip(u16_at(data, 2));
            }
            0x207 | 0x07 => {
                if let (Some((row, column)), Some(text)) = (self.formula.take(), self.long_string(data, records)) {
                    self.gather.put(u32::from(row) + 1, u32::from(column), text_cell(text))?;
                }
            }
            0xbd => self.numbers(data)?,
            0x5d => self.texts.object = u16_at(data, 6),
            0x1c => self.note(data, records),
            0x1b8 if self.beside.links.len() < LINES => {
                let at = || Some(format!("{}{}", of_column(u16_at(data, 4)?.into()), u32::from(u16_at(data, 0)?) + 1));
                let target = link(data).filter(|target| !target.is_empty());
                self.beside.links.extend(at().zip(target).map(|(at, target)| format!("{at}: {target}")));
            }
            0x1be if self.beside.rules.len() < LINES => self.rule(data),
            _ => {
                if let Some((row, column, value)) = self.cell(kind, data).filter(|(.., value)| *value != Cell::Empty) {
                    self.gather.put(u32::from(row) + 1, u32::from(column), value)?;
                }
            }
        }
        Ok(())
    }

    fn margin(&mut self, kind: u16, data: &[u8]) {
        let length = if self.workbook.version == 8 { 2 } else { 1 };
        let text = self.workbook.strings_kept.string(data, 0, length).map(|code| margin(&code)).unwrap_or_default();
        let lines = if kind == 0x14 { &mut self.beside.headers } else { &mut self.beside.footers };
        if !text.is_empty() && lines.len() < LINES {
            lines.push(text);
        }
    }

    /// The result of a formula, which may run on in the records that follow.
    fn long_string(&self, data: &'s [u8], records: &mut Records<'s>) -> Option<String> {
        if !self.workbook.strings_kept.unicode {
            let length = if self.workbook.version == 2 { 1 } else { 2 };
            return self.workbook.strings_kept.string(data, 0, length);
        }
        let mut pieces = Pieces::new(records.continued(data));
        let (count, flags) = (pieces.number(2)? as usize, pieces.number(1)?);
        pieces.characters(count, flags & 1 == 1)
    }

    /// A row of numbers in one record.
    fn numbers(&mut self, data: &[u8]) -> Result<(), Full> {
        let (Some(row), Some(first)) = (u16_at(data, 0), u16_at(data, 2)) else { return Ok(()) };
        let values = data.get(4..data.len().saturating_sub(2)).unwrap_or_default();
        for (column, six) in (u32::from(first)..).zip(values.chunks_exact(6)) {
            if let (Some(style), Some(value)) = (u16_at(six, 0), super::little_endian::u32_at(six, 2)) {
                let value = self.number(packed(value), style);
                self.gather.put(u32::from(row) + 1, column, value)?;
            }
        }
        Ok(())
    }

    fn number(&self, value: f64, style: u16) -> Cell {
        match self.workbook.style(style) {
            Some(format) => format.cell(value, self.workbook.epoch),
            None => Cell::Number(value),
        }
    }

    fn cell(&self, kind: u16, data: &[u8]) -> Option<(u16, u16, Cell)> {
        let (row, column) = (u16_at(data, 0)?, u16_at(data, 2)?);
        if self.workbook.version == 2 {
            return self.oldest(kind, data).map(|value| (row, column, value));
        }
        let style = u16_at(data, 4)?;
        let strings = self.workbook.strings_kept;
        let value = match kind {
            0x203 => self.number(double(data, 6)?, style),
            0x27e => self.number(packed(super::little_endian::u32_at(data, 6)?), style),
            0xfd => text_cell(self.workbook.strings.get(super::little_endian::u32_at(data, 6)? as usize)?.clone()),
            0x204 | 0xd6 => text_cell(strings.string(data, 6, 2)?),
            0x205 if data.get(7) == Some(&1) => Cell::Text(error(*data.get(6)?).into()),
            0x205 => Cell::Bool(*data.get(6)? != 0),
            0x06 | 0x206 | 0x406 if u16_at(data, 12) == Some(0xffff) => match data.get(6)? {
                1 => Cell::Bool(*data.get(8)? != 0),
                2 => Cell::Text(error(*data.get(8)?).into()),
                _ => return None,
            },
            0x06 | 0x206 | 0x406 => self.number(double(data, 6)?, style),
            _ => return None,
        };
        Some((row, column, value))
    }

    /// Cells of Excel 2: three bytes say how each looks, the lower six bits of the second its format.
    fn oldest(&self, kind: u16, data: &[u8]) -> Option<Cell> {
        let format = self.workbook.numbered(u16::from(data.get(5)? & 0x3f));
        let number = |value: f64| match format {
            Some(format) => format.cell(value, self.workbook.epoch),
            None => Cell::Number(value),
        };
        Some(match kind {
            0x02 => number(f64::from(u16_at(data, 7)?)),
            0x03 => number(double(data, 7)?),
            0x04 => text_cell(self.workbook.strings_kept.string(data, 7, 1)?),
            0x05 if data.get(8) == Some(&1) => Cell::Text(error(*data.get(7)?).into()),
            0x05 => Cell::Bool(*data.get(7)? != 0),
            0x06 if u16_at(data, 13) == Some(0xffff) => match data.get(7)? {
                1 => Cell::Bool(*data.get(9)? != 0),
                2 => Cell::Text(error(*data.get(9)?).into()),
                _ => return None,
            },
            0x06 => number(double(data, 7)?),
            _ => return None,
        })
    }

    fn note(&mut self, data: &'s [u8], records: &mut Records<'s>) {
        let (Some(row), Some(column)) = (u16_at(data, 0), u16_at(data, 2)) else { return };
        let (text, author) = if self.workbook.version == 8 {
            let text = u16_at(data, 6).and_then(|object| self.texts.found.remove(&object));
            (text.unwrap_or_default(), self.workbook.strings_kept.string(data, 8, 2).unwrap_or_default())
        } else {
            // MS-XLS has it no more: what does not fit follows in records whose row is none.
            let mut raw = data.get(6..).unwrap_or_default().to_vec();
            while records.peek() == Some(0x1c) {
                let at = records.at;
                match records.next() {
                    Some((_, more)) if u16_at(more, 0) == Some(0xffff) => {
                        raw.extend_from_slice(more.get(6..).unwrap_or_default());
                    }
                    _ => {
                        records.at = at;
                        break;
                    }
                }
            }
            let text = self.workbook.strings_kept.encoding.decode_without_bom_handling(&raw).0;
            (one_line(&text), String::new())
        };
        let author = author.trim_matches(|character: char| character.is_control() || character == ' ');
        if text.is_empty() || self.beside.comments.len() >= LINES {
            return;
        }
        let at = format!("{}{}", of_column(column.into()), u32::from(row) + 1);
        self.beside.comments.push(match author {
            "" => format!("{at}: {text}"),
            author if text.starts_with(author) => format!("{at}: {text}"),
            author => format!("{at}: {author}: {text}"),
        });
    }

    /// What a cell may hold (MS-XLS 2.4.88): prompts, and the list of allowed values where it is written out.
    fn rule(&mut self, data: &[u8]) {
        let mut at = 4;
        for _ in 0..4 {
            let Some((text, end)) = self.workbook.strings_kept.string_and_end(data, at, 2) else { return };
            at = end;
            let text = one_line(text.trim_matches('\0'));
            if !text.is_empty() && !self.beside.rules.contains(&text) {
                self.beside.rules.push(text);
            }
        }
        if data.get(at + 4) == Some(&0x17)
            && let Some(list) = self.workbook.strings_kept.string(data, at + 5, 1)
        {
            self.beside.rules.push(list.replace('\0', ", "));
        }
    }
}

fn text_cell(text: String) -> Cell {
    if text.is_empty() { Cell::Empty } else { Cell::Text(text.replace("\r\n", "\n").replace('\r', "\n").into()) }
}

/// Whether the result of a formula is a text, in the record that follows.
fn is_text(data: &[u8]) -> bool {
    u16_at(data, 12) == Some(0xffff) && data.get(6) == Some(&0)
}

/// The texts of one sheet's objects, by the object's number.
#[derive(Default)]
struct Texts {
    object: Option<u16>,
    found: BTreeMap<u16, String>,
    unnamed: u16,
}

impl Texts {
    fn read(&mut self, data: &[u8], records: &mut Records<'_>) {
        let Some(mut left) = u16_at(data, 10).map(usize::from) else { return };
        let mut text = String::new();
        while left > 0 && records.peek() == Some(CONTINUE) {
            let Some((flags, rest)) = records.next().and_then(|(_, data)| data.split_first()) else { break };
            let (piece, count) = characters(rest, left, flags & 1 == 1);
            text.push_str(&piece);
            left -= count;
            if count == 0 {
                break;
            }
        }
        let object = self.object.take().unwrap_or_else(|| {
            self.unnamed = self.unnamed.wrapping_add(1);
            u16::MAX.wrapping_sub(self.unnamed)
        });
        self.found.insert(object, one_line(&text));
    }
}

/// What a header prints: codes of fonts go, those of page numbers and dates too; its three places are parted by tabs.
fn margin(code: &str) -> String {
    let mut out = String::new();
    let mut characters = code.chars().peekable();
    while let Some(character) = characters.next() {
        if character != '&' {
            out.push(character);
            continue;
        }
        match characters.next() {
            Some('&') => out.push('&'),
            Some('L' | 'C' | 'R') => out.push('\t'),
            Some('"') => drop(characters.by_ref().take_while(|next| *next != '"').count()),
            Some('K') => drop(characters.by_ref().take(6).count()),
            Some(digit) if digit.is_ascii_digit() => while characters.next_if(char::is_ascii_digit).is_some() {},
            _ => {}
        }
    }
    out.split('\t').map(one_line).filter(|place| !place.is_empty()).collect::<Vec<_>>().join("\t")
}
