//! The journal: which units there are, which have a receipt, which stages are done. SQLite in WAL mode, fully synchronous.
//!
//! A receipt is unique on (unit, fingerprint): a retry cannot count twice. It is committed after its segments are on disk: a
//! crash cannot lose one that is spoken of. The manifest is one of a fingerprint too, since other extractors may list other
//! members. Paths are personal data (they name patients) and lie here sealed.

use crate::vault::{Vault, VaultError};
use rusqlite::{Connection, OptionalExtension, params};
use std::path::Path;

/// Why the journal was refused.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// SQLite refused.
    #[error("journal {path}: cannot be used\n  remedy: check the space and permissions of the case folder")]
    Sqlite {
        /// The file.
        path: String,
        /// Why.
        #[source]
        source: rusqlite::Error,
    },
    /// A sealed value did not open.
    #[error("journal: a sealed value does not open")]
    Sealed(#[from] VaultError),
    /// The journal is of another version.
    #[error(
        "journal {path}: is of version {found}; this program reads version {expected}\n  remedy: open the case with the program that made it"
    )]
    Version {
        /// The file.
        path: String,
        /// Its version.
        found: i64,
        /// Ours.
        expected: i64,
    },
}

/// A unit of the manifest.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct UnitRow {
    /// The unit's id, from exhibit hash and locator.
    pub unit: String,
    /// In which generation of listings it came to light; 0 for the files of an exhibit.
    pub generation: u32,
    /// The unit's description, as the engine writes it; sealed on disk.
    pub description: Vec<u8>,
}

/// That a unit was read, and where its rows lie.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Receipt {
    /// The unit.
    pub unit: String,
    /// The segments that hold its rows.
    pub segments: Vec<String>,
    /// Rows in all its tables.
    pub rows: u64,
}

const VERSION: i64 = 1;

const SCHEMA: &str = "
CREATE TABLE exhibit (
    exhibit     TEXT PRIMARY KEY,
    record      BLOB NOT NULL            -- sealed
) STRICT, WITHOUT ROWID;
CREATE TABLE unit (
    fingerprint TEXT NOT NULL,
    unit        TEXT NOT NULL,
    generation  INTEGER NOT NULL CHECK (generation >= 0),
    description BLOB NOT NULL,           -- sealed
    PRIMARY KEY (fingerprint, unit)
) STRICT, WITHOUT ROWID;
CREATE TABLE receipt (
    fingerprint TEXT NOT NULL,
    unit        TEXT NOT NULL,
    segments    TEXT NOT NULL,           -- names, parted by blanks
    rows        INTEGER NOT NULL CHECK (rows >= 0),
    PRIMARY KEY (fingerprint, unit),
    FOREIGN KEY (fingerprint, unit) REFERENCES unit (fingerprint, unit)
) STRICT, WITHOUT ROWID;
CREATE TABLE stage (
    stage       TEXT PRIMARY KEY,
    fingerprint TEXT NOT NULL            -- of everything that the stage was made from
) STRICT, WITHOUT ROWID;
";

/// The open journal.
pub struct Journal {
    connection: Connection,
    vault: Vault,
    path: String,
}

impl Journal {
    /// Opens the journal at `path`, making it where it is absent.
    pub fn open(path: &Path, vault: Vault) -> Result<Self, JournalError> {
        let shown = path.display().to_string();
        let fail = |source| JournalError::Sqlite { path: shown.clone(), source };
        let mut connection = Connection::open(path).map_err(fail)?;
        connection.pragma_update(None, "journal_mode", "WAL").map_err(fail)?;
        connection.pragma_update(None, "synchronous", "FULL").map_err(fail)?;
        connection.pragma_update(None, "foreign_keys", true).map_err(fail)?;
        let found: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0)).map_err(fail)?;
        if found == 0 {
            let make = connection.transaction().map_err(fail)?;
            make.execute_batch(SCHEMA).map_err(fail)?;
            make.pragma_update(None, "user_version", VERSION).map_err(fail)?;
            make.commit().map_err(fail)?;
        } else if found != VERSION {
            return Err(JournalError::Version { path: shown, found, expected: VERSION });
        }
        Ok(Self { connection, vault, path: shown })
    }

    fn fail(&self) -> impl Fn(rusqlite::Error) -> JournalError + use<> {
        let path = self.path.clone();
        move |source| JournalError::Sqlite { path: path.clone(), source }
    }

    /// The record of a sealed exhibit.
    pub fn exhibit(&self, exhibit: &str) -> Result<Option<Vec<u8>>, JournalError> {
        let query = "SELECT record FROM exhibit WHERE exhibit = ?1";
        let sealed: Option<Vec<u8>> =
            self.connection.query_row(query, [exhibit], |row| row.get(0)).optional().map_err(self.fail())?;
        Ok(sealed.map(|sealed| self.vault.open("exhibit.record", &sealed)).transpose()?)
    }

    /// Records a sealed exhibit; one that is there already stays as it is.
    pub fn add_exhibit(&mut self, exhibit: &str, record: &[u8]) -> Result<(), JournalError> {
        let sealed = self.vault.seal("exhibit.record", record)?;
        let done = self.connection.execute("INSERT OR IGNORE INTO exhibit VALUES (?1, ?2)", params![exhibit, sealed]);
        done.map(drop).map_err(self.fail())
    }

    /// Adds units to the manifest of a fingerprint; one that is there already stays as it is.
    pub fn add_units(&mut self, fingerprint: &str, units: &[UnitRow]) -> Result<(), JournalError> {
        self.commit(fingerprint, &[], units)
    }

    /// The units without a receipt under `fingerprint`, by generation, then id.
    pub fn open_units(&self, fingerprint: &str) -> Result<Vec<UnitRow>, JournalError> {
        let fail = self.fail();
        let mut query = self
            .connection
            .prepare_cached(
                "SELECT unit, generation, description FROM unit WHERE fingerprint = ?1
                 AND unit NOT IN (SELECT unit FROM receipt WHERE fingerprint = ?1) ORDER BY generation, unit",
            )
            .map_err(&fail)?;
        let rows = query.query_map([fingerprint], |row| Ok((row.get(0)?, row.get(1)?, row.get::<_, Vec<u8>>(2)?)));
        let mut units = Vec::new();
        for row in rows.map_err(&fail)? {
            let (unit, generation, sealed) = row.map_err(&fail)?;
            units.push(UnitRow { unit, generation, description: self.vault.open("unit.description", &sealed)? });
        }
        Ok(units)
    }

    /// Commits receipts together with the units that their listings brought to light. The segments must be on disk.
    ///
    /// Listing and receipt go in one transaction: a listing without its receipt would be read again, a receipt without its
    /// listing would lose the members.
    pub fn commit(&mut self, fingerprint: &str, receipts: &[Receipt], brought: &[UnitRow]) -> Result<(), JournalError> {
        let fail = self.fail();
        let transaction = self.connection.transaction().map_err(&fail)?;
        for row in brought {
            let sealed = self.vault.seal("unit.description", &row.description)?;
            transaction
                .prepare_cached("INSERT OR IGNORE INTO unit VALUES (?1, ?2, ?3, ?4)")
                .and_then(|mut insert| insert.execute(params![fingerprint, row.unit, row.generation, sealed]))
                .map_err(&fail)?;
        }
        for receipt in receipts {
            let rows = i64::try_from(receipt.rows).unwrap_or(i64::MAX);
            let segments = receipt.segments.join(" ");
            transaction
                .prepare_cached("INSERT OR IGNORE INTO receipt VALUES (?1, ?2, ?3, ?4)")
                .and_then(|mut insert| insert.execute(params![fingerprint, receipt.unit, segments, rows]))
                .map_err(&fail)?;
        }
        transaction.commit().map_err(&fail)
    }

    /// The receipts under `fingerprint`, by unit.
    pub fn receipts(&self, fingerprint: &str) -> Result<Vec<Receipt>, JournalError> {
        let fail = self.fail();
        let mut query = self
            .connection
            .prepare_cached("SELECT unit, segments, rows FROM receipt WHERE fingerprint = ?1 ORDER BY unit")
            .map_err(&fail)?;
        let rows = query.query_map([fingerprint], |row| {
            let segments: String = row.get(1)?;
            let segments = segments.split_whitespace().map(str::to_owned).collect();
            let rows: i64 = row.get(2)?;
            Ok(Receipt { unit: row.get(0)?, segments, rows: rows.unsigned_abs() })
        });
        rows.map_err(&fail)?.collect::<Result<_, _>>().map_err(&fail)
    }

    /// How many units the manifest of a fingerprint has.
    pub fn units(&self, fingerprint: &str) -> Result<u64, JournalError> {
        let query = "SELECT count(*) FROM unit WHERE fingerprint = ?1";
        let count: i64 = self.connection.query_row(query, [fingerprint], |row| row.get(0)).map_err(self.fail())?;
        Ok(count.unsigned_abs())
    }

    /// The fingerprint under which a stage was last done.
    pub fn stage(&self, stage: &str) -> Result<Option<String>, JournalError> {
        let query = "SELECT fingerprint FROM stage WHERE stage = ?1";
        self.connection.query_row(query, [stage], |row| row.get(0)).optional().map_err(self.fail())
    }

    /// Records that a stage is done.
    pub fn finish_stage(&mut self, stage: &str, fingerprint: &str) -> Result<(), JournalError> {
        let done = self.connection.execute("INSERT OR REPLACE INTO stage VALUES (?1, ?2)", [stage, fingerprint]);
        done.map(drop).map_err(self.fail())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vault::CaseKey;

    fn unit(name: &str, generation: u32) -> UnitRow {
        UnitRow { unit: name.into(), generation, description: format!("path of {name}").into_bytes() }
    }

    fn receipt(name: &str) -> Receipt {
        Receipt { unit: name.into(), segments: vec!["item-1".into()], rows: 7 }
    }

    #[test]
    fn a_retry_cannot_count_twice_and_a_new_fingerprint_reads_anew() {
        let folder = tempfile::tempdir().unwrap();
        let key = CaseKey::generate().unwrap();
        let path = folder.path().join("journal.sqlite");
        let mut journal = Journal::open(&path, Vault::new(&key)).unwrap();
        journal.add_units("f1", &[unit("b", 0), unit("a", 0)]).unwrap();
        journal.commit("f1", &[receipt("a")], &[unit("c", 1)]).unwrap();
        journal.commit("f1", &[receipt("a")], &[unit("c", 1)]).unwrap();
        drop(journal);
        let mut journal = Journal::open(&path, Vault::new(&key)).unwrap();
        assert_eq!(journal.receipts("f1").unwrap(), [receipt("a")]);
        assert_eq!(journal.open_units("f1").unwrap(), [unit("b", 0), unit("c", 1)]);
        assert_eq!(journal.units("f1").unwrap(), 3);
        assert!(journal.open_units("f2").unwrap().is_empty());
        assert!(journal.commit("f2", &[receipt("a")], &[]).is_err(), "a receipt needs its unit");
    }

    #[test]
    fn a_sealed_exhibit_stays_as_it_was_sealed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal.sqlite");
        let mut journal = Journal::open(&path, Vault::new(&CaseKey::generate().unwrap())).unwrap();
        assert_eq!(journal.exhibit("LEAK/1").unwrap(), None);
        journal.add_exhibit("LEAK/1", b"first").unwrap();
        journal.add_exhibit("LEAK/1", b"second").unwrap();
        assert_eq!(journal.exhibit("LEAK/1").unwrap().as_deref(), Some(&b"first"[..]));
    }

    #[test]
    fn paths_lie_sealed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal.sqlite");
        let mut journal = Journal::open(&path, Vault::new(&CaseKey::generate().unwrap())).unwrap();
        journal.add_units("f", &[unit("a", 0)]).unwrap();
        drop(journal);
        let mut bytes = std::fs::read(&path).unwrap();
        bytes.extend(std::fs::read(path.with_extension("sqlite-wal")).unwrap_or_default());
        assert!(!bytes.windows(7).any(|window| window == b"path of"));
        let other = Journal::open(&path, Vault::new(&CaseKey::generate().unwrap())).unwrap();
        assert!(matches!(other.open_units("f"), Err(JournalError::Sealed(_))));
    }

    #[test]
    fn stages_are_remembered_and_other_versions_refused() {
        let folder = tempfile::tempdir().unwrap();
        let key = CaseKey::generate().unwrap();
        let path = folder.path().join("journal.sqlite");
        let mut journal = Journal::open(&path, Vault::new(&key)).unwrap();
        assert_eq!(journal.stage("scan").unwrap(), None);
        journal.finish_stage("scan", "f1").unwrap();
        journal.finish_stage("scan", "f2").unwrap();
        assert_eq!(journal.stage("scan").unwrap().as_deref(), Some("f2"));
        journal.connection.pragma_update(None, "user_version", 9).unwrap();
        drop(journal);
        assert!(matches!(Journal::open(&path, Vault::new(&key)), Err(JournalError::Version { found: 9, .. })));
    }
}
