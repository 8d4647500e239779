//! How they got in: coverage, the build's flaws, the flagged sessions, the commands to review.

use super::{
    chart::{self, Lane, Mark, Timeline},
    figure::Figure,
};
use crate::{
    mask::Veil,
    summary::takeovers,
    words::{counted, instant, line, log_time, size, thousands},
};
use assay_model::{GatewayAssessment, HijackIndicator, Session, SessionVerdict, Vulnerability};
use jiff::civil::{Date, DateTime};
use std::net::IpAddr;

/// Sessions that are drawn: the strongest.
const DRAWN: usize = 6;
/// Sessions that are told one by one, and of those with a benign explanation. All are in report.json.
const TOLD: usize = 100;
const BENIGN_TOLD: usize = 20;
/// Lanes of a drawing; what is left out is counted.
const LANES: usize = 8;

/// Section "How they got in".
pub(super) struct Gateway {
    pub(super) coverage: Vec<Coverage>,
    /// From the first line of any log to the last.
    pub(super) span: String,
    pub(super) build: String,
    pub(super) as_of: String,
    pub(super) flaws: Vec<Flaw>,
    pub(super) sessions_total: Figure,
    pub(super) flagged_total: String,
    pub(super) takeovers: String,
    pub(super) flagged: Vec<Flagged>,
    pub(super) drawn: usize,
    /// Flagged sessions that are not told one by one; empty where all are.
    pub(super) left_out: String,
    pub(super) timeline: Vec<Moment>,
    pub(super) traces: Vec<Trace>,
    pub(super) alternatives: Vec<String>,
    pub(super) outages: Vec<Stop>,
    pub(super) leak: Vec<String>,
    pub(super) preserve: Vec<String>,
    pub(super) terminate: Vec<String>,
}

/// One line of the timeline.
pub(super) struct Moment {
    pub(super) time: String,
    pub(super) text: String,
    pub(super) place: String,
}

/// What lines outside of sessions show.
pub(super) struct Trace {
    pub(super) rule: String,
    pub(super) span: String,
    pub(super) count: Figure,
    pub(super) text: String,
    pub(super) place: String,
}

/// One outage.
pub(super) struct Stop {
    pub(super) from: String,
    pub(super) to: String,
    pub(super) cause: String,
    pub(super) basis: String,
}

/// One log.
pub(super) struct Coverage {
    pub(super) source: String,
    pub(super) from: String,
    pub(super) to: String,
    pub(super) lines: Figure,
    pub(super) parsed: Figure,
    pub(super) unparsed: Figure,
    pub(super) gaps: Figure,
    pub(super) kind: String,
    pub(super) lost: Figure,
    pub(super) reasons: Vec<Reason>,
    /// How it was read and what is missing, a sentence each.
    pub(super) remarks: Vec<String>,
}

/// Why lines of a log were not parsed.
pub(super) struct Reason {
    pub(super) reason: String,
    pub(super) count: Figure,
    pub(super) lines: String,
}

/// One flaw.
pub(super) struct Flaw {
    pub(super) cve: String,
    pub(super) status: &'static str,
    pub(super) from: String,
    pub(super) from_basis: String,
    pub(super) to: String,
    pub(super) to_basis: String,
}

/// One flagged session.
pub(super) struct Flagged {
    pub(super) session: u64,
    pub(super) verdict: &'static str,
    pub(super) verdict_words: &'static str,
    /// Empty while nobody judged.
    pub(super) judged: &'static str,
    pub(super) score: String,
    pub(super) first: String,
    pub(super) last: String,
    pub(super) login: String,
    pub(super) logout: String,
    pub(super) user: String,
    pub(super) client: String,
    pub(super) sources: Vec<Source>,
    pub(super) bytes: String,
    pub(super) foreign_bytes: String,
    pub(super) lines: String,
    pub(super) authentication: String,
    pub(super) signs_for: Vec<Sign>,
    pub(super) signs_against: Vec<Sign>,
    /// Empty where the session is not drawn.
    pub(super) chart: String,
}

/// One source of a session's connections.
pub(super) struct Source {
    pub(super) address: String,
    pub(super) standing: &'static str,
    pub(super) from: String,
    pub(super) to: String,
    pub(super) connections: String,
}

/// One indicator.
pub(super) struct Sign {
    pub(super) rule: String,
    pub(super) time: String,
    pub(super) text: String,
    pub(super) place: String,
    pub(super) weight: String,
}

impl Gateway {
    pub(super) fn of(gateway: &GatewayAssessment, veil: &Veil<'_>) -> Self {
        let logs = gateway.coverage.iter().enumerate();
        let told = told(&gateway.flagged);
        let left_out = gateway.flagged.len() - told.len();
        let texts = |texts: &[String]| texts.iter().map(|text| veil.without_users(text)).collect::<Vec<_>>();
        Self {
            coverage: logs.map(|(n, log)| coverage(n, log, veil)).collect(),
            span: span(gateway),
            build: gateway.build.as_deref().map_or_else(|| "not told by the evidence".to_owned(), line),
            as_of: gateway.as_of.map_or_else(String::new, instant),
            flaws: gateway.vulnerable.iter().map(|v| flaw(v, veil)).collect(),
            sessions_total: Figure::count("/gateway/sessions_total", gateway.sessions_total),
            flagged_total: counted(gateway.flagged.len() as u64, "session was", "sessions were"),
            takeovers: counted(takeovers(gateway) as u64, "is", "are"),
            drawn: told.len().min(DRAWN),
            flagged: told.into_iter().enumerate().map(|(n, f)| flagged(n, f, veil)).collect(),
            left_out: match left_out {
                0 => String::new(),
                n => counted(n as u64, "flagged session more is", "flagged sessions more are"),
            },
            timeline: gateway.timeline.iter().map(|entry| moment(entry, veil)).collect(),
            traces: gateway.traces.iter().enumerate().map(|(n, one)| trace(n, one, veil)).collect(),
            alternatives: texts(&gateway.alternatives),
            outages: gateway.outages.iter().map(|outage| stop(outage, veil)).collect(),
            leak: texts(&gateway.leak),
            preserve: texts(&gateway.preserve),
            terminate: gateway.terminate.iter().map(|command| veil.without_users(command)).collect(),
        }
    }
}

/// Those that are told one by one: the strongest, and a few of those that something explains.
fn told(flagged: &[SessionVerdict]) -> Vec<&SessionVerdict> {
    let mut benign = 0;
    let told = flagged.iter().filter(|flagged| {
        let explained = flagged.verdict == assay_model::TakeoverVerdict::BenignExplained;
        benign += usize::from(explained);
        !explained || benign <= BENIGN_TOLD
    });
    told.take(TOLD).collect()
}

fn moment(entry: &assay_model::TimelineEntry, veil: &Veil<'_>) -> Moment {
    Moment {
        time: log_time(entry.time),
        text: veil.without_users(&entry.text),
        place: entry.locator.as_ref().map(|at| line(&veil.locator(at))).unwrap_or_default(),
    }
}

fn trace(number: usize, trace: &assay_model::GatewayTrace, veil: &Veil<'_>) -> Trace {
    let span = match (trace.first, trace.last) {
        (Some(first), Some(last)) if first != last => format!("{} to {}", log_time(first), log_time(last)),
        (Some(first), _) => log_time(first),
        _ => "not dated".to_owned(),
    };
    Trace {
        rule: line(&trace.rule),
        span,
        count: Figure::count(&format!("/gateway/traces/{number}/count"), trace.count),
        text: veil.without_users(&trace.text),
        place: line(&veil.locator(&trace.locator)),
    }
}

fn stop(outage: &assay_model::Outage, veil: &Veil<'_>) -> Stop {
    Stop {
        from: log_time(outage.from),
        to: time_or(outage.to, "not told"),
        cause: line(&outage.cause),
        basis: veil.without_users(&outage.basis),
    }
}

fn reasons(log: usize, detail: &assay_model::CoverageDetail) -> Vec<Reason> {
    let reason = |(n, (reason, count, first)): (usize, &(String, u64, Vec<u64>))| {
        let lines: Vec<String> = first.iter().map(u64::to_string).collect();
        let more = if *count > first.len() as u64 { " and more" } else { "" };
        Reason {
            reason: line(reason),
            count: Figure::count(&format!("/gateway/coverage/{log}/reasons/{n}/count"), *count),
            lines: format!("line {}{more}", lines.join(", ")),
        }
    };
    detail.reasons.iter().enumerate().map(reason).collect()
}

/// How a source was read, what is missing.
fn remarks(detail: &assay_model::CoverageDetail, veil: &Veil<'_>) -> Vec<String> {
    let mut remarks = Vec::new();
    if !detail.clock.is_empty() {
        remarks.push(format!("Dates: {}.", line(&detail.clock)));
    }
    remarks.extend(detail.remarks.iter().map(|remark| format!("{}.", veil.without_users(remark))));
    remarks
}

fn coverage(number: usize, log: &assay_model::SourceCoverage, veil: &Veil<'_>) -> Coverage {
    let figure = |name: &str, n| Figure::count(&format!("/gateway/coverage/{number}/{name}"), n);
    Coverage {
        source: line(&format!("{}:{}", log.exhibit, veil.gateway_source(&log.source))),
        from: time_or(log.from, "no dated line"),
        to: time_or(log.to, "no dated line"),
        lines: figure("lines", log.lines),
        parsed: figure("parsed", log.parsed),
        unparsed: figure("unparsed", log.unparsed),
        gaps: figure("gaps", log.gaps),
        kind: if log.detail.kind.is_empty() { "not recognised".to_owned() } else { line(&log.detail.kind) },
        lost: figure("lost", log.detail.lost),
        reasons: reasons(number, &log.detail),
        remarks: remarks(&log.detail, veil),
    }
}

fn span(gateway: &GatewayAssessment) -> String {
    let from = gateway.coverage.iter().filter_map(|log| log.from).min();
    let to = gateway.coverage.iter().filter_map(|log| log.to).max();
    match (from, to) {
        (Some(from), Some(to)) => format!("from {} to {}", log_time(from), log_time(to)),
        _ => "over no dated line".to_owned(),
    }
}

fn flaw(flaw: &Vulnerability, veil: &Veil<'_>) -> Flaw {
    let date = |date: Option<Date>, none: &str| date.map_or_else(|| none.to_owned(), crate::words::day);
    Flaw {
        cve: line(&flaw.cve),
        status: flaw.status.as_str(),
        from: date(flaw.from, "not told"),
        from_basis: veil.without_users(&flaw.from_basis),
        to: date(flaw.to, "open"),
        to_basis: veil.without_users(&flaw.to_basis),
    }
}

fn flagged(number: usize, flagged: &SessionVerdict, veil: &Veil<'_>) -> Flagged {
    let session = &flagged.session;
    let signs = |indicators: &[HijackIndicator]| indicators.iter().map(|i| sign(i, veil)).collect();
    Flagged {
        session: session.session_id,
        verdict: flagged.verdict.as_str(),
        verdict_words: match flagged.verdict {
            assay_model::TakeoverVerdict::ConsistentWithTakeover => "consistent with takeover",
            assay_model::TakeoverVerdict::BenignExplained => "benign, explained",
            assay_model::TakeoverVerdict::NotAssessable => "not assessable",
        },
        judged: flagged.judged.map_or("", assay_model::Judgement::as_str),
        score: weight(flagged.score),
        first: log_time(session.first),
        last: log_time(session.last),
        login: time_or(session.login, "outside coverage"),
        logout: time_or(session.logout, "outside coverage"),
        user: match &session.user {
            Some(user) => veil.value("user", user.reveal()),
            None => "not logged".to_owned(),
        },
        client: session.client_ip.map_or_else(|| "not logged".to_owned(), |address| address.to_string()),
        sources: session.sources.iter().map(|source| source_row(source, session.client_ip)).collect(),
        bytes: format!("{} sent, {} received", size(session.bytes_send), size(session.bytes_recv)),
        foreign_bytes: match session.detail.foreign_bytes {
            (0, 0) => String::new(),
            (send, recv) => format!("of these by the other address: {} sent, {} received", size(send), size(recv)),
        },
        lines: lines_of(session),
        authentication: veil.without_users(&session.detail.authentication),
        signs_for: signs(&flagged.indicators_for),
        signs_against: signs(&flagged.indicators_against),
        chart: if number < DRAWN { drawing(number, flagged) } else { String::new() },
    }
}

fn lines_of(session: &Session) -> String {
    let detail = &session.detail;
    let mut said =
        vec![counted(detail.connections, "connection", "connections"), counted(detail.requests, "request", "requests")];
    if detail.launches > 0 {
        said.push(counted(detail.launches, "application started", "applications started"));
    }
    if detail.denials > 0 {
        said.push(counted(detail.denials, "connection denied", "connections denied"));
    }
    if !detail.ended.is_empty() {
        said.push(format!("ended by {}", line(&detail.ended)));
    }
    said.join(", ")
}

fn source_row((address, from, to, connections): &(IpAddr, DateTime, DateTime, u64), client: Option<IpAddr>) -> Source {
    Source {
        address: address.to_string(),
        standing: standing(*address, client),
        from: log_time(*from),
        to: log_time(*to),
        connections: thousands(*connections),
    }
}

fn standing(address: IpAddr, client: Option<IpAddr>) -> &'static str {
    match client {
        Some(client) if client == address => "as logged in",
        Some(_) => "another source",
        None => "login not logged",
    }
}

fn sign(indicator: &HijackIndicator, veil: &Veil<'_>) -> Sign {
    Sign {
        rule: line(&indicator.rule),
        time: log_time(indicator.time),
        text: veil.without_users(&indicator.text),
        place: line(&veil.locator(&indicator.locator)),
        weight: weight(indicator.weight),
    }
}

/// `+3.0`, `−0.5`, `0.0`.
fn weight(value: f64) -> String {
    match format!("{value:+.1}").as_str() {
        "+0.0" | "-0.0" => "0.0".to_owned(),
        signed => signed.replace('-', "−"),
    }
}

fn drawing(number: usize, flagged: &SessionVerdict) -> String {
    let session = &flagged.session;
    let marks = |indicators: &[HijackIndicator], speaks_for| {
        indicators.iter().map(|i| Mark { time: i.time, speaks_for }).collect::<Vec<_>>()
    };
    let timeline = Timeline {
        first: session.first,
        last: session.last,
        login: session.login,
        logout: session.logout,
        lanes: lanes(session),
        marks: [marks(&flagged.indicators_for, true), marks(&flagged.indicators_against, false)].concat(),
    };
    let described: Vec<String> = session
        .sources
        .iter()
        .map(|(address, from, to, n)| format!("{address}, {n} connections, {from} to {to}"))
        .collect();
    chart::timeline(
        // The session's number is the appliance's and need not be unique.
        &format!("chart-session-{number}"),
        &format!("Session {} over time, in the log's own zone", session.session_id),
        &format!("Sources: {}.", described.join("; ")),
        &timeline,
    )
}

/// The address of the login first, then the busiest.
fn lanes(session: &Session) -> Vec<Lane> {
    let mut sources: Vec<_> = session.sources.iter().collect();
    sources.sort_by_key(|(address, from, _, connections)| {
        (Some(*address) != session.client_ip, std::cmp::Reverse(*connections), *from)
    });
    let left_out = sources.len().saturating_sub(LANES);
    let mut lanes: Vec<Lane> = sources
        .into_iter()
        .take(LANES)
        .map(|(address, from, to, connections)| {
            let own = Some(*address) == session.client_ip;
            // Short: the words are in the table, and an IPv6 address alone fills half a phone.
            let standing = match session.client_ip {
                Some(_) if own => " (login)",
                Some(_) => " (other)",
                None => "",
            };
            let label = format!("{address}{standing}, {}", counted(*connections, "connection", "connections"));
            Lane { label, class: if own { "own" } else { "other" }, from: *from, to: *to }
        })
        .collect();
    if left_out > 0 {
        let rest = session.sources.iter().map(|(_, from, to, _)| (*from, *to));
        let (from, to) = rest.fold((session.last, session.first), |(from, to), (f, t)| (from.min(f), to.max(t)));
        let label = format!("and {} not drawn", counted(left_out as u64, "source", "sources"));
        lanes.push(Lane { label, class: "faint-bar", from, to });
    }
    lanes
}

fn time_or(time: Option<DateTime>, none: &str) -> String {
    time.map_or_else(|| none.to_owned(), log_time)
}
