//! Records of named tables on their way out: what database dumps and data formats are made of. Several tables may be
//! under way at once; rows of one come in one passage as far as what is gathered allows, the next passage is continued.

use super::{Full, Out, Visibility};
use assay_model::{Cell, Table};
use std::collections::BTreeMap;

/// Cells gathered over all tables before they are handed over.
const GATHERED: u64 = 500_000;

/// Text gathered, bytes.
const TEXT: usize = 8 << 20;

/// Tables of one item.
const TABLES: usize = 65_536;

/// Columns of the widest table that is read; what lies beyond in a row is no table's.
pub(super) const COLUMNS: usize = 16_384;

/// What is said where a row is wider than that.
pub(super) const COLUMNS_OVER: &str = "columns beyond the 16,384th were not read";

/// Gathers records and gives them as passages.
pub(super) struct Records<'r, 'o> {
    pub(super) out: &'r mut Out<'o>,
    passage_rows: usize,
    tables: Vec<Open>,
    places: BTreeMap<(String, bool), usize>,
    /// The table of the last record.
    current: usize,
    cells: u64,
    text: usize,
    /// Whether a record came at all.
    pub(super) any: bool,
}

/// A table that rows came of.
struct Open {
    part: String,
    visibility: Visibility,
    header: Vec<String>,
    table: Table,
}

impl<'r, 'o> Records<'r, 'o> {
    pub(super) fn new(out: &'r mut Out<'o>, passage_rows: u32) -> Self {
        Self {
            out,
            passage_rows: passage_rows.max(1) as usize,
            tables: Vec::new(),
            places: BTreeMap::new(),
            current: 0,
            cells: 0,
            text: 0,
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
        let current = self.tables.get(self.current);
        if !current.is_some_and(|open| open.part == part && open.visibility == visibility) {
            self.current = self.place(part, visibility)?;
        }
        let new = self.tables.get(self.current).is_none_or(|open| {
            open.header != header || open.table.first_row == 1 && open.table.rows.is_empty() && !open.table.continued
        });
        if new {
            self.give(self.current)?;
            if let Some(open) = self.tables.get_mut(self.current) {
                header.clone_into(&mut open.header);
                open.table.continued = false;
                if !header.is_empty() {
                    self.push(header.iter().map(|name| Cell::Text(name.as_str().into())).collect());
                }
            }
        }
        self.any = true;
        self.push(row);
        self.bound()
    }

    fn bound(&mut self) -> Result<(), Full> {
        if self.cells > GATHERED.min(self.out.cells_left) || self.text > TEXT {
            return self.flush();
        }
        let rows = self.tables.get(self.current).map_or(0, |open| open.table.rows.len());
        if rows >= self.passage_rows { self.give(self.current) } else { Ok(()) }
    }

    /// Adds a record of the same table and header as the last.
    pub(super) fn put_like_last(&mut self, row: Vec<Cell>) -> Result<(), Full> {
        self.push(row);
        self.bound()
    }

    fn place(&mut self, part: &str, visibility: Visibility) -> Result<usize, Full> {
        let key = (part.to_owned(), visibility == Visibility::Hidden);
        if let Some(place) = self.places.get(&key) {
            return Ok(*place);
        }
        if self.tables.len() >= TABLES {
            self.flush()?;
            self.out.full("tables beyond the 65,536th were not read")?;
        }
        let table = Table { first_row: 1, continued: false, rows: Vec::new() };
        self.tables.push(Open { part: part.to_owned(), visibility, header: Vec::new(), table });
        self.places.insert(key, self.tables.len() - 1);
        Ok(self.tables.len() - 1)
    }

    fn push(&mut self, row: Vec<Cell>) {
        self.cells += row.len() as u64;
        self.text += row.iter().map(|cell| if let Cell::Text(text) = cell { text.len() } else { 0 }).sum::<usize>();
        if let Some(open) = self.tables.get_mut(self.current) {
            open.table.rows.push(row);
        }
    }

    /// Gives what is gathered of one table.
    fn give(&mut self, place: usize) -> Result<(), Full> {
        let Some(open) = self.tables.get_mut(place) else { return Ok(()) };
        if open.table.rows.is_empty() {
            return Ok(());
        }
        let first_row = open.table.first_row.saturating_add(open.table.rows.len() as u32);
        let next = Table { first_row, continued: true, rows: Vec::new() };
        let table = std::mem::replace(&mut open.table, next);
        let cells: u64 = table.rows.iter().map(|row| row.len() as u64).sum();
        self.cells = self.cells.saturating_sub(cells);
        self.out.table(&open.part, open.visibility, table)
    }

    /// Gives what is gathered, in the order in which the tables came first.
    pub(super) fn flush(&mut self) -> Result<(), Full> {
        for place in 0..self.tables.len() {
            self.give(place)?;
        }
        (self.cells, self.text) = (0, 0);
        Ok(())
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
        _ => Cell::Text(text.into()),
    }
}
