//! The binary notation of workbooks (MS-XLSB): records of a number, a size and data, in the same parts as the XML kind.

use super::super::little_endian::{u16_at, u32_at};
use super::super::number_format::{Epoch, NumberFormat};
use super::super::numerals::of_column;
use super::super::ooxml::{BadXml, Package};
use super::super::sheets::{COLUMNS, Gather};
use super::super::{Full, Limits};
use super::beside::comment_line;
use super::sheet::header;
use super::{Margin, Sheet, Workbook, stray_sheets};
use assay_model::{Cell, UnreadReason};
use std::cell::Cell as Flag;
use std::collections::BTreeMap;
use std::io::{BufReader, Read};

/// No record is longer than the longest string and what goes with it.
const RECORD: u32 = 1 << 20;

/// Records of a part.
struct Records<R> {
    input: R,
    data: Vec<u8>,
}

fn records_of<R: Read>(input: R) -> Records<BufReader<R>> {
    Records { input: BufReader::with_capacity(64 << 10, input), data: Vec::new() }
}

impl<R: Read> Records<R> {
    /// The number of the next record, whose data is then in `data`; `None` at the end, an error where the part is cut or
    /// damaged.
    fn next(&mut self) -> Result<Option<u32>, BadXml> {
        let mut kind = match self.byte() {
            Some(byte) => u32::from(byte),
            None => return Ok(None),
        };
        // MS-XLSB 2.1.4: a number of one or two bytes, a size of one to four, seven bits each.
        if kind & 0x80 != 0 {
            kind = kind & 0x7f | u32::from(self.byte().ok_or(BadXml)? & 0x7f) << 7;
        }
        let mut size = 0_u32;
        for shift in [0, 7, 14, 21] {
            let byte = self.byte().ok_or(BadXml)?;
            size |= u32::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                break;
            }
        }
        self.data.clear();
        let mut record = (&mut self.input).take(u64::from(size));
        if size > RECORD {
            std::io::copy(&mut record, &mut std::io::sink()).map_err(|_| BadXml)?;
            return Ok(Some(kind));
        }
        let read = record.read_to_end(&mut self.data).map_err(|_| BadXml)?;
        if read == size as usize { Ok(Some(kind)) } else { Err(BadXml) }
    }

    fn byte(&mut self) -> Option<u8> {
        let mut byte = [0];
        self.input.read_exact(&mut byte).ok().map(|()| byte[0])
    }
}

/// A string behind its length in characters, and where it ends; the length of all ones is none.
fn wide(data: &[u8], at: usize) -> Option<(String, usize)> {
    let units = u32_at(data, at)?;
    let start = at.checked_add(4)?;
    if units == u32::MAX {
        return Some((String::new(), start));
    }
    let end = start.checked_add((units as usize).checked_mul(2)?)?;
    let text = encoding_rs::UTF_16LE.decode_without_bom_handling(data.get(start..end)?).0.replace("\r\n", "\n");
    Some((text, end))
}

/// A string with looks and with how it is spoken (MS-XLSB 2.5.122).
fn rich(data: &[u8], at: usize) -> Option<String> {
    let flags = *data.get(at)?;
    let (text, mut end) = wide(data, at + 1)?;
    if flags & 1 != 0 {
        end = end.checked_add(4)?.checked_add((u32_at(data, end)? as usize).checked_mul(4)?)?;
    }
    let spoken = if flags & 2 != 0 { wide(data, end).map(|(spoken, _)| spoken) } else { None };
    Some(match spoken.filter(|spoken| !spoken.trim().is_empty()) {
        Some(spoken) => format!("{text} ({})", spoken.trim()),
        None => text,
    })
}

fn double(data: &[u8], at: usize) -> Option<f64> {
    Some(f64::from_le_bytes(data.get(at..at.checked_add(8)?)?.try_into().ok()?))
}

/// A number squeezed into four bytes (MS-XLSB 2.5.123).
fn squeezed(raw: u32) -> f64 {
    let value = match raw & 2 {
        0 => f64::from_bits(u64::from(raw & !3) << 32),
        _ => f64::from(raw as i32 >> 2),
    };
    if raw & 1 == 0 { value } else { value / 100.0 }
}

pub(super) fn open(package: &mut Package<'_>, limits: &Limits) -> Result<Workbook, UnreadReason> {
    let main = package.main("xl/workbook.bin");
    let relations = package.relations(&main);
    let mut workbook = Workbook {
        sheets: Vec::new(),
        epoch: Epoch::Of1900,
        formats: Vec::new(),
        strings: super::Strings::default(),
        names: Vec::new(),
    };
    let mut records = records_of(package.stream(&main).ok_or(UnreadReason::Corrupt)??);
    while let Ok(Some(kind)) = records.next() {
        let data = &records.data;
        match kind {
            153 if u32_at(data, 0).is_some_and(|flags| flags & 1 != 0) => workbook.epoch = Epoch::Of1904,
            156 => {
                let Some((id, end)) = wide(data, 8) else { continue };
                let name = wide(data, end).map(|(name, _)| name).unwrap_or_default();
                if let Some(found) = relations.iter().find(|relation| relation.id == id)
                    && found.kind != "chartsheet"
                {
                    let hidden = u32_at(data, 0).is_some_and(|state| state & 3 != 0);
                    workbook.sheets.push(Sheet { name, hidden, part: found.target.clone() });
                }
            }
            _ => {}
        }
    }
    drop(records);
    stray_sheets(package, &mut workbook, ".bin");
    if workbook.sheets.is_empty() && !relations.iter().any(|relation| relation.kind == "chartsheet") {
        return Err(UnreadReason::Corrupt);
    }
    let part = |package: &mut Package<'_>, kind: &str, usual: &str| {
        package.related(&main, kind).into_iter().next().unwrap_or_else(|| usual.to_owned())
    };
    let styles = part(package, "styles", "xl/styles.bin");
    if let Some(Ok(input)) = package.stream(&styles) {
        workbook.formats = formats(records_of(input));
    }
    let strings = part(package, "sharedStrings", "xl/sharedStrings.bin");
    workbook.strings.cut = package.has(&strings);
    if let Some(Ok(input)) = package.stream(&strings) {
        let mut records = records_of(input);
        workbook.strings.cut = loop {
            match records.next() {
                Ok(Some(19)) => {
                    let text = rich(&records.data, 0).unwrap_or_default();
                    if workbook.strings.push(&text, limits).is_err() {
                        break true;
                    }
                }
                Ok(Some(_)) => {}
                Ok(None) => break false,
                Err(BadXml) => break true,
            }
        };
    }
    Ok(workbook)
}

fn formats(mut records: Records<impl Read>) -> Vec<NumberFormat> {
    let mut codes: BTreeMap<u16, NumberFormat> = BTreeMap::new();
    let mut formats = Vec::new();
    let mut in_cells = false;
    while let Ok(Some(kind)) = records.next() {
        let data = &records.data;
        match kind {
            44 => {
                if let (Some(number), Some((code, _))) = (u16_at(data, 0), wide(data, 2)) {
                    codes.insert(number, NumberFormat::parse(&code));
                }
            }
            617 => in_cells = true,
            618 => in_cells = false,
            47 if in_cells && formats.len() < 1 << 16 => {
                let number = u16_at(data, 2).unwrap_or(0);
                formats.push(codes.get(&number).cloned().unwrap_or_else(|| NumberFormat::built_in(number)));
            }
            _ => {}
        }
    }
    formats
}

/// Reads a sheet; what came before damage has been handed on.
pub(super) fn sheet(
    package: &mut Package<'_>,
    sheet: &Sheet,
    workbook: &Workbook,
    row_hidden: &Flag<bool>,
    gather: &mut Gather<'_, '_>,
    margin: &mut Margin,
) -> Result<Result<(), Full>, BadXml> {
    let Some(Ok(input)) = package.stream(&sheet.part) else { return Err(BadXml) };
    let mut records = records_of(input);
    let mut row = 0_u32;
    while let Some(kind) = records.next()? {
        let data = &records.data;
        match kind {
            // MS-XLSB 2.4.739: the row, its look, its height, then bits, of which the twelfth hides it.
            0 => {
                row = u32_at(data, 0).unwrap_or(row).saturating_add(1);
                row_hidden.set(data.get(11).is_some_and(|bits| bits & 0x10 != 0));
            }
            1..=11 | 62 => {
                let (Some(column), Some(style)) = (u32_at(data, 0), u32_at(data, 4)) else { continue };
                let value = value(kind, data, style & 0x00ff_ffff, workbook);
                if let Some(value) = value.filter(|value| *value != Cell::Empty)
                    && gather.put(row.max(1), column, value).is_err()
                {
                    return Ok(Err(Full));
                }
            }
            60 => {
                let (first, last) = (u32_at(data, 0).unwrap_or(0), u32_at(data, 4).unwrap_or(0));
                if u16_at(data, 16).is_some_and(|bits| bits & 1 != 0) && last + 1 < COLUMNS {
                    margin.hidden_columns = margin.hidden_columns.saturating_add(last.saturating_sub(first) + 1);
                }
            }
            // Headers and footers, in turn, of odd, even and first pages.
            479 => {
                let mut at = 2;
                for index in 0..6 {
                    let Some((text, end)) = wide(data, at) else { break };
                    at = end;
                    let lines = if index % 2 == 0 { &mut margin.headers } else { &mut margin.footers };
                    lines.extend(header(&text));
                }
            }
            _ => {}
        }
    }
    Ok(Ok(()))
}

fn value(kind: u32, data: &[u8], style: u32, workbook: &Workbook) -> Option<Cell> {
    let text = |text: &str| if text.is_empty() { Cell::Empty } else { Cell::Text(text.into()) };
    let number = |number: f64| match workbook.formats.get(style as usize) {
        Some(format) if !format.is_general() => format.cell(number, workbook.epoch),
        _ => Cell::Number(number),
    };
    Some(match kind {
        2 => number(squeezed(u32_at(data, 8)?)),
        3 | 11 => text(error(*data.get(8)?)),
        4 | 10 => Cell::Bool(*data.get(8)? != 0),
        5 | 9 => number(double(data, 8)?),
        6 | 8 => text(&wide(data, 8)?.0),
        7 => text(workbook.strings.get(u32_at(data, 8)? as usize).unwrap_or_default()),
        62 => text(&rich(data, 8)?),
        _ => Cell::Empty,
    })
}

/// MS-XLSB 2.5.98.2.
fn error(code: u8) -> &'static str {
    match code {
        0x00 => "#NULL!",
        0x07 => "#DIV/0!",
        0x0f => "#VALUE!",
        0x17 => "#REF!",
        0x1d => "#NAME?",
        0x24 => "#NUM!",
        0x2a => "#N/A",
        0x2b => "#GETTING_DATA",
        _ => "#?",
    }
}

/// Comments of a part, a line each.
pub(super) fn comments(package: &mut Package<'_>, part: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let Some(Ok(input)) = package.stream(part) else { return lines };
    let mut records = records_of(input);
    let (mut authors, mut author, mut at) = (Vec::new(), String::new(), String::new());
    // Damage costs the comments that follow it.
    while let Ok(Some(kind)) = records.next() {
        let data = &records.data;
        match kind {
            632 => authors.push(wide(data, 0).map(|(author, _)| author).unwrap_or_default()),
            635 => {
                let number = u32_at(data, 0).unwrap_or(u32::MAX) as usize;
                author = authors.get(number).cloned().unwrap_or_default();
                let (row, column) = (u32_at(data, 4).unwrap_or(0), u32_at(data, 12).unwrap_or(0));
                at = format!("{}{}", of_column(column.min(COLUMNS)), row.saturating_add(1));
            }
            637 => lines.extend(rich(data, 0).and_then(|text| comment_line(&at, &author, &text))),
            _ => {}
        }
    }
    lines
}
