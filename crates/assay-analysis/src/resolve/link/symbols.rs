//! Texts as numbers: one arena, one open table, a number a text. What is compared often is compared as a number.

/// What a text is; the same word as a name and as a town is two symbols.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(in crate::resolve) enum Group {
    Name = 1,
    Nhs,
    Hospital,
    National,
    Postcode,
    Address,
    Email,
    Phone,
    Account,
    Attribute,
    Source,
}

/// Kinds of numbers within a group.
pub(in crate::resolve) const KINDS: u8 = 90;
/// Tags above these are of kinds.
const OF_HOSPITAL: u8 = 64;
const OF_NATIONAL: u8 = OF_HOSPITAL + KINDS;

/// Interned texts. 0 is no text. Numbers follow the order of first use.
#[derive(Clone)]
pub(in crate::resolve) struct Symbols {
    /// Each text behind its tag, a character.
    arena: String,
    ends: Vec<u32>,
    /// The arena's offset in units of 4 GiB where it grows beyond: kept apart, since it hardly ever does.
    high: Vec<u32>,
    /// The upper half of a text's hash, and its number; 0 is free.
    slots: Vec<(u32, u32)>,
}

impl Default for Symbols {
    fn default() -> Self {
        Self { arena: String::new(), ends: vec![0], high: Vec::new(), slots: vec![(0, 0); 1 << 12] }
    }
}

impl Symbols {
    /// The number of a text of a group; 0 for an empty text.
    pub(in crate::resolve) fn intern(&mut self, group: Group, text: &str) -> u32 {
        self.tagged(group as u8, text)
    }

    /// The same for a number of a kind within its group: the body that gave it, from 1; 0 where that is not told. Equal digits of two
    /// kinds are two symbols. Kinds beyond [`KINDS`] are not told apart from what is not told.
    pub(in crate::resolve) fn intern_of(&mut self, group: Group, kind: u8, text: &str) -> u32 {
        let tag = match group {
            Group::Hospital if (1..=KINDS).contains(&kind) => OF_HOSPITAL + kind,
            Group::National if (1..=KINDS).contains(&kind) => OF_NATIONAL + kind,
            _ => group as u8,
        };
        self.tagged(tag, text)
    }

    /// The kind of a number within its group; 0 where it is not told.
    pub(in crate::resolve) fn kind(&self, symbol: u32) -> u8 {
        match self.parts(symbol).0 {
            tag if tag > OF_NATIONAL => tag - OF_NATIONAL,
            tag if tag > OF_HOSPITAL => tag - OF_HOSPITAL,
            _ => 0,
        }
    }

    fn tagged(&mut self, tag: u8, text: &str) -> u32 {
        if text.is_empty() {
            return 0;
        }
        let mask = self.slots.len() - 1;
        let hash = hash(u64::from(tag), text.as_bytes());
        let (mut at, high) = (place_of(hash, mask), (hash >> 32) as u32);
        loop {
            match self.slots.get(at).copied().unwrap_or_default() {
                (_, 0) => break,
                // A text is looked at only where its hash is the same: most that share a place are told apart without.
                (known, symbol) if known == high && self.parts(symbol) == (tag, text) => return symbol,
                _ => at = (at + 1) & mask,
            }
        }
        let symbol = self.push(tag, text);
        if let Some(slot) = self.slots.get_mut(at) {
            *slot = (high, symbol);
        }
        if self.ends.len() * 10 > self.slots.len() * 6 {
            self.grow();
        }
        symbol
    }

    fn push(&mut self, tag: u8, text: &str) -> u32 {
        let symbol = u32::try_from(self.ends.len()).unwrap_or(u32::MAX);
        self.arena.push(char::from(tag));
        self.arena.push_str(text);
        while self.high.len() < self.arena.len() >> 32 {
            self.high.push(symbol);
        }
        self.ends.push(self.arena.len() as u32);
        symbol
    }

    /// Adds the texts of another table that has none of this one's groups; gives what is added to a number of the other. Nothing is interned
    /// after this.
    pub(in crate::resolve) fn append(&mut self, other: Self) -> u32 {
        let added = u32::try_from(self.len() - 1).unwrap_or(u32::MAX);
        self.slots = Vec::new();
        self.arena.reserve_exact(other.arena.len());
        self.ends.reserve_exact(other.ends.len());
        for symbol in 1..other.len() as u32 {
            let (tag, text) = other.parts(symbol);
            self.push(tag, text);
        }
        added
    }

    fn grow(&mut self) {
        let mut slots = vec![(0, 0); self.slots.len() * 2];
        let mask = slots.len() - 1;
        for (high, symbol) in self.slots.drain(..).filter(|(_, symbol)| *symbol != 0) {
            let mut at = place_of(u64::from(high) << 32, mask);
            while slots.get(at).is_some_and(|(_, symbol)| *symbol != 0) {
                at = (at + 1) & mask;
            }
            if let Some(slot) = slots.get_mut(at) {
                *slot = (high, symbol);
            }
        }
        self.slots = slots;
    }

    fn end(&self, symbol: u32) -> usize {
        let low = self.ends.get(symbol as usize).copied().unwrap_or_default() as usize;
        let high = self.high.iter().take_while(|from| **from <= symbol).count();
        high << 32 | low
    }

    /// The tag and the text.
    fn parts(&self, symbol: u32) -> (u8, &str) {
        let all = symbol.checked_sub(1).and_then(|before| self.arena.get(self.end(before)..self.end(symbol)));
        let mut rest = all.unwrap_or_default().chars();
        let tag = rest.next().and_then(|tag| u8::try_from(u32::from(tag)).ok()).unwrap_or_default();
        (tag, rest.as_str())
    }

    /// The text as bytes; empty for 0.
    pub(in crate::resolve) fn bytes(&self, symbol: u32) -> &[u8] {
        self.text(symbol).as_bytes()
    }

    /// The text; empty for 0.
    pub(in crate::resolve) fn text(&self, symbol: u32) -> &str {
        self.parts(symbol).1
    }

    /// One more than the highest symbol.
    pub(in crate::resolve) fn len(&self) -> usize {
        self.ends.len()
    }

    /// The same texts with new numbers: `order` has the old number of each new one, 0 first.
    pub(in crate::resolve) fn reordered(&self, order: &[u32]) -> Self {
        let mut new =
            Self { arena: String::with_capacity(self.arena.len()), ends: vec![0], high: Vec::new(), slots: Vec::new() };
        for old in order.iter().skip(1) {
            let (tag, text) = self.parts(*old);
            new.push(tag, text);
        }
        new
    }

    /// Gives up the table of look-up: nothing is interned after this.
    pub(in crate::resolve) fn freeze(&mut self) {
        self.slots = Vec::new();
        self.arena.shrink_to_fit();
        self.ends.shrink_to_fit();
    }
}

/// Where a text of a hash is looked for first, by the hash's upper half.
fn place_of(hash: u64, mask: usize) -> usize {
    (hash >> 32) as usize & mask
}

/// Eight bytes at a time, mixed by multiplication; good enough for a table, and the same everywhere.
fn hash(seed: u64, text: &[u8]) -> u64 {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    for chunk in text.chunks(8) {
        let mut word = [0u8; 8];
        word.iter_mut().zip(chunk).for_each(|(to, from)| *to = *from);
        state = mix(state ^ u64::from_le_bytes(word));
    }
    mix(state ^ text.len() as u64)
}

/// Mixes as SplitMix64 does (Steele, Lea, Flood 2014).
pub(in crate::resolve) fn mix(value: u64) -> u64 {
    let mut z = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_has_one_number_a_group() {
        let mut symbols = Symbols::default();
        let numbers: Vec<u32> = (0..9000).map(|n| symbols.intern(Group::Name, &format!("name{n}"))).collect();
        assert_eq!(numbers.first(), Some(&1));
        assert_eq!(symbols.intern(Group::Name, "name77"), numbers[77]);
        assert_ne!(symbols.intern(Group::Attribute, "name77"), numbers[77]);
        assert_eq!(symbols.text(numbers[8999]), "name8999");
        assert_eq!(symbols.intern(Group::Name, ""), 0);
        assert_eq!(symbols.text(0), "");
        let of = [0, 1, 2].map(|body| symbols.intern_of(Group::Hospital, body, "1000001"));
        assert_eq!(of.map(|number| symbols.kind(number)), [0, 1, 2]);
        assert_eq!(of.map(|number| symbols.text(number).to_owned()), ["1000001"; 3].map(str::to_owned));
        let passport = symbols.intern_of(Group::National, KINDS, "1000001");
        assert_eq!((symbols.kind(passport), symbols.kind(numbers[3])), (KINDS, 0));
    }
}
