//! The shipped rules of `rules/duties/uk.toml`: who is owed what, what makes a risk high, and the regulator's words.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use assay_model::{AgeBand, Element, Role};
use serde::Deserialize;

/// The rule file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Rules {
    /// The day on which the sources were last read.
    pub(super) checked: toml::value::Datetime,
    duty: Vec<Source>,
    /// What makes a high risk likely.
    pub(super) high_risk: Vec<HighRisk>,
    /// The regulator's categories of data.
    pub(super) category: Vec<Category>,
}

/// A duty with its legal source.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Source {
    pub(super) id: String,
    pub(super) to: String,
    pub(super) source: String,
    pub(super) hours: Option<i64>,
    #[serde(default)]
    pub(super) bodies: Vec<String>,
    #[cfg_attr(not(test), expect(dead_code, reason = "read by people and by the test of the rule file"))]
    pub(super) reason: String,
    #[cfg_attr(not(test), expect(dead_code, reason = "read by people and by the test of the rule file"))]
    pub(super) read_at: String,
}

/// One reason for a high risk.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct HighRisk {
    pub(super) name: String,
    #[serde(default)]
    pub(super) elements: Vec<String>,
    #[serde(default)]
    pub(super) roles: Vec<String>,
    #[serde(default)]
    pub(super) ages: Vec<String>,
    #[cfg_attr(not(test), expect(dead_code, reason = "read by people and by the test of the rule file"))]
    pub(super) reason: String,
    #[cfg_attr(not(test), expect(dead_code, reason = "read by people and by the test of the rule file"))]
    pub(super) source: String,
    #[cfg_attr(not(test), expect(dead_code, reason = "run by the test of the rule file"))]
    pub(super) examples: Vec<String>,
    #[cfg_attr(not(test), expect(dead_code, reason = "run by the test of the rule file"))]
    pub(super) counter_examples: Vec<String>,
}

/// A category of data in the regulator's words.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Category {
    pub(super) name: String,
    pub(super) elements: Vec<String>,
    pub(super) consequence: String,
    #[cfg_attr(not(test), expect(dead_code, reason = "read by people and by the test of the rule file"))]
    pub(super) source: String,
}

/// The duties that code knows how to draft.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DutyKind {
    Regulator,
    Dspt,
    Processor,
    People,
}

impl DutyKind {
    pub(super) const ALL: [Self; 4] = [Self::Regulator, Self::Dspt, Self::Processor, Self::People];

    fn id(self) -> &'static str {
        match self {
            Self::Regulator => "regulator",
            Self::Dspt => "dspt",
            Self::Processor => "processor",
            Self::People => "people",
        }
    }
}

impl Rules {
    /// The source of a kind; none where the rule file has dropped it, and then the duty is not named.
    pub(super) fn source(&self, kind: DutyKind) -> Option<&Source> {
        self.duty.iter().find(|duty| duty.id == kind.id())
    }

    #[cfg(test)]
    pub(super) fn sources(&self) -> &[Source] {
        &self.duty
    }
}

impl HighRisk {
    /// Whether the rule speaks of a person of this kind.
    pub(super) fn meets(&self, role: Role, age: AgeBand, elements: &BTreeSet<Element>) -> bool {
        let age = match age {
            AgeBand::Child => "child",
            AgeBand::Adult => "adult",
            AgeBand::Unknown => "unknown",
        };
        self.roles.iter().any(|word| word == role.as_str())
            || self.ages.iter().any(|word| word == age)
            || elements.iter().filter_map(|e| e.published()).any(|word| self.elements.iter().any(|e| e == word))
    }
}

/// The rules that are shipped.
pub(super) fn shipped() -> &'static Rules {
    static RULES: LazyLock<Rules> = LazyLock::new(|| {
        toml::from_str(include_str!("../../../../rules/duties/uk.toml")).expect("the shipped rules are read by a test")
    });
    &RULES
}
