//! What was fitted to a case stays until it is to be fitted anew.

use std::fmt::Write as _;

use super::text::Scenario;
use crate::resolve::link::Fitted;
use crate::resolve::link::symbols::mix;
use crate::resolve::{Kept, Resolution};

const GIVEN: [&str; 8] = ["Ada", "Bram", "Cleo", "Dara", "Edgar", "Fenna", "Gita", "Hugo"];
const PART: [&str; 10] = ["bax", "dom", "fen", "gil", "hup", "kir", "lom", "nev", "pol", "rus"];

/// Two mentions each of people; every `wrong`th second mention has another date of birth, a day off.
fn tranche(name: &str, people: std::ops::Range<usize>, wrong: usize) -> String {
    let mut text = String::new();
    for n in people {
        // Drawn, so that no two have most of it in common.
        let drawn = |what: u64, end: usize| mix(n as u64 ^ what << 32) as usize % end;
        let who = format!("name=\"{} {}{}\"", GIVEN[n % 8], PART[n / 8 % 10], PART[n / 80 % 10]);
        let (year, month, first) = (30 + drawn(1, 70), 1 + drawn(2, 12), 1 + drawn(3, 27));
        let place = format!("pc=\"AB{} {}CD\"", 1 + drawn(4, 30), drawn(5, 10));
        let _ = writeln!(text, "{name}a{n} {who} dob=19{year}-{month:02}-{first:02} {place} item={name}");
        let day = if n % wrong == 0 { first + 1 } else { first };
        let _ = writeln!(text, "{name}b{n} {who} dob=19{year}-{month:02}-{day:02} {place} item={name}2");
    }
    text
}

fn shown(resolution: &Resolution) -> Vec<String> {
    resolution.subjects.iter().map(|s| format!("{} {:?} {:?}", s.id, s.mentions, s.links)).collect()
}

#[test]
fn a_fit_is_kept_as_text_and_weighs_the_same() {
    let scenario = Scenario::read(&tranche("x", 0..200, 9));
    let first = scenario.resolve();
    let fitted = first.fitted.clone().expect("400 mentions are enough");
    assert_eq!(fitted.rows, 400);
    let read = Fitted::parse(&fitted.to_text()).unwrap();
    assert_eq!(read, fitted);
    let again = scenario.resolve_kept(Kept { fitted: Some(&read), ..Kept::default() });
    assert_eq!(shown(&again), shown(&first));
    assert_eq!(again.fitted, Some(fitted));
    // Another program's levels are not these.
    assert_eq!(Fitted::parse(&read.to_text().replace("one digit slip", "one slip")), None);
}

#[test]
fn a_tranche_changes_no_weights_and_nobody_whom_it_does_not_reach() {
    let (clean, messy) = (tranche("x", 0..160, 40), tranche("y", 160..280, 2));
    let first = Scenario::read(&clean).resolve();
    let fitted = first.fitted.clone().unwrap();
    let both = Scenario::read(&format!("{clean}{messy}"));
    let frozen = both.resolve_kept(Kept { fitted: Some(&fitted), ..Kept::default() });
    assert_eq!(frozen.fitted, Some(fitted.clone()));
    assert_ne!(both.resolve().fitted, Some(fitted));
    let after: std::collections::BTreeMap<_, _> = frozen.subjects.iter().map(|s| (&s.id, &s.mentions)).collect();
    for subject in &first.subjects {
        assert_eq!(after.get(&subject.id), Some(&&subject.mentions), "{}", subject.id);
    }
}

#[test]
fn few_mentions_are_weighed_as_the_rules_stand() {
    assert_eq!(Scenario::read(&tranche("x", 0..100, 9)).resolve().fitted, None);
}
