//! What is true of the case, written beside it: people, records, items.

use crate::{
    CorpusError,
    document::{Extent, Placed, Standing},
    people::{Person, Town},
};
use assay_model::Role;
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet};

/// Files of `truth/`, and the figures of the summary.
pub(crate) struct Truth {
    pub(crate) people: Vec<u8>,
    pub(crate) mentions: Vec<u8>,
    pub(crate) items: Vec<u8>,
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

/// The truth of a leak.
pub(crate) fn write(placed: &[Placed], town: &Town, reference: Date) -> Result<Truth, CorpusError> {
    let mut shown: BTreeMap<usize, Shown> = BTreeMap::new();
    let mut mentions = csv::Writer::from_writer(Vec::new());
    let mut items = csv::Writer::from_writer(Vec::new());
    mentions.write_record([
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
    ])?;
    items.write_record(["path", "status", "category", "same_as", "origin"])?;
    let mut mention_count = 0;
    for item in placed {
        let same_as = item.same_as.as_ref().map_or("", |path| path.as_str());
        let status = match (&item.same_as, item.document.standing) {
            (Some(_), _) => "duplicate".to_owned(),
            (None, Standing::Read) => "read".to_owned(),
            (None, Standing::Unread(reason)) => format!("unread:{reason}"),
        };
        items.write_record([
            item.path.as_str(),
            &status,
            item.document.category,
            same_as,
            item.document.origin.id(),
        ])?;
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
            if item.same_as.is_some() {
                continue;
            }
            *person.roles.entry(draft.role).or_default() += if draft.extent == Extent::More { 1000 } else { 1 };
            person.birth_written |= draft.birth.is_some();
            mention_count += 1;
            mentions.write_record([
                item.path.as_str(),
                &draft.sheet,
                &draft.first.to_string(),
                &draft.last.to_string(),
                &name_of(draft.person),
                draft.role.as_str(),
                &draft.nhs,
                &draft.family,
                &draft.birth.map_or_else(String::new, |birth| birth.to_string()),
                &draft.given,
                if draft.extent == Extent::More { "true" } else { "false" },
            ])?;
        }
    }
    let mut people = csv::Writer::from_writer(Vec::new());
    people.write_record([
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
    ])?;
    for person in &town.people {
        people.write_record(person_row(person, shown.get(&person.at), reference))?;
    }
    let finish = |writer: csv::Writer<Vec<u8>>| writer.into_inner().map_err(|error| error.into_error());
    Ok(Truth {
        people: finish(people)?,
        mentions: finish(mentions)?,
        items: finish(items)?,
        counting: shown.values().filter(|shown| shown.counts).count() as u64,
        named_only: shown.values().filter(|shown| !shown.counts).count() as u64,
        mention_count,
    })
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
    let truth = |truth: bool| if truth { "true" } else { "false" }.to_owned();
    [
        name_of(person.at),
        person.nhs.clone(),
        person.family.clone(),
        person.given.join(" "),
        person.birth.to_string(),
        role.map_or_else(String::new, |(role, _)| role.as_str().to_owned()),
        controllers.unwrap_or_default(),
        child.to_owned(),
        truth(shown.is_some()),
        truth(shown.is_some_and(|shown| shown.counts)),
    ]
}
