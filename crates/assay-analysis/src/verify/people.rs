//! Are the people real? By the registers, less what a register matches by chance.
//!
//! A check digit proves nothing (a tenth of random numbers pass), so only a match to a register counts, and only people whom
//! one could know are asked: donors and staff are in no patient index, nor are patients of a body whose register is not at
//! hand.

use std::collections::BTreeSet;

use assay_model::{
    ControllerId, DataSubject, Element, Evidence, ExhibitKind, NhsTestRange, RegisterMatch, Role, UndeterminedReason,
};

use super::VerifyInput;
use super::held::Held;
use super::registers::{Agreement, Registers};
use super::shares::{Side, counted, evidence, grouped, less, percent, side, wilson};
use super::signs;
use super::yardstick::{Ceiling, Footing, Grade, Level, Strength};

/// How a person stands to the registers at hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// A register knows the person.
    Known,
    /// A register should know the person and does not.
    Unknown,
    /// The number is another person's in a register, or the person has another number there.
    Contrary,
    /// The NHS number is of the range for test data, and the case does not accept that.
    TestRange,
    /// No register at hand decides.
    NotTestable,
}

/// Which bodies' people the registers at hand could know.
pub(super) struct RegisterReach<'a> {
    people: u64,
    test_range: NhsTestRange,
    /// The bodies whose registers are at hand; `None` where one register names no body, and so could be of any.
    bodies: Option<BTreeSet<&'a ControllerId>>,
    /// True where each controller of the case has its register.
    all: bool,
    /// What each register says of the people found.
    pub(super) registers: Registers<'a>,
}

impl<'a> RegisterReach<'a> {
    pub(super) fn new(input: &VerifyInput<'a>, people: &[&'a DataSubject]) -> Self {
        let registers: Vec<_> = input.exhibits.iter().filter(|e| e.kind == ExhibitKind::Register).collect();
        let bodies: BTreeSet<&ControllerId> = registers.iter().filter_map(|e| e.controller.as_ref()).collect();
        // Registers without a body named, or handed over without an exhibit, could be of any body.
        let any = registers.is_empty() || registers.iter().any(|e| e.controller.is_none());
        let all = any || input.controllers.iter().all(|controller| bodies.contains(&controller.id));
        let registers = Registers::new(people, input.mentions, input.register, input.case.seed);
        let (people, test_range) = (registered(input), input.nhs_test_range);
        Self { people, test_range, bodies: (!any).then_some(bodies), all, registers }
    }

    pub(super) fn standing(&self, subject: &DataSubject) -> Standing {
        let number = subject.nhs_number.as_ref().map(|number| number.reveal().as_str());
        if self.test_range == NhsTestRange::Reject && number.is_some_and(|n| n.starts_with("999")) {
            return Standing::TestRange;
        }
        // What the leak itself carries: the best number of a matched person is the register's.
        let carries = |element| subject.elements.contains(&element);
        let has_number = carries(Element::NhsNumber) || carries(Element::HospitalNumber);
        // A patient without any number can be looked up by name and date of birth; by less, no register decides.
        let is_patient = subject.role == Role::Patient && subject.name.is_some() && subject.date_of_birth.is_some();
        if self.people == 0 || !(has_number || is_patient) || !self.reaches(subject) {
            return Standing::NotTestable;
        }
        match (self.registers.agreement(subject), subject.register_match) {
            (Some(Agreement::Number), _) | (_, RegisterMatch::Exact) => Standing::Known,
            (Some(Agreement::Contrary), _) => Standing::Contrary,
            (Some(Agreement::NameAndDate), _) => Standing::Known,
            // Without a number a match can be no better than probable: that person must not speak against the claim.
            (_, RegisterMatch::Probable) if !has_number => Standing::Known,
            // With one, something that goes with the number is missing: not proved, and no stranger either.
            (_, RegisterMatch::Probable) => Standing::NotTestable,
            (_, RegisterMatch::None) => Standing::Unknown,
        }
    }

    /// True where a register of one of the person's bodies is at hand. A person of no decided body is asked only where all
    /// bodies have registers, or the misses would be of the missing register.
    fn reaches(&self, subject: &DataSubject) -> bool {
        match &self.bodies {
            None => true,
            Some(_) if self.all => true,
            Some(bodies) => subject.controllers.iter().any(|controller| bodies.contains(controller)),
        }
    }
}

fn registered(input: &VerifyInput<'_>) -> u64 {
    input.register.len() as u64 + input.token_people
}

#[derive(Default)]
struct Tally {
    known: u64,
    unknown: u64,
    contrary: u64,
    test_range: u64,
    not_testable: u64,
}

pub(super) fn grade(input: &VerifyInput<'_>, held: &Held<'_>) -> Grade {
    let mut tally = Tally::default();
    for subject in &held.people {
        match held.reach.standing(subject) {
            Standing::Known => tally.known += 1,
            Standing::Unknown => tally.unknown += 1,
            Standing::Contrary => tally.contrary += 1,
            Standing::TestRange => tally.test_range += 1,
            Standing::NotTestable => tally.not_testable += 1,
        }
    }
    let tested = tally.tested();
    let Some(raw) = wilson(tally.known, tested).filter(|_| registered(input) > 0 || tally.test_range > 0) else {
        return Grade::untested(match () {
            () if held.people.is_empty() => "no person is found in the items held",
            () if registered(input) == 0 => "no register of people is at hand",
            () => "none of the people found could be known to a register at hand",
        })
        .cons(signs::made_up(input, held));
    };
    let chance = input.estimate.decoy_rate.max(held.reach.registers.chance());
    let share = less(raw, chance);
    let footing = Footing::over(held, tested, if registered(input) > 0 { Level::Good } else { Level::Fair });
    let grade = match side(share) {
        Side::Most => Grade::supported(Strength::of_share(share), Ceiling::PEOPLE, footing),
        // Who took a proof pack's screenshots chose them: it speaks for no other people.
        Side::Few if !held.proof_only => Grade::contradicted(Strength::of_share(share), Ceiling::PEOPLE, footing),
        Side::Few | Side::Open => Grade::undetermined(UndeterminedReason::Insufficient, footing),
    };
    weigh(grade.share(Some(share)), input, held, &tally)
}

impl Tally {
    fn tested(&self) -> u64 {
        self.known + self.unknown + self.contrary + self.test_range
    }
}

/// How many of the people each body's register knows, field by field.
fn by_body(input: &VerifyInput<'_>, held: &Held<'_>, basis: &str) -> Option<Evidence> {
    let known = &held.reach.registers.by_body;
    let one = |(body, people): (&&ControllerId, &u64)| {
        let name = input.controllers.iter().find(|c| &c.id == *body).map_or(body.as_str(), |c| c.name.as_str());
        format!("{name} {}", grouped(*people))
    };
    known.values().any(|people| *people > 0).then(|| {
        let listed = known.iter().map(one).collect::<Vec<_>>().join(", ");
        let text = format!(
            "By register, of all {} people found, with a number and the name or date that go with it, or by name and date \
             where the leak gives no number: {listed}. One person may be in several.",
            grouped(held.reach.registers.asked)
        );
        evidence(text, basis)
    })
}

/// Family names that the registers have, beside what people of the same kind would have: forgers draw from other lists.
fn unlike(held: &Held<'_>, basis: &str) -> Option<Evidence> {
    let likeness = held.reach.registers.likeness?;
    let far = likeness.names + 0.25 < likeness.names_expected;
    far.then(|| {
        let text = format!(
            "{} of the people found bear a family name that a register has; among a register's own people, held against the \
             others, {} do.",
            percent(likeness.names),
            percent(likeness.names_expected)
        );
        evidence(text, basis)
    })
}

fn weigh(mut grade: Grade, input: &VerifyInput<'_>, held: &Held<'_>, tally: &Tally) -> Grade {
    let tested = tally.tested();
    let basis = held.basis("subjects.register_matched, subjects.decoy_rate");
    if tally.known > 0 {
        let text =
            format!("{} of {} people whom a register could know are in one.", grouped(tally.known), grouped(tested));
        grade = grade.pros([evidence(text, basis.clone())]);
        grade = grade.pros(by_body(input, held, &basis));
        let [permuted, synthetic] = held.reach.registers.chance.map(percent);
        let resolution = percent(input.estimate.decoy_rate.clamp(0.0, 1.0));
        let text = format!(
            "By chance a decoy register matched {resolution} in resolution, and by these fields {permuted} (columns permuted) and \
             {synthetic} (people made up alike); the highest is taken off the share."
        );
        grade = grade.pros([evidence(text, basis.clone())]);
    }
    if tally.contrary > 0 {
        let text = format!(
            "{} a number that a register gives to somebody else, or stand in a register with another number.",
            counted(tally.contrary, "person has", "people have")
        );
        grade = grade.cons([evidence(text, basis.clone())]);
    }
    grade = grade.cons(unlike(held, &basis)).cons(signs::made_up(input, held));
    if tally.unknown > 0 {
        let text = format!(
            "{} of {} people whom a register could know are in none of the registers at hand.",
            grouped(tally.unknown),
            grouped(tested)
        );
        grade = grade.cons([evidence(text, basis.clone())]);
    }
    if tally.test_range > 0 {
        let text = format!(
            "{} an NHS number of the 999 range, which is kept for test data.",
            counted(tally.test_range, "person has", "people have")
        );
        grade = grade.cons([evidence(text, held.basis("subjects.count"))]);
    }
    if tally.not_testable > 0 {
        let text = format!(
            "{} left out of the share: no register at hand decides about them.",
            counted(tally.not_testable, "person is", "people are")
        );
        grade = grade.cons([evidence(text, held.basis("subjects.by_role"))]);
    }
    grade
}
