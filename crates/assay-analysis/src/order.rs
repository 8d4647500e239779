//! In which order items are read: what promises harm or more items, then lists of people, then everything else by lot.
//!
//! The order decides when an item is read, never what it gives; a whole scan gives the same in any order. It goes by names, since nothing
//! of an item is known before it is read. What is read by lot is a random sample of its stratum at any moment: from it the number of people
//! is estimated while a scan goes on (`resolve::unread`).

use crate::detect::RuleError;
use assay_model::ItemPath;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::LazyLock;

const FILE: &str = "rules/order/reading.toml";
const RULES: &str = include_str!("../../../rules/order/reading.toml");

/// Bytes from which an item is read with the tables, whatever it is: a worker that begins it last would be waited for, and what
/// is large is seldom one of many.
const LARGE: u64 = 16 << 20;
/// Strata that are read in turn, at most: of an exhibit with thousands of folders some share one.
const STRATA: u64 = 256;

/// What an item looks to be by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Family {
    /// A list: a spreadsheet, a database, records, and a document that is called one.
    Table,
    /// What holds other items.
    Archive,
    /// A message.
    Mail,
    /// Text only by recognition.
    Picture,
    /// A letter, a report, and what no name tells.
    Document,
}

/// When something is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// Before everything else.
    First,
    /// Before what is read by lot, but for some of that between.
    Census,
    /// By lot, in turn with the other strata.
    Lot {
        /// Its stratum.
        stratum: u64,
        /// Its lot: the lower is read earlier.
        lot: u64,
        /// What reading it costs, in letters.
        cost: u64,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    family: BTreeMap<Family, FamilyForm>,
    urgent: Promise,
    list: Promise,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(not(test), expect(dead_code, reason = "rules without a reason do not load"))]
struct FamilyForm {
    extensions: Vec<String>,
    cost: u64,
    reason: String,
    source: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(not(test), expect(dead_code, reason = "rules without a reason and examples do not load"))]
struct Promise {
    words: Vec<String>,
    reason: String,
    source: String,
    example: Vec<Example>,
    counter_example: Vec<Example>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(not(test), expect(dead_code, reason = "read by the test that runs them"))]
struct Example {
    path: String,
}

/// The rules as they are asked.
#[derive(Default)]
struct Order {
    by_extension: BTreeMap<String, Family>,
    costs: BTreeMap<Family, u64>,
    urgent: Vec<String>,
    list: Vec<String>,
}

impl Order {
    fn shipped() -> Result<Self, RuleError> {
        let form: Form = crate::detect::read_rules(FILE, RULES)?;
        let mut order = Self { urgent: form.urgent.words, list: form.list.words, ..Self::default() };
        for (family, form) in form.family {
            order.costs.insert(family, form.cost);
            order.by_extension.extend(form.extensions.into_iter().map(|extension| (extension, family)));
        }
        Ok(order)
    }
}

// A fault in the shipped rules shows in a test; without them everything is a document, read by lot.
static ORDER: LazyLock<Order> = LazyLock::new(|| Order::shipped().unwrap_or_default());

/// What an item looks to be by its name; one that came out of a compressed file by the name that is left.
pub fn family(path: &ItemPath) -> Family {
    let name = path.file_name();
    let mut parts = name.rsplit('.');
    let extension = parts.next().unwrap_or_default().to_ascii_lowercase();
    let by_extension = ORDER.by_extension.get(&extension).filter(|_| extension.len() < name.len());
    match by_extension {
        Some(family) => *family,
        None if is_called_list(name) => Family::Table,
        None => Family::Document,
    }
}

/// Whether a name has one of the words of a list.
fn is_called_list(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let mut words = lower.split(|c: char| !c.is_ascii_alphabetic());
    words.any(|word| ORDER.list.iter().any(|list| list == word))
}

/// Whether an item's name, or that of its folder, promises harm to people who must be warned first.
pub fn is_urgent(path: &ItemPath) -> bool {
    let plain: String = path
        .as_str()
        .chars()
        .map(|c| if matches!(c, '_' | '-' | '.' | '+') { ' ' } else { c.to_ascii_lowercase() })
        .collect();
    let as_written = path.as_str().to_ascii_lowercase();
    ORDER.urgent.iter().any(|word| plain.contains(word.as_str()) || as_written.contains(word.as_str()))
}

/// When a unit is read that holds these items, each with its size in bytes as declared; `id` is its own and draws its lot.
pub fn turn<'a>(id: &str, items: impl Iterator<Item = (&'a ItemPath, u64)>) -> Turn {
    let mut census = false;
    let mut strata: BTreeMap<u64, (u64, u64)> = BTreeMap::new();
    for (path, bytes) in items {
        let family = family(path);
        if family == Family::Archive || is_urgent(path) {
            return Turn::First;
        }
        census |= family == Family::Table || bytes >= LARGE;
        let cost = ORDER.costs.get(&family).copied().unwrap_or(1);
        let folder = path.as_str().split(['/', '!']).next().unwrap_or_default();
        let stratum = drawn(&[&[family as u8, size(bytes)], folder.as_bytes()]) % STRATA;
        let (items, costs) = strata.entry(stratum).or_default();
        *items += 1;
        *costs += cost;
    }
    if census {
        return Turn::Census;
    }
    let cost = strata.values().map(|(_, cost)| cost).sum();
    // Of several strata the one that most of its items are of.
    let stratum = strata.iter().max_by_key(|(stratum, (items, _))| (*items, std::cmp::Reverse(**stratum)));
    Turn::Lot { stratum: stratum.map_or(0, |(stratum, _)| *stratum), lot: drawn(&[id.as_bytes()]), cost }
}

/// The size of an item in powers of sixteen, from 1.
pub fn size(bytes: u64) -> u8 {
    u8::try_from(bytes.max(1).ilog2() / 4).unwrap_or(u8::MAX - 1) + 1
}

fn drawn(parts: &[&[u8]]) -> u64 {
    let mut hasher = blake3::Hasher::new();
    parts.iter().for_each(|part| _ = hasher.update(part));
    hasher.finalize().as_bytes().first_chunk().map_or(0, |head| u64::from_le_bytes(*head))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(path: &str, bytes: u64) -> Turn {
        turn(path, [(&ItemPath::of_file(path), bytes)].into_iter())
    }

    #[test]
    fn shipped_rules_do_what_their_examples_say() {
        let form: Form = crate::detect::read_rules(FILE, RULES).unwrap();
        assert!(form.urgent.example.iter().all(|e| is_urgent(&ItemPath::of_file(&e.path))));
        assert!(form.urgent.counter_example.iter().all(|e| !is_urgent(&ItemPath::of_file(&e.path))));
        let is_list = |e: &Example| family(&ItemPath::of_file(&e.path)) == Family::Table;
        assert!(form.list.example.iter().all(is_list) && !form.list.counter_example.iter().any(is_list));
        assert!([form.urgent, form.list].iter().all(|rule| !rule.reason.is_empty() && !rule.source.is_empty()));
        assert!(form.family.values().all(|f| !f.reason.is_empty() && !f.source.is_empty() && f.cost > 0));
    }

    #[test]
    fn harm_and_archives_go_first_then_lists_then_lots() {
        assert_eq!(one("a/old.ZIP", 10), Turn::First);
        assert_eq!(one("hr/Safeguarding referrals.xlsx", 10), Turn::First);
        assert_eq!(one("a/list.csv", 10), Turn::Census);
        assert_eq!(one("a/huge.txt", LARGE), Turn::Census);
        let Turn::Lot { stratum: letters, cost: 1, .. } = one("a/letter.docx", 5000) else { panic!() };
        let Turn::Lot { stratum: scans, cost: 200, .. } = one("a/scan.tif", 5000) else { panic!() };
        let Turn::Lot { stratum: same, .. } = one("a/other letter.docx", 5001) else { panic!() };
        assert!(letters == same && letters != scans);
        assert_eq!(family(&ItemPath::of_file("README")), Family::Document);
    }
}
