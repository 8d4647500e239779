//! How records get people wrong: a letter, a nickname, a moved name, day and month the wrong way round, a number left out.

use crate::{dice::Dice, people::Person};
use jiff::civil::Date;

/// A person as one document has them.
#[derive(Clone, Debug)]
pub(crate) struct Written {
    pub(crate) family: String,
    pub(crate) given: String,
    pub(crate) nhs: Option<String>,
    pub(crate) birth: Option<Date>,
}

/// A person as a clinic's letter or list has them: mostly right.
pub(crate) fn written(person: &Person, dice: &mut Dice) -> Written {
    let family = match (&person.former_family, dice.below(100)) {
        (Some(former), 0..30) => former.clone(),
        (_, 97..) => one_letter(&person.family, dice),
        _ => person.family.clone(),
    };
    let given = match &person.nickname {
        Some(nickname) if dice.percent(40) => nickname.clone(),
        _ if dice.below(100) == 0 => one_letter(person.first(), dice),
        _ => person.first().to_owned(),
    };
    let nhs = dice.percent(88).then(|| person.nhs.clone());
    let birth = if dice.below(70) == 0 { swapped(person.birth) } else { person.birth };
    Written { family, given, nhs, birth: Some(birth) }
}

/// The date with day and month changed round, where that is a date.
pub(crate) fn swapped(date: Date) -> Date {
    Date::new(date.year(), date.day(), date.month()).unwrap_or(date)
}

/// The name with one letter wrong, doubled, lost or changed round with the next.
pub(crate) fn one_letter(name: &str, dice: &mut Dice) -> String {
    let mut letters: Vec<char> = name.chars().collect();
    if letters.len() < 4 {
        return name.to_owned();
    }
    // The first letter is seldom wrong, and where it is, the record is lost to its own clinic.
    let at = 1 + dice.below(letters.len() - 2);
    match dice.below(4) {
        0 => letters[at] = dice.pick(&['a', 'e', 'i', 'o', 'u', 'n', 's', 't', 'r', 'l']),
        1 => letters.insert(at, letters[at]),
        2 => {
            letters.remove(at);
        }
        _ => letters.swap(at, at + 1),
    }
    letters.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn a_slip_is_one_letter_and_short_names_stay() {
        let mut dice = Dice::new(3, "slips");
        for _ in 0..200 {
            let slipped = one_letter("Henderson", &mut dice);
            assert!(slipped.starts_with('H') && (8..=10).contains(&slipped.len()), "{slipped}");
        }
        assert_eq!(one_letter("Eve", &mut dice), "Eve");
    }

    #[test]
    fn day_and_month_change_round_only_where_a_calendar_allows() {
        assert_eq!(swapped(date(1961, 4, 3)), date(1961, 3, 4));
        assert_eq!(swapped(date(1961, 4, 23)), date(1961, 4, 23));
    }
}
