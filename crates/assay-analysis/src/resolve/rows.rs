//! Records as rows of the core: what its sixteen fields know of a mention or of a register row.
//!
//! What they do not know stays beside, in the record: the role, which is only held against others of its line, and the item.
//! A number is of a body, or of a kind; a mailbox, a line or a postcode of many families is an office's, and left out.

use std::collections::{BTreeMap, BTreeSet};

use assay_model::{Element, Role};
use rayon::prelude::*;

use super::link::table::Table;
use super::link::values::Value;
use super::record::{Record, Symbol, Symbols, Title};
use super::rules::Decision;

/// The table, and for each row of a register its person.
pub(super) fn table(
    (records, texts): (&[Record], &Symbols),
    (register, register_texts): (&[Record], &Symbols),
    decision: &Decision,
) -> (Table, Vec<u32>) {
    let shared = shared(records, decision, texts);
    let mut table = Table::default();
    let mut lines: BTreeMap<(Symbol, u32), u32> = BTreeMap::new();
    for record in records {
        let line = record.row.map_or((0, 0), |(list, row, role)| {
            let next = lines.len() as u32 + 1;
            (*lines.entry((list, row)).or_insert(next), place_of(role))
        });
        let written = Written::new(record, texts);
        let values = written.values(record, texts);
        let is_office = |value: &Value<'_>| match value {
            Value::Email(text) | Value::Phone(text) | Value::Postcode(text) => shared.contains(text),
            _ => false,
        };
        table.mention(values.into_iter().filter(|value| !is_office(value)), line);
    }
    let written: Vec<Written<'_>> = register.par_iter().map(|record| Written::new(record, register_texts)).collect();
    let rows: Vec<Vec<Value<'_>>> =
        register.par_iter().zip(&written).map(|(record, written)| written.values(record, register_texts)).collect();
    let person = table.register(&rows);
    table.symbols.freeze();
    (table, person)
}

fn place_of(role: Role) -> u8 {
    Role::ALL.iter().position(|other| *other == role).unwrap_or_default() as u8
}

/// Mailboxes, lines and postcodes of so many families that they are an office's.
fn shared<'t>(records: &[Record], decision: &Decision, texts: &'t Symbols) -> BTreeSet<&'t str> {
    let mut people: BTreeMap<Symbol, (usize, BTreeSet<Symbol>)> = BTreeMap::new();
    for record in records {
        let Some(family) = record.names.first().and_then(|name| name.family) else { continue };
        let of = |values: &[Symbol], most: usize| values.iter().map(|value| (*value, most)).collect::<Vec<_>>();
        let mailboxes = of(&record.emails, decision.people_of_a_mailbox);
        let lines = of(&record.phones, decision.people_of_a_line);
        let postcodes = of(&record.postcodes, decision.people_of_a_postcode);
        for (value, most) in mailboxes.into_iter().chain(lines).chain(postcodes) {
            let seen = &mut people.entry(value).or_insert_with(|| (most, BTreeSet::new())).1;
            if seen.len() <= most {
                seen.insert(family);
            }
        }
    }
    let office = people.into_iter().filter(|(_, (most, seen))| seen.len() > *most);
    office.map(|(value, _)| texts.text(value)).collect()
}

/// Texts of a record that its symbols do not have as the core reads them.
struct Written<'t> {
    nhs: Option<String>,
    names: Vec<(Vec<&'t str>, String)>,
    address: String,
}

impl<'t> Written<'t> {
    fn new(record: &Record, texts: &'t Symbols) -> Self {
        let joined = |symbols: &[Symbol], sign: &str| {
            symbols.iter().map(|symbol| texts.text(*symbol)).collect::<Vec<_>>().join(sign)
        };
        let names = record.names.iter().map(|name| {
            let family = match name.parts.as_slice() {
                [] => name.family.map_or("", |family| texts.text(family)).to_owned(),
                parts => joined(parts, "-"),
            };
            (name.given.iter().map(|given| texts.text(*given)).collect(), family)
        });
        let mut words: Vec<&str> = record.address.iter().map(|word| texts.text(*word)).collect();
        words.sort_unstable();
        Self {
            nhs: record.nhs.or(record.nhs_invalid).map(|number| format!("{number:010}")),
            names: names.collect(),
            address: words.join(" "),
        }
    }

    fn values<'v>(&'v self, record: &Record, texts: &'v Symbols) -> Vec<Value<'v>> {
        let text = |symbol: &Symbol| texts.text(*symbol);
        let mut values: Vec<Value<'v>> = Vec::with_capacity(8);
        values.extend(self.nhs.as_deref().map(Value::Nhs));
        values.extend(record.hospital.iter().map(|(body, number)| {
            let body = body.and_then(|body| u8::try_from(body + 1).ok()).unwrap_or_default();
            Value::Hospital(body, text(number))
        }));
        values.extend(record.national.iter().map(|(kind, number)| Value::National(kind_of(*kind), text(number))));
        values.extend(self.names.iter().map(|(given, family)| Value::Name { given, family }));
        values.extend(record.names.iter().filter_map(|name| match name.title {
            Title::Silent => None,
            Title::Man => Some(Value::Sex(1)),
            Title::Woman => Some(Value::Sex(2)),
        }));
        values.extend(record.births.iter().map(|birth| Value::Birth(*birth)));
        values.extend(record.postcodes.iter().map(|postcode| Value::Postcode(text(postcode))));
        values.extend(Some(self.address.as_str()).filter(|words| !words.is_empty()).map(Value::Address));
        values.extend(record.emails.iter().map(|mail| Value::Email(text(mail))));
        values.extend(record.phones.iter().map(|phone| Value::Phone(text(phone))));
        values.extend(record.accounts.iter().map(|account| Value::Account(text(account))));
        values
    }
}

fn kind_of(element: Element) -> u8 {
    match element {
        Element::NationalInsuranceNumber => 1,
        Element::Passport => 2,
        Element::DrivingLicence => 3,
        _ => 0,
    }
}
