//! Lossless JPEG (T.81, process 14, annex H): how archives of hospitals keep radiographs. Samples of two to sixteen bits, every
//! predictor, restarts; components that are not sampled alike are unsupported.

use super::super::UnreadReason as Reason;
use super::decode::pixels;

/// Samples as the file has them, components of a pixel side by side.
#[derive(Debug)]
pub(crate) struct Lossless {
    pub(crate) rows: u16,
    pub(crate) columns: u16,
    pub(crate) components: u16,
    pub(crate) samples: Vec<u16>,
}

/// A table of codes: for each length, the first code, and where its values begin.
#[derive(Default, Clone)]
struct Codes {
    counts: [u8; 16],
    values: Vec<u8>,
}

/// Bits of the entropy-coded part.
struct Bits<'a> {
    bytes: &'a [u8],
    at: usize,
    held: u32,
    count: u32,
    /// Bits given that the file no longer has.
    beyond: u32,
}

/// What precedes the samples.
#[derive(Default)]
struct Head {
    precision: u8,
    rows: u16,
    columns: u16,
    components: Vec<u8>,
    tables: [Codes; 4],
    restart: u32,
}

/// Decodes a picture.
pub(crate) fn lossless(bytes: &[u8]) -> Result<Lossless, Reason> {
    let mut head = Head::default();
    let mut at = 2;
    loop {
        // Markers may be filled up.
        while bytes.get(at) == Some(&0xff) && bytes.get(at + 1) == Some(&0xff) {
            at += 1;
        }
        let (Some(0xff), Some(marker)) = (bytes.get(at), bytes.get(at + 1)) else { return Err(Reason::Corrupt) };
        let length =
            bytes.get(at + 2..).and_then(|rest| rest.first_chunk()).map(|two| usize::from(u16::from_be_bytes(*two)));
        let length = length.filter(|length| *length >= 2).ok_or(Reason::Corrupt)?;
        let segment = bytes.get(at + 4..at + 2 + length).ok_or(Reason::Corrupt)?;
        at += 2 + length;
        match marker {
            0xc3 => head.frame(segment)?,
            0xc4 => head.codes(segment)?,
            0xdd => head.restart = segment.first_chunk().map_or(0, |two| u32::from(u16::from_be_bytes(*two))),
            0xda => return head.scan(segment, bytes.get(at..).unwrap_or_default()),
            0xc0..=0xc2 | 0xc5..=0xc7 | 0xc9..=0xcb | 0xcd..=0xcf | 0xf7 => return Err(Reason::Unsupported),
            _ => {}
        }
    }
}

impl Head {
    fn frame(&mut self, segment: &[u8]) -> Result<(), Reason> {
        let [precision, a, b, c, d, count, parts @ ..] = segment else { return Err(Reason::Corrupt) };
        self.precision = *precision;
        self.rows = u16::from_be_bytes([*a, *b]);
        self.columns = u16::from_be_bytes([*c, *d]);
        if !(2..=16).contains(precision) || !(1..=4).contains(count) {
            return Err(Reason::Corrupt);
        }
        let parts: Vec<&[u8]> = parts.chunks_exact(3).take(usize::from(*count)).collect();
        if parts.iter().any(|part| part.get(1) != parts.first().and_then(|first| first.get(1))) {
            return Err(Reason::Unsupported);
        }
        self.components = parts.iter().filter_map(|part| part.first().copied()).collect();
        if self.components.len() == usize::from(*count) { Ok(()) } else { Err(Reason::Corrupt) }
    }

    fn codes(&mut self, mut segment: &[u8]) -> Result<(), Reason> {
        while let Some((place, rest)) = segment.split_first() {
            let counts: [u8; 16] = *rest.first_chunk().ok_or(Reason::Corrupt)?;
            let all: usize = counts.iter().map(|count| usize::from(*count)).sum();
            let values = rest.get(16..16 + all).ok_or(Reason::Corrupt)?;
            if let Some(table) = self.tables.get_mut(usize::from(place & 15)) {
                *table = Codes { counts, values: values.to_vec() };
            }
            segment = rest.get(16 + all..).unwrap_or_default();
        }
        Ok(())
    }

    fn scan(&self, segment: &[u8], coded: &[u8]) -> Result<Lossless, Reason> {
        let count = usize::from(*segment.first().ok_or(Reason::Corrupt)?);
        if count != self.components.len() || count == 0 {
            // Components in scans of their own are as rare as they are allowed.
            return Err(if count == 0 { Reason::Corrupt } else { Reason::Unsupported });
        }
        let [predictor, _, low] =
            *segment.get(1 + count * 2..).and_then(|rest| rest.first_chunk()).ok_or(Reason::Corrupt)?;
        let tables: Vec<&Codes> = (0..count)
            .filter_map(|n| segment.get(2 + n * 2))
            .filter_map(|places| self.tables.get(usize::from(places >> 4)))
            .collect();
        let shift = u32::from(low & 15);
        if tables.len() != count || shift >= u32::from(self.precision) {
            return Err(Reason::Corrupt);
        }
        let (rows, columns) = (usize::from(self.rows), usize::from(self.columns));
        let all = pixels(columns as u64, rows as u64)?;
        let width = columns * count;
        let mut samples = vec![0_u16; all * count];
        let mut bits = Bits { bytes: coded, at: 0, held: 0, count: 0, beyond: 0 };
        let start = 1_i32 << (u32::from(self.precision) - shift - 1);
        let (mut left, mut is_first_row) = (self.restart, true);
        'rows: for row in 0..rows {
            for column in 0..columns {
                if self.restart > 0 && left == 0 {
                    bits.restart();
                    (left, is_first_row) = (self.restart, true);
                }
                let is_start = self.restart > 0 && left == self.restart || row == 0 && column == 0;
                left = left.saturating_sub(1);
                for (component, table) in tables.iter().enumerate() {
                    let Some(difference) = bits.difference(table) else { break 'rows };
                    let place = row * width + column * count + component;
                    let of = |place: Option<usize>| {
                        place.and_then(|place| samples.get(place)).map_or(0, |value| i32::from(*value))
                    };
                    let (a, b) = (of(place.checked_sub(count)), of(place.checked_sub(width)));
                    let c = of(place.checked_sub(width + count));
                    let guess = match (is_start, is_first_row, column, predictor) {
                        (true, ..) => start,
                        (_, true, ..) => a,
                        (_, _, 0, _) => b,
                        (.., 1) => a,
                        (.., 2) => b,
                        (.., 3) => c,
                        (.., 4) => a + b - c,
                        (.., 5) => a + ((b - c) >> 1),
                        (.., 6) => b + ((a - c) >> 1),
                        _ => (a + b) >> 1,
                    };
                    if let Some(sample) = samples.get_mut(place) {
                        *sample = (guess + difference) as u16;
                    }
                }
            }
            is_first_row = false;
        }
        samples.iter_mut().for_each(|sample| *sample <<= shift);
        Ok(Lossless { rows: self.rows, columns: self.columns, components: count as u16, samples })
    }
}

impl Bits<'_> {
    fn bit(&mut self) -> u32 {
        if self.count == 0 {
            let byte = match (self.bytes.get(self.at), self.bytes.get(self.at + 1)) {
                (Some(0xff), Some(0)) => {
                    self.at += 2;
                    0xff
                }
                // A marker ends the samples, or a run of them.
                (Some(0xff), _) | (None, _) => {
                    self.beyond += 8;
                    0
                }
                (Some(byte), _) => {
                    self.at += 1;
                    *byte
                }
            };
            (self.held, self.count) = (u32::from(byte), 8);
        }
        self.count -= 1;
        self.held >> self.count & 1
    }

    /// The next difference; `None` where the samples have ended.
    fn difference(&mut self, table: &Codes) -> Option<i32> {
        let (mut code, mut first, mut index) = (0_u32, 0_u32, 0_usize);
        for count in table.counts {
            code = code << 1 | self.bit();
            let count = u32::from(count);
            if code < first + count {
                let size = u32::from(*table.values.get(index + (code - first) as usize)?);
                return (self.beyond < 64).then(|| self.value(size));
            }
            index += count as usize;
            first = (first + count) << 1;
        }
        None
    }

    fn value(&mut self, size: u32) -> i32 {
        match size {
            0 => 0,
            1..=15 => {
                let bits = (0..size).fold(0_i32, |bits, _| bits << 1 | self.bit() as i32);
                if bits >> (size - 1) == 0 { bits - (1 << size) + 1 } else { bits }
            }
            _ => 1 << 15,
        }
    }

    /// Goes past the next restart marker, if it comes next.
    fn restart(&mut self) {
        self.count = 0;
        if let (Some(0xff), Some(0xd0..=0xd7)) = (self.bytes.get(self.at), self.bytes.get(self.at + 1)) {
            self.at += 2;
        }
    }
}
