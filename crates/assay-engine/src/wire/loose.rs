//! Findings beside nobody (a key in a script, an account in a list of payments) as rows of a table of their own: the columns
//! are those of a mention's findings, the ordinal is their number in the batch.

use super::mention::{Findings, finding_row};
use super::{Rows, TableId, WireError, batch};
use arrow_array::RecordBatch;
use assay_model::Finding;

/// The rows of such findings.
pub fn loose_rows(findings: &[Finding]) -> Result<RecordBatch, WireError> {
    batch(TableId::Loose, (0..).zip(findings), |row, (n, finding)| finding_row(row, finding, n))
}

/// The findings of a checked batch.
pub fn loose_of(rows: &Rows<'_>) -> Result<Vec<Finding>, WireError> {
    let mut findings = Findings::of(rows)?;
    (0..rows.len()).map(|n| findings.get(n)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use assay_model::{Element, ExhibitId, ItemPath, Locator, Place, Sensitive, Value};

    #[test]
    fn a_finding_comes_back_as_it_went_and_a_wrong_one_is_refused() {
        let place = Place::Line { part: String::new(), first: 7, last: 7 };
        let locator = Locator { exhibit: ExhibitId::new("LEAK/1"), path: ItemPath::of_file("deploy.sh"), place };
        let found = Finding {
            detector: "rule: password-assigned".into(),
            element: Element::Credential,
            value: Sensitive::new(Value::Text("Wren-41!".into())),
            controller: None,
            locator,
            confidence: 0.75,
        };
        let rows = loose_rows(std::slice::from_ref(&found)).unwrap();
        let back = loose_of(&Rows::from_batch(TableId::Loose, &rows).unwrap()).unwrap();
        assert_eq!(back, std::slice::from_ref(&found));
        let rows = loose_rows(&[Finding { confidence: f32::NAN, ..found }]).unwrap();
        assert!(loose_of(&Rows::from_batch(TableId::Loose, &rows).unwrap()).is_err());
    }
}
