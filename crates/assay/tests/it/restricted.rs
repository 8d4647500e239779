//! An old and a new NHS number of one person that the register keeps: they count one person, and nothing that the program gives out
//! shows that they are of one.

use crate::run_by_hand::Bench;
use serde_json::Value;

/// The number that the person had, the number that the person has, and somebody else's.
const OLD: &str = "9990000018";
const NEW: &str = "9990000026";
const OTHER: &str = "9990000034";

fn bench(superseded: &str) -> Bench {
    let bench = Bench::new();
    let leak = bench.case().join("leak");
    std::fs::create_dir_all(&leak).unwrap();
    let register = format!(
        "NHS Number,Superseded NHS Number,Surname,Forename,DOB,Postcode\n\
         {NEW},{superseded},Present,Clara,04/03/1985,AB1 2CD\n\
         {OTHER},,Example,Bram,12/11/1971,AB1 2CE\n"
    );
    std::fs::write(bench.case().join("register.csv"), register).unwrap();
    let list = |number: &str, family: &str, given: &str| {
        format!("NHS Number,Surname,Forename,DOB,Safeguarding\n{number},{family},{given},04/03/1985,Yes\n")
    };
    std::fs::write(leak.join("before.csv"), list(OLD, "Formername", "Carl")).unwrap();
    std::fs::write(leak.join("after.csv"), list(NEW, "Present", "Clara")).unwrap();
    std::fs::write(leak.join("other.csv"), list(OTHER, "Example", "Bram")).unwrap();
    let text = "[case]\ntitle = \"t\"\nreference = \"r\"\nreference_date = 2024-11-28\nnhs_test_range = \"accept\"\n\
         [[controller]]\nid = \"NCH\"\nname = \"Northshore\"\n\
         [authority]\ninstructing_controller = \"NCH\"\nlawful_basis = \"Art. 6(1)(c)\"\n\
         [[register]]\ncontroller = \"NCH\"\npath = \"register.csv\"\n\
         [[evidence]]\nexhibit = \"LEAK/1\"\nkind = \"leak\"\npath = \"leak\"\n";
    std::fs::write(bench.case().join("case.toml"), text).unwrap();
    let (code, out, error) = bench.assay(&["run", "case"]);
    assert_eq!(code, 0, "{out}{error}");
    bench
}

fn export(bench: &Bench, what: &str) -> Vec<std::collections::BTreeMap<String, String>> {
    let file = format!("{what}.csv");
    let (code, _, error) = bench.assay(&["export", what, "case", "--to", &file, "--reveal"]);
    assert_eq!(code, 0, "{error}");
    let text = std::fs::read(bench.path(&file)).unwrap();
    csv::Reader::from_reader(text.as_slice()).deserialize().map(Result::unwrap).collect()
}

#[test]
fn they_count_one_person_and_nothing_shows_it() {
    let bench = bench(OLD);
    let report = std::fs::read_to_string(bench.case().join("out/report.json")).unwrap();
    let report: Value = serde_json::from_str(&report).unwrap();
    assert_eq!(report["subjects"]["count"], 2);
    assert_eq!(report["subjects"]["register_matched"]["exact"], 2);
    assert_eq!(report["subjects"]["named_only"], 0);

    let people = export(&bench, "subjects");
    assert_eq!(people.len(), 2);
    let now = people.iter().find(|row| row["nhs_number"] == NEW).unwrap();
    assert!(now["documents"].contains("after.csv") && !now["documents"].contains("before.csv"), "{now:?}");
    assert!(people.iter().all(|row| !row["documents"].contains("before.csv")));

    let holder = |rows: &[std::collections::BTreeMap<String, String>], path: &str| {
        rows.iter().find(|row| row["path"] == path).unwrap()["subject_id"].clone()
    };
    let mentions = export(&bench, "mentions");
    assert_eq!(
        (holder(&mentions, "before.csv"), holder(&mentions, "after.csv")),
        (String::new(), now["subject_id"].clone())
    );
    let urgent = export(&bench, "urgent");
    assert_eq!(
        (holder(&urgent, "before.csv"), holder(&urgent, "after.csv")),
        (String::new(), now["subject_id"].clone())
    );

    // Whatever is explained of one identity, nothing of the other stands in it.
    let before = mentions.iter().find(|row| row["path"] == "before.csv").unwrap();
    let after = mentions.iter().find(|row| row["path"] == "after.csv").unwrap();
    let told = |id: &str| bench.assay(&["explain", id, "case", "--reveal"]).1;
    for id in [&now["subject_id"], &after["mention_id"]] {
        let text = told(id);
        assert!(text.contains(NEW), "{text}");
        assert!(
            ![OLD, "Formername", "Carl", "before.csv", &before["mention_id"]].iter().any(|s| text.contains(*s)),
            "{text}"
        );
    }
    let text = told(&before["mention_id"]);
    assert!(text.contains(OLD), "{text}");
    assert!(
        ![NEW, "Present", "Clara", "after.csv", "REG/1", &now["subject_id"]].iter().any(|s| text.contains(*s)),
        "{text}"
    );

    for (file, text) in
        [("report.json", None), ("report.html", None), ("summary.txt", None)].map(|(name, _): (&str, Option<()>)| {
            (name, std::fs::read_to_string(bench.case().join("out").join(name)).unwrap())
        })
    {
        let words = [OLD, NEW, "Formername", "superseded", "restricted link", "before.csv"];
        assert!(!words.iter().any(|word| text.contains(word)), "{file}");
    }
}

#[test]
fn without_the_registers_word_they_are_two() {
    let bench = bench("");
    assert_eq!(export(&bench, "subjects").len(), 3);
}
