//! The store of a case: key, journal, segments and ledger, opened by one program at a time; and the files that leave it.
//!
//! ```text
//! CASE/case.toml            the case file
//! CASE/custody.jsonl        the ledger
//! CASE/store/key            the name of the key; the key itself lies outside the case folder
//! CASE/store/journal.sqlite manifest, receipts, stages
//! CASE/store/segments/      rows
//! CASE/out/                 reports
//! ```

use crate::custody::{CustodyError, Ledger};
use crate::journal::{Journal, JournalError};
use crate::segment::{SegmentError, SegmentStore};
use crate::vault::{CaseKey, Vault, VaultError, key_folder};
use rustix::fs::{FlockOperation, flock};
use std::fs::File;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// Why a store was refused.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A file of the case folder could not be made or read.
    #[error("{path}: cannot be used\n  remedy: check the space and permissions of the case folder")]
    File {
        /// The file.
        path: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A file that is to be made is there already.
    #[error("{path}: is there already\n  remedy: name another, or remove it first")]
    Exists {
        /// The file.
        path: String,
    },
    /// Another program has the case open.
    #[error(
        "{path}: the case is in use by another run\n  remedy: wait until it ends, or stop it; it resumes by the same command"
    )]
    InUse {
        /// The lock.
        path: String,
    },
    /// No run was made yet.
    #[error("{path}: holds no sealed evidence yet\n  remedy: assay run {path}")]
    NotRun {
        /// The case folder.
        path: String,
    },
    /// The key.
    #[error(transparent)]
    Key(#[from] VaultError),
    /// The journal.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The segments.
    #[error(transparent)]
    Segment(#[from] SegmentError),
    /// The ledger.
    #[error(transparent)]
    Custody(#[from] CustodyError),
}

/// An open store. The lock is held until it is dropped.
pub struct Store {
    folder: PathBuf,
    /// The journal.
    pub journal: Journal,
    /// The segments.
    pub segments: SegmentStore,
    /// The custody ledger.
    pub ledger: Ledger,
    /// Where a key was made for this case just now.
    pub made_key: Option<PathBuf>,
    _lock: File,
}

impl Store {
    /// Opens the store of a case folder, making it, and a key for it, where there is none.
    pub fn open_or_make(case_dir: &Path) -> Result<Self, StoreError> {
        let folder = case_dir.join("store");
        std::fs::create_dir_all(&folder).map_err(failed(&folder))?;
        Self::at(case_dir, &folder)
    }

    /// Opens the store of a case that was run before.
    pub fn open(case_dir: &Path) -> Result<Self, StoreError> {
        let folder = case_dir.join("store");
        if !folder.join("key").exists() {
            return Err(StoreError::NotRun { path: case_dir.display().to_string() });
        }
        Self::at(case_dir, &folder)
    }

    fn at(case_dir: &Path, folder: &Path) -> Result<Self, StoreError> {
        let lock = folder.join("lock");
        let lock_file = File::options().create(true).append(true).open(&lock).map_err(failed(&lock))?;
        flock(&lock_file, FlockOperation::NonBlockingLockExclusive)
            .map_err(|_| StoreError::InUse { path: lock.display().to_string() })?;
        let (key, made_key) = key_of(folder)?;
        Ok(Self {
            folder: case_dir.to_owned(),
            journal: Journal::open(&folder.join("journal.sqlite"), Vault::new(&key))?,
            segments: SegmentStore::open(&folder.join("segments"), &key)?,
            ledger: Ledger::open(&case_dir.join("custody.jsonl"))?.0,
            made_key,
            _lock: lock_file,
        })
    }

    /// Where a report's file lies.
    pub fn output(&self, name: &str) -> PathBuf {
        self.folder.join("out").join(name)
    }

    /// Writes a file under `out/`, whole or not at all.
    pub fn write_output(&self, name: &str, bytes: &[u8]) -> Result<PathBuf, StoreError> {
        let path = self.output(name);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent).map_err(failed(parent))?;
        }
        write_whole(&path, bytes)?;
        Ok(path)
    }

    /// Reads a file under `out/`; none where it is not there.
    pub fn read_output(&self, name: &str) -> Option<Vec<u8>> {
        std::fs::read(self.output(name)).ok()
    }
}

/// The key that `store/key` names, or a new one. Its name is written after the key itself is on disk.
fn key_of(folder: &Path) -> Result<(CaseKey, Option<PathBuf>), StoreError> {
    let named = folder.join("key");
    match std::fs::read_to_string(&named) {
        Ok(id) => Ok((CaseKey::load(&key_folder(), id.trim())?, None)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let key = CaseKey::generate()?;
            let path = key.save(&key_folder())?;
            write_whole(&named, key.id().as_bytes())?;
            Ok((key, Some(path)))
        }
        Err(source) => Err(failed(&named)(source)),
    }
}

fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    let draft = path.with_added_extension("draft");
    let mut options = std::fs::OpenOptions::new();
    let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(&draft).map_err(failed(&draft))?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(failed(&draft))?;
    std::fs::rename(&draft, path).map_err(failed(path))
}

fn failed(path: &Path) -> impl FnOnce(std::io::Error) -> StoreError + use<> {
    let path = path.display().to_string();
    move |source| StoreError::File { path, source }
}

/// Makes a case folder with a case file of this text; refuses where there is a case file.
pub fn make_case(dir: &Path, text: &str) -> Result<PathBuf, StoreError> {
    let path = dir.join("case.toml");
    std::fs::create_dir_all(dir).map_err(failed(dir))?;
    let mut file = match std::fs::OpenOptions::new().write(true).create_new(true).open(&path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            return Err(StoreError::Exists { path: path.display().to_string() });
        }
        Err(error) => return Err(failed(&path)(error)),
    };
    file.write_all(text.as_bytes()).map_err(failed(&path))?;
    Ok(path)
}

/// Writes an export, readable by its owner alone; refuses to write over a file.
pub fn write_export(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    if path.exists() {
        return Err(StoreError::Exists { path: path.display().to_string() });
    }
    write_whole(path, bytes)
}

/// Reads a claim's file, up to a limit: a post is text of a few pages.
pub fn read_claim(path: &Path) -> Result<String, StoreError> {
    read_text(path, 4 << 20)
}

/// Reads a text that the user hands in, up to `limit` bytes.
pub fn read_text(path: &Path, limit: u64) -> Result<String, StoreError> {
    Ok(String::from_utf8_lossy(&read_bytes(path, limit)?).into_owned())
}

/// The first bytes of a file, as many as there are.
pub fn read_head(path: &Path, bytes: usize) -> Result<Vec<u8>, StoreError> {
    use std::io::Read;
    let mut head = Vec::new();
    let file = std::fs::File::open(path).map_err(failed(path))?;
    file.take(bytes as u64).read_to_end(&mut head).map_err(failed(path))?;
    Ok(head)
}

/// Reads a file that the user hands in and that is no evidence, up to half a GiB.
pub fn read_file(path: &Path) -> Result<Vec<u8>, StoreError> {
    read_bytes(path, 512 << 20)
}

fn read_bytes(path: &Path, limit: u64) -> Result<Vec<u8>, StoreError> {
    let size = std::fs::metadata(path).map_err(failed(path))?.len();
    if size > limit {
        let source = std::io::Error::other(format!("larger than {} MiB, which no such file is", limit >> 20));
        return Err(StoreError::File { path: path.display().to_string(), source });
    }
    std::fs::read(path).map_err(failed(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_output_is_written_whole_and_an_export_never_over_another() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("subjects.csv");
        write_export(&path, b"a").unwrap();
        assert!(matches!(write_export(&path, b"b"), Err(StoreError::Exists { .. })));
        assert_eq!(std::fs::read(&path).unwrap(), b"a");
        make_case(folder.path(), "[case]").unwrap();
        assert!(matches!(make_case(folder.path(), "[case]"), Err(StoreError::Exists { .. })));
        assert!(matches!(Store::open(folder.path()), Err(StoreError::NotRun { .. })));
    }
}
