//! How far each source reaches, and the sources merged into one run of events.

use super::GatewaySource;
use assay_model::{EventKind, GatewayEvent, SourceCoverage};
use jiff::civil::DateTime;
use std::collections::{BTreeMap, HashSet};

/// A counter that falls by more than this did not overtake on its way: the packet engine was restarted.
const REORDERED: u64 = 10_000;

/// Coverage a source, in the order of the sources.
pub(super) fn of(sources: &[GatewaySource]) -> Vec<SourceCoverage> {
    sources
        .iter()
        .map(|source| {
            let unparsed = source.parse.unparsed.len() as u64;
            SourceCoverage {
                exhibit: source.exhibit.clone(),
                source: source.path.as_str().to_owned(),
                from: source.parse.events.iter().map(|event| event.time).min(),
                to: source.parse.events.iter().map(|event| event.time).max(),
                lines: source.parse.lines,
                parsed: source.parse.lines.saturating_sub(unparsed),
                unparsed,
                gaps: gaps(source.parse.events.iter()),
            }
        })
        .collect()
}

/// All events in the order of time; a line that rotation, a relay or a second copy repeats is taken once.
pub(super) fn merge(sources: &[GatewaySource]) -> Vec<&GatewayEvent> {
    let mut seen = HashSet::new();
    let mut events: Vec<&GatewayEvent> = sources
        .iter()
        .flat_map(|source| &source.parse.events)
        .filter(|event| {
            event
                .message_id
                .is_none_or(|id| seen.insert((&event.host, &event.packet_engine, id, event.time, event.kind)))
        })
        .collect();
    // Stable: lines of one second keep the order of their file, but for the login that the others need.
    events.sort_by_key(|event| (event.time, event.kind != EventKind::Login));
    events
}

/// Holes in the message counters per packet engine: each is one or more lines lost, filtered out or deleted.
pub(super) fn gaps<'a>(events: impl Iterator<Item = &'a GatewayEvent>) -> u64 {
    // An engine's counters by run between restarts, told in the order of the lines.
    let mut runs: BTreeMap<(&str, &str), Vec<Vec<u64>>> = BTreeMap::new();
    for event in events {
        let Some(id) = event.message_id else { continue };
        let runs = runs.entry((&event.host, &event.packet_engine)).or_default();
        match runs.last_mut() {
            Some(run) if run.last().is_none_or(|last| id.saturating_add(REORDERED) >= *last) => run.push(id),
            _ => runs.push(vec![id]),
        }
    }
    let holes = |mut run: Vec<u64>| {
        run.sort_unstable();
        run.windows(2).filter(|pair| matches!(pair, [a, b] if b - a > 1)).count() as u64
    };
    runs.into_values().flatten().map(holes).sum()
}

/// The time from which the merged logs are whole: none where lines are missing or there is no log.
pub(super) fn whole_from(merged: &[&GatewayEvent]) -> Option<DateTime> {
    if gaps(merged.iter().copied()) > 0 {
        return None;
    }
    merged.first().map(|event| event.time)
}
