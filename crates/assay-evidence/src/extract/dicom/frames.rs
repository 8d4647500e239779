//! The frames of a DICOM picture as grey pixels, for the recognition of what is burnt into them (PS3.3 C.7.6.3, C.11.1, C.11.2;
//! PS3.5 8 and annexes A and G).
//!
//! Read are plain frames, run lengths, JPEG baseline and lossless, and JPEG 2000. JPEG-LS, JPEG of twelve bits and film are
//! named. Of colours the brightness is taken. Masks laid over frames for display (shutters, curves) are passed over.
//!
//! Long because its tests make the files that they read.

use super::elements::{File, Tag};
use crate::extract::picture::{self, Channels, Picture};
use assay_model::UnreadReason as Reason;
use std::borrow::Cow;

/// Frames looked at from the beginning, and from the end.
const FIRST: u32 = 2;
const LAST: u32 = 2;

/// Pieces of packed pictures that are kept in mind.
const PIECES: usize = 1 << 20;

/// Below this, shades are too near one another to show a letter.
const FLAT: u8 = 30;

/// What says how samples are read.
#[derive(Default)]
struct Shape {
    rows: u16,
    columns: u16,
    /// Samples a pixel: one for grey or a palette, three for colours.
    samples: u16,
    /// Bits that a sample takes up, that it uses, and the highest of these.
    allocated: u16,
    stored: u16,
    high: u16,
    signed: bool,
    /// Whether each colour has a plane of its own.
    planes: bool,
    frames: u32,
    /// `MONOCHROME1` where white is zero, `MONOCHROME2`, `RGB`, `YBR_FULL` and others.
    photometric: String,
    syntax: String,
    slope: Option<f32>,
    intercept: Option<f32>,
    centre: Option<f32>,
    width: Option<f32>,
    /// Red, green and blue of a palette: how many, the first index, the bits of an entry, the entries.
    palette: [(u16, u16, u16, Vec<u8>); 3],
    big_endian: bool,
}

/// What was found of a file's picture.
pub(super) struct Looked {
    /// Frames that the file has.
    pub(super) frames: u32,
    /// The numbers of those that were looked at.
    pub(super) numbers: Vec<u32>,
    /// Why frames could not be decoded.
    pub(super) failed: Option<Reason>,
    /// How they are packed, where that is not read.
    pub(super) packing: Option<&'static str>,
}

/// Gives frames of a file's picture, each with its number from one; `None` where it has no picture that can be told.
pub(super) fn each(bytes: &[u8], give: &mut dyn FnMut(u32, Picture)) -> Option<Looked> {
    let mut file = File::open(bytes);
    let mut shape = Shape { samples: 1, allocated: 8, frames: 1, ..Shape::default() };
    let (length, start) = file.top(&mut |tag, value, number| shape.take(tag, value, number))?;
    shape.big_endian = file.is_big_endian();
    if shape.stored == 0 || shape.stored > shape.allocated {
        shape.stored = shape.allocated;
    }
    if shape.high.checked_add(1).is_none_or(|bits| bits < shape.stored || bits > shape.allocated) {
        shape.high = shape.stored.saturating_sub(1);
    }
    let pieces = match length {
        Some(length) => Pieces::Plain(bytes.get(start..start.checked_add(length)?.min(bytes.len()))?),
        None => Pieces::Packed(pieces(&mut file, start)),
    };
    let stored = match &pieces {
        Pieces::Plain(bytes) => (bytes.len() as u64 * 8 / shape.bits().max(1)).min(u64::from(u32::MAX)) as u32,
        Pieces::Packed(pieces) => pieces.len().saturating_sub(1) as u32,
    };
    let frames = shape.frames.max(1).min(stored.max(1));
    let numbers = (1..=frames).filter(|number| *number <= FIRST || *number + LAST > frames);
    let mut looked = Looked { frames, numbers: Vec::new(), failed: None, packing: None };
    for number in numbers {
        match shape.frame(&pieces, number, frames) {
            Ok(picture) => {
                looked.numbers.push(number);
                give(number, picture);
            }
            Err(reason) => looked.failed = looked.failed.or(Some(reason)),
        }
    }
    if looked.failed == Some(Reason::Unsupported) {
        looked.packing = Some(named(&shape.syntax));
    }
    Some(looked)
}

/// Where the bytes of frames are.
enum Pieces<'a> {
    Plain(&'a [u8]),
    /// The table of offsets, then the pieces.
    Packed(Vec<&'a [u8]>),
}

fn pieces<'a>(file: &mut File<'a>, start: usize) -> Vec<&'a [u8]> {
    let mut out = Vec::new();
    file.go(start);
    while out.len() < PIECES
        && let Some(piece) = file.piece()
    {
        out.push(piece);
    }
    out
}

/// The packing of a transfer syntax, in words.
fn named(syntax: &str) -> &'static str {
    match syntax {
        "1.2.840.10008.1.2.4.80" | "1.2.840.10008.1.2.4.81" => "JPEG-LS",
        "1.2.840.10008.1.2.4.51" | "1.2.840.10008.1.2.4.53" | "1.2.840.10008.1.2.4.55" => "JPEG of twelve bits",
        _ if syntax.starts_with("1.2.840.10008.1.2.4.10") => "film (MPEG)",
        _ if syntax.starts_with("1.2.840.10008.1.2.4.20") => "high-throughput JPEG 2000",
        _ => "a packing that is not read",
    }
}

/// Red, green and blue to brightness.
fn brightness(red: u8, green: u8, blue: u8) -> u8 {
    ((u32::from(red) * 299 + u32::from(green) * 587 + u32::from(blue) * 114) / 1000) as u8
}

impl Shape {
    fn take(&mut self, tag: Tag, value: &[u8], number: u16) {
        let text = || std::str::from_utf8(value).unwrap_or_default().trim_matches(['\0', ' ']);
        let decimal = || text().split('\\').next().and_then(|first| first.trim().parse::<f32>().ok());
        match tag {
            (0x0002, 0x0010) => text().clone_into(&mut self.syntax),
            (0x0028, 0x0002) => self.samples = number,
            (0x0028, 0x0004) => text().clone_into(&mut self.photometric),
            (0x0028, 0x0006) => self.planes = number == 1,
            (0x0028, 0x0008) => self.frames = text().parse().unwrap_or(1),
            (0x0028, 0x0010) => self.rows = number,
            (0x0028, 0x0011) => self.columns = number,
            (0x0028, 0x0100) => self.allocated = number,
            (0x0028, 0x0101) => self.stored = number,
            (0x0028, 0x0102) => self.high = number,
            (0x0028, 0x0103) => self.signed = number == 1,
            (0x0028, 0x1050) => self.centre = decimal(),
            (0x0028, 0x1051) => self.width = decimal(),
            (0x0028, 0x1052) => self.intercept = decimal(),
            (0x0028, 0x1053) => self.slope = decimal(),
            (0x0028, 0x1101..=0x1103) => {
                if let ([a, b, c, d, e, f], Some(place)) = (value, self.palette.get_mut(usize::from(tag.1 - 0x1101))) {
                    (place.0, place.1, place.2) =
                        (u16::from_le_bytes([*a, *b]), u16::from_le_bytes([*c, *d]), u16::from_le_bytes([*e, *f]));
                }
            }
            (0x0028, 0x1201..=0x1203) => {
                if let Some(place) = self.palette.get_mut(usize::from(tag.1 - 0x1201)) {
                    place.3 = value.get(..(1 << 17).min(value.len())).unwrap_or_default().to_vec();
                }
            }
            _ => {}
        }
    }

    /// The bits of a plain frame.
    fn bits(&self) -> u64 {
        let samples = if self.photometric == "YBR_FULL_422" { 2 } else { u64::from(self.samples) };
        u64::from(self.rows) * u64::from(self.columns) * samples * u64::from(self.allocated)
    }

    fn pixels(&self) -> Result<usize, Reason> {
        picture::pixels(self.columns.into(), self.rows.into())
    }

    /// The `number`th of so many frames.
    fn frame(&self, pieces: &Pieces<'_>, number: u32, frames: u32) -> Result<Picture, Reason> {
        let index = number.saturating_sub(1) as usize;
        match pieces {
            Pieces::Plain(bytes) => {
                let bits = self.bits();
                let from = bits.checked_mul(index as u64).ok_or(Reason::Corrupt)?;
                let own = bytes.get((from / 8) as usize..).ok_or(Reason::Corrupt)?;
                // Frames of one bit a pixel follow one another without a gap.
                if !from.is_multiple_of(8) {
                    return Err(Reason::Unsupported);
                }
                let length = (bits.div_ceil(8) as usize).min(own.len());
                self.grey(own.get(..length).unwrap_or_default())
            }
            Pieces::Packed(pieces) => {
                let own = joined(pieces, index, frames as usize).ok_or(Reason::Corrupt)?;
                self.unpacked(&own)
            }
        }
    }

    fn unpacked(&self, bytes: &[u8]) -> Result<Picture, Reason> {
        match self.syntax.as_str() {
            "1.2.840.10008.1.2.5" => {
                let shape = Self { planes: true, ..self.alike() };
                shape.grey(&self.run_lengths(bytes)?)
            }
            "1.2.840.10008.1.2.4.57" | "1.2.840.10008.1.2.4.70" => {
                let found = picture::lossless(bytes)?;
                let shape = Self {
                    rows: found.rows,
                    columns: found.columns,
                    samples: found.components,
                    allocated: 16,
                    // What the packing holds are the samples themselves, whatever they lay in before.
                    stored: self.stored.clamp(1, 16),
                    high: self.stored.clamp(1, 16) - 1,
                    planes: false,
                    big_endian: false,
                    ..self.alike()
                };
                let bytes: Vec<u8> = found.samples.iter().flat_map(|sample| sample.to_le_bytes()).collect();
                shape.grey(&bytes)
            }
            "1.2.840.10008.1.2.4.50" | "1.2.840.10008.1.2.4.51" => picture::jpeg(bytes).map(|found| self.shown(found)),
            syntax if syntax.starts_with("1.2.840.10008.1.2.4.9") => {
                picture::jpeg2000(bytes).map(|found| self.shown(found))
            }
            _ => Err(Reason::Unsupported),
        }
    }

    fn alike(&self) -> Self {
        Self { photometric: self.photometric.clone(), palette: self.palette.clone(), syntax: String::new(), ..*self }
    }

    /// A decoded picture as it is to be seen: the right way round and, where all of it is dark, brightened.
    fn shown(&self, mut picture: Picture) -> Picture {
        if self.photometric == "MONOCHROME1" {
            picture.grey.iter_mut().for_each(|grey| *grey = 255 - *grey);
        }
        if self.photometric.starts_with("MONOCHROME") {
            stretch(&mut picture.grey);
        }
        picture
    }

    /// Run lengths: a stretch for each byte of each sample, the high byte first; to planes of samples.
    fn run_lengths(&self, bytes: &[u8]) -> Result<Vec<u8>, Reason> {
        let count = self.pixels()?;
        let wide = usize::from(self.allocated.div_ceil(8)).clamp(1, 4);
        let long = |at: usize| {
            bytes.get(at..).and_then(|rest| rest.first_chunk()).map(|four| u32::from_le_bytes(*four) as usize)
        };
        let stretches = long(0).filter(|count| (1..=15).contains(count)).ok_or(Reason::Corrupt)?;
        let samples = usize::from(self.samples).min(4);
        let mut out = vec![0; count * samples * wide];
        for number in 0..stretches.min(samples * wide) {
            let start = long(4 + number * 4).ok_or(Reason::Corrupt)?;
            let end = long(8 + number * 4).filter(|end| number + 1 < stretches && *end > start).unwrap_or(bytes.len());
            let packed = bytes.get(start..end.min(bytes.len())).unwrap_or_default();
            let (sample, byte) = (number / wide, wide - 1 - number % wide);
            let place = out.get_mut(sample * count * wide..).unwrap_or_default();
            unpack(packed, count, &mut |n, value| {
                if let Some(place) = place.get_mut(n * wide + byte) {
                    *place = value;
                }
            });
        }
        Ok(out)
    }

    /// Samples to grey.
    fn grey(&self, bytes: &[u8]) -> Result<Picture, Reason> {
        let count = self.pixels()?;
        let grey = match (self.photometric.as_str(), self.samples) {
            ("YBR_FULL_422", 3) if self.allocated == 8 && !self.planes => {
                // Two of brightness, then the colours that they share.
                bytes.chunks_exact(4).flat_map(|four| four.iter().take(2)).copied().take(count).collect()
            }
            (_, 3) => self.colours(bytes, count)?,
            ("PALETTE COLOR", 1) => self.by_palette(bytes, count)?,
            _ => self.windowed(bytes, count)?,
        };
        let mut grey: Vec<u8> = grey;
        grey.resize(count, 0);
        Ok(Picture { width: self.columns.into(), height: self.rows.into(), grey, resolution: None })
    }

    /// The bytes of colours, the high ones of wider samples.
    fn colours(&self, bytes: &[u8], count: usize) -> Result<Vec<u8>, Reason> {
        let bytes: Cow<'_, [u8]> = match self.allocated {
            8 => bytes.into(),
            16 => self.wide(bytes).map(|sample| (sample >> self.stored.saturating_sub(8).min(8)) as u8).collect(),
            _ => return Err(Reason::Unsupported),
        };
        let is_ybr = self.photometric.starts_with("YBR");
        let at = |colour: usize, n: usize| {
            let place = if self.planes { colour * count + n } else { n * 3 + colour };
            bytes.get(place).copied().unwrap_or(0)
        };
        Ok(match (is_ybr, self.planes) {
            (true, _) => (0..count).map(|n| at(0, n)).collect(),
            (false, true) => (0..count).map(|n| brightness(at(0, n), at(1, n), at(2, n))).collect(),
            (false, false) => picture::grey(Channels::Rgb, &bytes, count),
        })
    }

    fn by_palette(&self, bytes: &[u8], count: usize) -> Result<Vec<u8>, Reason> {
        let entry = |colour: usize, index: u16| {
            let (length, first, bits, entries) = self.palette.get(colour)?;
            let index = usize::from(index.saturating_sub(*first));
            let length = if *length == 0 { 1 << 16 } else { usize::from(*length) };
            let index = index.min(length.saturating_sub(1));
            // Entries of eight bits may lie in words, too.
            let is_narrow = *bits == 8 && entries.len() < length * 2;
            let place = match (is_narrow, self.big_endian, *bits) {
                (true, ..) => index,
                (false, false, 16) | (false, true, 8) => index * 2 + 1,
                (false, ..) => index * 2,
            };
            entries.get(place).copied()
        };
        let shade = |index: u16| Some(brightness(entry(0, index)?, entry(1, index)?, entry(2, index)?));
        let most = if self.allocated == 8 { 255 } else { u16::MAX };
        let shades: Vec<u8> = (0..=most).map(|index| shade(index).unwrap_or(0)).collect();
        let of = |index: usize| shades.get(index).copied().unwrap_or(0);
        match self.allocated {
            8 => Ok(bytes.iter().take(count).map(|index| of(usize::from(*index))).collect()),
            16 => Ok(self.wide(bytes).take(count).map(|index| of(usize::from(index))).collect()),
            _ => Err(Reason::Unsupported),
        }
    }

    fn wide<'b>(&self, bytes: &'b [u8]) -> impl Iterator<Item = u16> + use<'b> {
        let big_endian = self.big_endian;
        bytes.chunks_exact(2).map(move |pair| {
            let pair = [pair.first().copied().unwrap_or(0), pair.get(1).copied().unwrap_or(0)];
            if big_endian { u16::from_be_bytes(pair) } else { u16::from_le_bytes(pair) }
        })
    }

    /// Shades of grey through the window that the file names, or from the darkest to the brightest sample.
    fn windowed(&self, bytes: &[u8], count: usize) -> Result<Vec<u8>, Reason> {
        let raw: Vec<u16> = match self.allocated {
            1 => (0..count).map(|n| u16::from(bytes.get(n / 8).is_some_and(|byte| byte >> (n % 8) & 1 == 1))).collect(),
            8 => bytes.iter().take(count).map(|byte| u16::from(*byte)).collect(),
            16 => self.wide(bytes).take(count).collect(),
            _ => return Err(Reason::Unsupported),
        };
        let (shift, bits) = ((self.high + 1).saturating_sub(self.stored).min(15), u32::from(self.stored.clamp(1, 16)));
        let value = |raw: u16| {
            let value = i32::from(raw >> shift) & ((1 << bits) - 1);
            let is_negative = self.signed && value >> (bits - 1) & 1 == 1;
            let value = if is_negative { value - (1 << bits) } else { value };
            value as f32 * self.slope.unwrap_or(1.0) + self.intercept.unwrap_or(0.0)
        };
        let through = |low: f32, high: f32| -> Vec<u8> {
            let span = (high - low).max(f32::MIN_POSITIVE);
            let shade = |raw: u16| ((value(raw) - low) / span * 255.0).clamp(0.0, 255.0) as u8;
            let most = raw.iter().copied().max().unwrap_or(0);
            let shades: Vec<u8> = (0..=most).map(shade).collect();
            raw.iter().map(|raw| shades.get(usize::from(*raw)).copied().unwrap_or(0)).collect()
        };
        let window = self.centre.zip(self.width).filter(|(centre, width)| centre.is_finite() && *width >= 1.0);
        let mut grey = match window {
            // PS3.3 C.11.2.1.2.1.
            Some((centre, width)) => through(centre - 0.5 - (width - 1.0) / 2.0, centre - 0.5 + (width - 1.0) / 2.0),
            None => Vec::new(),
        };
        if is_flat(&grey) {
            let (mut low, mut high) = (f32::MAX, f32::MIN);
            for raw in &raw {
                let value = value(*raw);
                (low, high) = (low.min(value), high.max(value));
            }
            grey = through(low, high);
        }
        if self.photometric == "MONOCHROME1" {
            grey.iter_mut().for_each(|grey| *grey = 255 - *grey);
        }
        Ok(grey)
    }
}

fn is_flat(grey: &[u8]) -> bool {
    let (low, high) = grey.iter().fold((255, 0), |(low, high), grey| ((*grey).min(low), (*grey).max(high)));
    high < low || high - low < FLAT
}

/// Makes the darkest black and the brightest white, where they are close.
fn stretch(grey: &mut [u8]) {
    let (low, high) = grey.iter().fold((255, 0), |(low, high), grey| ((*grey).min(low), (*grey).max(high)));
    if low < high && high - low < 128 {
        let span = u32::from(high - low);
        grey.iter_mut().for_each(|grey| *grey = (u32::from(*grey - low) * 255 / span) as u8);
    }
}

/// The bytes of a packed frame: one piece each, or as many as the table of offsets or the marks at their beginnings say.
fn joined<'a>(pieces: &[&'a [u8]], index: usize, frames: usize) -> Option<Cow<'a, [u8]>> {
    let (offsets, pieces) = pieces.split_first()?;
    if frames <= 1 {
        return Some(if let [one] = pieces { (*one).into() } else { pieces.concat().into() });
    }
    if pieces.len() == frames {
        return pieces.get(index).map(|piece| (*piece).into());
    }
    let mut starts: Vec<usize> = Vec::new();
    if offsets.len() == frames * 4 {
        let mut at = 0_usize;
        let places: Vec<usize> = offsets
            .chunks_exact(4)
            .filter_map(|four| four.first_chunk())
            .map(|four| u32::from_le_bytes(*four) as usize)
            .collect();
        for (number, piece) in pieces.iter().enumerate() {
            if places.get(starts.len()) == Some(&at) {
                starts.push(number);
            }
            at = at.saturating_add(piece.len()).saturating_add(8);
        }
    } else {
        let begins = |piece: &&[u8]| piece.starts_with(b"\xff\xd8") || piece.starts_with(b"\xff\x4f\xff\x51");
        starts = pieces.iter().enumerate().filter(|(_, piece)| begins(piece)).map(|(number, _)| number).collect();
    }
    let from = *starts.get(index)?;
    let to = starts.get(index + 1).copied().unwrap_or(pieces.len());
    Some(pieces.get(from..to)?.concat().into())
}

/// PackBits, up to so many bytes.
fn unpack(packed: &[u8], most: usize, give: &mut dyn FnMut(usize, u8)) {
    let (mut at, mut written) = (0, 0);
    while written < most
        && let Some(&head) = packed.get(at)
    {
        at += 1;
        match head {
            0..=127 => {
                let length = usize::from(head) + 1;
                let bytes = packed.get(at..(at + length).min(packed.len())).unwrap_or_default();
                bytes.iter().enumerate().for_each(|(n, byte)| give(written + n, *byte));
                (at, written) = (at + length, written + length);
            }
            128 => {}
            _ => {
                let (length, byte) = (257 - usize::from(head), packed.get(at).copied().unwrap_or(0));
                let end = (written + length).min(most);
                (written..end).for_each(|n| give(n, byte));
                (at, written) = (at + 1, written + length);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Own<'a> = (u16, &'a [u8; 2], &'a [u8]);

    /// A file of a picture of four by two pixels, with these elements of group 28 in order.
    fn file(syntax: &str, own: &[Own<'_>], pixels: &[u8]) -> Vec<u8> {
        let mut out = vec![0; 128];
        out.extend(b"DICM");
        out.extend([&[2, 0, 0x10, 0], &b"UI"[..], &(syntax.len() as u16).to_le_bytes(), syntax.as_bytes()].concat());
        let mut own: Vec<Own<'_>> = own.to_vec();
        own.extend([(0x10, b"US", &[2_u8, 0][..]), (0x11, b"US", &[4, 0])]);
        own.sort_by_key(|(number, ..)| *number);
        for (number, kind, value) in own {
            out.extend([0x28, 0]);
            out.extend(number.to_le_bytes());
            out.extend(kind);
            if kind == b"OW" {
                out.extend([0, 0]);
                out.extend((value.len() as u32).to_le_bytes());
            } else {
                out.extend((value.len() as u16).to_le_bytes());
            }
            out.extend(value);
        }
        out.extend([0xe0, 0x7f, 0x10, 0, b'O', b'W', 0, 0]);
        out.extend(pixels);
        out
    }

    fn plain(pixels: &[u8]) -> Vec<u8> {
        [&(pixels.len() as u32).to_le_bytes(), pixels].concat()
    }

    /// Pieces after a table of offsets.
    fn packed(offsets: &[u32], pieces: &[&[u8]]) -> Vec<u8> {
        let mut out = u32::MAX.to_le_bytes().to_vec();
        let offsets: Vec<u8> = offsets.iter().flat_map(|offset| offset.to_le_bytes()).collect();
        for piece in std::iter::once(&offsets[..]).chain(pieces.iter().copied()) {
            out.extend([0xfe, 0xff, 0, 0xe0]);
            out.extend((piece.len() as u32).to_le_bytes());
            out.extend(piece);
        }
        out.extend([0xfe, 0xff, 0xdd, 0xe0, 0, 0, 0, 0]);
        out
    }

    const PLAIN: &str = "1.2.840.10008.1.2.1";
    const EIGHT: [Own<'_>; 2] = [(0x100, b"US", &[8, 0]), (0x101, b"US", &[8, 0])];
    const TWELVE: [Own<'_>; 3] = [(0x100, b"US", &[16, 0]), (0x101, b"US", &[12, 0]), (0x102, b"US", &[11, 0])];
    const RAMP: [u16; 8] = [0, 600, 1000, 1500, 2000, 3000, 4095, 4095];

    /// The shades of each frame by its number.
    fn seen(bytes: &[u8]) -> Vec<(u32, Vec<u8>)> {
        let mut out = Vec::new();
        each(bytes, &mut |number, picture| {
            assert_eq!((picture.width, picture.height), (4, 2));
            out.push((number, picture.grey));
        });
        out
    }

    fn ramp() -> Vec<u8> {
        RAMP.iter().flat_map(|sample| sample.to_le_bytes()).collect()
    }

    #[test]
    fn samples_are_seen_through_their_window_and_the_right_way_round() {
        let two: Own<'_> = (4, b"CS", b"MONOCHROME2 ");
        let windowed = [&TWELVE[..], &[two, (0x1050, b"DS", b"1500.5"), (0x1051, b"DS", b"1001 ")]].concat();
        let shades = vec![0, 0, 0, 127, 255, 255, 255, 255];
        assert_eq!(seen(&file(PLAIN, &windowed, &plain(&ramp()))), [(1, shades.clone())]);
        let turned =
            [&TWELVE[..], &[(4, b"CS", b"MONOCHROME1 "), (0x1050, b"DS", b"1500.5"), (0x1051, b"DS", b"1001 ")]]
                .concat();
        let inverted: Vec<u8> = shades.iter().map(|shade| 255 - shade).collect();
        assert_eq!(seen(&file(PLAIN, &turned, &plain(&ramp()))), [(1, inverted)]);
        // Without a window, and with one in which nothing can be seen, all shades are shown.
        let all: Vec<u8> = RAMP.iter().map(|sample| (f32::from(*sample) / 4095.0 * 255.0) as u8).collect();
        let blind = [&TWELVE[..], &[two, (0x1050, b"DS", b"-90000"), (0x1051, b"DS", b"10")]].concat();
        for own in [[&TWELVE[..], &[two]].concat(), blind] {
            assert_eq!(seen(&file(PLAIN, &own, &plain(&ramp()))), [(1, all.clone())]);
        }
        // Signed, rescaled: -2048 is black.
        let signed: Vec<u8> =
            RAMP.iter().map(|sample| sample.wrapping_sub(2048) & 0xfff).flat_map(u16::to_le_bytes).collect();
        let own =
            [&TWELVE[..], &[two, (0x103, b"US", &[1, 0]), (0x1052, b"DS", b"-1024 "), (0x1053, b"DS", b"2 ")]].concat();
        assert_eq!(seen(&file(PLAIN, &own, &plain(&signed))), [(1, all)]);
        // The high byte first.
        let big: Vec<u8> = RAMP.iter().flat_map(|sample| sample.to_be_bytes()).collect();
        assert!(seen(&file(PLAIN, &windowed, &plain(&big))) != [(1, shades)]);
    }

    #[test]
    fn colours_planes_and_palettes_are_brightness() {
        let three: Own<'_> = (2, b"US", &[3, 0]);
        let own = [&EIGHT[..], &[three, (4, b"CS", b"RGB ")]].concat();
        let pixels: Vec<u8> = (0..8).flat_map(|n| [n * 30, n * 30, n * 30]).collect();
        let shades: Vec<u8> = (0..8).map(|n| n * 30).collect();
        assert_eq!(seen(&file(PLAIN, &own, &plain(&pixels))), [(1, shades.clone())]);
        let own = [&EIGHT[..], &[three, (4, b"CS", b"RGB "), (6, b"US", &[1, 0])]].concat();
        assert_eq!(seen(&file(PLAIN, &own, &plain(&shades.repeat(3)))), [(1, shades.clone())]);
        let own = [&EIGHT[..], &[three, (4, b"CS", b"YBR_FULL_422")]].concat();
        let halved: Vec<u8> = shades.chunks(2).flat_map(|pair| [pair[0], pair[1], 128, 128]).collect();
        assert_eq!(seen(&file(PLAIN, &own, &plain(&halved))), [(1, shades.clone())]);
        let entries: Vec<u8> = (0..8_u16).flat_map(|n| ((n * 30) << 8).to_le_bytes()).collect();
        let mut own = [&EIGHT[..], &[(4, b"CS", b"PALETTE COLOR ")]].concat();
        own.extend([0x1101, 0x1102, 0x1103].map(|number| (number, b"US", &[8_u8, 0, 0, 0, 16, 0][..])));
        own.extend([0x1201, 0x1202, 0x1203].map(|number| (number, b"OW", &entries[..])));
        assert_eq!(seen(&file(PLAIN, &own, &plain(&[0, 1, 2, 3, 4, 5, 6, 7]))), [(1, shades)]);
    }

    #[test]
    fn of_many_frames_the_first_and_the_last_are_looked_at() {
        let own = [&EIGHT[..], &[(4, b"CS", b"MONOCHROME2 "), (8, b"IS", b"7 ")]].concat();
        let frames: Vec<u8> = (0..56).map(|n| if n % 8 == 0 { n / 8 * 40 } else { 255 }).collect();
        let seen = seen(&file(PLAIN, &own, &plain(&frames)));
        let firsts: Vec<(u32, bool)> = seen.iter().map(|(number, grey)| (*number, grey[0] < grey[1])).collect();
        assert_eq!(firsts, [(1, true), (2, true), (6, true), (7, true)]);
    }

    #[test]
    fn packed_frames_are_as_plain_ones() {
        let own = [&TWELVE[..], &[(4, b"CS", b"MONOCHROME2 ")]].concat();
        let expected = seen(&file(PLAIN, &own, &plain(&ramp())));
        // Run lengths: the high bytes as they are and the last two as a run, then the low ones.
        let (low, high): (Vec<u8>, Vec<u8>) = ramp().chunks(2).map(|pair| (pair[0], pair[1])).unzip();
        let mut run = vec![0; 64];
        (run[0], run[4], run[8]) = (2, 64, 73);
        run.extend([&[5][..], &high[..6], &[0xff, high[7]], &[7], &low].concat());
        assert_eq!(seen(&file("1.2.840.10008.1.2.5", &own, &packed(&[0], &[&run]))), expected);
        let coded = lossless();
        let syntax = "1.2.840.10008.1.2.4.70";
        assert_eq!(seen(&file(syntax, &own, &packed(&[], &[&coded]))), expected);
        // Two frames, the first in two pieces.
        let twice = [&own[..], &[(8, b"IS", b"2 ")]].concat();
        let (one, two) = coded.split_at(40);
        let second = (coded.len() + 16) as u32;
        for offsets in [&[0, second][..], &[]] {
            let got = seen(&file(syntax, &twice, &packed(offsets, &[one, two, &coded])));
            assert_eq!(got, [(1, expected[0].1.clone()), (2, expected[0].1.clone())]);
        }
        let looked = each(&file("1.2.840.10008.1.2.4.80", &own, &packed(&[], &[&coded])), &mut |_, _| ()).unwrap();
        assert_eq!((looked.packing, looked.numbers.len()), (Some("JPEG-LS"), 0));
        for file in [
            file(syntax, &twice, &packed(&[], &[one, two, &coded])),
            file("1.2.840.10008.1.2.5", &own, &packed(&[0], &[&run])),
        ] {
            for at in 132..file.len() {
                let mut damaged = file.clone();
                damaged[at] ^= 0x5a;
                each(&damaged, &mut |_, _| ());
                damaged.truncate(at);
                each(&damaged, &mut |_, _| ());
            }
        }
    }

    /// The ramp as lossless JPEG, each sample told by the one before it; codes of five bits for the sixteen sizes.
    fn lossless() -> Vec<u8> {
        let mut out = vec![0xff, 0xd8, 0xff, 0xc3, 0, 11, 12, 0, 2, 0, 4, 1, 1, 0x11, 0, 0xff, 0xc4, 0, 35, 0];
        out.extend([0, 0, 0, 0, 16, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        out.extend(0..16);
        out.extend([0xff, 0xda, 0, 8, 1, 1, 0, 1, 0, 0]);
        let mut bits = String::new();
        for (n, sample) in RAMP.iter().enumerate() {
            let before = match n {
                0 => 1 << 11,
                4 => i32::from(RAMP[0]),
                n => i32::from(RAMP[n - 1]),
            };
            let difference = i32::from(*sample) - before;
            let size = (32 - difference.unsigned_abs().leading_zeros()) as usize;
            let value = if difference < 0 { difference + (1 << size) - 1 } else { difference };
            bits += &format!("{size:05b}");
            bits += &if size == 0 { String::new() } else { format!("{value:0size$b}") };
        }
        bits += &"1".repeat(7 - (bits.len() + 7) % 8);
        for byte in bits.as_bytes().chunks(8) {
            let byte = u8::from_str_radix(std::str::from_utf8(byte).unwrap(), 2).unwrap();
            out.push(byte);
            if byte == 0xff {
                out.push(0);
            }
        }
        out.extend([0xff, 0xd9]);
        out
    }
}
