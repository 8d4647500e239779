//! One source, block by block, to its digest.
//!
//! Every line becomes part of what a digest counts or is counted under a reason; the two together are the lines of the
//! source. Lines are read as they come; what they say of sessions goes to [`OpenSessions`]. Budgets are counted, never timed.

use super::body::{Fields, Key, Order};
use super::config;
use super::digest::{Clock, Counter, EXAMPLES, FailedLogins, FormBasis, SourceDigest, SourceKind, TARGETS};
use super::event::{self, EventKind, Heads, LINE_LIMIT};
use super::header::{Header, HeaderTime};
use super::open::{At, Ended, OpenSessions, hash};
use super::recognise::{lines, watch};
use super::rules;
use super::scan::{Seconds, text};
use super::traces::{Field, TraceLog};
use super::web;
use super::wrap::Wrapper;
use assay_model::{ExhibitId, ItemPath};
use std::borrow::Cow;
use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap};
use std::hash::{DefaultHasher, Hasher};
use std::net::IpAddr;

/// Reads blocks of whole lines into a digest.
pub(super) struct Reader<'a> {
    exhibit: &'a ExhibitId,
    path: &'a ItemPath,
    wrapper: Wrapper,
    digest: SourceDigest,
    heads: Heads,
    order: Order,
    sessions: OpenSessions,
    engines: Vec<Engine>,
    engine_at: usize,
    /// Engines by the number of their header, from 1; 0 for one not met yet.
    engine_of: Vec<usize>,
    failures: BTreeMap<IpAddr, FailedLogins>,
    traces: TraceLog,
    kinds: Vec<Kind>,
    kind_at: HashMap<u64, usize>,
    /// Kinds by the number of their message, from 1; 0 for one not met yet.
    kind_of: Vec<usize>,
    swept: u64,
}
/// Module, event, and how many.
type Kind = (Box<[u8]>, Box<[u8]>, u64);

struct Engine {
    host: Box<[u8]>,
    engine: Box<[u8]>,
    host_id: u32,
    counter: Counter,
    last: Option<(u64, Seconds)>,
}

/// Engines told apart; a source of more is forged.
const ENGINES: usize = 512;

/// Failing addresses and message names told apart.
const ADDRESSES: usize = 100_000;
const KINDS: usize = 512;

/// Lines between two looks for sessions that fell silent without an end.
const SWEEP: u64 = 400_000;

impl<'a> Reader<'a> {
    pub(super) fn new(
        exhibit: &'a ExhibitId,
        path: &'a ItemPath,
        kind: SourceKind,
        wrapper: Wrapper,
        clock: Clock,
    ) -> Self {
        Self {
            exhibit,
            path,
            wrapper,
            digest: SourceDigest { kind, clock, ..SourceDigest::default() },
            heads: Heads::default(),
            order: Order::default(),
            sessions: OpenSessions::new(rules::shipped()),
            engines: Vec::new(),
            engine_at: 0,
            engine_of: Vec::new(),
            failures: BTreeMap::new(),
            traces: TraceLog::default(),
            kinds: Vec::new(),
            kind_at: HashMap::new(),
            kind_of: Vec::new(),
            swept: 0,
        }
    }

    /// Takes whole lines.
    pub(super) fn block(&mut self, block: &[u8]) {
        for line in lines(block) {
            self.line(line);
        }
    }

    /// Counts a line that was too long to be held.
    pub(super) fn too_long(&mut self) {
        self.digest.lines += 1;
        self.unparsed("a line over 64 KiB");
    }

    fn line(&mut self, line: &[u8]) {
        self.digest.lines += 1;
        if line.len() > LINE_LIMIT {
            return self.unparsed("a line over 64 KiB");
        }
        let outcome = match self.wrapper.open(line) {
            Cow::Borrowed(line) => self.inner(line),
            Cow::Owned(line) => self.inner(&line),
        };
        if let Err(reason) = outcome {
            self.unparsed(reason);
        }
    }

    fn inner(&mut self, line: &[u8]) -> Result<(), &'static str> {
        let number = self.digest.lines;
        match self.digest.kind {
            SourceKind::Log => self.event(line),
            SourceKind::Configuration => {
                config::take(line, number, self.exhibit, self.path, &mut self.digest);
                Ok(())
            }
            SourceKind::WebAccess => {
                let access = web::access(line).ok_or("no line of an access log")?;
                self.dated(access.time, true);
                self.traces.see(Field::WebAccess, line, access.time, Some(access.client), number);
                Ok(())
            }
            SourceKind::WebError => {
                let dated = web::error(line);
                self.dated(dated.map(|(time, _)| time), false);
                let client = dated.and_then(|(_, client)| client);
                self.traces.see(Field::WebError, line, dated.map(|(time, _)| time), client, number);
                // Programs write there without a date.
                if dated.is_some() || !line.trim_ascii().is_empty() { Ok(()) } else { Err("blank line") }
            }
            SourceKind::Shell => {
                let command = web::shell(line).ok_or("no command of a shell")?;
                self.traces.see(Field::Shell, command, None, None, number);
                Ok(())
            }
            SourceKind::Watch => {
                let (time, state) = watch(line).ok_or("no observation of a watch")?;
                self.dated(Some(time), true);
                self.traces.see(Field::Watch, state.as_bytes(), Some(time), None, number);
                Ok(())
            }
        }
    }

    fn unparsed(&mut self, reason: &str) {
        let entry = match self.digest.unparsed.get_mut(reason) {
            Some(entry) => entry,
            None => self.digest.unparsed.entry(reason.to_owned()).or_default(),
        };
        entry.count += 1;
        if entry.lines.len() < EXAMPLES {
            entry.lines.push(self.digest.lines);
        }
    }

    fn dated(&mut self, time: Option<Seconds>, utc: bool) {
        let Some(time) = time else { return };
        self.digest.from = Some(self.digest.from.map_or(time, |from| from.min(time)));
        self.digest.to = Some(self.digest.to.map_or(time, |to| to.max(time)));
        if utc {
            self.digest.clock.utc_lines += 1;
        } else {
            self.digest.clock.local_lines += 1;
        }
    }

    fn event(&mut self, line: &[u8]) -> Result<(), &'static str> {
        let (header, kind) = match self.heads.read(line) {
            Ok(head) => head,
            Err(reason) => {
                self.of_another_program(line);
                return Err(reason);
            }
        };
        let clock = self.digest.clock;
        // Of most kinds nothing but the header is needed here; a time may have to come from the body.
        let needed = is_needed(kind, &header) || header.time == HeaderTime::Missing;
        let mut fields = Fields::none();
        if needed {
            event::fields(&header, kind, &mut self.order, &mut fields)?;
        }
        let (time, utc) = event::time(&header, &fields, clock.form, clock.body).ok_or(match header.time {
            HeaderTime::Missing => "the header was eaten by a relay and the body has no time",
            _ => "a date that no calendar has",
        })?;
        self.dated(Some(time), utc);
        self.count(&header);
        let host = self.engine(&header, time);
        let at = At { host, time, id: header.message_id.unwrap_or(0), line: self.digest.lines, form: clock.body };
        match kind {
            EventKind::LoginFailed => self.failed(at, &fields),
            EventKind::Message if needed => {
                let client = fields.address(Key::ClientIp);
                self.traces.see(Field::Authentication, fields.raw(Key::Text), Some(time), client, self.digest.lines);
            }
            EventKind::Command => {
                let client = fields.address(Key::RemoteIp);
                self.traces.see(Field::Command, fields.raw(Key::Command), Some(time), client, self.digest.lines);
            }
            EventKind::State => {
                let mut said = header.event.to_vec();
                said.push(b' ');
                said.extend_from_slice(header.body);
                self.traces.see(Field::Event, &said, Some(time), None, self.digest.lines);
            }
            _ if is_of_session(kind) => self.sessions.take(at, kind, &fields),
            _ => {}
        }
        if self.digest.lines - self.swept > SWEEP {
            self.swept = self.digest.lines;
            self.sessions.sweep(time);
        }
        Ok(())
    }

    /// A line of another program may name the build that booted, or say that an engine died.
    fn of_another_program(&mut self, line: &[u8]) {
        if web::other_program(line) {
            self.traces.see(Field::System, line, None, None, self.digest.lines);
            if let Some((release, build)) = config::build(line).filter(|_| self.digest.builds.len() < 64) {
                let locator = config::locator(self.exhibit, self.path, self.digest.lines);
                self.digest.builds.push(assay_model::ApplianceBuild { release, build, as_of: None, locator });
            }
        }
    }

    fn count(&mut self, header: &Header<'_>) {
        let known = header.message.checked_sub(1).and_then(|number| self.kind_of.get(number)).copied();
        if let Some(kind) = known.and_then(|at| self.kinds.get_mut(at.checked_sub(1)?)) {
            kind.2 += 1;
            return;
        }
        let mut hasher = DefaultHasher::new();
        hasher.write(header.module);
        hasher.write_u8(0);
        hasher.write(header.event);
        let at = match self.kind_at.entry(hasher.finish()) {
            Entry::Occupied(known) => *known.get(),
            Entry::Vacant(_) if self.kinds.len() >= KINDS => return,
            Entry::Vacant(new) => {
                self.kinds.push((header.module.into(), header.event.into(), 0));
                *new.insert(self.kinds.len() - 1)
            }
        };
        note(&mut self.kind_of, header.message, at);
        if let Some(kind) = self.kinds.get_mut(at) {
            kind.2 += 1;
        }
    }

    /// The appliance's number, after its packet engine's counter was taken.
    fn engine(&mut self, header: &Header<'_>, time: Seconds) -> u32 {
        let known = header.origin.checked_sub(1).and_then(|number| self.engine_of.get(number)).copied();
        match known.and_then(|at| at.checked_sub(1)) {
            Some(at) => self.engine_at = at,
            None => {
                let is = |engine: &Engine| *engine.host == *header.host && *engine.engine == *header.engine;
                if let Some(at) = self.engines.iter().position(is) {
                    self.engine_at = at;
                } else {
                    let host_id = self.sessions.hosts.number(header.host, text);
                    if self.engines.len() >= ENGINES {
                        return host_id;
                    }
                    let counter = Counter { host: text(header.host), engine: text(header.engine), runs: Vec::new() };
                    let (host, engine) = (header.host.into(), header.engine.into());
                    self.engine_at = self.engines.len();
                    self.engines.push(Engine { host, engine, host_id, counter, last: None });
                }
                note(&mut self.engine_of, header.origin, self.engine_at);
            }
        }
        let Some(engine) = self.engines.get_mut(self.engine_at) else { return 0 };
        // Traps carry no counter.
        if let Some(id) = header.message_id.filter(|id| *id > 0) {
            engine.counter.take(id, time);
            if let Some((last_id, last)) = engine.last
                && id > last_id
                && (time < last - 300 || id == last_id + 1 && time - last > 12 * 3600)
                && self.digest.jumps.len() < 64
            {
                self.digest.jumps.push((self.digest.lines, last, time));
            }
            if engine.last.is_none_or(|(last, _)| id > last || id + 10_000 < last) {
                engine.last = Some((id, time));
            }
        }
        engine.host_id
    }

    fn failed(&mut self, at: At, fields: &Fields<'_>) {
        let Some(client) = fields.client_ip() else { return };
        if self.failures.len() >= ADDRESSES && !self.failures.contains_key(&client) {
            return;
        }
        let line = self.digest.lines;
        let entry = self.failures.entry(client).or_insert(FailedLogins {
            client,
            count: 0,
            unprintable: 0,
            users: Vec::new(),
            first: at.time,
            last: at.time,
            line,
        });
        entry.count += 1;
        entry.first = entry.first.min(at.time);
        entry.last = entry.last.max(at.time);
        let user = fields.user_bytes();
        entry.unprintable +=
            u64::from(user.iter().any(|b| !(0x20..0x7f).contains(b)) && std::str::from_utf8(user).is_err());
        let user = hash(&user.to_ascii_lowercase());
        if entry.users.len() < TARGETS && !entry.users.contains(&user) {
            entry.users.push(user);
        }
    }

    /// Everything that was read.
    pub(super) fn done(self) -> SourceDigest {
        let mut digest = self.digest;
        digest.messages = self
            .kinds
            .into_iter()
            .map(|(module, event, count)| (format!("{} {}", text(&module), text(&event)).trim().to_owned(), count))
            .collect();
        digest.counters =
            self.engines.into_iter().map(|engine| engine.counter).filter(|c| !c.runs.is_empty()).collect();
        digest.counters.sort_by(|a, b| (&a.host, &a.engine).cmp(&(&b.host, &b.engine)));
        Ended { fragments: digest.fragments, regulars: digest.regulars } = self.sessions.done();
        digest.failures = self.failures.into_values().collect();
        digest.traces = self.traces.done();
        if digest.clock.basis == FormBasis::Default && digest.from.is_none() {
            digest.clock = Clock::default();
        }
        digest
    }
}

/// Remembers a place, from 1, under a number, from 1.
fn note(places: &mut Vec<usize>, number: usize, place: usize) {
    let Some(at) = number.checked_sub(1) else { return };
    if at >= places.len() {
        places.resize(at + 1, 0);
    }
    if let Some(slot) = places.get_mut(at) {
        *slot = place + 1;
    }
}

/// Kinds that tell of a session.
fn is_of_session(kind: EventKind) -> bool {
    use EventKind as K;
    matches!(
        kind,
        K::Login
            | K::Logout
            | K::Removed
            | K::Connection
            | K::Denied
            | K::IcaStart
            | K::IcaEnd
            | K::Request
            | K::TimedOut
    )
}

/// Kinds of which the body is read.
fn is_needed(kind: EventKind, header: &Header<'_>) -> bool {
    match kind {
        EventKind::Message => header.module == b"AAA",
        EventKind::LoginFailed | EventKind::Command => true,
        _ => is_of_session(kind),
    }
}
