//! `assay status`: how far a case is; and the dossier of a case that was run.

use crate::assemble::{self, Assembled, assemble};
use crate::case::{Case, sealed_record};
use crate::cmd_run::{HTML, JSON, REPORT, report_fingerprint};
use crate::cmd_sample;
use crate::outcome::{Outcome, Print, say};
use crate::scan::units_to_read_again;
use crate::standing;
use anyhow::bail;
use assay_case::sealed::SealedExhibit;
use assay_engine::fingerprint;
use assay_model::Dossier;
use std::path::Path;

/// Prints each stage's state.
pub(crate) fn status(dir: &Path, print: Print) -> anyhow::Result<Outcome> {
    let case = Case::open(dir)?;
    let sources = case.sources().len();
    let sealed = sealed(&case)?.len();
    let scan = fingerprint(&case.scan_settings());
    let units = case.store.journal.units(&scan)?;
    let open = case.store.journal.open_units(&scan)?.len() as u64;
    let again = units_to_read_again(&case, &scan)?;
    let passwords = case.store.journal.given_passwords()?.len();
    let recall = cmd_sample::known(&case)?;
    let reported = case.store.journal.stage(REPORT)?.is_some();
    let adds = adds(&case);
    let fitted = standing::fitted(&case.store)?.map(|fitted| fitted.rows);
    match print {
        Print::Text => {
            say(format_args!("sealed    {sealed} of {sources} exhibits, registers and claims"));
            say(format_args!("scanned   {} of {units} units known so far", units - open));
            if again > 0 {
                say(format_args!("again     {again} units want what has come to hand since they were read"));
            }
            say(format_args!("passwords {passwords} held, sealed"));
            match fitted {
                Some(rows) => {
                    say(format_args!("weights   fitted to {rows} mentions, and stand until assay run --refit"))
                }
                None if reported => say(format_args!("weights   as shipped: too few mentions to fit them to")),
                None => {}
            }
            say(recall.line(dir));
            for (exhibit, adds) in &adds {
                let figure = |name: &str| adds[name].as_u64().unwrap_or_default();
                say(format_args!(
                    "adds      {exhibit}: {} new people, {} known, {} items repeated",
                    figure("new_people"),
                    figure("known_people"),
                    figure("repeated_items")
                ));
            }
            match reported {
                true => say(format_args!("reported  {}", case.store.output(HTML).display())),
                false => say(format_args!("reported  not yet")),
            }
            if sealed < sources || open > 0 || again > 0 || !reported {
                say(format_args!("next      assay run {}", dir.display()));
            }
        }
        Print::Json => say(format_args!(
            "{}",
            serde_json::json!({
                "sources": sources, "sealed": sealed, "units": units, "units_open": open, "units_again": again,
                "passwords_held": passwords, "recall": recall.json(), "reported": reported,
                "weights_fitted_to": fitted,
                "adds": adds.into_iter().collect::<serde_json::Map<_, _>>()
            })
        )),
    }
    Ok(Outcome::Done)
}

/// What each exhibit of leaked data added, as the last report has it.
fn adds(case: &Case) -> Vec<(String, serde_json::Value)> {
    let report =
        case.store.read_output(JSON).and_then(|bytes| serde_json::from_slice::<serde_json::Value>(&bytes).ok());
    let exhibits = report.as_ref().and_then(|report| report["exhibits"].as_array()).into_iter().flatten();
    let of = |exhibit: &serde_json::Value| Some((exhibit["exhibit"].as_str()?.to_owned(), exhibit["adds"].clone()));
    exhibits.filter_map(of).filter(|(_, adds)| adds.is_object()).collect()
}

fn sealed(case: &Case) -> anyhow::Result<Vec<SealedExhibit>> {
    let mut all = Vec::new();
    for source in case.sources() {
        if let Some(record) = case.store.journal.exhibit(&source.key)? {
            all.push(sealed_record(&record, &source)?);
        }
    }
    Ok(all)
}

/// What harms first cannot wait for the end: the whole dossier of a case that was read to its end, else what was read so far, with
/// the number of units that are left.
pub(crate) fn so_far(dir: &Path) -> anyhow::Result<(Case, Dossier, u64)> {
    let case = Case::open(dir)?;
    let exhibits = sealed(&case)?;
    let scan = fingerprint(&case.scan_settings());
    let (units, open) = (case.store.journal.units(&scan)?, case.store.journal.open_units(&scan)?.len() as u64);
    if units == 0 {
        bail!(
            "{}: nothing was read yet, or the case file or the program changed since\n  remedy: assay run {}",
            dir.display(),
            dir.display()
        );
    }
    if open == 0 && exhibits.len() == case.sources().len() {
        let label = report_fingerprint(&case, dir, &exhibits, &scan)?;
        let dossier = assemble(&case, &exhibits, &scan, &label)?.dossier;
        return Ok((case, dossier, 0));
    }
    let dossier = assemble::so_far(&case, &exhibits, &scan)?;
    Ok((case, dossier, open.max(1)))
}

/// The dossier of a case as it was last read. Refuses a case whose reading is not finished: its lists would be short.
pub(crate) fn dossier(dir: &Path) -> anyhow::Result<(Case, Dossier)> {
    let (case, assembled) = assembled(dir)?;
    Ok((case, assembled.dossier))
}

/// The same with what was asked and decided.
pub(crate) fn assembled(dir: &Path) -> anyhow::Result<(Case, Assembled)> {
    let case = Case::open(dir)?;
    let exhibits = sealed(&case)?;
    let scan = fingerprint(&case.scan_settings());
    let open = case.store.journal.open_units(&scan)?.len();
    if exhibits.len() < case.sources().len() || open > 0 || case.store.journal.units(&scan)? == 0 {
        bail!(
            "{}: the case file or the program changed since the last run, or that run was not finished\n  remedy: assay run {}",
            dir.display(),
            dir.display()
        );
    }
    let label = report_fingerprint(&case, dir, &exhibits, &scan)?;
    let assembled = assemble(&case, &exhibits, &scan, &label)?;
    Ok((case, assembled))
}
