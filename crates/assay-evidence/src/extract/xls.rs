//! Excel workbooks of the years before 2007 (BIFF8, and BIFF5 of Excel 95): every sheet, hidden ones and hidden rows
//! too, with typed cells; comments and text boxes.
//!
//! An own reader: sheets are walked record by record and handed on, whatever rectangle they claim. Formulas stand as
//! their last value. Pivot caches, macros and embedded objects are not read.

use super::ole::{self, Compound, u16_at, u32_at};
use super::sheets::{Gather, cell, with_zeros, zeros};
use super::{Full, Job, Limits, Visibility, charset};
use assay_model::{Cell, UnreadReason};
use calamine::{DataRef, ExcelDateTime, ExcelDateTimeType};
use encoding_rs::{Encoding, UTF_16LE, WINDOWS_1252};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

pub(super) fn read(job: &mut Job<'_, '_>) -> Result<(), UnreadReason> {
    let file = Compound::open(job.whole()?)?;
    let stream = file.named(ole::ROOT, "Workbook").or_else(|| file.named(ole::ROOT, "Book"));
    let stream = stream.ok_or(UnreadReason::Corrupt)?;
    let workbook = Workbook::read(&stream, job.reading.limits)?;
    if workbook.cut {
        job.out.partial("the workbook's strings are damaged");
    }
    let mut notes = Notes::default();
    for sheet in &workbook.sheets {
        if workbook.sheet(sheet, job, &mut notes).is_err() {
            return Ok(());
        }
    }
    // A limit reached is said by the one who counts.
    let _ = job.out.text("comment", Visibility::Shown, 1, notes.comments.join("\n"));
    let _ = job.out.text("drawing", Visibility::Shown, 1, notes.drawings.join("\n"));
    Ok(())
}

/// Records, each a type and its data; ends where the stream is cut off.
struct Records<'s> {
    stream: &'s [u8],
    at: usize,
}

impl<'s> Records<'s> {
    fn peek(&self) -> Option<u16> {
        u16_at(self.stream, self.at)
    }
}

impl<'s> Iterator for Records<'s> {
    type Item = (u16, &'s [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let kind = u16_at(self.stream, self.at)?;
        let length = usize::from(u16_at(self.stream, self.at + 2)?);
        let rest = self.stream.get(self.at + 4..)?;
        self.at += 4 + length;
        Some((kind, rest.get(..length).unwrap_or(rest)))
    }
}

const CONTINUE: u16 = 0x3c;
const BEGIN: u16 = 0x809;
const END: u16 = 0x0a;

/// How numbers of a format are shown.
#[derive(Clone, Copy, Default)]
enum Shown {
    #[default]
    Plain,
    Moment,
    Duration,
    Zeros(usize),
}

struct Sheet {
    name: String,
    start: usize,
    hidden: bool,
}

struct Workbook<'s> {
    stream: &'s [u8],
    /// Strings in UTF-16 or Latin-1 with a byte that says which; before, in the code page.
    unicode: bool,
    encoding: &'static Encoding,
    moments_of_1904: bool,
    sheets: Vec<Sheet>,
    strings: Vec<String>,
    cut: bool,
    formats: BTreeMap<u16, Shown>,
    cells: Vec<u16>,
}

impl<'s> Workbook<'s> {
    fn read(stream: &'s [u8], limits: &Limits) -> Result<Self, UnreadReason> {
        let mut records = Records { stream, at: 0 };
        let Some((BEGIN, begin)) = records.next() else { return Err(UnreadReason::Corrupt) };
        let mut workbook = Self {
            stream,
            unicode: u16_at(begin, 0) == Some(0x600),
            encoding: WINDOWS_1252,
            moments_of_1904: false,
            sheets: Vec::new(),
            strings: Vec::new(),
            cut: false,
            formats: BTreeMap::new(),
            cells: Vec::new(),
        };
        while let Some((kind, data)) = records.next() {
            match kind {
                END => break,
                0x2f => return Err(UnreadReason::Encrypted),
                0x22 => workbook.moments_of_1904 = u16_at(data, 0) == Some(1),
                0x42 => workbook.encoding = u16_at(data, 0).and_then(code_page).unwrap_or(WINDOWS_1252),
                0x85 => workbook.bound_sheet(data),
                0x41e => {
                    let wide = if workbook.unicode { 2 } else { 1 };
                    if let (Some(number), Some(code)) = (u16_at(data, 0), workbook.string(data, 2, wide)) {
                        workbook.formats.insert(number, shown(&code));
                    }
                }
                0xe0 => workbook.cells.push(u16_at(data, 2).unwrap_or(0)),
                0xfc => {
                    let mut segments = vec![data];
                    while records.peek() == Some(CONTINUE) {
                        segments.extend(records.next().map(|(_, data)| data));
                    }
                    workbook.cut = workbook.shared_strings(segments, limits).is_none();
                }
                _ => {}
            }
        }
        if workbook.sheets.is_empty() { Err(UnreadReason::Corrupt) } else { Ok(workbook) }
    }

    fn bound_sheet(&mut self, data: &[u8]) {
        let (Some(start), Some(name)) = (u32_at(data, 0), self.string(data, 6, 1)) else { return };
        // Kinds other than zero are charts and macros.
        if data.get(5) == Some(&0) {
            let hidden = data.get(4).is_some_and(|state| state & 3 != 0);
            self.sheets.push(Sheet { name, start: start as usize, hidden });
        }
    }

    /// A string in one record; its length takes one or two bytes.
    fn string(&self, data: &[u8], at: usize, length: usize) -> Option<String> {
        let count = if length == 2 { usize::from(u16_at(data, at)?) } else { usize::from(*data.get(at)?) };
        let rest = data.get(at + length..)?;
        if !self.unicode {
            return Some(self.encoding.decode_without_bom_handling(rest.get(..count).unwrap_or(rest)).0.into_owned());
        }
        let (flags, rest) = rest.split_first()?;
        Some(characters(rest, count, flags & 1 == 1).0)
    }

    /// `None` where the table is cut short; what was read is kept.
    fn shared_strings(&mut self, segments: Vec<&[u8]>, limits: &Limits) -> Option<()> {
        let mut pieces = Pieces { rest: segments.into_iter(), now: &[] };
        pieces.now = pieces.rest.next()?;
        pieces.take(4)?;
        let count = pieces.number(4)?;
        let mut left = limits.text_bytes;
        for _ in 0..count {
            let length = pieces.number(2)? as usize;
            let flags = pieces.number(1)?;
            let runs = if flags & 8 != 0 { pieces.number(2)? as usize * 4 } else { 0 };
            let phonetic = if flags & 4 != 0 { pieces.number(4)? as usize } else { 0 };
            let text = pieces.characters(length, flags & 1 == 1)?;
            left = left.checked_sub(text.len() as u64)?;
            self.strings.push(text);
            pieces.take(runs)?;
            pieces.take(phonetic)?;
        }
        Some(())
    }

    fn number(&self, value: f64, style: u16) -> Cell {
        let format = self.cells.get(usize::from(style)).copied().unwrap_or(0);
        let moment = |kind| cell(&DataRef::DateTime(ExcelDateTime::new(value, kind, self.moments_of_1904)));
        match self.formats.get(&format).copied().unwrap_or_else(|| built_in(format)) {
            Shown::Plain => Cell::Number(value),
            Shown::Moment => moment(ExcelDateTimeType::DateTime),
            Shown::Duration => moment(ExcelDateTimeType::TimeDelta),
            Shown::Zeros(width) => with_zeros(value, width),
        }
    }

    fn sheet(&self, sheet: &Sheet, job: &mut Job<'_, '_>, notes: &mut Notes) -> Result<(), Full> {
        let mut records = Records { stream: self.stream, at: sheet.start };
        let Some((BEGIN, _)) = records.next() else {
            job.out.partial("sheets that are damaged were not read");
            return Ok(());
        };
        let hidden: RefCell<BTreeSet<u32>> = RefCell::default();
        let is_hidden = |row: u32| sheet.hidden || hidden.borrow().contains(&row);
        let mut gather = Gather::new(&sheet.name, job.out, job.reading.limits, &is_hidden);
        let mut texts = Texts::default();
        // Charts lie in their sheet as streams within it.
        let mut within = 0_u32;
        let mut formula = None;
        let mut ended = false;
        while let Some((kind, data)) = records.next() {
            match kind {
                BEGIN => within += 1,
                END if within == 0 => {
                    ended = true;
                    break;
                }
                END => within -= 1,
                _ if within > 0 => {}
                // MS-XLS 2.4.221: the sixth bit of the options hides a row.
                0x208 if u16_at(data, 12).is_some_and(|options| options & 0x20 != 0) => {
                    hidden.borrow_mut().extend(u16_at(data, 0).map(|row| u32::from(row) + 1));
                }
                0x06 if is_text(data) => formula = u16_at(data, 0).zip(u16_at(data, 2)),
                0x207 => {
                    if let (Some((row, column)), Some(text)) = (formula.take(), self.long_string(data, &mut records)) {
                        gather.put(u32::from(row) + 1, u32::from(column), cell(&DataRef::String(text)))?;
                    }
                }
                0xbd => self.numbers(data, &mut gather)?,
                0x5d => texts.object = u16_at(data, 6),
                0x1b6 => texts.read(data, &mut records),
                0x1c => texts.note(data, notes),
                _ => {
                    if let Some((row, column, value)) =
                        self.cell(kind, data).filter(|(.., value)| *value != Cell::Empty)
                    {
                        gather.put(u32::from(row) + 1, u32::from(column), value)?;
                    }
                }
            }
        }
        gather.flush()?;
        notes.drawings.extend(texts.found.into_values().filter(|text| !text.is_empty()));
        if !ended {
            job.out.partial("a sheet ends before its end");
        }
        Ok(())
    }

    /// The result of a formula, which may run on in the records that follow.
    fn long_string(&self, data: &[u8], records: &mut Records<'_>) -> Option<String> {
        if !self.unicode {
            return self.string(data, 0, 2);
        }
        let mut segments = vec![data];
        while records.peek() == Some(CONTINUE) {
            segments.extend(records.next().map(|(_, data)| data));
        }
        let mut pieces = Pieces { rest: segments.into_iter(), now: &[] };
        pieces.now = pieces.rest.next()?;
        let (count, flags) = (pieces.number(2)? as usize, pieces.number(1)?);
        pieces.characters(count, flags & 1 == 1)
    }

    /// A row of numbers in one record.
    fn numbers(&self, data: &[u8], gather: &mut Gather<'_, '_>) -> Result<(), Full> {
        let (Some(row), Some(first)) = (u16_at(data, 0), u16_at(data, 2)) else { return Ok(()) };
        let values = data.get(4..data.len().saturating_sub(2)).unwrap_or_default();
        for (column, six) in (u32::from(first)..).zip(values.chunks_exact(6)) {
            if let (Some(style), Some(value)) = (u16_at(six, 0), u32_at(six, 2)) {
                gather.put(u32::from(row) + 1, column, self.number(packed(value), style))?;
            }
        }
        Ok(())
    }

    fn cell(&self, kind: u16, data: &[u8]) -> Option<(u16, u16, Cell)> {
        let (row, column, style) = (u16_at(data, 0)?, u16_at(data, 2)?, u16_at(data, 4)?);
        let text = |text: String| cell(&DataRef::String(text));
        let value = match kind {
            0x203 => self.number(double(data, 6)?, style),
            0x27e => self.number(packed(u32_at(data, 6)?), style),
            0xfd => text(self.strings.get(u32_at(data, 6)? as usize)?.clone()),
            0x204 | 0xd6 => text(self.string(data, 6, 2)?),
            0x205 if data.get(7) == Some(&1) => Cell::Text(error(*data.get(6)?).to_owned()),
            0x205 => Cell::Bool(*data.get(6)? != 0),
            0x06 if u16_at(data, 12) == Some(0xffff) => match data.get(6)? {
                1 => Cell::Bool(*data.get(8)? != 0),
                2 => Cell::Text(error(*data.get(8)?).to_owned()),
                _ => return None,
            },
            0x06 => self.number(double(data, 6)?, style),
            _ => return None,
        };
        Some((row, column, value))
    }
}

/// Whether the result of a formula is a text, in the record that follows.
fn is_text(data: &[u8]) -> bool {
    u16_at(data, 12) == Some(0xffff) && data.get(6) == Some(&0)
}

/// Comments and texts of drawings of all sheets.
#[derive(Default)]
struct Notes {
    comments: Vec<String>,
    drawings: Vec<String>,
}

/// The texts of one sheet's objects, by the object's number.
#[derive(Default)]
struct Texts {
    object: Option<u16>,
    found: BTreeMap<u16, String>,
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
        let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
        self.found.insert(self.object.take().unwrap_or(u16::MAX), line);
    }

    fn note(&mut self, data: &[u8], notes: &mut Notes) {
        let (Some(row), Some(column)) = (u16_at(data, 0), u16_at(data, 2)) else { return };
        if let Some(text) =
            u16_at(data, 6).and_then(|object| self.found.remove(&object)).filter(|text| !text.is_empty())
        {
            notes.comments.push(format!("{}{}: {text}", letters(column), u32::from(row) + 1));
        }
    }
}

/// The letters of a column.
fn letters(column: u16) -> String {
    let mut letters = Vec::new();
    let mut left = u32::from(column) + 1;
    while left > 0 {
        left -= 1;
        letters.push(char::from(b'A' + (left % 26) as u8));
        left /= 26;
    }
    letters.iter().rev().collect()
}

/// A record and those that continue it.
struct Pieces<'s> {
    rest: std::vec::IntoIter<&'s [u8]>,
    now: &'s [u8],
}

impl Pieces<'_> {
    fn number(&mut self, bytes: u32) -> Option<u32> {
        let mut number = 0;
        for place in 0..bytes {
            while self.now.is_empty() {
                self.now = self.rest.next()?;
            }
            let (first, rest) = self.now.split_first()?;
            number |= u32::from(*first) << (8 * place);
            self.now = rest;
        }
        Some(number)
    }

    fn take(&mut self, mut bytes: usize) -> Option<()> {
        while bytes > self.now.len() {
            bytes -= self.now.len();
            self.now = self.rest.next()?;
        }
        self.now = self.now.get(bytes..)?;
        Some(())
    }

    /// Characters; where they run on in the next record it says anew how wide they are.
    fn characters(&mut self, mut left: usize, mut wide: bool) -> Option<String> {
        let mut text = String::new();
        loop {
            let (piece, count) = characters(self.now, left, wide);
            text.push_str(&piece);
            self.now = self.now.get(count * if wide { 2 } else { 1 }..)?;
            left -= count;
            if left == 0 {
                return Some(text);
            }
            let (flags, rest) = self.rest.next()?.split_first()?;
            wide = flags & 1 == 1;
            self.now = rest;
        }
    }
}

/// At most `count` characters and how many there were.
fn characters(bytes: &[u8], count: usize, wide: bool) -> (String, usize) {
    if wide {
        let count = count.min(bytes.len() / 2);
        let bytes = bytes.get(..count * 2).unwrap_or_default();
        (UTF_16LE.decode_without_bom_handling(bytes).0.into_owned(), count)
    } else {
        let count = count.min(bytes.len());
        (bytes.iter().take(count).map(|byte| char::from(*byte)).collect(), count)
    }
}

fn double(data: &[u8], at: usize) -> Option<f64> {
    Some(f64::from_le_bytes(data.get(at..at + 8)?.try_into().ok()?))
}

/// MS-XLS 2.5.217: thirty bits of an integer or of a floating point number, and whether it stands for hundredths.
fn packed(value: u32) -> f64 {
    let number =
        if value & 2 != 0 { f64::from((value as i32) >> 2) } else { f64::from_bits(u64::from(value & !3) << 32) };
    if value & 1 != 0 { number / 100.0 } else { number }
}

fn error(code: u8) -> &'static str {
    match code {
        0x00 => "#NULL!",
        0x07 => "#DIV/0!",
        0x0f => "#VALUE!",
        0x17 => "#REF!",
        0x1d => "#NAME?",
        0x24 => "#NUM!",
        _ => "#N/A",
    }
}

/// The formats that need no record (ECMA-376 18.8.30).
fn built_in(format: u16) -> Shown {
    match format {
        14..=22 | 27..=36 | 45 | 47 | 50..=58 => Shown::Moment,
        46 => Shown::Duration,
        _ => Shown::Plain,
    }
}

/// What a format's code makes of a number: quoted words and colours say nothing.
fn shown(code: &str) -> Shown {
    let width = zeros(code);
    if width > 0 {
        return Shown::Zeros(width);
    }
    let mut characters = code.chars();
    let mut found = Shown::Plain;
    while let Some(character) = characters.next() {
        match character {
            '"' => drop(characters.by_ref().take_while(|next| *next != '"').count()),
            '\\' | '_' | '*' => drop(characters.next()),
            '[' => {
                let inside: String = characters.by_ref().take_while(|next| *next != ']').collect();
                if !inside.is_empty() && inside.chars().all(|unit| matches!(unit.to_ascii_lowercase(), 'h' | 'm' | 's'))
                {
                    return Shown::Duration;
                }
            }
            // What follows is for negative numbers.
            ';' => break,
            'd' | 'D' | 'm' | 'M' | 'y' | 'Y' | 'h' | 'H' | 's' | 'S' => found = Shown::Moment,
            // `General` and exponents.
            'G' | 'g' | 'E' | 'e' => return found,
            _ => {}
        }
    }
    found
}

/// The encoding of a Windows code page; 1200 is UTF-16 and stands in files whose strings say themselves.
fn code_page(number: u16) -> Option<&'static Encoding> {
    charset::code_page(u32::from(number))
}
