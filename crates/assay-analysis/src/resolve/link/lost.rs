//! How many of the rows that were linked with nothing are people of their own, and how many are people met elsewhere.
//!
//! A row that says little (half a name and a town) fits nobody well enough, whoever it is; no weight of a pair tells whether its
//! person is met elsewhere, and to count each such row as a person made a count of historical records 80 % too high. Two
//! things do tell. First, rows that were linked: a row that links with one in ten others of its group has brothers that link with none;
//! how many follows from the spread of these shares, a Beta distribution cut off at none (Chao 1987 is the same thought). That
//! misses rows that could not have linked with anybody, so it is where the prior begins, not where it ends. Second, what the
//! lonely rows say: a person met once is written as fully as any other, a lost row is not, or it would not be lost. The lonely
//! rows are a mixture of both, over classes of how much a row says. The posterior of the mixture is worked out on a grid.

use rand_pcg::Pcg64;
use rayon::prelude::*;

use super::super::chance::uniform;
use super::compare::Memory;
use super::levels::Posterior as Rule;
use super::partition::Partitioner;
use super::symbols::mix;

/// Classes of how much a row says.
const CLASSES: usize = 8;
/// Members of a group that a row is set against.
const PARTNERS: usize = 12;

/// The rows alone in their groups and the small groups, and the posteriors of how many of them are of people met elsewhere.
pub(super) struct Lost {
    /// Rows alone in their groups.
    pub(super) lonely: u64,
    /// How many of those are lost.
    rows: Posterior,
    /// How many groups of two and of three are.
    groups: Vec<Posterior>,
    /// People that a lost row is on average: half of one where both rows of a person were lost, one where only a register knows better.
    own: f64,
}

/// Numbers, each with the probability that it is that or less.
#[derive(Clone, Debug, Default)]
struct Posterior(Vec<(f64, f64)>);

impl Posterior {
    fn draw(&self, random: &mut Pcg64) -> f64 {
        self.at(uniform(random), uniform(random))
    }

    /// The number of a probability; between two of the grid as `between` says.
    fn at(&self, share: f64, between: f64) -> f64 {
        let place = self.0.partition_point(|(_, below)| *below < share);
        let number = self.0.get(place).or(self.0.last()).map_or(0.0, |(number, _)| *number);
        let before = place.checked_sub(1).and_then(|place| self.0.get(place)).map_or(number, |(number, _)| *number);
        before + (number - before) * between
    }
}

/// How often a row with so many partners has so many links with them; partners from 1.
type Degrees = [[f64; PARTNERS + 1]; PARTNERS + 1];

/// A Beta distribution of the share of partners that a row links with.
#[derive(Clone, Copy)]
struct Links {
    a: f64,
    b: f64,
}

impl Links {
    /// The chance of no link with so many partners.
    fn none(self, partners: f64) -> f64 {
        let whole = partners.floor();
        let product =
            (0..whole as u32).map(|i| (self.b + f64::from(i)) / (self.a + self.b + f64::from(i))).product::<f64>();
        // Between whole numbers as a power.
        product * ((self.b + whole) / (self.a + self.b + whole)).powf(partners - whole)
    }

    /// log chance of each number of links, given at least one.
    fn log_likelihood(self, degrees: &Degrees) -> f64 {
        let mut sum = 0.0;
        for (partners, row) in degrees.iter().enumerate().skip(2) {
            // Chances of 0, 1, ... links, each from the one before.
            let k = partners as f64;
            let mut chance = self.none(k);
            let seen = (1.0 - chance).max(1e-12).ln();
            for (links, count) in row.iter().enumerate().take(partners + 1).skip(1) {
                let d = links as f64;
                chance *= (k - d + 1.0) / d * (self.a + d - 1.0) / (self.b + k - d).max(1e-9);
                if *count > 0.0 {
                    sum += count * (chance.max(1e-300).ln() - seen);
                }
            }
        }
        sum
    }
}

/// What a group is: its rows that are mentions, and whether a register person is in it.
#[derive(Clone, Copy)]
struct Size {
    mentions: f64,
    register: f64,
}

impl Size {
    /// Rows lost for each that was linked: their partners are those met and those lost.
    fn lost(self, links: Links) -> f64 {
        let mut lost = 0.0;
        for _ in 0..30 {
            let none = links.none(self.mentions + self.register - 1.0 + lost).min(0.95);
            lost = (self.mentions * none / (1.0 - none)).min(self.mentions * 20.0);
        }
        lost
    }
}

impl Lost {
    /// `members` are the groups, each with its rows; `of_all` the rows that are mentions.
    pub(super) fn new(partitioner: &Partitioner<'_>, members: &[&[u32]], rule: &Rule) -> Self {
        let table = partitioner.comparer.table;
        let lonely: Vec<u32> = members
            .iter()
            .filter_map(|group| group.first().copied().filter(|row| group.len() == 1 && !table.is_register(*row)))
            .collect();
        let sizes: Vec<(usize, Size)> = members
            .iter()
            .enumerate()
            .map(|(at, group)| {
                let register = group.iter().filter(|row| table.is_register(**row)).count();
                (at, Size { mentions: (group.len() - register) as f64, register: register as f64 })
            })
            .filter(|(_, size)| size.mentions + size.register >= 2.0 && size.mentions >= 1.0)
            .collect();
        let linked: f64 = sizes.iter().map(|(_, size)| size.mentions).sum();
        let mut lost = Self { lonely: lonely.len() as u64, rows: Posterior::default(), groups: Vec::new(), own: 1.0 };
        if sizes.is_empty() {
            return lost;
        }
        let step = (linked / rule.sample as f64).ceil().max(1.0) as usize;
        let sampled: Vec<&[u32]> = sizes.iter().step_by(step).filter_map(|(at, _)| members.get(*at).copied()).collect();
        let degrees = degrees(partitioner, &sampled);
        let sizes: Vec<Size> = sizes.into_iter().map(|(_, size)| size).collect();
        let fitted = fitted(&degrees, &sizes, rule);
        let rate = rule.fragments * (fitted.log_lost.exp() / linked / 0.001).sqrt();
        if rule.fragments > 0.0 {
            lost.groups = [2, 3].map(|size| small(partitioner, members, size, rate, rule)).into();
        }
        if lonely.is_empty() {
            return lost;
        }
        let mut is_lonely = vec![0.0; table.register_from as usize];
        for row in &lonely {
            if let Some(slot) = is_lonely.get_mut(*row as usize) {
                *slot = 1.0;
            }
        }
        // What is in no group is nobody's whom we count.
        let mut rows: Vec<u32> =
            members.iter().copied().flatten().copied().filter(|row| !table.is_register(*row)).collect();
        rows.sort_unstable();
        let says = rows.iter().map(|row| Said {
            bits: partitioner.model.says(table, &[*row]),
            usual: 1.0,
            small: is_lonely.get(*row as usize).copied().unwrap_or_default(),
        });
        let classes = classes(says.collect());
        let centre = fitted.log_lost + rule.lost_factor.ln();
        lost.rows = posterior(&classes, centre, rule.lost_error.hypot(fitted.spread), rule);
        let fragments = lost.groups.first().map_or(0.0, |twos| twos.at(0.5, 0.5));
        lost.own = own(&sizes, fitted.links, lost.rows.at(0.5, 0.5), fragments);
        lost
    }

    /// People that the lonely rows are, and how many groups are of people met elsewhere.
    pub(super) fn draw(&self, random: &mut Pcg64) -> (f64, f64) {
        let rows = self.lonely as f64 - self.rows.draw(random) * (1.0 - self.own);
        (rows, self.groups.iter().map(|groups| groups.draw(random)).sum())
    }
}

/// People that a lost row is. A group of two may be what was left of three, or a fragment, so that not every one of them says that people
/// of two rows are many.
fn own(sizes: &[Size], links: Links, lost: f64, fragments: f64) -> f64 {
    let count =
        |mentions: f64| sizes.iter().filter(|size| size.mentions == mentions && size.register == 0.0).count() as f64;
    let linked: f64 = sizes.iter().map(|size| size.mentions).sum();
    let share = lost / (linked + lost);
    let left_over = 3.0 * share * count(3.0) + 6.0 * share * share * count(4.0) + fragments;
    let twos = (1.0 - left_over / count(2.0).max(1.0)).max(0.0);
    let foretold: f64 = sizes.iter().map(|size| size.lost(links)).sum();
    // The others could have linked with nobody; of two rows of a person one such leaves both alone.
    let unlinkable = ((lost - foretold) / linked).max(0.0);
    let (mut own, mut all) = (0.0, 0.0);
    for size in sizes {
        let by_links = size.lost(links);
        match (size.mentions as u32, size.register as u32) {
            (1, 1) => {
                own += by_links + unlinkable;
                all += by_links + unlinkable;
            }
            (2, 0) => {
                own += (by_links / 2.0 + 2.0 * unlinkable) * twos;
                all += by_links + 4.0 * unlinkable;
            }
            _ => all += by_links + size.mentions * unlinkable,
        }
    }
    own / f64::max(all, 1e-9)
}

/// Groups of a size without a register person, beside as many rows of larger groups: what the one says and what the other.
fn small(partitioner: &Partitioner<'_>, members: &[&[u32]], size: usize, rate: f64, rule: &Rule) -> Posterior {
    let table = partitioner.comparer.table;
    let larger = members.iter().filter(|group| group.len() > size).count();
    let step = larger.div_ceil(rule.sample).max(1);
    let says = |rows: &[u32]| partitioner.model.says(table, rows);
    let usual = members.iter().filter(|group| group.len() > size).step_by(step).map(|group| {
        // Any of them, but the same in every run.
        let first = group.first().copied().unwrap_or_default();
        let mut rows: Vec<u32> = group.iter().copied().filter(|row| !table.is_register(*row)).collect();
        rows.sort_unstable_by_key(|row| mix(u64::from(*row) ^ u64::from(first) << 32));
        rows.truncate(size);
        Said { bits: says(&rows), usual: 1.0, small: 0.0 }
    });
    let is_small = |group: &&&[u32]| group.len() == size && group.iter().all(|row| !table.is_register(*row));
    let small = members.iter().filter(is_small).map(|group| Said { bits: says(group), usual: 0.0, small: 1.0 });
    let classes = classes(usual.chain(small).collect());
    posterior(&classes, (larger as f64 * rate).max(0.25).ln(), rule.fragments_error, rule)
}

fn degrees(partitioner: &Partitioner<'_>, groups: &[&[u32]]) -> Degrees {
    let table = partitioner.comparer.table;
    let from = partitioner.model.decision.link_from;
    let of_group = |memory: &mut Memory, group: &&[u32]| {
        let mut found = Vec::new();
        for row in group.iter().filter(|row| !table.is_register(**row)) {
            let others: Vec<u32> = group.iter().copied().filter(|other| other != row).collect();
            let step = others.len().div_ceil(PARTNERS);
            let partners = others.iter().step_by(step.max(1));
            let count = partners.clone().count();
            let links = partners
                .filter(|other| partitioner.bits(*row, **other, memory).is_some_and(|bits| bits >= from))
                .count();
            found.push((count, links));
        }
        found
    };
    let found: Vec<Vec<(usize, usize)>> = groups.par_iter().map_init(Memory::default, of_group).collect();
    let mut degrees = [[0.0; PARTNERS + 1]; PARTNERS + 1];
    for (partners, links) in found.into_iter().flatten().filter(|(_, links)| *links > 0) {
        if let Some(count) = degrees.get_mut(partners).and_then(|row| row.get_mut(links)) {
            *count += 1.0;
        }
    }
    degrees
}

/// What the degrees tell: the likeliest Beta distribution, and the log of the rows lost under it with its spread.
#[derive(Clone, Copy)]
struct Fitted {
    links: Links,
    log_lost: f64,
    spread: f64,
}

fn fitted(degrees: &Degrees, sizes: &[Size], rule: &Rule) -> Fitted {
    // Groups of one size lose alike.
    let mut counts: std::collections::BTreeMap<(u32, u32), f64> = Default::default();
    for size in sizes {
        *counts.entry((size.mentions as u32, size.register as u32)).or_default() += 1.0;
    }
    let grid: Vec<Links> = (0..48)
        .flat_map(|i| {
            let mean = 0.4 + 0.5999 * (f64::from(i) / 47.0).sqrt();
            (0..24).map(move |j| {
                let strength = (f64::from(j) * 0.25 - 1.5).exp();
                Links { a: mean * strength, b: (1.0 - mean) * strength }
            })
        })
        .collect();
    let scored: Vec<(f64, f64)> = grid
        .par_iter()
        .map(|links| {
            let of_size = |((mentions, register), count): (&(u32, u32), &f64)| {
                Size { mentions: f64::from(*mentions), register: f64::from(*register) }.lost(*links) * count
            };
            // Rows of one group speak together: each counts for half.
            let strength = ((links.a + links.b) / rule.links_strength).ln();
            let logit = (links.a / links.b).ln() - (rule.links_mean / (1.0 - rule.links_mean)).ln();
            let prior = -((strength / rule.links_error).powi(2) + (logit / rule.links_mean_error).powi(2)) / 2.0;
            (links.log_likelihood(degrees) / 2.0 + prior, (counts.iter().map(of_size).sum::<f64>() + 0.5).ln())
        })
        .collect();
    let top = scored.iter().map(|(log, _)| *log).fold(f64::NEG_INFINITY, f64::max);
    let (mut sum, mut mean, mut square) = (0.0, 0.0, 0.0);
    for (log, lost) in &scored {
        let weight = (log - top).exp();
        sum += weight;
        mean += weight * lost;
        square += weight * lost * lost;
    }
    let (mean, square) = (mean / sum, square / sum);
    let best = scored.iter().zip(&grid).max_by(|x, y| x.0.0.total_cmp(&y.0.0)).map(|(_, links)| *links);
    let links = best.unwrap_or(Links { a: 9.0, b: 1.0 });
    Fitted { links, log_lost: mean, spread: (square - mean * mean).max(0.0).sqrt() }
}

/// What a row or a group says: as one of the usual, or as one of the small.
struct Said {
    bits: f64,
    usual: f64,
    small: f64,
}

/// A class of rows or groups by how much they say.
#[derive(Clone, Copy, Default)]
struct ClassOfRows {
    usual: f64,
    small: f64,
    /// Its middle among the usual, 0 to 1: 1 says most.
    place: f64,
}

/// Cut where about an eighth of the usual is full; what says the same is never parted.
fn classes(mut says: Vec<Said>) -> Vec<ClassOfRows> {
    says.par_sort_by(|x, y| x.bits.total_cmp(&y.bits));
    let all: f64 = says.iter().map(|said| said.usual).sum();
    let each = all / CLASSES as f64;
    let mut found: Vec<ClassOfRows> = Vec::new();
    let mut class = ClassOfRows::default();
    for same in says.chunk_by(|x, y| x.bits == y.bits) {
        let of_same: f64 = same.iter().map(|said| said.usual).sum();
        if class.usual > each / 4.0 && class.usual + of_same > each * 1.5 {
            found.push(std::mem::take(&mut class));
        }
        class.usual += of_same;
        class.small += same.iter().map(|said| said.small).sum::<f64>();
        if class.usual >= each {
            found.push(std::mem::take(&mut class));
        }
    }
    match found.last_mut() {
        Some(last) if class.usual < each / 4.0 => {
            (last.usual, last.small) = (last.usual + class.usual, last.small + class.small)
        }
        _ => found.push(class),
    }
    let mut before = 0.0;
    for class in &mut found {
        class.place = (before + class.usual / 2.0) / all.max(1.0);
        before += class.usual;
    }
    found
}

/// The posterior of how many of the small are lost: they are a mixture of usual ones and of lost ones, which say less.
fn posterior(classes: &[ClassOfRows], centre: f64, spread: f64, rule: &Rule) -> Posterior {
    const STEPS: u32 = 120;
    let count: f64 = classes.iter().map(|class| class.small).sum();
    if count < 1.0 {
        return Posterior::default();
    }
    let shares = |tilt: f64| -> Vec<f64> {
        let raw: Vec<f64> =
            classes.iter().map(|class| (class.usual + 0.5) * (-tilt * (class.place - 0.5)).exp()).collect();
        let sum: f64 = raw.iter().sum();
        raw.into_iter().map(|share| share / sum).collect()
    };
    let normal = |x: f64, mean: f64, sd: f64| -((x - mean) / sd).powi(2) / 2.0;
    let once: Vec<(f64, Vec<f64>)> = (-4..=4)
        .map(|i| (f64::from(i) * rule.once_tilt / 2.0, normal(f64::from(i), 0.0, 2.0)))
        .map(|(tilt, log)| (log, shares(tilt)))
        .collect();
    let lost: Vec<(f64, Vec<f64>)> = (1..=24)
        .map(|i| f64::from(i) * 0.5)
        .map(|tilt| (normal(tilt, rule.lost_tilt, rule.lost_tilt_error), shares(tilt)))
        .collect();
    // That people met once are written like any other is nearly true: beyond some number of rows they would be sure of what is only nearly so.
    let weight = (rule.lonely_most / count).min(1.0);
    let (least, most) = (0.25f64.ln(), count.ln());
    let points: Vec<f64> = (0..STEPS).map(|i| least + (most - least) * f64::from(i) / f64::from(STEPS - 1)).collect();
    let logs: Vec<f64> = points
        .par_iter()
        .map(|log| {
            let share = (log.exp() / count).min(1.0);
            let mut terms = Vec::with_capacity(once.len() * lost.len());
            for (of_once, once) in &once {
                for (of_lost, lost) in &lost {
                    let chances = once.iter().zip(lost).map(|(once, lost)| (1.0 - share) * once + share * lost);
                    let fits: f64 =
                        classes.iter().zip(chances).map(|(class, chance)| class.small * chance.max(1e-12).ln()).sum();
                    terms.push(fits * weight + of_once + of_lost);
                }
            }
            let top = terms.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            top + terms.iter().map(|term| (term - top).exp()).sum::<f64>().ln() + normal(*log, centre, spread)
        })
        .collect();
    let top = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let weights: Vec<f64> = logs.iter().map(|log| (log - top).exp()).collect();
    let sum: f64 = weights.iter().sum();
    let mut below = 0.0;
    let cumulated = points.iter().zip(weights).map(|(log, weight)| {
        below += weight / sum;
        (log.exp(), below)
    });
    Posterior(cumulated.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_cut_off_at_no_link_are_foretold_from_those_that_link_seldom() {
        let truth = Links { a: 3.0, b: 1.0 };
        let mut degrees = [[0.0; PARTNERS + 1]; PARTNERS + 1];
        // Ten thousand rows with four partners each, in the proportions of the truth.
        let (k, mut chance) = (4.0, truth.none(4.0));
        for (links, count) in degrees[4].iter_mut().enumerate().take(5).skip(1) {
            let d = links as f64;
            chance *= (k - d + 1.0) / d * (truth.a + d - 1.0) / (truth.b + k - d);
            *count = 10_000.0 * chance;
        }
        let sizes = vec![Size { mentions: 5.0, register: 0.0 }; 2_000];
        let fitted = fitted(&degrees, &sizes, &crate::resolve::link::levels::shipped().posterior);
        let expected = (10_000.0 * truth.none(4.0) / (1.0 - truth.none(4.0))).ln();
        assert!((fitted.log_lost - expected).abs() < 0.3, "{} {expected}", fitted.log_lost);
    }

    #[test]
    fn lonely_rows_that_say_as_much_as_others_are_people_and_poor_ones_are_lost() {
        let rule = &crate::resolve::link::levels::shipped().posterior;
        let median = |small: [f64; 4]| {
            let class = |i: usize| ClassOfRows { usual: 2_500.0, small: small[i], place: (i as f64 + 0.5) / 4.0 };
            let classes: Vec<ClassOfRows> = (0..4).map(class).collect();
            posterior(&classes, 300f64.ln(), 0.5, rule).at(0.5, 0.5)
        };
        let (alike, poor) = (median([500.0, 500.0, 500.0, 500.0]), median([1_500.0, 400.0, 90.0, 10.0]));
        assert!(alike < 400.0 && poor > 1_700.0, "{alike} {poor}");
    }
}
