//! Numbers that carry their own check: NHS number, national insurance number, payment card, IBAN, sort code and account.
//!
//! A check digit rejects and never proves: a tenth of random numbers pass that of the NHS. Whether a number that passes
//! is a person's is for its surroundings to say, not for this module.

/// The text without the blanks and dashes that people put into numbers; `None` where anything but digits is left.
pub(crate) fn digits(text: &str) -> Option<String> {
    let text = text.trim().trim_start_matches('\'');
    let text = text.strip_suffix(".0").unwrap_or(text);
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '0'..='9' => out.push(character),
            ' ' | '-' | '\u{a0}' | '\u{2010}'..='\u{2014}' | '\u{202f}' => {}
            _ => return None,
        }
    }
    (!out.is_empty()).then_some(out)
}

/// An NHS number (or a number of the same form of Scotland or Northern Ireland) as ten digits.
///
/// Source: NHS Data Dictionary, NHS NUMBER: weights 10 to 2, 11 less the sum modulo 11, 10 invalid, 11 written as 0.
/// Numbers of one repeated digit pass the check and are nobody's.
pub(crate) fn nhs_number(text: &str) -> Option<String> {
    if text.len() > 24 {
        return None;
    }
    let digits = digits(text)?;
    (digits.len() == 10 && passes_modulus_11(digits.as_bytes()) && !is_placeholder(&digits)).then_some(digits)
}

/// As [`nhs_number`], for a cell typed as a number, which loses a leading zero.
pub(crate) fn nhs_number_typed(number: f64) -> Option<String> {
    if number.fract() != 0.0 || !(10_000_000.0..10_000_000_000.0).contains(&number) {
        return None;
    }
    nhs_number(&format!("{:010}", number as u64))
}

fn passes_modulus_11(digits: &[u8]) -> bool {
    let mut sum = 0u32;
    for (weight, digit) in (2..=10).rev().zip(digits) {
        sum += weight * u32::from(digit - b'0');
    }
    let check = match 11 - sum % 11 {
        11 => 0,
        10 => return false,
        other => other,
    };
    digits.get(9).is_some_and(|last| u32::from(last - b'0') == check)
}

/// Repeated digits, counting rows, and the numbers that national guidance prints as examples.
fn is_placeholder(digits: &str) -> bool {
    const PRINTED: [&str; 6] = ["1234567881", "0123456789", "1234567890", "9876543210", "4857773456", "9434765919"];
    let mut bytes = digits.bytes();
    let first = bytes.next();
    bytes.all(|b| Some(b) == first) || PRINTED.contains(&digits) || digits.starts_with("00")
}

/// True where the number lies in a range that is issued, or that is kept for test data: without a label, others are not
/// taken. Source: leading digits 010 to 311 (Scotland), 320 to 399 (Northern Ireland), 400 to 499 and 600 to 799
/// (England, Wales, Isle of Man), 9 (test data).
pub(crate) fn is_issued_range(nhs_number: &str) -> bool {
    match nhs_number.get(..3).and_then(|lead| lead.parse::<u32>().ok()) {
        Some(lead) => matches!(lead, 10..=311 | 320..=499 | 600..=799 | 900..=999),
        None => false,
    }
}

/// A national insurance number without blanks. Source: HMRC manual NIM39110.
pub(crate) fn national_insurance_number(text: &str) -> Option<String> {
    let plain: String =
        text.chars().filter(|c| !matches!(c, ' ' | '-' | '\u{a0}')).map(|c| c.to_ascii_uppercase()).collect();
    let bytes = plain.as_bytes();
    let &[first, second, ref middle @ .., suffix] = bytes else { return None };
    let form = bytes.len() == 9
        && first.is_ascii_uppercase()
        && second.is_ascii_uppercase()
        && middle.iter().all(u8::is_ascii_digit)
        && matches!(suffix, b'A'..=b'D');
    let denied = b"DFIQUV".contains(&first)
        || b"DFIQUVO".contains(&second)
        || ["BG", "GB", "KN", "NK", "NT", "TN", "ZZ"].iter().any(|prefix| plain.starts_with(prefix));
    (form && !denied).then_some(plain)
}

/// A payment card number, digits only: 13 to 19 digits, a scheme's leading digit, Luhn.
pub(crate) fn payment_card(text: &str) -> Option<String> {
    let digits = digits(text)?;
    let known = matches!(digits.as_bytes().first(), Some(b'3'..=b'6')) && (13..=19).contains(&digits.len());
    let mut sum = 0u32;
    for (place, byte) in digits.bytes().rev().enumerate() {
        let mut digit = u32::from(byte - b'0');
        if place % 2 == 1 {
            digit *= 2;
            if digit > 9 {
                digit -= 9;
            }
        }
        sum += digit;
    }
    (known && sum.is_multiple_of(10) && digits.bytes().any(|b| Some(b) != digits.bytes().next())).then_some(digits)
}

/// A sort code as `12-34-56`.
pub(crate) fn sort_code(text: &str) -> Option<String> {
    let digits = digits(&text.replace('/', "-"))?;
    let digits = if digits.len() == 5 { format!("0{digits}") } else { digits };
    if digits.len() != 6 || digits.bytes().all(|b| b == b'0') {
        return None;
    }
    Some(format!("{}-{}-{}", digits.get(..2)?, digits.get(2..4)?, digits.get(4..)?))
}

/// An account number of eight digits; seven and six, as some banks print, are filled with zeros in front.
pub(crate) fn account_number(text: &str) -> Option<String> {
    let digits = digits(text)?;
    let fits = (6..=8).contains(&digits.len()) && digits.bytes().any(|b| b != b'0');
    fits.then(|| format!("{digits:0>8}"))
}

/// An IBAN without blanks. Source: ISO 13616, modulo 97.
pub(crate) fn iban(text: &str) -> Option<String> {
    let plain: String = text.chars().filter(|c| !c.is_whitespace()).map(|c| c.to_ascii_uppercase()).collect();
    if !(15..=34).contains(&plain.len()) || !plain.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return None;
    }
    let (head, tail) = plain.split_at_checked(4)?;
    if !head.bytes().take(2).all(|b| b.is_ascii_uppercase()) || !head.bytes().skip(2).all(|b| b.is_ascii_digit()) {
        return None;
    }
    let mut rest = 0u32;
    for byte in tail.bytes().chain(head.bytes()) {
        let value = if byte.is_ascii_digit() { u32::from(byte - b'0') } else { u32::from(byte - b'A') + 10 };
        rest = if value > 9 { rest * 100 + value } else { rest * 10 + value } % 97;
    }
    (rest == 1).then_some(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nhs_numbers_pass_in_every_way_of_writing_and_placeholders_do_not() {
        for text in ["999 000 0018", "999-000-0018", "9990000018", " 999 000 0018 ", "9990000018.0"] {
            assert_eq!(nhs_number(text).as_deref(), Some("9990000018"), "{text}");
        }
        for text in ["9990000017", "9999999999", "1111111111", "999 000 001", "9991234560", "4857773456", "x9990000018"]
        {
            assert_eq!(nhs_number(text), None, "{text}");
        }
        assert_eq!(nhs_number_typed(9_990_000_018.0).as_deref(), Some("9990000018"));
        assert!(!is_issued_range("5010000000") && is_issued_range("9990000018"));
    }

    #[test]
    fn national_insurance_numbers_keep_to_the_form() {
        assert_eq!(national_insurance_number("ab 12 34 56 c").as_deref(), Some("AB123456C"));
        for text in ["QQ123456C", "GB123456A", "AB123456E", "AO123456A", "AB12345C"] {
            assert_eq!(national_insurance_number(text), None, "{text}");
        }
    }

    #[test]
    fn bank_and_card_numbers_are_checked() {
        assert_eq!(sort_code("20/00/00").as_deref(), Some("20-00-00"));
        assert_eq!(account_number("1234567").as_deref(), Some("01234567"));
        assert_eq!(iban("GB82 WEST 1234 5698 7654 32").as_deref(), Some("GB82WEST12345698765432"));
        assert_eq!(iban("GB82 WEST 1234 5698 7654 33"), None);
        assert!(payment_card("4111 1111 1111 1111").is_some() && payment_card("4111 1111 1111 1112").is_none());
    }
}
