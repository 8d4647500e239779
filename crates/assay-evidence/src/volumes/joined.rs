//! Volumes of one set as one input that can be read and sought: bytes of one after those of the other.
//!
//! Where a volume is missing or short, and those behind it have their place all the same, zeros stand for it: what lies in
//! the others is found where it is. Nothing is copied but what is read.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::FileExt;
use std::sync::Arc;

/// The bytes of one volume.
#[derive(Debug)]
pub enum Bytes {
    /// Of a file that was opened for it.
    File(File),
    /// Of a member of a container.
    Memory(Vec<u8>),
}

impl Bytes {
    /// How many there are; none where the file does not say.
    pub fn len(&self) -> u64 {
        match self {
            Self::File(file) => file.metadata().map_or(0, |meta| meta.len()),
            Self::Memory(bytes) => bytes.len() as u64,
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn read_at(&self, at: u64, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::File(file) => file.read_at(buffer, at),
            Self::Memory(bytes) => {
                let rest = usize::try_from(at).ok().and_then(|at| bytes.get(at..)).unwrap_or_default();
                let count = rest.len().min(buffer.len());
                if let (Some(into), Some(from)) = (buffer.get_mut(..count), rest.get(..count)) {
                    into.copy_from_slice(from);
                }
                Ok(count)
            }
        }
    }
}

/// How the volumes of a set go together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Layout {
    /// One stream of bytes, cut.
    Pieces,
    /// A zip whose directory names disks.
    Disks,
    /// Archives of their own, over which members go on.
    Rar,
}

/// A set of volumes. Clones share it.
#[derive(Clone, Debug)]
pub struct Volumes(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    pieces: Vec<Piece>,
    layout: Layout,
    missing: Vec<u32>,
    short: Vec<u32>,
    /// What is read behind all pieces.
    tail: Vec<u8>,
    tail_start: u64,
}

#[derive(Debug)]
struct Piece {
    number: u32,
    start: u64,
    held: u64,
    bytes: Bytes,
}

impl Volumes {
    /// A file that is no set: for those who must own what they read.
    pub fn alone(file: File) -> Self {
        Self::in_a_row(vec![(1, Bytes::File(file))], Layout::Pieces)
    }

    /// Volumes by number, ascending, one after the other.
    pub(crate) fn in_a_row(volumes: Vec<(u32, Bytes)>, layout: Layout) -> Self {
        let mut start = 0_u64;
        let mut pieces = Vec::with_capacity(volumes.len());
        for (number, bytes) in volumes {
            let held = bytes.len();
            pieces.push(Piece { number, start, held, bytes });
            start = start.saturating_add(held);
        }
        Self::of(pieces, layout, Vec::new(), start)
    }

    /// Pieces of one stream, all of the size of the first but the last: each has its place, whatever is missing before it.
    pub(crate) fn in_places(volumes: Vec<(u32, Bytes)>) -> Self {
        let size = volumes.first().map_or(0, |(_, bytes)| bytes.len());
        let last = volumes.last().map_or(0, |(number, _)| *number);
        let place = |(number, bytes): (u32, Bytes)| {
            let (start, held) = (u64::from(number.saturating_sub(1)).saturating_mul(size), bytes.len());
            Piece { number, start, held: held.min(size), bytes }
        };
        let pieces: Vec<Piece> = volumes.into_iter().map(place).collect();
        let short = pieces.iter().filter(|piece| piece.number != last && piece.held < size);
        let short = short.map(|piece| piece.number).collect();
        let end = pieces.last().map_or(0, |piece| piece.start.saturating_add(piece.held));
        Self::of(pieces, Layout::Pieces, short, end)
    }

    fn of(pieces: Vec<Piece>, layout: Layout, short: Vec<u32>, tail_start: u64) -> Self {
        let last = pieces.last().map_or(0, |piece| piece.number);
        let missing = (1..last).filter(|number| pieces.binary_search_by_key(number, |piece| piece.number).is_err());
        let missing = missing.collect();
        Self(Arc::new(Inner { pieces, layout, missing, short, tail: Vec::new(), tail_start }))
    }

    /// The same with bytes behind all of it, and volumes up to `of` expected.
    pub(crate) fn with(self, tail: Vec<u8>, of: u32) -> Self {
        /// More are not counted out.
        const COUNTED: u32 = 10_000;
        match Arc::try_unwrap(self.0) {
            Ok(mut inner) => {
                let last = inner.pieces.last().map_or(0, |piece| piece.number);
                inner.missing.extend(last.saturating_add(1)..=of.min(last.saturating_add(COUNTED)));
                inner.tail = tail;
                Self(Arc::new(inner))
            }
            Err(shared) => Self(shared),
        }
    }

    /// The volumes as they were given; none where something still reads them.
    pub(crate) fn into_parts(self) -> Vec<(u32, Bytes)> {
        let pieces = Arc::try_unwrap(self.0).map(|inner| inner.pieces).unwrap_or_default();
        pieces.into_iter().map(|piece| (piece.number, piece.bytes)).collect()
    }

    pub(crate) fn layout(&self) -> Layout {
        self.0.layout
    }

    /// Numbers of volumes that are not there, as far as it is known; ascending.
    pub(crate) fn missing(&self) -> &[u32] {
        &self.0.missing
    }

    /// Numbers of volumes that are shorter than those before them.
    pub(crate) fn short(&self) -> &[u32] {
        &self.0.short
    }

    /// The numbers of the volumes that are there.
    pub(crate) fn numbers(&self) -> impl Iterator<Item = u32> {
        self.0.pieces.iter().map(|piece| piece.number)
    }

    /// Where each volume that is there begins, with its number.
    pub(crate) fn starts(&self) -> impl Iterator<Item = (u32, u64)> {
        self.0.pieces.iter().map(|piece| (piece.number, piece.start))
    }

    /// All of them as one.
    pub fn joined(&self) -> Joined {
        let end = self.0.tail_start.saturating_add(self.0.tail.len() as u64);
        Joined { volumes: self.clone(), start: 0, end, at: 0 }
    }

    /// One of them alone, by its place among those that are there.
    pub(crate) fn volume(&self, index: usize) -> Option<Joined> {
        let piece = self.0.pieces.get(index)?;
        let end = piece.start.saturating_add(piece.held);
        Some(Joined { volumes: self.clone(), start: piece.start, end, at: piece.start })
    }
}

/// Reads a set, or a part of it. Owned, so that a library may keep it.
#[derive(Clone, Debug)]
pub struct Joined {
    volumes: Volumes,
    start: u64,
    end: u64,
    at: u64,
}

impl Read for Joined {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.end.saturating_sub(self.at)).unwrap_or(usize::MAX).min(buffer.len());
        let Some(buffer) = buffer.get_mut(..left).filter(|buffer| !buffer.is_empty()) else { return Ok(0) };
        let inner = &self.volumes.0;
        let count = if self.at >= inner.tail_start {
            let from = usize::try_from(self.at - inner.tail_start).ok().and_then(|at| inner.tail.get(at..));
            Read::read(&mut from.unwrap_or_default(), buffer)?
        } else {
            let next = inner.pieces.partition_point(|piece| piece.start <= self.at);
            let piece = next.checked_sub(1).and_then(|index| inner.pieces.get(index));
            let within = piece.filter(|piece| self.at - piece.start < piece.held);
            let ends = match within {
                Some(piece) => piece.start + piece.held,
                None => inner.pieces.get(next).map_or(inner.tail_start, |piece| piece.start),
            };
            let length = usize::try_from(ends.saturating_sub(self.at)).unwrap_or(usize::MAX).min(buffer.len());
            let buffer = buffer.get_mut(..length).unwrap_or_default();
            match within {
                Some(piece) => piece.bytes.read_at(self.at - piece.start, buffer)?,
                None => {
                    buffer.fill(0);
                    buffer.len()
                }
            }
        };
        self.at = self.at.saturating_add(count as u64);
        Ok(count)
    }
}

impl Seek for Joined {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let length = self.end - self.start;
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::Current(by) => (self.at - self.start).checked_add_signed(by),
            SeekFrom::End(by) => length.checked_add_signed(by),
        };
        let at = at.ok_or(io::ErrorKind::InvalidInput)?;
        self.at = self.start.checked_add(at).ok_or(io::ErrorKind::InvalidInput)?;
        Ok(at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn volumes(given: &[(u32, &[u8])]) -> Vec<(u32, Bytes)> {
        given.iter().map(|(number, bytes)| (*number, Bytes::Memory(bytes.to_vec()))).collect()
    }

    fn all(mut joined: Joined) -> Vec<u8> {
        let mut bytes = Vec::new();
        joined.read_to_end(&mut bytes).unwrap();
        bytes
    }

    #[test]
    fn what_is_missing_or_short_is_zeros() {
        let set = Volumes::in_places(volumes(&[(1, b"abc"), (3, b"gh"), (4, b"j")])).with(b"tail".to_vec(), 6);
        assert_eq!(all(set.joined()), b"abc\0\0\0gh\0jtail");
        assert_eq!((set.missing(), set.short()), (&[2, 5, 6][..], &[3][..]));
        assert_eq!(all(set.volume(1).unwrap()), b"gh");
        let mut joined = set.joined();
        assert_eq!(joined.seek(SeekFrom::End(-5)).unwrap(), 9);
        assert_eq!(all(joined.clone()), b"jtail");
        assert!(joined.seek(SeekFrom::Current(-10)).is_err());
        joined.seek(SeekFrom::Start(99)).unwrap();
        assert!(all(joined).is_empty());
    }

    #[test]
    fn volumes_in_a_row_and_files_are_read_alike() {
        let mut file = tempfile::tempfile().unwrap();
        io::Write::write_all(&mut file, b"def").unwrap();
        let set = vec![(1, Bytes::Memory(b"abc".to_vec())), (3, Bytes::File(file))];
        let set = Volumes::in_a_row(set, Layout::Rar);
        assert_eq!(all(set.joined()), b"abcdef");
        assert_eq!(all(set.volume(1).unwrap()), b"def");
        assert_eq!(set.missing(), [2]);
    }
}
