//! Files of the gateway's evidence as rows of two tables: a row a source, a row a stretch of a session or a group of ordinary
//! ones. Rows of sessions come in as many batches as it takes.
//!
//! Numbers that may be negative and lists are texts; a list's entries are lines, their parts parted by tabs, so a text that
//! goes into one loses its own. An absent value is an empty text.

use super::{RowWriter, Rows, TableId, WireError, batch};
use arrow_array::RecordBatch;
use assay_analysis::gateway::{
    Clock, Counter, CounterRun, DateForm, FailedLogins, FormBasis, Fragment, GatewaySource, Regular, Settings,
    SourceDigest, SourceKind, Stretch, TraceHit, Unparsed, Use, UseKind,
};
use assay_model::{ApplianceBuild, ExhibitId, ItemPath, Locator, Place, Sensitive, VserverKind};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::net::IpAddr;
use std::str::FromStr;

const GATEWAY: &str = "gateway";
const AUTHENTICATION: &str = "authentication";
const FRAGMENT: &str = "fragment";
const REGULAR: &str = "regular";

/// Rows of sessions in one batch.
const SESSIONS_A_BATCH: usize = 4096;

/// The rows of sources, without their sessions.
pub fn gateway_source_rows(sources: &[GatewaySource]) -> Result<RecordBatch, WireError> {
    batch(TableId::GatewaySource, sources, source_row)
}

/// The rows of the sessions of sources, batch by batch: of a long log they are many, and never held together.
pub fn gateway_session_rows(sources: &[GatewaySource]) -> impl Iterator<Item = Result<RecordBatch, WireError>> + '_ {
    let mut rows = sources.iter().flat_map(|source| {
        let fragments = source.digest.fragments.iter().map(move |one| (source, Session::Fragment(Box::new(one))));
        fragments.chain(source.digest.regulars.iter().map(move |one| (source, Session::Regular(one))))
    });
    std::iter::from_fn(move || {
        let some = rows.by_ref().take(SESSIONS_A_BATCH);
        let batch = batch(TableId::GatewaySession, some, |row, (source, session)| match session {
            Session::Fragment(one) => fragment_row(row, source, &one),
            Session::Regular(one) => regular_row(row, source, one),
        });
        batch.map(|rows| (rows.num_rows() > 0).then_some(rows)).transpose()
    })
}

/// What a row of sessions is of.
enum Session<'a> {
    Fragment(Box<Fragment>),
    Regular(&'a Regular),
}

/// A line of a list.
fn line(out: &mut String, parts: &[&dyn std::fmt::Display]) {
    if !out.is_empty() {
        out.push('\n');
    }
    for (n, part) in parts.iter().enumerate() {
        let _ = write!(out, "{}{part}", if n == 0 { "" } else { "\t" });
    }
}

fn plain(text: &str) -> String {
    text.replace(['\t', '\n', '\r'], " ")
}

fn or_empty<T: std::fmt::Display>(value: Option<T>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}

fn list<T: std::fmt::Display>(values: impl IntoIterator<Item = T>) -> String {
    values.into_iter().map(|value| value.to_string()).collect::<Vec<_>>().join(",")
}

fn source_row(row: &mut RowWriter, source: &GatewaySource) {
    let digest = &source.digest;
    let mut unparsed = String::new();
    for (reason, one) in &digest.unparsed {
        line(&mut unparsed, &[&one.count, &list(&one.lines), &plain(reason)]);
    }
    let mut messages = String::new();
    for (name, count) in &digest.messages {
        line(&mut messages, &[count, &plain(name)]);
    }
    let Clock { form, body, basis, utc_lines, local_lines } = digest.clock;
    let day_first = |form| u8::from(form == DateForm::DayFirst);
    let basis = FormBasis::ALL.iter().position(|known| *known == basis).unwrap_or_default();
    let mut clock = String::new();
    let (from, to) = (or_empty(digest.from), or_empty(digest.to));
    line(&mut clock, &[&day_first(form), &day_first(body), &basis, &utc_lines, &local_lines, &from, &to]);
    let mut counters = String::new();
    for counter in &digest.counters {
        for run in &counter.runs {
            let stretches = run.stretches.iter().map(|s| format!("{} {} {} {}", s.low, s.high, s.from, s.to));
            let (host, engine) = (plain(&counter.host), plain(&counter.engine));
            line(&mut counters, &[&host, &engine, &run.more_gaps, &run.more_lost, &list(stretches)]);
        }
    }
    let mut jumps = String::new();
    digest.jumps.iter().for_each(|(at, before, after)| line(&mut jumps, &[at, before, after]));
    let mut failures = String::new();
    for f in &digest.failures {
        line(&mut failures, &[&f.client, &f.count, &f.unprintable, &list(&f.users), &f.first, &f.last, &f.line]);
    }
    let mut traces = String::new();
    for t in &digest.traces {
        let (first, last) = (or_empty(t.first), or_empty(t.last));
        line(&mut traces, &[&plain(&t.rule), &first, &last, &t.count, &t.line, &list(&t.addresses), &plain(&t.word)]);
    }
    let mut builds = String::new();
    for build in &digest.builds {
        let at = match build.locator.place {
            Place::Line { first, .. } => first,
            _ => 0,
        };
        line(&mut builds, &[&plain(&build.release), &plain(&build.build), &or_empty(build.as_of), &at]);
    }
    let vservers = digest.vservers.iter().map(|kind| match kind {
        VserverKind::Gateway => GATEWAY,
        VserverKind::Authentication => AUTHENTICATION,
    });
    let s = &digest.settings;
    let mut settings = String::new();
    let networks = list(s.networks.iter().map(|(address, prefix)| format!("{address}/{prefix}")));
    line(
        &mut settings,
        &[&plain(&s.host), &list(&s.date_forms), &list(&s.log_zones), &plain(&s.timezone), &list(&s.pair), &networks],
    );
    row.text(source.exhibit.as_str());
    row.text(source.path.as_str());
    row.text(digest.kind.as_str());
    row.number(digest.lines);
    row.text(unparsed);
    row.text(messages);
    row.text(clock);
    row.text(counters);
    row.text(jumps);
    row.text(failures);
    row.text(traces);
    row.text(builds);
    row.text(vservers.collect::<Vec<_>>().join("\n"));
    row.text(settings);
}

fn moment(value: Option<(i64, u32)>) -> String {
    value.map(|(time, line)| format!("{time} {line}")).unwrap_or_default()
}

fn agents(agents: &[String]) -> String {
    agents.iter().map(|agent| plain(agent)).collect::<Vec<_>>().join("\n")
}

fn fragment_row(row: &mut RowWriter, source: &GatewaySource, f: &Fragment) {
    let mut uses = String::new();
    for u in &f.uses {
        let kind = match u.kind {
            UseKind::Tunnel => 0,
            UseKind::Ica => 1,
            UseKind::Denied => 2,
        };
        line(
            &mut uses,
            &[
                &u.source,
                &kind,
                &u.first,
                &u.last,
                &u.end,
                &u.count,
                &u.send,
                &u.recv,
                &u.ports,
                &list(&u.targets),
                &u.line,
                &u.ids.0,
                &u.ids.1,
            ],
        );
    }
    let mut facts = String::new();
    let (login, logout) = (moment(f.login), moment(f.logout));
    let bytes = f.logout_bytes;
    let (client, forwarded) = (or_empty(f.client), list(&f.forwarded));
    line(
        &mut facts,
        &[
            &client,
            &forwarded,
            &login,
            &logout,
            &f.first,
            &f.last,
            &f.line,
            &f.requests,
            &f.launches,
            &bytes.0,
            &bytes.1,
            &plain(&f.ended),
        ],
    );
    row.text(source.exhibit.as_str());
    row.text(source.path.as_str());
    row.text(FRAGMENT);
    row.text(&f.host);
    row.number(f.session);
    row.text(f.user.as_ref().map(|user| user.reveal().as_str()).unwrap_or_default());
    row.text(facts);
    row.text(agents(&f.agents));
    row.text(uses);
}

fn regular_row(row: &mut RowWriter, source: &GatewaySource, r: &Regular) {
    let mut closed = String::new();
    r.closed.iter().for_each(|(session, login, logout)| line(&mut closed, &[&session, &login, &logout]));
    let mut facts = String::new();
    line(&mut facts, &[&or_empty(r.client), &r.connections, &r.send, &r.recv, &r.ports]);
    row.text(source.exhibit.as_str());
    row.text(source.path.as_str());
    row.text(REGULAR);
    row.text(&r.host);
    row.number(0);
    row.text(r.user.reveal());
    row.text(facts);
    row.text(agents(&r.agents));
    row.text(closed);
}

fn locator(exhibit: &ExhibitId, path: &ItemPath, line: u32) -> Locator {
    let place = Place::Line { part: String::new(), first: line, last: line };
    Locator { exhibit: exhibit.clone(), path: path.clone(), place }
}

/// The sources of a checked batch, in its order, their sessions still to come. A source given twice is refused.
pub fn gateway_sources_of(files: &Rows<'_>) -> Result<Vec<GatewaySource>, WireError> {
    let mut sources: Vec<GatewaySource> = Vec::with_capacity(files.len());
    for n in 0..files.len() {
        let source = source(files, n)?;
        if sources.iter().any(|known| (&known.exhibit, &known.path) == (&source.exhibit, &source.path)) {
            return Err(files.refuse(n, "path"));
        }
        sources.push(source);
    }
    Ok(sources)
}

/// Puts the sessions of a checked batch to their sources. One whose source is missing is refused.
pub fn gateway_sessions_into(sources: &mut [GatewaySource], rows: &Rows<'_>) -> Result<(), WireError> {
    let mut position: BTreeMap<(ExhibitId, ItemPath), usize> = BTreeMap::new();
    for (n, source) in sources.iter().enumerate() {
        position.insert((source.exhibit.clone(), source.path.clone()), n);
    }
    for n in 0..rows.len() {
        let key = (ExhibitId::new(rows.text(n, "exhibit")?), ItemPath::from_encoded(rows.text(n, "path")?));
        let source = position.get(&key).and_then(|at| sources.get_mut(*at));
        let digest = &mut source.ok_or_else(|| rows.refuse(n, "path"))?.digest;
        match rows.text(n, "form")? {
            FRAGMENT => digest.fragments.push(&fragment(rows, n)?),
            REGULAR => digest.regulars.push(regular(rows, n)?),
            _ => return Err(rows.refuse(n, "form")),
        }
    }
    Ok(())
}

/// The parts of a line, read one after the other; anything that does not read makes the whole line none.
struct Parts<'a>(std::str::Split<'a, char>);

impl<'a> Parts<'a> {
    fn of(line: &'a str) -> Self {
        Self(line.split('\t'))
    }

    fn text(&mut self) -> Option<&'a str> {
        self.0.next()
    }

    fn read<T: FromStr>(&mut self) -> Option<T> {
        self.text()?.parse().ok()
    }

    /// A value that may be absent; the outer `None` is a fault.
    fn maybe<T: FromStr>(&mut self) -> Option<Option<T>> {
        match self.text()? {
            "" => Some(None),
            text => text.parse().ok().map(Some),
        }
    }

    fn list<T: FromStr>(&mut self) -> Option<Vec<T>> {
        match self.text()? {
            "" => Some(Vec::new()),
            text => text.split(',').map(|part| part.parse().ok()).collect(),
        }
    }

    fn moment(&mut self) -> Option<Option<(i64, u32)>> {
        match self.text()? {
            "" => Some(None),
            text => {
                let (time, line) = text.split_once(' ')?;
                Some(Some((time.parse().ok()?, line.parse().ok()?)))
            }
        }
    }
}

fn source(rows: &Rows<'_>, n: usize) -> Result<GatewaySource, WireError> {
    let exhibit = ExhibitId::new(rows.text(n, "exhibit")?);
    let path = ItemPath::from_encoded(rows.text(n, "path")?);
    let kind = rows.text(n, "kind")?;
    let kind =
        SourceKind::ALL.into_iter().find(|known| known.as_str() == kind).ok_or_else(|| rows.refuse(n, "kind"))?;
    let column = |name: &'static str| rows.text(n, name).map(str::lines);
    let refuse = |name: &'static str| rows.refuse(n, name);
    let mut digest = SourceDigest { kind, lines: rows.number(n, "lines")?, ..SourceDigest::default() };
    let unparsed = column("unparsed")?.map(|line| {
        let mut parts = Parts::of(line);
        let (count, lines) = (parts.read()?, parts.list()?);
        Some((parts.text()?.to_owned(), Unparsed { count, lines }))
    });
    digest.unparsed = unparsed.collect::<Option<_>>().ok_or_else(|| refuse("unparsed"))?;
    let messages = column("messages")?.map(|line| {
        let mut parts = Parts::of(line);
        let count = parts.read()?;
        Some((parts.text()?.to_owned(), count))
    });
    digest.messages = messages.collect::<Option<_>>().ok_or_else(|| refuse("messages"))?;
    let clock = rows.text(n, "clock")?;
    (digest.clock, digest.from, digest.to) = read_clock(clock).ok_or_else(|| refuse("clock"))?;
    for line in column("counters")? {
        let (host, engine, run) = counter(line).ok_or_else(|| refuse("counters"))?;
        match digest.counters.last_mut().filter(|last| last.host == host && last.engine == engine) {
            Some(last) => last.runs.push(run),
            None => digest.counters.push(Counter { host, engine, runs: vec![run] }),
        }
    }
    let jumps = column("jumps")?.map(|line| {
        let mut parts = Parts::of(line);
        Some((parts.read()?, parts.read()?, parts.read()?))
    });
    digest.jumps = jumps.collect::<Option<_>>().ok_or_else(|| refuse("jumps"))?;
    let failures = column("failures")?.map(|line| {
        let mut p = Parts::of(line);
        Some(FailedLogins {
            client: p.read()?,
            count: p.read()?,
            unprintable: p.read()?,
            users: p.list()?,
            first: p.read()?,
            last: p.read()?,
            line: p.read()?,
        })
    });
    digest.failures = failures.collect::<Option<_>>().ok_or_else(|| refuse("failures"))?;
    let traces = column("traces")?.map(|line| {
        let mut p = Parts::of(line);
        Some(TraceHit {
            rule: p.text()?.to_owned(),
            first: p.maybe()?,
            last: p.maybe()?,
            count: p.read()?,
            line: p.read()?,
            addresses: p.list()?,
            word: p.text()?.to_owned(),
        })
    });
    digest.traces = traces.collect::<Option<_>>().ok_or_else(|| refuse("traces"))?;
    let builds = column("builds")?.map(|line| {
        let mut p = Parts::of(line);
        let (release, build) = (p.text()?.to_owned(), p.text()?.to_owned());
        let (as_of, at) = (p.maybe()?, p.read()?);
        Some(ApplianceBuild { release, build, as_of, locator: locator(&exhibit, &path, at) })
    });
    digest.builds = builds.collect::<Option<_>>().ok_or_else(|| refuse("builds"))?;
    let vservers = column("vservers")?.map(|word| match word {
        GATEWAY => Some(VserverKind::Gateway),
        AUTHENTICATION => Some(VserverKind::Authentication),
        _ => None,
    });
    digest.vservers = vservers.collect::<Option<_>>().ok_or_else(|| refuse("vservers"))?;
    digest.settings = read_settings(rows.text(n, "settings")?).ok_or_else(|| refuse("settings"))?;
    Ok(GatewaySource { exhibit, path, digest })
}

fn read_clock(text: &str) -> Option<(Clock, Option<i64>, Option<i64>)> {
    let mut parts = Parts::of(text);
    let mut form = || match parts.text()? {
        "0" => Some(DateForm::MonthFirst),
        "1" => Some(DateForm::DayFirst),
        _ => None,
    };
    let (form, body) = (form()?, form()?);
    let basis = *FormBasis::ALL.get(parts.read::<usize>()?)?;
    let (utc_lines, local_lines) = (parts.read()?, parts.read()?);
    Some((Clock { form, body, basis, utc_lines, local_lines }, parts.maybe()?, parts.maybe()?))
}

fn counter(line: &str) -> Option<(String, String, CounterRun)> {
    let mut parts = Parts::of(line);
    let (host, engine) = (parts.text()?.to_owned(), parts.text()?.to_owned());
    let (more_gaps, more_lost) = (parts.read()?, parts.read()?);
    let stretch = |text: &str| {
        let mut numbers = text.split(' ');
        let (low, high) = (numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?);
        Some(Stretch { low, high, from: numbers.next()?.parse().ok()?, to: numbers.next()?.parse().ok()? })
    };
    let stretches: Vec<Stretch> =
        parts.text()?.split(',').filter(|s| !s.is_empty()).map(stretch).collect::<Option<_>>()?;
    // What joins sources relies on the order.
    let sorted = stretches.windows(2).all(|pair| matches!(pair, [a, b] if a.high < b.low));
    let whole = stretches.iter().all(|s| s.low <= s.high);
    (sorted && whole).then_some((host, engine, CounterRun { stretches, more_gaps, more_lost }))
}

fn read_settings(text: &str) -> Option<Settings> {
    let mut parts = Parts::of(text);
    let host = parts.text()?.to_owned();
    let (date_forms, log_zones) = (parts.list()?, parts.list()?);
    let timezone = parts.text()?.to_owned();
    let pair = parts.list()?;
    let network = |text: String| {
        let (address, prefix) = text.split_once('/')?;
        Some((address.parse::<IpAddr>().ok()?, prefix.parse::<u8>().ok()?))
    };
    let networks = parts.list::<String>()?.into_iter().map(network).collect::<Option<_>>()?;
    Some(Settings { host, date_forms, log_zones, timezone, pair, networks })
}

fn texts(rows: &Rows<'_>, n: usize, column: &'static str) -> Result<Vec<String>, WireError> {
    Ok(rows.text(n, column)?.lines().map(str::to_owned).collect())
}

fn fragment(rows: &Rows<'_>, n: usize) -> Result<Fragment, WireError> {
    let facts = |text: &str| {
        let mut p = Parts::of(text);
        Some(Fragment {
            client: p.maybe()?,
            forwarded: p.list()?,
            login: p.moment()?,
            logout: p.moment()?,
            first: p.read()?,
            last: p.read()?,
            line: p.read()?,
            requests: p.read()?,
            launches: p.read()?,
            logout_bytes: (p.read()?, p.read()?),
            ended: p.text()?.to_owned(),
            ..Fragment::default()
        })
    };
    let one = |text: &str| {
        let mut p = Parts::of(text);
        Some(Use {
            source: p.read()?,
            kind: match p.text()? {
                "0" => UseKind::Tunnel,
                "1" => UseKind::Ica,
                "2" => UseKind::Denied,
                _ => return None,
            },
            first: p.read()?,
            last: p.read()?,
            end: p.read()?,
            count: p.read()?,
            send: p.read()?,
            recv: p.read()?,
            ports: p.read()?,
            targets: p.list()?,
            line: p.read()?,
            place: 0,
            ids: (p.read()?, p.read()?),
        })
    };
    let mut fragment = facts(rows.text(n, "facts")?).ok_or_else(|| rows.refuse(n, "facts"))?;
    rows.text(n, "host")?.clone_into(&mut fragment.host);
    fragment.session = rows.number(n, "session")?;
    fragment.user =
        Some(rows.text(n, "user")?).filter(|user| !user.is_empty()).map(|user| Sensitive::new(user.to_owned()));
    fragment.agents = texts(rows, n, "agents")?;
    let uses = rows.text(n, "uses")?.lines().map(one);
    fragment.uses = uses.collect::<Option<_>>().ok_or_else(|| rows.refuse(n, "uses"))?;
    Ok(fragment)
}

fn regular(rows: &Rows<'_>, n: usize) -> Result<Regular, WireError> {
    let facts = |text: &str| {
        let mut p = Parts::of(text);
        let client = p.maybe()?;
        Some(Regular {
            client,
            connections: p.read()?,
            send: p.read()?,
            recv: p.read()?,
            ports: p.read()?,
            ..Regular::default()
        })
    };
    let mut regular = facts(rows.text(n, "facts")?).ok_or_else(|| rows.refuse(n, "facts"))?;
    rows.text(n, "host")?.clone_into(&mut regular.host);
    regular.user = Sensitive::new(rows.text(n, "user")?.to_owned());
    regular.agents = texts(rows, n, "agents")?;
    for line in rows.text(n, "uses")?.lines() {
        let mut p = Parts::of(line);
        let mut number = || Some((p.read()?, p.read()?, p.read()?));
        let (session, login, logout) = number().ok_or_else(|| rows.refuse(n, "uses"))?;
        regular.closed.push(session, login, logout);
    }
    Ok(regular)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "Oct 21 09:10:11 <local0.info> 10.0.0.5 10/21/2023:09:10:11 GMT ns01 0-PPE-1 : default";
    const WHO: &str = "Context a.tester@203.0.113.4 - SessionId: 77 - User a.tester - Client_ip 203.0.113.4";

    fn text() -> String {
        let other = WHO.replace("77", "78");
        [
            format!("{HEAD} SSLVPN LOGIN 4321 0 : {WHO} - Nat_ip \"Mapped Ip\" - Vserver 192.0.2.1:443 - Browser_type \"Mozilla/5.0\" - SSLVPN_client_type ICA - Group(s) \"N/A\""),
            format!("{HEAD} SSLVPN TCPCONNSTAT 4322 0 : {WHO} - Source 198.51.100.9:5 - Destination 10.0.0.1:445 - Duration 00:00:10  - Total_bytes_send 5 - Total_bytes_recv 6"),
            format!("{HEAD} SSLVPN LOGIN 4324 0 : {other} - Browser_type \"Mozilla/5.0\""),
            format!("{HEAD} SSLVPN LOGOUT 4325 0 : {other} - LogoutMethod \"TimedOut\""),
            format!("{HEAD} AAA LOGIN_FAILED 4326 0 : User x - Client_ip 198.51.100.9 - Failure_reason \"y\""),
            format!("{HEAD} CLI CMD_EXECUTED 4327 0 : User nsroot - Remote_ip 10.0.0.1 - Command \"reboot\" - Status \"Success\""),
            "not a line of the appliance".to_owned(),
        ]
        .join("\n")
    }

    const CONFIGURATION: &str = "#NS13.1 Build 48.47\n# Last modified by `save config`, Mon Sep 28 08:12:41 2026\nset ns hostName ns01\n\
        add vpn vserver gw SSL 192.0.2.1 443\nset audit syslogParams -dateFormat DDMMYYYY -timeZone GMT_TIME\nadd ns ip 10.0.0.7 255.0.0.0\n";

    fn source(name: &str, text: &str) -> GatewaySource {
        let (exhibit, path) = (ExhibitId::new("GW/1"), ItemPath::of_file(name));
        let digest = assay_analysis::gateway::read(&exhibit, &path, text.as_bytes()).unwrap();
        GatewaySource { exhibit, path, digest }
    }

    #[test]
    fn sources_come_back_as_they_went() {
        let sources = [source("var/log/ns.log", &text()), source("nsconfig/ns.conf", CONFIGURATION)];
        let log = &sources[0].digest;
        assert!(!log.fragments.is_empty() && !log.regulars.is_empty() && !log.unparsed.is_empty());
        assert!(!log.failures.is_empty() && !log.traces.is_empty());
        let files = gateway_source_rows(&sources).unwrap();
        let sessions: Vec<_> = gateway_session_rows(&sources).collect::<Result<_, _>>().unwrap();
        let mut back = gateway_sources_of(&Rows::from_batch(TableId::GatewaySource, &files).unwrap()).unwrap();
        for batch in &sessions {
            gateway_sessions_into(&mut back, &Rows::from_batch(TableId::GatewaySession, batch).unwrap()).unwrap();
        }
        assert_eq!(back.len(), 2);
        assert_eq!(back[0].digest, sources[0].digest);
        assert_eq!(back[1].digest, sources[1].digest);
        let rows = Rows::from_batch(TableId::GatewaySession, &sessions[0]).unwrap();
        assert!(gateway_sessions_into(&mut [], &rows).is_err());
    }
}
