//! The lines of an item's texts, in order, and the parts of a line that columns set apart.

use assay_model::{Content, Passage, Place};

/// A line with its place.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line<'a> {
    /// Without marks of quotation in front.
    pub(super) text: &'a str,
    pub(super) part: &'a str,
    pub(super) number: u32,
    pub(super) passage: usize,
    /// True for a blank line.
    pub(super) blank: bool,
}

impl Line<'_> {
    pub(super) fn place(&self) -> Place {
        Place::Line { part: self.part.to_owned(), first: self.number, last: self.number }
    }
}

pub(super) fn of<'a>(passages: &[&'a Passage]) -> Vec<Line<'a>> {
    let mut lines = Vec::new();
    for (passage, content) in passages.iter().enumerate() {
        let Content::Text { first_line, text } = &content.content else { continue };
        let mut number = *first_line;
        for text in text.split('\n') {
            let text = unquoted(text.trim_end_matches(['\r', '\u{c}']));
            lines.push(Line { text, part: &content.part, number, passage, blank: text.trim().is_empty() });
            number = number.saturating_add(1);
        }
    }
    lines
}

fn unquoted(text: &str) -> &str {
    if !text.starts_with('>') {
        return text;
    }
    text.trim_start_matches(['>', ' '])
}

/// The pieces of a line that tabs, bars or three blanks set apart, with their byte offsets.
pub(super) fn pieces(text: &str) -> Vec<(usize, &str)> {
    let mut out = Vec::new();
    let mut start = 0;
    while start < text.len() {
        let rest = text.get(start..).unwrap_or("");
        let skipped = rest.len() - rest.trim_start_matches(|c: char| c.is_whitespace() || c == '|').len();
        start += skipped;
        let rest = text.get(start..).unwrap_or("");
        if rest.is_empty() {
            break;
        }
        let end = [rest.find('\t'), rest.find('|'), rest.find("   ")].into_iter().flatten().min().unwrap_or(rest.len());
        let piece = rest.get(..end).unwrap_or("").trim_end();
        if !piece.is_empty() {
            out.push((start, piece));
        }
        start += end.max(1);
        while !text.is_char_boundary(start.min(text.len())) {
            start += 1;
        }
    }
    out
}
