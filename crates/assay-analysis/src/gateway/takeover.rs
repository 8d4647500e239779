//! Which sessions look taken over, with the reasons each way.
//!
//! A session is looked at where a public address other than that of its login used it. Each such address gets the
//! indicators of `rules/gateway/indicators.toml`; the worst one speaks for the session. The verdict says what the lines look
//! like, not what happened: it may be a nurse at home, so users are numbers and a person confirms.

use super::networks::{are_neighbours, is_inside};
use super::rules::{Rules, Windows};
use super::sessions::{Connection, Rebuilt, Sessions, UserNumber};
use assay_model::{HijackIndicator, SessionVerdict, TakeoverVerdict};
use jiff::SignedDuration;
use jiff::civil::DateTime;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

/// Judges every session; gives those with an indicator, strongest first. `whole_from` is the time from which the logs held
/// are known to be whole.
pub(super) fn judge(sessions: &Sessions<'_>, whole_from: Option<DateTime>, rules: &Rules) -> Vec<SessionVerdict> {
    let uses = foreign_uses(sessions, &rules.windows);
    let proxies = proxies(sessions, &rules.windows);
    let judge = Judge { sessions, uses: &uses, proxies: &proxies, whole_from, rules };
    let mut flagged: Vec<SessionVerdict> = sessions.list.iter().filter_map(|session| judge.session(session)).collect();
    flagged.sort_by(|a, b| {
        b.score
            .total_cmp(&a.score)
            .then_with(|| a.session.session_id.cmp(&b.session.session_id))
            .then_with(|| a.session.first.cmp(&b.session.first))
    });
    flagged
}

/// One address's use of one session that it was not logged in from.
struct ForeignUse {
    first: DateTime,
    user: Option<UserNumber>,
    is_hand_over: bool,
}

/// The unexplained uses of every foreign address, over all sessions.
fn foreign_uses(sessions: &Sessions<'_>, windows: &Windows) -> BTreeMap<IpAddr, Vec<ForeignUse>> {
    let mut uses: BTreeMap<IpAddr, Vec<ForeignUse>> = BTreeMap::new();
    for session in &sessions.list {
        for source in foreign_sources(session) {
            let is_own = session.user.is_some_and(|user| users_of(sessions, source).is_some_and(|u| u.contains(&user)));
            let Some(first) = session.connections.iter().find(|c| c.source == source).map(|c| c.start) else {
                continue;
            };
            if !is_own {
                let is_hand_over = is_hand_over(&session.connections, source, windows);
                uses.entry(source).or_default().push(ForeignUse { first, user: session.user, is_hand_over });
            }
        }
    }
    for uses in uses.values_mut() {
        uses.sort_by_key(|one| (one.first, one.user));
    }
    uses
}

fn users_of<'s>(sessions: &'s Sessions<'_>, address: IpAddr) -> Option<&'s BTreeSet<UserNumber>> {
    sessions.users_of.get(&address)
}

/// Public addresses that used the session, other than that of its login.
fn foreign_sources(session: &Rebuilt<'_>) -> Vec<IpAddr> {
    let Some(client) = session.session.client_ip else { return Vec::new() };
    let addresses = session.session.sources.iter().map(|(source, ..)| *source);
    addresses.filter(|source| *source != client && !is_inside(*source)).collect()
}

/// True where `source` took over from an address that had just been in use, and no other came back beside or after it.
fn is_hand_over(connections: &[Connection<'_>], source: IpAddr, windows: &Windows) -> bool {
    let window = SignedDuration::from_mins(windows.hand_over_minutes);
    let starts = || connections.iter().filter(|c| c.source == source).map(|c| c.start);
    let (Some(first), Some(last)) = (starts().min(), starts().max()) else { return false };
    let others = || connections.iter().filter(|c| c.source != source && !is_inside(c.source));
    let Some(before) = others().filter(|c| c.start < first).max_by_key(|c| c.end.min(first)) else { return false };
    let left_behind = others().filter(|c| c.start < first).map(|c| c.source).collect::<BTreeSet<_>>();
    let beside = others().any(|c| c.start >= first && c.start <= last);
    let came_back = others().any(|c| c.start >= first && left_behind.contains(&c.source));
    !beside && !came_back && first.duration_since(before.end.min(first)) <= window
}

/// Public addresses through which nearly all sessions come, and never beside an owner's own address: an intruder works in
/// sessions whose owners still use them, a proxy in front of the gateway stands in for every owner.
fn proxies(sessions: &Sessions<'_>, windows: &Windows) -> BTreeMap<IpAddr, u64> {
    let mut behind: BTreeMap<IpAddr, u64> = BTreeMap::new();
    let mut beside: BTreeSet<IpAddr> = BTreeSet::new();
    // Of all sessions, those without a logged connection too: a log that keeps the intruder's lines alone makes no proxy.
    let all = sessions.list.len() as u64;
    for session in &sessions.list {
        let owner_shows = session.session.sources.iter().any(|(source, ..)| Some(*source) == session.session.client_ip);
        for source in foreign_sources(session) {
            *behind.entry(source).or_default() += 1;
            if owner_shows {
                beside.insert(source);
            }
        }
    }
    behind.retain(|source, count| {
        !beside.contains(source)
            && *count >= windows.proxy_sessions
            && count.saturating_mul(100) >= all.saturating_mul(windows.proxy_percent)
    });
    behind
}

struct Judge<'a, 'e> {
    sessions: &'a Sessions<'e>,
    uses: &'a BTreeMap<IpAddr, Vec<ForeignUse>>,
    /// Proxies with the sessions behind them.
    proxies: &'a BTreeMap<IpAddr, u64>,
    whole_from: Option<DateTime>,
    rules: &'a Rules,
}

/// The indicators of one address in one session.
struct Weighed {
    indicators: Vec<HijackIndicator>,
    score: f64,
    login_is_known: bool,
}

impl Judge<'_, '_> {
    fn session(&self, session: &Rebuilt<'_>) -> Option<SessionVerdict> {
        let client = session.session.client_ip?;
        let weighed = foreign_sources(session).into_iter().filter_map(|source| self.weigh(session, client, source));
        // The first of equals, so that the order of addresses decides.
        let worst = weighed.reduce(|worst, next| if next.score > worst.score { next } else { worst })?;
        let (against, on): (Vec<_>, Vec<_>) =
            worst.indicators.into_iter().partition(|indicator| indicator.weight < 0.0);
        let verdict = if worst.score >= self.rules.takeover_from && worst.login_is_known {
            TakeoverVerdict::ConsistentWithTakeover
        } else if worst.score < self.rules.takeover_from && !against.is_empty() {
            TakeoverVerdict::BenignExplained
        } else {
            TakeoverVerdict::NotAssessable
        };
        Some(SessionVerdict {
            session: session.session.clone(),
            verdict,
            indicators_for: on,
            indicators_against: against,
            score: worst.score,
        })
    }

    fn weigh(&self, session: &Rebuilt<'_>, client: IpAddr, source: IpAddr) -> Option<Weighed> {
        let windows = &self.rules.windows;
        let of_source: Vec<&Connection<'_>> = session.connections.iter().filter(|c| c.source == source).collect();
        let first = of_source.first()?;
        let login_is_missed = session.session.login.is_none() && self.login_should_show(session);
        let mut raise = Raise {
            rules: self.rules,
            values: BTreeMap::from([
                ("source", source.to_string()),
                ("client", client.to_string()),
                ("user", session.user.map_or("a user without a name".to_owned(), |user| format!("user #{}", user.0))),
            ]),
            indicators: Vec::new(),
        };
        raise.add("R1", first, of_source.len(), 0);
        self.shared_use(session, source, first, &mut raise);
        if let Some(again) = came_back_beside(session, client, source, windows) {
            raise.add("R3", again, 0, windows.concurrent_minutes);
        }
        if login_is_missed {
            raise.add("R4", first, 0, windows.login_lookback_hours);
        }
        if let Some(late) = of_source.iter().find(|connection| connection.after_logout) {
            raise.add("R6", late, 0, 0);
        }
        destinations(session, &of_source, source, windows, &mut raise);
        if is_hand_over(&session.connections, source, windows) {
            raise.add("B3", first, 0, windows.hand_over_minutes);
        }
        if let Some(behind) = self.proxies.get(&source) {
            raise.add("B5", first, usize::try_from(*behind).unwrap_or(usize::MAX), 0);
        }
        if are_neighbours(source, client) {
            raise.add("B4", first, 0, 0);
        }
        let score = raise.indicators.iter().map(|indicator| indicator.weight).sum();
        let login_is_known = session.session.login.is_some() || login_is_missed;
        Some(Weighed { indicators: raise.indicators, score, login_is_known })
    }

    /// Who else used or logged in from the address.
    fn shared_use(&self, session: &Rebuilt<'_>, source: IpAddr, first: &Connection<'_>, raise: &mut Raise<'_>) {
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
                raise.add("B2", first, more, 0);
                return;
            }
        }
        let window = SignedDuration::from_hours(windows.same_source_hours);
        let near = self.uses.get(&source).map(Vec::as_slice).unwrap_or_default();
        let near = near.iter().filter(|one| one.first.duration_since(first.start).abs() <= window);
        let (mut all, mut others) = (BTreeSet::new(), BTreeSet::new());
        for one in near {
            all.insert(one.user);
            if one.user != session.user && !one.is_hand_over {
                others.insert(one.user);
            }
        }
        if !others.is_empty() {
            raise.add("R2", first, others.len(), windows.same_source_hours);
            if all.len() >= windows.many_users {
                raise.add("R2M", first, all.len(), windows.same_source_hours);
            }
        }
    }

    /// True where the logs are whole for long enough before the session's first sign to have shown its login.
    fn login_should_show(&self, session: &Rebuilt<'_>) -> bool {
        let lookback = SignedDuration::from_hours(self.rules.windows.login_lookback_hours);
        self.whole_from.is_some_and(|from| session.session.first.duration_since(from) >= lookback)
    }
}

/// The first connection that the owner's address opened soon after the foreign one had.
fn came_back_beside<'s, 'e>(
    session: &'s Rebuilt<'e>,
    client: IpAddr,
    source: IpAddr,
    windows: &Windows,
) -> Option<&'s Connection<'e>> {
    let window = SignedDuration::from_mins(windows.concurrent_minutes);
    let mut latest: Option<DateTime> = None;
    for connection in &session.connections {
        if connection.source == source {
            latest = Some(connection.start);
        } else if connection.source == client
            && latest
                .is_some_and(|latest| latest < connection.start && connection.start.duration_since(latest) <= window)
        {
            return Some(connection);
        }
    }
    None
}

/// Where the foreign address went, against where the owner's went.
fn destinations(
    session: &Rebuilt<'_>,
    of_source: &[&Connection<'_>],
    source: IpAddr,
    windows: &Windows,
    raise: &mut Raise<'_>,
) {
    let own_ports: BTreeSet<u16> = session
        .connections
        .iter()
        .filter(|connection| connection.source != source)
        .filter_map(|connection| Some(connection.destination?.1))
        .collect();
    let is_new = |port: u16| windows.administration_ports.contains(&port) && !own_ports.contains(&port);
    if let Some(first) = of_source.iter().find(|c| c.destination.is_some_and(|(_, port)| is_new(port))) {
        raise.add("R7", first, 0, 0);
    }
    let reached: BTreeSet<IpAddr> = of_source.iter().filter_map(|c| Some(c.destination?.0)).collect();
    if let Some(first) = of_source.first().filter(|_| reached.len() >= windows.fan_out) {
        raise.add("R8", first, reached.len(), 0);
    }
}

/// Indicators as they are raised, worded by the rule file.
struct Raise<'r> {
    rules: &'r Rules,
    values: BTreeMap<&'static str, String>,
    indicators: Vec<HijackIndicator>,
}

impl Raise<'_> {
    fn add(&mut self, id: &str, at: &Connection<'_>, count: usize, other: i64) {
        let Some(rule) = self.rules.indicator(id) else { return };
        self.values.insert("count", count.to_string());
        self.values.insert("other", other.to_string());
        self.indicators.push(HijackIndicator {
            rule: rule.id.clone(),
            time: at.start,
            text: rule.sentence(&self.values),
            locator: at.locator.clone(),
            weight: rule.weight,
        });
    }
}
