//! What old Office files hold embedded, as members: objects (documents of other programs, packages of any file) and the
//! pictures of their drawings.
//!
//! Listing and opening walk the same list, made anew from the file each time, so that numbers agree.

use super::little_endian::{u16_at, u32_at};
use super::ole::{self, Compound};
use super::{Full, MemberEntry, Names, Opened, Out, Visit, ole_native};
use assay_model::UnreadReason;
use std::borrow::Cow;
use std::io::Read;

/// One embedded thing.
pub(super) struct Embedded<'a> {
    pub(super) name: String,
    pub(super) source: Source<'a>,
}

/// Where its bytes are.
pub(super) enum Source<'a> {
    /// In a storage that is a document by itself.
    Storage(&'a Compound, usize),
    /// As they are.
    Bytes(Cow<'a, [u8]>),
    /// Compressed by zlib; the size that is declared.
    Deflated(&'a [u8], u64),
    /// A bitmap without the header that files have.
    Bitmap(&'a [u8]),
}

impl Source<'_> {
    /// The size, bytes; zero where it is not known before opening.
    fn size(&self) -> u64 {
        match self {
            Self::Storage(..) => 0,
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::Deflated(_, size) => *size,
            Self::Bitmap(bytes) => bytes.len() as u64 + 14,
        }
    }

    fn open(self, most: u64) -> Opened {
        match self {
            Self::Storage(file, storage) => Ok(file.rebuilt(storage)),
            Self::Bytes(bytes) if bytes.len() as u64 > most => Err(UnreadReason::Limit),
            Self::Bytes(bytes) => Ok(bytes.into_owned()),
            Self::Deflated(bytes, _) => super::had(super::salvage(
                &mut flate2::read::ZlibDecoder::new(bytes).take(most.saturating_add(1)),
                most,
            )),
            Self::Bitmap(bytes) => Ok(bitmap(bytes)),
        }
    }
}

/// Lists members.
pub(super) fn list(out: &mut Out<'_>, all: &[Embedded<'_>]) -> Result<(), Full> {
    all.iter().try_for_each(|one| out.member(&one.name, one.source.size()))
}

/// Opens members; `all` must be what was listed.
pub(super) fn visit(all: Vec<Embedded<'_>>, visit: &mut Visit<'_>) {
    let limits = visit.reading.limits;
    let mut names = Names::default();
    let mut together = 0_u64;
    for (number, one) in (0_u32..visit.range.end).zip(all) {
        let size = one.source.size();
        together = together.saturating_add(size);
        let member = MemberEntry { name: names.unique(&one.name), bytes: size };
        if visit.range.contains(&number) {
            let over = together > limits.expanded_bytes;
            let opened = if over { Err(UnreadReason::Limit) } else { one.source.open(limits.item_bytes) };
            (visit.visit)(number, &member, opened);
        }
    }
}

/// Streams that only say how an object is shown, not what it is.
const BOOKKEEPING: &[&str] = &[
    "\u{1}Ole",
    "\u{1}CompObj",
    "\u{3}ObjInfo",
    "\u{3}LinkInfo",
    "\u{3}EPRINT",
    "\u{3}PIC",
    "\u{3}PICT",
    "\u{3}META",
    "\u{3}ACCESSOBJSITEDATA",
    "\u{3}OCXNAME",
    "\u{3}OCXDATA",
    "\u{2}OlePres000",
    "\u{2}OlePres001",
    "\u{2}OlePres002",
    "\u{1}OlePres000",
    "\u{3}PRINT",
    "ObjInfo",
    "PIC",
    "META",
];

/// What is embedded in a storage; `None` where nothing is but the picture that stands for it. `number` names what has no
/// name.
pub(super) fn object(file: &Compound, storage: usize, number: usize) -> Option<Embedded<'_>> {
    let children = file.children(storage);
    let child = |name: &str| children.iter().copied().find(|child| file.name(*child).eq_ignore_ascii_case(name));
    if let Some(package) = child("Package").filter(|child| file.is_stream(*child)) {
        return Some(bytes(format!("object {number}"), file.stream(package)));
    }
    if let Some(stream) = child("\u{1}Ole10Native") {
        return packaged(&file.stream(stream), number);
    }
    if let Some((_, ending)) = ole_native::DOCUMENTS.iter().find(|(name, _)| child(name).is_some()) {
        return Some(Embedded { name: format!("object {number}{ending}"), source: Source::Storage(file, storage) });
    }
    for name in ["CONTENTS", "EmbeddedOdf", "Package Contents"] {
        let content = child(name).map(|stream| file.stream(stream)).unwrap_or_default();
        if content.starts_with(b"%PDF") || content.starts_with(b"PK\x03\x04") || content.starts_with(b"{\\rtf") {
            return Some(bytes(format!("object {number}"), content));
        }
    }
    let content = |child: &usize| !file.is_stream(*child) || file.size(*child) > 0;
    let is_more = |child: &usize| !BOOKKEEPING.iter().any(|name| name.eq_ignore_ascii_case(file.name(*child)));
    let more = children.iter().any(|child| is_more(child) && content(child));
    more.then(|| Embedded { name: format!("object {number}.ole"), source: Source::Storage(file, storage) })
}

fn bytes(name: String, content: Vec<u8>) -> Embedded<'static> {
    Embedded { name, source: Source::Bytes(Cow::Owned(content)) }
}

/// All objects in the storages that lie in one storage.
pub(super) fn objects_in<'a>(file: &'a Compound, storage: usize, fits: &dyn Fn(&str) -> bool) -> Vec<Embedded<'a>> {
    let storages =
        file.children(storage).into_iter().filter(|child| !file.is_stream(*child) && fits(file.name(*child)));
    let mut found: Vec<usize> = storages.collect();
    found.sort_by(|one, two| file.name(*one).cmp(file.name(*two)));
    (1..).zip(found).filter_map(|(number, storage)| object(file, storage, number)).collect()
}

/// The file in an object of the kind `Package`, or the bytes of another program as they are.
fn packaged(stream: &[u8], number: usize) -> Option<Embedded<'static>> {
    let native = ole_native::native(stream)?;
    let last = |path: &String| path.rsplit(['\\', '/']).next().map(str::to_owned);
    let name = if native.name.is_empty() { native.paths.first().and_then(last) } else { Some(native.name) };
    Some(bytes(name.unwrap_or_else(|| format!("object {number}")), native.content))
}

/// A whole compound file that is embedded: what it holds, where it only wraps something; else itself; `None` for macros
/// and for what holds nothing.
pub(super) fn unwrapped(content: Vec<u8>, number: usize) -> Option<Embedded<'static>> {
    let file = match Compound::parse(content) {
        Ok(file) => file,
        Err(content) if content.is_empty() => return None,
        Err(content) => return Some(bytes(format!("object {number}"), content)),
    };
    if file.find(ole::ROOT, "VBA").is_some() {
        return None;
    }
    let found = object(&file, ole::ROOT, number)?;
    Some(match found.source {
        Source::Storage(..) => bytes(found.name, file.bytes().to_vec()),
        Source::Bytes(content) => bytes(found.name, content.into_owned()),
        Source::Deflated(..) | Source::Bitmap(_) => return None,
    })
}

/// Kinds of pictures in drawings (MS-ODRAW 2.2.24 to 2.2.31): type, the two instances, how many bytes stand before the
/// picture beyond the first identifier, the ending.
const BLIPS: &[(u16, [u16; 2], usize, &str)] = &[
    (0xf01a, [0x3d4, 0x3d5], 34, "emf"),
    (0xf01b, [0x216, 0x217], 34, "wmf"),
    (0xf01c, [0x542, 0x543], 34, "pict"),
    (0xf01d, [0x46a, 0x46b], 1, "jpg"),
    (0xf01d, [0x6e2, 0x6e3], 1, "jpg"),
    (0xf02a, [0x46a, 0x46b], 1, "jpg"),
    (0xf02a, [0x6e2, 0x6e3], 1, "jpg"),
    (0xf01e, [0x6e0, 0x6e1], 1, "png"),
    (0xf01f, [0x7a8, 0x7a9], 1, "bmp"),
    (0xf029, [0x6e4, 0x6e5], 1, "tiff"),
];

/// The pictures in a stream, found by the form of their records wherever they stand: a damaged stream still gives them.
/// The same picture a second time is passed over.
pub(super) fn pictures(stream: &[u8]) -> Vec<Embedded<'_>> {
    let mut found: Vec<Embedded<'_>> = Vec::new();
    let mut seen = std::collections::BTreeSet::new();
    let mut at = 3;
    while let Some(next) = stream.get(at..).and_then(|rest| memchr::memchr(0xf0, rest)) {
        at += next;
        match blip(stream, at - 3) {
            Some((identifier, ending, source, end)) => {
                if seen.insert(identifier) {
                    found.push(Embedded { name: format!("picture {}.{ending}", found.len() + 1), source });
                }
                at = end + 3;
            }
            None => at += 1,
        }
    }
    found
}

/// The picture whose record begins at `start`: its identifier, ending, bytes, and where the record ends.
fn blip(stream: &[u8], start: usize) -> Option<([u8; 16], &'static str, Source<'_>, usize)> {
    let (kind, first) = (u16_at(stream, start + 2)?, u16_at(stream, start)?);
    let instance = first >> 4;
    let (_, instances, before, ending) = BLIPS
        .iter()
        .find(|(number, instances, ..)| *number == kind && instances.contains(&instance) && first & 15 == 0)?;
    let length = u32_at(stream, start + 4)? as usize;
    let body = stream.get(start + 8..)?;
    let body = body.get(..length).unwrap_or(body);
    let identifier: [u8; 16] = body.get(..16)?.try_into().ok()?;
    let identifiers = if instance == instances[1] { 32 } else { 16 };
    let content = body.get(identifiers + before..)?;
    let end = start + 8 + body.len();
    let source = if *before == 34 {
        // MS-ODRAW 2.2.31: the size when inflated, bounds, the size in units, the size here, whether it is deflated.
        let size = u64::from(u32_at(body, identifiers)?);
        match body.get(identifiers + 32)? {
            0 => Source::Deflated(content, size),
            _ => Source::Bytes(Cow::Borrowed(content)),
        }
    } else if *ending == "bmp" {
        Source::Bitmap(content)
    } else {
        Source::Bytes(Cow::Borrowed(content))
    };
    Some((identifier, ending, source, end))
}

/// A bitmap with its file's header, which says where the pixels begin.
fn bitmap(bytes: &[u8]) -> Vec<u8> {
    let header = u32_at(bytes, 0).unwrap_or(40);
    let bits = u16_at(bytes, 14).unwrap_or(24);
    let used = u32_at(bytes, 32).unwrap_or(0).min(256);
    let colours = if used == 0 && bits <= 8 { 1 << bits } else { used };
    let masks = if u32_at(bytes, 16) == Some(3) && header == 40 { 12 } else { 0 };
    let start = header.saturating_add(colours * 4 + masks + 14);
    let mut file = b"BM".to_vec();
    file.extend_from_slice(&(bytes.len() as u32 + 14).to_le_bytes());
    file.extend_from_slice(&[0; 4]);
    file.extend_from_slice(&start.to_le_bytes());
    file.extend_from_slice(bytes);
    file
}
