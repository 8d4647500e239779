//! The binary: verbs, wiring, exit codes.
//!
//! One `cmd_*` a verb; the stages of `run` in the order of a case: [`intake`], [`scan`], [`assemble`]. Nothing is decided
//! here about evidence: that is analysis; nothing is rendered here: that is the report.

mod ask;
mod assemble;
mod case;
mod cmd_check;
mod cmd_demo;
mod cmd_explain;
mod cmd_export;
mod cmd_judge;
mod cmd_new;
mod cmd_register;
mod cmd_resolve;
mod cmd_review;
mod cmd_run;
mod cmd_sample;
mod cmd_status;
mod cmd_worker;
mod copies;
mod intake;
mod interim;
mod keys;
mod load;
mod outcome;
mod progress;
mod scan;
mod standing;

use clap::{Parser, Subcommand, ValueEnum};
use outcome::Outcome;
use std::path::PathBuf;
use std::process::ExitCode;

/// Grades a data-leak claim: is it true, whose data is it, how did they get in, whom must we tell.
///
/// Exit codes: 0 done; 1 done, but something could not be read or needs a person; 2 wrong use or a bad case file;
/// 3 interrupted (the same command resumes).
#[derive(Parser)]
#[command(version, about)]
struct Arguments {
    #[command(subcommand)]
    verb: Verb,
    /// Print JSON instead of text.
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Subcommand)]
enum Verb {
    /// Make the bundled synthetic case and run all of it.
    Demo {
        /// Where the case goes; a case that is there is run again.
        #[arg(long, default_value = "assay-demo")]
        dir: PathBuf,
        /// What the fictional people and files are drawn from.
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// About how many items leaked.
        #[arg(long, default_value_t = 2000)]
        items: u32,
    },
    /// Make a case folder with a commented case.toml.
    New {
        /// The case folder.
        dir: PathBuf,
    },
    /// Check a case folder's case.toml: every fault with its field and remedy.
    Check {
        /// The case folder.
        dir: PathBuf,
    },
    /// Run all stages; resumes where it stopped, does nothing on an unchanged case.
    Run {
        /// The case folder.
        dir: PathBuf,
        /// Read even where this system cannot keep workers from its files and network; the report says so.
        #[arg(long)]
        without_jail: bool,
        #[command(flatten)]
        passwords: Given,
    },
    /// How many people to expect, before everything is read: all lists, then a sample of the rest. `run` goes on from there.
    Estimate {
        /// The case folder.
        dir: PathBuf,
        /// Seconds from the start to the answer, about.
        #[arg(long, default_value_t = 52, conflicts_with = "share")]
        seconds: u64,
        /// Read all lists and this share of everything else instead, however long that takes: 0.01 is one in a hundred.
        #[arg(long, value_parser = interim::share)]
        share: Option<f64>,
        /// Read even where this system cannot keep workers from its files and network.
        #[arg(long)]
        without_jail: bool,
    },
    /// How far a case is.
    Status {
        /// The case folder.
        dir: PathBuf,
    },
    /// Draw a sample of what was read for a person to read too, or take in its answers: what share was missed.
    Sample {
        /// The case folder.
        dir: PathBuf,
        /// The sheet to write, never over another. It names paths: needs [authority] in case.toml and is recorded.
        #[arg(long, required_unless_present = "answers", conflicts_with = "answers")]
        to: Option<PathBuf>,
        /// Stretches to read, at most.
        #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u64).range(2..=100_000))]
        size: u64,
        /// The sheet, filled in.
        #[arg(long)]
        answers: Option<PathBuf>,
    },
    /// What a person should decide about who is who, most valuable first; take decisions in: merge, apart, split, confirm.
    Review {
        /// The case folder.
        dir: PathBuf,
        #[command(flatten)]
        wanted: Box<cmd_review::Wanted>,
    },
    /// Write a list: its rows are what the report counts.
    Export {
        /// What.
        what: What,
        /// The case folder.
        dir: PathBuf,
        /// The file to write; never over another.
        #[arg(long)]
        to: PathBuf,
        /// Show personal values, paths and user names; needs [authority] in case.toml and is recorded.
        #[arg(long)]
        reveal: bool,
    },
    /// Show the evidence for a person (P-…), a mention (M-…), an assertion (A1), a duty (D1), a session or a figure.
    Explain {
        /// What to explain: P-0123456789ab, A1, subjects.count …
        id: String,
        /// The case folder.
        dir: PathBuf,
        /// Show personal values; needs [authority] in case.toml and is recorded.
        #[arg(long)]
        reveal: bool,
    },
    /// Record what a person decided about a flagged session of the gateway; only what was judged is exported as an indicator.
    Judge {
        /// The session's number.
        session: u64,
        /// The case folder.
        dir: PathBuf,
        /// Its first sign, where the appliance gave the number out again.
        #[arg(long)]
        first: Option<String>,
        #[command(flatten)]
        what: cmd_judge::What,
        /// Why, in your words; kept sealed with the judgement.
        #[arg(long, default_value = "")]
        because: String,
    },
    /// Group any table of people into people, without a case; with a register, set them against it.
    Resolve {
        #[command(flatten)]
        tables: Box<cmd_resolve::Tables>,
    },
    /// What a trust runs on its own register, to lend it as keyed tokens.
    Register {
        #[command(subcommand)]
        verb: RegisterVerb,
    },
    /// Read units for a parent, as `run` starts it.
    #[command(hide = true)]
    Worker {
        /// Set limits only.
        #[arg(long)]
        without_jail: bool,
        /// Run the tool that recognises text in pictures, and read no evidence.
        #[arg(long)]
        tool: bool,
        /// Try the ways out instead, and print those that were open.
        #[arg(long)]
        try_the_jail: bool,
    },
}

/// What is done with a register.
#[derive(Subcommand)]
enum RegisterVerb {
    /// Draw a key, to be shared with whoever reads the leak by another way than the tokens.
    Key {
        /// The file to write, never over another.
        #[arg(long)]
        to: PathBuf,
    },
    /// Write a register as keyed tokens: equal values can be told, nothing else without the key.
    Tokenise {
        /// The register: CSV, Parquet, a sheet; the first row is the header.
        file: PathBuf,
        /// The controller's id, as the case file will have it.
        #[arg(long)]
        controller: String,
        /// The file that holds the key.
        #[arg(long)]
        key: PathBuf,
        /// The file to write, never over another.
        #[arg(long)]
        to: PathBuf,
        /// The form of the body's local patient numbers, as the case file has it.
        #[arg(long, default_value = "")]
        hospital_number: String,
        /// What a column holds, where its title does not say: `Pt No=hospital number`.
        #[arg(long, value_name = "TITLE=ELEMENT", value_parser = cmd_register::column)]
        column: Vec<(String, String)>,
    },
}

/// Passwords for what is encrypted. They are kept sealed in the case for later runs; none is ever shown or guessed.
#[derive(clap::Args)]
struct Given {
    /// A file of passwords, one a line, UTF-8; blanks count.
    #[arg(long, value_name = "FILE")]
    passwords: Option<PathBuf>,
    /// Ask for passwords at the terminal, without showing them.
    #[arg(long)]
    ask_password: bool,
    /// Forget the passwords given before; what was read with them stays.
    #[arg(long)]
    forget_passwords: bool,
    /// Fit the match weights anew to the mentions as they are now; else those of the first run stand.
    #[arg(long)]
    refit: bool,
}

/// The lists that can be exported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum What {
    /// The people who count.
    Subjects,
    /// The leaked items.
    Items,
    /// The records about people.
    Mentions,
    /// What harms first: protected addresses, safeguarding, credentials, bank details. Can be had while a scan goes on.
    Urgent,
    /// What tells whether another leak repeats this one, without the leak.
    Fingerprints,
    /// Values in items about people of which nothing says whose they are: for a person to read.
    Unassigned,
    /// Addresses of sessions that a person judged to be taken over.
    Indicators,
}

fn main() -> ExitCode {
    let Arguments { verb, json } = Arguments::parse();
    let print = if json { outcome::Print::Json } else { outcome::Print::Text };
    let done = match &verb {
        Verb::Demo { dir, seed, items } => cmd_demo::demo(dir, *seed, *items, print),
        Verb::New { dir } => cmd_new::new(dir, print),
        Verb::Check { dir } => cmd_check::check(dir, print),
        Verb::Run { dir, without_jail, passwords } => {
            cmd_run::run_with(dir, passwords, outcome::jail(*without_jail), print)
        }
        Verb::Estimate { dir, seconds, share, without_jail } => {
            interim::estimate(dir, interim::until(*seconds, *share), outcome::jail(*without_jail), print)
        }
        Verb::Status { dir } => cmd_status::status(dir, print),
        Verb::Export { what, dir, to, reveal } => cmd_export::export(*what, dir, to, outcome::reveal(*reveal), print),
        Verb::Sample { dir, to: Some(to), size, .. } => cmd_sample::draw_sheet(dir, to, *size as usize, print),
        Verb::Sample { dir, answers, .. } => cmd_sample::take_in(dir, answers.as_deref().unwrap_or(dir), print),
        Verb::Review { dir, wanted } => cmd_review::review(dir, wanted, print),
        Verb::Explain { id, dir, reveal } => cmd_explain::explain(id, dir, outcome::reveal(*reveal), print),
        Verb::Judge { session, dir, first, what, because } => {
            cmd_judge::judge(dir, *session, first.as_deref(), what, because, print)
        }
        Verb::Resolve { tables } => cmd_resolve::resolve(tables, print),
        Verb::Register { verb } => cmd_register::register(verb, print),
        Verb::Worker { try_the_jail: true, tool, .. } => cmd_worker::try_the_jail(cmd_worker::kind(*tool)),
        Verb::Worker { without_jail, tool: true, .. } => cmd_worker::tool(outcome::jail(*without_jail)),
        Verb::Worker { without_jail, .. } => cmd_worker::worker(outcome::jail(*without_jail)),
    };
    match done {
        Ok(outcome) => outcome.code(),
        Err(error) => {
            eprintln!("assay: {error:#}");
            Outcome::of_error(&error).code()
        }
    }
}
