//! An open case: its file, its store, and its sources in the order of the case.

use anyhow::Context;
use assay_analysis::resolve::CaseRules;
use assay_case::sealed::{Said, SealedExhibit};
use assay_case::{CaseFile, Store, case_file};
use assay_model::{Authority, Canary, CanaryMark, Completeness, ControllerId, ExhibitKind, ScanSettings, Sensitive};
use assay_report::Reveal;
use std::path::{Path, PathBuf};

/// A case whose file is good and whose store is open.
pub(crate) struct Case {
    dir: PathBuf,
    pub(crate) file: CaseFile,
    pub(crate) store: Store,
    /// The rules of resolution, with the case's changes.
    pub(crate) rules: CaseRules,
}

/// A source as the case file gives it.
pub(crate) struct Source<'a> {
    /// What the file says of it.
    pub(crate) said: Said<'a>,
    /// Where it lies.
    pub(crate) path: &'a Path,
    /// The name of its record in the journal.
    pub(crate) key: String,
}

/// The record of a sealed exhibit as the journal keeps it.
pub(crate) fn sealed_record(record: &[u8], source: &Source<'_>) -> anyhow::Result<SealedExhibit> {
    SealedExhibit::from_bytes(record, source.said).with_context(|| {
        format!(
            "{}: its record in the journal cannot be read\n  remedy: open the case with the program that sealed it, or run it anew in a copy without store/",
            source.key
        )
    })
}

/// What a scan needs to know of a case file.
pub(crate) fn scan_settings(file: &CaseFile) -> ScanSettings {
    let columns = file.registers.iter().flat_map(|register| {
        register.columns.iter().map(|(title, word)| (register.exhibit.clone(), title.clone(), word.clone()))
    });
    ScanSettings {
        controllers: file.controllers.clone(),
        nhs_test_range: file.nhs_test_range,
        register_columns: columns.collect(),
        canaries: file.canaries.iter().filter_map(value_of).collect(),
        rules: file.rules.clone(),
        modulus: file.modulus.clone(),
    }
}

/// A canary that is a value: it is looked for where items are read.
fn value_of(canary: &Canary) -> Option<(ControllerId, Sensitive<String>)> {
    match &canary.mark {
        CanaryMark::Value(value) => Some((canary.controller.clone(), value.clone())),
        CanaryMark::File(_) | CanaryMark::Sha256(_) => None,
    }
}

/// The case file, and the rules of resolution with what it changes of them.
pub(crate) fn read(dir: &Path) -> anyhow::Result<(CaseFile, CaseRules)> {
    let file = case_file::read(dir)?;
    let rules = CaseRules::changed(file.resolve.clone()).with_context(|| {
        format!(
            "{}: resolve: the rules cannot be changed so\n  remedy: use the names of rules/resolve/levels.toml and case.toml; numbers with a point are shares or bits",
            dir.join("case.toml").display()
        )
    })?;
    Ok((file, rules))
}

impl Case {
    /// Opens a case to run it.
    pub(crate) fn open_or_make(dir: &Path) -> anyhow::Result<Self> {
        let (file, rules) = read(dir)?;
        let store = Store::open_or_make(dir)?;
        if let Some(key) = &store.made_key {
            eprintln!(
                "assay: made a key for this case: {}\n  keep a copy: without it nothing that was found can be opened",
                key.display()
            );
        }
        Ok(Self { dir: dir.to_owned(), file, store, rules })
    }

    /// Opens a case that was run before.
    pub(crate) fn open(dir: &Path) -> anyhow::Result<Self> {
        let (file, rules) = read(dir)?;
        Ok(Self { dir: dir.to_owned(), store: Store::open(dir)?, file, rules })
    }

    /// Evidence in file order, then registers, then claims.
    pub(crate) fn sources(&self) -> Vec<Source<'_>> {
        let evidence = self.file.evidence.iter().map(|e| Source {
            said: Said {
                id: &e.exhibit,
                kind: e.kind,
                completeness: e.completeness,
                custodian: &e.custodian,
                controller: None,
            },
            path: &e.path,
            key: e.exhibit.to_string(),
        });
        // Their numbers are their places in the case file; a record must not pass to another file that takes the place. A
        // case folder may be called by another name, or moved: what counts is the path from it.
        let numbered = move |id: &assay_model::ExhibitId, path: &PathBuf| {
            format!("{id} {}", path.strip_prefix(&self.dir).unwrap_or(path).display())
        };
        let registers = self.file.registers.iter().map(move |r| Source {
            said: Said {
                id: &r.exhibit,
                kind: ExhibitKind::Register,
                completeness: Completeness::Complete,
                custodian: "",
                controller: Some(&r.controller),
            },
            path: &r.path,
            key: numbered(&r.exhibit, &r.path),
        });
        let claims = self.file.claims.iter().map(move |c| Source {
            said: Said {
                id: &c.exhibit,
                kind: ExhibitKind::Claim,
                completeness: Completeness::Complete,
                custodian: "",
                controller: None,
            },
            path: &c.path,
            key: numbered(&c.exhibit, &c.path),
        });
        evidence.chain(registers).chain(claims).collect()
    }

    /// What a scan needs to know.
    pub(crate) fn scan_settings(&self) -> ScanSettings {
        scan_settings(&self.file)
    }

    /// Allows values to be shown: needs an authority, and leaves a custody entry before anything is shown.
    pub(crate) fn reveal(&mut self, reveal: Reveal, act: &str, object: &str) -> anyhow::Result<()> {
        if reveal == Reveal::Masked {
            return Ok(());
        }
        let Authority { instructing_controller, lawful_basis, .. } = self.file.authority.as_ref().context(
            "--reveal: the case file names no authority\n  remedy: add [authority] with instructing_controller and lawful_basis",
        )?;
        let detail = format!("instructed by {instructing_controller}; {lawful_basis}");
        self.store.ledger.record(jiff::Timestamp::now(), act, object, &detail)?;
        Ok(())
    }
}
