//! The parent's side: a pool of worker processes, each given one unit at a time.
//!
//! A worker that hangs, dies or answers nonsense is killed. Its unit's members are then tried singly, each once more and
//! alone; what brings a worker down again is `timeout`, and costs itself only. The order in which answers come is not
//! fixed; what they hold is.

use crate::answer::{Answer, Checker};
use crate::channel::{Ended, receive_within, send, send_file};
use crate::frame::FrameKind;
use crate::passwords::Passwords;
use crate::settings;
use crate::tool::Aide;
use crate::unit::Unit;
use crate::waiting::Waiting;
use assay_analysis::order::Turn;
use assay_model::{ItemPath, ScanSettings};
use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

#[cfg(test)]
mod tests;

/// How long a worker may be silent. Far over what any item within the limits takes: it ends hangs, it decides no content.
pub const PATIENCE: Duration = Duration::from_secs(180);

/// Memory of this machine, bytes.
pub fn machine_memory() -> u64 {
    let system = rustix::system::sysinfo();
    // Both are words of the machine, of another width on other systems.
    (system.totalram as u64).saturating_mul(u64::from(system.mem_unit))
}

/// How a worker is come by.
pub trait Hire: Sync {
    /// A new worker, its channel open.
    fn hire(&self) -> io::Result<Worker>;
}

/// One worker. Dropping it ends it.
pub struct Worker {
    channel: UnixStream,
    child: Option<Child>,
}

impl Worker {
    /// A worker at the other end of a channel; `child` is killed when the worker is dropped.
    pub fn new(channel: UnixStream, child: Option<Child>) -> Self {
        Self { channel, child }
    }

    pub(crate) fn channel(&self) -> &UnixStream {
        &self.channel
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        // Closing first lets one that serves a thread of a test see the end of its channel.
        self.channel.shutdown(std::net::Shutdown::Both).ok();
        if let Some(child) = &mut self.child {
            // A tool that it started goes with it.
            let group = i32::try_from(child.id()).ok().and_then(rustix::process::Pid::from_raw);
            group.map(|group| rustix::process::kill_process_group(group, rustix::process::Signal::KILL));
            child.kill().ok();
            child.wait().ok();
        }
    }
}

/// Workers as processes of this or another program, the channel as their standard input.
#[derive(Clone, Debug)]
pub struct Processes {
    /// The program.
    pub program: PathBuf,
    /// Its arguments.
    pub arguments: Vec<OsString>,
}

impl Hire for Processes {
    fn hire(&self) -> io::Result<Worker> {
        let (ours, theirs) = UnixStream::pair()?;
        let child = Command::new(&self.program)
            .args(&self.arguments)
            .env_clear()
            .stdin(Stdio::from(OwnedFd::from(theirs)))
            .stdout(Stdio::null())
            // What a parser prints may be what it was parsing.
            .stderr(Stdio::null())
            // Ctrl-C is for the parent: it lets the unit under way go and ends workers itself.
            .process_group(0)
            .spawn()?;
        Ok(Worker::new(ours, Some(child)))
    }
}

/// Why a pool gave up.
#[derive(Debug, thiserror::Error)]
pub enum PoolError<E: std::error::Error + 'static> {
    /// No worker could be started.
    #[error("no worker process could be started\n  remedy: check the limits on processes and memory of this user")]
    Hire(#[source] io::Error),
    /// Workers cannot be shut in on this system.
    #[error(
        "workers cannot be kept from the rest of this machine: {reason}\n  remedy: run on a system that can, or allow it for this run with --without-jail (the report will say so)"
    )]
    Jail {
        /// Why.
        reason: String,
    },
    /// A sealed file could not be opened.
    #[error("a sealed file could not be opened any more")]
    Open(#[source] io::Error),
    /// Whoever takes the answers failed.
    #[error(transparent)]
    Taker(E),
    /// It was told to stop. What was answered before was taken.
    #[error("stopped")]
    Stopped,
}

/// A pool of workers.
pub struct Pool<'a> {
    /// How workers are come by.
    pub hire: &'a dyn Hire,
    /// How many at once.
    pub workers: usize,
    /// How workers are come by that recognise text in pictures; none where there is no tool for it.
    pub recognition: Option<&'a dyn Hire>,
    /// The settings of the case.
    pub settings: &'a ScanSettings,
    /// Passwords to try on what is encrypted.
    pub passwords: &'a Passwords,
    /// How long one may be silent.
    pub patience: Duration,
    /// Set from outside to stop.
    pub stop: &'a AtomicBool,
    /// What a unit weighs: the bytes of the largest item that a worker holds for it.
    pub weigh: &'a (dyn Fn(&Unit) -> u64 + Sync),
    /// When a unit is read: never what it gives.
    pub turn: &'a (dyn Fn(&Unit) -> Turn + Sync),
    /// What units under way may weigh together, bytes; a heavier one goes alone. Decides when a unit is read, never what
    /// it gives.
    pub budget: u64,
}

/// Takes a unit's answer with the units that its listings brought to light; gives back those that are to be read. A unit that
/// is read again brings to light what was read before.
pub type Taker<'a, E> = dyn FnMut(&Unit, Answer, Vec<Unit>) -> Result<Vec<Unit>, E> + 'a;

/// Gives a file of a unit's exhibit anew, at its start.
pub type Opener<'a> = dyn Fn(&Unit, &ItemPath) -> io::Result<File> + Sync + 'a;

enum Failure {
    Stopped,
    Worker,
    Hire(io::Error),
    Jail(String),
    Open(io::Error),
}

impl Pool<'_> {
    /// Reads units and those that they bring to light, until none is left.
    ///
    /// `open` gives a unit's files anew, each at its start. `take` gets each answer with the units that its listings bring; those
    /// that it gives back are read in their turn.
    pub fn run<E: std::error::Error + Send + 'static>(
        &self,
        units: Vec<Unit>,
        open: &Opener<'_>,
        take: &mut Taker<'_, E>,
    ) -> Result<(), PoolError<E>> {
        let (to_workers, jobs) = crossbeam_channel::unbounded::<Unit>();
        let (to_parent, answers) = crossbeam_channel::bounded::<(Unit, Result<Answer, Failure>)>(self.workers * 2);
        std::thread::scope(|scope| {
            for _ in 0..self.workers.max(1) {
                let (jobs, to_parent) = (jobs.clone(), to_parent.clone());
                scope.spawn(move || {
                    let mut staff = Staff { worker: None, aide: Aide { hire: self.recognition, worker: None } };
                    for unit in jobs {
                        let answer = self.read(&mut staff, &unit, open);
                        if to_parent.send((unit, answer)).is_err() {
                            return;
                        }
                    }
                });
            }
            drop((jobs, to_parent));
            let outcome = self.feed(units, to_workers, &answers, take);
            // Threads that wait to hand over an answer nobody wants see the channel closed.
            drop(answers);
            outcome
        })
    }

    fn feed<E: std::error::Error + 'static>(
        &self,
        units: Vec<Unit>,
        to_workers: crossbeam_channel::Sender<Unit>,
        answers: &crossbeam_channel::Receiver<(Unit, Result<Answer, Failure>)>,
        take: &mut Taker<'_, E>,
    ) -> Result<(), PoolError<E>> {
        let mut waiting = Waiting::default();
        let add = |waiting: &mut Waiting, unit: Unit| {
            let (weight, turn) = ((self.weigh)(&unit), (self.turn)(&unit));
            waiting.add(unit, weight, turn);
        };
        units.into_iter().for_each(|unit| add(&mut waiting, unit));
        let (mut under_way, mut weight) = (0usize, 0u64);
        loop {
            // No more than the workers can take up at once goes out, so that a stop does not wait for a long queue.
            while under_way < self.workers.max(1) * 2
                && let Some((unit, heavy)) =
                    waiting.take(if under_way == 0 { u64::MAX } else { self.budget.saturating_sub(weight) })
            {
                under_way += 1;
                weight = weight.saturating_add(heavy);
                if to_workers.send(unit).is_err() {
                    break;
                }
            }
            if under_way == 0 {
                return Ok(());
            }
            let Ok((unit, answer)) = answers.recv() else { return Ok(()) };
            under_way -= 1;
            weight = weight.saturating_sub((self.weigh)(&unit));
            let answer = match answer {
                Ok(answer) => answer,
                Err(Failure::Hire(error)) => return Err(PoolError::Hire(error)),
                Err(Failure::Jail(reason)) => return Err(PoolError::Jail { reason }),
                Err(Failure::Open(error)) => return Err(PoolError::Open(error)),
                Err(Failure::Stopped | Failure::Worker) => return Err(PoolError::Stopped),
            };
            waiting.learn((self.turn)(&unit), answer.mentions.len());
            let brought: Vec<Unit> = match answer.apart {
                true => unit.apart(),
                false => answer.listings.iter().flat_map(|listing| unit.brought_by(listing)).collect(),
            };
            let due = take(&unit, answer, brought).map_err(PoolError::Taker)?;
            due.into_iter().for_each(|unit| add(&mut waiting, unit));
            if self.stop.load(Ordering::Relaxed) {
                return Err(PoolError::Stopped);
            }
        }
    }

    /// A unit's answer, whatever it does to workers.
    fn read(&self, staff: &mut Staff<'_>, unit: &Unit, open: &Opener<'_>) -> Result<Answer, Failure> {
        match self.attempt(staff, unit, open) {
            Err(Failure::Worker) => {}
            other => return other,
        }
        let mut whole = Answer::default();
        for single in unit.singly() {
            let answer = match self.attempt(staff, &single, open) {
                Err(Failure::Worker) => Answer::timeout(&single),
                other => other?,
            };
            whole.join(answer);
        }
        Ok(whole)
    }

    fn attempt(&self, staff: &mut Staff<'_>, unit: &Unit, open: &Opener<'_>) -> Result<Answer, Failure> {
        let hired = match staff.worker.take() {
            Some(worker) => worker,
            None => self.hire()?,
        };
        let answer = self.converse(&hired, &mut staff.aide, unit, open)?;
        staff.worker = Some(hired);
        Ok(answer)
    }

    /// A new worker that said that it is shut in, with the settings of the case.
    fn hire(&self) -> Result<Worker, Failure> {
        let worker = self.hire.hire().map_err(Failure::Hire)?;
        let first = receive_within(&worker.channel, self.patience, self.stop).map_err(|ended| match ended {
            Ended::Stopped => Failure::Stopped,
            Ended::Silent | Ended::Broken => Failure::Hire(io::ErrorKind::ConnectionAborted.into()),
        })?;
        match first.kind {
            FrameKind::Alive => {}
            FrameKind::Refused => return Err(Failure::Jail(String::from_utf8_lossy(&first.payload).into_owned())),
            _ => return Err(Failure::Hire(io::ErrorKind::InvalidData.into())),
        }
        // One that dies on its settings shows in the conversation.
        send(&worker.channel, FrameKind::Settings, &settings::to_bytes(self.settings)).ok();
        if self.recognition.is_some() {
            send(&worker.channel, FrameKind::Recognises, &[]).ok();
        }
        if !self.passwords.is_empty() {
            send(&worker.channel, FrameKind::Passwords, &self.passwords.to_bytes()).ok();
        }
        Ok(worker)
    }

    fn converse(
        &self,
        worker: &Worker,
        aide: &mut Aide<'_>,
        unit: &Unit,
        open: &Opener<'_>,
    ) -> Result<Answer, Failure> {
        let broken = |_| Failure::Worker;
        let channel = &worker.channel;
        send(channel, FrameKind::Unit, &unit.to_bytes()).map_err(|_| Failure::Worker)?;
        // One at a time: a set may have more volumes than this process may hold open.
        for path in unit.files() {
            let file = open(unit, path).map_err(Failure::Open)?;
            send_file(channel, &file).map_err(|_| Failure::Worker)?;
        }
        let mut checker = Checker::new(unit);
        loop {
            let frame = receive_within(channel, self.patience, self.stop).map_err(|ended| match ended {
                Ended::Stopped => Failure::Stopped,
                Ended::Silent | Ended::Broken => Failure::Worker,
            })?;
            match frame.kind {
                FrameKind::Rows => checker.rows(&frame.payload).map_err(broken)?,
                FrameKind::Listing => checker.listing(&frame.payload).map_err(broken)?,
                FrameKind::Alive => {}
                FrameKind::Apart => checker.apart().map_err(broken)?,
                FrameKind::Done => return checker.done().map_err(broken),
                FrameKind::Picture => {
                    let answer = aide.recognise(&frame.payload, self.patience, self.stop);
                    let (kind, payload) = answer.map_err(|ended| match ended {
                        Ended::Stopped => Failure::Stopped,
                        Ended::Silent | Ended::Broken => Failure::Worker,
                    })?;
                    send(channel, kind, &payload).map_err(|_| Failure::Worker)?;
                }
                FrameKind::Settings
                | FrameKind::Unit
                | FrameKind::Refused
                | FrameKind::Recognises
                | FrameKind::Passwords
                | FrameKind::Words
                | FrameKind::NoWords => return Err(Failure::Worker),
            }
        }
    }
}

/// Who works for one thread: a worker that reads, and one with a tool that helps it.
struct Staff<'a> {
    worker: Option<Worker>,
    aide: Aide<'a>,
}
