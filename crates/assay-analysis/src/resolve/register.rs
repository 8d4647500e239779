//! The anchor: register rows as fixed people, and the one that a mention belongs to.
//!
//! Rows of one register or of several are one person where a valid NHS number agrees with date of birth or name, or where
//! name, date of birth and postcode all do. Register people are never merged by what the leak says.

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::block::keys;
use super::compare::{Evidence, Judge};
use super::record::{Record, Symbol, Symbols};

/// A register person: the values of all its rows.
pub(super) struct Anchor {
    pub(super) record: Record,
    /// Places of its rows in the input, in order.
    pub(super) rows: Vec<usize>,
}

/// Links rows into people.
pub(super) fn people(rows: &[Record]) -> Vec<Anchor> {
    let mut of_row: Vec<usize> = (0..rows.len()).collect();
    let mut by_number: BTreeMap<u64, Vec<usize>> = BTreeMap::new();
    let mut by_content: BTreeMap<(jiff::civil::Date, Symbol, Symbol, Symbol), Vec<usize>> = BTreeMap::new();
    for (place, row) in rows.iter().enumerate() {
        if let Some(number) = row.nhs {
            by_number.entry(number).or_default().push(place);
        }
        if let (Some(birth), Some(name), Some(postcode)) =
            (row.births.first(), row.names.first(), row.postcodes.first())
            && let (Some(given), Some(family)) = (name.given.first(), name.family)
        {
            by_content.entry((*birth, family, *given, *postcode)).or_default().push(place);
        }
    }
    let agrees = |a: &Record, b: &Record| {
        let birth = a.births.iter().any(|birth| b.births.contains(birth));
        let family = |r: &Record| r.names.first().and_then(|name| name.family);
        birth || (family(a).is_some() && family(a) == family(b))
    };
    for group in by_number.values() {
        let Some((first, rest)) = group.split_first() else { continue };
        for place in rest {
            if let (Some(a), Some(b)) = (rows.get(*first), rows.get(*place))
                && agrees(a, b)
            {
                join(&mut of_row, *first, *place);
            }
        }
    }
    for group in by_content.values() {
        let number = |place: &usize| rows.get(*place).and_then(|row| row.nhs);
        let mut numbers: Vec<u64> = group.iter().filter_map(number).collect();
        numbers.sort_unstable();
        numbers.dedup();
        // With two numbers among them nobody can say whose the rows without one are.
        if let ([first, rest @ ..], [] | [_]) = (group.as_slice(), numbers.as_slice()) {
            rest.iter().for_each(|place| join(&mut of_row, *first, *place));
        }
    }
    let mut people: BTreeMap<usize, Anchor> = BTreeMap::new();
    for (place, row) in rows.iter().enumerate() {
        let root = root(&of_row, place);
        let anchor = people.entry(root).or_insert_with(|| Anchor { record: Record::default(), rows: Vec::new() });
        anchor.record.absorb(row);
        anchor.rows.push(place);
    }
    people.into_values().collect()
}

fn root(of: &[usize], mut place: usize) -> usize {
    while let Some(next) = of.get(place).copied()
        && next != place
    {
        place = next;
    }
    place
}

/// The smaller place becomes the root.
fn join(of: &mut [usize], a: usize, b: usize) {
    let (a, b) = (root(of, a), root(of, b));
    if let Some(place) = of.get_mut(a.max(b)) {
        *place = a.min(b);
    }
}

/// The register people by key.
pub(super) struct Register {
    pub(super) people: Vec<Anchor>,
    index: Vec<(u64, u32)>,
}

/// What the register says of a mention.
#[derive(Clone, Debug)]
pub(super) enum Answer {
    /// Nobody.
    Nobody,
    /// One person.
    One(Anchored),
    /// Two or more fit about as well.
    Torn,
}

/// The register person that a mention belongs to.
#[derive(Clone, Debug)]
pub(super) struct Anchored {
    pub(super) person: u32,
    pub(super) total: f64,
    /// Against all other register people and nobody.
    pub(super) probability: f64,
}

impl Register {
    pub(super) fn new(people: Vec<Anchor>, symbols: &Symbols) -> Self {
        let mut index: Vec<(u64, u32)> = (0u32..)
            .zip(&people)
            .collect::<Vec<_>>()
            .into_par_iter()
            .flat_map_iter(|(place, anchor)| keys(&anchor.record, symbols).into_iter().map(move |key| (key, place)))
            .collect();
        index.par_sort_unstable();
        Self { people, index }
    }

    /// The person, where one is above the decision weight and clearly the best.
    pub(super) fn find(&self, judge: &Judge<'_>, record: &Record) -> Answer {
        let by_name_alone = record.is_bare_name();
        if self.people.is_empty() || (by_name_alone && !record.is_patient_row()) {
            return Answer::Nobody;
        }
        let mut best: Option<(f64, u32, Evidence)> = None;
        let mut second: Option<(f64, u32)> = None;
        let mut odds = 1.0;
        for place in self.candidates(judge, record) {
            let Some(anchor) = self.people.get(place as usize) else { continue };
            let evidence = judge.compare(record, &anchor.record);
            let total = judge.total(&evidence);
            if evidence.clash {
                continue;
            }
            odds += total.min(500.0).exp2();
            let beaten = if best.as_ref().is_none_or(|(most, ..)| total > *most) {
                best.replace((total, place, evidence)).map(|(total, place, _)| (total, place))
            } else {
                Some((total, place))
            };
            if let Some(beaten) = beaten.filter(|(total, _)| second.is_none_or(|(most, _)| *total > most)) {
                second = Some(beaten);
            }
        }
        let links = |evidence: &Evidence| match by_name_alone {
            true => judge.links_by_name(evidence),
            false => judge.links(evidence),
        };
        let Some((total, person, evidence)) = best.filter(|(.., evidence)| links(evidence)) else {
            return Answer::Nobody;
        };
        let by_number = evidence.level(super::rules::Comparison::NhsNumber) == Some(super::rules::Level::NhsExact);
        let is_clear = by_number
            || second.is_none_or(|(next, other)| {
                total - next >= judge.weights.decision.margin || self.could_be_one(judge, person, other)
            });
        let probability = (total.min(500.0).exp2() / odds).min(1.0);
        if is_clear { Answer::One(Anchored { person, total, probability }) } else { Answer::Torn }
    }

    /// Rows that look like one person, though not enough agrees to link them: a patient of two bodies who moved. Which of them
    /// a mention is given to makes no other person.
    fn could_be_one(&self, judge: &Judge<'_>, a: u32, b: u32) -> bool {
        match (self.people.get(a as usize), self.people.get(b as usize)) {
            (Some(a), Some(b)) => judge.links(&judge.compare(&a.record, &b.record)),
            _ => false,
        }
    }

    fn candidates(&self, judge: &Judge<'_>, record: &Record) -> Vec<u32> {
        let mut places = Vec::new();
        for key in keys(record, judge.symbols) {
            let start = self.index.partition_point(|(other, _)| *other < key);
            let block = self.index.get(start..).unwrap_or_default();
            let block =
                block.iter().take_while(|(other, _)| *other == key).take(judge.weights.decision.register_block + 1);
            let block: Vec<u32> = block.map(|(_, place)| *place).collect();
            // What so many share tells nobody apart; a person worth finding shares a rarer key too.
            if block.len() <= judge.weights.decision.register_block {
                places.extend(block);
            }
        }
        places.sort_unstable();
        places.dedup();
        places
    }
}
