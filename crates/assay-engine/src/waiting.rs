//! Units that wait for a worker, in the order in which they are read.
//!
//! What goes first and lists are taken heaviest first: a large file begun last would be waited for by idle workers. While lists are read, every
//! [`EVERY`]th unit is one by lot, since an estimate is asked for long before the last list of a large leak.
//! Of the strata read by lot the one is next that was given the fewest readings for its size and spread, each reading counted by its cost's
//! square root, as a sample is best shared out (Neyman 1934; Cochran 1977, 5.5). The spread is of the people named in an item: all strata
//! begin with the same and go on with what their own items gave. Within a stratum the lots decide, whatever was found.

use crate::unit::Unit;
use assay_analysis::order::Turn;
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// Of so many units one is by lot while lists are read.
const EVERY: u64 = 5;

/// Units that wait.
#[derive(Default)]
pub(crate) struct Waiting {
    first: ByWeight,
    census: ByWeight,
    strata: BTreeMap<u64, Stratum>,
    added: u64,
    asked: u64,
}

#[derive(Default)]
struct ByWeight(BTreeMap<(u64, Reverse<u64>), Unit>);

/// Units of one stratum by their lots.
#[derive(Default)]
struct Stratum {
    units: BTreeMap<(u64, u64), (Unit, u64)>,
    /// How many there were in all, and how many were taken.
    known: u64,
    taken: u64,
    /// What all of them cost, in letters.
    cost: u64,
    gave: Gave,
}

/// How many people the items read so far named.
#[derive(Default)]
struct Gave {
    items: f64,
    sum: f64,
    squares: f64,
}

impl Gave {
    fn add(&mut self, people: f64) {
        self.items += 1.0;
        self.sum += people;
        self.squares += people * people;
    }

    /// The standard deviation between items; of few items mostly what it is taken for before any is read.
    fn spread(&self) -> f64 {
        const BEFORE: f64 = 1.0;
        const WEIGHT: f64 = 8.0;
        let variance = (self.squares - self.sum * self.sum / self.items.max(1.0)).max(0.0);
        ((variance + BEFORE * WEIGHT) / (self.items + WEIGHT)).sqrt()
    }
}

impl ByWeight {
    /// The heaviest unit, the earliest of equals, that weighs no more than `most`.
    fn take(&mut self, most: u64) -> Option<(Unit, u64)> {
        let key = *self.0.range(..=(most, Reverse(0))).next_back()?.0;
        self.0.remove(&key).map(|unit| (unit, key.0))
    }
}

impl Stratum {
    /// How much it is its turn.
    fn claim(&self) -> f64 {
        let cost = self.cost as f64 / self.known.max(1) as f64;
        self.known as f64 * self.gave.spread() / cost.max(1.0).sqrt() / (self.taken + 1) as f64
    }
}

impl Waiting {
    pub(crate) fn add(&mut self, unit: Unit, weight: u64, turn: Turn) {
        let added = self.added;
        self.added += 1;
        match turn {
            Turn::First => _ = self.first.0.insert((weight, Reverse(added)), unit),
            Turn::Census => _ = self.census.0.insert((weight, Reverse(added)), unit),
            Turn::Lot { stratum, lot, cost } => {
                let stratum = self.strata.entry(stratum).or_default();
                stratum.units.insert((lot, added), (unit, weight));
                stratum.known += 1;
                stratum.cost = stratum.cost.saturating_add(cost);
            }
        }
    }

    /// Takes note of how many people a unit named that was read in its turn.
    pub(crate) fn learn(&mut self, turn: Turn, people: usize) {
        if let Turn::Lot { stratum, .. } = turn
            && let Some(stratum) = self.strata.get_mut(&stratum)
        {
            stratum.gave.add(people as f64);
        }
    }

    /// The next unit that weighs no more than `most`, with its weight.
    pub(crate) fn take(&mut self, most: u64) -> Option<(Unit, u64)> {
        if let Some(taken) = self.first.take(most) {
            return Some(taken);
        }
        self.asked += 1;
        let by_lot = if self.asked.is_multiple_of(EVERY) { self.take_by_lot(most) } else { None };
        by_lot.or_else(|| self.census.take(most)).or_else(|| self.take_by_lot(most))
    }

    fn take_by_lot(&mut self, most: u64) -> Option<(Unit, u64)> {
        let light = |stratum: &Stratum| stratum.units.first_key_value().is_some_and(|(_, (_, weight))| *weight <= most);
        let next = self.strata.values_mut().filter(|stratum| light(stratum));
        let next = next.max_by(|a, b| a.claim().total_cmp(&b.claim()))?;
        next.taken += 1;
        next.units.pop_first().map(|(_, taken)| taken)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use assay_model::{ExhibitId, ExhibitKind, ItemPath};

    fn unit(name: &str) -> Unit {
        Unit::of_file(&ExhibitId::new("LEAK/1"), ExhibitKind::Leak, &ItemPath::of_file(name))
    }

    fn names(waiting: &mut Waiting) -> Vec<String> {
        std::iter::from_fn(|| waiting.take(u64::MAX)).map(|(unit, _)| unit.file.as_str().to_owned()).collect()
    }

    #[test]
    fn the_heaviest_that_fits_goes_first_and_one_too_heavy_goes_alone() {
        let mut waiting = Waiting::default();
        let all = ["a", "bbb", "cc", "dd", "eeeeeeeee"];
        all.iter().for_each(|name| waiting.add(unit(name), name.len() as u64, Turn::Census));
        let mut take = |most| waiting.take(most).map(|(unit, _)| unit.file.as_str().to_owned());
        assert_eq!(take(2).as_deref(), Some("cc"));
        assert_eq!(take(u64::MAX).as_deref(), Some("eeeeeeeee"));
        assert_eq!(take(3).as_deref(), Some("bbb"));
        assert_eq!(take(0), None);
        assert_eq!([take(9), take(9), take(9)].map(Option::unwrap_or_default), ["dd", "a", ""]);
    }

    #[test]
    fn lots_come_by_their_numbers_and_strata_take_turns_by_their_size() {
        let mut waiting = Waiting::default();
        let lot = |stratum, lot, cost| Turn::Lot { stratum, lot, cost };
        for (name, number) in [("l4", 4), ("l1", 1), ("l3", 3), ("l2", 2)] {
            waiting.add(unit(name), 1, lot(7, number, 1));
        }
        for (name, number) in [("p1", 1), ("p2", 2), ("p3", 3), ("p4", 4)] {
            waiting.add(unit(name), 1, lot(8, number, 16));
        }
        waiting.add(unit("list"), 1, Turn::Census);
        waiting.add(unit("zip"), 1, Turn::First);
        // Of eight at one cost they would alternate; a picture that costs sixteen letters comes a fourth as often.
        assert_eq!(names(&mut waiting), ["zip", "list", "l1", "l2", "l3", "p1", "l4", "p2", "p3", "p4"]);
    }

    #[test]
    fn between_lists_one_unit_in_five_is_by_lot() {
        let mut waiting = Waiting::default();
        for number in 0..9 {
            waiting.add(unit(&format!("list{number}")), 1, Turn::Census);
            waiting.add(unit(&format!("letter{number}")), 1, Turn::Lot { stratum: 7, lot: number, cost: 1 });
        }
        let kinds: String =
            names(&mut waiting).iter().map(|name| if name.starts_with("list") { 'L' } else { 'l' }).collect();
        assert_eq!(kinds, "LLLLlLLLLlLlllllll");
    }

    #[test]
    fn where_items_differ_more_is_read_next() {
        let mut waiting = Waiting::default();
        let lot = |stratum, lot| Turn::Lot { stratum, lot, cost: 1 };
        for number in 0..40 {
            waiting.add(unit(&format!("a{number}")), 1, lot(1, number));
            waiting.add(unit(&format!("b{number}")), 1, lot(2, number));
        }
        let taken = |waiting: &mut Waiting, n: usize| {
            let names = (0..n).filter_map(|_| waiting.take(1)).map(|(unit, _)| unit.file.as_str().to_owned());
            names.filter(|name| name.starts_with('b')).count()
        };
        assert_eq!(taken(&mut waiting, 20), 10, "before anything is known they alternate");
        for n in 0..10 {
            waiting.learn(lot(1, n), 1);
            waiting.learn(lot(2, n), if n % 2 == 0 { 0 } else { 12 });
        }
        assert!(taken(&mut waiting, 20) > 15);
        let left: Vec<_> = names(&mut waiting).into_iter().filter(|name| name.starts_with('a')).collect();
        assert!(left.len() > 20 && left.is_sorted_by_key(|name| name[1..].parse::<u64>().unwrap()), "{left:?}");
    }
}
