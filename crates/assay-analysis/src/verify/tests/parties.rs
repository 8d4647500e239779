//! The parts that bodies have.

use super::*;

#[test]
fn who_is_named_who_ran_the_way_in_and_whose_data_it_is_are_kept_apart() {
    let mut scenario = Scenario::read(
        "body NCH Northshore Children's NHS Foundation Trust
        body NGH Northgate General Hospitals NHS Trust
        body EHC Eastmere Heart and Chest Hospital NHS Trust
        leak is=sample
        items n=90 is=patient_record of=EHC by=path
        people n=50 of=EHC match=exact
        items n=5 is=patient_record of=NGH by=letterhead
        people n=7 of=NGH match=exact
        items n=7 is=donor_report
        claim Northshore Children's NHS Trust | patient records",
    );
    let heads = ["Eastmere Heart Charity", "EASTMERE HEART CHARITY", "Eastmere Heart Charity", "Brightmedic Ltd"];
    for (item, head) in scenario.items.iter_mut().rev().zip(heads) {
        item.other_body = Some(head.to_owned());
    }
    let service = Relationship {
        processor: ControllerId::new("NCH"),
        controller: ControllerId::new("EHC"),
        service: "shared remote access".into(),
    };
    let canteen = Relationship { service: "catering".into(), processor: ControllerId::new("NGH"), ..service.clone() };
    let mut gateway = scenario.exhibits[0].clone();
    (gateway.id, gateway.kind) = (ExhibitId::new("GW/1"), ExhibitKind::Gateway);
    gateway.custodian = "Network team, Northshore Children's".into();
    scenario.exhibits.push(gateway);
    let found = scenario.ask(|input| verify(&VerifyInput { relationships: &[service, canteen], ..*input }).parties);
    let ids = |ids: &[ControllerId]| ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
    assert_eq!(found.named.iter().map(|named| ids(&named.controllers)).collect::<Vec<_>>(), ["NCH"]);
    let [host] = found.host.as_slice() else { panic!("{:?}", found.host) };
    assert_eq!(host.controller.as_str(), "NCH");
    assert_eq!(host.basis, ["runs \"shared remote access\" for EHC", "handed over GW/1"]);
    let data: Vec<_> = found.data_of.iter().map(|of| (of.controller.as_str(), of.people, of.items)).collect();
    assert_eq!(data, [("EHC", 50, 90), ("NGH", 7, 5)]);
    let unlisted: Vec<_> = found.unlisted.iter().map(|of| (of.name.as_str(), of.items)).collect();
    assert_eq!(unlisted, [("Eastmere Heart Charity", 3)]);
}

#[test]
fn people_without_any_gap_are_a_sign() {
    let said = |complete: usize| {
        let mut scenario = Scenario::read(
            "body NCH Northshore Children's NHS Foundation Trust
            leak is=sample
            items n=20 is=patient_record of=NCH by=path
            people n=160 of=NCH match=none
            claim Northshore Children's NHS Trust | patient records",
        );
        for (n, subject) in scenario.subjects.iter_mut().enumerate() {
            subject.elements.extend([Element::DateOfBirth, Element::Postcode, Element::Phone]);
            subject.elements.extend((n < complete).then_some(Element::Email));
        }
        render(&scenario.verdicts()).contains("some are missing")
    };
    assert!(said(160) && said(159));
    assert!(!said(150));
}
