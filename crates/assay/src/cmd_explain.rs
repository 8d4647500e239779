//! `assay explain`: the evidence behind a person, a verdict or a figure, down to the cell.

use crate::cmd_status::dossier;
use crate::outcome::{Outcome, Print, say};
use anyhow::bail;
use assay_report::Reveal;
use std::path::Path;

/// Prints the explanation of an id.
pub(crate) fn explain(id: &str, dir: &Path, reveal: Reveal, print: Print) -> anyhow::Result<Outcome> {
    let (mut case, dossier) = dossier(dir)?;
    let Some(text) = assay_report::explain(&dossier, id, reveal) else {
        bail!(
            "{id}: nothing of this name is in the report\n  remedy: take a subject_id or mention from `assay export`, an assertion (A1) or duty (D1) from report.json, or a figure by its path (subjects.count)"
        );
    };
    case.reveal(reveal, "explained revealed", id)?;
    match print {
        Print::Text => say(format_args!("{text}")),
        Print::Json => say(format_args!("{}", serde_json::json!({ "id": id, "text": text }))),
    }
    Ok(Outcome::Done)
}
