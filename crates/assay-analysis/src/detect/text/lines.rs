//! The lines of an item's texts, in order, and the parts of a line that columns set apart.

use assay_model::{Content, Element, Passage, Place};

use super::super::identifiers::{Hit, Identifiers};

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
    /// Where it begins in the passage's text.
    pub(super) base: usize,
    /// The identifiers in it, by place in the passage.
    pub(super) identifiers: &'a [Hit],
    pub(super) looks: Looks,
}

/// What one look over the bytes of a line tells, so that most of what could be looked for in it need not be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Looks {
    /// Its ASCII digits.
    pub(super) digits: usize,
    pub(super) has_colon: bool,
    /// A tab, bar, semicolon, comma or two blanks in a row: it may have columns.
    pub(super) has_partings: bool,
}

impl Looks {
    pub(super) fn of(text: &str) -> Self {
        let mut looks = Self::default();
        let mut before = 0;
        for byte in text.bytes() {
            looks.digits += usize::from(byte.is_ascii_digit());
            looks.has_colon |= byte == b':';
            looks.has_partings |= matches!(byte, b'\t' | b'|' | b';' | b',') || (byte == b' ' && before == b' ');
            before = byte;
        }
        looks
    }
}

impl Line<'_> {
    pub(super) fn place(&self) -> Place {
        Place::Line { part: self.part.to_owned(), first: self.number, last: self.number }
    }

    /// The identifiers of an element that stand in the line, with their bytes in it.
    pub(super) fn found(&self, element: Element) -> impl Iterator<Item = (usize, usize, &'_ Hit)> {
        self.all_found().filter(move |(.., hit)| hit.element == element)
    }

    pub(super) fn all_found(&self) -> impl Iterator<Item = (usize, usize, &'_ Hit)> {
        let end = self.base + self.text.len();
        let inside = self.identifiers.iter().filter(move |hit| hit.start >= self.base && hit.end <= end);
        inside.map(|hit| (hit.start - self.base, hit.end - self.base, hit))
    }
}

/// The identifiers of each passage, in one pass over each text.
pub(super) fn identifiers(all: &Identifiers, passages: &[&Passage]) -> Vec<Vec<Hit>> {
    let found = |passage: &&Passage| {
        let mut hits = Vec::new();
        if let Content::Text { text, .. } = &passage.content {
            all.find(text, &mut hits);
        }
        hits
    };
    passages.iter().map(found).collect()
}

/// The lines of the passages, each with what stands in it of the passage's identifiers.
pub(super) fn of<'a>(passages: &[&'a Passage], identifiers: &'a [Vec<Hit>]) -> Vec<Line<'a>> {
    let mut lines = Vec::new();
    for (passage, (content, hits)) in passages.iter().zip(identifiers).enumerate() {
        let Content::Text { first_line, text } = &content.content else { continue };
        let mut number = *first_line;
        let (mut offset, mut hits) = (0, hits.as_slice());
        for whole in text.split('\n') {
            let trimmed = whole.trim_end_matches(['\r', '\u{c}']);
            let text = unquoted(trimmed);
            let base = offset + trimmed.len() - text.len();
            offset += whole.len() + 1;
            let here = hits.iter().take_while(|hit| hit.start < offset).count();
            let (identifiers, rest) = hits.split_at_checked(here).unwrap_or_default();
            hits = rest;
            let blank = text.trim().is_empty();
            let looks = Looks::of(text);
            lines.push(Line { text, part: &content.part, number, passage, blank, base, identifiers, looks });
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
