use super::*;
#[test]
fn scratch() {
    for (name, document) in DOCS {
        let d = detect(name, ExhibitKind::Leak, &[text("", document.trim_matches('\n'))]);
        println!("=== {name}: {} {:?}\n{}", d.category.as_str(), d.category_reasons, print(&d));
    }
    for (name, document) in TABLES {
        let d = detect(name, ExhibitKind::Leak, &[table("Sheet1", document.trim_matches('\n'))]);
        println!("=== {name}: {} {:?}\n{}", d.category.as_str(), d.category_reasons, print(&d));
    }
}

const TABLES: &[(&str, &str)] = &[
    (
        "user table",
        "Full Name|Email|Last Login\nKaren White|karen.white@easthaven.nhs.uk|01/02/2023\nPeter Brown|peter@gmail.com|01/02/2023",
    ),
    ("letters in table", "Patient|Tom Smith, DOB 03/04/2012, NHS 9991234500\nSeen by|Dr Hill"),
    ("xl datetime", "NHSNumber,Name"),
    (
        "complaints log",
        "Complaint Ref|Complainant|Patient Name|NHS No|Date Received|Subject|Handler\nC1|Jane Smith|Tom Smith|9991234500|01/02/2023|Wait|Karen White",
    ),
    (
        "incident log",
        "Incident No|Date|Location|Person Affected|DOB|Description|Reported By\nW1|01/02/2023|Ward 3|John Smith|03/04/1961|Fall|Karen White",
    ),
    (
        "big donors no id",
        "Name|Address|Postcode|Amount|Date\nMrs Margaret Thompson|4 Mill Lane, Liverpool|L12 2AP|250|01/02/2023",
    ),
    (
        "barcodes w names",
        "Patient Label Stock|||\nProduct|NHS Supply Chain Code|Barcode\nWristband|9991234500|9991234519\nLabel|9991234527|9991234535",
    ),
];
const DOCS: &[(&str, &str)] = &[
    (
        "properties",
        "
title: Clinic letter
author: Karen White
created: 2024-03-01
",
    ),
    (
        "op note",
        "
OPERATION NOTE                         Date of operation: 01/03/2024
Patient: Mr John SMITH                 Hosp No: EH123456
DOB: 03/04/1961                        NHS: 999 123 4500
Surgeon: Mr P Rao    Assistant: Dr S Hill    Anaesthetist: Dr I Malik
Procedure: CABG x3
Indication: Triple vessel disease
",
    ),
    (
        "address left no name",
        "
Private and Confidential
Parent/Guardian of:
Ava Brown
14 High Street
Liverpool
L12 2AP

Dear Parent/Guardian

Re: Ava Brown, NHS No. 999 123 4519, d.o.b. 03/05/2014
",
    ),
    (
        "supplier letter",
        "
Acme Medical Ltd
Unit 4, Mill Business Park
Liverpool
L12 2AP

Karen White
Procurement Department
Easthaven Heart NHS Foundation Trust

Dear Ms White

Tender reference 9991234500
We are pleased to submit our quotation.

Yours sincerely

Peter Brown
Sales Director
p.brown@acme.example
0161 496 0123
",
    ),
    (
        "record multi line",
        "
Patient Demographics
Title: Mr
Surname: Smith
Forename: John
NHS Number: 9991234500
Date of Birth: 03/04/1961
Address Line 1: 7 The Grove
Address Line 2: Liverpool
Postcode: L12 2AP
Home Phone: 0151 496 0123
Next of Kin Name: Jane Smith
Next of Kin Phone: 07700 900123
GP Name: Dr B Green
GP Address: The Village Surgery, 1 Mill Lane, Liverpool, CH41 9DE
",
    ),
];
