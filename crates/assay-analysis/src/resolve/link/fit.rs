//! m and u from the data: expectation and maximisation over the patterns of blocked pairs and of pairs drawn at random.
//!
//! Blocking chooses pairs by what agrees, which the pattern holds already: given the pattern, the chance of a match is the same
//! in a block and outside. So the prior is that of all pairs, u comes from random pairs (less the matches among them), m from the
//! matches expected in the blocks. What the data say little about stays near the rule file (Dirichlet priors). Sources with
//! enough matches get an m of their own.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::levels::{ByLevel, Pattern, Rules, held, is_fixed, level, prior_shares};
use super::model::{Model, household};
use super::table::{FIELDS, Field};

/// How often each pattern was seen, by class of pair and by source pair.
pub(in crate::resolve) type Histogram = BTreeMap<(Class, u16, u16, Pattern), u64>;

/// Two mentions, or a mention and a register person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(in crate::resolve) enum Class {
    Mentions,
    Register,
}

/// What EM works on.
pub(in crate::resolve) struct Seen {
    /// Patterns of blocked pairs.
    pub(in crate::resolve) blocked: Histogram,
    /// One over the share of blocked pairs looked at.
    pub(in crate::resolve) scale: f64,
    /// Patterns of random pairs.
    pub(in crate::resolve) random: BTreeMap<Pattern, u64>,
    /// All pairs of mentions, and all pairs of a mention and a register person.
    pub(in crate::resolve) pairs: [f64; 2],
    /// Mentions, and register people.
    pub(in crate::resolve) sizes: [f64; 2],
}

/// What was learnt.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::resolve) struct Shares {
    pub(in crate::resolve) m: ByLevel,
    pub(in crate::resolve) u: ByLevel,
    /// log2 of the odds that a pair at random is a match, by class.
    pub(in crate::resolve) prior: [f64; 2],
    /// m of the sources that have one, by source.
    pub(in crate::resolve) of_source: BTreeMap<u16, ByLevel>,
}

/// The part of a comparison that a level belongs to: initials are compared among themselves, and what is fixed is in none.
fn part(comparison: Field, number: usize) -> usize {
    if is_fixed(comparison, number) {
        return 2;
    }
    let initials = [level::GIVEN_INITIAL, level::GIVEN_OTHER_INITIAL];
    usize::from(comparison == Field::Given && initials.iter().any(|n| usize::from(*n) == number))
}

/// Shares of counts and priors, each part of a comparison summing to 1.
fn normalised(counts: &ByLevel, prior: &ByLevel, strength: impl Fn(Field) -> f64) -> ByLevel {
    let mut shares = [[0.0; 16]; FIELDS];
    for comparison in Field::ALL {
        let (Some(counts), Some(prior), Some(shares)) =
            (counts.get(comparison as usize), prior.get(comparison as usize), shares.get_mut(comparison as usize))
        else {
            continue;
        };
        for (number, (share, prior)) in shares.iter_mut().zip(prior).enumerate() {
            if part(comparison, number) == 2 {
                *share = *prior;
            }
        }
        let strength = strength(comparison);
        for which in 0..2 {
            let of = |number: &usize| part(comparison, *number) == which;
            let all = |values: &[f64; 16]| (1..16).filter(of).filter_map(|n| values.get(n)).sum::<f64>();
            let (seen, expected) = (all(counts), all(prior));
            if expected <= 0.0 {
                continue;
            }
            for number in (1..16).filter(of) {
                let (Some(count), Some(prior), Some(share)) =
                    (counts.get(number), prior.get(number), shares.get_mut(number))
                else {
                    continue;
                };
                *share = (count + strength * prior / expected) / (seen + strength);
            }
        }
    }
    shares
}

fn add(counts: &mut ByLevel, pattern: Pattern, weight: f64) {
    for comparison in Field::ALL {
        let number = usize::from(pattern.level(comparison));
        if let Some(count) = counts.get_mut(comparison as usize).and_then(|row| row.get_mut(number)) {
            *count += weight;
        }
    }
}

impl Shares {
    /// What the rule file says, before any data.
    pub(in crate::resolve) fn shipped(rules: &Rules, sizes: [f64; 2]) -> Self {
        let (m, u, _) = prior_shares(rules);
        let none = [[0.0; 16]; FIELDS];
        let most = -rules.fit.prior_least;
        let prior = [2.0 / sizes[0].max(2.0), 1.0 / sizes[1].max(2.0)].map(|share| log_odds(share).min(most));
        Self { m: normalised(&none, &m, |_| 1.0), u: normalised(&none, &u, |_| 1.0), prior, of_source: BTreeMap::new() }
    }

    /// log2(m/u) by level, u the average of the level.
    fn logs(&self) -> ByLevel {
        let mut logs = [[0.0; 16]; FIELDS];
        for ((logs, m), u) in logs.iter_mut().zip(&self.m).zip(&self.u) {
            for ((log, m), u) in logs.iter_mut().zip(m).zip(u).skip(1) {
                *log = (m.max(1e-12) / u.max(1e-12)).log2();
            }
        }
        logs
    }
}

/// Bits of a pattern.
fn bits(logs: &ByLevel, rules: &Rules, pattern: Pattern) -> f64 {
    let mut each = [0.0; FIELDS];
    for (comparison, bits) in Field::ALL.into_iter().zip(&mut each) {
        let number = usize::from(pattern.level(comparison));
        if number != 0 {
            *bits = logs.get(comparison as usize).and_then(|row| row.get(number)).copied().unwrap_or_default();
        }
    }
    each.iter().sum::<f64>() + household(&rules.decision, pattern, &each)
}

fn log_odds(share: f64) -> f64 {
    let share = share.clamp(1e-12, 0.5);
    (share / (1.0 - share)).log2()
}

/// Probability of log2 odds.
pub(in crate::resolve) fn probability(bits: f64) -> f64 {
    1.0 / (1.0 + (-bits).clamp(-1000.0, 1000.0).exp2())
}

/// Fits the shares.
pub(in crate::resolve) fn fit(rules: &Rules, seen: &Seen) -> Shares {
    let (prior_m, prior_u, _) = prior_shares(rules);
    let mut shares = Shares::shipped(rules, seen.sizes);
    let mut blocked: BTreeMap<(Class, Pattern), u64> = BTreeMap::new();
    for ((class, _, _, pattern), count) in &seen.blocked {
        *blocked.entry((*class, *pattern)).or_default() += count;
    }
    let of_m = |comparison| match comparison {
        Field::Birth => rules.fit.strength_birth,
        _ => rules.fit.strength_m,
    };
    for _ in 0..rules.fit.rounds {
        let logs = shares.logs();
        let (mut m, mut u) = ([[0.0; 16]; FIELDS], [[0.0; 16]; FIELDS]);
        let mut matches = [0.0; 2];
        for ((class, pattern), count) in &blocked {
            let prior = shares.prior[*class as usize];
            let weight = *count as f64 * probability(bits(&logs, rules, *pattern) + prior);
            add(&mut m, *pattern, weight);
            matches[*class as usize] += weight * seen.scale;
        }
        for (pattern, count) in &seen.random {
            let chance = probability(bits(&logs, rules, *pattern) + shares.prior[0]);
            add(&mut u, *pattern, *count as f64 * (1.0 - chance));
        }
        let before = shares.clone();
        shares.m = normalised(&m, &prior_m, of_m);
        shares.u = normalised(&u, &prior_u, |_| rules.fit.strength_u);
        for ((prior, found), pairs) in shares.prior.iter_mut().zip(matches).zip(seen.pairs) {
            // Something is repeated: a leak without repeats must not make repeats impossible.
            let least = seen.sizes[0] * 0.02;
            *prior = log_odds((found.max(least) / pairs.max(1.0)).min(0.5));
        }
        let moved = before.m.iter().flatten().zip(shares.m.iter().flatten()).map(|(a, b)| (a - b).abs());
        if moved.fold(0.0, f64::max) < 1e-5 {
            break;
        }
    }
    by_source(rules, seen, &mut shares);
    shares
}

/// An m for each source with enough expected matches, held to the m of all.
fn by_source(rules: &Rules, seen: &Seen, shares: &mut Shares) {
    let mut counts: BTreeMap<u16, (f64, ByLevel)> = BTreeMap::new();
    let logs = shares.logs();
    for ((class, x, y, pattern), count) in &seen.blocked {
        let prior = shares.prior[*class as usize];
        let weight = *count as f64 * probability(bits(&logs, rules, *pattern) + prior);
        for source in [*x, *y].into_iter().filter(|source| *source != 0) {
            let (sum, levels) = counts.entry(source).or_insert((0.0, [[0.0; 16]; FIELDS]));
            *sum += weight;
            add(levels, *pattern, weight);
        }
    }
    let enough = |(_, (sum, _)): &(u16, (f64, ByLevel))| *sum * seen.scale >= rules.fit.source_from;
    let of_all = shares.m;
    shares.of_source = counts
        .into_iter()
        .filter(enough)
        .map(|(source, (_, levels))| (source, normalised(&levels, &of_all, |_| rules.fit.strength_m * 5.0)))
        .collect();
}

/// What was fitted to the mentions of a case, to be kept and used again.
#[derive(Clone, Debug, PartialEq)]
pub struct Fitted {
    /// The mentions that it was fitted to.
    pub rows: u64,
    pub(in crate::resolve) shares: Shares,
}

/// The form in which a fit is kept. Other levels are another form.
const FORM: &str = "assay.fit/1";

impl Fitted {
    /// As text: a line a share, exact.
    pub fn to_text(&self) -> String {
        let [mentions, register] = self.shares.prior;
        let mut text = format!("{FORM}\t{}\t{mentions}\t{register}\n", self.rows);
        for field in Field::ALL {
            for (number, word) in (1..).zip(field.levels()) {
                let of = |shares: &ByLevel| {
                    shares.get(field as usize).and_then(|row| row.get(number)).copied().unwrap_or_default()
                };
                let (m, u) = (of(&self.shares.m), of(&self.shares.u));
                let _ = writeln!(text, "{}\t{}\t{word}\t{m}\t{u}", field as usize, field.word());
            }
        }
        text
    }

    /// Reads what [`Fitted::to_text`] wrote; nothing where the levels are other ones by now.
    pub fn parse(text: &str) -> Option<Self> {
        let mut lines = text.lines();
        let head: Vec<&str> = lines.next()?.split('\t').collect();
        let [FORM, rows, mentions, register] = head.as_slice() else { return None };
        let none = [[0.0; 16]; FIELDS];
        let prior = [mentions.parse().ok()?, register.parse().ok()?];
        let mut shares = Shares { m: none, u: none, prior, of_source: BTreeMap::new() };
        for field in Field::ALL {
            for (number, word) in (1..).zip(field.levels()) {
                let line: Vec<&str> = lines.next()?.split('\t').collect();
                let [_, comparison, level, m, u] = line.as_slice() else { return None };
                if *comparison != field.word() || level != word {
                    return None;
                }
                for (shares, share) in [(&mut shares.m, m), (&mut shares.u, u)] {
                    *shares.get_mut(field as usize)?.get_mut(number)? = share.parse().ok()?;
                }
            }
        }
        lines.next().is_none().then_some(Self { rows: rows.parse().ok()?, shares })
    }
}

impl Shares {
    /// With what a user holds.
    fn held(mut self, rules: &Rules) -> Self {
        for (field, number, rule) in held(rules) {
            for (shares, share) in [(&mut self.m, rule.m), (&mut self.u, rule.u)] {
                if let Some(slot) = shares.get_mut(field as usize).and_then(|row| row.get_mut(number)) {
                    *slot = share;
                }
            }
        }
        self
    }

    /// The model that these shares make, without frequencies of values yet.
    pub(in crate::resolve) fn model(self, rules: &Rules) -> Model {
        Model::new(rules, self.held(rules))
    }
}
