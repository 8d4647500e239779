//! The settings of a case as they go to a worker, and the fingerprint of everything that decides what a unit gives.

use crate::wire::SCHEMA_VERSION;
use assay_evidence::extract::{self, Limits};
use assay_model::{Controller, ControllerId, ExhibitId, ModulusTable, NhsTestRange, ScanSettings, Sensitive};
use serde::{Deserialize, Serialize};

/// What a unit was read with: schema, extractors, limits, detectors and the case's settings. A receipt holds for one
/// fingerprint only.
pub fn fingerprint(settings: &ScanSettings) -> String {
    let mut hasher = blake3::Hasher::new();
    for part in [SCHEMA_VERSION, extract::VERSION, assay_analysis::detect::VERSION, assay_analysis::gateway::VERSION] {
        hasher.update(part.as_bytes()).update(b"\0");
    }
    hasher.update(format!("{:?}", Limits::default()).as_bytes()).update(b"\0");
    hasher.update(&to_bytes(settings));
    hasher.finalize().to_hex().chars().take(32).collect()
}

/// The written form of a settings frame.
pub(crate) fn to_bytes(settings: &ScanSettings) -> Vec<u8> {
    let controllers = settings.controllers.iter().map(|c| WrittenController {
        id: c.id.as_str().to_owned(),
        name: c.name.clone(),
        ods_code: c.ods_code.clone(),
        aliases: c.aliases.clone(),
        domains: c.domains.clone(),
        paths: c.paths.clone(),
        hospital_number: c.hospital_number.clone(),
    });
    let columns = settings.register_columns.iter();
    let written = Written {
        controllers: controllers.collect(),
        accept_test_range: settings.nhs_test_range == NhsTestRange::Accept,
        register_columns: columns.map(|(e, title, word)| (e.to_string(), title.clone(), word.clone())).collect(),
        canaries: settings.canaries.iter().map(|(of, value)| (of.to_string(), value.reveal().clone())).collect(),
        rules: settings.rules.clone(),
        modulus: settings.modulus.as_ref().map(|table| (table.weights.clone(), table.substitutions.clone())),
    };
    serde_json::to_vec(&written).unwrap_or_default()
}

/// Reads the written form. When a body became aware is no matter of a worker's and does not travel.
pub(crate) fn from_bytes(bytes: &[u8]) -> Option<ScanSettings> {
    let written: Written = serde_json::from_slice(bytes).ok()?;
    let controllers = written.controllers.into_iter().map(|c| Controller {
        id: ControllerId::new(c.id),
        name: c.name,
        ods_code: c.ods_code,
        aliases: c.aliases,
        domains: c.domains,
        paths: c.paths,
        hospital_number: c.hospital_number,
        aware_at: None,
        aware_basis: String::new(),
    });
    let columns = written.register_columns.into_iter();
    Some(ScanSettings {
        controllers: controllers.collect(),
        nhs_test_range: if written.accept_test_range { NhsTestRange::Accept } else { NhsTestRange::Reject },
        register_columns: columns.map(|(e, title, word)| (ExhibitId::new(e), title, word)).collect(),
        canaries: written
            .canaries
            .into_iter()
            .map(|(of, value)| (ControllerId::new(of), Sensitive::new(value)))
            .collect(),
        rules: written.rules,
        modulus: written.modulus.map(|(weights, substitutions)| ModulusTable { weights, substitutions }),
    })
}

#[derive(Serialize, Deserialize)]
struct Written {
    controllers: Vec<WrittenController>,
    accept_test_range: bool,
    register_columns: Vec<(String, String, String)>,
    canaries: Vec<(String, String)>,
    rules: Vec<String>,
    modulus: Option<(String, String)>,
}

#[derive(Serialize, Deserialize)]
struct WrittenController {
    id: String,
    name: String,
    ods_code: String,
    aliases: Vec<String>,
    domains: Vec<String>,
    paths: Vec<String>,
    hospital_number: String,
}
