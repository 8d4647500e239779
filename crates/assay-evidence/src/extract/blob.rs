//! Files of unknown structure: text in them (see `strings`), and files embedded in them, found by their signatures.
//!
//! The file is read once, in blocks, whatever its size: blocks of nothing but zeros and blocks that look compressed or
//! encrypted are not searched for text. How far it is searched is counted in bytes. Where an embedded file ends is taken
//! from its own structure; one that does not say is taken to the end of what it may be.

use super::stretches::{self, Found, Source, Walk};
use super::{Job, ReadSeek, Visibility, Visit, strings};
use crate::volumes::is_later_volume;
use aho_corasick::AhoCorasick;
use assay_model::{Recovery, UnreadReason};
use std::io;

/// Bytes looked at together.
const BLOCK: usize = 1 << 20;
/// How far a file is searched for signatures, bytes, zeros not counted.
const SEARCHED: u64 = 8 << 30;
/// How far it is searched for text, bytes, zeros not counted.
const READ: u64 = 2 << 30;
/// Bits of information in a byte above which a block is no text: compressed, encrypted or noise.
const DENSE: f64 = 7.9;
/// The length of a stretch whose density is judged, bytes: fewer say too little.
const STRETCH: usize = 64 << 10;
/// Text in one passage, bytes.
const PASSAGE: usize = 64 << 10;
/// The largest embedded picture or document, bytes.
const DOCUMENT: u64 = 256 << 20;

/// A kind of embedded file: how it begins, what its name ends in.
struct Kind {
    magic: &'static [u8],
    ending: &'static str,
    measure: fn(&mut Source<'_>, u64) -> Option<u64>,
}

const ARCHIVES: usize = 3;

/// Archives first: a program holds those on purpose, pictures as its decoration.
static KINDS: &[Kind] = &[
    Kind { magic: b"PK\x03\x04", ending: "zip", measure: zip },
    Kind { magic: b"7z\xbc\xaf\x27\x1c", ending: "7z", measure: seven_zip },
    Kind { magic: b"Rar!\x1a\x07", ending: "rar", measure: to_end },
    Kind { magic: b"%PDF-", ending: "pdf", measure: pdf },
    Kind { magic: b"\xff\xd8\xff", ending: "jpg", measure: jpeg },
    Kind { magic: b"\x89PNG\r\n\x1a\n", ending: "png", measure: png },
    Kind { magic: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", ending: "ole", measure: ole },
    Kind { magic: b"{\\rtf1", ending: "rtf", measure: rtf },
    Kind { magic: b"SQLite format 3\0", ending: "sqlite", measure: sqlite },
];

/// An unknown file.
pub(super) fn read(job: &mut Job<'_, '_>) -> Result<(), UnreadReason> {
    if is_later_volume(job.head.name) {
        job.out.warn("by its name a volume of a set of which the first is not here, or begins no archive");
    }
    embedded(job, walk)?;
    let members = !job.out.members.is_empty();
    job.out.recovery = Recovery::Carved;
    let seen = text(job).map_err(|_| UnreadReason::Corrupt)?;
    if job.out.given || members {
        job.out.partial("structure unknown: text was carved");
        return Ok(());
    }
    let density = seen.density();
    job.out.warn(&match () {
        () if seen.bytes == 0 => "nothing but zeros".to_owned(),
        () if seen.bytes < 1024 => "structure unknown: no text found".to_owned(),
        () if density > DENSE => format!("no text found; looks compressed or encrypted ({density:.2} bits a byte)"),
        () => format!("structure unknown: no text found ({density:.2} bits a byte)"),
    });
    Err(UnreadReason::Unsupported)
}

pub(super) fn visit(input: &mut dyn ReadSeek, visit: &mut Visit<'_>) {
    stretches::visit(input, visit, walk);
}

/// A program: archives that it unpacks itself.
pub(super) fn read_program(job: &mut Job<'_, '_>) -> Result<(), UnreadReason> {
    embedded(job, walk_archives)?;
    if job.out.members.is_empty() {
        job.out.warn("a program: no text about people is expected in it");
        return Err(UnreadReason::Unsupported);
    }
    job.out.partial("a program: the archives in it are its members, the program itself was not read");
    Ok(())
}

pub(super) fn visit_program(input: &mut dyn ReadSeek, visit: &mut Visit<'_>) {
    stretches::visit(input, visit, walk_archives);
}

fn embedded(job: &mut Job<'_, '_>, walk: Walk) -> Result<(), UnreadReason> {
    match stretches::read(job, walk) {
        // A search that fails before it finds anything has nothing to say.
        Err(UnreadReason::Corrupt) | Ok(()) => Ok(()),
        Err(reason) => Err(reason),
    }
}

fn walk(source: &mut Source<'_>, give: &mut dyn FnMut(Found) -> bool) -> io::Result<()> {
    search(source, KINDS, give)
}

fn walk_archives(source: &mut Source<'_>, give: &mut dyn FnMut(Found) -> bool) -> io::Result<()> {
    search(source, &KINDS[..ARCHIVES], give)
}

fn search(source: &mut Source<'_>, kinds: &[Kind], give: &mut dyn FnMut(Found) -> bool) -> io::Result<()> {
    let finder = AhoCorasick::new(kinds.iter().map(|kind| kind.magic)).map_err(|_| io::ErrorKind::Other)?;
    let (mut at, mut free, mut left) = (0_u64, 0_u64, SEARCHED);
    while at < source.size && left > 0 {
        at = at.max(free);
        let block = source.most(at, BLOCK + 16)?;
        if block.is_empty() {
            break;
        }
        if is_zeros(&block) {
            at += BLOCK as u64;
            continue;
        }
        left = left.saturating_sub(BLOCK as u64);
        for found in finder.find_iter(&block) {
            let start = at + found.start() as u64;
            // What begins in the overlap is found again; what lies in an embedded file is its own affair.
            if found.start() >= BLOCK || start < free {
                continue;
            }
            let Some(kind) = kinds.get(found.pattern().as_usize()) else { continue };
            let length = (kind.measure)(source, start).filter(|length| *length > 0);
            let Some(length) = length.map(|length| length.min(source.size - start)) else { continue };
            free = start + length;
            if !give(Found::one(format!("carved-{start:08}.{}", kind.ending), start, length)) {
                return Ok(());
            }
        }
        at += BLOCK as u64;
    }
    Ok(())
}

fn is_zeros(bytes: &[u8]) -> bool {
    bytes.chunks(4096).all(|chunk| chunk.iter().fold(0, |sum, byte| sum | byte) == 0)
}

/// What the bytes of a file were like.
struct Seen {
    counts: [u64; 256],
    bytes: u64,
}

impl Seen {
    /// Bits of information in a byte.
    fn density(&self) -> f64 {
        density(&self.counts, self.bytes)
    }
}

fn density(counts: &[u64; 256], all: u64) -> f64 {
    let part = |count: &&u64| **count > 0;
    counts.iter().filter(part).map(|count| *count as f64 / all as f64).map(|share| -share * share.log2()).sum()
}

/// Gives the text in the blocks of a file, and counts its bytes.
fn text(job: &mut Job<'_, '_>) -> io::Result<Seen> {
    let mut carved = carved(&job.out.members).into_iter().peekable();
    let mut source = Source::of(&mut *job.input, job.reading.limits)?;
    let mut seen = Seen { counts: [0; 256], bytes: 0 };
    let (mut at, mut left) = (0_u64, READ);
    let (mut passage, mut begins) = (String::new(), 0_u64);
    while at < source.size {
        // What is a member is read there.
        let next = carved.peek().map_or(u64::MAX, |(start, _)| *start);
        if next <= at {
            at = carved.next().map_or(at, |(_, end)| end.max(at));
            continue;
        }
        let length = (BLOCK as u64).min(next - at).min(source.size - at);
        let block = source.most(at, length as usize)?;
        if block.is_empty() {
            break;
        }
        let ends = at + block.len() as u64;
        if is_zeros(&block) {
            at = ends;
            continue;
        }
        if left == 0 {
            job.out.partial("bytes beyond the first two gigabytes were not searched for text");
            break;
        }
        left = left.saturating_sub(block.len() as u64);
        let mut dense = true;
        for stretch in block.chunks(STRETCH) {
            let mut counts = [0_u64; 256];
            stretch.iter().for_each(|byte| counts[usize::from(*byte)] += 1);
            dense &= stretch.len() == STRETCH && density(&counts, stretch.len() as u64) > DENSE;
            seen.counts.iter_mut().zip(counts).for_each(|(sum, count)| *sum += count);
        }
        seen.bytes += block.len() as u64;
        if dense {
            at = ends;
            continue;
        }
        let mut full = false;
        let is_last = ends >= source.size || ends >= next;
        let again = strings::lines(&block, is_last, &mut |offset, line| {
            if passage.is_empty() {
                begins = at + offset as u64;
            }
            passage.push_str(&line);
            passage.push('\n');
            if passage.len() >= PASSAGE && !full {
                full = job.out.text(&part_name(begins), Visibility::Shown, 1, std::mem::take(&mut passage)).is_err();
            }
        });
        if full {
            return Ok(seen);
        }
        at = if again == 0 { ends } else { at + again as u64 };
    }
    // A limit is said by the one who counts.
    let _ = job.out.text(&part_name(begins), Visibility::Shown, 1, passage);
    Ok(seen)
}

fn part_name(at: u64) -> String {
    format!("from byte {at}")
}

/// Where the members lie, by what their names say and their sizes.
fn carved(members: &[super::MemberEntry]) -> Vec<(u64, u64)> {
    let start = |name: &str| name.strip_prefix("carved-")?.split('.').next()?.parse::<u64>().ok();
    members
        .iter()
        .filter_map(|member| Some((start(&member.name)?, member.bytes)))
        .map(|(start, bytes)| (start, start + bytes))
        .collect()
}

/// The next place of one of several patterns, within so many bytes.
fn next(source: &mut Source<'_>, from: u64, within: u64, patterns: &[&[u8]]) -> Option<(u64, usize)> {
    let mut at = from;
    let end = from.saturating_add(within).min(source.size);
    while at < end {
        let block = source.most(at, BLOCK.min(usize::try_from(end - at).ok()?)).ok()?;
        let found = patterns
            .iter()
            .enumerate()
            .filter_map(|(number, pattern)| Some((memchr::memmem::find(&block, pattern)?, number)));
        if let Some((offset, number)) = found.min() {
            return Some((at + offset as u64, number));
        }
        // A pattern may lie across two blocks.
        at += (block.len() as u64).saturating_sub(15).max(1);
        if block.len() < 16 {
            return None;
        }
    }
    None
}

fn little(bytes: &[u8], at: usize, length: usize) -> Option<u64> {
    Some(bytes.get(at..at + length)?.iter().rev().fold(0, |sum, byte| sum << 8 | u64::from(*byte)))
}

fn big(bytes: &[u8], at: usize, length: usize) -> Option<u64> {
    Some(bytes.get(at..at + length)?.iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte)))
}

fn zip(source: &mut Source<'_>, start: u64) -> Option<u64> {
    let head = source.exact(start, 30).ok()?;
    let (version, method, name) = (little(&head, 4, 2)?, little(&head, 8, 2)?, little(&head, 26, 2)?);
    let name = source.exact(start + 30, usize::try_from(name).ok()?).ok()?;
    if version & 0xff > 63 || method > 99 || name.is_empty() || name.iter().any(|byte| *byte < b' ') {
        return None;
    }
    let (mut at, mut first) = (start, None);
    for _ in 0..16 {
        let Some((end, _)) = next(source, at, source.limits.item_bytes.saturating_sub(at - start), &[b"PK\x05\x06"])
        else {
            break;
        };
        let record = source.exact(end, 22).ok()?;
        let length = end - start + 22 + little(&record, 20, 2)?;
        // One whose directory does not end where it begins is that of a zip within.
        let fits = little(&record, 12, 4)? + little(&record, 16, 4)? == end - start
            || little(&record, 16, 4)? + little(&record, 12, 4)? == end;
        if fits {
            return Some(length);
        }
        first = first.or(Some(length));
        at = end + 4;
    }
    // Without a directory, what there is.
    first.or(Some(source.limits.item_bytes))
}

fn seven_zip(source: &mut Source<'_>, start: u64) -> Option<u64> {
    let head = source.exact(start, 32).ok()?;
    let length = little(&head, 12, 8)?.checked_add(little(&head, 20, 8)?)?.checked_add(32)?;
    (head.get(6) == Some(&0) && length <= source.size - start).then_some(length)
}

fn to_end(source: &mut Source<'_>, start: u64) -> Option<u64> {
    Some((source.size - start).min(source.limits.item_bytes))
}

fn pdf(source: &mut Source<'_>, start: u64) -> Option<u64> {
    let mut at = start + 5;
    let mut end = None;
    while let Some((found, which)) = next(source, at, (start + DOCUMENT).saturating_sub(at), &[b"%%EOF", b"%PDF-"]) {
        if which == 1 {
            break;
        }
        at = found + 5;
        end = Some(at - start);
    }
    end
}

fn jpeg(source: &mut Source<'_>, start: u64) -> Option<u64> {
    let mut at = start + 2;
    for _ in 0..4096 {
        let head = source.exact(at, 4).ok()?;
        match head.get(..2)? {
            [0xff, 0xda] => {
                let (end, _) = next(source, at, DOCUMENT, &[b"\xff\xd9"])?;
                return Some(end + 2 - start);
            }
            [0xff, 0xc0..=0xfe] if head[1] != 0xd9 => at += 2 + big(&head, 2, 2)?.max(2),
            _ => return None,
        }
    }
    None
}

fn png(source: &mut Source<'_>, start: u64) -> Option<u64> {
    let mut at = start + 8;
    for _ in 0..1_000_000 {
        let head = source.exact(at, 8).ok()?;
        at = at.checked_add(12)?.checked_add(big(&head, 0, 4)?)?;
        if head.get(4..) == Some(b"IEND") {
            return Some(at - start);
        }
        if at - start > DOCUMENT || !head.get(4..)?.iter().all(u8::is_ascii_alphabetic) {
            return None;
        }
    }
    None
}

/// As much as its table of sectors could speak of, and no more than there is.
fn ole(source: &mut Source<'_>, start: u64) -> Option<u64> {
    let head = source.exact(start, 512).ok()?;
    let shift = little(&head, 30, 2)?;
    if !matches!(shift, 9 | 12) {
        return None;
    }
    let sector = 1_u64 << shift;
    let length = little(&head, 44, 4)?.checked_mul(sector / 4)?.checked_add(1)?.checked_mul(sector)?;
    (length > 512).then_some(length.min(DOCUMENT))
}

fn rtf(source: &mut Source<'_>, start: u64) -> Option<u64> {
    let (mut at, mut depth, mut escaped) = (start, 0_u32, false);
    while at - start < DOCUMENT {
        let block = source.most(at, BLOCK).ok().filter(|block| !block.is_empty())?;
        for (offset, byte) in block.iter().enumerate() {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'{' => depth += 1,
                b'}' => {
                    depth = depth.checked_sub(1)?;
                    if depth == 0 {
                        return Some(at + offset as u64 + 1 - start);
                    }
                }
                0 => return Some(at + offset as u64 - start),
                _ => {}
            }
        }
        at += block.len() as u64;
    }
    None
}

fn sqlite(source: &mut Source<'_>, start: u64) -> Option<u64> {
    let head = source.exact(start, 100).ok()?;
    let page = match big(&head, 16, 2)? {
        1 => 65_536,
        page => page,
    };
    let pages = big(&head, 28, 4)?;
    (page.is_power_of_two() && page >= 512).then(|| if pages == 0 { DOCUMENT } else { page * pages })
}
