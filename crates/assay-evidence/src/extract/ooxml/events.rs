//! Walking XML: events with names without their prefix, references resolved, depth bounded; drawings that are said twice.

use crate::extract::{Full, Visibility};
use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::reader::Reader;
use std::borrow::Cow;
use std::io::{BufReader, Read};

/// An event of an XML text, names without their prefix.
pub(in crate::extract) enum Xml<'e> {
    Start(&'e str, &'e BytesStart<'e>),
    Text(&'e str),
    End(&'e str),
}

/// Drawings that a file says twice, for new readers and for old: the second is passed over where the first gave text.
#[derive(Default)]
pub(in crate::extract) struct Alternatives {
    /// How much text stood before each.
    before: Vec<u64>,
    passed_over: u32,
}

impl Alternatives {
    /// Takes an event that begins or ends one; `pushed` is how much text was read so far.
    pub(in crate::extract) fn take(&mut self, event: &Xml<'_>, pushed: u64) -> bool {
        match event {
            Xml::Start("AlternateContent", _) => self.before.push(pushed),
            Xml::End("AlternateContent") => drop(self.before.pop()),
            Xml::Start("Fallback", _) => {
                let said = self.before.last().is_none_or(|before| pushed > *before);
                self.passed_over += u32::from(said || self.passed_over > 0);
            }
            Xml::End("Fallback") => self.passed_over = self.passed_over.saturating_sub(1),
            _ => return false,
        }
        true
    }

    /// Whether what comes now was said before.
    pub(in crate::extract) fn are_said(&self) -> bool {
        self.passed_over > 0
    }
}

/// Damaged XML, or elements nested beyond the limit.
pub(in crate::extract) struct BadXml;

/// Walks an XML text. References are resolved, those to entities of a document type are not: no such file is made by an
/// office program.
pub(in crate::extract) fn events(xml: &str, nesting: u32, each: &mut dyn FnMut(Xml<'_>)) -> Result<(), BadXml> {
    let mut reader = Reader::from_str(xml.trim_start_matches('\u{feff}'));
    reader.config_mut().allow_dangling_amp = true;
    let mut depth = 0_u32;
    loop {
        match reader.read_event().map_err(|_| BadXml)? {
            Event::Start(start) => {
                depth += 1;
                if depth > nesting {
                    return Err(BadXml);
                }
                each(Xml::Start(local(start.name().as_ref()), &start));
            }
            Event::Empty(start) => {
                each(Xml::Start(local(start.name().as_ref()), &start));
                each(Xml::End(local(start.name().as_ref())));
            }
            Event::End(end) => {
                depth = depth.saturating_sub(1);
                each(Xml::End(local(end.name().as_ref())));
            }
            Event::Text(text) => each(Xml::Text(&text.xml10_content())),
            Event::CData(text) => each(Xml::Text(&text.xml10_content())),
            Event::GeneralRef(reference) => {
                if let Some(text) = resolved(&reference) {
                    each(Xml::Text(text.encode_utf8(&mut [0; 4])));
                }
            }
            Event::Eof if depth > 0 => return Err(BadXml),
            Event::Eof => return Ok(()),
            _ => {}
        }
    }
}

/// Walks XML that is read as it comes, as [`events`] walks a text; `each` may end the walk, which is then told.
pub(in crate::extract) fn stream_events(
    input: impl Read,
    nesting: u32,
    each: &mut dyn FnMut(Xml<'_>) -> Result<(), Full>,
) -> Result<Result<(), Full>, BadXml> {
    let mut reader = Reader::from_reader(BufReader::with_capacity(64 << 10, input));
    reader.config_mut().allow_dangling_amp = true;
    let mut buffer = Vec::new();
    let mut depth = 0_u32;
    loop {
        buffer.clear();
        let walked = match reader.read_event_into(&mut buffer).map_err(|_| BadXml)? {
            Event::Start(start) => {
                depth += 1;
                if depth > nesting {
                    return Err(BadXml);
                }
                each(Xml::Start(local(start.name().as_ref()), &start))
            }
            Event::Empty(start) => each(Xml::Start(local(start.name().as_ref()), &start))
                .and_then(|()| each(Xml::End(local(start.name().as_ref())))),
            Event::End(end) => {
                depth = depth.saturating_sub(1);
                each(Xml::End(local(end.name().as_ref())))
            }
            Event::Text(text) => each(Xml::Text(&text.xml10_content())),
            Event::CData(text) => each(Xml::Text(&text.xml10_content())),
            Event::GeneralRef(reference) => match resolved(&reference) {
                Some(text) => each(Xml::Text(text.encode_utf8(&mut [0; 4]))),
                None => Ok(()),
            },
            Event::Eof if depth > 0 => return Err(BadXml),
            Event::Eof => return Ok(Ok(())),
            _ => Ok(()),
        };
        if walked.is_err() {
            return Ok(walked);
        }
    }
}

/// The character that a reference stands for, where it is one of XML's own.
pub(in crate::extract) fn resolved(reference: &BytesRef<'_>) -> Option<char> {
    if let Ok(Some(character)) = reference.resolve_char_ref() {
        return Some(character);
    }
    match &*reference.xml10_content() {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => None,
    }
}

/// A name without its prefix.
pub(in crate::extract) fn local(name: &str) -> &str {
    memchr::memrchr(b':', name.as_bytes()).and_then(|at| name.get(at + 1..)).unwrap_or(name)
}

/// The value of an attribute, by its name without prefix.
pub(in crate::extract) fn attribute(start: &BytesStart<'_>, name: &str) -> Option<String> {
    lent(start, name).map(Cow::into_owned)
}

/// The same, borrowed where nothing in it is escaped.
pub(in crate::extract) fn lent<'s>(start: &'s BytesStart<'_>, name: &str) -> Option<Cow<'s, str>> {
    let mut attributes = start.attributes();
    attributes.with_checks(false);
    let found = attributes.flatten().find(|attribute| local(attribute.key.as_ref()) == name)?.value;
    if memchr::memchr(b'&', found.as_bytes()).is_none() {
        return Some(found);
    }
    Some(match quick_xml::escape::unescape(&found) {
        Ok(text) => Cow::Owned(text.into_owned()),
        Err(_) => Cow::Owned(found.into_owned()),
    })
}

/// Whether an attribute says yes; one that is absent gives `absent`, one without value says yes.
pub(in crate::extract) fn is_on(start: &BytesStart<'_>, name: &str, absent: Option<Visibility>) -> bool {
    match lent(start, name).as_deref() {
        Some(value) => !matches!(value, "0" | "false" | "off" | "none"),
        None => absent == Some(Visibility::Hidden),
    }
}
