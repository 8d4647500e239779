//! Dates as people write them: `03/04/1961`, `3-Apr-61`, ISO, `3rd April 1961`, serial numbers of spreadsheets.
//!
//! Day before month, as in this country; month before day only where the other order is impossible.

use assay_model::Cell;
use jiff::{ToSpan, civil::Date};

/// What a date is expected to be: it decides the century of two digits and what is plausible.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DateSense {
    /// Of a birth: 1890 to 2035; `25` is 2025, `26` is 1926.
    Birth,
    /// Of a record or a death: 1990 to 2035; two digits are of this century up to 35.
    Record,
}

impl DateSense {
    fn admits(self, date: Date) -> bool {
        match self {
            // 1 January 1900 and 1901 are what systems write for "not known".
            Self::Birth => {
                let unknown = matches!(date.year(), 1900 | 1901) && date.month() == 1 && date.day() == 1;
                (1890..=2035).contains(&date.year()) && !unknown
            }
            Self::Record => (1990..=2035).contains(&date.year()),
        }
    }

    fn century(self, year: i16) -> i16 {
        let last_of_this = match self {
            Self::Birth => 25,
            Self::Record => 35,
        };
        if year <= last_of_this { 2000 + year } else { 1900 + year }
    }
}

/// The date of a cell that should hold one.
pub(crate) fn of_cell(cell: &Cell, sense: DateSense) -> Option<Date> {
    match cell {
        Cell::Date(date) => Some(*date).filter(|date| sense.admits(*date)),
        Cell::Text(text) => parse(text, sense).or_else(|| {
            // A serial number in a file of plain text.
            let text = text.trim();
            let serial = text.len() == 5 && text.bytes().all(|b| b.is_ascii_digit());
            serial.then(|| of_number(text.parse().ok()?, sense)).flatten()
        }),
        Cell::Number(number) => of_number(*number, sense),
        Cell::Empty | Cell::Bool(_) => None,
    }
}

/// A spreadsheet's serial number, or `YYYYMMDD` typed as a number.
fn of_number(number: f64, sense: DateSense) -> Option<Date> {
    if (1.0..60_000.0).contains(&number) {
        let epoch = Date::new(1899, 12, 30).ok()?;
        return epoch.checked_add((number as i64).days()).ok().filter(|date| sense.admits(*date));
    }
    if number.fract() == 0.0 && (18_900_101.0..20_360_101.0).contains(&number) {
        return parse(&format!("{}", number as u64), sense);
    }
    None
}

/// The date that the text is, or begins with (a time may follow).
pub(crate) fn parse(text: &str, sense: DateSense) -> Option<Date> {
    let (date, _) = at_start(text.trim_start_matches([' ', '\u{a0}', ':', '(']), sense)?;
    Some(date)
}

/// True where the text is a date and nothing else but a weekday or a time.
pub(crate) fn is_only_date(text: &str, sense: DateSense) -> Option<Date> {
    let text = text.trim().trim_end_matches(['.', ',', ';', ')']);
    let (date, used) = at_start(text, sense)?;
    let rest = text.get(used..)?.trim_start_matches([',', 'T', ' ']);
    let is_time = rest.chars().all(|c| c.is_ascii_digit() || matches!(c, ':' | '.' | ' ' | 'Z' | '+'))
        || rest.eq_ignore_ascii_case("00:00");
    (rest.is_empty() || is_time).then_some(date)
}

/// All dates in a line, with their byte ranges.
pub(crate) fn find(line: &str, sense: DateSense) -> Vec<(usize, usize, Date)> {
    let bytes = line.as_bytes();
    let mut found = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let free = at == 0 || !(bytes[at - 1].is_ascii_alphanumeric() || matches!(bytes[at - 1], b'/' | b'-' | b'.'));
        let starts = || bytes[at].is_ascii_digit() || is_month_start(line.get(at..).unwrap_or(""));
        if !free || !starts() || !line.is_char_boundary(at) {
            at += 1;
            continue;
        }
        match line.get(at..).and_then(|rest| at_start(rest, sense)) {
            Some((date, used)) if !bytes.get(at + used).is_some_and(|b| b.is_ascii_alphanumeric() && *b != b'T') => {
                found.push((at, at + used, date));
                at += used.max(1);
            }
            _ => at += 1,
        }
    }
    found
}

fn is_month_start(text: &str) -> bool {
    text.as_bytes().first().is_some_and(|b| b"JFMASONDjfmasond".contains(b)) && word(text).1.is_some()
}

/// A date at the start of the text, with the bytes it takes.
fn at_start(text: &str, sense: DateSense) -> Option<(Date, usize)> {
    let mut pieces = Pieces { text, at: 0 };
    if let Some((number, digits)) = pieces.number() {
        return match digits {
            8 => compact(number, sense).map(|date| (date, pieces.at)),
            4 => year_first(number, &mut pieces, sense),
            1 | 2 => day_first(number, &mut pieces, sense),
            _ => None,
        };
    }
    let (length, month) = word(text);
    if length > 0 && month.is_none() && is_weekday(text.get(..length)?) {
        let rest = text.get(length..)?;
        let blanks = rest.len() - rest.trim_start_matches([',', ' ', '\u{a0}', '.']).len();
        let (date, used) = at_start(rest.get(blanks..)?, sense).filter(|_| blanks > 0)?;
        return Some((date, length + blanks + used));
    }
    // `April 3, 1961`
    let month = month?;
    pieces.at = length;
    pieces.skip(" .,");
    let (day, digits) = pieces.number()?;
    if digits > 2 {
        return None;
    }
    pieces.ordinal();
    pieces.skip(" ,");
    let (year, digits) = pieces.number()?;
    (digits == 4).then_some(())?;
    Some((build(year, month, day, sense)?, pieces.at))
}

fn compact(number: u32, sense: DateSense) -> Option<Date> {
    build(number / 10_000, number / 100 % 100, number % 100, sense)
}

fn year_first(year: u32, pieces: &mut Pieces<'_>, sense: DateSense) -> Option<(Date, usize)> {
    let separator = pieces.take("-/.")?;
    let (month, _) = pieces.number()?;
    (pieces.take("-/.")? == separator).then_some(())?;
    let (day, digits) = pieces.number()?;
    (digits <= 2).then_some(())?;
    let date = build(year, month, day, sense)?;
    pieces.time();
    Some((date, pieces.at))
}

fn day_first(day: u32, pieces: &mut Pieces<'_>, sense: DateSense) -> Option<(Date, usize)> {
    let start = pieces.at;
    pieces.skip(" ");
    if let Some(separator) = pieces.take("/-.") {
        pieces.skip(" ");
        if let Some((month, digits)) = pieces.number() {
            (digits <= 2).then_some(())?;
            pieces.skip(" ");
            (pieces.take("/-.")? == separator).then_some(())?;
            pieces.skip(" ");
            let (year, digits) = pieces.number()?;
            let year = written_year(year, digits, sense)?;
            // Month before day only where the other order is no date.
            let date = build(year, month, day, sense).or_else(|| build(year, day, month, sense))?;
            return Some((date, pieces.at));
        }
    } else {
        pieces.at = start;
        pieces.ordinal();
        pieces.skip(" ,\u{a0}");
        if pieces.rest().starts_with("of ") {
            pieces.at += 3;
        }
    }
    let (length, month) = word(pieces.rest());
    let month = month?;
    pieces.at += length;
    pieces.skip(" .,-/'\u{2019}\u{a0}");
    let (year, digits) = pieces.number()?;
    Some((build(written_year(year, digits, sense)?, month, day, sense)?, pieces.at))
}

fn written_year(year: u32, digits: usize, sense: DateSense) -> Option<u32> {
    match digits {
        4 => Some(year),
        2 => u32::try_from(sense.century(i16::try_from(year).ok()?)).ok(),
        _ => None,
    }
}

fn build(year: u32, month: u32, day: u32, sense: DateSense) -> Option<Date> {
    let date = Date::new(i16::try_from(year).ok()?, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()?;
    sense.admits(date).then_some(date)
}

const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

/// The length of the word at the start, and the month that it names in full or by three letters or four.
fn word(text: &str) -> (usize, Option<u32>) {
    let length = text.bytes().take_while(u8::is_ascii_alphabetic).count();
    let Some(word) = text.get(..length).filter(|_| (3..=9).contains(&length)) else { return (length, None) };
    let is = |name: &str| word.eq_ignore_ascii_case(name);
    let month = MONTHS.iter().position(|name| {
        is(name) || (length == 3 && name.get(..3).is_some_and(is)) || (*name == "september" && is("sept"))
    });
    (length, month.and_then(|place| u32::try_from(place + 1).ok()))
}

fn is_weekday(word: &str) -> bool {
    let begins = |day: &str| day.get(..word.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(word));
    ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
        .iter()
        .any(|day| begins(day) && (word.len() == day.len() || (3..=5).contains(&word.len())))
}

struct Pieces<'a> {
    text: &'a str,
    at: usize,
}

impl Pieces<'_> {
    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or("")
    }

    fn number(&mut self) -> Option<(u32, usize)> {
        let length = self.rest().bytes().take(9).take_while(u8::is_ascii_digit).count();
        let number = self.rest().get(..length)?.parse().ok()?;
        self.at += length;
        Some((number, length))
    }

    fn skip(&mut self, any_of: &str) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start_matches(|c| any_of.contains(c)).len();
    }

    fn take(&mut self, any_of: &str) -> Option<char> {
        let next = self.rest().chars().next().filter(|c| any_of.contains(*c))?;
        self.at += next.len_utf8();
        Some(next)
    }

    fn ordinal(&mut self) {
        let rest = self.rest();
        let is = ["st", "nd", "rd", "th"].iter().any(|end| rest.get(..2).is_some_and(|s| s.eq_ignore_ascii_case(end)));
        if is && !rest.as_bytes().get(2).is_some_and(|b| b.is_ascii_alphabetic()) {
            self.at += 2;
        }
    }

    /// The time of an ISO instant, so that it does not end the date inside a word.
    fn time(&mut self) {
        let rest = self.rest();
        if rest.starts_with('T') {
            self.at += rest.bytes().take_while(|b| b.is_ascii_digit() || b"T:.Z+".contains(b)).count();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn birth(text: &str) -> String {
        parse(text, DateSense::Birth).map_or_else(|| "-".to_owned(), |date| date.to_string())
    }

    #[test]
    fn every_way_of_writing_a_date_of_birth() {
        for text in [
            "03/04/1961",
            "3/4/1961",
            "03-04-1961",
            "03.04.1961",
            "1961-04-03",
            "1961-04-03T00:00:00",
            "03/04/61",
            "3-Apr-61",
            "03-APR-1961",
            "3 April 1961",
            "3rd April 1961",
            "3rd of April, 1961",
            "April 3, 1961",
            "Monday 3rd April 1961",
            "19610403",
            "1961/04/03",
            "03 / 04 / 1961",
            "03/04/1961 00:00",
        ] {
            assert_eq!(birth(text), "1961-04-03", "{text}");
        }
        assert_eq!(birth("04/25/1961"), "1961-04-25", "no other order is possible");
        assert_eq!(birth("01/02/24"), "2024-02-01");
        for text in [
            "31/02/1961",
            "1/2/3",
            "12345678",
            "99/99/9999",
            "Tuesday",
            "3 Smarch 1961",
            "",
            "01/01/1900",
            "03/04-1961",
        ] {
            assert_eq!(birth(text), "-", "{text}");
        }
    }

    #[test]
    fn cells_hold_dates_as_serials_too() {
        let date = of_cell(&Cell::Number(22_374.0), DateSense::Birth);
        assert_eq!(date.map(|d| d.to_string()).as_deref(), Some("1961-04-03"));
        assert_eq!(of_cell(&Cell::Date(Date::constant(1961, 4, 3)), DateSense::Record), None);
    }

    #[test]
    fn dates_are_found_in_a_line() {
        let found = find("seen on 3/4/2024 and 5th May 2024, ref 12/34/5678", DateSense::Record);
        let dates: Vec<String> = found.iter().map(|(_, _, date)| date.to_string()).collect();
        assert_eq!(dates, ["2024-04-03", "2024-05-05"]);
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,40}") {
            let _ = find(&text, DateSense::Birth);
            let _ = is_only_date(&text, DateSense::Record);
        }
    }
}
