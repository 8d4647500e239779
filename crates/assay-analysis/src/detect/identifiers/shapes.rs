//! The shapes of all rules of one sign, in a few automata that are walked from a start.
//!
//! One automaton of all shapes would have the product of their states: thousands, most of them for numbers that may be
//! grouped in several ways at once. Shapes that begin alike share one, shapes of many states have one each: together a
//! fifteenth of the states. Which are walked is told by the first byte.

use regex_automata::dfa::{Automaton as _, StartKind, dense};
use regex_automata::nfa::thompson::{self, NFA, State};
use regex_automata::util::primitives::StateID;
use regex_automata::util::start;
use regex_automata::util::syntax;
use regex_automata::{Anchored, MatchKind};
use std::collections::BTreeMap;

use super::super::rules::RuleError;
use super::REACH;
use super::rules::{Needs, Rule};

/// What every value of a shape holds, and what the pass looks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sign {
    /// A digit in its first or second word.
    Digit,
    /// `@`, before which it begins.
    At,
    /// `:` or `=` after its first word.
    Assignment,
    /// The rule's own literal, with which it begins.
    Literal,
}

/// Where shapes fit to; [`Shapes::set`] says which.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fit {
    set: u16,
    pub(super) end: usize,
}

/// Rules that fit at the same place.
#[derive(Debug, Default)]
pub(super) struct Set {
    pub(super) rules: Vec<u16>,
    /// One of them needs no word.
    always: bool,
    /// The groups of words of which the others need one.
    context: u128,
}

impl Set {
    /// False where no rule can pass with the words given.
    pub(super) fn may_pass(&self, present: u128) -> bool {
        self.always || self.context & present != 0
    }
}

/// The automata of one sign.
pub(super) struct Shapes {
    automata: Vec<Automaton>,
    /// For every first byte the automata that it begins, as bits.
    begins: Vec<u64>,
    /// The first is empty.
    sets: Vec<Set>,
}

impl std::fmt::Debug for Shapes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Shapes in {} automata", self.automata.len())
    }
}

/// A table of states: of each a row of `1 << shift` entries, one for every class of bytes. An entry is where the row of
/// the next state begins, with [`FITS`] if that state is the end of something; the first row is of the state that nothing leaves.
struct Automaton {
    classes: Vec<u8>,
    table: Vec<u32>,
    shift: u32,
    begin: u32,
    /// For every state the sets that fit there: at the edge of a word, and inside one.
    sets: Vec<[u16; 2]>,
}

const FITS: u32 = 1 << 31;

/// What a `<gap>` of a rule file is: at most one blank or dash of any kind.
const GAP: &str = r"(?u:[ \-\x{a0}\x{2010}-\x{2014}\x{202f}]?)";

/// States of a shape, before it is made deterministic, from which on it has an automaton of its own.
const LARGE: usize = 130;
/// Automata of one sign at most; what more large shapes there are share those of their kind.
const MOST: usize = 48;

/// A pattern of a rule, looked at before its automaton is built.
pub(super) struct Shape {
    nfa: NFA,
}

/// What a shape begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Letters,
    Digits,
    Either,
    Signs,
    /// Large: the number of its rule.
    Alone(usize),
}

impl Shape {
    /// # Errors
    /// What is wrong with the pattern.
    pub(super) fn new(pattern: &str) -> Result<Self, String> {
        let config = thompson::Config::new()
            .utf8(false)
            .shrink(false)
            .nfa_size_limit(Some(1 << 20))
            .which_captures(thompson::WhichCaptures::None);
        let built = thompson::Compiler::new().syntax(plain()).configure(config).build(&with_gaps(pattern));
        built.map(|nfa| Self { nfa }).map_err(|error| innermost(&error))
    }

    /// True where the shape fits a text of no bytes.
    pub(super) fn fits_nothing(&self) -> bool {
        self.first().iter().any(|id| matches!(self.nfa.state(*id), State::Match { .. }))
    }

    /// The states that are reached without a byte.
    fn first(&self) -> Vec<StateID> {
        let mut seen = vec![false; self.nfa.states().len()];
        let mut open = vec![self.nfa.start_anchored()];
        let mut first = Vec::new();
        while let Some(id) = open.pop() {
            match seen.get_mut(id.as_usize()) {
                Some(seen) if !*seen => *seen = true,
                _ => continue,
            }
            match self.nfa.state(id) {
                State::Look { next, .. } | State::Capture { next, .. } => open.push(*next),
                State::Union { alternates } => open.extend(alternates.iter()),
                State::BinaryUnion { alt1, alt2 } => open.extend([*alt1, *alt2]),
                _ => first.push(id),
            }
        }
        first
    }

    fn begins(&self) -> Vec<u8> {
        let first = self.first();
        let begins = |byte: &u8| {
            first.iter().any(|id| match self.nfa.state(*id) {
                State::ByteRange { trans } => trans.matches_byte(*byte),
                State::Sparse(sparse) => sparse.matches_byte(*byte).is_some(),
                State::Dense(dense) => dense.matches_byte(*byte).is_some(),
                _ => false,
            })
        };
        (0..=u8::MAX).filter(begins).collect()
    }

    fn kind(&self, number: usize, sign: Sign) -> Kind {
        if sign == Sign::Assignment || self.nfa.states().len() >= LARGE {
            return Kind::Alone(number);
        }
        let begins = self.begins();
        let (letters, digits) = (begins.iter().any(u8::is_ascii_alphabetic), begins.iter().any(u8::is_ascii_digit));
        match (letters, digits) {
            (true, true) => Kind::Either,
            (true, false) => Kind::Letters,
            (false, true) if begins.iter().all(u8::is_ascii_digit) => Kind::Digits,
            _ => Kind::Signs,
        }
    }
}

fn plain() -> syntax::Config {
    syntax::Config::new().unicode(false).utf8(false)
}

fn with_gaps(pattern: &str) -> String {
    pattern.replace("<gap>", GAP)
}

/// What a library says at the end of its chain of reasons, which is what a reader can act on.
fn innermost(error: &dyn std::error::Error) -> String {
    let mut error = error;
    while let Some(source) = error.source() {
        error = source;
    }
    error.to_string()
}

impl Shapes {
    pub(super) fn new<'r>(sign: Sign, rules: impl Iterator<Item = (usize, &'r Rule)>) -> Result<Self, RuleError> {
        let refuse = |reason: String| RuleError::Matcher { file: super::rules::FILE, reason };
        let mut kinds: BTreeMap<Kind, Vec<(u16, &Rule)>> = BTreeMap::new();
        for (number, rule) in rules.filter(|(_, rule)| rule.sign == sign) {
            let kind = Shape::new(&rule.pattern).map_err(refuse)?.kind(number, sign);
            let kind = if matches!(kind, Kind::Alone(_)) && kinds.len() >= MOST { Kind::Signs } else { kind };
            kinds.entry(kind).or_default().push((u16::try_from(number).unwrap_or(u16::MAX), rule));
        }
        let mut shapes = Self { automata: Vec::new(), begins: vec![0; 256], sets: vec![Set::default()] };
        let mut known = BTreeMap::from([(Vec::new(), 0)]);
        for (place, rules) in kinds.values().enumerate() {
            let automaton = Automaton::new(rules, &mut shapes.sets, &mut known).map_err(refuse)?;
            for (byte, begins) in shapes.begins.iter_mut().enumerate() {
                let class = automaton.classes.get(byte).copied().unwrap_or(0);
                *begins |= u64::from(automaton.next(automaton.begin, class) != 0) << place;
            }
            shapes.automata.push(automaton);
        }
        Ok(shapes)
    }

    /// The bytes of memory that the automata take.
    #[cfg(test)]
    pub(super) fn size(&self) -> usize {
        self.automata.iter().map(|automaton| automaton.table.len() * 4 + automaton.sets.len() * 4 + 256).sum()
    }

    /// Which rules fit.
    pub(super) fn set(&self, fit: Fit) -> Option<&Set> {
        self.sets.get(usize::from(fit.set))
    }

    /// Adds every end that shapes have from `start` on, at the edge of a word. Gives the bytes walked.
    pub(super) fn walk(&self, bytes: &[u8], start: usize, fits: &mut Vec<Fit>) -> u64 {
        let first = bytes.get(start).and_then(|byte| self.begins.get(usize::from(*byte)));
        let mut left = first.copied().unwrap_or(0);
        let mut work = 0;
        while left != 0 {
            if let Some(automaton) = self.automata.get(left.trailing_zeros() as usize) {
                work += automaton.walk(bytes, start, fits);
            }
            left &= left - 1;
        }
        work
    }
}

impl Automaton {
    fn new(rules: &[(u16, &Rule)], sets: &mut Vec<Set>, known: &mut BTreeMap<Vec<u16>, u16>) -> Result<Self, String> {
        let patterns: Vec<String> = rules.iter().map(|(_, rule)| with_gaps(&rule.pattern)).collect();
        let config = dense::Config::new()
            .match_kind(MatchKind::All)
            .start_kind(StartKind::Anchored)
            .accelerate(false)
            .dfa_size_limit(Some(64 << 20))
            .determinize_size_limit(Some(256 << 20));
        let dfa = dense::Builder::new()
            .configure(config)
            .syntax(plain())
            .thompson(thompson::Config::new().utf8(false).shrink(false))
            .build_many(&patterns)
            .map_err(|error| innermost(&error))?;
        let begin =
            dfa.start_state(&start::Config::new().anchored(Anchored::Yes)).map_err(|error| innermost(&error))?;
        let classes: Vec<u8> = (0..=u8::MAX).map(|byte| dfa.byte_classes().get(byte)).collect();
        let mut examples: Vec<u8> = Vec::new();
        for (byte, class) in (0..=u8::MAX).zip(&classes) {
            if usize::from(*class) == examples.len() {
                examples.push(byte);
            }
        }
        let shift = examples.len().next_power_of_two().trailing_zeros();
        let mut automaton = Self { classes, table: vec![0; 1 << shift], shift, begin: 1 << shift, sets: vec![[0, 0]] };
        // States in the order in which they are come by; 0 for those that were not, and for the one that nothing leaves.
        let mut numbers: Vec<u32> = Vec::new();
        let mut states = vec![begin];
        let of = |state: StateID| state.as_usize() / dfa.stride();
        numbers.resize(of(begin) + 1, 0);
        numbers[of(begin)] = 1;
        let mut at = 0;
        while let Some(state) = states.get(at).copied() {
            at += 1;
            let fitting = dfa.next_eoi_state(state);
            let most = if dfa.is_match_state(fitting) { dfa.match_len(fitting) } else { 0 };
            let fitting: Vec<(u16, &Rule)> = (0..most)
                .filter_map(|place| rules.get(dfa.match_pattern(fitting, place).as_usize()).copied())
                .collect();
            let open: Vec<_> = fitting.iter().filter(|(_, rule)| rule.open_end).copied().collect();
            automaton.sets.push([set(&fitting, sets, known)?, set(&open, sets, known)?]);
            let row = automaton.table.len();
            automaton.table.resize(row + (1 << shift), 0);
            for (class, byte) in examples.iter().enumerate() {
                let next = dfa.next_state(state, *byte);
                if dfa.is_dead_state(next) || dfa.is_quit_state(next) {
                    continue;
                }
                if numbers.len() <= of(next) {
                    numbers.resize(of(next) + 1, 0);
                }
                if numbers[of(next)] == 0 {
                    states.push(next);
                    numbers[of(next)] = states.len() as u32;
                }
                automaton.table[row + class] = numbers[of(next)] << shift;
            }
        }
        if automaton.table.len() >= FITS as usize {
            return Err("the shapes have too many states".to_owned());
        }
        for entry in &mut automaton.table {
            if automaton.sets.get((*entry >> shift) as usize).is_some_and(|sets| *sets != [0, 0]) {
                *entry |= FITS;
            }
        }
        Ok(automaton)
    }

    fn next(&self, row: u32, class: u8) -> u32 {
        self.table.get(row as usize + usize::from(class)).copied().unwrap_or(0)
    }

    fn walk(&self, bytes: &[u8], start: usize, fits: &mut Vec<Fit>) -> u64 {
        let stretch = bytes.get(start..bytes.len().min(start + REACH)).unwrap_or_default();
        let mut row = self.begin;
        for (offset, byte) in stretch.iter().enumerate() {
            let class = self.classes.get(usize::from(*byte)).copied().unwrap_or(0);
            let next = self.next(row, class);
            if next == 0 {
                return offset as u64 + 1;
            }
            row = next & !FITS;
            if next != row {
                let end = start + offset + 1;
                let inside = byte.is_ascii_alphanumeric() && bytes.get(end).is_some_and(u8::is_ascii_alphanumeric);
                let sets = self.sets.get((row >> self.shift) as usize).copied().unwrap_or_default();
                let set = sets[usize::from(inside)];
                if set != 0 {
                    fits.push(Fit { set, end });
                }
            }
        }
        stretch.len() as u64
    }
}

/// The number of a set of rules.
fn set(rules: &[(u16, &Rule)], sets: &mut Vec<Set>, known: &mut BTreeMap<Vec<u16>, u16>) -> Result<u16, String> {
    let mut numbers: Vec<u16> = rules.iter().map(|(number, _)| *number).collect();
    numbers.sort_unstable();
    if let Some(set) = known.get(&numbers) {
        return Ok(*set);
    }
    let place = u16::try_from(sets.len()).map_err(|_| "the shapes fit together in too many ways".to_owned())?;
    let words = rules.iter().filter(|(_, rule)| rule.needs != Needs::Nothing);
    sets.push(Set {
        rules: numbers.clone(),
        always: rules.iter().any(|(_, rule)| rule.needs == Needs::Nothing),
        context: words.fold(0, |context, (_, rule)| context | rule.context),
    });
    known.insert(numbers, place);
    Ok(place)
}
