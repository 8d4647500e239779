//! Files that are, as a whole, another file written in letters: base64 without a header of mail, and uuencode. What they
//! hold is their one member.

use super::{Head, Job, MemberEntry, Names, Opened, ReadSeek, Visit, read_at_most, rewind};
use assay_model::UnreadReason;

/// Shorter than this, a word of letters and digits is taken for what it seems.
const SHORTEST: usize = 160;

/// Whether a text is base64 from its first letter to the last that the head has.
pub(super) fn is_base64(head: &Head<'_>, text: &str) -> bool {
    let lines: Vec<&str> = text.lines().map(str::trim_end).filter(|line| !line.is_empty()).collect();
    let Some((last, full)) = lines.split_last() else { return false };
    let letters = |line: &&str| line.bytes().all(|byte| value(byte).is_some());
    let padded = last.trim_end_matches('=');
    // Lines are of one length, a multiple of four, but for the last.
    let even = full.iter().all(|line| line.len() == full[0].len() && line.len() % 4 == 0 && line.len() >= 60);
    let of = |fits: fn(&u8) -> bool| text.as_bytes().iter().any(fits);
    let mixed = of(u8::is_ascii_uppercase) && of(u8::is_ascii_lowercase) && of(u8::is_ascii_digit);
    let whole = head.bytes <= head.first.len() as u64;
    text.len() >= SHORTEST
        && mixed
        && even
        && full.iter().all(letters)
        && letters(&padded)
        && (!whole || last.len() % 4 == 0)
        && last.len() - padded.len() <= 2
}

/// Whether a text is uuencoded.
pub(super) fn is_uuencoded(_: &Head<'_>, text: &str) -> bool {
    let mut lines = text.lines();
    let begins = lines.next().is_some_and(|line| uu_name(line).is_some());
    begins && lines.next().is_some_and(|line| uu_line(line.as_bytes()).is_some_and(|bytes| !bytes.is_empty()))
}

pub(super) fn read(job: &mut Job<'_, '_>) -> Result<(), UnreadReason> {
    let text = job.whole()?;
    let (name, decoded) = decoded(&text);
    // A limit of no members is said by the one who counts.
    let _ = job.out.member(&name, decoded.map_or(0, |bytes| bytes.len() as u64));
    Ok(())
}

pub(super) fn visit(input: &mut dyn ReadSeek, visit: &mut Visit<'_>) {
    if !visit.range.contains(&0) || rewind(input).is_err() {
        return;
    }
    let Ok(text) = read_at_most(input, visit.reading.limits.item_bytes) else { return };
    let (name, decoded) = decoded(&text);
    let bytes = decoded.as_ref().map_or(0, |bytes| bytes.len() as u64);
    (visit.visit)(0, &MemberEntry { name: Names::default().unique(&name), bytes }, decoded);
}

fn decoded(text: &[u8]) -> (String, Opened) {
    let first = text.split(|byte| *byte == b'\n').next().unwrap_or_default();
    match std::str::from_utf8(first).ok().and_then(uu_name) {
        Some(name) => {
            let lines = text.split(|byte| *byte == b'\n').skip(1);
            let bytes: Vec<u8> = lines.map_while(uu_line).flatten().collect();
            (name.to_owned(), if bytes.is_empty() { Err(UnreadReason::Corrupt) } else { Ok(bytes) })
        }
        None => {
            let (bytes, _) = base64(text);
            ("content".to_owned(), if bytes.is_empty() { Err(UnreadReason::Corrupt) } else { Ok(bytes) })
        }
    }
}

/// The bytes of base64, with or without line ends, up to the first character that is none of it; and whether there was
/// none.
pub(super) fn base64(text: &[u8]) -> (Vec<u8>, bool) {
    let mut out = Vec::with_capacity(text.len() / 4 * 3);
    let (mut held, mut bits) = (0_u32, 0);
    for byte in text {
        match value(*byte) {
            Some(value) => {
                held = held << 6 | u32::from(value);
                bits += 6;
                if bits >= 8 {
                    bits -= 8;
                    out.push((held >> bits) as u8);
                }
            }
            None if matches!(byte, b'=' | b'\r' | b'\n' | b' ' | b'\t') => {}
            None => return (out, false),
        }
    }
    (out, true)
}

fn value(byte: u8) -> Option<u8> {
    match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    }
}

/// The name in a line `begin 644 name`.
fn uu_name(line: &str) -> Option<&str> {
    let (mode, name) = line.trim_end().strip_prefix("begin ")?.split_once(' ')?;
    (mode.len() == 3 && mode.bytes().all(|byte| byte.is_ascii_digit()) && !name.is_empty()).then_some(name)
}

/// The bytes of a line; `None` for one that is none, `end` among them.
fn uu_line(line: &[u8]) -> Option<Vec<u8>> {
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let (count, letters) = line.split_first()?;
    let count = usize::from(count.checked_sub(32)? & 63);
    if letters.len() < count.div_ceil(3) * 4 && letters.len() < count * 4 / 3 {
        return None;
    }
    let mut out = Vec::with_capacity(count + 2);
    for four in letters.chunks(4) {
        let six = |at: usize| four.get(at).map_or(0, |letter| u32::from(letter.wrapping_sub(32) & 63));
        let bits = six(0) << 18 | six(1) << 12 | six(2) << 6 | six(3);
        out.extend_from_slice(&[(bits >> 16) as u8, (bits >> 8) as u8, bits as u8]);
    }
    out.truncate(count);
    Some(out)
}
