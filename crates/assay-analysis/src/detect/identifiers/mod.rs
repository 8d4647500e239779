//! Identifiers in text, found by rules that are data (`rules/detect/identifiers.toml`) in one pass.
//!
//! The pass looks for *signs*: a digit, `@`, `:`, `=`. Every shape holds one, and text without any is left at the speed of
//! memory. Around a sign the few starts that a value may have are tried against a few automata that hold all shapes of that sign;
//! only where a shape fits are its checks run, and only where these pass are the words before (and closely behind) it
//! looked at, which raise it or say that it is something else. No rule is searched for by itself, and the work is linear in the
//! text: every start walks [`REACH`] bytes at most, every byte is looked at for words once.
//!
//! Whose an identifier is is not decided here.

mod checks;
mod rules;
mod shapes;
mod words;

#[cfg(test)]
mod tests;

use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use assay_model::Element;
use memchr::memmem;

use super::rules::RuleError;
pub(crate) use checks::Candidate;
use rules::{Needs, Rule};
use shapes::{Fit, Shapes, Sign, Walks};
use words::{Seen, Words};

/// Bytes that one start walks at most.
const REACH: usize = 192;
/// Bytes behind a value in which words are looked at, at most.
const BEHIND: usize = 24;
/// Confidence of a value in whose later groups no other is looked for.
const SURE: f32 = 0.75;
/// Bytes of a word before a sign that are looked at for the start of a value.
const BACK: usize = 64;

/// The rules, compiled; one for all texts of a case.
#[derive(Debug)]
pub struct Identifiers {
    rules: Vec<Rule>,
    digit: Shapes,
    at: Shapes,
    assignment: Shapes,
    /// Begin of what holds no sign, with its shapes.
    literal: Option<(memmem::Finder<'static>, Shapes)>,
    words: Words,
    /// Of each thread that searched at a time, what it had made to walk.
    walking: Mutex<Vec<Walking>>,
}

/// The walks of each sign.
#[derive(Debug)]
struct Walking {
    digit: Walks,
    at: Walks,
    assignment: Walks,
    literal: Option<Walks>,
}

/// What stands around a value that speaks for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Context {
    /// Nothing.
    None,
    /// One of its rule's words within the rule's distance.
    Near,
    /// One of its rule's words right before it; where that word begins, in bytes.
    Label(usize),
}

/// An identifier in a text.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Hit {
    /// The number of its rule; [`Identifiers::rule`] gives its word.
    pub rule: u16,
    /// What it is.
    pub element: Element,
    /// Its first byte.
    pub start: usize,
    /// The byte behind it.
    pub end: usize,
    /// How sure the rule is with what stands around, 0 to 1.
    pub confidence: f32,
    /// What stands around.
    pub context: Context,
}

impl Hit {
    fn overlaps(&self, other: &Self) -> bool {
        self.start < other.end && other.start < self.end
    }

    fn is_better_than(&self, other: &Self) -> bool {
        let (length, other_length) = (self.end - self.start, other.end - other.start);
        (self.confidence, length) > (other.confidence, other_length)
    }
}

static SHIPPED: LazyLock<Result<Arc<Identifiers>, String>> = LazyLock::new(|| {
    rules::shipped()
        .and_then(|(rules, groups)| Identifiers::compile(rules, &groups))
        .map(Arc::new)
        .map_err(|e| e.to_string())
});

/// Where the shape of a rule fits to.
#[derive(Clone, Copy, Debug)]
struct End {
    rule: u16,
    end: usize,
}

/// What one pass carries along.
struct Pass<'t> {
    bytes: &'t [u8],
    seen: Seen,
    fits: Vec<Fit>,
    ends: Vec<End>,
    work: u64,
}

impl Identifiers {
    /// The rules that ship with the program, compiled once a process.
    ///
    /// # Errors
    /// A rule file out of form.
    pub fn shipped() -> Result<Arc<Self>, RuleError> {
        SHIPPED.clone().map_err(|reason| RuleError::Matcher { file: rules::FILE, reason })
    }

    /// The shipped rules and those of a case, each the text of one rule's table.
    ///
    /// # Errors
    /// A rule out of form; its number in the case, its field and what to do are named.
    pub fn with(own: &[String]) -> Result<Arc<Self>, RuleError> {
        if own.is_empty() {
            return Self::shipped();
        }
        let (mut all, mut groups) = rules::shipped()?;
        rules::add_own(own, &mut all, &mut groups)?;
        Self::compile(all, &groups).map(Arc::new)
    }

    fn compile(rules: Vec<Rule>, groups: &rules::Groups) -> Result<Self, RuleError> {
        let of = |sign: Sign| Shapes::new(sign, rules.iter().enumerate());
        let literals: Vec<&str> = rules.iter().filter_map(|rule| rule.literal.as_deref()).collect();
        if literals.windows(2).any(|pair| pair[0] != pair[1]) {
            return Err(RuleError::Matcher { file: rules::FILE, reason: "more than one literal".to_owned() });
        }
        let literal = match literals.first() {
            Some(literal) => Some((memmem::Finder::new(literal).into_owned(), of(Sign::Literal)?)),
            None => None,
        };
        let (digit, at, assignment) = (of(Sign::Digit)?, of(Sign::At)?, of(Sign::Assignment)?);
        let words = Words::new(groups)?;
        Ok(Self { digit, at, assignment, literal, words, rules, walking: Mutex::new(Vec::new()) })
    }

    /// The word of a hit's rule, as detectors are named in findings.
    pub fn rule(&self, hit: &Hit) -> &str {
        self.rules.get(usize::from(hit.rule)).map_or("", |rule| &rule.id)
    }

    /// A hit's value in the form in which it is kept and compared.
    pub fn value(&self, hit: &Hit, text: &str) -> Option<String> {
        self.written(hit, text.get(hit.start..hit.end)?)
    }

    /// As [`Identifiers::value`], of the piece of text that the hit is.
    pub(super) fn written(&self, hit: &Hit, piece: &str) -> Option<String> {
        self.rules.get(usize::from(hit.rule))?.value.written(piece)
    }

    /// Adds the identifiers of a text, by place; none overlaps another, of two readings the surer stands.
    pub fn find(&self, text: &str, hits: &mut Vec<Hit>) {
        self.find_counted(text, hits);
    }

    /// As [`Identifiers::find`]; says how many bytes were stepped over by shapes, words and checks, which is what
    /// keeps the time linear.
    pub fn find_counted(&self, text: &str, hits: &mut Vec<Hit>) -> u64 {
        let first = hits.len();
        let bytes = text.as_bytes();
        let mut walking = self.walking();
        let mut pass = Pass { bytes, seen: self.words.begin(), fits: Vec::new(), ends: Vec::new(), work: 0 };
        let mut from = 0;
        while let Some(sign) = next_sign(bytes, from) {
            from = match bytes.get(sign) {
                Some(b'@') => {
                    let walks = &mut walking.at;
                    self.try_at((&self.at, walks), mail_start(bytes, sign), &mut pass, hits, first);
                    sign + 1
                }
                Some(b':' | b'=') => {
                    if let Some(start) = assignment_start(bytes, sign) {
                        let walks = &mut walking.assignment;
                        self.try_at((&self.assignment, walks), start, &mut pass, hits, first);
                    }
                    sign + 1
                }
                _ => self.digit(sign, from, &mut walking.digit, (&mut pass, hits), first),
            };
        }
        if let (Some((finder, shapes)), Some(walks)) = (&self.literal, &mut walking.literal) {
            for start in finder.find_iter(bytes) {
                self.try_at((shapes, walks), start, &mut pass, hits, first);
            }
        }
        self.walking.lock().unwrap_or_else(PoisonError::into_inner).push(walking);
        if let Some(new) = hits.get_mut(first..).filter(|new| !new.is_sorted_by_key(|hit| hit.start)) {
            new.sort_by_key(|hit| hit.start);
        }
        pass.work
    }

    fn walking(&self) -> Walking {
        let known = self.walking.lock().unwrap_or_else(PoisonError::into_inner).pop();
        known.unwrap_or_else(|| Walking {
            digit: self.digit.begin(),
            at: self.at.begin(),
            assignment: self.assignment.begin(),
            literal: self.literal.as_ref().map(|(_, shapes)| shapes.begin()),
        })
    }

    /// Tries the starts that a value around the digit at `sign` may have; gives the end of the digit's word.
    fn digit(
        &self,
        sign: usize,
        from: usize,
        walks: &mut Walks,
        (pass, hits): (&mut Pass<'_>, &mut Vec<Hit>),
        first: usize,
    ) -> usize {
        let bytes = pass.bytes;
        let back = bytes.get(from.max(sign.saturating_sub(BACK))..sign).unwrap_or_default();
        let start = sign - back.iter().rev().take_while(|b| is_word(**b)).count();
        let rest = bytes.get(sign..).unwrap_or_default();
        let end = sign + rest.iter().position(|b| !is_word(*b)).unwrap_or(rest.len());
        pass.work += (end - start) as u64;
        // A later group of what is surely something already.
        if hits.get(first..).and_then(|new| new.last()).is_some_and(|last| last.confidence >= SURE && last.end >= end) {
            return end;
        }
        let before = |n: usize| start.checked_sub(n).and_then(|at| bytes.get(at)).copied().unwrap_or(b' ');
        if is_word(before(1)) && start > 0 {
            return end;
        }
        match before(1) {
            // `AB 12 34 56 C`: the value begins with the short word before.
            b' ' | b'-' => {
                let short = (2..=6).take_while(|n| start >= *n && before(*n).is_ascii_alphabetic()).count();
                if (1..=5).contains(&short) && !(start > short + 1 && is_word(before(short + 2))) {
                    self.try_at((&self.digit, &mut *walks), start - short - 1, pass, hits, first);
                }
            }
            b'+' | b'(' => {
                let opens = usize::from(before(1) == b'+' && before(2) == b'(');
                self.try_at((&self.digit, &mut *walks), start - 1 - opens, pass, hits, first);
            }
            // The later groups of an address of version 6.
            b':' => {
                let hex = |n: &usize| start >= *n && (before(*n).is_ascii_hexdigit() || before(*n) == b':');
                let length = (1..=30).take_while(hex).count();
                if !(start > length && is_word(before(length + 1))) {
                    self.try_at((&self.digit, &mut *walks), start - length, pass, hits, first);
                }
            }
            _ => {}
        }
        self.try_at((&self.digit, walks), start, pass, hits, first);
        end
    }

    fn try_at(
        &self,
        (shapes, walks): (&Shapes, &mut Walks),
        start: usize,
        pass: &mut Pass<'_>,
        hits: &mut Vec<Hit>,
        first: usize,
    ) {
        let mut fits = std::mem::take(&mut pass.fits);
        pass.work += shapes.walk(walks, pass.bytes, start, &mut fits);
        if let Some(last) = fits.iter().map(|fit| fit.end).max() {
            pass.work += self.words.look(pass.bytes, start, last + BEHIND, &mut pass.seen);
            let present = pass.seen.near(start);
            let mut ends = std::mem::take(&mut pass.ends);
            let in_the_way = in_the_way(hits, first, start);
            // Most shapes want a word that is not there.
            for fit in &fits {
                let Some(set) = walks.set(*fit).filter(|set| set.may_pass(present)) else { continue };
                let passing = set.rules.iter().filter(|wanting| wanting.may_pass(present, in_the_way));
                ends.extend(passing.map(|wanting| End { rule: wanting.rule, end: fit.end }));
            }
            self.judge_all(&mut ends, present, start, pass, hits, first);
            ends.clear();
            pass.ends = ends;
        }
        fits.clear();
        pass.fits = fits;
    }

    /// Judges what fits from one start: of each rule the longest that passes.
    fn judge_all(
        &self,
        ends: &mut [End],
        present: u128,
        start: usize,
        pass: &mut Pass<'_>,
        hits: &mut Vec<Hit>,
        first: usize,
    ) {
        let Some(one) = ends.first().copied() else { return };
        if ends.len() > 1 {
            ends.sort_unstable_by_key(|end| (end.rule, std::cmp::Reverse(end.end)));
        }
        let mut candidate = Candidate::new(pass.bytes, start, one.end);
        let mut done = None;
        for end in ends.iter() {
            if done == Some(end.rule) {
                continue;
            }
            let Some(rule) = self.rules.get(usize::from(end.rule)) else { continue };
            // Whatever it would be found to be, what was found before is surer.
            let most = rule.confidence.max(rule.confidence_in_context);
            if in_the_way(hits, first, start).is_some_and(|confidence| confidence > most) {
                continue;
            }
            candidate.reach(end.end);
            let judged = self.judge(rule, *end, (&candidate, present), start, pass);
            // What may end inside a word ends where its shape does; what its surroundings refuse, they refuse of any length.
            if rule.open_end || !matches!(judged, Judged::Unfit) {
                done = Some(end.rule);
            }
            if let Judged::Hit(hit) = judged {
                keep(hit, hits, first);
            }
        }
    }

    fn judge(
        &self,
        rule: &Rule,
        at: End,
        (candidate, present): (&Candidate<'_>, u128),
        start: usize,
        pass: &mut Pass<'_>,
    ) -> Judged {
        let End { rule: number, end } = at;
        let beside = |at: Option<usize>| at.and_then(|at| pass.bytes.get(at)).copied();
        if beside(start.checked_sub(1)).is_some_and(|b| rule.never_before.contains(&b)) {
            return Judged::Refused;
        }
        if beside(Some(end)).is_some_and(|b| rule.never_after.contains(&b)) {
            return Judged::Unfit;
        }
        pass.work += (end - start) as u64;
        if !rule.checks.iter().all(|check| check.passes(candidate)) {
            return Judged::Unfit;
        }
        let mut context = Context::None;
        if (rule.context | rule.denied) & present != 0 {
            let Some(around) = pass.seen.around(pass.bytes, (start, end), rule) else { return Judged::Refused };
            context = around;
        }
        let fits = match (rule.needs, context) {
            (Needs::Nothing, _) | (Needs::Context, Context::Near) | (_, Context::Label(_)) => true,
            (Needs::Context, Context::None) | (Needs::Label, _) => false,
        };
        if !fits {
            return Judged::Refused;
        }
        let confidence = if context == Context::None { rule.confidence } else { rule.confidence_in_context };
        Judged::Hit(Hit { rule: number, element: rule.element, start, end, confidence, context })
    }
}

/// What becomes of a piece of text whose shape fits a rule.
enum Judged {
    Hit(Hit),
    /// Its checks refuse it; a shorter piece may pass.
    Unfit,
    /// What stands around refuses it.
    Refused,
}

/// How sure the last hit is, if it reaches over `start`: what begins there and cannot be as sure is looked at in vain.
fn in_the_way(hits: &[Hit], first: usize, start: usize) -> Option<f32> {
    let last = hits.get(first..).and_then(|new| new.last())?;
    (last.start <= start && start < last.end).then_some(last.confidence)
}

/// Adds a hit unless a surer one overlaps it; those that it is surer than go.
fn keep(hit: Hit, hits: &mut Vec<Hit>, first: usize) {
    while let Some(last) = hits.get(first..).and_then(|new| new.last()) {
        if !last.overlaps(&hit) {
            // Starts go back by a word at most: the one before may be reached.
            let before = hits.len().checked_sub(2).filter(|at| *at >= first).and_then(|at| hits.get(at));
            if before.is_some_and(|before| before.overlaps(&hit)) {
                let at = hits.len() - 2;
                if hit.is_better_than(&hits[at]) {
                    hits.remove(at);
                    continue;
                }
                return;
            }
            break;
        }
        if !hit.is_better_than(last) {
            return;
        }
        hits.pop();
    }
    hits.push(hit);
}

/// Letters, digits and `_`.
const WORD: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = (byte as u8).is_ascii_alphanumeric() || byte as u8 == b'_';
        byte += 1;
    }
    table
};

fn is_word(byte: u8) -> bool {
    WORD[usize::from(byte)]
}

/// The next digit, `:`, `=` or `@`: all but `;` `<` `>` `?` of one stretch of the code.
fn is_sign(byte: u8) -> bool {
    byte.wrapping_sub(b'0') <= 10 || byte == b'=' || byte == b'@'
}

/// The place of the next sign from `from` on. Whole blocks without one are passed over in a form that compiles to vectors.
fn next_sign(bytes: &[u8], from: usize) -> Option<usize> {
    const BLOCK: usize = 64;
    let rest = bytes.get(from..)?;
    // Mostly the next is near.
    if let Some(near) = rest.iter().take(8).position(|b| is_sign(*b)) {
        return Some(from + near);
    }
    let mut at = from;
    for block in rest.chunks(BLOCK) {
        if block.iter().fold(false, |any, b| any | is_sign(*b))
            && let Some(near) = block.iter().position(|b| is_sign(*b))
        {
            return Some(at + near);
        }
        at += block.len();
    }
    None
}

fn mail_start(bytes: &[u8], at: usize) -> usize {
    let back = bytes.get(at.saturating_sub(BACK)..at).unwrap_or_default();
    let local = |b: &u8| b.is_ascii_alphanumeric() || b"._%+-'&=/".contains(b);
    let mut start = at - back.iter().rev().take_while(|b| local(b)).count();
    // A quotation mark, or `name=` of a form, is no part of it.
    while start < at && bytes.get(start).is_some_and(|b| b"'.=/&%".contains(b)) {
        start += 1;
    }
    let local = bytes.get(start..at).unwrap_or_default();
    start + local.iter().rposition(|b| *b == b'=').map_or(0, |place| place + 1)
}

/// Where the word before a `:` or `=` begins, over a closing quotation mark and blanks.
fn assignment_start(bytes: &[u8], sign: usize) -> Option<usize> {
    let back = bytes.get(sign.saturating_sub(BACK)..sign)?;
    let blank = back.iter().rev().take(3).take_while(|b| b" \t\"'".contains(b)).count();
    let word = back.iter().rev().skip(blank).take_while(|b| is_word(**b) || b".-+".contains(b)).count();
    (word > 1).then(|| sign - blank - word)
}
