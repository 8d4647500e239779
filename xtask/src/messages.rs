//! What is found of the people in HL7 v2 messages and C-CDA documents that others made (FHIR-Converter's samples): every patient's
//! name, date of birth and identifier, and next of kin apart. The truth is read off the fields that the standards give.

use crate::bench::detect::read;
use crate::formats::walk;
use assay_analysis::detect::{Detector, ItemContext};
use assay_model::{Element, ExhibitId, ExhibitKind, ItemPath, Mention, Role, ScanSettings};
use std::collections::BTreeMap;
use std::io::Cursor;
use std::path::Path;

/// A person as a field has them.
struct Named {
    role: Role,
    family: String,
    given: String,
    /// Eight digits, or nothing.
    birth: String,
    identifiers: Vec<String>,
}

/// Of how many, and of how many found.
type Counts = BTreeMap<(&'static str, &'static str), (u32, u32)>;

/// Prints the table; with `list`, what was missed.
pub(crate) fn score(folder: &Path, list: bool) -> anyhow::Result<()> {
    let mut files = Vec::new();
    walk(folder, &mut files)?;
    files.sort();
    let detector = Detector::new(&ScanSettings::default())?;
    let exhibit = ExhibitId::new("LEAK/1");
    let mut counts = Counts::new();
    for file in files {
        let bytes = std::fs::read(&file)?;
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let (kind, people) = if text.contains("<recordTarget") {
            ("C-CDA", of_document(&text).into_iter().collect())
        } else if text.trim_start_matches(['\u{feff}', '\u{b}']).starts_with("MSH") {
            ("HL7 v2", of_message(&text))
        } else {
            continue;
        };
        let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let mut items = Vec::new();
        read(&mut Cursor::new(bytes), &name, 0, &mut items);
        let mut mentions = Vec::new();
        for (item, passages) in &items {
            let path = ItemPath::of_file(item);
            let context = ItemContext { exhibit: &exhibit, kind: ExhibitKind::Leak, path: &path };
            mentions.extend(detector.detect(&context, passages).mentions);
        }
        for person in &people {
            for what in check(person, &mentions, kind, &mut counts).into_iter().filter(|_| list) {
                println!("missed in {name}: {} of {}", what, person.role.as_str());
            }
        }
    }
    println!("{:10}{:34}{:>8}{:>8}{:>9}", "kind", "what", "in all", "found", "recall");
    for ((kind, what), (all, found)) in counts {
        println!("{kind:10}{what:34}{all:>8}{found:>8}{:>9.3}", f64::from(found) / f64::from(all.max(1)));
    }
    Ok(())
}

/// Counts what is found of a person; gives what is not.
fn check(person: &Named, mentions: &[Mention], kind: &'static str, counts: &mut Counts) -> Vec<&'static str> {
    let letters =
        |text: &str| text.chars().filter(|c| c.is_alphabetic()).flat_map(char::to_lowercase).collect::<String>();
    let first = letters(person.given.split(' ').next_back().unwrap_or(""));
    let named = |mention: &&Mention| {
        mention.role == person.role
            && mention.names().any(|name| {
                letters(&name.family) == letters(&person.family)
                    && (first.is_empty() || letters(&name.given.join(" ")).contains(&first))
            })
    };
    let own: Vec<&Mention> = mentions.iter().filter(named).collect();
    let born = |mention: &&Mention| {
        mention.date_of_birth().is_some_and(|date| date.to_string().replace('-', "") == person.birth)
    };
    let plain = |text: &str| text.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_uppercase();
    let holds = |mention: &&Mention| {
        let texts = mention.texts(Element::HospitalNumber).chain(mention.texts(Element::NhsNumber));
        texts.map(plain).any(|text| person.identifiers.iter().any(|own| plain(own) == text))
    };
    let of_patient = person.role == Role::Patient;
    let mut asked = vec![(if of_patient { "patient's name" } else { "next of kin, as relative" }, !own.is_empty())];
    if of_patient && person.birth.len() == 8 {
        asked.push(("patient's date of birth", own.iter().any(born)));
    }
    if of_patient && !person.identifiers.is_empty() {
        asked.push(("an identifier of the patient", own.iter().any(holds)));
    }
    let mut missed = Vec::new();
    for (what, found) in asked {
        let (all, held) = counts.entry((kind, what)).or_default();
        *all += 1;
        *held += u32::from(found);
        missed.extend((!found).then_some(what));
    }
    missed
}

/// PID (5 name, 7 date of birth, 3 identifiers) and NK1 (2 name) of a message. Source: HL7 v2.8, chapter 3.
fn of_message(text: &str) -> Vec<Named> {
    let mut people = Vec::new();
    for segment in text.split(['\r', '\n']) {
        let fields: Vec<&str> = segment.split('|').collect();
        let field = |place: usize| fields.get(place).copied().unwrap_or("");
        let (role, name) = match field(0) {
            "PID" => (Role::Patient, field(5)),
            "NK1" => (Role::Relative, field(2)),
            _ => continue,
        };
        let mut parts = name.split('~').next().unwrap_or("").split('^');
        let family = parts.next().unwrap_or("").split('&').next().unwrap_or("").to_owned();
        let given = parts.next().unwrap_or("").to_owned();
        if family.is_empty() {
            continue;
        }
        let patient = role == Role::Patient;
        let birth: String = field(7).chars().take(8).filter(|c| patient && c.is_ascii_digit()).collect();
        let identifiers = field(3).split('~').map(|id| id.split('^').next().unwrap_or("").to_owned());
        let identifiers = identifiers.filter(|id| patient && !id.is_empty()).collect();
        people.push(Named { role, family, given, birth, identifiers });
    }
    people
}

/// The first record target of a document. Source: HL7 C-CDA R2.1, US Realm Header.
fn of_document(text: &str) -> Option<Named> {
    let after = |text: &str, mark: &str| text.find(mark).and_then(|at| text.get(at + mark.len()..)).map(str::to_owned);
    let role = after(text, "<patientRole")?;
    let role = role.split("</patientRole>").next()?.to_owned();
    let patient = after(&role, "<patient")?;
    let content = |mark: &str| {
        let rest = after(&patient, mark)?;
        let rest = rest.split_once('>')?.1;
        Some(rest.split('<').next()?.trim().to_owned())
    };
    let value = |text: &str, name: &str| Some(after(text, name)?.split('"').next()?.to_owned());
    let birth = after(&patient, "<birthTime").and_then(|rest| value(&rest, "value=\"")).unwrap_or_default();
    let before = role.split("<addr").next()?.split("<patient").next()?.to_owned();
    let identifiers = before.split("<id").skip(1).filter_map(|id| value(id.split('>').next()?, "extension=\""));
    Some(Named {
        role: Role::Patient,
        family: content("<family")?,
        given: content("<given").unwrap_or_default(),
        birth: birth.chars().take(8).collect(),
        identifiers: identifiers.filter(|id| !id.is_empty()).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_are_read_off_their_fields() {
        let message = "MSH|^~\\&|A\rPID|1||12345^^^H^MR~77||SMITH&&X^ANN^B||19800102|F\rNK1|1|JONES^BEN|SPO\r";
        let people = of_message(message);
        assert_eq!(people.len(), 2);
        assert_eq!(
            (people[0].family.as_str(), people[0].given.as_str(), people[0].birth.as_str()),
            ("SMITH", "ANN", "19800102")
        );
        assert_eq!(people[0].identifiers, ["12345", "77"]);
        assert_eq!((people[1].role, people[1].family.as_str()), (Role::Relative, "JONES"));
        let document = "<recordTarget><patientRole><id extension=\"9\" root=\"1\"/><addr/><patient><name><given>Ann</given>\
                        <family>Smith</family></name><birthTime value=\"19800102\"/></patient></patientRole></recordTarget>";
        let person = of_document(document).unwrap();
        assert_eq!(
            (person.family.as_str(), person.given.as_str(), person.birth.as_str()),
            ("Smith", "Ann", "19800102")
        );
        assert_eq!(person.identifiers, ["9"]);
    }
}
