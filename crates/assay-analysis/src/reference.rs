//! The shipped reference lists (`rules/reference/`, provenance and notices beside them), compiled in and looked up by
//! folded text.
//!
//! Lists are kept as the text that they are and searched by bisection: no map of 240,000 strings is built at the start
//! of every worker.

use std::sync::LazyLock;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Lower case, without diacritics, apostrophes, hyphens, full stops and blanks: the form in which names are compared.
pub fn fold(text: &str) -> String {
    text.nfd()
        .filter(|c| !is_combining_mark(*c))
        .flat_map(char::to_lowercase)
        .filter(|c| !matches!(c, '\'' | '\u{2019}' | '\u{2018}' | '`' | '-' | '.' | ' ' | '\u{a0}'))
        .map(|c| match c {
            'ł' => 'l',
            'ø' => 'o',
            'đ' => 'd',
            other => other,
        })
        .collect()
}

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

static SURNAMES: LazyLock<List> =
    LazyLock::new(|| List::new(include_str!("../../../rules/reference/surnames_us_census.tsv")));
static SURNAMES_WORLD: LazyLock<List> =
    LazyLock::new(|| List::new(include_str!("../../../rules/reference/surnames_world.tsv")));
static GIVEN: LazyLock<List> = LazyLock::new(|| List::new(include_str!("../../../rules/reference/given_names_us.tsv")));
static GIVEN_WORLD: LazyLock<List> =
    LazyLock::new(|| List::new(include_str!("../../../rules/reference/given_names_world.tsv")));
static NICKNAMES: LazyLock<List> = LazyLock::new(|| List::new(include_str!("../../../rules/reference/nicknames.tsv")));
static WORDS: LazyLock<List> =
    LazyLock::new(|| List::new(include_str!("../../../rules/reference/names_that_are_words.tsv")));
static TOWNS: LazyLock<List> = LazyLock::new(|| List::new(include_str!("../../../rules/reference/uk_towns.tsv")));
static DISTRICTS: LazyLock<List> =
    LazyLock::new(|| List::new(include_str!("../../../rules/reference/postcode_districts.tsv")));
static AREAS: LazyLock<List> = LazyLock::new(|| List::new(include_str!("../../../rules/reference/postcode_areas.tsv")));

/// Bearers of a surname in the US census tables; 1 for a name that only the world list has; 0 for none.
/// `folded` is a name passed through [`fold`].
pub fn surname_count(folded: &str) -> u32 {
    let counted = SURNAMES.get(folded).iter().filter_map(|(_, rest)| rest.split('\t').next()?.parse().ok()).max();
    counted.unwrap_or_else(|| u32::from(!SURNAMES_WORLD.get(folded).is_empty()))
}

/// Births and census bearers of a given name in US tables; 1 for a name that only the world list has; 0 for none.
pub fn given_name_count(folded: &str) -> u32 {
    let counted = GIVEN
        .get(folded)
        .iter()
        .map(|(_, rest)| rest.split('\t').take(3).filter_map(|n| n.parse::<u32>().ok()).sum())
        .max();
    counted.unwrap_or_else(|| u32::from(!GIVEN_WORLD.get(folded).is_empty()))
}

/// True where one given name is a listed short form of the other, or both are of a third.
pub fn are_nicknames(a: &str, b: &str) -> bool {
    let forms = |name: &str| NICKNAMES.get(name).iter().filter_map(|(_, rest)| rest.split('\t').next()).map(fold);
    forms(a).any(|form| form == b) || forms(b).any(|form| form == a)
}

/// How common an English word is that is a name too, 10 (commonest) to 60; `None` where the name is no word.
pub fn word_level(folded: &str) -> Option<u8> {
    WORDS.get(folded).first().and_then(|(_, rest)| rest.split('\t').next()?.parse().ok())
}

/// True for a UK town or village.
pub fn is_town(folded: &str) -> bool {
    !TOWNS.get(folded).is_empty()
}

/// True for a postcode district in use: `L12`, `M1`.
pub fn is_postcode_district(district: &str) -> bool {
    !DISTRICTS.get(&fold(district)).is_empty()
}

/// True for a postcode area: `L`, `CH`.
pub fn is_postcode_area(area: &str) -> bool {
    !AREAS.get(&fold(area)).is_empty()
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
    fn short_forms_are_symmetric() {
        assert!(are_nicknames("margaret", "peggy") && are_nicknames("peggy", "margaret"));
        assert!(!are_nicknames("margaret", "john"));
    }

    #[test]
    fn places_are_known() {
        assert!(is_postcode_district("L12") && !is_postcode_district("L99"));
        assert!(is_postcode_area("CH") && !is_postcode_area("QQ"));
        assert!(is_town("liverpool"));
    }
}
