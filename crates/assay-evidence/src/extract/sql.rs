//! Dumps of databases as SQL: the rows of INSERT (MySQL, MariaDB, SQLite, SQL Server, PostgreSQL) and of COPY FROM stdin
//! (PostgreSQL) as tables.
//!
//! Nothing is run: a value that is computed stands as its first literal, or as it is written. Rows changed by UPDATE or
//! selected from elsewhere are not followed, and said. A script without rows is text.

use super::records::{self, Records};
use super::{Full, Head, Job, Visibility, charset, text};
use assay_model::{Cell, UnreadReason};
use std::collections::BTreeMap;

mod scan;

use scan::Scan;

/// Literals without an end after which the rest is given up: each may cost a look at all that follows.
const BROKEN: u32 = 8;

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
pub(super) fn fits(_: &Head<'_>, text: &str) -> bool {
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
    let decoded = charset::decode(job.whole()?);
    if decoded.replaced {
        job.out.warn("bytes that do not fit the text's encoding were replaced");
    }
    let text = decoded.text.strip_prefix('\u{feff}').unwrap_or(&decoded.text);
    let scan = Scan::new(text, Dialect::of(text).backslash());
    let records = Records::new(&mut *job.out, job.reading.limits.passage_rows);
    let mut dump = Dump { scan, records, columns: BTreeMap::new(), broken: 0 };
    // A limit reached is said by the one who counts.
    let _ = dump.statements().and_then(|()| dump.records.flush());
    let any = dump.records.any;
    drop(decoded);
    if any { Ok(()) } else { text::read(job) }
}

/// A dump being read.
struct Dump<'a, 'r, 'o> {
    scan: Scan<'a>,
    records: Records<'r, 'o>,
    /// Columns by table, as CREATE TABLE names them.
    columns: BTreeMap<String, Vec<String>>,
    broken: u32,
}

/// How a statement ended.
enum Done {
    /// Read, or passed over as far as its end.
    Read,
    /// It is none that gives rows.
    Other,
    /// It breaks off.
    Damaged,
}

impl Dump<'_, '_, '_> {
    fn statements(&mut self) -> Result<(), Full> {
        while self.broken < BROKEN {
            self.scan.blank();
            let start = self.scan.at;
            let done = match self.scan.peek() {
                None => return Ok(()),
                Some(b';') => {
                    self.scan.step();
                    continue;
                }
                Some(b'\\') => {
                    self.scan.line();
                    continue;
                }
                Some(_) => match self.scan.word().to_ascii_lowercase().as_str() {
                    "insert" | "replace" => self.insert()?,
                    "create" => self.create(),
                    "copy" => self.copy()?,
                    "update" | "merge" | "load" => {
                        self.records.out.partial(NOT_FOLLOWED);
                        Done::Other
                    }
                    "go" => Done::Read,
                    _ => Done::Other,
                },
            };
            let whole = match done {
                Done::Read => true,
                Done::Other => self.scan.skip_statement(),
                Done::Damaged => false,
            };
            if !whole {
                self.broken += 1;
                self.records.out.partial(DAMAGED);
                self.scan.next_statement_line(start);
            }
        }
        Ok(())
    }

    fn create(&mut self) -> Done {
        if !self.scan.create_table_words() {
            return Done::Other;
        }
        let Some(name) = self.scan.name() else { return Done::Other };
        if let Some(columns) = self.scan.definitions() {
            self.columns.insert(name.to_lowercase(), columns);
        }
        Done::Other
    }

    fn insert(&mut self) -> Result<Done, Full> {
        self.scan.insert_words();
        let Some(name) = self.scan.name() else { return Ok(Done::Other) };
        self.scan.blank();
        let mut header = self.columns.get(&name.to_lowercase()).cloned().unwrap_or_default();
        if self.scan.peek() == Some(b'(') {
            match self.scan.columns() {
                Some(columns) => header = columns,
                None => return Ok(self.not_followed()),
            }
        }
        loop {
            self.scan.blank();
            match self.scan.word().to_ascii_lowercase().as_str() {
                "values" | "value" => break,
                // OVERRIDING SYSTEM VALUE, where the last word is none of these rows' own.
                "overriding" => {
                    for _ in 0..2 {
                        self.scan.blank();
                        self.scan.word();
                    }
                }
                _ => return Ok(self.not_followed()),
            }
        }
        loop {
            self.scan.blank();
            if self.scan.peek_word().eq_ignore_ascii_case("row") {
                self.scan.word();
                self.scan.blank();
            }
            let Some((row, whole)) = self.scan.tuple() else { return Ok(Done::Damaged) };
            if !whole {
                self.records.out.partial(records::COLUMNS_OVER);
            }
            self.records.put(&name, Visibility::Shown, &header, row)?;
            self.scan.blank();
            if self.scan.peek() != Some(b',') {
                return Ok(Done::Read);
            }
            self.scan.step();
        }
    }

    fn not_followed(&mut self) -> Done {
        self.records.out.partial(NOT_FOLLOWED);
        Done::Other
    }

    fn copy(&mut self) -> Result<Done, Full> {
        let Some(name) = self.scan.name() else { return Ok(Done::Other) };
        self.scan.blank();
        let mut header = self.columns.get(&name.to_lowercase()).cloned().unwrap_or_default();
        if self.scan.peek() == Some(b'(') {
            match self.scan.columns() {
                Some(columns) => header = columns,
                None => return Ok(Done::Other),
            }
        }
        let options = self.scan.line().to_ascii_lowercase();
        let options = options.trim().trim_end_matches(';').trim_end();
        let from = options.strip_prefix("from stdin").map(str::trim);
        if from.is_some_and(|with| !with.is_empty()) {
            return Ok(self.not_followed());
        }
        if from.is_none() {
            return Ok(Done::Read);
        }
        while self.scan.peek().is_some() {
            let line = self.scan.line();
            if line == "\\." {
                return Ok(Done::Read);
            }
            if line.is_empty() && header.len() != 1 {
                continue;
            }
            let row: Vec<Cell> = line.split('\t').take(records::COLUMNS).map(copied).collect();
            self.records.put(&name, Visibility::Shown, &header, row)?;
        }
        self.records.out.partial("the dump ends within a table");
        Ok(Done::Read)
    }
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
            _ => Cell::Text(field.to_owned()),
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
    Cell::Text(text)
}
