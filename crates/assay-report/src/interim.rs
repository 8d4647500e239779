//! What a scan that goes on knows of the people in the items held: `estimate.json` and the lines at a terminal. No personal data.

use crate::summary::PROOF;
use crate::words::{counted, thousands};
use assay_model::{AgeBand, Interim};
use serde::Serialize;
use std::collections::BTreeMap;

/// The schema named in `estimate.json`.
pub const INTERIM_SCHEMA: &str = "assay.estimate/1";

/// What every figure covers.
const SCOPE: &str = "Covers the people mentioned in the leaked items held by this date: those read by now, and what they lead to expect of those \
     that wait. It sets no bound on what the group may hold beyond them.";

#[derive(Serialize)]
struct Written<'a> {
    schema: &'a str,
    generated_at: String,
    scope: &'a str,
    items: Items,
    people: People,
    by_controller: BTreeMap<String, u64>,
    by_role: BTreeMap<&'a str, u64>,
    children: u64,
    adults: u64,
    age_unknown: u64,
    by_element: &'a BTreeMap<&'static str, u64>,
    unread_note: String,
}

#[derive(Serialize)]
struct Items {
    read: u64,
    waiting: u64,
    unread: u64,
    unread_bytes: u64,
}

#[derive(Serialize)]
struct People {
    count: u64,
    floor: u64,
    estimate: Option<u64>,
    readable: Option<u64>,
    low: Option<u64>,
    high: Option<u64>,
    ceiling: Option<u64>,
    decoy_rate: f64,
}

/// `estimate.json`.
pub fn interim_json(interim: &Interim, at: jiff::Timestamp) -> String {
    let (progress, estimate) = (&interim.progress, &interim.estimate);
    let age = |band| interim.by_age.get(&band).copied().unwrap_or_default();
    let estimated = |figure| (!interim.is_proof_only).then_some(figure);
    let written = Written {
        schema: INTERIM_SCHEMA,
        generated_at: at.to_string(),
        scope: SCOPE,
        items: Items {
            read: progress.read,
            waiting: progress.waiting,
            unread: progress.unread,
            unread_bytes: progress.unread_bytes,
        },
        people: People {
            count: estimate.count,
            floor: estimate.floor,
            estimate: estimated(estimate.estimate),
            readable: estimated(interim.readable),
            low: estimated(estimate.low),
            high: estimated(estimate.high),
            ceiling: estimated(estimate.ceiling),
            decoy_rate: (estimate.decoy_rate * 1e6).round() / 1e6,
        },
        by_controller: interim.by_controller.iter().map(|(id, people)| (id.to_string(), *people)).collect(),
        by_role: interim.by_role.iter().map(|(role, people)| (role.as_str(), *people)).collect(),
        children: age(AgeBand::Child),
        adults: age(AgeBand::Adult),
        age_unknown: age(AgeBand::Unknown),
        by_element: &interim.by_element,
        unread_note: unread(interim),
    };
    // Serialising to memory fails only for maps with keys that are no text; there is none.
    serde_json::to_string_pretty(&written).unwrap_or_default() + "\n"
}

/// One line for a scan under way: `first estimate …`.
pub fn interim_line(interim: &Interim) -> String {
    format!("estimate  {}; {}; no bound on what the group holds beyond", people(interim), read(interim))
}

/// The estimate for a person at a terminal, some ten lines.
pub fn interim_text(interim: &Interim) -> String {
    let estimate = &interim.estimate;
    let list = |figures: Vec<(String, u64)>| {
        let figures: Vec<String> = figures.iter().map(|(name, n)| format!("{name} {}", thousands(*n))).collect();
        if figures.is_empty() { "nobody yet".to_owned() } else { figures.join(", ") }
    };
    let age = |band| thousands(interim.by_age.get(&band).copied().unwrap_or_default());
    [
        format!("People    {}", people(interim)),
        match interim.is_proof_only {
            true => format!("          {} known to a register", thousands(estimate.floor)),
            false => format!(
                "          found by now {}, {} with items that wait; at least {} known to a register; at most {}",
                thousands(estimate.count),
                thousands(interim.readable),
                thousands(estimate.floor),
                thousands(estimate.ceiling)
            ),
        },
        format!("Whose     {}", list(interim.by_controller.iter().map(|(id, n)| (id.to_string(), *n)).collect())),
        format!("Who       {}", list(interim.by_role.iter().map(|(role, n)| (role.as_str().to_owned(), *n)).collect())),
        format!(
            "          children {}, adults {}, age unknown {}",
            age(AgeBand::Child),
            age(AgeBand::Adult),
            age(AgeBand::Unknown)
        ),
        format!("What      {}", list(interim.by_element.iter().map(|(name, n)| ((*name).to_owned(), *n)).collect())),
        format!("Read      {}", read(interim)),
        format!("Not read  {}", unread(interim)),
        format!("Scope     {SCOPE}"),
    ]
    .join("\n")
}

fn people(interim: &Interim) -> String {
    let estimate = &interim.estimate;
    if interim.is_proof_only {
        return format!("{} shown, a floor: {PROOF}", counted(estimate.count, "person", "people"));
    }
    format!(
        "{} expected in the items held (95 % interval {} to {})",
        counted(estimate.estimate, "person", "people"),
        thousands(estimate.low),
        thousands(estimate.high)
    )
}

fn read(interim: &Interim) -> String {
    let progress = &interim.progress;
    let known = progress.read + progress.waiting + progress.unread;
    format!("{} of {} known so far", thousands(progress.read), counted(known, "item", "items"))
}

fn unread(interim: &Interim) -> String {
    let progress = &interim.progress;
    if progress.unread == 0 {
        return "nothing so far was beyond reading".to_owned();
    }
    format!(
        "{} of {} bytes could not be read: what they hold has no bound; items like them held what the upper end allows for",
        counted(progress.unread, "item", "items"),
        thousands(progress.unread_bytes)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use assay_model::{ControllerId, Estimate, Role, ScanProgress};

    #[test]
    fn an_interim_says_how_many_of_what_and_what_was_not_read() {
        let interim = Interim {
            progress: ScanProgress { read: 120, waiting: 1880, unread: 3, unread_bytes: 4096 },
            estimate: Estimate {
                count: 1500,
                floor: 900,
                estimate: 2800,
                low: 2600,
                high: 3100,
                ceiling: 4000,
                decoy_rate: 0.0,
            },
            readable: 2700,
            is_proof_only: false,
            by_controller: [(ControllerId::new("NCH"), 2000)].into(),
            by_role: [(Role::Patient, 2500)].into(),
            by_age: [(AgeBand::Child, 1000), (AgeBand::Adult, 1700)].into(),
            by_element: [("name", 2800)].into(),
        };
        let text = interim_text(&interim);
        for part in
            ["2,800 people expected", "2,600 to 3,100", "120 of 2,003 items", "3 items of 4,096 bytes", "NCH 2,000"]
        {
            assert!(text.contains(part), "{part} in {text}");
        }
        let json: serde_json::Value =
            serde_json::from_str(&interim_json(&interim, jiff::Timestamp::UNIX_EPOCH)).unwrap();
        assert_eq!(
            (&json["people"]["high"], &json["children"], &json["items"]["waiting"]),
            (&3100.into(), &1000.into(), &1880.into())
        );
    }
}
