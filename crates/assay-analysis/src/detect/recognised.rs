//! What was recognised in a picture is weaker evidence than what stood in the file: mentions in it say so, and are less sure.
//!
//! Recognisers take a nought for an O and a one for an l. Where a number of the NHS's form fails only for one such letter and
//! passes its check with the digit in its place, it is taken, and is surer of nothing else. A digit is never changed for a digit:
//! the check would pass one in eleven of any. They also take the colon after a label for a semicolon.

use super::numbers::{digits, nhs_number};
use assay_model::{Cell, Content, Element, Mention, Passage, Recovery, Value};
use std::collections::BTreeSet;

/// What a mended number is worth beside one that was read as it stands.
const MENDED: f32 = 0.7;

/// Passages with their numbers mended, and the numbers.
#[derive(Default)]
pub(super) struct Mended {
    pub(super) passages: Option<Vec<Passage>>,
    numbers: BTreeSet<String>,
    /// Whether the colon after a label was mended.
    colons: bool,
}

/// Words that a label has at most.
const LABEL: usize = 4;

impl Mended {
    /// Mends numbers in passages that were recognised; there are mostly none.
    pub(super) fn of(passages: &[Passage]) -> Self {
        let mut mended = Self::default();
        if !passages.iter().any(|passage| matches!(passage.recovery, Recovery::Recognised { .. })) {
            return mended;
        }
        let mut all = passages.to_vec();
        for passage in all.iter_mut().filter(|passage| matches!(passage.recovery, Recovery::Recognised { .. })) {
            match &mut passage.content {
                Content::Text { text, .. } => mended.mend(text),
                Content::Table(table) => {
                    for cell in table.rows.iter_mut().flatten() {
                        if let Cell::Text(text) = cell {
                            let mut words = String::from(&**text);
                            mended.mend(&mut words);
                            *text = words.into();
                        }
                    }
                }
            }
        }
        if !mended.numbers.is_empty() || mended.colons {
            mended.passages = Some(all);
        }
        mended
    }

    fn mend(&mut self, text: &mut String) {
        let mut lines = Vec::new();
        for line in text.split('\n') {
            let line = self.with_colon(line);
            lines.push(self.mended_line(&line));
        }
        *text = lines.join("\n");
    }

    /// A line whose beginning is a few words of letters and a semicolon, with a colon in its place: the words of a label, as
    /// any others of that form, stand before what they are about.
    fn with_colon(&mut self, line: &str) -> String {
        let mut line = line.to_owned();
        if let Some((before, after)) = line.split_once(';')
            && (1..=LABEL).contains(&before.split_whitespace().count())
            && before.chars().all(|c| c.is_alphabetic() || matches!(c, ' ' | '\t' | '.' | '/' | '\''))
            && (after.is_empty() || after.starts_with([' ', '\t']))
        {
            let at = before.len();
            line.replace_range(at..=at, ":");
            self.colons = true;
        }
        line
    }

    /// A line in which runs of one to three words that make a number all but for one letter have the digit in its place.
    fn mended_line(&mut self, line: &str) -> String {
        let mut line = line.to_owned();
        let words: Vec<(usize, usize)> = spans(&line);
        for first in 0..words.len() {
            for last in first..words.len().min(first + 3) {
                let (Some((start, _)), Some((_, end))) = (words.get(first), words.get(last)) else { continue };
                let Some(run) = line.get(*start..*end) else { continue };
                if let Some((mended, number)) = mended_run(run) {
                    // One byte for another: the places of the words stay.
                    line.replace_range(*start..*end, &mended);
                    self.numbers.insert(number);
                }
            }
        }
        line
    }

    /// Says of a mention how its passage was come by, and makes its findings as much less sure.
    pub(super) fn weigh(&self, mention: &mut Mention, recovery: Recovery) {
        mention.recovery = recovery;
        let Recovery::Recognised { confidence } = recovery else { return };
        for finding in &mut mention.findings {
            finding.confidence *= f32::from(confidence.min(100)) / 100.0;
            if finding.element == Element::NhsNumber
                && let Value::Text(number) = finding.value.reveal()
                && self.numbers.contains(number)
            {
                finding.confidence *= MENDED;
            }
        }
    }
}

fn spans(line: &str) -> Vec<(usize, usize)> {
    let mut spans = Vec::new();
    let mut start = None;
    for (at, character) in line.char_indices().chain([(line.len(), ' ')]) {
        match (character.is_whitespace(), start) {
            (false, None) => start = Some(at),
            (true, Some(from)) => {
                spans.push((from, at));
                start = None;
            }
            _ => {}
        }
    }
    spans
}

/// A run with its one letter made a digit, and the number that it then is.
fn mended_run(run: &str) -> Option<(String, String)> {
    let plain = run.bytes().filter(|byte| !matches!(byte, b' ' | b'-'));
    if plain.clone().count() != 10 || plain.clone().filter(u8::is_ascii_digit).count() != 9 {
        return None;
    }
    let digit = |byte: u8| match byte {
        b'O' | b'o' | b'D' | b'Q' => Some(b'0'),
        b'l' | b'I' | b'i' | b'|' => Some(b'1'),
        b'Z' | b'z' => Some(b'2'),
        b'S' | b's' => Some(b'5'),
        b'G' => Some(b'6'),
        b'B' => Some(b'8'),
        _ => None,
    };
    let mended: Option<Vec<u8>> = run
        .bytes()
        .map(|byte| if byte.is_ascii_digit() || matches!(byte, b' ' | b'-') { Some(byte) } else { digit(byte) })
        .collect();
    let mended = String::from_utf8(mended?).ok()?;
    digits(&mended)?;
    let number = nhs_number(&mended)?;
    Some((mended, number))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(line: &str, recovery: Recovery) -> Passage {
        let content = Content::Text { first_line: 1, text: line.to_owned() };
        Passage { part: String::new(), hidden: false, recovery, content }
    }

    #[test]
    fn one_letter_for_a_digit_is_mended_and_digits_never() {
        let seen = Recovery::Recognised { confidence: 80 };
        for (read, expected) in [
            ("NHS number: 999 O00 0018", Some("NHS number: 999 000 0018")),
            ("999000001B", Some("9990000018")),
            // Two letters, a check that fails, a word among words.
            ("999 OO0 0018", None),
            ("999 O00 0019", None),
            ("Solihull 999 000 0018", None),
            ("NHS number; 999 000 0018", Some("NHS number: 999 000 0018")),
            ("She came with her mother, who was worried; 3 visits", None),
        ] {
            let mended = Mended::of(&[text(read, seen)]);
            let got = mended.passages.map(|passages| match passages.into_iter().next().unwrap().content {
                Content::Text { text, .. } => text,
                Content::Table(_) => String::new(),
            });
            assert_eq!(got.as_deref(), expected, "{read}");
        }
        assert!(Mended::of(&[text("999 O00 0018", Recovery::Stored)]).passages.is_none());
    }
}
