//! The scenarios of the field: genuine, of others, sample, recycled, fabricated, exaggerated, proof only, empty.

use super::*;

/// Three trusts with registers, and a claim that names the first: the seed's shape.
const BODIES: &str = "
    body NCH Northshore Children's NHS Foundation Trust
    body NGH Northgate General Hospitals NHS Trust
    body EHC Eastmere Heart and Chest Hospital NHS Trust
    register id=REG/1 of=NCH people=5000
    register id=REG/2 of=NGH people=5000
    register id=REG/3 of=EHC people=5000
    decoys 0.004";
const CLAIM: &str = "
    claim Northshore Children's NHS Trust | large-scale data of patient records, donor reports and procurement data for 2018-2024";

fn case(lines: &str) -> String {
    format!("{BODIES}\n{lines}\n{CLAIM}")
}

const GENUINE: &str = "
    items n=140 is=patient_record of=NCH by=path from=2018 to=2024
    people n=400 of=NCH age=child match=exact
    people n=12 of=NCH age=child match=none
    items n=6 is=donor_report of=NCH by=letterhead from=2018 to=2024 table=1
    people n=40 role=donor number=none of=NCH age=unknown
    items n=20 is=procurement of=NCH by=letterhead from=2019 to=2023
    items n=10 is=other";

#[test]
fn a_genuine_complete_leak_is_supported_throughout() {
    assert_snapshot!(check(&case(&format!("leak is=complete bytes=2000000\n{GENUINE}"))), @r"
    A1 people: supported, share 0.97 [0.95 0.98], almost certain 95-100, confidence high
      + 400 of 412 people whom a register could know are in one. [leak; subjects.register_matched, subjects.decoy_rate]
      + By chance a decoy register matched 0.4 % in resolution, and by these fields 0.0 % (columns permuted) and 0.0 % (people made up alike); the highest is taken off the share. [leak; subjects.register_matched, subjects.decoy_rate]
      - 12 of 412 people whom a register could know are in none of the registers at hand. [leak; subjects.register_matched, subjects.decoy_rate]
      - 40 people are left out of the share: no register at hand decides about them. [leak; subjects.by_role]
    A2 origin: supported, share 1.00 [0.98 1.00], likely 55-75, confidence moderate
      + 166 of 166 readable items with records bear a sign of a system of one of the bodies (path 140, letterhead 26). [leak; export items]
    A3 fresh: undetermined untested, confidence low
      + Dates of records: patient record 2018-06-15 to 2024-06-15, donor report 2018-06-15 to 2024-06-15, procurement 2019-06-15 to 2023-06-15. [leak; export items]
      - Not tested: no prior leak is at hand. [exhibits, registers and controllers of the case]
    A4 victim: supported, share 0.97 [0.95 0.98], highly likely 80-90, confidence high
      + 440 of 452 people whose controller is decided are of Northshore Children's NHS Foundation Trust. [leak; subjects.by_controller]
      - 12 of 452 people whose controller is decided should be in a register at hand and are not, and are taken for nobody's. [leak; subjects.register_matched]
    A5 category (data of patient records): supported, almost certain 95-100, confidence moderate
      + 140 of 176 readable items are of the category patient record. [leak; export items]
    A6 category (donor reports): supported, highly likely 80-90, confidence moderate
      + 6 of 176 readable items are of the category donor report. [leak; export items]
    A7 category (procurement data): supported, highly likely 80-90, confidence moderate
      + 20 of 176 readable items are of the category procurement. [leak; export items]
    A8 years: supported, highly likely 80-90, confidence moderate
      + 7 of the 7 years claimed are covered by dates in 166 items: 2018 (26), 2019 (24), 2020 (24), 2021 (24), 2022 (24), 2023 (24), 2024 (26) (tables count three times). [leak; export items]
    A9 volume: undetermined untestable, confidence low
      - “large-scale” states no size that could be held against a figure. [claim]
    ");
}

#[test]
fn data_mostly_of_others_is_conflicting_on_a_sample_and_contradicts_the_victim_when_complete() {
    let others = "
        items n=120 is=patient_record of=EHC by=path from=2018 to=2024
        people n=300 of=EHC age=adult match=exact
        items n=20 is=patient_record of=NCH by=path from=2020 to=2024
        people n=30 of=NCH age=adult match=exact";
    let victim = |exhibit: &str| {
        let all = check(&case(&format!("{exhibit}\n{others}")));
        all.split("A5 ").next().unwrap().split("A4 ").nth(1).unwrap().trim_end().to_owned()
    };
    assert_snapshot!(victim("leak is=unknown"), @r"
    victim: undetermined conflicting, share 0.09 [0.06 0.13], confidence moderate
      + 30 of 330 people whose controller is decided are of Northshore Children's NHS Foundation Trust. [leak; subjects.by_controller]
      - Mostly it is another's: 300 of 330 people whose controller is decided are of Eastmere Heart and Chest Hospital NHS Trust. [leak; subjects.by_controller]
      - The body named is for children, and 0 children are among 330 people of known age. [leak; subjects.children, subjects.adults]
    ");
    assert_snapshot!(victim("leak is=complete"), @r"
    victim: contradicted, share 0.09 [0.06 0.13], highly unlikely 10-20, confidence high
      + 30 of 330 people whose controller is decided are of Northshore Children's NHS Foundation Trust. [leak; subjects.by_controller]
      - Mostly it is another's: 300 of 330 people whose controller is decided are of Eastmere Heart and Chest Hospital NHS Trust. [leak; subjects.by_controller]
      - The body named is for children, and 0 children are among 330 people of known age. [leak; subjects.children, subjects.adults]
    ");
    assert!(victim("leak is=sample").contains("undetermined conflicting"));
    assert!(victim("leak is=partial").contains("undetermined conflicting"));
}

#[test]
fn a_sample_contradicts_nothing_of_extent() {
    let sample = "
        leak is=sample bytes=300000
        items n=12 is=patient_record of=NGH by=letterhead from=2023 to=2024
        people n=20 of=NGH age=adult match=exact";
    assert_snapshot!(grades(&format!("{BODIES}\n{sample}\nclaim Northshore Children's NHS Trust | 1.2 TB, more than 900 000 patients, passports, donor reports 2018-2024, children")), @r"
    A1 people: supported, share 1.00 [0.83 1.00], highly likely 80-90, confidence moderate
    A2 origin: supported, share 1.00 [0.76 1.00], likely 55-75, confidence moderate
    A3 fresh: undetermined untested, confidence low
    A4 victim: undetermined insufficient, share 0.00 [0.00 0.16], confidence moderate
    A5 category (passports): undetermined insufficient, confidence moderate
    A6 category (donor reports): undetermined insufficient, confidence moderate
    A7 years: undetermined insufficient, confidence low
    A8 volume: undetermined insufficient, confidence moderate
    A9 count (900000 patients): undetermined insufficient, confidence moderate
    A10 population (children): undetermined insufficient, share 0.00 [0.00 0.16], confidence moderate
    ");
}

#[test]
fn an_exaggerated_claim_is_contradicted_by_a_complete_leak_only() {
    let claim =
        "claim Northshore Children's NHS Trust | 3TB of data on 900 000 patients, donor reports 2012-2024, children";
    let held = "
        items n=200 is=patient_record of=NCH by=path from=2022 to=2024
        people n=300 of=NCH age=adult match=exact
        people n=9 of=NCH age=child match=exact";
    assert_snapshot!(check(&format!("{BODIES}\nleak is=complete bytes=40000000\n{held}\n{claim}")), @r"
    A1 people: supported, share 1.00 [0.98 1.00], almost certain 95-100, confidence high
      + 309 of 309 people whom a register could know are in one. [leak; subjects.register_matched, subjects.decoy_rate]
      + By chance a decoy register matched 0.4 % in resolution, and by these fields 0.0 % (columns permuted) and 0.0 % (people made up alike); the highest is taken off the share. [leak; subjects.register_matched, subjects.decoy_rate]
    A2 origin: supported, share 1.00 [0.98 1.00], likely 55-75, confidence moderate
      + 200 of 200 readable items with records bear a sign of a system of one of the bodies (path 200). [leak; export items]
    A3 fresh: undetermined untested, confidence low
      + Dates of records: patient record 2022-06-15 to 2024-06-15. [leak; export items]
      - Not tested: no prior leak is at hand. [exhibits, registers and controllers of the case]
    A4 victim: supported, share 1.00 [0.99 1.00], highly likely 80-90, confidence high
      + 309 of 309 people whose controller is decided are of Northshore Children's NHS Foundation Trust. [leak; subjects.by_controller]
      - The body named is for children, and 9 children are among 309 people of known age. [leak; subjects.children, subjects.adults]
    A5 category (data on 900 000 patients): supported, almost certain 95-100, confidence moderate
      + 200 of 200 readable items are of the category patient record. [leak; export items]
    A6 category (donor reports): contradicted, highly unlikely 10-20, confidence moderate
      - None of 200 readable items is of the category donor report. [leak; export items]
    A7 years: contradicted, highly unlikely 10-20, confidence moderate
      + 3 of the 13 years claimed are covered by dates in 200 items: 2022 (67), 2023 (67), 2024 (66) (tables count three times). [leak; export items]
      - Dates in 200 items do not reach 10 years from 2012 to 2021. [leak; export items]
    A8 volume: contradicted, remote chance 0-5, confidence high
      - 3.0 TB claimed; 40 MB held as sealed, 2.0 MB unpacked. [leak; exhibits.bytes, export items]
    A9 count (900000 patients): contradicted, highly unlikely 10-20, confidence high
      - 900,000 patients claimed; 309 patients in the items held. [leak; subjects.low, subjects.ceiling, subjects.by_role]
    A10 population (children): contradicted, share 0.03 [0.02 0.05], highly unlikely 10-20, confidence high
      + 9 of 309 people of known age are under 18 on the reference date. [leak; subjects.children, subjects.adults]
      - 300 of 309 people of known age are not under 18 on the reference date. [leak; subjects.children, subjects.adults]
    ");
    assert!(!grades(&format!("{BODIES}\nleak is=unknown bytes=40000000\n{held}\n{claim}")).contains("contradicted"));
}

#[test]
fn what_could_not_be_opened_keeps_absence_open() {
    let claim = "claim Northshore Children's NHS Trust | 2 GB, donor reports, children";
    let held = "
        leak is=complete bytes=2000000
        items n=100 is=patient_record of=NCH by=path from=2022 to=2024
        people n=100 of=NCH age=child match=exact
        items n=20 status=encrypted bytes=90000000";
    assert_snapshot!(grades(&format!("{BODIES}\n{held}\n{claim}")), @r"
    A1 people: supported, share 1.00 [0.96 1.00], almost certain 95-100, confidence high
    A2 origin: supported, share 1.00 [0.96 1.00], likely 55-75, confidence moderate
    A3 fresh: undetermined untested, confidence low
    A4 victim: supported, share 1.00 [0.96 1.00], highly likely 80-90, confidence high
    A5 category (donor reports): undetermined insufficient, confidence moderate
    A6 volume: supported, highly likely 80-90, confidence high
    A7 population (children): supported, share 1.00 [0.96 1.00], highly likely 80-90, confidence high
    ");
}

#[test]
fn people_in_no_register_contradict_people_and_leave_origin_without_support() {
    let decoys = "
        leak is=unknown
        items n=100 is=patient_record of=NCH by=letterhead from=2018 to=2024
        people n=200 of=NCH age=child match=none
        people n=2 of=NCH age=child match=exact";
    assert_snapshot!(check(&case(decoys)), @r"
    A1 people: contradicted, share 0.01 [0.00 0.03], highly unlikely 10-20, confidence moderate
      + 2 of 202 people whom a register could know are in one. [leak; subjects.register_matched, subjects.decoy_rate]
      + By chance a decoy register matched 0.4 % in resolution, and by these fields 0.0 % (columns permuted) and 0.0 % (people made up alike); the highest is taken off the share. [leak; subjects.register_matched, subjects.decoy_rate]
      - 200 of 202 people whom a register could know are in none of the registers at hand. [leak; subjects.register_matched, subjects.decoy_rate]
    A2 origin: contradicted, share 0.02 [0.01 0.07], highly unlikely 10-20, confidence moderate
      + 2 of 100 readable items with records bear a sign of a system of one of the bodies (letterhead 2). [leak; export items]
      - 98 of 100 readable items with records name only people who should be in a register at hand and are not. [leak; subjects.register_matched, export items]
    A3 fresh: undetermined untested, confidence low
      + Dates of records: patient record 2018-06-15 to 2024-06-15. [leak; export items]
      - Not tested: no prior leak is at hand. [exhibits, registers and controllers of the case]
    A4 victim: undetermined conflicting, share 0.01 [0.00 0.04], confidence moderate
      + 2 of 202 people whose controller is decided are of Northshore Children's NHS Foundation Trust. [leak; subjects.by_controller]
      - 200 of 202 people whose controller is decided should be in a register at hand and are not, and are taken for nobody's. [leak; subjects.register_matched]
    A5 category (data of patient records): undetermined conflicting, confidence moderate
      - 98 items are of the category patient record by the look of it and name only people who should be in a register at hand and are not. [leak; export items, subjects.register_matched]
    A6 category (donor reports): undetermined insufficient, confidence moderate
      - None of 100 readable items is of the category donor report. [leak; export items]
    A7 category (procurement data): undetermined insufficient, confidence moderate
      - None of 100 readable items is of the category procurement. [leak; export items]
    A8 years: undetermined insufficient, confidence low
      + 2 of the 7 years claimed are covered by dates in 2 items: 2018 (1), 2019 (1) (tables count three times). [leak; export items]
      - Dates in 2 items do not reach 2020, 2021, 2022, 2023, 2024. [leak; export items]
    A9 volume: undetermined untestable, confidence low
      - “large-scale” states no size that could be held against a figure. [claim]
    ");
}

#[test]
fn numbers_of_the_test_range_speak_against_people_unless_the_case_accepts_them() {
    let held = "
        leak is=unknown
        items n=50 is=patient_record of=NCH by=path from=2018 to=2024
        people n=60 of=NCH match=exact";
    let people = |more: &str| grades(&case(&format!("{held}\n{more}"))).lines().next().unwrap().to_owned();
    assert_snapshot!(people(""), @"A1 people: supported, share 1.00 [0.94 1.00], almost certain 95-100, confidence moderate");
    assert_snapshot!(people("test-range"), @"A1 people: contradicted, share 0.00 [0.00 0.06], highly unlikely 10-20, confidence moderate");
}

#[test]
fn without_a_register_people_are_untested() {
    let held = "
        body NCH Northshore Children's NHS Foundation Trust
        leak is=unknown
        items n=50 is=patient_record of=NCH by=path from=2018 to=2024
        people n=60 of=NCH age=child";
    assert_snapshot!(check(&format!("{held}\n{CLAIM}")), @r"
    A1 people: undetermined untested, confidence low
      - Not tested: no register of people is at hand. [exhibits, registers and controllers of the case]
    A2 origin: supported, share 1.00 [0.93 1.00], likely 55-75, confidence moderate
      + 50 of 50 readable items with records bear a sign of a system of one of the bodies (path 50). [leak; export items]
    A3 fresh: undetermined untested, confidence low
      + Dates of records: patient record 2018-06-15 to 2024-06-15. [leak; export items]
      - Not tested: no prior leak is at hand. [exhibits, registers and controllers of the case]
    A4 victim: supported, share 1.00 [0.94 1.00], likely 55-75, confidence moderate
      + 60 of 60 people whose controller is decided are of Northshore Children's NHS Foundation Trust. [leak; subjects.by_controller]
    A5 category (data of patient records): supported, almost certain 95-100, confidence moderate
      + 50 of 50 readable items are of the category patient record. [leak; export items]
    A6 category (donor reports): undetermined insufficient, confidence moderate
      - None of 50 readable items is of the category donor report. [leak; export items]
    A7 category (procurement data): undetermined insufficient, confidence moderate
      - None of 50 readable items is of the category procurement. [leak; export items]
    A8 years: supported, highly likely 80-90, confidence moderate
      + 7 of the 7 years claimed are covered by dates in 50 items: 2018 (8), 2019 (7), 2020 (7), 2021 (7), 2022 (7), 2023 (7), 2024 (7) (tables count three times). [leak; export items]
    A9 volume: undetermined untestable, confidence low
      - “large-scale” states no size that could be held against a figure. [claim]
    ");
}

#[test]
fn people_whom_no_register_at_hand_could_know_are_not_held_against_the_claim() {
    let held = "
        body NCH Northshore Children's NHS Foundation Trust
        body EHC Eastmere Heart and Chest Hospital NHS Trust
        register id=REG/1 of=NCH people=5000
        leak
        items n=50 is=patient_record of=EHC by=path
        people n=90 of=EHC
        people n=70 number=none role=staff
        people n=20 of=NCH match=exact
        people n=20 of=NCH match=probable number=none
        people n=20 of=NCH match=probable number=local
        claim ****";
    let all = check(held);
    assert_snapshot!(all.split("A2 ").next().unwrap(), @r"
    A1 people: supported, share 1.00 [0.91 1.00], almost certain 95-100, confidence moderate
      + 40 of 40 people whom a register could know are in one. [leak; subjects.register_matched, subjects.decoy_rate]
      + By chance a decoy register matched 0.0 % in resolution, and by these fields 0.0 % (columns permuted) and 0.0 % (people made up alike); the highest is taken off the share. [leak; subjects.register_matched, subjects.decoy_rate]
      - 180 people are left out of the share: no register at hand decides about them. [leak; subjects.by_role]
    ");
    assert!(all.contains("A4 victim: undetermined untestable"), "{all}");
}

#[test]
fn a_proof_pack_alone_supports_at_low_confidence_and_contradicts_nothing() {
    let shown = "
        proof-pack is=complete bytes=900000
        items n=11 in=proof-pack is=patient_record of=EHC by=letterhead from=2023 to=2024
        people n=14 of=EHC age=adult match=exact";
    assert_snapshot!(check(&case(shown)), @r"
    A1 people: supported, share 1.00 [0.78 1.00], highly likely 80-90, confidence low
      + 14 of 14 people whom a register could know are in one. [proof-pack; subjects.register_matched, subjects.decoy_rate]
      + By chance a decoy register matched 0.4 % in resolution, and by these fields 0.0 % (columns permuted) and 0.0 % (people made up alike); the highest is taken off the share. [proof-pack; subjects.register_matched, subjects.decoy_rate]
    A2 origin: supported, share 1.00 [0.74 1.00], likely 55-75, confidence low
      + 11 of 11 readable items with records bear a sign of a system of one of the bodies (letterhead 11). [proof-pack; export items]
    A3 fresh: undetermined untested, confidence low
      + Dates of records: patient record 2023-06-15 to 2024-06-15. [proof-pack; export items]
      - Not tested: no prior leak is at hand. [exhibits, registers and controllers of the case]
    A4 victim: undetermined insufficient, share 0.00 [0.00 0.22], confidence low
      - None of 14 people whose controller is decided is of Northshore Children's NHS Foundation Trust. [proof-pack; subjects.by_controller]
      - Mostly it is another's: 14 of 14 people whose controller is decided are of Eastmere Heart and Chest Hospital NHS Trust. [proof-pack; subjects.by_controller]
      - The body named is for children, and 0 children are among 14 people of known age. [proof-pack; subjects.children, subjects.adults]
    A5 category (data of patient records): supported, highly likely 80-90, confidence low
      + 11 of 11 readable items are of the category patient record. [proof-pack; export items]
    A6 category (donor reports): undetermined insufficient, confidence low
      - None of 11 readable items is of the category donor report. [proof-pack; export items]
    A7 category (procurement data): undetermined insufficient, confidence low
      - None of 11 readable items is of the category procurement. [proof-pack; export items]
    A8 years: undetermined insufficient, confidence low
      + 2 of the 7 years claimed are covered by dates in 11 items: 2023 (6), 2024 (5) (tables count three times). [proof-pack; export items]
      - Dates in 11 items do not reach 2018, 2019, 2020, 2021, 2022. [proof-pack; export items]
    A9 volume: undetermined untestable, confidence low
      - “large-scale” states no size that could be held against a figure. [claim]
    ");
    let strangers = "
        proof-pack is=complete
        items n=40 in=proof-pack is=patient_record of=EHC by=letterhead
        people n=60 of=EHC match=none";
    assert!(!grades(&case(strangers)).contains("contradicted"));
}

#[test]
fn a_recycled_leak_is_told_by_its_bytes() {
    let fresh = |lines: &str| {
        let all = check(&case(&format!("leak is=unknown\nprior-leak\n{lines}")));
        all.split("A4 ").next().unwrap().split("A3 ").nth(1).unwrap().trim_end().to_owned()
    };
    let old = "items n=60 in=prior-leak same=a is=patient_record";
    assert_snapshot!(fresh(&format!("{old}\nitems n=60 same=a is=patient_record of=NCH by=path\npeople n=50 of=NCH match=exact again=1")), @r"
    fresh: contradicted, share 0.00 [0.00 0.06], remote chance 0-5, confidence moderate
      - 60 of 60 different contents are byte for byte in a prior leak. [leak, prior-leak; export items]
      - 50 of 50 people are in a prior leak too, and so are 0.0 % of the people of the registers; its digests agree by chance in 0.0 %: more than patients who come back explain. [leak, prior-leak; export subjects]
    ");
    assert_snapshot!(fresh(&format!("{old}\nitems n=57 same=a\nitems n=3 same=b")), @r"
    fresh: contradicted, share 0.05 [0.02 0.14], highly unlikely 10-20, confidence moderate
      + 3 of 60 different contents are in no prior leak at hand. [leak, prior-leak; export items]
      - 57 of 60 different contents are byte for byte in a prior leak. [leak, prior-leak; export items]
    ");
    assert_snapshot!(fresh(&format!("{old}\nitems n=60 same=b\npeople n=50 of=NCH match=exact")), @r"
    fresh: supported, share 1.00 [0.94 1.00], likely 55-75, confidence moderate
      + 60 of 60 different contents are in no prior leak at hand. [leak, prior-leak; export items]
    ");
    assert_snapshot!(fresh(&format!("{old}\nitems n=60 same=b\npeople n=50 of=NCH match=exact again=1")), @r"
    fresh: undetermined conflicting, share 1.00 [0.94 1.00], confidence moderate
      + 60 of 60 different contents are in no prior leak at hand. [leak, prior-leak; export items]
      - 50 of 50 people are in a prior leak too, and so are 0.0 % of the people of the registers; its digests agree by chance in 0.0 %: more than patients who come back explain. [leak, prior-leak; export subjects]
    ");
    assert_snapshot!(fresh(&format!("{old}\nitems n=30 same=a\nitems n=30 same=b")), @r"
    fresh: undetermined conflicting, share 0.50 [0.38 0.62], confidence moderate
      + 30 of 60 different contents are in no prior leak at hand. [leak, prior-leak; export items]
      - 30 of 60 different contents are byte for byte in a prior leak. [leak, prior-leak; export items]
    ");
    assert_snapshot!(fresh("items n=30 same=b"), @r"
    fresh: undetermined untested, confidence low
      - Not tested: no prior leak is at hand. [exhibits, registers and controllers of the case]
    ");
}

#[test]
fn an_item_that_was_read_in_a_prior_leak_keeps_its_people() {
    let mut scenario = Scenario::read(&case(
        "leak\nprior-leak\nitems n=40 in=prior-leak same=a is=patient_record of=NCH by=path\npeople n=80 of=NCH match=exact\nitems n=40 same=a",
    ));
    let old: Vec<(ExhibitId, ItemPath)> =
        scenario.items[..40].iter().map(|item| (item.exhibit.clone(), item.path.clone())).collect();
    for (item, (exhibit, path)) in scenario.items[40..].iter_mut().zip(old) {
        item.status = ItemStatus::Duplicate(exhibit, path);
    }
    let all = render(&scenario.verdicts());
    let grades: Vec<&str> = all.lines().filter(|line| !line.starts_with(' ')).take(5).collect();
    assert_snapshot!(grades.join("\n"), @r"
    A1 people: supported, share 1.00 [0.95 1.00], almost certain 95-100, confidence moderate
    A2 origin: supported, share 1.00 [0.91 1.00], likely 55-75, confidence moderate
    A3 fresh: contradicted, share 0.00 [0.00 0.09], remote chance 0-5, confidence moderate
    A4 victim: supported, share 1.00 [0.95 1.00], highly likely 80-90, confidence moderate
    A5 category (data of patient records): supported, almost certain 95-100, confidence moderate
    ");
}

#[test]
fn an_empty_case_has_nothing_tested() {
    assert_snapshot!(check("claim Northshore | 3TB, patient records 2018-2024, 500 files, children, VIPs, Citrix"), @r"
    A1 people: undetermined untested, confidence low
      - Not tested: no person is found in the items held. [exhibits, registers and controllers of the case]
    A2 origin: undetermined untested, confidence low
      - Not tested: no item of a leak or proof pack is held. [exhibits, registers and controllers of the case]
    A3 fresh: undetermined untested, confidence low
      - Not tested: no item of a leak or proof pack is held. [exhibits, registers and controllers of the case]
    A4 victim: undetermined untested, confidence low
      - Not tested: the body named is none of the case's controllers by name, alias or domain. [exhibits, registers and controllers of the case]
    A5 category (patient records): undetermined untested, confidence low
      - Not tested: no item of a leak or proof pack is held. [exhibits, registers and controllers of the case]
    A6 years: undetermined untested, confidence low
      - Not tested: no item of a leak or proof pack is held. [exhibits, registers and controllers of the case]
    A7 volume: undetermined untested, confidence low
      - Not tested: no item of a leak or proof pack is held. [exhibits, registers and controllers of the case]
    A8 count (500 files): undetermined untested, confidence low
      - Not tested: no item of a leak or proof pack is held. [exhibits, registers and controllers of the case]
    A9 population (children): undetermined untested, confidence low
      - Not tested: no item of a leak or proof pack is held. [exhibits, registers and controllers of the case]
    A10 population (VIPs): undetermined untestable, confidence low
      - No record says of anyone that “VIPs” is meant. [claim]
    A11 vector (Citrix): undetermined untested, confidence low
      - Not tested: no evidence of a gateway is at hand. [exhibits, registers and controllers of the case]
    ");
    assert_eq!(check("body NCH Northshore Childrens NHS Trust"), "");
}

#[test]
fn donors_in_a_single_table_are_a_category() {
    let held = |n: u64| {
        let held = format!(
            "leak is=complete\nitems n=400 is=patient_record\nitems n=1 is=donor_report\npeople n={n} role=donor number=none"
        );
        check(&case(&held)).lines().find(|line| line.contains("donor reports")).unwrap().to_owned()
    };
    assert_snapshot!(held(40), @"A6 category (donor reports): supported, highly likely 80-90, confidence moderate");
    assert_snapshot!(held(1), @"A6 category (donor reports): undetermined insufficient, confidence moderate");
}

#[test]
fn a_span_of_years_is_covered_in_part_or_whole() {
    let years = |exhibit: &str, items: &str| {
        let all = check(&format!(
            "{BODIES}\nleak is={exhibit}\n{items}\nclaim Northshore Children's NHS Trust | patient records 2018-2024"
        ));
        all.split("A6 ").nth(1).unwrap().to_owned()
    };
    assert_snapshot!(years("unknown", "items n=50 is=patient_record from=2018 to=2024"), @r"
    years: supported, highly likely 80-90, confidence moderate
      + 7 of the 7 years claimed are covered by dates in 50 items: 2018 (8), 2019 (7), 2020 (7), 2021 (7), 2022 (7), 2023 (7), 2024 (7) (tables count three times). [leak; export items]
    ");
    assert_snapshot!(years("unknown", "items n=50 is=patient_record from=2021 to=2024"), @r"
    years: undetermined insufficient, confidence moderate
      + 4 of the 7 years claimed are covered by dates in 50 items: 2021 (13), 2022 (13), 2023 (12), 2024 (12) (tables count three times). [leak; export items]
      - Dates in 50 items do not reach 2018, 2019, 2020. [leak; export items]
    ");
    assert_snapshot!(years("complete", "items n=50 is=patient_record from=2021 to=2024"), @r"
    years: contradicted, unlikely 25-35, confidence moderate
      + 4 of the 7 years claimed are covered by dates in 50 items: 2021 (13), 2022 (13), 2023 (12), 2024 (12) (tables count three times). [leak; export items]
      - Dates in 50 items do not reach 2018, 2019, 2020. [leak; export items]
    ");
    // Dates of another category do not count for the one claimed.
    assert_snapshot!(years("complete", "items n=50 is=procurement from=2018 to=2024\nitems n=2 is=patient_record"), @r"
    years: undetermined insufficient, confidence low
      - No item of the categories claimed bears a date of its own. [leak; export items]
    ");
}

#[test]
fn a_population_is_meant_whole_or_in_part() {
    let population = |exhibit: &str, words: &str, people: &str| {
        let all = check(&format!(
            "{BODIES}\nleak is={exhibit}\nitems n=50 is=patient_record\n{people}\nclaim Northshore Children's NHS Trust | {words}"
        ));
        all.lines().filter(|line| line.contains(" population")).collect::<Vec<_>>().join("\n")
    };
    let mixed = "people n=20 age=child\npeople n=180 age=adult born=1950";
    assert_snapshot!(population("complete", "children", mixed), @"A5 population (children): contradicted, share 0.10 [0.07 0.15], highly unlikely 10-20, confidence high");
    assert_snapshot!(population("unknown", "children", mixed), @"A5 population (children): undetermined conflicting, share 0.10 [0.07 0.15], confidence moderate");
    assert_snapshot!(population("complete", "patients, including children", mixed), @"A5 population (including children): supported, likely 55-75, confidence high");
    assert_snapshot!(population("complete", "elderly and celebrities", mixed), @r"
    A5 population (elderly): supported, highly likely 80-90, confidence high
    A6 population (celebrities): undetermined untestable, confidence low
    ");
    assert_snapshot!(population("unknown", "data of minors", "people n=50 age=unknown"), @"A5 population (minors): undetermined insufficient, confidence low");
}

#[test]
fn a_way_in_is_never_more_than_likely() {
    let vector = |words: &str, gateway: &str| {
        let all = check(&format!("{gateway}\nclaim x | {words}"));
        all.split("A5 ").nth(1).unwrap().to_owned()
    };
    assert_snapshot!(vector("Citrix", "gateway taken=2 benign=1"), @r"
    vector (Citrix): supported, likely 55-75, confidence moderate
      + 2 sessions of 40 sessions rebuilt are consistent with a takeover, which is not proof of one. [GW/1; gateway.flagged]
      + The build seen had CVE-2023-4966 from 2023-10-10 on. [GW/1; gateway.vulnerable]
      - 1 session has a mismatch that has a benign explanation. [GW/1; gateway.flagged]
      - The logs have 0 gaps and 1 line that could not be parsed. [GW/1; gateway.coverage]
    ");
    assert_snapshot!(vector("CVE-2023-4966", "gateway taken=1 build=fixed"), @r"
    vector (CVE-2023-4966): undetermined conflicting, confidence moderate
      + 1 session of 40 sessions rebuilt are consistent with a takeover, which is not proof of one. [GW/1; gateway.flagged]
      - For CVE-2023-4966 the newest build seen is fixed. [GW/1; gateway.vulnerable]
      - The logs have 0 gaps and 1 line that could not be parsed. [GW/1; gateway.coverage]
    ");
    assert_snapshot!(vector("Citrix Bleed 2", "gateway taken=1"), @r"
    vector (Citrix Bleed 2): undetermined insufficient, confidence moderate
      + 1 session of 40 sessions rebuilt are consistent with a takeover, which is not proof of one. [GW/1; gateway.flagged]
      - The logs have 0 gaps and 1 line that could not be parsed. [GW/1; gateway.coverage]
    ");
    assert_snapshot!(vector("CitrixBleed", "gateway"), @r"
    vector (CitrixBleed): undetermined insufficient, confidence moderate
      + The build seen had CVE-2023-4966 from 2023-10-10 on. [GW/1; gateway.vulnerable]
      - None of 40 sessions rebuilt is consistent with a takeover. [GW/1; gateway.sessions_total]
      - The logs have 0 gaps and 1 line that could not be parsed. [GW/1; gateway.coverage]
    ");
    assert_snapshot!(vector("phishing", "gateway taken=2"), @r"
    vector (phishing): undetermined untested, confidence low
      - Not tested: no kind of exhibit speaks of that way in. [exhibits, registers and controllers of the case]
    ");
    assert_snapshot!(vector("Citrix", ""), @r"
    vector (Citrix): undetermined untested, confidence low
      - Not tested: no evidence of a gateway is at hand. [exhibits, registers and controllers of the case]
    ");
}

#[test]
fn invented_people_make_no_count_and_no_victim() {
    let held = |exhibit: &str| {
        format!(
            "{BODIES}\nleak is={exhibit}\nitems n=10 is=patient_record of=NCH by=letterhead\npeople n=900 of=NCH\nclaim Northshore Children's NHS Trust | 900 patients"
        )
    };
    assert_snapshot!(grades(&held("unknown")), @r"
    A1 people: contradicted, share 0.00 [0.00 0.00], highly unlikely 10-20, confidence moderate
    A2 origin: contradicted, share 0.00 [0.00 0.28], highly unlikely 10-20, confidence moderate
    A3 fresh: undetermined untested, confidence low
    A4 victim: undetermined insufficient, share 0.00 [0.00 0.00], confidence moderate
    A5 count (900 patients): undetermined insufficient, confidence moderate
    ");
    assert_snapshot!(grades(&held("complete")), @r"
    A1 people: contradicted, share 0.00 [0.00 0.00], highly unlikely 10-20, confidence high
    A2 origin: contradicted, share 0.00 [0.00 0.28], highly unlikely 10-20, confidence moderate
    A3 fresh: undetermined untested, confidence low
    A4 victim: contradicted, share 0.00 [0.00 0.00], highly unlikely 10-20, confidence moderate
    A5 count (900 patients): undetermined insufficient, confidence high
    ");
}

#[test]
fn a_claim_that_may_name_several_bodies_is_for_a_person_to_say() {
    let held = "body A Northshore Children's NHS Trust\nbody B Northshore General NHS Trust\nleak is=complete\nitems n=20 is=patient_record of=B by=path\npeople n=50 of=B\nclaim Northshore ";
    assert_snapshot!(check(held).split("A4 ").nth(1).unwrap(), @r"
    victim: undetermined insufficient, confidence low
      + 50 of 50 people whose controller is decided are of Northshore General NHS Trust. [leak; subjects.by_controller]
      - The claim's words may name Northshore General NHS Trust or Northshore Children's NHS Trust: which is for a person to say. [claim; controllers of the case]
    ");
}

#[test]
fn finds_of_documents_answer_where_no_category_does() {
    let passports = |n: u64| {
        let people = format!(
            "leak is=complete\nitems n=50 is=staff_record\npeople n={n} role=staff number=none element=passport_number"
        );
        let all = check(&format!("{people}\nclaim x | passports"));
        all.split("A5 ").nth(1).unwrap().to_owned()
    };
    assert_snapshot!(passports(12), @r"
    category (passports): supported, likely 55-75, confidence moderate
      + 12 records have a passport number. [leak; subjects.by_element, export mentions]
    ");
    assert_snapshot!(passports(0), @r"
    category (passports): undetermined insufficient, confidence moderate
      - No record read has a passport number; documents that are pictures are not read for it. [leak; subjects.by_element, export mentions]
    ");
}

/// What must hold whatever the case is.
fn invariants(scenario: Scenario) {
    let complete =
        scenario.exhibits.iter().any(|e| e.kind == ExhibitKind::Leak && e.completeness == Completeness::Complete);
    for v in scenario.verdicts() {
        let kind = v.assertion.kind.as_str();
        let extent = ["victim", "category", "volume", "years", "count", "population"].contains(&kind);
        match v.verdict {
            VerdictKind::Supported => assert!(v.term.is_some_and(|t| t.low >= 55)),
            VerdictKind::Contradicted => {
                assert!(v.term.is_some_and(|t| t.high <= 35));
                assert!(complete || !extent, "{kind} contradicted by an incomplete exhibit");
            }
            VerdictKind::Undetermined(_) => assert!(v.term.is_none()),
        }
        if let Some(share) = v.share {
            assert!(0.0 <= share.low && share.low <= share.share && share.share <= share.high && share.high <= 1.0);
            assert_ne!((v.verdict, share.low > 0.5), (VerdictKind::Supported, false));
            assert_ne!((v.verdict, share.high < 0.5), (VerdictKind::Contradicted, false));
        }
        for e in v.evidence_for.iter().chain(&v.evidence_against) {
            assert!(!e.text.contains("Quill") && !e.text.contains("99900") && !e.text.contains(".bin"), "{}", e.text);
            assert!(e.text.ends_with('.') && !e.basis.is_empty(), "{}", e.text);
            assert!(!["likely", "chance that", "confidence"].iter().any(|word| e.text.contains(word)), "{}", e.text);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_case_breaks_the_rules(
        is in prop::sample::select(vec!["complete", "sample", "partial", "unknown"]),
        kind in prop::sample::select(vec!["leak", "proof-pack"]),
        groups in prop::collection::vec(
            (0u64..40, 0u64..60, prop::sample::select(vec!["patient_record", "donor_report", "other"]),
             prop::sample::select(vec!["NCH", "NGH"]), prop::sample::select(vec!["exact", "probable", "none"]),
             prop::sample::select(vec!["child", "adult", "unknown"]), prop::sample::select(vec!["read", "encrypted"]), 0u64..2),
            0..5),
        claimed in 0u64..2000,
        text in "\\PC{0,60}",
    ) {
        let mut lines = format!("{kind} id=leak is={is} bytes=5000\nprior-leak\nitems n=20 in=prior-leak same=a\ngateway taken=1\n");
        for (items, people, category, of, matched, age, status, again) in groups {
            let same = if again == 1 { "same=a" } else { "" };
            lines += &format!("items n={items} is={category} of={of} by=path from=2015 to=2024 status={status} {same}\n");
            if items > 0 {
                lines += &format!("people n={people} of={of} match={matched} age={age} again={again}\n");
            }
        }
        let text = text.replace('|', " ");
        let claim = format!("claim Northshore Children's NHS Trust | {text}: {claimed} GB, {claimed} patients, donor reports 2016-2024, children, Citrix");
        invariants(Scenario::read(&format!("{BODIES}\n{lines}\n{claim}")));
    }
}
