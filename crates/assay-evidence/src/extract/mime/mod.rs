//! The structure of a message (RFC 5322, 2045 to 2049, 2231): fields and leaves, over the bytes as they are.
//!
//! It is lenient: boundaries that are missing, never closed or wrongly declared, transfer encodings with rubbish in them,
//! and fields in any encoding give what can be had. Nested messages are leaves; nothing in them is looked at.

mod transfer;

pub(super) use transfer::{base64, base64_decoded, decode_text, decoded, unflowed, uuencoded};

use super::charset;
use std::ops::Range;

/// A field, with its value still folded and encoded.
pub(super) struct RawField<'a> {
    pub(super) name: &'a str,
    pub(super) value: &'a [u8],
}

/// Fields of one head beyond this many are passed over.
const FIELDS: usize = 5_000;

/// Leaves of one message beyond this many are passed over.
const LEAVES: usize = 50_000;

/// How a leaf is to be decoded.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Transfer {
    Plain,
    Base64,
    Quoted,
    Uu,
}

/// What stands around a leaf.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Around {
    /// The innermost choice of alternatives, by number.
    pub(super) alternative: Option<u32>,
    /// Whether the innermost multipart is a report.
    pub(super) in_report: bool,
}

/// A part that is not made of parts.
#[derive(Debug)]
pub(super) struct Leaf {
    /// Type and subtype in lower case.
    pub(super) kind: String,
    pub(super) charset: Option<String>,
    pub(super) flowed: Option<Flowed>,
    pub(super) transfer: Transfer,
    pub(super) is_attachment: bool,
    pub(super) name: Option<String>,
    pub(super) description: String,
    pub(super) around: Around,
    /// Text before the first part or after the last one, which programs do not show.
    pub(super) is_outside: bool,
    pub(super) body: Range<usize>,
}

/// Text whose lines are broken for transport (RFC 3676).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Flowed {
    Kept,
    SpaceDropped,
}

/// Fields at the beginning of `bytes`, and where the body begins.
pub(super) fn head(bytes: &[u8]) -> (Vec<RawField<'_>>, usize) {
    let mut fields: Vec<RawField<'_>> = Vec::new();
    let mut at = bytes.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
    if bytes.get(at..).is_some_and(|rest| rest.starts_with(b"\xef\xbb\xbf")) {
        at += 3;
    }
    let mut open: Option<(Range<usize>, usize)> = None;
    let mut close = |open: &mut Option<(Range<usize>, usize)>, end: usize| {
        if let Some((name, value)) = open.take()
            && fields.len() < FIELDS
            && let Some(name) = bytes.get(name).and_then(|name| std::str::from_utf8(name).ok())
        {
            fields.push(RawField { name: name.trim(), value: bytes.get(value..end).unwrap_or_default() });
        }
    };
    loop {
        let rest = bytes.get(at..).unwrap_or_default();
        let length = memchr::memchr(b'\n', rest).map_or(rest.len(), |end| end + 1);
        let line = &rest[..length];
        let is_blank = line.iter().all(|byte| matches!(byte, b'\r' | b'\n'));
        if line.is_empty() || is_blank {
            close(&mut open, at);
            return (fields, at + length);
        }
        if matches!(line[0], b' ' | b'\t') && open.is_some() {
            at += length;
            continue;
        }
        let name = line.iter().take_while(|byte| byte.is_ascii_graphic() && **byte != b':').count();
        let blanks = line.iter().skip(name).take_while(|byte| matches!(byte, b' ' | b'\t')).count();
        if name > 0 && line.get(name + blanks) == Some(&b':') {
            close(&mut open, at);
            open = Some((at..at + name, at + name + blanks + 1));
        } else if line.starts_with(b"From ") || line.starts_with(b">From ") {
            close(&mut open, at);
        } else if line.iter().all(|byte| byte.is_ascii_whitespace()) {
            close(&mut open, at);
            return (fields, at + length);
        } else {
            // No field and no blank line: what follows is taken for the body.
            close(&mut open, at);
            return (fields, at);
        }
        at += length;
    }
}

/// The leaves of a message in their order; parts in parts deeper than `nesting` are one leaf.
pub(super) fn leaves(bytes: &[u8], nesting: u32) -> Vec<Leaf> {
    let mut walk = Walk { bytes, leaves: Vec::new(), alternatives: 0, nesting };
    let around = Around { alternative: None, in_report: false };
    walk.entity(0..bytes.len(), around, 0, "text/plain");
    walk.leaves
}

struct Walk<'a> {
    bytes: &'a [u8],
    leaves: Vec<Leaf>,
    alternatives: u32,
    nesting: u32,
}

impl Walk<'_> {
    fn entity(&mut self, range: Range<usize>, around: Around, depth: u32, default: &str) {
        let bytes = self.bytes;
        let (fields, start) = head(bytes.get(range.clone()).unwrap_or_default());
        let body = (range.start + start).min(range.end)..range.end;
        let field =
            |name: &str| fields.iter().find(|field| field.name.eq_ignore_ascii_case(name)).map(|field| field.value);
        let kind = Parameters::of(field("content-type").unwrap_or_default());
        let disposition = Parameters::of(field("content-disposition").unwrap_or_default());
        let transfer = text(field("content-transfer-encoding").unwrap_or_default()).to_ascii_lowercase();
        let mut main = kind.main.clone();
        if !main.contains('/') {
            // `Content-Type: text` is found in the wild.
            main = if main.is_empty() || main == "text" { default.to_owned() } else { format!("{main}/unknown") };
        }
        if let Some(kind_of_parts) = main.strip_prefix("multipart/")
            && depth < self.nesting.min(64)
        {
            let boundary = kind.get("boundary").unwrap_or_default();
            if let Some(parts) = parts(bytes, &body, boundary.trim_end()) {
                let mut around = Around { in_report: kind_of_parts == "report", ..around };
                if kind_of_parts == "alternative" {
                    self.alternatives += 1;
                    around.alternative = Some(self.alternatives);
                }
                let default = if kind_of_parts == "digest" { "message/rfc822" } else { "text/plain" };
                self.outside(parts.before, around);
                for part in parts.inner {
                    self.entity(part, around, depth + 1, default);
                }
                self.outside(parts.after, around);
                return;
            }
            main = "text/plain".to_owned();
        }
        if self.leaves.len() >= LEAVES {
            return;
        }
        let name = disposition.get("filename").or_else(|| kind.get("name")).filter(|name| !name.trim().is_empty());
        let flowed = kind.get("format").filter(|format| format.eq_ignore_ascii_case("flowed")).map(|_| {
            let drops = kind.get("delsp").is_some_and(|delsp| delsp.eq_ignore_ascii_case("yes"));
            if drops { Flowed::SpaceDropped } else { Flowed::Kept }
        });
        self.leaves.push(Leaf {
            kind: main,
            charset: kind.get("charset"),
            flowed,
            transfer: match transfer.trim() {
                "base64" => Transfer::Base64,
                "quoted-printable" => Transfer::Quoted,
                "x-uuencode" | "uuencode" | "x-uue" | "x-uu" => Transfer::Uu,
                _ => Transfer::Plain,
            },
            is_attachment: disposition.main == "attachment",
            name,
            description: text(field("content-description").unwrap_or_default()),
            around,
            is_outside: false,
            body: trimmed(bytes, body),
        });
    }

    fn outside(&mut self, body: Range<usize>, around: Around) {
        let text = self.bytes.get(body.clone()).unwrap_or_default().trim_ascii();
        let said = |words: &[u8]| text.len() >= words.len() && text[..words.len()].eq_ignore_ascii_case(words);
        let usual = said(b"this is a multi") || said(b"this is a mime") || said(b"this message is in mime");
        if text.is_empty() || usual || self.leaves.len() >= LEAVES {
            return;
        }
        self.leaves.push(Leaf {
            kind: "text/plain".to_owned(),
            charset: None,
            flowed: None,
            transfer: Transfer::Plain,
            is_attachment: false,
            name: None,
            description: String::new(),
            around,
            is_outside: true,
            body,
        });
    }
}

/// The line end before a boundary belongs to the boundary.
fn trimmed(bytes: &[u8], body: Range<usize>) -> Range<usize> {
    body.start..body.end.min(bytes.len())
}

struct Parts {
    before: Range<usize>,
    inner: Vec<Range<usize>>,
    after: Range<usize>,
}

/// The parts of a multipart body; `None` where no boundary is found, the declared one or another.
fn parts(bytes: &[u8], body: &Range<usize>, boundary: &str) -> Option<Parts> {
    let content = bytes.get(body.clone())?;
    let mut lines = if boundary.is_empty() { Vec::new() } else { boundary_lines(content, boundary.as_bytes()) };
    if lines.is_empty() {
        lines = boundary_lines(content, &guessed_boundary(content)?);
    }
    let first = lines.first()?;
    let before = body.start..body.start + first.start;
    let mut inner = Vec::new();
    let mut after = body.end..body.end;
    for (index, line) in lines.iter().enumerate() {
        if line.closes {
            after = body.start + line.next..body.end;
            break;
        }
        let end = lines.get(index + 1).map_or(content.len(), |next| without_line_end(content, line.next, next.start));
        inner.push(body.start + line.next..body.start + end);
    }
    Some(Parts { before, inner, after })
}

fn without_line_end(content: &[u8], from: usize, end: usize) -> usize {
    let part = content.get(from..end).unwrap_or_default();
    let part = part.strip_suffix(b"\n").unwrap_or(part);
    from + part.strip_suffix(b"\r").unwrap_or(part).len()
}

struct BoundaryLine {
    start: usize,
    next: usize,
    closes: bool,
}

fn boundary_lines(content: &[u8], boundary: &[u8]) -> Vec<BoundaryLine> {
    let needle = [b"--", boundary].concat();
    let mut found = Vec::new();
    for start in memchr::memmem::find_iter(content, &needle) {
        if start > 0 && content.get(start - 1) != Some(&b'\n') {
            continue;
        }
        let rest = content.get(start + needle.len()..).unwrap_or_default();
        let length = memchr::memchr(b'\n', rest).map_or(rest.len(), |end| end + 1);
        let tail = rest[..length].trim_ascii();
        let closes = tail.starts_with(b"--");
        if closes || tail.is_empty() {
            found.push(BoundaryLine { start, next: start + needle.len() + length, closes });
        }
    }
    found
}

/// A line that begins with two dashes, before a field of a part.
fn guessed_boundary(content: &[u8]) -> Option<Vec<u8>> {
    let mut at = 0;
    for _ in 0..200 {
        let rest = content.get(at..).filter(|rest| !rest.is_empty())?;
        let length = memchr::memchr(b'\n', rest).map_or(rest.len(), |end| end + 1);
        let line = rest[..length].trim_ascii_end();
        let next = rest.get(length..).unwrap_or_default();
        if line.len() > 6 && line.starts_with(b"--") && next.len() > 8 && next[..8].eq_ignore_ascii_case(b"content-") {
            return Some(line[2..].to_vec());
        }
        at += length;
    }
    None
}

/// A value with parameters.
struct Parameters {
    /// What stands before the first semicolon, in lower case.
    main: String,
    /// Names in lower case; RFC 2231 pieces put together.
    all: Vec<(String, String)>,
}

impl Parameters {
    fn of(raw: &[u8]) -> Self {
        let value = text_of(raw, Words::Kept);
        let mut pieces = split(&value).into_iter();
        let main = pieces.next().unwrap_or_default().trim().to_ascii_lowercase();
        let mut all: Vec<(String, String)> = Vec::new();
        let mut continued: Vec<(String, u32, bool, String)> = Vec::new();
        for piece in pieces.take(200) {
            let Some((name, value)) = piece.split_once('=') else { continue };
            let (name, value) = (name.trim().to_ascii_lowercase(), unquoted(value.trim()));
            match name.split_once('*') {
                None => all.push((name, decoded_words(&value))),
                Some((name, rest)) => {
                    let encoded = rest.is_empty() || rest.ends_with('*');
                    let number = rest.trim_end_matches('*').parse().unwrap_or(0);
                    continued.push((name.to_owned(), number, encoded, value));
                }
            }
        }
        continued.sort_by(|one, two| (&one.0, one.1).cmp(&(&two.0, two.1)));
        let mut rest = continued.as_slice();
        while let Some((name, ..)) = rest.first() {
            let count = rest.iter().take_while(|(other, ..)| other == name).count();
            let (these, others) = rest.split_at(count);
            all.push((name.clone(), extended(these)));
            rest = others;
        }
        Self { main, all }
    }

    fn get(&self, name: &str) -> Option<String> {
        // What was put together comes last and is the fuller form.
        self.all.iter().rev().find(|(other, _)| other == name).map(|(_, value)| value.clone())
    }
}

/// RFC 2231: the first piece names a charset, each piece may be escaped.
fn extended(pieces: &[(String, u32, bool, String)]) -> String {
    let mut charset = String::new();
    let mut bytes = Vec::new();
    for (index, (.., encoded, value)) in pieces.iter().enumerate() {
        let mut value = value.as_str();
        if index == 0 && *encoded {
            let mut marks = value.splitn(3, '\'');
            if let (Some(named), Some(_), Some(rest)) = (marks.next(), marks.next(), marks.next()) {
                charset = named.to_owned();
                value = rest;
            }
        }
        if *encoded { unescape(value.as_bytes(), b'%', &mut bytes) } else { bytes.extend_from_slice(value.as_bytes()) }
    }
    decode_text(&bytes, Some(&charset))
}

fn split(value: &str) -> Vec<String> {
    let (mut pieces, mut piece, mut quoted, mut escaped) = (Vec::new(), String::new(), false, false);
    for character in value.chars() {
        match character {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            ';' if !quoted => {
                pieces.push(std::mem::take(&mut piece));
                continue;
            }
            _ => {}
        }
        piece.push(character);
    }
    pieces.push(piece);
    pieces
}

fn unquoted(value: &str) -> String {
    let Some(inner) = value.strip_prefix('"') else { return value.to_owned() };
    let inner = inner.strip_suffix('"').unwrap_or(inner);
    let mut out = String::new();
    let mut escaped = false;
    for character in inner.chars() {
        if character == '\\' && !escaped {
            escaped = true;
            continue;
        }
        // A backslash in a path of Windows escapes nothing.
        if escaped && !matches!(character, '"' | '\\') {
            out.push('\\');
        }
        escaped = false;
        out.push(character);
    }
    out
}

/// The text of a field: unfolded, encoded words decoded, blanks as they are.
pub(super) fn text(raw: &[u8]) -> String {
    text_of(raw, Words::Decoded)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Words {
    Decoded,
    Kept,
}

fn text_of(raw: &[u8], words: Words) -> String {
    let line: Vec<u8> = raw.iter().copied().filter(|byte| !matches!(byte, b'\r' | b'\n' | 0)).collect();
    let line = match String::from_utf8(line) {
        Ok(line) => line,
        Err(error) => charset::decode(error.into_bytes()).text,
    };
    let line = line.trim();
    if words == Words::Decoded { decoded_words(line) } else { line.to_owned() }
}

/// Encoded words (RFC 2047) decoded; pieces of one text cut within a character are put together first.
pub(super) fn decoded_words(line: &str) -> String {
    if !line.contains("=?") {
        return line.to_owned();
    }
    let mut out = String::new();
    let mut pending: Option<(String, Vec<u8>)> = None;
    let mut rest = line;
    while let Some(start) = rest.find("=?") {
        let before = &rest[..start];
        let Some((charset, bytes, after)) = encoded_word(&rest[start + 2..]) else {
            flush(&mut pending, &mut out);
            out.push_str(before);
            out.push_str("=?");
            rest = &rest[start + 2..];
            continue;
        };
        // White space between encoded words is none of the text.
        if !(pending.is_some() && before.trim().is_empty()) {
            flush(&mut pending, &mut out);
            out.push_str(before);
        }
        match &mut pending {
            Some((open, all)) if open.eq_ignore_ascii_case(&charset) => all.extend(bytes),
            _ => {
                flush(&mut pending, &mut out);
                pending = Some((charset, bytes));
            }
        }
        rest = after;
    }
    flush(&mut pending, &mut out);
    out.push_str(rest);
    out
}

fn flush(pending: &mut Option<(String, Vec<u8>)>, out: &mut String) {
    if let Some((charset, bytes)) = pending.take() {
        out.push_str(&decode_text(&bytes, Some(&charset)));
    }
}

/// An encoded word after its `=?`: charset, bytes, and what follows it.
fn encoded_word(rest: &str) -> Option<(String, Vec<u8>, &str)> {
    let (charset, rest) = rest.split_once('?')?;
    let (kind, rest) = rest.split_once('?')?;
    if charset.is_empty() || charset.len() > 60 || charset.contains(' ') || kind.len() != 1 {
        return None;
    }
    let (content, after) = rest.split_once("?=")?;
    let mut bytes = Vec::new();
    match kind {
        "B" | "b" => bytes = base64_decoded(content.as_bytes()),
        "Q" | "q" => unescape(content.replace('_', " ").as_bytes(), b'=', &mut bytes),
        _ => return None,
    }
    // RFC 2231 5: a language may follow the charset.
    let charset = charset.split('*').next().unwrap_or(charset).to_owned();
    Some((charset, bytes, after))
}

fn unescape(text: &[u8], mark: u8, out: &mut Vec<u8>) {
    let mut at = 0;
    while let Some(&byte) = text.get(at) {
        let digit = |place: usize| text.get(place).and_then(|digit| char::from(*digit).to_digit(16));
        if byte == mark
            && let (Some(high), Some(low)) = (digit(at + 1), digit(at + 2))
        {
            out.push((high * 16 + low) as u8);
            at += 3;
            continue;
        }
        out.push(byte);
        at += 1;
    }
}
