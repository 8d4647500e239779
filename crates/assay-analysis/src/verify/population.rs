//! Is it about whom the claim says? By the ages known on the reference date.
//!
//! "Children" says that the data is about children, so most must be; "including children", or children among other groups named,
//! says that some are. Only people of known age are asked.

use assay_model::{AgeBand, Assertion, AssertionKind, DataSubject, UndeterminedReason};
use jiff::civil::Date;

use super::VerifyInput;
use super::held::Held;
use super::shares::{Side, evidence, grouped, side, wilson};
use super::yardstick::{Ceiling, Footing, Grade, Level, Strength};
use crate::claims::rules::{ClaimRules, PopulationTest};

/// People from which on "including" is met.
const SOME: u64 = 3;

pub(super) fn grade(input: &VerifyInput<'_>, held: &Held<'_>, assertion: &Assertion, words: &str) -> Grade {
    let (belongs, who): (fn(&DataSubject, Date) -> bool, &str) = match ClaimRules::shipped().population_test(words) {
        PopulationTest::Children => (|s, _| s.age == AgeBand::Child, "under 18 on the reference date"),
        PopulationTest::Adults => (|s, _| s.age == AgeBand::Adult, "18 or over on the reference date"),
        PopulationTest::OverSixtyFive => (is_over_65, "over 65 on the reference date"),
        PopulationTest::None => {
            let text = format!("No record says of anyone that \u{201c}{words}\u{201d} is meant.");
            return Grade::undetermined(UndeterminedReason::Untestable, Footing::NONE).cons([evidence(text, "claim")]);
        }
    };
    let aged: Vec<&&DataSubject> = held.people.iter().filter(|s| s.age != AgeBand::Unknown).collect();
    let these = aged.iter().filter(|s| belongs(s, input.case.reference_date)).count() as u64;
    let tested = aged.len() as u64;
    let Some(share) = wilson(these, tested) else {
        return if held.people.is_empty() {
            Grade::nothing_held()
        } else {
            Grade::undetermined(UndeterminedReason::Insufficient, Footing::over(held, 0, Level::Good))
        };
    };
    let footing = Footing::over(held, tested, Level::Good);
    let basis = held.basis("subjects.children, subjects.adults");
    let text = |n: u64, not: &str| format!("{} of {} people of known age are {not}{who}.", grouped(n), grouped(tested));
    let fors = (these > 0).then(|| evidence(text(these, ""), basis.clone()));
    let againsts = (these < tested).then(|| evidence(text(tested - these, "not "), basis.clone()));
    if says_some(input, assertion, words) {
        let grade = if these >= SOME {
            let strength = if these >= 30 { Strength::Clear } else { Strength::Bare };
            Grade::supported(strength, Ceiling::POPULATION, footing)
        } else if these == 0 && held.decides_absence() && tested >= 10 {
            Grade::contradicted(Strength::Bare, Ceiling::POPULATION, footing)
        } else {
            Grade::undetermined(UndeterminedReason::Insufficient, footing)
        };
        // That others are there too does not speak against "including".
        return grade.pros(fors).cons(againsts.filter(|_| these < SOME));
    }
    let grade = match side(share) {
        Side::Most => Grade::supported(Strength::of_share(share), Ceiling::POPULATION, footing),
        Side::Few if held.decides_share() => {
            Grade::contradicted(Strength::of_share(share), Ceiling::POPULATION, footing)
        }
        Side::Few | Side::Open if these > 0 => Grade::undetermined(UndeterminedReason::Conflicting, footing),
        Side::Few | Side::Open => Grade::undetermined(UndeterminedReason::Insufficient, footing),
    };
    grade.share(Some(share)).pros(fors).cons(againsts)
}

fn is_over_65(subject: &DataSubject, on: Date) -> bool {
    subject.date_of_birth.as_ref().is_some_and(|born| {
        let born = *born.reveal();
        let birthday_come = (on.month(), on.day()) >= (born.month(), born.day());
        i32::from(on.year()) - i32::from(born.year()) - i32::from(!birthday_come) > 65
    })
}

/// True where the claim says that these are among others.
fn says_some(input: &VerifyInput<'_>, assertion: &Assertion, words: &str) -> bool {
    let first = words.split_whitespace().next().unwrap_or_default().trim_end_matches('.').to_ascii_lowercase();
    let groups = input
        .assertions
        .iter()
        .filter(|other| other.claim == assertion.claim && matches!(other.kind, AssertionKind::Population { .. }))
        .count();
    groups > 1 || ["including", "include", "includes", "incl", "also", "even"].contains(&first.as_str())
}
