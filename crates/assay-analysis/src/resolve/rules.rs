//! What a case adds to the core's rules (`rules/resolve/case.toml`), and what the user's case file changes of both.

use serde::Deserialize;
use std::sync::LazyLock;

use super::link::levels::{self, RuleError};

/// The rules of a case.
pub struct CaseRules {
    /// The core's, with the case's changes.
    pub(super) core: levels::Rules,
    pub(super) case: Decision,
    pub(super) placed: Placed,
    /// All that they were made from.
    pub(super) text: String,
}

const CORE: &str = include_str!("../../../../rules/resolve/levels.toml");
const CASE: &str = include_str!("../../../../rules/resolve/case.toml");

/// Thresholds that only a case has; the rule file says why.
#[derive(Deserialize, Clone)]
#[serde(deny_unknown_fields)]
pub(super) struct Decision {
    pub(super) link_by_name_from: f64,
    pub(super) people_of_a_mailbox: usize,
    pub(super) people_of_a_line: usize,
    pub(super) people_of_a_postcode: usize,
}

/// What no weight says: probabilities.
#[derive(Deserialize, Clone)]
#[serde(deny_unknown_fields)]
pub(super) struct Placed {
    pub(super) document: f64,
    pub(super) staff: f64,
    pub(super) tokens_with_number: f64,
    pub(super) tokens: f64,
    pub(super) sure: f64,
}

impl CaseRules {
    /// The rules as shipped.
    pub fn shipped() -> &'static Self {
        static RULES: LazyLock<CaseRules> = LazyLock::new(|| {
            // Compiled in and read by a test: no input reaches this.
            CaseRules::changed(toml::Table::new()).expect("rules/resolve/case.toml is well-formed")
        });
        &RULES
    }

    /// The shipped rules with the changes of a user, in the words of the rule files.
    ///
    /// # Errors
    /// A key or a level that the rule files do not have, or an m or u that is no share.
    pub fn changed(mut user: toml::Table) -> Result<Self, RuleError> {
        let text = format!("{CORE}{CASE}{user:?}");
        let mut own: toml::Table = toml::from_str(CASE)?;
        let mut part = |key: &str| {
            let mut part = own.remove(key).and_then(|part| part.as_table().cloned()).unwrap_or_default();
            part.extend(user.remove(key).and_then(|part| part.as_table().cloned()).unwrap_or_default());
            part
        };
        let (case, placed) = (part("case").try_into()?, part("placed").try_into()?);
        Ok(Self { core: levels::changed(&[&own, &user])?, case, placed, text })
    }
}
