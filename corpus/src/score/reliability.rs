//! Whether the program is as often right as it says: a reliability table, the Brier score and the expected calibration error.
//!
//! Brier, "Verification of forecasts expressed in terms of probability", 1950; the error as in Naeini et al., AAAI 2015, over fixed
//! bins. Both are of the values that were given out: what was missed is recall's matter.

use std::collections::BTreeMap;

/// Upper ends of the bins; the last holds the rest. Finer where most values are.
const ENDS: [f64; 9] = [0.5, 0.7, 0.8, 0.9, 0.95, 0.97, 0.98, 0.99, 0.995];

/// Values by element and by how sure the program was, in thousandths.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reliability {
    /// All, and the right ones.
    pub counts: BTreeMap<(String, u16), (u64, u64)>,
}

/// A row of the table.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Bin {
    /// Its upper end.
    pub end: f64,
    /// Values.
    pub values: u64,
    /// What the program said, on the mean.
    pub said: f64,
    /// How many were right, a share.
    pub right: f64,
}

impl Reliability {
    /// Adds a value.
    pub fn add(&mut self, element: &str, confidence: f64, right: bool) {
        let key = (element.to_owned(), (confidence.clamp(0.0, 1.0) * 1000.0).round() as u16);
        let (all, well) = self.counts.entry(key).or_default();
        *all += 1;
        *well += u64::from(right);
    }

    /// Adds another case's.
    pub fn join(&mut self, other: &Self) {
        for (key, (all, right)) in &other.counts {
            let entry = self.counts.entry(key.clone()).or_default();
            entry.0 += all;
            entry.1 += right;
        }
    }

    /// The values of one element.
    pub fn of(&self, element: &str) -> Self {
        let here = self.counts.iter().filter(|((word, _), _)| word == element);
        Self { counts: here.map(|(key, count)| (key.clone(), *count)).collect() }
    }

    /// The elements.
    pub fn elements(&self) -> Vec<String> {
        let mut words: Vec<String> = self.counts.keys().map(|(element, _)| element.clone()).collect();
        words.dedup();
        words
    }

    fn each(&self) -> impl Iterator<Item = (f64, f64, f64)> {
        self.counts.iter().map(|((_, said), (all, right))| (f64::from(*said) / 1000.0, *all as f64, *right as f64))
    }

    /// Values.
    pub fn values(&self) -> u64 {
        self.counts.values().map(|(all, _)| all).sum()
    }

    /// The filled bins, least sure first.
    pub fn bins(&self) -> Vec<Bin> {
        let place = |said: f64| ENDS.iter().position(|end| said < *end).unwrap_or(ENDS.len());
        let mut sums = [(0.0, 0.0, 0.0); ENDS.len() + 1];
        for (said, all, right) in self.each() {
            if let Some((values, mean, well)) = sums.get_mut(place(said)) {
                *values += all;
                *mean += said * all;
                *well += right;
            }
        }
        let ends = ENDS.into_iter().chain([1.0]);
        let bins = ends.zip(sums).filter(|(_, (values, ..))| *values > 0.0);
        bins.map(|(end, (n, mean, well))| Bin { end, values: n as u64, said: mean / n, right: well / n }).collect()
    }

    /// Mean squared difference of what was said and what was; 0 is best.
    pub fn brier(&self) -> f64 {
        let sum: f64 =
            self.each().map(|(said, all, right)| right * (1.0 - said).powi(2) + (all - right) * said.powi(2)).sum();
        sum / (self.values().max(1) as f64)
    }

    /// Mean distance of what the bins said from what they were, by their values; 0 is best.
    pub fn calibration_error(&self) -> f64 {
        let sum: f64 = self.bins().iter().map(|bin| (bin.said - bin.right).abs() * bin.values as f64).sum();
        sum / (self.values().max(1) as f64)
    }

    /// For each element the points of an isotonic fit: what the program said, and what it should. A step has `weight` imagined
    /// values at what was said, so that a handful of values moves nothing far.
    pub fn fit(&self, weight: f64) -> BTreeMap<String, Vec<(f64, f64)>> {
        let fit = |element: String| {
            // Pool adjacent violators: (sum of right, sum of values, first and last point of the block).
            let mut blocks: Vec<(f64, f64, Vec<f64>)> = Vec::new();
            for (said, all, right) in self.of(&element).each() {
                blocks.push((right + weight * said, all + weight, vec![said]));
                while let [.., (r1, n1, _), (r2, n2, _)] = blocks.as_slice()
                    && r1 / n1 > r2 / n2
                {
                    let Some((right, all, points)) = blocks.pop() else { break };
                    if let Some(last) = blocks.last_mut() {
                        last.0 += right;
                        last.1 += all;
                        last.2.extend(points);
                    }
                }
            }
            let points = blocks
                .into_iter()
                .flat_map(|(right, all, points)| points.into_iter().map(move |said| (said, (right / all).min(0.999))));
            (element, points.collect())
        };
        self.elements().into_iter().map(fit).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(values: &[(f64, u64, u64)]) -> Reliability {
        let mut table = Reliability::default();
        for (said, all, right) in values {
            (0..*all).for_each(|n| table.add("phone", *said, n < *right));
        }
        table
    }

    #[test]
    fn one_who_is_as_often_right_as_said_has_no_error() {
        let well = of(&[(0.6, 10, 6), (0.9, 100, 90)]);
        assert!(well.calibration_error() < 1e-9);
        assert!((well.brier() - (10.0 * 0.24 + 100.0 * 0.09) / 110.0).abs() < 1e-9);
        let boast = of(&[(0.99, 100, 80)]);
        assert!((boast.calibration_error() - 0.19).abs() < 1e-9);
        assert_eq!(boast.bins(), [Bin { end: 0.995, values: 100, said: 0.99, right: 0.8 }]);
    }

    #[test]
    fn a_fit_rises_and_trusts_many_values_more_than_few() {
        let fit = of(&[(0.5, 1_000, 900), (0.8, 1_000, 700), (0.9, 1_000, 990), (0.95, 1, 0)]).fit(20.0);
        let points = &fit["phone"];
        assert!(points.is_sorted_by(|a, b| a.1 <= b.1), "{points:?}");
        assert!((points[0].1 - 0.79).abs() < 0.01 && points[0].1 == points[1].1, "{points:?}");
        assert!(points[3].1 > 0.9, "one wrong value of one is no proof: {points:?}");
    }
}
