//! Resuming: after kill -9, and on an unchanged case.

use crate::run_by_hand::Bench;
use std::process::Stdio;
use std::time::Duration;

#[test]
fn a_killed_run_ends_as_an_undisturbed_one() {
    let undisturbed = Bench::with_case(150, 7);
    undisturbed.assay(&["run", "case"]);
    let disturbed = Bench::with_case(150, 7);
    let mut killed = 0;
    // Later and later, so that sealing, scanning and reporting are each cut off, in whatever order this machine reaches them.
    for wait in [30, 80, 150, 300, 500, 800] {
        let mut run = disturbed.command(&["run", "case"]);
        let mut child = run.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(wait));
        if child.try_wait().unwrap().is_none() {
            killed += 1;
        }
        child.kill().unwrap();
        child.wait().unwrap();
    }
    assert!(killed > 0, "no run was cut off");
    let (code, _, error) = disturbed.assay(&["run", "case"]);
    assert!(code <= 1, "{error}");
    assert_eq!(disturbed.report(), undisturbed.report());
}

#[test]
fn an_unchanged_case_is_left_alone() {
    let bench = Bench::with_case(100, 3);
    let first = bench.assay(&["run", "case"]);
    let report = bench.case().join("out/report.json");
    let written = std::fs::metadata(&report).unwrap().modified().unwrap();
    let again = bench.assay(&["run", "case"]);
    assert_eq!((first.0, first.1), (again.0, again.1));
    assert_eq!(std::fs::metadata(&report).unwrap().modified().unwrap(), written);
    let by_another_name = bench.command(&["run", "."]).current_dir(bench.case()).output().unwrap();
    assert_eq!(by_another_name.status.code(), Some(first.0));
    assert_eq!(std::fs::metadata(&report).unwrap().modified().unwrap(), written);
    let text = std::fs::read_to_string(bench.case().join("case.toml")).unwrap();
    std::fs::write(bench.case().join("case.toml"), text + "\n# a remark\n").unwrap();
    bench.assay(&["run", "case"]);
    assert_ne!(std::fs::metadata(&report).unwrap().modified().unwrap(), written);
}

#[test]
fn an_interrupt_ends_a_run_with_its_own_code_and_the_same_command_resumes() {
    let bench = Bench::with_case(150, 7);
    let mut child = bench.command(&["run", "case"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    // Units have receipts after the first batch at the latest; before that the journal is there.
    while !bench.case().join("store/journal.sqlite").exists() {
        std::thread::sleep(Duration::from_millis(10));
    }
    let told = std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(told.success());
    assert_eq!(child.wait().unwrap().code(), Some(3));
    let (code, ..) = bench.assay(&["run", "case"]);
    assert!(code <= 1);
}
