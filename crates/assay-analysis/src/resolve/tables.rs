//! How many people there are in tables that were not read: lists that wait, and lists that could not be read.
//!
//! **How many people they name.** Tables of a stratum (the ending of their names, their size in powers of four) name about as many people for each byte,
//! the coarser where the finer has fewer than [`ENOUGH`] read. Tables are read heaviest first: their number would say nothing, and their bytes do.
//!
//! **How many of those are new.** Of the people in the read tables of a stratum some stand in that table and in nothing else; as many of an unread one's
//! would be new if lists went on to differ as they did (Good 1953). They begin to repeat each other: all that are unread bring no more than those whom
//! Chao's bound still expects, f0 = f1 (f1 - 1) / 2 (f2 + 1), f1 people being in one table only and f2 in two, and x of them bring f0 (1 - exp(-x / f0))
//! if all are as likely to be listed (Chao 1984; Colwell et al. 2012, eq. 9), which is the point. Lists are of clinics, wards and years: those that go on to
//! differ bring more, and those of one small clinic, of which each names most, fewer. A draw lies anywhere from as far below the point as it is
//! below x, to x, with an error of its own ([`LISTS_ERROR`]).

use super::chance::{normal, uniform};
use super::unread::{ENOUGH, New, Place};
use assay_model::{Item, ItemPath};
use rand_pcg::Pcg64;
use std::collections::BTreeMap;

/// People whose share that nothing else names is weighed in for a stratum, of all tables.
const FEW: f64 = 30.0;
/// Standard error of the logarithm of a rate of people for each byte, of one table; it shrinks with the root of their number.
const RATE_ERROR: f64 = 0.8;
/// Standard error of the logarithm of how many of the people in unread tables are new, where these are few: by clustering, see above (simulated).
const LISTS_ERROR: f64 = 0.25;

/// An unread item: its bytes, its path, and whether it waits.
pub(super) type Due<'a> = (u64, &'a ItemPath, bool);

/// What unread tables hold.
#[derive(Default)]
pub(super) struct Tables {
    /// People whom one table names and nothing else, and those whom two name and nothing else.
    once: f64,
    twice: f64,
    strata: Vec<OfStratum>,
    /// People named in all that is unread, for those named in what was read.
    times: f64,
}

/// Unread tables by what is known of their like.
struct OfStratum {
    /// People in those that wait, and in all, if lists go on to differ.
    waiting: f64,
    all: f64,
    /// How many were read.
    read: usize,
}

impl Tables {
    pub(super) fn mean(&self) -> New {
        self.new_people(|_| 1.0, 0.0)
    }

    pub(super) fn draw(&self, random: &mut Pcg64) -> New {
        if self.strata.is_empty() {
            return New::default();
        }
        let errors: Vec<f64> =
            self.strata.iter().map(|of| (normal(random) * RATE_ERROR / (of.read as f64).sqrt()).exp()).collect();
        let between = uniform(random) * 2.0 - 1.0;
        // The further one reckons beyond what was read, the less is known.
        let error = (normal(random) * LISTS_ERROR * (1.0 + self.times.ln_1p())).exp();
        let New { waiting, all } = self.new_people(|stratum| errors.get(stratum).copied().unwrap_or(1.0), between);
        New { waiting: waiting * error, all: all * error }
    }

    /// With each stratum's rate times `error`, `between` the two ends.
    fn new_people(&self, error: impl Fn(usize) -> f64, between: f64) -> New {
        let most = |of: &dyn Fn(&OfStratum) -> f64| -> f64 {
            self.strata.iter().enumerate().map(|(n, stratum)| of(stratum) * error(n)).sum()
        };
        let of = |most: f64| {
            let unseen = self.once * (self.once - 1.0).max(0.0) / (2.0 * (self.twice + 1.0));
            let least = if unseen > 0.0 { unseen * (1.0 - (-most / unseen).exp()) } else { 0.0 };
            if least > 0.0 { least * (most / least).powf(between) } else { most * between.clamp(0.0, 1.0) }
        };
        New { waiting: of(most(&|stratum| stratum.waiting)), all: of(most(&|stratum| stratum.all)) }
    }
}

/// The tables of a case while its people are gone through.
pub(super) struct Reading<'a> {
    read: &'a [&'a Item],
    due: &'a [Due<'a>],
    /// How many people each read table names, and how many of them nothing else does.
    people: Vec<(f64, f64)>,
    found: Tables,
}

impl<'a> Reading<'a> {
    pub(super) fn new(read: &'a [&'a Item], due: &'a [Due<'a>]) -> Self {
        Self { read, due, people: vec![(0.0, 0.0); read.len()], found: Tables::default() }
    }

    /// Takes note of a person who counts, whom so many items name, some of them at these places.
    pub(super) fn take(&mut self, documents: usize, places: impl Iterator<Item = Place>) {
        let mut named = 0;
        let alone = if documents == 1 { 1.0 } else { 0.0 };
        for place in places {
            let Place::Table(at) = place else { continue };
            if let Some((people, once)) = self.people.get_mut(at as usize) {
                *people += 1.0;
                *once += alone;
                named += 1;
            }
        }
        match (named, documents) {
            (1, 1) => self.found.once += 1.0,
            (2, 2) => self.found.twice += 1.0,
            _ => {}
        }
    }

    pub(super) fn finish(self) -> Tables {
        let mut read: BTreeMap<Stratum<'_>, Of> = BTreeMap::new();
        for (item, (people, once)) in self.read.iter().zip(&self.people) {
            for stratum in strata(&item.path, item.bytes) {
                let of = read.entry(stratum).or_default();
                of.tables += 1;
                of.bytes += item.bytes as f64;
                of.people += people;
                of.once += once;
            }
        }
        let Some(all) = read.get(&ALL).copied().filter(|all| all.people > 0.0) else { return Tables::default() };
        let mut due: BTreeMap<Stratum<'_>, (f64, f64)> = BTreeMap::new();
        for (bytes, path, waits) in self.due {
            let speaks = |stratum: &Stratum<'_>| read.get(stratum).is_some_and(|of| of.tables >= ENOUGH);
            let (waiting, unread) =
                due.entry(strata(path, *bytes).into_iter().find(speaks).unwrap_or(ALL)).or_default();
            *unread += *bytes as f64;
            *waiting += if *waits { *bytes as f64 } else { 0.0 };
        }
        let mut tables = self.found;
        for (stratum, (waiting, unread)) in due {
            let of = read.get(&stratum).copied().unwrap_or(all);
            let rate = of.people / of.bytes.max(1.0);
            // A stratum of few people is like all.
            let new = (of.once + FEW * all.once / all.people) / (of.people + FEW);
            tables.times += unread * rate / all.people;
            tables.strata.push(OfStratum { waiting: waiting * rate * new, all: unread * rate * new, read: of.tables });
        }
        tables
    }
}

/// Tables read of a stratum: their number, bytes, people, and people whom nothing else names.
#[derive(Clone, Copy, Default)]
struct Of {
    tables: usize,
    bytes: f64,
    people: f64,
    once: f64,
}

/// The ending of a name, and a size; empty and zero for any.
type Stratum<'a> = (&'a str, u32);
const ALL: Stratum<'static> = ("", 0);

/// The strata of a table, the finest first.
fn strata(path: &ItemPath, bytes: u64) -> [Stratum<'_>; 3] {
    let ending = path.as_str().rsplit(['.', '/', '!']).next().unwrap_or_default();
    [(ending, bytes.max(1).ilog2() / 2 + 1), (ending, 0), ALL]
}

#[cfg(test)]
mod tests {
    use super::super::unread::tests::item;
    use super::*;
    use rand_pcg::rand_core::SeedableRng;
    use std::collections::BTreeSet;

    /// Lists of many sizes over so many people, the heaviest read until a share of the bytes was; those of one clinic draw on its patients only.
    /// What is expected of the rest, its interval, and the truth.
    fn simulated(seed: u64, share: f64, clinics: usize) -> (f64, [f64; 2], f64) {
        const PEOPLE: usize = 3000;
        let mut random = Pcg64::seed_from_u64(seed);
        let mut lists: Vec<(usize, BTreeSet<usize>)> = (0..80)
            .map(|n| {
                let size = 20.0 * (normal(&mut random) * 0.9 + 1.2).exp();
                let of_clinic = PEOPLE / clinics;
                let first = (uniform(&mut random) * clinics as f64) as usize * of_clinic;
                let people = (0..size as usize).map(|_| first + (uniform(&mut random) * of_clinic as f64) as usize);
                (n, people.collect())
            })
            .collect();
        lists.sort_by_key(|(n, people)| (std::cmp::Reverse(people.len()), *n));
        let named = |of: &[(usize, BTreeSet<usize>)]| of.iter().map(|(_, people)| people.len()).sum::<usize>() as f64;
        let all = named(&lists);
        let cut = (1..lists.len()).find(|n| named(&lists[..*n]) >= share * all).unwrap();
        let path = |n: usize| ItemPath::of_file(&format!("lists/{n}.csv"));
        let sized = |(n, people): &(usize, BTreeSet<usize>)| Item { bytes: 60 * people.len() as u64, ..item(path(*n)) };
        let items: Vec<Item> = lists.iter().map(sized).collect();
        let read: Vec<&Item> = items[..cut].iter().collect();
        let due: Vec<Due<'_>> = items[cut..].iter().map(|item| (item.bytes, &item.path, true)).collect();
        let mut reading = Reading::new(&read, &due);
        let mut unseen = 0.0;
        for person in 0..PEOPLE {
            let naming = |lists: &[(usize, BTreeSet<usize>)]| -> Vec<Place> {
                let naming = (0u32..).zip(lists).filter(|(_, (_, people))| people.contains(&person));
                naming.map(|(place, _)| Place::Table(place)).collect()
            };
            let seen = naming(&lists[..cut]);
            match seen.is_empty() {
                true => unseen += if naming(&lists[cut..]).is_empty() { 0.0 } else { 1.0 },
                false => reading.take(seen.len(), seen.into_iter()),
            }
        }
        let tables = reading.finish();
        let mut draws: Vec<f64> = (0..200).map(|_| tables.draw(&mut random).waiting).collect();
        draws.sort_by(f64::total_cmp);
        (tables.mean().waiting, [draws[5], draws[194]], unseen)
    }

    #[test]
    fn the_heaviest_lists_tell_how_many_people_the_others_add() {
        for (share, clinics) in [(0.3, 1), (0.6, 1), (0.9, 1), (0.5, 12), (0.8, 12)] {
            let (mut held, mut sum, mut truths) = (0, 0.0, 0.0);
            for seed in 0..20 {
                let (expected, [low, high], truth) = simulated(seed, share, clinics);
                held += usize::from((low..=high).contains(&truth));
                (sum, truths) = (sum + expected, truths + truth);
            }
            let error = sum / truths - 1.0;
            assert!(held >= 18 && error.abs() < 0.25, "{share} of {clinics}: {held} of 20, error {error}");
        }
    }

    #[test]
    fn where_no_table_was_read_nothing_is_told_of_those_that_wait() {
        let waiting = ItemPath::of_file("a.csv");
        let due = [(1 << 20, &waiting, true)];
        assert_eq!(Reading::new(&[], &due).finish().mean(), New::default());
    }
}
