//! Sealing: XChaCha20-Poly1305 under the key of the case, for everything personal that is written.
//!
//! The key lies outside the case folder, so that a copied folder is no second breach. What binds a sealed value to its
//! place is the `context` (table and column): a value moved elsewhere does not open.

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// The key of a case, 32 bytes. Its `Debug` shows its id only.
#[derive(Clone)]
pub struct CaseKey([u8; 32]);

/// Why a key or a sealed value was refused.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// The system gave no random bytes.
    #[error("the system gave no random bytes")]
    Random,
    /// A key file could not be read or written.
    #[error("key file {path}: cannot be used\n  remedy: set ASSAY_KEYS to the folder that holds this case's key")]
    KeyFile {
        /// The file.
        path: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A key file holds something else.
    #[error(
        "key file {path}: expected 64 hex digits\n  remedy: restore it from its copy; without it the case cannot be opened"
    )]
    KeyForm {
        /// The file.
        path: String,
    },
    /// A sealed value was changed, or is of another case or place.
    #[error("a sealed value of {context} does not open: it was changed, or the key is of another case")]
    Broken {
        /// Table and column.
        context: String,
    },
}

/// 256 bits of the system's randomness.
pub fn random_bytes() -> Result<[u8; 32], VaultError> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|_| VaultError::Random)?;
    Ok(bytes)
}

impl CaseKey {
    /// Draws a key.
    pub fn generate() -> Result<Self, VaultError> {
        random_bytes().map(Self)
    }

    /// Sixteen hex digits that name the key and tell nothing of it.
    pub fn id(&self) -> String {
        let digest = blake3::derive_key("assay case key id v1", &self.0);
        digest[..8].iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// A key for one use, derived: segments, journal.
    pub fn derive(&self, purpose: &str) -> [u8; 32] {
        let mut material = self.0.to_vec();
        material.extend_from_slice(purpose.as_bytes());
        blake3::derive_key("assay case key purpose v1", &material)
    }

    /// Writes the key to `folder/ID.key` with mode 0600; the file must not exist.
    pub fn save(&self, folder: &Path) -> Result<PathBuf, VaultError> {
        let path = folder.join(format!("{}.key", self.id()));
        let fail = |source| VaultError::KeyFile { path: path.display().to_string(), source };
        std::fs::create_dir_all(folder).map_err(fail)?;
        let mut file =
            std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path).map_err(fail)?;
        let hex: String = self.0.iter().map(|byte| format!("{byte:02x}")).collect();
        file.write_all(hex.as_bytes()).and_then(|()| file.sync_all()).map_err(fail)?;
        Ok(path)
    }

    /// Reads the key named `id` from `folder`.
    pub fn load(folder: &Path, id: &str) -> Result<Self, VaultError> {
        let path = folder.join(format!("{id}.key"));
        let shown = path.display().to_string();
        let text =
            std::fs::read_to_string(&path).map_err(|source| VaultError::KeyFile { path: shown.clone(), source })?;
        let key = parse_hex(text.trim()).map(Self).ok_or_else(|| VaultError::KeyForm { path: shown.clone() })?;
        if key.id() == id { Ok(key) } else { Err(VaultError::KeyForm { path: shown }) }
    }
}

impl std::fmt::Debug for CaseKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "CaseKey({})", self.id())
    }
}

fn parse_hex(text: &str) -> Option<[u8; 32]> {
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    let mut bytes = [0; 32];
    for (n, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(2 * n..2 * n + 2)?, 16).ok()?;
    }
    Some(bytes)
}

/// Seals and opens values.
pub struct Vault {
    cipher: XChaCha20Poly1305,
}

impl Vault {
    /// A vault under the case's key.
    pub fn new(key: &CaseKey) -> Self {
        Self { cipher: XChaCha20Poly1305::new(&Key::from(key.derive("vault"))) }
    }

    /// Seals `plain`: a random nonce of 24 bytes, then the ciphertext with its tag.
    pub fn seal(&self, context: &str, plain: &[u8]) -> Result<Vec<u8>, VaultError> {
        let mut nonce = [0; 24];
        getrandom::fill(&mut nonce).map_err(|_| VaultError::Random)?;
        let payload = Payload { msg: plain, aad: context.as_bytes() };
        let sealed = self.cipher.encrypt(&XNonce::from(nonce), payload).map_err(|_| broken(context))?;
        Ok([nonce.as_slice(), &sealed].concat())
    }

    /// Opens what [`Vault::seal`] gave for the same context.
    pub fn open(&self, context: &str, sealed: &[u8]) -> Result<Vec<u8>, VaultError> {
        let (nonce, body) = sealed.split_first_chunk::<24>().ok_or_else(|| broken(context))?;
        let payload = Payload { msg: body, aad: context.as_bytes() };
        self.cipher.decrypt(&XNonce::from(*nonce), payload).map_err(|_| broken(context))
    }
}

fn broken(context: &str) -> VaultError {
    VaultError::Broken { context: context.to_owned() }
}

/// The folder of keys: `$ASSAY_KEYS`, else `assay/keys` in the user's data directory.
pub fn key_folder() -> PathBuf {
    if let Some(folder) = std::env::var_os("ASSAY_KEYS") {
        return folder.into();
    }
    let data = std::env::var_os("XDG_DATA_HOME").map(PathBuf::from);
    let home = || std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".local/share"));
    data.or_else(home).unwrap_or_else(|| PathBuf::from(".")).join("assay/keys")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_sealed_value_opens_in_its_place_only() {
        let vault = Vault::new(&CaseKey::generate().unwrap());
        let sealed = vault.seal("unit.path", b"fs01/a.docx").unwrap();
        assert!(!sealed.windows(4).any(|window| window == b"fs01"));
        assert_eq!(vault.open("unit.path", &sealed).unwrap(), b"fs01/a.docx");
        assert!(vault.open("unit.name", &sealed).is_err());
        let mut changed = sealed.clone();
        *changed.last_mut().unwrap() ^= 1;
        assert!(vault.open("unit.path", &changed).is_err());
        assert!(vault.open("unit.path", &sealed[..10]).is_err());
        assert!(Vault::new(&CaseKey::generate().unwrap()).open("unit.path", &sealed).is_err());
    }

    #[test]
    fn a_key_is_saved_for_its_owner_alone_and_found_by_its_id() {
        let folder = tempfile::tempdir().unwrap();
        let key = CaseKey::generate().unwrap();
        let path = key.save(folder.path()).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(CaseKey::load(folder.path(), &key.id()).unwrap().0, key.0);
        assert!(CaseKey::load(folder.path(), "0000000000000000").is_err());
        std::fs::write(&path, "short").unwrap();
        assert!(matches!(CaseKey::load(folder.path(), &key.id()), Err(VaultError::KeyForm { .. })));
    }
}
