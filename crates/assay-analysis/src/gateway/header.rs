//! The header of a log line, in the forms that firmware, relays and collectors give it.
//!
//! ```text
//! [<pri>] DATE:HH:MM:SS [ZONE] [HOST] ENGINE : [PARTITION] MODULE EVENT ID [COUNT] : BODY     classic
//! RELAY-HEADER  (the same)                                                                    relayed, on-box
//! <pri>1 TIME HOST MODULE ENGINE - - PARTITION EVENT ID COUNT : BODY                          RFC 5424, since 14.1
//! <pri> PARTITION EVENT ID COUNT : BODY                                                       header eaten by a relay
//! ```
//! Only the first [`HEADER_LIMIT`] bytes of a line can be header: text further in that looks like one is somebody's input
//! (log poisoning was seen in the wild). What wraps a line (JSON, CSV) is taken off before ([`super::wrap`]).

use super::scan::{STAMP_LENGTH, Seconds, Stamp, number, word};
use jiff::Timestamp;
use memchr::{memchr, memmem};
use std::ops::Range;
use std::sync::LazyLock;

/// Bytes of a line in which its header must stand.
pub(super) const HEADER_LIMIT: usize = 640;

/// When a header says that the line was written.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum HeaderTime {
    /// The appliance's own form.
    Slashed(Stamp),
    /// RFC 5424, turned to UTC.
    Utc(Seconds),
    /// A relay ate it: to be taken from the body.
    Missing,
}

/// A header and the body behind it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Header<'a> {
    /// When.
    pub(super) time: HeaderTime,
    /// True where the line says GMT or UTC.
    pub(super) utc: bool,
    /// Appliance; may be empty.
    pub(super) host: &'a [u8],
    /// Packet engine; may be empty.
    pub(super) engine: &'a [u8],
    /// `SSLVPN`; the partition's name where a relay ate the module.
    pub(super) module: &'a [u8],
    /// `TCPCONNSTAT`.
    pub(super) event: &'a [u8],
    /// Counter per packet engine.
    pub(super) message_id: Option<u64>,
    /// What follows.
    pub(super) body: &'a [u8],
    /// The number that [`Known`] gave to appliance and engine, from 1; 0 where it gave none.
    pub(super) origin: usize,
    /// The same of module and event.
    pub(super) message: usize,
}

/// Headers read before. Between its date and its counter a line says only of which appliance, engine and message it is, and
/// there are few of these: what was read once is compared and not read again. What is read is the same either way.
#[derive(Debug, Default)]
pub(super) struct Known {
    origins: Vec<Origin>,
    messages: Vec<Message>,
}

/// Headers kept of either kind; a source of more is read the longer way.
const KNOWN: usize = 64;

/// `[ZONE] [HOST] ENGINE : `, from the date on; places of host and engine in it.
#[derive(Debug)]
struct Origin {
    text: Box<[u8]>,
    utc: bool,
    host: Range<usize>,
    engine: Range<usize>,
    number: usize,
}

/// `[PARTITION] MODULE EVENT `, up to the counter; places of module and event in it.
#[derive(Debug)]
struct Message {
    text: Box<[u8]>,
    module: Range<usize>,
    event: Range<usize>,
    number: usize,
}

/// The entry that `bytes` begin with; one that is met often moves to the front.
fn find<T>(list: &mut [T], bytes: &[u8], text: impl Fn(&T) -> &[u8]) -> Option<usize> {
    let at = list.iter().position(|entry| bytes.starts_with(text(entry)))?;
    if at > 0 {
        list.swap(at, at - 1);
    }
    Some(at.saturating_sub(1))
}

/// Where a part of a slice begins and ends in it.
fn range(whole: &[u8], part: &[u8]) -> Range<usize> {
    let start = (part.as_ptr() as usize).wrapping_sub(whole.as_ptr() as usize);
    if part.is_empty() || start > whole.len() { 0..0 } else { start..start + part.len() }
}

/// Reads the header of a line, or says why there is none. The reason names no content.
pub(super) fn read<'a>(line: &'a [u8], known: &mut Known) -> Result<Header<'a>, &'static str> {
    let line = line.trim_ascii_start();
    let (rest, had_priority) = strip_priority(line);
    // The form of nearly every line.
    if let Some(stamp) = Stamp::read(rest)
        && let Some(header) = dated(rest, 0, stamp, known)
    {
        return Ok(header);
    }
    if let Some(header) = rfc5424(rest) {
        return Ok(header);
    }
    let head = rest.get(..HEADER_LIMIT).unwrap_or(rest);
    let separator = SEPARATOR.find(head);
    let mut from = 0;
    while let Some((at, stamp)) = find_stamp_from(head, from) {
        if separator.is_some_and(|separator| separator < at) {
            break;
        }
        if let Some(header) = dated(rest, at, stamp, known) {
            return Ok(header);
        }
        from = at + STAMP_LENGTH;
    }
    if let Some(header) = eaten(rest) {
        return Ok(header);
    }
    Err(why_not(rest, had_priority))
}

static SEPARATOR: LazyLock<memmem::Finder<'static>> = LazyLock::new(|| memmem::Finder::new(b" : "));

/// The first date of the appliance's form that can be a header's, with its place.
pub(super) fn find_stamp(line: &[u8]) -> Option<(usize, Stamp)> {
    find_stamp_from(line.get(..HEADER_LIMIT).unwrap_or(line), 0)
}

fn find_stamp_from(head: &[u8], from: usize) -> Option<(usize, Stamp)> {
    let mut next = from;
    while let Some(slash) = memchr(b'/', head.get(next..)?).map(|offset| next + offset) {
        for back in [2, 4] {
            let Some(start) = slash.checked_sub(back).filter(|start| *start >= from) else { continue };
            let joined =
                start.checked_sub(1).and_then(|before| head.get(before)).is_some_and(u8::is_ascii_alphanumeric);
            if let Some(stamp) = head.get(start..).and_then(Stamp::read).filter(|_| !joined) {
                return Some((start, stamp));
            }
        }
        next = slash + 1;
    }
    None
}

fn strip_priority(line: &[u8]) -> (&[u8], bool) {
    line.strip_prefix(b"<")
        .and_then(number)
        .and_then(|(_, rest)| rest.strip_prefix(b">"))
        .map_or((line, false), |rest| (rest.trim_ascii_start(), true))
}

/// `DATE [ZONE] [HOST] ENGINE : ...`, the date standing at `at`.
fn dated<'a>(rest: &'a [u8], at: usize, stamp: Stamp, known: &mut Known) -> Option<Header<'a>> {
    let after = rest.get(at + STAMP_LENGTH..)?;
    let (origin, length) = match find(&mut known.origins, after, |origin| &origin.text) {
        Some(found) => {
            let Origin { text, utc, host, engine, number } = known.origins.get(found)?;
            let (host, engine) = (after.get(host.clone())?, after.get(engine.clone())?);
            (Header { utc: *utc, host, engine, origin: *number, ..Header::NONE }, text.len())
        }
        None => known.origin(after)?,
    };
    let bytes = after.get(length..)?;
    let of_known = find(&mut known.messages, bytes, |message| &message.text).and_then(|found| {
        let Message { text, module, event, number } = known.messages.get(found)?;
        let (id, body) = counters(bytes.get(text.len()..)?)?;
        let (module, event) = (bytes.get(module.clone())?, bytes.get(event.clone())?);
        Some(Header { module, event, message_id: Some(id), body, message: *number, ..Header::NONE })
    });
    let message = match of_known {
        Some(message) => message,
        None => known.message(bytes)?,
    };
    let Header { utc, host, engine, origin, .. } = origin;
    Some(Header { time: HeaderTime::Slashed(stamp), utc, host, engine, origin, ..message })
}

impl Header<'_> {
    const NONE: Self = Self {
        time: HeaderTime::Missing,
        utc: false,
        host: &[],
        engine: &[],
        module: &[],
        event: &[],
        message_id: None,
        body: &[],
        origin: 0,
        message: 0,
    };
}

impl Known {
    /// Reads `[ZONE] [HOST] ENGINE :` and keeps it; what was read, and its length.
    fn origin<'a>(&mut self, after: &'a [u8]) -> Option<(Header<'a>, usize)> {
        let mut words = Words { bytes: after, at: 0, limit: 256 };
        let mut first = words.next()?;
        let utc = matches!(first, b"GMT" | b"UTC");
        if utc {
            first = words.next()?;
        }
        let (host, engine) = if first == b":" {
            (&[][..], &[][..])
        } else {
            let second = words.next()?;
            let pair = match second {
                b":" if memmem::find(first, b"PPE").is_some() => (&[][..], first),
                b":" => (first, &[][..]),
                engine => (first, engine),
            };
            if second != b":" && words.next()? != b":" {
                return None;
            }
            pair
        };
        // With the blank behind the colon, without which the word would not end there.
        let whole = after.get(..words.at + 1).filter(|whole| self.origins.len() < KNOWN && whole.ends_with(b" "));
        let number = whole.map_or(0, |_| self.origins.len() + 1);
        if let Some(whole) = whole {
            let (host, engine) = (range(whole, host), range(whole, engine));
            self.origins.push(Origin { text: whole.into(), utc, host, engine, number });
        }
        let length = words.at + usize::from(after.get(words.at) == Some(&b' '));
        Some((Header { utc, host, engine, origin: number, ..Header::NONE }, length))
    }

    /// Reads what stands from the partition on and keeps it.
    fn message<'a>(&mut self, bytes: &'a [u8]) -> Option<Header<'a>> {
        let mut header = message_head(bytes)?;
        let event = range(bytes, header.event);
        let is_plain = header.message_id.is_some() && bytes.get(event.end) == Some(&b' ');
        let is_counted = bytes.get(event.end + 1).is_some_and(u8::is_ascii_digit);
        if is_plain && is_counted && event.end < 128 && self.messages.len() < KNOWN {
            let text: Box<[u8]> = bytes.get(..event.end + 1)?.into();
            if self.messages.iter().all(|known| known.text != text) {
                header.message = self.messages.len() + 1;
                let module = range(bytes, header.module);
                self.messages.push(Message { text, module, event, number: header.message });
            }
        }
        Some(header)
    }
}

/// `ID [COUNT] : ` and what follows; `None` for anything that is not just that.
fn counters(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let (id, rest) = number(bytes)?;
    let rest = rest.strip_prefix(b" ")?;
    let rest = match number(rest) {
        Some((_, rest)) => rest.strip_prefix(b" ")?,
        None => rest,
    };
    Some((id, rest.strip_prefix(b": ")?.trim_ascii_start()))
}

/// Words parted by blanks, up to a limit of bytes.
struct Words<'a> {
    bytes: &'a [u8],
    at: usize,
    limit: usize,
}

impl<'a> Words<'a> {
    fn next(&mut self) -> Option<&'a [u8]> {
        while self.bytes.get(self.at) == Some(&b' ') {
            self.at += 1;
        }
        if self.at >= self.limit {
            return None;
        }
        let rest = self.bytes.get(self.at..)?;
        let length = rest.iter().position(|b| *b == b' ').unwrap_or(rest.len());
        self.at += length;
        rest.get(..length).filter(|word| !word.is_empty())
    }
}

/// `1 TIME HOST MODULE ENGINE MSGID SD PARTITION EVENT ID COUNT : BODY`.
fn rfc5424(rest: &[u8]) -> Option<Header<'_>> {
    let mut rest = rest.strip_prefix(b"1 ")?;
    let mut field = || {
        let field = word(rest);
        rest = rest.get(field.len() + 1..)?;
        Some(field)
    };
    let time = field()?;
    let time: Timestamp = std::str::from_utf8(time.get(..40).unwrap_or(time)).ok()?.parse().ok()?;
    let (host, module, engine, _message) = (field()?, field()?, field()?, field()?);
    let data =
        if rest.starts_with(b"[") { memmem::find(rest.get(..HEADER_LIMIT).unwrap_or(rest), b"] ")? + 2 } else { 2 };
    let message = message_head(rest.get(data..)?)?;
    let nil = |field| if field == b"-" { &[][..] } else { field };
    let time = HeaderTime::Utc(time.as_second());
    Some(Header { time, utc: true, host: nil(host), engine: nil(engine), module, ..message })
}

/// A header whose time, host and module a relay took away; told from free text by its counter.
fn eaten(rest: &[u8]) -> Option<Header<'_>> {
    message_head(rest).filter(|header| header.message_id.is_some())
}

/// `[PARTITION] MODULE EVENT ID [COUNT] : BODY`, the counters absent in a relay of SDX. The colon stands by itself or is glued
/// to the word before.
fn message_head(bytes: &[u8]) -> Option<Header<'_>> {
    let mut words = Words { bytes, at: 0, limit: 256 };
    let mut names: [&[u8]; 3] = [&[]; 3];
    let (mut length, mut message_id, mut numbers) = (0, None, 0);
    loop {
        let mut word = words.next()?;
        if word == b":" {
            break;
        }
        let is_last = word.ends_with(b":");
        if is_last {
            word = word.get(..word.len() - 1)?;
        }
        let is_number = word.iter().all(u8::is_ascii_digit);
        if is_number && length > 0 {
            numbers += 1;
            if numbers == 1 {
                message_id = number(word).map(|(id, _)| id);
            }
        } else if numbers > 0 {
            return None;
        } else {
            *names.get_mut(length)? = word;
            length += 1;
        }
        if is_last {
            break;
        }
    }
    let (module, event) = match (length, names) {
        (3, [_, module, event]) | (2, [module, event, _]) => (module, event),
        (1, [event, ..]) => (&[][..], event),
        _ => return None,
    };
    let is_name = |name: &[u8]| name.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'));
    if numbers > 2 || !is_name(module) || !is_name(event) || !event.first().is_some_and(u8::is_ascii_uppercase) {
        return None;
    }
    let body = bytes.get(words.at..)?.trim_ascii_start();
    Some(Header { module, event, message_id, body, ..Header::NONE })
}

fn why_not(rest: &[u8], had_priority: bool) -> &'static str {
    if rest.is_empty() && !had_priority {
        "blank line"
    } else if rest.starts_with(b"CEF:") {
        "a CEF record without the appliance's header"
    } else if find_stamp(rest).is_some() {
        "a date, but no module and event after it"
    } else if relayed_program(rest) {
        "a line of another program"
    } else {
        "no header of this appliance"
    }
}

/// `Jul  7 00:00:00 host program[123]: text`, as newsyslog and sshd write.
fn relayed_program(rest: &[u8]) -> bool {
    let month = rest.get(..4).is_some_and(|m| m.iter().take(3).all(u8::is_ascii_alphabetic) && m.ends_with(b" "));
    month && memmem::find(rest.get(..96).unwrap_or(rest), b": ").is_some()
}
