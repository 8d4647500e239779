//! Fuzzing on stable: files of a folder, damaged by seed, through every parser that meets evidence. What must not happen: a
//! panic, even one that is contained, a hang, memory without bound.
//!
//! Each trial is told by the seed, the file and its number, so that a fault can be made again; damaged bytes are not kept.

use crate::formats;
use anyhow::bail;
use assay_analysis::gateway::{GatewayInput, GatewaySource, Networks, assess};
use assay_corpus::{LogForm, session_log};
use assay_evidence::extract::{self, Limits, Reading};
use assay_model::{ExhibitId, ItemPath};
use rand_pcg::Pcg64;
use rand_pcg::rand_core::{Rng, SeedableRng};
use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::time::{Duration, Instant};

/// How long one trial may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// The largest file that is damaged, bytes: large ones make few trials.
const LARGEST: u64 = 4 << 20;

/// What a trial may end in that it should not.
enum Fault {
    Panic,
    Hang,
}

/// Damages files below `docs` for so many seconds.
pub(crate) fn fuzz(docs: &Path, seconds: u64, seed: u64) -> anyhow::Result<()> {
    let mut files = Vec::new();
    formats::walk(docs, &mut files)?;
    files.retain(|path| std::fs::metadata(path).is_ok_and(|file| (1..=LARGEST).contains(&file.len())));
    files.sort();
    let logs = logs(seed)?;
    let until = Instant::now() + Duration::from_secs(seconds);
    let (mut trials, mut faults, mut slowest) = (0_u64, 0_u32, (Duration::ZERO, PathBuf::new(), 0));
    while Instant::now() < until {
        let mut dice = Pcg64::seed_from_u64(seed ^ trials.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        // A third of the trials are logs, unless there is nothing else.
        let pick = |dice: &mut Pcg64| match files.is_empty() || below(dice, 3) == 0 {
            true => logs[below(dice, logs.len())].clone(),
            false => {
                let path = files[below(dice, files.len())].clone();
                let bytes = std::fs::read(&path).unwrap_or_default();
                (path, bytes)
            }
        };
        let ((path, bytes), (_, other)) = (pick(&mut dice), pick(&mut dice));
        if other.is_empty() {
            continue;
        }
        let path = &path;
        let bytes = damaged(bytes, &other, &mut dice);
        let start = Instant::now();
        match trial(bytes, path) {
            None => {}
            Some(fault) => {
                faults += 1;
                let fault = if matches!(fault, Fault::Panic) { "panic" } else { "hang" };
                println!("{fault}: --seed {seed} trial {trials} of {}", path.display());
            }
        }
        if start.elapsed() > slowest.0 {
            slowest = (start.elapsed(), path.clone(), trials);
        }
        trials += 1;
    }
    println!(
        "{trials} trials on {} files and {} logs made for it, {faults} faults; the slowest took {:.1} s: trial {} of {}; peak memory {} MiB",
        files.len(),
        logs.len(),
        slowest.0.as_secs_f64(),
        slowest.2,
        slowest.1.display(),
        crate::bench::peak_kib()? / 1024
    );
    if faults > 0 {
        bail!("{faults} faults");
    }
    Ok(())
}

fn below(dice: &mut Pcg64, limit: usize) -> usize {
    ((u128::from(dice.next_u64()) * limit as u128) >> 64) as usize
}

/// Numbers that parsers take for sizes and counts.
const NUMBERS: [[u8; 4]; 6] =
    [[0; 4], [0xff; 4], [0, 0, 0, 0x80], [0xff, 0xff, 0xff, 0x7f], [1, 0, 0, 0], [0, 0, 0, 1]];

/// One to eight kinds of damage, one after the other.
fn damaged(mut bytes: Vec<u8>, other: &[u8], dice: &mut Pcg64) -> Vec<u8> {
    for _ in 0..=below(dice, 8) {
        if bytes.is_empty() {
            break;
        }
        let at = below(dice, bytes.len());
        let length = below(dice, 64).min(bytes.len() - at);
        match below(dice, 8) {
            0 => bytes[at] ^= 1 << below(dice, 8),
            1 => bytes[at] = below(dice, 256) as u8,
            2 => {
                let number = NUMBERS[below(dice, NUMBERS.len())];
                bytes.iter_mut().skip(at).zip(number).for_each(|(byte, with)| *byte = with);
            }
            3 => drop(bytes.drain(at..at + length)),
            4 => {
                let block = bytes[at..at + length].to_vec();
                bytes.splice(at..at, block);
            }
            5 => {
                let from = below(dice, other.len());
                let block = other[from..(from + length).min(other.len())].to_vec();
                bytes.splice(at..at, block);
            }
            6 => bytes[at..at + length].fill(0),
            _ if below(dice, 4) == 0 => bytes.truncate(at),
            _ => bytes[at] = bytes[at].wrapping_add(1),
        }
    }
    bytes
}

fn trial(bytes: Vec<u8>, path: &Path) -> Option<Fault> {
    let (give, take) = mpsc::channel();
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    std::thread::spawn(move || {
        let clean = std::panic::catch_unwind(|| {
            gateway(&bytes);
            read(&bytes, &name, 0)
        });
        give.send(clean.unwrap_or(false)).ok();
    });
    match take.recv_timeout(PATIENCE) {
        Ok(true) => None,
        Ok(false) => Some(Fault::Panic),
        Err(_) => Some(Fault::Hang),
    }
}

/// As a case reads gateway evidence: the file, then all that is made of it.
fn gateway(bytes: &[u8]) {
    let (exhibit, path) = (ExhibitId::new("FUZZ/1"), ItemPath::of_file("ns.log"));
    let Some(digest) = assay_analysis::gateway::read(&exhibit, &path, bytes) else { return };
    let sources = [GatewaySource { exhibit, path, digest }];
    let networks = Networks::default();
    let reference_date = jiff::civil::date(2024, 11, 28);
    assess(&GatewayInput { sources: &sources, reference_date, networks: &networks });
}

/// Files that no folder of documents holds: logs of a gateway in each form, and a configuration.
fn logs(seed: u64) -> anyhow::Result<Vec<(PathBuf, Vec<u8>)>> {
    let mut all = Vec::new();
    for form in LogForm::ALL {
        let log = session_log(seed, form, 60)?;
        all.extend(log.files.into_iter().map(|(name, bytes)| (PathBuf::from(format!("{form:?}/{name}")), bytes)));
    }
    Ok(all)
}

/// Whether an item and its members were read without a panic, contained ones included.
fn read(bytes: &[u8], name: &str, depth: u32) -> bool {
    let limits = Limits::default();
    let reading = Reading::within(&limits);
    let extracted = extract::extract(&mut Cursor::new(bytes), name, &reading);
    let mut clean = !extracted.warnings.iter().any(|warning| warning.0 == extract::PARSER_FAILED);
    if depth < 4 && !extracted.members.is_empty() {
        let (all, media_type) = (0..u32::MAX, &extracted.media_type);
        let mut seen = 0;
        extract::visit_members(&mut Cursor::new(bytes), media_type, all, &reading, &mut |_, entry, opened| {
            seen += 1;
            if let Ok(member) = opened
                && seen <= 50
            {
                clean &= read(&member, &entry.name, depth + 1);
            }
        });
    }
    clean
}
