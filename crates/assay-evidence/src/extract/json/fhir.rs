//! Persons as FHIR has them (HL7 FHIR R4: Patient, RelatedPerson, Practitioner), one row each under headers that people
//! use. What else a resource says of a person is left to its other tables.

use super::parse::Json;
use super::{Field, Row, rows};
use assay_model::Cell;

/// The system of NHS numbers (NHS England, FHIR identifier registry).
const NHS_NUMBER: &str = "https://fhir.nhs.uk/Id/nhs-number";

/// Whether a resource is a person.
pub(super) fn is_person(kind: &str) -> bool {
    matches!(kind, "Patient" | "RelatedPerson" | "Practitioner")
}

/// The row of a person, and the tables of those who are named with it.
pub(super) fn person<'j>(kind: &'j str, resource: &'j Json<'_>, out: &mut Vec<Row<'j>>) {
    let name = current(resource.list("name"));
    let address = current(resource.list("address"));
    let identifiers = |nhs: bool| {
        let all = resource.list("identifier").iter();
        joined(all.filter(|one| (one.text("system") == NHS_NUMBER) == nhs).map(|one| one.text("value")), "; ")
    };
    let telecom = |systems: &[&str]| {
        let all = resource.list("telecom").iter();
        joined(all.filter(|one| systems.contains(&one.text("system"))).map(|one| one.text("value")), "; ")
    };
    let field = |key: &str, list: &str| name.map(|name| words(name, list)).unwrap_or_default() + whole(name, key);
    let lines = address.map(|address| {
        let parts = strings(address.list("line")).chain(["city", "district"].map(|key| address.text(key)));
        let parts = joined(parts, ", ");
        if parts.is_empty() { address.text("text").to_owned() } else { parts }
    });
    let fields = [
        ("id", resource.text("id").to_owned()),
        ("NHS Number", identifiers(true)),
        ("Family name", field("family", "")),
        ("Given names", field("", "given")),
        ("Name", whole(name, "text").to_owned()),
        ("Date of birth", resource.text("birthDate").to_owned()),
        ("Sex", resource.text("gender").to_owned()),
        ("Address", lines.unwrap_or_default()),
        ("Postcode", whole(address, "postalCode").to_owned()),
        ("Phone", telecom(&["phone", "sms"])),
        ("Email", telecom(&["email"])),
        ("Other identifiers", identifiers(false)),
    ];
    let cell = |text: String| if text.is_empty() { Cell::Empty } else { Cell::Text(text.into()) };
    let fields = fields.into_iter().map(|(name, text)| Field { name: name.into(), cell: cell(text) }).collect();
    out.push(Row { part: kind.into(), fields });
    for contact in resource.list("contact") {
        rows(format!("{kind}.contact").into(), contact, Some(resource.text("id")), out);
    }
}

/// What is in use, else the first.
fn current<'a, 'j>(all: &'a [Json<'j>]) -> Option<&'a Json<'j>> {
    let used = |kind: &'static str| all.iter().find(|one| one.text("use") == kind);
    used("official").or_else(|| used("home")).or_else(|| used("usual")).or_else(|| all.first())
}

fn whole<'a>(of: Option<&'a Json<'_>>, key: &str) -> &'a str {
    of.map_or("", |of| of.text(key))
}

fn strings<'a>(list: &'a [Json<'_>]) -> impl Iterator<Item = &'a str> {
    list.iter().filter_map(|one| match one {
        Json::Text(text) => Some(&**text),
        _ => None,
    })
}

fn words(of: &Json<'_>, key: &str) -> String {
    joined(strings(of.list(key)), " ")
}

fn joined<'a>(parts: impl Iterator<Item = &'a str>, between: &str) -> String {
    parts.filter(|part| !part.is_empty()).collect::<Vec<_>>().join(between)
}
