//! What a scan that goes on knows of the people in the items held: `estimate.json` and the lines at a terminal. No personal data.

use crate::parts::{Between, Parts};
use crate::summary::PROOF;
use crate::words::{counted, thousands};
use assay_model::{AgeBand, Expected, Interim, Part};
use serde::Serialize;

/// The schema named in `estimate.json`.
pub const INTERIM_SCHEMA: &str = "assay.estimate/2";

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
    #[serde(flatten)]
    parts: Parts<'a, Counted>,
    unread_note: String,
}

/// People found of a part, and how many are expected; no estimate is made from a proof pack.
#[derive(Serialize, Default)]
struct Counted {
    count: u64,
    #[serde(flatten)]
    expected: Option<Between>,
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
        parts: Parts::of(&interim.parts, |part| Counted {
            count: part.count,
            expected: (!interim.is_proof_only).then(|| Between::of(part)),
        }),
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
    let list = |of: &dyn Fn(&Part) -> Option<String>, with_ends: bool| {
        let named = interim.parts.iter().filter_map(|(part, people)| Some((of(part)?, people)));
        let figures: Vec<String> =
            named.map(|(name, people)| format!("{name} {}", words(interim, people, with_ends))).collect();
        if figures.is_empty() { "nobody yet".to_owned() } else { figures.join(", ") }
    };
    let controller = |part: &Part| if let Part::Controller(id) = part { Some(id.to_string()) } else { None };
    let role = |part: &Part| if let Part::Role(role) = part { Some(role.as_str().to_owned()) } else { None };
    let age = |part: &Part| match part {
        Part::Age(AgeBand::Child) => Some("children".to_owned()),
        Part::Age(AgeBand::Adult) => Some("adults".to_owned()),
        Part::Age(AgeBand::Unknown) => Some("age unknown".to_owned()),
        _ => None,
    };
    let element = |part: &Part| if let Part::Element(name) = part { Some((*name).to_owned()) } else { None };
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
        format!("Whose     {}", list(&controller, true)),
        format!("Who       {}", list(&role, true)),
        format!("          {}", list(&age, true)),
        format!("What      {}", list(&element, false)),
        format!("Read      {}", read(interim)),
        format!("Not read  {}", unread(interim)),
        format!("Scope     {SCOPE}"),
    ]
    .join("\n")
}

/// `1,235 (1,200 to 1,310)`.
fn words(interim: &Interim, people: &Expected, with_ends: bool) -> String {
    match (interim.is_proof_only, with_ends) {
        (true, _) => thousands(people.count),
        (false, false) => thousands(people.estimate),
        (false, true) => {
            format!("{} ({} to {})", thousands(people.estimate), thousands(people.low), thousands(people.high))
        }
    }
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
        let expected = |estimate| Expected { count: estimate / 2, estimate, low: estimate - 100, high: estimate + 200 };
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
            parts: [
                (Part::Controller(ControllerId::new("NCH")), expected(2000)),
                (Part::Role(Role::Patient), expected(2500)),
                (Part::Age(AgeBand::Child), expected(1000)),
                (Part::Age(AgeBand::Adult), expected(1700)),
                (Part::Element("name"), expected(2800)),
            ]
            .into(),
        };
        let text = interim_text(&interim);
        for part in [
            "2,800 people expected",
            "2,600 to 3,100",
            "120 of 2,003 items",
            "3 items of 4,096 bytes",
            "NCH 2,000 (1,900 to 2,200)",
        ] {
            assert!(text.contains(part), "{part} in {text}");
        }
        let json: serde_json::Value =
            serde_json::from_str(&interim_json(&interim, jiff::Timestamp::UNIX_EPOCH)).unwrap();
        assert_eq!(
            (&json["people"]["high"], &json["children"]["high"], &json["by_element"]["name"]["count"]),
            (&3100.into(), &1200.into(), &1400.into())
        );
    }
}
