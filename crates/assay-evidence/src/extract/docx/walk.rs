//! The walk over one part of a Word document: events in, paragraphs and tables out.

use super::super::flow::Flow;
use super::super::ooxml::{self, Alternatives, Xml, attribute, lent};
use super::super::{Full, Out};
use super::Visibility;
use super::numbering::Numbering;
use quick_xml::events::BytesStart;
use std::collections::{BTreeMap, BTreeSet};

/// What a style says.
#[derive(Clone, Default)]
pub(super) struct Style {
    pub(super) vanished: Option<bool>,
    pub(super) list: Option<u32>,
    pub(super) level: Option<usize>,
}

/// What a document says beside its text.
#[derive(Default)]
pub(super) struct Notes {
    /// Alternative texts, titles and file names of pictures and tables.
    pub(super) descriptions: Vec<String>,
    /// Codes of fields that lead out of the document.
    pub(super) codes: BTreeSet<String>,
    /// Who changed or commented.
    pub(super) authors: BTreeSet<String>,
}

/// A paragraph being read: as shown, as before, and whether the two differ.
#[derive(Default)]
struct Paragraph {
    shown: String,
    former: String,
    changed: bool,
    style: Option<String>,
    list: Option<u32>,
    level: Option<usize>,
}

pub(super) struct Walk<'f> {
    flow: &'f mut Flow,
    styles: &'f BTreeMap<String, Style>,
    numbering: &'f mut Numbering,
    notes: &'f mut Notes,
    /// Paragraphs nest: a text box lies inside one.
    paragraphs: Vec<Paragraph>,
    spans: Vec<usize>,
    deleted: u32,
    inserted: u32,
    alternatives: Alternatives,
    former_properties: u32,
    pushed: u64,
    in_text: bool,
    in_code: bool,
    code: String,
    in_run_properties: bool,
    in_paragraph_properties: bool,
    /// Tabs among a paragraph's properties set stops and print nothing.
    in_tab_stops: bool,
    vanished: bool,
    /// What stands in small print above a word, as in Japanese.
    reading: Option<String>,
    in_reading: bool,
    /// Entries of a form's list, and which is chosen.
    choice: Option<(Vec<String>, usize)>,
    /// Who wrote the comment that is being read, until its first line has it.
    author: Option<String>,
}

impl<'f> Walk<'f> {
    pub(super) fn new(
        flow: &'f mut Flow,
        styles: &'f BTreeMap<String, Style>,
        numbering: &'f mut Numbering,
        notes: &'f mut Notes,
    ) -> Self {
        Self {
            flow,
            styles,
            numbering,
            notes,
            paragraphs: Vec::new(),
            spans: Vec::new(),
            deleted: 0,
            inserted: 0,
            alternatives: Alternatives::default(),
            former_properties: 0,
            pushed: 0,
            in_text: false,
            in_code: false,
            code: String::new(),
            in_run_properties: false,
            in_paragraph_properties: false,
            in_tab_stops: false,
            vanished: false,
            reading: None,
            in_reading: false,
            choice: None,
            author: None,
        }
    }

    pub(super) fn event(&mut self, event: Xml<'_>) {
        match event {
            _ if self.alternatives.take(&event, self.pushed) => {}
            // How properties were before a change.
            Xml::Start(name, start) if name.ends_with("PrChange") => {
                self.author_of(start);
                self.former_properties += 1;
            }
            Xml::End(name) if name.ends_with("PrChange") => {
                self.former_properties = self.former_properties.saturating_sub(1);
            }
            _ if self.alternatives.are_said() || self.former_properties > 0 => {}
            Xml::Start(name, start) => self.start(name, start),
            Xml::Text(text) if self.in_text => self.push(text),
            Xml::Text(text) if self.in_code => self.code.push_str(text),
            Xml::Text(_) => {}
            Xml::End(name) => self.end(name),
        }
    }

    fn start(&mut self, name: &str, start: &BytesStart<'_>) {
        match name {
            "p" => self.paragraphs.push(Paragraph::default()),
            "r" => self.vanished = false,
            "rPr" => self.in_run_properties = true,
            "pPr" => self.in_paragraph_properties = true,
            "t" | "delText" => self.in_text = true,
            "binData" | "binaryData" => self.in_text = false,
            "instrText" | "delInstrText" => self.in_code = true,
            "fldSimple" => {
                self.code = attribute(start, "instr").unwrap_or_default();
                self.end_code();
            }
            "fldChar" if lent(start, "fldCharType").is_none_or(|kind| kind != "begin") => self.end_code(),
            "tabs" => self.in_tab_stops = true,
            "tab" | "ptab" if !self.in_tab_stops => self.push("\t"),
            "br" | "cr" => self.push("\n"),
            "noBreakHyphen" => self.push("-"),
            "del" | "moveFrom" | "ins" | "moveTo" => {
                self.author_of(start);
                match name {
                    _ if self.in_run_properties => {}
                    "del" | "moveFrom" => self.deleted += 1,
                    _ => self.inserted += 1,
                }
            }
            "tbl" => self.flow.table_start(),
            "tc" => {
                self.flow.cell_start();
                self.spans.push(1);
            }
            "comment" => self.author = attribute(start, "author").filter(|author| !author.is_empty()),
            _ if self.in_run_properties => self.run_property(name, start),
            _ if self.in_paragraph_properties => self.paragraph_property(name, start),
            _ => self.rare(name, start),
        }
    }

    fn author_of(&mut self, start: &BytesStart<'_>) {
        if let Some(author) = lent(start, "author").filter(|author| !author.is_empty())
            && !self.notes.authors.contains(author.as_ref())
        {
            self.notes.authors.insert(author.into_owned());
        }
    }

    fn run_property(&mut self, name: &str, start: &BytesStart<'_>) {
        match name {
            "vanish" | "specVanish" => self.vanished |= ooxml::is_on(start, "val", Some(Visibility::Hidden)),
            "rStyle" => {
                let style = lent(start, "val").and_then(|style| self.styles.get(style.as_ref()));
                self.vanished |= style.is_some_and(|style| style.vanished == Some(true));
            }
            _ => {}
        }
    }

    fn paragraph_property(&mut self, name: &str, start: &BytesStart<'_>) {
        let Some(paragraph) = self.paragraphs.last_mut() else { return };
        match name {
            "pStyle" => paragraph.style = attribute(start, "val"),
            "numId" => paragraph.list = lent(start, "val").and_then(|value| value.parse().ok()),
            "ilvl" => paragraph.level = lent(start, "val").and_then(|value| value.parse().ok()),
            _ => {}
        }
    }

    fn rare(&mut self, name: &str, start: &BytesStart<'_>) {
        match name {
            "gridSpan" => {
                if let (Some(span), Some(value)) = (self.spans.last_mut(), lent(start, "val")) {
                    *span = value.parse().unwrap_or(1);
                }
            }
            "gridBefore" => {
                let count = lent(start, "val").and_then(|value| value.parse().ok()).unwrap_or(0_usize);
                if count > 0 {
                    self.flow.cell_start();
                    self.flow.cell_end(count);
                }
            }
            "rt" => {
                self.in_reading = true;
                self.reading = Some(String::new());
            }
            "ddList" => self.choice = Some((Vec::new(), 0)),
            "listEntry" => {
                if let (Some((entries, _)), Some(entry)) = (&mut self.choice, attribute(start, "val")) {
                    entries.push(entry);
                }
            }
            "result" => {
                if let (Some((_, chosen)), Some(value)) = (&mut self.choice, lent(start, "val")) {
                    *chosen = value.parse().unwrap_or(0);
                }
            }
            "sym" => {
                let code = lent(start, "char").and_then(|code| u32::from_str_radix(&code, 16).ok());
                // Most lie in the private range of a symbol font, where only the font says what they show.
                let shown = code.and_then(char::from_u32).filter(|shown| !('\u{e000}'..='\u{f8ff}').contains(shown));
                if let Some(shown) = shown {
                    self.push(shown.encode_utf8(&mut [0; 4]));
                }
            }
            // Words drawn as a picture, as watermarks are.
            "textpath" => {
                if let Some(text) = attribute(start, "string") {
                    self.push(&text);
                }
            }
            "docPr" | "cNvPr" | "shape" | "imagedata" => ooxml::describe(start, &mut self.notes.descriptions),
            "tblCaption" | "tblDescription" => {
                if let Some(text) = attribute(start, "val").filter(|text| !text.trim().is_empty()) {
                    self.notes.descriptions.push(text);
                }
            }
            _ => {}
        }
    }

    fn end(&mut self, name: &str) {
        match name {
            "t" | "delText" => self.in_text = false,
            "r" => self.vanished = false,
            "p" => self.end_paragraph(),
            "rPr" => self.in_run_properties = false,
            "pPr" => self.in_paragraph_properties = false,
            "instrText" | "delInstrText" => self.in_code = false,
            "tabs" => self.in_tab_stops = false,
            "del" | "moveFrom" if !self.in_run_properties => self.deleted = self.deleted.saturating_sub(1),
            "ins" | "moveTo" if !self.in_run_properties => self.inserted = self.inserted.saturating_sub(1),
            "rt" => self.in_reading = false,
            "ruby" => {
                if let Some(reading) = self.reading.take().filter(|reading| !reading.is_empty()) {
                    self.push(&format!(" ({reading})"));
                }
            }
            "ddList" => {
                if let Some(entry) = self.choice.take().and_then(|(entries, chosen)| entries.into_iter().nth(chosen)) {
                    self.push(&entry);
                }
            }
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
        if let Some(reading) = self.reading.as_mut().filter(|_| self.in_reading) {
            reading.push_str(text);
            return;
        }
        let Some(paragraph) = self.paragraphs.last_mut() else { return };
        self.pushed += text.len() as u64;
        let gone = self.deleted > 0 || self.vanished;
        if gone && !paragraph.changed && !text.trim().is_empty() {
            paragraph.changed = true;
        }
        if !gone {
            paragraph.shown.push_str(text);
        }
        if self.inserted == 0 || gone {
            paragraph.former.push_str(text);
        }
    }

    /// A field's code, where it names a place outside the document: links, sources, columns of a form letter.
    fn end_code(&mut self) {
        let code = std::mem::take(&mut self.code);
        let code = code.trim();
        const OUTSIDE: &[&str] =
            &["HYPERLINK", "INCLUDE", "DDE", "LINK", "IMPORT", "DATABASE", "RD ", "MERGEFIELD", "DOCVARIABLE"];
        if code.len() < 4096 && OUTSIDE.iter().any(|word| code.starts_with(word)) && !code.starts_with("HYPERLINK \\l")
        {
            self.notes.codes.insert(code.to_owned());
        }
    }

    /// The number that a paragraph of a list begins with.
    fn number(&mut self, paragraph: &Paragraph) -> Option<String> {
        let style = paragraph.style.as_ref().and_then(|id| self.styles.get(id));
        let list = paragraph.list.or_else(|| style.and_then(|style| style.list)).filter(|list| *list != 0)?;
        let by_style = || match &paragraph.style {
            Some(id) if paragraph.list.is_none() => self.numbering.level_of_style(list, id),
            _ => None,
        };
        let level = paragraph.level.or_else(by_style).or_else(|| style.and_then(|style| style.level)).unwrap_or(0);
        // Word shows no number where a paragraph has nothing of its own, and counts it all the same.
        let number = self.numbering.next(list, level)?;
        (!paragraph.shown.trim().is_empty() || paragraph.changed).then_some(number)
    }

    fn end_paragraph(&mut self) {
        let Some(mut paragraph) = self.paragraphs.pop() else { return };
        let styled = paragraph.list.is_some() || paragraph.style.is_some();
        if styled && let Some(number) = self.number(&paragraph) {
            paragraph.shown.insert_str(0, &number);
            paragraph.former.insert_str(0, &number);
        }
        if let Some(author) = self.author.take() {
            paragraph.shown = format!("{author}: {}", paragraph.shown);
        }
        self.flow.line(&paragraph.shown, paragraph.changed.then_some(paragraph.former.as_str()));
    }

    /// A document that was cut short leaves its last paragraphs open.
    /// Hands over what stands already.
    pub(super) fn hand_over(&mut self, out: &mut Out<'_>) -> Result<(), Full> {
        self.flow.hand_over(out)
    }

    pub(super) fn finish(mut self) {
        while !self.paragraphs.is_empty() {
            self.end_paragraph();
        }
    }
}
