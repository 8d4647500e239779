//! OpenDocument packages behind a password (OpenDocument 1.2 part 3, section 4): each part is sealed by itself, and the
//! manifest says how. A check sum over the beginning of a part tells whether a password is the right one.
//!
//! Keys made by PBKDF2, AES in chained blocks and Blowfish with feedback are known; packages sealed as a whole (Argon2,
//! as of 2024) are not opened.

use super::ciphers::{self, Chain};
use super::ooxml::{Xml, attribute, events};
use super::{Reading, read_at_most};
use assay_model::UnreadReason;
use flate2::read::DeflateDecoder;
use sha1::Sha1;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// Rounds of key derivation over all parts and passwords of one package.
const ROUNDS: u64 = 50_000_000;

/// How one part is sealed.
#[derive(Clone, Default)]
struct Sealed {
    checksum: Vec<u8>,
    checksum_of: String,
    algorithm: String,
    start: Vec<u8>,
    salt: Vec<u8>,
    rounds: u32,
    key_bytes: usize,
    /// The hash of the password that the key is made from.
    start_key: String,
    derivation: String,
    bytes: u64,
}

/// What the manifest says of sealed parts, and the password that opens them once it is found.
#[derive(Default)]
pub(super) struct Seals {
    parts: BTreeMap<String, Sealed>,
    password: Option<String>,
}

impl Seals {
    /// Reads a manifest; damage costs what follows it.
    pub(super) fn read(manifest: &str) -> Self {
        let mut parts = BTreeMap::new();
        let (mut name, mut bytes, mut sealed) = (String::new(), 0, None::<Sealed>);
        let _ = events(manifest, 32, &mut |event| {
            let Xml::Start(element, start) = event else {
                if let Xml::End("file-entry") = event
                    && let Some(sealed) = sealed.take()
                {
                    parts.insert(std::mem::take(&mut name), Sealed { bytes, ..sealed });
                }
                return;
            };
            let text = |name: &str| attribute(start, name).unwrap_or_default();
            let binary = |name: &str| ciphers::base64(&text(name)).unwrap_or_default();
            match (element, &mut sealed) {
                ("file-entry", _) => {
                    name = text("full-path");
                    bytes = text("size").parse().unwrap_or(0);
                    sealed = None;
                }
                ("encryption-data", _) => {
                    sealed = Some(Sealed {
                        checksum: binary("checksum"),
                        checksum_of: text("checksum-type").to_ascii_lowercase(),
                        start_key: "sha1".to_owned(),
                        ..Sealed::default()
                    });
                }
                ("algorithm", Some(sealed)) => {
                    sealed.algorithm = text("algorithm-name").to_ascii_lowercase();
                    sealed.start = binary("initialisation-vector");
                }
                ("key-derivation", Some(sealed)) => {
                    sealed.derivation = text("key-derivation-name").to_ascii_lowercase();
                    sealed.salt = binary("salt");
                    sealed.rounds = text("iteration-count").parse().unwrap_or(0);
                    sealed.key_bytes = text("key-size").parse().unwrap_or(16);
                }
                ("start-key-generation", Some(sealed)) => {
                    sealed.start_key = text("start-key-generation-name").to_ascii_lowercase();
                }
                _ => {}
            }
        });
        Self { parts, password: None }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// Tries the passwords of a reading on one sealed part, which `read` gives; `None` where no password opens it.
    pub(super) fn unlock(
        &mut self,
        reading: &Reading<'_>,
        read: &mut dyn FnMut(&str) -> Option<Vec<u8>>,
    ) -> Option<()> {
        let smallest = self.parts.iter().filter(|(_, sealed)| sealed.bytes > 0).min_by_key(|(_, sealed)| sealed.bytes);
        let (name, sealed) = smallest?;
        let bytes = read(name)?;
        let most = ROUNDS / u64::from(sealed.rounds.max(1)) / 2;
        let mut tried = reading.passwords.iter().take(usize::try_from(most).unwrap_or(usize::MAX));
        let found = tried.find(|password| sealed.open(password.reveal(), &bytes, reading.limits.item_bytes).is_some());
        self.password = Some(found?.reveal().clone());
        Some(())
    }

    /// The bytes of a part: opened where it is sealed.
    pub(super) fn open(&self, name: &str, bytes: Vec<u8>, limit: u64) -> Result<Vec<u8>, UnreadReason> {
        let Some(sealed) = self.parts.get(name) else { return Ok(bytes) };
        let password = self.password.as_ref().ok_or(UnreadReason::Encrypted)?;
        sealed.open(password, &bytes, limit).ok_or(UnreadReason::Corrupt)
    }
}

impl Sealed {
    fn open(&self, password: &str, sealed: &[u8], limit: u64) -> Option<Vec<u8>> {
        if self.bytes > limit || self.rounds == 0 || u64::from(self.rounds) > ROUNDS || self.key_bytes > 64 {
            return None;
        }
        if self.derivation != "pbkdf2" && !self.derivation.ends_with("#pbkdf2") {
            return None;
        }
        let start: Vec<u8> = if self.start_key.ends_with("sha256") {
            Sha256::digest(password).to_vec()
        } else {
            Sha1::digest(password).to_vec()
        };
        let mut key = vec![0; self.key_bytes];
        pbkdf2::pbkdf2_hmac::<Sha1>(&start, &self.salt, self.rounds, &mut key);
        let open = if self.algorithm.ends_with("cbc") {
            let mut open = ciphers::aes(&key, Chain::Blocks(&self.start), sealed)?;
            // The last block is filled up; its last byte says by how much.
            let fill = open.last().map_or(0, |last| usize::from(*last));
            if (1..=16).contains(&fill) {
                open.truncate(open.len().saturating_sub(fill));
            }
            open
        } else if self.algorithm.contains("blowfish") {
            ciphers::blowfish_feedback(&key, &self.start, sealed)?
        } else {
            return None;
        };
        let beginning = open.get(..1024).unwrap_or(&open);
        let sum = match () {
            () if self.checksum_of.contains("sha256") => Sha256::digest(beginning).to_vec(),
            () => Sha1::digest(beginning).to_vec(),
        };
        if sum != self.checksum {
            return None;
        }
        read_at_most(&mut DeflateDecoder::new(open.as_slice()), self.bytes).ok()
    }
}
