//! XML that is no page: elements that repeat become tables, the others lines `path: value`, attributes like elements.
//!
//! The patient of a clinical document (HL7 CDA, `recordTarget`) stands first under readable labels. Comments, schemas and
//! the order of mixed text are not kept.

use super::json::{self, Json};
use super::ooxml::{Xml, events};
use super::{Head, Job, charset};
use assay_model::UnreadReason;
use std::collections::BTreeMap;

/// Elements and attributes of one file: what fits in memory as a tree.
const NODES: u32 = 4_000_000;

/// The root of identifiers that are NHS numbers (HL7 UK registry of object identifiers).
const NHS_NUMBER: &str = "2.16.840.1.113883.2.1.4.1";

pub(super) fn fits(_: &Head<'_>, text: &str) -> bool {
    let start = text.trim_start_matches('\u{feff}').trim_start();
    if start.starts_with("<?xml") {
        return true;
    }
    let Some(tag) = start.strip_prefix('<').filter(|tag| tag.starts_with(|first: char| first.is_ascii_alphabetic()))
    else {
        return false;
    };
    let end = tag.find(|part: char| !(part.is_ascii_alphanumeric() || matches!(part, ':' | '_' | '-' | '.')));
    let after = end.and_then(|end| tag.get(end..)).unwrap_or_default();
    after.starts_with(['>', '/', ' ', '\n', '\r', '\t']) && start.contains("</")
}

/// An element that is open.
#[derive(Default)]
struct Open {
    name: String,
    fields: Vec<(String, Json)>,
    places: BTreeMap<String, usize>,
    text: String,
}

impl Open {
    fn add(&mut self, name: String, value: Json) {
        let place = self.places.get(&name).and_then(|place| self.fields.get_mut(*place));
        match place {
            Some((_, Json::List(list))) => list.push(value),
            Some((_, first)) => *first = Json::List(vec![std::mem::replace(first, Json::Null), value]),
            None => {
                self.places.insert(name.clone(), self.fields.len());
                self.fields.push((name, value));
            }
        }
    }

    fn close(mut self) -> Json {
        let text = self.text.trim();
        if self.fields.is_empty() {
            return if text.is_empty() { Json::Null } else { Json::Text(text.to_owned()) };
        }
        if !text.is_empty() {
            let text = Json::Text(text.to_owned());
            self.add("text".to_owned(), text);
        }
        Json::Object(self.fields)
    }
}

pub(super) fn read(job: &mut Job<'_, '_>) -> Result<(), UnreadReason> {
    let decoded = charset::decode(job.whole()?);
    if decoded.replaced {
        job.out.warn("bytes that do not fit the text's encoding were replaced");
    }
    let mut open = vec![Open::default()];
    let mut nodes = 0_u32;
    let walked = events(&decoded.text, job.reading.limits.nesting, &mut |event| match event {
        _ if nodes > NODES => {}
        Xml::Start(name, start) => {
            let mut element = Open { name: name.to_owned(), ..Open::default() };
            for attribute in start.attributes().with_checks(false).flatten() {
                let key: &str = attribute.key.as_ref();
                if key == "xmlns" || key.starts_with("xmlns:") || key.starts_with("xsi:") {
                    continue;
                }
                nodes += 1;
                let raw: &str = &attribute.value;
                let value = quick_xml::escape::unescape(raw).map_or_else(|_| raw.to_owned(), |text| text.into_owned());
                element.add(key.to_owned(), Json::Text(value));
            }
            nodes += 1;
            open.push(element);
        }
        Xml::Text(text) => {
            if let Some(element) = open.last_mut() {
                element.text.push_str(text);
            }
        }
        Xml::End(_) => close(&mut open),
    });
    if nodes > NODES {
        job.out.partial("elements over the limit of this item were not read");
    }
    if walked.is_err() {
        job.out.partial("what follows damage in the file was not read");
    }
    while open.len() > 1 {
        close(&mut open);
    }
    let mut root = open.pop().unwrap_or_default();
    root.text.clear();
    // The root's own name says nothing of a value.
    let tree = match root.close() {
        Json::Object(mut fields) if fields.len() == 1 => fields.pop().map_or(Json::Null, |(_, value)| value),
        other => other,
    };
    json::give_tree(job, &tree, patients(&tree));
    Ok(())
}

fn close(open: &mut Vec<Open>) {
    if open.len() > 1
        && let Some(mut element) = open.pop()
    {
        let name = std::mem::take(&mut element.name);
        if let Some(parent) = open.last_mut() {
            parent.add(name, element.close());
        }
    }
}

/// The patients of a clinical document, in labelled lines.
fn patients(document: &Json) -> String {
    let mut lines = String::new();
    for role in all(document, "recordTarget").iter().flat_map(|target| all(target, "patientRole")) {
        let numbers = all(role, "id");
        let number = numbers.iter().find(|id| id.text("root") == NHS_NUMBER).map_or("", |id| id.text("extension"));
        let address = all(role, "addr").first().map_or_else(String::new, |address| {
            let parts = ["streetAddressLine", "city", "postalCode"].map(|key| words(address, key, ", "));
            parts.iter().filter(|part| !part.is_empty()).cloned().collect::<Vec<_>>().join(", ")
        });
        for patient in all(role, "patient") {
            let name = all(patient, "name").first().map_or_else(String::new, |name| match name {
                Json::Text(name) => name.clone(),
                _ => format!("{} {}", words(name, "given", " "), words(name, "family", " ")).trim().to_owned(),
            });
            let born = patient.get("birthTime").map_or("", |born| born.text("value"));
            let born = match (born.get(..4), born.get(4..6), born.get(6..8)) {
                (Some(year), Some(month), Some(day)) => format!("{year}-{month}-{day}"),
                _ => born.to_owned(),
            };
            for (label, value) in
                [("Name", &*name), ("Date of birth", &*born), ("NHS Number", number), ("Address", &*address)]
            {
                if !value.is_empty() {
                    lines.push_str(&format!("{label}: {value}\n"));
                }
            }
        }
    }
    lines
}

/// The elements of a name, one or many.
fn all<'a>(of: &'a Json, key: &str) -> Vec<&'a Json> {
    match of.get(key) {
        Some(Json::List(list)) => list.iter().collect(),
        Some(one) => vec![one],
        None => Vec::new(),
    }
}

fn words(of: &Json, key: &str, between: &str) -> String {
    let text = |one: &Json| match one {
        Json::Text(text) => text.clone(),
        other => other.text("text").to_owned(),
    };
    all(of, key).into_iter().map(text).filter(|text| !text.is_empty()).collect::<Vec<_>>().join(between)
}
