//! Codes and numbers with a structure of their own: concepts, licences, tax references, plates, network addresses.

/// Verhoeff's check over decimal digits. Source: SNOMED CT technical implementation guide, appendix on check digits.
pub(super) fn passes_verhoeff(digits: &[u8]) -> bool {
    const MULTIPLY: [[u8; 10]; 10] = [
        [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
        [1, 2, 3, 4, 0, 6, 7, 8, 9, 5],
        [2, 3, 4, 0, 1, 7, 8, 9, 5, 6],
        [3, 4, 0, 1, 2, 8, 9, 5, 6, 7],
        [4, 0, 1, 2, 3, 9, 5, 6, 7, 8],
        [5, 9, 8, 7, 6, 0, 4, 3, 2, 1],
        [6, 5, 9, 8, 7, 1, 0, 4, 3, 2],
        [7, 6, 5, 9, 8, 2, 1, 0, 4, 3],
        [8, 7, 6, 5, 9, 3, 2, 1, 0, 4],
        [9, 8, 7, 6, 5, 4, 3, 2, 1, 0],
    ];
    const PERMUTE: [[u8; 10]; 8] = [
        [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
        [1, 5, 7, 6, 2, 8, 3, 0, 9, 4],
        [5, 8, 0, 3, 7, 9, 6, 1, 4, 2],
        [8, 9, 1, 6, 0, 4, 3, 5, 2, 7],
        [9, 4, 5, 3, 1, 2, 6, 8, 7, 0],
        [4, 2, 8, 6, 5, 7, 3, 9, 0, 1],
        [2, 7, 9, 3, 8, 0, 6, 4, 1, 5],
        [7, 0, 4, 6, 9, 1, 3, 2, 5, 8],
    ];
    let mut check = 0u8;
    for (place, digit) in digits.iter().rev().enumerate() {
        let permuted = PERMUTE.get(place % 8).and_then(|row| row.get(usize::from(digit.wrapping_sub(b'0'))));
        let Some(next) = permuted.and_then(|p| MULTIPLY.get(usize::from(check))?.get(usize::from(*p))) else {
            return false;
        };
        check = *next;
    }
    !digits.is_empty() && check == 0
}

/// The two digits before the last say what a SNOMED identifier is of: concept, description, relationship, each in the short
/// form or with a namespace.
pub(super) fn has_snomed_partition(digits: &[u8]) -> bool {
    matches!(digits, [b'1'..=b'9', .., first, second, _] if matches!((first, second), (b'0' | b'1', b'0'..=b'2'))
        && (*first == b'0' || digits.len() >= 11))
}

/// Source: HMRC's published check of the unique taxpayer reference: weights 6 7 8 9 10 5 4 3 2 over the last nine.
pub(super) fn is_taxpayer_reference(digits: &[u8]) -> bool {
    const WEIGHTS: [u32; 9] = [6, 7, 8, 9, 10, 5, 4, 3, 2];
    let [check, rest @ ..] = digits else { return false };
    if rest.len() != 9 || !digits.iter().all(u8::is_ascii_digit) {
        return false;
    }
    let sum: u32 = rest.iter().zip(WEIGHTS).map(|(digit, weight)| u32::from(digit - b'0') * weight).sum();
    b"21987654321".get((sum % 11) as usize) == Some(check)
}

/// The driver number of Great Britain: five letters of the surname (9 where there are fewer), the decade, month (5 more for
/// a woman), day and year of birth, initials (9 where there is none), and three that part equals. Source: DVLA.
pub(super) fn is_driving_licence(plain: &[u8]) -> bool {
    let &[ref surname @ .., _, month_1, month_2, day_1, day_2, _, initial_1, initial_2, _, last_1, last_2] =
        plain.get(..16).unwrap_or_default()
    else {
        return false;
    };
    let named = surname.first().is_some_and(u8::is_ascii_uppercase) && {
        let filled = surname.iter().rev().take_while(|b| **b == b'9').count();
        surname.iter().take(surname.len() - filled).all(u8::is_ascii_uppercase)
    };
    let number = |tens: u8, ones: u8| u32::from(tens.wrapping_sub(b'0')) * 10 + u32::from(ones.wrapping_sub(b'0'));
    let month = number(month_1, month_2);
    let month = if month > 50 { month - 50 } else { month };
    let initial = |b: u8| b.is_ascii_uppercase() || b == b'9';
    named
        && surname.len() == 5
        && (1..=12).contains(&month)
        && (1..=31).contains(&number(day_1, day_2))
        && initial(initial_1)
        && initial(initial_2)
        && last_1.is_ascii_alphabetic()
        && last_2.is_ascii_alphabetic()
        && matches!(plain.len(), 16 | 18)
}

/// A plate of the form in use since 2001, or of those before; I, Q and Z do not begin it. Source: DVLA INF104.
pub(super) fn is_vehicle_registration(plain: &[u8]) -> bool {
    let letters = plain.iter().take_while(|b| b.is_ascii_uppercase()).count();
    let digits = plain.iter().skip(letters).take_while(|b| b.is_ascii_digit()).count();
    let tail = plain.get(letters + digits..).unwrap_or_default();
    let letters_only = tail.iter().all(u8::is_ascii_uppercase);
    match (letters, digits, tail.len()) {
        (2, 2, 3) => !b"IQZ".contains(&plain[0]) && !tail.contains(&b'I') && !tail.contains(&b'Q') && letters_only,
        (1, 1..=3, 3) | (3, 1..=3, 1) => letters_only && !plain.starts_with(b"I"),
        _ => false,
    }
}

/// Four octets without leading noughts. Addresses of the own host and of nobody are none.
pub(super) fn is_internet_address_4(text: &[u8]) -> bool {
    let octet = |part: &[u8]| -> Option<u32> {
        let fits = (1..=3).contains(&part.len()) && !(part.len() > 1 && part.starts_with(b"0"));
        fits.then(|| part.iter().fold(0u32, |sum, b| sum * 10 + u32::from(b.wrapping_sub(b'0')))).filter(|n| *n <= 255)
    };
    let count = text.split(|b| *b == b'.').count();
    count == 4
        && text.split(|b| *b == b'.').all(|part| octet(part).is_some())
        && text.split(|b| *b == b'.').next().and_then(octet).is_some_and(|first| !matches!(first, 0 | 127 | 255))
}

/// Eight groups, or fewer around one `::`; at least three of them, so that a time is none.
pub(super) fn is_internet_address_6(text: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(text) else { return false };
    let groups = text.split(':').filter(|group| !group.is_empty()).count();
    groups >= 3
        && text.bytes().any(|b| b.is_ascii_digit())
        && text.parse::<std::net::Ipv6Addr>().is_ok_and(|address| !address.is_loopback())
}

/// Digits grouped as numbers are dialled in some country: 7 to 15 of them, parted or with a leading nought or plus, and no date.
pub(super) fn reads_like_a_phone(text: &[u8], plain: &[u8]) -> bool {
    let (mut groups, mut short, mut dated) = (0, true, false);
    for group in text.split(|b| !b.is_ascii_digit()).filter(|group| !group.is_empty()) {
        groups += 1;
        short &= matches!(group.len(), 1 | 2 | 4);
        dated |= group.len() == 4 && (group.starts_with(b"19") || group.starts_with(b"20"));
    }
    (7..=15).contains(&plain.len())
        && groups <= 6
        && !(groups == 3 && short && dated)
        && plain.iter().any(|b| Some(b) != plain.first())
}
