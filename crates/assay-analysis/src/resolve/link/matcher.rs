//! A table whose pairs are compared and weighed: what is grouped afterwards, and by whom, is nothing to it.

use rayon::prelude::*;

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, LazyLock};

use super::block::{Keys, Seeing};
use super::compare::{Comparer, Memories, Memory, NhsNumbers};
use super::fit::{self, Class, Fitted, Histogram, Seen, Shares};
use super::levels::{Pattern, Rules};
use super::model::{self, Evidence, Model};
use super::partition::{Edge, Partitioner};
use super::posterior::Doubts;
use super::symbols::mix;
use super::table::{Field, Table, halved, join};

/// A table with the model that weighs its pairs.
pub(in crate::resolve) struct Matcher {
    pub(in crate::resolve) table: Table,
    nhs: Arc<NhsNumbers>,
    pub(super) model: Arc<Model>,
    /// What weighs, unless it is the rules as they stand.
    pub(in crate::resolve) fitted: Option<Fitted>,
}

/// What is compared, and by what.
pub(in crate::resolve) struct Asked<'a, Out, Wanted> {
    pub(in crate::resolve) rules: &'a Rules,
    /// Rows that nothing is compared with.
    pub(in crate::resolve) is_out: Out,
    /// Whether two rows that share a key are compared.
    pub(in crate::resolve) is_wanted: Wanted,
    /// Rows that look like one person before any comparison, as parents: the values of such a person count once.
    pub(in crate::resolve) at_sight: Vec<u32>,
    /// What was fitted before and holds.
    pub(in crate::resolve) fitted: Option<&'a Fitted>,
}

/// A pair that shares a key, with what its comparison gave.
pub(super) struct Compared {
    pub(super) a: u32,
    pub(super) b: u32,
    pub(super) pattern: Pattern,
}

impl Matcher {
    /// Compares and weighs; gives the pairs that could be one person, sorted.
    pub(in crate::resolve) fn new<Out, Wanted>(table: Table, asked: Asked<'_, Out, Wanted>) -> (Self, Vec<Edge>)
    where
        Out: Fn(u32) -> bool + Sync,
        Wanted: Fn(u32, u32) -> bool + Sync,
    {
        let Asked { rules, is_out, is_wanted, at_sight, fitted } = asked;
        let nhs = NhsNumbers::new(&table, rules.decision.placeholder_families);
        let comparer = Comparer { table: &table, nhs: &nhs };
        let compared = {
            let rough = LazyLock::new(|| {
                let mut model = Shares::shipped(rules, sizes(&table)).model(rules);
                model.count_values(&table, rules, &at_sight, &[]);
                model
            });
            compared(&comparer, rules, &is_out, &is_wanted, |pair| rough.pair(&table, pair))
        };
        let (random, close) = random_patterns(&comparer);
        let fitted = match fitted {
            Some(fitted) => Some(fitted.clone()),
            None => fit_to(&table, rules, &compared, random),
        };
        let shares =
            fitted.as_ref().map_or_else(|| Shares::shipped(rules, sizes(&table)), |fitted| fitted.shares.clone());
        let mut model: Model = shares.model(rules);
        model.count_values(&table, rules, &at_sight, &close);

        let keep = rules.decision.keep_from as f32;
        let edges: Vec<Vec<Edge>> = compared
            .into_par_iter()
            .map(|pairs| {
                let weighed = pairs.into_iter().filter_map(|Compared { a, b, pattern }| {
                    if model.most(&table, a, b, pattern) < f64::from(keep) {
                        return None;
                    }
                    let weight = model.weigh(&table, a, b, pattern);
                    let total = weight.total as f32;
                    (!weight.clash && total >= keep).then_some(Edge { a, b, pattern, total })
                });
                weighed.collect()
            })
            .collect();
        let mut edges: Vec<Edge> = edges.into_iter().flatten().collect();
        edges.par_sort_unstable_by_key(|edge| (edge.a, edge.b));
        edges.dedup_by_key(|edge| (edge.a, edge.b));

        // Who is surely one person, for counting values a person and not a row; of rows that nothing was compared with what is seen.
        let mut first: Vec<u32> = at_sight;
        for (place, slot) in (0u32..).zip(&mut first).filter(|(place, _)| !is_out(*place)) {
            *slot = place;
        }
        for edge in edges.iter().filter(|edge| f64::from(edge.total) >= rules.decision.sure_from) {
            join(&mut first, edge.a, edge.b);
        }
        for place in 0..table.len() {
            let top = halved(&mut first, place);
            if let Some(slot) = first.get_mut(place as usize) {
                *slot = top;
            }
        }
        model.count_values(&table, rules, &first, &close);
        edges
            .par_iter_mut()
            .for_each(|edge| edge.total = model.weigh(&table, edge.a, edge.b, edge.pattern).total as f32);
        (Self { table, nhs: Arc::new(nhs), model: Arc::new(model), fitted }, edges)
    }

    /// Sets the mentions against other register people, `table` being the same mentions with those, by what weighs the table's own pairs.
    pub(in crate::resolve) fn beside<Out, Wanted>(
        &self,
        table: Table,
        rules: &Rules,
        is_out: Out,
        is_wanted: Wanted,
    ) -> (Self, Vec<Edge>)
    where
        Out: Fn(u32) -> bool + Sync,
        Wanted: Fn(u32, u32) -> bool + Sync,
    {
        let other = Self { table, nhs: Arc::clone(&self.nhs), model: Arc::clone(&self.model), fitted: None };
        let to_register = |a: u32, b: u32| other.table.is_register(a.max(b)) && is_wanted(a, b);
        let weigh = |pair: &Compared| other.model.pair(&other.table, pair);
        let compared = compared(&other.comparer(), rules, &is_out, &to_register, weigh);
        let edges = compared.into_par_iter().flatten_iter().filter_map(|pair| {
            let total = weigh(&pair);
            let Compared { a, b, pattern } = pair;
            (total >= rules.decision.keep_from).then_some(Edge { a, b, pattern, total: total as f32 })
        });
        let mut edges: Vec<Edge> = edges.collect();
        edges.par_sort_unstable_by_key(|edge| (edge.a, edge.b));
        edges.dedup_by_key(|edge| (edge.a, edge.b));
        (other, edges)
    }

    /// Compares two rows.
    pub(in crate::resolve) fn compare(&self, a: u32, b: u32) -> Evidence {
        let pattern = self.comparer().pattern(a.min(b), a.max(b), &mut Memory::default());
        self.model.evidence(&self.table, a, b, pattern)
    }

    /// A pair term by term.
    pub(in crate::resolve) fn weigh(&self, edge: &Edge) -> Evidence {
        self.model.evidence(&self.table, edge.a, edge.b, edge.pattern)
    }

    /// The first NHS number of a row, where it passes the check and is no placeholder.
    pub(in crate::resolve) fn valid_number(&self, place: u32) -> Option<u32> {
        Some(self.table.row(place).get(Field::Nhs)).filter(|number| self.nhs.is_valid(*number))
    }

    /// Draws of the number of people from the posterior over groups, each given with its rows.
    pub(in crate::resolve) fn draws(&self, members: &[&[u32]], rules: &Rules, seed: u64) -> Vec<f64> {
        let partitioner = Partitioner { comparer: self.comparer(), model: &self.model };
        Doubts::new(&partitioner, members, &rules.posterior).draws(&rules.posterior, seed)
    }

    pub(super) fn comparer(&self) -> Comparer<'_> {
        Comparer { table: &self.table, nhs: &self.nhs }
    }
}

/// The pairs that share a key. `weigh` tells whether keys that say little are worth their pairs: enough of these must link.
fn compared(
    comparer: &Comparer<'_>,
    rules: &Rules,
    is_out: &(impl Fn(u32) -> bool + Sync),
    is_wanted: &(impl Fn(u32, u32) -> bool + Sync),
    weigh: impl Fn(&Compared) -> f64 + Sync,
) -> Vec<Vec<Compared>> {
    let table = comparer.table;
    let numbers = comparer.sole_numbers();
    let number = |place: u32| numbers.get(place as usize).copied().unwrap_or_default();
    // Two valid NHS numbers are two people.
    let are_two = |a: u32, b: u32| number(a) != number(b) && number(a) != 0 && number(b) != 0;
    let wanted = |a: u32, b: u32| !((table.is_register(a) && table.is_register(b)) || are_two(a, b)) && is_wanted(a, b);
    let is_worth = |trial: &[Vec<Compared>]| {
        let links = |pairs: &Vec<Compared>| pairs.iter().filter(|p| weigh(p) >= rules.decision.link_from).count();
        let (count, links): (usize, usize) = (trial.iter().map(Vec::len).sum(), trial.par_iter().map(links).sum());
        links as f64 >= rules.block.narrow_worth * count as f64
    };
    let memories = Memories::default();
    let seen = Seeing {
        start: || (Vec::new(), memories.take()),
        visit: |(pairs, memory): &mut (Vec<Compared>, Memory), a, b| {
            pairs.push(Compared { a, b, pattern: comparer.pattern(a, b, memory) });
        },
        finish: |(mut pairs, memory): (Vec<Compared>, Memory)| {
            memories.give(memory);
            pairs.shrink_to_fit();
            pairs
        },
    };
    Keys::new(table, is_out).pairs(table, &rules.block, wanted, seen, is_worth)
}

/// What the pairs say of m and u; nothing of few rows.
fn fit_to(table: &Table, rules: &Rules, compared: &[Vec<Compared>], random: BTreeMap<Pattern, u64>) -> Option<Fitted> {
    if table.register_from < rules.fit.rows_from {
        return None;
    }
    let [mentions, people] = sizes(table);
    let step = u64::from(table.len() / rules.fit.rows).max(1);
    let seen = Seen {
        blocked: counted(table, compared, step),
        scale: step as f64,
        random,
        pairs: [mentions * (mentions - 1.0) / 2.0, mentions * people],
        sizes: [mentions, people],
    };
    Some(Fitted { rows: u64::from(table.register_from), shares: fit::fit(rules, &seen) })
}

/// Mentions, and register people.
fn sizes(table: &Table) -> [f64; 2] {
    [table.register_from, table.len() - table.register_from].map(f64::from)
}

/// How often each pattern occurs by class and sources, among one pair in `step`.
fn counted(table: &Table, compared: &[Vec<Compared>], step: u64) -> Histogram {
    let source = |place: u32| table.source.get(place as usize).copied().unwrap_or_default();
    let of_part = |pairs: &Vec<Compared>| {
        let mut seen: HashMap<(Class, u16, u16, Pattern), u64> = HashMap::new();
        for Compared { a, b, pattern } in pairs {
            if step == 1 || mix(u64::from(*a) ^ mix(u64::from(*b))).is_multiple_of(step) {
                let class =
                    if table.is_register(*a) || table.is_register(*b) { Class::Register } else { Class::Mentions };
                let (x, y) = (source(*a), source(*b));
                *seen.entry((class, x.min(y), x.max(y), *pattern)).or_default() += 1;
            }
        }
        seen
    };
    let parts: Vec<_> = compared.par_iter().map(of_part).collect();
    let mut histogram = Histogram::new();
    for (pattern, count) in parts.into_iter().flatten() {
        *histogram.entry(pattern).or_default() += count;
    }
    histogram
}

/// Patterns of pairs drawn at random, seeded by their number, and those of the pairs whose names are close.
fn random_patterns(comparer: &Comparer<'_>) -> (BTreeMap<Pattern, u64>, Vec<Compared>) {
    let count = u64::from(comparer.table.len());
    if count < 2 {
        return Default::default();
    }
    let draws: Vec<u64> = (0..64).collect();
    // Of few rows no more than there are pairs: drawn again and again they would pass for evidence.
    let each = (count * 40 / 64).clamp(200, 2_500).min((count * (count - 1) / 2).div_ceil(64));
    let seen: Vec<(BTreeMap<Pattern, u64>, Vec<Compared>)> = draws
        .par_iter()
        .map_init(Memory::default, |memory, draw| {
            let (mut seen, mut close) = (BTreeMap::new(), Vec::new());
            for n in 0..each {
                let (x, y) = (mix(draw << 32 | n), mix(draw << 32 | n | 1 << 63));
                let at = |z: u64| ((u128::from(z) * u128::from(count)) >> 64) as u32;
                let (a, b) = (at(x), at(y));
                if a != b {
                    let pattern = comparer.pattern(a.min(b), a.max(b), memory);
                    *seen.entry(pattern).or_default() += 1;
                    if model::has_close_name(pattern) {
                        close.push(Compared { a: a.min(b), b: a.max(b), pattern });
                    }
                }
            }
            (seen, close)
        })
        .collect();
    let (mut all, mut all_close) = (BTreeMap::new(), Vec::new());
    for (seen, close) in seen {
        for (pattern, count) in seen {
            *all.entry(pattern).or_default() += count;
        }
        all_close.extend(close);
    }
    (all, all_close)
}
