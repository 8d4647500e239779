//! Bytes as they come to whole lines, in a window of fixed size, and from these a source's digest.
//!
//! A line that does not fit is counted and passed over: nothing grows with what a source holds. A stream that ends in an error
//! (a packed file that was cut) gives what came before, and says so.

use super::digest::{Clock, SourceDigest, SourceKind};
use super::reading::Reader;
use super::recognise::{ClockSearch, recognise};
use assay_model::{ExhibitId, ItemPath};
use memchr::{memchr, memrchr};
use std::borrow::Cow;
use std::io;

/// Bytes that can be read from the beginning more than once.
pub trait Stream {
    /// Goes back to the beginning; false where that fails.
    fn rewind(&mut self) -> bool;
    /// Reads some bytes; 0 at the end.
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize>;
}

impl<T: AsRef<[u8]>> Stream for io::Cursor<T> {
    fn rewind(&mut self) -> bool {
        self.set_position(0);
        true
    }

    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        io::Read::read(self, into)
    }
}

/// What reading a stream gave.
#[derive(Clone, Debug)]
pub struct Streamed {
    /// The digest.
    pub digest: SourceDigest,
    /// The stream ended in an error; what came before was read.
    pub is_cut: bool,
}

/// Bytes held at a time. Tests cut lines everywhere.
const WINDOW: usize = if cfg!(test) { 80 * 1024 } else { 1 << 20 };

/// A text in two-byte letters is a console's capture; more than this is not.
const WIDE_LIMIT: usize = 64 << 20;

/// Reads a source; `None` when it is no gateway evidence. `tick` is called for every window, as a sign of life.
pub fn read_stream(
    exhibit: &ExhibitId,
    path: &ItemPath,
    stream: &mut dyn Stream,
    tick: &mut dyn FnMut(),
) -> Option<Streamed> {
    let mut lines = Lines::open(stream)?;
    let head = match lines.next()? {
        Block::Lines(head) => head,
        Block::TooLong => &[],
    };
    if wide(head.get(..2).unwrap_or_default()).is_some() {
        // Rare and small: read whole.
        let all = all_of(stream, WIDE_LIMIT)?;
        let text = wide(&all)?.into_owned();
        return read_stream(exhibit, path, &mut io::Cursor::new(text), tick);
    }
    // An archive whose files are logs is an archive.
    if head.get(257..262) == Some(b"ustar") {
        return None;
    }
    let (kind, wrapper) = recognise(without_mark(head))?;
    let clock = match kind {
        SourceKind::Log => {
            let mut search = ClockSearch::new(wrapper);
            let mut settled = search.see(without_mark(head));
            while !settled {
                match lines.next() {
                    Some(Block::Lines(block)) => settled = search.see(block),
                    Some(Block::TooLong) => {}
                    None => break,
                }
                tick();
            }
            search.clock()
        }
        _ => Clock::default(),
    };
    let mut lines = Lines::open(stream)?;
    let mut reader = Reader::new(exhibit, path, kind, wrapper, clock);
    let mut is_first = true;
    loop {
        match lines.next() {
            Some(Block::Lines(block)) => reader.block(if is_first { without_mark(block) } else { block }),
            Some(Block::TooLong) => reader.too_long(),
            None => break,
        }
        is_first = false;
        tick();
    }
    Some(Streamed { digest: reader.done(), is_cut: lines.failed })
}

fn all_of(stream: &mut dyn Stream, limit: usize) -> Option<Vec<u8>> {
    let mut all = Vec::new();
    let mut window = vec![0; WINDOW];
    if !stream.rewind() {
        return None;
    }
    while let Ok(read) = stream.read(&mut window) {
        if read == 0 {
            return Some(all);
        }
        all.extend_from_slice(window.get(..read)?);
        if all.len() > limit {
            return None;
        }
    }
    Some(all)
}

fn without_mark(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes)
}

/// UTF-16, as a Windows console saves what it captured, as UTF-8.
fn wide(bytes: &[u8]) -> Option<Cow<'static, [u8]>> {
    let read: fn([u8; 2]) -> u16 = match bytes {
        [0xff, 0xfe, ..] => u16::from_le_bytes,
        [0xfe, 0xff, ..] => u16::from_be_bytes,
        _ => return None,
    };
    let units = bytes.get(2..).unwrap_or_default().as_chunks().0.iter().map(|pair| read(*pair));
    let text: String = char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect();
    Some(Cow::Owned(text.into_bytes()))
}

enum Block<'a> {
    Lines(&'a [u8]),
    TooLong,
}

/// Whole lines, window by window.
struct Lines<'s> {
    stream: &'s mut dyn Stream,
    window: Box<[u8]>,
    /// Bytes of the window that were given out.
    given: usize,
    filled: usize,
    ended: bool,
    failed: bool,
}

impl<'s> Lines<'s> {
    fn open(stream: &'s mut dyn Stream) -> Option<Self> {
        stream.rewind().then(|| Self {
            stream,
            window: vec![0; WINDOW].into_boxed_slice(),
            given: 0,
            filled: 0,
            ended: false,
            failed: false,
        })
    }

    fn next(&mut self) -> Option<Block<'_>> {
        self.window.copy_within(self.given..self.filled, 0);
        self.filled -= self.given;
        self.given = 0;
        self.fill();
        if self.filled == 0 {
            return None;
        }
        let end = memrchr(b'\n', self.window.get(..self.filled)?).map(|at| at + 1);
        if let Some(end) = end.or(self.ended.then_some(self.filled)) {
            self.given = end;
            return self.window.get(..end).map(Block::Lines);
        }
        // A line as long as the window: what follows of it is passed over.
        loop {
            self.filled = 0;
            self.fill();
            if let Some(end) = memchr(b'\n', self.window.get(..self.filled)?) {
                self.given = end + 1;
                return Some(Block::TooLong);
            }
            if self.ended {
                self.given = self.filled;
                return Some(Block::TooLong);
            }
        }
    }

    fn fill(&mut self) {
        while !self.ended && self.filled < self.window.len() {
            let Some(free) = self.window.get_mut(self.filled..) else { return };
            match self.stream.read(free) {
                Ok(0) => self.ended = true,
                Ok(read) => self.filled += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => (self.ended, self.failed) = (true, true),
            }
        }
    }
}
