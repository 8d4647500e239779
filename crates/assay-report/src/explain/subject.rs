//! Explains a person and a mention: what was found where, why the mentions are one person, whose and what the person is.

use crate::{
    mask::Veil,
    words::{line, percent},
};
use assay_model::{
    AgeBand, ControllerId, DataSubject, Dossier, Element, Finding, Harm, HintBasis, LinkExplanation, MatchTarget,
    Mention, MentionId, PersonName, Recovery, Sensitive, Value, WeightPiece,
};
use std::{collections::BTreeMap, fmt::Write};

/// The mentions of a dossier by id.
type Mentions<'a> = BTreeMap<MentionId, &'a Mention>;

/// A person: values, controllers' reasons, mentions down to the cell, links with their weights.
pub(crate) fn of_subject(dossier: &Dossier, subject: &DataSubject, veil: &Veil<'_>) -> String {
    let mut out = String::new();
    let counts = match (subject.counts, &subject.name) {
        (true, _) => "counts",
        (false, Some(_)) => "does not count: named only",
        (false, None) => "does not count",
    };
    let age = match subject.age {
        AgeBand::Child => "child",
        AgeBand::Adult => "adult",
        AgeBand::Unknown => "age unknown",
    };
    let dead = if subject.deceased { ", deceased" } else { "" };
    let _ = writeln!(
        out,
        "{}  {}, {age} on {}{dead}; {counts}",
        subject.id,
        subject.role.as_str(),
        dossier.case.reference_date
    );
    urgent(&mut out, dossier, subject);
    values(&mut out, subject, veil);
    controllers(&mut out, dossier, subject);
    register(&mut out, subject, veil);
    let _ = writeln!(
        out,
        "  probability      {:.4} that these mentions are one person and no others are",
        subject.probability
    );

    let _ = writeln!(out, "\nMentions ({})", subject.mentions.len());
    let mentions: Mentions<'_> = dossier.mentions.iter().map(|mention| (mention.id, mention)).collect();
    for id in &subject.mentions {
        match mentions.get(id) {
            Some(found) => mention(&mut out, found, veil),
            None => _ = writeln!(out, "  {id}  not among the mentions of this case"),
        }
    }

    let _ = writeln!(out, "\nLinks ({}): weights in bits, log2 of m/u", subject.links.len());
    if subject.links.is_empty() {
        let _ = writeln!(out, "  none: the person has one mention and is in no register");
    }
    subject.links.iter().for_each(|explained| link(&mut out, explained, &mentions, veil));
    out
}

/// The classes of harm of a person's records.
fn urgent(out: &mut String, dossier: &Dossier, subject: &DataSubject) {
    let records = dossier.urgent.iter().filter(|record| record.subject.as_ref() == Some(&subject.id));
    let mut classes: Vec<Harm> = records.map(|record| record.harm).collect();
    classes.dedup();
    if !classes.is_empty() {
        let words: Vec<&str> = classes.into_iter().map(Harm::as_str).collect();
        let _ = writeln!(out, "  {:<16} {}", "urgent", words.join(", "));
    }
}

/// A mention: its findings with their places and rules, and the person who holds it.
pub(crate) fn of_mention(dossier: &Dossier, found: &Mention, veil: &Veil<'_>) -> String {
    let mut out = String::new();
    mention(&mut out, found, veil);
    let _ = match dossier.subjects.iter().find(|subject| subject.mentions.contains(&found.id)) {
        Some(subject) => writeln!(
            out,
            "  held by {} ({} of {} mentions; {})",
            subject.id,
            subject.mentions.iter().position(|m| *m == found.id).map_or(0, |n| n + 1),
            subject.mentions.len(),
            if subject.counts { "counts" } else { "does not count" }
        ),
        None => writeln!(out, "  held by no person"),
    };
    let mentions: Mentions<'_> = dossier.mentions.iter().map(|mention| (mention.id, mention)).collect();
    for explained in dossier.subjects.iter().flat_map(|subject| &subject.links).filter(|link| link.mention == found.id)
    {
        link(&mut out, explained, &mentions, veil);
    }
    out
}

fn values(out: &mut String, subject: &DataSubject, veil: &Veil<'_>) {
    let text = |value: &Option<Sensitive<String>>| value.as_ref().map_or(String::new(), |v| v.reveal().clone());
    let texts = |values: &[Sensitive<String>], what: &str| {
        values.iter().map(|value| veil.value(what, value.reveal())).collect::<Vec<_>>().join(", ")
    };
    let name = subject.name.as_ref().map_or(String::new(), |name| full_name(name.reveal()));
    let born = subject.date_of_birth.as_ref().map_or(String::new(), |date| date.reveal().to_string());
    let elements: Vec<&str> = crate::tally::published_elements(subject);
    let rows = [
        ("name", veil.value("name", &name)),
        ("nhs number", veil.value("nhs number", &text(&subject.nhs_number))),
        ("date of birth", veil.value("date of birth", &born)),
        ("postcode", veil.value("postcode", &text(&subject.postcode))),
        ("email", texts(&subject.emails, "email")),
        ("phone", texts(&subject.phones, "phone")),
        ("hospital number", texts(&subject.hospital_numbers, "hospital number")),
        ("elements", elements.join(", ")),
    ];
    for (label, value) in rows.into_iter().filter(|(_, value)| !value.is_empty()) {
        let _ = writeln!(out, "  {label:<16} {}", line(&value));
    }
}

fn controllers(out: &mut String, dossier: &Dossier, subject: &DataSubject) {
    if subject.controllers.is_empty() {
        let _ = writeln!(out, "  {:<16} none: the origin of no item speaks for one", "controller");
    }
    for controller in &subject.controllers {
        let reasons = origins(dossier, subject, controller);
        let reasons = if reasons.is_empty() { "by the other items of its kind".to_owned() } else { reasons };
        let _ = writeln!(out, "  {:<16} {controller}: {reasons}", "controller");
    }
    for candidate in subject.candidates.iter().filter(|id| !subject.controllers.contains(id)) {
        let reasons = origins(dossier, subject, candidate);
        let why = if reasons.is_empty() { "no item's origin speaks for it".to_owned() } else { reasons };
        let _ = writeln!(out, "  {:<16} {candidate}: in its register, not decided ({why})", "candidate");
    }
}

// How many of the person's items speak for a controller, by what: `path 3, letterhead 1 of 4 items`.
fn origins(dossier: &Dossier, subject: &DataSubject, controller: &ControllerId) -> String {
    let mut reasons: BTreeMap<HintBasis, u64> = BTreeMap::new();
    let documents: Vec<_> = subject.documents.iter().map(|(exhibit, path)| (exhibit, path)).collect();
    for item in dossier.items.iter().filter(|item| documents.contains(&(&item.exhibit, &item.path))) {
        let mut bases: Vec<HintBasis> =
            item.controller_hints.iter().filter(|h| &h.controller == controller).map(|h| h.basis).collect();
        bases.sort_unstable();
        bases.dedup();
        bases.into_iter().for_each(|basis| *reasons.entry(basis).or_default() += 1);
    }
    if reasons.is_empty() {
        return String::new();
    }
    let reasons: Vec<String> = reasons.iter().map(|(basis, n)| format!("{} {n}", basis.as_str())).collect();
    format!("{} (of {} items)", reasons.join(", "), documents.len())
}

fn register(out: &mut String, subject: &DataSubject, veil: &Veil<'_>) {
    let rows: Vec<String> = subject
        .register_rows
        .iter()
        .map(|(controller, locator)| format!("{controller} at {}", line(&veil.locator(locator))))
        .collect();
    let rows = if rows.is_empty() { String::new() } else { format!(": {}", rows.join("; ")) };
    let _ = writeln!(out, "  {:<16} {}{rows}", "register match", subject.register_match.as_str());
}

fn mention(out: &mut String, mention: &Mention, veil: &Veil<'_>) {
    let _ = writeln!(
        out,
        "  {}  {}  {} ({}){}",
        mention.id,
        line(&veil.locator(&mention.locator)),
        mention.role.as_str(),
        line(&mention.role_reason),
        match mention.recovery {
            Recovery::Stored => String::new(),
            Recovery::Recognised { confidence } => format!("; recognised in a picture at {confidence} %"),
            Recovery::Carved => "; carved out of damaged bytes".to_owned(),
        }
    );
    for finding in &mention.findings {
        let _ = writeln!(
            out,
            "      {:<26} {:<28} {:<14} rule {}, confidence {}",
            finding.element.as_str(),
            line(&veil.value(finding.element.as_str(), &value_text(finding))),
            line(&veil.place(&finding.locator.place)),
            line(&finding.detector),
            percent(f64::from(finding.confidence))
        );
    }
}

fn value_text(finding: &Finding) -> String {
    match finding.value.reveal() {
        Value::Text(text) => text.clone(),
        Value::Date(date) => date.to_string(),
        Value::Name(name) => full_name(name),
    }
}

pub(crate) fn full_name(name: &PersonName) -> String {
    let parts = std::iter::once(&name.title).chain(&name.given).chain(std::iter::once(&name.family));
    parts.filter(|part| !part.is_empty()).map(String::as_str).collect::<Vec<_>>().join(" ")
}

/// The levels of a comparison with their weights, in a line: `family name exact +9.1; date of birth one digit slip +3.0`.
pub(crate) fn compared(link: &LinkExplanation) -> String {
    let piece = |piece: &WeightPiece| format!("{} {} {:+.1}", piece.comparison, piece.level, piece.weight);
    link.pieces.iter().map(piece).collect::<Vec<_>>().join("; ")
}

/// The cells of a record that a comparison looked at.
fn cells(found: &Mention, comparison: &str, veil: &Veil<'_>) -> String {
    let elements: &[Element] = match comparison {
        "nhs number" => &[Element::NhsNumber],
        "hospital number" => &[Element::HospitalNumber],
        "national identifier" => &[Element::NationalInsuranceNumber, Element::Passport, Element::DrivingLicence],
        "family name" | "given name" | "middle name" | "sex" => &[Element::Name],
        "date of birth" => &[Element::DateOfBirth],
        "postcode" => &[Element::Postcode],
        "address" => &[Element::Address],
        "email" => &[Element::Email],
        "phone" => &[Element::Phone],
        "bank account" => &[Element::BankAccount],
        _ => &[],
    };
    let mut places: Vec<String> = found
        .findings
        .iter()
        .filter(|finding| elements.contains(&finding.element))
        .map(|finding| line(&veil.locator(&finding.locator)))
        .collect();
    places.dedup();
    places.join(", ")
}

/// The waterfall of a link: each piece with its weight, and below it the cells of both sides.
fn link(out: &mut String, link: &LinkExplanation, mentions: &Mentions<'_>, veil: &Veil<'_>) {
    let target = match &link.target {
        MatchTarget::Mention(mention) => mention.to_string(),
        MatchTarget::Register(controller, locator) => {
            format!("the register of {controller}, {}", line(&veil.locator(locator)))
        }
    };
    let _ = writeln!(out, "  {} with {target}", link.mention);
    row(out, "prior", "", link.prior);
    for piece in &link.pieces {
        row(out, &line(&piece.comparison), &line(&piece.level), piece.weight);
        let of =
            |id: &MentionId| mentions.get(id).map(|found| cells(found, &piece.comparison, veil)).unwrap_or_default();
        let one = of(&link.mention);
        let other = match &link.target {
            MatchTarget::Mention(mention) => of(mention),
            MatchTarget::Register(_, locator) => line(&veil.locator(locator)),
        };
        if !one.is_empty() {
            let _ = writeln!(out, "        {one} | {other}");
        }
    }
    let sum = link.prior + link.pieces.iter().map(|piece| piece.weight).sum::<f64>();
    let _ = writeln!(out, "      {:<46} {sum:>+8.2}  probability {:.4}", "sum", link.probability);
}

fn row(out: &mut String, comparison: &str, level: &str, weight: f64) {
    // One sign a two bits, so that the pieces that carried the decision stand out; at most sixteen.
    let signs = ((weight.abs() / 2.0).round() as usize).min(16);
    let bar = if weight < 0.0 { "-" } else { "+" }.repeat(signs);
    let _ = writeln!(out, "      {comparison:<20} {level:<25} {weight:>+8.2}  {bar}");
}
