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
        "inventory phones",
        "Handset|Number|User|Cost Centre\nNokia|07700900123|Karen White|C1\niPhone|07700900124|John Hill|C2",
    ),
    ("research", "Study ID|Initials|DOB|NHS Number|Consent Date|Arm\nS1|JS|03/04/1961|9991234500|01/02/2023|A"),
    (
        "title surname",
        "Title|Surname|Forename(s)|Date of Birth|NHS number|Address|Postcode|GP Practice|Consultant|Clinic date\nMr|Smith|John Paul|03/04/61|999 123 4500|7 The Grove, Liverpool|L12 2AP|Village Surgery|Ahmed S|01/02/2023",
    ),
    (
        "blank rows",
        "Name|NHS Number|DOB\n\nSmith, John|9991234500|03/04/1961\n\n\nJones, Mary|9991234519|12/11/1955\n\nSource: PAS|run by Karen White|",
    ),
    ("quotes", "Quote Ref|Supplier|Sales Rep|Mobile|Item|Price\nQ1|Acme|Peter Brown|07700 900123|Bed|100"),
    ("deaths", "NHS No|Name|DOB|Date of Death|Cause of death\n9991234500|John Smith|03/04/1961|01/02/2023|MI"),
    (
        "ref log",
        "Date Received|Referral ID|Patient|DoB|NHS #|Referring Organisation|Urgency|Reason\n01/02/2023|UBRN 000012345678|Smith, John (Mr)|03 Apr 1961|9991234500|Village Surgery|2WW|? cancer",
    ),
    (
        "payroll2",
        "Employee Number|Title|Last Name|First Name|Date Of Birth|NI Number|Address Line 1|Post Code|Bank Sort Code|Bank Account Number|Basic Pay|Email Address\n2001|Ms|Clark|Susan|05-JUN-1980|AB 12 34 56 C|9 Park Road|L12 2AP|200000|12345678|2500.00|susan.clark@easthaven.nhs.uk",
    ),
    (
        "vertical forms",
        "Name|John Smith\nDOB|03/04/1961\nNHS No|9991234500\n\nName|Mary Jones\nDOB|12/11/1955\nNHS No|9991234519",
    ),
    (
        "contract reg",
        "Contract No|Supplier|Contract Manager|Start Date|End Date|Value\n9991234500|Acme|Karen White|01/02/2023|01/02/2026|100000",
    ),
];
const DOCS: &[(&str, &str)] = &[
("hl7", "
MSH|^~\\&|PAS|RX2|||202403120900||ADT^A01|1|P|2.4
PID|1||EH123456^^^EHC^MR~9991234500^^^NHS^NH||SMITH^JOHN^^^MR||19610403|M|||12 HIGH STREET^^LIVERPOOL^^L12 2AP||07700900123
NK1|1|SMITH^JANE|SPO||07700900124
DG1|1||I25.1^Atherosclerotic heart disease
"),
("donation letter", "
Easthaven Heart Charity
Supporter No: 100234

Mrs Margaret Thompson, 4 Mill Lane, Liverpool, L12 2AP

1 October 2024

Dear Mrs Thompson,

Thank you for your gift of 250.00 to the appeal.

Yours sincerely,

Susan Clark
Head of Fundraising
"),
("mixed policy", "
Records policy
Written by Dr Sarah Ahmed. Approved by Karen White.
The NHS number is a ten digit number such as 485 777 3456.
Contact: Information Governance, 0151 496 0123, ig@easthaven.nhs.uk
"),
("camhs letter", "
CONFIDENTIAL
Northshore Children's NHS Foundation Trust - CAMHS
Name: Ava BROWN  D.O.B: 03.05.2014  NHS Number: 999 123 4519
Address: 14 High Street, Liverpool L12 2AP
Mother: Mary Brown Tel: 07700 900123
School: Hill Primary
GP: Dr B Green

Dear Mary

Ava has disclosed self-harm. No suicidal ideation.
"),
("order email", "
From: orders@acme.example
To: supplies@easthaven.nhs.uk
Date: Tue, 12 Mar 2024 10:00:00 +0000
Subject: Order 9991234500 confirmed

Hello Karen White,
Your order 9991234500 will be delivered to Ward 3. Tracking: 9991234519
Thanks
Acme Team
"),
("table pipes", "
| Name | NHS Number | DOB |
|------|-----------|-----|
| John Smith | 9991234500 | 03/04/1961 |
| Mary Jones | 9991234519 | 12/11/1955 |
"),
("starter", "
New starter form
Full name: Susan Clark
Date of birth: 05/06/1980
Home address: 9 Park Road, Liverpool, L12 2AP
NI number: AB123456C
Bank: Anybank
Sort code: 20-00-00
Account number: 12345678
Emergency contact: David Clark
Relationship: Husband
Phone: 07700 900123
Start date: 01/02/2023
Salary: 31,000
"),
("sms", "
Reminder: John Smith has an appointment on 14/11/2024. NHS 9991234500
Reminder: Mary Jones has an appointment on 15/11/2024. NHS 9991234519
"),
("unusual", "
Re: Oluwaseun Xzanadutu
DOB: 03/04/2012
Hospital number: AH1234569
"),
("unsigned referral", "
Dear Colleague
Re: John Smith 03/04/1961 NHS No 9991234500 7 The Grove, Liverpool L12 2AP Tel 07700 900123
Please see this man.
"),
];
