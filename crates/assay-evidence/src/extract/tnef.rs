//! What Outlook sends to those without Outlook (winmail.dat, MS-OXTNEF): attributes, and in them the properties of a message.
//!
//! Check sums are not verified. What the properties mean is said in `mapi`.

use super::little_endian::{u16_at, u32_at};
use super::mapi::{Attachment, Content, Item, Name, Names as NameMap, Properties, Value};
use super::{Job, Limits, ReadSeek, Visit, msg, read_at_most};
use assay_model::UnreadReason;

const MAGIC: u32 = 0x223e_9f78;

/// Messages in messages are followed this deep.
const NESTING: u32 = 16;

/// Properties of one object, at most; and recipients.
const MOST: u32 = 100_000;

pub(super) fn read(job: &mut Job<'_, '_>) -> Result<(), UnreadReason> {
    let bytes = job.whole()?;
    let (item, whole) = parse(&bytes, job.reading.limits).ok_or(UnreadReason::Corrupt)?;
    if !whole {
        job.out.partial("the attributes break off");
    }
    // A limit reached is said by the one who counts.
    let _ = item.give(job.out, job.reading);
    for (index, attachment) in item.attachments.iter().enumerate() {
        let size = msg::content(attachment, job.reading.limits).map_or(0, |bytes| bytes.len() as u64);
        if job.out.member(&item.attachment_name(index), size).is_err() {
            break;
        }
    }
    Ok(())
}

pub(super) fn visit(input: &mut dyn ReadSeek, visit: &mut Visit<'_>) {
    let limits = visit.reading.limits;
    let Ok(bytes) = read_at_most(input, limits.item_bytes) else { return };
    if let Some((item, _)) = parse(&bytes, limits) {
        msg::visit_item(&item, visit);
    }
}

fn parse(bytes: &[u8], limits: &Limits) -> Option<(Item, bool)> {
    let mut left = limits.item_bytes.saturating_mul(2);
    message(bytes, NESTING.min(limits.nesting), &mut left)
}

/// The message, and whether its attributes reach the end.
fn message(bytes: &[u8], deeper: u32, left: &mut u64) -> Option<(Item, bool)> {
    if u32_at(bytes, 0)? != MAGIC {
        return None;
    }
    let mut item = Item::default();
    let mut at = 6_usize;
    let mut whole = true;
    let none = NameMap::default();
    // What attributes of old say themselves; the properties say it more fully, where they do.
    let mut old: Vec<(u16, Value)> = Vec::new();
    while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
        let (Some(attribute), Some(length)) = (u32_at(rest, 1), u32_at(rest, 5)) else {
            // What carries it may have ended it with a line.
            whole &= rest.iter().all(|byte| matches!(byte, 0 | b'\r' | b'\n'));
            break;
        };
        let content = rest.get(9..).unwrap_or_default();
        let value = content.get(..length as usize).unwrap_or(content);
        whole &= value.len() == length as usize;
        let text = || Value::Narrow(value.strip_suffix(b"\0").unwrap_or(value).to_vec());
        match attribute {
            0x0006_9007 => {
                let page = u32_at(value, 0).and_then(super::charset::code_page);
                item.properties.encoding = page;
            }
            0x0001_8004 => old.push((0x0037, text())),
            0x0002_800c => old.push((0x1000, text())),
            0x0003_8005 => old.extend(moment(value).map(|ticks| (0x0039, Value::Moment(ticks)))),
            0x0003_8006 => old.extend(moment(value).map(|ticks| (0x0e06, Value::Moment(ticks)))),
            0x0000_8000 => old.extend(sender(value).into_iter().flatten()),
            0x0006_9003 => {
                let read = Reader { rest: value, deeper, left: &mut *left }.properties(&mut item.properties);
                whole &= read.is_some();
            }
            0x0006_9004 => {
                let mut reader = Reader { rest: value, deeper, left: &mut *left };
                for _ in 0..reader.long().unwrap_or(0).min(MOST) {
                    let mut recipient = Properties::default();
                    let read = reader.properties(&mut recipient);
                    item.recipients.push(recipient);
                    if read.is_none() {
                        whole = false;
                        break;
                    }
                }
            }
            // Each of these begins an attachment.
            0x0006_9002 => {
                item.attachments.push(Attachment { properties: Properties::default(), content: Content::Missing })
            }
            0x0001_8010 | 0x0006_800f | 0x0006_9005 => {
                if item.attachments.is_empty() {
                    item.attachments.push(Attachment { properties: Properties::default(), content: Content::Missing });
                }
                if let Some(attachment) = item.attachments.last_mut() {
                    match attribute {
                        0x0001_8010 => attachment.properties.add(0x3704, text(), &none),
                        0x0006_800f => attachment.content = Content::Bytes(value.to_vec()),
                        _ => whole &= attached(attachment, Reader { rest: value, deeper, left: &mut *left }),
                    }
                }
            }
            _ => {}
        }
        at = at.saturating_add(9 + 2).saturating_add(length as usize);
    }
    for (number, value) in old {
        if item.properties.text(number).is_none() {
            item.properties.add(number, value, &none);
        }
    }
    item.settle_encoding();
    Some((item, whole))
}

/// Name and address of a sender as attributes of old have them: a kind, a size, two lengths, two strings.
fn sender(value: &[u8]) -> Option<[(u16, Value); 2]> {
    let (name, address) = (usize::from(u16_at(value, 4)?), usize::from(u16_at(value, 6)?));
    let text = |from: usize, length: usize| {
        let text = value.get(from..from + length)?;
        Some(text.split(|byte| *byte == 0).next().unwrap_or_default().to_vec())
    };
    let address = text(8 + name, address)?;
    // `SMTP:` stands before it.
    let at = address.iter().position(|byte| *byte == b':').map_or(0, |colon| colon + 1);
    Some([(0x0c1a, Value::Narrow(text(8, name)?)), (0x0c1f, Value::Narrow(address.get(at..)?.to_vec()))])
}

/// The properties of an attachment; a message in it lies in one of them.
fn attached(attachment: &mut Attachment, mut reader: Reader<'_>) -> bool {
    let mut properties = Properties::default();
    let whole = reader.properties(&mut properties).is_some();
    let deeper = reader.deeper;
    if let Some(Value::Bytes(bytes)) = properties.take(0x3701) {
        // An object begins with the number of its kind.
        let inner = bytes.get(16..).unwrap_or_default();
        attachment.content = match message(inner, deeper.saturating_sub(1), reader.left).filter(|_| deeper > 0) {
            Some((item, _)) => Content::Item(Box::new(item)),
            None if bytes.get(..4) == Some(&[0x0b, 0, 0, 0]) => Content::Bytes(inner.to_vec()),
            None => Content::Bytes(bytes),
        };
    }
    let title = attachment.properties.take(0x3704);
    attachment.properties = properties;
    if let (Some(title), None) = (title, attachment.properties.get(0x3704)) {
        attachment.properties.add(0x3704, title, &NameMap::default());
    }
    whole
}

/// Seven numbers of two bytes: year to second, and the day of the week.
fn moment(value: &[u8]) -> Option<u64> {
    let at = |place: usize| u16_at(value, place * 2).and_then(|number| i16::try_from(number).ok());
    let small = |place: usize| at(place).and_then(|number| i8::try_from(number).ok());
    let date = jiff::civil::Date::new(at(0)?, small(1)?, small(2)?).ok()?;
    let days = date.since(jiff::civil::Date::new(1601, 1, 1).ok()?).ok()?.get_days();
    let seconds = i64::from(small(3)?) * 3600 + i64::from(small(4)?) * 60 + i64::from(small(5)?);
    u64::try_from((i64::from(days) * 86_400 + seconds).checked_mul(10_000_000)?).ok()
}

struct Reader<'a> {
    rest: &'a [u8],
    deeper: u32,
    left: &'a mut u64,
}

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(count)?;
        self.rest = rest;
        Some(taken)
    }

    fn long(&mut self) -> Option<u32> {
        u32_at(self.take(4)?, 0)
    }

    /// `count` bytes, and what fills them up to a multiple of four.
    fn padded(&mut self, count: usize) -> Option<&'a [u8]> {
        let taken = self.take(count)?;
        let fill = (4 - count % 4) % 4;
        self.take(fill.min(self.rest.len()))?;
        Some(taken)
    }

    /// `None` where they break off; what came before is kept.
    fn properties(&mut self, properties: &mut Properties) -> Option<()> {
        for _ in 0..self.long()?.min(MOST) {
            let tag = self.take(4)?;
            let (kind, number) = (u16_at(tag, 0)?, u16_at(tag, 2)?);
            let name = if number >= 0x8000 { Some(self.name()?) } else { None };
            let value = self.value(kind)?;
            match (name, value) {
                (_, None) => {}
                (Some(name), Some(value)) => properties.add_named(name, value),
                (None, Some(value)) => properties.add(number, value, &NameMap::default()),
            }
        }
        Some(())
    }

    fn name(&mut self) -> Option<Name> {
        let set = u32_at(self.take(16)?, 0)?;
        if self.long()? == 0 {
            return Some(Name::Number(set, self.long()?));
        }
        let length = self.long()? as usize;
        let units: Vec<u16> =
            self.padded(length)?.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect();
        Some(Name::Word(set, String::from_utf16_lossy(&units).trim_end_matches('\0').to_lowercase()))
    }

    fn value(&mut self, kind: u16) -> Option<Option<Value>> {
        let single = kind & !0x1000;
        let size = Value::size(single);
        let count = if kind & 0x1000 != 0 || size.is_none() { self.long()? } else { 1 };
        let mut values = Vec::new();
        for _ in 0..count.min(MOST) {
            let length = match size {
                Some(size) => size,
                None => self.long()? as usize,
            };
            let bytes = self.padded(length)?;
            *self.left = self.left.checked_sub(bytes.len() as u64)?;
            values.extend(Value::new(if single == 0x000d { 0x0102 } else { single }, bytes));
        }
        Some(if kind & 0x1000 != 0 { Some(Value::Many(values)) } else { values.pop() })
    }
}
