//! Compressed streams: gzip, bzip2, xz, zstd, lzma, compress, lz4, snappy and zlib, one table row each. `x.tar.gz` and its
//! like are one step whose members are the tar's; any other stream holds one member.
//!
//! Streams are bounded by what they give, not by what they declare, and by the memory their decoders ask for. A stream
//! that is cut or damaged gives what stands before the damage, and the container is partial. No thread is started, no
//! file opened. Brotli and bare deflate have no signature, and are not told.

use super::lzw::Unlzw;
use super::zip::FLOOR;
use super::{Job, Limits, MemberEntry, Names, ReadSeek, Visit, had, rewind, salvage, snappy, tar, zstd};
use assay_model::UnreadReason;
use bzip2::read::MultiBzDecoder;
use flate2::read::{GzDecoder, MultiGzDecoder, ZlibDecoder};
use lzma_rust2::{LzmaReader, XzReader};
use std::io::{self, BufReader, ErrorKind, Read, SeekFrom};

/// What a stream without a name of its own holds. The file's name is no help: it is not known where members are visited.
const NAMELESS: &str = "content";

/// The largest dictionary of xz that is taken, with what the decoder needs besides, KiB: 256 MiB, four times that of
/// `xz -9`. A worker has 2 GiB.
const XZ_MEMORY: u32 = (256 << 10) + 128;

const CUT: &str = "the compressed stream is cut or damaged: only what stands before the damage is given";

/// A way to compress a stream.
pub(super) struct Packing {
    fits: fn(&[u8]) -> bool,
    /// The media type where it holds one file.
    pub(super) single: &'static str,
    /// The media type where it holds a tar.
    pub(super) tar: &'static str,
    decoder: for<'a> fn(&'a mut dyn ReadSeek) -> Box<dyn Read + 'a>,
    name: fn(&mut dyn ReadSeek) -> Option<String>,
}

pub(super) static GZIP: Packing = Packing {
    fits: |first| first.starts_with(b"\x1f\x8b\x08"),
    single: "application/gzip",
    tar: "application/x-compressed-tar",
    decoder: |input| Box::new(MultiGzDecoder::new(input)),
    name: gzip_name,
};

pub(super) static BZIP2: Packing = Packing {
    // The head of the first block, or the mark that there is none.
    fits: |first| {
        let mark = first.get(4..10);
        first.starts_with(b"BZh") && (mark == Some(b"1AY&SY") || mark == Some(b"\x17rE8P\x90"))
    },
    single: "application/x-bzip2",
    tar: "application/x-bzip2-compressed-tar",
    decoder: |input| Box::new(MultiBzDecoder::new(input)),
    name: |_| None,
};

pub(super) static XZ: Packing = Packing {
    fits: |first| first.starts_with(b"\xfd7zXZ\0"),
    single: "application/x-xz",
    tar: "application/x-xz-compressed-tar",
    decoder: |input| Box::new(XzReader::new_mem_limit(BufReader::new(input), true, XZ_MEMORY)),
    name: |_| None,
};

pub(super) static ZSTD: Packing = Packing {
    fits: |first| first.starts_with(b"\x28\xb5\x2f\xfd"),
    single: "application/zstd",
    tar: "application/x-zstd-compressed-tar",
    decoder: |input| Box::new(zstd::Frames::new(BufReader::new(input))),
    name: |_| None,
};

/// LZMA without a container has no signature: a likely head, and a beginning that can be decoded.
pub(super) static LZMA: Packing = Packing {
    fits: |first| {
        let Some(dictionary) = first.get(1..5).and_then(|bytes| bytes.try_into().ok()).map(u32::from_le_bytes) else {
            return false;
        };
        let Some(size) = first.get(5..13).and_then(|bytes| bytes.try_into().ok()).map(u64::from_le_bytes) else {
            return false;
        };
        let likely = dictionary.is_power_of_two() || (dictionary / 3).is_power_of_two() && dictionary % 3 == 0;
        first.first() == Some(&0x5d)
            && first.get(13) == Some(&0)
            && dictionary >= 4096
            && likely
            && (size == u64::MAX || size < 1 << 40)
    },
    single: "application/x-lzma",
    tar: "application/x-lzma-compressed-tar",
    decoder: |input| match LzmaReader::new_mem_limit(BufReader::new(input), XZ_MEMORY, None) {
        Ok(reader) => Box::new(reader),
        Err(error) => Box::new(Failing(error.kind())),
    },
    name: |_| None,
};

pub(super) static COMPRESS: Packing = Packing {
    fits: |first| {
        first.starts_with(b"\x1f\x9d") && first.get(2).is_some_and(|flags| (9..=16).contains(&(flags & 0x1f)))
    },
    single: "application/x-compress",
    tar: "application/x-compress-compressed-tar",
    decoder: |input| Box::new(Unlzw::new(BufReader::new(input))),
    name: |_| None,
};

pub(super) static LZ4: Packing = Packing {
    fits: |first| first.starts_with(b"\x04\x22\x4d\x18"),
    single: "application/x-lz4",
    tar: "application/x-lz4-compressed-tar",
    decoder: |input| Box::new(lz4_flex::frame::FrameDecoder::new(BufReader::new(input))),
    name: |_| None,
};

pub(super) static SNAPPY: Packing = Packing {
    fits: |first| first.starts_with(snappy::MAGIC),
    single: "application/x-snappy-framed",
    tar: "application/x-snappy-compressed-tar",
    decoder: |input| Box::new(snappy::Chunks::new(BufReader::new(input))),
    name: |_| None,
};

/// A stream of zlib has two bytes of signature, whose sum tells little: its beginning must inflate, too.
pub(super) static ZLIB: Packing = Packing {
    fits: |first| {
        let head =
            matches!(first, [0x78, flags @ (0x01 | 0x5e | 0x9c | 0xda), ..] if (0x7800 + u32::from(*flags)) % 31 == 0);
        let mut some = [0; 64];
        head && first.len() > 8 && ZlibDecoder::new(first).read(&mut some).is_ok_and(|count| count > 0)
    },
    single: "application/zlib",
    tar: "application/x-zlib-compressed-tar",
    decoder: |input| Box::new(ZlibDecoder::new(input)),
    name: |_| None,
};

/// A stream whose decoder could not be made.
struct Failing(ErrorKind);

impl Read for Failing {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(self.0.into())
    }
}

impl Packing {
    /// Whether a head begins as this packing does.
    pub(super) fn fits(&self, first: &[u8]) -> bool {
        (self.fits)(first)
    }

    /// Whether the content begins as a tar does. The head does not do: a block of bzip2 may take 900 kB to open.
    pub(super) fn holds_tar(&self, input: &mut dyn ReadSeek) -> bool {
        let mut block = Vec::new();
        if rewind(input).is_ok() {
            // An error after the first block is of no matter here.
            let _ = (self.decoder)(input).take(512).read_to_end(&mut block);
        }
        tar::is_header(&block)
    }

    pub(super) fn read_tar(&self, job: &mut Job<'_, '_>) -> Result<(), UnreadReason> {
        tar::read_stream(self.unpacked(job.input, job.reading.limits)?, job.out)
    }

    pub(super) fn visit_tar(&self, input: &mut dyn ReadSeek, visit: &mut Visit<'_>) {
        if let Ok(stream) = self.unpacked(input, visit.reading.limits) {
            tar::visit_stream(stream, visit);
        }
    }

    /// Lists the one member. The stream is read as far as a visit will read it, since only that tells whether it is whole.
    pub(super) fn read_single(&self, job: &mut Job<'_, '_>) -> Result<(), UnreadReason> {
        let name = self.name_in(job.input);
        // A limit of no members at all is said by the one who counts.
        if job.out.member(&name, 0).is_err() {
            return Ok(());
        }
        let mut stream =
            self.unpacked(job.input, job.reading.limits)?.take(job.reading.limits.item_bytes.saturating_add(1));
        match io::copy(&mut stream, &mut io::sink()) {
            // The member says itself that it is over a limit.
            Err(error) if super::broken(&error) == UnreadReason::Corrupt => job.out.partial(CUT),
            _ => {}
        }
        Ok(())
    }

    pub(super) fn visit_single(&self, input: &mut dyn ReadSeek, visit: &mut Visit<'_>) {
        let name = Names::default().unique(&self.name_in(input));
        if !visit.range.contains(&0) {
            return;
        }
        let limits = visit.reading.limits;
        let bytes = self.unpacked(input, limits).and_then(|mut stream| had(salvage(&mut stream, limits.item_bytes)));
        (visit.visit)(0, &MemberEntry { name, bytes: 0 }, bytes);
    }

    fn name_in(&self, input: &mut dyn ReadSeek) -> String {
        let name = rewind(input).ok().and_then(|()| (self.name)(input));
        name.unwrap_or_else(|| NAMELESS.to_owned())
    }

    fn unpacked<'a>(&self, input: &'a mut dyn ReadSeek, limits: &Limits) -> Result<Bounded<'a>, UnreadReason> {
        let size = input.seek(SeekFrom::End(0)).map_err(|_| UnreadReason::Corrupt)?;
        rewind(input)?;
        let left = limits.expanded_bytes.min(size.saturating_mul(limits.expansion_ratio).max(FLOOR));
        Ok(Bounded { inner: (self.decoder)(input), left, failed: None })
    }
}

/// The name in a gzip's header.
fn gzip_name(input: &mut dyn ReadSeek) -> Option<String> {
    let mut decoder = GzDecoder::new(input);
    // The header is read with the first byte of content.
    let _ = decoder.read(&mut [0]);
    let name = decoder.header().and_then(|header| header.filename())?;
    // RFC 1952 says Latin-1; today's tools write UTF-8.
    match std::str::from_utf8(name) {
        Ok("") => None,
        Ok(name) => Some(name.to_owned()),
        Err(_) => Some(name.iter().map(|byte| *byte as char).collect()),
    }
}

/// A stream's content, which fails once it gives more than the limits allow, and goes on failing: what a decoder does
/// after an error is its own affair.
struct Bounded<'a> {
    inner: Box<dyn Read + 'a>,
    left: u64,
    failed: Option<ErrorKind>,
}

impl Read for Bounded<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let want = buffer.len().min(usize::try_from(self.left).unwrap_or(usize::MAX));
        if want == 0 && !buffer.is_empty() {
            self.failed.get_or_insert(ErrorKind::FileTooLarge);
        }
        if let Some(kind) = self.failed {
            return Err(kind.into());
        }
        let count = match self.inner.read(&mut buffer[..want]) {
            Err(error) if error.kind() != ErrorKind::Interrupted => {
                self.failed = Some(error.kind());
                return Err(error);
            }
            other => other?,
        };
        self.left = self.left.saturating_sub(count as u64);
        Ok(count)
    }
}
