//! Which addresses can be somebody out on the internet, and which two are neighbours.
//!
//! Documentation ranges count as public: tests and demonstrations need addresses that belong to nobody.

use std::net::IpAddr;

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
    use super::{are_neighbours, is_inside};

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
