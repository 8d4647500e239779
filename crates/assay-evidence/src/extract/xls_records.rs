//! Records of Excel workbooks before 2007 (BIFF2 to BIFF8), the strings in them, and their encryption.

use super::little_endian::{u16_at, u32_at};
use super::office_crypt::{Cipher, Xor, XorKind, given};
use assay_model::{Sensitive, UnreadReason};
use encoding_rs::{Encoding, UTF_16LE};

pub(super) const CONTINUE: u16 = 0x3c;
pub(super) const END: u16 = 0x0a;
const PASSWORD: u16 = 0x2f;

/// With it Excel itself encrypts what is only protected against writing, and opens it without asking (MS-XLS 2.2.10).
const OWN: &str = "VelvetSweatshop";

/// Records, each a type and its data; ends where the stream is cut off.
pub(super) struct Records<'s> {
    stream: &'s [u8],
    pub(super) at: usize,
}

impl<'s> Records<'s> {
    pub(super) fn new(stream: &'s [u8], at: usize) -> Self {
        Self { stream, at }
    }

    pub(super) fn peek(&self) -> Option<u16> {
        u16_at(self.stream, self.at)
    }

    /// The data with that of the records that continue it.
    pub(super) fn continued(&mut self, data: &'s [u8]) -> Vec<&'s [u8]> {
        let mut segments = vec![data];
        while self.peek() == Some(CONTINUE) {
            segments.extend(self.next().map(|(_, data)| data));
        }
        segments
    }
}

impl<'s> Iterator for Records<'s> {
    type Item = (u16, &'s [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let kind = u16_at(self.stream, self.at)?;
        let length = usize::from(u16_at(self.stream, self.at + 2)?);
        let rest = self.stream.get(self.at + 4..)?;
        self.at += 4 + length;
        Some((kind, rest.get(..length).unwrap_or(rest)))
    }
}

/// Whether a record begins a stream or a sheet.
pub(super) fn is_begin(kind: u16) -> bool {
    matches!(kind, 0x09 | 0x209 | 0x409 | 0x809)
}

/// How text is kept: in UTF-16 or Latin-1 with a byte that says which, or before in a code page.
#[derive(Clone, Copy)]
pub(super) struct Strings {
    pub(super) unicode: bool,
    pub(super) encoding: &'static Encoding,
}

impl Strings {
    /// A string in one record; its length takes `length` bytes, one or two.
    pub(super) fn string(self, data: &[u8], at: usize, length: usize) -> Option<String> {
        self.string_and_end(data, at, length).map(|(text, _)| text)
    }

    /// The same, and where it ends.
    pub(super) fn string_and_end(self, data: &[u8], at: usize, length: usize) -> Option<(String, usize)> {
        let count = if length == 2 { usize::from(u16_at(data, at)?) } else { usize::from(*data.get(at)?) };
        self.counted(data, at + length, count)
    }

    /// So many characters from a place on, and where they end.
    pub(super) fn counted(self, data: &[u8], at: usize, count: usize) -> Option<(String, usize)> {
        let rest = data.get(at..)?;
        if !self.unicode {
            let raw = rest.get(..count).unwrap_or(rest);
            return Some((self.encoding.decode_without_bom_handling(raw).0.into_owned(), at + raw.len()));
        }
        if count == 0 && rest.is_empty() {
            return Some((String::new(), at));
        }
        let (flags, rest) = rest.split_first()?;
        let wide = flags & 1 == 1;
        // Runs of formatting, and what East Asian editions add, have counts before the characters.
        let runs = if flags & 8 != 0 { 2 } else { 0 };
        let more = if flags & 4 != 0 { 4 } else { 0 };
        let (text, found) = characters(rest.get(runs + more..)?, count, wide);
        Some((text, at + 1 + runs + more + found * if wide { 2 } else { 1 }))
    }
}

/// At most `count` characters and how many there were.
pub(super) fn characters(bytes: &[u8], count: usize, wide: bool) -> (String, usize) {
    if wide {
        let count = count.min(bytes.len() / 2);
        let bytes = bytes.get(..count * 2).unwrap_or_default();
        (UTF_16LE.decode_without_bom_handling(bytes).0.into_owned(), count)
    } else {
        let count = count.min(bytes.len());
        (bytes.iter().take(count).map(|byte| char::from(*byte)).collect(), count)
    }
}

/// A record and those that continue it.
pub(super) struct Pieces<'s> {
    rest: std::vec::IntoIter<&'s [u8]>,
    now: &'s [u8],
}

impl<'s> Pieces<'s> {
    pub(super) fn new(segments: Vec<&'s [u8]>) -> Self {
        let mut rest = segments.into_iter();
        let now = rest.next().unwrap_or_default();
        Self { rest, now }
    }

    pub(super) fn number(&mut self, bytes: u32) -> Option<u32> {
        let mut number = 0;
        for place in 0..bytes {
            while self.now.is_empty() {
                self.now = self.rest.next()?;
            }
            let (first, rest) = self.now.split_first()?;
            number |= u32::from(*first) << (8 * place);
            self.now = rest;
        }
        Some(number)
    }

    pub(super) fn pass(&mut self, mut bytes: usize) -> Option<()> {
        while bytes > self.now.len() {
            bytes -= self.now.len();
            self.now = self.rest.next()?;
        }
        self.now = self.now.get(bytes..)?;
        Some(())
    }

    /// Bytes that may run on in the records that follow.
    pub(super) fn take(&mut self, mut bytes: usize) -> Option<Vec<u8>> {
        let mut taken = Vec::new();
        while bytes > self.now.len() {
            bytes -= self.now.len();
            taken.extend_from_slice(self.now);
            self.now = self.rest.next()?;
        }
        taken.extend_from_slice(self.now.get(..bytes)?);
        self.now = self.now.get(bytes..)?;
        Some(taken)
    }

    /// Characters; where they run on in the next record it says anew how wide they are.
    pub(super) fn characters(&mut self, mut left: usize, mut wide: bool) -> Option<String> {
        let mut text = String::new();
        loop {
            let (piece, count) = characters(self.now, left, wide);
            text.push_str(&piece);
            self.now = self.now.get(count * if wide { 2 } else { 1 }..)?;
            left -= count;
            if left == 0 {
                return Some(text);
            }
            let (flags, rest) = self.rest.next()?.split_first()?;
            wide = flags & 1 == 1;
            self.now = rest;
        }
    }
}

pub(super) fn double(data: &[u8], at: usize) -> Option<f64> {
    Some(f64::from_le_bytes(data.get(at..at.checked_add(8)?)?.try_into().ok()?))
}

/// MS-XLS 2.5.217: thirty bits of an integer or of a floating point number, and whether it stands for hundredths.
pub(super) fn packed(value: u32) -> f64 {
    let number =
        if value & 2 != 0 { f64::from((value as i32) >> 2) } else { f64::from_bits(u64::from(value & !3) << 32) };
    if value & 1 != 0 { number / 100.0 } else { number }
}

pub(super) fn error(code: u8) -> &'static str {
    match code {
        0x00 => "#NULL!",
        0x07 => "#DIV/0!",
        0x0f => "#VALUE!",
        0x17 => "#REF!",
        0x1d => "#NAME?",
        0x24 => "#NUM!",
        _ => "#N/A",
    }
}

/// What decrypts records, whatever came before them.
enum Key {
    Stream(Cipher),
    Xor(Xor),
}

/// Decrypts a workbook in place, if it is encrypted (MS-XLS 2.2.10); types and lengths of records are always clear.
pub(super) fn decrypt(stream: &mut [u8], passwords: &[Sensitive<String>]) -> Result<(), UnreadReason> {
    let mut records = Records::new(stream, 0);
    let mut found = None;
    // The record stands near the beginning of the workbook's own part.
    for (kind, data) in records.by_ref().take(64) {
        if kind == PASSWORD {
            found = Some(data);
            break;
        }
        if kind == END {
            break;
        }
    }
    let Some(data) = found else { return Ok(()) };
    let start = records.at;
    let words = || given(passwords).chain([OWN]);
    let xor = |at: usize| {
        let (key, hash) = (u16_at(data, at)?, u16_at(data, at + 2)?);
        Xor::open(key, hash, XorKind::Excel, words()).map(Key::Xor)
    };
    let key = match (data.len(), u16_at(data, 0)) {
        (4, _) => xor(0),
        (_, Some(0)) => xor(2),
        _ => data.get(2..).and_then(|header| Cipher::open(header, words())).map(Key::Stream),
    };
    let key = key.ok_or(UnreadReason::Encrypted)?;
    let mut at = start;
    let mut block = (u32::MAX, 0_usize, None);
    while let (Some(kind), Some(length)) = (u16_at(stream, at), u16_at(stream, at + 2)) {
        let length = usize::from(length).min(stream.len().saturating_sub(at + 4));
        let clear = match kind {
            0x809 | PASSWORD | 0x194 | 0x195 | 0xe1 | 0x196 | 0x138 => length,
            // Where the sheet begins.
            0x85 => 4.min(length),
            _ => 0,
        };
        let from = at + 4 + clear;
        let Some(data) = stream.get_mut(from..at + 4 + length) else { break };
        match &key {
            // What is clear at the beginning of a record counts all the same.
            Key::Xor(xor) => xor.excel(data, from, length),
            Key::Stream(cipher) => blocks(cipher, &mut block, data, from),
        }
        at += 4 + length;
    }
    Ok(())
}

/// The key is a new one every 1024 bytes of the stream.
fn blocks(cipher: &Cipher, state: &mut (u32, usize, Option<super::office_crypt::Rc4>), data: &mut [u8], from: usize) {
    let mut at = from;
    let mut rest = data;
    while !rest.is_empty() {
        let (number, offset) = ((at / 1024) as u32, at % 1024);
        if state.0 != number || state.2.is_none() {
            *state = (number, 0, Some(cipher.block(number)));
        }
        let Some(stream) = state.2.as_mut() else { return };
        let mut passed = [0_u8; 1024];
        stream.apply(passed.get_mut(..offset.saturating_sub(state.1)).unwrap_or_default());
        let (now, after) = rest.split_at_mut((1024 - offset).min(rest.len()));
        stream.apply(now);
        state.1 = offset + now.len();
        at += now.len();
        rest = after;
    }
}

/// A cell of the copies of other workbooks' cells (MS-XLS 2.5.248), and where it ends.
pub(super) fn operand(data: &[u8], at: usize, strings: Strings) -> Option<(assay_model::Cell, usize)> {
    use assay_model::Cell;
    Some(match *data.get(at)? {
        1 => (Cell::Number(double(data, at + 1)?), at + 9),
        2 => {
            let (text, end) = strings.string_and_end(data, at + 1, 2)?;
            (Cell::Text(text.into()), end)
        }
        4 => (Cell::Bool(*data.get(at + 1)? != 0), at + 9),
        16 => (Cell::Text(error(*data.get(at + 1)?).into()), at + 9),
        _ => (Cell::Empty, at + 9),
    })
}

/// The target of a link (MS-XLS 2.4.140, MS-OSHARED 2.3.7).
pub(super) fn link(data: &[u8]) -> Option<String> {
    let flags = u32_at(data, 28)?;
    let mut at = 32;
    let string = |at: &mut usize| {
        let length = (u32_at(data, *at)? as usize).checked_mul(2)?;
        let text = data.get(*at + 4..(*at + 4).checked_add(length)?)?;
        *at += 4 + length;
        Some(UTF_16LE.decode_without_bom_handling(text).0.trim_end_matches('\0').to_owned())
    };
    if flags & 0x10 != 0 {
        string(&mut at)?;
    }
    if flags & 0x80 != 0 {
        string(&mut at)?;
    }
    if flags & 1 == 0 {
        return None;
    }
    if flags & 0x100 != 0 {
        return string(&mut at);
    }
    let body = data.get(at + 16..)?;
    match data.get(at..at + 4)? {
        [0xe0, 0xc9, 0xea, 0x79] => {
            let text = body.get(4..4_usize.checked_add(u32_at(body, 0)? as usize)?)?;
            let text = UTF_16LE.decode_without_bom_handling(text).0;
            Some(text.split('\0').next().unwrap_or_default().to_owned())
        }
        [0x03, 0x03, 0, 0] => {
            let text = body.get(6..6_usize.checked_add(u32_at(body, 2)? as usize)?)?;
            Some(encoding_rs::WINDOWS_1252.decode_without_bom_handling(text).0.trim_end_matches('\0').to_owned())
        }
        _ => None,
    }
}
