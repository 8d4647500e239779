//! `assay demo`: the bundled synthetic case, made and run.

use crate::cmd_run::run;
use crate::outcome::{Outcome, Print, say};
use anyhow::bail;
use assay_corpus::{Parameters, write_case};
use assay_engine::jail::Jail;
use std::path::Path;

/// Makes the case where there is none, and runs it. That some of its files cannot be read is part of the demonstration.
pub(crate) fn demo(dir: &Path, seed: u64, items: u32, print: Print) -> anyhow::Result<Outcome> {
    let made = dir.join("truth");
    if dir.join("case.toml").exists() && !made.exists() {
        bail!("{}: holds a case that is no demonstration\n  remedy: name another folder with --dir", dir.display());
    }
    if !made.exists() {
        let summary = write_case(dir, &Parameters { seed, items, ..Parameters::default() })?;
        if print == Print::Text {
            say(format_args!("made {} of {} synthetic items in {}\n", summary.items, items, dir.display()));
        }
    }
    match run(dir, Jail::Full, print)? {
        Outcome::NeedsLook => Ok(Outcome::Done),
        other => Ok(other),
    }
}
