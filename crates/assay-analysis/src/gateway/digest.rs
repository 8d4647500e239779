//! What one source comes to: compact, so that it grows little with the log.
//!
//! A digest holds the stretches of sessions that a source shows ([`Fragment`]), ordinary sessions only as their beginnings and
//! ends ([`Regular`]), both packed, message counters as the stretches that are there, and what lines outside of sessions show
//! ([`TraceHit`]). Digests of many sources are joined by [`super::sessions`]; joining decides, reading only gathers. Times are
//! seconds on the clock of the log ([`Seconds`]); zones are settled when all sources are known.

use super::packed::{Closings, Fragments};
use super::scan::{DateForm, Seconds};
use assay_model::{ApplianceBuild, Sensitive, VserverKind};
use std::collections::BTreeMap;
use std::net::IpAddr;

/// What a file is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum SourceKind {
    /// `ns.log` and what relays make of it.
    #[default]
    Log,
    /// `ns.conf`, or the answer of `show ns version`.
    Configuration,
    /// `httpaccess.log`, `httpaccess-vpn.log`.
    WebAccess,
    /// `httperror.log`, `httperror-vpn.log`.
    WebError,
    /// `sh.log`, `bash.log`.
    Shell,
    /// Observations of a watch on the gateway.
    Watch,
}

impl SourceKind {
    /// Every kind.
    pub const ALL: [Self; 6] =
        [Self::Log, Self::Configuration, Self::WebAccess, Self::WebError, Self::Shell, Self::Watch];

    /// In words; the stable word of segments too.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Log => "appliance log",
            Self::Configuration => "configuration",
            Self::WebAccess => "web access log",
            Self::WebError => "web error log",
            Self::Shell => "shell log",
            Self::Watch => "watch",
        }
    }
}

/// Everything that one file gave.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SourceDigest {
    /// What it is.
    pub kind: SourceKind,
    /// Lines.
    pub lines: u64,
    /// Lines without a reading, by reason.
    pub unparsed: BTreeMap<String, Unparsed>,
    /// Messages by `MODULE EVENT`.
    pub messages: BTreeMap<String, u64>,
    /// How dates were read.
    pub clock: Clock,
    /// First dated line.
    pub from: Option<Seconds>,
    /// Last dated line.
    pub to: Option<Seconds>,
    /// Message counters, by appliance and packet engine.
    pub counters: Vec<Counter>,
    /// Times at which the clock was turned: line, before, after; the first few.
    pub jumps: Vec<(u64, Seconds, Seconds)>,
    /// Stretches of sessions that are not ordinary from end to end.
    pub fragments: Fragments,
    /// Ordinary sessions.
    pub regulars: Vec<Regular>,
    /// Failed logins by address.
    pub failures: Vec<FailedLogins>,
    /// What the rules of `rules/gateway/traces.toml` saw.
    pub traces: Vec<TraceHit>,
    /// Builds named in it (`#NS13.1 Build 48.47`).
    pub builds: Vec<ApplianceBuild>,
    /// Gateway and AAA virtual servers that a configuration adds.
    pub vservers: Vec<VserverKind>,
    /// What else a configuration says.
    pub settings: Settings,
}

/// Lines without a reading.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unparsed {
    /// How many.
    pub count: u64,
    /// The first of them.
    pub lines: Vec<u64>,
}

/// Numbers of lines that are kept as examples.
pub(super) const EXAMPLES: usize = 5;

/// What a reading of dates rests on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum FormBasis {
    /// A date with a field over 12, or the year first.
    Proved,
    /// The other reading would run backwards or leap.
    Likelier,
    /// Nothing: the appliance's default was taken.
    #[default]
    Default,
    /// `dateFormat` of a configuration.
    Configured,
    /// Other sources of the same appliance.
    Neighbours,
}

impl FormBasis {
    /// Those that reading gives, in the order of their numbers in segments.
    pub const ALL: [Self; 5] = [Self::Proved, Self::Likelier, Self::Default, Self::Configured, Self::Neighbours];
}

/// How the dates of a source were read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Clock {
    /// Day or month first, in headers.
    pub form: DateForm,
    /// The same in bodies.
    pub body: DateForm,
    /// What the form rests on.
    pub basis: FormBasis,
    /// Lines that say GMT.
    pub utc_lines: u64,
    /// Lines that name no zone.
    pub local_lines: u64,
}

/// The message counter of one packet engine, as far as a source shows it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counter {
    /// Appliance; empty where lines name none.
    pub host: String,
    /// Packet engine.
    pub engine: String,
    /// Runs between restarts, in the order of lines.
    pub runs: Vec<CounterRun>,
}

/// Counter values between two restarts of an engine.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CounterRun {
    /// What is there, sorted, never touching.
    pub stretches: Vec<Stretch>,
    /// Gaps before the first stretch kept: very holed logs are kept short.
    pub more_gaps: u64,
    /// Messages lost in those.
    pub more_lost: u64,
}

/// Messages without a gap.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stretch {
    /// First counter value.
    pub low: u64,
    /// Last counter value.
    pub high: u64,
    /// Time of the first.
    pub from: Seconds,
    /// Time of the last.
    pub to: Seconds,
}

/// How far a counter may fall without a restart: lines overtake each other on their way.
const REORDERED: u64 = 10_000;

/// Stretches kept of a run.
const STRETCHES: usize = 1024;

impl Counter {
    /// Takes the next line's counter value.
    pub(super) fn take(&mut self, id: u64, time: Seconds) {
        if let Some(run) = self.runs.last_mut()
            && let Some(last) = run.stretches.last_mut()
        {
            if id == last.high.wrapping_add(1) {
                (last.high, last.to) = (id, time);
                return;
            }
            if id.saturating_add(REORDERED) >= last.high {
                run.insert(Stretch { low: id, high: id, from: time, to: time });
                return;
            }
        }
        let stretches = vec![Stretch { low: id, high: id, from: time, to: time }];
        self.runs.push(CounterRun { stretches, ..CounterRun::default() });
    }
}

impl CounterRun {
    /// Puts a stretch in, joined with what it touches or overlaps.
    pub(super) fn insert(&mut self, mut new: Stretch) {
        let list = &mut self.stretches;
        let from = list.partition_point(|s| s.high.saturating_add(1) < new.low);
        let to = list.partition_point(|s| s.low <= new.high.saturating_add(1));
        for old in list.get(from..to).unwrap_or_default() {
            new = Stretch {
                low: new.low.min(old.low),
                high: new.high.max(old.high),
                from: new.from.min(old.from),
                to: new.to.max(old.to),
            };
        }
        list.splice(from..to.max(from), [new]);
        if list.len() > STRETCHES {
            let cut = STRETCHES / 2;
            let (gaps, lost) = gaps_between(list.get(..=cut).unwrap_or_default());
            self.more_gaps += gaps;
            self.more_lost = self.more_lost.saturating_add(lost);
            list.drain(..cut);
        }
    }

    /// Gaps, and the messages lost in them.
    pub fn gaps(&self) -> (u64, u64) {
        let (gaps, lost) = gaps_between(&self.stretches);
        (gaps + self.more_gaps, lost.saturating_add(self.more_lost))
    }

    /// Joins with what another source shows of the same counter, if the two can be one run: told in the order of time.
    pub(super) fn joins(&self, later: &Self) -> bool {
        let (Some(first), Some(last), Some(next)) =
            (self.stretches.first(), self.stretches.last(), later.stretches.first())
        else {
            return false;
        };
        let end = self.stretches.iter().map(|s| s.to).max().unwrap_or(last.to);
        next.from <= end && next.low.saturating_add(REORDERED) >= first.low
            || next.low.saturating_add(REORDERED) >= last.high
    }

    /// Takes in another source's stretches.
    pub(super) fn absorb(&mut self, other: &Self) {
        other.stretches.iter().for_each(|stretch| self.insert(*stretch));
        self.more_gaps += other.more_gaps;
        self.more_lost = self.more_lost.saturating_add(other.more_lost);
    }
}

fn gaps_between(stretches: &[Stretch]) -> (u64, u64) {
    let lost = stretches.windows(2).filter_map(|pair| match pair {
        [a, b] => Some(b.low.saturating_sub(a.high).saturating_sub(1)),
        _ => None,
    });
    lost.fold((0, 0), |(gaps, sum), lost| (gaps + 1, u64::saturating_add(sum, lost)))
}

/// One appliance's SessionId and user, over a stretch without a long silence.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Fragment {
    /// Appliance.
    pub host: String,
    /// SessionId; 0 for ICA connections that no session was found for.
    pub session: u64,
    /// User; none where its lines name nobody.
    pub user: Option<Sensitive<String>>,
    /// Client_ip.
    pub client: Option<IpAddr>,
    /// What a proxy in front said that the client was, as logged (X-Forwarded-For_ip).
    pub forwarded: Vec<IpAddr>,
    /// LOGIN: time and line.
    pub login: Option<(Seconds, u32)>,
    /// LOGOUT or removal: time and line.
    pub logout: Option<(Seconds, u32)>,
    /// LogoutMethod.
    pub ended: String,
    /// First sign.
    pub first: Seconds,
    /// Last sign.
    pub last: Seconds,
    /// Line of the first sign.
    pub line: u32,
    /// HTTPREQUEST lines.
    pub requests: u64,
    /// ICASTART lines.
    pub launches: u64,
    /// Browsers and clients.
    pub agents: Vec<String>,
    /// Total_bytes of LOGOUT, which repeats the sums of its connections.
    pub logout_bytes: (u64, u64),
    /// Its connections.
    pub uses: Vec<Use>,
}

/// What a connection is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum UseKind {
    /// Through the tunnel.
    #[default]
    Tunnel,
    /// A published application or desktop.
    Ica,
    /// Denied by policy.
    Denied,
}

/// Connections of one address in a session that began within the same few minutes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Use {
    /// The peer.
    pub source: IpAddr,
    /// What they are.
    pub kind: UseKind,
    /// Start of the first.
    pub first: Seconds,
    /// Start of the last.
    pub last: Seconds,
    /// Latest end.
    pub end: Seconds,
    /// How many.
    pub count: u64,
    /// Total_bytes_send, raw.
    pub send: u64,
    /// Total_bytes_recv, raw.
    pub recv: u64,
    /// Administration ports reached, a bit each in the order of the rule file.
    pub ports: u32,
    /// Different destinations, as hashes of their addresses; at most [`TARGETS`].
    pub targets: Vec<u32>,
    /// Line of the first.
    pub line: u32,
    /// Which source of the case the line is in; set when sources are joined.
    pub place: u32,
    /// Lowest and highest message counter: the same lines in two sources are told by it.
    pub ids: (u64, u64),
}

/// Destinations kept of one use.
pub(super) const TARGETS: usize = 32;

/// Seconds in which connections of one address are told together.
pub(super) const BUCKET: Seconds = 300;

impl Use {
    /// True where two uses tell of the same few minutes of the same address.
    pub(super) fn same_bucket(&self, other: &Self) -> bool {
        self.source == other.source
            && self.kind == other.kind
            && self.first.div_euclid(BUCKET) == other.first.div_euclid(BUCKET)
    }

    /// Adds another; where their counters overlap they are the same lines, told twice.
    pub(super) fn add(&mut self, other: &Self) {
        let again = other.place != self.place && other.ids.0 <= self.ids.1 && self.ids.0 <= other.ids.1;
        let sum = if again { u64::max } else { u64::saturating_add };
        self.count = sum(self.count, other.count);
        self.send = sum(self.send, other.send);
        self.recv = sum(self.recv, other.recv);
        if (other.first, other.place, other.line) < (self.first, self.place, self.line) {
            (self.line, self.place) = (other.line, other.place);
        }
        self.first = self.first.min(other.first);
        self.last = self.last.max(other.last);
        self.end = self.end.max(other.end);
        self.ports |= other.ports;
        for target in &other.targets {
            if !self.targets.contains(target) && self.targets.len() < TARGETS {
                self.targets.push(*target);
            }
        }
        self.ids = (self.ids.0.min(other.ids.0), self.ids.1.max(other.ids.1));
    }
}

/// Ordinary sessions of one user from one address: logged in, used from nowhere else, logged out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Regular {
    /// Appliance.
    pub host: String,
    /// User.
    pub user: Sensitive<String>,
    /// Client_ip of all of them.
    pub client: Option<IpAddr>,
    /// Browsers and clients.
    pub agents: Vec<String>,
    /// Connections.
    pub connections: u64,
    /// Total_bytes_send of connections, raw.
    pub send: u64,
    /// Total_bytes_recv of connections, raw.
    pub recv: u64,
    /// Administration ports reached.
    pub ports: u32,
    /// SessionId, login, logout.
    pub closed: Closings,
}

/// Failed logins from one address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailedLogins {
    /// From where.
    pub client: IpAddr,
    /// How many.
    pub count: u64,
    /// With a user name that holds bytes no directory has.
    pub unprintable: u64,
    /// Different users tried, up to [`TARGETS`].
    pub users: Vec<u32>,
    /// First.
    pub first: Seconds,
    /// Last.
    pub last: Seconds,
    /// Line of the first.
    pub line: u64,
}

/// Lines that a rule of `rules/gateway/traces.toml` speaks about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceHit {
    /// The rule's id.
    pub rule: String,
    /// First line's time.
    pub first: Option<Seconds>,
    /// Last line's time.
    pub last: Option<Seconds>,
    /// Lines.
    pub count: u64,
    /// First line.
    pub line: u64,
    /// Addresses in those lines, the first few.
    pub addresses: Vec<IpAddr>,
    /// The word that the rule picks out: an action, a device; never a user.
    pub word: String,
}

/// What a configuration says beside builds and virtual servers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// `set ns hostName`.
    pub host: String,
    /// `-dateFormat` of audit logging: one of the appliance's three words, sorted.
    pub date_forms: Vec<String>,
    /// `-timeZone` of audit logging: `GMT_TIME`, `LOCAL_TIME`, sorted.
    pub log_zones: Vec<String>,
    /// `set ns param -timezone`: `GMT+01:00-CET-Europe/Paris`.
    pub timezone: String,
    /// `add HA node`: the pair's other members.
    pub pair: Vec<IpAddr>,
    /// Networks that the appliance has or gives out: its own addresses, intranet addresses of tunnels.
    pub networks: Vec<(IpAddr, u8)>,
}
