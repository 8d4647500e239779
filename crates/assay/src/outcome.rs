//! How a verb ends: its exit code, and what is printed on the way.

use assay_engine::jail::Jail;
use assay_report::Reveal;
use std::io::Write;
use std::process::ExitCode;

/// How a verb ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Done.
    Done,
    /// Done, but something could not be read or needs a person; what, was said.
    NeedsLook,
    /// Wrong use or a bad case file.
    WrongUse,
    /// Interrupted; the same command resumes.
    Interrupted,
}

/// What to print.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Print {
    /// Text for a person.
    Text,
    /// JSON.
    Json,
}

/// The error that ends a verb which was told to stop.
#[derive(Debug, thiserror::Error)]
#[error("interrupted; what was read is kept, and the same command goes on from there")]
pub(crate) struct Interrupted;

impl Outcome {
    /// docs/CONTRACTS.md, exit codes.
    pub(crate) fn code(self) -> ExitCode {
        ExitCode::from(match self {
            Self::Done => 0,
            Self::NeedsLook => 1,
            Self::WrongUse => 2,
            Self::Interrupted => 3,
        })
    }

    /// What an error means: everything but an interruption asks the user to mend something.
    pub(crate) fn of_error(error: &anyhow::Error) -> Self {
        if error.is::<Interrupted>() { Self::Interrupted } else { Self::WrongUse }
    }
}

/// Prints a line. A reader that went away (`| head`) is no fault.
pub(crate) fn say(text: impl std::fmt::Display) {
    writeln!(std::io::stdout(), "{text}").ok();
}

/// What `--reveal` asks for.
pub(crate) fn reveal(asked: bool) -> Reveal {
    if asked { Reveal::Revealed } else { Reveal::Masked }
}

/// What `--without-jail` asks for.
pub(crate) fn jail(without: bool) -> Jail {
    if without { Jail::LimitsOnly } else { Jail::Full }
}
