//! People of whom a name is all that the leak has, a row in a list of patients: how many of them are somebody met elsewhere.
//!
//! Nothing puts such a row to anybody: a namesake would be told of another's illness. But how many of them have a namesake among everybody else can be
//! counted, and how many would by chance can be foretold from how common the names are. What there is beyond that are the same people:
//! of a share p of them who are met elsewhere, a share `agree` is written there by the same name, and of the others a share q has
//! a namesake, so that namesakes are p agree + (1 - p) q of all. Given and family names are no strangers to each other (those of one origin go
//! together): the chance is raised by as much as everybody else has namesakes more often than names drawn apart would give.

use super::chance::normal;
use super::record::{Name, Symbol};
use rand_pcg::Pcg64;
use rand_pcg::rand_core::SeedableRng;
use std::collections::{BTreeSet, HashMap};

/// Standard error of the share, for what is not so simple: names written in other ways in lists than elsewhere, families.
const MODEL_ERROR: f64 = 0.05;

/// A given and a family name.
type Full = (Symbol, Symbol);

/// The people whose name is all that there is, and who of them is somebody else.
#[derive(Debug, Default)]
pub(super) struct Namesakes {
    /// How many they are.
    pub(super) people: f64,
    /// The share who are met elsewhere, and its standard error.
    share: f64,
    error: f64,
}

/// Full names of a person, one set for each mention.
pub(super) fn full_names<'a>(
    mentions: impl Iterator<Item = &'a [Name]>,
    is_whole: impl Fn(Symbol) -> bool,
) -> Vec<BTreeSet<Full>> {
    let full = |name: &Name| Some((name.given.first().copied().filter(|given| is_whole(*given))?, name.family?));
    mentions.map(|names| names.iter().filter_map(full).collect()).collect()
}

impl Namesakes {
    /// Of the names of those who have nothing else, and of everybody else's.
    pub(super) fn new(alone: &[Vec<BTreeSet<Full>>], others: &[Vec<BTreeSet<Full>>]) -> Self {
        let (mut people, mut given, mut family) = (HashMap::<Full, f64>::new(), HashMap::new(), HashMap::new());
        let all = |person: &Vec<BTreeSet<Full>>| person.iter().flatten().copied().collect::<BTreeSet<Full>>();
        let with_names: Vec<BTreeSet<Full>> = others.iter().map(all).filter(|names| !names.is_empty()).collect();
        for names in &with_names {
            names.iter().for_each(|name| *people.entry(*name).or_default() += 1.0);
            let given_names: BTreeSet<Symbol> = names.iter().map(|(given, _)| *given).collect();
            let families: BTreeSet<Symbol> = names.iter().map(|(_, family)| *family).collect();
            given_names.into_iter().for_each(|name| *given.entry(name).or_insert(0.0) += 1.0);
            families.into_iter().for_each(|name| *family.entry(name).or_insert(0.0) += 1.0);
        }
        let count = with_names.len().max(1) as f64;
        let of = |counts: &HashMap<Symbol, f64>, name: Symbol| counts.get(&name).copied().unwrap_or_default();
        // People of such a name, were given and family names drawn apart; `less` of each are the person's own.
        let drawn_apart = |(first, last): Full, less: f64| {
            (of(&given, first) - less).max(0.0) * (of(&family, last) - less).max(0.0) / count
        };
        let (mut met, mut foretold) = (0.0, 0.0);
        for name in with_names.iter().flatten() {
            met += (people.get(name).copied().unwrap_or(1.0) - 1.0).min(1.0);
            foretold += 1.0 - (-drawn_apart(*name, 1.0)).exp();
        }
        let raised = if foretold > 0.0 { (met / foretold).max(1.0) } else { 1.0 };

        let of_one = |names: &BTreeSet<Full>| -> Option<(f64, f64)> {
            let chance = names
                .iter()
                .map(|name| drawn_apart(*name, 0.0))
                .fold(None, |most: Option<f64>, one| Some(most.map_or(one, |most| most.max(one))))?;
            let has = names.iter().any(|name| people.contains_key(name));
            Some((f64::from(u8::from(has)), 1.0 - (-chance * raised).exp()))
        };
        let found: Vec<(f64, f64)> = alone.iter().map(all).filter_map(|names| of_one(&names)).collect();
        if found.is_empty() {
            return Self { people: alone.len() as f64, ..Self::default() };
        }
        let n = found.len() as f64;
        let chance = found.iter().map(|(_, chance)| chance).sum::<f64>() / n;
        // One more who is as chance has it: few people say little.
        let have = (found.iter().map(|(has, _)| has).sum::<f64>() + chance) / (n + 1.0);
        let beyond = (agreement(others) - chance).max(0.05);
        let share = ((have - chance) / beyond).clamp(0.0, 1.0);
        let error = (have * (1.0 - have) / (n + 1.0)).sqrt() / beyond;
        Self { people: alone.len() as f64, share, error: (error * error + MODEL_ERROR * MODEL_ERROR).sqrt() }
    }

    /// How many of them are people of their own, drawn so many times.
    pub(super) fn draws(&self, count: usize, seed: u64) -> Vec<f64> {
        let mut random = Pcg64::seed_from_u64(seed ^ 0x6e61_6d65_7361_6b65);
        let share = |random: &mut Pcg64| (self.share + normal(random) * self.error).clamp(0.0, 1.0);
        (0..count).map(|_| self.people * (1.0 - share(&mut random))).collect()
    }
}

/// How often a person's first full name is written so in another of their mentions; as often as not where nobody has two.
fn agreement(people: &[Vec<BTreeSet<Full>>]) -> f64 {
    let (mut agree, mut all) = (1.0, 2.0);
    for person in people {
        let named: Vec<&BTreeSet<Full>> = person.iter().filter(|names| !names.is_empty()).collect();
        let Some((first, others)) = named.split_first().filter(|(_, others)| !others.is_empty()) else { continue };
        all += 1.0;
        agree += f64::from(u8::from(others.iter().any(|names| !names.is_disjoint(first))));
    }
    agree / all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resolve::chance::uniform;

    /// A thousand people of names drawn apart, each written rightly nine times of ten; of a hundred in a list so many are among them.
    fn simulated(seed: u64, met: usize) -> Namesakes {
        let mut random = Pcg64::seed_from_u64(seed);
        let mut name = || {
            let of = |n: f64, x: f64| Symbol((n * x * x) as u32);
            (of(150.0, uniform(&mut random)), Symbol(1000 + of(400.0, uniform(&mut random)).0))
        };
        let people: Vec<Full> = (0..1000 + 100 - met).map(|_| name()).collect();
        let mut chance = Pcg64::seed_from_u64(seed + 1000);
        let mut written = |(given, family): Full, n: u32| {
            if uniform(&mut chance) < 0.9 { (given, family) } else { (given, Symbol(100_000 + n)) }
        };
        let mut once = |n: usize, name: Full| BTreeSet::from([written(name, n as u32)]);
        let others: Vec<_> =
            people[..1000].iter().enumerate().map(|(n, p)| vec![once(n, *p), once(n + 5000, *p)]).collect();
        let listed = people[..met].iter().chain(&people[1000..]);
        let alone: Vec<_> = listed.enumerate().map(|(n, p)| vec![once(n + 9000, *p)]).collect();
        Namesakes::new(&alone, &others)
    }

    #[test]
    fn namesakes_beyond_chance_are_the_same_people() {
        for met in [0, 20, 60, 100] {
            let mut held = 0;
            for seed in 0..40 {
                let mut draws = simulated(seed, met).draws(400, seed);
                draws.sort_by(f64::total_cmp);
                held += usize::from((draws[10]..=draws[389] + 1.0).contains(&(100.0 - met as f64)));
            }
            assert!(held >= 34, "{met}: {held} of 40");
        }
    }

    #[test]
    fn a_list_without_full_names_says_nothing() {
        let nobody = Namesakes::new(&[vec![BTreeSet::new()], Vec::new()], &[]);
        assert_eq!(nobody.draws(3, 1), [2.0; 3]);
    }
}
