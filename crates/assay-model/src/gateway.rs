//! The gateway's evidence: events, sessions and the reasons to think that one was taken over.

use crate::{ExhibitId, Locator, Sensitive};
use jiff::{Timestamp, civil::DateTime};
use std::net::IpAddr;

/// What a log line reports. Message kinds of other modules are parsed as [`EventKind::Other`] and counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EventKind {
    /// SSLVPN LOGIN.
    Login,
    /// SSLVPN or AAATM LOGOUT.
    Logout,
    /// SSLVPN TCPCONNSTAT.
    TcpConnStat,
    /// Any other well-formed message.
    Other,
}

impl EventKind {
    /// The stable word of segments.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Login => "login",
            Self::Logout => "logout",
            Self::TcpConnStat => "tcpconnstat",
            Self::Other => "other",
        }
    }
}

/// One parsed log line. Text fields come from the wire and are hostile; users are personal data.
#[derive(Clone, Debug, PartialEq)]
pub struct GatewayEvent {
    /// The line.
    pub locator: Locator,
    /// When, in the log's own zone (UTC where the line says GMT).
    pub time: DateTime,
    /// True where the line or the configuration says GMT.
    pub utc: bool,
    /// The appliance's name; empty where the line has none.
    pub host: String,
    /// Packet engine: `0-PPE-1`; empty where the line has none.
    pub packet_engine: String,
    /// Counter per packet engine; gaps are lost lines.
    pub message_id: Option<u64>,
    /// What it reports.
    pub kind: EventKind,
    /// SessionId.
    pub session_id: Option<u64>,
    /// User.
    pub user: Option<Sensitive<String>>,
    /// Client_ip: where the session was logged in from.
    pub client_ip: Option<IpAddr>,
    /// Source: the peer of this connection, with its port.
    pub source: Option<(IpAddr, u16)>,
    /// Destination inside, with its port.
    pub destination: Option<(IpAddr, u16)>,
    /// Start_time of the connection or session.
    pub start: Option<DateTime>,
    /// End_time of the connection or session.
    pub end: Option<DateTime>,
    /// Total_bytes_send, raw: its direction is not documented.
    pub bytes_send: Option<u64>,
    /// Total_bytes_recv, raw.
    pub bytes_recv: Option<u64>,
    /// LogoutMethod.
    pub logout_method: Option<String>,
    /// Browser_type.
    pub user_agent: Option<String>,
}

/// A line that could not be parsed: its place and why. None is dropped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnparsedLine {
    /// The line's number.
    pub line: u64,
    /// Why, in words without content.
    pub reason: String,
}

/// What one log source gave.
#[derive(Clone, Debug, Default)]
pub struct GatewayParse {
    /// The events in file order.
    pub events: Vec<GatewayEvent>,
    /// Lines read.
    pub lines: u64,
    /// The lines not parsed.
    pub unparsed: Vec<UnparsedLine>,
    /// Builds named in it (`#NS13.1 Build 48.47`).
    pub builds: Vec<ApplianceBuild>,
    /// Gateway and AAA virtual servers that its configuration adds.
    pub vservers: Vec<VserverKind>,
}

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
    /// Commands to review, never run.
    pub terminate: Vec<String>,
    /// When the evidence was sealed, to date what is open-ended.
    pub as_of: Option<Timestamp>,
}
