//! Texts: letters, forms, mail, lists of lines.
//!
//! A text is parted into heads of messages ([`mail`]), tables written as text ([`grid`]) and letters ([`letter`]), in one
//! pass over its lines; most lines of most texts are left after a look for a colon, a digit and an anchor word.

mod address;
mod asides;
mod cues;
mod grid;
mod hl7;
mod labels;
mod letter;
mod lines;
mod mail;
mod people;
mod reach;
mod sentences;
mod values;

use std::collections::{BTreeMap, BTreeSet};

use assay_model::{Cell, Content, Element, Mention, Passage, Place, Recovery, Role, Table, Value};

use super::category::Count;
use super::draft::{Draft, Origin};
use super::field::Field;
use super::identifiers::Hit;
use super::rules::Headers;
use super::table::{self, rows::Sheet};
use super::{Detector, Found, ItemContext, names};
use crate::harm;
use crate::reference::fold;
use lines::Line;

/// Rows up to which a table may be a letter's layout.
const LAYOUT: usize = 60;

/// True for a small table where a cell holds an identifier's label together with its value.
pub(super) fn has_labels(headers: &Headers, table: &Table) -> bool {
    table.rows.len() <= LAYOUT
        && table.rows.iter().flatten().any(|cell| match cell {
            Cell::Text(text) => text.lines().any(|line| {
                labels::scan(headers, line).iter().any(|hit| {
                    let value = line.get(hit.value_start..hit.value_end).unwrap_or("");
                    matches!(hit.field, Field::NhsNumber | Field::DateOfBirth)
                        && value.bytes().any(|b| b.is_ascii_digit())
                })
            }),
            _ => false,
        })
}

/// A table as lines: one for each row, cells set apart by blanks; a row with cells of several lines, the letter's address
/// beside its references, one cell after the other.
pub(super) fn of_table(part: &str, table: &Table) -> Passage {
    let lines = |row: &Vec<Cell>| {
        let cells: Vec<String> = row.iter().map(|cell| cell.text().replace('\r', "")).collect();
        if cells.iter().any(|cell| cell.contains('\n')) {
            format!("\n{}\n", cells.join("\n\n"))
        } else {
            cells.join("   ")
        }
    };
    let text = table.rows.iter().map(lines).collect::<Vec<_>>().join("\n");
    Passage {
        part: part.to_owned(),
        hidden: false,
        recovery: Recovery::Stored,
        content: Content::Text { first_line: table.first_row, text },
    }
}

/// What reading a text needs.
pub(super) struct Reading<'a> {
    detector: &'a Detector,
    origin: Origin<'a>,
    count: &'a Count,
}

pub(super) fn read(
    detector: &Detector,
    item: ItemContext<'_>,
    origin: Origin<'_>,
    count: &Count,
    passages: &[&Passage],
    found: &mut Found,
) {
    let identifiers = lines::identifiers(&detector.identifiers, passages);
    let lines = lines::of(passages, &identifiers);
    if lines.is_empty() {
        return;
    }
    let reading = Reading { detector, origin, count };
    let mut tables = table::Reader::new(detector, item, origin, count, BTreeMap::new());
    let before = found.mentions.len();
    let mut correspondents = BTreeSet::new();
    let mut signatories = BTreeSet::new();
    let mut letters = Vec::new();
    for section in sections(&reading, &lines) {
        match section {
            Section::Head(range) => {
                found.message |= lines.iter().take(range.start).all(|line| line.blank);
                mail::read(&reading, lines.get(range).unwrap_or_default(), &mut correspondents, found);
            }
            Section::Grid(grid) => {
                let places: Vec<(String, u32)> =
                    grid.rows.iter().filter_map(|at| lines.get(*at)).map(|l| (l.part.to_owned(), l.number)).collect();
                let passage = grid.rows.first().and_then(|at| lines.get(*at)).map_or(0, |line| line.passage);
                let sheet = Sheet { origin, name: "", first_row: 1, passage, lines: &places };
                tables.read_at(&sheet, &grid.table, found);
            }
            Section::Segments(range) => hl7::read(&reading, lines.get(range).unwrap_or_default(), found),
            Section::Letter(view) => {
                letter::read(&reading, &view, &mut signatories, found);
                letters.push(view);
            }
        }
    }
    // A letter may have its reference block in a table: few mentions in all are of few people.
    let few = found.mentions.len() <= FEW;
    let mentions = found.mentions.split_off(if few { 0 } else { before });
    found.mentions.extend(merged(mentions, few));
    sentences::read(&reading, &detector.prose, &letters, found);
    unnamed(&reading, passages, &identifiers, found);
}

/// Counts the identifiers that went to nobody: a mail address in a log, a card number beside no name. A mention is of a
/// person, and nothing tells whose these are; what the item holds of them is said of the item. Where it is about people, the
/// values themselves are kept, so that a person can say whose they are.
fn unnamed(reading: &Reading<'_>, passages: &[&Passage], identifiers: &[Vec<Hit>], found: &mut Found) {
    let detector = reading.detector;
    let named: BTreeSet<&str> = found
        .mentions
        .iter()
        .flat_map(|(_, _, mention)| &mention.findings)
        .filter_map(|finding| match finding.value.reveal() {
            Value::Text(text) => Some(text.as_str()),
            _ => None,
        })
        .collect();
    let (people, mut kept) = (!found.mentions.is_empty(), 0);
    for (number, (passage, hits)) in passages.iter().zip(identifiers).enumerate() {
        let Content::Text { text, first_line } = &passage.content else { continue };
        let (mut line, mut counted) = (*first_line, 0);
        for hit in hits.iter().filter(|hit| !matches!(hit.element, Element::Postcode | Element::Diagnosis)) {
            let value = detector.identifiers.value(hit, text);
            let Some(value) = value.filter(|value| !named.contains(value.as_str())) else { continue };
            *found.unnamed.entry(hit.element).or_default() += 1;
            let asked = people && kept < ASKED && is_asked(detector, hit.element, &value);
            kept += usize::from(asked);
            if !asked && !harm::is_told_beside_nobody(hit.element) {
                continue;
            }
            let lines = text.get(counted..hit.start).map_or(0, |before| before.matches('\n').count());
            (line, counted) = (line.saturating_add(u32::try_from(lines).unwrap_or(u32::MAX)), hit.start);
            let place = Place::Line { part: passage.part.clone(), first: line, last: line };
            let mut draft = Draft::default();
            draft.push_found(hit, value, reading.origin.at(place), detector.identifiers.rule(hit));
            found.loose.extend(draft.findings.pop().map(|finding| (number, line, finding)));
        }
    }
}

/// Values of an item that are kept for a person to say whose they are.
const ASKED: usize = 64;

/// True for what is somebody's own: beside people, a person may tell whose. A desk's telephone and a body's address are not.
fn is_asked(detector: &Detector, element: Element, value: &str) -> bool {
    match element {
        Element::NhsNumber
        | Element::NationalInsuranceNumber
        | Element::Passport
        | Element::DrivingLicence
        | Element::BankAccount
        | Element::PaymentCard => true,
        Element::Phone => value.starts_with("+447"),
        Element::Email => !detector.signs.is_own_address(value) && !table::rows::is_nhs(value),
        _ => false,
    }
}

/// Mentions up to which an item is read as one letter or form.
const FEW: usize = 8;

/// Lines after which a text is cut at the next blank line.
const STRETCH: usize = 3_000;

enum Section<'a> {
    Head(std::ops::Range<usize>),
    Grid(grid::Grid),
    Segments(std::ops::Range<usize>),
    Letter(Vec<Line<'a>>),
}

fn sections<'a>(reading: &Reading<'_>, lines: &[Line<'a>]) -> Vec<Section<'a>> {
    let mut out = Vec::new();
    let mut letter: Vec<Line<'a>> = Vec::new();
    let last_salutation = lines.iter().rposition(|line| letter::salutation(line.text).is_some()).unwrap_or(0);
    let mut signed: Option<usize> = None;
    let mut at = 0;
    while let Some(line) = lines.get(at) {
        if let Some(sign_off) = signed {
            let two_blanks = line.blank && lines.get(at + 1).is_none_or(|next| next.blank);
            let other_part = lines.get(sign_off).is_some_and(|then| then.part != line.part);
            if at < last_salutation && (at > sign_off + 1 && two_blanks || other_part || at > sign_off + 14) {
                out.push(Section::Letter(std::mem::take(&mut letter)));
                signed = None;
            }
        }
        // A text without end is read in stretches: people in one are compared with each other.
        if (line.blank && letter.len() >= STRETCH) || letter.len() >= 4 * STRETCH {
            out.push(Section::Letter(std::mem::take(&mut letter)));
        }
        if line.blank {
            letter.push(*line);
            at += 1;
            continue;
        }
        if hl7::is_segment(line.text) {
            let end = at + lines.iter().skip(at).take_while(|line| hl7::is_segment(line.text)).count();
            out.push(Section::Letter(std::mem::take(&mut letter)));
            out.push(Section::Segments(at..end));
            at = end;
            continue;
        }
        if line.looks.has_colon
            && let Some(end) = mail::head_end(lines, at)
        {
            out.push(Section::Letter(std::mem::take(&mut letter)));
            out.push(Section::Head(at..end));
            // The subject line may name a patient: it is read with the message.
            letter.extend(lines.get(at..end).unwrap_or_default().iter().filter_map(subject));
            signed = None;
            at = end;
            continue;
        }
        if let Some(grid) = grid::at(reading.detector, lines, at) {
            at = grid.end;
            out.push(Section::Grid(grid));
            continue;
        }
        if letter::is_sign_off(line.text) {
            signed = Some(at);
        }
        letter.push(*line);
        at += 1;
    }
    out.push(Section::Letter(letter));
    out
}

/// The subject line of a message, without its marks of reply.
fn subject<'a>(line: &Line<'a>) -> Option<Line<'a>> {
    let head = line.text.get(..8).filter(|head| head.eq_ignore_ascii_case("subject:"))?;
    let end = line.base + line.text.len();
    let rest = line.text.get(head.len()..)?;
    let mut text = rest.trim();
    loop {
        let cut = ["re:", "fw:", "fwd:"]
            .iter()
            .find(|mark| text.get(..mark.len()).is_some_and(|t| t.eq_ignore_ascii_case(mark)));
        match cut {
            Some(mark) => text = text.get(mark.len()..).unwrap_or("").trim(),
            None => break,
        }
    }
    // What was cut off stands in front, but for blanks behind.
    let behind = rest.len() - rest.trim_end().len();
    let base = end - behind - text.len();
    Some(Line { text, blank: text.is_empty(), base, looks: lines::Looks::of(text), ..*line })
}

/// Mentions of one person in one text are one: by NHS number, by name and date of birth, by name where one has no more.
fn merged(mentions: Vec<(usize, u32, Mention)>, few: bool) -> Vec<(usize, u32, Mention)> {
    let mut out: Vec<(usize, u32, Mention)> = Vec::with_capacity(mentions.len());
    let mut by_key: BTreeMap<String, usize> = BTreeMap::new();
    for (passage, line, mention) in mentions {
        let keys = keys(&mention);
        let bare = mention.findings.iter().all(|f| f.element == Element::Name);
        let unborn = mention.nhs_number().is_none() && mention.date_of_birth().is_none();
        let by_name = bare || (few && unborn);
        let known =
            keys.iter().filter(|key| by_name || !key.starts_with("bare")).find_map(|key| by_key.get(key)).copied();
        let target = known.filter(|place| out.get(*place).is_some_and(|(_, _, other)| can_join(other, &mention)));
        let place = match target {
            Some(place) => {
                if let Some((_, _, other)) = out.get_mut(place) {
                    join(other, mention);
                }
                place
            }
            None => {
                out.push((passage, line, mention));
                out.len() - 1
            }
        };
        for key in keys {
            by_key.entry(key).or_insert(place);
        }
    }
    out
}

fn keys(mention: &Mention) -> Vec<String> {
    let mut keys: Vec<String> = mention.nhs_number().map(|number| format!("nhs {number}")).into_iter().collect();
    if let Some(name) = mention.names().next().filter(|name| !name.given.is_empty() && !name.family.is_empty()) {
        let first = name.given.first().map(|g| fold(g)).unwrap_or_default();
        let name = format!("{first} {}", fold(&name.family));
        if let Some(born) = mention.date_of_birth() {
            keys.push(format!("born {name} {born}"));
        }
        if let Some(address) = mention.texts(Element::Email).next() {
            keys.push(format!("mail {name} {address}"));
        }
        keys.push(format!("bare {name}"));
    }
    keys
}

fn can_join(a: &Mention, b: &Mention) -> bool {
    // Rows of a table stay the records that they are.
    let is_row = |mention: &Mention| matches!(mention.locator.place, Place::Row { .. });
    if is_row(a) && is_row(b) {
        return false;
    }
    let numbers = match (a.nhs_number(), b.nhs_number()) {
        (Some(a), Some(b)) => a == b,
        _ => true,
    };
    let births = match (a.date_of_birth(), b.date_of_birth()) {
        (Some(a), Some(b)) => a == b,
        _ => true,
    };
    let named = match (a.names().next(), b.names().next()) {
        (Some(a), Some(b)) => names::compatible(a, b),
        _ => true,
    };
    let roles = a.role == b.role || a.role == Role::Unknown || b.role == Role::Unknown || b.findings.len() == 1;
    numbers && births && named && roles
}

fn join(into: &mut Mention, other: Mention) {
    if into.role == Role::Unknown && other.role != Role::Unknown {
        into.role = other.role;
        into.role_reason = other.role_reason;
    }
    let has_name = into.names().next().is_some_and(|name| !name.given.is_empty());
    for finding in other.findings {
        let repeats = into.findings.iter().any(|f| f.element == finding.element && f.value == finding.value);
        let named_already = finding.element == Element::Name && has_name;
        if !repeats && !named_already {
            into.findings.push(finding);
        }
    }
    into.findings.sort_by(|a, b| a.locator.place.cmp(&b.locator.place).then(a.element.cmp(&b.element)));
}
