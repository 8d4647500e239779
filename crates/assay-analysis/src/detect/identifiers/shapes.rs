//! The shapes of all rules of one sign in one automaton that is walked from a start.

use regex_automata::dfa::{Automaton, StartKind, dense};
use regex_automata::nfa::thompson;
use regex_automata::util::primitives::StateID;
use regex_automata::util::start;
use regex_automata::util::syntax;
use regex_automata::{Anchored, MatchKind};

use super::super::rules::RuleError;
use super::REACH;
use super::rules::Rule;

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

/// Where a shape fits to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct End {
    pub(super) rule: u16,
    pub(super) end: usize,
}

/// One automaton; which rule each of its patterns is.
pub(super) struct Shapes {
    dfa: Option<(dense::DFA<Vec<u32>>, StateID)>,
    /// Rule and whether its value may end inside a word.
    rules: Vec<(u16, bool)>,
}

impl std::fmt::Debug for Shapes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Shapes of {} rules", self.rules.len())
    }
}

/// What a `<gap>` of a rule file is: at most one blank or dash of any kind.
const GAP: &str = r"(?u:[ \-\x{a0}\x{2010}-\x{2014}\x{202f}]?)";

impl Shapes {
    pub(super) fn new<'r>(rules: impl Iterator<Item = (usize, &'r Rule)>) -> Result<Self, RuleError> {
        let mut patterns = Vec::new();
        let mut numbers = Vec::new();
        for (number, rule) in rules {
            patterns.push(rule.pattern.replace("<gap>", GAP));
            numbers.push((u16::try_from(number).unwrap_or(u16::MAX), rule.open_end));
        }
        if patterns.is_empty() {
            return Ok(Self { dfa: None, rules: numbers });
        }
        let refuse = |reason: String| RuleError::Matcher { file: super::rules::FILE, reason };
        let config = dense::Config::new()
            .match_kind(MatchKind::All)
            .start_kind(StartKind::Anchored)
            .accelerate(false)
            .dfa_size_limit(Some(64 << 20))
            .determinize_size_limit(Some(256 << 20));
        let dfa = dense::Builder::new()
            .configure(config)
            .syntax(syntax::Config::new().unicode(false).utf8(false))
            .thompson(thompson::Config::new().utf8(false).shrink(false))
            .build_many(&patterns)
            .map_err(|error| refuse(error.to_string()))?;
        let begin = dfa
            .start_state(&start::Config::new().anchored(Anchored::Yes))
            .map_err(|error| refuse(error.to_string()))?;
        Ok(Self { dfa: Some((dfa, begin)), rules: numbers })
    }

    /// The bytes of memory that the automaton takes.
    #[cfg(test)]
    pub(super) fn size(&self) -> usize {
        self.dfa.as_ref().map_or(0, |(dfa, _)| dfa.memory_usage())
    }

    /// Adds every end that a shape has from `start` on, at the edge of a word. Gives the bytes walked.
    pub(super) fn walk(&self, bytes: &[u8], start: usize, ends: &mut Vec<End>) -> u64 {
        let Some((dfa, begin)) = &self.dfa else { return 0 };
        let mut state = *begin;
        let stretch = bytes.get(start..bytes.len().min(start + REACH)).unwrap_or_default();
        for (offset, byte) in stretch.iter().enumerate() {
            state = dfa.next_state(state, *byte);
            if dfa.is_special_state(state) {
                if dfa.is_match_state(state) {
                    self.ended(dfa, state, bytes, start + offset, ends);
                } else if dfa.is_dead_state(state) || dfa.is_quit_state(state) {
                    return offset as u64 + 1;
                }
            }
        }
        // A match is known a byte late: at the end of the text there is none, at the end of the reach there may be.
        let last = start + stretch.len();
        state = match bytes.get(last) {
            Some(byte) => dfa.next_state(state, *byte),
            None => dfa.next_eoi_state(state),
        };
        if dfa.is_match_state(state) {
            self.ended(dfa, state, bytes, last, ends);
        }
        stretch.len() as u64
    }

    fn ended(&self, dfa: &dense::DFA<Vec<u32>>, state: StateID, bytes: &[u8], end: usize, ends: &mut Vec<End>) {
        let word = |at: Option<usize>| at.and_then(|at| bytes.get(at)).is_some_and(u8::is_ascii_alphanumeric);
        let inside = word(end.checked_sub(1)) && word(Some(end));
        for place in 0..dfa.match_len(state) {
            let pattern = dfa.match_pattern(state, place).as_usize();
            let Some((rule, open_end)) = self.rules.get(pattern) else { continue };
            let known = if *open_end { ends.iter_mut().find(|end| end.rule == *rule) } else { None };
            match known {
                // What may end anywhere ends where it goes farthest.
                Some(known) => known.end = end,
                None if !inside || *open_end => ends.push(End { rule: *rule, end }),
                None => {}
            }
        }
    }
}
