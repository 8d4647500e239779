//! Do the items come from systems of the bodies concerned? By what the items themselves show of where they were made.
//!
//! A register match alone never proves origin: people known to a register are known to many systems. And a forger can copy a
//! letterhead, so a sign counts only where the people in the item, if a register could know them, are not all strangers to it.
//! Comparison with a listing of the server would prove more; it is not made here.

use std::collections::BTreeMap;

use assay_model::{ExhibitKind, HintBasis, ItemCategory, UndeterminedReason};

use super::VerifyInput;
use super::held::{Held, HeldItem};
use super::shares::{Side, counted, evidence, grouped, side, wilson};
use super::yardstick::{Ceiling, Footing, Grade, Level, Strength};

/// What an item says of its origin.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Says {
    /// Bears a sign of a body's system, and its people are not strangers to it.
    Ours,
    /// A register could know its people and knows none of them.
    Strange,
    /// Neither.
    Silent,
}

pub(super) fn grade(input: &VerifyInput<'_>, held: &Held<'_>) -> Grade {
    let should: Vec<&HeldItem<'_>> = held.readable().filter(|item| should_show(item)).collect();
    let says = |what| should.iter().filter(|item| says(item) == what).count() as u64;
    let (ours, strange, silent) = (says(Says::Ours), says(Says::Strange), says(Says::Silent));
    let tested = should.len() as u64;
    let Some(share) = wilson(ours, tested) else {
        let nothing_held = held.items.is_empty();
        let footing = Footing::over(held, 0, Level::Fair);
        return if nothing_held {
            Grade::nothing_held()
        } else {
            Grade::undetermined(UndeterminedReason::Insufficient, footing)
        };
    };
    let footing = Footing::over(held, tested, Level::Fair);
    let strangers = wilson(strange, tested).is_some_and(|s| side(s) == Side::Most);
    let grade = match side(share) {
        Side::Most => Grade::supported(Strength::of_share(share), Ceiling::ORIGIN, footing).share(Some(share)),
        Side::Few if strangers && !held.proof_only => {
            Grade::contradicted(Strength::of_share(share), Ceiling::ORIGIN, footing).share(Some(share))
        }
        // Items that show nothing are no evidence against: no share is given where silence makes it small.
        Side::Few => Grade::undetermined(reason(ours, strange), footing),
        Side::Open => Grade::undetermined(reason(ours, strange), footing).share(Some(share)),
    };
    weigh(grade, input, held, &should, (ours, strange, silent))
}

fn reason(ours: u64, strange: u64) -> UndeterminedReason {
    if ours > 0 && strange > ours { UndeterminedReason::Conflicting } else { UndeterminedReason::Insufficient }
}

/// Records of a body bear its signs; a policy or a picture need not, and an archive is judged by its members.
fn should_show(item: &HeldItem<'_>) -> bool {
    item.content.category != ItemCategory::Other || item.known + item.unknown > 0
}

fn says(item: &HeldItem<'_>) -> Says {
    let sign = item.content.controller_hints.iter().any(|hint| is_strong(hint.basis));
    match (sign, item.known, item.unknown) {
        (_, 0, unknown) if unknown > 0 => Says::Strange,
        (true, ..) => Says::Ours,
        _ => Says::Silent,
    }
}

/// A mail address in a body's domain stands in letters to it too.
fn is_strong(basis: HintBasis) -> bool {
    match basis {
        HintBasis::Path | HintBasis::Letterhead | HintBasis::OdsCode | HintBasis::HospitalNumber => true,
        HintBasis::Domain => false,
    }
}

fn weigh(
    mut grade: Grade,
    input: &VerifyInput<'_>,
    held: &Held<'_>,
    should: &[&HeldItem<'_>],
    (ours, strange, silent): (u64, u64, u64),
) -> Grade {
    let basis = held.basis("export items");
    let of = counted(should.len() as u64, "readable item", "readable items");
    if ours > 0 {
        let mut by_basis: BTreeMap<HintBasis, u64> = BTreeMap::new();
        for item in should.iter().filter(|item| says(item) == Says::Ours) {
            let mut bases: Vec<HintBasis> = item.content.controller_hints.iter().map(|hint| hint.basis).collect();
            bases.sort_unstable();
            bases.dedup();
            for basis in bases.into_iter().filter(|basis| is_strong(*basis)) {
                *by_basis.entry(basis).or_default() += 1;
            }
        }
        let signs: Vec<String> =
            by_basis.iter().map(|(basis, items)| format!("{} {}", basis.as_str(), grouped(*items))).collect();
        let text = format!(
            "{} of {of} with records bear a sign of a system of one of the bodies ({}).",
            grouped(ours),
            signs.join(", ")
        );
        grade = grade.pros([evidence(text, basis.clone())]);
    }
    if strange > 0 {
        let text = format!(
            "{} of {of} with records name only people who should be in a register at hand and are not.",
            grouped(strange)
        );
        grade = grade.cons([evidence(text, held.basis("subjects.register_matched, export items"))]);
    }
    if silent > 0 {
        let text = format!("{} of {of} with records show no sign of where they were made.", grouped(silent));
        grade = grade.cons([evidence(text, basis)]);
    }
    for inventory in input.exhibits.iter().filter(|exhibit| exhibit.kind == ExhibitKind::Inventory) {
        let text = "A listing of the body's own servers is sealed, and the items have not been compared with it.";
        grade = grade.cons([evidence(text, inventory.id.as_str())]);
    }
    grade
}
