//! Forms in cells: a label in one cell, its value in the next one.

use assay_model::{Cell, Role};

use super::super::dates::{self, DateSense};
use super::super::draft::Basis;
use super::super::field::{Field, Scope};
use super::super::record::{Assembler, Entry};
use super::super::{Detector, Found};
use super::header::meaning;
use super::rows::Sheet;

/// A label and its value in a row.
type Pair<'r> = (usize, Scope, Field, &'r Cell);

/// The labels of a row that have a value after them.
fn pairs<'r>(detector: &Detector, row: &'r [Cell]) -> Vec<Pair<'r>> {
    let filled: Vec<(usize, &Cell)> = row.iter().enumerate().filter(|(_, cell)| !cell.is_blank()).collect();
    let mut out = Vec::new();
    let mut at = 0;
    while at < filled.len() {
        let label = filled.get(at).and_then(|(_, cell)| meaning(&detector.headers, &[], cell));
        let value = filled.get(at + 1);
        match (label, value) {
            (Some((scope, field)), Some((index, value))) if meaning_of_value(detector, value).is_none() => {
                out.push((*index, scope, field, *value));
                at += 2;
            }
            _ => at += 1,
        }
    }
    out
}

/// A value that is itself a title with a colon is the next label: the field before was left empty.
fn meaning_of_value(detector: &Detector, cell: &Cell) -> Option<Field> {
    let Cell::Text(text) = cell else { return None };
    text.trim().ends_with(':').then(|| meaning(&detector.headers, &[], cell).map(|(_, field)| field)).flatten()
}

/// True where at least two rows carry labels with values, one of them of a person, and most rows do.
pub(super) fn is_form(detector: &Detector, rows: &[Vec<Cell>]) -> bool {
    let mut labels: Vec<Field> = Vec::new();
    let (mut with, mut filled) = (0usize, 0usize);
    for row in rows.iter().filter(|row| !row.iter().all(Cell::is_blank)).take(60) {
        // Titles and free text stand in one cell.
        filled += usize::from(row.iter().filter(|cell| !cell.is_blank()).count() > 1);
        let pairs = pairs(detector, row);
        with += usize::from(!pairs.is_empty());
        labels.extend(pairs.iter().map(|(_, _, field, _)| *field));
    }
    labels.sort_unstable();
    labels.dedup();
    labels.iter().any(|field| field.is_key()) && labels.len() >= 2 && with >= 1 && with * 2 >= filled
}

pub(super) fn read(
    detector: &Detector,
    sheet: &Sheet<'_>,
    rows: &[Vec<Cell>],
    range: std::ops::Range<usize>,
    found: &mut Found,
) {
    let mut assembler = Assembler::new(&detector.forms);
    let mut paragraph = 0;
    for at in range {
        let Some(row) = rows.get(at) else { continue };
        if row.iter().all(Cell::is_blank) {
            paragraph += 1;
            continue;
        }
        for (index, scope, field, value) in pairs(detector, row) {
            found.fields.insert(field.kind());
            if field == Field::RecordDate
                && let Some(date) = dates::of_cell(value, DateSense::Record)
            {
                found.dates.add(date);
            }
            if field.is_personal() {
                let at_place = sheet.origin.at(sheet.cell(at, index));
                let line = sheet.row_number(at);
                assembler.add(Entry {
                    scope,
                    field,
                    value: value.clone(),
                    at: at_place,
                    line,
                    paragraph,
                    basis: Basis::Label,
                });
            }
        }
    }
    assembler.close();
    for record in assembler.done {
        let role = match record.scope {
            Scope::Subject => (Role::Unknown, "subject of a form"),
            Scope::Relative => (Role::Relative, "named in a form as next of kin or parent"),
            Scope::Clinician => (Role::Staff, "named in a form as clinician or signatory"),
            Scope::Contact => (Role::SupplierContact, "named in a form as contact"),
        };
        let patient =
            [assay_model::Element::NhsNumber, assay_model::Element::HospitalNumber, assay_model::Element::Diagnosis]
                .iter()
                .any(|element| record.draft.has(*element));
        let role =
            if role.0 == Role::Unknown && patient { (Role::Patient, "form with a patient's number") } else { role };
        let place = sheet.origin.at(assay_model::Place::Row { sheet: sheet.name.to_owned(), row: record.first });
        let mut draft = record.draft;
        if record.scope == Scope::Clinician {
            draft.findings.retain(|f| f.element == assay_model::Element::Name);
        }
        if let Some(mention) = draft.finish(place, role.0, role.1) {
            found.mentions.push((sheet.passage, record.first, mention));
        }
    }
}
