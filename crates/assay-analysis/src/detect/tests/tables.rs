//! Waiting lists, theatre lists, audits, donor reports, payroll, registers of relatives.

use super::{check_passages, check_table, detector, print, table};
use crate::detect::{Detected, ItemContext};
use assay_model::{Content, ExhibitId, ExhibitKind, ItemPath};

#[test]
fn a_waiting_list() {
    check_table(
        "fs01/pas/waiting list.xlsx",
        "
Northshore Children's NHS Foundation Trust
Waiting list - ENT - as at 01/11/2024

NHS Number|Hosp No|Surname|Forename|DOB|Postcode|Procedure|Consultant|Date Added|Weeks Waiting
999 123 4500|AH1234567|SMITH|Tom|03/04/2012|L12 2AP|Tonsillectomy|Mr A Khan|01/03/2024|35
9991234519|AH1234568|O'BRIEN|Aoife|11-Feb-15|CH41 9DE|Grommets|Mr A Khan|05/04/2024|30
Total||||||||2|",
        "
patient row 5: name=/Tom/SMITH; date of birth=2012-04-03; nhs number=9991234500; hospital number=AH1234567; postcode=L12 2AP; diagnosis=Tonsillectomy
staff row 5: name=Mr/A/Khan
patient row 6: name=/Aoife/O'BRIEN; date of birth=2015-02-11; nhs number=9991234519; hospital number=AH1234568; postcode=CH41 9DE; diagnosis=Grommets",
    );
}

#[test]
fn a_theatre_list_with_whole_names() {
    check_table(
        "theatre.xlsx",
        "
List Order|Patient|MRN|Age|Operation|Surgeon|Anaesthetist
1|JONES, Mary Ann (Mrs)|EH123456|67|CABG x3|Mr P Rao|Dr S Hill
2|Patel, Ravi|EH123457|54|AVR|Mr P Rao|Dr S Hill",
        "
patient row 2: name=/Mary Ann/JONES; hospital number=EH123456; diagnosis=CABG x3
staff row 2: name=Mr/P/Rao
staff row 2: name=Dr/S/Hill
patient row 3: name=/Ravi/Patel; hospital number=EH123457; diagnosis=AVR",
    );
}

#[test]
fn next_of_kin_columns_are_another_person() {
    check_table(
        "ward.csv",
        "
Patient Name|DOB|NHS No|Address 1|Town|Post Code|NOK Name|NOK Relationship|NOK Phone|GP
Tom Smith|03/04/2012|9991234500|12 High Street|Liverpool|L12 2AP|Mrs Jane Smith|Mother|07700 900123|Dr B Green",
        "
patient row 2: name=/Tom/Smith; date of birth=2012-04-03; nhs number=9991234500; address=12 High Street; address=Liverpool; postcode=L12 2AP
relative row 2: name=Mrs/Jane/Smith; phone=+447700900123
staff row 2: name=Dr/B/Green",
    );
}

#[test]
fn a_merged_heading_says_whose_columns_are() {
    check_table(
        "referrals.xlsx",
        "
Patient|||Next of Kin|
Name|DOB|NHS Number|Name|Telephone
Tom Smith|03/04/2012|9991234500|Jane Smith|07700 900123",
        "
patient row 3: name=/Tom/Smith; date of birth=2012-04-03; nhs number=9991234500
relative row 3: name=/Jane/Smith; phone=+447700900123",
    );
}

#[test]
fn data_without_a_header_is_read_by_content() {
    check_table(
        "export.csv",
        "
1|9991234500|Smith, John|03/04/1961|L12 2AP
2|9991234519|Jones, Mary|12/11/1955|CH41 9DE
3|9991234527|Brown, Peter|30/01/1970|L12 2AP",
        "
patient row 1: name=/John/Smith; date of birth=1961-04-03; nhs number=9991234500; postcode=L12 2AP
patient row 2: name=/Mary/Jones; date of birth=1955-11-12; nhs number=9991234519; postcode=CH41 9DE
patient row 3: name=/Peter/Brown; date of birth=1970-01-30; nhs number=9991234527; postcode=L12 2AP",
    );
}

#[test]
fn two_tables_on_a_sheet_keep_their_own_headers() {
    check_table(
        "audit.xlsx",
        "
Surname|First name|NHS No
SMITH|John|9991234500

Discharged
NHS No|D.O.B|Name
9991234519|12/11/1955|Mary Jones",
        "
patient row 2: name=/John/SMITH; nhs number=9991234500
patient row 6: name=/Mary/Jones; date of birth=1955-11-12; nhs number=9991234519",
    );
}

#[test]
fn tables_side_by_side_do_not_mix() {
    check_table(
        "clinic.xlsx",
        "
Name|DOB|NHS No||Name|DOB|NHS No
John Smith|03/04/1961|9991234500||Mary Jones|12/11/1955|9991234519",
        "
patient row 2: name=/John/Smith; date of birth=1961-04-03; nhs number=9991234500
patient row 2: name=/Mary/Jones; date of birth=1955-11-12; nhs number=9991234519",
    );
}

#[test]
fn a_form_of_labels_and_values() {
    check_table(
        "referral form.docx",
        "
REFERRAL FORM
Surname:|Smith|Forename:|Tom
Date of birth|03/04/2012|NHS number|999 123 4500
Address|12 High Street, Liverpool L12 2AP||
Parent / Guardian|Mrs Jane Smith|Parent telephone|07700 900123
Reason for referral|Recurrent tonsillitis||
Referred by|Dr B Green||",
        "
patient row 2: name=/Tom/Smith; date of birth=2012-04-03; nhs number=9991234500; address=12 High Street, Liverpool; postcode=L12 2AP; diagnosis=Recurrent tonsillitis
relative row 5: name=Mrs/Jane/Smith; phone=+447700900123
staff row 7: name=Dr/B/Green",
    );
}

#[test]
fn a_continued_table_keeps_its_header() {
    let mut second = table("Sheet1", "9991234519|Mary Jones");
    if let assay_model::Content::Table(table) = &mut second.content {
        table.continued = true;
        table.first_row = 3;
    }
    check_passages(
        "big.csv",
        &[table("Sheet1", "NHS No|Name\n9991234500|John Smith"), second],
        "
patient row 2: name=/John/Smith; nhs number=9991234500
patient row 3: name=/Mary/Jones; nhs number=9991234519",
    );
}

#[test]
fn a_donor_report() {
    check_table(
        "fundraising/donors.xlsx",
        "
Donor ID|Title|First Name|Last Name|Address Line 1|City|Postcode|Email|Gift Amount|Gift Date|Gift Aid
100234|Mrs|Margaret|Thompson|4 Mill Lane|Liverpool|L12 2AP|m.thompson@example.com|250.00|01/10/2024|Y",
        "donor row 2: name=Mrs/Margaret/Thompson; address=4 Mill Lane; address=Liverpool; postcode=L12 2AP; email=m.thompson@example.com; other identifier=100234",
    );
}

#[test]
fn a_payroll_extract() {
    check_table(
        "hr/payroll.csv",
        "
Payroll No|Employee Name|NI Number|DOB|Job Title|Band|Annual Salary|Sort Code|Account No|Line Manager
20011|Susan Clark|AB123456C|05/06/1980|Staff Nurse|5|31,000.00|20-00-00|12345678|Karen White",
        "
staff row 2: name=/Susan/Clark; date of birth=1980-06-05; national insurance number=AB123456C; bank account=20-00-00 12345678; other identifier=20011; salary=31000.00
staff row 2: name=/Karen/White",
    );
}

#[test]
fn a_rota_gives_bare_names() {
    check_table(
        "rota.xlsx",
        "
On-call rota - Radiology
Name|Grade|Mon|Tue|Wed
Dr Anna Hughes|ST4|LD|OFF|N
Dr Imran Malik|ST6|N|N|OFF",
        "
staff row 3: name=Dr/Anna/Hughes
staff row 4: name=Dr/Imran/Malik",
    );
}

#[test]
fn a_sensitive_list_reveals_by_its_title() {
    check_table(
        "list.xlsx",
        "
HIV clinic patient list
Name|Hospital No
John Smith|EH123456",
        "patient row 3: name=/John/Smith; hospital number=EH123456; health=hiv",
    );
}

#[test]
fn names_in_one_column_family_first() {
    check_table(
        "list.csv",
        "
Name|NHS Number|Ward
Smith John|9991234500|A1
Jones Margaret|9991234519|A1
Patel Susan|9991234527|A2
Brown Peter|9991234535|A2",
        "
patient row 2: name=/John/Smith; nhs number=9991234500
patient row 3: name=/Margaret/Jones; nhs number=9991234519
patient row 4: name=/Susan/Patel; nhs number=9991234527
patient row 5: name=/Peter/Brown; nhs number=9991234535",
    );
}

#[test]
fn a_referral_log_with_odd_titles() {
    check_table(
        "log.csv",
        "
Ref|PatientName|NHSNo.|D.O.B.|Referral Date|Referrer|Diagnosis (ICD10)
R1|Dr. John Smith|999-123-4500|1961-04-03 00:00:00|02/02/2023|Dr Who Green|I25.1",
        "
patient row 2: name=Dr/John/Smith; date of birth=1961-04-03; nhs number=9991234500; diagnosis=I25.1
staff row 2: name=Dr/Who/Green",
    );
}

#[test]
fn a_table_goes_on_under_its_header_in_the_next_stretch() {
    let head = table("list", "Surname|Forename|DOB|NHS No\nOkoro|Ada|03/04/1972|9990000018");
    let mut rest = table("list", "Marsh|Ben|11/12/1980|9990000026");
    let Content::Table(rows) = &mut rest.content else { unreachable!() };
    (rows.first_row, rows.continued) = (3, true);
    let (exhibit, path) = (ExhibitId::new("LEAK/1"), ItemPath::of_file("list.csv"));
    let item = ItemContext { exhibit: &exhibit, kind: ExhibitKind::Leak, path: &path };
    let detector = detector();
    let mut detection = detector.begin(item);
    let mut stretches = detection.read(std::slice::from_ref(&head));
    stretches.extend(detection.read(std::slice::from_ref(&rest)));
    let whole = detector.detect(&item, &[head, rest]);
    assert_eq!(stretches.len(), 2);
    let stretches = Detected { mentions: stretches, ..detection.finish() };
    assert_eq!(print(&stretches), print(&whole));
    assert_eq!(stretches.category, whole.category);
}
