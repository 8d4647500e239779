//! Names of persons in running text, where no label, header or salutation tells one.
//!
//! Candidates are runs of words written large. Signs for and against a name are added up in bits: the words in the name lists
//! with their frequencies, the form of the run, what stands beside it (`rules/detect/prose.toml`). A name that is told
//! anywhere in a text tells its parts elsewhere in it, and a list of names tells its members. A text without any capital is
//! read as if the words that are names and no words were written large.
//!
//! What it gives is that somebody is named. Whose record a text is, and what else belongs to whom, is not judged here.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use serde::Deserialize;

use super::names::{is_never, is_particle, is_title};
use super::rules::RuleError;
use crate::reference::{self, fold};

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
    rules: Rules,
    before: BTreeMap<String, f64>,
    after: BTreeMap<String, f64>,
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

/// A word or sign of a text.
struct Token<'t> {
    start: usize,
    end: usize,
    /// Without the full stop of an abbreviation or a sentence, and without `'s`.
    word: &'t str,
    lower: String,
    /// Written large, or taken as if.
    large: bool,
    /// `'s` stands at its end.
    possessive: bool,
    /// A full stop stands at its end.
    stopped: bool,
    line: usize,
    /// True where one blank and nothing else stands before it.
    joined: bool,
}

/// What is known of a word written large.
#[derive(Clone, Copy, Debug, Default)]
struct Word {
    bits: f64,
    /// Somebody's given name.
    given: bool,
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
            |cues: &[Cue]| cues.iter().flat_map(|cue| cue.words.iter().map(|word| (word.clone(), cue.bits))).collect();
        Ok(Self { before: cues(&rules.before), after: cues(&rules.after), rules })
    }

    /// The names in a text, by place, none over another.
    pub fn names(&self, text: &str) -> Vec<NameInText> {
        let tokens = self.tokens(text);
        let lines: Vec<&str> = text.split('\n').collect();
        let small: HashSet<&str> =
            tokens.iter().filter(|t| !t.large && t.word.len() > 1).map(|token| token.word).collect();
        let mut words: HashMap<&str, Word> = HashMap::new();
        for token in tokens.iter().filter(|token| token.large) {
            words.entry(token.word).or_insert_with(|| self.word(token, &small));
        }
        let page = Page { prose: self, text, tokens: &tokens, lines: &lines, words: &words };
        let mut candidates = page.candidates();
        let threshold = self.rules.threshold;
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

    fn tokens<'t>(&self, text: &'t str) -> Vec<Token<'t>> {
        let mut tokens: Vec<Token<'t>> = Vec::new();
        let mut line = 0;
        let mut characters = text.char_indices().peekable();
        while let Some((start, first)) = characters.next() {
            if first == '\n' {
                line += 1;
            }
            if first.is_whitespace() {
                continue;
            }
            let mut end = start + first.len_utf8();
            if first.is_alphanumeric() {
                while let Some((at, next)) = characters.peek().copied() {
                    // An apostrophe or a hyphen between letters is part of the word.
                    let inner = matches!(next, '\'' | '\u{2019}' | '-')
                        && text.get(at + next.len_utf8()..).is_some_and(|rest| rest.starts_with(char::is_alphabetic));
                    if !(next.is_alphanumeric() || inner) {
                        break;
                    }
                    end = at + next.len_utf8();
                    characters.next();
                }
            }
            let whole = text.get(start..end).unwrap_or_default();
            let stopped = first.is_alphabetic() && characters.peek().is_some_and(|(_, next)| *next == '.');
            if stopped {
                characters.next();
            }
            let word =
                ["'s", "\u{2019}s", "'S", "\u{2019}S"].iter().find_map(|s| whole.strip_suffix(s)).unwrap_or(whole);
            let possessive = word.len() < whole.len();
            let joined = tokens.last().is_some_and(|before| {
                let gap = text.get(before.end..start).unwrap_or_default();
                gap == " " && before.line == line
            });
            let large = first.is_uppercase();
            let end = if stopped { end + 1 } else { end };
            tokens.push(Token {
                start,
                end,
                word,
                lower: word.to_lowercase(),
                large,
                possessive,
                stopped,
                line,
                joined,
            });
        }
        if !tokens.iter().any(|token| token.large) {
            self.lift(&mut tokens);
        }
        for token in &mut tokens {
            token.large = token.large && !self.rules.never.contains(&token.lower) && !is_never(&token.lower);
        }
        tokens
    }

    /// In a text without capitals: words that are names and no words, those that a cue announces, and what stands right after one.
    fn lift(&self, tokens: &mut [Token<'_>]) {
        let open =
            |word: &str| word.chars().count() > 2 && word.chars().all(|c| c.is_alphabetic() || c == '-' || c == '\'');
        let is_word = |token: &Token<'_>| {
            let rules = &self.rules;
            let common = rules.never.contains(&token.lower) || rules.bodies.contains(&token.lower);
            common || reference::word_level(&fold(token.word)).is_some()
        };
        let mut lifted = vec![false; tokens.len()];
        for (at, token) in tokens.iter().enumerate() {
            let folded = fold(token.word);
            let known = reference::given_name_count(&folded) > 200 || reference::surname_count(&folded) > 200;
            let name_is = at >= 2
                && tokens.get(at - 1).is_some_and(|t| t.lower == "is")
                && tokens.get(at - 2).is_some_and(|t| t.lower == "name");
            let after_title = at >= 1 && tokens.get(at - 1).is_some_and(|t| is_title(t.word) || t.lower == "dear");
            let alone = known && !is_word(token) && !reference::is_town(&folded);
            lifted[at] = open(token.word) && !is_particle(token.word) && (alone || name_is || after_title);
        }
        for at in 1..tokens.len() {
            let (Some(before), Some(token)) = (tokens.get(at - 1), tokens.get(at)) else { continue };
            let initial = before.word.chars().count() == 1 && at >= 2 && lifted[at - 2] && before.joined;
            let follows =
                token.joined && (lifted[at - 1] || initial) && open(token.word) && token.word.chars().count() > 3;
            let ends = tokens.get(at + 1).is_none_or(|next| !next.joined) || token.possessive || token.stopped;
            if follows && ends && !is_word(token) {
                lifted[at] = true;
                lifted[at - 1] = true;
            }
        }
        for (token, lifted) in tokens.iter_mut().zip(lifted) {
            token.large = lifted;
        }
    }

    /// What a word by itself speaks for.
    fn word(&self, token: &Token<'_>, small: &HashSet<&str>) -> Word {
        let (word, lower) = (token.word, &token.lower);
        let folded = fold(word);
        if folded.chars().count() <= 1 {
            return Word { bits: 0.0, given: false };
        }
        let reference::Known { given, surname: family, level, town } = reference::known(&folded);
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
        if self.rules.places.contains(lower) {
            bits -= 6.0;
        }
        // What the text writes small elsewhere is a word.
        if small.contains(lower.as_str()) {
            bits -= 3.5;
        }
        Word { bits, given: given > 0 }
    }
}

/// A text under reading.
struct Page<'p> {
    prose: &'p Prose,
    text: &'p str,
    tokens: &'p [Token<'p>],
    lines: &'p [&'p str],
    words: &'p HashMap<&'p str, Word>,
}

impl Page<'_> {
    fn token(&self, at: usize) -> Option<&Token<'_>> {
        self.tokens.get(at)
    }

    /// The word before, on the same line.
    fn before(&self, at: usize) -> Option<&Token<'_>> {
        let before = self.token(at.checked_sub(1)?)?;
        self.token(at).filter(|token| token.line == before.line).map(|_| before)
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
                let sentence = last.stopped && last.word.chars().count() > 1 && !is_title(last.word);
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
            while first < end && self.token(first).is_some_and(|token| is_title(token.word)) {
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
        let rules = &self.prose.rules;
        let is_body = |token: &Token<'_>| rules.bodies.contains(&token.lower);
        let body = self.tokens.get(first..end)?.iter().any(is_body) || self.after(end - 1).is_some_and(is_body);
        let behind = self.after(end - 1).and_then(|t| self.prose.after.get(&t.lower)).copied().unwrap_or(0.0);
        let mut best: Option<Candidate> = None;
        for start in first..end {
            for stop in start + 1..=end.min(start + WORDS) {
                let Some(mut bits) = self.form(start, stop) else { continue };
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
    fn form(&self, start: usize, stop: usize) -> Option<f64> {
        let words = self.tokens.get(start..stop)?;
        let core: Vec<&Token<'_>> = words.iter().filter(|token| !is_particle(token.word)).collect();
        if core.is_empty() || words.last().is_some_and(|last| is_particle(last.word)) {
            return None;
        }
        let word = |token: &Token<'_>| self.words.get(token.word).copied().unwrap_or_default();
        let sum: f64 = core.iter().map(|token| word(token).bits).sum();
        let length = |token: &Token<'_>| token.word.chars().count();
        let mut bits = match core.as_slice() {
            [only] => {
                let opens = self.opens_a_sentence(start);
                let spoken = self.after(stop - 1).is_some_and(|next| matches!(next.word, ":" | ","));
                sum - 1.5 - if opens && !spoken { 0.8 } else { 0.0 } - if length(only) < 3 { 4.0 } else { 0.0 }
            }
            [first, rest @ ..] => {
                let known = word(first).given;
                let initial = matches!(rest, [middle, _] if length(middle) == 1);
                sum * if core.len() == 2 { 0.75 } else { 0.6 }
                    + 0.8
                    + if known { 0.7 } else { 0.0 }
                    + if initial { 2.0 } else { 0.0 }
            }
            [] => return None,
        };
        if core.iter().any(|t| length(t) > 1 && !t.word.chars().any(char::is_lowercase)) {
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
        let second = lead.checked_sub(1).and_then(|at| self.before(at)).map_or("", |token| token.lower.as_str());
        let word = before.map_or("", |token| token.lower.as_str());
        let after = self.after(end - 1);
        let next = after.map_or("", |token| token.lower.as_str());
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
            let above = line.checked_sub(1).and_then(|at| self.lines.get(at)).copied().unwrap_or("");
            if is_of_an_address(above) {
                bits -= 4.5;
            } else if line == 0 && self.lines.len() > 1 {
                bits += 2.0;
            }
        } else if !opens && self.lines.get(line).copied().is_some_and(is_of_an_address) {
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
    let mut words = line.split([' ', ',', '.']).filter(|word| !word.is_empty()).peekable();
    let is_number = |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_digit());
    let first = words.peek().copied().unwrap_or("");
    let mut last = "";
    let mut before = "";
    let mut labelled = false;
    for word in words {
        let lower = before.to_lowercase();
        labelled |= matches!(lower.as_str(), "apt" | "suite" | "unit" | "flat" | "ste" | "box")
            && word.starts_with(|c: char| c.is_ascii_digit());
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
        assert!(prose.rules.example.len() >= 7);
        for example in &prose.rules.example {
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
