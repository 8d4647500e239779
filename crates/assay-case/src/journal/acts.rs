//! Acts: what people did in a case, added and never changed. Their records are sealed.

use super::{Journal, JournalError};
use rusqlite::params;

/// What people did in the case: samples drawn, answers given. Acts are added and never changed.
pub(super) const TABLE: &str = "
CREATE TABLE act (
    number      INTEGER PRIMARY KEY AUTOINCREMENT,
    kind        TEXT NOT NULL,
    record      BLOB NOT NULL            -- sealed
) STRICT;
";

impl Journal {
    /// Adds an act; gives its number.
    pub fn add_act(&mut self, kind: &str, record: &[u8]) -> Result<u64, JournalError> {
        let sealed = self.vault.seal("act.record", record)?;
        let fail = self.fail();
        self.connection
            .execute("INSERT INTO act (kind, record) VALUES (?1, ?2)", params![kind, sealed])
            .map_err(&fail)?;
        Ok(self.connection.last_insert_rowid().unsigned_abs())
    }

    /// The acts of one kind, with their numbers, oldest first.
    pub fn acts(&self, kind: &str) -> Result<Vec<(u64, Vec<u8>)>, JournalError> {
        let fail = self.fail();
        let query = self.connection.prepare_cached("SELECT number, record FROM act WHERE kind = ?1 ORDER BY number");
        let mut query = query.map_err(&fail)?;
        let rows = query.query_map([kind], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, Vec<u8>>(1)?)));
        let mut acts = Vec::new();
        for row in rows.map_err(&fail)? {
            let (number, sealed) = row.map_err(&fail)?;
            acts.push((number.unsigned_abs(), self.vault.open("act.record", &sealed)?));
        }
        Ok(acts)
    }
}
