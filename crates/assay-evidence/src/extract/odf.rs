//! OpenDocument: texts, spreadsheets and presentations. Paragraphs, tables, headers and footers, notes, comments, typed
//! cells; what tracked changes deleted, hidden sheets and hidden rows are marked hidden.
//!
//! Repeated cells and rows are counted as what they repeat to. Formulas stand as their last value; objects embedded as
//! parts of the package, and number formats, are not read.

use super::flow::Flow;
use super::ooxml::{Package, Xml, attribute, events};
use super::sheets::{COLUMNS, Gather, ROWS, cell};
use super::{CELLS_OVER, Full, Job, ReadSeek, Visibility, Visit, zip};
use assay_model::{Cell, UnreadReason};
use calamine::DataRef;
use quick_xml::events::BytesStart;
use std::collections::BTreeSet;

/// Spaces that one element may stand for.
const SPACES: usize = 64;

fn is_embedded(name: &str) -> bool {
    ["Pictures/", "media/", "Media/"].iter().any(|folder| name.starts_with(folder))
}

/// Opens pictures and sounds.
pub(super) fn visit(input: &mut dyn ReadSeek, visit: &mut Visit<'_>) {
    zip::visit_where(input, visit, is_embedded);
}

pub(super) fn read(job: &mut Job<'_, '_>) -> Result<(), UnreadReason> {
    let read = document(job);
    // A package that opened before and does not now has nothing to list.
    let _ = zip::list(job, is_embedded);
    // A limit reached is said by the one who counts.
    read.map(drop)
}

fn document(job: &mut Job<'_, '_>) -> Result<Result<(), Full>, UnreadReason> {
    let limits = job.reading.limits;
    let mut package = Package::open(&mut *job.input, limits)?;
    if let Some(Ok(manifest)) = package.part("META-INF/manifest.xml")
        && manifest.contains("encryption-data")
    {
        return Err(UnreadReason::Encrypted);
    }
    let content = package.part("content.xml").ok_or(UnreadReason::Corrupt)??;
    let mut walk = Walk { cells_left: limits.cells, cells: limits.cells, ..Walk::default() };
    let mut damaged = u32::from(events(&content, limits.nesting, &mut |event| walk.event(event)).is_err());
    walk.finish();
    if let Some(Ok(styles)) = package.part("styles.xml") {
        damaged += u32::from(events(&styles, limits.nesting, &mut |event| walk.event(event)).is_err());
        walk.finish();
    }
    if damaged > 0 {
        job.out.partial(&format!("parts of the document that are damaged: {damaged}"));
    }
    Ok(walk.give(job))
}

struct Row {
    first: u32,
    repeat: u32,
    hidden: bool,
    cells: Vec<(u32, Cell)>,
}

#[derive(Default)]
struct Sheet {
    name: String,
    hidden: bool,
    rows: Vec<Row>,
    next: u32,
}

/// A cell of a sheet being read.
#[derive(Default)]
struct Open {
    value: Option<Cell>,
    text: String,
    repeat: u32,
}

#[derive(Default)]
struct Walk {
    cells: u64,
    cells_left: u64,
    over: bool,
    /// Parts, in the order of their first text.
    flows: Vec<(String, Flow)>,
    /// Where text belongs now, the innermost last; empty is the body.
    within: Vec<&'static str>,
    page: u32,
    paragraphs: Vec<String>,
    deleted: Vec<String>,
    spans: Vec<usize>,
    spreadsheet: bool,
    sheets: Vec<Sheet>,
    in_sheet: bool,
    columns: u32,
    row: Option<Row>,
    open: Option<Open>,
    style: String,
    hidden_styles: BTreeSet<String>,
    skipped: u32,
    /// Who wrote the comment that is being read, until its first line has it.
    author: Option<String>,
}

impl Walk {
    fn flow(&mut self) -> &mut Flow {
        let part = match self.within.last() {
            Some(part) => (*part).to_owned(),
            None if self.page > 0 => format!("page {}", self.page),
            None => "body".to_owned(),
        };
        let index = self.flows.iter().position(|(name, _)| *name == part).unwrap_or_else(|| {
            let flow = Flow::new(&part, self.cells);
            self.flows.push((part, flow));
            self.flows.len() - 1
        });
        &mut self.flows[index].1
    }

    fn event(&mut self, event: Xml<'_>) {
        match event {
            Xml::Start(name, start) => self.start(name, start),
            Xml::Text(text) if self.skipped == 0 => {
                if let Some(paragraph) = self.paragraphs.last_mut() {
                    paragraph.push_str(text);
                }
            }
            Xml::Text(_) => {}
            Xml::End(name) => self.end(name),
        }
    }

    fn start(&mut self, name: &str, start: &BytesStart<'_>) {
        match name {
            "p" | "h" => self.paragraphs.push(String::new()),
            "note-citation" => self.skipped += 1,
            // Who wrote a comment, and when, stand in front of its paragraphs.
            "creator" if self.in_comment() => self.paragraphs.push(String::new()),
            "date" | "date-string" if self.in_comment() => self.skipped += 1,
            "s" => {
                let count = attribute(start, "c").and_then(|count| count.parse().ok()).unwrap_or(1_usize);
                self.push(&" ".repeat(count.min(SPACES)));
            }
            "tab" => self.push("\t"),
            "line-break" => self.push("\n"),
            "annotation" | "notes" => self.within.push("comment"),
            "note" => self.within.push("footnote"),
            "header" | "header-first" | "header-left" => self.within.push("header"),
            "footer" | "footer-first" | "footer-left" => self.within.push("footer"),
            "deletion" => self.within.push("deleted"),
            "page" => self.page = self.page.saturating_add(1),
            "spreadsheet" => self.spreadsheet = true,
            "style" => self.style = attribute(start, "name").unwrap_or_default(),
            "table-properties" if attribute(start, "display").as_deref() == Some("false") => {
                self.hidden_styles.insert(self.style.clone());
            }
            "table" if self.spreadsheet && !self.in_sheet => {
                self.in_sheet = true;
                let hidden = attribute(start, "style-name").is_some_and(|style| self.hidden_styles.contains(&style));
                let name = attribute(start, "name").unwrap_or_default();
                self.sheets.push(Sheet { name, hidden, rows: Vec::new(), next: 1 });
            }
            "table" => self.flow().table_start(),
            "table-row" if self.in_sheet => {
                let hidden = attribute(start, "visibility").is_some_and(|seen| seen != "visible");
                self.columns = 0;
                self.row =
                    Some(Row { first: 0, repeat: repeat(start, "number-rows-repeated"), hidden, cells: Vec::new() });
            }
            "table-cell" | "covered-table-cell" if self.in_sheet => {
                let repeat = repeat(start, "number-columns-repeated");
                self.open = Some(Open { value: value(start), text: String::new(), repeat });
            }
            "table-cell" => {
                let span = attribute(start, "number-columns-spanned").and_then(|span| span.parse().ok());
                self.spans.push(span.unwrap_or(1));
                self.flow().cell_start();
            }
            _ => {}
        }
    }

    fn in_comment(&self) -> bool {
        self.within.last() == Some(&"comment")
    }

    fn push(&mut self, text: &str) {
        if let Some(paragraph) = self.paragraphs.last_mut() {
            paragraph.push_str(text);
        }
    }

    fn end(&mut self, name: &str) {
        match name {
            "p" | "h" => self.end_paragraph(),
            "note-citation" => self.skipped = self.skipped.saturating_sub(1),
            "creator" if self.in_comment() => self.author = self.paragraphs.pop(),
            "date" | "date-string" if self.in_comment() => self.skipped = self.skipped.saturating_sub(1),
            "annotation" | "notes" | "note" | "header" | "header-first" | "header-left" | "footer" | "footer-first"
            | "footer-left" | "deletion" => drop(self.within.pop()),
            "table-cell" | "covered-table-cell" if self.in_sheet => self.end_cell(),
            "table-cell" => {
                let span = self.spans.pop().unwrap_or(1);
                self.flow().cell_end(span);
            }
            "table-row" if self.in_sheet => self.end_row(),
            "table-row" => self.flow().row_end(),
            "table" if self.in_sheet => self.in_sheet = false,
            "table" => self.flow().table_end(),
            _ => {}
        }
    }

    fn end_paragraph(&mut self) {
        let Some(text) = self.paragraphs.pop() else { return };
        if self.within.last() == Some(&"deleted") {
            self.deleted.push(text);
        } else if let Some(open) = self.open.as_mut().filter(|_| self.within.is_empty()) {
            if !open.text.is_empty() {
                open.text.push('\n');
            }
            open.text.push_str(&text);
        } else {
            let text = match self.author.take().filter(|author| !author.is_empty()) {
                Some(author) => format!("{author}: {text}"),
                None => text,
            };
            self.flow().line(&text, None);
        }
    }

    fn end_cell(&mut self) {
        let (Some(open), Some(row)) = (self.open.take(), self.row.as_mut()) else { return };
        let value = open.value.unwrap_or_else(|| cell(&DataRef::String(open.text)));
        let first = self.columns;
        self.columns = first.saturating_add(open.repeat).min(COLUMNS);
        if value == Cell::Empty {
            return;
        }
        for column in first..self.columns {
            let Some(left) = self.cells_left.checked_sub(1) else {
                self.over = true;
                return;
            };
            self.cells_left = left;
            row.cells.push((column, value.clone()));
        }
    }

    fn end_row(&mut self) {
        let (Some(mut row), Some(sheet)) = (self.row.take(), self.sheets.last_mut()) else { return };
        row.first = sheet.next;
        row.repeat = row.repeat.min((ROWS + 1).saturating_sub(sheet.next));
        sheet.next = sheet.next.saturating_add(row.repeat);
        if !row.cells.is_empty() {
            sheet.rows.push(row);
        }
    }

    /// A part that was cut short leaves its last elements open.
    fn finish(&mut self) {
        while !self.paragraphs.is_empty() {
            self.end_paragraph();
        }
        self.end_cell();
        self.end_row();
        self.within.clear();
        self.skipped = 0;
        self.in_sheet = false;
    }

    fn give(self, job: &mut Job<'_, '_>) -> Result<(), Full> {
        for sheet in &self.sheets {
            let hidden = |row: u32| {
                let index = sheet.rows.partition_point(|held| held.first <= row);
                let held = index.checked_sub(1).and_then(|index| sheet.rows.get(index));
                sheet.hidden || held.is_some_and(|held| held.hidden)
            };
            let mut gather = Gather::new(&sheet.name, job.out, job.reading.limits, &hidden);
            for row in &sheet.rows {
                for number in row.first..row.first.saturating_add(row.repeat) {
                    row.cells.iter().try_for_each(|(column, value)| gather.put(number, *column, value.clone()))?;
                }
            }
            gather.flush()?;
        }
        for (_, flow) in self.flows {
            flow.finish(job.out)?;
        }
        job.out.text("body", Visibility::Hidden, 1, self.deleted.join("\n"))?;
        if self.over { job.out.full(CELLS_OVER) } else { Ok(()) }
    }
}

fn repeat(start: &BytesStart<'_>, name: &str) -> u32 {
    attribute(start, name).and_then(|count| count.parse().ok()).unwrap_or(1)
}

/// The typed value of a cell; `None` where its text is the value.
fn value(start: &BytesStart<'_>) -> Option<Cell> {
    match attribute(start, "value-type")?.as_str() {
        "float" | "currency" | "percentage" => attribute(start, "value")?.parse().ok().map(Cell::Number),
        "boolean" => Some(Cell::Bool(attribute(start, "boolean-value")? == "true")),
        "date" => Some(cell(&DataRef::DateTimeIso(attribute(start, "date-value")?))),
        _ => None,
    }
}
