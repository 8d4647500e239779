//! The ciphers of Office files before 2007 (MS-OFFCRYPTO 2.3.5 to 2.3.7): RC4 with MD5, RC4 of the CryptoAPI with SHA-1,
//! and XOR. They open what a password given by the user opens; none is guessed.
//!
//! All are weak; that is no concern here.

use super::little_endian::{u16_at, u32_at};
use assay_model::Sensitive;
use md5::{Digest as _, Md5};
use sha1::Sha1;

/// A cipher with its key.
pub(super) enum Cipher {
    /// RC4 with a key of 40 bits, re-keyed for every block.
    Rc4([u8; 5]),
    /// RC4 with a key of so many bytes, re-keyed for every block.
    CryptoApi([u8; 20], usize),
}

/// The stream cipher RC4.
pub(super) struct Rc4 {
    state: [u8; 256],
    one: u8,
    two: u8,
}

impl Rc4 {
    fn new(key: &[u8]) -> Self {
        let mut state = [0_u8; 256];
        (0..=255).zip(&mut state).for_each(|(number, place)| *place = number);
        let mut other = 0_u8;
        for (index, key) in (0..256).zip(key.iter().cycle()) {
            other = other.wrapping_add(state[index]).wrapping_add(*key);
            state.swap(index, usize::from(other));
        }
        Self { state, one: 0, two: 0 }
    }

    fn next(&mut self) -> u8 {
        self.one = self.one.wrapping_add(1);
        self.two = self.two.wrapping_add(self.state[usize::from(self.one)]);
        self.state.swap(usize::from(self.one), usize::from(self.two));
        let sum = self.state[usize::from(self.one)].wrapping_add(self.state[usize::from(self.two)]);
        self.state[usize::from(sum)]
    }

    pub(super) fn apply(&mut self, data: &mut [u8]) {
        data.iter_mut().for_each(|byte| *byte ^= self.next());
    }
}

/// The passwords to try: what the user gave, in order.
pub(super) fn given(passwords: &[Sensitive<String>]) -> impl Iterator<Item = &str> {
    passwords.iter().map(|password| password.reveal().as_str())
}

impl Cipher {
    /// The cipher that an encryption header describes, with the first password that fits; `None` where none does or the
    /// cipher is another.
    pub(super) fn open<'p>(header: &[u8], mut passwords: impl Iterator<Item = &'p str>) -> Option<Self> {
        match (u16_at(header, 0)?, u16_at(header, 2)?) {
            (1, 1) => passwords.find_map(|password| Self::plain(header.get(4..)?, password)),
            (2..=4, 2) => passwords.find_map(|password| Self::api(header, password)),
            _ => None,
        }
    }

    fn plain(header: &[u8], password: &str) -> Option<Self> {
        let (salt, check, hash) = (header.get(..16)?, header.get(16..32)?, header.get(32..48)?);
        let first = Md5::digest(wide(password));
        let mut rounds = Vec::with_capacity(16 * 21);
        for _ in 0..16 {
            rounds.extend_from_slice(first.get(..5)?);
            rounds.extend_from_slice(salt);
        }
        let key: [u8; 5] = Md5::digest(&rounds).get(..5)?.try_into().ok()?;
        let cipher = Self::Rc4(key);
        let mut both = [check, hash].concat();
        cipher.block(0).apply(&mut both);
        let (check, hash) = both.split_at(16);
        (Md5::digest(check).as_slice() == hash).then_some(cipher)
    }

    fn api(header: &[u8], password: &str) -> Option<Self> {
        // MS-OFFCRYPTO 2.3.5.1: version, flags, the size of the header, the header, the verifier.
        let size = u32_at(header, 8)? as usize;
        let bits = u32_at(header, 12 + 16)?;
        let verifier = header.get(12_usize.checked_add(size)?..)?;
        let (salt, check, hash) = (verifier.get(4..20)?, verifier.get(20..36)?, verifier.get(40..60)?);
        let base = Sha1::new().chain_update(salt).chain_update(wide(password)).finalize();
        let bits = if bits == 0 { 40 } else { bits };
        let cipher = Self::CryptoApi(base.as_slice().try_into().ok()?, (bits as usize / 8).clamp(5, 16));
        let mut both = [check, hash].concat();
        cipher.block(0).apply(&mut both);
        let (check, hash) = both.split_at(16);
        (Sha1::digest(check).as_slice() == hash).then_some(cipher)
    }

    /// The key stream of a block.
    pub(super) fn block(&self, number: u32) -> Rc4 {
        match self {
            Self::Rc4(key) => Rc4::new(&Md5::new().chain_update(key).chain_update(number.to_le_bytes()).finalize()),
            Self::CryptoApi(base, bytes) => {
                let key = Sha1::new().chain_update(base).chain_update(number.to_le_bytes()).finalize();
                let mut key = key.get(..*bytes).unwrap_or_default().to_vec();
                if *bytes == 5 {
                    key.resize(16, 0);
                }
                Rc4::new(&key)
            }
        }
    }

    /// Decrypts a whole stream that is re-keyed every `size` bytes.
    pub(super) fn stream(&self, data: &mut [u8], size: usize) {
        for (number, block) in (0_u32..).zip(data.chunks_mut(size)) {
            self.block(number).apply(block);
        }
    }
}

fn wide(password: &str) -> Vec<u8> {
    password.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

/// The bytes that XOR obfuscation uses in turn.
pub(super) struct Xor([u8; 16]);

/// How far the bytes of the key are rotated, which tells Excel's from Word's.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum XorKind {
    Excel,
    Word,
}

impl Xor {
    /// The key of the first password whose verifier is `hash` and whose key is `key`.
    pub(super) fn open<'p>(
        key: u16,
        hash: u16,
        kind: XorKind,
        mut passwords: impl Iterator<Item = &'p str>,
    ) -> Option<Self> {
        passwords.find_map(|password| {
            let (bytes, _, lost) = encoding_rs::WINDOWS_1252.encode(password);
            let fits = !lost && bytes.len() <= 15 && xor_key(&bytes) == key && xor_hash(&bytes) == hash;
            fits.then(|| Self::new(&bytes, key, kind))
        })
    }

    fn new(password: &[u8], key: u16, kind: XorKind) -> Self {
        const FILL: [u8; 15] = [0xbb, 0xff, 0xff, 0xba, 0xff, 0xff, 0xb9, 0x80, 0, 0xbe, 0x0f, 0, 0xbf, 0x0f, 0];
        let key = key.to_le_bytes();
        let filled = password.iter().chain(&FILL).zip(key.iter().cycle());
        let turn = match kind {
            XorKind::Excel => 2,
            XorKind::Word => 7,
        };
        let mut bytes = [0; 16];
        for (place, (one, two)) in bytes.iter_mut().zip(filled) {
            *place = (one ^ two).rotate_left(turn);
        }
        Self(bytes)
    }

    /// Decrypts the data of an Excel record that begins at `position` in its stream.
    pub(super) fn excel(&self, data: &mut [u8], position: usize, size: usize) {
        let keys = self.0.iter().cycle().skip((position + size) % 16);
        data.iter_mut().zip(keys).for_each(|(byte, key)| *byte = byte.rotate_left(3) ^ key);
    }

    /// Decrypts a stretch of a Word stream that begins at `position`.
    pub(super) fn word(&self, data: &mut [u8], position: usize) {
        let keys = self.0.iter().cycle().skip(position % 16);
        for (byte, key) in data.iter_mut().zip(keys) {
            // Zeros, and what would become zero, stay as they are.
            if *byte != 0 && *byte != *key {
                *byte ^= key;
            }
        }
    }
}

fn xor_key(password: &[u8]) -> u16 {
    let turned = |value: u16| {
        let value = value.rotate_left(1);
        if value & 1 != 0 { value ^ 0x1020 } else { value }
    };
    let (mut key, mut base, mut end) = (0_u16, 0x8000_u16, 0xffff_u16);
    for byte in password.iter().rev() {
        let mut byte = byte & 0x7f;
        for _ in 0..8 {
            base = turned(base);
            if byte & 1 != 0 {
                key ^= base;
            }
            byte >>= 1;
            end = turned(end);
        }
    }
    key ^ end
}

fn xor_hash(password: &[u8]) -> u16 {
    let mut hash = password.len() as u16;
    if !password.is_empty() {
        hash ^= 0xce4b;
    }
    for (index, byte) in password.iter().enumerate() {
        let turn = (index + 1) % 15;
        let value = u32::from(*byte) << turn;
        hash ^= ((value | value >> 15) & 0x7fff) as u16;
    }
    hash
}
