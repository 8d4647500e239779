//! Labels in running text: `NHS No: ...`, `DOB 03/04/1961`, `Re: ...`, several on a line, values on the line or below.

use std::sync::LazyLock;

use memchr::memchr;
use regex::Regex;

use super::super::field::{Field, Scope};
use super::super::names;
use super::super::rules::Headers;
use super::cues;

/// A label with the bytes of its line in which its value stands.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Hit {
    pub(super) start: usize,
    pub(super) value_start: usize,
    pub(super) value_end: usize,
    pub(super) scope: Scope,
    pub(super) field: Field,
}

/// Labels that need no colon, each with its field. The value begins with the first group.
struct Bare {
    pattern: Regex,
    cue: cues::Mask,
    field: Field,
}

static BARE: LazyLock<Vec<Bare>> = LazyLock::new(|| {
    let rule =
        |pattern: &str, cue, field| Bare { pattern: Regex::new(pattern).expect("checked by the tests"), cue, field };
    vec![
        rule(
            r"(?i)\b(?:nhs|chi)(?:\s*(?:number|no|num|id|#))?\.?\s*(?:is\b|=|-|:|\x{2013})?\s*\(?(\d)",
            cues::NHS,
            Field::NhsNumber,
        ),
        rule(
            r"(?i)\b(?:d\.?\s?o\.?\s?b\b\.?|date of birth|born(?: on)?|birth ?date|d of b)\s*(?:is\b|=|-|:|\x{2013})?\s*(\d|(?:mon|tue|wed|thu|fri|sat|sun|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*[\s,.])",
            cues::BIRTH,
            Field::DateOfBirth,
        ),
        rule(
            r"(?i)\b(?:(?:hospital|hosp|unit|case ?notes?|patient|district)\.?\s*(?:number|num|no|id|ref)\b\.?|mrn\b|pas (?:number|no|id)\b\.?)\s*(?:is\b|=|-|:|#)?\s*([a-z]{0,4}\d)",
            cues::HOSPITAL,
            Field::HospitalNumber,
        ),
        rule(
            r"(?i)\b(?:tel|telephone|mobile|mob|phone)\b\.?\s*(?:no|number)?\b\.?\s*:?\s*(?:(?:is|on)\s+)?(\(?\+?0\d|\+44)",
            cues::PHONE,
            Field::Phone,
        ),
        rule(
            r"(?i)\b(?:ni|national insurance|nino)\s*(?:number|num|no)?\b\.?\s*(?:is\b|=|-|:)?\s*([a-z]{2}\s?\d\d)",
            cues::INSURANCE,
            Field::NationalInsuranceNumber,
        ),
        rule(
            r"^\s*(?:Re|RE|Regarding|Patient|PATIENT)\b\s*[-\x{2013}]?\s+((?:Mr|Mrs|Miss|Ms|Mx|Master|Baby|Dr|MR|MRS|MISS|MS|[A-Z][A-Za-z'-]+,? [A-Z]))",
            cues::NAME,
            Field::FullName,
        ),
    ]
});

/// The labels of a line, by place, values cut at the next label or column.
pub(super) fn scan(headers: &Headers, line: &str) -> Vec<Hit> {
    let mut hits = Vec::new();
    if line.len() > 2_000 {
        return hits;
    }
    with_colon(headers, line, &mut hits);
    let cues = cues::of(line);
    if cues != 0 {
        bare(line, cues, &mut hits);
    }
    if hits.is_empty() {
        return hits;
    }
    hits.sort_by_key(|hit| (hit.start, std::cmp::Reverse(hit.value_start)));
    let mut kept: Vec<Hit> = Vec::with_capacity(hits.len());
    for hit in hits {
        if kept.last().is_none_or(|last| hit.start >= last.value_start) {
            kept.push(hit);
        }
    }
    let starts: Vec<usize> = kept.iter().map(|hit| hit.start).chain([line.len()]).collect();
    for (place, hit) in kept.iter_mut().enumerate() {
        let next = starts.get(place + 1).copied().unwrap_or(line.len());
        hit.value_end = column_end(line, hit.value_start, next.max(hit.value_start));
        if hit.field == Field::FullName {
            hit.value_end = number_start(line, hit.value_start, hit.value_end);
        }
    }
    kept
}

/// Where a value ends at the latest: a tab, a bar or three blanks after it has begun.
fn column_end(line: &str, start: usize, end: usize) -> usize {
    let Some(value) = line.get(start..end) else { return end };
    let lead = value.len() - value.trim_start().len();
    let body = value.get(lead..).unwrap_or("");
    let cut = [body.find('\t'), body.find('|'), body.find("   ")].into_iter().flatten().min();
    cut.map_or(end, |cut| start + lead + cut)
}

/// A name ends where a long number begins: `Patient John Smith EH123456`.
fn number_start(line: &str, start: usize, end: usize) -> usize {
    let Some(value) = line.get(start..end) else { return end };
    let mut offset = 0;
    let mut before = 0;
    for word in value.split(' ') {
        let digits = word.bytes().filter(u8::is_ascii_digit).count();
        // `SMITH, JOHN ID: ...`: a label that no list has.
        if offset > 0 && word.ends_with(':') {
            return start + offset;
        }
        if offset > 0 && (digits >= 5 || (digits == 3 && before == 3)) {
            return start + offset - if before == 3 && digits == 3 { 4 } else { 0 };
        }
        before = digits;
        offset += word.len() + 1;
    }
    end
}

fn bare(line: &str, cues: cues::Mask, hits: &mut Vec<Hit>) {
    for rule in BARE.iter().filter(|rule| rule.cue & cues != 0) {
        for found in rule.pattern.captures_iter(line) {
            // The pattern takes the first signs of the value, to be sure that one follows.
            let (Some(whole), Some(value)) = (found.get(0), found.get(1)) else { continue };
            let scope = Scope::Subject;
            hits.push(Hit {
                start: whole.start(),
                value_start: value.start(),
                value_end: line.len(),
                scope,
                field: rule.field,
            });
        }
    }
}

/// Labels that end in a colon (or an equals sign in a form).
fn with_colon(headers: &Headers, line: &str, hits: &mut Vec<Hit>) {
    let bytes = line.as_bytes();
    let mut from = 0;
    let mut taken = 0;
    while let Some(colon) = memchr(b':', bytes.get(from..).unwrap_or_default()).map(|place| place + from) {
        from = colon + 1;
        // A time or a web address.
        let digit = |at: Option<usize>| at.and_then(|at| bytes.get(at)).is_some_and(u8::is_ascii_digit);
        if (digit(colon.checked_sub(1)) && digit(Some(colon + 1))) || bytes.get(colon + 1..colon + 3) == Some(b"//") {
            continue;
        }
        let Some(before) = line.get(taken..colon) else { continue };
        let start = taken + label_start(before);
        let Some(label) = line.get(start..colon) else { continue };
        if let Some((start, scope, field)) = meaning(headers, label, start) {
            hits.push(Hit { start, value_start: colon + 1, value_end: line.len(), scope, field });
            taken = colon + 1;
        }
    }
}

fn label_start(before: &str) -> usize {
    let columns = before.rfind("  ").map(|place| place + 2).max(before.rfind(" - ").map(|place| place + 3));
    // "Tel (home):" is one label.
    let before = match before.rfind('(') {
        Some(open) if before.trim_end().ends_with(')') => before.get(..open).unwrap_or(before),
        _ => before,
    };
    let signs = before
        .rfind(['\t', '|', ',', ';', '(', '\u{2022}'])
        .map(|place| place + before.get(place..).and_then(|rest| rest.chars().next()).map_or(1, char::len_utf8));
    columns.max(signs).unwrap_or(0)
}

/// The whole label, or the last words of a longer text where they name an identifier.
fn meaning(headers: &Headers, label: &str, start: usize) -> Option<(usize, Scope, Field)> {
    let trimmed = label.trim();
    // One letter is a sender's: "T: 0151 ...".
    if trimmed.len() < 2 || trimmed.len() > 80 {
        return None;
    }
    let lead = label.len() - label.trim_start().len();
    if trimmed.len() <= 45
        && let Some((scope, field)) = headers.lookup_listed(trimmed)
    {
        return Some((start + lead, scope, field));
    }
    let words: Vec<usize> = trimmed.match_indices(' ').map(|(place, _)| place + 1).collect();
    for cut in words.iter().rev().take(4).rev() {
        let Some(tail) = trimmed.get(*cut..) else { continue };
        let strong = headers.lookup_listed(tail).filter(|(_, field)| {
            matches!(
                field,
                Field::NhsNumber
                    | Field::HospitalNumber
                    | Field::DateOfBirth
                    | Field::Postcode
                    | Field::NationalInsuranceNumber
                    | Field::Phone
                    | Field::Email
                    | Field::Address
            )
        });
        if let Some((scope, field)) = strong {
            return Some((start + lead + cut, scope, field));
        }
    }
    None
}

/// The name that ends a text, as one stands before `(DOB ...`: up to four capitalised words, with a title or known names.
pub(super) fn name_at_end(text: &str) -> Option<(usize, &str)> {
    // An age between name and number: "John Smith, 62, NHS ...".
    let signs = |c: char| c.is_whitespace() || matches!(c, '(' | ')' | ',' | '-');
    let cut = text.trim_end_matches(signs);
    let unit = ["years old", "years", "yrs", "yo", "y"]
        .iter()
        .find_map(|unit| cut.strip_suffix(unit))
        .unwrap_or(cut)
        .trim_end();
    let aged = unit.trim_end_matches(|c: char| c.is_ascii_digit());
    let text =
        if unit.len() > aged.len() && unit.len() - aged.len() <= 3 && aged.ends_with(signs) { aged } else { text };
    let trimmed = text.trim_end_matches(|c: char| {
        c.is_whitespace() || matches!(c, '(' | ',' | '-' | '\u{2013}' | ':' | ';' | '.' | '[')
    });
    let starts: Vec<usize> = std::iter::once(0)
        .chain(trimmed.match_indices([' ', '\t', '(']).map(|(place, sign)| place + sign.len()))
        .filter(|place| trimmed.get(*place..).is_some_and(|rest| rest.starts_with(char::is_uppercase)))
        .collect();
    // The longest run of capitalised words first.
    let mut best = None;
    for start in starts.iter().rev().take(5) {
        let Some(candidate) = trimmed.get(*start..).filter(|c| !c.contains(['\t', '|', '(']) && !c.contains("  "))
        else {
            break;
        };
        let words = candidate.split(' ').filter(|word| !word.is_empty()).count();
        if words > 5 {
            break;
        }
        let first = candidate.split(' ').next().unwrap_or("");
        let reads = names::likeness(candidate) == 2;
        if words >= 2 && reads {
            best = Some((*start, candidate));
        }
        let capitals =
            candidate.split(' ').all(|word| word.starts_with(char::is_uppercase) || names::is_particle(word));
        if capitals
            && names::is_title(first)
            && words >= 2
            && names::parse(candidate, names::NameOrder::GivenFirst).is_some()
        {
            return Some((*start, candidate));
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(line: &str) -> String {
        let headers = Headers::shipped().unwrap();
        scan(&headers, line)
            .iter()
            .map(|hit| format!("{:?}={}", hit.field, line[hit.value_start..hit.value_end].trim()))
            .collect::<Vec<_>>()
            .join("; ")
    }

    #[test]
    fn labels_of_a_line() {
        for (line, want) in [
            ("NHS No: 999 000 0018   DOB: 03/04/1961", "NhsNumber=999 000 0018; DateOfBirth=03/04/1961"),
            ("NHS number 999 000 0018", "NhsNumber=999 000 0018"),
            (
                "Re: John SMITH, DOB 03/04/1961, NHS 9990000018",
                "FullName=John SMITH,; DateOfBirth=03/04/1961,; NhsNumber=9990000018",
            ),
            ("RE  Mr John Smith", "FullName=Mr John Smith"),
            ("Hospital Number: AH1234567", "HospitalNumber=AH1234567"),
            ("Hospital No AH1234567 (born 3 April 1961)", "HospitalNumber=AH1234567 (; DateOfBirth=3 April 1961)"),
            ("NI number AB 12 34 56 C", "NationalInsuranceNumber=AB 12 34 56 C"),
            ("I saw John Smith NHS Number: 9990000018 today", "NhsNumber=9990000018 today"),
            ("12:30:11 error: nothing", ""),
            ("Diagnosis:", "Diagnosis="),
            ("DOB: 3rd April 1961 | MRN: X12345", "DateOfBirth=3rd April 1961; HospitalNumber=X12345"),
        ] {
            assert_eq!(check(line), want, "{line}");
        }
    }

    #[test]
    fn names_before_brackets() {
        assert_eq!(name_at_end("I reviewed Mr John Smith (").map(|n| n.1), Some("Mr John Smith"));
        assert_eq!(name_at_end("Margaret Thompson, ").map(|n| n.1), Some("Margaret Thompson"));
        assert_eq!(name_at_end("the patient ").map(|n| n.1), None);
        assert_eq!(name_at_end("Bed 1: John Smith, 62, ").map(|n| n.1), Some("John Smith"));
    }
}
