//! Which addresses can be somebody out on the internet, which two are neighbours, and which are known.
//!
//! Known are the networks that the case declares (offices, proxies, tunnels' pools, scanners), those that the appliance's
//! configuration gives out, and, where the case names a database of networks (MMDB), country and operator of any address.
//! Documentation ranges count as public: tests and demonstrations need addresses that belong to nobody.

use super::mmdb::Database;
use super::zones::Settled;
use std::net::IpAddr;
use std::sync::Arc;

/// What a declared network is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Purpose {
    /// Many people behind one address.
    Office,
    /// Stands in front of the gateway.
    Proxy,
    /// Given out to tunnels, or another way in of one's own.
    Vpn,
    /// Tries things on purpose.
    Scanner,
}

impl Purpose {
    /// Every purpose.
    pub const ALL: [Self; 4] = [Self::Office, Self::Proxy, Self::Vpn, Self::Scanner];

    /// The word of case.toml.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Office => "office",
            Self::Proxy => "proxy",
            Self::Vpn => "vpn",
            Self::Scanner => "scanner",
        }
    }
}

/// A network that somebody vouches for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeclaredNetwork {
    /// What it is for.
    pub purpose: Purpose,
    /// Its address.
    pub address: IpAddr,
    /// Length of its prefix.
    pub prefix: u8,
}

impl DeclaredNetwork {
    /// `192.0.2.0/24`, or an address alone.
    pub fn parse(purpose: Purpose, written: &str) -> Option<Self> {
        let (address, prefix) = written.trim().split_once('/').unwrap_or((written.trim(), ""));
        let address: IpAddr = address.parse().ok()?;
        let longest = if address.is_ipv4() { 32 } else { 128 };
        let prefix = if prefix.is_empty() { longest } else { prefix.parse().ok().filter(|p| *p <= longest)? };
        Some(Self { purpose, address, prefix })
    }

    fn holds(&self, address: IpAddr) -> bool {
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(own), IpAddr::V4(other)) => {
                (u32::from(own) ^ u32::from(other)).leading_zeros() >= u32::from(self.prefix).min(32)
            }
            (IpAddr::V6(own), IpAddr::V6(other)) => {
                (u128::from(own) ^ u128::from(other)).leading_zeros() >= u32::from(self.prefix).min(128)
            }
            _ => false,
        }
    }
}

/// Everything known of networks.
#[derive(Clone, Debug, Default)]
pub struct Networks {
    declared: Vec<DeclaredNetwork>,
    databases: Vec<Arc<Database>>,
}

/// Country and operator of an address.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Origin {
    /// `GB`.
    pub(super) country: String,
    /// Number and name of the operator.
    pub(super) operator: String,
}

impl Networks {
    /// Declared networks, and the bytes of databases (MMDB; country, city, ASN). The error says which database is none.
    pub fn new(declared: Vec<DeclaredNetwork>, databases: Vec<Vec<u8>>) -> Result<Self, usize> {
        let databases = databases.into_iter().enumerate();
        let databases = databases.map(|(n, bytes)| Database::open(bytes).map(Arc::new).ok_or(n));
        Ok(Self { declared, databases: databases.collect::<Result<_, _>>()? })
    }

    /// With the networks of the configurations read.
    pub(super) fn with_settings(&self, sources: &[Settled<'_>]) -> Self {
        let mut all = self.clone();
        for (address, prefix) in sources.iter().flat_map(|settled| &settled.source.digest.settings.networks) {
            // A misread mask must not make everything known.
            if *prefix >= 8 {
                all.declared.push(DeclaredNetwork { purpose: Purpose::Vpn, address: *address, prefix: *prefix });
            }
        }
        all
    }

    pub(super) fn purpose(&self, address: IpAddr) -> Option<Purpose> {
        self.declared.iter().find(|network| network.holds(address)).map(|network| network.purpose)
    }

    /// True where origins can be told at all.
    pub(super) fn has_database(&self) -> bool {
        !self.databases.is_empty()
    }

    pub(super) fn origin(&self, address: IpAddr) -> Origin {
        let mut origin = Origin::default();
        for database in &self.databases {
            let found = database.look_up(address);
            if origin.country.is_empty() {
                origin.country = found.country;
            }
            if origin.operator.is_empty() {
                origin.operator = found.operator;
            }
        }
        origin
    }
}

/// True for addresses that no peer on the internet has: private, loopback, link-local, shared (RFC 6598), unique local.
/// In a full tunnel the source of a connection is such an intranet address.
pub(super) fn is_inside(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(four) => {
            let [a, b, ..] = four.octets();
            four.is_private()
                || four.is_loopback()
                || four.is_link_local()
                || four.is_unspecified()
                || (a == 100 && (64..128).contains(&b))
        }
        IpAddr::V6(six) => {
            let [first, ..] = six.segments();
            six.is_loopback() || six.is_unspecified() || first & 0xfe00 == 0xfc00 || first & 0xffc0 == 0xfe80
        }
    }
}

/// True where two addresses share a network that one line or one carrier hands out: /24 of IPv4, /48 of IPv6.
pub(super) fn are_neighbours(one: IpAddr, other: IpAddr) -> bool {
    match (one, other) {
        (IpAddr::V4(one), IpAddr::V4(other)) => one.octets().get(..3) == other.octets().get(..3),
        (IpAddr::V6(one), IpAddr::V6(other)) => one.segments().get(..3) == other.segments().get(..3),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::{DeclaredNetwork, Networks, Purpose, are_neighbours, is_inside};

    #[test]
    fn declared_networks_hold_their_addresses_whatever_the_form() {
        let declared = |written: &str| DeclaredNetwork::parse(Purpose::Office, written);
        let networks = vec![declared("192.0.2.128/25").unwrap(), declared("2001:db8::/32").unwrap()];
        let networks = Networks::new(networks, Vec::new()).unwrap();
        let check = |address: &str| networks.purpose(address.parse().unwrap()).is_some();
        assert!(check("192.0.2.129") && check("::ffff:192.0.2.200") && check("2001:db8:9::1"));
        assert!(!check("192.0.2.1") && !check("2001:db9::1"));
        assert_eq!(declared("192.0.2.0/33"), None);
        assert_eq!(declared("here"), None);
        assert_eq!(declared("192.0.2.7").unwrap().prefix, 32);
    }

    #[test]
    fn inside_is_what_the_internet_does_not_route() {
        for inside in
            ["10.0.0.5", "172.31.1.1", "192.168.7.10", "127.101.0.0", "100.64.0.1", "fd00::1", "fe80::1", "::1"]
        {
            assert!(is_inside(inside.parse().unwrap()), "{inside}");
        }
        for outside in ["172.32.0.1", "100.128.0.1", "203.0.113.9", "2001:db8::1", "81.2.69.144"] {
            assert!(!is_inside(outside.parse().unwrap()), "{outside}");
        }
    }

    #[test]
    fn neighbours_share_a_network() {
        let check = |a: &str, b: &str| are_neighbours(a.parse().unwrap(), b.parse().unwrap());
        assert!(check("203.0.113.9", "203.0.113.200") && check("2001:db8:1::1", "2001:db8:1:5::1"));
        assert!(!check("203.0.113.9", "203.0.114.9") && !check("2001:db8:1::1", "2001:db8:2::1"));
        assert!(!check("203.0.113.9", "2001:db8::1"));
    }
}
