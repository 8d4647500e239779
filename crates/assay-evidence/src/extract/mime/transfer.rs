//! From the bytes of a part to its content and text: transfer encodings with rubbish in them, charsets by name or by guess,
//! lines that were broken on the way.

use super::super::charset;
use super::{Flowed, Transfer};
use encoding_rs::Encoding;
use std::ops::Range;

/// Text in a named charset; where the name says nothing or cannot be true, it is guessed.
pub(in super::super) fn decode_text(bytes: &[u8], charset: Option<&str>) -> String {
    let label = charset.unwrap_or_default().trim().trim_matches(['"', '\'']).to_ascii_lowercase();
    if label == "utf-7" || label == "unicode-1-1-utf-7" {
        return utf_7(bytes);
    }
    if bytes.is_ascii() && !label.contains("2022") && !label.contains("utf-16") && !label.starts_with("hz") {
        return String::from_utf8_lossy(bytes).into_owned();
    }
    let encoding = match label.as_str() {
        "" | "us-ascii" | "ascii" | "unknown" | "unknown-8bit" | "default" | "x-unknown" => None,
        "cp932" | "ms932" => Some(encoding_rs::SHIFT_JIS),
        "cp936" | "ms936" => Some(encoding_rs::GBK),
        label => Encoding::for_label(label.as_bytes()).or_else(|| {
            let digits: String = label.chars().filter(char::is_ascii_digit).collect();
            digits.parse().ok().and_then(charset::code_page)
        }),
    };
    match encoding {
        None => charset::decode(bytes.to_vec()).text,
        Some(encoding) if encoding == encoding_rs::UTF_8 => match std::str::from_utf8(bytes) {
            Ok(text) => text.trim_start_matches('\u{feff}').to_owned(),
            Err(_) => charset::decode(bytes.to_vec()).text,
        },
        Some(encoding) => encoding.decode(bytes).0.into_owned(),
    }
}

/// UTF-7 (RFC 2152): stretches of base64 over UTF-16 between a plus and a minus.
fn utf_7(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let mut out = String::new();
    let mut rest = text.as_ref();
    while let Some(plus) = rest.find('+') {
        out.push_str(&rest[..plus]);
        rest = &rest[plus + 1..];
        let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '+' || c == '/')).unwrap_or(rest.len());
        if end == 0 {
            out.push('+');
        } else {
            let bytes = base64_decoded(&rest.as_bytes()[..end]);
            let units: Vec<u16> = bytes.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]])).collect();
            out.push_str(&String::from_utf16_lossy(&units));
        }
        rest = &rest[end..];
        rest = rest.strip_prefix('-').unwrap_or(rest);
    }
    out.push_str(rest);
    out
}

/// The bytes of a leaf.
pub(in super::super) fn decoded(bytes: &[u8], transfer: Transfer) -> Vec<u8> {
    match transfer {
        Transfer::Plain => bytes.to_vec(),
        Transfer::Base64 => base64_decoded(bytes),
        Transfer::Quoted => quoted_decoded(bytes),
        Transfer::Uu => match uuencoded(bytes, 0) {
            Some(file) => file.content,
            None => bytes.to_vec(),
        },
    }
}

/// What a byte of base64 stands for; 64 for the padding, 255 for what is passed over. Both alphabets are taken.
const SIXTY_FOUR: [u8; 256] = {
    let mut table = [255; 256];
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut index = 0;
    while index < 64 {
        table[alphabet[index] as usize] = index as u8;
        index += 1;
    }
    table[b'-' as usize] = 62;
    table[b'_' as usize] = 63;
    table[b'=' as usize] = 64;
    table
};

/// Base64 with whatever stands between its letters passed over; padding within it begins anew.
pub(in super::super) fn base64_decoded(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len() / 4 * 3 + 3);
    let (mut bits, mut count) = (0_u32, 0_u32);
    for byte in text {
        match SIXTY_FOUR[usize::from(*byte)] {
            255 => continue,
            64 => {
                finish_group(bits, count, &mut out);
                (bits, count) = (0, 0);
            }
            six => {
                bits = bits << 6 | u32::from(six);
                count += 1;
                if count == 4 {
                    out.extend_from_slice(&bits.to_be_bytes()[1..]);
                    (bits, count) = (0, 0);
                }
            }
        }
    }
    finish_group(bits, count, &mut out);
    out
}

fn finish_group(bits: u32, count: u32, out: &mut Vec<u8>) {
    match count {
        2 => out.push((bits >> 4) as u8),
        3 => out.extend_from_slice(&((bits >> 2) as u16).to_be_bytes()),
        _ => {}
    }
}

/// Quoted-printable with whatever is no escape left as it is.
fn quoted_decoded(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some(mark) = memchr::memchr(b'=', rest) {
        out.extend_from_slice(&rest[..mark]);
        rest = &rest[mark + 1..];
        let digit = |place: usize| rest.get(place).and_then(|digit| char::from(*digit).to_digit(16));
        if let (Some(high), Some(low)) = (digit(0), digit(1)) {
            out.push((high * 16 + low) as u8);
            rest = &rest[2..];
            continue;
        }
        // A line that goes on; blanks before its end were put there on the way.
        let blanks = rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\r')).count();
        match rest.get(blanks) {
            Some(b'\n') => rest = &rest[blanks + 1..],
            None => rest = &[],
            Some(_) => out.push(b'='),
        }
    }
    out.extend_from_slice(rest);
    out
}

/// A file in a text.
pub(in super::super) struct UuFile {
    pub(in super::super) name: String,
    pub(in super::super) content: Vec<u8>,
    /// Where it stands, from `begin` to the line end after `end`.
    pub(in super::super) place: Range<usize>,
}

/// The next file in uuencoding from `from` on: a line `begin 644 name`, lines of content, a line `end`.
pub(in super::super) fn uuencoded(text: &[u8], from: usize) -> Option<UuFile> {
    let mut search = from;
    loop {
        let start = search + memchr::memmem::find(text.get(search..)?, b"begin ")?;
        search = start + 6;
        if start > 0 && text.get(start - 1) != Some(&b'\n') {
            continue;
        }
        let line_end = start + memchr::memchr(b'\n', text.get(start..)?)?;
        let head = String::from_utf8_lossy(text.get(search..line_end)?).trim().to_owned();
        let Some((mode, name)) = head.split_once(' ') else { continue };
        if !(3..=4).contains(&mode.len()) || !mode.bytes().all(|byte| matches!(byte, b'0'..=b'7')) {
            continue;
        }
        let mut content = Vec::new();
        let mut at = line_end + 1;
        let mut lines = 0;
        let place = loop {
            let rest = text.get(at..).unwrap_or_default();
            if rest.is_empty() {
                break start..text.len();
            }
            let length = memchr::memchr(b'\n', rest).map_or(rest.len(), |end| end + 1);
            let line = rest[..length].trim_ascii_end();
            at += length;
            if line == b"end" {
                break start..at;
            }
            if !uu_line(line, &mut content) {
                break start..at - length;
            }
            lines += 1;
        };
        if lines > 0 {
            return Some(UuFile { name: name.trim().to_owned(), content, place });
        }
    }
}

fn uu_line(line: &[u8], out: &mut Vec<u8>) -> bool {
    let six = |byte: u8| byte.wrapping_sub(b' ') & 63;
    let Some((first, rest)) = line.split_first() else { return true };
    if !(b' '..=b'`').contains(first) {
        return false;
    }
    let count = usize::from(six(*first));
    if rest.len() > count.div_ceil(3) * 4 + 2 || !rest.iter().all(|byte| (b' '..=b'`').contains(byte)) {
        return false;
    }
    let mut bytes = Vec::with_capacity(48);
    for four in rest.chunks(4) {
        let at = |place: usize| u32::from(four.get(place).map_or(0, |byte| six(*byte)));
        let bits = at(0) << 18 | at(1) << 12 | at(2) << 6 | at(3);
        bytes.extend_from_slice(&bits.to_be_bytes()[1..]);
    }
    bytes.resize(count, 0);
    out.extend(bytes);
    true
}

/// Lines broken for transport put together again (RFC 3676 4).
pub(in super::super) fn unflowed(text: &str, flowed: Flowed) -> String {
    let mut out = String::with_capacity(text.len());
    let mut open: Option<usize> = None;
    for line in text.lines() {
        let depth = line.bytes().take_while(|byte| *byte == b'>').count();
        let content = &line[depth..];
        let content = content.strip_prefix(' ').unwrap_or(content);
        match open {
            Some(before) if before == depth => {}
            _ => {
                if !out.is_empty() {
                    out.push('\n');
                }
                if depth > 0 {
                    out.push_str(&line[..depth]);
                    out.push(' ');
                }
            }
        }
        let flows = content.ends_with(' ') && content != "-- ";
        let drops = flows && flowed == Flowed::SpaceDropped;
        out.push_str(if drops { &content[..content.len() - 1] } else { content });
        open = flows.then_some(depth);
    }
    out
}

/// Bytes in base64, without line ends.
pub(in super::super) fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for three in bytes.chunks(3) {
        let at = |place: usize| u32::from(three.get(place).copied().unwrap_or(0));
        let bits = at(0) << 16 | at(1) << 8 | at(2);
        for place in 0..4 {
            let letter = LETTERS[(bits >> (18 - 6 * place) & 63) as usize];
            out.push(if place as usize <= three.len() { char::from(letter) } else { '=' });
        }
    }
    out
}
