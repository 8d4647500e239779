//! Grades each assertion of a claim against what is held: supported, contradicted or undetermined, with the evidence each
//! way in sentences that carry figures and no personal data.
//!
//! Every assertion is graded apart, the incident never. What is held is a lower bound of what was taken: an exhibit that is
//! not complete supports or leaves open, it contradicts nothing about extent (victim, category, volume, years, count,
//! population). A proof pack alone is a floor: its shares support at most, since who took the screenshots chose them. The
//! likelihood of an assertion ([`phia`]) and the confidence in that grade are apart and never in one sentence.
//!
//! Not here yet: comparison with a server's listing, near-duplicates of prior leaks, canaries, signs of generated data
//! other than numbers of the test range.

use assay_model::{
    Assertion, AssertionKind, CaseInfo, Controller, DataSubject, Estimate, Exhibit, GatewayAssessment, Item, Mention,
    NhsTestRange, UrgentRecord, Verdict,
};

use crate::harm::{self, HarmInput};

pub use yardstick::phia;

mod extent;
mod fresh;
mod held;
mod origin;
mod people;
mod population;
mod shares;
mod stated;
mod vector;
mod victim;
mod yardstick;

use held::Held;

/// What a verdict rests on: the whole of the case as analysis has it.
#[derive(Clone, Copy, Debug)]
pub struct VerifyInput<'a> {
    /// The case.
    pub case: &'a CaseInfo,
    /// What numbers from the 999 range mean.
    pub nhs_test_range: NhsTestRange,
    /// The controllers.
    pub controllers: &'a [Controller],
    /// All exhibits, registers and claims among them.
    pub exhibits: &'a [Exhibit],
    /// Items of exhibits that hold leaked data: leaks, proof packs, prior leaks.
    pub items: &'a [Item],
    /// Mentions in those items.
    pub mentions: &'a [Mention],
    /// People, those who count and those who do not.
    pub subjects: &'a [DataSubject],
    /// How many.
    pub estimate: &'a Estimate,
    /// People in the registers; zero where there is none.
    pub register_people: u64,
    /// What to grade.
    pub assertions: &'a [Assertion],
    /// The gateway; none where the case has no gateway evidence.
    pub gateway: Option<&'a GatewayAssessment>,
}

/// One verdict an assertion, in their order.
pub fn verify(input: &VerifyInput<'_>) -> Vec<Verdict> {
    let held = Held::new(input);
    input.assertions.iter().map(|assertion| grade(input, &held, assertion).of(assertion)).collect()
}

/// What a person should see before any verdict: the records that harm first, most urgent class first ([`crate::harm`]).
pub fn urgent(input: &HarmInput<'_>) -> Vec<UrgentRecord> {
    harm::urgent(input)
}

fn grade(input: &VerifyInput<'_>, held: &Held<'_>, assertion: &Assertion) -> yardstick::Grade {
    match &assertion.kind {
        AssertionKind::People => people::grade(input, held),
        AssertionKind::Origin => origin::grade(input, held),
        AssertionKind::Fresh => fresh::grade(input, held),
        AssertionKind::Victim { named } => victim::grade(input, held, named),
        AssertionKind::Category { words, category } => stated::category(input, held, words, *category),
        AssertionKind::Years { from, to } => stated::years(input, held, assertion, *from, *to),
        AssertionKind::Volume { bytes, words } => extent::volume(held, *bytes, words),
        AssertionKind::Count { number, of } => extent::count(input, held, *number, of),
        AssertionKind::Population { words } => population::grade(input, held, assertion, words),
        AssertionKind::Vector { words } => vector::grade(input, words),
    }
}

#[cfg(test)]
mod tests;
