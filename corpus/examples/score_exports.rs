//! `cargo run --release -p assay-corpus --example score_exports TRUTH_DIR subjects.csv mentions.csv items.csv`: how right an answer is.

use assay_corpus::score::{Exports, score};
use std::path::Path;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [truth, subjects, mentions, items] = words.as_slice() else {
        return Err("which truth folder, and which exports of subjects, mentions and items?".into());
    };
    let exports = Exports { subjects: Path::new(subjects), mentions: Path::new(mentions), items: Path::new(items) };
    let score = score(Path::new(truth), exports)?;
    print!("{score}");
    score.decoys.iter().for_each(|id| println!("decoy {id}"));
    score.values.errors.iter().for_each(|line| println!("{line}"));
    Ok(())
}
