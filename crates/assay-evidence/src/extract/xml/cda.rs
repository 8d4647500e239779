//! Clinical documents (HL7 CDA Release 2): the persons in their roles as labelled lines, the narrative as it is read, the
//! document that a body may be instead of it.

use super::super::flow::Flow;
use super::super::json::{Json, Writer};
use super::super::{Full, Out};
use quick_xml::events::BytesStart;
use std::fmt::Write as _;

/// The root of identifiers that are NHS numbers (HL7 UK registry of object identifiers).
const NHS_NUMBER: &str = "2.16.840.1.113883.2.1.4.1";

/// Cells of all narrative tables.
const CELLS: u64 = 4_000_000;

/// Elements of persons whose lines stand first, and of bodies that come as text or as members.
const TOLD: &[&str] = &[
    "recordTarget",
    "author",
    "dataEnterer",
    "informant",
    "informationRecipient",
    "legalAuthenticator",
    "authenticator",
    "participant",
    "documentationOf",
    "componentOf",
    "custodian",
];

/// The persons of a document, in labelled lines; a blank line parts them.
pub(super) fn persons(document: &Json<'_>) -> String {
    let mut lines = String::new();
    for role in each(document, &["recordTarget", "patientRole"]) {
        for patient in all(role, "patient") {
            person(&mut lines, "", Some(role), patient);
            for (key, label) in
                [("raceCode", "Race"), ("ethnicGroupCode", "Ethnicity"), ("religiousAffiliationCode", "Religion")]
            {
                let value = patient.get(key).map_or("", |code| code.text("displayName"));
                line(&mut lines, label, value);
            }
            for guardian in all(patient, "guardian") {
                for inner in all(guardian, "guardianPerson") {
                    person(&mut lines, "Guardian ", Some(guardian), inner);
                }
            }
        }
    }
    for participant in all(document, "participant") {
        for entity in all(participant, "associatedEntity") {
            let label = match entity.text("classCode") {
                "NOK" | "PRS" => "Next of kin ",
                "ECON" | "CAREGIVER" => "Emergency contact ",
                "GUARD" => "Guardian ",
                "POLHOLD" | "COVPTY" => "Policy holder ",
                _ => match participant.text("typeCode") {
                    "IND" | "HLD" | "COV" => "Relative ",
                    _ => "Clinician ",
                },
            };
            for inner in all(entity, "associatedPerson") {
                person(&mut lines, label, Some(entity), inner);
            }
        }
    }
    for informant in all(document, "informant") {
        for entity in all(informant, "relatedEntity") {
            let label = if entity.text("classCode") == "PRS" { "Next of kin " } else { "Relative " };
            for inner in all(entity, "relatedPerson") {
                person(&mut lines, label, Some(entity), inner);
            }
        }
    }
    let clinicians: &[(&str, &[&str])] = &[
        ("Author", &["author", "assignedAuthor", "assignedPerson"]),
        ("Typed by", &["dataEnterer", "assignedEntity", "assignedPerson"]),
        ("Reported by", &["informant", "assignedEntity", "assignedPerson"]),
        ("Signed by", &["legalAuthenticator", "assignedEntity", "assignedPerson"]),
        ("Signed by", &["authenticator", "assignedEntity", "assignedPerson"]),
        ("Clinician", &["documentationOf", "serviceEvent", "performer", "assignedEntity", "assignedPerson"]),
        (
            "Responsible clinician",
            &["componentOf", "encompassingEncounter", "responsibleParty", "assignedEntity", "assignedPerson"],
        ),
        (
            "Clinician",
            &["componentOf", "encompassingEncounter", "encounterParticipant", "assignedEntity", "assignedPerson"],
        ),
        ("Received by", &["informationRecipient", "intendedRecipient", "informationRecipient"]),
    ];
    let mut signed = String::new();
    for (label, path) in clinicians {
        for one in each(document, path) {
            let name = all(one, "name").first().map(|name| whole_name(name)).unwrap_or_default();
            let text = format!("{label}: {name}\n");
            if !name.is_empty() && !signed.contains(&text) {
                signed.push_str(&text);
            }
        }
    }
    if !signed.is_empty() && !lines.is_empty() {
        lines.push('\n');
    }
    lines.push_str(&signed);
    let title = document.get("title").map(|title| match title {
        Json::Text(text) => text.to_string(),
        other => other.text("text").to_owned(),
    });
    match title {
        Some(title) if !title.is_empty() => format!("{title}\n{lines}").trim_end().to_owned(),
        _ => lines.trim_end().to_owned(),
    }
}

/// The lines of a person; `role` holds numbers, address and telephones, `of` stands before the labels.
fn person(lines: &mut String, of: &str, role: Option<&Json<'_>>, person: &Json<'_>) {
    if !lines.is_empty() {
        lines.push('\n');
    }
    let name = all(person, "name").first().map(|name| whole_name(name)).unwrap_or_default();
    line(lines, &format!("{of}Name"), &name);
    let born = person.get("birthTime").map_or("", |born| born.text("value"));
    let born = match (born.get(..4), born.get(4..6), born.get(6..8)) {
        (Some(year), Some(month), Some(day)) => format!("{year}-{month}-{day}"),
        _ => born.to_owned(),
    };
    line(lines, &format!("{of}Date of birth"), &born);
    let Some(role) = role else { return };
    if of.is_empty() {
        for id in all(role, "id") {
            let label = if id.text("root") == NHS_NUMBER { "NHS Number" } else { "Hospital number" };
            line(lines, label, id.text("extension"));
        }
        line(lines, "Sex", person.get("administrativeGenderCode").map_or("", |code| code.text("displayName")));
    }
    for address in all(role, "addr") {
        let parts = ["streetAddressLine", "city", "county", "state", "postalCode"].map(|key| words(address, key, ", "));
        let parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        let plain = if parts.is_empty() { plain(address).to_owned() } else { parts.join(", ") };
        line(lines, &format!("{of}Address"), &plain);
    }
    for telecom in all(role, "telecom") {
        let value = telecom.text("value");
        match value.split_once(':') {
            Some(("mailto", address)) => line(lines, &format!("{of}Email"), address),
            Some((_, number)) => line(lines, &format!("{of}Phone"), number),
            None => line(lines, &format!("{of}Phone"), value),
        }
    }
}

fn line(lines: &mut String, label: &str, value: &str) {
    let value = value.split_whitespace().collect::<Vec<_>>().join(" ");
    if !value.is_empty() {
        // Writing to a string cannot fail.
        let _ = writeln!(lines, "{label}: {value}");
    }
}

fn whole_name(name: &Json<'_>) -> String {
    let parts = ["prefix", "given", "family", "suffix"].map(|key| words(name, key, " "));
    let parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    if parts.is_empty() { plain(name).to_owned() } else { parts.join(" ") }
}

fn plain<'a>(of: &'a Json<'_>) -> &'a str {
    match of {
        Json::Text(text) => text,
        other => other.text("text"),
    }
}

/// The elements of a name, one or many.
fn all<'a, 'j>(of: &'a Json<'j>, key: &str) -> Vec<&'a Json<'j>> {
    match of.get(key) {
        Some(Json::List(list)) => list.iter().collect(),
        Some(one) => vec![one],
        None => Vec::new(),
    }
}

fn each<'a, 'j>(of: &'a Json<'j>, path: &[&str]) -> Vec<&'a Json<'j>> {
    path.iter().fold(vec![of], |from, key| from.into_iter().flat_map(|one| all(one, key)).collect())
}

fn words(of: &Json<'_>, key: &str, between: &str) -> String {
    all(of, key).into_iter().map(plain).filter(|text| !text.is_empty()).collect::<Vec<_>>().join(between)
}

/// Lists the document that is the body.
pub(super) fn document(tree: &Json<'_>, writer: &mut Writer<'_, '_, '_, '_, '_>) {
    for text in each(tree, &["component", "nonXMLBody", "text"]) {
        if text.text("representation") == "B64" {
            writer.attach("", text.text("mediaType"), text.text("text"));
        }
    }
}

/// What of a document is neither told in lines nor a member.
pub(super) fn rest(tree: Json<'static>) -> Json<'static> {
    let Json::Object(fields) = tree else { return tree };
    let keep = fields.into_iter().filter(|(name, _)| !TOLD.contains(&&**name) && name != "title");
    Json::Object(
        keep.map(|(name, value)| match value {
            Json::Object(body) if name == "component" => {
                (name, Json::Object(body.into_iter().filter(|(name, _)| name != "nonXMLBody").collect()))
            }
            value => (name, value),
        })
        .collect(),
    )
}

/// The narrative of the sections, as it is read.
#[derive(Default)]
pub(super) struct Narrative {
    flow: Option<Flow>,
    /// Elements open within a section's text, that of the text itself first.
    open: Vec<String>,
    line: String,
    span: usize,
}

impl Narrative {
    pub(super) fn inside(&self) -> bool {
        !self.open.is_empty()
    }

    fn flow(&mut self) -> &mut Flow {
        self.flow.get_or_insert_with(|| Flow::new("text", CELLS))
    }

    /// Takes an element that belongs to the narrative; false where it belongs to the tree.
    pub(super) fn start(&mut self, name: &str, start: &BytesStart<'_>) -> bool {
        if self.open.is_empty() {
            // A `text` with attributes of representation is an entry's or a body's.
            if name != "text"
                || start
                    .attributes()
                    .with_checks(false)
                    .flatten()
                    .any(|one| !one.key.as_ref().starts_with("xmlns") && one.key.as_ref() != "ID")
            {
                return false;
            }
            self.open.push(name.to_owned());
            return true;
        }
        let span = super::super::ooxml::attribute(start, "colspan").and_then(|span| span.parse().ok());
        match name {
            "table" => {
                self.end_line();
                self.flow().table_start();
            }
            "td" | "th" => {
                self.end_line();
                self.span = span.unwrap_or(1);
                self.flow().cell_start();
            }
            "content" | "sup" | "sub" | "linkHtml" | "reference" | "footnoteRef" => {}
            _ => self.end_line(),
        }
        self.open.push(name.to_owned());
        true
    }

    pub(super) fn text(&mut self, text: &str) {
        self.line.push_str(text);
    }

    pub(super) fn end(&mut self) {
        match self.open.pop().as_deref() {
            Some("td" | "th") => {
                self.end_line();
                let span = self.span.max(1);
                self.flow().cell_end(span);
            }
            Some("tr") => {
                self.end_line();
                self.flow().row_end();
            }
            Some("table") => {
                self.end_line();
                self.flow().table_end();
            }
            Some("content" | "sup" | "sub" | "linkHtml" | "reference" | "footnoteRef") => {}
            _ => self.end_line(),
        }
    }

    /// The title of a section.
    pub(super) fn heading(&mut self, title: &str) {
        if !title.is_empty() {
            let title = title.to_owned();
            self.flow().line("", None);
            self.flow().line(&title, None);
        }
    }

    fn end_line(&mut self) {
        let line = std::mem::take(&mut self.line).split_whitespace().collect::<Vec<_>>().join(" ");
        if !line.is_empty() {
            self.flow().line(&line, None);
        }
    }

    pub(super) fn finish(mut self, out: &mut Out<'_>) -> Result<(), Full> {
        self.end_line();
        self.flow.map_or(Ok(()), |flow| flow.finish(out))
    }
}
