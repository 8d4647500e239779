//! How Word 97 and Word 6 keep text and formatting in their streams: the pieces of the text, and the runs of formatting
//! that tell tables, lists, deleted, inserted and hidden text (MS-DOC 2.4, 2.6; for Word 6 the published format of 1993).
//!
//! Fonts, sizes, colours and everything else that only shapes the page are passed over.

use super::charset;
use super::little_endian::{u16_at, u32_at};
use encoding_rs::{Encoding, WINDOWS_1252};

/// Bytes of a page of formatting.
const PAGE: usize = 512;

/// Stands for the second byte of a character of two in the text, so that places keep; no text has it.
pub(super) const FILLER: u16 = 0xffff;

/// The versions that differ in what is read here.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Version {
    /// Word 97 to 2003: text in one or two bytes, formatting named by two.
    Word97,
    /// Word 6 and 95: text in a code page, formatting named by one byte.
    Word6,
}

/// A piece of the text: characters from `first` on, whose bytes begin at `at`.
#[derive(Clone, Copy)]
pub(super) struct Piece {
    pub(super) first: usize,
    pub(super) count: usize,
    pub(super) at: usize,
    pub(super) wide: bool,
    /// Where in the list of shared formatting that of this piece is; or the one property that it has.
    modifier: u16,
}

impl Piece {
    fn width(&self) -> usize {
        if self.wide { 2 } else { 1 }
    }
}

/// The pieces, and the formatting that they share.
pub(super) struct Pieces<'t> {
    pub(super) all: Vec<Piece>,
    shared: Vec<&'t [u8]>,
}

/// Reads the list of pieces (MS-DOC 2.9.38, 2.9.177); `None` where it is damaged at its beginning.
pub(super) fn pieces<'t>(clx: &'t [u8], version: Version, two_bytes: bool) -> Option<Pieces<'t>> {
    let mut rest = clx;
    let mut shared = Vec::new();
    while rest.first() == Some(&1) {
        let length = usize::from(u16_at(rest, 1)?);
        shared.push(rest.get(3..3 + length).unwrap_or_default());
        rest = rest.get(3 + length..)?;
    }
    let size = u32_at(rest, 1)? as usize;
    let plc = rest.get(5..).filter(|_| rest.first() == Some(&2))?;
    let plc = plc.get(..size).unwrap_or(plc);
    let count = size.checked_sub(4)? / 12;
    let mut all = Vec::new();
    for index in 0..count.min(plc.len() / 12 + 1) {
        let piece = || {
            let first = u32_at(plc, index * 4)? as usize;
            let count = (u32_at(plc, index * 4 + 4)? as usize).checked_sub(first)?;
            let entry = (count_of(size) + 1) * 4 + index * 8;
            let (at, modifier) = (u32_at(plc, entry + 2)?, u16_at(plc, entry + 6)?);
            let place = (at & 0x3fff_ffff) as usize;
            Some(match version {
                Version::Word97 if at & 0x4000_0000 != 0 => {
                    Piece { first, count, at: place / 2, wide: false, modifier }
                }
                Version::Word97 => Piece { first, count, at: place, wide: true, modifier },
                Version::Word6 => Piece { first, count, at: at as usize, wide: two_bytes, modifier },
            })
        };
        match piece() {
            Some(piece) => all.push(piece),
            None => break,
        }
    }
    (!all.is_empty()).then_some(Pieces { all, shared })
}

fn count_of(size: usize) -> usize {
    size.saturating_sub(4) / 12
}

impl Pieces<'_> {
    /// One piece that is all there is.
    pub(super) fn single(at: usize, count: usize, wide: bool) -> Self {
        Self { all: vec![Piece { first: 0, count, at, wide, modifier: 0 }], shared: Vec::new() }
    }

    /// Formatting of a whole piece, as quick saves add it.
    fn modifier(&self, piece: &Piece) -> &[u8] {
        // MS-DOC 2.9.215: the lowest bit says that the rest is a number in the list.
        if piece.modifier & 1 == 0 {
            return &[];
        }
        self.shared.get(usize::from(piece.modifier >> 1)).copied().unwrap_or_default()
    }
}

/// The text of the pieces as units of UTF-16; what is missing stands as U+FFFD, so that what follows keeps its place.
pub(super) struct Text {
    pub(super) units: Vec<u16>,
    pub(super) damaged: bool,
    pub(super) over: bool,
}

pub(super) fn text(stream: &[u8], pieces: &[Piece], encoding: &'static Encoding, most: usize) -> Text {
    let mut text = Text { units: Vec::new(), damaged: false, over: false };
    for piece in pieces {
        if text.units.len().saturating_add(piece.count) > most {
            text.over = true;
            break;
        }
        let wanted = text.units.len() + piece.count;
        let rest = stream.get(piece.at..).unwrap_or_default();
        let bytes = rest.get(..piece.count.saturating_mul(piece.width())).unwrap_or(rest);
        if piece.wide {
            text.units.extend(bytes.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])));
        } else {
            narrow(bytes, encoding, &mut text.units);
        }
        text.damaged |= text.units.len() != wanted;
        // A length that only a lie can have is not filled up.
        text.units.resize(wanted.min(text.units.len() + stream.len()), 0xfffd);
    }
    text
}

/// Marks of typography as Word 95 keeps them in two bytes: those of its code page, with a tag.
pub(super) fn plain(units: &mut [u16]) {
    for unit in units.iter_mut().filter(|unit| (0x1080..=0x10ff).contains(*unit)) {
        let text = WINDOWS_1252.decode_without_bom_handling(&[*unit as u8]).0.encode_utf16().next();
        *unit = text.unwrap_or(*unit);
    }
}

/// One unit for each byte.
fn narrow(bytes: &[u8], encoding: &'static Encoding, units: &mut Vec<u16>) {
    if encoding.is_single_byte() {
        units.extend(encoding.decode_without_bom_handling(bytes).0.encode_utf16());
        return;
    }
    let mut rest = bytes;
    while let Some((first, after)) = rest.split_first() {
        let two = if *first < 0x81 { None } else { rest.get(..2) };
        let one = [*first];
        let (decoded, _) = encoding.decode_without_bom_handling(two.unwrap_or(&one));
        units.push(decoded.encode_utf16().next().unwrap_or(0xfffd));
        units.extend(two.map(|_| FILLER));
        rest = if two.is_some() { after.get(1..).unwrap_or_default() } else { after };
    }
}

/// The code page of the language of a document of Word 6.
pub(super) fn code_page(language: u16) -> &'static Encoding {
    let page = match language & 0x3ff {
        0x01 => 1256,
        0x04 if language == 0x404 => 950,
        0x04 => 936,
        0x05 | 0x0e | 0x15 | 0x18 | 0x1a | 0x1b | 0x1c | 0x24 => 1250,
        0x08 => 1253,
        0x0d => 1255,
        0x11 => 932,
        0x12 => 949,
        0x19 | 0x02 | 0x22 | 0x23 => 1251,
        0x1e => 874,
        0x1f => 1254,
        0x25..=0x27 => 1257,
        _ => 1252,
    };
    charset::code_page(page).unwrap_or(WINDOWS_1252)
}

/// Where the lists of pages of formatting are.
#[derive(Clone, Copy)]
pub(super) enum Of {
    Characters,
    Paragraphs,
}

/// A stretch of the stream and the properties that differ from the style's.
pub(super) struct Run<'s> {
    pub(super) from: usize,
    pub(super) to: usize,
    /// The style, for paragraphs.
    pub(super) style: u16,
    pub(super) properties: &'s [u8],
}

/// All runs of a kind in the order of the stream; `bins` lists their pages (MS-DOC 2.8.5, 2.9.23, 2.9.34).
pub(super) fn runs<'s>(stream: &'s [u8], bins: &[u8], version: Version, of: Of) -> Vec<Run<'s>> {
    let width = if version == Version::Word97 { 4 } else { 2 };
    let count = bins.len().saturating_sub(4) / (4 + width);
    let mut runs = Vec::new();
    for index in 0..count {
        let at = (count + 1) * 4 + index * width;
        let number = match version {
            Version::Word97 => u32_at(bins, at).map(|number| number & 0x3f_ffff),
            Version::Word6 => u16_at(bins, at).map(u32::from),
        };
        let page = number.and_then(|number| stream.get(number as usize * PAGE..(number as usize + 1) * PAGE));
        if let Some(page) = page {
            of_page(page, version, of, &mut runs);
        }
    }
    // Pages are in order in every file that a program wrote; searches below rely on it.
    runs.sort_by_key(|run: &Run<'_>| run.from);
    runs
}

fn of_page<'s>(page: &'s [u8], version: Version, of: Of, runs: &mut Vec<Run<'s>>) {
    let count = usize::from(page[PAGE - 1]).min(101);
    let entry = match (of, version) {
        (Of::Characters, _) => 1,
        (Of::Paragraphs, Version::Word97) => 13,
        (Of::Paragraphs, Version::Word6) => 7,
    };
    for index in 0..count {
        let (Some(from), Some(to)) = (u32_at(page, index * 4), u32_at(page, index * 4 + 4)) else { break };
        let place = page.get((count + 1) * 4 + index * entry).map_or(0, |place| usize::from(*place) * 2);
        let body = || match of {
            _ if place == 0 => None,
            Of::Characters => {
                let length = usize::from(*page.get(place)?);
                Some((0, page.get(place + 1..place + 1 + length)?))
            }
            Of::Paragraphs => {
                let length = usize::from(*page.get(place)?);
                // MS-DOC 2.9.174: a zero says that the count of words comes in the next byte.
                let (start, length) = match (version, length) {
                    (Version::Word97, 0) => (place + 2, usize::from(*page.get(place + 1)?) * 2),
                    _ => (place + 1, (length * 2).checked_sub(1)?),
                };
                let body = page.get(start..PAGE.min(start + length))?;
                Some((u16_at(body, 0)?, body.get(2..)?))
            }
        };
        let (style, properties) = body().unwrap_or((0, &[]));
        runs.push(Run { from: from as usize, to: to as usize, style, properties });
    }
}

/// Properties one by one: their number as Word 97 has it, and their value.
pub(super) struct Properties<'p> {
    rest: &'p [u8],
    version: Version,
}

impl<'p> Properties<'p> {
    pub(super) fn of(rest: &'p [u8], version: Version) -> Self {
        Self { rest, version }
    }
}

impl<'p> Iterator for Properties<'p> {
    type Item = (u16, &'p [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let (number, start) = match self.version {
            Version::Word97 => (u16_at(self.rest, 0)?, 2),
            Version::Word6 => (u16::from(*self.rest.first()?), 1),
        };
        let body = self.rest.get(start..)?;
        let (skip, length) = match self.version {
            Version::Word97 => match number >> 13 {
                0 | 1 => (0, 1),
                2 | 4 | 5 => (0, 2),
                3 => (0, 4),
                7 => (0, 3),
                // MS-DOC 2.6.1: the definition of a table has two bytes of length, one too many.
                _ if number == TABLE => (2, usize::from(u16_at(body, 0)?).saturating_sub(1)),
                // Tabs whose length is 255 count themselves: all that follows is left out.
                _ => (1, usize::from(*body.first()?)),
            },
            Version::Word6 => old_length(number as u8, body)?,
        };
        let value = body.get(skip..).unwrap_or_default();
        let value = value.get(..length).unwrap_or(value);
        self.rest = body.get(skip + length..).unwrap_or_default();
        let number = match self.version {
            Version::Word97 => number,
            Version::Word6 => renamed(number),
        };
        Some((number, value))
    }
}

pub(super) const DELETED: u16 = 0x0800;
pub(super) const INSERTED: u16 = 0x0801;
pub(super) const HIDDEN: u16 = 0x083c;
pub(super) const SPECIAL: u16 = 0x0855;
pub(super) const SYMBOL: u16 = 0x6a09;
pub(super) const IN_TABLE: u16 = 0x2416;
pub(super) const ROW_END: u16 = 0x2417;
pub(super) const DEPTH: u16 = 0x6649;
pub(super) const INNER_CELL: u16 = 0x244b;
pub(super) const INNER_ROW_END: u16 = 0x244c;
pub(super) const LEVEL: u16 = 0x260a;
pub(super) const LIST: u16 = 0x460b;
pub(super) const TABLE: u16 = 0xd608;
pub(super) const ELSEWHERE: [u16; 2] = [0x6645, 0x6646];

fn renamed(number: u16) -> u16 {
    match number {
        24 => IN_TABLE,
        25 => ROW_END,
        65 => DELETED,
        66 => INSERTED,
        74 => SYMBOL,
        92 => HIDDEN,
        117 => SPECIAL,
        190 => TABLE,
        _ => 0,
    }
}

/// The length of a property of Word 6: bytes before the value, bytes of the value.
fn old_length(number: u8, body: &[u8]) -> Option<(usize, usize)> {
    Some(match number {
        3 | 12 | 15 | 23 | 68 | 74 | 81 | 82 | 103 | 105 | 106 | 108 | 120 | 133 | 191 => {
            (1, usize::from(*body.first()?))
        }
        187 | 190 => (2, usize::from(u16_at(body, 0)?).saturating_sub(1)),
        83 => (0, 0),
        20 | 70 | 121..=124 | 193..=195 => (0, 4),
        73 | 95 => (0, 3),
        186 => (0, 12),
        2
        | 16..=19
        | 21
        | 22
        | 26..=28
        | 30..=36
        | 38..=43
        | 45..=49
        | 69
        | 72
        | 80
        | 93
        | 96
        | 97
        | 99
        | 101
        | 107
        | 109
        | 110
        | 140..=142
        | 144
        | 145
        | 148..=150
        | 154..=157
        | 160..=162
        | 164..=171
        | 182..=184
        | 188
        | 189
        | 192 => (0, 2),
        _ => (0, 1),
    })
}

/// What is read of the formatting of characters.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Look {
    pub(super) deleted: bool,
    pub(super) inserted: bool,
    pub(super) hidden: bool,
    /// A character that stands for something else: a picture, a mark of a note.
    pub(super) special: bool,
    /// The character that a symbol shows, in its font; zero for none.
    pub(super) symbol: u16,
}

impl Look {
    fn apply(&mut self, properties: &[u8], version: Version) {
        for (number, value) in Properties::of(properties, version) {
            let on = value.first().is_some_and(|value| value & 1 == 1);
            match number {
                DELETED => self.deleted = on,
                INSERTED => self.inserted = on,
                HIDDEN => self.hidden = on,
                SPECIAL => self.special = on,
                SYMBOL => self.symbol = u16_at(value, 2).unwrap_or(0),
                _ => {}
            }
        }
    }
}

/// Stretches of the text that do not look as usual, in order.
pub(super) fn looks(pieces: &Pieces<'_>, runs: &[Run<'_>], version: Version) -> Vec<(usize, usize, Look)> {
    let mut found = Vec::new();
    for piece in &pieces.all {
        let shared = pieces.modifier(piece);
        let (start, end) = (piece.at, piece.at + piece.count * piece.width());
        let first = runs.partition_point(|run| run.to <= start);
        for run in runs.iter().skip(first).take_while(|run| run.from < end) {
            let mut look = Look::default();
            look.apply(run.properties, version);
            look.apply(shared, version);
            if look == Look::default() {
                continue;
            }
            let from = piece.first + (run.from.max(start) - start) / piece.width();
            let to = piece.first + (run.to.min(end) - start).div_ceil(piece.width());
            if from < to {
                found.push((from, to, look));
            }
        }
    }
    found
}

/// What is read of the formatting of a paragraph.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub(super) struct Shape {
    pub(super) style: u16,
    /// How many tables it lies in.
    pub(super) depth: u32,
    pub(super) row_end: bool,
    pub(super) cell_end: bool,
    /// Its list, from one, and level; no list is zero; `None` where its style decides.
    pub(super) list: Option<u16>,
    pub(super) level: Option<u8>,
    /// Where the cells of a row end begin and end, in twentieths of a point.
    pub(super) edges: Vec<i16>,
}

impl Shape {
    /// `data` is the stream to which large properties are moved.
    pub(super) fn of(run: &Run<'_>, version: Version, data: &[u8]) -> Self {
        let mut shape = Self { style: run.style, ..Self::default() };
        shape.apply(run.properties, version, data, 2);
        shape
    }

    fn apply(&mut self, properties: &[u8], version: Version, data: &[u8], moves: u32) {
        for (number, value) in Properties::of(properties, version) {
            let on = value.first().is_some_and(|value| *value != 0);
            match number {
                IN_TABLE if on => self.depth = self.depth.max(1),
                ROW_END | INNER_ROW_END if on => self.row_end = true,
                INNER_CELL if on => self.cell_end = true,
                DEPTH => self.depth = u32_at(value, 0).unwrap_or(0).min(64),
                LEVEL => self.level = value.first().copied(),
                LIST => self.list = u16_at(value, 0),
                TABLE => {
                    let count = value.first().map_or(0, |count| usize::from(*count).min(64));
                    let edge = |index: usize| u16_at(value, 1 + index * 2).map(|edge| edge as i16);
                    self.edges = (0..=count).map_while(edge).collect();
                }
                moved if ELSEWHERE.contains(&moved) && moves > 0 => {
                    let at = u32_at(value, 0).map_or(usize::MAX, |at| at as usize);
                    let length = u16_at(data, at).map_or(0, usize::from);
                    let there = at.checked_add(2).and_then(|at| data.get(at..at.checked_add(length)?));
                    self.apply(there.unwrap_or_default(), version, data, moves - 1);
                }
                _ => {}
            }
        }
    }

    /// The list properties that a style gives.
    pub(super) fn of_style(properties: &[u8]) -> Self {
        let mut shape = Self::default();
        shape.apply(properties, Version::Word97, &[], 0);
        shape
    }
}
