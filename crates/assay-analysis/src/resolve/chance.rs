//! Draws from a seeded source, as the intervals use them.

use rand_pcg::Pcg64;
use rand_pcg::rand_core::Rng;

/// Uniform in [0, 1).
pub(super) fn uniform(random: &mut Pcg64) -> f64 {
    (random.next_u64() >> 11) as f64 / (1u64 << 53) as f64
}

/// Normal with mean 0 and standard deviation 1, as the sum of twelve uniforms less six: tails are of no matter here.
pub(super) fn normal(random: &mut Pcg64) -> f64 {
    (0..12).map(|_| uniform(random)).sum::<f64>() - 6.0
}

/// The figure that such a share of sorted ones lies below.
pub(super) fn quantile(sorted: &[f64], share: f64) -> Option<f64> {
    sorted.get((share * (sorted.len().max(1) - 1) as f64).round() as usize).copied()
}
