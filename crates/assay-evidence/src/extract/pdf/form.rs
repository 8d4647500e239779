//! Forms: fields with their values, and those made of XML (XFA), whose captions and data stand in the file.

use super::encoding;
use super::file::File;
use super::notes::line;
use super::object::{Dict, Held, Object};
use crate::extract::ooxml::{Xml, events};
use std::collections::{BTreeMap, BTreeSet};

/// Fields visited, so that a tree that refers to itself ends.
const NODES: usize = 100_000;

/// Choices looked at for the words of a value, in all fields.
const LOOKS: usize = 2_000_000;

/// The largest XML form read, bytes.
const XML: u64 = 32 << 20;

/// What a form says.
#[derive(Default)]
pub(super) struct Form {
    /// Fields that hold a value, as `name: value`.
    pub(super) fields: Vec<String>,
    /// What an XML form prints around its fields.
    pub(super) captions: Vec<String>,
    /// Whether its XML breaks off.
    pub(super) damaged: bool,
}

impl Form {
    pub(super) fn of(file: &File<'_>) -> Self {
        let mut form = Self::default();
        let root = file.get(&file.trailer, b"Root");
        let Some(root) = root.dict() else { return form };
        let own = file.get(root, b"AcroForm");
        let Some(own) = own.dict() else { return form };
        form.fields = fields(file, &file.get(own, b"Fields"));
        form.xml(file, &file.get(own, b"XFA"));
        form
    }

    fn xml(&mut self, file: &File<'_>, parts: &Object) {
        let mut xml = Vec::new();
        let streams: Vec<Held<'_>> = match parts {
            Object::Array(items) => items.iter().take(64).map(|item| file.resolve(item)).collect(),
            _ => vec![Held::Here(parts)],
        };
        for held in &streams {
            if let Some(stream) = held.stream()
                && (xml.len() as u64) < XML
            {
                xml.extend(file.content(stream, XML));
            }
        }
        if xml.is_empty() {
            return;
        }
        let text = crate::extract::charset::decode(xml).text;
        let mut reader = XmlForm::default();
        if events(&text, 128, &mut |event| reader.take(event)).is_err() {
            self.damaged = true;
        }
        let known: BTreeSet<&str> =
            self.fields.iter().filter_map(|field| field.split_once(": ")).map(|(_, value)| value).collect();
        let mut data = Vec::new();
        for (name, value) in &reader.data {
            if !known.contains(value.as_str()) {
                data.push(format!("{}: {value}", reader.names.get(name).unwrap_or(name)));
            }
        }
        self.fields.extend(data);
        self.captions = reader.captions;
    }
}

/// Reads an XML form: the data of its `datasets`, the texts of its `template`.
#[derive(Default)]
struct XmlForm {
    open: Vec<String>,
    /// The field or drawing that is open, and whether its caption is.
    field: Option<String>,
    text: String,
    captions: Vec<String>,
    known: BTreeSet<String>,
    /// The captions of fields by name.
    names: BTreeMap<String, String>,
    data: Vec<(String, String)>,
}

impl XmlForm {
    fn take(&mut self, event: Xml<'_>) {
        match event {
            Xml::Start(name, start) => {
                if name == "field" || name == "exclGroup" {
                    let named = start.attributes().with_checks(false).flatten().find(|found| {
                        let key: &str = found.key.as_ref();
                        key == "name"
                    });
                    self.field = named.map(|named| named.value.as_ref().to_owned());
                }
                if !self.within("exData") {
                    self.text.clear();
                }
                self.open.push(name.to_owned());
            }
            Xml::Text(text) => self.text.push_str(text),
            Xml::End(name) => self.end(name),
        }
    }

    fn within(&self, name: &str) -> bool {
        self.open.iter().any(|open| open == name)
    }

    fn end(&mut self, name: &str) {
        let rich = name != "exData" && self.within("exData");
        self.open.pop();
        if rich {
            if matches!(name, "p" | "br" | "div" | "li") {
                self.text.push(' ');
            }
            return;
        }
        let text = std::mem::take(&mut self.text);
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        if matches!(name, "field" | "exclGroup") {
            self.field = None;
        }
        if text.is_empty() || self.captions.len() + self.data.len() > NODES {
            return;
        }
        if self.within("data") && self.within("datasets") {
            self.data.push((name.to_owned(), text));
        } else if self.within("template") && matches!(name, "text" | "exData" | "toolTip" | "speak") {
            if let (Some(field), true) = (&self.field, self.within("caption")) {
                self.names.entry(field.clone()).or_insert_with(|| text.trim_end_matches(':').to_owned());
            }
            // Values that a field begins with are not what is printed around it; they are, in a drawing.
            if self.known.insert(text.clone()) {
                self.captions.push(text);
            }
        }
    }
}

/// Form fields that hold a value, as `name: value`.
pub(super) fn fields(file: &File<'_>, roots: &Object) -> Vec<String> {
    let mut lines = Vec::new();
    let roots = roots.array().unwrap_or_default();
    let mut pending: Vec<(Object, String)> =
        roots.iter().rev().take(NODES).map(|field| (field.clone(), String::new())).collect();
    let mut seen = BTreeSet::new();
    let mut visited = 0_usize;
    let mut looks = LOOKS;
    while let Some((object, prefix)) = pending.pop() {
        let again = matches!(object, Object::Reference(number) if !seen.insert(number));
        visited += 1;
        if again || visited > NODES {
            continue;
        }
        let held = file.resolve(&object);
        let Some(field) = held.dict() else { continue };
        // What a field is called for a reader, before what programs call it.
        let own = line(file, field, b"TU").or_else(|| line(file, field, b"T"));
        let name = match own {
            Some(own) if prefix.is_empty() => own,
            Some(own) => format!("{prefix} {own}"),
            None => prefix,
        };
        if field.get(b"V").is_some()
            && let Some(value) = value(file, field, &mut looks)
        {
            lines.push(format!("{name}: {value}"));
        }
        let kids = file.get(field, b"Kids");
        let kids = kids.array().unwrap_or_default();
        pending.extend(kids.iter().rev().take(NODES).map(|kid| (kid.clone(), name.clone())));
    }
    lines
}

fn value(file: &File<'_>, field: &Dict, looks: &mut usize) -> Option<String> {
    let held = file.get(field, b"V");
    let one = |object: &Object| match object {
        Object::Name(name) => {
            let name = String::from_utf8_lossy(name).into_owned();
            (name != "Off").then_some(name)
        }
        Object::String(bytes) => Some(encoding::string(bytes)),
        _ => None,
    };
    let text = match &*held {
        Object::Array(items) => {
            let values: Vec<String> = items.iter().take(1000).filter_map(|item| one(&file.resolve(item))).collect();
            values.iter().map(|value| choice(file, field, value, looks)).collect::<Vec<_>>().join("; ")
        }
        Object::Stream(_) => line(file, field, b"V")?,
        // Signatures are dictionaries: who signed, when, why.
        Object::Dict(signature) => {
            let parts = [&b"Name"[..], b"Reason", b"Location", b"ContactInfo"];
            parts.iter().filter_map(|key| line(file, signature, key)).collect::<Vec<_>>().join("; ")
        }
        other => choice(file, field, &one(other)?, looks),
    };
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    (!text.is_empty()).then_some(text)
}

/// The words that a choice shows for a value, or those of a button that is one of several.
fn choice(file: &File<'_>, field: &Dict, value: &str, looks: &mut usize) -> String {
    let options = file.get(field, b"Opt");
    for (index, option) in options.array().unwrap_or_default().iter().take(10_000).enumerate() {
        *looks = looks.saturating_sub(1);
        if *looks == 0 {
            break;
        }
        match &*file.resolve(option) {
            Object::Array(pair) => {
                let part = |at: usize| {
                    pair.get(at)
                        .map(|part| file.resolve(part))
                        .as_deref()
                        .and_then(Object::string)
                        .map(encoding::string)
                };
                if part(0).as_deref() == Some(value) {
                    return part(1).unwrap_or_else(|| value.to_owned());
                }
            }
            Object::String(bytes) if value.parse() == Ok(index) => return encoding::string(bytes),
            _ => {}
        }
    }
    value.to_owned()
}

/// The fields of FDF, which holds what was filled in apart from the form.
pub(super) fn filled_in(file: &File<'_>) -> Vec<String> {
    let root = file.get(&file.trailer, b"Root");
    let fdf = root.dict().map(|root| file.get(root, b"FDF"));
    let Some(fdf) = fdf.as_deref().and_then(Object::dict) else { return Vec::new() };
    fields(file, &file.get(fdf, b"Fields"))
}
