//! How many people: draws from a posterior over what may be wrong with the groups made.
//!
//! A row alone, or a small group, may be of somebody who is met elsewhere (`lost`). A member that holds its group weakly may be somebody
//! else: then it is a lonely row, and as likely a person of its own as those are. A draw takes the number of either, an error of all weights
//! common to the draw (a refit on another sample would shift them together), and one for what no weight sees.

use rand_pcg::Pcg64;
use rand_pcg::rand_core::SeedableRng;
use rayon::prelude::*;

use super::super::chance::{normal, quantile, uniform};
use super::compare::Memory;
use super::levels::Posterior as Rule;
use super::lost::Lost;
use super::partition::{Groups, Partitioner};

/// The number of people with its uncertainty.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Interval {
    /// The mean of the posterior.
    pub mean: f64,
    /// The end below: 2.5 %.
    pub low: f64,
    /// The end above: 97.5 %.
    pub high: f64,
}

/// What is in doubt.
pub(super) struct Doubts {
    /// Bits with which the members that hold least to their groups belong there.
    members: Vec<f64>,
    groups: u64,
    lost: Lost,
}

impl Doubts {
    /// The groups of a table, each with its rows.
    pub(super) fn of_groups(partitioner: &Partitioner<'_>, groups: &Groups, rule: &Rule) -> Self {
        let of = |row: u32| groups.of.get(row as usize).copied().unwrap_or(row);
        let mut order: Vec<u32> = (0..partitioner.comparer.table.len()).collect();
        order.par_sort_unstable_by_key(|row| (of(*row), *row));
        let members: Vec<&[u32]> = order.chunk_by(|a, b| of(*a) == of(*b)).collect();
        Self::new(partitioner, &members, rule)
    }

    /// Finds what is in doubt about groups, each with its rows; register people without a mention are no group.
    pub(super) fn new(partitioner: &Partitioner<'_>, members: &[&[u32]], rule: &Rule) -> Self {
        let table = partitioner.comparer.table;
        let has_mention = |group: &[u32]| group.iter().any(|row| !table.is_register(*row));
        let count = members.iter().filter(|group| has_mention(group)).count() as u64;
        // Of each group the member that the others hold least.
        let lost = Lost::new(partitioner, members, rule);
        let held = members
            .par_iter()
            .filter(|group| group.len() > 1 && has_mention(group))
            .map_init(Memory::default, |memory, group| {
                let weakest = |member: &u32| {
                    let others: Vec<u32> = group.iter().copied().filter(|row| row != member).collect();
                    partitioner.between(&[*member], &others, memory).unwrap_or(rule.sure)
                };
                let step = group.len().div_ceil(12).max(1);
                group
                    .iter()
                    .step_by(step)
                    .filter(|row| !table.is_register(**row))
                    .map(weakest)
                    .fold(f64::INFINITY, f64::min)
            })
            .filter(|bits| *bits < rule.sure)
            .collect();
        Self { members: held, groups: count, lost }
    }

    /// Draws numbers of people.
    pub(super) fn draws(&self, rule: &Rule, seed: u64) -> Vec<f64> {
        (0..rule.draws as u64).into_par_iter().map(|draw| self.draw(rule, seed, draw)).collect()
    }

    /// Their mean and ends.
    pub(super) fn interval(&self, rule: &Rule, seed: u64) -> Interval {
        let mut sorted = self.draws(rule, seed);
        sorted.sort_by(f64::total_cmp);
        let at = |share: f64| quantile(&sorted, share).unwrap_or_default();
        let mean = sorted.iter().sum::<f64>() / sorted.len().max(1) as f64;
        Interval { mean, low: at(0.025).floor(), high: at(0.975).ceil() }
    }

    fn draw(&self, rule: &Rule, seed: u64, draw: u64) -> f64 {
        let mut random = Pcg64::seed_from_u64(seed.rotate_left(32) ^ draw.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let shift = normal(&mut random) * rule.weight_error;
        let (of_their_own, fragments) = self.lost.draw(&mut random);
        let belongs = |bits: f64| 1.0 / (1.0 + (-bits - shift).exp2());
        let split = self.members.iter().filter(|bits| uniform(&mut random) >= belongs(**bits)).count();
        let lonely = self.lost.lonely as f64;
        let missed = normal(&mut random) * rule.model_error * self.groups as f64;
        let own = if lonely > 0.0 { of_their_own / lonely } else { 1.0 };
        let in_groups = self.groups as f64 - lonely - fragments + split as f64 * own;
        (in_groups + of_their_own + missed).max(1.0)
    }
}
