//! The custody ledger: who did what with which exhibit, each entry chained to the one before by SHA-256.
//!
//! One JSON object a line, appended and synced. The ledger names exhibits and acts; it carries no personal value.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::io::Write;
use std::path::{Path, PathBuf};

/// One entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CustodyEntry {
    /// Its number, from 1.
    pub number: u64,
    /// When, RFC 3339 in UTC.
    pub at: String,
    /// What was done: `sealed`, `revealed`, `exported`.
    pub act: String,
    /// With which exhibit or output.
    pub object: String,
    /// Digests, sizes, custodian: what a court would ask for.
    pub detail: String,
    /// SHA-256 of the previous line, in hex; 64 zeros for the first.
    pub previous: String,
}

/// Why the ledger was refused.
#[derive(Debug, thiserror::Error)]
pub enum CustodyError {
    /// It could not be read or written.
    #[error("custody ledger {path}: cannot be used\n  remedy: check the permissions and space of the case folder")]
    File {
        /// The ledger.
        path: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A line does not follow from the one before.
    #[error(
        "custody ledger {path}: entry {number} does not follow from the one before it\n  remedy: the ledger was altered; restore it from its copy and record why"
    )]
    Altered {
        /// The ledger.
        path: String,
        /// The first entry that does not follow.
        number: u64,
    },
}

/// The ledger of a case.
pub struct Ledger {
    path: PathBuf,
    last: u64,
    digest: String,
}

impl Ledger {
    /// Opens the ledger, checking the whole chain; an absent file is an empty ledger.
    ///
    /// A last line without its line end is the trace of a crash in mid-write: nothing was done on the strength of it, and it
    /// is cut off.
    pub fn open(path: &Path) -> Result<(Self, Vec<CustodyEntry>), CustodyError> {
        let fail = |source| CustodyError::File { path: path.display().to_string(), source };
        let mut text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(fail(error)),
        };
        let whole = text.rfind('\n').map_or(0, |end| end + 1);
        if whole < text.len() {
            text.truncate(whole);
            let file = std::fs::OpenOptions::new().write(true).open(path).map_err(fail)?;
            file.set_len(whole as u64).and_then(|()| file.sync_all()).map_err(fail)?;
        }
        let mut ledger = Self { path: path.to_owned(), last: 0, digest: "0".repeat(64) };
        let mut entries = Vec::new();
        for line in text.lines() {
            let altered = || CustodyError::Altered { path: path.display().to_string(), number: ledger.last + 1 };
            let entry: CustodyEntry = serde_json::from_str(line).map_err(|_| altered())?;
            if entry.number != ledger.last + 1 || entry.previous != ledger.digest {
                return Err(altered());
            }
            ledger.last = entry.number;
            ledger.digest = digest(line);
            entries.push(entry);
        }
        Ok((ledger, entries))
    }

    /// Appends an entry and syncs it to disk.
    pub fn record(&mut self, at: jiff::Timestamp, act: &str, object: &str, detail: &str) -> Result<(), CustodyError> {
        let fail = |source| CustodyError::File { path: self.path.display().to_string(), source };
        let entry = CustodyEntry {
            number: self.last + 1,
            at: at.to_string(),
            act: act.to_owned(),
            object: object.to_owned(),
            detail: detail.to_owned(),
            previous: self.digest.clone(),
        };
        let line = serde_json::to_string(&entry).map_err(|error| fail(error.into()))?;
        let mut file = std::fs::OpenOptions::new().append(true).create(true).open(&self.path).map_err(fail)?;
        file.write_all(format!("{line}\n").as_bytes()).and_then(|()| file.sync_all()).map_err(fail)?;
        self.last = entry.number;
        self.digest = digest(&line);
        Ok(())
    }
}

fn digest(line: &str) -> String {
    Sha256::digest(line.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ledger_of_three(path: &Path) {
        let (mut ledger, _) = Ledger::open(path).unwrap();
        for exhibit in ["LEAK/1", "GW/1", "REG/1"] {
            ledger.record(jiff::Timestamp::UNIX_EPOCH, "sealed", exhibit, "sha256 00").unwrap();
        }
    }

    #[test]
    fn the_chain_holds_and_goes_on() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("custody.jsonl");
        ledger_of_three(&path);
        let (mut ledger, entries) = Ledger::open(&path).unwrap();
        assert_eq!(entries.iter().map(|e| e.object.as_str()).collect::<Vec<_>>(), ["LEAK/1", "GW/1", "REG/1"]);
        ledger.record(jiff::Timestamp::UNIX_EPOCH, "exported", "subjects.csv", "").unwrap();
        assert_eq!(Ledger::open(&path).unwrap().1.len(), 4);
    }

    #[test]
    fn an_altered_or_removed_line_is_found() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("custody.jsonl");
        ledger_of_three(&path);
        let text = std::fs::read_to_string(&path).unwrap();
        for (altered, at) in
            [(text.replace("GW/1", "GW/2"), 3), (text.lines().skip(1).collect::<Vec<_>>().join("\n") + "\n", 1)]
        {
            std::fs::write(&path, altered).unwrap();
            assert!(matches!(Ledger::open(&path), Err(CustodyError::Altered { number, .. }) if number == at));
        }
    }

    #[test]
    fn a_line_cut_by_a_crash_is_dropped() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("custody.jsonl");
        ledger_of_three(&path);
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, &text[..text.len() - 5]).unwrap();
        let (mut ledger, entries) = Ledger::open(&path).unwrap();
        assert_eq!(entries.len(), 2);
        ledger.record(jiff::Timestamp::UNIX_EPOCH, "sealed", "REG/1", "").unwrap();
        assert_eq!(Ledger::open(&path).unwrap().1.len(), 3);
    }
}
