//! What harms first, from text to class: the flag beside the address, keys beside nobody, and what is none.

use super::*;
use crate::harm::{HarmInput, urgent};
use jiff::civil::date;

/// `class: element=value`, a line a record.
fn harms(path: &str, passages: &[Passage]) -> Vec<String> {
    let detected = detect(path, ExhibitKind::Leak, passages);
    let (mentions, loose) = (&detected.mentions, &detected.loose);
    let input = HarmInput { reference_date: date(2024, 11, 28), mentions, loose, subjects: &[] };
    let value = |finding: &Finding| match finding.value.reveal() {
        Value::Text(text) => format!("{}={text}", finding.element.as_str()),
        _ => String::new(),
    };
    let line = |record: assay_model::UrgentRecord| {
        let values: Vec<String> = record.findings.iter().map(value).collect();
        format!("{}: {}", record.harm.as_str(), values.join("; "))
    };
    urgent(&input).into_iter().map(line).collect()
}

#[test]
fn a_column_says_whose_address_must_not_be_known() {
    let rows = "NHS Number|Surname|Forename|DOB|Address|Postcode|S-Flag\n\
                9990000018|Testcase|Ada|04/03/1985|4 Wren Close|L12 2AP|Y\n\
                9990000026|Example|Bram|12/11/1971|9 Heron Way|L12 2AP|N\n";
    let seen = harms("maternity list.csv", &[table("", rows)]);
    assert_eq!(seen.len(), 2, "{seen:#?}");
    assert!(seen[0].starts_with("protected address: ") && seen[0].contains("address=4 Wren Close"), "{seen:#?}");
    assert!(seen[1].starts_with("safeguarding: "), "{seen:#?}");
}

#[test]
fn a_letter_says_so_in_its_words() {
    let letter = "Patient: Ada Testcase\nNHS No: 999 000 0018\nDOB: 04/03/1985\n\n\
                  Dear Dr Example,\n\n\
                  She was seen in clinic. She now lives in a women's refuge and there is a non-molestation order.\n\n\
                  Yours sincerely\nDr B Example\n";
    let seen = harms("letters/a.txt", &[text("", letter)]);
    assert!(seen[0].starts_with("protected address: nhs number=9990000018"), "{seen:#?}");
    let none = letter.replace(
        "She now lives in a women's refuge and there is a non-molestation order.",
        "No safeguarding concerns.",
    );
    assert_eq!(harms("letters/a.txt", &[text("", &none)]), Vec::<String>::new());
}

#[test]
fn a_script_and_a_list_of_systems_have_keys_beside_nobody() {
    let script = "#!/bin/sh\nHOST=db.example\nDB_PASSWORD=\"s3cr3t-Pa55\"\nexport AWS_KEY=AKIAIOSFODNN7EXA2PLE\n";
    let seen = harms("deploy.sh", &[text("", script)]);
    assert_eq!(seen, ["live credential: credential=s3cr3t-Pa55", "live credential: credential=AKIAIOSFODNN7EXA2PLE"]);
    let rows = "System|Hostname|Username|Password\nPAS|pas01|svc_pas|Wren-41!\nLIMS|lims01|svc_lims|Heron_7\n";
    let seen = harms("systems.xlsx", &[table("", rows)]);
    assert_eq!(seen, ["live credential: credential=Wren-41!", "live credential: credential=Heron_7"]);
    let detected = detect("systems.xlsx", ExhibitKind::Leak, &[table("", rows)]);
    assert_eq!(detected.category, ItemCategory::Credentials, "{:?}", detected.category_reasons);
    let detected = detect("deploy.sh", ExhibitKind::Leak, &[text("", script)]);
    assert_eq!(detected.category, ItemCategory::Credentials, "{:?}", detected.category_reasons);
}

#[test]
fn payroll_has_homes_and_accounts_and_an_invoice_has_none() {
    let rows = "Employee No|Surname|Forename|Home Address|Postcode|Sort Code|Account Number|Salary\n\
                20123456|Testcase|Ada|4 Wren Close|L12 2AP|20-00-00|55779911|31000\n";
    let seen = harms("payroll.xlsx", &[table("", rows)]);
    assert_eq!(
        seen,
        ["bank details: bank account=20-00-00 55779911", "staff home address: address=4 Wren Close; postcode=L12 2AP"]
    );
    let invoice = "INVOICE 4411\nPurchase order 4500012345\nQty 4 gloves, unit price 2.10, VAT\n\
                   Pay to: sort code 20-00-00 account no. 55779911\n";
    assert_eq!(harms("invoice.pdf", &[text("", invoice)]), Vec::<String>::new());
}

#[test]
fn one_value_is_told_once_an_item() {
    let log = "password=s3cr3t-Pa55\n".repeat(500);
    assert_eq!(harms("app.log", &[text("", &log)]).len(), 1);
}

#[test]
fn an_account_that_cannot_be_one_needs_a_word_for_it() {
    let table = assay_model::ModulusTable {
        weights: "990000 990099 MOD11 0 0 0 0 0 0 8 7 6 5 4 3 2 1\n".to_owned(),
        substitutions: String::new(),
    };
    let read = |modulus: Option<assay_model::ModulusTable>, words: &str| {
        let detector = Detector::new(&ScanSettings { modulus, ..settings() }).unwrap();
        let (exhibit, path) = (ExhibitId::new("LEAK/1"), ItemPath::of_file("letter.txt"));
        let item = ItemContext { exhibit: &exhibit, kind: ExhibitKind::Leak, path: &path };
        let detected =
            detector.detect(&item, &[text("", &format!("Patient: Ada Testcase\nDOB: 01/02/1980\n{words}\n"))]);
        let accounts = detected.mentions.iter().flat_map(|mention| &mention.findings).chain(&detected.loose);
        let accounts = accounts.filter(|finding| finding.element == Element::BankAccount);
        accounts
            .map(|finding| (finding.confidence > 0.5, finding.detector.ends_with("fails the banks' check")))
            .collect::<Vec<_>>()
    };
    let (passes, fails) = ("99-00-12 15194248", "99-00-12 83604451");
    let labelled = |pair: &str| format!("Sort code: {}\nAccount number: {}", &pair[..8], &pair[9..]);
    let sure = vec![(true, false)];
    let expected = [
        (None, fails.to_owned(), sure.clone()),
        (Some(table.clone()), passes.to_owned(), sure.clone()),
        (Some(table.clone()), fails.to_owned(), vec![]),
        (Some(table.clone()), labelled(passes), sure.clone()),
        (Some(table.clone()), labelled(fails), vec![(false, true)]),
        (Some(table), fails.replace("99-00-12", "98-00-12"), sure.clone()),
    ];
    for (modulus, words, seen) in expected {
        assert_eq!(read(modulus, &words), seen, "{words}");
    }
}

#[test]
fn a_row_of_accounts_that_looks_like_titles_is_an_account() {
    check_table(
        "IT/logins.csv",
        "
Name|System|Username|Password
Ada Testcase|Rota system|ada04|Wren06!
Bob Sample|PAS|bob83|Password84!
Cyd Example|PAS|cyd16|Heron16!",
        "
staff row 2: name=/Ada/Testcase; credential=Wren06!
staff row 3: name=/Bob/Sample; credential=Password84!
staff row 4: name=/Cyd/Example; credential=Heron16!",
    );
}
