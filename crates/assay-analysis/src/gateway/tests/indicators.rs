//! The linter of the rule file: every example raises its indicator, no counter-example does.

use super::*;
use std::collections::BTreeSet;

#[test]
fn the_indicators_keep_their_promises() {
    let rules = rules::shipped();
    let mut ids = BTreeSet::new();
    for rule in &rules.indicators {
        assert!(ids.insert(&rule.id), "{} stands twice", rule.id);
        assert!(!rule.reason.is_empty() && !rule.source.is_empty(), "{}", rule.id);
        assert!(!rule.examples.is_empty() && !rule.counter_examples.is_empty(), "{}", rule.id);
        assert!(rule.weight != 0.0 && rule.weight.is_finite(), "{}", rule.id);
        for (examples, expected) in [(&rule.examples, true), (&rule.counter_examples, false)] {
            for example in examples {
                let assessment = assess_events(example);
                let all = assessment.flagged.iter().flat_map(|f| f.indicators_for.iter().chain(&f.indicators_against));
                let raised: Vec<&str> = all.map(|indicator| indicator.rule.as_str()).collect();
                assert_eq!(raised.contains(&rule.id.as_str()), expected, "{}: {example}\nraised {raised:?}", rule.id);
            }
        }
    }
}

#[test]
fn a_text_has_no_place_left_open_and_names_no_user() {
    for rule in &rules::shipped().indicators {
        for example in &rule.examples {
            for flagged in assess_events(example).flagged {
                for indicator in flagged.indicators_for.iter().chain(&flagged.indicators_against) {
                    assert!(!indicator.text.contains(['{', '}']), "{}", indicator.text);
                    for user in ["ann", "bob", "zoe"] {
                        let words: Vec<&str> = indicator.text.split(|c: char| !c.is_alphanumeric()).collect();
                        assert!(!words.contains(&user), "{}", indicator.text);
                    }
                }
            }
        }
    }
}
