//! What lines outside of sessions show, and which other ways in the same evidence was held against.
//!
//! Attribution to a flaw is at most "consistent with": stolen credentials leave much the same, so they are tested beside it,
//! and what this evidence cannot show is said each time.

use super::config::locator;
use super::networks::{Networks, Purpose};
use super::scan::{Seconds, civil};
use super::sessions::Sessions;
use super::traces::{self, Meaning};
use super::zones::Settled;
use assay_model::{GatewayAssessment, GatewayTrace, TakeoverVerdict, VulnerableStatus};
use std::collections::BTreeMap;
use std::net::IpAddr;

/// Failed logins of one address from which they are a burst.
const BURST: u64 = 50;

/// Addresses that a sentence names.
const NAMED: usize = 5;

/// The traces of a case: those of the rule file that are signs, and bursts of failed logins.
pub(super) fn traces(sources: &[Settled<'_>], networks: &Networks) -> Vec<GatewayTrace> {
    let mut all: BTreeMap<String, (GatewayTrace, Vec<IpAddr>)> = BTreeMap::new();
    let mut add = |rule: &str,
                   text: String,
                   count: u64,
                   times: [Option<Seconds>; 2],
                   from: &[IpAddr],
                   at: assay_model::Locator| {
        let entry = all.entry(rule.to_owned()).or_insert_with(|| {
            let trace =
                GatewayTrace { rule: rule.to_owned(), first: None, last: None, count: 0, text, locator: at.clone() };
            (trace, Vec::new())
        });
        let (trace, addresses) = entry;
        let [first, last] = times.map(|time| time.map(civil));
        if first.is_some() && (trace.first.is_none() || first < trace.first) {
            trace.first = first;
            trace.locator = at;
        }
        trace.last = trace.last.max(last);
        trace.count += count;
        for address in from {
            if !addresses.contains(address) {
                addresses.push(*address);
            }
        }
    };
    for settled in sources {
        let digest = &settled.source.digest;
        let at = |line| locator(&settled.source.exhibit, &settled.source.path, line);
        for hit in &digest.traces {
            let Some(rule) = traces::shipped().rule(&hit.rule).filter(|rule| rule.meaning == Meaning::Sign) else {
                continue;
            };
            let known = !hit.addresses.is_empty()
                && hit.addresses.iter().all(|address| networks.purpose(*address) == Some(Purpose::Scanner));
            if known {
                continue;
            }
            let consistent =
                if rule.cve.is_empty() { String::new() } else { format!(" (consistent with {})", rule.cve) };
            let times = [hit.first, hit.last].map(|time| time.map(|time| settled.time(time)));
            add(&rule.id, format!("{}{consistent}", rule.text), hit.count, times, &hit.addresses, at(hit.line));
        }
        for failed in &digest.failures {
            if networks.purpose(failed.client) == Some(Purpose::Scanner) {
                continue;
            }
            let times = [Some(settled.time(failed.first)), Some(settled.time(failed.last))];
            let from = [failed.client];
            if failed.unprintable > 0 {
                let text = "failed logins whose user name holds bytes that no directory has: memory that leaked into a name, or rubbish \
                            sent on purpose (consistent with CVE-2025-5777)";
                add("R7U", text.to_owned(), failed.unprintable, times, &from, at(failed.line));
            }
            if failed.count >= BURST {
                let text = "bursts of failed logins: passwords are tried, or names; whether one worked stands under the other ways in";
                add("R7", text.to_owned(), failed.count, times, &from, at(failed.line));
            }
        }
    }
    let said = |(mut trace, addresses): (GatewayTrace, Vec<IpAddr>)| {
        if !addresses.is_empty() {
            let named: Vec<String> = addresses.iter().take(NAMED).map(ToString::to_string).collect();
            let more = addresses.len().saturating_sub(NAMED);
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            trace.text.push_str(&format!("; from {}{more}", named.join(", ")));
        }
        trace
    };
    all.into_values().map(said).collect()
}

/// Other ways in, and the limits of the evidence, a sentence each. Empty where no log was read.
pub(super) fn said(assessment: &GatewayAssessment, sources: &[Settled<'_>], sessions: &Sessions) -> Vec<String> {
    let logs = sources.iter().any(|settled| settled.source.digest.from.is_some());
    if !logs {
        return Vec::new();
    }
    let mut said = Vec::new();
    let taken = || assessment.flagged.iter().filter(|f| f.verdict == TakeoverVerdict::ConsistentWithTakeover);
    let open = |cve: &str| assessment.vulnerable.iter().any(|flaw| flaw.cve == cve && flaw.from.is_some());
    if taken().next().is_some() {
        let flaws: Vec<&str> = ["CVE-2023-4966", "CVE-2025-5777"].into_iter().filter(|cve| open(cve)).collect();
        said.push(match flaws.as_slice() {
            [] => "No build seen is known to have leaked sessions: a stolen cookie or a taken-over workstation of the user would \
                   leave the same lines."
                .to_owned(),
            flaws => format!(
                "The flagged sessions are consistent with {}, which gave out the cookies of sessions that had passed authentication. A \
                 cookie stolen from the user's own machine would leave the same lines.",
                flaws.join(" or ")
            ),
        });
    }
    said.push(credentials(sessions));
    said.extend(strange_browsers(sessions));
    if assessment
        .vulnerable
        .iter()
        .any(|flaw| flaw.cve == "CVE-2023-4966" && flaw.status != VulnerableStatus::NotApplicable)
    {
        said.push(
            "The request that uses CVE-2023-4966 is not logged by the appliance: that no line shows it means nothing, and no \
             session is called clean."
                .to_owned(),
        );
    }
    said.push(
        "Whether a second factor was asked for at a login does not stand in these lines; the identity provider's log says it."
            .to_owned(),
    );
    let has_tunnel = assessment.flagged.iter().any(|f| f.session.detail.connections > 0)
        || sources.iter().any(|s| s.source.digest.messages.contains_key("SSLVPN TCPCONNSTAT"));
    if !has_tunnel && sessions.total > 0 {
        said.push(
            "No connection through a tunnel is logged: on a gateway that only passes ICA, or logs less than INFORMATIONAL, a taken-over \
             session shows in the addresses that start applications at most."
                .to_owned(),
        );
    }
    said
}

/// Stolen credentials, tested beside stolen sessions: addresses that failed for several users and then logged in.
fn credentials(sessions: &Sessions) -> String {
    let tried = sessions.failures.iter().filter(|(_, (count, users))| *count >= 5 && *users >= 3);
    let entered: Vec<&IpAddr> =
        tried.clone().map(|(address, _)| address).filter(|address| sessions.users_of.contains_key(address)).collect();
    match (tried.count(), entered.as_slice()) {
        (0, _) => "Stolen credentials were tested beside it: no address failed to log in as several users in the logs held. A password \
                   that worked at once leaves no such line."
            .to_owned(),
        (n, []) => format!(
            "Stolen credentials were tested beside it: {n} addresses failed to log in as several users, none of them logged in in the \
             logs held."
        ),
        (n, entered) => {
            let named: Vec<String> = entered.iter().take(NAMED).map(|address| address.to_string()).collect();
            format!(
                "Stolen credentials were tested beside it: of {n} addresses that failed to log in as several users {} also logged in ({}): an \
                 office's shared address, or a guessed password. Their logins need a person's look.",
                entered.len(),
                named.join(", ")
            )
        }
    }
}

/// Logins with a browser that their user had nowhere else.
fn strange_browsers(sessions: &Sessions) -> Option<String> {
    let from: Vec<String> = sessions.new_browsers.iter().take(NAMED).map(ToString::to_string).collect();
    let more = sessions.new_browsers.len().saturating_sub(NAMED);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    (!from.is_empty()).then(|| {
        format!(
            "Logins from {}{more} came with a browser that their user, of many sessions, had from no other address: stolen credentials \
             would look so, and so does a new machine.",
            from.join(", ")
        )
    })
}
