//! Sessions that ended, as bytes. A long log holds many, of which each is looked at once or twice, so little is held of each:
//! numbers at their shortest, times and lines as distances, texts once.
//!
//! Bytes are written and read here only. What does not fit them ends the reading, so that nothing of it can panic.

use super::digest::{Fragment, Use, UseKind};
use super::scan::Seconds;
use assay_model::Sensitive;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;

/// Bytes in one piece: what grows is never copied as a whole.
const PIECE: usize = 1 << 20;

/// Stretches of sessions in the order in which they came.
#[derive(Clone, Default)]
pub struct Fragments {
    pieces: Vec<Vec<u8>>,
    count: usize,
    texts: Vec<Arc<str>>,
    at: HashMap<Arc<str>, u64>,
}

impl std::fmt::Debug for Fragments {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl PartialEq for Fragments {
    fn eq(&self, other: &Self) -> bool {
        self.count == other.count && self.iter().eq(other.iter())
    }
}

impl FromIterator<Fragment> for Fragments {
    fn from_iter<T: IntoIterator<Item = Fragment>>(fragments: T) -> Self {
        let mut all = Self::default();
        fragments.into_iter().for_each(|fragment| all.push(&fragment));
        all
    }
}

impl Fragments {
    /// How many.
    pub fn len(&self) -> usize {
        self.count
    }

    /// True where there is none.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Puts one behind the others. Its uses are told without their place, which is set where sources are joined.
    pub fn push(&mut self, fragment: &Fragment) {
        let f = fragment;
        let mut out = Out::default();
        // The user stands first, for those who look for one's sessions only.
        out.number(f.user.as_ref().map_or(0, |user| self.text(user.reveal()) + 1));
        out.number(f.session);
        out.distance(f.first, 0);
        out.number(self.text(&f.host));
        out.address(f.client, None);
        out.number(f.forwarded.len() as u64);
        f.forwarded.iter().for_each(|forwarded| out.address(Some(*forwarded), f.client));
        out.distance(f.last, f.first);
        out.number(f.line.into());
        for (time, line) in [f.login, f.logout].map(Option::unwrap_or_default) {
            out.distance(time, f.first);
            out.distance(line.into(), f.line.into());
        }
        out.number(u64::from(f.login.is_some()) | u64::from(f.logout.is_some()) << 1);
        out.number(self.text(&f.ended));
        out.number(f.requests);
        out.number(f.launches);
        out.number(f.logout_bytes.0);
        out.number(f.logout_bytes.1);
        out.number(f.agents.len() as u64);
        f.agents.iter().for_each(|agent| out.number(self.text(agent)));
        out.number(f.uses.len() as u64);
        let (mut time, mut id) = (f.first, 0);
        for one in &f.uses {
            out.number(match one.kind {
                UseKind::Tunnel => 0,
                UseKind::Ica => 1,
                UseKind::Denied => 2,
            });
            out.address(Some(one.source), f.client);
            out.distance(one.first, time);
            out.distance(one.last, one.first);
            out.distance(one.end, one.last);
            time = one.last;
            [one.count, one.send, one.recv, one.ports.into()].into_iter().for_each(|number| out.number(number));
            out.number(one.targets.len() as u64);
            one.targets.iter().for_each(|target| out.0.extend_from_slice(&target.to_le_bytes()));
            out.distance(one.line.into(), f.line.into());
            // Counters may be any number, so that their distance wraps.
            out.distance(one.ids.0.wrapping_sub(id) as i64, 0);
            out.distance(one.ids.1.wrapping_sub(one.ids.0) as i64, 0);
            id = one.ids.1;
        }
        let mut length = Out::default();
        length.number(out.0.len() as u64);
        if self.pieces.last().is_none_or(|piece| piece.len() + length.0.len() + out.0.len() > PIECE) {
            self.pieces.push(Vec::new());
        }
        if let Some(piece) = self.pieces.last_mut() {
            piece.extend_from_slice(&length.0);
            piece.extend_from_slice(&out.0);
            self.count += 1;
        }
    }

    fn text(&mut self, text: &str) -> u64 {
        if let Some(known) = self.at.get(text) {
            return *known;
        }
        let number = self.texts.len() as u64;
        let text: Arc<str> = text.into();
        self.texts.push(Arc::clone(&text));
        self.at.insert(text, number);
        number
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = Fragment> + '_ {
        self.of_users(|_| true)
    }

    /// Those of wanted users; asked with a user's number in here, 0 for nobody.
    pub(super) fn of_users<'s>(
        &'s self,
        is_wanted: impl Fn(usize) -> bool + 's,
    ) -> impl Iterator<Item = Fragment> + 's {
        let mut records = self.records();
        std::iter::from_fn(move || {
            loop {
                let mut own = records.next()?;
                let user = own.number()?;
                if is_wanted(user as usize) {
                    return self.read(user.checked_sub(1).map(|at| self.named(at)), own);
                }
            }
        })
    }

    /// Something of each user, by number in here.
    pub(super) fn by_user<T>(&self, of: impl Fn(&str) -> T) -> Vec<T> {
        std::iter::once("").chain(self.texts.iter().map(|text| &**text)).map(of).collect()
    }

    /// User, SessionId and first sign of each that has a user.
    pub(super) fn beginnings(&self) -> impl Iterator<Item = (&str, u64, Seconds)> + '_ {
        self.records().filter_map(|mut own| {
            let user = self.named(own.number()?.checked_sub(1)?);
            Some((user, own.number()?, own.distance(0)?))
        })
    }

    fn records(&self) -> impl Iterator<Item = In<'_>> + '_ {
        let mut pieces = self.pieces.iter();
        let mut rest = In(&[]);
        std::iter::from_fn(move || {
            if rest.0.is_empty() {
                rest = In(pieces.next()?);
            }
            let length = rest.number()?;
            rest.bytes(length).map(In)
        })
    }

    fn named(&self, number: u64) -> &str {
        self.texts.get(number as usize).map_or("", |text| text)
    }

    fn read(&self, user: Option<&str>, mut own: In<'_>) -> Option<Fragment> {
        let mut f = Fragment {
            user: user.map(|user| Sensitive::new(user.to_owned())),
            session: own.number()?,
            first: own.distance(0)?,
            host: self.named(own.number()?).to_owned(),
            client: own.address(None)?,
            ..Fragment::default()
        };
        for _ in 0..own.number()? {
            f.forwarded.extend(own.address(f.client)?);
        }
        f.last = own.distance(f.first)?;
        f.line = own.number()? as u32;
        let mut moment = || Some((own.distance(f.first)?, own.distance(f.line.into())? as u32));
        let (login, logout) = (moment()?, moment()?);
        let known = own.number()?;
        f.login = (known & 1 != 0).then_some(login);
        f.logout = (known & 2 != 0).then_some(logout);
        f.ended = self.named(own.number()?).to_owned();
        (f.requests, f.launches, f.logout_bytes) = (own.number()?, own.number()?, (own.number()?, own.number()?));
        for _ in 0..own.number()? {
            f.agents.push(self.named(own.number()?).to_owned());
        }
        let (mut time, mut id) = (f.first, 0_u64);
        let count = own.number()?;
        f.uses.reserve_exact((count as usize).min(own.0.len()));
        for _ in 0..count {
            let kind = match own.number()? {
                0 => UseKind::Tunnel,
                1 => UseKind::Ica,
                _ => UseKind::Denied,
            };
            let source = own.address(f.client)??;
            let first = own.distance(time)?;
            let last = own.distance(first)?;
            let end = own.distance(last)?;
            time = last;
            let (count, send, recv, ports) = (own.number()?, own.number()?, own.number()?, own.number()? as u32);
            let targets = own.number()?.checked_mul(4)?;
            let targets = own.bytes(targets)?.as_chunks().0.iter().map(|target| u32::from_le_bytes(*target)).collect();
            let line = own.distance(f.line.into())? as u32;
            let low = id.wrapping_add(own.distance(0)? as u64);
            let high = low.wrapping_add(own.distance(0)? as u64);
            id = high;
            f.uses.push(Use {
                source,
                kind,
                first,
                last,
                end,
                count,
                send,
                recv,
                ports,
                targets,
                line,
                place: 0,
                ids: (low, high),
            });
        }
        Some(f)
    }
}

/// Number, beginning and end of ordinary sessions, in the order in which they came.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Closings {
    bytes: Vec<u8>,
    count: u64,
    last: (u64, Seconds),
}

impl Closings {
    /// How many.
    pub fn len(&self) -> u64 {
        self.count
    }

    /// True where there is none.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Puts one behind the others: SessionId, login, logout.
    pub fn push(&mut self, session: u64, login: Seconds, logout: Seconds) {
        let mut out = Out(std::mem::take(&mut self.bytes));
        out.distance(session.wrapping_sub(self.last.0) as i64, 0);
        out.distance(login, self.last.1);
        out.distance(logout, login);
        self.bytes = out.0;
        self.last = (session, login);
        self.count += 1;
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = (u64, Seconds, Seconds)> + '_ {
        let mut rest = In(&self.bytes);
        let mut last = (0_u64, 0);
        std::iter::from_fn(move || {
            let session = last.0.wrapping_add(rest.distance(0)? as u64);
            let login = rest.distance(last.1)?;
            let logout = rest.distance(login)?;
            last = (session, login);
            Some((session, login, logout))
        })
    }
}

#[derive(Default)]
struct Out(Vec<u8>);

impl Out {
    /// Seven bits a byte, the lowest first; the eighth says that more follow (LEB128).
    fn number(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.0.push(number as u8 | 0x80);
            number >>= 7;
        }
        self.0.push(number as u8);
    }

    /// How far a number lies from another, its sign in the lowest bit.
    fn distance(&mut self, number: i64, from: i64) {
        let distance = number.wrapping_sub(from);
        self.number((distance << 1 ^ distance >> 63) as u64);
    }

    /// An address, or that it is the one most often met.
    fn address(&mut self, address: Option<IpAddr>, usual: Option<IpAddr>) {
        match address {
            None => self.0.push(0),
            address if address == usual => self.0.push(1),
            Some(IpAddr::V4(four)) => {
                self.0.push(4);
                self.0.extend_from_slice(&four.octets());
            }
            Some(IpAddr::V6(six)) => {
                self.0.push(6);
                self.0.extend_from_slice(&six.octets());
            }
        }
    }
}

struct In<'a>(&'a [u8]);

impl<'a> In<'a> {
    fn bytes(&mut self, length: u64) -> Option<&'a [u8]> {
        let (bytes, rest) = self.0.split_at_checked(usize::try_from(length).ok()?)?;
        self.0 = rest;
        Some(bytes)
    }

    fn number(&mut self) -> Option<u64> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let (byte, rest) = self.0.split_first()?;
            self.0 = rest;
            number |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                break;
            }
        }
        Some(number)
    }

    fn distance(&mut self, from: i64) -> Option<i64> {
        let number = self.number()?;
        Some(from.wrapping_add((number >> 1) as i64 ^ -((number & 1) as i64)))
    }

    /// The outer `None` is the end of the bytes.
    fn address(&mut self, usual: Option<IpAddr>) -> Option<Option<IpAddr>> {
        Some(match self.number()? {
            0 => None,
            1 => usual,
            4 => Some(IpAddr::from(*self.bytes(4)?.first_chunk::<4>()?)),
            _ => Some(IpAddr::from(*self.bytes(16)?.first_chunk::<16>()?)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn address() -> impl Strategy<Value = IpAddr> {
        prop_oneof![
            Just(IpAddr::from([192, 0, 2, 1])),
            any::<[u8; 4]>().prop_map(IpAddr::from),
            any::<[u8; 16]>().prop_map(IpAddr::from)
        ]
    }

    prop_compose! {
        fn one_use()(
            source in address(),
            kind in prop::sample::select(vec![UseKind::Tunnel, UseKind::Ica, UseKind::Denied]),
            (first, last, end) in any::<(i64, i64, i64)>(),
            (count, send, recv, ports) in any::<(u64, u64, u64, u32)>(),
            targets in prop::collection::vec(any::<u32>(), 0..5),
            (line, ids) in any::<(u32, (u64, u64))>(),
        ) -> Use {
            Use { source, kind, first, last, end, count, send, recv, ports, targets, line, place: 0, ids }
        }
    }

    prop_compose! {
        fn fragment()(
            (host, user, ended) in any::<(String, Option<String>, String)>(),
            client in prop::option::of(address()),
            forwarded in prop::collection::vec(address(), 0..3),
            (session, first, last, line) in any::<(u64, i64, i64, u32)>(),
            (login, logout) in any::<(Option<(i64, u32)>, Option<(i64, u32)>)>(),
            (requests, launches, logout_bytes) in any::<(u64, u64, (u64, u64))>(),
            agents in prop::collection::vec(any::<String>(), 0..3),
            uses in prop::collection::vec(one_use(), 0..4),
        ) -> Fragment {
            let user = user.map(Sensitive::new);
            Fragment {
                host, session, user, client, forwarded, login, logout, ended, first, last, line, requests, launches, agents,
                logout_bytes, uses,
            }
        }
    }

    proptest! {
        #[test]
        fn stretches_come_back_as_they_went(fragments in prop::collection::vec(fragment(), 0..6)) {
            let packed: Fragments = fragments.iter().cloned().collect();
            prop_assert_eq!(packed.iter().collect::<Vec<_>>(), fragments);
        }

        #[test]
        fn closings_come_back_as_they_went(closed in prop::collection::vec(any::<(u64, i64, i64)>(), 0..9)) {
            let mut packed = Closings::default();
            closed.iter().for_each(|(session, login, logout)| packed.push(*session, *login, *logout));
            prop_assert_eq!(packed.iter().collect::<Vec<_>>(), closed);
        }
    }

    #[test]
    fn one_users_stretches_are_found_among_others() {
        let of = |user: Option<&str>, session| Fragment {
            user: user.map(|user| Sensitive::new(user.to_owned())),
            session,
            ..Fragment::default()
        };
        let packed: Fragments =
            [of(Some("ann"), 1), of(None, 2), of(Some("bob"), 3), of(Some("ann"), 4)].into_iter().collect();
        let names = packed.by_user(str::to_owned);
        let sessions = |wanted: &str| packed.of_users(|n| names[n] == wanted).map(|f| f.session).collect::<Vec<_>>();
        assert_eq!((sessions("ann"), sessions("bob"), sessions("")), (vec![1, 4], vec![3], vec![2]));
    }
}
