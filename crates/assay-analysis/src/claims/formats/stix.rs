//! STIX 2.x bundles: a report, an incident or a note becomes a claim.
//!
//! Reports are taken where there are any, else incidents, else notes: a connector writes a report and an incident of the
//! same post, and two claims of one post would be graded twice. Objects that were revoked are retractions and left out.
//! Confidence marks of a feed are not read: every feed seen calls itself reliable.

use std::collections::BTreeMap;

use assay_model::{Claim, ExhibitId};
use serde_json::{Map, Value};

use super::record::{Record, checked};
use super::{ClaimFormatError, MOST_POSTS, json, too_large};

type Objects<'a> = BTreeMap<&'a str, &'a Map<String, Value>>;

pub(super) fn read(exhibit: &ExhibitId, text: &str) -> Result<Vec<Claim>, ClaimFormatError> {
    let value = json(exhibit, text)?;
    let listed = match &value {
        Value::Array(list) => list.as_slice(),
        Value::Object(bundle) => match bundle.get("objects").and_then(Value::as_array) {
            Some(list) => list.as_slice(),
            None => std::slice::from_ref(&value),
        },
        _ => &[],
    };
    let live = || listed.iter().filter_map(Value::as_object).filter(|o| o.get("revoked") != Some(&Value::Bool(true)));
    let objects: Objects<'_> = live().filter_map(|object| Some((text_of(object, "id")?, object))).collect();
    let of_type = |word: &str| live().filter(|o| text_of(o, "type") == Some(word)).collect::<Vec<_>>();
    let found =
        ["report", "incident", "note"].into_iter().map(|word| (word, of_type(word))).find(|(_, o)| !o.is_empty());
    let Some((word, claims)) = found else {
        return Err(ClaimFormatError::Empty {
            exhibit: exhibit.clone(),
            expected: "a report, an incident or a note that is not revoked",
            remedy: "export the bundle with the object that describes the post",
        });
    };
    if claims.len() > MOST_POSTS {
        return Err(too_large(exhibit, claims.len(), "posts", MOST_POSTS));
    }
    let read = |(at, fields)| {
        let record = Record { exhibit, place: word, number: at + 1, fields };
        let related = related(&record, &objects);
        let title = if word == "note" { "abstract" } else { "name" };
        let text = if word == "note" { "content" } else { "description" };
        let claim = Claim {
            exhibit: exhibit.clone(),
            group: the_only(&related, &["intrusion-set", "threat-actor"], "name")
                .or_else(|| the_only(&objects.values().copied().collect::<Vec<_>>(), &["intrusion-set"], "name"))
                .unwrap_or_default()
                .to_owned(),
            title: record.text(&[title])?,
            description: record.text(&[text])?,
            website: the_only(&related, &["domain-name"], "value").unwrap_or_default().to_owned(),
            published: record.instant(&["published", "created"])?,
            data_size: String::new(),
        };
        checked(&record, title, claim)
    };
    claims.into_iter().enumerate().map(read).collect()
}

/// What an object refers to itself, and what relationships tie to it, one step far.
fn related<'a>(record: &Record<'a>, objects: &Objects<'a>) -> Vec<&'a Map<String, Value>> {
    let mut ids: Vec<&str> = record.texts("object_refs").collect();
    if let Some(own) = text_of(record.fields, "id") {
        for relationship in objects.values().filter(|o| text_of(o, "type") == Some("relationship")) {
            match (text_of(relationship, "source_ref"), text_of(relationship, "target_ref")) {
                (Some(source), Some(target)) if source == own => ids.push(target),
                (Some(source), Some(target)) if target == own => ids.push(source),
                _ => {}
            }
        }
    }
    ids.sort_unstable();
    ids.dedup();
    ids.into_iter().filter_map(|id| objects.get(id).copied()).collect()
}

/// The value that all objects of the types agree on; of several that differ none is taken.
fn the_only<'a>(objects: &[&'a Map<String, Value>], types: &[&str], field: &str) -> Option<&'a str> {
    let mut values = objects
        .iter()
        .filter(|object| text_of(object, "type").is_some_and(|word| types.contains(&word)))
        .filter_map(|object| text_of(object, field));
    let first = values.next()?;
    values.all(|other| other == first).then_some(first)
}

fn text_of<'a>(object: &'a Map<String, Value>, field: &str) -> Option<&'a str> {
    object.get(field)?.as_str()
}
