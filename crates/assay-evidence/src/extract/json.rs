//! JSON and lines of JSON: objects as rows, their nested lists of objects as tables of their own, named by path.
//!
//! Objects within objects become columns with dotted names. A single object's own values are lines `path: value`. FHIR
//! resources are told apart by kind, and persons among them come under readable headers. A file is read twice: once for
//! the columns, once for the rows.

use super::records::{self, Records};
use super::{Full, Head, Job, Visibility, charset};
use assay_model::{Cell, UnreadReason};
use std::collections::BTreeMap;

mod fhir;
mod parse;

pub(super) use parse::Json;
use parse::{Bad, Parser};

/// Columns of one table: more are the keys of a dictionary, not columns.
const COLUMNS: usize = 1024;

/// Tables of one file, for the same reason.
const TABLES: usize = 1024;

/// The longest path, bytes.
const PATH: usize = 256;

/// Cells gathered, so that rows of one table stand together.
const GATHERED: usize = 1_000_000;

/// Nesting that the look at the head bears.
const HEAD_NESTING: u32 = 256;

/// Whether a text is JSON.
pub(super) fn fits(_: &Head<'_>, text: &str) -> bool {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut parser = Parser::new(text, HEAD_NESTING);
    let first = parser.peek();
    if !matches!(first, Some(b'{' | b'[')) {
        return false;
    }
    match parser.record() {
        Ok(_) => matches!(parser.peek(), None | Some(b'{' | b'[')),
        // A text cut short is JSON where it begins as objects do.
        Err(Bad::End) => {
            let mut start = Parser::new(text, HEAD_NESTING);
            while start.pass(b'[') {}
            start.pass(b'{') && start.peek() == Some(b'"') || first == Some(b'[') && start.peek() == Some(b'"')
        }
        Err(Bad::Limit) => true,
        Err(Bad::Syntax) => false,
    }
}

/// One row of a table.
struct Row {
    part: String,
    fields: Vec<Field>,
}

/// A cell under its column's name.
struct Field {
    name: String,
    cell: Cell,
}

/// How many records there are, and whether all of them could be read.
struct Count {
    records: u64,
    listed: bool,
    bad: Option<Bad>,
}

/// The columns of a table, in order of first sight.
#[derive(Default)]
struct Columns {
    names: Vec<String>,
    places: BTreeMap<String, usize>,
}

pub(super) fn read(job: &mut Job<'_, '_>) -> Result<(), UnreadReason> {
    let decoded = charset::decode(job.whole()?);
    if decoded.replaced {
        job.out.warn("bytes that do not fit the text's encoding were replaced");
    }
    let text = decoded.text.strip_prefix('\u{feff}').unwrap_or(&decoded.text);
    let mut tables = BTreeMap::<String, Columns>::new();
    let mut over = false;
    // The first pass cannot be stopped: nothing in it counts.
    let count = each(text, job.reading.limits.nesting, &mut |record| {
        for row in of_record(&record) {
            over |= !learn(&mut tables, row);
        }
        Ok(())
    });
    let Ok(count) = count else { return Ok(()) };
    if over {
        job.out.partial("keys beyond the columns of a table were not read");
    }
    match count.bad {
        Some(Bad::Limit) => job.out.partial("records that are nested too deeply or hold too much were not read"),
        Some(_) => job.out.partial("records that are damaged were not read"),
        None => {}
    }
    let single = count.records == 1 && !count.listed;
    let mut writer = Writer {
        records: Records::new(&mut *job.out, job.reading.limits.passage_rows),
        tables,
        held: BTreeMap::new(),
        cells: 0,
        lines: single.then(String::new),
    };
    // A limit reached is said by the one who counts.
    let _ = each(text, job.reading.limits.nesting, &mut |record| writer.record(&record)).and_then(|_| writer.finish());
    match count.bad {
        Some(Bad::Limit) if count.records == 0 => Err(UnreadReason::Limit),
        Some(_) if count.records == 0 => Err(UnreadReason::Corrupt),
        _ => Ok(()),
    }
}

/// Gives a tree that another notation was read into, as if it were a single object; `lines` stand before its own.
pub(super) fn give_tree(job: &mut Job<'_, '_>, tree: &Json, lines: String) {
    let mut tables = BTreeMap::<String, Columns>::new();
    let mut over = false;
    for row in of_record(tree) {
        over |= !learn(&mut tables, row);
    }
    if over {
        job.out.partial("keys beyond the columns of a table were not read");
    }
    let records = Records::new(&mut *job.out, job.reading.limits.passage_rows);
    let mut writer = Writer { records, tables, held: BTreeMap::new(), cells: 0, lines: Some(lines) };
    // A limit reached is said by the one who counts.
    let _ = writer.record(tree).and_then(|()| writer.finish());
}

/// Hands over record after record: the elements of a list, or one value after the other.
fn each(text: &str, nesting: u32, visit: &mut dyn FnMut(Json) -> Result<(), Full>) -> Result<Count, Full> {
    let mut parser = Parser::new(text, nesting);
    let mut count = Count { records: 0, listed: false, bad: None };
    while parser.peek().is_some() {
        // A list at the top is opened, so that no more than one element is held.
        let list = parser.pass(b'[');
        count.listed |= list;
        loop {
            if list && parser.pass(b']') {
                break;
            }
            match parser.record() {
                Ok(record) => {
                    count.records += 1;
                    visit(record)?;
                }
                Err(bad) => {
                    count.bad = Some(bad);
                    parser.next_line();
                    break;
                }
            }
            if !list {
                break;
            }
            parser.pass(b',');
        }
    }
    Ok(count)
}

fn learn(tables: &mut BTreeMap<String, Columns>, row: Row) -> bool {
    if tables.len() >= TABLES && !tables.contains_key(&row.part) {
        return false;
    }
    let columns = tables.entry(row.part).or_default();
    let mut all = true;
    for Field { name, .. } in row.fields {
        let next = columns.names.len();
        if columns.places.contains_key(&name) {
            continue;
        }
        if next < COLUMNS {
            columns.places.insert(name.clone(), next);
            columns.names.push(name);
        } else {
            all = false;
        }
    }
    all
}

fn of_record(record: &Json) -> Vec<Row> {
    let mut out = Vec::new();
    if record.text("resourceType") == "Bundle" {
        record.list("entry").iter().filter_map(|entry| entry.get("resource")).for_each(|one| resource(one, &mut out));
    } else {
        resource(record, &mut out);
    }
    out
}

fn resource(record: &Json, out: &mut Vec<Row>) {
    match record.text("resourceType") {
        kind if fhir::is_person(kind) => fhir::person(kind, record, out),
        kind => rows(cut(kind), record, None, out),
    }
}

/// The row of a value and, after it, those of the lists in it. `parent` is the id of what holds it.
fn rows(part: &str, value: &Json, parent: Option<&str>, out: &mut Vec<Row>) {
    let mut fields = Vec::new();
    if let Some(parent) = parent.filter(|parent| !parent.is_empty()) {
        fields.push(Field { name: "parent id".to_owned(), cell: Cell::Text(parent.to_owned()) });
    }
    let id = match value.get("id").or_else(|| value.get("_id")) {
        Some(Json::Text(id) | Json::Number(id)) => Some(id.as_str()),
        _ => None,
    };
    let mut lists = Vec::new();
    flatten("", value, &mut fields, &mut lists);
    if !fields.is_empty() {
        out.push(Row { part: part.to_owned(), fields });
    }
    for (path, element) in lists {
        rows(&joined(part, &path), element, id, out);
    }
}

/// Values under dotted names; objects in lists are left to be rows of their own.
fn flatten<'a>(path: &str, value: &'a Json, fields: &mut Vec<Field>, lists: &mut Vec<(String, &'a Json)>) {
    let cell = match value {
        Json::Null => Cell::Empty,
        Json::Bool(truth) => Cell::Bool(*truth),
        Json::Number(number) => records::number(number),
        Json::Text(text) => Cell::Text(text.clone()),
        Json::Object(entries) => {
            for (key, value) in entries {
                flatten(&joined(path, key), value, fields, lists);
            }
            return;
        }
        Json::List(elements) => {
            for element in elements {
                match element {
                    Json::Object(_) => lists.push((path.to_owned(), element)),
                    _ => flatten(path, element, fields, lists),
                }
            }
            return;
        }
    };
    let name = if path.is_empty() { "value" } else { path };
    fields.push(Field { name: name.to_owned(), cell });
}

fn joined(path: &str, key: &str) -> String {
    if path.is_empty() { cut(key).to_owned() } else { cut(&format!("{path}.{}", cut(key))).to_owned() }
}

fn cut(path: &str) -> &str {
    path.get(..path.floor_char_boundary(PATH)).unwrap_or_default()
}

/// Rows on their way out.
struct Writer<'r, 'o> {
    records: Records<'r, 'o>,
    tables: BTreeMap<String, Columns>,
    held: BTreeMap<String, Vec<Vec<Cell>>>,
    cells: usize,
    /// Where the values of a single object go, which make no table.
    lines: Option<String>,
}

impl Writer<'_, '_> {
    fn record(&mut self, record: &Json) -> Result<(), Full> {
        for row in of_record(record) {
            if row.part.is_empty()
                && let Some(lines) = &mut self.lines
            {
                for Field { name, cell } in row.fields {
                    if !cell.is_blank() && lines.len() as u64 <= self.records.out.text_left {
                        let value = cell.text().split_whitespace().collect::<Vec<_>>().join(" ");
                        lines.push_str(&format!("{name}: {value}\n"));
                    }
                }
                continue;
            }
            let Some(columns) = self.tables.get(&row.part) else { continue };
            let mut cells = Vec::new();
            for Field { name, cell } in row.fields {
                let Some(place) = columns.places.get(&name) else { continue };
                if cells.len() <= *place {
                    cells.resize(place + 1, Cell::Empty);
                }
                if let Some(held) = cells.get_mut(*place) {
                    // A list of plain values, or a key that comes twice.
                    *held =
                        if held.is_blank() { cell } else { Cell::Text(format!("{}; {}", held.text(), cell.text())) };
                }
            }
            self.cells += cells.len();
            self.held.entry(row.part).or_default().push(cells);
            if self.cells > GATHERED {
                self.write()?;
            }
        }
        Ok(())
    }

    fn write(&mut self) -> Result<(), Full> {
        self.cells = 0;
        for (part, rows) in std::mem::take(&mut self.held) {
            let Some(columns) = self.tables.get(&part) else { continue };
            for row in rows {
                self.records.put(&part, Visibility::Shown, &columns.names, row)?;
            }
        }
        Ok(())
    }

    fn finish(&mut self) -> Result<(), Full> {
        let lines = self.lines.take().unwrap_or_default();
        self.records.out.text("", Visibility::Shown, 1, lines.trim_end().to_owned())?;
        self.write()?;
        self.records.flush()
    }
}
