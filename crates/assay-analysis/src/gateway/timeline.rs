//! The intrusion in order of time: windows, first and last signs of flagged sessions, traces, outages, what administrators did.

use super::config::locator;
use super::scan::civil;
use super::traces::{self, Meaning};
use super::zones::Settled;
use assay_model::{GatewayAssessment, TakeoverVerdict, TimelineEntry};

/// Entries that a reader can take in; sessions beyond are told in their table.
const LISTED: usize = 60;

/// The timeline of an assessment; empty where nothing was flagged and nothing happened.
pub(super) fn of(assessment: &GatewayAssessment, sources: &[Settled<'_>]) -> Vec<TimelineEntry> {
    let mut entries = Vec::new();
    let mut add = |time, text: String, locator| entries.push(TimelineEntry { time, text, locator });
    for flaw in assessment.vulnerable.iter().filter(|flaw| flaw.from.is_some()) {
        // Only what bears on sessions: the others are in the table of flaws.
        if !matches!(flaw.cve.as_str(), "CVE-2023-4966" | "CVE-2025-5777") {
            continue;
        }
        if let Some(from) = flaw.from {
            add(
                from.at(0, 0, 0, 0),
                format!("from here the build seen stood open to {}, as far as is reported", flaw.cve),
                None,
            );
        }
        if let Some(to) = flaw.to {
            add(to.at(0, 0, 0, 0), format!("a build fixed against {} was in place", flaw.cve), None);
        }
    }
    let taken = assessment.flagged.iter().filter(|f| f.verdict == TakeoverVerdict::ConsistentWithTakeover);
    for flagged in taken.take(LISTED / 3) {
        let session = flagged.session.session_id;
        if let Some(sign) = flagged.indicators_for.iter().min_by_key(|sign| sign.time) {
            add(sign.time, format!("first sign in session {session}: {}", sign.text), Some(sign.locator.clone()));
        }
        if let Some(last) = flagged.session.detail.foreign_last {
            add(last, format!("last connection of the other address in session {session}"), None);
        }
    }
    for trace in &assessment.traces {
        if let Some(first) = trace.first {
            let lines = if trace.count == 1 { "1 line".to_owned() } else { format!("{} lines", trace.count) };
            add(first, format!("{} ({lines}): {}", trace.rule, trace.text), Some(trace.locator.clone()));
        }
    }
    for outage in &assessment.outages {
        add(
            outage.from,
            format!("the gateway stopped, cause {}: {}", outage.cause, outage.basis),
            outage.locator.clone(),
        );
    }
    for settled in sources {
        for hit in &settled.source.digest.traces {
            let rule = traces::shipped().rule(&hit.rule);
            let Some(rule) = rule.filter(|r| matches!(r.meaning, Meaning::SessionsEnded | Meaning::Install)) else {
                continue;
            };
            if let Some(time) = hit.first {
                let at = locator(&settled.source.exhibit, &settled.source.path, hit.line);
                add(civil(settled.time(time)), format!("{} ({})", rule.text, hit.word), Some(at));
            }
        }
    }
    entries.sort_by(|a, b| (a.time, &a.text).cmp(&(b.time, &b.text)));
    entries.dedup_by(|a, b| a.time == b.time && a.text == b.text);
    entries.truncate(LISTED);
    entries
}
