//! The CSV exports: people, items and mentions, one row each, for machines and for Excel alike.
//!
//! UTF-8 without a byte order mark, comma, quotes where needed, `\n` line ends, the header of docs/CONTRACTS.md.
//! Lists are joined by `;`. A `;` inside a path is written `%3B`, in the manner in which [`assay_model::ItemPath`]
//! escapes `!` and `%`, so that `documents` splits safely.
//!
//! **Formulas.** Evidence was packed by criminals, and a cell that begins with `=`, `+`, `-`, `@`, a tab or a carriage
//! return is a formula to a spreadsheet. Such a cell gets one `'` in front, as does one that begins with `'` before
//! such a character: taking one `'` away always restores it. A signed number (`+441632960001`) is no formula that could
//! do anything, and stays as it is: a telephone number that was altered would be of no use to a machine.

use crate::{
    RenderError, Reveal,
    mask::Veil,
    tally::{counted_subjects, people_by_item, published_elements},
};
use assay_model::{
    AgeBand, DataSubject, Dossier, Element, ExhibitId, Finding, Item, ItemPath, ItemStatus, Judgement, Mention,
    MentionId, PersonName, Place, Sensitive, SubjectId, UrgentRecord, Value,
};
use jiff::civil::DateTime;
use std::collections::{BTreeMap, BTreeSet};
use std::{borrow::Cow, io::Write, net::IpAddr};

const SUBJECTS: [&str; 16] = [
    "subject_id",
    "nhs_number",
    "family_name",
    "given_names",
    "date_of_birth",
    "postcode",
    "email",
    "phone",
    "hospital_numbers",
    "role",
    "controllers",
    "child",
    "elements",
    "documents",
    "register_match",
    "probability",
];

const ITEMS: [&str; 12] = [
    "exhibit",
    "path",
    "bytes",
    "sha256",
    "media_type",
    "category",
    "status",
    "reason",
    "subjects",
    "duplicate_of",
    "near_duplicate_group",
    "thread",
];

const URGENT: [&str; 15] = [
    "harm",
    "exhibit",
    "path",
    "place",
    "mention_id",
    "subject_id",
    "role",
    "child",
    "family_name",
    "given_names",
    "date_of_birth",
    "nhs_number",
    "elements",
    "values",
    "confidence",
];

const UNASSIGNED: [&str; 8] = ["exhibit", "path", "place", "element", "value", "people_in_item", "near", "confidence"];

const INDICATORS: [&str; 9] = ["kind", "value", "first", "last", "connections", "sessions", "score", "rules", "judged"];

/// Lines within which a person's record is near a value.
const NEAR: u32 = 12;
/// People who are named as near to a value, at most.
const NEAREST: usize = 5;

const MENTIONS: [&str; 23] = [
    "mention_id",
    "subject_id",
    "exhibit",
    "path",
    "place",
    "sheet",
    "row",
    "line",
    "role",
    "nhs_number",
    "family_name",
    "given_names",
    "date_of_birth",
    "postcode",
    "email",
    "phone",
    "hospital_numbers",
    "national_insurance_number",
    "bank_account",
    "elements",
    "recovery",
    "urgent",
    "confidence",
];

/// The people who count, one a row, sorted by id; returns the rows, which are `subjects.count` of report.json.
///
/// # Errors
/// Where `out` fails; what was written is then incomplete.
pub fn export_subjects(dossier: &Dossier, reveal: Reveal, out: &mut dyn Write) -> Result<u64, RenderError> {
    let veil = Veil::new(dossier, reveal);
    let rows = counted_subjects(dossier).map(|subject| subject_row(subject, &veil));
    write_rows(&SUBJECTS, rows, out)
}

/// Every item that holds leaked data, one a row, in the dossier's order; returns the rows.
///
/// `reason` is the reason of an unread item, `duplicate_of EXHIBIT:path` of a duplicate and the warnings of an item read
/// in part; `subjects` is the number of people who count and whom the item mentions. `duplicate_of` is `EXHIBIT:path` of the
/// item of the same bytes that was read; `near_duplicate_group` (`N1`) names items of the same or almost the same words,
/// `thread` (`T1`) messages that answer each other; empty where an item has no like.
///
/// # Errors
/// Where `out` fails; what was written is then incomplete.
pub fn export_items(dossier: &Dossier, reveal: Reveal, out: &mut dyn Write) -> Result<u64, RenderError> {
    let veil = Veil::new(dossier, reveal);
    let people = people_by_item(dossier);
    let alike = &dossier.alike;
    let rows = dossier.items.iter().enumerate().map(|(n, item)| {
        let people = people.get(&(&item.exhibit, &item.path)).copied().unwrap_or_default();
        let numbered = |letter: char, of: &[Option<u32>]| {
            of.get(n).copied().flatten().map_or_else(String::new, |number| format!("{letter}{number}"))
        };
        item_row(item, people, [numbered('N', &alike.near_group), numbered('T', &alike.thread)], &veil)
    });
    write_rows(&ITEMS, rows, out)
}

/// Every mention, one a row, in the dossier's order; returns the rows.
///
/// `subject_id` is the person who holds the mention, whether counted or not; `row` and `line` count from one.
///
/// # Errors
/// Where `out` fails; what was written is then incomplete.
pub fn export_mentions(dossier: &Dossier, reveal: Reveal, out: &mut dyn Write) -> Result<u64, RenderError> {
    let veil = Veil::new(dossier, reveal);
    let holders = holders(dossier);
    let mut urgent: BTreeMap<MentionId, Vec<&str>> = BTreeMap::new();
    for record in &dossier.urgent {
        if let Some(id) = record.mention {
            urgent.entry(id).or_default().push(record.harm.as_str());
        }
    }
    let rows = dossier.mentions.iter().map(|mention| {
        let urgent = urgent.get(&mention.id).map(Vec::as_slice).unwrap_or_default();
        mention_row(mention, holders.get(&mention.id).copied(), urgent, &veil)
    });
    write_rows(&MENTIONS, rows, out)
}

/// What harms first, one record and class a row, most urgent class first; returns the rows.
///
/// `values` are the findings that make the class, joined; `confidence` is the least of theirs. `subject_id` is empty where
/// people are not put together yet, `mention_id` for what stands beside nobody.
///
/// # Errors
/// Where `out` fails; what was written is then incomplete.
pub fn export_urgent(dossier: &Dossier, reveal: Reveal, out: &mut dyn Write) -> Result<u64, RenderError> {
    let veil = Veil::new(dossier, reveal);
    write_rows(&URGENT, dossier.urgent.iter().map(|record| urgent_row(record, &veil)), out)
}

/// Values that tell a person, in items about people, of which nothing says whose they are; by place, one a row; returns the rows.
///
/// `near` has the people (`subject_id`, else `mention_id`) whose records stand within twelve lines, the nearest first: a person
/// who reads the item decides. None of them is said to have the value anywhere.
///
/// # Errors
/// Where `out` fails; what was written is then incomplete.
pub fn export_unassigned(dossier: &Dossier, reveal: Reveal, out: &mut dyn Write) -> Result<u64, RenderError> {
    let veil = Veil::new(dossier, reveal);
    let holders = holders(dossier);
    let mut in_item: BTreeMap<(&ExhibitId, &ItemPath), Vec<&Mention>> = BTreeMap::new();
    for mention in &dossier.mentions {
        in_item.entry((&mention.locator.exhibit, &mention.locator.path)).or_default().push(mention);
    }
    let rows = dossier.unassigned.iter().map(|finding| {
        let at = &finding.locator;
        let beside = in_item.get(&(&at.exhibit, &at.path)).map(Vec::as_slice).unwrap_or_default();
        let mut near: Vec<(u32, String)> = beside
            .iter()
            .filter_map(|mention| Some((distance(&at.place, &mention.locator.place)?, *mention)))
            .filter(|(lines, _)| *lines <= NEAR)
            .map(|(lines, m)| (lines, holders.get(&m.id).map_or_else(|| m.id.to_string(), ToString::to_string)))
            .collect();
        near.sort();
        near.dedup_by(|a, b| a.1 == b.1);
        [
            at.exhibit.to_string(),
            veil.path(&at.exhibit, &at.path),
            veil.place(&at.place),
            finding.element.as_str().to_owned(),
            finding_text(finding, &veil),
            beside.len().to_string(),
            joined(near.into_iter().take(NEAREST).map(|(_, id)| id)),
            format!("{:.2}", finding.confidence),
        ]
    });
    write_rows(&UNASSIGNED, rows, out)
}

/// Addresses that made connections in sessions that a person judged to be taken over, and from which nobody had logged in to them; an
/// address a row, sorted; returns the rows. Times are of the logs' own zone. Nobody is named.
///
/// # Errors
/// Where `out` fails; what was written is then incomplete.
pub fn export_indicators(dossier: &Dossier, out: &mut dyn Write) -> Result<u64, RenderError> {
    #[derive(Default)]
    struct Indicator<'a> {
        first: Option<DateTime>,
        last: Option<DateTime>,
        connections: u64,
        sessions: Vec<String>,
        score: f64,
        rules: BTreeSet<&'a str>,
    }
    let mut by_address: BTreeMap<IpAddr, Indicator<'_>> = BTreeMap::new();
    let judged = dossier.gateway.iter().flat_map(|gateway| &gateway.flagged);
    for flagged in judged.filter(|flagged| flagged.judged == Some(Judgement::TakenOver)) {
        let session = &flagged.session;
        let foreign = session.sources.iter().filter(|(address, ..)| Some(*address) != session.client_ip);
        for (address, first, last, connections) in foreign {
            let one = by_address.entry(*address).or_default();
            one.first = Some(one.first.map_or(*first, |known| known.min(*first)));
            one.last = Some(one.last.map_or(*last, |known| known.max(*last)));
            one.connections += connections;
            one.sessions.push(session.session_id.to_string());
            one.score = one.score.max(flagged.score);
            one.rules.extend(flagged.indicators_for.iter().map(|indicator| indicator.rule.as_str()));
        }
    }
    let time = |time: Option<DateTime>| time.map_or_else(String::new, |time| time.to_string());
    let rows = by_address.into_iter().map(|(address, one)| {
        [
            if address.is_ipv4() { "ipv4-addr" } else { "ipv6-addr" }.to_owned(),
            address.to_string(),
            time(one.first),
            time(one.last),
            one.connections.to_string(),
            joined(one.sessions.into_iter()),
            format!("{:.1}", one.score),
            joined(one.rules.into_iter().map(str::to_owned)),
            Judgement::TakenOver.as_str().to_owned(),
        ]
    });
    write_rows(&INDICATORS, rows, out)
}

/// Who holds each mention, whether counted or not.
fn holders(dossier: &Dossier) -> BTreeMap<MentionId, &SubjectId> {
    dossier.subjects.iter().flat_map(|s| s.mentions.iter().map(move |m| (*m, &s.id))).collect()
}

/// Lines between two places of one part of a text.
fn distance(a: &Place, b: &Place) -> Option<u32> {
    match (a, b) {
        (Place::Line { part, first, last }, Place::Line { part: other, first: from, last: to }) if part == other => {
            Some(from.saturating_sub(*last).max(first.saturating_sub(*to)))
        }
        _ => None,
    }
}

fn finding_text(finding: &Finding, veil: &Veil<'_>) -> String {
    let text = match finding.value.reveal() {
        Value::Text(text) => text.clone(),
        Value::Date(date) => date.to_string(),
        Value::Name(name) => format!("{} {}", name.given.join(" "), name.family),
    };
    veil.value(finding.element.as_str(), &text)
}

fn urgent_row(record: &UrgentRecord, veil: &Veil<'_>) -> [String; 15] {
    let name = record.name.as_ref().map(Sensitive::reveal);
    let least = record.findings.iter().map(|finding| finding.confidence).fold(1.0, f32::min);
    [
        record.harm.as_str().to_owned(),
        record.locator.exhibit.to_string(),
        veil.path(&record.locator.exhibit, &record.locator.path),
        veil.place(&record.locator.place),
        record.mention.map_or_else(String::new, |id| id.to_string()),
        record.subject.as_ref().map_or_else(String::new, ToString::to_string),
        record.role.as_str().to_owned(),
        child(record.age).to_owned(),
        family(name, veil),
        given(name, veil),
        record
            .date_of_birth
            .as_ref()
            .map_or_else(String::new, |d| veil.value("date of birth", &d.reveal().to_string())),
        optional("nhs number", &record.nhs_number, veil),
        joined(record.elements().into_iter().map(|element| element.as_str().to_owned())),
        joined(record.findings.iter().map(|finding| finding_text(finding, veil))),
        format!("{least:.2}"),
    ]
}

fn write_rows<const N: usize>(
    header: &[&str; N],
    rows: impl Iterator<Item = [String; N]>,
    out: &mut dyn Write,
) -> Result<u64, RenderError> {
    let mut writer = csv::Writer::from_writer(out);
    writer.write_record(header)?;
    let mut written = 0;
    for row in rows {
        writer.write_record(row.iter().map(|cell| defused(cell).into_owned()))?;
        written += 1;
    }
    writer.flush()?;
    Ok(written)
}

fn subject_row(subject: &DataSubject, veil: &Veil<'_>) -> [String; 16] {
    let name = subject.name.as_ref().map(Sensitive::reveal);
    let documents = subject.documents.iter().map(|(exhibit, path)| document(exhibit, path, veil));
    [
        subject.id.to_string(),
        optional("nhs number", &subject.nhs_number, veil),
        family(name, veil),
        given(name, veil),
        subject
            .date_of_birth
            .as_ref()
            .map_or_else(String::new, |d| veil.value("date of birth", &d.reveal().to_string())),
        optional("postcode", &subject.postcode, veil),
        several("email", &subject.emails, veil),
        several("phone", &subject.phones, veil),
        several("hospital number", &subject.hospital_numbers, veil),
        subject.role.as_str().to_owned(),
        joined(subject.controllers.iter().map(ToString::to_string)),
        child(subject.age).to_owned(),
        published_elements(subject).join(";"),
        joined(documents),
        subject.register_match.as_str().to_owned(),
        format!("{:.4}", subject.probability),
    ]
}

fn item_row(item: &Item, people: u64, [near, thread]: [String; 2], veil: &Veil<'_>) -> [String; 12] {
    let duplicate_of = match &item.status {
        ItemStatus::Duplicate(exhibit, path) => veil.located(exhibit, path),
        _ => String::new(),
    };
    let reason = match &item.status {
        ItemStatus::Read => String::new(),
        ItemStatus::Partial => joined(item.warnings.iter().map(|warning| warning.0.clone())),
        ItemStatus::Duplicate(..) => format!("duplicate_of {duplicate_of}"),
        ItemStatus::Unread(reason) => reason.as_str().to_owned(),
    };
    [
        item.exhibit.to_string(),
        veil.path(&item.exhibit, &item.path),
        item.bytes.to_string(),
        item.sha256.to_string(),
        item.media_type.clone(),
        item.category.as_str().to_owned(),
        item.status.as_str().to_owned(),
        reason,
        people.to_string(),
        duplicate_of,
        near,
        thread,
    ]
}

fn mention_row(mention: &Mention, holder: Option<&SubjectId>, urgent: &[&str], veil: &Veil<'_>) -> [String; 23] {
    let (sheet, row, line) = match &mention.locator.place {
        Place::Row { sheet, row } | Place::Cell { sheet, row, .. } => (sheet.as_str(), Some(*row), None),
        Place::Line { first, .. } => ("", None, Some(*first)),
        Place::Whole | Place::Bytes { .. } => ("", None, None),
    };
    let number = |n: Option<u32>| n.map_or_else(String::new, |n| n.to_string());
    let texts = |element: Element, what: &str| {
        let mut values: Vec<&str> = mention.texts(element).collect();
        values.sort_unstable();
        values.dedup();
        joined(values.into_iter().map(|value| veil.value(what, value)))
    };
    let name = mention.names().next();
    [
        mention.id.to_string(),
        holder.map_or_else(String::new, ToString::to_string),
        mention.locator.exhibit.to_string(),
        veil.path(&mention.locator.exhibit, &mention.locator.path),
        veil.place(&mention.locator.place),
        veil.value("sheet", sheet),
        number(row),
        number(line),
        mention.role.as_str().to_owned(),
        mention.nhs_number().map_or_else(String::new, |n| veil.value("nhs number", n)),
        family(name, veil),
        given(name, veil),
        mention.date_of_birth().map_or_else(String::new, |date| veil.value("date of birth", &date.to_string())),
        mention.texts(Element::Postcode).next().map_or_else(String::new, |p| veil.value("postcode", p)),
        texts(Element::Email, "email"),
        texts(Element::Phone, "phone"),
        texts(Element::HospitalNumber, "hospital number"),
        texts(Element::NationalInsuranceNumber, "national insurance number"),
        texts(Element::BankAccount, "bank account"),
        mention_elements(mention).join(";"),
        mention.recovery.written(),
        urgent.join(";"),
        joined(confidences(mention)),
    ]
}

fn mention_elements(mention: &Mention) -> Vec<&'static str> {
    let mut elements: Vec<Element> = mention.findings.iter().map(|finding| finding.element).collect();
    elements.sort_unstable();
    elements.dedup();
    elements.into_iter().map(Element::as_str).collect()
}

/// For each of [`mention_elements`], the least confidence of its findings.
fn confidences(mention: &Mention) -> impl Iterator<Item = String> {
    let mut least: BTreeMap<Element, f32> = BTreeMap::new();
    for finding in &mention.findings {
        let known = least.entry(finding.element).or_insert(1.0);
        *known = known.min(finding.confidence);
    }
    least.into_values().map(|confidence| format!("{confidence:.3}"))
}

fn optional(what: &str, value: &Option<Sensitive<String>>, veil: &Veil<'_>) -> String {
    value.as_ref().map_or_else(String::new, |value| veil.value(what, value.reveal()))
}

fn several(what: &str, values: &[Sensitive<String>], veil: &Veil<'_>) -> String {
    joined(values.iter().map(|value| veil.value(what, value.reveal())))
}

fn family(name: Option<&PersonName>, veil: &Veil<'_>) -> String {
    name.map_or_else(String::new, |name| veil.value("family name", &name.family))
}

fn given(name: Option<&PersonName>, veil: &Veil<'_>) -> String {
    name.map_or_else(String::new, |name| veil.value("given names", &name.given.join(" ")))
}

fn document(exhibit: &ExhibitId, path: &ItemPath, veil: &Veil<'_>) -> String {
    veil.located(exhibit, path).replace(';', "%3B")
}

fn joined(values: impl Iterator<Item = String>) -> String {
    values.collect::<Vec<_>>().join(";")
}

fn child(age: AgeBand) -> &'static str {
    match age {
        AgeBand::Child => "true",
        AgeBand::Adult => "false",
        AgeBand::Unknown => "unknown",
    }
}

/// A cell that no spreadsheet takes for a formula.
pub(crate) fn defused(cell: &str) -> Cow<'_, str> {
    let bare = cell.trim_start_matches('\'');
    let formula = match bare.chars().next() {
        Some('=' | '@' | '\t' | '\r') => true,
        Some('+' | '-') => !bare.bytes().skip(1).all(|b| b.is_ascii_digit() || b == b'.') || bare.len() == 1,
        _ => false,
    };
    // A list of telephone numbers is harmless as each of them is.
    let phones = bare.len() == cell.len()
        && cell
            .split(';')
            .all(|part| part.strip_prefix('+').is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit())));
    if formula && !phones { format!("'{cell}").into() } else { cell.into() }
}

#[cfg(test)]
mod tests {
    use super::defused;

    #[test]
    fn formulas_are_defused_and_numbers_are_not_touched() {
        let check = |cell: &str, expected: &str| assert_eq!(defused(cell), expected, "{cell:?}");
        check("=cmd|'/c calc'!A1", "'=cmd|'/c calc'!A1");
        check("@SUM(A1)", "'@SUM(A1)");
        check("-2+3+cmd|' /C calc'!A0", "'-2+3+cmd|' /C calc'!A0");
        check("+", "'+");
        check("\t=1", "'\t=1");
        check("'=1", "''=1");
        check("'t Hooft", "'t Hooft");
        check("+441632960001", "+441632960001");
        check("+441632960001;+441632960002", "+441632960001;+441632960002");
        check("+441632960001;=1", "'+441632960001;=1");
        check("", "");
    }
}
