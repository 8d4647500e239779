//! Zstandard: the frames of a file, one after the other, their check sums verified. Frames that need a dictionary of
//! their own are not read.

use ruzstd::decoding::errors::FrameDecoderError;
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};
use std::io::{self, ErrorKind, Read};

/// The largest window that is taken, bytes; what the reference decoder takes unasked.
const WINDOW: u64 = 128 << 20;

/// The end of a frame: a last block, raw and empty, and room for a check sum.
const LAST_BLOCK: &[u8] = &[1, 0, 0, 0, 0, 0, 0];

/// The content of all frames.
pub(super) struct Frames<R> {
    source: R,
    decoder: FrameDecoder,
    within: bool,
    /// Why the frame cannot go on; what was decoded of it is given first.
    broken: Option<ErrorKind>,
}

impl<R: Read> Frames<R> {
    pub(super) fn new(source: R) -> Self {
        let mut decoder = FrameDecoder::new();
        decoder.set_max_window_size(WINDOW);
        Self { source, decoder, within: false, broken: None }
    }

    /// Goes to the next frame that has content; false at the end.
    fn enter(&mut self) -> io::Result<bool> {
        loop {
            let mut magic = [0; 4];
            let begun = self.source.by_ref().take(1).read(&mut magic[..1])?;
            if begun == 0 {
                return Ok(false);
            }
            self.source.read_exact(&mut magic[1..])?;
            // What is skippable: for programs that put their own data between frames.
            if (0x184d_2a50..=0x184d_2a5f).contains(&u32::from_le_bytes(magic)) {
                let mut length = [0; 4];
                self.source.read_exact(&mut length)?;
                let length = u64::from(u32::from_le_bytes(length));
                if io::copy(&mut self.source.by_ref().take(length), &mut io::sink())? < length {
                    return Err(ErrorKind::UnexpectedEof.into());
                }
                continue;
            }
            self.decoder.reset((&magic[..]).chain(&mut self.source)).map_err(failed)?;
            self.within = true;
            return Ok(true);
        }
    }
}

impl<R: Read> Read for Frames<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        loop {
            if !self.within && !self.enter()? {
                return Ok(0);
            }
            while self.decoder.can_collect() == 0 && !self.decoder.is_finished() {
                if let Err(error) = self.decoder.decode_blocks(&mut self.source, BlockDecodingStrategy::UptoBlocks(1)) {
                    self.broken = Some(failed(error).kind());
                    // The decoder keeps back a window of what it has until a frame ends: so it is ended here.
                    self.decoder.decode_blocks(LAST_BLOCK, BlockDecodingStrategy::UptoBlocks(1)).map_err(failed)?;
                    break;
                }
            }
            let count = self.decoder.read(buffer)?;
            if count > 0 {
                return Ok(count);
            }
            if let Some(kind) = self.broken {
                return Err(kind.into());
            }
            let declared = self.decoder.get_checksum_from_data();
            if declared.is_some() && declared != self.decoder.get_calculated_checksum() {
                return Err(ErrorKind::InvalidData.into());
            }
            self.within = false;
        }
    }
}

fn failed(error: FrameDecoderError) -> io::Error {
    match error {
        FrameDecoderError::WindowSizeTooBig { .. } => ErrorKind::OutOfMemory.into(),
        _ => ErrorKind::InvalidData.into(),
    }
}
