//! Passwords: given by the user, found in the leak where the authority allows it; what they open is read again, and none shows.

use crate::run_by_hand::Bench;
use serde_json::Value;
use std::io::Write;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;
use zip::write::SimpleFileOptions;

const PASSWORD: &str = " Heron-7 flies";
const PEOPLE: &str = "NHS Number,Surname,Forename,DOB,Postcode\n\
    9990000018,Testcase,Ada,04/03/1961,AB1 2CD\n\
    9990000026,Example,Bram,12/11/2012,AB1 2CE\n";

/// A zip of one member, behind a password.
fn locked(member: &str, content: &[u8], password: &str) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().with_aes_encryption(zip::AesMode::Aes256, password);
    writer.start_file(member, options).unwrap();
    writer.write_all(content).unwrap();
    writer.finish().unwrap().into_inner()
}

/// A case of one or two leaks, with these files in them.
fn bench(authority: &str, files: &[(&str, &[u8])]) -> Bench {
    let bench = Bench::new();
    for (path, bytes) in files {
        let path = bench.case().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
    let leaks = ["one", "two"].into_iter().filter(|folder| bench.case().join(folder).exists()).enumerate();
    let evidence =
        |(n, folder)| format!("[[evidence]]\nexhibit = \"LEAK/{}\"\nkind = \"leak\"\npath = \"{folder}\"\n", n + 1);
    let evidence: String = leaks.map(evidence).collect();
    let text = format!(
        "[case]\ntitle = \"t\"\nreference = \"r\"\nreference_date = 2025-11-20\nnhs_test_range = \"accept\"\n\
         [[controller]]\nid = \"NCH\"\nname = \"Northshore\"\n\
         [authority]\ninstructing_controller = \"NCH\"\nlawful_basis = \"Art. 6(1)(c)\"\n{authority}\n{evidence}"
    );
    std::fs::write(bench.case().join("case.toml"), text).unwrap();
    bench
}

fn report(bench: &Bench) -> Value {
    serde_json::from_str(&std::fs::read_to_string(bench.case().join("out/report.json")).unwrap()).unwrap()
}

fn given(bench: &Bench, text: &str) -> Vec<String> {
    let path = bench.path("passwords.txt");
    std::fs::write(&path, text).unwrap();
    ["run", "case", "--passwords"].map(str::to_owned).into_iter().chain([path.display().to_string()]).collect()
}

fn run(bench: &Bench, arguments: &[String]) -> (i32, String, String) {
    bench.assay(&arguments.iter().map(String::as_str).collect::<Vec<_>>())
}

/// No file that the program wrote holds a password in clear.
fn shows_nowhere(bench: &Bench, password: &str, printed: &str) {
    fn look(folder: &Path, password: &[u8]) {
        for entry in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if entry.is_dir() {
                look(&entry, password);
            } else {
                let bytes = std::fs::read(&entry).unwrap();
                assert!(!bytes.windows(password.len()).any(|window| window == password), "{}", entry.display());
            }
        }
    }
    for folder in ["store", "out"] {
        look(&bench.case().join(folder), password.as_bytes());
    }
    let ledger = std::fs::read_to_string(bench.case().join("custody.jsonl")).unwrap();
    assert!(!ledger.contains(password) && !printed.contains(password));
}

#[test]
fn a_password_given_later_opens_what_was_locked_and_nothing_is_read_for_nothing() {
    let zip = locked("list.csv", PEOPLE.as_bytes(), PASSWORD);
    let bench = bench("", &[("one/records.zip", &zip), ("one/note.txt", b"words")]);
    assert_eq!(bench.assay(&["run", "case"]).0, 1);
    assert_eq!(report(&bench)["items"]["unread"]["encrypted"], 1);
    assert_eq!(report(&bench)["subjects"]["count"], 0);

    let wrong = given(&bench, "Plover\n");
    assert_eq!(run(&bench, &wrong).0, 1);
    assert_eq!(report(&bench)["items"]["unread"]["encrypted"], 1);

    let right = given(&bench, &format!("Plover\n{PASSWORD}\n"));
    let (code, out, error) = run(&bench, &right);
    assert_eq!(code, 0, "{error}");
    assert!(error.contains("2 passwords given, 1 of them new"), "{error}");
    assert!(out.contains("1 opened with a password"), "{out}");
    let opened = report(&bench);
    assert_eq!(opened["items"]["unread"]["encrypted"], 0);
    assert_eq!(opened["items"]["opened_with_password"], 1);
    assert_eq!(opened["items"]["total"], 3, "an item read again is one item");
    assert_eq!(opened["subjects"]["count"], 2);
    let ledger = std::fs::read_to_string(bench.case().join("custody.jsonl")).unwrap();
    assert!(ledger.contains("1 password given"), "{ledger}");
    shows_nowhere(&bench, PASSWORD, &(out + &error));

    let written = || std::fs::metadata(bench.case().join("out/report.json")).unwrap().modified().unwrap();
    let before = written();
    assert_eq!(run(&bench, &right).0, 0);
    assert_eq!(bench.assay(&["run", "case"]).0, 0);
    assert_eq!(written(), before, "nothing new, nothing done");
    assert!(bench.assay(&["status", "case"]).1.contains("passwords 2 held"));
    assert!(bench.assay(&["check", "case"]).1.contains("2 passwords held"));
    let (code, _, error) = bench.assay(&["run", "case", "--forget-passwords"]);
    assert!(code == 0 && error.contains("2 passwords forgotten"), "{error}");
    assert!(bench.assay(&["status", "case"]).1.contains("passwords 0 held"));
    assert_eq!(report(&bench)["subjects"]["count"], 2, "what was read stays");
    assert_eq!(written(), before);
}

#[test]
fn what_lies_inside_something_locked_comes_to_light_level_by_level() {
    let inner = locked("deep/list.csv", PEOPLE.as_bytes(), "second");
    let outer = locked("inner.zip", &inner, PASSWORD);
    let bench = bench("", &[("one/outer.zip", &outer)]);
    assert_eq!(bench.assay(&["run", "case"]).0, 1);
    assert_eq!(run(&bench, &given(&bench, PASSWORD)).0, 1);
    assert_eq!(report(&bench)["items"]["total"], 3);
    assert_eq!(run(&bench, &given(&bench, "second\r\n")).0, 0);
    assert_eq!(report(&bench)["items"]["opened_with_password"], 2);
    assert_eq!(report(&bench)["subjects"]["count"], 2);
}

#[test]
fn passwords_are_asked_for_at_a_terminal_only() {
    let bench = bench("", &[("one/note.txt", b"words")]);
    let (code, _, error) = bench.assay(&["run", "case", "--ask-password"]);
    assert!(code == 2 && error.contains("no terminal") && error.contains("--passwords FILE"), "{error}");
    let (code, _, error) = bench.assay(&["run", "case", "--passwords", "none.txt"]);
    assert!(code == 2 && error.contains("none.txt") && error.contains("remedy"), "{error}");
}

/// A mail that names the password of what lies beside it.
const MAIL: &[u8] = b"From: Ward <ward@northshore.example>\r\nTo: Clerk <clerk@northshore.example>\r\n\
    Message-ID: <1@northshore.example>\r\nSubject: list\r\n\r\nAs promised. The zip password is Dunlin-5, please delete.\r\n";

#[test]
fn a_password_that_stands_in_the_leak_is_used_only_where_the_authority_says_so() {
    let zip = locked("list.csv", PEOPLE.as_bytes(), "Dunlin-5");
    let other = locked("other.csv", b"a,b\n1,2\n", "Dunlin-5");
    let files = [("one/records.zip", zip.as_slice()), ("one/mail.eml", MAIL), ("two/other.zip", &other)];
    let off = bench("", &files);
    assert_eq!(off.assay(&["run", "case"]).0, 1);
    assert_eq!(report(&off)["items"]["unread"]["encrypted"], 2);
    assert_eq!(report(&off)["method"]["own_passwords"], serde_json::json!([]));

    let on = bench("use_passwords_found_in = [\"LEAK/1\"]", &files);
    let (code, said, _) = on.assay(&["check", "case"]);
    assert!(code == 0 && said.contains("found in LEAK/1") && said.contains("Computer Misuse Act 1990"), "{said}");
    let (code, out, error) = on.assay(&["run", "case"]);
    assert_eq!(code, 1, "{error}");
    let opened = report(&on);
    assert_eq!(opened["items"]["unread"]["encrypted"], 1, "another exhibit's item stays shut");
    assert_eq!(opened["items"]["opened_with_password"], 1);
    assert_eq!(opened["subjects"]["count"], report(&off)["subjects"]["count"].as_u64().unwrap() + 2);
    let own = serde_json::json!([{ "exhibit": "LEAK/1", "tried_on": 1, "opened": 1 }]);
    assert_eq!(opened["method"]["own_passwords"], own);
    let page = std::fs::read_to_string(on.case().join("out/report.html")).unwrap();
    assert!(page.contains("Passwords found in exhibit LEAK/1 were tried on its 1 encrypted item; 1 opened, under the authority of Northshore"));
    let ledger = std::fs::read_to_string(on.case().join("custody.jsonl")).unwrap();
    assert!(ledger.contains("found in LEAK/1 to be tried on its own encrypted items"), "{ledger}");
    assert!(ledger.contains("tried on 1 encrypted items of it, 1 opened"), "{ledger}");
    shows_nowhere(&on, "Dunlin-5", &(out + &error));

    let entries = ledger.lines().count();
    let before = std::fs::metadata(on.case().join("out/report.json")).unwrap().modified().unwrap();
    on.assay(&["run", "case"]);
    assert_eq!(std::fs::metadata(on.case().join("out/report.json")).unwrap().modified().unwrap(), before);
    assert_eq!(std::fs::read_to_string(on.case().join("custody.jsonl")).unwrap().lines().count(), entries);
}

#[test]
fn a_run_killed_while_it_reads_again_ends_as_an_undisturbed_one() {
    let row = |n: usize| format!("NHS Number,Surname,Forename,DOB\n,Test{n},Ada,04/03/1961\n");
    let zips: Vec<(String, Vec<u8>)> = (0..40)
        .map(|n| (format!("one/{n}.zip"), locked("list.csv", row(n).as_bytes(), ["Dunlin-5", PASSWORD][n % 2])))
        .chain([("one/mail.eml".to_owned(), MAIL.to_vec())])
        .collect();
    let files: Vec<(&str, &[u8])> = zips.iter().map(|(path, bytes)| (path.as_str(), bytes.as_slice())).collect();
    let allowed = "use_passwords_found_in = [\"LEAK/1\"]";
    let (undisturbed, disturbed) = (bench(allowed, &files), bench(allowed, &files));
    run(&undisturbed, &given(&undisturbed, PASSWORD));
    let arguments = given(&disturbed, PASSWORD);
    disturbed.assay(&["run", "case"]);
    let mut killed = 0;
    for wait in [20, 60, 120, 250, 400, 600] {
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let mut child = disturbed.command(&arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(wait));
        killed += u32::from(child.try_wait().unwrap().is_none());
        child.kill().unwrap();
        child.wait().unwrap();
    }
    assert!(killed > 0, "no run was cut off");
    let (code, _, error) = run(&disturbed, &arguments);
    assert!(code <= 1, "{error}");
    assert_eq!(report(&disturbed)["items"]["opened_with_password"], 40);
    // Which of two sources a password came from may differ where a run was cut off; nothing else may.
    let people = |bench: &Bench| {
        let mut subjects = report(bench)["subjects"].clone();
        // One had a report before, without passwords.
        subjects["changes"].take();
        (subjects, report(bench)["items"].clone())
    };
    assert_eq!(people(&disturbed), people(&undisturbed));
}
