//! Did they get in as they say? Against the gateway's sessions and build, for claims about the gateway.
//!
//! Logs can be consistent with a takeover; they prove none, and nothing ties a session to the data. So this is never more than
//! likely. Missing lines are no evidence of absence, so it is never contradicted.

use std::sync::LazyLock;

use assay_model::{GatewayAssessment, TakeoverVerdict, UndeterminedReason, Vulnerability, VulnerableStatus};
use regex::Regex;

use super::VerifyInput;
use super::shares::{counted, evidence};
use super::yardstick::{Ceiling, Footing, Grade, Level, Strength};
use crate::claims::rules::{ClaimRules, VectorTest};

pub(super) fn grade(input: &VerifyInput<'_>, words: &str) -> Grade {
    if ClaimRules::shipped().vector_test(words) == VectorTest::None {
        return Grade::untested("no kind of exhibit speaks of that way in");
    }
    let gateway = input.gateway.filter(|gateway| !(gateway.coverage.is_empty() && gateway.vulnerable.is_empty()));
    let Some(gateway) = gateway else {
        return Grade::untested("no evidence of a gateway is at hand");
    };
    let flaws = flaws_meant(gateway, words);
    let open: Vec<&&Vulnerability> = flaws.iter().filter(|v| v.status == VulnerableStatus::Vulnerable).collect();
    let closed: Vec<&&Vulnerability> = flaws
        .iter()
        .filter(|v| matches!(v.status, VulnerableStatus::Fixed | VulnerableStatus::NotApplicable))
        .collect();
    let taken = with_verdict(gateway, TakeoverVerdict::ConsistentWithTakeover);
    let benign = with_verdict(gateway, TakeoverVerdict::BenignExplained);
    let gaps = gateway.coverage.iter().map(|c| c.gaps).sum::<u64>();
    let unparsed = gateway.coverage.iter().map(|c| c.unparsed).sum::<u64>();

    let base = if gateway.sessions_total >= 10 { Level::Fair } else { Level::Poor };
    let footing = Footing { base, rigour: Level::Fair, stability: if gaps == 0 { Level::Good } else { Level::Fair } };
    let mut grade = if taken > 0 && !open.is_empty() {
        Grade::supported(Strength::Bare, Ceiling::VECTOR, footing)
    } else if taken > 0 && flaws.len() == closed.len() && !closed.is_empty() {
        Grade::undetermined(UndeterminedReason::Conflicting, footing)
    } else {
        Grade::undetermined(UndeterminedReason::Insufficient, footing)
    };
    let sources: Vec<&str> = gateway.coverage.iter().map(|c| c.exhibit.as_str()).collect();
    let mut sources: Vec<&str> = if sources.is_empty() { vec!["gateway evidence"] } else { sources };
    sources.dedup();
    let basis = |fields: &str| format!("{}; {fields}", sources.join(", "));
    if taken > 0 {
        let text = format!(
            "{} of {} consistent with a takeover, which is not proof of one.",
            counted(taken, "session", "sessions"),
            counted(gateway.sessions_total, "session rebuilt is", "sessions rebuilt are"),
        );
        grade = grade.pros([evidence(text, basis("gateway.flagged"))]);
    }
    for flaw in &open {
        let text = format!("The build seen had {} {}.", flaw.cve, window(flaw));
        grade = grade.pros([evidence(text, basis("gateway.vulnerable"))]);
    }
    for flaw in &closed {
        let text = format!("For {} the newest build seen is {}.", flaw.cve, flaw.status.as_str());
        grade = grade.cons([evidence(text, basis("gateway.vulnerable"))]);
    }
    if taken == 0 && gateway.sessions_total > 0 {
        let text = format!(
            "None of {} is consistent with a takeover.",
            counted(gateway.sessions_total, "session rebuilt", "sessions rebuilt")
        );
        grade = grade.cons([evidence(text, basis("gateway.sessions_total"))]);
    }
    if benign > 0 {
        let text =
            format!("{} a mismatch that has a benign explanation.", counted(benign, "session has", "sessions have"));
        grade = grade.cons([evidence(text, basis("gateway.flagged"))]);
    }
    if gaps + unparsed > 0 {
        let text = format!(
            "The logs have {} and {} that could not be parsed.",
            counted(gaps, "gap", "gaps"),
            counted(unparsed, "line", "lines")
        );
        grade = grade.cons([evidence(text, basis("gateway.coverage"))]);
    }
    grade
}

fn with_verdict(gateway: &GatewayAssessment, verdict: TakeoverVerdict) -> u64 {
    gateway.flagged.iter().filter(|session| session.verdict == verdict).count() as u64
}

/// The flaws that the claim's words mean: the one it numbers or nicknames, else all.
fn flaws_meant<'a>(gateway: &'a GatewayAssessment, words: &str) -> Vec<&'a Vulnerability> {
    static CVE: LazyLock<Regex> = LazyLock::new(|| crate::claims::pattern(r"(?i)cve-\d{4}-\d{4,7}"));
    static BLEED: LazyLock<Regex> = LazyLock::new(|| crate::claims::pattern(r"(?i)bleed\s?(2?)"));
    let meant = match (CVE.find(words), BLEED.captures(words)) {
        (Some(cve), _) => Some(cve.as_str().to_ascii_uppercase()),
        // CitrixBleed 2 is the press's name for CVE-2025-5777.
        (None, Some(bleed)) if &bleed[1] == "2" => Some("CVE-2025-5777".to_owned()),
        (None, Some(_)) => Some("CVE-2023-4966".to_owned()),
        (None, None) => None,
    };
    gateway.vulnerable.iter().filter(|v| meant.as_ref().is_none_or(|cve| v.cve.eq_ignore_ascii_case(cve))).collect()
}

fn window(flaw: &Vulnerability) -> String {
    match (flaw.from, flaw.to) {
        (Some(from), Some(to)) => format!("from {from} to {to}"),
        (Some(from), None) => format!("from {from} on"),
        (None, Some(to)) => format!("until {to}"),
        (None, None) => "at times not known".into(),
    }
}
