//! Resolution of tables of people: on public test sets, on made tables with and without a register, beside a peer.
//!
//! Everything goes through `assay resolve`, since what is measured is what a user gets; the sets differ in what their columns are
//! called and in nothing else. Seconds are the wall's, memory is the peak of the process.

use crate::tidy::project_root;
use anyhow::{Context, bail};
use assay_corpus::{LinkageParameters, write_linkage};
use assay_evidence::rows::rows;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// What a run came to.
struct Run {
    answer: Value,
    seconds: f64,
    peak_mib: f64,
}

impl Run {
    fn figure(&self, name: &str) -> f64 {
        self.answer["score"][name].as_f64().or_else(|| self.answer[name].as_f64()).unwrap_or(f64::NAN)
    }

    fn truth(&self) -> f64 {
        self.answer["score"]["people"].as_f64().unwrap_or(f64::NAN)
    }

    fn holds(&self) -> bool {
        self.answer["low"].as_f64() <= Some(self.truth()) && Some(self.truth()) <= self.answer["high"].as_f64()
    }
}

fn program() -> anyhow::Result<PathBuf> {
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

/// Runs a command to its end and watches its peak.
fn watched(command: &mut Command) -> anyhow::Result<Run> {
    let start = Instant::now();
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0.0_f64;
    while child.try_wait()?.is_none() {
        let text = std::fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:")?.split_whitespace().next()?.parse().ok());
        peak = peak.max(line.unwrap_or(0.0));
        std::thread::sleep(Duration::from_millis(5));
    }
    let seconds = start.elapsed().as_secs_f64();
    let output = child.wait_with_output()?;
    if !output.status.success() {
        bail!("{}", String::from_utf8_lossy(&output.stderr));
    }
    let text = String::from_utf8_lossy(&output.stdout);
    let last = text.lines().last().context("an answer")?;
    Ok(Run { answer: serde_json::from_str(last)?, seconds, peak_mib: peak / 1024.0 })
}

fn ours(program: &Path, mentions: &Path, register: Option<&Path>, more: &[&str]) -> anyhow::Result<Run> {
    let mut command = Command::new(program);
    command.args(["--json", "resolve", "--mentions"]).arg(mentions).args(more);
    if let Some(register) = register {
        command.arg("--register").arg(register);
    }
    watched(&mut command)
}

const HISTORICAL: [&str; 8] = [
    "--map",
    "full_name=name",
    "--map",
    "first_name=ignored",
    "--map",
    "surname=ignored",
    "--map",
    "postcode_fake=postcode",
];
const FEBRL: [&str; 4] = ["--map", "address_2=ignored", "--map", "person=truth"];

/// Public sets, subsets of one for the interval, and small made tables for its coverage.
pub(crate) fn accuracy(data: &Path, subsets: u64, seeds: u64) -> anyhow::Result<()> {
    let program = program()?;
    let folder = tempfile::tempdir()?;
    println!(
        "| set | rows | people | found | precision | recall | F1 | B-cubed F1 | target | interval |\n|---|---|---|---|---|---|---|---|---|---|"
    );
    let show = |name: &str, target: &str, run: &Run| {
        let f = |figure| run.figure(figure);
        println!(
            "| {name} | {} | {} | {} | {:.4} | {:.4} | {:.4} | {:.4} | {target} | {} to {}{} |",
            run.answer["mentions"],
            run.truth(),
            run.answer["people"],
            f("precision"),
            f("recall"),
            f("f1"),
            f("bcubed_f1"),
            run.answer["low"],
            run.answer["high"],
            if run.holds() { "" } else { ", misses" }
        );
    };
    if data.is_dir() {
        let historical = data.join("historical_figures_with_errors_50k.parquet");
        show("historical_50k", "F1 0.88", &ours(&program, &historical, None, &HISTORICAL)?);
        for (name, files) in [("FEBRL 3", &["dataset3.csv"][..]), ("FEBRL 4", &["dataset4a.csv", "dataset4b.csv"])] {
            let file = folder.path().join("febrl.csv");
            febrl(data, files, &file)?;
            show(name, "F1 0.997", &ours(&program, &file, None, &FEBRL)?);
        }
        show("fake_1000", "F1 of Splink 0.936", &ours(&program, &data.join("fake_1000.csv"), None, &[])?);
        let mut held = 0;
        for seed in 1..=subsets {
            let run = subset(&program, &historical, folder.path(), seed)?;
            held += u64::from(run.holds());
            if seed <= 3 {
                show(&format!("historical_50k, part {seed}"), "", &run);
            }
        }
        println!("\nhistorical_50k: the interval holds the truth in {held} of {subsets} random parts");
    } else {
        println!("{}: not there, the public sets are left out", data.display());
    }
    coverage(&program, folder.path(), seeds)
}

/// FEBRL names the true person inside the record's id.
fn febrl(data: &Path, files: &[&str], to: &Path) -> anyhow::Result<()> {
    let mut out = String::new();
    for name in files {
        let text = std::fs::read_to_string(data.join(name))?;
        let skipped = usize::from(!out.is_empty());
        for (number, line) in text.lines().enumerate().skip(skipped) {
            let cells: Vec<&str> = line.split(',').map(str::trim).collect();
            let person = if number == 0 { "person" } else { cells[0].split('-').nth(1).unwrap_or_default() };
            out.push_str(&format!("{},{person}\n", cells.join(",")));
        }
    }
    Ok(std::fs::write(to, out)?)
}

/// A random half of the people of the historical set, as a table of its own.
fn subset(program: &Path, historical: &Path, folder: &Path, seed: u64) -> anyhow::Result<Run> {
    let mut out = String::new();
    let mut person = 0;
    rows(historical, &mut |row| {
        let cells: Vec<String> = row.iter().map(|cell| cell.text().into_owned()).collect();
        if out.is_empty() {
            person = cells.iter().position(|name| name == "cluster").unwrap_or_default();
        } else {
            let text = cells.get(person).map(String::as_str).unwrap_or_default();
            let hash =
                text.bytes().fold(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0xcbf2_9ce4_8422_2325, |hash, byte| {
                    (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
                });
            if (hash ^ hash >> 29).count_ones().is_multiple_of(2) {
                return;
            }
        }
        let quoted: Vec<String> = cells.iter().map(|cell| format!("\"{}\"", cell.replace('"', "\"\""))).collect();
        out.push_str(&quoted.join(","));
        out.push('\n');
    })?;
    let file = folder.join("part.csv");
    std::fs::write(&file, out)?;
    ours(program, &file, None, &HISTORICAL)
}

/// Small made tables: how often the interval holds the truth, how wide it is, and its score.
fn coverage(program: &Path, folder: &Path, seeds: u64) -> anyhow::Result<()> {
    if seeds == 0 {
        return Ok(());
    }
    let (mut held, mut width, mut score, mut bias) = (0, 0.0, 0.0, 0.0);
    for seed in 1..=seeds {
        write_linkage(folder, &LinkageParameters { seed, mentions: 2000, strangers: 10 })?;
        let register = folder.join("register.csv");
        let run = ours(program, &folder.join("mentions.csv"), (seed % 2 == 0).then_some(register.as_path()), &[])?;
        let (low, high) = (run.figure("low"), run.figure("high"));
        let truth = run.truth();
        held += u64::from(run.holds());
        width += (high - low) / truth;
        bias += run.figure("estimate") / truth - 1.0;
        // Gneiting and Raftery 2007, at 95 %: the width, and for each miss forty times by how much.
        score += (high - low + 40.0 * ((low - truth).max(0.0) + (truth - high).max(0.0))) / truth;
    }
    let n = seeds as f64;
    println!(
        "\nmade tables of some 500 people, half with a register, seeds 1 to {seeds}: the interval holds the truth in {:.1} % (target 93 to 97), its width is {:.2} % of the people, its interval score {:.4} (of the people), the estimate {:+.2} % off",
        held as f64 / n * 100.0,
        width / n * 100.0,
        score / n,
        bias / n * 100.0
    );
    Ok(())
}

/// Made tables from small to large, and the peer beside us.
pub(crate) fn bench(sizes: &[u32], python: Option<&Path>, peer_up_to: u32) -> anyhow::Result<()> {
    let program = program()?;
    println!(
        "| mentions | people | reader | register | seconds | ns a mention x log2 | peak MiB | precision | recall | F1 | people found |\n|---|---|---|---|---|---|---|---|---|---|---|"
    );
    for size in sizes {
        let folder = tempfile::tempdir()?;
        let made = write_linkage(folder.path(), &LinkageParameters { seed: 1, mentions: *size, strangers: 10 })?;
        let (mentions, register) = (folder.path().join("mentions.csv"), folder.path().join("register.csv"));
        let row = |reader: &str, with: &str, run: &Run| {
            let n = made.mentions as f64;
            println!(
                "| {} | {} | {reader} | {with} | {:.1} | {:.0} | {:.0} | {:.4} | {:.4} | {:.4} | {} |",
                made.mentions,
                made.people,
                run.seconds,
                run.seconds / n / n.log2() * 1e9,
                run.peak_mib,
                run.figure("precision"),
                run.figure("recall"),
                run.figure("f1"),
                run.answer["people"]
            );
        };
        row("assay", "with", &ours(&program, &mentions, Some(&register), &["--no-interval"])?);
        row("assay, with the interval", "with", &ours(&program, &mentions, Some(&register), &[])?);
        if let Some(python) = python.filter(|_| *size <= peer_up_to) {
            row("assay", "without", &ours(&program, &mentions, None, &["--no-interval"])?);
            let script = project_root().join("xtask/peers/resolve.py");
            let run = watched(Command::new(python).arg(script).arg(&mentions).arg(&register))?;
            row(run.answer["name"].as_str().unwrap_or("peer"), "with", &run);
        }
    }
    Ok(())
}
