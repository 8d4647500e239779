//! NetScaler evidence: how far it reaches, which builds were vulnerable, which sessions look taken over.
//!
//! [`read`] turns the bytes of one file into a [`GatewayParse`]; [`assess`] merges the files of a case, rebuilds sessions and
//! weighs them. Rules and builds are data in `rules/gateway/`. What is deliberately not done: no verdict without coverage;
//! no claim that a build's flaw was used because it was there; no command is run, and no user is named in a text.
//! Times of sources are compared as written: a case that mixes zones must be read with that in mind.

mod body;
mod builds;
mod config;
mod containment;
mod coverage;
mod dates;
mod header;
mod log;
mod networks;
mod rules;
mod scan;
mod sessions;
mod takeover;
#[cfg(test)]
mod tests;

use assay_model::{ExhibitId, GatewayAssessment, GatewayParse, ItemPath};
use jiff::civil::Date;
use std::borrow::Cow;

/// Reads one file: a NetScaler log, its configuration, or the answer of `show ns version`, told apart by content.
/// `None` when it is none of these.
pub fn read(exhibit: &ExhibitId, path: &ItemPath, bytes: &[u8]) -> Option<GatewayParse> {
    let bytes = &*decoded(bytes);
    if log::is_log(bytes) {
        Some(log::parse(exhibit, path, bytes))
    } else if config::is_config(bytes) {
        Some(config::parse(exhibit, path, bytes))
    } else {
        None
    }
}

/// One file as it was read.
#[derive(Clone, Debug)]
pub struct GatewaySource {
    /// Exhibit.
    pub exhibit: ExhibitId,
    /// The file.
    pub path: ItemPath,
    /// What it gave.
    pub parse: GatewayParse,
}

/// What an assessment is made of.
#[derive(Clone, Copy, Debug)]
pub struct GatewayInput<'a> {
    /// The files, sorted by exhibit and path.
    pub sources: &'a [GatewaySource],
    /// The day of the breach: a flaw made public later speaks to what must be patched, not to how they got in.
    pub reference_date: Date,
}

/// Assesses the gateway evidence of a case.
pub fn assess(input: &GatewayInput<'_>) -> GatewayAssessment {
    let rules = rules::shipped();
    let events = coverage::merge(input.sources);
    let sessions = sessions::rebuild(&events, &rules.sessions);
    let flagged = takeover::judge(&sessions, coverage::whole_from(&events), rules);
    let builds = builds::assess(input.sources, input.reference_date);
    GatewayAssessment {
        coverage: coverage::of(input.sources),
        build: builds.newest,
        terminate: containment::commands(&flagged, &builds.vulnerable),
        vulnerable: builds.vulnerable,
        sessions_total: sessions.list.len() as u64,
        flagged,
        as_of: None,
    }
}

/// The bytes without a byte order mark; UTF-16, as a Windows console saves what it captured, as UTF-8.
fn decoded(bytes: &[u8]) -> Cow<'_, [u8]> {
    let wide = |read: fn([u8; 2]) -> u16| {
        let units = bytes.get(2..).unwrap_or_default().as_chunks().0.iter().map(|pair| read(*pair));
        let text: String = char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect();
        Cow::Owned(text.into_bytes())
    };
    match bytes {
        [0xff, 0xfe, ..] => wide(u16::from_le_bytes),
        [0xfe, 0xff, ..] => wide(u16::from_be_bytes),
        [0xef, 0xbb, 0xbf, rest @ ..] => Cow::Borrowed(rest),
        _ => Cow::Borrowed(bytes),
    }
}
