//! What holds of the core: the rule file's examples, and that neither the order of rows nor threads change a byte.

use super::*;
use crate::resolve::link::compare::{Comparer, Memory, NhsNumbers};
use crate::resolve::link::levels::{Pattern, shipped};
use crate::resolve::link::symbols::mix;

/// `key=value` and `key="a value"` as cells.
fn cells(text: &str) -> Vec<(Column, String)> {
    let mut cells = Vec::new();
    let mut rest = text.trim();
    while let Some((key, after)) = rest.split_once('=') {
        let (value, after) = match after.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"').expect("closing quote"),
            None => after.split_at(after.find(' ').unwrap_or(after.len())),
        };
        let column = match key {
            "dob" => Column::Birth,
            "pc" => Column::Postcode,
            "addr" => Column::Address,
            "hn" => Column::Hospital,
            "nino" => Column::National,
            "bank" => Column::Account,
            "attr" => Column::Attribute,
            other => Column::parse(other).unwrap_or_else(|| panic!("{other} is no key")),
        };
        cells.push((column, value.to_owned()));
        rest = after.trim_start();
    }
    cells
}

fn add(people: &mut People, of: Of, cells: &[(Column, String)]) {
    let columns: Vec<Column> = cells.iter().map(|(column, _)| *column).collect();
    people.add(of, &columns, &[cells.iter().map(|(_, text)| Cell::text_of(text.as_str())).collect()]);
}

/// The pattern of two rows as the rule file writes them: `name="Ada Testcase" | name="A Testcase"`.
fn pattern(pair: &str) -> Pattern {
    let mut people = People::default();
    for text in pair.split('|') {
        let mut cells = cells(text);
        // `NCH:AH1000001` is the number of a body.
        let body = cells.iter_mut().find(|(column, text)| *column == Column::Hospital && text.contains(':'));
        let body = body.map(|(_, text)| {
            let (body, number) = text.clone().split_once(':').map(|(b, n)| (b.to_owned(), n.to_owned())).unwrap();
            *text = number;
            if body == "NCH" { 1 } else { 2 }
        });
        add(&mut people, Of::Mentions, &cells);
        if let Some(body) = body {
            let row = people.numbers.of[0].rows.last_mut().unwrap();
            let symbols = &mut people.numbers.table.symbols;
            let text = symbols.text(row.get(Field::Hospital)).to_owned();
            row.set(Field::Hospital, symbols.intern_of(symbols::Group::Hospital, body, &text));
        }
    }
    let (mut table, [rows, _], _) = People::joined(people.words, people.numbers);
    table.rows = rows;
    table.register_from = table.len();
    let nhs = NhsNumbers::new(&table, 8);
    Comparer { table: &table, nhs: &nhs }.pattern(0, 1, &mut Memory::default())
}

#[test]
fn every_example_reaches_its_level_and_no_counter_example_does() {
    let mut faults = Vec::new();
    for rule in &shipped().levels {
        assert!(!rule.reason.is_empty() && !rule.source.is_empty(), "{} {}", rule.comparison, rule.level);
        let comparison = Field::ALL.into_iter().find(|c| c.word() == rule.comparison).expect("a comparison");
        let number = comparison.levels().iter().position(|word| *word == rule.level).expect("a level") as u8 + 1;
        for (examples, expected) in [(&rule.examples, true), (&rule.counter_examples, false)] {
            for pair in examples.iter() {
                if pattern(pair).is(comparison, number) != expected {
                    faults.push(format!("{} {}: {pair}", rule.comparison, rule.level));
                }
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn every_level_has_a_rule() {
    for comparison in Field::ALL {
        for word in comparison.levels() {
            let has = shipped().levels.iter().any(|rule| rule.comparison == comparison.word() && rule.level == *word);
            assert!(has, "{} {word}", comparison.word());
        }
    }
}

const GIVEN: [&str; 12] = ["Ada", "Bob", "Cleo", "Dan", "Eva", "Finn", "Gita", "Hugo", "Iris", "Jan", "Kira", "Leo"];
const FAMILY: [&str; 10] =
    ["Testcase", "Sample", "Fixture", "Mockley", "Stubbs", "Dummett", "Trial", "Proof", "Checker", "Probe"];

/// Rows of `people` people, some with a slip, some without a field.
fn rows(people: usize) -> Vec<Vec<(Column, String)>> {
    let mut rows = Vec::new();
    for person in 0..people {
        for copy in 0..1 + person % 4 {
            let z = mix((person * 10 + copy) as u64);
            let mut family = format!("{}{}", FAMILY[person % 10], person / 40);
            if z.is_multiple_of(7) {
                family.pop();
            }
            let drawn = mix(person as u64 ^ 77);
            let birth = format!("{}-{:02}-{:02}", 1940 + drawn % 70, 1 + drawn / 70 % 12, 1 + drawn / 840 % 28);
            let mut row = vec![
                (Column::Id, format!("r{:04}", rows.len())),
                (Column::Given, GIVEN[(mix(person as u64) % 12) as usize].to_owned()),
                (Column::Family, family),
                (Column::Postcode, format!("AB{} {}CD", mix(person as u64 ^ 5) % 9 + 1, person % 10)),
            ];
            if !z.is_multiple_of(5) {
                row.push((Column::Birth, birth));
            }
            rows.push(row);
        }
    }
    rows
}

fn linked(rows: &[Vec<(Column, String)>]) -> (std::collections::BTreeMap<String, u32>, Option<Interval>) {
    let mut people = People::default();
    for row in rows {
        add(&mut people, Of::Mentions, row);
    }
    let linked = people.link(Some(1));
    let person = (0u32..).zip(&linked.person).map(|(row, person)| (linked.id(row).to_owned(), *person));
    (person.collect(), linked.interval)
}

#[test]
fn neither_the_order_of_rows_nor_threads_change_the_answer() {
    let rows = rows(120);
    let one = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    let two = rayon::ThreadPoolBuilder::new().num_threads(2).build().unwrap();
    let expected = one.install(|| linked(&rows));
    let mut shuffled = rows.clone();
    shuffled.sort_by_key(|row| mix(row[0].1.bytes().map(u64::from).fold(7, |h, b| mix(h ^ b))));
    assert_ne!(rows, shuffled);
    assert_eq!(two.install(|| linked(&shuffled)), expected);
    let people: std::collections::BTreeSet<_> = expected.0.values().collect();
    assert!((105..=140).contains(&people.len()), "{}", people.len());
    let interval = expected.1.expect("an interval");
    assert!(interval.low <= interval.mean && interval.mean <= interval.high, "{interval:?}");
}

#[test]
fn two_valid_numbers_are_two_people_and_a_register_person_is_one() {
    let row =
        |id: &str, nhs: &str| cells(&format!("id={id} nhs={nhs} name=\"Ada Testcase\" dob=1961-03-04 pc=\"AB1 2CD\""));
    let mut people = People::default();
    for row in [row("a", "9990000018"), row("b", "9990000026"), row("c", "9990000018")] {
        add(&mut people, Of::Mentions, &row);
    }
    let known = row("k", "9990000026");
    add(&mut people, Of::Register, &known);
    let linked = people.link(None);
    assert_eq!(linked.person, [0, 1, 0]);
    assert_eq!(linked.register, [None, Some(0)]);
    assert!(linked.interval.is_none());
}

#[test]
fn dates_are_read_in_the_usual_orders() {
    for (text, expected) in [
        ("1961-03-04", (1961, 3, 4)),
        ("04/03/1961", (1961, 3, 4)),
        ("19610304", (1961, 3, 4)),
        ("4 mar 1961", (1961, 3, 4)),
        ("1861-21-01", (1861, 1, 21)),
        ("1855-05-72", (1855, 5, 72)),
        ("1961", (1961, 0, 0)),
    ] {
        assert_eq!(read::birth(text).map(table::date_parts), Some(expected), "{text}");
    }
    assert_eq!(read::birth("unknown"), None);
}
