//! Numbers as documents write them: Roman, ordinal, the letters of a column.

/// In small letters; what Rome had no letters for as digits.
pub(super) fn roman(count: u32) -> String {
    const PARTS: &[(u32, &str)] = &[
        (1000, "m"),
        (900, "cm"),
        (500, "d"),
        (400, "cd"),
        (100, "c"),
        (90, "xc"),
        (50, "l"),
        (40, "xl"),
        (10, "x"),
        (9, "ix"),
        (5, "v"),
        (4, "iv"),
        (1, "i"),
    ];
    if count == 0 || count > 32_767 {
        return count.to_string();
    }
    let (mut left, mut text) = (count, String::new());
    for (value, letters) in PARTS {
        while left >= *value {
            text.push_str(letters);
            left -= value;
        }
    }
    text
}

/// 1st, 2nd, 3rd, 4th, and 11th to 13th.
pub(super) fn ordinal(count: u32) -> String {
    let ending = match (count % 10, count % 100) {
        (1, rest) if rest != 11 => "st",
        (2, rest) if rest != 12 => "nd",
        (3, rest) if rest != 13 => "rd",
        _ => "th",
    };
    format!("{count}{ending}")
}

/// The letters of a spreadsheet's column, counted from zero.
pub(super) fn of_column(column: u32) -> String {
    let mut letters = Vec::new();
    let mut left = column.saturating_add(1);
    while left > 0 {
        left -= 1;
        letters.push(char::from(b'A' + (left % 26) as u8));
        left /= 26;
    }
    letters.iter().rev().collect()
}
