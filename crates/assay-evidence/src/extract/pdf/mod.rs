//! PDF: the text of each page as lines, the values of form fields, comments and properties; attached
//! files are members.
//!
//! `lopdf` reads the objects; positions, fonts and lines are worked out here (`content`, `font`, `layout`), since
//! letters and tables are of use only where what stands on one line stays on one line. No page is drawn: text that is a
//! picture needs OCR, and is said. A file whose cross-references are lost is put together from its objects (`recover`).

mod content;
mod font;
mod layout;
mod recover;

use super::{Full, Job, MemberEntry, Names, ReadSeek, Visibility, Visit, read_at_most};
use assay_model::UnreadReason;
use content::Painter;
use lopdf::{Dictionary, Document, Object, ObjectId, Stream, dictionary};
use std::collections::BTreeSet;
use std::io::Read;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Fields and nodes of trees visited, so that a tree that refers to itself ends.
const NODES: usize = 100_000;

pub(super) fn read(job: &mut Job<'_, '_>) -> Result<(), UnreadReason> {
    let bytes = job.whole()?;
    let Loaded { document, recovered } = open(&bytes)?;
    drop(bytes);
    if recovered {
        job.out.partial("the file is damaged: what could be found of it was read");
    }
    for (name, stream) in attachments(&document) {
        let bytes = dict(&document, &stream.dict, b"Params").and_then(|found| get(&document, found, b"Size"));
        let bytes = bytes.and_then(|size| size.as_i64().ok()).and_then(|size| u64::try_from(size).ok()).unwrap_or(0);
        if job.out.member(&name, bytes).is_err() {
            break;
        }
    }
    let pages = pages(&document);
    let mut painter = Painter::new(&document);
    let mut images = 0_u32;
    let mut texts = 0_u32;
    let mut number = 0_u32;
    for page in pages {
        number += 1;
        if number > job.reading.limits.pages {
            job.out.partial("pages over the limit were not read");
            break;
        }
        let painted = painter.page(page);
        let text = layout::lines(painted.pieces);
        if text.is_empty() {
            images += u32::from(painted.images > 0 || painted.unmapped > 0);
        } else {
            texts += 1;
            if painted.unmapped > 0 {
                job.out.partial("some text is in fonts that do not say which letters they draw");
            }
        }
        if job.out.text(&format!("page {number}"), Visibility::Shown, 1, text).is_err() {
            return Ok(());
        }
    }
    if painter.is_incomplete() {
        job.out.partial("some of the drawing is beyond the limit or could not be decoded, and was not read");
    }
    if number == 0 {
        return Err(UnreadReason::Corrupt);
    }
    let fields = fields(&document);
    if texts == 0 && fields.is_empty() && images > 0 {
        return Err(UnreadReason::NoOcr);
    }
    if images > 0 {
        let words = format!("pages without text that can be read, which need OCR: {images}");
        job.out.partial_for(assay_model::Want::Recogniser, &words);
    }
    // A limit reached is said by the one who counts.
    let _ = extras(job, &document, &fields);
    Ok(())
}

fn extras(job: &mut Job<'_, '_>, document: &Document, fields: &[String]) -> Result<(), Full> {
    job.out.text("form", Visibility::Shown, 1, fields.join("\n"))?;
    job.out.text("comment", Visibility::Shown, 1, comments(document).join("\n"))?;
    job.out.text("properties", Visibility::Shown, 1, properties(document).join("\n"))
}

/// Opens the files attached to a document.
pub(super) fn visit(input: &mut dyn ReadSeek, visit: &mut Visit<'_>) {
    let Ok(bytes) = read_at_most(input, visit.reading.limits.item_bytes) else { return };
    let Ok(Loaded { document, .. }) = open(&bytes) else { return };
    let mut names = Names::default();
    for (number, (name, stream)) in (0_u32..).zip(attachments(&document)) {
        let name = names.unique(&name);
        if !visit.range.contains(&number) {
            continue;
        }
        let bytes = inflated(stream, visit.reading.limits.item_bytes);
        let member = MemberEntry { name, bytes: bytes.as_ref().map_or(0, |bytes| bytes.len() as u64) };
        (visit.visit)(number, &member, bytes);
    }
}

/// The files attached to a document or to its notes, in the order of their objects.
fn attachments(document: &Document) -> Vec<(String, &Stream)> {
    let mut found = Vec::new();
    for object in document.objects.values() {
        let Ok(specification) = object.as_dict() else { continue };
        let Some(files) = dict(document, specification, b"EF") else { continue };
        let file = [&b"UF"[..], b"F", b"Unix", b"DOS", b"Mac"].iter().find_map(|key| get(document, files, key));
        let Some(stream) = file.and_then(|file| file.as_stream().ok()) else { continue };
        let name = [&b"UF"[..], b"F"].iter().find_map(|key| get(document, specification, key).and_then(text));
        found.push((name.unwrap_or_else(|| "attachment".to_owned()), stream));
    }
    found
}

struct Loaded {
    document: Document,
    recovered: bool,
}

fn open(bytes: &[u8]) -> Result<Loaded, UnreadReason> {
    // The library panics on some damaged files; those are then recovered like any other.
    let loaded = catch_unwind(AssertUnwindSafe(|| Document::load_mem(bytes)));
    match loaded {
        Ok(Ok(mut document)) => {
            // Many files are locked against printing only: the empty password opens them.
            if document.is_encrypted() && document.decrypt("").is_err() {
                return Err(UnreadReason::Encrypted);
            }
            if document.page_iter().next().is_some() {
                let recovered = !document.was_encrypted() && recover::restore_streams(&mut document, bytes);
                return Ok(Loaded { document, recovered });
            }
        }
        Ok(Err(lopdf::Error::Decryption(_) | lopdf::Error::InvalidPassword)) => return Err(UnreadReason::Encrypted),
        _ => {}
    }
    if memchr::memmem::find(bytes, b"/Encrypt").is_some() {
        // Its strings and streams would be noise.
        return Err(UnreadReason::Encrypted);
    }
    recover::document(bytes).map(|document| Loaded { document, recovered: true }).ok_or(UnreadReason::Corrupt)
}

/// The pages in order; where the tree of pages is lost, every page object by number.
fn pages(document: &Document) -> Vec<ObjectId> {
    let pages: Vec<ObjectId> = document.page_iter().collect();
    if !pages.is_empty() {
        return pages;
    }
    let is_page = |object: &Object| object.as_dict().is_ok_and(|dict| dict.has_type(b"Page"));
    document.objects.iter().filter(|(_, object)| is_page(object)).map(|(id, _)| *id).collect()
}

/// The largest LZW stream decoded, bytes as stored: it gives at most some 2,700 times that, in practice three times.
const LZW: usize = 1 << 20;

/// What a stream holds once decoded, unless it is more than `limit` bytes: the library would decode without end.
fn inflated(stream: &Stream, limit: u64) -> Result<Vec<u8>, UnreadReason> {
    let mut bytes = stream.content.clone();
    for filter in stream.filters().unwrap_or_default() {
        let plain = !stream.dict.has(b"DecodeParms");
        match filter {
            b"FlateDecode" => {
                let flat = inflate(&bytes, limit)?;
                if plain && !flat.is_empty() {
                    bytes = flat;
                    continue;
                }
            }
            b"ASCIIHexDecode" => {
                bytes = hexadecimal(&bytes);
                continue;
            }
            b"LZWDecode" if bytes.len() > LZW => return Err(UnreadReason::Limit),
            _ => {}
        }
        let mut one = dictionary! { "Filter" => Object::Name(filter.to_vec()) };
        if let Ok(parameters) = stream.dict.get(b"DecodeParms") {
            one.set("DecodeParms", parameters.clone());
        }
        bytes = Stream::new(one, bytes).decompressed_content().map_err(|_| UnreadReason::Corrupt)?;
    }
    if bytes.len() as u64 > limit { Err(UnreadReason::Limit) } else { Ok(bytes) }
}

/// Hexadecimal digits up to `>`; the library does not know them.
fn hexadecimal(digits: &[u8]) -> Vec<u8> {
    let digits = digits.iter().take_while(|byte| **byte != b'>');
    let digits: Vec<u8> = digits.filter_map(|byte| (*byte as char).to_digit(16)).map(|digit| digit as u8).collect();
    digits.chunks(2).map(|pair| pair[0] << 4 | pair.get(1).copied().unwrap_or(0)).collect()
}

/// A stream that breaks off is read as far as it goes, as readers do.
fn inflate(bytes: &[u8], limit: u64) -> Result<Vec<u8>, UnreadReason> {
    let mut flat = Vec::new();
    let mut decoder = flate2::read::ZlibDecoder::new(bytes).take(limit.saturating_add(1));
    if decoder.read_to_end(&mut flat).is_err() {
        // What the failing call had decoded is lost with it: small calls lose little.
        flat.clear();
        let mut decoder = flate2::read::ZlibDecoder::new(bytes).take(limit.saturating_add(1));
        let mut few = [0; 16];
        while let Ok(count @ 1..) = decoder.read(&mut few) {
            flat.extend_from_slice(few.get(..count).unwrap_or_default());
        }
    }
    if flat.len() as u64 > limit { Err(UnreadReason::Limit) } else { Ok(flat) }
}

/// What an object is once references are followed.
fn resolved<'d>(document: &'d Document, object: &'d Object) -> Option<&'d Object> {
    document.dereference(object).ok().map(|(_, object)| object)
}

fn get<'d>(document: &'d Document, dict: &'d Dictionary, key: &[u8]) -> Option<&'d Object> {
    dict.get(key).ok().and_then(|object| resolved(document, object))
}

fn dict<'d>(document: &'d Document, from: &'d Dictionary, key: &[u8]) -> Option<&'d Dictionary> {
    get(document, from, key).and_then(|object| object.as_dict().ok())
}

/// A text string: UTF-16 with its mark, else PDFDocEncoding, whose letters are those of Windows-1252.
fn text(object: &Object) -> Option<String> {
    let Object::String(bytes, _) = object else { return None };
    let (text, _) = match bytes.as_slice() {
        [0xfe, 0xff, rest @ ..] => encoding_rs::UTF_16BE.decode_without_bom_handling(rest),
        [0xff, 0xfe, rest @ ..] => encoding_rs::UTF_16LE.decode_without_bom_handling(rest),
        [0xef, 0xbb, 0xbf, rest @ ..] => encoding_rs::UTF_8.decode_without_bom_handling(rest),
        bytes => encoding_rs::WINDOWS_1252.decode_without_bom_handling(bytes),
    };
    let text = text.split(['\r', '\n']).map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" ");
    (!text.is_empty()).then_some(text)
}

fn properties(document: &Document) -> Vec<String> {
    let Some(info) = dict(document, &document.trailer, b"Info") else { return Vec::new() };
    const LABELS: &[(&[u8], &str)] = &[
        (b"Title", "title"),
        (b"Subject", "subject"),
        (b"Author", "author"),
        (b"Keywords", "keywords"),
        (b"Creator", "program"),
        (b"CreationDate", "created"),
        (b"ModDate", "modified"),
    ];
    let line = |(key, label): &(&[u8], &str)| {
        let value = get(document, info, key).and_then(text)?;
        Some(format!("{label}: {}", if value.starts_with("D:") { iso(&value) } else { value }))
    };
    LABELS.iter().filter_map(line).collect()
}

/// `D:20241128101500Z` as `2024-11-28T10:15:00`; anything else as it stands. The offset from UTC is dropped.
fn iso(value: &str) -> String {
    let digits: String = value.chars().skip(2).take_while(char::is_ascii_digit).collect();
    let part = |range: std::ops::Range<usize>| digits.get(range);
    match (part(0..4), part(4..6), part(6..8), part(8..10), part(10..12), part(12..14)) {
        (Some(year), Some(month), Some(day), Some(hour), Some(minute), Some(second)) => {
            format!("{year}-{month}-{day}T{hour}:{minute}:{second}")
        }
        (Some(year), Some(month), Some(day), ..) => format!("{year}-{month}-{day}"),
        _ => value.to_owned(),
    }
}

/// Form fields that hold a value, as `name: value`.
fn fields(document: &Document) -> Vec<String> {
    let form = document.catalog().ok().and_then(|catalog| dict(document, catalog, b"AcroForm"));
    let Some(roots) = form.and_then(|form| get(document, form, b"Fields")).and_then(|fields| fields.as_array().ok())
    else {
        return Vec::new();
    };
    let mut lines = Vec::new();
    let mut pending: Vec<(&Object, String)> = roots.iter().rev().map(|field| (field, String::new())).collect();
    let mut seen = BTreeSet::new();
    let mut visited = 0_usize;
    while let Some((object, prefix)) = pending.pop() {
        let again = object.as_reference().is_ok_and(|id| !seen.insert(id));
        visited += 1;
        if again || visited > NODES {
            continue;
        }
        let Some(field) = resolved(document, object).and_then(|field| field.as_dict().ok()) else { continue };
        let own = get(document, field, b"TU").or_else(|| get(document, field, b"T")).and_then(text);
        let name = match own {
            Some(own) if prefix.is_empty() => own,
            Some(own) => format!("{prefix} {own}"),
            None => prefix,
        };
        if let Some(value) = get(document, field, b"V").and_then(text) {
            lines.push(format!("{name}: {value}"));
        }
        if let Some(kids) = get(document, field, b"Kids").and_then(|kids| kids.as_array().ok()) {
            pending.extend(kids.iter().rev().map(|kid| (kid, name.clone())));
        }
    }
    lines
}

/// What was written onto pages as notes.
fn comments(document: &Document) -> Vec<String> {
    let is_note = |annotation: &Dictionary| {
        let kind = annotation.get(b"Subtype").and_then(Object::as_name).unwrap_or_default();
        !matches!(kind, b"Link" | b"Widget" | b"Popup")
    };
    let mut lines = Vec::new();
    for object in document.objects.values() {
        let Ok(annotation) = object.as_dict() else { continue };
        if !annotation.has(b"Rect") || !annotation.has(b"Subtype") || !is_note(annotation) {
            continue;
        }
        if let Some(contents) = get(document, annotation, b"Contents").and_then(text) {
            lines.push(match get(document, annotation, b"T").and_then(text) {
                Some(author) => format!("{author}: {contents}"),
                None => contents,
            });
        }
    }
    lines
}
