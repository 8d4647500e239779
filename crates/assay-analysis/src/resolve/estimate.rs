//! How many people there are in the items held: the count, its uncertainty, and what was not read.
//!
//! **Resolution.** Decisions near the threshold are drawn again and again: in each of 500 draws, seeded by the case, a merge made
//! on weak evidence comes apart with the probability that it was wrong, and a pair left apart joins with the probability that it
//! is one person; pairs join by union-find, so that in a component three pairs cannot take off more people than there are. The
//! weights themselves are uncertain: each draw shifts all of them by one normal error of [`WEIGHT_ERROR`] bits, common to the
//! draw, as a refit on another sample would. What no draw sees, pairs that share no key and levels that do not fit, is a normal
//! error of [`MODEL_ERROR`] of the count.
//!
//! **Unread items.** People new to the leak in each item read (the item that a person is first met in, tables first, then in the
//! order of the manifest) are averaged by stratum: media family, size (powers of sixteen) and top folder, the coarser stratum where
//! the finer has fewer than five items read. An unread item is expected to bring as many; a draw takes read items of its stratum
//! with replacement. Pictures and unknown formats, of which none is read, are taken as documents are: a scan is a letter. A program
//! holds nobody. An archive is taken at the mean of all items. That unread items hold nobody new cannot be excluded: they raise
//! the estimate and the upper end of the interval, never its lower end. Whether ten or ten thousand lie in an archive that does not open cannot be told: the
//! interval says what items like it held.
//!
//! **Decoys.** The register is permuted, NHS numbers, dates of birth and names each by themselves, and the same people are
//! looked for in it by the same decision: those found match by chance.
//!
//! Not covered: what the group holds beyond the items handed over.

use std::collections::{BTreeMap, BTreeSet};

use assay_model::{DataSubject, Estimate, ExhibitId, Item, ItemPath, ItemStatus, RegisterMatch};
use rand_pcg::Pcg64;
use rand_pcg::rand_core::{Rng, SeedableRng};

use super::cluster::Doubt;

/// Draws of the simulation.
const DRAWS: usize = 500;
/// Standard error of the match weights, in bits.
const WEIGHT_ERROR: f64 = 1.0;
/// Standard error of the count for what the model misses, relative: a judgement from made leaks, whose counts were 1.0 to 1.5 % off.
const MODEL_ERROR: f64 = 0.012;
/// Items read from which a stratum speaks for itself.
const ENOUGH: usize = 5;

/// What the estimate is made from.
pub(super) struct Basis<'a> {
    pub(super) seed: u64,
    pub(super) items: &'a [Item],
    pub(super) subjects: &'a [DataSubject],
    /// Merges made, their ends in subjects that count.
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
    let unread = Unread::new(basis);
    let mut random = Pcg64::seed_from_u64(basis.seed);
    let mut read: Vec<f64> = (0..DRAWS).map(|_| resolution(basis, count, &mut random).max(0.0)).collect();
    let mut all: Vec<f64> = read.iter().map(|people| people + unread.draw(&mut random)).collect();
    read.sort_by(f64::total_cmp);
    all.sort_by(f64::total_cmp);
    let at = |draws: &[f64], share: f64| draws.get((share * (DRAWS - 1) as f64).round() as usize).copied();
    let point = count as f64 + unread.mean();
    let low = at(&read, 0.025).unwrap_or(point).min(point).floor();
    let high = at(&all, 0.975).unwrap_or(point).max(point).ceil();
    let unregistered = count.saturating_sub(known);
    let ceiling = known + basis.alone.max(unregistered) + unread.mean().ceil() as u64;
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

/// Uniform in [0, 1).
fn uniform(random: &mut Pcg64) -> f64 {
    (random.next_u64() >> 11) as f64 / (1u64 << 53) as f64
}

/// Normal with mean 0 and standard deviation 1, as the sum of twelve uniforms less six: tails are of no matter here.
fn normal(random: &mut Pcg64) -> f64 {
    (0..12).map(|_| uniform(random)).sum::<f64>() - 6.0
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

/// Unread items by what is known of items like them.
struct Unread {
    /// How many items, and the people new in each read item of their stratum.
    strata: Vec<(usize, Vec<f64>)>,
}

type Stratum = (String, u32, String);

impl Unread {
    fn new(basis: &Basis<'_>) -> Self {
        let is_unread =
            |item: &&Item| matches!(item.status, ItemStatus::Unread(_)) && !item.media_type.contains("executable");
        let unread: Vec<&Item> = basis.items.iter().filter(is_unread).collect();
        if unread.is_empty() {
            return Self { strata: Vec::new() };
        }
        let new = new_people(basis);
        let containers: BTreeSet<(&ExhibitId, ItemPath)> =
            basis.items.iter().filter_map(|item| Some((&item.exhibit, item.path.container()?))).collect();
        let mut read: [BTreeMap<Stratum, Vec<f64>>; 4] = Default::default();
        for item in basis.items {
            // A container's people are its members'.
            let is_container = containers.contains(&(&item.exhibit, item.path.clone()));
            if is_container || !matches!(item.status, ItemStatus::Read | ItemStatus::Partial) {
                continue;
            }
            let people = new.get(&(&item.exhibit, &item.path)).copied().unwrap_or_default();
            for (level, stratum) in strata(item).into_iter().enumerate() {
                if let Some(read) = read.get_mut(level) {
                    read.entry(stratum).or_default().push(people);
                }
            }
        }
        let mut wanted: BTreeMap<(usize, Stratum), usize> = BTreeMap::new();
        for item in unread {
            let levels = strata(item);
            let enough = |(level, stratum): &(usize, Stratum)| {
                *level == 3 || read.get(*level).and_then(|r| r.get(stratum)).is_some_and(|s| s.len() >= ENOUGH)
            };
            if let Some(stratum) = levels.into_iter().enumerate().find(enough) {
                *wanted.entry(stratum).or_default() += 1;
            }
        }
        let people = |(level, stratum): &(usize, Stratum)| {
            read.get(*level).and_then(|r| r.get(stratum)).cloned().unwrap_or_default()
        };
        Self { strata: wanted.into_iter().map(|(stratum, items)| (items, people(&stratum))).collect() }
    }

    fn mean(&self) -> f64 {
        self.strata.iter().map(|(items, read)| *items as f64 * mean(read)).sum()
    }

    /// Each unread item brings what a read one of its stratum brought, drawn with replacement.
    fn draw(&self, random: &mut Pcg64) -> f64 {
        self.strata
            .iter()
            .map(|(items, read)| {
                if read.is_empty() {
                    return 0.0;
                }
                // Beyond some number of items only their mean matters.
                let drawn = (*items).min(200);
                let pick = |random: &mut Pcg64| {
                    read.get((uniform(random) * read.len() as f64) as usize).copied().unwrap_or_default()
                };
                let sum: f64 = (0..drawn).map(|_| pick(random)).sum();
                sum / drawn as f64 * *items as f64
            })
            .sum()
    }
}

fn mean(values: &[f64]) -> f64 {
    if values.is_empty() { 0.0 } else { values.iter().sum::<f64>() / values.len() as f64 }
}

/// People who count by the item of the manifest in which they are first met.
fn new_people<'a>(basis: &Basis<'a>) -> BTreeMap<(&'a ExhibitId, &'a ItemPath), f64> {
    let order: BTreeMap<(&ExhibitId, &ItemPath), usize> =
        basis.items.iter().enumerate().map(|(place, item)| ((&item.exhibit, &item.path), place)).collect();
    let mut new = BTreeMap::new();
    for subject in basis.subjects.iter().filter(|subject| subject.counts) {
        let items = subject.documents.iter().filter_map(|(exhibit, path)| {
            let place = *order.get(&(exhibit, path))?;
            let item = basis.items.get(place)?;
            Some((family(&item.media_type) != "table", place, item))
        });
        if let Some((.., item)) = items.min_by_key(|(later, place, _)| (*later, *place)) {
            *new.entry((&item.exhibit, &item.path)).or_default() += 1.0;
        }
    }
    new
}

/// The strata of an item, the finest first: media family, size and folder; family and size; family; all.
fn strata(item: &Item) -> [Stratum; 4] {
    let family = family(&item.media_type).to_owned();
    let size = item.bytes.max(1).ilog2() / 4;
    let folder = item.path.as_str().split(['/', '!']).next().unwrap_or_default().to_owned();
    let none = String::new;
    [(family.clone(), size + 1, folder), (family.clone(), size + 1, none()), (family, 0, none()), (none(), 0, none())]
}

fn family(media_type: &str) -> &'static str {
    let has = |words: &[&str]| words.iter().any(|word| media_type.contains(word));
    match () {
        () if has(&["csv", "sheet", "excel", "tab-separated", "sqlite", "access", "dbf", "sql"]) => "table",
        () if has(&["zip", "tar", "7z", "rar", "gzip", "compressed", "archive"]) => "archive",
        () if has(&["rfc822", "outlook", "mbox", "pst", "message"]) => "mail",
        // Letters, scans of letters, and what no extractor knows.
        () => "document",
    }
}
