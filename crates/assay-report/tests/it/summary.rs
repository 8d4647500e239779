//! What the terminal shows.

use crate::fixture::{dossier, secrets};
use assay_model::ExhibitKind;
use assay_report::{report_json, summary, verdict_sentence};

#[test]
fn the_whole_summary() {
    insta::assert_snapshot!(summary(&dossier()));
}

#[test]
fn it_fits_a_screen_and_shows_nobody() {
    let text = summary(&dossier());
    assert!(text.lines().count() <= 32, "{} lines", text.lines().count());
    assert!(text.lines().all(|line| line.chars().count() <= 100));
    assert!(secrets(&dossier()).iter().all(|secret| !text.contains(secret)));
}

#[test]
fn a_long_case_still_fits_and_says_what_it_left_out() {
    let mut long = dossier();
    long.verdicts = long.verdicts.iter().cycle().take(40).cloned().collect();
    long.duties = (0..40)
        .flat_map(|n| {
            dossier().duties.into_iter().map(move |mut duty| {
                duty.to = format!("{} {n}", duty.to);
                duty
            })
        })
        .collect();
    let text = summary(&long);
    assert!(text.lines().count() <= 34, "{text}");
    assert!(text.contains("and 30 more in the report"), "{text}");
}

#[test]
fn a_proof_pack_is_a_floor_and_never_an_estimate() {
    let mut shown = dossier();
    shown.exhibits.iter_mut().filter(|e| e.kind == ExhibitKind::Leak).for_each(|e| e.kind = ExhibitKind::ProofPack);
    let text = summary(&shown);
    assert!(text.contains("a floor and no estimate") && !text.contains("estimated"), "{text}");
    let json: serde_json::Value = serde_json::from_str(&report_json(&shown, jiff::Timestamp::UNIX_EPOCH)).unwrap();
    let subjects = &json["subjects"];
    assert!(subjects["count"].is_u64() && subjects["floor"].is_u64());
    assert!(["estimate", "low", "high", "ceiling"].iter().all(|key| subjects[key].is_null()), "{subjects}");
}

#[test]
fn the_sentence_without_a_claim_is_about_people_alone() {
    let mut unclaimed = dossier();
    unclaimed.verdicts.clear();
    insta::assert_snapshot!(verdict_sentence(&unclaimed));
}
