//! Prints the text that is recognised in files at hand, with the confidence in it and the time that it took; for trying what is
//! done to pictures before: `cargo run -p assay-engine --example recognise -- FILE...`.
//!
//! It prints content in the clear, and runs parsers and the tool without their jails: not for evidence.
#![allow(clippy::disallowed_methods, reason = "a tool for developers, outside the product")]

use assay_engine::tool::Unjailed;
use assay_evidence::extract::{Limits, Reading, extract};
use assay_model::{Content, Recovery};

fn main() -> std::io::Result<()> {
    let limits = Limits::default();
    let reading = Reading { recogniser: Some(&Unjailed), ..Reading::within(&limits) };
    for path in std::env::args().skip(1) {
        let mut file = std::fs::File::open(&path)?;
        let name = path.rsplit('/').next().unwrap_or(&path);
        let before = std::time::Instant::now();
        let extracted = extract(&mut file, name, &reading);
        println!("== {path}\t{:?}\t{} ms", extracted.status, before.elapsed().as_millis());
        extracted.warnings.iter().for_each(|warning| println!("!! {}", warning.0));
        for passage in &extracted.passages {
            let sure = match passage.recovery {
                Recovery::Recognised { confidence } => format!("{confidence} %"),
                Recovery::Stored | Recovery::Carved => "stored".to_owned(),
            };
            println!("-- [{}] {sure}", passage.part);
            match &passage.content {
                Content::Text { text, .. } => println!("{text}"),
                Content::Table(table) => {
                    for row in &table.rows {
                        println!("{}", row.iter().map(|cell| cell.text()).collect::<Vec<_>>().join("\t"));
                    }
                }
            }
        }
    }
    Ok(())
}
