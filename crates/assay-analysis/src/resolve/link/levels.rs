//! The comparison levels (`rules/resolve/levels.toml`) and the pattern that two rows make of them: four bits a comparison.

use super::table::{FIELDS, Field};
use serde::Deserialize;
use std::collections::HashMap;
use std::sync::LazyLock;

/// The rule file.
#[derive(Deserialize, Clone)]
#[serde(deny_unknown_fields)]
pub(in crate::resolve) struct Rules {
    pub(in crate::resolve) decision: Decision,
    pub(in crate::resolve) fit: Fit,
    pub(in crate::resolve) block: Block,
    pub(in crate::resolve) posterior: Posterior,
    pub(in crate::resolve) spellings: Vec<Vec<String>>,
    #[serde(rename = "level")]
    pub(in crate::resolve) levels: Vec<LevelRule>,
}

/// One comparison level.
#[derive(Deserialize, Clone)]
#[serde(deny_unknown_fields)]
pub(in crate::resolve) struct LevelRule {
    pub(in crate::resolve) comparison: String,
    pub(in crate::resolve) level: String,
    pub(in crate::resolve) m: f64,
    pub(in crate::resolve) u: f64,
    #[serde(default)]
    pub(in crate::resolve) by_frequency: bool,
    /// A user's m or u, which no data change.
    #[serde(default)]
    pub(in crate::resolve) held: bool,
    // Reason, source and examples are for the reader of the rule file and for its test.
    #[cfg_attr(not(test), expect(dead_code, reason = "read by people and by the test of the rule file"))]
    pub(in crate::resolve) reason: String,
    #[cfg_attr(not(test), expect(dead_code, reason = "read by people and by the test of the rule file"))]
    pub(in crate::resolve) source: String,
    #[cfg_attr(not(test), expect(dead_code, reason = "read by people and by the test of the rule file"))]
    pub(in crate::resolve) examples: Vec<String>,
    #[cfg_attr(not(test), expect(dead_code, reason = "read by people and by the test of the rule file"))]
    pub(in crate::resolve) counter_examples: Vec<String>,
}

/// True for two spellings of one name that came from another script.
pub(in crate::resolve) fn are_spellings(one: &str, other: &str) -> bool {
    static NAMES: LazyLock<HashMap<&'static str, usize>> = LazyLock::new(|| {
        let groups = shipped().spellings.iter().enumerate();
        groups.flat_map(|(number, group)| group.iter().map(move |name| (name.as_str(), number))).collect()
    });
    NAMES.get(one).is_some_and(|group| NAMES.get(other) == Some(group))
}

/// Thresholds and caps; the rule file says why.
#[derive(Deserialize, Clone)]
#[serde(deny_unknown_fields)]
pub(in crate::resolve) struct Decision {
    pub(in crate::resolve) link_from: f64,
    pub(in crate::resolve) by_best: f64,
    pub(in crate::resolve) keep_from: f64,
    pub(in crate::resolve) sure_from: f64,
    pub(in crate::resolve) most: f64,
    pub(in crate::resolve) least: f64,
    pub(in crate::resolve) margin: f64,
    pub(in crate::resolve) household_cap: f64,
    pub(in crate::resolve) address_cap: f64,
    pub(in crate::resolve) forbids_below: f64,
    pub(in crate::resolve) forbids_exact: f64,
    pub(in crate::resolve) placeholder_families: usize,
    pub(in crate::resolve) strict: bool,
}

/// How the data and the shipped shares are weighed against each other.
#[derive(Deserialize, Clone)]
#[serde(deny_unknown_fields)]
pub(in crate::resolve) struct Fit {
    pub(in crate::resolve) strength_m: f64,
    pub(in crate::resolve) strength_birth: f64,
    pub(in crate::resolve) strength_u: f64,
    pub(in crate::resolve) rounds: usize,
    pub(in crate::resolve) rows: u32,
    pub(in crate::resolve) source_from: f64,
    pub(in crate::resolve) reference: f64,
    pub(in crate::resolve) a_sample: f64,
    pub(in crate::resolve) rows_from: u32,
    pub(in crate::resolve) prior_least: f64,
    pub(in crate::resolve) family_bearers: f64,
    pub(in crate::resolve) given_bearers: f64,
}

/// Sizes of blocks.
#[derive(Deserialize, Clone)]
#[serde(deny_unknown_fields)]
pub(in crate::resolve) struct Block {
    pub(in crate::resolve) most: usize,
    pub(in crate::resolve) neighbours: usize,
    pub(in crate::resolve) huge: usize,
    pub(in crate::resolve) narrow: usize,
    pub(in crate::resolve) narrow_worth: f64,
}

/// The posterior over partitions.
#[derive(Deserialize, Clone)]
#[serde(deny_unknown_fields)]
pub(in crate::resolve) struct Posterior {
    pub(in crate::resolve) draws: usize,
    pub(in crate::resolve) sample: usize,
    pub(in crate::resolve) links_mean: f64,
    pub(in crate::resolve) links_mean_error: f64,
    pub(in crate::resolve) links_strength: f64,
    pub(in crate::resolve) links_error: f64,
    pub(in crate::resolve) lost_factor: f64,
    pub(in crate::resolve) lost_error: f64,
    pub(in crate::resolve) lost_tilt: f64,
    pub(in crate::resolve) lost_tilt_error: f64,
    pub(in crate::resolve) once_tilt: f64,
    pub(in crate::resolve) lonely_most: f64,
    pub(in crate::resolve) fragments: f64,
    pub(in crate::resolve) fragments_error: f64,
    pub(in crate::resolve) sure: f64,
    pub(in crate::resolve) weight_error: f64,
    pub(in crate::resolve) model_error: f64,
}

const SHIPPED: &str = include_str!("../../../../../rules/resolve/levels.toml");

/// The rules as shipped.
pub(in crate::resolve) fn shipped() -> &'static Rules {
    static RULES: LazyLock<Rules> = LazyLock::new(|| {
        // Compiled in and read by a test: no input reaches this.
        toml::from_str(SHIPPED).expect("rules/resolve/levels.toml is well-formed")
    });
    &RULES
}

/// Why rules that change the shipped ones were refused.
#[derive(Debug, thiserror::Error)]
pub enum RuleError {
    /// A key or a value that the rules do not have.
    #[error("{0}")]
    Form(#[from] toml::de::Error),
    /// A level that is none.
    #[error("no level is called `{level}` of `{comparison}`; rules/resolve/levels.toml lists them")]
    Level {
        /// The comparison named.
        comparison: String,
        /// The level named.
        level: String,
    },
    /// A share that is none.
    #[error("{comparison}, {level}: m and u are shares above 0 and up to 1")]
    Share {
        /// The comparison.
        comparison: String,
        /// The level.
        level: String,
    },
}

/// The shipped rules with what others change, the later over the earlier: tables key by key, a level by its words.
///
/// # Errors
/// A change of something that is not there, or no share.
pub(in crate::resolve) fn changed(changes: &[&toml::Table]) -> Result<Rules, RuleError> {
    let mut rules: toml::Table = toml::from_str(SHIPPED)?;
    for change in changes {
        for (key, value) in *change {
            match (rules.get_mut(key), value) {
                (Some(toml::Value::Array(levels)), toml::Value::Array(changed)) if key == "level" => {
                    changed.iter().try_for_each(|level| change_level(levels, level))?;
                }
                (Some(toml::Value::Table(table)), toml::Value::Table(changed)) => table.extend(changed.clone()),
                _ => _ = rules.insert(key.clone(), value.clone()),
            }
        }
    }
    let rules: Rules = rules.try_into()?;
    let is_share = |share: f64| share > 0.0 && share <= 1.0;
    match rules.levels.iter().find(|rule| !is_share(rule.m) || !is_share(rule.u)) {
        Some(rule) => Err(RuleError::Share { comparison: rule.comparison.clone(), level: rule.level.clone() }),
        None => Ok(rules),
    }
}

fn change_level(levels: &mut [toml::Value], changed: &toml::Value) -> Result<(), RuleError> {
    let word = |level: &toml::Value, key: &str| {
        level.get(key).and_then(toml::Value::as_str).map(str::to_owned).unwrap_or_default()
    };
    let words = |level: &toml::Value| (word(level, "comparison"), word(level, "level"));
    let known = levels.iter_mut().find(|level| words(level) == words(changed)).and_then(toml::Value::as_table_mut);
    match (known, changed.as_table()) {
        (Some(known), Some(changed)) => {
            known.extend(changed.clone());
            known.insert("held".to_owned(), true.into());
        }
        _ => return Err(RuleError::Level { comparison: word(changed, "comparison"), level: word(changed, "level") }),
    }
    Ok(())
}

impl Field {
    /// The word of the rule file.
    pub(in crate::resolve) fn word(self) -> &'static str {
        match self {
            Self::Nhs => "nhs number",
            Self::Hospital => "hospital number",
            Self::National => "national identifier",
            Self::Family => "family name",
            Self::Given => "given name",
            Self::Middle => "middle name",
            Self::Sex => "sex",
            Self::Birth => "date of birth",
            Self::Postcode => "postcode",
            Self::Address => "address",
            Self::Email => "email",
            Self::Phone => "phone",
            Self::Account => "bank account",
            Self::AttributeA | Self::AttributeB | Self::AttributeC => "attribute",
        }
    }

    /// The words of the levels, in the order of their numbers from 1; strongest first.
    pub(in crate::resolve) fn levels(self) -> &'static [&'static str] {
        match self {
            Self::Nhs | Self::National => &["exact", "one digit slip", "different"],
            Self::Hospital => &["exact", "exact, body unknown", "one digit slip", "different"],
            Self::Family => &[
                "exact",
                "part of a double barrel",
                "exchanged with given name",
                "close",
                "exchanged with given name, with a slip",
                "different",
            ],
            Self::Given => &[
                "exact",
                "exchanged with family name",
                "nickname",
                "close",
                "a middle name",
                "exchanged with family name, with a slip",
                "initial",
                "different initial",
                "different",
            ],
            Self::Middle => &["agrees", "different"],
            Self::Sex => &["same", "different"],
            Self::Birth => &[
                "exact",
                "day and month swapped",
                "one digit slip",
                "year, with the first of January",
                "two of day, month and year",
                "two digits",
                "year",
                "different",
            ],
            Self::Postcode => &["unit", "one sign", "district", "different"],
            Self::Address => &["same", "half", "different"],
            Self::Email => &["exact", "one edit", "same name at another provider", "different"],
            Self::Phone => &["exact", "one digit slip", "different"],
            Self::Account => &["exact", "different"],
            Self::AttributeA | Self::AttributeB | Self::AttributeC => &["exact", "close", "different"],
        }
    }
}

/// Levels by name, their numbers within their comparison.
pub(in crate::resolve) mod level {
    pub(in crate::resolve) const EXACT: u8 = 1;
    pub(in crate::resolve) const NUMBER_SLIP: u8 = 2;
    pub(in crate::resolve) const NUMBER_DIFFERENT: u8 = 3;
    pub(in crate::resolve) const HOSPITAL_ANY_BODY: u8 = 2;
    pub(in crate::resolve) const HOSPITAL_SLIP: u8 = 3;
    pub(in crate::resolve) const HOSPITAL_DIFFERENT: u8 = 4;
    pub(in crate::resolve) const FAMILY_PART: u8 = 2;
    pub(in crate::resolve) const FAMILY_EXCHANGED: u8 = 3;
    pub(in crate::resolve) const FAMILY_CLOSE: u8 = 4;
    pub(in crate::resolve) const FAMILY_EXCHANGED_SLIP: u8 = 5;
    pub(in crate::resolve) const FAMILY_DIFFERENT: u8 = 6;
    pub(in crate::resolve) const GIVEN_EXCHANGED: u8 = 2;
    pub(in crate::resolve) const GIVEN_NICKNAME: u8 = 3;
    pub(in crate::resolve) const GIVEN_CLOSE: u8 = 4;
    pub(in crate::resolve) const GIVEN_MIDDLE: u8 = 5;
    pub(in crate::resolve) const GIVEN_EXCHANGED_SLIP: u8 = 6;
    pub(in crate::resolve) const GIVEN_INITIAL: u8 = 7;
    pub(in crate::resolve) const GIVEN_OTHER_INITIAL: u8 = 8;
    pub(in crate::resolve) const GIVEN_DIFFERENT: u8 = 9;
    pub(in crate::resolve) const AGREES: u8 = 1;
    pub(in crate::resolve) const DISAGREES: u8 = 2;
    pub(in crate::resolve) const BIRTH_SWAPPED: u8 = 2;
    pub(in crate::resolve) const BIRTH_SLIP: u8 = 3;
    pub(in crate::resolve) const BIRTH_YEAR_JANUARY: u8 = 4;
    pub(in crate::resolve) const BIRTH_TWO_PARTS: u8 = 5;
    pub(in crate::resolve) const BIRTH_TWO_DIGITS: u8 = 6;
    pub(in crate::resolve) const BIRTH_YEAR: u8 = 7;
    pub(in crate::resolve) const BIRTH_DIFFERENT: u8 = 8;
    pub(in crate::resolve) const POSTCODE_SIGN: u8 = 2;
    pub(in crate::resolve) const POSTCODE_DISTRICT: u8 = 3;
    pub(in crate::resolve) const POSTCODE_DIFFERENT: u8 = 4;
    pub(in crate::resolve) const HALF: u8 = 2;
    pub(in crate::resolve) const CLOSE: u8 = 2;
    pub(in crate::resolve) const ADDRESS_DIFFERENT: u8 = 3;
    pub(in crate::resolve) const EMAIL_EDIT: u8 = 2;
    pub(in crate::resolve) const EMAIL_NAME: u8 = 3;
    pub(in crate::resolve) const EMAIL_DIFFERENT: u8 = 4;
    pub(in crate::resolve) const PHONE_SLIP: u8 = 2;
    pub(in crate::resolve) const PHONE_DIFFERENT: u8 = 3;
    pub(in crate::resolve) const ATTRIBUTE_DIFFERENT: u8 = 3;
}

/// The levels that two rows reach, four bits a comparison; 0 where a side has nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(in crate::resolve) struct Pattern(pub(super) u64);

impl Pattern {
    pub(in crate::resolve) fn put(&mut self, comparison: Field, level: u8) {
        let shift = comparison as u32 * 4;
        self.0 = self.0 & !(15 << shift) | u64::from(level & 15) << shift;
    }

    pub(in crate::resolve) fn level(self, comparison: Field) -> u8 {
        (self.0 >> (comparison as u32 * 4)) as u8 & 15
    }

    pub(in crate::resolve) fn is(self, comparison: Field, level: u8) -> bool {
        self.level(comparison) == level
    }
}

/// A level whose shares are conditional on something and stay as the rules have them.
pub(in crate::resolve) fn is_fixed(comparison: Field, number: usize) -> bool {
    comparison == Field::Hospital && number == usize::from(level::HOSPITAL_ANY_BODY)
}

/// The shares that a user holds, as they are given.
pub(in crate::resolve) fn held(rules: &Rules) -> impl Iterator<Item = (Field, usize, &LevelRule)> {
    rules.levels.iter().filter(|rule| rule.held).flat_map(|rule| {
        let fields = Field::ALL.into_iter().filter(|field| field.word() == rule.comparison);
        fields.filter_map(move |field| {
            let place = field.levels().iter().position(|word| *word == rule.level)?;
            Some((field, place + 1, rule))
        })
    })
}

/// One number for each level of each comparison; place 0 is a missing field.
pub(in crate::resolve) type ByLevel = [[f64; 16]; FIELDS];

/// m, u and whether u is by frequency, as the rules have them; each comparison's shares sum to 1.
pub(in crate::resolve) fn prior_shares(rules: &Rules) -> (ByLevel, ByLevel, [[bool; 16]; FIELDS]) {
    let (mut m, mut u) = ([[0.0; 16]; FIELDS], [[0.0; 16]; FIELDS]);
    let mut by_frequency = [[false; 16]; FIELDS];
    for comparison in Field::ALL {
        let place = comparison as usize;
        for (number, word) in comparison.levels().iter().enumerate() {
            let rule = rules.levels.iter().find(|rule| rule.comparison == comparison.word() && rule.level == *word);
            let Some(rule) = rule else { continue };
            if let (Some(m), Some(u), Some(f)) = (
                m.get_mut(place).and_then(|row| row.get_mut(number + 1)),
                u.get_mut(place).and_then(|row| row.get_mut(number + 1)),
                by_frequency.get_mut(place).and_then(|row| row.get_mut(number + 1)),
            ) {
                (*m, *u, *f) = (rule.m, rule.u, rule.by_frequency);
            }
        }
    }
    for shares in [&mut m, &mut u] {
        for (comparison, shares) in Field::ALL.into_iter().zip(shares) {
            let is_free = |number: usize| !is_fixed(comparison, number);
            let sum: f64 = shares.iter().enumerate().filter(|(n, _)| is_free(*n)).map(|(_, share)| share).sum();
            if sum > 0.0 {
                shares.iter_mut().enumerate().filter(|(n, _)| is_free(*n)).for_each(|(_, share)| *share /= sum);
            }
        }
    }
    (m, u, by_frequency)
}
