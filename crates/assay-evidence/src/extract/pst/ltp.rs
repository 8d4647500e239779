//! Lists, tables and properties in a node (MS-PST 2.3): a heap, trees in it, and what they hold.

use super::super::little_endian::{u16_at, u32_at};
use super::super::mapi::{Names, Properties, Value};
use super::ndb::{Layout, Node, Store};
use assay_model::UnreadReason;

/// A node opened: its heap, and the nodes within it.
pub(super) struct Heap {
    blocks: Vec<Vec<u8>>,
    layout: Layout,
    pub(super) within: Vec<(u32, Node)>,
    root: u32,
    kind: u8,
    /// What a value may have, bytes.
    limit: u64,
    /// A value that could not be had.
    pub(super) damaged: bool,
}

/// Records of one tree or table, at most.
const RECORDS: usize = 1_000_000;

impl Heap {
    pub(super) fn open(store: &mut Store<'_>, node: &Node, limit: u64) -> Result<Self, UnreadReason> {
        let blocks = store.blocks(node.data, limit)?;
        let first = blocks.first().ok_or(UnreadReason::Corrupt)?;
        if first.get(2) != Some(&0xec) {
            return Err(UnreadReason::Corrupt);
        }
        let (kind, root) = (first.get(3).copied().unwrap_or(0), u32_at(first, 4).unwrap_or(0));
        let within = store.within(node.sub);
        Ok(Self { layout: store.layout, within, root, kind, limit, damaged: false, blocks })
    }

    /// What an item of the heap holds.
    fn item(&self, number: u32) -> Option<&[u8]> {
        if number & 0x1f != 0 {
            return None;
        }
        let (index, block) = match self.layout {
            Layout::Large => (number >> 5 & 0x3fff, number >> 19),
            _ => (number >> 5 & 0x7ff, number >> 16),
        };
        let block = self.blocks.get(block as usize)?;
        let map = usize::from(u16_at(block, 0)?);
        let index = (index as usize).checked_sub(1)?;
        if index >= usize::from(u16_at(block, map)?) {
            return None;
        }
        let at = map + 4 + 2 * index;
        block.get(usize::from(u16_at(block, at)?)..usize::from(u16_at(block, at + 2)?))
    }

    /// What a reference names: an item of the heap, or a node within.
    fn value(&mut self, store: &mut Store<'_>, reference: u32) -> Option<Vec<u8>> {
        if reference & 0x1f == 0 {
            return self.item(reference).map(<[u8]>::to_vec);
        }
        let found = self.within.iter().find(|(number, _)| *number == reference).map(|(_, node)| *node);
        let value = found.and_then(|node| store.data(node.data, self.limit).ok());
        self.damaged |= value.is_none();
        value
    }

    /// The records of a tree, in order.
    fn records(&self, tree: u32) -> Vec<&[u8]> {
        let mut found = Vec::new();
        let Some(head) = self.item(tree).filter(|head| head.first() == Some(&0xb5)) else { return found };
        let at = |place: usize| usize::from(head.get(place).copied().unwrap_or(0));
        let (key, entry, levels) = (at(1), at(2), at(3));
        let Some(root) = u32_at(head, 4) else { return found };
        let mut open = vec![(root, levels.min(8))];
        let mut read = 0;
        while let Some((number, level)) = open.pop() {
            read += 1;
            let Some(item) = self.item(number).filter(|_| read < RECORDS) else { continue };
            if level == 0 {
                found.extend(item.chunks_exact((key + entry).max(1)).take(RECORDS.saturating_sub(found.len())));
            } else {
                let below: Vec<u32> = item.chunks_exact(key + 4).filter_map(|entry| u32_at(entry, key)).collect();
                open.extend(below.into_iter().rev().map(|number| (number, level - 1)));
            }
        }
        found
    }

    /// The properties of a node.
    pub(super) fn properties(&mut self, store: &mut Store<'_>, names: &Names) -> Properties {
        let mut properties = Properties::default();
        if self.kind != 0xbc {
            self.damaged = true;
            return properties;
        }
        let records: Vec<(u16, u16, [u8; 4])> = self
            .records(self.root)
            .into_iter()
            .filter_map(|record| Some((u16_at(record, 0)?, u16_at(record, 2)?, record.get(4..8)?.try_into().ok()?)))
            .collect();
        for (number, kind, content) in records {
            if let Some(value) = self.property(store, kind, content) {
                properties.add(number, value, names);
            }
        }
        properties
    }

    fn property(&mut self, store: &mut Store<'_>, kind: u16, content: [u8; 4]) -> Option<Value> {
        let reference = u32::from_le_bytes(content);
        // An object (an attached item) is a node within; its number is what matters.
        if kind == 0x000d {
            return u32_at(self.item(reference)?, 0).map(|node| Value::Whole(i64::from(node)));
        }
        match Value::size(kind) {
            Some(size) if size <= 4 => Value::new(kind, &content),
            _ if reference == 0 => None,
            _ => {
                let bytes = self.value(store, reference)?;
                several(kind, &bytes)
            }
        }
    }

    /// The rows of a table, as far as this crate's properties go.
    pub(super) fn rows(&mut self, store: &mut Store<'_>, names: &Names) -> Vec<Properties> {
        let Some(table) = self.item(self.root).filter(|table| table.first() == Some(&0x7c)).map(<[u8]>::to_vec) else {
            return Vec::new();
        };
        let columns: Vec<&[u8]> = table
            .get(22..)
            .unwrap_or_default()
            .chunks_exact(8)
            .take(usize::from(table.get(1).copied().unwrap_or(0)))
            .collect();
        let end = |place: usize| usize::from(u16_at(&table, place).unwrap_or(0));
        let (bits, width) = (end(6), end(8));
        let rows = u32_at(&table, 14).unwrap_or(0);
        if width == 0 || rows == 0 {
            return Vec::new();
        }
        // Rows do not run over the ends of blocks.
        let matrix: Vec<Vec<u8>> = if rows & 0x1f == 0 {
            self.item(rows).map(<[u8]>::to_vec).into_iter().collect()
        } else {
            let node = self.within.iter().find(|(number, _)| *number == rows).map(|(_, node)| *node);
            node.and_then(|node| store.blocks(node.data, self.limit).ok()).unwrap_or_default()
        };
        let mut found = Vec::new();
        for row in matrix.iter().flat_map(|block| block.chunks_exact(width)).take(RECORDS) {
            let mut properties = Properties::default();
            for column in &columns {
                let (Some(kind), Some(number), Some(at)) = (u16_at(column, 0), u16_at(column, 2), u16_at(column, 4))
                else {
                    continue;
                };
                let (size, bit) = (usize::from(column[6]), usize::from(column[7]));
                let filled = row.get(bits + bit / 8).is_some_and(|byte| byte >> (7 - bit % 8) & 1 == 1);
                let Some(cell) = row.get(usize::from(at)..usize::from(at) + size).filter(|_| filled) else { continue };
                let value = match Value::size(kind) {
                    Some(size) if size <= 8 => Value::new(kind, cell),
                    _ => u32_at(cell, 0)
                        .filter(|reference| *reference != 0)
                        .and_then(|reference| self.value(store, reference))
                        .and_then(|bytes| several(kind, &bytes)),
                };
                if let Some(value) = value {
                    properties.add(number, value, names);
                }
            }
            found.push(properties);
        }
        found
    }
}

/// One value, or many of a kind (MS-PST 2.3.3.4.1, 2.3.3.4.2).
fn several(kind: u16, bytes: &[u8]) -> Option<Value> {
    if kind & 0x1000 == 0 {
        return Value::new(kind, bytes);
    }
    let single = kind & !0x1000;
    if let Some(size) = Value::size(single) {
        return Some(Value::many_of_size(single, size, bytes));
    }
    let count = u32_at(bytes, 0)? as usize;
    let start = |index: usize| u32_at(bytes, 4 + 4 * index).map(|start| start as usize);
    let mut values = Vec::new();
    for index in 0..count.min(bytes.len() / 4) {
        let end = if index + 1 < count { start(index + 1)? } else { bytes.len() };
        values.extend(bytes.get(start(index)?..end).and_then(|value| Value::new(single, value)));
    }
    Some(Value::Many(values))
}
