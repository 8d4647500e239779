//! Which rows are compared at all: those that share a key of some kind. Keys are hashes: two that collide only cost a comparison.
//!
//! Kinds are gone through one after the other, and a pair that an earlier kind has given is passed over, so that no list of
//! pairs is ever held. Sound codes are for blocking only and never weigh: they were made for English names.

use rayon::prelude::*;

use super::levels::Block;
use super::read::{key, sound};
use super::table::{Field, Name, Table, date_parts};

/// The keys of all rows, row by row; 0 is none.
pub(super) struct Keys {
    rows: Vec<[u32; KINDS]>,
    /// Keys of values beyond the first, by kind: key and row.
    more: Vec<Vec<(u32, u32)>>,
}

/// How many kinds of keys.
const KINDS: usize = 31;
/// Kinds from this one on are looked at in small blocks only: in a large table they hold half of it.
const NARROW: usize = 19;
/// One part in so many tells whether such a kind is worth the rest.
const TRIAL: usize = 16;

/// What is done with pairs: a state for each part of them, and what it comes to.
pub(super) struct Seeing<Start, Visit, Finish> {
    pub(super) start: Start,
    pub(super) visit: Visit,
    pub(super) finish: Finish,
}

/// True where a kind before gave the pair.
fn share_earlier(kind: usize, x: &[u32; KINDS], y: &[u32; KINDS]) -> bool {
    // Without a branch a comparison: all kinds are compared at once.
    let shared =
        x.iter().zip(y).enumerate().fold(0u32, |shared, (at, (x, y))| shared | u32::from((*x == *y) & (*x != 0)) << at);
    shared & ((1 << kind) - 1) != 0
}

/// The keys of one name with the other fields of a row.
fn keys_of(table: &Table, name: Name, pick: impl Fn(Field) -> u32, out: &mut [u32; KINDS]) {
    let text = |symbol: u32| table.symbols.bytes(symbol);
    let (given, family) = (name.given, name.family);
    let lone = if family == 0 { given } else { family };
    let family_sound = if lone == 0 { 0 } else { sound(text(lone)) };
    let given_sound = if given == 0 { 0 } else { sound(text(given)) };
    let birth = pick(Field::Birth);
    let (year, month, day) = date_parts(birth);
    // Day and month in order of size: a swapped date has the same key.
    let date = if birth == 0 || month == 0 { 0 } else { year << 10 | month.min(day) << 5 | month.max(day) };
    let postcode = pick(Field::Postcode);
    let street = street(table, pick(Field::Address));
    let both = |x: u32, y: u32, kind: u32| if x != 0 && y != 0 { key(&[kind, x, y]) } else { 0 };
    let names = both(given.min(family), given.max(family), 90);
    let numbers = [Field::Nhs, Field::Hospital, Field::National, Field::Email, Field::Phone, Field::Account].map(&pick);
    let attributes = [Field::AttributeA, Field::AttributeB, Field::AttributeC].map(&pick);
    let [nhs, hospital, national, email, phone, account] = numbers;
    // Of hospital numbers the digits count, whatever body they are of.
    let hospital = if hospital == 0 { 0 } else { key(&[text(hospital).len() as u32, hash(text(hospital))]) };
    *out = [
        nhs,
        hospital,
        national,
        email,
        account,
        both(names, year, 1),
        both(date, family_sound, 2),
        both(date, given_sound, 3),
        both(date, postcode, 4),
        phone,
        both(postcode, family_sound, 5),
        both(postcode, given_sound, 6),
        both(street, family_sound, 7),
        both(street, given_sound, 8),
        names,
        both(both(family_sound, given_sound, 9), year, 10),
        both(both(family_sound, given_sound, 9), attributes[0], 11),
        both(both(date, attributes[0], 12), attributes[1].max(1), 13),
        both(both(family_sound, given, 14), attributes[1], 15),
        both(postcode, attributes[0], 16),
        both(postcode, attributes[1], 17),
        both(family_sound, given_sound, 18),
        both(given_sound, year, 19),
        both(family_sound, year, 20),
        both(postcode, year, 21),
        if date == 0 { 0 } else { key(&[27, date]) },
        both(both(lone, attributes[0], 23), 1, 23),
        both(both(lone, attributes[1], 24), 1, 24),
        both(both(family_sound, attributes[0], 25), attributes[1], 25),
        both(both(given_sound, attributes[0], 26), attributes[1], 26),
        if email == 0 { 0 } else { key(&[22, hash(text(email).split(|b| *b == b'@').next().unwrap_or_default())]) },
    ];
}

fn hash(text: &[u8]) -> u32 {
    text.iter().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193))
}

/// House number and longest word of an address.
fn street(table: &Table, address: u32) -> u32 {
    if address == 0 {
        return 0;
    }
    let text = table.symbols.text(address);
    let number = text.split(' ').find(|word| word.starts_with(|c: char| c.is_ascii_digit()));
    let word = text
        .split(' ')
        .filter(|word| !word.starts_with(|c: char| c.is_ascii_digit()))
        .max_by(|a, b| a.len().cmp(&b.len()).then(b.cmp(a)));
    match (number, word) {
        (Some(number), Some(word)) => key(&[hash(number.as_bytes()), hash(word.as_bytes())]),
        _ => 0,
    }
}

impl Keys {
    pub(super) fn new(table: &Table, is_out: impl Fn(u32) -> bool + Sync) -> Self {
        let mut rows = vec![[0; KINDS]; table.rows.len()];
        let chunk = 1 << 12;
        let more: Vec<Vec<(usize, u32, u32)>> = rows
            .par_chunks_mut(chunk)
            .enumerate()
            .map(|(number, rows)| {
                let mut more = Vec::new();
                for (place, keys) in ((number * chunk) as u32..).zip(rows).filter(|(place, _)| !is_out(*place)) {
                    let row = table.row(place);
                    keys_of(table, row.name(), |field| row.get(field), keys);
                    if row.has_more() {
                        more_keys(table, place, keys, &mut more);
                    }
                }
                more
            })
            .collect();
        let mut by_kind: Vec<Vec<(u32, u32)>> = (0..KINDS).map(|_| Vec::new()).collect();
        for (kind, key, place) in more.into_iter().flatten() {
            if let Some(of) = by_kind.get_mut(kind) {
                of.push((key, place));
            }
        }
        Self { rows, more: by_kind }
    }

    /// Gives every pair of rows that share a key to `visit`, some by several kinds where rows hold several values. The answers
    /// come in the order of kinds and keys, whatever the threads. A kind that says little is gone through in a sixteenth of its blocks first,
    /// and in all only where those answers are worth it.
    pub(super) fn pairs<S: Send, Out: Send>(
        &mut self,
        table: &Table,
        rules: &Block,
        wanted: impl Fn(u32, u32) -> bool + Sync,
        seen: Seeing<impl Fn() -> S + Sync, impl Fn(&mut S, u32, u32) + Sync, impl Fn(S) -> Out + Sync>,
        is_worth: impl Fn(&[Out]) -> bool + Sync,
    ) -> Vec<Out> {
        let Seeing { start, visit, finish } = seen;
        let mut all = Vec::new();
        let mut entries = self.entries(0);
        for kind in 0..KINDS {
            let rules = &if kind < NARROW {
                rules.clone()
            } else {
                Block { most: rules.narrow, huge: rules.narrow, ..rules.clone() }
            };
            self.forget_large(kind, &entries, rules);
            let keys: &Self = self;
            let within_part = |part: &&[u64]| {
                let mut state = start();
                let blocks =
                    || part.chunk_by(|a, b| a >> 32 == b >> 32).filter(|block| (2..=rules.huge).contains(&block.len()));
                // Fetched one after the other, what is compared does not wait for memory pair by pair.
                let mut near: Vec<[u32; KINDS]> = Vec::new();
                near.extend(blocks().flatten().map(|entry| keys.row(*entry as u32)));
                let (mut rest, mut order) = (near.as_slice(), Vec::new());
                for block in blocks() {
                    let (own, after) = rest.split_at(block.len());
                    rest = after;
                    within(table, block, rules, &mut order, |(i, a), (j, b)| {
                        let shared = own.get(i).zip(own.get(j)).is_none_or(|(x, y)| share_earlier(kind, x, y));
                        if !shared && wanted(a.min(b), a.max(b)) {
                            visit(&mut state, a.min(b), a.max(b));
                        }
                    });
                }
                finish(state)
            };
            let found_in = |parts: &[&[u64]]| parts.par_iter().map(within_part).collect::<Vec<Out>>();
            // The next kind is sorted beside.
            let (found, next) = rayon::join(
                || {
                    let parts = parts(&entries);
                    let (trial, rest) = parts.split_at(if kind < NARROW { 0 } else { parts.len() / TRIAL });
                    let mut found = found_in(trial);
                    if trial.is_empty() || is_worth(&found) {
                        found.extend(found_in(rest));
                    }
                    found
                },
                || if kind + 1 < KINDS { keys.entries(kind + 1) } else { Vec::new() },
            );
            all.extend(found);
            entries = next;
        }
        all
    }

    /// The keys of a row.
    fn row(&self, place: u32) -> [u32; KINDS] {
        self.rows.get(place as usize).copied().unwrap_or_default()
    }

    /// The keys of a kind with their rows, sorted, each once.
    fn entries(&self, kind: usize) -> Vec<u64> {
        let more = self.more.get(kind).map(Vec::as_slice).unwrap_or_default();
        let pack = |key: u32, place: u32| u64::from(key) << 32 | u64::from(place);
        let key =
            |(place, keys): (u32, &[u32; KINDS])| keys.get(kind).filter(|key| **key != 0).map(|key| pack(*key, place));
        let first = (0u32..).zip(&self.rows).filter_map(key);
        let mut entries: Vec<u64> = first.collect();
        sort_by_key(&mut entries);
        if !more.is_empty() {
            entries.extend(more.iter().filter(|(key, _)| *key != 0).map(|(key, place)| pack(*key, *place)));
            entries.sort_unstable();
            entries.dedup();
        }
        entries
    }

    /// Keys of large blocks are taken out: later kinds must not think that all their pairs were given.
    fn forget_large(&mut self, kind: usize, entries: &[u64], rules: &Block) {
        for block in entries.chunk_by(|a, b| a >> 32 == b >> 32).filter(|block| block.len() > rules.most) {
            for entry in block {
                if let Some(slot) = self.rows.get_mut(*entry as u32 as usize).and_then(|keys| keys.get_mut(kind)) {
                    *slot = 0;
                }
            }
        }
    }
}

fn more_keys(table: &Table, place: u32, first: &[u32; KINDS], out: &mut Vec<(usize, u32, u32)>) {
    let row = table.row(place);
    let mut keys = [0; KINDS];
    let names: Vec<Name> = table.names(place).collect();
    let values = table.more.get(&place).map(|more| more.values.as_slice()).unwrap_or_default();
    // Each other value with each name; two other values at once are not looked for.
    for name in &names {
        let fields = std::iter::once(None).chain(values.iter().copied().map(Some));
        for value in fields {
            let pick = |field: Field| value.filter(|(of, _)| *of == field).map_or(row.get(field), |(_, value)| value);
            keys_of(table, *name, pick, &mut keys);
            for (kind, (key, known)) in keys.iter().zip(first).enumerate() {
                if key != known && *key != 0 {
                    out.push((kind, *key, place));
                }
            }
        }
    }
}

/// Sorts entries by their upper half, digit by digit from the least; those of one key keep their order.
fn sort_by_key(entries: &mut Vec<u64>) {
    const BITS: u32 = 11;
    let mut from = std::mem::take(entries);
    let mut to = vec![0u64; from.len()];
    for shift in [32, 32 + BITS, 32 + 2 * BITS] {
        let digit = |entry: &u64| (entry >> shift) as usize & ((1 << BITS) - 1);
        let mut starts = vec![0usize; 1 << BITS];
        for entry in &from {
            if let Some(count) = starts.get_mut(digit(entry)) {
                *count += 1;
            }
        }
        let mut sum = 0;
        for start in &mut starts {
            sum += std::mem::replace(start, sum);
        }
        for entry in &from {
            if let Some(start) = starts.get_mut(digit(entry)) {
                if let Some(slot) = to.get_mut(*start) {
                    *slot = *entry;
                }
                *start += 1;
            }
        }
        std::mem::swap(&mut from, &mut to);
    }
    *entries = from;
}

/// Cuts sorted entries into parts of about equal size, never within a block.
fn parts(entries: &[u64]) -> Vec<&[u64]> {
    const SIZE: usize = 1 << 15;
    let mut parts = Vec::new();
    let mut rest = entries;
    while !rest.is_empty() {
        let mut end = SIZE.min(rest.len());
        while end < rest.len() && rest.get(end - 1).map(|e| e >> 32) == rest.get(end).map(|e| e >> 32) {
            end += 1;
        }
        let (part, after) = rest.split_at(end);
        parts.push(part);
        rest = after;
    }
    parts
}

/// The pairs of a block, each row with its number in the block: all, or of a large one each row with the few that follow when sorted by
/// content.
fn within(
    table: &Table,
    block: &[u64],
    rules: &Block,
    rows: &mut Vec<(usize, u32)>,
    mut give: impl FnMut((usize, u32), (usize, u32)),
) {
    rows.clear();
    rows.extend(block.iter().map(|entry| *entry as u32).enumerate());
    let mut neighbours = rows.len();
    if rows.len() > rules.most {
        let content = |place: u32| {
            let row = table.row(place);
            [Field::Family, Field::Given, Field::Birth, Field::Postcode, Field::AttributeA].map(|field| row.get(field))
        };
        rows.sort_by_cached_key(|(_, place)| (content(*place), *place));
        neighbours = rules.neighbours;
    }
    for (at, a) in rows.iter().enumerate() {
        rows.iter().skip(at + 1).take(neighbours).for_each(|b| give(*a, *b));
    }
}
