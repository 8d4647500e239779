//! Web pages: what a reader sees, as lines, and tables as tables. Values typed into form fields count as seen; scripts,
//! styles and comments are dropped; what is marked as hidden is kept apart. Style sheets are not evaluated, links are
//! not followed.

use super::flow::Flow;
use super::{Full, Head, Job, Out, Visibility, charset};
use assay_model::UnreadReason;
use html5gum::emitters::default::DefaultEmitter;
use html5gum::{Readable as _, Reader, StartTag, StringReader, Token, Tokenizer};
use std::convert::Infallible;

/// Whether the text of a head is a page.
pub(super) fn fits(head: &Head<'_>, text: &str) -> bool {
    let start = text.trim_start_matches('\u{feff}').trim_start();
    if !start.starts_with('<') {
        return false;
    }
    let start: String = start.chars().take(4096).collect::<String>().to_ascii_lowercase();
    let has = |tags: &[&str]| tags.iter().any(|tag| start.contains(tag));
    // Narratives in documents of health systems are written in the words of pages.
    if has(&["urn:hl7-org:v3", "http://hl7.org/fhir"]) && !has(&["<html"]) {
        return false;
    }
    start.starts_with("<!doctype html")
        || has(&["<html"])
        || !start.starts_with("<?xml") && has(&["<head>", "<body", "<table", "<div", "<p>", "<br"])
        || head.named(&[".html", ".htm"])
}

pub(super) fn read(job: &mut Job<'_, '_>) -> Result<(), UnreadReason> {
    let decoded = charset::decode(job.whole()?);
    if decoded.replaced {
        job.out.warn("bytes that do not fit the text's encoding were replaced");
    }
    let page = Page::of(&decoded.text, job.reading.limits.cells);
    // A limit reached is said by the one who counts.
    let _ = page.give(job.out);
    Ok(())
}

/// A page as read.
pub(super) struct Page {
    title: String,
    pub(super) flow: Flow,
}

impl Page {
    /// Reads a page; its tables hold at most `cells`.
    pub(super) fn of(html: &str, cells: u64) -> Self {
        let mut walk = Walk {
            page: Self { title: String::new(), flow: Flow::new("body", cells) },
            line: String::new(),
            former: String::new(),
            dropped: None,
            hidden: None,
            in_title: false,
            preformatted: 0,
            span: 1,
        };
        let mut emitter = DefaultEmitter::default();
        // Without a tree builder this is how scripts and titles end where they do.
        emitter.naively_switch_states(true);
        let steps = Steps { text: html.to_reader(), quoted: 0, is_after_quote: false, held: None };
        for token in Tokenizer::new_with_emitter(steps, emitter) {
            let Ok(token) = token;
            match token {
                Token::StartTag(tag) => walk.start(&tag),
                Token::EndTag(tag) => walk.end(&String::from_utf8_lossy(&tag.name)),
                Token::String(text) => walk.text(&String::from_utf8_lossy(&text)),
                _ => {}
            }
        }
        walk.end_line();
        walk.page
    }

    pub(super) fn give(self, out: &mut Out<'_>) -> Result<(), Full> {
        let title = self.title.split_whitespace().collect::<Vec<_>>().join(" ");
        if !title.is_empty() {
            out.text("properties", Visibility::Shown, 1, format!("title: {title}"))?;
        }
        self.flow.finish(out)
    }
}

/// Quoted attributes after which the tokeniser is made to come back.
const RUN: u32 = 16;

/// Gives the tokeniser its text. It calls itself once more for each attribute in double quotes that follows another, so
/// that a tag of some thousands would overflow the stack; a slash between two attributes, which means nothing, ends that.
struct Steps<'a> {
    text: StringReader<'a>,
    quoted: u32,
    /// Whether the byte given last ended such an attribute.
    is_after_quote: bool,
    /// The byte after a slash of ours.
    held: Option<u8>,
}

impl Reader for Steps<'_> {
    type Error = Infallible;

    fn read_byte(&mut self) -> Result<Option<u8>, Infallible> {
        if let Some(held) = self.held.take() {
            return Ok(Some(held));
        }
        let byte = self.text.read_byte()?;
        let ends_run = std::mem::take(&mut self.is_after_quote) && self.quoted >= RUN;
        if ends_run && byte.is_some_and(|byte| byte.is_ascii_whitespace()) {
            self.quoted = 0;
            self.held = byte;
            return Ok(Some(b'/'));
        }
        Ok(byte)
    }

    fn try_read_string(&mut self, wanted: &[u8], case_sensitive: bool) -> Result<bool, Infallible> {
        self.text.try_read_string(wanted, case_sensitive)
    }

    fn read_until<'b>(&'b mut self, needle: &[u8], buffer: &'b mut [u8; 4]) -> Result<Option<&'b [u8]>, Infallible> {
        if let Some(held) = self.held.take() {
            buffer[0] = held;
            return Ok(buffer.get(..1));
        }
        let read = self.text.read_until(needle, buffer)?;
        // What is looked for tells that this is the value of an attribute.
        self.is_after_quote = needle.starts_with(b"\"&") && read == Some(b"\"");
        self.quoted = self.quoted.saturating_add(u32::from(self.is_after_quote));
        Ok(read)
    }
}

struct Walk {
    page: Page,
    line: String,
    former: String,
    /// The element whose content is dropped, and how many of its name are open.
    dropped: Option<(String, u32)>,
    /// The element that is hidden, likewise.
    hidden: Option<(String, u32)>,
    in_title: bool,
    preformatted: u32,
    span: usize,
}

const DROPPED: &[&str] = &["script", "style", "template", "svg", "object", "iframe"];

/// Elements that neither end nor begin a line.
const INLINE: &[&str] = &[
    "a", "abbr", "acronym", "b", "bdi", "bdo", "big", "cite", "code", "data", "del", "dfn", "em", "font", "i", "img",
    "input", "ins", "kbd", "label", "mark", "o:p", "q", "s", "samp", "small", "span", "strike", "strong", "sub", "sup",
    "time", "tt", "u", "var", "wbr", "head", "meta", "link", "title", "base",
];

const VOID: &[&str] =
    &["br", "hr", "img", "input", "meta", "link", "base", "wbr", "area", "col", "embed", "source", "track"];

impl Walk {
    fn start(&mut self, tag: &StartTag<()>) {
        let name = String::from_utf8_lossy(&tag.name).into_owned();
        let void = tag.self_closing || VOID.contains(&name.as_str());
        for open in [&mut self.dropped, &mut self.hidden] {
            if let Some((outer, count)) = open
                && *outer == name
                && !void
            {
                *count += 1;
            }
        }
        if self.dropped.is_some() {
            return;
        }
        if DROPPED.contains(&name.as_str()) {
            self.dropped = (!void).then_some((name, 1));
            return;
        }
        if !INLINE.contains(&name.as_str()) {
            self.end_line();
        }
        if self.hidden.is_none() && !void && is_hidden(tag) {
            self.hidden = Some((name.clone(), 1));
        }
        let flow = &mut self.page.flow;
        match name.as_str() {
            "title" => self.in_title = true,
            "pre" | "textarea" => self.preformatted += 1,
            "p" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6" if !flow.ends_blank() => flow.line("", None),
            "table" => flow.table_start(),
            "tr" => flow.row_end(),
            "td" | "th" if flow.in_table() => {
                flow.cell_end(self.span);
                flow.cell_start();
                self.span = attribute(tag, b"colspan").and_then(|span| span.trim().parse().ok()).unwrap_or(1);
            }
            "input" => self.field(tag),
            _ => {}
        }
    }

    fn field(&mut self, tag: &StartTag<()>) {
        let kind = attribute(tag, b"type").unwrap_or_default().to_ascii_lowercase();
        let Some(value) = attribute(tag, b"value") else { return };
        match kind.as_str() {
            "submit" | "button" | "reset" | "image" | "checkbox" | "radio" => {}
            "hidden" | "password" => self.former.push_str(&format!(" {value} ")),
            _ => self.text(&format!(" {value} ")),
        }
    }

    fn end(&mut self, name: &str) {
        if let Some((outer, count)) = &mut self.dropped {
            if outer == name {
                *count -= 1;
                if *count == 0 {
                    self.dropped = None;
                }
            }
            return;
        }
        if !INLINE.contains(&name) {
            self.end_line();
        }
        match name {
            "title" => self.in_title = false,
            "pre" | "textarea" => self.preformatted = self.preformatted.saturating_sub(1),
            "td" | "th" => {
                self.page.flow.cell_end(self.span);
                self.span = 1;
            }
            "tr" | "thead" | "tbody" | "tfoot" => {
                self.page.flow.cell_end(self.span);
                self.span = 1;
                self.page.flow.row_end();
            }
            "table" => self.page.flow.table_end(),
            _ => {}
        }
        if let Some((outer, count)) = &mut self.hidden
            && outer == name
        {
            *count -= 1;
            if *count == 0 {
                self.hidden = None;
            }
        }
    }

    fn text(&mut self, text: &str) {
        if self.dropped.is_some() {
            return;
        }
        if self.in_title {
            self.page.title.push_str(text);
            return;
        }
        let start = self.former.len();
        if self.preformatted > 0 {
            for (index, line) in text.split('\n').enumerate() {
                if index > 0 {
                    self.end_line();
                }
                self.push(line.trim_end_matches('\r'));
            }
            return;
        }
        let mut collapsed = String::with_capacity(text.len());
        for character in text.chars() {
            if !character.is_whitespace() || character == '\u{a0}' {
                collapsed.push(if character == '\u{a0}' { ' ' } else { character });
            } else if !(collapsed.ends_with(' ') || collapsed.is_empty() && (start == 0 || self.former.ends_with(' ')))
            {
                collapsed.push(' ');
            }
        }
        self.push(&collapsed);
    }

    fn push(&mut self, text: &str) {
        self.former.push_str(text);
        if self.hidden.is_none() {
            self.line.push_str(text);
        }
    }

    fn end_line(&mut self) {
        let line = std::mem::take(&mut self.line);
        let former = std::mem::take(&mut self.former);
        let trim = |text: &str| match self.preformatted {
            0 => text.split_whitespace().collect::<Vec<_>>().join(" "),
            _ => text.trim_end().to_owned(),
        };
        let (line, former) = (trim(&line), trim(&former));
        if line.is_empty() && former.is_empty() {
            return;
        }
        let former = (former.split_whitespace().ne(line.split_whitespace())).then_some(former.as_str());
        self.page.flow.line(&line, former);
    }
}

fn attribute(tag: &StartTag<()>, name: &[u8]) -> Option<String> {
    tag.attributes.get(name).map(|value| String::from_utf8_lossy(value).into_owned())
}

fn is_hidden(tag: &StartTag<()>) -> bool {
    if tag.attributes.contains_key(&b"hidden"[..]) {
        return true;
    }
    let style = attribute(tag, b"style").unwrap_or_default().to_ascii_lowercase();
    let style: String = style.chars().filter(|character| !character.is_whitespace()).collect();
    style.contains("display:none") || style.contains("visibility:hidden")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_of_many_attributes_or_a_long_one_costs_no_stack() {
        let many: String = (0..200_000).map(|n| format!(" a{n}=\"{n}\"")).collect();
        let long = "x &amp; ".repeat(1 << 20);
        let spaced = "<input value=\"Ann\" >".repeat(40);
        let html =
            format!("<p{many} hidden=\"\" >gone</p><p title=\"{long}\">Dear Bo</p>{spaced}<div a=\"1\" >end</div>");
        // As much as a thread of a test has: a worker's has more.
        let walk = std::thread::Builder::new().stack_size(1 << 20).spawn(move || {
            let mut lines = Vec::new();
            let mut sink = |passage| lines.push(passage);
            let limits = super::super::Limits::default();
            let mut out = Out::new(&limits, &mut sink);
            let _ = Page::of(&html, 10).give(&mut out);
            lines
                .iter()
                .filter(|passage: &&assay_model::Passage| !passage.hidden)
                .map(|passage| format!("{:?}", passage.content))
                .collect::<String>()
        });
        let shown = walk.unwrap().join().unwrap();
        assert!(shown.contains("Dear Bo") && shown.contains("end") && !shown.contains("gone"), "{shown}");
        assert_eq!(shown.matches("Ann").count(), 40);
    }
}
