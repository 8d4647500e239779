//! The intake stage: every source is sealed once; a source that was sealed must be as it was.

use crate::case::{Case, Source, sealed_record};
use crate::progress::Progress;
use anyhow::{Context, bail};
use assay_case::sealed::SealedExhibit;
use assay_evidence::intake as evidence;
use assay_model::ExhibitKind;
use std::sync::Mutex;

/// Seals what is new and checks what was sealed; gives all exhibits in the order of the case.
pub(crate) fn intake(case: &mut Case) -> anyhow::Result<Vec<SealedExhibit>> {
    let keys: Vec<String> = case.sources().iter().map(|source| source.key.clone()).collect();
    let mut exhibits = Vec::with_capacity(keys.len());
    for (n, key) in keys.iter().enumerate() {
        let record = case.store.journal.exhibit(key)?;
        let sources = case.sources();
        let source = sources.get(n).context("a source went missing")?;
        let sealed = match record {
            Some(record) => {
                let sealed = sealed_record(&record, source)?;
                unchanged(source, &sealed)?;
                sealed
            }
            None => {
                let (sealed, warnings) = seal(source)?;
                for warning in warnings {
                    eprintln!("assay: {}: {}", source.said.id, warning.0);
                }
                let detail = custody_detail(&sealed);
                let id = source.said.id.to_string();
                // The ledger first: an entry without its seal is an attempt, a seal without its entry would be a gap.
                case.store.ledger.record(jiff::Timestamp::now(), "sealed", &id, &detail)?;
                case.store.journal.add_exhibit(key, &sealed.to_bytes())?;
                sealed
            }
        };
        exhibits.push(sealed);
    }
    Ok(exhibits)
}

fn of_source<'a>(source: &Source<'a>) -> evidence::Source<'a> {
    let said = source.said;
    evidence::Source {
        id: said.id,
        kind: said.kind,
        path: source.path,
        completeness: said.completeness,
        custodian: said.custodian,
        controller: said.controller,
    }
}

fn seal(source: &Source<'_>) -> anyhow::Result<(SealedExhibit, Vec<assay_model::Warning>)> {
    let survey = evidence::survey(&of_source(source))?;
    let progress = Mutex::new(Progress::new("intake", survey.iter().map(|file| file.bytes).sum()));
    let hashed = |bytes| _ = progress.lock().map(|mut progress| progress.bytes(bytes));
    let sealed = evidence::seal(&of_source(source), &hashed)?;
    Ok((SealedExhibit { exhibit: sealed.exhibit, files: sealed.files }, sealed.warnings))
}

/// Sizes and times as they were mean unchanged; where they differ, the bytes decide.
fn unchanged(source: &Source<'_>, sealed: &SealedExhibit) -> anyhow::Result<()> {
    let now = evidence::survey(&of_source(source))?;
    let same = now.len() == sealed.files.len()
        && now
            .iter()
            .zip(&sealed.files)
            .all(|(now, then)| now.disk == then.disk && now.bytes == then.bytes && now.modified == then.modified);
    if same || seal(source)?.0.exhibit.sha256 == sealed.exhibit.sha256 {
        return Ok(());
    }
    let remedy = match source.said.kind {
        ExhibitKind::Register | ExhibitKind::Claim => {
            "put the sealed file back, or give the newer one another name in case.toml"
        }
        _ => "put the sealed files back, or give what is new an exhibit number of its own in case.toml",
    };
    bail!(
        "{}: {} differs from what was sealed as this exhibit\n  remedy: {remedy}",
        source.said.id,
        source.path.display()
    )
}

fn custody_detail(sealed: &SealedExhibit) -> String {
    let exhibit = &sealed.exhibit;
    let blake3: String = exhibit.blake3.iter().map(|byte| format!("{byte:02x}")).collect();
    let mut detail = format!(
        "{}; {} files, {} bytes; sha256 {}; blake3 {blake3}",
        exhibit.kind.as_str(),
        exhibit.files,
        exhibit.bytes,
        exhibit.sha256
    );
    if !exhibit.custodian.is_empty() {
        detail.push_str(&format!("; custodian {}", exhibit.custodian));
    }
    detail
}
