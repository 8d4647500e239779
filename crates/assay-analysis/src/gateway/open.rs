//! The sessions that are open at a line of the log, and what becomes of them when they end.
//!
//! A session is put away when its number was silent for long, or for long after its end: an ordinary one as its beginning and
//! end under user and address, any other as a [`Fragment`]. So what is held in full follows the sessions that are open. Joining
//! what several sources tell of a session is not done here ([`super::sessions`]).

use super::body::{Fields, Key, user_text};
use super::digest::{BUCKET, Fragment, Regular, TARGETS, Use, UseKind};
use super::event::{self, EventKind};
use super::names::{Names, account};
use super::networks::is_inside;
use super::packed::Fragments;
use super::rules::Rules;
use super::scan::{DateForm, Seconds, text};
use assay_model::Sensitive;
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};
use std::net::IpAddr;

/// Where and when an event stands.
#[derive(Clone, Copy)]
pub(super) struct At {
    /// The appliance's number.
    pub(super) host: u32,
    pub(super) time: Seconds,
    /// Message counter.
    pub(super) id: u64,
    pub(super) line: u64,
    /// The form of dates in bodies.
    pub(super) form: DateForm,
}

impl At {
    fn line(self) -> u32 {
        u32::try_from(self.line).unwrap_or(u32::MAX)
    }
}

/// Whose line it is.
#[derive(Clone, Copy)]
struct Who {
    /// The user's number.
    user: u32,
    session: Option<u64>,
}

/// A session by appliance, number and user; 0 for what is absent.
type SessionKey = (u32, u64, u32);

/// What sessions came to, in the order in which they were put away.
pub(super) struct Ended {
    pub(super) fragments: Fragments,
    pub(super) regulars: Vec<Regular>,
}

/// The open sessions of one source.
pub(super) struct OpenSessions {
    rules: &'static Rules,
    pub(super) hosts: Names,
    users: Names,
    /// Account of each user: without domain.
    accounts: Vec<u32>,
    account_names: Names,
    slots: Vec<Option<(SessionKey, Fragment)>>,
    free: Vec<usize>,
    open: HashMap<SessionKey, usize>,
    by_account: HashMap<(u32, u32), usize>,
    /// Sessions that ended, in the order of their lines.
    ended: VecDeque<(Seconds, SessionKey)>,
    fragments: Fragments,
    regulars: BTreeMap<(u32, u32, IpAddr), Regular>,
}

impl OpenSessions {
    pub(super) fn new(rules: &'static Rules) -> Self {
        Self {
            rules,
            hosts: Names::default(),
            users: Names::default(),
            accounts: vec![0],
            account_names: Names::default(),
            slots: Vec::new(),
            free: Vec::new(),
            open: HashMap::new(),
            by_account: HashMap::new(),
            ended: VecDeque::new(),
            fragments: Fragments::default(),
            regulars: BTreeMap::new(),
        }
    }

    /// Takes an event of a session; others are passed over.
    pub(super) fn take(&mut self, at: At, kind: EventKind, fields: &Fields<'_>) {
        let who = Who { user: self.user(fields), session: fields.number(Key::SessionId) };
        match kind {
            EventKind::Login => self.login(at, who, fields),
            EventKind::Logout | EventKind::Removed => self.logout(at, who, fields),
            EventKind::Connection => self.connection(at, who, fields, UseKind::Tunnel),
            EventKind::Denied => self.connection(at, who, fields, UseKind::Denied),
            EventKind::IcaStart | EventKind::IcaEnd => self.ica(at, who, fields, kind),
            EventKind::Request | EventKind::TimedOut => {
                if let Some(fragment) = self.running(at, who).and_then(|slot| self.fragment(slot)) {
                    fragment.requests += u64::from(kind == EventKind::Request);
                    if fragment.logout.is_none() {
                        fragment.last = fragment.last.max(at.time);
                    }
                }
            }
            _ => {}
        }
    }

    fn user(&mut self, fields: &Fields<'_>) -> u32 {
        let number = self.users.number(fields.user_bytes(), |bytes| user_text(bytes).unwrap_or_default());
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
    fn running(&self, at: At, who: Who) -> Option<usize> {
        let slot = match who.session {
            Some(id) => *self.open.get(&(at.host, id, who.user))?,
            None => self.of_account(at, who.user)?,
        };
        self.is_heard(at, slot).then_some(slot)
    }

    /// True where a slot's session gave a sign not long ago.
    fn is_heard(&self, at: At, slot: usize) -> bool {
        let silence = self.rules.sessions.silence_ends_hours * 3600;
        self.slots.get(slot).and_then(Option::as_ref).is_some_and(|(_, fragment)| at.time - fragment.last <= silence)
    }

    /// The latest session of the user's account.
    fn of_account(&self, at: At, user: u32) -> Option<usize> {
        let account = *self.accounts.get(user as usize)?;
        let slot = *self.by_account.get(&(at.host, account))?;
        let ((host, _, owner), _) = self.slots.get(slot)?.as_ref()?;
        (*host == at.host && self.accounts.get(*owner as usize) == Some(&account)).then_some(slot)
    }

    fn begin(&mut self, at: At, who: Who, client: Option<IpAddr>, first: Seconds) -> usize {
        let session = who.session.unwrap_or(0);
        let key = (at.host, session, who.user);
        if let Some(old) = self.open.get(&key).copied() {
            self.put_away(old);
        }
        let named = Some(self.users.text(who.user)).filter(|user| !user.is_empty());
        let fragment = Fragment {
            host: self.hosts.text(at.host).to_owned(),
            session,
            user: named.map(|user| Sensitive::new(user.to_owned())),
            client,
            first,
            last: first.max(at.time),
            line: at.line(),
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
            && let Some(account) = self.accounts.get(who.user as usize).filter(|account| **account > 0)
        {
            self.by_account.insert((at.host, *account), slot);
        }
        slot
    }

    fn login(&mut self, at: At, who: Who, fields: &Fields<'_>) {
        let client = fields.client_ip();
        if who.session.is_none() {
            return;
        }
        // The same login told twice, by a pair of appliances or two relays.
        let known = self.running(at, who).and_then(|slot| self.fragment(slot)).is_some_and(|known| {
            known.client == client && known.login.is_some_and(|(time, _)| (at.time - time).abs() <= 2)
        });
        if known {
            return;
        }
        let slot = self.begin(at, who, client, at.time);
        let forwarded = event::forwarded(fields.raw(Key::Forwarded));
        if let Some(fragment) = self.fragment(slot) {
            fragment.login = Some((at.time, at.line()));
            fragment.forwarded.extend(forwarded);
            let agents = [fields.raw(Key::Browser), fields.raw(Key::ClientType)];
            fragment.agents.extend(agents.into_iter().map(text).filter(|agent| !agent.is_empty()));
        }
    }

    fn logout(&mut self, at: At, who: Who, fields: &Fields<'_>) {
        let open = self.running(at, who);
        let open = open.filter(|slot| self.fragment(*slot).is_some_and(|fragment| fragment.logout.is_none()));
        let slot = match (open, who.session) {
            (Some(slot), _) => slot,
            (None, Some(_)) => self.begin(at, who, fields.client_ip(), began(at, fields)),
            (None, None) => return,
        };
        let Some(Some((key, fragment))) = self.slots.get_mut(slot) else { return };
        fragment.logout = Some((at.time, at.line()));
        fragment.last = fragment.last.max(at.time);
        fragment.client = fragment.client.or_else(|| fields.client_ip());
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

    fn connection(&mut self, at: At, who: Who, fields: &Fields<'_>, kind: UseKind) {
        let Some(source) = fields.source() else { return };
        let start = began(at, fields);
        let slot = match self.running(at, who) {
            Some(slot) => slot,
            None => self.begin(at, who, fields.client_ip(), start),
        };
        // Of a peer inside the word of a proxy tells who it stands for; of any other anybody could have said it.
        let forwarded = event::forwarded(fields.raw(Key::Forwarded)).filter(|forwarded| !is_inside(*forwarded));
        let source = forwarded.filter(|_| is_inside(source)).unwrap_or(source);
        let mut new = Connection::of(at, fields, source, kind, start);
        if let Some((address, port)) = fields.endpoint(Key::Destination) {
            let known = self.rules.windows.administration_ports.iter().position(|known| *known == port);
            new.ports = known.map_or(0, |bit| 1 << bit.min(31));
            new.target = Some(target(address));
        }
        let Some(fragment) = self.fragment(slot) else { return };
        fragment.client = fragment.client.or_else(|| fields.client_ip());
        new.put_into(fragment);
    }

    fn ica(&mut self, at: At, who: Who, fields: &Fields<'_>, kind: EventKind) {
        let Some(source) = fields.source() else { return };
        let start = began(at, fields);
        let running = match who.session {
            Some(_) => self.running(at, who),
            None => self.of_account(at, who.user).filter(|slot| self.is_heard(at, *slot)),
        };
        // Without a session the user's ICA connections are told together; joining sources may still find one.
        let orphan = running.or_else(|| {
            let slot = *self.open.get(&(at.host, 0, who.user))?;
            self.is_heard(at, slot).then_some(slot)
        });
        let slot = match orphan {
            Some(slot) => slot,
            None => self.begin(at, who, fields.client_ip(), start),
        };
        // Ports and places of brokers and relays are no choice of the user's.
        let mut new = Connection::of(at, fields, source, UseKind::Ica, start);
        new.count = u64::from(kind == EventKind::IcaStart);
        let Some(fragment) = self.fragment(slot) else { return };
        fragment.launches += new.count;
        new.put_into(fragment);
    }

    /// Puts away what fell silent without an end.
    pub(super) fn sweep(&mut self, now: Seconds) {
        let silence = self.rules.sessions.silence_ends_hours * 3600;
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
            _ => self.fragments.push(&fragment),
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
        entry.closed.push(fragment.session, login, logout);
    }

    /// Puts everything away.
    pub(super) fn done(mut self) -> Ended {
        for slot in 0..self.slots.len() {
            self.put_away(slot);
        }
        let mut regulars: Vec<Regular> = self.regulars.into_values().collect();
        regulars.sort_by(|a, b| (&a.host, &a.user, a.client).cmp(&(&b.host, &b.user, b.client)));
        Ended { fragments: self.fragments, regulars }
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

/// One line of a connection.
struct Connection {
    source: IpAddr,
    kind: UseKind,
    start: Seconds,
    end: Seconds,
    count: u64,
    send: u64,
    recv: u64,
    ports: u32,
    target: Option<u32>,
    line: u32,
    id: u64,
}

impl Connection {
    fn of(at: At, fields: &Fields<'_>, source: IpAddr, kind: UseKind, start: Seconds) -> Self {
        Self {
            source,
            kind,
            start,
            end: at.time.max(start),
            count: 1,
            send: fields.number(Key::BytesSend).unwrap_or(0),
            recv: fields.number(Key::BytesRecv).unwrap_or(0),
            ports: 0,
            target: None,
            line: at.line(),
            id: at.id,
        }
    }

    /// Adds it to what the session has of its address in the same minutes.
    fn put_into(self, fragment: &mut Fragment) {
        // The body's clock may stand in another zone than the header's: a login is never later than what it allowed.
        if fragment.login.is_none() {
            fragment.first = fragment.first.min(self.start);
        }
        fragment.last = fragment.last.max(self.end);
        let from = self.start.div_euclid(BUCKET) * BUCKET;
        let inside = is_inside(self.source);
        let is_same = |known: &&mut Use| {
            known.source == self.source
                && known.kind == self.kind
                && (inside || (known.first >= from && known.first - from < BUCKET))
        };
        if let Some(known) = fragment.uses.iter_mut().rev().take(16).find(is_same) {
            return self.add_to(known);
        }
        fragment.uses.push(Use {
            source: self.source,
            kind: self.kind,
            first: self.start,
            last: self.start,
            end: self.end,
            count: self.count,
            send: self.send,
            recv: self.recv,
            ports: self.ports,
            targets: self.target.into_iter().collect(),
            line: self.line,
            place: 0,
            ids: (self.id, self.id),
        });
    }

    fn add_to(self, known: &mut Use) {
        known.count = known.count.saturating_add(self.count);
        known.send = known.send.saturating_add(self.send);
        known.recv = known.recv.saturating_add(self.recv);
        if (self.start, self.line) < (known.first, known.line) {
            known.line = self.line;
        }
        known.first = known.first.min(self.start);
        known.last = known.last.max(self.start);
        known.end = known.end.max(self.end);
        known.ports |= self.ports;
        if let Some(target) = self.target
            && known.targets.len() < TARGETS
            && !known.targets.contains(&target)
        {
            known.targets.push(target);
        }
        known.ids = (known.ids.0.min(self.id), known.ids.1.max(self.id));
    }
}

/// A short name for a destination.
fn target(address: IpAddr) -> u32 {
    match address {
        IpAddr::V4(four) => u32::from(four),
        IpAddr::V6(_) => hash(&address),
    }
}

/// A short name for something, the same in every process: `DefaultHasher` by itself has fixed keys.
pub(super) fn hash(value: &impl std::hash::Hash) -> u32 {
    let hash = BuildHasherDefault::<DefaultHasher>::default().hash_one(value);
    (hash >> 32) as u32
}
