//! dBase and FoxPro tables (`.dbf`). Records that are marked deleted but still in the file come hidden, after the others.
//!
//! Memos lie in a file of their own and are not read. The layout is that of Xbase: a header, fields of 32 bytes each,
//! records of fixed width.

use super::records::{self, Records};
use super::{Full, Head, Job, Visibility};
use assay_model::{Cell, UnreadReason};
use jiff::civil::Date;

/// Versions that have this layout.
const VERSIONS: &[u8] = &[0x03, 0x04, 0x30, 0x31, 0x32, 0x43, 0x83, 0x8b, 0xf5, 0xfb];

/// Code pages of DOS, whose letters beyond ASCII are read as those of Windows.
const DOS: &[u8] = &[0x01, 0x02, 0x64, 0x69, 0x6a];

struct Field {
    name: String,
    kind: u8,
    at: usize,
    length: usize,
}

struct Layout {
    header: usize,
    record: usize,
    count: usize,
    fields: Vec<Field>,
    dos: bool,
}

pub(super) fn fits(head: &Head<'_>) -> bool {
    layout(&head.first).is_some()
}

fn layout(bytes: &[u8]) -> Option<Layout> {
    let small = |at: usize| Some(usize::from(u16::from_le_bytes(bytes.get(at..at + 2)?.try_into().ok()?)));
    let dated = (1..=12).contains(bytes.get(2)?) && (1..=31).contains(bytes.get(3)?);
    if !VERSIONS.contains(bytes.first()?) || !dated {
        return None;
    }
    let count = u32::from_le_bytes(bytes.get(4..8)?.try_into().ok()?) as usize;
    let (header, record) = (small(8)?, small(10)?);
    let mut fields = Vec::new();
    let mut at = 1;
    for field in bytes.get(32..header)?.chunks_exact(32) {
        if field.first() == Some(&0x0d) {
            break;
        }
        let name = field.get(..11)?.split(|byte| *byte == 0).next()?;
        let kind = *field.get(11)?;
        if name.is_empty() || !name.iter().all(|byte| byte.is_ascii_graphic() || *byte >= 0x80) {
            return None;
        }
        // Clipper keeps the high byte of a long text's width where others have decimals.
        let high = if kind == b'C' { usize::from(*field.get(17)?) << 8 } else { 0 };
        let length = usize::from(*field.get(16)?) + high;
        fields.push(Field { name: String::from_utf8_lossy(name).into_owned(), kind, at, length });
        at += length;
    }
    let dos = DOS.contains(bytes.get(29)?);
    (at == record && !fields.is_empty()).then_some(Layout { header, record, count, fields, dos })
}

pub(super) fn read(job: &mut Job<'_, '_>) -> Result<(), UnreadReason> {
    let bytes = job.whole()?;
    let layout = layout(&bytes).ok_or(UnreadReason::Corrupt)?;
    let body = bytes.get(layout.header..).unwrap_or_default();
    if layout.fields.iter().any(|field| matches!(field.kind, b'M' | b'G' | b'P')) {
        job.out.partial("memos are in another file and were not read with this one");
    }
    if layout.dos && !body.is_ascii() {
        job.out.warn("letters beyond ASCII may be wrong: the table is in a code page of DOS");
    }
    if body.len() / layout.record < layout.count {
        job.out.partial("the table ends before its last record");
    }
    let mut records = Records::new(&mut *job.out, job.reading.limits.passage_rows);
    // A limit reached is said by the one who counts.
    let _ = [Visibility::Shown, Visibility::Hidden]
        .into_iter()
        .try_for_each(|wanted| give(&layout, body, wanted, &mut records));
    Ok(())
}

fn give(layout: &Layout, body: &[u8], wanted: Visibility, records: &mut Records<'_, '_>) -> Result<(), Full> {
    let header: Vec<String> = layout.fields.iter().map(|field| field.name.clone()).collect();
    for record in body.chunks_exact(layout.record).take(layout.count) {
        let deleted = record.first() == Some(&b'*');
        if deleted != (wanted == Visibility::Hidden) {
            continue;
        }
        let value = |field: &Field| record.get(field.at..field.at + field.length).unwrap_or_default();
        let row = layout.fields.iter().map(|field| cell(field.kind, value(field))).collect();
        records.put("", wanted, &header, row)?;
    }
    records.flush()
}

fn cell(kind: u8, bytes: &[u8]) -> Cell {
    let whole = |bytes: &[u8]| Some(i32::from_le_bytes(bytes.try_into().ok()?));
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text.into(),
        Err(_) => encoding_rs::WINDOWS_1252.decode_without_bom_handling(bytes).0,
    };
    let text = text.trim_matches(['\0', ' ']);
    let plain = || if text.is_empty() { Cell::Empty } else { Cell::Text(text.into()) };
    match kind {
        b'N' | b'F' => records::number(text.trim()),
        b'D' => {
            let part = |range: std::ops::Range<usize>| text.get(range).and_then(|part| part.parse::<i16>().ok());
            let date = || Date::new(part(0..4)?, part(4..6)? as i8, part(6..8)? as i8).ok();
            date().map_or_else(plain, Cell::Date)
        }
        b'L' => match text {
            "T" | "t" | "Y" | "y" => Cell::Bool(true),
            "F" | "f" | "N" | "n" => Cell::Bool(false),
            _ => Cell::Empty,
        },
        b'I' => whole(bytes).map_or(Cell::Empty, |number| Cell::Number(f64::from(number))),
        b'M' | b'G' | b'P' | b'0' | b'B' | b'Y' | b'T' | b'@' => Cell::Empty,
        _ => plain(),
    }
}
