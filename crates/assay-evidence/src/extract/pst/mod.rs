//! Mail stores of Outlook (pst, ost): each message, contact, appointment, task or note is a member, named by its folder and a
//! number (a subject would be personal data in every list). A member is opened to a message of the net, composed of its
//! properties, so that the one reader of mail reads it. What lies in no folder is listed under `Orphaned`.
//!
//! By layers: `ndb` nodes and blocks, `ltp` properties and tables. A password of a store encloses nothing and is passed over.
//! Search folders (which hold references only) and hidden items of views and rules are not listed; space that a store marked
//! as free is not searched.

mod cipher;
mod ltp;
mod ndb;
#[cfg(test)]
pub(super) mod tests;

use super::mapi::{Attachment, Content, Item, Names as NameMap, Properties, compose};
use super::{Job, Limits, MemberEntry, Names, Opened, ReadSeek, Visit, mail};
use assay_model::UnreadReason;
use ltp::Heap;
use ndb::{Node, Store};
use std::collections::{BTreeMap, BTreeSet};

/// Kinds of nodes (MS-PST 2.2.2.1).
const FOLDER: u32 = 0x02;
const MESSAGE: u32 = 0x04;
const ATTACHMENT: u32 = 0x05;
const RECIPIENTS: u32 = 0x12;

const STORE: u32 = 0x21;
const NAMES: u32 = 0x61;
const ROOT: u32 = 0x122;

/// Items in items are followed this deep.
const NESTING: u32 = 32;

/// What an item or attachment costs at least, bytes: nodes may name each other in rings.
const OBJECT: u64 = 4096;

pub(super) fn read(job: &mut Job<'_, '_>) -> Result<(), UnreadReason> {
    let limits = job.reading.limits;
    let mut store = Store::open(job.input)?;
    let names = names(&mut store, limits);
    if store.damaged {
        job.out.partial("the store's trees are damaged: members were carved from what is left of them");
    }
    if has_password(&mut store, &names, limits) {
        job.out.warn("the store has a password, which does not encrypt it: it was read without");
    }
    for (name, number) in plan(&mut store, &names, limits) {
        let size = size_of(&mut store, number);
        if job.out.member(&name, size).is_err() {
            break;
        }
    }
    Ok(())
}

pub(super) fn visit(input: &mut dyn ReadSeek, visit: &mut Visit<'_>) {
    let limits = visit.reading.limits;
    let Ok(mut store) = Store::open(input) else { return };
    let map = names(&mut store, limits);
    let mut names = Names::default();
    let plan = plan(&mut store, &map, limits);
    for (number, (name, node)) in (0_u32..visit.range.end).zip(plan) {
        let name = names.unique(&name);
        if visit.range.contains(&number) {
            let member = MemberEntry { name, bytes: size_of(&mut store, node) };
            let opened = open(&mut store, &map, node, limits);
            (visit.visit)(number, &member, opened);
        }
    }
}

fn open(store: &mut Store<'_>, names: &NameMap, number: u32, limits: &Limits) -> Opened {
    let node = store.nodes.get(&number).copied().ok_or(UnreadReason::Corrupt)?;
    if size_of(store, number) > limits.item_bytes {
        return Err(UnreadReason::Limit);
    }
    let mut left = limits.item_bytes;
    let item = item(store, names, &node, &mut left, NESTING.min(limits.nesting))?;
    Ok(compose(&item, limits))
}

/// The members: their names, and the nodes that they are.
fn plan(store: &mut Store<'_>, names: &NameMap, limits: &Limits) -> Vec<(String, u32)> {
    let mut folders: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    let mut messages: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    let mut roots = Vec::new();
    for (number, node) in &store.nodes {
        let has_parent = store.nodes.contains_key(&node.parent) && node.parent & 0x1f == FOLDER;
        match number & 0x1f {
            FOLDER if *number == ROOT => {}
            FOLDER if has_parent && node.parent != *number => folders.entry(node.parent).or_default().push(*number),
            FOLDER => roots.push(*number),
            MESSAGE if has_parent => messages.entry(node.parent).or_default().push(*number),
            // What a search folder refers to lies elsewhere; what names one as its own lies nowhere.
            MESSAGE => messages.entry(0).or_default().push(*number),
            _ => {}
        }
    }
    let mut plan = Vec::new();
    let mut seen = BTreeSet::new();
    // Folders below the root; then those that lost their way to it.
    let mut open: Vec<(u32, String)> = Vec::new();
    let mut waiting: Vec<(u32, String)> = folders
        .keys()
        .copied()
        .filter(|number| *number != ROOT)
        .map(|number| (number, "Orphaned".to_owned()))
        .collect();
    waiting.extend(roots.iter().map(|number| (*number, "Orphaned".to_owned())));
    waiting
        .extend(messages.keys().copied().filter(|number| *number != 0).map(|number| (number, "Orphaned".to_owned())));
    waiting.reverse();
    open.push((ROOT, String::new()));
    while let Some((number, within)) = open.pop().or_else(|| waiting.pop()) {
        if !seen.insert(number) {
            continue;
        }
        let path =
            if number == ROOT { String::new() } else { joined(&within, &folder_name(store, names, number, limits)) };
        for (index, message) in messages.get(&number).into_iter().flatten().enumerate() {
            plan.push((joined(&path, &format!("{:06}.eml", index + 1)), *message));
        }
        let below = folders.get(&number).into_iter().flatten().rev();
        open.extend(below.map(|number| (*number, path.clone())));
    }
    for (index, message) in messages.get(&0).into_iter().flatten().enumerate() {
        plan.push((format!("Orphaned/{:06}.eml", index + 1), *message));
    }
    plan
}

fn joined(folder: &str, name: &str) -> String {
    if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") }
}

/// Bytes that a folder's own properties may have: they are a name and a few counts.
const FOLDER_BYTES: u64 = 1 << 20;

fn folder_name(store: &mut Store<'_>, names: &NameMap, number: u32, limits: &Limits) -> String {
    let name = properties_of(store, names, number, limits.item_bytes.min(FOLDER_BYTES)).and_then(|p| p.text(0x3001));
    let name = name.map(|name| mail::flat_name(&name)).filter(|name| !name.is_empty());
    name.unwrap_or_else(|| format!("folder {number:x}"))
}

fn properties_of(store: &mut Store<'_>, names: &NameMap, number: u32, limit: u64) -> Option<Properties> {
    let node = store.nodes.get(&number).copied()?;
    let mut heap = Heap::open(store, &node, limit).ok()?;
    Some(heap.properties(store, names))
}

fn names(store: &mut Store<'_>, limits: &Limits) -> NameMap {
    let Some(map) = properties_of(store, &NameMap::default(), NAMES, limits.item_bytes) else {
        return NameMap::default();
    };
    let stream = |number: u16| map.bytes(number).unwrap_or_default();
    NameMap::new(stream(2), stream(3), stream(4))
}

/// PidTagPstPassword: a check sum of the password, zero where there is none.
fn has_password(store: &mut Store<'_>, names: &NameMap, limits: &Limits) -> bool {
    properties_of(store, names, STORE, limits.item_bytes.min(FOLDER_BYTES))
        .and_then(|p| p.whole(0x67ff))
        .is_some_and(|sum| sum != 0)
}

/// The bytes of a message and of what is attached to it, as they lie in the store.
fn size_of(store: &mut Store<'_>, number: u32) -> u64 {
    let Some(node) = store.nodes.get(&number).copied() else { return 0 };
    let mut size = store.size(node.data);
    let mut open = vec![(node.sub, 3_u8)];
    let mut seen = BTreeSet::new();
    while let Some((sub, left)) = open.pop() {
        // A second visit is a ring, or counts the same bytes again.
        if !seen.insert(sub) || seen.len() > 10_000 {
            continue;
        }
        for (_, node) in store.within(sub) {
            size = size.saturating_add(store.size(node.data));
            if left > 0 && !Store::is_none(node.sub) {
                open.push((node.sub, left - 1));
            }
        }
    }
    size
}

/// Everything of an item; `left` bounds what is read for it and for what is in it.
fn item(
    store: &mut Store<'_>,
    names: &NameMap,
    node: &Node,
    left: &mut u64,
    deeper: u32,
) -> Result<Item, UnreadReason> {
    *left = left.checked_sub(OBJECT).ok_or(UnreadReason::Limit)?;
    let mut heap = Heap::open(store, node, *left)?;
    let mut item = Item { properties: heap.properties(store, names), ..Item::default() };
    let within = heap.within.clone();
    item.damaged = heap.damaged;
    for (number, node) in within {
        match number & 0x1f {
            // 0x692 is the table; others of its kind are copies that Outlook keeps for itself.
            RECIPIENTS if item.recipients.is_empty() => {
                let Ok(mut table) = Heap::open(store, &node, *left) else { continue };
                item.recipients = table.rows(store, names);
            }
            ATTACHMENT => match attachment(store, names, &node, left, deeper) {
                Ok(attachment) => item.attachments.push(attachment),
                Err(UnreadReason::Limit) => return Err(UnreadReason::Limit),
                Err(_) => {
                    item.attachments.push(Attachment { properties: Properties::default(), content: Content::Missing })
                }
            },
            _ => {}
        }
    }
    item.settle_encoding();
    Ok(item)
}

fn attachment(
    store: &mut Store<'_>,
    names: &NameMap,
    node: &Node,
    left: &mut u64,
    deeper: u32,
) -> Result<Attachment, UnreadReason> {
    *left = left.checked_sub(OBJECT).ok_or(UnreadReason::Limit)?;
    let mut heap = Heap::open(store, node, *left)?;
    let mut properties = heap.properties(store, names);
    // PidTagAttachDataBinary, or the node of PidTagAttachDataObject.
    let content = match properties.take(0x3701) {
        Some(super::mapi::Value::Bytes(bytes)) => {
            *left = left.checked_sub(bytes.len() as u64).ok_or(UnreadReason::Limit)?;
            Content::Bytes(bytes)
        }
        Some(super::mapi::Value::Whole(number)) => {
            let found = heap.within.iter().find(|(other, _)| i64::from(*other) == number).map(|(_, node)| *node);
            match found {
                Some(node) if properties.whole(0x3705) == Some(5) && deeper > 0 => {
                    Content::Item(Box::new(self::item(store, names, &node, left, deeper - 1)?))
                }
                Some(node) => {
                    let bytes = store.data(node.data, *left)?;
                    *left = left.checked_sub(bytes.len() as u64).ok_or(UnreadReason::Limit)?;
                    Content::Bytes(bytes)
                }
                None => Content::Missing,
            }
        }
        _ => Content::Missing,
    };
    Ok(Attachment { properties, content })
}
