//! Disc images of ISO 9660, with the names of Rock Ridge or Joliet where there are some. Files in several extents are
//! joined; folders that a hostile image nests in themselves are entered once. UDF without ISO 9660 is not read.

use super::stretches::{self, Found, Source, damaged};
use super::{Job, ReadSeek, Visit};
use assay_model::UnreadReason;
use std::collections::{BTreeSet, VecDeque};
use std::io;

const SECTOR: u64 = 2048;
/// Descriptors looked at; real images have four.
const DESCRIPTORS: u64 = 64;
/// The largest folder, bytes: half a million files.
const FOLDER: u64 = 64 << 20;

pub(super) fn read(job: &mut Job<'_, '_>) -> Result<(), UnreadReason> {
    stretches::read(job, walk)
}

pub(super) fn visit(input: &mut dyn ReadSeek, visit: &mut Visit<'_>) {
    stretches::visit(input, visit, walk);
}

/// In which field a name is looked up.
#[derive(Clone, Copy, PartialEq, Eq)]
enum NamesIn {
    Plain,
    Joliet,
    RockRidge,
}

struct Folder {
    start: u64,
    bytes: u64,
    path: String,
}

fn walk(source: &mut Source<'_>, give: &mut dyn FnMut(Found) -> bool) -> io::Result<()> {
    let (root, names) = root(source)?;
    let mut folders = VecDeque::from([root]);
    let mut entered = BTreeSet::new();
    while let Some(folder) = folders.pop_front() {
        if !entered.insert(folder.start) || entered.len() > source.limits.members as usize {
            continue;
        }
        // A folder that lies beyond a cut is not listed, which the files beyond it show as well.
        let records = source.most(folder.start, folder.bytes.min(FOLDER) as usize)?;
        let mut at = 0;
        let mut pieces: Vec<(u64, u64)> = Vec::new();
        while at < records.len() {
            let length = usize::from(records[at]);
            if length == 0 {
                // Records do not cross sectors.
                at = (at / SECTOR as usize + 1) * SECTOR as usize;
                continue;
            }
            let Some(record) = records.get(at..at + length).and_then(|bytes| Record::of(bytes, names)) else { break };
            at += length;
            let Some(name) = record.name else { continue };
            let path = if folder.path.is_empty() { name } else { format!("{}/{name}", folder.path) };
            if record.flags & 2 != 0 {
                folders.push_back(Folder { start: record.start, bytes: record.bytes, path });
                continue;
            }
            pieces.push((record.start, record.bytes));
            if record.flags & 0x80 == 0 && !give(Found { name: path, pieces: std::mem::take(&mut pieces) }) {
                return Ok(());
            }
        }
    }
    Ok(())
}

/// The folder at the root, of the names that tell most.
fn root(source: &mut Source<'_>) -> io::Result<(Folder, NamesIn)> {
    let (mut plain, mut joliet) = (None, None);
    for number in 16..16 + DESCRIPTORS {
        let descriptor = source.exact(number * SECTOR, SECTOR as usize)?;
        if descriptor.get(1..6) != Some(b"CD001") {
            break;
        }
        let record = descriptor.get(156..190).and_then(|bytes| Record::of(bytes, NamesIn::Plain));
        let root = record.map(|record| Folder { start: record.start, bytes: record.bytes, path: String::new() });
        match descriptor.first() {
            Some(1) => plain = plain.or(root),
            Some(2) if matches!(descriptor.get(88..91), Some(b"%/@" | b"%/C" | b"%/E")) => joliet = joliet.or(root),
            Some(255) => break,
            _ => {}
        }
    }
    if let Some(plain) = &plain {
        let first = source.most(plain.start, SECTOR as usize)?;
        // The first record, the folder itself, says whether system use fields follow.
        if first.get(34..36) == Some(b"SP") || memchr::memmem::find(&first, b"NM").is_some() && joliet.is_none() {
            return Ok((Folder { path: String::new(), ..*plain }, NamesIn::RockRidge));
        }
    }
    match (joliet, plain) {
        (Some(root), _) => Ok((root, NamesIn::Joliet)),
        (None, Some(root)) => Ok((root, NamesIn::Plain)),
        (None, None) => Err(damaged()),
    }
}

struct Record {
    start: u64,
    bytes: u64,
    flags: u8,
    /// None for the folder itself and the one above it.
    name: Option<String>,
}

impl Record {
    fn of(bytes: &[u8], names: NamesIn) -> Option<Self> {
        let number = |at: usize| bytes.get(at..at + 4)?.try_into().ok().map(u32::from_le_bytes);
        let length = usize::from(*bytes.get(32)?);
        let raw = bytes.get(33..33 + length)?;
        let plain = || {
            let name = String::from_utf8_lossy(raw);
            let name = name.split_once(';').map_or(&*name, |(name, _)| name);
            name.trim_end_matches('.').to_owned()
        };
        let name = match names {
            _ if matches!(raw, [0 | 1]) => None,
            NamesIn::Plain => Some(plain()),
            NamesIn::Joliet => {
                let (name, _) = encoding_rs::UTF_16BE.decode_without_bom_handling(raw);
                Some(name.split_once(';').map_or(&*name, |(name, _)| name).to_owned())
            }
            NamesIn::RockRidge => {
                let fields = bytes.get(33 + length + (length + 1) % 2..).unwrap_or_default();
                Some(alternate(fields).unwrap_or_else(plain))
            }
        };
        let extended = u64::from(*bytes.get(1)?);
        let start = u64::from(number(2)?).saturating_add(extended) * SECTOR;
        Some(Self { start, bytes: u64::from(number(10)?), flags: *bytes.get(25)?, name })
    }
}

/// The name in the system use fields, which may come in pieces.
fn alternate(mut fields: &[u8]) -> Option<String> {
    let mut name = Vec::new();
    while let Some(length) = fields.get(2).map(|length| usize::from(*length)).filter(|length| *length >= 4) {
        let field = fields.get(..length)?;
        if field.starts_with(b"NM") {
            name.extend_from_slice(field.get(5..).unwrap_or_default());
        }
        fields = fields.get(length..)?;
    }
    (!name.is_empty()).then(|| String::from_utf8_lossy(&name).into_owned())
}
