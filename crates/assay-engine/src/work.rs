//! The unit function: a unit's bytes in, items, mentions, gateway lines and listings out. Extract, then detect.
//!
//! It opens no file and keeps nothing between units but the container opened last. What a unit puts together as volumes of a set
//! is read as one where the content of the first agrees, and else said to be none. Everything is read without a password
//! first: only what is encrypted sees one, and an item that needed one says whose it was. A parser's panic costs its item only: the
//! item is said to be corrupt. What it cannot survive (a stack overflow, the memory limit, a hang) is the parent's to see.
//!
//! Long because the ways to an item (a file, a member, volumes of either) share one state.

use crate::likeness::Liking;
use crate::passwords::Passwords;
use crate::unit::{Container, Listing, Member, MemberSet, Members, Scope, Step, Unit, Volume};
use crate::wire::MentionRecord;
use assay_analysis::detect::{Detection, Detector, ItemContext, PasswordSearch, RuleError};
use assay_analysis::gateway::{self, GatewaySource, Streamed};
use assay_analysis::verify::{CanarySearch, ListingSearch};
use assay_evidence::extract::{self, Limits, ReadSeek, Reading, Recogniser};
use assay_evidence::intake;
use assay_evidence::volumes::{Bytes, Volumes};
use assay_model::{
    Cell, Content, ControllerHint, ControllerId, ExhibitKind, Finding, FoundPassword, HintBasis, Item, ItemCategory,
    ItemPath, ItemStatus, Likeness, ListedFile, MentionId, Passage, PasswordOrigin, ScanSettings, Sensitive, Sha256,
    UnreadReason, Want, Warning,
};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{BufReader, Cursor, Read, SeekFrom};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// What a unit gives, piece by piece.
#[derive(Debug)]
pub enum Output {
    /// Mentions of an item that follows. Each stretch of a long item gives some or none: its parent sees that work goes on.
    Mentions(Vec<MentionRecord>),
    /// Passwords that stand in an item that follows.
    Passwords(Vec<FoundPassword>),
    /// Findings beside nobody that may harm all the same, of an item that follows.
    Loose(Vec<Finding>),
    /// Files that an item lists that follows.
    Listed(Vec<ListedFile>),
    /// An item; its mentions were given before.
    Item(Item),
    /// A file of the gateway's evidence, with its item.
    Gateway(Item, Box<GatewaySource>),
    /// A long item is still being read.
    Alive,
    /// A container's members.
    Listing(Listing),
    /// What the unit puts together is no set of volumes; nothing else is given.
    Apart,
}

/// A worker's means: compiled rules, limits, the container opened last.
pub struct Workshop<'a> {
    detector: Detector,
    canaries: CanarySearch,
    limits: Limits,
    recogniser: Option<&'a dyn Recogniser>,
    passwords: Passwords,
    opened: Option<(Unit, Held)>,
}

/// A container as it is held.
enum Held {
    /// The unit's file, or its set of files.
    File,
    /// A member.
    Member(Vec<u8>),
    /// Members that are volumes of one set.
    Set(Volumes),
}

/// A file with the volumes that it is joined of, where it is.
struct Source<'a> {
    input: &'a mut dyn ReadSeek,
    set: Option<&'a Volumes>,
}

/// An item under way: its path, the way to it, whose password opened the container for it, and its volumes.
struct Place<'a> {
    unit: &'a Unit,
    path: ItemPath,
    steps: Vec<Step>,
    opened_with: Option<PasswordOrigin>,
    set: Option<&'a Volumes>,
}

/// A volume that is read with another: its path, its number in the set, its size and digest.
struct Other {
    path: ItemPath,
    number: u32,
    bytes: u64,
    sha256: Sha256,
}

impl<'a> Workshop<'a> {
    /// Compiles the rules for a case.
    pub fn new(settings: &ScanSettings) -> Result<Self, RuleError> {
        let (limits, passwords) = (Limits::default(), Passwords::default());
        let canaries = CanarySearch::new(&settings.canaries);
        Ok(Self { detector: Detector::new(settings)?, canaries, limits, recogniser: None, passwords, opened: None })
    }

    /// From now on pictures are recognised by this one.
    pub fn recognise_with(&mut self, recogniser: &'a dyn Recogniser) {
        self.recogniser = Some(recogniser);
    }

    /// What is encrypted is tried with these from now on.
    pub fn try_passwords(&mut self, passwords: Passwords) {
        self.passwords = passwords;
    }

    /// Reads a unit; `files` are those that it names, in their order, each at its start. Those that could not be had are
    /// missing volumes.
    pub fn run(&mut self, unit: &Unit, files: Vec<Option<File>>, give: &mut dyn FnMut(Output)) {
        if unit.volumes.is_empty() {
            let Some(file) = files.into_iter().next().flatten() else { return };
            let alone = Volumes::alone(file);
            let mut input = BufReader::new(alone.joined());
            return self.read_unit(unit, Source { input: &mut input, set: Some(&alone) }, give);
        }
        let of_set = unit.volumes.iter().zip(files);
        let volumes = of_set.filter_map(|(volume, file)| Some((volume.number, Bytes::File(file?)))).collect();
        let root = unit.volumes.iter().find(|volume| volume.file == unit.file).map_or(1, |volume| volume.number);
        match extract::join(volumes, root, unit.file.file_name()) {
            Some(set) => {
                let mut input = BufReader::new(set.joined());
                self.read_unit(unit, Source { input: &mut input, set: Some(&set) }, give);
            }
            None if unit.scope == Scope::File => give(Output::Apart),
            None => self.none_read(unit, UnreadReason::Corrupt, give),
        }
    }

    fn read_unit(&mut self, unit: &Unit, mut file: Source<'_>, give: &mut dyn FnMut(Output)) {
        let container = match &unit.scope {
            Scope::File => {
                let (path, set) = (unit.file.clone(), file.set);
                let place = Place { unit, path, steps: Vec::new(), opened_with: None, set };
                let bytes = file.input.seek(SeekFrom::End(0)).unwrap_or(0);
                let others = unit.volumes.iter().filter(|volume| volume.file != unit.file);
                // The parent knows sizes and digests from sealing; reading the file once more would only cost time.
                let sha256 = Sha256::default();
                let other = |v: &Volume| Other { path: v.file.clone(), number: v.number, bytes: 0, sha256 };
                return self.root(&place, file.input, (bytes, sha256), others.map(other).collect(), give);
            }
            Scope::Members(range) => &range.container,
            Scope::Set(set) => &set.container,
        };
        let held = match self.open(unit, container, &mut file) {
            Ok(held) => held,
            Err(reason) => return self.none_read(unit, reason, give),
        };
        // What is borrowed here is kept below.
        {
            let (mut of_member, mut of_set);
            let source = match &held {
                Held::File => Source { input: &mut *file.input, set: file.set },
                Held::Member(bytes) => {
                    of_member = Cursor::new(bytes);
                    Source { input: &mut of_member, set: None }
                }
                Held::Set(set) => {
                    of_set = BufReader::new(set.joined());
                    Source { input: &mut of_set, set: Some(set) }
                }
            };
            match &unit.scope {
                Scope::Members(range) => self.members(unit, range, source, give),
                Scope::Set(set) => self.set(unit, set, source, give),
                Scope::File => {}
            }
        }
        if !matches!(held, Held::File) {
            self.opened = Some((whole(unit, container), held));
        }
    }

    fn none_read(&self, unit: &Unit, reason: UnreadReason, give: &mut dyn FnMut(Output)) {
        for (path, bytes) in unit.items() {
            give(Output::Item(self.not_read(unit, path, bytes, reason)));
        }
    }

    /// Reads an item, and says of its other volumes that they were read with it.
    fn root(
        &self,
        place: &Place<'_>,
        input: &mut dyn ReadSeek,
        (bytes, sha256): (u64, Sha256),
        others: Vec<Other>,
        give: &mut dyn FnMut(Output),
    ) {
        let mut status = ItemStatus::Unread(UnreadReason::Corrupt);
        self.read(place, input, bytes, sha256, &mut |output| {
            if let Output::Item(item) = &output {
                status = item.status.clone();
            }
            give(output);
        });
        for Other { path, number, bytes, sha256 } in others {
            let mut item = self.not_read(place.unit, path, bytes, UnreadReason::Unsupported);
            item.media_type = VOLUME_TYPE.into();
            item.sha256 = sha256;
            item.status = match &status {
                ItemStatus::Unread(reason) => ItemStatus::Unread(*reason),
                _ => ItemStatus::Read,
            };
            item.warnings.push(Warning(format!("volume {number} of a set, read with the one that it is called by")));
            give(Output::Item(item));
        }
    }

    /// Members of a container that may be volumes of one set.
    fn set(&self, unit: &Unit, of: &MemberSet, container: Source<'_>, give: &mut dyn FnMut(Output)) {
        let (Ok((volumes, opened_with)), Some(path)) = (self.gather(unit, &of.step(), container), of.root_path())
        else {
            return give(Output::Apart);
        };
        let known = |(number, bytes): &(u32, Vec<u8>)| (*number, bytes.len() as u64, intake::digest(bytes));
        let known: Vec<_> = volumes.iter().map(known).collect();
        let Some(set) = joined(volumes, &of.step(), path.file_name()) else { return give(Output::Apart) };
        let mut own = (0, Sha256::default());
        let mut others = Vec::new();
        for (volume, (number, bytes, sha256)) in of.volumes.iter().zip(known) {
            match volume.at == of.root {
                true => own = (bytes, sha256),
                false => others.push(Other { path: of.path(volume), number, bytes, sha256 }),
            }
        }
        let mut steps = of.container.steps.clone();
        steps.push(of.step());
        let place = Place { unit, path, steps, opened_with, set: Some(&set) };
        self.root(&place, &mut BufReader::new(set.joined()), own, others, give);
    }

    /// Reads a range of members: first without a password, then what is left with the user's, then with those found.
    fn members(&self, unit: &Unit, range: &Members, from: Source<'_>, give: &mut dyn FnMut(Output)) {
        let Source { input, set } = from;
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
                        steps.push(Step::of(&container.media_type, n));
                        let place = Place { unit, path, steps, opened_with, set: None };
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
            let reading = self.reading(passwords, set);
            extract::visit_members(input, &container.media_type, from..to.saturating_add(1), &reading, &mut visit);
        }
        for (path, bytes, reason) in refused.into_values() {
            give(Output::Item(self.not_read(unit, path, bytes, reason)));
        }
    }

    fn reading<'s>(&'s self, passwords: &'s [Sensitive<String>], set: Option<&'s Volumes>) -> Reading<'s> {
        Reading { passwords, recogniser: self.recogniser, set, ..Reading::within(&self.limits) }
    }

    /// A container inside the file, or the file itself.
    fn open(&mut self, unit: &Unit, container: &Container, file: &mut Source<'_>) -> Result<Held, UnreadReason> {
        let key = whole(unit, container);
        match self.opened.take() {
            Some((held, container)) if held == key => return Ok(container),
            _ => {}
        }
        let mut held = Held::File;
        let names = container.path.as_str().split('!').skip(1).map(|name| name.rsplit('/').next().unwrap_or(name));
        for (step, name) in container.steps.iter().zip(names) {
            held = match &held {
                Held::File => self.step(unit, step, name, Source { input: &mut *file.input, set: file.set })?,
                Held::Member(bytes) => {
                    self.step(unit, step, name, Source { input: &mut Cursor::new(bytes), set: None })?
                }
                Held::Set(set) => {
                    let mut input = BufReader::new(set.joined());
                    self.step(unit, step, name, Source { input: &mut input, set: Some(set) })?
                }
            };
        }
        Ok(held)
    }

    /// What a step leads to, by its name, with a password where it takes one.
    fn step(&self, unit: &Unit, step: &Step, name: &str, from: Source<'_>) -> Result<Held, UnreadReason> {
        let (mut taken, _) = self.gather(unit, step, from)?;
        if step.volumes.is_empty() {
            return taken.pop().map(|(_, bytes)| Held::Member(bytes)).ok_or(UnreadReason::Corrupt);
        }
        joined(taken, step, name).map(Held::Set).ok_or(UnreadReason::Corrupt)
    }

    /// The bytes of the members that a step names, by their numbers in its set, and whose password opened them.
    fn gather(&self, unit: &Unit, step: &Step, from: Source<'_>) -> Result<Gathered, UnreadReason> {
        let wanted: Vec<(u32, u32)> = match step.volumes.as_slice() {
            [] => vec![(1, step.member)],
            volumes => volumes.to_vec(),
        };
        let (first, last) = wanted.iter().fold((u32::MAX, 0), |(low, high), (_, at)| (low.min(*at), high.max(*at)));
        let Source { input, set } = from;
        let no_password = (None, &[][..]);
        let sets = self.passwords.of(&unit.exhibit).into_iter().map(|(origin, passwords)| (Some(origin), passwords));
        let mut reason = UnreadReason::Corrupt;
        for (opened_with, passwords) in [no_password].into_iter().chain(sets) {
            let mut taken: BTreeMap<u32, Vec<u8>> = BTreeMap::new();
            let mut take = |at: u32, _: &extract::MemberEntry, data: extract::Opened| {
                let Some((number, _)) = wanted.iter().find(|(_, wanted)| *wanted == at) else { return };
                match data {
                    Ok(data) => _ = taken.insert(*number, data),
                    Err(why) => reason = why,
                }
            };
            let reading = self.reading(passwords, set);
            extract::visit_members(input, &step.media_type, first..last.saturating_add(1), &reading, &mut take);
            if taken.len() == wanted.len() {
                return Ok((taken.into_iter().collect(), opened_with));
            }
        }
        Err(reason)
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
                people |= matches!(&output, Output::Mentions(records) if !records.is_empty());
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
            && let Some((streamed, media_type)) = self.gateway(place, input, give)
        {
            item.media_type = media_type.into();
            item.status = ItemStatus::Read;
            if streamed.is_cut {
                item.status = ItemStatus::Partial;
                item.warnings.push(Warning("it breaks off: what came before the break was read".into()));
            }
            let digest = streamed.digest;
            let source = GatewaySource { exhibit: unit.exhibit.clone(), path: place.path.clone(), digest };
            return give(Output::Gateway(item, Box::new(source)));
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
        let Reader { detection, passwords, liking, listing, planted, .. } = reader;
        let listed = listing.map(ListingSearch::found).unwrap_or_default().into_iter();
        let listed: Vec<_> = listed.map(|line| line.of(&unit.exhibit, &place.path)).collect();
        if !listed.is_empty() {
            give(Output::Listed(listed));
        }
        if let Some(passwords) = passwords.map(PasswordSearch::found).filter(|found| !found.is_empty()) {
            give(Output::Passwords(passwords));
        }
        item.likeness = liking.map(|liking| liking.done(&extracted.message)).unwrap_or_default();
        let detected = detection.finish();
        if !detected.loose.is_empty() {
            give(Output::Loose(detected.loose));
        }
        item.category = detected.category;
        item.category_reasons = detected.category_reasons;
        item.controller_hints = detected.controller_hints;
        item.other_body = detected.other_body;
        let planted = planted.into_iter().map(|controller| ControllerHint { controller, basis: HintBasis::Canary });
        item.controller_hints.extend(planted);
        item.controller_hints.sort();
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
            let mut reader = Reader::new(&self.detector, &self.canaries, place);
            let reading = self.reading(passwords, place.set);
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

    /// The file as gateway evidence, where it is a log or a configuration, plain or packed with gzip; read as it comes, so that
    /// nothing grows with it.
    fn gateway(
        &self,
        place: &Place<'_>,
        input: &mut dyn ReadSeek,
        give: &mut dyn FnMut(Output),
    ) -> Option<(Streamed, &'static str)> {
        let (exhibit, path) = (&place.unit.exhibit, &place.path);
        let mut windows = 0_u32;
        let mut tick = || {
            windows += 1;
            if windows.is_multiple_of(SIGN_OF_LIFE) {
                give(Output::Alive);
            }
        };
        let most = self.limits.item_bytes.saturating_mul(GATEWAY_LOGS);
        if let Some(packed) = extract::Gunzip::open(input, most) {
            let mut packed = Packed(packed);
            return gateway::read_stream(exhibit, path, &mut packed, &mut tick).map(|log| (log, "application/gzip"));
        }
        let mut plain = Plain { input };
        gateway::read_stream(exhibit, path, &mut plain, &mut tick).map(|log| (log, "text/x-netscaler"))
    }
}

/// Windows of a log between two signs of life.
const SIGN_OF_LIFE: u32 = 64;

/// How many times the size of an item a packed log may have: it is not held.
const GATEWAY_LOGS: u64 = 64;

/// A file as it lies.
struct Plain<'i> {
    input: &'i mut dyn ReadSeek,
}

impl gateway::Stream for Plain<'_> {
    fn rewind(&mut self) -> bool {
        self.input.rewind().is_ok()
    }

    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        self.input.read(into)
    }
}

/// A file that is inflated as it is read.
struct Packed<'i>(extract::Gunzip<'i>);

impl gateway::Stream for Packed<'_> {
    fn rewind(&mut self) -> bool {
        self.0.rewind()
    }

    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        self.0.read(into)
    }
}

/// Content that is held until it is looked through, bytes, about: a letter is never cut, a table of a million rows is.
const STRETCH: usize = if cfg!(test) { 1 << 20 } else { 32 << 20 };

/// One item's passages on their way through detection.
struct Reader<'a> {
    detection: Detection<'a>,
    /// Registers are looked through for people only.
    passwords: Option<PasswordSearch<'a>>,
    liking: Option<Liking>,
    /// Listings are looked for where one may be: what a body lists, what a gang shows.
    listing: Option<ListingSearch>,
    /// A body's own listing names files, and nobody is looked for in it.
    is_inventory: bool,
    canaries: &'a CanarySearch,
    /// The bodies whose canaries stand in it.
    planted: BTreeSet<ControllerId>,
    held: Vec<Passage>,
    weight: usize,
    mentions: u64,
    flushed: bool,
}

impl<'a> Reader<'a> {
    fn new(detector: &'a Detector, canaries: &'a CanarySearch, place: &'a Place<'_>) -> Self {
        let context = context(place.unit, &place.path);
        let is_inventory = place.unit.kind == ExhibitKind::Inventory;
        let compared = place.unit.kind != ExhibitKind::Register && !is_inventory;
        let may_list = is_inventory || place.unit.kind == ExhibitKind::ProofPack;
        Self {
            detection: detector.begin(context),
            passwords: compared.then(|| detector.search_passwords(context)),
            liking: compared.then(Liking::default),
            listing: may_list.then(ListingSearch::default),
            is_inventory,
            canaries,
            planted: BTreeSet::new(),
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
        if let Some(listing) = &mut self.listing {
            passages.iter().for_each(|passage| listing.take(passage));
        }
        if self.is_inventory {
            return give(Output::Alive);
        }
        passages.iter().for_each(|passage| self.canaries.look(passage, &mut self.planted));
        let mentions = self.detection.read(&passages);
        let numbered = mentions.into_iter().zip(self.mentions..);
        let records: Vec<_> = numbered.map(|(mention, ordinal)| MentionRecord { ordinal, mention }).collect();
        self.mentions += records.len() as u64;
        give(Output::Mentions(records));
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

/// Members' bytes by their numbers in a set, and whose password opened them.
type Gathered = (Vec<(u32, Vec<u8>)>, Option<PasswordOrigin>);

/// The media type of a volume that is read with another.
pub const VOLUME_TYPE: &str = "application/x-archive-volume";

/// The members that a step names as one set.
fn joined(volumes: Vec<(u32, Vec<u8>)>, step: &Step, name: &str) -> Option<Volumes> {
    let root = step.volumes.iter().find(|(_, at)| *at == step.member)?.0;
    extract::join(volumes.into_iter().map(|(number, bytes)| (number, Bytes::Memory(bytes))).collect(), root, name)
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
        other_body: None,
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
