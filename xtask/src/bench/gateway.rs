//! Reading a gateway's log to sessions, beside `grep -E` of two of its fields and a Python regex over bytes, in one run on one file.
//!
//! Ours does all of the work that a case needs: every line, sessions, coverage. The peers find two addresses in a line. Each
//! number is of processor time (user and system) where one thread works, since other work on the machine must not count; two
//! threads are told by the wall clock.

use anyhow::{Context, bail};
use assay_analysis::gateway::{GatewayInput, GatewaySource, Networks, Streamed, assess, read_stream};
use assay_corpus::{LogForm, session_log};
use assay_model::{ExhibitId, ItemPath};
use std::fs::File;
use std::io::{BufWriter, Read, Seek, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

/// Runs every row so often; the best is shown.
pub(crate) fn gateway(megabytes: u64, runs: usize, python: &Path) -> anyhow::Result<()> {
    let ours = super::released()?;
    let folder = tempfile::tempdir()?;
    let (plain, packed) = (folder.path().join("ns.log"), folder.path().join("ns.log.0.gz"));
    let (bytes, lines) = make(&plain, &packed, megabytes)?;
    println!("{:.0} MB, {lines} lines, mean {} bytes\n", bytes as f64 / 1e6, bytes / lines.max(1));
    println!("| row | MB/s | peak MiB |\n|---|---|---|");
    let shown = plain.display().to_string();
    let child = |file: &Path, threads: &str| {
        vec![
            ours.display().to_string(),
            "bench-gateway-child".to_owned(),
            file.display().to_string(),
            threads.to_owned(),
        ]
    };
    let pattern = "Client_ip [0-9.]+ .*Source [0-9.]+";
    let script = "import re,sys\nfind=re.compile(rb'Client_ip ([0-9.]+).*?Source ([0-9.]+)').search\nn=0\nfor line in open(sys.argv[1],'rb'):\n    if find(line): n+=1\nprint(n)";
    let rows: [(&str, Vec<String>, bool); 6] = [
        ("assay, one core, to sessions and verdicts", child(&plain, "1"), true),
        ("assay, two cores, to sessions and verdicts (wall clock)", child(&plain, "2"), false),
        ("assay, packed with gzip, one core", child(&packed, "1"), true),
        ("gunzip alone (zlib-rs, as ours)", child(&packed, "0"), true),
        ("grep -c -E of two fields", ["grep", "-c", "-E", pattern, &shown].map(str::to_owned).to_vec(), true),
        (
            "Python, regex over bytes, two fields",
            vec![python.display().to_string(), "-c".to_owned(), script.to_owned(), shown.clone()],
            true,
        ),
    ];
    for (name, command, by_processor) in rows {
        let mut best = f64::MAX;
        let mut peak = 0;
        for _ in 0..runs.max(1) {
            let (wall, processor, kib) = timed(&command)?;
            best = best.min(if by_processor { processor } else { wall });
            peak = kib;
        }
        println!("| {name} | {:.0} | {} |", bytes as f64 / 1e6 / best.max(1e-9), peak / 1024);
    }
    Ok(())
}

/// Wall seconds, processor seconds, peak KiB of a command, by `time`.
fn timed(command: &[String]) -> anyhow::Result<(f64, f64, u64)> {
    let output = Command::new("/usr/bin/env")
        .args(["bash", "-c", "TIMEFORMAT='%R %U %S'; time \"$@\"", "bash"])
        .args(command)
        .env("LC_ALL", "C")
        .stdout(Stdio::piped())
        .output()
        .with_context(|| command[0].clone())?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    if !output.status.success() {
        bail!("{}: {said}", command[0]);
    }
    let line = said.lines().next_back().unwrap_or_default();
    let numbers: Vec<f64> = line.split(' ').filter_map(|word| word.parse().ok()).collect();
    let [wall, user, system] = numbers.as_slice() else { bail!("no times of {}", command[0]) };
    let out = String::from_utf8_lossy(&output.stdout).into_owned();
    let kib = out.lines().find_map(|line| line.strip_prefix("peak KiB ")?.parse().ok()).unwrap_or(0);
    Ok((*wall, user + system, kib))
}

/// A log of many sessions, times and counters running on; plain and packed.
fn make(plain: &Path, packed: &Path, megabytes: u64) -> anyhow::Result<(u64, u64)> {
    let mut out = BufWriter::new(File::create(plain)?);
    let mut gz = flate2::write::GzEncoder::new(BufWriter::new(File::create(packed)?), flate2::Compression::new(6));
    let (mut bytes, mut lines, mut seed) = (0_u64, 0_u64, 1);
    while bytes < megabytes * 1_000_000 {
        let log = session_log(seed, LogForm::Remote, 3000)?;
        for name in ["ns.log.1", "ns.log.0", "ns.log"] {
            let (_, part) = log.files.iter().find(|(known, _)| known == name).context("a log")?;
            // Years apart, so that one stretch of sessions ends before the next begins.
            let year = format!("/{}:", 1990 + seed);
            let text = String::from_utf8_lossy(part).replace("/2024:", &year);
            out.write_all(text.as_bytes())?;
            gz.write_all(text.as_bytes())?;
            bytes += text.len() as u64;
            lines += text.lines().count() as u64;
        }
        seed += 1;
    }
    out.flush()?;
    gz.finish()?.flush()?;
    Ok((bytes, lines))
}

/// Our side: one file in so many threads, to verdicts; or inflated only.
pub(crate) fn child(file: &Path, threads: usize) -> anyhow::Result<()> {
    let exhibit = ExhibitId::new("GW/1");
    let is_packed = file.extension().is_some_and(|ending| ending == "gz");
    if threads == 0 {
        let sum = std::io::copy(&mut flate2::read::MultiGzDecoder::new(File::open(file)?), &mut std::io::sink())?;
        println!("{sum} bytes");
        return Ok(());
    }
    let from = Instant::now();
    let whole = File::open(file)?.metadata()?.len();
    let parts: Vec<anyhow::Result<Streamed>> = std::thread::scope(|scope| {
        let share = whole / threads as u64 + 1;
        let readers = (0..threads as u64).map(|n| {
            let exhibit = exhibit.clone();
            scope.spawn(move || {
                let path = ItemPath::of_file(&format!("ns.log.{n}"));
                let read = match is_packed {
                    true => read_stream(
                        &exhibit,
                        &path,
                        &mut Packed(flate2::read::MultiGzDecoder::new(File::open(file)?)),
                        &mut || {},
                    ),
                    false => read_stream(&exhibit, &path, &mut Range::of(file, n * share, share)?, &mut || {}),
                };
                read.context("no log")
            })
        });
        let readers: Vec<_> = readers.collect();
        readers.into_iter().map(|reader| reader.join().unwrap_or_else(|_| bail!("a reader failed"))).collect()
    });
    let mut sources = Vec::new();
    for (n, part) in parts.into_iter().enumerate() {
        let path = ItemPath::of_file(&format!("ns.log.{n}"));
        sources.push(GatewaySource { exhibit: exhibit.clone(), path, digest: part?.digest });
    }
    let read = from.elapsed();
    let networks = Networks::default();
    let assessment =
        assess(&GatewayInput { sources: &sources, reference_date: "2024-11-28".parse()?, networks: &networks });
    println!(
        "{} sessions, {} flagged, read in {:.2} s, all in {:.2} s",
        assessment.sessions_total,
        assessment.flagged.len(),
        read.as_secs_f64(),
        from.elapsed().as_secs_f64()
    );
    println!("peak KiB {}", super::peak_kib()?);
    Ok(())
}

/// Whole lines of a stretch of a file.
struct Range {
    file: File,
    from: u64,
    length: u64,
    left: u64,
}

impl Range {
    fn of(path: &Path, from: u64, length: u64) -> anyhow::Result<Self> {
        let mut file = File::open(path)?;
        let start = line_start(&mut file, from)?;
        let end = line_start(&mut file, from + length)?;
        Ok(Self { file, from: start, length: end - start, left: 0 })
    }
}

/// The first beginning of a line at or behind a place.
fn line_start(file: &mut File, at: u64) -> anyhow::Result<u64> {
    let size = file.metadata()?.len();
    if at == 0 || at >= size {
        return Ok(at.min(size));
    }
    file.seek(std::io::SeekFrom::Start(at - 1))?;
    let mut bytes = vec![0; 1 << 17];
    let read = file.read(&mut bytes)?;
    let end = bytes[..read].iter().position(|b| *b == b'\n').unwrap_or(0);
    Ok(at + end as u64)
}

impl assay_analysis::gateway::Stream for Range {
    fn rewind(&mut self) -> bool {
        self.left = self.length;
        self.file.seek(std::io::SeekFrom::Start(self.from)).is_ok()
    }

    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let most = (self.left as usize).min(into.len());
        let read = self.file.read(&mut into[..most])?;
        self.left -= read as u64;
        Ok(read)
    }
}

struct Packed(flate2::read::MultiGzDecoder<File>);

impl assay_analysis::gateway::Stream for Packed {
    fn rewind(&mut self) -> bool {
        let Ok(mut file) = self.0.get_ref().try_clone() else { return false };
        let is_back = file.rewind().is_ok();
        self.0 = flate2::read::MultiGzDecoder::new(file);
        is_back
    }

    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        self.0.read(into)
    }
}
