//! Numbers, dates and hostile text as a person reads them.
//!
//! No wording of findings is decided here, and nothing is masked here: that is `mask`.

use jiff::{
    Timestamp,
    civil::{Date, DateTime},
};

/// A whole number with thousands parted by commas: `12,345`.
pub(crate) fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `1 child`, `12 children`.
pub(crate) fn counted(number: u64, one: &str, many: &str) -> String {
    format!("{} {}", thousands(number), if number == 1 { one } else { many })
}

/// A share as a percentage of at most one decimal: `93 %`, `0.4 %`.
///
/// A share that is not whole is never printed as 0 % or 100 %: those would claim what was not measured.
pub(crate) fn percent(share: f64) -> String {
    if !share.is_finite() {
        return "unknown".to_owned();
    }
    let value = share * 100.0;
    if value > 0.0 && value < 0.05 {
        "under 0.1 %".to_owned()
    } else if value < 100.0 && value > 99.95 {
        "over 99.9 %".to_owned()
    } else if (value - value.round()).abs() < 0.05 {
        format!("{value:.0} %")
    } else {
        format!("{value:.1} %")
    }
}

/// Bytes with a decimal unit, as the posts of gangs and the labels of disks count: `1.2 GB`.
pub(crate) fn size(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["bytes", "kB", "MB", "GB", "TB"];
    let mut value = bytes as f64;
    let mut unit = 0;
    while value >= 999.5 && unit + 1 < UNITS.len() {
        value /= 1000.0;
        unit += 1;
    }
    let name = UNITS.get(unit).copied().unwrap_or_default();
    if unit == 0 || value >= 99.95 { format!("{value:.0} {name}") } else { format!("{value:.1} {name}") }
}

/// `a`, `a and b`, `a, b and c`.
pub(crate) fn list(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [one] => one.clone(),
        [head @ .., last] => format!("{} and {last}", head.join(", ")),
    }
}

/// `28 November 2024`.
pub(crate) fn day(date: Date) -> String {
    date.strftime("%-d %B %Y").to_string()
}

/// `1 Dec 2024, 10:15 UTC`.
pub(crate) fn instant(time: Timestamp) -> String {
    time.strftime("%-d %b %Y, %H:%M UTC").to_string()
}

/// `1 Dec 2024, 10:15`, in the log's own zone.
pub(crate) fn log_time(time: DateTime) -> String {
    time.strftime("%-d %b %Y, %H:%M").to_string()
}

/// Text of unknown origin, made harmless for a terminal and a page: control characters, which could drive a terminal,
/// and the marks that reorder text, which could make a line read otherwise than it is, become `U+FFFD`. Line ends stay.
pub(crate) fn plain(text: &str) -> String {
    let replaced = |c: char| {
        (c.is_control() && c != '\n')
            || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{061c}')
    };
    text.chars().map(|c| if c == '\t' { ' ' } else { c }).map(|c| if replaced(c) { '\u{fffd}' } else { c }).collect()
}

/// [`plain`] on one line.
pub(crate) fn line(text: &str) -> String {
    plain(text).replace('\n', " ")
}

/// Breaks one paragraph into lines of at most `width` columns; the lines after the first begin with `indent` blanks.
///
/// A word longer than a line stays whole: a hash or a command must not be torn.
pub(crate) fn wrap(text: &str, width: usize, indent: usize) -> String {
    let mut out = String::new();
    let mut column = 0;
    let lead: usize = text.chars().take_while(|c| *c == ' ').count();
    for word in text.split_whitespace() {
        let length = word.chars().count();
        if column == 0 {
            out.push_str(&" ".repeat(lead));
            column = lead;
        } else if column + 1 + length > width {
            out.push('\n');
            out.push_str(&" ".repeat(indent));
            column = indent;
        } else {
            out.push(' ');
            column += 1;
        }
        out.push_str(word);
        column += length;
    }
    out
}

/// A figure rounded to six decimals, so that a sum taken in another order prints the same.
pub(crate) fn rounded(value: f64) -> f64 {
    (value * 1e6).round() / 1e6
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_as_a_person_writes_them() {
        let seen: Vec<String> = [0, 7, 999, 1000, 12_345, 1_234_567].into_iter().map(thousands).collect();
        assert_eq!(seen, ["0", "7", "999", "1,000", "12,345", "1,234,567"]);
        let seen: Vec<String> = [0.0, 0.0001, 0.5, 0.934, 0.9999, 1.0].into_iter().map(percent).collect();
        assert_eq!(seen, ["0 %", "under 0.1 %", "50 %", "93.4 %", "over 99.9 %", "100 %"]);
        let seen: Vec<String> = [0, 999, 1000, 123_456, 999_999, 4_200_000_000].into_iter().map(size).collect();
        assert_eq!(seen, ["0 bytes", "999 bytes", "1.0 kB", "123 kB", "1.0 MB", "4.2 GB"]);
    }

    #[test]
    fn hostile_text_cannot_drive_a_terminal_or_reorder_a_line() {
        assert_eq!(line("a\u{1b}[2Jb\u{202e}c\td\ne"), "a\u{fffd}[2Jb\u{fffd}c d e");
    }

    #[test]
    fn wrapping_keeps_the_width_and_the_words() {
        assert_eq!(wrap("  one two three four", 11, 4), "  one two\n    three\n    four");
        assert_eq!(wrap("averyveryverylongword b", 5, 0), "averyveryverylongword\nb");
    }
}
