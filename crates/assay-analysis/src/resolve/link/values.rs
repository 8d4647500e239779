//! Values of a person as a row, for callers who know what each is and may have several of a kind: no column, no text of a file.

use super::read::{code, family, nhs, phone};
use super::symbols::Group;
use super::table::{Field, Name, Row, Table, packed_date};

/// One value.
#[derive(Clone, Copy, Debug)]
pub(in crate::resolve) enum Value<'v> {
    /// Ten digits.
    Nhs(&'v str),
    /// A number that a body gave: the body, from 1, or 0 where that is not told.
    Hospital(u8, &'v str),
    /// A number that the state gave: its kind, from 1.
    National(u8, &'v str),
    /// A name: folded given names, and the family name with its barrels parted by hyphens.
    Name {
        given: &'v [&'v str],
        family: &'v str,
    },
    /// 1 for a man, 2 for a woman.
    Sex(u32),
    Birth(jiff::civil::Date),
    Postcode(&'v str),
    /// The words of all lines, sorted, parted by blanks.
    Address(&'v str),
    Email(&'v str),
    Phone(&'v str),
    Account(&'v str),
}

/// A value as symbols.
#[derive(Clone, Copy)]
enum Put {
    Name(Name),
    Plain(Field, u32),
}

impl Table {
    /// Adds a row of a mention, before any of the register. `line` is the line of a list that it is of, above 0, and what it is there.
    pub(in crate::resolve) fn mention<'v>(&mut self, values: impl Iterator<Item = Value<'v>>, line: (u32, u8)) {
        let place = self.len();
        self.push_blank();
        self.line.resize(place as usize, (0, 0));
        self.line.push(line);
        self.register_from = place + 1;
        values.for_each(|value| {
            let value = self.put(value);
            self.give(place, value);
        });
    }

    /// Adds the rows of registers; gives for each its person, from 0.
    pub(in crate::resolve) fn register<'v>(&mut self, rows: &[Vec<Value<'v>>]) -> Vec<u32> {
        let mut first = Vec::with_capacity(rows.len());
        let mut put = Vec::new();
        for values in rows {
            let mut row = Row::default();
            for value in values {
                let value = self.put(*value);
                put.push(value);
                match value {
                    Put::Name(name) if row.name() == Name::default() => row.set_name(name),
                    Put::Plain(field, value) if row.get(field) == 0 => row.set(field, value),
                    _ => {}
                }
            }
            first.push(row);
        }
        let person = self.join_register(first);
        let mut put = put.into_iter();
        for (values, person) in rows.iter().zip(&person) {
            put.by_ref().take(values.len()).for_each(|value| self.give(self.register_from + person, value));
        }
        person
    }

    fn give(&mut self, place: u32, value: Put) {
        match value {
            Put::Name(name) => self.add_name(place, name),
            // The first title that tells stands.
            Put::Plain(Field::Sex, sex) => {
                if let Some(row) = self.rows.get_mut(place as usize).filter(|row| row.sex() == 0) {
                    row.set(Field::Sex, row.get(Field::Sex) | sex);
                }
            }
            Put::Plain(field, value) => self.add(place, field, value),
        }
    }

    fn put(&mut self, value: Value<'_>) -> Put {
        let symbols = &mut self.symbols;
        let (field, symbol) = match value {
            Value::Nhs(digits) => (Field::Nhs, nhs(symbols, digits)),
            Value::Hospital(body, number) => (Field::Hospital, symbols.intern_of(Group::Hospital, body, number)),
            Value::National(kind, number) => (Field::National, symbols.intern_of(Group::National, kind, number)),
            Value::Name { given, family: last } => {
                let first = given.first().map_or(0, |first| symbols.intern(Group::Name, first));
                let middle = given.get(1..).unwrap_or_default().join(" ");
                let middle = symbols.intern(Group::Name, &middle);
                let family = if last.is_empty() { 0 } else { family(self, last) };
                return Put::Name(Name { given: first, middle, family });
            }
            Value::Sex(sex) => (Field::Sex, sex & 3),
            Value::Birth(date) => {
                let part = |number: i8| u32::from(number.unsigned_abs());
                (Field::Birth, packed_date(u32::from(date.year().unsigned_abs()), part(date.month()), part(date.day())))
            }
            Value::Postcode(text) => (Field::Postcode, code(symbols, Group::Postcode, text)),
            Value::Address(words) => (Field::Address, symbols.intern(Group::Address, words)),
            Value::Email(text) => (Field::Email, symbols.intern(Group::Email, text)),
            Value::Phone(text) => (Field::Phone, phone(symbols, text)),
            Value::Account(text) => (Field::Account, code(symbols, Group::Account, text)),
        };
        Put::Plain(field, symbol)
    }
}
