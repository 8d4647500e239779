//! Values inside running text: names at the beginning of a value or anywhere in a line.

use super::super::contact;
use super::super::dates::{self, DateSense};
use super::super::names::{self, NameOrder};

/// The digits with which a value begins.
pub(super) fn leading_number(value: &str) -> String {
    value
        .trim_start_matches(|c: char| !c.is_ascii_digit())
        .chars()
        .take_while(|c| c.is_ascii_digit() || matches!(c, ' ' | '-' | '\u{a0}' | '\u{2010}'..='\u{2014}'))
        .filter(char::is_ascii_digit)
        .take(10)
        .collect()
}

/// What stands near a name's label.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Company {
    /// A number or date of birth: what is labelled a name is one, whether the lists know it or not.
    Identifier,
    /// A label that names a clinician, a relative, a contact.
    Label,
    Nothing,
}

/// A name at the beginning of a value, and the rest.
pub(super) fn name_and_rest(value: &str, company: Company) -> (Option<String>, &str) {
    let fits = |text: &str| {
        let text = text.trim();
        let titled = text.split(' ').next().is_some_and(names::is_title) && text.contains(' ');
        let words = text.split([' ', ',', '-']).filter(|w| !w.is_empty());
        let capitals = words.clone().all(|w| names::begins_name(w) || w.len() <= 3);
        let one = words.clone().all(names::is_one_word_name);
        let count = words.count();
        let parses = match company {
            Company::Nothing => names::parse(text, NameOrder::GivenFirst),
            Company::Identifier | Company::Label => names::parse_field(text, NameOrder::GivenFirst),
        };
        let parses = parses.is_some();
        let likeness = names::likeness(text);
        parses
            && (titled
                || likeness == 2
                || (likeness == 1 && company != Company::Nothing)
                || (company != Company::Nothing && one && count == 1)
                || (company == Company::Identifier && capitals && (2..=4).contains(&count)))
    };
    let whole = value.trim().trim_end_matches(['.', ',']);
    if fits(whole) {
        return (Some(whole.to_owned()), "");
    }
    let cuts: Vec<usize> = whole
        .match_indices([',', '(', '\u{2013}'])
        .map(|(place, _)| place)
        .chain(whole.find(" - "))
        .chain(whole.find("  "))
        .collect();
    let mut cuts = cuts;
    cuts.sort_unstable();
    // `SMITH, John, 12 High Street`: the second comma ends the name where the first is inside it.
    for cut in cuts.iter().take(3).rev().chain(cuts.first()) {
        let (Some(head), Some(rest)) = (whole.get(..*cut), whole.get(*cut..)) else { continue };
        if fits(head)
            && head.split(' ').count() <= 6
            && !head.bytes().any(|b| b.is_ascii_digit())
            && contact::find_postcodes(head).is_empty()
            && comma_name_or_plain(head)
        {
            return (Some(head.trim().to_owned()), rest);
        }
    }
    (None, "")
}

/// `SMITH, John` is one name; `John Smith, Liverpool` is a name and a town.
fn comma_name_or_plain(head: &str) -> bool {
    match head.split_once(',') {
        None => true,
        Some((family, given)) => {
            !family.trim().contains(' ') && names::likeness(given.trim()) < 2 && names::likeness(head) == 2
        }
    }
}

/// The first name of a line: two to four capitalised words that the lists know.
pub(super) fn name_in(text: &str) -> Option<String> {
    let words: Vec<(usize, &str)> = text
        .split([' ', '\t', '|', ';'])
        .scan(0usize, |offset, word| {
            let start = *offset;
            *offset += word.len() + 1;
            Some((start, word))
        })
        .filter(|(_, word)| !word.is_empty())
        .take(40)
        .collect();
    for (place, (start, word)) in words.iter().enumerate() {
        if !word.starts_with(char::is_uppercase) {
            continue;
        }
        for length in (2..=4).rev() {
            let Some((last, end)) = words.get(place + length - 1) else { continue };
            let slice = text.get(*start..last + end.len())?.trim_end_matches([',', ')']);
            let parted = slice.contains(['\t', '|', ';']) || slice.contains("  ") && length > 2;
            if !parted && !slice.bytes().any(|b| b.is_ascii_digit()) && names::likeness(slice) == 2 {
                return Some(slice.to_owned());
            }
        }
    }
    None
}

/// The date of birth of a line of a list: the oldest of several dates, or the only one where it can be no appointment.
pub(super) fn birth_in(text: &str) -> Option<String> {
    let dates = dates::find(text, DateSense::Birth);
    let (_, _, oldest) = dates.iter().min_by_key(|(_, _, date)| *date)?;
    let newest = dates.iter().map(|(_, _, date)| date).max()?;
    let parted = dates.len() > 1 && newest.year() > oldest.year();
    (parted || oldest.year() <= 2018).then(|| oldest.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_at_the_beginning_of_values() {
        let check = |value: &str| name_and_rest(value, Company::Nothing).0.unwrap_or_else(|| "-".to_owned());
        assert_eq!(check("Mr John Smith, 12 High Street, Liverpool, L12 2AP"), "Mr John Smith");
        assert_eq!(check("SMITH, John, 12 High Street"), "SMITH, John");
        assert_eq!(check("John Smith"), "John Smith");
        assert_eq!(check("was seen in clinic"), "-");
        assert_eq!(check("Annual Leave Policy"), "-");
    }
}
