//! Snappy in its framing format (`.sz`): chunks of at most 64 KiB. Check sums are not verified.

use std::io::{self, ErrorKind, Read};

/// The largest chunk, decoded and as it stands, bytes.
const CHUNK: usize = 1 << 16;

pub(super) const MAGIC: &[u8] = b"\xff\x06\0\0sNaPpY";

/// The content of a framed stream.
pub(super) struct Chunks<R> {
    source: R,
    decoded: Vec<u8>,
    at: usize,
}

impl<R: Read> Chunks<R> {
    pub(super) fn new(source: R) -> Self {
        Self { source, decoded: Vec::new(), at: 0 }
    }

    /// Decodes the next chunk that has content; false at the end.
    fn next(&mut self) -> io::Result<bool> {
        loop {
            let mut head = [0; 4];
            if self.source.read(&mut head[..1])? == 0 {
                return Ok(false);
            }
            self.source.read_exact(&mut head[1..])?;
            let length = u32::from_le_bytes([head[1], head[2], head[3], 0]);
            let mut body = Vec::new();
            self.source.by_ref().take(u64::from(length)).read_to_end(&mut body)?;
            if body.len() as u64 != u64::from(length) {
                return Err(ErrorKind::UnexpectedEof.into());
            }
            self.at = 0;
            match head[0] {
                // A check sum of four bytes stands first.
                0 => self.decoded = decode(body.get(4..).unwrap_or_default()).ok_or(ErrorKind::InvalidData)?,
                1 => self.decoded = body.split_off(body.len().min(4)),
                0x80..=0xff => continue,
                _ => return Err(ErrorKind::InvalidData.into()),
            }
            return Ok(true);
        }
    }
}

impl<R: Read> Read for Chunks<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.at >= self.decoded.len() {
            if buffer.is_empty() || !self.next()? {
                return Ok(0);
            }
        }
        let rest = self.decoded.get(self.at..).unwrap_or_default();
        let count = rest.len().min(buffer.len());
        buffer[..count].copy_from_slice(&rest[..count]);
        self.at += count;
        Ok(count)
    }
}

/// A block: its length, then literals and copies.
fn decode(mut block: &[u8]) -> Option<Vec<u8>> {
    let mut length = 0_usize;
    for shift in [0, 7, 14, 21, 28] {
        let (byte, rest) = block.split_first()?;
        block = rest;
        length |= usize::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            break;
        }
    }
    if length > CHUNK {
        return None;
    }
    let mut out = Vec::with_capacity(length);
    while let Some((tag, rest)) = block.split_first() {
        block = rest;
        let high = usize::from(tag >> 2);
        let number = |bytes: &[u8]| bytes.iter().rev().fold(0_usize, |sum, byte| sum << 8 | usize::from(*byte));
        if tag & 3 == 0 {
            let extra = high.saturating_sub(59);
            let count = if extra == 0 { high + 1 } else { number(block.get(..extra)?).checked_add(1)? };
            block = block.get(extra..)?;
            out.extend_from_slice(block.get(..count)?);
            block = block.get(count..)?;
        } else {
            let (count, offset, used) = match tag & 3 {
                1 => ((high & 7) + 4, (high >> 3) << 8 | number(block.get(..1)?), 1),
                2 => (high + 1, number(block.get(..2)?), 2),
                _ => (high + 1, number(block.get(..4)?), 4),
            };
            block = block.get(used..)?;
            let start = out.len().checked_sub(offset).filter(|_| offset > 0)?;
            for index in start..start + count {
                out.push(*out.get(index)?);
            }
        }
        if out.len() > length {
            return None;
        }
    }
    (out.len() == length).then_some(out)
}
