//! Chores of the project: `cargo xtask tidy`, `accuracy`, `formats`, `bench`, `fuzz`, `big-leak`.
#![allow(clippy::disallowed_methods, reason = "chores read and write the project's own files")]

mod accuracy;
mod bench;
mod estimates;
mod formats;
mod fuzz;
mod messages;
mod presidio;
mod resolve;
mod special;
mod takeovers;
mod tidy;
mod verdicts;

use anyhow::bail;
use assay_corpus::{BigParameters, Parameters, write_big_case};
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
    #[command(args_conflicts_with_subcommands = true)]
    Accuracy {
        #[command(subcommand)]
        of: Option<Accuracy>,
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
        /// Print the points of rules/detect/confidence.toml that these seeds give.
        #[arg(long)]
        fit: bool,
    },
    /// A synthetic case whose leak is large and takes little disk.
    BigLeak {
        /// The folder of the case, which must not exist yet.
        #[arg(long)]
        dir: std::path::PathBuf,
        /// Bytes of the leak, about; `50G` and the like.
        #[arg(long, default_value = "50G", value_parser = bytes)]
        bytes: u64,
        /// Small files that are copies of a few.
        #[arg(long, default_value_t = 200_000)]
        copies: u32,
        /// All chance comes from it.
        #[arg(long, default_value_t = 1)]
        seed: u64,
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
    /// Speed and memory beside peers, in one run on the same files.
    Bench {
        #[command(subcommand)]
        of: Bench,
    },
    /// Damaged files through every parser that meets evidence.
    Fuzz {
        /// A folder of files to damage.
        docs: std::path::PathBuf,
        /// For how long.
        #[arg(long, default_value_t = 60)]
        seconds: u64,
        /// What the damage is made from.
        #[arg(long, default_value_t = 1)]
        seed: u64,
    },
    /// Our side of a benchmark: paths on standard input.
    #[command(hide = true)]
    BenchChild,
    /// Our side of the gateway's benchmark.
    #[command(hide = true)]
    BenchGatewayChild {
        /// The log.
        file: std::path::PathBuf,
        /// How many threads; 0 inflates only.
        threads: usize,
    },
}

#[derive(Subcommand)]
enum Accuracy {
    /// Takeover verdicts on logs of a gateway, in five forms.
    Gateway {
        /// The first seed.
        #[arg(long, default_value_t = 1)]
        from: u64,
        /// How many seeds.
        #[arg(long, default_value_t = 10)]
        seeds: u64,
        /// Benign sessions of each log.
        #[arg(long, default_value_t = 700)]
        sessions: u32,
        /// Print what was missed and what was wrong.
        #[arg(long)]
        list: bool,
    },
    /// The estimate of a case read in part, beside the truth.
    Estimate {
        /// The first seed.
        #[arg(long, default_value_t = 1)]
        from: u64,
        /// How many seeds.
        #[arg(long, default_value_t = 200)]
        seeds: u64,
        /// About how many items a case holds.
        #[arg(long, default_value_t = 400)]
        items: u32,
        /// Shares of what is read by lot, lists always being read; the whole is measured too.
        #[arg(long, default_values_t = [0.01, 0.05, 0.2])]
        share: Vec<f64>,
        /// Instead of shares, only the first interval: seconds to read, as `assay estimate` counts them.
        #[arg(long)]
        seconds: Option<u64>,
        /// Print the cases whose interval misses the truth.
        #[arg(long)]
        list: bool,
    },
    /// Identifiers and names on texts, messages and documents that others made.
    Detect {
        /// A file of presidio-research: texts with their spans.
        #[arg(long, required_unless_present_any = ["messages", "special"])]
        presidio: Option<std::path::PathBuf>,
        /// A folder of HL7 v2 messages and C-CDA documents.
        #[arg(long)]
        messages: Option<std::path::PathBuf>,
        /// Labelled sentences: special categories, their denials, medicines and codes.
        #[arg(long)]
        special: Option<std::path::PathBuf>,
        /// Print what was missed and what was wrong.
        #[arg(long)]
        list: bool,
    },
    /// Verdicts on a claim in twelve scenarios, beside what is true of each.
    Verify {
        /// The first seed.
        #[arg(long, default_value_t = 1)]
        from: u64,
        /// How many seeds.
        #[arg(long, default_value_t = 10)]
        seeds: u64,
        /// Keep the cases in this folder, to look into them.
        #[arg(long)]
        keep: Option<std::path::PathBuf>,
        /// Print every verdict that is wrong or leaves open what the evidence decides.
        #[arg(long)]
        list: bool,
    },
    /// Resolution of tables of people: public test sets, and the interval on made ones.
    Resolve {
        /// The folder of the public sets; without it they are looked for beside the project.
        #[arg(long)]
        data: Option<std::path::PathBuf>,
        /// Random parts of the historical set whose interval is looked at.
        #[arg(long, default_value_t = 20)]
        parts: u64,
        /// Made tables whose interval is looked at.
        #[arg(long = "made", default_value_t = 200)]
        made: u64,
    },
}

#[derive(Subcommand)]
enum Bench {
    /// Resolution of made tables from small to large, with Splink beside it.
    Resolve {
        /// A Python that has the peer: pip install splink.
        #[arg(long)]
        python: Option<std::path::PathBuf>,
        /// Mentions of the tables, about.
        #[arg(long, value_delimiter = ',', default_values_t = [100_000, 200_000, 1_000_000])]
        mentions: Vec<u32>,
        /// The largest table that the peer gets.
        #[arg(long, default_value_t = 1_000_000)]
        peer_up_to: u32,
    },
    /// The rules of identifiers beside ripgrep, Hyperscan and Presidio; all of detection beside extraction.
    Detect {
        /// A Python that has the peers: pip install hyperscan presidio-analyzer.
        #[arg(long)]
        python: Option<std::path::PathBuf>,
        /// How large the texts are.
        #[arg(long, default_value_t = 32)]
        megabytes: usize,
        /// Runs of each row; the best is shown.
        #[arg(long, default_value_t = 3)]
        runs: usize,
    },
    /// A gateway's log read to verdicts, beside `grep -E` of two fields and a Python regex.
    Gateway {
        /// How large the log is.
        #[arg(long, default_value_t = 1000)]
        megabytes: u64,
        /// Runs of each row; the best is shown.
        #[arg(long, default_value_t = 3)]
        runs: usize,
        /// A Python.
        #[arg(long, default_value = "python3")]
        python: std::path::PathBuf,
    },
    /// Extraction beside kreuzberg and extractous.
    Extract {
        /// A folder of documents.
        #[arg(long)]
        docs: std::path::PathBuf,
        /// Strings that their text must hold, as for `formats`.
        #[arg(long)]
        asserts: std::path::PathBuf,
        /// A Python that has the peers: pip install kreuzberg extractous.
        #[arg(long)]
        python: Option<std::path::PathBuf>,
        /// How large the large files are.
        #[arg(long, default_value_t = 64)]
        megabytes: usize,
        /// Only these rows, such as `pdf` or `large csv`.
        #[arg(long)]
        row: Vec<String>,
        /// Runs of each row; the median is shown.
        #[arg(long, default_value_t = 3)]
        runs: usize,
    },
}

/// A number of bytes with K, M or G behind it.
fn bytes(text: &str) -> Result<u64, String> {
    let (digits, shift) = match text.to_ascii_uppercase().chars().last() {
        Some('K') => (&text[..text.len() - 1], 10),
        Some('M') => (&text[..text.len() - 1], 20),
        Some('G') => (&text[..text.len() - 1], 30),
        _ => (text, 0),
    };
    let number: u64 = digits.parse().map_err(|_| format!("{text} is no number of bytes"))?;
    number.checked_mul(1 << shift).ok_or_else(|| format!("{text} is too many bytes"))
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
        Chore::BigLeak { dir, bytes, copies, seed } => {
            let default = BigParameters::default();
            let case = Parameters { seed, ..default.case };
            let (summary, bytes) = write_big_case(&dir, &BigParameters { case, bytes, copies })?;
            println!("{}: {bytes} bytes of leak, {} items of it real", dir.display(), summary.items);
        }
        Chore::Formats { docs, asserts, list } => formats::formats(&docs, asserts.as_deref(), list)?,
        Chore::Bench { of: Bench::Extract { docs, asserts, python, megabytes, row, runs } } => {
            bench::extract(&docs, &asserts, python.as_deref(), megabytes, &row, runs)?;
        }
        Chore::Fuzz { docs, seconds, seed } => fuzz::fuzz(&docs, seconds, seed)?,
        Chore::BenchChild => bench::child()?,
        Chore::BenchGatewayChild { file, threads } => bench::gateway::child(&file, threads)?,
        Chore::Bench { of: Bench::Gateway { megabytes, runs, python } } => {
            bench::gateway::gateway(megabytes, runs, &python)?
        }
        Chore::Bench { of: Bench::Detect { python, megabytes, runs } } => {
            bench::detect::detect(python.as_deref(), megabytes, runs)?;
        }
        Chore::Accuracy { of: Some(Accuracy::Detect { presidio, messages, special, list }), .. } => {
            presidio.map_or(Ok(()), |file| presidio::score(&file, list))?;
            messages.map_or(Ok(()), |folder| messages::score(&folder, list))?;
            special.map_or(Ok(()), |file| special::score(&file, list))?;
        }
        Chore::Accuracy { of: Some(Accuracy::Estimate { from, seeds, items, share, seconds, list }), .. } => {
            let looks = match seconds {
                Some(seconds) => vec![estimates::Look::Seconds(seconds)],
                None => estimates::by_share(share),
            };
            estimates::estimates(from..=from + seeds.max(1) - 1, items, &looks, list)?;
        }
        Chore::Accuracy { of: Some(Accuracy::Resolve { data, parts, made }), .. } => {
            let data = data.unwrap_or_else(|| tidy::project_root().join("../shared/data/linkage"));
            resolve::accuracy(&data, parts, made)?;
        }
        Chore::Bench { of: Bench::Resolve { python, mentions, peer_up_to } } => {
            resolve::bench(&mentions, python.as_deref(), peer_up_to)?;
        }
        Chore::Accuracy { of: Some(Accuracy::Gateway { from, seeds, sessions, list }), .. } => {
            takeovers::takeovers(from..=from + seeds.max(1) - 1, sessions, list)?;
        }
        Chore::Accuracy { of: Some(Accuracy::Verify { from, seeds, keep, list }), .. } => {
            verdicts::verdicts(from..=from + seeds.max(1) - 1, keep.as_deref(), list)?;
        }
        Chore::Accuracy { of: None, from, seeds, items, keep, fit } => {
            accuracy::accuracy(from..=from + seeds.max(1) - 1, items, keep.as_deref(), fit)?;
        }
    }
    Ok(())
}
