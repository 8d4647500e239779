//! The record of a sealed exhibit: the exhibit and its files, as the journal keeps them (sealed, since paths name people).

use assay_model::{Completeness, ControllerId, Exhibit, ExhibitId, ExhibitKind, ItemPath, SealedFile, Sha256};
use serde::{Deserialize, Serialize};
use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt, OsStringExt};

/// A sealed exhibit with its files, sorted by path.
#[derive(Clone, Debug)]
pub struct SealedExhibit {
    /// The exhibit.
    pub exhibit: Exhibit,
    /// Its files.
    pub files: Vec<SealedFile>,
}

impl SealedExhibit {
    /// The written form.
    pub fn to_bytes(&self) -> Vec<u8> {
        let exhibit = &self.exhibit;
        let file = |file: &SealedFile| WrittenFile {
            path: file.path.as_str().to_owned(),
            disk: file.disk.as_os_str().as_bytes().to_vec(),
            bytes: file.bytes,
            sha256: file.sha256.0,
            blake3: file.blake3,
            modified: file.modified.map(|at| at.to_string()),
        };
        let written = Written {
            bytes: exhibit.bytes,
            sha256: exhibit.sha256.0,
            blake3: exhibit.blake3,
            files: self.files.iter().map(file).collect(),
        };
        serde_json::to_vec(&written).unwrap_or_default()
    }

    /// Reads the written form. What the case file says of an exhibit (kind, completeness, custodian, controller) is taken from
    /// `said`: it may be mended there without sealing anew.
    pub fn from_bytes(bytes: &[u8], said: Said<'_>) -> Option<Self> {
        let written: Written = serde_json::from_slice(bytes).ok()?;
        let file = |file: WrittenFile| {
            Some(SealedFile {
                path: ItemPath::from_encoded(file.path),
                disk: OsString::from_vec(file.disk).into(),
                bytes: file.bytes,
                sha256: Sha256(file.sha256),
                blake3: file.blake3,
                modified: file.modified.map(|at| at.parse().ok()).unwrap_or_default(),
            })
        };
        let files: Vec<_> = written.files.into_iter().map(file).collect::<Option<_>>()?;
        let exhibit = Exhibit {
            id: said.id.clone(),
            kind: said.kind,
            files: files.len() as u64,
            bytes: written.bytes,
            sha256: Sha256(written.sha256),
            blake3: written.blake3,
            completeness: said.completeness,
            custodian: said.custodian.to_owned(),
            controller: said.controller.cloned(),
        };
        Some(Self { exhibit, files })
    }
}

/// What the case file says of an exhibit.
#[derive(Clone, Copy, Debug)]
pub struct Said<'a> {
    /// Its number.
    pub id: &'a ExhibitId,
    /// What it is.
    pub kind: ExhibitKind,
    /// How much of the claimed data it is.
    pub completeness: Completeness,
    /// Who handed it over.
    pub custodian: &'a str,
    /// The controller, for a register.
    pub controller: Option<&'a ControllerId>,
}

#[derive(Serialize, Deserialize)]
struct Written {
    bytes: u64,
    sha256: [u8; 32],
    blake3: [u8; 32],
    files: Vec<WrittenFile>,
}

#[derive(Serialize, Deserialize)]
struct WrittenFile {
    path: String,
    disk: Vec<u8>,
    bytes: u64,
    sha256: [u8; 32],
    blake3: [u8; 32],
    modified: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sealed_exhibit_reads_back_with_what_the_case_file_says_now() {
        let id = ExhibitId::new("LEAK/1");
        let said = Said {
            id: &id,
            kind: ExhibitKind::Leak,
            completeness: Completeness::Partial,
            custodian: "IG lead",
            controller: None,
        };
        let file = SealedFile {
            path: ItemPath::of_file("fs01/a!.txt"),
            disk: OsString::from_vec(b"fs01/a\xff.txt".to_vec()).into(),
            bytes: 3,
            sha256: Sha256([7; 32]),
            blake3: [8; 32],
            modified: Some(jiff::Timestamp::UNIX_EPOCH),
        };
        let exhibit = Exhibit {
            id: id.clone(),
            kind: ExhibitKind::Leak,
            files: 1,
            bytes: 3,
            sha256: Sha256([1; 32]),
            blake3: [2; 32],
            completeness: Completeness::Unknown,
            custodian: String::new(),
            controller: None,
        };
        let sealed = SealedExhibit { exhibit, files: vec![file.clone()] };
        let back = SealedExhibit::from_bytes(&sealed.to_bytes(), said).unwrap();
        assert_eq!((back.exhibit.sha256, back.exhibit.completeness), (Sha256([1; 32]), Completeness::Partial));
        assert_eq!(back.files, [file]);
        assert!(SealedExhibit::from_bytes(b"{}", said).is_none());
    }
}
