//! Text of any size in a window that moves over it: bytes are read in blocks and decoded as they come, so that what is
//! held does not grow with the item.
//!
//! The encoding is decided on what comes first: byte order marks, zeros, a declaration, validity as UTF-8. A text that is
//! UTF-8 as far as it goes is checked and copied; a block that is not falls back alone, and that is said. It parses
//! nothing.

use super::charset::{self, Charset};
use super::{Job, Out, ReadSeek};
use assay_model::UnreadReason;
use encoding_rs::Decoder;
use std::io::{self, Read};

/// Bytes read at a time: large enough for few calls, small enough for the processor's cache. Tests cut everywhere.
const BLOCK: usize = if cfg!(test) { 199 } else { 256 * 1024 };

/// The longest record (a line, a row, a statement's values, a message) that is held whole, bytes.
pub(super) const RECORD: usize = 16 << 20;

/// The decoded text around the place that is read now.
pub(super) struct TextStream<'i> {
    input: &'i mut dyn ReadSeek,
    raw: Box<[u8]>,
    /// Bytes of `raw` that are read and not yet decoded.
    filled: usize,
    text: String,
    at: usize,
    decoding: Decoding,
    /// What was declared, for text that is not UTF-8.
    declared: Option<&'static encoding_rs::Encoding>,
    /// Whether a letter beyond ASCII came yet.
    plain: bool,
    ended: bool,
    broken: bool,
    replaced: bool,
    mixed: bool,
}

enum Decoding {
    Utf8,
    Legacy(Box<Decoder>),
    /// Four bytes a character; true where the last byte counts least.
    Utf32(charset::Order),
}

impl<'i> TextStream<'i> {
    /// Opens the text of a job from its beginning, and gives back what else a reader needs of the job.
    pub(super) fn open<'a, 'o>(job: &'i mut Job<'a, 'o>) -> Result<(Self, &'i mut Out<'o>), UnreadReason> {
        super::rewind(job.input)?;
        let (charset, declared) = charset::of_head(&job.head.first);
        Ok((Self::new(&mut *job.input, charset, declared), &mut *job.out))
    }

    /// Opens the text of an item that is visited.
    pub(super) fn again(input: &'i mut dyn ReadSeek) -> Result<Self, UnreadReason> {
        super::rewind(input)?;
        let mut first = Vec::new();
        (&mut *input).take(super::HEAD).read_to_end(&mut first).map_err(|_| UnreadReason::Corrupt)?;
        super::rewind(input)?;
        let (charset, declared) = charset::of_head(&first);
        Ok(Self::new(input, charset, declared))
    }

    fn new(input: &'i mut dyn ReadSeek, charset: Charset, declared: Option<&'static encoding_rs::Encoding>) -> Self {
        let decoding = match charset {
            Charset::Utf8 => Decoding::Utf8,
            Charset::Legacy(encoding) => Decoding::Legacy(Box::new(encoding.new_decoder_with_bom_removal())),
            Charset::Utf32(order) => Decoding::Utf32(order),
        };
        let mut stream = Self {
            input,
            raw: vec![0; BLOCK].into_boxed_slice(),
            filled: 0,
            text: String::new(),
            at: 0,
            decoding,
            declared,
            plain: true,
            ended: false,
            broken: false,
            replaced: false,
            mixed: false,
        };
        stream.more();
        if stream.text.starts_with('\u{feff}') {
            stream.at = '\u{feff}'.len_utf8();
        }
        stream
    }

    /// What is decoded and not yet passed over.
    pub(super) fn window(&self) -> &str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// Whether the window reaches to the end of the text.
    pub(super) fn is_last(&self) -> bool {
        self.ended
    }

    /// Whether the window holds as much as one record may.
    pub(super) fn is_full(&self) -> bool {
        self.text.len() - self.at >= RECORD
    }

    /// Passes over the first `length` bytes of the window.
    pub(super) fn consume(&mut self, length: usize) {
        self.at = self.text.ceil_char_boundary(self.at.saturating_add(length).min(self.text.len()));
    }

    /// Adds a block to the window; false where there is none.
    pub(super) fn more(&mut self) -> bool {
        if self.ended {
            return false;
        }
        if self.at > 0 {
            self.text.drain(..self.at);
            self.at = 0;
        }
        let before = self.text.len();
        // A block may decode to nothing, as where it ends within a character.
        while !self.ended && self.text.len() == before {
            while self.filled < self.raw.len() && !self.ended {
                match self.input.read(self.raw.get_mut(self.filled..).unwrap_or_default()) {
                    Ok(0) => self.ended = true,
                    Ok(read) => self.filled += read,
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    Err(_) => (self.ended, self.broken) = (true, true),
                }
            }
            self.decode();
        }
        self.text.len() > before
    }

    fn decode(&mut self) {
        let bytes = self.raw.get(..self.filled).unwrap_or_default();
        let used = match &mut self.decoding {
            Decoding::Legacy(decoder) => {
                let room = decoder.max_utf8_buffer_length(bytes.len()).unwrap_or(bytes.len() * 4);
                self.text.reserve(room);
                let (_, used, replaced) = decoder.decode_to_string(bytes, &mut self.text, self.ended);
                self.replaced |= replaced;
                used
            }
            Decoding::Utf32(order) => {
                for four in bytes.chunks_exact(4) {
                    let four: [u8; 4] = four.try_into().unwrap_or_default();
                    let character = char::from_u32(order.number(four));
                    self.replaced |= character.is_none();
                    self.text.push(character.unwrap_or('\u{fffd}'));
                }
                if self.ended { bytes.len() } else { bytes.len() & !3 }
            }
            Decoding::Utf8 => match std::str::from_utf8(bytes) {
                Ok(text) => {
                    self.plain &= text.is_ascii();
                    self.text.push_str(text);
                    bytes.len()
                }
                Err(error) if error.error_len().is_none() && !self.ended => {
                    let (valid, _) = bytes.split_at(error.valid_up_to());
                    self.plain = false;
                    self.text.push_str(std::str::from_utf8(valid).unwrap_or_default());
                    valid.len()
                }
                Err(_) => self.other_than_utf_8(),
            },
        };
        self.raw.copy_within(used.min(self.filled)..self.filled, 0);
        self.filled -= used.min(self.filled);
    }

    /// A block that is not UTF-8 as a whole: all of the text is in another encoding, or this block is, or some of its lines,
    /// or a few bytes are damaged.
    fn other_than_utf_8(&mut self) -> usize {
        let bytes = self.raw.get(..self.filled).unwrap_or_default();
        // A character that the block's end cuts is left for the next one.
        let end = match memchr::memrchr(b'\n', bytes) {
            Some(end) if !self.ended && end * 2 > bytes.len() => end + 1,
            _ => bytes.len(),
        };
        let (block, _) = bytes.split_at(end);
        let (valid, invalid) = charset::sequences(block);
        if valid >= invalid * 10 {
            self.plain = false;
            self.replaced = true;
            self.text.push_str(&String::from_utf8_lossy(block));
            return end;
        }
        let encoding = self.declared.unwrap_or_else(|| charset::guess(block));
        if self.plain && valid * 10 < invalid {
            let mut decoder = encoding.new_decoder_without_bom_handling();
            self.text.reserve(decoder.max_utf8_buffer_length(block.len()).unwrap_or(block.len() * 4));
            let (_, used, replaced) = decoder.decode_to_string(block, &mut self.text, false);
            self.replaced |= replaced;
            self.decoding = Decoding::Legacy(Box::new(decoder));
            return used;
        }
        self.mixed = true;
        self.plain = false;
        for line in block.split_inclusive(|byte| *byte == b'\n') {
            match std::str::from_utf8(line) {
                Ok(line) => self.text.push_str(line),
                Err(_) => self.text.push_str(&encoding.decode_without_bom_handling(line).0),
            }
        }
        end
    }

    /// Says what was not as it should be; to be called when the text is read.
    pub(super) fn finish(self, out: &mut Out<'_>) {
        if self.replaced {
            out.warn("bytes that do not fit the text's encoding were replaced");
        }
        if self.mixed {
            out.warn("the text changes its encoding; lines that are not UTF-8 were read in another");
        }
        if self.broken {
            out.partial("what follows damage in the file was not read");
        }
    }
}

impl Read for TextStream<'_> {
    /// The text as UTF-8.
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        let from = io::BufRead::fill_buf(self)?;
        let length = from.len().min(to.len());
        let (Some(from), Some(to)) = (from.get(..length), to.get_mut(..length)) else { return Ok(0) };
        to.copy_from_slice(from);
        io::BufRead::consume(self, length);
        Ok(length)
    }
}

impl io::BufRead for TextStream<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.at >= self.text.len() {
            self.more();
        }
        Ok(self.text.as_bytes().get(self.at..).unwrap_or_default())
    }

    fn consume(&mut self, length: usize) {
        // Readers of bytes may stop within a character; they never look at the window as text.
        self.at = self.at.saturating_add(length).min(self.text.len());
    }
}
