//! One source, block by block, to its digest.
//!
//! Every line becomes part of what a digest counts or is counted under a reason; the two together are the lines of the
//! source. Lines are read as they come: sessions that ended long ago on the log's clock are put away, ordinary ones as their
//! beginning and end only, so that memory follows the sessions that are open, not the log. Budgets are counted, never timed.
//!
//! Long because the events of one session meet in one state.

use super::body::{Fields, Key};
use super::config;
use super::dates::FormSearch;
use super::digest::{
    Clock, Counter, EXAMPLES, FailedLogins, FormBasis, Fragment, Regular, SourceDigest, SourceKind, TARGETS, Use,
    UseKind,
};
use super::event::{self, EventKind, LINE_LIMIT};
use super::header::{Header, HeaderTime};
use super::networks::is_inside;
use super::rules::{self, Rules};
use super::scan::{Seconds, text};
use super::traces::{Field, TraceLog};
use super::web;
use super::wrap::Wrapper;
use assay_model::{ExhibitId, ItemPath, Sensitive};
use memchr::memchr;
use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher, Hasher};
use std::net::IpAddr;

/// Lines looked at to tell what a source is.
const PROBED_LINES: usize = 512;

/// One line in this many must be of the kind.
const PROBE_SHARE: usize = 10;

/// The lines of a text without their ends; a last line without a line end counts.
pub(super) fn lines(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = bytes;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let (line, after) = match memchr(b'\n', rest) {
            Some(end) => (rest.get(..end)?, rest.get(end + 1..)?),
            None => (rest, &[][..]),
        };
        rest = after;
        Some(line.strip_suffix(b"\r").unwrap_or(line))
    })
}

/// What a source is, told by its first lines; `None` for anything that is no gateway evidence.
pub(super) fn recognise(head: &[u8]) -> Option<(SourceKind, Wrapper)> {
    let wrapper = lines(head).next().map(Wrapper::of_first_line).unwrap_or_default();
    let (mut seen, mut hits) = (0, [0_usize; 6]);
    for line in lines(head).filter(|line| !line.trim_ascii().is_empty()).take(PROBED_LINES) {
        seen += 1;
        if line.len() > LINE_LIMIT {
            continue;
        }
        let line = &*wrapper.open(line);
        let kind = if event::head(line).is_ok() {
            SourceKind::Log
        } else if config::is_config(line) {
            SourceKind::Configuration
        } else if web::shell(line).is_some() {
            SourceKind::Shell
        } else if web::access(line).is_some_and(|access| access.time.is_some()) || is_bare_access(line) {
            SourceKind::WebAccess
        } else if web::error(line).is_some() {
            SourceKind::WebError
        } else if watch(line).is_some() {
            SourceKind::Watch
        } else {
            continue;
        };
        hits[kind as usize] += 1;
    }
    let best = SourceKind::ALL.into_iter().max_by_key(|kind| (hits[*kind as usize], std::cmp::Reverse(*kind)))?;
    let count = hits[best as usize];
    let is_enough = count > 0 && count * PROBE_SHARE >= seen && best != SourceKind::Configuration;
    // Of a configuration one line is enough: most of its commands are not looked at.
    let is_config = hits[SourceKind::Configuration as usize] > 0;
    is_enough.then_some(best).or(is_config.then_some(SourceKind::Configuration)).map(|kind| (kind, wrapper))
}

fn is_bare_access(line: &[u8]) -> bool {
    web::access(line).is_some() && memchr::memmem::find(line, b" microsecs\"").is_some()
}

/// Searches the form of dates over as many lines as it takes.
pub(super) struct ClockSearch {
    search: FormSearch,
    wrapper: Wrapper,
}

impl ClockSearch {
    pub(super) fn new(wrapper: Wrapper) -> Self {
        Self { search: FormSearch::new(), wrapper }
    }

    /// Takes whole lines; true when no further line is needed.
    pub(super) fn see(&mut self, block: &[u8]) -> bool {
        for line in lines(block).filter(|line| line.len() <= LINE_LIMIT) {
            self.search.see(&self.wrapper.open(line));
            if self.search.is_settled() {
                return true;
            }
        }
        false
    }

    pub(super) fn clock(&self) -> Clock {
        self.search.clock()
    }
}

/// A session by appliance, number and user; 0 for what is absent.
type SessionKey = (u32, u64, u32);

/// Reads blocks of whole lines into a digest.
pub(super) struct Reader<'a> {
    exhibit: &'a ExhibitId,
    path: &'a ItemPath,
    rules: &'static Rules,
    wrapper: Wrapper,
    digest: SourceDigest,
    hosts: Names,
    users: Names,
    /// Account of each user: without domain.
    accounts: Vec<u32>,
    account_names: Names,
    engines: Vec<Engine>,
    engine_at: usize,
    slots: Vec<Option<(SessionKey, Fragment)>>,
    free: Vec<usize>,
    open: Map<SessionKey, usize>,
    by_account: Map<(u32, u32), usize>,
    /// Sessions that ended, in the order of their lines.
    ended: VecDeque<(Seconds, SessionKey)>,
    regulars: BTreeMap<(u32, u32, IpAddr), Regular>,
    failures: BTreeMap<IpAddr, FailedLogins>,
    traces: TraceLog,
    kinds: Vec<Kind>,
    kind_at: Map<u64, usize>,
    swept: u64,
    now: Seconds,
}

type Map<K, V> = HashMap<K, V>;

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

/// Numbers for names, from 1.
#[derive(Default)]
struct Names {
    raw: Map<Box<[u8]>, u32>,
    by_text: Map<String, u32>,
    texts: Vec<String>,
}

impl Names {
    fn number(&mut self, bytes: &[u8], read: impl Fn(&[u8]) -> String) -> u32 {
        if bytes.is_empty() {
            return 0;
        }
        if let Some(number) = self.raw.get(bytes) {
            return *number;
        }
        let text = read(bytes);
        if text.is_empty() {
            return 0;
        }
        let next = self.texts.len() as u32 + 1;
        // Directories do not tell upper from lower case, so neither do numbers.
        let number = *self.by_text.entry(text.to_lowercase()).or_insert(next);
        if number == next {
            self.texts.push(text);
        }
        if self.raw.len() < 1 << 20 {
            self.raw.insert(bytes.into(), number);
        }
        number
    }

    fn text(&self, number: u32) -> &str {
        (number as usize).checked_sub(1).and_then(|at| self.texts.get(at)).map_or("", String::as_str)
    }
}

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
            rules: rules::shipped(),
            wrapper,
            digest: SourceDigest { kind, clock, ..SourceDigest::default() },
            hosts: Names::default(),
            users: Names::default(),
            accounts: vec![0],
            account_names: Names::default(),
            engines: Vec::new(),
            engine_at: 0,
            slots: Vec::new(),
            free: Vec::new(),
            open: Map::default(),
            by_account: Map::default(),
            ended: VecDeque::new(),
            regulars: BTreeMap::new(),
            failures: BTreeMap::new(),
            traces: TraceLog::default(),
            kinds: Vec::new(),
            kind_at: Map::default(),
            swept: 0,
            now: Seconds::MIN,
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
        let (header, kind) = event::head(line).inspect_err(|_| self.of_another_program(line))?;
        let clock = self.digest.clock;
        // Of most kinds nothing but the header is needed here; a time may have to come from the body.
        let needed = is_needed(kind, &header) || header.time == HeaderTime::Missing;
        let fields = if needed { event::fields(&header, kind)? } else { Fields::none() };
        let (time, utc) = event::time(&header, &fields, clock.form, clock.body).ok_or(match header.time {
            HeaderTime::Missing => "the header was eaten by a relay and the body has no time",
            _ => "a date that no calendar has",
        })?;
        self.dated(Some(time), utc);
        self.count(&header);
        let host = self.engine(&header, time);
        self.now = time;
        let at = At { host, time, id: header.message_id.unwrap_or(0), form: clock.body };
        match kind {
            EventKind::Login => self.login(at, &fields),
            EventKind::Logout | EventKind::Removed => self.logout(at, &fields),
            EventKind::Connection => self.connection(at, &fields, UseKind::Tunnel),
            EventKind::Denied => self.connection(at, &fields, UseKind::Denied),
            EventKind::IcaStart | EventKind::IcaEnd => self.ica(at, &fields, kind),
            EventKind::Request | EventKind::TimedOut => {
                if let Some(fragment) = self.running(at, &fields).and_then(|slot| self.fragment(slot)) {
                    fragment.requests += u64::from(kind == EventKind::Request);
                    if fragment.logout.is_none() {
                        fragment.last = fragment.last.max(time);
                    }
                }
            }
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
            _ => {}
        }
        if self.digest.lines - self.swept > SWEEP {
            self.sweep();
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
        let mut hasher = DefaultHasher::new();
        hasher.write(header.module);
        hasher.write_u8(0);
        hasher.write(header.event);
        let hash = hasher.finish();
        if let Some(at) = self.kind_at.get(&hash).and_then(|at| self.kinds.get_mut(*at)) {
            at.2 += 1;
        } else if self.kinds.len() < KINDS {
            self.kind_at.insert(hash, self.kinds.len());
            self.kinds.push((header.module.into(), header.event.into(), 1));
        }
    }

    /// The appliance's number, after its packet engine's counter was taken.
    fn engine(&mut self, header: &Header<'_>, time: Seconds) -> u32 {
        let is = |engine: &Engine| *engine.host == *header.host && *engine.engine == *header.engine;
        if !self.engines.get(self.engine_at).is_some_and(is) {
            match self.engines.iter().position(is) {
                Some(at) => self.engine_at = at,
                None => {
                    let host_id = self.hosts.number(header.host, text);
                    if self.engines.len() >= ENGINES {
                        return host_id;
                    }
                    let counter = Counter { host: text(header.host), engine: text(header.engine), runs: Vec::new() };
                    let (host, engine) = (header.host.into(), header.engine.into());
                    self.engine_at = self.engines.len();
                    self.engines.push(Engine { host, engine, host_id, counter, last: None });
                }
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

    fn user(&mut self, fields: &Fields<'_>) -> u32 {
        let number = self.users.number(fields.user_bytes(), |bytes| super::body::user_text(bytes).unwrap_or_default());
        if number as usize >= self.accounts.len() {
            let account = account(self.users.text(number));
            let account = self.account_names.number(account.as_bytes(), text);
            self.accounts.push(account);
        }
        number
    }

    fn fragment(&mut self, slot: usize) -> Option<&mut Fragment> {
        self.slots.get_mut(slot).and_then(Option::as_mut).map(|(_, fragment)| fragment)
    }

    /// The session that a line belongs to, if its id did not fall silent too long ago.
    fn running(&mut self, at: At, fields: &Fields<'_>) -> Option<usize> {
        let user = self.user(fields);
        let slot = match fields.number(Key::SessionId) {
            Some(id) => *self.open.get(&(at.host, id, user))?,
            None => self.of_account(at, user)?,
        };
        let silence = self.rules.sessions.silence_ends_hours * 3600;
        let (_, fragment) = self.slots.get(slot)?.as_ref()?;
        (at.time - fragment.last <= silence).then_some(slot)
    }

    /// The latest session of the user's account.
    fn of_account(&self, at: At, user: u32) -> Option<usize> {
        let account = *self.accounts.get(user as usize)?;
        let slot = *self.by_account.get(&(at.host, account))?;
        let ((host, _, owner), _) = self.slots.get(slot)?.as_ref()?;
        (*host == at.host && self.accounts.get(*owner as usize) == Some(&account)).then_some(slot)
    }

    fn begin(&mut self, at: At, fields: &Fields<'_>, session: u64, first: Seconds) -> usize {
        let user = self.user(fields);
        let key = (at.host, session, user);
        if let Some(old) = self.open.get(&key).copied() {
            self.put_away(old);
        }
        let line = u32::try_from(self.digest.lines).unwrap_or(u32::MAX);
        let named = Some(self.users.text(user)).filter(|user| !user.is_empty());
        let fragment = Fragment {
            host: self.hosts.text(at.host).to_owned(),
            session,
            user: named.map(|user| Sensitive::new(user.to_owned())),
            client: fields.client_ip(),
            first,
            last: first.max(at.time),
            line,
            ..Fragment::default()
        };
        let slot = self.free.pop().unwrap_or(self.slots.len());
        if slot == self.slots.len() {
            self.slots.push(None);
        }
        if let Some(place) = self.slots.get_mut(slot) {
            *place = Some((key, fragment));
        }
        self.open.insert(key, slot);
        if session > 0
            && let Some(account) = self.accounts.get(user as usize).filter(|account| **account > 0)
        {
            self.by_account.insert((at.host, *account), slot);
        }
        slot
    }

    fn login(&mut self, at: At, fields: &Fields<'_>) {
        let line = u32::try_from(self.digest.lines).unwrap_or(u32::MAX);
        let client = fields.client_ip();
        let Some(id) = fields.number(Key::SessionId) else { return };
        let running = self.running(at, fields);
        // The same login told twice, by a pair of appliances or two relays.
        let known = running.and_then(|slot| self.fragment(slot)).is_some_and(|known| {
            known.client == client && known.login.is_some_and(|(time, _)| (at.time - time).abs() <= 2)
        });
        if known {
            return;
        }
        let slot = self.begin(at, fields, id, at.time);
        let forwarded = event::forwarded(fields.raw(Key::Forwarded));
        if let Some(fragment) = self.fragment(slot) {
            fragment.login = Some((at.time, line));
            fragment.forwarded.extend(forwarded);
            let agents = [fields.raw(Key::Browser), fields.raw(Key::ClientType)];
            fragment.agents.extend(agents.into_iter().map(text).filter(|agent| !agent.is_empty()));
        }
    }

    fn logout(&mut self, at: At, fields: &Fields<'_>) {
        let line = u32::try_from(self.digest.lines).unwrap_or(u32::MAX);
        let open = self.running(at, fields);
        let open = open.filter(|slot| self.fragment(*slot).is_some_and(|fragment| fragment.logout.is_none()));
        let slot = match (open, fields.number(Key::SessionId)) {
            (Some(slot), _) => slot,
            (None, Some(id)) => self.begin(at, fields, id, began(at, fields)),
            (None, None) => return,
        };
        let Some(Some((key, fragment))) = self.slots.get_mut(slot) else { return };
        fragment.logout = Some((at.time, line));
        fragment.last = fragment.last.max(at.time);
        fragment.client = fragment.client.or(fields.client_ip());
        if fragment.ended.is_empty() {
            fragment.ended = text(fields.raw(Key::LogoutMethod));
        }
        fragment.logout_bytes =
            (fields.number(Key::BytesSend).unwrap_or(0), fields.number(Key::BytesRecv).unwrap_or(0));
        self.ended.push_back((at.time, *key));
        let silence = self.rules.sessions.silence_ends_hours * 3600;
        while self.ended.front().is_some_and(|(time, _)| at.time - time > silence) {
            let Some((time, key)) = self.ended.pop_front() else { break };
            let slot = self.open.get(&key).copied();
            let same = |slot: &usize| {
                self.slots
                    .get(*slot)
                    .and_then(Option::as_ref)
                    .is_some_and(|(_, f)| f.logout.is_some_and(|(t, _)| t == time))
            };
            if let Some(slot) = slot.filter(same) {
                self.put_away(slot);
            }
        }
    }

    fn connection(&mut self, at: At, fields: &Fields<'_>, kind: UseKind) {
        let Some((source, _)) = fields.endpoint(Key::Source) else { return };
        let start = began(at, fields);
        let slot = match self.running(at, fields) {
            Some(slot) => slot,
            None => self.begin(at, fields, fields.number(Key::SessionId).unwrap_or(0), start),
        };
        // Of a peer inside the word of a proxy tells who it stands for; of any other anybody could have said it.
        let forwarded = event::forwarded(fields.raw(Key::Forwarded)).filter(|forwarded| !is_inside(*forwarded));
        let source = forwarded.filter(|_| is_inside(source)).unwrap_or(source);
        let client = fields.client_ip();
        let new = self.new_use(at, fields, source, kind, start);
        let Some(fragment) = self.fragment(slot) else { return };
        fragment.client = fragment.client.or(client);
        add_use(fragment, new);
    }

    fn new_use(&self, at: At, fields: &Fields<'_>, source: IpAddr, kind: UseKind, start: Seconds) -> Use {
        let mut ports = 0;
        let mut targets = Vec::new();
        if let Some((address, port)) = fields.endpoint(Key::Destination) {
            let known = self.rules.windows.administration_ports.iter().position(|known| *known == port);
            ports = known.map_or(0, |bit| 1 << bit.min(31));
            targets.push(hash(&address));
        }
        Use {
            source,
            kind,
            first: start,
            last: start,
            end: at.time.max(start),
            count: 1,
            send: fields.number(Key::BytesSend).unwrap_or(0),
            recv: fields.number(Key::BytesRecv).unwrap_or(0),
            ports,
            targets,
            line: u32::try_from(self.digest.lines).unwrap_or(u32::MAX),
            place: 0,
            ids: (at.id, at.id),
        }
    }

    fn ica(&mut self, at: At, fields: &Fields<'_>, kind: EventKind) {
        let Some((source, _)) = fields.endpoint(Key::Source) else { return };
        let start = began(at, fields);
        let user = self.user(fields);
        let silence = self.rules.sessions.silence_ends_hours * 3600;
        let named = fields.number(Key::SessionId);
        let running = match named {
            Some(_) => self.running(at, fields),
            None => self.of_account(at, user).filter(|slot| {
                let fragment = self.slots.get(*slot).and_then(Option::as_ref);
                fragment.is_some_and(|(_, f)| at.time - f.last <= silence)
            }),
        };
        // Without a session the user's ICA connections are told together; joining sources may still find one.
        let orphan = running.or_else(|| {
            let slot = *self.open.get(&(at.host, 0, user))?;
            let fragment = self.slots.get(slot).and_then(Option::as_ref);
            fragment.is_some_and(|(_, f)| at.time - f.last <= silence).then_some(slot)
        });
        let slot = match orphan {
            Some(slot) => slot,
            None => self.begin(at, fields, named.unwrap_or(0), start),
        };
        let mut new = self.new_use(at, fields, source, UseKind::Ica, start);
        // Ports of brokers and relays are no choice of the user's.
        (new.ports, new.targets) = (0, Vec::new());
        new.count = u64::from(kind == EventKind::IcaStart);
        let Some(fragment) = self.fragment(slot) else { return };
        fragment.launches += new.count;
        add_use(fragment, new);
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

    /// Puts away what fell silent without an end.
    fn sweep(&mut self) {
        self.swept = self.digest.lines;
        let silence = self.rules.sessions.silence_ends_hours * 3600;
        let now = self.now;
        let silent =
            |entry: &Option<(SessionKey, Fragment)>| entry.as_ref().is_some_and(|(_, f)| now - f.last > silence);
        let silent: Vec<usize> = (0..self.slots.len()).filter(|n| self.slots.get(*n).is_some_and(silent)).collect();
        silent.into_iter().for_each(|slot| self.put_away(slot));
    }

    fn put_away(&mut self, slot: usize) {
        let Some((key, fragment)) = self.slots.get_mut(slot).and_then(Option::take) else { return };
        if self.open.get(&key) == Some(&slot) {
            self.open.remove(&key);
        }
        let (host, _, user) = key;
        let account = self.accounts.get(user as usize).copied().unwrap_or(0);
        if self.by_account.get(&(host, account)) == Some(&slot) {
            self.by_account.remove(&(host, account));
        }
        self.free.push(slot);
        // Behind a proxy that names the client, sessions are told by that address.
        let client = match (fragment.client, fragment.forwarded.as_slice()) {
            (Some(client), [forwarded]) if is_inside(client) => Some(*forwarded),
            (client, _) => client,
        };
        match (self.is_regular(&fragment, client), client) {
            (true, Some(client)) => self.keep_regular((host, user, client), &fragment),
            _ => self.digest.fragments.push(fragment),
        }
    }

    /// Logged in and out, used from its own address only, nothing out of the ordinary.
    fn is_regular(&self, fragment: &Fragment, client: Option<IpAddr>) -> bool {
        let own = |one: &Use| Some(one.source) == client || is_inside(one.source);
        let (Some((login, _)), Some((logout, _)), Some(client)) = (fragment.login, fragment.logout, client) else {
            return false;
        };
        let grace = self.rules.sessions.logout_grace_seconds;
        let targets: usize = fragment.uses.iter().map(|one| one.targets.len()).sum();
        fragment.session > 0
            && fragment.user.is_some()
            && fragment.forwarded.iter().all(|forwarded| *forwarded == client)
            && login <= logout
            && targets < self.rules.windows.fan_out
            && fragment.uses.iter().all(|one| own(one) && one.last <= logout + grace)
    }

    fn keep_regular(&mut self, key: (u32, u32, IpAddr), fragment: &Fragment) {
        let (host, user, client) = key;
        let entry = self.regulars.entry(key).or_insert_with(|| Regular {
            host: self.hosts.text(host).to_owned(),
            user: Sensitive::new(self.users.text(user).to_owned()),
            client: Some(client),
            ..Regular::default()
        });
        for agent in &fragment.agents {
            if entry.agents.len() < 8 && !entry.agents.contains(agent) {
                entry.agents.push(agent.clone());
            }
        }
        for one in &fragment.uses {
            entry.connections += one.count;
            entry.send = entry.send.saturating_add(one.send);
            entry.recv = entry.recv.saturating_add(one.recv);
            entry.ports |= one.ports;
        }
        let login = fragment.login.map_or(fragment.first, |(time, _)| time);
        let logout = fragment.logout.map_or(fragment.last, |(time, _)| time);
        entry.closed.push((fragment.session, login, logout));
    }

    /// Everything that was read.
    pub(super) fn done(mut self) -> SourceDigest {
        for slot in 0..self.slots.len() {
            self.put_away(slot);
        }
        let mut digest = self.digest;
        digest.messages = self
            .kinds
            .into_iter()
            .map(|(module, event, count)| (format!("{} {}", text(&module), text(&event)).trim().to_owned(), count))
            .collect();
        digest.counters =
            self.engines.into_iter().map(|engine| engine.counter).filter(|c| !c.runs.is_empty()).collect();
        digest.counters.sort_by(|a, b| (&a.host, &a.engine).cmp(&(&b.host, &b.engine)));
        digest.regulars = self.regulars.into_values().collect();
        digest.regulars.sort_by(|a, b| (&a.host, &a.user, a.client).cmp(&(&b.host, &b.user, b.client)));
        digest.fragments.sort_by(|a, b| {
            (a.first, &a.host, a.session, &a.user, a.line).cmp(&(b.first, &b.host, b.session, &b.user, b.line))
        });
        digest.failures = self.failures.into_values().collect();
        digest.traces = self.traces.done();
        if digest.clock.basis == FormBasis::Default && digest.from.is_none() {
            digest.clock = Clock::default();
        }
        digest
    }
}

/// Where and when an event stands.
#[derive(Clone, Copy)]
struct At {
    host: u32,
    time: Seconds,
    id: u64,
    form: super::scan::DateForm,
}

/// Kinds of which the body is read.
fn is_needed(kind: EventKind, header: &Header<'_>) -> bool {
    use EventKind as K;
    match kind {
        K::Message => header.module == b"AAA",
        K::Login | K::Logout | K::Removed | K::Connection | K::Denied | K::IcaStart | K::IcaEnd => true,
        K::Request | K::TimedOut | K::LoginFailed | K::Command => true,
        _ => false,
    }
}

/// A connection logged as longer than this has a start that was misread.
const LONGEST_CONNECTION: Seconds = 7 * 86_400;

/// When a connection or session began: as its duration says, else as its start says, unless that lies after the line or
/// absurdly long before. A start may stand in another zone than the header; a duration does not.
fn began(at: At, fields: &Fields<'_>) -> Seconds {
    let by_duration = fields.duration().map(|duration| at.time - duration);
    let start = by_duration.or_else(|| fields.time(Key::Start, at.form));
    start.filter(|start| *start <= at.time && at.time - start <= LONGEST_CONNECTION).unwrap_or(at.time)
}

fn add_use(fragment: &mut Fragment, new: Use) {
    // The body's clock may stand in another zone than the header's: a login is never later than what it allowed.
    if fragment.login.is_none() {
        fragment.first = fragment.first.min(new.first);
    }
    fragment.last = fragment.last.max(new.end);
    let is_same = |known: &Use| {
        known.source == new.source && known.kind == new.kind && (is_inside(new.source) || known.same_bucket(&new))
    };
    match fragment.uses.iter_mut().rev().take(16).find(|known| is_same(known)) {
        Some(known) => known.add(&new),
        None => fragment.uses.push(new),
    }
}

/// A user without the domain that a directory, a mail address or ICA puts around it.
pub(super) fn account(user: &str) -> String {
    let user = user.rsplit_once('\\').map_or(user, |(_, user)| user);
    let user = user.split_once('@').map_or(user, |(user, _)| user);
    let user = user.split_once(':').map_or(user, |(user, _)| user);
    user.trim().to_lowercase()
}

fn hash(value: &impl std::hash::Hash) -> u32 {
    // The same in every process: `DefaultHasher` by itself has fixed keys.
    let hash = BuildHasherDefault::<DefaultHasher>::default().hash_one(value);
    (hash >> 32) as u32
}

/// Time and state of an observation that `assay-watch` wrote: a JSON record a line.
fn watch(line: &[u8]) -> Option<(Seconds, String)> {
    if line.len() > 8192 || !line.starts_with(b"{") {
        return None;
    }
    let record: serde_json::Value = serde_json::from_slice(line).ok()?;
    if record.get("schema")?.as_str()? != "assay.watch/1" {
        return None;
    }
    let time: jiff::Timestamp = record.get("time")?.as_str()?.parse().ok()?;
    let state = record.get("state")?.as_str()?;
    let detail = record.get("detail").and_then(|detail| detail.as_str()).unwrap_or_default();
    Some((time.as_second(), format!("{}: {}", text(state.as_bytes()), text(detail.as_bytes()))))
}
