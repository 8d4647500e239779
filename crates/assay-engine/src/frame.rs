//! The frame codec between parent and worker: one kind byte, a length of four bytes (little endian), the payload.
//!
//! A reader refuses a frame over its limit before it reads the payload, so that a worker cannot make the parent
//! allocate at will.

use std::io::{self, Read, Write};

/// The most that one frame may carry, bytes.
pub const FRAME_LIMIT: u32 = 64 * 1024 * 1024;

/// What a frame carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FrameKind {
    /// Parent to worker: the settings of the case, once.
    Settings,
    /// Parent to worker: a unit; its descriptor comes with the frame, or those of its volumes in order.
    Unit,
    /// Worker to parent: an Arrow stream of one table's rows.
    Rows,
    /// Worker to parent: the members of a container.
    Listing,
    /// Worker to parent: the unit is done.
    Done,
    /// Worker to parent: ready for settings, or still at work; resets no budget but the parent's patience.
    Alive,
    /// Worker to parent, instead of the first sign of life: it could not be shut in, and why.
    Refused,
    /// Parent to worker, after the settings: it may ask for pictures to be recognised.
    Recognises,
    /// Worker to parent, parent to tool worker: a picture to be recognised.
    Picture,
    /// The answer to a picture: its words.
    Words,
    /// The answer to a picture that could not be recognised; a tool worker's first frame where it has no tool.
    NoWords,
    /// Parent to worker, after the settings: passwords to try.
    Passwords,
    /// Worker to parent: what the unit puts together is no set of volumes.
    Apart,
}

impl FrameKind {
    const ALL: [Self; 13] = [
        Self::Settings,
        Self::Unit,
        Self::Rows,
        Self::Listing,
        Self::Done,
        Self::Alive,
        Self::Refused,
        Self::Recognises,
        Self::Picture,
        Self::Words,
        Self::NoWords,
        Self::Passwords,
        Self::Apart,
    ];

    fn byte(self) -> u8 {
        match self {
            Self::Settings => 1,
            Self::Unit => 2,
            Self::Rows => 3,
            Self::Listing => 4,
            Self::Done => 5,
            Self::Alive => 6,
            Self::Refused => 7,
            Self::Recognises => 9,
            Self::Picture => 10,
            Self::Words => 11,
            Self::NoWords => 12,
            Self::Passwords => 8,
            Self::Apart => 13,
        }
    }
}

/// A frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// What it carries.
    pub kind: FrameKind,
    /// The payload.
    pub payload: Vec<u8>,
}

/// Why a frame was refused.
#[derive(Debug, thiserror::Error)]
pub enum FrameError {
    /// The other side is gone.
    #[error("the other side closed the channel")]
    Closed,
    /// The channel failed, or the frame was cut short, or the reader's patience ended.
    #[error("the channel failed")]
    Channel(#[source] io::Error),
    /// A kind byte that is none.
    #[error("a frame of unknown kind")]
    Kind,
    /// Longer than [`FRAME_LIMIT`].
    #[error("a frame over the limit of {FRAME_LIMIT} bytes")]
    Limit,
}

/// Writes a frame and flushes.
pub fn write_frame(out: &mut dyn Write, kind: FrameKind, payload: &[u8]) -> Result<(), FrameError> {
    let length = u32::try_from(payload.len()).ok().filter(|&n| n <= FRAME_LIMIT).ok_or(FrameError::Limit)?;
    let [a, b, c, d] = length.to_le_bytes();
    out.write_all(&[kind.byte(), a, b, c, d])
        .and_then(|()| out.write_all(payload))
        .and_then(|()| out.flush())
        .map_err(FrameError::Channel)
}

/// Reads a frame.
pub fn read_frame(input: &mut dyn Read) -> Result<Frame, FrameError> {
    let mut head = [0; 5];
    let first = loop {
        match input.read(&mut head[..1]) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            other => break other.map_err(FrameError::Channel)?,
        }
    };
    if first == 0 {
        return Err(FrameError::Closed);
    }
    input.read_exact(&mut head[1..]).map_err(FrameError::Channel)?;
    let [byte, a, b, c, d] = head;
    let kind = FrameKind::ALL.into_iter().find(|kind| kind.byte() == byte).ok_or(FrameError::Kind)?;
    let length = u32::from_le_bytes([a, b, c, d]);
    if length > FRAME_LIMIT {
        return Err(FrameError::Limit);
    }
    let mut payload = Vec::new();
    let got = input.take(length.into()).read_to_end(&mut payload).map_err(FrameError::Channel)?;
    if got as u64 != u64::from(length) {
        return Err(FrameError::Channel(io::ErrorKind::UnexpectedEof.into()));
    }
    Ok(Frame { kind, payload })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn frames_come_back_in_order_and_the_end_is_said() {
        let mut wire = Vec::new();
        for (kind, payload) in [(FrameKind::Settings, &b"a"[..]), (FrameKind::Rows, b""), (FrameKind::Done, b"bc")] {
            write_frame(&mut wire, kind, payload).unwrap();
        }
        let mut input = wire.as_slice();
        let kinds: Vec<_> = (0..3).map(|_| read_frame(&mut input).unwrap().kind).collect();
        assert_eq!(kinds, [FrameKind::Settings, FrameKind::Rows, FrameKind::Done]);
        assert!(matches!(read_frame(&mut input), Err(FrameError::Closed)));
    }

    #[test]
    fn a_length_over_the_limit_is_refused_unread() {
        assert!(matches!(read_frame(&mut &[3, 255, 255, 255, 255][..]), Err(FrameError::Limit)));
        assert!(matches!(read_frame(&mut &[99, 0, 0, 0, 0][..]), Err(FrameError::Kind)));
        assert!(matches!(read_frame(&mut &[3, 9, 0, 0, 0, 1][..]), Err(FrameError::Channel(_))));
    }

    proptest! {
        #[test]
        fn garbage_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let mut input = bytes.as_slice();
            while read_frame(&mut input).is_ok() {}
        }
    }
}
