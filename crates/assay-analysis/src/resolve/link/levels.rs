//! The comparison levels (`rules/resolve/levels.toml`) and the pattern that two rows make of them: four bits a comparison.

use super::super::rules::LevelRule;
use serde::Deserialize;
use std::collections::HashMap;
use std::sync::LazyLock;

/// The rule file.
#[derive(Deserialize, Clone)]
#[serde(deny_unknown_fields)]
pub(super) struct Rules {
    pub(super) decision: Decision,
    pub(super) fit: Fit,
    pub(super) block: Block,
    pub(super) posterior: Posterior,
    pub(super) spellings: Vec<Vec<String>>,
    #[serde(rename = "level")]
    pub(super) levels: Vec<LevelRule>,
}

/// True for two spellings of one name that came from another script.
pub(super) fn are_spellings(one: &str, other: &str) -> bool {
    static NAMES: LazyLock<HashMap<&'static str, usize>> = LazyLock::new(|| {
        let groups = shipped().spellings.iter().enumerate();
        groups.flat_map(|(number, group)| group.iter().map(move |name| (name.as_str(), number))).collect()
    });
    NAMES.get(one).is_some_and(|group| NAMES.get(other) == Some(group))
}

/// Thresholds and caps; the rule file says why.
#[derive(Deserialize, Clone)]
#[serde(deny_unknown_fields)]
pub(super) struct Decision {
    pub(super) link_from: f64,
    pub(super) by_best: f64,
    pub(super) keep_from: f64,
    pub(super) sure_from: f64,
    pub(super) most: f64,
    pub(super) least: f64,
    pub(super) margin: f64,
    pub(super) household_cap: f64,
    pub(super) address_cap: f64,
    pub(super) forbids_below: f64,
    pub(super) forbids_exact: f64,
    pub(super) placeholder_families: usize,
}

/// How the data and the shipped shares are weighed against each other.
#[derive(Deserialize, Clone)]
#[serde(deny_unknown_fields)]
pub(super) struct Fit {
    pub(super) strength_m: f64,
    pub(super) strength_birth: f64,
    pub(super) strength_u: f64,
    pub(super) rounds: usize,
    pub(super) rows: u32,
    pub(super) source_from: f64,
    pub(super) reference: f64,
    pub(super) family_bearers: f64,
    pub(super) given_bearers: f64,
}

/// Sizes of blocks.
#[derive(Deserialize, Clone)]
#[serde(deny_unknown_fields)]
pub(super) struct Block {
    pub(super) most: usize,
    pub(super) neighbours: usize,
    pub(super) huge: usize,
    pub(super) narrow: usize,
}

/// The posterior over partitions.
#[derive(Deserialize, Clone)]
#[serde(deny_unknown_fields)]
pub(super) struct Posterior {
    pub(super) draws: usize,
    pub(super) sample: usize,
    pub(super) links_mean: f64,
    pub(super) links_mean_error: f64,
    pub(super) links_strength: f64,
    pub(super) links_error: f64,
    pub(super) lost_factor: f64,
    pub(super) lost_error: f64,
    pub(super) lost_tilt: f64,
    pub(super) lost_tilt_error: f64,
    pub(super) once_tilt: f64,
    pub(super) fragments: f64,
    pub(super) fragments_error: f64,
    pub(super) sure: f64,
    pub(super) weight_error: f64,
    pub(super) model_error: f64,
}

/// The rules as shipped.
pub(super) fn shipped() -> &'static Rules {
    static RULES: LazyLock<Rules> = LazyLock::new(|| {
        // Compiled in and read by a test: no input reaches this.
        toml::from_str(include_str!("../../../../../rules/resolve/levels.toml"))
            .expect("rules/resolve/levels.toml is well-formed")
    });
    &RULES
}

/// What is compared, by place in the pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(usize)]
pub(super) enum Comparison {
    Nhs,
    Hospital,
    National,
    Family,
    Given,
    Middle,
    Sex,
    Birth,
    Postcode,
    Address,
    Email,
    Phone,
    Account,
    AttributeA,
    AttributeB,
    AttributeC,
}

/// How many comparisons.
pub(super) const COMPARISONS: usize = 16;

impl Comparison {
    pub(super) const ALL: [Self; COMPARISONS] = [
        Self::Nhs,
        Self::Hospital,
        Self::National,
        Self::Family,
        Self::Given,
        Self::Middle,
        Self::Sex,
        Self::Birth,
        Self::Postcode,
        Self::Address,
        Self::Email,
        Self::Phone,
        Self::Account,
        Self::AttributeA,
        Self::AttributeB,
        Self::AttributeC,
    ];

    /// The word of the rule file.
    pub(super) fn word(self) -> &'static str {
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
    pub(super) fn levels(self) -> &'static [&'static str] {
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
pub(super) mod level {
    pub(in super::super) const EXACT: u8 = 1;
    pub(in super::super) const NUMBER_SLIP: u8 = 2;
    pub(in super::super) const NUMBER_DIFFERENT: u8 = 3;
    pub(in super::super) const HOSPITAL_ANY_BODY: u8 = 2;
    pub(in super::super) const HOSPITAL_SLIP: u8 = 3;
    pub(in super::super) const HOSPITAL_DIFFERENT: u8 = 4;
    pub(in super::super) const FAMILY_PART: u8 = 2;
    pub(in super::super) const FAMILY_EXCHANGED: u8 = 3;
    pub(in super::super) const FAMILY_CLOSE: u8 = 4;
    pub(in super::super) const FAMILY_EXCHANGED_SLIP: u8 = 5;
    pub(in super::super) const FAMILY_DIFFERENT: u8 = 6;
    pub(in super::super) const GIVEN_EXCHANGED: u8 = 2;
    pub(in super::super) const GIVEN_NICKNAME: u8 = 3;
    pub(in super::super) const GIVEN_CLOSE: u8 = 4;
    pub(in super::super) const GIVEN_MIDDLE: u8 = 5;
    pub(in super::super) const GIVEN_EXCHANGED_SLIP: u8 = 6;
    pub(in super::super) const GIVEN_INITIAL: u8 = 7;
    pub(in super::super) const GIVEN_OTHER_INITIAL: u8 = 8;
    pub(in super::super) const GIVEN_DIFFERENT: u8 = 9;
    pub(in super::super) const AGREES: u8 = 1;
    pub(in super::super) const DISAGREES: u8 = 2;
    pub(in super::super) const BIRTH_SWAPPED: u8 = 2;
    pub(in super::super) const BIRTH_SLIP: u8 = 3;
    pub(in super::super) const BIRTH_YEAR_JANUARY: u8 = 4;
    pub(in super::super) const BIRTH_TWO_PARTS: u8 = 5;
    pub(in super::super) const BIRTH_TWO_DIGITS: u8 = 6;
    pub(in super::super) const BIRTH_YEAR: u8 = 7;
    pub(in super::super) const BIRTH_DIFFERENT: u8 = 8;
    pub(in super::super) const POSTCODE_SIGN: u8 = 2;
    pub(in super::super) const POSTCODE_DISTRICT: u8 = 3;
    pub(in super::super) const POSTCODE_DIFFERENT: u8 = 4;
    pub(in super::super) const HALF: u8 = 2;
    pub(in super::super) const CLOSE: u8 = 2;
    pub(in super::super) const ADDRESS_DIFFERENT: u8 = 3;
    pub(in super::super) const EMAIL_EDIT: u8 = 2;
    pub(in super::super) const EMAIL_NAME: u8 = 3;
    pub(in super::super) const EMAIL_DIFFERENT: u8 = 4;
    pub(in super::super) const PHONE_SLIP: u8 = 2;
    pub(in super::super) const PHONE_DIFFERENT: u8 = 3;
    pub(in super::super) const ATTRIBUTE_DIFFERENT: u8 = 3;
}

/// The levels that two rows reach, four bits a comparison; 0 where a side has nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Pattern(pub(super) u64);

impl Pattern {
    pub(super) fn put(&mut self, comparison: Comparison, level: u8) {
        let shift = comparison as u32 * 4;
        self.0 = self.0 & !(15 << shift) | u64::from(level & 15) << shift;
    }

    pub(super) fn level(self, comparison: Comparison) -> u8 {
        (self.0 >> (comparison as u32 * 4)) as u8 & 15
    }

    pub(super) fn is(self, comparison: Comparison, level: u8) -> bool {
        self.level(comparison) == level
    }
}

/// A level whose shares are conditional on something and stay as the rules have them.
pub(super) fn is_fixed(comparison: Comparison, number: usize) -> bool {
    comparison == Comparison::Hospital && number == usize::from(level::HOSPITAL_ANY_BODY)
}

/// One number for each level of each comparison; place 0 is a missing field.
pub(super) type ByLevel = [[f64; 16]; COMPARISONS];

/// m, u and whether u is by frequency, as the rules have them; each comparison's shares sum to 1.
pub(super) fn prior_shares(rules: &Rules) -> (ByLevel, ByLevel, [[bool; 16]; COMPARISONS]) {
    let (mut m, mut u) = ([[0.0; 16]; COMPARISONS], [[0.0; 16]; COMPARISONS]);
    let mut by_frequency = [[false; 16]; COMPARISONS];
    for comparison in Comparison::ALL {
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
        for (comparison, shares) in Comparison::ALL.into_iter().zip(shares) {
            let is_free = |number: usize| !is_fixed(comparison, number);
            let sum: f64 = shares.iter().enumerate().filter(|(n, _)| is_free(*n)).map(|(_, share)| share).sum();
            if sum > 0.0 {
                shares.iter_mut().enumerate().filter(|(n, _)| is_free(*n)).for_each(|(_, share)| *share /= sum);
            }
        }
    }
    (m, u, by_frequency)
}
