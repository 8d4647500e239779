//! Archives of `ar`, and so Debian packages. The symbol table and the table of long names are no members.

use super::stretches::{self, Found, Source, damaged};
use super::{Job, ReadSeek, Visit};
use assay_model::UnreadReason;
use std::io;

pub(super) const MAGIC: &[u8] = b"!<arch>\n";

/// The largest table of long names, bytes.
const NAMES: usize = 16 << 20;

pub(super) fn read(job: &mut Job<'_, '_>) -> Result<(), UnreadReason> {
    stretches::read(job, walk)
}

pub(super) fn visit(input: &mut dyn ReadSeek, visit: &mut Visit<'_>) {
    stretches::visit(input, visit, walk);
}

fn walk(source: &mut Source<'_>, give: &mut dyn FnMut(Found) -> bool) -> io::Result<()> {
    let mut at = MAGIC.len() as u64;
    let mut long = Vec::new();
    while at < source.size {
        let header = source.exact(at, 60)?;
        let field = |from: usize, to: usize| {
            String::from_utf8_lossy(header.get(from..to).unwrap_or_default()).trim().to_owned()
        };
        if header.get(58..60) != Some(b"`\n") {
            return Err(damaged());
        }
        let bytes: u64 = field(48, 58).parse().map_err(|_| damaged())?;
        let mut name = field(0, 16);
        let (mut start, mut length) = (at + 60, bytes);
        at = start.saturating_add(bytes).saturating_add(bytes % 2);
        if name == "//" {
            long = source.most(start, NAMES.min(bytes as usize))?;
            continue;
        }
        if matches!(name.as_str(), "/" | "/SYM64/") || name.starts_with("__.SYMDEF") {
            continue;
        }
        if let Some(count) = name.strip_prefix("#1/").and_then(|count| count.parse::<u64>().ok()) {
            // The name stands before the content and counts with it.
            let count = count.min(bytes).min(1 << 12);
            let stored = source.most(start, count as usize)?;
            name = String::from_utf8_lossy(&stored).trim_end_matches('\0').to_owned();
            (start, length) = (start + count, bytes - count);
        } else if let Some(offset) = name.strip_prefix('/').and_then(|offset| offset.parse::<usize>().ok()) {
            let stored = long.get(offset..).unwrap_or_default();
            let end = stored.iter().position(|byte| *byte == b'\n').unwrap_or(stored.len());
            name = String::from_utf8_lossy(stored.get(..end).unwrap_or_default()).into_owned();
        }
        if !give(Found::one(name.trim_end_matches('/').to_owned(), start, length)) {
            return Ok(());
        }
    }
    Ok(())
}
