//! The words of SQL: names, literals and comments in the quoting of every dialect. No grammar beyond lists.

use super::super::records::{self, COLUMNS};
use assay_model::Cell;

/// The longest quoted name: databases allow 128 characters.
const NAME: usize = 1024;

/// A place in a text of SQL.
pub(super) struct Scan<'a> {
    text: &'a str,
    pub(super) at: usize,
    backslash: bool,
}

impl<'a> Scan<'a> {
    pub(super) fn new(text: &'a str, backslash: bool) -> Self {
        Self { text, at: 0, backslash }
    }

    pub(super) fn peek(&self) -> Option<u8> {
        self.byte(0)
    }

    fn byte(&self, ahead: usize) -> Option<u8> {
        self.text.as_bytes().get(self.at + ahead).copied()
    }

    pub(super) fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// Passes over one character.
    pub(super) fn step(&mut self) {
        self.at += self.rest().chars().next().map_or(1, char::len_utf8);
    }

    /// What is left of the line, without its end.
    pub(super) fn line(&mut self) -> &'a str {
        let rest = self.rest();
        let end = memchr::memchr(b'\n', rest.as_bytes());
        let line = rest.get(..end.unwrap_or(rest.len())).unwrap_or_default();
        self.at += end.map_or(rest.len(), |end| end + 1);
        line.strip_suffix('\r').unwrap_or(line)
    }

    /// Passes over white space and comments.
    pub(super) fn blank(&mut self) {
        while let Some(byte) = self.peek() {
            match byte {
                b' ' | b'\t' | b'\r' | b'\n' | 0x0b | 0x0c => self.at += 1,
                b'-' if self.byte(1) == Some(b'-') => drop(self.line()),
                b'#' if self.backslash => drop(self.line()),
                b'/' if self.byte(1) == Some(b'*') => {
                    let end = memchr::memmem::find(self.rest().as_bytes(), b"*/");
                    self.at = end.map_or(self.text.len(), |end| self.at + end + 2);
                }
                _ => return,
            }
        }
    }

    pub(super) fn word(&mut self) -> &'a str {
        let word = self.peek_word();
        self.at += word.len();
        word
    }

    pub(super) fn peek_word(&self) -> &'a str {
        let rest = self.rest();
        let part = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$' | 0x80..);
        let end = rest.bytes().position(|byte| !part(&byte)).unwrap_or(rest.len());
        rest.get(..end).unwrap_or_default()
    }

    fn pass(&mut self, word: &str) -> bool {
        self.blank();
        let found = self.peek_word().eq_ignore_ascii_case(word);
        if found {
            self.at += word.len();
        }
        found
    }

    /// The words between INSERT and a table's name.
    pub(super) fn insert_words(&mut self) {
        let between = ["low_priority", "delayed", "high_priority", "or", "ignore", "replace", "into", "only"];
        while between.iter().any(|word| self.pass(word)) {}
    }

    /// The words between CREATE and a table's name; false where it is no table.
    pub(super) fn create_table_words(&mut self) -> bool {
        let between = ["global", "local", "temporary", "temp", "unlogged", "or", "replace"];
        while between.iter().any(|word| self.pass(word)) {}
        let table = self.pass("table");
        if table && self.pass("if") {
            self.pass("not");
            self.pass("exists");
        }
        table
    }

    /// One name, quoted or not.
    fn identifier(&mut self) -> Option<String> {
        let close = match self.peek()? {
            quote @ (b'`' | b'"') => quote,
            b'[' => b']',
            _ => {
                let word = self.word();
                return (!word.is_empty()).then(|| word.to_owned());
            }
        };
        let bytes = self.text.as_bytes();
        let mut name = String::new();
        let mut from = self.at + 1;
        loop {
            let window = bytes.get(from..bytes.len().min(self.at + NAME))?;
            let end = from + memchr::memchr(close, window)?;
            name.push_str(self.text.get(from..end)?);
            from = end + 1;
            if bytes.get(from) != Some(&close) {
                break;
            }
            name.push(char::from(close));
            from += 1;
        }
        self.at = from;
        Some(name)
    }

    /// A table's name, without the schema that everything is in.
    pub(super) fn name(&mut self) -> Option<String> {
        self.blank();
        let mut parts = vec![self.identifier()?];
        while self.peek() == Some(b'.') && parts.len() < 4 {
            self.at += 1;
            parts.push(self.identifier()?);
        }
        if parts.len() > 1 && matches!(parts.first().map(String::as_str), Some("public" | "dbo" | "main")) {
            parts.remove(0);
        }
        Some(parts.join("."))
    }

    /// A list of names in parentheses.
    pub(super) fn columns(&mut self) -> Option<Vec<String>> {
        self.at += 1;
        let mut columns = Vec::new();
        loop {
            self.blank();
            columns.push(self.identifier()?);
            self.blank();
            let next = self.peek().filter(|next| matches!(next, b',' | b')'))?;
            self.at += 1;
            if next == b')' {
                return Some(columns);
            }
            if columns.len() >= COLUMNS {
                return None;
            }
        }
    }

    /// The names of the columns that a CREATE TABLE defines.
    pub(super) fn definitions(&mut self) -> Option<Vec<String>> {
        self.blank();
        if self.peek() != Some(b'(') {
            return None;
        }
        self.at += 1;
        let others = [
            "primary",
            "key",
            "unique",
            "constraint",
            "foreign",
            "index",
            "check",
            "fulltext",
            "spatial",
            "exclude",
            "like",
            "period",
        ];
        let mut columns = Vec::new();
        loop {
            self.blank();
            let first = self.peek_word();
            let other = others.iter().any(|word| first.eq_ignore_ascii_case(word));
            let name = self.identifier();
            self.expression()?;
            if let Some(name) = name
                && !other
                && columns.len() < COLUMNS
            {
                columns.push(name);
            }
            let next = self.peek()?;
            self.at += 1;
            if next == b')' {
                return Some(columns);
            }
        }
    }

    /// A row of values in parentheses, and whether it is whole.
    pub(super) fn tuple(&mut self) -> Option<(Vec<Cell>, bool)> {
        if self.peek() != Some(b'(') {
            return None;
        }
        self.at += 1;
        let (mut row, mut whole) = (Vec::new(), true);
        loop {
            self.blank();
            let start = self.at;
            let literal = self.expression()?;
            let cell = match literal {
                Some(text) if text.is_empty() => Cell::Empty,
                Some(text) => Cell::Text(text.into()),
                None => bare(self.text.get(start..self.at)?.trim()),
            };
            if row.len() < COLUMNS {
                row.push(cell);
            } else {
                whole = false;
            }
            let next = self.peek()?;
            self.at += 1;
            if next == b')' {
                return Some((row, whole));
            }
        }
    }

    /// Passes over an expression up to its `,` or `)`; gives its text literals, or the first one that a function is
    /// given, as in `CAST(N'1970-01-01' AS date)`. `None` where it breaks off.
    fn expression(&mut self) -> Option<Option<String>> {
        let mut literal: Option<String> = None;
        let mut depth = 0_u32;
        loop {
            self.blank();
            let found = match self.peek()? {
                b',' | b')' if depth == 0 => return Some(literal),
                b'(' => {
                    depth += 1;
                    self.at += 1;
                    continue;
                }
                b')' => {
                    depth -= 1;
                    self.at += 1;
                    continue;
                }
                quote @ (b'\'' | b'"') => self.literal(quote, self.backslash)?,
                b'`' | b'[' => {
                    if self.identifier().is_none() {
                        self.at += 1;
                    }
                    continue;
                }
                _ => {
                    let word = self.word();
                    if word.is_empty() {
                        self.step();
                        continue;
                    }
                    if self.peek() != Some(b'\'') {
                        continue;
                    }
                    match word {
                        "E" | "e" => self.literal(b'\'', true)?,
                        "X" | "x" => format!("0x{}", self.literal(b'\'', false)?),
                        _ => self.literal(b'\'', self.backslash)?,
                    }
                }
            };
            match &mut literal {
                None => literal = Some(found),
                Some(text) if depth == 0 => text.push_str(&found),
                Some(_) => {}
            }
        }
    }

    /// A quoted text; `None` where it has no end.
    fn literal(&mut self, quote: u8, backslash: bool) -> Option<String> {
        let bytes = self.text.as_bytes();
        let mut text = String::new();
        let mut from = self.at + 1;
        loop {
            let rest = bytes.get(from..).unwrap_or_default();
            let stop = if backslash { memchr::memchr2(quote, b'\\', rest) } else { memchr::memchr(quote, rest) };
            let Some(stop) = stop else {
                self.at = self.text.len();
                return None;
            };
            let end = from + stop;
            text.push_str(self.text.get(from..end)?);
            if bytes.get(end) == Some(&b'\\') {
                let Some(escaped) = self.text.get(end + 1..).and_then(|rest| rest.chars().next()) else {
                    self.at = self.text.len();
                    return None;
                };
                match escaped {
                    'n' => text.push('\n'),
                    't' => text.push('\t'),
                    'r' | 'b' | 'Z' | '0' => {}
                    other => text.push(other),
                }
                from = end + 1 + escaped.len_utf8();
            } else if bytes.get(end + 1) == Some(&quote) {
                text.push(char::from(quote));
                from = end + 2;
            } else {
                self.at = end + 1;
                return Some(text);
            }
        }
    }

    /// Passes over the rest of a statement: to its `;`, or to a line that begins another, as SQL Server's do. False
    /// where a literal has no end.
    pub(super) fn skip_statement(&mut self) -> bool {
        loop {
            self.blank();
            let Some(byte) = self.peek() else { return true };
            match byte {
                b';' => {
                    self.at += 1;
                    return true;
                }
                b'\'' => {
                    if self.literal(byte, self.backslash).is_none() {
                        return false;
                    }
                }
                b'`' | b'"' | b'[' => {
                    if self.identifier().is_none() {
                        self.at += 1;
                    }
                }
                b'$' => {
                    if !self.dollars() {
                        return false;
                    }
                }
                _ => {
                    let word = self.peek_word();
                    let starts =
                        ["insert", "create", "copy", "go"].iter().any(|first| word.eq_ignore_ascii_case(first));
                    if starts && self.at_line_start() {
                        return true;
                    }
                    if word.is_empty() { self.step() } else { self.at += word.len() }
                }
            }
        }
    }

    fn at_line_start(&self) -> bool {
        let before = self.text.get(..self.at).unwrap_or_default();
        before.trim_end_matches([' ', '\t']).ends_with('\n')
    }

    /// Passes over a `$tag$ .. $tag$` of PostgreSQL, or the `$`; false where it has no end.
    fn dollars(&mut self) -> bool {
        let rest = self.rest();
        let tag = rest.get(1..).and_then(|inner| Some(inner.get(..inner.find('$')?)?.len() + 2));
        let Some(tag) = tag.filter(|length| *length < 64).and_then(|length| rest.get(..length)) else {
            self.at += 1;
            return true;
        };
        let body = rest.get(tag.len()..).unwrap_or_default();
        match memchr::memmem::find(body.as_bytes(), tag.as_bytes()) {
            Some(end) => self.at += end + 2 * tag.len(),
            None => {
                self.at = self.text.len();
                return false;
            }
        }
        true
    }
}

/// A value that is no text literal.
fn bare(text: &str) -> Cell {
    match text.to_ascii_lowercase().as_str() {
        "" | "null" | "default" => Cell::Empty,
        "true" => Cell::Bool(true),
        "false" => Cell::Bool(false),
        _ => records::number(text),
    }
}
