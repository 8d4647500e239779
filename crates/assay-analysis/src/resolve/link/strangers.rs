//! How many of the rows that were linked with nothing are people of their own: measured against rows whose person is known.
//!
//! A row with a name and a town fits nobody well enough to be linked, whether its person is met elsewhere or not; no weight of a
//! pair tells, and counting each such row as a person made a count of historical records 80 % too high. So a sample of lonely rows is set
//! beside decoys: rows of the groups, with only those fields left that the lonely row has. A decoy's best fit with other groups
//! says how well a stranger fits by chance; its fit with its own group says how well one fits who is met elsewhere. The lonely rows
//! are a mixture of the two, and its share follows from how many of them fit better than a stranger does.

use std::collections::{BTreeMap, HashMap};

use rand_pcg::Pcg64;
use rand_pcg::rand_core::{Rng, SeedableRng};
use rayon::prelude::*;

use super::block::{Keys, probe_keys};
use super::compare::Memory;
use super::levels::{Comparison, Pattern};
use super::partition::{Groups, Partitioner};
use super::table::{Field, Row};

/// What a lonely row and its decoy came to: bits of the best fit, minus infinity where nothing was near.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fit {
    lonely: f64,
    stranger: f64,
    own: f64,
}

/// The sample, and what it stands for.
pub(super) struct Strangers {
    pub(super) fits: Vec<Fit>,
    /// Rows alone in their groups.
    pub(super) lonely: u64,
    /// The share of people met twice whose other mention is a lonely row too: no group could be found for them.
    pub(super) pairs: f64,
    /// The share of lonely rows so badly written that they fit their own person no better than a stranger.
    spoilt: f64,
}

/// Rows that one key may bring.
const MOST: usize = 400;

struct Probe {
    row: u32,
    /// Fields left.
    fields: u32,
    sample: usize,
    is_decoy: bool,
}

fn filled(row: &Row) -> u32 {
    (0..16).filter(|at| *at != Field::Sex as usize && row.0.get(*at).is_some_and(|v| *v != 0)).map(|at| 1 << at).sum()
}

fn kept(row: &Row, fields: u32) -> Row {
    let mut kept = *row;
    for (at, value) in kept.0.iter_mut().enumerate() {
        if at != Field::Sex as usize && fields & 1 << at == 0 {
            *value = 0;
        }
    }
    kept
}

/// The pattern without the comparisons of fields that were taken out; fields and comparisons have the same places.
fn masked(pattern: Pattern, fields: u32) -> Pattern {
    let mut masked = pattern;
    for comparison in Comparison::ALL {
        if comparison != Comparison::Sex && fields & 1 << comparison as u32 == 0 {
            masked.put(comparison, 0);
        }
    }
    masked
}

impl Strangers {
    pub(super) fn new(partitioner: &Partitioner<'_>, groups: &Groups, sample: usize, spoilt: f64, seed: u64) -> Self {
        let table = partitioner.comparer.table;
        let of = |row: u32| groups.of.get(row as usize).copied().unwrap_or(row);
        let mut sizes = vec![0u32; table.len() as usize];
        for row in 0..table.len() {
            if let Some(size) = sizes.get_mut(of(row) as usize) {
                *size += 1;
            }
        }
        let size = |row: u32| sizes.get(of(row) as usize).copied().unwrap_or_default();
        let mut lonely: Vec<u32> = (0..table.register_from).filter(|row| size(*row) == 1).collect();
        let hosts: Vec<u32> = (0..table.register_from).filter(|row| size(*row) >= 3).collect();
        let count = lonely.len() as u64;
        let (mut twos, mut several) = (0u64, 0u64);
        for row in (0..table.register_from).filter(|row| size(*row) > 1) {
            several += 1;
            twos += u64::from(size(row) == 2);
        }
        let pairs = twos as f64 / several.max(1) as f64;
        let mut random = Pcg64::seed_from_u64(seed ^ 0x7374_7261_6e67_6572);
        let mut below = |limit: usize| ((u128::from(random.next_u64()) * limit as u128) >> 64) as usize;
        for at in 0..sample.min(lonely.len()) {
            let other = at + below(lonely.len() - at);
            lonely.swap(at, other);
        }
        lonely.truncate(sample);
        let mut probes = Vec::new();
        for (at, row) in lonely.iter().enumerate() {
            let fields = filled(table.row(*row));
            // A row of a group that has all of these fields.
            let found = (0..400).find_map(|_| {
                let row = hosts.get(below(hosts.len().max(1))).copied()?;
                (filled(table.row(row)) & fields == fields).then_some(row)
            });
            if let Some(decoy) = found {
                probes.push(Probe { row: *row, fields, sample: at, is_decoy: false });
                probes.push(Probe { row: decoy, fields, sample: at, is_decoy: true });
            }
        }
        let fits = fits(partitioner, groups, &probes, &size);
        Self { fits, lonely: count, pairs, spoilt }
    }

    /// The share of lonely rows that are people of their own, from the fits at these places.
    fn share(&self, places: &[usize]) -> f64 {
        let fits: Vec<&Fit> = places.iter().filter_map(|at| self.fits.get(*at)).collect();
        if fits.is_empty() {
            return 1.0;
        }
        let mut cuts: Vec<f64> = fits.iter().map(|fit| fit.stranger).collect();
        cuts.sort_by(f64::total_cmp);
        let above = |cut: f64, value: fn(&Fit) -> f64| {
            fits.iter().filter(|fit| value(fit) > cut).count() as f64 / fits.len() as f64
        };
        let mut best = (0.0, 1.0);
        for cut in [0.5, 0.7, 0.8, 0.9]
            .map(|q: f64| cuts.get((q * (cuts.len() - 1) as f64) as usize).copied().unwrap_or_default())
        {
            let stranger = above(cut, |fit| fit.stranger);
            // Lonely rows are worse written than those that were linked.
            let met = above(cut, |fit| fit.stranger.max(fit.own)) * (1.0 - self.spoilt) + stranger * self.spoilt;
            let lonely = above(cut, |fit| fit.lonely);
            if met - stranger > best.0 {
                best = (met - stranger, ((met - lonely) / (met - stranger)).clamp(0.0, 1.0));
            }
        }
        best.1
    }

    /// People that the lonely rows are, by the sample drawn again with replacement.
    pub(super) fn draw(&self, mut below: impl FnMut(usize) -> usize) -> f64 {
        let again: Vec<usize> = (0..self.fits.len()).map(|_| below(self.fits.len())).collect();
        self.of_share(self.share(&again))
    }

    fn of_share(&self, share: f64) -> f64 {
        let lonely = self.lonely as f64;
        let met = lonely * (1.0 - share);
        // Of people met twice whose mentions both stayed alone no group speaks: two such rows are one person.
        let unseen = (met * self.pairs / (1.0 - self.pairs).max(0.2)).min(lonely - met);
        lonely - met - unseen / 2.0
    }
}

/// The best fits of the probes with groups, found by the keys that their fields give.
fn fits(
    partitioner: &Partitioner<'_>,
    groups: &Groups,
    probes: &[Probe],
    size: &(impl Fn(u32) -> u32 + Sync),
) -> Vec<Fit> {
    let table = partitioner.comparer.table;
    let of = |row: u32| groups.of.get(row as usize).copied().unwrap_or(row);
    let mut wanted: HashMap<(u8, u32), Vec<u32>> = HashMap::new();
    for probe in probes {
        let keys = probe_keys(table, &kept(table.row(probe.row), probe.fields));
        keys.into_iter().for_each(|key| _ = wanted.entry(key).or_default());
    }
    let keys = Keys::new(table, |_| false);
    for row in 0..table.len() {
        for key in keys.of(row) {
            if let Some(rows) = wanted.get_mut(&key).filter(|rows| rows.len() <= MOST) {
                rows.push(row);
            }
        }
    }
    let best = |memory: &mut Memory, probe: &Probe| {
        let mut near: Vec<u32> = probe_keys(table, &kept(table.row(probe.row), probe.fields))
            .iter()
            .filter_map(|key| wanted.get(key))
            .filter(|rows| rows.len() <= MOST)
            .flatten()
            .copied()
            .collect();
        near.sort_unstable();
        near.dedup();
        let (mut other, mut own) = (f64::NEG_INFINITY, f64::NEG_INFINITY);
        for row in near.into_iter().filter(|row| *row != probe.row && size(*row) > 1) {
            let pattern = masked(partitioner.comparer.pattern(probe.row, row, memory), probe.fields);
            let weight = partitioner.model.weigh(table, probe.row, row, pattern);
            if of(row) == of(probe.row) {
                own = own.max(weight.total);
            } else if !weight.clash {
                other = other.max(weight.total);
            }
        }
        (probe.sample, probe.is_decoy, other, own)
    };
    let found: Vec<(usize, bool, f64, f64)> = probes.par_iter().map_init(Memory::default, best).collect();
    let mut fits: BTreeMap<usize, Fit> = BTreeMap::new();
    for (sample, is_decoy, other, own) in found {
        let none = Fit { lonely: f64::NEG_INFINITY, stranger: f64::NEG_INFINITY, own: f64::NEG_INFINITY };
        let fit = fits.entry(sample).or_insert(none);
        if is_decoy {
            (fit.stranger, fit.own) = (other, own);
        } else {
            fit.lonely = other;
        }
    }
    fits.into_values().collect()
}
