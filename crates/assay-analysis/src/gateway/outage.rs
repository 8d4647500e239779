//! When the gateway stopped answering, and why, as far as lines say: commands, events, boots, observations from outside.
//!
//! A stop is what a rule of `rules/gateway/traces.toml` calls one; it ends with the next start. The cause is the rule's: an
//! administrator's command, a failure, or unknown. An attacker as the cause would have to be shown by other evidence: a person
//! may say so, these rules never do.

use super::config::locator;
use super::scan::{Seconds, civil};
use super::traces::{self, Meaning};
use super::zones::Settled;
use assay_model::{Locator, Outage};

/// Outages that are listed.
const LISTED: usize = 200;

/// Stops this close are one: a command, the event that follows, an observation from outside.
const TOGETHER: Seconds = 30 * 60;

/// Every outage, in order of time.
pub(super) fn outages(sources: &[Settled<'_>]) -> Vec<Outage> {
    let mut changes: Vec<(Seconds, Meaning, &str, String, Locator)> = Vec::new();
    for settled in sources {
        for hit in &settled.source.digest.traces {
            let Some(rule) = traces::shipped().rule(&hit.rule) else { continue };
            let Some(time) = hit.first.map(|time| settled.time(time)) else { continue };
            if !matches!(rule.meaning, Meaning::Stop | Meaning::Start) {
                continue;
            }
            let word = if hit.word.is_empty() { String::new() } else { format!(" ({})", hit.word) };
            let at = locator(&settled.source.exhibit, &settled.source.path, hit.line);
            changes.push((time, rule.meaning, &rule.cause, format!("{}{word}", rule.text), at));
        }
    }
    changes.sort_by(|a, b| (a.0, a.1, &a.3).cmp(&(b.0, b.1, &b.3)));
    let mut outages: Vec<(Seconds, Outage)> = Vec::new();
    for (time, meaning, cause, text, at) in changes {
        let has_room = outages.len() < LISTED;
        match (meaning, outages.last_mut()) {
            (Meaning::Stop, Some((began, open))) if open.to.is_none() && time - *began <= TOGETHER => {
                open.basis.push_str(&format!("; {text}"));
                // A command explains what follows it.
                if open.cause == "unknown" {
                    cause.clone_into(&mut open.cause);
                }
            }
            (Meaning::Stop, Some((_, open))) if open.to.is_none() => {
                open.basis.push_str(&format!("; {text} on {}", civil(time)))
            }
            (Meaning::Stop, _) if has_room => {
                let outage =
                    Outage { from: civil(time), to: None, cause: cause.to_owned(), basis: text, locator: Some(at) };
                outages.push((time, outage));
            }
            (Meaning::Start, Some((_, open))) if open.to.is_none() => {
                open.to = Some(civil(time));
                open.basis.push_str(&format!("; {text}"));
            }
            _ => {}
        }
    }
    outages.into_iter().map(|(_, outage)| outage).collect()
}
