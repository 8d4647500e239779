//! The own form, for a post that no tracker keeps: TOML, typed by a person.
//!
//! ```toml
//! group = "INC Ransom"
//! title = "Northshore Children's NHS Trust"
//! website = "northshorechildrens.nhs.uk"
//! published = 2024-11-28T09:00:00Z        # an instant; without a zone it is taken as UTC; a date alone is its midnight
//! data_size = "1.2 TB"
//! description = '''
//! The post, word for word.
//! '''
//! ```
//!
//! Several posts stand as `[[claim]]`, each with these fields, and nothing at the top.

use assay_model::{Claim, ExhibitId};
use serde_json::{Map, Value};
use toml::Value as Toml;

use super::record::{Record, checked};
use super::{ClaimFormatError, MOST_POSTS, too_large};

const FIELDS: [&str; 6] = ["group", "title", "website", "published", "data_size", "description"];

pub(super) fn read(exhibit: &ExhibitId, text: &str) -> Result<Vec<Claim>, ClaimFormatError> {
    let table: toml::Table = toml::from_str(text).map_err(|error: toml::de::Error| {
        // The parser's own message quotes the line; a post is not repeated in an error.
        let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
        ClaimFormatError::Syntax {
            exhibit: exhibit.clone(),
            line: before.matches('\n').count() + 1,
            expected: "TOML: `title = \"...\"`, a key once only, a text of several lines between ''' and '''",
        }
    })?;
    let tables: Vec<&toml::Table> = match table.get("claim") {
        Some(Toml::Array(list)) if table.len() == 1 => list.iter().filter_map(Toml::as_table).collect(),
        Some(_) => {
            return Err(ClaimFormatError::Field {
                exhibit: exhibit.clone(),
                field: "claim".into(),
                expected: "[[claim]] sections and no field outside them",
                remedy: "move the fields at the top into a [[claim]] section, or remove the sections",
            });
        }
        None => vec![&table],
    };
    if tables.len() > MOST_POSTS {
        return Err(too_large(exhibit, tables.len(), "posts", MOST_POSTS));
    }
    if tables.is_empty() {
        let remedy = "write `title = \"...\"` and `description = '''...'''` from the post";
        return Err(ClaimFormatError::Empty { exhibit: exhibit.clone(), expected: "at least one claim", remedy });
    }
    tables.into_iter().enumerate().map(|(at, table)| claim(exhibit, at + 1, table)).collect()
}

fn claim(exhibit: &ExhibitId, number: usize, table: &toml::Table) -> Result<Claim, ClaimFormatError> {
    let fields: Map<String, Value> = table.iter().map(|(name, value)| (name.clone(), plain(value))).collect();
    let record = Record { exhibit, place: "claim", number, fields: &fields };
    if let Some(unknown) = table.keys().find(|name| !FIELDS.contains(&name.as_str())) {
        let expected = "one of group, title, website, published, data_size, description";
        return Err(record.wrong(unknown, expected, "correct the field's name or remove it"));
    }
    let claim = Claim {
        exhibit: exhibit.clone(),
        group: record.text(&["group"])?,
        title: record.text(&["title"])?,
        description: record.text(&["description"])?,
        website: record.text(&["website"])?,
        published: record.instant(&["published"])?,
        data_size: record.size(&["data_size"])?,
    };
    checked(&record, "title", claim)
}

/// Texts and datetimes as texts; what no field may be stays so that it is refused by name.
fn plain(value: &Toml) -> Value {
    match value {
        Toml::String(text) => Value::String(text.clone()),
        Toml::Datetime(datetime) => Value::String(datetime.to_string()),
        Toml::Integer(number) => Value::from(*number),
        Toml::Float(number) => Value::from(*number),
        Toml::Boolean(truth) => Value::Bool(*truth),
        Toml::Array(_) | Toml::Table(_) => Value::Array(Vec::new()),
    }
}
