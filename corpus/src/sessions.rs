//! Logs of a gateway with what is true of their sessions, to measure takeover verdicts: five forms in which such logs arrive,
//! benign sessions of every kind that looks like a takeover, and takeovers, some of them quiet.
//!
//! Nothing of analysis is known here: addresses, times and destinations come from how people and intruders work. Outside
//! addresses are of ranges that belong to nobody on the internet (RFC 2544, RFC 5737, RFC 3849).

use crate::{CorpusError, archive, dice::Dice};
use jiff::{ToSpan, civil::DateTime};
use std::fmt::Write as _;

/// How a log arrives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogForm {
    /// `/var/log/ns.log` and its rotated files, GMT, with the configuration.
    OnBox,
    /// Remote syslog in GMT; lines are lost on the way.
    Remote,
    /// Remote syslog in local time, day first, with the configuration that says so.
    LocalDayFirst,
    /// RFC 5424; lines are lost on the way.
    Rfc5424,
    /// JSON records of a collector, behind a proxy that names clients.
    Json,
}

impl LogForm {
    /// Every form.
    pub const ALL: [Self; 5] = [Self::OnBox, Self::Remote, Self::LocalDayFirst, Self::Rfc5424, Self::Json];
}

/// What a session is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionTruth {
    /// Its number.
    pub session: u64,
    /// When it began, GMT.
    pub start: DateTime,
    /// True where it was taken over.
    pub taken: bool,
    /// What happened, for who looks into an error.
    pub story: &'static str,
}

/// A log and its truth.
#[derive(Clone, Debug)]
pub struct SessionLog {
    /// Files by name.
    pub files: Vec<(String, Vec<u8>)>,
    /// Every session.
    pub truth: Vec<SessionTruth>,
}

/// Days that a log covers.
const DAYS: i64 = 14;

struct Session {
    user: usize,
    client: String,
    start: DateTime,
    end: DateTime,
    number: u64,
}

enum What {
    Login,
    Connection { source: String, destination: String, seconds: i64, sent: i64, received: i64 },
    Request,
    Ica { source: String },
    Logout,
}

struct Event {
    at: DateTime,
    session: usize,
    what: What,
}

struct World<'d> {
    dice: &'d mut Dice,
    sessions: Vec<Session>,
    events: Vec<Event>,
    truth: Vec<(bool, &'static str)>,
    first: DateTime,
}

fn home(user: usize) -> String {
    if user % 11 == 10 {
        format!("2001:db8:{:x}:{:x}::{:x}", user / 7 + 1, user, user + 2)
    } else {
        format!("198.18.{}.{}", user / 250, user % 250 + 2)
    }
}

impl World<'_> {
    /// An address of the user's carrier: another at every change of cell, of one of a few networks.
    fn mobile(&mut self, user: usize) -> String {
        let network = (user * 7) % 200 + self.dice.below(3);
        format!("198.19.{network}.{}", self.dice.between(2, 250))
    }

    fn work_time(&mut self) -> DateTime {
        let day = self.dice.between(0, DAYS - 1);
        let second = match self.dice.below(10) {
            0 => self.dice.between(0, 86_399),
            _ => self.dice.between(6 * 3600, 20 * 3600),
        };
        self.first.saturating_add((day * 86_400 + second).seconds())
    }

    fn begin(&mut self, user: usize, client: &str, start: DateTime) -> usize {
        self.sessions.push(Session { user, client: client.to_owned(), start, end: start, number: 0 });
        self.truth.push((false, "ordinary"));
        let at = self.sessions.len() - 1;
        self.events.push(Event { at: start, session: at, what: What::Login });
        at
    }

    /// So many connections of a source from a time on; gives the time of the last.
    fn uses(
        &mut self,
        session: usize,
        source: &str,
        from: DateTime,
        count: i64,
        gap: (i64, i64),
        how: Work,
    ) -> DateTime {
        let mut at = from;
        for n in 0..count {
            if n > 0 {
                at = at.saturating_add(self.dice.between(gap.0, gap.1).seconds());
            }
            let destination = how.destination(self.dice, n);
            let (seconds, sent) = (self.dice.between(0, 90), self.dice.between(200, 90_000));
            let received = match how {
                Work::Files => self.dice.between(4_000_000, 300_000_000),
                _ => self.dice.between(300, 3_000_000),
            };
            let end = at.saturating_add(seconds.seconds());
            let what = What::Connection { source: source.to_owned(), destination, seconds, sent, received };
            self.events.push(Event { at: end, session, what });
            if self.dice.percent(20) {
                self.events.push(Event { at: end, session, what: What::Request });
            }
            self.sessions[session].end = self.sessions[session].end.max(end);
        }
        at
    }

    fn logout(&mut self, session: usize) {
        let end = self.sessions[session].end.saturating_add(self.dice.between(20, 2400).seconds());
        self.sessions[session].end = end;
        // Some sessions outlast the log, or their end is not logged.
        if !self.dice.percent(4) {
            self.events.push(Event { at: end, session, what: What::Logout });
        }
    }

    fn tell(&mut self, session: usize, taken: bool, story: &'static str) {
        self.truth[session] = (taken, story);
    }
}

/// Where connections go.
#[derive(Clone, Copy, PartialEq)]
enum Work {
    /// What everybody uses.
    Web,
    /// File servers, one after the other, and remote desktops.
    Files,
}

impl Work {
    fn destination(self, dice: &mut Dice, n: i64) -> String {
        match self {
            Self::Web => dice
                .pick(&[
                    "10.20.4.11:443",
                    "10.20.4.12:443",
                    "10.20.4.30:8443",
                    "10.20.6.2:443",
                    "10.20.7.15:443",
                    "10.20.4.53:53",
                    "10.20.9.9:443",
                ])
                .to_owned(),
            Self::Files => format!("10.20.{}.{}:{}", 8 + n % 3, 10 + n, if n % 5 == 4 { 3389 } else { 445 }),
        }
    }
}

const MINUTE: i64 = 60;

fn benign(world: &mut World<'_>, user: usize, offices: &[String]) {
    let start = world.work_time();
    let own = home(user);
    let kind = world.dice.below(1000);
    let count = world.dice.between(3, 14);
    let usual = (40, 1500);
    match kind {
        // From an office behind one address.
        0..90 => {
            let office = offices[user % offices.len()].clone();
            let at = world.begin(user, &office, start);
            world.uses(at, &office, start.saturating_add(20.seconds()), count, usual, Work::Web);
            world.logout(at);
            world.tell(at, false, "office");
        }
        // Inner addresses of a full tunnel.
        90..170 => {
            let at = world.begin(user, &own, start);
            let inner = format!("10.99.{}.{}", user % 200, user % 250 + 1);
            let later = world.uses(at, &inner, start.saturating_add(20.seconds()), count, usual, Work::Web);
            world.uses(at, &own, later.saturating_add(60.seconds()), 2, usual, Work::Web);
            world.logout(at);
            world.tell(at, false, "full tunnel");
        }
        // The newer form of the same address.
        170..200 if !own.contains(':') => {
            let at = world.begin(user, &own, start);
            world.uses(at, &format!("::ffff:{own}"), start.saturating_add(20.seconds()), count, usual, Work::Web);
            world.logout(at);
            world.tell(at, false, "mapped address");
        }
        // From one network to another, for good.
        200..250 => {
            let mobile = world.mobile(user);
            let at = world.begin(user, &own, start);
            let changed = world.uses(at, &own, start.saturating_add(15.seconds()), count, (30, 900), Work::Web);
            let pause = world.dice.between(20, 40 * MINUTE);
            let count = world.dice.between(2, 10);
            world.uses(at, &mobile, changed.saturating_add(pause.seconds()), count, (30, 1200), Work::Web);
            world.logout(at);
            world.tell(at, false, "roaming");
        }
        // From home to the office in one session.
        250..270 => {
            let office = offices[user % offices.len()].clone();
            let at = world.begin(user, &own, start);
            let changed = world.uses(at, &own, start.saturating_add(15.seconds()), 3, (30, 900), Work::Web);
            let pause = world.dice.between(10 * MINUTE, 80 * MINUTE);
            world.uses(at, &office, changed.saturating_add(pause.seconds()), count, usual, Work::Web);
            world.logout(at);
            world.tell(at, false, "home to office");
        }
        // Away and back.
        270..290 => {
            let mobile = world.mobile(user);
            let at = world.begin(user, &own, start);
            let leaves = world.uses(at, &own, start.saturating_add(15.seconds()), count, (30, 600), Work::Web);
            let pause = world.dice.between(30, 30 * MINUTE);
            let out = world.uses(at, &mobile, leaves.saturating_add(pause.seconds()), 4, (60, 900), Work::Web);
            let pause = world.dice.between(5 * MINUTE, 60 * MINUTE);
            world.uses(at, &own, out.saturating_add(pause.seconds()), 5, usual, Work::Web);
            world.logout(at);
            world.tell(at, false, "round trip");
        }
        // Between two networks, back and forth: each is used for a while.
        290..303 => {
            let mobile = world.mobile(user);
            let at = world.begin(user, &own, start);
            let mut time = start.saturating_add(15.seconds());
            for n in 0..world.dice.between(3, 6) {
                let source = if n % 2 == 0 { own.clone() } else { mobile.clone() };
                let uses = world.dice.between(2, 9);
                let last = world.uses(at, &source, time, uses, (20, 400), Work::Web);
                time = last.saturating_add(world.dice.between(15, 15 * MINUTE).seconds());
            }
            world.logout(at);
            world.tell(at, false, "back and forth");
        }
        // Neighbouring addresses of a carrier.
        303..313 => {
            let mobile = world.mobile(user);
            let near = format!(
                "{}.{}",
                mobile.rsplit_once('.').map_or("198.19.1", |(network, _)| network),
                world.dice.between(2, 250)
            );
            let at = world.begin(user, &mobile, start);
            let changed = world.uses(at, &mobile, start.saturating_add(15.seconds()), 3, (20, 400), Work::Web);
            world.uses(at, &near, changed.saturating_add(90.seconds()), 4, (20, 600), Work::Web);
            world.logout(at);
            world.tell(at, false, "neighbouring addresses");
        }
        // From a hotel, or from the telephone throughout.
        313..370 => {
            let mobile = world.mobile(user);
            let at = world.begin(user, &mobile, start);
            world.uses(at, &mobile, start.saturating_add(15.seconds()), count, usual, Work::Web);
            world.logout(at);
            world.tell(at, false, "elsewhere");
        }
        // Administrators use file servers and desktops from home.
        370..390 => {
            let at = world.begin(user, &own, start);
            world.uses(at, &own, start.saturating_add(15.seconds()), count, usual, Work::Files);
            world.logout(at);
            world.tell(at, false, "administrator");
        }
        // Published applications.
        390..440 => {
            let at = world.begin(user, &own, start);
            world.events.push(Event {
                at: start.saturating_add(30.seconds()),
                session: at,
                what: What::Ica { source: own.clone() },
            });
            world.sessions[at].end = start.saturating_add(2.hours());
            world.logout(at);
            world.tell(at, false, "applications");
        }
        _ => {
            let at = world.begin(user, &own, start);
            world.uses(at, &own, start.saturating_add(15.seconds()), count, usual, Work::Web);
            world.logout(at);
        }
    }
}

fn taken(world: &mut World<'_>, users: usize) {
    let intruder = format!("203.0.113.{}", world.dice.between(2, 250));
    let day = world.dice.between(8, DAYS - 2);
    let night = world.first.saturating_add((day * 86_400 + world.dice.between(0, 20 * 3600)).seconds());
    let owned = |world: &mut World<'_>, at: DateTime| {
        let user = world.dice.below(users);
        let session = world.begin(user, &home(user), at);
        let last = world.uses(session, &home(user), at.saturating_add(15.seconds()), 4, (60, 900), Work::Web);
        (session, user, last)
    };
    // One address through the sessions of several.
    for n in 0..world.dice.between(3, 6) {
        let start = night.saturating_add((n * 25 * MINUTE).seconds());
        let (session, _, last) = owned(world, start);
        let count = world.dice.between(4, 40);
        let later = last.saturating_add((world.dice.between(1, 180) * MINUTE).seconds());
        let work = if world.dice.percent(70) { Work::Files } else { Work::Web };
        world.uses(session, &intruder, later, count, (10, 240), work);
        world.logout(session);
        world.tell(session, true, "one address in many sessions");
    }
    // A session searched beside its owner.
    let other = format!("203.0.113.{}", world.dice.between(2, 250));
    let user = world.dice.below(users);
    let start = world.work_time();
    let session = world.begin(user, &home(user), start);
    world.uses(session, &home(user), start.saturating_add(15.seconds()), 14, (60, 900), Work::Web);
    let count = world.dice.between(20, 60);
    let later = start.saturating_add((world.dice.between(5, 60) * MINUTE).seconds());
    world.uses(session, &other, later, count, (15, 120), Work::Files);
    world.logout(session);
    world.tell(session, true, "searched beside the owner");
    // Used after its logout.
    let third = format!("203.0.113.{}", world.dice.between(2, 250));
    let start = world.work_time();
    let (session, _, _) = owned(world, start);
    world.logout(session);
    let late = world.sessions[session].end.saturating_add((world.dice.between(10, 600) * MINUTE).seconds());
    let work = if world.dice.percent(50) { Work::Files } else { Work::Web };
    world.uses(session, &third, late, 12, (20, 400), work);
    world.tell(session, true, "after the logout");
    // Quiet: the same work as the owner's, beside the owner.
    let fourth = format!("203.0.113.{}", world.dice.between(2, 250));
    let user = world.dice.below(users);
    let start = world.work_time();
    let session = world.begin(user, &home(user), start);
    world.uses(session, &home(user), start.saturating_add(15.seconds()), 16, (60, 500), Work::Web);
    let count = world.dice.between(10, 25);
    let later = start.saturating_add((world.dice.between(3, 20) * MINUTE).seconds());
    world.uses(session, &fourth, later, count, (30, 400), Work::Web);
    world.logout(session);
    world.tell(session, true, "quiet, beside the owner");
    // Applications started from elsewhere.
    let user = world.dice.below(users);
    let start = world.work_time();
    let session = world.begin(user, &home(user), start);
    for n in 0..3 {
        let at = start.saturating_add((n * 17 * MINUTE + 600).seconds());
        world.events.push(Event { at, session, what: What::Ica { source: intruder.clone() } });
    }
    world.sessions[session].end = start.saturating_add(3.hours());
    world.logout(session);
    world.tell(session, true, "applications started by the intruder");
}

/// Makes a log of about so many benign sessions in one form.
pub fn session_log(seed: u64, form: LogForm, benign_sessions: u32) -> Result<SessionLog, CorpusError> {
    let mut dice = Dice::new(seed, &format!("sessions {form:?}"));
    // Days on both sides of the 12th, and days that read either way.
    let first = jiff::civil::date(2024, 11, 2).at(0, 0, 0, 0);
    let users = 400;
    let mut world = World { dice: &mut dice, sessions: Vec::new(), events: Vec::new(), truth: Vec::new(), first };
    let offices: Vec<String> = (0..3).map(|n| format!("192.0.2.{}", 20 + n)).collect();
    for _ in 0..benign_sessions {
        let user = world.dice.below(users);
        benign(&mut world, user, &offices);
    }
    taken(&mut world, users);
    let World { mut sessions, mut events, truth, .. } = world;
    let mut order: Vec<usize> = (0..sessions.len()).collect();
    order.sort_by_key(|at| sessions[*at].start);
    // Numbers are given out again after a while.
    for (n, at) in order.into_iter().enumerate() {
        sessions[at].number = 4_000 + (n as u64 * 3) % 900;
    }
    events.sort_by_key(|event| event.at);
    let lines = lines(form, &sessions, &events, &mut dice);
    let told = sessions.iter().zip(truth);
    let truth =
        told.map(|(s, (taken, story))| SessionTruth { session: s.number, start: s.start, taken, story }).collect();
    Ok(SessionLog { files: files(form, lines)?, truth })
}

fn stamp(form: LogForm, at: DateTime) -> String {
    match form {
        LogForm::LocalDayFirst => at.strftime("%d/%m/%Y:%H:%M:%S").to_string(),
        _ => at.strftime("%m/%d/%Y:%H:%M:%S").to_string(),
    }
}

fn lines(form: LogForm, sessions: &[Session], events: &[Event], dice: &mut Dice) -> Vec<String> {
    let mut counters = [441_000_u64, 97_000];
    let mut out = Vec::with_capacity(events.len());
    for event in events {
        let session = &sessions[event.session];
        let user = user(session.user);
        let (client, forwarded) = match form {
            LogForm::Json => ("10.1.1.4".to_owned(), format!(" - X-Forwarded-For_ip {}", session.client)),
            _ => (session.client.clone(), String::new()),
        };
        let zone = if form == LogForm::LocalDayFirst { "" } else { "GMT" };
        let time = |at: DateTime| format!("\"{} {zone}\"", stamp(form, at));
        let head = format!(
            "Context {user}@{client} - SessionId: {} - User {user} - Client_ip {client}{forwarded} - Nat_ip \"Mapped Ip\" - Vserver 192.0.2.10:443",
            session.number
        );
        let (name, body) = match &event.what {
            What::Login => (
                "LOGIN",
                format!(
                    "{head} - Browser_type \"Mozilla/5.0 (Windows NT 10.0; Win64; x64) - {}\" - SSLVPN_client_type Agent - Group(s) \"N/A\"",
                    session.user
                ),
            ),
            What::Logout => (
                "LOGOUT",
                format!(
                    "{head} - Start_time {} - End_time {} - Duration 01:00:00  - Total_TCP_connections 3 - Total_bytes_send 1 - Total_bytes_recv 2 - LogoutMethod \"TimedOut\" - Group(s) \"N/A\"",
                    time(session.start),
                    time(event.at)
                ),
            ),
            What::Connection { source, destination, seconds, sent, received } => {
                let head = match form {
                    // The proxy's word is about the connection.
                    LogForm::Json => head.replace(
                        &format!("X-Forwarded-For_ip {}", session.client),
                        &format!("X-Forwarded-For_ip {source}"),
                    ),
                    _ => head,
                };
                let peer = if form == LogForm::Json { "10.1.1.4" } else { source };
                let start = event.at.saturating_sub(seconds.seconds());
                (
                    "TCPCONNSTAT",
                    format!(
                        "{head} - Source {peer}:{} - Destination {destination} - Start_time {} - End_time {} - Duration 00:{:02}:{:02}  - Total_bytes_send {sent} - Total_bytes_recv {received} - Total_compressedbytes_send 0 - Total_compressedbytes_recv 0 - Compression_ratio_send 0.00% - Compression_ratio_recv 0.00% - Access Allowed - Group(s) \"N/A\"",
                        dice.between(1025, 65_000),
                        time(start),
                        time(event.at),
                        seconds / 60,
                        seconds % 60
                    ),
                )
            }
            What::Request => (
                "HTTPREQUEST",
                format!(
                    "Context {user}@{client} - SessionId: {} - gw.example User {user} : Group(s) N/A : Vserver 192.0.2.10:443 - {} {zone} : SSO is ON : GET /rota - -",
                    session.number,
                    stamp(form, event.at)
                ),
            ),
            What::Ica { source } => (
                "ICASTART",
                format!(
                    "[TCP] [CGP][ICAUUID=0-{0}] Source {source}:6000 - Destination 10.20.4.40:2598 - customername  - username:domainname {1}:hospital - applicationName Desk - startTime {2} - connectionId {0:x}",
                    session.number,
                    user.split('@').next().unwrap_or_default(),
                    time(event.at)
                ),
            ),
        };
        let engine = dice.below(2);
        counters[engine] += 1;
        let is_lossy = matches!(form, LogForm::Remote | LogForm::Rfc5424);
        if is_lossy && dice.below(1000) < 8 {
            continue;
        }
        let counter = counters[engine];
        let at = stamp(form, event.at);
        let plain = format!("<134> {at} GMT nsgw01 0-PPE-{engine} : default SSLVPN {name} {counter} 0 :  {body}");
        out.push(match form {
            LogForm::OnBox => format!("{} <local0.info> 10.20.0.5 {at} GMT nsgw01 0-PPE-{engine} : default SSLVPN {name} {counter} 0 :  {body}", event.at.strftime("%b %e %H:%M:%S")),
            LogForm::Remote => plain,
            LogForm::LocalDayFirst => format!("<134> {at}  nsgw01 0-PPE-{engine} : default SSLVPN {name} {counter} 0 :  {body}"),
            LogForm::Rfc5424 => format!("<134>1 {}Z nsgw01 SSLVPN 0-PPE-{engine} - - default {name} {counter} 0 :  {body}", event.at),
            LogForm::Json => format!("{{\"@timestamp\":\"{}Z\",\"message\":\"{}\"}}", event.at, plain.replace('\\', "\\\\").replace('"', "\\\"")),
        });
    }
    out
}

fn user(n: usize) -> String {
    match n % 3 {
        0 => format!("n-user{n}@trust.example"),
        1 => format!("N.User{n}"),
        _ => format!("nuser{n}"),
    }
}

fn files(form: LogForm, lines: Vec<String>) -> Result<Vec<(String, Vec<u8>)>, CorpusError> {
    let text = |lines: &[String]| {
        let mut out = String::new();
        lines.iter().for_each(|line| _ = writeln!(out, "{line}"));
        out.into_bytes()
    };
    let third = lines.len() / 3 + 1;
    let chunks: Vec<&[String]> = lines.chunks(third).collect();
    let mut files = Vec::new();
    for (n, chunk) in chunks.iter().enumerate() {
        let rotated = chunks.len() - 1 - n;
        match (form, rotated) {
            (LogForm::Json, _) => files.push((format!("export-{n}.ndjson"), text(chunk))),
            (_, 0) => files.push(("ns.log".to_owned(), text(chunk))),
            (LogForm::OnBox, _) => files.push((format!("ns.log.{}.gz", rotated - 1), archive::gz(&text(chunk))?)),
            (_, _) => files.push((format!("ns.log.{}", rotated - 1), text(chunk))),
        }
    }
    let (dates, zone) = match form {
        LogForm::LocalDayFirst => ("DDMMYYYY", "LOCAL_TIME"),
        _ => ("MMDDYYYY", "GMT_TIME"),
    };
    if matches!(form, LogForm::OnBox | LogForm::LocalDayFirst) {
        // In winter London's clock is that of GMT.
        let configuration = format!(
            "#NS13.1 Build 48.47\n# Last modified by `save config`, Mon Nov 11 07:52:40 2024\nset ns hostName nsgw01\n\
             set ns param -timezone \"GMT+00:00-GMT-Europe/London\"\nset audit syslogParams -dateFormat {dates} -timeZone {zone}\n\
             add vpn vserver gw SSL 192.0.2.10 443\n"
        );
        files.push(("ns.conf".to_owned(), configuration.into_bytes()));
    }
    files.sort();
    Ok(files)
}
