//! What a source is, told by its first lines, and in which form its dates are written.

use super::config;
use super::dates::FormSearch;
use super::digest::{Clock, SourceKind};
use super::event::{Heads, LINE_LIMIT};
use super::scan::{Seconds, text};
use super::web;
use super::wrap::Wrapper;
use memchr::memchr;

/// Lines looked at to tell what a source is.
const PROBED_LINES: usize = 512;

/// One line in this many must be of the kind.
const PROBE_SHARE: usize = 10;

/// The lines of a text without their ends; a last line without a line end counts.
pub(super) fn lines(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = bytes;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let (line, after) = match memchr(b'\n', rest) {
            Some(end) => (rest.get(..end)?, rest.get(end + 1..)?),
            None => (rest, &[][..]),
        };
        rest = after;
        Some(line.strip_suffix(b"\r").unwrap_or(line))
    })
}

/// What a source is, told by its first lines; `None` for anything that is no gateway evidence.
pub(super) fn recognise(head: &[u8]) -> Option<(SourceKind, Wrapper)> {
    let wrapper = lines(head).next().map(Wrapper::of_first_line).unwrap_or_default();
    let (mut seen, mut hits) = (0, [0_usize; 6]);
    let mut heads = Heads::default();
    for line in lines(head).filter(|line| !line.trim_ascii().is_empty()).take(PROBED_LINES) {
        seen += 1;
        if line.len() > LINE_LIMIT {
            continue;
        }
        let line = &*wrapper.open(line);
        let kind = if heads.read(line).is_ok() {
            SourceKind::Log
        } else if config::is_config(line) {
            SourceKind::Configuration
        } else if web::shell(line).is_some() {
            SourceKind::Shell
        } else if web::access(line).is_some_and(|access| access.time.is_some()) || is_bare_access(line) {
            SourceKind::WebAccess
        } else if web::error(line).is_some() {
            SourceKind::WebError
        } else if watch(line).is_some() {
            SourceKind::Watch
        } else {
            continue;
        };
        hits[kind as usize] += 1;
    }
    let best = SourceKind::ALL.into_iter().max_by_key(|kind| (hits[*kind as usize], std::cmp::Reverse(*kind)))?;
    let count = hits[best as usize];
    let is_enough = count > 0 && count * PROBE_SHARE >= seen && best != SourceKind::Configuration;
    // Of a configuration one line is enough: most of its commands are not looked at.
    let is_config = hits[SourceKind::Configuration as usize] > 0;
    is_enough.then_some(best).or(is_config.then_some(SourceKind::Configuration)).map(|kind| (kind, wrapper))
}

fn is_bare_access(line: &[u8]) -> bool {
    web::access(line).is_some() && memchr::memmem::find(line, b" microsecs\"").is_some()
}

/// Searches the form of dates over as many lines as it takes.
pub(super) struct ClockSearch {
    search: FormSearch,
    wrapper: Wrapper,
    blocks: u32,
}

/// Blocks of which every line is looked at.
const BLOCKS_IN_FULL: u32 = 16;

/// Lines looked at of each block after these: a day is longer than a block, and so seen by its first lines.
const LINES_A_BLOCK: usize = 64;

impl ClockSearch {
    pub(super) fn new(wrapper: Wrapper) -> Self {
        Self { search: FormSearch::new(), wrapper, blocks: 0 }
    }

    /// Takes whole lines; true when no further line is needed.
    pub(super) fn see(&mut self, block: &[u8]) -> bool {
        self.blocks = self.blocks.saturating_add(1);
        let most = if self.blocks > BLOCKS_IN_FULL { LINES_A_BLOCK } else { usize::MAX };
        for line in lines(block).filter(|line| line.len() <= LINE_LIMIT).take(most) {
            self.search.see(&self.wrapper.open(line));
            if self.search.is_settled() {
                return true;
            }
        }
        false
    }

    pub(super) fn clock(&self) -> Clock {
        self.search.clock()
    }
}

/// Time and state of an observation that `assay-watch` wrote: a JSON record a line.
pub(super) fn watch(line: &[u8]) -> Option<(Seconds, String)> {
    if line.len() > 8192 || !line.starts_with(b"{") {
        return None;
    }
    let record: serde_json::Value = serde_json::from_slice(line).ok()?;
    if record.get("schema")?.as_str()? != "assay.watch/1" {
        return None;
    }
    let time: jiff::Timestamp = record.get("time")?.as_str()?.parse().ok()?;
    let state = record.get("state")?.as_str()?;
    let detail = record.get("detail").and_then(|detail| detail.as_str()).unwrap_or_default();
    Some((time.as_second(), format!("{}: {}", text(state.as_bytes()), text(detail.as_bytes()))))
}
