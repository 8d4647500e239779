//! `assay export`: the lists behind the report's counts. Masked unless asked otherwise; what is revealed is recorded first.

use crate::What;
use crate::cmd_status::dossier;
use crate::outcome::{Outcome, Print, say};
use assay_case::store::write_export;
use assay_report::{Reveal, export_items, export_mentions, export_subjects};
use std::path::Path;

/// Writes one list.
pub(crate) fn export(what: What, dir: &Path, to: &Path, reveal: Reveal, print: Print) -> anyhow::Result<Outcome> {
    let (mut case, dossier) = dossier(dir)?;
    let name = match what {
        What::Subjects => "subjects",
        What::Items => "items",
        What::Mentions => "mentions",
    };
    case.reveal(reveal, "exported revealed", &format!("{name} to {}", to.display()))?;
    let mut rows = Vec::new();
    let count = match what {
        What::Subjects => export_subjects(&dossier, reveal, &mut rows),
        What::Items => export_items(&dossier, reveal, &mut rows),
        What::Mentions => export_mentions(&dossier, reveal, &mut rows),
    }?;
    write_export(to, &rows)?;
    match print {
        Print::Text => say(format_args!("{}: {count} {name}", to.display())),
        Print::Json => say(format_args!("{}", serde_json::json!({ "rows": count, "to": to }))),
    }
    Ok(Outcome::Done)
}
