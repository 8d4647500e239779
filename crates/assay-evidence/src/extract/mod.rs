//! Extraction: bytes in, passages and members out. A file is typed by its content; its name may only break ties.
//!
//! One file a format, one line a format in `registry`. An extractor never writes, never recurses (a container lists its
//! members; the caller opens them as items of their own) and never gives up silently: what is missing shows as
//! [`ItemStatus`] and warnings. What a value means is for detection to say.
//!
//! Long because every extractor builds on what stands here: what goes in, what comes out, and the limits on both.

use crate::volumes::Volumes;
use assay_model::{Content, ItemStatus, Passage, Recovery, Sensitive, Table, UnreadReason, Want, Warning};
use std::collections::BTreeSet;
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};

mod limits;
mod named;
mod recognise;
mod registry;
mod set;

pub use gunzip::Gunzip;
pub use limits::Limits;
pub use recognise::{Layout, MOST_PIXELS, NoRecogniser, Picture, RecognisedWord, Recogniser};
pub use set::join;

mod charset;
mod ciphers;
mod delimited;
mod embedded;
mod little_endian;
mod stream;
mod text;

mod access;
mod databases;
mod dbase;
mod dicom;
mod hl7;
mod json;
mod parquet;
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
mod numerals;
mod odf;
mod odf_crypt;
mod office_crypt;
mod ole_embedded;
mod ole_other;
mod ole_properties;
mod onenote;
mod ooxml;
mod ooxml_crypt;
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
mod xps;

mod picture;

mod ar;
mod arj;
mod blob;
mod bodies;
mod cab;
mod calendar;
mod carve;
mod cpio;
mod encoded;
mod gunzip;
mod iso;
mod lha;
mod lzh;
mod lzw;
mod mail;
mod mapi;
mod mbox;
mod mime;
mod msg;
mod ole;
mod ole_native;
mod ole_write;
mod passwords;
mod pgp;
mod pkcs7;
mod pst;
mod rar;
mod rar_volumes;
mod seven_zip;
mod snappy;
mod stretches;
mod strings;
mod tags;
mod tar;
mod tnef;
mod unpack;
mod warc;
mod windows_time;
mod zip;
mod zip_disks;
mod zstd;

#[cfg(test)]
mod tests;

/// Names the extractors' output; enters fingerprints. Bump it when any extractor's output changes.
pub const VERSION: &str = "extract-5";

/// The warning on an item whose parser panicked: a fault of ours, contained.
pub const PARSER_FAILED: &str = "the parser failed on this item";

/// What an item is read from.
pub trait ReadSeek: Read + Seek {}

impl<T: Read + Seek + ?Sized> ReadSeek for T {}

/// With what an item is read: budgets, and what its user gave for it.
#[derive(Clone, Copy)]
pub struct Reading<'a> {
    /// The budgets.
    pub limits: &'a Limits,
    /// Passwords to try on what is encrypted, in this order. None is ever guessed.
    pub passwords: &'a [Sensitive<String>],
    /// Who recognises text in pictures; without one, pictures are unread for want of it.
    pub recogniser: Option<&'a dyn Recogniser>,
    /// The volumes that the input is joined of, where it is ([`join`]); a file that is no set may come as one
    /// ([`Volumes::alone`]), which spares a copy of it in memory.
    pub set: Option<&'a Volumes>,
}

impl<'a> Reading<'a> {
    /// Within these budgets, without passwords and without recognition.
    pub fn within(limits: &'a Limits) -> Self {
        Self { limits, passwords: &[], recogniser: None, set: None }
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
    /// What it takes to read it, or to read it whole.
    pub wants: BTreeSet<Want>,
    /// A message's place among others.
    pub message: MessageIds,
}

/// A message's own id and those of the messages that it answers or refers to, without brackets. Ids name hosts and at
/// times people: they are digested before they leave the worker.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MessageIds {
    /// Its own.
    pub own: Option<Sensitive<String>>,
    /// Those it refers to, oldest first.
    pub refers: Vec<Sensitive<String>>,
}

/// A member of a container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberEntry {
    /// Its name, folders parted by `/`, unique within its container: a repeated name gets a suffix `~2`.
    pub name: String,
    /// Its size as the container declares it, bytes; zero where unknown.
    pub bytes: u64,
}

/// How the members of a container are come by: decides into how many units it is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Each for itself.
    Random,
    /// By walking past those before it, which costs little.
    Walk,
    /// By decoding those before it.
    Stream,
}

/// How the members of a container of this type are come by.
pub fn member_access(media_type: &str) -> Access {
    registry::holder(media_type).map_or(Access::Random, registry::Format::access)
}

/// Whether a member is cut: its container, of this type, declares more than it gave.
pub fn is_cut(media_type: &str, member: &MemberEntry, given: u64) -> bool {
    given < member.bytes && registry::holder(media_type).is_some_and(registry::Format::declares_sizes)
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
        let mut small = at_once(input, head.bytes);
        let input: &mut dyn ReadSeek = match &mut small {
            Some(small) => small,
            None => input,
        };
        // An encrypted package is read as what it holds.
        let mut opened = ooxml_crypt::open(input, reading).map(|opened| {
            out.warn(opened.warning);
            io::Cursor::new(opened.bytes)
        });
        let (input, head): (&mut dyn ReadSeek, Head<'_>) = match &mut opened {
            Some(opened) => {
                let head = Head::read(opened, name).map_err(|_| UnreadReason::Corrupt)?;
                (opened, head)
            }
            None => (input, head),
        };
        let format = registry::detect(input, &head);
        media_type = format.media_type;
        let read = format.read(&mut Job { input, head: &head, reading, out: &mut out });
        set::say(reading.set, &mut out);
        read
    }));
    let result = read.unwrap_or_else(|_| {
        out.warn(PARSER_FAILED);
        Err(UnreadReason::Corrupt)
    });
    match result {
        Err(UnreadReason::Encrypted) => _ = out.wants.insert(Want::Password),
        Err(UnreadReason::NoOcr) => _ = out.wants.insert(Want::Recogniser),
        _ => {}
    }
    let status = match result {
        Ok(()) if out.partial => ItemStatus::Partial,
        Ok(()) => ItemStatus::Read,
        Err(reason) if out.given || !out.members.is_empty() => {
            out.warn(&format!("what follows could not be read: {}", reason.as_str()));
            ItemStatus::Partial
        }
        Err(reason) => ItemStatus::Unread(reason),
    };
    let Out { members, warnings, wants, message, .. } = out;
    Extracted { media_type: media_type.to_owned(), status, passages: Vec::new(), members, warnings, wants, message }
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
    if range.is_empty() {
        return;
    }
    // A panic ends the visit; members not visited stay unread with their caller.
    let mut visit = Visit { range, reading, visit };
    let mut small = input.seek(SeekFrom::End(0)).ok().and_then(|bytes| at_once(input, bytes));
    let input: &mut dyn ReadSeek = match &mut small {
        Some(small) => small,
        None => input,
    };
    let _ = catch_unwind(AssertUnwindSafe(|| match ooxml_crypt::open(input, reading) {
        Some(opened) => format.visit(&mut io::Cursor::new(opened.bytes), &mut visit),
        None if rewind(input).is_ok() => format.visit(input, &mut visit),
        None => {}
    }));
}

/// Items up to this size are read at once: formats with directories are read from many places, each of which would cost calls
/// of the system. Larger ones are read as they come.
const AT_ONCE: u64 = 512 << 10;

fn at_once(input: &mut dyn ReadSeek, bytes: u64) -> Option<io::Cursor<Vec<u8>>> {
    if bytes > AT_ONCE {
        return None;
    }
    input.seek(SeekFrom::Start(0)).ok()?;
    let mut held = Vec::with_capacity(usize::try_from(bytes).ok()? + 1);
    // What breaks on the way is read as it comes, so that its beginning is kept.
    (&mut *input).take(AT_ONCE + 1).read_to_end(&mut held).ok()?;
    (held.len() as u64 <= AT_ONCE).then(|| io::Cursor::new(held))
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

    /// The whole of an item of which nothing else is held than its bytes and a few rows: four times as many may be.
    fn whole_for_rows(&mut self) -> Result<Vec<u8>, UnreadReason> {
        rewind(self.input)?;
        read_at_most(self.input, self.reading.limits.item_bytes.saturating_mul(4))
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
    wants: BTreeSet<Want>,
    message: MessageIds,
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
            wants: BTreeSet::new(),
            message: MessageIds::default(),
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

    /// As [`Out::partial`], where what is missing could be read with something that is not at hand.
    fn partial_for(&mut self, want: Want, words: &str) {
        self.wants.insert(want);
        self.partial(words);
    }

    /// A message's ids, with or without their brackets. Of many references the last are kept: the thread goes on there.
    fn message_ids<'i>(&mut self, own: Option<&str>, refers: impl Iterator<Item = &'i str>) {
        const REFERENCES: usize = 64;
        const LENGTH: usize = 998;
        let bare = |id: &str| {
            let id = id.trim().trim_start_matches('<').trim_end_matches('>').trim();
            (!id.is_empty() && id.len() <= LENGTH).then(|| Sensitive::new(id.to_owned()))
        };
        let mut refers: Vec<_> = refers.filter_map(bare).collect();
        refers.drain(..refers.len().saturating_sub(REFERENCES));
        self.message = MessageIds { own: own.and_then(bare), refers };
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

/// As [`read_at_most`], where it is known how much there should be: room for that is made at once, as far as a claim is
/// believed.
fn read_declared(input: &mut (impl Read + ?Sized), declared: u64) -> Result<Vec<u8>, UnreadReason> {
    const BELIEVED: u64 = 4 << 20;
    let mut bytes = Vec::with_capacity(declared.min(BELIEVED) as usize + 1);
    match input.take(declared.saturating_add(1)).read_to_end(&mut bytes) {
        Ok(_) if bytes.len() as u64 > declared => Err(UnreadReason::Limit),
        Ok(_) => Ok(bytes),
        Err(error) => Err(broken(&error)),
    }
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
