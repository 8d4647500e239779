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
        "audit",
        "Audit of Antibiotic Prophylaxis 2023\nSpecialty: Orthopaedics\nAuditor: Dr A Hill\n\nPt Initials|NHS No.|DOB|Op Date|Compliant?\nJS|999 123 4500|03/04/1961|02/03/2023|Y\nMJ|999 123 4519|12/11/1955|03/03/2023|N",
    ),
    (
        "safeguarding log",
        "Child's Name|D.O.B|Address|Mother's Name|Father's Name|Social Worker|Concern|Date\nTom Smith|03/04/2012|12 High Street, Liverpool, L12 2AP|Jane Smith|David Smith|Ann Price|Neglect|02/03/2023\nAva Brown|03/05/2014|14 High Street, Liverpool, L12 2AP|Mary Brown||Ann Price|Physical abuse|02/04/2023",
    ),
    (
        "po lines",
        "PO Number|PO Date|Supplier|Requested By|Contact Name|Contact Tel|Item|Qty|Total\n9991234500|01/02/2023|Acme Ltd|Karen White|Peter Brown|0161 496 0123|Gloves|10|20.00",
    ),
    (
        "contacts",
        "Name|Role|Email|Extension\nKaren White|Procurement Manager|karen.white@easthaven.nhs.uk|4433\nJohn Hill|Buyer|john.hill@easthaven.nhs.uk|4434",
    ),
    (
        "invoice",
        "Acme Medical Ltd||||\nInvoice No:|INV-1||Date:|01/02/2023\nBill To:|Easthaven Heart NHS Foundation Trust|||\nAttention:|Karen White|||\n||||\nDescription|Qty|Unit Price|Total|\nDrapes|1|2.00|2.00|",
    ),
    (
        "appts",
        "Clinic: CARD01|||||\nDate: 12/03/2024|||||\nTime|Patient Name|Hospital No|NHS Number|DOB|Appt Type\n09:00|SMITH, John (Mr)|EH123456|9991234500|03/04/1961|New\n09:20|JONES, Mary (Mrs)|EH123457|9991234519|12/11/1955|FU",
    ),
    (
        "gifts",
        "Report: Major donors||||\n|||||\nConstituent ID|Name|Total Giving|Last Gift Date|Address\n1001|Mr and Mrs P Brown|5000|01/02/2023|7 The Grove, Liverpool L12 2AP\n1002|Acme Foundation|10000|01/02/2023|\n1003|Lady Margaret Hope|20000|02/02/2023|1 Mill Lane, Liverpool L12 2AP",
    ),
    ("users", "Username|Password|Display Name|Department\nkwhite|Summer2023!|Karen White|Procurement"),
    (
        "serials",
        "Asset Tag|Serial No|Assigned To|Model\nA1|9991234500|Karen White|Latitude\nA2|9991234519|John Hill|Latitude",
    ),
    (
        "leavers",
        "Emp No|Surname|First Name|DOB|Home Address|Postcode|Leaving Date|Reason for Leaving\n123|Clark|Susan|05/06/1980|9 Park Road, Liverpool|L12 2AP|01/02/2023|Retirement",
    ),
    (
        "genetics",
        "Family ID|Proband|NHS|D.O.B.|Gene|Result\nF1|John Smith|9991234500|03/04/1961|BRCA1|Pathogenic variant",
    ),
];
const DOCS: &[(&str, &str)] = &[
("discharge", "
DISCHARGE SUMMARY
Easthaven Heart NHS Foundation Trust

Patient Details
Surname: JONES            Forename: Mary
DOB: 12/11/1955           Sex: F
NHS Number: 999 123 4519  Hospital Number: EH123457
Address: 4 Mill Lane, Liverpool, CH41 9DE

Admitted: 01/03/2024      Discharged: 05/03/2024
Consultant: Dr Sarah Ahmed
GP: Dr B Green, The Village Surgery, 1 Mill Lane, Liverpool, CH41 9DE

Diagnoses:
1. NSTEMI
2. Type 2 diabetes

Medication: Aspirin 75mg

Completed by: Dr Imran Malik (FY2)
"),
("gp letter", "
Dr B Green
The Village Surgery

Dear Dr Green

RE: Mrs Mary JONES, 4 Mill Lane, Liverpool, CH41 9DE
D.O.B. 12.11.1955   NHS: 9991234519   Hosp No: EH123457

Thank you for referring this 68-year-old lady with chest pain. She is HIV negative. Her husband Mr David Jones attended.

Yours sincerely

Dr Sarah Ahmed
Consultant Cardiologist
GMC 6123456
Tel: 0151 496 0123

cc Mrs Mary Jones
   4 Mill Lane
   Liverpool
   CH41 9DE
"),
("pdf list", "
THEATRE LIST - THEATRE 3 - 14/11/2024
Surgeon: Mr P Rao
No Hosp No Name Age Procedure
1 EH123456 SMITH, John 62y CABG
2 EH123457 JONES, Mary 68y AVR
3 EH123458 Olu Adeyemi 55y MVR
"),
("incident", "
Incident report W12345
Reported by: Karen White, Ward Manager
Patient involved: John Smith (EH123456)
Description: Mr Smith fell from bed at 02:00. No injury. Daughter Susan informed on 07700 900123.
"),
("minutes", "
Minutes of the Board Meeting 12 March 2024
Present: Mr John Hill (Chair), Dr Sarah Ahmed, Mrs Karen White
Apologies: Peter Brown
1. Minutes of the last meeting agreed.
2. Finance: the trust spent 9991234500 pounds.
"),
("gift aid", "
GIFT AID DECLARATION
Name: Mrs Margaret Thompson
Home address: 4 Mill Lane
Liverpool
Postcode: L12 2AP
Email: m.thompson@example.com
Donation: 25.00
Date: 01/10/2024
"),
("payslip", "
PAYSLIP                      Period: April 2024
Employee: Susan Clark        Payroll No: 20011
NI Number: AB123456C         Tax code: 1257L
Gross Pay: 2,500.00          Net pay: 2,000.00
Sort code: 20-00-00          Account: 12345678
"),
("child letter", "
Private & Confidential
Mrs Jane Smith
12 High Street
Liverpool
L12 2AP

12th March 2024

Dear Mrs Smith

Re: Tom Smith - DOB: 03/04/2012 - NHS No: 9991234500

Following our appointment with Tom, he has been placed on a child protection plan.

Kind regards

Sister Anne Doyle
"),
("hl7", "
MSH|^~\\&|PAS|RX2|||202403120900||ADT^A01|1|P|2.4
PID|1||EH123456^^^EHC^MR~9991234500^^^NHS^NH||SMITH^JOHN^^^MR||19610403|M|||12 HIGH STREET^^LIVERPOOL^^L12 2AP||07700900123
"),
("csv text", "
nhs_number,surname,forename,dob,postcode
9991234500,Smith,John,1961-04-03,L12 2AP
9991234519,Jones,Mary,1955-11-12,CH41 9DE
"),
("log", "
2024-03-12 09:00:11 INFO order 9991234500 shipped to Smith
2024-03-12 09:00:12 ERROR id=9991234519 failed
user=karen.white@easthaven.nhs.uk login ok
"),
("complaint", "
Mr John Smith
7 The Grove
Liverpool
L12 2AP
john.smith@example.com
07700 900123

Complaints Department
Easthaven Heart NHS Foundation Trust

12 March 2024

Dear Sir or Madam

I am writing to complain about my treatment on your ward.

Yours faithfully

John Smith
"),
("referral urgent", "
To: Cardiology, Easthaven Heart
From: Dr B Green

Patient: Miss Mary Jones
Date of Birth: 12 November 1955
NHS No: 999-123-4519
Tel (home): 0151 496 0123
Tel (mobile): 07700 900123

Problem: Chest pain
Past Medical History: Asthma
"),
("sql", "
INSERT INTO patients (nhs_number, surname, forename, dob) VALUES ('9991234500','Smith','John','1961-04-03');
INSERT INTO patients (nhs_number, surname, forename, dob) VALUES ('9991234519','Jones','Mary','1955-11-12');
"),
];
