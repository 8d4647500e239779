//! Bad case files, and the verbs before a case was run.

use crate::run_by_hand::Bench;

/// Writes a case file over a folder with `leak/a.txt`; expects exit code 2 and these words in the message.
fn refused(case_toml: &str, expected: &[&str]) {
    let bench = Bench::new();
    std::fs::create_dir_all(bench.case().join("leak")).unwrap();
    std::fs::write(bench.case().join("leak/a.txt"), "words").unwrap();
    std::fs::write(bench.case().join("case.toml"), case_toml).unwrap();
    for verb in ["run", "check"] {
        let (code, _, error) = bench.assay(&[verb, "case"]);
        assert_eq!(code, 2, "{error}");
        for words in expected {
            assert!(error.contains(words), "`{words}` is not in:\n{error}");
        }
    }
}

const CASE: &str = "[case]\ntitle = \"t\"\nreference = \"r\"\n";

#[test]
fn a_wrong_date_is_named_with_its_remedy() {
    refused(&format!("{CASE}reference_date = \"28 Nov\"\n"), &["case.reference_date", "remedy"]);
}

#[test]
fn a_missing_path_an_unknown_kind_and_a_number_used_twice_come_at_once() {
    let evidence = |kind, path| format!("[[evidence]]\nexhibit = \"LEAK/1\"\nkind = \"{kind}\"\npath = \"{path}\"\n");
    let text = format!("{CASE}reference_date = 2024-11-28\n{}{}", evidence("loot", "leak"), evidence("leak", "gone"));
    refused(&text, &["evidence[1].kind", "loot", "evidence[2].path", "gone", "evidence[2].exhibit", "remedy"]);
}

#[test]
fn a_new_case_is_good_and_runs_empty() {
    let bench = Bench::new();
    assert_eq!(bench.assay(&["new", "case"]).0, 0);
    assert_eq!(bench.assay(&["check", "case"]).0, 0);
    assert_eq!(bench.assay(&["new", "case"]).0, 2, "a case file is never written over");
    let (code, _, error) = bench.assay(&["status", "case"]);
    assert!(code == 2 && error.contains("assay run"), "{error}");
    let (code, out, error) = bench.assay(&["run", "case"]);
    assert_eq!(code, 0, "{error}");
    assert!(out.contains("no leaked item is held"), "{out}");
    let (code, out, _) = bench.assay(&["--json", "run", "case"]);
    assert_eq!(code, 0);
    let report: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(report["schema"], "assay.report/1");
}

#[test]
fn an_altered_exhibit_is_refused() {
    let bench = Bench::new();
    std::fs::create_dir_all(bench.case().join("leak")).unwrap();
    std::fs::write(bench.case().join("leak/a.txt"), "words").unwrap();
    let evidence = "[[evidence]]\nexhibit = \"LEAK/1\"\nkind = \"leak\"\npath = \"leak\"\n";
    std::fs::write(bench.case().join("case.toml"), format!("{CASE}reference_date = 2024-11-28\n{evidence}")).unwrap();
    assert_eq!(bench.assay(&["run", "case"]).0, 0);
    std::fs::write(bench.case().join("leak/a.txt"), "other words").unwrap();
    let (code, _, error) = bench.assay(&["run", "case"]);
    assert_eq!(code, 2);
    assert!(error.contains("LEAK/1") && error.contains("differs from what was sealed"), "{error}");
}

#[test]
fn nothing_is_revealed_without_an_authority() {
    let bench = Bench::new();
    assert_eq!(bench.assay(&["new", "case"]).0, 0);
    std::fs::create_dir_all(bench.case().join("leak")).unwrap();
    std::fs::write(bench.case().join("leak/a.txt"), "words").unwrap();
    let evidence = "[[evidence]]\nexhibit = \"LEAK/1\"\nkind = \"leak\"\npath = \"leak\"\n";
    std::fs::write(bench.case().join("case.toml"), format!("{CASE}reference_date = 2024-11-28\n{evidence}")).unwrap();
    assert_eq!(bench.assay(&["run", "case"]).0, 0);
    let (code, _, error) = bench.assay(&["export", "items", "case", "--to", "items.csv", "--reveal"]);
    assert!(code == 2 && error.contains("[authority]"), "{error}");
    assert!(!bench.path("items.csv").exists());
    assert_eq!(bench.assay(&["export", "items", "case", "--to", "items.csv"]).0, 0);
    let (code, _, error) = bench.assay(&["export", "items", "case", "--to", "items.csv"]);
    assert!(code == 2 && error.contains("is there already"), "{error}");
}

#[test]
fn a_reader_that_goes_away_is_no_fault() {
    let bench = Bench::new();
    assert_eq!(bench.assay(&["new", "case"]).0, 0);
    let mut child = bench.command(&["run", "case"]).stdout(std::process::Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    assert_eq!(child.wait().unwrap().code(), Some(0));
}
