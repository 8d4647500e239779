//! What is held of the leak: the items and people of leaks and proof packs, without prior leaks, and how much they can decide.

use std::collections::{BTreeMap, BTreeSet};

use assay_model::{Completeness, DataSubject, ExhibitId, ExhibitKind, Item, ItemPath, ItemStatus, UnreadReason};

use super::VerifyInput;
use super::people::{RegisterReach, Standing};

/// The part of the case that a claim is held against.
pub(super) struct Held<'a> {
    /// Exhibits of leaked data, by number.
    pub(super) exhibits: BTreeSet<&'a ExhibitId>,
    /// Bytes of those exhibits as they were sealed.
    pub(super) sealed_bytes: u64,
    /// Their items, in the order of the case.
    pub(super) items: Vec<HeldItem<'a>>,
    /// People who count and are named in one of these items.
    pub(super) people: Vec<&'a DataSubject>,
    /// True where an exhibit is all that the gang claims to hold.
    pub(super) complete: bool,
    /// True where there is nothing but proof packs: a floor only.
    pub(super) proof_only: bool,
    /// People who count in all exhibits, prior leaks among them: what the estimate is of.
    pub(super) counted_everywhere: u64,
    /// Whom the registers at hand could know.
    pub(super) reach: RegisterReach<'a>,
}

/// An item with what is known of the people in it.
pub(super) struct HeldItem<'a> {
    pub(super) item: &'a Item,
    /// The item whose reading stands for this one: itself, or, where the same bytes were read in a prior leak, that one.
    pub(super) content: &'a Item,
    /// True where other items lie in it.
    pub(super) has_members: bool,
    /// People who count named in it.
    pub(super) people: u64,
    /// Of them, those that a register knows.
    pub(super) known: u64,
    /// Of them, those that a register should know and does not.
    pub(super) unknown: u64,
}

/// People in an item from which on it stands for many records: a table counts for more than one letter.
const A_TABLE: u64 = 10;
/// What such an item weighs against one letter.
const WEIGHT_OF_A_TABLE: u64 = 3;

impl HeldItem<'_> {
    /// Read whole or in part.
    pub(super) fn is_readable(&self) -> bool {
        matches!(self.content.status, ItemStatus::Read | ItemStatus::Partial)
    }

    /// A register should know its people, and knows none of them.
    pub(super) fn is_of_strangers(&self) -> bool {
        self.known == 0 && self.unknown > 0
    }

    /// One, or more for an item that holds many records.
    pub(super) fn weight(&self) -> u64 {
        if self.people >= A_TABLE { WEIGHT_OF_A_TABLE } else { 1 }
    }
}

impl<'a> Held<'a> {
    pub(super) fn new(input: &VerifyInput<'a>) -> Self {
        let of_kind = |kind| input.exhibits.iter().filter(move |exhibit| exhibit.kind == kind);
        let exhibits: BTreeSet<&ExhibitId> =
            of_kind(ExhibitKind::Leak).chain(of_kind(ExhibitKind::ProofPack)).map(|e| &e.id).collect();
        let sealed_bytes = input
            .exhibits
            .iter()
            .filter(|exhibit| exhibits.contains(&exhibit.id))
            .fold(0u64, |sum, exhibit| sum.saturating_add(exhibit.bytes));
        let counting = input.subjects.iter().filter(|subject| subject.counts);
        let elsewhere = read_elsewhere(input, &exhibits);
        let here = |(exhibit, path): &(ExhibitId, ItemPath)| {
            exhibits.contains(exhibit) || elsewhere.contains_key(&(exhibit, path))
        };
        let people: Vec<&DataSubject> = counting.clone().filter(|s| s.documents.iter().any(here)).collect();
        let reach = RegisterReach::new(input, &people);
        Self {
            items: items(input, &exhibits, &elsewhere, &people, &reach),
            sealed_bytes,
            people,
            complete: of_kind(ExhibitKind::Leak).any(|exhibit| exhibit.completeness == Completeness::Complete),
            proof_only: of_kind(ExhibitKind::Leak).next().is_none() && !exhibits.is_empty(),
            counted_everywhere: counting.count() as u64,
            exhibits,
            reach,
        }
    }

    /// Items read whole or in part.
    pub(super) fn readable(&self) -> impl Iterator<Item = &HeldItem<'a>> {
        self.items.iter().filter(|item| item.is_readable())
    }

    /// Items that could not be read.
    pub(super) fn unread(&self) -> u64 {
        self.items.iter().filter(|i| matches!(i.item.status, ItemStatus::Unread(_))).count() as u64
    }

    /// Their share of all items, 0 to 1.
    pub(super) fn unread_share(&self) -> f64 {
        if self.items.is_empty() { 0.0 } else { self.unread() as f64 / self.items.len() as f64 }
    }

    /// Bytes of items that were not opened, and so may hold any number of others. A picture without OCR was: it is one page.
    pub(super) fn unopened_bytes(&self) -> u64 {
        let unopened = |status: &ItemStatus| match status {
            ItemStatus::Unread(reason) => *reason != UnreadReason::NoOcr,
            _ => false,
        };
        self.items.iter().filter(|i| unopened(&i.item.status)).fold(0, |sum: u64, i| sum.saturating_add(i.item.bytes))
    }

    /// True where what was not found is not there: an exhibit is complete, at most a tenth of its items is unread, and at most
    /// a fifth of its bytes unopened. An encrypted archive could hold what is missing.
    pub(super) fn decides_absence(&self) -> bool {
        let unopened = self.unopened_bytes().saturating_mul(5) <= self.sealed_bytes.max(self.unpacked_bytes());
        self.complete && self.unread_share() <= 0.1 && unopened
    }

    /// True where the person should be in a register at hand and is not: held for a body by the look of an item alone.
    pub(super) fn is_stranger(&self, subject: &DataSubject) -> bool {
        matches!(self.reach.standing(subject), Standing::Unknown | Standing::Contrary | Standing::TestRange)
    }

    /// True where a share speaks of all that the gang claims to hold: an exhibit is complete and mostly read.
    pub(super) fn decides_share(&self) -> bool {
        self.complete && self.unread_share() <= 0.5
    }

    /// The size of the items unpacked: of a container the larger of its own bytes and its members'.
    pub(super) fn unpacked_bytes(&self) -> u64 {
        // Deepest first, so that a container's sum is ready when its own container asks for it.
        let depth = |path: &ItemPath| path.as_str().matches('!').count();
        let mut order: Vec<&Item> = self.items.iter().map(|held| held.item).collect();
        order
            .sort_by_cached_key(|item| (std::cmp::Reverse(depth(&item.path)), item.exhibit.clone(), item.path.clone()));
        let mut members: BTreeMap<(&ExhibitId, ItemPath), u64> = BTreeMap::new();
        let mut total = 0u64;
        for item in order {
            let inside = members.get(&(&item.exhibit, item.path.clone())).copied().unwrap_or(0);
            let bytes = item.bytes.max(inside);
            match item.path.container() {
                Some(container) => {
                    let sum = members.entry((&item.exhibit, container)).or_default();
                    *sum = sum.saturating_add(bytes);
                }
                None => total = total.saturating_add(bytes),
            }
        }
        total
    }

    /// The exhibits, for a basis: `LEAK/1, LEAK/2`.
    pub(super) fn names(&self) -> String {
        self.exhibits.iter().map(|id| id.as_str()).collect::<Vec<_>>().join(", ")
    }

    /// A basis: the exhibits and the fields of report.json where the figures stand.
    pub(super) fn basis(&self, fields: &str) -> String {
        format!("{}; {fields}", self.names())
    }
}

/// Items of other exhibits that were read in the stead of an item held, by their place.
type Elsewhere<'a> = BTreeMap<(&'a ExhibitId, &'a ItemPath), &'a Item>;

fn read_elsewhere<'a>(input: &VerifyInput<'a>, exhibits: &BTreeSet<&'a ExhibitId>) -> Elsewhere<'a> {
    let wanted: BTreeSet<(&ExhibitId, &ItemPath)> = input
        .items
        .iter()
        .filter(|item| exhibits.contains(&item.exhibit))
        .filter_map(|item| match &item.status {
            ItemStatus::Duplicate(exhibit, path) if !exhibits.contains(exhibit) => Some((exhibit, path)),
            _ => None,
        })
        .collect();
    if wanted.is_empty() {
        return BTreeMap::new();
    }
    let place = |item: &'a Item| (&item.exhibit, &item.path);
    input.items.iter().filter(|item| wanted.contains(&place(item))).map(|item| (place(item), item)).collect()
}

fn items<'a>(
    input: &VerifyInput<'a>,
    exhibits: &BTreeSet<&'a ExhibitId>,
    elsewhere: &Elsewhere<'a>,
    people: &[&'a DataSubject],
    reach: &RegisterReach<'_>,
) -> Vec<HeldItem<'a>> {
    #[derive(Default, Clone, Copy)]
    struct Named {
        people: u64,
        known: u64,
        unknown: u64,
    }
    let mut named: BTreeMap<(&ExhibitId, &ItemPath), Named> = BTreeMap::new();
    for subject in people {
        let standing = reach.standing(subject);
        for (exhibit, path) in &subject.documents {
            let entry = named.entry((exhibit, path)).or_default();
            entry.people += 1;
            match standing {
                Standing::Known => entry.known += 1,
                Standing::Unknown | Standing::Contrary | Standing::TestRange => entry.unknown += 1,
                Standing::NotTestable => {}
            }
        }
    }
    let mine = || input.items.iter().filter(|item| exhibits.contains(&item.exhibit));
    let containers: BTreeSet<(&ExhibitId, ItemPath)> =
        mine().filter_map(|item| Some((&item.exhibit, item.path.container()?))).collect();
    mine()
        .map(|item| {
            let content = match &item.status {
                ItemStatus::Duplicate(exhibit, path) => elsewhere.get(&(exhibit, path)).copied().unwrap_or(item),
                _ => item,
            };
            let of = named.get(&(&content.exhibit, &content.path)).copied().unwrap_or_default();
            HeldItem {
                item,
                content,
                has_members: containers.contains(&(&item.exhibit, item.path.clone())),
                people: of.people,
                known: of.known,
                unknown: of.unknown,
            }
        })
        .collect()
}
