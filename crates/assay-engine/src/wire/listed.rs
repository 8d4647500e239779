//! Files that a listing names (of a server, of a backup, of what a gang says it holds), as rows of a table of their own.

use super::{Rows, TableId, WireError, batch};
use arrow_array::RecordBatch;
use assay_model::{ExhibitId, ItemPath, ListedFile, Sensitive, Sha256, of_hex};

/// The rows of listed files. A size that is not written is an empty text, as is a hash.
pub fn listed_rows(files: &[ListedFile]) -> Result<RecordBatch, WireError> {
    batch(TableId::Listed, files, |row, file| {
        row.text(file.exhibit.as_str());
        row.text(file.item.as_str());
        row.text(file.path.reveal());
        row.text(file.bytes.map(|bytes| bytes.to_string()).unwrap_or_default());
        row.text(file.sha256.map(|digest| digest.to_string()).unwrap_or_default());
    })
}

/// The listed files of a checked batch.
pub fn listed_of(rows: &Rows<'_>) -> Result<Vec<ListedFile>, WireError> {
    let file = |n| {
        let bytes = match rows.text(n, "bytes")? {
            "" => None,
            text => Some(text.parse().map_err(|_| rows.refuse(n, "bytes"))?),
        };
        let sha256 = match rows.text(n, "sha256")? {
            "" => None,
            text => Some(of_hex(text).map(Sha256).ok_or_else(|| rows.refuse(n, "sha256"))?),
        };
        Ok(ListedFile {
            exhibit: ExhibitId::new(rows.text(n, "exhibit")?),
            item: ItemPath::from_encoded(rows.text(n, "path")?),
            path: Sensitive::new(rows.text(n, "listed")?.to_owned()),
            bytes,
            sha256,
        })
    };
    (0..rows.len()).map(file).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listed_file_comes_back_as_it_went() {
        let file = |bytes, sha256| ListedFile {
            exhibit: ExhibitId::new("INV/1"),
            item: ItemPath::of_file("listing.txt"),
            path: Sensitive::new("/srv/fs01/a.doc".into()),
            bytes,
            sha256,
        };
        let files = [file(Some(7), None), file(None, Some(Sha256([7; 32])))];
        let rows = listed_rows(&files).unwrap();
        assert_eq!(listed_of(&Rows::from_batch(TableId::Listed, &rows).unwrap()).unwrap(), files);
    }
}
