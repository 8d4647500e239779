//! Sessions from LOGIN to LOGOUT with their connections.
//!
//! A SessionId is no key by itself: it is given out again, and another appliance has its own. A session is one appliance,
//! SessionId, user and start. A lost LOGIN leaves a session without one, a lost LOGOUT one that stays open until its id falls
//! silent. LOGOUT repeats the sums of its connections, so its bytes count only where no connection was logged.

use super::rules::SessionRules;
use assay_model::{EventKind, GatewayEvent, Locator, Sensitive, Session};
use jiff::SignedDuration;
use jiff::civil::DateTime;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::IpAddr;

/// A user by order of first appearance, from one; never a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct UserNumber(pub(super) usize);

/// One TCPCONNSTAT.
#[derive(Clone, Copy, Debug)]
pub(super) struct Connection<'a> {
    pub(super) source: IpAddr,
    pub(super) destination: Option<(IpAddr, u16)>,
    pub(super) start: DateTime,
    pub(super) end: DateTime,
    pub(super) locator: &'a Locator,
    pub(super) after_logout: bool,
}

/// A session with what the rules look at.
#[derive(Debug)]
pub(super) struct Rebuilt<'a> {
    pub(super) session: Session,
    pub(super) user: Option<UserNumber>,
    /// By start.
    pub(super) connections: Vec<Connection<'a>>,
    logout_bytes: (u64, u64),
}

/// All sessions, and who logged in from where.
#[derive(Debug, Default)]
pub(super) struct Sessions<'a> {
    /// In the order of their first sign.
    pub(super) list: Vec<Rebuilt<'a>>,
    /// Users that logged in from an address, or hold a session whose Client_ip it is.
    pub(super) users_of: BTreeMap<IpAddr, BTreeSet<UserNumber>>,
}

/// Rebuilds sessions from events in the order of time.
pub(super) fn rebuild<'a>(events: &[&'a GatewayEvent], rules: &SessionRules) -> Sessions<'a> {
    let mut builder = Builder::new(rules);
    for event in events {
        builder.take(event);
    }
    builder.finish()
}

/// A connection logged as longer than this has a start that was misread.
const LONGEST_CONNECTION: SignedDuration = SignedDuration::from_hours(7 * 24);

struct Builder<'a> {
    grace: SignedDuration,
    silence: SignedDuration,
    numbers: HashMap<String, UserNumber>,
    /// The latest session of an appliance, id and user.
    by_id: HashMap<(&'a str, u64, Option<UserNumber>), usize>,
    /// The latest session of an appliance and user, for lines without a SessionId.
    by_user: HashMap<(&'a str, UserNumber), usize>,
    sessions: Sessions<'a>,
}

impl<'a> Builder<'a> {
    fn new(rules: &SessionRules) -> Self {
        Self {
            grace: SignedDuration::from_secs(rules.logout_grace_seconds),
            silence: SignedDuration::from_hours(rules.silence_ends_hours),
            numbers: HashMap::new(),
            by_id: HashMap::new(),
            by_user: HashMap::new(),
            sessions: Sessions::default(),
        }
    }

    fn take(&mut self, event: &'a GatewayEvent) {
        let user = event.user.as_ref().map(|user| self.number(user.reveal()));
        match event.kind {
            EventKind::Login => self.login(event, user),
            EventKind::Logout => self.logout(event, user),
            EventKind::TcpConnStat => self.connection(event, user),
            EventKind::Other => {
                if let Some(session) = self.running(event, user).and_then(|index| self.sessions.list.get_mut(index))
                    && session.session.logout.is_none()
                {
                    session.session.last = session.session.last.max(event.time);
                }
            }
        }
        if let (EventKind::Login | EventKind::TcpConnStat, Some(address), Some(user)) =
            (event.kind, event.client_ip, user)
        {
            self.sessions.users_of.entry(address).or_default().insert(user);
        }
    }

    /// Directories do not tell upper from lower case, so neither do numbers.
    fn number(&mut self, user: &str) -> UserNumber {
        let next = UserNumber(self.numbers.len() + 1);
        *self.numbers.entry(user.to_lowercase()).or_insert(next)
    }

    /// The session that a line belongs to, if its id did not fall silent too long ago.
    fn running(&self, event: &GatewayEvent, user: Option<UserNumber>) -> Option<usize> {
        let index = match event.session_id {
            Some(id) => *self.by_id.get(&(event.host.as_str(), id, user))?,
            None => *self.by_user.get(&(event.host.as_str(), user?))?,
        };
        let session = &self.sessions.list.get(index)?.session;
        (event.time.duration_since(session.last) <= self.silence).then_some(index)
    }

    fn open(&mut self, event: &'a GatewayEvent, user: Option<UserNumber>, first: DateTime) -> Option<usize> {
        let session_id = event.session_id?;
        let index = self.sessions.list.len();
        self.sessions.list.push(Rebuilt {
            session: Session {
                session_id,
                user: event.user.as_ref().map(|user| Sensitive::new(user.reveal().clone())),
                login: None,
                logout: None,
                first,
                last: first.max(event.time),
                client_ip: event.client_ip,
                sources: Vec::new(),
                bytes_send: 0,
                bytes_recv: 0,
            },
            user,
            connections: Vec::new(),
            logout_bytes: (0, 0),
        });
        self.by_id.insert((&event.host, session_id, user), index);
        if let Some(user) = user {
            self.by_user.insert((&event.host, user), index);
        }
        Some(index)
    }

    fn login(&mut self, event: &'a GatewayEvent, user: Option<UserNumber>) {
        // The same login told twice, by a pair of appliances or two relays.
        let is_known = self
            .running(event, user)
            .and_then(|index| self.sessions.list.get(index))
            .is_some_and(|known| known.session.login == Some(event.time) && known.session.client_ip == event.client_ip);
        if !is_known
            && let Some(index) = self.open(event, user, event.time)
            && let Some(session) = self.sessions.list.get_mut(index)
        {
            session.session.login = Some(event.time);
        }
    }

    fn logout(&mut self, event: &'a GatewayEvent, user: Option<UserNumber>) {
        let open = self
            .running(event, user)
            .filter(|index| self.sessions.list.get(*index).is_some_and(|session| session.session.logout.is_none()));
        let index = open.or_else(|| self.open(event, user, began(event)));
        let Some(session) = index.and_then(|index| self.sessions.list.get_mut(index)) else { return };
        session.session.logout = Some(event.time);
        session.session.last = session.session.last.max(event.time);
        session.session.client_ip = session.session.client_ip.or(event.client_ip);
        session.logout_bytes = (event.bytes_send.unwrap_or(0), event.bytes_recv.unwrap_or(0));
    }

    fn connection(&mut self, event: &'a GatewayEvent, user: Option<UserNumber>) {
        let Some((source, _)) = event.source else { return };
        let start = began(event);
        let index = self.running(event, user).or_else(|| self.open(event, user, start));
        let grace = self.grace;
        let Some(session) = index.and_then(|index| self.sessions.list.get_mut(index)) else { return };
        let after_logout = session.session.logout.is_some_and(|logout| start.duration_since(logout) > grace);
        session.connections.push(Connection {
            source,
            destination: event.destination,
            start,
            end: event.time,
            locator: &event.locator,
            after_logout,
        });
        let summary = &mut session.session;
        summary.client_ip = summary.client_ip.or(event.client_ip);
        // A body's clock may stand in another zone than the header's: a login is never later than what it allowed.
        summary.first = if summary.login.is_some() { summary.first } else { summary.first.min(start) };
        summary.last = summary.last.max(event.time);
        summary.bytes_send = summary.bytes_send.saturating_add(event.bytes_send.unwrap_or(0));
        summary.bytes_recv = summary.bytes_recv.saturating_add(event.bytes_recv.unwrap_or(0));
    }

    fn finish(mut self) -> Sessions<'a> {
        for rebuilt in &mut self.sessions.list {
            rebuilt.connections.sort_by_key(|connection| (connection.start, connection.end));
            if rebuilt.connections.is_empty() {
                (rebuilt.session.bytes_send, rebuilt.session.bytes_recv) = rebuilt.logout_bytes;
            }
            let mut sources: BTreeMap<IpAddr, (DateTime, DateTime, u64)> = BTreeMap::new();
            for connection in &rebuilt.connections {
                let use_of = sources.entry(connection.source).or_insert((connection.start, connection.end, 0));
                *use_of = (use_of.0.min(connection.start), use_of.1.max(connection.end), use_of.2 + 1);
            }
            rebuilt.session.sources =
                sources.into_iter().map(|(source, (first, last, count))| (source, first, last, count)).collect();
        }
        self.sessions.list.sort_by_key(|rebuilt| (rebuilt.session.first, rebuilt.session.session_id));
        self.sessions
    }
}

/// When a connection or session began: as its line says, unless that lies after the line or absurdly long before.
fn began(event: &GatewayEvent) -> DateTime {
    let plausible = |start: &DateTime| *start <= event.time && event.time.duration_since(*start) <= LONGEST_CONNECTION;
    event.start.filter(plausible).unwrap_or(event.time)
}
