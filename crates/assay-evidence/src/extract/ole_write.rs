//! Compound files written anew: a storage inside a document becomes a file that readers of its format open.
//!
//! The plainest form of MS-CFB version 3: sectors of 512 bytes, small streams in the mini stream, the entries of a storage
//! as one chain of right siblings (a search tree, though no balanced one). Class identifiers and times are not kept.

use super::ole::{Compound, MAGIC};

const SECTOR: usize = 512;
const MINI_SECTOR: usize = 64;
/// Streams shorter than this lie in the mini stream, bytes.
const CUTOFF: usize = 4096;
const END: u32 = 0xffff_fffe;
const FREE: u32 = 0xffff_ffff;
const TABLE: u32 = 0xffff_fffd;
const MORE_TABLE: u32 = 0xffff_fffc;
/// Storages in storages that are followed.
const DEPTH: u32 = 32;
/// Objects of one file.
const OBJECTS: usize = 100_000;

struct Entry {
    name: String,
    kind: u8,
    child: u32,
    right: u32,
    start: u32,
    size: u64,
}

#[derive(Default)]
struct Writer {
    entries: Vec<Entry>,
    /// Sectors in order, and the table that chains them.
    data: Vec<u8>,
    chain: Vec<u32>,
    mini: Vec<u8>,
    mini_chain: Vec<u32>,
}

/// A storage of `file` as a compound file.
pub(super) fn compound(file: &Compound, storage: usize) -> Vec<u8> {
    let mut writer = Writer::default();
    writer.entries.push(Entry { name: "Root Entry".into(), kind: 5, child: FREE, right: FREE, start: END, size: 0 });
    let child = writer.children(file, storage, DEPTH);
    if let Some(root) = writer.entries.first_mut() {
        root.child = child;
    }
    writer.finish()
}

impl Writer {
    /// Writes what a storage holds; gives the number of its first entry.
    fn children(&mut self, file: &Compound, storage: usize, depth: u32) -> u32 {
        let mut children = file.children(storage);
        // MS-CFB 2.6.4: shorter names first, then by their capital letters.
        children.sort_by_cached_key(|child| {
            let name: Vec<u16> = file.name(*child).to_uppercase().encode_utf16().collect();
            (name.len(), name)
        });
        let mut first = FREE;
        let mut last: Option<usize> = None;
        for child in children {
            if self.entries.len() >= OBJECTS {
                break;
            }
            let number = self.entries.len();
            let is_storage = file.is_storage(child);
            let kind = if is_storage { 1 } else { 2 };
            let name = file.name(child).to_owned();
            self.entries.push(Entry { name, kind, child: FREE, right: FREE, start: END, size: 0 });
            match last.and_then(|last| self.entries.get_mut(last)) {
                Some(last) => last.right = number as u32,
                None => first = number as u32,
            }
            last = Some(number);
            if is_storage {
                if depth > 0 {
                    let below = self.children(file, child, depth - 1);
                    if let Some(entry) = self.entries.get_mut(number) {
                        entry.child = below;
                        entry.start = 0;
                    }
                }
                continue;
            }
            let content = file.stream(child);
            let start = if content.len() < CUTOFF { self.put_mini(&content) } else { self.put(&content) };
            if let Some(entry) = self.entries.get_mut(number) {
                entry.start = start;
                entry.size = content.len() as u64;
            }
        }
        first
    }

    fn put(&mut self, content: &[u8]) -> u32 {
        append(content, SECTOR, &mut self.data, &mut self.chain)
    }

    fn put_mini(&mut self, content: &[u8]) -> u32 {
        append(content, MINI_SECTOR, &mut self.mini, &mut self.mini_chain)
    }

    fn finish(mut self) -> Vec<u8> {
        let mini = std::mem::take(&mut self.mini);
        let start = self.put(&mini);
        if let Some(root) = self.entries.first_mut() {
            root.start = start;
            root.size = mini.len() as u64;
        }
        let mini_table: Vec<u8> = self.mini_chain.iter().flat_map(|next| next.to_le_bytes()).collect();
        let mini_table_start = self.put(&padded(mini_table, 0xff));
        let directory: Vec<u8> = self.entries.iter().flat_map(entry).collect();
        let directory_start = self.put(&padded(directory, 0));
        let mini_sectors = self.mini_chain.len().div_ceil(SECTOR / 4) as u32;
        // The table holds its own sectors, and those of the list that names what the header has no room for.
        let used = self.chain.len();
        let (mut tables, mut more) = (0, 0);
        loop {
            let needed = (used + tables + more).div_ceil(SECTOR / 4);
            let listed = needed.saturating_sub(109).div_ceil(SECTOR / 4 - 1);
            if needed == tables && listed == more {
                break;
            }
            (tables, more) = (needed, listed);
        }
        self.chain.extend(std::iter::repeat_n(TABLE, tables));
        self.chain.extend(std::iter::repeat_n(MORE_TABLE, more));
        let mut table: Vec<u8> = self.chain.iter().flat_map(|next| next.to_le_bytes()).collect();
        table.resize(tables * SECTOR, 0xff);
        let named: Vec<u32> = (used..used + tables).map(|number| number as u32).collect();
        let (in_header, listed) = named.split_at(named.len().min(109));
        let first_list = if more > 0 { (used + tables) as u32 } else { END };
        let mut out = header(
            tables as u32,
            directory_start,
            (mini_table_start, mini_sectors),
            (first_list, more as u32),
            in_header,
        );
        out.append(&mut self.data);
        out.append(&mut table);
        for (index, piece) in listed.chunks(SECTOR / 4 - 1).enumerate() {
            let mut sector: Vec<u8> = piece.iter().flat_map(|number| number.to_le_bytes()).collect();
            sector.resize(SECTOR - 4, 0xff);
            let next = if index + 1 < more { first_list + index as u32 + 1 } else { END };
            sector.extend_from_slice(&next.to_le_bytes());
            out.append(&mut sector);
        }
        out
    }
}

fn append(content: &[u8], size: usize, data: &mut Vec<u8>, chain: &mut Vec<u32>) -> u32 {
    let sectors = content.len().div_ceil(size);
    if sectors == 0 {
        return END;
    }
    let start = chain.len() as u32;
    chain.extend((1..sectors as u32).map(|next| start + next));
    chain.push(END);
    data.extend_from_slice(content);
    data.resize(data.len().div_ceil(size) * size, 0);
    start
}

fn padded(mut bytes: Vec<u8>, with: u8) -> Vec<u8> {
    bytes.resize(bytes.len().div_ceil(SECTOR) * SECTOR, with);
    bytes
}

/// MS-CFB 2.6.1.
fn entry(entry: &Entry) -> Vec<u8> {
    let mut bytes: Vec<u8> = entry.name.encode_utf16().take(31).flat_map(u16::to_le_bytes).collect();
    let length = bytes.len() as u16 + 2;
    bytes.resize(64, 0);
    bytes.extend_from_slice(&length.to_le_bytes());
    bytes.extend_from_slice(&[entry.kind, 1]);
    [FREE, entry.right, entry.child].iter().for_each(|number| bytes.extend_from_slice(&number.to_le_bytes()));
    bytes.resize(116, 0);
    bytes.extend_from_slice(&entry.start.to_le_bytes());
    bytes.extend_from_slice(&entry.size.to_le_bytes());
    bytes
}

/// MS-CFB 2.2.
fn header(tables: u32, directory: u32, mini: (u32, u32), list: (u32, u32), named: &[u32]) -> Vec<u8> {
    let mut out = MAGIC.to_vec();
    out.resize(24, 0);
    for short in [0x3e_u16, 3, 0xfffe, 9, 6] {
        out.extend_from_slice(&short.to_le_bytes());
    }
    out.resize(44, 0);
    for long in [tables, directory, 0, CUTOFF as u32, mini.0, mini.1, list.0, list.1] {
        out.extend_from_slice(&long.to_le_bytes());
    }
    named.iter().for_each(|number| out.extend_from_slice(&number.to_le_bytes()));
    out.resize(SECTOR, 0xff);
    out
}
