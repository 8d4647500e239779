//! Fields of one JSON object, and the dates that trackers write.

use assay_model::{Claim, ExhibitId};
use jiff::civil::{Date, DateTime};
use jiff::{Timestamp, tz::Offset};
use serde_json::{Map, Value};

use super::ClaimFormatError;
use crate::claims::text::unescaped;

/// One object of a file, with what an error about it needs.
#[derive(Clone, Copy)]
pub(super) struct Record<'a> {
    pub(super) exhibit: &'a ExhibitId,
    /// Its place: `post 2`.
    pub(super) place: &'static str,
    pub(super) number: usize,
    pub(super) fields: &'a Map<String, Value>,
}

/// An instant as a file gives it.
pub(super) const INSTANT: &str = "an instant such as 2024-11-28T10:15:00Z, or 2024-11-28 10:15:00 taken as UTC";

impl<'a> Record<'a> {
    /// The first of the named fields that is a text with something in it, unescaped; empty where none is.
    pub(super) fn text(&self, names: &[&str]) -> Result<String, ClaimFormatError> {
        Ok(self.raw(names)?.map_or_else(String::new, |(_, text)| unescaped(text.trim())))
    }

    /// The instant of the first of the named fields that is not empty.
    pub(super) fn instant(&self, names: &[&str]) -> Result<Option<Timestamp>, ClaimFormatError> {
        let Some((name, text)) = self.raw(names)? else { return Ok(None) };
        instant(text).map(Some).ok_or_else(|| {
            self.wrong(name, INSTANT, "write the date in that form, or empty the field where it is not known")
        })
    }

    /// The named field where it is a list of texts; texts of another form are no ids and are passed over.
    pub(super) fn texts(&self, name: &str) -> impl Iterator<Item = &'a str> {
        self.fields.get(name).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
    }

    /// A size may be typed as a number: `275`.
    pub(super) fn size(&self, names: &[&str]) -> Result<String, ClaimFormatError> {
        for name in names {
            match self.fields.get(*name) {
                Some(Value::Number(number)) => return Ok(number.to_string()),
                _ => {
                    let text = self.text(&[name])?;
                    if !text.is_empty() {
                        return Ok(text);
                    }
                }
            }
        }
        Ok(String::new())
    }

    pub(super) fn wrong(&self, name: &str, expected: &'static str, remedy: &'static str) -> ClaimFormatError {
        ClaimFormatError::Field {
            exhibit: self.exhibit.clone(),
            field: format!("{} {}, {}", self.place, self.number, printable(name)),
            expected,
            remedy,
        }
    }

    fn raw<'n>(&self, names: &[&'n str]) -> Result<Option<(&'n str, &'a str)>, ClaimFormatError> {
        for name in names {
            match self.fields.get(*name) {
                None | Some(Value::Null) => {}
                Some(Value::String(text)) if text.trim().is_empty() => {}
                Some(Value::String(text)) => return Ok(Some((name, text.trim()))),
                Some(_) => return Err(self.wrong(name, "a text", "write it in quotation marks, or leave it out")),
            }
        }
        Ok(None)
    }
}

/// A claim that names nobody and says nothing is no claim.
pub(super) fn checked(record: &Record<'_>, field: &str, claim: Claim) -> Result<Claim, ClaimFormatError> {
    if claim.title.is_empty() && claim.website.is_empty() {
        return Err(record.wrong(
            field,
            "the post's title, or the victim's web site in its own field",
            "copy the title from the post; where it was masked, copy the mask",
        ));
    }
    Ok(claim)
}

/// RFC 3339, else a date and time without zone, else a date, both taken as UTC.
pub(super) fn instant(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    if let Ok(instant) = text.parse::<Timestamp>() {
        return Some(instant);
    }
    let civil = text.parse::<DateTime>().ok().or_else(|| text.parse::<Date>().ok().map(|date| date.at(0, 0, 0, 0)))?;
    Offset::UTC.to_timestamp(civil).ok()
}

/// A field's name fit for an error: short, and without what a terminal would obey.
pub(super) fn printable(name: &str) -> String {
    name.chars().take(40).map(|c| if c.is_ascii_alphanumeric() || "_-. ".contains(c) { c } else { '?' }).collect()
}
