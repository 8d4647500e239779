//! The worker's side: settings once, then unit after unit until the parent closes the channel.
//!
//! The worker keeps its hands in its pockets: it lowers its own limits before it reads anything ([`confine`]). Not here yet:
//! a filter on system calls and on the file system.

use crate::channel::{receive, receive_file, send};
use crate::frame::{FrameError, FrameKind};
use crate::settings;
use crate::unit::Unit;
use crate::wire::{MentionRecord, TableId, gateway_rows, item_rows, mention_rows, rows_payload};
use crate::work::{Output, Workshop};
use assay_analysis::gateway::GatewaySource;
use assay_model::Item;
use rustix::process::{Resource, Rlimit, setrlimit};
use std::io::BufReader;
use std::os::unix::net::UnixStream;

/// Address space of one worker, bytes. Room for one item at its limit, unpacked and as text.
const MEMORY: u64 = 4 * 1024 * 1024 * 1024;
/// Open files of one worker: the channel, a unit's file, what the runtime holds.
const FILES: u64 = 32;
/// Mentions that go in one frame.
const MENTIONS_A_FRAME: usize = 5_000;

/// Why a worker ended before its parent closed the channel.
#[derive(Debug, thiserror::Error)]
pub enum WorkerError {
    /// The channel failed.
    #[error("worker: the channel failed")]
    Channel(#[from] FrameError),
    /// The parent sent something else than settings, then units.
    #[error("worker: a frame that does not belong there")]
    Unexpected,
    /// The case's rules do not compile; the parent compiled them before, so this is not seen.
    #[error("worker: the rules do not compile")]
    Rules(#[from] assay_analysis::detect::RuleError),
    /// Rows that do not fit the schema.
    #[error("worker: rows do not fit the schema")]
    Wire(#[from] crate::wire::WireError),
    /// No descriptor came with a unit.
    #[error("worker: no descriptor came with a unit")]
    Descriptor(#[source] std::io::Error),
    /// A limit could not be set.
    #[error("worker: a limit could not be set")]
    Limit(#[source] std::io::Error),
}

/// What [`confine`] does, for the report.
pub const SANDBOX: &str = "Each file was opened in a worker process of its own kind with limits on memory and open files, \
     without the right to write files or gain privileges; system calls and the network were not filtered.";

/// Lowers the process's own limits for good: memory, open files, no file may grow, no core dump, no new privileges.
pub fn confine() -> Result<(), WorkerError> {
    // A parser's panic must not print what it choked on.
    std::panic::set_hook(Box::new(|_| {}));
    let limit = |what, most| setrlimit(what, Rlimit { current: Some(most), maximum: Some(most) });
    limit(Resource::As, MEMORY)
        .and_then(|()| limit(Resource::Nofile, FILES))
        .and_then(|()| limit(Resource::Fsize, 0))
        .and_then(|()| limit(Resource::Core, 0))
        .and_then(|()| rustix::thread::set_no_new_privs(true))
        .map_err(|errno| WorkerError::Limit(errno.into()))
}

/// Serves a parent until it closes the channel.
pub fn serve(channel: &UnixStream) -> Result<(), WorkerError> {
    let frame = receive(channel)?;
    let settings = (frame.kind == FrameKind::Settings).then(|| settings::from_bytes(&frame.payload)).flatten();
    let mut workshop = Workshop::new(&settings.ok_or(WorkerError::Unexpected)?)?;
    loop {
        let frame = match receive(channel) {
            Ok(frame) => frame,
            Err(FrameError::Closed) => return Ok(()),
            Err(error) => return Err(error.into()),
        };
        let unit = (frame.kind == FrameKind::Unit).then(|| Unit::from_bytes(&frame.payload)).flatten();
        let unit = unit.ok_or(WorkerError::Unexpected)?;
        let file = receive_file(channel).map_err(WorkerError::Descriptor)?;
        let mut answer = Answering { channel, items: Vec::new(), records: Vec::new(), sources: Vec::new() };
        let mut failed = None;
        workshop.run(&unit, &mut BufReader::new(file), &mut |output| {
            if failed.is_none() {
                failed = answer.take(output).err();
            }
        });
        if let Some(error) = failed {
            return Err(error);
        }
        answer.flush()?;
        send(channel, FrameKind::Done, &[])?;
    }
}

/// Rows gathered until they fill a frame.
struct Answering<'a> {
    channel: &'a UnixStream,
    items: Vec<Item>,
    records: Vec<MentionRecord>,
    sources: Vec<GatewaySource>,
}

impl Answering<'_> {
    fn take(&mut self, output: Output) -> Result<(), WorkerError> {
        match output {
            Output::Item(item, records) => {
                self.items.push(item);
                self.records.extend(records);
            }
            Output::Gateway(item, source) => {
                self.items.push(item);
                self.sources.push(source);
            }
            Output::Listing(listing) => send(self.channel, FrameKind::Listing, &listing.to_bytes())?,
        }
        // An item may take long; that one ended is a sign of life.
        send(self.channel, FrameKind::Alive, &[])?;
        if self.records.len() >= MENTIONS_A_FRAME || !self.sources.is_empty() { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> Result<(), WorkerError> {
        let rows =
            |table, batch| Ok::<_, WorkerError>(send(self.channel, FrameKind::Rows, &rows_payload(table, &batch)?)?);
        if !self.items.is_empty() {
            rows(TableId::Item, item_rows(&self.items)?)?;
        }
        for chunk in self.records.chunks(MENTIONS_A_FRAME) {
            let (mentions, findings) = mention_rows(chunk)?;
            rows(TableId::Mention, mentions)?;
            rows(TableId::Finding, findings)?;
        }
        if !self.sources.is_empty() {
            let (files, events) = gateway_rows(&self.sources)?;
            rows(TableId::GatewaySource, files)?;
            rows(TableId::GatewayEvent, events)?;
        }
        self.items.clear();
        self.records.clear();
        self.sources.clear();
        Ok(())
    }
}
