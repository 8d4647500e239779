//! Decryption that several formats share, over block ciphers of other hands; no format encrypts here.

use super::encoded;
use aes::cipher::{BlockCipherDecrypt, KeyInit};
use aes::{Aes128, Aes192, Aes256, Block};

/// How blocks hang together.
#[derive(Clone, Copy)]
pub(super) enum Chain<'c> {
    /// Each by itself (ECB).
    None,
    /// Each with the one before it (CBC), from sixteen bytes to start with.
    Blocks(&'c [u8]),
}

/// Decrypts whole blocks; bytes that fill none are let go. `None` where the key has no size of AES.
pub(super) fn aes(key: &[u8], chain: Chain<'_>, sealed: &[u8]) -> Option<Vec<u8>> {
    match key.len() {
        16 => Some(blocks(&Aes128::new_from_slice(key).ok()?, chain, sealed)),
        24 => Some(blocks(&Aes192::new_from_slice(key).ok()?, chain, sealed)),
        32 => Some(blocks(&Aes256::new_from_slice(key).ok()?, chain, sealed)),
        _ => None,
    }
}

fn blocks<C: BlockCipherDecrypt<BlockSize = aes::cipher::consts::U16>>(
    cipher: &C,
    chain: Chain<'_>,
    sealed: &[u8],
) -> Vec<u8> {
    let mut before = [0_u8; 16];
    if let Chain::Blocks(start) = chain {
        before.iter_mut().zip(start).for_each(|(byte, with)| *byte = *with);
    }
    let mut open = Vec::with_capacity(sealed.len());
    for sealed in sealed.chunks_exact(16) {
        let Ok(sealed) = <[u8; 16]>::try_from(sealed) else { continue };
        let mut block = Block::from(sealed);
        cipher.decrypt_block(&mut block);
        if let Chain::Blocks(_) = chain {
            block.iter_mut().zip(before).for_each(|(byte, with)| *byte ^= with);
            before = sealed;
        }
        open.extend_from_slice(&block);
    }
    open
}

/// Bytes written as base64; `None` where other characters occur.
pub(super) fn base64(text: &str) -> Option<Vec<u8>> {
    let (bytes, whole) = encoded::base64(text.as_bytes());
    whole.then_some(bytes)
}

/// Decrypts Blowfish in cipher feedback of whole blocks (CFB), from eight bytes to start with.
pub(super) fn blowfish_feedback(key: &[u8], start: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
    use aes::cipher::BlockCipherEncrypt;
    let cipher: blowfish::Blowfish = blowfish::Blowfish::new_from_slice(key).ok()?;
    let mut before: [u8; 8] = start.try_into().ok()?;
    let mut open = Vec::with_capacity(sealed.len());
    for sealed in sealed.chunks(8) {
        let mut block = before.into();
        cipher.encrypt_block(&mut block);
        open.extend(sealed.iter().zip(block.iter()).map(|(byte, with)| byte ^ with));
        if let Ok(whole) = sealed.try_into() {
            before = whole;
        }
    }
    Some(open)
}
