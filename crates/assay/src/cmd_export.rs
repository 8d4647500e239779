//! `assay export`: the lists behind the report's counts. Masked unless asked otherwise; what is revealed is recorded first.

use crate::What;
use crate::case::Case;
use crate::cmd_status::{dossier, so_far};
use crate::outcome::{Outcome, Print, say};
use anyhow::bail;
use assay_analysis::verify::Fingerprints;
use assay_case::store::write_export;
use assay_model::{Dossier, Judgement};
use assay_report::{
    Reveal, export_indicators, export_items, export_mentions, export_subjects, export_unassigned, export_urgent,
};
use std::path::Path;

/// Writes one list.
pub(crate) fn export(what: What, dir: &Path, to: &Path, reveal: Reveal, print: Print) -> anyhow::Result<Outcome> {
    let (mut case, dossier, left) = match what {
        What::Urgent | What::Unassigned => so_far(dir)?,
        _ => dossier(dir).map(|(case, dossier)| (case, dossier, 0))?,
    };
    if what == What::Fingerprints {
        return fingerprints(&mut case, &dossier, to, print);
    }
    let name = match what {
        What::Subjects => "subjects",
        What::Items => "items",
        What::Mentions => "mentions",
        What::Urgent => "urgent",
        What::Fingerprints => "fingerprints",
        What::Unassigned => "unassigned",
        What::Indicators => "indicators",
    };
    if matches!(what, What::Indicators) {
        judged(dir, &dossier)?;
    }
    case.reveal(reveal, "exported revealed", &format!("{name} to {}", to.display()))?;
    let mut rows = Vec::new();
    let count = match what {
        What::Subjects => export_subjects(&dossier, reveal, &mut rows),
        What::Items => export_items(&dossier, reveal, &mut rows),
        What::Mentions => export_mentions(&dossier, reveal, &mut rows),
        What::Urgent => export_urgent(&dossier, reveal, &mut rows),
        What::Fingerprints => Ok(0),
        What::Unassigned => export_unassigned(&dossier, reveal, &mut rows),
        What::Indicators => export_indicators(&dossier, &mut rows),
    }?;
    write_export(to, &rows)?;
    match print {
        Print::Text => {
            say(format_args!("{}: {count} {name}", to.display()));
            if left > 0 {
                say(format_args!(
                    "of what was read so far: {left} units are still to be read, and people are not put together"
                ));
            }
        }
        Print::Json => say(format_args!("{}", serde_json::json!({ "rows": count, "to": to, "units_left": left }))),
    }
    Ok(if left > 0 { Outcome::NeedsLook } else { Outcome::Done })
}

/// Writes what a later case needs to see that a leak repeats this one. It tells, roughly, whether a given person is in it, so that making it
/// is recorded as an export is.
fn fingerprints(case: &mut Case, dossier: &Dossier, to: &Path, print: Print) -> anyhow::Result<Outcome> {
    let prints = Fingerprints::of(&dossier.exhibits, &dossier.items, &dossier.mentions, &dossier.subjects);
    case.store.ledger.record(jiff::Timestamp::now(), "exported fingerprints", &to.display().to_string(), "")?;
    write_export(to, prints.write().as_bytes())?;
    let (items, people) = (prints.items().len(), prints.persons());
    match print {
        Print::Text => {
            say(format_args!("{}: fingerprints of {items} items and {people} people", to.display()));
            say(
                "no name and no number can be read from it, but whether a person is in it can be guessed: keep it as the leak is kept",
            );
        }
        Print::Json => say(serde_json::json!({ "items": items, "people": people, "to": to })),
    }
    Ok(Outcome::Done)
}

/// Refuses indicators of sessions that nobody judged: it may be a nurse at home.
fn judged(dir: &Path, dossier: &Dossier) -> anyhow::Result<()> {
    let flagged = || dossier.gateway.iter().flat_map(|gateway| &gateway.flagged);
    if flagged().any(|session| session.judged == Some(Judgement::TakenOver)) {
        return Ok(());
    }
    bail!(
        "no session was judged to be taken over by a person, of {} flagged; nothing is exported as an indicator before\n  remedy: read `assay explain SESSION {}`, then assay judge SESSION {} --taken-over",
        flagged().count(),
        dir.display(),
        dir.display()
    )
}
