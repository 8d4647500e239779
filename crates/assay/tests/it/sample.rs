//! A sample drawn, read, answered: the sheet names nobody, the answers become recall in `status`, and nothing shows in the ledger.

use crate::run_by_hand::Bench;
use std::fmt::Write;

const PEOPLE: [(&str, &str, &str); 3] =
    [("9990000018", "Testcase", "Ada"), ("9990000026", "Example", "Bram"), ("9990000034", "Sample", "Cleo")];

fn bench(authority: &str) -> Bench {
    let bench = Bench::new();
    let leak = bench.case().join("leak");
    std::fs::create_dir_all(&leak).unwrap();
    let mut list = String::from("NHS Number,Surname,Forename,DOB\n");
    for (number, family, given) in PEOPLE {
        writeln!(list, "{number},{family},{given},04/03/1961").unwrap();
    }
    std::fs::write(leak.join("list.csv"), list).unwrap();
    for n in 0..6 {
        std::fs::write(leak.join(format!("notice{n}.txt")), format!("The lift number {n} is out of order.\n")).unwrap();
    }
    let text = format!(
        "[case]\ntitle = \"t\"\nreference = \"r\"\nreference_date = 2025-11-20\nnhs_test_range = \"accept\"\n\
         [[controller]]\nid = \"NCH\"\nname = \"Northshore\"\n{authority}\
         [[evidence]]\nexhibit = \"LEAK/1\"\nkind = \"leak\"\npath = \"leak\"\n"
    );
    std::fs::write(bench.case().join("case.toml"), text).unwrap();
    bench.assay(&["run", "case"]);
    bench
}

const AUTHORITY: &str = "[authority]\ninstructing_controller = \"NCH\"\nlawful_basis = \"Art. 6(1)(c)\"\n";

fn status(bench: &Bench) -> String {
    bench.assay(&["status", "case"]).1
}

#[test]
fn answers_to_a_sample_become_recall() {
    let bench = bench(AUTHORITY);
    assert!(status(&bench).contains("not measured"), "{}", status(&bench));
    let (code, out, error) = bench.assay(&["sample", "case", "--to", "sheet.csv", "--size", "6"]);
    assert_eq!(code, 0, "{out}{error}");
    let sheet = std::fs::read_to_string(bench.path("sheet.csv")).unwrap();
    for (number, family, given) in PEOPLE {
        assert!(!sheet.contains(number) && !sheet.contains(family) && !sheet.contains(given), "{sheet}");
    }
    // The one stretch with people in it, and five notices of six.
    let rows: Vec<&str> = sheet.lines().skip(1).collect();
    assert_eq!((rows.len(), rows.iter().filter(|row| row.contains("people found")).count()), (6, 1));
    assert!(sheet.contains("A. T. (patient) at row 2"), "{sheet}");

    // The last two cells of a row are to be filled in.
    let fill = |(n, row): (usize, &str)| match row.strip_suffix(",,") {
        Some(row) if n > 0 => format!("{row},{},0\n", u8::from(row.contains("list.csv"))),
        _ => format!("{row}\n"),
    };
    let full: String = sheet.lines().enumerate().map(fill).collect();
    std::fs::write(bench.path("filled.csv"), &full).unwrap();
    let (code, out, error) = bench.assay(&["sample", "case", "--answers", "filled.csv"]);
    assert_eq!(code, 0, "{out}{error}");
    // Three found and one missed, all people read; one notice is left in doubt.
    assert!(out.contains("75 % (95 % interval") && out.contains("6 stretches"), "{out}");
    assert!(status(&bench).contains("75 %"));

    let (code, _, error) = bench.assay(&["sample", "case", "--answers", "sheet.csv"]);
    assert_eq!(code, 0, "{error}");
    std::fs::write(bench.path("odd.csv"), full.replacen("\n1,", "\n99,", 1)).unwrap();
    let (code, _, error) = bench.assay(&["sample", "case", "--answers", "odd.csv"]);
    assert!(code == 2 && error.contains("sample 99 is none of the last sample"), "{error}");
    let ledger = std::fs::read_to_string(bench.case().join("custody.jsonl")).unwrap();
    assert!(
        ledger.contains("sample drawn") && ledger.contains("6 of 6 stretches answered") && !ledger.contains("Testcase")
    );
}

#[test]
fn a_sheet_names_paths_and_so_wants_an_authority() {
    let bench = bench("");
    let (code, _, error) = bench.assay(&["sample", "case", "--to", "sheet.csv"]);
    assert!(code == 2 && error.contains("names no authority"), "{error}");
    assert!(!bench.path("sheet.csv").exists());
}
