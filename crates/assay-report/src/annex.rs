//! Public statements: their published form, and the annex for counsel, where a verdict differs from one.
//!
//! A file of its own, never the report's face: who said what, when they could know what, and whether it is to be corrected is for
//! counsel and the body concerned. The words stand verbatim beside the evidence of the verdict; nothing is said of why they differ.

use crate::{
    mask::{Reveal, Veil},
    words::{line, wrap},
};
use assay_model::{AdmiraltyGrade, Dossier, Statement, Verdict, VerdictKind};
use serde::Serialize;
use std::fmt::Write;

const WIDTH: usize = 100;

/// The annex; none where the case has no statement.
pub fn annex(dossier: &Dossier) -> Option<String> {
    if dossier.statements.is_empty() {
        return None;
    }
    let veil = Veil::new(dossier, Reveal::Masked);
    let mut out = format!("Annex for counsel: {}\n\n", line(&dossier.case.reference));
    let about = |statement: &Statement| {
        let verdicts = dossier.verdicts.iter().filter(|v| v.assertion.kind.as_str() == statement.about);
        verdicts.filter(|v| statement.stance.differs(v.verdict)).collect::<Vec<_>>()
    };
    let differing: Vec<_> =
        dossier.statements.iter().map(|s| (s, about(s))).filter(|(_, verdicts)| !verdicts.is_empty()).collect();
    if differing.is_empty() {
        out += "No verdict on the evidence held differs from a public statement that the case records.\n";
        return Some(out);
    }
    let opening = "Verdicts on the evidence held that differ from public statements. What is held is a part of what was taken; a \
        statement may rest on what is not in this case, and was made when less was known. Not part of the report; for counsel.";
    let _ = writeln!(out, "{}", wrap(opening, WIDTH, 0));
    for (statement, verdicts) in differing {
        let _ = writeln!(out, "\n{}", wrap(&heading(statement), WIDTH, 0));
        let _ =
            writeln!(out, "{}", wrap(&format!("  \u{201c}{}\u{201d}", veil.without_users(&statement.words)), WIDTH, 2));
        for verdict in verdicts {
            verdict_lines(&mut out, verdict, &veil);
        }
    }
    Some(out)
}

fn heading(statement: &Statement) -> String {
    let date = statement.date.map_or_else(|| "not dated".to_owned(), |date| date.to_string());
    let exhibit = statement.exhibit.as_ref().map(|id| format!(", {id}")).unwrap_or_default();
    format!(
        "{}, {date}{exhibit}; graded {}; {} \u{201c}{}\u{201d}",
        line(&statement.source),
        grade_words(statement.grade),
        statement.stance.as_str(),
        statement.about
    )
}

/// `B2 (usually reliable; probably true)`.
pub(crate) fn grade_words(grade: AdmiraltyGrade) -> String {
    let AdmiraltyGrade { reliability, credibility } = grade;
    format!("{reliability}{credibility} ({}; {})", grade.reliability_words(), grade.credibility_words())
}

fn verdict_lines(out: &mut String, verdict: &Verdict, veil: &Veil<'_>) {
    let term =
        verdict.term.map(|term| format!(", {} ({} to {} %)", term.term, term.low, term.high)).unwrap_or_default();
    let head = format!(
        "  {} {}: {}{term}. Analytical confidence: {}.",
        verdict.assertion.id,
        veil.without_users(&verdict.assertion.text),
        verdict.verdict.as_str(),
        verdict.confidence.as_str()
    );
    let _ = writeln!(out, "{}", wrap(&head, WIDTH, 4));
    let side =
        if verdict.verdict == VerdictKind::Supported { &verdict.evidence_for } else { &verdict.evidence_against };
    for piece in side {
        let _ = writeln!(
            out,
            "{}",
            wrap(&format!("    - {} [{}]", veil.without_users(&piece.text), piece.basis), WIDTH, 6)
        );
    }
}

/// What was said in public, with its grade; what a verdict makes of it is in no report.
#[derive(Serialize)]
pub(crate) struct PublicStatement {
    source: String,
    date: Option<String>,
    words: String,
    grade: String,
    about: String,
    says: &'static str,
    exhibit: Option<String>,
}

impl PublicStatement {
    pub(crate) fn of(statement: &Statement, veil: &Veil<'_>) -> Self {
        Self {
            source: line(&statement.source),
            date: statement.date.map(|date| date.to_string()),
            words: veil.without_users(&statement.words),
            grade: format!("{}{}", statement.grade.reliability, statement.grade.credibility),
            about: line(&statement.about),
            says: statement.stance.as_str(),
            exhibit: statement.exhibit.as_ref().map(ToString::to_string),
        }
    }
}

/// What the published figures of accuracy are of.
pub(crate) const ACCURACY: &str = "Figures of accuracy that come with this program were measured on synthetic cases. What share of the people and \
    records of this case was found is not known until the sheet that `assay sample` makes of it is answered.";
