//! The unit function: a unit's bytes in, items, mentions, gateway lines and listings out. Extract, then detect.
//!
//! It opens no file and keeps nothing between units but the container opened last. A parser's panic costs its item only: the
//! item is said to be corrupt. What it cannot survive (a stack overflow, the memory limit, a hang) is the parent's to see.

use crate::unit::{Container, Listing, Member, Scope, Step, Unit};
use crate::wire::MentionRecord;
use assay_analysis::detect::{Detection, Detector, ItemContext, RuleError};
use assay_analysis::gateway::{self, GatewaySource};
use assay_evidence::extract::{self, Limits, ReadSeek, Reading, Recogniser};
use assay_evidence::intake;
use assay_model::{
    Cell, Content, ExhibitKind, Item, ItemCategory, ItemPath, ItemStatus, MentionId, Passage, ScanSettings, Sha256,
    UnreadReason, Warning,
};
use std::io::{Cursor, Read, SeekFrom};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// What a unit gives, piece by piece.
#[derive(Debug)]
pub enum Output {
    /// Mentions of an item that follows.
    Mentions(Vec<MentionRecord>),
    /// An item; its mentions were given before.
    Item(Item),
    /// A file of the gateway's evidence, with its item.
    Gateway(Item, GatewaySource),
    /// A container's members.
    Listing(Listing),
}

/// A worker's means: compiled rules, limits, the container opened last.
pub struct Workshop<'a> {
    detector: Detector,
    limits: Limits,
    recogniser: Option<&'a dyn Recogniser>,
    opened: Option<(Unit, Vec<u8>)>,
}

/// An item under way: its path, and the way to it.
struct Place<'a> {
    unit: &'a Unit,
    path: ItemPath,
    steps: Vec<Step>,
}

impl<'a> Workshop<'a> {
    /// Compiles the rules for a case.
    pub fn new(settings: &ScanSettings) -> Result<Self, RuleError> {
        Ok(Self { detector: Detector::new(settings)?, limits: Limits::default(), recogniser: None, opened: None })
    }

    /// From now on pictures are recognised by this one.
    pub fn recognise_with(&mut self, recogniser: &'a dyn Recogniser) {
        self.recogniser = Some(recogniser);
    }

    /// Reads a unit; `file` is the exhibit's file at its start.
    pub fn run(&mut self, unit: &Unit, file: &mut dyn ReadSeek, give: &mut dyn FnMut(Output)) {
        let Scope::Members(range) = &unit.scope else {
            let place = Place { unit, path: unit.file.clone(), steps: Vec::new() };
            let bytes = file.seek(SeekFrom::End(0)).unwrap_or(0);
            // The parent knows the digest from sealing; reading the file once more would only cost time.
            return self.read(&place, file, bytes, Sha256::default(), give);
        };
        let container = &range.container;
        let opened = match self.open(unit, container, file) {
            Ok(opened) => opened,
            Err(reason) => {
                for (path, bytes) in unit.items() {
                    give(Output::Item(self.not_read(unit, path, bytes, reason)));
                }
                return;
            }
        };
        let end = range.first.saturating_add(u32::try_from(range.members.len()).unwrap_or(u32::MAX));
        let limits = self.limits.clone();
        let reading = Reading::within(&limits);
        let mut visit = |n: u32, entry: &extract::MemberEntry, data: Result<Vec<u8>, UnreadReason>| {
            let path = container.path.member(&entry.name);
            let mut steps = container.steps.clone();
            steps.push(Step { media_type: container.media_type.clone(), member: n });
            match data {
                Ok(data) => {
                    let place = Place { unit, path, steps };
                    let (size, digest) = (data.len() as u64, intake::digest(&data));
                    self.read(&place, &mut Cursor::new(data), size, digest, give);
                }
                Err(reason) => give(Output::Item(self.not_read(unit, path, entry.bytes, reason))),
            }
        };
        let range = range.first..end;
        match opened {
            Some(bytes) => {
                extract::visit_members(&mut Cursor::new(&bytes), &container.media_type, range, &reading, &mut visit);
                self.opened = Some((whole(unit, container), bytes));
            }
            None => extract::visit_members(file, &container.media_type, range, &reading, &mut visit),
        }
    }

    fn reading(&self) -> Reading<'_> {
        Reading { recogniser: self.recogniser, ..Reading::within(&self.limits) }
    }

    /// The bytes of a container inside the file; `None` where the file itself is the container.
    fn open(
        &mut self,
        unit: &Unit,
        container: &Container,
        file: &mut dyn ReadSeek,
    ) -> Result<Option<Vec<u8>>, UnreadReason> {
        let key = whole(unit, container);
        match self.opened.take() {
            Some((held, bytes)) if held == key => return Ok(Some(bytes)),
            _ => {}
        }
        let mut bytes: Option<Vec<u8>> = None;
        for step in &container.steps {
            let mut taken = Err(UnreadReason::Corrupt);
            let mut take = |_: u32, _: &extract::MemberEntry, data| taken = data;
            let range = step.member..step.member.saturating_add(1);
            match &bytes {
                None => extract::visit_members(file, &step.media_type, range, &self.reading(), &mut take),
                Some(bytes) => {
                    let mut input = Cursor::new(bytes);
                    extract::visit_members(&mut input, &step.media_type, range, &self.reading(), &mut take);
                }
            }
            bytes = Some(taken?);
        }
        Ok(bytes)
    }

    fn read(
        &self,
        place: &Place<'_>,
        input: &mut dyn ReadSeek,
        bytes: u64,
        sha256: Sha256,
        give: &mut dyn FnMut(Output),
    ) {
        let (mut people, mut ended) = (false, false);
        let whole = catch_unwind(AssertUnwindSafe(|| {
            self.item(place, input, bytes, sha256, &mut |output| {
                people |= matches!(output, Output::Mentions(_));
                ended |= matches!(output, Output::Item(_) | Output::Gateway(..));
                give(output);
            });
        }));
        if whole.is_err() && !ended {
            let mut item = self.not_read(place.unit, place.path.clone(), bytes, UnreadReason::Corrupt);
            if people {
                item.status = ItemStatus::Partial;
            }
            item.sha256 = sha256;
            item.warnings.push(Warning("the reader of this format failed on it".into()));
            give(Output::Item(item));
        }
    }

    /// An item that was not read: where it lay still says whose it may be.
    fn not_read(&self, unit: &Unit, path: ItemPath, bytes: u64, reason: UnreadReason) -> Item {
        let mut item = unread(unit, path, bytes, reason);
        item.controller_hints = self.detector.begin(context(unit, &item.path)).finish().controller_hints;
        item
    }

    fn item(
        &self,
        place: &Place<'_>,
        input: &mut dyn ReadSeek,
        bytes: u64,
        sha256: Sha256,
        give: &mut dyn FnMut(Output),
    ) {
        let unit = place.unit;
        let mut item = unread(unit, place.path.clone(), bytes, UnreadReason::Unsupported);
        item.sha256 = sha256;
        if unit.kind == ExhibitKind::Gateway
            && let Some(parse) = self.gateway(place, input, bytes)
        {
            item.media_type = "text/x-netscaler".into();
            item.status = ItemStatus::Read;
            let source = GatewaySource { exhibit: unit.exhibit.clone(), path: place.path.clone(), parse };
            return give(Output::Gateway(item, source));
        }
        if input.rewind().is_err() {
            item.status = ItemStatus::Unread(UnreadReason::Corrupt);
            return give(Output::Item(item));
        }
        let mut reader = Reader {
            detection: self.detector.begin(context(unit, &place.path)),
            held: Vec::new(),
            weight: 0,
            mentions: 0,
        };
        let extracted = extract::extract_each(input, place.path.file_name(), &self.reading(), &mut |passage| {
            reader.take(passage, give);
        });
        item.media_type = extracted.media_type;
        item.status = extracted.status;
        item.warnings = extracted.warnings;
        let too_deep = place.steps.len() >= self.limits.depth as usize;
        if !extracted.members.is_empty() && too_deep {
            item.status = ItemStatus::Unread(UnreadReason::Limit);
            item.warnings.push(Warning(format!("containers are opened {} deep, no deeper", self.limits.depth)));
        }
        reader.flush(give);
        let detected = reader.detection.finish();
        item.category = detected.category;
        item.category_reasons = detected.category_reasons;
        item.controller_hints = detected.controller_hints;
        item.oldest = detected.oldest;
        item.newest = detected.newest;
        let path = item.path.clone();
        let media_type = item.media_type.clone();
        give(Output::Item(item));
        if !extracted.members.is_empty() && !too_deep {
            let container = Container { path, media_type, steps: place.steps.clone() };
            let members = extracted.members.into_iter().map(|m| Member { name: m.name, bytes: m.bytes }).collect();
            give(Output::Listing(Listing { container, members }));
        }
    }

    /// The file as gateway evidence, where it is a log or a configuration in plain text.
    fn gateway(&self, place: &Place<'_>, input: &mut dyn ReadSeek, bytes: u64) -> Option<assay_model::GatewayParse> {
        if bytes > self.limits.item_bytes {
            return None;
        }
        input.rewind().ok()?;
        let mut text = Vec::new();
        input.take(bytes).read_to_end(&mut text).ok()?;
        gateway::read(&place.unit.exhibit, &place.path, &text)
    }
}

/// Content that is held until it is looked through, bytes, about: a letter is never cut, a table of a million rows is.
const STRETCH: usize = 32 << 20;

/// One item's passages on their way through detection.
struct Reader<'a> {
    detection: Detection<'a>,
    held: Vec<Passage>,
    weight: usize,
    mentions: u64,
}

impl Reader<'_> {
    fn take(&mut self, passage: Passage, give: &mut dyn FnMut(Output)) {
        self.weight += weight(&passage);
        self.held.push(passage);
        if self.weight >= STRETCH {
            self.flush(give);
        }
    }

    fn flush(&mut self, give: &mut dyn FnMut(Output)) {
        let passages = std::mem::take(&mut self.held);
        self.weight = 0;
        let mentions = self.detection.read(&passages);
        let numbered = mentions.into_iter().zip(self.mentions..);
        let records: Vec<_> = numbered.map(|(mention, ordinal)| MentionRecord { ordinal, mention }).collect();
        self.mentions += records.len() as u64;
        if !records.is_empty() {
            give(Output::Mentions(records));
        }
    }
}

/// What a passage takes in memory, bytes, about.
fn weight(passage: &Passage) -> usize {
    match &passage.content {
        Content::Text { text, .. } => text.len(),
        Content::Table(table) => {
            let of_cell = |cell: &Cell| size_of::<Cell>() + if let Cell::Text(text) = cell { text.len() } else { 0 };
            table.rows.iter().flatten().map(of_cell).sum()
        }
    }
}

/// What detection is told of an item.
fn context<'a>(unit: &'a Unit, path: &'a ItemPath) -> ItemContext<'a> {
    ItemContext { exhibit: &unit.exhibit, kind: unit.kind, path }
}

/// The whole of a container, as a key.
fn whole(unit: &Unit, container: &Container) -> Unit {
    let members = crate::unit::Members { container: container.clone(), first: 0, members: Vec::new() };
    Unit { scope: Scope::Members(members), ..unit.clone() }
}

/// An item that was not read, with what is known of it all the same.
pub(crate) fn unread(unit: &Unit, path: ItemPath, bytes: u64, reason: UnreadReason) -> Item {
    Item {
        exhibit: unit.exhibit.clone(),
        path,
        bytes,
        sha256: Sha256::default(),
        media_type: "application/octet-stream".into(),
        status: ItemStatus::Unread(reason),
        category: ItemCategory::Other,
        category_reasons: Vec::new(),
        controller_hints: Vec::new(),
        oldest: None,
        newest: None,
        warnings: Vec::new(),
    }
}

/// A mention's id: the first eight bytes of BLAKE3 over the exhibit's hash, the mention's locator and its number in the item.
pub fn mention_id(exhibit_hash: &[u8; 32], record: &MentionRecord) -> MentionId {
    let mut hasher = blake3::Hasher::new();
    hasher.update(exhibit_hash);
    hasher.update(record.mention.locator.path.as_str().as_bytes()).update(b"\0");
    hasher.update(record.mention.locator.place.to_string().as_bytes()).update(b"\0");
    hasher.update(&record.ordinal.to_le_bytes());
    let digest = hasher.finalize();
    let head = digest.as_bytes().first_chunk::<8>().copied().unwrap_or_default();
    MentionId(u64::from_be_bytes(head))
}
