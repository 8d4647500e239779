//! Mentions become people: who is one, who is known to a register, whose they are, and how many there are.

mod origin;
mod record;
mod subject;

use std::collections::BTreeMap;

use assay_model::{CaseInfo, Controller, DataSubject, Estimate, Exhibit, Item, Mention, RegisterMatch, RegisterPerson};

use origin::Origins;
use record::Reader;
use subject::{Cluster, Maker, name_all};

/// The version of the method; enters the fingerprint of the resolve stage.
pub const VERSION: &str = "resolve/1";

/// What resolution works on.
pub struct ResolveInput<'a> {
    /// Reference date and seed.
    pub case: &'a CaseInfo,
    /// The controllers of the case.
    pub controllers: &'a [Controller],
    /// The exhibits.
    pub exhibits: &'a [Exhibit],
    /// The items, statuses final; duplicates carry no mentions.
    pub items: &'a [Item],
    /// The mentions, ids set, oldest first.
    pub mentions: &'a [Mention],
    /// The rows of the registers.
    pub register: &'a [RegisterPerson],
}

/// The people, and how many.
pub struct Resolution {
    /// Sorted by id. Every mention is in exactly one.
    pub subjects: Vec<DataSubject>,
    /// The number with its interval.
    pub estimate: Estimate,
}

/// Groups the mentions into people.
pub fn resolve(input: &ResolveInput<'_>) -> Resolution {
    let mut reader = Reader::new(input.controllers);
    let origins = Origins::new(input.items);
    let maker = Maker { case: input.case, mentions: input.mentions, register: input.register, origins: &origins };
    let mut rows: BTreeMap<u64, Vec<usize>> = BTreeMap::new();
    for (place, person) in input.register.iter().enumerate() {
        if let Some(number) = reader.register(person).nhs {
            rows.entry(number).or_default().push(place);
        }
    }
    let mut groups: BTreeMap<(Option<u64>, usize), Vec<usize>> = BTreeMap::new();
    for (place, mention) in input.mentions.iter().enumerate() {
        let number = reader.mention(mention).nhs;
        groups.entry((number, if number.is_some() { 0 } else { place })).or_default().push(place);
    }
    let clusters = groups.into_iter().map(|((number, _), mentions)| Cluster {
        mentions,
        rows: number.and_then(|n| rows.get(&n)).cloned().unwrap_or_default(),
        probability: 1.0,
        links: Vec::new(),
    });
    let mut subjects: Vec<DataSubject> = clusters.map(|cluster| maker.subject(cluster)).collect();
    name_all(&mut subjects);
    let count = subjects.iter().filter(|subject| subject.counts).count() as u64;
    let known = subjects.iter().filter(|s| s.counts && s.register_match != RegisterMatch::None).count() as u64;
    let estimate =
        Estimate { count, floor: known, estimate: count, low: count, high: count, ceiling: count, decoy_rate: 0.0 };
    Resolution { subjects, estimate }
}
