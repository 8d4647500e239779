//! Letters and forms as text.

use super::{check_text, detect, text};
use assay_model::{Element, ExhibitKind};

#[test]
fn a_clinic_letter_to_the_gp() {
    check_text(
        "letter.txt",
        "
                    Northshore Children's NHS Foundation Trust
                    East Road, Liverpool L12 2AP
                    Tel: 0151 228 4811

Our ref: AK/JS/AH1234567
Clinic date: 12/03/2024

Dr B Green
The Village Surgery
1 Mill Lane
Liverpool
CH41 9DE

Dear Dr Green

Re: Tom SMITH    DOB: 03/04/2012    NHS No: 999 123 4500
    Hospital No: AH1234567
    12 High Street, Liverpool, L12 2AP

Diagnosis: Recurrent tonsillitis

I reviewed this boy in clinic today with his mother. There are no safeguarding concerns.

Yours sincerely


Mr A Khan FRCS
Consultant ENT Surgeon

cc: Parent of Tom Smith",
        "
staff 8-8: name=Dr/B/Green
patient 16-20: name=/Tom/SMITH; date of birth=2012-04-03; nhs number=9991234500; hospital number=AH1234567; address=12 High Street, Liverpool; postcode=L12 2AP; diagnosis=Recurrent tonsillitis
staff 27-27: name=Mr/A/Khan",
    );
}

#[test]
fn a_letter_to_the_patient_in_two_columns() {
    check_text(
        "appt.txt",
        "
Easthaven Heart NHS Foundation Trust

Mrs Margaret Jones                 NHS No: 999 123 4519
4 Mill Lane                        Hospital No: EH123456
Liverpool                          Date of birth: 12/11/1955
CH41 9DE                           Date: 01/10/2024

Dear Mrs Jones

We have arranged an outpatient appointment for you on 14 October 2024.

Yours sincerely

Appointments Office",
        "patient 3-5: name=Mrs/Margaret/Jones; date of birth=1955-11-12; nhs number=9991234519; hospital number=EH123456; address=4 Mill Lane, Liverpool; postcode=CH41 9DE",
    );
}

#[test]
fn labels_and_values_on_separate_lines() {
    check_text(
        "form.txt",
        "
Patient Name:
Margaret Jones
Date of Birth:
12/11/1955
NHS Number:
999 123 4519
Address:
4 Mill Lane
Liverpool
CH41 9DE
Telephone:
07700 900123
GP:
Dr B Green",
        "
patient 2-12: name=/Margaret/Jones; date of birth=1955-11-12; nhs number=9991234519; address=4 Mill Lane, Liverpool; postcode=CH41 9DE; phone=+447700900123
staff 14-14: name=Dr/B/Green",
    );
}

#[test]
fn a_letter_to_a_parent_is_about_the_child() {
    check_text(
        "parent.txt",
        "
To the Parent/Guardian of Tom Smith
12 High Street
Liverpool
L12 2AP

NHS No: 9991234500   DOB 03/04/2012

Dear Mrs Smith

Tom's operation",
        "
patient 6-6: name=/Tom/Smith; date of birth=2012-04-03; nhs number=9991234500; address=12 High Street, Liverpool; postcode=L12 2AP
relative 8-8: name=Mrs//Smith",
    );
}

#[test]
fn several_patients_in_one_text_do_not_mix() {
    check_text(
        "mdt.txt",
        "
Cardiac MDT 12/03/2024

Name: John Smith
NHS No: 9991234500
DOB: 03/04/1961
Diagnosis: Aortic stenosis

Name: Mary Jones
NHS No: 9991234519
Diagnosis: Atrial fibrillation

DOB: 30/01/1970
Name: Peter Brown
NHS No: 9991234527
HIV positive.",
        "
patient 3-6: name=/John/Smith; date of birth=1961-04-03; nhs number=9991234500; diagnosis=Aortic stenosis
patient 8-10: name=/Mary/Jones; nhs number=9991234519; diagnosis=Atrial fibrillation
patient 12-14: name=/Peter/Brown; date of birth=1970-01-30; nhs number=9991234527; health=hiv",
    );
}

#[test]
fn names_in_running_text() {
    check_text(
        "note.txt",
        "
Handover: please chase bloods for Mr John Smith (DOB 03/04/1961, NHS 999 123 4500) on ward 3.
Margaret Jones, born 12 November 1955, NHS number 9991234519, is for echo.",
        "
patient 1-1: name=Mr/John/Smith; date of birth=1961-04-03; nhs number=9991234500
patient 2-2: name=/Margaret/Jones; date of birth=1955-11-12; nhs number=9991234519",
    );
}

#[test]
fn a_list_of_lines() {
    check_text(
        "list.txt",
        "
Clinic list 12/03/2024
1 SMITH, John 9991234500 03/04/1961 Hip replacement
2 JONES, Mary 9991234519 12/11/1955 Cataract
3 BROWN, Peter 999 123 4527 30/01/1970 Hernia",
        "
patient 2-2: name=/John/SMITH; date of birth=1961-04-03; nhs number=9991234500
patient 3-3: name=/Mary/JONES; date of birth=1955-11-12; nhs number=9991234519
patient 4-4: name=/Peter/BROWN; date of birth=1970-01-30; nhs number=9991234527",
    );
}

#[test]
fn a_table_written_in_columns() {
    check_text(
        "report.txt",
        "
Report run 12/03/2024

NHS Number    Name             DOB          Ward
----------    ----             ---          ----
9991234500    John Smith       03/04/1961   A1
9991234519    Mary Jones                    A2

2 rows",
        "
patient 5-5: name=/John/Smith; date of birth=1961-04-03; nhs number=9991234500
patient 6-6: name=/Mary/Jones; nhs number=9991234519",
    );
}

#[test]
fn a_thank_you_letter_to_a_donor() {
    check_text(
        "thanks.txt",
        "
Mr Peter Brown
7 The Grove
Liverpool
L12 2AP

Dear Mr Brown

Thank you for your generous donation of 250 pounds to our appeal. Gift Aid will be claimed.

With best wishes

Fundraising Team",
        "donor 1-4: name=Mr/Peter/Brown; address=7 The Grove, Liverpool; postcode=L12 2AP",
    );
}

#[test]
fn next_of_kin_in_a_letter() {
    check_text(
        "adm.txt",
        "
Patient: Margaret Jones
NHS Number: 9991234519
Next of kin: Mr David Jones, Tel: 07700 900123
Consultant: Dr Sarah Ahmed
Tel: 0151 496 0123",
        "
patient 1-2: name=/Margaret/Jones; nhs number=9991234519
relative 3-3: name=Mr/David/Jones; phone=+447700900123
staff 4-4: name=Dr/Sarah/Ahmed",
    );
}

#[test]
fn a_disciplinary_letter() {
    check_text(
        "hr.txt",
        "
Private and confidential
Ms Susan Clark
9 Park Road
Liverpool
L12 2AP

Dear Ms Clark

Disciplinary hearing
You were accompanied by your trade union representative.

Yours sincerely
Karen White
HR Business Partner",
        "
staff 2-5: name=Ms/Susan/Clark; address=9 Park Road, Liverpool; postcode=L12 2AP; trade union membership=trade union representative
staff 13-13: name=/Karen/White",
    );
}

#[test]
fn letters_in_one_file_are_parted() {
    check_text(
        "merge.txt",
        "
Mrs Margaret Jones
4 Mill Lane
Liverpool
CH41 9DE

NHS No: 999 123 4519

Dear Mrs Jones
Your appointment at the clinic.
Yours sincerely
Outpatients


Mr John Smith
7 The Grove
Liverpool
L12 2AP

NHS No: 999 123 4500

Dear Mr Smith
Your appointment at the clinic.
Yours sincerely
Outpatients",
        "
patient 6-6: name=Mrs/Margaret/Jones; nhs number=9991234519; address=4 Mill Lane, Liverpool; postcode=CH41 9DE
patient 19-19: name=Mr/John/Smith; nhs number=9991234500; address=7 The Grove, Liverpool; postcode=L12 2AP",
    );
}

#[test]
fn a_street_and_a_town_that_read_like_names_are_an_address() {
    check_text(
        "letter.txt",
        "
Northshore Children's NHS Foundation Trust

Parent/Guardian of Grace Hutchinson
81 Tanners Yard
Little Merrow
CH62 7BA

Dear Parent/Guardian

Re: Grace HUTCHINSON  DOB: 31/01/2020  NHS No: 999 123 4500
",
        "
patient 10-10: name=/Grace/HUTCHINSON; date of birth=2020-01-31; nhs number=9991234500; address=81 Tanners Yard, Little Merrow; postcode=CH62 7BA",
    );
    check_text(
        "letter.txt",
        "
PRIVATE & CONFIDENTIAL                                       Our Ref: BO/tr/173577
Mr Theodore Ali                                              Date: 16 Jan 2024
54 Albert Terrace                                            Unit No: EH061349
Little Merrow                                                NHS No: 999 123 4519
CH62 4TF                                                     D.O.B: 22-Oct-1955

Dear Mr Ali
",
        "
patient 3-5: name=Mr/Theodore/Ali; date of birth=1955-10-22; nhs number=9991234519; hospital number=EH061349; address=54 Albert Terrace, Little Merrow; postcode=CH62 4TF",
    );
}

#[test]
fn a_doctor_who_is_the_patient() {
    check_text(
        "letter.txt",
        "
PRIVATE & CONFIDENTIAL                        Our Ref: AF/jd/944707
Prof Wayne Beirne                             Date: 11 Apr 2020
Flat 3, 143 Albert Rise                       NHS No: 999 123 4500
Little Merrow                                 D.O.B: 11-Jan-1947
L31 4LN

Dear Prof Beirne
",
        "
patient 3-4: name=Prof/Wayne/Beirne; date of birth=1947-01-11; nhs number=9991234500; address=Flat 3, 143 Albert Rise, Little Merrow; postcode=L31 4LN",
    );
}

#[test]
fn what_stands_behind_a_contact_reaches_it() {
    check_text(
        "Procurement/PO 1.txt",
        "
PURCHASE ORDER
Supplier contact: Mr Alan Norris, 0161 496 0990, a.norris@halvard.example
Quantity 4",
        "
supplier contact 2-2: name=Mr/Alan/Norris; phone=+441614960990; email=a.norris@halvard.example",
    );
}

#[test]
fn an_address_that_was_broken_before_its_postcode_goes_on() {
    check_text(
        "letter.txt",
        "
Dear Dr Vincent

Mrs Melanie Bevan, 30.10.1962, 999 123 4500, 108 Orchard Close, Northshore,
L31 8FQ

Diagnosis: asthma",
        "
staff 1-1: name=Dr//Vincent
patient 3-6: name=Mrs/Melanie/Bevan; date of birth=1962-10-30; nhs number=9991234500; address=108 Orchard Close, Northshore; postcode=L31 8FQ; diagnosis=asthma",
    );
}

#[test]
fn a_clinic_list_in_prose() {
    check_text(
        "clinic.txt",
        "
Notes of the multidisciplinary meeting

We discussed Susan Clark (AH1234567, 05/06/1980) and agreed to list her. Tom Hill (AH7654321,
01/02/1962) will be seen again, and Mary Jones, 999 123 4519, 12/11/1955 was discharged.
The next meeting is on 14 October 2024.",
        "
patient 3-3: name=/Susan/Clark; date of birth=1980-06-05; hospital number=AH1234567
patient 3-4: name=/Tom/Hill; date of birth=1962-02-01; hospital number=AH7654321
patient 4-4: name=/Mary/Jones; date of birth=1955-11-12; nhs number=9991234519",
    );
}

#[test]
fn a_value_of_nobody_beside_people_is_kept_for_a_person_to_say_whose() {
    let note = "Patient: Ada Testcase\nNHS No: 999 000 0018\n\nPatient: Bram Example\nNHS No: 999 000 0026\n\n\n\n\n\n\n\n\n\n\n\nThey said that one may ring 07700 900123 after six.\n";
    let kept = |content: &str| {
        let detected = detect("note.txt", ExhibitKind::Leak, &[text("", content)]);
        detected.loose.iter().map(|finding| finding.element).collect::<Vec<_>>()
    };
    assert_eq!(kept(note), [Element::Phone]);
    // A log about nobody has no one to ask.
    assert!(kept("They said that one may ring 07700 900123 after six.\n").is_empty());
}
