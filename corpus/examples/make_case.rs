//! `cargo run --release -p assay-corpus --example make_case DIR [SEED] [ITEMS]`: a case to look at.

use assay_corpus::{Parameters, write_case};
use std::path::Path;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let dir = words.first().ok_or("which folder?")?;
    let mut parameters = Parameters::default();
    if let Some(seed) = words.get(1) {
        parameters.seed = seed.parse()?;
    }
    if let Some(items) = words.get(2) {
        parameters.items = items.parse()?;
    }
    println!("{:#?}", write_case(Path::new(dir), &parameters)?);
    Ok(())
}
