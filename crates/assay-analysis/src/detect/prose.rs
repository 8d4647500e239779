//! Names of persons in running text, where no label, header or salutation tells one.
//!
//! Candidates are runs of words written large. Signs for and against a name are added up in bits: the words in the name lists
//! with their frequencies, the form of the run, what stands beside it (`rules/detect/prose.toml`). A name that is told
//! anywhere in a text tells its parts elsewhere in it, and a list of names tells its members. A text without any capital is
//! read as if the words that are names and no words were written large.
//!
//! What it gives is that somebody is named. Whose record a text is, and what else belongs to whom, is not judged here.

use std::cell::OnceCell;
use std::collections::{BTreeSet, HashMap, HashSet};

use serde::Deserialize;

use super::lookup::Lookup;
use super::names::{NEVER, is_particle, is_title};
use super::rules::RuleError;
use crate::reference::{self, fold};
use tokens::Token;

mod tokens;

const SOURCE: &str = include_str!("../../../../rules/detect/prose.toml");
const FILE: &str = "rules/detect/prose.toml";

/// Words of a candidate beyond which the rest is left: no name is longer.
const RUN: usize = 12;
/// Words of a name, at most.
const WORDS: usize = 4;
/// How far below the threshold a lone word may stand that is part of a name told elsewhere.
const TOLD_ELSEWHERE: f64 = 5.0;
/// How far below it a member of a list may stand.
const LISTED: f64 = 2.5;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Rules {
    threshold: f64,
    #[serde(rename = "reason")]
    _reason: String,
    #[serde(rename = "source")]
    _source: String,
    never: BTreeSet<String>,
    bodies: BTreeSet<String>,
    places: BTreeSet<String>,
    before: Vec<Cue>,
    after: Vec<Cue>,
    #[serde(default)]
    #[cfg_attr(not(test), expect(dead_code, reason = "examples are for the tests"))]
    example: Vec<Example>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Cue {
    bits: f64,
    words: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(not(test), expect(dead_code, reason = "examples are for the tests"))]
struct Example {
    text: String,
    names: Vec<String>,
}

/// The signs, ready to be looked up.
pub struct Prose {
    threshold: f64,
    /// Words that are no name; true for those of the rule file.
    never: Lookup<bool>,
    bodies: Lookup<()>,
    places: Lookup<()>,
    before: Lookup<f64>,
    after: Lookup<f64>,
}

impl std::fmt::Debug for Prose {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Prose").finish_non_exhaustive()
    }
}

/// A name in a text.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NameInText {
    /// Its first byte.
    pub start: usize,
    /// The byte after its last.
    pub end: usize,
    /// What speaks for it, less what speaks against it; above the threshold.
    pub bits: f64,
}

/// What is known of a word written large.
#[derive(Clone, Copy, Debug, Default)]
struct Word {
    bits: f64,
    /// Somebody's given name.
    given: bool,
    /// A title, `van` or `de`, a word of bodies.
    title: bool,
    particle: bool,
    body: bool,
    /// Characters.
    length: usize,
    /// Written in capitals throughout.
    capitals: bool,
}

/// A run of words that may be a name.
struct Candidate {
    first: usize,
    last: usize,
    bits: f64,
    settled: bool,
}

impl Prose {
    /// The shipped signs.
    ///
    /// # Errors
    /// A rule file out of form.
    pub fn shipped() -> Result<Self, RuleError> {
        let rules: Rules =
            toml::from_str(SOURCE).map_err(|source| RuleError::Form { file: FILE, source: Box::new(source) })?;
        let cues =
            |cues: &[Cue]| Lookup::new(cues.iter().flat_map(|cue| cue.words.iter().map(|word| (word, cue.bits))));
        Ok(Self {
            threshold: rules.threshold,
            never: Lookup::new(
                NEVER.iter().map(|word| (*word, false)).chain(rules.never.iter().map(|word| (word.as_str(), true))),
            ),
            bodies: Lookup::of(&rules.bodies),
            places: Lookup::of(&rules.places),
            before: cues(&rules.before),
            after: cues(&rules.after),
        })
    }

    /// The names in a text, by place, none over another.
    pub fn names(&self, text: &str) -> Vec<NameInText> {
        let mut tokens = self.tokens(text);
        let words = self.words(&mut tokens);
        let lines: Vec<&str> = text.split('\n').collect();
        let addresses = vec![OnceCell::new(); lines.len()];
        let page = Page { prose: self, text, tokens: &tokens, lines: &lines, addresses, words: &words };
        let mut candidates = page.candidates();
        let threshold = self.threshold;
        for _ in 0..2 {
            page.tell_elsewhere(&mut candidates, threshold);
            page.tell_lists(&mut candidates, threshold);
        }
        let name = |candidate: Candidate| {
            let (first, last) = (tokens.get(candidate.first)?, tokens.get(candidate.last)?);
            let end = last.start + last.word.len();
            (candidate.bits >= threshold).then_some(NameInText { start: first.start, end, bits: candidate.bits })
        };
        candidates.into_iter().filter_map(name).collect()
    }

    /// What is known of the words written large, each looked up once.
    fn words(&self, tokens: &mut [Token<'_>]) -> Vec<Word> {
        let mut places: HashMap<&str, usize> = HashMap::new();
        let mut large: Vec<&str> = Vec::new();
        for token in tokens.iter_mut().filter(|token| token.large) {
            token.known = *places.entry(token.word).or_insert_with(|| {
                large.push(token.word);
                large.len() - 1
            });
        }
        // Most words written small are none of those written large: of a few lengths and first and last letters.
        let mut marks = Marks::default();
        let lower: Vec<String> = large.iter().map(|word| word.to_lowercase()).collect();
        lower.iter().for_each(|word| marks.add(word));
        let small = tokens.iter().filter(|token| !token.large && token.word.len() > 1 && marks.may_have(token.word));
        let small: HashSet<&str> = small.map(|token| token.word).collect();
        large.iter().zip(&lower).map(|(word, lower)| self.word(word, lower, &small)).collect()
    }

    /// What a word by itself speaks for.
    fn word(&self, word: &str, lower: &str, small: &HashSet<&str>) -> Word {
        let form = Word {
            bits: 0.0,
            given: false,
            title: is_title(word),
            particle: is_particle(word),
            body: self.bodies.has(word),
            length: word.chars().count(),
            capitals: !word.chars().any(char::is_lowercase),
        };
        let letters = || word.bytes().filter(|b| b.is_ascii_alphanumeric());
        let lone = if word.is_ascii() { letters().nth(1).is_none() } else { fold(word).chars().nth(1).is_none() };
        if lone {
            return form;
        }
        let reference::Known { given, surname: family, level, town } = reference::known_as_written(word);
        let mut bits = if given > 0 || family > 0 { 2.5 } else { -0.5 };
        bits += f64::from(u8::from(given > 20_000)) * 1.5 + f64::from(u8::from(given > 500_000));
        bits += f64::from(u8::from(family > 20_000));
        if !word.is_ascii() {
            // Letters that English does not write stand in names.
            bits += 1.5;
        }
        bits -= match level {
            Some(..=20) => 5.0,
            Some(..=35) => 3.5,
            Some(..=50) => 2.0,
            Some(_) => 1.0,
            None => 0.0,
        };
        if town && given <= 100_000 {
            bits -= 1.5;
        }
        const ENDINGS: [&str; 12] =
            ["ing", "tion", "ment", "ness", "ity", "ism", "ian", "ish", "ese", "ology", "ics", "itis"];
        if ENDINGS.iter().any(|ending| lower.ends_with(ending)) && given <= 1_000 && family <= 1_000 {
            bits -= 2.5;
        }
        if self.places.has(word) {
            bits -= 6.0;
        }
        // What the text writes small elsewhere is a word.
        if small.contains(lower) {
            bits -= 3.5;
        }
        Word { bits, given: given > 0, ..form }
    }
}

/// Marks of words, by which most others are told not to be among them.
#[derive(Default)]
struct Marks([u64; 16]);

impl Marks {
    fn place(word: &str) -> (usize, u64) {
        let byte = |at: usize| word.as_bytes().get(at).map_or(0, |byte| usize::from(byte & 31));
        let mark = byte(0) * 32 + (byte(word.len().wrapping_sub(1)) ^ word.len() & 31);
        (mark / 64 % 16, 1 << (mark % 64))
    }

    fn add(&mut self, word: &str) {
        let (place, mark) = Self::place(word);
        self.0[place] |= mark;
    }

    fn may_have(&self, word: &str) -> bool {
        let (place, mark) = Self::place(word);
        self.0[place] & mark != 0
    }
}

/// A text under reading.
struct Page<'p> {
    prose: &'p Prose,
    text: &'p str,
    tokens: &'p [Token<'p>],
    lines: &'p [&'p str],
    /// Of each line whether it is like one of an address, where that was asked.
    addresses: Vec<OnceCell<bool>>,
    words: &'p [Word],
}

impl Page<'_> {
    fn token(&self, at: usize) -> Option<&Token<'_>> {
        self.tokens.get(at)
    }

    /// What is known of a word written large; of others, what they are by themselves.
    fn word(&self, token: &Token<'_>) -> Word {
        if token.large {
            return self.words.get(token.known).copied().unwrap_or_default();
        }
        let word = token.word;
        Word {
            title: is_title(word),
            particle: is_particle(word),
            body: self.prose.bodies.has(word),
            length: word.chars().count(),
            capitals: !word.chars().any(char::is_lowercase),
            ..Word::default()
        }
    }

    /// The word before, on the same line.
    fn before(&self, at: usize) -> Option<&Token<'_>> {
        let before = self.token(at.checked_sub(1)?)?;
        self.token(at).filter(|token| token.line == before.line).map(|_| before)
    }

    fn is_of_an_address(&self, line: usize) -> bool {
        let (Some(known), Some(text)) = (self.addresses.get(line), self.lines.get(line)) else { return false };
        *known.get_or_init(|| is_of_an_address(text))
    }

    fn after(&self, last: usize) -> Option<&Token<'_>> {
        let after = self.token(last + 1)?;
        self.token(last).filter(|token| token.line == after.line).map(|_| after)
    }

    fn candidates(&self) -> Vec<Candidate> {
        let mut out = Vec::new();
        let mut at = 0;
        while let Some(token) = self.token(at) {
            if !token.large {
                at += 1;
                continue;
            }
            let mut end = at + 1;
            while let (Some(last), Some(next)) = (self.token(end - 1), self.token(end)) {
                let sentence = last.stopped && !last.is_initial() && !is_title(last.word);
                if !next.joined || sentence || last.possessive || end - at >= RUN {
                    break;
                }
                let particle =
                    is_particle(next.word) && self.token(end + 1).is_some_and(|after| after.large && after.joined);
                if !next.large && !particle {
                    break;
                }
                end += 1;
            }
            let mut first = at;
            while first < end && self.token(first).is_some_and(|token| self.word(token).title) {
                first += 1;
            }
            if first < end {
                out.extend(self.best(first, end, first > at));
            }
            at = end;
        }
        out
    }

    /// The best name in a run of words.
    fn best(&self, first: usize, end: usize, titled: bool) -> Option<Candidate> {
        let context = self.context(first, end, titled);
        let run: Vec<(&Token<'_>, Word)> =
            self.tokens.get(first..end)?.iter().map(|token| (token, self.word(token))).collect();
        let after = self.after(end - 1);
        let body = run.iter().any(|(_, word)| word.body) || after.is_some_and(|t| self.prose.bodies.has(t.word));
        let behind = after.and_then(|t| self.prose.after.get(t.word)).copied().unwrap_or(0.0);
        let mut best: Option<Candidate> = None;
        for start in first..end {
            for stop in start + 1..=end.min(start + WORDS) {
                let words = run.get(start - first..stop - first).unwrap_or_default();
                let Some(mut bits) = self.form(start, stop, words) else { continue };
                // Context speaks for the whole run; a part of it leaves words unexplained.
                bits += if start == first { context } else { context.min(0.0) - 2.0 };
                if stop < end {
                    bits -= 1.5 + behind;
                }
                bits -= if body { 6.0 } else { 0.0 };
                if best.as_ref().is_none_or(|best| bits > best.bits) {
                    best = Some(Candidate { first: start, last: stop - 1, bits, settled: false });
                }
            }
        }
        best
    }

    /// The words of a name and their form. `None` for what has none of a name.
    fn form(&self, start: usize, stop: usize, words: &[(&Token<'_>, Word)]) -> Option<f64> {
        let core = || words.iter().filter(|(_, word)| !word.particle).map(|(_, word)| word);
        let count = core().count();
        let (first, second) = (core().next()?, core().nth(1));
        if words.last().is_some_and(|(_, last)| last.particle) {
            return None;
        }
        let sum: f64 = core().map(|word| word.bits).sum();
        let mut bits = match second {
            None => {
                let opens = self.opens_a_sentence(start);
                let spoken = self.after(stop - 1).is_some_and(|next| matches!(next.word, ":" | ","));
                sum - 1.5 - if opens && !spoken { 0.8 } else { 0.0 } - if first.length < 3 { 4.0 } else { 0.0 }
            }
            Some(middle) => {
                let initial = count == 3 && middle.length == 1;
                sum * if count == 2 { 0.75 } else { 0.6 }
                    + 0.8
                    + if first.given { 0.7 } else { 0.0 }
                    + if initial { 2.0 } else { 0.0 }
            }
        };
        if core().any(|word| word.length > 1 && word.capitals) {
            bits -= 1.5;
        }
        Some(bits)
    }

    fn opens_a_sentence(&self, at: usize) -> bool {
        match self.before(at) {
            None => true,
            Some(before) => {
                matches!(before.word, "." | "!" | "?" | "\"" | "\u{201c}") || (before.stopped && !is_title(before.word))
            }
        }
    }

    /// What stands beside a run.
    fn context(&self, first: usize, end: usize, titled: bool) -> f64 {
        let lead = if titled {
            (0..first).rev().find(|at| !self.token(*at).is_some_and(|t| is_title(t.word))).map_or(0, |at| at + 1)
        } else {
            first
        };
        let before = self.before(lead);
        let second = lead.checked_sub(1).and_then(|at| self.before(at)).map(Token::lower).unwrap_or_default();
        let word = before.map(Token::lower).unwrap_or_default();
        let after = self.after(end - 1);
        let next = after.map(Token::lower).unwrap_or_default();
        let (second, word, next) = (second.as_ref(), word.as_ref(), next.as_ref());
        let opens = before.is_none();
        let mut bits = if titled { 7.0 } else { 0.0 };
        bits += match (word, second) {
            ("is", "name") => 7.0,
            (":" | "?", "name" | "by" | "from" | "to" | "user" | "patient" | "author" | "contact" | "attn") => 4.5,
            (",", _) if matches!(next, "!" | "?") => 3.0,
            (",", "me" | "you" | "know" | "listen") => 1.0,
            (":", _) => 0.5,
            _ => self.prose.before.get(word).copied().unwrap_or(0.0),
        };
        // A number before or after it is of an address.
        let has_digit = |text: &str| text.bytes().any(|b| b.is_ascii_digit());
        bits -= if has_digit(word) { 5.0 } else { 0.0 };
        bits -= if next.starts_with(|c: char| c.is_ascii_digit()) { 4.0 } else { 0.0 };
        if next == "," {
            let number = self
                .after(end)
                .is_some_and(|token| token.word.len() > 2 && token.word.bytes().all(|b| b.is_ascii_digit()));
            bits -= if number { 3.0 } else { 0.0 };
        }
        let line = self.token(first).map_or(0, |token| token.line);
        if opens && after.is_none() {
            bits += if (2..=3).contains(&(end - first)) { 1.5 } else { 0.0 };
            if line.checked_sub(1).is_some_and(|above| self.is_of_an_address(above)) {
                bits -= 4.5;
            } else if line == 0 && self.lines.len() > 1 {
                bits += 2.0;
            }
        } else if !opens && self.is_of_an_address(line) {
            bits -= 0.5;
        }
        bits += self.prose.after.get(next).copied().unwrap_or(0.0);
        bits += if self.token(end - 1).is_some_and(|last| last.possessive) { 1.5 } else { 0.0 };
        bits += match next {
            ":" if opens => 3.0,
            "," if opens => 1.2,
            _ => 0.0,
        };
        bits
    }

    /// A lone word that is part of a name told elsewhere in the text is that name.
    fn tell_elsewhere(&self, candidates: &mut [Candidate], threshold: f64) {
        let words = |candidate: &Candidate| self.tokens.get(candidate.first..=candidate.last).unwrap_or_default();
        let told: BTreeSet<&str> = candidates
            .iter()
            .filter(|candidate| candidate.bits >= threshold)
            .flat_map(words)
            .map(|token| token.word)
            .filter(|word| word.chars().count() > 2)
            .collect();
        for candidate in candidates.iter_mut().filter(|c| c.bits < threshold && c.bits > threshold - TOLD_ELSEWHERE) {
            let lone = candidate.first == candidate.last;
            if lone && !candidate.settled && self.token(candidate.first).is_some_and(|token| told.contains(token.word))
            {
                candidate.bits = threshold + 0.5;
                candidate.settled = true;
            }
        }
    }

    /// `A, B and C`: a member that is a name speaks for its neighbours.
    fn tell_lists(&self, candidates: &mut [Candidate], threshold: f64) {
        let listed = |a: &Candidate, b: &Candidate| {
            let (from, to) =
                (self.token(a.last).map_or(0, |t| t.start + t.word.len()), self.token(b.first).map_or(0, |t| t.start));
            matches!(self.text.get(from..to), Some(", " | " and " | ", and " | " & " | " or "))
        };
        let mut pairs: Vec<(usize, usize)> = (1..candidates.len()).map(|at| (at - 1, at)).collect();
        pairs.extend((1..candidates.len()).rev().map(|at| (at, at - 1)));
        for (told, other) in pairs {
            let (Some(a), Some(b)) = (candidates.get(told), candidates.get(other)) else { continue };
            let joined = if told < other { listed(a, b) } else { listed(b, a) };
            let close = b.bits < threshold && b.bits > threshold - LISTED && !b.settled;
            if joined
                && a.bits >= threshold
                && close
                && let Some(candidate) = candidates.get_mut(other)
            {
                candidate.bits += 2.0;
                candidate.settled = true;
            }
        }
    }
}

/// True for a line like those of an address: a flat or box with its number, a number in front and behind, a long one behind.
fn is_of_an_address(line: &str) -> bool {
    // A number is in each of them.
    if !line.bytes().any(|b| b.is_ascii_digit()) {
        return false;
    }
    let mut words = line.split([' ', ',', '.']).filter(|word| !word.is_empty()).peekable();
    let is_number = |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_digit());
    let first = words.peek().copied().unwrap_or("");
    let mut last = "";
    let mut before = "";
    let mut labelled = false;
    for word in words {
        labelled |= word.starts_with(|c: char| c.is_ascii_digit())
            && ["apt", "suite", "unit", "flat", "ste", "box"].iter().any(|unit| unit.eq_ignore_ascii_case(before));
        before = word;
        last = word;
    }
    labelled
        || (is_number(first) && first.len() <= 6 && is_number(last))
        || (is_number(last) && (4..=6).contains(&last.len()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_examples_of_the_rule_file_hold() {
        let prose = Prose::shipped().unwrap();
        let rules: Rules = toml::from_str(SOURCE).unwrap();
        assert!(rules.example.len() >= 7);
        for example in &rules.example {
            let names: Vec<&str> = prose.names(&example.text).iter().map(|n| &example.text[n.start..n.end]).collect();
            assert_eq!(names, example.names, "{}", example.text);
        }
    }

    #[test]
    fn a_name_told_once_is_known_wherever_it_stands_in_the_text() {
        let prose = Prose::shipped().unwrap();
        let text = "Mr Wolsoncroft came late. We asked about Wolsoncroft again.";
        assert_eq!(prose.names(text).len(), 2);
        assert!(prose.names("We asked about Wolsoncroft again.").is_empty());
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic_and_names_lie_in_order(text in "\\PC{0,80}|([A-Z][a-z]{1,6}[ ,.\n]{1,2}){0,20}") {
            static PROSE: std::sync::LazyLock<Prose> = std::sync::LazyLock::new(|| Prose::shipped().unwrap());
            let mut end = 0;
            for name in PROSE.names(&text) {
                prop_assert!(name.start >= end && name.end > name.start && text.get(name.start..name.end).is_some());
                end = name.end;
            }
        }
    }
}
