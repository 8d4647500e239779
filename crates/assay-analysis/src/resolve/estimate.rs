//! How many people there are in the items held: the count, its uncertainty, and what was not read.
//!
//! **Resolution.** Draws from the core's posterior over the groups of those who count ([`super::link`]): rows that stand alone may be of people met
//! elsewhere, members that hold little to their groups may be somebody else, and the weights themselves are uncertain. What no draw
//! sees, pairs that share no key and levels that do not fit, is a normal error of the number (`posterior.model_error`).
//!
//! **Unread items**, those that wait and those that could not be read: [`super::unread`].
//!
//! **Decoys.** The register is permuted, NHS numbers, dates of birth and names each by themselves, and the same people are
//! looked for in it by the same decision: those found match by chance.
//!
//! Not covered: what the group holds beyond the items handed over.

use assay_model::{DataSubject, Estimate, RegisterMatch};
use rand_pcg::Pcg64;
use rand_pcg::rand_core::SeedableRng;

use super::chance::quantile;
use super::unread::{New, Unread};

/// What the estimate is made from.
pub(super) struct Basis<'a> {
    pub(super) seed: u64,
    pub(super) unread: &'a Unread<'a>,
    pub(super) subjects: &'a [DataSubject],
    /// Draws of how many people those are who count.
    pub(super) read: &'a [f64],
    /// Mentions of counting people that no register knows, each of which would count alone.
    pub(super) alone: u64,
    pub(super) decoy_rate: f64,
}

impl Basis<'_> {
    /// How many people those are who count, by the posterior.
    pub(super) fn mean(&self) -> f64 {
        self.read.iter().sum::<f64>() / self.read.len().max(1) as f64
    }
}

pub(super) fn estimate(basis: &Basis<'_>) -> Estimate {
    let counting = || basis.subjects.iter().filter(|subject| subject.counts);
    let count = counting().count() as u64;
    let known = counting().filter(|s| s.register_match != RegisterMatch::None).count() as u64;
    let chance = (count as f64 * basis.decoy_rate).round() as u64;
    let floor = known.saturating_sub(chance);
    let expected = basis.unread.mean();
    let mut random = Pcg64::seed_from_u64(basis.seed);
    let draws: Vec<(f64, New)> = basis.read.iter().map(|read| (*read, basis.unread.draw(&mut random))).collect();
    let sorted = |of: &dyn Fn(&New) -> f64| {
        let mut people: Vec<f64> = draws.iter().map(|(read, new)| read + of(new)).collect();
        people.sort_by(f64::total_cmp);
        people
    };
    let (waiting, all) = (sorted(&|new| new.waiting), sorted(&|new| new.all));
    let point = basis.mean() + expected.all;
    let low = quantile(&waiting, 0.025).unwrap_or(point).min(point).floor();
    let high = quantile(&all, 0.975).unwrap_or(point).max(point).ceil();
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
