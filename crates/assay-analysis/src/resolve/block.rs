//! Which records are compared at all: those that share a key.
//!
//! Keys cost recall where they are missed and time where they are common. Each is a hash: two keys that collide only cost a
//! comparison. Sound codes are for blocking only and never weigh: they were made for English names.

use super::record::{Record, Symbol, Symbols};

/// The keys of a record, sorted.
pub(super) fn keys(record: &Record, symbols: &Symbols) -> Vec<u64> {
    let mut keys = Vec::with_capacity(16);
    let texts = |kind: u64, values: &[Symbol], keys: &mut Vec<u64>| {
        keys.extend(values.iter().map(|value| key(kind, &[u64::from(value.0)])));
    };
    if let Some(number) = record.nhs.or(record.nhs_invalid)
        && !record.nhs_is_placeholder
    {
        keys.push(key(1, &[number]));
    }
    keys.extend(record.hospital.iter().map(|(_, number)| key(2, &[u64::from(number.0)])));
    keys.extend(record.national.iter().map(|(_, number)| key(3, &[u64::from(number.0)])));
    texts(4, &record.emails, &mut keys);
    texts(5, &record.phones, &mut keys);
    texts(6, &record.accounts, &mut keys);
    let street = street(record, symbols);
    for name in &record.names {
        let first = name.given.first().copied();
        let family: Vec<Symbol> = name.family.iter().chain(&name.parts).copied().collect();
        let sounds: Vec<u64> = family.iter().map(|part| sound(symbols.text(*part))).collect();
        let first_sound = first.map(|given| sound(symbols.text(given)));
        for birth in &record.births {
            let (day, month) = (u64::from(birth.day().unsigned_abs()), u64::from(birth.month().unsigned_abs()));
            let year = u64::from(birth.year().unsigned_abs());
            // Day and month in order of size: a swapped date has the same key.
            let date = year << 16 | day.min(month) << 8 | day.max(month);
            // Family and given name under one kind: exchanged names have the same keys.
            keys.extend(sounds.iter().chain(&first_sound).map(|sound| key(7, &[date, *sound])));
            let initial = first.and_then(|given| symbols.text(given).chars().next());
            keys.extend(initial.map(|c| key(8, &[date, u64::from(u32::from(c))])));
        }
        if let (Some(given), Some(family)) = (first, name.family) {
            let (low, high) = (given.0.min(family.0), given.0.max(family.0));
            keys.push(key(9, &[u64::from(low), u64::from(high)]));
            keys.extend(
                record
                    .births
                    .iter()
                    .map(|birth| key(10, &[u64::from(low), u64::from(high), u64::from(birth.year().unsigned_abs())])),
            );
        }
        for postcode in &record.postcodes {
            keys.extend(sounds.iter().chain(&first_sound).map(|sound| key(11, &[u64::from(postcode.0), *sound])));
        }
        if let Some(street) = street {
            keys.extend(sounds.iter().chain(&first_sound).map(|sound| key(12, &[street, *sound])));
        }
    }
    for birth in &record.births {
        let date = u64::from(birth.year().unsigned_abs()) << 16 | u64::from(birth.day_of_year().unsigned_abs());
        let places = record.postcodes.iter().map(|postcode| u64::from(postcode.0)).chain(street);
        keys.extend(places.map(|place| key(13, &[date, place])));
    }
    keys.sort_unstable();
    keys.dedup();
    keys
}

/// House number and longest word of an address.
fn street(record: &Record, symbols: &Symbols) -> Option<u64> {
    let words = || record.address.iter().map(|word| (symbols.text(*word), word.0));
    let number = words().filter(|(text, _)| text.starts_with(|c: char| c.is_ascii_digit())).min()?;
    let word = words().max_by(|a, b| a.0.len().cmp(&b.0.len()).then(b.0.cmp(a.0)))?;
    Some(u64::from(number.1) << 32 | u64::from(word.1))
}

/// First letter and three consonant classes, after Soundex (Russell 1918), with letters of one sound at the start in one class.
fn sound(text: &str) -> u64 {
    let class = |c: char| match c {
        'b' | 'f' | 'p' | 'v' => 1,
        'c' | 'g' | 'j' | 'k' | 'q' | 's' | 'x' | 'z' => 2,
        'd' | 't' => 3,
        'l' => 4,
        'm' | 'n' => 5,
        'r' => 6,
        _ => 0,
    };
    let mut letters = text.chars();
    let Some(first) = letters.next() else { return 0 };
    let start = match first {
        'k' | 'q' => 'c',
        'j' => 'g',
        'z' => 's',
        'v' => 'f',
        'y' => 'i',
        other => other,
    };
    let mut code = u64::from(u32::from(start));
    let (mut last, mut digits) = (class(first), 0);
    for letter in letters {
        let this = class(letter);
        if this != 0 && this != last && digits < 3 {
            code = code * 10 + this;
            digits += 1;
        }
        // H and W do not part equal classes.
        if !matches!(letter, 'h' | 'w') {
            last = this;
        }
    }
    code
}

/// Mixes as SplitMix64 does (Steele, Lea, Flood 2014).
fn key(kind: u64, parts: &[u64]) -> u64 {
    parts.iter().fold(mix(kind), |state, part| mix(state ^ mix(*part)))
}

fn mix(value: u64) -> u64 {
    let mut z = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
