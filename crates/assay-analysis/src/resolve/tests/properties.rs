//! What holds of any leak.

use std::collections::{BTreeMap, BTreeSet};

use assay_model::Part;
use proptest::prelude::*;

use super::text::Scenario;
use crate::resolve::record::valid_nhs;

/// The first valid numbers of the range for test data.
pub(super) fn numbers(count: usize) -> Vec<String> {
    (9_990_000_000u64..).map(|n| n.to_string()).filter(|n| valid_nhs(n).is_some()).take(count).collect()
}

/// Few values of every field, so that they collide in all ways.
fn lines() -> impl Strategy<Value = Vec<String>> {
    let field = |key: &'static str, values: Vec<&'static str>| {
        prop_oneof![Just(String::new()), prop::sample::select(values).prop_map(move |v| format!("{key}=\"{v}\""))]
    };
    let names = vec![
        "Ada Testcase",
        "A Testcase",
        "Testcase Ada",
        "Peggy Other",
        "Margaret Other",
        "Mrs Testcase",
        "Bob Testcase",
    ];
    let dates = vec!["1961-03-04", "1961-04-03", "1961-03-05", "1990-12-12"];
    let line = (
        (field("nhs", vec!["9990000018", "9990000026", "9990000034", "9990000019"]), field("name", names)),
        field("dob", dates),
        field("pc", vec!["AB1 2CD", "AB1 2CE"]),
        field("email", vec!["a@example.org", "b@example.org"]),
        field("hn", vec!["NCH:1000001", "EHC:1000001", "1000002"]),
        prop::sample::select(vec!["role=patient", "role=staff", "role=unknown"]),
        prop::sample::select(vec!["item=1", "item=2", "item=3"]),
    );
    prop::collection::vec(line, 0..14).prop_map(|lines| {
        lines
            .into_iter()
            .enumerate()
            .map(|(n, ((nhs, name), dob, pc, email, hn, role, item))| {
                format!("m{n} {nhs} {name} {dob} {pc} {email} {hn} {role} {item}")
            })
            .collect()
    })
}

const REGISTER: &str = r#"register NCH nhs=9990000018 name="Ada Testcase" dob=1961-03-04 pc="AB1 2CD" hn=1000001
register EHC name="Margaret Other" dob=1961-04-03 pc="AB1 2CE" hn=1000001
"#;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn every_mention_is_in_one_person_and_nobody_has_two_valid_numbers(lines in lines()) {
        let scenario = Scenario::read(&format!("{REGISTER}{}", lines.join("\n")));
        let resolution = scenario.resolve();
        let mut seen = BTreeSet::new();
        for subject in &resolution.subjects {
            let mut numbers = BTreeSet::new();
            for id in &subject.mentions {
                prop_assert!(seen.insert(*id), "a mention is in two people");
                let mention = scenario.mentions.iter().find(|m| m.id == *id).unwrap();
                numbers.extend(mention.nhs_number().and_then(valid_nhs));
            }
            prop_assert!(numbers.len() <= 1, "two valid numbers in one person");
            prop_assert!((0.0..=1.0).contains(&subject.probability));
        }
        prop_assert_eq!(seen.len(), scenario.mentions.len());
        let ids: BTreeSet<_> = resolution.subjects.iter().map(|s| s.id.clone()).collect();
        prop_assert_eq!(ids.len(), resolution.subjects.len());
        let e = resolution.estimate;
        prop_assert!(e.floor <= e.count && e.low <= e.estimate && e.estimate <= e.high && e.high <= e.ceiling);
        let mut found: BTreeMap<Part, u64> = BTreeMap::new();
        let counting = resolution.subjects.iter().filter(|subject| subject.counts);
        counting.flat_map(|subject| subject.parts()).for_each(|part| *found.entry(part).or_default() += 1);
        prop_assert_eq!(&found, &resolution.parts.iter().map(|(part, of)| (part.clone(), of.count)).collect());
        prop_assert!(resolution.parts.values().all(|of| of.low <= of.estimate && of.estimate <= of.high));
        for is_of in [|part: &Part| matches!(part, Part::Role(_)), |part: &Part| matches!(part, Part::Age(_))] {
            let sum: u64 = resolution.parts.iter().filter(|(part, _)| is_of(part)).map(|(_, of)| of.estimate).sum();
            prop_assert!(sum.abs_diff(e.estimate) <= 3, "{} of {}", sum, e.estimate);
        }
    }

    #[test]
    fn the_order_of_the_input_does_not_matter(lines in lines()) {
        let forwards = format!("{REGISTER}{}", lines.join("\n"));
        let backwards: Vec<String> = lines.iter().rev().cloned().collect();
        let backwards = format!("{REGISTER}{}", backwards.join("\n"));
        prop_assert_eq!(Scenario::read(&forwards).people(), Scenario::read(&backwards).people());
    }

    #[test]
    fn the_same_leak_gives_the_same_people(lines in lines()) {
        let scenario = Scenario::read(&format!("{REGISTER}{}", lines.join("\n")));
        let (one, other) = (scenario.resolve(), scenario.resolve());
        prop_assert_eq!(one.estimate, other.estimate);
        let ids = |r: &crate::resolve::Resolution| r.subjects.iter().map(|s| (s.id.clone(), s.mentions.clone(), s.links.clone())).collect::<Vec<_>>();
        prop_assert_eq!(ids(&one), ids(&other));
    }
}
