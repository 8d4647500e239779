//! Messages encrypted with PGP (RFC 9580), told by their first packet or by their armour. They need a key, and are not read.

use super::Head;

/// Whether a head is an encrypted message: a packet with a session key for a key or for a password comes first.
pub(super) fn fits(head: &Head<'_>) -> bool {
    packet(&head.first, head.bytes).unwrap_or(false)
}

/// Whether the text of a head is an encrypted message in armour.
pub(super) fn fits_armoured(_: &Head<'_>, text: &str) -> bool {
    text.trim_start().starts_with("-----BEGIN PGP MESSAGE-----")
}

fn packet(bytes: &[u8], whole: u64) -> Option<bool> {
    let first = *bytes.first()?;
    let at = |place: usize| bytes.get(place).copied().map(usize::from);
    let (tag, head, length) = match first {
        // The old form: the kind in the middle, the size of the length at the end.
        0x80..=0xbf => match first & 3 {
            0 => (first >> 2 & 15, 2, at(1)?),
            1 => (first >> 2 & 15, 3, at(1)? << 8 | at(2)?),
            _ => return None,
        },
        0xc0.. => match at(1)? {
            length @ 0..=191 => (first & 63, 2, length),
            length @ 192..=223 => (first & 63, 3, ((length - 192) << 8) + at(2)? + 192),
            _ => return None,
        },
        _ => return None,
    };
    let next = bytes.get(head + length)?;
    let more = (head + length) as u64 <= whole;
    Some(match (tag, at(head)?) {
        // A session key for a public key: version, number of the key, algorithm.
        (1, 3) => more && (10..2000).contains(&length) && matches!(at(head + 9)?, 1..=27) && next & 0x80 != 0,
        // One for a password: version, cipher, kind of derivation.
        (3, 4..=6) => more && (4..200).contains(&length) && matches!(at(head + 1)?, 1..=40) && next & 0x80 != 0,
        _ => false,
    })
}
