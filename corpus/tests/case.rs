//! A whole case, made and looked at from outside.

#![allow(clippy::disallowed_methods, reason = "tests read what they made")]

use assay_corpus::score::{Exports, score};
use assay_corpus::{NhsRange, Parameters, Summary, write_case};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::LazyLock;

fn small() -> Parameters {
    Parameters { seed: 5, items: 240, nhs_range: NhsRange::TestRange }
}

/// The small case, made once for the tests that only look.
static SMALL: LazyLock<(tempfile::TempDir, Summary)> = LazyLock::new(|| made(&small()));

fn made(parameters: &Parameters) -> (tempfile::TempDir, Summary) {
    let dir = tempfile::tempdir().unwrap();
    let summary = write_case(dir.path(), parameters).unwrap();
    (dir, summary)
}

/// Every file below a folder.
fn files(dir: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut out = BTreeMap::new();
    let mut folders = vec![dir.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(dir).unwrap().to_str().unwrap().to_owned();
                out.insert(name, std::fs::read(path).unwrap());
            }
        }
    }
    out
}

fn rows(dir: &Path, name: &str) -> Vec<BTreeMap<String, String>> {
    let mut reader = csv::Reader::from_path(dir.join(name)).unwrap();
    let header = reader.headers().unwrap().clone();
    let row = |r: csv::StringRecord| header.iter().map(str::to_owned).zip(r.iter().map(str::to_owned)).collect();
    reader.records().map(|record| row(record.unwrap())).collect()
}

#[test]
fn the_same_parameters_give_the_same_bytes_and_another_seed_others() {
    let (one, summary) = &*SMALL;
    let (two, again) = made(&small());
    assert_eq!(*summary, again);
    let (one, two) = (files(one.path()), files(two.path()));
    assert_eq!(one.keys().collect::<Vec<_>>(), two.keys().collect::<Vec<_>>());
    for (name, bytes) in &one {
        assert!(two[name] == *bytes, "{name} differs");
    }
    let (three, _) = made(&Parameters { seed: 6, ..small() });
    assert!(files(three.path()) != one);
}

#[test]
fn the_case_file_passes_the_check_of_the_program() {
    for nhs_range in [NhsRange::TestRange, NhsRange::Realistic] {
        let (dir, _) = made(&Parameters { nhs_range, ..small() });
        let case = assay_case::case_file::read(dir.path()).unwrap();
        assert_eq!(
            (case.controllers.len(), case.registers.len(), case.claims.len(), case.evidence.len()),
            (3, 3, 1, 2)
        );
        assert_eq!(case.info.seed, 5);
    }
}

#[test]
fn a_folder_that_holds_something_is_left_alone() {
    let (dir, _) = &*SMALL;
    let error = write_case(dir.path(), &small()).unwrap_err().to_string();
    assert!(error.contains("is not empty") && error.contains("remedy"), "{error}");
}

#[test]
fn every_true_mention_lies_in_a_readable_item_that_exists() {
    let (dir, summary) = &*SMALL;
    let items: BTreeMap<String, String> = rows(dir.path(), "truth/items.csv")
        .into_iter()
        .map(|row| (row["path"].clone(), row["status"].clone()))
        .collect();
    assert_eq!(items.len() as u64, summary.items);
    let people: BTreeSet<String> =
        rows(dir.path(), "truth/people.csv").into_iter().map(|row| row["person"].clone()).collect();
    let mentions = rows(dir.path(), "truth/mentions.csv");
    assert_eq!(mentions.len() as u64, summary.mentions);
    for mention in &mentions {
        let status = items.get(&mention["document"]).map(String::as_str);
        assert!(matches!(status, Some("read" | "partial")), "{} {status:?}", mention["document"]);
        assert!(people.contains(&mention["person"]));
    }
    for path in items.keys() {
        let file = path.split('!').next().unwrap().replace("%21", "!").replace("%25", "%");
        assert!(dir.path().join("leak").join(&file).is_file(), "{path}");
    }
}

#[test]
fn the_truth_agrees_with_itself() {
    let (dir, summary) = &*SMALL;
    let people = rows(dir.path(), "truth/people.csv");
    let counting: Vec<_> = people.iter().filter(|row| row["counts"] == "true").collect();
    assert_eq!(counting.len() as u64, summary.people_in_leak);
    assert!(counting.iter().all(|row| !row["controllers"].is_empty() && row["in_leak"] == "true"));
    // The third body lost nothing, though many of the people are in its register.
    assert!(people.iter().all(|row| !row["controllers"].contains("MVC")));
    let register = std::fs::read_to_string(dir.path().join("registers/mvc_clients.csv")).unwrap();
    let digits: String = register.chars().filter(|c| !c.is_whitespace()).collect();
    assert!(counting.iter().filter(|row| digits.contains(&row["nhs_number"])).count() > counting.len() / 5);
    let mentioned: BTreeSet<String> = rows(dir.path(), "truth/mentions.csv")
        .into_iter()
        .filter(|row| row["counts"] == "true")
        .map(|row| row["person"].clone())
        .collect();
    let counted: BTreeSet<String> = counting.iter().map(|row| row["person"].clone()).collect();
    assert_eq!(mentioned, counted);
}

#[test]
fn numbers_are_of_the_range_asked_for() {
    for (nhs_range, starts) in [(NhsRange::TestRange, &["999"][..]), (NhsRange::Realistic, &["4", "6", "7"])] {
        let (dir, _) = made(&Parameters { nhs_range, ..small() });
        for mention in rows(dir.path(), "truth/mentions.csv") {
            let number = &mention["nhs_number"];
            assert!(number.is_empty() || starts.iter().any(|start| number.starts_with(start)), "{number}");
        }
    }
}

#[test]
fn the_size_is_about_what_was_asked_for() {
    for items in [240, 1000] {
        let (_, summary) = made(&Parameters { items, ..small() });
        let off = summary.items as f64 / f64::from(items);
        assert!((0.85..1.15).contains(&off), "{summary:?}");
    }
}

#[test]
fn the_gateway_log_reads_but_for_the_lines_that_nobody_could() {
    let (dir, _) = &*SMALL;
    let mut unparsed = 0;
    for (name, bytes) in files(&dir.path().join("gateway")) {
        let mut text = Vec::new();
        if name.ends_with(".gz") {
            std::io::Read::read_to_end(&mut flate2::read::GzDecoder::new(bytes.as_slice()), &mut text).unwrap();
        } else {
            text = bytes;
        }
        let (exhibit, path) = (assay_model::ExhibitId::new("GW/1"), assay_model::ItemPath::of_file(&name));
        let digest = assay_analysis::gateway::read(&exhibit, &path, &text).unwrap();
        unparsed += digest.unparsed.values().map(|one| one.count).sum::<u64>();
    }
    // Three notes of rotation, and twice a lost block with the line that it cut.
    assert_eq!(unparsed, 7);
}

#[test]
fn the_claim_states_what_its_truth_lists() {
    let (dir, _) = &*SMALL;
    let case = assay_case::case_file::read(dir.path()).unwrap();
    let posts: serde_json::Value =
        serde_json::from_slice(&std::fs::read(dir.path().join("claim.json")).unwrap()).unwrap();
    let text = |key: &str| posts[0][key].as_str().unwrap().to_owned();
    let claim = assay_model::Claim {
        exhibit: assay_model::ExhibitId::new("CLAIM/1"),
        group: text("group_name"),
        title: text("post_title"),
        description: text("description"),
        website: text("website"),
        published: Some("2024-11-28T08:55:03Z".parse().unwrap()),
        data_size: String::new(),
    };
    let assertions = assay_analysis::claims::assertions(&[claim], &case.controllers);
    let kinds: Vec<&str> = assertions.iter().map(|assertion| assertion.kind.as_str()).collect();
    let expected: Vec<String> =
        rows(dir.path(), "truth/claim.csv").into_iter().map(|row| row["kind"].clone()).collect();
    assert_eq!(kinds, expected, "{assertions:#?}");
}

#[test]
fn twins_are_in_the_leak_and_decoys_pass_the_check() {
    let (dir, summary) = &*SMALL;
    assert!(summary.twins > 0 && summary.namesakes > 0);
    let people = rows(dir.path(), "truth/people.csv");
    let mut shown: BTreeMap<(String, String), usize> = BTreeMap::new();
    for row in people.iter().filter(|row| row["counts"] == "true") {
        *shown.entry((row["family_name"].clone(), row["date_of_birth"].clone())).or_default() += 1;
    }
    assert!(shown.values().any(|n| *n > 1));
    let catalogue = std::fs::read_to_string(dir.path().join("leak/fs01/Procurement/Catalogue.csv")).unwrap();
    let passing = |number: &str| {
        let digits: Vec<u32> = number.chars().filter_map(|c| c.to_digit(10)).collect();
        let sum: u32 = digits.iter().zip((1..=10).rev()).map(|(digit, weight)| digit * weight).sum();
        digits.len() == 10 && number.len() == 10 && sum.is_multiple_of(11)
    };
    assert!(catalogue.split([',', '\r', '\n']).filter(|cell| passing(cell)).count() > 60);
    let real: BTreeSet<&String> = people.iter().map(|row| &row["nhs_number"]).collect();
    let clash = catalogue.split([',', '\r', '\n']).filter(|cell| real.contains(&(*cell).to_owned())).count();
    assert_eq!(clash, 0, "a decoy is a person's number");
}

/// The answer that knows the truth.
fn oracle(dir: &Path) -> (String, String) {
    let mut subjects = "subject_id,role,controllers,child\n".to_owned();
    for row in rows(dir, "truth/people.csv").iter().filter(|row| row["counts"] == "true") {
        subjects += &format!("{},{},{},{}\n", row["person"], row["role"], row["controllers"], row["child"]);
    }
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer
        .write_record([
            "exhibit",
            "subject_id",
            "path",
            "sheet",
            "row",
            "role",
            "nhs_number",
            "family_name",
            "given_names",
            "date_of_birth",
            "elements",
            "postcode",
            "email",
            "phone",
            "hospital_numbers",
            "national_insurance_number",
            "bank_account",
            "confidence",
        ])
        .unwrap();
    const ELEMENTS: [&str; 6] =
        ["postcode", "email", "phone", "hospital number", "national insurance number", "bank account"];
    let mut values: BTreeMap<[String; 5], String> = BTreeMap::new();
    for row in rows(dir, "truth/values.csv") {
        let key = ["document", "sheet", "row", "person", "element"].map(|column| row[column].clone());
        values.insert(key, row["value"].clone());
    }
    for row in rows(dir, "truth/mentions.csv") {
        let line = if row["first"] == "0" { "" } else { &row["first"] };
        let elements = if row["counts"] == "true" { "name;address" } else { "name" };
        let fields = [
            "LEAK/1",
            &row["person"],
            &row["document"],
            &row["sheet"],
            line,
            &row["role"],
            &row["nhs_number"],
            &row["family_name"],
            &row["given_names"],
            &row["date_of_birth"],
            elements,
        ];
        let given = ELEMENTS.map(|element| {
            let [document, sheet, first, person] = ["document", "sheet", "first", "person"].map(|c| row[c].clone());
            values.get(&[document, sheet, first, person, element.to_owned()]).map_or("", String::as_str)
        });
        writer.write_record(fields.iter().chain(&given).chain(&[""])).unwrap();
    }
    (subjects, String::from_utf8(writer.into_inner().unwrap()).unwrap())
}

#[test]
fn the_answer_that_knows_the_truth_scores_full() {
    let (dir, summary) = &*SMALL;
    let (subjects, mentions) = oracle(dir.path());
    let answer = tempfile::tempdir().unwrap();
    let [subjects_csv, mentions_csv, items_csv] = ["s.csv", "m.csv", "i.csv"].map(|name| answer.path().join(name));
    let items: String = rows(dir.path(), "truth/items.csv")
        .iter()
        .map(|row| format!("LEAK/1,\"{}\",{},{}\n", row["path"], row["status"], row["category"]))
        .collect();
    std::fs::write(&items_csv, format!("exhibit,path,status,category\n{items}")).unwrap();
    std::fs::write(&subjects_csv, subjects).unwrap();
    std::fs::write(&mentions_csv, mentions).unwrap();
    let score = {
        let exports = Exports { subjects: &subjects_csv, mentions: &mentions_csv, items: &items_csv };
        score(&dir.path().join("truth"), exports).unwrap()
    };
    assert_eq!((score.people_truth, score.people_found), (summary.people_in_leak, summary.people_in_leak));
    assert_eq!((score.false_mentions, score.decoys_counted, score.named_only_counted), (0, 0, 0));
    assert!(score.missed.is_empty(), "{:?}", score.missed);
    assert_eq!((score.controller_right, score.child_right, score.role_right), (1.0, 1.0, 1.0));
    // Only a parent and child of one name in one letter can be taken for one another by the joining.
    assert!(score.mention_recall > 0.999 && score.pair_precision > 0.999 && score.pair_recall > 0.999, "{score}");
    assert_eq!((score.item_category_right, score.values.decoys_called), (1.0, 0));
    for (element, values) in &score.values.elements {
        // Two records of one person in a text may give two postcodes; the oracle of this test keeps one.
        assert!(values.truth > 3 && values.f1() > 0.99 && values.tied_share() > 0.99, "{element}: {values:?}");
    }
}
