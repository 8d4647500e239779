//! Parquet files: rows as a table, nested values as joined text.
//!
//! Pages are decoded by the `parquet` crate, row group by row group. Columns packed in a way that is not built in are said
//! and cost the whole file, since rows cannot be put together without them.

use super::records::{self, Records};
use super::{Job, Visibility};
use ::parquet::basic::Compression;
use ::parquet::errors::ParquetError;
use ::parquet::file::reader::{FileReader, SerializedFileReader};
use ::parquet::record::{Field, Row};
use assay_model::{Cell, UnreadReason};
use jiff::ToSpan;
use jiff::civil::Date;

/// The longest text of one nested value, bytes.
const NESTED: usize = 64 * 1024;

pub(super) fn read(job: &mut Job<'_, '_>) -> Result<(), UnreadReason> {
    let bytes = job.whole_for_rows()?;
    if bytes.ends_with(b"PARE") {
        return Err(UnreadReason::Encrypted);
    }
    let reader = SerializedFileReader::new(bytes::Bytes::from(bytes)).map_err(|error| reason(&error))?;
    let metadata = reader.metadata();
    let packed =
        metadata.row_groups().iter().flat_map(|group| group.columns().iter().map(|column| column.compression()));
    for packing in packed {
        let name = match packing {
            Compression::ZSTD(_) => "zstd",
            Compression::BROTLI(_) => "brotli",
            Compression::LZO => "lzo",
            _ => continue,
        };
        job.out.warn(&format!("the columns are packed by {name}, which is not read"));
        return Err(UnreadReason::Unsupported);
    }
    let names = metadata.file_metadata().schema().get_fields().iter().map(|field| field.name().to_owned());
    let header: Vec<String> = names.take(records::COLUMNS).collect();
    let mut records = Records::new(&mut *job.out, job.reading.limits.passage_rows);
    for group in 0..metadata.num_row_groups() {
        let rows = reader.get_row_group(group).and_then(|group| {
            // The iterator borrows the group: its rows are given within.
            let mut full = false;
            for row in group.get_row_iter(None)? {
                full = records.put("", Visibility::Shown, &header, cells(&row?)).is_err();
                if full {
                    break;
                }
            }
            Ok(full)
        });
        match rows {
            Ok(false) => {}
            Ok(true) => return Ok(()),
            Err(error) if !records.any => return Err(reason(&error)),
            Err(_) => records.out.partial("row groups that are damaged were not read whole"),
        }
    }
    // A limit reached is said by the one who counts.
    let _ = records.flush();
    Ok(())
}

fn reason(error: &ParquetError) -> UnreadReason {
    match error {
        ParquetError::NYI(_) => UnreadReason::Unsupported,
        _ if error.to_string().contains("encrypt") => UnreadReason::Encrypted,
        _ => UnreadReason::Corrupt,
    }
}

fn cells(row: &Row) -> Vec<Cell> {
    row.get_column_iter().take(records::COLUMNS).map(|(_, field)| cell(field)).collect()
}

fn cell(field: &Field) -> Cell {
    let day = |days: i64| Date::new(1970, 1, 1).ok()?.checked_add(days.days()).ok();
    match field {
        Field::Null => Cell::Empty,
        Field::Bool(truth) => Cell::Bool(*truth),
        Field::Float(number) => records::number(&number.to_string()),
        Field::Double(number) => Cell::Number(*number),
        Field::Str(text) => text_of(text),
        Field::Bytes(bytes) => match std::str::from_utf8(bytes.data()) {
            Ok(text) => text_of(text),
            Err(_) => Cell::Empty,
        },
        Field::Date(days) => day(i64::from(*days)).map_or(Cell::Empty, Cell::Date),
        Field::Group(row) => nested(row.get_column_iter().map(|(name, field)| (Some(name.as_str()), field))),
        Field::ListInternal(list) => nested(list.elements().iter().map(|field| (None, field))),
        Field::MapInternal(map) => nested(map.entries().iter().flat_map(|(key, value)| [(None, key), (None, value)])),
        Field::Byte(_)
        | Field::Short(_)
        | Field::Int(_)
        | Field::Long(_)
        | Field::UByte(_)
        | Field::UShort(_)
        | Field::UInt(_)
        | Field::ULong(_) => records::number(&field.to_string()),
        // Midnight in UTC is a day.
        Field::TimestampMillis(_) | Field::TimestampMicros(_) => {
            let text = field.to_string();
            let text = text.strip_suffix(" +00:00").unwrap_or(&text);
            match text.strip_suffix(" 00:00:00").and_then(|day| day.parse::<Date>().ok()) {
                Some(day) => Cell::Date(day),
                None => text_of(text),
            }
        }
        other => text_of(&other.to_string()),
    }
}

fn text_of(text: &str) -> Cell {
    if text.is_empty() { Cell::Empty } else { Cell::Text(text.into()) }
}

/// The values in a value, in one cell.
fn nested<'f>(parts: impl Iterator<Item = (Option<&'f str>, &'f Field)>) -> Cell {
    let mut text = String::new();
    for (name, field) in parts {
        let value = cell(field);
        if value.is_blank() {
            continue;
        }
        if text.len() > NESTED {
            break;
        }
        if !text.is_empty() {
            text.push_str("; ");
        }
        if let Some(name) = name {
            text.push_str(name);
            text.push_str(": ");
        }
        text.push_str(&value.text());
    }
    if text.is_empty() { Cell::Empty } else { Cell::Text(text.into()) }
}
