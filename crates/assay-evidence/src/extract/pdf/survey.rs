//! What lies about in a PDF outside its pages: attached files, scripts, targets of links.
//!
//! All objects are looked at in the order of their numbers, since what names a file (a tree of names, a note, a film, a
//! portfolio) is of many kinds and need not be intact.

use super::encoding;
use super::file::File;
use super::object::{Dict, Object, Stream};
use std::collections::BTreeSet;

/// Things found of each kind.
const FOUND: usize = 100_000;

/// Objects in one another looked into.
const DEPTH: u32 = 32;

/// The largest script read, bytes.
const SCRIPT: u64 = 4 << 20;

/// What was found.
#[derive(Default)]
pub(super) struct Survey {
    /// Names and contents of attached files.
    pub(super) files: Vec<(String, Stream)>,
    pub(super) scripts: Vec<String>,
    pub(super) targets: Vec<String>,
    seen: BTreeSet<(u32, usize)>,
    known: BTreeSet<String>,
}

impl Survey {
    pub(super) fn of(file: &File<'_>) -> Self {
        let mut survey = Self::default();
        for number in file.numbers() {
            let object = file.object(number);
            survey.look(file, &object, DEPTH);
        }
        survey
    }

    fn look(&mut self, file: &File<'_>, object: &Object, depth: u32) {
        let Some(depth) = depth.checked_sub(1) else { return };
        match object {
            Object::Array(items) => items.iter().for_each(|item| self.look(file, item, depth)),
            Object::Dict(dict) => self.look_into(file, dict, depth),
            Object::Stream(stream) => self.look_into(file, &stream.dict, depth),
            _ => {}
        }
    }

    fn look_into(&mut self, file: &File<'_>, dict: &Dict, depth: u32) {
        if dict.get(b"EF").is_some() {
            self.attached(file, dict);
        }
        if let Some(script) = dict.get(b"JS") {
            let text = match &*file.resolve(script) {
                Object::String(bytes) => encoding::string(bytes),
                Object::Stream(stream) => encoding::string(&file.content(stream, SCRIPT)),
                _ => String::new(),
            };
            if !text.trim().is_empty() && self.scripts.len() < FOUND && self.known.insert(text.clone()) {
                self.scripts.push(text.replace("\r\n", "\n").replace('\r', "\n"));
            }
        }
        if let Some(target) = dict.get(b"URI").or_else(|| dict.get(b"F").filter(|_| dict.get(b"S").is_some())) {
            let held = file.resolve(target);
            let inner = held.dict().map(|dict| file.get(dict, b"F"));
            let text = inner.as_deref().unwrap_or(&held).string().map(encoding::string).unwrap_or_default();
            if !text.trim().is_empty() && self.targets.len() < FOUND {
                self.targets.push(text.trim().to_owned());
            }
        }
        dict.entries().for_each(|(_, value)| self.look(file, value, depth));
    }

    /// The files of a specification: one as a rule; for each system its own in old files.
    fn attached(&mut self, file: &File<'_>, specification: &Dict) {
        let files = file.get(specification, b"EF");
        let Some(files) = files.dict() else { return };
        let name = |keys: &[&[u8]]| {
            let named = keys.iter().find_map(|key| {
                let held = file.get(specification, key);
                let name = held.string().map(encoding::string)?;
                let name = name.trim().trim_end_matches('/').to_owned();
                (!name.is_empty()).then_some(name)
            });
            named.unwrap_or_else(|| "attachment".to_owned())
        };
        for key in [&b"UF"[..], b"F", b"DOS", b"Mac", b"Unix"] {
            let held = file.get(files, key);
            let Some(stream) = held.stream() else { continue };
            if self.files.len() < FOUND && self.seen.insert((stream.id.0, stream.start)) {
                self.files.push((name(&[key, b"UF", b"F", b"Unix", b"DOS", b"Mac"]), stream.clone()));
            }
        }
    }
}
