//! The journal: which units there are, which have a receipt, which stages are done. SQLite in WAL mode, fully synchronous.
//!
//! A receipt is unique on (unit, fingerprint): a retry cannot count twice. It is committed after its segments are on disk: a
//! crash cannot lose one that is spoken of. The manifest is one of a fingerprint too, since other extractors may list other
//! members. Paths are personal data (they name patients) and lie here sealed, as do passwords.
//!
//! A unit may be read again, when what it wanted has come to hand: its receipt is then replaced. Every commit has a number,
//! and receipts carry that of theirs: an item that lies in several batches stands as the last of them has it.

mod acts;
mod kept;

use crate::vault::{Vault, VaultError};
use assay_model::{Sensitive, Want};
use rusqlite::{Connection, OptionalExtension, params};
use std::collections::BTreeSet;
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
    /// What its items want to be read whole.
    pub wants: BTreeSet<Want>,
    /// With what it was read.
    pub means: Means,
}

/// What was at hand when a unit was read, beyond what its fingerprint covers.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Means {
    /// The highest number of a password that was tried; 0 for none.
    pub passwords: u64,
    /// The recogniser, by name and version; empty for none.
    pub recogniser: String,
}

impl Means {
    /// Whether something that is at hand now, and was not then, is wanted. Passwords are numbered and numbers are never used
    /// twice: a set that only shrank opens nothing new.
    pub fn offer(&self, then: &Self, wants: &BTreeSet<Want>) -> bool {
        wants.iter().any(|want| match want {
            Want::Password => self.passwords > then.passwords,
            Want::Recogniser => !self.recogniser.is_empty() && self.recogniser != then.recogniser,
        })
    }
}

/// A unit that was read and wants something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanting {
    /// The unit.
    pub unit: UnitRow,
    /// What its items want.
    pub wants: BTreeSet<Want>,
    /// With what it was read.
    pub means: Means,
}

/// A password that is held, with its number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldPassword {
    /// Its number, from 1, in the order in which passwords came; never used twice.
    pub number: u64,
    /// The password.
    pub value: Sensitive<String>,
}

/// The user's passwords are held under no exhibit.
const GIVEN: &str = "";

const VERSION: i64 = 4;

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
    batch       INTEGER NOT NULL DEFAULT 0,     -- the number of the commit
    wants       TEXT NOT NULL DEFAULT '',       -- words, parted by blanks
    passwords   INTEGER NOT NULL DEFAULT 0,     -- the highest number tried
    recogniser  TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (fingerprint, unit),
    FOREIGN KEY (fingerprint, unit) REFERENCES unit (fingerprint, unit)
) STRICT, WITHOUT ROWID;
CREATE TABLE stage (
    stage       TEXT PRIMARY KEY,
    fingerprint TEXT NOT NULL            -- of everything that the stage was made from
) STRICT, WITHOUT ROWID;
";

/// AUTOINCREMENT: the number of a password that was forgotten is not given to another.
const PASSWORDS: &str = "
CREATE TABLE password (
    number      INTEGER PRIMARY KEY AUTOINCREMENT,
    exhibit     TEXT NOT NULL,           -- where it was found; empty for the user's
    value       BLOB NOT NULL            -- sealed
) STRICT;
";

/// What the first version had not.
const FROM_1: &str = "
ALTER TABLE receipt ADD COLUMN batch INTEGER NOT NULL DEFAULT 0;
ALTER TABLE receipt ADD COLUMN wants TEXT NOT NULL DEFAULT '';
ALTER TABLE receipt ADD COLUMN passwords INTEGER NOT NULL DEFAULT 0;
ALTER TABLE receipt ADD COLUMN recogniser TEXT NOT NULL DEFAULT '';
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
        if (0..VERSION).contains(&found) {
            let make = connection.transaction().map_err(fail)?;
            let steps: &[&str] = match found {
                0 => &[SCHEMA, PASSWORDS, acts::TABLE, kept::TABLE],
                1 => &[FROM_1, PASSWORDS, acts::TABLE, kept::TABLE],
                2 => &[acts::TABLE, kept::TABLE],
                _ => &[kept::TABLE],
            };
            make.execute_batch(&steps.concat()).map_err(fail)?;
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

    /// Commits receipts together with the units that their listings brought to light. The segments must be on disk. A receipt
    /// replaces the one that its unit has: the unit was read again.
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
        let last = "SELECT coalesce(max(batch), 0) FROM receipt WHERE fingerprint = ?1";
        let last: i64 = transaction.query_row(last, [fingerprint], |row| row.get(0)).map_err(&fail)?;
        for receipt in receipts {
            let number = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
            let segments = receipt.segments.join(" ");
            let wants: Vec<&str> = receipt.wants.iter().map(|want| want.as_str()).collect();
            let Means { passwords, recogniser } = &receipt.means;
            let columns = params![
                fingerprint,
                receipt.unit,
                segments,
                number(receipt.rows),
                last + 1,
                wants.join(" "),
                number(*passwords),
                recogniser
            ];
            transaction
                .prepare_cached("INSERT OR REPLACE INTO receipt VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)")
                .and_then(|mut insert| insert.execute(columns))
                .map_err(&fail)?;
        }
        transaction.commit().map_err(&fail)
    }

    /// The batches under `fingerprint`, in the order in which they were committed: the segments of each. An item that lies in
    /// several stands as the last has it.
    pub fn batches(&self, fingerprint: &str) -> Result<Vec<Vec<String>>, JournalError> {
        let fail = self.fail();
        let mut query = self
            .connection
            .prepare_cached(
                "SELECT DISTINCT batch, segments FROM receipt WHERE fingerprint = ?1 ORDER BY batch, segments",
            )
            .map_err(&fail)?;
        let rows = query.query_map([fingerprint], |row| row.get::<_, String>(1));
        let segments = |row: Result<String, _>| row.map(|row| row.split_whitespace().map(str::to_owned).collect());
        rows.map_err(&fail)?.map(segments).collect::<Result<_, _>>().map_err(&fail)
    }

    /// The number of the last commit under `fingerprint`: it grows with everything that is read, and with nothing else.
    pub fn last_batch(&self, fingerprint: &str) -> Result<u64, JournalError> {
        let query = "SELECT coalesce(max(batch), 0) FROM receipt WHERE fingerprint = ?1";
        let last: i64 = self.connection.query_row(query, [fingerprint], |row| row.get(0)).map_err(self.fail())?;
        Ok(last.unsigned_abs())
    }

    /// How many rows have a receipt under `fingerprint`.
    pub fn rows(&self, fingerprint: &str) -> Result<u64, JournalError> {
        let query = "SELECT coalesce(sum(rows), 0) FROM receipt WHERE fingerprint = ?1";
        let rows: i64 = self.connection.query_row(query, [fingerprint], |row| row.get(0)).map_err(self.fail())?;
        Ok(rows.unsigned_abs())
    }

    /// The units that were read and want something, by generation, then id.
    pub fn wanting(&self, fingerprint: &str) -> Result<Vec<Wanting>, JournalError> {
        let fail = self.fail();
        let mut query = self
            .connection
            .prepare_cached(
                "SELECT unit, generation, description, wants, passwords, recogniser FROM receipt
                 JOIN unit USING (fingerprint, unit) WHERE fingerprint = ?1 AND wants <> '' ORDER BY generation, unit",
            )
            .map_err(&fail)?;
        let mut rows = query.query([fingerprint]).map_err(&fail)?;
        let mut wanting = Vec::new();
        while let Some(row) = rows.next().map_err(&fail)? {
            let read = || {
                let (wants, passwords): (String, i64) = (row.get(3)?, row.get(4)?);
                let wants = wants.split_whitespace().filter_map(Want::parse).collect();
                let means = Means { passwords: passwords.unsigned_abs(), recogniser: row.get(5)? };
                Ok((UnitRow { unit: row.get(0)?, generation: row.get(1)?, description: row.get(2)? }, wants, means))
            };
            let (mut unit, wants, means) = read().map_err(&fail)?;
            unit.description = self.vault.open("unit.description", &unit.description)?;
            wanting.push(Wanting { unit, wants, means });
        }
        Ok(wanting)
    }

    /// The ids of all units of a fingerprint's manifest.
    pub fn unit_ids(&self, fingerprint: &str) -> Result<BTreeSet<String>, JournalError> {
        let fail = self.fail();
        let query = self.connection.prepare_cached("SELECT unit FROM unit WHERE fingerprint = ?1");
        let mut query = query.map_err(&fail)?;
        let rows = query.query_map([fingerprint], |row| row.get(0)).map_err(&fail)?;
        rows.collect::<Result<_, _>>().map_err(&fail)
    }

    /// The user's passwords, in the order in which they were given.
    pub fn given_passwords(&self) -> Result<Vec<HeldPassword>, JournalError> {
        self.passwords_under(GIVEN)
    }

    /// The passwords that were found in an exhibit and taken up, in that order.
    pub fn found_passwords(&self, exhibit: &str) -> Result<Vec<HeldPassword>, JournalError> {
        self.passwords_under(exhibit)
    }

    fn passwords_under(&self, exhibit: &str) -> Result<Vec<HeldPassword>, JournalError> {
        let fail = self.fail();
        let mut query = self
            .connection
            .prepare_cached("SELECT number, value FROM password WHERE exhibit = ?1 ORDER BY number")
            .map_err(&fail)?;
        let rows = query.query_map([exhibit], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, Vec<u8>>(1)?)));
        let mut held = Vec::new();
        for row in rows.map_err(&fail)? {
            let (number, sealed) = row.map_err(&fail)?;
            let value = self.vault.open("password.value", &sealed)?;
            let value = Sensitive::new(String::from_utf8_lossy(&value).into_owned());
            held.push(HeldPassword { number: number.unsigned_abs(), value });
        }
        Ok(held)
    }

    /// Holds the user's passwords; gives how many are new.
    pub fn give_passwords(&mut self, passwords: &[Sensitive<String>]) -> Result<u64, JournalError> {
        self.hold_passwords(GIVEN, passwords)
    }

    /// Holds passwords that were found in an exhibit; gives how many are new.
    pub fn take_up_passwords(&mut self, exhibit: &str, passwords: &[Sensitive<String>]) -> Result<u64, JournalError> {
        self.hold_passwords(exhibit, passwords)
    }

    /// Takes up the passwords of an exhibit anew, under new numbers: what was read without them is to be read with them.
    pub fn renew_passwords(&mut self, exhibit: &str, passwords: &[Sensitive<String>]) -> Result<(), JournalError> {
        let fail = self.fail();
        let transaction = self.connection.transaction().map_err(&fail)?;
        transaction.execute("DELETE FROM password WHERE exhibit = ?1", [exhibit]).map_err(&fail)?;
        for password in passwords {
            let sealed = self.vault.seal("password.value", password.reveal().as_bytes())?;
            transaction
                .execute("INSERT INTO password (exhibit, value) VALUES (?1, ?2)", params![exhibit, sealed])
                .map_err(&fail)?;
        }
        transaction.commit().map_err(&fail)
    }

    fn hold_passwords(&mut self, exhibit: &str, passwords: &[Sensitive<String>]) -> Result<u64, JournalError> {
        let held = self.passwords_under(exhibit)?;
        let mut known: BTreeSet<&str> = held.iter().map(|held| held.value.reveal().as_str()).collect();
        let fail = self.fail();
        let transaction = self.connection.transaction().map_err(&fail)?;
        let mut new = 0;
        for password in passwords.iter().filter(|password| known.insert(password.reveal())) {
            let sealed = self.vault.seal("password.value", password.reveal().as_bytes())?;
            transaction
                .execute("INSERT INTO password (exhibit, value) VALUES (?1, ?2)", params![exhibit, sealed])
                .map_err(&fail)?;
            new += 1;
        }
        transaction.commit().map_err(&fail)?;
        Ok(new)
    }

    /// Forgets the user's passwords; gives how many there were. What was read with them stays. They lay sealed; their bytes
    /// are overwritten all the same.
    pub fn forget_passwords(&mut self) -> Result<u64, JournalError> {
        let fail = self.fail();
        self.connection.pragma_update(None, "secure_delete", true).map_err(&fail)?;
        let forgotten = self.connection.execute("DELETE FROM password WHERE exhibit = ?1", [GIVEN]).map_err(&fail)?;
        self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).map_err(&fail)?;
        Ok(forgotten as u64)
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
        let segments = vec!["item-1".into()];
        Receipt { unit: name.into(), segments, rows: 7, wants: BTreeSet::new(), means: Means::default() }
    }

    fn open(folder: &tempfile::TempDir, key: &CaseKey) -> Journal {
        Journal::open(&folder.path().join("journal.sqlite"), Vault::new(key)).unwrap()
    }

    fn password(text: &str) -> Sensitive<String> {
        Sensitive::new(text.to_owned())
    }

    #[test]
    fn a_unit_that_was_read_again_stands_in_its_last_batch() {
        let folder = tempfile::tempdir().unwrap();
        let key = CaseKey::generate().unwrap();
        let mut journal = open(&folder, &key);
        journal.add_units("f", &[unit("a", 0), unit("b", 0)]).unwrap();
        let locked = Receipt { wants: [Want::Password].into(), ..receipt("a") };
        journal.commit("f", &[locked, receipt("b")], &[]).unwrap();
        let wanting = journal.wanting("f").unwrap();
        assert_eq!(wanting.iter().map(|w| w.unit.clone()).collect::<Vec<_>>(), [unit("a", 0)]);
        assert_eq!(journal.last_batch("f").unwrap(), 1);
        let means = Means { passwords: 1, recogniser: String::new() };
        assert!(means.offer(&wanting[0].means, &wanting[0].wants));
        let again = Receipt { segments: vec!["item-2".into()], means: means.clone(), ..receipt("a") };
        journal.commit("f", &[again], &[unit("c", 1)]).unwrap();
        assert_eq!(journal.batches("f").unwrap(), [vec!["item-1".to_owned()], vec!["item-2".to_owned()]]);
        assert!(journal.wanting("f").unwrap().is_empty());
        assert_eq!(journal.unit_ids("f").unwrap().len(), 3);
        assert!(!means.offer(&means, &[Want::Password].into()), "nothing new is no offer");
        assert!(!Means::default().offer(&means, &[Want::Password].into()), "a set that shrank is none");
        let with_reader = Means { recogniser: "tesseract 5".into(), ..Means::default() };
        assert!(with_reader.offer(&Means::default(), &[Want::Recogniser].into()));
        assert!(!Means::default().offer(&with_reader, &[Want::Recogniser].into()));
    }

    #[test]
    fn passwords_lie_sealed_are_held_once_and_their_numbers_never_come_again() {
        let folder = tempfile::tempdir().unwrap();
        let key = CaseKey::generate().unwrap();
        let mut journal = open(&folder, &key);
        assert_eq!(journal.give_passwords(&[password(" Wren 41"), password(""), password(" Wren 41")]).unwrap(), 2);
        assert_eq!(journal.give_passwords(&[password("")]).unwrap(), 0);
        assert_eq!(journal.take_up_passwords("LEAK/1", &[password("Wren 41")]).unwrap(), 1);
        let given = journal.given_passwords().unwrap();
        assert_eq!(
            given.iter().map(|p| (p.number, p.value.reveal().as_str())).collect::<Vec<_>>(),
            [(1, " Wren 41"), (2, "")]
        );
        drop(journal);
        for name in ["journal.sqlite", "journal.sqlite-wal"] {
            let bytes = std::fs::read(folder.path().join(name)).unwrap_or_default();
            assert!(!bytes.windows(7).any(|window| window == b"Wren 41"));
        }
        let mut journal = open(&folder, &key);
        assert_eq!(journal.forget_passwords().unwrap(), 2);
        assert!(journal.given_passwords().unwrap().is_empty());
        assert_eq!(journal.found_passwords("LEAK/1").unwrap().len(), 1);
        journal.give_passwords(&[password(" Wren 41")]).unwrap();
        assert_eq!(journal.given_passwords().unwrap()[0].number, 4);
        journal.renew_passwords("LEAK/1", &[password("Wren 41"), password("Heron")]).unwrap();
        let numbers: Vec<u64> = journal.found_passwords("LEAK/1").unwrap().iter().map(|held| held.number).collect();
        assert_eq!(numbers, [5, 6]);
    }

    #[test]
    fn a_journal_of_the_first_version_is_taken_over() {
        let folder = tempfile::tempdir().unwrap();
        let key = CaseKey::generate().unwrap();
        let old = Connection::open(folder.path().join("journal.sqlite")).unwrap();
        let first = SCHEMA.lines().filter(|line| !line.contains("DEFAULT")).collect::<Vec<_>>().join("\n");
        old.execute_batch(&first).unwrap();
        old.execute_batch(
            "INSERT INTO unit VALUES ('f', 'a', 0, x'00'); INSERT INTO receipt VALUES ('f', 'a', 's', 1)",
        )
        .unwrap();
        old.pragma_update(None, "user_version", 1).unwrap();
        drop(old);
        let journal = open(&folder, &key);
        assert_eq!(journal.batches("f").unwrap(), [["s"]]);
        assert!(journal.given_passwords().unwrap().is_empty());
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
        assert_eq!(journal.batches("f1").unwrap(), [["item-1"]]);
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
