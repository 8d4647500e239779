//! JSON and lines of JSON: objects as rows, their nested lists of objects as tables of their own, named by path.
//!
//! Objects within objects become columns with dotted names. A single object's own values are lines `path: value`. FHIR
//! resources are told apart by kind, persons among them come under readable headers, attachments are members. Any size is
//! read as it comes: columns are those of the records gathered so far, and stand again above their rows where more come.
//! Lists and objects that are too large to be held are opened and read value by value.

use super::embedded::{self, Embedded};
use super::records::{self, Records};
use super::stream::TextStream;
use super::{Full, Head, Job, Out, ReadSeek, Visibility, Visit};
use assay_model::{Cell, UnreadReason};
use std::borrow::Cow;
use std::collections::BTreeMap;

mod fhir;
mod parse;

use parse::{Bad, Parser};
pub(super) use parse::{Json, Word};

/// Columns of one table: more are the keys of a dictionary, not columns.
const COLUMNS: usize = 1024;

/// Tables of one file, for the same reason.
const TABLES: usize = 1024;

/// The longest path, bytes.
const PATH: usize = 256;

/// Cells gathered, so that rows of one table stand together and have the columns of all of them.
const GATHERED: usize = 500_000;

/// Text gathered, bytes.
const TEXT: usize = 8 << 20;

/// Lines gathered, bytes.
const LINES: usize = 1 << 20;

/// A value that is not whole within this many bytes is opened and read value by value.
const LARGE: usize = 8 << 20;

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
        Err(Bad::Limit | Bad::Depth) => true,
        Err(Bad::Syntax) => false,
    }
}

/// One row of a table.
struct Row<'j> {
    part: Cow<'j, str>,
    fields: Vec<Field<'j>>,
}

/// A cell under its column's name.
struct Field<'j> {
    name: Cow<'j, str>,
    cell: Cell,
}

/// The columns of a table, in order of first sight.
#[derive(Default)]
struct Columns {
    names: Vec<String>,
    places: BTreeMap<String, usize>,
}

pub(super) fn read(job: &mut Job<'_, '_>) -> Result<(), UnreadReason> {
    let (nesting, passage_rows) = (job.reading.limits.nesting, job.reading.limits.passage_rows);
    let (stream, out) = TextStream::open(job)?;
    read_stream(stream, out, nesting, passage_rows, &mut Embedded::default())
}

/// Opens the attachments of FHIR resources.
pub(super) fn visit(input: &mut dyn ReadSeek, visit: &mut Visit<'_>) {
    let limits = visit.reading.limits;
    embedded::visit_with(visit, &mut |out, embedded| {
        // What cannot be read was said when the item was read.
        let Ok(stream) = TextStream::again(input) else { return };
        let _ = read_stream(stream, out, limits.nesting, limits.passage_rows, embedded);
    });
}

fn read_stream(
    mut stream: TextStream<'_>,
    out: &mut Out<'_>,
    nesting: u32,
    passage_rows: u32,
    embedded: &mut Embedded<'_, '_>,
) -> Result<(), UnreadReason> {
    let mut writer = Writer::new(Records::new(out, passage_rows), embedded);
    let mut walk = Walk { nesting, frames: Vec::new(), records: 0, bad: None };
    // A limit reached is said by the one who counts.
    let _ = walk.all(&mut stream, &mut writer).and_then(|()| writer.finish());
    let out = &mut *writer.records.out;
    stream.finish(out);
    match walk.bad {
        Some(Bad::Limit | Bad::Depth) => {
            out.partial("records that are nested too deeply or hold too much were not read");
            if walk.records == 0 { Err(UnreadReason::Limit) } else { Ok(()) }
        }
        Some(_) => {
            out.partial("records that are damaged were not read");
            if walk.records == 0 { Err(UnreadReason::Corrupt) } else { Ok(()) }
        }
        None => Ok(()),
    }
}

/// A list or an object that is too large to be held, and is read value by value.
struct Frame {
    list: bool,
    path: String,
}

/// The way through the values of a text.
struct Walk {
    nesting: u32,
    frames: Vec<Frame>,
    records: u64,
    bad: Option<Bad>,
}

/// What was found at a place.
enum Found {
    /// So many bytes are done with.
    Used(usize),
    /// The window ends too early.
    More,
    /// The text ends.
    End,
}

impl Walk {
    fn all(&mut self, stream: &mut TextStream<'_>, writer: &mut Writer<'_, '_, '_, '_, '_>) -> Result<(), Full> {
        loop {
            let window = stream.window();
            let mut at = 0;
            let more = loop {
                if writer.embedded.done() {
                    return Ok(());
                }
                // What is held whole and has no end within it is taken as it is.
                let last = stream.is_last() || stream.is_full() && at == 0;
                match self.next(window.get(at..).unwrap_or_default(), last, writer)? {
                    Found::Used(length) => at += length.max(1),
                    Found::More => break true,
                    Found::End => break false,
                }
            };
            let held = if more { window.len() - at.min(window.len()) } else { 0 };
            stream.consume(at);
            if !stream.more() && !more {
                return Ok(());
            }
            // What is held doubles, so that a long record is not read again with every block.
            while stream.window().len() < held.saturating_mul(2) && !stream.is_full() && stream.more() {}
        }
    }

    /// The next value, or the end of a list or an object.
    fn next(&mut self, text: &str, last: bool, writer: &mut Writer<'_, '_, '_, '_, '_>) -> Result<Found, Full> {
        let mut parser = Parser::new(text, self.nesting);
        let Some(first) = parser.peek() else {
            return Ok(if text.is_empty() { Found::End } else { Found::Used(text.len()) });
        };
        let mut path = self.frames.last().map(|frame| frame.path.clone()).unwrap_or_default();
        match (self.frames.last().map(|frame| frame.list), first) {
            (Some(_), b',') | (None, b',' | b'\x1e') => return Ok(Found::Used(parser.at + 1)),
            (Some(true), b']') | (Some(false), b'}') => {
                self.frames.pop();
                return Ok(Found::Used(parser.at + 1));
            }
            // A list at the top is opened, so that no more than one element is held.
            (None, b'[') => {
                self.frames.push(Frame { list: true, path });
                return Ok(Found::Used(parser.at + 1));
            }
            (Some(false), b'"') => {
                let key = parser.string();
                match key {
                    Ok(key) if parser.pass(b':') && parser.peek().is_some() => path = joined(&path, &key).into_owned(),
                    _ if !last => return Ok(Found::More),
                    _ => return Ok(self.damaged(text, Bad::Syntax)),
                }
            }
            (Some(false), _) => return Ok(self.damaged(text, Bad::Syntax)),
            _ => {}
        }
        let start = parser.at;
        match parser.record() {
            Ok(_) | Err(Bad::End) if parser.at >= text.len() && !last => Ok(Found::More),
            Err(Bad::End) if !last => Ok(Found::More),
            Ok(record) => {
                let standing = match (self.frames.last(), first) {
                    (None, _) if self.records == 0 => {
                        let after = parser.peek();
                        if after.is_none() && !last {
                            return Ok(Found::More);
                        }
                        if after.is_none() { Standing::Single } else { Standing::Listed }
                    }
                    (Some(Frame { list: false, .. }), _) => Standing::Part,
                    _ => Standing::Listed,
                };
                self.records += 1;
                writer.record(&path, &record, standing)?;
                Ok(Found::Used(parser.at))
            }
            // What is too large is opened, too.
            Err(Bad::End | Bad::Limit)
                if self.frames.len() < self.nesting as usize
                    && matches!(text.as_bytes().get(start), Some(b'{' | b'['))
                    && (text.len() - start >= LARGE) =>
            {
                self.frames.push(Frame { list: text.as_bytes().get(start) == Some(&b'['), path });
                Ok(Found::Used(start + 1))
            }
            Err(bad) => Ok(self.damaged(text, bad)),
        }
    }

    /// Passes over the rest of a line.
    fn damaged(&mut self, text: &str, bad: Bad) -> Found {
        self.bad = Some(self.bad.unwrap_or(bad));
        Found::Used(memchr::memchr(b'\n', text.as_bytes()).map_or(text.len(), |end| end + 1))
    }
}

fn learn(columns: &mut Columns, fields: &[Field<'_>]) -> bool {
    let mut all = true;
    for Field { name, .. } in fields {
        let next = columns.names.len();
        if columns.places.contains_key(&**name) {
            continue;
        }
        if next < COLUMNS {
            columns.places.insert(name.clone().into_owned(), next);
            columns.names.push(name.clone().into_owned());
        } else {
            all = false;
        }
    }
    all
}

fn of_record<'j>(path: &'j str, parent: Option<&'j str>, record: &'j Json<'_>, out: &mut Vec<Row<'j>>) {
    if record.text("resourceType") == "Bundle" {
        record
            .list("entry")
            .iter()
            .filter_map(|entry| entry.get("resource"))
            .for_each(|one| resource("", None, one, out));
        return;
    }
    match record.get("resource").filter(|inner| !inner.text("resourceType").is_empty()) {
        Some(inner) => resource("", None, inner, out),
        None => resource(path, parent, record, out),
    }
}

fn resource<'j>(path: &'j str, parent: Option<&'j str>, record: &'j Json<'_>, out: &mut Vec<Row<'j>>) {
    match record.text("resourceType") {
        "" => rows(path.into(), record, parent, out),
        kind => {
            if fhir::is_person(kind) {
                fhir::person(kind, record, out);
            } else {
                rows(cut(kind).into(), record, None, out);
            }
            // Resources in resources.
            record.list("contained").iter().for_each(|inner| resource("", None, inner, out));
        }
    }
}

/// The row of a value and, after it, those of the lists in it. `parent` is the id of what holds it.
fn rows<'j>(part: Cow<'j, str>, value: &'j Json<'_>, parent: Option<&'j str>, out: &mut Vec<Row<'j>>) {
    let width = if let Json::Object(entries) = value { entries.len() + 1 } else { 1 };
    let mut fields = Vec::with_capacity(width.min(COLUMNS));
    if let Some(parent) = parent.filter(|parent| !parent.is_empty()) {
        fields.push(Field { name: "parent id".into(), cell: Cell::Text(parent.into()) });
    }
    let id = match value.get("id").or_else(|| value.get("_id")) {
        Some(Json::Text(id) | Json::Number(id)) => Some(&**id),
        _ => None,
    };
    let mut lists = Vec::new();
    flatten("".into(), value, &mut fields, &mut lists);
    let inner = part.clone();
    if !fields.is_empty() {
        out.push(Row { part, fields });
    }
    for (path, element) in lists {
        rows(joined(&inner, &path).into_owned().into(), element, id, out);
    }
}

/// Values under dotted names; objects in lists are left to be rows of their own.
fn flatten<'j>(
    path: Cow<'j, str>,
    value: &'j Json<'_>,
    fields: &mut Vec<Field<'j>>,
    lists: &mut Vec<(String, &'j Json<'j>)>,
) {
    let cell = match value {
        Json::Null => Cell::Empty,
        Json::Bool(truth) => Cell::Bool(*truth),
        Json::Number(number) => records::number(number),
        Json::Text(Word::Lent(text)) => Cell::text_of(*text),
        Json::Text(Word::Own(text)) => Cell::Text(text.clone()),
        Json::Object(entries) => {
            let attached = is_attachment(value);
            for (key, value) in entries.iter().filter(|(key, _)| !(attached && key == "data")) {
                flatten(joined(&path, key), value, fields, lists);
            }
            return;
        }
        Json::List(elements) => {
            for element in elements {
                match element {
                    Json::Object(_) => lists.push((path.clone().into_owned(), element)),
                    _ => flatten(path.clone(), element, fields, lists),
                }
            }
            return;
        }
    };
    let name = if path.is_empty() { "value".into() } else { path };
    fields.push(Field { name, cell });
}

/// Whether an object is an attachment as FHIR has them, with its bytes.
fn is_attachment(value: &Json<'_>) -> bool {
    value.text("data").len() >= 16 && !value.text("contentType").is_empty()
}

fn attachments(value: &Json<'_>, out: &mut Out<'_>, embedded: &mut Embedded<'_, '_>) {
    match value {
        Json::Object(_) if is_attachment(value) => {
            embedded.add(out, value.text("title"), value.text("contentType"), value.text("data"));
        }
        Json::Object(entries) => entries.iter().for_each(|(_, value)| attachments(value, out, embedded)),
        Json::List(elements) => elements.iter().for_each(|value| attachments(value, out, embedded)),
        _ => {}
    }
}

fn joined<'j>(path: &str, key: &'j str) -> Cow<'j, str> {
    match (path.is_empty(), key.is_empty()) {
        (true, _) => cut(key).into(),
        (false, true) => path.to_owned().into(),
        (false, false) => {
            let key = cut(key);
            let mut whole = String::with_capacity(path.len() + 1 + key.len());
            whole.push_str(path);
            whole.push('.');
            whole.push_str(key);
            whole.truncate(cut(&whole).len());
            whole.into()
        }
    }
}

fn cut(path: &str) -> &str {
    path.get(..path.floor_char_boundary(PATH)).unwrap_or_default()
}

/// How a value stands in its text.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Standing {
    /// Alone.
    Single,
    /// Under a key of an object that is opened.
    Part,
    /// One of several.
    Listed,
}

/// Rows on their way out.
pub(super) struct Writer<'r, 'o, 'e, 'v, 'a> {
    records: Records<'r, 'o>,
    embedded: &'e mut Embedded<'v, 'a>,
    tables: BTreeMap<String, Columns>,
    held: BTreeMap<String, Vec<Vec<Cell>>>,
    cells: usize,
    text: usize,
    over: bool,
    /// Values of a single object, which make no table.
    lines: String,
    first_line: u32,
}

impl<'r, 'o, 'e, 'v, 'a> Writer<'r, 'o, 'e, 'v, 'a> {
    pub(super) fn new(records: Records<'r, 'o>, embedded: &'e mut Embedded<'v, 'a>) -> Self {
        Self {
            records,
            embedded,
            tables: BTreeMap::new(),
            held: BTreeMap::new(),
            cells: 0,
            text: 0,
            over: false,
            lines: String::new(),
            first_line: 1,
        }
    }

    pub(super) fn out(&mut self) -> &mut Out<'o> {
        self.records.out
    }

    /// Gives a tree that another notation was read into, as if it were a single object.
    pub(super) fn single(&mut self, path: &str, tree: &Json<'_>) -> Result<(), Full> {
        self.put(path, None, tree, if path.is_empty() { Standing::Single } else { Standing::Part })
    }

    /// Gives one of many elements; `parent` is the id of what holds it.
    pub(super) fn element(&mut self, path: &str, parent: Option<&str>, element: &Json<'_>) -> Result<(), Full> {
        self.put(path, parent, element, Standing::Listed)
    }

    /// Lists a document.
    pub(super) fn attach(&mut self, name: &str, kind: &str, base64: &str) {
        self.embedded.add(self.records.out, name, kind, base64);
    }

    fn record(&mut self, path: &str, record: &Json<'_>, standing: Standing) -> Result<(), Full> {
        self.put(path, None, record, standing)
    }

    fn put(&mut self, path: &str, parent: Option<&str>, record: &Json<'_>, standing: Standing) -> Result<(), Full> {
        if let (Json::List(elements), false) = (record, path.is_empty()) {
            return elements.iter().try_for_each(|element| self.put(path, parent, element, Standing::Listed));
        }
        attachments(record, self.records.out, self.embedded);
        let mut rows = Vec::new();
        of_record(path, parent, record, &mut rows);
        for row in rows {
            let as_lines = match standing {
                Standing::Single => row.part.is_empty(),
                Standing::Part => row.part == path,
                Standing::Listed => false,
            };
            if as_lines { self.lines(&row)? } else { self.row(&row.part, row.fields)? }
        }
        Ok(())
    }

    fn lines(&mut self, row: &Row<'_>) -> Result<(), Full> {
        for Field { name, cell } in &row.fields {
            if cell.is_blank() {
                continue;
            }
            let name = match (&*row.part, &**name) {
                ("", name) => name.to_owned(),
                (part, "value") => part.to_owned(),
                (part, name) => joined(part, name).into_owned(),
            };
            let value = cell.text().split_whitespace().collect::<Vec<_>>().join(" ");
            self.lines.push_str(&format!("{name}: {value}\n"));
        }
        if self.lines.len() > LINES { self.give_lines() } else { Ok(()) }
    }

    fn give_lines(&mut self) -> Result<(), Full> {
        let lines = std::mem::take(&mut self.lines);
        let first = self.first_line;
        self.first_line = first.saturating_add(memchr::memchr_iter(b'\n', lines.as_bytes()).count() as u32);
        self.records.out.text("", Visibility::Shown, first, lines.trim_end().to_owned())
    }

    fn row(&mut self, part: &str, fields: Vec<Field<'_>>) -> Result<(), Full> {
        if !self.tables.contains_key(part) {
            if self.tables.len() >= TABLES {
                self.over = true;
                return Ok(());
            }
            self.tables.insert(part.to_owned(), Columns::default());
        }
        let Some(columns) = self.tables.get_mut(part) else { return Ok(()) };
        let mut cells: Vec<Cell> = Vec::with_capacity(columns.names.len());
        let mut expected = 0;
        for field in fields {
            // Columns come in the same order nearly always.
            let place = if columns.names.get(expected).is_some_and(|name| *name == field.name) {
                expected
            } else {
                self.over |= !learn(columns, std::slice::from_ref(&field));
                let Some(place) = columns.places.get(&*field.name) else { continue };
                *place
            };
            expected = place + 1;
            if cells.len() <= place {
                cells.resize(place + 1, Cell::Empty);
            }
            let cell = field.cell;
            self.text += if let Cell::Text(text) = &cell { text.len() } else { 0 };
            if let Some(held) = cells.get_mut(place) {
                // A list of plain values, or a key that comes twice.
                *held =
                    if held.is_blank() { cell } else { Cell::Text(format!("{}; {}", held.text(), cell.text()).into()) };
            }
        }
        self.cells += cells.len();
        match self.held.get_mut(part) {
            Some(rows) => rows.push(cells),
            None => drop(self.held.insert(part.to_owned(), vec![cells])),
        }
        if self.cells > GATHERED || self.text > TEXT { self.write() } else { Ok(()) }
    }

    fn write(&mut self) -> Result<(), Full> {
        (self.cells, self.text) = (0, 0);
        for (part, rows) in std::mem::take(&mut self.held) {
            let Some(columns) = self.tables.get(&part) else { continue };
            let mut rows = rows.into_iter();
            if let Some(first) = rows.next() {
                self.records.put(&part, Visibility::Shown, &columns.names, first)?;
            }
            rows.try_for_each(|row| self.records.put_like_last(row))?;
        }
        Ok(())
    }

    pub(super) fn finish(&mut self) -> Result<(), Full> {
        if self.over {
            self.records.out.partial("keys beyond the columns of a table were not read");
        }
        self.give_lines()?;
        self.write()?;
        self.records.flush()
    }
}
