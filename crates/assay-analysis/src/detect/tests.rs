//! Text in, mentions out: a document as a person would type it, and below it the mentions as lines
//! `role place: element=value ...`.

mod decoys;
mod harms;
mod letters;
mod mail;
mod records;
mod scripts;
mod speed;
mod tables;

use super::*;
use assay_model::{Cell, Controller, Place, Recovery, Table, Value};
use proptest::prelude::*;

fn settings() -> ScanSettings {
    let controller = |id: &str, name: &str, ods: &str, domain: &str, path: &str, form: &str| Controller {
        id: ControllerId::new(id),
        name: name.to_owned(),
        ods_code: ods.to_owned(),
        aliases: vec![name.replace(" NHS Foundation Trust", "")],
        domains: vec![domain.to_owned()],
        paths: vec![path.to_owned()],
        hospital_number: form.to_owned(),
        aware_at: None,
        aware_basis: String::new(),
    };
    ScanSettings {
        controllers: vec![
            controller(
                "NCH",
                "Northshore Children's NHS Foundation Trust",
                "RX1",
                "northshorechildrens.nhs.uk",
                "fs01/**",
                r"AH\d{7}",
            ),
            controller("EHC", "Easthaven Heart NHS Foundation Trust", "RX2", "easthaven.nhs.uk", "fs02/**", r"EH\d{6}"),
        ],
        ..ScanSettings::default()
    }
}

fn detector() -> Detector {
    Detector::new(&settings()).unwrap()
}

fn detect(path: &str, kind: ExhibitKind, passages: &[Passage]) -> Detected {
    let (exhibit, path) = (ExhibitId::new("LEAK/1"), ItemPath::of_file(path));
    detector().detect(&ItemContext { exhibit: &exhibit, kind, path: &path }, passages)
}

fn text(part: &str, text: &str) -> Passage {
    Passage {
        part: part.to_owned(),
        hidden: false,
        recovery: Recovery::Stored,
        content: Content::Text { first_line: 1, text: text.to_owned() },
    }
}

/// Rows of cells parted by `|`.
fn table(sheet: &str, rows: &str) -> Passage {
    let rows = rows
        .trim_matches('\n')
        .lines()
        .map(|line| {
            line.split('|')
                .map(|cell| match cell.trim() {
                    "" => Cell::Empty,
                    text => match (text.parse::<f64>(), text.len()) {
                        (Ok(number), 10) => Cell::Number(number),
                        _ => Cell::Text(text.into()),
                    },
                })
                .collect()
        })
        .collect();
    let table = Table { first_row: 1, continued: false, rows };
    Passage { part: sheet.to_owned(), hidden: false, recovery: Recovery::Stored, content: Content::Table(table) }
}

fn print(detected: &Detected) -> String {
    let mut out = String::new();
    for mention in &detected.mentions {
        let place = match &mention.locator.place {
            Place::Row { row, .. } => format!("row {row}"),
            Place::Line { first, last, .. } => format!("{first}-{last}"),
            other => other.to_string(),
        };
        let mut fields: Vec<(Element, String)> = mention
            .findings
            .iter()
            .map(|finding| {
                let value = match finding.value.reveal() {
                    Value::Text(text) => text.clone(),
                    Value::Date(date) => date.to_string(),
                    Value::Name(n) => format!("{}/{}/{}", n.title, n.given.join(" "), n.family),
                };
                (finding.element, value)
            })
            .collect();
        fields.sort();
        let fields: Vec<String> =
            fields.into_iter().map(|(element, value)| format!("{}={value}", element.as_str())).collect();
        out.push_str(&format!("{} {place}: {}\n", mention.role.as_str(), fields.join("; ")));
    }
    out
}

fn check_passages(path: &str, passages: &[Passage], want: &str) {
    let got = print(&detect(path, ExhibitKind::Leak, passages));
    let lines =
        |text: &str| text.lines().map(str::trim).filter(|l| !l.is_empty()).map(str::to_owned).collect::<Vec<_>>();
    let (got, want) = (lines(&got), lines(want));
    assert!(got == want, "{path}\ngot:\n{}\nwant:\n{}", got.join("\n"), want.join("\n"));
}

fn check_text(path: &str, document: &str, want: &str) {
    check_passages(path, &[text("", document.trim_matches('\n'))], want);
}

fn check_table(path: &str, rows: &str, want: &str) {
    check_passages(path, &[table("Sheet1", rows)], want);
}

#[test]
fn settings_that_do_not_compile_say_whose() {
    let mut settings = settings();
    settings.controllers[0].hospital_number = "AH[".to_owned();
    let error = Detector::new(&settings).unwrap_err().to_string();
    assert!(error.contains("controller NCH, hospital_number"), "{error}");
    let mut settings = self::settings();
    settings.register_columns = vec![(ExhibitId::new("REG/1"), "X".into(), "shoe size".into())];
    assert!(Detector::new(&settings).unwrap_err().to_string().contains("shoe size"));
}

#[test]
fn a_register_is_read_with_its_own_titles() {
    let mut settings = settings();
    settings.register_columns = vec![(ExhibitId::new("REG/1"), "Geboren".into(), "date of birth".into())];
    let detector = Detector::new(&settings).unwrap();
    let (exhibit, path) = (ExhibitId::new("REG/1"), ItemPath::of_file("nch_mpi.csv"));
    let item = ItemContext { exhibit: &exhibit, kind: ExhibitKind::Register, path: &path };
    let rows = "NHS Number|Surname|Forename|Geboren|Postcode|Hospital Number|Mobile|Deceased Date\n9991234500|SMITH|Tom|03/04/2012|L12 2AP|AH1234567|07700 900123|\n|JONES|Ann|01/02/2010|||| 04/05/2023";
    let detected = detector.detect(&item, &[table("", rows)]);
    let people: Vec<_> =
        detected.mentions.iter().filter_map(|m| register_person(&ControllerId::new("NCH"), m)).collect();
    assert_eq!(people.len(), 2);
    assert!(detected.mentions.iter().all(|m| m.role == Role::Patient));
    assert_eq!(people[0].nhs_number.as_ref().unwrap().reveal(), "9991234500");
    assert_eq!(people[0].date_of_birth, Some(Date::constant(2012, 4, 3)));
    assert_eq!(people[0].phones[0].reveal(), "+447700900123");
    assert_eq!(people[1].date_of_death, Some(Date::constant(2023, 5, 4)));
}

#[test]
fn category_hints_and_dates_of_an_item() {
    let letter = "Northshore Children\u{2019}s NHS Foundation Trust\nOutpatient clinic letter\n12 March 2024\n\nRe: Tom Smith\nDOB: 03/04/2012\nNHS No: 999 123 4500\nHospital No: AH1234567\n\nYours sincerely\n\nDr Jane Patel\n";
    let detected = detect("fs01/letters/a.txt", ExhibitKind::Leak, &[text("", letter)]);
    assert_eq!(detected.category, ItemCategory::PatientRecord);
    assert!(detected.category_reasons.iter().any(|r| r == "records about patients"), "{:?}", detected.category_reasons);
    let hints: Vec<String> =
        detected.controller_hints.iter().map(|h| format!("{} {}", h.controller, h.basis.as_str())).collect();
    assert_eq!(hints, ["NCH path", "NCH letterhead", "NCH hospital number"]);
    assert_eq!(
        (detected.oldest, detected.newest),
        (Some(Date::constant(2024, 3, 12)), Some(Date::constant(2024, 3, 12)))
    );
    let other = detect(
        "fs02/x.txt",
        ExhibitKind::Leak,
        &[text("", "Minutes of the estates group\nsee www.easthaven.nhs.uk RX201")],
    );
    let hints: Vec<String> =
        other.controller_hints.iter().map(|h| format!("{} {}", h.controller, h.basis.as_str())).collect();
    assert_eq!(hints, ["EHC path", "EHC ODS code", "EHC domain"]);
    assert!(other.mentions.is_empty());
}

#[test]
fn the_same_item_twice_gives_the_same() {
    let passages = [text("", "Re: Tom Smith DOB 03/04/2012 NHS 9991234500\nMother: Mrs Jane Smith")];
    let first = format!("{:?}", detect("a.txt", ExhibitKind::Leak, &passages));
    assert_eq!(first, format!("{:?}", detect("a.txt", ExhibitKind::Leak, &passages)));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_text_makes_it_panic(document in "(\\PC{0,30}(\n|: |  |, )){0,12}") {
        let _ = detect("a.txt", ExhibitKind::Leak, &[text("", &document)]);
    }

    #[test]
    fn no_words_of_letters_make_it_panic(words in proptest::collection::vec(proptest::sample::select(vec![
        "Re:", "NHS No:", "999 123 4500", "DOB", "03/04/1961", "\n", "\n\n", "Dear", "Mr Smith", "John", ",", "(", ")", "   ",
        "L12 2AP", "12 High Street", "Yours sincerely", "From: A B <a@b.example>", "To:", "Subject:", "Parent of", "é", "\t", "|",
        "Name", "Surname", "Diagnosis:", "HIV", "AH1234567", "Tel:", "07700 900123", "GP:", "Next of kin:", "\u{a0}", ";", "Address:",
    ]), 0..60)) {
        let _ = detect("a.txt", ExhibitKind::Leak, &[text("", &words.join(" ")), text("header", &words.concat())]);
    }

    #[test]
    fn no_table_makes_it_panic(cells in proptest::collection::vec(proptest::sample::select(vec![
        "", "Name", "NHS Number", "DOB", "9991234500", "Smith, John", "03/04/1961", "Qty", "Next of kin", "é", "L12 2AP", "NOK Name",
        "Consultant", "Dr X", "Total", "x@y.example", "Surname", "John",
    ]), 0..80), width in 1usize..9) {
        let rows: Vec<String> = cells.chunks(width).map(|row| row.join("|")).collect();
        let _ = detect("a.csv", ExhibitKind::Leak, &[table("s", &rows.join("\n"))]);
    }
}
