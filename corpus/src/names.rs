//! Names of people as a British town has them: mostly British, some Irish, South Asian, Polish, Nigerian and others.
//!
//! Drawn from the project's reference lists (`rules/reference/`, licences there), weighted by the roots of their US counts,
//! since no free count of British names was found. Names that a list holds in lower case are given their usual capitals.

use crate::dice::Dice;
use std::collections::BTreeMap;

const SURNAMES: &str = include_str!("../../rules/reference/surnames_world.tsv");
const SURNAME_COUNTS: &str = include_str!("../../rules/reference/surnames_us_census.tsv");
const GIVEN: &str = include_str!("../../rules/reference/given_names_world.tsv");
const GIVEN_COUNTS: &str = include_str!("../../rules/reference/given_names_us.tsv");
const NICKNAMES: &str = include_str!("../../rules/reference/nicknames.tsv");

/// Tags of the given-name list, tags of the surname list, weight in a hundred households.
const ORIGINS: [(&[&str], &[&str], usize); 8] = [
    (&["f:en_GB"], &["f:en_GB"], 70),
    (&["f:en_IE"], &["f:en_IE"], 8),
    (&["f:en_PK", "f:en_IN"], &["f:en_PK", "f:en_IN"], 9),
    (&["f:pl_PL"], &["f:pl_PL"], 5),
    (&["f:yo_NG", "f:ig_NG"], &["f:yo_NG", "f:ig_NG"], 3),
    (&["f:ro_RO"], &["f:ro_RO"], 2),
    (&["f:it_IT", "f:pt_PT"], &["f:it_IT", "f:pt_PT"], 2),
    (&["f:tr_TR"], &["f:tr_TR"], 1),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sex {
    Female,
    Male,
}

/// Names with the running sum of their weights.
struct Weighted(Vec<(String, usize)>);

impl Weighted {
    fn draw(&self, dice: &mut Dice) -> &str {
        let total = self.0.last().map_or(0, |(_, sum)| *sum);
        let thrown = dice.below(total);
        let at = self.0.partition_point(|(_, sum)| *sum <= thrown);
        self.0.get(at).map_or("Smith", |(name, _)| name.as_str())
    }
}

struct Origin {
    female: Weighted,
    male: Weighted,
    surnames: Weighted,
}

pub(crate) struct Names {
    origins: Vec<Origin>,
    nicknames: BTreeMap<&'static str, Vec<&'static str>>,
}

impl Names {
    pub(crate) fn new() -> Self {
        let surname_counts = counts(SURNAME_COUNTS, 1..2);
        let given_counts = counts(GIVEN_COUNTS, 1..3);
        let origins = ORIGINS
            .iter()
            .map(|(given, surnames, _)| Origin {
                female: list(GIVEN, given, Some('F'), &given_counts),
                male: list(GIVEN, given, Some('M'), &given_counts),
                surnames: list(SURNAMES, surnames, None, &surname_counts),
            })
            .collect();
        let mut nicknames: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for line in NICKNAMES.lines().skip(1) {
            let mut fields = line.split('\t');
            if let (Some(name), Some(nickname)) = (fields.next(), fields.next()) {
                nicknames.entry(name).or_default().push(nickname);
            }
        }
        Self { origins, nicknames }
    }

    /// Where a household comes from; its members draw from the same lists.
    pub(crate) fn origin(&self, dice: &mut Dice) -> usize {
        let weights: Vec<(usize, usize)> = ORIGINS.iter().enumerate().map(|(n, (_, _, weight))| (n, *weight)).collect();
        dice.weighted(&weights)
    }

    pub(crate) fn family(&self, origin: usize, dice: &mut Dice) -> String {
        let surnames = &self.origins[origin].surnames;
        let one = surnames.draw(dice).to_owned();
        // Double names: with a hyphen mostly, with a blank at times.
        match dice.below(100) {
            0..=2 => format!("{one}-{}", surnames.draw(dice)),
            3 => format!("{one} {}", surnames.draw(dice)),
            _ => one,
        }
    }

    pub(crate) fn given(&self, origin: usize, sex: Sex, dice: &mut Dice) -> String {
        let origin = &self.origins[origin];
        if sex == Sex::Female { origin.female.draw(dice) } else { origin.male.draw(dice) }.to_owned()
    }

    /// What a person of that name is called, where a list knows a short form.
    pub(crate) fn nickname(&self, given: &str, dice: &mut Dice) -> Option<String> {
        let forms = self.nicknames.get(given.to_lowercase().as_str())?;
        Some(capitals(dice.pick(forms)))
    }
}

/// Counts by name: the sum of the columns.
fn counts(text: &'static str, columns: std::ops::Range<usize>) -> BTreeMap<&'static str, u64> {
    let number =
        |line: &str| line.split('\t').skip(columns.start).take(columns.len()).flat_map(str::parse::<u64>).sum();
    text.lines().skip(1).filter_map(|line| Some((line.split('\t').next()?, number(line)))).collect()
}

fn list(text: &str, tags: &[&str], sex: Option<char>, counts: &BTreeMap<&str, u64>) -> Weighted {
    let mut sum = 0;
    let rows = text.lines().skip(1).filter_map(|line| {
        let fields: Vec<&str> = line.split('\t').collect();
        let (name, source) = (*fields.first()?, *fields.last()?);
        let of_sex = sex.is_none_or(|sex| fields.get(1).is_some_and(|letters| *letters == sex.to_string()));
        let tagged = source.split(',').any(|tag| tags.contains(&tag));
        (of_sex && tagged && name.chars().count() > 1).then_some(name)
    });
    let weighted = rows.map(|name| {
        sum += counts.get(name).copied().unwrap_or(0).isqrt() as usize + 15;
        (capitals(name), sum)
    });
    Weighted(weighted.collect())
}

/// `o'brien-mcadam` as people write it.
pub(crate) fn capitals(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    let mut start = true;
    for character in name.chars() {
        if start {
            out.extend(character.to_uppercase());
        } else {
            out.push(character);
        }
        let written = out.rsplit([' ', '-', '\'']).next().unwrap_or("");
        start = matches!(character, ' ' | '-' | '\'' | '.') || (written == "Mc" && name.len() > 4);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_their_usual_capitals() {
        for (name, expected) in [
            ("o'brien", "O'Brien"),
            ("mcadam", "McAdam"),
            ("smith-jones", "Smith-Jones"),
            ("łukasz", "Łukasz"),
            ("anne marie", "Anne Marie"),
        ] {
            assert_eq!(capitals(name), expected);
        }
    }

    #[test]
    fn every_origin_has_names_of_both_sexes_and_common_ones_come_often() {
        let names = Names::new();
        let mut dice = Dice::new(1, "names");
        for origin in &names.origins {
            assert!(origin.female.0.len() > 15 && origin.male.0.len() > 15 && origin.surnames.0.len() > 15);
        }
        let smiths = (0..2000).filter(|_| names.family(0, &mut dice) == "Smith").count();
        assert!((8..100).contains(&smiths), "{smiths}");
        assert_eq!(names.nickname("Zzqx", &mut dice), None);
        assert!(names.nickname("Margaret", &mut dice).is_some());
    }
}
