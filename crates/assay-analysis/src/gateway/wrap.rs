//! What collectors wrap around a line: JSON records, CSV with a message column, octet counts, escaped line ends.
//!
//! A wrapper is taken off before a header is looked for. What is no wrapper is given back as it stands; nothing fails here.

use memchr::{memchr, memmem};
use std::borrow::Cow;

/// Names under which collectors keep the line as it came.
const NAMES: [&[u8]; 8] = [b"event.original", b"message", b"_raw", b"raw", b"rawlog", b"log", b"msg", b"original"];

/// How the lines of a source are wrapped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Wrapper {
    /// Not, or each in JSON.
    #[default]
    None,
    /// CSV; the line stands in this column.
    Csv(usize),
}

impl Wrapper {
    /// Told by a source's first line: a row of names, of which one is known.
    pub(super) fn of_first_line(line: &[u8]) -> Self {
        if line.len() > 4096 || !line.contains(&b',') || line.starts_with(b"{") {
            return Self::None;
        }
        let mut names = Cells { rest: Some(line) };
        let column = std::iter::from_fn(|| names.next()).position(|cell| {
            let name = cell.trim_ascii().to_ascii_lowercase();
            NAMES.contains(&name.as_slice())
        });
        column.map_or(Self::None, Self::Csv)
    }

    /// The line inside.
    pub(super) fn open<'a>(self, line: &'a [u8]) -> Cow<'a, [u8]> {
        let inner = match self {
            Self::Csv(column) => {
                let mut cells = Cells { rest: Some(line) };
                (0..=column).map_while(|_| cells.next()).nth(column).unwrap_or(Cow::Borrowed(line))
            }
            Self::None if line.first() == Some(&b'{') => json(line).map_or(Cow::Borrowed(line), Cow::Owned),
            Self::None => Cow::Borrowed(octets(line)),
        };
        match inner {
            Cow::Borrowed(inner) => Cow::Borrowed(ended(inner)),
            Cow::Owned(mut inner) => {
                inner.truncate(ended(&inner).len());
                Cow::Owned(inner)
            }
        }
    }
}

/// Without the line end that a relay wrote as text.
fn ended(line: &[u8]) -> &[u8] {
    let line = line.trim_ascii_end();
    line.strip_suffix(b"#012").unwrap_or(line)
}

/// Without the count of RFC 6587 in front: `329 <134>1 ...`.
fn octets(line: &[u8]) -> &[u8] {
    let digits = line.iter().take(6).take_while(|b| b.is_ascii_digit()).count();
    match line.get(digits..) {
        Some(rest) if digits > 0 && rest.starts_with(b" <") => rest.get(1..).unwrap_or(rest),
        _ => line,
    }
}

/// The cells of a row of CSV, quotes doubled inside quotes.
struct Cells<'a> {
    rest: Option<&'a [u8]>,
}

impl<'a> Cells<'a> {
    fn next(&mut self) -> Option<Cow<'a, [u8]>> {
        let rest = self.rest?;
        let Some(inner) = rest.strip_prefix(b"\"") else {
            let end = memchr(b',', rest).unwrap_or(rest.len());
            self.rest = rest.get(end + 1..);
            return Some(Cow::Borrowed(rest.get(..end)?));
        };
        let mut cell = Vec::new();
        let mut at = 0;
        loop {
            let Some(quote) = inner.get(at..).and_then(|more| memchr(b'"', more)).map(|offset| at + offset) else {
                // Never closed: the rest of the line is the cell.
                cell.extend_from_slice(inner.get(at..)?);
                self.rest = None;
                return Some(Cow::Owned(cell));
            };
            cell.extend_from_slice(inner.get(at..quote)?);
            if inner.get(quote + 1) == Some(&b'"') {
                cell.push(b'"');
                at = quote + 2;
                continue;
            }
            let after = inner.get(quote + 1..)?;
            self.rest = memchr(b',', after).and_then(|comma| after.get(comma + 1..));
            return Some(Cow::Owned(cell));
        }
    }
}

/// The text under one of the known names of a JSON record.
fn json(line: &[u8]) -> Option<Vec<u8>> {
    NAMES.iter().find_map(|name| {
        let mut from = 0;
        loop {
            let at = from + memmem::find(line.get(from..)?, name)?;
            from = at + name.len();
            let is_name = at > 0 && line.get(at - 1) == Some(&b'"') && line.get(from) == Some(&b'"');
            if !is_name {
                continue;
            }
            let rest = line.get(from + 1..)?.trim_ascii_start().strip_prefix(b":")?.trim_ascii_start();
            if let Some(text) = rest.strip_prefix(b"\"") {
                return unescaped(text);
            }
        }
    })
}

/// A JSON string up to its closing quote.
fn unescaped(text: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len().min(4096));
    let mut at = 0;
    loop {
        let stop = at + memchr::memchr2(b'"', b'\\', text.get(at..)?)?;
        out.extend_from_slice(text.get(at..stop)?);
        if text.get(stop) == Some(&b'"') {
            // Quotes that nobody escaped: it only looks like JSON.
            let after = text.get(stop + 1..).unwrap_or_default().trim_ascii_start();
            return matches!(after.first(), None | Some(b',' | b'}' | b']')).then_some(out);
        }
        let escape = *text.get(stop + 1)?;
        at = stop + 2;
        match escape {
            b'n' | b'r' => out.push(b' '),
            b't' => out.push(b'\t'),
            b'b' | b'f' => out.push(b'?'),
            b'u' => {
                let digits = text.get(at..at + 4).and_then(|hex| std::str::from_utf8(hex).ok());
                let code = digits.and_then(|hex| u32::from_str_radix(hex, 16).ok())?;
                let letter = char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER);
                out.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes());
                at += 4;
            }
            other => out.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Wrapper;

    fn check(first: &str, line: &str) -> String {
        String::from_utf8_lossy(&Wrapper::of_first_line(first.as_bytes()).open(line.as_bytes())).into_owned()
    }

    #[test]
    fn a_json_record_gives_its_message() {
        let line = r#"{"host":"a","message":"<134> x - Nat_ip \"Mapped Ip\" - \u0041\n","n":1}"#;
        assert_eq!(check(line, line), "<134> x - Nat_ip \"Mapped Ip\" - A");
        let nested = r#"{"event":{"original":"<134> y"},"message":"short"}"#;
        assert_eq!(check(nested, nested), "short");
        assert_eq!(check(r#"{"n":1}"#, r#"{"n":1}"#), r#"{"n":1}"#);
        assert_eq!(check("{", r#"{"message":"cut"#), r#"{"message":"cut"#);
    }

    #[test]
    fn a_column_of_csv_gives_its_cell() {
        let first = "time,\"_raw\",host";
        assert_eq!(check(first, "1,\"<134> a \"\"N/A\"\", b\",h"), "<134> a \"N/A\", b");
        assert_eq!(check(first, "1,<134> a,h"), "<134> a");
        assert_eq!(check(first, "1"), "1");
        assert_eq!(check("a,b", "1,\"<134> a\""), "1,\"<134> a\"");
    }

    #[test]
    fn counts_in_front_and_written_line_ends_go() {
        assert_eq!(check("", "329 <134>1 x#012"), "<134>1 x");
        assert_eq!(check("", "329 x"), "329 x");
    }
}
