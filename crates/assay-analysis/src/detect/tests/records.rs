//! Reports, forms, notes and messages of systems: what is neither a letter nor a list.

use super::{check_passages, check_table, check_text, table, text};

#[test]
fn a_discharge_summary_in_two_columns() {
    check_text(
        "discharge.txt",
        "
DISCHARGE SUMMARY
Easthaven Heart NHS Foundation Trust

Patient Details
Surname: JONES            Forename: Mary
DOB: 12/11/1955           Sex: F
NHS Number: 999 123 4519  Hospital Number: EH123457
Address: 4 Mill Lane, Liverpool, CH41 9DE

Consultant: Dr Sarah Ahmed
GP: Dr B Green, The Village Surgery, 1 Mill Lane, Liverpool, CH41 9DE

Diagnoses:
1. NSTEMI
2. Type 2 diabetes

Completed by: Dr Imran Malik (FY2)",
        "
patient 5-14: name=/Mary/JONES; date of birth=1955-11-12; nhs number=9991234519; hospital number=EH123457; address=4 Mill Lane, Liverpool; postcode=CH41 9DE; diagnosis=1. NSTEMI; 2. Type 2 diabetes
staff 10-10: name=Dr/Sarah/Ahmed
staff 11-11: name=Dr/B/Green
staff 17-17: name=Dr/Imran/Malik",
    );
}

#[test]
fn a_theatre_list_without_columns() {
    check_text(
        "theatre.txt",
        "
THEATRE LIST - THEATRE 3 - 14/11/2024
Surgeon: Mr P Rao
No Hosp No Name Age Procedure
1 EH123456 SMITH, John 62y CABG
2 EH123457 JONES, Mary 68y AVR",
        "
staff 2-2: name=Mr/P/Rao
patient 4-4: name=/John/SMITH; hospital number=EH123456
patient 5-5: name=/Mary/JONES; hospital number=EH123457",
    );
}

#[test]
fn a_handover_with_ages_before_numbers() {
    check_text(
        "handover.txt",
        "
Bed 1: John Smith, 62, NHS 999 123 4500, post CABG day 2
Bed 2: Mary Jones, 68, NHS 999 123 4519, AF
Bed 3: empty
Dr Hill saw NHS 999 123 4527 today",
        "
patient 1-1: name=/John/Smith; nhs number=9991234500
patient 2-2: name=/Mary/Jones; nhs number=9991234519
patient 4-4: nhs number=9991234527",
    );
}

#[test]
fn a_starter_form() {
    check_text(
        "hr/starter.txt",
        "
New starter form
Full name: Susan Clark
Date of birth: 05/06/1980
Home address: 9 Park Road, Liverpool, L12 2AP
NI number: AB123456C
Sort code: 20-00-00
Account number: 12345678
Emergency contact: David Clark
Phone: 07700 900123
Salary: 31,000",
        "
staff 2-10: name=/Susan/Clark; date of birth=1980-06-05; address=9 Park Road, Liverpool; postcode=L12 2AP; national insurance number=AB123456C; bank account=20-00-00 12345678; salary=31000
relative 8-9: name=/David/Clark; phone=+447700900123",
    );
}

#[test]
fn an_hl7_message() {
    check_text(
        "adt.hl7",
        r"
MSH|^~\&|PAS|RX2|||202403120900||ADT^A01|1|P|2.4
PID|1||EH123456^^^EHC^MR~9991234500^^^NHS^NH||SMITH^JOHN^^^MR||19610403|M|||12 HIGH STREET^^LIVERPOOL^^L12 2AP||07700900123
NK1|1|SMITH^JANE|SPO||07700900124
DG1|1||I25.1^Atherosclerotic heart disease",
        "
patient 2-4: name=MR/JOHN/SMITH; date of birth=1961-04-03; nhs number=9991234500; hospital number=EH123456; address=12 HIGH STREET, LIVERPOOL; postcode=L12 2AP; phone=+447700900123; diagnosis=Atherosclerotic heart disease
relative 3-3: name=/JANE/SMITH; phone=+447700900124",
    );
}

#[test]
fn tables_of_hl7_messages() {
    check_passages(
        "adt.hl7",
        &[
            table("clinicians", "Clinician|acting as|code|message\nDr Mark Hill|attending|C1|M1"),
            table(
                "patients",
                "NHS Number|Hospital number|Unit number|Local patient ID|Surname|Forename|Middle names|Title|Alias|Date of birth|Sex|Address|Postcode|Home phone|Mobile|Work phone|Email|Ethnicity|Religion|Date of death|Maiden name of mother|Diagnosis|message\n\
                 9991234500|EH123456|||SMITH|JOHN||MR||1961-04-03|Male|12 HIGH STREET, LIVERPOOL|L12 2AP|07700900123|||||||||M1",
            ),
            table(
                "next of kin",
                "Next of kin Surname|Next of kin Forename|Next of kin Title|Relationship|Next of kin Address|Next of kin Postcode|Next of kin Phone|Next of kin Mobile|Next of kin Email|Next of kin Date of birth|message\nSMITH|JANE||Spouse|||07700900124||||M1",
            ),
            table(
                "insured persons",
                "Policy holder Surname|Policy holder Forename|Policy holder Title|Relationship|Policy holder Address|Policy holder Postcode|Policy holder Phone|Policy holder Mobile|Policy holder Email|Policy holder Date of birth|message\nJONES|MARY||Mother|4 Mill Lane, Liverpool|CH41 9DE||||1970-02-03|M1",
            ),
        ],
        "
staff row 2: name=Dr/Mark/Hill
patient row 2: name=MR/JOHN/SMITH; date of birth=1961-04-03; nhs number=9991234500; hospital number=EH123456; address=12 HIGH STREET, LIVERPOOL; postcode=L12 2AP; phone=+447700900123
relative row 2: name=/JANE/SMITH; phone=+447700900124
relative row 2: name=/MARY/JONES; date of birth=1970-02-03; address=4 Mill Lane, Liverpool; postcode=CH41 9DE",
    );
}

#[test]
fn a_donor_briefing() {
    check_text(
        "briefing.txt",
        "
Major donor briefing
Lord Peter Hope
Address: 7 The Grove, Liverpool, L12 2AP
Tel: 07700 900123
Total giving: 50,000
Spouse: Lady Anne Hope",
        "
donor 2-4: name=Lord/Peter/Hope; address=7 The Grove, Liverpool; postcode=L12 2AP; phone=+447700900123
relative 6-6: name=Lady/Anne/Hope",
    );
}

#[test]
fn a_letter_whose_reference_block_is_a_table() {
    check_passages(
        "letter.docx",
        &[
            text("body", "Mrs Mary Jones\n4 Mill Lane\nLiverpool\nCH41 9DE\n"),
            table("table 1", "NHS number|999 123 4519\nHospital number|EH123457\nName|Mary Jones"),
            text("body", "Dear Mrs Jones\n\nPlease come to the clinic.\n"),
        ],
        "patient row 1: name=/Mary/Jones; nhs number=9991234519; hospital number=EH123457; address=4 Mill Lane, Liverpool; postcode=CH41 9DE",
    );
}

#[test]
fn a_cell_with_a_whole_reference() {
    check_table(
        "note.docx",
        "
Patient|Tom Smith, DOB 03/04/2012, NHS 9991234500
Seen by|Dr Hill",
        "patient 1-1: name=/Tom/Smith; date of birth=2012-04-03; nhs number=9991234500",
    );
}

#[test]
fn logs_of_incidents_complaints_and_safeguarding() {
    check_table(
        "complaints.csv",
        "
Complaint Ref|Complainant|Patient Name|NHS No|Date Received|Subject|Handler
C1|Jane Smith|Tom Smith|9991234500|01/02/2023|Wait|Karen White",
        "
patient row 2: name=/Tom/Smith; nhs number=9991234500
relative row 2: name=/Jane/Smith
staff row 2: name=/Karen/White",
    );
    check_table(
        "log.csv",
        "
Child's Name|D.O.B|Mother's Name|Father's Name|Social Worker|Concern
Ava Brown|03/05/2014|Mary Brown|David Brown|Ann Price|Neglect",
        "
patient row 2: name=/Ava/Brown; date of birth=2014-05-03; safeguarding=Neglect
relative row 2: name=/Mary/Brown
relative row 2: name=/David/Brown
staff row 2: name=/Ann/Price",
    );
}

#[test]
fn donors_in_couples_and_bodies() {
    check_table(
        "gifts.csv",
        "
Constituent ID|Name|Total Giving|Last Gift Date|Address
1001|Mr and Mrs P Brown|5000|01/02/2023|7 The Grove, Liverpool L12 2AP
1002|Acme Foundation|10000|01/02/2023|
1003|Lady Margaret Hope|20000|02/02/2023|1 Mill Lane, Liverpool L12 2AP",
        "
donor row 2: name=Mr/P/Brown; address=7 The Grove, Liverpool; postcode=L12 2AP; other identifier=1001
donor row 4: name=Lady/Margaret/Hope; address=1 Mill Lane, Liverpool; postcode=L12 2AP; other identifier=1003",
    );
}

#[test]
fn a_message_about_a_patient_keeps_the_signature_out() {
    check_passages(
        "fw.eml",
        &[text(
            "",
            "From: Karen White [mailto:karen.white@easthaven.nhs.uk]\nSent: 12 March 2024 10:00\nTo: Sarah Ahmed\nCc: Peter Brown <peter@acme.example>\nSubject: FW: Patient John Smith EH123456\n\nCan you look at this pt? NHS 9991234500, DOB 3/4/61.\n\nKaren White\nWard Manager\nMobile: 07700 900999\n",
        )],
        "
staff 1-1: name=/Karen/White; email=karen.white@easthaven.nhs.uk
unknown 3-3: name=/Sarah/Ahmed
unknown 4-4: name=/Peter/Brown; email=peter@acme.example
patient 5-7: name=/John/Smith; date of birth=1961-04-03; nhs number=9991234500; hospital number=EH123456",
    );
}
