//! Property sets of compound files (MS-OLEPS): title, author, dates, and what users and programs added.
//!
//! Thumbnails, counts and sizes are left out: they say nothing that the document does not.

use super::little_endian::{u16_at, u32_at};
use super::ole::{self, Compound};
use super::windows_time::moment;
use super::{Full, Out, Visibility, charset};
use encoding_rs::{Encoding, UTF_16LE, WINDOWS_1252};

/// Streams that hold property sets, with what their numbers mean.
const SETS: &[(&str, &[(u32, &str)])] =
    &[("\u{5}SummaryInformation", SUMMARY), ("\u{5}DocumentSummaryInformation", DOCUMENT)];

const SUMMARY: &[(u32, &str)] = &[
    (2, "title"),
    (3, "subject"),
    (4, "author"),
    (5, "keywords"),
    (6, "comments"),
    (7, "template"),
    (8, "last modified by"),
    (9, "revision"),
    (11, "printed"),
    (12, "created"),
    (13, "modified"),
    (18, "application"),
];

const DOCUMENT: &[(u32, &str)] = &[
    (2, "category"),
    (3, "presentation format"),
    (14, "manager"),
    (15, "company"),
    (26, "content type"),
    (27, "status"),
    (28, "language"),
    (29, "version"),
];

/// Properties of one set that are read, and elements of one vector.
const MOST: usize = 4096;

/// Gives the properties of a file as a passage of their own, one a line.
pub(super) fn give(file: &Compound, out: &mut Out<'_>) -> Result<(), Full> {
    out.text("properties", Visibility::Shown, 1, lines(file).join("\n"))
}

/// The properties of a file.
pub(super) fn lines(file: &Compound) -> Vec<String> {
    let mut lines = Vec::new();
    for (name, labels) in SETS {
        if let Some(stream) = file.named(ole::ROOT, name) {
            lines.extend(of_stream(&stream, labels));
        }
    }
    lines
}

/// The properties of one stream; the second set of a document's holds what its users named.
fn of_stream(stream: &[u8], labels: &[(u32, &str)]) -> Vec<String> {
    let mut lines = Vec::new();
    let count = u32_at(stream, 24).unwrap_or(0).min(2);
    for set in 0..count as usize {
        let Some(start) = u32_at(stream, 28 + set * 20 + 16) else { break };
        if let Some(set_bytes) = stream.get(start as usize..) {
            lines.extend(of_set(set_bytes, if set == 0 { labels } else { &[] }));
        }
    }
    lines
}

fn of_set(set: &[u8], labels: &[(u32, &str)]) -> Vec<String> {
    let count = (u32_at(set, 4).unwrap_or(0) as usize).min(MOST);
    let entries: Vec<(u32, usize)> = (0..count)
        .map_while(|index| Some((u32_at(set, 8 + index * 8)?, u32_at(set, 12 + index * 8)? as usize)))
        .collect();
    let at = |wanted: u32| entries.iter().find(|(id, _)| *id == wanted).map(|(_, at)| *at);
    let page = at(1).and_then(|at| u16_at(set, at.checked_add(4)?)).unwrap_or(1252);
    let encoding = match page {
        1200 => UTF_16LE,
        page => charset::code_page(u32::from(page)).unwrap_or(WINDOWS_1252),
    };
    let names = at(0).map(|at| dictionary(set, at, encoding)).unwrap_or_default();
    let mut lines = Vec::new();
    for (id, at) in &entries {
        let known = labels.iter().find(|(number, _)| number == id).map(|(_, label)| (*label).to_owned());
        let label = known.or_else(|| names.iter().find(|(number, _)| number == id).map(|(_, name)| name.clone()));
        let (Some(label), Some(kind)) = (label, u32_at(set, *at)) else { continue };
        let value = at.checked_add(4).and_then(|at| value(set, at, kind & 0xffff, encoding, 4)).unwrap_or_default();
        let value = value.split_whitespace().collect::<Vec<_>>().join(" ");
        // Names that programs give their own bookkeeping (`_PID_GUID`) say nothing to a reader; what they hold may.
        if !value.is_empty() {
            lines.push(format!("{label}: {value}"));
        }
    }
    lines
}

/// The names of a set's own properties.
fn dictionary(set: &[u8], start: usize, encoding: &'static Encoding) -> Vec<(u32, String)> {
    let mut names = Vec::new();
    let Some(count) = u32_at(set, start) else { return names };
    let mut at = start.saturating_add(4);
    for _ in 0..(count as usize).min(MOST) {
        let (Some(id), Some(length)) = (u32_at(set, at), u32_at(set, at + 4)) else { break };
        let bytes = if encoding == UTF_16LE { (length as usize).saturating_mul(2) } else { length as usize };
        let Some(raw) = at.checked_add(8).and_then(|start| set.get(start..start.checked_add(bytes)?)) else { break };
        names.push((id, text(raw, encoding)));
        // Names in UTF-16 are filled up to four bytes.
        at += 8 + if encoding == UTF_16LE { bytes.next_multiple_of(4) } else { bytes };
    }
    names
}

fn text(raw: &[u8], encoding: &'static Encoding) -> String {
    // Programs write a code page and then UTF-16 all the same, or the other way round.
    let wide = raw.len() > 3 && raw.get(1) == Some(&0) && raw.get(3) == Some(&0);
    let encoding = if wide { UTF_16LE } else { encoding };
    let text = encoding.decode_without_bom_handling(raw).0;
    text.split('\0').next().unwrap_or_default().to_owned()
}

/// A value as text; `None` for kinds that hold none.
fn value(set: &[u8], at: usize, kind: u32, encoding: &'static Encoding, depth: u32) -> Option<String> {
    let rest = set.get(at..)?;
    let eight = || Some(u64::from(u32_at(rest, 0)?) | u64::from(u32_at(rest, 4)?) << 32);
    let counted = |wide: usize| rest.get(4..4_usize.checked_add((u32_at(rest, 0)? as usize).checked_mul(wide)?)?);
    match kind {
        2 => Some((u16_at(rest, 0)? as i16).to_string()),
        3 | 22 => Some((u32_at(rest, 0)? as i32).to_string()),
        4 => Some(f32::from_bits(u32_at(rest, 0)?).to_string()),
        5 => Some(f64::from_bits(eight()?).to_string()),
        6 => Some((eight()? as i64 as f64 / 10_000.0).to_string()),
        11 => Some(if u16_at(rest, 0)? == 0 { "no" } else { "yes" }.to_owned()),
        17 => rest.first().map(u8::to_string),
        18 => Some(u16_at(rest, 0)?.to_string()),
        19 | 23 => Some(u32_at(rest, 0)?.to_string()),
        20 => Some((eight()? as i64).to_string()),
        21 => Some(eight()?.to_string()),
        8 | 30 => Some(text(counted(1)?, encoding)),
        31 => Some(text(counted(2)?, UTF_16LE)),
        64 => dated(eight()?),
        0x101e | 0x101f => {
            let mut at = at + 4;
            let mut all = Vec::new();
            for _ in 0..(u32_at(rest, 0)? as usize).min(MOST) {
                let length = u32_at(set, at)? as usize;
                let bytes = if kind == 0x101f { length.checked_mul(2)?.next_multiple_of(4) } else { length };
                all.extend(value(set, at, kind & 0xfff, encoding, depth.checked_sub(1)?));
                at = at.checked_add(4)?.checked_add(bytes)?;
            }
            Some(all.join("; "))
        }
        _ => None,
    }
}

/// A count of 100 nanoseconds since 1601 as a moment; `None` for nothing and for what is no time of a document.
pub(super) fn dated(ticks: u64) -> Option<String> {
    // Durations are counted alike, and are shorter.
    let days = ticks / (86_400 * 10_000_000);
    moment(ticks).filter(|_| days > 400).map(|moment| format!("{moment}Z"))
}
