//! Groups beside a truth: precision, recall and F1 over the pairs that the groups put together, and B-cubed.

use rayon::prelude::*;

/// Figures of a grouping, 0 to 1, with the numbers of people.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Score {
    /// Pairs put together rightly, of those put together.
    pub precision: f64,
    /// Pairs put together rightly, of those that belong together.
    pub recall: f64,
    /// B-cubed precision (Bagga and Baldwin 1998): over rows, the share of a row's group that is of its person.
    pub bcubed_precision: f64,
    /// B-cubed recall: over rows, the share of a row's person that is in its group.
    pub bcubed_recall: f64,
    /// People in truth.
    pub people: u64,
    /// Groups.
    pub groups: u64,
}

impl Score {
    /// The harmonic mean of precision and recall of pairs.
    pub fn f1(&self) -> f64 {
        harmonic(self.precision, self.recall)
    }

    /// The harmonic mean of the B-cubed figures.
    pub fn bcubed_f1(&self) -> f64 {
        harmonic(self.bcubed_precision, self.bcubed_recall)
    }

    /// Groups beyond the people, as a share of the people; below 0 where there are fewer.
    pub fn count_error(&self) -> f64 {
        self.groups as f64 / self.people.max(1) as f64 - 1.0
    }
}

fn harmonic(x: f64, y: f64) -> f64 {
    if x + y > 0.0 { 2.0 * x * y / (x + y) } else { 0.0 }
}

/// Scores a grouping: a group and a true person for each row, both numbered from 0.
pub fn score(group: &[u32], truth: &[u32]) -> Score {
    let mut cells: Vec<(u32, u32)> = group.iter().copied().zip(truth.iter().copied()).collect();
    cells.par_sort_unstable();
    let sizes = |of: &[u32]| {
        let mut sizes = vec![0u64; of.iter().max().map_or(0, |most| *most as usize + 1)];
        for one in of {
            if let Some(size) = sizes.get_mut(*one as usize) {
                *size += 1;
            }
        }
        sizes
    };
    let (groups, people) = (sizes(group), sizes(truth));
    let cells = || cells.chunk_by(|x, y| x == y).filter_map(|same| Some((*same.first()?, same.len() as u64)));
    let pairs = |n: u64| (n * n.saturating_sub(1) / 2) as f64;
    let right: f64 = cells().map(|(_, n)| pairs(n)).sum();
    let found: f64 = groups.iter().map(|n| pairs(*n)).sum();
    let all: f64 = people.iter().map(|n| pairs(*n)).sum();
    let rows = group.len().max(1) as f64;
    let mut bcubed = (0.0, 0.0);
    for ((group, person), n) in cells() {
        let n = n as f64;
        bcubed.0 += n * n / groups.get(group as usize).copied().unwrap_or(1) as f64;
        bcubed.1 += n * n / people.get(person as usize).copied().unwrap_or(1) as f64;
    }
    Score {
        precision: if found > 0.0 { right / found } else { 1.0 },
        recall: if all > 0.0 { right / all } else { 1.0 },
        bcubed_precision: bcubed.0 / rows,
        bcubed_recall: bcubed.1 / rows,
        people: people.iter().filter(|size| **size > 0).count() as u64,
        groups: groups.iter().filter(|size| **size > 0).count() as u64,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_merge_costs_precision_and_a_split_recall() {
        let perfect = score(&[0, 0, 1], &[5, 5, 6]);
        assert_eq!((perfect.precision, perfect.recall, perfect.f1(), perfect.count_error()), (1.0, 1.0, 1.0, 0.0));
        let merged = score(&[0, 0, 0], &[5, 5, 6]);
        assert!((merged.precision - 1.0 / 3.0).abs() < 1e-12 && merged.recall == 1.0);
        assert!((merged.bcubed_precision - (2.0 * 2.0 / 3.0 + 1.0 / 3.0) / 3.0).abs() < 1e-12);
        let split = score(&[0, 1, 2], &[5, 5, 6]);
        assert_eq!((split.precision, split.recall), (1.0, 0.0));
    }
}
