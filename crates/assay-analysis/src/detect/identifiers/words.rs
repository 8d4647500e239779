//! The words around a value: those of all rules in one automaton, run only near values, over each byte once.

use std::collections::BTreeMap;

use aho_corasick::automaton::{Automaton, StateID};
use aho_corasick::{Anchored, MatchKind, PatternID, dfa};

use super::super::rules::RuleError;
use super::Context;
use super::rules::{Groups, Rule};

/// Bytes before a value in which words are looked at.
const BEFORE: usize = 72;
/// Bytes between a label and its value at most.
const LABEL_GAP: usize = 28;

/// The automaton of all words, as a table of states: of each a row of `1 << shift` entries, one for every class of bytes. An
/// entry is where the row of the next state begins, with [`ENDS`] if words end there. The first row is where no word has begun.
pub(super) struct Words {
    classes: [u8; 256],
    table: Vec<u32>,
    shift: u32,
    /// Bytes with which no word begins.
    idle: [bool; 256],
    /// Of each state the words that end there: their lengths and groups, longest first.
    ends: Vec<Vec<(usize, u128)>>,
}

const ENDS: u32 = 1 << 31;

impl std::fmt::Debug for Words {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Words in {} states", self.ends.len())
    }
}

/// A word that was seen.
#[derive(Clone, Copy, Debug)]
struct Word {
    start: usize,
    end: usize,
    mask: u128,
}

/// What was seen so far in one text.
pub(super) struct Seen {
    state: u32,
    upto: usize,
    words: Vec<Word>,
}

impl Words {
    pub(super) fn new(groups: &Groups) -> Result<Self, RuleError> {
        let refuse = |reason: String| RuleError::Matcher { file: super::rules::FILE, reason };
        let mut all: BTreeMap<&str, u128> = BTreeMap::new();
        for (number, (_, words)) in groups.all.iter().enumerate() {
            if number >= 128 {
                return Err(refuse("more than 128 groups of words".to_owned()));
            }
            for word in words {
                *all.entry(word.as_str()).or_default() |= 1 << number;
            }
        }
        let dfa = dfa::DFA::builder()
            .ascii_case_insensitive(true)
            .match_kind(MatchKind::Standard)
            .build(all.keys())
            .map_err(|error| refuse(error.to_string()))?;
        let begin = dfa.start_state(Anchored::No).map_err(|error| refuse(error.to_string()))?;
        Ok(Self::of(&dfa, begin, &all))
    }

    fn of(dfa: &dfa::DFA, begin: StateID, words: &BTreeMap<&str, u128>) -> Self {
        // What stands in no word is one class, each letter in either case one of its own.
        let (mut classes, mut examples) = ([0_u8; 256], vec![0_u8]);
        for byte in words.keys().flat_map(|word| word.bytes()).map(|byte| byte.to_ascii_lowercase()) {
            if classes[usize::from(byte)] == 0 {
                let class = u8::try_from(examples.len()).unwrap_or(0);
                classes[usize::from(byte)] = class;
                classes[usize::from(byte.to_ascii_uppercase())] = class;
                examples.push(byte);
            }
        }
        examples[0] = (0..=u8::MAX).find(|byte| classes[usize::from(*byte)] == 0).unwrap_or(0);
        let masks: Vec<u128> = words.values().copied().collect();
        let shift = examples.len().next_power_of_two().trailing_zeros();
        let mut built = Self { classes, table: Vec::new(), shift, idle: [false; 256], ends: Vec::new() };
        let mut numbers = BTreeMap::from([(begin, 0_u32)]);
        let mut states = vec![begin];
        while let Some(state) = states.get(built.ends.len()).copied() {
            let most = if dfa.is_match(state) { dfa.match_len(state) } else { 0 };
            let patterns = (0..most).map(|place| dfa.match_pattern(state, place));
            let end =
                |pattern: PatternID| (dfa.pattern_len(pattern), masks.get(pattern.as_usize()).copied().unwrap_or(0));
            built.ends.push(patterns.map(end).collect());
            let row = built.table.len();
            built.table.resize(row + (1 << shift), 0);
            for (class, byte) in examples.iter().enumerate() {
                let next = dfa.next_state(Anchored::No, state, *byte);
                let number = *numbers.entry(next).or_insert_with(|| {
                    states.push(next);
                    states.len() as u32 - 1
                });
                built.table[row + class] = number << shift;
            }
        }
        for entry in &mut built.table {
            if built.ends.get((*entry >> shift) as usize).is_some_and(|ends| !ends.is_empty()) {
                *entry |= ENDS;
            }
        }
        built.idle = built.classes.map(|class| built.table[usize::from(class)] == 0);
        built
    }

    pub(super) fn begin(&self) -> Seen {
        Seen { state: 0, upto: 0, words: Vec::new() }
    }

    /// Looks at the text up to `upto`, from shortly before `start` on where it was not looked at. Gives the bytes looked at.
    pub(super) fn look(&self, bytes: &[u8], start: usize, upto: usize, seen: &mut Seen) -> u64 {
        let from = start.saturating_sub(BEFORE);
        if from > seen.upto {
            seen.upto = from;
            seen.state = 0;
            seen.words.clear();
        }
        let upto = upto.min(bytes.len());
        let Some(stretch) = bytes.get(seen.upto..upto).filter(|stretch| !stretch.is_empty()) else { return 0 };
        if seen.words.len() > 64 {
            seen.words.retain(|word| word.end >= from);
        }
        let is_word = |at: Option<usize>| at.and_then(|at| bytes.get(at)).is_some_and(u8::is_ascii_alphanumeric);
        let mut row = seen.state;
        for (offset, byte) in stretch.iter().enumerate() {
            if row == 0 && self.idle[usize::from(*byte)] {
                continue;
            }
            let class = self.classes[usize::from(*byte)];
            let entry = self.table.get(row as usize + usize::from(class)).copied().unwrap_or(0);
            row = entry & !ENDS;
            if entry == row {
                continue;
            }
            let end = seen.upto + offset + 1;
            if is_word(Some(end)) {
                continue;
            }
            for (length, mask) in self.ends.get((row >> self.shift) as usize).into_iter().flatten() {
                let start = end - length;
                if !is_word(start.checked_sub(1)) {
                    seen.words.push(Word { start, end, mask: *mask });
                }
            }
        }
        seen.state = row;
        seen.upto = upto;
        stretch.len() as u64
    }
}

impl Seen {
    /// The groups of every word near a start, on either side.
    pub(super) fn near(&self, start: usize) -> u128 {
        let near = self.words.iter().rev().take_while(|word| word.end + BEFORE >= start);
        near.fold(0, |mask, word| mask | word.mask)
    }

    /// What stands around a value; `None` where the nearest word says that it is something else.
    pub(super) fn around(&self, bytes: &[u8], (start, end): (usize, usize), rule: &Rule) -> Option<Context> {
        let mut near = Context::None;
        for word in self.words.iter().rev() {
            if word.end > start {
                let behind = word.start >= end && word.start <= end + usize::from(rule.behind);
                if behind && word.mask & rule.context != 0 && !bytes.get(end..word.start)?.contains(&b'\n') {
                    near = Context::Near;
                }
                continue;
            }
            if start - word.end > usize::from(rule.distance) {
                break;
            }
            if word.mask & (rule.context | rule.denied) == 0 {
                continue;
            }
            let labels = bytes.get(word.end..start).is_some_and(is_label_gap);
            if word.mask & rule.context != 0 {
                if labels {
                    return Some(Context::Label(word.start));
                }
                near = Context::Near;
            } else if labels && near == Context::None {
                return None;
            }
        }
        Some(near)
    }
}

/// True for what may stand between a label and its value: `No.:`, ` is `, ` (home): `, one end of a line.
fn is_label_gap(gap: &[u8]) -> bool {
    const WORDS: [&[u8]; 22] = [
        b"number", b"numbers", b"no", b"nos", b"num", b"nr", b"is", b"was", b"are", b"of", b"on", b"at", b"to", b"id",
        b"code", b"home", b"work", b"day", b"evening", b"direct", b"e", b"s",
    ];
    if gap.len() > LABEL_GAP {
        return false;
    }
    let (mut lines, mut letters) = (0, false);
    for byte in gap {
        match byte {
            b'0'..=b'9' | b',' | b';' | b'!' | b'?' | b'|' => return false,
            b'\n' => lines += 1,
            _ => letters |= byte.is_ascii_alphabetic(),
        }
    }
    if lines > 1 || !letters {
        return lines < 2;
    }
    let mut words = gap.split(|b| !b.is_ascii_alphabetic()).filter(|word| !word.is_empty()).peekable();
    while let Some(word) = words.next() {
        let filler = WORDS.iter().any(|filler| filler.eq_ignore_ascii_case(word));
        // `PO-9990000018`: the letters of a number that is written together.
        let lead = words.peek().is_none() && word.len() <= 4 && word.iter().all(u8::is_ascii_uppercase);
        if !filler && !lead {
            return false;
        }
    }
    true
}
