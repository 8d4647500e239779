//! Decisions about who is who: asked, taken in, held to at every run and every new exhibit, refused where they contradict; names that
//! stay; what an exhibit adds; and a register that came as tokens.

use crate::run_by_hand::Bench;
use serde_json::{Value, json};
use std::collections::BTreeMap;

const HEADER: &str = "NHS Number,Surname,Forename,DOB,Postcode\n";

fn bench() -> Bench {
    let bench = Bench::new();
    std::fs::create_dir_all(bench.case()).unwrap();
    bench
}

fn case_file(bench: &Bench, exhibits: u32, more: &str) {
    let mut text = String::from(
        "[case]\ntitle = \"t\"\nreference = \"r\"\nreference_date = 2024-11-28\nnhs_test_range = \"accept\"\n\
         [[controller]]\nid = \"NCH\"\nname = \"Northshore\"\n\
         [authority]\ninstructing_controller = \"NCH\"\nlawful_basis = \"Art. 6(1)(c)\"\n",
    );
    text.push_str(more);
    for n in 1..=exhibits {
        text.push_str(&format!("[[evidence]]\nexhibit = \"LEAK/{n}\"\nkind = \"leak\"\npath = \"leak{n}\"\n"));
    }
    std::fs::write(bench.case().join("case.toml"), text).unwrap();
}

fn leak(bench: &Bench, exhibit: u32, file: &str, rows: &str) {
    let folder = bench.case().join(format!("leak{exhibit}"));
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join(file), format!("{HEADER}{rows}")).unwrap();
}

fn run(bench: &Bench) -> Value {
    let (code, out, error) = bench.assay(&["run", "case"]);
    assert!(code < 2, "{out}{error}");
    serde_json::from_slice(&std::fs::read(bench.case().join("out/report.json")).unwrap()).unwrap()
}

/// Ids of people by family name and given name.
fn people(bench: &Bench, file: &str) -> BTreeMap<String, Vec<String>> {
    let (code, _, error) = bench.assay(&["export", "subjects", "case", "--to", file, "--reveal"]);
    assert_eq!(code, 0, "{error}");
    let text = std::fs::read(bench.path(file)).unwrap();
    let mut people: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for row in csv::Reader::from_reader(text.as_slice()).deserialize::<BTreeMap<String, String>>() {
        let row = row.unwrap();
        people.entry(row["family_name"].clone()).or_default().push(row["subject_id"].clone());
    }
    people
}

const FIRST: &str = "9990000018,Testcase,Ada,04/03/1961,AB1 2CD\n9990000026,Example,Bram,12/11/1971,AB1 2CE\n\
                     ,Sample,Cleo,01/02/1980,AB1 2CF\n,Sampel,Kleo,09/07/1955,XY9 1ZZ\n";

/// Two rows a person, without numbers.
fn rows(people: std::ops::Range<u32>) -> String {
    let row = |n: u32| {
        let (given, family) =
            (["Ada", "Bram", "Cleo", "Dara", "Edgar"][n as usize % 5], ["Ashdown", "Brick", "Culver"]);
        let family =
            format!("{}{}", family[n as usize / 5 % 3], ["son", "ley", "by", "er", "ton", "well"][n as usize % 6]);
        let row = format!(
            ",{family},{given},{:02}/{:02}/19{},AB{} {}CD\n",
            1 + n % 28,
            1 + n % 12,
            30 + n * 7 % 70,
            1 + n % 9,
            n % 10
        );
        row.repeat(2)
    };
    people.map(row).collect()
}

#[test]
fn weights_are_fitted_once_and_stand_until_they_are_to_be_fitted_anew() {
    let bench = bench();
    let fitted_to = || {
        let (_, status, error) = bench.assay(&["--json", "status", "case"]);
        serde_json::from_str::<Value>(&status).unwrap_or_else(|_| panic!("{status}{error}"))["weights_fitted_to"]
            .clone()
    };
    case_file(&bench, 1, "");
    leak(&bench, 1, "list.csv", &rows(0..160));
    assert_eq!(run(&bench)["method"]["weights_fitted_to"], 320);
    assert_eq!(fitted_to(), 320);
    leak(&bench, 2, "list.csv", &rows(160..200));
    case_file(&bench, 2, "");
    run(&bench);
    assert_eq!(fitted_to(), 320);
    let (code, _, error) = bench.assay(&["run", "case", "--refit"]);
    assert!(code < 2, "{error}");
    assert_eq!(fitted_to(), 400);
    let ledger = std::fs::read_to_string(bench.case().join("custody.jsonl")).unwrap();
    assert!(ledger.contains("weights to be fitted anew"), "{ledger}");

    // What the case file says of the rules is checked before anything is done.
    case_file(&bench, 2, "[resolve.decision]\nlink_form = 2.0\n");
    let (code, _, error) = bench.assay(&["check", "case"]);
    assert!(code == 2 && error.contains("case.toml: resolve:") && error.contains("link_form"), "{error}");
}

#[test]
fn a_tranche_of_strangers_changes_nobody_until_the_weights_are_fitted_anew() {
    let bench = bench();
    case_file(&bench, 1, "");
    // An initial and a home: little, and enough while name and postcode are rare.
    leak(&bench, 1, "list.csv", &format!("{},Quillon,Ada,,AB10 1AA\n,Quillon,A,,AB10 1AA\n", rows(0..20)));
    run(&bench);
    let first = people(&bench, "first.csv");
    assert_eq!(first["Quillon"].len(), 1);
    let stranger = |n: u32| {
        let given = ["Bram", "Dara", "Edgar", "Fenna", "Gita", "Hugo"][n as usize % 6];
        let born = format!("{:02}/{:02}/{}", 1 + n % 28, 1 + n / 28, 1930 + n * 7 % 70);
        if n.is_multiple_of(2) {
            format!(",Quillon,{given},{born},\n")
        } else {
            format!(",Marlow,{given},{born},AB10 1AA\n")
        }
    };
    leak(&bench, 2, "more.csv", &(0..205).map(stranger).collect::<String>());
    case_file(&bench, 2, "");
    let report = run(&bench);
    let changes = &report["subjects"]["changes"];
    assert_eq!((&changes["split"], &changes["merged"], &changes["gone"]), (&json!([]), &json!([]), &json!([])));
    let second = people(&bench, "second.csv");
    assert!(second["Quillon"].contains(&first["Quillon"][0]));
    // The same run again says the same, and so does one that only the case file's words make another.
    let told = |mut report: Value| {
        report.as_object_mut().unwrap().remove("generated_at");
        report.to_string()
    };
    std::fs::remove_file(bench.case().join("out/report.json")).unwrap();
    assert_eq!(told(run(&bench)), told(report.clone()));
    case_file(&bench, 2, "# nothing else\n");
    let third = run(&bench);
    assert_eq!(third["subjects"]["count"], report["subjects"]["count"]);
    assert_eq!(people(&bench, "third.csv"), second);
    let (code, _, error) = bench.assay(&["run", "case", "--refit"]);
    assert!(code < 2, "{error}");
    let fourth = people(&bench, "fourth.csv");
    assert_eq!(fourth["Quillon"].len(), second["Quillon"].len() + 1);
}

#[test]
fn a_decision_holds_at_every_run_and_a_contradiction_names_it() {
    let bench = bench();
    case_file(&bench, 1, "");
    leak(&bench, 1, "list.csv", FIRST);
    let report = run(&bench);
    assert_eq!((report["subjects"]["count"].as_u64(), &report["subjects"]["changes"]), (Some(4), &Value::Null));
    let before = people(&bench, "before.csv");
    let (a, b) = (&before["Sample"][0], &before["Sampel"][0]);

    let (code, out, error) = bench.assay(&["review", "case", "--merge", a, b, "--because", "seen the letters"]);
    assert!(code == 0 && out.contains("recorded: merge"), "{out}{error}");
    let report = run(&bench);
    assert_eq!(report["subjects"]["count"], 3);
    assert_eq!(report["subjects"]["changes"]["merged"].as_array().unwrap().len(), 1);
    let merged = people(&bench, "merged.csv");
    // A merge names its oldest, and nobody else is called otherwise.
    let stays = merged.get("Sample").or(merged.get("Sampel")).unwrap();
    assert!(stays[0] == *a || stays[0] == *b);
    assert_eq!((&merged["Testcase"], &merged["Example"]), (&before["Testcase"], &before["Example"]));

    // What was decided stands against its contrary, which is refused by number.
    let (code, explained, _) = bench.assay(&["explain", &stays[0], "case"]);
    assert!(code == 0 && explained.contains("a person decided so"), "{explained}");
    let mentions: Vec<&str> =
        explained.split_whitespace().filter(|word| word.starts_with("M-") && word.len() == 18).collect();
    let last = mentions.iter().max().unwrap();
    let (code, _, error) = bench.assay(&["review", "case", "--split", &stays[0], last]);
    assert!(code == 2 && error.contains("contradicts decision 1"), "{error}");
    let (code, _, error) = bench.assay(&["review", "case", "--merge", &before["Testcase"][0], &before["Example"][0]]);
    assert!(code == 2 && error.contains("two valid NHS numbers"), "{error}");

    // A new exhibit: what it adds is told, the decision still stands, names stay.
    leak(&bench, 2, "list.csv", FIRST);
    leak(
        &bench,
        2,
        "more.csv",
        "9990000018,Testcase,Ada,04/03/1961,AB1 2CD\n9990000034,Novel,Dara,05/05/1990,AB1 2CG\n",
    );
    case_file(&bench, 2, "");
    let report = run(&bench);
    assert_eq!(report["subjects"]["count"], 4);
    let adds = &report["exhibits"][1]["adds"];
    assert_eq!(
        (&adds["new_people"], &adds["known_people"], &adds["repeated_items"]),
        (&1.into(), &1.into(), &1.into())
    );
    let after = people(&bench, "after.csv");
    for family in ["Testcase", "Example"] {
        assert_eq!(after[family], before[family]);
    }
    let (_, status, _) = bench.assay(&["status", "case"]);
    assert!(status.contains("LEAK/2: 1 new people, 1 known, 1 items repeated"), "{status}");

    // Withdrawn, they are two again, and the name of before comes back to whom it was.
    let (code, _, error) = bench.assay(&["review", "case", "--withdraw", "1"]);
    assert_eq!(code, 0, "{error}");
    let report = run(&bench);
    assert_eq!(report["subjects"]["count"], 5);
    let ledger = std::fs::read_to_string(bench.case().join("custody.jsonl")).unwrap();
    assert!(ledger.contains("people decided") && !ledger.contains("Sample") && !ledger.contains("letters"));
}

#[test]
fn a_sheet_is_masked_and_its_answers_are_decisions() {
    let bench = bench();
    case_file(&bench, 1, "");
    // A name and a home, one day of birth: near the decision.
    leak(&bench, 1, "one.csv", ",Testcase,Ada,,AB1 2CD\n,Example,Bram,12/11/1971,AB1 2CE\n");
    leak(&bench, 1, "two.csv", ",Testcase,A,04/03/1961,AB1 2CD\n,Sample,Cleo,01/02/1980,AB1 2CF\n");
    run(&bench);
    let (code, out, error) = bench.assay(&["review", "case", "--to", "sheet.csv"]);
    assert_eq!(code, 0, "{out}{error}");
    let sheet = std::fs::read_to_string(bench.path("sheet.csv")).unwrap();
    assert!(!sheet.contains("Testcase") && !sheet.contains("AB1 2CD"), "{sheet}");
    let asked = sheet.lines().skip(1).count();
    let answered: String =
        sheet
            .lines()
            .enumerate()
            .map(|(n, line)| {
                if n == 0 {
                    format!("{line}\n")
                } else {
                    format!("{},no,two women\n", line.strip_suffix(",,").unwrap())
                }
            })
            .collect();
    std::fs::write(bench.path("answered.csv"), answered).unwrap();
    let (code, out, error) = bench.assay(&["review", "case", "--answers", "answered.csv"]);
    assert!(code == 0 && out.contains(&format!("{asked} decisions recorded")), "{out}{error}");
    run(&bench);
    // What was answered is not asked again.
    let (_, out, _) = bench.assay(&["review", "case"]);
    assert!(out.starts_with(&format!("0 questions, {asked} decisions stand")), "{out}");
}

#[test]
fn a_register_of_tokens_matches_and_tells_nothing_else() {
    let bench = bench();
    let (code, _, error) = bench.assay(&["register", "key", "--to", "case/key.txt"]);
    assert_eq!(code, 0, "{error}");
    let register = "NHS Number,Surname,Forename,DOB,Postcode\n\
                    9990000018,Testcase,Ada,04/03/1961,AB1 2CD\n9990000026,Example,Bram,12/11/1971,AB1 2CE\n\
                    9990000034,Absent,Erin,12/11/1972,AB1 2CE\n";
    std::fs::write(bench.path("register.csv"), register).unwrap();
    let tokenise = ["register", "tokenise", "register.csv", "--controller", "NCH", "--key", "case/key.txt"];
    let (code, out, error) = bench.assay(&[&tokenise[..], &["--to", "case/tokens.csv"]].concat());
    assert!(code == 0 && out.contains("3 rows"), "{out}{error}");
    let tokens = std::fs::read_to_string(bench.path("case/tokens.csv")).unwrap();
    assert!(!tokens.contains("Testcase") && !tokens.contains("9990000018"));

    case_file(&bench, 1, "[[register]]\ncontroller = \"NCH\"\npath = \"tokens.csv\"\ntoken_key = \"key.txt\"\n");
    leak(
        &bench,
        1,
        "list.csv",
        "9990000018,Testcase,Ada,04/03/1961,AB1 2CD\n,Example,Bram,12/11/1971,\n,Sample,Cleo,01/02/1980,AB1 2CF\n",
    );
    let report = run(&bench);
    let matched = &report["subjects"]["register_matched"];
    assert_eq!(
        (&matched["exact"], &matched["probable"], &matched["none"]),
        (&1.into(), &1.into(), &1.into()),
        "{matched}"
    );
    let told = &report["method"]["token_registers"][0];
    assert_eq!(
        (&told["rows"], &told["people_by_number_and_more"], &told["people_otherwise"]),
        (&3.into(), &1.into(), &1.into())
    );
    assert!(told["not_tested"].as_str().unwrap().contains("slip"));

    // Another key is refused in words.
    std::fs::write(bench.path("case/key.txt"), "00".repeat(32)).unwrap();
    leak(&bench, 1, "more.csv", "9990000034,Absent,Erin,12/11/1972,AB1 2CE\n");
    let (code, _, error) = bench.assay(&["export", "subjects", "case", "--to", "x.csv"]);
    assert!(code == 2 && error.contains("another key"), "{error}");
}
