//! Values: what was found of each element in a document, against what the truth says that it holds, and whose it is.
//!
//! A value of the truth is an element, a text and the record that gives it: a row of a table, or a document that is a text.
//! An exported value is *right* where that record (any record of the document, for a text) gives that value; values repeated
//! in one text are one. It is *tied* where, besides, the true mention that its mention joined is of a person whom
//! the record gives it for. A *decoy* is a number of the document that is nobody's; it is called where it is
//! exported as a value of whatever element.

use super::join::{Exported, TrueMention};
use super::reliability::Reliability;
use super::{share, table};
use crate::CorpusError;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// How right the values of one element are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ElementScore {
    /// Values in the truth.
    pub truth: u64,
    /// Values exported.
    pub found: u64,
    /// Of those exported, the right ones.
    pub right: u64,
    /// Of the right ones, those tied to a person of whom they are.
    pub tied: u64,
}

impl ElementScore {
    /// Share of the exported values that are right.
    pub fn precision(&self) -> f64 {
        share(self.right, self.found)
    }

    /// Share of the true values that were exported.
    pub fn recall(&self) -> f64 {
        share(self.right, self.truth)
    }

    /// The harmonic mean of both.
    pub fn f1(&self) -> f64 {
        share(2 * self.right, self.found + self.truth)
    }

    /// Share of the right values that are tied to the right person.
    pub fn tied_share(&self) -> f64 {
        share(self.tied, self.right)
    }

    /// Adds the counts of another case.
    pub fn add(&mut self, other: &Self) {
        self.truth += other.truth;
        self.found += other.found;
        self.right += other.right;
        self.tied += other.tied;
    }
}

/// The values of a case.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Values {
    /// By the element's word.
    pub elements: BTreeMap<String, ElementScore>,
    /// Numbers in the leak that are nobody's.
    pub decoys: u64,
    /// Those that were exported as somebody's.
    pub decoys_called: u64,
    /// How often the program was right, by element and by how sure it said that it was.
    pub reliability: Reliability,
    /// Wrong and missed values, for who looks into them: `+` or `-`, element, value, document, row.
    pub errors: Vec<String>,
}

/// Document and, in a table, sheet and row.
type Record = (String, String, u32);

/// The values of the exports held against `values.csv` and `decoys.csv` of the truth; nothing where there are none.
pub(super) fn score(
    truth_dir: &Path,
    mentions: &[TrueMention],
    exported: &[Exported],
    joined: &[Option<usize>],
) -> Result<Values, CorpusError> {
    let mut out = Values::default();
    if !truth_dir.join("values.csv").exists() {
        return Ok(out);
    }
    // Of each true value, the people.
    let mut truth: BTreeMap<(Record, String, String), BTreeSet<String>> = BTreeMap::new();
    let columns = ["document", "sheet", "row", "person", "element", "value"];
    for [document, sheet, row, person, element, value] in
        table(&truth_dir.join("values.csv"), &columns)?.into_iter().filter_map(|row| <[String; 6]>::try_from(row).ok())
    {
        let record = (document, sheet, row.parse().unwrap_or(0));
        truth.entry((record, element, value)).or_default().insert(person);
    }
    let by_rows: BTreeSet<&str> = mentions.iter().filter(|m| m.is_row()).map(|m| m.document.as_str()).collect();
    let mut found: BTreeMap<(Record, String, String), BTreeSet<&str>> = BTreeMap::new();
    let mut sure: BTreeMap<(Record, String, String), f64> = BTreeMap::new();
    for (mention, joined) in exported.iter().zip(joined) {
        let person = joined.and_then(|at| mentions.get(at)).map_or("", |mention| mention.person.as_str());
        let row = mention.row.filter(|_| by_rows.contains(mention.document.as_str()));
        if let Some(confidence) = mention.confidence.get("name").filter(|_| !mention.family.is_empty()) {
            let right = joined.and_then(|at| mentions.get(at)).is_some_and(|truth| truth.family == mention.family);
            out.reliability.add("name", *confidence, right);
        }
        let record = match row {
            Some(row) => (mention.document.clone(), mention.sheet.clone(), row),
            None => (mention.document.clone(), String::new(), 0),
        };
        for (element, value) in &mention.values {
            let key = (record.clone(), (*element).to_owned(), value.clone());
            if let Some(confidence) = mention.confidence.get(*element) {
                let most = sure.entry(key.clone()).or_default();
                *most = most.max(*confidence);
            }
            found.entry(key).or_default().insert(person);
        }
    }
    for key in truth.keys() {
        out.elements.entry(key.1.clone()).or_default().truth += 1;
    }
    for (key, people) in &found {
        if let Some(confidence) = sure.get(key) {
            out.reliability.add(&key.1, *confidence, truth.contains_key(key));
        }
        let entry = out.elements.entry(key.1.clone()).or_default();
        entry.found += 1;
        match truth.get(key) {
            Some(owners) => {
                entry.right += 1;
                entry.tied += u64::from(people.iter().any(|person| owners.contains(*person)));
                if !people.iter().any(|person| owners.contains(*person)) {
                    out.errors.push(line('?', key));
                }
            }
            None => out.errors.push(line('+', key)),
        }
    }
    out.errors.extend(truth.keys().filter(|key| !found.contains_key(*key)).map(|key| line('-', key)));
    let values: BTreeSet<(&str, String)> =
        found.keys().map(|((document, ..), _, value)| (document.as_str(), digits(value))).collect();
    let decoys: BTreeSet<(String, String)> = table(&truth_dir.join("decoys.csv"), &["document", "value"])?
        .into_iter()
        .filter_map(|row| <[String; 2]>::try_from(row).ok())
        .map(|[document, value]| (document, digits(&value)))
        .collect();
    out.decoys = decoys.len() as u64;
    let called = |(document, value): &&(String, String)| {
        let national = value.strip_prefix('0').map(|rest| format!("44{rest}"));
        values.contains(&(document.as_str(), value.clone()))
            || national.is_some_and(|number| values.contains(&(document.as_str(), number)))
    };
    out.decoys_called = decoys.iter().filter(called).count() as u64;
    Ok(out)
}

fn line(mark: char, ((document, sheet, row), element, value): &(Record, String, String)) -> String {
    format!("{mark} {element}: {value} in {document} {sheet} {row}")
}

fn digits(value: &str) -> String {
    value.chars().filter(char::is_ascii_digit).collect()
}
