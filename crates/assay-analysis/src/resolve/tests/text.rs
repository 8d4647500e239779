//! Scenarios as text. A line is a thing:
//!
//! ```text
//! register NCH nhs=9990000018 name="Ada Testcase" dob=1961-03-04 pc="AB1 2CD" hn=AH1000001
//! item a.csv category="patient record" path=NCH
//! a1 nhs=9990000018 name="Ada Testcase" dob=1961-03-04 item=a.csv row=2 role=patient
//! ```
//!
//! A mention's first word is its label. Items that mentions name need no line of their own. Ids are made from the line's
//! content, so that the order of the lines does not enter them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use assay_model::{
    CaseInfo, Controller, ControllerHint, ControllerId, Element, ExhibitId, Finding, HintBasis, Item, ItemCategory,
    ItemPath, ItemStatus, Locator, Mention, MentionId, PersonName, Place, RegisterPerson, Role, Sensitive, Sha256,
    UnreadReason, Value,
};

use crate::resolve::{CaseRules, Kept, Resolution, ResolveInput, resolve};

#[derive(Default)]
pub(super) struct Scenario {
    pub(super) items: Vec<Item>,
    pub(super) mentions: Vec<Mention>,
    pub(super) register: Vec<RegisterPerson>,
    pub(super) labels: BTreeMap<MentionId, String>,
    /// Lines by label.
    pub(super) lines: BTreeMap<String, String>,
}

/// `key=value` and `key="a value"`, and bare words.
fn words(line: &str) -> Vec<(String, String)> {
    let mut words = Vec::new();
    let mut rest = line.trim();
    while !rest.is_empty() {
        let end = rest.find(|c: char| c == '=' || c.is_whitespace()).unwrap_or(rest.len());
        let (key, after) = rest.split_at(end);
        let (value, after) = match after.strip_prefix('=') {
            None => ("", after),
            Some(after) => match after.strip_prefix('"') {
                Some(quoted) => quoted.split_once('"').expect("closing quote"),
                None => after.split_at(after.find(char::is_whitespace).unwrap_or(after.len())),
            },
        };
        words.push((key.to_owned(), value.to_owned()));
        rest = after.trim_start();
    }
    words
}

pub(super) fn name(text: &str) -> PersonName {
    let mut words: Vec<&str> = text.split_whitespace().collect();
    let title = words.first().is_some_and(|w| ["Mr", "Mrs", "Ms", "Miss", "Dr", "Baby"].contains(w));
    let title = if title { words.remove(0).to_owned() } else { String::new() };
    let family = words.pop().unwrap_or_default().to_owned();
    PersonName { title, given: words.into_iter().map(str::to_owned).collect(), family }
}

fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3))
}

/// The findings of a record, whatever other words are among them.
pub(super) fn mention(words: &[(String, String)], id: u64) -> Mention {
    let mut locator =
        Locator { exhibit: ExhibitId::new("LEAK/1"), path: ItemPath::of_file("a.txt"), place: Place::Whole };
    let mut role = Role::Unknown;
    let mut findings = Vec::new();
    for (key, value) in words {
        let (controller, text) = match (key.as_str(), value.split_once(':')) {
            ("hn", Some((body, number))) => (Some(ControllerId::new(body)), number.to_owned()),
            _ => (None, value.clone()),
        };
        let date = || Value::Date(value.parse().expect("a date"));
        let (element, value) = match key.as_str() {
            "nhs" => (Element::NhsNumber, Value::Text(text)),
            "name" => (Element::Name, Value::Name(name(value))),
            "given" => (Element::Name, Value::Name(PersonName { given: vec![text], ..PersonName::default() })),
            "dob" => (Element::DateOfBirth, date()),
            "died" => (Element::DateOfDeath, date()),
            "pc" => (Element::Postcode, Value::Text(text)),
            "email" => (Element::Email, Value::Text(text)),
            "phone" => (Element::Phone, Value::Text(text)),
            "hn" => (Element::HospitalNumber, Value::Text(text)),
            "nino" => (Element::NationalInsuranceNumber, Value::Text(text)),
            "bank" => (Element::BankAccount, Value::Text(text)),
            "addr" => (Element::Address, Value::Text(text)),
            "diagnosis" => (Element::Diagnosis, Value::Text(text)),
            "item" => {
                locator.path = ItemPath::from_encoded(text);
                continue;
            }
            "row" => {
                locator.place = Place::Row { sheet: String::new(), row: text.parse().expect("a row") };
                continue;
            }
            "role" => {
                role = Role::parse(value).expect("a role");
                continue;
            }
            _ => continue,
        };
        let (detector, confidence) = ("test".to_owned(), 1.0);
        findings.push(Finding {
            detector,
            element,
            value: Sensitive::new(value),
            controller,
            locator: locator.clone(),
            confidence,
        });
    }
    Mention { id: MentionId(id), locator, role, role_reason: String::new(), recovery: Default::default(), findings }
}

fn item(path: &str, words: &[(String, String)]) -> Item {
    let mut item = Item {
        exhibit: ExhibitId::new("LEAK/1"),
        path: ItemPath::from_encoded(path),
        bytes: 1000,
        sha256: Sha256::default(),
        media_type: "text/plain".to_owned(),
        status: ItemStatus::Read,
        category: ItemCategory::Other,
        category_reasons: Vec::new(),
        controller_hints: Vec::new(),
        other_body: None,
        oldest: None,
        newest: None,
        warnings: Vec::new(),
        wants: Default::default(),
        opened_with: None,
        likeness: Default::default(),
    };
    for (key, value) in words {
        let basis = match key.as_str() {
            "path" => HintBasis::Path,
            "letterhead" => HintBasis::Letterhead,
            "domain" => HintBasis::Domain,
            "category" => {
                let known = ItemCategory::ALL.into_iter().find(|c| c.as_str() == value);
                item.category = known.expect("a category");
                continue;
            }
            "type" => {
                item.media_type.clone_from(value);
                continue;
            }
            "unread" => {
                let reason = UnreadReason::ALL.into_iter().find(|r| r.as_str() == value);
                item.status = ItemStatus::Unread(reason.expect("a reason"));
                continue;
            }
            _ => continue,
        };
        item.controller_hints.push(ControllerHint { controller: ControllerId::new(value.as_str()), basis });
    }
    item
}

fn register_person(mention: &Mention, controller: &str, row: u32) -> RegisterPerson {
    let sensitive = |element: Element| mention.texts(element).map(|t| Sensitive::new(t.to_owned())).collect::<Vec<_>>();
    RegisterPerson {
        controller: ControllerId::new(controller),
        locator: Locator {
            exhibit: ExhibitId::new("REG/1"),
            path: ItemPath::of_file("register.csv"),
            place: Place::Row { sheet: String::new(), row },
        },
        nhs_number: sensitive(Element::NhsNumber).pop(),
        name: mention.names().next().cloned().map(Sensitive::new),
        date_of_birth: mention.date_of_birth(),
        date_of_death: mention.date(Element::DateOfDeath),
        postcode: sensitive(Element::Postcode).pop(),
        hospital_number: sensitive(Element::HospitalNumber).pop(),
        emails: sensitive(Element::Email),
        phones: sensitive(Element::Phone),
    }
}

impl Scenario {
    pub(super) fn read(text: &str) -> Self {
        let mut scenario = Self::default();
        for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let words = words(line);
            let (first, rest) = words.split_first().expect("a word");
            match first.0.as_str() {
                "register" => {
                    let (body, rest) = rest.split_first().expect("a controller");
                    let row = scenario.register.len() as u32 + 2;
                    scenario.register.push(register_person(&mention(rest, 0), &body.0, row));
                }
                "item" => scenario.items.push(item(&rest[0].0, &rest[1..])),
                label => {
                    let mention = mention(rest, hash(line));
                    scenario.labels.insert(mention.id, label.to_owned());
                    scenario.lines.insert(label.to_owned(), line.to_owned());
                    scenario.mentions.push(mention);
                }
            }
        }
        let mut known: BTreeSet<String> = scenario.items.iter().map(|item| item.path.as_str().to_owned()).collect();
        for mention in &scenario.mentions {
            let path = mention.locator.path.as_str();
            if known.insert(path.to_owned()) {
                scenario.items.push(item(path, &[]));
            }
        }
        scenario
    }

    pub(super) fn resolve(&self) -> Resolution {
        self.resolve_kept(Kept::default())
    }

    pub(super) fn resolve_kept(&self, kept: Kept<'_>) -> Resolution {
        self.resolve_by(CaseRules::shipped(), kept)
    }

    pub(super) fn resolve_by(&self, rules: &CaseRules, kept: Kept<'_>) -> Resolution {
        let case = CaseInfo {
            title: "t".to_owned(),
            reference: "r".to_owned(),
            reference_date: jiff::civil::date(2024, 11, 28),
            seed: 1,
        };
        let controllers = ["NCH", "EHC"].map(|id| Controller {
            id: ControllerId::new(id),
            name: id.to_owned(),
            ods_code: String::new(),
            aliases: Vec::new(),
            domains: vec![format!("{}.example", id.to_lowercase())],
            paths: Vec::new(),
            hospital_number: String::new(),
            aware_at: None,
            aware_basis: String::new(),
        });
        resolve(&ResolveInput {
            case: &case,
            controllers: &controllers,
            exhibits: &[],
            items: &self.items,
            waiting: &[],
            mentions: &self.mentions,
            register: &self.register,
            tokens: &[],
            kept,
            rules,
        })
    }

    /// A line a person, by the label of its oldest mention: `a1 a2: patient, exact, counts`.
    pub(super) fn people(&self) -> String {
        let mut lines: Vec<String> = self
            .resolve()
            .subjects
            .iter()
            .map(|subject| {
                let mut labels: Vec<&str> = subject.mentions.iter().map(|m| self.labels[m].as_str()).collect();
                labels.sort_unstable();
                let mut line = format!("{}: {}", labels.join(" "), subject.role.as_str());
                let _ = write!(line, ", {}", subject.register_match.as_str());
                let controllers: Vec<&str> = subject.controllers.iter().map(ControllerId::as_str).collect();
                if !controllers.is_empty() {
                    let _ = write!(line, ", of {}", controllers.join("+"));
                }
                if !subject.counts {
                    line.push_str(", does not count");
                }
                line
            })
            .collect();
        lines.sort_unstable();
        lines.join("\n")
    }
}

/// Two records of a rule file's example.
pub(super) fn pair(text: &str) -> (Mention, Mention) {
    let (one, other) = text.split_once('|').expect("two records");
    (mention(&words(one), 1), mention(&words(other), 2))
}

/// The people of a scenario.
pub(super) fn check(scenario: &str, expected: &str) {
    let wanted: Vec<&str> = expected.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    assert_eq!(Scenario::read(scenario).people(), wanted.join("\n"), "{scenario}");
}
