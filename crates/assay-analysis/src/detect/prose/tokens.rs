//! A text as words and signs, with what of its form speaks for or against a name.

use std::borrow::Cow;

use super::super::names::{is_particle, is_title};
use super::Prose;
use crate::reference;

/// A word or sign of a text.
pub(super) struct Token<'t> {
    pub(super) start: usize,
    pub(super) end: usize,
    /// Without the full stop of an abbreviation or a sentence, and without `'s`.
    pub(super) word: &'t str,
    /// Written large, or taken as if.
    pub(super) large: bool,
    /// Of a word written large: its place among the words that are known of.
    pub(super) known: usize,
    /// `'s` stands at its end.
    pub(super) possessive: bool,
    /// A full stop stands at its end.
    pub(super) stopped: bool,
    pub(super) line: usize,
    /// True where one blank and nothing else stands before it.
    pub(super) joined: bool,
}

impl Token<'_> {
    /// In small letters.
    pub(super) fn lower(&self) -> Cow<'_, str> {
        let is_small = self.word.bytes().all(|b| b.is_ascii() && !b.is_ascii_uppercase());
        if is_small { Cow::Borrowed(self.word) } else { Cow::Owned(self.word.to_lowercase()) }
    }

    pub(super) fn is(&self, word: &str) -> bool {
        self.word.eq_ignore_ascii_case(word)
    }

    /// Its characters, as far as two are told from one.
    pub(super) fn is_initial(&self) -> bool {
        self.word.chars().nth(1).is_none()
    }
}

impl Prose {
    pub(super) fn tokens<'t>(&self, text: &'t str) -> Vec<Token<'t>> {
        let mut tokens: Vec<Token<'t>> = Vec::with_capacity(text.len() / 6);
        let mut line = 0;
        let mut at = 0;
        while let Some((first, length)) = character(text, at) {
            let start = at;
            at += length;
            if first == ' ' {
                continue;
            }
            line += usize::from(first == '\n');
            if first.is_whitespace() {
                continue;
            }
            if first.is_alphanumeric() {
                let rest = text.as_bytes().get(at..).unwrap_or_default();
                at += rest.iter().position(|b| !b.is_ascii_alphanumeric()).unwrap_or(rest.len());
                while let Some((next, length)) = character(text, at) {
                    // An apostrophe or a hyphen between letters is part of the word.
                    let inner = matches!(next, '\'' | '\u{2019}' | '-')
                        && character(text, at + length).is_some_and(|(after, _)| after.is_alphabetic());
                    if !(next.is_alphanumeric() || inner) {
                        break;
                    }
                    at += length;
                }
            }
            let whole = text.get(start..at).unwrap_or_default();
            let stopped = first.is_alphabetic() && text.as_bytes().get(at) == Some(&b'.');
            at += usize::from(stopped);
            let ends_in_s = whole.ends_with(['s', 'S']);
            let suffix = ["'s", "\u{2019}s", "'S", "\u{2019}S"].iter().filter(|_| ends_in_s);
            let word = suffix.filter_map(|s| whole.strip_suffix(s)).next().unwrap_or(whole);
            let possessive = word.len() < whole.len();
            let joined = tokens.last().is_some_and(|before| {
                before.end + 1 == start && text.as_bytes().get(before.end) == Some(&b' ') && before.line == line
            });
            let large = first.is_uppercase();
            tokens.push(Token { start, end: at, word, large, known: 0, possessive, stopped, line, joined });
        }
        if !tokens.iter().any(|token| token.large) {
            self.lift(&mut tokens);
        }
        for token in &mut tokens {
            token.large = token.large && !self.never.has(token.word);
        }
        tokens
    }

    /// In a text without capitals: words that are names and no words, those that a cue announces, and what stands right after one.
    fn lift(&self, tokens: &mut [Token<'_>]) {
        let open =
            |word: &str| word.chars().count() > 2 && word.chars().all(|c| c.is_alphabetic() || c == '-' || c == '\'');
        let is_word = |token: &Token<'_>| {
            let common = self.never.get(token.word) == Some(&true) || self.bodies.has(token.word);
            common || reference::known_as_written(token.word).level.is_some()
        };
        let mut lifted = vec![false; tokens.len()];
        for (at, token) in tokens.iter().enumerate() {
            let lists = reference::known_as_written(token.word);
            let known = lists.given > 200 || lists.surname > 200;
            let name_is = at >= 2
                && tokens.get(at - 1).is_some_and(|t| t.is("is"))
                && tokens.get(at - 2).is_some_and(|t| t.is("name"));
            let after_title = at >= 1 && tokens.get(at - 1).is_some_and(|t| is_title(t.word) || t.is("dear"));
            let alone = known && !is_word(token) && !lists.town;
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
}

/// The character at a byte of a text, with its bytes.
fn character(text: &str, at: usize) -> Option<(char, usize)> {
    match text.as_bytes().get(at) {
        Some(byte) if byte.is_ascii() => Some((char::from(*byte), 1)),
        _ => text.get(at..)?.chars().next().map(|character| (character, character.len_utf8())),
    }
}
