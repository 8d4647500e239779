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
