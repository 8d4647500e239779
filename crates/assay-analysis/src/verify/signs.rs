//! Signs that people were made up, without any register: what a generator does and life does not.
//!
//! A sign decides nothing by itself, since an export may be cut or sorted; it stands among the evidence with the chance of it.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use assay_model::{DataSubject, Element, Evidence, Mention, MentionId, Sketch, Value};
use jiff::civil::Date;

use super::VerifyInput;
use super::held::Held;
use super::shares::{evidence, grouped, percent};

/// People with the value from which on a sign is looked for.
const ENOUGH: usize = 150;
/// Numbers that lie nearer than this follow each other: the nine digits are given out to hundreds of millions.
const NEAR: u64 = 20;
/// People in an item up to whom it is a letter.
const FEW: u64 = 3;
/// Letters that are held against each other.
const LETTERS: usize = 400;
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
    let sentences = [
        in_sequence(&numbers),
        no_late_birthdays(&births),
        first_days(&births),
        no_gaps(&held.people),
        unlike(input, held),
    ];
    let mut signs: Vec<Evidence> = sentences.into_iter().flatten().map(|text| evidence(text, basis.clone())).collect();
    let letters = held.readable().filter(|item| (1..=FEW).contains(&item.people));
    let sketches: Vec<&Sketch> =
        letters.filter_map(|item| item.content.likeness.sketch.as_ref()).take(LETTERS).collect();
    signs.extend(one_template(&sketches).map(|text| evidence(text, held.basis("items.contents"))));
    signs
}

/// What everybody has who is looked at, of what records of care leave open here and there.
fn no_gaps(people: &[&DataSubject]) -> Option<String> {
    const KINDS: [&[Element]; 4] =
        [&[Element::DateOfBirth], &[Element::Address, Element::Postcode], &[Element::Phone], &[Element::Email]];
    let of_any =
        |subject: &DataSubject, kind: &[Element]| kind.iter().any(|element| subject.elements.contains(element));
    let complete = people.iter().filter(|subject| KINDS.iter().all(|kind| of_any(subject, kind))).count();
    // Who is in a list of names only is no part of the question.
    let told = people.iter().filter(|subject| KINDS.iter().filter(|kind| of_any(subject, kind)).count() >= 2).count();
    (told >= ENOUGH && complete as f64 >= 0.99 * told as f64).then(|| {
        format!(
            "{} of {} people have a date of birth, an address, a telephone and an e-mail address: in records that were kept over years some are missing.",
            grouped(complete as u64),
            grouped(told as u64)
        )
    })
}

/// The years in which those were born whom a register should know and does not, beside those of its own people.
fn unlike(input: &VerifyInput<'_>, held: &Held<'_>) -> Option<String> {
    let strangers = held.people.iter().filter(|subject| held.is_stranger(subject));
    let theirs = decades(strangers.filter_map(|subject| subject.date_of_birth.as_ref().map(|date| *date.reveal())));
    let own = decades(input.register.iter().filter_map(|person| person.date_of_birth));
    apart(&theirs, &own)
}

/// People by decade of birth.
fn decades(births: impl Iterator<Item = Date>) -> BTreeMap<i16, usize> {
    births.fold(BTreeMap::new(), |mut by, date| {
        *by.entry(date.year() / 10).or_default() += 1;
        by
    })
}

fn apart(theirs: &BTreeMap<i16, usize>, own: &BTreeMap<i16, usize>) -> Option<String> {
    /// Half the sum of the differences of shares (total variation); people of one department lie nearer.
    const FAR: f64 = 0.4;
    let (found, known): (usize, usize) = (theirs.values().sum(), own.values().sum());
    if found < ENOUGH || known < ENOUGH {
        return None;
    }
    let share =
        |of: &BTreeMap<i16, usize>, decade, all: usize| of.get(decade).copied().unwrap_or(0) as f64 / all as f64;
    let all: BTreeSet<&i16> = theirs.keys().chain(own.keys()).collect();
    let differences = all.into_iter().map(|decade| (share(theirs, decade, found) - share(own, decade, known)).abs());
    let distance = differences.sum::<f64>() / 2.0;
    (distance > FAR).then(|| {
        format!(
            "{} of {} people whom a register should know and does not were born in other years than its people were; people of one department differ less.",
            percent(distance),
            grouped(found as u64)
        )
    })
}

/// Letters that are the same but for whom they are about.
fn one_template(sketches: &[&Sketch]) -> Option<String> {
    /// Of the 32 minima of two sketches that agree in letters of one template and of few values.
    const SAME: usize = 22;
    let has_like = |n: usize| {
        let others = sketches.iter().enumerate().filter(|(other, _)| *other != n);
        others.filter(|(_, other)| sketches.get(n).is_some_and(|own| own.agreement(other) >= SAME)).count() * 10
            >= sketches.len() * 9
    };
    let like = (0..sketches.len()).filter(|n| has_like(*n)).count();
    (sketches.len() >= ENOUGH && like * 20 >= sketches.len() * 19).then(|| {
        format!(
            "{} of {} letters are nearly the same words as nearly all others: a mail merge writes so, and a forger.",
            grouped(like as u64),
            grouped(sketches.len() as u64)
        )
    })
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
        let year = |from: i16, years: i16| decades((0..320).map(|n| jiff::civil::date(from + n % years, 6, 1)));
        assert_eq!(apart(&year(1940, 80), &year(1945, 75)), None);
        assert!(apart(&year(1960, 10), &year(1940, 80)).unwrap().starts_with("87.5 %"));
        let sketch = |n: u16, own: usize| {
            Sketch(std::array::from_fn(|place| if place < own { n * 100 + place as u16 } else { place as u16 }))
        };
        let letters = |own: usize| (0..200).map(|n| sketch(n, own)).collect::<Vec<_>>();
        assert!(one_template(&letters(4).iter().collect::<Vec<_>>()).unwrap().starts_with("200 of 200"));
        assert_eq!(one_template(&letters(14).iter().collect::<Vec<_>>()), None);
        let births = |days: i8| -> Vec<Date> {
            (0..300).map(|n| jiff::civil::date(1950 + n % 60, 1, 1 + (n % i16::from(days)) as i8)).collect()
        };
        assert!(no_late_birthdays(&births(28)).unwrap().contains("one in a million"));
        assert_eq!(no_late_birthdays(&births(31)), None);
    }
}
