//! Word documents: paragraphs, tables, headers, footers, foot- and endnotes, comments, text boxes, charts, tracked
//! changes, properties.
//!
//! Text stands as the document shows it once changes are accepted; a paragraph that lost words, or holds hidden ones,
//! comes a second time as it read before, marked hidden. Numbers of lists and field codes are not read; embedded files
//! and pictures are members.

use super::flow::Flow;
use super::ooxml::{self, Package, Xml, attribute, events};
use super::{Full, Job, Visibility};
use assay_model::UnreadReason;
use quick_xml::events::BytesStart;

/// The parts of a document besides the body, and what their passages are called.
const PARTS: &[(&str, &str)] = &[
    ("word/header", "header"),
    ("word/footer", "footer"),
    ("word/footnotes", "footnote"),
    ("word/endnotes", "endnote"),
    ("word/comments", "comment"),
];

pub(super) fn read(job: &mut Job<'_, '_>) -> Result<(), UnreadReason> {
    let read = parts(job);
    // What is embedded can be opened even where the document around it cannot be read.
    ooxml::list_embedded(job);
    // A limit reached is said by the one who counts.
    read.map(drop)
}

fn parts(job: &mut Job<'_, '_>) -> Result<Result<(), Full>, UnreadReason> {
    let limits = job.reading.limits;
    let mut package = Package::open(&mut *job.input, limits.item_bytes, limits.expansion_ratio)?;
    package.properties(job.out);
    let mut all: Vec<(String, &str)> = Vec::new();
    // `word/document2.xml` occurs in files of web editions.
    all.extend(package.parts("word/document", ".xml").into_iter().map(|name| (name, "body")));
    for (start, part) in PARTS {
        all.extend(package.parts(start, ".xml").into_iter().map(|name| (name, *part)));
    }
    let mut flows: Vec<(&str, Flow)> = Vec::new();
    let mut damaged = 0_u32;
    let mut seen = Vec::new();
    for (name, part) in all {
        if name.starts_with("word/comments") && name != "word/comments.xml" {
            continue;
        }
        let Some(Ok(xml)) = package.part(&name) else {
            damaged += 1;
            continue;
        };
        // First page, odd and even headers are mostly one.
        if part != "body" && seen.contains(&xml) {
            continue;
        }
        if flows.last().is_none_or(|(last, _)| *last != part) {
            flows.push((part, Flow::new(part, limits.cells)));
        }
        if let Some((_, flow)) = flows.last_mut() {
            let mut walk = Walk::new(flow);
            damaged += u32::from(events(&xml, limits.nesting, &mut |event| walk.event(event)).is_err());
            walk.finish();
        }
        if part != "body" {
            seen.push(xml);
        }
    }
    let drawings = ooxml::drawings(&mut package, &["word/charts/chart", "word/diagrams/data"], limits.nesting);
    if flows.is_empty() {
        return Err(UnreadReason::Corrupt);
    }
    if damaged > 0 {
        job.out.partial(&format!("parts of the document that are damaged: {damaged}"));
    }
    let given = flows.into_iter().try_for_each(|(_, flow)| flow.finish(job.out));
    Ok(given.and_then(|()| job.out.text("drawing", Visibility::Shown, 1, drawings.join("\n"))))
}

/// A paragraph being read: as shown, as before, and whether the two differ.
#[derive(Default)]
struct Paragraph {
    shown: String,
    former: String,
    changed: bool,
}

struct Walk<'f> {
    flow: &'f mut Flow,
    /// Paragraphs nest: a text box lies inside one.
    paragraphs: Vec<Paragraph>,
    spans: Vec<usize>,
    deleted: u32,
    inserted: u32,
    /// Inside the old wording of a drawing that says all a second time.
    fallback: u32,
    in_text: bool,
    in_run_properties: bool,
    /// Tabs among a paragraph's properties set stops and print nothing.
    in_tab_stops: bool,
    vanished: bool,
    /// Who wrote the comment that is being read, until its first line has it.
    author: Option<String>,
}

impl<'f> Walk<'f> {
    fn new(flow: &'f mut Flow) -> Self {
        Self {
            flow,
            paragraphs: Vec::new(),
            spans: Vec::new(),
            deleted: 0,
            inserted: 0,
            fallback: 0,
            in_text: false,
            in_run_properties: false,
            in_tab_stops: false,
            vanished: false,
            author: None,
        }
    }

    fn event(&mut self, event: Xml<'_>) {
        match event {
            Xml::Start("Fallback", _) => self.fallback += 1,
            Xml::End("Fallback") => self.fallback = self.fallback.saturating_sub(1),
            _ if self.fallback > 0 => {}
            Xml::Start(name, start) => self.start(name, start),
            Xml::Text(text) if self.in_text => self.push(text),
            Xml::Text(_) => {}
            Xml::End(name) => self.end(name),
        }
    }

    fn start(&mut self, name: &str, start: &BytesStart<'_>) {
        match name {
            "p" => self.paragraphs.push(Paragraph::default()),
            "r" => self.vanished = false,
            "rPr" => self.in_run_properties = true,
            "vanish" if self.in_run_properties => self.vanished = ooxml::is_on(start, "val", Some(Visibility::Hidden)),
            "t" | "delText" => self.in_text = true,
            "tabs" => self.in_tab_stops = true,
            "tab" | "ptab" if !self.in_tab_stops => self.push("\t"),
            "br" | "cr" => self.push("\n"),
            "noBreakHyphen" => self.push("-"),
            "del" | "moveFrom" if !self.in_run_properties => self.deleted += 1,
            "ins" | "moveTo" if !self.in_run_properties => self.inserted += 1,
            "tbl" => self.flow.table_start(),
            "tc" => {
                self.flow.cell_start();
                self.spans.push(1);
            }
            "gridSpan" => {
                if let (Some(span), Some(value)) = (self.spans.last_mut(), attribute(start, "val")) {
                    *span = value.parse().unwrap_or(1);
                }
            }
            "comment" => self.author = attribute(start, "author").filter(|author| !author.is_empty()),
            _ => {}
        }
    }

    fn end(&mut self, name: &str) {
        match name {
            "p" => self.end_paragraph(),
            "r" => self.vanished = false,
            "rPr" => self.in_run_properties = false,
            "tabs" => self.in_tab_stops = false,
            "t" | "delText" => self.in_text = false,
            "del" | "moveFrom" if !self.in_run_properties => self.deleted = self.deleted.saturating_sub(1),
            "ins" | "moveTo" if !self.in_run_properties => self.inserted = self.inserted.saturating_sub(1),
            "tc" => {
                let span = self.spans.pop().unwrap_or(1);
                self.flow.cell_end(span);
            }
            "tr" => self.flow.row_end(),
            "tbl" => self.flow.table_end(),
            _ => {}
        }
    }

    fn push(&mut self, text: &str) {
        let Some(paragraph) = self.paragraphs.last_mut() else { return };
        let gone = self.deleted > 0 || self.vanished;
        paragraph.changed |= gone && !text.trim().is_empty();
        if !gone {
            paragraph.shown.push_str(text);
        }
        if self.inserted == 0 || gone {
            paragraph.former.push_str(text);
        }
    }

    fn end_paragraph(&mut self) {
        let Some(paragraph) = self.paragraphs.pop() else { return };
        let shown = match self.author.take() {
            Some(author) => format!("{author}: {}", paragraph.shown),
            None => paragraph.shown,
        };
        self.flow.line(&shown, paragraph.changed.then_some(paragraph.former.as_str()));
    }

    /// A document that was cut short leaves its last paragraphs open.
    fn finish(mut self) {
        while !self.paragraphs.is_empty() {
            self.end_paragraph();
        }
    }
}
