//! A table of one's own, row by row: whatever extraction reads as a table (CSV, Parquet, a sheet), with its header.

use crate::extract::{Limits, Reading, extract_each};
use crate::volumes::Volumes;
use assay_model::{Cell, Content, ItemStatus};
use std::fs::File;
use std::path::{Path, PathBuf};

/// Why a table was not read.
#[derive(Debug, thiserror::Error)]
pub enum RowsError {
    /// The file does not open.
    #[error("{path}: cannot be opened")]
    Open {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// It holds no table, or one that could not be read to its end.
    #[error("{path}: {why}\n  remedy: give a CSV or Parquet file with a header")]
    Unread {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
}

/// Gives the rows of the first table of a file, the header first, cells as displayed text.
///
/// # Errors
/// The file does not open, holds no table, or could be read in part only.
pub fn rows(path: &Path, each: &mut dyn FnMut(&[Cell])) -> Result<(), RowsError> {
    batches(path, &mut |rows| rows.iter().for_each(|row| each(row)))
}

/// The same, many rows at a time.
///
/// # Errors
/// As of [`rows`].
pub fn batches(path: &Path, each: &mut dyn FnMut(Vec<Vec<Cell>>)) -> Result<(), RowsError> {
    let open = |source| RowsError::Open { path: path.to_owned(), source };
    let mut file = File::open(path).map_err(open)?;
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    // The user's own file is no small thing that expands.
    let limits = Limits { cells: u64::MAX / 4, text_bytes: u64::MAX / 4, item_bytes: 16 << 30, ..Limits::default() };
    let set = file.try_clone().ok().map(Volumes::alone);
    let reading = Reading { set: set.as_ref(), ..Reading::within(&limits) };
    let (mut tables, mut ended) = (0u64, false);
    let read = extract_each(&mut file, &name, &reading, &mut |passage| {
        if let Content::Table(table) = passage.content {
            // A second sheet is another table.
            ended |= tables > 0 && !table.continued;
            if !ended {
                tables += 1;
                each(table.rows);
            }
        }
    });
    let unread = |why: String| RowsError::Unread { path: path.to_owned(), why };
    match read.status {
        ItemStatus::Read if tables > 0 => Ok(()),
        ItemStatus::Unread(reason) => Err(unread(format!("cannot be read ({})", reason.as_str()))),
        ItemStatus::Read => Err(unread(format!("holds no table (it is {})", read.media_type))),
        _ => {
            let why = read.warnings.iter().map(|warning| warning.0.as_str()).collect::<Vec<_>>().join("; ");
            Err(unread(format!("was read in part only: {why}")))
        }
    }
}
