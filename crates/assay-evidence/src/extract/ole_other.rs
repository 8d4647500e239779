//! Compound files of other programs (Visio, Publisher, Project, Works, installers, old office suites) and what remains of
//! damaged ones: properties, then words carved out of their streams, marked as carved. Storages that are documents by
//! themselves are members.
//!
//! Layout, order on the page and formatting of these formats are not read.

use super::ole::{self, Compound};
use super::{Full, Job, Visibility, ole_native, ole_properties};
use assay_model::{Recovery, UnreadReason};
use std::collections::BTreeSet;

/// Streams that are read before all others, with the encodings that their text is known to have.
const KNOWN: &[(&str, Width)] =
    &[("VisioDocument", Width::Both), ("Contents", Width::Both), ("CONTENTS", Width::Both), ("Quill", Width::Two)];

/// How text stands in a stream.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Width {
    Both,
    Two,
}

/// Storages within storages that are walked.
const DEPTH: u32 = 16;

/// The shortest run that is taken for words, characters.
const SHORTEST: usize = 4;

pub(super) fn read(job: &mut Job<'_, '_>) -> Result<(), UnreadReason> {
    match Compound::parse(job.whole()?) {
        Ok(file) => {
            if ole_properties::give(&file, job.out).is_ok() {
                give(&file, job)?;
            }
        }
        Err(bytes) => return damaged(job, bytes),
    }
    if job.out.given || !job.out.members.is_empty() { Ok(()) } else { Err(UnreadReason::Unsupported) }
}

/// Words carved out of a compound file that does not open.
pub(super) fn damaged(job: &mut Job<'_, '_>, bytes: Vec<u8>) -> Result<(), UnreadReason> {
    // A limit reached is said by the one who counts.
    let _ = carve(job, "body", &ole::without_directory(bytes));
    if !job.out.given {
        return Err(UnreadReason::Corrupt);
    }
    job.out.partial("the file is damaged: words were carved from its bytes");
    Ok(())
}

/// Words of all streams, and members; not the properties.
pub(super) fn give(file: &Compound, job: &mut Job<'_, '_>) -> Result<(), UnreadReason> {
    let mut streams = Vec::new();
    gather(file, ole::ROOT, DEPTH, &mut streams);
    // Streams that are known to hold the text come first; the order of the others is that of the file.
    let rank = |name: &str| KNOWN.iter().position(|(known, _)| *known == name).unwrap_or(KNOWN.len());
    streams.sort_by_key(|stream| (rank(file.name(*stream)), *stream));
    let mut seen = BTreeSet::new();
    let mut lines = Vec::new();
    for stream in streams {
        let width =
            KNOWN.iter().find(|(known, _)| *known == file.name(stream)).map_or(Width::Both, |(_, width)| *width);
        lines.extend(words(&file.stream(stream), width).into_iter().filter(|line| seen.insert(line.clone())));
    }
    if !lines.is_empty() {
        job.out.partial("this format is not read in full: words were carved from its streams");
    }
    job.out.recovery = Recovery::Carved;
    // A limit reached is said by the one who counts.
    let _ = job.out.text("body", Visibility::Shown, 1, lines.join("\n"));
    job.out.recovery = Recovery::Stored;
    let objects = ole_native::objects(file, ole::ROOT);
    let paths: Vec<String> = objects.iter().flat_map(|object| object.paths.clone()).collect();
    let _ = job.out.text("properties", Visibility::Hidden, 1, paths.join("\n"));
    for object in &objects {
        if job.out.member(&object.name, object.content.len() as u64).is_err() {
            break;
        }
    }
    Ok(())
}

/// Words carved out of bytes, as a passage.
pub(super) fn carve(job: &mut Job<'_, '_>, part: &str, bytes: &[u8]) -> Result<(), Full> {
    job.out.recovery = Recovery::Carved;
    let given = job.out.text(part, Visibility::Shown, 1, words(bytes, Width::Both).join("\n"));
    job.out.recovery = Recovery::Stored;
    given
}

fn gather(file: &Compound, storage: usize, depth: u32, streams: &mut Vec<usize>) {
    let Some(depth) = depth.checked_sub(1) else { return };
    for child in file.children(storage) {
        // Names that begin with a control character are of OLE itself: properties, pictures, classes.
        let name = file.name(child);
        let own = name.starts_with(|first: char| first < ' ') || ["Package", "EmbeddedOdf"].contains(&name);
        if file.is_stream(child) && !own {
            streams.push(child);
        } else if !file.is_stream(child) && !is_member(file, child) && streams.len() < 10_000 {
            gather(file, child, depth, streams);
        }
    }
}

fn is_member(file: &Compound, storage: usize) -> bool {
    const DOCUMENTS: &[&str] = &[
        "WordDocument",
        "Workbook",
        "Book",
        "PowerPoint Document",
        "VisioDocument",
        "Package",
        "\u{1}Ole10Native",
        "__properties_version1.0",
    ];
    DOCUMENTS.iter().any(|name| file.find(storage, name).is_some())
}

/// Runs of characters that look like words, in the order of the bytes; each run a line.
pub(super) fn words(bytes: &[u8], width: Width) -> Vec<String> {
    let mut lines = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let (wide, is_text) = wide_run(bytes, at);
        if wide >= SHORTEST {
            let end = at + wide * 2;
            if is_text {
                let text = encoding_rs::UTF_16LE.decode_without_bom_handling(bytes.get(at..end).unwrap_or_default()).0;
                keep(&text, &mut lines);
            }
            at = end;
            continue;
        }
        let narrow = bytes.get(at..).unwrap_or_default().iter().take_while(|byte| is_print(**byte)).count();
        if narrow > SHORTEST && width == Width::Both {
            let run = bytes.get(at..at + narrow).unwrap_or_default();
            keep(&encoding_rs::WINDOWS_1252.decode_without_bom_handling(run).0, &mut lines);
            at += narrow;
            continue;
        }
        at += 1;
    }
    lines
}

fn is_print(byte: u8) -> bool {
    matches!(byte, b'\t' | b'\n' | b'\r' | 0x20..=0x7e | 0x91..=0x97 | 0xa0 | 0xa3 | 0xc0..=0xff)
}

/// How many units of UTF-16 from here on are of the scripts that Europe writes, and whether they are text: most of a
/// word stands in one script, of the numbers that look like such units few do.
fn wide_run(bytes: &[u8], at: usize) -> (usize, bool) {
    let unit = |pair: &[u8]| matches!(pair, [low, 0] if is_print(*low)) || matches!(pair, [_, 1..=5 | 0x20]);
    let rest = bytes.get(at..).unwrap_or_default();
    let run = rest.chunks_exact(2).take_while(|pair| unit(pair)).count();
    let plain = rest.chunks_exact(2).take(run).filter(|pair| pair[1] == 0 || (4..=5).contains(&pair[1])).count();
    (run, plain * 4 >= run * 3)
}

/// Keeps a run that reads like language or like a name, number or address: mostly letters and digits, and a few at least.
fn keep(run: &str, lines: &mut Vec<String>) {
    for line in run.split(['\r', '\n']) {
        let line = line.trim();
        let (mut letters, mut digits, mut all, mut vowels) = (0_usize, 0_usize, 0_usize, 0_usize);
        for character in line.chars() {
            all += 1;
            letters += usize::from(character.is_alphabetic());
            digits += usize::from(character.is_ascii_digit());
            vowels += usize::from(
                "aeiouyAEIOUYäöüéèаеиоу".contains(character) || !character.is_ascii() && character.is_alphabetic(),
            );
        }
        let spaces = line.matches(' ').count();
        let like_words = letters >= 3 && vowels * 8 >= letters && (letters + digits + spaces) * 10 >= all * 8;
        let like_number = digits >= 6 && (digits + spaces) * 10 >= all * 8;
        if all >= SHORTEST && (like_words || like_number) {
            lines.push(line.to_owned());
        }
    }
}
