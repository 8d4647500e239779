//! Number formats of spreadsheets (ECMA-376 part 1, 18.8.31): what a person reads in a cell that holds a number.
//!
//! Dates become typed dates, with the time as text where there is one. Currency, percentages, grouped numbers and formats with words in them
//! become the text that is shown. Long whole numbers stay exact numbers whatever groups their digits, since they are
//! identifiers; so does a number that its format would round. Colours, fill and alignment are let go; fractions and
//! scientific notation stay numbers.

use assay_model::Cell;
use jiff::civil::Date;

/// Longer codes are no format that a program wrote.
const LONGEST: usize = 512;

/// From here on a whole number is an identifier and not a count, however its digits are grouped.
const IDENTIFIER: f64 = 1e8;

/// Which day a workbook counts from.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) enum Epoch {
    /// The last day of 1899, with a 29 February 1900 that never was.
    #[default]
    Of1900,
    /// 1 January 1904, as on the Macintosh.
    Of1904,
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    /// `0`, `#` or `?`.
    Digit(char),
    Point,
    Percent,
    General,
    Literal(String),
}

#[derive(Clone, Debug, Default, PartialEq)]
struct Section {
    tokens: Vec<Token>,
    condition: Option<(String, f64)>,
    grouped: bool,
    /// Commas behind the last digit: each divides by a thousand.
    thousands: i32,
    moment: bool,
    duration: bool,
    /// Scientific notation, fractions and the like.
    other: bool,
}

/// A format, taken apart once for all cells that use it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct NumberFormat {
    sections: Vec<Section>,
}

impl NumberFormat {
    /// Takes a format code apart.
    pub(super) fn parse(code: &str) -> Self {
        if code.len() > LONGEST || code.eq_ignore_ascii_case("general") || code == "@" {
            return Self::default();
        }
        Self { sections: split(code).iter().take(4).map(|section| Section::parse(section)).collect() }
    }

    /// A format that needs no code, by its number (ECMA-376 part 1, 18.8.30; dates of other languages included).
    pub(super) fn built_in(number: u16) -> Self {
        let code = match number {
            1 => "0",
            2 => "0.00",
            3 => "#,##0",
            4 => "#,##0.00",
            5 | 6 => "\"£\"#,##0;-\"£\"#,##0",
            7 | 8 => "\"£\"#,##0.00;-\"£\"#,##0.00",
            9 => "0%",
            10 => "0.00%",
            11 | 48 => "0.00E+00",
            12 | 13 => "# ?/?",
            14..=17 | 22 | 27..=36 | 50..=58 => "yyyy-mm-dd",
            18..=21 => "h:mm",
            37 | 38 => "#,##0;(#,##0)",
            39 | 40 => "#,##0.00;(#,##0.00)",
            45 | 47 => "mm:ss",
            46 => "[h]:mm:ss",
            _ => "",
        };
        if code.is_empty() { Self::default() } else { Self::parse(code) }
    }

    /// Whether numbers are shown as they are.
    pub(super) fn is_general(&self) -> bool {
        self.sections.is_empty()
    }

    /// The cell that a person reads.
    pub(super) fn cell(&self, number: f64, epoch: Epoch) -> Cell {
        let Some((section, negative)) = self.section(number) else { return Cell::Number(number) };
        if section.moment {
            return moment(number, epoch, section.duration);
        }
        if section.other || !number.is_finite() {
            return Cell::Number(number);
        }
        section.show(number, negative).map_or(Cell::Number(number), Cell::text_of)
    }

    /// The section that a number falls under, and whether it is to print a minus.
    fn section(&self, number: f64) -> Option<(&Section, bool)> {
        let holds = |(operator, than): &(String, f64)| match operator.as_str() {
            "<" => number < *than,
            ">" => number > *than,
            "<=" => number <= *than,
            ">=" => number >= *than,
            "=" => number == *than,
            "<>" => number != *than,
            _ => false,
        };
        let first = self.sections.first()?;
        if self.sections.iter().any(|section| section.condition.is_some()) {
            let fits = |section: &&Section| section.condition.as_ref().is_none_or(holds);
            let found = self.sections.iter().find(fits)?;
            return Some((found, number < 0.0 && found.condition.is_none()));
        }
        let zero = self.sections.get(2).filter(|section| !section.tokens.is_empty());
        match self.sections.get(1) {
            Some(second) if number < 0.0 && !second.tokens.is_empty() => Some((second, false)),
            _ if number == 0.0 => Some((zero.unwrap_or(first), false)),
            _ => Some((first, number < 0.0)),
        }
    }
}

/// Sections parted by semicolons that no quotes or brackets hold.
fn split(code: &str) -> Vec<String> {
    let mut sections = vec![String::new()];
    let (mut quoted, mut bracketed, mut escaped) = (false, false, false);
    for character in code.chars() {
        let literal = quoted || bracketed || escaped;
        if character == ';' && !literal {
            sections.push(String::new());
            continue;
        }
        match character {
            _ if escaped => escaped = false,
            '"' => quoted = !quoted,
            _ if quoted => {}
            '\\' | '_' | '*' => escaped = true,
            '[' => bracketed = true,
            ']' => bracketed = false,
            _ => {}
        }
        if let Some(last) = sections.last_mut() {
            last.push(character);
        }
    }
    sections
}

impl Section {
    fn parse(code: &str) -> Self {
        let mut section = Self::default();
        let mut characters = code.chars().peekable();
        while let Some(character) = characters.next() {
            match character {
                '"' => {
                    let literal: String = characters.by_ref().take_while(|character| *character != '"').collect();
                    section.literal(&literal);
                }
                '\\' => {
                    if let Some(character) = characters.next() {
                        section.literal(character.encode_utf8(&mut [0; 4]));
                    }
                }
                '_' => drop(characters.next().map(|_| section.literal(" "))),
                '*' => drop(characters.next()),
                '[' => {
                    let inside: String = characters.by_ref().take_while(|character| *character != ']').collect();
                    section.bracket(&inside);
                }
                '0' | '#' | '?' => section.tokens.push(Token::Digit(character)),
                '.' if section.tokens.contains(&Token::Point) => section.literal("."),
                '.' => section.tokens.push(Token::Point),
                '%' => section.tokens.push(Token::Percent),
                ',' => section.comma(characters.peek().copied()),
                'G' | 'g' if characters.clone().take(6).collect::<String>().eq_ignore_ascii_case("eneral") => {
                    characters.nth(5);
                    section.tokens.push(Token::General);
                }
                'E' | 'e' if matches!(characters.peek(), Some('+' | '-')) => section.other = true,
                'y' | 'Y' | 'm' | 'M' | 'd' | 'D' | 'h' | 'H' | 's' | 'S' => section.moment = true,
                '/' if section.tokens.iter().any(|token| matches!(token, Token::Digit(_))) => section.other = true,
                '@' => section.tokens.push(Token::General),
                other => section.literal(other.encode_utf8(&mut [0; 4])),
            }
        }
        section
    }

    fn literal(&mut self, text: &str) {
        match self.tokens.last_mut() {
            Some(Token::Literal(last)) => last.push_str(text),
            _ => self.tokens.push(Token::Literal(text.to_owned())),
        }
    }

    fn comma(&mut self, next: Option<char>) {
        let after_digit = matches!(self.tokens.last(), Some(Token::Digit(_)));
        match next {
            Some('0' | '#' | '?') if after_digit => self.grouped = true,
            _ if after_digit => self.thousands += 1,
            _ => self.literal(","),
        }
    }

    /// A colour, a condition, a currency with its language, or hours that count on.
    fn bracket(&mut self, inside: &str) {
        if let Some(currency) = inside.strip_prefix('$') {
            self.literal(currency.split('-').next().unwrap_or_default());
        } else if inside.starts_with(['<', '>', '=']) {
            let end = inside.find(|character: char| !matches!(character, '<' | '>' | '=')).unwrap_or(inside.len());
            let (operator, than) = inside.split_at(end);
            self.condition = than.trim().parse().ok().map(|than| (operator.to_owned(), than));
        } else if !inside.is_empty() && inside.chars().all(|letter| matches!(letter, 'h' | 'H' | 'm' | 'M' | 's' | 'S'))
        {
            self.moment = true;
            self.duration = true;
        }
    }

    /// The text shown; `None` where the number says it better.
    fn show(&self, number: f64, negative: bool) -> Option<String> {
        let digits = self.tokens.iter().filter(|token| matches!(token, Token::Digit(_))).count();
        let words = self.tokens.iter().any(|token| match token {
            Token::Literal(text) => !text.trim().is_empty(),
            Token::Percent => true,
            _ => false,
        });
        if self.tokens.contains(&Token::General) {
            let shown = self.tokens.iter().map(|token| match token {
                Token::General => number.abs().to_string(),
                Token::Literal(text) => text.clone(),
                _ => String::new(),
            });
            let shown: String = shown.collect();
            let sign = if negative { "-" } else { "" };
            return words.then(|| format!("{sign}{}", shown.trim()));
        }
        // A format without digits hides the number, or shows a word in its place: what is stored is what counts.
        if digits == 0 {
            return None;
        }
        let percent = self.tokens.iter().filter(|token| **token == Token::Percent).count() as i32;
        let scaled = number.abs() * 100_f64.powi(percent.min(3)) / 1000_f64.powi(self.thousands.min(6));
        let point = self.tokens.iter().position(|token| *token == Token::Point).unwrap_or(self.tokens.len());
        let (whole, fraction) = self.tokens.split_at(point);
        let places = fraction.iter().filter(|token| matches!(token, Token::Digit(_))).count();
        let rounded = format!("{scaled:.places$}");
        let (whole_digits, fraction_digits) = rounded.split_once('.').unwrap_or((&rounded, ""));
        if !words {
            let identifier = number.fract() == 0.0 && number.abs() >= IDENTIFIER;
            let padded = whole.iter().filter(|token| **token == Token::Digit('0')).count() > whole_digits.len();
            let exact = rounded.parse::<f64>() == Ok(scaled);
            let same = !self.grouped && places == 0 && self.thousands == 0;
            if !padded && (identifier || !exact || same) {
                return None;
            }
        }
        let mut text = self.whole(whole, whole_digits);
        text.push_str(&Self::fraction(fraction, fraction_digits));
        let text = text.trim();
        // What rounds to nothing has no sign.
        let zero = rounded.bytes().all(|byte| matches!(byte, b'0' | b'.'));
        Some(if negative && !zero { format!("-{text}") } else { text.to_owned() })
    }

    /// Digits before the point, spread over their places from the right; the first place takes what is left.
    fn whole(&self, tokens: &[Token], digits: &str) -> String {
        let mut left: Vec<char> = if digits == "0" { Vec::new() } else { digits.chars().collect() };
        let mut out: Vec<char> = Vec::new();
        let mut placed = 0_usize;
        let mut place = |out: &mut Vec<char>, digit: char| {
            if self.grouped && placed > 0 && placed.is_multiple_of(3) {
                out.push(',');
            }
            placed += 1;
            out.push(digit);
        };
        let first = tokens.iter().position(|token| matches!(token, Token::Digit(_)));
        for (index, token) in tokens.iter().enumerate().rev() {
            match token {
                Token::Digit(kind) => {
                    match left.pop() {
                        Some(digit) => place(&mut out, digit),
                        None if *kind == '0' => place(&mut out, '0'),
                        None if *kind == '?' => out.push(' '),
                        None => {}
                    }
                    if Some(index) == first {
                        while let Some(digit) = left.pop() {
                            place(&mut out, digit);
                        }
                    }
                }
                Token::Literal(text) => out.extend(text.chars().rev()),
                Token::Percent => out.push('%'),
                Token::Point | Token::General => {}
            }
        }
        out.iter().rev().collect()
    }

    fn fraction(tokens: &[Token], digits: &str) -> String {
        let mut digits = digits.chars();
        let mut pieces: Vec<(String, bool)> = Vec::new();
        for token in tokens {
            match token {
                Token::Digit(kind) => {
                    let digit = digits.next().unwrap_or('0');
                    pieces.push((digit.to_string(), digit == '0' && *kind != '0'));
                }
                Token::Point => pieces.push((".".to_owned(), false)),
                Token::Literal(text) => pieces.push((text.clone(), false)),
                Token::Percent => pieces.push(("%".to_owned(), false)),
                Token::General => {}
            }
        }
        // Zeros at the end print only where the format asks for them.
        let last = pieces.iter().rposition(|(text, droppable)| {
            !droppable && text.len() == 1 && text.starts_with(|digit: char| digit.is_ascii_digit())
        });
        let from = last.map_or(0, |last| last + 1);
        let kept = pieces.iter().enumerate().filter(|(index, (_, droppable))| *index < from || !droppable);
        kept.map(|(_, (text, _))| text.as_str()).collect()
    }
}

/// A whole day as a date, a moment as `YYYY-MM-DD HH:MM:SS`, a time of day or a duration as `HH:MM:SS`.
pub(super) fn moment(serial: f64, epoch: Epoch, is_duration: bool) -> Cell {
    // Beyond these Excel shows hashes, and the serial is all there is.
    if !(0.0..2_958_466.0).contains(&serial) {
        return Cell::Number(serial);
    }
    // Seconds are the finest that files keep apart on purpose; the rest is the error of fractions.
    let seconds = (serial * 86_400.0).round() as i64;
    let (days, second) = (seconds / 86_400, seconds % 86_400);
    let time = |hours: i64| format!("{hours:02}:{:02}:{:02}", second / 60 % 60, second % 60);
    if is_duration {
        return Cell::Text(time(seconds / 3600).into());
    }
    if days == 0 && serial < 1.0 && (epoch == Epoch::Of1900 || second > 0) {
        return Cell::Text(time(second / 3600).into());
    }
    let start = match epoch {
        Epoch::Of1904 => Date::new(1904, 1, 1),
        // The day that never was shifts those before it.
        Epoch::Of1900 if days < 60 => Date::new(1899, 12, 31),
        Epoch::Of1900 => Date::new(1899, 12, 30),
    };
    let span = jiff::Span::new().try_days(days);
    let Ok(date) = start.and_then(|start| span.and_then(|span| start.checked_add(span))) else {
        return Cell::Number(serial);
    };
    match second {
        _ if epoch == Epoch::Of1900 && days == 60 => Cell::Number(serial),
        0 => Cell::Date(date),
        _ => Cell::Text(format!("{date} {}", time(second / 3600)).into()),
    }
}

#[cfg(test)]
mod tests {
    use super::{Epoch, NumberFormat};
    use assay_model::Cell;

    fn shown(code: &str, number: f64) -> String {
        match NumberFormat::parse(code).cell(number, Epoch::Of1900) {
            Cell::Text(text) => text.into(),
            Cell::Number(number) => format!("n{number}"),
            Cell::Date(date) => format!("d{date}"),
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn a_number_reads_as_its_format_shows_it() {
        for (code, number, expect) in [
            ("General", 9_990_000_018.0, "n9990000018"),
            ("0", 9_990_000_018.0, "n9990000018"),
            ("#,##0", 9_990_000_018.0, "n9990000018"),
            ("0000000000", 12_345.0, "0000012345"),
            ("#,##0", 1234.0, "1,234"),
            ("#,##0.00", 1_599.99, "1,599.99"),
            ("0.00", 12.5, "12.50"),
            ("0.0", 0.123, "n0.123"),
            ("0%", 0.25, "25%"),
            ("0.0%", -0.1234, "-12.3%"),
            ("\"£\"#,##0.00;[Red]-\"£\"#,##0.00", -1_234.5, "-£1,234.50"),
            ("[$€-809]#,##0.00", 3.0, "€3.00"),
            ("_(* #,##0.00_);_(* \\(#,##0.00\\);_(* \"-\"??_);_(@_)", -5.0, "(5.00)"),
            ("000-00-0000", 123_456_789.0, "123-45-6789"),
            ("(###) ###-####", 2_079_460_018.0, "(207) 946-0018"),
            ("General\" kg\"", 71.5, "71.5 kg"),
            ("[<1]0.00\" low\";0\" high\"", 3.0, "3 high"),
            ("#,##0,\"k\"", 12_345_678.0, "12,346k"),
            (";;;", 7.0, "n7"),
            ("# ?/?", 0.5, "n0.5"),
            ("0.00E+00", 12345.0, "n12345"),
            ("dd/mm/yyyy", 40_666.0, "d2011-05-03"),
            ("[$-409]d\\-mmm\\-yy h:mm", 45_624.427_083_333_336, "2024-11-28 10:15:00"),
            ("h:mm", 0.5, "12:00:00"),
            ("[h]:mm", 1.5, "36:00:00"),
            ("yyyy", 60.0, "n60"),
            ("yyyy", 59.0, "d1900-02-28"),
        ] {
            assert_eq!(shown(code, number), expect, "{code} of {number}");
        }
        assert_eq!(
            NumberFormat::built_in(14).cell(0.0, Epoch::Of1904),
            Cell::Date(jiff::civil::Date::constant(1904, 1, 1))
        );
    }
}
