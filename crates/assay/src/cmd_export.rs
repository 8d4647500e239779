//! `assay export`: the lists behind the report's counts. Masked unless asked otherwise; what is revealed is recorded first.

use crate::What;
use crate::cmd_status::{dossier, so_far};
use crate::outcome::{Outcome, Print, say};
use assay_case::store::write_export;
use assay_report::{Reveal, export_items, export_mentions, export_subjects, export_urgent};
use std::path::Path;

/// Writes one list.
pub(crate) fn export(what: What, dir: &Path, to: &Path, reveal: Reveal, print: Print) -> anyhow::Result<Outcome> {
    let (mut case, dossier, left) = match what {
        What::Urgent => so_far(dir)?,
        _ => dossier(dir).map(|(case, dossier)| (case, dossier, 0))?,
    };
    let name = match what {
        What::Subjects => "subjects",
        What::Items => "items",
        What::Mentions => "mentions",
        What::Urgent => "urgent",
    };
    case.reveal(reveal, "exported revealed", &format!("{name} to {}", to.display()))?;
    let mut rows = Vec::new();
    let count = match what {
        What::Subjects => export_subjects(&dossier, reveal, &mut rows),
        What::Items => export_items(&dossier, reveal, &mut rows),
        What::Mentions => export_mentions(&dossier, reveal, &mut rows),
        What::Urgent => export_urgent(&dossier, reveal, &mut rows),
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
