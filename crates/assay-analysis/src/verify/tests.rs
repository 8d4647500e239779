//! Scenarios in, verdicts out. A scenario is a text of one thing a line; [`check`] builds the case and renders the verdicts.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use assay_model::{
    AgeBand, Claim, Completeness, ControllerHint, ControllerId, Element, ExhibitId, ExhibitKind, HintBasis,
    ItemCategory, ItemPath, ItemStatus, Locator, MentionId, PersonName, Place, RegisterMatch, Role, Sensitive,
    SessionVerdict, Sha256, SourceCoverage, SubjectId, TakeoverVerdict, UnreadReason, VerdictKind, Vulnerability,
    VulnerableStatus,
};
use insta::assert_snapshot;
use jiff::civil::{Date, date};
use proptest::prelude::*;

use super::*;
use crate::claims::assertions;

mod parties;
mod scenarios;
mod seed;

/// A case as a scenario's lines build it.
struct Scenario {
    case: CaseInfo,
    nhs_test_range: NhsTestRange,
    controllers: Vec<Controller>,
    exhibits: Vec<Exhibit>,
    items: Vec<Item>,
    mentions: Vec<Mention>,
    subjects: Vec<DataSubject>,
    estimate: Estimate,
    register_people: u64,
    claims: Vec<Claim>,
    listed: Vec<ListedFile>,
    prior_mentions: Vec<Mention>,
    gateway: Option<GatewayAssessment>,
    /// The items of the last `items` line, for the `people` lines after it.
    last: std::ops::Range<usize>,
}

/// The verdicts in full: a line each with verdict, share, term and confidence, then `+` for and `-` against.
fn check(scenario: &str) -> String {
    render(&Scenario::read(scenario).verdicts())
}

/// The verdicts alone.
fn grades(scenario: &str) -> String {
    check(scenario).lines().filter(|line| !line.starts_with(' ')).collect::<Vec<_>>().join("\n")
}

fn render(verdicts: &[Verdict]) -> String {
    let mut out = String::new();
    for v in verdicts {
        let _ = write!(out, "{} {}", v.assertion.id, v.assertion.kind.as_str());
        match &v.assertion.kind {
            AssertionKind::Category { words, .. }
            | AssertionKind::Population { words }
            | AssertionKind::Vector { words } => {
                let _ = write!(out, " ({words})");
            }
            AssertionKind::Count { number, of } => {
                let _ = write!(out, " ({number} {of})");
            }
            _ => {}
        }
        let _ = write!(out, ": {}", v.verdict.as_str());
        if let VerdictKind::Undetermined(reason) = v.verdict {
            let _ = write!(out, " {}", reason.as_str());
        }
        if let Some(s) = v.share {
            let _ = write!(out, ", share {:.2} [{:.2} {:.2}]", s.share, s.low, s.high);
        }
        if let Some(term) = v.term {
            let _ = write!(out, ", {} {}-{}", term.term, term.low, term.high);
        }
        let _ = writeln!(out, ", confidence {}", v.confidence.as_str());
        for e in &v.evidence_for {
            let _ = writeln!(out, "  + {} [{}]", e.text, e.basis);
        }
        for e in &v.evidence_against {
            let _ = writeln!(out, "  - {} [{}]", e.text, e.basis);
        }
    }
    out.trim_end().to_owned()
}

/// `key=value` words of a line.
struct Words<'a>(BTreeMap<&'a str, &'a str>);

impl<'a> Words<'a> {
    fn read(rest: &'a str) -> Self {
        Self(rest.split_whitespace().filter_map(|word| word.split_once('=')).collect())
    }

    fn text(&self, key: &str, default: &'a str) -> &'a str {
        self.0.get(key).copied().unwrap_or(default)
    }

    fn number(&self, key: &str, default: u64) -> u64 {
        self.0.get(key).map_or(default, |value| value.replace('_', "").parse().expect("a number"))
    }
}

impl Scenario {
    fn read(text: &str) -> Self {
        let mut scenario = Self {
            case: CaseInfo {
                title: "Test".into(),
                reference: "T-1".into(),
                reference_date: date(2024, 11, 28),
                seed: 1,
            },
            nhs_test_range: NhsTestRange::Accept,
            controllers: Vec::new(),
            exhibits: Vec::new(),
            items: Vec::new(),
            mentions: Vec::new(),
            subjects: Vec::new(),
            estimate: Estimate::default(),
            register_people: 0,
            claims: Vec::new(),
            listed: Vec::new(),
            prior_mentions: Vec::new(),
            gateway: None,
            last: 0..0,
        };
        for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
            scenario.line(word, rest);
        }
        scenario
    }

    fn line(&mut self, word: &str, rest: &str) {
        let words = Words::read(rest);
        match word {
            "body" => {
                let (id, name) = rest.split_once(' ').expect("an id and a name");
                self.controllers.push(body(id, name));
            }
            "leak" | "proof-pack" | "prior-leak" | "register" | "inventory" => self.exhibit(word, &words),
            "items" => self.group_of_items(&words),
            "people" => self.group_of_people(&words),
            "test-range" => self.nhs_test_range = NhsTestRange::Reject,
            "decoys" => self.estimate.decoy_rate = rest.parse().expect("a rate"),
            "estimate" => {
                self.estimate.low = words.number("low", 0);
                self.estimate.high = words.number("high", 0);
                self.estimate.ceiling = words.number("ceiling", 0);
            }
            "claim" => {
                let mut parts = rest.split('|').map(|part| part.trim().to_owned());
                self.claims.push(Claim {
                    exhibit: ExhibitId::new(format!("CLAIM/{}", self.claims.len() + 1)),
                    group: "gang".into(),
                    title: parts.next().unwrap_or_default(),
                    description: parts.next().unwrap_or_default(),
                    website: String::new(),
                    published: None,
                    data_size: parts.next().unwrap_or_default(),
                });
            }
            "gateway" => self.gateway = Some(gateway(&words)),
            other => panic!("no such line: {other}"),
        }
    }

    fn exhibit(&mut self, word: &str, words: &Words<'_>) {
        let kind = match word {
            "leak" => ExhibitKind::Leak,
            "proof-pack" => ExhibitKind::ProofPack,
            "prior-leak" => ExhibitKind::PriorLeak,
            "inventory" => ExhibitKind::Inventory,
            _ => ExhibitKind::Register,
        };
        let completeness = match words.text("is", "unknown") {
            "complete" => Completeness::Complete,
            "sample" => Completeness::Sample,
            "partial" => Completeness::Partial,
            _ => Completeness::Unknown,
        };
        self.register_people += words.number("people", 0);
        self.exhibits.push(Exhibit {
            id: ExhibitId::new(words.text("id", word)),
            kind,
            files: 1,
            bytes: words.number("bytes", 0),
            sha256: Sha256::default(),
            blake3: [0; 32],
            completeness,
            custodian: String::new(),
            controller: words.0.get("of").map(|id| ControllerId::new(*id)),
        });
    }

    fn group_of_items(&mut self, words: &Words<'_>) {
        let category = words.text("is", "other").replace('_', " ");
        let start = self.items.len();
        let seed = words.text("same", "").to_owned();
        for n in 0..words.number("n", 1) {
            let exhibit = words.text("in", "leak");
            let path = ItemPath::of_file(&format!("{exhibit}/{}/{n}.bin", self.items.len()));
            let mut sha = [0u8; 32];
            let key = if seed.is_empty() { format!("{start}") } else { seed.clone() };
            key.bytes().zip(sha.iter_mut()).for_each(|(from, to)| *to = from);
            sha[24..].copy_from_slice(&(n + 1).to_be_bytes());
            let (from, to) = (words.number("from", 0), words.number("to", 0));
            let dated = |year: u64| (year > 0).then(|| date(year as i16, 6, 15));
            let hint = words.0.get("of").zip(words.0.get("by")).map(|(of, by)| ControllerHint {
                controller: ControllerId::new(*of),
                basis: match *by {
                    "path" => HintBasis::Path,
                    "letterhead" => HintBasis::Letterhead,
                    _ => HintBasis::Domain,
                },
            });
            // Letters of a span lie each in one of its years; `table=1` makes every item span all of them.
            let own = if from > 0 && words.number("table", 0) == 0 { from + n % (to - from + 1) } else { 0 };
            self.items.push(Item {
                exhibit: ExhibitId::new(exhibit),
                path,
                bytes: words.number("bytes", 10_000),
                sha256: Sha256(sha),
                media_type: "text/plain".into(),
                status: match words.text("status", "read") {
                    "encrypted" => ItemStatus::Unread(UnreadReason::Encrypted),
                    _ => ItemStatus::Read,
                },
                category: ItemCategory::ALL.into_iter().find(|c| c.as_str() == category).expect("a category"),
                category_reasons: Vec::new(),
                controller_hints: hint.into_iter().collect(),
                other_body: None,
                oldest: if own > 0 { dated(own) } else { dated(from) },
                newest: if own > 0 { dated(own) } else { dated(to) },
                warnings: Vec::new(),
                wants: Default::default(),
                opened_with: None,
                likeness: Default::default(),
            });
        }
        self.last = start..self.items.len();
    }

    fn group_of_people(&mut self, words: &Words<'_>) {
        let documents: Vec<(ExhibitId, ItemPath)> =
            self.items[self.last.clone()].iter().map(|item| (item.exhibit.clone(), item.path.clone())).collect();
        for n in 0..words.number("n", 1) {
            let serial = self.subjects.len() as u64;
            let held: Vec<_> = documents.iter().cycle().skip(n as usize).take(1).cloned().collect();
            let age = match words.text("age", "adult") {
                "child" => AgeBand::Child,
                "unknown" => AgeBand::Unknown,
                _ => AgeBand::Adult,
            };
            let born: Option<Date> = match age {
                AgeBand::Child => Some(date(2015, 1, 1)),
                AgeBand::Adult => Some(date(words.number("born", 1980) as i16, 1, 1)),
                AgeBand::Unknown => None,
            };
            let element = Element::parse(&words.text("element", "name").replace('_', " ")).expect("an element");
            if let Some((exhibit, path)) = held.first() {
                let mut mention = mention(serial, exhibit, path, element);
                if words.number("again", 0) == 1 {
                    mention.findings.push(numbered(&mention.locator, serial));
                    let mut before = mention.clone();
                    before.locator.exhibit = ExhibitId::new("prior-leak");
                    self.prior_mentions.push(before);
                }
                self.mentions.push(mention);
            }
            self.subjects.push(DataSubject {
                id: SubjectId::new(format!("P-{serial:012x}")),
                mentions: vec![MentionId(serial)],
                probability: 1.0,
                nhs_number: (words.text("number", "nhs") == "nhs").then(|| Sensitive::new(nhs_number(serial))),
                name: Some(Sensitive::new(PersonName {
                    title: String::new(),
                    given: vec!["Zebedee".into()],
                    family: "Quill".into(),
                })),
                date_of_birth: born.map(Sensitive::new),
                postcode: None,
                emails: Vec::new(),
                phones: Vec::new(),
                hospital_numbers: (words.text("number", "nhs") == "local")
                    .then(|| Sensitive::new(format!("NC{serial:06}")))
                    .into_iter()
                    .collect(),
                role: Role::parse(&words.text("role", "patient").replace('_', " ")).expect("a role"),
                controllers: words.0.get("of").map(|id| ControllerId::new(*id)).into_iter().collect(),
                candidates: Vec::new(),
                age,
                deceased: false,
                elements: match words.text("number", "nhs") {
                    "nhs" => BTreeSet::from([Element::Name, Element::NhsNumber, element]),
                    "local" => BTreeSet::from([Element::Name, Element::HospitalNumber, element]),
                    _ => BTreeSet::from([Element::Name, element]),
                },
                documents: held,
                register_match: match words.text("match", "none") {
                    "exact" => RegisterMatch::Exact,
                    "probable" => RegisterMatch::Probable,
                    _ => RegisterMatch::None,
                },
                register_rows: Vec::new(),
                counts: true,
                links: Vec::new(),
            });
        }
    }

    fn verdicts(self) -> Vec<Verdict> {
        self.ask(|input| verify(input).verdicts)
    }

    fn ask<T>(mut self, question: impl FnOnce(&VerifyInput<'_>) -> T) -> T {
        let people = self.subjects.len() as u64;
        if self.estimate.high == 0 {
            self.estimate = Estimate { low: people, high: people, ceiling: people, ..self.estimate };
        }
        self.estimate.count = people;
        let of_prior = self.exhibits.iter().filter(|exhibit| exhibit.kind == ExhibitKind::PriorLeak);
        let prior: Vec<(ExhibitId, Fingerprints)> = of_prior
            .map(|exhibit| (exhibit.id.clone(), Fingerprints::of_exhibit(exhibit, &self.items, &self.prior_mentions)))
            .collect();
        let register: Vec<RegisterPerson> = (0..self.register_people).map(|_| nobody()).collect();
        let assertions = assertions(&self.claims, &self.controllers);
        question(&VerifyInput {
            case: &self.case,
            nhs_test_range: self.nhs_test_range,
            controllers: &self.controllers,
            relationships: &[],
            exhibits: &self.exhibits,
            items: &self.items,
            mentions: &self.mentions,
            subjects: &self.subjects,
            estimate: &self.estimate,
            register: &register,
            token_people: 0,
            listed: &self.listed,
            prior: &prior,
            canaries: &[],
            assertions: &assertions,
            gateway: self.gateway.as_ref(),
        })
    }
}

/// A row without a value: what a register knows is said by `match=` here.
fn nobody() -> RegisterPerson {
    let locator = Locator { exhibit: ExhibitId::new("REG/1"), path: ItemPath::of_file("r.csv"), place: Place::Whole };
    RegisterPerson::of_row(ControllerId::new("NCH"), locator)
}

fn body(id: &str, name: &str) -> Controller {
    Controller {
        id: ControllerId::new(id),
        name: name.into(),
        ods_code: String::new(),
        aliases: Vec::new(),
        domains: Vec::new(),
        paths: Vec::new(),
        hospital_number: String::new(),
        aware_at: None,
        aware_basis: String::new(),
    }
}

fn mention(serial: u64, exhibit: &ExhibitId, path: &ItemPath, element: Element) -> Mention {
    let locator = Locator { exhibit: exhibit.clone(), path: path.clone(), place: Place::Whole };
    let finding = assay_model::Finding {
        detector: "test".into(),
        element,
        value: Sensitive::new(assay_model::Value::Text("Quill".into())),
        controller: None,
        locator: locator.clone(),
        confidence: 1.0,
    };
    Mention {
        id: MentionId(serial),
        locator,
        role: Role::Unknown,
        role_reason: String::new(),
        recovery: Default::default(),
        findings: vec![finding],
    }
}

fn numbered(locator: &Locator, serial: u64) -> assay_model::Finding {
    assay_model::Finding {
        detector: "test".into(),
        element: Element::NhsNumber,
        value: Sensitive::new(assay_model::Value::Text(nhs_number(serial))),
        controller: None,
        locator: locator.clone(),
        confidence: 1.0,
    }
}

/// A number of the 999 range with its check digit; a serial whose check digit would be 10 takes the next.
fn nhs_number(serial: u64) -> String {
    (serial * 7..)
        .find_map(|n| {
            let nine = format!("999{:06}", n % 1_000_000);
            let sum: u32 =
                nine.bytes().zip((2..=10).rev()).map(|(digit, weight)| u32::from(digit - b'0') * weight).sum();
            match (11 - sum % 11) % 11 {
                10 => None,
                digit => Some(format!("{nine}{digit}")),
            }
        })
        .expect("one of two in a row is valid")
}

fn gateway(words: &Words<'_>) -> GatewayAssessment {
    let at = date(2024, 11, 20).at(8, 0, 0, 0);
    let flagged = |verdict, n: u64| {
        (0..n).map(move |session_id| SessionVerdict {
            session: assay_model::Session {
                session_id,
                user: None,
                login: None,
                logout: None,
                first: at,
                last: at,
                client_ip: None,
                sources: Vec::new(),
                bytes_send: 0,
                bytes_recv: 0,
                detail: assay_model::SessionDetail::default(),
            },
            verdict,
            indicators_for: Vec::new(),
            indicators_against: Vec::new(),
            score: 1.0,
            judged: None,
        })
    };
    let status = match words.text("build", "vulnerable") {
        "fixed" => VulnerableStatus::Fixed,
        _ => VulnerableStatus::Vulnerable,
    };
    GatewayAssessment {
        coverage: vec![SourceCoverage {
            exhibit: ExhibitId::new("GW/1"),
            source: "ns.log".into(),
            from: None,
            to: None,
            lines: 100,
            parsed: 99,
            unparsed: 1,
            gaps: 0,
            detail: assay_model::CoverageDetail::default(),
        }],
        build: None,
        vulnerable: vec![Vulnerability {
            cve: "CVE-2023-4966".into(),
            status,
            from: Some(date(2023, 10, 10)),
            from_basis: String::new(),
            to: None,
            to_basis: String::new(),
        }],
        sessions_total: words.number("sessions", 40),
        flagged: flagged(TakeoverVerdict::ConsistentWithTakeover, words.number("taken", 0))
            .chain(flagged(TakeoverVerdict::BenignExplained, words.number("benign", 0)))
            .collect(),
        ..GatewayAssessment::default()
    }
}
