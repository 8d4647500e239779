//! What a certificate says of itself: subject, issuer, validity; and its fingerprint. Signatures and chains are not looked at.
//!
//! X.509 (RFC 5280) is walked only as far as these fields; whatever does not read is left empty.

use sha2::{Digest, Sha256};

/// Facts of a certificate.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Certificate {
    /// SHA-256 of the whole, hexadecimal.
    pub(crate) sha256: String,
    /// Common name of the subject.
    pub(crate) subject: String,
    /// Common name, or organisation, of the issuer.
    pub(crate) issuer: String,
    /// Valid from, as written: `2024-01-31T00:00:00Z`.
    pub(crate) from: String,
    /// Valid to.
    pub(crate) to: String,
}

/// Reads a certificate in DER.
pub(crate) fn read(der: &[u8]) -> Option<Certificate> {
    let sha256 = Sha256::digest(der).iter().map(|byte| format!("{byte:02x}")).collect();
    let facts = facts(der).unwrap_or_default();
    Some(Certificate { sha256, ..facts })
}

fn facts(der: &[u8]) -> Option<Certificate> {
    let (certificate, _) = value(der, 0x30)?;
    let (mut rest, _) = value(certificate, 0x30)?;
    // Version, where it is given.
    if rest.first() == Some(&0xa0) {
        rest = value(rest, 0xa0)?.1;
    }
    let (_serial, rest) = value(rest, 0x02)?;
    let (_algorithm, rest) = value(rest, 0x30)?;
    let (issuer, rest) = value(rest, 0x30)?;
    let (validity, rest) = value(rest, 0x30)?;
    let (subject, _) = value(rest, 0x30)?;
    let (from, after) = time(validity)?;
    let (to, _) = time(after)?;
    let name = |names| part(names, COMMON_NAME).or_else(|| part(names, ORGANISATION)).unwrap_or_default();
    Some(Certificate { sha256: String::new(), subject: name(subject), issuer: name(issuer), from, to })
}

const COMMON_NAME: &[u8] = &[0x55, 0x04, 0x03];
const ORGANISATION: &[u8] = &[0x55, 0x04, 0x0a];

/// The content of the value at the start, and what follows it.
fn value(der: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (found, content, rest) = any(der)?;
    (found == tag).then_some((content, rest))
}

fn any(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (tag, rest) = der.split_first()?;
    let (first, rest) = rest.split_first()?;
    let (length, rest) = match first {
        0..0x80 => (usize::from(*first), rest),
        _ => {
            let count = usize::from(first & 0x7f);
            let bytes = rest.get(..count).filter(|_| count <= 4)?;
            (bytes.iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte)), rest.get(count..)?)
        }
    };
    Some((*tag, rest.get(..length)?, rest.get(length..)?))
}

fn time(der: &[u8]) -> Option<(String, &[u8])> {
    let (tag, content, rest) = any(der)?;
    let text = std::str::from_utf8(content).ok().filter(|text| text.is_ascii())?;
    let text = match tag {
        // Two digits of the year: from 1950 to 2049.
        0x17 if text.get(..2)? < "50" => format!("20{text}"),
        0x17 => format!("19{text}"),
        _ => text.to_owned(),
    };
    let part = |from: usize, to: usize| text.get(from..to);
    let said = format!(
        "{}-{}-{}T{}:{}:{}Z",
        part(0, 4)?,
        part(4, 6)?,
        part(6, 8)?,
        part(8, 10)?,
        part(10, 12)?,
        part(12, 14)?
    );
    Some((said, rest))
}

/// The first part of a name of one kind.
fn part(mut names: &[u8], kind: &[u8]) -> Option<String> {
    while !names.is_empty() {
        let (mut set, rest) = value(names, 0x31)?;
        while !set.is_empty() {
            let (pair, others) = value(set, 0x30)?;
            let (found, text) = value(pair, 0x06)?;
            if found == kind {
                let (_, text, _) = any(text)?;
                let text = String::from_utf8_lossy(text);
                return Some(text.chars().filter(|c| !c.is_control()).take(200).collect());
            }
            set = others;
        }
        names = rest;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::{Certificate, read};

    fn wrapped(tag: u8, parts: &[Vec<u8>]) -> Vec<u8> {
        let content = parts.concat();
        let length = u16::try_from(content.len()).unwrap().to_be_bytes();
        [&[tag, 0x82], &length[..], &content].concat()
    }

    fn name(kind: u8, text: &str) -> Vec<u8> {
        let pair = wrapped(0x30, &[vec![6, 3, 0x55, 4, kind], wrapped(0x0c, &[text.as_bytes().to_vec()])]);
        wrapped(0x30, &[wrapped(0x31, &[pair])])
    }

    /// As much of a certificate as is read.
    fn certificate() -> Vec<u8> {
        let times = [wrapped(0x17, &[b"240131000000Z".to_vec()]), wrapped(0x18, &[b"20501231235959Z".to_vec()])];
        let inner = [
            wrapped(0xa0, &[vec![2, 1, 2]]),
            vec![2, 1, 7],
            wrapped(0x30, &[]),
            name(0x0a, "Example Authority"),
            wrapped(0x30, &times),
            name(0x03, "gw.example"),
        ];
        wrapped(0x30, &[wrapped(0x30, &inner)])
    }

    #[test]
    fn a_certificate_tells_names_and_validity() {
        let Certificate { sha256, subject, issuer, from, to } = read(&certificate()).unwrap();
        assert_eq!(sha256.len(), 64);
        assert_eq!((subject.as_str(), issuer.as_str()), ("gw.example", "Example Authority"));
        assert_eq!((from.as_str(), to.as_str()), ("2024-01-31T00:00:00Z", "2050-12-31T23:59:59Z"));
    }

    #[test]
    fn what_does_not_read_is_empty_but_has_a_fingerprint() {
        let whole = certificate();
        for cut in 0..whole.len() {
            let read = read(&whole[..cut]).unwrap();
            assert_eq!((read.sha256.len(), read.subject.as_str()), (64, ""));
        }
    }
}
