//! Dumps of databases as SQL: the rows of INSERT (MySQL, MariaDB, SQLite, SQL Server, PostgreSQL) and of COPY FROM stdin
//! (PostgreSQL) as tables.
//!
//! Nothing is run: a value that is computed stands as its first literal, or as it is written. Rows changed by UPDATE or
//! selected from elsewhere are not followed, and said. A script without rows is text.

use super::records::{self, Records};
use super::stream::TextStream;
use super::{Full, Job, Visibility, charset, text};
use assay_model::{Cell, UnreadReason};
use std::collections::BTreeMap;
use std::rc::Rc;

mod scan;

use scan::Scan;

/// Bytes that may be looked at in vain, beside as many as were read, until the rest is given up: a literal without an end may
/// cost a look at all that is held.
const WASTED: u64 = 256 << 20;

/// Tables whose columns are kept.
const TABLES: usize = 65_536;

const NOT_FOLLOWED: &str = "statements that change data other than by INSERT or COPY were not followed";
const DAMAGED: &str = "statements that are damaged were not read";

/// First words of statements in dumps.
const FIRST: &[&str] = &[
    "alter",
    "begin",
    "copy",
    "create",
    "declare",
    "delete",
    "delimiter",
    "drop",
    "exec",
    "go",
    "if",
    "insert",
    "lock",
    "pragma",
    "print",
    "replace",
    "select",
    "set",
    "start",
    "truncate",
    "use",
];

/// Whether a text begins as SQL and holds rows or tables; the name has no say.
pub(super) fn fits(_: &super::Head<'_>, text: &str) -> bool {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut scan = Scan::new(text, Dialect::of(text).backslash());
    scan.blank();
    // Clients' commands, as pg_dump writes them.
    while matches!(scan.peek(), Some(b'\\' | b';')) {
        if scan.peek() == Some(b';') {
            scan.step();
        } else {
            scan.line();
        }
        scan.blank();
    }
    if scan.peek().is_none() {
        return ["-- MySQL dump", "-- MariaDB dump", "-- PostgreSQL database dump", "/****** Object:"]
            .iter()
            .any(|mark| text.starts_with(mark));
    }
    let first = scan.peek_word();
    FIRST.iter().any(|word| first.eq_ignore_ascii_case(word)) && text.lines().any(tells)
}

/// Whether a line is the beginning of a statement that no prose has.
fn tells(line: &str) -> bool {
    let mut scan = Scan::new(line.trim_start(), false);
    match scan.word().to_ascii_lowercase().as_str() {
        "insert" | "replace" => {
            scan.insert_words();
            let named = scan.name().is_some();
            scan.blank();
            named
                && (scan.peek_word().eq_ignore_ascii_case("values")
                    || scan.peek().is_none()
                    || (scan.peek() == Some(b'(') && scan.columns().is_some()))
        }
        "create" => scan.create_table_words() && scan.name().is_some(),
        "copy" => scan.name().is_some() && scan.rest().to_ascii_lowercase().contains("from stdin"),
        _ => false,
    }
}

/// The columns that a CREATE TABLE of SQLite defines, and which of them is the row's own number.
pub(super) fn defined(statement: &str) -> (Vec<String>, Option<usize>) {
    let mut scan = Scan::new(statement, false);
    scan.word();
    let named = scan.create_table_words() && scan.name().is_some();
    let columns = if named { scan.definitions() } else { None }.unwrap_or_default();
    let words = statement.to_ascii_lowercase().split_whitespace().collect::<Vec<_>>().join(" ");
    let quoted = |name: &str| {
        let name = name.to_ascii_lowercase();
        [name.clone(), format!("\"{name}\""), format!("`{name}`"), format!("[{name}]")]
    };
    let key = columns.iter().position(|name| {
        quoted(name).iter().any(|name| {
            let starts = |after: &str| {
                words.contains(&format!("({name} {after}"))
                    || words.contains(&format!(", {name} {after}"))
                    || words.contains(&format!("( {name} {after}"))
            };
            let alone =
                words.contains(&format!("primary key ({name})")) || words.contains(&format!("primary key({name})"));
            starts("integer primary key") || starts("integer not null primary key") || (alone && starts("integer"))
        })
    });
    (columns, key)
}

/// Whose notation a dump is in.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Dialect {
    /// Backslashes escape.
    MySql,
    /// A backslash is a backslash.
    Standard,
}

impl Dialect {
    fn of(text: &str) -> Self {
        let sample = text.as_bytes();
        let sample = sample.get(..64 * 1024).unwrap_or(sample);
        let has = |what: &str| memchr::memmem::find(sample, what.as_bytes()).is_some();
        if has("PostgreSQL database dump") || has("standard_conforming_strings = on") || has("[dbo]") || has("\nGO\n") {
            Self::Standard
        } else if has("MySQL dump") || has("MariaDB dump") || has("`") || has("\\'") {
            Self::MySql
        } else {
            Self::Standard
        }
    }

    fn backslash(self) -> bool {
        self == Self::MySql
    }
}

pub(super) fn read(job: &mut Job<'_, '_>) -> Result<(), UnreadReason> {
    let passage_rows = job.reading.limits.passage_rows;
    let backslash = Dialect::of(&charset::sample(job.head).unwrap_or_default()).backslash();
    let (mut stream, out) = TextStream::open(job)?;
    let records = Records::new(out, passage_rows);
    let mut dump = Dump { records, columns: BTreeMap::new(), state: State::Statement, wasted: 0, read: 0 };
    // A limit reached is said by the one who counts.
    let _ = dump.statements(&mut stream, backslash).and_then(|()| dump.records.flush());
    let any = dump.records.any;
    stream.finish(dump.records.out);
    if any { Ok(()) } else { text::read(job) }
}

/// A dump being read.
struct Dump<'r, 'o> {
    records: Records<'r, 'o>,
    /// Columns by table, as CREATE TABLE names them.
    columns: BTreeMap<String, Vec<String>>,
    state: State,
    /// Bytes that were looked at in vain.
    wasted: u64,
    read: u64,
}

/// What comes next.
enum State {
    Statement,
    /// A row in parentheses of an INSERT.
    Tuple(Rc<Head>),
    /// A line of a COPY.
    Line(Rc<Head>),
    /// The rest of a statement that gives no rows.
    Rest,
    /// A line that begins a statement with rows, after damage.
    Resync,
    /// Nothing: too much of it is damaged.
    End,
}

/// The table that rows belong to.
struct Head {
    name: String,
    columns: Vec<String>,
}

/// What a step came to.
enum Step {
    /// It ended, and this follows.
    Next(State),
    /// It breaks off.
    Damaged,
}

/// Bytes that a scan looks ahead of where it stops, at most: a quoted name.
const AHEAD: usize = 2048;

impl Dump<'_, '_> {
    fn statements(&mut self, stream: &mut TextStream<'_>, backslash: bool) -> Result<(), Full> {
        let mut row = Vec::new();
        loop {
            let window = stream.window();
            let mut scan = Scan::new(window, backslash);
            let mut used = 0;
            // As many steps as the window holds whole.
            let complete = loop {
                if matches!(self.state, State::End) || scan.at >= window.len() {
                    break true;
                }
                // What is held whole and has no end within it is taken as it is.
                let last = stream.is_last() || stream.is_full() && used == 0;
                let found = self.step(&mut scan, &mut row);
                if !last && scan.at + AHEAD > window.len() {
                    row.clear();
                    break false;
                }
                match found {
                    Step::Next(next) => {
                        for (cells, head) in row.drain(..) {
                            let head: Rc<Head> = head;
                            self.records.put(&head.name, Visibility::Shown, &head.columns, cells)?;
                        }
                        self.state = next;
                    }
                    Step::Damaged => {
                        row.clear();
                        self.wasted += (window.len() - used) as u64;
                        self.records.out.partial(DAMAGED);
                        scan.at = used;
                        self.state = if self.wasted > WASTED + self.read { State::End } else { State::Resync };
                        // The line that is damaged is no beginning.
                        if !matches!(self.state, State::End) {
                            scan.line();
                        }
                    }
                }
                self.read += (scan.at.max(used) - used) as u64;
                used = scan.at;
            };
            if matches!(self.state, State::End) {
                return Ok(());
            }
            let (used, held) = if complete { (scan.at, 0) } else { (used, window.len() - used) };
            stream.consume(used);
            let more = stream.more();
            // What is held doubles, so that a long record is not read again with every block.
            while stream.window().len() < held.saturating_mul(2) && !stream.is_full() && stream.more() {}
            if !more && complete {
                match self.state {
                    State::Line(_) => self.records.out.partial("the dump ends within a table"),
                    State::Tuple(_) => self.records.out.partial(DAMAGED),
                    _ => {}
                }
                return Ok(());
            }
        }
    }

    /// One step: a statement up to its rows, a row, a rest. What it read is given only where it ends within the window.
    fn step(&mut self, scan: &mut Scan<'_>, rows: &mut Vec<(Vec<Cell>, Rc<Head>)>) -> Step {
        let state = std::mem::replace(&mut self.state, State::Statement);
        let found = match &state {
            State::Statement => self.statement(scan),
            State::Tuple(head) => self.tuple(scan, head, rows),
            State::Line(head) => copied_line(scan, head, rows),
            State::Rest if scan.skip_statement() => Step::Next(State::Statement),
            State::Rest => Step::Damaged,
            State::Resync => {
                let word = scan.peek_word();
                if ["insert", "create", "copy", "replace"].iter().any(|first| word.eq_ignore_ascii_case(first)) {
                    Step::Next(State::Statement)
                } else {
                    scan.line();
                    Step::Next(State::Resync)
                }
            }
            State::End => Step::Next(State::End),
        };
        // Until the caller has seen where it ended, nothing has changed.
        self.state = state;
        found
    }

    fn statement(&mut self, scan: &mut Scan<'_>) -> Step {
        scan.blank();
        match scan.peek() {
            None => return Step::Next(State::Statement),
            Some(b';') => {
                scan.step();
                return Step::Next(State::Statement);
            }
            Some(b'\\') => {
                scan.line();
                return Step::Next(State::Statement);
            }
            Some(_) => {}
        }
        match scan.word().to_ascii_lowercase().as_str() {
            "insert" | "replace" => self.insert(scan),
            "create" => self.create(scan),
            "copy" => self.copy(scan),
            "update" | "merge" | "load" => self.not_followed(),
            "go" => Step::Next(State::Statement),
            _ => Step::Next(State::Rest),
        }
    }

    fn create(&mut self, scan: &mut Scan<'_>) -> Step {
        if scan.create_table_words()
            && let Some(name) = scan.name()
            && let Some(columns) = scan.definitions()
            && self.columns.len() < TABLES
        {
            self.columns.insert(name.to_lowercase(), columns);
        }
        Step::Next(State::Rest)
    }

    fn insert(&mut self, scan: &mut Scan<'_>) -> Step {
        scan.insert_words();
        let Some(name) = scan.name() else { return Step::Next(State::Rest) };
        scan.blank();
        let mut columns = self.columns.get(&name.to_lowercase()).cloned().unwrap_or_default();
        if scan.peek() == Some(b'(') {
            match scan.columns() {
                Some(named) => columns = named,
                None => return self.not_followed(),
            }
        }
        loop {
            scan.blank();
            match scan.word().to_ascii_lowercase().as_str() {
                "values" | "value" => return Step::Next(State::Tuple(Rc::new(Head { name, columns }))),
                // OVERRIDING SYSTEM VALUE, where the last word is none of these rows' own.
                "overriding" => {
                    for _ in 0..2 {
                        scan.blank();
                        scan.word();
                    }
                }
                _ => return self.not_followed(),
            }
        }
    }

    fn tuple(&mut self, scan: &mut Scan<'_>, head: &Rc<Head>, rows: &mut Vec<(Vec<Cell>, Rc<Head>)>) -> Step {
        scan.blank();
        if scan.peek_word().eq_ignore_ascii_case("row") {
            scan.word();
            scan.blank();
        }
        let Some((row, whole)) = scan.tuple() else { return Step::Damaged };
        if !whole {
            self.records.out.partial(records::COLUMNS_OVER);
        }
        rows.push((row, Rc::clone(head)));
        scan.blank();
        if scan.peek() != Some(b',') {
            return Step::Next(State::Statement);
        }
        scan.step();
        Step::Next(State::Tuple(Rc::clone(head)))
    }

    fn not_followed(&mut self) -> Step {
        self.records.out.partial(NOT_FOLLOWED);
        Step::Next(State::Rest)
    }

    fn copy(&mut self, scan: &mut Scan<'_>) -> Step {
        let Some(name) = scan.name() else { return Step::Next(State::Rest) };
        scan.blank();
        let mut columns = self.columns.get(&name.to_lowercase()).cloned().unwrap_or_default();
        if scan.peek() == Some(b'(') {
            match scan.columns() {
                Some(named) => columns = named,
                None => return Step::Next(State::Rest),
            }
        }
        let options = scan.line().to_ascii_lowercase();
        let options = options.trim().trim_end_matches(';').trim_end();
        match options.strip_prefix("from stdin").map(str::trim) {
            Some("") => Step::Next(State::Line(Rc::new(Head { name, columns }))),
            Some(_) => self.not_followed(),
            None => Step::Next(State::Statement),
        }
    }
}

fn copied_line(scan: &mut Scan<'_>, head: &Rc<Head>, rows: &mut Vec<(Vec<Cell>, Rc<Head>)>) -> Step {
    let line = scan.line();
    if line == "\\." {
        return Step::Next(State::Statement);
    }
    if !line.is_empty() || head.columns.len() == 1 {
        let mut row = Vec::with_capacity(head.columns.len());
        row.extend(line.split('\t').take(records::COLUMNS).map(copied));
        rows.push((row, Rc::clone(head)));
    }
    Step::Next(State::Line(Rc::clone(head)))
}

/// A field of COPY's text format (PostgreSQL manual, `COPY`, File Formats).
fn copied(field: &str) -> Cell {
    if field == "\\N" || field.is_empty() {
        return Cell::Empty;
    }
    if !field.contains('\\') {
        return match records::number(field) {
            // COPY does not say what is text: digits must stay as they are.
            Cell::Number(number) if number.to_string() == field => Cell::Number(number),
            _ => Cell::Text(field.into()),
        };
    }
    let mut text = String::with_capacity(field.len());
    let mut characters = field.chars();
    while let Some(character) = characters.next() {
        if character != '\\' {
            text.push(character);
            continue;
        }
        match characters.next() {
            Some('n') => text.push('\n'),
            Some('t') => text.push('\t'),
            Some('r' | 'b' | 'f' | 'v') => text.push(' '),
            Some(other) => text.push(other),
            None => {}
        }
    }
    Cell::Text(text.into())
}
