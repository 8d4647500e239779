//! What spreadsheets of every kind share: rows put together from single cells, and values as the sheet shows them.
//!
//! Cells, and the bytes of their text where many cells share one string, are counted before they are held.

use super::{CELLS_OVER, Full, Limits, Out, Visibility};
use assay_model::{Cell, Table};
use jiff::civil::Date;

/// Rows and columns of the largest sheet that Excel makes; cells beyond are no workbook's.
pub(super) const ROWS: u32 = 1_048_576;
pub(super) const COLUMNS: u32 = 16_384;

/// Cells gathered before they are handed over, whatever the number of their rows.
const GATHERED: u64 = 4_000_000;

/// Text of cells gathered before it is handed over, bytes.
const GATHERED_TEXT: u64 = 32 << 20;

/// Rows of one sheet on their way out.
pub(super) struct Gather<'g, 'o> {
    part: &'g str,
    out: &'g mut Out<'o>,
    table: Table,
    cells: u64,
    text: u64,
    visibility: Visibility,
    passage_rows: u32,
    is_hidden: &'g dyn Fn(u32) -> bool,
}

impl<'g, 'o> Gather<'g, 'o> {
    /// A sheet of this name; `is_hidden` says of a row, counted from one, whether it is.
    pub(super) fn new(
        part: &'g str,
        out: &'g mut Out<'o>,
        limits: &Limits,
        is_hidden: &'g dyn Fn(u32) -> bool,
    ) -> Self {
        Self {
            part,
            out,
            table: Table { first_row: 1, ..Table::default() },
            cells: 0,
            text: 0,
            visibility: Visibility::Shown,
            passage_rows: limits.passage_rows,
            is_hidden,
        }
    }

    /// One cell; rows count from one, columns from zero.
    pub(super) fn put(&mut self, row: u32, column: u32, value: Cell) -> Result<(), Full> {
        let out_of_order = row < self.table.first_row;
        if out_of_order || row > ROWS || column >= COLUMNS {
            self.out.partial("cells outside a sheet's bounds or order were not read");
            return Ok(());
        }
        if self.table.rows.is_empty() {
            self.table.first_row = row;
        }
        if let Cell::Text(text) = &value {
            self.text += text.len() as u64;
            let Some(left) = self.out.cell_text_left.checked_sub(text.len() as u64) else {
                self.flush()?;
                return self.out.full("text over the limit of this item was not read");
            };
            self.out.cell_text_left = left;
        }
        let visibility = if (self.is_hidden)(row) { Visibility::Hidden } else { Visibility::Shown };
        let held = self.table.rows.len() as u32;
        let index = row - self.table.first_row;
        let new_row = index >= held;
        if new_row
            && (index >= self.passage_rows
                || visibility != self.visibility
                || self.cells > GATHERED
                || self.text > GATHERED_TEXT)
        {
            self.flush()?;
            self.table.first_row = row;
            self.visibility = visibility;
        }
        let index = (row - self.table.first_row) as usize;
        if index >= self.table.rows.len() {
            let width = self.table.rows.last().map_or(0, Vec::len);
            self.table.rows.resize_with(index, Vec::new);
            self.table.rows.push(Vec::with_capacity(width));
        }
        let Some(cells) = self.table.rows.get_mut(index) else { return Ok(()) };
        let column = column as usize;
        if column >= cells.len() {
            self.cells += (column + 1 - cells.len()) as u64;
            if self.cells > self.out.cells_left {
                self.flush()?;
                return self.out.full(CELLS_OVER);
            }
            if column > cells.len() {
                cells.resize(column, Cell::Empty);
            }
            cells.push(value);
        } else if let Some(place) = cells.get_mut(column) {
            *place = value;
        }
        Ok(())
    }

    /// Hands over what is gathered.
    pub(super) fn flush(&mut self) -> Result<(), Full> {
        self.cells = 0;
        self.text = 0;
        let next = self.table.first_row.saturating_add(self.table.rows.len() as u32);
        let given = !self.table.rows.is_empty();
        let continued = self.table.continued || given;
        let table = std::mem::replace(&mut self.table, Table { first_row: next, continued, rows: Vec::new() });
        if given { self.out.table(self.part, self.visibility, table) } else { Ok(()) }
    }
}

/// A moment written out: a whole day as a date, others as `YYYY-MM-DD HH:MM:SS`.
pub(super) fn iso(value: &str) -> Cell {
    let day = value.strip_suffix("T00:00:00").or_else(|| value.strip_suffix("T00:00:00Z")).unwrap_or(value);
    if let Some(date) = day.parse::<Date>().ok().filter(|_| day.len() == 10) {
        return Cell::Date(date);
    }
    match day.split_once('T') {
        _ if day.is_empty() => Cell::Empty,
        Some((date, time)) if date.len() == 10 => {
            Cell::Text(format!("{date} {}", time.split(['.', 'Z']).next().unwrap_or(time)).into())
        }
        _ => Cell::Text(value.into()),
    }
}
