//! Chores of the project: `cargo xtask tidy` and `cargo xtask accuracy`.
#![allow(clippy::disallowed_methods, reason = "chores read and write the project's own files")]

mod accuracy;
mod tidy;

use anyhow::bail;
use clap::{Parser, Subcommand};

/// Chores of the project.
#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    chore: Chore,
}

#[derive(Subcommand)]
enum Chore {
    /// Hold the tree against docs/ARCHITECTURE.md and the house style.
    Tidy,
    /// Precision and recall of the released program on synthetic cases of several seeds.
    Accuracy {
        /// How many seeds, from 1.
        #[arg(long, default_value_t = 10)]
        seeds: u64,
        /// About how many items a case holds.
        #[arg(long, default_value_t = 2000)]
        items: u32,
        /// Keep the cases in this folder, to look into them.
        #[arg(long)]
        keep: Option<std::path::PathBuf>,
    },
}

fn main() -> anyhow::Result<()> {
    match Arguments::parse().chore {
        Chore::Tidy => {
            let faults = tidy::faults(&tidy::project_root())?;
            faults.iter().for_each(|fault| println!("{fault}"));
            if !faults.is_empty() {
                bail!("{} things to tidy", faults.len());
            }
            println!("tidy");
        }
        Chore::Accuracy { seeds, items, keep } => accuracy::accuracy(seeds, items, keep.as_deref())?,
    }
    Ok(())
}
