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

/// An estimate beside the truth.
struct Held {
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

/// Reads each seed's case up to each share in turn, then whole; prints a line a share.
pub(crate) fn estimates(seeds: RangeInclusive<u64>, items: u32, shares: &[f64], list: bool) -> anyhow::Result<()> {
    let program = build()?;
    let mut shares = shares.to_vec();
    shares.sort_by(f64::total_cmp);
    shares.push(1.0);
    let mut by_share: Vec<Vec<Held>> = shares.iter().map(|_| Vec::new()).collect();
    for seed in seeds.clone() {
        let folder = tempfile::tempdir()?;
        let case = folder.path().join("case");
        let made = write_case(&case, &Parameters { seed, items, ..Parameters::default() })?;
        for (share, held) in shares.iter().zip(&mut by_share) {
            let estimate = estimate(&program, &case, folder.path(), *share).with_context(|| format!("seed {seed}"))?;
            let [estimate, low, high] = estimate;
            let figure = Held { truth: made.people_in_leak as f64, estimate, low, high };
            if list && !figure.holds() {
                println!("seed {seed} at {share}: {estimate} ({low} to {high}), truth {}", figure.truth);
            }
            held.push(figure);
        }
        eprintln!("seed {seed} of {} to {} measured", seeds.start(), seeds.end());
    }
    println!("{items} items a case, seeds {} to {}; nominal 95 %", seeds.start(), seeds.end());
    println!("{:>8}{:>10}{:>10}{:>12}{:>10}{:>10}", "share", "covered", "bias", "abs. error", "width", "score");
    for (share, held) in shares.iter().zip(&by_share) {
        let mean = |of: &dyn Fn(&Held) -> f64| held.iter().map(of).sum::<f64>() / held.len().max(1) as f64;
        println!(
            "{share:>8}{:>10.3}{:>10.4}{:>12.4}{:>10.4}{:>10.4}",
            mean(&|h| f64::from(u8::from(h.holds()))),
            mean(&|h| h.error()),
            mean(&|h| h.error().abs()),
            mean(&|h| (h.high - h.low) / h.truth),
            mean(&|h| h.score())
        );
    }
    Ok(())
}

fn estimate(program: &Path, case: &Path, folder: &Path, share: f64) -> anyhow::Result<[f64; 3]> {
    let output = Command::new(program)
        .args(["estimate", "--json", "--share", &share.to_string()])
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
