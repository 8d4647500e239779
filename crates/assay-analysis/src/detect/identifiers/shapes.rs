//! The shapes of all rules of one sign, in a few automata that are walked from a start.
//!
//! One automaton of all shapes would have the product of their states: thousands, most of them for numbers that may be
//! grouped in several ways at once. Shapes that begin alike share one, shapes of many states have one each: together a
//! fifteenth of the states. They are walked together: where they stand at once is one state of [`Walks`], made when a text
//! first comes by it, so that each start costs one walk and no state is made that no text has. What it gives does not depend on
//! what was made before.

use regex_automata::dfa::{Automaton as _, StartKind, dense};
use regex_automata::nfa::thompson::{self, NFA, State};
use regex_automata::util::primitives::StateID;
use regex_automata::util::start;
use regex_automata::util::syntax;
use regex_automata::{Anchored, MatchKind};
use std::collections::{BTreeMap, HashMap};

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
    pub(super) rules: Vec<Wanting>,
    /// One of them needs no word.
    always: bool,
    /// The groups of words of which the others need one.
    context: u128,
}

/// A rule with what decides whether its checks need be run at all.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wanting {
    pub(super) rule: u16,
    /// It needs no word.
    always: bool,
    context: u128,
    /// Its confidence at most.
    most: f32,
}

impl Wanting {
    /// False where a word is wanting, or something surer stands in the way.
    pub(super) fn may_pass(&self, present: u128, in_the_way: Option<f32>) -> bool {
        (self.always || self.context & present != 0) && in_the_way.is_none_or(|confidence| self.most >= confidence)
    }
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
    /// The first is empty.
    sets: Vec<Set>,
    /// Classes of bytes that no automaton tells apart, and a byte of each.
    classes: [u8; 256],
    examples: Vec<u8>,
    shift: u32,
}

/// States of all automata of a sign at once, as far as texts came by them.
pub(super) struct Walks {
    /// As an [`Automaton`]'s; 0 where no text came by yet, [`NOWHERE`] where nothing goes on.
    table: Vec<u32>,
    /// Of each state the automata that still walk, with their rows.
    states: Vec<Box<[(u8, u32)]>>,
    known: HashMap<Box<[(u8, u32)]>, u32>,
    /// For every state the joined sets that fit there: at the edge of a word, and inside one.
    fits: Vec<[u16; 2]>,
    /// Sets of rules of several automata; the first is empty.
    sets: Vec<Set>,
    joined: HashMap<Vec<u16>, u16>,
}

impl std::fmt::Debug for Walks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Walks of {} states", self.states.len())
    }
}

/// An entry of [`Walks`] where nothing goes on; rows begin further on.
const NOWHERE: u32 = 1;
/// States that are kept at most; then all are made anew.
const KEPT: usize = 12_000;

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

/// Letters and digits.
const INNER: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = (byte as u8).is_ascii_alphanumeric();
        byte += 1;
    }
    table
};

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
        let (mut automata, mut sets) = (Vec::new(), vec![Set::default()]);
        let mut known = BTreeMap::from([(Vec::new(), 0)]);
        for rules in kinds.values() {
            automata.push(Automaton::new(rules, &mut sets, &mut known).map_err(refuse)?);
        }
        let mut told_apart: BTreeMap<Vec<u8>, u8> = BTreeMap::new();
        let (mut classes, mut examples) = ([0; 256], Vec::new());
        for byte in 0..=u8::MAX {
            let class = automata.iter().map(|automaton: &Automaton| automaton.class(byte)).collect();
            let next = u8::try_from(examples.len()).unwrap_or(u8::MAX);
            let class = *told_apart.entry(class).or_insert_with(|| {
                examples.push(byte);
                next
            });
            classes[usize::from(byte)] = class;
        }
        let shift = examples.len().max(2).next_power_of_two().trailing_zeros();
        Ok(Self { automata, sets, classes, examples, shift })
    }

    /// What texts share that are searched one after the other.
    pub(super) fn begin(&self) -> Walks {
        let mut walks = Walks {
            table: Vec::new(),
            states: Vec::new(),
            known: HashMap::new(),
            fits: Vec::new(),
            sets: vec![Set::default()],
            joined: HashMap::from([(Vec::new(), 0)]),
        };
        walks.begin(self);
        walks
    }

    /// The bytes of memory that the automata take.
    #[cfg(test)]
    pub(super) fn size(&self) -> usize {
        self.automata.iter().map(|automaton| automaton.table.len() * 4 + automaton.sets.len() * 4 + 256).sum()
    }

    /// Adds every end that shapes have from `start` on, at the edge of a word. Gives the bytes walked.
    pub(super) fn walk(&self, walks: &mut Walks, bytes: &[u8], start: usize, fits: &mut Vec<Fit>) -> u64 {
        let stretch = bytes.get(start..bytes.len().min(start + REACH)).unwrap_or_default();
        let mut row = 1 << self.shift;
        let mut walked = 0;
        while let Some(byte) = stretch.get(walked) {
            let class = self.classes[usize::from(*byte)];
            let mut next = walks.table.get(row as usize + usize::from(class)).copied().unwrap_or(NOWHERE);
            walked += 1;
            if next <= NOWHERE {
                if next == 0 {
                    next = walks.step(self, row, class);
                }
                if next == NOWHERE {
                    break;
                }
            }
            row = next & !FITS;
            if next != row {
                // Inside a word only what may end there fits, which is rare.
                let behind = bytes.get(start + walked);
                let inside = INNER[usize::from(*byte)] && behind.is_some_and(|b| INNER[usize::from(*b)]);
                let sets = walks.fits.get((row >> self.shift) as usize).copied().unwrap_or_default();
                let set = sets[usize::from(inside)];
                if set != 0 {
                    fits.push(Fit { set, end: start + walked });
                }
            }
        }
        walked as u64
    }
}

impl Walks {
    /// Which rules fit.
    pub(super) fn set(&self, fit: Fit) -> Option<&Set> {
        self.sets.get(usize::from(fit.set))
    }

    /// Forgets all states but the first, in which every automaton begins.
    fn begin(&mut self, shapes: &Shapes) {
        self.table = vec![NOWHERE; 1 << shapes.shift];
        self.states = vec![Box::default()];
        self.fits = vec![[0, 0]];
        self.known.clear();
        let begin = (0..=u8::MAX).zip(&shapes.automata).map(|(number, automaton)| (number, automaton.begin));
        self.add(shapes, begin.collect());
    }

    fn add(&mut self, shapes: &Shapes, state: Box<[(u8, u32)]>) -> u32 {
        let row = u32::try_from(self.table.len()).unwrap_or(NOWHERE);
        self.table.resize(self.table.len() + (1 << shapes.shift), 0);
        let fits = [0, 1].map(|inside: usize| {
            let mut rules = Vec::new();
            for (number, own) in &state {
                let Some(automaton) = shapes.automata.get(usize::from(*number)) else { continue };
                let sets = automaton.sets.get((own >> automaton.shift) as usize).copied().unwrap_or_default();
                let set = shapes.sets.get(usize::from(sets[inside]));
                rules.extend(set.into_iter().map(|_| sets[inside]).filter(|set| *set != 0));
            }
            self.join(shapes, rules)
        });
        self.fits.push(fits);
        self.states.push(state.clone());
        let entry = if fits == [0, 0] { row } else { row | FITS };
        self.known.insert(state, entry);
        entry
    }

    /// One set of those that automata have at one place.
    fn join(&mut self, shapes: &Shapes, sets: Vec<u16>) -> u16 {
        if let Some(known) = self.joined.get(&sets) {
            return *known;
        }
        let mut all = Set::default();
        for set in sets.iter().filter_map(|set| shapes.sets.get(usize::from(*set))) {
            all.rules.extend(&set.rules);
            all.always |= set.always;
            all.context |= set.context;
        }
        // More ways than numbers: none of a shipped rule; what is over the last is left.
        let Ok(place) = u16::try_from(self.sets.len()) else { return u16::MAX };
        self.sets.push(all);
        self.joined.insert(sets, place);
        place
    }

    /// Where a byte of a class leads to from a state that no text left by it before.
    fn step(&mut self, shapes: &Shapes, row: u32, class: u8) -> u32 {
        let state = self.states.get((row >> shapes.shift) as usize).cloned().unwrap_or_default();
        let byte = shapes.examples.get(usize::from(class)).copied().unwrap_or(0);
        let next: Box<[(u8, u32)]> = state
            .iter()
            .filter_map(|(number, own)| {
                let automaton = shapes.automata.get(usize::from(*number))?;
                let next = automaton.next(*own, automaton.class(byte)) & !FITS;
                (next != 0).then_some((*number, next))
            })
            .collect();
        let known = if next.is_empty() { Some(NOWHERE) } else { self.known.get(&next).copied() };
        if known.is_none() && self.states.len() >= KEPT {
            self.begin(shapes);
            return self.add(shapes, next);
        }
        let entry = known.unwrap_or_else(|| self.add(shapes, next));
        if let Some(slot) = self.table.get_mut(row as usize + usize::from(class)) {
            *slot = entry;
        }
        entry
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

    fn class(&self, byte: u8) -> u8 {
        self.classes.get(usize::from(byte)).copied().unwrap_or(0)
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
    let wanting = |number: &u16| {
        rules.iter().find(|(own, _)| own == number).map(|(rule, form)| Wanting {
            rule: *rule,
            always: form.needs == Needs::Nothing,
            context: form.context,
            most: form.confidence.max(form.confidence_in_context),
        })
    };
    sets.push(Set {
        rules: numbers.iter().filter_map(wanting).collect(),
        always: rules.iter().any(|(_, rule)| rule.needs == Needs::Nothing),
        context: words.fold(0, |context, (_, rule)| context | rule.context),
    });
    known.insert(numbers, place);
    Ok(place)
}
