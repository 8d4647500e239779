//! Outlook messages (msg): what their storages hold, as properties (MS-OXMSG). What these mean is said in `mapi`; messages
//! attached to messages are composed as messages of the net, to any depth.

use super::little_endian::u16_at;
use super::mapi::{Attachment, Content, Item, Names as NameMap, Properties, Value, compose};
use super::ole::{self, Compound};
use super::{Job, Limits, MemberEntry, Names, ReadSeek, Visit, ole_native, read_at_most};
use assay_model::UnreadReason;

/// Messages in messages are followed this deep.
const NESTING: u32 = 32;

/// What a message in a message costs at least, bytes.
const OBJECT: u64 = 4096;

pub(super) fn read(job: &mut Job<'_, '_>) -> Result<(), UnreadReason> {
    let file = Compound::open(job.whole()?)?;
    let item = item(&file, job.reading.limits);
    // A limit reached is said by the one who counts.
    let _ = item.give(job.out, job.reading);
    for (index, attachment) in item.attachments.iter().enumerate() {
        let size = content(attachment, job.reading.limits).map_or(0, |bytes| bytes.len() as u64);
        if job.out.member(&item.attachment_name(index), size).is_err() {
            break;
        }
    }
    Ok(())
}

pub(super) fn visit(input: &mut dyn ReadSeek, visit: &mut Visit<'_>) {
    let limits = visit.reading.limits;
    let Ok(file) = read_at_most(input, limits.item_bytes).and_then(Compound::open) else { return };
    visit_item(&item(&file, limits), visit);
}

/// Opens what is attached to an item.
pub(super) fn visit_item(item: &Item, visit: &mut Visit<'_>) {
    let limits = visit.reading.limits;
    let mut names = Names::default();
    for (number, (index, attachment)) in (0_u32..visit.range.end).zip(item.attachments.iter().enumerate()) {
        let name = names.unique(&item.attachment_name(index));
        let bytes = content(attachment, limits);
        let member = MemberEntry { name, bytes: bytes.as_ref().map_or(0, |bytes| bytes.len() as u64) };
        if visit.range.contains(&number) {
            (visit.visit)(number, &member, bytes.ok_or(UnreadReason::Corrupt));
        }
    }
}

/// What is attached, as bytes; `None` where there is a link only, or nothing to be had.
pub(super) fn content(attachment: &Attachment, limits: &Limits) -> Option<Vec<u8>> {
    match &attachment.content {
        Content::Bytes(bytes) => Some(bytes.clone()),
        Content::Item(item) => Some(compose(item, limits)),
        Content::Missing => None,
    }
}

fn item(file: &Compound, limits: &Limits) -> Item {
    let stream =
        |storage: usize, number: &str| file.named(storage, &format!("__substg1.0_{number}")).unwrap_or_default();
    let names = file.find(ole::ROOT, "__nameid_version1.0");
    let names = names.map(|at| NameMap::new(&stream(at, "00020102"), &stream(at, "00030102"), &stream(at, "00040102")));
    let mut reader =
        Reader { file, names: names.unwrap_or_default(), left: limits.item_bytes.saturating_mul(2), damaged: false };
    reader.item(ole::ROOT, 32, NESTING.min(limits.nesting))
}

struct Reader<'a> {
    file: &'a Compound,
    names: NameMap,
    /// Streams may share their bytes; what is read of them together may not exceed this.
    left: u64,
    damaged: bool,
}

impl Reader<'_> {
    /// The item of a storage; `header` bytes stand before the first property of fixed size.
    fn item(&mut self, storage: usize, header: usize, deeper: u32) -> Item {
        let mut item = Item { properties: self.properties(storage, header), ..Item::default() };
        // Storages may name each other in rings.
        self.left = self.left.saturating_sub(OBJECT);
        for recipient in self.storages(storage, "__recip_version1.0_") {
            let properties = self.properties(recipient, 8);
            item.recipients.push(properties);
        }
        for attachment in self.storages(storage, "__attach_version1.0_") {
            let attachment = self.attachment(attachment, deeper);
            item.attachments.push(attachment);
        }
        item.damaged = self.damaged;
        item.settle_encoding();
        item
    }

    fn storages(&self, storage: usize, start: &str) -> Vec<usize> {
        let mut found: Vec<usize> =
            self.file.children(storage).into_iter().filter(|child| self.file.name(*child).starts_with(start)).collect();
        found.sort_by(|one, two| self.file.name(*one).cmp(self.file.name(*two)));
        found
    }

    fn stream(&mut self, object: usize) -> Option<Vec<u8>> {
        let bytes = self.file.stream(object);
        match self.left.checked_sub(bytes.len() as u64) {
            Some(left) => self.left = left,
            None => {
                self.damaged = true;
                return None;
            }
        }
        Some(bytes)
    }

    fn properties(&mut self, storage: usize, header: usize) -> Properties {
        let mut properties = Properties::default();
        let mut many: Vec<(u16, u16, String, usize)> = Vec::new();
        for child in self.file.children(storage) {
            let name = self.file.name(child).to_owned();
            if name.eq_ignore_ascii_case("__properties_version1.0") {
                let Some(stream) = self.stream(child) else { continue };
                for entry in stream.get(header..).unwrap_or_default().chunks_exact(16) {
                    let (Some(kind), Some(number), Some(value)) = (u16_at(entry, 0), u16_at(entry, 2), entry.get(8..))
                    else {
                        continue;
                    };
                    if Value::size(kind).is_some_and(|size| size <= 8)
                        && let Some(value) = Value::new(kind, value)
                    {
                        properties.add(number, value, &self.names);
                    }
                }
                continue;
            }
            let Some(digits) =
                name.get(..12).filter(|start| start.eq_ignore_ascii_case("__substg1.0_")).and(name.get(12..))
            else {
                continue;
            };
            let hexadecimal =
                |from: usize| digits.get(from..from + 4).and_then(|four| u16::from_str_radix(four, 16).ok());
            let (Some(number), Some(kind)) = (hexadecimal(0), hexadecimal(4)) else { continue };
            let rest = digits.get(8..).unwrap_or_default();
            if kind & 0x1000 != 0 {
                many.push((number, kind & !0x1000, rest.to_owned(), child));
                continue;
            }
            // What is attached is opened where it is asked for.
            if kind == 0x000d || number == 0x3701 || !rest.is_empty() {
                continue;
            }
            if let Some(value) = self.stream(child).and_then(|bytes| Value::new(kind, &bytes)) {
                properties.add(number, value, &self.names);
            }
        }
        self.several(many, &mut properties);
        properties
    }

    /// Properties of many values: each value of no fixed size is a stream of its own.
    fn several(&mut self, mut many: Vec<(u16, u16, String, usize)>, properties: &mut Properties) {
        many.sort_by(|one, two| (one.0, &one.2).cmp(&(two.0, &two.2)));
        let mut rest = many.as_slice();
        while let Some((number, kind, ..)) = rest.first() {
            let count = rest.iter().take_while(|(other, ..)| other == number).count();
            let (these, others) = rest.split_at(count);
            let value = match Value::size(*kind) {
                Some(size) => {
                    let bytes = these.first().and_then(|(.., child)| self.stream(*child)).unwrap_or_default();
                    Value::many_of_size(*kind, size, &bytes)
                }
                None => {
                    let own = these.iter().filter(|(.., index, _)| !index.is_empty());
                    let values =
                        own.filter_map(|(.., child)| self.stream(*child).and_then(|bytes| Value::new(*kind, &bytes)));
                    Value::Many(values.collect())
                }
            };
            properties.add(*number, value, &self.names);
            rest = others;
        }
    }

    fn attachment(&mut self, storage: usize, deeper: u32) -> Attachment {
        let properties = self.properties(storage, 8);
        let content = if let Some(stream) = self.file.find(storage, "__substg1.0_37010102") {
            self.stream(stream).map_or(Content::Missing, Content::Bytes)
        } else if let Some(inner) = self.file.find(storage, "__substg1.0_3701000D") {
            if self.file.find(inner, "__properties_version1.0").is_some() {
                if deeper > 0 && self.left > 0 {
                    Content::Item(Box::new(self.item(inner, 24, deeper - 1)))
                } else {
                    Content::Missing
                }
            } else {
                self.object(inner)
            }
        } else {
            Content::Missing
        };
        Attachment { properties, content }
    }
    /// An object of another program: a stream of its own, what the packager wrapped, or a document in a storage.
    fn object(&mut self, storage: usize) -> Content {
        let file = self.file;
        let stream = ["Package", "CONTENTS"].iter().find_map(|name| file.find(storage, name));
        if let Some(stream) = stream {
            return self.stream(stream).map_or(Content::Missing, Content::Bytes);
        }
        if let Some(stream) = file.find(storage, "\u{1}Ole10Native") {
            let native = self.stream(stream).and_then(|bytes| ole_native::native(&bytes));
            return native.map_or(Content::Missing, |native| Content::Bytes(native.content));
        }
        if file.children(storage).is_empty() { Content::Missing } else { Content::Bytes(file.rebuilt(storage)) }
    }
}
