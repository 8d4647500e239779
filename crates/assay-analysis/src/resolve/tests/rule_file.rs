//! The weights: every level is in the file once, and its examples reach it.

use super::text::pair;
use crate::resolve::judge;
use crate::resolve::record::Reader;
use crate::resolve::rules::{Level, shipped};
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

fn reached(example: &str, level: Level) -> bool {
    let controllers = [controller("NCH"), controller("EHC")];
    let (one, other) = pair(example);
    let mut reader = Reader::new(&controllers);
    let records = [reader.mention(&one), reader.mention(&other)];
    let symbols = reader.symbols;
    let judge = judge(&symbols, &[], 0, &records);
    judge.compare(&records[0], &records[1]).level(level.comparison()) == Some(level)
}

#[test]
fn every_level_has_its_rule_and_every_rule_its_level() {
    let rules = shipped();
    assert_eq!(rules.levels.len(), Level::ALL.len());
    for level in Level::ALL {
        let (comparison, words) = level.words();
        let rule = rules.levels.iter().filter(|r| r.comparison == comparison && r.level == words).count();
        assert_eq!(rule, 1, "{comparison} {words}");
    }
}

#[test]
fn examples_reach_their_level_and_counter_examples_do_not() {
    for rule in &shipped().levels {
        let level = Level::ALL.iter().find(|l| l.words() == (rule.comparison.as_str(), rule.level.as_str())).unwrap();
        assert!(rule.m > 0.0 && rule.m < 1.0 && rule.u > 0.0 && rule.u <= 1.0, "{} {}", rule.comparison, rule.level);
        assert!(!rule.reason.is_empty() && !rule.source.is_empty() && !rule.examples.is_empty());
        assert!(!rule.counter_examples.is_empty());
        for example in &rule.examples {
            assert!(reached(example, *level), "{example} reaches {} {}", rule.comparison, rule.level);
        }
        for example in &rule.counter_examples {
            assert!(!reached(example, *level), "{example} does not reach {} {}", rule.comparison, rule.level);
        }
    }
}
