//! Web pages: what a reader sees, as lines, and tables as tables. Values typed into form fields count as seen; scripts,
//! styles and comments are dropped; what is marked as hidden is kept apart. Style sheets are not evaluated, links are
//! not followed.

use super::flow::Flow;
use super::{Full, Head, Job, Out, Visibility, charset};
use assay_model::UnreadReason;
use html5gum::emitters::callback::{CallbackEmitter, CallbackEvent};
use html5gum::{Readable as _, Reader, Span, StringReader, Tokenizer};
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
            former: None,
            squeezed: String::new(),
            dropped: None,
            hidden: None,
            in_title: false,
            preformatted: 0,
            span: 1,
        };
        let mut tag = Tag::default();
        let mut emitter = CallbackEmitter::new(|event: CallbackEvent<'_>, _: Span<()>| -> Option<Infallible> {
            match event {
                CallbackEvent::OpenStartTag { name } => tag.open(name),
                CallbackEvent::AttributeName { name } => tag.attribute(name),
                CallbackEvent::AttributeValue { value } => tag.value(value),
                CallbackEvent::CloseStartTag { self_closing } => {
                    tag.self_closing = self_closing;
                    walk.start(&tag);
                }
                CallbackEvent::EndTag { name } => walk.end(&String::from_utf8_lossy(name)),
                CallbackEvent::String { value } => walk.text(&String::from_utf8_lossy(value)),
                _ => {}
            }
            None
        });
        // Without a tree builder this is how scripts and titles end where they do.
        emitter.naively_switch_states(true);
        let steps = Steps { text: html.to_reader(), quoted: 0, is_after_quote: false, held: None };
        let Ok(()) = Tokenizer::new_with_emitter(steps, emitter).finish();
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

/// A start tag with those of its attributes that are looked at; its buffers are used again.
#[derive(Default)]
struct Tag {
    name: String,
    self_closing: bool,
    values: [Option<String>; ATTRIBUTES.len()],
    /// The attribute whose value comes next.
    open: Option<usize>,
}

/// Attributes that are looked at.
const ATTRIBUTES: [&[u8]; 5] = [b"colspan", b"hidden", b"style", b"type", b"value"];

impl Tag {
    fn open(&mut self, name: &[u8]) {
        self.name.clear();
        self.name.push_str(&String::from_utf8_lossy(name));
        (self.values, self.open) = (Default::default(), None);
    }

    /// Of attributes of one name the first counts.
    fn attribute(&mut self, name: &[u8]) {
        let place = ATTRIBUTES.iter().position(|known| *known == name);
        let value = place.and_then(|place| self.values.get_mut(place)).filter(|value| value.is_none());
        self.open = value.is_some().then_some(place).flatten();
        if let Some(value) = value {
            *value = Some(String::new());
        }
    }

    fn value(&mut self, text: &[u8]) {
        if let Some(Some(value)) = self.open.and_then(|place| self.values.get_mut(place)) {
            value.push_str(&String::from_utf8_lossy(text));
        }
    }

    fn get(&self, name: &str) -> Option<&str> {
        let place = ATTRIBUTES.iter().position(|known| *known == name.as_bytes())?;
        self.values.get(place)?.as_deref()
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
    /// The line with what is hidden in it, once there is any.
    former: Option<String>,
    /// A buffer for the line as it is shown.
    squeezed: String,
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
    fn start(&mut self, tag: &Tag) {
        let name = tag.name.as_str();
        let void = tag.self_closing || VOID.contains(&name);
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
        if DROPPED.contains(&name) {
            self.dropped = (!void).then(|| (name.to_owned(), 1));
            return;
        }
        if !INLINE.contains(&name) {
            self.end_line();
        }
        if self.hidden.is_none() && !void && is_hidden(tag) {
            self.hidden = Some((name.to_owned(), 1));
        }
        let flow = &mut self.page.flow;
        match name {
            "title" => self.in_title = true,
            "pre" | "textarea" => self.preformatted += 1,
            "p" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6" if !flow.ends_blank() => flow.line("", None),
            "table" => flow.table_start(),
            "tr" => flow.row_end(),
            "td" | "th" if flow.in_table() => {
                flow.cell_end(self.span);
                flow.cell_start();
                self.span = tag.get("colspan").and_then(|span| span.trim().parse().ok()).unwrap_or(1);
            }
            "input" => self.field(tag),
            _ => {}
        }
    }

    fn field(&mut self, tag: &Tag) {
        let kind = tag.get("type").unwrap_or_default().to_ascii_lowercase();
        let Some(value) = tag.get("value") else { return };
        match kind.as_str() {
            "submit" | "button" | "reset" | "image" | "checkbox" | "radio" => {}
            "hidden" | "password" => self.former().push_str(&format!(" {value} ")),
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
        if self.preformatted > 0 {
            for (index, line) in text.split('\n').enumerate() {
                if index > 0 {
                    self.end_line();
                }
                self.push(line.trim_end_matches('\r'));
            }
            return;
        }
        // White space is squeezed where the line ends.
        self.push(text);
    }

    /// The line with what is hidden in it.
    fn former(&mut self) -> &mut String {
        self.former.get_or_insert_with(|| self.line.clone())
    }

    fn push(&mut self, text: &str) {
        if self.hidden.is_some() {
            self.former().push_str(text);
            return;
        }
        self.line.push_str(text);
        if let Some(former) = &mut self.former {
            former.push_str(text);
        }
    }

    fn end_line(&mut self) {
        let former = self.former.take();
        if self.line.is_empty() && former.is_none() {
            return;
        }
        self.squeezed.clear();
        let squeeze = |text: &str, out: &mut String| match self.preformatted {
            0 => squeeze(text, out),
            _ => out.push_str(text.trim_end()),
        };
        squeeze(&self.line, &mut self.squeezed);
        let former = former.map(|text| {
            let mut squeezed = String::with_capacity(text.len());
            squeeze(&text, &mut squeezed);
            squeezed
        });
        self.line.clear();
        if self.squeezed.is_empty() && former.as_ref().is_none_or(String::is_empty) {
            return;
        }
        let former = former.filter(|former| former.split_whitespace().ne(self.squeezed.split_whitespace()));
        self.page.flow.line(&self.squeezed, former.as_deref());
    }
}

/// Adds a text with each stretch of white space as one space, none at its ends.
fn squeeze(text: &str, out: &mut String) {
    let plain = |text: &str| {
        let bytes = text.as_bytes();
        bytes.is_ascii()
            && bytes.iter().all(|byte| !byte.is_ascii_control())
            && memchr::memmem::find(bytes, b"  ").is_none()
            && !text.starts_with(' ')
            && !text.ends_with(' ')
    };
    if plain(text) {
        out.push_str(text);
        return;
    }
    for word in text.split_whitespace() {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(word);
    }
}

fn is_hidden(tag: &Tag) -> bool {
    if tag.get("hidden").is_some() {
        return true;
    }
    let Some(style) = tag.get("style") else { return false };
    let style = style.to_ascii_lowercase();
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
