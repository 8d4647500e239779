//! Grades each assertion of a claim against what is held: supported, contradicted or undetermined, with the evidence each
//! way in sentences that carry figures and no personal data.
//!
//! Every assertion is graded apart, the incident never. What is held is a lower bound of what was taken: an exhibit that is
//! not complete supports or leaves open, it contradicts nothing about extent (victim, category, volume, years, count,
//! population). A proof pack alone is a floor: its shares support at most, since who took the screenshots chose them. The
//! likelihood of an assertion ([`phia`]) and the confidence in that grade are apart and never in one sentence.
//!
//! What an item shows of forged people supports nothing that the claim says of records: a category, years and a population need people
//! whom a register at hand, where it should know them, does know.

use assay_model::{
    Assertion, AssertionKind, Canary, CaseInfo, Controller, DataSubject, Estimate, Exhibit, ExhibitId,
    GatewayAssessment, Item, ListedFile, Mention, NhsTestRange, Parties, RegisterPerson, Relationship, UrgentRecord,
    Verdict,
};

use crate::harm::{self, HarmInput};

pub use canary::CanarySearch;
pub use fingerprints::{FingerprintError, Fingerprints, ItemPrint};
pub use listing::{ListedLine, ListingSearch};
pub use yardstick::phia;

mod canary;
mod extent;
mod fingerprints;
mod fresh;
mod held;
mod inventory;
mod listing;
mod origin;
mod parties;
mod people;
mod population;
mod registers;
mod shares;
mod signs;
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
    /// Who acts for whom.
    pub relationships: &'a [Relationship],
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
    /// People in the registers.
    pub register: &'a [RegisterPerson],
    /// People in registers that are at hand as tokens only: resolution has matched them, and their fields cannot be asked here.
    pub token_people: u64,
    /// Files that listings name: the body's own, and what a gang posted.
    pub listed: &'a [ListedFile],
    /// Prior leaks of which only fingerprints are at hand, by exhibit.
    pub prior: &'a [(ExhibitId, Fingerprints)],
    /// What the bodies planted to be found again.
    pub canaries: &'a [Canary],
    /// What to grade.
    pub assertions: &'a [Assertion],
    /// The gateway; none where the case has no gateway evidence.
    pub gateway: Option<&'a GatewayAssessment>,
}

/// What the evidence says of a claim.
pub struct Verified {
    /// One verdict an assertion, in their order.
    pub verdicts: Vec<Verdict>,
    /// Who is named, whose way in it was, whose data it is.
    pub parties: Parties,
}

/// Holds the claim against what is held, which is gone through once.
pub fn verify(input: &VerifyInput<'_>) -> Verified {
    let held = Held::new(input);
    Verified { verdicts: verdicts(input, &held), parties: parties::parties(input, &held) }
}

fn verdicts(input: &VerifyInput<'_>, held: &Held<'_>) -> Vec<Verdict> {
    if input.assertions.is_empty() {
        return Vec::new();
    }
    // Every category rests on both, and either goes through all that is held.
    let grounds = Grounds { people: people::grade(input, held), origin: origin::grade(input, held) };
    input.assertions.iter().map(|assertion| grade(input, held, &grounds, assertion).of(assertion)).collect()
}

/// What a person should see before any verdict: the records that harm first, most urgent class first ([`crate::harm`]).
pub fn urgent(input: &HarmInput<'_>) -> Vec<UrgentRecord> {
    harm::urgent(input)
}

/// What other verdicts rest on.
struct Grounds {
    people: yardstick::Grade,
    origin: yardstick::Grade,
}

fn grade(input: &VerifyInput<'_>, held: &Held<'_>, grounds: &Grounds, assertion: &Assertion) -> yardstick::Grade {
    match &assertion.kind {
        AssertionKind::People => grounds.people.clone(),
        AssertionKind::Origin => grounds.origin.clone(),
        AssertionKind::Fresh => fresh::grade(input, held),
        AssertionKind::Victim { named } => victim::grade(input, held, named),
        AssertionKind::Category { words, category } => {
            let doubt = |what: &str| {
                let text = format!("{what}: papers of somebody's making look like records too.");
                shares::evidence(text, held.basis("export items"))
            };
            stated::category(input, held, words, *category)
                .unless_contradicted(&grounds.people, || doubt("That real people are in it is contradicted"))
                .unless_contradicted(&grounds.origin, || doubt("That it came from the body is contradicted"))
        }
        AssertionKind::Years { from, to } => stated::years(input, held, assertion, *from, *to),
        AssertionKind::Volume { bytes, words } => extent::volume(held, *bytes, words),
        AssertionKind::Count { number, of } => extent::count(input, held, *number, of),
        AssertionKind::Population { words } => population::grade(input, held, assertion, words),
        AssertionKind::Vector { words } => vector::grade(input, words),
    }
}

#[cfg(test)]
mod tests;
