//! How many people there are in the items held: the count, its uncertainty, and what was not read.
//!
//! **Resolution.** Decisions near the threshold are drawn again and again: in each of 500 draws, seeded by the case, a member that
//! holds little to its group comes apart with the probability that it does not belong there, and a pair of groups left apart joins with
//! the probability that it is one person; pairs join by union-find, so that in a component three pairs cannot take off more people
//! than there are. The weights themselves are uncertain: each draw shifts all of them by one normal error of [`WEIGHT_ERROR`] bits,
//! common to the draw, as a refit on another sample would. What no draw sees, pairs that share no key and levels that do not
//! fit, is a normal error of [`MODEL_ERROR`] of the count.
//!
//! **Unread items**, those that wait and those that could not be read: [`super::unread`].
//!
//! **Decoys.** The register is permuted, NHS numbers, dates of birth and names each by themselves, and the same people are
//! looked for in it by the same decision: those found match by chance.
//!
//! Not covered: what the group holds beyond the items handed over.

use std::collections::BTreeMap;

use assay_model::{DataSubject, Estimate, RegisterMatch};
use rand_pcg::Pcg64;
use rand_pcg::rand_core::SeedableRng;

use super::chance::{normal, uniform};
use super::cluster::Doubt;
use super::unread::{New, Unread};

/// Draws of the simulation.
const DRAWS: usize = 500;
/// Standard error of the match weights, in bits.
const WEIGHT_ERROR: f64 = 1.0;
/// Standard error of the count for what the model misses, relative: a judgement from made leaks, whose counts were 1.0 to 1.5 % off.
const MODEL_ERROR: f64 = 0.012;

/// What the estimate is made from.
pub(super) struct Basis<'a> {
    pub(super) seed: u64,
    pub(super) unread: &'a Unread,
    pub(super) subjects: &'a [DataSubject],
    /// Members that hold little to their groups, which count.
    pub(super) weak: Vec<Doubt>,
    /// Pairs left apart, their ends being subjects that count.
    pub(super) apart: Vec<Doubt>,
    /// Mentions of counting people that no register knows, each of which would count alone.
    pub(super) alone: u64,
    pub(super) decoy_rate: f64,
}

pub(super) fn estimate(basis: &Basis<'_>) -> Estimate {
    let counting = || basis.subjects.iter().filter(|subject| subject.counts);
    let count = counting().count() as u64;
    let known = counting().filter(|s| s.register_match != RegisterMatch::None).count() as u64;
    let chance = (count as f64 * basis.decoy_rate).round() as u64;
    let floor = known.saturating_sub(chance);
    let expected = basis.unread.mean();
    let mut random = Pcg64::seed_from_u64(basis.seed);
    let draws: Vec<(f64, New)> =
        (0..DRAWS).map(|_| (resolution(basis, count, &mut random).max(0.0), basis.unread.draw(&mut random))).collect();
    let sorted = |of: &dyn Fn(&New) -> f64| {
        let mut people: Vec<f64> = draws.iter().map(|(read, new)| read + of(new)).collect();
        people.sort_by(f64::total_cmp);
        people
    };
    let (waiting, all) = (sorted(&|new| new.waiting), sorted(&|new| new.all));
    let at = |draws: &[f64], share: f64| draws.get((share * (DRAWS - 1) as f64).round() as usize).copied();
    let point = count as f64 + expected.all;
    let low = at(&waiting, 0.025).unwrap_or(point).min(point).floor();
    let high = at(&all, 0.975).unwrap_or(point).max(point).ceil();
    let unregistered = count.saturating_sub(known);
    let ceiling = known + basis.alone.max(unregistered) + expected.all.ceil() as u64;
    Estimate {
        count,
        floor,
        estimate: point.round() as u64,
        low: low as u64,
        high: high as u64,
        ceiling: ceiling.max(high as u64),
        decoy_rate: basis.decoy_rate,
    }
}

/// The people of one draw.
fn resolution(basis: &Basis<'_>, count: u64, random: &mut Pcg64) -> f64 {
    let shift = normal(random) * WEIGHT_ERROR;
    let shifted = |probability: f64| {
        let odds = probability / (1.0 - probability).max(1e-12) * shift.exp2();
        odds / (1.0 + odds)
    };
    let split = basis.weak.iter().filter(|doubt| uniform(random) > shifted(doubt.probability)).count();
    let mut joined: BTreeMap<u32, u32> = BTreeMap::new();
    let mut merged = 0u64;
    for doubt in &basis.apart {
        if uniform(random) < shifted(doubt.probability) {
            let (a, b) = (root(&joined, doubt.a), root(&joined, doubt.b));
            if a != b {
                joined.insert(a.max(b), a.min(b));
                merged += 1;
            }
        }
    }
    let missed = normal(random) * MODEL_ERROR * count as f64;
    (count + split as u64).saturating_sub(merged) as f64 + missed
}

fn root(joined: &BTreeMap<u32, u32>, mut place: u32) -> u32 {
    while let Some(next) = joined.get(&place) {
        place = *next;
    }
    place
}
