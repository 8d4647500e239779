//! SQLite databases, from their bytes: every table's rows under the columns that its CREATE TABLE names
//! (<https://sqlite.org/fileformat2.html>).
//!
//! Free pages and what a separate write-ahead log holds are not read. Tables WITHOUT ROWID are said and not read. A
//! database that is encrypted as a whole looks like any random bytes, and is not recognised.

use super::records::{self, Records};
use super::{Full, Job, Visibility, sql};
use assay_model::{Cell, UnreadReason};
use std::collections::BTreeSet;

const DAMAGED: &str = "pages of the database that are damaged were not read";

pub(super) fn read(job: &mut Job<'_, '_>) -> Result<(), UnreadReason> {
    let bytes = job.whole()?;
    let size = match big(&bytes, 16, 2) {
        Some(1) => 65_536,
        Some(size) if size.is_power_of_two() && size >= 512 => size,
        _ => return Err(UnreadReason::Corrupt),
    };
    let reserved = bytes.get(20).map_or(0, |byte| usize::from(*byte));
    if size < reserved + 480 {
        return Err(UnreadReason::Corrupt);
    }
    let encoding = match big(&bytes, 56, 4) {
        Some(2) => encoding_rs::UTF_16LE,
        Some(3) => encoding_rs::UTF_16BE,
        _ => encoding_rs::UTF_8,
    };
    let mut file = File {
        bytes: &bytes,
        size,
        usable: size - reserved,
        encoding,
        visited: BTreeSet::new(),
        left: bytes.len(),
        damaged: false,
        blobs: false,
    };
    let mut tables = Vec::new();
    // The schema's own rows are no passage: nothing of it is full.
    let _ = file.tree(1, &mut |_, row| {
        tables.push(row);
        Ok(())
    });
    if tables.is_empty() && file.damaged {
        return Err(UnreadReason::Corrupt);
    }
    let mut records = Records::new(&mut *job.out, job.reading.limits.passage_rows);
    for table in tables {
        if give(&mut file, &table, &mut records).is_err() {
            return Ok(());
        }
    }
    // A limit reached is said by the one who counts.
    let _ = records.flush();
    if file.damaged {
        job.out.partial(DAMAGED);
    }
    if file.blobs {
        job.out.partial("binary values were not read");
    }
    Ok(())
}

/// Gives the table that a row of the schema describes: type, name, table, root page, SQL.
fn give(file: &mut File<'_>, schema: &[Cell], records: &mut Records<'_, '_>) -> Result<(), Full> {
    let text = |at: usize| schema.get(at).map_or_else(String::new, |cell| cell.text().into_owned());
    let (kind, name, sql) = (text(0), text(1), text(4));
    let root = text(3).parse::<usize>().unwrap_or(0);
    if kind != "table" || name.starts_with("sqlite_") || root == 0 {
        return Ok(());
    }
    let tail = sql.rsplit(')').next().unwrap_or_default().to_ascii_lowercase();
    if tail.contains("without") {
        records.out.partial("tables without row ids were not read: unsupported");
        return Ok(());
    }
    let (header, key) = sql::defined(&sql);
    file.tree(root, &mut |id, mut row| {
        // The column that is the row's number is not stored twice.
        if let Some(cell) = key.and_then(|key| row.get_mut(key))
            && *cell == Cell::Empty
        {
            *cell = whole(id);
        }
        records.put(&name, Visibility::Shown, &header, row)
    })
}

/// A database being read.
struct File<'a> {
    bytes: &'a [u8],
    size: usize,
    usable: usize,
    encoding: &'static encoding_rs::Encoding,
    /// Every page belongs to one tree or one chain: a second visit is a cycle.
    visited: BTreeSet<usize>,
    /// Records together hold no more than the file does.
    left: usize,
    damaged: bool,
    blobs: bool,
}

impl<'a> File<'a> {
    fn page(&mut self, number: usize) -> Option<&'a [u8]> {
        let start = number.checked_sub(1)?.checked_mul(self.size)?;
        let page = self.bytes.get(start..start.checked_add(self.usable)?)?;
        self.visited.insert(number).then_some(page)
    }

    /// Hands over the rows of a table's tree, in order.
    fn tree(&mut self, root: usize, visit: &mut dyn FnMut(i64, Vec<Cell>) -> Result<(), Full>) -> Result<(), Full> {
        let mut waiting = vec![root];
        while let Some(number) = waiting.pop() {
            let Some(page) = self.page(number) else {
                self.damaged = true;
                continue;
            };
            let start = if number == 1 { 100 } else { 0 };
            let cells = big(page, start + 3, 2).unwrap_or(0);
            match page.get(start) {
                Some(0x0d) => {
                    for index in 0..cells {
                        match big(page, start + 8 + 2 * index, 2).and_then(|at| self.row(page, at)) {
                            Some((id, row)) => visit(id, row)?,
                            None => self.damaged = true,
                        }
                    }
                }
                Some(0x05) => {
                    waiting.extend(big(page, start + 8, 4));
                    for index in (0..cells).rev() {
                        let child = big(page, start + 12 + 2 * index, 2).and_then(|at| big(page, at, 4));
                        waiting.extend(child);
                        self.damaged |= child.is_none();
                    }
                }
                _ => self.damaged = true,
            }
        }
        Ok(())
    }

    fn row(&mut self, page: &'a [u8], at: usize) -> Option<(i64, Vec<Cell>)> {
        let (length, at) = varint(page, at)?;
        let (id, at) = varint(page, at)?;
        let length = usize::try_from(length).ok()?;
        self.left = self.left.checked_sub(length)?;
        let (most, least) = (self.usable - 35, (self.usable - 12) * 32 / 255 - 23);
        if length <= most {
            return Some((id, self.record(page.get(at..at + length)?)?));
        }
        let some = least + (length - least) % (self.usable - 4);
        let local = if some <= most { some } else { least };
        let mut payload = page.get(at..at + local)?.to_vec();
        let mut next = big(page, at + local, 4)?;
        while payload.len() < length {
            let page = self.page(next)?;
            next = big(page, 0, 4)?;
            let part = page.get(4..)?;
            payload.extend_from_slice(part.get(..part.len().min(length - payload.len()))?);
        }
        Some((id, self.record(&payload)?))
    }

    fn record(&mut self, payload: &[u8]) -> Option<Vec<Cell>> {
        let (header, mut at) = varint(payload, 0)?;
        let header = usize::try_from(header).ok()?;
        let mut body = header;
        let mut row = Vec::new();
        while at < header && row.len() < records::COLUMNS {
            let (kind, next) = varint(payload, at)?;
            at = next;
            let kind = usize::try_from(kind).ok()?;
            let length = match kind {
                0 | 8 | 9 => 0,
                1..=4 => kind,
                5 => 6,
                6 | 7 => 8,
                10 | 11 => return None,
                _ => (kind - 12) / 2,
            };
            let value = payload.get(body..body.checked_add(length)?)?;
            body += length;
            row.push(match kind {
                0 => Cell::Empty,
                8 => Cell::Number(0.0),
                9 => Cell::Number(1.0),
                1..=6 => whole(signed(value)),
                7 => Cell::Number(f64::from_be_bytes(value.try_into().ok()?)),
                _ if kind % 2 == 0 => {
                    self.blobs |= length > 0;
                    Cell::Empty
                }
                _ if length == 0 => Cell::Empty,
                _ => Cell::Text(self.encoding.decode_without_bom_handling(value).0.into_owned().into()),
            });
        }
        Some(row)
    }
}

/// A whole number; as text where a double would lose its digits.
fn whole(number: i64) -> Cell {
    if number.unsigned_abs() <= 1 << 53 { Cell::Number(number as f64) } else { Cell::Text(number.to_string().into()) }
}

fn signed(bytes: &[u8]) -> i64 {
    let start = if bytes.first().is_some_and(|first| *first >= 0x80) { -1 } else { 0 };
    bytes.iter().fold(start, |number, byte| (number << 8) | i64::from(*byte))
}

fn big(bytes: &[u8], at: usize, length: usize) -> Option<usize> {
    let found = bytes.get(at..at.checked_add(length)?)?;
    Some(found.iter().fold(0, |number, byte| (number << 8) | usize::from(*byte)))
}

/// A number of one to nine bytes, and where it ends.
fn varint(bytes: &[u8], at: usize) -> Option<(i64, usize)> {
    let mut number = 0_i64;
    for index in 0..9 {
        let byte = *bytes.get(at.checked_add(index)?)?;
        if index == 8 {
            return Some(((number << 8) | i64::from(byte), at + 9));
        }
        number = (number << 7) | i64::from(byte & 0x7f);
        if byte < 0x80 {
            return Some((number, at + index + 1));
        }
    }
    None
}
