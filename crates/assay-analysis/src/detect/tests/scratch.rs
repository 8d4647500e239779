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
        "nohdr names",
        "Smith|John|03/04/1961|9991234500\nJones|Mary|12/11/1955|9991234519\nBrown|Peter|30/01/1970|9991234527",
    ),
    (
        "staff list",
        "Staff list 2024||||\nName|Post|Department|Work Email|Mobile\nKaren White|Ward Manager|Cardiology|karen.white@easthaven.nhs.uk|07700 900123\nDr John Hill|Consultant|Cardiology|john.hill@easthaven.nhs.uk|07700 900124",
    ),
    (
        "sickness",
        "Assignment Number|Employee|Absence Start|Absence Reason|Days Lost\n2001|Clark, Susan|01/02/2023|Anxiety/stress|10\n2002|Hill, John|01/02/2023|Back pain|3",
    ),
    (
        "rtt",
        "RTT PTL|||||\nTrust|Specialty|Pathway ID|NHS Number|Local Patient Identifier|Weeks Waiting\nRX2|320|P1|9991234500|EH123456|20\nRX2|320|P2|9991234519|EH123457|30",
    ),
    (
        "orders",
        "Order No|Order Date|Customer|Product|Qty|Delivery Contact|Contact Phone\n9991234500|01/02/2023|Easthaven Heart|Stents|4|Karen White|0151 496 0123",
    ),
    (
        "asset",
        "9991234500|Dell Latitude|Room 1\n9991234519|HP LaserJet|Room 2\n9991234527|Cisco Switch|Room 3\n9991234535|Dell Latitude|Room 4\n9991234543|Dell Latitude|Room 9",
    ),
    (
        "weird dob",
        "Patient ID|First|Last|Sex|Born|Tel\nAH1234567|Tom|Smith|M|40912|7700900123\nAH1234568|Ava|Brown|F|03-May-14|0151 496 0123",
    ),
    (
        "gift list",
        "Supporter No|Salutation|Forename|Surname|Addr1|Addr2|Town|PostCode|Donation|Date\n1|Mrs|Margaret|Thompson|4 Mill Lane||Liverpool|L12 2AP|10.00|01/02/2023\n2||||||||Total: 10.00|",
    ),
    (
        "training",
        "Course: Safeguarding Level 3|||\nName|Job Title|Date Completed|Expiry\nKaren White|Nurse|01/02/2023|01/02/2026\nJohn Hill|HCA|01/02/2023|01/02/2026",
    ),
    ("phones", "Name|Ext\nKaren White|4433\nJohn Hill|4434\nWard 3|4435"),
    ("form2", "Patient name:|Tom Smith|NHS no:|9991234500\nDOB:|03/04/2012|Hosp no:|AH1234567"),
    (
        "kv",
        "Field|Value\nName|Tom Smith\nDOB|03/04/2012\nNHS Number|9991234500\nAddress|12 High Street\nPostcode|L12 2AP",
    ),
    (
        "supplier tender",
        "Supplier|Lead Contact|Email|Phone|Price\nAcme Ltd|Peter Brown|p@acme.example|0161 496 0123|100\nBeta plc|Susan Clark|s@beta.example|0161 496 0124|200",
    ),
];
const DOCS: &[(&str, &str)] = &[
    (
        "inline ref",
        "
Ref: SA/AB/EH123457
Date dictated: 01/03/2024   Date typed: 03/03/2024

Dr B Green
The Village Surgery
1 Mill Lane
Liverpool CH41 9DE

Dear Dr Green,

Mary JONES (d.o.b 12/11/1955) NHS 999 123 4519
4 Mill Lane, Liverpool, CH41 9DE

Many thanks for referring this pleasant lady.

Yours sincerely,

Electronically signed
DR SARAH AHMED
Consultant
",
    ),
    (
        "cap labels",
        "
PATIENT NAME: JONES MARY
DATE OF BIRTH: 12-NOV-1955
NHS NO: 9991234519
CONSULTANT: DR S AHMED
WARD: A3
",
    ),
    (
        "memo",
        "
MEMO
To: All staff
From: Karen White, Chief Nurse
Date: 12 March 2024
Subject: Hand hygiene

Please wash your hands.
",
    ),
    (
        "contract",
        "
CONTRACT FOR SERVICES
between Acme Medical Ltd (company number 01234567) and Easthaven Heart NHS Foundation Trust
Contract reference 9991234500
Signed for the supplier: Peter Brown, Director
",
    ),
    (
        "exam report",
        "
RADIOLOGY REPORT
Patient Name : Mary JONES        Patient ID : EH123457
Sex : F                          DOB : 12/11/1955
Referrer : Dr S Ahmed            Accession No : 9991234500
Exam date : 01/03/2024
Clinical details: Chest pain ?PE
Findings: No PE.
Reported by: Dr Imran Malik
",
    ),
    (
        "two letters child",
        "
Northshore Children's NHS Foundation Trust

To the parents of: Ava Brown
14 High Street, Liverpool, L12 2AP

Our ref: AH1234568
Hospital number: AH1234568
Date: 2 April 2024

Dear parents of Ava Brown,

Ava has an appointment.
",
    ),
    (
        "email sig",
        "
From: Karen White [mailto:karen.white@easthaven.nhs.uk]
Sent: 12 March 2024 10:00
To: 'john.hill@easthaven.nhs.uk'; Sarah Ahmed
Cc: Peter Brown <peter@acme.example>
Subject: FW: Patient John Smith EH123456

Can you look at this pt? NHS 9991234500, DOB 3/4/61. He lives at 7 The Grove, Liverpool L12 2AP.

Karen White
Ward Manager
Easthaven Heart
M: 07700 900999
",
    ),
    (
        "donor note",
        "
Major donor briefing
Lord Peter Hope
Address: 7 The Grove, Liverpool, L12 2AP
Tel: 07700 900123
Email: hope@example.com
Total giving: 50,000
Spouse: Lady Anne Hope
Relationship manager: Susan Clark
",
    ),
    (
        "ward handover",
        "
Bed 1: John Smith, 62, NHS 999 123 4500, post CABG day 2
Bed 2: Mary Jones, 68, NHS 999 123 4519, AF
Bed 3: empty
",
    ),
    (
        "creds",
        "
switch01 admin Password: Winter2024!
user: kwhite password: Hunter2024
",
    ),
    (
        "appointment",
        "
Appointment letter
Ref: 9991234500/OUT
Miss Ava Brown
14 High Street
LIVERPOOL
L12 2AP
Date: 2 April 2024
Dear Miss Brown
NHS number: 999 123 4519
Your appointment is with Mr A Khan.
Yours sincerely
Booking Office
Tel 0151 496 0123
",
    ),
];
