//! The table of names, words and towns that `build.rs` makes (its heading has the form).

use super::fold::{NUMBER, is_kept, slot};

static KEYS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/known.keys"));
static ROWS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/known.rows"));
static SLOTS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/known.slots"));
const ROW: usize = 16;

/// What the lists know of a word.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Known {
    /// Bearers of the surname in the US census tables; 1 for a name that only the world list has; 0 for none.
    pub surname: u32,
    /// Births and census bearers of the given name in US tables; 1 for a name that only the world list has; 0 for none.
    pub given: u32,
    /// How common an English word is that is a name too, 10 (commonest) to 60.
    pub level: Option<u8>,
    /// A UK town or village.
    pub town: bool,
}

/// What the lists know of a word as it is written.
pub fn known_as_written(word: &str) -> Known {
    // Folded without a copy on the heap.
    let mut folded = [0; 48];
    if !word.is_ascii() || word.len() > folded.len() {
        return known(&super::fold(word));
    }
    let mut length = 0;
    for (slot, byte) in folded.iter_mut().zip(word.bytes().filter(|b| is_kept(*b))) {
        *slot = byte.to_ascii_lowercase();
        length += 1;
    }
    of_bytes(folded.get(..length).unwrap_or_default())
}

/// What the lists know of a word that was passed through [`fold`](super::fold()).
pub fn known(folded: &str) -> Known {
    of_bytes(folded.as_bytes())
}

fn of_bytes(folded: &[u8]) -> Known {
    let slots = SLOTS.len() / 4;
    let (mut at, mark) = slot(folded, slots);
    // A free slot ends the search: a third of them is free.
    for _ in 0..slots {
        let marked = number(SLOTS, at * 4);
        let Some(row) = (marked & NUMBER).checked_sub(1).map(|row| row as usize) else { return Known::default() };
        if marked & !NUMBER != mark {
            at = (at + 1) % slots;
            continue;
        }
        let begin = row.checked_sub(1).map_or(0, |before| number(ROWS, before * ROW)) as usize;
        if KEYS.get(begin..number(ROWS, row * ROW) as usize) == Some(folded) {
            let byte = |place: usize| ROWS.get(row * ROW + place).copied().unwrap_or(0);
            return Known {
                surname: number(ROWS, row * ROW + 4),
                given: number(ROWS, row * ROW + 8),
                level: Some(byte(12)).filter(|level| *level != 0),
                town: byte(13) == 1,
            };
        }
        at = (at + 1) % slots;
    }
    Known::default()
}

fn number(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at..at + 4).and_then(|bytes| bytes.try_into().ok()).map_or(0, u32::from_le_bytes)
}
