//! `assay worker`: the process that reads evidence, started by `run` with a channel as its standard input.

use crate::outcome::Outcome;
use assay_engine::worker;
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;

/// Serves the parent. What goes wrong is not printed: it might be of the evidence.
pub(crate) fn worker() -> anyhow::Result<Outcome> {
    worker::confine()?;
    let channel = UnixStream::from(std::io::stdin().as_fd().try_clone_to_owned()?);
    worker::serve(&channel)?;
    Ok(Outcome::Done)
}
