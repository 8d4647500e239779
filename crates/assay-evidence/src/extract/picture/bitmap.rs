//! Windows bitmaps and the Netpbm formats, which are simple enough to be read here.

use super::super::UnreadReason as Reason;
use super::super::little_endian::{u16_at, u32_at};
use super::Picture;
use super::decode::{Channels, grey, pixels};

/// A Windows or OS/2 bitmap of one, four, eight, sixteen, 24 or 32 bits a pixel, plain or run-length coded.
pub(super) fn bmp(bytes: &[u8]) -> Result<Picture, Reason> {
    let header = bytes.get(14..).ok_or(Reason::Corrupt)?;
    let start = u32_at(bytes, 10).ok_or(Reason::Corrupt)? as usize;
    dib(header, bytes.get(start..).unwrap_or_default())
}

/// A bitmap without its file header, as it stands in icons and metafiles: the header, and where the pixels begin.
pub(super) fn dib(header: &[u8], data: &[u8]) -> Result<Picture, Reason> {
    let read = || {
        let size = u32_at(header, 0)?;
        if size == 12 {
            let (width, height) = (u16_at(header, 4)?, u16_at(header, 6)?);
            return Some((size, i64::from(width), i64::from(height), u16_at(header, 10)?, 0, 0, 0));
        }
        let (width, height) = (u32_at(header, 4)? as i32, u32_at(header, 8)? as i32);
        let (packing, metres, colours) = (u32_at(header, 16)?, u32_at(header, 24)?, u32_at(header, 32)?);
        Some((size, i64::from(width), i64::from(height), u16_at(header, 14)?, packing, metres, colours))
    };
    let (size, width, height, bits, packing, metres, colours) = read().ok_or(Reason::Corrupt)?;
    let from_top = height < 0;
    let (width, height) = (width.unsigned_abs(), height.unsigned_abs());
    let count = pixels(width, height)?;
    let (across, down) = (width as usize, height as usize);
    let entry = if size == 12 { 3 } else { 4 };
    // Masks of three colours follow a plain header where sixteen or 32 bits are parted otherwise than usual.
    let masks = if packing == 3 && size == 40 { 12 } else { 0 };
    let palette = header.get(size as usize + masks..).unwrap_or_default();
    let most = if colours == 0 { 256 } else { colours.min(256) as usize };
    let palette: Vec<u8> = palette.chunks_exact(entry).take(most).map(luma).collect();
    let shade = |index: usize| palette.get(index).copied().unwrap_or(0);
    let mut out = vec![255_u8; count];
    let mut row_of = |y: usize, row: &mut dyn Iterator<Item = u8>| {
        let y = if from_top { y } else { down - 1 - y };
        let place = out.get_mut(y * across..(y + 1) * across).unwrap_or_default();
        place.iter_mut().zip(row).for_each(|(pixel, grey)| *pixel = grey);
    };
    match (packing, bits) {
        (1, 8) | (2, 4) => {
            let indices = run_lengths(data, across, down, bits);
            for (y, row) in indices.chunks_exact(across).enumerate() {
                row_of(y, &mut row.iter().map(|index| shade(usize::from(*index))));
            }
        }
        (0 | 3 | 6, 1 | 4 | 8 | 16 | 24 | 32) => {
            let line = (across * usize::from(bits)).div_ceil(32) * 4;
            for (y, row) in data.chunks(line).take(down).enumerate() {
                match bits {
                    1 | 4 | 8 => {
                        let each = 8 / usize::from(bits);
                        let part = |n: usize| {
                            let shift = 8 - usize::from(bits) * (n % each + 1);
                            row.get(n / each).map(|byte| usize::from(byte >> shift) & ((1 << bits) - 1))
                        };
                        row_of(y, &mut (0..across).map_while(|n| part(n).map(shade)));
                    }
                    16 => row_of(
                        y,
                        &mut row.chunks_exact(2).map(|pair| {
                            let value = u16::from_le_bytes([pair[0], pair[1]]);
                            let five = |shift: u16| ((value >> shift & 31) * 255 / 31) as u8;
                            luma(&[five(0), five(5), five(10)])
                        }),
                    ),
                    24 => row_of(y, &mut row.chunks_exact(3).map(luma)),
                    _ => row_of(y, &mut row.chunks_exact(4).map(luma)),
                }
            }
        }
        _ => return Err(Reason::Unsupported),
    }
    let resolution = (metres > 0).then(|| (f64::from(metres) * 0.0254).round() as u16);
    Ok(Picture { width: width as u32, height: height as u32, grey: out, resolution })
}

/// Blue, green, red.
fn luma(colour: &[u8]) -> u8 {
    match colour {
        [b, g, r, ..] => ((u32::from(*r) * 299 + u32::from(*g) * 587 + u32::from(*b) * 114) / 1000) as u8,
        _ => 255,
    }
}

/// Runs of palette indices (RLE8 and RLE4), to one index a pixel, rows as stored.
fn run_lengths(data: &[u8], across: usize, down: usize, bits: u16) -> Vec<u8> {
    let mut out = vec![0; across * down];
    let (mut x, mut y) = (0, 0);
    let mut at = 0;
    let mut put = |x: &mut usize, y: usize, index: u8| {
        if *x < across
            && let Some(pixel) = out.get_mut(y * across + *x)
        {
            *pixel = index;
        }
        *x += 1;
    };
    let part = |byte: u8, n: usize| match bits {
        4 if n.is_multiple_of(2) => byte >> 4,
        4 => byte & 15,
        _ => byte,
    };
    while let (Some(&count), Some(&value)) = (data.get(at), data.get(at + 1)) {
        at += 2;
        match (count, value) {
            (0, 0) => (x, y) = (0, y + 1),
            (0, 1) => break,
            (0, 2) => {
                let step = |n: usize| usize::from(data.get(n).copied().unwrap_or(0));
                (x, y) = (x + step(at), y + step(at + 1));
                at += 2;
            }
            (0, count) => {
                for n in 0..usize::from(count) {
                    let place = if bits == 4 { at + n / 2 } else { at + n };
                    put(&mut x, y, part(data.get(place).copied().unwrap_or(0), n));
                }
                let bytes = if bits == 4 { usize::from(count).div_ceil(2) } else { usize::from(count) };
                at += bytes.next_multiple_of(2);
            }
            (count, value) => (0..usize::from(count)).for_each(|n| put(&mut x, y, part(value, n))),
        }
        if y >= down {
            break;
        }
    }
    out
}

/// Portable bitmaps, grey maps and pixel maps, plain or raw.
pub(super) fn pnm(bytes: &[u8]) -> Result<Picture, Reason> {
    let kind = bytes.get(1).copied().unwrap_or(0);
    let mut at = 2;
    let number = |at: &mut usize| -> Option<u32> {
        loop {
            match bytes.get(*at)? {
                b'#' => *at += memchr::memchr(b'\n', bytes.get(*at..)?)?,
                byte if byte.is_ascii_whitespace() => *at += 1,
                _ => break,
            }
        }
        let digits = bytes.get(*at..)?.iter().take_while(|byte| byte.is_ascii_digit()).count();
        // Bits of a plain bitmap need no space between them.
        let digits = if kind == b'1' && *at > 12 { digits.min(1) } else { digits.min(9) };
        let text = bytes.get(*at..*at + digits)?;
        *at += digits;
        std::str::from_utf8(text).ok()?.parse().ok()
    };
    let mut head = || Some((number(&mut at)?, number(&mut at)?));
    let (width, height) = head().ok_or(Reason::Corrupt)?;
    let count = pixels(width.into(), height.into())?;
    let most = match kind {
        b'1' | b'4' => 1,
        b'2' | b'3' | b'5' | b'6' => {
            number(&mut at).filter(|most| (1..=65_535).contains(most)).ok_or(Reason::Corrupt)?
        }
        _ => return Err(Reason::Unsupported),
    };
    let scaled = |value: u32| (value.min(most) * 255 / most) as u8;
    let channels = if matches!(kind, b'3' | b'6') { Channels::Rgb } else { Channels::Grey };
    let samples = count * channels.count();
    let raw = bytes.get(at + 1..).unwrap_or_default();
    let values: Vec<u8> = match kind {
        b'1' => std::iter::from_fn(|| plain_bit(bytes, &mut at)).take(samples).collect(),
        b'2' | b'3' => std::iter::from_fn(|| number(&mut at)).map(scaled).take(samples).collect(),
        b'4' => {
            let line = (width as usize).div_ceil(8);
            let rows = raw.chunks(line).take(height as usize);
            rows.flat_map(|row| {
                (0..width as usize).map(|n| {
                    let byte = row.get(n / 8).copied().unwrap_or(0);
                    if byte >> (7 - n % 8) & 1 == 1 { 0 } else { 255 }
                })
            })
            .collect()
        }
        _ if most > 255 => raw
            .chunks_exact(2)
            .map(|pair| scaled(u32::from(u16::from_be_bytes([pair[0], pair[1]]))))
            .take(samples)
            .collect(),
        _ => raw.iter().map(|value| scaled(u32::from(*value))).take(samples).collect(),
    };
    Ok(Picture { width, height, grey: grey(channels, &values, count), resolution: None })
}

fn plain_bit(bytes: &[u8], at: &mut usize) -> Option<u8> {
    loop {
        let byte = *bytes.get(*at)?;
        *at += 1;
        match byte {
            b'0' => return Some(255),
            b'1' => return Some(0),
            _ => {}
        }
    }
}
