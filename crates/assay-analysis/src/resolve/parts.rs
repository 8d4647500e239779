//! How many people there are of each part: of a controller, of a role, of an age band, and of those of whom something is known.
//!
//! A part is a population of its own, met in the items that *show* it: where somebody stands in a list of names and their illness only in a letter that
//! waits, that letter brings no new person and a new one of whom a diagnosis is known. So each part is estimated as everybody is
//! ([`super::unread`]), from the items that show it, all parts and everybody on the same sample drawn again. People of unread tables are divided
//! like those whom one table names and nothing else, with the error of a share of clusters (Cochran 1977, eq. 11.12). People found who are somebody met
//! elsewhere are taken from those met once.
//!
//! Everybody has one role and one age band: roles are brought to the sum that everybody is, and of unknown age is everybody but children and adults.

use super::Placed;
use super::chance::{normal, quantile};
use super::estimate::Basis;
use super::unread::{New, Person, Place, Unread};
use assay_model::{AgeBand, DataSubject, Estimate, Expected, Mention, Part};
use rand_pcg::Pcg64;
use rand_pcg::rand_core::SeedableRng;
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// Draws for an interval.
const DRAWS: usize = 200;
/// Standard error of how many are of a role, by who is told to be what, of the root of its people times everybody: the role of one person in eighty is told
/// wrong (`cargo xtask accuracy`).
const ROLE_ERROR: f64 = 0.01;
/// Of the people of unknown age, the standard error of the share whom a register knows, though nothing read says who they are (the same).
const AGE_ERROR: f64 = 0.15;

/// What was found of a part of the people, and what it lets expect.
#[derive(Default)]
struct Found {
    /// People.
    count: f64,
    /// Those of them who are met once.
    once: f64,
    /// Those whom a table names and nothing else, by table.
    tables: BTreeMap<u32, f64>,
    /// Those whom items that are no tables show to be of it.
    people: Vec<Person>,
    /// People expected in unread items that are no tables.
    others: New,
}

/// A person who counts.
struct Seen {
    /// The parts, each with the items that are no tables and show it.
    parts: Vec<(Part, Option<Person>)>,
    is_once: bool,
    /// The table that names them, where nothing else does.
    table: Option<u32>,
}

impl Found {
    fn add(&mut self, is_once: bool, table: Option<u32>, person: Option<Person>) {
        self.count += 1.0;
        self.once += f64::from(u8::from(is_once));
        if let Some(table) = table {
            *self.tables.entry(table).or_default() += 1.0;
        }
        self.people.extend(person);
    }
}

/// People expected of each part.
pub(super) fn parts(basis: &Basis<'_>, placed: &[Placed<'_>], estimate: &Estimate) -> BTreeMap<Part, Expected> {
    let counting: Vec<&DataSubject> = basis.subjects.iter().filter(|subject| subject.counts).collect();
    let seen: Vec<Seen> = counting.par_iter().map(|subject| see(subject, placed, basis.unread)).collect();
    let (mut everybody, mut parts) = (Found::default(), BTreeMap::<Part, Found>::new());
    for Seen { parts: of, is_once, table } in seen {
        everybody.add(is_once, table, None);
        of.into_iter().for_each(|(part, person)| parts.entry(part).or_default().add(is_once, table, person));
    }
    let as_read = basis.unread.as_read();
    parts.par_iter_mut().for_each(|(_, found)| {
        found.others = basis.unread.expected(&found.people, found.count / everybody.count, &as_read);
    });
    let shares: Vec<Share> = parts.values().map(|found| Share::of(found, &everybody)).collect();
    let names: Vec<&Part> = parts.keys().collect();
    let whole = Whole { names: &names };
    let parted = || parts.values().zip(&shares);

    let lost = basis.mean() - everybody.count;
    let point = parted().map(|(found, share)| {
        found.others.with(as_read.tables, |others, tables| {
            found.count + share.of_lost(lost, 0.0) + others + share.tables * tables
        })
    });
    let all = estimate.estimate as f64;
    let all = New { waiting: all, all };
    let mut points: Vec<New> = point.collect();
    whole.roles(all, &mut points);
    whole.ages(all, &mut points);

    let drawn: Vec<Vec<New>> = (0..DRAWS)
        .into_par_iter()
        .map(|draw| {
            let mut random = Pcg64::seed_from_u64(basis.seed ^ (draw as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
            let read = basis.read.get(draw * basis.read.len() / DRAWS).copied().unwrap_or(everybody.count);
            let again = basis.unread.again(&mut random);
            let all =
                basis.unread.draw_all(&again, &mut random).with(again.tables, |others, tables| read + others + tables);
            let of_part = |(found, share): (&Found, &Share)| {
                let others = basis.unread.draw_of(&found.people, found.others, &again, &mut random);
                let of_tables = (share.tables + normal(&mut random) * share.error).clamp(0.0, 1.0);
                let read = found.count + share.of_lost(read - everybody.count, normal(&mut random));
                others.with(again.tables, |others, tables| read + others + of_tables * tables)
            };
            let mut figures: Vec<New> = parted().map(of_part).collect();
            whole.told_wrong(all.all, &mut figures, &mut random);
            whole.ages(all, &mut figures);
            figures
        })
        .collect();
    let expected = |(place, (part, found)): (usize, (&Part, &Found))| {
        let end = |of: fn(&New) -> f64, share: f64| {
            let mut figures: Vec<f64> = drawn.iter().filter_map(|draw| draw.get(place)).map(of).collect();
            figures.sort_by(f64::total_cmp);
            quantile(&figures, share).unwrap_or_default()
        };
        let point = points.get(place).map_or(0.0, |new| new.all);
        let (low, high) = (end(|new| new.waiting, 0.025).min(point), end(|new| new.all, 0.975).max(point));
        let [estimate, low, high] = [point.round(), low.floor(), high.ceil()].map(|people| people.max(0.0) as u64);
        (part.clone(), Expected { count: found.count as u64, estimate, low, high })
    };
    parts.iter().enumerate().map(expected).collect()
}

/// A part's share in what is told of everybody only.
struct Share {
    /// Among those met once.
    once: f64,
    /// Among people of unread tables, and its standard error.
    tables: f64,
    error: f64,
}

impl Share {
    fn of(found: &Found, everybody: &Found) -> Self {
        let once = found.once / everybody.once.max(1.0);
        let all: f64 = everybody.tables.values().sum();
        if all < 1.0 {
            return Self { once, tables: found.count / everybody.count.max(1.0), error: 0.5 };
        }
        let tables = found.tables.values().sum::<f64>() / all;
        let square = |(table, people): (&u32, &f64)| {
            (found.tables.get(table).copied().unwrap_or_default() - tables * people).powi(2)
        };
        let clusters = everybody.tables.len() as f64;
        let squares: f64 = everybody.tables.iter().map(square).sum();
        // One table says nothing of how tables differ.
        let error = if clusters > 1.0 { (squares * clusters / (clusters - 1.0)).sqrt() / all } else { 0.5 };
        Self { once, tables, error }
    }

    /// Of so many people who are to be added, or taken away.
    fn of_lost(&self, people: f64, error: f64) -> f64 {
        people * self.once + error * (people.abs() * self.once * (1.0 - self.once)).max(0.0).sqrt()
    }
}

/// What everybody is, brought to parts of which everybody has one.
struct Whole<'a> {
    names: &'a [&'a Part],
}

impl Whole<'_> {
    /// Roles brought to the sum that everybody is.
    fn roles(&self, all: New, figures: &mut [New]) {
        self.scale(figures, all, &|part| matches!(part, Part::Role(_)));
    }

    /// Of unknown age is everybody but children and adults.
    fn ages(&self, all: New, figures: &mut [New]) {
        let is_told = |part: &Part| matches!(part, Part::Age(AgeBand::Child | AgeBand::Adult));
        let is_unknown = |part: &Part| *part == Part::Age(AgeBand::Unknown);
        let told = self.sum(figures, &is_told);
        match self.names.iter().any(|part| is_unknown(part)) {
            true => {
                self.scale(figures, told.with(all, f64::min), &is_told);
                self.scale(figures, all.with(told, |all, told| all - told), &is_unknown);
            }
            false => self.scale(figures, all, &is_told),
        }
    }

    /// Adds to a draw what may be wrong with who is told to be what.
    fn told_wrong(&self, all: f64, figures: &mut [New], random: &mut Pcg64) {
        let of_age = |band| self.sum(figures, &|part| *part == Part::Age(band)).all;
        let [child, adult, unknown] = [AgeBand::Child, AgeBand::Adult, AgeBand::Unknown].map(of_age);
        let known = 1.0 + normal(random).abs() * AGE_ERROR * unknown / (child + adult).max(1.0);
        for (part, new) in self.names.iter().zip(figures) {
            match part {
                Part::Age(AgeBand::Child | AgeBand::Adult) => *new = new.with(*new, |people, _| people * known),
                Part::Role(_) => {
                    let error = normal(random) * ROLE_ERROR;
                    *new = new.with(*new, |people, _| (people + error * (people * all).max(0.0).sqrt()).max(0.0));
                }
                Part::Age(AgeBand::Unknown) | Part::Controller(_) | Part::Element(_) => {}
            }
        }
    }

    fn sum(&self, figures: &[New], of: &dyn Fn(&Part) -> bool) -> New {
        let of_them = self.names.iter().zip(figures).filter(|(part, _)| of(part));
        of_them.fold(New::default(), |sum, (_, new)| sum.with(*new, |sum, new| sum + new))
    }

    fn scale(&self, figures: &mut [New], to: New, of: &dyn Fn(&Part) -> bool) {
        let sum = self.sum(figures, of);
        let factor = to.with(sum, |to, sum| if sum > 0.0 { to.max(0.0) / sum } else { 0.0 });
        let of_them = self.names.iter().zip(figures).filter(|(part, _)| of(part));
        of_them.for_each(|(_, new)| *new = new.with(factor, |people, factor| people * factor));
    }
}

fn see(subject: &DataSubject, placed: &[Placed<'_>], unread: &Unread<'_>) -> Seen {
    let is_once = subject.mentions.len() == 1;
    let places: Vec<Option<Place>> = subject.documents.iter().map(|document| unread.place(document)).collect();
    let table = match places.as_slice() {
        [Some(Place::Table(table))] => Some(*table),
        _ => None,
    };
    // Whom only tables name, no other item shows to be anything.
    if !places.iter().any(|place| matches!(place, Some(Place::Sampled(_)))) {
        return Seen { parts: subject.parts().map(|part| (part, None)).collect(), is_once, table };
    }
    let mention = |id| placed.binary_search_by_key(&id, |placed| &placed.mention.id).ok().and_then(|at| placed.get(at));
    let mentions: Vec<(&Placed<'_>, usize)> = subject
        .mentions
        .iter()
        .filter_map(|id| {
            let placed = mention(id)?;
            let at = (&placed.mention.locator.exhibit, &placed.mention.locator.path);
            Some((placed, subject.documents.binary_search_by(|(e, p)| (e, p).cmp(&at)).ok()?))
        })
        .collect();
    let parts = subject.parts().map(|part| {
        let showing = mentions.iter().filter(|(placed, _)| shows(placed, &part)).map(|(_, document)| *document);
        let mut documents: BTreeSet<usize> = showing.collect();
        // What a register tells, every item lets know.
        if documents.is_empty() {
            documents.extend(0..places.len());
        }
        let person = Person::at(documents.into_iter().filter_map(|document| places.get(document).copied().flatten()));
        (part, person)
    });
    Seen { parts: parts.collect(), is_once, table }
}

/// Whether a mention shows its person to be of a part.
fn shows(placed: &Placed<'_>, part: &Part) -> bool {
    let mention: &Mention = placed.mention;
    match part {
        Part::Controller(id) => placed.controllers.contains(id),
        Part::Role(role) => mention.role == *role,
        Part::Age(_) => mention.date_of_birth().is_some(),
        Part::Element(name) => mention.findings.iter().any(|finding| finding.element.published() == Some(*name)),
    }
}
