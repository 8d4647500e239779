//! What each exhibit adds to those before it in the case, and what changed among the people since the report before.
//!
//! A person is new in the first exhibit, in the order of the case, in which an item mentions the person, and known in every later one.
//! An item that repeats the bytes of an item of an earlier exhibit is not read again and mentions nobody anew.

use crate::tally::counted_subjects;
use crate::words::{counted, thousands};
use assay_model::{Changes, Dossier, Exhibit, ExhibitId, ExhibitKind, Item, ItemStatus};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// What an exhibit of leaked data adds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Adds {
    /// People who count and whom no exhibit before it mentions.
    pub(crate) new_people: u64,
    /// People who count, whom it mentions and an exhibit before it did.
    pub(crate) known_people: u64,
    /// Items whose bytes are those of an item of an exhibit before it.
    pub(crate) repeated_items: u64,
}

/// Exhibits of leaked data with what each adds, in the order of the case.
pub(crate) fn adds(dossier: &Dossier) -> Vec<(&ExhibitId, Adds)> {
    let is_leaked = |exhibit: &&Exhibit| matches!(exhibit.kind, ExhibitKind::Leak | ExhibitKind::ProofPack);
    let mut all: Vec<(&ExhibitId, Adds)> =
        dossier.exhibits.iter().filter(is_leaked).map(|exhibit| (&exhibit.id, Adds::default())).collect();
    let place: BTreeMap<&ExhibitId, usize> = all.iter().enumerate().map(|(at, (id, _))| (*id, at)).collect();
    for subject in counted_subjects(dossier) {
        let exhibits: BTreeSet<usize> =
            subject.documents.iter().filter_map(|(exhibit, _)| place.get(exhibit).copied()).collect();
        for (n, at) in exhibits.into_iter().enumerate() {
            if let Some((_, adds)) = all.get_mut(at) {
                *(if n == 0 { &mut adds.new_people } else { &mut adds.known_people }) += 1;
            }
        }
    }
    for item in &dossier.items {
        if let ItemStatus::Duplicate(of, _) = &item.status
            && *of != item.exhibit
            && let Some((_, adds)) = place.get(&item.exhibit).and_then(|at| all.get_mut(*at))
        {
            adds.repeated_items += 1;
        }
    }
    all
}

/// What the leaks after the first add, in a line; empty where there is one.
pub(crate) fn adds_text(dossier: &Dossier) -> String {
    let is_leak =
        |id: &ExhibitId| dossier.exhibits.iter().any(|exhibit| exhibit.id == *id && exhibit.kind == ExhibitKind::Leak);
    let later: Vec<String> = adds(dossier)
        .into_iter()
        .filter(|(id, _)| is_leak(id))
        .skip(1)
        .map(|(id, adds)| {
            format!(
                "{id} adds {}, {} known, {}",
                counted(adds.new_people, "new person", "new people"),
                thousands(adds.known_people),
                counted(adds.repeated_items, "item repeated", "items repeated")
            )
        })
        .collect();
    later.join("; ")
}

/// What changed among the people who count since the report before.
#[derive(Serialize)]
pub(crate) struct Changed {
    new: u64,
    merged: Vec<Merged>,
    split: Vec<Split>,
    gone: Vec<String>,
}

#[derive(Serialize)]
struct Merged {
    subject: String,
    into: String,
}

#[derive(Serialize)]
struct Split {
    subject: String,
    from: String,
}

impl Changed {
    pub(crate) fn of(changes: &Changes) -> Self {
        let merged = changes.merged.iter().map(|(id, into)| Merged { subject: id.to_string(), into: into.to_string() });
        let split = changes.split.iter().map(|(id, from)| Split { subject: id.to_string(), from: from.to_string() });
        Self {
            new: changes.new.len() as u64,
            merged: merged.collect(),
            split: split.collect(),
            gone: changes.gone.iter().map(ToString::to_string).collect(),
        }
    }
}

/// `12 people new, 2 merged into others, 1 split off, 3 gone`; empty where nothing changed.
pub(crate) fn changed_text(dossier: &Dossier) -> String {
    let Some(changes) = dossier.changes.as_ref().filter(|changes| !changes.is_empty()) else { return String::new() };
    let count = |n: usize| thousands(n as u64);
    format!(
        "since the report before: {} new, {} merged into others, {} split off, {} gone",
        counted(changes.new.len() as u64, "person", "people"),
        count(changes.merged.len()),
        count(changes.split.len()),
        count(changes.gone.len())
    )
}

/// The items of an exhibit, members of containers among them; of an exhibit that is not scanned, its files.
pub(crate) fn exhibit_items(exhibit: &assay_model::Exhibit, items: &[Item]) -> u64 {
    match exhibit.kind {
        ExhibitKind::Leak | ExhibitKind::ProofPack => items.iter().filter(|i| i.exhibit == exhibit.id).count() as u64,
        _ => exhibit.files,
    }
}

/// What a register of tokens could tell, and what not.
#[derive(Serialize)]
pub(crate) struct TokenRegister {
    exhibit: String,
    rows: u64,
    people_by_number_and_more: u64,
    people_otherwise: u64,
    not_tested: &'static str,
}

/// What tokens cannot tell.
const NOT_TESTED: &str = "Of tokens only equality can be told: a slip in a value, a short form, a changed name or address finds nobody; \
                          a number that agrees alone stands without the name and date beside it; chance matches are not measured by decoys.";

pub(crate) fn token_registers(dossier: &Dossier) -> Vec<TokenRegister> {
    let of = |tokens: &assay_model::TokenCoverage| TokenRegister {
        exhibit: tokens.exhibit.to_string(),
        rows: tokens.rows,
        people_by_number_and_more: tokens.exact,
        people_otherwise: tokens.otherwise,
        not_tested: NOT_TESTED,
    };
    dossier.coverage.token_registers.iter().map(of).collect()
}

/// A line a register of tokens.
pub(crate) fn token_lines(dossier: &Dossier) -> Vec<String> {
    let of = |tokens: &assay_model::TokenCoverage| {
        format!(
            "{} is tokens: fits {} by a number and more, {} otherwise; slips and changed names not tested",
            tokens.exhibit,
            thousands(tokens.exact),
            thousands(tokens.otherwise)
        )
    };
    dossier.coverage.token_registers.iter().map(of).collect()
}
