//! Office packages behind a password (MS-OFFCRYPTO 2.3.4): agile encryption as of Office 2010, standard encryption of Office
//! 2007. The package inside is read in the place of the file around it, so that the item has its own type.
//!
//! Passwords come from whoever asks for the reading, and one from Excel itself: workbooks that are only protected against
//! changes are encrypted with a password that Excel tries without asking. RC4 and encryption by certificates are not opened.

use super::ciphers::{self, Chain};
use super::little_endian::{u16_at, u32_at};
use super::ole::{self, Compound};
use super::ooxml::{Xml, attribute, events};
use super::{ReadSeek, Reading, read_at_most, rewind};
use assay_model::UnreadReason;
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha384, Sha512};

/// What Excel tries on every encrypted workbook before it asks (MS-OFFCRYPTO 2.3.7 speaks of it as the default).
const OF_EXCEL: &str = "VelvetSweatshop";

/// Rounds of hashing over all passwords tried on one file: two hundred of Office's own count.
const ROUNDS: u64 = 20_000_000;

/// Bytes of a package that are encrypted together (MS-OFFCRYPTO 2.3.4.15).
const SEGMENT: usize = 4096;

/// The package inside.
pub(super) struct Opened {
    pub(super) bytes: Vec<u8>,
    /// What a reader should know of how it was opened.
    pub(super) warning: &'static str,
}

/// Opens an encrypted package; `None` where the input is none, or where nothing opens it.
pub(super) fn open(input: &mut dyn ReadSeek, reading: &Reading<'_>) -> Option<Opened> {
    let mut head = [0; 8];
    rewind(input).ok()?;
    std::io::Read::read_exact(input, &mut head).ok()?;
    if head != *ole::MAGIC || ole::main_stream(input).as_deref() != Some("EncryptedPackage") {
        return None;
    }
    rewind(input).ok()?;
    let file = Compound::open(read_at_most(input, reading.limits.item_bytes).ok()?).ok()?;
    let scheme = Scheme::read(&file.named(ole::ROOT, "EncryptionInfo")?).ok()?;
    let package = file.named(ole::ROOT, "EncryptedPackage")?;
    drop(file);
    let given = reading
        .passwords
        .iter()
        .map(|password| (password.reveal().as_str(), "was encrypted; opened with a password that was given for it"));
    let own =
        (OF_EXCEL, "was encrypted with the password that Excel itself uses for workbooks protected against changes");
    let most = (ROUNDS / scheme.rounds().max(1)).max(1);
    let mut tried = given.chain([own]).take(usize::try_from(most).unwrap_or(usize::MAX));
    tried.find_map(|(password, warning)| {
        let key = scheme.key(password)?;
        Some(Opened { bytes: scheme.decrypt(&key, &package)?, warning })
    })
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Hash {
    Sha1,
    Sha256,
    Sha384,
    Sha512,
}

impl Hash {
    fn of(self, pieces: &[&[u8]]) -> Vec<u8> {
        fn digest<D: Digest>(pieces: &[&[u8]]) -> Vec<u8> {
            let mut hasher = D::new();
            pieces.iter().for_each(|piece| hasher.update(piece));
            hasher.finalize().to_vec()
        }
        match self {
            Self::Sha1 => digest::<Sha1>(pieces),
            Self::Sha256 => digest::<Sha256>(pieces),
            Self::Sha384 => digest::<Sha384>(pieces),
            Self::Sha512 => digest::<Sha512>(pieces),
        }
    }

    /// A password hashed over and over with its salt.
    fn spun(self, salt: &[u8], password: &str, rounds: u32) -> Vec<u8> {
        let password: Vec<u8> = password.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let mut hash = self.of(&[salt, &password]);
        for round in 0..rounds {
            hash = self.of(&[&round.to_le_bytes(), &hash]);
        }
        hash
    }
}

/// How one key or the package is encrypted in the agile scheme.
#[derive(Default)]
struct Agile {
    salt: Vec<u8>,
    block: usize,
    key: usize,
    hash: Option<Hash>,
    hash_bytes: usize,
    rounds: u32,
    verifier: Vec<u8>,
    verifier_hash: Vec<u8>,
    value: Vec<u8>,
}

enum Scheme {
    Agile { data: Agile, password: Agile },
    Standard { salt: Vec<u8>, key: usize, verifier: Vec<u8>, verifier_hash: Vec<u8> },
}

impl Scheme {
    fn read(info: &[u8]) -> Result<Self, UnreadReason> {
        let version = (u16_at(info, 0), u16_at(info, 2));
        match version {
            (Some(4), Some(4)) => Self::agile(info.get(8..).unwrap_or_default()),
            (Some(2..=4), Some(2)) => Self::standard(info).ok_or(UnreadReason::Unsupported),
            _ => Err(UnreadReason::Unsupported),
        }
    }

    fn agile(xml: &[u8]) -> Result<Self, UnreadReason> {
        let xml = std::str::from_utf8(xml).map_err(|_| UnreadReason::Corrupt)?;
        let (mut data, mut password) = (None, None);
        events(xml, 32, &mut |event| {
            let Xml::Start(name @ ("keyData" | "encryptedKey"), start) = event else { return };
            let number = |name: &str| attribute(start, name).and_then(|value| value.parse::<usize>().ok()).unwrap_or(0);
            let bytes = |name: &str| attribute(start, name).and_then(|text| ciphers::base64(&text)).unwrap_or_default();
            let one = Agile {
                salt: bytes("saltValue"),
                block: number("blockSize"),
                key: number("keyBits") / 8,
                hash: attribute(start, "hashAlgorithm").and_then(|name| match name.as_str() {
                    "SHA1" | "SHA-1" => Some(Hash::Sha1),
                    "SHA256" | "SHA-256" => Some(Hash::Sha256),
                    "SHA384" | "SHA-384" => Some(Hash::Sha384),
                    "SHA512" | "SHA-512" => Some(Hash::Sha512),
                    _ => None,
                }),
                hash_bytes: number("hashSize"),
                rounds: u32::try_from(number("spinCount")).unwrap_or(u32::MAX),
                verifier: bytes("encryptedVerifierHashInput"),
                verifier_hash: bytes("encryptedVerifierHashValue"),
                value: bytes("encryptedKeyValue"),
            };
            let aes = attribute(start, "cipherAlgorithm").as_deref() == Some("AES");
            let chained = attribute(start, "cipherChaining").as_deref() == Some("ChainingModeCBC");
            if aes && chained && one.block == 16 {
                if name == "keyData" { data = Some(one) } else { password = Some(one) }
            }
        })
        .map_err(|_| UnreadReason::Corrupt)?;
        match (data, password) {
            (Some(data), Some(password)) => Ok(Self::Agile { data, password }),
            _ => Err(UnreadReason::Unsupported),
        }
    }

    /// MS-OFFCRYPTO 2.3.4.5: flags, the size of a header, the header, and the verifier.
    fn standard(info: &[u8]) -> Option<Self> {
        let size = u32_at(info, 8)? as usize;
        let header = info.get(12..)?.get(..size)?;
        // The three sizes of AES; RC4 is not opened.
        if !(0x660e..=0x6610).contains(&u32_at(header, 8)?) {
            return None;
        }
        let key = u32_at(header, 16)? as usize / 8;
        let verifier = info.get(12 + size..)?;
        let salt = verifier.get(4..)?.get(..u32_at(verifier, 0)? as usize)?;
        let rest = verifier.get(4 + salt.len()..)?;
        Some(Self::Standard {
            salt: salt.to_vec(),
            key,
            verifier: rest.get(..16)?.to_vec(),
            verifier_hash: rest.get(20..52)?.to_vec(),
        })
    }

    fn rounds(&self) -> u64 {
        match self {
            Self::Agile { password, .. } => u64::from(password.rounds),
            Self::Standard { .. } => 50_000,
        }
    }

    /// The key of the package, if the password is the right one.
    fn key(&self, with: &str) -> Option<Vec<u8>> {
        match self {
            Self::Agile { password, .. } => {
                let hash = password.hash?;
                // One password may cost no more than all together.
                if u64::from(password.rounds) > ROUNDS {
                    return None;
                }
                let spun = hash.spun(&password.salt, with, password.rounds);
                let opened = |block: [u8; 8], sealed: &[u8]| {
                    let key = resized(hash.of(&[&spun, &block]), password.key);
                    ciphers::aes(&key, Chain::Blocks(&resized(password.salt.clone(), 16)), sealed)
                };
                // MS-OFFCRYPTO 2.3.4.13 names these constants.
                let input = opened([0xfe, 0xa7, 0xd2, 0x76, 0x3b, 0x4b, 0x9e, 0x79], &password.verifier)?;
                let value = opened([0xd7, 0xaa, 0x0f, 0x6d, 0x30, 0x61, 0x34, 0x4e], &password.verifier_hash)?;
                let expected = hash.of(&[input.get(..password.salt.len()).unwrap_or(&input)]);
                let size = password.hash_bytes.min(expected.len());
                if size == 0 || value.get(..size) != expected.get(..size) {
                    return None;
                }
                let key = opened([0x14, 0x6e, 0x0b, 0xe7, 0xab, 0xac, 0xd0, 0xd6], &password.value)?;
                key.get(..password.key).map(<[u8]>::to_vec)
            }
            Self::Standard { salt, key, verifier, verifier_hash } => {
                let hash = Hash::Sha1;
                let spun = hash.of(&[&hash.spun(salt, with, 50_000), &0_u32.to_le_bytes()]);
                // MS-OFFCRYPTO 2.3.4.7: two hashes over the hash and two constants.
                let half = |constant: u8| {
                    let mut block = [constant; 64];
                    block.iter_mut().zip(&spun).for_each(|(byte, with)| *byte ^= with);
                    hash.of(&[&block])
                };
                let key = [half(0x36), half(0x5c)].concat().get(..*key)?.to_vec();
                let input = ciphers::aes(&key, Chain::None, verifier)?;
                let value = ciphers::aes(&key, Chain::None, verifier_hash)?;
                (value.get(..20) == Some(&hash.of(&[&input]))).then_some(key)
            }
        }
    }

    /// The package: its size, then its segments.
    fn decrypt(&self, key: &[u8], package: &[u8]) -> Option<Vec<u8>> {
        let size = usize::try_from(u64::from_le_bytes(package.get(..8)?.try_into().ok()?)).ok()?;
        let sealed = package.get(8..)?;
        let mut open = match self {
            Self::Agile { data, .. } => {
                let hash = data.hash?;
                let mut open = Vec::with_capacity(sealed.len());
                for (number, segment) in (0_u32..).zip(sealed.chunks(SEGMENT)) {
                    let start = resized(hash.of(&[&data.salt, &number.to_le_bytes()]), 16);
                    open.extend(ciphers::aes(key, Chain::Blocks(&start), segment)?);
                }
                open
            }
            Self::Standard { .. } => ciphers::aes(key, Chain::None, sealed)?,
        };
        open.truncate(size);
        Some(open)
    }
}

/// Cut, or filled up as the specification says.
fn resized(mut bytes: Vec<u8>, size: usize) -> Vec<u8> {
    bytes.resize(size.min(64), 0x36);
    bytes
}
