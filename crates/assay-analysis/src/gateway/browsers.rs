//! Browsers of logins that a user had from one address only.

use super::networks::Networks;
use super::sessions::UserNumber;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

/// Sessions of a user from which on a browser of one address only is out of the ordinary.
const SETTLED: u64 = 10;

/// Browsers of logins by user and address, with the sessions of either.
#[derive(Debug, Default)]
pub(super) struct Browsers(BTreeMap<UserNumber, BTreeMap<IpAddr, (BTreeSet<String>, u64)>>);

impl Browsers {
    pub(super) fn see(&mut self, user: Option<UserNumber>, client: Option<IpAddr>, agents: &[String], sessions: u64) {
        let (Some(user), Some(client)) = (user, client) else { return };
        let (browsers, count) = self.0.entry(user).or_default().entry(client).or_default();
        for agent in agents.iter().filter(|agent| is_browser(agent)) {
            if !browsers.contains(agent) {
                browsers.insert(agent.clone());
            }
        }
        *count += sessions;
    }

    /// Addresses whose logins have, of a user with many sessions, a browser that the user had from no other address, and few
    /// sessions.
    pub(super) fn new_ones(&self, networks: &Networks) -> BTreeSet<IpAddr> {
        let mut new = BTreeSet::new();
        for addresses in self.0.values() {
            let all: u64 = addresses.values().map(|(_, count)| count).sum();
            for (address, (browsers, count)) in
                addresses.iter().filter(|(address, _)| networks.purpose(**address).is_none())
            {
                let elsewhere = |browser: &String| {
                    addresses.iter().any(|(other, (browsers, _))| other != address && browsers.contains(browser))
                };
                let few = count * SETTLED <= all && all >= SETTLED;
                if few && !browsers.is_empty() && !browsers.iter().any(elsewhere) {
                    new.insert(*address);
                }
            }
        }
        new
    }
}

/// True for the name of a browser, which has a version; the appliance's own words for a client have none.
fn is_browser(agent: &str) -> bool {
    agent.contains('/')
}
