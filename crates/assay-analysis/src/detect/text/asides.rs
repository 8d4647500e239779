//! Values right behind a name, without a label: `Susan Clark (AH1234567, 05/06/1980)`, `Tom Hill, 999 123 4500, 62, was seen`.
//!
//! Clinic lists in prose name several people on one line; each value here goes to the name that it stands behind, and to nobody
//! where no name stands there. A run of values ends with the first piece that is none.

use super::super::dates::{self, DateSense};
use super::super::draft::{Basis, HospitalForms};
use super::super::field::{Field, Scope};
use super::super::names::{self, NameOrder};
use super::super::{contact, numbers};
use super::labels::{self, Hit};
use super::letter::Letter;

/// A name with the values behind it.
#[derive(Debug, PartialEq)]
pub(super) struct Aside {
    /// Where the name begins and the last value ends, in bytes of the text.
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) name: String,
    /// Whose a number to be reached under is: a name with nothing else behind it is a contact's.
    pub(super) scope: Scope,
    /// The values with their places.
    pub(super) values: Vec<(usize, Field, String)>,
}

/// Bytes that a run of values has at most.
const LONGEST: usize = 160;
/// The year from which a lone date behind a name may be of an appointment.
const RECENT: i16 = 2006;

/// What a piece between two separators is.
enum Piece {
    Value(Field, String),
    /// Digits as of a record's number, of no form that the case knows.
    Number(String),
    /// An age, a sex, a ward: it parts nothing and says nothing here.
    Neutral,
}

/// The names of a text with values behind them, by place. `labelled` says where a label's value stands, which is read as such.
pub(super) fn find(text: &str, forms: &HospitalForms, labelled: &dyn Fn(usize, usize) -> bool) -> Vec<Aside> {
    let pieces = pieces(text);
    let mut out: Vec<Aside> = Vec::new();
    let mut at = 1;
    while at < pieces.len() {
        let (begin, _) = pieces[at];
        let mut values = Vec::new();
        let (mut end, mut any_label, mut place) = (begin, false, at);
        while let Some((start, stop)) = pieces.get(place).copied().filter(|(_, stop)| *stop <= begin + LONGEST) {
            if labelled(start, stop) {
                any_label = true;
            } else {
                let Some((piece, whole)) = text.get(start..stop).and_then(|piece| meaning(piece, forms)) else { break };
                values.push((start, piece));
                if !whole {
                    end = stop;
                    place += 1;
                    break;
                }
            }
            end = stop;
            place += 1;
        }
        if !values.is_empty() {
            let from = pieces.get(at - 1).map_or(0, |(start, _)| *start);
            let bracketed = text.get(from..begin).is_some_and(|before| before.trim_end().ends_with(['(', '[']));
            let named = text.get(from..begin).and_then(labels::name_at_end);
            out.extend(named.and_then(|(start, name)| aside(name, values, (from + start, end), bracketed, any_label)));
        }
        at = place.max(at) + usize::from(place == at);
    }
    out
}

/// The aside, where what stands behind the name says that it is of its person.
fn aside(
    name: &str,
    values: Vec<(usize, Piece)>,
    (start, end): (usize, usize),
    bracketed: bool,
    labelled: bool,
) -> Option<Aside> {
    let is =
        |fields: &[Field]| values.iter().any(|(_, piece)| matches!(piece, Piece::Value(f, _) if fields.contains(f)));
    let born = is(&[Field::DateOfBirth]);
    let long_ago = values.iter().all(|(_, piece)| match piece {
        Piece::Value(Field::DateOfBirth, date) => {
            date.get(..4).and_then(|y| y.parse().ok()).is_some_and(|y: i16| y < RECENT)
        }
        _ => true,
    });
    let numbered = is(&[Field::NhsNumber, Field::HospitalNumber, Field::NationalInsuranceNumber]);
    let counted = values.iter().any(|(_, piece)| matches!(piece, Piece::Number(_)));
    let of_person = numbered || born && (counted || labelled) || born && bracketed && long_ago;
    let reached = bracketed && is(&[Field::Phone, Field::Email]);
    // What a label says is the label's; a name before it is found there.
    if !of_person && (!reached || labelled) {
        return None;
    }
    let scope = if of_person { Scope::Subject } else { Scope::Contact };
    let values = values
        .into_iter()
        .filter_map(|(at, piece)| match piece {
            Piece::Value(field, value) => Some((at, field, value)),
            Piece::Number(number) if born => Some((at, Field::HospitalNumber, number)),
            Piece::Number(_) | Piece::Neutral => None,
        })
        .collect();
    Some(Aside { start, end, name: name.trim().to_owned(), scope, values })
}

/// The pieces of a text between separators, trimmed, without empty ones but for the first.
fn pieces(text: &str) -> Vec<(usize, usize)> {
    let mut out = Vec::new();
    let mut start = 0;
    let mut cut = |start: usize, end: usize| {
        let piece = text.get(start..end).unwrap_or("");
        let lead = piece.len() - piece.trim_start().len();
        let piece = piece.trim();
        if !piece.is_empty() {
            out.push((start + lead, start + lead + piece.len()));
        }
    };
    for (place, sign) in text.char_indices() {
        let beside = |at: Option<usize>| at.and_then(|at| text.as_bytes().get(at)).is_some_and(|b| *b == b' ');
        let spaced = || beside(place.checked_sub(1)) && beside(Some(place + 1));
        // A bracket inside a telephone number is part of it.
        let dialled = sign == '(' && text.get(place..).is_some_and(opens_area_code)
            || sign == ')'
                && text.get(..place).is_some_and(|before| {
                    before.rfind('(').is_some_and(|open| text.get(open..).is_some_and(opens_area_code))
                });
        let parts = matches!(sign, ',' | ';' | '[' | ']' | '|' | '\u{2013}') || matches!(sign, '-' | '/') && spaced();
        if parts || matches!(sign, '(' | ')') && !dialled {
            cut(start, place);
            start = place + sign.len_utf8();
        }
    }
    cut(start, text.len());
    out
}

/// `(0151)` or `(0)` at the beginning.
fn opens_area_code(text: &str) -> bool {
    let code = text.get(1..).unwrap_or("");
    let digits = code.bytes().take(7).take_while(u8::is_ascii_digit).count();
    code.starts_with('0') && digits <= 6 && code.as_bytes().get(digits) == Some(&b')')
}

/// What a piece is, and whether all of it is; where a date or number is followed by words, the run ends with it.
fn meaning(piece: &str, forms: &HospitalForms) -> Option<(Piece, bool)> {
    if let Some(whole) = value(piece, forms) {
        return Some((whole, true));
    }
    // `05/06/1980 was seen in clinic`: up to three words may be of the value.
    let cuts: Vec<usize> = piece.match_indices(' ').map(|(place, _)| place).take(3).collect();
    let begin = |cut: &usize| piece.get(..*cut).and_then(|begin| value(begin.trim_end_matches('.'), forms));
    let value = cuts.iter().rev().find_map(begin)?;
    (!matches!(value, Piece::Neutral)).then_some((value, false))
}

fn value(piece: &str, forms: &HospitalForms) -> Option<Piece> {
    let piece = piece.trim().trim_end_matches('.');
    if piece.len() > 60 || piece.is_empty() {
        return None;
    }
    if is_neutral(piece) {
        return Some(Piece::Neutral);
    }
    if piece.contains('@') {
        return contact::email(piece).map(|address| Piece::Value(Field::Email, address));
    }
    let digits = piece.bytes().filter(u8::is_ascii_digit).count();
    if digits == 0 {
        return None;
    }
    let born = ["born on ", "born ", "b. "].iter().find_map(|word| piece.strip_prefix(word)).unwrap_or(piece);
    if let Some(date) = dates::is_only_date(born, DateSense::Birth) {
        return Some(Piece::Value(Field::DateOfBirth, date.to_string()));
    }
    if digits == 10
        && let Some(number) = numbers::nhs_number(piece).filter(|number| numbers::is_issued_range(number))
    {
        return Some(Piece::Value(Field::NhsNumber, number));
    }
    let plain: String = piece.chars().filter(|c| !c.is_whitespace()).collect();
    if forms.any(piece) || forms.any(&plain) {
        return Some(Piece::Value(Field::HospitalNumber, if forms.any(piece) { piece.to_owned() } else { plain }));
    }
    if let Some(number) = numbers::national_insurance_number(piece) {
        return Some(Piece::Value(Field::NationalInsuranceNumber, number));
    }
    if let Some(code) = contact::postcode(piece).filter(|_| piece.starts_with(|c: char| c.is_ascii_uppercase())) {
        return Some(Piece::Value(Field::Postcode, code));
    }
    if digits >= 9
        && let Some(number) = contact::phone(piece)
    {
        return Some(Piece::Value(Field::Phone, number));
    }
    let lead = plain.bytes().take_while(u8::is_ascii_uppercase).count();
    let numbered = plain.len() == piece.len()
        && lead <= 3
        && (5..=8).contains(&digits)
        && plain.get(lead..).is_some_and(|rest| rest.bytes().all(|b| b.is_ascii_digit()));
    numbered.then_some(Piece::Number(plain))
}

/// `62`, `62 years old`, `female`, `ward 4B`, `bed 12`.
fn is_neutral(piece: &str) -> bool {
    let lower = piece.to_ascii_lowercase();
    let number = lower.trim_start_matches("aged ").trim_end_matches(|c: char| !c.is_ascii_digit());
    let age = !number.is_empty() && number.len() <= 3 && number.bytes().all(|b| b.is_ascii_digit());
    let unit = lower.trim_start_matches("aged ").get(number.len()..).unwrap_or("").trim();
    let aged =
        age && matches!(unit, "" | "y" | "yo" | "yrs" | "years" | "years old" | "yr" | "y/o" | "months" | "m" | "f");
    let placed = ["ward ", "bed ", "bay ", "room ", "rm "].iter().any(|word| lower.starts_with(word))
        && lower.split(' ').count() <= 3
        && piece.len() <= 14;
    aged || placed || matches!(lower.as_str(), "m" | "f" | "male" | "female" | "deceased" | "rip" | "day case")
}

impl Letter<'_, '_> {
    /// The names of a line with values behind them; a run that the line breaks goes on in the next.
    pub(super) fn asides(&mut self, at: usize, hits: &[Hit]) -> Vec<Aside> {
        let Some(line) = self.lines.get(at).filter(|line| line.text.len() <= 2_000) else { return Vec::new() };
        let next = self.lines.get(at + 1).filter(|next| !next.blank && next.part == line.part);
        let open = line.text.rfind(['(', '[']) > line.text.rfind([')', ']']) || line.text.trim_end().ends_with(',');
        let next = next.filter(|next| open && next.text.len() <= 2_000);
        if self.signed.is_some() || line.looks.digits + next.map_or(0, |next| next.looks.digits) < 5 {
            return Vec::new();
        }
        let whole = next.map(|next| format!("{} {}", line.text, next.text));
        let (text, behind) = (whole.as_deref().unwrap_or(line.text), line.text.len() + 1);
        let below = self.hits.get(at + 1).map_or(&[][..], Vec::as_slice);
        let labelled = |start: usize, end: usize| {
            let (hits, from) = if start < behind { (hits, 0) } else { (below, behind) };
            let over = |hit: &&Hit| from + hit.start < end && start < from + hit.value_end.max(hit.value_start);
            hits.iter().filter(over).any(|hit| !hit.field.is_name())
        };
        let mut found = find(text, &self.reading.detector.forms, &labelled);
        found.retain(|aside| aside.start < behind);
        // A line of a list is read with all that it has.
        if let [only] = found.as_slice()
            && next.is_none()
            && line.text.get(..only.start).is_some_and(|before| before.trim().is_empty())
            && line.text.get(only.start..only.end).is_some_and(|run| !run.contains(['(', '[']))
        {
            return Vec::new();
        }
        for aside in &found {
            self.claimed.push((at, aside.start, aside.end.min(behind)));
            if aside.end > behind {
                self.claimed.push((at + 1, 0, aside.end - behind));
            }
        }
        found
    }

    /// Takes a name with its values: a record of its own, unless it is the open record's.
    pub(super) fn aside(&mut self, at: usize, aside: Aside) {
        let Some(line) = self.lines.get(at) else { return };
        let own = self.assembler.open(Scope::Subject).and_then(|record| record.draft.name().cloned());
        let name = names::parse(&aside.name, NameOrder::GivenFirst);
        let same = own.zip(name).is_some_and(|(own, name)| names::compatible(&own, &name));
        let scope = if same { Scope::Subject } else { aside.scope };
        // Each is a paragraph of its own, so that none is taken apart when the next begins.
        let paragraph = 1 << 31 | u32::try_from(line.base + aside.start).unwrap_or(u32::MAX);
        let behind = line.text.len() + 1;
        self.entry_in(at, scope, Field::FullName, aside.name, Basis::Content, paragraph);
        for (start, field, value) in aside.values {
            self.entry_in(at + usize::from(start >= behind), scope, field, value, Basis::Content, paragraph);
        }
    }

    /// True where a place of a line is a name's with values behind it.
    pub(super) fn is_claimed(&self, at: usize, start: usize) -> bool {
        self.claimed
            .iter()
            .rev()
            .take_while(|(line, ..)| line + 1 >= at)
            .any(|(line, from, to)| *line == at && (*from..*to).contains(&start))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use assay_model::ControllerId;
    use regex::Regex;

    fn read(text: &str) -> Vec<String> {
        let form = Regex::new(r"^AH\d{7}$").unwrap();
        let forms = HospitalForms { whole: vec![(ControllerId::new("NCH"), form)], inside: Vec::new() };
        let said = |aside: Aside| {
            let values: Vec<String> =
                aside.values.iter().map(|(_, field, value)| format!("{field:?}={value}")).collect();
            format!("{} [{:?}] {}", aside.name, aside.scope, values.join(" "))
        };
        find(text, &forms, &|_, _| false).into_iter().map(said).collect()
    }

    #[test]
    fn each_value_goes_to_the_name_that_it_stands_behind() {
        assert_eq!(
            read(
                "We discussed Susan Clark (AH1234567, 05/06/1980) and then Tom Hill (AH7654321, 62, ward 4B, 01/02/1962)."
            ),
            [
                "Susan Clark [Subject] HospitalNumber=AH1234567 DateOfBirth=1980-06-05",
                "Tom Hill [Subject] HospitalNumber=AH7654321 DateOfBirth=1962-02-01"
            ]
        );
        assert_eq!(
            read("Seen today: Susan Clark, 999 123 4500, 05/06/1980 was listed for surgery"),
            ["Susan Clark [Subject] NhsNumber=9991234500 DateOfBirth=1980-06-05"]
        );
        assert_eq!(
            read("Mrs Jane Hill (07700 900123, jane.hill@mail.example) will come"),
            ["Mrs Jane Hill [Contact] Phone=+447700900123 Email=jane.hill@mail.example"]
        );
    }

    #[test]
    fn a_number_of_no_known_form_needs_a_date_of_birth() {
        assert_eq!(
            read("Susan Clark (K0123456, 05/06/1980)"),
            ["Susan Clark [Subject] HospitalNumber=K0123456 DateOfBirth=1980-06-05"]
        );
        assert!(read("Susan Clark (K0123456)").is_empty());
    }

    #[test]
    fn dates_of_appointments_and_values_behind_no_name_are_nobodys() {
        assert!(read("Susan Clark (05/06/2024) and Tom Hill").is_empty());
        assert!(read("The Annual Report (AH1234567, 05/06/1980) and the invoice").is_empty());
        assert!(read("Susan Clark, who came on 05/06/1980, left").is_empty());
        assert!(read("").is_empty());
        assert!(read("(((,,,)))").is_empty());
    }
}
