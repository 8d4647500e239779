//! Numbers, addresses and times out of raw bytes.
//!
//! Log bytes are hostile: nothing here assumes UTF-8, and every function looks at a bounded prefix or once at its input.
//! It decides no date order: a slashed date stays undecided ([`Stamp`]) until [`super::dates`] has read the whole file.

use jiff::civil::{Date, DateTime};
use memchr::memrchr;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The leading digits, at most 20 of them, and what follows.
pub(super) fn number(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let mut value = 0_u64;
    let mut length = 0;
    while let Some(digit) = bytes.get(length).map(|b| b.wrapping_sub(b'0')).filter(|digit| *digit < 10 && length < 20) {
        // Nineteen digits always fit.
        value = if length < 19 {
            value * 10 + u64::from(digit)
        } else {
            value.checked_mul(10)?.checked_add(u64::from(digit))?
        };
        length += 1;
    }
    (length > 0).then_some((value, bytes.get(length..)?))
}

/// Where a byte stands first, for one that is expected within a few dozen bytes: eight at a time, without the start that
/// `memchr` needs for its longer stride.
#[inline]
pub(super) fn near(bytes: &[u8], byte: u8) -> Option<usize> {
    const ONES: u64 = 0x0101_0101_0101_0101;
    let pattern = ONES * u64::from(byte);
    let (chunks, rest) = bytes.as_chunks::<8>();
    let mut at = 0;
    for chunk in chunks {
        // A byte that is zero borrows from its highest bit; the first such byte is told rightly (H. Warren, Hacker's Delight).
        let differs = u64::from_le_bytes(*chunk) ^ pattern;
        let hit = differs.wrapping_sub(ONES) & !differs & (ONES << 7);
        if hit != 0 {
            return Some(at + hit.trailing_zeros() as usize / 8);
        }
        at += 8;
    }
    rest.iter().position(|found| *found == byte).map(|offset| at + offset)
}

/// The bytes up to the first blank.
pub(super) fn word(bytes: &[u8]) -> &[u8] {
    near(bytes, b' ').and_then(|end| bytes.get(..end)).unwrap_or(bytes)
}

/// An address, brackets and zone taken off; `::ffff:192.0.2.1` becomes `192.0.2.1`, so that the two forms compare equal.
pub(super) fn address(bytes: &[u8]) -> Option<IpAddr> {
    let bytes = bytes.trim_ascii();
    if let Some(four) = ipv4(bytes) {
        return Some(IpAddr::V4(four));
    }
    let inner = bytes.strip_prefix(b"[").unwrap_or(bytes);
    let inner = inner.strip_suffix(b"]").unwrap_or(inner);
    let inner = inner.split(|&b| b == b'%').next()?;
    if inner.len() > 45 || !inner.contains(&b':') {
        return None;
    }
    let six: Ipv6Addr = std::str::from_utf8(inner).ok()?.parse().ok()?;
    Some(IpAddr::V6(six).to_canonical())
}

fn ipv4(bytes: &[u8]) -> Option<Ipv4Addr> {
    let (four, rest) = ipv4_prefix(bytes)?;
    rest.is_empty().then_some(four)
}

/// The address at the start of `bytes`, and what follows.
fn ipv4_prefix(bytes: &[u8]) -> Option<(Ipv4Addr, &[u8])> {
    let mut octets = [0_u8; 4];
    let mut at = 0;
    for (n, octet) in octets.iter_mut().enumerate() {
        if n > 0 {
            if bytes.get(at) != Some(&b'.') {
                return None;
            }
            at += 1;
        }
        let mut value = 0_u16;
        let from = at;
        while let Some(digit) = bytes.get(at).map(|b| b.wrapping_sub(b'0')).filter(|digit| *digit < 10) {
            value = value * 10 + u16::from(digit);
            at += 1;
            if at - from > 3 {
                return None;
            }
        }
        if at == from {
            return None;
        }
        *octet = u8::try_from(value).ok()?;
    }
    Some((Ipv4Addr::from(octets), bytes.get(at..)?))
}

/// `address:port`, split at the last colon as the appliance writes IPv6 without brackets. A bare IPv4 address has port 0.
pub(super) fn endpoint(bytes: &[u8]) -> Option<(IpAddr, u16)> {
    let bytes = bytes.trim_ascii();
    if let Some((four, rest)) = ipv4_prefix(bytes) {
        let Some(port) = rest.strip_prefix(b":") else { return rest.is_empty().then_some((IpAddr::V4(four), 0)) };
        let (port, rest) = number(port)?;
        return Some((IpAddr::V4(four), u16::try_from(port).ok()?)).filter(|_| rest.is_empty());
    }
    let (left, right) = bytes.split_at_checked(memrchr(b':', bytes)?)?;
    let (port, rest) = number(right.get(1..)?)?;
    if !rest.is_empty() {
        return None;
    }
    Some((address(left)?, u16::try_from(port).ok()?))
}

/// Seconds since 1970-01-01T00:00:00 on the clock that the log was written by, whatever its zone.
pub(super) type Seconds = i64;

/// Seconds of a civil time; fractions are cut off.
pub(super) fn seconds(time: DateTime) -> Seconds {
    let date = time.date();
    day_number(date.year().into(), date.month().into(), date.day().into()) * 86_400
        + i64::from(time.hour()) * 3600
        + i64::from(time.minute()) * 60
        + i64::from(time.second())
}

/// The civil time of so many seconds; what lies beyond the calendar is put on its edge.
pub(super) fn civil(seconds: Seconds) -> DateTime {
    let days = i32::try_from(seconds.div_euclid(86_400)).unwrap_or(i32::MAX);
    let epoch = Date::constant(1970, 1, 1);
    let date = epoch.checked_add(jiff::Span::new().try_days(days).unwrap_or_default()).unwrap_or(Date::MAX);
    let rest = seconds.rem_euclid(86_400);
    let part = |value: i64| i8::try_from(value).unwrap_or_default();
    date.at(part(rest / 3600), part(rest / 60 % 60), part(rest % 60), 0)
}

/// Days since 1970-01-01 of a date of the Gregorian calendar (H. Hinnant, `days_from_civil`).
fn day_number(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// A time as written: the year is known, day and month are not told apart yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stamp {
    /// The field that stands first of day and month.
    pub(super) first: u8,
    /// The other.
    pub(super) second: u8,
    /// The year.
    pub(super) year: i16,
    /// True where the year stands first, and month and day follow without doubt.
    pub(super) year_first: bool,
    hour: u8,
    minute: u8,
    second_of_minute: u8,
}

/// The length of `07/09/2024:01:08:11` and of `2024/07/09:01:08:11`.
pub(super) const STAMP_LENGTH: usize = 19;

/// Which of day and month stands first in a slashed date.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DateForm {
    /// `MMDDYYYY`, the on-box default.
    #[default]
    MonthFirst,
    /// `DDMMYYYY`.
    DayFirst,
}

impl Stamp {
    /// Reads `NN/NN/NNNN:NN:NN:NN` or `NNNN/NN/NN:NN:NN:NN` at the start of `bytes`.
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        let bytes: &[u8; STAMP_LENGTH] = bytes.first_chunk()?;
        let pair = |at: usize| -> Option<u8> {
            let (tens, ones) = (bytes.get(at)?.wrapping_sub(b'0'), bytes.get(at + 1)?.wrapping_sub(b'0'));
            (tens < 10 && ones < 10).then(|| tens * 10 + ones)
        };
        let year = |at: usize| -> Option<i16> { Some(i16::from(pair(at)?) * 100 + i16::from(pair(at + 2)?)) };
        if bytes.get(10) != Some(&b':') || bytes.get(13) != Some(&b':') || bytes.get(16) != Some(&b':') {
            return None;
        }
        let (first, second, year, year_first) = match (bytes.get(2), bytes.get(4), bytes.get(5), bytes.get(7)) {
            (Some(b'/'), _, Some(b'/'), _) => (pair(0)?, pair(3)?, year(6)?, false),
            (_, Some(b'/'), _, Some(b'/')) => (pair(5)?, pair(8)?, year(0)?, true),
            _ => return None,
        };
        let (hour, minute, second_of_minute) = (pair(11)?, pair(14)?, pair(17)?);
        Some(Self { first, second, year, year_first, hour, minute, second_of_minute })
    }

    /// The form that this date alone proves, where one of its fields cannot be a month.
    pub(super) fn proves(self) -> Option<DateForm> {
        match (self.year_first, self.first > 12, self.second > 12) {
            (false, true, false) => Some(DateForm::DayFirst),
            (false, false, true) => Some(DateForm::MonthFirst),
            _ => None,
        }
    }

    /// The time under the form inferred for the file; a date that proves the other form is read as that. `None` for a date
    /// or time that no calendar has.
    pub(super) fn resolve(self, form: DateForm) -> Option<Seconds> {
        let (month, day) = match (self.year_first, self.proves().unwrap_or(form)) {
            (true, _) | (_, DateForm::MonthFirst) => (self.first, self.second),
            (_, DateForm::DayFirst) => (self.second, self.first),
        };
        let is_leap = self.year % 4 == 0 && (self.year % 100 != 0 || self.year % 400 == 0);
        let length = match month {
            2 if is_leap => 29,
            2 => 28,
            4 | 6 | 9 | 11 => 30,
            1..=12 => 31,
            _ => return None,
        };
        let of_day = self.hour < 24 && self.minute < 60 && self.second_of_minute < 60;
        if day == 0 || day > length || self.year < 1970 || !of_day {
            return None;
        }
        let clock = i64::from(self.hour) * 3600 + i64::from(self.minute) * 60 + i64::from(self.second_of_minute);
        Some(day_number(self.year.into(), month.into(), day.into()) * 86_400 + clock)
    }
}

/// Text of a hostile field: the escapes of copied evidence undone, control characters replaced, at most 1,024 bytes read.
pub(super) fn text(bytes: &[u8]) -> String {
    const LIMIT: usize = 1024;
    let bytes = bytes.get(..LIMIT).unwrap_or(bytes);
    let is_plain = bytes.iter().all(|b| (0x20..0x7f).contains(b) && *b != b'&');
    if let Some(text) = std::str::from_utf8(bytes).ok().filter(|_| is_plain) {
        return text.to_owned();
    }
    let mut text: String =
        String::from_utf8_lossy(bytes).chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
    if text.contains('&') {
        for (escaped, plain) in [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&")] {
            text = text.replace(escaped, plain);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{DateForm, Stamp, address, civil, endpoint, number, seconds, text};

    #[test]
    fn addresses_compare_across_their_forms() {
        assert_eq!(address(b"::ffff:192.0.2.7"), address(b" 192.0.2.7 "));
        assert_eq!(address(b"[2001:db8::1]"), address(b"2001:db8::1"));
        for bad in ["", "192.0.2", "192.0.2.256", "1.2.3.4.5", "unknown", "Mapped Ip", "1234.1.1.1", "::g"] {
            assert_eq!(address(bad.as_bytes()), None, "{bad}");
        }
    }

    #[test]
    fn a_port_stands_after_the_last_colon() {
        let check = |written: &str| endpoint(written.as_bytes()).map(|(ip, port)| format!("{ip} {port}"));
        assert_eq!(check("192.0.2.1:443").as_deref(), Some("192.0.2.1 443"));
        assert_eq!(check("2001:db8::1:443").as_deref(), Some("2001:db8::1 443"));
        assert_eq!(check("[2001:db8::1]:443").as_deref(), Some("2001:db8::1 443"));
        assert_eq!(check("::ffff:192.0.2.1:443").as_deref(), Some("192.0.2.1 443"));
        assert_eq!(check("192.0.2.1").as_deref(), Some("192.0.2.1 0"));
        assert_eq!(check("192.0.2.1:70000"), None);
        assert_eq!(check("10.x.x.x:80"), None);
    }

    #[test]
    fn numbers_end_where_digits_end_and_never_wrap() {
        assert_eq!(number(b"651173- User"), Some((651_173, b"- User".as_slice())));
        assert_eq!(number(b"99999999999999999999"), None);
        assert_eq!(number(b"x"), None);
    }

    #[test]
    fn a_date_is_read_under_the_form_of_its_file() {
        let check = |written: &str, form| Stamp::read(written.as_bytes())?.resolve(form).map(|t| civil(t).to_string());
        let both = |written| (check(written, DateForm::MonthFirst), check(written, DateForm::DayFirst));
        assert_eq!(
            both("07/09/2024:01:08:11"),
            (Some("2024-07-09T01:08:11".to_owned()), Some("2024-09-07T01:08:11".to_owned()))
        );
        assert_eq!(both("20/09/2024:09:38:45").0.as_deref(), Some("2024-09-20T09:38:45"));
        assert_eq!(both("2023/07/04:09:03:46").1.as_deref(), Some("2023-07-04T09:03:46"));
        assert_eq!(both("31/31/2024:01:08:11"), (None, None));
        assert_eq!(both("07/09/2024 01:08:11"), (None, None));
        assert_eq!(both("07/09/2024:25:08:11"), (None, None));
        assert_eq!(both("02/29/2023:01:08:11"), (None, None));
        assert_eq!(check("02/29/2024:23:59:59", DateForm::MonthFirst).as_deref(), Some("2024-02-29T23:59:59"));
        for time in ["1970-01-01T00:00:00", "2024-02-29T23:59:59", "2100-03-01T00:00:01"] {
            let time: jiff::civil::DateTime = time.parse().unwrap();
            assert_eq!(civil(seconds(time)), time);
        }
    }

    #[test]
    fn hostile_text_loses_its_control_characters() {
        assert_eq!(text(b"a\x1b[2Jb &lt;c&gt; \xff"), "a\u{fffd}[2Jb <c> \u{fffd}");
    }
}
