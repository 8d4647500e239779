//! Benchmarks with a peer beside us in one run, on one machine, on the same files.
//!
//! A row is about the files that both read, and on which we hold at least as many of the strings asserted about them as the
//! peer does: speed on a file that gave less is no speed. Memory is the peak of the process that read the row's files.

pub(crate) mod detect;
pub(crate) mod gateway;
mod inputs;

use crate::formats::{self, Assertion, Members, ending, squeezed};
use crate::tidy::project_root;
use anyhow::{Context, bail};
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Rows of the table: documents of these endings, and the large files made for the run.
const ROWS: [&str; 31] = [
    "pdf", "docx", "doc", "xlsx", "xls", "xlsb", "ods", "odt", "odp", "pptx", "ppt", "rtf", "eml", "msg", "mbox",
    "pst", "zip", "tar", "7z", "rar", "gz", "bz2", "zst", "mdb", "accdb", "csv", "json", "xml", "html", "txt", "epub",
];

/// How long one file may take.
const PATIENCE: Duration = Duration::from_secs(120);

/// A file that took longer is not read a second time without its members, seconds.
const AGAIN: f64 = 0.1;

/// What a reader made of one file.
#[derive(serde::Deserialize, serde::Serialize)]
struct Line {
    path: String,
    seconds: f64,
    /// The same without the document's members, where that was measured.
    #[serde(default)]
    alone: Option<f64>,
    error: String,
    text: String,
}

#[derive(serde::Deserialize, serde::Serialize)]
struct Peak {
    peak_kib: u64,
}

/// A reader: its name and the command that runs it.
struct Reader {
    name: &'static str,
    command: Vec<String>,
}

/// What one reader made of one row.
struct Outcome {
    files: BTreeMap<String, Read>,
    peak_mib: f64,
}

/// What one reader made of one file.
#[derive(Clone, Copy, Default)]
struct Read {
    /// Median seconds.
    seconds: f64,
    /// Median seconds without members; the same where the reader does not tell.
    alone: f64,
    read: bool,
    strings: u32,
}

/// This program as a release build: itself, where it is one.
fn released() -> anyhow::Result<PathBuf> {
    if !cfg!(debug_assertions) {
        return std::env::current_exe().context("the program cannot find itself");
    }
    let root = project_root();
    let build = ["build", "--release", "--locked", "-p", "xtask"];
    if !Command::new("cargo").args(build).current_dir(&root).status()?.success() {
        bail!("the release build failed");
    }
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
    Ok(target.join("release/xtask"))
}

/// Times extraction of the documents below `docs` and of large files made for the run, beside the peers of a Python.
pub(crate) fn extract(
    docs: &Path,
    asserts: &Path,
    python: Option<&Path>,
    megabytes: usize,
    only: &[String],
    runs: usize,
) -> anyhow::Result<()> {
    let root = project_root();
    let ours = released()?.display().to_string();
    let mut readers = vec![Reader { name: "assay", command: vec![ours, "bench-child".to_owned()] }];
    let script = root.join("xtask/peers/extract.py").display().to_string();
    let folder = tempfile::tempdir()?;
    let small = folder.path().join("small.txt");
    std::fs::write(&small, "a line of text\n")?;
    for name in ["kreuzberg", "extractous"] {
        if let Some(python) = python {
            let python = python.display().to_string();
            readers.push(Reader {
                name,
                command: vec![python, script.clone(), name.to_owned(), small.display().to_string()],
            });
        }
    }
    let assertions = formats::assertions(asserts)?;
    let mut rows = documents(docs)?;
    rows.extend(inputs::large(folder.path(), megabytes)?);
    rows.retain(|(row, _)| only.is_empty() || only.contains(row));
    println!(
        "| row | files | bytes | reader | read | strings | MB/s, ours on the same files | ratio | ours, members left | ratio | peak MiB |\n|---|---|---|---|---|---|---|---|---|---|---|"
    );
    for (row, files) in &rows {
        let outcomes: Vec<Outcome> =
            readers.iter().map(|reader| run(reader, files, &assertions, runs)).collect::<anyhow::Result<_>>()?;
        for (reader, outcome) in readers.iter().zip(&outcomes) {
            println!("{}", printed(row, files, reader.name, outcome, &outcomes[0]));
        }
    }
    Ok(())
}

/// The documents of each row.
fn documents(docs: &Path) -> anyhow::Result<Vec<(String, Vec<PathBuf>)>> {
    let mut files = Vec::new();
    formats::walk(docs, &mut files)?;
    files.sort();
    let of = |row: &str| files.iter().filter(|path| ending(path) == row).cloned().collect::<Vec<_>>();
    Ok(ROWS.iter().map(|row| ((*row).to_owned(), of(row))).filter(|(_, files)| !files.is_empty()).collect())
}

fn printed(row: &str, files: &[PathBuf], name: &str, outcome: &Outcome, ours: &Outcome) -> String {
    let read = outcome.files.values().filter(|file| file.read).count();
    let strings: u32 = outcome.files.values().map(|file| file.strings).sum();
    let total: u64 = files.iter().map(|path| size(path)).sum();
    let (mut bytes, mut theirs_seconds, mut our_seconds, mut alone_seconds) = (0_u64, 0.0, 0.0, 0.0);
    for (path, theirs) in &outcome.files {
        let Some(our) = ours.files.get(path) else { continue };
        if theirs.read && our.read && our.strings >= theirs.strings {
            bytes += size(Path::new(path));
            theirs_seconds += theirs.seconds;
            our_seconds += our.seconds;
            alone_seconds += our.alone;
        }
    }
    let rate = |seconds: f64| bytes as f64 / 1e6 / seconds.max(1e-9);
    let (theirs, our, alone) = (rate(theirs_seconds), rate(our_seconds), rate(alone_seconds));
    let speed = match name {
        "assay" => format!("{our:.1} | | {alone:.1} | "),
        _ if bytes == 0 => "no file that both read | | | ".to_owned(),
        _ => {
            let ratio = |our: f64| our / theirs.max(1e-9);
            format!("{theirs:.1}, {our:.1} | {:.1} | {alone:.1} | {:.1}", ratio(our), ratio(alone))
        }
    };
    format!("| {row} | {} | {total} | {name} | {read} | {strings} | {speed} | {:.0} |", files.len(), outcome.peak_mib)
}

fn size(path: &Path) -> u64 {
    std::fs::metadata(path).map_or(0, |metadata| metadata.len())
}

/// Runs a reader over a row several times.
fn run(reader: &Reader, files: &[PathBuf], assertions: &[Assertion], runs: usize) -> anyhow::Result<Outcome> {
    let mut seconds: BTreeMap<String, (Vec<f64>, Vec<f64>)> = BTreeMap::new();
    let mut read = BTreeMap::new();
    let mut peak_mib: f64 = 0.0;
    for _ in 0..runs.max(1) {
        let mut rest: Vec<String> = files.iter().map(|path| path.display().to_string()).collect();
        while !rest.is_empty() {
            let (lines, peak) = once(reader, &rest)?;
            peak_mib = peak_mib.max(peak.map_or(0.0, |peak| peak.peak_kib as f64 / 1024.0));
            let done = lines.len();
            for line in lines {
                let (all, alone) = seconds.entry(line.path.clone()).or_default();
                all.push(line.seconds);
                alone.push(line.alone.unwrap_or(line.seconds));
                let held = formats::held(assertions, Path::new(&line.path), &squeezed(&line.text));
                read.insert(line.path, (line.error.is_empty(), held));
            }
            // A reader that died or hung costs the file it was at, and goes on with the next.
            let lost = rest.get(done).cloned();
            rest.drain(..(done + 1).min(rest.len()));
            if let Some(path) = lost {
                read.insert(path.clone(), (false, 0));
                let (all, alone) = seconds.entry(path).or_default();
                all.push(PATIENCE.as_secs_f64());
                alone.push(PATIENCE.as_secs_f64());
            }
        }
    }
    let median = |mut seconds: Vec<f64>| {
        seconds.sort_by(f64::total_cmp);
        seconds.get(seconds.len() / 2).copied().unwrap_or_default()
    };
    let mut outcome = Outcome { files: BTreeMap::new(), peak_mib };
    for (path, (all, alone)) in seconds {
        let (read, strings) = read.get(&path).copied().unwrap_or_default();
        outcome.files.insert(path, Read { seconds: median(all), alone: median(alone), read, strings });
    }
    Ok(outcome)
}

/// One process of a reader: the files it got to, and its peak if it got to the end.
fn once(reader: &Reader, files: &[String]) -> anyhow::Result<(Vec<Line>, Option<Peak>)> {
    let (program, arguments) = reader.command.split_first().context("a command")?;
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .with_context(|| format!("{program} could not be started"))?;
    let mut stdin = child.stdin.take().context("stdin")?;
    files.iter().try_for_each(|file| writeln!(stdin, "{file}"))?;
    drop(stdin);
    let stdout = child.stdout.take().context("stdout")?;
    let (give, take) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        for line in BufReader::new(stdout).lines().map_while(Result::ok) {
            if give.send(line).is_err() {
                return;
            }
        }
    });
    let (mut lines, mut peak) = (Vec::new(), None);
    while let Ok(line) = take.recv_timeout(PATIENCE) {
        match serde_json::from_str::<Line>(&line) {
            Ok(line) => lines.push(line),
            Err(_) => peak = serde_json::from_str(&line).ok(),
        }
    }
    child.kill().ok();
    child.wait().ok();
    Ok((lines, peak))
}

/// Our side of the protocol: paths in, a line a file out.
pub(crate) fn child() -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    for path in std::io::stdin().lock().lines() {
        let path = PathBuf::from(path?);
        let start = Instant::now();
        let given = formats::read_file(&path, Members::Opened);
        let seconds = start.elapsed().as_secs_f64();
        // What has no members is read once more only where that costs little.
        let alone = (seconds < AGAIN).then(|| {
            let start = Instant::now();
            formats::read_file(&path, Members::Left).ok().map(|_| start.elapsed().as_secs_f64())
        });
        let (text, error) =
            given.map_or_else(|error| (String::new(), error.to_string()), |given| given.text_or_error());
        let line = Line { path: path.display().to_string(), seconds, alone: alone.flatten(), error, text };
        serde_json::to_writer(&mut out, &line)?;
        writeln!(out)?;
        out.flush()?;
    }
    serde_json::to_writer(&mut out, &Peak { peak_kib: peak_kib()? })?;
    writeln!(out)?;
    Ok(())
}

/// The peak of this process's resident memory.
pub(crate) fn peak_kib() -> anyhow::Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.split_whitespace().next()?.parse().ok());
    Ok(peak.unwrap_or(0))
}
