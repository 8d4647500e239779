//! A PDF as a file: where its objects lie, read one at a time and only when asked for.
//!
//! Cross-references are believed as far as they lead to the object they name; where they do not, the file is looked
//! through once for `n g obj`, and of two objects of one number the later stands, as after an incremental update. What
//! is read is kept within a bound and read again when it was let go. Long because the ways to find an object (table,
//! stream, hybrid, none) belong together.

use super::crypt::Cipher;
use super::filter::{Decoded, Lost, decode};
use super::object::{Dict, Held, Lexer, Object, Stream, Token};
use assay_model::{Sensitive, UnreadReason};
use std::cell::{Cell, OnceCell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// Objects known at most; annex C of ISO 32000-1 asks readers for four times that, files have a tenth.
const OBJECTS: usize = 2_000_000;

/// Objects kept, by the bytes they stand on.
const KEPT: usize = 16 << 20;

/// The largest object stream or cross-reference stream, bytes decoded.
const INNER: u64 = 64 << 20;

/// Bytes decoded before no more object streams are opened: streams that are needed by turns are decoded again.
const SPENT: u64 = 8 << 30;

/// How many times its own size a file is read over, at most: objects without an end run into one another.
const READ_OVER: u64 = 32;

/// Trailers looked at where the cross-references are lost: one an update.
const TRAILERS: usize = 256;

/// References to references followed.
const CHAIN: u32 = 32;

/// Cross-reference sections followed: one an update.
const SECTIONS: usize = 4096;

/// Where an object lies.
#[derive(Clone, Copy, Debug)]
enum Place {
    Free,
    At(usize),
    /// In an object stream, with its number there.
    In(u32, usize),
}

/// What was wrong with a file.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Damage {
    None,
    /// A length or an offset led astray, and what it meant was found.
    Mended,
    /// Something may be lost.
    Lost,
}

/// An object stream, decoded: where each of its objects begins.
struct Inner {
    bytes: Vec<u8>,
    objects: Vec<(u32, usize)>,
}

/// A PDF.
pub(super) struct File<'b> {
    pub(super) bytes: &'b [u8],
    places: BTreeMap<u32, Place>,
    pub(super) trailer: Dict,
    cipher: Option<Cipher>,
    kept: RefCell<BTreeMap<u32, Rc<Object>>>,
    kept_bytes: Cell<usize>,
    /// The object streams read last.
    inner: RefCell<BTreeMap<u32, Rc<Inner>>>,
    /// Bytes decoded so far.
    spent: Cell<u64>,
    /// Bytes of objects read so far.
    parsed: Cell<u64>,
    found: OnceCell<BTreeMap<u32, Place>>,
    /// Objects being read now: a length that is in the stream itself has no end.
    pending: RefCell<BTreeSet<u32>>,
    damage: Cell<Damage>,
    limited: Cell<bool>,
}

impl<'b> File<'b> {
    /// Opens a file with the first of the passwords that fits; the empty one is tried before them.
    pub(super) fn open(bytes: &'b [u8], passwords: &[Sensitive<String>]) -> Result<Self, UnreadReason> {
        let start = memchr::memmem::find(bytes.get(..4096.min(bytes.len())).unwrap_or_default(), b"%PDF-").unwrap_or(0);
        // Offsets count from the header; where they count from the file's beginning, objects are found by looking.
        let mut file = Self {
            bytes: bytes.get(start..).unwrap_or_default(),
            places: BTreeMap::new(),
            trailer: Dict::default(),
            cipher: None,
            kept: RefCell::default(),
            kept_bytes: Cell::new(0),
            inner: RefCell::default(),
            spent: Cell::new(0),
            parsed: Cell::new(0),
            found: OnceCell::new(),
            pending: RefCell::default(),
            damage: Cell::new(Damage::None),
            limited: Cell::new(false),
        };
        file.follow_sections();
        if !file.has_pages() {
            file.rebuild();
        }
        file.unlock(passwords)?;
        if !file.has_pages() {
            // Object streams of an encrypted file could not be looked into before.
            file.rebuild();
        }
        Ok(file)
    }

    /// How far the file was not as it says it is.
    pub(super) fn damage(&self) -> Damage {
        self.damage.get()
    }

    fn worsen(&self, damage: Damage) {
        self.damage.set(self.damage.get().max(damage));
    }

    /// Whether there was more than is taken.
    pub(super) fn is_limited(&self) -> bool {
        self.limited.get()
    }

    fn unlock(&mut self, passwords: &[Sensitive<String>]) -> Result<(), UnreadReason> {
        let Some(encrypt) = self.trailer.get(b"Encrypt").cloned() else { return Ok(()) };
        let found = self.resolve(&encrypt);
        let Some(dict) = found.dict() else {
            return if matches!(*found, Object::Null) { Ok(()) } else { Err(UnreadReason::Encrypted) };
        };
        let id = self.get(&self.trailer, b"ID");
        let id = id.array().and_then(<[Object]>::first).map(|first| self.resolve(first));
        let id = id.as_deref().and_then(Object::string).unwrap_or_default().to_vec();
        let dict = self.plain(dict);
        let cipher = Cipher::open(&dict, &id, passwords).ok_or(UnreadReason::Encrypted)?;
        drop(found);
        self.cipher = Some(cipher);
        // What was read before was not decrypted.
        self.kept.borrow_mut().clear();
        self.inner.borrow_mut().clear();
        Ok(())
    }

    /// A dictionary whose values stand in it, dictionaries among them.
    fn plain(&self, dict: &Dict) -> Dict {
        let mut own = dict.clone();
        for (_, value) in own.values_mut() {
            let resolved = (*self.resolve(value)).clone();
            *value = match resolved {
                Object::Dict(inner) => {
                    let mut inner = inner;
                    for (_, value) in inner.values_mut() {
                        let deeper = (*self.resolve(value)).clone();
                        *value = deeper;
                    }
                    Object::Dict(inner)
                }
                other => other,
            };
        }
        own
    }

    fn has_pages(&self) -> bool {
        let root = self.get(&self.trailer, b"Root");
        root.dict().is_some_and(|root| self.get(root, b"Pages").dict().is_some())
    }

    /// What an object is once references are followed; null where they lead nowhere.
    pub(super) fn resolve<'o>(&self, object: &'o Object) -> Held<'o> {
        let Object::Reference(number) = object else { return Held::Here(object) };
        let mut number = *number;
        for _ in 0..CHAIN {
            let object = self.object(number);
            match *object {
                Object::Reference(next) => number = next,
                _ => return Held::There(object),
            }
        }
        Held::Here(&Object::Null)
    }

    /// The value under a key, resolved; null where there is none.
    pub(super) fn get<'o>(&self, dict: &'o Dict, key: &[u8]) -> Held<'o> {
        dict.get(key).map_or(Held::Here(&Object::Null), |object| self.resolve(object))
    }

    /// The numbers of all objects that are known, in order.
    pub(super) fn numbers(&self) -> Vec<u32> {
        self.places.iter().filter(|(_, place)| !matches!(place, Place::Free)).map(|(number, _)| *number).collect()
    }

    /// An object by its number; null where there is none.
    pub(super) fn object(&self, number: u32) -> Rc<Object> {
        if let Some(object) = self.kept.borrow().get(&number) {
            return object.clone();
        }
        if !self.pending.borrow_mut().insert(number) {
            return Rc::new(Object::Null);
        }
        let read = self.places.get(&number).and_then(|place| self.read(number, *place));
        let read = read.or_else(|| {
            // A reference to nothing is null; an entry that leads astray is damage.
            if !matches!(self.places.get(&number), Some(Place::At(_) | Place::In(..))) && self.damage() == Damage::None
            {
                return None;
            }
            let place = self.found().get(&number).copied()?;
            self.worsen(Damage::Mended);
            self.read(number, place)
        });
        self.pending.borrow_mut().remove(&number);
        let (object, cost) = read.unwrap_or((Object::Null, 0));
        let object = Rc::new(object);
        if self.kept_bytes.get() + cost > KEPT {
            self.kept.borrow_mut().clear();
            self.kept_bytes.set(0);
        }
        self.kept_bytes.set(self.kept_bytes.get() + cost + 64);
        self.kept.borrow_mut().insert(number, object.clone());
        object
    }

    fn read(&self, number: u32, place: Place) -> Option<(Object, usize)> {
        match place {
            Place::Free => None,
            Place::At(at) => self.read_at(number, at),
            Place::In(stream, index) => {
                let inner = self.inner(stream)?;
                // The number in the stream's own list decides; the index is a hint.
                let hinted = inner.objects.get(index).filter(|(own, _)| *own == number);
                let (_, at) = hinted.or_else(|| inner.objects.iter().find(|(own, _)| *own == number))?;
                let mut lexer = Lexer::file(&inner.bytes, *at);
                let object = lexer.object()?;
                Some((object, lexer.at - at))
            }
        }
    }

    /// The object of this number at an offset; `None` where another or none stands there.
    fn read_at(&self, number: u32, at: usize) -> Option<(Object, usize)> {
        if self.parsed.get() > (self.bytes.len() as u64).saturating_mul(READ_OVER).max(64 << 20) {
            self.limited.set(true);
            return None;
        }
        let mut lexer = Lexer::file(self.bytes, at);
        if lexer.number() != Some(u64::from(number)) {
            return None;
        }
        let generation = lexer.number()?;
        if !lexer.word(b"obj") {
            return None;
        }
        let id = (number, u16::try_from(generation).unwrap_or(0));
        let mut object = match lexer.next() {
            Token::Object(object) => object,
            Token::Word(b"endobj") => Object::Null,
            _ => return None,
        };
        if let Object::Dict(dict) = object {
            object = if lexer.word(b"stream") { self.stream(dict, id, lexer.at) } else { Object::Dict(dict) };
        }
        let cost = lexer.at.saturating_sub(at);
        self.parsed.set(self.parsed.get().saturating_add(cost as u64));
        if let Some(cipher) = &self.cipher {
            cipher.open_strings(&mut object, id);
        }
        Some((object, cost))
    }

    /// A stream whose keyword ends at `at`.
    fn stream(&self, dict: Dict, id: (u32, u16), at: usize) -> Object {
        let rest = self.bytes.get(at..).unwrap_or_default();
        let line = match rest {
            [b'\r', b'\n', ..] => 2,
            [b'\n' | b'\r', ..] => 1,
            [b' ', b'\r', b'\n', ..] => 3,
            [b' ', b'\n', ..] => 2,
            _ => 0,
        };
        let start = at + line;
        let length = self.get(&dict, b"Length").integer().and_then(|length| usize::try_from(length).ok());
        let declared = length.and_then(|length| start.checked_add(length)).filter(|end| {
            let mut lexer = Lexer::file(self.bytes, *end);
            *end <= self.bytes.len() && lexer.word(b"endstream")
        });
        let end = declared.unwrap_or_else(|| {
            self.worsen(Damage::Mended);
            let rest = self.bytes.get(start..).unwrap_or_default();
            let end = memchr::memmem::find(rest, b"endstream").or_else(|| memchr::memmem::find(rest, b"endobj"));
            let length = end.unwrap_or(rest.len());
            let held = rest.get(..length).unwrap_or_default();
            let held = held.strip_suffix(b"\n").unwrap_or(held);
            start + held.strip_suffix(b"\r").unwrap_or(held).len()
        });
        Object::Stream(Stream { dict, id, start, end })
    }

    /// What a stream holds, its filters undone, `limit` bytes at most.
    pub(super) fn decoded(&self, stream: &Stream, limit: u64) -> Decoded {
        let (filters, parameters) = self.filters(&stream.dict);
        let raw = self.bytes.get(stream.start..stream.end).unwrap_or_default();
        let open = filters.iter().any(|filter| filter == b"Crypt") || stream.dict.is(b"Type", b"XRef");
        let raw = match &self.cipher {
            Some(cipher) if !open => cipher.stream(raw, stream.id, stream.dict.is(b"Type", b"EmbeddedFile")),
            _ => raw.to_vec(),
        };
        let decoded = decode(raw, &filters, &parameters, limit);
        self.spent.set(self.spent.get().saturating_add(decoded.bytes.len() as u64));
        decoded
    }

    /// Bytes decoded so far.
    pub(super) fn spent(&self) -> u64 {
        self.spent.get()
    }

    /// The same for a picture in a drawing, whose bytes are at hand.
    pub(super) fn decoded_inline(&self, dict: &Dict, bytes: Vec<u8>, limit: u64) -> Decoded {
        let (filters, parameters) = self.filters(dict);
        decode(bytes, &filters, &parameters, limit)
    }

    /// The same, said where some is missing.
    pub(super) fn content(&self, stream: &Stream, limit: u64) -> Vec<u8> {
        let decoded = self.decoded(stream, limit);
        match decoded.lost {
            Some(Lost::Damaged) => self.worsen(Damage::Lost),
            Some(Lost::Limit | Lost::Picture) => self.limited.set(true),
            None => {}
        }
        if decoded.lost == Some(Lost::Picture) { Vec::new() } else { decoded.bytes }
    }

    fn filters(&self, dict: &Dict) -> (Vec<Vec<u8>>, Vec<Option<Dict>>) {
        let either = |long: &[u8], short: &[u8]| {
            let found = self.get(dict, long);
            if matches!(*found, Object::Null) { self.get(dict, short) } else { found }
        };
        let list = |held: &Object| match held {
            Object::Array(items) => items.iter().take(16).map(|item| (*self.resolve(item)).clone()).collect(),
            Object::Null => Vec::new(),
            one => vec![one.clone()],
        };
        let names = list(&either(b"Filter", b"F")).iter().filter_map(|name| name.name().map(<[u8]>::to_vec)).collect();
        let parameters = list(&either(b"DecodeParms", b"DP"));
        (
            names,
            parameters
                .iter()
                .map(|found| found.dict().filter(|dict| dict.len() < 64).map(|dict| self.plain(dict)))
                .collect(),
        )
    }

    fn inner(&self, number: u32) -> Option<Rc<Inner>> {
        if let Some(inner) = self.inner.borrow().get(&number) {
            return Some(inner.clone());
        }
        let object = self.object(number);
        let stream = object.stream()?;
        let inner = Rc::new(self.opened(stream)?);
        let mut kept = self.inner.borrow_mut();
        if kept.values().map(|inner| inner.bytes.len()).sum::<usize>() + inner.bytes.len() > INNER as usize {
            kept.clear();
        }
        kept.insert(number, inner.clone());
        drop(kept);
        Some(inner)
    }

    fn opened(&self, stream: &Stream) -> Option<Inner> {
        if self.spent.get() > SPENT {
            self.limited.set(true);
            return None;
        }
        let bytes = self.content(stream, INNER);
        let first = usize::try_from(self.get(&stream.dict, b"First").integer()?).ok()?;
        let count = usize::try_from(self.get(&stream.dict, b"N").integer()?).ok()?.min(OBJECTS);
        let mut lexer = Lexer::file(&bytes, 0);
        let mut objects = Vec::new();
        while objects.len() < count {
            let (Some(number), Some(offset)) = (lexer.number(), lexer.number()) else { break };
            let offset = usize::try_from(offset).ok().and_then(|offset| offset.checked_add(first));
            if let (Ok(number), Some(offset)) = (u32::try_from(number), offset) {
                objects.push((number, offset));
            }
        }
        Some(Inner { bytes, objects })
    }

    /// Reads the cross-references, the newest first.
    fn follow_sections(&mut self) {
        let mut next: Vec<usize> = self.last_section().into_iter().collect();
        let mut seen = BTreeSet::new();
        while let Some(at) = next.pop() {
            if !seen.insert(at) || seen.len() > SECTIONS {
                continue;
            }
            let Some(trailer) = self.section(at) else {
                self.worsen(Damage::Mended);
                continue;
            };
            let offset =
                |key: &[u8]| trailer.get(key).and_then(Object::integer).and_then(|at| usize::try_from(at).ok());
            // What a hybrid file hides from old readers comes before what its predecessors say.
            next.extend(offset(b"Prev"));
            next.extend(offset(b"XRefStm"));
            if self.trailer.get(b"Root").is_none() && trailer.get(b"Root").is_some() {
                self.trailer = trailer;
            }
        }
    }

    fn last_section(&self) -> Option<usize> {
        let at = memchr::memmem::rfind(self.bytes, b"startxref")?;
        usize::try_from(Lexer::file(self.bytes, at + 9).number()?).ok()
    }

    fn section(&mut self, at: usize) -> Option<Dict> {
        let mut lexer = Lexer::file(self.bytes, at);
        if !lexer.word(b"xref") {
            return self.stream_section(at);
        }
        while !lexer.word(b"trailer") {
            let (first, count) = (lexer.number()?, lexer.number()?);
            for index in 0..count {
                let Some(offset) = lexer.number() else { break };
                lexer.number()?;
                let used = lexer.word(b"n");
                if !used && !lexer.word(b"f") {
                    return None;
                }
                let number = u32::try_from(first.saturating_add(index)).ok()?;
                // A table that begins with 1 where it means 0 leads astray; its objects are found by looking.
                let place = usize::try_from(offset).ok().filter(|_| used).map_or(Place::Free, Place::At);
                self.place(number, place);
            }
        }
        match lexer.object()? {
            Object::Dict(trailer) => Some(trailer),
            _ => None,
        }
    }

    fn stream_section(&mut self, at: usize) -> Option<Dict> {
        let number = u32::try_from(Lexer::file(self.bytes, at).number()?).ok()?;
        let (object, _) = self.read_at(number, at)?;
        let stream = object.stream().filter(|stream| stream.dict.is(b"Type", b"XRef"))?;
        let bytes = self.content(stream, INNER);
        let numbers = |key: &[u8]| -> Vec<usize> {
            let held = self.get(&stream.dict, key);
            let items = held.array().unwrap_or_default();
            items.iter().map(|item| item.integer().and_then(|value| usize::try_from(value).ok()).unwrap_or(0)).collect()
        };
        let widths = numbers(b"W");
        let [kind, one, two] = widths.as_slice() else { return None };
        let width = kind.checked_add(*one)?.checked_add(*two).filter(|width| (1..=24).contains(width))?;
        let mut ranges = numbers(b"Index");
        if ranges.is_empty() {
            ranges = vec![0, usize::MAX];
        }
        let mut rows = bytes.chunks_exact(width);
        let field = |bytes: &[u8]| bytes.iter().fold(0_usize, |value, byte| value << 8 | usize::from(*byte));
        let mut places = Vec::new();
        for range in ranges.chunks_exact(2) {
            let [first, count] = range else { break };
            for (index, row) in rows.by_ref().take(*count).enumerate() {
                let (kinds, rest) = row.split_at(*kind);
                let (first_field, second_field) = rest.split_at(*one);
                let kind = if kinds.is_empty() { 1 } else { field(kinds) };
                let place = match kind {
                    1 => Place::At(field(first_field)),
                    2 => Place::In(u32::try_from(field(first_field)).unwrap_or(0), field(second_field)),
                    _ => Place::Free,
                };
                if let Ok(number) = u32::try_from(first.saturating_add(index)) {
                    places.push((number, place));
                }
            }
        }
        let dict = stream.dict.clone();
        places.into_iter().for_each(|(number, place)| self.place(number, place));
        Some(dict)
    }

    /// Takes a place, unless a newer section has said another.
    fn place(&mut self, number: u32, place: Place) {
        if self.places.len() >= OBJECTS {
            self.limited.set(true);
            return;
        }
        self.places.entry(number).or_insert(place);
    }

    /// Objects found by looking.
    fn found(&self) -> &BTreeMap<u32, Place> {
        self.found.get_or_init(|| {
            let mut found = BTreeMap::new();
            let mut streams = Vec::new();
            for (number, at) in lines_of_objects(self.bytes) {
                if found.len() >= OBJECTS {
                    self.limited.set(true);
                    break;
                }
                found.insert(number, Place::At(at));
                // What is told apart by its first bytes need not be read.
                let head = self.bytes.get(at..(at + 256).min(self.bytes.len())).unwrap_or_default();
                if memchr::memmem::find(head, b"ObjStm").is_some() {
                    streams.push((number, at));
                }
            }
            for (number, at) in streams {
                let Some((Object::Stream(stream), _)) = self.read_at(number, at) else { continue };
                if !stream.dict.is(b"Type", b"ObjStm") || found.len() >= OBJECTS {
                    continue;
                }
                for (index, (inner, _)) in self.opened(&stream).into_iter().flat_map(|inner| inner.objects).enumerate()
                {
                    // Of an object in the clear and one in a stream, the later in the file stands.
                    let later = match found.get(&inner) {
                        Some(Place::At(other)) => *other < at,
                        _ => true,
                    };
                    if later {
                        found.insert(inner, Place::In(number, index));
                    }
                }
            }
            found
        })
    }

    /// Believes no cross-reference any more.
    fn rebuild(&mut self) {
        // A file that has its end has what was in it, wherever its table says that it is.
        let tail = self.bytes.get(self.bytes.len().saturating_sub(1024)..).unwrap_or_default();
        let has_end = memchr::memmem::find(tail, b"%%EOF").is_some();
        self.worsen(if has_end { Damage::Mended } else { Damage::Lost });
        self.kept.borrow_mut().clear();
        self.found.take();
        self.places = self.found().clone();
        let mut encrypt = self.trailer.get(b"Encrypt").is_some();
        for at in memchr::memmem::find_iter(self.bytes, b"trailer").take(TRAILERS) {
            let Some(Object::Dict(trailer)) = Lexer::file(self.bytes, at + 7).object() else { continue };
            encrypt |= trailer.get(b"Encrypt").is_some();
            // One that says less than an earlier one is not the better one.
            if trailer.get(b"Root").is_some() && (trailer.get(b"Encrypt").is_some() || !encrypt) {
                self.trailer = trailer;
            }
        }
        if self.has_pages() {
            return;
        }
        let numbers = self.numbers();
        for number in numbers.iter().rev() {
            let object = self.object(*number);
            let Some(dict) = object.dict() else { continue };
            if dict.is(b"Type", b"XRef") && dict.get(b"Root").is_some() {
                self.trailer = dict.clone();
                if self.has_pages() {
                    return;
                }
            }
        }
        let is_catalog = |number: &&u32| self.object(**number).dict().is_some_and(|dict| dict.is(b"Type", b"Catalog"));
        if let Some(root) = numbers.iter().rev().find(is_catalog) {
            self.trailer = self.trailer.with(b"Root", Object::Reference(*root));
        }
    }
}

/// Where the objects of a file begin, in the order of the file.
fn lines_of_objects(bytes: &[u8]) -> impl Iterator<Item = (u32, usize)> {
    memchr::memmem::find_iter(bytes, b"obj").filter_map(|at| {
        // `endobj` has no numbers before it.
        let before = bytes.get(at.saturating_sub(24)..at)?;
        let back = |text: &[u8], fits: fn(&u8) -> bool| text.iter().rev().take_while(|byte| fits(byte)).count();
        let cut = |text: &'_ [u8], count: usize| text.len() - count;
        let rest = before.get(..cut(before, back(before, u8::is_ascii_whitespace)))?;
        let digits = back(rest, u8::is_ascii_digit);
        let rest = rest.get(..cut(rest, digits)).filter(|_| (1..=5).contains(&digits))?;
        let spaces = back(rest, u8::is_ascii_whitespace);
        let rest = rest.get(..cut(rest, spaces)).filter(|_| spaces > 0)?;
        let digits = back(rest, u8::is_ascii_digit);
        let number = std::str::from_utf8(rest.get(cut(rest, digits)..)?).ok()?.parse::<u32>().ok()?;
        let start = at - (before.len() - cut(rest, digits));
        // Eight million objects are the most that a reader need support (ISO 32000-1, annex C).
        (1..8_388_608).contains(&number).then_some((number, start))
    })
}
