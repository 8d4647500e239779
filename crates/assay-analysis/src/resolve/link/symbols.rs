//! Texts as numbers: one arena, one open table, a number a text. What is compared often is compared as a number.

/// What a text is; the same word as a name and as a town is two symbols.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(super) enum Group {
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

/// Interned texts. 0 is no text. Numbers follow the order of first use.
pub(super) struct Symbols {
    arena: Vec<u8>,
    ends: Vec<u32>,
    /// The arena's offset in units of 4 GiB where it grows beyond: kept apart, since it hardly ever does.
    high: Vec<u32>,
    slots: Vec<u32>,
}

impl Default for Symbols {
    fn default() -> Self {
        Self { arena: Vec::new(), ends: vec![0], high: Vec::new(), slots: vec![0; 1 << 12] }
    }
}

impl Symbols {
    /// The number of a text of a group; 0 for an empty text.
    pub(super) fn intern(&mut self, group: Group, text: &str) -> u32 {
        if text.is_empty() {
            return 0;
        }
        let mask = self.slots.len() - 1;
        let mut at = hash(group as u64, text.as_bytes()) as usize & mask;
        loop {
            match self.slots.get(at).copied().unwrap_or_default() {
                0 => break,
                symbol if self.is(symbol, group, text) => return symbol,
                _ => at = (at + 1) & mask,
            }
        }
        let symbol = u32::try_from(self.ends.len()).unwrap_or(u32::MAX);
        self.arena.push(group as u8);
        self.arena.extend_from_slice(text.as_bytes());
        while self.high.len() < self.arena.len() >> 32 {
            self.high.push(symbol);
        }
        self.ends.push(self.arena.len() as u32);
        if let Some(slot) = self.slots.get_mut(at) {
            *slot = symbol;
        }
        if self.ends.len() * 10 > self.slots.len() * 6 {
            self.grow();
        }
        symbol
    }

    fn grow(&mut self) {
        let mut slots = vec![0u32; self.slots.len() * 2];
        let mask = slots.len() - 1;
        for symbol in 1..self.ends.len() as u32 {
            let (group, text) = self.parts(symbol);
            let mut at = hash(u64::from(group), text) as usize & mask;
            while slots.get(at).is_some_and(|slot| *slot != 0) {
                at = (at + 1) & mask;
            }
            if let Some(slot) = slots.get_mut(at) {
                *slot = symbol;
            }
        }
        self.slots = slots;
    }

    fn end(&self, symbol: u32) -> usize {
        let low = self.ends.get(symbol as usize).copied().unwrap_or_default() as usize;
        let high = self.high.iter().take_while(|from| **from <= symbol).count();
        high << 32 | low
    }

    fn parts(&self, symbol: u32) -> (u8, &[u8]) {
        let all = symbol.checked_sub(1).and_then(|before| self.arena.get(self.end(before)..self.end(symbol)));
        all.and_then(<[u8]>::split_first).map_or((0, &[][..]), |(group, text)| (*group, text))
    }

    fn is(&self, symbol: u32, group: Group, text: &str) -> bool {
        self.parts(symbol) == (group as u8, text.as_bytes())
    }

    /// The text as bytes; empty for 0.
    pub(super) fn bytes(&self, symbol: u32) -> &[u8] {
        self.parts(symbol).1
    }

    /// The text; empty for 0.
    pub(super) fn text(&self, symbol: u32) -> &str {
        std::str::from_utf8(self.bytes(symbol)).unwrap_or_default()
    }

    /// One more than the highest symbol.
    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    /// The same texts with new numbers: `order` has the old number of each new one, 0 first.
    pub(super) fn reordered(&self, order: &[u32]) -> Self {
        let mut new =
            Self { arena: Vec::with_capacity(self.arena.len()), ends: vec![0], high: Vec::new(), slots: Vec::new() };
        for (number, old) in (0u32..).zip(order).skip(1) {
            let (group, text) = self.parts(*old);
            new.arena.push(group);
            new.arena.extend_from_slice(text);
            while new.high.len() < new.arena.len() >> 32 {
                new.high.push(number);
            }
            new.ends.push(new.arena.len() as u32);
        }
        new
    }

    /// Gives up the table of look-up: nothing is interned after this.
    pub(super) fn freeze(&mut self) {
        self.slots = Vec::new();
        self.arena.shrink_to_fit();
        self.ends.shrink_to_fit();
    }
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
pub(super) fn mix(value: u64) -> u64 {
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
    }
}
