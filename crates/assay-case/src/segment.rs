//! Segments: immutable Parquet files under the key of the case, written whole, synced, then renamed into place.
//!
//! A segment's name is the BLAKE3 of its sealed bytes, so that two of one name are one. What counts as held is not what lies
//! in the folder but what the journal has receipts for.

use crate::vault::CaseKey;
use arrow_array::RecordBatch;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::{ArrowReaderOptions, ParquetRecordBatchReaderBuilder};
use parquet::basic::Compression;
use parquet::encryption::decrypt::FileDecryptionProperties;
use parquet::encryption::encrypt::FileEncryptionProperties;
use parquet::file::properties::WriterProperties;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Why a segment was refused.
#[derive(Debug, thiserror::Error)]
pub enum SegmentError {
    /// It could not be written or opened.
    #[error("segment {path}: cannot be used\n  remedy: check the space and permissions of the case folder")]
    File {
        /// The file.
        path: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// Its bytes are not those of its receipt.
    #[error(
        "segment {path}: its bytes differ from its receipt\n  remedy: restore it from a copy, or run again to read its units anew"
    )]
    Changed {
        /// The file.
        path: String,
    },
    /// Parquet refused; a wrong key shows here too.
    #[error("segment {path}: does not open as Parquet under this case's key")]
    Parquet {
        /// The file.
        path: String,
        /// Why.
        #[source]
        source: parquet::errors::ParquetError,
    },
}

/// The folder of segments.
pub struct SegmentStore {
    folder: PathBuf,
    key: Vec<u8>,
}

impl SegmentStore {
    /// The store in `folder`, made where it is absent.
    pub fn open(folder: &Path, key: &CaseKey) -> Result<Self, SegmentError> {
        let fail = |source| SegmentError::File { path: folder.display().to_string(), source };
        std::fs::create_dir_all(folder).map_err(fail)?;
        Ok(Self { folder: folder.to_owned(), key: key.derive("segments").to_vec() })
    }

    /// Writes the rows of one table; gives the segment's name, which is also its digest.
    pub fn write(&self, table: &str, rows: &RecordBatch) -> Result<String, SegmentError> {
        let parquet = |source| SegmentError::Parquet { path: table.to_owned(), source };
        let seal = FileEncryptionProperties::builder(self.key.clone()).build().map_err(parquet)?;
        let properties =
            WriterProperties::builder().set_compression(Compression::LZ4_RAW).with_file_encryption_properties(seal);
        let mut bytes = Vec::new();
        let mut writer = ArrowWriter::try_new(&mut bytes, rows.schema(), Some(properties.build())).map_err(parquet)?;
        writer.write(rows).map_err(parquet)?;
        writer.close().map_err(parquet)?;
        let name = format!("{table}-{}", blake3::hash(&bytes).to_hex());
        let path = self.path(&name);
        let fail = |source| SegmentError::File { path: path.display().to_string(), source };
        let draft = path.with_extension("draft");
        let mut file = std::fs::File::create(&draft).map_err(fail)?;
        file.write_all(&bytes).and_then(|()| file.sync_all()).map_err(fail)?;
        std::fs::rename(&draft, &path).map_err(fail)?;
        // The rename itself must outlive a crash before a receipt may speak of it.
        std::fs::File::open(&self.folder).and_then(|folder| folder.sync_all()).map_err(fail)?;
        Ok(name)
    }

    /// Reads a segment as one batch, checking its bytes against its name.
    pub fn read(&self, name: &str) -> Result<RecordBatch, SegmentError> {
        let path = self.path(name);
        let shown = path.display().to_string();
        let bytes = std::fs::read(&path).map_err(|source| SegmentError::File { path: shown.clone(), source })?;
        let digest = name.rsplit_once('-').map(|(_, digest)| digest);
        if digest != Some(blake3::hash(&bytes).to_hex().as_str()) {
            return Err(SegmentError::Changed { path: shown });
        }
        let parquet = |source| SegmentError::Parquet { path: shown.clone(), source };
        let open = FileDecryptionProperties::builder(self.key.clone()).build().map_err(parquet)?;
        let options = ArrowReaderOptions::new().with_file_decryption_properties(open);
        let reader = ParquetRecordBatchReaderBuilder::try_new_with_options(bytes::Bytes::from(bytes), options)
            .and_then(ParquetRecordBatchReaderBuilder::build)
            .map_err(parquet)?;
        let schema = arrow_array::RecordBatchReader::schema(&reader);
        let batches = reader.collect::<Result<Vec<_>, _>>().map_err(|error| parquet(error.into()))?;
        arrow_select::concat::concat_batches(&schema, &batches).map_err(|error| parquet(error.into()))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}.parquet"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow_array::StringArray;
    use arrow_schema::{DataType, Field, Schema};
    use std::sync::Arc;

    fn rows() -> RecordBatch {
        let schema = Arc::new(Schema::new(vec![Field::new("value", DataType::Utf8, false)]));
        RecordBatch::try_new(schema, vec![Arc::new(StringArray::from(vec!["Testcase", "9990000018"]))]).unwrap()
    }

    #[test]
    fn a_segment_opens_under_its_key_and_shows_nothing_without() {
        let folder = tempfile::tempdir().unwrap();
        let key = CaseKey::generate().unwrap();
        let store = SegmentStore::open(folder.path(), &key).unwrap();
        let name = store.write("mention", &rows()).unwrap();
        assert_eq!(store.read(&name).unwrap(), rows());
        let bytes = std::fs::read(store.path(&name)).unwrap();
        assert!(!bytes.windows(8).any(|window| window == b"Testcase"));
        let other = SegmentStore::open(folder.path(), &CaseKey::generate().unwrap()).unwrap();
        assert!(matches!(other.read(&name), Err(SegmentError::Parquet { .. })));
    }

    #[test]
    fn a_changed_segment_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let store = SegmentStore::open(folder.path(), &CaseKey::generate().unwrap()).unwrap();
        let name = store.write("mention", &rows()).unwrap();
        let mut bytes = std::fs::read(store.path(&name)).unwrap();
        bytes[20] ^= 1;
        std::fs::write(store.path(&name), bytes).unwrap();
        assert!(matches!(store.read(&name), Err(SegmentError::Changed { .. })));
        assert!(matches!(store.read("mention-00"), Err(SegmentError::File { .. })));
    }
}
