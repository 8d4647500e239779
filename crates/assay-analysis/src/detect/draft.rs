//! A record about one person while it is put together: fields come in, a [`Mention`] goes out.
//!
//! Each field's value is checked by its own rules here, whether it comes from a cell or from a label; what does not pass
//! gives no finding. Names in parts and sort code with account number are joined at the end.

use assay_model::{
    Cell, ControllerId, Element, ExhibitId, Finding, ItemPath, Locator, Mention, MentionId, PersonName, Place,
    Recovery, Role, Sensitive, SpecialCategory, Value,
};
use regex::Regex;

use super::dates::{self, DateSense};
use super::field::Field;
use super::identifiers::Hit;
use super::names::{self, NameOrder};
use super::{contact, numbers};
use crate::restricted::SUPERSEDED;

/// The item, for locators.
#[derive(Clone, Copy)]
pub(crate) struct Origin<'a> {
    pub(crate) exhibit: &'a ExhibitId,
    pub(crate) path: &'a ItemPath,
}

impl Origin<'_> {
    pub(crate) fn at(&self, place: Place) -> Locator {
        Locator { exhibit: self.exhibit.clone(), path: self.path.clone(), place }
    }
}

/// The controllers' forms of local patient numbers.
#[derive(Debug, Default)]
pub(crate) struct HospitalForms {
    /// Each anchored to a whole value.
    pub(crate) whole: Vec<(ControllerId, Regex)>,
    /// Each to be found in a text.
    pub(crate) inside: Vec<(ControllerId, Regex)>,
}

impl HospitalForms {
    /// The one controller whose form the number has; `None` where none or several have.
    pub(crate) fn owner(&self, number: &str) -> Option<&ControllerId> {
        let mut owners = self.whole.iter().filter(|(_, form)| form.is_match(number)).map(|(id, _)| id);
        let first = owners.next()?;
        owners.next().is_none().then_some(first)
    }

    pub(crate) fn any(&self, number: &str) -> bool {
        self.whole.iter().any(|(_, form)| form.is_match(number))
    }
}

/// How a value was recognised; it decides detector word and confidence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Basis {
    /// The title of its column.
    Header,
    /// A label beside it.
    Label,
    /// What it looks like.
    Content,
}

impl Basis {
    fn word(self) -> &'static str {
        match self {
            Self::Header => "header",
            Self::Label => "label",
            Self::Content => "content",
        }
    }

    pub(super) fn confidence(self) -> f32 {
        match self {
            Self::Header => 0.98,
            Self::Label => 0.95,
            Self::Content => 0.85,
        }
    }
}

/// A record being put together.
#[derive(Debug, Default)]
pub(crate) struct Draft {
    pub(crate) findings: Vec<Finding>,
    title: String,
    given: String,
    middle: String,
    initials: String,
    family: String,
    name_at: Option<(Locator, Basis)>,
    sort_code: Option<(String, Locator)>,
    account: Option<(String, Locator)>,
    /// A number of a record of two or three signs, and where: a number only beside a name and a date of birth.
    short: Option<(String, Locator, Basis)>,
}

impl Draft {
    pub(crate) fn push(&mut self, element: Element, value: Value, at: Locator, basis: Basis) {
        let value = Sensitive::new(value);
        if self.findings.iter().any(|f| f.element == element && f.value == value) {
            return;
        }
        let detector = format!("{}: {}", basis.word(), element.as_str());
        let confidence = basis.confidence();
        self.findings.push(Finding { detector, element, value, controller: None, locator: at, confidence });
    }

    /// Takes what a rule of identifiers found; the rule is named as the detector.
    pub(crate) fn push_found(&mut self, hit: &Hit, text: String, at: Locator, rule: &str) {
        let value = Sensitive::new(Value::Text(text));
        if self.findings.iter().any(|f| f.element == hit.element && f.value == value) {
            return;
        }
        let (detector, element, confidence) = (format!("rule: {rule}"), hit.element, hit.confidence);
        self.findings.push(Finding { detector, element, value, controller: None, locator: at, confidence });
    }

    fn push_text(&mut self, element: Element, text: String, at: Locator, basis: Basis) {
        self.push(element, Value::Text(text), at, basis);
    }

    pub(crate) fn has(&self, element: Element) -> bool {
        self.findings.iter().any(|f| f.element == element)
    }

    pub(crate) fn first(&self, element: Element) -> Option<&Value> {
        self.findings.iter().find(|f| f.element == element).map(|f| f.value.reveal())
    }

    pub(crate) fn name(&self) -> Option<&PersonName> {
        match self.first(Element::Name) {
            Some(Value::Name(name)) => Some(name),
            _ => None,
        }
    }

    /// Takes a value for what the field says that it is. True where it passed.
    pub(crate) fn fill(
        &mut self,
        field: Field,
        cell: &Cell,
        order: NameOrder,
        at: impl Fn() -> Locator,
        basis: Basis,
        forms: &HospitalForms,
    ) -> bool {
        let text = cell.text();
        let text = text.trim();
        if text.is_empty() || is_nothing(text) {
            return false;
        }
        let before = self.findings.len();
        match field {
            Field::FullName => {
                if let Some(name) = names::parse_field(text, order) {
                    self.push(Element::Name, Value::Name(name), at(), basis);
                }
            }
            Field::FamilyName | Field::GivenNames | Field::MiddleNames | Field::Initials | Field::Title => {
                return self.part(field, text, at, basis);
            }
            Field::NhsNumber => {
                let number = match cell {
                    Cell::Number(number) => numbers::nhs_number_typed(*number),
                    _ => numbers::nhs_number(text.split(" (").next().unwrap_or(text)),
                };
                if let Some(number) = number {
                    self.push_text(Element::NhsNumber, number, at(), basis);
                }
            }
            Field::SupersededNumber => {
                for number in text.split([';', ',', '/', '|', '\n']).filter_map(numbers::nhs_number) {
                    self.push_text(Element::OtherIdentifier, number, at(), basis);
                    if let Some(last) = self.findings.last_mut() {
                        last.detector = format!("{}: {SUPERSEDED}", basis.word());
                    }
                }
            }
            Field::StaffNumber | Field::DonorNumber => {
                let plain: String = text.chars().filter(|c| !matches!(c, ' ' | '-' | '/')).collect();
                if let Some(number) = identifier(plain.strip_suffix(".0").unwrap_or(&plain), 4..=12) {
                    self.push_text(Element::OtherIdentifier, number, at(), basis);
                    let what = if field == Field::StaffNumber { "staff number" } else { "donor number" };
                    if let Some(last) = self.findings.last_mut().filter(|f| f.element == Element::OtherIdentifier) {
                        last.detector = format!("{}: {what}", basis.word());
                    }
                }
            }
            Field::HospitalNumber => self.hospital_number(text, at, basis, forms),
            Field::DateOfBirth | Field::DateOfDeath => {
                let (element, sense) = match field {
                    Field::DateOfBirth => (Element::DateOfBirth, DateSense::Birth),
                    _ => (Element::DateOfDeath, DateSense::Record),
                };
                if let Some(date) = dates::of_cell(cell, sense) {
                    self.push(element, Value::Date(date), at(), basis);
                }
            }
            Field::Address => self.address(text, at, basis),
            Field::Postcode => {
                if let Some(code) = contact::postcode(text) {
                    self.push_text(Element::Postcode, code, at(), basis);
                }
            }
            Field::Phone => {
                for piece in text.split(['/', ';', ',', '\n']).filter(|_| !matches!(cell, Cell::Date(_))) {
                    if let Some(number) = contact::phone_labelled(piece) {
                        self.push_text(Element::Phone, number, at(), basis);
                    }
                }
            }
            Field::Email => {
                if let Some((_, _, address)) = contact::find_email(text) {
                    self.push_text(Element::Email, address, at(), basis);
                }
            }
            Field::Diagnosis => {
                if text.chars().filter(|c| c.is_alphabetic()).count() >= 1 && text.len() >= 2 && text.len() <= 2_000 {
                    self.push_text(Element::Diagnosis, text.to_owned(), at(), basis);
                }
            }
            _ => self.fill_rare(field, text, &at, basis),
        }
        self.findings.len() > before
    }

    fn fill_rare(&mut self, field: Field, text: &str, at: &impl Fn() -> Locator, basis: Basis) {
        let checked = match field {
            Field::NationalInsuranceNumber => {
                numbers::national_insurance_number(text).map(|n| (Element::NationalInsuranceNumber, n))
            }
            Field::SortCode => {
                self.sort_code = numbers::sort_code(text).map(|code| (code, at())).or(self.sort_code.take());
                None
            }
            Field::AccountNumber => {
                self.account = numbers::account_number(text).map(|number| (number, at())).or(self.account.take());
                None
            }
            Field::Iban => numbers::iban(text).map(|n| (Element::BankAccount, n)),
            Field::PaymentCard => numbers::payment_card(text).map(|n| (Element::PaymentCard, n)),
            Field::Passport => identifier(text, 9..=9).map(|n| (Element::Passport, n)),
            Field::DrivingLicence => identifier(text, 16..=18).map(|n| (Element::DrivingLicence, n)),
            Field::Salary => amount(text).map(|n| (Element::Salary, n)),
            Field::Password => (text.len() >= 4 && !text.contains(' ')).then(|| (Element::Credential, text.to_owned())),
            Field::ProtectedAddress => {
                let said = "protected address".to_owned();
                (!is_denied(text)).then_some((Element::Special(SpecialCategory::Safeguarding), said))
            }
            Field::Special(category) => (!is_denied(text)).then(|| (Element::Special(category), text.to_owned())),
            _ => None,
        };
        if let Some((element, value)) = checked {
            self.push_text(element, value, at(), basis);
        }
    }

    fn part(&mut self, field: Field, text: &str, at: impl Fn() -> Locator, basis: Basis) -> bool {
        let slot = match field {
            Field::FamilyName => &mut self.family,
            Field::GivenNames => &mut self.given,
            Field::MiddleNames => &mut self.middle,
            Field::Initials => &mut self.initials,
            _ => &mut self.title,
        };
        if slot.is_empty() {
            text.clone_into(slot);
            if field.is_name() && self.name_at.is_none() {
                self.name_at = Some((at(), basis));
            }
        }
        false
    }

    /// A number of a controller's form, or under a title that says so one that reads like a number of a record.
    fn hospital_number(&mut self, text: &str, at: impl Fn() -> Locator, basis: Basis, forms: &HospitalForms) {
        let plain: String = text.chars().filter(|c| !c.is_whitespace()).map(|c| c.to_ascii_uppercase()).collect();
        let plain = plain.strip_suffix(".0").unwrap_or(&plain).to_owned();
        let number = if forms.any(text) { text.to_owned() } else { plain };
        let own = forms.any(&number);
        // Under "Patient ID" an NHS number may stand.
        if !own && let Some(nhs) = numbers::nhs_number(&number).filter(|n| numbers::is_issued_range(n)) {
            self.push_text(Element::NhsNumber, nhs, at(), basis);
            return;
        }
        let digits = number.bytes().filter(u8::is_ascii_digit).count();
        let reads = (4..=24).contains(&number.len())
            && (digits >= 3 || digits == 2 && number.len() >= 6)
            && number.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'/' | b'-'));
        let repeated = number.bytes().all(|b| number.as_bytes().first() == Some(&b));
        if !own && !reads && (2..=3).contains(&number.len()) && digits > 0 {
            let plain = number.bytes().all(|b| b.is_ascii_alphanumeric());
            self.short = plain.then(|| (number, at(), basis)).or(self.short.take());
            return;
        }
        if (own || reads) && !repeated {
            let controller = forms.owner(&number).cloned();
            self.push_text(Element::HospitalNumber, number, at(), basis);
            if let Some(last) = self.findings.last_mut().filter(|f| f.element == Element::HospitalNumber) {
                last.controller = controller;
            }
        }
    }

    /// Address lines, and the postcode that ends them.
    pub(crate) fn address(&mut self, text: &str, at: impl Fn() -> Locator, basis: Basis) {
        let mut rest = text.replace('\n', ", ");
        let whole = contact::postcode(&rest).map(|code| (0, rest.len(), code));
        if let Some((start, _, code)) = whole.or_else(|| contact::find_postcodes(&rest).pop()) {
            self.push_text(Element::Postcode, code, at(), basis);
            rest.truncate(start);
        }
        let rest = rest.trim().trim_end_matches([',', ' ', '-', '.']);
        // A house number alone is part of an address, a bare sign is none.
        if rest.chars().any(char::is_alphanumeric) && rest.len() <= 300 {
            self.push_text(Element::Address, rest.to_owned(), at(), basis);
        }
    }

    /// Joins what came in parts.
    pub(crate) fn settle(&mut self) {
        if !self.has(Element::Name)
            && let Some((at, basis)) = self.name_at.take()
        {
            let given = if self.given.is_empty() { &self.initials } else { &self.given };
            let given = if self.middle.is_empty() { given.clone() } else { format!("{given} {}", self.middle) };
            if let Some(name) = names::from_parts(&self.title, &given, &self.family) {
                self.push(Element::Name, Value::Name(name), at, basis);
            }
        } else if !self.title.is_empty()
            && let Some(finding) = self.findings.iter_mut().find(|f| f.element == Element::Name)
            && let Value::Name(name) = finding.value.reveal()
            && name.title.is_empty()
            && names::is_title(&self.title)
        {
            finding.value = Sensitive::new(Value::Name(PersonName { title: self.title.clone(), ..name.clone() }));
        }
        if let Some((number, at, basis)) = self.short.take().filter(|_| !self.has(Element::HospitalNumber))
            && self.has(Element::Name)
            && self.has(Element::DateOfBirth)
        {
            self.push_text(Element::HospitalNumber, number, at, basis);
        }
        if let (Some((code, at)), Some((number, _))) = (self.sort_code.take(), self.account.take()) {
            self.push_text(Element::BankAccount, format!("{code} {number}"), at, Basis::Label);
        }
    }

    /// True where the record names a person: a name, a patient's number, a national insurance number.
    pub(crate) fn is_identified(&self) -> bool {
        [Element::Name, Element::NhsNumber, Element::HospitalNumber, Element::NationalInsuranceNumber]
            .iter()
            .any(|element| self.has(*element))
    }

    /// The mention, its findings by place. `None` where no person is named.
    pub(crate) fn finish(mut self, at: Locator, role: Role, role_reason: &str) -> Option<Mention> {
        self.settle();
        if !self.is_identified() {
            return None;
        }
        let mut findings = self.findings;
        findings.sort_by(|a, b| a.locator.place.cmp(&b.locator.place).then(a.element.cmp(&b.element)));
        let recovery = Recovery::Stored;
        Some(Mention { id: MentionId(0), locator: at, role, role_reason: role_reason.to_owned(), recovery, findings })
    }
}

/// What people put where there is nothing.
fn is_nothing(text: &str) -> bool {
    if text.len() > 20 {
        return false;
    }
    let lower = text.to_lowercase();
    matches!(
        lower.as_str(),
        "-" | "--"
            | "n/a"
            | "na"
            | "none"
            | "null"
            | "nil"
            | "not known"
            | "unknown"
            | "tbc"
            | "tba"
            | "x"
            | "?"
            | "n/k"
            | "not recorded"
            | "not stated"
            | "#n/a"
            | "nan"
            | "."
            | "as above"
            | "ditto"
            | "#ref!"
            | "not available"
    )
}

/// An entry that says that a matter is not there.
fn is_denied(text: &str) -> bool {
    let lower = text.to_lowercase();
    if ["no ", "nil ", "none ", "not "].iter().any(|word| lower.starts_with(word)) {
        return true;
    }
    matches!(
        lower.as_str(),
        "no" | "n"
            | "false"
            | "0"
            | "nil"
            | "none known"
            | "no concerns"
            | "no concern"
            | "z"
            | "99"
            | "no known concerns"
            | "prefer not to say"
            | "no known"
            | "none recorded"
            | "nil known"
            | "not applicable"
            | "declined"
    )
}

fn identifier(text: &str, length: std::ops::RangeInclusive<usize>) -> Option<String> {
    let plain: String = text.chars().filter(|c| !c.is_whitespace()).map(|c| c.to_ascii_uppercase()).collect();
    let fits = length.contains(&plain.len())
        && plain.bytes().all(|b| b.is_ascii_alphanumeric())
        && plain.bytes().filter(u8::is_ascii_digit).count() >= 4;
    fits.then_some(plain)
}

/// An amount of money, as written without sign and separators.
fn amount(text: &str) -> Option<String> {
    let plain: String =
        text.chars().filter(|c| !matches!(c, ',' | '£' | ' ' | '\u{a0}')).collect::<String>().replace("GBP", "");
    let number: f64 = plain.parse().ok()?;
    (number.is_finite() && number > 0.0).then_some(plain)
}
