//! OLE compound files: told apart by the streams that their directory names, and opened for their streams. An Office
//! file behind a password is one too, and says so.

use super::little_endian::{u16_at, u32_at};
use super::{ReadSeek, rewind};
use assay_model::UnreadReason;
use std::collections::{BTreeSet, VecDeque};
use std::io::Read;

/// The signature of a compound file.
pub(super) const MAGIC: &[u8] = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1";

/// How much is searched for the directory, bytes: it stands anywhere, in practice near either end of ordinary files.
const SEARCHED: u64 = 64 << 20;

/// An entry of the directory, bytes.
const ENTRY: usize = 128;

/// Streams that say what a compound file is; the earlier decides where there are several.
const TELLING: &[&str] =
    &["EncryptedPackage", "WordDocument", "Workbook", "Book", "PowerPoint Document", "__properties_version1.0"];

/// The telling stream of a compound file: the first in its root storage, since embedded documents bring streams of
/// their own. Where the directory cannot be walked, entries are recognised by their form, so that a damaged file is
/// still told.
pub(super) fn main_stream(input: &mut dyn ReadSeek) -> Option<String> {
    let mut bytes = Vec::new();
    rewind(input).ok()?;
    input.take(SEARCHED).read_to_end(&mut bytes).ok()?;
    // MS-CFB 2.2: the size of a sector as a power of two at 30, the first sector of the directory at 48.
    let shift = u32::from(*bytes.get(30)?).clamp(7, 12);
    let sector = u32::from_le_bytes([*bytes.get(48)?, *bytes.get(49)?, *bytes.get(50)?, *bytes.get(51)?]);
    let told = |name: &str| TELLING.iter().find(|telling| telling.eq_ignore_ascii_case(name)).copied();
    let file = Compound::parse(bytes);
    let mut bytes = match file {
        Ok(file) => {
            let children = file.children(ROOT);
            let names: Vec<&str> = children.iter().filter_map(|child| told(file.name(*child))).collect();
            if let Some(name) = TELLING.iter().find(|name| names.contains(name)) {
                return Some((*name).to_owned());
            }
            if !children.is_empty() {
                return None;
            }
            file.bytes
        }
        Err(bytes) => bytes,
    };
    let start = usize::try_from((u64::from(sector) + 1) << shift).unwrap_or(0);
    bytes.truncate(usize::try_from(SEARCHED).unwrap_or(usize::MAX));
    let (before, from) = bytes.split_at_checked(start).unwrap_or((&bytes, &[]));
    let mut entries = from.chunks_exact(ENTRY).chain(before.chunks_exact(ENTRY)).filter_map(name);
    entries.find_map(|name| told(&name)).map(str::to_owned)
}

fn name(entry: &[u8]) -> Option<String> {
    // MS-CFB 2.6.1: 64 bytes of UTF-16 name, its length with the final zero, the kind of object (1 storage, 2 stream, 5
    // root).
    let length = usize::from(u16::from_le_bytes([*entry.get(64)?, *entry.get(65)?]));
    if !(4..=64).contains(&length) || length % 2 != 0 || ![1, 2, 5].contains(entry.get(66)?) || *entry.get(67)? > 1 {
        return None;
    }
    let units: Vec<u16> =
        entry.get(..length)?.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect();
    let (last, units) = units.split_last()?;
    (*last == 0 && !units.contains(&0)).then(|| String::from_utf16_lossy(units))
}

/// The bytes with the entries of the directory struck out, so that names of streams are not taken for text.
pub(super) fn without_directory(mut bytes: Vec<u8>) -> Vec<u8> {
    bytes.chunks_exact_mut(ENTRY).filter(|entry| name(entry).is_some()).for_each(|entry| entry.fill(0));
    bytes
}

/// A sector number from here on is none (MS-CFB 2.1).
const NO_SECTOR: u32 = 0xffff_fffa;

/// Streams smaller than this lie in the mini stream, bytes (MS-CFB 2.2, fixed).
const MINI: u64 = 4096;

/// An object of the directory.
struct Entry {
    name: String,
    is_stream: bool,
    is_storage: bool,
    left: u32,
    right: u32,
    child: u32,
    start: u32,
    bytes: u64,
}

/// A compound file opened for its streams. No chain is followed further than the file has sectors.
pub(super) struct Compound {
    bytes: Vec<u8>,
    shift: u32,
    fat: Vec<u32>,
    mini_fat: Vec<u32>,
    mini: Vec<u8>,
    entries: Vec<Entry>,
    /// What lies in each object, in the order of their numbers, which is mostly that of their making.
    held: Vec<Vec<usize>>,
}

/// What lies in each object. An object lies in one storage, the first that leads to it from the root: a damaged directory
/// whose storages lead to each other has a tree all the same.
fn tree(entries: &[Entry]) -> Vec<Vec<usize>> {
    let mut held = vec![Vec::new(); entries.len()];
    let mut seen = BTreeSet::from([ROOT]);
    let mut storages = VecDeque::from([ROOT]);
    while let Some(storage) = storages.pop_front() {
        let mut open: Vec<u32> = entries.get(storage).map(|entry| entry.child).into_iter().collect();
        let mut inside = Vec::new();
        while let Some(number) = open.pop() {
            let Some(entry) = entries.get(number as usize) else { continue };
            if seen.insert(number as usize) {
                inside.push(number as usize);
                open.extend([entry.left, entry.right]);
            }
        }
        inside.sort_unstable();
        storages.extend(inside.iter().copied().filter(|number| entries.get(*number).is_some_and(|e| e.is_storage)));
        if let Some(place) = held.get_mut(storage) {
            *place = inside;
        }
    }
    held
}

/// The number of the root storage.
pub(super) const ROOT: usize = 0;

impl Compound {
    /// Opens a whole file in memory.
    pub(super) fn open(bytes: Vec<u8>) -> Result<Self, UnreadReason> {
        Self::parse(bytes).map_err(|_| UnreadReason::Corrupt)
    }

    /// Gives the bytes back where they are no compound file.
    pub(super) fn parse(bytes: Vec<u8>) -> Result<Self, Vec<u8>> {
        let shift = u32::from(u16_at(&bytes, 30).unwrap_or(0));
        if !bytes.starts_with(MAGIC) || ![9, 12].contains(&shift) {
            return Err(bytes);
        }
        let mut file = Self {
            bytes,
            shift,
            fat: Vec::new(),
            mini_fat: Vec::new(),
            mini: Vec::new(),
            entries: Vec::new(),
            held: Vec::new(),
        };
        match file.directory() {
            Some(()) => Ok(file),
            None => Err(file.bytes),
        }
    }

    fn directory(&mut self) -> Option<()> {
        self.fat = self.table()?;
        let directory = self.chain(u32_at(&self.bytes, 48)?, u64::MAX);
        self.entries = directory.chunks_exact(ENTRY).map(|entry| object(entry, self.shift)).collect();
        self.held = tree(&self.entries);
        let root = self.entries.first()?;
        let (start, bytes) = (root.start, root.bytes);
        self.mini = self.chain(start, bytes);
        self.mini_fat = numbers(&self.chain(u32_at(&self.bytes, 60)?, u64::MAX));
        Some(())
    }

    /// The file itself.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Whether an object is a stream; else it is a storage.
    pub(super) fn is_stream(&self, object: usize) -> bool {
        self.entries.get(object).is_some_and(|entry| entry.is_stream)
    }

    /// The declared size of a stream, bytes, as far as the file can hold it.
    pub(super) fn size(&self, object: usize) -> u64 {
        self.entries.get(object).map_or(0, |entry| entry.bytes).min(self.bytes.len() as u64)
    }

    fn sectors(&self) -> usize {
        (self.bytes.len() >> self.shift) + 1
    }

    fn sector(&self, number: u32) -> &[u8] {
        let size = 1_usize << self.shift;
        let Ok(start) = usize::try_from((u64::from(number) + 1) << self.shift) else { return &[] };
        let rest = self.bytes.get(start..).unwrap_or_default();
        rest.get(..size).unwrap_or(rest)
    }

    /// The allocation table: its sectors are named in the header, then in a chain of their own.
    fn table(&self) -> Option<Vec<u32>> {
        let sectors = self.sectors();
        let mut named = numbers(self.bytes.get(76..512)?);
        let mut next = u32_at(&self.bytes, 68)?;
        for _ in 0..sectors {
            if next >= NO_SECTOR || named.len() > sectors {
                break;
            }
            let mut more = numbers(self.sector(next));
            let Some(following) = more.pop() else { break };
            named.append(&mut more);
            next = following;
        }
        let mut table = Vec::new();
        for number in named.into_iter().filter(|number| *number < NO_SECTOR) {
            if table.len() >= sectors {
                break;
            }
            table.extend(numbers(self.sector(number)));
        }
        Some(table)
    }

    fn chain(&self, start: u32, bytes: u64) -> Vec<u8> {
        follow(start, bytes, &self.fat, self.sectors(), |number| self.sector(number))
    }

    /// The objects in a storage.
    pub(super) fn children(&self, storage: usize) -> Vec<usize> {
        self.held.get(storage).cloned().unwrap_or_default()
    }

    /// The object of a name in a storage; names are compared without case.
    pub(super) fn find(&self, storage: usize, name: &str) -> Option<usize> {
        self.children(storage).into_iter().find(|child| self.name(*child).eq_ignore_ascii_case(name))
    }

    pub(super) fn name(&self, object: usize) -> &str {
        self.entries.get(object).map_or("", |entry| entry.name.as_str())
    }

    /// The content of a stream; what is missing of a damaged chain is cut off.
    pub(super) fn stream(&self, object: usize) -> Vec<u8> {
        let Some(entry) = self.entries.get(object).filter(|entry| entry.is_stream) else { return Vec::new() };
        if entry.bytes >= MINI {
            return self.chain(entry.start, entry.bytes);
        }
        let mini = |number: u32| {
            let start = number as usize * 64;
            let rest = self.mini.get(start..).unwrap_or_default();
            rest.get(..64).unwrap_or(rest)
        };
        follow(entry.start, entry.bytes, &self.mini_fat, self.mini.len() / 64 + 1, mini)
    }

    /// Whether an object is a storage, which holds others.
    pub(super) fn is_storage(&self, object: usize) -> bool {
        self.entries.get(object).is_some_and(|entry| entry.is_storage)
    }

    /// A storage with all that it holds, as a compound file of its own.
    pub(super) fn rebuilt(&self, storage: usize) -> Vec<u8> {
        super::ole_write::compound(self, storage)
    }

    /// The content of a stream by its name.
    pub(super) fn named(&self, storage: usize, name: &str) -> Option<Vec<u8>> {
        self.find(storage, name).map(|object| self.stream(object))
    }
}

/// How much room is made at once for a stream, bytes, whatever it declares.
const BELIEVED: u64 = 4 << 20;

fn follow<'b>(start: u32, bytes: u64, table: &[u32], most: usize, sector: impl Fn(u32) -> &'b [u8]) -> Vec<u8> {
    let size = sector(0).len();
    let most_bytes = (size as u64).saturating_mul(most as u64).min(bytes).min(BELIEVED);
    let mut content = Vec::with_capacity(most_bytes as usize + size);
    let mut next = start;
    for _ in 0..most {
        if next >= NO_SECTOR || content.len() as u64 >= bytes {
            break;
        }
        content.extend_from_slice(sector(next));
        next = table.get(next as usize).copied().unwrap_or(u32::MAX);
    }
    content.truncate(usize::try_from(bytes).unwrap_or(usize::MAX));
    content
}

fn object(entry: &[u8], shift: u32) -> Entry {
    let at = |offset: usize| u32_at(entry, offset).unwrap_or(u32::MAX);
    // The upper half of a size is rubbish in files of version 3 (MS-CFB 2.6.1).
    let upper = if shift == 12 { u64::from(at(124)) << 32 } else { 0 };
    Entry {
        name: name(entry).unwrap_or_default(),
        is_stream: entry.get(66) == Some(&2),
        is_storage: matches!(entry.get(66), Some(1 | 5)),
        left: at(68),
        right: at(72),
        child: at(76),
        start: at(116),
        bytes: upper | u64::from(at(120)),
    }
}

fn numbers(bytes: &[u8]) -> Vec<u32> {
    bytes.chunks_exact(4).map(|four| u32::from_le_bytes([four[0], four[1], four[2], four[3]])).collect()
}
