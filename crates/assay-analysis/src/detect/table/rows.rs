//! The rows under a header: one mention for each person in a row.

use assay_model::{Cell, Element, Place, Role, Value};

use super::super::dates::{self, DateSense};
use super::super::draft::{Basis, Draft, Origin};
use super::super::field::{Field, Scope};
use super::super::{Detector, Found, contact};
use super::{Column, Layout};
use crate::harm;

/// Where rows lie.
pub(crate) struct Sheet<'a> {
    pub(crate) origin: Origin<'a>,
    pub(crate) name: &'a str,
    pub(crate) first_row: u32,
    /// The place of the passage among the item's.
    pub(crate) passage: usize,
    /// For a table made of lines of text: the part and the line of each row.
    pub(crate) lines: &'a [(String, u32)],
}

impl Sheet<'_> {
    pub(crate) fn row_number(&self, row: usize) -> u32 {
        match self.lines.get(row) {
            Some((_, line)) => *line,
            None => self.first_row.saturating_add(u32::try_from(row).unwrap_or(u32::MAX)),
        }
    }

    fn line(&self, row: usize) -> Option<Place> {
        let (part, line) = self.lines.get(row)?;
        Some(Place::Line { part: part.clone(), first: *line, last: *line })
    }

    pub(crate) fn cell(&self, row: usize, column: usize) -> Place {
        if let Some(line) = self.line(row) {
            return line;
        }
        let column = u32::try_from(column).unwrap_or(u32::MAX).saturating_add(1);
        Place::Cell { sheet: self.name.to_owned(), row: self.row_number(row), column }
    }

    pub(crate) fn row(&self, row: usize) -> Place {
        if let Some(line) = self.line(row) {
            return line;
        }
        Place::Row { sheet: self.name.to_owned(), row: self.row_number(row) }
    }
}

pub(super) fn read(
    detector: &Detector,
    sheet: &Sheet<'_>,
    rows: &[Vec<Cell>],
    range: std::ops::Range<usize>,
    layout: &mut Layout,
    found: &mut Found,
) {
    let groups = std::mem::take(&mut layout.groups);
    for at in range {
        let Some(row) = rows.get(at).filter(|row| !row.iter().all(Cell::is_blank)) else { continue };
        for group in &groups {
            read_row(detector, sheet, (at, row), group, layout, found);
        }
    }
    layout.groups = groups;
}

fn read_row(
    detector: &Detector,
    sheet: &Sheet<'_>,
    (at, row): (usize, &[Cell]),
    columns: &[Column],
    layout: &mut Layout,
    found: &mut Found,
) {
    let mut subject = Draft::default();
    let mut relatives: Vec<Draft> = Vec::new();
    let mut contact = Draft::default();
    let mut clinicians: Vec<Draft> = Vec::new();
    let mut is_person_row = false;
    for column in columns {
        let Some(cell) = row.get(column.index).filter(|cell| !cell.is_blank()) else { continue };
        is_person_row |= matches!(column.field, Field::Sex | Field::Age | Field::DateOfBirth);
        if column.field == Field::RecordDate {
            if let Some(date) = dates::of_cell(cell, DateSense::Record) {
                found.dates.add(date);
            }
            continue;
        }
        if !column.field.is_personal() {
            continue;
        }
        let basis = if column.by_content { Basis::Content } else { Basis::Header };
        let place = || sheet.origin.at(sheet.cell(at, column.index));
        let draft = match column.scope {
            // A second name of another person in a row is nobody's whom a title would tell.
            Scope::Subject if column.field == Field::FullName && subject.has(Element::Name) => continue,
            Scope::Subject => &mut subject,
            Scope::Relative => {
                // "Mother's Name" and "Father's Name" are two.
                let another = column.field == Field::FullName && relatives.last().is_some_and(|d| d.has(Element::Name));
                if relatives.is_empty() || another {
                    relatives.push(Draft::default());
                }
                match relatives.last_mut() {
                    Some(last) => last,
                    None => continue,
                }
            }
            Scope::Contact => &mut contact,
            Scope::Clinician => {
                if column.field.is_name() {
                    let mut clinician = Draft::default();
                    clinician.fill(column.field, cell, column.order, place, basis, &detector.forms);
                    clinicians.push(clinician);
                }
                continue;
            }
        };
        draft.fill(column.field, cell, column.order, place, basis, &detector.forms);
    }
    subject.settle();
    let row_place = || sheet.origin.at(sheet.row(at));
    if layout.goods {
        // A person who orders or sells may stand in a row of goods; the row is no person's record.
        let row = sheet.row_number(at);
        let harms = subject.findings.extract_if(.., |finding| finding.element == Element::Credential);
        found.loose.extend(harms.map(|finding| (sheet.passage, row, finding)));
        subject.findings.retain(|f| matches!(f.element, Element::Name | Element::Email | Element::Phone));
    }
    if is_one(&subject, layout, is_person_row) {
        add_titled(&mut subject, layout, sheet);
        let (role, reason) = role_of_row(detector, &subject, layout);
        let mention = subject.finish(row_place(), role, reason);
        found.mentions.extend(mention.map(|mention| (sheet.passage, sheet.row_number(at), mention)));
    } else {
        // A list of systems with their passwords names nobody.
        subject.findings.retain(|finding| harm::is_told_beside_nobody(finding.element));
        let row = sheet.row_number(at);
        found.loose.extend(subject.findings.drain(..).map(|finding| (sheet.passage, row, finding)));
    }
    let mut push = |mention| found.mentions.push((sheet.passage, sheet.row_number(at), mention));
    for mut relative in relatives {
        if relative.has_name_after_settling()
            && let Some(mention) =
                relative.finish(row_place(), Role::Relative, "named in a column of next of kin or parents")
        {
            push(mention);
        }
    }
    if contact.has_name_after_settling() {
        let own = |text: &str| detector.signs.is_own_address(text) || is_nhs(text);
        let is_own = matches!(contact.first(Element::Email), Some(Value::Text(address)) if own(address));
        let (role, reason) = if is_own {
            (Role::Staff, "contact with an address of a controller")
        } else if layout.role == Role::Patient {
            (Role::Relative, "named as contact in a table of patients")
        } else {
            (Role::SupplierContact, "named in a column of contacts")
        };
        if let Some(mention) = contact.finish(row_place(), role, reason) {
            push(mention);
        }
    }
    for mut clinician in clinicians {
        clinician.settle();
        let Some(name) =
            clinician.name().map(|name| format!("{} {}", name.given.join(" "), name.family).to_lowercase())
        else {
            continue;
        };
        if name.split_whitespace().next().is_some()
            && layout.named.insert(name)
            && let Some(mention) =
                clinician.finish(row_place(), Role::Staff, "named in a column of clinicians or signatories")
        {
            push(mention);
        }
    }
}

impl Draft {
    fn has_name_after_settling(&mut self) -> bool {
        self.settle();
        self.has(Element::Name)
    }
}

/// Whether a row names a person: totals and foot notes do not, nor does a row of goods but by a full name.
fn is_one(draft: &Draft, layout: &Layout, is_person_row: bool) -> bool {
    if !draft.is_identified() {
        return false;
    }
    let numbered = draft.has(Element::NhsNumber)
        || draft.has(Element::HospitalNumber)
        || draft.has(Element::NationalInsuranceNumber);
    let Some(name) = draft.name() else { return numbered && !layout.goods };
    let whole = !name.given.is_empty() && !name.family.is_empty() || !name.title.is_empty();
    whole || numbered || is_person_row || draft.has(Element::DateOfBirth) || draft.has(Element::Postcode)
}

fn role_of_row(detector: &Detector, draft: &Draft, layout: &Layout) -> (Role, &'static str) {
    if layout.goods {
        return match draft.first(Element::Email) {
            Some(Value::Text(address)) if detector.signs.is_own_address(address) || is_nhs(address) => {
                (Role::Staff, "named in a table of goods with an address of a controller")
            }
            _ => (Role::SupplierContact, "named in a table of goods"),
        };
    }
    if layout.role == Role::SupplierContact
        && let Some(Value::Text(address)) = draft.first(Element::Email)
        && (detector.signs.is_own_address(address) || is_nhs(address))
    {
        return (Role::Staff, "named among suppliers with an address of a controller");
    }
    (layout.role, layout.reason)
}

/// An address of the health service at large.
pub(crate) fn is_nhs(address: &str) -> bool {
    let domain = contact::domain(address);
    domain == "nhs.net" || domain.ends_with(".nhs.uk") || domain == "nhs.uk"
}

/// What the title of the list reveals of everyone on it.
fn add_titled(draft: &mut Draft, layout: &Layout, sheet: &Sheet<'_>) {
    if layout.role != Role::Patient {
        return;
    }
    for (category, word, place) in &layout.titled {
        let value = Value::Text(word.to_lowercase());
        draft.push(Element::Special(*category), value, sheet.origin.at(place.clone()), Basis::Content);
    }
}
