//! The rules: what mentions reach by way of their records is what the core's rows reach, and what a user changes holds.

use super::text::pair;
use crate::resolve::CaseRules;
use crate::resolve::link::levels::shipped;
use crate::resolve::link::table::Field;
use crate::resolve::linked::Linked;
use crate::resolve::record::Reader;
use assay_model::{Controller, ControllerId};

fn controller(id: &str) -> Controller {
    Controller {
        id: ControllerId::new(id),
        name: String::new(),
        ods_code: String::new(),
        aliases: Vec::new(),
        domains: Vec::new(),
        paths: Vec::new(),
        hospital_number: String::new(),
        aware_at: None,
        aware_basis: String::new(),
    }
}

/// The level that two mentions reach in a field.
fn level_of(example: &str, field: Field) -> u8 {
    let controllers = [controller("NCH"), controller("EHC")];
    let (one, other) = pair(example);
    let mut reader = Reader::new(&controllers);
    let records = [reader.mention(&one), reader.mention(&other)];
    let symbols = reader.symbols;
    Linked::new(CaseRules::shipped(), (&records, &symbols), (&[], &symbols), None).compare(0, 1).pattern.level(field)
}

#[test]
fn mentions_reach_the_levels_that_the_rules_give_as_examples() {
    let mut tried = 0;
    for rule in &shipped().levels {
        let field = Field::ALL.into_iter().find(|field| field.word() == rule.comparison).unwrap();
        let number = field.levels().iter().position(|word| *word == rule.level).unwrap() as u8 + 1;
        for (examples, is_reached) in [(&rule.examples, true), (&rule.counter_examples, false)] {
            // A mention has no column of sex or town, and no date that is a year only.
            let is_of_a_mention = |e: &&String| {
                !["attr=", "sex=", "pc=2", "phone=0", "dob=1961 |"].iter().any(|foreign| e.contains(foreign))
            };
            for example in examples.iter().filter(is_of_a_mention) {
                tried += 1;
                assert_eq!(
                    level_of(example, field) == number,
                    is_reached,
                    "{example}: {} {}",
                    rule.comparison,
                    rule.level
                );
            }
        }
    }
    assert!(tried > 90, "{tried}");
}

#[test]
fn a_user_changes_a_threshold_and_a_level_and_nothing_that_is_not_there() {
    let changed = |text: &str| CaseRules::changed(toml::from_str(text).unwrap());
    let rules = changed(
        "decision.link_from = 5.0\ncase.people_of_a_line = 2\n\
         [[level]]\ncomparison = 'phone'\nlevel = 'exact'\nm = 0.4",
    )
    .unwrap();
    assert_eq!((rules.core.decision.link_from, rules.case.people_of_a_line), (5.0, 2));
    let phone = rules.core.levels.iter().find(|rule| rule.comparison == "phone" && rule.level == "exact").unwrap();
    assert_eq!((phone.m, phone.u), (0.4, 1e-5));
    for (text, fault) in [
        ("decision.link_form = 5.0", "link_form"),
        ("decision.link_from = 'much'", "link_from"),
        ("colour = 1", "colour"),
        ("case.colour = 1", "colour"),
        ("[[level]]\ncomparison = 'phone'\nlevel = 'near'\nm = 0.4", "no level is called `near` of `phone`"),
        ("[[level]]\ncomparison = 'phone'\nlevel = 'exact'\nm = 1.4", "phone, exact: m and u are shares"),
        ("[[level]]\ncomparison = 'phone'\nlevel = 'exact'\nn = 1.4", "n"),
    ] {
        let error = changed(text).err().map(|error| error.to_string()).unwrap_or_default();
        assert!(error.contains(fault), "{text}: {error}");
    }
}
