//! How good the first estimate is: cases of many seeds, each read in part by the released program, its interval held against the truth.
//!
//! Coverage alone would praise a wide interval: the interval score (Gneiting and Raftery 2007, its width and twenty times what it
//! misses the truth by) is printed beside, as a share of the people there are. The same is asked of each part of them of whom the truth of a case tells who
//! they are.

use crate::accuracy::build;
use anyhow::{Context, bail};
use assay_corpus::{Parameters, write_case};
use assay_model::Element;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

/// How far a case is read when it is looked at.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Look {
    /// All lists and this share of everything else.
    Share(f64),
    /// As far as one comes in so many seconds.
    Seconds(u64),
}

impl Look {
    fn arguments(self) -> [String; 2] {
        match self {
            Self::Share(share) => ["--share".into(), share.to_string()],
            Self::Seconds(seconds) => ["--seconds".into(), seconds.to_string()],
        }
    }
}

impl std::fmt::Display for Look {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Share(share) => f.pad(&share.to_string()),
            Self::Seconds(seconds) => f.pad(&format!("{seconds} s")),
        }
    }
}

/// Shares in rising order, and the whole.
pub(crate) fn by_share(mut shares: Vec<f64>) -> Vec<Look> {
    shares.sort_by(f64::total_cmp);
    shares.push(1.0);
    shares.into_iter().map(Look::Share).collect()
}

/// An estimate beside the truth.
struct Held {
    /// From the start of the program to its answer, in seconds of the wall.
    took: f64,
    truth: f64,
    estimate: f64,
    low: f64,
    high: f64,
}

impl Held {
    fn holds(&self) -> bool {
        (self.low..=self.high).contains(&self.truth)
    }

    fn error(&self) -> f64 {
        self.estimate / self.truth - 1.0
    }

    /// Of a 95 % interval.
    fn score(&self) -> f64 {
        let missed = (self.low - self.truth).max(0.0) + (self.truth - self.high).max(0.0);
        (self.high - self.low + 2.0 / 0.05 * missed) / self.truth
    }
}

/// Reads each seed's case up to each look in turn; prints a line a look.
pub(crate) fn estimates(seeds: RangeInclusive<u64>, items: u32, looks: &[Look], list: bool) -> anyhow::Result<()> {
    let program = build()?;
    let mut by_look: Vec<Vec<Held>> = looks.iter().map(|_| Vec::new()).collect();
    let mut parts_by_look: Vec<BTreeMap<String, Vec<Held>>> = looks.iter().map(|_| BTreeMap::new()).collect();
    for seed in seeds.clone() {
        let folder = tempfile::tempdir()?;
        let case = folder.path().join("case");
        let made = write_case(&case, &Parameters { seed, items, ..Parameters::default() })?;
        let truth = parts_of_truth(&case.join("truth"))?;
        for ((look, held), parts) in looks.iter().zip(&mut by_look).zip(&mut parts_by_look) {
            let begun = Instant::now();
            let json = estimate(&program, &case, folder.path(), *look).with_context(|| format!("seed {seed}"))?;
            let took = begun.elapsed().as_secs_f64();
            // What could not be read is not in the truth.
            let [estimate, low, high] = ["readable", "low", "high"].map(|name| json["people"][name].as_f64());
            let held_beside = |truth, estimate: Option<f64>, low: Option<f64>, high: Option<f64>| {
                Some(Held { took, truth, estimate: estimate?, low: low?, high: high? })
            };
            let figure =
                held_beside(made.people_in_leak as f64, estimate, low, high).context("no estimate was made")?;
            for (part, people) in &truth {
                let part_of = json.pointer(part).unwrap_or(&serde_json::Value::Null);
                let [estimate, low, high] = ["estimate", "low", "high"].map(|name| part_of[name].as_f64());
                parts.entry(part.clone()).or_default().extend(held_beside(*people, estimate, low, high));
            }
            if list && !figure.holds() {
                let Held { estimate, low, high, truth, .. } = figure;
                println!("seed {seed} at {look}: {estimate} ({low} to {high}), truth {truth}");
            }
            held.push(figure);
        }
        eprintln!("seed {seed} of {} to {} measured", seeds.start(), seeds.end());
    }
    println!("{items} items a case, seeds {} to {}; nominal 95 %", seeds.start(), seeds.end());
    println!(
        "{:>8}{:>10}{:>10}{:>12}{:>10}{:>10}{:>16}",
        "look", "covered", "bias", "abs. error", "width", "score", "slowest, s"
    );
    for (look, held) in looks.iter().zip(&by_look) {
        let mean = |of: &dyn Fn(&Held) -> f64| held.iter().map(of).sum::<f64>() / held.len().max(1) as f64;
        println!(
            "{look:>8}{:>10.3}{:>10.4}{:>12.4}{:>10.4}{:>10.4}{:>16.1}",
            mean(&|h| f64::from(u8::from(h.holds()))),
            mean(&|h| h.error()),
            mean(&|h| h.error().abs()),
            mean(&|h| (h.high - h.low) / h.truth),
            mean(&|h| h.score()),
            held.iter().map(|h| h.took).fold(0.0, f64::max)
        );
    }
    for (look, parts) in looks.iter().zip(&parts_by_look) {
        println!(
            "\nparts at {look:<22}{:>8}{:>10}{:>10}{:>10}{:>10}{:>10}",
            "cases", "people", "covered", "bias", "width", "score"
        );
        for (part, held) in parts {
            let mean = |of: &dyn Fn(&Held) -> f64| held.iter().map(of).sum::<f64>() / held.len().max(1) as f64;
            let truth = mean(&|h| h.truth);
            println!(
                "{part:<31}{:>8}{truth:>10.0}{:>10.3}{:>10.4}{:>10.4}{:>10.4}",
                held.len(),
                mean(&|h| f64::from(u8::from(h.holds()))),
                mean(&|h| h.estimate) / truth - 1.0,
                mean(&|h| h.high - h.low) / truth,
                mean(&|h| h.score() * h.truth) / truth,
            );
        }
    }
    Ok(())
}

/// People of each part by the truth of a case, by the place that the estimate has them in; parts of fewer than ten are left out.
fn parts_of_truth(truth: &Path) -> anyhow::Result<BTreeMap<String, f64>> {
    let mut people: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut counting = BTreeSet::new();
    let columns = ["person", "role", "controllers", "child", "counts"];
    for [person, role, controllers, child, counts] in rows(&truth.join("people.csv"), columns)? {
        if counts == "true" {
            counting.insert(person.clone());
        }
        let age = match child.as_str() {
            "true" => "children",
            "false" => "adults",
            _ => "age_unknown",
        };
        let of_controllers =
            controllers.split(';').filter(|id| !id.is_empty()).map(|id| format!("/by_controller/{id}"));
        for part in [format!("/by_role/{role}"), format!("/{age}")].into_iter().chain(of_controllers) {
            people.entry(part).or_default().insert(person.clone());
        }
    }
    for [person, element] in rows(&truth.join("values.csv"), ["person", "element"])? {
        if let Some(name) = Element::parse(&element).and_then(Element::published) {
            people.entry(format!("/by_element/{name}")).or_default().insert(person);
        }
    }
    let counted = |(part, who): (String, BTreeSet<String>)| (part, who.intersection(&counting).count() as f64);
    Ok(people.into_iter().map(counted).filter(|(_, people)| *people >= 10.0).collect())
}

/// The cells of each row of a table of the truth.
fn rows<const N: usize>(path: &Path, columns: [&str; N]) -> anyhow::Result<Vec<[String; N]>> {
    let mut reader = csv::Reader::from_path(path)?;
    let headers = reader.headers()?.clone();
    let at = columns.map(|column| headers.iter().position(|header| header == column));
    let text =
        |row: &csv::StringRecord, at: Option<usize>| at.and_then(|at| row.get(at)).unwrap_or_default().to_owned();
    reader.records().map(|row| Ok(row.map(|row| at.map(|at| text(&row, at)))?)).collect()
}

fn estimate(program: &Path, case: &Path, folder: &Path, look: Look) -> anyhow::Result<serde_json::Value> {
    let output = Command::new(program)
        .args(["estimate", "--json"])
        .args(look.arguments())
        .arg(case)
        .env("ASSAY_KEYS", folder.join("keys"))
        .output()?;
    if !matches!(output.status.code(), Some(0 | 1)) {
        bail!("assay estimate: {}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(serde_json::from_slice(&output.stdout)?)
}
