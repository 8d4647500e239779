//! The shared gateway's evidence: ten days of its log up to the breach, rotated files, and its configuration.
//!
//! Two sessions were taken over; others only look like it: people who moved between networks, an office behind one address, a
//! carrier's neighbouring addresses, a tunnel's inner addresses. Outside addresses are of the ranges kept for documentation.

use crate::{
    CorpusError, archive,
    dice::Dice,
    people::{Kind, Town},
};
use jiff::{ToSpan, civil::DateTime};

/// Files of `gateway/`, and `truth/gateway.csv`.
pub(crate) struct Gateway {
    pub(crate) files: Vec<(String, Vec<u8>)>,
    pub(crate) truth: Vec<u8>,
}

const HOST: &str = "nsgw01";
const VSERVER: &str = "192.0.2.10:443";
/// Stands for a session's number until all are given out.
const NUMBER: &str = "{session}";
const INTRUDER: &str = "203.0.113.77";
const OFFICE: &str = "192.0.2.129";

struct Line {
    at: DateTime,
    /// The session whose number takes the place of [`NUMBER`].
    session: Option<usize>,
    module: &'static str,
    event: &'static str,
    body: String,
}

struct Log<'a> {
    lines: Vec<Line>,
    /// When each session began: numbers are given out in that order, once all are known.
    starts: Vec<DateTime>,
    dice: &'a mut Dice,
}

/// One session of the log.
#[derive(Clone)]
struct Session {
    /// Its place in [`Log::starts`].
    at: usize,
    user: String,
    client: String,
    start: DateTime,
}

impl Log<'_> {
    fn write(&mut self, at: DateTime, module: &'static str, event: &'static str, body: String) {
        self.lines.push(Line { at, session: None, module, event, body });
    }

    fn write_of(&mut self, session: &Session, at: DateTime, event: &'static str, body: String) {
        self.lines.push(Line { at, session: Some(session.at), module: "SSLVPN", event, body });
    }

    fn login(&mut self, user: &str, client: &str, start: DateTime) -> Session {
        self.starts.push(start);
        let session = Session { at: self.starts.len() - 1, user: user.to_owned(), client: client.to_owned(), start };
        let browser = self.dice.pick(&[
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36 Edg/130.0.0.0",
            "Mozilla/5.0 (iPad; CPU OS 17_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.6 Mobile/15E148 Safari/604.1",
            "AGEE 8.0 (Windows 10)",
        ]);
        self.write(start, "SSLLOG", "SSL_HANDSHAKE_SUCCESS", format!("SPCBId {} - ClientIP {client} - ClientPort {} - VserverServiceIP 192.0.2.10 - VserverServicePort 443 - ClientVersion TLSv1.2 - CipherSuite \"TLS1.2-ECDHE-RSA-AES256-GCM-SHA384\" - Session New  - HandshakeTime 41 ms", 4_100_000 + session.at * 3, 40_000 + session.at % 20_000));
        self.write(start, "AAA", "EXTRACTED_GROUPS", "Extracted_groups \"GW_RemoteAccess,GW_MFA\"".to_owned());
        self.write_of(&session, start, "LOGIN", format!("{} - Nat_ip \"Mapped Ip\" - Vserver {VSERVER} - Browser_type \"{browser}\" - SSLVPN_client_type Agent - Group(s) \"GW_RemoteAccess\"", head(&session)));
        session
    }

    /// A connection that ended at `at`.
    fn connection(&mut self, session: &Session, source: &str, destination: &str, at: DateTime, received: i64) {
        let (port, seconds, sent) =
            (self.dice.between(1025, 65000), self.dice.between(0, 90), self.dice.between(200, 90_000));
        let start = at.saturating_sub(seconds.seconds());
        let source = if source.contains(':') && !source.contains('.') {
            format!("[{source}]:{port}")
        } else {
            format!("{source}:{port}")
        };
        self.write_of(session, at, "TCPCONNSTAT", format!("{} - Nat_ip 10.20.0.{} - Vserver {VSERVER} - Source {source} - Destination {destination} - Start_time \"{} GMT\" - End_time \"{} GMT\" - Duration 00:{:02}:{:02}  - Total_bytes_send {sent} - Total_bytes_recv {received} - Total_compressedbytes_send 0 - Total_compressedbytes_recv 0 - Compression_ratio_send 0.00% - Compression_ratio_recv 0.00% - Access Allowed - Group(s) \"GW_RemoteAccess\"", head(session), 60 + session.at % 40, stamp(start), stamp(at), seconds / 60, seconds % 60));
    }

    fn request(&mut self, session: &Session, at: DateTime) {
        let page = self.dice.pick(&["/Citrix/Roaming/Accounts", "/Citrix/StoreWeb/Resources/List", "/rota/today.aspx"]);
        self.write_of(session, at, "HTTPREQUEST", format!("Context {}@{} - SessionId: {NUMBER} - gateway.northshorechildrens.nhs.uk User {} : Group(s) N/A : Vserver {VSERVER} - {} GMT : SSO is ON : GET {page} - -", session.user, session.client, session.user, stamp(at)));
    }

    fn logout(&mut self, session: &Session, at: DateTime) {
        let method = self.dice.pick(&["Explicit", "TimedOut", "TimedOut"]);
        let seconds = at.since(session.start).map_or(0, |span| span.total(jiff::Unit::Second).unwrap_or(0.0) as i64);
        self.write_of(session, at, "LOGOUT", format!("{} - Nat_ip \"Mapped Ip\" - Vserver {VSERVER} - Start_time \"{} GMT\" - End_time \"{} GMT\" - Duration {:02}:{:02}:{:02}  - Http_resources_accessed 0 - NonHttp_services_accessed 0 - Total_TCP_connections 11 - Total_UDP_flows 0 - Total_policies_allowed 11 - Total_policies_denied 0 - Total_bytes_send 0 - Total_bytes_recv 32022 - Total_compressedbytes_send 0 - Total_compressedbytes_recv 0 - Compression_ratio_send 0.00% - Compression_ratio_recv 0.00% - LogoutMethod \"{method}\" - Group(s) \"GW_RemoteAccess\"", head(session), stamp(session.start), stamp(at), seconds / 3600, seconds / 60 % 60, seconds % 60));
    }

    /// A whole ordinary session.
    fn ordinary(&mut self, user: &str, client: &str, start: DateTime) -> Session {
        let session = self.login(user, client, start);
        let mut at = start;
        for _ in 0..self.dice.between(3, 12) {
            at = at.saturating_add(self.dice.between(40, 1500).seconds());
            let (destination, received) = (destination(self.dice), self.dice.between(300, 4_000_000));
            self.connection(&session, client, &destination, at, received);
            if self.dice.percent(30) {
                self.request(&session, at);
            }
        }
        let end = at.saturating_add(self.dice.between(30, 1800).seconds());
        self.logout(&session, end);
        session
    }
}

fn head(session: &Session) -> String {
    format!("Context {0}@{1} - SessionId: {NUMBER} - User {0} - Client_ip {1}", session.user, session.client)
}

/// What people use from home.
fn destination(dice: &mut Dice) -> String {
    let hosts =
        ["10.20.4.11:443", "10.20.4.12:443", "10.20.4.30:8443", "10.20.6.2:443", "10.20.7.15:443", "10.20.4.53:53"];
    (dice.pick(&hosts)).to_owned()
}

fn stamp(at: DateTime) -> String {
    at.strftime("%m/%d/%Y:%H:%M:%S").to_string()
}

/// The sessions that are something else than they look, or are what they look.
#[derive(Default)]
struct Verdicts(Vec<(Session, [String; 3])>);

impl Verdicts {
    fn add(&mut self, session: &Session, other: &str, verdict: &str, why: &str) {
        self.0.push((session.clone(), [other, verdict, why].map(str::to_owned)));
    }

    fn csv(&self, numbers: &[u64]) -> Result<Vec<u8>, CorpusError> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(["session", "verdict", "user", "client", "other_address", "start", "why"])?;
        for (session, [other, verdict, why]) in &self.0 {
            let (number, start) = (numbers[session.at].to_string(), session.start.to_string());
            writer.write_record([&number, verdict, &session.user, &session.client, other, &start, why])?;
        }
        Ok(writer.into_inner().map_err(|error| error.into_error())?)
    }
}

/// Numbers in the order of the sessions' beginnings, with those of another packet engine's between.
fn numbers(starts: &[DateTime], dice: &mut Dice) -> Vec<u64> {
    let mut order: Vec<usize> = (0..starts.len()).collect();
    order.sort_by_key(|at| starts[*at]);
    let mut numbers = vec![0; starts.len()];
    let mut next = 48_210;
    for at in order {
        next += 1 + dice.below(4) as u64;
        numbers[at] = next;
    }
    numbers
}

/// Makes the evidence.
pub(crate) fn write(town: &Town, seed: u64) -> Result<Gateway, CorpusError> {
    let mut dice = Dice::new(seed, "gateway");
    let users: Vec<String> = town
        .of(|person| matches!(person.kind, Kind::Staff(_)))
        .into_iter()
        .take(64)
        .map(|at| user_name(&town.person(at).given[0], &town.person(at).family, at))
        .collect();
    let homes: Vec<String> = (0..users.len()).map(home).collect();
    let mut log = Log { lines: Vec::new(), starts: Vec::new(), dice: &mut dice };
    let first = jiff::civil::date(2024, 11, 18);
    for day in 0..10 {
        let midnight = first.saturating_add(day.days()).at(0, 0, 0, 0);
        for (user, home) in users.iter().zip(&homes).skip(12) {
            if log.dice.percent(if day % 7 > 4 { 15 } else { 62 }) {
                let start = midnight.saturating_add(log.dice.between(6 * 3600, 20 * 3600).seconds());
                log.ordinary(user, home, start);
            }
        }
        noise(&mut log, midnight);
    }
    let mut verdicts = Verdicts::default();
    hijacks(&mut log, &users, &homes, &mut verdicts);
    look_alikes(&mut log, &users, &homes, &mut verdicts);
    let Log { lines, starts, .. } = log;
    let numbers = numbers(&starts, &mut dice);
    let files = files(lines, &numbers, &mut Dice::new(seed, "gateway files"))?;
    Ok(Gateway { files, truth: verdicts.csv(&numbers)? })
}

/// `jsmith12`, as the directory has it.
fn user_name(given: &str, family: &str, at: usize) -> String {
    let letters = |text: &str| text.to_lowercase().chars().filter(char::is_ascii_alphabetic).collect::<String>();
    let domain = if at.is_multiple_of(3) { "@northshorechildrens.nhs.uk" } else { "" };
    format!("{}{}{}{domain}", letters(given).chars().next().unwrap_or('x'), letters(family), at % 10)
}

/// Each user's address at home; a few have the newer kind.
fn home(n: usize) -> String {
    if n % 9 == 8 { format!("2001:db8:{n:x}::{:x}", 16 + n) } else { format!("198.51.100.{}", 20 + n) }
}

fn hijacks(log: &mut Log<'_>, users: &[String], homes: &[String], verdicts: &mut Verdicts) {
    let day = jiff::civil::date(2024, 11, 22);
    // The owner works on while the intruder searches the file servers.
    let session = log.login(&users[0], &homes[0], day.at(8, 41, 12, 0));
    for minute in [3, 18, 40, 71, 96, 99, 103, 127, 150] {
        let destination = destination(log.dice);
        log.connection(
            &session,
            &homes[0],
            &destination,
            session.start.saturating_add(minute.minutes()),
            48_000 + minute,
        );
    }
    for n in 0..34 {
        let at = session.start.saturating_add((90 * 60 + n * 47).seconds());
        let port = if n % 5 == 4 { 3389 } else { 445 };
        let received = log.dice.between(4_000_000, 380_000_000);
        log.connection(&session, INTRUDER, &format!("10.20.{}.{}:{port}", 8 + n % 3, 10 + n), at, received);
    }
    log.logout(&session, session.start.saturating_add(171.minutes()));
    verdicts.add(
        &session,
        INTRUDER,
        "consistent-with-takeover",
        "an address that nobody logged in from searched file servers beside the owner",
    );
    // The next night: the owner had logged out.
    let session = log.login(&users[1], &homes[1], day.at(16, 2, 50, 0));
    for minute in [4, 11, 32] {
        let destination = destination(log.dice);
        log.connection(&session, &homes[1], &destination, session.start.saturating_add(minute.minutes()), 51_000);
    }
    let end = session.start.saturating_add(55.minutes());
    log.logout(&session, end);
    for n in 0..18 {
        let at = end.saturating_add((5 * 3600 + n * 213).seconds());
        let received = log.dice.between(40_000_000, 900_000_000);
        log.connection(&session, INTRUDER, &format!("10.20.9.{}:445", 14 + n % 4), at, received);
    }
    verdicts.add(
        &session,
        INTRUDER,
        "consistent-with-takeover",
        "the same address used the session hours after its logout",
    );
}

fn look_alikes(log: &mut Log<'_>, users: &[String], homes: &[String], verdicts: &mut Verdicts) {
    const BENIGN: &str = "benign-explained";
    let day = |n: i8| jiff::civil::date(2024, 11, n);
    // From home to a train, and back to a login of its own from there.
    let mobile = "203.0.113.18";
    let session = log.login(&users[2], &homes[2], day(20).at(7, 10, 4, 0));
    log.connection(&session, &homes[2], "10.20.4.11:443", day(20).at(7, 22, 0, 0), 81_000);
    log.connection(&session, mobile, "10.20.4.11:443", day(20).at(7, 49, 0, 0), 64_000);
    log.connection(&session, mobile, "10.20.4.12:443", day(20).at(8, 3, 0, 0), 90_400);
    log.logout(&session, day(20).at(8, 20, 0, 0));
    verdicts.add(&session, mobile, BENIGN, "the user moved to a mobile network and logged in from it on another day");
    log.ordinary(&users[2], mobile, day(21).at(7, 44, 0, 0));
    // An office behind one address.
    for (n, user) in users.iter().enumerate().skip(5).take(5) {
        log.ordinary(user, OFFICE, day(19).at(9, 5 + n as i8, 0, 0));
    }
    let session = log.login(&users[3], &homes[3], day(19).at(8, 15, 0, 0));
    log.connection(&session, &homes[3], "10.20.4.30:8443", day(19).at(8, 30, 0, 0), 12_000);
    log.connection(&session, OFFICE, "10.20.4.30:8443", day(19).at(9, 12, 0, 0), 15_500);
    log.connection(&session, OFFICE, "10.20.4.11:443", day(19).at(10, 2, 0, 0), 71_500);
    log.logout(&session, day(19).at(10, 20, 0, 0));
    verdicts.add(&session, OFFICE, BENIGN, "the other address is an office from which several others log in");
    // A clean change of network that never came back.
    let session = log.login(&users[4], &homes[4], day(25).at(17, 31, 0, 0));
    log.connection(&session, &homes[4], "10.20.4.11:443", day(25).at(17, 40, 0, 0), 33_000);
    log.connection(&session, "203.0.113.201", "10.20.4.11:443", day(25).at(17, 58, 0, 0), 30_200);
    log.connection(&session, "203.0.113.201", "10.20.6.2:443", day(25).at(18, 21, 0, 0), 5_800);
    log.logout(&session, day(25).at(18, 40, 0, 0));
    verdicts.add(&session, "203.0.113.201", BENIGN, "a laptop changed its network and kept its session");
    // A carrier's neighbouring address.
    let session = log.login(&users[10], "198.51.100.211", day(26).at(12, 0, 30, 0));
    log.connection(&session, "198.51.100.211", "10.20.4.11:443", day(26).at(12, 4, 0, 0), 9_000);
    log.connection(&session, "198.51.100.214", "10.20.4.11:443", day(26).at(12, 19, 0, 0), 22_000);
    log.logout(&session, day(26).at(12, 40, 0, 0));
    verdicts.add(&session, "198.51.100.214", BENIGN, "a carrier gave out a neighbouring address");
    // Inner addresses of the tunnel, and the same address written in the newer form.
    let session = log.login(&users[11], &homes[11], day(27).at(10, 10, 0, 0));
    log.connection(&session, "10.99.3.14", "10.20.4.11:443", day(27).at(10, 15, 0, 0), 4_000);
    log.connection(&session, &homes[11], "10.20.4.12:443", day(27).at(10, 25, 0, 0), 4_900);
    log.logout(&session, day(27).at(10, 50, 0, 0));
    verdicts.add(&session, "10.99.3.14", BENIGN, "the other address is one of the tunnel's own");
}

/// What else an appliance writes.
fn noise(log: &mut Log<'_>, midnight: DateTime) {
    for hour in 0..24_i64 {
        let at = midnight.saturating_add((hour * 3600 + log.dice.between(0, 3599)).seconds());
        match log.dice.below(6) {
            0 => {
                let user = format!("{}{}", ["admin", "test", "scanner", "nhsuser"][log.dice.below(4)], log.dice.below(50));
                let client = format!("203.0.113.{}", log.dice.between(90, 120));
                log.write(at, "AAA", "LOGIN_FAILED", format!("User {user} - Client_ip {client} - Failure_reason \"External authentication server denied access\" - Browser python-httpx/0.27.0"));
            }
            1 => log.write(at, "EVENT", "MONITORUP", "Monitor mon_storefront_4_11 - State UP".to_owned()),
            2 => log.write(at, "CLI", "CMD_EXECUTED", "User nsroot - ADM_User NONE - Remote_ip 10.20.1.9 - Command \"show ns runningConfig\" - Status \"Success\"".to_owned()),
            3 => log.write(at, "SNMP", "TRAP_SENT", "netScalerConfigChange (nsUserName = \"nsroot\", nsPartitionName = default)".to_owned()),
            _ => {
                let ended = stamp(at);
                log.write(at, "TCP", "CONN_TERMINATE", format!("Source 127.0.0.1:80 - Destination 127.0.0.2:{} - Start Time {ended} GMT - End Time {ended} GMT - Total_bytes_send 1 - Total_bytes_recv 1", 50_000 + hour));
            }
        }
    }
}

/// The log in the form of `/var/log/ns.log`, rotated, with what a disk and other programs leave in it; and the configuration.
fn files(mut lines: Vec<Line>, numbers: &[u64], dice: &mut Dice) -> Result<Vec<(String, Vec<u8>)>, CorpusError> {
    lines.sort_by_key(|line| line.at);
    let mut counters = [9_120_331_u64, 4_410_902];
    let mut written: Vec<Vec<u8>> = Vec::new();
    for line in lines {
        let engine = dice.below(2);
        counters[engine] += 1;
        let severity = if line.event == "LOGIN_FAILED" { "err" } else { "info" };
        let text = format!(
            "{} <local0.{severity}> 10.20.0.5 {} GMT {HOST} 0-PPE-{engine} : default {} {} {} 0 :  {}",
            line.at.strftime("%b %e %H:%M:%S"),
            stamp(line.at),
            line.module,
            line.event,
            counters[engine],
            line.session.map_or_else(|| line.body.clone(), |at| line.body.replace(NUMBER, &numbers[at].to_string()))
        );
        written.push(text.into_bytes());
    }
    let mut files = Vec::new();
    let share = written.len() / 4 + 1;
    let chunks: Vec<&[Vec<u8>]> = written.chunks(share).collect();
    for (n, chunk) in chunks.iter().enumerate() {
        let mut text = Vec::new();
        if n > 0 {
            text.extend_from_slice(b"Nov 20 00:00:00 nsgw01 newsyslog[4711]: logfile turned over due to size>100K\n");
        }
        for (at, line) in chunk.iter().enumerate() {
            text.extend_from_slice(line);
            text.push(b'\n');
            if at == chunk.len() / 2 && n % 2 == 1 {
                text.extend_from_slice(b"\xff\xfe\x00\x00\x00 lost block\n11/21/2024:03:1\n");
            }
        }
        let rotated = chunks.len() - 1 - n;
        match rotated {
            0 => files.push(("ns.log".to_owned(), text)),
            _ => files.push((format!("ns.log.{}.gz", rotated - 1), archive::gz(&text)?)),
        }
    }
    files.push(("ns.conf".to_owned(), configuration("Mon Nov 11 07:52:40 2024").into_bytes()));
    files.push(("ns.conf.0".to_owned(), configuration("Fri Aug 18 09:12:03 2023").into_bytes()));
    files.push((
        "show_ns_version.txt".to_owned(),
        b"> show ns version\n\tNetScaler NS13.1: Build 48.47.nc, Date: Jun  5 2023, 13:41:17   (64-bit)\n Done\n"
            .to_vec(),
    ));
    files.sort();
    Ok(files)
}

fn configuration(saved: &str) -> String {
    format!(
        "#NS13.1 Build 48.47\n# Last modified by `save config`, {saved}\nset ns config -IPAddress 10.20.0.5 -netmask 255.255.255.0\n\
         set ns hostName {HOST}\nset ns param -timezone \"GMT+00:00-GMT-Europe/London\"\nenable ns feature LB SSL SSLVPN AAA\n\
         set audit syslogParams -dateFormat MMDDYYYY -logLevel ALL -timeZone GMT_TIME\n\
         add authentication ldapAction ldap_nch -serverIP 10.20.1.20 -serverPort 636\n\
         add vpn vserver gw_shared SSL 192.0.2.10 443 -downStateFlush DISABLED\nadd authentication vserver aaa_shared SSL 0.0.0.0\n\
         bind vpn vserver gw_shared -policy ica_or_vpn -priority 100\nadd lb vserver lb_storefront SSL 10.20.4.11 443\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{NhsRange, people::Founder};

    #[test]
    fn hundreds_of_sessions_a_few_of_them_marked() {
        let town = Founder::found(1, 1500, NhsRange::TestRange, jiff::civil::date(2024, 11, 28));
        let gateway = write(&town, 1).unwrap();
        let names: Vec<&str> = gateway.files.iter().map(|(name, _)| name.as_str()).collect();
        let expected =
            ["ns.conf", "ns.conf.0", "ns.log", "ns.log.0.gz", "ns.log.1.gz", "ns.log.2.gz", "show_ns_version.txt"];
        assert_eq!(names, expected);
        let truth = String::from_utf8(gateway.truth).unwrap();
        assert_eq!(truth.matches("consistent-with-takeover").count(), 2);
        assert_eq!(truth.matches("benign-explained").count(), 5);
        let log = String::from_utf8_lossy(&gateway.files[2].1).into_owned();
        assert!(log.matches(" SSLVPN LOGIN ").count() > 50, "{}", log.len());
        assert!(!log.contains("  :  Context @"));
    }
}
