//! `assay worker`: the process that reads evidence, started by `run` with a channel as its standard input.

use crate::outcome::{Outcome, say};
use assay_engine::jail::{Jail, confine, ways_out};
use assay_engine::worker;
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;

/// Serves the parent. What goes wrong is told to it alone: printed, it might be of the evidence.
pub(crate) fn worker(jail: Jail) -> anyhow::Result<Outcome> {
    let channel = UnixStream::from(std::io::stdin().as_fd().try_clone_to_owned()?);
    worker::serve_jailed(&channel, jail)?;
    Ok(Outcome::Done)
}

/// Shuts this process in as a worker is and tries to get out: prints the ways that were open.
pub(crate) fn try_the_jail() -> anyhow::Result<Outcome> {
    confine(Jail::Full)?;
    let open = ways_out();
    open.iter().for_each(|way| say(format_args!("{way}")));
    say(format_args!("{} ways out", open.len()));
    Ok(if open.is_empty() { Outcome::Done } else { Outcome::NeedsLook })
}
