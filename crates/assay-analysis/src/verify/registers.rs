//! Who of the people found is in which register, by the fields that must agree: a number together with the name and the date that go
//! with it, or, where the leak gives no number, name and date of birth.
//!
//! The leak's own values are asked, never the register's that resolution put in their place. A forger may take real people, or real
//! forms of numbers, but not whose number is whose: a number of another person, or a person with another's number, speaks against. What
//! agrees by chance is measured with decoys, twice: registers whose columns are permuted, and synthetic ones with the frequencies of
//! names, years of birth and beginnings of numbers of the true one.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use assay_model::{
    ControllerId, DataSubject, Element, Mention, MentionId, PersonName, RegisterPerson, SubjectId, Value,
};
use jiff::civil::Date;
use rand_pcg::Pcg64;
use rand_pcg::rand_core::{Rng, SeedableRng};

use crate::reference::{are_nicknames, fold};

/// How a person's values stand to a register's rows, weakest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Agreement {
    /// Nothing of the person is there.
    Absent,
    /// The number is there and another person's, or the person is there with another number.
    Contrary,
    /// Name and date of birth, and the leak gives no number.
    NameAndDate,
    /// A number with the name or the date that go with it.
    Number,
}

/// What the leak says of one person, folded for comparison.
#[derive(Clone, Debug, Default)]
pub(super) struct Shown {
    nhs: BTreeSet<String>,
    local: BTreeSet<String>,
    names: BTreeSet<(String, String)>,
    births: BTreeSet<Date>,
}

/// One row.
#[derive(Clone, Debug)]
struct Row {
    nhs: String,
    local: String,
    family: String,
    given: String,
    birth: Option<Date>,
}

/// A register, or a decoy of one, asked by number and by name.
struct Book {
    rows: Vec<Row>,
    by_number: HashMap<String, Vec<u32>>,
    by_name: HashMap<(String, Date), Vec<u32>>,
}

/// The registers at hand, and what each says of the people found.
pub(super) struct Registers<'a> {
    agreements: BTreeMap<&'a SubjectId, Agreement>,
    /// By body: people of whom its register has number and fields, or name and date.
    pub(super) by_body: BTreeMap<&'a ControllerId, u64>,
    /// Whom a decoy knows of those asked, 0 to 1: permuted, synthetic.
    pub(super) chance: [f64; 2],
    /// People asked.
    pub(super) asked: u64,
    /// What a leak's people and the register's should have in common.
    pub(super) likeness: Option<Likeness>,
}

/// How the people of a leak are like those of the registers, beyond single persons.
#[derive(Clone, Copy, Debug)]
pub(super) struct Likeness {
    /// Share of the leak's family names that the registers have.
    pub(super) names: f64,
    /// Of a tenth of the register beside the other nine: what people of the same kind would have.
    pub(super) names_expected: f64,
}

impl<'a> Registers<'a> {
    pub(super) fn new(
        people: &[&'a DataSubject],
        mentions: &'a [Mention],
        register: &'a [RegisterPerson],
        seed: u64,
    ) -> Self {
        let mut this =
            Self { agreements: BTreeMap::new(), by_body: BTreeMap::new(), chance: [0.0; 2], asked: 0, likeness: None };
        if register.is_empty() || people.is_empty() {
            return this;
        }
        let places: HashMap<MentionId, &Mention> = mentions.iter().map(|mention| (mention.id, mention)).collect();
        let shown: Vec<Shown> = people.iter().map(|subject| Shown::of(subject, &places)).collect();
        let mut rows_of: BTreeMap<&ControllerId, Vec<Row>> = BTreeMap::new();
        for person in register {
            rows_of.entry(&person.controller).or_default().push(Row::of(person));
        }
        let mut by_chance: [BTreeSet<usize>; 2] = Default::default();
        for (body, rows) in &rows_of {
            let book = Book::new(rows.clone());
            let mut known = 0;
            for (subject, shown) in people.iter().zip(&shown) {
                let agreement = book.ask(shown);
                known += u64::from(agreement >= Agreement::NameAndDate);
                let best = this.agreements.entry(&subject.id).or_insert(Agreement::Absent);
                *best = (*best).max(agreement);
            }
            this.by_body.insert(body, known);
            for (decoy, chance) in [permuted(rows, seed), synthetic(rows, seed)].into_iter().zip(&mut by_chance) {
                let book = Book::new(decoy);
                let matched = shown.iter().enumerate().filter(|(_, s)| book.ask(s) >= Agreement::NameAndDate);
                chance.extend(matched.map(|(n, _)| n));
            }
        }
        this.asked = people.len() as u64;
        this.chance = by_chance.map(|matched| matched.len() as f64 / people.len() as f64);
        this.likeness = likeness(&shown, rows_of.values().flatten());
        this
    }

    /// The best agreement of a person with any register; none where no register has rows.
    pub(super) fn agreement(&self, subject: &DataSubject) -> Option<Agreement> {
        self.agreements.get(&subject.id).copied()
    }

    /// The larger of the decoys' rates.
    pub(super) fn chance(&self) -> f64 {
        self.chance.into_iter().fold(0.0, f64::max)
    }
}

impl Shown {
    fn of(subject: &DataSubject, mentions: &HashMap<MentionId, &Mention>) -> Self {
        let mut shown = Self::default();
        for finding in subject.mentions.iter().filter_map(|id| mentions.get(id)).flat_map(|mention| &mention.findings) {
            match (finding.element, finding.value.reveal()) {
                (Element::NhsNumber, Value::Text(text)) => _ = shown.nhs.insert(digits(text)),
                (Element::HospitalNumber, Value::Text(text)) => _ = shown.local.insert(plain(text)),
                (Element::Name, Value::Name(name)) => _ = shown.names.insert(folded(name)),
                (Element::DateOfBirth, Value::Date(date)) => _ = shown.births.insert(*date),
                _ => {}
            }
        }
        shown.nhs.retain(|number| number.len() == 10);
        shown
    }

    /// Name and date as far as both are given: the date alone, or the whole name alone where there is no date, or both.
    fn agrees(&self, row: &Row) -> bool {
        let birth = row.birth.is_some_and(|birth| self.births.contains(&birth));
        let family = self.names.iter().any(|(family, _)| is_family(family, &row.family));
        let given = self.names.iter().any(|(_, given)| is_given(given, &row.given));
        if self.births.is_empty() || row.birth.is_none() {
            return family && (given || self.names.iter().all(|(_, given)| given.is_empty()));
        }
        // A married name leaves date and given name; a slip in the date leaves the whole name.
        (birth && (family || given || self.names.is_empty())) || (family && given)
    }

    fn is_same_person(&self, row: &Row) -> bool {
        row.birth.is_some_and(|birth| self.births.contains(&birth))
            && self.names.iter().any(|(family, given)| is_family(family, &row.family) && is_given(given, &row.given))
    }
}

fn is_family(one: &str, other: &str) -> bool {
    !one.is_empty() && (one == other || (one.len() >= 5 && strsim::osa_distance(one, other) <= 1))
}

fn is_given(one: &str, other: &str) -> bool {
    let initial = one.chars().count() == 1 || other.chars().count() == 1;
    !one.is_empty()
        && !other.is_empty()
        && (one == other
            || (initial && one.chars().next() == other.chars().next())
            || are_nicknames(one, other)
            || (one.len() >= 5 && strsim::osa_distance(one, other) <= 1))
}

impl Row {
    fn of(person: &RegisterPerson) -> Self {
        let (family, given) = person.name.as_ref().map(|name| folded(name.reveal())).unwrap_or_default();
        Self {
            nhs: person.nhs_number.as_ref().map(|number| digits(number.reveal())).unwrap_or_default(),
            local: person.hospital_number.as_ref().map(|number| plain(number.reveal())).unwrap_or_default(),
            family,
            given,
            birth: person.date_of_birth,
        }
    }
}

fn folded(name: &PersonName) -> (String, String) {
    (fold(&name.family), name.given.first().map(|given| fold(given)).unwrap_or_default())
}

fn digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}

fn plain(text: &str) -> String {
    text.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_uppercase()).collect()
}

/// The form of a number: its letters, and where it has digits.
fn form_of(number: &str) -> String {
    number.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect()
}

impl Book {
    fn new(rows: Vec<Row>) -> Self {
        let mut by_number: HashMap<String, Vec<u32>> = HashMap::new();
        let mut by_name: HashMap<(String, Date), Vec<u32>> = HashMap::new();
        for (row, n) in rows.iter().zip(0_u32..) {
            for number in [&row.nhs, &row.local].into_iter().filter(|number| !number.is_empty()) {
                by_number.entry(number.clone()).or_default().push(n);
            }
            if let Some(birth) = row.birth {
                by_name.entry((row.family.clone(), birth)).or_default().push(n);
            }
        }
        Self { rows, by_number, by_name }
    }

    fn rows<'b>(&'b self, places: Option<&'b Vec<u32>>) -> impl Iterator<Item = &'b Row> {
        places.into_iter().flatten().filter_map(|n| self.rows.get(*n as usize))
    }

    fn ask(&self, shown: &Shown) -> Agreement {
        let mut contrary = false;
        for number in shown.nhs.iter().chain(&shown.local) {
            for row in self.rows(self.by_number.get(number)) {
                if shown.agrees(row) {
                    return Agreement::Number;
                }
                // Somebody who is only numbered contradicts nothing.
                contrary |= !shown.names.is_empty() || !shown.births.is_empty();
            }
        }
        for (family, _) in &shown.names {
            for birth in &shown.births {
                for row in
                    self.rows(self.by_name.get(&(family.clone(), *birth))).filter(|row| shown.is_same_person(row))
                {
                    // A number of this body's own form that is not the person's is another number too.
                    let form = form_of(&row.local);
                    let other =
                        |number: &&String| form_of(number) == form && strsim::osa_distance(number, &row.local) > 1;
                    contrary |= !row.local.is_empty() && shown.local.iter().any(|number| other(&number));
                    if shown.nhs.is_empty() || row.nhs.is_empty() {
                        return if contrary { Agreement::Contrary } else { Agreement::NameAndDate };
                    }
                    // One digit wrong, or two exchanged, is a slip of the pen and no other number.
                    if shown.nhs.iter().any(|number| strsim::osa_distance(number, &row.nhs) <= 1) {
                        return Agreement::Number;
                    }
                    contrary = true;
                }
            }
        }
        if contrary { Agreement::Contrary } else { Agreement::Absent }
    }
}

/// Every column by itself in another order.
fn permuted(rows: &[Row], seed: u64) -> Vec<Row> {
    let mut random = Pcg64::seed_from_u64(seed ^ 0x7065_726d);
    let mut order = || {
        let mut places: Vec<usize> = (0..rows.len()).collect();
        for end in (1..places.len()).rev() {
            places.swap(end, (random.next_u64() % (end as u64 + 1)) as usize);
        }
        places
    };
    let [numbers, locals, families, givens, births] = std::array::from_fn(|_| order());
    let at = |places: &[usize], n: usize| places.get(n).and_then(|other| rows.get(*other));
    (0..rows.len())
        .map(|n| Row {
            nhs: at(&numbers, n).map(|row| row.nhs.clone()).unwrap_or_default(),
            local: at(&locals, n).map(|row| row.local.clone()).unwrap_or_default(),
            family: at(&families, n).map(|row| row.family.clone()).unwrap_or_default(),
            given: at(&givens, n).map(|row| row.given.clone()).unwrap_or_default(),
            birth: at(&births, n).and_then(|row| row.birth),
        })
        .collect()
}

/// People of nobody: names drawn each by itself, the year of birth of somebody and any day of it, a number that begins as somebody's
/// and goes on at random with its check digit.
fn synthetic(rows: &[Row], seed: u64) -> Vec<Row> {
    let mut random = Pcg64::seed_from_u64(seed ^ 0x7379_6e74);
    let mut below = |limit: usize| ((u128::from(random.next_u64()) * limit as u128) >> 64) as usize;
    let mut out = Vec::with_capacity(rows.len());
    for _ in rows {
        let mut any = || rows.get(below(rows.len()));
        let (a, b, c, d, e) = (any(), any(), any(), any(), any());
        let birth = c.and_then(|row| row.birth).and_then(|birth| {
            let first = Date::new(birth.year(), 1, 1).ok()?;
            first.checked_add(jiff::Span::new().days(below(365) as i64)).ok()
        });
        let nhs = d.and_then(|row| row.nhs.get(..3)).map(|start| valid_number(start, &mut below)).unwrap_or_default();
        let other = |c: char, below: &mut dyn FnMut(usize) -> usize| match c {
            '0'..='9' => char::from(b'0' + below(10) as u8),
            other => other,
        };
        let local = e.map(|row| row.local.chars().map(|c| other(c, &mut below)).collect()).unwrap_or_default();
        out.push(Row {
            nhs,
            local,
            family: a.map(|row| row.family.clone()).unwrap_or_default(),
            given: b.map(|row| row.given.clone()).unwrap_or_default(),
            birth,
        });
    }
    out
}

/// A number of ten digits with the check digit of an NHS number (NHS Data Dictionary, modulus 11).
fn valid_number(start: &str, below: &mut dyn FnMut(usize) -> usize) -> String {
    loop {
        let mut number = start.to_owned();
        while number.len() < 9 {
            number.push(char::from(b'0' + below(10) as u8));
        }
        let sum: u32 = number.bytes().zip((2..=10).rev()).map(|(digit, weight)| u32::from(digit - b'0') * weight).sum();
        match (11 - sum % 11) % 11 {
            10 => {}
            check => return format!("{number}{check}"),
        }
    }
}

/// Rows and people below which frequencies of names say nothing.
const A_SAMPLE: usize = 100;

fn likeness<'r>(shown: &[Shown], rows: impl Iterator<Item = &'r Row>) -> Option<Likeness> {
    let rows: Vec<&Row> = rows.filter(|row| !row.family.is_empty()).collect();
    let families: Vec<&str> =
        shown.iter().filter_map(|s| s.names.iter().next()).map(|(family, _)| family.as_str()).collect();
    if rows.len() < A_SAMPLE || families.len() < A_SAMPLE {
        return None;
    }
    let of = |part: &[&Row]| -> BTreeSet<String> { part.iter().map(|row| row.family.clone()).collect() };
    // Rows lie by number, and families often one after the other: every tenth row is a fair part.
    let (tenth, rest): (Vec<(usize, &Row)>, Vec<_>) = rows.iter().copied().enumerate().partition(|(n, _)| n % 10 == 0);
    let rest = of(&rest.into_iter().map(|(_, row)| row).collect::<Vec<_>>());
    let expected =
        tenth.iter().filter(|(_, row)| rest.contains(&row.family)).count() as f64 / tenth.len().max(1) as f64;
    let all = of(&rows);
    let here = families.iter().filter(|family| all.contains(**family)).count() as f64 / families.len() as f64;
    Some(Likeness { names: here, names_expected: expected })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(nhs: &str, family: &str, given: &str, birth: Date) -> Row {
        Row { nhs: nhs.into(), local: String::new(), family: family.into(), given: given.into(), birth: Some(birth) }
    }

    fn shown(nhs: &[&str], family: &str, given: &str, birth: Option<Date>) -> Shown {
        Shown {
            nhs: nhs.iter().map(|number| (*number).to_owned()).collect(),
            local: BTreeSet::new(),
            names: [(family.to_owned(), given.to_owned())].into(),
            births: birth.into_iter().collect(),
        }
    }

    #[test]
    fn a_number_counts_with_what_goes_with_it_and_not_alone() {
        let born = jiff::civil::date(2011, 3, 4);
        let book = Book::new(vec![
            row("9990000018", "quill", "zebedee", born),
            row("9990000026", "wren", "ottoline", jiff::civil::date(1950, 1, 2)),
        ]);
        let ask = |shown: Shown| book.ask(&shown);
        assert_eq!(ask(shown(&["9990000018"], "quill", "zebedee", Some(born))), Agreement::Number);
        assert_eq!(ask(shown(&["9990000018"], "marriedname", "zebedee", Some(born))), Agreement::Number);
        assert_eq!(ask(shown(&["9990000018"], "quill", "z", None)), Agreement::Number);
        assert_eq!(ask(shown(&["9990000026"], "quill", "zebedee", Some(born))), Agreement::Contrary);
        assert_eq!(ask(shown(&["9990000123"], "quill", "zebedee", Some(born))), Agreement::Contrary);
        assert_eq!(ask(shown(&["9990000081"], "quill", "zebedee", Some(born))), Agreement::Number);
        assert_eq!(ask(shown(&[], "quill", "zebedee", Some(born))), Agreement::NameAndDate);
        assert_eq!(ask(shown(&["9990000212"], "other", "body", Some(born))), Agreement::Absent);
    }

    #[test]
    fn decoys_keep_the_columns_and_know_nearly_nobody() {
        let rows: Vec<Row> = (0..400_u32)
            .map(|n| {
                let birth = jiff::civil::date(1950 + (n % 70) as i16, 1 + (n % 12) as i8, 1 + (n % 28) as i8);
                row(
                    &format!("{:010}", 4_000_000_000_u64 + u64::from(n) * 7919),
                    &format!("f{}", n % 90),
                    &format!("g{}", n % 40),
                    birth,
                )
            })
            .collect();
        for decoy in [permuted(&rows, 1), synthetic(&rows, 1)] {
            assert_eq!(decoy.len(), rows.len());
            let book = Book::new(decoy);
            let known = rows.iter().filter(|row| {
                let shown = shown(&[&row.nhs], &row.family, &row.given, row.birth);
                book.ask(&shown) >= Agreement::NameAndDate
            });
            assert!(known.count() < 12);
        }
    }
}
