//! The shipped reference lists (`rules/reference/`, provenance and notices beside them), compiled in and looked up by
//! folded text.
//!
//! The lists of names, words and towns are one table that the build makes ([`known`](mod@known)); the short ones are kept as the
//! text that they are and searched by bisection.

use std::sync::LazyLock;

mod fold;
mod known;

pub use fold::fold;
pub use known::{Known, known, known_as_written};

/// A tab-separated list, sorted by the folded first column.
struct List {
    rows: Vec<(String, &'static str)>,
}

impl List {
    fn new(text: &'static str) -> Self {
        let mut rows: Vec<_> = text
            .lines()
            .skip(1)
            .filter_map(|line| line.split_once('\t').map(|(key, rest)| (fold(key), rest)))
            .collect();
        rows.sort_unstable();
        Self { rows }
    }

    /// The rows whose key folds to `folded`.
    fn get(&self, folded: &str) -> &[(String, &'static str)] {
        let start = self.rows.partition_point(|(key, _)| key.as_str() < folded);
        let end = self.rows[start..].partition_point(|(key, _)| key.as_str() == folded) + start;
        &self.rows[start..end]
    }
}

static NICKNAMES: LazyLock<List> = LazyLock::new(|| List::new(include_str!("../../../rules/reference/nicknames.tsv")));
static DISTRICTS: LazyLock<Vec<u32>> =
    LazyLock::new(|| codes(include_str!("../../../rules/reference/postcode_districts.tsv")));
static AREAS: LazyLock<Vec<u32>> = LazyLock::new(|| codes(include_str!("../../../rules/reference/postcode_areas.tsv")));
/// Codes, packed and sorted, with the least and the most digits behind each.
static CALLING_CODES: LazyLock<Vec<(u32, usize, usize)>> = LazyLock::new(|| {
    let row = |line: &'static str| {
        let mut fields = line.split('\t');
        let code = packed(fields.next()?.as_bytes())?;
        let mut numbers = fields.skip(1).map(|number| number.trim().parse().ok());
        Some((code, numbers.next()??, numbers.next()??))
    };
    let mut codes: Vec<_> =
        include_str!("../../../rules/reference/calling_codes.tsv").lines().skip(1).filter_map(row).collect();
    codes.sort_unstable();
    codes
});
/// Names of medicines that British prescriptions use and the list, which is American, has by another name. Source: the British
/// approved names that the MHRA lists beside the international ones.
const BRITISH_DRUGS: [&str; 24] = [
    "adrenaline",
    "aciclovir",
    "amoxycillin",
    "beclometasone",
    "bendroflumethiazide",
    "ciclosporin",
    "co-amoxiclav",
    "co-beneldopa",
    "co-careldopa",
    "co-codamol",
    "co-dydramol",
    "frusemide",
    "furosemide",
    "glyceryl trinitrate",
    "indometacin",
    "levothyroxine",
    "lidocaine",
    "lignocaine",
    "noradrenaline",
    "oestradiol",
    "paracetamol",
    "pethidine",
    "salbutamol",
    "thyroxine",
];
/// Names of medicines, sorted.
static DRUGS: LazyLock<Vec<&'static str>> = LazyLock::new(|| {
    let text = include_str!("../../../rules/reference/drug_names_cc0.tsv");
    let mut names: Vec<&str> = text.lines().skip(1).filter_map(|line| line.split('\t').next()).collect();
    names.extend(BRITISH_DRUGS);
    names.retain(|name| !["water", "honey", "rice", "hops", "iron", "talc", "wool"].contains(name));
    names.sort_unstable();
    names
});

/// Bearers of a surname in the US census tables; 1 for a name that only the world list has; 0 for none.
/// `folded` is a name passed through [`fold`].
pub fn surname_count(folded: &str) -> u32 {
    known(folded).surname
}

/// Births and census bearers of a given name in US tables; 1 for a name that only the world list has; 0 for none.
pub fn given_name_count(folded: &str) -> u32 {
    known(folded).given
}

/// True where one given name is a listed short form of the other, or both are of a third.
pub fn are_nicknames(a: &str, b: &str) -> bool {
    let forms = |name: &str| NICKNAMES.get(name).iter().filter_map(|(_, rest)| rest.split('\t').next()).map(fold);
    forms(a).any(|form| form == b) || forms(b).any(|form| form == a)
}

/// How common an English word is that is a name too, 10 (commonest) to 60; `None` where the name is no word.
pub fn word_level(folded: &str) -> Option<u8> {
    known(folded).level
}

/// True for a UK town or village.
pub fn is_town(folded: &str) -> bool {
    known(folded).town
}

/// True for a postcode district in use, in capitals: `L12`, `M1`.
pub fn is_postcode_district(district: &[u8]) -> bool {
    packed(district).is_some_and(|district| DISTRICTS.binary_search(&district).is_ok())
}

/// True for a postcode area, in capitals: `L`, `CH`.
pub fn is_postcode_area(area: &[u8]) -> bool {
    packed(area).is_some_and(|area| AREAS.binary_search(&area).is_ok())
}

/// At least and at most how many digits follow the calling code of a country; `None` for a code that is not assigned.
pub fn calling_code(code: &[u8]) -> Option<(usize, usize)> {
    let place = CALLING_CODES.binary_search_by_key(&packed(code)?, |(code, ..)| *code).ok()?;
    CALLING_CODES.get(place).map(|(_, least, most)| (*least, *most))
}

/// True for the name of a medicine or its substance, in small letters.
pub fn is_drug(name: &str) -> bool {
    name.len() >= 3 && DRUGS.binary_search(&name).is_ok()
}

/// Up to four signs as one number.
fn packed(text: &[u8]) -> Option<u32> {
    (1..=4).contains(&text.len()).then(|| text.iter().fold(0, |sum, b| sum << 8 | u32::from(*b)))
}

/// The first column of a list of short codes, packed and sorted.
fn codes(text: &'static str) -> Vec<u32> {
    let first = text.lines().skip(1).filter_map(|line| line.split('\t').next());
    let mut codes: Vec<u32> = first.filter_map(|code| packed(code.to_ascii_uppercase().as_bytes())).collect();
    codes.sort_unstable();
    codes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_whatever_their_accents_and_case() {
        assert_eq!(fold("O\u{2019}Brién-Łukasz"), "obrienlukasz");
        assert!(surname_count("smith") > 1_000_000);
        assert!(given_name_count(&fold("Margaret")) > 100_000);
        assert_eq!(surname_count("zzqx"), 0);
    }

    #[test]
    fn a_word_is_known_as_it_is_written() {
        for word in ["Margaret", "O'Brien", "SMITH-JONES", "Zoë", "St. Helens", "", "zzqx", "A", "\u{212a}evin"] {
            assert_eq!(known_as_written(word), known(&fold(word)), "{word}");
        }
    }

    #[test]
    fn short_forms_are_symmetric() {
        assert!(are_nicknames("margaret", "peggy") && are_nicknames("peggy", "margaret"));
        assert!(!are_nicknames("margaret", "john"));
    }

    #[test]
    fn places_are_known() {
        assert!(is_postcode_district(b"L12") && !is_postcode_district(b"L99"));
        assert!(is_postcode_area(b"CH") && !is_postcode_area(b"QQ"));
        assert!(is_town("liverpool"));
        assert_eq!((calling_code(b"353"), calling_code(b"999")), (Some((7, 10)), None));
        assert!(is_drug("amoxicillin") && !is_drug("table"));
    }
}
