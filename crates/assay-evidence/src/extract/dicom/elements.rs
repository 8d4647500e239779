//! Elements of a DICOM data set in file order, whatever the transfer syntax.

use assay_model::UnreadReason;
use encoding_rs::Encoding;
use std::borrow::Cow;
use std::io::Read;

pub(super) type Tag = (u16, u16);

const SYNTAX: Tag = (0x0002, 0x0010);
const ITEM: Tag = (0xfffe, 0xe000);
const ITEM_END: Tag = (0xfffe, 0xe00d);
const SEQUENCE_END: Tag = (0xfffe, 0xe0dd);
const PIXELS: Tag = (0x7fe0, 0x0010);

/// Sequences in sequences.
const DEPTH: usize = 32;

/// The longest text of one element that is taken.
const TEXT: usize = 1 << 20;

/// What a deflated data set may come to, bytes.
const INFLATED: u64 = 256 << 20;

/// How elements are written after the file's own, which are explicit and little-endian.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Syntax {
    Explicit,
    Implicit,
    BigEndian,
}

impl Syntax {
    fn of(name: &str) -> Self {
        match name {
            "1.2.840.10008.1.2" => Self::Implicit,
            "1.2.840.10008.1.2.2" => Self::BigEndian,
            _ => Self::Explicit,
        }
    }
}

/// An element that is no sequence.
pub(super) struct Element<'a> {
    pub(super) tag: Tag,
    pub(super) value: Value<'a>,
    /// The sequences that it lies in, with the number of the item in each, from zero.
    pub(super) path: Vec<(Tag, u32)>,
}

pub(super) enum Value<'a> {
    Text(String),
    Bytes(&'a [u8]),
}

/// A sequence that is open: its tag, where it ends (where that is known), the item that is read.
struct Open {
    tag: Tag,
    end: Option<usize>,
    item: Option<u32>,
}

/// A file being read.
pub(super) struct File<'a> {
    bytes: &'a [u8],
    at: usize,
    syntax: Syntax,
    /// The syntax of what follows the file's own elements.
    rest: Syntax,
    open: Vec<Open>,
    encodings: Vec<&'static Encoding>,
}

/// Where elements begin: after the preamble and its mark, or at once.
fn start(bytes: &[u8]) -> usize {
    if bytes.get(128..132) == Some(b"DICM") { 132 } else { 0 }
}

/// Whether bytes without a preamble begin with two elements that make sense.
pub(super) fn begins(bytes: &[u8]) -> bool {
    let mut file = File::open(bytes);
    let first = file.raw();
    let second = file.raw();
    let ordered = |one: Tag, two: Tag| one < two && matches!(two.0, 0x0002 | 0x0004 | 0x0008 | 0x0010);
    matches!((first, second), (Some((one, ..)), Some((two, ..))) if ordered(one, two))
}

/// The bytes with a deflated data set inflated; `None` where it is not deflated.
pub(super) fn inflated(bytes: &[u8]) -> Result<Option<Vec<u8>>, UnreadReason> {
    let mut file = File::open(bytes);
    let mut deflated = false;
    let mut from = file.at;
    while file.bytes.get(file.at..file.at + 2) == Some(b"\x02\0") {
        let Some((tag, _, value)) = file.raw() else { break };
        deflated |= tag == SYNTAX && trimmed(value) == "1.2.840.10008.1.2.1.99";
        from = file.at;
    }
    if !deflated {
        return Ok(None);
    }
    let (own, packed) = bytes.split_at(from.min(bytes.len()));
    let mut whole = own.to_vec();
    // What a damaged stream gives up to the damage is read.
    let done = flate2::read::DeflateDecoder::new(packed).take(INFLATED).read_to_end(&mut whole);
    if done.is_err() && whole.len() == own.len() { Err(UnreadReason::Corrupt) } else { Ok(Some(whole)) }
}

fn trimmed(value: &[u8]) -> &str {
    std::str::from_utf8(value).unwrap_or_default().trim_matches(['\0', ' '])
}

impl<'a> File<'a> {
    pub(super) fn open(bytes: &'a [u8]) -> Self {
        let at = start(bytes);
        // A file without a preamble may be implicit from its first element on: then no letters follow the tag.
        let explicit = bytes.get(at + 4..at + 6).is_some_and(|kind| kind.iter().all(u8::is_ascii_uppercase));
        let syntax = if explicit { Syntax::Explicit } else { Syntax::Implicit };
        Self { bytes, at, syntax, rest: syntax, open: Vec::new(), encodings: Vec::new() }
    }

    fn number(&self, at: usize, length: usize) -> Option<u32> {
        let bytes = self.bytes.get(at..at.checked_add(length)?)?;
        let add = |number: u32, byte: &u8| (number << 8) | u32::from(*byte);
        Some(match self.syntax {
            Syntax::BigEndian => bytes.iter().fold(0, add),
            _ => bytes.iter().rev().fold(0, add),
        })
    }

    /// The head of the next element: tag, kind, length (`None` where it is left open), where its value begins.
    fn head(&mut self) -> Option<(Tag, [u8; 2], Option<usize>, usize)> {
        let own = self.bytes.get(self.at..self.at + 2)? == b"\x02\0";
        if !own && self.open.is_empty() {
            self.syntax = self.rest;
        }
        let tag = (self.number(self.at, 2)? as u16, self.number(self.at + 2, 2)? as u16);
        let kind: [u8; 2] = self.bytes.get(self.at + 4..self.at + 6)?.try_into().ok()?;
        let long = matches!(
            &kind,
            b"OB" | b"OW" | b"OF" | b"OD" | b"OL" | b"OV" | b"SQ" | b"UC" | b"UR" | b"UT" | b"UN" | b"SV" | b"UV"
        );
        // Some writers leave implicit items in explicit files.
        let implicit = self.syntax == Syntax::Implicit || !kind.iter().all(u8::is_ascii_uppercase);
        let (kind, length, start) = match () {
            () if tag.0 == 0xfffe || implicit => (*b"  ", self.number(self.at + 4, 4)?, self.at + 8),
            () if long => (kind, self.number(self.at + 8, 4)?, self.at + 12),
            () => (kind, self.number(self.at + 6, 2)?, self.at + 8),
        };
        Some((tag, kind, (length != u32::MAX).then_some(length as usize), start))
    }

    /// The next element of the top level, without looking into it.
    fn raw(&mut self) -> Option<(Tag, [u8; 2], &'a [u8])> {
        let (tag, kind, length, start) = self.head()?;
        let value = self.bytes.get(start..start.checked_add(length?)?)?;
        self.at = start + value.len();
        if tag == SYNTAX {
            self.rest = Syntax::of(trimmed(value));
        }
        Some((tag, kind, value))
    }

    /// The next element with a value; sequences are gone into.
    pub(super) fn next(&mut self) -> Option<Element<'a>> {
        loop {
            while let Some(Open { end: Some(end), .. }) = self.open.last()
                && self.at >= *end
            {
                self.open.pop();
            }
            let (tag, kind, length, start) = self.head()?;
            match tag {
                ITEM => {
                    if let Some(open) = self.open.last_mut() {
                        open.item = Some(open.item.map_or(0, |item| item.saturating_add(1)));
                    }
                    self.at = start;
                    continue;
                }
                ITEM_END => {
                    self.at = start;
                    continue;
                }
                SEQUENCE_END => {
                    self.open.pop();
                    self.at = start;
                    continue;
                }
                PIXELS => {
                    // What follows is the picture; it may lie beyond what was read.
                    self.at = length.and_then(|length| start.checked_add(length)).unwrap_or(self.bytes.len());
                    return Some(Element { tag, value: Value::Bytes(&[]), path: self.path() });
                }
                _ => {}
            }
            let rest = self.bytes.get(start..)?;
            let item = rest.get(..4) == Some(b"\xfe\xff\0\xe0") || rest.get(..4) == Some(b"\xff\xfe\xe0\0");
            // In implicit files nothing but its content tells a sequence.
            let sequence =
                &kind == b"SQ" || length.is_none() || (matches!(&kind, b"  " | b"UN") && item && length != Some(0));
            if sequence {
                if self.open.len() >= DEPTH {
                    return None;
                }
                self.open.push(Open { tag, end: length.and_then(|length| start.checked_add(length)), item: None });
                self.at = start;
                continue;
            }
            let end = start.checked_add(length?)?;
            // A value that the end of the file cuts is given as far as it goes.
            let value = self.bytes.get(start..end.min(self.bytes.len()))?;
            self.at = end;
            if tag == SYNTAX {
                self.rest = Syntax::of(trimmed(value));
            }
            if tag == (0x0008, 0x0005) && self.open.is_empty() {
                self.encodings = trimmed(value).split('\\').filter_map(character_set).collect();
            }
            if let Some(value) = self.value(tag, &kind, value) {
                return Some(Element { tag, value, path: self.path() });
            }
        }
    }

    /// Gives the elements of the top level with their bytes and the number that these make, up to the picture: its length
    /// (none where it is packed) and where it begins.
    pub(super) fn top(&mut self, give: &mut dyn FnMut(Tag, &'a [u8], u16)) -> Option<(Option<usize>, usize)> {
        loop {
            let (tag, _, length, start) = self.head()?;
            let is_top = self.open.is_empty();
            if tag == PIXELS && is_top {
                return Some((length, start));
            }
            match (tag, length) {
                (ITEM | ITEM_END, _) => self.at = start,
                (SEQUENCE_END, _) => {
                    self.open.pop();
                    self.at = start;
                }
                // Sequences of known length are passed over, others gone through.
                (_, Some(length)) => {
                    let value = self.bytes.get(start..start.checked_add(length)?)?;
                    if tag == SYNTAX {
                        self.rest = Syntax::of(trimmed(value));
                    }
                    if is_top {
                        give(tag, value, self.number(start, 2.min(length)).unwrap_or(0) as u16);
                    }
                    self.at = start + length;
                }
                (_, None) if self.open.len() < DEPTH => {
                    self.open.push(Open { tag, end: None, item: None });
                    self.at = start;
                }
                (_, None) => return None,
            }
        }
    }

    /// Whether what follows the file's own elements is big-endian.
    pub(super) fn is_big_endian(&self) -> bool {
        self.rest == Syntax::BigEndian
    }

    /// Goes to a place.
    pub(super) fn go(&mut self, at: usize) {
        self.at = at;
    }

    /// The next piece of a packed picture; a last one that the end of the file cuts as far as it goes.
    pub(super) fn piece(&mut self) -> Option<&'a [u8]> {
        let (ITEM, _, Some(length), start) = self.head()? else { return None };
        let end = start.checked_add(length)?.min(self.bytes.len());
        self.at = end;
        self.bytes.get(start..end)
    }

    fn path(&self) -> Vec<(Tag, u32)> {
        self.open.iter().map(|open| (open.tag, open.item.unwrap_or(0))).collect()
    }

    fn value(&self, tag: Tag, kind: &[u8; 2], value: &'a [u8]) -> Option<Value<'a>> {
        let text = match kind {
            b"PN" | b"LO" | b"SH" | b"LT" | b"ST" | b"UT" | b"UC" | b"AS" | b"DA" | b"TM" | b"DT" | b"CS" | b"AE"
            | b"IS" | b"DS" | b"UI" | b"UR" => true,
            // Unknown and implicit values are text where they read like one.
            b"UN" | b"  " => value.len() > 1 && reads_like_text(value),
            _ => false,
        };
        if !text {
            return (value.len() > 8).then_some(Value::Bytes(value));
        }
        let value = value.get(..TEXT).unwrap_or(value);
        let text = self.decoded(value);
        let text = text.trim_matches(['\0', ' ', '\r', '\n']);
        let person = kind == b"PN" || kind != b"LO" && is_person(tag) || kind == b"  " && text.contains('^');
        let text = match () {
            () if person => text.split('\\').map(name).filter(|name| !name.is_empty()).collect::<Vec<_>>().join("; "),
            () if text.len() == 8 && (kind == b"DA" || matches!(tag, (0x0010, 0x0030) | (0x0008, 0x0020))) => {
                match (text.get(..4), text.get(4..6), text.get(6..)) {
                    (Some(year), Some(month), Some(day)) if text.bytes().all(|byte| byte.is_ascii_digit()) => {
                        format!("{year}-{month}-{day}")
                    }
                    _ => text.to_owned(),
                }
            }
            () if matches!(kind, b"LT" | b"ST" | b"UT") => text.replace("\r\n", "\n"),
            () => text.split_whitespace().collect::<Vec<_>>().join(" ").replace('\\', "; "),
        };
        Some(Value::Text(text))
    }

    fn decoded(&self, value: &'a [u8]) -> Cow<'a, str> {
        if let (false, Some(encoding)) = (value.is_ascii(), self.encodings.last()) {
            return encoding.decode_without_bom_handling(value).0;
        }
        match std::str::from_utf8(value) {
            // Escapes switch to the Japanese sets of ISO 2022.
            Ok(text) if !text.contains('\x1b') => text.into(),
            Ok(_) => encoding_rs::ISO_2022_JP.decode_without_bom_handling(value).0,
            Err(_) => encoding_rs::WINDOWS_1252.decode_without_bom_handling(value).0,
        }
    }
}

/// Elements that hold names of persons, for syntaxes that do not say so.
fn is_person(tag: Tag) -> bool {
    matches!(
        tag,
        (0x0010, 0x0010 | 0x1001 | 0x1005 | 0x1060)
            | (0x0008, 0x0090 | 0x1048 | 0x1050 | 0x1060 | 0x1070)
            | (0x0032, 0x1032)
            | (0x0040, 0xa123)
    )
}

fn reads_like_text(value: &[u8]) -> bool {
    let value = value.strip_suffix(b"\0").unwrap_or(value);
    let odd = value.iter().filter(|byte| **byte < 0x20 && !matches!(**byte, b'\t' | b'\r' | b'\n' | b'\x1b')).count();
    odd == 0 && value.iter().filter(|byte| byte.is_ascii_alphanumeric()).count() * 2 >= value.len()
}

/// Family, given, middle, prefix, suffix; other scripts follow after `=` and stand in brackets.
fn name(value: &str) -> String {
    let mut forms = value.split('=').map(|form| {
        let parts: Vec<&str> = form.split('^').map(str::trim).collect();
        let order = [3, 1, 2, 0, 4].into_iter().filter_map(|place| parts.get(place)).filter(|part| !part.is_empty());
        order.copied().collect::<Vec<_>>().join(" ")
    });
    let first = forms.next().unwrap_or_default();
    let others: Vec<String> = forms.filter(|form| !form.is_empty()).collect();
    match (first.is_empty(), others.is_empty()) {
        (false, true) => first,
        (true, _) => others.join(" / "),
        (false, false) => format!("{first} ({})", others.join(" / ")),
    }
}

/// A specific character set (PS3.3 C.12.1.1.2).
fn character_set(term: &str) -> Option<&'static Encoding> {
    let label = match term.trim() {
        "ISO_IR 192" => "utf-8",
        "GB18030" | "GBK" => "gb18030",
        "ISO_IR 100" | "ISO 2022 IR 100" => "windows-1252",
        "ISO_IR 101" | "ISO 2022 IR 101" => "iso-8859-2",
        "ISO_IR 109" | "ISO 2022 IR 109" => "iso-8859-3",
        "ISO_IR 110" | "ISO 2022 IR 110" => "iso-8859-4",
        "ISO_IR 144" | "ISO 2022 IR 144" => "iso-8859-5",
        "ISO_IR 127" | "ISO 2022 IR 127" => "iso-8859-6",
        "ISO_IR 126" | "ISO 2022 IR 126" => "iso-8859-7",
        "ISO_IR 138" | "ISO 2022 IR 138" => "iso-8859-8",
        "ISO_IR 148" | "ISO 2022 IR 148" => "windows-1254",
        "ISO_IR 166" | "ISO 2022 IR 166" => "windows-874",
        "ISO_IR 13" | "ISO 2022 IR 13" => "shift_jis",
        "ISO 2022 IR 87" | "ISO 2022 IR 159" => "iso-2022-jp",
        "ISO 2022 IR 149" => "euc-kr",
        "ISO 2022 IR 58" => "gbk",
        _ => return None,
    };
    Encoding::for_label(label.as_bytes())
}
