//! How names are folded and where a folded one lies in the table of known words. The build makes the table with the same code.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Lower case, without diacritics, apostrophes, hyphens, full stops and blanks: the form in which names are compared.
pub fn fold(text: &str) -> String {
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

/// The slot at which the search for a folded word begins, in a table of `slots`, a power of two. Source: FNV-1a, 64 bits.
pub(crate) fn slot(folded: &str, slots: usize) -> usize {
    let hash = folded
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3));
    (hash ^ (hash >> 32)) as usize & (slots - 1)
}
