//! TIFF: every page as grey pixels, and the directories that EXIF shares (TIFF 6.0, T.4, T.6, Adobe's technote 2).
//!
//! Read are strips and tiles, plain or packed by PackBits, LZW, Deflate, CCITT groups 3 and 4, or JPEG old and new. Of YCbCr
//! the brightness is taken, of planes the first that carries it. BigTIFF, floating point and other packings are named as
//! unsupported. Thumbnails and masks are no pages.

use super::super::UnreadReason as Reason;
use super::decode::{Channels, grey, jpeg, pixels};
use super::{Picture, geometry};
use hayro_ccitt::{DecodeSettings, DecoderContext, EncodingMode};
use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;

/// A file in the structure of TIFF; EXIF is one, too.
#[derive(Clone, Copy)]
pub(super) struct File<'a> {
    bytes: &'a [u8],
    big_endian: bool,
}

/// One directory: tags to type, count and place of the values.
pub(super) type Directory = BTreeMap<u16, (u16, u32, usize)>;

/// The directories that are pages.
pub(super) struct Listed {
    pub(super) pages: Vec<Directory>,
    /// Whether there are more than were asked for.
    pub(super) more: bool,
}

const CUT: &str = "parts of a page are missing or damaged";

impl<'a> File<'a> {
    pub(super) fn open(bytes: &'a [u8]) -> Self {
        Self { bytes, big_endian: bytes.starts_with(b"MM") }
    }

    fn u16(&self, at: usize) -> Option<u16> {
        let pair = self.bytes.get(at..)?.first_chunk().copied()?;
        Some(if self.big_endian { u16::from_be_bytes(pair) } else { u16::from_le_bytes(pair) })
    }

    fn u32(&self, at: usize) -> Option<u32> {
        let four = self.bytes.get(at..)?.first_chunk().copied()?;
        Some(if self.big_endian { u32::from_be_bytes(four) } else { u32::from_le_bytes(four) })
    }

    /// The first directory, as EXIF begins.
    pub(super) fn first(&self) -> Directory {
        self.u32(4).map(|at| self.directory(at as usize).0).unwrap_or_default()
    }

    /// The directory at an offset, and where the next one is.
    pub(super) fn directory(&self, at: usize) -> (Directory, Option<usize>) {
        let mut directory = Directory::new();
        let count = usize::from(self.u16(at).unwrap_or(0));
        for n in 0..count {
            let entry = at + 2 + n * 12;
            let Some((tag, kind, values)) =
                self.u16(entry).zip(self.u16(entry + 2)).zip(self.u32(entry + 4)).map(|((a, b), c)| (a, b, c))
            else {
                break;
            };
            let bytes = (values as usize).saturating_mul(width_of(kind));
            let place = if bytes <= 4 { Some(entry + 8) } else { self.u32(entry + 8).map(|at| at as usize) };
            if let Some(place) = place.filter(|place| place.saturating_add(bytes) <= self.bytes.len()) {
                directory.entry(tag).or_insert((kind, values, place));
            }
        }
        let next = self.u32(at + 2 + count * 12).filter(|next| *next != 0).map(|next| next as usize);
        (directory, next)
    }

    /// The pages, no more than `most`.
    pub(super) fn pages(&self, most: u32) -> Listed {
        let mut listed = Listed { pages: Vec::new(), more: false };
        let mut seen = BTreeSet::new();
        let mut next = self.u32(4).map(|at| at as usize);
        while let Some(at) = next.filter(|at| seen.insert(*at)) {
            if listed.pages.len() as u64 >= u64::from(most) || seen.len() > 1 << 20 {
                listed.more = true;
                break;
            }
            let (directory, following) = self.directory(at);
            next = following;
            // Bit 0: a smaller copy of another page; bit 2: a mask.
            let is_page = self.number(&directory, 254).is_none_or(|kind| kind & 5 == 0);
            if is_page && directory.contains_key(&256) && directory.contains_key(&257) {
                listed.pages.push(directory);
            }
        }
        listed
    }

    /// The whole numbers of a field.
    pub(super) fn numbers(&self, directory: &Directory, tag: u16) -> Vec<u32> {
        let Some(&(kind, count, at)) = directory.get(&tag) else { return Vec::new() };
        let one = |n: usize| match kind {
            1 | 2 | 6 | 7 => self.bytes.get(at + n).copied().map(u32::from),
            3 | 8 => self.u16(at + n * 2).map(u32::from),
            4 | 9 | 13 => self.u32(at + n * 4),
            _ => None,
        };
        (0..count as usize).map_while(one).collect()
    }

    pub(super) fn number(&self, directory: &Directory, tag: u16) -> Option<u32> {
        let &(kind, _, at) = directory.get(&tag)?;
        self.numbers(&Directory::from([(tag, (kind, 1, at))]), tag).first().copied()
    }

    /// The fractions of a field.
    pub(super) fn fractions(&self, directory: &Directory, tag: u16) -> Vec<f64> {
        let Some(&(kind @ (5 | 10), count, at)) = directory.get(&tag) else { return Vec::new() };
        let signed = |value: u32| if kind == 10 { f64::from(value as i32) } else { f64::from(value) };
        let one = |n: usize| {
            let (above, below) = (self.u32(at + n * 8)?, self.u32(at + n * 8 + 4)?);
            Some(signed(above) / signed(below))
        };
        (0..count.min(16) as usize).map_while(one).collect()
    }

    /// The bytes of a field.
    pub(super) fn raw(&self, directory: &Directory, tag: u16) -> &'a [u8] {
        let Some(&(kind, count, at)) = directory.get(&tag) else { return &[] };
        self.bytes.get(at..at + count as usize * width_of(kind)).unwrap_or_default()
    }

    /// Pixels an inch.
    pub(super) fn resolution(&self, directory: &Directory) -> Option<u16> {
        let across = *self.fractions(directory, 282).first()?;
        let inches = match self.number(directory, 296) {
            Some(3) => across * 2.54,
            Some(1) => return None,
            _ => across,
        };
        (inches.is_finite() && inches >= 1.0).then(|| inches.round().min(65_535.0) as u16)
    }

    /// A page's pixels, upright as the file says.
    pub(super) fn picture(&self, page: &Directory, warnings: &mut Vec<&'static str>) -> Result<Picture, Reason> {
        let number = |tag, otherwise| self.number(page, tag).unwrap_or(otherwise);
        let (width, height) = (number(256, 0), number(257, 0));
        let count = pixels(width.into(), height.into())?;
        let orientation = u16::try_from(number(274, 1)).unwrap_or(1);
        let resolution = self.resolution(page);
        // Old JPEG in one piece beside the strips.
        if number(259, 1) == 6
            && let Some(at) = self.number(page, 513)
            && let Some(stream) = self.bytes.get(at as usize..).filter(|stream| stream.starts_with(&[0xff, 0xd8]))
        {
            let picture = Picture { resolution, ..jpeg(stream)? };
            return Ok(geometry::oriented(picture, orientation));
        }
        let layout = Shape::of(self, page, width, height)?;
        let mut canvas = vec![255_u8; count];
        let mut missing = 0;
        let (offsets, lengths) = (self.numbers(page, layout.offsets), self.numbers(page, layout.lengths));
        let pieces = layout.pieces();
        for n in 0..pieces {
            let stored = offsets.get(layout.first_plane(pieces) + n).and_then(|at| {
                let rest = self.bytes.get(*at as usize..)?;
                let length = lengths.get(layout.first_plane(pieces) + n).map_or(rest.len(), |length| *length as usize);
                Some(rest.get(..length).unwrap_or(rest))
            });
            let piece = stored.filter(|stored| !stored.is_empty()).ok_or(Reason::Corrupt);
            match piece.and_then(|stored| layout.decoded(stored)) {
                Ok(shades) => missing += usize::from(!layout.place(&mut canvas, n, &shades)),
                Err(Reason::Corrupt) => missing += 1,
                Err(reason) => return Err(reason),
            }
        }
        if missing == pieces {
            return Err(Reason::Corrupt);
        }
        if missing > 0 {
            warnings.push(CUT);
        }
        Ok(geometry::oriented(Picture { width, height, grey: canvas, resolution }, orientation))
    }
}

fn width_of(kind: u16) -> usize {
    match kind {
        3 | 8 => 2,
        4 | 9 | 11 | 13 => 4,
        5 | 10 | 12 => 8,
        _ => 1,
    }
}

/// How a page is cut and packed.
struct Shape<'a> {
    width: usize,
    height: usize,
    piece_width: usize,
    piece_height: usize,
    offsets: u16,
    lengths: u16,
    packing: u32,
    bits: u32,
    samples: usize,
    photometric: u32,
    /// Whether each sample has pieces of its own.
    planes: bool,
    bits_reversed: bool,
    differences: bool,
    fax_options: u32,
    subsampling: (usize, usize),
    palette: Vec<u8>,
    tables: &'a [u8],
    big_endian: bool,
}

impl<'a> Shape<'a> {
    fn of(file: &File<'a>, page: &Directory, width: u32, height: u32) -> Result<Self, Reason> {
        let number = |tag, otherwise| file.number(page, tag).unwrap_or(otherwise);
        let tiled = page.contains_key(&324);
        let (piece_width, piece_height) =
            if tiled { (number(322, 0), number(323, 0)) } else { (width, number(278, height).min(height)) };
        pixels(piece_width.into(), piece_height.into())?;
        let bits = number(258, 1);
        if !matches!(bits, 1 | 2 | 4 | 8 | 16) || number(339, 1) == 3 {
            return Err(Reason::Unsupported);
        }
        let colours = file.numbers(page, 320);
        let entries = colours.len() / 3;
        let part = |n: usize| (colours.get(n).copied().unwrap_or(0) >> 8).min(255) as u8;
        let palette =
            (0..entries).flat_map(|n| [part(n), part(n + entries), part(n + entries * 2)]).collect::<Vec<_>>();
        let subsampling = file.numbers(page, 530);
        let sub = |n: usize| subsampling.get(n).copied().filter(|s| matches!(s, 1 | 2 | 4)).unwrap_or(2) as usize;
        Ok(Self {
            width: width as usize,
            height: height as usize,
            piece_width: piece_width as usize,
            piece_height: piece_height as usize,
            offsets: if tiled { 324 } else { 273 },
            lengths: if tiled { 325 } else { 279 },
            packing: number(259, 1),
            bits,
            samples: number(277, 1).clamp(1, 16) as usize,
            photometric: number(262, 0),
            planes: number(284, 1) == 2,
            bits_reversed: number(266, 1) == 2,
            differences: number(317, 1) == 2,
            fax_options: number(292, 0),
            subsampling: (sub(0), sub(1)),
            palette: grey(Channels::Rgb, &palette, entries),
            tables: file.raw(page, 347),
            big_endian: file.big_endian,
        })
    }

    /// How many pieces make up one plane.
    fn pieces(&self) -> usize {
        self.width.div_ceil(self.piece_width) * self.height.div_ceil(self.piece_height)
    }

    /// The number of the first piece of the plane that is read: green is nearest to brightness.
    fn first_plane(&self, pieces: usize) -> usize {
        if self.planes && self.photometric == 2 && self.samples >= 3 { pieces } else { 0 }
    }

    /// Puts a piece's shades in their place; false where some are missing.
    fn place(&self, canvas: &mut [u8], n: usize, shades: &[u8]) -> bool {
        let across = self.width.div_ceil(self.piece_width);
        let (left, top) = (n % across * self.piece_width, n / across * self.piece_height);
        let wide = self.piece_width.min(self.width - left);
        let high = self.piece_height.min(self.height - top);
        let rows = shades.chunks(self.piece_width).take(high);
        let mut whole = 0;
        for (y, row) in rows.enumerate() {
            let from = (top + y) * self.width + left;
            let place = canvas.get_mut(from..from + wide).unwrap_or_default();
            place.iter_mut().zip(row).for_each(|(pixel, shade)| *pixel = *shade);
            whole += usize::from(row.len() >= wide);
        }
        whole == high
    }

    fn samples_here(&self) -> usize {
        if self.planes { 1 } else { self.samples }
    }

    fn row_bytes(&self) -> usize {
        (self.piece_width * self.samples_here() * self.bits as usize).div_ceil(8)
    }

    /// A piece as shades of grey.
    fn decoded(&self, stored: &[u8]) -> Result<Vec<u8>, Reason> {
        let most = self.row_bytes() * self.piece_height;
        let reversed: Vec<u8>;
        let stored = if self.bits_reversed && matches!(self.packing, 1..=4) {
            reversed = stored.iter().map(|byte| byte.reverse_bits()).collect();
            &reversed
        } else {
            stored
        };
        let mut samples = match self.packing {
            1 => stored.get(..most).unwrap_or(stored).to_vec(),
            2..=4 => self.fax(stored),
            5 => lzw(stored, most),
            6 | 7 => return self.jpeg(stored),
            8 | 32_946 => inflated(stored, most),
            32_773 => pack_bits(stored, most),
            _ => return Err(Reason::Unsupported),
        };
        if samples.is_empty() {
            return Err(Reason::Corrupt);
        }
        if self.differences {
            self.add_up(&mut samples);
        }
        Ok(self.shades(&samples))
    }

    /// A piece that is a JPEG, its tables perhaps apart.
    fn jpeg(&self, stored: &[u8]) -> Result<Vec<u8>, Reason> {
        let joined: Vec<u8>;
        let stream = match self.tables.strip_suffix(&[0xff, 0xd9]) {
            Some(tables) if !tables.is_empty() => {
                joined = [tables, stored.strip_prefix(&[0xff, 0xd8]).unwrap_or(stored)].concat();
                &joined
            }
            _ => stored,
        };
        let mut picture = jpeg(stream)?;
        let wide = picture.width as usize;
        if wide == self.piece_width {
            return Ok(picture.grey);
        }
        // Of another width than said: cut or filled up row by row.
        let rows = picture.grey.chunks_mut(wide.max(1));
        Ok(rows.flat_map(|row| (0..self.piece_width).map(|n| row.get(n).copied().unwrap_or(255))).collect())
    }

    /// CCITT groups 3 and 4, to packed bits: zero is white.
    fn fax(&self, stored: &[u8]) -> Vec<u8> {
        let encoding = match (self.packing, self.fax_options & 1) {
            (4, _) => EncodingMode::Group4,
            (3, 1) => EncodingMode::Group3_2D,
            _ => EncodingMode::Group3_1D,
        };
        let settings = DecodeSettings {
            columns: self.piece_width as u32,
            rows: self.piece_height as u32,
            end_of_block: self.packing != 2,
            end_of_line: self.packing == 3,
            rows_are_byte_aligned: self.packing == 2,
            encoding,
            strict: false,
        };
        let mut rows =
            FaxRows { row_bytes: self.row_bytes(), most: self.row_bytes() * self.piece_height, out: Vec::new() };
        // An error ends the page where it stands; the rows before it are good.
        let _ = hayro_ccitt::decode(stored, &mut rows, &mut DecoderContext::new(settings));
        rows.out
    }

    /// Undoes differences between neighbours in a row.
    fn add_up(&self, samples: &mut [u8]) {
        let each = self.samples_here();
        let row_bytes = self.row_bytes().max(1);
        for row in samples.chunks_mut(row_bytes) {
            match self.bits {
                8 => (each..row.len()).for_each(|n| row[n] = row[n].wrapping_add(row[n - each])),
                16 => {
                    for n in each..row.len() / 2 {
                        let sum = self.wide(row, n).wrapping_add(self.wide(row, n - each));
                        let pair = if self.big_endian { sum.to_be_bytes() } else { sum.to_le_bytes() };
                        row[n * 2..n * 2 + 2].copy_from_slice(&pair);
                    }
                }
                _ => return,
            }
        }
    }

    /// The `n`th sample of sixteen bits.
    fn wide(&self, row: &[u8], n: usize) -> u16 {
        let pair = row.get(n * 2..).and_then(|rest| rest.first_chunk()).copied().unwrap_or_default();
        if self.big_endian { u16::from_be_bytes(pair) } else { u16::from_le_bytes(pair) }
    }

    /// Samples to shades of grey.
    fn shades(&self, samples: &[u8]) -> Vec<u8> {
        let count = self.piece_width * self.piece_height;
        let each = self.samples_here();
        if self.photometric == 6 && !self.planes && each == 3 && self.subsampling != (1, 1) && self.bits == 8 {
            return self.brightness(samples);
        }
        let top = (1_u32 << self.bits.min(8)) - 1;
        let row_bytes = self.row_bytes().max(1);
        let mut values: Vec<u8> = Vec::with_capacity(count * each);
        for row in samples.chunks(row_bytes) {
            let in_row = self.piece_width * each;
            match self.bits {
                8 => values.extend(row.iter().take(in_row)),
                16 => values.extend((0..in_row.min(row.len() / 2)).map(|n| (self.wide(row, n) >> 8) as u8)),
                bits => {
                    let per = 8 / bits as usize;
                    let sample = |n: usize| {
                        let byte = row.get(n / per).copied().unwrap_or(0);
                        u32::from(byte) >> (8 - bits as usize * (n % per + 1)) & top
                    };
                    let scale = if self.photometric == 3 { 1 } else { 255 / top };
                    values.extend((0..in_row).map(|n| (sample(n) * scale) as u8));
                }
            }
        }
        let first = |values: &[u8]| values.chunks_exact(each).map(|pixel| pixel[0]).collect::<Vec<_>>();
        match (self.photometric, each) {
            (0, _) => first(&values).into_iter().map(|shade| 255 - shade).collect(),
            (2, 3) => grey(Channels::Rgb, &values, values.len() / 3),
            (2, 4) => {
                values.chunks_exact_mut(4).for_each(|pixel| pixel[3] = 255);
                grey(Channels::Rgba, &values, values.len() / 4)
            }
            (3, _) => first(&values).iter().map(|n| self.palette.get(usize::from(*n)).copied().unwrap_or(0)).collect(),
            (5, 4) => grey(Channels::Cmyk, &values, values.len() / 4),
            _ => first(&values),
        }
    }

    /// Brightness of YCbCr whose colours are stored once for several pixels.
    fn brightness(&self, samples: &[u8]) -> Vec<u8> {
        let (h, v) = self.subsampling;
        let across = self.piece_width.div_ceil(h);
        let mut out = vec![255; self.piece_width * self.piece_height];
        for (n, unit) in samples.chunks_exact(h * v + 2).enumerate() {
            let (left, top) = (n % across * h, n / across * v);
            for (k, shade) in unit.iter().take(h * v).enumerate() {
                let (x, y) = (left + k % h, top + k / h);
                if x < self.piece_width
                    && let Some(pixel) = out.get_mut(y * self.piece_width + x)
                {
                    *pixel = *shade;
                }
            }
        }
        out
    }
}

struct FaxRows {
    row_bytes: usize,
    most: usize,
    out: Vec<u8>,
}

impl hayro_ccitt::Decoder for FaxRows {
    fn push_row(&mut self, changes: &[u32]) {
        let from = self.out.len();
        if from >= self.most {
            return;
        }
        self.out.resize(from + self.row_bytes, 0);
        let row = self.out.get_mut(from..).unwrap_or_default();
        let end = row.len() * 8;
        for black in changes.chunks(2) {
            let start = black.first().copied().unwrap_or(0) as usize;
            let stop = black.get(1).map_or(end, |stop| *stop as usize).min(end);
            (start..stop).for_each(|x| row[x / 8] |= 0x80 >> (x % 8));
        }
    }
}

/// LZW as TIFF has it, and as writers before 1988 had it: with the low bit first.
fn lzw(stored: &[u8], most: usize) -> Vec<u8> {
    let old = matches!(stored, [0, second, ..] if second & 1 == 1);
    let decoder = if old {
        weezl::decode::Decoder::new(weezl::BitOrder::Lsb, 8)
    } else {
        weezl::decode::Decoder::with_tiff_size_switch(weezl::BitOrder::Msb, 8)
    };
    let mut decoder = decoder;
    let mut out = vec![0; most];
    let (mut from, mut to) = (0, 0);
    while to < most {
        let result =
            decoder.decode_bytes(stored.get(from..).unwrap_or_default(), out.get_mut(to..).unwrap_or_default());
        (from, to) = (from + result.consumed_in, to + result.consumed_out);
        match result.status {
            Ok(weezl::LzwStatus::Ok) if result.consumed_in + result.consumed_out > 0 => {}
            _ => break,
        }
    }
    out.truncate(to);
    out
}

fn inflated(stored: &[u8], most: usize) -> Vec<u8> {
    let mut out = Vec::new();
    // What comes before damage is kept.
    let _ = flate2::read::ZlibDecoder::new(stored).take(most as u64).read_to_end(&mut out);
    out
}

fn pack_bits(stored: &[u8], most: usize) -> Vec<u8> {
    let mut out = Vec::new();
    let mut at = 0;
    while let Some(&head) = stored.get(at) {
        if out.len() >= most {
            break;
        }
        at += 1;
        match head {
            0..=127 => {
                let end = (at + usize::from(head) + 1).min(stored.len());
                out.extend_from_slice(stored.get(at..end).unwrap_or_default());
                at = end;
            }
            128 => {}
            129..=255 => {
                let Some(&value) = stored.get(at) else { break };
                out.resize(out.len() + 257 - usize::from(head), value);
                at += 1;
            }
        }
    }
    out.truncate(most);
    out
}
