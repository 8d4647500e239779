//! Tables in text: any usual delimiter, quoted or not, with title rows of any length; Markdown tables and the boxes that
//! database clients draw.
//!
//! Written out here rather than read through a CSV library, because row numbers must be those that a spreadsheet shows
//! (blank lines count, a line end inside quotes does not) and because a stray quote must not swallow the rest of a
//! file. Columns by position are not looked for: detection reads them in text.

use super::stream::TextStream;
use super::{Head, Job, Visibility, charset};
use assay_model::{Cell, Table, UnreadReason};
use std::borrow::Cow;

/// A quoted field longer than this is no field but a stray quote.
const QUOTED: usize = 64 * 1024;

/// Columns of the widest spreadsheet; what lies beyond in a row is no table's.
const COLUMNS: usize = 16_384;

/// Text of a passage, bytes: handing over what is still in the processor's cache is faster than gathering.
const PIECE: i64 = 1 << 20;

/// Cells of a passage.
const GATHERED: u64 = 1_000_000;

/// Rows that the delimiter is judged by.
const JUDGED: usize = 400;

/// Whether the text of a head is a table.
pub(super) fn fits(head: &Head<'_>, text: &str) -> bool {
    Dialect::of(text, Naming::of(head)).is_some()
}

pub(super) fn read(job: &mut Job<'_, '_>) -> Result<(), UnreadReason> {
    let sample = charset::sample(job.head).unwrap_or_default();
    let dialect = Dialect::of(&sample, Naming::of(job.head)).unwrap_or(Dialect::of_sign(b','));
    let passage_rows = job.reading.limits.passage_rows.max(1) as usize;
    let (mut stream, out) = TextStream::open(job)?;
    if let Some(length) = separator_length(stream.window()) {
        stream.consume(length);
    }
    let mut table = Table { first_row: 1, continued: false, rows: Vec::new() };
    let (mut row, mut width) = (0_u32, 4);
    // Bytes of the passage before this window, less what of the window was handed over.
    let (mut cells, mut bytes) = (0_u64, 0_i64);
    let (mut cut, mut long) = (false, false);
    'all: loop {
        let mut rows = Rows::new(stream.window(), dialect);
        (rows.last, rows.row, rows.width) = (stream.is_last() || stream.is_full(), row, width);
        while let Some(next) = rows.next() {
            // A row that is longer than a record may be ends where it was cut.
            long |= rows.last && !stream.is_last() && rows.at >= rows.text.len();
            rows.last = stream.is_last();
            cells += next.len() as u64;
            table.rows.push(next);
            let piece = bytes + rows.at as i64 > PIECE || cells > GATHERED.min(out.cells_left);
            if piece || table.rows.len() >= passage_rows {
                (cells, bytes) = (0, -(rows.at as i64));
                let room = Vec::with_capacity(table.rows.len());
                let next = Table { first_row: rows.row.saturating_add(1), continued: true, rows: room };
                if out.table("", Visibility::Shown, std::mem::replace(&mut table, next)).is_err() {
                    break 'all;
                }
            }
        }
        let used = rows.at;
        (row, width, cut) = (rows.row, rows.width, cut | rows.cut);
        bytes += used as i64;
        stream.consume(used);
        if !stream.more() {
            break;
        }
    }
    if cut {
        out.partial("columns beyond the 16,384th were not read");
    }
    if long {
        out.partial("rows longer than 16 MiB were cut");
    }
    stream.finish(out);
    // A limit reached is said by the one who counts.
    let _ = out.table("", Visibility::Shown, table);
    Ok(())
}

/// How a table is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Dialect {
    delimiter: u8,
    quote: u8,
    /// Whether a backslash escapes what follows within quotes.
    escapes: bool,
    /// Whether lines of dashes part the rows, and cells are padded.
    boxed: bool,
}

/// What the name says; it decides only where the content leaves it open.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Naming {
    Table,
    Prose,
    Silent,
}

impl Naming {
    fn of(head: &Head<'_>) -> Self {
        if head.named(&[".csv", ".tsv", ".tab", ".psv"]) {
            Self::Table
        } else if head.named(&[".txt", ".log", ".md", ".sql", ".json", ".conf", ".ini"]) {
            Self::Prose
        } else {
            Self::Silent
        }
    }
}

impl Dialect {
    fn of_sign(delimiter: u8) -> Self {
        Self { delimiter, quote: b'"', escapes: false, boxed: false }
    }

    /// The dialect of a table, or `None` where the text is none.
    fn of(sample: &str, naming: Naming) -> Option<Self> {
        let sample = sample.trim_start_matches('\u{feff}');
        if let Some(named) = separator_line(sample) {
            return Some(Self::of_sign(named).with_quotes(sample));
        }
        let start = sample.trim_start();
        // Other notations whose lines hold as many commas or pipes as each other.
        if naming != Naming::Table
            && (["{", "[", "<", "MSH|", "FHS|", "BHS|", "--", "/*"].iter().any(|other| start.starts_with(other))
                || ["insert ", "create ", "drop ", "set ", "use "]
                    .iter()
                    .any(|word| start.get(..word.len()).is_some_and(|first| first.eq_ignore_ascii_case(word))))
        {
            return None;
        }
        let best = |signs: &[u8], least: usize| {
            let judged = signs.iter().filter_map(|sign| {
                let dialect = Self { boxed: *sign == b'|' && is_boxed(sample), ..Self::of_sign(*sign) };
                let dialect = dialect.with_quotes(sample);
                let (score, width) = consistency(sample, dialect, naming)?;
                (width >= least).then_some((score, dialect))
            });
            judged.max_by(|one, two| one.0.total_cmp(&two.0)).map(|(_, dialect)| dialect)
        };
        // Rarer signs stand in prose, too: a table of them is wide and even.
        best(b"\t,;|", 2)
            .or_else(|| best(b"\x01\x1f^~:", 4).filter(|rare| even(sample, *rare)))
            // A list in one column: only its name tells it from prose.
            .or((naming == Naming::Table).then_some(Self::of_sign(b',')))
    }

    /// Looks for quotes other than `"`, and for backslashes that escape them.
    fn with_quotes(self, sample: &str) -> Self {
        let count = |one: u8, two: u8| memchr::memmem::find_iter(sample.as_bytes(), &[one, two]).count();
        let around = |quote: u8| {
            let opened = count(self.delimiter, quote) + count(b'\n', quote);
            opened.min(count(quote, self.delimiter) + count(quote, b'\n') + count(quote, b'\r'))
        };
        let quote = if around(b'\'') >= 3 && around(b'\'') > 4 * around(b'"') { b'\'' } else { b'"' };
        let escaped = memchr::memmem::find_iter(sample.as_bytes(), &[b'\\', quote]).count();
        // `"C:\dir\",` ends in a backslash that escapes nothing.
        let ends = memchr::memmem::find_iter(sample.as_bytes(), &[b'\\', quote, self.delimiter]).count();
        Self { quote, escapes: escaped > 2 * ends, ..self }
    }
}

/// Whether a text has the rules of a Markdown table or of a database client's output.
fn is_boxed(sample: &str) -> bool {
    sample.lines().take(JUDGED).any(|line| is_rule(line) && line.contains(['+', '|']))
}

/// A line of dashes between rows.
fn is_rule(line: &str) -> bool {
    let line = line.trim();
    line.len() > 2
        && line.contains(['-', '='])
        && line.bytes().all(|byte| matches!(byte, b'-' | b'=' | b'+' | b'|' | b':' | b' '))
}

/// Whether nearly all rows of the sample are as wide as each other.
fn even(sample: &str, dialect: Dialect) -> bool {
    let mut rows = Rows::new(sample, dialect);
    let mut widths = std::collections::BTreeMap::<usize, usize>::new();
    let mut all = 0_usize;
    while let Some(row) = rows.next()
        && all < JUDGED
    {
        all += 1;
        *widths.entry(row.len()).or_default() += 1;
    }
    all >= 3 && widths.into_values().max().unwrap_or(0) * 20 >= all * 19
}

/// The length of a line `sep=;`, which a spreadsheet takes for an instruction and does not number.
fn separator_length(text: &str) -> Option<usize> {
    separator_line(text)?;
    Some(memchr::memchr(b'\n', text.as_bytes()).map_or(text.len(), |end| end + 1))
}

/// `sep=;`, with which Excel is told the delimiter.
fn separator_line(start: &str) -> Option<u8> {
    let line = start.lines().next()?.trim_end();
    match line.strip_prefix("sep=")?.as_bytes() {
        [delimiter] if delimiter.is_ascii() => Some(*delimiter),
        _ => None,
    }
}

/// How well a dialect explains the sample, from 0 to about 2, and the usual width; `None` where it does not.
fn consistency(sample: &str, dialect: Dialect, naming: Naming) -> Option<(f64, usize)> {
    let delimiter = dialect.delimiter;
    memchr::memchr(delimiter, sample.as_bytes())?;
    let mut rows = Rows::new(sample, dialect);
    let mut widths = std::collections::BTreeMap::<usize, usize>::new();
    let mut all = 0_usize;
    let (mut spaced, mut delimiters, mut words) = (0_usize, 0_usize, 0_usize);
    while let Some(row) = rows.next()
        && all < JUDGED
    {
        if row.iter().all(Cell::is_blank) {
            continue;
        }
        all += 1;
        *widths.entry(row.len()).or_default() += 1;
        delimiters += row.len() - 1;
        words += row.iter().map(|cell| cell.text().split_whitespace().count()).sum::<usize>();
        spaced += row.iter().skip(1).filter(|cell| matches!(cell, Cell::Text(text) if text.starts_with(' '))).count();
    }
    let (&width, &count) =
        widths.iter().filter(|(width, _)| **width >= 2).max_by_key(|(width, count)| (**count, **width))?;
    let share = count as f64 / all as f64;
    let prose_like = delimiter != b'\t' && !dialect.boxed && spaced * 2 > delimiters;
    // Sentences of one pattern have as many commas as each other, too; a table's cells are short.
    if prose_like && naming != Naming::Table && words > 3 * (delimiters + all) {
        return None;
    }
    let (least_rows, least_share) = match naming {
        Naming::Table => (1, 0.2),
        Naming::Silent if prose_like => (4, 0.95),
        Naming::Silent => (2, 0.7),
        Naming::Prose if prose_like => (6, 0.98),
        // Two columns with one comma a line are also an address list or a log; three are not by chance.
        Naming::Prose if width == 2 && delimiter != b'\t' => (4, 0.95),
        Naming::Prose => (2, 0.8),
    };
    let wide = width as f64;
    (count >= least_rows && share >= least_share && (width > 2 || !prose_like || naming == Naming::Table))
        .then_some((share + wide / (wide + 8.0), width))
}

/// Reads rows off a text.
struct Rows<'a> {
    text: &'a str,
    at: usize,
    dialect: Dialect,
    /// Whether the text ends here; else a row that reaches its end is not given yet.
    last: bool,
    /// The number of the last row given.
    row: u32,
    /// The widest row of late: what the next one reserves.
    width: usize,
    /// Whether a row had more columns than a table has.
    cut: bool,
}

impl<'a> Rows<'a> {
    fn new(text: &'a str, dialect: Dialect) -> Self {
        Self { text, at: 0, dialect, last: true, row: 0, width: 4, cut: false }
    }

    fn next(&mut self) -> Option<Vec<Cell>> {
        if self.at >= self.text.len() {
            return None;
        }
        let start = self.at;
        let mut row = Vec::with_capacity(self.width);
        loop {
            let end = match self.field(&mut row) {
                End::Open if !self.last => {
                    self.at = start;
                    return None;
                }
                end => end,
            };
            if end != End::Cell {
                break;
            }
        }
        self.row = self.row.saturating_add(1);
        if self.dialect.boxed {
            let line = self.text.get(start..self.at).unwrap_or_default();
            row = if is_rule(line) { Vec::new() } else { unboxed(line, row) };
        }
        self.width = row.len().clamp(1, 1024);
        Some(row)
    }

    fn field(&mut self, row: &mut Vec<Cell>) -> End {
        let bytes = self.text.as_bytes();
        if bytes.get(self.at) == Some(&self.dialect.quote) {
            match self.quoted() {
                Quoted::Field(text, next) => {
                    self.at = next;
                    self.push(row, cell(&text));
                    return self.end_of_field();
                }
                Quoted::Open => return End::Open,
                Quoted::Plain => {}
            }
        }
        let rest = bytes.get(self.at..).unwrap_or_default();
        let Some(length) = plain_field(rest, self.dialect.delimiter) else {
            let text = self.text.get(self.at..).unwrap_or_default();
            self.at = self.text.len();
            self.push(row, cell(text));
            return End::Open;
        };
        let text = self.text.get(self.at..self.at + length).unwrap_or_default();
        self.at += length;
        self.push(row, cell(text));
        self.end_of_field()
    }

    fn push(&mut self, row: &mut Vec<Cell>, cell: Cell) {
        if row.len() < COLUMNS {
            row.push(cell);
        } else {
            self.cut = true;
        }
    }

    /// The text of a quoted field and where it ends.
    fn quoted(&self) -> Quoted<'a> {
        let bytes = self.text.as_bytes();
        let Dialect { quote, delimiter, escapes, .. } = self.dialect;
        let mut text = String::new();
        let mut from = self.at + 1;
        loop {
            let end = bytes.len().min(self.at + QUOTED);
            let window = bytes.get(from..end).unwrap_or_default();
            let found = if escapes { memchr::memchr2(quote, b'\\', window) } else { memchr::memchr(quote, window) };
            let open = !self.last && end == bytes.len();
            let Some(found) = found else { return if open { Quoted::Open } else { Quoted::Plain } };
            let mark = from + found;
            let part = self.text.get(from..mark).unwrap_or_default();
            let next = bytes.get(mark + 1).copied();
            // Most fields have no escape in them and are lent.
            let whole = |text: String| if from == self.at + 1 { Cow::Borrowed(part) } else { Cow::Owned(text + part) };
            if bytes.get(mark) == Some(&b'\\') && quote != b'\\' {
                text.push_str(part);
                let Some(escaped) = self.text.get(mark + 1..).and_then(|rest| rest.chars().next()) else {
                    return if self.last { Quoted::Plain } else { Quoted::Open };
                };
                match escaped {
                    'n' => text.push('\n'),
                    't' => text.push('\t'),
                    'r' => {}
                    '"' | '\'' | '\\' => text.push(escaped),
                    other => text.extend(['\\', other]),
                }
                from = mark + 1 + escaped.len_utf8();
                continue;
            }
            match next {
                Some(next) if next == quote => {
                    text.push_str(part);
                    text.push(char::from(quote));
                    from = mark + 2;
                }
                None if !self.last => return Quoted::Open,
                None | Some(b'\n' | b'\r') => return Quoted::Field(whole(text), mark + 1),
                Some(next) if next == delimiter => return Quoted::Field(whole(text), mark + 1),
                // `"Bob" Smith` is written by hand, not by a program: the quotes are the value's own.
                Some(_) => return Quoted::Plain,
            }
        }
    }

    fn end_of_field(&mut self) -> End {
        let bytes = self.text.as_bytes();
        match bytes.get(self.at) {
            Some(b'\r') => match bytes.get(self.at + 1) {
                Some(b'\n') => self.at += 2,
                Some(_) => self.at += 1,
                None => {
                    self.at += 1;
                    return End::Open;
                }
            },
            Some(b'\n') => self.at += 1,
            Some(_) => {
                self.at += 1;
                return if self.at < bytes.len() { End::Cell } else { self.last_field() };
            }
            None => return End::Open,
        }
        End::Row
    }

    /// A delimiter at the text's end: an empty field comes after it.
    fn last_field(&self) -> End {
        if self.last { End::Cell } else { End::Open }
    }
}

/// Where a field without quotes ends. Fields are short: for those the call of a search costs more than looking at eight bytes at
/// a time (a byte is zero where it is like what is looked for; the lowest such byte is told truly).
fn plain_field(rest: &[u8], delimiter: u8) -> Option<usize> {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = 0x8080_8080_8080_8080;
    const SHORT: usize = 32;
    let zeros = |word: u64| word.wrapping_sub(ONES) & !word & HIGH;
    let delimiters = ONES * u64::from(delimiter);
    let (words, _) = rest.get(..SHORT).unwrap_or(rest).as_chunks::<8>();
    for (place, word) in words.iter().enumerate() {
        let word = u64::from_le_bytes(*word);
        let found = zeros(word ^ delimiters) | zeros(word ^ (ONES * 0x0a)) | zeros(word ^ (ONES * 0x0d));
        if found != 0 {
            return Some(place * 8 + found.trailing_zeros() as usize / 8);
        }
    }
    let from = words.len() * 8;
    memchr::memchr3(delimiter, b'\n', b'\r', rest.get(from..)?).map(|found| from + found)
}

/// A row without the frame and padding of a drawn table.
fn unboxed(line: &str, row: Vec<Cell>) -> Vec<Cell> {
    let framed = line.trim_start().starts_with('|');
    let mut row: Vec<Cell> = row.into_iter().map(|found| cell(found.text().trim())).collect();
    if framed {
        row.remove(0);
        if line.trim_end().ends_with('|') && row.last() == Some(&Cell::Empty) {
            row.pop();
        }
    }
    row
}

/// What a quote at the beginning of a field makes of it.
enum Quoted<'a> {
    Field(Cow<'a, str>, usize),
    /// The quote is part of a plain value.
    Plain,
    /// The text ends before that can be told.
    Open,
}

#[derive(PartialEq, Eq)]
enum End {
    Cell,
    Row,
    /// The text ends with this field.
    Open,
}

fn cell(text: &str) -> Cell {
    if text.is_empty() { Cell::Empty } else { Cell::Text(text.into()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_of_fields_are_found_wherever_they_are() {
        // Neighbours of what is looked for, and bytes with the high bit, must not be taken for it.
        let filler = [b'a', b'-', 0x0b, 0x0c, 0x0e, 0x2d, 0xac, 0x8a, 0xff, 0, 1, 0x80];
        for length in 0..70 {
            let mut text: Vec<u8> = (0..length).map(|n| filler[(n * 7 + length) % filler.len()]).collect();
            assert_eq!(plain_field(&text, b','), None);
            for sign in [b',', b'\n', b'\r'] {
                for place in 0..length {
                    let before = std::mem::replace(&mut text[place], sign);
                    assert_eq!(plain_field(&text, b','), Some(place));
                    text[place] = before;
                }
            }
        }
    }
}
