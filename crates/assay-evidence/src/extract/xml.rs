//! XML that is no page: elements that repeat become tables, the others lines `path: value`, attributes like elements.
//!
//! Any size is read as it comes: what repeats is handed over once more of it is held than fits. FHIR resources are read as
//! those in JSON are; the persons of a clinical document (HL7 CDA) stand first under readable labels, its narrative as text
//! and tables, the document that it may carry as a member. Comments come hidden. Document types are never fetched, entities
//! that they define are not resolved; the order of mixed text outside narratives is not kept.

use super::embedded::{self, Embedded};
use super::json::{Json, Word, Writer};
use super::records::Records;
use super::stream::TextStream;
use super::{Full, Head, Job, Out, ReadSeek, Visibility, Visit};
use assay_model::{CompactString, UnreadReason};
use quick_xml::errors::SyntaxError;
use quick_xml::events::{BytesStart, Event};
use quick_xml::reader::Reader;
use std::collections::{BTreeMap, BTreeSet};

mod cda;
mod fhir;

/// Elements and attributes held as a tree until those that repeat are handed over: as many as a processor's cache holds.
const HELD: u32 = 50_000;

/// Elements and attributes held at all: what does not repeat must fit in memory.
const NODES: u32 = 2_000_000;

/// Fields of an element that are searched one after the other.
const FEW: usize = 24;

/// Markup and text between markup that is held whole, bytes.
const LONGEST: usize = 256 << 20;

/// Comments, bytes.
const COMMENTS: usize = 1 << 20;

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
    name: CompactString,
    fields: Vec<(Word<'static>, Json<'static>)>,
    places: BTreeMap<CompactString, usize>,
    text: CompactString,
    /// Names of children that were handed over, and are when they come again.
    spilled: BTreeSet<CompactString>,
}

impl Open {
    fn place(&self, name: &str) -> Option<usize> {
        if self.fields.len() <= FEW {
            return self.fields.iter().position(|(known, _)| **known == *name);
        }
        self.places.get(name).copied()
    }

    fn add(&mut self, name: CompactString, value: Json<'static>) {
        match self.place(&name).and_then(|place| self.fields.get_mut(place)) {
            Some((_, Json::List(list))) => list.push(value),
            Some((_, first)) => *first = Json::List(vec![std::mem::replace(first, Json::Null), value]),
            None => {
                if self.fields.len() == FEW {
                    let known =
                        self.fields.iter().enumerate().map(|(place, (name, _))| (CompactString::from(&**name), place));
                    self.places = known.collect();
                }
                if self.fields.len() >= FEW {
                    self.places.insert(name.clone(), self.fields.len());
                }
                self.fields.push((name.into(), value));
            }
        }
    }

    fn id(&self) -> Option<String> {
        self.fields.iter().find_map(|(name, value)| match value {
            Json::Text(id) if *name == "id" => Some(id.to_string()),
            _ => None,
        })
    }

    fn close(mut self) -> Json<'static> {
        let text = self.text.trim();
        if self.fields.is_empty() {
            return match text.len() {
                0 => Json::Null,
                length if length == self.text.len() => Json::Text(self.text.into()),
                _ => Json::Text(CompactString::from(text).into()),
            };
        }
        if !text.is_empty() {
            let text = Json::Text(CompactString::from(text).into());
            self.add("text".into(), text);
        }
        Json::Object(self.fields)
    }
}

pub(super) fn read(job: &mut Job<'_, '_>) -> Result<(), UnreadReason> {
    let (nesting, passage_rows) = (job.reading.limits.nesting, job.reading.limits.passage_rows);
    let (stream, out) = TextStream::open(job)?;
    // A limit reached is said by the one who counts.
    let _ = read_stream(stream, out, nesting, passage_rows, &mut Embedded::default());
    Ok(())
}

/// Opens the attachments of FHIR resources and the document in a clinical document.
pub(super) fn visit(input: &mut dyn ReadSeek, visit: &mut Visit<'_>) {
    let limits = visit.reading.limits;
    embedded::visit_with(visit, &mut |out, embedded| {
        // What cannot be read was said when the item was read.
        if let Ok(stream) = TextStream::again(input) {
            let _ = read_stream(stream, out, limits.nesting, limits.passage_rows, embedded);
        }
    });
}

/// What kind of document the root says it is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Any,
    Clinical,
    Fhir,
}

fn read_stream(
    mut stream: TextStream<'_>,
    out: &mut Out<'_>,
    nesting: u32,
    passage_rows: u32,
    embedded: &mut Embedded<'_, '_>,
) -> Result<(), Full> {
    let mut tree = Tree {
        open: vec![Open::default()],
        nodes: 0,
        held: 0,
        kind: Kind::Any,
        narrative: cda::Narrative::default(),
        comments: String::new(),
        writer: Writer::new(Records::new(out, passage_rows), embedded),
    };
    let mut names = Names::default();
    let damaged = loop {
        // Markup is read from the window as it stands; what its end cuts is read again once more of it is there.
        let window = stream.window();
        let end = if stream.is_last() {
            window.len()
        } else {
            memchr::memrchr(b'>', window.as_bytes()).map_or(0, |at| at + 1)
        };
        let held = window.len();
        let (used, read) = tree.window(window.get(..end).unwrap_or_default(), &mut names, nesting)?;
        stream.consume(used);
        match read {
            Reading::Over => {
                tree.writer.out().partial("elements over the limit of this item were not read");
                break false;
            }
            Reading::Broken => break true,
            Reading::Whole if stream.is_last() => break !names.starts.is_empty(),
            Reading::Cut if stream.is_last() || held - used > LONGEST => break true,
            Reading::Whole | Reading::Cut => {}
        }
        let want = 2 * (held - used);
        while stream.more() && stream.window().len() < want {}
    };
    if damaged {
        tree.writer.out().partial("what follows damage in the file was not read");
    }
    let given = tree.finish();
    stream.finish(out);
    given
}

/// How the reading of a window ended.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reading {
    /// At its end.
    Whole,
    /// Within markup that it does not hold whole, or that is damaged.
    Cut,
    /// At damage.
    Broken,
    /// At a limit.
    Over,
}

/// The names of the elements that are open, with their prefixes: each must end by its own.
#[derive(Default)]
struct Names {
    text: String,
    starts: Vec<usize>,
}

impl Names {
    fn open(&mut self, name: &str) {
        self.starts.push(self.text.len());
        self.text.push_str(name);
    }

    /// Whether this name ends the innermost element.
    fn close(&mut self, name: &str) -> bool {
        let Some(start) = self.starts.pop() else { return false };
        let fits = self.text.get(start..) == Some(name.trim_end());
        self.text.truncate(start);
        fits
    }
}

/// A document as far as it is held.
struct Tree<'r, 'o, 'e, 'v, 'a> {
    open: Vec<Open>,
    /// Nodes since the last spill, and nodes that are held.
    nodes: u32,
    held: u32,
    kind: Kind,
    narrative: cda::Narrative,
    comments: String,
    writer: Writer<'r, 'o, 'e, 'v, 'a>,
}

impl Tree<'_, '_, '_, '_, '_> {
    /// Reads what a text holds whole, and says how much of it that was.
    fn window(&mut self, text: &str, names: &mut Names, nesting: u32) -> Result<(usize, Reading), Full> {
        let mut reader = Reader::from_str(text);
        reader.config_mut().check_end_names = false;
        reader.config_mut().allow_unmatched_ends = true;
        let mut used = 0;
        loop {
            match reader.read_event() {
                Ok(Event::Start(start)) => {
                    names.open(start.name().as_ref());
                    if names.starts.len() > nesting as usize {
                        return Ok((used, Reading::Broken));
                    }
                    self.start(&start);
                }
                Ok(Event::Empty(start)) => {
                    self.start(&start);
                    self.end()?;
                }
                Ok(Event::End(end)) => {
                    if !names.close(end.name().as_ref()) {
                        return Ok((used, Reading::Broken));
                    }
                    self.end()?;
                }
                Ok(Event::Text(text)) => self.text(&text.xml10_content()),
                Ok(Event::CData(text)) => self.text(&text.xml10_content()),
                Ok(Event::GeneralRef(reference)) => {
                    if let Some(character) = super::ooxml::resolved(&reference) {
                        self.text(character.encode_utf8(&mut [0; 4]));
                    }
                }
                Ok(Event::Comment(text)) if self.comments.len() < COMMENTS => {
                    self.comments.push_str(text.xml10_content().trim());
                    self.comments.push('\n');
                }
                Ok(Event::Eof) => return Ok((text.len(), Reading::Whole)),
                Ok(_) => {}
                // What never was markup gets no better with more of it.
                Err(quick_xml::Error::Syntax(SyntaxError::InvalidBangMarkup)) => return Ok((used, Reading::Broken)),
                Err(quick_xml::Error::Syntax(_)) => return Ok((used, Reading::Cut)),
                Err(_) => return Ok((used, Reading::Broken)),
            }
            used = usize::try_from(reader.buffer_position()).unwrap_or(text.len()).min(text.len());
            if self.held > NODES {
                return Ok((used, Reading::Over));
            }
        }
    }

    fn start(&mut self, start: &BytesStart<'_>) {
        let full = start.name();
        let name = local(full.as_ref());
        if self.kind == Kind::Clinical && self.narrative.start(name, start) {
            return;
        }
        let mut element = Open { name: name.into(), ..Open::default() };
        for attribute in start.attributes().with_checks(false).flatten() {
            let key: &str = attribute.key.as_ref();
            let raw: &str = &attribute.value;
            if key == "xmlns" || key.starts_with("xmlns:") {
                if self.open.len() == 1 {
                    self.kind = match raw {
                        "http://hl7.org/fhir" => Kind::Fhir,
                        "urn:hl7-org:v3" if name == "ClinicalDocument" => Kind::Clinical,
                        _ => self.kind,
                    };
                }
                continue;
            }
            if key.starts_with("xsi:") {
                continue;
            }
            self.count();
            let value = match memchr::memchr(b'&', raw.as_bytes()).map(|_| quick_xml::escape::unescape(raw)) {
                Some(Ok(text)) => CompactString::from(text),
                _ => raw.into(),
            };
            element.add(key.into(), Json::Text(value.into()));
        }
        if name == "ClinicalDocument" && self.open.len() == 1 {
            self.kind = Kind::Clinical;
        }
        self.count();
        self.open.push(element);
    }

    fn count(&mut self) {
        self.nodes += 1;
        self.held += 1;
    }

    fn text(&mut self, text: &str) {
        if self.narrative.inside() {
            self.narrative.text(text);
        } else if let Some(element) = self.open.last_mut() {
            element.text.push_str(text);
        }
    }

    fn end(&mut self) -> Result<(), Full> {
        if self.narrative.inside() {
            self.narrative.end();
            return Ok(());
        }
        if self.open.len() <= 1 {
            return Ok(());
        }
        let Some(mut element) = self.open.pop() else { return Ok(()) };
        let name = std::mem::take(&mut element.name);
        if self.kind == Kind::Clinical && name == "title" && self.open.last().is_some_and(|open| open.name == "section")
        {
            self.narrative.heading(element.text.trim());
            return Ok(());
        }
        let value = element.close();
        let spilled = self.open.last().is_some_and(|parent| parent.spilled.contains(&name));
        if spilled {
            let path = self.path(self.open.len(), &name);
            let parent = self.open.last().and_then(Open::id);
            return self.give(&path, parent.as_deref(), value);
        }
        if let Some(parent) = self.open.last_mut() {
            parent.add(name, value);
        }
        if self.nodes > HELD && self.kind != Kind::Clinical { self.spill() } else { Ok(()) }
    }

    /// The names of the first `depth` open elements, without the root's, and of a child.
    fn path(&self, depth: usize, child: &str) -> String {
        let names = self.open.iter().take(depth).skip(2).map(|open| open.name.as_str());
        names.chain([child]).collect::<Vec<_>>().join(".")
    }

    /// Hands over what repeats.
    fn spill(&mut self) -> Result<(), Full> {
        self.nodes = 0;
        for depth in 1..self.open.len() {
            let parent = self.open.get(depth).and_then(Open::id);
            let Some(open) = self.open.get_mut(depth) else { continue };
            let mut lists = Vec::new();
            let fields = std::mem::take(&mut open.fields);
            for (name, value) in fields {
                match value {
                    Json::List(list) => {
                        open.spilled.insert(CompactString::from(&*name));
                        lists.push((name, list));
                    }
                    value => open.fields.push((name, value)),
                }
            }
            open.places = open
                .fields
                .iter()
                .enumerate()
                .map(|(place, (name, _))| (CompactString::from(&**name), place))
                .collect();
            for (name, list) in lists {
                let path = self.path(depth + 1, &name);
                for value in list {
                    self.give(&path, parent.as_deref(), value)?;
                }
            }
        }
        Ok(())
    }

    fn give(&mut self, path: &str, parent: Option<&str>, value: Json<'static>) -> Result<(), Full> {
        self.held = self.held.saturating_sub(size(&value));
        let value = if self.kind == Kind::Fhir { fhir::of_xml(value) } else { value };
        self.writer.element(path, parent, &value)
    }

    fn finish(mut self) -> Result<(), Full> {
        while self.open.len() > 1 {
            if self.narrative.inside() {
                self.narrative.end();
            } else {
                self.end()?;
            }
        }
        let mut root = self.open.pop().unwrap_or_default();
        root.text.clear();
        // The root's own name says nothing of a value.
        let (name, tree) = match root.fields.pop() {
            Some((name, value)) if root.fields.is_empty() => (name, value),
            Some(last) => {
                root.fields.push(last);
                (Word::Lent(""), root.close())
            }
            None => (Word::Lent(""), Json::Null),
        };
        match self.kind {
            Kind::Clinical => {
                let persons = cda::persons(&tree);
                cda::document(&tree, &mut self.writer);
                self.writer.out().text("", Visibility::Shown, 1, persons)?;
                self.narrative.finish(self.writer.out())?;
                let tree = cda::rest(tree);
                self.writer.single("data", &tree)?;
            }
            Kind::Fhir => {
                let resource = fhir::named(&name, fhir::of_xml(tree));
                self.writer.single("", &resource)?;
            }
            Kind::Any => self.writer.single("", &tree)?,
        }
        self.writer.finish()?;
        let comments = std::mem::take(&mut self.comments);
        self.writer.out().text("comment", Visibility::Hidden, 1, comments.trim_end().to_owned())
    }
}

/// Elements and attributes of a value.
fn size(value: &Json<'_>) -> u32 {
    match value {
        Json::Object(fields) => fields.iter().map(|(_, value)| size(value)).sum::<u32>() + 1,
        Json::List(list) => list.iter().map(size).sum(),
        _ => 1,
    }
}

fn local(name: &str) -> &str {
    name.rsplit_once(':').map_or(name, |(_, local)| local)
}
