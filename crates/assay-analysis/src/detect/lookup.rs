//! Small tables of words, looked up as they stand in a text: without regard to case, and without a copy of the word.

/// Words in small letters, each with what it means.
#[derive(Clone, Debug)]
pub(crate) struct Lookup<T> {
    /// Numbers of words from 1, 0 for none; a word lies in the first free slot from its own on.
    slots: Vec<u16>,
    words: Vec<(Box<str>, T)>,
}

impl<T> Lookup<T> {
    /// Of a word that is given twice the last meaning stands.
    pub(crate) fn new<W: AsRef<str>>(words: impl IntoIterator<Item = (W, T)>) -> Self {
        let all: std::collections::BTreeMap<Box<str>, T> =
            words.into_iter().map(|(word, meaning)| (word.as_ref().into(), meaning)).collect();
        let words: Vec<(Box<str>, T)> = all.into_iter().collect();
        let mut slots = vec![0_u16; (words.len() * 2 + 1).next_power_of_two()];
        for (number, (word, _)) in (1..=u16::MAX).zip(&words) {
            let mut slot = hash(word.as_bytes()) & (slots.len() - 1);
            while slots.get(slot).is_some_and(|taken| *taken != 0) {
                slot = (slot + 1) & (slots.len() - 1);
            }
            if let Some(free) = slots.get_mut(slot) {
                *free = number;
            }
        }
        Self { slots, words }
    }

    /// What a word means, in whatever case it is written.
    pub(crate) fn get(&self, word: &str) -> Option<&T> {
        if word.is_ascii() { self.find(word) } else { self.find(&word.to_lowercase()) }
    }

    /// True where it is one of them, in whatever case it is written.
    pub(crate) fn has(&self, word: &str) -> bool {
        self.get(word).is_some()
    }

    fn find(&self, word: &str) -> Option<&T> {
        let mut slot = hash(word.as_bytes()) & (self.slots.len() - 1);
        loop {
            let number = self.slots.get(slot).copied().filter(|number| *number != 0)?;
            let (own, meaning) = self.words.get(usize::from(number) - 1)?;
            if own.eq_ignore_ascii_case(word) {
                return Some(meaning);
            }
            slot = (slot + 1) & (self.slots.len() - 1);
        }
    }
}

impl Lookup<()> {
    /// A table of words that all mean the same.
    pub(crate) fn of<W: AsRef<str>>(words: impl IntoIterator<Item = W>) -> Self {
        Self::new(words.into_iter().map(|word| (word, ())))
    }
}

/// Of the first eight bytes, the last eight and the length; the bit that tells small letters from capitals is set in all.
fn hash(word: &[u8]) -> usize {
    const SMALL: u64 = 0x2020_2020_2020_2020;
    let eight = |bytes: Option<&[u8]>| bytes.and_then(|b| b.try_into().ok()).map_or(0, u64::from_le_bytes);
    let (head, tail) = match word.len() {
        8.. => (eight(word.get(..8)), eight(word.get(word.len() - 8..))),
        _ => (word.iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte | 0x20)), 0),
    };
    let mixed = (head | SMALL).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ (tail | SMALL).wrapping_mul(0xc2b2_ae3d_27d4_eb4f);
    let mixed = (mixed ^ word.len() as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed >> 32) as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn words_are_found_in_any_case_and_others_are_not() {
        let table = Lookup::new([("mr", 1), ("professor", 2), ("größe", 3), ("", 4)]);
        for (word, want) in
            [("Mr", Some(1)), ("PROFESSOR", Some(2)), ("GRÖSSE", None), ("GRÖßE", Some(3)), ("", Some(4))]
        {
            assert_eq!(table.get(word).copied(), want, "{word}");
        }
        assert!(!table.has("professo") && !table.has("m"));
    }

    proptest! {
        #[test]
        fn it_knows_what_a_sorted_list_knows(words in prop::collection::btree_set("[a-z'. -]{0,20}", 0..60), other in "[A-Za-z'. -]{0,12}") {
            let table = Lookup::of(&words);
            for word in &words {
                prop_assert!(table.has(word) && table.has(&word.to_uppercase()));
            }
            prop_assert_eq!(table.has(&other), words.contains(&other.to_lowercase()));
        }
    }
}
