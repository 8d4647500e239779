//! Signed and encrypted content (CMS, RFC 5652; time stamps, RFC 5544): the content of a signature is the one member, what is
//! enveloped needs a key and is `encrypted`. Who signed is given as lines.
//!
//! BER is read as signers write it: lengths of no fixed end, strings in pieces. No signature is checked.

use super::{Head, Job, MemberEntry, ReadSeek, Reading, Visibility, Visit, mime, read_at_most, salvage};
use assay_model::UnreadReason;

/// The numbers of kinds of content begin so: 1.2.840.113549.1.
const RSA: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01";

/// Whether a head is such content: a sequence whose first element is the number of its kind.
pub(super) fn fits(head: &Head<'_>) -> bool {
    starts(&head.first) || armoured(&head.first).is_some_and(|bytes| starts(&bytes))
}

fn starts(bytes: &[u8]) -> bool {
    let Some(outer) = Element::of(bytes).filter(|outer| outer.tag == 0x30) else { return false };
    Element::of(outer.content).filter(|kind| kind.tag == 6).is_some_and(|kind| kind_of(kind.content).is_some())
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Data,
    Signed,
    Digested,
    Enveloped,
    Compressed,
    TimeStamped,
    Other,
}

fn kind_of(number: &[u8]) -> Option<Kind> {
    match number.strip_prefix(RSA)? {
        [7, 1] => Some(Kind::Data),
        [7, 2] => Some(Kind::Signed),
        [7, 5] => Some(Kind::Digested),
        [7, 3 | 4 | 6] | [9, 16, 1, 23] => Some(Kind::Enveloped),
        [9, 16, 1, 9] => Some(Kind::Compressed),
        [9, 16, 1, 31] => Some(Kind::TimeStamped),
        [7, _] | [9, 16, 1, _] => Some(Kind::Other),
        _ => None,
    }
}

/// The bytes of text in base64, between lines of dashes or bare.
fn armoured(bytes: &[u8]) -> Option<Vec<u8>> {
    let text = bytes.trim_ascii_start();
    let text = match text.strip_prefix(b"-----BEGIN ") {
        Some(rest) => {
            let name = rest.get(..rest.len().min(20))?;
            if !(name.starts_with(b"PKCS7") || name.starts_with(b"CMS") || name.starts_with(b"PKCS #7")) {
                return None;
            }
            let body = rest.get(memchr::memchr(b'\n', rest)?..)?;
            body.get(..memchr::memmem::find(body, b"-----END").unwrap_or(body.len()))?
        }
        // A sequence in base64 begins so.
        None if text.starts_with(b"MI")
            && text.iter().take(60).all(|byte| byte.is_ascii_alphanumeric() || b"+/".contains(byte)) =>
        {
            text
        }
        None => return None,
    };
    Some(mime::base64_decoded(text))
}

pub(super) fn read(job: &mut Job<'_, '_>) -> Result<(), UnreadReason> {
    let bytes = job.whole()?;
    let opened = open(&bytes, job.reading)?;
    // A limit reached is said by the one who counts.
    let _ = job.out.text("signature", Visibility::Hidden, 1, opened.signers.join("\n"));
    match opened.content {
        Some(content) => {
            if opened.broken {
                job.out.partial("the content breaks off");
            }
            let _ = job.out.member(NAME, content.len() as u64);
        }
        None => job.out.warn("a signature or certificates without content"),
    }
    Ok(())
}

pub(super) fn visit(input: &mut dyn ReadSeek, visit: &mut Visit<'_>) {
    let Ok(bytes) = read_at_most(input, visit.reading.limits.item_bytes) else { return };
    let Ok(Opened { content: Some(content), .. }) = open(&bytes, visit.reading) else { return };
    if visit.range.contains(&0) {
        let member = MemberEntry { name: NAME.to_owned(), bytes: content.len() as u64 };
        (visit.visit)(0, &member, Ok(content));
    }
}

const NAME: &str = "content";

struct Opened {
    content: Option<Vec<u8>>,
    signers: Vec<String>,
    broken: bool,
}

fn open(bytes: &[u8], reading: &Reading<'_>) -> Result<Opened, UnreadReason> {
    let decoded = if starts(bytes) { None } else { armoured(bytes) };
    let bytes = decoded.as_deref().unwrap_or(bytes);
    let outer = Element::of(bytes).ok_or(UnreadReason::Corrupt)?;
    let mut inner = Elements(outer.content);
    let kind = inner.next().and_then(|kind| kind_of(kind.content)).ok_or(UnreadReason::Corrupt)?;
    let body = inner.next().map(|body| body.content).unwrap_or_default();
    let mut opened = Opened { content: None, signers: Vec::new(), broken: bytes.len() < outer.whole };
    match kind {
        Kind::Enveloped => return Err(UnreadReason::Encrypted),
        Kind::Other => return Err(UnreadReason::Unsupported),
        Kind::Data => opened.content = Some(octets(body)),
        Kind::Signed => {
            let signed = Element::of(body).ok_or(UnreadReason::Corrupt)?;
            // Version and digests stand before the content, certificates after it.
            let mut parts = Elements(signed.content);
            let content = parts.find(|part| part.tag == 0x30).ok_or(UnreadReason::Corrupt)?;
            let wrapped = Elements(content.content).find(|part| part.tag == 0xa0);
            opened.content = wrapped.map(|wrapped| octets(wrapped.content)).filter(|content| !content.is_empty());
            for part in parts.filter(|part| part.tag == 0xa0) {
                opened.signers = names(part.content, reading.limits.nesting.min(24));
            }
        }
        Kind::Digested | Kind::Compressed => {
            let body = Element::of(body).ok_or(UnreadReason::Corrupt)?;
            // The algorithm stands before it.
            let content = Elements(body.content).filter(|part| part.tag == 0x30).last().ok_or(UnreadReason::Corrupt)?;
            let wrapped = Elements(content.content).find(|part| part.tag == 0xa0).ok_or(UnreadReason::Corrupt)?;
            let mut content = octets(wrapped.content);
            if kind == Kind::Compressed {
                let limit = reading.limits.item_bytes;
                let (inflated, end) = salvage(&mut flate2::read::ZlibDecoder::new(content.as_slice()), limit);
                opened.broken |= end.is_some();
                content = inflated;
            }
            opened.content = Some(content);
        }
        Kind::TimeStamped => {
            let stamped = Element::of(body).ok_or(UnreadReason::Corrupt)?;
            let mut parts = Elements(stamped.content).skip(1);
            opened.content = parts.find(|part| matches!(part.tag, 0x04 | 0x24)).map(|part| octets_of(&part));
        }
    }
    Ok(opened)
}

/// The content of a string of octets that stands in `bytes`, or `bytes` themselves where none does.
fn octets(bytes: &[u8]) -> Vec<u8> {
    match Element::of(bytes) {
        Some(element) if matches!(element.tag, 0x04 | 0x24) => octets_of(&element),
        _ => bytes.to_vec(),
    }
}

fn octets_of(element: &Element<'_>) -> Vec<u8> {
    if element.tag == 0x04 {
        return element.content.to_vec();
    }
    let mut out = Vec::new();
    let mut open = vec![Elements(element.content)];
    while let Some(mut level) = open.pop() {
        while let Some(piece) = level.next() {
            if piece.tag == 0x24 && open.len() < 16 {
                open.push(Elements(level.0));
                level = Elements(piece.content);
            } else if piece.tag == 0x04 {
                out.extend_from_slice(piece.content);
            }
        }
    }
    out
}

/// Names in certificates: attributes of distinguished names that name a person or a body.
fn names(bytes: &[u8], deeper: u32) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut open = vec![(bytes, deeper)];
    let mut budget = 20_000_u32;
    while let Some((bytes, deeper)) = open.pop() {
        let mut inner = Vec::new();
        for element in Elements(bytes) {
            budget = budget.saturating_sub(1);
            if element.tag & 0x20 == 0 || deeper == 0 || budget == 0 {
                continue;
            }
            let mut parts = Elements(element.content);
            let label = parts.next().filter(|part| part.tag == 6).and_then(|part| label(part.content));
            match (label, parts.next()) {
                (Some(label), Some(value)) => {
                    let text = if value.tag == 0x1e {
                        encoding_rs::UTF_16BE.decode_without_bom_handling(value.content).0.into_owned()
                    } else {
                        mime::decode_text(value.content, None)
                    };
                    let line = format!("{label}: {}", text.split_whitespace().collect::<Vec<_>>().join(" "));
                    if !found.contains(&line) && found.len() < 200 {
                        found.push(line);
                    }
                }
                _ => inner.push((element.content, deeper - 1)),
            }
        }
        open.extend(inner.into_iter().rev());
    }
    found
}

fn label(number: &[u8]) -> Option<&'static str> {
    Some(match number {
        [0x55, 4, 3] => "Certificate name",
        [0x55, 4, 4] => "Certificate surname",
        [0x55, 4, 42] => "Certificate given name",
        [0x55, 4, 10] => "Certificate organisation",
        [0x55, 4, 11] => "Certificate unit",
        [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 1] => "Certificate email",
        _ => return None,
    })
}

/// One element of BER.
struct Element<'a> {
    tag: u8,
    content: &'a [u8],
    /// Its bytes with its head and end, as it declares them: more than there are where it is cut.
    whole: usize,
}

/// Elements of no declared length in each other beyond this are cut.
const INDEFINITE: u32 = 32;

impl<'a> Element<'a> {
    fn of(bytes: &'a [u8]) -> Option<Self> {
        Self::at_depth(bytes, INDEFINITE)
    }

    fn at_depth(bytes: &'a [u8], deeper: u32) -> Option<Self> {
        let tag = *bytes.first()?;
        // Numbers of tags beyond thirty take more bytes; none of them occurs here.
        if tag & 0x1f == 0x1f {
            return None;
        }
        let first = *bytes.get(1)?;
        let (head, length) = match first {
            0..=0x7f => (2, usize::from(first)),
            0x80 => return Self::indefinite(tag, bytes, deeper),
            _ => {
                let count = usize::from(first & 0x7f);
                let length = bytes.get(2..2 + count).filter(|_| count <= 8)?;
                let length = length
                    .iter()
                    .try_fold(0_usize, |sum, byte| sum.checked_mul(256)?.checked_add(usize::from(*byte)))?;
                (2 + count, length)
            }
        };
        let content = bytes.get(head..)?;
        let whole = head.checked_add(length)?;
        Some(Self { tag, content: content.get(..length).unwrap_or(content), whole })
    }

    fn indefinite(tag: u8, bytes: &'a [u8], deeper: u32) -> Option<Self> {
        if tag & 0x20 == 0 || deeper == 0 {
            return None;
        }
        let mut at = 2;
        loop {
            let rest = bytes.get(at..).unwrap_or_default();
            if rest.starts_with(&[0, 0]) {
                return Some(Self { tag, content: bytes.get(2..at)?, whole: at + 2 });
            }
            let Some(element) = Self::at_depth(rest, deeper - 1) else {
                // Cut: what there is belongs to it.
                return Some(Self { tag, content: bytes.get(2..)?, whole: bytes.len() + 1 });
            };
            at = at.checked_add(element.whole)?;
            if at >= bytes.len() {
                return Some(Self { tag, content: bytes.get(2..)?, whole: bytes.len() + 1 });
            }
        }
    }
}

/// Elements one after the other.
struct Elements<'a>(&'a [u8]);

impl<'a> Iterator for Elements<'a> {
    type Item = Element<'a>;

    fn next(&mut self) -> Option<Element<'a>> {
        let element = Element::of(self.0)?;
        self.0 = self.0.get(element.whole..).unwrap_or_default();
        Some(element)
    }
}
