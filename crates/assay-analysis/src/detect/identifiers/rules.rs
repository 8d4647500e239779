//! The rule file of identifiers, read and checked, and the rules of a case, which have the same form.
//!
//! `reason`, `source`, `examples` and `counter_examples` are for readers and for the test that runs them; a rule without them
//! does not load.

#[cfg(test)]
use std::collections::BTreeMap;

use assay_model::{Element, SpecialCategory};
use serde::Deserialize;

use super::super::rules::{RuleError, read};
use super::checks::{Check, Written};
use super::shapes::{Shape, Sign};

pub(super) const FILE: &str = "rules/detect/identifiers.toml";
const RULES: &str = include_str!("../../../../../rules/detect/identifiers.toml");

/// Rules of a case, at most.
const OWN: usize = 64;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    words: Vec<WordsForm>,
    identifier: Vec<Form>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WordsForm {
    id: String,
    words: Vec<String>,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Form {
    pub(super) id: String,
    element: String,
    #[serde(default)]
    special: Option<String>,
    #[serde(default)]
    sign: Option<String>,
    #[serde(default)]
    literal: Option<String>,
    pattern: String,
    value: String,
    #[serde(default)]
    checks: Vec<String>,
    needs: String,
    #[serde(default)]
    context: Vec<String>,
    #[serde(default)]
    distance: Option<u8>,
    #[serde(default)]
    behind: Option<u8>,
    #[serde(default)]
    denied_by: Vec<String>,
    #[serde(default)]
    never_before: String,
    #[serde(default)]
    never_after: String,
    #[serde(default)]
    open_end: bool,
    confidence: f32,
    #[serde(default)]
    confidence_in_context: Option<f32>,
    pub(super) reason: String,
    pub(super) source: String,
    pub(super) examples: Vec<String>,
    pub(super) counter_examples: Vec<String>,
}

/// What must stand beside a value for it to be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Needs {
    /// Nothing: its shape and checks tell.
    Nothing,
    /// A word of its rule's within the distance.
    Context,
    /// Such a word right before it.
    Label,
}

/// A rule, ready for the pass.
#[derive(Clone, Debug)]
pub(super) struct Rule {
    pub(super) id: String,
    pub(super) element: Element,
    pub(super) sign: Sign,
    pub(super) literal: Option<String>,
    pub(super) pattern: String,
    pub(super) value: Written,
    pub(super) checks: Vec<Check>,
    pub(super) needs: Needs,
    /// Its groups of words that speak for it, and those that speak against.
    pub(super) context: u128,
    pub(super) denied: u128,
    pub(super) distance: u8,
    /// Bytes behind the value in which words that speak for it are looked at too.
    pub(super) behind: u8,
    pub(super) never_before: Vec<u8>,
    pub(super) never_after: Vec<u8>,
    pub(super) open_end: bool,
    pub(super) confidence: f32,
    pub(super) confidence_in_context: f32,
}

/// Groups of words, with their names; a rule holds them as bits.
#[derive(Debug, Default)]
pub(super) struct Groups {
    pub(super) all: Vec<(String, Vec<String>)>,
}

impl Groups {
    /// The bits of a rule's list: `@name` is a group of the file, the rest are words of the rule's own.
    fn mask(&mut self, owner: &str, words: &[String]) -> Result<u128, Fault> {
        let mut mask = 0;
        let mut own = Vec::new();
        for word in words {
            match word.strip_prefix('@') {
                Some(name) => {
                    let place = self.all.iter().position(|(id, _)| id == name).ok_or_else(|| {
                        let names: Vec<_> =
                            self.all.iter().map(|(id, _)| id.as_str()).filter(|id| !id.contains(' ')).collect();
                        fault(
                            "context",
                            format!("`{word}` is no group of words"),
                            format!("use words, or one of @{}", names.join(", @")),
                        )
                    })?;
                    mask |= bit(place)?;
                }
                None if !word.trim().is_empty() => own.push(word.trim().to_owned()),
                None => {
                    return Err(fault("context", format!("`{word}` is no word"), "give words, or leave it out"));
                }
            }
        }
        if !own.is_empty() {
            mask |= bit(self.all.len())?;
            self.all.push((owner.to_owned(), own));
        }
        Ok(mask)
    }
}

fn bit(place: usize) -> Result<u128, Fault> {
    u32::try_from(place).ok().and_then(|place| 1u128.checked_shl(place)).ok_or_else(|| {
        fault(
            "context",
            "there are too many lists of words".to_owned(),
            "use the groups of the shipped rules (@goods, @phone, ...)",
        )
    })
}

/// What is wrong with a rule: field, problem, remedy.
#[derive(Debug)]
struct Fault {
    field: &'static str,
    problem: String,
    remedy: String,
}

fn fault(field: &'static str, problem: String, remedy: impl Into<String>) -> Fault {
    Fault { field, problem, remedy: remedy.into() }
}

/// The rules that ship with the program, and their groups of words.
pub(super) fn shipped() -> Result<(Vec<Rule>, Groups), RuleError> {
    let file: File = read(FILE, RULES)?;
    let all = file.words.into_iter().map(|form| (form.id, form.words)).collect();
    let mut groups = Groups { all };
    let mut rules: Vec<Rule> = Vec::with_capacity(file.identifier.len());
    for form in file.identifier {
        let id = form.id.clone();
        let rule = rule(form, &mut groups).map_err(|fault| of_fault(format!("{FILE}: {id}"), fault))?;
        rules.push(rule);
    }
    Ok((rules, groups))
}

/// Adds the rules of a case, each the text of one table.
pub(super) fn add_own(own: &[String], rules: &mut Vec<Rule>, groups: &mut Groups) -> Result<(), RuleError> {
    for (place, text) in own.iter().enumerate() {
        let owner = format!("case.toml: detect.rule[{}]", place + 1);
        if place >= OWN {
            let fault = fault("rule", format!("there are more than {OWN}"), "join rules that differ in a word only");
            return Err(of_fault(owner, fault));
        }
        let form: Form = toml::from_str(text).map_err(|error| {
            let remedy =
                "give id, element, pattern, value, needs, confidence, reason, source, examples and counter_examples";
            of_fault(owner.clone(), fault("(whole rule)", error.message().to_owned(), remedy))
        })?;
        if rules.iter().any(|rule| rule.id == form.id) {
            let fault = fault("id", format!("`{}` is taken by another rule", form.id), "choose another id");
            return Err(of_fault(owner, fault));
        }
        let examples = form.examples.clone();
        let counter_examples = form.counter_examples.clone();
        let rule = rule(form, groups).map_err(|fault| of_fault(owner.clone(), fault))?;
        // A rule that does not do what its author says would be trusted in vain.
        let alone = super::Identifiers::compile(vec![rule.clone()], groups)?;
        for (texts, finds, field) in [(&examples, true, "examples"), (&counter_examples, false, "counter_examples")] {
            for text in texts {
                let mut hits = Vec::new();
                alone.find(text, &mut hits);
                if hits.is_empty() == finds {
                    let problem = if finds { "the rule does not find" } else { "the rule finds" };
                    let fault =
                        fault(field, format!("{problem} anything in one of them"), "mend pattern, checks or context");
                    return Err(of_fault(owner, fault));
                }
            }
        }
        rules.push(rule);
    }
    Ok(())
}

fn of_fault(owner: String, fault: Fault) -> RuleError {
    RuleError::Identifier { owner, field: fault.field, problem: fault.problem, remedy: fault.remedy }
}

fn rule(form: Form, groups: &mut Groups) -> Result<Rule, Fault> {
    if form.id.is_empty() || !form.id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-') {
        return Err(fault("id", format!("`{}` is no id", form.id), "use small letters, digits and hyphens"));
    }
    for (field, text) in [("reason", &form.reason), ("source", &form.source)] {
        if text.trim().is_empty() {
            return Err(fault(field, "is empty".to_owned(), "say why the rule is, and where its facts come from"));
        }
    }
    if form.examples.is_empty() || form.counter_examples.is_empty() {
        return Err(fault(
            "examples",
            "are missing".to_owned(),
            "give one text that it finds, and one that it does not",
        ));
    }
    let element = match &form.special {
        Some(word) => SpecialCategory::ALL.into_iter().find(|category| category.as_str() == word).map(Element::Special),
        None => Element::parse(&form.element),
    };
    let element = element.ok_or_else(|| {
        let word = form.special.as_ref().unwrap_or(&form.element);
        fault(
            "element",
            format!("`{word}` is no element"),
            "use an element of a report, such as \"hospital number\" or \"other identifier\"",
        )
    })?;
    let sign = match form.sign.as_deref() {
        _ if form.literal.is_some() => Sign::Literal,
        None | Some("digit") => Sign::Digit,
        Some("at") => Sign::At,
        Some("assignment") => Sign::Assignment,
        Some(other) => {
            return Err(fault("sign", format!("`{other}` is no sign"), "use \"digit\", \"at\" or \"assignment\""));
        }
    };
    let needs = match form.needs.as_str() {
        "nothing" => Needs::Nothing,
        "context" => Needs::Context,
        "label" => Needs::Label,
        other => {
            return Err(fault("needs", format!("`{other}` is unknown"), "use \"nothing\", \"context\" or \"label\""));
        }
    };
    if needs != Needs::Nothing && form.context.is_empty() {
        return Err(fault(
            "context",
            "is empty, yet the rule needs it".to_owned(),
            "list the words that stand beside such a value",
        ));
    }
    pattern(&form.pattern)?;
    let mut checks: Vec<Check> = form
        .checks
        .iter()
        .map(|word| {
            Check::parse(word)
                .ok_or_else(|| fault("checks", format!("`{word}` is no check"), format!("use {}", Check::words())))
        })
        .collect::<Result<_, Fault>>()?;
    checks.sort_by_key(|check| check.cost());
    let value = Written::parse(&form.value)
        .ok_or_else(|| fault("value", format!("`{}` is unknown", form.value), format!("use {}", Written::words())))?;
    let confidence_in_context = form.confidence_in_context.unwrap_or(form.confidence);
    if ![form.confidence, confidence_in_context].iter().all(|c| (0.0..=1.0).contains(c)) {
        return Err(fault("confidence", "is outside 0 to 1".to_owned(), "give a share, such as 0.7"));
    }
    Ok(Rule {
        context: groups.mask(&form.id, &form.context)?,
        denied: groups.mask(&form.id, &form.denied_by)?,
        id: form.id,
        element,
        sign,
        literal: form.literal,
        pattern: form.pattern,
        value,
        checks,
        needs,
        distance: form.distance.unwrap_or(48).min(64),
        behind: form.behind.unwrap_or(0).min(24),
        never_before: form.never_before.into_bytes(),
        never_after: form.never_after.into_bytes(),
        open_end: form.open_end,
        confidence: form.confidence,
        confidence_in_context,
    })
}

/// A pattern is anchored where it starts and asks for nothing around it: edges of words are the pass's.
fn pattern(pattern: &str) -> Result<(), Fault> {
    let looks = ["\\b", "\\B", "^", "$", "\\A", "\\z"].iter().find(|sign| pattern.replace("[^", "").contains(*sign));
    if let Some(sign) = looks {
        return Err(fault(
            "pattern",
            format!("`{sign}` has no place in it"),
            "leave it out: values begin and end at the edges of words",
        ));
    }
    let size = pattern.len();
    if size > 600 {
        return Err(fault("pattern", format!("is {size} bytes long"), "keep below 600 bytes"));
    }
    match Shape::new(pattern) {
        Ok(shape) if shape.fits_nothing() => {
            Err(fault("pattern", "fits nothing at all".to_owned(), "let it hold at least one sign"))
        }
        Ok(_) => Ok(()),
        Err(error) => Err(fault("pattern", format!("does not compile: {error}"), "mend the regular expression")),
    }
}

/// The forms of the shipped rules, for the test that runs their examples.
#[cfg(test)]
pub(super) fn forms() -> BTreeMap<String, Form> {
    let file: File = toml::from_str(RULES).unwrap();
    file.identifier.into_iter().map(|form| (form.id.clone(), form)).collect()
}
