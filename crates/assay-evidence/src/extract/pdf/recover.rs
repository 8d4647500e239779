//! Puts a PDF together whose cross-reference table is lost or wrong: objects are found by their `n g obj` lines.
//!
//! Of two objects of one number the later stands, as after an incremental update. Nothing is guessed beyond that.

use lopdf::{Document, Object, ObjectStream, Stream};
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// The document that a file's objects make; `None` where there is no page among them.
pub(super) fn document(bytes: &[u8]) -> Option<Document> {
    let start = memchr::memmem::find(bytes, b"%PDF-")?;
    let bytes = &bytes[start..];
    let offsets = offsets(bytes);
    let whole = with_table(bytes, &offsets);
    let mut document = catch_unwind(AssertUnwindSafe(|| Document::load_mem(&whole).ok())).ok().flatten()?;
    restore(&mut document, bytes, &offsets);
    // Objects inside object streams have no line of their own.
    let is_stream = |object: &Object| object.as_stream().is_ok_and(|stream| stream.dict.has_type(b"ObjStm"));
    let streams: Vec<_> = document.objects.values().filter(|object| is_stream(object)).cloned().collect();
    for object in streams {
        let Object::Stream(mut stream) = object else { continue };
        let inner = catch_unwind(AssertUnwindSafe(|| ObjectStream::new(&mut stream).ok())).ok().flatten();
        for (id, object) in inner.into_iter().flat_map(|inner| inner.objects) {
            document.objects.entry(id).or_insert(object);
        }
    }
    let of_type = |name: &[u8]| {
        let fits = |object: &Object| object.as_dict().is_ok_and(|dict| dict.has_type(name));
        document.objects.iter().rev().find(|(_, object)| fits(object)).map(|(id, _)| *id)
    };
    of_type(b"Page")?;
    if let Some(root) = of_type(b"Catalog") {
        document.trailer.set("Root", Object::Reference(root));
    }
    Some(document)
}

/// Finds again the streams whose length is wrong: the library takes them for dictionaries. True where there were any.
pub(super) fn restore_streams(document: &mut Document, bytes: &[u8]) -> bool {
    if !document.objects.values().any(is_lost) {
        return false;
    }
    let start = memchr::memmem::find(bytes, b"%PDF-").unwrap_or(0);
    let bytes = &bytes[start..];
    restore(document, bytes, &offsets(bytes));
    true
}

fn is_lost(object: &Object) -> bool {
    matches!(object, Object::Dictionary(dict) if dict.has(b"Length") && (dict.has(b"Filter") || dict.len() == 1))
}

fn restore(document: &mut Document, bytes: &[u8], offsets: &BTreeMap<u32, usize>) {
    for ((number, _), object) in &mut document.objects {
        let Some(offset) = offsets.get(number).filter(|_| is_lost(object)) else { continue };
        let text = &bytes[*offset..];
        let end = memchr::memmem::find(text, b"endstream");
        let start = memchr::memmem::find(text, b"stream");
        if let (Object::Dictionary(dict), Some(start), Some(end)) = (&*object, start, end)
            && start + 6 < end
        {
            let content = &text[start + 6..end];
            let content = content.strip_prefix(b"\r\n").or_else(|| content.strip_prefix(b"\n")).unwrap_or(content);
            *object = Object::Stream(Stream::new(dict.clone(), content.to_vec()));
        }
    }
}

/// Where each object begins, by number.
fn offsets(bytes: &[u8]) -> BTreeMap<u32, usize> {
    let mut found = BTreeMap::new();
    for at in memchr::memmem::find_iter(bytes, b" obj") {
        let before = &bytes[at.saturating_sub(24)..at];
        let generation = before.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
        let Some(rest) = before.get(..before.len() - generation) else { continue };
        let Some((b' ', rest)) = rest.split_last() else { continue };
        let digits = rest.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
        let Some(number) = rest.get(rest.len() - digits..).and_then(|digits| std::str::from_utf8(digits).ok()) else {
            continue;
        };
        // Eight million objects are the most that a reader need support (ISO 32000-1, annex C).
        if let Some(number) = number.parse::<u32>().ok().filter(|number| (1..8_388_608).contains(number))
            && generation > 0
        {
            found.insert(number, at - generation - 1 - digits);
        }
    }
    found
}

fn with_table(bytes: &[u8], offsets: &BTreeMap<u32, usize>) -> Vec<u8> {
    let mut whole = bytes.to_vec();
    whole.extend_from_slice(b"\n");
    let table = whole.len();
    let mut text = String::from("xref\n0 1\n0000000000 65535 f \n");
    for (number, offset) in offsets {
        text.push_str(&format!("{number} 1\n{offset:010} 00000 n \n"));
    }
    let size = offsets.keys().next_back().map_or(1, |last| last + 1);
    text.push_str(&format!("trailer\n<< /Size {size} /Root 1 0 R >>\nstartxref\n{table}\n%%EOF\n"));
    whole.extend_from_slice(text.as_bytes());
    whole
}
