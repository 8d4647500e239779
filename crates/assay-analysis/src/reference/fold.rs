//! How names are folded and where a folded one lies in the table of known words. The build makes the table with the same code.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Lower case, without diacritics, apostrophes, hyphens, full stops and blanks: the form in which names are compared.
pub fn fold(text: &str) -> String {
    if text.is_ascii() {
        let mut folded = String::with_capacity(text.len());
        folded.extend(text.bytes().filter(|b| is_kept(*b)).map(|b| char::from(b.to_ascii_lowercase())));
        return folded;
    }
    text.nfd()
        .filter(|c| !is_combining_mark(*c))
        .flat_map(char::to_lowercase)
        .filter(|c| !matches!(c, '\'' | '\u{2019}' | '\u{2018}' | '`' | '-' | '.' | ' ' | '\u{a0}'))
        .map(|c| match c {
            'ł' => 'l',
            'ø' => 'o',
            'đ' => 'd',
            other => other,
        })
        .collect()
}

/// False for the signs that a folded text is without.
pub(crate) fn is_kept(byte: u8) -> bool {
    !matches!(byte, b'\'' | b'`' | b'-' | b'.' | b' ')
}

/// The slot at which the search for a folded word begins, in a table of `slots`, a power of two, and the mark that its row's
/// number bears there, in the bits that no number needs. Source: FNV-1a, 64 bits.
pub(crate) fn slot(folded: &[u8], slots: usize) -> (usize, u32) {
    let hash = folded
        .iter()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3));
    ((hash ^ (hash >> 32)) as usize & (slots - 1), (hash >> 40) as u32 & !NUMBER)
}

/// The bits of a slot that are the number of a row.
pub(crate) const NUMBER: u32 = (1 << 20) - 1;
