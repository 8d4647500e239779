//! A gzip file as a stream of bytes that can be read from the beginning again: for readers that hold nothing of it.
//!
//! What it gives is bounded by count; at the bound, and at damage, reading fails after what came before. Members of an
//! archive inside are not looked for here.

use super::ReadSeek;
use flate2::read::MultiGzDecoder;
use std::io::{self, Read, SeekFrom};

/// A gzip file being inflated.
pub struct Gunzip<'i> {
    decoder: Option<MultiGzDecoder<&'i mut dyn ReadSeek>>,
    left: u64,
    limit: u64,
}

impl<'i> Gunzip<'i> {
    /// Opens a file that begins as gzip does; anything else is left alone. At most `limit` bytes are given in one reading.
    pub fn open(input: &'i mut dyn ReadSeek, limit: u64) -> Option<Self> {
        let mut first = [0; 3];
        input.seek(SeekFrom::Start(0)).ok()?;
        let is_gzip = input.read_exact(&mut first).is_ok() && first == *b"\x1f\x8b\x08";
        input.seek(SeekFrom::Start(0)).ok()?;
        is_gzip.then(|| Self { decoder: Some(MultiGzDecoder::new(input)), left: limit, limit })
    }

    /// Goes back to the beginning; false where that fails.
    pub fn rewind(&mut self) -> bool {
        let Some(input) = self.decoder.take().map(MultiGzDecoder::into_inner) else { return false };
        let is_back = input.seek(SeekFrom::Start(0)).is_ok();
        self.decoder = Some(MultiGzDecoder::new(input));
        self.left = self.limit;
        is_back
    }
}

impl Read for Gunzip<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let Some(decoder) = &mut self.decoder else { return Ok(0) };
        if self.left == 0 {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        let most = usize::try_from(self.left).unwrap_or(usize::MAX).min(into.len());
        let read = decoder.read(into.get_mut(..most).unwrap_or_default())?;
        self.left -= read as u64;
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::Gunzip;
    use std::io::{Cursor, Read, Write};

    fn packed(text: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn it_can_be_read_twice_and_gives_no_more_than_its_limit() {
        let mut whole = Cursor::new([packed(b"one "), packed(b"two")].concat());
        let mut stream = Gunzip::open(&mut whole, 100).unwrap();
        for _ in 0..2 {
            let mut text = String::new();
            stream.read_to_string(&mut text).unwrap();
            assert_eq!(text, "one two");
            assert!(stream.rewind());
        }
        let mut text = Vec::new();
        let mut short = Gunzip::open(&mut whole, 5).unwrap();
        assert!(short.read_to_end(&mut text).is_err());
        assert_eq!(text, b"one t");
        assert!(Gunzip::open(&mut Cursor::new(b"plain".to_vec()), 5).is_none());
    }
}
