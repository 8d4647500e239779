//! Signs that people were made up, without any register: what a generator does and life does not.
//!
//! A sign decides nothing by itself, since an export may be cut or sorted; it stands among the evidence with the chance of it.

use std::collections::{BTreeSet, HashMap};

use assay_model::{Element, Evidence, Mention, MentionId, Value};
use jiff::civil::Date;

use super::VerifyInput;
use super::held::Held;
use super::shares::{evidence, grouped, percent};

/// People with the value from which on a sign is looked for.
const ENOUGH: usize = 150;
/// Numbers that lie nearer than this follow each other: the nine digits are given out to hundreds of millions.
const NEAR: u64 = 20;
/// The share of a year's days that are the 29th, 30th or 31st of a month.
const LATE: f64 = 29.25 / 365.25;

/// The signs found, each in a sentence.
pub(super) fn made_up(input: &VerifyInput<'_>, held: &Held<'_>) -> Vec<Evidence> {
    let places: HashMap<MentionId, &Mention> = input.mentions.iter().map(|mention| (mention.id, mention)).collect();
    let mut births: Vec<Date> = Vec::new();
    let mut numbers: BTreeSet<u64> = BTreeSet::new();
    for subject in &held.people {
        let findings = || subject.mentions.iter().filter_map(|id| places.get(id)).flat_map(|mention| &mention.findings);
        let birth = findings().find_map(|finding| match (finding.element, finding.value.reveal()) {
            (Element::DateOfBirth, Value::Date(date)) => Some(*date),
            _ => None,
        });
        births.extend(birth);
        numbers.extend(findings().filter(|f| f.element == Element::NhsNumber).filter_map(|f| nine(f.value.reveal())));
    }
    let basis = held.basis("export mentions");
    let sentences = [in_sequence(&numbers), no_late_birthdays(&births), first_days(&births)];
    sentences.into_iter().flatten().map(|text| evidence(text, basis.clone())).collect()
}

/// The nine digits before the check digit.
fn nine(value: &Value) -> Option<u64> {
    let Value::Text(text) = value else { return None };
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    if digits.len() == 10 { digits.get(..9)?.parse().ok() } else { None }
}

fn in_sequence(numbers: &BTreeSet<u64>) -> Option<String> {
    if numbers.len() < ENOUGH {
        return None;
    }
    let sorted: Vec<u64> = numbers.iter().copied().collect();
    let near = sorted.windows(2).filter(|pair| matches!(pair, [one, two] if two - one <= NEAR)).count();
    let share = near as f64 / (sorted.len() - 1) as f64;
    (share > 0.2).then(|| {
        format!(
            "{} of {} NHS numbers follow another closely: numbers of a run, as a generator or a test system gives them.",
            percent(share),
            grouped(sorted.len() as u64)
        )
    })
}

fn no_late_birthdays(births: &[Date]) -> Option<String> {
    let late = births.iter().filter(|date| date.day() > 28).count();
    (births.len() >= ENOUGH && late == 0).then(|| {
        let chance = (1.0 - LATE).powi(i32::try_from(births.len()).unwrap_or(i32::MAX));
        let known = if chance < 0.000_001 { "less than one in a million".to_owned() } else { percent(chance) };
        format!(
            "None of {} people is born after the 28th of a month, which comes by chance in {known}: generators of dates stop there.",
            grouped(births.len() as u64)
        )
    })
}

fn first_days(births: &[Date]) -> Option<String> {
    let first = births.iter().filter(|date| date.day() == 1 && date.month() == 1).count();
    let share = first as f64 / births.len().max(1) as f64;
    (births.len() >= ENOUGH && share > 0.1).then(|| {
        format!(
            "{} of {} people are born on a 1 January, as where only a year was known or made up.",
            percent(share),
            grouped(births.len() as u64)
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_of_numbers_and_short_months_are_signs_and_life_shows_none() {
        let run: BTreeSet<u64> = (0..200).map(|n| 400_000_000 + n * 3).collect();
        assert!(in_sequence(&run).unwrap().starts_with("100.0 %"));
        let scattered: BTreeSet<u64> = (0..200_u64).map(|n| 400_000_000 + n * n * 9_973).collect();
        assert_eq!(in_sequence(&scattered), None);
        let births = |days: i8| -> Vec<Date> {
            (0..300).map(|n| jiff::civil::date(1950 + n % 60, 1, 1 + (n % i16::from(days)) as i8)).collect()
        };
        assert!(no_late_birthdays(&births(28)).unwrap().contains("one in a million"));
        assert_eq!(no_late_birthdays(&births(31)), None);
    }
}
