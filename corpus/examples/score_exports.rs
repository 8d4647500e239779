//! `cargo run --release -p assay-corpus --example score_exports TRUTH_DIR subjects.csv mentions.csv`: how right an answer is.

use std::path::Path;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [truth, subjects, mentions] = words.as_slice() else {
        return Err("which truth folder, subjects export and mentions export?".into());
    };
    let score = assay_corpus::score::score(Path::new(truth), Path::new(subjects), Path::new(mentions))?;
    print!("{score}");
    score.decoys.iter().for_each(|id| println!("decoy {id}"));
    Ok(())
}
