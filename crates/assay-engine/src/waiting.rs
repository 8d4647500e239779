//! Units that wait for a worker, in the order in which they are read.
//!
//! What goes first and what is read before the lots is taken heaviest first: a large file begun last would be waited for by idle workers.
//! Of the strata read by lot the one is next that was given the fewest readings for its size, each reading counted by its cost's
//! square root, as a sample is best shared out among strata of one spread (Cochran 1977, 5.5).

use crate::unit::Unit;
use assay_analysis::order::Turn;
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// Units that wait.
#[derive(Default)]
pub(crate) struct Waiting {
    first: ByWeight,
    census: ByWeight,
    strata: BTreeMap<u64, Stratum>,
    added: u64,
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
        self.known as f64 / cost.max(1.0).sqrt() / (self.taken + 1) as f64
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

    /// The next unit that weighs no more than `most`, with its weight.
    pub(crate) fn take(&mut self, most: u64) -> Option<(Unit, u64)> {
        if let Some(taken) = self.first.take(most).or_else(|| self.census.take(most)) {
            return Some(taken);
        }
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
    fn lots_come_last_by_their_numbers_and_strata_take_turns_by_their_size() {
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
}
