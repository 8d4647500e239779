//! report.json: the golden, the sums, the masks.

use crate::fixture::{dossier, generated_at, secrets};
use assay_model::Dossier;
use assay_report::report_json;
use serde_json::Value;

#[test]
fn the_whole_document() {
    insta::assert_snapshot!(report_json(&dossier(), generated_at()));
}

fn parsed() -> Value {
    serde_json::from_str(&report_json(&dossier(), generated_at())).unwrap()
}

fn sum(value: &Value) -> u64 {
    match value {
        Value::Object(entries) => entries.values().map(sum).sum(),
        other => other.as_u64().unwrap(),
    }
}

#[test]
fn every_breakdown_sums() {
    let report = parsed();
    let (items, people) = (&report["items"], &report["subjects"]);
    let count = people["count"].as_u64().unwrap();
    assert!(count > 50);
    assert_eq!(sum(&people["by_role"]), count);
    assert_eq!(sum(&people["register_matched"]), count);
    assert_eq!(["children", "adults", "age_unknown"].iter().map(|k| people[k].as_u64().unwrap()).sum::<u64>(), count);
    // One entry for each controller of a person, and nobody lost.
    let overlap = people["several_controllers"].as_u64().unwrap();
    assert!(overlap > 0);
    assert_eq!(sum(&people["by_controller"]) + people["no_controller"].as_u64().unwrap(), count + overlap);
    for (id, ages) in people["by_controller_age"].as_object().unwrap() {
        assert_eq!(sum(ages), people["by_controller"][id].as_u64().unwrap(), "{id}");
    }
    assert_eq!(people["by_controller"]["WUH"], 0, "a controller of the case that lost nobody is told so");

    let total = items["total"].as_u64().unwrap();
    let states = ["read", "partial", "duplicate"].iter().map(|k| items[k].as_u64().unwrap()).sum::<u64>();
    assert_eq!(states + sum(&items["unread"]), total);
    assert_eq!(items["unread"].as_object().unwrap().len(), 6);
    assert_eq!(sum(&items["by_category"]), total);
    assert_eq!(sum(&items["by_year"]), total);
    assert_eq!(sum(&items["by_category_year"]), total);
    let leaked =
        report["exhibits"].as_array().unwrap().iter().filter(|e| e["kind"] == "leak" || e["kind"] == "proof-pack");
    assert_eq!(leaked.map(|e| e["items"].as_u64().unwrap()).sum::<u64>(), total);
}

#[test]
fn generated_at_is_the_only_difference() {
    let (one, other) = (report_json(&dossier(), generated_at()), report_json(&dossier(), jiff::Timestamp::UNIX_EPOCH));
    let differing: Vec<(&str, &str)> = one.lines().zip(other.lines()).filter(|(a, b)| a != b).collect();
    assert_eq!(
        differing,
        [(r#"  "generated_at": "2024-11-30T06:40:00Z","#, r#"  "generated_at": "1970-01-01T00:00:00Z","#)]
    );
    assert_eq!(one.lines().count(), other.lines().count());
    assert!(one.ends_with("}\n"));
}

#[test]
fn no_personal_value_path_or_user_name_is_in_it() {
    let report = report_json(&dossier(), generated_at());
    let found: Vec<String> = secrets(&dossier()).into_iter().filter(|secret| report.contains(secret)).collect();
    assert_eq!(found, Vec::<String>::new());
}

#[test]
fn a_reason_stands_where_undetermined_only_and_a_term_where_decided_only() {
    for claim in parsed()["claim"].as_array().unwrap() {
        let undetermined = claim["verdict"] == "undetermined";
        assert_eq!(claim["reason"].is_string(), undetermined, "{claim}");
        assert_eq!(claim["term"].is_null(), undetermined, "{claim}");
    }
}

#[test]
fn an_empty_case_is_still_a_case() {
    let empty = Dossier {
        controllers: vec![],
        authority: None,
        exhibits: vec![],
        items: vec![],
        mentions: vec![],
        subjects: vec![],
        estimate: Default::default(),
        urgent: vec![],
        unassigned: vec![],
        claims: vec![],
        statements: vec![],
        verdicts: vec![],
        gateway: None,
        duties: vec![],
        ..dossier()
    };
    let report: Value = serde_json::from_str(&report_json(&empty, generated_at())).unwrap();
    assert_eq!(report["gateway"], Value::Null);
    assert_eq!(report["subjects"]["count"], 0);
    assert_eq!(
        report["verdict"],
        "On the evidence held, no claim was tested: no leaked item is held, so nobody can be counted."
    );
    assert!(assay_report::summary(&empty).lines().count() < 20);
    assert!(assay_report::report_html(&empty, generated_at()).contains("nobody can be counted"));
}
