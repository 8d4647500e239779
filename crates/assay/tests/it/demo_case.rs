//! A synthetic case, run whole: what the report counts, the exports list, and nothing that is personal shows masked.

use crate::run_by_hand::Bench;
use serde_json::Value;
use std::collections::BTreeMap;

fn report(bench: &Bench) -> Value {
    serde_json::from_str(&std::fs::read_to_string(bench.case().join("out/report.json")).unwrap()).unwrap()
}

fn tally<'a>(values: impl Iterator<Item = &'a str>) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    values.for_each(|value| *counts.entry(value.to_owned()).or_default() += 1);
    counts
}

/// The figures of a map in the report, without its zeros.
fn figures(map: &Value) -> BTreeMap<String, u64> {
    let entries = map.as_object().unwrap().iter();
    entries.map(|(key, n)| (key.clone(), n.as_u64().unwrap())).filter(|(_, n)| *n > 0).collect()
}

#[test]
fn every_breakdown_is_reproduced_from_the_exports() {
    let bench = Bench::with_case(150, 11);
    let (code, out, error) = bench.assay(&["run", "case"]);
    assert_eq!(code, 1, "the case has unreadable files: {error}\n{out}");
    let report = report(&bench);
    let people = bench.export("subjects");
    let subjects = &report["subjects"];
    assert!(people.len() > 50, "{} people", people.len());
    assert_eq!(subjects["count"], people.len());
    let column = |name: &'static str| people.iter().map(move |row| row[name].as_str());
    let listed = |name: &'static str| column(name).flat_map(|cell| cell.split(';')).filter(|part| !part.is_empty());
    assert_eq!(figures(&subjects["by_role"]), tally(column("role")));
    assert_eq!(figures(&subjects["by_controller"]), tally(listed("controllers")));
    assert_eq!(figures(&subjects["by_element"]), tally(listed("elements")));
    let child = tally(column("child"));
    let child = |word: &str| child.get(word).copied().unwrap_or_default();
    assert_eq!(subjects["children"], child("true"));
    assert_eq!(subjects["adults"], child("false"));
    assert_eq!(subjects["age_unknown"], child("unknown"));
    assert_eq!(figures(&subjects["register_matched"]), {
        let mut matched = tally(column("register_match"));
        matched.retain(|key, _| subjects["register_matched"].get(key).is_some());
        matched
    });

    let items = bench.export("items");
    assert_eq!(report["items"]["total"], items.len());
    let states = tally(items.iter().map(|row| row["status"].as_str()));
    let unread: u64 = figures(&report["items"]["unread"]).values().sum();
    assert_eq!(states.get("unread").copied().unwrap_or_default(), unread);
    assert_eq!(report["items"]["duplicate"], states.get("duplicate").copied().unwrap_or_default());

    // A person from its mentions, a mention from its file.
    let mentions = bench.export("mentions");
    for person in &people {
        let documents: Vec<&str> = person["documents"].split(';').collect();
        let own: Vec<_> = mentions.iter().filter(|m| m["subject_id"] == person["subject_id"]).collect();
        assert!(!own.is_empty());
        for mention in own {
            let document = format!("{}:{}", mention["exhibit"], mention["path"]);
            assert!(documents.contains(&document.as_str()), "{document} is missing");
        }
    }
    for mention in &mentions {
        // A literal `!` in a file's name is encoded, since `!` steps into a container.
        let file = mention["path"].split('!').next().unwrap().replace("%21", "!");
        assert!(bench.case().join("leak").join(file).is_file());
    }
    for id in [&mentions[0]["mention_id"], &people[0]["subject_id"], &"subjects.count".to_owned(), &"A1".to_owned()] {
        let (code, text, error) = bench.assay(&["explain", id, "case"]);
        assert!(code == 0 && !text.trim().is_empty(), "{id}: {error}");
    }
    let (code, _, error) = bench.assay(&["explain", "P-000000000000", "case"]);
    assert!(code == 2 && error.contains("remedy"), "{error}");
}

#[test]
fn what_is_masked_shows_nobody() {
    let bench = Bench::with_case(100, 5);
    let (_, out, error) = bench.assay(&["run", "case"]);
    let mut shown = out + &error;
    for name in ["report.json", "report.html", "summary.txt"] {
        shown.push_str(&std::fs::read_to_string(bench.case().join("out").join(name)).unwrap());
    }
    for entry in std::fs::read_dir(bench.case().join("out/drafts")).unwrap() {
        shown.push_str(&std::fs::read_to_string(entry.unwrap().path()).unwrap());
    }
    let file = bench.path("masked.csv");
    let (code, ..) = bench.assay(&["export", "subjects", "case", "--to", &file.display().to_string()]);
    assert_eq!(code, 0);
    shown.push_str(&std::fs::read_to_string(&file).unwrap());
    let people = bench.export("subjects");
    for person in &people {
        for column in ["nhs_number", "date_of_birth", "postcode", "email", "phone"] {
            let value = person[column].split(';').next().unwrap_or_default();
            assert!(value.is_empty() || !shown.contains(value), "a {column} shows");
        }
        let name = format!("{} {}", person["given_names"], person["family_name"]);
        assert!(name.len() < 8 || !shown.contains(&name), "a name shows");
    }
}

#[test]
fn a_report_does_not_depend_on_the_key_or_the_run() {
    let (a, b) = (Bench::with_case(100, 9), Bench::with_case(100, 9));
    a.assay(&["run", "case"]);
    b.assay(&["run", "case"]);
    assert_eq!(a.report(), b.report());
}

#[test]
fn a_worker_has_no_way_out_and_the_report_says_how_it_was_kept() {
    let bench = Bench::with_case(100, 4);
    let (code, out, error) = bench.assay(&["worker", "--try-the-jail"]);
    assert_eq!((code, out.as_str()), (0, "0 ways out\n"), "{error}");
    bench.assay(&["run", "case"]);
    let kept = report(&bench)["method"]["sandbox"].as_str().unwrap().to_owned();
    assert!(kept.contains("Landlock"), "{kept}");
    let other = Bench::with_case(100, 4);
    other.assay(&["run", "case", "--without-jail"]);
    let loose = report(&other)["method"]["sandbox"].as_str().unwrap().to_owned();
    assert!(loose.contains("not kept from"), "{loose}");
}
