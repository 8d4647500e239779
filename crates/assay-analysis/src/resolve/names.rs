//! Names compared in the forms that records give them: short forms, initials, slips, double barrels, exchanged parts.
//!
//! How much an agreement says depends on how common the name is; the frequency is the highest of register, leak and
//! reference lists, since the lists are of another country and undercount what is common here.

use super::compare::Judge;
use super::record::{Name, Record, Symbol, Symbols};
use super::rules::{Frequency, Level};
use crate::reference::{are_nicknames, given_name_count, surname_count};

/// A comparison's level with its bits.
pub(super) type Weighed = (Level, f64);

/// Frequencies by symbol, 0 to 1.
#[derive(Default)]
pub(super) struct Frequencies {
    family: Vec<f64>,
    given: Vec<f64>,
    /// Bearers of the given name in the reference list.
    bearers: Vec<u32>,
}

/// People from which on the names of a register or a leak are a sample.
const A_SAMPLE: usize = 200;

impl Frequencies {
    /// `register` are people; of `mentions` each full name counts once, however often it is written.
    pub(super) fn new(symbols: &Symbols, rules: &Frequency, register: &[Record], mentions: &[Record]) -> Self {
        let mut this =
            Self { family: vec![0.0; symbols.len()], given: vec![0.0; symbols.len()], bearers: vec![0; symbols.len()] };
        let full = |record: &Record| record.names.first().and_then(|n| Some((n.given.first().copied()?, n.family?)));
        let of_register: Vec<(Symbol, Symbol)> = register.iter().filter_map(full).collect();
        let mut of_mentions: Vec<(Symbol, Symbol)> = mentions.iter().filter_map(full).collect();
        of_mentions.sort_unstable();
        of_mentions.dedup();
        for people in [of_register, of_mentions] {
            if people.len() >= A_SAMPLE {
                this.count(&people);
            }
        }
        let names = register.iter().chain(mentions).flat_map(|record| &record.names);
        let mut seen: Vec<Symbol> =
            names.flat_map(|name| name.given.iter().chain(&name.family).chain(&name.parts)).copied().collect();
        seen.sort_unstable();
        seen.dedup();
        for symbol in seen {
            let text = symbols.text(symbol);
            let bearers = given_name_count(text);
            if let Some(place) = this.bearers.get_mut(symbol.0 as usize) {
                *place = bearers;
            }
            raise(&mut this.family, symbol, f64::from(surname_count(text)) / rules.family_bearers);
            raise(&mut this.given, symbol, f64::from(bearers) / rules.given_bearers);
        }
        this
    }

    /// Shares without the person asked about: a name that one person has is no evidence that a second one has it.
    fn count(&mut self, people: &[(Symbol, Symbol)]) {
        let one = 1.0 / people.len() as f64;
        let mut family = vec![0.0; self.family.len()];
        let mut given = vec![0.0; self.given.len()];
        let add = |shares: &mut Vec<f64>, symbol: Symbol| {
            if let Some(share) = shares.get_mut(symbol.0 as usize) {
                *share += one;
            }
        };
        for (first, last) in people {
            add(&mut family, *last);
            add(&mut given, *first);
        }
        self.family.iter_mut().zip(family).for_each(|(old, new)| *old = old.max(new - one));
        self.given.iter_mut().zip(given).for_each(|(old, new)| *old = old.max(new - one));
    }

    fn family(&self, symbol: Symbol) -> f64 {
        self.family.get(symbol.0 as usize).copied().unwrap_or_default()
    }

    fn given(&self, symbol: Symbol) -> f64 {
        self.given.get(symbol.0 as usize).copied().unwrap_or_default()
    }

    fn is_common(&self, symbol: Symbol) -> bool {
        self.bearers.get(symbol.0 as usize).is_some_and(|bearers| *bearers >= 2_000)
    }
}

fn raise(values: &mut [f64], symbol: Symbol, to: f64) {
    if let Some(value) = values.get_mut(symbol.0 as usize) {
        *value = value.max(to);
    }
}

/// The best of all pairs of names, or nothing where a side has none.
pub(super) fn compare_names(judge: &Judge<'_>, a: &Record, b: &Record) -> Vec<Weighed> {
    let mut best: Option<(f64, Vec<Weighed>)> = None;
    for (x, y) in a.names.iter().flat_map(|x| b.names.iter().map(move |y| (x, y))) {
        let levels = compare_pair(judge, x, y);
        let sum: f64 = levels.iter().map(|(_, bits)| bits).sum();
        if best.as_ref().is_none_or(|(most, _)| sum > *most) {
            best = Some((sum, levels));
        }
    }
    best.map(|(_, levels)| levels).unwrap_or_default()
}

fn compare_pair(judge: &Judge<'_>, x: &Name, y: &Name) -> Vec<Weighed> {
    use super::record::Title;
    let mut levels = Vec::with_capacity(4);
    if let Some(exchanged) = exchanged(judge, x, y) {
        levels.extend(exchanged);
    } else {
        if let (Some(family), Some(other)) = (x.family, y.family) {
            levels.push(family_level(judge, (x, family), (y, other)));
        }
        levels.extend(given_level(judge, &x.given, &y.given));
        if let (Some(middle), Some(other)) = (x.given.get(1), y.given.get(1)) {
            let level = middle_level(judge, *middle, *other);
            levels.push((level, judge.weights.bits(level)));
        }
    }
    if matches!((x.title, y.title), (Title::Man, Title::Woman) | (Title::Woman, Title::Man)) {
        levels.push((Level::TitleDifferent, judge.weights.bits(Level::TitleDifferent)));
    }
    levels
}

fn exchanged(judge: &Judge<'_>, x: &Name, y: &Name) -> Option<[Weighed; 2]> {
    let (x_given, y_given) = (*x.given.first()?, *y.given.first()?);
    let (x_family, y_family) = (x.family?, y.family?);
    if x_family == y_family || x_given == y_given {
        return None;
    }
    let text = |symbol: Symbol| judge.symbols.text(symbol);
    let close = |a: Symbol, b: Symbol| a == b || is_close(text(a), text(b), 0.9);
    if x_given != y_family || x_family != y_given {
        let slipped = close(x_given, y_family) && close(x_family, y_given) && !close(x_family, y_family);
        let weigh = |level: Level| (level, judge.weights.bits(level));
        return slipped.then(|| [weigh(Level::FamilyExchangedSlip), weigh(Level::GivenExchangedSlip)]);
    }
    let names = &judge.frequencies;
    let family = names.family(x_family).max(names.family(y_family));
    let given = names.given(x_given).max(names.given(y_given));
    Some([
        (Level::FamilyExchanged, judge.weights.bits_at(Level::FamilyExchanged, family)),
        (Level::GivenExchanged, judge.weights.bits_at(Level::GivenExchanged, given)),
    ])
}

fn family_level(judge: &Judge<'_>, (x, family): (&Name, Symbol), (y, other): (&Name, Symbol)) -> Weighed {
    let weights = &judge.weights;
    if family == other {
        return (Level::FamilyExact, weights.bits_at(Level::FamilyExact, judge.frequencies.family(family)));
    }
    let of_whole = |name: &Name, whole: Symbol| name.parts.contains(&whole).then_some(whole);
    let of_parts = || x.parts.iter().find(|part| y.parts.contains(part)).copied();
    if let Some(part) = of_whole(x, other).or_else(|| of_whole(y, family)).or_else(of_parts) {
        return (Level::FamilyPart, weights.bits_at(Level::FamilyPart, judge.frequencies.family(part)));
    }
    let (one, two) = (judge.symbols.text(family), judge.symbols.text(other));
    let level = if is_close(one, two, 0.93) { Level::FamilyClose } else { Level::FamilyDifferent };
    (level, weights.bits(level))
}

fn given_level(judge: &Judge<'_>, x: &[Symbol], y: &[Symbol]) -> Option<Weighed> {
    let (first, other) = (*x.first()?, *y.first()?);
    let (one, two) = (judge.symbols.text(first), judge.symbols.text(other));
    let weigh = |level: Level| Some((level, judge.weights.bits(level)));
    let is_initial = |text: &str| text.chars().count() == 1;
    if is_initial(one) || is_initial(two) {
        return weigh(if one.chars().next() == two.chars().next() {
            Level::GivenInitial
        } else {
            Level::GivenOtherInitial
        });
    }
    if first == other {
        let frequency = judge.frequencies.given(first);
        return Some((Level::GivenExact, judge.weights.bits_at(Level::GivenExact, frequency)));
    }
    if are_nicknames(one, two) {
        return weigh(Level::GivenNickname);
    }
    let whole = |names: &[Symbol]| names.iter().map(|s| judge.symbols.text(*s)).collect::<String>();
    // `Mary Ann` and `Maryann`.
    if x.len() != y.len() && whole(x) == whole(y) {
        return weigh(Level::GivenClose);
    }
    // A slip of the pen seldom makes another common name of one: those are brothers and sisters.
    let threshold = if judge.frequencies.is_common(first) && judge.frequencies.is_common(other) {
        strsim::jaro_winkler(one, two) >= 0.95
    } else {
        is_close(one, two, 0.9)
    };
    if threshold {
        return weigh(Level::GivenClose);
    }
    if x.iter().skip(1).any(|middle| *middle == other) || y.iter().skip(1).any(|middle| *middle == first) {
        return weigh(Level::GivenMiddle);
    }
    weigh(Level::GivenDifferent)
}

fn middle_level(judge: &Judge<'_>, x: Symbol, y: Symbol) -> Level {
    let (one, two) = (judge.symbols.text(x), judge.symbols.text(y));
    let is_initial = |text: &str| text.chars().count() == 1;
    let initials = (is_initial(one) || is_initial(two)) && one.chars().next() == two.chars().next();
    if x == y || initials || is_close(one, two, 0.9) { Level::MiddleAgrees } else { Level::MiddleDifferent }
}

/// One edit from four letters on, two from eight, or Jaro-Winkler from the bound given.
pub(super) fn is_close(x: &str, y: &str, bound: f64) -> bool {
    let (long, short) = (x.chars().count().max(y.chars().count()), x.chars().count().min(y.chars().count()));
    if short < 3 || long - short > 2 {
        return short >= 5 && strsim::jaro_winkler(x, y) >= bound;
    }
    let edits = if long >= 8 { 2 } else { usize::from(long >= 4) };
    strsim::jaro_winkler(x, y) >= bound || strsim::osa_distance(x, y) <= edits
}
