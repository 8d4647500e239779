//! The node database of a mail store (MS-PST 2.2): which nodes there are, and the blocks that their data lies in.
//!
//! Three layouts are known: ANSI, Unicode, and Unicode with pages of 4 KiB and deflated blocks (not in MS-PST; after the
//! description in libpff). The tree of nodes is read once, that of blocks as far as it is asked. Where a tree is broken, its
//! leaves are looked for through the whole file by their signatures. Check sums are not verified: a wrong one would cost
//! a message that can be read.

use super::super::little_endian::{u16_at, u32_at};
use super::super::{ReadSeek, salvage};
use super::cipher::Cipher;
use assay_model::UnreadReason;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read, SeekFrom};

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Layout {
    Ansi,
    Unicode,
    /// Pages of 4 KiB.
    Large,
}

impl Layout {
    fn page(self) -> usize {
        if self == Self::Large { 4096 } else { 512 }
    }

    /// Where the count of a page's entries stands, and its trailer.
    fn marks(self) -> (usize, usize) {
        match self {
            Self::Ansi => (496, 500),
            Self::Unicode => (488, 496),
            Self::Large => (4056, 4072),
        }
    }

    /// The size of an offset or a block's number.
    fn wide(self) -> usize {
        if self == Self::Ansi { 4 } else { 8 }
    }
}

/// A node: what it is made of, and the folder it lies in.
#[derive(Clone, Copy, Debug)]
pub(super) struct Node {
    pub(super) data: u64,
    pub(super) sub: u64,
    pub(super) parent: u32,
}

#[derive(Clone, Copy, Debug)]
struct Block {
    offset: u64,
    bytes: u16,
}

const NODES: u8 = 0x81;
const BLOCKS: u8 = 0x80;

/// Levels of a tree, at most: of twenty entries a page, eight hold more blocks than the largest file.
const LEVELS: u8 = 12;

/// Pages of the tree of blocks that are kept: 2 MiB of small ones, 16 of large ones.
const KEPT: usize = 4096;

/// A node's data in blocks is followed through this many blocks of references.
const REFERENCES: usize = 100_000;

/// An open mail store.
pub(super) struct Store<'a> {
    input: &'a mut dyn ReadSeek,
    size: u64,
    pub(super) layout: Layout,
    cipher: Cipher,
    pub(super) nodes: BTreeMap<u32, Node>,
    block_root: u64,
    pages: BTreeMap<u64, Vec<u8>>,
    /// Found by their signatures.
    scanned: Option<BTreeMap<u64, Block>>,
    /// Whether a tree was broken.
    pub(super) damaged: bool,
}

/// The layout of a head, if it is that of a mail store.
fn layout(head: &[u8]) -> Option<Layout> {
    if !head.starts_with(b"!BDN") {
        return None;
    }
    match u16_at(head, 10)? {
        14 | 15 => Some(Layout::Ansi),
        36.. => Some(Layout::Large),
        _ => Some(Layout::Unicode),
    }
}

impl<'a> Store<'a> {
    /// Reads the head and the tree of nodes.
    pub(super) fn open(input: &'a mut dyn ReadSeek) -> Result<Self, UnreadReason> {
        let size = input.seek(SeekFrom::End(0)).map_err(|_| UnreadReason::Corrupt)?;
        input.seek(SeekFrom::Start(0)).map_err(|_| UnreadReason::Corrupt)?;
        let (head, _) = salvage(&mut (&mut *input).take(564), 564);
        let layout = layout(&head).ok_or(UnreadReason::Corrupt)?;
        let (roots, encoding) = if layout == Layout::Ansi { (188, 461) } else { (224, 513) };
        let long = |at: usize| number(&head, at, layout.wide());
        // Number and place of the root of nodes, then of blocks.
        let node_root = long(roots).unwrap_or(0);
        let block_root = long(roots + 2 * layout.wide()).unwrap_or(0);
        let cipher = Cipher::of(head.get(encoding).copied().unwrap_or(0));
        let mut store = Self {
            input,
            size,
            layout,
            cipher,
            nodes: BTreeMap::new(),
            block_root,
            pages: BTreeMap::new(),
            scanned: None,
            damaged: false,
        };
        store.read_nodes(node_root);
        if store.nodes.is_empty() || store.damaged || store.page(block_root, BLOCKS).is_none() {
            store.damaged = true;
            store.scan();
        }
        if store.nodes.is_empty() { Err(UnreadReason::Corrupt) } else { Ok(store) }
    }

    fn read_at(&mut self, offset: u64, count: usize) -> Option<Vec<u8>> {
        if offset.checked_add(count as u64)? > self.size {
            return None;
        }
        self.input.seek(SeekFrom::Start(offset)).ok()?;
        let mut bytes = vec![0; count];
        self.input.read_exact(&mut bytes).ok()?;
        Some(bytes)
    }

    /// A page of a tree, if what stands there is one.
    fn page(&mut self, offset: u64, kind: u8) -> Option<Vec<u8>> {
        if let Some(page) = self.pages.get(&offset) {
            return Some(page.clone());
        }
        let page = self.read_at(offset, self.layout.page())?;
        let (_, trailer) = self.layout.marks();
        let fits = page.get(trailer) == Some(&kind) && page.get(trailer + 1) == Some(&kind);
        if !fits {
            return None;
        }
        if self.pages.len() >= KEPT {
            self.pages.clear();
        }
        self.pages.insert(offset, page.clone());
        Some(page)
    }

    fn read_nodes(&mut self, root: u64) {
        let mut open = vec![(root, LEVELS)];
        let mut seen = BTreeSet::new();
        while let Some((offset, left)) = open.pop() {
            // A second visit is a ring.
            if !seen.insert(offset) {
                continue;
            }
            let Some(page) = self.page(offset, NODES).filter(|_| left > 0) else {
                self.damaged = true;
                continue;
            };
            let entries = Entries::of(&page, self.layout);
            if entries.level > 0 {
                open.extend(entries.iter().filter_map(|entry| Some((self.child(entry)?, left - 1))));
            } else {
                for entry in entries.iter() {
                    self.nodes.extend(node(entry, self.layout));
                }
            }
        }
        self.pages.clear();
    }

    /// Where the page below an entry stands.
    fn child(&self, entry: &[u8]) -> Option<u64> {
        number(entry, 2 * self.layout.wide(), self.layout.wide())
    }

    /// Looks for leaves of both trees through the whole file; of two entries for one number the one in the younger page
    /// stands.
    fn scan(&mut self) {
        const CHUNK: usize = 1 << 20;
        let (size, (_, trailer)) = (self.layout.page(), self.layout.marks());
        let mut nodes: BTreeMap<u32, (u64, Node)> = BTreeMap::new();
        let mut blocks: BTreeMap<u64, (u64, Block)> = BTreeMap::new();
        let mut offset = 0_u64;
        while offset < self.size {
            let count = usize::try_from(self.size - offset).unwrap_or(CHUNK).min(CHUNK);
            let Some(chunk) = self.read_at(offset, count) else { break };
            for (index, page) in chunk.chunks_exact(size).enumerate() {
                let kind = page.get(trailer).copied().unwrap_or(0);
                if !(kind == NODES || kind == BLOCKS) || page.get(trailer + 1) != Some(&kind) {
                    continue;
                }
                let place = offset + (index * size) as u64;
                let entries = Entries::of(page, self.layout);
                let Some(age) =
                    page_number(page, self.layout).filter(|age| signature(place, *age) == u16_at(page, trailer + 2))
                else {
                    continue;
                };
                if entries.level > 0 {
                    continue;
                }
                for entry in entries.iter() {
                    if kind == NODES {
                        if let Some((number, found)) = node(entry, self.layout)
                            && nodes.get(&number).is_none_or(|(older, _)| *older < age)
                        {
                            nodes.insert(number, (age, found));
                        }
                    } else if let Some((number, found)) = block(entry, self.layout)
                        && blocks.get(&number).is_none_or(|(older, _)| *older < age)
                    {
                        blocks.insert(number, (age, found));
                    }
                }
            }
            offset += CHUNK as u64;
        }
        for (number, (_, found)) in nodes {
            self.nodes.entry(number).or_insert(found);
        }
        self.scanned = Some(blocks.into_iter().map(|(number, (_, block))| (number, block)).collect());
    }

    fn block(&mut self, number: u64) -> Option<Block> {
        let wanted = number & !1;
        let mut offset = self.block_root;
        for _ in 0..LEVELS {
            let Some(page) = self.page(offset, BLOCKS) else { break };
            let entries = Entries::of(&page, self.layout);
            let key = |entry: &[u8]| self::number(entry, 0, self.layout.wide()).map(|key| key & !1);
            if entries.level == 0 {
                let found =
                    entries.iter().find(|entry| key(entry) == Some(wanted)).and_then(|entry| block(entry, self.layout));
                if let Some((_, found)) = found {
                    return Some(found);
                }
                break;
            }
            let Some(next) = entries.iter().take_while(|entry| key(entry).is_some_and(|key| key <= wanted)).last()
            else {
                break;
            };
            let Some(next) = self.child(next) else { break };
            offset = next;
        }
        self.scanned.as_ref()?.get(&wanted).copied()
    }

    /// A block as it was before it was deflated, and after it was deciphered.
    fn content(&mut self, number: u64) -> Result<Vec<u8>, UnreadReason> {
        let block = self.block(number).ok_or(UnreadReason::Corrupt)?;
        let count = usize::from(block.bytes);
        let mut bytes = if self.layout == Layout::Large {
            self.inflated(block.offset, count)
        } else {
            self.read_at(block.offset, count)
        }
        .ok_or(UnreadReason::Corrupt)?;
        // Only what is no block of references is enciphered.
        if number & 2 == 0 {
            self.cipher.open(&mut bytes, number as u32);
        }
        Ok(bytes)
    }

    /// A block of the large layout: its trailer of 24 bytes ends at a multiple of 512 and says the inflated size.
    fn inflated(&mut self, offset: u64, count: usize) -> Option<Vec<u8>> {
        let whole = (count + 24).div_ceil(512) * 512;
        let mut bytes = self.read_at(offset, whole)?;
        let inflated = usize::from(u16_at(&bytes, whole - 24 + 18)?);
        bytes.truncate(count);
        if inflated == 0 || inflated == count {
            return Some(bytes);
        }
        let (out, _) = salvage(&mut flate2::read::ZlibDecoder::new(bytes.as_slice()), inflated as u64);
        Some(if out.is_empty() { bytes } else { out })
    }

    /// Whether a number stands for nothing.
    pub(super) fn is_none(number: u64) -> bool {
        number & !1 == 0
    }

    /// The data of a node, block by block, up to `limit` bytes.
    pub(super) fn blocks(&mut self, number: u64, limit: u64) -> Result<Vec<Vec<u8>>, UnreadReason> {
        let mut out = Vec::new();
        let mut left = limit;
        for number in self.leaves(number)? {
            let content = self.content(number)?;
            left = left.checked_sub(content.len() as u64).ok_or(UnreadReason::Limit)?;
            out.push(content);
        }
        Ok(out)
    }

    /// The same in one piece.
    pub(super) fn data(&mut self, number: u64, limit: u64) -> Result<Vec<u8>, UnreadReason> {
        let mut blocks = self.blocks(number, limit)?;
        Ok(if blocks.len() == 1 { blocks.pop().unwrap_or_default() } else { blocks.concat() })
    }

    /// The blocks that data is made of: itself, or what blocks of references name (MS-PST 2.2.2.8.3.2).
    fn leaves(&mut self, number: u64) -> Result<Vec<u64>, UnreadReason> {
        if Self::is_none(number) {
            return Ok(Vec::new());
        }
        let mut found = Vec::new();
        let mut open = vec![(number, 3_u8)];
        let mut read = 0;
        while let Some((number, left)) = open.pop() {
            if number & 2 == 0 {
                found.push(number);
                continue;
            }
            read += 1;
            if left == 0 || read > REFERENCES {
                return Err(UnreadReason::Corrupt);
            }
            let bytes = self.content(number)?;
            if bytes.first() != Some(&1) {
                return Err(UnreadReason::Corrupt);
            }
            let count = usize::from(u16_at(&bytes, 2).unwrap_or(0));
            let numbers = bytes.get(8..).unwrap_or_default().chunks_exact(self.layout.wide()).take(count);
            let numbers: Vec<u64> = numbers.filter_map(|entry| self::number(entry, 0, self.layout.wide())).collect();
            open.extend(numbers.into_iter().rev().map(|number| (number, left - 1)));
        }
        Ok(found)
    }

    /// How many bytes data has, without reading it.
    pub(super) fn size(&mut self, number: u64) -> u64 {
        if Self::is_none(number) {
            return 0;
        }
        if number & 2 == 0 {
            return self.block(number).map_or(0, |block| u64::from(block.bytes));
        }
        self.content(number).ok().and_then(|bytes| u32_at(&bytes, 4)).map_or(0, u64::from)
    }

    /// The nodes within a node (MS-PST 2.2.2.8.3.3).
    pub(super) fn within(&mut self, number: u64) -> Vec<(u32, Node)> {
        let mut found = Vec::new();
        let mut open = if Self::is_none(number) { Vec::new() } else { vec![(number, 3_u8)] };
        let mut read = 0;
        while let Some((number, left)) = open.pop() {
            read += 1;
            let Ok(bytes) = self.content(number) else { continue };
            if bytes.first() != Some(&2) || left == 0 || read > REFERENCES || found.len() > REFERENCES {
                continue;
            }
            let (wide, count) = (self.layout.wide(), usize::from(u16_at(&bytes, 2).unwrap_or(0)));
            let entries = bytes.get(if self.layout == Layout::Ansi { 4 } else { 8 }..).unwrap_or_default();
            if bytes.get(1) == Some(&0) {
                let entry = |entry: &[u8]| {
                    let (data, sub) = (self::number(entry, wide, wide)?, self::number(entry, 2 * wide, wide)?);
                    Some((u32_at(entry, 0)?, Node { data, sub, parent: 0 }))
                };
                found.extend(entries.chunks_exact(3 * wide).take(count).filter_map(entry));
            } else {
                let below = entries.chunks_exact(2 * wide).take(count);
                open.extend(below.filter_map(|entry| Some((self::number(entry, wide, wide)?, left - 1))));
            }
        }
        found.sort_by_key(|(number, _)| *number);
        found
    }
}

/// The entries of a page.
struct Entries<'a> {
    bytes: &'a [u8],
    size: usize,
    count: usize,
    level: u8,
}

impl<'a> Entries<'a> {
    fn of(page: &'a [u8], layout: Layout) -> Self {
        let (mark, _) = layout.marks();
        let at = |place: usize| page.get(mark + place).copied().unwrap_or(0);
        let (count, size, level) = match layout {
            Layout::Large => (usize::from(u16_at(page, mark).unwrap_or(0)), at(4), at(5)),
            _ => (usize::from(at(0)), at(2), at(3)),
        };
        Self { bytes: page.get(..mark).unwrap_or_default(), size: usize::from(size).max(1), count, level }
    }

    fn iter(&self) -> impl Iterator<Item = &'a [u8]> {
        self.bytes.chunks_exact(self.size).take(self.count)
    }
}

fn node(entry: &[u8], layout: Layout) -> Option<(u32, Node)> {
    let wide = layout.wide();
    let node = Node {
        data: number(entry, wide, wide)?,
        sub: number(entry, 2 * wide, wide)?,
        parent: u32_at(entry, 3 * wide)?,
    };
    Some((u32_at(entry, 0)?, node))
}

fn block(entry: &[u8], layout: Layout) -> Option<(u64, Block)> {
    let wide = layout.wide();
    let block = Block { offset: number(entry, wide, wide)?, bytes: u16_at(entry, 2 * wide)? };
    Some((number(entry, 0, wide)? & !1, block))
}

/// The number of a page, which grows with its age.
fn page_number(page: &[u8], layout: Layout) -> Option<u64> {
    let (_, trailer) = layout.marks();
    match layout {
        Layout::Ansi => number(page, trailer + 4, 4),
        _ => number(page, trailer + 8, 8),
    }
}

/// MS-PST 5.5.
fn signature(offset: u64, number: u64) -> Option<u16> {
    let mixed = (offset ^ number) as u32;
    Some((mixed >> 16) as u16 ^ mixed as u16)
}

/// A number of four or eight bytes, the lowest first.
fn number(bytes: &[u8], at: usize, wide: usize) -> Option<u64> {
    match wide {
        4 => u32_at(bytes, at).map(u64::from),
        _ => Some(u64::from_le_bytes(bytes.get(at..at.checked_add(8)?)?.try_into().ok()?)),
    }
}
