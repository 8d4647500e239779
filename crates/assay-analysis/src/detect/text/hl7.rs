//! HL7 version 2 segments that name people: PID (the patient), NK1 (next of kin), DG1 (a diagnosis of the patient before).
//!
//! Source: HL7 v2.4 chapters 3 and 6. Other segments are not read, nor are escape sequences; the separators are the usual ones.

use assay_model::{Cell, Place, Role};

use super::super::Found;
use super::super::draft::{Basis, Draft};
use super::super::field::Field;
use super::super::names::NameOrder;
use super::Reading;
use super::lines::Line;

/// True for a segment read here, or one of a message that has them.
pub(super) fn is_segment(text: &str) -> bool {
    text.as_bytes().get(3) == Some(&b'|')
        && ["PID", "NK1", "DG1", "MSH", "PV1", "EVN", "OBR", "OBX", "ORC", "AL1", "PD1", "IN1"]
            .contains(&text.get(..3).unwrap_or(""))
}

/// Consecutive segments to mentions: one for each PID and NK1.
pub(super) fn read(reading: &Reading<'_>, lines: &[Line<'_>], found: &mut Found) {
    let mut patient: Option<(Draft, usize, usize)> = None;
    for (at, line) in lines.iter().enumerate() {
        let fields: Vec<&str> = line.text.split('|').collect();
        match fields.first().copied() {
            Some("PID") => {
                push(reading, lines, patient.take(), found);
                found.fields.insert(Field::NhsNumber);
                patient = Some((pid(reading, line, &fields), at, at));
            }
            Some("NK1") => {
                let mut draft = Draft::default();
                name(reading, &mut draft, line, field(&fields, 2));
                address(reading, &mut draft, line, field(&fields, 4));
                fill(reading, &mut draft, line, Field::Phone, component(field(&fields, 5), 0));
                let at = reading.origin.at(line.place());
                if let Some(mention) = draft.finish(at, Role::Relative, "next of kin segment of a message") {
                    found.mentions.push((line.passage, line.number, mention));
                }
            }
            Some("DG1") => {
                if let Some((draft, _, last)) = patient.as_mut() {
                    let coded = field(&fields, 3);
                    let text = [component(coded, 1), field(&fields, 4), component(coded, 0)];
                    let text = text.into_iter().find(|text| !text.is_empty()).unwrap_or("");
                    fill(reading, draft, line, Field::Diagnosis, text);
                    *last = at;
                }
            }
            _ => {}
        }
    }
    push(reading, lines, patient, found);
}

fn push(reading: &Reading<'_>, lines: &[Line<'_>], patient: Option<(Draft, usize, usize)>, found: &mut Found) {
    let Some((draft, first, last)) = patient else { return };
    let (Some(from), Some(to)) = (lines.get(first), lines.get(last)) else { return };
    let place = Place::Line { part: from.part.to_owned(), first: from.number, last: to.number.max(from.number) };
    if let Some(mention) = draft.finish(reading.origin.at(place), Role::Patient, "patient segment of a message") {
        found.mentions.push((from.passage, from.number, mention));
    }
}

fn pid(reading: &Reading<'_>, line: &Line<'_>, fields: &[&str]) -> Draft {
    let mut draft = Draft::default();
    for identifier in [2, 3, 4].iter().flat_map(|place| field(fields, *place).split('~')) {
        let of = match (component(identifier, 3), component(identifier, 4)) {
            ("NHS", _) | (_, "NH" | "NHS" | "NNGBR") => Field::NhsNumber,
            // An NHS number under another type is told by its check in the draft.
            _ => Field::HospitalNumber,
        };
        fill(reading, &mut draft, line, of, component(identifier, 0));
    }
    fill(reading, &mut draft, line, Field::NhsNumber, component(field(fields, 19), 0));
    name(reading, &mut draft, line, field(fields, 5));
    fill(reading, &mut draft, line, Field::DateOfBirth, component(field(fields, 7), 0).get(..8).unwrap_or(""));
    address(reading, &mut draft, line, field(fields, 11));
    for phone in field(fields, 13).split('~') {
        fill(reading, &mut draft, line, Field::Phone, component(phone, 0));
    }
    fill(reading, &mut draft, line, Field::DateOfDeath, field(fields, 29).get(..8).unwrap_or(""));
    draft
}

fn field<'t>(fields: &[&'t str], place: usize) -> &'t str {
    fields.get(place).copied().unwrap_or("")
}

fn component(text: &str, place: usize) -> &str {
    text.split('^').nth(place).unwrap_or("").trim()
}

fn name(reading: &Reading<'_>, draft: &mut Draft, line: &Line<'_>, text: &str) {
    let text = text.split('~').next().unwrap_or("");
    for (place, of) in [(0, Field::FamilyName), (1, Field::GivenNames), (2, Field::MiddleNames), (4, Field::Title)] {
        fill(reading, draft, line, of, component(text, place));
    }
}

fn address(reading: &Reading<'_>, draft: &mut Draft, line: &Line<'_>, text: &str) {
    let text = text.split('~').next().unwrap_or("");
    let parts: Vec<&str> =
        [0, 1, 2, 3, 4].iter().map(|place| component(text, *place)).filter(|part| !part.is_empty()).collect();
    fill(reading, draft, line, Field::Address, &parts.join(", "));
}

fn fill(reading: &Reading<'_>, draft: &mut Draft, line: &Line<'_>, of: Field, text: &str) {
    let place = || reading.origin.at(line.place());
    draft.fill(of, &Cell::Text(text.into()), NameOrder::GivenFirst, place, Basis::Label, &reading.detector.forms);
}
