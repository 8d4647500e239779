//! What is alike: copies are read once and listed each, the same words in another format and near ones are groups, messages threads.

use crate::run_by_hand::Bench;
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::Write;

const CASE: &str = "[case]\ntitle = \"t\"\nreference = \"r\"\nreference_date = 2025-11-20\nnhs_test_range = \"accept\"\n\
    [[controller]]\nid = \"NCH\"\nname = \"Northshore\"\npaths = [\"north/**\"]\n\
    [authority]\ninstructing_controller = \"NCH\"\nlawful_basis = \"b\"\n\
    [[evidence]]\nexhibit = \"LEAK/1\"\nkind = \"leak\"\npath = \"leak\"\n";

fn zip(member: &str, content: &str) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    writer.start_file(member, zip::write::SimpleFileOptions::default()).unwrap();
    writer.write_all(content.as_bytes()).unwrap();
    writer.finish().unwrap().into_inner()
}

fn letter(changed: &str) -> String {
    let words: Vec<String> = (0..120).map(|n| format!("word{}", n * n % 101)).collect();
    format!("Discharge summary\n\n{}\n{changed}\n", words.join(" "))
}

#[test]
fn each_item_keeps_its_path_and_people_are_counted_once() {
    let bench = Bench::new();
    let list = "NHS Number,Surname,Forename,DOB\n9990000018,Testcase,Ada,04/03/1961\n";
    let mail = |id: &str, more: &str, body: &str| {
        format!(
            "From: A <a@x.example>\nTo: B <b@x.example>\nMessage-ID: <{id}@x.example>\n{more}Subject: s\n\n{body}\n"
        )
    };
    let html = format!("<html><body><p>{}</p></body></html>", letter("end").replace('\n', "</p><p>"));
    let files: Vec<(&str, Vec<u8>)> = vec![
        ("north/list.csv", list.into()),
        ("south/list copy.csv", list.into()),
        ("a.zip", zip("inner/other.csv", &list.replace("Ada", "Adam"))),
        ("b.zip", zip("inner/other.csv", &list.replace("Ada", "Adam"))),
        ("letter.txt", letter("end").into()),
        ("letter.html", html.into()),
        ("letter draft.txt", letter("finis").into()),
        ("m1.eml", mail("1", "", "May I ask").into()),
        ("m2.eml", mail("2", "In-Reply-To: <1@x.example>\n", "You may").into()),
        ("m3.eml", mail("3", "", "Something else").into()),
    ];
    for (path, bytes) in &files {
        let path = bench.case().join("leak").join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
    std::fs::write(bench.case().join("case.toml"), CASE).unwrap();
    let (code, out, error) = bench.assay(&["run", "case"]);
    assert_eq!(code, 0, "{error}");
    assert!(out.contains("near-duplicate groups 1, threads 1"), "{out}");
    let (_, status, _) = bench.assay(&["--json", "status", "case"]);
    let status: Value = serde_json::from_str(&status).unwrap();
    assert_eq!(status["units"], 9, "eight files that differ, and the members of one archive");

    let items = bench.export("items");
    let of = |column: &str| -> BTreeMap<String, String> {
        items
            .iter()
            .filter(|row| !row[column].is_empty())
            .map(|row| (row["path"].clone(), row[column].clone()))
            .collect()
    };
    let duplicates = of("duplicate_of");
    let expected = [
        ("b.zip", "LEAK/1:a.zip"),
        ("b.zip!inner/other.csv", "LEAK/1:a.zip!inner/other.csv"),
        ("south/list copy.csv", "LEAK/1:north/list.csv"),
    ];
    assert_eq!(duplicates, expected.map(|(path, of)| (path.to_owned(), of.to_owned())).into());
    let groups: Vec<String> = of("near_duplicate_group").into_keys().collect();
    assert_eq!(groups, ["letter draft.txt", "letter.html", "letter.txt"]);
    let threads: Vec<String> = of("thread").into_keys().collect();
    assert_eq!(threads, ["m1.eml", "m2.eml"]);

    let report: Value =
        serde_json::from_str(&std::fs::read_to_string(bench.case().join("out/report.json")).unwrap()).unwrap();
    assert_eq!(report["items"]["total"], 12);
    assert_eq!(report["items"]["contents"]["distinct"], 8);
    assert_eq!(report["items"]["contents"]["same_words"], 1);
    let page = std::fs::read_to_string(bench.case().join("out/report.html")).unwrap();
    assert!(page.contains("threads of messages were told"));
    // The one copy lies in a share of its own: the original's origin is not lost on it, nor is the person counted twice.
    let people = bench.export("subjects");
    let numbers: Vec<&String> = people.iter().map(|row| &row["nhs_number"]).filter(|n| !n.is_empty()).collect();
    assert_eq!(numbers.len(), 1, "{numbers:?}");
}
