//! Members of a zip that has lost its directory, found by their local headers.
//!
//! Names, sizes and check sums come from the local headers; a member whose size stands behind it is decoded to find its
//! end. Only stored, deflated and zstd members are opened. A member that is cut gives its beginning. A stored member of
//! unknown size is named and not opened: where it ends would be a guess. An office document that lost its directory is made
//! anew for its reader.

use super::little_endian::{u16_at, u32_at};
use super::zip::FLOOR;
use super::{Job, Limits, MemberEntry, Names, Opened, ReadSeek, Visit, had, salvage, zstd};
use assay_model::UnreadReason;
use flate2::Crc;
use flate2::read::DeflateDecoder;
use std::io::{self, BufReader, Read, SeekFrom};

const LOCAL: &[u8] = b"PK\x03\x04";
const CHUNK: u64 = 64 * 1024;

const CARVED: &str = "carved from a damaged archive";

pub(super) fn read(job: &mut Job<'_, '_>) -> Result<(), UnreadReason> {
    let mut carver = Carver::new(job.input, job.reading.limits).map_err(|_| UnreadReason::Corrupt)?;
    let mut encrypted = 0_u64;
    while let Ok(Some(found)) = carver.next() {
        if found.is_folder() {
            continue;
        }
        job.out.partial(CARVED);
        encrypted += u64::from(found.encrypted());
        if job.out.member(&found.name, found.size).is_err() {
            break;
        }
    }
    if encrypted > 0 {
        job.out.warn(&format!("members that need a password: {encrypted}"));
    }
    if job.out.members.is_empty() { Err(UnreadReason::Corrupt) } else { Ok(()) }
}

pub(super) fn visit(input: &mut dyn ReadSeek, visit: &mut Visit<'_>) {
    let Ok(mut carver) = Carver::new(input, visit.reading.limits) else { return };
    let mut names = Names::default();
    let mut number = 0_u32;
    while number < visit.range.end {
        let Ok(Some(found)) = carver.next() else { return };
        if found.is_folder() {
            continue;
        }
        let member = MemberEntry { name: names.unique(&found.name), bytes: found.size };
        if visit.range.contains(&number) {
            let bytes = carver.open_beginning(&found, visit.reading.limits);
            (visit.visit)(number, &member, bytes);
        }
        number += 1;
    }
}

/// How many names typing looks at, and how far into the archive.
const TYPED_BY: usize = 200;
const TYPED_WITHIN: u64 = 16 << 20;

/// The names in local headers near the beginning of an archive.
pub(super) fn names(input: &mut dyn ReadSeek) -> Vec<String> {
    let tight = Limits { expanded_bytes: TYPED_WITHIN * 4, ..Limits::default() };
    let Ok(mut carver) = Carver::new(input, &tight) else { return Vec::new() };
    carver.end = carver.end.min(TYPED_WITHIN);
    let found = std::iter::from_fn(|| carver.next().ok().flatten());
    found.take(TYPED_BY).map(|found| found.name).collect()
}

/// An archive that lost its directory, made anew in memory from what can be had of its members, stored: for readers of
/// documents that are zips. `None` where nothing can be had, or more than the limits allow.
pub(super) fn mended(input: &mut dyn ReadSeek, limits: &Limits) -> Option<Vec<u8>> {
    let mut carver = Carver::new(input, limits).ok()?;
    let mut out = Vec::new();
    let mut directory = Vec::new();
    let mut count = 0_u16;
    while let Ok(Some(found)) = carver.next() {
        let opened = if found.is_folder() { Ok(Vec::new()) } else { carver.open_beginning(&found, limits) };
        let Ok(bytes) = opened else { continue };
        let (at, length) = (u32::try_from(out.len()).ok()?, u32::try_from(bytes.len()).ok()?);
        if out.len() as u64 + u64::from(length) > limits.item_bytes {
            return None;
        }
        let mut crc = Crc::new();
        crc.update(&bytes);
        let name = found.name.as_bytes();
        let mut common = Vec::new();
        // Version 2.0, names in UTF-8, stored, no time; then check sum, sizes, length of name, no extra field.
        for word in [20, 0x0800, 0, 0, 0x21] {
            common.extend_from_slice(&u16::to_le_bytes(word));
        }
        for double in [crc.sum(), length, length] {
            common.extend_from_slice(&double.to_le_bytes());
        }
        common.extend_from_slice(&u16::try_from(name.len()).ok()?.to_le_bytes());
        common.extend_from_slice(&[0, 0]);
        out.extend_from_slice(LOCAL);
        out.extend_from_slice(&common);
        out.extend_from_slice(name);
        out.extend_from_slice(&bytes);
        directory.extend_from_slice(b"PK\x01\x02\x14\0");
        directory.extend_from_slice(&common);
        // No comment, the first disk, no attributes.
        directory.extend_from_slice(&[0; 10]);
        directory.extend_from_slice(&at.to_le_bytes());
        directory.extend_from_slice(name);
        count = count.checked_add(1)?;
    }
    let (at, length) = (u32::try_from(out.len()).ok()?, u32::try_from(directory.len()).ok()?);
    out.extend_from_slice(&directory);
    out.extend_from_slice(b"PK\x05\x06\0\0\0\0");
    out.extend_from_slice(&count.to_le_bytes());
    out.extend_from_slice(&count.to_le_bytes());
    out.extend_from_slice(&length.to_le_bytes());
    out.extend_from_slice(&at.to_le_bytes());
    out.extend_from_slice(&[0, 0]);
    (count > 0).then_some(out)
}

/// Opens the member whose local header stands at `at`, with the size and check sum that its directory has.
pub(super) fn open_at(input: &mut dyn ReadSeek, at: u64, size: u64, crc: u32) -> Opened {
    let tight = Limits { item_bytes: size, expanded_bytes: size, ..Limits::default() };
    let mut carver = Carver::new(input, &tight).map_err(|_| UnreadReason::Corrupt)?;
    let found = carver.header(at).ok().flatten().ok_or(UnreadReason::Corrupt)?;
    // Where the header does not tell, the content ends where its decoder says.
    let packed = if found.sized { found.packed } else { carver.end.saturating_sub(found.start) };
    carver.open(&Found { size, packed, sized: true, crc: Some(crc), ..found }, &tight)
}

/// What a local header says.
struct Found {
    name: String,
    flags: u16,
    method: u16,
    crc: Option<u32>,
    /// Where the content begins, and its length as it stands in the archive.
    start: u64,
    packed: u64,
    /// Decoded.
    size: u64,
    /// Whether where it ends is known.
    sized: bool,
    over: bool,
}

impl Found {
    fn encrypted(&self) -> bool {
        self.flags & 1 != 0
    }

    fn is_folder(&self) -> bool {
        self.name.ends_with('/')
    }
}

/// Goes through an archive once, header by header.
struct Carver<'a> {
    input: &'a mut dyn ReadSeek,
    at: u64,
    end: u64,
    /// What members may still expand to, bytes.
    left: u64,
}

impl<'a> Carver<'a> {
    fn new(input: &'a mut dyn ReadSeek, limits: &Limits) -> io::Result<Self> {
        let end = input.seek(SeekFrom::End(0))?;
        let left = limits.expanded_bytes.min(end.saturating_mul(limits.expansion_ratio).max(FLOOR));
        Ok(Self { input, at: 0, end, left })
    }

    fn next(&mut self) -> io::Result<Option<Found>> {
        while let Some(header) = self.seek_header()? {
            self.at = header + LOCAL.len() as u64;
            if let Some(mut found) = self.header(header)? {
                self.measure(&mut found)?;
                self.at = found.start.saturating_add(found.packed).min(self.end);
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    /// Where the next local header begins.
    fn seek_header(&mut self) -> io::Result<Option<u64>> {
        let mut from = self.at;
        let mut chunk = Vec::new();
        while from < self.end {
            chunk.clear();
            self.input.seek(SeekFrom::Start(from))?;
            (&mut *self.input).take(CHUNK).read_to_end(&mut chunk)?;
            if let Some(found) = memchr::memmem::find(&chunk, LOCAL) {
                return Ok(Some(from + found as u64));
            }
            // A signature may lie across two chunks.
            from += (chunk.len() as u64).saturating_sub(LOCAL.len() as u64 - 1).max(1);
        }
        Ok(None)
    }

    /// The header at `at`, unless it is none or is cut.
    fn header(&mut self, at: u64) -> io::Result<Option<Found>> {
        let mut fixed = Vec::new();
        self.input.seek(SeekFrom::Start(at))?;
        (&mut *self.input).take(30).read_to_end(&mut fixed)?;
        let fields = (u16_at(&fixed, 6), u16_at(&fixed, 8), u16_at(&fixed, 26), u16_at(&fixed, 28));
        let (Some(flags), Some(method), Some(name), Some(extra)) = fields else { return Ok(None) };
        let numbers = (u32_at(&fixed, 14), u32_at(&fixed, 18), u32_at(&fixed, 22));
        let (Some(crc), Some(packed), Some(size)) = numbers else { return Ok(None) };
        let mut rest = Vec::new();
        (&mut *self.input).take(u64::from(name) + u64::from(extra)).read_to_end(&mut rest)?;
        let (Some(bytes), Some(extra)) = (rest.get(..usize::from(name)), rest.get(usize::from(name)..)) else {
            return Ok(None);
        };
        // Letters of a name are no control characters: what has them is content that looks like a header.
        if bytes.is_empty() || bytes.iter().any(|byte| *byte < b' ') || method > 99 {
            return Ok(None);
        }
        let (size, packed) = match (size, packed) {
            (u32::MAX, _) | (_, u32::MAX) => long_sizes(extra).unwrap_or((0, 0)),
            (size, packed) => (u64::from(size), u64::from(packed)),
        };
        // Sizes and check sum stand behind the content.
        let sized = flags & 8 == 0 || packed > 0;
        Ok(Some(Found {
            name: String::from_utf8_lossy(bytes).into_owned(),
            flags,
            method,
            crc: (flags & 8 == 0).then_some(crc),
            start: at + 30 + rest.len() as u64,
            packed: if sized { packed } else { 0 },
            size: if sized { size } else { 0 },
            sized,
            over: false,
        }))
    }

    /// Counts a member against the budget, and finds its end where its header does not tell.
    fn measure(&mut self, found: &mut Found) -> io::Result<()> {
        if !found.sized && found.method == 8 && !found.encrypted() && self.left > 0 {
            self.input.seek(SeekFrom::Start(found.start))?;
            let mut decoder = DeflateDecoder::new(&mut *self.input);
            let mut limited = (&mut decoder).take(self.left.saturating_add(1));
            let ended = io::copy(&mut limited, &mut io::sink());
            let size = decoder.total_out();
            if ended.is_ok() {
                (found.size, found.packed, found.sized) = (size, decoder.total_in(), true);
            }
            // What a broken stream gave has cost its time, too.
            found.over = size > self.left;
            self.left = self.left.saturating_sub(size);
            return Ok(());
        }
        found.over = found.size > self.left || self.left == 0;
        self.left = self.left.saturating_sub(found.size);
        Ok(())
    }

    /// As [`Self::open`], and the beginning of a deflated member whose end was not found.
    fn open_beginning(&mut self, found: &Found, limits: &Limits) -> Opened {
        if found.sized || found.encrypted() || found.over || found.method != 8 {
            return self.open(found, limits);
        }
        self.input.seek(SeekFrom::Start(found.start)).map_err(|_| UnreadReason::Corrupt)?;
        had(salvage(&mut DeflateDecoder::new(&mut *self.input), limits.item_bytes))
    }

    fn open(&mut self, found: &Found, limits: &Limits) -> Opened {
        match () {
            () if found.encrypted() => return Err(UnreadReason::Encrypted),
            () if found.over || found.size > limits.item_bytes => return Err(UnreadReason::Limit),
            () if !found.sized => return Err(UnreadReason::Corrupt),
            () => {}
        }
        self.input.seek(SeekFrom::Start(found.start)).map_err(|_| UnreadReason::Corrupt)?;
        let mut packed = (&mut *self.input).take(found.packed);
        let (bytes, end) = match found.method {
            0 => salvage(&mut packed, found.size),
            8 => salvage(&mut DeflateDecoder::new(packed), found.size),
            93 => salvage(&mut zstd::Frames::new(BufReader::new(packed)), found.size),
            _ => return Err(UnreadReason::Unsupported),
        };
        let mut crc = Crc::new();
        crc.update(&bytes);
        let whole = bytes.len() as u64 >= found.size;
        match found.crc {
            // More than declared, or not what was declared.
            _ if end == Some(UnreadReason::Limit) => Err(UnreadReason::Corrupt),
            Some(declared) if whole && crc.sum() != declared => Err(UnreadReason::Corrupt),
            _ if !whole && bytes.is_empty() => Err(UnreadReason::Corrupt),
            _ => had((bytes, end)),
        }
    }
}

/// The sizes in a zip64 extra field: decoded, and as it stands.
fn long_sizes(mut extra: &[u8]) -> Option<(u64, u64)> {
    loop {
        let (kind, length) = (u16_at(extra, 0)?, usize::from(u16_at(extra, 2)?));
        let field = extra.get(4..4 + length)?;
        if kind == 1 {
            let long = |at: usize| field.get(at..at + 8)?.try_into().ok().map(u64::from_le_bytes);
            return Some((long(0)?, long(8)?));
        }
        extra = extra.get(4 + length..)?;
    }
}
