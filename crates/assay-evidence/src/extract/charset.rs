//! From bytes to text: byte order marks, UTF-16 without one, UTF-8, and the legacy encodings as `chardetng` guesses
//! them.
//!
//! It says whether bytes are text at all; it repairs nothing that was mangled before it came here.

use super::Head;
use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};

/// How much of a text the guess looks at: more does not change it, and costs as much as reading.
const GUESSED: usize = 1 << 20;

/// Decoded text.
pub(super) struct Decoded {
    pub(super) text: String,
    /// True where bytes did not fit the encoding and stand as U+FFFD.
    pub(super) replaced: bool,
}

/// Decodes a whole text.
pub(super) fn decode(bytes: Vec<u8>) -> Decoded {
    let encoding = encoding_of(&bytes);
    if encoding == UTF_8 && !bytes.starts_with(b"\xef\xbb\xbf") {
        return match String::from_utf8(bytes) {
            Ok(text) => Decoded { text, replaced: false },
            Err(error) => Decoded { text: String::from_utf8_lossy(error.as_bytes()).into_owned(), replaced: true },
        };
    }
    let (text, _, replaced) = encoding.decode(&bytes);
    Decoded { text: text.into_owned(), replaced }
}

/// The text of a head, cut after its last whole line; `None` where it is not text.
pub(super) fn sample(head: &Head<'_>) -> Option<String> {
    let mut bytes = head.first.as_slice();
    let encoding = encoding_of(bytes);
    // Logs that a crash or a sparse copy filled up hold a few zeros; other files of bytes hold many.
    let zeros = || bytes.iter().filter(|byte| **byte == 0).count();
    if encoding != UTF_16LE && encoding != UTF_16BE && zeros() * 200 > bytes.len() {
        return None;
    }
    if head.bytes > bytes.len() as u64
        && let Some(end) = memchr::memrchr(b'\n', bytes)
    {
        bytes = &bytes[..=end];
    }
    let (text, _, _) = encoding.decode(bytes);
    let mut controls = 0_usize;
    let mut all = 0_usize;
    for character in text.chars() {
        all += 1;
        // Escapes and form feeds occur in terminal captures and print files; C1 controls in no text.
        let odd =
            character.is_control() && !matches!(character, '\t' | '\n' | '\r' | '\x0b' | '\x0c' | '\x1b' | '\x1a');
        controls += usize::from(odd || character == '\u{fffd}');
    }
    (controls * 50 <= all).then(|| text.into_owned())
}

fn encoding_of(bytes: &[u8]) -> &'static Encoding {
    if let Some((encoding, _)) = Encoding::for_bom(bytes) {
        return encoding;
    }
    if let Some(encoding) = utf_16_without_mark(bytes) {
        return encoding;
    }
    if mostly_utf_8(bytes) {
        return UTF_8;
    }
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    // The guess starts where ASCII ends, so that a long plain beginning does not hide the rest.
    let start = bytes.iter().position(|byte| !byte.is_ascii()).unwrap_or(0).saturating_sub(1024);
    detector.feed(&bytes[start..bytes.len().min(start + GUESSED)], true);
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

/// Valid UTF-8, or UTF-8 with a few damaged bytes: a text of another encoding has hardly a valid sequence by chance.
fn mostly_utf_8(bytes: &[u8]) -> bool {
    let mut valid = 0_usize;
    let mut invalid = 0_usize;
    for chunk in bytes.utf8_chunks() {
        valid += chunk.valid().bytes().filter(|byte| *byte >= 0xc0).count();
        invalid += usize::from(!chunk.invalid().is_empty());
        if invalid > 100 && valid < invalid {
            return false;
        }
    }
    invalid == 0 || valid >= invalid * 10
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
