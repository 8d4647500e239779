//! What a case keeps from one run to the next: what people are called. One sealed record a name, replaced as a whole.

use super::{Journal, JournalError};
use rusqlite::{OptionalExtension, params};

pub(super) const TABLE: &str = "
CREATE TABLE kept (
    name        TEXT PRIMARY KEY,
    record      BLOB NOT NULL            -- sealed
) STRICT, WITHOUT ROWID;
";

impl Journal {
    /// Keeps records under their names, in the place of those that were there, all or none.
    pub fn keep(&mut self, records: &[(&str, &[u8])]) -> Result<(), JournalError> {
        let fail = self.fail();
        let transaction = self.connection.transaction().map_err(&fail)?;
        for (name, record) in records {
            let sealed = self.vault.seal("kept.record", record)?;
            transaction.execute("INSERT OR REPLACE INTO kept VALUES (?1, ?2)", params![name, sealed]).map_err(&fail)?;
        }
        transaction.commit().map_err(&fail)
    }

    /// The record kept under a name.
    pub fn kept(&self, name: &str) -> Result<Option<Vec<u8>>, JournalError> {
        let query = "SELECT record FROM kept WHERE name = ?1";
        let sealed: Option<Vec<u8>> =
            self.connection.query_row(query, [name], |row| row.get(0)).optional().map_err(self.fail())?;
        Ok(sealed.map(|sealed| self.vault.open("kept.record", &sealed)).transpose()?)
    }
}
