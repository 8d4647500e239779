//! Chores of the project: `cargo xtask tidy`, `accuracy`, `formats`.
#![allow(clippy::disallowed_methods, reason = "chores read and write the project's own files")]

mod accuracy;
mod formats;
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
        /// The first seed.
        #[arg(long, default_value_t = 1)]
        from: u64,
        /// How many seeds.
        #[arg(long, default_value_t = 10)]
        seeds: u64,
        /// About how many items a case holds.
        #[arg(long, default_value_t = 2000)]
        items: u32,
        /// Keep the cases in this folder, to look into them.
        #[arg(long)]
        keep: Option<std::path::PathBuf>,
    },
    /// What extraction makes of a folder of documents made by others.
    Formats {
        /// The folder.
        docs: std::path::PathBuf,
        /// Strings that their text must hold: JSON, a list of [file, module/file, string].
        #[arg(long)]
        asserts: Option<std::path::PathBuf>,
        /// Print each miss and each unread file.
        #[arg(long)]
        list: bool,
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
        Chore::Formats { docs, asserts, list } => formats::formats(&docs, asserts.as_deref(), list)?,
        Chore::Accuracy { from, seeds, items, keep } => {
            accuracy::accuracy(from..=from + seeds.max(1) - 1, items, keep.as_deref())?;
        }
    }
    Ok(())
}
