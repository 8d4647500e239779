//! What is true of the case, written beside it: people, records, items.

use crate::{
    CorpusError,
    document::{Draft, Extent, Placed, Standing},
    people::{Person, Town},
};
use assay_model::{Element, Role};
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet};

/// Files of `truth/`, and the figures of the summary.
pub(crate) struct Truth {
    pub(crate) people: Vec<u8>,
    pub(crate) mentions: Vec<u8>,
    pub(crate) items: Vec<u8>,
    pub(crate) values: Vec<u8>,
    pub(crate) decoys: Vec<u8>,
    pub(crate) counting: u64,
    pub(crate) named_only: u64,
    pub(crate) mention_count: u64,
}

/// What the leak says of one person.
#[derive(Default)]
struct Shown {
    roles: BTreeMap<Role, usize>,
    controllers: BTreeSet<&'static str>,
    counts: bool,
    birth_written: bool,
}

const PEOPLE: [&str; 10] = [
    "person",
    "nhs_number",
    "family_name",
    "given_names",
    "date_of_birth",
    "role",
    "controllers",
    "child",
    "in_leak",
    "counts",
];
const MENTIONS: [&str; 11] = [
    "document",
    "sheet",
    "first",
    "last",
    "person",
    "role",
    "nhs_number",
    "family_name",
    "date_of_birth",
    "given_names",
    "counts",
];
const ITEMS: [&str; 5] = ["path", "status", "category", "same_as", "origin"];

/// The truth of a leak.
pub(crate) fn write(placed: &[Placed<'_>], town: &Town, reference: Date) -> Result<Truth, CorpusError> {
    let mut shown: BTreeMap<usize, Shown> = BTreeMap::new();
    let mut mentions = csv::Writer::from_writer(Vec::new());
    let mut items = csv::Writer::from_writer(Vec::new());
    mentions.write_record(MENTIONS)?;
    items.write_record(ITEMS)?;
    let mut values = csv::Writer::from_writer(Vec::new());
    let mut decoys = csv::Writer::from_writer(Vec::new());
    values.write_record(["document", "sheet", "row", "person", "element", "value"])?;
    decoys.write_record(["document", "value"])?;
    let mut mention_count = 0;
    for item in placed {
        items.write_record(item_row(item))?;
        if matches!(item.document.standing, Standing::Unread(_)) {
            continue;
        }
        for draft in &item.document.drafts {
            let person = shown.entry(draft.person).or_default();
            // A second copy elsewhere is another origin of the same record, and no record more.
            if draft.extent == Extent::More {
                person.controllers.insert(item.document.origin.id());
                person.counts = true;
            }
            if item.same_as.is_none() {
                // A role in which the person counts outweighs any number of bare names.
                *person.roles.entry(draft.role).or_default() += if draft.extent == Extent::More { 100_000 } else { 1 };
                person.birth_written |= draft.birth.is_some();
                mention_count += 1;
                mentions.write_record(mention_row(item, draft))?;
                for (element, value) in values_of(draft) {
                    let (row, person) = (draft.first.to_string(), name_of(draft.person));
                    values.write_record([item.path.as_str(), &draft.sheet, &row, &person, element.as_str(), &value])?;
                }
            }
        }
        if item.same_as.is_none() {
            let beside = item.document.drafts.iter().flat_map(|draft| &draft.decoys);
            for decoy in item.document.decoys.iter().chain(beside) {
                decoys.write_record([item.path.as_str(), decoy])?;
            }
        }
    }
    let mut people = csv::Writer::from_writer(Vec::new());
    people.write_record(PEOPLE)?;
    for person in &town.people {
        people.write_record(person_row(person, shown.get(&person.at), reference))?;
    }
    let finish = |writer: csv::Writer<Vec<u8>>| writer.into_inner().map_err(|error| error.into_error());
    Ok(Truth {
        people: finish(people)?,
        mentions: finish(mentions)?,
        items: finish(items)?,
        values: finish(values)?,
        decoys: finish(decoys)?,
        counting: shown.values().filter(|shown| shown.counts).count() as u64,
        named_only: shown.values().filter(|shown| !shown.counts).count() as u64,
        mention_count,
    })
}

fn item_row(item: &Placed<'_>) -> [String; 5] {
    let status = match (&item.same_as, item.document.standing) {
        (Some(_), _) => "duplicate".to_owned(),
        (None, Standing::Read) => "read".to_owned(),
        (None, Standing::Unread(reason)) => format!("unread:{reason}"),
    };
    let same_as = item.same_as.as_ref().map_or_else(String::new, ToString::to_string);
    let (category, origin) = (item.document.category.to_owned(), item.document.origin.id().to_owned());
    [item.path.to_string(), status, category, same_as, origin]
}

fn mention_row(item: &Placed<'_>, draft: &Draft) -> [String; 11] {
    [
        item.path.to_string(),
        draft.sheet.clone(),
        draft.first.to_string(),
        draft.last.to_string(),
        name_of(draft.person),
        draft.role.as_str().to_owned(),
        draft.nhs.clone(),
        draft.family.clone(),
        draft.birth.map_or_else(String::new, |birth| birth.to_string()),
        draft.given.clone(),
        (draft.extent == Extent::More).to_string(),
    ]
}

/// Everything that a record gives of its person, but the name.
fn values_of(draft: &Draft) -> Vec<(Element, String)> {
    let mut values = draft.values.clone();
    values.extend((!draft.nhs.is_empty()).then(|| (Element::NhsNumber, draft.nhs.clone())));
    values.extend(draft.birth.map(|birth| (Element::DateOfBirth, birth.to_string())));
    values
}

/// The name under which the truth speaks of a person.
fn name_of(person: usize) -> String {
    format!("T{person:05}")
}

fn person_row(person: &Person, shown: Option<&Shown>, reference: Date) -> [String; 10] {
    let role = shown.and_then(|shown| shown.roles.iter().max_by_key(|(role, n)| (**n, std::cmp::Reverse(**role))));
    // Child or adult can be told from a date of birth in the leak or from a register that has the person.
    let told = shown.is_some_and(|shown| shown.birth_written) || !person.numbers.is_empty();
    let child = match (told, person.is_child_on(reference)) {
        (false, _) => "unknown",
        (true, true) => "true",
        (true, false) => "false",
    };
    let controllers = shown.map(|shown| shown.controllers.iter().copied().collect::<Vec<_>>().join(";"));
    [
        name_of(person.at),
        person.nhs.clone(),
        person.family.clone(),
        person.given.join(" "),
        person.birth.to_string(),
        role.map_or_else(String::new, |(role, _)| role.as_str().to_owned()),
        controllers.unwrap_or_default(),
        child.to_owned(),
        shown.is_some().to_string(),
        shown.is_some_and(|shown| shown.counts).to_string(),
    ]
}
