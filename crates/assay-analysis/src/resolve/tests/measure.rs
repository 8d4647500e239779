//! Measurements, not checks: run by name with `--ignored --nocapture`, the public test sets from the folder in
//! `ASSAY_LINKAGE_DATA`. They print; people read.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use assay_model::MentionId;

use super::text::Scenario;
use crate::resolve::record::Reader;
use crate::resolve::{Resolution, judge};

fn read(file: &str) -> Option<String> {
    let folder = std::env::var("ASSAY_LINKAGE_DATA").ok()?;
    #[expect(clippy::disallowed_methods, reason = "a measurement on public test sets, not evidence")]
    std::fs::read_to_string(format!("{folder}/{file}")).ok()
}

/// Pair precision and recall, cluster precision and recall, and the count; `truth` is a mention's person.
fn report(what: &str, scenario: &Scenario, truth: &BTreeMap<String, String>) {
    let resolution = scenario.resolve();
    let person = |id| truth[&scenario.labels[id]].as_str();
    let pairs = |n: u64| n * n.saturating_sub(1) / 2;
    let (mut found, mut right) = (0, 0);
    let mut whole = 0;
    let mut sizes: BTreeMap<&str, u64> = BTreeMap::new();
    scenario.labels.values().for_each(|label| *sizes.entry(truth[label].as_str()).or_default() += 1);
    for subject in &resolution.subjects {
        let mut of: BTreeMap<&str, u64> = BTreeMap::new();
        subject.mentions.iter().for_each(|id| *of.entry(person(id)).or_default() += 1);
        found += pairs(subject.mentions.len() as u64);
        right += of.values().map(|n| pairs(*n)).sum::<u64>();
        whole += u64::from(of.len() == 1 && of.iter().all(|(p, n)| sizes[p] == *n));
    }
    let all: u64 = sizes.values().map(|n| pairs(*n)).sum();
    let (people, subjects) = (sizes.len() as f64, resolution.subjects.len() as f64);
    println!(
        "{what}: pair P {:.4} R {:.4}; cluster P {:.4} R {:.4}; {subjects} for {people} people ({:+.1} %); {:?}",
        right as f64 / found.max(1) as f64,
        right as f64 / all.max(1) as f64,
        whole as f64 / subjects,
        whole as f64 / people,
        (subjects / people - 1.0) * 100.0,
        resolution.estimate
    );
    if std::env::var("ASSAY_SHOW_ERRORS").is_ok() {
        splits(scenario, &resolution, truth);
    }
}

/// The first pairs of one person that were left apart, with their evidence.
fn splits(scenario: &Scenario, resolution: &Resolution, truth: &BTreeMap<String, String>) {
    let mut reader = Reader::new(&[]);
    let records: Vec<_> = scenario.mentions.iter().map(|mention| reader.mention(mention)).collect();
    let symbols = reader.symbols;
    let judge = judge(&symbols, &[], 0, &records);
    let mut of: BTreeMap<MentionId, usize> = BTreeMap::new();
    for (n, subject) in resolution.subjects.iter().enumerate() {
        subject.mentions.iter().for_each(|id| _ = of.insert(*id, n));
    }
    let mut firsts: BTreeMap<&str, usize> = BTreeMap::new();
    let mut shown = 0;
    for (n, mention) in scenario.mentions.iter().enumerate() {
        let label = &scenario.labels[&mention.id];
        let first = *firsts.entry(truth[label].as_str()).or_insert(n);
        let other = &scenario.mentions[first];
        if of[&mention.id] != of[&other.id] && shown < 40 {
            shown += 1;
            let evidence = judge.compare(&records[first], &records[n]);
            let pieces = evidence.pieces();
            let pieces: Vec<String> =
                pieces.iter().map(|p| format!("{} {} {:.1}", p.comparison, p.level, p.weight)).collect();
            let (clash, total) = (evidence.clash, judge.total(&evidence));
            println!("{} {label} {total:.1} clash {clash}: {}", scenario.labels[&other.id], pieces.join("; "));
        }
    }
}

fn febrl(text: &str, truth: &mut BTreeMap<String, String>, scenario: &mut String) {
    for line in text.lines().skip(1) {
        let cells: Vec<&str> = line.split(',').map(str::trim).collect();
        let [id, given, family, number, street, _, suburb, postcode, _, birth, number_of_person] = cells.as_slice()
        else {
            continue;
        };
        let label = id.replace("-org", "o").replace("-dup-", "d");
        let _ = write!(
            scenario,
            "{label} name=\"{given} {family}\" pc=\"AU{postcode} 1AA\" addr=\"{number} {street} {suburb}\" item={label}"
        );
        // The test set has dates that are none.
        let date = (birth.len() == 8).then(|| format!("{}-{}-{}", &birth[..4], &birth[4..6], &birth[6..]));
        if let Some(date) = date.filter(|date| date.parse::<jiff::civil::Date>().is_ok()) {
            let _ = write!(scenario, " dob={date}");
        }
        scenario.push('\n');
        truth.insert(label, id.split('-').nth(1).unwrap_or_default().to_owned());
    }
}

#[test]
#[ignore = "a measurement on public test sets"]
fn febrl_pairs() {
    for files in [&["dataset1.csv"][..], &["dataset3.csv"], &["dataset4a.csv", "dataset4b.csv"]] {
        let (mut truth, mut scenario) = (BTreeMap::new(), String::new());
        for text in files.iter().filter_map(|file| read(file)) {
            febrl(&text, &mut truth, &mut scenario);
        }
        report(files[0], &Scenario::read(&scenario), &truth);
    }
}

#[test]
#[ignore = "a measurement on public test sets"]
fn fake_1000_pairs() {
    let Some(text) = read("fake_1000.csv") else { return };
    let (mut truth, mut scenario) = (BTreeMap::new(), String::new());
    for line in text.lines().skip(1) {
        let cells: Vec<&str> = line.split(',').collect();
        let [id, given, family, birth, _, email, person] = cells.as_slice() else { continue };
        let _ = write!(scenario, "m{id} item={id}");
        match (given.is_empty(), family.is_empty()) {
            (true, true) => {}
            (false, true) => _ = write!(scenario, " given=\"{given}\""),
            _ => _ = write!(scenario, " name=\"{given} {family}\""),
        }
        for (key, value) in [("dob", birth), ("email", email)].into_iter().filter(|(_, value)| !value.is_empty()) {
            let _ = write!(scenario, " {key}={value}");
        }
        scenario.push('\n');
        truth.insert(format!("m{id}"), (*person).to_owned());
    }
    report("fake_1000", &Scenario::read(&scenario), &truth);
}
