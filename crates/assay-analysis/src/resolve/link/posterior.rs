//! How many people: draws from a posterior over partitions around the groups made.
//!
//! A group may be a fragment of another one: a record too poor to be linked still is somebody's, and in a leak where people
//! are met again and again, somebody who is met already. The share of fragments among small groups is a parameter with a Beta
//! posterior, fitted by EM to how well each such group fits the others; given it, a group is a fragment of another with a
//! probability that its weights tell. The same odds, turned round, say which members of a group do not belong to it. A draw
//! takes the share, an error of all weights common to the draw (a refit on another sample would shift them together), then every
//! decision in doubt; pairs join by union-find, so that in a component three pairs cannot take off more people than there are. Summed
//! over components that is one number of people a draw.

use rand_pcg::Pcg64;
use rand_pcg::rand_core::SeedableRng;
use rayon::prelude::*;

use super::super::chance::{normal, uniform};
use super::compare::Memory;
use super::levels::Posterior as Rule;
use super::partition::{Edge, Groups, Partitioner};
use super::strangers::Strangers;
use super::table::{halved, join};

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

/// A group that may be a fragment: the groups that it may be of, with the bits of each.
struct Fragment {
    group: u32,
    hosts: Vec<(u32, f64)>,
}

/// What is in doubt.
pub(super) struct Doubts {
    fragments: Vec<Fragment>,
    /// Bits with which the members that hold least to their groups belong there.
    members: Vec<f64>,
    groups: u64,
    /// Groups small enough to be fragments, single rows apart.
    small: u64,
    strangers: Strangers,
}

impl Doubts {
    /// Finds what is in doubt; register people without a mention are no group.
    pub(super) fn new(partitioner: &Partitioner<'_>, groups: &Groups, edges: &[Edge], rule: &Rule, seed: u64) -> Self {
        let table = partitioner.comparer.table;
        let of = |row: u32| groups.of.get(row as usize).copied().unwrap_or(row);
        let mut order: Vec<u32> = (0..table.len()).collect();
        order.sort_unstable_by_key(|row| (of(*row), *row));
        let members: Vec<&[u32]> = order.chunk_by(|a, b| of(*a) == of(*b)).collect();
        let mut place = vec![u32::MAX; table.len() as usize];
        for (number, group) in (0u32..).zip(&members) {
            if let Some(slot) = group.first().and_then(|first| place.get_mut(*first as usize)) {
                *slot = number;
            }
        }
        let number = |row: u32| place.get(of(row) as usize).copied().unwrap_or(u32::MAX);
        let has_mention = |group: &[u32]| group.iter().any(|row| !table.is_register(*row));
        let count = members.iter().filter(|group| has_mention(group)).count() as u64;
        let is_small = |group: &[u32]| {
            group.len() > 1 && group.len() <= rule.fragment && group.iter().all(|row| !table.is_register(*row))
        };
        let small = members.iter().filter(|group| is_small(group)).count() as u64;

        // Pairs of groups that some edge ties, the small one first.
        let mut tied: Vec<(u32, u32)> = edges
            .iter()
            .map(|edge| (number(edge.a), number(edge.b)))
            .filter(|(x, y)| x != y)
            .flat_map(|(x, y)| [(x, y), (y, x)])
            .filter(|(x, _)| members.get(*x as usize).is_some_and(|group| is_small(group)))
            .collect();
        tied.par_sort_unstable();
        tied.dedup();
        let of_one: Vec<&[(u32, u32)]> = tied.chunk_by(|a, b| a.0 == b.0).collect();
        let fragments = of_one
            .par_iter()
            .map_init(Memory::default, |memory, pairs| {
                let group = pairs.first().map_or(0, |pair| pair.0);
                let hosts = pairs.iter().filter_map(|(x, y)| {
                    let (one, other) = (members.get(*x as usize)?, members.get(*y as usize)?);
                    Some((*y, partitioner.between(one, other, memory)?))
                });
                Fragment { group, hosts: hosts.collect() }
            })
            .filter(|fragment| !fragment.hosts.is_empty())
            .collect();

        // Of each group the member that the others hold least.
        let strangers = Strangers::new(partitioner, groups, rule.sample, rule.spoilt, seed);
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
        Self { fragments, members: held, groups: count, small, strangers }
    }

    /// The share of small groups that are fragments, fitted: each is one with odds share / (1 - share) times how well it fits others.
    fn share(&self, rule: &Rule) -> f64 {
        let fits: Vec<f64> = self.fragments.iter().map(|fragment| fits(fragment, 0.0)).collect();
        let mut share = 0.5;
        for _ in 0..200 {
            let odds = share / (1.0 - share);
            let expected: f64 = fits.iter().map(|fit| odds * fit / (1.0 + odds * fit)).sum();
            let next = (expected + rule.share * rule.strength) / (self.small as f64 + rule.strength);
            let moved = (next - share).abs();
            share = next.clamp(1e-6, 1.0 - 1e-6);
            if moved < 1e-9 {
                break;
            }
        }
        share
    }

    /// Draws numbers of people.
    pub(super) fn interval(&self, rule: &Rule, seed: u64) -> Interval {
        let share = self.share(rule);
        let draws: Vec<f64> =
            (0..rule.draws as u64).into_par_iter().map(|draw| self.draw(rule, share, seed, draw)).collect();
        let mut sorted = draws;
        sorted.sort_by(f64::total_cmp);
        let at = |share: f64| {
            sorted.get((share * (sorted.len().max(1) - 1) as f64).round() as usize).copied().unwrap_or_default()
        };
        let mean = sorted.iter().sum::<f64>() / sorted.len().max(1) as f64;
        Interval { mean, low: at(0.025).floor(), high: at(0.975).ceil() }
    }

    fn draw(&self, rule: &Rule, share: f64, seed: u64, draw: u64) -> f64 {
        let mut random = Pcg64::seed_from_u64(seed.rotate_left(32) ^ draw.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let shift = normal(&mut random) * rule.weight_error;
        // The share's own error, on the scale of its odds.
        let spread = 1.0 / (self.small as f64 * share * (1.0 - share)).max(1.0).sqrt();
        let odds = share / (1.0 - share) * (normal(&mut random) * spread).exp();
        let mut parent: Vec<u32> = Vec::new();
        let mut merged = 0u64;
        for fragment in &self.fragments {
            let fit = fits(fragment, shift);
            if uniform(&mut random) >= odds * fit / (1.0 + odds * fit) {
                continue;
            }
            let mut left = uniform(&mut random) * fit;
            let mut host = fragment.hosts.last().map_or(fragment.group, |host| host.0);
            for (other, bits) in &fragment.hosts {
                left -= (bits + shift).exp2();
                if left <= 0.0 {
                    host = *other;
                    break;
                }
            }
            let most = fragment.group.max(host) as usize;
            if parent.len() <= most {
                parent.extend(parent.len() as u32..=most as u32);
            }
            if halved(&mut parent, fragment.group) != halved(&mut parent, host)
                && join(&mut parent, fragment.group, host)
            {
                merged += 1;
            }
        }
        let split =
            self.members.iter().filter(|bits| uniform(&mut random) >= chance(odds, (**bits + shift).exp2())).count();
        let missed = normal(&mut random) * rule.model_error * self.groups as f64;
        let below = |limit: usize| (uniform(&mut random) * limit as f64) as usize;
        let of_their_own = self.strangers.draw(below);
        let in_groups = (self.groups - self.strangers.lonely) as f64 - merged as f64 + split as f64;
        (in_groups + of_their_own + missed).max(1.0)
    }
}

fn chance(odds: f64, fit: f64) -> f64 {
    odds.max(1.0) * fit / (1.0 + odds.max(1.0) * fit)
}

/// The sum over hosts of the odds that a fragment is of them.
fn fits(fragment: &Fragment, shift: f64) -> f64 {
    fragment.hosts.iter().map(|(_, bits)| (bits + shift).exp2()).sum()
}
