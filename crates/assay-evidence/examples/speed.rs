//! Measures extraction of files at hand: megabytes a second and the most memory held, passages dropped as they come:
//! `cargo run --release -p assay-evidence --example speed -- FILE...`.
#![allow(clippy::disallowed_methods, reason = "a tool for developers, outside the product")]

use assay_evidence::extract::{Limits, Reading, extract_each};
use assay_model::Content;

fn main() -> std::io::Result<()> {
    for path in std::env::args().skip(1) {
        let mut file = std::fs::File::open(&path)?;
        let bytes = file.metadata()?.len();
        let name = path.rsplit('/').next().unwrap_or(&path).to_owned();
        let limits = Limits::default();
        let (mut passages, mut cells, mut text) = (0_u64, 0_u64, 0_u64);
        let start = processor_seconds();
        let extracted = extract_each(&mut file, &name, &Reading::within(&limits), &mut |passage| {
            passages += 1;
            match passage.content {
                Content::Text { text: piece, .. } => text += piece.len() as u64,
                Content::Table(table) => cells += table.rows.iter().map(|row| row.len() as u64).sum::<u64>(),
            }
        });
        let seconds = (processor_seconds() - start).max(0.01);
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let peak = status.lines().find(|line| line.starts_with("VmHWM")).unwrap_or_default();
        println!(
            "{:.0} MB/s {} {:?} {passages} passages {cells} cells {text} text bytes, {} {name}",
            bytes as f64 / 1e6 / seconds,
            extracted.media_type,
            extracted.status,
            peak.split_whitespace().collect::<Vec<_>>().join(" "),
        );
        extracted.warnings.iter().for_each(|warning| println!("   ! {}", warning.0));
    }
    Ok(())
}

/// Processor time of this process so far: what others do meanwhile does not count.
fn processor_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |place: usize| fields.get(place).and_then(|field| field.parse::<f64>().ok()).unwrap_or(0.0);
    (ticks(11) + ticks(12)) / 100.0
}
