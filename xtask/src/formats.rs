//! What extraction makes of a folder of documents made by others: status and reason a format, and how many of the strings
//! that their makers' tests assert are in the text. It counts; which format a miss is about is for a person to look at.

use anyhow::Context;
use assay_evidence::extract::{self, Limits, ReadSeek, Reading};
use assay_model::{Content, ItemStatus, Passage};
use std::collections::BTreeMap;
use std::io::{BufReader, Cursor};
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::time::Duration;

/// How long one document may take; one that takes longer counts as hung.
const PATIENCE: Duration = Duration::from_secs(60);

/// An assertion: the file's path has this module's folder and ends in the name, and its text holds the string.
#[derive(serde::Deserialize)]
pub(crate) struct Assertion(String, String, String);

impl Assertion {
    fn is_about(&self, path: &Path) -> bool {
        let module = self.1.split('/').next().unwrap_or_default();
        path.ends_with(&self.0) && path.components().any(|part| part.as_os_str() == module)
    }
}

/// What a document gave, its members' gifts included.
pub(crate) struct Given {
    media_type: String,
    status: String,
    text: String,
    panicked: bool,
}

impl Given {
    /// Its text, or why there is none.
    pub(crate) fn text_or_error(self) -> (String, String) {
        match self.status.strip_prefix("unread ") {
            Some(reason) => (self.text, reason.to_owned()),
            None => (self.text, String::new()),
        }
    }
}

/// Reads every file below `docs`, prints a table a format and, with `asserts`, the strings held; `list` prints each miss and
/// each unread item.
pub(crate) fn formats(docs: &Path, asserts: Option<&Path>, list: bool) -> anyhow::Result<()> {
    let mut files = Vec::new();
    walk(docs, &mut files)?;
    files.sort();
    let mut rows: BTreeMap<String, BTreeMap<String, u32>> = BTreeMap::new();
    let mut texts = BTreeMap::new();
    let (mut hung, mut panics) = (Vec::new(), Vec::new());
    for path in &files {
        let Some(given) = read_patiently(path) else {
            hung.push(path.clone());
            continue;
        };
        if given.panicked {
            panics.push(path.clone());
        }
        if list && given.status.starts_with("unread") {
            println!("{} {} {}", given.status, given.media_type, path.display());
        }
        *rows.entry(ending(path)).or_default().entry(given.status).or_default() += 1;
        texts.insert(path.clone(), squeezed(&given.text));
    }
    for (ending, statuses) in &rows {
        let total: u32 = statuses.values().sum();
        let parts: Vec<String> = statuses.iter().map(|(status, count)| format!("{status} {count}")).collect();
        println!("{ending:12} {total:4}  {}", parts.join(", "));
    }
    println!("{} files, {} panics contained, {} hung", files.len(), panics.len(), hung.len());
    panics.iter().for_each(|path| println!("panic {}", path.display()));
    hung.iter().for_each(|path| println!("hung {}", path.display()));
    asserts.map_or(Ok(()), |asserts| hold(asserts, &texts, list))
}

fn hold(asserts: &Path, texts: &BTreeMap<PathBuf, String>, list: bool) -> anyhow::Result<()> {
    let assertions: Vec<Assertion> = serde_json::from_slice(&std::fs::read(asserts)?)?;
    let mut by_ending: BTreeMap<String, (u32, u32)> = BTreeMap::new();
    for Assertion(file, place, string) in &assertions {
        let module = place.split('/').next().unwrap_or_default();
        let mut of_file = texts
            .iter()
            .filter(|(path, _)| path.ends_with(file) && path.components().any(|part| part.as_os_str() == module));
        let (total, held) = by_ending.entry(ending(Path::new(file))).or_default();
        *total += 1;
        let holds = of_file.any(|(_, text)| text.contains(&squeezed(string)));
        *held += u32::from(holds);
        if list && !holds {
            println!("missed {place}: {string:?}");
        }
    }
    for (ending, (total, held)) in &by_ending {
        println!("{ending:12} {held:4} of {total:4} strings held");
    }
    let (total, held) = by_ending.values().fold((0, 0), |sum, row| (sum.0 + row.0, sum.1 + row.1));
    println!("{held} of {total} strings held ({:.1} %)", 100.0 * f64::from(held) / f64::from(total.max(1)));
    Ok(())
}

/// The assertions of a file.
pub(crate) fn assertions(path: &Path) -> anyhow::Result<Vec<Assertion>> {
    Ok(serde_json::from_slice(&std::fs::read(path).with_context(|| path.display().to_string())?)?)
}

/// How many of the strings asserted about a file its text holds.
pub(crate) fn held(assertions: &[Assertion], path: &Path, text: &str) -> u32 {
    let holds = |assertion: &&Assertion| assertion.is_about(path) && text.contains(&squeezed(&assertion.2));
    assertions.iter().filter(holds).count() as u32
}

/// White space of any length is one space: layout is not what the strings are about.
pub(crate) fn squeezed(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

pub(crate) fn ending(path: &Path) -> String {
    path.extension().map_or_else(|| "(none)".to_owned(), |ending| ending.to_string_lossy().to_lowercase())
}

pub(crate) fn walk(folder: &Path, files: &mut Vec<PathBuf>) -> anyhow::Result<()> {
    for entry in std::fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        if path.is_dir() { walk(&path, files)? } else { files.push(path) }
    }
    Ok(())
}

fn read_patiently(path: &Path) -> Option<Given> {
    let (give, take) = mpsc::channel();
    let path = path.to_owned();
    std::thread::spawn(move || {
        if let Ok(given) = read_file(&path, Members::Opened) {
            give.send(given).ok();
        }
    });
    take.recv_timeout(PATIENCE).ok()
}

/// Reads one file from the disk.
pub(crate) fn read_file(path: &Path, members: Members) -> std::io::Result<Given> {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let depth = match members {
        Members::Opened => 0,
        Members::Left => u32::MAX,
    };
    Ok(read(&mut BufReader::new(std::fs::File::open(path)?), &name, depth))
}

/// Whether what a document holds is opened, too: pictures, packages, attachments, at every depth.
#[derive(Clone, Copy)]
pub(crate) enum Members {
    Opened,
    Left,
}

/// An item and its members, as a worker would read them one after the other.
fn read(input: &mut dyn ReadSeek, name: &str, depth: u32) -> Given {
    let limits = Limits::default();
    let reading = Reading::within(&limits);
    let mut text = String::new();
    let extracted = extract::extract_each(input, name, &reading, &mut |passage| print(&mut text, &passage));
    let status = match &extracted.status {
        ItemStatus::Unread(reason) => format!("unread {}", reason.as_str()),
        other => other.as_str().to_owned(),
    };
    let mut panicked = extracted.warnings.iter().any(|warning| warning.0 == extract::PARSER_FAILED);
    if depth < limits.depth && !extracted.members.is_empty() {
        let all = 0..u32::MAX;
        extract::visit_members(input, &extracted.media_type, all, &reading, &mut |_, entry, bytes| {
            text.push_str(&format!("\n{}\n", entry.name));
            if let Ok(bytes) = bytes {
                let member = read(&mut Cursor::new(bytes), &entry.name, depth + 1);
                text.push_str(&member.text);
                panicked |= member.panicked;
            }
        });
    }
    Given { media_type: extracted.media_type, status, text, panicked }
}

fn print(out: &mut String, passage: &Passage) {
    match &passage.content {
        Content::Text { text, .. } => out.push_str(text),
        Content::Table(table) => {
            for row in &table.rows {
                for (place, cell) in row.iter().enumerate() {
                    if place > 0 {
                        out.push('\t');
                    }
                    out.push_str(&cell.text());
                }
                out.push('\n');
            }
        }
    }
    out.push('\n');
}
