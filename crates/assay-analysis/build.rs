//! Makes one table of the lists of names, words and towns (`rules/reference/`), so that no process has to sort 240,000 names before
//! it can look one up. `src/reference/known.rs` reads it.
//!
//! `known.keys`: the folded words, one after the other. `known.rows`: 16 bytes a word: where its key ends, bearers of
//! the surname, bearers of the given name, level as an English word (0: none), 1 for a town, two bytes of nothing; numbers little-endian.
//! `known.slots`: four bytes a slot, the number of a row from 1 with a mark of the word's in the bits above, 0 for none; a word lies in the first free slot from its own on.
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a build that cannot read its lists must fail"
)]

#[allow(unreachable_pub, reason = "the library gives it on")]
#[path = "src/reference/fold.rs"]
mod reference_fold;

use reference_fold::fold;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

#[derive(Default)]
struct Known {
    surname: Option<u32>,
    surname_elsewhere: bool,
    given: Option<u32>,
    given_elsewhere: bool,
    level: u8,
    town: bool,
}

fn main() {
    let lists = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../rules/reference");
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=src/reference/fold.rs");
    let mut words: BTreeMap<String, Known> = BTreeMap::new();
    let mut list = |name: &str, add: &dyn Fn(&mut Known, &[&str])| {
        let path = lists.join(name);
        println!("cargo::rerun-if-changed={}", path.display());
        let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        for line in text.lines().skip(1) {
            let fields: Vec<&str> = line.split('\t').collect();
            if let [key, rest @ ..] = fields.as_slice()
                && !rest.is_empty()
            {
                add(words.entry(fold(key)).or_default(), rest);
            }
        }
    };
    let number = |text: &&str| text.parse::<u32>().ok();
    list("surnames_us_census.tsv", &|known, rest| known.surname = known.surname.max(rest.first().and_then(number)));
    list("surnames_world.tsv", &|known, _| known.surname_elsewhere = true);
    list("given_names_us.tsv", &|known, rest| {
        known.given = known.given.max(Some(rest.iter().take(3).filter_map(number).sum()));
    });
    list("given_names_world.tsv", &|known, _| known.given_elsewhere = true);
    list("names_that_are_words.tsv", &|known, rest| {
        if known.level == 0 {
            known.level = rest.first().and_then(|text| text.parse().ok()).unwrap_or(0);
        }
    });
    list("uk_towns.tsv", &|known, _| known.town = true);
    write(&words);
}

fn write(words: &BTreeMap<String, Known>) {
    let slots = (words.len() * 3 / 2).next_power_of_two();
    assert!(words.len() < reference_fold::NUMBER as usize, "a number of a row does not fit its bits");
    let (mut keys, mut rows, mut table) = (Vec::new(), Vec::new(), vec![0_u32; slots]);
    for (number, (key, known)) in (1_u32..).zip(words) {
        keys.extend(key.bytes());
        rows.extend((keys.len() as u32).to_le_bytes());
        rows.extend(known.surname.unwrap_or(u32::from(known.surname_elsewhere)).to_le_bytes());
        rows.extend(known.given.unwrap_or(u32::from(known.given_elsewhere)).to_le_bytes());
        rows.extend([known.level, u8::from(known.town), 0, 0]);
        let (mut slot, mark) = reference_fold::slot(key.as_bytes(), slots);
        while table[slot] != 0 {
            slot = (slot + 1) % slots;
        }
        table[slot] = number | mark;
    }
    let out = PathBuf::from(std::env::var_os("OUT_DIR").expect("cargo names a folder"));
    let slots: Vec<u8> = table.iter().flat_map(|row| row.to_le_bytes()).collect();
    for (name, bytes) in [("known.keys", keys), ("known.rows", rows), ("known.slots", slots)] {
        std::fs::write(out.join(name), bytes).expect("the table can be written");
    }
}
