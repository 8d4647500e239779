//! Accuracy of the released program on synthetic cases, seed by seed: it runs the program and scores its exports.
//!
//! Nothing of the program is called from here: what is measured is what a user gets. Targets stand beside the figures.

use crate::tidy::project_root;
use anyhow::{Context, bail};
use assay_corpus::score::{ElementScore, Exports, Reliability, Score, score};
use assay_corpus::{Parameters, write_case};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A figure of the table: its title, its target, how it is read off a score.
type Figure = (&'static str, &'static str, fn(&Score) -> f64);

const FIGURES: [Figure; 21] = [
    ("people in truth", "", |s| s.people_truth as f64),
    ("people counted", "", |s| s.people_found as f64),
    ("count error", "within 0.05", |s| s.count_error),
    ("people recall", "", |s| s.people_recall),
    ("pair precision", "0.98", |s| s.pair_precision),
    ("pair recall", "0.93", |s| s.pair_recall),
    ("B-cubed precision", "", |s| s.bcubed_precision),
    ("B-cubed recall", "", |s| s.bcubed_recall),
    ("mention precision", "", |s| s.mention_precision),
    ("mention recall", "", |s| s.mention_recall),
    ("controller right", "0.97", |s| s.controller_right),
    ("child/adult right", "0.98", |s| s.child_right),
    ("role right, people", "", |s| s.role_right),
    ("role right, mentions", "0.97", |s| s.mention_role_right),
    ("category right", "0.97", |s| s.item_category_right),
    ("decoys called", "0.005", |s| s.values.decoys_called as f64 / s.values.decoys.max(1) as f64),
    ("bare names right", "", |s| s.bare_names.1 as f64 / s.bare_names.0.max(1) as f64),
    ("decoys counted", "0", |s| s.decoys_counted as f64),
    ("split people", "", |s| s.split as f64),
    ("merged people", "", |s| s.merged as f64),
    ("named only, counted", "", |s| s.named_only_counted as f64),
];

/// Makes a case a seed, runs the program on it, prints a column a seed and the mean.
///
/// With `fit` it prints the points that rules/detect/confidence.toml should have by these seeds, and looks at nothing else.
pub(crate) fn accuracy(seeds: RangeInclusive<u64>, items: u32, keep: Option<&Path>, fit: bool) -> anyhow::Result<()> {
    let program = build()?;
    let temporary = tempfile::tempdir()?;
    let folder = keep.unwrap_or(temporary.path());
    let mut scores = Vec::new();
    let mut held = 0;
    for seed in seeds.clone() {
        let case = folder.join(format!("seed-{seed}"));
        let score = measure(&program, &case, folder, seed, items).with_context(|| format!("seed {seed}"))?;
        held += usize::from(interval(&case)?.contains(&score.people_truth));
        scores.push(score);
        eprintln!("seed {seed} of {} to {} measured", seeds.start(), seeds.end());
    }
    if fit {
        print_fit(&scores);
        return Ok(());
    }
    print_table(&scores, &seeds);
    print_reliability(&scores);
    println!("\nthe interval of the report holds the truth in {held} of {} cases", scores.len());
    on_public_data()
}

/// The interval that the report gives around the number of people.
fn interval(case: &Path) -> anyhow::Result<RangeInclusive<u64>> {
    let report: serde_json::Value = serde_json::from_slice(&std::fs::read(case.join("out/report.json"))?)?;
    let figure = |name: &str| report["subjects"][name].as_u64().with_context(|| format!("the report has no {name}"));
    Ok(figure("low")?..=figure("high")?)
}

/// Resolution on public linkage data, where a copy lies beside the project; none of it is the project's.
fn on_public_data() -> anyhow::Result<()> {
    let root = project_root();
    let data = root.join("../shared/data/linkage");
    if !data.is_dir() {
        println!("\nno public linkage data beside the project: left out");
        return Ok(());
    }
    println!("\nresolution on public linkage data");
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["test", "--release", "--quiet", "--locked", "-p", "assay-analysis", "--lib"])
        .args(["resolve::tests::measure::", "--", "--ignored", "--nocapture", "--test-threads=1"])
        .env("ASSAY_LINKAGE_DATA", &data)
        .current_dir(&root)
        .output()?;
    if !output.status.success() {
        bail!("the measurement failed: {}", String::from_utf8_lossy(&output.stderr));
    }
    let text = String::from_utf8_lossy(&output.stdout);
    text.lines().filter(|line| line.contains("pair P")).for_each(|line| println!("{line}"));
    Ok(())
}

/// The released program, built; where `ASSAY_PROGRAM` names one, that.
pub(crate) fn build() -> anyhow::Result<PathBuf> {
    if let Some(program) = std::env::var_os("ASSAY_PROGRAM") {
        return Ok(program.into());
    }
    let root = project_root();
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let built =
        Command::new(cargo).args(["build", "--release", "--locked", "-p", "assay"]).current_dir(&root).status()?;
    if !built.success() {
        bail!("the program does not build");
    }
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
    Ok(target.join("release/assay"))
}

fn measure(program: &Path, case: &Path, folder: &Path, seed: u64, items: u32) -> anyhow::Result<Score> {
    if !case.join("case.toml").exists() {
        write_case(case, &Parameters { seed, items, ..Parameters::default() })?;
    }
    let assay = |arguments: &[&str]| {
        let output = Command::new(program).args(arguments).env("ASSAY_KEYS", folder.join("keys")).output()?;
        match output.status.code() {
            Some(0 | 1) => Ok(()),
            _ => bail!("assay {}: {}", arguments[0], String::from_utf8_lossy(&output.stderr)),
        }
    };
    let shown = case.display().to_string();
    assay(&["run", &shown])?;
    let mut exports = Vec::new();
    for what in ["subjects", "mentions", "items"] {
        let file = case.join(format!("{what}.csv"));
        if file.exists() {
            std::fs::remove_file(&file)?;
        }
        assay(&["export", what, &shown, "--to", &file.display().to_string(), "--reveal"])?;
        exports.push(file);
    }
    let [subjects, mentions, items] = exports.as_slice() else { bail!("three exports were made") };
    Ok(score(&case.join("truth"), Exports { subjects, mentions, items })?)
}

fn print_table(scores: &[Score], seeds: &RangeInclusive<u64>) {
    println!("{:22}{:12}{:>8}{:>8}  seeds {} to {}", "", "target", "mean", "worst", seeds.start(), seeds.end());
    for (title, target, figure) in FIGURES {
        let values: Vec<f64> = scores.iter().map(figure).collect();
        let mean = values.iter().sum::<f64>() / values.len().max(1) as f64;
        let far = |value: &f64| if title == "count error" || target == "0" { -value.abs() } else { *value };
        let worst = values.iter().copied().min_by(|a, b| far(a).total_cmp(&far(b))).unwrap_or_default();
        let row: String = values.iter().map(|value| format!("{:>8}", shown(*value))).collect();
        println!("{title:22}{target:12}{:>8}{:>8}  {row}", shown(mean), shown(worst));
    }
    let mut by_category: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
    for (category, (all, joined)) in scores.iter().flat_map(|score| &score.by_category) {
        let entry = by_category.entry(category).or_default();
        entry.0 += all;
        entry.1 += joined;
    }
    print_elements(scores);
    println!("\nmentions found by document category, all seeds");
    for (category, (all, joined)) in by_category {
        println!("{category:22}{joined:>8} of {all:>8}  {:.4}", joined as f64 / all.max(1) as f64);
    }
}

/// A line an element, all seeds together and the worst seed.
fn print_elements(scores: &[Score]) {
    let words: BTreeSet<&str> =
        scores.iter().flat_map(|score| score.values.elements.keys()).map(String::as_str).collect();
    println!("\n{:28}{:>9}{:>9}{:>9}{:>9}{:>9}{:>9}", "element", "in truth", "prec.", "recall", "F1", "worst", "tied");
    for word in words {
        let of = |score: &Score| score.values.elements.get(word).copied().unwrap_or_default();
        let worst = scores.iter().map(|score| of(score).f1()).fold(1.0, f64::min);
        let mut all = ElementScore::default();
        scores.iter().for_each(|score| all.add(&of(score)));
        let figures = [all.precision(), all.recall(), all.f1(), worst, all.tied_share()].map(shown);
        let figures: String = figures.iter().map(|figure| format!("{figure:>9}")).collect();
        println!("{word:28}{:>9}{figures}", all.truth);
    }
    println!("targets: F1 0.97, tied to the right person 0.97");
}

fn reliability(scores: &[Score]) -> Reliability {
    let mut all = Reliability::default();
    scores.iter().for_each(|score| all.join(&score.values.reliability));
    all
}

/// How often values were right that the program was so sure of.
fn print_reliability(scores: &[Score]) {
    let all = reliability(scores);
    println!("\nconfidence: how sure the program was of a value, and how often it was right");
    println!("{:>10}{:>10}{:>10}{:>10}", "up to", "values", "said", "right");
    for bin in all.bins() {
        println!("{:>10}{:>10}{:>10.4}{:>10.4}", bin.end, bin.values, bin.said, bin.right);
    }
    println!("Brier score {:.4}, expected calibration error {:.4}", all.brier(), all.calibration_error());
    println!("{:28}{:>9}{:>9}{:>9}{:>9}", "element", "values", "right", "Brier", "ECE");
    for element in all.elements() {
        let here = all.of(&element);
        let right: f64 = here.bins().iter().map(|bin| bin.right * bin.values as f64).sum::<f64>();
        println!(
            "{element:28}{:>9}{:>9.4}{:>9.4}{:>9.4}",
            here.values(),
            right / here.values().max(1) as f64,
            here.brier(),
            here.calibration_error()
        );
    }
}

/// Imagined values at what was said, for each step of the fit.
const IMAGINED: f64 = 20.0;

fn print_fit(scores: &[Score]) {
    for (element, points) in reliability(scores).fit(IMAGINED) {
        let points: Vec<String> = points.iter().map(|(said, worth)| format!("[{said}, {worth:.3}]")).collect();
        println!("\n[[element]]\nelement = \"{element}\"\npoints = [{}]", points.join(", "));
    }
}

fn shown(value: f64) -> String {
    if value.fract() == 0.0 && value.abs() > 1.0 || value == 0.0 {
        format!("{value:.0}")
    } else {
        format!("{value:.4}")
    }
}
