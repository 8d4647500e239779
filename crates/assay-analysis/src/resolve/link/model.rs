//! The weight of a pattern: m and u by level, frequencies of the very value, what forbids, and what a household shares.

use std::collections::BTreeMap;

use super::fit::{Class, Shares};
use super::levels::{COMPARISONS, Comparison, Decision, Pattern, Rules, level, prior_shares};
use super::table::{DATES, Field, Table, date_parts, date_place};
use crate::reference::{fold, given_name_count, surname_count};

/// What weighs patterns.
pub(super) struct Model {
    pub(super) decision: Decision,
    pub(super) shares: Shares,
    by_frequency: [[bool; 16]; COMPARISONS],
    floors: [f64; COMPARISONS],
    frequencies: Frequencies,
    /// Levels that contradict so seldom among matches that they forbid.
    forbids_birth: bool,
    forbids_given: bool,
    forbids_sex: bool,
    bits: [[f64; 16]; COMPARISONS],
    source_bits: BTreeMap<u16, [[f64; 16]; COMPARISONS]>,
}

/// log2 shares of values, by symbol; 0 is not known.
#[derive(Default)]
struct Frequencies {
    family: Vec<f32>,
    /// Of given names, and of the values of every other field.
    other: Vec<f32>,
    births: Vec<f32>,
}

/// Bits taken off where what agrees follows from one another: without a given name, a date of birth or a number that agrees, what
/// agrees is a household's.
pub(super) fn household(decision: &Decision, pattern: Pattern, bits: &[f64; COMPARISONS]) -> f64 {
    let of = |comparison: Comparison| bits.get(comparison as usize).copied().unwrap_or_default();
    let positive = |all: &[Comparison]| all.iter().map(|c| of(*c).max(0.0)).sum::<f64>();
    let given = of(Comparison::Given);
    let personal = [Comparison::Birth, Comparison::Hospital, Comparison::National, Comparison::Nhs];
    let is_personal = given > 0.0 || personal.into_iter().any(|c| of(c) > 0.0);
    let places = positive(&[Comparison::Postcode, Comparison::Address, Comparison::Phone]);
    if is_personal {
        return (decision.address_cap - places).min(0.0);
    }
    let mailbox = if pattern.level(Comparison::Given) != 0 { positive(&[Comparison::Email]) } else { 0.0 };
    let household = places + mailbox + positive(&[Comparison::Family, Comparison::Account]);
    (decision.household_cap - household).min(0.0)
}

/// What a pair comes to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Weight {
    /// Bits, prior included.
    pub(super) total: f64,
    /// True where the two cannot be one person.
    pub(super) clash: bool,
}

impl Model {
    pub(super) fn new(rules: &Rules, shares: Shares) -> Self {
        let (_, rule_u, by_frequency) = prior_shares(rules);
        let mut bits = [[0.0; 16]; COMPARISONS];
        let mut source_bits: BTreeMap<u16, [[f64; 16]; COMPARISONS]> = BTreeMap::new();
        let m = |place: usize, number: usize| shares.m.get(place).and_then(|r| r.get(number)).copied().unwrap_or(1.0);
        let u = |place: usize, number: usize| shares.u.get(place).and_then(|r| r.get(number)).copied().unwrap_or(1.0);
        for (place, row) in bits.iter_mut().enumerate() {
            for (number, bits) in row.iter_mut().enumerate().skip(1) {
                let frequency = by_frequency.get(place).and_then(|r| r.get(number)).copied().unwrap_or_default();
                let m = m(place, number).max(1e-9);
                // By frequency: m alone; the value's share comes at the pair.
                *bits = if frequency { m.log2() } else { (m / u(place, number).max(1e-9)).log2() };
            }
        }
        for (source, own) in &shares.of_source {
            let ratios = source_bits.entry(*source).or_insert([[0.0; 16]; COMPARISONS]);
            for (place, row) in ratios.iter_mut().enumerate() {
                for (number, bits) in row.iter_mut().enumerate().skip(1) {
                    let own = own.get(place).and_then(|r| r.get(number)).copied().unwrap_or(1.0);
                    let of_all = m(place, number);
                    if of_all > 0.0 && own > 0.0 {
                        *bits = (own / of_all).clamp(0.05, 20.0).log2();
                    }
                }
            }
        }
        let floors = std::array::from_fn(|place| rule_u.get(place).and_then(|r| r.get(1)).copied().unwrap_or(1e-4));
        let below = |comparison: Comparison, levels: &[u8]| {
            let sum: f64 = levels.iter().map(|number| m(comparison as usize, usize::from(*number))).sum();
            sum < rules.decision.forbids_below
        };
        // Where dates slip often, two slips look like another date.
        let exact =
            |comparison: Comparison| m(comparison as usize, usize::from(level::EXACT)) >= rules.decision.forbids_exact;
        let forbids_birth = below(Comparison::Birth, &[level::BIRTH_DIFFERENT]) && exact(Comparison::Birth);
        let forbids_given = below(Comparison::Given, &[level::GIVEN_DIFFERENT]);
        let forbids_sex = below(Comparison::Sex, &[level::DISAGREES]);
        Self {
            decision: rules.decision.clone(),
            by_frequency,
            floors,
            frequencies: Frequencies::default(),
            forbids_birth,
            forbids_given,
            forbids_sex,
            bits,
            source_bits,
            shares,
        }
    }

    /// Sets the frequencies of values. `person` is a row's group: of each group a value counts once.
    pub(super) fn count_values(&mut self, table: &Table, rules: &Rules, person: &[u32]) {
        let mut seen: Vec<(u32, u32, u8)> = Vec::new();
        let fields = [
            Field::Family,
            Field::Given,
            Field::Birth,
            Field::Postcode,
            Field::Address,
            Field::Email,
            Field::Phone,
            Field::AttributeA,
            Field::AttributeB,
            Field::AttributeC,
        ];
        let mut family = vec![0u32; table.symbols.len()];
        let mut other = vec![0u32; table.symbols.len()];
        let mut births = vec![0u32; DATES];
        let mut people = 0u32;
        let mut order: Vec<u32> = (0..table.len()).collect();
        order.sort_unstable_by_key(|place| (person.get(*place as usize).copied().unwrap_or(*place), *place));
        let of = |place: &u32| person.get(*place as usize).copied().unwrap_or(*place);
        for group in order.chunk_by(|a, b| of(a) == of(b)) {
            people += 1;
            seen.clear();
            for place in group {
                let row = table.row(*place);
                seen.extend(
                    (0u8..).zip(fields).filter(|(_, f)| row.get(*f) != 0).map(|(n, f)| (row.get(f), u32::from(n), n)),
                );
            }
            seen.sort_unstable();
            seen.dedup();
            for (value, _, which) in &seen {
                let counts = match which {
                    0 => &mut family,
                    2 => &mut births,
                    _ => &mut other,
                };
                let at = if *which == 2 { date_place(*value) } else { *value };
                if let Some(count) = counts.get_mut(at as usize).filter(|_| at != 0) {
                    *count += 1;
                }
            }
        }
        let people = f64::from(people.max(1));
        let k = rules.fit.reference;
        let share =
            |count: u32, reference: f64, k: f64| (f64::from(count.saturating_sub(1)) + k * reference) / (people + k);
        let log = |share: f64| share.clamp(1e-9, 1.0).log2() as f32;
        let is_name: Vec<bool> = names(table);
        let reference = |symbol: usize, which: u8| {
            if !is_name.get(symbol).copied().unwrap_or_default() {
                return 0.0;
            }
            let text = table.symbols.text(symbol as u32);
            let folded = if text.contains('-') { fold(text) } else { text.to_owned() };
            match which {
                0 => f64::from(surname_count(&folded)) / rules.fit.family_bearers,
                _ => f64::from(given_name_count(&folded)) / rules.fit.given_bearers,
            }
        };
        let families =
            family.iter().enumerate().map(|(at, n)| if *n == 0 { 0.0 } else { log(share(*n, reference(at, 0), k)) });
        self.frequencies.family = families.collect();
        let others = other.iter().enumerate().map(|(at, n)| {
            if *n == 0 {
                0.0
            } else if is_name.get(at).copied().unwrap_or_default() {
                log(share(*n, reference(at, 1), k))
            } else {
                log(share(*n, 0.0, 0.0))
            }
        });
        self.frequencies.other = others.collect();
        self.frequencies.births = births.iter().map(|n| if *n == 0 { 0.0 } else { log(share(*n, 0.0, 0.0)) }).collect();
    }

    fn frequency(&self, table: &Table, comparison: Comparison, a: u32, b: u32) -> f64 {
        let floor = self.floors.get(comparison as usize).copied().unwrap_or(1e-4);
        let at = |values: &[f32], symbol: u32| {
            values.get(symbol as usize).copied().filter(|log| *log != 0.0).map_or(-40.0, f64::from)
        };
        let (x, y) = (table.row(a), table.row(b));
        let common = |field: Field| {
            let (one, other) = (x.get(field), y.get(field));
            if one == other && one != 0 {
                return one;
            }
            // The commoner of several that agree would be fairer; which one agrees is told here.
            table.values(a, field).find(|v| table.values(b, field).any(|w| w == *v)).unwrap_or(one)
        };
        let log = match comparison {
            Comparison::Family => {
                let (one, other) = (x.get(Field::Family), y.get(Field::Family));
                if one == other {
                    at(&self.frequencies.family, one)
                } else {
                    at(&self.frequencies.family, one).max(at(&self.frequencies.family, other)).max(-12.0)
                }
            }
            Comparison::Given => {
                let (one, other) = (x.get(Field::Given), y.get(Field::Given));
                at(&self.frequencies.other, one).max(at(&self.frequencies.other, other))
            }
            Comparison::Birth => at(&self.frequencies.births, date_place(common(Field::Birth))),
            Comparison::Postcode => at(&self.frequencies.other, common(Field::Postcode)),
            Comparison::Address => at(&self.frequencies.other, common(Field::Address)),
            Comparison::Email => at(&self.frequencies.other, common(Field::Email)),
            Comparison::Phone => at(&self.frequencies.other, common(Field::Phone)),
            Comparison::AttributeA => at(&self.frequencies.other, common(Field::AttributeA)),
            Comparison::AttributeB => at(&self.frequencies.other, common(Field::AttributeB)),
            Comparison::AttributeC => at(&self.frequencies.other, common(Field::AttributeC)),
            _ => -40.0,
        };
        log.max(floor.log2())
    }

    /// The bits of each comparison.
    pub(super) fn each(&self, table: &Table, a: u32, b: u32, pattern: Pattern) -> [f64; COMPARISONS] {
        let mut each = [0.0; COMPARISONS];
        let source = |place: u32| table.source.get(place as usize).copied().unwrap_or_default();
        let own = if self.source_bits.is_empty() {
            [None, None]
        } else {
            [a, b].map(|place| self.source_bits.get(&source(place)))
        };
        for (comparison, slot) in Comparison::ALL.into_iter().zip(&mut each) {
            let number = usize::from(pattern.level(comparison));
            if number == 0 {
                continue;
            }
            let place = comparison as usize;
            let mut bits = self.bits.get(place).and_then(|row| row.get(number)).copied().unwrap_or_default();
            for ratios in own.iter().flatten() {
                bits += ratios.get(place).and_then(|row| row.get(number)).copied().unwrap_or_default();
            }
            if self.by_frequency.get(place).and_then(|row| row.get(number)).copied().unwrap_or_default() {
                bits -= self.frequency(table, comparison, a, b);
            }
            *slot = bits;
        }
        each
    }

    /// log2 odds before any comparison.
    pub(super) fn prior(&self, table: &Table, a: u32, b: u32) -> f64 {
        let class = if table.is_register(a) || table.is_register(b) { Class::Register } else { Class::Mentions };
        self.shares.prior[class as usize]
    }

    /// Weighs two rows by their pattern.
    pub(super) fn weigh(&self, table: &Table, a: u32, b: u32, pattern: Pattern) -> Weight {
        let each = self.each(table, a, b, pattern);
        let bits = each.iter().sum::<f64>() + household(&self.decision, pattern, &each);
        let total = (bits + self.prior(table, a, b)).clamp(-60.0, 60.0);
        Weight { total, clash: self.clashes(table, a, b, pattern, &each) }
    }

    /// What two rows of one person cannot show. Two valid NHS numbers never; a whole date of birth or a given name that differs only
    /// where a number or a mailbox says that they are one (parent and child of one name, twins), and only where the data say that
    /// such a thing is rare; a number that agrees proves nothing where both name and date of birth differ.
    fn clashes(&self, table: &Table, a: u32, b: u32, pattern: Pattern, each: &[f64; COMPARISONS]) -> bool {
        let apart = |place: u32| table.apart.get(place as usize).copied().unwrap_or_default();
        if apart(a) != 0 && apart(a) == apart(b) {
            return true;
        }
        if pattern.is(Comparison::Nhs, level::NUMBER_DIFFERENT) && self.both_valid(table, a, b) {
            return true;
        }
        let bits = |comparison: Comparison| each.get(comparison as usize).copied().unwrap_or_default();
        let birth =
            pattern.is(Comparison::Birth, level::BIRTH_DIFFERENT) && self.forbids_birth && whole_dates(table, a, b);
        let given = pattern.is(Comparison::Given, level::GIVEN_DIFFERENT) && self.forbids_given;
        let given_differs = given || pattern.is(Comparison::Given, level::GIVEN_OTHER_INITIAL);
        let family_differs = pattern.is(Comparison::Family, level::FAMILY_DIFFERENT);
        let number = [Comparison::Nhs, Comparison::Hospital, Comparison::National]
            .into_iter()
            .any(|c| pattern.is(c, level::EXACT));
        let mailbox = pattern.is(Comparison::Email, level::EXACT) && bits(Comparison::Given) > 0.0;
        if number || mailbox {
            return birth
                && (family_differs || pattern.level(Comparison::Family) == 0)
                && (given_differs || pattern.level(Comparison::Given) == 0);
        }
        let sex = pattern.is(Comparison::Sex, level::DISAGREES) && self.forbids_sex;
        birth || given || sex
    }

    fn both_valid(&self, table: &Table, a: u32, b: u32) -> bool {
        let valid = |place: u32| super::compare::passes_check(table.symbols.bytes(table.row(place).get(Field::Nhs)));
        valid(a) && valid(b)
    }
}

fn whole_dates(table: &Table, a: u32, b: u32) -> bool {
    [a, b].into_iter().all(|place| date_parts(table.row(place).get(Field::Birth)).1 != 0)
}

/// Which symbols are names.
fn names(table: &Table) -> Vec<bool> {
    let mut is_name = vec![false; table.symbols.len()];
    for row in &table.rows {
        for field in [Field::Family, Field::Given] {
            if let Some(slot) = is_name.get_mut(row.get(field) as usize) {
                *slot = true;
            }
        }
    }
    is_name
}
