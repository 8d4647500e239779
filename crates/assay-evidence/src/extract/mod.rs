//! Extraction: bytes in, passages and members out. A file is typed by its content; its name may only break ties.
//!
//! One file a format, one line a format in `registry`. An extractor never writes, never recurses (a container lists its
//! members; the caller opens them as items of their own) and never gives up silently: what is missing shows as
//! [`ItemStatus`] and warnings. What a value means is for detection to say.

use assay_model::{Content, ItemStatus, Passage, Recovery, Sensitive, Table, UnreadReason, Warning};
use std::collections::BTreeSet;
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};

mod recognise;
mod registry;

pub use recognise::{Layout, MOST_PIXELS, NoRecogniser, Picture, RecognisedWord, Recogniser};

mod charset;
mod delimited;
mod embedded;
mod stream;
mod text;

mod dbase;
mod dicom;
mod json;
mod records;
mod sql;
mod sqlite;
mod xml;

mod doc;
mod doc_format;
mod doc_list;
mod doc_text;
mod docx;
mod flow;
mod html;
mod number_format;
mod odf;
mod office_crypt;
mod ole_embedded;
mod ole_other;
mod ole_properties;
mod ooxml;
mod pdf;
mod ppt;
mod ppt_slide;
mod pptx;
mod rtf;
mod sheets;
mod xls;
mod xls_cache;
mod xls_records;
mod xls_sheet;
mod xlsx;

mod picture;

mod bodies;
mod calendar;
mod carve;
mod mail;
mod mapi;
mod mbox;
mod mime;
mod msg;
mod ole;
mod ole_native;
mod ole_write;
mod pgp;
mod pkcs7;
mod pst;
mod seven_zip;
mod tar;
mod tnef;
mod unpack;
mod zip;
mod zstd;

#[cfg(test)]
mod tests;

/// Names the extractors' output; enters fingerprints. Bump it when any extractor's output changes.
pub const VERSION: &str = "extract-3";

/// The warning on an item whose parser panicked: a fault of ours, contained.
pub const PARSER_FAILED: &str = "the parser failed on this item";

/// What an item is read from.
pub trait ReadSeek: Read + Seek {}

impl<T: Read + Seek + ?Sized> ReadSeek for T {}

/// Budgets that decide content. All are counted, none is timed: the same evidence gives the same passages on any
/// machine.
#[derive(Clone, Debug, PartialEq)]
pub struct Limits {
    /// The largest item read into memory, bytes. Containers, archives and what is read as it comes (text, tables in text,
    /// JSON, XML, SQL, messages) are not bound by it; members of archives are. Of what is read as it comes, no record (a
    /// line, a row, a message) may be longer than 16 MiB.
    pub item_bytes: u64,
    /// All members of one container together, bytes, decoded.
    pub expanded_bytes: u64,
    /// How many times its own size a container may expand to, above a floor of 64 MiB. Deflate reaches 1032; logs and
    /// tables of one phrase reach 200.
    pub expansion_ratio: u64,
    /// Members listed of one container.
    pub members: u32,
    /// Containers inside containers; kept by the caller, who alone knows how deep an item lies.
    pub depth: u32,
    /// Cells of one item's tables, empty ones within a row included. Where passages are handed on one by one
    /// ([`extract_each`]) nothing is held, and the item's own bytes, each once, are allowed beyond it: then it bounds what
    /// a small file may expand to.
    pub cells: u64,
    /// Pages of one document.
    pub pages: u32,
    /// Text of one item, bytes of UTF-8. Where passages are handed on one by one, four times the item's own bytes are
    /// allowed beyond it, as with `cells`.
    pub text_bytes: u64,
    /// Elements of one document nested in each other, or objects referring to each other.
    pub nesting: u32,
    /// Rows in one table passage; what follows comes as `continued`.
    pub passage_rows: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            // A worker has 2 GiB; a table costs up to five times its file as cells.
            item_bytes: 256 << 20,
            // The largest dumps in one archive that leak sites have posted in single files are of this order.
            expanded_bytes: 64 << 30,
            expansion_ratio: 250,
            // A file server's share has a few hundred thousand files.
            members: 1_000_000,
            depth: 16,
            // 1,048,576 rows of twenty columns: a full Excel sheet of a patient administration system.
            cells: 24_000_000,
            pages: 20_000,
            text_bytes: 256 << 20,
            nesting: 256,
            passage_rows: 20_000,
        }
    }
}

/// With what an item is read: budgets, and what its user gave for it.
#[derive(Clone, Copy)]
pub struct Reading<'a> {
    /// The budgets.
    pub limits: &'a Limits,
    /// Passwords to try on what is encrypted, in this order. None is ever guessed.
    pub passwords: &'a [Sensitive<String>],
    /// Who recognises text in pictures; without one, pictures are unread for want of it.
    pub recogniser: Option<&'a dyn Recogniser>,
}

impl<'a> Reading<'a> {
    /// Within these budgets, without passwords and without recognition.
    pub fn within(limits: &'a Limits) -> Self {
        Self { limits, passwords: &[], recogniser: None }
    }
}

/// What was read of an item.
#[derive(Clone, Debug, PartialEq)]
pub struct Extracted {
    /// Its type, by content.
    pub media_type: String,
    /// Read, partial or unread.
    pub status: ItemStatus,
    /// Its content in reading order.
    pub passages: Vec<Passage>,
    /// The items it holds; numbered as in [`visit_members`].
    pub members: Vec<MemberEntry>,
    /// What a reader should know; never a personal value.
    pub warnings: Vec<Warning>,
}

/// A member of a container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberEntry {
    /// Its name, folders parted by `/`, unique within its container: a repeated name gets a suffix `~2`.
    pub name: String,
    /// Its size as the container declares it, bytes; zero where unknown.
    pub bytes: u64,
}

/// The bytes of a member, or why there are none.
pub type Opened = Result<Vec<u8>, UnreadReason>;

/// Reads an item. Never panics; a container gives its members, mail gives passages and members, an mbox its messages as
/// members.
pub fn extract(input: &mut dyn ReadSeek, name: &str, reading: &Reading<'_>) -> Extracted {
    let mut passages = Vec::new();
    let extracted = run(input, name, reading, Keeping::All, &mut |passage| passages.push(passage));
    Extracted { passages, ..extracted }
}

/// As [`extract`], but hands each passage over as soon as it stands, so that a large table need not be held whole; the
/// result's `passages` are empty.
pub fn extract_each(
    input: &mut dyn ReadSeek,
    name: &str,
    reading: &Reading<'_>,
    sink: &mut dyn FnMut(Passage),
) -> Extracted {
    run(input, name, reading, Keeping::None, sink)
}

/// Whether the caller keeps all passages until the item is read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Keeping {
    All,
    None,
}

fn run(
    input: &mut dyn ReadSeek,
    name: &str,
    reading: &Reading<'_>,
    keeping: Keeping,
    sink: &mut dyn FnMut(Passage),
) -> Extracted {
    let mut out = Out::new(reading.limits, sink);
    let mut media_type = registry::UNKNOWN;
    // Parsers of other hands may panic on hostile input. The worker contains that too; here it costs one item and keeps
    // its type.
    let read = catch_unwind(AssertUnwindSafe(|| -> Result<(), UnreadReason> {
        let head = Head::read(input, name).map_err(|_| UnreadReason::Corrupt)?;
        if head.bytes == 0 {
            media_type = registry::EMPTY;
            return Ok(());
        }
        if keeping == Keeping::None {
            out.allow(head.bytes);
        }
        let format = registry::detect(input, &head);
        media_type = format.media_type;
        rewind(input)?;
        format.read(&mut Job { input, head: &head, reading, out: &mut out })
    }));
    let result = read.unwrap_or_else(|_| {
        out.warn(PARSER_FAILED);
        Err(UnreadReason::Corrupt)
    });
    let status = match result {
        Ok(()) if out.partial => ItemStatus::Partial,
        Ok(()) => ItemStatus::Read,
        Err(reason) if out.given || !out.members.is_empty() => {
            out.warn(&format!("what follows could not be read: {}", reason.as_str()));
            ItemStatus::Partial
        }
        Err(reason) => ItemStatus::Unread(reason),
    };
    let Out { members, warnings, .. } = out;
    Extracted { media_type: media_type.to_owned(), status, passages: Vec::new(), members, warnings }
}

/// Opens the members of a container whose numbers lie in `range`, in order; numbers are those of
/// [`Extracted::members`].
///
/// `media_type` is what [`extract`] found. A member that needs a password comes as [`UnreadReason::Encrypted`], one
/// over a limit as [`UnreadReason::Limit`]. Whether a member is over a limit does not depend on `range`. Archives
/// without random access (tar, tar.gz and its like, mbox) are streamed once up to the end of `range`; members that a
/// damaged stream no longer gives are not visited. A member that a cut archive holds in part comes with that part; the
/// archive is then [`ItemStatus::Partial`].
pub fn visit_members(
    input: &mut dyn ReadSeek,
    media_type: &str,
    range: Range<u32>,
    reading: &Reading<'_>,
    visit: &mut dyn FnMut(u32, &MemberEntry, Opened),
) {
    let Some(format) = registry::holder(media_type) else { return };
    let range = range.start..range.end.min(reading.limits.members);
    if range.is_empty() || rewind(input).is_err() {
        return;
    }
    // A panic ends the visit; members not visited stay unread with their caller.
    let mut visit = Visit { range, reading, visit };
    let _ = catch_unwind(AssertUnwindSafe(|| format.visit(input, &mut visit)));
}

/// How much of an item is looked at to type it: enough for the rows that tell a table from prose.
const HEAD: u64 = 64 * 1024;

/// The beginning of an item and what is known from outside.
struct Head<'a> {
    first: Vec<u8>,
    bytes: u64,
    name: &'a str,
}

impl<'a> Head<'a> {
    fn read(input: &mut dyn ReadSeek, name: &'a str) -> io::Result<Self> {
        let bytes = input.seek(SeekFrom::End(0))?;
        input.seek(SeekFrom::Start(0))?;
        let mut first = Vec::new();
        input.take(HEAD).read_to_end(&mut first)?;
        Ok(Self { first, bytes, name })
    }

    /// Whether the name ends in one of the endings given in lower case; only ever breaks ties.
    fn named(&self, endings: &[&str]) -> bool {
        let name = self.name.to_ascii_lowercase();
        endings.iter().any(|ending| name.ends_with(ending))
    }
}

/// One item being read.
struct Job<'a, 'b> {
    input: &'a mut dyn ReadSeek,
    head: &'a Head<'a>,
    reading: &'a Reading<'a>,
    out: &'a mut Out<'b>,
}

impl Job<'_, '_> {
    /// The whole item in memory.
    fn whole(&mut self) -> Result<Vec<u8>, UnreadReason> {
        rewind(self.input)?;
        read_at_most(self.input, self.reading.limits.item_bytes)
    }
}

/// One visit of members.
struct Visit<'a> {
    range: Range<u32>,
    reading: &'a Reading<'a>,
    visit: &'a mut dyn FnMut(u32, &MemberEntry, Opened),
}

/// Where extractors put what they read; keeps the counts that limits are about.
struct Out<'a> {
    sink: &'a mut dyn FnMut(Passage),
    members: Vec<MemberEntry>,
    names: Names,
    warnings: Vec<Warning>,
    partial: bool,
    given: bool,
    /// How what is given now was come by.
    recovery: Recovery,
    text_left: u64,
    cells_left: u64,
    /// Text in cells, bytes: a string that all cells share is small in the file only.
    cell_text_left: u64,
    members_left: u32,
}

const CELLS_OVER: &str = "cells over the limit of this item were not read";

/// Tells an extractor to stop: a limit is reached, and said.
struct Full;

impl<'a> Out<'a> {
    fn new(limits: &Limits, sink: &'a mut dyn FnMut(Passage)) -> Self {
        Self {
            sink,
            members: Vec::new(),
            names: Names::default(),
            warnings: Vec::new(),
            partial: false,
            given: false,
            recovery: Recovery::Stored,
            text_left: limits.text_bytes,
            cells_left: limits.cells,
            cell_text_left: limits.text_bytes.saturating_mul(4),
            members_left: limits.members,
        }
    }

    /// Allows what an item of so many bytes may hold where nothing of it is kept.
    fn allow(&mut self, bytes: u64) {
        self.cells_left = self.cells_left.saturating_add(bytes);
        self.text_left = self.text_left.saturating_add(bytes.saturating_mul(4));
    }

    /// Gives text, if there is any in it.
    fn text(&mut self, part: &str, hidden: Visibility, first_line: u32, text: String) -> Result<(), Full> {
        if text.trim().is_empty() {
            return Ok(());
        }
        let Some(left) = self.text_left.checked_sub(text.len() as u64) else {
            return self.full("text over the limit of this item was not read");
        };
        self.text_left = left;
        self.give(part, hidden, Content::Text { first_line, text });
        Ok(())
    }

    /// Gives a table, if a cell of it is filled.
    fn table(&mut self, part: &str, hidden: Visibility, table: Table) -> Result<(), Full> {
        let cells: u64 = table.rows.iter().map(|row| row.len() as u64).sum();
        let Some(left) = self.cells_left.checked_sub(cells) else {
            return self.full(CELLS_OVER);
        };
        self.cells_left = left;
        if table.rows.iter().flatten().any(|cell| !cell.is_blank()) {
            self.give(part, hidden, Content::Table(table));
        }
        Ok(())
    }

    fn give(&mut self, part: &str, hidden: Visibility, content: Content) {
        self.given = true;
        (self.sink)(Passage {
            part: part.to_owned(),
            hidden: hidden == Visibility::Hidden,
            recovery: self.recovery,
            content,
        });
    }

    /// Lists a member; its number is the count of those before it.
    fn member(&mut self, name: &str, bytes: u64) -> Result<(), Full> {
        let Some(left) = self.members_left.checked_sub(1) else {
            return self.full("members over the limit were not listed");
        };
        self.members_left = left;
        let name = self.names.unique(name);
        self.members.push(MemberEntry { name, bytes });
        Ok(())
    }

    fn full(&mut self, words: &str) -> Result<(), Full> {
        self.partial(words);
        Err(Full)
    }

    /// Says that something is missing.
    fn partial(&mut self, words: &str) {
        self.partial = true;
        self.warn(words);
    }

    /// Says something, once.
    fn warn(&mut self, words: &str) {
        if !self.warnings.iter().any(|warning| warning.0 == words) {
            self.warnings.push(Warning(words.to_owned()));
        }
    }
}

/// Whether a person opening the file would see a passage.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Visibility {
    Shown,
    Hidden,
}

/// Makes members' names unique and their separators one. `..` and a leading `/` stay: names are never written to disk.
#[derive(Default)]
struct Names(BTreeSet<String>);

impl Names {
    fn unique(&mut self, name: &str) -> String {
        let mut name = name.replace('\\', "/");
        if name.is_empty() {
            name.push_str("unnamed");
        }
        let mut candidate = name.clone();
        let mut count = 1_u64;
        while !self.0.insert(candidate.clone()) {
            count += 1;
            candidate = format!("{name}~{count}");
        }
        candidate
    }
}

fn rewind(input: &mut dyn ReadSeek) -> Result<(), UnreadReason> {
    input.seek(SeekFrom::Start(0)).map(|_| ()).map_err(|_| UnreadReason::Corrupt)
}

/// All that `input` gives, unless it is more than `limit` bytes.
fn read_at_most(input: &mut (impl Read + ?Sized), limit: u64) -> Result<Vec<u8>, UnreadReason> {
    let (bytes, end) = salvage(input, limit);
    end.map_or(Ok(bytes), Err)
}

/// What `input` gives until it ends, breaks or passes `limit` bytes, and why it went no further.
fn salvage(input: &mut (impl Read + ?Sized), limit: u64) -> (Vec<u8>, Option<UnreadReason>) {
    let mut bytes = Vec::new();
    let end = match input.take(limit.saturating_add(1)).read_to_end(&mut bytes) {
        Ok(_) if bytes.len() as u64 > limit => Some(UnreadReason::Limit),
        Ok(_) => None,
        Err(error) => Some(broken(&error)),
    };
    (bytes, end)
}

/// What could be had of a damaged member: its beginning, if it has one.
fn had((bytes, end): (Vec<u8>, Option<UnreadReason>)) -> Opened {
    match end {
        None => Ok(bytes),
        Some(UnreadReason::Corrupt) if !bytes.is_empty() => Ok(bytes),
        Some(reason) => Err(reason),
    }
}

/// What an error in the midst of a stream means: readers and decoders here say by its kind that a limit stopped them.
fn broken(error: &io::Error) -> UnreadReason {
    match error.kind() {
        io::ErrorKind::FileTooLarge | io::ErrorKind::OutOfMemory => UnreadReason::Limit,
        _ => UnreadReason::Corrupt,
    }
}
