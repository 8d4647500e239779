//! People as rows of numbers: sixteen symbols a row, one cache line. Nothing here knows mentions, files or a case.
//!
//! A row may hold more than one value of a field (a maiden name, a register person of two trusts): what goes beyond the first
//! lies apart, since it is rare. What is missing is 0.

use std::collections::{BTreeMap, HashMap};

use super::symbols::Symbols;

/// The fields of a row, by place, there and in the pattern of a comparison. `Sex` holds flags too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(usize)]
pub(in crate::resolve) enum Field {
    Nhs,
    Hospital,
    National,
    Family,
    Given,
    Middle,
    Sex,
    Birth,
    Postcode,
    Address,
    Email,
    Phone,
    Account,
    AttributeA,
    AttributeB,
    AttributeC,
}

/// How many fields.
pub(in crate::resolve) const FIELDS: usize = 16;

impl Field {
    pub(in crate::resolve) const ALL: [Self; FIELDS] = [
        Self::Nhs,
        Self::Hospital,
        Self::National,
        Self::Family,
        Self::Given,
        Self::Middle,
        Self::Sex,
        Self::Birth,
        Self::Postcode,
        Self::Address,
        Self::Email,
        Self::Phone,
        Self::Account,
        Self::AttributeA,
        Self::AttributeB,
        Self::AttributeC,
    ];

    /// The fields that hold one symbol each and no part of a name.
    pub(in crate::resolve) const PLAIN: [Self; 12] = [
        Self::Nhs,
        Self::Hospital,
        Self::National,
        Self::Birth,
        Self::Postcode,
        Self::Address,
        Self::Email,
        Self::Phone,
        Self::Account,
        Self::AttributeA,
        Self::AttributeB,
        Self::AttributeC,
    ];
}

/// A date in one number: year, month, day; month and day 0 where only the year is known. Days and months that no calendar has
/// are kept: a digit slipped, and the rest still tells.
pub(in crate::resolve) fn packed_date(year: u32, month: u32, day: u32) -> u32 {
    year << 14 | (month & 127) << 7 | day & 127
}

/// Year, month, day.
pub(in crate::resolve) fn date_parts(date: u32) -> (u32, u32, u32) {
    (date >> 14, (date >> 7) & 127, date & 127)
}

/// A place for each date of the calendar, in their order; 0 for others.
pub(in crate::resolve) fn date_place(date: u32) -> u32 {
    let (year, month, day) = date_parts(date);
    if year < 4096 && (1..=12).contains(&month) && day <= 31 { (year & 2047) << 9 | month << 5 | day } else { 0 }
}

/// One row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::resolve) struct Row(pub(super) [u32; FIELDS]);

/// Flag in `Sex`: this row holds more values than fit.
const MORE: u32 = 1 << 31;

impl Row {
    pub(in crate::resolve) fn get(&self, field: Field) -> u32 {
        self.0.get(field as usize).copied().unwrap_or_default()
    }

    pub(in crate::resolve) fn set(&mut self, field: Field, value: u32) {
        if let Some(slot) = self.0.get_mut(field as usize) {
            *slot = value;
        }
    }

    /// 1 man, 2 woman, 0 not known.
    pub(in crate::resolve) fn sex(&self) -> u32 {
        self.get(Field::Sex) & 3
    }

    pub(in crate::resolve) fn has_more(&self) -> bool {
        self.get(Field::Sex) & MORE != 0
    }

    pub(in crate::resolve) fn mark_more(&mut self) {
        self.set(Field::Sex, self.get(Field::Sex) | MORE);
    }

    pub(in crate::resolve) fn set_name(&mut self, name: Name) {
        self.set(Field::Given, name.given);
        self.set(Field::Middle, name.middle);
        self.set(Field::Family, name.family);
    }

    pub(in crate::resolve) fn name(&self) -> Name {
        Name { given: self.get(Field::Given), middle: self.get(Field::Middle), family: self.get(Field::Family) }
    }

    /// True where half a name is all there is: nobody can say whose.
    pub(in crate::resolve) fn is_half_a_name(&self) -> bool {
        (self.get(Field::Given) == 0 || self.get(Field::Family) == 0)
            && Field::PLAIN.iter().all(|field| self.get(*field) == 0)
    }
}

/// A name's symbols.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::resolve) struct Name {
    pub(in crate::resolve) given: u32,
    pub(in crate::resolve) middle: u32,
    pub(in crate::resolve) family: u32,
}

/// The values of a row beyond the first of each field.
#[derive(Clone, Debug, Default)]
pub(in crate::resolve) struct More {
    pub(in crate::resolve) names: Vec<Name>,
    pub(in crate::resolve) values: Vec<(Field, u32)>,
}

/// Rows in canonical order: those of mentions, then those of register people, each of whom is one row.
#[derive(Default)]
pub(in crate::resolve) struct Table {
    pub(in crate::resolve) rows: Vec<Row>,
    pub(in crate::resolve) more: HashMap<u32, More>,
    /// Where a row comes from; 0 where that is not told.
    pub(in crate::resolve) source: Vec<u16>,
    /// The line of a list that a row is of, above 0, and what it is in that line: two of one line are two people. Rows beyond its end are
    /// of none.
    pub(in crate::resolve) line: Vec<(u32, u8)>,
    pub(in crate::resolve) symbols: Symbols,
    /// Family names in parts, by symbol.
    pub(in crate::resolve) parts: HashMap<u32, Vec<u32>>,
    /// The first row of the register.
    pub(in crate::resolve) register_from: u32,
}

impl Table {
    pub(in crate::resolve) fn row(&self, place: u32) -> &Row {
        const NONE: &Row = &Row([0; FIELDS]);
        self.rows.get(place as usize).unwrap_or(NONE)
    }

    pub(in crate::resolve) fn len(&self) -> u32 {
        u32::try_from(self.rows.len()).unwrap_or(u32::MAX)
    }

    /// The patient of a line of a list and the next of kin beside.
    pub(in crate::resolve) fn are_two_of_a_line(&self, a: u32, b: u32) -> bool {
        let of = |place: u32| self.line.get(place as usize).copied().unwrap_or_default();
        let ((x, one), (y, other)) = (of(a), of(b));
        x != 0 && x == y && one != other
    }

    pub(in crate::resolve) fn is_register(&self, place: u32) -> bool {
        place >= self.register_from
    }

    /// All values of a plain field.
    pub(in crate::resolve) fn values(&self, place: u32, field: Field) -> impl Iterator<Item = u32> + '_ {
        let row = self.row(place);
        let more = if row.has_more() { self.more.get(&place) } else { None };
        let rest = more.into_iter().flat_map(|more| &more.values).filter(move |(of, _)| *of == field);
        Some(row.get(field)).filter(|value| *value != 0).into_iter().chain(rest.map(|(_, value)| *value))
    }

    /// All names.
    pub(in crate::resolve) fn names(&self, place: u32) -> impl Iterator<Item = Name> + '_ {
        let row = self.row(place);
        let more = if row.has_more() { self.more.get(&place) } else { None };
        Some(row.name())
            .filter(|name| name.given != 0 || name.family != 0)
            .into_iter()
            .chain(more.into_iter().flat_map(|more| more.names.iter().copied()))
    }

    /// The rows before the register's.
    pub(in crate::resolve) fn mentions_only(&self) -> Self {
        let from = self.register_from as usize;
        let first = |count: usize| count.min(from);
        Self {
            rows: self.rows.get(..first(self.rows.len())).unwrap_or_default().to_vec(),
            more: self
                .more
                .iter()
                .filter(|(place, _)| **place < self.register_from)
                .map(|(place, more)| (*place, more.clone()))
                .collect(),
            source: self.source.get(..first(self.source.len())).unwrap_or_default().to_vec(),
            line: self.line.get(..first(self.line.len())).unwrap_or_default().to_vec(),
            symbols: self.symbols.clone(),
            parts: self.parts.clone(),
            register_from: self.register_from,
        }
    }

    /// Adds a row without values.
    pub(in crate::resolve) fn push_blank(&mut self) {
        self.rows.push(Row::default());
        self.source.push(0);
    }

    /// Adds a value to a row: the first stays the first.
    pub(in crate::resolve) fn add(&mut self, place: u32, field: Field, value: u32) {
        let Some(row) = self.rows.get_mut(place as usize) else { return };
        if value == 0 || row.get(field) == value {
            return;
        }
        if row.get(field) == 0 {
            row.set(field, value);
            return;
        }
        row.mark_more();
        let more = self.more.entry(place).or_default();
        if !more.values.contains(&(field, value)) {
            more.values.push((field, value));
        }
    }

    /// Adds a name to a row.
    pub(in crate::resolve) fn add_name(&mut self, place: u32, name: Name) {
        let Some(row) = self.rows.get_mut(place as usize) else { return };
        if (name.given == 0 && name.family == 0) || row.name() == name {
            return;
        }
        if row.name() == Name::default() {
            row.set_name(name);
            return;
        }
        row.mark_more();
        let more = self.more.entry(place).or_default();
        if !more.names.contains(&name) {
            more.names.push(name);
        }
    }

    /// Joins the rows of a register that are one person: by a valid NHS number with date of birth or family name, or by name,
    /// date of birth and postcode where no two numbers contradict. Gives for each row of the register its person, from 0.
    pub(in crate::resolve) fn join_register(&mut self, rows: Vec<Row>) -> Vec<u32> {
        let mut person: Vec<u32> = (0..rows.len() as u32).collect();
        let mut order: Vec<u32> = person.clone();
        let row = |place: u32| rows.get(place as usize).copied().unwrap_or_default();
        let agrees = |a: Row, b: Row| {
            let same = |field: Field| a.get(field) != 0 && a.get(field) == b.get(field);
            same(Field::Birth) || same(Field::Family)
        };
        order.sort_unstable_by_key(|place| (row(*place).get(Field::Nhs), *place));
        for group in order.chunk_by(|a, b| row(*a).get(Field::Nhs) == row(*b).get(Field::Nhs)) {
            let Some((first, rest)) = group.split_first().filter(|(first, _)| row(**first).get(Field::Nhs) != 0) else {
                continue;
            };
            rest.iter().filter(|at| agrees(row(*first), row(**at))).for_each(|at| _ = join(&mut person, *first, *at));
        }
        let content = |place: u32| {
            let row = row(place);
            [Field::Birth, Field::Family, Field::Given, Field::Postcode].map(|field| row.get(field))
        };
        order.sort_unstable_by_key(|place| (content(*place), *place));
        for group in order.chunk_by(|a, b| content(*a) == content(*b)).filter(|group| group.len() > 1) {
            let numbers: std::collections::BTreeSet<u32> =
                group.iter().map(|at| row(*at).get(Field::Nhs)).filter(|number| *number != 0).collect();
            // With two numbers among them nobody can say whose the rows without one are.
            if let Some((first, rest)) = group.split_first()
                && numbers.len() < 2
                && !content(*first).contains(&0)
            {
                rest.iter().for_each(|at| _ = join(&mut person, *first, *at));
            }
        }
        let mut numbered: BTreeMap<u32, u32> = BTreeMap::new();
        let mut of_row = Vec::with_capacity(rows.len());
        for (place, row) in rows.iter().enumerate() {
            let root = root(&person, place as u32);
            let next = numbered.len() as u32;
            let number = *numbered.entry(root).or_insert(next);
            of_row.push(number);
            let at = self.register_from + number;
            if number == next {
                self.push_blank();
                if let Some(blank) = self.rows.last_mut() {
                    *blank = *row;
                }
            } else {
                self.add_name(at, row.name());
                Field::PLAIN.into_iter().for_each(|field| self.add(at, field, row.get(field)));
            }
        }
        of_row
    }
}

/// The root of a place in a forest of parents.
pub(in crate::resolve) fn root(parent: &[u32], mut place: u32) -> u32 {
    while let Some(next) = parent.get(place as usize).copied()
        && next != place
    {
        place = next;
    }
    place
}

/// Joins two trees; the smaller place becomes the root. Paths are halved on the way.
pub(in crate::resolve) fn join(parent: &mut [u32], a: u32, b: u32) -> bool {
    let (a, b) = (halved(parent, a), halved(parent, b));
    if let Some(slot) = parent.get_mut(a.max(b) as usize) {
        *slot = a.min(b);
    }
    a != b
}

/// The root, with every other parent on the way moved up.
pub(in crate::resolve) fn halved(parent: &mut [u32], mut place: u32) -> u32 {
    while let Some(next) = parent.get(place as usize).copied()
        && next != place
    {
        let above = parent.get(next as usize).copied().unwrap_or(next);
        if let Some(slot) = parent.get_mut(place as usize) {
            *slot = above;
        }
        place = above;
    }
    place
}
