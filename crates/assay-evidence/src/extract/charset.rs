//! From bytes to text: byte order marks, UTF-16 without one, UTF-8, and the legacy encodings as `chardetng` guesses
//! them.
//!
//! It says whether bytes are text at all; it repairs nothing that was mangled before it came here.

use super::Head;
use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};

/// How much of a text the guess looks at: more does not change it, and costs as much as reading.
const GUESSED: usize = 1 << 20;

/// How the bytes of a text are read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Charset {
    Utf8,
    Legacy(&'static Encoding),
    Utf32(Order),
}

/// Which byte of a number comes first.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Order {
    Little,
    Big,
}

impl Order {
    pub(super) fn number(self, bytes: [u8; 4]) -> u32 {
        match self {
            Self::Little => u32::from_le_bytes(bytes),
            Self::Big => u32::from_be_bytes(bytes),
        }
    }
}

/// Decoded text.
pub(super) struct Decoded {
    pub(super) text: String,
    /// True where bytes did not fit the encoding and stand as U+FFFD.
    pub(super) replaced: bool,
}

/// Decodes a whole text.
pub(super) fn decode(bytes: Vec<u8>) -> Decoded {
    // Nearly all is UTF-8; zeros are of wider encodings.
    let zeros = memchr::memchr(0, bytes.get(..4096).unwrap_or(&bytes)).is_some();
    let plain = !zeros && !bytes.starts_with(b"\xef\xbb\xbf");
    if !plain {
        return decode_other(bytes);
    }
    match String::from_utf8(bytes) {
        Ok(text) => Decoded { text, replaced: false },
        Err(error) => decode_other(error.into_bytes()),
    }
}

fn decode_other(bytes: Vec<u8>) -> Decoded {
    match charset_of(&bytes) {
        Charset::Utf8 if !bytes.starts_with(b"\xef\xbb\xbf") => match String::from_utf8(bytes) {
            Ok(text) => Decoded { text, replaced: false },
            Err(error) => Decoded { text: String::from_utf8_lossy(error.as_bytes()).into_owned(), replaced: true },
        },
        Charset::Utf32(order) => {
            let (text, replaced) = utf_32(&bytes, order);
            Decoded { text, replaced }
        }
        charset => {
            let encoding = if let Charset::Legacy(encoding) = charset { encoding } else { UTF_8 };
            let (text, _, replaced) = encoding.decode(&bytes);
            Decoded { text: text.into_owned(), replaced }
        }
    }
}

fn utf_32(bytes: &[u8], order: Order) -> (String, bool) {
    let mut replaced = !bytes.len().is_multiple_of(4);
    let text = bytes.chunks_exact(4).map(|four| {
        let character = char::from_u32(order.number(four.try_into().unwrap_or_default()));
        replaced |= character.is_none();
        character.unwrap_or('\u{fffd}')
    });
    let text: String = text.collect();
    (text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text), replaced)
}

/// How a text begins, and the encoding that it declares itself to be in, where that may still be needed.
pub(super) fn of_head(first: &[u8]) -> (Charset, Option<&'static Encoding>) {
    let declared = declared(first);
    match charset_of(first) {
        Charset::Legacy(encoding) if encoding != UTF_16LE && encoding != UTF_16BE => {
            // A text that is UTF-8 in part is told apart block by block.
            if is_mixed(first) {
                return (Charset::Utf8, declared);
            }
            (Charset::Legacy(declared.unwrap_or(encoding)), declared)
        }
        charset => (charset, declared),
    }
}

/// The encoding that XML, a page or a style sheet declares in its first lines.
fn declared(first: &[u8]) -> Option<&'static Encoding> {
    let start = first.get(..2048).unwrap_or(first).to_ascii_lowercase();
    let mut from = 0;
    while let Some(found) = memchr::memchr(b'=', start.get(from..)?) {
        let equals = from + found;
        let before = start.get(..equals)?.trim_ascii_end();
        if before.ends_with(b"encoding") || before.ends_with(b"charset") {
            let rest = start.get(equals + 1..)?.trim_ascii_start();
            let rest = rest.strip_prefix(b"\"").or_else(|| rest.strip_prefix(b"'")).unwrap_or(rest);
            let part = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b':' | b'.');
            let end = rest.iter().position(|byte| !part(byte)).unwrap_or(rest.len());
            let encoding = Encoding::for_label(rest.get(..end)?)?;
            // Who declares these and is not in them is in something else.
            return (encoding != UTF_8 && encoding != UTF_16LE && encoding != UTF_16BE).then_some(encoding);
        }
        from = equals + 1;
    }
    None
}

/// The text of a head, cut after its last whole line; `None` where it is not text.
pub(super) fn sample(head: &Head<'_>) -> Option<String> {
    let mut bytes = head.first.as_slice();
    // Guessing an encoding costs a hundred times as much as this, and bytes that are no text are most of what comes here.
    if !bytes.starts_with(b"\xff\xfe")
        && !bytes.starts_with(b"\xfe\xff")
        && !bytes.starts_with(b"\0\0\xfe\xff")
        && utf_16_without_mark(bytes).is_none()
        && utf_32_without_mark(bytes).is_none()
        && bytes.iter().filter(|byte| is_odd(**byte) && **byte != 1).count() * 50 > bytes.len()
    {
        return None;
    }
    let (charset, _) = of_head(bytes);
    let wide = matches!(charset, Charset::Utf32(_)) || is_utf_16(charset);
    // Logs that a crash or a sparse copy filled up hold a few zeros; other files of bytes hold many.
    let zeros = || bytes.iter().filter(|byte| **byte == 0).count();
    if !wide && zeros() * 200 > bytes.len() {
        return None;
    }
    if head.bytes > bytes.len() as u64
        && let Some(end) = memchr::memrchr(b'\n', bytes)
    {
        bytes = &bytes[..=end];
    }
    let text = match charset {
        Charset::Utf8 if std::str::from_utf8(bytes).is_err() && is_mixed(bytes) => by_line(bytes, guess(bytes)).into(),
        Charset::Utf8 => UTF_8.decode(bytes).0,
        Charset::Legacy(encoding) => encoding.decode(bytes).0,
        Charset::Utf32(order) => utf_32(bytes, order).0.into(),
    };
    let (mut controls, mut separators, mut all) = (0_usize, 0_usize, 0_usize);
    for character in text.chars() {
        all += 1;
        // C1 controls occur in no text.
        let odd =
            character.is_control() && u8::try_from(character).map_or(true, |byte| !byte.is_ascii() || is_odd(byte));
        let separator = character == '\x01';
        separators += usize::from(separator);
        controls += usize::from(odd && !separator || character == '\u{fffd}');
    }
    // The default separator of Hive's tables is no sign of text where other controls are.
    if controls > 0 {
        controls += separators;
    }
    (controls * 50 <= all).then(|| text.into_owned())
}

/// A control that texts do not hold, whatever their encoding: escapes and form feeds occur in terminal captures and print
/// files, separators of fields in tables and messages.
fn is_odd(byte: u8) -> bool {
    byte.is_ascii_control() && !matches!(byte, b'\t' | b'\n' | b'\r' | 0x0b | 0x0c | 0x1a..=0x1f)
}

fn is_utf_16(charset: Charset) -> bool {
    matches!(charset, Charset::Legacy(encoding) if encoding == UTF_16LE || encoding == UTF_16BE)
}

fn charset_of(bytes: &[u8]) -> Charset {
    if bytes.starts_with(b"\xff\xfe\0\0") && bytes.len() >= 8 {
        return Charset::Utf32(Order::Little);
    }
    if bytes.starts_with(b"\0\0\xfe\xff") {
        return Charset::Utf32(Order::Big);
    }
    if let Some((encoding, _)) = Encoding::for_bom(bytes) {
        return if encoding == UTF_8 { Charset::Utf8 } else { Charset::Legacy(encoding) };
    }
    if let Some(encoding) = utf_16_without_mark(bytes) {
        return Charset::Legacy(encoding);
    }
    if let Some(order) = utf_32_without_mark(bytes) {
        return Charset::Utf32(order);
    }
    let (valid, invalid) = sequences(bytes);
    if invalid == 0 || valid >= invalid * 10 { Charset::Utf8 } else { Charset::Legacy(guess(bytes)) }
}

/// The legacy encoding of a text.
pub(super) fn guess(bytes: &[u8]) -> &'static Encoding {
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    // The guess starts where ASCII ends, so that a long plain beginning does not hide the rest.
    let start = bytes.iter().position(|byte| !byte.is_ascii()).unwrap_or(0).saturating_sub(1024);
    detector.feed(bytes.get(start..bytes.len().min(start + GUESSED)).unwrap_or_default(), true);
    detector.guess(Some(b"uk"), Utf8Detection::Deny)
}

/// Latin text in UTF-16 has a zero in every other byte.
fn utf_16_without_mark(bytes: &[u8]) -> Option<&'static Encoding> {
    let sample = &bytes[..bytes.len().min(4096) & !1];
    if sample.len() < 8 {
        return None;
    }
    let zeros = |odd: usize| sample.iter().skip(odd).step_by(2).filter(|byte| **byte == 0).count();
    let (even, odd, half) = (zeros(0), zeros(1), sample.len() / 2);
    match () {
        () if odd * 10 >= half * 7 && even * 50 <= half => Some(UTF_16LE),
        () if even * 10 >= half * 7 && odd * 50 <= half => Some(UTF_16BE),
        () => None,
    }
}

/// Text in UTF-32 has two zeros at the same places of every four bytes.
fn utf_32_without_mark(bytes: &[u8]) -> Option<Order> {
    let sample = bytes.get(..bytes.len().min(4096) & !3)?;
    let all = |high: usize| {
        sample.chunks_exact(4).all(|four| four.get(high) == Some(&0) && four.get(3 - high).is_some_and(|low| *low != 0))
            && sample.chunks_exact(4).all(|four| four.get(if high == 3 { 2 } else { 1 }) == Some(&0))
    };
    match () {
        () if sample.len() < 16 => None,
        () if all(3) => Some(Order::Little),
        () if all(0) => Some(Order::Big),
        () => None,
    }
}

/// Whether some lines are UTF-8 and others are not: within a line, sequences of other encodings are valid by chance.
pub(super) fn is_mixed(bytes: &[u8]) -> bool {
    let (mut valid, mut invalid) = (0_usize, 0_usize);
    for line in bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_ascii()) {
        let fits = std::str::from_utf8(line).is_ok();
        valid += usize::from(fits);
        invalid += usize::from(!fits);
    }
    valid > 0 && valid * 4 >= invalid
}

/// Lines that are UTF-8 as such, others in another encoding.
pub(super) fn by_line(bytes: &[u8], other: &'static Encoding) -> String {
    let mut text = String::with_capacity(bytes.len());
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        match std::str::from_utf8(line) {
            Ok(line) => text.push_str(line),
            Err(_) => text.push_str(&other.decode_without_bom_handling(line).0),
        }
    }
    text
}

/// How many sequences of several bytes are valid UTF-8, and how many bytes are in none: a text of another encoding has
/// hardly a valid sequence by chance.
pub(super) fn sequences(bytes: &[u8]) -> (usize, usize) {
    // Most texts are valid; checking is many times faster than counting.
    if std::str::from_utf8(bytes).is_ok() {
        return (bytes.iter().filter(|byte| **byte >= 0xc0).count(), 0);
    }
    let (mut valid, mut invalid) = (0_usize, 0_usize);
    for chunk in bytes.utf8_chunks() {
        valid += chunk.valid().bytes().filter(|byte| *byte >= 0xc0).count();
        invalid += usize::from(!chunk.invalid().is_empty());
        if invalid > 100 && valid < invalid / 20 {
            break;
        }
    }
    (valid, invalid)
}

/// The encoding of a code page of Windows or DOS, as files name it by number.
pub(super) fn code_page(number: u32) -> Option<&'static Encoding> {
    let label = match number {
        65001 => "utf-8",
        874 => "windows-874",
        866 => "ibm866",
        932 => "shift_jis",
        936 => "gbk",
        949 => "euc-kr",
        950 => "big5",
        10000 => "macintosh",
        28591..=28606 => return Encoding::for_label(format!("iso-8859-{}", number - 28590).as_bytes()),
        1250..=1258 => return Encoding::for_label(format!("windows-{number}").as_bytes()),
        _ => return None,
    };
    Encoding::for_label(label.as_bytes())
}

/// The encoding of a font's character set, as Windows numbers them; zero and one say nothing.
pub(super) fn of_font(set: i32) -> Option<&'static Encoding> {
    code_page(match set {
        77 => 10000,
        128 => 932,
        129 => 949,
        134 => 936,
        136 => 950,
        161 => 1253,
        162 => 1254,
        163 => 1258,
        177 => 1255,
        178 => 1256,
        186 => 1257,
        204 => 1251,
        222 => 874,
        238 => 1250,
        _ => return None,
    })
}
