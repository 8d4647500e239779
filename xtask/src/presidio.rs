//! Recall and precision of identifiers and names on presidio-research's texts, by entity: texts that others wrote and marked.
//!
//! A marked span counts as found where a finding of its kind overlaps it, and a finding as right where it overlaps a span of
//! its kind. A name is one that a sentence names (`detect::Prose`): no label or column stands in these texts.

use anyhow::Context;
use assay_analysis::detect::Prose;
use assay_analysis::detect::identifiers::{Hit, Identifiers};
use assay_model::Element;
use serde::Deserialize;
use std::path::Path;

#[derive(Deserialize)]
struct Text {
    full_text: String,
    spans: Vec<Span>,
}

#[derive(Deserialize)]
struct Span {
    entity_type: String,
    start_position: usize,
    end_position: usize,
}

/// An entity of theirs, the target of recall, and which of our identifiers are of its kind.
type Entity = (&'static str, &'static str, fn(&Identifiers, &Hit) -> bool);

/// The entity that no rule of identifiers finds.
const NAMES: &str = "PERSON";

const ENTITIES: [Entity; 6] = [
    ("PHONE_NUMBER", "0.90", |_, hit| hit.element == Element::Phone),
    ("EMAIL_ADDRESS", "0.99", |_, hit| hit.element == Element::Email),
    ("IBAN_CODE", "0.99", |_, hit| hit.element == Element::BankAccount),
    ("CREDIT_CARD", "0.99", |_, hit| hit.element == Element::PaymentCard),
    ("IP_ADDRESS", "0.99", |rules, hit| rules.rule(hit).starts_with("internet-address")),
    (NAMES, "0.85", |_, _| false),
];

/// Prints the table; with `list`, each text part that was missed.
pub(crate) fn score(file: &Path, list: bool) -> anyhow::Result<()> {
    let bytes = std::fs::read(file).with_context(|| format!("{} cannot be read", file.display()))?;
    let texts: Vec<Text> = serde_json::from_slice(&bytes)?;
    let rules = Identifiers::shipped()?;
    let prose = Prose::shipped()?;
    let mut counts = [(0u32, 0u32, 0u32, 0u32); ENTITIES.len()];
    for text in &texts {
        // Their places count characters.
        let offsets: Vec<usize> =
            text.full_text.char_indices().map(|(at, _)| at).chain([text.full_text.len()]).collect();
        let byte = |at: usize| offsets.get(at).copied().unwrap_or(text.full_text.len());
        let mut hits = Vec::new();
        rules.find(&text.full_text, &mut hits);
        let names: Vec<(usize, usize)> =
            prose.names(&text.full_text).iter().map(|name| (name.start, name.end)).collect();
        for ((entity, _, of_kind), count) in ENTITIES.iter().zip(&mut counts) {
            let spans: Vec<(usize, usize)> = text
                .spans
                .iter()
                .filter(|span| span.entity_type == *entity)
                .map(|span| (byte(span.start_position), byte(span.end_position)))
                .collect();
            let ours: Vec<(usize, usize)> = match *entity {
                NAMES => names.clone(),
                _ => hits.iter().filter(|hit| of_kind(&rules, hit)).map(|hit| (hit.start, hit.end)).collect(),
            };
            let overlap = |hit: &(usize, usize), span: &(usize, usize)| hit.0 < span.1 && span.0 < hit.1;
            count.0 += spans.len() as u32;
            count.1 += spans.iter().filter(|span| ours.iter().any(|hit| overlap(hit, span))).count() as u32;
            count.2 += ours.len() as u32;
            count.3 += ours.iter().filter(|hit| spans.iter().any(|span| overlap(hit, span))).count() as u32;
            if list {
                let missed = spans.iter().filter(|span| !ours.iter().any(|hit| overlap(hit, span)));
                missed.for_each(|span| {
                    println!("missed {entity}: {:?}", text.full_text.get(span.0.saturating_sub(30)..span.1))
                });
                let wrong = ours.iter().filter(|hit| !spans.iter().any(|span| overlap(hit, span)));
                wrong.for_each(|hit| println!("wrong {entity}: {:?}", text.full_text.get(hit.0..hit.1)));
            }
        }
    }
    println!("{:16}{:>8}{:>8}{:>10}{:>8}{:>10}", "entity", "target", "spans", "recall", "found", "precision");
    for ((entity, target, _), (spans, held, found, right)) in ENTITIES.iter().zip(counts) {
        let share = |part: u32, all: u32| {
            if all == 0 { "-".to_owned() } else { format!("{:.3}", f64::from(part) / f64::from(all)) }
        };
        let (recall, precision) = (share(held, spans), share(right, found));
        println!("{entity:16}{target:>8}{spans:>8}{recall:>10}{found:>8}{precision:>10}");
    }
    Ok(())
}
