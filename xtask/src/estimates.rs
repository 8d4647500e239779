//! How good the first estimate is: cases of many seeds, each read in part by the released program, its interval held against the truth.
//!
//! Coverage alone would praise a wide interval: the interval score (Gneiting and Raftery 2007, its width and twenty times what it
//! misses the truth by) is printed beside, as a share of the people there are.

use crate::accuracy::build;
use anyhow::{Context, bail};
use assay_corpus::{Parameters, write_case};
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
    for seed in seeds.clone() {
        let folder = tempfile::tempdir()?;
        let case = folder.path().join("case");
        let made = write_case(&case, &Parameters { seed, items, ..Parameters::default() })?;
        for (look, held) in looks.iter().zip(&mut by_look) {
            let begun = Instant::now();
            let estimate = estimate(&program, &case, folder.path(), *look).with_context(|| format!("seed {seed}"))?;
            let [estimate, low, high] = estimate;
            let took = begun.elapsed().as_secs_f64();
            let figure = Held { took, truth: made.people_in_leak as f64, estimate, low, high };
            if list && !figure.holds() {
                println!("seed {seed} at {look}: {estimate} ({low} to {high}), truth {}", figure.truth);
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
    Ok(())
}

fn estimate(program: &Path, case: &Path, folder: &Path, look: Look) -> anyhow::Result<[f64; 3]> {
    let output = Command::new(program)
        .args(["estimate", "--json"])
        .args(look.arguments())
        .arg(case)
        .env("ASSAY_KEYS", folder.join("keys"))
        .output()?;
    if !matches!(output.status.code(), Some(0 | 1)) {
        bail!("assay estimate: {}", String::from_utf8_lossy(&output.stderr));
    }
    let json: serde_json::Value = serde_json::from_slice(&output.stdout)?;
    let figure = |name: &str| json["people"][name].as_f64().with_context(|| format!("the estimate has no {name}"));
    // What could not be read is not in the truth.
    Ok([figure("readable")?, figure("low")?, figure("high")?])
}
