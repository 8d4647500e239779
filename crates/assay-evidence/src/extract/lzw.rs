//! The stream of Unix `compress` (`.Z`): LZW with codes of 9 to 16 bits, a table that is cleared on demand.
//!
//! Codes come in groups of eight; what is left of a group where the width changes is padding.

use std::io::{self, ErrorKind, Read};

const CLEAR: u32 = 256;

/// The content of a stream; the header is read with its first byte.
pub(super) struct Unlzw<R> {
    source: R,
    begun: bool,
    most_bits: u32,
    clears: bool,
    bits: u32,
    group: Vec<u8>,
    at: u32,
    prefix: Vec<u16>,
    suffix: Vec<u8>,
    previous: Option<u32>,
    /// The first byte of what the previous code stood for.
    first: u8,
    /// What the last code stands for, backwards.
    out: Vec<u8>,
    broken: Option<ErrorKind>,
}

impl<R: Read> Unlzw<R> {
    pub(super) fn new(source: R) -> Self {
        Self {
            source,
            begun: false,
            most_bits: 16,
            clears: false,
            bits: 9,
            group: Vec::new(),
            at: 0,
            prefix: Vec::new(),
            suffix: Vec::new(),
            previous: None,
            first: 0,
            out: Vec::new(),
            broken: None,
        }
    }

    fn begin(&mut self) -> io::Result<()> {
        let mut header = [0; 3];
        self.source.read_exact(&mut header)?;
        self.most_bits = u32::from(header[2] & 0x1f);
        self.clears = header[2] & 0x80 != 0;
        if header[..2] != [0x1f, 0x9d] || !(9..=16).contains(&self.most_bits) {
            return Err(ErrorKind::InvalidData.into());
        }
        self.clear();
        self.begun = true;
        Ok(())
    }

    fn clear(&mut self) {
        let first = if self.clears { CLEAR as usize + 1 } else { CLEAR as usize };
        self.prefix.clear();
        self.prefix.resize(first, 0);
        self.suffix.clear();
        self.suffix.extend((0..first).map(|code| code as u8));
        self.previous = None;
        self.bits = 9;
        self.group.clear();
        self.at = 0;
    }

    /// The next code; `None` at the end.
    fn code(&mut self) -> io::Result<Option<u32>> {
        let full = self.prefix.len() as u32 > (1 << self.bits) - 1;
        if full && self.bits < self.most_bits {
            self.bits += 1;
            self.group.clear();
            self.at = 0;
        }
        if (self.at + 1) * self.bits > self.group.len() as u32 * 8 {
            self.group.clear();
            self.at = 0;
            self.source.by_ref().take(u64::from(self.bits)).read_to_end(&mut self.group)?;
            if (self.group.len() as u32) * 8 < self.bits {
                return Ok(None);
            }
        }
        let start = self.at * self.bits;
        let mut code = 0;
        for (number, byte) in self.group.iter().skip(start as usize / 8).take(4).enumerate() {
            code |= u32::from(*byte) << (8 * number);
        }
        self.at += 1;
        Ok(Some(code >> (start % 8) & ((1 << self.bits) - 1)))
    }

    /// Decodes one code into `out`; false at the end.
    fn step(&mut self) -> io::Result<bool> {
        let Some(code) = self.code()? else { return Ok(false) };
        if code == CLEAR && self.clears {
            self.clear();
            return Ok(true);
        }
        let known = self.prefix.len() as u32;
        let Some(previous) = self.previous else {
            // The first code is a byte.
            self.first = u8::try_from(code).map_err(|_| ErrorKind::InvalidData)?;
            self.out.push(self.first);
            self.previous = Some(code);
            return Ok(true);
        };
        let mut at = code;
        if code >= known {
            // A code that is about to be made: what the previous stood for, and its first byte again.
            if code > known {
                return Err(ErrorKind::InvalidData.into());
            }
            self.out.push(self.first);
            at = previous;
        }
        // Prefixes are smaller than what they are the prefix of, so this ends.
        while at >= CLEAR {
            let (Some(suffix), Some(prefix)) = (self.suffix.get(at as usize), self.prefix.get(at as usize)) else {
                return Err(ErrorKind::InvalidData.into());
            };
            if u32::from(*prefix) >= at {
                return Err(ErrorKind::InvalidData.into());
            }
            self.out.push(*suffix);
            at = u32::from(*prefix);
        }
        self.first = at as u8;
        self.out.push(self.first);
        if known < 1 << self.most_bits {
            self.prefix.push(previous as u16);
            self.suffix.push(self.first);
        }
        self.previous = Some(code);
        Ok(true)
    }
}

impl<R: Read> Read for Unlzw<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if !self.begun {
            self.begin()?;
        }
        let mut count = 0;
        while count < buffer.len() {
            match self.out.pop() {
                Some(byte) => {
                    buffer[count] = byte;
                    count += 1;
                }
                None if self.broken.is_some() => break,
                None => match self.step() {
                    Ok(true) => {}
                    Ok(false) => break,
                    Err(error) => self.broken = Some(error.kind()),
                },
            }
        }
        // What stands before the damage is given first.
        match self.broken {
            Some(kind) if count == 0 && !buffer.is_empty() => Err(kind.into()),
            _ => Ok(count),
        }
    }
}
