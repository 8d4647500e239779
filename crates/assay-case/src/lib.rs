//! The case folder: the case file, the sealed store, the custody ledger. The only crate that writes.
//!
//! It reads no evidence and draws no conclusions. Personal values leave memory only through [`vault::Vault`].
#![allow(clippy::disallowed_methods, reason = "this crate is the one that opens and writes the case folder")]

pub mod case_file;
pub mod custody;
pub mod journal;
pub mod passwords;
pub mod sealed;
pub mod segment;
pub mod store;
pub mod vault;

pub use case_file::{CaseFile, CaseFileError, ClaimSource, EvidenceSource, RegisterSource};
pub use store::{Store, StoreError};
pub use vault::random_bytes;
