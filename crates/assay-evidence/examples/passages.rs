//! Prints what extraction makes of files, members included; for trying extractors on files at hand:
//! `cargo run -p assay-evidence --example passages -- FILE...`.
//!
//! `--password=WORD` tries a password, `--quiet` leaves the content out. It prints content in the clear: not for evidence.
#![allow(clippy::disallowed_methods, reason = "a tool for developers, outside the product")]

use assay_evidence::extract::{Limits, ReadSeek, Reading, extract, visit_members};
use assay_model::{Content, Sensitive};
use std::io::Cursor;

fn main() -> std::io::Result<()> {
    let quiet = std::env::args().any(|argument| argument == "--quiet");
    for path in std::env::args().skip(1).filter(|argument| !argument.starts_with("--")) {
        let mut file = std::fs::File::open(&path)?;
        let name = path.rsplit('/').next().unwrap_or(&path).to_owned();
        show(&mut file, &name, &path, quiet, 0);
    }
    Ok(())
}

fn show(input: &mut dyn ReadSeek, name: &str, path: &str, quiet: bool, depth: u32) {
    let limits = Limits::default();
    let passwords: Vec<Sensitive<String>> = std::env::args()
        .filter_map(|word| Some(Sensitive::new(word.strip_prefix("--password=")?.to_owned())))
        .collect();
    let reading = Reading { passwords: &passwords, ..Reading::within(&limits) };
    let extracted = extract(input, name, &reading);
    println!("== {path}\n   {} {:?}, {} members", extracted.media_type, extracted.status, extracted.members.len());
    extracted.warnings.iter().for_each(|warning| println!("   ! {}", warning.0));
    for passage in extracted.passages.iter().filter(|_| !quiet) {
        let hidden = if passage.hidden { " hidden" } else { "" };
        match &passage.content {
            Content::Text { first_line, text } => {
                println!("-- [{}]{hidden} text from line {first_line}\n{text}", passage.part);
            }
            Content::Table(table) => {
                println!("-- [{}]{hidden} table from row {}", passage.part, table.first_row);
                for row in &table.rows {
                    println!(
                        "{}",
                        row.iter().map(|cell| cell.text().replace('\n', "⏎")).collect::<Vec<_>>().join(" | ")
                    );
                }
            }
        }
    }
    if depth >= limits.depth {
        return;
    }
    visit_members(input, &extracted.media_type, 0..u32::MAX, &reading, &mut |_, member, bytes| {
        let path = format!("{path}!{}", member.name);
        match bytes {
            Ok(bytes) => show(&mut Cursor::new(bytes), &member.name, &path, quiet, depth + 1),
            Err(reason) => println!("== {path}\n   not opened: {}", reason.as_str()),
        }
    });
}
