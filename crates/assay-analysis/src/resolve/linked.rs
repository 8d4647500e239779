//! Records compared: whose each mention is by the registers, and which pairs of mentions could be one person.
//!
//! Places here are in canonical order (that of the mention ids); those from the number of mentions on are register people.

use rayon::prelude::*;

use super::block::keys;
use super::compare::{Evidence, Judge};
use super::record::{Record, Symbol};
use super::register::{Answer, Register};

/// Two mentions and the weight, prior included, with which they are one person.
#[derive(Clone, Copy, Debug)]
pub(super) struct Edge {
    pub(super) a: u32,
    pub(super) b: u32,
    pub(super) total: f64,
}

/// 2^w / (1 + 2^w).
pub(super) fn probability(total: f64) -> f64 {
    1.0 / (1.0 + (-total).min(1000.0).exp2())
}

/// The records of a case, compared.
pub(super) struct Linked<'a> {
    pub(super) judge: &'a Judge<'a>,
    pub(super) records: &'a [Record],
    pub(super) register: &'a Register,
    /// What the registers say of each mention.
    pub(super) answers: Vec<Answer>,
    /// The pairs of mentions that could be one person.
    pub(super) pairs: Vec<Edge>,
}

impl<'a> Linked<'a> {
    /// Sets the mentions against the register, and what is left against each other.
    pub(super) fn new(judge: &'a Judge<'a>, records: &'a [Record], register: &'a Register) -> Self {
        let answers: Vec<Answer> = records.par_iter().map(|record| register.find(judge, record)).collect();
        let standing = |answer: &Answer| match answer {
            Answer::Torn => Standing::Torn,
            Answer::One(_) => Standing::Anchored,
            Answer::Nobody => Standing::Free,
        };
        let standings: Vec<Standing> = answers.iter().map(standing).collect();
        let pairs = edges(judge, records, &standings);
        Self { judge, records, register, answers, pairs }
    }

    /// The record of a mention, or of a register person.
    fn record(&self, place: u32) -> Option<&Record> {
        let person = || self.register.people.get((place as usize).checked_sub(self.records.len())?);
        self.records.get(place as usize).or_else(|| Some(&person()?.record))
    }

    /// The place of a register person.
    pub(super) fn row_of(&self, person: u32) -> u32 {
        self.records.len() as u32 + person
    }

    /// The places of a register person's rows in the input.
    pub(super) fn rows(&self, person: u32) -> &[usize] {
        self.register.people.get(person as usize).map(|person| person.rows.as_slice()).unwrap_or_default()
    }

    /// Compares two places; with a place that is none there is no evidence.
    pub(super) fn compare(&self, a: u32, b: u32) -> Evidence {
        match (self.record(a), self.record(b)) {
            (Some(a), Some(b)) => self.judge.compare(a, b),
            _ => Evidence::default(),
        }
    }

    /// True where a comparison links.
    pub(super) fn links(&self, evidence: &Evidence) -> bool {
        self.judge.links(evidence)
    }
}

/// How a mention came out of the comparison with the register.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
enum Standing {
    /// In no register.
    #[default]
    Free,
    /// Some register person's.
    Anchored,
    /// As likely one register person's as another's: a twin without a given name.
    Torn,
}

impl Standing {
    /// A merge of two register people is never made, and whom the register leaves torn, a mention of one of them does not decide.
    fn may_join(self, other: Self) -> bool {
        self == Self::Free || other == Self::Free || (self, other) == (Self::Torn, Self::Torn)
    }
}

/// Bits below the decision from which a pair is no doubt any more.
const FAR_BELOW: f64 = 9.0;

/// The pairs that share a key and could be one person.
fn edges(judge: &Judge<'_>, records: &[Record], standing: &[Standing]) -> Vec<Edge> {
    let mut index: Vec<(u64, u32)> = (0u32..)
        .zip(records)
        .collect::<Vec<_>>()
        .into_par_iter()
        .filter(|(_, record)| !record.is_bare_name())
        .flat_map_iter(|(place, record)| keys(record, judge.symbols).into_iter().map(move |key| (key, place)))
        .collect();
    index.par_sort_unstable();
    let of = |place: u32| standing.get(place as usize).copied().unwrap_or_default();
    let is_anchored = |place: u32| of(place) == Standing::Anchored;
    let mut pairs: Vec<(u32, u32)> = index
        .chunk_by(|x, y| x.0 == y.0)
        .filter(|block| block.len() > 1 && block.iter().any(|(_, place)| !is_anchored(*place)))
        .flat_map(|block| pairs(judge, records, block))
        .filter(|(a, b)| of(*a).may_join(of(*b)))
        .collect();
    pairs.par_sort_unstable();
    pairs.dedup();
    let least = judge.weights.decision.link_from - FAR_BELOW;
    pairs
        .into_par_iter()
        .filter_map(|(a, b)| {
            let evidence = judge.compare(records.get(a as usize)?, records.get(b as usize)?);
            let total = judge.total(&evidence);
            (!evidence.clash && evidence.corroborated && total >= least).then_some(Edge { a, b, total })
        })
        .collect()
}

/// The pairs of a block: all, or of a large one each with the few that follow when sorted by content.
fn pairs(judge: &Judge<'_>, records: &[Record], block: &[(u64, u32)]) -> Vec<(u32, u32)> {
    let decision = judge.weights.decision;
    let mut places: Vec<u32> = block.iter().map(|(_, place)| *place).collect();
    let reach = if places.len() <= decision.mention_block {
        places.len()
    } else {
        let content = |place: &u32| {
            let record = records.get(*place as usize);
            let text = |symbol: Option<&Symbol>| symbol.map(|s| judge.symbols.text(*s).to_owned());
            let name = record.and_then(|record| record.names.first());
            (
                record.and_then(|record| record.nhs),
                text(name.and_then(|name| name.family.as_ref())),
                text(name.and_then(|name| name.given.first())),
                record.and_then(|record| record.births.first().copied()),
                text(record.and_then(|record| record.postcodes.first())),
                *place,
            )
        };
        places.sort_by_cached_key(content);
        decision.neighbours
    };
    let follow = |(at, a): (usize, &u32)| {
        let a = *a;
        places.iter().skip(at + 1).take(reach).map(move |b| (a.min(*b), a.max(*b))).collect::<Vec<_>>()
    };
    places.iter().enumerate().flat_map(follow).collect()
}
