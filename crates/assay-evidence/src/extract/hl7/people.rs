//! The persons that segments of HL7 version 2 name, as rows (HL7 v2.5.1: PID 3.4.2, NK1 3.4.5, MRG 3.4.9, GT1 6.5.5, IN1 6.5.6).

use super::segment::Segment;
use super::text;
use assay_model::Cell;
use jiff::civil::Date;

/// The columns of patients. Numbers that are none of the NHS go where hospitals write theirs.
pub(super) const PATIENT: &[&str] = &[
    "NHS Number",
    "Hospital number",
    "Unit number",
    "Local patient ID",
    "Surname",
    "Forename",
    "Middle names",
    "Title",
    "Alias",
    "Date of birth",
    "Sex",
    "Address",
    "Postcode",
    "Home phone",
    "Mobile",
    "Work phone",
    "Email",
    "Ethnicity",
    "Religion",
    "Date of death",
    "Maiden name of mother",
    "Diagnosis",
    "message",
];

/// The columns of identities that were merged into others.
pub(super) const FORMER: &[&str] = &["NHS Number", "Hospital number", "Unit number", "Surname", "Forename", "message"];

/// The columns of clinicians: the name only, since what else a segment says is the body's.
pub(super) const CLINICIAN: &[&str] = &["Clinician", "acting as", "code", "message"];

const NEXT_OF_KIN: &[&str] = &[
    "Next of kin Surname",
    "Next of kin Forename",
    "Next of kin Title",
    "Relationship",
    "Next of kin Address",
    "Next of kin Postcode",
    "Next of kin Phone",
    "Next of kin Mobile",
    "Next of kin Email",
    "Next of kin Date of birth",
    "message",
];

const GUARANTOR: &[&str] = &[
    "Guarantor Surname",
    "Guarantor Forename",
    "Guarantor Title",
    "Relationship",
    "Guarantor Address",
    "Guarantor Postcode",
    "Guarantor Phone",
    "Guarantor Mobile",
    "Guarantor Email",
    "Guarantor Date of birth",
    "message",
];

const INSURED: &[&str] = &[
    "Policy holder Surname",
    "Policy holder Forename",
    "Policy holder Title",
    "Relationship",
    "Policy holder Address",
    "Policy holder Postcode",
    "Policy holder Phone",
    "Policy holder Mobile",
    "Policy holder Email",
    "Policy holder Date of birth",
    "message",
];

pub(super) fn relative_header(part: &str) -> &'static [&'static str] {
    match part {
        "guarantors" => GUARANTOR,
        "insured persons" => INSURED,
        _ => NEXT_OF_KIN,
    }
}

/// A patient, until all that is said of them came.
pub(super) struct Patient {
    nhs: Vec<String>,
    local: Vec<String>,
    cells: Vec<Cell>,
    mother: String,
    diagnoses: Vec<String>,
    message: String,
}

/// Diagnoses kept of one patient.
const DIAGNOSES: usize = 64;

impl Patient {
    pub(super) fn of(segment: &Segment<'_>, message: &str) -> Self {
        let (mut nhs, mut local) = (Vec::new(), Vec::new());
        for value in [2, 3, 4].into_iter().flat_map(|field| segment.repeats(field)) {
            identifier(segment, value, &mut nhs, &mut local);
        }
        // A number of the state: in the United Kingdom that of the NHS.
        number(segment.text(19), Issuer::Nation, &mut nhs, &mut local);
        let mut names = segment.repeats(5);
        let first = names.next().unwrap_or_default();
        let others = names.chain(segment.repeats(9)).map(|value| whole_name(segment, value));
        let alias = others.filter(|name| !name.is_empty()).collect::<Vec<_>>().join("; ");
        let (address, postcode) = address(segment, segment.repeats(11).next().unwrap_or_default());
        let phones = Phones::of(segment, &[13, 14]);
        let mut cells = Vec::new();
        cells.extend(name(segment, first));
        cells.push(text(alias));
        cells.push(date(&segment.text(7)));
        cells.push(text(sex(&segment.text(8))));
        cells.extend([
            text(address),
            text(postcode),
            text(phones.home),
            text(phones.mobile),
            text(phones.work),
            text(phones.email),
        ]);
        cells.push(text(coded(segment, 22)));
        cells.push(text(coded(segment, 17)));
        cells.push(date(&segment.text(29)));
        let mother = segment.repeats(6).next().map(|value| whole_name(segment, value)).unwrap_or_default();
        Self { nhs, local, cells, mother, diagnoses: Vec::new(), message: message.to_owned() }
    }

    /// Numbers under which the patient was known before.
    pub(super) fn merged(&mut self, segment: &Segment<'_>) {
        for value in [1, 2, 4].into_iter().flat_map(|field| segment.repeats(field)) {
            identifier(segment, value, &mut self.nhs, &mut self.local);
        }
    }

    pub(super) fn diagnosis(&mut self, words: &str) {
        if !words.is_empty() && self.diagnoses.len() < DIAGNOSES && !self.diagnoses.iter().any(|known| known == words) {
            self.diagnoses.push(words.to_owned());
        }
    }

    pub(super) fn row(self) -> Vec<Cell> {
        let mut row = numbers(&self.nhs, &self.local, 3);
        row.extend(self.cells);
        row.extend([text(self.mother), text(self.diagnoses.join("; ")), text(self.message)]);
        row
    }
}

/// NHS numbers in one cell, others in `columns` cells; what is left over stands with the last.
fn numbers(nhs: &[String], local: &[String], columns: usize) -> Vec<Cell> {
    let mut row = vec![text(nhs.join("; "))];
    let (own, rest) = local.split_at(local.len().min(columns - 1));
    row.extend(own.iter().map(|number| text(number.clone())));
    row.resize(columns, Cell::Empty);
    row.push(text(rest.join("; ")));
    row
}

fn add(to: &mut Vec<String>, number: String) {
    if !number.is_empty() && !to.contains(&number) && to.len() < DIAGNOSES {
        to.push(number);
    }
}

/// An identifier with check digit (CX): id, check digit, scheme, authority, type.
fn identifier(segment: &Segment<'_>, value: &str, nhs: &mut Vec<String>, local: &mut Vec<String>) {
    let found = segment.part(value, 0);
    let authority = segment.part(value, 3).to_ascii_uppercase();
    let kind = segment.part(value, 4).to_ascii_uppercase();
    let national = matches!(kind.as_str(), "NH" | "NHS" | "NNGBR" | "NI_NHS") || authority.starts_with("NHS");
    number(found, if national { Issuer::Nation } else { Issuer::Hospital }, nhs, local);
}

/// Who gave a number.
#[derive(PartialEq, Eq)]
enum Issuer {
    Nation,
    Hospital,
}

fn number(number: String, issuer: Issuer, nhs: &mut Vec<String>, local: &mut Vec<String>) {
    let bare: String = number.chars().filter(|one| !matches!(one, ' ' | '-')).collect();
    if issuer == Issuer::Nation && bare.len() == 10 && bare.bytes().all(|byte| byte.is_ascii_digit()) {
        add(nhs, number);
    } else {
        add(local, number);
    }
}

/// The name before a merge.
pub(super) fn merged(segment: &Segment<'_>, message: &str) -> Vec<Cell> {
    let (mut nhs, mut local) = (Vec::new(), Vec::new());
    for value in [1, 2, 4].into_iter().flat_map(|field| segment.repeats(field)) {
        identifier(segment, value, &mut nhs, &mut local);
    }
    let former = segment.repeats(7).next().unwrap_or_default();
    let mut row = numbers(&nhs, &local, 2);
    row.extend([text(segment.part(former, 0)), text(segment.part(former, 1)), text(message.to_owned())]);
    row
}

pub(super) fn next_of_kin(segment: &Segment<'_>, message: &str) -> Vec<Vec<Cell>> {
    let mut rows = vec![relative(segment, 2, coded(segment, 3), 4, &[5, 6], segment.text(16), message)];
    // A contact of an organisation, and those named beside.
    rows.extend(segment.repeats(30).map(|value| {
        let mut row: Vec<Cell> =
            vec![text(segment.part(value, 0)), text(segment.part(value, 1)), text(segment.part(value, 4))];
        row.resize(NEXT_OF_KIN.len() - 1, Cell::Empty);
        row.push(text(message.to_owned()));
        row
    }));
    rows
}

pub(super) fn guarantor(segment: &Segment<'_>, message: &str) -> Vec<Vec<Cell>> {
    let relation = coded(segment, 11);
    if is_self(&relation) {
        return Vec::new();
    }
    vec![relative(segment, 3, relation, 5, &[6, 7], segment.text(8), message)]
}

pub(super) fn insured(segment: &Segment<'_>, message: &str) -> Vec<Vec<Cell>> {
    let relation = coded(segment, 17);
    if is_self(&relation) {
        return Vec::new();
    }
    vec![relative(segment, 16, relation, 19, &[], segment.text(18), message)]
}

/// The patient pays or is insured in person (tables 0063 and 0344).
fn is_self(relation: &str) -> bool {
    matches!(relation.trim().to_ascii_uppercase().as_str(), "SEL" | "SELF" | "01" | "1" | "18" | "S" | "PATIENT")
}

fn relative(
    segment: &Segment<'_>,
    name_at: usize,
    relation: String,
    address_at: usize,
    phones_at: &[usize],
    born: String,
    message: &str,
) -> Vec<Cell> {
    let called = segment.repeats(name_at).next().unwrap_or_default();
    let (address, postcode) = address(segment, segment.repeats(address_at).next().unwrap_or_default());
    let phones = Phones::of(segment, phones_at);
    let phone = if phones.home.is_empty() { phones.work } else { phones.home };
    vec![
        text(segment.part(called, 0)),
        text(given(segment, called)),
        text(segment.part(called, 4)),
        text(relation),
        text(address),
        text(postcode),
        text(phone),
        text(phones.mobile),
        text(phones.email),
        date(&born),
        text(message.to_owned()),
    ]
}

/// Fields of segments that name clinicians and others who act for a body, with what they did.
pub(super) fn acting(name: &str) -> &'static [(usize, &'static str)] {
    match name {
        "EVN" => &[(5, "entered by")],
        "PD1" => &[(4, "primary care")],
        "PV1" => &[(7, "attending"), (8, "referring"), (9, "consulting"), (17, "admitting"), (52, "other")],
        "PV2" => &[(13, "referral source")],
        "ORC" => &[(10, "entered by"), (11, "verified by"), (12, "ordering"), (19, "action by")],
        "OBR" => &[
            (10, "collected by"),
            (16, "ordering"),
            (28, "copied to"),
            (32, "result by"),
            (33, "assistant"),
            (34, "technician"),
            (35, "typed by"),
        ],
        "OBX" => &[(16, "observed by")],
        "ROL" => &[(4, "role")],
        "DG1" => &[(16, "diagnosed by")],
        "PR1" => &[(8, "anaesthetist"), (11, "surgeon"), (12, "practitioner")],
        "TXA" => &[
            (5, "activity by"),
            (9, "author"),
            (10, "authenticated by"),
            (11, "typed by"),
            (22, "authenticated by"),
            (23, "copied to"),
        ],
        "AIP" => &[(3, "scheduled")],
        "SCH" => &[(12, "placed by"), (16, "filled by"), (20, "entered by")],
        "RXA" => &[(10, "given by")],
        "RXE" => &[(13, "ordering"), (14, "pharmacist")],
        "FT1" => &[(20, "performed by"), (21, "ordered by"), (24, "entered by")],
        "STF" => &[(3, "staff")],
        "PRD" | "CTD" => &[(2, "contact")],
        _ => &[],
    }
}

pub(super) fn clinicians(segment: &Segment<'_>, name: &str, message: &str) -> Vec<Vec<Cell>> {
    let mut rows = Vec::new();
    for (field, role) in acting(name) {
        for value in segment.repeats(*field).take(DIAGNOSES) {
            // Most are an id and a name after it (XCN); staff and contacts are a name alone (XPN).
            let alone = matches!(name, "STF" | "PRD" | "CTD");
            let (family, given, title) = if alone { (0, 1, 4) } else { (1, 2, 5) };
            // A result's interpreter is a name within a component (NDL).
            let inner = matches!((name, field), ("OBR", 32..=35));
            let called = if inner {
                let parts: Vec<&str> = value.split('^').next().unwrap_or_default().split('&').map(str::trim).collect();
                let part = |place: usize| parts.get(place).copied().unwrap_or_default();
                [part(5), part(2), part(1)].join(" ")
            } else {
                [segment.part(value, title), segment.part(value, given), segment.part(value, family)].join(" ")
            };
            let called = called.split_whitespace().collect::<Vec<_>>().join(" ");
            if called.bytes().any(|byte| byte.is_ascii_alphabetic()) {
                let role = if name == "ROL" { coded(segment, 3) } else { (*role).to_owned() };
                let code = if alone || inner { String::new() } else { segment.part(value, 0) };
                rows.push(vec![text(called), text(role), text(code), text(message.to_owned())]);
            }
        }
    }
    rows
}

/// Family name, given names, middle names, title.
fn name(segment: &Segment<'_>, value: &str) -> [Cell; 4] {
    [0, 1, 2, 4].map(|place| text(segment.part(value, place)))
}

fn given(segment: &Segment<'_>, value: &str) -> String {
    let parts = [segment.part(value, 1), segment.part(value, 2)];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}

fn whole_name(segment: &Segment<'_>, value: &str) -> String {
    let parts = [4, 1, 2, 0].map(|place| segment.part(value, place));
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}

/// An address in one line, and its postcode (XAD: street, other, city, county, postcode).
fn address(segment: &Segment<'_>, value: &str) -> (String, String) {
    let parts = [0, 1, 2, 3].map(|place| segment.part(value, place));
    let lines = parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ");
    (lines.replace('\n', ", "), segment.part(value, 4))
}

/// Telephone numbers and addresses of mail (XTN: number, use, equipment, mail).
#[derive(Default)]
struct Phones {
    home: String,
    mobile: String,
    work: String,
    email: String,
}

impl Phones {
    fn of(segment: &Segment<'_>, fields: &[usize]) -> Self {
        let mut phones = Self::default();
        for (place, field) in fields.iter().enumerate() {
            for value in segment.repeats(*field) {
                let part = |place: usize| segment.part(value, place);
                let mail = [part(3), part(0)].into_iter().find(|one| one.contains('@'));
                let number = match part(0) {
                    number if number.is_empty() || number.contains('@') => {
                        // Country, area, local number.
                        [4, 5, 6].map(part).into_iter().filter(|one| !one.is_empty()).collect::<Vec<_>>().join(" ")
                    }
                    number => number,
                };
                let number = if number.is_empty() { part(11) } else { number };
                let to = match (part(2).as_str(), part(1).as_str()) {
                    ("CP" | "BP", _) => &mut phones.mobile,
                    (_, "WPN") => &mut phones.work,
                    _ if place > 0 => &mut phones.work,
                    _ if phones.home.is_empty() => &mut phones.home,
                    _ => &mut phones.mobile,
                };
                for (to, value) in [(to, number), (&mut phones.email, mail.unwrap_or_default())] {
                    if !value.is_empty() && !to.contains(&value) {
                        if !to.is_empty() {
                            to.push_str("; ");
                        }
                        to.push_str(&value);
                    }
                }
            }
        }
        phones
    }
}

/// The words of a coded field, else its code.
pub(super) fn coded(segment: &Segment<'_>, field: usize) -> String {
    let value = segment.repeats(field).next().unwrap_or_default();
    let (code, words) = (segment.part(value, 0), segment.part(value, 1));
    let described = if segment.name() == "DG1" { segment.text(4) } else { String::new() };
    [words, described, code].into_iter().find(|text| !text.is_empty()).unwrap_or_default()
}

fn sex(code: &str) -> String {
    match code {
        "M" => "Male".to_owned(),
        "F" => "Female".to_owned(),
        other => other.to_owned(),
    }
}

/// A day out of a time stamp; as it is written where it is none.
fn date(stamp: &str) -> Cell {
    let part = |range: std::ops::Range<usize>| stamp.get(range).and_then(|part| part.parse::<i16>().ok());
    let day = || Date::new(part(0..4)?, i8::try_from(part(4..6)?).ok()?, i8::try_from(part(6..8)?).ok()?).ok();
    day().map_or_else(|| text(stamp.to_owned()), Cell::Date)
}
