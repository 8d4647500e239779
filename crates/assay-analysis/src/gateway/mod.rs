//! NetScaler evidence: how far it reaches, which builds were vulnerable, which sessions look taken over.
//!
//! [`read_stream`] turns one file into a [`SourceDigest`]; [`assess`] joins the digests of a case, rebuilds sessions and weighs
//! them. Rules, traces and builds are data in `rules/gateway/`. What is deliberately not done: no verdict without coverage; no
//! claim that a build's flaw was used because it was there; no command is run, and no user is named in a text.

mod alternatives;
mod body;
mod browsers;
mod builds;
mod config;
mod containment;
mod coverage;
mod dates;
mod digest;
mod event;
mod header;
mod leak;
mod mmdb;
mod names;
mod networks;
mod open;
mod outage;
mod packed;
mod reading;
mod recognise;
mod rules;
mod scan;
mod sessions;
mod stream;
mod takeover;
#[cfg(test)]
mod tests;
mod timeline;
mod traces;
mod web;
mod wrap;
mod zones;

pub use builds::note_images;
pub use digest::{
    Clock, Counter, CounterRun, FailedLogins, FormBasis, Fragment, Regular, Settings, SourceDigest, SourceKind,
    Stretch, TraceHit, Unparsed, Use, UseKind,
};
pub use leak::{Leaked, join_leak};
pub use networks::{DeclaredNetwork, Networks, Purpose};
pub use packed::{Closings, Fragments};
pub use scan::DateForm;
pub use stream::{Stream, Streamed, read_stream};

use assay_model::{ExhibitId, GatewayAssessment, ItemPath};
use jiff::civil::Date;

/// The version of reading: a source that was read by another is read again.
pub const VERSION: &str = "gateway/3";

/// Reads the bytes of one file; `None` when it is no gateway evidence.
pub fn read(exhibit: &ExhibitId, path: &ItemPath, bytes: &[u8]) -> Option<SourceDigest> {
    read_stream(exhibit, path, &mut std::io::Cursor::new(bytes), &mut || {}).map(|streamed| streamed.digest)
}

/// One file as it was read.
#[derive(Clone, Debug)]
pub struct GatewaySource {
    /// Exhibit.
    pub exhibit: ExhibitId,
    /// The file.
    pub path: ItemPath,
    /// What it gave.
    pub digest: SourceDigest,
}

/// What an assessment is made of.
#[derive(Clone, Copy, Debug)]
pub struct GatewayInput<'a> {
    /// The files, sorted by exhibit and path.
    pub sources: &'a [GatewaySource],
    /// The day of the breach: a flaw made public later speaks to what must be patched, not to how they got in.
    pub reference_date: Date,
    /// Networks that the case declares, and the database of networks that it names.
    pub networks: &'a Networks,
}

/// Assesses the gateway evidence of a case.
pub fn assess(input: &GatewayInput<'_>) -> GatewayAssessment {
    let rules = rules::shipped();
    let sources = zones::settled(input.sources);
    let sources = sources.as_slice();
    let networks = input.networks.with_settings(sources);
    let counters = coverage::Counters::of(sources);
    let rebuilder = sessions::Rebuilder::new(sources, rules, &networks);
    let known = sessions::Sessions::of(sources, &networks);
    let (sessions, flagged) = takeover::judge(&rebuilder, known, &counters, rules, &networks);
    let builds = builds::assess(sources, &sessions, input.reference_date);
    let traces = alternatives::traces(sources, &networks);
    let outages = outage::outages(sources);
    let mut assessment = GatewayAssessment {
        coverage: coverage::of(sources, &counters),
        build: builds.newest,
        preserve: containment::preserve(&flagged, &builds.vulnerable),
        terminate: containment::commands(&flagged, &builds.vulnerable),
        vulnerable: builds.vulnerable,
        sessions_total: sessions.total,
        flagged,
        traces,
        outages,
        ..GatewayAssessment::default()
    };
    assessment.alternatives = alternatives::said(&assessment, sources, &sessions);
    assessment.timeline = timeline::of(&assessment, sources);
    assessment
}
