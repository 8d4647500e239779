//! Running text with tables in it, as documents and web pages have it: lines are numbered, each table becomes a passage
//! of its own in its place, and what was struck out or hidden is kept apart with the wording around it.
//!
//! A table of one column, or one that only holds other tables, is layout: its text runs on as lines.

use super::{CELLS_OVER, Full, Out, Visibility};
use assay_model::{Cell, Table};

/// The widest span taken literally: HTML allows a thousand, of which hostile pages make millions of cells.
const SPAN: usize = 64;

/// Tables within tables that are told apart; deeper ones run on in the innermost.
const DEPTH: usize = 64;

/// A part of a document being put together.
pub(super) struct Flow {
    part: String,
    /// Empty for the body: its tables are `table 1`; those of a header are `header table 1`.
    prefix: String,
    pieces: Vec<Piece>,
    text: String,
    first: u32,
    next: u32,
    former: Vec<(u32, String)>,
    tables: Vec<Open>,
    seen: u32,
    /// Tables open beyond [`DEPTH`].
    ignored: u32,
    cells_left: u64,
    over: bool,
    /// What the whole part is at most.
    visibility: Visibility,
}

enum Piece {
    Text(Visibility, u32, String),
    Table(Visibility, u32, Table),
}

#[derive(Default)]
struct Open {
    number: u32,
    rows: Vec<Vec<Cell>>,
    /// Rows as they were before what was struck out went, with their numbers.
    former_rows: Vec<(u32, Vec<Cell>)>,
    row: Vec<Cell>,
    /// The row as it was before, once a cell of it differs.
    former_row: Option<Vec<Cell>>,
    changed: bool,
    cell: Option<OpenCell>,
    /// The buffer of the last cell.
    spare: String,
    nested: bool,
    after: Vec<Piece>,
}

/// A cell being put together: its text, and how it read before where that differs.
#[derive(Default)]
struct OpenCell {
    text: String,
    former: Option<String>,
}

impl Flow {
    /// A part named `part`; `cells` bounds what its tables may hold.
    pub(super) fn new(part: &str, cells: u64) -> Self {
        Self {
            part: part.to_owned(),
            prefix: if part == "body" { String::new() } else { format!("{part} ") },
            pieces: Vec::new(),
            text: String::new(),
            first: 1,
            next: 1,
            former: Vec::new(),
            tables: Vec::new(),
            seen: 0,
            ignored: 0,
            cells_left: cells,
            over: false,
            visibility: Visibility::Shown,
        }
    }

    /// A part that nobody sees who opens the document: all of it is marked hidden.
    pub(super) fn hidden(part: &str, cells: u64) -> Self {
        Self { visibility: Visibility::Hidden, ..Self::new(part, cells) }
    }

    /// One paragraph; `former` is how it read before deletions, or with what is hidden, where that differs.
    pub(super) fn line(&mut self, shown: &str, former: Option<&str>) {
        if let Some(open) = self.tables.last_mut() {
            if let Some(cell) = &mut open.cell {
                if former.is_some() && cell.former.is_none() {
                    cell.former = Some(cell.text.clone());
                }
                append(&mut cell.text, shown);
                if let Some(before) = &mut cell.former {
                    append(before, former.unwrap_or(shown));
                }
                open.changed |= former.is_some();
                return;
            }
            // Text between rows or cells is misplaced; browsers show it before the table.
            if shown.trim().is_empty() && former.is_none() {
                return;
            }
        }
        if let Some(former) = former {
            self.former.push((self.next, former.to_owned()));
        }
        self.text.push_str(shown);
        self.text.push('\n');
        self.next = self.next.saturating_add(1 + shown.matches('\n').count() as u32);
    }

    /// Whether the last line of running text is blank, so that another would say nothing.
    pub(super) fn ends_blank(&self) -> bool {
        match self.tables.last().and_then(|open| open.cell.as_ref()) {
            Some(OpenCell { text, .. }) => text.is_empty() || text.ends_with('\n'),
            None => self.text.is_empty() || self.text.ends_with("\n\n"),
        }
    }

    /// Whether a table is open: rows and cells belong nowhere else.
    pub(super) fn in_table(&self) -> bool {
        !self.tables.is_empty()
    }

    pub(super) fn table_start(&mut self) {
        if self.tables.len() >= DEPTH {
            self.ignored = self.ignored.saturating_add(1);
            return;
        }
        if self.tables.is_empty() {
            self.flush();
        }
        if let Some(outer) = self.tables.last_mut() {
            outer.nested = true;
        }
        self.seen += 1;
        self.tables.push(Open { number: self.seen, ..Open::default() });
    }

    pub(super) fn cell_start(&mut self) {
        self.cell_end(1);
        if let Some(open) = self.tables.last_mut() {
            let text = std::mem::take(&mut open.spare);
            open.cell = Some(OpenCell { text, former: None });
        }
    }

    /// Ends the open cell, if one is; it covers `span` columns.
    pub(super) fn cell_end(&mut self, span: usize) {
        let Some(open) = self.tables.last_mut() else { return };
        let Some(OpenCell { mut text, former }) = open.cell.take() else { return };
        let span = span.clamp(1, SPAN);
        let Some(left) = self.cells_left.checked_sub(span as u64) else {
            self.over = true;
            return;
        };
        self.cells_left = left;
        if former.is_some() && open.former_row.is_none() {
            open.former_row = Some(open.row.clone());
        }
        let width = open.row.len() + span;
        if let Some(row) = &mut open.former_row {
            row.push(cell(former.as_deref().unwrap_or(&text)));
            row.resize(width, Cell::Empty);
        }
        open.row.push(cell(&text));
        open.row.resize(width, Cell::Empty);
        text.clear();
        open.spare = text;
    }

    pub(super) fn row_end(&mut self) {
        self.cell_end(1);
        let Some(open) = self.tables.last_mut() else { return };
        if open.row.is_empty() {
            return;
        }
        let former = std::mem::take(&mut open.former_row);
        if std::mem::take(&mut open.changed) {
            let former = former.unwrap_or_else(|| open.row.clone());
            open.former_rows.push((open.rows.len() as u32 + 1, former));
        }
        let width = open.row.len();
        open.rows.push(std::mem::replace(&mut open.row, Vec::with_capacity(width)));
    }

    pub(super) fn table_end(&mut self) {
        if let Some(fewer) = self.ignored.checked_sub(1) {
            self.ignored = fewer;
            return;
        }
        self.row_end();
        let Some(open) = self.tables.pop() else { return };
        let Open { number, rows, former_rows, nested, mut after, .. } = open;
        let layout = nested || rows.iter().all(|row| row.len() <= 1);
        let mut pieces = Vec::new();
        if layout {
            // Hidden wordings of layout rows run on beside them.
            let mut former = former_rows.into_iter().peekable();
            for (index, row) in rows.iter().enumerate() {
                let before = former.next_if(|(number, _)| *number == index as u32 + 1).map(|(_, row)| joined(&row));
                self.line(&joined(row), before.as_deref());
            }
            if self.tables.is_empty() && !after.is_empty() {
                self.flush();
            }
        } else {
            pieces.push(Piece::Table(Visibility::Shown, number, Table { first_row: 1, continued: false, rows }));
            pieces.extend(former_rows.into_iter().map(|(row, cells)| {
                Piece::Table(Visibility::Hidden, number, Table { first_row: row, continued: true, rows: vec![cells] })
            }));
        }
        pieces.append(&mut after);
        match self.tables.last_mut() {
            Some(outer) => outer.after.append(&mut pieces),
            None => self.pieces.append(&mut pieces),
        }
    }

    /// Hands over what stands already, once it is much: of a large document only the table that is open is held.
    pub(super) fn hand_over(&mut self, out: &mut Out<'_>) -> Result<(), Full> {
        const MUCH: usize = 1 << 20;
        const PIECES: usize = 256;
        if !self.tables.is_empty() || self.text.len() < MUCH && self.pieces.len() < PIECES {
            return Ok(());
        }
        self.flush();
        self.give(out)
    }

    fn give(&mut self, out: &mut Out<'_>) -> Result<(), Full> {
        let at_most = |visibility| if self.visibility == Visibility::Hidden { Visibility::Hidden } else { visibility };
        for piece in std::mem::take(&mut self.pieces) {
            match piece {
                Piece::Text(visibility, first, text) => out.text(&self.part, at_most(visibility), first, text)?,
                Piece::Table(visibility, number, table) => {
                    let visibility = at_most(visibility);
                    out.table(&format!("{}table {number}", self.prefix), visibility, table)?;
                }
            }
        }
        Ok(())
    }

    fn flush(&mut self) {
        let text = std::mem::take(&mut self.text);
        let text = text.trim_end_matches('\n');
        if !text.is_empty() {
            self.pieces.push(Piece::Text(Visibility::Shown, self.first, text.to_owned()));
        }
        let former = std::mem::take(&mut self.former);
        self.pieces.extend(former.into_iter().map(|(line, text)| Piece::Text(Visibility::Hidden, line, text)));
        self.first = self.next;
    }

    /// Adds the words gathered so far, as [`super::bodies`] compares them.
    pub(super) fn words(&mut self, all: &mut Vec<u64>) {
        self.close();
        let mut add = |text: &str| all.extend(text.split_whitespace().filter_map(super::bodies::solid));
        for piece in &self.pieces {
            match piece {
                Piece::Text(_, _, text) => add(text),
                Piece::Table(_, _, table) => table.rows.iter().flatten().for_each(|cell| add(&cell.text())),
            }
        }
    }

    /// Whether a table was gathered.
    pub(super) fn has_table(&self) -> bool {
        self.pieces.iter().any(|piece| matches!(piece, Piece::Table(..)))
    }

    fn close(&mut self) {
        self.ignored = 0;
        while !self.tables.is_empty() {
            self.table_end();
        }
        self.flush();
    }

    /// Hands everything over as what a person does not see, where `visibility` says so.
    pub(super) fn finish_as(mut self, visibility: Visibility, out: &mut Out<'_>) -> Result<(), Full> {
        self.close();
        if visibility == Visibility::Hidden {
            for piece in &mut self.pieces {
                match piece {
                    Piece::Text(visibility, ..) | Piece::Table(visibility, ..) => *visibility = Visibility::Hidden,
                }
            }
        }
        self.finish(out)
    }

    /// Hands everything over.
    pub(super) fn finish(mut self, out: &mut Out<'_>) -> Result<(), Full> {
        self.close();
        self.give(out)?;
        if self.over { out.full(CELLS_OVER) } else { Ok(()) }
    }
}

fn append(text: &mut String, line: &str) {
    if !text.is_empty() {
        text.push('\n');
    }
    text.push_str(line);
}

fn cell(text: &str) -> Cell {
    let text = text.trim_end_matches('\n');
    if text.trim().is_empty() { Cell::Empty } else { Cell::Text(text.into()) }
}

fn joined(row: &[Cell]) -> String {
    row.iter().filter(|cell| !cell.is_blank()).map(Cell::text).collect::<Vec<_>>().join("\t")
}
