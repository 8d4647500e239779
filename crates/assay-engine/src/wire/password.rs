//! Passwords that stand in items, as rows of a table of their own: they are of no person, and readers of mentions never see them.

use super::mention::{Places, located};
use super::{Rows, TableId, WireError, batch};
use arrow_array::RecordBatch;
use assay_model::{FoundPassword, PasswordBasis, Sensitive};

/// The rows of passwords.
pub fn password_rows(passwords: &[FoundPassword]) -> Result<RecordBatch, WireError> {
    batch(TableId::Password, (0..).zip(passwords), |row, (n, password)| {
        located(row, &password.locator, n);
        row.text(password.basis.as_str());
        row.text(password.value.reveal());
    })
}

/// The passwords of a checked batch.
pub fn passwords_of(rows: &Rows<'_>) -> Result<Vec<FoundPassword>, WireError> {
    let mut places = Places::of(rows)?;
    let password = |n| {
        let word = rows.text(n, "basis")?;
        let basis = PasswordBasis::ALL.into_iter().find(|known| known.as_str() == word);
        Ok(FoundPassword {
            locator: places.get(n)?,
            basis: basis.ok_or_else(|| rows.refuse(n, "basis"))?,
            value: Sensitive::new(rows.text(n, "value")?.to_owned()),
        })
    };
    (0..rows.len()).map(password).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use assay_model::{ExhibitId, ItemPath, Locator, Place};

    #[test]
    fn a_password_comes_back_as_it_went_and_shows_nowhere_else() {
        let place = Place::Line { part: "body".into(), first: 3, last: 3 };
        let locator = Locator { exhibit: ExhibitId::new("LEAK/1"), path: ItemPath::of_file("a.eml"), place };
        let password =
            FoundPassword { locator, basis: PasswordBasis::OfFile, value: Sensitive::new(" Wren-41 ".into()) };
        let rows = password_rows(std::slice::from_ref(&password)).unwrap();
        let back = passwords_of(&Rows::from_batch(TableId::Password, &rows).unwrap()).unwrap();
        assert_eq!(back, [password]);
        assert!(!format!("{back:?}").contains("Wren"));
    }
}
