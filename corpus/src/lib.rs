//! A synthetic case, made from a seed: registers, a leak, gateway evidence, a claim, and beside them what is true of it.
//!
//! [`write_case`] makes a folder that `assay run` takes: three invented bodies that share a gateway, of which two lost files.
//! `truth/` says who is in the leak, in which record, in whose files, which sessions were taken over and what should come of the
//! claim; [`score`](mod@score) holds an answer against it. The same parameters give the same bytes. What is deliberately not done:
//! nothing is fitted to what the project's detectors can read, and no person, number or address is anybody's.

#![allow(
    clippy::disallowed_methods,
    reason = "makes a case and reads its truth: no evidence is opened, no case is kept"
)]

mod archive;
mod big;
mod bodies;
mod case_toml;
mod claim;
mod clinical;
mod damage;
mod dice;
mod document;
mod format;
mod gateway;
mod leak;
mod letters;
mod linkage;
mod lists;
mod mail;
mod names;
mod office;
mod page;
mod papers;
mod pdf;
mod people;
mod registers;
mod scenario;
pub mod score;
mod sessions;
mod sheet;
mod slips;
mod tables;
mod truth;

pub use big::{BigParameters, write_big_case};
pub use linkage::{LinkageParameters, LinkageSummary, write_linkage};
pub use scenario::{MadeScenario, Scenario, Statement, write_scenario};
pub use sessions::{LogForm, SessionLog, SessionTruth, session_log};

use bodies::Body;
use people::Founder;
use std::path::{Path, PathBuf};

/// What to make.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameters {
    /// All chance comes from it.
    pub seed: u64,
    /// About how many items the leak holds, members of archives and attachments included; at least 100 are made.
    pub items: u32,
    /// Which NHS numbers the people have.
    pub nhs_range: NhsRange,
}

impl Default for Parameters {
    fn default() -> Self {
        Self { seed: 1, items: 2000, nhs_range: NhsRange::TestRange }
    }
}

/// Which NHS numbers the people have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum NhsRange {
    /// Numbers from 999, which are never given out. What is committed or shown to anybody has these.
    #[default]
    TestRange,
    /// Numbers that could be given out. A case of them must not leave the machine that made it.
    Realistic,
}

/// What was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// Items of the leak, members included.
    pub items: u64,
    /// Files of the leak.
    pub files: u64,
    /// Bytes of those files.
    pub bytes: u64,
    /// People of the town, in registers or not.
    pub people: u64,
    /// Pairs of twins among them.
    pub twins: u64,
    /// Sons among them who bear their father's name.
    pub namesakes: u64,
    /// Rows of the three registers.
    pub registered: u64,
    /// People in readable items of the leak who count.
    pub people_in_leak: u64,
    /// People in readable items who are named and no more.
    pub named_only: u64,
    /// Records about people in readable items, second copies not counted.
    pub mentions: u64,
}

/// Why no case was made, or none scored.
#[derive(Debug, thiserror::Error)]
pub enum CorpusError {
    /// The folder holds something.
    #[error("{0}: is not empty\n  remedy: name a folder that does not exist yet")]
    NotEmpty(PathBuf),
    /// A file could not be read or written.
    #[error("{path}: cannot be read or written")]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// Bytes could not be put together.
    #[error("a file of the case could not be put together")]
    Made(#[from] std::io::Error),
    /// A table could not be put together.
    #[error("a table of the case could not be put together")]
    Table(#[from] csv::Error),
    /// An archive could not be put together.
    #[error("an archive of the case could not be put together")]
    Archive(#[from] zip::result::ZipError),
    /// A table to be scored lacks a column.
    #[error(
        "{path}: has no column {column}\n  remedy: give the file that `assay export` wrote, or the truth folder of the case"
    )]
    Column {
        /// The table.
        path: PathBuf,
        /// The title that is missing.
        column: String,
    },
}

/// Makes a case in `dir`, which must be absent or empty.
///
/// # Errors
/// Where the folder holds something or cannot be written; what was written is then incomplete.
pub fn write_case(dir: &Path, parameters: &Parameters) -> Result<Summary, CorpusError> {
    let at = |path: &Path| {
        let path = path.to_owned();
        |source| CorpusError::File { path, source }
    };
    if dir.exists() && std::fs::read_dir(dir).map_err(at(dir))?.next().is_some() {
        return Err(CorpusError::NotEmpty(dir.to_owned()));
    }
    let reference = jiff::civil::date(2024, 11, 28);
    let items = parameters.items.max(100) as usize;
    let town = Founder::found(parameters.seed, (items * 3).max(600), parameters.nhs_range, reference);
    let documents = leak::write(&leak::Plan { town: &town, seed: parameters.seed, items, reference })?;
    let placed = document::place(&documents);
    let truth = truth::write(&placed, &town, reference)?;
    let gateway = gateway::write(&town, parameters.seed)?;

    let mut files: Vec<(String, Vec<u8>)> = Vec::new();
    for body in Body::ALL {
        let name = format!("registers/{}", case_toml::register_name(body));
        files.push((name, registers::write(body, &town, parameters.seed)?));
    }
    files.push(("claim.json".to_owned(), claim::post()?));
    files.extend(gateway.files.into_iter().map(|(name, bytes)| (format!("gateway/{name}"), bytes)));
    files.push(("truth/people.csv".to_owned(), truth.people));
    files.push(("truth/mentions.csv".to_owned(), truth.mentions));
    files.push(("truth/items.csv".to_owned(), truth.items));
    files.push(("truth/values.csv".to_owned(), truth.values));
    files.push(("truth/decoys.csv".to_owned(), truth.decoys));
    files.push(("truth/gateway.csv".to_owned(), gateway.truth));
    files.push(("truth/claim.csv".to_owned(), claim::truth()?));
    files.push(("case.toml".to_owned(), case_toml::text(parameters).into_bytes()));
    let leaked = documents.iter().map(|document| (format!("leak/{}", document.name), document.bytes.as_slice()));
    let written = files.iter().map(|(name, bytes)| (name.clone(), bytes.as_slice()));
    for (name, bytes) in leaked.chain(written) {
        let path = dir.join(name);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent).map_err(at(parent))?;
        }
        std::fs::write(&path, bytes).map_err(at(&path))?;
    }
    Ok(Summary {
        items: placed.len() as u64,
        files: documents.len() as u64,
        bytes: documents.iter().map(|document| document.bytes.len() as u64).sum(),
        people: town.people.len() as u64,
        twins: town.twins as u64,
        namesakes: town.namesakes as u64,
        registered: town.people.iter().map(|person| person.numbers.len() as u64).sum(),
        people_in_leak: truth.counting,
        named_only: truth.named_only,
        mentions: truth.mention_count,
    })
}

/// SHA-256 in the sixteen digits that listings write.
pub(crate) fn sha256_hex(bytes: &[u8]) -> String {
    use sha2::{Digest, Sha256};
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
