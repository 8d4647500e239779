//! Somebody whom a sentence names and no record of the item has: a bare name, with the line that it stands in.
//!
//! Only what both lists of names know counts, with more signs for it than somebody being named at all needs ([`SURE`]):
//! a drug or a unit taken for a person would stand in the report. The rest of an item's people come from its records.

use std::collections::{BTreeMap, BTreeSet};

use assay_model::{Element, PersonName, Role, Value};

use super::super::draft::{Basis, Draft};
use super::super::names::{self, NameOrder};
use super::super::{Found, prose::Prose};
use super::Reading;
use super::lines::Line;
use crate::reference::fold;

/// Bits from which a name in a sentence is somebody's.
const SURE: f64 = 4.0;

pub(super) fn read(reading: &Reading<'_>, prose: &Prose, letters: &[Vec<Line<'_>>], found: &mut Found) {
    let mut known: BTreeMap<String, Vec<PersonName>> = BTreeMap::new();
    for name in found.mentions.iter().flat_map(|(_, _, mention)| mention.names()) {
        known.entry(fold(&name.family)).or_default().push(name.clone());
    }
    let mut told = BTreeSet::new();
    for letter in letters {
        let mut text = String::new();
        let mut starts = Vec::with_capacity(letter.len());
        for line in letter {
            starts.push(text.len());
            text.push_str(line.text);
            text.push('\n');
        }
        for name in prose.names(&text).into_iter().filter(|name| name.bits >= SURE) {
            let words = text.get(name.start..name.end).unwrap_or_default();
            let parsed = names::parse(words, NameOrder::GivenFirst);
            let Some(parsed) = parsed.filter(|name| !name.given.is_empty() && !name.family.is_empty()) else {
                continue;
            };
            let of_record = known
                .get(&fold(&parsed.family))
                .is_some_and(|all| all.iter().any(|own| names::compatible(own, &parsed)));
            let key = fold(words);
            if of_record || names::likeness(words) < 2 || !told.insert(key) {
                continue;
            }
            let at = starts.partition_point(|start| *start <= name.start).saturating_sub(1);
            let Some(line) = letter.get(at) else { continue };
            let place = reading.origin.at(line.place());
            let mut draft = Draft::default();
            draft.push(Element::Name, Value::Name(parsed), place.clone(), Basis::Content);
            let mention = draft.finish(place, Role::Unknown, "named in a sentence: a bare name");
            found.mentions.extend(mention.map(|mention| (line.passage, line.number, mention)));
        }
    }
}
