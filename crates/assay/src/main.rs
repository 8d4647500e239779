//! The binary: verbs, wiring, exit codes.
//!
//! So far it reads and checks a case file; the stages are not wired yet, and it says so instead of pretending.

use assay_case::case_file;
use clap::{Parser, Subcommand};
use std::path::PathBuf;
use std::process::ExitCode;

/// Grades a data-leak claim: is it true, whose data is it, how did they get in, whom must we tell.
#[derive(Parser)]
#[command(version, about)]
struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Check a case folder's case.toml: every fault with its field and remedy.
    Check {
        /// The case folder.
        dir: PathBuf,
    },
    /// Make the bundled synthetic case and run all of it.
    Demo,
}

/// Wrong use or a bad case file (DESIGN: exit codes).
const WRONG_USE: u8 = 2;

fn main() -> ExitCode {
    match Arguments::parse().verb {
        Verb::Check { dir } => match case_file::read(&dir) {
            Ok(case) => {
                println!(
                    "{}: good; {} controllers, {} registers, {} claims, {} exhibits",
                    dir.join("case.toml").display(),
                    case.controllers.len(),
                    case.registers.len(),
                    case.claims.len(),
                    case.evidence.len()
                );
                ExitCode::SUCCESS
            }
            Err(error) => {
                eprintln!("{:#}", anyhow::Error::from(error));
                ExitCode::from(WRONG_USE)
            }
        },
        Verb::Demo => {
            eprintln!(
                "demo: the scan is not wired yet in this version\n  remedy: `assay check DIR` checks a case file"
            );
            ExitCode::from(WRONG_USE)
        }
    }
}
