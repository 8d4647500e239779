//! Undoes the filters of streams, each within a bound; a stream that breaks off gives what it has.
//!
//! Filters of pictures are not undone: text is not in them.

use super::object::{Dict, Object, digit};

/// What a stream holds.
pub(super) struct Decoded {
    pub(super) bytes: Vec<u8>,
    /// Whether some is missing, since it was damaged or over the limit, or is a picture.
    pub(super) lost: Option<Lost>,
    /// The filter that was not undone, and its parameters.
    pub(super) stopped: Option<(Vec<u8>, Option<Dict>)>,
}

#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) enum Lost {
    Damaged,
    Limit,
    /// A filter that is not undone here.
    Picture,
}

/// Filters one upon another.
const FILTERS: usize = 8;

/// Undoes filters in order. `parameters` go by the same places.
pub(super) fn decode(bytes: Vec<u8>, filters: &[Vec<u8>], parameters: &[Option<Dict>], limit: u64) -> Decoded {
    let mut decoded = Decoded { bytes, lost: None, stopped: None };
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    for (index, filter) in filters.iter().enumerate().take(FILTERS) {
        let parameters = parameters.get(index).and_then(Option::as_ref);
        let input = std::mem::take(&mut decoded.bytes);
        let (bytes, lost) = match filter.as_slice() {
            b"FlateDecode" | b"Fl" => inflate(&input, limit),
            b"LZWDecode" | b"LZW" => {
                let early = parameters.and_then(|found| found.get(b"EarlyChange")).and_then(Object::integer);
                lzw(&input, u16::from(early != Some(0)), limit)
            }
            b"ASCIIHexDecode" | b"AHx" => (hexadecimal(&input), None),
            b"ASCII85Decode" | b"A85" => (base_85(&input), None),
            b"RunLengthDecode" | b"RL" => run_length(&input, limit),
            b"Crypt" => (input, None),
            _ => (input, Some(Lost::Picture)),
        };
        decoded.bytes = bytes;
        decoded.lost = decoded.lost.or(lost);
        if lost == Some(Lost::Picture) {
            decoded.stopped = Some((filter.clone(), parameters.cloned()));
            break;
        }
        if matches!(filter.as_slice(), b"FlateDecode" | b"Fl" | b"LZWDecode" | b"LZW")
            && let Some(parameters) = parameters
        {
            decoded.bytes = unpredicted(std::mem::take(&mut decoded.bytes), parameters);
        }
    }
    decoded
}

fn inflate(input: &[u8], limit: usize) -> (Vec<u8>, Option<Lost>) {
    // Some writers leave a line end before the stream.
    let start = input.iter().take(2).take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
    let input = input.get(start..).unwrap_or_default();
    let (flat, lost) = inflate_from(&mut flate2::Decompress::new(true), input, limit);
    if flat.is_empty() && lost == Some(Lost::Damaged) && input.len() > 2 {
        // Its two bytes of header are wrong: what follows may be whole.
        let (bare, _) = inflate_from(&mut flate2::Decompress::new(false), input.get(2..).unwrap_or_default(), limit);
        return (bare, lost);
    }
    (flat, lost)
}

fn inflate_from(inflater: &mut flate2::Decompress, input: &[u8], limit: usize) -> (Vec<u8>, Option<Lost>) {
    let mut out: Vec<u8> = Vec::with_capacity(input.len().saturating_mul(3).min(limit).min(1 << 20));
    loop {
        if out.len() == out.capacity() {
            if out.len() > limit {
                return (out, Some(Lost::Limit));
            }
            out.reserve(out.len().clamp(4096, 8 << 20));
        }
        let (read, written) = (inflater.total_in() as usize, out.len());
        let rest = input.get(read..).unwrap_or_default();
        let status = inflater.decompress_vec(rest, &mut out, flate2::FlushDecompress::None);
        let stuck = inflater.total_in() as usize == read && out.len() == written;
        match status {
            Ok(flate2::Status::StreamEnd) => break,
            Ok(_) if stuck && out.len() < out.capacity() => return over(out, limit, Some(Lost::Damaged)),
            Ok(_) => {}
            Err(_) => return over(out, limit, Some(Lost::Damaged)),
        }
    }
    over(out, limit, None)
}

fn over(mut out: Vec<u8>, limit: usize, lost: Option<Lost>) -> (Vec<u8>, Option<Lost>) {
    if out.len() > limit {
        out.truncate(limit);
        return (out, Some(Lost::Limit));
    }
    (out, lost)
}

fn lzw(input: &[u8], early: u16, limit: usize) -> (Vec<u8>, Option<Lost>) {
    const CLEAR: u16 = 256;
    const END: u16 = 257;
    // Where the string of each code from 258 lies in what was written: it begins with the string of the code before.
    let mut strings: Vec<(usize, usize)> = Vec::new();
    let mut out: Vec<u8> = Vec::new();
    let (mut bits, mut held, mut width) = (0_u32, 0_u32, 9_u32);
    let mut before: Option<(usize, usize)> = None;
    let mut rest = input.iter();
    loop {
        while held < width {
            let Some(byte) = rest.next() else { return (out, None) };
            bits = bits << 8 | u32::from(*byte);
            held += 8;
        }
        let code = (bits >> (held - width) & ((1 << width) - 1)) as u16;
        held -= width;
        if out.len() > limit {
            out.truncate(limit);
            return (out, Some(Lost::Limit));
        }
        match code {
            CLEAR => {
                strings.clear();
                width = 9;
                before = None;
                continue;
            }
            END => return (out, None),
            _ => {}
        }
        let start = out.len();
        if code < 256 {
            out.push(code as u8);
        } else if let Some((from, to)) = strings.get(usize::from(code - 258)).copied() {
            out.extend_from_within(from..to);
        } else if let (Some((from, to)), true) = (before, usize::from(code - 258) == strings.len()) {
            out.extend_from_within(from..to);
            let first = out.get(from).copied().unwrap_or(0);
            out.push(first);
        } else {
            return (out, Some(Lost::Damaged));
        }
        // The new string is the one before and one byte more; that byte follows it in what was written.
        if let Some((from, to)) = before
            && strings.len() < 4096 - 258
        {
            strings.push((from, to + 1));
        }
        before = Some((start, out.len()));
        let next = strings.len() as u16 + 258 + 1;
        width = match next + early {
            0..=512 => 9,
            513..=1024 => 10,
            1025..=2048 => 11,
            _ => 12,
        };
    }
}

fn hexadecimal(input: &[u8]) -> Vec<u8> {
    let digits: Vec<u8> = input.iter().take_while(|byte| **byte != b'>').filter_map(|byte| digit(*byte)).collect();
    digits
        .chunks(2)
        .map(|pair| pair.iter().fold(0, |value, half| value << 4 | half) << (4 * (2 - pair.len())))
        .collect()
}

fn base_85(input: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(input.len() / 5 * 4);
    let mut group = [0_u8; 5];
    let mut count = 0;
    let input = input.strip_prefix(b"<~").unwrap_or(input);
    for byte in input {
        match byte {
            b'!'..=b'u' => {
                if let Some(place) = group.get_mut(count) {
                    *place = byte - b'!';
                }
                count += 1;
                if count == 5 {
                    out.extend_from_slice(&quadruple(&group));
                    count = 0;
                }
            }
            b'z' if count == 0 => out.extend_from_slice(&[0; 4]),
            b'~' => break,
            _ => {}
        }
    }
    if count > 1 {
        group.iter_mut().skip(count).for_each(|place| *place = 84);
        out.extend_from_slice(quadruple(&group).get(..count - 1).unwrap_or_default());
    }
    out
}

fn quadruple(group: &[u8; 5]) -> [u8; 4] {
    group.iter().fold(0_u32, |value, digit| value.wrapping_mul(85).wrapping_add(u32::from(*digit))).to_be_bytes()
}

fn run_length(input: &[u8], limit: usize) -> (Vec<u8>, Option<Lost>) {
    let mut out = Vec::new();
    let mut rest = input;
    while let [length, tail @ ..] = rest {
        match usize::from(*length) {
            128 => break,
            length @ 0..=127 => {
                out.extend(tail.iter().take(length + 1));
                rest = tail.get(length + 1..).unwrap_or_default();
            }
            length => {
                let Some((byte, after)) = tail.split_first() else { break };
                out.resize(out.len() + 257 - length, *byte);
                rest = after;
            }
        }
        if out.len() > limit {
            return over(out, limit, None);
        }
    }
    (out, None)
}

/// Undoes the prediction of rows from those above (PNG) or of samples from those before (TIFF).
fn unpredicted(bytes: Vec<u8>, parameters: &Dict) -> Vec<u8> {
    let number = |key: &[u8], default: i64| {
        let value = parameters.get(key).and_then(Object::integer).unwrap_or(default);
        usize::try_from(value.clamp(1, 1 << 20)).unwrap_or(1)
    };
    let predictor = number(b"Predictor", 1);
    let (colors, bits, columns) = (number(b"Colors", 1), number(b"BitsPerComponent", 8), number(b"Columns", 1));
    let pixel = (colors * bits).div_ceil(8).max(1);
    let row = (colors * bits).saturating_mul(columns).div_ceil(8).max(1);
    match predictor {
        10.. => png(&bytes, pixel, row),
        2 if bits == 8 => tiff(bytes, colors, row),
        _ => bytes,
    }
}

fn png(bytes: &[u8], pixel: usize, row: usize) -> Vec<u8> {
    let mut out: Vec<u8> = Vec::with_capacity(bytes.len());
    for line in bytes.chunks(row.saturating_add(1)) {
        let Some((kind, line)) = line.split_first() else { break };
        let start = out.len();
        for (index, byte) in line.iter().enumerate() {
            let at = start + index;
            let read = |back: usize| at.checked_sub(back).and_then(|at| out.get(at)).copied().unwrap_or(0);
            let left = if index >= pixel { read(pixel) } else { 0 };
            let above = if start >= row { read(row) } else { 0 };
            let corner = if index >= pixel && start >= row { read(row + pixel) } else { 0 };
            let guess = match kind {
                1 => left,
                2 => above,
                3 => ((u16::from(left) + u16::from(above)) / 2) as u8,
                4 => paeth(left, above, corner),
                _ => 0,
            };
            out.push(byte.wrapping_add(guess));
        }
    }
    out
}

fn paeth(left: u8, above: u8, corner: u8) -> u8 {
    let (a, b, c) = (i16::from(left), i16::from(above), i16::from(corner));
    let (to_left, to_above, to_corner) = ((b - c).abs(), (a - c).abs(), (a + b - 2 * c).abs());
    match () {
        () if to_left <= to_above && to_left <= to_corner => left,
        () if to_above <= to_corner => above,
        () => corner,
    }
}

fn tiff(mut bytes: Vec<u8>, colors: usize, row: usize) -> Vec<u8> {
    for line in bytes.chunks_mut(row) {
        for index in colors..line.len() {
            let before = line.get(index - colors).copied().unwrap_or(0);
            if let Some(byte) = line.get_mut(index) {
                *byte = byte.wrapping_add(before);
            }
        }
    }
    bytes
}
