//! Every number of a report, counted once.
//!
//! All breakdowns of people are of those who count ([`DataSubject::counts`]); all breakdowns of items are of the items
//! that hold leaked data. Estimates are taken as resolution gives them.

use assay_model::{
    AgeBand, ControllerId, DataSubject, Dossier, ExhibitId, ExhibitKind, Harm, Item, ItemCategory, ItemCounts,
    ItemPath, MentionId, RegisterMatch, Role, SubjectId, UrgentRecord,
};
use std::collections::{BTreeMap, BTreeSet};

/// People by age band on the reference date.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Ages {
    pub(crate) children: u64,
    pub(crate) adults: u64,
    pub(crate) unknown: u64,
}

impl Ages {
    pub(crate) fn total(self) -> u64 {
        self.children + self.adults + self.unknown
    }

    fn add(&mut self, age: AgeBand) {
        match age {
            AgeBand::Child => self.children += 1,
            AgeBand::Adult => self.adults += 1,
            AgeBand::Unknown => self.unknown += 1,
        }
    }
}

/// People in a controller's register, and how many of them the origin of their items gave to that controller.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Candidates {
    pub(crate) people: u64,
    pub(crate) decided: u64,
}

/// The numbers.
pub(crate) struct Tally {
    /// People who count: the rows of `export subjects`.
    pub(crate) count: u64,
    pub(crate) ages: Ages,
    pub(crate) deceased: u64,
    /// People with a name who do not count.
    pub(crate) named_only: u64,
    /// Every controller of the case has an entry, and every other one that a person was given to.
    pub(crate) by_controller: BTreeMap<ControllerId, Ages>,
    /// People of several controllers: in `by_controller` once for each.
    pub(crate) several_controllers: u64,
    /// People whose controller could not be told: in no entry of `by_controller`.
    pub(crate) no_controller: u64,
    /// Every controller whose register is held has an entry, and every other one that resolution names.
    pub(crate) candidates: BTreeMap<ControllerId, Candidates>,
    pub(crate) by_role: BTreeMap<Role, u64>,
    /// Published names of elements; only those found.
    pub(crate) by_element: BTreeMap<&'static str, u64>,
    pub(crate) register: BTreeMap<RegisterMatch, u64>,
    pub(crate) items: ItemCounts,
    /// Items by category and the year of their newest date; `None` for items without one.
    pub(crate) by_category_year: BTreeMap<ItemCategory, BTreeMap<Option<i16>, u64>>,
}

impl Tally {
    pub(crate) fn of(dossier: &Dossier) -> Self {
        let mut tally = Self {
            count: 0,
            ages: Ages::default(),
            deceased: 0,
            named_only: dossier.subjects.iter().filter(|s| !s.counts && s.name.is_some()).count() as u64,
            by_controller: dossier.controllers.iter().map(|c| (c.id.clone(), Ages::default())).collect(),
            several_controllers: 0,
            no_controller: 0,
            candidates: registered(dossier).map(|id| (id.clone(), Candidates::default())).collect(),
            by_role: Role::ALL.into_iter().map(|role| (role, 0)).collect(),
            by_element: BTreeMap::new(),
            register: [RegisterMatch::Exact, RegisterMatch::Probable, RegisterMatch::None].map(|m| (m, 0)).into(),
            items: ItemCounts::of(&dossier.items, None),
            by_category_year: ItemCategory::ALL.into_iter().map(|c| (c, BTreeMap::new())).collect(),
        };
        counted_subjects(dossier).for_each(|subject| tally.add(subject));
        for item in &dossier.items {
            *tally.by_category_year.entry(item.category).or_default().entry(item_year(item)).or_default() += 1;
        }
        tally
    }

    fn add(&mut self, subject: &DataSubject) {
        self.count += 1;
        self.ages.add(subject.age);
        self.deceased += u64::from(subject.deceased);
        // A set: a controller that resolution names twice is one controller.
        let controllers: BTreeSet<&ControllerId> = subject.controllers.iter().collect();
        match controllers.len() {
            0 => self.no_controller += 1,
            1 => {}
            _ => self.several_controllers += 1,
        }
        for controller in controllers {
            self.by_controller.entry(controller.clone()).or_default().add(subject.age);
        }
        for candidate in subject.candidates.iter().collect::<BTreeSet<_>>() {
            let candidates = self.candidates.entry(candidate.clone()).or_default();
            candidates.people += 1;
            candidates.decided += u64::from(subject.controllers.contains(candidate));
        }
        *self.by_role.entry(subject.role).or_default() += 1;
        for element in published_elements(subject) {
            *self.by_element.entry(element).or_default() += 1;
        }
        *self.register.entry(subject.register_match).or_default() += 1;
    }

    /// Items by category; every category has an entry.
    pub(crate) fn by_category(&self) -> BTreeMap<ItemCategory, u64> {
        self.by_category_year.iter().map(|(category, years)| (*category, years.values().sum())).collect()
    }

    /// Items by year.
    pub(crate) fn by_year(&self) -> BTreeMap<Option<i16>, u64> {
        let mut years = BTreeMap::new();
        for (year, number) in self.by_category_year.values().flatten() {
            *years.entry(*year).or_default() += number;
        }
        years
    }
}

/// The controllers whose registers are held.
fn registered(dossier: &Dossier) -> impl Iterator<Item = &ControllerId> {
    dossier.exhibits.iter().filter(|e| e.kind == ExhibitKind::Register).filter_map(|e| e.controller.as_ref())
}

/// How a class of harm stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Standing {
    /// Records.
    pub(crate) records: u64,
    /// People who hold one, whether they count or not.
    pub(crate) people: u64,
    /// Items that hold one.
    pub(crate) items: u64,
}

/// Every class with its figures, most urgent first, and all together; classes of which nothing was found have zeros.
pub(crate) fn urgent(records: &[UrgentRecord]) -> (Standing, Vec<(Harm, Standing)>) {
    let standing = |of: Option<Harm>| {
        let here = || records.iter().filter(move |record| of.is_none_or(|harm| record.harm == harm));
        let people: BTreeSet<&SubjectId> = here().filter_map(|record| record.subject.as_ref()).collect();
        let items: BTreeSet<_> = here().map(|record| (&record.locator.exhibit, &record.locator.path)).collect();
        // A record in two classes is one record.
        let named: BTreeSet<MentionId> = here().filter_map(|record| record.mention).collect();
        let beside_nobody = here().filter(|record| record.mention.is_none()).count();
        let records = (named.len() + beside_nobody) as u64;
        Standing { records, people: people.len() as u64, items: items.len() as u64 }
    };
    (standing(None), Harm::ALL.into_iter().map(|harm| (harm, standing(Some(harm)))).collect())
}

/// The people who count, in the order of their ids.
pub(crate) fn counted_subjects(dossier: &Dossier) -> impl Iterator<Item = &DataSubject> {
    let mut subjects: Vec<&DataSubject> = dossier.subjects.iter().filter(|subject| subject.counts).collect();
    subjects.sort_by(|a, b| a.id.cmp(&b.id));
    subjects.into_iter()
}

/// A person's elements under their published names, each once: address and postcode are one.
pub(crate) fn published_elements(subject: &DataSubject) -> Vec<&'static str> {
    let mut names: Vec<&'static str> = Vec::new();
    for name in subject.elements.iter().filter_map(|element| element.published()) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// How many people who count each item mentions.
pub(crate) fn people_by_item(dossier: &Dossier) -> BTreeMap<(&ExhibitId, &ItemPath), u64> {
    let mut people = BTreeMap::new();
    for subject in counted_subjects(dossier) {
        let documents: BTreeSet<_> = subject.documents.iter().map(|(exhibit, path)| (exhibit, path)).collect();
        documents.into_iter().for_each(|document| *people.entry(document).or_default() += 1);
    }
    people
}

/// The year an item stands for: that of its newest date, since a list is as new as its last row.
pub(crate) fn item_year(item: &Item) -> Option<i16> {
    item.newest.or(item.oldest).map(|date| date.year())
}
