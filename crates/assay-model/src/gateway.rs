//! The gateway's evidence: events, sessions and the reasons to think that one was taken over.

use crate::{ExhibitId, Locator, Sensitive};
use jiff::{Timestamp, civil::DateTime};
use std::net::IpAddr;

/// Which kind of virtual server a configuration adds; exposure needs one of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum VserverKind {
    /// `add vpn vserver`.
    Gateway,
    /// `add authentication vserver`.
    Authentication,
}

/// A build as a file names it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ApplianceBuild {
    /// Release: `13.1`.
    pub release: String,
    /// Build: `48.47`.
    pub build: String,
    /// The day on which the configuration was saved with it, where the file says.
    pub as_of: Option<jiff::civil::Date>,
    /// Where it stands.
    pub locator: Locator,
}

/// How far a source reaches.
#[derive(Clone, Debug, PartialEq)]
pub struct SourceCoverage {
    /// Exhibit.
    pub exhibit: ExhibitId,
    /// The file, as the exhibit has it.
    pub source: String,
    /// First line's time.
    pub from: Option<DateTime>,
    /// Last line's time.
    pub to: Option<DateTime>,
    /// Lines.
    pub lines: u64,
    /// Parsed.
    pub parsed: u64,
    /// Not parsed.
    pub unparsed: u64,
    /// Gaps in the message counters per packet engine.
    pub gaps: u64,
    /// What else is known of the source.
    pub detail: CoverageDetail,
}

/// How a source was read, and what is missing in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CoverageDetail {
    /// What it is: `appliance log`, `configuration`, `web access log`; empty where nothing was recognised.
    pub kind: String,
    /// Messages lost in the gaps, by the counters.
    pub lost: u64,
    /// How its dates and zone were read, and what that rests on; empty for what has none.
    pub clock: String,
    /// Why lines were not parsed: the reason, how many, and the first few line numbers.
    pub reasons: Vec<(String, u64, Vec<u64>)>,
    /// Messages by name (`SSLVPN TCPCONNSTAT`), in the order of names.
    pub messages: Vec<(String, u64)>,
    /// What a reader must know: clock jumps, files missing before or after it.
    pub remarks: Vec<String>,
}

/// One dated reason.
#[derive(Clone, Debug, PartialEq)]
pub struct HijackIndicator {
    /// The rule: `R1`.
    pub rule: String,
    /// When.
    pub time: DateTime,
    /// In one sentence, users masked.
    pub text: String,
    /// The line.
    pub locator: Locator,
    /// Weight in the score, positive for takeover.
    pub weight: f64,
}

/// A session rebuilt from LOGIN to LOGOUT.
#[derive(Clone, Debug, PartialEq)]
pub struct Session {
    /// SessionId as logged.
    pub session_id: u64,
    /// Its user.
    pub user: Option<Sensitive<String>>,
    /// Login, where inside coverage.
    pub login: Option<DateTime>,
    /// Logout, where inside coverage.
    pub logout: Option<DateTime>,
    /// First sign of it.
    pub first: DateTime,
    /// Last sign of it.
    pub last: DateTime,
    /// Client_ip.
    pub client_ip: Option<IpAddr>,
    /// Sources of its connections, sorted, with first and last use and connections.
    pub sources: Vec<(IpAddr, DateTime, DateTime, u64)>,
    /// Total_bytes_send over its connections, raw.
    pub bytes_send: u64,
    /// Total_bytes_recv over its connections, raw.
    pub bytes_recv: u64,
    /// What else its lines say.
    pub detail: SessionDetail,
}

/// What else the lines of a session say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SessionDetail {
    /// The appliance; empty where its lines name none.
    pub host: String,
    /// Connections (TCPCONNSTAT, UDPFLOWSTAT).
    pub connections: u64,
    /// HTTPREQUEST lines.
    pub requests: u64,
    /// ICASTART lines joined to it by user and time.
    pub launches: u64,
    /// Connections denied by policy.
    pub denials: u64,
    /// Browsers and clients, as they call themselves, at most four.
    pub agents: Vec<String>,
    /// How it ended: `TimedOut`; empty where not logged.
    pub ended: String,
    /// Raw ICA bytes, sent and received: a family of its own, whose direction looks inverted.
    pub ica_bytes: (u64, u64),
    /// Raw bytes of the connections of other addresses than that of the login, sent and received.
    pub foreign_bytes: (u64, u64),
    /// Last sign of an address other than that of the login.
    pub foreign_last: Option<DateTime>,
    /// When and from where the owner passed authentication, and that the logs held show no login by the other address.
    pub authentication: String,
}

/// What is said of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TakeoverVerdict {
    /// The lines are what a takeover would leave.
    ConsistentWithTakeover,
    /// A mismatch that roaming, a tunnel, a NAT or a proxy explains.
    BenignExplained,
    /// The logs held do not allow a verdict.
    NotAssessable,
}

impl TakeoverVerdict {
    /// The word of report.json.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ConsistentWithTakeover => "consistent-with-takeover",
            Self::BenignExplained => "benign-explained",
            Self::NotAssessable => "not-assessable",
        }
    }
}

/// What a person decided about a flagged session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Judgement {
    /// Somebody else used it than who had logged in.
    TakenOver,
    /// It was its owner, or nothing to do with anybody.
    Benign,
}

impl Judgement {
    /// The word of report.json.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::TakenOver => "taken over",
            Self::Benign => "benign",
        }
    }

    /// The other way.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::TakenOver, Self::Benign].into_iter().find(|judgement| judgement.as_str() == word)
    }
}

/// A session with its verdict.
#[derive(Clone, Debug, PartialEq)]
pub struct SessionVerdict {
    /// The session.
    pub session: Session,
    /// What is said.
    pub verdict: TakeoverVerdict,
    /// Indicators for.
    pub indicators_for: Vec<HijackIndicator>,
    /// Indicators against.
    pub indicators_against: Vec<HijackIndicator>,
    /// Sum of the weights.
    pub score: f64,
    /// What a person decided; none while nobody did.
    pub judged: Option<Judgement>,
}

/// Whether a build had a flaw.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum VulnerableStatus {
    /// Below the first fixed build of its branch.
    Vulnerable,
    /// At or above it.
    Fixed,
    /// The branch cannot be told (FIPS or mainline).
    Ambiguous,
    /// No build known, or not in the table.
    Unknown,
    /// No Gateway or AAA virtual server.
    NotApplicable,
}

impl VulnerableStatus {
    /// The word of report.json.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Vulnerable => "vulnerable",
            Self::Fixed => "fixed",
            Self::Ambiguous => "ambiguous",
            Self::Unknown => "unknown",
            Self::NotApplicable => "not applicable",
        }
    }
}

/// A flaw held against the builds seen, with its window.
#[derive(Clone, Debug, PartialEq)]
pub struct Vulnerability {
    /// `CVE-2023-4966`.
    pub cve: String,
    /// Status of the newest build seen.
    pub status: VulnerableStatus,
    /// From when.
    pub from: Option<jiff::civil::Date>,
    /// What `from` rests on.
    pub from_basis: String,
    /// To when; none while it lasts.
    pub to: Option<jiff::civil::Date>,
    /// What `to` rests on.
    pub to_basis: String,
}

/// Something that lines outside of sessions show: attempts, traces of tools, bursts of failed logins.
#[derive(Clone, Debug, PartialEq)]
pub struct GatewayTrace {
    /// The rule: `R8`.
    pub rule: String,
    /// First line's time, where it has one.
    pub first: Option<DateTime>,
    /// Last line's time.
    pub last: Option<DateTime>,
    /// Lines.
    pub count: u64,
    /// In one sentence: what it shows and what it does not.
    pub text: String,
    /// The first line.
    pub locator: Locator,
}

/// A stretch in which the gateway did not answer, or was not to.
#[derive(Clone, Debug, PartialEq)]
pub struct Outage {
    /// From when.
    pub from: DateTime,
    /// To when; none where nothing says that it ended.
    pub to: Option<DateTime>,
    /// `operator`, `failure`, `attacker` or `unknown`.
    pub cause: String,
    /// What that rests on.
    pub basis: String,
    /// The line, where there is one.
    pub locator: Option<Locator>,
}

/// One line of the intrusion's timeline.
#[derive(Clone, Debug, PartialEq)]
pub struct TimelineEntry {
    /// When, in the zone of the logs.
    pub time: DateTime,
    /// What, users masked.
    pub text: String,
    /// Where it stands, where one line says it.
    pub locator: Option<Locator>,
}

/// What the gateway's evidence says.
#[derive(Clone, Debug, Default)]
pub struct GatewayAssessment {
    /// Coverage first.
    pub coverage: Vec<SourceCoverage>,
    /// The newest build seen: `13.1-48.47`.
    pub build: Option<String>,
    /// Flaws.
    pub vulnerable: Vec<Vulnerability>,
    /// Sessions rebuilt.
    pub sessions_total: u64,
    /// Sessions with an indicator, strongest first.
    pub flagged: Vec<SessionVerdict>,
    /// What lines outside of sessions show.
    pub traces: Vec<GatewayTrace>,
    /// Other ways in that were held against the same evidence, and what this evidence cannot show.
    pub alternatives: Vec<String>,
    /// When it did not answer, and why.
    pub outages: Vec<Outage>,
    /// The intrusion in order of time.
    pub timeline: Vec<TimelineEntry>,
    /// The flagged sessions beside the leak: possible or unknown, never implausible.
    pub leak: Vec<String>,
    /// What to copy before it is lost.
    pub preserve: Vec<String>,
    /// Commands to review, never run.
    pub terminate: Vec<String>,
    /// When the evidence was sealed, to date what is open-ended.
    pub as_of: Option<Timestamp>,
}
