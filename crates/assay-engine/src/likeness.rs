//! What an item is like: a digest of its words, and a sketch of its runs of three words, in one pass over its text.
//!
//! Case, white space and punctuation are folded, so that a letter and its PDF are of the same words. Properties and what a
//! reader does not see are left out: they differ between formats of one text. Which items are alike is decided by
//! `assay_analysis::alike`, over all of them; nothing here looks at a second item. Text too short for a sketch gets none.

use assay_evidence::extract::MessageIds;
use assay_model::{Cell, Content, Likeness, Passage, Sensitive, Sketch};
use std::fmt::Write;

/// Runs of words below which the shares of a sketch say little.
const RUNS: u64 = 24;
/// Normalised bytes digested at a time.
const CHUNK: usize = 16 * 1024;

/// One item's passages as they come.
#[derive(Default)]
pub(crate) struct Liking {
    words: Words,
    cell: String,
}

impl Liking {
    /// Takes a passage.
    pub(crate) fn take(&mut self, passage: &Passage) {
        if passage.hidden || passage.part == "properties" {
            return;
        }
        match &passage.content {
            Content::Text { text, .. } => self.words.take(text),
            Content::Table(table) => {
                for cell in table.rows.iter().flatten() {
                    match cell {
                        Cell::Empty => {}
                        Cell::Text(text) => self.words.take(text),
                        other => {
                            self.cell.clear();
                            // Writing to a string does not fail.
                            let _ = write!(self.cell, "{}", other.text());
                            self.words.take(&self.cell);
                        }
                    }
                }
            }
        }
    }

    /// The likeness of the item.
    pub(crate) fn done(self, message: &MessageIds) -> Likeness {
        let (words, sketch) = self.words.done();
        let token = |id: &Sensitive<String>| {
            let digest = blake3::hash(id.reveal().as_bytes());
            digest.as_bytes().first_chunk().map(|head| u64::from_le_bytes(*head))
        };
        Likeness {
            words,
            sketch,
            message: message.own.as_ref().and_then(token),
            refers: message.refers.iter().filter_map(token).collect(),
        }
    }
}

/// Words as they come: folded into a buffer that is digested when it is full, and hashed into the sketch.
struct Words {
    hasher: blake3::Hasher,
    folded: Vec<u8>,
    /// Where the word under way begins in `folded`.
    word: usize,
    before: [u64; 2],
    count: u64,
    least: [u32; 32],
}

impl Default for Words {
    fn default() -> Self {
        let hasher = blake3::Hasher::new();
        Self { hasher, folded: Vec::new(), word: 0, before: [0; 2], count: 0, least: [u32::MAX; 32] }
    }
}

impl Words {
    /// Takes a text whose end ends a word.
    fn take(&mut self, text: &str) {
        let bytes = text.as_bytes();
        let mut at = 0;
        while let Some(&byte) = bytes.get(at) {
            let folded = FOLD[usize::from(byte)];
            if folded > 1 {
                self.folded.push(folded);
                at += 1;
            } else if folded == 0 {
                self.end_word();
                at += 1;
            } else {
                // Text is UTF-8 and `at` stands at the beginning of a character.
                let Some(character) = text.get(at..).and_then(|rest| rest.chars().next()) else { break };
                self.other(character);
                at += character.len_utf8();
            }
        }
        self.end_word();
    }

    /// A character beyond ASCII.
    fn other(&mut self, character: char) {
        match character {
            // A soft hyphen, a joiner or a mark of direction stands in a word and is no letter of it.
            '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}' => {}
            letter if letter.is_alphanumeric() => {
                let mut buffer = [0; 4];
                for small in letter.to_lowercase() {
                    self.folded.extend_from_slice(small.encode_utf8(&mut buffer).as_bytes());
                }
            }
            _ => self.end_word(),
        }
    }

    fn end_word(&mut self) {
        let Some(word) = self.folded.get(self.word..).filter(|word| !word.is_empty()) else { return };
        let hash = hash(word);
        self.count += 1;
        if self.count > 2 {
            let [first, second] = self.before;
            let run = mix(first.wrapping_mul(3).wrapping_add(second).wrapping_mul(3).wrapping_add(hash));
            let value = (run >> 8) as u32;
            if let Some(least) = self.least.get_mut((run >> 59) as usize) {
                *least = value.min(*least);
            }
        }
        self.before = [self.before[1], hash];
        self.folded.push(b' ');
        if self.folded.len() >= CHUNK {
            self.hasher.update(&self.folded);
            self.folded.clear();
        }
        self.word = self.folded.len();
    }

    fn done(mut self) -> (Option<[u8; 16]>, Option<Sketch>) {
        if self.count == 0 {
            return (None, None);
        }
        self.hasher.update(&self.folded);
        let words = self.hasher.finalize().as_bytes().first_chunk().copied();
        if self.count < RUNS + 2 {
            return (words, None);
        }
        // A class without a run takes the least of the next that has one, changed by the distance, so that empty classes agree
        // as often as full ones do (Shrivastava and Li 2014).
        let least = &self.least;
        let filled = |n: usize| {
            let found =
                (0..32).find_map(|step| Some((step, *least.get((n + step) % 32)?)).filter(|(_, v)| *v != u32::MAX));
            let (step, value) = found.unwrap_or_default();
            (value as u16).wrapping_add(40_503u16.wrapping_mul(step as u16))
        };
        (words, Some(Sketch(std::array::from_fn(filled))))
    }
}

/// For each byte: what it folds to; 0 where it parts words, 1 where it belongs to a character beyond ASCII.
static FOLD: [u8; 256] = {
    let mut fold = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        fold[byte] = match byte as u8 {
            b @ (b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z') => b.to_ascii_lowercase(),
            128.. => 1,
            _ => 0,
        };
        byte += 1;
    }
    fold
};

/// A hash of a word; of no use against somebody who wants two words to meet, who gains an odd line in a list by it.
fn hash(word: &[u8]) -> u64 {
    let mut hash = word.len() as u64;
    let mut chunks = word.chunks_exact(8);
    for chunk in chunks.by_ref() {
        hash = mix(hash ^ chunk.try_into().map_or(0, u64::from_le_bytes));
    }
    let mut rest = [0; 8];
    rest.iter_mut().zip(chunks.remainder()).for_each(|(to, from)| *to = *from);
    mix(hash ^ u64::from_le_bytes(rest))
}

/// The finaliser of SplitMix64 (Steele, Lea and Flood 2014).
fn mix(value: u64) -> u64 {
    let value = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use assay_model::{Recovery, Table};

    fn likeness(passages: &[Passage], message: &MessageIds) -> Likeness {
        let mut liking = Liking::default();
        passages.iter().for_each(|passage| liking.take(passage));
        liking.done(message)
    }

    fn passage(part: &str, content: Content) -> Passage {
        Passage { part: part.into(), hidden: false, recovery: Recovery::Stored, content }
    }

    fn text(text: &str) -> Likeness {
        let passage = passage("body", Content::Text { first_line: 1, text: text.into() });
        likeness(&[passage], &MessageIds::default())
    }

    fn letter(changed: usize) -> String {
        let word = |n: usize| if n < changed { format!("other{n}") } else { format!("word{}", n * n % 997) };
        (0..400).map(word).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn the_same_words_in_another_shape_have_one_digest() {
        let plain = text("Dear Mrs O'Neill,\n\nyour result is 7.5; caf\u{e9}.");
        assert_eq!(plain.words, text("DEAR  MRS O NEILL your re\u{ad}sult is 7 5 CAF\u{c9}").words);
        assert_ne!(plain.words, text("Dear Mrs O'Neill, your result is 7.6; caf\u{e9}.").words);
        let rows = vec![vec![Cell::Text("Dear Mrs O'Neill, your result is".into()), Cell::Number(7.5)]];
        let table = Content::Table(Table { rows, ..Table::default() });
        let rest = Content::Text { first_line: 1, text: "caf\u{e9}".into() };
        let author = Content::Text { first_line: 1, text: "author: A".into() };
        let passages = [passage("sheet", table), passage("properties", author), passage("", rest)];
        assert_eq!(plain.words, likeness(&passages, &MessageIds::default()).words);
        assert_eq!(text(" \n--- ").words, None);
    }

    #[test]
    fn a_sketch_tells_near_from_far() {
        let sketch = |changed| text(&letter(changed)).sketch.unwrap();
        let agreement = |changed| sketch(0).agreement(&sketch(changed));
        assert_eq!(agreement(0), 32);
        assert!(agreement(8) >= 27, "{}", agreement(8));
        assert!(agreement(200) < 20, "{}", agreement(200));
        assert!(agreement(400) < 4, "{}", agreement(400));
        assert_eq!(text("too few words for a sketch").sketch, None);
    }

    #[test]
    fn a_long_text_is_digested_in_pieces() {
        let long = letter(0).repeat(40);
        assert_eq!(text(&long).words, text(&long.to_uppercase()).words);
        assert_ne!(text(&long).words, text(&format!("{long} end")).words);
    }

    #[test]
    fn ids_of_messages_travel_as_digests() {
        let id = |text: &str| Sensitive::new(text.to_owned());
        let message = MessageIds { own: Some(id("a@b")), refers: vec![id("c@d"), id("a@b")] };
        let likeness = likeness(&[], &message);
        assert_eq!(likeness.refers.last().copied(), likeness.message);
        assert_ne!(likeness.refers.first().copied(), likeness.message);
    }
}
