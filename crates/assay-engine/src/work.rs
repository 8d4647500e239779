//! The unit function: a unit's bytes in, items, mentions, gateway lines and listings out. Extract, then detect.
//!
//! It opens no file and keeps nothing between units but the container opened last. Everything is read without a password
//! first: only what is encrypted sees one, and an item that needed one says whose it was. A parser's panic costs its item only: the
//! item is said to be corrupt. What it cannot survive (a stack overflow, the memory limit, a hang) is the parent's to see.

use crate::likeness::Liking;
use crate::passwords::Passwords;
use crate::unit::{Container, Listing, Member, Members, Scope, Step, Unit};
use crate::wire::MentionRecord;
use assay_analysis::detect::{Detection, Detector, ItemContext, PasswordSearch, RuleError};
use assay_analysis::gateway::{self, GatewaySource};
use assay_evidence::extract::{self, Limits, ReadSeek, Reading, Recogniser};
use assay_evidence::intake;
use assay_model::{
    Cell, Content, ExhibitKind, FoundPassword, Item, ItemCategory, ItemPath, ItemStatus, Likeness, MentionId, Passage,
    PasswordOrigin, ScanSettings, Sensitive, Sha256, UnreadReason, Want, Warning,
};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{Cursor, Read, SeekFrom};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// What a unit gives, piece by piece.
#[derive(Debug)]
pub enum Output {
    /// Mentions of an item that follows.
    Mentions(Vec<MentionRecord>),
    /// Passwords that stand in an item that follows.
    Passwords(Vec<FoundPassword>),
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
    passwords: Passwords,
    opened: Option<(Unit, Vec<u8>)>,
}

/// An item under way: its path, the way to it, and whose password opened the container for it.
struct Place<'a> {
    unit: &'a Unit,
    path: ItemPath,
    steps: Vec<Step>,
    opened_with: Option<PasswordOrigin>,
}

impl<'a> Workshop<'a> {
    /// Compiles the rules for a case.
    pub fn new(settings: &ScanSettings) -> Result<Self, RuleError> {
        let (limits, passwords) = (Limits::default(), Passwords::default());
        Ok(Self { detector: Detector::new(settings)?, limits, recogniser: None, passwords, opened: None })
    }

    /// From now on pictures are recognised by this one.
    pub fn recognise_with(&mut self, recogniser: &'a dyn Recogniser) {
        self.recogniser = Some(recogniser);
    }

    /// What is encrypted is tried with these from now on.
    pub fn try_passwords(&mut self, passwords: Passwords) {
        self.passwords = passwords;
    }

    /// Reads a unit; `file` is the exhibit's file at its start.
    pub fn run(&mut self, unit: &Unit, file: &mut dyn ReadSeek, give: &mut dyn FnMut(Output)) {
        let Scope::Members(range) = &unit.scope else {
            let place = Place { unit, path: unit.file.clone(), steps: Vec::new(), opened_with: None };
            let bytes = file.seek(SeekFrom::End(0)).unwrap_or(0);
            // The parent knows the digest from sealing; reading the file once more would only cost time.
            return self.read(&place, file, bytes, Sha256::default(), give);
        };
        let container = &range.container;
        match self.open(unit, container, file) {
            Ok(Some(bytes)) => {
                self.members(unit, range, &mut Cursor::new(&bytes), give);
                self.opened = Some((whole(unit, container), bytes));
            }
            Ok(None) => self.members(unit, range, file, give),
            Err(reason) => {
                for (path, bytes) in unit.items() {
                    give(Output::Item(self.not_read(unit, path, bytes, reason)));
                }
            }
        }
    }

    /// Reads a range of members: first without a password, then what is left with the user's, then with those found.
    fn members(&self, unit: &Unit, range: &Members, input: &mut dyn ReadSeek, give: &mut dyn FnMut(Output)) {
        let container = &range.container;
        let end = range.first.saturating_add(u32::try_from(range.members.len()).unwrap_or(u32::MAX));
        let mut left: BTreeSet<u32> = (range.first..end).collect();
        let mut refused = BTreeMap::new();
        let no_password = (None, &[][..]);
        let sets = self.passwords.of(&unit.exhibit).into_iter().map(|(origin, passwords)| (Some(origin), passwords));
        for (opened_with, passwords) in [no_password].into_iter().chain(sets) {
            let (Some(&from), Some(&to)) = (left.first(), left.last()) else { break };
            let mut visit = |n: u32, entry: &extract::MemberEntry, data: Result<Vec<u8>, UnreadReason>| {
                // Of an archive whose names are encrypted nothing comes without a password.
                if !left.contains(&n) {
                    return;
                }
                let path = container.path.member(&entry.name);
                match data {
                    Ok(data) => {
                        left.remove(&n);
                        refused.remove(&n);
                        let mut steps = container.steps.clone();
                        steps.push(Step { media_type: container.media_type.clone(), member: n });
                        let place = Place { unit, path, steps, opened_with };
                        let (size, digest) = (data.len() as u64, intake::digest(&data));
                        let cut = extract::is_cut(&container.media_type, entry, size);
                        self.read(&place, &mut Cursor::new(data), size, digest, &mut |mut output| {
                            if let Output::Item(item) = &mut output
                                && cut
                            {
                                mark_as_cut(item);
                            }
                            give(output);
                        });
                    }
                    Err(reason) => {
                        if opened_with.is_none() && reason != UnreadReason::Encrypted {
                            left.remove(&n);
                        }
                        // A wrong password may pass a short check and give rubbish.
                        if reason != UnreadReason::Corrupt || !refused.contains_key(&n) {
                            refused.insert(n, (path, entry.bytes, reason));
                        }
                    }
                }
            };
            let reading = self.reading(passwords);
            extract::visit_members(input, &container.media_type, from..to.saturating_add(1), &reading, &mut visit);
        }
        for (path, bytes, reason) in refused.into_values() {
            give(Output::Item(self.not_read(unit, path, bytes, reason)));
        }
    }

    fn reading<'s>(&'s self, passwords: &'s [Sensitive<String>]) -> Reading<'s> {
        Reading { passwords, recogniser: self.recogniser, ..Reading::within(&self.limits) }
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
            bytes = Some(match &bytes {
                None => self.step(unit, step, file)?,
                Some(bytes) => self.step(unit, step, &mut Cursor::new(bytes))?,
            });
        }
        Ok(bytes)
    }

    /// The bytes of one member, with a password where it takes one.
    fn step(&self, unit: &Unit, step: &Step, input: &mut dyn ReadSeek) -> Result<Vec<u8>, UnreadReason> {
        let range = step.member..step.member.saturating_add(1);
        let sets = self.passwords.of(&unit.exhibit).into_iter().map(|(_, passwords)| passwords);
        let mut taken = Err(UnreadReason::Corrupt);
        for passwords in [&[][..]].into_iter().chain(sets) {
            let mut take = |_: u32, _: &extract::MemberEntry, data| taken = data;
            extract::visit_members(input, &step.media_type, range.clone(), &self.reading(passwords), &mut take);
            if taken.is_ok() {
                break;
            }
        }
        taken
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
        item.opened_with = place.opened_with;
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
        let (extracted, mut reader) = self.extract(place, input, &mut item.opened_with, give);
        item.wants = extracted.wants;
        item.media_type = extracted.media_type;
        item.status = extracted.status;
        item.warnings = extracted.warnings;
        let too_deep = place.steps.len() >= self.limits.depth as usize;
        if !extracted.members.is_empty() && too_deep {
            item.status = ItemStatus::Unread(UnreadReason::Limit);
            item.warnings.push(Warning(format!("containers are opened {} deep, no deeper", self.limits.depth)));
        }
        reader.flush(give);
        let Reader { detection, passwords, liking, .. } = reader;
        if let Some(passwords) = passwords.map(PasswordSearch::found).filter(|found| !found.is_empty()) {
            give(Output::Passwords(passwords));
        }
        item.likeness = liking.map(|liking| liking.done(&extracted.message)).unwrap_or_default();
        let detected = detection.finish();
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

    /// Extraction without a password, and with one where that left something encrypted; with the reader that holds what came.
    fn extract<'s>(
        &'s self,
        place: &'s Place<'_>,
        input: &mut dyn ReadSeek,
        opened_with: &mut Option<PasswordOrigin>,
        give: &mut dyn FnMut(Output),
    ) -> (extract::Extracted, Reader<'s>) {
        let name = place.path.file_name();
        let mut attempt = |passwords: &[Sensitive<String>]| {
            let mut reader = Reader::new(&self.detector, place);
            let reading = self.reading(passwords);
            let extracted = extract::extract_each(input, name, &reading, &mut |passage| reader.take(passage, give));
            (extracted, reader)
        };
        let mut best = attempt(&[]);
        for (origin, passwords) in self.passwords.of(&place.unit.exhibit) {
            // What was handed on already is not read a second time.
            if !best.0.wants.contains(&Want::Password) || best.1.flushed {
                break;
            }
            let again = attempt(passwords);
            if again.0.status != ItemStatus::Unread(UnreadReason::Encrypted) {
                *opened_with = Some(origin);
                best = again;
            }
        }
        best
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
    /// Registers are looked through for people only.
    passwords: Option<PasswordSearch<'a>>,
    liking: Option<Liking>,
    held: Vec<Passage>,
    weight: usize,
    mentions: u64,
    flushed: bool,
}

impl<'a> Reader<'a> {
    fn new(detector: &'a Detector, place: &'a Place<'_>) -> Self {
        let context = context(place.unit, &place.path);
        let compared = place.unit.kind != ExhibitKind::Register;
        Self {
            detection: detector.begin(context),
            passwords: compared.then(|| detector.search_passwords(context)),
            liking: compared.then(Liking::default),
            held: Vec::new(),
            weight: 0,
            mentions: 0,
            flushed: false,
        }
    }

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
        self.flushed = true;
        if let Some(passwords) = &mut self.passwords {
            passwords.read(&passages);
        }
        if let Some(liking) = &mut self.liking {
            passages.iter().for_each(|passage| liking.take(passage));
        }
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

/// An item of which its container gave only the beginning must not look whole.
fn mark_as_cut(item: &mut Item) {
    if item.status == ItemStatus::Read {
        item.status = ItemStatus::Partial;
    }
    item.warnings.push(Warning("cut: its container gave less of it than it declares".into()));
}

/// What detection is told of an item.
fn context<'a>(unit: &'a Unit, path: &'a ItemPath) -> ItemContext<'a> {
    ItemContext { exhibit: &unit.exhibit, kind: unit.kind, path }
}

/// The whole of a container, as a key.
fn whole(unit: &Unit, container: &Container) -> Unit {
    let members = Members { container: container.clone(), first: 0, members: Vec::new() };
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
        wants: match reason {
            UnreadReason::Encrypted => [Want::Password].into(),
            UnreadReason::NoOcr => [Want::Recogniser].into(),
            _ => BTreeSet::new(),
        },
        opened_with: None,
        likeness: Likeness::default(),
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
