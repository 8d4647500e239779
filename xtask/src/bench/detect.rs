//! Detection on one core: the rules of identifiers on texts made for it, beside what searches texts for patterns; and the whole
//! of detection on a synthetic case, beside the extraction of the same files.
//!
//! Seconds are those of the processor, so that what else the machine does counts for nobody. Peers read the same file in one process; what they count is what they find, and nothing is checked but by the one that
//! does so. ripgrep has three patterns, Hyperscan eleven, Presidio its recognisers that need no model.

use crate::formats::walk;
use crate::tidy::project_root;
use anyhow::{Context, bail};
use assay_analysis::detect::identifiers::Identifiers;
use assay_analysis::detect::{Detector, ItemContext};
use assay_corpus::{Parameters, write_case};
use assay_evidence::extract::{self, Limits, Reading};
use assay_model::{Content, ExhibitId, ExhibitKind, ItemPath, Passage, ScanSettings};
use std::fmt::Write as _;
use std::io::Cursor;
use std::path::Path;
use std::process::Command;

/// Patterns that ripgrep is given: NHS number, postcode, mail address.
const THREE: [&str; 3] = [
    r"\b\d{3}[ -]?\d{3}[ -]?\d{4}\b",
    r"\b[A-Z]{1,2}\d[0-9A-Z]? ?\d[ABD-HJLNP-UW-Z]{2}\b",
    r"\b[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}\b",
];

/// Prints the tables: a row a text and reader, then detection beside extraction.
pub(crate) fn detect(python: Option<&Path>, megabytes: usize, runs: usize) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let bytes = megabytes.max(1) << 20;
    println!("| text | bytes | reader | found | MB/s |\n|---|---|---|---|---|");
    let texts = [("dense", dense(bytes)), ("prose", prose(bytes)), ("made to hurt", hostile(bytes))];
    for (name, text) in &texts {
        let path = folder.path().join(format!("{}.txt", name.replace(' ', "-")));
        std::fs::write(&path, text)?;
        let row = |reader: &str, found: u64, bytes: usize, seconds: f64| {
            println!("| {name} | {bytes} | {reader} | {found} | {:.1} |", bytes as f64 / 1e6 / seconds.max(1e-9));
        };
        let (found, seconds) = ours(text, runs)?;
        row("assay, all rules", found, text.len(), seconds);
        if let Some((found, seconds)) = ripgrep(&path, runs)? {
            row("ripgrep, 3 patterns", found, text.len(), seconds);
        }
        for (peer, bytes) in [("hyperscan", text.len()), ("presidio", text.len().min(200_000))] {
            let Some(python) = python else { continue };
            let (found, seconds) = peer_in_python(python, peer, &path, bytes, runs)?;
            row(
                if peer == "hyperscan" { "Hyperscan, 11 patterns" } else { "Presidio, patterns only" },
                found,
                bytes,
                seconds,
            );
        }
    }
    whole(folder.path(), runs)
}

/// Seconds of the processor that this thread has had: others on the machine do not count.
fn own_seconds() -> anyhow::Result<f64> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat")?;
    let nanoseconds: f64 = text.split(' ').next().context("no figures of the scheduler")?.parse()?;
    Ok(nanoseconds / 1e9)
}

/// What was found, and the median of the seconds of several runs.
fn median(runs: usize, mut run: impl FnMut() -> anyhow::Result<(u64, f64)>) -> anyhow::Result<(u64, f64)> {
    let mut all = Vec::new();
    for _ in 0..runs.max(1) {
        all.push(run()?);
    }
    all.sort_by(|a, b| a.1.total_cmp(&b.1));
    all.get(all.len() / 2).copied().context("no run")
}

fn ours(text: &str, runs: usize) -> anyhow::Result<(u64, f64)> {
    let identifiers = Identifiers::shipped()?;
    // The scheduler's figures are of milliseconds: a run is as many passes as take a while.
    const PASSES: usize = 10;
    median(runs, || {
        let mut hits = Vec::new();
        let start = own_seconds()?;
        for _ in 0..PASSES {
            hits.clear();
            identifiers.find(text, &mut hits);
        }
        Ok((hits.len() as u64, (own_seconds()? - start) / PASSES as f64))
    })
}

fn ripgrep(path: &Path, runs: usize) -> anyhow::Result<Option<(u64, f64)>> {
    let mut count = Command::new("rg");
    count.args(["-j1", "--no-config", "--no-filename", "-o", "--count-matches"]);
    THREE.iter().for_each(|pattern| {
        count.args(["-e", pattern]);
    });
    let Ok(counted) = count.arg(path).output() else { return Ok(None) };
    let found = String::from_utf8_lossy(&counted.stdout).trim().parse().unwrap_or(0);
    // The shell says what its children had of the processor.
    let patterns: Vec<String> = THREE.iter().map(|pattern| format!("-e '{pattern}'")).collect();
    let line = format!("rg -j1 --no-config -o {} '{}' | cat > /dev/null; times", patterns.join(" "), path.display());
    let (_, seconds) = median(runs, || {
        let output = Command::new("sh").args(["-c", &line]).output()?;
        let text = String::from_utf8_lossy(&output.stdout);
        let children = text.lines().nth(1).context("no times")?;
        let seconds = children.split_whitespace().filter_map(|time| {
            let (minutes, seconds) = time.trim_end_matches('s').split_once('m')?;
            Some(minutes.parse::<f64>().ok()? * 60.0 + seconds.parse::<f64>().ok()?)
        });
        Ok((0, seconds.sum()))
    })?;
    Ok(Some((found, seconds)))
}

fn peer_in_python(python: &Path, peer: &str, path: &Path, bytes: usize, runs: usize) -> anyhow::Result<(u64, f64)> {
    let script = project_root().join("xtask/peers/detect.py");
    let runs = if peer == "presidio" { 1 } else { runs };
    median(runs, || {
        let output = Command::new(python).arg(&script).args([peer, &bytes.to_string()]).arg(path).output()?;
        if !output.status.success() {
            bail!("{peer}: {}", String::from_utf8_lossy(&output.stderr));
        }
        let answer: serde_json::Value = serde_json::from_slice(&output.stdout)?;
        let seconds = answer["seconds"].as_f64().context("no seconds")?;
        Ok((answer["found"].as_u64().unwrap_or(0), seconds))
    })
}

/// Every item of a synthetic leak: extraction, then all of detection, both on this core.
fn whole(folder: &Path, runs: usize) -> anyhow::Result<()> {
    let case = folder.join("case");
    write_case(&case, &Parameters { seed: 1, items: 400, ..Parameters::default() })?;
    let mut files = Vec::new();
    walk(&case.join("leak"), &mut files)?;
    files.sort();
    // Both are measured warm, and as often.
    let mut items: Vec<(String, Vec<Passage>)> = Vec::new();
    let (_, extraction) = median(runs, || {
        items.clear();
        let start = own_seconds()?;
        for file in &files {
            let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            read(&mut Cursor::new(std::fs::read(file)?), &name, 0, &mut items);
        }
        Ok((items.len() as u64, own_seconds()? - start))
    })?;
    let detector = Detector::new(&ScanSettings::default())?;
    let exhibit = ExhibitId::new("LEAK/1");
    println!(
        "\n| content | items | bytes of text | mentions | detection, MB/s | extraction of the same, MB/s | ratio |\n|---|---|---|---|---|---|---|"
    );
    for (name, tables) in [("letters and mail", false), ("tables", true)] {
        let of = |passages: &[Passage]| passages.iter().any(|p| matches!(p.content, Content::Table(_))) == tables;
        let chosen: Vec<_> = items.iter().filter(|(_, passages)| !passages.is_empty() && of(passages)).collect();
        let bytes: usize = chosen.iter().flat_map(|(_, passages)| passages).map(size).sum();
        let all: usize = items.iter().flat_map(|(_, passages)| passages).map(size).sum();
        let (mentions, seconds) = median(runs, || {
            let start = own_seconds()?;
            let mut mentions = 0;
            for (name, passages) in &chosen {
                let path = ItemPath::of_file(name);
                let item = ItemContext { exhibit: &exhibit, kind: ExhibitKind::Leak, path: &path };
                mentions += detector.detect(&item, passages).mentions.len() as u64;
            }
            Ok((mentions, own_seconds()? - start))
        })?;
        let rate = bytes as f64 / 1e6 / seconds.max(1e-9);
        let extracted = all as f64 / 1e6 / extraction.max(1e-9);
        println!(
            "| {name} | {} | {bytes} | {mentions} | {rate:.1} | {extracted:.1} | {:.1} |",
            chosen.len(),
            rate / extracted
        );
    }
    Ok(())
}

/// An item and its members at any depth, as passages.
pub(crate) fn read(input: &mut Cursor<Vec<u8>>, name: &str, depth: u32, items: &mut Vec<(String, Vec<Passage>)>) {
    let limits = Limits::default();
    let reading = Reading::within(&limits);
    let extracted = extract::extract(input, name, &reading);
    if depth < limits.depth && !extracted.members.is_empty() {
        let media_type = extracted.media_type.clone();
        extract::visit_members(input, &media_type, 0..u32::MAX, &reading, &mut |_, entry, bytes| {
            if let Ok(bytes) = bytes {
                read(&mut Cursor::new(bytes), &entry.name, depth + 1, items);
            }
        });
    }
    items.push((name.to_owned(), extracted.passages));
}

fn size(passage: &Passage) -> usize {
    match &passage.content {
        Content::Text { text, .. } => text.len(),
        Content::Table(table) => table.rows.iter().flatten().map(|cell| cell.text().len() + 1).sum(),
    }
}

/// A line a person, as a list in a mail might be: about every fifteenth byte begins a value.
fn dense(bytes: usize) -> String {
    let mut text = String::with_capacity(bytes + 300);
    let mut n = 0u32;
    while text.len() < bytes {
        let (a, b, c) = (n % 10_000, n * 7 % 900_000 + 100_000, n * 13 % 90 + 10);
        let letters = ["AP", "DE", "HJ", "XQ"][n as usize % 4];
        let _ = writeln!(
            text,
            "NHS No: 999 {:03} {a:04}, L12 2{letters}, Tel 0151 496 {a:04}, mobile 07700 {b}, anna.smith{n}@mail.example, NI AB 12 {c} 56 C, \
             IBAN GB82 WEST 1234 5698 7654 32, card 4111 1111 1111 1111, 20-00-{c} 5577{a:04}, from 203.0.113.{}, M{} 9BT, +353 1 496 {a:04}",
            n % 1000,
            n % 250,
            n % 20 + 1,
        );
        n += 1;
    }
    text
}

/// Minutes and leaflets: hardly a digit, and nothing of anybody.
fn prose(bytes: usize) -> String {
    const LINES: [&str; 8] = [
        "The estates group met in the board room, and the minutes of the last meeting were agreed without change.",
        "Heating in the east wing remains a concern: the boiler was serviced on 3 March, and parts are on order.",
        "Visitors are asked to use the hand gel at the entrance of every ward and to keep to the times shown on the door.",
        "The committee thanked the volunteers for their work over the winter and noted that rotas for spring were nearly full.",
        "A leaflet about care after an operation is given to everybody who goes home, together with a telephone number to ring.",
        "It was agreed that the policy on lone working would be reviewed next year, once the national guidance has been published.",
        "Parking remains difficult in the mornings; a survey of staff and visitors is to be held before any change is made.",
        "Members discussed the colour of the new signs at length and asked for a second proposal that is easier to read.",
    ];
    let mut text = String::with_capacity(bytes + 200);
    let mut n = 0usize;
    while text.len() < bytes {
        text.push_str(LINES[n * 5 % LINES.len()]);
        text.push('\n');
        n += 1;
    }
    text
}

/// Texts that make pattern matchers slow: near misses without end, starts at every other byte.
fn hostile(bytes: usize) -> String {
    let pieces = [
        "1 ".repeat(400),
        "999 000 001 ".repeat(100),
        "a.".repeat(300) + "@",
        "a@".repeat(300),
        "12:34:56:".repeat(100),
        "eyJ0aaaaaaaa.".repeat(80),
        "password=".repeat(80),
        "(+44 (0)".repeat(100),
        "AB12 ".repeat(200),
        "nhs number order ref ".repeat(40) + "9",
    ];
    let mut text = String::with_capacity(bytes + 2000);
    let mut n = 0usize;
    while text.len() < bytes {
        text.push_str(&pieces[n % pieces.len()]);
        text.push('\n');
        n += 1;
    }
    text
}
