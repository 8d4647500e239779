//! Runs of text in bytes whose structure is unknown: one byte a letter (UTF-8, else Windows-1252) or two (UTF-16, either
//! order). Runs that stand close together, as the fields of a record do, make one line.
//!
//! Bytes without pattern hold letters by chance: a line counts where most of it looks like words or numbers.

/// A run of fewer letters is chance.
const RUN: usize = 3;
/// Bytes between two runs of one line, at most: lengths, types and filling of a record.
const GAP: usize = 8;
/// Letters in words and numbers that make a line worth giving.
const WORDS: usize = 8;
/// A line has one word or number so long, of one kind of letter.
const TELLING: usize = 4;
/// The longest run that is kept together where a block ends, bytes.
pub(super) const KEPT: usize = 64 << 10;

/// A run of text.
struct Run {
    start: usize,
    end: usize,
    text: String,
    /// Letters in words and numbers.
    words: usize,
}

/// Gives the lines in some bytes, each with the place where it begins. Where more bytes follow, the place from which they
/// should be seen again is returned: a line that touches the end may go on.
pub(super) fn lines(bytes: &[u8], last: bool, give: &mut dyn FnMut(usize, String)) -> usize {
    let mut line: Vec<Run> = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let Some(run) = run_at(bytes, at) else {
            at += 1;
            continue;
        };
        at = run.end.max(at + 1);
        if run.text.chars().count() < RUN {
            continue;
        }
        if line.last().is_some_and(|before| run.start - before.end > GAP) {
            finish(&mut line, give);
        }
        line.push(run);
    }
    match line.first() {
        Some(first)
            if !last
                && line.last().is_some_and(|run| run.end + GAP >= bytes.len())
                && bytes.len() - first.start < KEPT =>
        {
            first.start
        }
        _ => {
            finish(&mut line, give);
            bytes.len()
        }
    }
}

fn finish(line: &mut Vec<Run>, give: &mut dyn FnMut(usize, String)) {
    let runs = std::mem::take(line);
    let (Some(first), Some(last)) = (runs.first(), runs.last()) else { return };
    let words: usize = runs.iter().map(|run| run.words).sum();
    let in_words: usize =
        runs.iter().filter(|run| run.words * 5 >= run.text.len() * 2).map(|run| run.end - run.start).sum();
    let telling = runs.iter().any(|run| longest(&run.text) >= TELLING);
    if words >= WORDS && in_words * 5 >= (last.end - first.start) * 3 && telling {
        let text: Vec<&str> = runs.iter().map(|run| run.text.trim_matches(['\r', '\n'])).collect();
        give(first.start, text.join("\t"));
    }
}

/// The run that begins at a place, if one does.
fn run_at(bytes: &[u8], start: usize) -> Option<Run> {
    // A run of UTF-16 may not begin in a letter that is hardly ever a first one.
    let two = |first: usize| match (bytes.get(start + first), bytes.get(start + 1 - first)) {
        (Some(letter), Some(0)) => matches!(letter, b' '..=b'~' | 0xc0..=0xf6),
        _ => false,
    };
    if two(0) {
        let run = wide(bytes, start, 0);
        if run.text.len() > RUN {
            return Some(run);
        }
    }
    if bytes.get(start) == Some(&0) {
        if !two(1) {
            return None;
        }
        let run = wide(bytes, start, 1);
        return (run.text.len() > RUN).then_some(run);
    }
    narrow(bytes, start)
}

/// Printable in one byte of Latin-1, and in the low byte of UTF-16.
fn is_letter(byte: u8) -> bool {
    matches!(byte, b' '..=b'~' | b'\t' | b'\n' | b'\r' | 0xa1..=0xff)
}

/// A run of UTF-16 whose letters stand in the first or second byte of each pair.
fn wide(bytes: &[u8], start: usize, letter: usize) -> Run {
    let mut text = String::new();
    let mut at = start;
    while let Some(pair) = bytes.get(at..at + 2) {
        let (low, high) = (pair[letter], pair[1 - letter]);
        match high {
            0 if is_letter(low) => text.push(low as char),
            // Dashes, quotation marks, the euro.
            0x20 if (0x10..0x3f).contains(&low) || low == 0xac => {
                text.extend(char::from_u32(0x2000 | u32::from(low)));
            }
            _ => break,
        }
        at += 2;
    }
    Run { start, end: at, words: words(&text), text }
}

fn narrow(bytes: &[u8], start: usize) -> Option<Run> {
    let mut end = start;
    let mut plain = true;
    while let Some(byte) = bytes.get(end) {
        match byte {
            b' '..=b'~' | b'\t' | b'\n' | b'\r' => end += 1,
            0x80.. => {
                let length = sequence(bytes.get(end..).unwrap_or_default());
                let western = *byte >= 0xc0
                    && end > start
                    && bytes.get(end - 1).is_some_and(u8::is_ascii_alphabetic)
                    && bytes.get(end + 1).is_none_or(|next| next.is_ascii_alphabetic() || matches!(next, b' ' | b','));
                match length {
                    Some(length) => end += length,
                    None if western => (end, plain) = (end + 1, false),
                    None => break,
                }
            }
            _ => break,
        }
    }
    let raw = bytes.get(start..end).filter(|raw| !raw.is_empty())?;
    let text = match plain.then(|| std::str::from_utf8(raw)) {
        Some(Ok(text)) => text.to_owned(),
        _ => encoding_rs::WINDOWS_1252.decode_without_bom_handling(raw).0.into_owned(),
    };
    Some(Run { start, end, words: words(&text), text })
}

/// The length of the letter of several bytes in UTF-8 that stands first.
fn sequence(bytes: &[u8]) -> Option<usize> {
    let length = match bytes.first()? {
        0xc3..=0xdf => 2,
        0xe1..=0xef => 3,
        0xf0..=0xf4 => 4,
        _ => return None,
    };
    std::str::from_utf8(bytes.get(..length)?).ok().map(|_| length)
}

/// The longest word or number of one kind of letter.
fn longest(text: &str) -> usize {
    let kind = |letter: char| (letter.is_alphabetic(), letter.is_ascii_digit());
    let letters: Vec<char> = text.chars().collect();
    let alike = letters.chunk_by(|one, two| kind(*one) == kind(*two));
    alike.filter(|run| run.first().is_some_and(|letter| letter.is_alphanumeric())).map(<[char]>::len).max().unwrap_or(0)
}

/// How many letters stand in what looks like words and numbers.
fn words(text: &str) -> usize {
    let token = |token: &str| {
        let count = token.chars().count();
        let letters = token.chars().filter(|letter| letter.is_alphabetic()).count();
        let good = if letters == 0 {
            count >= 2
        } else if letters == count {
            // In one case, but for the first letter; with a vowel, and not of one letter.
            let rest = || token.chars().skip(1);
            let cased = rest().all(char::is_lowercase) || token.chars().all(char::is_uppercase);
            let ascii = token.chars().filter(char::is_ascii).count() * 3 >= count * 2;
            let vowel = token.chars().any(|letter| !letter.is_ascii() || "aeiouyAEIOUY".contains(letter));
            count >= 3 && cased && vowel && ascii && token.chars().any(|letter| !token.starts_with(letter))
        } else {
            // Numbers of hospitals, postcodes.
            count >= 3 && token.chars().all(|letter| letter.is_ascii_uppercase() || letter.is_ascii_digit())
        };
        if good { count } else { 0 }
    };
    text.split(|letter: char| !letter.is_alphanumeric()).filter(|part| !part.is_empty()).map(token).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(bytes: &[u8]) -> Vec<String> {
        let mut out = Vec::new();
        lines(bytes, true, &mut |_, line| out.push(line));
        out
    }

    #[test]
    fn fields_of_a_record_make_one_line_and_noise_none() {
        let mut bytes = vec![1, 2, 200, 3];
        bytes.extend_from_slice(b"\x07\0\0\0Ashdown\x03\0\0\0Amy\x0a\0\0\09990000018");
        bytes.extend_from_slice(&[0xff; 20]);
        bytes.extend("Hüsker Straße 12".encode_utf16().flat_map(u16::to_le_bytes));
        bytes.extend_from_slice(&[0xff; 20]);
        bytes.extend("Northshore ward".encode_utf16().flat_map(u16::to_be_bytes));
        bytes.extend_from_slice(b"\x01\x02\x03\x04\x05\x06\x07\x08\x09\x01Ren\xe9e Fran\xe7ois\0");
        assert_eq!(
            found(&bytes),
            ["Ashdown\tAmy\t9990000018", "Hüsker Straße 12", "Northshore ward", "Renée François"]
        );
        let mut state = 1_u64;
        let noise: Vec<u8> = std::iter::repeat_with(|| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 56) as u8
        })
        .take(4 << 20)
        .collect();
        let by_chance = found(&noise);
        assert!(by_chance.len() < 400, "{by_chance:?}");
    }
}
