//! Who is one person and who is not.

use super::text::{Scenario, check};
use assay_model::{AgeBand, Part, Role};

const ADA: &str = r#"register NCH nhs=9990000018 name="Ada Testcase" dob=1961-03-04 pc="AB1 2CD" hn=AH1000001"#;

#[test]
fn a_number_with_a_name_is_exact_and_a_name_with_a_date_is_probable() {
    check(
        &format!(
            r#"{ADA}
            a nhs=9990000018 name="Ada Testcase" item=fs/a.txt role=patient
            b name="Ada Testcase" dob=1961-03-04 item=fs/b.txt role=patient
            c name="Bob Other" dob=1950-10-20 pc="XY1 1AA" item=fs/c.txt role=patient"#
        ),
        "a b: patient, exact\nc: patient, none",
    );
    check(&format!("{ADA}\n b name=\"Ada Testcase\" dob=1961-03-04 item=b.txt role=patient"), "b: patient, probable");
}

#[test]
fn slips_short_forms_and_swaps_are_one_person() {
    check(
        r#"register NCH nhs=9990000018 name="Margaret Testcase" dob=1961-03-04 pc="AB1 2CD"
        a1 name="Peggy Testcase" dob=1961-03-04 item=1
        a2 name="Margaret Testcase" dob=1961-04-03 pc="AB1 2CD" item=2
        a3 name="Testcase Margaret" dob=1961-03-04 item=3
        a4 name="Margaret Tetscase" dob=1961-03-04 item=4
        a5 name="M Testcase" dob=1961-03-04 item=5
        a6 name="Margaret Testcase-Smith" dob=1961-03-04 item=6
        a7 name="Margaret Testcase" dob=1961-03-05 pc="AB1 2CD" item=7
        a8 nhs=9990000019 name="Margaret Testcase" dob=1961-03-04 item=8"#,
        "a1 a2 a3 a4 a5 a6 a7 a8: unknown, probable",
    );
}

#[test]
fn without_a_register_the_same_holds_between_mentions() {
    check(
        r#"a1 nhs=9990000018 name="Margaret Testcase" dob=1961-03-04 pc="AB1 2CD" item=1
        a2 nhs=9990000018 name="Margaret Jones" item=2
        a3 name="Margaret Testcase" dob=1961-03-04 item=3
        a4 name="Peggy Testcase" pc="AB1 2CD" dob=1961-04-03 item=4
        b1 name="Bob Other" email=bob@example.org item=5
        b2 name="B Other" email=bob@example.org phone=+441632960001 item=6"#,
        "a1 a2 a3 a4: unknown, none\nb1 b2: unknown, none",
    );
}

#[test]
fn a_married_name_is_carried_by_number_or_date_and_address() {
    check(
        &format!(
            r#"{ADA}
            a1 nhs=9990000018 name="Ada Wedded" dob=1961-03-04 item=1
            a2 hn=NCH:AH1000001 name="Ada Wedded" item=2"#
        ),
        "a1 a2: unknown, exact, of NCH",
    );
}

#[test]
fn twins_are_two() {
    check(
        r#"a name="Ella Testcase" dob=2019-03-04 pc="AB1 2CD" phone=+441632960001 item=1
        b name="Grace Testcase" dob=2019-03-04 pc="AB1 2CD" phone=+441632960001 item=2
        c name="Hayden Testcase" dob=2018-05-14 pc="AB1 2CD" item=3
        d name="Jayden Testcase" dob=2018-05-14 pc="AB1 2CD" item=4"#,
        "a: unknown, none\nb: unknown, none\nc: unknown, none\nd: unknown, none",
    );
    check(
        r#"register NCH nhs=9990000018 name="Ella Testcase" dob=2019-03-04 pc="AB1 2CD"
        register NCH nhs=9990000026 name="Grace Testcase" dob=2019-03-04 pc="AB1 2CD"
        a1 name="Ella Testcase" dob=2019-03-04 item=1
        a2 nhs=9990000018 name="Ella Testcase" item=2
        b1 name="Grace Testcase" dob=2019-03-04 pc="AB1 2CD" item=3
        x name="Testcase" dob=2019-03-04 pc="AB1 2CD" item=4"#,
        "a1 a2: unknown, exact\nb1: unknown, probable\nx: unknown, none",
    );
}

#[test]
fn parent_and_child_of_one_name_are_two() {
    check(
        r#"a1 name="John Testcase" dob=1961-03-04 pc="AB1 2CD" item=1
        a2 name="John Testcase" dob=1961-03-04 item=2
        b1 name="John Testcase" dob=1992-11-20 pc="AB1 2CD" item=3
        b2 name="John Testcase" dob=1992-11-20 item=4"#,
        "a1 a2: unknown, none\nb1 b2: unknown, none",
    );
}

#[test]
fn a_household_is_no_person() {
    check(
        r#"a name="Ada Testcase" pc="AB1 2CD" phone=+441632960001 addr="14 Harrow Lane, Testham" item=1
        b name="Bob Testcase" pc="AB1 2CD" phone=+441632960001 addr="14 Harrow Lane, Testham" item=2
        c name="Mrs Testcase" pc="AB1 2CD" phone=+441632960001 item=3
        d name="Mr A Testcase" pc="AB1 2CD" item=4
        e name="Mrs A Testcase" pc="AB1 2CD" phone=+441632960001 item=5"#,
        "a e: unknown, none\nb: unknown, none\nc: unknown, none\nd: unknown, none",
    );
}

#[test]
fn two_mentions_of_one_row_in_two_roles_are_two_people() {
    check(
        r#"a name="Ada Testcase" pc="AB1 2CD" phone=+441632960001 item=list row=2 role=patient
        b name="Ada Testcase" pc="AB1 2CD" phone=+441632960001 item=list row=2 role=relative"#,
        "a: patient, none\nb: relative, none",
    );
}

#[test]
fn two_valid_numbers_are_never_one_person() {
    check(
        &format!(
            r#"{ADA}
            a nhs=9990000018 name="Ada Testcase" dob=1961-03-04 item=1
            b nhs=9990000026 name="Ada Testcase" dob=1961-03-04 pc="AB1 2CD" item=2"#
        ),
        "a: unknown, exact\nb: unknown, none",
    );
    // A bridge between them does not join them either.
    check(
        r#"a nhs=9990000018 name="Ada Testcase" dob=1961-03-04 item=1
        b nhs=9990000026 name="Ada Testcase" dob=1961-03-04 item=2
        c name="Ada Testcase" dob=1961-03-04 nhs=9990000018 item=3"#,
        "a c: unknown, none\nb: unknown, none",
    );
}

#[test]
fn a_number_in_a_wrong_record_is_no_match() {
    check(
        &format!(
            r#"{ADA}
            register NCH name="Bob Other" dob=1950-10-20 pc="XY1 1AA"
            b1 nhs=9990000018 name="Bob Other" dob=1950-10-20 item=1
            a1 nhs=9990000018 dob=1961-03-04 item=2"#
        ),
        "a1: unknown, exact\nb1: unknown, probable",
    );
}

#[test]
fn a_date_of_many_people_says_little() {
    let families = ["Alder", "Birch", "Cedar", "Damson", "Juniper", "Fir", "Gorse", "Hazel"];
    let others: String = families.iter().map(|f| format!("{f} name=\"Ada {f}\" dob=1900-01-01 item={f}\n")).collect();
    let pair = |date: &str| {
        let text = format!("{others}a name=\"Bob Smith\" dob={date} item=1\nb name=\"B Smith\" dob={date} item=2");
        Scenario::read(&text).resolve().subjects.len()
    };
    assert_eq!(pair("1900-01-01"), families.len() + 2);
    assert_eq!(pair("1961-03-04"), families.len() + 1);
}

#[test]
fn a_number_of_many_people_is_a_placeholder() {
    let people = ["Alder", "Birch", "Cedar", "Damson", "Juniper", "Fir", "Gorse", "Hazel", "Ilex"];
    let lines: Vec<String> = people
        .iter()
        .enumerate()
        .map(|(n, family)| format!("m{n} nhs=9990000018 name=\"Ada {family}\" dob=19{}0-03-04 item={n}", n + 1))
        .collect();
    assert_eq!(Scenario::read(&lines.join("\n")).resolve().subjects.len(), people.len());
}

#[test]
fn hospital_numbers_are_a_bodys_own() {
    check(
        r#"register NCH name="Ada Testcase" hn=1000001
        register EHC name="Bob Other" hn=1000001
        a hn=NCH:1000001 diagnosis=asthma item=1
        b hn=EHC:1000001 diagnosis=asthma item=2"#,
        "a: unknown, probable, of NCH\nb: unknown, probable, of EHC",
    );
}

#[test]
fn a_bare_name_joins_only_in_its_document() {
    check(
        &format!(
            r#"{ADA}
            a1 nhs=9990000018 name="Ada Testcase" dob=1961-03-04 item=letter role=patient
            a2 name="Mrs Testcase" item=letter
            a3 given="Ada" item=letter
            x name="Ada Testcase" item=other role=patient"#
        ),
        "a1 a2 a3: patient, exact\nx: patient, none, does not count",
    );
    // Two people fit: it stays alone.
    check(
        r#"a name="Ada Testcase" dob=1961-03-04 item=letter
        b name="Bob Testcase" dob=1965-07-08 item=letter
        x name="Testcase" item=letter"#,
        "a: unknown, none\nb: unknown, none\nx: unknown, none, does not count",
    );
}

#[test]
fn a_consultant_is_one_person_who_does_not_count() {
    check(
        r#"item l1 path=NCH
        item l2 path=NCH
        item l3 path=EHC
        s1 name="Dr Ivan Signer" role=staff item=l1
        s2 name="Dr Ivan Signer" role=staff item=l2
        s3 name="Dr Ivan Signer" role=staff item=l3"#,
        "s1 s2: staff, none, of NCH, does not count\ns3: staff, none, of EHC, does not count",
    );
}

#[test]
fn a_signer_with_a_mailbox_counts() {
    check(
        r#"item l1 path=NCH
        item m1 path=NCH
        s1 name="Dr Ivan Signer" role=staff item=l1
        s2 name="Ivan Signer" email=ivan.signer@northshore.example role=staff item=m1
        s3 name="Ivan Signer" email=i.signer@northshore.example role=staff item=m1"#,
        "s1 s2 s3: staff, none, of NCH",
    );
}

#[test]
fn the_postcode_of_the_letterhead_is_nobodys() {
    let line = |n: usize| {
        let family: String = [n / 5, n % 5].iter().map(|d| ["bax", "dom", "fen", "gil", "hup"][*d]).collect();
        format!(
            "m{n} name=\"Ada {family}\" pc=\"AB1 2CD\" item={n}\nn{n} name=\"Ada {family}\" pc=\"AB1 2CD\" item=n{n}\n"
        )
    };
    let people =
        |families: usize| Scenario::read(&(0..families).map(line).collect::<String>()).resolve().subjects.len();
    assert_eq!((people(5), people(25)), (5, 50));
}

#[test]
fn a_mailbox_at_a_controller_makes_staff() {
    check(
        r#"item m1 path=NCH
        item l1 path=NCH
        s1 name="Ivan Signer" email=ivan.signer@nch.example item=m1
        s2 name="Dr Ivan Signer" role=staff item=l1
        x name="Ivan Signer" email=ivan@elsewhere.example item=m1"#,
        "s1 s2: staff, none, of NCH\nx: unknown, none, of NCH",
    );
}

#[test]
fn a_local_number_with_a_name_is_exact() {
    check(
        &format!(
            r#"{ADA}
            item a path=NCH
            item b path=NCH
            a hn=NCH:AH1000001 name="Ada Tetscase" item=a
            b hn=NCH:AH1000001 item=b"#
        ),
        "a b: unknown, exact, of NCH",
    );
}

#[test]
fn an_office_mailbox_is_nobodys() {
    check(
        r#"a name="Ada Alder" email=office@northshore.example item=1
        b name="Bob Birch" email=office@northshore.example item=2
        c name="Cyd Cedar" email=office@northshore.example item=3
        d name="Dan Damson" email=office@northshore.example item=4
        e name="Eve Elder" email=office@northshore.example item=5"#,
        "a: unknown, none\nb: unknown, none\nc: unknown, none\nd: unknown, none\ne: unknown, none",
    );
}

#[test]
fn donors_are_counted_under_whom_they_gave_to() {
    check(
        r#"item donors.csv path=EHC category="donor report"
        item zip path=NCH
        a name="Ada Testcase" addr="14 Harrow Lane, Testham" pc="AB1 2CD" item=donors.csv row=2 role=donor
        b name="Ada Testcase" pc="AB1 2CD" email=ada@example.org item=zip!thanks.eml role=donor"#,
        "a b: donor, none, of EHC+NCH",
    );
}

#[test]
fn a_patient_list_reveals_something_of_everybody_in_it() {
    check(
        r#"item list.csv category="patient record" letterhead=NCH path=EHC
        a name="Ada Testcase" item=list.csv row=2 role=patient
        b name="Dr Ivan Signer" item=list.csv row=2 role=staff
        c nhs=9990000018 item=list.csv row=3 role=patient"#,
        "a: patient, none, of EHC\nb: staff, none, of EHC, does not count\nc: patient, none, of EHC, does not count",
    );
}

#[test]
fn the_register_gives_values_and_candidates_but_no_elements_and_no_controller() {
    let scenario = Scenario::read(&format!(
        r#"{ADA}
        register EHC nhs=9990000018 name="Ada Testcase" dob=1961-03-04 died=2020-02-02
        a nhs=9990000018 name="A Testcase" item=1"#
    ));
    let resolution = scenario.resolve();
    let ada = &resolution.subjects[0];
    assert_eq!(resolution.subjects.len(), 1);
    assert_eq!(ada.name.as_ref().unwrap().reveal().given, ["Ada"]);
    assert!(ada.postcode.is_some() && ada.deceased && ada.controllers.is_empty());
    assert_eq!(ada.candidates.len(), 2);
    assert_eq!(ada.elements.len(), 2);
    assert_eq!(ada.register_rows.len(), 2);
    let link = &ada.links[0];
    let sum: f64 = link.pieces.iter().map(|piece| piece.weight).sum::<f64>() + link.prior;
    assert!((link.probability - 1.0 / (1.0 + (-sum).exp2())).abs() < 1e-9, "the pieces explain the probability");
    assert_eq!(resolution.estimate.count, 1);
    assert_eq!(ada.id.as_str(), format!("P-{:012x}", ada.mentions[0].0 >> 16));
}

#[test]
fn what_is_unread_widens_the_estimate() {
    let numbers = crate::resolve::tests::properties::numbers(40);
    let letter = |n: usize| format!("m{n} nhs={} name=\"Ada Alder\" item=l{n}.txt", numbers[n]);
    let read: String = (0..40).map(|n| letter(n) + "\n").collect();
    let without = Scenario::read(&read).resolve().estimate;
    let locked: String = (0..20).map(|n| format!("item x{n}.txt unread=encrypted\n")).collect();
    let with = Scenario::read(&format!("{read}{locked}")).resolve().estimate;
    assert_eq!((without.count, without.estimate), (40, 40));
    // Twenty letters as these have twenty people, or a few less: some may be named in two.
    assert!(with.count == 40 && (57..=60).contains(&with.estimate), "{with:?}");
    assert!(with.low <= with.estimate && with.estimate <= with.high && with.high <= with.ceiling);
}

#[test]
fn a_scan_is_taken_as_a_letter_not_as_a_table() {
    let numbers = crate::resolve::tests::properties::numbers(100);
    let mut text = "item list.csv type=text/csv\n".to_owned();
    for (n, number) in numbers.iter().enumerate() {
        text += &format!("m{n} nhs={number} name=\"Ada Alder\" item=list.csv row={}\n", n + 2);
    }
    // Ten letters to people of the list: nobody is new in them, and next to nobody in thirty scans, where a table would bring a hundred.
    for (n, number) in numbers.iter().take(10).enumerate() {
        text += &format!("l{n} nhs={number} name=\"Ada Alder\" item=l{n}.txt\n");
    }
    let without = Scenario::read(&text).resolve().estimate;
    text += &(0..30).map(|n| format!("item scan{n}.png type=image/png unread=no_ocr\n")).collect::<String>();
    let with = Scenario::read(&text).resolve().estimate;
    assert!(with.count == 100 && (0..=2).contains(&(with.estimate - without.estimate)), "{with:?} {without:?}");
    // Of a hundred people met once, whose ten others were found, few are somebody met elsewhere.
    assert!((95..=100).contains(&with.estimate), "{with:?}");
}

#[test]
fn letters_that_wait_bring_nobody_new_but_dates_of_birth_of_people_who_are_known() {
    let numbers = crate::resolve::tests::properties::numbers(100);
    let mut text = "item list.csv type=text/csv\n".to_owned();
    for (n, number) in numbers.iter().enumerate() {
        text += &format!("m{n} nhs={number} name=\"Ada Alder\" item=list.csv row={} role=patient\n", n + 2);
    }
    // Ten of sixty letters read, each to somebody of the list, each with a date that the list has not.
    for (n, number) in numbers.iter().take(10).enumerate() {
        text += &format!("l{n} nhs={number} name=\"Ada Alder\" dob=1961-03-04 item=l{n}.txt role=patient\n");
    }
    text += &(0..50).map(|n| format!("item x{n}.txt unread=encrypted\n")).collect::<String>();
    let resolution = Scenario::read(&text).resolve();
    let part = |part| resolution.parts.get(&part).copied().unwrap_or_default();
    let (dates, patients) = (part(Part::Element("date of birth")), part(Part::Role(Role::Patient)));
    assert!(dates.count == 10 && (40..=60).contains(&dates.estimate) && dates.high > 55, "{dates:?}");
    assert!(patients.count == 100 && patients.estimate <= 103, "{patients:?}");
    let (adults, unknown) = (part(Part::Age(AgeBand::Adult)), part(Part::Age(AgeBand::Unknown)));
    assert_eq!((adults.count, unknown.count), (10, 90));
    assert!((40..=60).contains(&adults.estimate) && unknown.estimate < 65, "{adults:?} {unknown:?}");
}

#[test]
fn a_placement_without_weight_is_explained() {
    let scenario = Scenario::read(
        r#"a1 nhs=9990000018 name="Ada Testcase" dob=1961-03-04 item=letter role=patient
        a2 name="Mrs Testcsae" item=letter"#,
    );
    let resolution = scenario.resolve();
    assert_eq!(resolution.subjects.len(), 1);
    let link = &resolution.subjects[0].links[0];
    let last = link.pieces.last().unwrap();
    assert_eq!(
        (last.comparison.as_str(), last.level.as_str()),
        ("document", "the one person in it whom the name fits")
    );
    assert!((link.probability - 0.95).abs() < 1e-9);
}

#[test]
fn a_register_person_of_two_bodies_who_moved_leaves_nobody_torn() {
    check(
        r#"register NCH nhs=9990000018 name="Ada Testcase" dob=1961-03-04 pc="AB1 2CD"
        register EHC name="Ada Testcase" dob=1961-03-04 pc="XY9 1ZZ"
        a name="Ada Testcase" dob=1961-03-04 item=1"#,
        "a: unknown, probable",
    );
}

#[test]
fn an_empty_case_has_nobody() {
    let resolution = Scenario::default().resolve();
    assert!(resolution.subjects.is_empty());
    assert_eq!(resolution.estimate, assay_model::Estimate::default());
}

#[test]
fn a_rare_name_in_a_list_of_patients_is_the_register_person_of_that_name() {
    let register = r#"register NCH nhs=9990000018 name="Bhavika Zeldovichova" dob=1961-03-04
            register NCH nhs=9990000026 name="John Smith" dob=1950-01-02
            register NCH nhs=9990000034 name="Xanthe Quillfeather" dob=1970-01-02
            register NCH nhs=9990000042 name="Xanthe Quillfeather" dob=1980-10-22"#;
    check(
        &format!(
            r#"{register}
            a1 name="Bhavika Zeldovichova" item=list row=2 role=patient
            a2 nhs=9990000018 name="Bhavika Zeldovichova" item=letter role=patient
            b name="John Smith" item=list row=3 role=patient
            c name="Xanthe Quillfeather" item=list row=4 role=patient
            d name="Bhavika Zeldovichova" item=minutes role=staff"#
        ),
        "a1 a2: patient, exact\nb: patient, none, does not count\nc: patient, none, does not count\n\
         d: staff, none, does not count",
    );
}
