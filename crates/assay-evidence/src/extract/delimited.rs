//! Tables in text: comma, semicolon, tab or pipe, quoted or not, with title rows of any length.
//!
//! Written out here rather than read through a CSV library, because row numbers must be those that a spreadsheet shows
//! (blank lines count, a line end inside quotes does not) and because a stray quote must not swallow the rest of a
//! file.

use super::{Head, Job, Visibility, charset};
use assay_model::{Cell, Table, UnreadReason};

/// A quoted field longer than this is no field but a stray quote.
const QUOTED: usize = 64 * 1024;

/// Columns of the widest spreadsheet; what lies beyond in a row is no table's.
const COLUMNS: usize = 16_384;

/// Cells gathered before they are handed over, whatever the number of their rows.
const GATHERED: u64 = 4_000_000;

/// Rows that the delimiter is judged by.
const JUDGED: usize = 400;

/// Whether the text of a head is a table.
pub(super) fn fits(head: &Head<'_>, text: &str) -> bool {
    delimiter(text, Naming::of(head)).is_some()
}

pub(super) fn read(job: &mut Job<'_, '_>) -> Result<(), UnreadReason> {
    let decoded = charset::decode(job.whole()?);
    if decoded.replaced {
        job.out.warn("bytes that do not fit the text's encoding were replaced");
    }
    let sample = charset::sample(job.head).unwrap_or_default();
    let delimiter = delimiter(&sample, Naming::of(job.head)).unwrap_or(b',');
    let mut rows = Rows::new(&decoded.text, delimiter);
    rows.skip_separator_line();
    let mut table = Table { first_row: 1, continued: false, rows: Vec::new() };
    let mut cells = 0_u64;
    while let Some(row) = rows.next() {
        cells += row.len() as u64;
        table.rows.push(row);
        let many = cells > GATHERED.min(job.out.cells_left);
        if many || table.rows.len() >= job.reading.limits.passage_rows as usize {
            cells = 0;
            let next = Table { first_row: rows.row.saturating_add(1), continued: true, rows: Vec::new() };
            if job.out.table("", Visibility::Shown, std::mem::replace(&mut table, next)).is_err() {
                return Ok(());
            }
        }
    }
    if rows.cut {
        job.out.partial("columns beyond the 16,384th were not read");
    }
    // A limit reached is said by the one who counts.
    let _ = job.out.table("", Visibility::Shown, table);
    Ok(())
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

/// The delimiter of a table, or `None` where the text is none.
fn delimiter(sample: &str, naming: Naming) -> Option<u8> {
    let start = sample.trim_start();
    if let Some(named) = separator_line(sample.trim_start_matches('\u{feff}')) {
        return Some(named);
    }
    // Other notations whose lines hold as many commas or pipes as each other.
    if naming != Naming::Table
        && (["{", "[", "<", "MSH|", "FHS|", "BHS|", "--", "/*"].iter().any(|other| start.starts_with(other))
            || ["insert ", "create ", "drop ", "set ", "use "]
                .iter()
                .any(|word| start.get(..word.len()).is_some_and(|first| first.eq_ignore_ascii_case(word))))
    {
        return None;
    }
    let best = [b'\t', b',', b';', b'|']
        .into_iter()
        .filter_map(|delimiter| Some((consistency(sample, delimiter, naming)?, delimiter)))
        .max_by(|one, two| one.0.total_cmp(&two.0))
        .map(|(_, delimiter)| delimiter);
    // A list in one column: only its name tells it from prose.
    best.or((naming == Naming::Table).then_some(b','))
}

/// `sep=;`, with which Excel is told the delimiter.
fn separator_line(start: &str) -> Option<u8> {
    let line = start.lines().next()?.trim_end();
    match line.strip_prefix("sep=")?.as_bytes() {
        [delimiter] if delimiter.is_ascii() => Some(*delimiter),
        _ => None,
    }
}

/// How well a delimiter explains the sample, from 0 to about 2; `None` where it does not.
fn consistency(sample: &str, delimiter: u8, naming: Naming) -> Option<f64> {
    let mut rows = Rows::new(sample, delimiter);
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
    let prose_like = delimiter != b'\t' && spaced * 2 > delimiters;
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
        .then_some(share + wide / (wide + 8.0))
}

/// Reads rows off a text.
struct Rows<'a> {
    text: &'a str,
    at: usize,
    delimiter: u8,
    /// The number of the last row given.
    row: u32,
    /// The widest row of late: what the next one reserves.
    width: usize,
    /// Whether a row had more columns than a table has.
    cut: bool,
}

impl<'a> Rows<'a> {
    fn new(text: &'a str, delimiter: u8) -> Self {
        Self { text: text.strip_prefix('\u{feff}').unwrap_or(text), at: 0, delimiter, row: 0, width: 4, cut: false }
    }

    /// Passes over `sep=;`, which a spreadsheet takes for an instruction and does not number.
    fn skip_separator_line(&mut self) {
        if separator_line(&self.text[self.at..]).is_some() {
            self.next();
            self.row = 0;
        }
    }

    fn next(&mut self) -> Option<Vec<Cell>> {
        if self.at >= self.text.len() {
            return None;
        }
        self.row = self.row.saturating_add(1);
        let mut row = Vec::with_capacity(self.width);
        loop {
            let (cell, end) = self.field();
            if row.len() < COLUMNS {
                row.push(cell);
            } else {
                self.cut = true;
            }
            if end == End::Row {
                break;
            }
        }
        self.width = row.len().min(1024);
        Some(row)
    }

    fn field(&mut self) -> (Cell, End) {
        let bytes = self.text.as_bytes();
        if bytes.get(self.at) == Some(&b'"')
            && let Some((text, next)) = self.quoted()
        {
            self.at = next;
            return (cell(text), self.end_of_field());
        }
        let rest = &bytes[self.at..];
        let length = memchr::memchr3(self.delimiter, b'\n', b'\r', rest).unwrap_or(rest.len());
        let text = &self.text[self.at..self.at + length];
        self.at += length;
        (cell(text.to_owned()), self.end_of_field())
    }

    /// The text of a quoted field and where it ends; `None` where the quote is part of a plain value.
    fn quoted(&self) -> Option<(String, usize)> {
        let bytes = self.text.as_bytes();
        let mut text = String::new();
        let mut from = self.at + 1;
        loop {
            let window = &bytes[from..bytes.len().min(self.at + QUOTED)];
            let quote = from + memchr::memchr(b'"', window)?;
            text.push_str(&self.text[from..quote]);
            match bytes.get(quote + 1) {
                Some(b'"') => {
                    text.push('"');
                    from = quote + 2;
                }
                None | Some(b'\n' | b'\r') => return Some((text, quote + 1)),
                Some(next) if *next == self.delimiter => return Some((text, quote + 1)),
                // `"Bob" Smith` is written by hand, not by a program: the quotes are the value's own.
                Some(_) => return None,
            }
        }
    }

    fn end_of_field(&mut self) -> End {
        let bytes = self.text.as_bytes();
        match bytes.get(self.at) {
            Some(b'\r') if bytes.get(self.at + 1) == Some(&b'\n') => self.at += 2,
            Some(b'\r' | b'\n') => self.at += 1,
            Some(_) => {
                self.at += 1;
                return End::Cell;
            }
            None => {}
        }
        End::Row
    }
}

#[derive(PartialEq, Eq)]
enum End {
    Cell,
    Row,
}

fn cell(text: String) -> Cell {
    if text.is_empty() { Cell::Empty } else { Cell::Text(text) }
}
