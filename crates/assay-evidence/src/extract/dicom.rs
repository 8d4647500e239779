//! DICOM files: what the header says of patient, people, study and devices, in labelled lines; every other text in it as
//! lines by tag; a document or a picture that the file encapsulates as a member (DICOM PS3.5, PS3.6, PS3.10).
//!
//! Explicit, implicit, big-endian and deflated syntaxes, private elements, sequences at any depth, directories (DICOMDIR) and
//! files without a preamble. Names burnt into pictures are for recognition, which gets the first and the last frames (`frames`).

use super::embedded::{self, Embedded};
use super::picture::{self, NoRecogniser};
use super::{Head, Job, Out, ReadSeek, Visibility, Visit};
use assay_model::{Cell, Table, UnreadReason, Want};
use std::io::Read;

mod elements;
mod frames;

use elements::{Element, File, Tag, Value};

/// How much of a file is looked at where nothing after it is wanted: headers stand before pictures.
const HEADER: u64 = 64 << 20;

/// Lines of one file.
const LINES: usize = 8 << 20;

const PIXELS: Tag = (0x7fe0, 0x0010);
const DOCUMENT: Tag = (0x0042, 0x0011);
const DIRECTORY: Tag = (0x0004, 0x1220);

/// Elements that stand first, and what a reader calls them.
const LABELS: &[(Tag, &str)] = &[
    ((0x0010, 0x0010), "Patient name"),
    ((0x0010, 0x0020), "Patient ID"),
    ((0x0010, 0x0030), "Date of birth"),
    ((0x0010, 0x0040), "Sex"),
    ((0x0010, 0x1000), "Other patient IDs"),
    ((0x0010, 0x1001), "Other patient names"),
    ((0x0010, 0x1005), "Birth name"),
    ((0x0010, 0x1040), "Address"),
    ((0x0010, 0x1060), "Mother's birth name"),
    ((0x0010, 0x2154), "Phone"),
    ((0x0010, 0x2160), "Ethnic group"),
    ((0x0010, 0x2180), "Occupation"),
    ((0x0010, 0x21b0), "Patient history"),
    ((0x0010, 0x21f0), "Religion"),
    ((0x0010, 0x2110), "Allergies"),
    ((0x0010, 0x4000), "Patient comments"),
    ((0x0008, 0x0020), "Study date"),
    ((0x0008, 0x0050), "Accession number"),
    ((0x0008, 0x0080), "Institution"),
    ((0x0008, 0x0081), "Institution address"),
    ((0x0008, 0x0090), "Referring physician"),
    ((0x0008, 0x1030), "Study description"),
    ((0x0008, 0x103e), "Series description"),
    ((0x0008, 0x1048), "Physician of record"),
    ((0x0008, 0x1050), "Performing physician"),
    ((0x0008, 0x1060), "Reading physician"),
    ((0x0008, 0x1070), "Operator"),
    ((0x0008, 0x1080), "Admitting diagnosis"),
    ((0x0032, 0x1032), "Requesting physician"),
    ((0x0032, 0x1060), "Requested procedure"),
    ((0x0032, 0x1064), "Reason for request"),
    ((0x0038, 0x0300), "Ward"),
    ((0x0040, 0xa123), "Reported by"),
    ((0x0042, 0x0010), "Document title"),
    ((0x0008, 0x0060), "Modality"),
];

/// Whether a file without a preamble begins with elements of the groups that come first.
pub(super) fn fits_bare(head: &Head<'_>) -> bool {
    let group = head.first.get(..4);
    let first = matches!(group, Some([0x02 | 0x08, 0, _, 0]));
    first && elements::begins(&head.first)
}

pub(super) fn read(job: &mut Job<'_, '_>) -> Result<(), UnreadReason> {
    super::rewind(job.input)?;
    let mut bytes = Vec::new();
    (&mut *job.input)
        .take(HEADER.min(job.reading.limits.item_bytes))
        .read_to_end(&mut bytes)
        .map_err(|_| UnreadReason::Corrupt)?;
    let picture = read_bytes(&bytes, job.out, &mut Embedded::default())?;
    if picture {
        look(job, bytes)?;
    }
    Ok(())
}

const NOT_READ: &str = "pictures in this item were not read";

/// Has what is burnt into a picture recognised: names, numbers and dates stand on most of them.
fn look(job: &mut Job<'_, '_>, header: Vec<u8>) -> Result<(), UnreadReason> {
    if job.reading.recogniser.is_none() {
        let words = "text burnt into the pictures of this item was not looked for: that needs OCR";
        job.out.partial_for(Want::Recogniser, words);
        return Ok(());
    }
    let bytes = if (header.len() as u64) < job.head.bytes { job.whole().unwrap_or(header) } else { header };
    let inflated = elements::inflated(&bytes)?;
    let bytes = inflated.as_deref().unwrap_or(&bytes);
    let (reading, out) = (job.reading, &mut *job.out);
    let mut before = Vec::new();
    let mut none = None;
    let looked = frames::each(bytes, &mut |number, picture| {
        match picture::words(reading, &picture) {
            // What stands on every frame is given once.
            Ok(Some(page)) if !page.is_legible() || before.contains(&page.text()) => {}
            Ok(Some(page)) => {
                before.push(page.text());
                page.give(out, &format!("frame {number}"));
            }
            Ok(None) => {}
            Err(reason) => none = none.or(Some(reason)),
        }
    });
    let Some(looked) = looked else {
        out.partial(NOT_READ);
        return Ok(());
    };
    match none {
        Some(NoRecogniser::Missing) => out.partial_for(Want::Recogniser, NOT_READ),
        Some(NoRecogniser::Failed) => out.partial(picture::FAILED),
        None if !looked.numbers.is_empty() && before.is_empty() => out.warn(picture::NO_TEXT),
        None => {}
    }
    match (looked.packing, looked.failed) {
        (Some(packing), _) => {
            out.partial(&format!("pictures in this item were not read: they are packed as {packing}"))
        }
        (None, Some(UnreadReason::Limit)) => out.partial("pictures in this item are over the limit and were not read"),
        (None, Some(_)) => out.partial("pictures in this item are damaged and were not read"),
        (None, None) => {}
    }
    let count = looked.numbers.len();
    if (count as u32) < looked.frames && count > 0 {
        let numbers: Vec<String> = looked.numbers.iter().map(u32::to_string).collect();
        let words = format!("of {} frames {count} were looked at for text: {}", looked.frames, numbers.join(", "));
        out.partial(&words);
    }
    Ok(())
}

/// Opens the document that a file encapsulates.
pub(super) fn visit(input: &mut dyn ReadSeek, visit: &mut Visit<'_>) {
    let limit = visit.reading.limits.item_bytes;
    embedded::visit_with(visit, &mut |out, embedded| {
        let mut bytes = Vec::new();
        // What cannot be read was said when the item was read.
        if super::rewind(input).is_ok() && (&mut *input).take(HEADER.min(limit)).read_to_end(&mut bytes).is_ok() {
            let _ = read_bytes(&bytes, out, embedded);
        }
    });
}

/// Reads a file; true where it holds a picture.
fn read_bytes(bytes: &[u8], out: &mut Out<'_>, embedded: &mut Embedded<'_, '_>) -> Result<bool, UnreadReason> {
    let inflated = elements::inflated(bytes)?;
    let mut file = File::open(inflated.as_deref().unwrap_or(bytes));
    let mut told = Told::default();
    let mut picture = false;
    let mut document: Option<&[u8]> = None;
    let (mut title, mut kind) = (String::new(), String::new());
    while let Some(Element { tag, value, path, .. }) = file.next() {
        match (tag, &value) {
            (PIXELS, _) => {
                picture = true;
                if !path.is_empty() {
                    continue;
                }
                break;
            }
            (DOCUMENT, Value::Bytes(bytes)) => document = Some(bytes),
            (_, Value::Text(text)) => {
                match tag {
                    (0x0042, 0x0010) => title.clone_from(text),
                    (0x0042, 0x0012) => kind.clone_from(text),
                    _ => {}
                }
                told.take(tag, &path, text);
            }
            _ => {}
        }
    }
    if told.is_empty() && !picture && document.is_none() {
        return Err(UnreadReason::Corrupt);
    }
    if let Some(document) = document {
        // A file that is padded to an even length.
        embedded.add_bytes(out, &title, if kind.is_empty() { "pdf" } else { &kind }, document);
    }
    // A limit reached is said by the one who counts.
    let _ = told.give(out);
    Ok(picture)
}

/// What was found: labelled lines, other lines by tag, records of a directory.
#[derive(Default)]
struct Told {
    labelled: Vec<(usize, String)>,
    other: String,
    /// Records of a directory: each a row of the labels.
    records: Vec<Vec<(usize, String)>>,
    item: usize,
}

impl Told {
    fn is_empty(&self) -> bool {
        self.labelled.is_empty() && self.other.is_empty() && self.records.is_empty()
    }

    fn take(&mut self, tag: Tag, path: &[(Tag, u32)], text: &str) {
        if text.is_empty() || self.other.len() > LINES {
            return;
        }
        let known = LABELS.iter().position(|(known, _)| *known == tag);
        if let (Some(place), [(DIRECTORY, item)]) = (known, path) {
            if self.item != *item as usize + 1 {
                self.item = *item as usize + 1;
                self.records.push(Vec::new());
            }
            if let Some(record) = self.records.last_mut() {
                record.push((place, text.to_owned()));
            }
            return;
        }
        match known {
            // Persons in sequences are others, but for the author of a report.
            Some(place) if path.is_empty() || tag == (0x0040, 0xa123) => self.labelled.push((place, text.to_owned())),
            _ if text.starts_with("1.2.840.") || tag.0 == 0x0002 => {}
            _ => {
                let place: String =
                    path.iter().map(|((group, number), _)| format!("({group:04x},{number:04x})")).collect();
                let line = format!("{place}({:04x},{:04x}): {}\n", tag.0, tag.1, text.replace('\n', " "));
                self.other.push_str(&line);
            }
        }
    }

    fn give(mut self, out: &mut Out<'_>) -> Result<(), super::Full> {
        self.labelled.sort_by_key(|(place, _)| *place);
        let label = |place: usize| LABELS.get(place).map_or("", |(_, label)| *label);
        let lines: String = self.labelled.iter().map(|(place, text)| format!("{}: {text}\n", label(*place))).collect();
        out.text("header", Visibility::Shown, 1, lines.trim_end().to_owned())?;
        self.records.retain(|record| !record.is_empty());
        if !self.records.is_empty() {
            let mut columns: Vec<usize> = self.records.iter().flatten().map(|(place, _)| *place).collect();
            columns.sort_unstable();
            columns.dedup();
            let mut rows = vec![columns.iter().map(|place| Cell::Text(label(*place).into())).collect::<Vec<_>>()];
            for record in &self.records {
                let cell = |column: &usize| {
                    let found = record.iter().find(|(place, _)| place == column);
                    found.map_or(Cell::Empty, |(_, text)| Cell::Text(text.as_str().into()))
                };
                rows.push(columns.iter().map(cell).collect());
            }
            out.table("directory", Visibility::Shown, Table { first_row: 1, continued: false, rows })?;
        }
        // What viewers do not show on the picture.
        out.text("elements", Visibility::Hidden, 1, self.other.trim_end().to_owned())
    }
}
