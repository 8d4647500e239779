//! Word documents of the years before 2007: Word 97 to 2003 in full (body, tables, notes, headers and footers, comments
//! with their authors, text boxes, numbers of lists, targets of links, properties), Word 6 and 95 alike but for lists, and
//! the running text of Word 2 and of Write. Pictures and embedded objects are members.
//!
//! As in newer documents, text stands as shown once changes are accepted; a paragraph that lost words or hides some comes a
//! second time, marked hidden. Codes of fields, macros, and the look of the page are not read. A document without its list
//! of pieces is carved.

use super::doc_format::{self, Of, Piece, Pieces, Shape, Text, Version};
use super::doc_list::Lists;
use super::doc_text::{Story, Walk, unshaped};
use super::flow::Flow;
use super::little_endian::{u16_at, u32_at};
use super::office_crypt::{Cipher, Xor, XorKind, given};
use super::ole::{self, Compound};
use super::ole_embedded::{self, Embedded};
use super::{Full, Job, Out, ReadSeek, Visibility, Visit, ole_other, ole_properties, read_at_most};
use assay_model::{Sensitive, UnreadReason};
use encoding_rs::{MACINTOSH, WINDOWS_1252};
use std::collections::BTreeSet;

/// Word 97 and later (MS-DOC 2.5.2).
const WORD_97: u16 = 0xc1;

/// Word 6; before, formatting is kept otherwise.
const WORD_6: u16 = 101;

/// Bytes at the beginning of the main stream that are never encrypted.
const CLEAR: usize = 68;

pub(super) fn read(job: &mut Job<'_, '_>) -> Result<(), UnreadReason> {
    let file = match Compound::parse(job.whole()?) {
        Ok(file) => file,
        Err(bytes) => return ole_other::damaged(job, bytes),
    };
    // Before its properties, which an encrypted document may have in the clear: it counts as unread all the same.
    let word = Word::open(&file, job.reading.passwords)?;
    if ole_properties::give(&file, job.out).is_ok() {
        // A limit reached is said by the one who counts.
        let _ = word.give(job);
    }
    let _ = ole_embedded::list(job.out, &word.embedded(&file));
    Ok(())
}

pub(super) fn visit(input: &mut dyn ReadSeek, visit: &mut Visit<'_>) {
    let Ok(file) = read_at_most(input, visit.reading.limits.item_bytes).and_then(Compound::open) else { return };
    let Ok(word) = Word::open(&file, visit.reading.passwords) else { return };
    ole_embedded::visit(word.embedded(&file), visit);
}

/// A document that is no compound file: Word 2, or an older or younger one saved bare.
pub(super) fn read_bare(job: &mut Job<'_, '_>) -> Result<(), UnreadReason> {
    let stream = job.whole()?;
    if u16_at(&stream, 10).is_some_and(|flags| flags & 0x100 != 0) {
        return Err(UnreadReason::Encrypted);
    }
    let (Some(from), Some(to)) = (u32_at(&stream, 0x18), u32_at(&stream, 0x1c)) else {
        return Err(UnreadReason::Corrupt);
    };
    let text = stream.get(from as usize..).map(|rest| rest.get(..to.saturating_sub(from) as usize).unwrap_or(rest));
    let units: Vec<u16> = WINDOWS_1252.decode_without_bom_handling(text.unwrap_or_default()).0.encode_utf16().collect();
    let mut flow = Flow::new("body", job.reading.limits.cells);
    unshaped(&units, &mut flow);
    // A limit reached is said by the one who counts.
    let _ = flow.finish(job.out);
    Ok(())
}

/// Windows Write: text in one stretch after a header of 128 bytes, in the code page of its Windows.
pub(super) fn read_write(job: &mut Job<'_, '_>) -> Result<(), UnreadReason> {
    let bytes = job.whole()?;
    let end = u32_at(&bytes, 14).ok_or(UnreadReason::Corrupt)? as usize;
    let text = bytes.get(128..end.min(bytes.len())).unwrap_or_default();
    let text = WINDOWS_1252.decode_without_bom_handling(text).0;
    let clean = |character: char| !character.is_control() || matches!(character, '\n' | '\t');
    let text: String = text.chars().filter(|character| clean(*character)).collect();
    let _ = job.out.text("body", Visibility::Shown, 1, text.trim_end().to_owned());
    Ok(())
}

/// The streams of a document, in the clear, and its version.
struct Word {
    main: Vec<u8>,
    table: Vec<u8>,
    data: Vec<u8>,
    version: Version,
}

/// The parts of the text in their order.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Body,
    Footnote,
    Header,
    Macro,
    Comment,
    Endnote,
    Drawing,
    HeaderDrawing,
}

const PARTS: [Part; 8] = [
    Part::Body,
    Part::Footnote,
    Part::Header,
    Part::Macro,
    Part::Comment,
    Part::Endnote,
    Part::Drawing,
    Part::HeaderDrawing,
];

impl Word {
    fn open(file: &Compound, passwords: &[Sensitive<String>]) -> Result<Self, UnreadReason> {
        let main = file.named(ole::ROOT, "WordDocument").ok_or(UnreadReason::Corrupt)?;
        let (Some(version), Some(flags)) = (u16_at(&main, 2), u16_at(&main, 10)) else {
            return Err(UnreadReason::Corrupt);
        };
        let version = if version >= WORD_97 { Version::Word97 } else { Version::Word6 };
        let (one, two) = if flags & 0x200 != 0 { ("1Table", "0Table") } else { ("0Table", "1Table") };
        let table = match version {
            Version::Word97 => file.named(ole::ROOT, one).or_else(|| file.named(ole::ROOT, two)).unwrap_or_default(),
            Version::Word6 => Vec::new(),
        };
        let data = file.named(ole::ROOT, "Data").unwrap_or_default();
        let mut word = Self { main, table, data, version };
        if flags & 0x100 != 0 {
            word.decrypt(flags & 0x8000 != 0 || version == Version::Word6, passwords)?;
        }
        Ok(word)
    }

    fn decrypt(&mut self, obfuscated: bool, passwords: &[Sensitive<String>]) -> Result<(), UnreadReason> {
        if obfuscated {
            let (hash, key) = (u16_at(&self.main, 14).unwrap_or(0), u16_at(&self.main, 16).unwrap_or(0));
            let xor = Xor::open(key, hash, XorKind::Word, given(passwords)).ok_or(UnreadReason::Encrypted)?;
            let start = 0x34.min(self.main.len());
            self.main.get_mut(start..).into_iter().for_each(|rest| xor.word(rest, start));
            xor.word(&mut self.table, 0);
            xor.word(&mut self.data, 0);
            return Ok(());
        }
        let cipher = Cipher::open(&self.table, given(passwords)).ok_or(UnreadReason::Encrypted)?;
        let clear = self.main.get(..CLEAR.min(self.main.len())).unwrap_or_default().to_vec();
        for stream in [&mut self.main, &mut self.table, &mut self.data] {
            cipher.stream(stream, 512);
        }
        self.main.iter_mut().zip(clear).for_each(|(place, byte)| *place = byte);
        Ok(())
    }

    /// Where lists begin and how long they are; numbers for Word 97 and for Word 6, zero for one that it lacks.
    fn list(&self, at: usize, old: usize) -> &[u8] {
        let (holder, at) = match self.version {
            Version::Word97 => (&self.table, at),
            Version::Word6 => (&self.main, old),
        };
        let place = || Some((u32_at(&self.main, at)? as usize, u32_at(&self.main, at + 4)? as usize));
        let Some((start, length)) = place().filter(|_| at != 0) else { return &[] };
        let rest = holder.get(start..).unwrap_or_default();
        rest.get(..length).unwrap_or(rest)
    }

    fn length(&self, part: usize) -> usize {
        let start = if self.version == Version::Word97 { 0x4c } else { 0x34 };
        u32_at(&self.main, start + part * 4).unwrap_or(0) as usize
    }

    fn pieces(&self) -> Option<Pieces<'_>> {
        let flags = u16_at(&self.main, 10)?;
        // Word 95 of Far Eastern editions keeps every character in two bytes.
        let two_bytes = flags & 0x1000 != 0;
        let found = doc_format::pieces(self.list(0x1a2, 0x160), self.version, two_bytes);
        if found.is_some() || self.version == Version::Word97 && u16_at(&self.main, 2)? > WORD_97 {
            return found;
        }
        // Without quick saves the text of Word 6 is one stretch.
        let (from, to) = (u32_at(&self.main, 0x18)? as usize, u32_at(&self.main, 0x1c)? as usize);
        (flags & 4 == 0 || self.list(0x1a2, 0x160).is_empty()).then(|| {
            Pieces::single(from, to.saturating_sub(from).min(self.main.len()) >> u32::from(two_bytes), two_bytes)
        })
    }

    fn give(&self, job: &mut Job<'_, '_>) -> Result<(), Full> {
        let Some(pieces) = self.pieces() else {
            job.out.partial("the list of the text's pieces is damaged: words were carved");
            return ole_other::carve(job, "body", &self.main);
        };
        let most = usize::try_from(job.reading.limits.text_bytes / 2).unwrap_or(usize::MAX);
        let encoding = match self.version {
            Version::Word97 => WINDOWS_1252,
            // Written on a Macintosh, or with its characters.
            Version::Word6 if self.main.get(0x12) == Some(&1) || u16_at(&self.main, 0x14) == Some(0x100) => MACINTOSH,
            Version::Word6 => doc_format::code_page(u16_at(&self.main, 6).unwrap_or(0)),
        };
        let Text { mut units, damaged, over } = doc_format::text(&self.main, &pieces.all, encoding, most);
        if self.version == Version::Word6 {
            doc_format::plain(&mut units);
        }
        if over {
            job.out.partial("text over the limit of this item was not read");
        }
        if damaged {
            job.out.partial("pieces of the text are damaged");
        }
        let is_shaped =
            self.version == Version::Word97 || u16_at(&self.main, 2).is_some_and(|version| version >= WORD_6);
        let characters = doc_format::runs(&self.main, self.list(0xfa, 0xb8), self.version, Of::Characters);
        let looks = doc_format::looks(&pieces, &characters, self.version);
        drop(characters);
        let runs = doc_format::runs(&self.main, self.list(0x102, 0xc0), self.version, Of::Paragraphs);
        let shape_at = |place: usize| {
            let at = byte_of(&pieces.all, place)?;
            let run = runs.get(runs.partition_point(|run| run.to <= at)).filter(|run| run.from <= at)?;
            Some(Shape::of(run, self.version, &self.data))
        };
        let mut lists = Lists::new(self.lists(), self.list(0x2ea, 0), self.list(0xa2, 0));
        let mut reader = Reader { word: self, units: &units, looks: &looks, lists: &mut lists, is_shaped };
        let mut first = 0_usize;
        for (number, part) in PARTS.iter().enumerate() {
            let last = first.saturating_add(self.length(number)).min(units.len());
            // Without its lengths all text is body.
            let last = if number == 0 && last == first { units.len() } else { last };
            reader.part(*part, first, last, &shape_at, job)?;
            first = last;
        }
        Ok(())
    }

    /// The list of lists runs on beyond its declared length into its levels.
    fn lists(&self) -> &[u8] {
        let whole = self.list(0x2e2, 0);
        if whole.is_empty() {
            return whole;
        }
        let start = u32_at(&self.main, 0x2e2).unwrap_or(u32::MAX) as usize;
        self.table.get(start..).unwrap_or(whole)
    }

    fn embedded<'a>(&'a self, file: &'a Compound) -> Vec<Embedded<'a>> {
        let mut all = Vec::new();
        if let Some(pool) = file.find(ole::ROOT, "ObjectPool") {
            all.extend(ole_embedded::objects_in(file, pool, &|_| true));
        }
        // Word keeps a package that it cannot place beside its streams.
        let pictures = ole_embedded::pictures(&self.data).into_iter().chain(ole_embedded::pictures(&self.main));
        let mut seen = 0;
        all.extend(pictures.map(|one| {
            seen += 1;
            let ending = one.name.rsplit('.').next().unwrap_or_default().to_owned();
            Embedded { name: format!("picture {seen}.{ending}"), source: one.source }
        }));
        all
    }
}

/// The byte at which a character stands.
fn byte_of(pieces: &[Piece], place: usize) -> Option<usize> {
    let piece = pieces.get(pieces.partition_point(|piece| piece.first + piece.count <= place))?;
    let within = place.checked_sub(piece.first)?;
    Some(piece.at + within * if piece.wide { 2 } else { 1 })
}

struct Reader<'r> {
    word: &'r Word,
    units: &'r [u16],
    looks: &'r [(usize, usize, doc_format::Look)],
    lists: &'r mut Lists,
    is_shaped: bool,
}

impl Reader<'_> {
    fn part(
        &mut self,
        part: Part,
        first: usize,
        last: usize,
        shape_at: &dyn Fn(usize) -> Option<Shape>,
        job: &mut Job<'_, '_>,
    ) -> Result<(), Full> {
        if first >= last {
            return Ok(());
        }
        let cells = job.reading.limits.cells;
        let mut whole = |name: &str, out: &mut Out<'_>| {
            let mut flow = Flow::new(name, cells);
            self.story(first, last, None, shape_at, &mut flow);
            flow.finish(out)
        };
        match part {
            Part::Body => whole("body", job.out),
            Part::Footnote => whole("footnote", job.out),
            Part::Endnote => whole("endnote", job.out),
            Part::Macro => whole("macro", job.out),
            Part::Drawing | Part::HeaderDrawing => whole("drawing", job.out),
            Part::Comment => self.comments(first, last, shape_at, job),
            Part::Header => self.headers(first, last, shape_at, job),
        }
    }

    fn story(
        &mut self,
        first: usize,
        last: usize,
        author: Option<&str>,
        shape_at: &dyn Fn(usize) -> Option<Shape>,
        flow: &mut Flow,
    ) {
        let units = self.units.get(first..last).unwrap_or_default();
        if !self.is_shaped {
            return unshaped(units, flow);
        }
        let story = Story { units, first, looks: self.looks };
        let mut walk = Walk::new(flow, author);
        walk.all(&story, shape_at, self.lists);
    }

    /// MS-DOC 2.8.15: six texts that part notes from the body, then six of each section: even, odd and first headers and
    /// footers.
    fn headers(
        &mut self,
        first: usize,
        last: usize,
        shape_at: &dyn Fn(usize) -> Option<Shape>,
        job: &mut Job<'_, '_>,
    ) -> Result<(), Full> {
        let places = places(self.word.list(0xf2, 0xb0), first, last);
        let cells = job.reading.limits.cells;
        let (mut header, mut footer) = (Flow::new("header", cells), Flow::new("footer", cells));
        if places.is_empty() {
            self.story(first, last, None, shape_at, &mut header);
        }
        // Sections repeat what those before them had.
        let mut seen = BTreeSet::new();
        let skipped = if self.word.version == Version::Word97 { 6 } else { 0 };
        for (index, from, to) in places.into_iter().filter(|(index, ..)| *index >= skipped) {
            let units = self.units.get(from..to).unwrap_or_default();
            if seen.insert(units) {
                let is_footer = self.word.version == Version::Word97 && matches!(index % 6, 2 | 3 | 5);
                self.story(from, to, None, shape_at, if is_footer { &mut footer } else { &mut header });
            }
        }
        header.finish(job.out)?;
        footer.finish(job.out)
    }

    fn comments(
        &mut self,
        first: usize,
        last: usize,
        shape_at: &dyn Fn(usize) -> Option<Shape>,
        job: &mut Job<'_, '_>,
    ) -> Result<(), Full> {
        let authors = self.authors();
        let mut flow = Flow::new("comment", job.reading.limits.cells);
        let places = places(self.word.list(0xc2, 0), first, last);
        if places.is_empty() {
            self.story(first, last, None, shape_at, &mut flow);
        }
        for (index, from, to) in places {
            let author = authors.get(index).map(String::as_str).filter(|author| !author.is_empty());
            self.story(from, to, author, shape_at, &mut flow);
        }
        flow.finish(job.out)
    }

    /// Who wrote each comment (MS-DOC 2.9.4: entries of thirty bytes, the number of the author at the twentieth).
    fn authors(&self) -> Vec<String> {
        let (references, owners) = (self.word.list(0xba, 0), self.word.list(0x1ba, 0));
        let mut names = Vec::new();
        let mut at = 0;
        while let Some(count) = u16_at(owners, at).map(usize::from) {
            let Some(raw) = owners.get(at + 2..at + 2 + count * 2) else { break };
            names.push(encoding_rs::UTF_16LE.decode_without_bom_handling(raw).0.into_owned());
            at += 2 + count * 2;
        }
        let count = references.len().saturating_sub(4) / 34;
        let number = |index: usize| u16_at(references, (count + 1) * 4 + index * 30 + 20).map(usize::from);
        (0..count)
            .map(|index| number(index).and_then(|number| names.get(number)).cloned().unwrap_or_default())
            .collect()
    }
}

/// Stretches of a part that a list of places parts, with their numbers; empty ones are left out.
fn places(list: &[u8], first: usize, last: usize) -> Vec<(usize, usize, usize)> {
    let count = (list.len() / 4).saturating_sub(1);
    let place = |index: usize| u32_at(list, index * 4).map(|place| first.saturating_add(place as usize));
    let pair = |index: usize| Some((index, place(index)?, place(index + 1)?.min(last)));
    (0..count).filter_map(pair).filter(|(_, from, to)| from < to).take(100_000).collect::<Vec<_>>()
}
