//! Accuracy of verdicts in twelve scenarios: the released program judges a claim, and what it says is held against what is true.
//!
//! Targets: nothing supported that is false, nothing contradicted that is true, and at most one in ten left open of what the
//! evidence in the case decides. A statement about extent that a sample contradicts shows as contradicted although true: the truth of
//! such a case is that nobody here knows.

use crate::accuracy::build;
use anyhow::{Context, bail};
use assay_corpus::{MadeScenario, Scenario, Statement, write_scenario};
use serde_json::Value;
use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::path::Path;
use std::process::Command;

/// Verdicts on statements of one kind in one scenario.
#[derive(Clone, Copy, Default)]
struct Tally {
    supported: u64,
    contradicted: u64,
    undetermined: u64,
    /// Supported although false.
    invented: u64,
    /// Contradicted although true, or although what is held is a sample.
    wronged: u64,
    /// Of what the evidence decides.
    decided: u64,
    /// Of that, left open.
    open: u64,
}

impl Tally {
    fn add(&mut self, other: &Self) {
        self.supported += other.supported;
        self.contradicted += other.contradicted;
        self.undetermined += other.undetermined;
        self.invented += other.invented;
        self.wronged += other.wronged;
        self.decided += other.decided;
        self.open += other.open;
    }
}

/// Kinds that speak of all that was taken: a part of it contradicts none of them.
const OF_EXTENT: [&str; 6] = ["victim", "category", "years", "volume", "count", "population"];

/// Makes every scenario with every seed, runs the program on it and prints what came of each kind of statement.
pub(crate) fn verdicts(seeds: RangeInclusive<u64>, keep: Option<&Path>, list: bool) -> anyhow::Result<()> {
    let program = build()?;
    let temporary = tempfile::tempdir()?;
    let folder = keep.unwrap_or(temporary.path());
    let mut all = Tally::default();
    let mut misled = 0;
    println!(
        "{:28}{:12}{:>6}{:>6}{:>6}{:>10}{:>9}{:>9}{:>7}",
        "scenario", "statement", "supp.", "contr", "open", "invented", "wronged", "decided", "open"
    );
    for scenario in Scenario::ALL {
        let mut kinds: BTreeMap<&'static str, Tally> = BTreeMap::new();
        for seed in seeds.clone() {
            let dir = folder.join(format!("{scenario:?}-{seed}"));
            let made = write_scenario(&dir, scenario, seed)?;
            let report = judged(&program, folder, &made).with_context(|| format!("{scenario:?}, seed {seed}"))?;
            for statement in &made.truth {
                let tally = kinds.entry(statement.kind).or_default();
                let shown = list.then(|| format!("{}, seed {seed}", scenario.as_str()));
                score(&report, statement, tally, shown.as_deref());
            }
            misled += untouched_given(&report, &made, list.then_some(seed));
            if keep.is_none() {
                std::fs::remove_dir_all(&dir)?;
            }
        }
        for (kind, tally) in kinds {
            print_row(scenario.as_str(), kind, &tally);
            all.add(&tally);
        }
    }
    print_row("all", "", &all);
    println!(
        "\nsupported when false {} (target 0); contradicted when true or on a sample {} (0); open of what the evidence decides {:.1} % (10 %)",
        all.invented,
        all.wronged,
        100.0 * all.open as f64 / all.decided.max(1) as f64
    );
    println!("people given to bodies that lost nothing: in {misled} cases (0)");
    Ok(())
}

fn print_row(scenario: &str, kind: &str, t: &Tally) {
    println!(
        "{scenario:28}{kind:12}{:>6}{:>6}{:>6}{:>10}{:>9}{:>9}{:>7}",
        t.supported, t.contradicted, t.undetermined, t.invented, t.wronged, t.decided, t.open
    );
}

/// The report of the program on a case; where its prior leak is a case of its own, that is run first and leaves its fingerprints.
fn judged(program: &Path, folder: &Path, made: &MadeScenario) -> anyhow::Result<Value> {
    let assay = |arguments: &[&str]| {
        let output = Command::new(program).args(arguments).env("ASSAY_KEYS", folder.join("keys")).output()?;
        match output.status.code() {
            Some(0 | 1) => Ok(()),
            _ => bail!("assay {}: {}", arguments[0], String::from_utf8_lossy(&output.stderr)),
        }
    };
    if let Some((prior, fingerprints)) = &made.prior {
        let prior = prior.display().to_string();
        assay(&["run", &prior])?;
        assay(&["export", "fingerprints", &prior, "--to", &fingerprints.display().to_string()])?;
    }
    assay(&["run", &made.case.display().to_string()])?;
    Ok(serde_json::from_slice(&std::fs::read(made.case.join("out/report.json"))?)?)
}

fn score(report: &Value, statement: &Statement, tally: &mut Tally, shown: Option<&str>) {
    let complete = report["exhibits"][0]["completeness"] == "complete";
    let of_kind = report["claim"].as_array().into_iter().flatten().filter(|claim| claim["kind"] == statement.kind);
    let mut found = false;
    for claim in of_kind {
        found = true;
        let verdict = claim["verdict"].as_str().unwrap_or_default();
        let (supported, contradicted) = (verdict == "supported", verdict == "contradicted");
        let of_extent = OF_EXTENT.contains(&statement.kind);
        let invented = supported && !statement.is_true;
        let wronged = contradicted && (statement.is_true || (of_extent && !complete));
        let open = !supported && !contradicted;
        tally.supported += u64::from(supported);
        tally.contradicted += u64::from(contradicted);
        tally.undetermined += u64::from(open);
        tally.invented += u64::from(invented);
        tally.wronged += u64::from(wronged);
        tally.decided += u64::from(statement.is_decided);
        tally.open += u64::from(statement.is_decided && open);
        if let Some(shown) = shown.filter(|_| invented || wronged || (open && statement.is_decided)) {
            println!("  {shown}: {} {verdict} {} {}", statement.kind, claim["reason"], claim["share"]);
            for (sign, side) in [("+", "for"), ("-", "against")] {
                for piece in claim[side].as_array().into_iter().flatten() {
                    println!("      {sign} {}", piece.as_str().unwrap_or_default());
                }
            }
        }
    }
    if !found {
        println!(
            "  no statement of the kind {} was read from the claim ({})",
            statement.kind,
            shown.unwrap_or_default()
        );
        tally.decided += u64::from(statement.is_decided);
        tally.open += u64::from(statement.is_decided);
    }
}

/// Whether a body of which nothing was taken was given more than a stray person.
fn untouched_given(report: &Value, made: &MadeScenario, shown: Option<u64>) -> u64 {
    let given = |body: &&str| report["subjects"]["by_controller"][*body].as_u64().unwrap_or(0) > 2;
    let wrong: Vec<&&str> = made.untouched.iter().filter(|body| given(body)).collect();
    if let Some(seed) = shown.filter(|_| !wrong.is_empty()) {
        println!("  seed {seed}: {wrong:?} got people: {}", report["subjects"]["by_controller"]);
    }
    u64::from(!wrong.is_empty())
}
