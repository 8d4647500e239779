//! A cluster of mentions becomes a [`DataSubject`]: best values, role, controllers, elements, and whether the person counts.
//!
//! What the registers know is shown as the best value where a row matched, but elements are those of the leak alone: a
//! letter to the person says what was leaked, not what the trust knows.

use std::collections::{BTreeMap, BTreeSet};

use assay_model::{
    AgeBand, CaseInfo, ControllerId, DataSubject, Element, Finding, ItemCategory, LinkExplanation, Locator, Mention,
    PersonName, Place, RegisterMatch, RegisterPerson, Role, Sensitive, SubjectId, Value,
};
use jiff::civil::Date;

use super::link::compare::are_close;
use super::origin::Origins;
use super::record::valid_nhs;
use crate::reference::fold;

/// What clustering hands over for one person.
pub(super) struct Cluster {
    /// Places of the mentions in the input, oldest first.
    pub(super) mentions: Vec<usize>,
    /// Places of the register rows in the input.
    pub(super) rows: Vec<usize>,
    /// The rows of registers of tokens, with whether a number agrees with something beside it.
    pub(super) tokens: Vec<(RegisterPerson, bool)>,
    /// See [`DataSubject::probability`].
    pub(super) probability: f64,
    /// Why.
    pub(super) links: Vec<LinkExplanation>,
}

/// What subjects are made from.
pub(super) struct Maker<'a> {
    pub(super) case: &'a CaseInfo,
    pub(super) mentions: &'a [Mention],
    pub(super) register: &'a [RegisterPerson],
    pub(super) origins: &'a Origins<'a>,
}

impl Maker<'_> {
    pub(super) fn subject(&self, cluster: Cluster) -> DataSubject {
        let mentions: Vec<&Mention> = cluster.mentions.iter().filter_map(|m| self.mentions.get(*m)).collect();
        let rows: Vec<&RegisterPerson> = cluster.rows.iter().filter_map(|r| self.register.get(*r)).collect();
        let all_rows: Vec<&RegisterPerson> =
            rows.iter().copied().chain(cluster.tokens.iter().map(|(row, _)| row)).collect();
        let elements: BTreeSet<Element> =
            mentions.iter().flat_map(|m| &m.findings).map(|f| f.element).filter(|e| e.published().is_some()).collect();
        let date_of_birth = first(&rows, |row| row.date_of_birth).or_else(|| commonest_date(&mentions));
        let mut documents: Vec<_> =
            mentions.iter().map(|m| (m.locator.exhibit.clone(), m.locator.path.clone())).collect();
        documents.sort_unstable();
        documents.dedup();
        let controllers: BTreeSet<ControllerId> = mentions.iter().flat_map(|m| self.origins.controllers(m)).collect();
        let candidates: BTreeSet<&ControllerId> = all_rows.iter().map(|row| &row.controller).collect();
        let by_tokens = cluster.tokens.iter().map(|(_, exact)| match exact {
            true => RegisterMatch::Exact,
            false => RegisterMatch::Probable,
        });
        // Declared from the strongest.
        let register_match = by_tokens.chain([register_match(&mentions, &rows)]).min().unwrap_or_default();
        let role = role(&mentions);
        DataSubject {
            id: SubjectId::default(),
            mentions: mentions.iter().map(|m| m.id).collect(),
            probability: cluster.probability,
            nhs_number: best_number(&mentions, &rows),
            name: first(&rows, |row| row.name.clone()).or_else(|| best_name(&mentions).map(Sensitive::new)),
            date_of_birth: date_of_birth.map(Sensitive::new),
            postcode: first(&rows, |row| row.postcode.clone()).or_else(|| commonest(&mentions, Element::Postcode)),
            emails: all(&mentions, Element::Email),
            phones: all(&mentions, Element::Phone),
            hospital_numbers: all(&mentions, Element::HospitalNumber),
            role,
            controllers: controllers.into_iter().collect(),
            candidates: candidates.into_iter().cloned().collect(),
            age: age(date_of_birth, self.case.reference_date),
            deceased: is_deceased(&mentions, &rows),
            counts: self.counts(&mentions, &elements, register_match),
            elements,
            documents,
            register_match,
            register_rows: all_rows.iter().copied().map(row_place).collect(),
            links: cluster.links,
        }
    }

    /// docs/CONTRACTS.md, Who counts: an identifier with any further element. A number identifies where a register knows it or a
    /// document ties it to a person; a patient list reveals something of everybody in it.
    fn counts(&self, mentions: &[&Mention], elements: &BTreeSet<Element>, known: RegisterMatch) -> bool {
        let published: BTreeSet<&str> = elements.iter().filter_map(|element| element.published()).collect();
        let has_name = elements.contains(&Element::Name);
        let has_number = elements.contains(&Element::NhsNumber) || elements.contains(&Element::HospitalNumber);
        let number_is_a_persons = has_number && (known != RegisterMatch::None || published.len() > 1);
        if !has_name && !number_is_a_persons {
            return false;
        }
        published.len() > 1 || mentions.iter().any(|mention| self.is_in_a_patient_list(mention))
    }

    /// A row of a patient record that is about a patient.
    fn is_in_a_patient_list(&self, mention: &Mention) -> bool {
        let is_row = matches!(mention.locator.place, Place::Row { .. } | Place::Cell { .. });
        let item = self.origins.item(&mention.locator.exhibit, &mention.locator.path);
        is_row && mention.role == Role::Patient && item.is_some_and(|i| i.category == ItemCategory::PatientRecord)
    }
}

fn first<T>(rows: &[&RegisterPerson], value: impl Fn(&RegisterPerson) -> Option<T>) -> Option<T> {
    rows.iter().find_map(|row| value(row))
}

fn row_place(row: &RegisterPerson) -> (ControllerId, Locator) {
    (row.controller.clone(), row.locator.clone())
}

/// The commonest value; of equally common ones the least, so that the order of mentions does not matter.
fn most<T: Ord>(values: impl Iterator<Item = T>) -> Option<T> {
    let mut counts: BTreeMap<T, u64> = BTreeMap::new();
    values.for_each(|value| *counts.entry(value).or_default() += 1);
    counts.into_iter().reduce(|best, next| if next.1 > best.1 { next } else { best }).map(|(value, _)| value)
}

fn commonest(mentions: &[&Mention], element: Element) -> Option<Sensitive<String>> {
    most(mentions.iter().flat_map(|m| m.texts(element))).map(|text| Sensitive::new(text.to_owned()))
}

fn commonest_date(mentions: &[&Mention]) -> Option<Date> {
    most(mentions.iter().filter_map(|m| m.date_of_birth()))
}

fn best_number(mentions: &[&Mention], rows: &[&RegisterPerson]) -> Option<Sensitive<String>> {
    let of_register = rows.iter().filter_map(|row| row.nhs_number.as_ref());
    let valid = of_register.clone().find(|number| valid_nhs(number.reveal()).is_some());
    valid.cloned().or_else(|| {
        let texts = mentions.iter().flat_map(|m| m.texts(Element::NhsNumber)).filter(|text| valid_nhs(text).is_some());
        most(texts).map(|text| Sensitive::new(text.to_owned()))
    })
}

/// The commonest family name with the fullest given names seen beside it.
fn best_name(mentions: &[&Mention]) -> Option<PersonName> {
    let names: Vec<&PersonName> = mentions.iter().flat_map(|m| m.names()).collect();
    let family = most(names.iter().filter(|n| !n.family.is_empty()).map(|n| n.family.as_str())).unwrap_or_default();
    let letters = |name: &PersonName| name.given.iter().map(|given| given.chars().count()).sum::<usize>();
    names
        .into_iter()
        .filter(|name| name.family == family)
        .max_by(|a, b| letters(a).cmp(&letters(b)).then(a.title.len().cmp(&b.title.len())).then(b.cmp(a)))
        .cloned()
}

fn all(mentions: &[&Mention], element: Element) -> Vec<Sensitive<String>> {
    let texts: BTreeSet<&str> = mentions.iter().flat_map(|m| m.texts(element)).collect();
    texts.into_iter().map(|text| Sensitive::new(text.to_owned())).collect()
}

/// Exact: an NHS number of the leak, or a local number in its body's form, is the register's, and a date of birth or a name of
/// the leak is too: the family name but for a slip, or, where that was changed, the given name.
fn register_match(mentions: &[&Mention], rows: &[&RegisterPerson]) -> RegisterMatch {
    if rows.is_empty() {
        return RegisterMatch::None;
    }
    let number = |row: &RegisterPerson| row.nhs_number.as_ref().and_then(|n| valid_nhs(n.reveal()));
    let local = |row: &RegisterPerson, finding: &Finding| {
        let text = row.hospital_number.as_ref().map(|number| fold(number.reveal()));
        let same = |value: &Value| matches!((value, &text), (Value::Text(value), Some(text)) if fold(value) == *text);
        finding.element == Element::HospitalNumber
            && finding.controller.as_ref() == Some(&row.controller)
            && same(finding.value.reveal())
    };
    let same_number = |m: &Mention| {
        let leaked = m.nhs_number().and_then(valid_nhs);
        rows.iter().any(|row| (leaked.is_some() && number(row) == leaked) || m.findings.iter().any(|f| local(row, f)))
    };
    let same_birth =
        |m: &Mention| m.date_of_birth().is_some_and(|date| rows.iter().any(|r| r.date_of_birth == Some(date)));
    let names: Vec<(String, Option<String>)> =
        rows.iter().filter_map(|row| row.name.as_ref()).map(|name| folded(name.reveal())).collect();
    let same_name = |m: &Mention| {
        m.names().map(folded).any(|(family, given)| {
            let agrees = |(other, other_given): &(String, Option<String>)| {
                let given = given.is_some() && given == *other_given;
                given || (!family.is_empty() && (family == *other || are_close(&family, other, 0.93)))
            };
            names.iter().any(agrees)
        })
    };
    if mentions.iter().any(|m| same_number(m)) && mentions.iter().any(|m| same_birth(m) || same_name(m)) {
        RegisterMatch::Exact
    } else {
        RegisterMatch::Probable
    }
}

/// Family name and first given name, but for initials.
fn folded(name: &PersonName) -> (String, Option<String>) {
    let given = name.given.first().map(|given| fold(given)).filter(|given| given.chars().count() > 1);
    (fold(&name.family), given)
}

/// The most consequential role (in the order below) that at least a third as many mentions support as the commonest: two
/// thank-you letters do not make a patient a donor only, and one stray line does not make a nurse a patient.
fn role(mentions: &[&Mention]) -> Role {
    const CONSEQUENCE: [Role; 5] = [Role::Patient, Role::Donor, Role::Staff, Role::SupplierContact, Role::Relative];
    let votes = |role: Role| mentions.iter().filter(|mention| mention.role == role).count();
    let top = CONSEQUENCE.into_iter().map(votes).max().unwrap_or_default();
    CONSEQUENCE.into_iter().find(|role| top > 0 && votes(*role) * 3 >= top).unwrap_or(Role::Unknown)
}

fn age(birth: Option<Date>, on: Date) -> AgeBand {
    let Some(birth) = birth else { return AgeBand::Unknown };
    let had_birthday = (on.month(), on.day()) >= (birth.month(), birth.day());
    let years = on.year() - birth.year() - i16::from(!had_birthday);
    if years < 18 { AgeBand::Child } else { AgeBand::Adult }
}

fn is_deceased(mentions: &[&Mention], rows: &[&RegisterPerson]) -> bool {
    rows.iter().any(|row| row.date_of_death.is_some())
        || mentions.iter().any(|m| m.values(Element::DateOfDeath).any(|value| matches!(value, Value::Date(_))))
}
