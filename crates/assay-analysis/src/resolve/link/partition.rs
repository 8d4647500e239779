//! Pairs become people: correlation clustering in place of connected components.
//!
//! Pairs that link join rows into components. In a component every pair is weighed, and groups merge by the average weight
//! between them, the highest first, as long as it is above the decision and nothing forbids it: two valid NHS numbers, two
//! register people, a pair that clashes. So a chain of fair links does not make one person of two, and a component breaks at its
//! weakest evidence. A component too large for all its pairs is cut at a higher weight first.

use rayon::prelude::*;

use super::compare::{Comparer, Memory};
use super::levels::{Pattern, level};
use super::model::Model;
use super::table::{Field, halved, join};

/// A pair that could be one person.
#[derive(Clone, Copy, Debug)]
pub(in crate::resolve) struct Edge {
    pub(in crate::resolve) a: u32,
    pub(in crate::resolve) b: u32,
    pub(in crate::resolve) pattern: Pattern,
    /// Bits, prior included.
    pub(in crate::resolve) total: f32,
}

/// Rows up to which all pairs of a component are weighed.
const WHOLE: usize = 160;
/// Members of a group that stand for it where it is large.
const SAMPLE: usize = 8;

/// What clustering works on.
pub(in crate::resolve) struct Partitioner<'a> {
    pub(in crate::resolve) comparer: Comparer<'a>,
    pub(in crate::resolve) model: &'a Model,
}

/// Edges sorted by their rows, found by row.
pub(in crate::resolve) struct Index<'a> {
    edges: &'a [Edge],
    starts: Vec<u32>,
}

impl<'a> Index<'a> {
    pub(in crate::resolve) fn new(count: u32, edges: &'a [Edge]) -> Self {
        let mut starts = vec![0u32; count as usize + 2];
        for edge in edges {
            if let Some(slot) = starts.get_mut(edge.a as usize + 1) {
                *slot += 1;
            }
        }
        let mut sum = 0;
        for slot in &mut starts {
            sum += *slot;
            *slot = sum;
        }
        Self { edges, starts }
    }

    pub(in crate::resolve) fn get(&self, a: u32, b: u32) -> Option<f64> {
        let (a, b) = (a.min(b), a.max(b));
        let at = |row: u32| self.starts.get(row as usize).copied().unwrap_or_default() as usize;
        let of = self.edges.get(at(a)..at(a + 1))?;
        of.binary_search_by_key(&b, |edge| edge.b).ok().and_then(|at| of.get(at)).map(|edge| f64::from(edge.total))
    }
}

/// The groups of a table.
pub(in crate::resolve) struct Groups {
    /// The first row of a row's group.
    pub(in crate::resolve) of: Vec<u32>,
}

/// A component: its rows, and its edges by place in it.
pub(in crate::resolve) struct Component {
    pub(in crate::resolve) rows: Vec<u32>,
    pub(in crate::resolve) edges: Vec<Edge>,
}

impl Partitioner<'_> {
    /// Keeps of each mention's register edges the best where it is clearly that; where two fit about as well, none.
    pub(in crate::resolve) fn anchor(&self, edges: &mut Vec<Edge>) {
        let table = self.comparer.table;
        let mention = |edge: &Edge| if table.is_register(edge.b) { edge.a } else { edge.b };
        let (mut to_register, mut others): (Vec<Edge>, Vec<Edge>) =
            edges.drain(..).partition(|edge| table.is_register(edge.a) || table.is_register(edge.b));
        to_register.sort_unstable_by(|x, y| {
            mention(x).cmp(&mention(y)).then(y.total.total_cmp(&x.total)).then((x.a, x.b).cmp(&(y.a, y.b)))
        });
        for of_one in to_register.chunk_by(|x, y| mention(x) == mention(y)) {
            let Some(best) = of_one.first() else { continue };
            let next = of_one.get(1).map_or(f32::NEG_INFINITY, |edge| edge.total);
            let by_number = best.pattern.is(Field::Nhs, level::EXACT);
            if by_number || f64::from(best.total - next) >= self.model.decision.margin {
                others.push(*best);
            }
        }
        others.sort_unstable_by_key(|edge| (edge.a, edge.b));
        *edges = others;
    }

    /// The groups that the edges make.
    pub(in crate::resolve) fn groups(&self, edges: &[Edge]) -> Groups {
        let count = self.comparer.table.len();
        let components = components(count, edges, self.model.decision.link_from);
        let index = Index::new(count, edges);
        let made: Vec<Vec<Vec<u32>>> = components
            .par_iter()
            .map_init(Memory::default, |memory, component| {
                self.component(component, &index, self.model.decision.link_from, memory)
            })
            .collect();
        let mut of: Vec<u32> = (0..count).collect();
        for group in made.into_iter().flatten() {
            let Some(first) = group.iter().min().copied() else { continue };
            for row in group {
                if let Some(slot) = of.get_mut(row as usize) {
                    *slot = first;
                }
            }
        }
        Groups { of }
    }

    fn component(&self, component: &Component, index: &Index<'_>, from: f64, memory: &mut Memory) -> Vec<Vec<u32>> {
        match component.rows.len() {
            0 | 1 => vec![component.rows.clone()],
            2 => self.pair(component),
            size if size <= WHOLE => self.average(&component.rows, index, memory),
            _ => self.large(component, index, from, memory),
        }
    }

    fn pair(&self, component: &Component) -> Vec<Vec<u32>> {
        let (a, b) =
            (component.rows.first().copied().unwrap_or_default(), component.rows.get(1).copied().unwrap_or_default());
        if self.registers(&[a], &[b]) > 1 { vec![vec![a], vec![b]] } else { vec![vec![a, b]] }
    }

    fn registers(&self, x: &[u32], y: &[u32]) -> usize {
        x.iter().chain(y).filter(|row| self.comparer.table.is_register(**row)).count()
    }

    /// Bits between two rows as clustering takes them; nothing where they clash.
    pub(in crate::resolve) fn bits(&self, a: u32, b: u32, memory: &mut Memory) -> Option<f64> {
        let table = self.comparer.table;
        if table.is_register(a) && table.is_register(b) {
            return None;
        }
        let pattern = self.comparer.pattern(a, b, memory);
        let weight = self.model.weigh(table, a, b, pattern);
        (!weight.clash).then(|| self.held(weight.total))
    }

    /// What a pair may say; beyond the most it decides between equals only.
    fn held(&self, total: f64) -> f64 {
        let (least, most) = (self.model.decision.least, self.model.decision.most);
        total.clamp(least, most) + (total - most).max(0.0) / 1024.0
    }

    /// The same, from the edges where the pair is one of them.
    fn known(&self, a: u32, b: u32, index: &Index<'_>, memory: &mut Memory) -> Option<f64> {
        index.get(a, b).map(|total| self.held(total)).or_else(|| self.bits(a, b, memory))
    }

    /// Average linkage over all pairs.
    fn average(&self, rows: &[u32], index: &Index<'_>, memory: &mut Memory) -> Vec<Vec<u32>> {
        let count = rows.len();
        let mut sums = vec![0.0f64; count * count];
        for (i, a) in rows.iter().enumerate() {
            for (j, b) in rows.iter().enumerate().skip(i + 1) {
                let bits = self.known(*a, *b, index, memory).unwrap_or(f64::NEG_INFINITY);
                for at in [i * count + j, j * count + i] {
                    if let Some(slot) = sums.get_mut(at) {
                        *slot = bits;
                    }
                }
            }
        }
        agglomerate(&mut sums, rows, self.model.decision.link_from, self.model.decision.by_best)
    }

    /// A large component: cut at a higher weight, its parts clustered, and what they make merged by the strongest edge first where
    /// the average of members agrees.
    fn large(&self, component: &Component, index: &Index<'_>, from: f64, memory: &mut Memory) -> Vec<Vec<u32>> {
        let higher = from + 2.0;
        let mut groups: Vec<Vec<u32>> = Vec::new();
        if higher > 60.0 {
            groups.extend(component.rows.iter().map(|row| vec![*row]));
        } else {
            for part in parts(component, higher) {
                groups.extend(self.component(&part, index, higher, memory));
            }
        }
        groups.iter_mut().for_each(|group| group.sort_unstable());
        groups.sort_unstable();
        let place = |row: u32| component.rows.binary_search(&row).unwrap_or(usize::MAX);
        let mut of: Vec<u32> = vec![0; component.rows.len()];
        for (number, group) in (0u32..).zip(&groups) {
            for row in group {
                if let Some(slot) = of.get_mut(place(*row)) {
                    *slot = number;
                }
            }
        }
        let mut parent: Vec<u32> = (0..groups.len() as u32).collect();
        let mut edges: Vec<&Edge> =
            component.edges.iter().filter(|edge| f64::from(edge.total) >= self.model.decision.link_from).collect();
        edges.sort_by(|x, y| y.total.total_cmp(&x.total).then((x.a, x.b).cmp(&(y.a, y.b))));
        for edge in edges {
            let group = |row: u32| of.get(place(row)).copied().unwrap_or_default();
            let (x, y) = (halved(&mut parent, group(edge.a)), halved(&mut parent, group(edge.b)));
            if x == y {
                continue;
            }
            let (keep, gone) = (x.min(y) as usize, x.max(y) as usize);
            let (Some(one), Some(other)) = (groups.get(keep), groups.get(gone)) else { continue };
            if self.agree(one, other, memory) {
                join(&mut parent, x, y);
                let moved = groups.get_mut(gone).map(std::mem::take).unwrap_or_default();
                if let Some(group) = groups.get_mut(keep) {
                    group.extend(moved);
                }
            }
        }
        groups.into_iter().filter(|group| !group.is_empty()).collect()
    }

    /// The bits between two groups, a sample of large ones; nothing where they cannot be one.
    pub(in crate::resolve) fn between(&self, one: &[u32], other: &[u32], memory: &mut Memory) -> Option<f64> {
        if self.registers(one, other) > 1 || !self.numbers_agree(one, other) {
            return None;
        }
        let (x, y) = (sample(one), sample(other));
        let (mut sum, mut top) = (0.0, f64::NEG_INFINITY);
        for a in &x {
            for b in &y {
                let bits = self.bits(*a, *b, memory)?;
                sum += bits;
                top = bits.max(top);
            }
        }
        let by_best = self.model.decision.by_best;
        Some(by_best * top + (1.0 - by_best) * sum / (x.len() * y.len()) as f64)
    }

    /// True where the members of two groups agree on average.
    fn agree(&self, one: &[u32], other: &[u32], memory: &mut Memory) -> bool {
        self.between(one, other, memory).is_some_and(|bits| bits >= self.model.decision.link_from)
    }

    /// False where both carry a valid NHS number and no two agree.
    fn numbers_agree(&self, one: &[u32], other: &[u32]) -> bool {
        let table = self.comparer.table;
        let number = |rows: &[u32]| {
            let all = rows.iter().map(|row| table.row(*row).get(Field::Nhs));
            all.into_iter().find(|number| self.comparer.nhs.is_valid(*number))
        };
        match (number(one), number(other)) {
            (Some(x), Some(y)) => x == y,
            _ => true,
        }
    }
}

fn sample(group: &[u32]) -> Vec<u32> {
    let step = group.len().div_ceil(SAMPLE).max(1);
    group.iter().step_by(step).copied().collect()
}

/// Merges by the highest average; `sums` is square, minus infinity where a pair forbids.
fn agglomerate(sums: &mut [f64], rows: &[u32], from: f64, by_best: f64) -> Vec<Vec<u32>> {
    let count = rows.len();
    let mut tops = sums.to_vec();
    let mut groups: Vec<Vec<u32>> = rows.iter().map(|row| vec![*row]).collect();
    let mut active: Vec<usize> = (0..count).collect();
    let average = |(sums, tops): (&[f64], &[f64]), groups: &[Vec<u32>], i: usize, j: usize| {
        let size = |at: usize| groups.get(at).map_or(1, Vec::len) as f64;
        let at = |values: &[f64]| values.get(i * count + j).copied().unwrap_or(f64::NEG_INFINITY);
        by_best * at(tops) + (1.0 - by_best) * at(sums) / (size(i) * size(j))
    };
    // The best partner of each, recomputed where its partner changed.
    let partner = |sums: (&[f64], &[f64]), groups: &[Vec<u32>], active: &[usize], i: usize| {
        let mut best = (f64::NEG_INFINITY, usize::MAX);
        for j in active.iter().copied().filter(|j| *j != i) {
            let value = average(sums, groups, i, j);
            if value > best.0 {
                best = (value, j);
            }
        }
        best
    };
    let mut best: Vec<(f64, usize)> = (0..count).map(|i| partner((sums, &tops), &groups, &active, i)).collect();
    loop {
        let mut top = (from, usize::MAX);
        for i in active.iter().copied() {
            let value = best.get(i).map_or(f64::NEG_INFINITY, |b| b.0);
            if value >= from && (top.1 == usize::MAX || value > top.0) {
                top = (value, i);
            }
        }
        let Some((_, j)) = best.get(top.1).copied() else { break };
        let (keep, gone) = (top.1.min(j), top.1.max(j));
        let moved = groups.get_mut(gone).map(std::mem::take).unwrap_or_default();
        if let Some(group) = groups.get_mut(keep) {
            group.extend(moved);
        }
        active.retain(|at| *at != gone);
        for k in active.iter().copied().filter(|k| *k != keep) {
            let sum = sums.get(keep * count + k).copied().unwrap_or(f64::NEG_INFINITY)
                + sums.get(gone * count + k).copied().unwrap_or(f64::NEG_INFINITY);
            let top = tops.get(keep * count + k).copied().unwrap_or(f64::NEG_INFINITY);
            let top = top.max(tops.get(gone * count + k).copied().unwrap_or(f64::NEG_INFINITY));
            for at in [keep * count + k, k * count + keep] {
                if let (Some(slot), Some(best)) = (sums.get_mut(at), tops.get_mut(at)) {
                    (*slot, *best) = (sum, top);
                }
            }
        }
        for i in active.iter().copied() {
            let changed = i == keep || best.get(i).is_some_and(|b| b.1 == keep || b.1 == gone);
            let value = if changed {
                partner((sums, &tops), &groups, &active, i)
            } else {
                let with = average((sums, &tops), &groups, i, keep);
                match best.get(i).copied() {
                    Some(known) if with > known.0 => (with, keep),
                    Some(known) => known,
                    None => continue,
                }
            };
            if let Some(slot) = best.get_mut(i) {
                *slot = value;
            }
        }
    }
    groups.into_iter().filter(|group| !group.is_empty()).collect()
}

/// The components of the edges from a weight on, their rows in order; single rows are left out.
pub(in crate::resolve) fn components(count: u32, edges: &[Edge], from: f64) -> Vec<Component> {
    let mut parent: Vec<u32> = (0..count).collect();
    for edge in edges.iter().filter(|edge| f64::from(edge.total) >= from) {
        join(&mut parent, edge.a, edge.b);
    }
    for place in 0..count {
        let top = halved(&mut parent, place);
        if let Some(slot) = parent.get_mut(place as usize) {
            *slot = top;
        }
    }
    let top = |place: u32| parent.get(place as usize).copied().unwrap_or(place);
    let mut sizes = vec![0u32; count as usize];
    for place in 0..count {
        if let Some(size) = sizes.get_mut(top(place) as usize) {
            *size += 1;
        }
    }
    let mut number = vec![u32::MAX; count as usize];
    let mut components: Vec<Component> = Vec::new();
    for place in 0..count {
        let root = top(place) as usize;
        let size = sizes.get(root).copied().unwrap_or_default();
        if size < 2 {
            continue;
        }
        let Some(slot) = number.get_mut(root) else { continue };
        if *slot == u32::MAX {
            *slot = components.len() as u32;
            components.push(Component { rows: Vec::with_capacity(size as usize), edges: Vec::new() });
        }
        if let Some(component) = components.get_mut(*slot as usize) {
            component.rows.push(place);
        }
    }
    for edge in edges {
        let of = |row: u32| number.get(top(row) as usize).copied().unwrap_or(u32::MAX);
        if of(edge.a) == of(edge.b)
            && let Some(component) = components.get_mut(of(edge.a) as usize)
            && component.rows.len() > WHOLE
        {
            component.edges.push(*edge);
        }
    }
    components
}

/// A component's parts at a higher weight, single rows among them.
fn parts(component: &Component, from: f64) -> Vec<Component> {
    let place = |row: u32| component.rows.binary_search(&row).unwrap_or_default() as u32;
    let local: Vec<Edge> =
        component.edges.iter().map(|edge| Edge { a: place(edge.a), b: place(edge.b), ..*edge }).collect();
    let mut found = components(component.rows.len() as u32, &local, from);
    let global = |row: &u32| component.rows.get(*row as usize).copied().unwrap_or_default();
    let mut inside = vec![false; component.rows.len()];
    for part in &mut found {
        part.rows.iter().for_each(|row| {
            if let Some(slot) = inside.get_mut(*row as usize) {
                *slot = true;
            }
        });
        part.rows = part.rows.iter().map(global).collect();
        part.edges.iter_mut().for_each(|edge| (edge.a, edge.b) = (global(&edge.a), global(&edge.b)));
    }
    let single = component.rows.iter().zip(&inside).filter(|(_, inside)| !**inside);
    found.extend(single.map(|(row, _)| Component { rows: vec![*row], edges: Vec::new() }));
    found
}
