//! Mentions with each other: pairs by falling weight, and no merge that a constraint forbids.
//!
//! That is greedy correlation clustering: a chain of fair links cannot make one person of two, since a merge is refused where
//! the groups as wholes carry two valid NHS numbers, belong to two register people, or disagree on date of birth or given name
//! more often than they agree. So a component breaks at its weakest evidence.
//!
//! All places here are in canonical order (that of the mention ids), which the order of the input cannot change.

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::block::keys;
use super::compare::{Judge, are_two_of_a_row};
use super::names::is_close;
use super::record::{Record, Symbol};
use super::register::{Anchored, Register};
use super::rules::{Comparison, Level};
use crate::reference::are_nicknames;

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

/// A decision that could have gone the other way.
#[derive(Clone, Copy, Debug)]
pub(super) struct Doubt {
    pub(super) a: u32,
    pub(super) b: u32,
    /// That they are one.
    pub(super) probability: f64,
}

/// The groups as they grow.
pub(super) struct Groups<'a> {
    judge: &'a Judge<'a>,
    records: &'a [Record],
    register: &'a Register,
    parent: Vec<u32>,
    pub(super) members: Vec<Vec<u32>>,
    numbers: Vec<Option<u64>>,
    pub(super) people: Vec<Option<u32>>,
    pub(super) probabilities: Vec<f64>,
    /// Merges that were made on weak evidence.
    pub(super) weak: Vec<Doubt>,
    /// Mentions that no weight placed, and what did.
    pub(super) placed_by: BTreeMap<u32, Placement>,
}

/// What placed a mention that weights cannot place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Placement {
    /// The one person of its document whom the name fits.
    Document,
    /// Staff of one full name and one body.
    Staff,
}

impl Placement {
    /// How sure that is: a judgement.
    pub(super) fn probability(self) -> f64 {
        match self {
            Self::Document => 0.95,
            Self::Staff => 0.97,
        }
    }
}

/// Members of a group that are compared before a merge.
const SAMPLE: usize = 10;
/// Probability under which a merge is remembered as doubtful.
const SURE: f64 = 0.9999;

impl<'a> Groups<'a> {
    /// Every mention alone, then those of one register person together, the surest first.
    pub(super) fn new(
        judge: &'a Judge<'a>,
        records: &'a [Record],
        register: &'a Register,
        anchored: &[Option<Anchored>],
    ) -> Self {
        let count = u32::try_from(records.len()).unwrap_or(u32::MAX);
        let mut groups = Self {
            judge,
            records,
            register,
            parent: (0..count).collect(),
            members: (0..count).map(|place| vec![place]).collect(),
            numbers: records.iter().map(|record| record.nhs).collect(),
            people: vec![None; records.len()],
            probabilities: vec![1.0; records.len()],
            weak: Vec::new(),
            placed_by: BTreeMap::new(),
        };
        let mut order: Vec<(u32, &Anchored)> =
            (0u32..).zip(anchored).filter_map(|(place, anchored)| Some((place, anchored.as_ref()?))).collect();
        order.sort_by(|(a, x), (b, y)| y.total.total_cmp(&x.total).then(a.cmp(b)));
        let mut first_of: Vec<Option<u32>> = vec![None; register.people.len()];
        for (place, anchored) in order {
            let Some(first) = first_of.get_mut(anchored.person as usize) else { continue };
            match *first {
                None => {
                    *first = Some(place);
                    groups.settle(place, anchored);
                }
                Some(first) => {
                    // A register row without a number cannot take in two.
                    if groups.numbers_agree(groups.root(first), place) {
                        groups.settle(place, anchored);
                        groups.union(first, place, anchored.probability);
                    }
                }
            }
        }
        groups
    }

    fn settle(&mut self, place: u32, anchored: &Anchored) {
        let number = self.register.people.get(anchored.person as usize).and_then(|person| person.record.nhs);
        let place = place as usize;
        if let (Some(person), Some(own), Some(certainty)) =
            (self.people.get_mut(place), self.numbers.get_mut(place), self.probabilities.get_mut(place))
        {
            *person = Some(anchored.person);
            *own = own.or(number);
            *certainty = anchored.probability;
        }
    }

    pub(super) fn root(&self, mut place: u32) -> u32 {
        while let Some(next) = self.parent.get(place as usize).copied()
            && next != place
        {
            place = next;
        }
        place
    }

    pub(super) fn of(&self, place: u32) -> &[u32] {
        self.members.get(self.root(place) as usize).map_or(&[], Vec::as_slice)
    }

    pub(super) fn person(&self, place: u32) -> Option<u32> {
        self.people.get(self.root(place) as usize).copied().flatten()
    }

    fn number(&self, root: u32) -> Option<u64> {
        self.numbers.get(root as usize).copied().flatten()
    }

    fn numbers_agree(&self, a: u32, b: u32) -> bool {
        match (self.number(a), self.number(b)) {
            (Some(one), Some(other)) => one == other,
            _ => true,
        }
    }

    /// Merges unless a constraint forbids it.
    pub(super) fn merge(&mut self, a: u32, b: u32, probability: f64) -> bool {
        let (x, y) = (self.root(a), self.root(b));
        if x == y || !self.may_merge(x, y) {
            return false;
        }
        self.union(a, b, probability);
        true
    }

    /// True where two names differ by no more than a slip.
    pub(super) fn names_are_close(&self, a: Symbol, b: Symbol) -> bool {
        a == b || is_close(self.judge.symbols.text(a), self.judge.symbols.text(b), 0.93)
    }

    /// True where two first given names could be one person's: equal, an initial of the other, or a listed short form.
    pub(super) fn given_names_agree(&self, a: Symbol, b: Symbol) -> bool {
        let (one, other) = (self.judge.symbols.text(a), self.judge.symbols.text(b));
        let is_initial = |text: &str| text.chars().count() == 1;
        let initial = (is_initial(one) || is_initial(other)) && one.chars().next() == other.chars().next();
        a == b || initial || are_nicknames(one, other)
    }

    /// Merges the group of `place` into that of `home`, for a reason that is no weight.
    pub(super) fn place(&mut self, home: u32, place: u32, by: Placement) {
        let members = self.of(place).to_vec();
        if self.merge(home, place, by.probability()) {
            members.into_iter().for_each(|member| _ = self.placed_by.entry(member).or_insert(by));
        }
    }

    /// True where nothing forbids that two groups are one person.
    pub(super) fn may_merge(&self, x: u32, y: u32) -> bool {
        let (x, y) = (self.root(x), self.root(y));
        let one_person = self.person(x).is_none() || self.person(y).is_none();
        one_person && self.numbers_agree(x, y) && !self.disagree(x, y)
    }

    /// True where members, and the register person of a group, disagree more than a third as often as they agree.
    fn disagree(&self, x: u32, y: u32) -> bool {
        let (one, other) = (self.sample(x), self.sample(y));
        let mut births = (0, 0);
        let mut given = (0, 0);
        let mut titles = 0;
        for (a, b) in one.iter().flat_map(|a| other.iter().map(move |b| (*a, *b))) {
            let evidence = self.judge.compare(a, b);
            let numbers_differ = evidence.level(Comparison::NationalIdentifier) == Some(Level::NationalDifferent);
            if are_two_of_a_row(a, b) || (evidence.clash && numbers_differ) {
                return true;
            }
            if evidence.has_proof() && !evidence.clash {
                continue;
            }
            match evidence.level(Comparison::DateOfBirth) {
                Some(Level::BirthDifferent) => births.0 += 1,
                Some(_) => births.1 += 1,
                None => {}
            }
            match evidence.level(Comparison::GivenName) {
                Some(Level::GivenDifferent | Level::GivenOtherInitial) => given.0 += 1,
                Some(_) => given.1 += 1,
                None => {}
            }
            titles += usize::from(evidence.level(Comparison::Title).is_some());
        }
        titles > 0 || births.0 * 3 > births.1 || given.0 * 3 > given.1
    }

    fn sample(&self, root: u32) -> Vec<&Record> {
        let members = self.members.get(root as usize).map_or(&[][..], Vec::as_slice);
        let step = members.len().div_ceil(SAMPLE).max(1);
        let person = self.person(root).and_then(|person| self.register.people.get(person as usize));
        let of_members = members.iter().step_by(step).filter_map(|place| self.records.get(*place as usize));
        person.map(|person| &person.record).into_iter().chain(of_members).collect()
    }

    fn union(&mut self, a: u32, b: u32, probability: f64) {
        let (x, y) = (self.root(a), self.root(b));
        if x == y {
            return;
        }
        // A bare name that came apart again would be nobody who counts.
        let is_bare = |place: u32| self.records.get(place as usize).is_some_and(Record::is_bare_name);
        if probability < SURE && !is_bare(a) && !is_bare(b) {
            self.weak.push(Doubt { a, b, probability });
        }
        let size = |root: u32| self.members.get(root as usize).map_or(0, Vec::len);
        let (keep, gone) =
            if (size(x), std::cmp::Reverse(x)) >= (size(y), std::cmp::Reverse(y)) { (x, y) } else { (y, x) };
        let moved = self.members.get_mut(gone as usize).map(std::mem::take).unwrap_or_default();
        let number = self.number(keep).or(self.number(gone));
        let person =
            self.people.get(keep as usize).copied().flatten().or(self.people.get(gone as usize).copied().flatten());
        let certainty = |root: u32| self.probabilities.get(root as usize).copied().unwrap_or(1.0);
        let certainty = certainty(keep).min(certainty(gone)).min(probability);
        if let Some(parent) = self.parent.get_mut(gone as usize) {
            *parent = keep;
        }
        let keep = keep as usize;
        if let (Some(members), Some(own), Some(of), Some(sure)) = (
            self.members.get_mut(keep),
            self.numbers.get_mut(keep),
            self.people.get_mut(keep),
            self.probabilities.get_mut(keep),
        ) {
            members.extend(moved);
            *own = number;
            *of = person;
            *sure = certainty;
        }
    }

    /// Merges what the edges link, the strongest first; gives the doubtful pairs that stayed apart.
    pub(super) fn agglomerate(&mut self, mut edges: Vec<Edge>) -> Vec<Doubt> {
        edges.sort_by(|x, y| y.total.total_cmp(&x.total).then((x.a, x.b).cmp(&(y.a, y.b))));
        let link_from = self.judge.weights.decision.link_from;
        let mut apart = Vec::new();
        for edge in edges {
            let sure = probability(edge.total);
            if edge.total >= link_from {
                self.merge(edge.a, edge.b, sure);
            } else if self.root(edge.a) != self.root(edge.b) && self.may_merge(edge.a, edge.b) {
                apart.push(Doubt { a: edge.a, b: edge.b, probability: sure });
            }
        }
        apart
    }
}

/// How a mention came out of the comparison with the register.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(super) enum Standing {
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
pub(super) fn edges(judge: &Judge<'_>, records: &[Record], standing: &[Standing]) -> Vec<Edge> {
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
