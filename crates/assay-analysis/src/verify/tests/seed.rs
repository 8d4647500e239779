//! The seed from its file to its duties: a post names a children's trust alone, and the data is three bodies'.

use super::*;
use crate::claims;
use crate::duties::{DutiesInput, duties};
use assay_model::{DutyStatus, Relationship};

/// As trackers have it: the name without "Foundation", the words of the post.
const POST: &str = r#"{"post_title": "Northshore Children&#x27;s NHS Trust", "group_name": "incransom",
    "discovered": "2024-11-28 12:26:01.000000", "published": "2024-11-28 09:13:00.000000", "website": "",
    "description": "Large-scale data, patient records, donor reports and procurement data for 2018-2024"}"#;

/// Mostly the heart hospital's and the general hospital's patients, adults; of the named trust donors and orders.
const HELD: &str = "
    body NCH Northshore Children's NHS Foundation Trust
    body NGH Northgate General Hospitals NHS Trust
    body EHC Eastmere Heart and Chest Hospital NHS Trust
    body WUT Westwater University Teaching Hospital NHS Foundation Trust
    register id=REG/1 of=NCH people=5000
    register id=REG/2 of=NGH people=5000
    register id=REG/3 of=EHC people=5000
    decoys 0.004
    items n=90 is=patient_record of=EHC by=path from=2018 to=2024
    people n=260 of=EHC age=adult match=exact element=diagnosis
    items n=12 is=patient_record of=NGH by=letterhead from=2020 to=2024
    people n=30 of=NGH age=adult match=exact
    items n=5 is=donor_report of=NCH by=letterhead from=2018 to=2024 table=1
    people n=20 role=donor number=none of=NCH age=unknown element=address
    items n=15 is=procurement of=NCH by=letterhead from=2019 to=2023
    items n=4 status=encrypted";

fn seed(completeness: &str, format: &str, post: &str) -> Scenario {
    let mut scenario = Scenario::read(&format!("leak is={completeness} bytes=3000000\n{HELD}"));
    scenario.claims = claims::read(&ExhibitId::new("CLAIM/1"), format, post).expect("a claim");
    scenario
}

fn words(completeness: &str) -> String {
    let all = render(&seed(completeness, "ransomware.live", POST).verdicts());
    all.lines().filter(|line| !line.starts_with(' ')).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_seed_is_true_but_of_others() {
    assert_snapshot!(words("unknown"), @r"
    A1 people: supported, share 1.00 [0.98 1.00], almost certain 95-100, confidence moderate
    A2 origin: supported, share 1.00 [0.97 1.00], likely 55-75, confidence moderate
    A3 fresh: undetermined untested, confidence low
    A4 victim: undetermined conflicting, share 0.06 [0.04 0.10], confidence moderate
    A5 category (patient records): supported, almost certain 95-100, confidence moderate
    A6 category (donor reports): supported, likely 55-75, confidence moderate
    A7 category (procurement data): supported, highly likely 80-90, confidence moderate
    A8 years: supported, highly likely 80-90, confidence moderate
    A9 volume: undetermined untestable, confidence low
    ");
    assert_snapshot!(words("complete"), @r"
    A1 people: supported, share 1.00 [0.98 1.00], almost certain 95-100, confidence high
    A2 origin: supported, share 1.00 [0.97 1.00], likely 55-75, confidence moderate
    A3 fresh: undetermined untested, confidence low
    A4 victim: contradicted, share 0.06 [0.04 0.10], highly unlikely 10-20, confidence high
    A5 category (patient records): supported, almost certain 95-100, confidence moderate
    A6 category (donor reports): supported, likely 55-75, confidence moderate
    A7 category (procurement data): supported, highly likely 80-90, confidence moderate
    A8 years: supported, highly likely 80-90, confidence moderate
    A9 volume: undetermined untestable, confidence low
    ");
}

#[test]
fn no_population_is_read_out_of_the_name_of_a_childrens_trust() {
    assert!(!words("complete").contains("population"));
}

#[test]
fn a_bundle_of_a_connector_names_the_same_body() {
    let bundle = r#"{"type": "bundle", "objects": [{"type": "report", "id": "report--1",
        "name": "incransom has published a new victim: Northshore Children's NHS Trust", "published": "2024-11-28T09:13:00Z",
        "description": "patient records", "object_refs": []}]}"#;
    let verdicts = render(&seed("unknown", "stix", bundle).verdicts());
    assert!(
        verdicts.contains("people whose controller is decided are of Northshore Children's NHS Foundation Trust"),
        "{verdicts}"
    );
}

#[test]
fn each_body_answers_for_its_own_people() {
    let mut scenario = seed("unknown", "ransomware.live", POST);
    for controller in &mut scenario.controllers {
        controller.aware_at = "2024-11-28T10:15:00Z".parse().ok();
    }
    let relationships = [Relationship {
        processor: ControllerId::new("NCH"),
        controller: ControllerId::new("EHC"),
        service: "gateway".into(),
    }];
    let verdicts = seed("unknown", "ransomware.live", POST).verdicts();
    let duties = duties(&DutiesInput {
        case: &scenario.case,
        controllers: &scenario.controllers,
        relationships: &relationships,
        exhibits: &scenario.exhibits,
        items: &scenario.items,
        subjects: &scenario.subjects,
        estimate: &scenario.estimate,
        parts: &Default::default(),
        verdicts: &verdicts,
        gateway: None,
    });
    let lines: Vec<String> =
        duties.iter().map(|d| format!("{} {} {} {}", d.id, d.controller, d.source, d.status.as_str())).collect();
    // Donors without bank details: reported, not written to for a high risk.
    assert_snapshot!(lines.join("\n"), @r"
    D1 NCH UK GDPR Art. 33(1) drafted
    D2 NCH Guide to the Notification of Data Security and Protection Incidents (DSPT) drafted
    D3 NCH UK GDPR Art. 33(2) drafted
    D4 NCH UK GDPR Art. 34(1) not-triggered
    D5 NGH UK GDPR Art. 33(1) drafted
    D6 NGH Guide to the Notification of Data Security and Protection Incidents (DSPT) drafted
    D7 NGH UK GDPR Art. 34(1) drafted
    D8 EHC UK GDPR Art. 33(1) drafted
    D9 EHC Guide to the Notification of Data Security and Protection Incidents (DSPT) drafted
    D10 EHC UK GDPR Art. 34(1) drafted
    D11 WUT UK GDPR Art. 33(1) not-triggered
    D12 WUT Guide to the Notification of Data Security and Protection Incidents (DSPT) not-triggered
    D13 WUT UK GDPR Art. 34(1) not-triggered
    ");
    let wut = duties.iter().filter(|duty| duty.controller.as_str() == "WUT");
    assert!(wut.clone().count() > 0 && wut.into_iter().all(|duty| duty.status == DutyStatus::NotTriggered));
}
