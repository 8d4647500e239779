//! Are the people real? By the registers, less what a register matches by chance.
//!
//! A check digit proves nothing (a tenth of random numbers pass), so only a match to a register counts, and only people whom
//! one could know are asked: donors and staff are in no patient index, nor are patients of a body whose register is not at
//! hand.

use std::collections::BTreeSet;

use assay_model::{
    ControllerId, DataSubject, Element, ExhibitKind, NhsTestRange, RegisterMatch, Role, UndeterminedReason,
};

use super::VerifyInput;
use super::held::Held;
use super::shares::{Side, counted, evidence, grouped, less, percent, side, wilson};
use super::yardstick::{Ceiling, Footing, Grade, Level, Strength};

/// How a person stands to the registers at hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// A register knows the person.
    Known,
    /// A register should know the person and does not.
    Unknown,
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
}

impl<'a> RegisterReach<'a> {
    pub(super) fn new(input: &VerifyInput<'a>) -> Self {
        let registers: Vec<_> = input.exhibits.iter().filter(|e| e.kind == ExhibitKind::Register).collect();
        let bodies: BTreeSet<&ControllerId> = registers.iter().filter_map(|e| e.controller.as_ref()).collect();
        // Registers without a body named, or handed over without an exhibit, could be of any body.
        let any = registers.is_empty() || registers.iter().any(|e| e.controller.is_none());
        let all = any || input.controllers.iter().all(|controller| bodies.contains(&controller.id));
        Self { people: input.register_people, test_range: input.nhs_test_range, bodies: (!any).then_some(bodies), all }
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
        match subject.register_match {
            RegisterMatch::Exact => Standing::Known,
            // Without a number a match can be no better than probable: that person must not speak against the claim.
            RegisterMatch::Probable if !has_number => Standing::Known,
            // With one, something that goes with the number is missing: not proved, and no stranger either.
            RegisterMatch::Probable => Standing::NotTestable,
            RegisterMatch::None => Standing::Unknown,
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

#[derive(Default)]
struct Tally {
    known: u64,
    unknown: u64,
    test_range: u64,
    not_testable: u64,
}

pub(super) fn grade(input: &VerifyInput<'_>, held: &Held<'_>) -> Grade {
    let mut tally = Tally::default();
    for subject in &held.people {
        match held.reach.standing(subject) {
            Standing::Known => tally.known += 1,
            Standing::Unknown => tally.unknown += 1,
            Standing::TestRange => tally.test_range += 1,
            Standing::NotTestable => tally.not_testable += 1,
        }
    }
    let tested = tally.known + tally.unknown + tally.test_range;
    let Some(raw) = wilson(tally.known, tested).filter(|_| input.register_people > 0 || tally.test_range > 0) else {
        return Grade::untested(match () {
            () if held.people.is_empty() => "no person is found in the items held",
            () if input.register_people == 0 => "no register of people is at hand",
            () => "none of the people found could be known to a register at hand",
        });
    };
    let share = less(raw, input.estimate.decoy_rate);
    let footing = Footing::over(held, tested, if input.register_people > 0 { Level::Good } else { Level::Fair });
    let grade = match side(share) {
        Side::Most => Grade::supported(Strength::of_share(share), Ceiling::PEOPLE, footing),
        // Who took a proof pack's screenshots chose them: it speaks for no other people.
        Side::Few if !held.proof_only => Grade::contradicted(Strength::of_share(share), Ceiling::PEOPLE, footing),
        Side::Few | Side::Open => Grade::undetermined(UndeterminedReason::Insufficient, footing),
    };
    weigh(grade.share(Some(share)), input, held, &tally)
}

fn weigh(mut grade: Grade, input: &VerifyInput<'_>, held: &Held<'_>, tally: &Tally) -> Grade {
    let tested = tally.known + tally.unknown + tally.test_range;
    let basis = held.basis("subjects.register_matched, subjects.decoy_rate");
    if tally.known > 0 {
        let text =
            format!("{} of {} people whom a register could know are in one.", grouped(tally.known), grouped(tested));
        grade = grade.pros([evidence(text, basis.clone())]);
        let text = format!(
            "By chance a decoy register matched {}; that rate is taken off the share.",
            percent(input.estimate.decoy_rate.clamp(0.0, 1.0))
        );
        grade = grade.pros([evidence(text, basis.clone())]);
    }
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
