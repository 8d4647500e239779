//! Lines outside of sessions that a rule speaks about: attempts on a flaw, tools on the appliance, restarts, commands.
//!
//! The rules are `rules/gateway/traces.toml`; here is only which lines they are held against and how hits are told together.
//! A trace shows that a line stands there. None of them shows that a flaw was used with success.

use super::digest::TraceHit;
use super::scan::{Seconds, text};
use regex::bytes::{Regex, RegexSet};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::LazyLock;

/// What a rule is held against.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Field {
    /// The text of AAA messages.
    Authentication,
    /// The command of CMD_EXECUTED.
    Command,
    /// Name and body of EVENT messages.
    Event,
    /// Lines of other programs in the same file: boot, kernel, process supervision.
    System,
    /// Lines of the web server's access log.
    WebAccess,
    /// Lines of its error log.
    WebError,
    /// Commands of shells.
    Shell,
    /// Observations of a watch.
    Watch,
}

/// What a hit means for the assessment.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Meaning {
    /// Somebody tried, or left something: shown to the reader.
    Sign,
    /// The gateway stops, by whose hand the rule's `cause` says.
    Stop,
    /// The gateway answers again.
    Start,
    /// Sessions were ended.
    SessionsEnded,
    /// A build was installed.
    Install,
}

/// One rule.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Trace {
    pub(super) id: String,
    field: Field,
    pub(super) meaning: Meaning,
    /// Who stops it: `operator`, `failure`, `attacker`, `unknown`.
    #[serde(default)]
    pub(super) cause: String,
    pattern: String,
    /// Fewer lines of one address than this are no sign.
    #[serde(default)]
    pub(super) least: u64,
    /// The flaw it is consistent with.
    #[serde(default)]
    pub(super) cve: String,
    pub(super) text: String,
    #[cfg_attr(not(test), expect(dead_code, reason = "read by people and by the test of the rule file"))]
    pub(super) reason: String,
    #[cfg_attr(not(test), expect(dead_code, reason = "read by people and by the test of the rule file"))]
    pub(super) source: String,
    #[cfg_attr(not(test), expect(dead_code, reason = "read by people and by the test of the rule file"))]
    pub(super) examples: Vec<String>,
    #[cfg_attr(not(test), expect(dead_code, reason = "read by people and by the test of the rule file"))]
    pub(super) counter_examples: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    trace: Vec<Trace>,
}

/// The rules of one field, compiled.
struct OfField {
    rules: Vec<usize>,
    set: RegexSet,
    each: Vec<Regex>,
}

/// The rules, compiled.
pub(super) struct Traces {
    pub(super) rules: Vec<Trace>,
    fields: BTreeMap<Field, OfField>,
}

/// The rules as shipped.
pub(super) fn shipped() -> &'static Traces {
    static RULES: LazyLock<Traces> = LazyLock::new(|| {
        // Compiled in and read by a test: no input reaches this.
        let file: File = toml::from_str(include_str!("../../../../rules/gateway/traces.toml"))
            .expect("rules/gateway/traces.toml is well-formed");
        let mut by_field: BTreeMap<Field, Vec<usize>> = BTreeMap::new();
        for (n, rule) in file.trace.iter().enumerate() {
            by_field.entry(rule.field).or_default().push(n);
        }
        let compile = |rules: Vec<usize>| {
            let patterns: Vec<&str> = rules.iter().filter_map(|n| Some(file.trace.get(*n)?.pattern.as_str())).collect();
            let set = RegexSet::new(&patterns).expect("rules/gateway/traces.toml holds patterns");
            let each = patterns.iter().map(|p| Regex::new(p).expect("a pattern that the set took")).collect();
            OfField { rules, set, each }
        };
        let fields = by_field.into_iter().map(|(field, rules)| (field, compile(rules))).collect();
        Traces { rules: file.trace, fields }
    });
    &RULES
}

impl Traces {
    pub(super) fn rule(&self, id: &str) -> Option<&Trace> {
        self.rules.iter().find(|rule| rule.id == id)
    }
}

/// Hits of one source.
#[derive(Default)]
pub(super) struct TraceLog {
    hits: Vec<TraceHit>,
    /// Where a rule's and address's signs are told together.
    at: BTreeMap<(usize, Option<IpAddr>), usize>,
}

/// Hits kept of one source; what comes behind is told with the rule's last.
const HITS: usize = 4096;

impl TraceLog {
    /// Holds a line against the rules of its field.
    pub(super) fn see(&mut self, field: Field, bytes: &[u8], time: Option<Seconds>, client: Option<IpAddr>, line: u64) {
        let traces = shipped();
        let Some(of_field) = traces.fields.get(&field) else { return };
        let bytes = bytes.get(..8192).unwrap_or(bytes);
        for matched in &of_field.set.matches(bytes) {
            let Some(rule) = of_field.rules.get(matched) else { continue };
            let Some(trace) = traces.rules.get(*rule) else { continue };
            let word = of_field.each.get(matched).and_then(|regex| regex.captures(bytes));
            let word = word.and_then(|captures| Some(text(captures.name("word")?.as_bytes()))).unwrap_or_default();
            self.add((*rule, trace), word, time, client, line);
        }
    }

    fn add(
        &mut self,
        (n, rule): (usize, &Trace),
        word: String,
        time: Option<Seconds>,
        client: Option<IpAddr>,
        line: u64,
    ) {
        // What dates a change is kept singly; signs are told together, by address where the rule counts them so.
        let singly = rule.meaning != Meaning::Sign && self.hits.len() < HITS;
        let by = if rule.least > 0 && self.hits.len() < HITS { client } else { None };
        let at = self.at.get(&(n, by)).copied().filter(|_| !singly);
        if let Some(hit) = at.and_then(|at| self.hits.get_mut(at)) {
            hit.count += 1;
            hit.first = hit.first.into_iter().chain(time).min();
            hit.last = hit.last.max(time);
            if let Some(client) = client
                && hit.addresses.len() < 8
                && !hit.addresses.contains(&client)
            {
                hit.addresses.push(client);
            }
            return;
        }
        self.at.insert((n, by), self.hits.len());
        let addresses = client.into_iter().collect();
        self.hits.push(TraceHit { rule: rule.id.clone(), first: time, last: time, count: 1, line, addresses, word });
    }

    /// The hits that are enough, in the order of their first lines.
    pub(super) fn done(self) -> Vec<TraceHit> {
        let enough = |hit: &TraceHit| shipped().rule(&hit.rule).is_none_or(|rule| hit.count >= rule.least);
        self.hits.into_iter().filter(enough).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::{Meaning, TraceLog, shipped};
    use std::collections::BTreeSet;

    #[test]
    fn the_rules_keep_their_promises() {
        let mut ids = BTreeSet::new();
        for rule in &shipped().rules {
            assert!(ids.insert(&rule.id), "{} stands twice", rule.id);
            assert!(!rule.reason.is_empty() && !rule.source.is_empty() && !rule.text.is_empty(), "{}", rule.id);
            assert!(!rule.examples.is_empty() && !rule.counter_examples.is_empty(), "{}", rule.id);
            let causes = ["operator", "failure", "attacker", "unknown"];
            assert_eq!(rule.meaning == Meaning::Stop, causes.contains(&rule.cause.as_str()), "{}", rule.id);
            for (examples, expected) in [(&rule.examples, true), (&rule.counter_examples, false)] {
                for example in examples {
                    let mut log = TraceLog::default();
                    log.see(rule.field, &raw(example), None, None, 1);
                    let hit = log.hits.iter().any(|hit| hit.rule == rule.id);
                    assert_eq!(hit, expected, "{}: {example}", rule.id);
                }
            }
        }
    }

    /// `\xNN` of an example as a byte.
    fn raw(example: &str) -> Vec<u8> {
        let mut out = Vec::new();
        let mut rest = example;
        while let Some((before, after)) = rest.split_once("\\x") {
            out.extend_from_slice(before.as_bytes());
            out.push(u8::from_str_radix(&after[..2], 16).unwrap());
            rest = &after[2..];
        }
        out.extend_from_slice(rest.as_bytes());
        out
    }
}
