//! Heads of messages: who wrote to whom. A head stands at the beginning of a message or where one is quoted.

use std::collections::BTreeSet;

use assay_model::{Element, ItemCategory, Mention, Role, Value};

use super::super::dates::{self, DateSense};
use super::super::draft::{Basis, Draft};
use super::super::names::{self, NameOrder};
use super::super::table::rows::is_nhs;
use super::super::{Found, contact};
use super::Reading;
use super::lines::Line;

const PEOPLE: [&str; 6] = ["from:", "to:", "cc:", "bcc:", "reply-to:", "sender:"];
const OTHER: [&str; 4] = ["sent:", "date:", "subject:", "importance:"];

/// Mail domains that people use for themselves: an address there says nothing of a body.
const PRIVATE: [&str; 16] = [
    "gmail.com",
    "googlemail.com",
    "hotmail.com",
    "hotmail.co.uk",
    "outlook.com",
    "live.co.uk",
    "live.com",
    "yahoo.com",
    "yahoo.co.uk",
    "icloud.com",
    "me.com",
    "btinternet.com",
    "sky.com",
    "aol.com",
    "talktalk.net",
    "virginmedia.com",
];

fn key<'t>(text: &'t str, keys: &[&str]) -> Option<&'t str> {
    let text = text.trim_start().trim_start_matches('*');
    keys.iter().find_map(|key| {
        let head = text.get(..key.len())?;
        head.eq_ignore_ascii_case(key).then(|| text.get(key.len()..).unwrap_or("").trim_start_matches('*').trim())
    })
}

/// The line after a head that begins at `start`; `None` where none begins. A sender alone is no head: a second field stands
/// within the next four lines.
pub(super) fn head_end(lines: &[Line<'_>], start: usize) -> Option<usize> {
    let first = lines.get(start)?.text;
    key(first, &PEOPLE).or_else(|| key(first, &OTHER))?;
    let mut from = false;
    let mut fields = BTreeSet::new();
    let mut end = start;
    for (at, line) in lines.iter().enumerate().skip(start).take(14) {
        let is_field = key(line.text, &PEOPLE).is_some() || key(line.text, &OTHER).is_some();
        if is_field {
            from |= key(line.text, &["from:", "sender:"]).is_some();
            fields.insert(line.text.trim_start().split(':').next().unwrap_or("").to_lowercase());
            end = at + 1;
        } else if !line.text.starts_with([' ', '\t']) || line.blank {
            break;
        }
    }
    (from && fields.len() >= 2).then_some(end)
}

/// The people and the date of a head.
pub(super) fn read(reading: &Reading<'_>, lines: &[Line<'_>], seen: &mut BTreeSet<String>, found: &mut Found) {
    for line in lines {
        if let Some(date) = key(line.text, &["date:", "sent:"]).and_then(|text| dates::parse(text, DateSense::Record)) {
            found.dates.add(date);
        }
        let continued = line.text.starts_with([' ', '\t']);
        let people =
            key(line.text, &PEOPLE).or_else(|| continued.then(|| line.text.trim()).filter(|text| text.contains('@')));
        let Some(text) = people else { continue };
        for mention in people_of(reading, line, text, seen) {
            found.mentions.push((line.passage, line.number, mention));
        }
    }
}

fn people_of(reading: &Reading<'_>, line: &Line<'_>, text: &str, seen: &mut BTreeSet<String>) -> Vec<Mention> {
    let mut out = Vec::new();
    let mut rest = text;
    if !text.contains('@') {
        // Outlook prints names only; a comma may be inside a name, a semicolon parts them.
        for name in text
            .split(';')
            .filter(|piece| names::likeness(piece.trim()) == 2)
            .filter_map(|piece| plain_name(piece.trim()))
        {
            let mut draft = Draft::default();
            let is_doctor = names::is_doctor(&name);
            let key = format!("{} {}", name.given.join(" "), name.family).to_lowercase();
            draft.push(Element::Name, Value::Name(name), reading.origin.at(line.place()), Basis::Label);
            if seen.insert(key) {
                let role = if is_doctor { Role::Staff } else { Role::Unknown };
                out.extend(draft.finish(reading.origin.at(line.place()), role, "named in the head of a message"));
            }
        }
        return out;
    }
    while let Some((start, end, address)) = contact::find_email(rest) {
        let before =
            rest.get(..start).unwrap_or("").trim_matches(|c: char| c.is_whitespace() || "<>[];,\"'(".contains(c));
        let before =
            before.trim_end_matches("mailto:").trim_matches(|c: char| c.is_whitespace() || "<>[];,\"'(".contains(c));
        let name = plain_name(before);
        rest = rest.get(end..).unwrap_or("");
        // `a@b <mailto:a@b>` writes the same address twice.
        if !seen.insert(address.clone()) {
            continue;
        }
        let Some(name) = name else { continue };
        let (role, reason) = role_of(reading, &address);
        let mut draft = Draft::default();
        let at = || reading.origin.at(line.place());
        draft.push(Element::Name, Value::Name(name), at(), Basis::Label);
        draft.push(Element::Email, Value::Text(address), at(), Basis::Label);
        out.extend(draft.finish(at(), role, reason));
    }
    out
}

/// A display name with at least two words; bodies and functions ("Theatre bookings") are none.
fn plain_name(text: &str) -> Option<assay_model::PersonName> {
    let text = text.split('(').next().unwrap_or(text).trim();
    let words = text.split([' ', ',']).filter(|word| !word.is_empty()).count();
    if words < 2 || names::likeness(text) == 0 {
        return None;
    }
    names::parse(text, NameOrder::GivenFirst)
}

fn role_of(reading: &Reading<'_>, address: &str) -> (Role, &'static str) {
    let domain = contact::domain(address);
    if reading.detector.signs.is_own_address(address) || is_nhs(address) {
        return (Role::Staff, "correspondent with an address of a controller or of the health service");
    }
    if PRIVATE.contains(&domain) {
        return match reading.count.leading() {
            Some(ItemCategory::DonorReport) => (Role::Donor, "correspondent with a private address about giving"),
            _ => (Role::Unknown, "correspondent with a private address"),
        };
    }
    match reading.count.leading() {
        Some(ItemCategory::Procurement) => (Role::SupplierContact, "correspondent of another body about procurement"),
        _ => (Role::Unknown, "correspondent of another body"),
    }
}
