//! The channel between parent and worker: a socket that carries frames, and a file's descriptor after each unit's frame.

use crate::frame::{Frame, FrameError, FrameKind, read_frame, write_frame};
use rustix::event::{PollFd, PollFlags, poll};
use rustix::fs::Timespec;
use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer, SendAncillaryMessage, SendFlags,
    recvmsg, sendmsg,
};
use std::fs::File;
use std::io::{self, IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// How often a waiting parent looks whether it was told to stop.
const GLANCE: Duration = Duration::from_millis(100);

/// Writes a frame.
pub(crate) fn send(channel: &UnixStream, kind: FrameKind, payload: &[u8]) -> Result<(), FrameError> {
    write_frame(&mut &*channel, kind, payload)
}

/// Reads a frame, however long it takes to come.
pub(crate) fn receive(channel: &UnixStream) -> Result<Frame, FrameError> {
    read_frame(&mut &*channel)
}

/// Why a wait ended without a frame.
pub(crate) enum Ended {
    /// The parent was told to stop.
    Stopped,
    /// Nothing came for as long as the parent waits.
    Silent,
    /// The channel failed or was closed.
    Broken,
}

/// Reads a frame that must begin within `patience`.
pub(crate) fn receive_within(channel: &UnixStream, patience: Duration, stop: &AtomicBool) -> Result<Frame, Ended> {
    let mut waited = Duration::ZERO;
    let glance = Timespec { tv_sec: 0, tv_nsec: GLANCE.as_nanos() as _ };
    while waited < patience {
        if stop.load(Ordering::Relaxed) {
            return Err(Ended::Stopped);
        }
        match poll(&mut [PollFd::new(channel, PollFlags::IN)], Some(&glance)) {
            Ok(0) => waited += GLANCE,
            Ok(_) => return receive(channel).map_err(|_| Ended::Broken),
            Err(rustix::io::Errno::INTR) => {}
            Err(_) => return Err(Ended::Broken),
        }
    }
    Err(Ended::Silent)
}

/// Hands a file's descriptor over.
pub(crate) fn send_file(channel: &UnixStream, file: &File) -> io::Result<()> {
    let descriptors = [file.as_fd()];
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    control.push(SendAncillaryMessage::ScmRights(&descriptors));
    sendmsg(channel, &[IoSlice::new(b"f")], &mut control, SendFlags::NOSIGNAL)?;
    Ok(())
}

/// Takes the descriptor that [`send_file`] handed over.
pub(crate) fn receive_file(channel: &UnixStream) -> io::Result<File> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    let mut byte = [0];
    recvmsg(channel, &mut [IoSliceMut::new(&mut byte)], &mut control, RecvFlags::CMSG_CLOEXEC)?;
    let mut descriptors = control.drain().filter_map(|message| match message {
        RecvAncillaryMessage::ScmRights(descriptors) => Some(descriptors),
        _ => None,
    });
    let descriptor: Option<OwnedFd> = descriptors.by_ref().flatten().next();
    descriptor.map(File::from).ok_or_else(|| io::ErrorKind::InvalidData.into())
}
