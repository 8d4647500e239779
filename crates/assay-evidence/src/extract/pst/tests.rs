//! Mail stores made here, block by block, in each layout and each encoding.

use super::cipher::Cipher;
use super::ndb::Layout;
use crate::extract::tests::{check_deep, printed};
use std::io::Write as _;

const KINDS: [(Layout, Cipher); 4] = [
    (Layout::Ansi, Cipher::Permuted),
    (Layout::Unicode, Cipher::None),
    (Layout::Unicode, Cipher::Cyclic),
    (Layout::Large, Cipher::Permuted),
];

/// One store of each kind.
pub(in crate::extract) fn stores() -> Vec<Vec<u8>> {
    KINDS.into_iter().map(|(layout, cipher)| store(layout, cipher)).collect()
}

struct Writer {
    layout: Layout,
    cipher: Cipher,
    /// Number, content, and whether it is deflated.
    blocks: Vec<(u64, Vec<u8>)>,
    nodes: Vec<(u32, u64, u64, u32)>,
}

fn wide(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

impl Writer {
    fn long(&self, number: u64) -> Vec<u8> {
        if self.layout == Layout::Ansi { (number as u32).to_le_bytes().to_vec() } else { number.to_le_bytes().to_vec() }
    }

    fn block(&mut self, content: &[u8], internal: u64) -> u64 {
        let number = (self.blocks.len() as u64 + 1) * 4 + internal;
        let mut content = content.to_vec();
        if internal == 0 {
            match self.cipher {
                Cipher::Permuted => content.iter_mut().for_each(|byte| {
                    let wanted = *byte;
                    *byte = (0..=255)
                        .find(|candidate| {
                            let mut one = [*candidate];
                            Cipher::Permuted.open(&mut one, 0);
                            one[0] == wanted
                        })
                        .unwrap();
                }),
                // Its own inverse.
                cipher => cipher.open(&mut content, number as u32),
            }
        }
        self.blocks.push((number, content));
        number
    }

    fn reference(&self, index: usize) -> u32 {
        (index as u32) << 5
    }

    /// A heap of items, the first of which is its root.
    fn heap(&self, kind: u8, items: &[Vec<u8>]) -> Vec<u8> {
        let size: usize = items.iter().map(Vec::len).sum();
        let mut heap = ((12 + size) as u16).to_le_bytes().to_vec();
        heap.extend([0xec, kind]);
        heap.extend(self.reference(1).to_le_bytes());
        heap.extend([0; 4]);
        let mut starts = vec![12_u16];
        for item in items {
            heap.extend(item);
            starts.push(heap.len() as u16);
        }
        heap.extend((items.len() as u16).to_le_bytes());
        heap.extend([0; 2]);
        heap.extend(starts.into_iter().flat_map(u16::to_le_bytes));
        heap
    }

    /// Properties: number, kind, and bytes or (for a node within) four of them with no item of their own.
    fn properties(&self, all: &[(u16, u16, Vec<u8>)]) -> Vec<u8> {
        let mut items = vec![[&[0xb5, 2, 6, 0][..], &self.reference(2).to_le_bytes()].concat(), Vec::new()];
        let mut records = Vec::new();
        for (number, kind, bytes) in all {
            records.extend(number.to_le_bytes());
            let (kind, inline) =
                if kind & 0x8000 != 0 { (kind & 0x7fff, true) } else { (*kind, [2, 3, 0xb].contains(kind)) };
            records.extend(kind.to_le_bytes());
            if inline {
                records.extend(bytes);
            } else {
                items.push(bytes.clone());
                records.extend(self.reference(items.len()).to_le_bytes());
            }
        }
        items[1] = records;
        self.heap(0xbc, &items)
    }

    fn within(&mut self, nodes: &[(u32, u64, u64)]) -> u64 {
        let mut block = vec![2, 0];
        block.extend((nodes.len() as u16).to_le_bytes());
        if self.layout != Layout::Ansi {
            block.extend([0; 4]);
        }
        for (number, data, sub) in nodes {
            block.extend([self.long(u64::from(*number)), self.long(*data), self.long(*sub)].concat());
        }
        self.block(&block, 2)
    }

    fn text(&self, number: u16, text: &str) -> (u16, u16, Vec<u8>) {
        match self.layout {
            Layout::Ansi => (number, 0x1e, encoding_rs::WINDOWS_1252.encode(text).0.into_owned()),
            _ => (number, 0x1f, wide(text)),
        }
    }

    fn node(&mut self, number: u32, content: &[u8], sub: u64, parent: u32) {
        let data = self.block(content, 0);
        self.nodes.push((number, data, sub, parent));
    }

    fn table(&self, name: &str, address: &str) -> Vec<u8> {
        let mut head = vec![0x7c, 5];
        head.extend([20_u16, 20, 20, 21].into_iter().flat_map(u16::to_le_bytes));
        head.extend([0, self.reference(2), 0].into_iter().flat_map(u32::to_le_bytes));
        let kind: u16 = if self.layout == Layout::Ansi { 0x1e } else { 0x1f };
        for (number, kind, at, bit) in
            [(0x67f2, 3, 0, 0), (0x67f3, 3, 4, 1), (0x0c15, 3, 8, 2), (0x3001, kind, 12, 3), (0x39fe, kind, 16, 4)]
        {
            head.extend([kind, number, at].into_iter().flat_map(u16::to_le_bytes));
            head.extend([4, bit]);
        }
        let mut row: Vec<u8> =
            [1, 0, 2, self.reference(3), self.reference(4)].into_iter().flat_map(u32::to_le_bytes).collect();
        row.push(0b1111_1000);
        self.heap(0x7c, &[head, row, self.text(0, name).2, self.text(0, address).2])
    }

    fn page(&self, kind: u8, entries: &[Vec<u8>], place: u64) -> Vec<u8> {
        let (mark, trailer, size) = match self.layout {
            Layout::Ansi => (496, 500, 512),
            Layout::Unicode => (488, 496, 512),
            Layout::Large => (4056, 4072, 4096),
        };
        let mut page = entries.concat();
        page.resize(mark, 0);
        let (count, length) = (entries.len(), entries[0].len() as u8);
        match self.layout {
            Layout::Large => page.extend([count as u8, 0, count as u8, 0, length, 0]),
            _ => page.extend([count as u8, count as u8, length, 0]),
        }
        page.resize(trailer, 0);
        let number = u64::from(kind);
        let mixed = (place ^ number) as u32;
        page.extend([kind, kind]);
        page.extend(((mixed >> 16) as u16 ^ mixed as u16).to_le_bytes());
        match self.layout {
            Layout::Ansi => page.extend([(number as u32).to_le_bytes(), [0; 4]].concat()),
            _ => page.extend([&[0; 4][..], &number.to_le_bytes()].concat()),
        }
        page.resize(size, 0);
        page
    }

    fn finish(mut self) -> Vec<u8> {
        let large = self.layout == Layout::Large;
        let mut file = vec![0; 4096];
        let mut entries = Vec::new();
        for (number, content) in &self.blocks {
            let inflated = content.len();
            let mut content = content.clone();
            if large && inflated > 200 {
                let mut deflater = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
                deflater.write_all(&content).unwrap();
                content = deflater.finish().unwrap();
            }
            let count = content.len();
            let mut entry = [self.long(*number), self.long(file.len() as u64)].concat();
            entry.extend((count as u16).to_le_bytes());
            entry.extend([1, 0]);
            entry.resize(if self.layout == Layout::Ansi { 12 } else { 24 }, 0);
            entries.push(entry);
            let (trailer, unit) = if large { (24, 512) } else { (16, 64) };
            content.resize((count + trailer).div_ceil(unit) * unit, 0);
            if large {
                let end = content.len();
                content[end - 24..end - 22].copy_from_slice(&(count as u16).to_le_bytes());
                content[end - 6..end - 4].copy_from_slice(&(inflated as u16).to_le_bytes());
            }
            file.extend(content);
        }
        // The tree of blocks has two levels where one page does not hold it.
        file.resize(file.len().div_ceil(4096) * 4096, 0);
        let most = if self.layout == Layout::Ansi { 41 } else { 20 };
        assert!(entries.len() <= if large { 160 } else { most }, "{}", entries.len());
        let block_root = file.len() as u64;
        file.extend(self.page(0x80, &entries, block_root));
        self.nodes.sort();
        let mut entries = Vec::new();
        for (number, data, sub, parent) in &self.nodes {
            let mut entry = [self.long(u64::from(*number)), self.long(*data), self.long(*sub)].concat();
            entry.extend(parent.to_le_bytes());
            entry.resize(if self.layout == Layout::Ansi { 16 } else { 32 }, 0);
            entries.push(entry);
        }
        let node_root = file.len() as u64;
        file.extend(self.page(0x81, &entries, node_root));
        let version: u16 = match self.layout {
            Layout::Ansi => 14,
            Layout::Unicode => 23,
            Layout::Large => 36,
        };
        file[..10].copy_from_slice(b"!BDN\0\0\0\0SM");
        file[10..12].copy_from_slice(&version.to_le_bytes());
        let roots = [self.long(node_root), self.long(0x80), self.long(block_root)].concat();
        let (at, encoding) = if self.layout == Layout::Ansi { (188, 461) } else { (224, 513) };
        file[at..at + roots.len()].copy_from_slice(&roots);
        file[encoding] = match self.cipher {
            Cipher::None => 0,
            Cipher::Permuted => 1,
            Cipher::Cyclic => 2,
        };
        file
    }
}

/// A store with a password, a message (recipient, body in two blocks, a file and a message attached), and a contact in no
/// folder.
fn store(layout: Layout, cipher: Cipher) -> Vec<u8> {
    let mut writer = Writer { layout, cipher, blocks: Vec::new(), nodes: Vec::new() };
    let w = &writer;
    let password = w.properties(&[(0x67ff, 3, vec![1, 2, 3, 4])]);
    let words: Vec<u8> = [14_u32.to_le_bytes().to_vec(), wide("ward no")].concat();
    let names = w.properties(&[
        (2, 0x102, [&[4, 0x20, 6, 0][..], &[0; 12]].concat()),
        (3, 0x102, [0x83, 0x80, 0, 0, 6, 0, 0, 0, 0, 0, 0, 0, 5, 0, 1, 0].to_vec()),
        (4, 0x102, [words, vec![0; 2]].concat()),
    ]);
    let folder = w.properties(&[w.text(0x3001, "In/box")]);
    let root = w.properties(&[w.text(0x3001, "")]);
    let ticks = 133_772_625_000_000_000_u64.to_le_bytes().to_vec();
    let message = w.properties(&[
        w.text(0x0037, "\u{1}\u{1}Referral"),
        w.text(0x0c1a, "Dr Hall"),
        w.text(0x5d01, "hall@x.example"),
        (0x0039, 0x40, ticks),
        // The body lies in a node within.
        (0x1000, 0x8000 | if layout == Layout::Ansi { 0x1e } else { 0x1f }, 0x3f_u32.to_le_bytes().to_vec()),
        w.text(0x1035, "<1@x>"),
        w.text(0x8001, "7"),
    ]);
    let table = w.table("Bo Brown", "bo@x.example");
    let file = w.properties(&[
        w.text(0x3707, "list.csv"),
        (0x3705, 3, vec![1, 0, 0, 0]),
        (0x3701, 0x102, b"a,b\n1,2\n".to_vec()),
    ]);
    let object = [0x24_u32.to_le_bytes(), 0_u32.to_le_bytes()].concat();
    let outer = w.properties(&[w.text(0x3001, "older"), (0x3705, 3, vec![5, 0, 0, 0]), (0x3701, 0x0d, object)]);
    let inner = w.properties(&[w.text(0x0037, "inner"), w.text(0x1000, "Inner text.")]);
    // A birthday is kept as the midnight of its writer, who may have been ahead of Greenwich.
    let contact = w.properties(&[
        w.text(0x001a, "IPM.Contact"),
        w.text(0x3001, "Ann Lee"),
        w.text(0x3a09, "020 7946 0000"),
        w.text(0x8000, "ann@x.example"),
        (0x3a42, 0x40, 119_600_028_000_000_000_u64.to_le_bytes().to_vec()),
    ]);
    let body = w.text(0, "Dear Bo,\r\nplease see Ann – soon.").2;
    let (first, second) = body.split_at(20);
    let pieces = [writer.block(first, 0), writer.block(second, 0)];
    let mut references = vec![1, 1, 2, 0];
    references.extend((body.len() as u32).to_le_bytes());
    references.extend(pieces.iter().flat_map(|piece| writer.long(*piece)));
    let body = writer.block(&references, 2);
    let (table, file) = (writer.block(&table, 0), writer.block(&file, 0));
    let inner = writer.block(&inner, 0);
    let holds_inner = writer.within(&[(0x24, inner, 0)]);
    let outer = writer.block(&outer, 0);
    let sub = writer.within(&[(0x3f, body, 0), (0x692, table, 0), (0x8025, file, 0), (0x8045, outer, holds_inner)]);
    writer.node(0x21, &password, 0, 0);
    writer.node(0x61, &names, 0, 0);
    writer.node(0x122, &root, 0, 0x122);
    writer.node(0x8022, &folder, 0, 0x122);
    writer.node(0x0020_0024, &message, sub, 0x8022);
    writer.node(0x0020_0044, &contact, 0, 0x9022);
    writer.finish()
}

const MEMBERS: &str = "x.pst!In_box/000001.eml: read message/rfc822
     = [header]
     1 From: Dr Hall <hall@x.example>
     2 Cc: Bo Brown <bo@x.example>
     3 Date: 2024-11-28T10:15:00Z
     4 Subject: Referral
     = [header] (hidden)
     5 Message-ID: <1@x>
     = [details]
     1 ward no: 7
     = [body]
     1 Dear Bo,
     2 please see Ann – soon.
     x.pst!In_box/000001.eml!list.csv: read text/csv
     # []
     1 a | b
     2 1 | 2
     x.pst!In_box/000001.eml!older.eml: read message/rfc822
     = [header]
     1 Subject: inner
     = [body]
     1 Inner text.
     x.pst!Orphaned/000001.eml: read message/rfc822
     = [header] (hidden)
     1 Message-Class: IPM.Contact
     = [details]
     1 Full name: Ann Lee
     2 Date of birth: 1980-01-01
     3 Email: ann@x.example
     4 Home phone: 020 7946 0000";

#[test]
fn stores_of_every_layout_and_encoding_are_read() {
    for (layout, cipher) in KINDS {
        let head = "x.pst: read application/vnd.ms-outlook-pst
            ! the store has a password, which does not encrypt it: it was read without";
        check_deep(&store(layout, cipher), "x.pst", &format!("{head}\n{MEMBERS}"));
    }
}

#[test]
fn a_store_whose_trees_lost_their_roots_is_read_by_its_leaves() {
    for (layout, cipher) in KINDS {
        let mut bytes = store(layout, cipher);
        let at = if layout == Layout::Ansi { 188 } else { 224 };
        bytes[at..at + 12].fill(0xff);
        let head = "x.pst: partial application/vnd.ms-outlook-pst
            ! the store's trees are damaged: members were carved from what is left of them
            ! the store has a password, which does not encrypt it: it was read without";
        check_deep(&bytes, "x.pst", &format!("{head}\n{MEMBERS}"));
    }
}

#[test]
fn listing_and_visit_of_a_store_number_alike() {
    for store in stores() {
        assert!(printed(&store, "x.pst", &crate::extract::Limits::default()).contains("> Orphaned/000001.eml"));
    }
}
