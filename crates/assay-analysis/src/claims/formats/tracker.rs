//! Records of the public trackers of leak sites, in the forms of their several generations.
//!
//! Trackers rename fields between versions and leave them out when a scraper breaks, so each field has its names in order
//! of trust. A tracker's own judgement (country, sector, press) is not the gang's claim and is not read.

use assay_model::{Claim, ExhibitId};
use serde_json::{Map, Value};

use super::record::{Record, checked};
use super::{ClaimFormatError, MOST_POSTS, json, too_large};

const PUBLISHED: [&str; 3] = ["published", "discovered", "attackdate"];

pub(super) fn ransomware_live(exhibit: &ExhibitId, text: &str) -> Result<Vec<Claim>, ClaimFormatError> {
    let value = json(exhibit, text)?;
    // The keyed interface wraps its records.
    let records = match value.get("victims") {
        Some(victims) => victims,
        None => &value,
    };
    let posts = posts(exhibit, records)?;
    each(exhibit, &posts, |record, _| {
        let claim = Claim {
            exhibit: exhibit.clone(),
            group: record.text(&["group", "group_name"])?,
            title: record.text(&["post_title", "victim"])?,
            description: record.text(&["description"])?,
            website: record.text(&["website", "domain"])?,
            published: record.instant(&PUBLISHED)?,
            data_size: data_size(record)?,
        };
        checked(record, "victim", claim)
    })
}

/// `extrainfos` is an object, or a list of them, in records that have it.
fn data_size(record: &Record<'_>) -> Result<String, ClaimFormatError> {
    const NAMES: [&str; 2] = ["data_size", "datasize"];
    let size = record.size(&NAMES)?;
    if !size.is_empty() {
        return Ok(size);
    }
    let nested = match record.fields.get("extrainfos") {
        Some(Value::Object(fields)) => vec![fields],
        Some(Value::Array(list)) => list.iter().filter_map(Value::as_object).collect(),
        _ => Vec::new(),
    };
    for fields in nested {
        let size = Record { fields, ..*record }.size(&NAMES)?;
        if !size.is_empty() {
            return Ok(size);
        }
    }
    Ok(String::new())
}

pub(super) fn ransomlook(exhibit: &ExhibitId, text: &str) -> Result<Vec<Claim>, ClaimFormatError> {
    let value = json(exhibit, text)?;
    let by_group = value.as_object().filter(|fields| {
        !fields.contains_key("post_title") && !fields.is_empty() && fields.values().all(Value::is_array)
    });
    let mut all = Vec::new();
    match by_group {
        Some(groups) => {
            for (group, list) in groups {
                all.extend(posts(exhibit, list)?.into_iter().map(|(_, fields)| (group.as_str(), fields)));
            }
        }
        None => all = posts(exhibit, &value)?,
    }
    each(exhibit, &all, |record, key| {
        let group = record.text(&["group_name", "group"])?;
        let claim = Claim {
            exhibit: exhibit.clone(),
            group: if group.is_empty() { key.to_owned() } else { group },
            title: record.text(&["post_title"])?,
            description: record.text(&["description"])?,
            website: record.text(&["website"])?,
            published: record.instant(&PUBLISHED)?,
            data_size: record.size(&["data_size"])?,
        };
        checked(record, "post_title", claim)
    })
}

pub(super) fn ransomwatch(exhibit: &ExhibitId, text: &str) -> Result<Vec<Claim>, ClaimFormatError> {
    let value = json(exhibit, text)?;
    each(exhibit, &posts(exhibit, &value)?, |record, _| {
        let claim = Claim {
            exhibit: exhibit.clone(),
            group: record.text(&["group_name"])?,
            title: record.text(&["post_title"])?,
            description: record.text(&["description"])?,
            website: String::new(),
            published: record.instant(&PUBLISHED)?,
            data_size: String::new(),
        };
        checked(record, "post_title", claim)
    })
}

/// A post with the key that it was found under, where it was found under one.
type Post<'a> = (&'a str, &'a Map<String, Value>);

/// The objects of an array, or the one object.
fn posts<'a>(exhibit: &ExhibitId, value: &'a Value) -> Result<Vec<Post<'a>>, ClaimFormatError> {
    let list = match value {
        Value::Array(list) => list.as_slice(),
        one => std::slice::from_ref(one),
    };
    list.iter()
        .enumerate()
        .map(|(at, value)| match value {
            Value::Object(fields) => Ok(("", fields)),
            _ => Err(ClaimFormatError::Field {
                exhibit: exhibit.clone(),
                field: format!("post {}", at + 1),
                expected: "a record in braces",
                remedy: "keep only the records of posts in the file",
            }),
        })
        .collect()
}

fn each<'a>(
    exhibit: &'a ExhibitId,
    posts: &[Post<'a>],
    read: impl Fn(&Record<'a>, &str) -> Result<Claim, ClaimFormatError>,
) -> Result<Vec<Claim>, ClaimFormatError> {
    if posts.is_empty() {
        let remedy = "save the post's record from the tracker";
        return Err(ClaimFormatError::Empty { exhibit: exhibit.clone(), expected: "at least one post", remedy });
    }
    if posts.len() > MOST_POSTS {
        return Err(too_large(exhibit, posts.len(), "posts", MOST_POSTS));
    }
    posts
        .iter()
        .enumerate()
        .map(|(at, (key, fields))| read(&Record { exhibit, place: "post", number: at + 1, fields }, key))
        .collect()
}
