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
    (digits.len() == 10 && passes_modulus_11(digits.as_bytes()) && !is_placeholder(digits.as_bytes())).then_some(digits)
}

/// As [`nhs_number`], for a cell typed as a number, which loses a leading zero.
pub(crate) fn nhs_number_typed(number: f64) -> Option<String> {
    if number.fract() != 0.0 || !(10_000_000.0..10_000_000_000.0).contains(&number) {
        return None;
    }
    nhs_number(&format!("{:010}", number as u64))
}

/// True where the tenth digit is the check of the first nine.
pub(crate) fn passes_modulus_11(digits: &[u8]) -> bool {
    let mut sum = 0u32;
    for (weight, digit) in (2..=10).rev().zip(digits) {
        sum += weight * u32::from(digit.wrapping_sub(b'0'));
    }
    let check = match 11 - sum % 11 {
        11 => 0,
        10 => return false,
        other => other,
    };
    digits.get(9).is_some_and(|last| u32::from(last.wrapping_sub(b'0')) == check)
}

/// Repeated digits, counting rows, and the numbers that national guidance prints as examples.
pub(crate) fn is_placeholder(digits: &[u8]) -> bool {
    const PRINTED: [&str; 6] = ["1234567881", "0123456789", "1234567890", "9876543210", "4857773456", "9434765919"];
    let printed = PRINTED.iter().any(|number| number.as_bytes() == digits);
    digits.iter().all(|b| Some(b) == digits.first()) || printed || digits.starts_with(b"00")
}

/// The range that England, Wales and the Isle of Man are issued, and that kept for test data.
pub(crate) fn is_of_england(digits: &[u8]) -> bool {
    matches!(digits.first(), Some(b'4' | b'6' | b'7' | b'9'))
}

/// True where the first six digits are a day, a month and a year, as those of a CHI number are the date of birth.
pub(crate) fn begins_with_a_date(digits: &[u8]) -> bool {
    let &[d1, d2, m1, m2, ..] = digits else { return false };
    let two = |tens: u8, ones: u8| u32::from(tens.wrapping_sub(b'0')) * 10 + u32::from(ones.wrapping_sub(b'0'));
    let days = match two(m1, m2) {
        2 => 29,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => 0,
    };
    (1..=days).contains(&two(d1, d2))
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
    is_national_insurance(plain.as_bytes()).then_some(plain)
}

/// As [`national_insurance_number`], of capitals and digits only.
pub(crate) fn is_national_insurance(plain: &[u8]) -> bool {
    let &[first, second, ref middle @ .., suffix] = plain else { return false };
    let form = plain.len() == 9
        && first.is_ascii_uppercase()
        && second.is_ascii_uppercase()
        && middle.iter().all(u8::is_ascii_digit)
        && matches!(suffix, b'A'..=b'D');
    let denied = b"DFIQUV".contains(&first)
        || b"DFIQUVO".contains(&second)
        || [*b"BG", *b"GB", *b"KN", *b"NK", *b"NT", *b"TN", *b"ZZ"].contains(&[first, second]);
    form && !denied
}

/// A payment card number, digits only: an issuer's range and length, Luhn.
pub(crate) fn payment_card(text: &str) -> Option<String> {
    let digits = digits(text)?;
    let plain = digits.as_bytes();
    let repeated = plain.iter().all(|b| Some(b) == plain.first());
    (has_card_issuer(plain) && passes_luhn(plain) && !repeated).then_some(digits)
}

/// Source: ISO/IEC 7812-1, annex B.
pub(crate) fn passes_luhn(digits: &[u8]) -> bool {
    let mut sum = 0u32;
    for (place, byte) in digits.iter().rev().enumerate() {
        let mut digit = u32::from(byte.wrapping_sub(b'0'));
        if place % 2 == 1 {
            digit *= 2;
            if digit > 9 {
                digit -= 9;
            }
        }
        sum += digit;
    }
    !digits.is_empty() && sum.is_multiple_of(10)
}

/// True for the leading digits and the length of a scheme: Visa, Mastercard, American Express, Diners, Discover, JCB,
/// UnionPay, Maestro. Source: the schemes' published ranges (ISO/IEC 7812).
pub(crate) fn has_card_issuer(digits: &[u8]) -> bool {
    let lead = |n: usize| digits.iter().take(n).fold(0u32, |sum, b| sum * 10 + u32::from(b.wrapping_sub(b'0')));
    let length = digits.len();
    match (lead(1), lead(2), lead(4)) {
        (4, ..) => matches!(length, 13 | 16 | 19),
        (_, 51..=55, _) | (.., 2221..=2720) => length == 16,
        (_, 34 | 37, _) => length == 15,
        (_, 36 | 38 | 39, _) | (.., 3000..=3059) => (14..=19).contains(&length),
        (.., 3528..=3589) => (16..=19).contains(&length),
        (_, 60 | 62 | 64 | 65 | 81, _) => (16..=19).contains(&length),
        (_, 50 | 56..=58 | 61 | 63 | 66..=69, _) => (12..=19).contains(&length),
        _ => false,
    }
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
    is_iban(plain.as_bytes()).then_some(plain)
}

/// As [`iban`], of capitals and digits only: country, its length, modulo 97. Source: the IBAN registry of ISO 13616.
pub(crate) fn is_iban(plain: &[u8]) -> bool {
    const LENGTHS: &str = "AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BI27 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DJ27 DK18 DO28 \
        EE20 EG29 ES24 FI18 FK18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HN28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 \
        KZ20 LB28 LC32 LI21 LT20 LU20 LV21 LY25 MC27 MD24 ME22 MK19 MN20 MR27 MT31 MU30 NI28 NL18 NO15 OM23 PK24 PL28 PS29 \
        PT25 QA29 RO24 RS22 RU33 SA24 SC31 SD18 SE24 SI19 SK24 SM27 SO23 ST25 SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20 YE30";
    let Some((head, tail)) = plain.split_at_checked(4) else { return false };
    let form = head.iter().take(2).all(u8::is_ascii_uppercase) && head.iter().skip(2).all(u8::is_ascii_digit);
    if !form || !plain.iter().all(u8::is_ascii_alphanumeric) {
        return false;
    }
    let length = LENGTHS.as_bytes().chunks(5).find(|entry| entry.get(..2) == head.get(..2)).and_then(|entry| {
        let [tens, ones] = *entry.get(2..4)? else { return None };
        Some(usize::from(tens - b'0') * 10 + usize::from(ones - b'0'))
    });
    if length != Some(plain.len()) {
        return false;
    }
    let mut rest = 0u32;
    for byte in tail.iter().chain(head) {
        rest = match byte {
            b'0'..=b'9' => rest * 10 + u32::from(byte - b'0'),
            _ => rest * 100 + u32::from(byte.to_ascii_uppercase().wrapping_sub(b'A')) + 10,
        } % 97;
    }
    rest == 1
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
