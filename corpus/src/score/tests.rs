//! The scorer on cases small enough to count by hand.

use super::{Exports, Score, score};

const PEOPLE: &str = "person,nhs_number,family_name,given_names,date_of_birth,role,controllers,child,in_leak,counts\n\
T1,9990000018,Smith,Ann,1980-01-02,patient,NCH,false,true,true\n\
T2,9990000026,Smith,Amy,2015-05-06,patient,NCH;EHC,true,true,true\n\
T3,,Okafor,Ben,1970-01-01,staff,NCH,unknown,true,false\n\
T4,9990000034,Hill,Eve,1990-01-01,patient,,false,false,false\n";
const ITEMS: &str = "path,status,category,same_as,origin\n\
fs01/a.txt,read,patient record,,NCH\nfs01/b.csv,read,patient record,,NCH\nfs02/copy.txt,duplicate,patient record,fs01/a.txt,EHC\n";
const TRUTH: &str = "document,sheet,first,last,person,role,nhs_number,family_name,date_of_birth,given_names,counts\n\
fs01/a.txt,,0,0,T1,patient,9990000018,Smith,1980-01-02,Ann,true\n\
fs01/a.txt,,0,0,T3,staff,,Okafor,,Ben,false\n\
fs01/b.csv,,2,2,T1,patient,9990000018,Smith,1980-01-02,Ann,true\n\
fs01/b.csv,,3,3,T2,patient,9990000026,Smith,2015-05-06,Amy,true\n\
fs01/b.csv,,3,3,T1,relative,,Smith,,Ann,true\n";
const VALUES: &str = "document,sheet,row,person,element,value\n\
fs01/a.txt,,0,T1,nhs number,9990000018\nfs01/a.txt,,0,T1,date of birth,1980-01-02\n\
fs01/b.csv,,2,T1,nhs number,9990000018\nfs01/b.csv,,2,T1,date of birth,1980-01-02\n\
fs01/b.csv,,3,T2,nhs number,9990000026\nfs01/b.csv,,3,T2,date of birth,2015-05-06\n";
const SUBJECTS: &str = "subject_id,role,controllers,child\n";
const MENTIONS: &str = "exhibit,subject_id,path,sheet,row,role,nhs_number,family_name,given_names,date_of_birth,elements,postcode,email,phone,hospital_numbers,national_insurance_number,bank_account,confidence\n";

fn check(subjects: &str, mentions: &str) -> Score {
    let dir = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| std::fs::write(dir.path().join(name), text).unwrap();
    file("people.csv", PEOPLE);
    file("items.csv", ITEMS);
    file("mentions.csv", TRUTH);
    file("s.csv", &format!("{SUBJECTS}{subjects}"));
    let mentions: String = mentions.lines().map(|line| format!("LEAK/1,{line},,,,,,,\n")).collect();
    // A mention in a register is no mention of the leak.
    file(
        "m.csv",
        &format!("{MENTIONS}{mentions}REG/1,P1,a.csv,,2,patient,9990000034,Hill,Eve,,name;nhs number,,,,,,,\n"),
    );
    file(
        "i.csv",
        "exhibit,path,status,category\nLEAK/1,fs01/a.txt,read,patient record\nLEAK/1,fs01/b.csv,read,other\n",
    );
    file("values.csv", VALUES);
    file("decoys.csv", "document,value\nfs01/a.txt,9990000042\nfs01/b.csv,9990000050\n");
    let at = |name: &str| dir.path().join(name);
    score(dir.path(), Exports { subjects: &at("s.csv"), mentions: &at("m.csv"), items: &at("i.csv") }).unwrap()
}

const RIGHT: &str = "P1,fs01/a.txt,,,patient,9990000018,SMITH,Ann,1980-01-02,name;nhs number\n\
,fs01/a.txt,,,unknown,,Okafor,,,name\n\
P1,fs01/b.csv,,2,patient,9990000018,Smith,Ann,1980-01-02,name;nhs number\n\
P2,fs01/b.csv,,3,patient,9990000026,Smith,Amy,2015-05-06,name;nhs number\n\
P1,fs01/b.csv,,3,relative,,Smith,Ann,,name;phone\n";
const TWO: &str = "P1,patient,NCH,false\nP2,patient,EHC;NCH,true\n";

#[test]
fn the_right_answer_is_all_ones() {
    let score = check(TWO, RIGHT);
    assert_eq!((score.people_truth, score.people_found, score.count_error), (2, 2, 0.0));
    assert_eq!((score.mention_recall, score.mention_precision, score.people_recall), (1.0, 1.0, 1.0));
    assert_eq!((score.pair_precision, score.pair_recall), (1.0, 1.0));
    assert_eq!((score.bcubed_precision, score.bcubed_recall), (1.0, 1.0));
    assert_eq!((score.controller_right, score.child_right, score.role_right), (1.0, 1.0, 1.0));
    assert_eq!((score.decoys_counted, score.named_only_counted, score.split, score.merged), (0, 0, 0, 0));
    assert_eq!(score.by_category["patient record"], (4, 4));
}

#[test]
fn two_people_put_together_cost_precision() {
    let score = check("P1,patient,NCH,false\n", &RIGHT.replace("P2,", "P1,"));
    assert_eq!(score.people_found, 1);
    assert_eq!(score.count_error, -0.5);
    // Four mentions in one cluster, three of the one person: 3 of 6 pairs.
    assert_eq!((score.pair_precision, score.pair_recall), (0.5, 1.0));
    assert!((score.bcubed_precision - 10.0 / 16.0).abs() < 1e-9, "{score:?}");
    assert_eq!((score.merged, score.people_recall, score.controller_right), (1, 1.0, 0.5));
}

#[test]
fn one_person_held_for_two_costs_recall() {
    let split = RIGHT.replacen("P1,fs01/b.csv,,2", "P3,fs01/b.csv,,2", 1);
    let score = check(&format!("{TWO}P3,patient,NCH,false\n"), &split);
    assert_eq!((score.pair_precision, score.pair_recall), (1.0, 1.0 / 3.0));
    assert_eq!((score.split, score.people_found), (1, 3));
}

#[test]
fn a_missed_person_and_a_missed_mention_are_told() {
    let without: String =
        RIGHT.lines().filter(|line| !line.starts_with("P2")).map(|line| format!("{line}\n")).collect();
    let score = check("P1,patient,NCH,false\n", &without);
    assert_eq!(score.missed, ["T2"]);
    assert_eq!((score.mention_recall, score.people_recall), (0.75, 0.5));
}

#[test]
fn what_nobody_stands_behind_is_a_decoy() {
    let score = check(
        &format!("{TWO}P9,patient,NCH,false\n"),
        &format!("{RIGHT}P9,fs01/c.csv,,2,patient,9990000034,,,,nhs number\n"),
    );
    assert_eq!((score.decoys_counted, score.false_mentions, score.mention_precision), (1, 1, 5.0 / 6.0));
    assert_eq!(score.pair_precision, 1.0);
}

#[test]
fn a_bare_name_that_was_not_asked_for_costs_nothing() {
    let score = check(TWO, &format!("{RIGHT},fs01/a.txt,,,unknown,,Harbour,Road,,name\n"));
    assert_eq!((score.false_mentions, score.mention_precision), (0, 1.0));
}

#[test]
fn the_named_only_must_not_be_counted() {
    let score = check(
        &format!("{TWO}P5,staff,NCH,unknown\n"),
        &RIGHT.replace(",fs01/a.txt,,,unknown,,Okafor", "P5,fs01/a.txt,,,unknown,,Okafor"),
    );
    assert_eq!((score.named_only_counted, score.decoys_counted), (1, 0));
}

#[test]
fn a_copy_stands_for_its_original_and_a_slip_for_its_name() {
    let copied = RIGHT.replacen("P1,fs01/a.txt,,,patient,9990000018,SMITH", "P1,fs02/copy.txt,,,patient,,Smyth", 1);
    let score = check(TWO, &copied);
    assert_eq!((score.mention_recall, score.false_mentions), (1.0, 0));
}

#[test]
fn a_wrong_body_a_wrong_age_and_a_wrong_role_are_told() {
    let score = check("P1,donor,NCH;MVC,true\nP2,patient,NCH,true\n", RIGHT);
    assert_eq!((score.controller_right, score.controller_wrongly_told), (0.0, 1));
    assert_eq!((score.child_right, score.role_right), (0.5, 0.5));
}

#[test]
fn a_row_is_joined_by_its_place_and_no_other() {
    let moved = RIGHT.replacen("b.csv,,2,patient", "b.csv,,4,patient", 1);
    let score = check(TWO, &moved);
    assert_eq!((score.false_mentions, score.mention_recall), (1, 0.75));
}

#[test]
fn a_missing_column_is_named() {
    let dir = tempfile::tempdir().unwrap();
    for (name, text) in [("people.csv", "person,role\n"), ("items.csv", ITEMS), ("mentions.csv", TRUTH)] {
        std::fs::write(dir.path().join(name), text).unwrap();
    }
    let exports = Exports { subjects: dir.path(), mentions: dir.path(), items: dir.path() };
    let error = score(dir.path(), exports).unwrap_err().to_string();
    assert!(error.contains("people.csv: has no column controllers") && error.contains("remedy"), "{error}");
}

#[test]
fn values_are_held_against_their_record_and_their_person() {
    let score = check(TWO, RIGHT);
    let numbers = score.values.elements["nhs number"];
    assert_eq!((numbers.f1(), numbers.tied_share(), score.values.decoys_called), (1.0, 1.0, 0));
    assert_eq!((score.mention_role_right, score.item_category_right), (1.0, 0.5));
    // A decoy taken for a patient's number, and one number missed.
    let wrong = RIGHT.replacen("9990000018,SMITH", "9990000042,SMITH", 1);
    let score = check(TWO, &wrong);
    let numbers = score.values.elements["nhs number"];
    assert_eq!((numbers.truth, numbers.found, numbers.right), (3, 3, 2));
    assert_eq!((score.values.decoys, score.values.decoys_called), (2, 1));
}
