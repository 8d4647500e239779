//! PowerPoint presentations of the XML kind: slides in their order with their tables, charts and diagrams, notes, comments
//! with their authors, words that masters and layouts put on slides, descriptions of pictures, links, properties.
//!
//! The text of a hidden slide or shape is marked hidden. Prompts of empty placeholders, numbers of lists and animations
//! are not given; embedded files, pictures and sounds are members.

use super::flow::Flow;
use super::ooxml::{self, Alternatives, Package, Xml, attribute, events, lent};
use super::{Full, Job, Visibility};
use assay_model::UnreadReason;
use quick_xml::events::BytesStart;
use std::collections::{BTreeMap, BTreeSet};

pub(super) fn read(job: &mut Job<'_, '_>) -> Result<(), UnreadReason> {
    let read = slides(job);
    ooxml::list_embedded(job);
    // A limit reached is said by the one who counts.
    read.map(drop)
}

/// What is gathered over all slides.
struct Whole {
    notes: Flow,
    comments: Flow,
    masters: Flow,
    descriptions: Vec<String>,
    authors: BTreeMap<String, String>,
    damaged: u32,
    /// Parts that have been read, in lower case.
    seen: BTreeSet<String>,
    nesting: u32,
    /// Lines of masters and layouts: most say the same.
    said: BTreeSet<String>,
}

fn slides(job: &mut Job<'_, '_>) -> Result<Result<(), Full>, UnreadReason> {
    let limits = job.reading.limits;
    let mut package = Package::open(&mut *job.input, limits)?;
    package.properties(job.out);
    let mut whole = Whole {
        notes: Flow::new("note", limits.cells),
        comments: Flow::new("comment", limits.cells),
        masters: Flow::new("master", limits.cells),
        descriptions: Vec::new(),
        authors: authors(&mut package, limits.nesting),
        damaged: 0,
        seen: BTreeSet::new(),
        nesting: limits.nesting,
        said: BTreeSet::new(),
    };
    let main = package.main("ppt/presentation.xml");
    let mut given = Ok(());
    let order = order(&mut package, &main, limits.nesting);
    let found = !order.is_empty() || package.has(&main);
    for (number, (name, listed)) in (1_u32..).zip(order) {
        let part = format!("page {number}");
        let hidden = !listed || is_hidden(&mut package, &name);
        let mut flow = if hidden { Flow::hidden(&part, limits.cells) } else { Flow::new(&part, limits.cells) };
        whole.slide(&mut package, &name, &mut flow);
        given = given.and_then(|()| flow.finish(job.out));
    }
    if !found {
        return Err(UnreadReason::Corrupt);
    }
    for folder in ["ppt/comments/", "ppt/threadedComments/"] {
        for name in package.parts(folder, ".xml") {
            whole.comments(&mut package, &name);
        }
    }
    for folder in ["ppt/slideMasters/", "ppt/slideLayouts/", "ppt/notesMasters/", "ppt/handoutMasters/"] {
        for name in package.parts(folder, ".xml") {
            whole.master(&mut package, &name);
        }
    }
    // Charts and diagrams that no slide points to.
    let unseen = |name: &String| !whole.seen.contains(&name.to_ascii_lowercase());
    let folders = ["ppt/charts/chart", "ppt/diagrams/data", "ppt/drawings/drawing"];
    let left: Vec<String> = folders.iter().flat_map(|folder| package.parts(folder, ".xml")).filter(unseen).collect();
    let left: Vec<&str> = left.iter().map(String::as_str).collect();
    let (drawings, more) = ooxml::drawings(&mut package, &left, limits.nesting);
    whole.descriptions.extend(more);
    let links = package.links();
    let tags = tags(&mut package, limits.nesting);
    if whole.damaged > 0 {
        job.out.partial(&format!("parts of the document that are damaged: {}", whole.damaged));
    }
    let out = &mut *job.out;
    Ok(given
        .and_then(|()| whole.notes.finish(out))
        .and_then(|()| whole.comments.finish(out))
        .and_then(|()| whole.masters.finish(out))
        .and_then(|()| out.text("drawing", Visibility::Shown, 1, drawings.join("\n")))
        .and_then(|()| out.text("description", Visibility::Hidden, 1, whole.descriptions.join("\n")))
        .and_then(|()| out.text("tag", Visibility::Hidden, 1, tags.join("\n")))
        .and_then(|()| out.text("link", Visibility::Hidden, 1, links.join("\n"))))
}

/// Slides as the presentation orders them, then those that it does not list, which nobody sees.
fn order(package: &mut Package<'_>, main: &str, nesting: u32) -> Vec<(String, bool)> {
    let relations = package.relations(main);
    let mut found: Vec<(String, bool)> = Vec::new();
    let mut seen = BTreeSet::new();
    if let Some(Ok(xml)) = package.part(main) {
        // Damage here costs the order only.
        let _ = events(&xml, nesting, &mut |event| {
            if let Xml::Start("sldId", start) = event {
                // Its own number is an `id`, too.
                let id = start.attributes().flatten().find(|attribute| attribute.key.as_ref().ends_with(":id"));
                let target = id.and_then(|id| relations.iter().find(|has| has.id.as_str() == &*id.value));
                if let Some(target) = target.map(|relation| relation.target.clone())
                    && seen.insert(target.to_ascii_lowercase())
                {
                    found.push((target, true));
                }
            }
        });
    }
    let listed = !found.is_empty();
    for name in package.parts("ppt/slides/slide", ".xml") {
        if seen.insert(name.to_ascii_lowercase()) {
            // Where the list is lost, all are shown.
            found.push((name, !listed));
        }
    }
    found
}

fn is_hidden(package: &mut Package<'_>, name: &str) -> bool {
    let Some(Ok(xml)) = package.part(name) else { return false };
    let Some(at) = xml.find(":sld ").or_else(|| xml.find("<sld ")) else { return false };
    let tag = xml.get(at..).and_then(|rest| rest.split('>').next()).unwrap_or_default();
    ["show=\"0\"", "show=\"false\"", "show='0'"].iter().any(|no| tag.contains(no))
}

/// Who comments, by number.
fn authors(package: &mut Package<'_>, nesting: u32) -> BTreeMap<String, String> {
    let mut authors = BTreeMap::new();
    let mut parts = package.parts("ppt/commentAuthors", ".xml");
    parts.extend(package.parts("ppt/authors", ".xml"));
    for part in parts {
        let Some(Ok(xml)) = package.part(&part) else { continue };
        // Damage costs the names that follow it.
        let _ = events(&xml, nesting, &mut |event| {
            if let Xml::Start("cmAuthor" | "author", start) = event
                && let (Some(id), Some(name)) = (attribute(start, "id"), attribute(start, "name"))
            {
                authors.insert(id, name);
            }
        });
    }
    authors
}

/// What add-ins keep with slides.
fn tags(package: &mut Package<'_>, nesting: u32) -> Vec<String> {
    let mut lines = Vec::new();
    for part in package.parts("ppt/tags/", ".xml") {
        let Some(Ok(xml)) = package.part(&part) else { continue };
        // As above.
        let _ = events(&xml, nesting, &mut |event| {
            if let Xml::Start("tag", start) = event
                && let (Some(name), Some(value)) = (attribute(start, "name"), attribute(start, "val"))
                && !value.trim().is_empty()
                && lines.len() < 10_000
            {
                lines.push(format!("{name}: {value}"));
            }
        });
    }
    lines
}

impl Whole {
    /// A slide with what it points to.
    fn slide(&mut self, package: &mut Package<'_>, name: &str, flow: &mut Flow) {
        self.walk(package, name, flow, Placeholders::Read);
        for relation in package.relations(name).into_iter().filter(|relation| !relation.external) {
            match relation.kind.as_str() {
                "notesSlide" => {
                    let mut notes = std::mem::replace(&mut self.notes, Flow::new("note", 0));
                    self.walk(package, &relation.target, &mut notes, Placeholders::Read);
                    self.notes = notes;
                }
                "comments" => self.comments(package, &relation.target),
                "chart" | "chartEx" | "diagramData" if self.seen.insert(relation.target.to_ascii_lowercase()) => {
                    let (lines, descriptions) = ooxml::drawings(package, &[&relation.target], self.nesting);
                    lines.iter().for_each(|line| flow.line(line, None));
                    self.descriptions.extend(descriptions);
                }
                _ => {}
            }
        }
    }

    /// The words that a master or layout puts on slides.
    fn master(&mut self, package: &mut Package<'_>, name: &str) {
        let mut masters = std::mem::replace(&mut self.masters, Flow::new("master", 0));
        self.walk(package, name, &mut masters, Placeholders::Skip);
        self.masters = masters;
    }

    fn walk(&mut self, package: &mut Package<'_>, name: &str, flow: &mut Flow, placeholders: Placeholders) {
        if !self.seen.insert(name.to_ascii_lowercase()) {
            return;
        }
        let Some(Ok(xml)) = package.part(name) else {
            self.damaged += 1;
            return;
        };
        let mut walk = Walk {
            flow,
            placeholders,
            descriptions: &mut self.descriptions,
            said: &mut self.said,
            line: String::new(),
            reading: false,
            spans: Vec::new(),
            shape: Visibility::Shown,
            in_placeholder: false,
            alternatives: Alternatives::default(),
            pushed: 0,
        };
        let whole = events(&xml, self.nesting, &mut |event| walk.event(event));
        walk.end_line();
        self.damaged += u32::from(whole.is_err());
    }

    /// Comments of a slide: those of older programs, and threads with their replies.
    fn comments(&mut self, package: &mut Package<'_>, name: &str) {
        if !self.seen.insert(name.to_ascii_lowercase()) {
            return;
        }
        let Some(Ok(xml)) = package.part(name) else {
            self.damaged += 1;
            return;
        };
        let (mut author, mut text, mut reading) = (None::<String>, String::new(), false);
        let (authors, comments) = (&self.authors, &mut self.comments);
        let whole = events(&xml, self.nesting, &mut |event| match event {
            Xml::Start("cm" | "reply", start) => {
                author = lent(start, "authorId").and_then(|id| authors.get(id.as_ref()).cloned());
            }
            Xml::Start("t" | "text", _) => reading = true,
            Xml::Start("br", _) => text.push('\n'),
            Xml::Text(piece) if reading => text.push_str(piece),
            Xml::End("t") => reading = false,
            Xml::End("p" | "text") => {
                reading = false;
                let line = std::mem::take(&mut text);
                if !line.trim().is_empty() {
                    match author.take().filter(|author| !author.is_empty()) {
                        Some(author) => comments.line(&format!("{author}: {line}"), None),
                        None => comments.line(&line, None),
                    }
                }
            }
            _ => {}
        });
        self.damaged += u32::from(whole.is_err());
    }
}

/// What is done with the text of placeholders: on a master it only says what to type.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Placeholders {
    Read,
    Skip,
}

struct Walk<'f> {
    flow: &'f mut Flow,
    placeholders: Placeholders,
    descriptions: &'f mut Vec<String>,
    said: &'f mut BTreeSet<String>,
    line: String,
    reading: bool,
    spans: Vec<usize>,
    shape: Visibility,
    in_placeholder: bool,
    alternatives: Alternatives,
    pushed: u64,
}

impl Walk<'_> {
    fn event(&mut self, event: Xml<'_>) {
        match event {
            _ if self.alternatives.take(&event, self.pushed) => {}
            _ if self.alternatives.are_said() => {}
            Xml::Start(name, start) => self.start(name, start),
            Xml::Text(text) if self.reading => {
                self.pushed += text.len() as u64;
                self.line.push_str(text);
            }
            Xml::Text(_) => {}
            Xml::End(name) => self.end(name),
        }
    }

    fn start(&mut self, name: &str, start: &BytesStart<'_>) {
        match name {
            "t" => self.reading = true,
            "br" => self.line.push('\n'),
            "cNvPr" => {
                ooxml::describe(start, self.descriptions);
                let hidden = ooxml::is_on(start, "hidden", None);
                self.shape = if hidden { Visibility::Hidden } else { Visibility::Shown };
                self.in_placeholder = false;
            }
            "ph" => self.in_placeholder = true,
            "tbl" => self.flow.table_start(),
            "tc" => {
                let span = lent(start, "gridSpan").and_then(|span| span.parse().ok());
                self.spans.push(span.unwrap_or(1));
                // The cells that a span covers stand in the file, too: they are let go at their end.
                if !ooxml::is_on(start, "hMerge", None) {
                    self.flow.cell_start();
                }
            }
            _ => {}
        }
    }

    fn end(&mut self, name: &str) {
        match name {
            "t" => self.reading = false,
            "p" => self.end_line(),
            "sp" | "pic" | "graphicFrame" => {
                self.shape = Visibility::Shown;
                self.in_placeholder = false;
            }
            "tc" => self.flow.cell_end(self.spans.pop().unwrap_or(1)),
            "tr" => self.flow.row_end(),
            "tbl" => self.flow.table_end(),
            _ => {}
        }
    }

    fn end_line(&mut self) {
        self.reading = false;
        let text = std::mem::take(&mut self.line);
        if text.trim().is_empty() {
            return;
        }
        if self.placeholders == Placeholders::Skip && (self.in_placeholder || !self.said.insert(text.clone())) {
            return;
        }
        match self.shape {
            Visibility::Shown => self.flow.line(&text, None),
            Visibility::Hidden => self.flow.line("", Some(&text)),
        }
    }
}
