//! What harms first, through the binary: marked in the report's first part, listed by `export urgent`, before the rest is read.

use crate::run_by_hand::Bench;
use serde_json::Value;

fn bench() -> Bench {
    let bench = Bench::new();
    let leak = bench.case().join("leak");
    std::fs::create_dir_all(&leak).unwrap();
    let list = "NHS Number,Surname,Forename,DOB,Address,Postcode,Address Withheld\n\
                9990000018,Testcase,Ada,04/03/1985,4 Wren Close,L12 2AP,Yes\n\
                9990000026,Example,Bram,12/11/2012,9 Heron Way,L12 2AP,No\n";
    std::fs::write(leak.join("maternity.csv"), list).unwrap();
    std::fs::write(leak.join("deploy.sh"), "#!/bin/sh\nDB_PASSWORD=\"s3cr3t-Pa55\"\n").unwrap();
    let text = "[case]\ntitle = \"t\"\nreference = \"r\"\nreference_date = 2024-11-28\nnhs_test_range = \"accept\"\n\
         [[controller]]\nid = \"NCH\"\nname = \"Northshore\"\n\
         [authority]\ninstructing_controller = \"NCH\"\nlawful_basis = \"Art. 6(1)(c)\"\n\
         [[evidence]]\nexhibit = \"LEAK/1\"\nkind = \"leak\"\npath = \"leak\"\n";
    std::fs::write(bench.case().join("case.toml"), text).unwrap();
    bench
}

#[test]
fn what_harms_first_is_first() {
    let bench = bench();
    let (code, out, error) = bench.assay(&["run", "case"]);
    assert_eq!(code, 0, "{out}{error}");
    assert!(out.contains("protected address 1, safeguarding 1, live credential 1 records"), "{out}");
    let report = std::fs::read_to_string(bench.case().join("out/report.json")).unwrap();
    let report: Value = serde_json::from_str(&report).unwrap();
    assert_eq!(report["urgent"]["records"], 2, "two classes of one record are one record");
    assert_eq!(report["urgent"]["by_harm"]["protected address"]["people"], 1);
    let page = std::fs::read_to_string(bench.case().join("out/report.html")).unwrap();
    assert!(page.find("id=\"urgent\"").unwrap() < page.find("id=\"count\"").unwrap());

    let (code, out, error) = bench.assay(&["export", "urgent", "case", "--to", "urgent.csv"]);
    assert_eq!(code, 0, "{out}{error}");
    let masked = std::fs::read_to_string(bench.path("urgent.csv")).unwrap();
    assert!(!["Testcase", "Wren", "s3cr3t", "maternity"].iter().any(|secret| masked.contains(secret)), "{masked}");
    bench.assay(&["export", "urgent", "case", "--to", "revealed.csv", "--reveal"]);
    let revealed = std::fs::read_to_string(bench.path("revealed.csv")).unwrap();
    let rows: Vec<&str> = revealed.lines().skip(1).collect();
    assert_eq!(rows.len(), 3, "{revealed}");
    assert!(rows[0].starts_with("protected address,LEAK/1,maternity.csv,") && rows[0].contains("4 Wren Close"));
    assert!(rows[2].starts_with("live credential,LEAK/1,deploy.sh,") && rows[2].contains("s3cr3t-Pa55"), "{revealed}");
    assert!(std::fs::read_to_string(bench.case().join("custody.jsonl")).unwrap().contains("urgent to"));
}

#[test]
fn nothing_read_yet_is_said() {
    let bench = bench();
    let (code, _, error) = bench.assay(&["export", "urgent", "case", "--to", "urgent.csv"]);
    assert!(code == 2 && error.contains("assay run"), "{error}");
}
