//! What a worker answered, checked: a worker taken over by its input can at worst lie about that input.
//!
//! Every row must be of the unit's exhibit and of one of its items, every item given once, every listing of one of them.

use crate::unit::{Listing, Scope, Step, Unit};
use crate::wire::{
    MentionRecord, Rows, TableId, WireError, gateway_sessions_into, gateway_sources_of, items_of, listed_of, loose_of,
    mentions_of, passwords_of, payload_rows,
};
use arrow_array::RecordBatch;
use assay_analysis::gateway::GatewaySource;
use assay_model::{ExhibitId, Finding, FoundPassword, Item, ItemPath, ListedFile, Sha256, UnreadReason, Want, Warning};
use std::collections::BTreeSet;

/// Everything that a unit gave.
#[derive(Debug, Default)]
pub struct Answer {
    /// Items.
    pub items: Vec<Item>,
    /// Mentions.
    pub mentions: Vec<MentionRecord>,
    /// Files of the gateway's evidence.
    pub sources: Vec<GatewaySource>,
    /// Passwords that stand in its items.
    pub passwords: Vec<FoundPassword>,
    /// Findings beside nobody that may harm all the same.
    pub loose: Vec<Finding>,
    /// Files that its items list.
    pub listed: Vec<ListedFile>,
    /// Containers found.
    pub listings: Vec<Listing>,
    /// What the unit puts together is no set of volumes: nothing of it was read.
    pub apart: bool,
}

/// Why an answer was refused. Carries no value.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AnswerError {
    /// Rows that do not fit the schema.
    #[error(transparent)]
    Wire(#[from] WireError),
    /// Findings without their mentions, or events without their sources.
    #[error("rows out of order")]
    Order,
    /// Something that is not of the unit.
    #[error("an answer about something else than the unit")]
    Foreign,
}

/// Takes the frames of one unit.
pub(crate) struct Checker<'a> {
    unit: &'a Unit,
    paths: BTreeSet<ItemPath>,
    held: Option<(TableId, RecordBatch)>,
    answer: Answer,
}

impl<'a> Checker<'a> {
    pub(crate) fn new(unit: &'a Unit) -> Self {
        let paths = unit.items().into_iter().map(|(path, _)| path).collect();
        Self { unit, paths, held: None, answer: Answer::default() }
    }

    /// A rows frame. Mentions wait for the batch that goes with them; sessions follow their sources, in as many as it takes.
    pub(crate) fn rows(&mut self, payload: &[u8]) -> Result<(), AnswerError> {
        let (table, batch) = payload_rows(payload)?;
        match (self.held.take(), table) {
            (None, TableId::Item) => {
                let items = items_of(&Rows::from_batch(table, &batch)?)?;
                self.ours(items.iter().map(|item| (&item.exhibit, &item.path)))?;
                self.answer.items.extend(items);
            }
            (None, TableId::Password) => {
                let passwords = passwords_of(&Rows::from_batch(table, &batch)?)?;
                self.ours(passwords.iter().map(|p| (&p.locator.exhibit, &p.locator.path)))?;
                self.answer.passwords.extend(passwords);
            }
            (None, TableId::Loose) => {
                let findings = loose_of(&Rows::from_batch(table, &batch)?)?;
                self.ours(findings.iter().map(|f| (&f.locator.exhibit, &f.locator.path)))?;
                self.answer.loose.extend(findings);
            }
            (None, TableId::Listed) => {
                let files = listed_of(&Rows::from_batch(table, &batch)?)?;
                self.ours(files.iter().map(|file| (&file.exhibit, &file.item)))?;
                self.answer.listed.extend(files);
            }
            (None, TableId::GatewaySource) => {
                let sources = gateway_sources_of(&Rows::from_batch(table, &batch)?)?;
                self.ours(sources.iter().map(|source| (&source.exhibit, &source.path)))?;
                let known = |new: &GatewaySource| self.answer.sources.iter().any(|source| source.path == new.path);
                if sources.iter().any(known) {
                    return Err(AnswerError::Foreign);
                }
                self.answer.sources.extend(sources);
            }
            (None, TableId::GatewaySession) => {
                gateway_sessions_into(&mut self.answer.sources, &Rows::from_batch(table, &batch)?)?;
            }
            (None, TableId::Mention) => self.held = Some((table, batch)),
            (Some((TableId::Mention, mentions)), TableId::Finding) => {
                let mentions = Rows::from_batch(TableId::Mention, &mentions)?;
                let records = mentions_of(&mentions, &Rows::from_batch(table, &batch)?)?;
                self.ours(records.iter().map(|r| (&r.mention.locator.exhibit, &r.mention.locator.path)))?;
                self.answer.mentions.extend(records);
            }
            _ => return Err(AnswerError::Order),
        }
        Ok(())
    }

    fn ours<'p>(&self, places: impl Iterator<Item = (&'p ExhibitId, &'p ItemPath)>) -> Result<(), AnswerError> {
        let mut places = places;
        let all = places.all(|(exhibit, path)| exhibit == &self.unit.exhibit && self.paths.contains(path));
        if all { Ok(()) } else { Err(AnswerError::Foreign) }
    }

    /// A listing frame: its container must be one of the unit's items, reached by the unit's own steps.
    pub(crate) fn listing(&mut self, payload: &[u8]) -> Result<(), AnswerError> {
        let listing = Listing::from_bytes(payload).ok_or(AnswerError::Foreign)?;
        let container = &listing.container;
        let steps_fit = match &self.unit.scope {
            Scope::File => container.steps.is_empty() && container.path == self.unit.file,
            Scope::Set(set) => container.steps.split_last().is_some_and(|(last, before)| {
                before == set.container.steps.as_slice()
                    && *last == set.step()
                    && set.root_path().as_ref() == Some(&container.path)
            }),
            Scope::Members(range) => container.steps.split_last().is_some_and(|(last, before)| {
                let Step { media_type, member, volumes } = last;
                let offset = member.checked_sub(range.first).and_then(|n| range.members.get(n as usize));
                let named = offset.map(|member| range.container.path.member(&member.name));
                before == range.container.steps.as_slice()
                    && volumes.is_empty()
                    && *media_type == range.container.media_type
                    && named.as_ref() == Some(&container.path)
            }),
        };
        let mut names = BTreeSet::new();
        let unique = listing.members.iter().all(|member| names.insert(member.name.as_str()));
        let again = self.answer.listings.iter().any(|l| l.container.path == container.path);
        if !steps_fit || !unique || again || !self.paths.contains(&container.path) {
            return Err(AnswerError::Foreign);
        }
        self.answer.listings.push(listing);
        Ok(())
    }

    /// That the unit is no set: only of one that puts volumes together.
    pub(crate) fn apart(&mut self) -> Result<(), AnswerError> {
        self.answer.apart = true;
        if self.unit.apart().is_empty() { Err(AnswerError::Foreign) } else { Ok(()) }
    }

    /// The whole answer. An item that the worker passed over is said to be corrupt: none is dropped.
    pub(crate) fn done(mut self) -> Result<Answer, AnswerError> {
        let given: BTreeSet<&ItemPath> = self.answer.items.iter().map(|item| &item.path).collect();
        if self.held.is_some() || given.len() != self.answer.items.len() {
            return Err(AnswerError::Order);
        }
        if self.answer.apart {
            let Answer { items, mentions, sources, passwords, loose, listed, listings, .. } = &self.answer;
            let none = items.is_empty() && mentions.is_empty() && sources.is_empty() && passwords.is_empty();
            let none = none && loose.is_empty() && listed.is_empty();
            return if none && listings.is_empty() { Ok(self.answer) } else { Err(AnswerError::Order) };
        }
        let of_mentions = self.answer.mentions.iter().map(|record| &record.mention.locator.path);
        let of_sources = self.answer.sources.iter().map(|source| &source.path);
        let of_passwords = self.answer.passwords.iter().map(|password| &password.locator.path);
        let of_loose = self.answer.loose.iter().map(|finding| &finding.locator.path);
        let of_listed = self.answer.listed.iter().map(|file| &file.item);
        let mut all = of_mentions.chain(of_sources).chain(of_passwords).chain(of_loose).chain(of_listed);
        if !all.all(|path| given.contains(path)) {
            return Err(AnswerError::Foreign);
        }
        let missing: Vec<_> = self.unit.items().into_iter().filter(|(path, _)| !given.contains(path)).collect();
        for (path, bytes) in missing {
            let mut item = crate::work::unread(self.unit, path, bytes, UnreadReason::Corrupt);
            item.warnings.push(Warning("the container ended before it".into()));
            self.answer.items.push(item);
        }
        Ok(self.answer)
    }
}

impl Answer {
    /// What is said of a unit that brought its worker down twice.
    pub(crate) fn timeout(unit: &Unit) -> Self {
        let item = |(path, bytes)| {
            let mut item = crate::work::unread(unit, path, bytes, UnreadReason::Timeout);
            item.warnings.push(Warning("its worker hung or died, alone and twice".into()));
            item
        };
        Self { items: unit.items().into_iter().map(item).collect(), ..Self::default() }
    }

    /// How many rows it is: items, mentions, files of the gateway and listed files.
    pub fn rows(&self) -> u64 {
        (self.items.len() + self.mentions.len() + self.sources.len() + self.listed.len()) as u64
    }

    /// What its items want to be read whole.
    pub fn wants(&self) -> BTreeSet<Want> {
        self.items.iter().flat_map(|item| item.wants.iter().copied()).collect()
    }

    /// Fills in what sealing knows of files: sizes and digests, which a worker does not make again.
    pub fn of_sealed_files(&mut self, sealed: impl Fn(&ItemPath) -> Option<(u64, Sha256)>) {
        for item in &mut self.items {
            if let Some((bytes, sha256)) = sealed(&item.path) {
                (item.bytes, item.sha256) = (bytes, sha256);
            }
        }
    }

    pub(crate) fn join(&mut self, other: Self) {
        self.items.extend(other.items);
        self.mentions.extend(other.mentions);
        self.sources.extend(other.sources);
        self.passwords.extend(other.passwords);
        self.loose.extend(other.loose);
        self.listed.extend(other.listed);
        self.listings.extend(other.listings);
    }
}
