//! Reads years, sizes and counts in a post: the numbers, which no list of words can hold.
//!
//! Works on text that was cleaned and masked. Bounded by the text's length; no number can overflow.

use std::sync::LazyLock;

use jiff::civil::Date;
use regex::Regex;

use super::rules::ClaimRules;
use super::text::pattern;

/// Years before or after these are no years of records held on a server.
const YEARS: std::ops::RangeInclusive<i16> = 1950..=2100;

/// A span of years with both ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Span {
    pub(crate) from: i16,
    pub(crate) to: i16,
}

/// A size: bytes and the words for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Size {
    pub(crate) bytes: u64,
    pub(crate) words: String,
}

/// A number of something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Number {
    pub(crate) number: u64,
    pub(crate) of: String,
}

/// Spans of years, in the order of the text, each once. `published` closes "since 2018".
pub(crate) fn years(text: &str, published: Option<Date>) -> Vec<Span> {
    static RANGE: LazyLock<Regex> = LazyLock::new(|| {
        pattern(
            r"(?i)\b((?:19|20)\d\d)\s?(?:-|/|to|till|until|up to|through|and|\.\.\.?)\s?((?:19|20)\d\d|\d\d)\b(-\d|\s?(?:patients|people|files|records))?",
        )
    });
    static OPEN: LazyLock<Regex> = LazyLock::new(|| {
        pattern(
            r"(?i)\b(?:since|(?:starting\s+)?from)\s+(?:the\s+year\s+)?((?:19|20)\d\d)(?:\s+(?:onwards?|to\s+(?:now|present|date|this\s+day)|till\s+now|until\s+(?:now|today)))?\b",
        )
    });
    static SINGLE: LazyLock<Regex> = LazyLock::new(|| {
        pattern(
            r"(?i)\b(?:for|of|dated|year|during)\s+(?:the\s+year\s+)?((?:19|20)\d\d)\b(-\d|\s?(?:patients|people|files|records))?",
        )
    });
    let mut spans: Vec<Span> = Vec::new();
    let mut add = |from: i16, to: i16| {
        let span = Span { from: from.min(to), to: from.max(to) };
        if YEARS.contains(&span.from) && YEARS.contains(&span.to) && !spans.contains(&span) {
            spans.push(span);
        }
    };
    let year = |text: &str| text.parse::<i16>().ok();
    for found in RANGE.captures_iter(text) {
        let (Some(from), Some(to)) = (year(&found[1]), year(&found[2])) else { continue };
        let short = found[2].len() == 2;
        // `2018-12` is a month, `2018-24` a span; a further `-` makes either a date; "2018 and 24 patients" is neither.
        if found.get(3).is_some() || (short && (to < 13 || to <= from % 100)) {
            continue;
        }
        add(from, if short { from - from % 100 + to } else { to });
    }
    let rest = RANGE.replace_all(text, " ");
    if let Some(published) = published {
        for found in OPEN.captures_iter(&rest) {
            if let Some(from) = year(&found[1]).filter(|from| *from <= published.year()) {
                add(from, published.year());
            }
        }
    }
    for found in SINGLE.captures_iter(&rest) {
        if let (Some(only), None) = (year(&found[1]), found.get(2)) {
            add(only, only);
        }
    }
    spans
}

/// Sizes, in the order of the text, each once.
pub(crate) fn sizes(rules: &ClaimRules, text: &str) -> Vec<Size> {
    let mut sizes: Vec<Size> = Vec::new();
    for found in NUMBER.find_iter(text) {
        let rest = text.get(found.end()..).unwrap_or_default();
        let unit = rules.units.iter().find_map(|(unit, bytes)| Some((unit.find(rest)?, *bytes)));
        let Some((unit, bytes)) = unit else { continue };
        let Some(value) = number(found.as_str(), DotReads::Fraction) else { continue };
        // A cast from float saturates, so an absurd size is the largest one.
        let size = (value * bytes as f64).round() as u64;
        if size > 0 && !sizes.iter().any(|s| s.bytes == size) {
            sizes.push(Size { bytes: size, words: format!("{}{}", found.as_str(), unit.as_str()) });
        }
    }
    sizes
}

/// Counts of people, records or files, in the order of the text.
pub(crate) fn counts(rules: &ClaimRules, text: &str) -> Vec<Number> {
    static SCALE: LazyLock<Regex> =
        LazyLock::new(|| pattern(r"(?i)^\s?(?:(?P<k>k|thousand)|(?P<m>m|mln|mio|million))\b\+?"));
    let mut counts: Vec<Number> = Vec::new();
    for found in NUMBER.find_iter(text) {
        let rest = text.get(found.end()..).unwrap_or_default();
        let scale = SCALE.captures(rest);
        let factor = match &scale {
            Some(scale) if scale.name("k").is_some() => 1e3,
            Some(_) => 1e6,
            None => 1.0,
        };
        let rest = scale.and_then(|s| s.get(0)).map_or(rest, |s| rest.get(s.end()..).unwrap_or_default());
        let rest = rest.strip_prefix('+').unwrap_or(rest);
        let reads = if factor > 1.0 { DotReads::Fraction } else { DotReads::Thousands };
        let Some(value) = number(found.as_str(), reads) else { continue };
        // A bare 2018 before a noun is a year: "2018 patient records".
        let is_year = factor == 1.0 && found.len() == 4 && (1950.0..=2100.0).contains(&value);
        let noun = rules.counts.iter().find_map(|rule| rule.pattern.captures(rest)?.get(0));
        let Some(noun) = noun.filter(|_| !is_year) else { continue };
        let count = Number { number: (value * factor).round() as u64, of: noun.as_str().trim().to_owned() };
        if count.number > 1 && !counts.contains(&count) {
            counts.push(count);
        }
    }
    counts
}

static NUMBER: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"\b(?:\d{1,3}(?:[ ,.']\d{3}){1,5}(?:[.,]\d{1,2})?|\d{1,15}(?:[.,]\d{1,3})?)"));

/// What a single point or comma before three digits means. A size of `1.234 TB` has a fraction, `1.234 patients` has none.
#[derive(Clone, Copy, PartialEq, Eq)]
enum DotReads {
    Fraction,
    Thousands,
}

fn number(text: &str, reads: DotReads) -> Option<f64> {
    let text = text.replace([' ', '\''], "");
    let separators = text.matches(['.', ',']).count();
    let last = text.rfind(['.', ',']);
    let digits_after = last.map_or(0, |at| text.len() - at - 1);
    let fraction = match (separators, digits_after) {
        (0, _) => false,
        // `1,200 GB` has a comma of thousands whatever the kind; `1.200 GB` is read as written.
        (1, 3) => reads == DotReads::Fraction && text.contains('.'),
        (1, _) => true,
        // Several: the last is a fraction where it differs from the others.
        _ => digits_after != 3,
    };
    let plain = match last {
        Some(at) if fraction => format!("{}.{}", text.get(..at)?.replace(['.', ','], ""), text.get(at + 1..)?),
        _ => text.replace(['.', ','], ""),
    };
    plain.parse::<f64>().ok().filter(|value| value.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn check(text: &str, expected: &str) {
        let rules = ClaimRules::shipped();
        let mut out: Vec<String> =
            years(text, Some(date(2024, 11, 28))).iter().map(|s| format!("{}..{}", s.from, s.to)).collect();
        out.extend(sizes(rules, text).iter().map(|s| format!("{}B", s.bytes)));
        out.extend(counts(rules, text).iter().map(|n| format!("{} {}", n.number, n.of)));
        assert_eq!(out.join("; "), expected, "{text}");
    }

    #[test]
    fn years_are_spans() {
        check("for 2018-2024", "2018..2024");
        check("between 2018 and 2024", "2018..2024");
        check("2018 to 2024 and 2011/2012", "2018..2024; 2011..2012");
        check("2018-24", "2018..2024");
        check("since 2019", "2019..2024");
        check("archive of 2022", "2022..2022");
        check("posted 2024-11-28 and 2018-12", "");
        check("2024-2018", "2018..2024");
        check("9999-9999 1800-1900 2018 and 24 patients", "24 patients");
    }

    #[test]
    fn sizes_and_counts_are_read_in_every_notation() {
        check("1.2 TB", "1200000000000B");
        check("1,5Tb", "1500000000000B");
        check("1,200 GB and 1 200 GB", "1200000000000B");
        check("400gb of data", "400000000000B");
        check("more than 900 000 patients", "900000 patients");
        check("1.2 million NHS patients", "1200000 NHS patients");
        check("900.000 people, 900k+ records", "900000 people; 900000 records");
        check("99999999999999999999999999999999 TB", "");
        check("2018 patient records", "");
    }
}
