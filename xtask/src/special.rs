//! What sentences say of a patient and what they deny: special categories, medicines and codes on a hand-written, labelled set.
//!
//! Each sentence stands in a short letter about somebody, as it would: what is found of the elements in question is held against
//! the label. Of the set one half may be looked at by who writes rules, the other is for measuring.

use anyhow::Context;
use assay_analysis::detect::{Detector, ItemContext};
use assay_model::{
    Content, Element, ExhibitId, ExhibitKind, ItemPath, Passage, Recovery, ScanSettings, SpecialCategory,
};
use serde::Deserialize;
use std::collections::BTreeSet;
use std::path::Path;

#[derive(Deserialize)]
struct Set {
    sentence: Vec<Sentence>,
}

#[derive(Deserialize)]
struct Sentence {
    text: String,
    says: Vec<String>,
}

/// Right, missed and wrong.
#[derive(Default)]
struct Count(u32, u32, u32);

/// Prints the table; with `list`, what was missed and what was wrong in the half that may be looked at.
pub(crate) fn score(file: &Path, list: bool) -> anyhow::Result<()> {
    let text = std::fs::read_to_string(file).with_context(|| format!("{} cannot be read", file.display()))?;
    let set: Set = toml::from_str(&text)?;
    let detector = Detector::new(&ScanSettings::default())?;
    let (exhibit, path) = (ExhibitId::new("LEAK/1"), ItemPath::of_file("letters/a.txt"));
    let asked = |element: &Element| matches!(element, Element::Special(_) | Element::Diagnosis);
    let mut halves = [("looked at", Count::default()), ("measured", Count::default())];
    let mut clean = [(0u32, 0u32); 2];
    for (n, sentence) in set.sentence.iter().enumerate() {
        let letter = format!(
            "Patient: Ada Testcase\nNHS No: 999 000 0018\nDOB: 04/03/1985\n\nDear Doctor,\n\n{}\n\nYours sincerely\n",
            sentence.text
        );
        let content = Content::Text { first_line: 1, text: letter };
        let passage = Passage { part: String::new(), hidden: false, recovery: Recovery::Stored, content };
        let item = ItemContext { exhibit: &exhibit, kind: ExhibitKind::Leak, path: &path };
        let detected = detector.detect(&item, &[passage]);
        let found: BTreeSet<Element> = detected
            .mentions
            .iter()
            .filter(|mention| mention.nhs_number().is_some())
            .flat_map(|mention| mention.findings.iter().map(|finding| finding.element))
            .filter(asked)
            .collect();
        let truth: BTreeSet<Element> = sentence.says.iter().filter_map(|word| Element::parse(word)).collect();
        let half = n % 2;
        if let (Some((_, count)), Some(clean)) = (halves.get_mut(half), clean.get_mut(half)) {
            count.0 += found.intersection(&truth).count() as u32;
            count.1 += truth.difference(&found).count() as u32;
            count.2 += found.difference(&truth).count() as u32;
            if truth.is_empty() {
                clean.0 += 1;
                clean.1 += u32::from(found.is_empty());
            }
        }
        if list && half == 0 && found != truth {
            let words = |set: &BTreeSet<Element>| set.iter().map(|e| e.as_str()).collect::<Vec<_>>().join(", ");
            println!("found [{}], is [{}]: {}", words(&found), words(&truth), sentence.text);
        }
    }
    println!("{} sentences, {} special categories", set.sentence.len(), SpecialCategory::ALL.len());
    println!(
        "{:12}{:>8}{:>8}{:>8}{:>10}{:>10}{:>20}",
        "half", "right", "missed", "wrong", "prec.", "recall", "denials left alone"
    );
    for ((name, Count(right, missed, wrong)), (all, well)) in halves.iter().zip(clean) {
        let share = |part: u32, of: u32| f64::from(part) / f64::from(of.max(1));
        println!(
            "{name:12}{right:>8}{missed:>8}{wrong:>8}{:>10.3}{:>10.3}{:>20}",
            share(*right, right + wrong),
            share(*right, right + missed),
            format!("{well} of {all}")
        );
    }
    Ok(())
}
