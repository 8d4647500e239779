//! The weight of a pattern: m and u by level, frequencies of the very value, what forbids, and what a household shares.

use rayon::prelude::*;

use super::fit::{Class, Shares};
use super::levels::{ByLevel, Decision, Pattern, Rules, level, prior_shares};
use super::matcher::Compared;
use super::table::{FIELDS, Field, Name, Table, date_parts, date_place};
use crate::reference::{fold, given_name_count, surname_count};

/// What weighs patterns.
pub(in crate::resolve) struct Model {
    pub(super) decision: Decision,
    pub(super) shares: Shares,
    by_frequency: [[bool; 16]; FIELDS],
    floors: [f64; FIELDS],
    /// log2 of those.
    floor_bits: [f64; FIELDS],
    /// The most that a level can weigh, whatever the values and the sources.
    most: ByLevel,
    frequencies: Frequencies,
    /// Levels that contradict so seldom among matches that they forbid.
    forbids_birth: bool,
    forbids_given: bool,
    forbids_sex: bool,
    bits: ByLevel,
    /// What a source's own m adds, by source; none for sources that have none.
    source_bits: Vec<Option<Box<ByLevel>>>,
    /// log2 of the frequency of the commoner of two close family names, and given names, on average over strangers.
    close: [f64; 2],
    /// Bits of agreement by field; fields and comparisons have the same places.
    says: [f64; FIELDS],
}

/// True where the family names or the given names are close.
pub(super) fn has_close_name(pattern: Pattern) -> bool {
    pattern.is(Field::Family, level::FAMILY_CLOSE) || pattern.is(Field::Given, level::GIVEN_CLOSE)
}

/// log2 shares of values, by symbol; 0 is not known.
#[derive(Default)]
struct Frequencies {
    family: Vec<f32>,
    /// Of given names, and of the values of every other field.
    other: Vec<f32>,
    /// From the first date of the table on.
    births: Vec<f32>,
    births_from: u32,
}

impl Frequencies {
    /// log2 of the share of the commoner of two names.
    fn commoner(&self, table: &Table, comparison: Field, a: u32, b: u32) -> f64 {
        let (field, shares) = match comparison {
            Field::Family => (Field::Family, &self.family),
            _ => (Field::Given, &self.other),
        };
        let of = |place: u32| {
            let log = shares.get(table.row(place).get(field) as usize).copied().unwrap_or_default();
            if log == 0.0 { -40.0 } else { f64::from(log) }
        };
        of(a).max(of(b))
    }
}

/// People of one date of birth from which on it is counted however few there are in all: a placeholder shows itself.
const A_COUNT: u32 = 5;

/// How many people the reference list counts for beside those of the table: the number under which each name of the table is
/// foretold best by all the others (leave one out), at most `most`. A table of few names is not held to the world's.
fn reference_weight(most: f64, people: f64, counts: impl FnOnce() -> Vec<(u32, f64)>, floor: f64) -> f64 {
    let counts = counts();
    let mut best = (f64::NEG_INFINITY, most);
    let mut weight = most;
    while weight >= 1.0 {
        let likelihood: f64 = counts
            .par_chunks(1 << 14)
            .map(|counts| {
                let log = |(count, reference): &(u32, f64)| {
                    let count = f64::from(*count);
                    count * ((count - 1.0 + weight * reference) / (people - 1.0 + weight)).max(floor).ln()
                };
                counts.iter().map(log).sum::<f64>()
            })
            .collect::<Vec<f64>>()
            .iter()
            .sum();
        if likelihood > best.0 {
            best = (likelihood, weight);
        }
        weight /= 2.0;
    }
    best.1
}

/// Bits taken off where what agrees follows from one another: without a given name, a date of birth or a number that agrees, what
/// agrees is a household's.
pub(super) fn household(decision: &Decision, pattern: Pattern, bits: &[f64; FIELDS]) -> f64 {
    let of = |comparison: Field| bits.get(comparison as usize).copied().unwrap_or_default();
    let positive = |all: &[Field]| all.iter().map(|c| of(*c).max(0.0)).sum::<f64>();
    let given = of(Field::Given);
    let personal = [Field::Birth, Field::Hospital, Field::National, Field::Nhs];
    let is_personal = given > 0.0 || personal.into_iter().any(|c| of(c) > 0.0);
    let places = positive(&[Field::Postcode, Field::Address, Field::Phone]);
    if is_personal {
        return (decision.address_cap - places).min(0.0);
    }
    let mailbox = if pattern.level(Field::Given) != 0 { positive(&[Field::Email]) } else { 0.0 };
    let household = places + mailbox + positive(&[Field::Family, Field::Account]);
    (decision.household_cap - household).min(0.0)
}

/// What a comparison found, term by term.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::resolve) struct Evidence {
    pub(in crate::resolve) pattern: Pattern,
    /// Bits by comparison.
    pub(in crate::resolve) bits: [f64; FIELDS],
    /// Bits taken off because what agrees follows from one another.
    pub(in crate::resolve) dependence: f64,
    /// log2 odds before any comparison.
    pub(in crate::resolve) prior: f64,
    /// True where the two cannot be one person, whatever else agrees.
    pub(in crate::resolve) clash: bool,
}

impl Evidence {
    /// Bits, prior included; no model is believed beyond 60.
    pub(in crate::resolve) fn total(&self) -> f64 {
        (self.bits.iter().sum::<f64>() + self.dependence + self.prior).clamp(-60.0, 60.0)
    }

    pub(in crate::resolve) fn of(&self, comparison: Field) -> f64 {
        self.bits.get(comparison as usize).copied().unwrap_or_default()
    }
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
        let mut bits = [[0.0; 16]; FIELDS];
        let mut source_bits: Vec<Option<Box<ByLevel>>> = Vec::new();
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
            let mut ratios = Box::new([[0.0; 16]; FIELDS]);
            for (place, row) in ratios.iter_mut().enumerate() {
                for (number, bits) in row.iter_mut().enumerate().skip(1) {
                    let own = own.get(place).and_then(|r| r.get(number)).copied().unwrap_or(1.0);
                    let of_all = m(place, number);
                    if of_all > 0.0 && own > 0.0 {
                        *bits = (own / of_all).clamp(0.05, 20.0).log2();
                    }
                }
            }
            let place = usize::from(*source);
            source_bits.resize_with(source_bits.len().max(place + 1), || None);
            if let Some(slot) = source_bits.get_mut(place) {
                *slot = Some(ratios);
            }
        }
        let floors = std::array::from_fn(|place| rule_u.get(place).and_then(|r| r.get(1)).copied().unwrap_or(1e-4));
        let floor_bits = floors.map(f64::log2);
        let mut most = bits;
        for (place, row) in most.iter_mut().enumerate() {
            for (number, bits) in row.iter_mut().enumerate().skip(1) {
                let of_source =
                    |own: &ByLevel| own.get(place).and_then(|row| row.get(number)).copied().unwrap_or_default();
                let more = source_bits.iter().flatten().map(|own| of_source(own)).fold(0.0, f64::max);
                let frequency = by_frequency.get(place).and_then(|r| r.get(number)).copied().unwrap_or_default();
                let floor = floor_bits.get(place).copied().unwrap_or_default();
                *bits += 2.0 * more - if frequency { floor } else { 0.0 };
            }
        }
        let below = |comparison: Field, levels: &[u8]| {
            let sum: f64 = levels.iter().map(|number| m(comparison as usize, usize::from(*number))).sum();
            sum < rules.decision.forbids_below
        };
        // Where dates slip often, two slips look like another date.
        let exact =
            |comparison: Field| m(comparison as usize, usize::from(level::EXACT)) >= rules.decision.forbids_exact;
        let forbids_birth = below(Field::Birth, &[level::BIRTH_DIFFERENT]) && exact(Field::Birth);
        let forbids_given = below(Field::Given, &[level::GIVEN_DIFFERENT]);
        let forbids_sex = below(Field::Sex, &[level::DISAGREES]);
        Self {
            decision: rules.decision.clone(),
            by_frequency,
            floors,
            floor_bits,
            most,
            frequencies: Frequencies::default(),
            forbids_birth,
            forbids_given,
            forbids_sex,
            bits,
            source_bits,
            close: [0.0; 2],
            says: [0.0; FIELDS],
            shares,
        }
    }

    /// Sets the frequencies of values. `person` is a row's group: of each group a value counts once. `close` are pairs of strangers whose
    /// names are close.
    pub(super) fn count_values(&mut self, table: &Table, rules: &Rules, person: &[u32], close: &[Compared]) {
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
        let dates = || table.rows.iter().map(|row| date_place(row.get(Field::Birth))).filter(|place| *place != 0);
        let births_from = dates().min().unwrap_or_default();
        let mut births = vec![0u32; dates().max().map_or(0, |last| (last - births_from) as usize + 1)];
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
                // What no calendar has is before the first date.
                let at = if *which == 2 { date_place(*value).wrapping_sub(births_from) } else { *value };
                if let Some(count) = counts.get_mut(at as usize).filter(|_| *which == 2 || at != 0) {
                    *count += 1;
                }
            }
        }
        let people = f64::from(people.max(1));
        let is_sample = people >= rules.fit.a_sample;
        let share = |count: u32, reference: f64, k: f64| match is_sample {
            true => (f64::from(count.saturating_sub(1)) + k * reference) / (people + k),
            false => reference,
        };
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
        let (most, floors) = (rules.fit.reference, self.floors);
        let weight = |counts: &[u32], which: u8| {
            let floor = floors.get(if which == 0 { Field::Family } else { Field::Given } as usize).copied();
            reference_weight(
                most,
                people,
                || {
                    let counted = counts
                        .iter()
                        .enumerate()
                        .filter(|(at, n)| **n > 0 && is_name.get(*at).copied().unwrap_or_default());
                    counted.map(|(at, n)| (*n, reference(at, which))).collect()
                },
                floor.unwrap_or(1e-5),
            )
        };
        let (of_family, of_given) = (weight(&family, 0), weight(&other, 1));
        let families = family
            .par_iter()
            .enumerate()
            .map(|(at, n)| if *n == 0 { 0.0 } else { log(share(*n, reference(at, 0), of_family)) });
        self.frequencies.family = families.collect();
        let others = other.par_iter().enumerate().map(|(at, n)| {
            if *n == 0 {
                0.0
            } else if is_name.get(at).copied().unwrap_or_default() {
                log(share(*n, reference(at, 1), of_given))
            } else {
                log(share(*n, 0.0, 0.0))
            }
        });
        self.frequencies.other = others.collect();
        let of_birth = |n: u32| match is_sample || n >= A_COUNT {
            true => log(f64::from(n - 1) / people),
            false => log(0.0),
        };
        self.frequencies.births_from = births_from;
        self.frequencies.births = births.iter().map(|n| if *n == 0 { 0.0 } else { of_birth(*n) }).collect();
        for (slot, (comparison, number)) in
            self.close.iter_mut().zip([(Field::Family, level::FAMILY_CLOSE), (Field::Given, level::GIVEN_CLOSE)])
        {
            let (mut sum, mut count) = (0.0, 0.0);
            for pair in close.iter().filter(|pair| pair.pattern.is(comparison, number)) {
                sum += self.frequencies.commoner(table, comparison, pair.a, pair.b).exp2();
                count += 1.0;
            }
            // Names have neighbours beside the one met, so that a close name is never rarer than the name itself.
            let u = self.shares.u.get(comparison as usize).and_then(|row| row.get(usize::from(number))).copied();
            *slot = if count < 1.0 { 0.0 } else { (sum / count).min(u.unwrap_or(1.0)).log2() };
        }
        self.count_bits(table);
    }

    /// log2 of the chance that a stranger has what the two have in common, as far as the values tell.
    fn frequency(&self, table: &Table, comparison: Field, number: usize, a: u32, b: u32) -> f64 {
        let close = match comparison {
            Field::Family if number == usize::from(level::FAMILY_CLOSE) => Some(self.close[0]),
            Field::Given if number == usize::from(level::GIVEN_CLOSE) => Some(self.close[1]),
            _ => None,
        };
        if let Some(close) = close {
            let u = self.shares.u.get(comparison as usize).and_then(|row| row.get(number)).copied().unwrap_or(1e-3);
            let floor = self.floor_bits.get(comparison as usize).copied().unwrap_or(-14.0);
            let commoner = self.frequencies.commoner(table, comparison, a, b).max(floor);
            return if close == 0.0 { u.log2() } else { (u.log2() + commoner - close).min(0.0) };
        }
        let floor = self.floor_bits.get(comparison as usize).copied().unwrap_or(-14.0);
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
            Field::Family => {
                let (one, other) = match common_name(table, a, b, |name| name.family) {
                    Some(family) => (family, family),
                    None => (x.get(Field::Family), y.get(Field::Family)),
                };
                if one == other {
                    at(&self.frequencies.family, one)
                } else {
                    at(&self.frequencies.family, one).max(at(&self.frequencies.family, other)).max(-12.0)
                }
            }
            Field::Given => {
                let (one, other) = match common_name(table, a, b, |name| name.given) {
                    Some(given) => (given, given),
                    None => (x.get(Field::Given), y.get(Field::Given)),
                };
                at(&self.frequencies.other, one).max(at(&self.frequencies.other, other))
            }
            Field::Birth => {
                let from = self.frequencies.births_from;
                at(&self.frequencies.births, date_place(common(Field::Birth)).wrapping_sub(from))
            }
            Field::Postcode => at(&self.frequencies.other, common(Field::Postcode)),
            Field::Address => at(&self.frequencies.other, common(Field::Address)),
            Field::Email => at(&self.frequencies.other, common(Field::Email)),
            Field::Phone => at(&self.frequencies.other, common(Field::Phone)),
            Field::AttributeA => at(&self.frequencies.other, common(Field::AttributeA)),
            Field::AttributeB => at(&self.frequencies.other, common(Field::AttributeB)),
            Field::AttributeC => at(&self.frequencies.other, common(Field::AttributeC)),
            _ => -40.0,
        };
        log.max(floor)
    }

    /// The bits of each comparison.
    pub(super) fn each(&self, table: &Table, a: u32, b: u32, pattern: Pattern) -> [f64; FIELDS] {
        let mut each = [0.0; FIELDS];
        let own = [a, b].map(|place| {
            let source = table.source.get(place as usize).copied().unwrap_or_default();
            self.source_bits.get(usize::from(source)).and_then(Option::as_deref)
        });
        let mut left = pattern.0;
        while left != 0 {
            let place = left.trailing_zeros() as usize / 4;
            let number = (left >> (place * 4)) as usize & 15;
            left &= !(15 << (place * 4));
            let (Some(comparison), Some(slot)) = (Field::ALL.get(place), each.get_mut(place)) else { break };
            let mut bits = self.bits.get(place).and_then(|row| row.get(number)).copied().unwrap_or_default();
            for ratios in own.iter().flatten() {
                bits += ratios.get(place).and_then(|row| row.get(number)).copied().unwrap_or_default();
            }
            if self.by_frequency.get(place).and_then(|row| row.get(number)).copied().unwrap_or_default() {
                bits -= self.frequency(table, *comparison, number, a, b);
            }
            *slot = bits;
        }
        each
    }

    /// Bits that a pair cannot go beyond, whatever its values: what is far below any interest need not be weighed.
    pub(super) fn most(&self, table: &Table, a: u32, b: u32, pattern: Pattern) -> f64 {
        let (mut left, mut sum) = (pattern.0, self.prior(table, a, b));
        while left != 0 {
            let place = left.trailing_zeros() as usize / 4;
            let number = (left >> (place * 4)) as usize & 15;
            left &= !(15 << (place * 4));
            sum += self.most.get(place).and_then(|row| row.get(number)).copied().unwrap_or_default();
        }
        sum
    }

    /// How much rows say together: the bits that each field that one of them fills weighs on average where two rows agree in it.
    pub(super) fn says(&self, table: &Table, rows: &[u32]) -> f64 {
        let bits = |field: Field| self.says.get(field as usize).copied().unwrap_or_default();
        let fills = |field: Field| rows.iter().any(|row| table.row(*row).get(field) != 0);
        let is_whole = |row: &u32| table.symbols.bytes(table.row(*row).get(Field::Given)).len() > 1;
        let of_given = match rows.iter().any(is_whole) {
            true => bits(Field::Given),
            false if fills(Field::Given) => bits(Field::Given).min(3.0),
            false => 0.0,
        };
        let others = Field::PLAIN.iter().chain(&[Field::Family]).filter(|field| fills(**field));
        others.map(|field| bits(*field)).sum::<f64>() + of_given
    }

    /// The bits of agreement in each field, on average over rows.
    fn count_bits(&mut self, table: &Table) {
        let mut sums = [(0.0f64, 0.0f64); FIELDS];
        let step = (table.rows.len() / 20_000).max(1);
        for place in (0..table.register_from).step_by(step) {
            for comparison in Field::ALL.into_iter().filter(|comparison| *comparison != Field::Sex) {
                let at = comparison as usize;
                if table.row(place).0.get(at).is_none_or(|value| *value == 0) {
                    continue;
                }
                let mut pattern = Pattern::default();
                pattern.put(comparison, level::EXACT);
                if let (Some((sum, count)), Some(bits)) =
                    (sums.get_mut(at), self.each(table, place, place, pattern).get(at))
                {
                    *sum += bits.max(0.0);
                    *count += 1.0;
                }
            }
        }
        self.says = sums.map(|(sum, count)| sum / count.max(1.0));
    }

    /// log2 odds before any comparison.
    pub(super) fn prior(&self, table: &Table, a: u32, b: u32) -> f64 {
        let class = if table.is_register(a) || table.is_register(b) { Class::Register } else { Class::Mentions };
        self.shares.prior[class as usize]
    }

    /// Weighs two rows by their pattern.
    pub(super) fn weigh(&self, table: &Table, a: u32, b: u32, pattern: Pattern) -> Weight {
        let evidence = self.evidence(table, a, b, pattern);
        Weight { total: evidence.total(), clash: evidence.clash }
    }

    /// Bits of a compared pair, prior included; the least where the two cannot be one person.
    pub(super) fn pair(&self, table: &Table, pair: &Compared) -> f64 {
        let weight = self.weigh(table, pair.a, pair.b, pair.pattern);
        if weight.clash { f64::NEG_INFINITY } else { weight.total }
    }

    /// The same, term by term.
    pub(super) fn evidence(&self, table: &Table, a: u32, b: u32, pattern: Pattern) -> Evidence {
        let bits = self.each(table, a, b, pattern);
        Evidence {
            pattern,
            bits,
            dependence: household(&self.decision, pattern, &bits),
            prior: self.prior(table, a, b),
            clash: self.clashes(table, a, b, pattern, &bits),
        }
    }

    /// What two rows of one person cannot show. Two valid NHS numbers never; a whole date of birth or a given name that differs only
    /// where a number or a mailbox says that they are one (parent and child of one name, twins), and only where the data say that
    /// such a thing is rare; a number that agrees proves nothing where both name and date of birth differ.
    fn clashes(&self, table: &Table, a: u32, b: u32, pattern: Pattern, each: &[f64; FIELDS]) -> bool {
        if table.are_two_of_a_line(a, b) {
            return true;
        }
        if pattern.is(Field::Nhs, level::NUMBER_DIFFERENT) && self.both_valid(table, a, b) {
            return true;
        }
        let bits = |comparison: Field| each.get(comparison as usize).copied().unwrap_or_default();
        let strict = self.decision.strict;
        let differs_from = if strict { level::BIRTH_TWO_DIGITS } else { level::BIRTH_DIFFERENT };
        let birth = pattern.level(Field::Birth) >= differs_from && self.forbids_birth && whole_dates(table, a, b);
        let given = pattern.is(Field::Given, level::GIVEN_DIFFERENT) && self.forbids_given;
        let given_differs = given || pattern.is(Field::Given, level::GIVEN_OTHER_INITIAL);
        let family_differs = pattern.is(Field::Family, level::FAMILY_DIFFERENT);
        let number = [Field::Nhs, Field::Hospital, Field::National].into_iter().any(|c| pattern.is(c, level::EXACT));
        let mailbox = pattern.is(Field::Email, level::EXACT) && bits(Field::Given) > 0.0;
        if number || mailbox {
            return birth
                && (family_differs || pattern.level(Field::Family) == 0)
                && (given_differs || pattern.level(Field::Given) == 0)
                && !(strict && pattern.level(Field::Family) == 0 && pattern.level(Field::Given) == 0);
        }
        let sex = pattern.is(Field::Sex, level::DISAGREES) && self.forbids_sex;
        if !strict {
            return birth || given || sex;
        }
        // A new family name is believed of a date of birth, a number or a mailbox, not of a given name and a postcode.
        let vouched = [Field::Birth, Field::Nhs, Field::Hospital, Field::Email];
        let family = family_differs && vouched.into_iter().all(|c| bits(c) <= 0.0);
        // Passports are renewed: numbers that differ speak against one person only where no date of birth speaks for it.
        let national = pattern.is(Field::National, level::NUMBER_DIFFERENT) && bits(Field::Birth) <= 0.0;
        birth || given_differs || sex || family || national
    }

    fn both_valid(&self, table: &Table, a: u32, b: u32) -> bool {
        // A placeholder reaches no level, so that what is different passes the check or does not.
        let valid = |place: u32| super::compare::passes_check(table.symbols.bytes(table.row(place).get(Field::Nhs)));
        valid(a) && valid(b)
    }
}

/// The part of a name that two rows with several names have in common.
fn common_name(table: &Table, a: u32, b: u32, part: impl Fn(Name) -> u32 + Copy) -> Option<u32> {
    if !table.row(a).has_more() && !table.row(b).has_more() {
        return None;
    }
    table.names(a).map(part).find(|one| *one != 0 && table.names(b).map(part).any(|other| other == *one))
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
