//! Where a person can be reached: postcodes, telephone numbers, mail addresses, lines of an address.

use std::sync::LazyLock;

use super::lookup::Lookup;
use crate::reference;

/// A postcode as `AB1 2CD`: the shape of Royal Mail, in a district in use (or, for new districts, at least a known area).
pub(crate) fn postcode(text: &str) -> Option<String> {
    let plain: String =
        text.trim().chars().filter(|c| !c.is_whitespace() && *c != '-').map(|c| c.to_ascii_uppercase()).collect();
    if !is_postcode(plain.as_bytes()) {
        return None;
    }
    let (outward, inward) = plain.split_at_checked(plain.len() - 3)?;
    Some(format!("{outward} {inward}"))
}

/// As [`postcode`], of capitals and digits only.
pub(crate) fn is_postcode(plain: &[u8]) -> bool {
    if !(5..=7).contains(&plain.len()) {
        return false;
    }
    let (outward, inward) = plain.split_at(plain.len() - 3);
    let &[digit, first, second] = inward else { return false };
    let letter = |b: u8| b.is_ascii_uppercase() && !b"CIKMOV".contains(&b);
    if !digit.is_ascii_digit() || !letter(first) || !letter(second) {
        return false;
    }
    let area = outward.iter().take_while(|b| b.is_ascii_uppercase()).count();
    let rest = outward.get(area..).unwrap_or_default();
    let shape = matches!(area, 1 | 2)
        && matches!(rest.len(), 1 | 2)
        && rest.first().is_some_and(u8::is_ascii_digit)
        && rest.iter().all(u8::is_ascii_alphanumeric);
    let ends_in_letter = rest.len() == 2 && rest.last().is_some_and(u8::is_ascii_uppercase);
    shape
        && (reference::is_postcode_district(outward)
            || (ends_in_letter && outward.get(..area).is_some_and(reference::is_postcode_area)))
}

/// The postcodes of a line, with their byte ranges. Written in capitals, or alone.
pub(crate) fn find_postcodes(line: &str) -> Vec<(usize, usize, String)> {
    let bytes = line.as_bytes();
    let mut found = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let begins = bytes[at].is_ascii_uppercase() && (at == 0 || !bytes[at - 1].is_ascii_alphanumeric());
        let hit = begins.then(|| postcode_at(line, at)).flatten();
        match hit {
            Some((end, code)) => {
                found.push((at, end, code));
                at = end;
            }
            None => at += 1,
        }
    }
    found
}

fn postcode_at(line: &str, at: usize) -> Option<(usize, String)> {
    let rest = line.get(at..)?;
    let outward = rest.bytes().take(8).take_while(|b| b.is_ascii_uppercase() || b.is_ascii_digit()).count();
    let ends = |end: usize| !line.as_bytes().get(end).is_some_and(u8::is_ascii_alphanumeric);
    if (5..=7).contains(&outward) && ends(at + outward) {
        return Some((at + outward, postcode(rest.get(..outward)?)?));
    }
    let gap = rest.get(outward..)?.bytes().take(3).take_while(|b| *b == b' ').count();
    let end = outward + gap + 3;
    if !(2..=4).contains(&outward) || gap == 0 || !ends(at + end) {
        return None;
    }
    Some((at + end, postcode(rest.get(..end)?)?))
}

/// A telephone number in E.164. British numbers keep to the national numbering plan; others need their `+`.
pub(crate) fn phone(text: &str) -> Option<String> {
    let text = text.trim();
    let lower = text.to_ascii_lowercase();
    let main = lower.split("ext").next().unwrap_or(&lower).split('x').next().unwrap_or(&lower);
    let main = main.split([',', ';']).next().unwrap_or(main);
    let main = main.trim().trim_end_matches(|c: char| c.is_ascii_alphabetic() || matches!(c, '(' | ')' | ' '));
    let main = main.replace("(0)", "");
    let mut plain = String::new();
    for character in main.chars() {
        match character {
            '0'..='9' => plain.push(character),
            '+' if plain.is_empty() => plain.push('+'),
            ' ' | '-' | '(' | ')' | '.' | '/' | '\u{a0}' | '\u{2010}'..='\u{2014}' | '\'' => {}
            _ => return None,
        }
    }
    if let Some(national) = national_of_uk(plain.as_bytes()) {
        let digits = national.iter().flatten().map(|b| char::from(*b));
        return Some(std::iter::once("+44".to_owned()).chain(digits.map(String::from)).collect());
    }
    let international = plain.strip_prefix('+').or_else(|| plain.strip_prefix("00"))?;
    international_digits(international.as_bytes()).then(|| format!("+{international}"))
}

/// The national digits of a British number, written in any way; the rest of the array is empty.
pub(crate) fn national_of_uk(text: &[u8]) -> Option<[Option<u8>; 10]> {
    let mut national = [None; 10];
    let mut length = 0;
    let mut digits = dialled(text);
    let mut lead = digits.clone();
    match lead.next()? {
        b'+' => {
            if (lead.next(), lead.next()) != (Some(b'4'), Some(b'4')) {
                return None;
            }
            digits = lead;
        }
        b'0' => {
            let mut far = lead.clone();
            if (far.next(), far.next(), far.next()) == (Some(b'0'), Some(b'4'), Some(b'4')) {
                digits = far;
            } else {
                digits = lead;
            }
        }
        _ => return None,
    }
    for digit in digits.skip_while(|b| *b == b'0') {
        *national.get_mut(length)? = Some(digit);
        length += 1;
    }
    let plain: [u8; 10] = national.map(|digit| digit.unwrap_or_default());
    is_national(plain.get(..length)?).then_some(national)
}

/// The digits of a number as dialled, with its `+`; `(0)` is not dialled behind a country's code.
fn dialled(text: &[u8]) -> impl Iterator<Item = u8> + Clone {
    let dropped = text.windows(3).position(|window| window == b"(0)").filter(|at| *at > 0);
    let kept = move |(at, byte): (usize, &u8)| dropped.is_none_or(|dropped| dropped + 1 != at).then_some(*byte);
    text.iter().enumerate().filter_map(kept).filter(|b| b.is_ascii_digit() || *b == b'+')
}

/// A number with `+` or `00` and the code of a country other than the United Kingdom, in the length of its plan.
pub(crate) fn international(text: &[u8]) -> Option<()> {
    let mut digits = [0u8; 18];
    let mut length = 0;
    for digit in dialled(text) {
        *digits.get_mut(length)? = digit;
        length += 1;
    }
    let digits = digits.get(..length)?;
    let number = digits.strip_prefix(b"+").or_else(|| digits.strip_prefix(b"00"))?;
    international_digits(number).then_some(())
}

/// Source: the assigned codes of ITU-T E.164 and the lengths of the national plans (`rules/reference/calling_codes.tsv`).
fn international_digits(number: &[u8]) -> bool {
    !number.starts_with(b"44")
        && (1..=3).any(|code| {
            let Some((code, national)) = number.split_at_checked(code) else { return false };
            let Some((least, most)) = reference::calling_code(code) else {
                return false;
            };
            let repeated = national.iter().all(|b| Some(b) == national.first());
            (least..=most).contains(&national.len()) && national.iter().all(u8::is_ascii_digit) && !repeated
        })
}

/// Ten digits of the North American plan: area and exchange begin with 2 to 9 and are no service's. Source: NANPA.
pub(crate) fn is_north_american(plain: &[u8]) -> bool {
    let digits = if plain.len() == 11 { plain.strip_prefix(b"1").unwrap_or_default() } else { plain };
    let service = |three: &[u8]| matches!(three, [_, b'1', b'1']);
    digits.len() == 10
        && digits.iter().all(u8::is_ascii_digit)
        && [0, 3].iter().all(|at| digits.get(*at).is_some_and(|b| *b >= b'2'))
        && !digits.get(..3).is_none_or(service)
        && digits.iter().any(|b| Some(b) != digits.first())
}

/// As [`phone`], for a number that stands where only a telephone number can: a typed cell loses its leading zero.
pub(crate) fn phone_labelled(text: &str) -> Option<String> {
    phone(text).or_else(|| {
        let digits = super::numbers::digits(text)?;
        let national = digits.len() == 10 && matches!(digits.as_bytes().first(), Some(b'1' | b'2' | b'7'));
        (national && is_national(digits.as_bytes())).then(|| format!("+44{digits}"))
    })
}

/// Source: Ofcom's national telephone numbering plan; 08 and 09 are no person's.
fn is_national(number: &[u8]) -> bool {
    let repeated = number.iter().all(|b| number.first() == Some(b));
    let length = number.len();
    !repeated
        && match number.first() {
            Some(b'1') => matches!(length, 9 | 10),
            Some(b'2' | b'3') => length == 10,
            Some(b'7') => length == 10 && number.get(1) != Some(&b'2'),
            _ => false,
        }
}

/// A mail address in lower case.
pub(crate) fn email(text: &str) -> Option<String> {
    let text = text.trim().trim_start_matches("mailto:").trim_matches(['<', '>', '"', '\'', ';', ',', '.', '(', ')']);
    is_email(text.as_bytes()).then(|| text.to_ascii_lowercase())
}

/// True for a mail address and nothing around it.
pub(crate) fn is_email(text: &[u8]) -> bool {
    let Some(at) = text.iter().position(|b| *b == b'@') else { return false };
    let (local, domain) = (text.get(..at).unwrap_or_default(), text.get(at + 1..).unwrap_or_default());
    let local_fits = (1..=64).contains(&local.len())
        && local.iter().all(|b| b.is_ascii_alphanumeric() || b"._%+-'&=/".contains(b))
        && !local.starts_with(b".");
    let label = |label: &[u8]| !label.is_empty() && label.iter().all(|b| b.is_ascii_alphanumeric() || *b == b'-');
    let top = domain.rsplit(|b| *b == b'.').next().unwrap_or_default();
    local_fits
        && domain.contains(&b'.')
        && domain.len() <= 253
        && domain.split(|b| *b == b'.').all(label)
        && top.len() >= 2
        && top.iter().all(u8::is_ascii_alphabetic)
}

/// The first mail address in a text.
pub(crate) fn find_email(text: &str) -> Option<(usize, usize, String)> {
    let mut from = 0;
    while let Some(at) = text.get(from..)?.find('@').map(|place| place + from) {
        let part = |b: &u8| b.is_ascii_alphanumeric() || b"._%+-'&=".contains(b);
        let start = at - text.as_bytes().get(..at)?.iter().rev().take_while(|b| part(b)).count();
        let end = at + 1 + text.as_bytes().get(at + 1..)?.iter().take_while(|b| part(b)).count();
        if let Some(address) = text.get(start..end).and_then(email) {
            return Some((start, end, address));
        }
        from = at + 1;
    }
    None
}

/// The domain of a mail address.
pub(crate) fn domain(address: &str) -> &str {
    address.rsplit_once('@').map_or("", |(_, domain)| domain)
}

const STREETS: [&str; 34] = [
    "street",
    "st",
    "road",
    "rd",
    "avenue",
    "ave",
    "lane",
    "ln",
    "close",
    "drive",
    "dr",
    "way",
    "court",
    "ct",
    "grove",
    "crescent",
    "place",
    "terrace",
    "gardens",
    "hill",
    "park",
    "square",
    "row",
    "view",
    "walk",
    "mews",
    "green",
    "house",
    "cottage",
    "flat",
    "farm",
    "rise",
    "parade",
    "apartment",
];

static STREET_WORDS: LazyLock<Lookup<()>> = LazyLock::new(|| Lookup::of(STREETS));

/// True where a line reads like the street line of an address: a house number and words, or a street word.
pub(crate) fn is_street_line(line: &str) -> bool {
    let line = line.trim().trim_end_matches([',', '.']);
    if line.len() < 5 || line.len() > 70 || line.contains('@') || line.contains(':') {
        return false;
    }
    let mut words = line.split([' ', ',']).filter(|w| !w.is_empty());
    let numbered = words.clone().next().is_some_and(|first| {
        first.len() <= 5
            && first.bytes().next().is_some_and(|b| b.is_ascii_digit())
            && first.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'/'))
    });
    if !numbered && line.split(' ').next().is_some_and(super::names::is_title) {
        return false;
    }
    let starts_upper = line.starts_with(|c: char| c.is_ascii_uppercase());
    if !numbered && (!starts_upper || line.split(' ').nth(6).is_some()) {
        return false;
    }
    words.any(|word| STREET_WORDS.has(word.trim_end_matches('.')))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn postcodes_are_of_districts_in_use() {
        assert_eq!(postcode("l12 2ap").as_deref(), Some("L12 2AP"));
        assert_eq!(postcode("CH419DE").as_deref(), Some("CH41 9DE"));
        for text in ["L99 2AP", "QQ1 1AA", "L12 2CP", "AB1", "12345", "ITEM 1AB"] {
            assert_eq!(postcode(text), None, "{text}");
        }
        let found = find_postcodes("12 High Street, Liverpool L12 2AP (was CH41 9DE)");
        assert_eq!(found.iter().map(|f| f.2.as_str()).collect::<Vec<_>>(), ["L12 2AP", "CH41 9DE"]);
    }

    #[test]
    fn phones_come_out_in_e164() {
        for (text, want) in [
            ("0151 496 0123", "+441514960123"),
            ("(0151) 496-0123", "+441514960123"),
            ("+44 (0)151 496 0123", "+441514960123"),
            ("07700 900123", "+447700900123"),
            ("0044 7700 900123", "+447700900123"),
            ("+353 1 496 0123", "+35314960123"),
            ("07700900123 (mother)", "+447700900123"),
            ("0151 496 0123 ext 44", "+441514960123"),
        ] {
            assert_eq!(phone(text).as_deref(), Some(want), "{text}");
        }
        for text in ["9990000018", "0800 1111", "12345", "00000000000", "01234", "ward 3"] {
            assert_eq!(phone(text), None, "{text}");
        }
        assert_eq!(phone_labelled("7700900123").as_deref(), Some("+447700900123"));
    }

    #[test]
    fn mail_addresses_are_lower_case() {
        assert_eq!(email("<Jane.Smith@Example.NHS.uk>").as_deref(), Some("jane.smith@example.nhs.uk"));
        assert_eq!(email("jane@localhost"), None);
        assert_eq!(find_email("write to a@b.example, or").map(|f| f.2).as_deref(), Some("a@b.example"));
    }

    #[test]
    fn street_lines() {
        for line in ["12 High Street", "Flat 3, 12A Mill Lane", "Rose Cottage", "7 The Grove,"] {
            assert!(is_street_line(line), "{line}");
        }
        for line in [
            "Outpatient letter",
            "He walked down the street yesterday and fell over badly",
            "Tel: 12 Road",
            "Dr B Green",
        ] {
            assert!(!is_street_line(line), "{line}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,60}") {
            let _ = (find_postcodes(&text), phone(&text), find_email(&text), is_street_line(&text), postcode(&text));
        }
    }
}
