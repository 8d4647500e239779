//! `explain` for each kind of id.

use crate::fixture::{dossier, secrets};
use assay_model::ExhibitKind;
use assay_report::{Reveal, explain};

fn check(id: &str) -> String {
    let dossier = dossier();
    let text = explain(&dossier, id, Reveal::Masked).unwrap_or_else(|| panic!("{id} is not explained"));
    let found: Vec<String> = secrets(&dossier).into_iter().filter(|secret| text.contains(secret)).collect();
    assert_eq!(found, Vec::<String>::new(), "{id}");
    text
}

#[test]
fn a_person_masked() {
    insta::assert_snapshot!(check(dossier().subjects[20].id.as_str()));
}

#[test]
fn a_person_revealed() {
    let dossier = dossier();
    let text = explain(&dossier, dossier.subjects[20].id.as_str(), Reveal::Revealed).unwrap();
    assert!(text.contains(dossier.subjects[20].nhs_number.as_ref().unwrap().reveal().as_str()));
    insta::assert_snapshot!(text);
}

#[test]
fn a_person_who_does_not_count() {
    let dossier = dossier();
    let subject = dossier.subjects.iter().find(|s| !s.counts).unwrap();
    assert!(check(subject.id.as_str()).contains("does not count: named only"));
}

#[test]
fn a_mention() {
    insta::assert_snapshot!(check(&dossier().mentions[3].id.to_string()));
}

#[test]
fn an_assertion_a_duty_and_a_session() {
    insta::assert_snapshot!([check("A1"), check("a9"), check("D1"), check("51127")].join("\n----\n"));
}

#[test]
fn figures_of_the_report() {
    let ids = [
        "subjects.count",
        "children",
        "by_controller.NCH",
        "by_role.supplier contact",
        "items.unread.no_ocr",
        "register_matched",
        "items.by_category_year.procurement.2021",
        "gateway.sessions_total",
    ];
    insta::assert_snapshot!(ids.map(check).join("\n"));
}

#[test]
fn what_is_not_there_is_not_explained() {
    for id in
        ["P-000000000000", "M-0000000000000000", "M-x", "A99", "D99", "1", "subjects.counts", "by_role.nobody", "", "."]
    {
        assert_eq!(explain(&dossier(), id, Reveal::Masked), None, "{id}");
    }
}

#[test]
fn a_proof_packs_estimate_is_not_told_and_why_not() {
    let mut shown = dossier();
    assert!(!explain(&shown, "subjects.estimate", Reveal::Masked).unwrap().contains("Not told"));
    assert!(explain(&shown, "subjects.expected.children", Reveal::Masked).unwrap().contains("low"));
    shown.exhibits.iter_mut().filter(|e| e.kind == ExhibitKind::Leak).for_each(|e| e.kind = ExhibitKind::ProofPack);
    for id in ["subjects.estimate", "subjects.expected.children"] {
        let text = explain(&shown, id, Reveal::Masked).unwrap();
        assert!(text.contains("Not told here: a proof pack is chosen by the group"), "{text}");
    }
}
