//! What is written onto pages and beside them: notes, bookmarks, properties.

use super::encoding;
use super::file::File;
use super::object::{Dict, Held, Object};
use crate::extract::ooxml::{Xml, events};
use std::collections::BTreeSet;

/// Bookmarks visited, so that a tree that refers to itself ends.
const NODES: usize = 100_000;

/// Notes of one page.
const NOTES: usize = 10_000;

/// The largest XMP packet read, bytes.
const PACKET: u64 = 8 << 20;

/// Lines of properties.
const PROPERTIES: usize = 2000;

/// A text string of a dictionary, in one line; `None` where it is blank.
pub(super) fn line(file: &File<'_>, dict: &Dict, key: &[u8]) -> Option<String> {
    let held = file.get(dict, key);
    let text = match &*held {
        Object::String(bytes) => encoding::string(bytes),
        Object::Stream(stream) => encoding::string(&file.content(stream, 1 << 20)),
        _ => return None,
    };
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    (!text.is_empty()).then_some(text)
}

/// The notes of one page: those that show and those that are hidden.
#[derive(Default)]
pub(super) struct Notes {
    pub(super) shown: Vec<String>,
    pub(super) hidden: Vec<String>,
}

impl Notes {
    pub(super) fn read(&mut self, file: &File<'_>, page: &Dict) {
        let annotations = file.get(page, b"Annots");
        for annotation in annotations.array().unwrap_or_default().iter().take(NOTES) {
            let annotation = file.resolve(annotation);
            let Some(note) = annotation.dict() else { continue };
            let kind = file.get(note, b"Subtype");
            let kind = kind.name().unwrap_or_default();
            if kind == b"Widget" || kind == b"Popup" && note.get(b"Parent").is_some() {
                continue;
            }
            let Some(contents) = line(file, note, b"Contents").or_else(|| rich(file, note)) else { continue };
            let text = match (line(file, note, b"T"), line(file, note, b"Subj")) {
                (Some(author), Some(subject)) if kind != b"Link" && !is_usual(&subject) => {
                    format!("{author} ({subject}): {contents}")
                }
                (Some(author), _) => format!("{author}: {contents}"),
                (None, _) => contents,
            };
            let flags = file.get(note, b"F").integer().unwrap_or(0);
            // What a free text says is drawn; a link's note shows nowhere.
            if flags & (2 | 32) != 0 || kind == b"Link" {
                self.hidden.push(text);
            } else {
                self.shown.push(text);
            }
        }
    }
}

/// Whether a note's subject is but the name of the tool that made it.
fn is_usual(subject: &str) -> bool {
    const TOOLS: &[&str] =
        &["sticky note", "comment", "note", "highlight", "text box", "typewriter", "pop-up", "cross-out"];
    let subject = subject.to_lowercase();
    TOOLS.iter().any(|tool| subject.contains(tool)) || subject == "pop-up note"
}

/// The text of a note kept as a fragment of HTML.
fn rich(file: &File<'_>, note: &Dict) -> Option<String> {
    let xml = line(file, note, b"RC")?;
    let mut text = String::new();
    let _ = events(&xml, 64, &mut |event| match event {
        Xml::Text(part) => text.push_str(part),
        Xml::End("p") => text.push(' '),
        _ => {}
    });
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    (!text.is_empty()).then_some(text)
}

/// The titles of bookmarks in their order.
pub(super) fn bookmarks(file: &File<'_>) -> Vec<String> {
    let root = file.get(&file.trailer, b"Root");
    let Some(root) = root.dict() else { return Vec::new() };
    let outlines = file.get(root, b"Outlines");
    let Some(first) = outlines.dict().and_then(|outlines| outlines.get(b"First")).cloned() else { return Vec::new() };
    let mut titles = Vec::new();
    let mut pending = vec![first];
    let mut seen = BTreeSet::new();
    while let Some(next) = pending.pop() {
        let Object::Reference(number) = next else { continue };
        if !seen.insert(number) || seen.len() > NODES {
            continue;
        }
        let object = file.object(number);
        let Some(item) = object.dict() else { continue };
        titles.extend(line(file, item, b"Title"));
        pending.extend(item.get(b"Next").cloned());
        pending.extend(item.get(b"First").cloned());
    }
    titles
}

/// Title, author and the like, from both places where they stand.
pub(super) fn properties(file: &File<'_>) -> Vec<String> {
    let mut lines = Vec::new();
    let info = file.get(&file.trailer, b"Info");
    if let Some(info) = info.dict() {
        const LABELS: &[(&[u8], &str)] = &[
            (b"Title", "title"),
            (b"Subject", "subject"),
            (b"Author", "author"),
            (b"Keywords", "keywords"),
            (b"Creator", "program"),
            (b"Producer", "producer"),
            (b"CreationDate", "created"),
            (b"ModDate", "modified"),
        ];
        let dated = |value: String| if value.starts_with("D:") { iso(&value) } else { value };
        for (key, label) in LABELS {
            lines.extend(line(file, info, key).map(|value| format!("{label}: {}", dated(value))));
        }
        for (key, _) in info.entries().take(PROPERTIES) {
            if !LABELS.iter().any(|(known, _)| known == &key)
                && let Some(value) = line(file, info, key)
            {
                lines.push(format!("{}: {}", String::from_utf8_lossy(key), dated(value)));
            }
        }
    }
    let values: BTreeSet<String> =
        lines.iter().filter_map(|line| line.split_once(": ")).map(|(_, value)| value.to_owned()).collect();
    for (label, value) in packet(file) {
        if !values.contains(&value) && lines.len() < PROPERTIES {
            lines.push(format!("{label}: {value}"));
        }
    }
    lines
}

/// Names and values of an XMP packet, but those that only tell versions apart.
fn packet(file: &File<'_>) -> Vec<(String, String)> {
    let root = file.get(&file.trailer, b"Root");
    let metadata: Option<Held<'_>> = root.dict().map(|root| file.get(root, b"Metadata"));
    let Some(stream) = metadata.as_deref().and_then(Object::stream) else { return Vec::new() };
    let xml = crate::extract::charset::decode(file.content(stream, PACKET)).text;
    let mut found: Vec<(String, String)> = Vec::new();
    let mut open: Vec<String> = Vec::new();
    let mut give = |name: &str, value: &str| {
        let value = value.split_whitespace().collect::<Vec<_>>().join(" ");
        let is_identity = ["uuid:", "xmp.", "adobe:", "http://"].iter().any(|start| value.starts_with(start));
        let is_new = !found.iter().any(|(_, own)| *own == value);
        if !value.is_empty() && value.len() < 2000 && !is_identity && is_new && found.len() < PROPERTIES {
            let value =
                if value.get(10..11) == Some("T") { value.get(..19).unwrap_or(&value).to_owned() } else { value };
            if !found.iter().any(|(_, own)| *own == value) {
                found.push((name.to_lowercase(), value));
            }
        }
    };
    const TECHNICAL: &[&str] = &["part", "conformance", "format", "history", "about", "parsetype", "resource"];
    let _ = events(&xml, 64, &mut |event| match event {
        Xml::Start(name, start) => {
            if name == "Description" {
                for attribute in start.attributes().with_checks(false).flatten() {
                    let key: &str = attribute.key.as_ref();
                    let key = key.rsplit_once(':').map_or(key, |(_, local)| local).to_owned();
                    if !key.starts_with("xml") && !TECHNICAL.contains(&key.to_lowercase().as_str()) {
                        give(&key, attribute.value.as_ref());
                    }
                }
            }
            open.push(name.to_owned());
        }
        Xml::Text(text) => {
            let named = open.iter().rev().find(|name| !matches!(name.as_str(), "li" | "Alt" | "Seq" | "Bag"));
            if let Some(name) = named.filter(|name| !TECHNICAL.contains(&name.to_lowercase().as_str())) {
                give(name, text);
            }
        }
        Xml::End(_) => drop(open.pop()),
    });
    found
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
