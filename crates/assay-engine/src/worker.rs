//! The worker's side: settings once, then unit after unit until the parent closes the channel.
//!
//! The worker shuts itself in before it reads anything ([`crate::jail`]); the first frame that it sends says that it did.

use crate::channel::{receive, receive_file, send};
use crate::frame::{FrameError, FrameKind};
use crate::jail::{Jail, JailError, confine};
use crate::passwords::Passwords;
use crate::recognition::AskParent;
use crate::settings;
use crate::unit::Unit;
use crate::wire::{
    MentionRecord, TableId, gateway_session_rows, gateway_source_rows, item_rows, listed_rows, loose_rows,
    mention_rows, password_rows, rows_payload,
};
use crate::work::{Output, Workshop};
use assay_analysis::gateway::GatewaySource;
use assay_model::{Finding, FoundPassword, Item, ListedFile};
use std::fs::File;
use std::os::unix::net::UnixStream;

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
    /// The process could not be shut in.
    #[error(transparent)]
    Jail(#[from] JailError),
}

/// Shuts the process in, then serves a parent. Where it cannot be shut in, the parent is told why, and nothing is read.
pub fn serve_jailed(channel: &UnixStream, jail: Jail) -> Result<(), WorkerError> {
    if let Err(error) = confine(jail) {
        send(channel, FrameKind::Refused, error.to_string().as_bytes())?;
        return Err(error.into());
    }
    serve(channel)
}

/// Serves a parent until it closes the channel.
pub fn serve(channel: &UnixStream) -> Result<(), WorkerError> {
    send(channel, FrameKind::Alive, &[])?;
    let frame = receive(channel)?;
    let settings = (frame.kind == FrameKind::Settings).then(|| settings::from_bytes(&frame.payload)).flatten();
    let parent = AskParent { channel };
    let mut workshop = Workshop::new(&settings.ok_or(WorkerError::Unexpected)?)?;
    loop {
        let frame = match receive(channel) {
            Ok(frame) => frame,
            Err(FrameError::Closed) => return Ok(()),
            Err(error) => return Err(error.into()),
        };
        if frame.kind == FrameKind::Recognises {
            workshop.recognise_with(&parent);
            continue;
        }
        if frame.kind == FrameKind::Passwords {
            workshop.try_passwords(Passwords::from_bytes(&frame.payload).ok_or(WorkerError::Unexpected)?);
            continue;
        }
        let unit = (frame.kind == FrameKind::Unit).then(|| Unit::from_bytes(&frame.payload)).flatten();
        let unit = unit.ok_or(WorkerError::Unexpected)?;
        // Over the limit of open files descriptors are lost: those volumes are missing, the channel holds.
        let files: Vec<Option<File>> = unit.files().iter().map(|_| receive_file(channel).ok()).collect();
        if files.first().is_none_or(Option::is_none) {
            return Err(WorkerError::Descriptor(std::io::ErrorKind::InvalidData.into()));
        }
        let (items, records) = (Vec::new(), Vec::new());
        let (sources, passwords, loose, listed) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let mut answer = Answering { channel, items, records, sources, passwords, loose, listed };
        let mut failed = None;
        workshop.run(&unit, files, &mut |output| {
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
    passwords: Vec<FoundPassword>,
    loose: Vec<Finding>,
    listed: Vec<ListedFile>,
}

impl Answering<'_> {
    fn take(&mut self, output: Output) -> Result<(), WorkerError> {
        match output {
            Output::Mentions(records) => self.records.extend(records),
            Output::Passwords(passwords) => self.passwords.extend(passwords),
            Output::Loose(findings) => self.loose.extend(findings),
            Output::Listed(files) => self.listed.extend(files),
            Output::Item(item) => self.items.push(item),
            Output::Gateway(item, source) => {
                self.items.push(item);
                self.sources.push(*source);
            }
            Output::Alive => {}
            Output::Apart => send(self.channel, FrameKind::Apart, &[])?,
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
            rows(TableId::GatewaySource, gateway_source_rows(&self.sources)?)?;
            gateway_session_rows(&self.sources).try_for_each(|batch| rows(TableId::GatewaySession, batch?))?;
        }
        if !self.passwords.is_empty() {
            rows(TableId::Password, password_rows(&self.passwords)?)?;
        }
        for chunk in self.loose.chunks(MENTIONS_A_FRAME) {
            rows(TableId::Loose, loose_rows(chunk)?)?;
        }
        for chunk in self.listed.chunks(MENTIONS_A_FRAME) {
            rows(TableId::Listed, listed_rows(chunk)?)?;
        }
        self.items.clear();
        self.records.clear();
        self.sources.clear();
        self.passwords.clear();
        self.loose.clear();
        self.listed.clear();
        Ok(())
    }
}
