//! Resolution of tables of people: on public test sets, on made tables with and without a register, beside a peer.
//!
//! Everything goes through `assay resolve`, since what is measured is what a user gets; the sets differ in what their columns are
//! called and in nothing else. Seconds are the wall's and the processor's (of both cores), memory is the peak of the process.

use crate::accuracy::build;
use crate::tidy::project_root;
use anyhow::{Context, bail};
use assay_corpus::{LinkageParameters, write_linkage};
use assay_evidence::rows::rows;
use serde_json::Value;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// What a run came to.
struct Run {
    answer: Value,
    seconds: f64,
    processor: f64,
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

/// Runs a command to its end and watches its peak.
fn watched(command: &mut Command) -> anyhow::Result<Run> {
    let start = Instant::now();
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    let status = format!("/proc/{}/status", child.id());
    let stat = format!("/proc/{}/stat", child.id());
    let (mut peak, mut processor) = (0.0_f64, 0.0);
    while child.try_wait()?.is_none() {
        let text = std::fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:")?.split_whitespace().next()?.parse().ok());
        peak = peak.max(line.unwrap_or(0.0));
        // User and system time in hundredths, fields 14 and 15: proc(5).
        let text = std::fs::read_to_string(&stat).unwrap_or_default();
        let after = text.rsplit(')').next().unwrap_or_default();
        let ticks: Vec<f64> = after.split_whitespace().skip(11).take(2).filter_map(|t| t.parse().ok()).collect();
        processor = ticks.iter().sum::<f64>().max(processor);
        std::thread::sleep(Duration::from_millis(5));
    }
    let seconds = start.elapsed().as_secs_f64();
    let output = child.wait_with_output()?;
    if !output.status.success() {
        bail!("{}", String::from_utf8_lossy(&output.stderr));
    }
    let text = String::from_utf8_lossy(&output.stdout);
    let last = text.lines().last().context("an answer")?;
    Ok(Run { answer: serde_json::from_str(last)?, seconds, processor: processor / 100.0, peak_mib: peak / 1024.0 })
}

fn ours(program: &Path, mentions: &Path, register: Option<&Path>, more: &[&str]) -> anyhow::Result<Run> {
    let mut command = Command::new(program);
    command.args(["--json", "resolve", "--mentions"]).arg(mentions).args(more);
    if let Some(register) = register {
        command.arg("--register").arg(register);
    }
    watched(&mut command)
}

/// FEBRL's true person is a column that we add.
const FEBRL: [&str; 2] = ["--map", "person=truth"];

/// Public sets, subsets of one for the interval, and small made tables for its coverage.
pub(crate) fn accuracy(data: &Path, subsets: u64, seeds: u64) -> anyhow::Result<()> {
    let program = build()?;
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
        show("historical_50k", "F1 0.88", &ours(&program, &historical, None, &[])?);
        for (name, files) in [("FEBRL 3", &["dataset3.csv"][..]), ("FEBRL 4", &["dataset4a.csv", "dataset4b.csv"])] {
            let file = folder.path().join("febrl.csv");
            febrl(data, files, &file)?;
            show(name, "F1 0.997", &ours(&program, &file, None, &FEBRL)?);
        }
        show("fake_1000", "F1 of Splink 0.936", &ours(&program, &data.join("fake_1000.csv"), None, &[])?);
        let mut tally = Tally::default();
        for seed in 1..=subsets {
            let run = subset(&program, &historical, folder.path(), seed)?;
            tally.put(&run);
            if seed <= 3 {
                show(&format!("historical_50k, part {seed}"), "", &run);
            }
        }
        println!("\nhistorical_50k, {subsets} random halves of its people: {}", tally.told());
    } else {
        println!("{}: not there, the public sets are left out", data.display());
    }
    coverage(&program, folder.path(), seeds)?;
    order(&program, folder.path())
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
    ours(program, &file, None, &[])
}

/// Small made tables: how often the interval holds the truth, how wide it is, and its score.
fn coverage(program: &Path, folder: &Path, seeds: u64) -> anyhow::Result<()> {
    if seeds == 0 {
        return Ok(());
    }
    let mut tally = Tally::default();
    for seed in 1..=seeds {
        write_linkage(folder, &LinkageParameters { seed, mentions: 2000, strangers: 10 })?;
        let register = folder.join("register.csv");
        let run = ours(program, &folder.join("mentions.csv"), (seed % 2 == 0).then_some(register.as_path()), &[])?;
        tally.put(&run);
    }
    println!("\nmade tables of some 500 people, half with a register, seeds 1 to {seeds}: {}", tally.told());
    Ok(())
}

/// How often intervals hold the truth, and what they cost.
#[derive(Default)]
struct Tally {
    runs: f64,
    held: f64,
    width: f64,
    bias: f64,
    score: f64,
}

impl Tally {
    fn put(&mut self, run: &Run) {
        let (low, high, truth) = (run.figure("low"), run.figure("high"), run.truth());
        self.runs += 1.0;
        self.held += f64::from(u8::from(run.holds()));
        self.width += (high - low) / truth;
        self.bias += run.figure("estimate") / truth - 1.0;
        // Gneiting and Raftery 2007, at 95 %: the width, and for each miss forty times by how much.
        self.score += (high - low + 40.0 * ((low - truth).max(0.0) + (truth - high).max(0.0))) / truth;
    }

    fn told(&self) -> String {
        let of = |sum: f64| sum / self.runs.max(1.0) * 100.0;
        format!(
            "the interval holds the truth in {:.0} of {:.0} ({:.1} %; target 93 to 97), is {:.2} % of the people wide, its interval score is {:.2} % of the \
             people, the estimate is {:+.2} % off",
            self.held,
            self.runs,
            of(self.held),
            of(self.width),
            of(self.score),
            of(self.bias)
        )
    }
}

/// The same rows in another order, and on one thread: the same answer to the byte.
fn order(program: &Path, folder: &Path) -> anyhow::Result<()> {
    let made = write_linkage(folder, &LinkageParameters { seed: 2, mentions: 100_000, strangers: 10 })?;
    let (mentions, register) = (folder.join("mentions.csv"), folder.join("register.csv"));
    let shuffled = folder.join("shuffled.csv");
    let text = std::fs::read_to_string(&mentions)?;
    let mut lines: Vec<&str> = text.lines().collect();
    let hash = |line: &str| line.bytes().fold(7u64, |hash, b| (hash ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3));
    if let Some((_, rows)) = lines.split_first_mut() {
        rows.sort_by_key(|line| hash(line));
    }
    std::fs::write(&shuffled, lines.join("\n"))?;
    let answer = |mentions: &Path, threads: &str, name: &str| -> anyhow::Result<(Vec<u8>, Value)> {
        let to = folder.join(name);
        let mut command = Command::new(program);
        command.args(["--json", "resolve", "--mentions"]).arg(mentions).arg("--register").arg(&register);
        let run = watched(command.arg("--to").arg(&to).env("RAYON_NUM_THREADS", threads))?;
        Ok((std::fs::read(to)?, run.answer))
    };
    let same = answer(&mentions, "2", "a.csv")? == answer(&shuffled, "1", "b.csv")?;
    println!(
        "\n{} mentions on two threads, and the same shuffled on one: {}",
        made.mentions,
        if same { "the same bytes" } else { "NOT the same bytes" }
    );
    Ok(())
}

/// Made tables from small to large, and the peer beside us.
pub(crate) fn bench(sizes: &[u32], python: Option<&Path>, peer_up_to: u32) -> anyhow::Result<()> {
    let program = build()?;
    println!(
        "| mentions | people | reader | register | seconds | of the processor | ns of it a mention x log2 | peak MiB | precision | recall | F1 | people found |\n|---|---|---|---|---|---|---|---|---|---|---|---|"
    );
    for size in sizes {
        let folder = tempfile::tempdir()?;
        let made = write_linkage(folder.path(), &LinkageParameters { seed: 1, mentions: *size, strangers: 10 })?;
        let (mentions, register) = (folder.path().join("mentions.csv"), folder.path().join("register.csv"));
        let row = |reader: &str, with: &str, run: &Run| {
            let n = made.mentions as f64;
            println!(
                "| {} | {} | {reader} | {with} | {:.1} | {:.1} | {:.0} | {:.0} | {:.4} | {:.4} | {:.4} | {} |",
                made.mentions,
                made.people,
                run.seconds,
                run.processor,
                run.processor / n / n.log2() * 1e9,
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
