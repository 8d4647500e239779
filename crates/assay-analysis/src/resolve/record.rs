//! Mentions and register rows in one comparable form: folded, interned, in columns.
//!
//! A record may hold several values of a field: a mention with a maiden name, a register person with a row in each of
//! two registers. What is missing is an empty list, and counts neither for nor against. Nothing here decides anything.

use std::collections::BTreeMap;

use assay_model::{Controller, ControllerId, Element, Mention, PersonName, Place, RegisterPerson, Role, Value};
use jiff::civil::Date;

use super::link::{self, symbols::Group};
use crate::reference::fold;

/// An interned text; the number is the place in [`Symbols`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Symbol(pub(super) u32);

/// Interned texts. The numbers follow the order of first use, so nothing that is given out may depend on them.
#[derive(Default)]
pub(super) struct Symbols(link::symbols::Symbols);

impl Symbols {
    pub(super) fn intern(&mut self, text: &str) -> Symbol {
        Symbol(self.0.intern(Group::Name, text))
    }

    /// The text; empty for a symbol of another table.
    pub(super) fn text(&self, symbol: Symbol) -> &str {
        self.0.text(symbol.0)
    }
}

/// What a title says of the sex of its bearer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Title {
    Silent,
    Man,
    Woman,
}

impl Title {
    fn of(title: &str) -> Self {
        match fold(title).as_str() {
            "mr" | "master" | "sir" | "lord" | "father" | "fr" => Self::Man,
            "mrs" | "miss" | "ms" | "lady" | "dame" | "madam" | "sister" | "sr" => Self::Woman,
            _ => Self::Silent,
        }
    }
}

/// A name, folded.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Name {
    pub(super) title: Title,
    pub(super) given: Vec<Symbol>,
    pub(super) family: Option<Symbol>,
    /// The parts of a double-barrelled family name; empty where it has one.
    pub(super) parts: Vec<Symbol>,
}

/// A local patient number, with the controller whose form it has: its place in the case's list.
pub(super) type HospitalNumber = (Option<u16>, Symbol);

/// One mention or one register person.
#[derive(Clone, Debug, Default)]
pub(super) struct Record {
    /// The number that counts, with a valid check digit.
    pub(super) nhs: Option<u64>,
    /// Ten digits that are no valid number.
    pub(super) nhs_invalid: Option<u64>,
    pub(super) names: Vec<Name>,
    pub(super) births: Vec<Date>,
    pub(super) postcodes: Vec<Symbol>,
    pub(super) emails: Vec<Symbol>,
    pub(super) phones: Vec<Symbol>,
    pub(super) hospital: Vec<HospitalNumber>,
    /// The words of the address lines, sorted.
    pub(super) address: Vec<Symbol>,
    /// National insurance, passport and driving licence numbers.
    pub(super) national: Vec<(Element, Symbol)>,
    pub(super) accounts: Vec<Symbol>,
    /// The table, the row and what the person is in it.
    pub(super) row: Option<(Symbol, u32, Role)>,
}

impl Record {
    /// True where a name is all that could identify.
    pub(super) fn is_bare_name(&self) -> bool {
        !self.names.is_empty()
            && self.nhs.is_none()
            && self.nhs_invalid.is_none()
            && self.births.is_empty()
            && self.postcodes.is_empty()
            && self.emails.is_empty()
            && self.phones.is_empty()
            && self.hospital.is_empty()
            && self.address.is_empty()
            && self.national.is_empty()
            && self.accounts.is_empty()
    }

    /// True for a row of a table that lists patients.
    pub(super) fn is_patient_row(&self) -> bool {
        matches!(self.row, Some((_, _, Role::Patient)))
    }
}

fn append<T: Clone + PartialEq>(values: &mut Vec<T>, more: &[T]) {
    for value in more {
        if !values.contains(value) {
            values.push(value.clone());
        }
    }
}

/// Ten digits with a valid check digit (modulus 11, NHS Data Dictionary), as a number. The ten numbers of one repeated digit
/// pass that check and are typed where a number is not known: they are refused.
pub(super) fn valid_nhs(text: &str) -> Option<u64> {
    let number = ten_digits(text)?;
    let digits: Vec<u64> = text.bytes().filter(u8::is_ascii_digit).map(|b| u64::from(b - b'0')).collect();
    let (check, body) = digits.split_last()?;
    let sum: u64 = body.iter().zip([10u64, 9, 8, 7, 6, 5, 4, 3, 2]).map(|(d, w)| d * w).sum();
    let valid = (11 - sum % 11) % 11 == *check;
    let repeated = digits.windows(2).all(|pair| pair.first() == pair.last());
    (valid && !repeated).then_some(number)
}

fn ten_digits(text: &str) -> Option<u64> {
    let digits: String = text.chars().filter(|c| !matches!(c, ' ' | '-')).collect();
    (digits.len() == 10 && digits.bytes().all(|b| b.is_ascii_digit())).then(|| digits.parse().ok()).flatten()
}

/// Makes records, one table of symbols for all.
pub(super) struct Reader<'a> {
    pub(super) symbols: Symbols,
    controllers: BTreeMap<&'a ControllerId, u16>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(controllers: &'a [Controller]) -> Self {
        let places = (0..u16::MAX).zip(controllers).map(|(place, c)| (&c.id, place));
        Self { symbols: Symbols::default(), controllers: places.collect() }
    }

    pub(super) fn mention(&mut self, mention: &Mention) -> Record {
        let mut record = Record { row: self.row(mention), ..Record::default() };
        let mut address = Vec::new();
        for finding in &mention.findings {
            let controller = finding.controller.as_ref().and_then(|id| self.controllers.get(id)).copied();
            match (finding.element, finding.value.reveal()) {
                (Element::NhsNumber, Value::Text(text)) => self.number(&mut record, text),
                (Element::Name, Value::Name(name)) => append(&mut record.names, &[self.name(name)]),
                (Element::DateOfBirth, Value::Date(date)) => append(&mut record.births, &[*date]),
                (Element::Postcode, Value::Text(text)) => append(&mut record.postcodes, &[self.folded(text)]),
                (Element::Email, Value::Text(text)) => append(&mut record.emails, &[self.folded_mail(text)]),
                (Element::Phone, Value::Text(text)) => append(&mut record.phones, &[self.folded(text)]),
                (Element::HospitalNumber, Value::Text(text)) => {
                    let symbol = self.folded(text);
                    append(&mut record.hospital, &[(controller, symbol)]);
                }
                (Element::NationalInsuranceNumber | Element::Passport | Element::DrivingLicence, Value::Text(text)) => {
                    let number = (finding.element, self.folded(text));
                    append(&mut record.national, &[number]);
                }
                (Element::BankAccount, Value::Text(text)) => append(&mut record.accounts, &[self.folded(text)]),
                (Element::Address, Value::Text(text)) => address.extend(self.words(text)),
                _ => {}
            }
        }
        address.sort_unstable();
        address.dedup();
        record.address = address;
        record
    }

    pub(super) fn register(&mut self, person: &RegisterPerson) -> Record {
        let mut record = Record::default();
        if let Some(number) = &person.nhs_number {
            self.number(&mut record, number.reveal());
        }
        record.names.extend(person.name.iter().map(|name| self.name(name.reveal())));
        record.births.extend(person.date_of_birth);
        record.postcodes.extend(person.postcode.iter().map(|postcode| self.folded(postcode.reveal())));
        record.emails.extend(person.emails.iter().map(|email| self.folded_mail(email.reveal())));
        record.phones.extend(person.phones.iter().map(|phone| self.folded(phone.reveal())));
        let controller = self.controllers.get(&person.controller).copied();
        record.hospital.extend(person.hospital_number.iter().map(|n| (controller, self.folded(n.reveal()))));
        record
    }

    fn row(&mut self, mention: &Mention) -> Option<(Symbol, u32, Role)> {
        let (Place::Row { sheet, row } | Place::Cell { sheet, row, .. }) = &mention.locator.place else { return None };
        let table = format!("{}:{} {sheet}", mention.locator.exhibit, mention.locator.path);
        Some((self.symbols.intern(&table), *row, mention.role))
    }

    /// The first valid number is the record's; an invalid one is kept for the comparison with slips.
    fn number(&self, record: &mut Record, text: &str) {
        match valid_nhs(text) {
            Some(number) => record.nhs = record.nhs.or(Some(number)),
            None => record.nhs_invalid = record.nhs_invalid.or_else(|| ten_digits(text).filter(|n| !is_repeated(*n))),
        }
    }

    fn name(&mut self, name: &PersonName) -> Name {
        let given = name.given.iter().map(|g| fold(g)).filter(|g| !g.is_empty()).map(|g| self.symbols.intern(&g));
        let given = given.collect();
        let family = Some(fold(&name.family)).filter(|f| !f.is_empty()).map(|f| self.symbols.intern(&f));
        let mut parts: Vec<Symbol> = Vec::new();
        // Particles (`de`, `al`) are no barrel: a part has at least three letters.
        let barrels: Vec<String> = name
            .family
            .split(['-', ' ', '\u{2010}', '\u{2011}'])
            .map(fold)
            .filter(|part| part.chars().count() >= 3)
            .collect();
        if barrels.len() > 1 {
            parts.extend(barrels.iter().map(|part| self.symbols.intern(part)));
        }
        Name { title: Title::of(&name.title), given, family, parts }
    }

    fn folded(&mut self, text: &str) -> Symbol {
        self.symbols.intern(&fold(text))
    }

    /// Hyphens and full stops part mail addresses: they stay.
    fn folded_mail(&mut self, text: &str) -> Symbol {
        self.symbols.intern(&text.trim().to_lowercase())
    }

    fn words(&mut self, text: &str) -> Vec<Symbol> {
        let words = text.split(|c: char| !c.is_alphanumeric()).map(fold).filter(|word| !word.is_empty());
        words.map(|word| self.symbols.intern(&word)).collect()
    }
}

fn is_repeated(number: u64) -> bool {
    number.is_multiple_of(1_111_111_111)
}
