//! Access databases, Jet 3 to ACE 16 (`.mdb`, `.accdb`): the rows of every table that is its user's, files kept in them as
//! members.
//!
//! The pages are read by the `jetdb` crate. System tables, deleted rows, forms, queries and programs are not read. A database
//! password of Jet is no encryption and needs none; one of ACE encrypts.

use super::embedded::{self, Embedded};
use super::records::{self, Records};
use super::{Job, Out, ReadSeek, Visibility, Visit, read_at_most};
use assay_model::{Cell, Sensitive, UnreadReason};
use jetdb::{
    CatalogEntry, ColumnDef, ComplexColumn, ComplexValues, FileError, ObjectType, PageReader, TableRows, Value,
};
use jiff::ToSpan;
use jiff::civil::Date;
use std::io::Cursor;

/// Bytes before which an object that another program stored begins: its names and the sizes of its frames.
const WRAPPING: usize = 1024;

/// The longest row that comes whole, bytes of text.
const VALUE: usize = 16 << 20;

pub(super) fn read(job: &mut Job<'_, '_>) -> Result<(), UnreadReason> {
    let bytes = job.whole_for_rows()?;
    let passage_rows = job.reading.limits.passage_rows;
    read_bytes(bytes, job.reading.passwords, job.out, passage_rows, &mut Embedded::default())
}

/// Opens the files in attachment columns and objects.
pub(super) fn visit(input: &mut dyn ReadSeek, visit: &mut Visit<'_>) {
    let reading = visit.reading;
    let limit = reading.limits.item_bytes.saturating_mul(4);
    embedded::visit_with(visit, &mut |out, embedded| {
        // What cannot be read was said when the item was read.
        let Ok(bytes) = super::rewind(input).and_then(|()| read_at_most(input, limit)) else { return };
        let _ = read_bytes(bytes, reading.passwords, out, reading.limits.passage_rows, embedded);
    });
}

fn read_bytes(
    bytes: Vec<u8>,
    passwords: &[Sensitive<String>],
    out: &mut Out<'_>,
    passage_rows: u32,
    embedded: &mut Embedded<'_, '_>,
) -> Result<(), UnreadReason> {
    let mut reader = open(bytes, passwords)?;
    let catalog = jetdb::read_catalog(&mut reader).map_err(|_| UnreadReason::Corrupt)?;
    let mut records = Records::new(out, passage_rows);
    let linked =
        catalog.iter().any(|entry| matches!(entry.object_type, ObjectType::LinkedOdbcTable | ObjectType::LinkedTable));
    let tables = catalog.iter().filter(|entry| entry.object_type == ObjectType::Table && !entry.is_system());
    // Names that begin so are those of tables being deleted, and of tables that Access keeps beside its catalogue.
    for entry in tables.filter(|entry| !entry.name.starts_with('~') && !entry.name.starts_with("MSys")) {
        if embedded.done() {
            break;
        }
        match table(&mut reader, &catalog, entry, &mut records, embedded) {
            Ok(true) => {}
            // A limit reached is said by the one who counts.
            Ok(false) => return Ok(()),
            Err(_) => records.out.partial("tables of the database that are damaged were not read"),
        }
    }
    // A limit reached is said by the one who counts.
    let _ = records.flush();
    if linked {
        out.warn("tables that are linked from other files are not in this one");
    }
    Ok(())
}

fn open(bytes: Vec<u8>, passwords: &[Sensitive<String>]) -> Result<PageReader, UnreadReason> {
    let bytes: std::sync::Arc<[u8]> = bytes.into();
    let reason = |error: FileError| match error {
        FileError::PasswordRequired | FileError::InvalidPassword | FileError::UnsupportedEncryption { .. } => {
            UnreadReason::Encrypted
        }
        _ => UnreadReason::Corrupt,
    };
    match PageReader::open_reader(Cursor::new(std::sync::Arc::clone(&bytes))) {
        Err(FileError::PasswordRequired) => {
            let opened = passwords.iter().find_map(|password| {
                let input = Cursor::new(std::sync::Arc::clone(&bytes));
                PageReader::open_reader_with_password(input, Some(password.reveal().as_str())).ok()
            });
            opened.ok_or(UnreadReason::Encrypted)
        }
        opened => opened.map_err(reason),
    }
}

/// Gives a table; false where a limit is reached.
fn table(
    reader: &mut PageReader,
    catalog: &[CatalogEntry],
    entry: &CatalogEntry,
    records: &mut Records<'_, '_>,
    embedded: &mut Embedded<'_, '_>,
) -> Result<bool, FileError> {
    let table = jetdb::read_table_def(reader, &entry.name, entry.table_page)?;
    let mut order: Vec<usize> = (0..table.columns.len()).collect();
    order.retain(|at| table.columns.get(*at).is_some_and(|column| column.is_shown(false)));
    order.sort_by_key(|at| table.columns.get(*at).map(|column| (column.display_index, column.col_num)));
    order.truncate(records::COLUMNS);
    let columns: Vec<&ColumnDef> = order.iter().filter_map(|at| table.columns.get(*at)).collect();
    let header: Vec<String> = columns.iter().map(|column| column.name.clone()).collect();
    let mut complex = Vec::new();
    for column in &columns {
        complex.push(jetdb::read_complex_column(reader, catalog, &table, column).ok().flatten());
    }
    let calculated = jetdb::calculated_column_types_in(catalog, &table);
    let mut rows = TableRows::new(&table, &calculated);
    let mut number = 0_u64;
    while let Some(row) = rows.next_row(reader)? {
        number += 1;
        let mut cells = Vec::with_capacity(order.len());
        for ((at, column), complex) in order.iter().zip(&columns).zip(&complex) {
            let value = row.values.get(*at).unwrap_or(&Value::Null);
            cells.push(match (complex, value) {
                (Some(complex), Value::Long(key)) => several(reader, complex, *key, records.out, embedded),
                (_, Value::Binary(bytes)) => {
                    let name = format!("{} {} {number}", entry.name, column.name);
                    object(bytes, &name, records.out, embedded)
                }
                _ => cell(value),
            });
        }
        if records.put(&entry.name, Visibility::Shown, &header, cells).is_err() {
            return Ok(false);
        }
        if embedded.done() {
            return Ok(true);
        }
    }
    if rows.skipped_rows() > 0 {
        records.out.partial("rows of the database that are damaged were not read");
    }
    Ok(true)
}

/// A column of several values: values in one cell, files as members under their names.
fn several(
    reader: &mut PageReader,
    complex: &ComplexColumn,
    key: i32,
    out: &mut Out<'_>,
    embedded: &mut Embedded<'_, '_>,
) -> Cell {
    let joined = |values: Vec<String>| {
        let text = values.into_iter().filter(|value| !value.is_empty()).collect::<Vec<_>>().join("; ");
        if text.is_empty() { Cell::Empty } else { Cell::Text(text.into()) }
    };
    match complex.values(reader, key) {
        Ok(ComplexValues::MultiValue(values)) => {
            joined(values.iter().map(|value| cell(value).text().into_owned()).collect())
        }
        Ok(ComplexValues::VersionHistory(versions)) => {
            joined(versions.iter().map(|version| cell(&version.value).text().into_owned()).collect())
        }
        Ok(ComplexValues::Attachment(files)) => {
            let mut names = Vec::new();
            for file in &files {
                let name = cell(&file.name).text().into_owned();
                if let Value::Binary(bytes) = &file.data {
                    embedded.add_bytes(out, &name, &cell(&file.file_type).text(), bytes);
                }
                names.push(name);
            }
            joined(names)
        }
        _ => Cell::Empty,
    }
}

/// A binary value: a file that it is or wraps as a member; other bytes give nothing.
fn object(bytes: &[u8], name: &str, out: &mut Out<'_>, embedded: &mut Embedded<'_, '_>) -> Cell {
    const KNOWN: &[(&[u8], &str)] = &[
        (b"%PDF-", "pdf"),
        (b"\xff\xd8\xff", "jpg"),
        (b"\x89PNG\r\n", "png"),
        (b"GIF8", "gif"),
        (b"II*\0", "tif"),
        (b"MM\0*", "tif"),
        (b"PK\x03\x04", "zip"),
        (b"{\\rtf", "rtf"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "doc"),
    ];
    let head = bytes.get(..WRAPPING).unwrap_or(bytes);
    let found = KNOWN
        .iter()
        .filter_map(|(magic, ending)| Some((memchr::memmem::find(head, magic)?, *ending)))
        .min_by_key(|(at, _)| *at);
    if let Some((at, ending)) = found {
        embedded.add_bytes(out, name, ending, bytes.get(at..).unwrap_or_default());
        return Cell::Text(format!("[{ending}]").into());
    }
    // Short ones are often text.
    match std::str::from_utf8(bytes) {
        Ok(text) if !text.is_empty() && !text.chars().any(char::is_control) => Cell::Text(text.into()),
        _ => {
            if !bytes.is_empty() {
                out.warn("binary values that hold no file that is recognised were not read");
            }
            Cell::Empty
        }
    }
}

fn cell(value: &Value) -> Cell {
    let text = |text: &str| {
        let text = text.get(..text.floor_char_boundary(VALUE)).unwrap_or_default().trim_end_matches('\0');
        match text {
            "" => Cell::Empty,
            _ if text.starts_with("<div") => Cell::Text(rich(text).into()),
            _ => Cell::Text(text.replace("\r\n", "\n").into()),
        }
    };
    match value {
        Value::Null => Cell::Empty,
        Value::Bool(truth) => Cell::Bool(*truth),
        Value::Byte(number) => Cell::Number(f64::from(*number)),
        Value::Int(number) => Cell::Number(f64::from(*number)),
        Value::Long(number) => Cell::Number(f64::from(*number)),
        Value::BigInt(number) => records::number(&number.to_string()),
        // What was typed in single precision prints as it was typed.
        Value::Float(number) => records::number(&number.to_string()),
        Value::Double(number) => Cell::Number(*number),
        Value::Text(value) | Value::Guid(value) | Value::DateTimeExtended(value) => text(value),
        Value::Money(value) | Value::Numeric(value) => records::number(value.trim_start_matches('+')),
        Value::Timestamp(days) => timestamp(*days),
        _ => Cell::Empty,
    }
}

/// Rich text, which Access keeps as HTML, without its tags.
fn rich(html: &str) -> String {
    let mut out = String::with_capacity(html.len());
    let mut rest = html;
    while let Some((before, after)) = rest.split_once('<') {
        out.push_str(before);
        let (tag, tail) = after.split_once('>').unwrap_or((after, ""));
        if matches!(tag, "/div" | "br" | "br/" | "/p" | "/li") && !out.is_empty() {
            out.push('\n');
        }
        rest = tail;
    }
    out.push_str(rest);
    let plain = out.replace("&nbsp;", " ").replace("\r\n", "\n");
    let plain = quick_xml::escape::unescape(&plain).map_or_else(|_| plain.clone(), |text| text.into_owned());
    plain.trim_end().to_owned()
}

/// Days since 30 December 1899: a day, a day with a time, or a time alone.
fn timestamp(days: f64) -> Cell {
    let whole = days.floor();
    let minutes = ((days - whole) * 24.0 * 60.0).round() as i64;
    let date = Date::new(1899, 12, 30).ok().and_then(|origin| {
        let days = if whole.abs() < 3_000_000.0 { whole as i64 } else { return None };
        origin.checked_add(days.days()).ok()
    });
    let time = format!("{:02}:{:02}", minutes / 60 % 24, minutes % 60);
    match (date, minutes) {
        (None, _) => Cell::Number(days),
        (Some(date), 0) => Cell::Date(date),
        (Some(_), _) if whole == 0.0 => Cell::Text(time.into()),
        (Some(date), _) => Cell::Text(format!("{date} {time}").into()),
    }
}
