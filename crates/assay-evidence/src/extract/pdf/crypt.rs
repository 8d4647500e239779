//! The standard security handler of PDF: from a password to the bytes of strings and streams.
//!
//! The empty password comes first, since most files are locked against printing only; then those that the user gave.
//! None is guessed. Public-key handlers are not opened. Sources: ISO 32000-1, 7.6; ISO 32000-2, 7.6.4 (revision 6).

use super::object::{Dict, Object};
use aes::cipher::{Array, BlockCipherDecrypt, BlockCipherEncrypt, KeyInit};
use assay_model::Sensitive;
use md5::{Digest, Md5};
use sha2::{Sha256, Sha384, Sha512};

/// How bytes are encrypted.
#[derive(Clone, Copy, PartialEq)]
enum Method {
    None,
    Rc4,
    Aes128,
    Aes256,
}

/// A file's key and where it applies.
pub(super) struct Cipher {
    key: Vec<u8>,
    strings: Method,
    streams: Method,
    embedded: Method,
}

/// What a password is checked against.
struct Lock<'d> {
    revision: i64,
    owner: &'d [u8],
    user: &'d [u8],
    owner_key: &'d [u8],
    user_key: &'d [u8],
    permissions: i32,
    id: &'d [u8],
    length: usize,
    metadata: bool,
}

impl Cipher {
    /// The cipher of an encryption dictionary whose values stand in it; `None` where no password fits.
    pub(super) fn open(dict: &Dict, id: &[u8], passwords: &[Sensitive<String>]) -> Option<Self> {
        if !dict.is(b"Filter", b"Standard") {
            return None;
        }
        let number = |key: &[u8]| dict.get(key).and_then(Object::integer);
        let string = |key: &[u8]| dict.get(key).and_then(Object::string).unwrap_or_default();
        let version = number(b"V").unwrap_or(0);
        let bits = number(b"Length").unwrap_or(40);
        // A few writers give bytes.
        let length = usize::try_from(if bits < 40 { bits * 8 } else { bits }).unwrap_or(40).clamp(40, 256) / 8;
        let [streams, strings, embedded] = [&b"StmF"[..], b"StrF", b"EFF"].map(|key| {
            let name = dict.get(key).and_then(Object::name);
            name.map_or(Method::None, |name| method(dict, name))
        });
        let (streams, strings, embedded, length) = match version {
            1 => (Method::Rc4, Method::Rc4, Method::Rc4, 5),
            2 | 3 => (Method::Rc4, Method::Rc4, Method::Rc4, length),
            4 | 5 => {
                let embedded = if dict.get(b"EFF").is_some() { embedded } else { streams };
                (streams, strings, embedded, if version == 4 { 16 } else { 32 })
            }
            _ => return None,
        };
        let lock = Lock {
            revision: number(b"R").unwrap_or(0),
            owner: string(b"O"),
            user: string(b"U"),
            owner_key: string(b"OE"),
            user_key: string(b"UE"),
            permissions: number(b"P").unwrap_or(0) as i32,
            id,
            length,
            metadata: dict.get(b"EncryptMetadata") != Some(&Object::Bool(false)),
        };
        let given = passwords.iter().map(|password| password.reveal().as_str());
        let key = std::iter::once("").chain(given).find_map(|password| lock.key(password))?;
        Some(Self { key, strings, streams, embedded })
    }

    /// Decrypts the strings of an object.
    pub(super) fn open_strings(&self, object: &mut Object, id: (u32, u16)) {
        match object {
            Object::String(bytes) => *bytes = self.opened(bytes, id, self.strings),
            Object::Array(items) => items.iter_mut().for_each(|item| self.open_strings(item, id)),
            Object::Dict(dict) => self.open_dict(dict, id),
            Object::Stream(stream) => self.open_dict(&mut stream.dict, id),
            _ => {}
        }
    }

    fn open_dict(&self, dict: &mut Dict, id: (u32, u16)) {
        // The bytes of a signature are in the clear.
        let is_signature = dict.is(b"Type", b"Sig");
        for (key, value) in dict.values_mut() {
            if !(is_signature && key == b"Contents") {
                self.open_strings(value, id);
            }
        }
    }

    /// Decrypts a stream; an embedded file may have a cipher of its own.
    pub(super) fn stream(&self, bytes: &[u8], id: (u32, u16), is_embedded_file: bool) -> Vec<u8> {
        self.opened(bytes, id, if is_embedded_file { self.embedded } else { self.streams })
    }

    fn opened(&self, bytes: &[u8], id: (u32, u16), method: Method) -> Vec<u8> {
        match method {
            Method::None => bytes.to_vec(),
            Method::Rc4 => rc4(&self.object_key(id, &[]), bytes),
            Method::Aes128 => cbc(&self.object_key(id, b"sAlT"), bytes),
            Method::Aes256 => cbc(&self.key, bytes),
        }
    }

    fn object_key(&self, (number, generation): (u32, u16), salt: &[u8]) -> Vec<u8> {
        let mut hash = Md5::new();
        hash.update(&self.key);
        hash.update(number.to_le_bytes().get(..3).unwrap_or_default());
        hash.update(generation.to_le_bytes());
        hash.update(salt);
        let mut key = hash.finalize().to_vec();
        key.truncate((self.key.len() + 5).min(16));
        key
    }
}

/// The method of a crypt filter.
fn method(dict: &Dict, name: &[u8]) -> Method {
    if name == b"Identity" {
        return Method::None;
    }
    let filter = dict.get(b"CF").and_then(Object::dict).and_then(|filters| filters.get(name)).and_then(Object::dict);
    match filter.and_then(|filter| filter.get(b"CFM")).and_then(Object::name) {
        Some(b"V2") => Method::Rc4,
        Some(b"AESV2") => Method::Aes128,
        Some(b"AESV3") => Method::Aes256,
        _ => Method::None,
    }
}

const PADDING: [u8; 32] = [
    0x28, 0xbf, 0x4e, 0x5e, 0x4e, 0x75, 0x8a, 0x41, 0x64, 0x00, 0x4e, 0x56, 0xff, 0xfa, 0x01, 0x08, 0x2e, 0x2e, 0x00,
    0xb6, 0xd0, 0x68, 0x3e, 0x80, 0x2f, 0x0c, 0xa9, 0xfe, 0x64, 0x53, 0x69, 0x7a,
];

impl Lock<'_> {
    /// The file's key, if the password is its user's or its owner's.
    fn key(&self, password: &str) -> Option<Vec<u8>> {
        if self.revision >= 5 {
            return self.key_256(password.as_bytes());
        }
        let (latin, _, _) = encoding_rs::WINDOWS_1252.encode(password);
        // What was typed where UTF-8 is usual.
        [&latin[..], password.as_bytes()].iter().find_map(|password| {
            let padded = padded(password);
            self.user_key_of(&padded).or_else(|| self.user_key_of(&self.user_password(&padded)))
        })
    }

    /// The key of a user's password, padded, if it is one.
    fn user_key_of(&self, password: &[u8; 32]) -> Option<Vec<u8>> {
        let mut hash = Md5::new();
        hash.update(password);
        hash.update(self.owner.get(..32).unwrap_or(self.owner));
        hash.update(self.permissions.to_le_bytes());
        hash.update(self.id);
        if self.revision >= 4 && !self.metadata {
            hash.update([0xff; 4]);
        }
        let mut key = hash.finalize().to_vec();
        key.truncate(self.length);
        if self.revision >= 3 {
            for _ in 0..50 {
                key = Md5::digest(&key).to_vec();
                key.truncate(self.length);
            }
            let mut hash = Md5::new();
            hash.update(PADDING);
            hash.update(self.id);
            let mut check = rc4(&key, &hash.finalize());
            for turn in 1..=19_u8 {
                check = rc4(&turned(&key, turn), &check);
            }
            (self.user.get(..16) == Some(&check)).then_some(key)
        } else {
            (self.user == rc4(&key, &PADDING)).then_some(key)
        }
    }

    /// The user's password that the owner's, padded, opens.
    fn user_password(&self, owner: &[u8; 32]) -> [u8; 32] {
        let mut key = Md5::digest(owner).to_vec();
        if self.revision >= 3 {
            for _ in 0..50 {
                key = Md5::digest(&key).to_vec();
            }
        }
        key.truncate(self.length.min(16));
        let mut password = self.owner.get(..32).unwrap_or(self.owner).to_vec();
        let turns = if self.revision >= 3 { 19 } else { 0 };
        for turn in (0..=turns).rev() {
            password = rc4(&turned(&key, turn), &password);
        }
        padded(&password)
    }

    fn key_256(&self, password: &[u8]) -> Option<Vec<u8>> {
        let password = password.get(..127).unwrap_or(password);
        let user = self.user.get(..48)?;
        let part = |whole: &'_ [u8], from: usize, to: usize| whole.get(from..to).unwrap_or_default().to_vec();
        let owner = self.owner.get(..48).unwrap_or_default();
        let (salts, extra, sealed) = if self.hash(password, &part(user, 32, 40), &[]) == part(user, 0, 32) {
            (user, &[][..], self.user_key)
        } else if !owner.is_empty() && self.hash(password, &part(owner, 32, 40), user) == part(owner, 0, 32) {
            (owner, user, self.owner_key)
        } else {
            return None;
        };
        let key = self.hash(password, &part(salts, 40, 48), extra);
        Some(cbc_plain(&key, &[0; 16], sealed.get(..32)?))
    }

    /// The hash of revision 5, hardened in revision 6.
    fn hash(&self, password: &[u8], salt: &[u8], extra: &[u8]) -> Vec<u8> {
        let mut hash = Sha256::new();
        [password, salt, extra].iter().for_each(|part| hash.update(part));
        let mut key = hash.finalize().to_vec();
        if self.revision < 6 {
            return key;
        }
        // It ends by chance; the bound is for hostile numbers, which would have to be very lucky to meet it.
        for round in 0..2048_u32 {
            let block = [password, &key, extra].concat().repeat(64);
            let (first, second) = key.split_at(16.min(key.len()));
            let sealed = cbc_sealed(first, second.get(..16).unwrap_or_default(), &block);
            let remainder = sealed.iter().take(16).map(|byte| u32::from(*byte)).sum::<u32>() % 3;
            key = match remainder {
                0 => Sha256::digest(&sealed).to_vec(),
                1 => Sha384::digest(&sealed).to_vec(),
                _ => Sha512::digest(&sealed).to_vec(),
            };
            if round >= 63 && u32::from(sealed.last().copied().unwrap_or(0)) <= round.saturating_sub(31) {
                break;
            }
        }
        key.truncate(32);
        key
    }
}

fn padded(password: &[u8]) -> [u8; 32] {
    let mut bytes = password.iter().chain(&PADDING);
    std::array::from_fn(|_| bytes.next().copied().unwrap_or(0))
}

fn turned(key: &[u8], turn: u8) -> Vec<u8> {
    key.iter().map(|byte| byte ^ turn).collect()
}

fn rc4(key: &[u8], bytes: &[u8]) -> Vec<u8> {
    let mut state: [u8; 256] = std::array::from_fn(|index| index as u8);
    let mut j = 0_u8;
    for i in 0..=255_u8 {
        let own = key.get(usize::from(i) % key.len().max(1)).copied().unwrap_or(0);
        j = j.wrapping_add(state[usize::from(i)]).wrapping_add(own);
        state.swap(usize::from(i), usize::from(j));
    }
    let (mut i, mut j) = (0_u8, 0_u8);
    let turn = |byte: &u8| {
        i = i.wrapping_add(1);
        j = j.wrapping_add(state[usize::from(i)]);
        state.swap(usize::from(i), usize::from(j));
        byte ^ state[usize::from(state[usize::from(i)].wrapping_add(state[usize::from(j)]))]
    };
    bytes.iter().map(turn).collect()
}

/// AES in CBC, the vector before it and padding after it; what is not a whole block is dropped.
fn cbc(key: &[u8], bytes: &[u8]) -> Vec<u8> {
    let Some((vector, rest)) = bytes.split_at_checked(16) else { return Vec::new() };
    let mut plain = cbc_plain(key, vector, rest);
    if let Some(pad) = plain.last().copied().filter(|pad| (1..=16).contains(pad)) {
        plain.truncate(plain.len().saturating_sub(usize::from(pad)));
    }
    plain
}

fn cbc_plain(key: &[u8], vector: &[u8], bytes: &[u8]) -> Vec<u8> {
    if key.len() == 16 {
        aes::Aes128::new_from_slice(key).map(|cipher| chained(&cipher, vector, bytes)).unwrap_or_default()
    } else {
        aes::Aes256::new_from_slice(key).map(|cipher| chained(&cipher, vector, bytes)).unwrap_or_default()
    }
}

fn chained(
    cipher: &impl BlockCipherDecrypt<BlockSize = aes::cipher::consts::U16>,
    vector: &[u8],
    bytes: &[u8],
) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut before: [u8; 16] = vector.try_into().unwrap_or_default();
    for sealed in bytes.chunks_exact(16) {
        let sealed: [u8; 16] = sealed.try_into().unwrap_or_default();
        let mut block = Array::from(sealed);
        cipher.decrypt_block(&mut block);
        let block: [u8; 16] = block.into();
        out.extend(block.iter().zip(before).map(|(one, two)| one ^ two));
        before = sealed;
    }
    out
}

fn cbc_sealed(key: &[u8], vector: &[u8], bytes: &[u8]) -> Vec<u8> {
    let Ok(cipher) = aes::Aes128::new_from_slice(key) else { return Vec::new() };
    let mut out = Vec::with_capacity(bytes.len());
    let mut before: [u8; 16] = vector.try_into().unwrap_or_default();
    for plain in bytes.chunks_exact(16) {
        let mut block = Array::from(std::array::from_fn::<u8, 16, _>(|index| plain[index] ^ before[index]));
        cipher.encrypt_block(&mut block);
        before = block.into();
        out.extend_from_slice(&before);
    }
    out
}
