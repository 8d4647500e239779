//! Copies of data that a workbook before 2007 keeps and does not show: pivot caches, and the cells of other workbooks that
//! its formulas use. They come as hidden tables.

use super::little_endian::u16_at;
use super::ole::{self, Compound};
use super::xls_records::{END, Records, Strings, double, error, operand};
use super::{Full, Job, Visibility};
use assay_model::{Cell, Table};
use jiff::civil::Date;
use std::collections::BTreeMap;

/// Pivot caches of one workbook, and cells kept of others.
const CACHES: usize = 1000;
const CELLS: usize = 4_000_000;

/// Columns of a pivot cache.
const FIELDS: usize = 16_384;

#[derive(Default)]
struct Field {
    name: String,
    items: Vec<Cell>,
    flags: u16,
}

impl Field {
    /// Whether rows name its values by their number in the list.
    fn is_shared(&self) -> bool {
        self.flags & 1 != 0
    }

    /// Calculated fields, and those that group others, have no values of their own.
    fn has_values(&self) -> bool {
        self.flags & 0x8000 == 0
    }

    fn width(&self) -> usize {
        if self.flags & 0x200 != 0 { 2 } else { 1 }
    }
}

/// The pivot caches (MS-XLS 2.1.7.15), each in a stream of a storage.
pub(super) fn pivots(file: &Compound, job: &mut Job<'_, '_>) -> Result<(), Full> {
    let Some(storage) = file.find(ole::ROOT, "_SX_DB_CUR").or_else(|| file.find(ole::ROOT, "_SX_DB")) else {
        return Ok(());
    };
    for (number, stream) in (1_u32..).zip(file.children(storage).into_iter().take(CACHES)) {
        let rows = pivot(&file.stream(stream));
        let table = Table { first_row: 1, continued: false, rows };
        job.out.table(&format!("pivot cache {number}"), Visibility::Hidden, table)?;
    }
    Ok(())
}

fn pivot(stream: &[u8]) -> Vec<Vec<Cell>> {
    let strings = Strings { unicode: true, encoding: encoding_rs::WINDOWS_1252 };
    let mut fields: Vec<Field> = Vec::new();
    let mut rows: Vec<Vec<Cell>> = Vec::new();
    let mut in_rows = false;
    let mut inline: Vec<Cell> = Vec::new();
    let mut row: Option<Vec<Cell>> = None;
    let mut cells = 0_usize;
    for (kind, data) in Records::new(stream, 0) {
        match kind {
            0xc7 if fields.len() < FIELDS => {
                let name = strings.string(data, 14, 2).unwrap_or_default();
                fields.push(Field { name, items: Vec::new(), flags: u16_at(data, 0).unwrap_or(0) });
            }
            0xc8 => {
                finish(&fields, row.take(), &mut inline, &mut rows);
                in_rows = true;
                row = Some(by_number(&fields, data));
                cells += fields.len();
            }
            0xc9..=0xcf => {
                let value = value(kind, data, strings);
                cells += 1;
                match fields.last_mut() {
                    Some(field) if !in_rows && (field.is_shared() || field.items.len() < 2) && field.is_shared() => {
                        field.items.push(value);
                    }
                    // Without numbers a row is complete once each of its fields has a value.
                    Some(_) => {
                        in_rows = true;
                        inline.push(value);
                        let wanted = fields.iter().filter(|field| field.has_values() && !field.is_shared()).count();
                        let numbered = fields.iter().any(|field| field.has_values() && field.is_shared());
                        if !numbered && inline.len() >= wanted {
                            finish(&fields, Some(Vec::new()), &mut inline, &mut rows);
                        }
                    }
                    None => {}
                }
            }
            END => break,
            _ => {}
        }
        if cells > CELLS {
            break;
        }
    }
    finish(&fields, row.take(), &mut inline, &mut rows);
    let named =
        fields.iter().filter(|field| field.has_values()).map(|field| Cell::Text(field.name.as_str().into())).collect();
    if rows.is_empty() {
        // The data may lie elsewhere; the lists of values are here all the same.
        let longest = fields.iter().map(|field| field.items.len()).max().unwrap_or(0);
        let item = |field: &Field, row: usize| field.items.get(row).cloned().unwrap_or_default();
        let fields: Vec<&Field> = fields.iter().filter(|field| field.has_values()).collect();
        let most = CELLS / fields.len().max(1);
        rows = (0..longest.min(most)).map(|row| fields.iter().map(|field| item(field, row)).collect()).collect();
    }
    std::iter::once(named).chain(rows).collect()
}

/// The values that a row names by number, in the order of the fields that have a list.
fn by_number(fields: &[Field], data: &[u8]) -> Vec<Cell> {
    let mut at = 0;
    let mut found = Vec::new();
    for field in fields.iter().filter(|field| field.has_values() && field.is_shared()) {
        let number = match field.width() {
            2 => u16_at(data, at).map(usize::from),
            _ => data.get(at).map(|byte| usize::from(*byte)),
        };
        at += field.width();
        found.push(number.and_then(|number| field.items.get(number)).cloned().unwrap_or_default());
    }
    found
}

/// Puts a row together from what it named by number and what stood in it.
fn finish(fields: &[Field], row: Option<Vec<Cell>>, inline: &mut Vec<Cell>, rows: &mut Vec<Vec<Cell>>) {
    let Some(numbered) = row else { return };
    let (mut numbered, mut inline) = (numbered.into_iter(), std::mem::take(inline).into_iter());
    let next = |field: &Field| if field.is_shared() { numbered.next() } else { inline.next() };
    rows.push(fields.iter().filter(|field| field.has_values()).map(next).map(Option::unwrap_or_default).collect());
}

fn value(kind: u16, data: &[u8], strings: Strings) -> Cell {
    let found = match kind {
        0xc9 => double(data, 0).map(Cell::Number),
        0xca => u16_at(data, 0).map(|truth| Cell::Bool(truth != 0)),
        0xcb => u16_at(data, 0).map(|code| Cell::Text(error(code as u8).into())),
        0xcc => u16_at(data, 0).map(|number| Cell::Number(f64::from(number as i16))),
        0xcd => strings.string(data, 0, 2).map(Cell::text_of),
        0xce => moment(data),
        _ => None,
    };
    found.unwrap_or_default()
}

fn moment(data: &[u8]) -> Option<Cell> {
    let (year, month) = (u16_at(data, 0)?, u16_at(data, 2)?);
    let [day, hour, minute, second] = [4, 5, 6, 7].map(|at| data.get(at).copied().unwrap_or(0));
    let date = Date::new(i16::try_from(year).ok()?, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()?;
    Some(match (hour, minute, second) {
        (0, 0, 0) => Cell::Date(date),
        _ => Cell::Text(format!("{date} {hour:02}:{minute:02}:{second:02}").into()),
    })
}

/// Cells of other workbooks, sheet by sheet, and what the workbooks are called (MS-XLS 2.4.271, 2.4.329, 2.4.65).
pub(super) fn others(stream: &[u8], strings: Strings, job: &mut Job<'_, '_>) -> Result<(), Full> {
    let mut names = Vec::new();
    let mut sheets: Vec<String> = Vec::new();
    let mut tables: Vec<(String, BTreeMap<u16, Vec<Cell>>)> = Vec::new();
    let mut cells = 0_usize;
    let mut records = Records::new(stream, 0);
    records.next();
    for (kind, data) in records {
        match kind {
            END => break,
            0x1ae if strings.unicode => {
                sheets.clear();
                let count = u16_at(data, 0).unwrap_or(0);
                // This workbook itself, and functions of programs, have a mark instead of a name.
                if !matches!(u16_at(data, 2), Some(0x0401 | 0x3a01)) && data.len() > 4 {
                    let mut at = 2;
                    for index in 0..=u32::from(count) {
                        let Some((text, end)) = strings.string_and_end(data, at, 2) else { break };
                        at = end;
                        if index == 0 { names.push(path(&text)) } else { sheets.push(text) }
                    }
                }
            }
            0x59 => {
                let sheet = u16_at(data, 2).and_then(|number| sheets.get(usize::from(number))).cloned();
                tables.push((sheet.unwrap_or_default(), BTreeMap::new()));
            }
            0x5a if cells < CELLS => {
                let (Some((_, rows)), Some(row)) = (tables.last_mut(), u16_at(data, 2)) else { continue };
                let (Some(last), Some(first)) = (data.first(), data.get(1)) else { continue };
                let row = rows.entry(row).or_default();
                let mut at = 4;
                for column in *first..=*last {
                    let Some((value, end)) = operand(data, at, strings) else { break };
                    at = end;
                    if row.len() <= usize::from(column) {
                        cells += usize::from(column) + 1 - row.len();
                        row.resize(usize::from(column) + 1, Cell::Empty);
                    }
                    row.get_mut(usize::from(column)).into_iter().for_each(|place| *place = value.clone());
                }
            }
            _ => {}
        }
    }
    names.retain(|name| !name.is_empty());
    job.out.text("other workbooks", Visibility::Hidden, 1, names.join("\n"))?;
    for (number, (sheet, rows)) in (1_u32..).zip(tables) {
        let part = format!("other workbook sheet {number} {sheet}");
        for (row, cells) in rows {
            let table = Table { first_row: u32::from(row) + 1, continued: true, rows: vec![cells] };
            job.out.table(part.trim_end(), Visibility::Hidden, table)?;
        }
    }
    Ok(())
}

/// A path in which control characters stand for drives and folders (MS-XLS 2.5.277).
fn path(encoded: &str) -> String {
    let part = |character: char| match character {
        '\x01' | '\x02' | '\x04'..='\x08' => None,
        '\x03' => Some('\\'),
        other => Some(other),
    };
    encoded.chars().filter_map(part).collect()
}
