//! What harms first: marks records by the rules of `rules/detect/harm.toml`, most urgent class first.
//!
//! Whether a class holds follows from the record's findings, its role and the person's age; it is decided over what was read so
//! far, so that the list can be had while a scan goes on. Nothing here tries a credential, looks anything up or changes a record.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use assay_model::{
    AgeBand, DataSubject, Element, Finding, Harm, Mention, MentionId, Role, Sensitive, UrgentRecord, Value,
};
use jiff::civil::Date;
use serde::Deserialize;

const RULES: &str = include_str!("../../../rules/detect/harm.toml");

/// People's records from which an account is a body's: the charity's on its own letters, the employer's on its forms.
const OF_A_BODY: usize = 5;

/// What the list is made from.
#[derive(Clone, Copy, Debug)]
pub struct HarmInput<'a> {
    /// The day on which child or adult is decided.
    pub reference_date: Date,
    /// Mentions in exhibits that hold leaked data.
    pub mentions: &'a [Mention],
    /// Findings beside nobody in them.
    pub loose: &'a [Finding],
    /// People; empty where they are not put together yet.
    pub subjects: &'a [DataSubject],
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct HarmFile {
    harm: Vec<RuleForm>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(not(test), expect(dead_code, reason = "a rule without a reason, a source and examples does not load"))]
struct RuleForm {
    harm: String,
    elements: Vec<String>,
    #[serde(default)]
    words: Vec<String>,
    #[serde(default)]
    never: Vec<String>,
    #[serde(default)]
    roles: Vec<String>,
    #[serde(default)]
    child: bool,
    #[serde(default)]
    with: Vec<String>,
    #[serde(default)]
    beside_nobody: bool,
    reason: String,
    source: String,
    examples: Vec<String>,
    counter_examples: Vec<String>,
}

struct Rule {
    harm: Harm,
    elements: BTreeSet<Element>,
    words: Vec<String>,
    never: Vec<String>,
    roles: Vec<Role>,
    child: bool,
    with: BTreeSet<Element>,
    beside_nobody: bool,
}

/// The shipped rules; a rule with a word that names nothing is refused by the test of the file.
static SHIPPED: LazyLock<Vec<Rule>> = LazyLock::new(|| {
    let file: Option<HarmFile> = toml::from_str(RULES).ok();
    file.into_iter().flat_map(|file| file.harm).filter_map(|form| Rule::of(&form)).collect()
});

impl Rule {
    fn of(form: &RuleForm) -> Option<Self> {
        let elements = |words: &[String]| words.iter().map(|word| Element::parse(word)).collect::<Option<_>>();
        Some(Self {
            harm: Harm::parse(&form.harm)?,
            elements: elements(&form.elements)?,
            words: form.words.iter().map(|word| padded(word)).collect(),
            never: form.never.iter().map(|word| padded(word)).collect(),
            roles: form.roles.iter().map(|word| Role::parse(word)).collect::<Option<_>>()?,
            child: form.child,
            with: elements(&form.with)?,
            beside_nobody: form.beside_nobody,
        })
    }

    fn marks(&self, element: Element, value: &Value, role: Role, age: AgeBand) -> bool {
        let fits = self.elements.contains(&element)
            && (self.roles.is_empty() || self.roles.contains(&role))
            && (!self.child || age == AgeBand::Child);
        if !fits || self.words.is_empty() && self.never.is_empty() {
            return fits;
        }
        let Value::Text(text) = value else { return self.words.is_empty() };
        let text = padded(text);
        let holds = |words: &[String]| words.iter().any(|word| text.contains(word.as_str()));
        (self.words.is_empty() || holds(&self.words)) && !holds(&self.never)
    }
}

/// Lower case, signs as blanks, a blank at either end: whole words are found as parts of it.
fn padded(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push(' ');
    for sign in text.chars() {
        match sign {
            _ if sign.is_alphanumeric() => out.extend(sign.to_lowercase()),
            '\'' | '\u{2019}' => {}
            _ if out.ends_with(' ') => {}
            _ => out.push(' '),
        }
    }
    if !out.ends_with(' ') {
        out.push(' ');
    }
    out
}

/// True for what is kept even where no person stands by.
pub fn is_told_beside_nobody(element: Element) -> bool {
    SHIPPED.iter().any(|rule| rule.beside_nobody && rule.elements.contains(&element))
}

/// The records that harm first, by class in the order of [`Harm::ALL`], then in the order of the input.
pub fn urgent(input: &HarmInput<'_>) -> Vec<UrgentRecord> {
    let holders: BTreeMap<MentionId, &DataSubject> =
        input.subjects.iter().flat_map(|subject| subject.mentions.iter().map(move |id| (*id, subject))).collect();
    let of_bodies = accounts_of_bodies(input.mentions);
    let mut out = Vec::new();
    for mention in input.mentions {
        let subject = holders.get(&mention.id).copied();
        let age = age(mention, subject, input.reference_date);
        for rule in SHIPPED.iter() {
            let of_a_body =
                |f: &Finding| matches!(f.value.reveal(), Value::Text(text) if of_bodies.contains(text.as_str()));
            let marked = |f: &&Finding| rule.marks(f.element, f.value.reveal(), mention.role, age) && !of_a_body(f);
            let mut findings: Vec<Finding> = mention.findings.iter().filter(marked).cloned().collect();
            if findings.is_empty() {
                continue;
            }
            let beside = mention.findings.iter().filter(|f| rule.with.contains(&f.element) && !findings.contains(f));
            let beside: Vec<Finding> = beside.cloned().collect();
            findings.extend(beside);
            findings.sort_by(|a, b| a.locator.place.cmp(&b.locator.place).then(a.element.cmp(&b.element)));
            out.push(UrgentRecord {
                harm: rule.harm,
                locator: mention.locator.clone(),
                mention: Some(mention.id),
                subject: subject.map(|subject| subject.id.clone()),
                role: mention.role,
                age,
                name: mention.names().next().map(|name| Sensitive::new(name.clone())),
                nhs_number: mention.nhs_number().map(|number| Sensitive::new(number.to_owned())),
                date_of_birth: mention.date_of_birth().map(Sensitive::new),
                findings,
            });
        }
    }
    for finding in input.loose {
        let marks = |rule: &&Rule| {
            rule.beside_nobody && rule.marks(finding.element, finding.value.reveal(), Role::Unknown, AgeBand::Unknown)
        };
        out.extend(SHIPPED.iter().filter(marks).map(|rule| beside_nobody(rule.harm, finding)));
    }
    out.sort_by_key(|record| record.harm);
    out
}

fn beside_nobody(harm: Harm, finding: &Finding) -> UrgentRecord {
    UrgentRecord {
        harm,
        locator: finding.locator.clone(),
        mention: None,
        subject: None,
        role: Role::Unknown,
        age: AgeBand::Unknown,
        name: None,
        nhs_number: None,
        date_of_birth: None,
        findings: vec![finding.clone()],
    }
}

/// Accounts in the records of so many people that they are a body's.
fn accounts_of_bodies(mentions: &[Mention]) -> BTreeSet<&str> {
    let mut holders: BTreeMap<&str, BTreeSet<(String, String)>> = BTreeMap::new();
    for mention in mentions {
        for account in mention.texts(Element::BankAccount) {
            let holders = holders.entry(account).or_default();
            if holders.len() < OF_A_BODY
                && let Some(name) = mention.names().next()
            {
                let given = name.given.first().map(|given| given.to_lowercase()).unwrap_or_default();
                holders.insert((name.family.to_lowercase(), given));
            }
        }
    }
    holders.into_iter().filter(|(_, holders)| holders.len() >= OF_A_BODY).map(|(account, _)| account).collect()
}

fn age(mention: &Mention, subject: Option<&DataSubject>, on: Date) -> AgeBand {
    match (mention.date_of_birth(), subject.map(|subject| subject.age)) {
        (_, Some(age)) if age != AgeBand::Unknown => age,
        (Some(birth), _) => age_on(birth, on),
        (None, age) => age.unwrap_or(AgeBand::Unknown),
    }
}

fn age_on(birth: Date, on: Date) -> AgeBand {
    let had_birthday = (on.month(), on.day()) >= (birth.month(), birth.day());
    let years = on.year() - birth.year() - i16::from(!had_birthday);
    if years < 18 { AgeBand::Child } else { AgeBand::Adult }
}

#[cfg(test)]
mod tests {
    use super::*;
    use assay_model::{ExhibitId, ItemPath, Locator, PersonName, Place, Recovery, SpecialCategory};
    use jiff::civil::date;

    #[test]
    fn every_rule_does_what_its_examples_say() {
        let file: HarmFile = toml::from_str(RULES).unwrap();
        let named: Vec<&str> = file.harm.iter().map(|rule| rule.harm.as_str()).collect();
        assert_eq!(named, Harm::ALL.map(Harm::as_str), "one rule a class, in their order");
        for form in &file.harm {
            assert!(!form.reason.is_empty() && !form.source.is_empty(), "{}", form.harm);
            assert!(!form.examples.is_empty() && !form.counter_examples.is_empty(), "{}", form.harm);
            let rule = Rule::of(form).unwrap_or_else(|| panic!("{}: a word names nothing", form.harm));
            let marks = |example: &str| {
                let [element, value, role, age] = example.split(" | ").collect::<Vec<_>>()[..] else {
                    panic!("{example}: four parts")
                };
                let age = match age {
                    "child" => AgeBand::Child,
                    "adult" => AgeBand::Adult,
                    _ => AgeBand::Unknown,
                };
                let element = Element::parse(element).unwrap();
                rule.marks(element, &Value::Text(value.to_owned()), Role::parse(role).unwrap(), age)
            };
            form.examples.iter().for_each(|example| assert!(marks(example), "{example}"));
            form.counter_examples.iter().for_each(|example| assert!(!marks(example), "{example}"));
        }
    }

    fn at(path: &str, row: u32) -> Locator {
        Locator {
            exhibit: ExhibitId::new("LEAK/1"),
            path: ItemPath::of_file(path),
            place: Place::Row { sheet: String::new(), row },
        }
    }

    fn mention(id: u64, role: Role, findings: &[(Element, Value)]) -> Mention {
        let finding = |(element, value): &(Element, Value)| Finding {
            detector: "test".into(),
            element: *element,
            value: Sensitive::new(value.clone()),
            controller: None,
            locator: at("list.csv", 2),
            confidence: 0.9,
        };
        Mention {
            id: MentionId(id),
            locator: at("list.csv", 2),
            role,
            role_reason: String::new(),
            recovery: Recovery::Stored,
            findings: findings.iter().map(finding).collect(),
        }
    }

    fn text(text: &str) -> Value {
        Value::Text(text.to_owned())
    }

    fn list(mentions: &[Mention], loose: &[Finding]) -> Vec<UrgentRecord> {
        urgent(&HarmInput { reference_date: date(2024, 11, 28), mentions, loose, subjects: &[] })
    }

    #[test]
    fn the_address_that_must_not_be_known_stands_with_its_flag_and_first() {
        let flag = (Element::Special(SpecialCategory::Safeguarding), text("address withheld"));
        let account = (Element::BankAccount, text("20-00-00 55779911"));
        let home = (Element::Address, text("4 Wren Close"));
        let mentions = [mention(1, Role::Staff, &[account, home.clone()]), mention(2, Role::Patient, &[home, flag])];
        let records = list(&mentions, &[]);
        let seen: Vec<(&str, u64)> =
            records.iter().map(|r| (r.harm.as_str(), r.mention.map_or(0, |id| id.0))).collect();
        assert_eq!(
            seen,
            [("protected address", 2), ("safeguarding", 2), ("bank details", 1), ("staff home address", 1)]
        );
        assert!(records[0].elements().contains(&Element::Address));
        assert!(!records[1].elements().contains(&Element::Address));
    }

    #[test]
    fn a_child_is_one_by_the_record_or_by_the_person() {
        let concern = (Element::Special(SpecialCategory::Health), text("self-harm"));
        let born = |year| (Element::DateOfBirth, Value::Date(date(year, 3, 4)));
        let mentions = [
            mention(1, Role::Patient, &[concern.clone(), born(2012)]),
            mention(2, Role::Patient, &[concern.clone(), born(1980)]),
            mention(3, Role::Patient, &[concern]),
        ];
        let seen: Vec<u64> = list(&mentions, &[]).iter().filter_map(|r| r.mention).map(|id| id.0).collect();
        assert_eq!(seen, [1]);
    }

    #[test]
    fn the_account_on_every_letter_is_no_persons() {
        let named = |n: u64, account: &str| {
            let name = PersonName { title: String::new(), given: vec![format!("A{n}")], family: "Test".into() };
            mention(n, Role::Donor, &[(Element::Name, Value::Name(name)), (Element::BankAccount, text(account))])
        };
        let mut mentions: Vec<Mention> = (1..=5).map(|n| named(n, "20-00-00 11111112")).collect();
        mentions.push(named(6, "20-00-00 55779911"));
        let seen: Vec<u64> = list(&mentions, &[]).iter().filter_map(|r| r.mention).map(|id| id.0).collect();
        assert_eq!(seen, [6]);
    }

    #[test]
    fn a_key_beside_nobody_is_listed() {
        let key = mention(0, Role::Unknown, &[(Element::Credential, text("Wren-41!"))]).findings;
        let records = list(&[], &key);
        assert_eq!(records.iter().map(|record| record.harm).collect::<Vec<_>>(), [Harm::LiveCredential]);
        assert!(is_told_beside_nobody(Element::Credential) && !is_told_beside_nobody(Element::Phone));
    }
}
