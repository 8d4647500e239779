//! The shipped indicators (`rules/gateway/indicators.toml`): weights, windows and wordings as data.

use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// The rule file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Rules {
    /// The sum from which a session is called consistent with takeover.
    pub(super) takeover_from: f64,
    /// How sessions are told apart.
    pub(super) sessions: SessionRules,
    /// Spans of time and counts.
    pub(super) windows: Windows,
    /// The indicators.
    #[serde(rename = "indicator")]
    pub(super) indicators: Vec<Indicator>,
}

/// How sessions are told apart.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SessionRules {
    pub(super) logout_grace_seconds: i64,
    pub(super) silence_ends_hours: i64,
}

/// Spans of time and counts that indicators use.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Windows {
    pub(super) same_source_hours: i64,
    pub(super) concurrent_minutes: i64,
    pub(super) hand_over_minutes: i64,
    pub(super) login_lookback_hours: i64,
    pub(super) many_users: usize,
    pub(super) administration_ports: Vec<u16>,
    pub(super) fan_out: usize,
    pub(super) proxy_sessions: u64,
    pub(super) proxy_percent: u64,
    pub(super) side_by_side: u64,
    pub(super) independent_share: f64,
    pub(super) failed_logins: u64,
    pub(super) volume_megabytes: u64,
    pub(super) volume_times: u64,
    pub(super) hours_sessions: u64,
}

/// One indicator.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Indicator {
    pub(super) id: String,
    pub(super) weight: f64,
    text: String,
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

impl Indicator {
    /// The sentence with its places filled in.
    pub(super) fn sentence(&self, values: &BTreeMap<&str, String>) -> String {
        values.iter().fold(self.text.clone(), |text, (name, value)| text.replace(&format!("{{{name}}}"), value))
    }
}

impl Rules {
    /// The indicator of an id.
    pub(super) fn indicator(&self, id: &str) -> Option<&Indicator> {
        self.indicators.iter().find(|indicator| indicator.id == id)
    }
}

/// The rules as shipped.
pub(super) fn shipped() -> &'static Rules {
    static RULES: LazyLock<Rules> = LazyLock::new(|| {
        // Compiled in and read by a test: no input reaches this.
        toml::from_str(include_str!("../../../../rules/gateway/indicators.toml"))
            .expect("rules/gateway/indicators.toml is well-formed")
    });
    &RULES
}
