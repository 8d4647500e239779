//! Sessions from LOGIN to LOGOUT with their connections, joined over all sources.
//!
//! A SessionId is no key by itself: it is given out again, and another appliance has its own. A session is one appliance,
//! SessionId, user and start. A lost LOGIN leaves a session without one, a lost LOGOUT one that stays open until its id falls
//! silent. The same session told twice, by two relays, copies of a file or the nodes of a pair, is one. LOGOUT repeats the sums
//! of its connections, so its bytes count only where no connection was logged. ICA lines carry no SessionId: they go to the
//! user's session of that time, and stand alone where there is none.
//!
//! Long because the ways in which two stretches can be one session decide together.

use super::browsers::Browsers;
use super::digest::{Fragment, Use, UseKind};
use super::names::account;
use super::networks::{Networks, Purpose, is_inside};
use super::rules::Rules;
use super::scan::{Seconds, civil};
use super::zones::Settled;
use assay_model::{Locator, Place, Session, SessionDetail};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::IpAddr;

/// A user by order of first appearance, from one; never a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct UserNumber(pub(super) usize);

/// A session with what the rules look at.
#[derive(Debug)]
pub(super) struct Rebuilt {
    pub(super) session: Session,
    pub(super) host: String,
    pub(super) user: Option<UserNumber>,
    /// The address that it was logged in from, a proxy's word taken where the peer is known to be one.
    pub(super) client: Option<IpAddr>,
    pub(super) login: Option<Seconds>,
    pub(super) logout: Option<Seconds>,
    pub(super) first: Seconds,
    /// By start.
    pub(super) uses: Vec<Use>,
    /// Its login stands in the log of the other node of a pair.
    pub(super) carried_over: bool,
    place: u32,
    line: u32,
}

/// What all sessions together tell: how many there are, and who logged in from where.
#[derive(Debug, Default)]
pub(super) struct Sessions {
    /// Sessions in all.
    pub(super) total: u64,
    /// Users that logged in from an address, or hold a session whose Client_ip it is.
    pub(super) users_of: BTreeMap<IpAddr, BTreeSet<UserNumber>>,
    /// Addresses that a user logged in from.
    pub(super) addresses_of: BTreeMap<UserNumber, BTreeSet<IpAddr>>,
    /// Hours of the day in which a user's sessions began, a bit each, and how many sessions that rests on.
    pub(super) hours_of: BTreeMap<UserNumber, (u32, u64)>,
    /// Failed logins by address: how many, of how many users.
    pub(super) failures: BTreeMap<IpAddr, (u64, usize)>,
    /// Addresses of logins that came with a browser and from an address that their user, of several sessions, had in no other.
    pub(super) new_browsers: BTreeSet<IpAddr>,
    /// Where sources lie, for locators.
    places: Vec<(assay_model::ExhibitId, assay_model::ItemPath)>,
}

impl Sessions {
    /// What no session tells: where logins failed, and where sources lie.
    pub(super) fn of(sources: &[Settled<'_>], networks: &Networks) -> Self {
        let mut sessions = Self {
            places: sources.iter().map(|s| (s.source.exhibit.clone(), s.source.path.clone())).collect(),
            ..Self::default()
        };
        for failed in sources.iter().flat_map(|settled| &settled.source.digest.failures) {
            if networks.purpose(failed.client) != Some(Purpose::Scanner) {
                let entry = sessions.failures.entry(failed.client).or_default();
                *entry = (entry.0 + failed.count, entry.1.max(failed.users.len()));
            }
        }
        sessions
    }

    /// Takes the sessions of some accounts: who logged in from where and when.
    pub(super) fn know(&mut self, accounts: &Accounts) {
        self.total += accounts.list.len() as u64 + accounts.closed.len() as u64;
        self.new_browsers.extend(accounts.new_browsers.iter().copied());
        let mut see = |user: UserNumber, client: IpAddr, time: Seconds| {
            self.users_of.entry(client).or_default().insert(user);
            self.addresses_of.entry(user).or_default().insert(client);
            let hours = self.hours_of.entry(user).or_default();
            hours.0 |= 1 << time.div_euclid(3600).rem_euclid(24);
            hours.1 += 1;
        };
        for rebuilt in &accounts.list {
            if let (Some(user), Some(client)) = (rebuilt.user, rebuilt.client) {
                see(user, client, rebuilt.first);
            }
        }
        for one in &accounts.closed {
            see(one.user, one.client, one.login);
        }
    }

    /// The line of a use.
    pub(super) fn locator(&self, place: u32, line: u32) -> Locator {
        let (exhibit, path) = match self.places.get(place as usize) {
            Some((exhibit, path)) => (exhibit.clone(), path.clone()),
            None => (assay_model::ExhibitId::new(""), assay_model::ItemPath::of_file("")),
        };
        Locator { exhibit, path, place: Place::Line { part: String::new(), first: line, last: line } }
    }
}

/// A stretch on the common clock.
struct Part {
    fragment: Fragment,
    user: Option<UserNumber>,
    place: u32,
}

/// An ordinary session, as far as it is kept.
#[derive(Clone, Copy)]
struct Closed {
    session: u64,
    login: Seconds,
    logout: Seconds,
    user: UserNumber,
    client: IpAddr,
    host: usize,
    place: u32,
}

/// Sessions rebuilt at a time, about. All that can be one session is of one account, so accounts are rebuilt share by share.
const SHARE: u64 = if cfg!(test) { 8 } else { 1 << 16 };

/// Rebuilds the sessions of a case, some accounts at a time, as often as it takes: what is held at once does not grow with
/// the logs.
pub(super) struct Rebuilder<'s> {
    sources: &'s [Settled<'s>],
    rules: &'s Rules,
    networks: &'s Networks,
    users: Users,
    shares: u64,
    /// The share of each user by number in a source's stretches, and of each of its groups of ordinary sessions.
    share_of: Vec<(Vec<u64>, Vec<u64>)>,
}

/// The sessions of some accounts.
pub(super) struct Accounts {
    /// Those that are not ordinary from end to end.
    pub(super) list: Vec<Rebuilt>,
    closed: Vec<Closed>,
    new_browsers: BTreeSet<IpAddr>,
}

impl<'s> Rebuilder<'s> {
    pub(super) fn new(sources: &'s [Settled<'s>], rules: &'s Rules, networks: &'s Networks) -> Self {
        let told = |settled: &Settled<'_>| {
            let digest = &settled.source.digest;
            digest.fragments.len() as u64 + digest.regulars.iter().map(|one| one.closed.len()).sum::<u64>()
        };
        let shares = sources.iter().map(told).sum::<u64>() / SHARE + 1;
        let of = |user: &str| u64::from(super::open::hash(&account(user))) % shares;
        let shares_of = |settled: &Settled<'_>| {
            let digest = &settled.source.digest;
            let regulars = digest.regulars.iter().map(|regular| of(regular.user.reveal()));
            (digest.fragments.by_user(of), regulars.collect())
        };
        let share_of = sources.iter().map(shares_of).collect();
        Self { sources, rules, networks, users: users(sources), shares, share_of }
    }

    /// Into how many shares the accounts are parted.
    pub(super) fn shares(&self) -> u64 {
        self.shares
    }

    /// The sessions of a share.
    pub(super) fn share(&self, number: u64) -> Accounts {
        let Self { rules, networks, users, .. } = self;
        let mut browsers = Browsers::default();
        let mut parts = self.parts(number, &mut browsers);
        let (mut closed, hosts) = self.closed(number, &mut browsers);
        closed.sort_by_key(|c| (c.login, c.session, c.user, c.host, c.place));
        parts.sort_by(|a, b| {
            let key = |p: &Part| (p.fragment.session, p.user, p.fragment.first, p.place, p.fragment.line);
            a.fragment.host.cmp(&b.fragment.host).then_with(|| key(a).cmp(&key(b)))
        });
        let mut list: Vec<Rebuilt> = Vec::new();
        let mut orphans: Vec<Part> = Vec::new();
        for part in parts {
            if part.fragment.session == 0 {
                orphans.push(part);
                continue;
            }
            match list.last_mut().filter(|last| continues(last, &part, rules)) {
                Some(last) => take_in(last, part),
                None => list.push(begun(part)),
            }
        }
        let mut closed = adopt(&mut list, closed, &hosts, rules);
        closed = twins(&mut list, closed);
        carry_over(&mut list, rules);
        join_orphans(&mut list, orphans, &closed, &hosts, users, rules);
        for rebuilt in &mut list {
            finish(rebuilt);
        }
        list.sort_by(|a, b| (a.first, a.session.session_id, &a.host).cmp(&(b.first, b.session.session_id, &b.host)));
        Accounts { list, closed, new_browsers: browsers.new_ones(networks) }
    }

    /// The stretches of a share, on the common clock.
    fn parts(&self, share: u64, browsers: &mut Browsers) -> Vec<Part> {
        let Self { sources, networks, users, .. } = self;
        // Behind a known proxy, or one inside, its word tells the client.
        let is_proxy = |address: IpAddr| is_inside(address) || networks.purpose(address) == Some(Purpose::Proxy);
        let mut found = Vec::new();
        for (settled, (of_users, _)) in sources.iter().zip(&self.share_of) {
            let is_ours = |number| of_users.get(number) == Some(&share);
            for mut fragment in settled.source.digest.fragments.of_users(is_ours) {
                let user = fragment.user.as_ref().and_then(|user| users.get(&user.reveal().to_lowercase()).copied());
                if fragment.login.is_some() {
                    browsers.see(user, fragment.client, &fragment.agents, 1);
                }
                let turn = |time: Seconds| settled.time(time);
                fragment.first = turn(fragment.first);
                fragment.last = turn(fragment.last);
                fragment.login = fragment.login.map(|(time, line)| (turn(time), line));
                fragment.logout = fragment.logout.map(|(time, line)| (turn(time), line));
                for one in &mut fragment.uses {
                    (one.first, one.last, one.end) = (turn(one.first), turn(one.last), turn(one.end));
                    one.place = settled.place;
                }
                if let (Some(client), [forwarded, ..]) = (fragment.client, fragment.forwarded.as_slice())
                    && is_proxy(client)
                {
                    let forwarded = *forwarded;
                    fragment.uses.iter_mut().filter(|one| one.source == client).for_each(|one| one.source = forwarded);
                    fragment.client = Some(forwarded);
                }
                found.push(Part { fragment, user, place: settled.place });
            }
        }
        found
    }

    /// The ordinary sessions of a share.
    fn closed(&self, share: u64, browsers: &mut Browsers) -> (Vec<Closed>, Vec<String>) {
        let mut hosts: Vec<String> = Vec::new();
        let mut all = Vec::new();
        for (settled, (_, of_regulars)) in self.sources.iter().zip(&self.share_of) {
            let ours = settled.source.digest.regulars.iter().zip(of_regulars).filter(|(_, of)| **of == share);
            for (regular, _) in ours {
                let user = self.users.get(&regular.user.reveal().to_lowercase());
                browsers.see(user.copied(), regular.client, &regular.agents, regular.closed.len());
                let (Some(user), Some(client)) = (user, regular.client) else { continue };
                let host = hosts.iter().position(|host| *host == regular.host).unwrap_or_else(|| {
                    hosts.push(regular.host.clone());
                    hosts.len() - 1
                });
                all.extend(regular.closed.iter().map(|(session, login, logout)| Closed {
                    session,
                    login: settled.time(login),
                    logout: settled.time(logout),
                    user: *user,
                    client,
                    host,
                    place: settled.place,
                }));
            }
        }
        (all, hosts)
    }
}

type Users = BTreeMap<String, UserNumber>;

/// The users, numbered in the order in which they appear.
fn users(sources: &[Settled<'_>]) -> Users {
    let mut first_of: HashMap<String, (Seconds, u64)> = HashMap::new();
    let mut see = |user: &str, time: Seconds, session: u64| {
        let entry = first_of.entry(user.to_lowercase()).or_insert((time, session));
        *entry = (time, session).min(*entry);
    };
    for settled in sources {
        for (user, session, first) in settled.source.digest.fragments.beginnings() {
            see(user, settled.time(first), session);
        }
        for regular in &settled.source.digest.regulars {
            let first = regular.closed.iter().map(|(session, login, _)| (settled.time(login), session)).min();
            if let Some((time, session)) = first {
                see(regular.user.reveal(), time, session);
            }
        }
    }
    let mut order: Vec<((Seconds, u64), String)> = first_of.into_iter().map(|(user, first)| (first, user)).collect();
    order.sort();
    order.into_iter().enumerate().map(|(n, (_, user))| (user, UserNumber(n + 1))).collect()
}

/// True where a stretch is more of the session before it in the order of appliance, SessionId, user, time.
fn continues(last: &Rebuilt, next: &Part, rules: &Rules) -> bool {
    let fragment = &next.fragment;
    let same = last.session.session_id == fragment.session && last.host == fragment.host && last.user == next.user;
    let silence = fragment.first - last.last_sign();
    same && silence <= rules.sessions.silence_ends_hours * 3600
        && match (fragment.login, last.login) {
            (None, _) => true,
            (Some((login, _)), Some(known)) => (login - known).abs() <= 2 && fragment.client == last.client,
            // A login after signs of the same number: it was given out again.
            (Some((login, _)), None) => login <= last.first + 2,
        }
}

impl Rebuilt {
    fn last_sign(&self) -> Seconds {
        super::scan::seconds(self.session.last)
    }

    /// Public addresses that used the session, other than that of its login.
    pub(super) fn foreign_sources(&self) -> Vec<IpAddr> {
        let client = match (self.client, self.session.session_id) {
            (Some(client), _) => Some(client),
            // ICA connections without a session: every address is one that nobody logged in from in it.
            (None, 0) => None,
            (None, _) => return Vec::new(),
        };
        let addresses = self.session.sources.iter().map(|(source, ..)| *source);
        addresses.filter(|source| Some(*source) != client && !is_inside(*source)).collect()
    }
}

fn begun(part: Part) -> Rebuilt {
    let Part { fragment, user, place } = part;
    let mut rebuilt = Rebuilt {
        session: Session {
            session_id: fragment.session,
            user: fragment.user.clone(),
            login: None,
            logout: None,
            first: civil(fragment.first),
            last: civil(fragment.last),
            client_ip: fragment.client,
            sources: Vec::new(),
            bytes_send: 0,
            bytes_recv: 0,
            detail: SessionDetail { host: fragment.host.clone(), ..SessionDetail::default() },
        },
        host: fragment.host.clone(),
        user,
        client: fragment.client,
        login: None,
        logout: None,
        first: fragment.first,
        uses: Vec::new(),
        carried_over: false,
        place,
        line: fragment.line,
    };
    take_in(&mut rebuilt, Part { fragment, user, place });
    rebuilt
}

fn take_in(rebuilt: &mut Rebuilt, part: Part) {
    let fragment = part.fragment;
    let session = &mut rebuilt.session;
    rebuilt.login = rebuilt.login.into_iter().chain(fragment.login.map(|(time, _)| time)).min();
    rebuilt.logout = rebuilt.logout.max(fragment.logout.map(|(time, _)| time));
    rebuilt.client = rebuilt.client.or(fragment.client);
    if fragment.first < rebuilt.first {
        rebuilt.first = fragment.first;
        session.first = civil(fragment.first);
        (rebuilt.place, rebuilt.line) = (part.place, fragment.line);
    }
    session.last = session.last.max(civil(fragment.last));
    session.client_ip = rebuilt.client;
    let detail = &mut session.detail;
    // Told again by another source, a request is counted once: the larger number stands.
    detail.requests = detail.requests.max(fragment.requests);
    detail.launches = detail.launches.max(fragment.launches);
    if detail.ended.is_empty() {
        detail.ended = fragment.ended;
    }
    for agent in fragment.agents {
        if detail.agents.len() < 4 && !detail.agents.contains(&agent) {
            detail.agents.push(agent);
        }
    }
    // Kept until it is known whether any connection was logged.
    session.bytes_send = session.bytes_send.max(fragment.logout_bytes.0);
    session.bytes_recv = session.bytes_recv.max(fragment.logout_bytes.1);
    join_uses(&mut rebuilt.uses, fragment.uses);
}

/// Uses of the same minutes that two sources tell are one.
fn join_uses(uses: &mut Vec<Use>, more: Vec<Use>) {
    for one in more {
        match uses.iter_mut().find(|known| known.same_bucket(&one) && known.place != one.place) {
            Some(known) => known.add(&one),
            None => uses.push(one),
        }
    }
}

/// Signs of an ordinary session after its end, in another file: they are that session's, and it is ordinary no longer.
fn adopt(list: &mut [Rebuilt], closed: Vec<Closed>, hosts: &[String], rules: &Rules) -> Vec<Closed> {
    let silence = rules.sessions.silence_ends_hours * 3600;
    let mut wanting: HashMap<(u64, UserNumber), Vec<usize>> = HashMap::new();
    for (n, rebuilt) in list.iter().enumerate().filter(|(_, rebuilt)| rebuilt.login.is_none()) {
        if let Some(user) = rebuilt.user {
            wanting.entry((rebuilt.session.session_id, user)).or_default().push(n);
        }
    }
    let mut kept = Vec::with_capacity(closed.len());
    for one in closed {
        let places = wanting.get(&(one.session, one.user)).map(Vec::as_slice).unwrap_or_default();
        let taker = places.iter().copied().find(|n| {
            list.get(*n).is_some_and(|rebuilt| {
                hosts.get(one.host) == Some(&rebuilt.host)
                    && rebuilt.login.is_none()
                    && one.login <= rebuilt.first + 2
                    && rebuilt.first - one.logout <= silence
            })
        });
        match taker.and_then(|n| list.get_mut(n)) {
            Some(rebuilt) => {
                rebuilt.login = Some(one.login);
                rebuilt.logout = rebuilt.logout.max(Some(one.logout));
                rebuilt.first = one.login;
                rebuilt.session.first = civil(one.login);
                rebuilt.client = Some(one.client);
                rebuilt.session.client_ip = rebuilt.client;
            }
            None => kept.push(one),
        }
    }
    kept
}

/// The same session under two names of an appliance, or in two copies of a file.
fn twins(list: &mut Vec<Rebuilt>, closed: Vec<Closed>) -> Vec<Closed> {
    let mut at: HashMap<(u64, Option<UserNumber>, Option<IpAddr>), Vec<usize>> = HashMap::new();
    let mut gone: BTreeSet<usize> = BTreeSet::new();
    for n in 0..list.len() {
        let Some(rebuilt) = list.get(n) else { continue };
        let Some(login) = rebuilt.login else { continue };
        let places = at.entry((rebuilt.session.session_id, rebuilt.user, rebuilt.client)).or_default();
        let twin = places
            .iter()
            .copied()
            .find(|m| list.get(*m).is_some_and(|other| other.login.is_some_and(|known| (known - login).abs() <= 2)));
        match twin {
            Some(twin) => {
                let Some(mut rebuilt) = list.get_mut(n).map(|rebuilt| std::mem::replace(rebuilt, begun(empty())))
                else {
                    continue;
                };
                let Some(into) = list.get_mut(twin) else { continue };
                into.logout = into.logout.max(rebuilt.logout);
                into.session.last = into.session.last.max(rebuilt.session.last);
                join_uses(&mut into.uses, std::mem::take(&mut rebuilt.uses));
                gone.insert(n);
            }
            None => places.push(n),
        }
    }
    // Ordinary ones, told twice or also told as one that is not ordinary.
    let mut kept: Vec<Closed> = Vec::with_capacity(closed.len());
    let mut latest: HashMap<(u64, UserNumber, IpAddr), Seconds> = HashMap::new();
    for one in closed {
        let key = (one.session, one.user, one.client);
        let listed = at.get(&(one.session, Some(one.user), Some(one.client)));
        let is_it = |m: &usize| list.get(*m).is_some_and(|r| r.login.is_some_and(|l| (l - one.login).abs() <= 2));
        let listed = listed.is_some_and(|places| places.iter().any(is_it));
        let again = latest.get(&key).is_some_and(|known| (known - one.login).abs() <= 2);
        if !listed && !again {
            latest.insert(key, one.login);
            kept.push(one);
        }
    }
    let mut n = 0;
    list.retain(|_| {
        n += 1;
        !gone.contains(&(n - 1))
    });
    kept
}

fn empty() -> Part {
    Part { fragment: Fragment::default(), user: None, place: 0 }
}

/// Time, appliance, Client_ip, last sign.
type Login = (Seconds, String, Option<IpAddr>, Seconds);

/// A session without a login on one node of a pair whose login stands on the other, earlier and not long ago.
fn carry_over(list: &mut [Rebuilt], rules: &Rules) {
    let silence = rules.sessions.silence_ends_hours * 3600;
    let mut logins: HashMap<(u64, UserNumber), Vec<Login>> = HashMap::new();
    for rebuilt in list.iter() {
        if let (Some(login), Some(user)) = (rebuilt.login, rebuilt.user) {
            let entry = logins.entry((rebuilt.session.session_id, user)).or_default();
            entry.push((login, rebuilt.host.clone(), rebuilt.client, rebuilt.last_sign()));
        }
    }
    for rebuilt in list.iter_mut().filter(|rebuilt| rebuilt.login.is_none()) {
        let Some(user) = rebuilt.user else { continue };
        let of_other = logins.get(&(rebuilt.session.session_id, user)).into_iter().flatten();
        let found = of_other
            .filter(|(login, host, client, last)| {
                *host != rebuilt.host
                    && *login <= rebuilt.first
                    && rebuilt.first - last <= silence
                    && *client == rebuilt.client
            })
            .max_by_key(|(login, ..)| *login);
        rebuilt.carried_over = found.is_some();
    }
}

/// ICA connections that no file could give a session: the user's session of that time, else one of their own.
fn join_orphans(
    list: &mut Vec<Rebuilt>,
    orphans: Vec<Part>,
    closed: &[Closed],
    hosts: &[String],
    users: &Users,
    rules: &Rules,
) {
    if orphans.is_empty() {
        return;
    }
    let grace = rules.sessions.logout_grace_seconds.max(300);
    let silence = rules.sessions.silence_ends_hours * 3600;
    let mut accounts: HashMap<UserNumber, String> = HashMap::new();
    for (user, number) in users {
        accounts.insert(*number, account(user));
    }
    let mut by_account: HashMap<&str, Vec<usize>> = HashMap::new();
    for (n, rebuilt) in list.iter().enumerate() {
        if let Some(account) = rebuilt.user.and_then(|user| accounts.get(&user)) {
            by_account.entry(account).or_default().push(n);
        }
    }
    let mut ordinary: HashMap<&str, Vec<&Closed>> = HashMap::new();
    for one in closed {
        if let Some(account) = accounts.get(&one.user) {
            ordinary.entry(account).or_default().push(one);
        }
    }
    let mut alone: Vec<Rebuilt> = Vec::new();
    for part in orphans {
        let name = part.user.and_then(|user| accounts.get(&user)).map_or("", String::as_str);
        let start = part.fragment.first;
        let listed = by_account.get(name).into_iter().flatten().copied().filter(|n| {
            list.get(*n).is_some_and(|r| {
                r.first <= start + 60 && r.logout.map_or(start - r.last_sign() <= silence, |end| start <= end + grace)
            })
        });
        let listed = listed.max_by_key(|n| list.get(*n).map(|r| (r.first, std::cmp::Reverse(*n))));
        if let Some(rebuilt) = listed.and_then(|n| list.get_mut(n)) {
            rebuilt.session.last = rebuilt.session.last.max(civil(part.fragment.last));
            rebuilt.session.detail.launches += part.fragment.launches;
            rebuilt.uses.extend(part.fragment.uses);
            continue;
        }
        let of_time = |c: &&&Closed| c.login <= start + 60 && start <= c.logout + grace;
        let found = ordinary.get(name).into_iter().flatten().filter(of_time).max_by_key(|c| c.login);
        let Some(found) = found else {
            alone.push(begun(part));
            continue;
        };
        if part.fragment.uses.iter().all(|one| one.source == found.client || is_inside(one.source)) {
            continue;
        }
        let mut rebuilt = begun(part);
        rebuilt.session.session_id = found.session;
        rebuilt.host = hosts.get(found.host).cloned().unwrap_or_default();
        rebuilt.user = Some(found.user);
        (rebuilt.login, rebuilt.logout) = (Some(found.login), Some(found.logout));
        (rebuilt.client, rebuilt.session.client_ip) = (Some(found.client), Some(found.client));
        rebuilt.first = found.login;
        rebuilt.session.first = civil(found.login);
        alone.push(rebuilt);
    }
    list.extend(alone);
}

/// Sums and texts, when every part is in.
fn finish(rebuilt: &mut Rebuilt) {
    rebuilt.uses.sort_by_key(|one| (one.first, one.last, one.source, one.kind, one.place, one.line));
    let session = &mut rebuilt.session;
    (session.login, session.logout) = (rebuilt.login.map(civil), rebuilt.logout.map(civil));
    session.client_ip = rebuilt.client;
    let tunnels = || rebuilt.uses.iter().filter(|one| one.kind == UseKind::Tunnel);
    if tunnels().next().is_some() {
        session.bytes_send = tunnels().fold(0, |sum: u64, one| sum.saturating_add(one.send));
        session.bytes_recv = tunnels().fold(0, |sum: u64, one| sum.saturating_add(one.recv));
    }
    let detail = &mut session.detail;
    detail.host.clone_from(&rebuilt.host);
    detail.connections = tunnels().map(|one| one.count).sum();
    detail.denials = rebuilt.uses.iter().filter(|one| one.kind == UseKind::Denied).map(|one| one.count).sum();
    let ica = rebuilt.uses.iter().filter(|one| one.kind == UseKind::Ica);
    detail.ica_bytes = ica.fold((0_u64, 0_u64), |(s, r), one| (s.saturating_add(one.send), r.saturating_add(one.recv)));
    let mut sources: BTreeMap<IpAddr, (Seconds, Seconds, u64)> = BTreeMap::new();
    for one in &rebuilt.uses {
        let use_of = sources.entry(one.source).or_insert((one.first, one.end, 0));
        *use_of = (use_of.0.min(one.first), use_of.1.max(one.end), use_of.2 + one.count);
        session.last = session.last.max(civil(one.end));
    }
    session.sources =
        sources.into_iter().map(|(source, (first, last, count))| (source, civil(first), civil(last), count)).collect();
}
