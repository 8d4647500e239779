//! What Outlook's messages are made of, wherever they lie (msg, pst and ost, winmail.dat): properties by number or by
//! name, recipients, attachments. `item` says what they mean, `compose` writes an item as one message, `richtext` opens
//! bodies in compressed rich text.
//!
//! Numbers are those of MS-OXPROPS. What a property is for is only said of those that a person fills in or sees.

mod compose;
mod item;
mod richtext;

pub(super) use compose::compose;
pub(super) use item::{details, fields};
pub(super) use richtext::{Opened as OpenedText, open as open_rich_text};

use super::bodies::{self, Bodies};
use super::little_endian::{u16_at, u32_at};
use super::windows_time::moment;
use super::{Full, Out, Reading, Visibility, charset, mail};
use encoding_rs::{Encoding, UTF_16LE};
use std::collections::BTreeMap;

/// A property's value.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    Whole(i64),
    Real(f64),
    Truth(bool),
    /// Tenths of microseconds since 1601.
    Moment(u64),
    /// Text in the code page of its message.
    Narrow(Vec<u8>),
    Wide(String),
    Bytes(Vec<u8>),
    Many(Vec<Value>),
}

/// Values of one property beyond this many are passed over.
const VALUES: usize = 10_000;

impl Value {
    /// A value of a type (MS-OXCDATA 2.11.1) from its bytes; `None` for types that say nothing here.
    pub(super) fn new(kind: u16, bytes: &[u8]) -> Option<Self> {
        let eight = || Some(u64::from_le_bytes(bytes.get(..8)?.try_into().ok()?));
        Some(match kind {
            0x0002 => Self::Whole(i64::from(u16_at(bytes, 0)? as i16)),
            0x0003 => Self::Whole(i64::from(u32_at(bytes, 0)? as i32)),
            0x0004 => Self::Real(f64::from(f32::from_bits(u32_at(bytes, 0)?))),
            0x0005 | 0x0007 => Self::Real(f64::from_bits(eight()?)),
            0x0006 | 0x0014 => Self::Whole(eight()? as i64),
            0x000b => Self::Truth(bytes.first()? != &0),
            0x001e => Self::Narrow(bytes.strip_suffix(b"\0").unwrap_or(bytes).to_vec()),
            0x001f => Self::Wide(wide(bytes)),
            0x0040 => Self::Moment(eight()?),
            0x0048 | 0x0102 => Self::Bytes(bytes.to_vec()),
            _ => return None,
        })
    }

    /// The bytes that one value of a type takes, where all take the same.
    pub(super) fn size(kind: u16) -> Option<usize> {
        match kind {
            0x0002 | 0x000b => Some(2),
            0x0003 | 0x0004 | 0x000a => Some(4),
            0x0005 | 0x0006 | 0x0007 | 0x0014 | 0x0040 => Some(8),
            0x0048 => Some(16),
            _ => None,
        }
    }

    /// Many values of one size, one after the other.
    pub(super) fn many_of_size(kind: u16, size: usize, bytes: &[u8]) -> Self {
        Self::Many(bytes.chunks_exact(size.max(1)).take(VALUES).filter_map(|value| Self::new(kind, value)).collect())
    }
}

fn wide(bytes: &[u8]) -> String {
    UTF_16LE.decode_without_bom_handling(bytes).0.trim_end_matches('\0').to_owned()
}

/// The sets of names that Outlook uses, by the first four bytes of their numbers.
pub(super) mod set {
    pub(in super::super) const ADDRESS: u32 = 0x0006_2004;
    pub(in super::super) const APPOINTMENT: u32 = 0x0006_2002;
    pub(in super::super) const TASK: u32 = 0x0006_2003;
    pub(in super::super) const COMMON: u32 = 0x0006_2008;
    pub(in super::super) const LOG: u32 = 0x0006_200a;
    pub(in super::super) const STRINGS: u32 = 0x0002_0329;
}

/// A name of a property.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Name {
    /// Number in a set.
    Number(u32, u32),
    /// Word in a set, in lower case.
    Word(u32, String),
}

/// Which names the numbers from 0x8000 on stand for in a file.
#[derive(Default)]
pub(super) struct Names(BTreeMap<u16, Name>);

impl Names {
    /// From the three streams that msg and pst keep alike (MS-OXMSG 2.2.3, MS-PST 2.4.7): sets, entries, words.
    pub(super) fn new(sets: &[u8], entries: &[u8], words: &[u8]) -> Self {
        let entry = |entry: &[u8]| {
            let (value, kind, index) = (u32_at(entry, 0)?, u16_at(entry, 4)?, u16_at(entry, 6)?);
            let set = match kind >> 1 {
                0 => 0,
                1 => 0x0002_0328,
                2 => set::STRINGS,
                number => u32_at(sets, (usize::from(number) - 3) * 16)?,
            };
            let name = if kind & 1 == 0 {
                Name::Number(set, value)
            } else {
                let at = value as usize;
                let length = u32_at(words, at)? as usize;
                Name::Word(set, wide(words.get(at + 4..at.checked_add(4)?.checked_add(length)?)?).to_lowercase())
            };
            Some((0x8000_u16.checked_add(index)?, name))
        };
        Self(entries.chunks_exact(8).filter_map(entry).collect())
    }
}

/// The properties of an object.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Properties {
    numbered: BTreeMap<u16, Value>,
    named: BTreeMap<Name, Value>,
    /// How narrow text is encoded, where the message around says so.
    pub(super) encoding: Option<&'static Encoding>,
}

impl Properties {
    /// Adds a property, named where its number stands for a name.
    pub(super) fn add(&mut self, number: u16, value: Value, names: &Names) {
        match names.0.get(&number).filter(|_| number >= 0x8000) {
            Some(name) => self.named.insert(name.clone(), value),
            None => self.numbered.insert(number, value),
        };
    }

    /// Adds a property by its name.
    pub(super) fn add_named(&mut self, name: Name, value: Value) {
        self.named.insert(name, value);
    }

    pub(super) fn get(&self, number: u16) -> Option<&Value> {
        self.numbered.get(&number)
    }

    /// Takes a property out: what is attached need not be held twice.
    pub(super) fn take(&mut self, number: u16) -> Option<Value> {
        self.numbered.remove(&number)
    }

    pub(super) fn named(&self, set: u32, number: u32) -> Option<&Value> {
        self.named.get(&Name::Number(set, number))
    }

    fn word(&self, set: u32, word: &str) -> Option<&Value> {
        self.named.get(&Name::Word(set, word.to_owned()))
    }

    /// The text of a property, if there is any in it.
    pub(super) fn text(&self, number: u16) -> Option<String> {
        self.get(number).and_then(|value| self.shown(value))
    }

    pub(super) fn whole(&self, number: u16) -> Option<i64> {
        match self.get(number)? {
            Value::Whole(whole) => Some(*whole),
            Value::Truth(truth) => Some(i64::from(*truth)),
            _ => None,
        }
    }

    pub(super) fn bytes(&self, number: u16) -> Option<&[u8]> {
        match self.get(number)? {
            Value::Bytes(bytes) => Some(bytes),
            _ => None,
        }
    }

    fn moment(&self, number: u16) -> Option<String> {
        self.get(number).and_then(|value| self.shown(value))
    }

    /// A value as a person reads it; `None` for what is empty or bytes.
    fn shown(&self, value: &Value) -> Option<String> {
        let text = match value {
            Value::Whole(whole) => whole.to_string(),
            Value::Real(real) => real.to_string(),
            Value::Truth(truth) => if *truth { "yes" } else { "no" }.to_owned(),
            Value::Moment(ticks) => dated(*ticks)?,
            Value::Narrow(bytes) => self.narrow(bytes),
            Value::Wide(text) => text.clone(),
            Value::Bytes(_) => return None,
            Value::Many(values) => values.iter().filter_map(|value| self.shown(value)).collect::<Vec<_>>().join("; "),
        };
        (!text.trim().is_empty()).then_some(text)
    }

    /// Text that is UTF-8 is so by no chance, whatever its message says.
    fn narrow(&self, bytes: &[u8]) -> String {
        if let Ok(text) = std::str::from_utf8(bytes) {
            return text.trim_end_matches('\0').to_owned();
        }
        let text = match self.encoding.filter(|encoding| *encoding != encoding_rs::UTF_8) {
            Some(encoding) => encoding.decode_without_bom_handling(bytes).0.into_owned(),
            None => charset::decode(bytes.to_vec()).text,
        };
        text.trim_end_matches('\0').to_owned()
    }

    /// The encoding that a message names for its text: its code page, that of its language, that of its net form. One of
    /// them that cannot hold narrow text says nothing.
    pub(super) fn declared_encoding(&self) -> Option<&'static Encoding> {
        let number = |number: u16| self.whole(number).and_then(|number| u32::try_from(number).ok());
        let pages = [number(0x3ffd), number(0x3ff1).map(of_locale), number(0x3fde)];
        let usable = |page: &u32| ![1200, 20127, 65001].contains(page);
        pages.into_iter().flatten().filter(usable).find_map(charset::code_page)
    }
}

/// The code page of Windows for a language (MS-LCID), by its primary part.
fn of_locale(locale: u32) -> u32 {
    match locale & 0x3ff {
        0x01 | 0x20 | 0x29 => 1256,
        0x02 | 0x19 | 0x22 | 0x23 | 0x2f => 1251,
        0x04 if matches!(locale, 0x404 | 0xc04 | 0x1404) => 950,
        0x04 => 936,
        0x05 | 0x0e | 0x15 | 0x18 | 0x1a | 0x1b | 0x1c | 0x24 => 1250,
        0x08 => 1253,
        0x0d => 1255,
        0x11 => 932,
        0x12 => 949,
        0x1e => 874,
        0x1f | 0x2c => 1254,
        0x25..=0x27 => 1257,
        0x2a => 1258,
        _ => 1252,
    }
}

/// Tenths of microseconds since 1601, as a moment in universal time.
pub(super) fn dated(ticks: u64) -> Option<String> {
    // Outlook writes the year 4501 for `none`.
    moment(ticks).filter(|moment| ticks != 0 && moment.year() < 4500).map(|moment| format!("{moment}Z"))
}

/// A message, contact, appointment or whatever else Outlook keeps.
#[derive(Debug, Default)]
pub(super) struct Item {
    pub(super) properties: Properties,
    pub(super) recipients: Vec<Properties>,
    pub(super) attachments: Vec<Attachment>,
    /// What could not be had of it.
    pub(super) damaged: bool,
}

/// Something attached.
#[derive(Debug)]
pub(super) struct Attachment {
    pub(super) properties: Properties,
    pub(super) content: Content,
}

/// What is attached.
#[derive(Debug)]
pub(super) enum Content {
    Bytes(Vec<u8>),
    Item(Box<Item>),
    /// A link, or what could not be had.
    Missing,
}

impl Item {
    /// Tells the encoding of narrow text to all that belongs to the message itself.
    pub(super) fn settle_encoding(&mut self) {
        let encoding = self.properties.encoding.or_else(|| self.properties.declared_encoding());
        self.properties.encoding = encoding;
        self.recipients.iter_mut().for_each(|recipient| recipient.encoding = encoding);
        self.attachments.iter_mut().for_each(|attachment| attachment.properties.encoding = encoding);
    }

    /// Hands over head, details and body.
    pub(super) fn give(&self, out: &mut Out<'_>, reading: &Reading<'_>) -> Result<(), Full> {
        mail::give_fields(out, &fields(self))?;
        out.text("details", Visibility::Shown, 1, details(self).join("\n"))?;
        if self.damaged {
            out.partial("parts of the message could not be read");
        }
        bodies::give(out, reading, self.bodies(reading))
    }

    /// The wordings of the body.
    pub(super) fn bodies(&self, reading: &Reading<'_>) -> Bodies {
        let mut bodies = Bodies { plain: self.properties.text(0x1000).unwrap_or_default(), ..Bodies::default() };
        let html = match self.properties.get(0x1013) {
            Some(Value::Bytes(bytes)) => Some(self.page(bytes)),
            Some(value) => self.properties.shown(value),
            None => None,
        };
        bodies.html.extend(html);
        if let Some(packed) = self.properties.bytes(0x1009) {
            match open_rich_text(packed, reading.limits.item_bytes) {
                Some(OpenedText::Html(html)) if bodies.html.is_empty() => bodies.html.push(html),
                Some(OpenedText::Html(_)) => {}
                Some(OpenedText::Plain(text)) if bodies.plain.trim().is_empty() => bodies.plain = text,
                Some(OpenedText::Plain(_)) => {}
                Some(OpenedText::Rich(rich)) => bodies.rich.push(rich),
                None => bodies.damaged = true,
            }
        }
        bodies
    }

    /// A page kept as bytes is in the encoding of the net form, unless it is UTF-8.
    fn page(&self, bytes: &[u8]) -> String {
        if let Ok(text) = std::str::from_utf8(bytes) {
            return text.trim_end_matches('\0').to_owned();
        }
        let page = self.properties.whole(0x3fde).and_then(|page| u32::try_from(page).ok()).and_then(charset::code_page);
        let encoding = page.filter(|encoding| *encoding != encoding_rs::UTF_8).or(self.properties.encoding);
        match encoding {
            Some(encoding) => encoding.decode(bytes).0.into_owned(),
            None => charset::decode(bytes.to_vec()).text,
        }
    }

    /// Names of the attachments; `index` counts from zero.
    pub(super) fn attachment_name(&self, index: usize) -> String {
        let Some(attachment) = self.attachments.get(index) else { return String::new() };
        let name = [0x3707, 0x3704, 0x3001].iter().find_map(|number| attachment.properties.text(*number));
        let is_item = matches!(attachment.content, Content::Item(_));
        let name = name.map(|name| mail::flat_name(&name));
        match name {
            Some(name) if is_item && !name.to_lowercase().ends_with(".eml") => format!("{name}.eml"),
            Some(name) => name,
            None => format!("attachment-{}.{}", index + 1, if is_item { "eml" } else { "bin" }),
        }
    }
}
