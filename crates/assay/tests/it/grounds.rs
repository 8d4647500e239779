//! What a verdict rests on beside registers: a planted value, the case's table of account weights, who is who, and what was said
//! in public, which stands beside the verdict and, where it differs, in the annex only.

use crate::run_by_hand::Bench;
use serde_json::Value;

const CASE: &str = r#"
[case]
title = "t"
reference = "INC-7"
reference_date = 2024-11-28
nhs_test_range = "accept"

[[controller]]
id = "NCH"
name = "Northshore Children's Hospital"
paths = ["fs01/**"]

[[controller]]
id = "NHC"
name = "Northshore Children's Hospital Charity"
paths = ["fs01/Charity/**"]

[[relationship]]
processor = "NCH"
controller = "NHC"
service = "remote access"

[detect]
modulus_weights = "weights.txt"

[[canary]]
controller = "NCH"
value = "Wilhelmina Quillfeather-Ravenscroft"

[[statement]]
source = "Trust's press office"
date = 2024-11-29
words = "We have no evidence that anything was taken from our systems."
grade = "B3"
about = "origin"
says = "denies"

[[statement]]
source = "Trust's press office"
date = 2024-11-30
words = "The data is ours."
grade = "B2"
about = "victim"
says = "affirms"

[[claim]]
path = "claim.toml"
format = "toml"

[[evidence]]
exhibit = "LEAK/1"
kind = "leak"
path = "leak"
"#;

fn bench(canary: &str) -> Bench {
    let bench = Bench::new();
    let file = |path: &str, text: &str| {
        let path = bench.case().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    file("case.toml", CASE);
    file(
        "claim.toml",
        "title = \"Northshore Children's Hospital\"\ngroup = \"INC\"\ndescription = \"patient records\"\n",
    );
    file("weights.txt", "990000 990099 MOD11 0 0 0 0 0 0 8 7 6 5 4 3 2 1\n");
    let list = format!(
        "NHS Number,Surname,Forename,DOB,Note\n9990000018,Testcase,Ada,04/03/2015,\n9990000026,Example,Bram,12/11/2012,{canary}\n"
    );
    file("leak/fs01/clinics/list.csv", &list);
    for n in 1..=3 {
        file(
            &format!("leak/fs01/Charity/gift {n}.txt"),
            "Donor: Mrs Cleo Example\nAddress: 4 Wren Close, Northshore\nPostcode: L12 2AP\nThank you for your gift.\n",
        );
        file(
            &format!("leak/fs01/orders/{n}.txt"),
            &format!("Brightmedic Supplies Ltd\nPurchase order {n}\nPay to 99-00-12 83604451 or 99-00-12 15194248\n"),
        );
    }
    bench
}

fn report(bench: &Bench) -> Value {
    let (code, out, error) = bench.assay(&["run", "case"]);
    assert_eq!(code, 0, "{out}{error}");
    serde_json::from_str(&std::fs::read_to_string(bench.case().join("out/report.json")).unwrap()).unwrap()
}

fn verdict(report: &Value, kind: &str) -> Value {
    report["claim"].as_array().unwrap().iter().find(|claim| claim["kind"] == kind).unwrap().clone()
}

#[test]
fn a_planted_value_proves_the_origin_and_what_was_denied_in_public_goes_to_counsel() {
    let found = bench("Wilhelmina Quillfeather-Ravenscroft");
    let with = report(&found);
    let origin = verdict(&with, "origin");
    assert_eq!(origin["verdict"], "supported", "{origin}");
    assert!(origin["for"].to_string().to_lowercase().contains("canar"), "{origin}");
    // The statements stand in the report; that one differs from a verdict stands in the annex alone.
    assert_eq!(with["statements"].as_array().unwrap().len(), 2);
    let annex = std::fs::read_to_string(found.case().join("out/annex-for-counsel.txt")).unwrap();
    assert!(annex.contains("no evidence that anything was taken") && annex.contains("graded B3"), "{annex}");
    assert!(!annex.contains("The data is ours."), "{annex}");
    let face = std::fs::read_to_string(found.case().join("out/report.html")).unwrap();
    assert!(!face.contains("annex") && !face.contains("Quillfeather"), "{face}");

    let without = report(&bench("nothing"));
    assert_ne!(verdict(&without, "origin")["term"], origin["term"], "a canary is more than a path");
}

#[test]
fn who_is_named_and_whose_data_it_is_and_a_supplier_that_is_not_listed() {
    let bench = bench("nothing");
    let report = report(&bench);
    let parties = &report["parties"];
    assert_eq!(parties["named"][0]["controllers"], serde_json::json!(["NCH"]));
    assert_eq!(parties["host"][0]["controller"], "NCH");
    let of = parties["data_of"].as_array().unwrap().iter();
    let of: Vec<_> = of.map(|row| (row["controller"].as_str().unwrap(), row["people"].as_u64().unwrap())).collect();
    assert_eq!(of, [("NCH", 2), ("NHC", 1)]);
    assert_eq!(parties["unlisted"], serde_json::json!([{"name": "Brightmedic Supplies Ltd", "items": 3}]));
    let page = std::fs::read_to_string(bench.case().join("out/report.html")).unwrap();
    assert!(page.contains("Brightmedic Supplies Ltd (3 items)"), "who is who is on the page");
}
