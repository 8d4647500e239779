//! The walk over the parts of an OpenDocument file: events in, paragraphs, tables and sheets out.
//!
//! Long because elements of texts, sheets, slides and forms share one walk, as they share one vocabulary.

use super::super::flow::Flow;
use super::super::ooxml::{Xml, attribute, events, lent};
use super::super::sheets::{COLUMNS, Gather, ROWS, iso};
use super::super::{CELLS_OVER, Full, Job, Limits, Visibility};
use assay_model::Cell;
use quick_xml::events::BytesStart;
use std::collections::BTreeSet;

/// Spaces that one element may stand for, and columns that one cell of a text's table may.
const SPACES: usize = 64;

/// Lines of each list that stands beside the text.
const LINES: usize = 100_000;

/// From here on a whole number is an identifier and not a count, however its digits are grouped.
const IDENTIFIER: f64 = 1e8;

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
    kind: String,
    value: Option<Cell>,
    text: String,
    repeat: u32,
}

/// A paragraph being read: as shown, and with what is hidden in it.
#[derive(Default)]
struct Paragraph {
    shown: String,
    whole: String,
    changed: bool,
}

/// Lines beside the text; each kind becomes a part.
#[derive(Default)]
struct Beside {
    properties: Vec<String>,
    deleted: Vec<String>,
    authors: BTreeSet<String>,
    forms: Vec<String>,
    descriptions: Vec<String>,
    names: Vec<String>,
    rules: Vec<String>,
    links: Vec<String>,
    macros: Vec<String>,
}

fn push_line(lines: &mut Vec<String>, line: String) {
    if !line.trim().is_empty() && lines.len() < LINES && !lines.iter().rev().take(64).any(|has| *has == line) {
        lines.push(line);
    }
}

#[derive(Default)]
pub(super) struct Walk {
    cells: u64,
    cells_left: u64,
    over: bool,
    /// Parts, in the order of their first text.
    flows: Vec<(String, Flow)>,
    /// Where text belongs now, the innermost last; empty is the body.
    within: Vec<&'static str>,
    /// The object whose parts are read; none for the document itself.
    object: Option<String>,
    page: u32,
    page_hidden: bool,
    paragraphs: Vec<Paragraph>,
    /// Which of the open spans and sections hide.
    hiding: Vec<bool>,
    concealed: u32,
    repeats: Vec<usize>,
    spreadsheet: bool,
    sheets: Vec<Sheet>,
    in_sheet: bool,
    columns: u32,
    hidden_columns: u32,
    row: Option<Row>,
    open: Option<Open>,
    style: String,
    hidden_styles: BTreeSet<String>,
    skipped: u32,
    in_meta: bool,
    /// The name of a property of the user's own.
    named: Option<String>,
    /// Text of an element that is no paragraph.
    value: Option<String>,
    /// Who wrote the comment that is being read, until its first line has it.
    author: Option<String>,
    beside: Beside,
}

impl Walk {
    pub(super) fn new(limits: &Limits) -> Self {
        Self { cells: limits.cells, cells_left: limits.cells, ..Self::default() }
    }

    /// Reads a part; true where it is damaged.
    pub(super) fn read(&mut self, xml: &str, nesting: u32) -> bool {
        let damaged = events(xml, nesting, &mut |event| self.event(event)).is_err();
        self.finish();
        damaged
    }

    /// What follows belongs to an object within the document.
    pub(super) fn object(&mut self, name: &str) {
        self.object = Some(name.to_ascii_lowercase());
        self.spreadsheet = false;
        self.page = 0;
    }

    fn flow(&mut self) -> &mut Flow {
        let part = match (self.within.last(), &self.object) {
            (_, Some(object)) => object.clone(),
            (Some(part), None) => (*part).to_owned(),
            (None, None) if self.page > 0 => format!("page {}", self.page),
            (None, None) => "body".to_owned(),
        };
        let index = self.flows.iter().position(|(name, _)| *name == part).unwrap_or_else(|| {
            let hidden = self.page_hidden && part.starts_with("page ");
            let flow = if hidden { Flow::hidden(&part, self.cells) } else { Flow::new(&part, self.cells) };
            self.flows.push((part, flow));
            self.flows.len() - 1
        });
        &mut self.flows[index].1
    }

    fn event(&mut self, event: Xml<'_>) {
        match event {
            Xml::Start(name, start) => self.start(name, start),
            Xml::Text(_) if self.skipped > 0 => {}
            Xml::Text(text) => {
                if let Some(value) = &mut self.value {
                    value.push_str(text);
                } else {
                    self.push(text);
                }
            }
            Xml::End(name) => self.end(name),
        }
    }

    fn hides(&mut self, hides: bool) {
        self.hiding.push(hides);
        self.concealed += u32::from(hides);
    }

    fn shows(&mut self) {
        let hid = self.hiding.pop() == Some(true);
        self.concealed = self.concealed.saturating_sub(u32::from(hid));
    }

    fn has_hidden_style(&self, start: &BytesStart<'_>) -> bool {
        !self.hidden_styles.is_empty()
            && lent(start, "style-name").is_some_and(|style| self.hidden_styles.contains(style.as_ref()))
    }

    fn start(&mut self, name: &str, start: &BytesStart<'_>) {
        match name {
            "p" | "h" => {
                let hides = self.has_hidden_style(start);
                self.hides(hides);
                self.paragraphs.push(Paragraph::default());
            }
            "span" => {
                let hides = self.has_hidden_style(start);
                self.hides(hides);
            }
            "section" => {
                let hides = lent(start, "display").is_some_and(|display| display == "none" || display == "condition");
                self.hides(hides);
            }
            "hidden-text" | "hidden-paragraph" => {
                self.hides(true);
                if let Some(text) = attribute(start, "string-value") {
                    self.push(&text);
                }
            }
            "note-citation" | "binary-data" => self.skipped += 1,
            "s" => {
                let count = lent(start, "c").and_then(|count| count.parse().ok()).unwrap_or(1_usize);
                self.push(&" ".repeat(count.min(SPACES)));
            }
            "tab" => self.push("\t"),
            "line-break" => self.push("\n"),
            "ruby-text" => self.push(" ("),
            "annotation" => self.within.push("comment"),
            "notes" => self.within.push("note"),
            "note" => self.within.push("footnote"),
            "header" | "header-first" | "header-left" | "header-decl" => self.within.push("header"),
            "footer" | "footer-first" | "footer-left" | "footer-decl" => self.within.push("footer"),
            "deletion" | "cell-content-change" => self.within.push("deleted"),
            "page" => {
                self.page = self.page.saturating_add(1);
                self.page_hidden = self.has_hidden_style(start);
            }
            "spreadsheet" => self.spreadsheet = self.object.is_none(),
            _ if name.starts_with("table") || name == "covered-table-cell" => self.start_table(name, start),
            _ => self.start_rare(name, start),
        }
        if matches!(name, "header-decl" | "footer-decl") {
            self.paragraphs.push(Paragraph::default());
        }
    }

    fn start_table(&mut self, name: &str, start: &BytesStart<'_>) {
        match name {
            "table-properties" if lent(start, "display").is_some_and(|display| display == "false") => {
                self.hidden_styles.insert(self.style.clone());
            }
            "table" if self.spreadsheet && !self.in_sheet && self.within.is_empty() => {
                self.in_sheet = true;
                let hidden = self.has_hidden_style(start);
                let name = attribute(start, "name").unwrap_or_default();
                self.sheets.push(Sheet { name, hidden, rows: Vec::new(), next: 1 });
            }
            "table" => self.flow().table_start(),
            "table-column" if self.in_sheet => {
                let count = repeat(start, "number-columns-repeated");
                if lent(start, "visibility").is_some_and(|seen| seen != "visible") && count < COLUMNS / 2 {
                    self.hidden_columns = self.hidden_columns.saturating_add(count);
                }
            }
            "table-row" if self.in_sheet => {
                let hidden = lent(start, "visibility").is_some_and(|seen| seen != "visible");
                self.columns = 0;
                self.row =
                    Some(Row { first: 0, repeat: repeat(start, "number-rows-repeated"), hidden, cells: Vec::new() });
            }
            "table-cell" | "covered-table-cell" if self.in_sheet => {
                let repeat = repeat(start, "number-columns-repeated");
                let kind = attribute(start, "value-type").unwrap_or_default();
                self.open = Some(Open { value: value(&kind, start), kind, text: String::new(), repeat });
            }
            // A cell that spans others is followed by those that it covers.
            "table-cell" | "covered-table-cell" => {
                self.repeats.push(repeat(start, "number-columns-repeated") as usize);
                self.flow().cell_start();
            }
            _ => {}
        }
    }

    fn start_rare(&mut self, name: &str, start: &BytesStart<'_>) {
        match name {
            "style" => self.style = attribute(start, "name").unwrap_or_default(),
            "text-properties" if lent(start, "display").is_some_and(|display| display == "none") => {
                self.hidden_styles.insert(self.style.clone());
            }
            "drawing-page-properties" if lent(start, "visibility").is_some_and(|seen| seen == "hidden") => {
                self.hidden_styles.insert(self.style.clone());
            }
            // Who wrote a comment or changed the text, and when, stand in front of its paragraphs.
            "creator" if !self.in_meta => self.value = Some(String::new()),
            "date" | "date-string" if !self.in_meta => self.skipped += 1,
            "meta" => self.in_meta = true,
            "user-defined" if self.in_meta => {
                self.named = attribute(start, "name");
                self.value = Some(String::new());
            }
            "template" if self.in_meta => {
                push_line(&mut self.beside.links, attribute(start, "href").unwrap_or_default());
            }
            _ if self.in_meta => self.value = Some(String::new()),
            "title" | "desc" | "module" => self.value = Some(String::new()),
            "change-track-table-cell" => {
                push_line(&mut self.beside.deleted, attribute(start, "value").unwrap_or_default());
            }
            "named-range" | "named-expression" | "database-range" => {
                let of = |name: &str| attribute(start, name);
                let place =
                    of("cell-range-address").or_else(|| of("expression")).or_else(|| of("target-range-address"));
                push_line(
                    &mut self.beside.names,
                    format!("{}: {}", of("name").unwrap_or_default(), place.unwrap_or_default()),
                );
            }
            "content-validation" => {
                push_line(&mut self.beside.rules, attribute(start, "condition").unwrap_or_default())
            }
            "query" | "connection-resource" | "dde-source" | "dde-connection-decl" | "database-source-sql" => {
                for has in ["name", "command", "href", "dde-application", "dde-topic", "dde-item", "sql-statement"] {
                    push_line(&mut self.beside.links, attribute(start, has).unwrap_or_default());
                }
            }
            _ => {
                let full = start.name();
                let full: &str = full.as_ref();
                if full.starts_with("form:") {
                    for has in ["label", "value", "current-value", "title"] {
                        push_line(&mut self.beside.forms, attribute(start, has).unwrap_or_default());
                    }
                }
                if let Some(href) = lent(start, "href") {
                    let within =
                        ["#", "./", "Pictures/", "Object", "media/", "../"].iter().any(|own| href.starts_with(own));
                    if !within {
                        push_line(&mut self.beside.links, href.into_owned());
                    }
                }
            }
        }
    }

    fn push(&mut self, text: &str) {
        let hidden = self.concealed > 0;
        if let Some(paragraph) = self.paragraphs.last_mut() {
            paragraph.changed |= hidden && !text.trim().is_empty();
            paragraph.whole.push_str(text);
            if !hidden {
                paragraph.shown.push_str(text);
            }
        }
    }

    fn end(&mut self, name: &str) {
        match name {
            "p" | "h" => {
                self.end_paragraph();
                self.shows();
            }
            "span" | "section" | "hidden-text" | "hidden-paragraph" => self.shows(),
            "note-citation" | "binary-data" => self.skipped = self.skipped.saturating_sub(1),
            "date" | "date-string" if !self.in_meta => self.skipped = self.skipped.saturating_sub(1),
            "ruby-text" => self.push(")"),
            "header-decl" | "footer-decl" => {
                self.end_paragraph();
                self.within.pop();
            }
            "annotation"
            | "notes"
            | "note"
            | "header"
            | "header-first"
            | "header-left"
            | "footer"
            | "footer-first"
            | "footer-left"
            | "deletion"
            | "cell-content-change" => drop(self.within.pop()),
            "table-cell" | "covered-table-cell" if self.in_sheet => self.end_cell(),
            "table-cell" | "covered-table-cell" => {
                let repeat = self.repeats.pop().unwrap_or(1);
                self.flow().cell_end(repeat.min(SPACES));
            }
            "table-row" if self.in_sheet => self.end_row(),
            "table-row" => self.flow().row_end(),
            "table" if self.in_sheet => self.in_sheet = false,
            "table" => self.flow().table_end(),
            "meta" => self.in_meta = false,
            _ => self.end_value(name),
        }
    }

    /// The end of an element whose text is no paragraph.
    fn end_value(&mut self, name: &str) {
        let Some(value) = self.value.take() else { return };
        let squeezed = value.split_whitespace().collect::<Vec<_>>().join(" ");
        match name {
            "creator" if !self.in_meta => {
                if self.within.last() == Some(&"comment") {
                    self.author = Some(squeezed);
                } else if !squeezed.is_empty() {
                    self.beside.authors.insert(squeezed);
                }
            }
            "module" => push_line(&mut self.beside.macros, value.trim().to_owned()),
            "user-defined" if self.in_meta => {
                let name = self.named.take().unwrap_or_default();
                if !squeezed.is_empty() {
                    push_line(&mut self.beside.properties, format!("{name}: {squeezed}"));
                }
            }
            _ if self.in_meta && !squeezed.is_empty() => {
                let label = match name {
                    "initial-creator" => "author",
                    "creator" => "last modified by",
                    "description" => "comments",
                    "keyword" => "keywords",
                    "creation-date" => "created",
                    "date" => "modified",
                    "printed-by" => "printed by",
                    "print-date" => "last printed",
                    "generator" => "program",
                    "title" | "subject" | "language" | "publisher" => name,
                    // How long it was edited, and how often, says nothing of a person.
                    _ => return,
                };
                push_line(&mut self.beside.properties, format!("{label}: {squeezed}"));
            }
            "title" | "desc" => push_line(&mut self.beside.descriptions, squeezed),
            _ => {}
        }
    }

    fn end_paragraph(&mut self) {
        let Some(mut paragraph) = self.paragraphs.pop() else { return };
        if self.within.last() == Some(&"deleted") {
            push_line(&mut self.beside.deleted, paragraph.whole);
        } else if let Some(open) = self.open.as_mut().filter(|_| self.within.is_empty()) {
            if !open.text.is_empty() {
                open.text.push('\n');
            }
            open.text.push_str(&paragraph.whole);
        } else {
            if let Some(author) = self.author.take().filter(|author| !author.is_empty()) {
                paragraph.shown = format!("{author}: {}", paragraph.shown);
            }
            let former = paragraph.changed.then_some(paragraph.whole.as_str());
            self.flow().line(&paragraph.shown, former);
        }
    }

    fn end_cell(&mut self) {
        let (Some(open), Some(row)) = (self.open.take(), self.row.as_mut()) else { return };
        let Open { kind, value, text, repeat } = open;
        let value = shown(&kind, value, text);
        let first = self.columns;
        self.columns = first.saturating_add(repeat).min(COLUMNS);
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
        self.value = None;
        while !self.paragraphs.is_empty() {
            self.end_paragraph();
        }
        self.end_cell();
        self.end_row();
        self.within.clear();
        self.hiding.clear();
        self.concealed = 0;
        self.skipped = 0;
        self.in_sheet = false;
        self.in_meta = false;
        self.page_hidden = false;
    }

    /// Hands everything over.
    pub(super) fn give(self, job: &mut Job<'_, '_>) -> Result<(), Full> {
        let Beside { properties, deleted, authors, forms, descriptions, names, rules, links, macros } = self.beside;
        job.out.text("properties", Visibility::Shown, 1, properties.join("\n"))?;
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
        if self.hidden_columns > 0 {
            job.out.warn(&format!("hidden columns are among those given: {}", self.hidden_columns));
        }
        for (_, flow) in self.flows {
            flow.finish(job.out)?;
        }
        let authors: Vec<String> = authors.into_iter().map(|author| format!("changed by: {author}")).collect();
        for (part, lines) in [
            ("body", deleted),
            ("form", forms),
            ("description", descriptions),
            ("change", authors),
            ("name", names),
            ("rule", rules),
            ("macro", macros),
            ("link", links),
        ] {
            let visibility = if part == "form" { Visibility::Shown } else { Visibility::Hidden };
            job.out.text(part, visibility, 1, lines.join("\n"))?;
        }
        if self.over { job.out.full(CELLS_OVER) } else { Ok(()) }
    }
}

fn repeat(start: &BytesStart<'_>, name: &str) -> u32 {
    lent(start, name).and_then(|count| count.parse().ok()).unwrap_or(1)
}

/// The typed value of a cell; `None` where its text is the value.
fn value(kind: &str, start: &BytesStart<'_>) -> Option<Cell> {
    match kind {
        "float" | "currency" | "percentage" => lent(start, "value")?.parse().ok().map(Cell::Number),
        "boolean" => Some(Cell::Bool(lent(start, "boolean-value")? == "true")),
        "date" => Some(iso(&lent(start, "date-value")?)),
        _ => None,
    }
}

/// A cell as a person reads it: the file keeps what was shown beside what is stored.
fn shown(kind: &str, value: Option<Cell>, text: String) -> Cell {
    let number = match value {
        None if text.is_empty() => return Cell::Empty,
        None => return Cell::Text(text.replace("\r\n", "\n").into()),
        Some(Cell::Number(number)) => number,
        Some(other) => return other,
    };
    let plain = text.trim();
    if plain.is_empty() {
        return Cell::Number(number);
    }
    let digits: String = plain.chars().filter(|letter| !matches!(letter, ',' | ' ' | '\u{a0}' | '\u{202f}')).collect();
    let same = digits.parse::<f64>() == Ok(number);
    let zeros = same && digits.starts_with('0') && digits.len() > 1 && !digits.starts_with("0.");
    let identifier = number.fract() == 0.0 && number.abs() >= IDENTIFIER;
    match kind {
        _ if zeros => Cell::Text(digits.into()),
        // What was rounded stays as it is stored, and so do identifiers; the rest reads as shown.
        "float" if same && (identifier || digits == plain && !plain.ends_with('0')) => Cell::Number(number),
        "float" if !same && digits.parse::<f64>().is_ok() => Cell::Number(number),
        "float" if same && plain.parse::<f64>() == Ok(number) && !plain.contains('.') => Cell::Number(number),
        // Hashes fill a cell that is too narrow.
        _ if plain.starts_with("###") => Cell::Number(number),
        _ => Cell::Text(plain.into()),
    }
}
