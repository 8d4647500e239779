//! The shipped comparison levels (`rules/resolve/weights.toml`), as weights in bits.

use serde::Deserialize;
use std::sync::LazyLock;

/// The rule file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Rules {
    pub(super) decision: Decision,
    pub(super) frequency: Frequency,
    #[serde(rename = "level")]
    pub(super) levels: Vec<LevelRule>,
}

/// Thresholds and caps; the rule file says why.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Decision {
    pub(super) link_from: f64,
    pub(super) margin: f64,
    pub(super) link_by_name_from: f64,
    pub(super) household_cap: f64,
    pub(super) address_cap: f64,
    pub(super) prior_least: f64,
    pub(super) prior_most: f64,
    pub(super) people_of_a_mailbox: usize,
    pub(super) people_of_a_line: usize,
    pub(super) people_of_a_postcode: usize,
    pub(super) register_block: usize,
    pub(super) mention_block: usize,
    pub(super) neighbours: usize,
}

/// What the reference lists sum to.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Frequency {
    pub(super) family_bearers: f64,
    pub(super) given_bearers: f64,
}

/// One comparison level.
#[derive(Deserialize, Clone)]
#[serde(deny_unknown_fields)]
pub(super) struct LevelRule {
    pub(super) comparison: String,
    pub(super) level: String,
    pub(super) m: f64,
    pub(super) u: f64,
    #[serde(default)]
    pub(super) by_frequency: bool,
    // Reason, source and examples are for the reader of the rule file and for its test.
    #[cfg_attr(not(test), expect(dead_code, reason = "read by people and by the test of the rule file"))]
    pub(super) reason: String,
    #[cfg_attr(not(test), expect(dead_code, reason = "read by people and by the test of the rule file"))]
    pub(super) source: String,
    #[cfg_attr(not(test), expect(dead_code, reason = "read by people and by the test of the rule file"))]
    pub(super) examples: Vec<String>,
    #[cfg_attr(not(test), expect(dead_code, reason = "read by people and by the test of the rule file"))]
    pub(super) counter_examples: Vec<String>,
}

/// The fields compared, in the order in which an explanation names them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Comparison {
    NhsNumber,
    HospitalNumber,
    NationalIdentifier,
    FamilyName,
    GivenName,
    MiddleName,
    Title,
    DateOfBirth,
    Postcode,
    Address,
    Email,
    Phone,
    BankAccount,
}

/// How many [`Comparison`]s there are.
pub(super) const COMPARISONS: usize = 13;

macro_rules! levels {
    ($($level:ident = $comparison:ident, $first:literal, $second:literal;)*) => {
        /// The levels of all comparisons.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub(super) enum Level { $($level,)* }

        impl Level {
            pub(super) const ALL: &'static [Level] = &[$(Level::$level,)*];

            pub(super) fn comparison(self) -> Comparison {
                match self { $(Self::$level => Comparison::$comparison,)* }
            }

            /// The words of the rule file: comparison and level.
            pub(super) fn words(self) -> (&'static str, &'static str) {
                match self { $(Self::$level => ($first, $second),)* }
            }
        }
    };
}

levels! {
    NhsExact = NhsNumber, "nhs number", "exact";
    NhsSlip = NhsNumber, "nhs number", "one digit slip";
    NhsDifferent = NhsNumber, "nhs number", "different";
    HospitalExact = HospitalNumber, "hospital number", "exact";
    HospitalExactAnyBody = HospitalNumber, "hospital number", "exact, body unknown";
    HospitalSlip = HospitalNumber, "hospital number", "one digit slip";
    HospitalDifferent = HospitalNumber, "hospital number", "different";
    NationalExact = NationalIdentifier, "national identifier", "exact";
    NationalSlip = NationalIdentifier, "national identifier", "one digit slip";
    NationalDifferent = NationalIdentifier, "national identifier", "different";
    FamilyExact = FamilyName, "family name", "exact";
    FamilyClose = FamilyName, "family name", "close";
    FamilyPart = FamilyName, "family name", "part of a double barrel";
    FamilyExchanged = FamilyName, "family name", "exchanged with given name";
    FamilyExchangedSlip = FamilyName, "family name", "exchanged with given name, with a slip";
    FamilyDifferent = FamilyName, "family name", "different";
    GivenExact = GivenName, "given name", "exact";
    GivenInitial = GivenName, "given name", "initial";
    GivenNickname = GivenName, "given name", "nickname";
    GivenClose = GivenName, "given name", "close";
    GivenMiddle = GivenName, "given name", "a middle name";
    GivenExchanged = GivenName, "given name", "exchanged with family name";
    GivenExchangedSlip = GivenName, "given name", "exchanged with family name, with a slip";
    GivenOtherInitial = GivenName, "given name", "different initial";
    GivenDifferent = GivenName, "given name", "different";
    MiddleAgrees = MiddleName, "middle name", "agrees";
    MiddleDifferent = MiddleName, "middle name", "different";
    TitleDifferent = Title, "title", "man and woman";
    BirthExact = DateOfBirth, "date of birth", "exact";
    BirthSwapped = DateOfBirth, "date of birth", "day and month swapped";
    BirthSlip = DateOfBirth, "date of birth", "one digit slip";
    BirthYear = DateOfBirth, "date of birth", "year, with the first of January";
    BirthTwoParts = DateOfBirth, "date of birth", "two of day, month and year";
    BirthDifferent = DateOfBirth, "date of birth", "different";
    PostcodeUnit = Postcode, "postcode", "unit";
    PostcodeDistrict = Postcode, "postcode", "district";
    PostcodeDifferent = Postcode, "postcode", "different";
    AddressSame = Address, "address", "same";
    AddressHalf = Address, "address", "half";
    AddressDifferent = Address, "address", "different";
    EmailExact = Email, "email", "exact";
    EmailSlip = Email, "email", "one edit";
    EmailDifferent = Email, "email", "different";
    PhoneExact = Phone, "phone", "exact";
    PhoneDifferent = Phone, "phone", "different";
    BankExact = BankAccount, "bank account", "exact";
}

/// m and u by level.
pub(super) struct Weights {
    by_level: Vec<Option<&'static LevelRule>>,
    pub(super) decision: &'static Decision,
    pub(super) frequency: &'static Frequency,
}

impl Weights {
    /// log2(m/u).
    pub(super) fn bits(&self, level: Level) -> f64 {
        self.of(level).map_or(0.0, |rule| (rule.m / rule.u).log2())
    }

    /// log2(m/u) with u the frequency of the value, where the rule says so and that is above the floor.
    pub(super) fn bits_at(&self, level: Level, frequency: f64) -> f64 {
        let u = |rule: &LevelRule| if rule.by_frequency { frequency.max(rule.u) } else { rule.u };
        self.of(level).map_or(0.0, |rule| (rule.m / u(rule)).log2())
    }

    fn of(&self, level: Level) -> Option<&'static LevelRule> {
        self.by_level.get(level as usize).copied().flatten()
    }
}

/// The rules as shipped.
pub(super) fn shipped() -> &'static Rules {
    static RULES: LazyLock<Rules> = LazyLock::new(|| {
        // Compiled in and read by a test: no input reaches this.
        toml::from_str(include_str!("../../../../rules/resolve/weights.toml"))
            .expect("rules/resolve/weights.toml is well-formed")
    });
    &RULES
}

/// The weights as shipped. A level that the file does not have weighs nothing; a test holds that all are there.
pub(super) fn weights() -> Weights {
    let rules = shipped();
    let rule = |level: &Level| {
        let (comparison, words) = level.words();
        rules.levels.iter().find(|rule| rule.comparison == comparison && rule.level == words)
    };
    let by_level = Level::ALL.iter().map(rule).collect();
    Weights { by_level, decision: &rules.decision, frequency: &rules.frequency }
}

/// What no weight says (`rules/resolve/case.toml`): probabilities.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Placed {
    pub(super) document: f64,
    pub(super) staff: f64,
    pub(super) tokens_with_number: f64,
    pub(super) tokens: f64,
    pub(super) sure: f64,
}

/// The rules of placements as shipped.
pub(super) fn placed() -> &'static Placed {
    static RULES: LazyLock<Placed> = LazyLock::new(|| {
        // Compiled in and read by a test: no input reaches this.
        toml::from_str(include_str!("../../../../rules/resolve/case.toml"))
            .expect("rules/resolve/case.toml is well-formed")
    });
    &RULES
}
