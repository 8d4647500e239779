//! `assay worker`: the process that reads evidence, and the one that runs a tool for it; started by `run` with a channel as
//! their standard input.

use crate::outcome::{Outcome, say};
use assay_engine::jail::{Jail, TESSERACT, confine, confine_tool, tool_ways_out, ways_out};
use assay_engine::{tool, worker};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::process::{Command, Stdio};

/// Serves the parent. What goes wrong is told to it alone: printed, it might be of the evidence.
pub(crate) fn worker(jail: Jail) -> anyhow::Result<Outcome> {
    let channel = UnixStream::from(std::io::stdin().as_fd().try_clone_to_owned()?);
    worker::serve_jailed(&channel, jail)?;
    Ok(Outcome::Done)
}

/// Serves the parent with the tool that recognises text.
pub(crate) fn tool(jail: Jail) -> anyhow::Result<Outcome> {
    let channel = UnixStream::from(std::io::stdin().as_fd().try_clone_to_owned()?);
    tool::serve_jailed(&channel, jail)?;
    Ok(Outcome::Done)
}

/// The kinds of worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// One that reads evidence.
    Parser,
    /// One that runs a tool.
    Tool,
}

/// What `--tool` asks for.
pub(crate) fn kind(tool: bool) -> Kind {
    if tool { Kind::Tool } else { Kind::Parser }
}

/// Shuts this process in as a worker is and tries to get out: prints the ways that were open.
pub(crate) fn try_the_jail(kind: Kind) -> anyhow::Result<Outcome> {
    let open = match kind {
        Kind::Parser => {
            confine(Jail::Full)?;
            ways_out()
        }
        Kind::Tool => {
            confine_tool(Jail::Full)?;
            if Command::new(TESSERACT).arg("--version").env_clear().stdin(Stdio::inherit()).status().is_ok() {
                say("the tool can be started");
            }
            tool_ways_out()
        }
    };
    open.iter().for_each(|way| say(format_args!("{way}")));
    say(format_args!("{} ways out", open.len()));
    Ok(if open.is_empty() { Outcome::Done } else { Outcome::NeedsLook })
}
