//! Records of named tables on their way out: what database dumps and data formats are made of. Rows of one table that
//! follow each other come in one passage; a table that comes again is continued.

use super::{Full, Out, Visibility};
use assay_model::{Cell, Table};
use std::collections::BTreeMap;

/// Cells gathered before they are handed over, whatever the number of their rows.
const GATHERED: u64 = 4_000_000;

/// Columns of the widest table that is read; what lies beyond in a row is no table's.
pub(super) const COLUMNS: usize = 16_384;

/// What is said where a row is wider than that.
pub(super) const COLUMNS_OVER: &str = "columns beyond the 16,384th were not read";

/// Gathers records and gives them as passages.
pub(super) struct Records<'r, 'o> {
    pub(super) out: &'r mut Out<'o>,
    passage_rows: usize,
    seen: BTreeMap<(String, bool), Seen>,
    part: String,
    visibility: Visibility,
    table: Table,
    cells: u64,
    /// Whether a record came at all.
    pub(super) any: bool,
}

/// A table that came before.
struct Seen {
    header: Vec<String>,
    next_row: u32,
}

impl<'r, 'o> Records<'r, 'o> {
    pub(super) fn new(out: &'r mut Out<'o>, passage_rows: u32) -> Self {
        Self {
            out,
            passage_rows: passage_rows.max(1) as usize,
            seen: BTreeMap::new(),
            part: String::new(),
            visibility: Visibility::Shown,
            table: Table::default(),
            cells: 0,
            any: false,
        }
    }

    /// Adds a record. `header` may be empty where no column has a name; a header other than before stands above its
    /// rows again.
    pub(super) fn put(
        &mut self,
        part: &str,
        visibility: Visibility,
        header: &[String],
        row: Vec<Cell>,
    ) -> Result<(), Full> {
        let other = self.part != part || self.visibility != visibility;
        if other {
            self.flush()?;
            part.clone_into(&mut self.part);
            self.visibility = visibility;
        }
        let key = (part.to_owned(), visibility == Visibility::Hidden);
        let known = self.seen.get(&key).is_some_and(|seen| seen.header == header);
        if !known || !self.any {
            self.flush()?;
            let first_row = self.seen.get(&key).map_or(1, |seen| seen.next_row);
            self.seen.insert(key, Seen { header: header.to_vec(), next_row: first_row });
            self.table = Table { first_row, ..Table::default() };
            if !header.is_empty() {
                self.push(header.iter().map(|name| Cell::Text(name.clone())).collect());
            }
        } else if other {
            let first_row = self.seen.get(&key).map_or(1, |seen| seen.next_row);
            self.table = Table { first_row, continued: true, rows: Vec::new() };
        }
        self.any = true;
        self.push(row);
        let many = self.cells > GATHERED.min(self.out.cells_left);
        if many || self.table.rows.len() >= self.passage_rows { self.flush() } else { Ok(()) }
    }

    fn push(&mut self, row: Vec<Cell>) {
        self.cells += row.len() as u64;
        self.table.rows.push(row);
    }

    /// Gives what is gathered.
    pub(super) fn flush(&mut self) -> Result<(), Full> {
        self.cells = 0;
        if self.table.rows.is_empty() {
            return Ok(());
        }
        let first_row = self.table.first_row.saturating_add(self.table.rows.len() as u32);
        let next = Table { first_row, continued: true, rows: Vec::new() };
        let table = std::mem::replace(&mut self.table, next);
        if let Some(seen) = self.seen.get_mut(&(self.part.clone(), self.visibility == Visibility::Hidden)) {
            seen.next_row = first_row;
        }
        self.out.table(&self.part, self.visibility, table)
    }
}

/// A number as notations write it; text where digits would be lost: `007`, and more of them than a double holds.
pub(super) fn number(text: &str) -> Cell {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let plain = text.strip_prefix('-').unwrap_or(text);
    let padded = plain.len() > 1 && plain.starts_with('0') && !plain.starts_with("0.");
    let starts = plain.as_bytes().first().is_some_and(u8::is_ascii_digit);
    match text.parse::<f64>() {
        Ok(number) if starts && number.is_finite() && digits <= 15 && !padded => Cell::Number(number),
        _ if text.is_empty() => Cell::Empty,
        _ => Cell::Text(text.to_owned()),
    }
}
