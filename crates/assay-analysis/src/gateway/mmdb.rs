//! A reader of MaxMind DB files (MMDB, format 2.0): country, and number and name of the operator of an address.
//!
//! Only what these three need is decoded. The file is the user's; none is shipped. Every offset is checked, pointers are
//! followed a bounded number of times, so that a broken file gives nothing instead of an error in mid report.
//! Format: the public specification "MaxMind DB File Format".

use super::networks::Origin;
use memchr::memmem;
use std::net::IpAddr;

const MARK: &[u8] = b"\xab\xcd\xefMaxMind.com";

/// An opened file.
#[derive(Debug)]
pub(super) struct Database {
    bytes: Vec<u8>,
    nodes: usize,
    record_bits: usize,
    is_six: bool,
    /// Where the data section begins.
    data: usize,
}

/// A value, as far as it is of use.
enum Value<'a> {
    Text(&'a str),
    Number(u64),
    /// Entries, and where the first begins.
    Map(usize, usize),
    List(usize, usize),
    Other,
}

/// Values nest no deeper in any known file.
const DEPTH: u32 = 12;

impl Database {
    /// `None` where the bytes are no such file.
    pub(super) fn open(bytes: Vec<u8>) -> Option<Self> {
        let meta = memmem::rfind(&bytes, MARK)? + MARK.len();
        let mut database = Self { bytes, nodes: 0, record_bits: 0, is_six: true, data: meta };
        let number = |name: &str| match database.entry(meta, name)?.0 {
            Value::Number(number) => usize::try_from(number).ok(),
            _ => None,
        };
        let (nodes, record_bits, version) = (number("node_count")?, number("record_size")?, number("ip_version")?);
        if !matches!(record_bits, 24 | 28 | 32) || nodes == 0 {
            return None;
        }
        let data = nodes.checked_mul(record_bits / 4)?.checked_add(16)?;
        (database.nodes, database.record_bits, database.is_six, database.data) =
            (nodes, record_bits, version == 6, data);
        (data < meta).then_some(database)
    }

    /// What the file says of an address; empty where it says nothing.
    pub(super) fn look_up(&self, address: IpAddr) -> Origin {
        let Some(at) = self.find(address) else { return Origin::default() };
        let text = |map: usize, name: &str| match self.entry(map, name) {
            Some((Value::Text(text), _)) => Some(text.chars().filter(|c| !c.is_control()).take(80).collect::<String>()),
            _ => None,
        };
        let country = ["country", "registered_country"].into_iter().find_map(|name| {
            let (_, map) = self.entry(at, name)?;
            text(map, "iso_code")
        });
        let number = match self.entry(at, "autonomous_system_number") {
            Some((Value::Number(number), _)) => format!("AS{number}"),
            _ => String::new(),
        };
        let name = text(at, "autonomous_system_organization").unwrap_or_default();
        Origin { country: country.unwrap_or_default(), operator: format!("{number} {name}").trim().to_owned() }
    }

    /// Where the data of an address begins.
    fn find(&self, address: IpAddr) -> Option<usize> {
        let (bits, length) = match (address.to_canonical(), self.is_six) {
            (IpAddr::V4(four), false) => (u128::from(u32::from(four)) << 96, 32),
            // IPv4 lies below ::/96.
            (IpAddr::V4(four), true) => (u128::from(u32::from(four)), 128),
            (IpAddr::V6(six), true) => (u128::from(six), 128),
            (IpAddr::V6(_), false) => return None,
        };
        let mut node = 0;
        for n in 0..length {
            let right = bits >> (127 - n) & 1 == 1;
            node = self.record(node, right)?;
            if node == self.nodes {
                return None;
            }
            if node > self.nodes {
                return Some(self.data + node.checked_sub(self.nodes + 16)?);
            }
        }
        None
    }

    fn record(&self, node: usize, right: bool) -> Option<usize> {
        let size = self.record_bits / 4;
        let node = self.bytes.get(node * size..(node + 1) * size)?;
        let number = |bytes: &[u8]| bytes.iter().fold(0_usize, |sum, byte| sum << 8 | usize::from(*byte));
        Some(match (self.record_bits, right) {
            (28, false) => usize::from(node.get(3)? >> 4) << 24 | number(node.get(..3)?),
            (28, true) => usize::from(node.get(3)? & 15) << 24 | number(node.get(4..)?),
            (_, false) => number(node.get(..size / 2)?),
            (_, true) => number(node.get(size / 2..)?),
        })
    }

    /// The value of a map's entry, and where it begins after pointers.
    fn entry(&self, map: usize, name: &str) -> Option<(Value<'_>, usize)> {
        let (Value::Map(entries, mut at), _, _) = self.value(map)? else { return None };
        for _ in 0..entries.min(64) {
            let (key, _, after) = self.value(at)?;
            let is_it = matches!(key, Value::Text(key) if key == name);
            if is_it {
                let (value, begins, _) = self.value(after)?;
                return Some((value, begins));
            }
            at = self.skip(after, 0)?;
        }
        None
    }

    /// The value at a place, where it begins after pointers, and where the next one begins.
    fn value(&self, at: usize) -> Option<(Value<'_>, usize, usize)> {
        let control = *self.bytes.get(at)?;
        let mut kind = control >> 5;
        let mut next = at + 1;
        if kind == 1 {
            let size = usize::from(control >> 3 & 3);
            let low = self.bytes.get(next..next + size + 1)?;
            let low = low.iter().fold(0_usize, |sum, byte| sum << 8 | usize::from(*byte));
            let high = usize::from(control & 7);
            let target = match size {
                0 => high << 8 | low,
                1 => (high << 16 | low) + 2048,
                2 => (high << 24 | low) + 526_336,
                _ => low,
            };
            let target = self.data.checked_add(target)?;
            if *self.bytes.get(target)? >> 5 == 1 {
                return None;
            }
            let (value, begins, _) = self.value(target)?;
            return Some((value, begins, next + size + 1));
        }
        if kind == 0 {
            kind = self.bytes.get(next)?.checked_add(7)?;
            next += 1;
        }
        let mut size = usize::from(control & 31);
        if size > 28 {
            let more = size - 28;
            let bytes = self.bytes.get(next..next + more)?;
            let number = bytes.iter().fold(0_usize, |sum, byte| sum << 8 | usize::from(*byte));
            size = number + [29, 285, 65_821].get(more - 1)?;
            next += more;
        }
        let value = match kind {
            2 => Value::Text(std::str::from_utf8(self.bytes.get(next..next + size)?).ok()?),
            5 | 6 | 9 => {
                let bytes = self.bytes.get(next..next + size)?;
                Value::Number(bytes.iter().fold(0_u64, |sum, byte| sum << 8 | u64::from(*byte)))
            }
            7 => return Some((Value::Map(size, next), at, next)),
            11 => return Some((Value::List(size, next), at, next)),
            // A truth's size is its value.
            14 => return Some((Value::Other, at, next)),
            _ => Value::Other,
        };
        Some((value, at, next.checked_add(size)?))
    }

    /// Where the value after the one at a place begins.
    fn skip(&self, at: usize, depth: u32) -> Option<usize> {
        let is_pointer = *self.bytes.get(at)? >> 5 == 1;
        let (value, _, next) = self.value(at)?;
        let (count, mut at) = match value {
            Value::Map(entries, first) if !is_pointer => (entries * 2, first),
            Value::List(entries, first) if !is_pointer => (entries, first),
            _ => return Some(next),
        };
        if depth >= DEPTH || count > 4096 {
            return None;
        }
        for _ in 0..count {
            at = self.skip(at, depth + 1)?;
        }
        Some(at)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::{Database, MARK};

    fn text(text: &str) -> Vec<u8> {
        let length = text.len() as u8;
        let head = if length < 29 { vec![2 << 5 | length] } else { vec![2 << 5 | 29, length - 29] };
        [&head, text.as_bytes()].concat()
    }

    fn number(number: u32) -> Vec<u8> {
        [&[6 << 5 | 4][..], &number.to_be_bytes()].concat()
    }

    /// A file for IPv4 in which 198.51.0.0/16 and its kind (first bits 1, 1, 0, 0, 0) are of one operator in one country, and
    /// 203.0.113.0/24 and its kind (1, 1, 0, 0, 1) of another.
    pub(crate) fn two_countries() -> Vec<u8> {
        let country = |code: &str, number_of: u32| {
            [
                vec![7 << 5 | 2],
                text("autonomous_system_number"),
                number(number_of),
                text("country"),
                vec![7 << 5 | 1],
                text("iso_code"),
                text(code),
            ]
            .concat()
        };
        let (here, there) = (country("GB", 64500), country("NL", 64501));
        // Nodes 0 to 4 walk the first five bits; 5 is nothing.
        let to_data = |offset: usize| (5 + 16 + offset) as u8;
        let record = |node: u8| [0_u8, 0, node];
        let tree = [
            [record(5), record(1)].concat(),
            [record(5), record(2)].concat(),
            [record(3), record(5)].concat(),
            [record(4), record(5)].concat(),
            [record(to_data(0)), record(to_data(here.len()))].concat(),
        ];
        let meta = [
            vec![7 << 5 | 3],
            text("node_count"),
            number(5),
            text("record_size"),
            number(24),
            text("ip_version"),
            number(4),
        ];
        [&tree.concat()[..], &[0; 16], &here, &there, MARK, &meta.concat()].concat()
    }

    /// A file for IPv4 in which addresses below 128.0.0.0 are of one operator in one country.
    fn file() -> Vec<u8> {
        let data = [
            vec![7 << 5 | 3],
            text("autonomous_system_number"),
            number(64500),
            text("autonomous_system_organization"),
            text("Example Carrier"),
            text("country"),
            vec![7 << 5 | 2],
            text("names"),
            [vec![7 << 5 | 1], text("en"), text("Nowhere")].concat(),
            text("iso_code"),
            text("GB"),
        ];
        // One node: left to the data, right to nothing.
        let tree = [0_u8, 0, 1 + 16, 0, 0, 1];
        let meta = [
            vec![7 << 5 | 3],
            text("node_count"),
            number(1),
            text("record_size"),
            number(24),
            text("ip_version"),
            number(4),
        ];
        [&tree[..], &[0; 16], &data.concat(), MARK, &meta.concat()].concat()
    }

    #[test]
    fn country_and_operator_of_an_address() {
        let database = Database::open(file()).unwrap();
        let found = database.look_up("10.1.2.3".parse().unwrap());
        assert_eq!((found.country.as_str(), found.operator.as_str()), ("GB", "AS64500 Example Carrier"));
        assert_eq!(database.look_up("203.0.113.9".parse().unwrap()), Default::default());
        assert_eq!(database.look_up("2001:db8::1".parse().unwrap()), Default::default());
    }

    #[test]
    fn a_broken_file_gives_nothing() {
        let whole = file();
        for cut in 0..whole.len() {
            if let Some(database) = Database::open(whole[..cut].to_vec()) {
                database.look_up("10.1.2.3".parse().unwrap());
            }
            let mut other = whole.clone();
            other[cut] ^= 0xff;
            if let Some(database) = Database::open(other) {
                database.look_up("10.1.2.3".parse().unwrap());
            }
        }
    }
}
