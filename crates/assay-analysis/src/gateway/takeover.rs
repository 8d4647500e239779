//! Which sessions look taken over, with the reasons each way.
//!
//! A session is looked at where a public address other than that of its login used it. Each such address gets the
//! indicators of `rules/gateway/indicators.toml`; the worst one speaks for the session. The verdict says what the lines look
//! like, not what happened: it may be a nurse at home, so users are numbers and a person confirms.
//!
//! Long because every indicator of one address is raised in one place.

use super::coverage::Counters;
use super::digest::{Use, UseKind};
use super::networks::{Networks, Purpose, are_neighbours, is_inside};
use super::rules::{Rules, Windows};
use super::scan::{Seconds, civil};
use super::sessions::{Rebuilder, Rebuilt, Sessions, UserNumber};
use assay_model::{HijackIndicator, SessionVerdict, TakeoverVerdict};
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

/// Judges every session; gives what all of them tell, and those with an indicator, strongest first.
pub(super) fn judge(
    rebuilder: &Rebuilder<'_>,
    mut sessions: Sessions,
    counters: &Counters,
    rules: &Rules,
    networks: &Networks,
) -> (Sessions, Vec<SessionVerdict>) {
    let windows = &rules.windows;
    let mut foreign = Foreign::default();
    // Accounts are rebuilt twice: once to know what all of them tell, once to be judged by it. A few are kept instead.
    let mut held = None;
    for number in 0..rebuilder.shares() {
        let accounts = rebuilder.share(number);
        sessions.know(&accounts);
        accounts.list.iter().for_each(|session| foreign.see(session, &sessions, windows));
        held = Some(accounts).filter(|_| rebuilder.shares() == 1);
    }
    for uses in foreign.uses.values_mut() {
        uses.sort_by_key(|one| (one.first, one.user));
    }
    let proxies = foreign.proxies(sessions.total, windows);
    let judge = Judge { sessions: &sessions, uses: &foreign.uses, proxies: &proxies, counters, rules, networks };
    let mut flagged: Vec<SessionVerdict> = Vec::new();
    for number in 0..rebuilder.shares() {
        let accounts = held.take().unwrap_or_else(|| rebuilder.share(number));
        flagged.extend(accounts.list.iter().filter_map(|session| judge.session(session)));
    }
    flagged.sort_by(|a, b| {
        let host = |one: &SessionVerdict| (one.session.detail.host.clone(), one.session.client_ip);
        b.score
            .total_cmp(&a.score)
            .then_with(|| a.session.session_id.cmp(&b.session.session_id))
            .then_with(|| a.session.first.cmp(&b.session.first))
            .then_with(|| host(a).cmp(&host(b)))
    });
    (sessions, flagged)
}

/// One address's use of one session that it was not logged in from.
struct ForeignUse {
    first: Seconds,
    user: Option<UserNumber>,
    is_hand_over: bool,
}

/// What other addresses than that of the login did, over all sessions.
#[derive(Default)]
struct Foreign {
    /// The unexplained uses of each.
    uses: BTreeMap<IpAddr, Vec<ForeignUse>>,
    /// Sessions that each used.
    behind: BTreeMap<IpAddr, u64>,
    /// Those that used a session whose owner's own address shows in it too.
    beside: BTreeSet<IpAddr>,
}

impl Foreign {
    /// Takes a session of a user whose logins are all known.
    fn see(&mut self, session: &Rebuilt, sessions: &Sessions, windows: &Windows) {
        let owner_shows = session.session.sources.iter().any(|(source, ..)| Some(*source) == session.client);
        for source in session.foreign_sources() {
            *self.behind.entry(source).or_default() += 1;
            if owner_shows {
                self.beside.insert(source);
            }
            let is_own = session.user.is_some_and(|user| users_of(sessions, source).is_some_and(|u| u.contains(&user)));
            let Some(first) = session.uses.iter().find(|one| one.source == source).map(|one| one.first) else {
                continue;
            };
            if !is_own {
                let is_hand_over = movement(session, source, windows).is_clean_change;
                self.uses.entry(source).or_default().push(ForeignUse { first, user: session.user, is_hand_over });
            }
        }
    }

    /// Public addresses through which nearly all sessions come, and never beside an owner's own address: an intruder works in
    /// sessions whose owners still use them, a proxy in front of the gateway stands in for every owner. Of all sessions, those
    /// without a logged connection too: a log that keeps the intruder's lines alone makes no proxy.
    fn proxies(&mut self, total: u64, windows: &Windows) -> BTreeMap<IpAddr, u64> {
        let mut behind = std::mem::take(&mut self.behind);
        behind.retain(|source, count| {
            !self.beside.contains(source)
                && *count >= windows.proxy_sessions
                && count.saturating_mul(100) >= total.saturating_mul(windows.proxy_percent)
        });
        behind
    }
}

fn users_of(sessions: &Sessions, address: IpAddr) -> Option<&BTreeSet<UserNumber>> {
    sessions.users_of.get(&address)
}

/// How an address stands in time to the others that used a session.
#[derive(Debug, Default)]
struct Movement {
    /// The address took over from one that had just been in use, and no other came back beside or after it.
    is_clean_change: bool,
    /// Others came back after it, but the two were not used side by side.
    is_round_trip: bool,
    /// Times that one address was used between two uses of the other, all within minutes.
    between: u64,
    /// The addresses alternate about as often as two who know nothing of each other.
    is_independent: bool,
    /// The first time that another address was used beside it.
    beside: Option<(Seconds, u32, u32)>,
}

/// Stands for a line where a run is a login.
const LOGIN: (u32, u32) = (0, 0);

/// One side's run of connections before the other's next.
struct Run {
    is_source: bool,
    first: Seconds,
    last: Seconds,
    at: (u32, u32),
}

fn movement(session: &Rebuilt, source: IpAddr, windows: &Windows) -> Movement {
    let public: Vec<&Use> = session
        .uses
        .iter()
        .filter(|one| one.source == source || !is_inside(one.source))
        .filter(|one| one.kind != UseKind::Denied)
        .collect();
    let runs = runs(&public, source, session);
    let (Some(first), Some(last)) =
        (runs.iter().position(|run| run.is_source), runs.iter().rposition(|run| run.is_source))
    else {
        return Movement::default();
    };
    let mut found = Movement::default();
    let near = windows.concurrent_minutes * 60;
    // A run that stands between two of the other side which lie within minutes of each other.
    for triple in runs.windows(3) {
        let [before, _, after] = triple else { continue };
        if after.first - before.last <= near {
            found.between += 1;
            found.beside = found.beside.or(Some((after.first, after.at.0, after.at.1)));
        }
    }
    // What overlaps within one stretch of minutes cannot be told apart in runs: it is beside by itself.
    for one in public.iter().filter(|one| one.source == source) {
        let overlaps = |other: &&&Use| other.source != source && other.first < one.last && one.first < other.last;
        if let Some(other) = public.iter().find(overlaps) {
            found.between += 1;
            found.beside = found.beside.or(Some((other.last, other.place, other.line)));
            found.is_independent |= one.count >= 3 && other.count >= 2;
        }
    }
    let (from, to) = match (runs.get(first), runs.get(last)) {
        (Some(a), Some(b)) => (a.first, b.last),
        _ => return found,
    };
    let within = |one: &&&Use| one.last >= from && one.first <= to;
    let ours: u64 = public.iter().filter(|one| one.source == source).map(|one| one.count.max(1)).sum();
    let others: u64 = public.iter().filter(|one| one.source != source).filter(within).map(|one| one.count.max(1)).sum();
    if ours > 0 && others > 0 {
        // The number of runs that chance would give (Wald and Wolfowitz).
        let expected = 2.0 * ours as f64 * others as f64 / (ours + others) as f64 + 1.0;
        let seen = (last - first + 1) as f64;
        found.is_independent |= seen >= windows.independent_share * expected;
    }
    let hand_over = windows.hand_over_minutes * 60;
    // A login is no use: who never used the address before has not moved away from it.
    let before = first.checked_sub(1).and_then(|at| runs.get(at)).filter(|run| run.at != LOGIN);
    let just_before = before.is_some_and(|run| from - run.last <= hand_over);
    let came_back = runs.len() > last + 1 || last > first;
    found.is_clean_change = found.between == 0 && just_before && !came_back;
    let is_beside = found.between >= windows.side_by_side && found.is_independent;
    found.is_round_trip = !is_beside && just_before && came_back;
    found
}

/// The connections of an address and of the others, told together as long as one side goes on. The login is a use of its own.
fn runs(public: &[&Use], source: IpAddr, session: &Rebuilt) -> Vec<Run> {
    let mut points: Vec<Run> = public
        .iter()
        .map(|one| Run { is_source: one.source == source, first: one.first, last: one.last, at: (one.place, one.line) })
        .collect();
    points.sort_by_key(|run| (run.first, run.last, run.is_source));
    let login = session.login.filter(|_| session.client.is_some_and(|client| client != source && !is_inside(client)));
    let is_used = points.first().is_some_and(|point| !point.is_source);
    if let Some(login) = login.filter(|login| !is_used && points.first().is_some_and(|point| *login <= point.first)) {
        points.insert(0, Run { is_source: false, first: login, last: login, at: LOGIN });
    }
    let mut runs: Vec<Run> = Vec::new();
    for point in points {
        match runs.last_mut().filter(|run| run.is_source == point.is_source) {
            Some(run) => run.last = run.last.max(point.last),
            None => runs.push(point),
        }
    }
    runs
}

struct Judge<'a> {
    sessions: &'a Sessions,
    uses: &'a BTreeMap<IpAddr, Vec<ForeignUse>>,
    /// Proxies with the sessions behind them.
    proxies: &'a BTreeMap<IpAddr, u64>,
    counters: &'a Counters,
    rules: &'a Rules,
    networks: &'a Networks,
}

/// The indicators of one address in one session.
struct Weighed {
    source: IpAddr,
    indicators: Vec<HijackIndicator>,
    score: f64,
    login_is_known: bool,
}

impl Judge<'_> {
    fn session(&self, session: &Rebuilt) -> Option<SessionVerdict> {
        let weighed = session.foreign_sources().into_iter().filter_map(|source| self.weigh(session, source));
        // The first of equals, so that the order of addresses decides.
        let worst = weighed.reduce(|worst, next| if next.score > worst.score { next } else { worst })?;
        let (mut against, mut on): (Vec<_>, Vec<_>) =
            worst.indicators.into_iter().partition(|indicator| indicator.weight < 0.0);
        // Of a long log there are many.
        against.shrink_to_fit();
        on.shrink_to_fit();
        let verdict = if worst.score >= self.rules.takeover_from && worst.login_is_known {
            TakeoverVerdict::ConsistentWithTakeover
        } else if worst.score < self.rules.takeover_from && !against.is_empty() {
            TakeoverVerdict::BenignExplained
        } else {
            TakeoverVerdict::NotAssessable
        };
        let mut summary = session.session.clone();
        let foreign = session.uses.iter().filter(|one| one.source == worst.source && one.kind == UseKind::Tunnel);
        let (mut send, mut recv) = (0_u64, 0_u64);
        for one in foreign {
            (send, recv) = (send.saturating_add(one.send), recv.saturating_add(one.recv));
        }
        summary.detail.foreign_bytes = (send, recv);
        let last = session.uses.iter().filter(|one| one.source == worst.source).map(|one| one.end).max();
        summary.detail.foreign_last = last.map(civil);
        summary.detail.authentication = self.authentication(session, worst.source);
        Some(SessionVerdict {
            session: summary,
            verdict,
            indicators_for: on,
            indicators_against: against,
            score: worst.score,
            judged: None,
        })
    }

    /// When and where the owner passed authentication, and what the logs show of the other address. Never that a second
    /// factor was asked or not: these lines do not say.
    fn authentication(&self, session: &Rebuilt, source: IpAddr) -> String {
        let own = match (session.login, session.client) {
            (Some(login), Some(client)) => format!("authenticated on {} from {client}", civil(login)),
            (None, Some(client)) => format!("its login from {client} lies outside the logs held"),
            _ => "no login of its user lies in the logs held".to_owned(),
        };
        let other = users_of(self.sessions, source).map_or(0, BTreeSet::len);
        let is_own =
            session.user.is_some_and(|user| users_of(self.sessions, source).is_some_and(|u| u.contains(&user)));
        let reach = self.counters.reach(&session.host, session.first).filter(|reach| *reach > 0);
        let reach = reach.map_or(String::new(), |reach| format!(", which reach {} hours before it", reach / 3600));
        match (is_own, other) {
            (true, _) => format!("{own}; the same user also logged in from {source} in the logs held"),
            (false, 0) => format!("{own}; the logs held{reach} show no login by {source}"),
            (false, n) => {
                let users = if n == 1 { "one other user".to_owned() } else { format!("{n} other users") };
                format!("{own}; the logs held{reach} show no login of this user by {source}, but of {users}")
            }
        }
    }

    fn weigh(&self, session: &Rebuilt, source: IpAddr) -> Option<Weighed> {
        let windows = &self.rules.windows;
        let of_source: Vec<&Use> = session.uses.iter().filter(|one| one.source == source).collect();
        let first = *of_source.first()?;
        let login_is_missed = session.login.is_none() && !session.carried_over && self.login_should_show(session);
        let values = BTreeMap::from([
            ("source", source.to_string()),
            ("client", session.client.map_or("an address not logged".to_owned(), |client| client.to_string())),
            ("user", session.user.map_or("a user without a name".to_owned(), |user| format!("user #{}", user.0))),
        ]);
        let mut raise = Raise { rules: self.rules, sessions: self.sessions, values, indicators: Vec::new() };
        let tunnel: u64 = of_source.iter().filter(|one| one.kind != UseKind::Ica).map(|one| one.count).sum();
        match of_source.iter().find(|one| one.kind == UseKind::Ica) {
            Some(ica) if tunnel == 0 => {
                let count = of_source.iter().map(|one| one.count.max(1)).sum();
                raise.add("R5", ica, count, 0);
            }
            _ => raise.add("R1", first, tunnel, 0),
        }
        self.shared_use(session, source, first, &mut raise);
        self.origins(session, source, first, &mut raise);
        let moved = movement(session, source, windows);
        let grace = self.rules.sessions.logout_grace_seconds;
        let late = |one: &&&Use| session.logout.is_some_and(|logout| one.last > logout + grace);
        let late = of_source.iter().find(late);
        self.moved(session, &of_source, &moved, late.is_some(), &mut raise);
        if login_is_missed {
            raise.add("R4", first, 0, windows.login_lookback_hours);
        }
        if let Some(late) = late {
            raise.add("R6", late, 0, 0);
        }
        if let Some((count, _)) = self.sessions.failures.get(&source).filter(|(n, _)| *n >= windows.failed_logins) {
            raise.add("R7", first, *count, 0);
        }
        destinations(session, &of_source, source, windows, &mut raise);
        self.volume(session, &of_source, first, &mut raise);
        if let Some(behind) = self.proxies.get(&source) {
            raise.add("B5", first, *behind, 0);
        }
        if session.client.is_some_and(|client| are_neighbours(source, client)) {
            raise.add("B4", first, 0, 0);
        }
        if let Some(purpose) = self.networks.purpose(source).filter(|purpose| *purpose != Purpose::Scanner) {
            raise.values.insert("purpose", purpose.as_str().to_owned());
            raise.add("B7", first, 0, 0);
        }
        let score = raise.indicators.iter().map(|indicator| indicator.weight).sum();
        let login_is_known = session.login.is_some() || session.carried_over || login_is_missed;
        Some(Weighed { source, indicators: raise.indicators, score, login_is_known })
    }

    /// Side by side, or one after the other.
    fn moved(&self, session: &Rebuilt, of_source: &[&Use], moved: &Movement, is_late: bool, raise: &mut Raise<'_>) {
        let windows = &self.rules.windows;
        let Some(first) = of_source.first() else { return };
        if let Some((time, place, line)) = moved.beside {
            let id = if moved.between >= windows.side_by_side && moved.is_independent { "R3" } else { "R3S" };
            raise.at(id, time, (place, line), moved.between, windows.concurrent_minutes);
        }
        // Nobody hands over a session that was logged out.
        if is_late {
            return;
        }
        if moved.is_clean_change {
            raise.add("B3", first, 0, windows.hand_over_minutes);
        } else if moved.is_round_trip {
            raise.add("B3T", first, 0, windows.hand_over_minutes);
        }
        // Only where it went where the owner goes too.
        let own: BTreeSet<u32> = session
            .uses
            .iter()
            .filter(|one| one.source != first.source)
            .flat_map(|one| one.targets.iter().copied())
            .collect();
        let reached: BTreeSet<u32> = of_source.iter().flat_map(|one| one.targets.iter().copied()).collect();
        if !reached.is_empty() && reached.is_subset(&own) {
            raise.add("B6", first, reached.len() as u64, 0);
        }
    }

    /// Country and operator, where the case names a database.
    fn origins(&self, session: &Rebuilt, source: IpAddr, first: &Use, raise: &mut Raise<'_>) {
        if !self.networks.has_database() {
            return;
        }
        let origin = self.networks.origin(source);
        let known = session.user.and_then(|user| self.sessions.addresses_of.get(&user));
        let known: BTreeSet<_> = known.into_iter().flatten().map(|address| self.networks.origin(*address)).collect();
        let countries: BTreeSet<&str> = known.iter().map(|o| o.country.as_str()).filter(|c| !c.is_empty()).collect();
        raise.values.insert("origin", [origin.country.as_str(), origin.operator.as_str()].join(" ").trim().to_owned());
        if !origin.country.is_empty() && !countries.is_empty() && !countries.contains(origin.country.as_str()) {
            raise.add("N1", first, 0, 0);
        }
        if !origin.operator.is_empty() && known.iter().any(|o| o.operator == origin.operator) {
            raise.add("B8", first, 0, 0);
        }
    }

    /// Volume and hour.
    fn volume(&self, session: &Rebuilt, of_source: &[&Use], first: &Use, raise: &mut Raise<'_>) {
        let windows = &self.rules.windows;
        let larger = |one: &&Use| one.send.max(one.recv);
        let moved: u64 =
            of_source.iter().filter(|one| one.kind == UseKind::Tunnel).map(larger).fold(0, u64::saturating_add);
        let own = session.uses.iter().filter(|one| one.source != first.source && one.kind == UseKind::Tunnel);
        let own: u64 = own.map(|one| larger(&one)).fold(0, u64::saturating_add);
        if moved >= windows.volume_megabytes * 1_000_000 && moved / windows.volume_times.max(1) >= own {
            raise.add("V1", first, moved / 1_000_000, 0);
        }
        let hour = first.first.div_euclid(3600).rem_euclid(24);
        if let Some((hours, sessions)) = session.user.and_then(|user| self.sessions.hours_of.get(&user))
            && *sessions >= windows.hours_sessions
            && [-2, -1, 0, 1, 2].iter().all(|near| hours >> (hour + near).rem_euclid(24) & 1 == 0)
        {
            raise.add("V2", first, *sessions, hour);
        }
    }

    /// Who else used or logged in from the address.
    fn shared_use(&self, session: &Rebuilt, source: IpAddr, first: &Use, raise: &mut Raise<'_>) {
        let windows = &self.rules.windows;
        let none = BTreeSet::new();
        let logged_in = users_of(self.sessions, source).unwrap_or(&none);
        if logged_in.is_empty() {
            raise.add("R1N", first, 0, 0);
        }
        if session.user.is_some_and(|user| logged_in.contains(&user)) {
            raise.add("B1", first, 0, 0);
            return;
        }
        match logged_in.len() {
            0 => {}
            1 => raise.add("B2O", first, 1, 0),
            more => {
                raise.add("B2", first, more as u64, 0);
                return;
            }
        }
        let window = windows.same_source_hours * 3600;
        let near = self.uses.get(&source).map(Vec::as_slice).unwrap_or_default();
        // They are in the order of time, and may be many.
        let near = near.get(near.partition_point(|one| one.first < first.first - window)..).unwrap_or_default();
        let near = near.iter().take_while(|one| one.first - first.first <= window);
        let (mut all, mut others) = (BTreeSet::new(), BTreeSet::new());
        for one in near {
            all.insert(one.user);
            if one.user != session.user && !one.is_hand_over {
                others.insert(one.user);
            }
        }
        if !others.is_empty() {
            raise.add("R2", first, others.len() as u64, windows.same_source_hours);
        }
        if all.len() >= windows.many_users {
            raise.add("R2M", first, all.len() as u64, windows.same_source_hours);
        }
    }

    /// True where the logs are whole for long enough before the session's first sign to have shown its login.
    fn login_should_show(&self, session: &Rebuilt) -> bool {
        let lookback = self.rules.windows.login_lookback_hours * 3600;
        self.counters.is_whole(&session.host, session.first - lookback, session.first)
    }
}

/// Where the foreign address went, against where the owner's went.
fn destinations(session: &Rebuilt, of_source: &[&Use], source: IpAddr, windows: &Windows, raise: &mut Raise<'_>) {
    let own_ports = session.uses.iter().filter(|one| one.source != source).fold(0, |ports, one| ports | one.ports);
    if let Some(first) = of_source.iter().find(|one| one.ports & !own_ports != 0) {
        raise.add("D1", first, 0, 0);
    }
    let reached: BTreeSet<u32> = of_source.iter().flat_map(|one| one.targets.iter().copied()).collect();
    if let Some(first) = of_source.first().filter(|_| reached.len() >= windows.fan_out) {
        raise.add("D2", first, reached.len() as u64, 0);
    }
}

/// Indicators as they are raised, worded by the rule file.
struct Raise<'r> {
    rules: &'r Rules,
    sessions: &'r Sessions,
    values: BTreeMap<&'static str, String>,
    indicators: Vec<HijackIndicator>,
}

impl Raise<'_> {
    fn add(&mut self, id: &str, at: &Use, count: u64, other: i64) {
        self.at(id, at.first, (at.place, at.line), count, other);
    }

    fn at(&mut self, id: &str, time: Seconds, (place, line): (u32, u32), count: u64, other: i64) {
        let Some(rule) = self.rules.indicator(id) else { return };
        self.values.insert("count", count.to_string());
        self.values.insert("other", other.to_string());
        self.indicators.push(HijackIndicator {
            rule: rule.id.clone(),
            time: civil(time),
            text: rule.sentence(&self.values),
            locator: self.sessions.locator(place, line),
            weight: rule.weight,
        });
    }
}
