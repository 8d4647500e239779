//! Shares with their intervals, and the rule that turns a share into a grade.

use assay_model::{Evidence, Share};

pub(super) use crate::words::{counted, grouped};

/// Two-sided 95 %.
const Z: f64 = 1.959_963_984_540_054;

/// `hits` of `n` with the Wilson score interval (Wilson 1927), which stays inside 0 to 1 and is sound for few and for
/// extreme shares, where the normal interval is not. `None` for `n` of zero.
pub(super) fn wilson(hits: u64, n: u64) -> Option<Share> {
    if n == 0 {
        return None;
    }
    let (hits, n) = (hits.min(n) as f64, n as f64);
    let share = hits / n;
    let z2 = Z * Z;
    let middle = (share + z2 / (2.0 * n)) / (1.0 + z2 / n);
    let half = Z / (1.0 + z2 / n) * (share * (1.0 - share) / n + z2 / (4.0 * n * n)).sqrt();
    // The ends are exactly 0 and 1 at the extremes; rounding must not put the share outside its interval.
    Some(Share { share, low: (middle - half).clamp(0.0, share), high: (middle + half).clamp(share, 1.0) })
}

/// The share with a rate of chance hits taken off all three figures.
pub(super) fn less(share: Share, chance: f64) -> Share {
    let chance = if chance.is_finite() { chance.clamp(0.0, 1.0) } else { 0.0 };
    let off = |value: f64| (value - chance).max(0.0);
    Share { share: off(share.share), low: off(share.low), high: off(share.high) }
}

/// On which side of a half a share lies with its whole interval.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    /// `low > 0.5`.
    Most,
    /// `high < 0.5`.
    Few,
    /// The interval holds a half.
    Open,
}

pub(super) fn side(share: Share) -> Side {
    if share.low > 0.5 {
        Side::Most
    } else if share.high < 0.5 {
        Side::Few
    } else {
        Side::Open
    }
}

/// A piece of evidence: a sentence and what it rests on.
pub(super) fn evidence(text: impl Into<String>, basis: impl Into<String>) -> Evidence {
    Evidence { text: text.into(), basis: basis.into() }
}

/// A rate as a percentage with one decimal.
pub(super) fn percent(rate: f64) -> String {
    format!("{:.1} %", rate * 100.0)
}

/// Bytes in decimal units, three digits at most.
pub(super) fn size(bytes: u64) -> String {
    const UNITS: [(u64, &str); 5] = [
        (1_000_000_000_000_000, "PB"),
        (1_000_000_000_000, "TB"),
        (1_000_000_000, "GB"),
        (1_000_000, "MB"),
        (1_000, "kB"),
    ];
    match UNITS.iter().find(|(unit, _)| bytes >= *unit) {
        Some((unit, name)) => {
            let value = bytes as f64 / *unit as f64;
            if value < 10.0 { format!("{value:.1} {name}") } else { format!("{value:.0} {name}") }
        }
        None => counted(bytes, "byte", "bytes"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn wilson_agrees_with_published_values() {
        // 8 of 10 gives 0.490 to 0.943 (Newcombe 1998, method 3, computed).
        let share = wilson(8, 10).unwrap();
        assert!((share.low - 0.4902).abs() < 5e-4 && (share.high - 0.9433).abs() < 5e-4, "{share:?}");
        assert_eq!(wilson(0, 20).unwrap().low, 0.0);
        assert_eq!(wilson(20, 20).unwrap().high, 1.0);
        assert_eq!(wilson(0, 0), None);
    }

    #[test]
    fn figures_read_well() {
        assert_eq!((grouped(1_234_567), grouped(999)), ("1,234,567".into(), "999".into()));
        assert_eq!(
            (size(1_200_000_000_000), size(21_400_000), size(999)),
            ("1.2 TB".into(), "21 MB".into(), "999 bytes".into())
        );
    }

    proptest! {
        #[test]
        fn a_share_lies_in_its_interval(hits in 0u64..10_000, more in 0u64..10_000, chance in proptest::num::f64::ANY) {
            if let Some(share) = wilson(hits, hits + more) {
                prop_assert!(0.0 <= share.low && share.low <= share.share && share.share <= share.high && share.high <= 1.0);
                let less = less(share, chance);
                prop_assert!(0.0 <= less.low && less.low <= less.share && less.share <= less.high && less.high <= 1.0);
            }
        }
    }
}
