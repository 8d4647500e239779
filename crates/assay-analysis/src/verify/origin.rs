//! Do the items come from systems of the bodies concerned? By a body's own listing of its server, by what it planted there to be found
//! again, and by what the items themselves show of where they were made.
//!
//! A register match alone never proves origin: people known to a register are known to many systems. A listing with hashes does, one with
//! sizes nearly, a canary does for its body. Without them there are signs, which a forger can copy, so that a sign counts only where
//! the people in the item, if a register could know them, are not all strangers to it. What a complete listing should have and has not
//! speaks against: the file was made later, or was never there.

use std::collections::BTreeMap;

use assay_model::{ControllerId, Evidence, HintBasis, ItemCategory, Share, UndeterminedReason};

use super::VerifyInput;
use super::canary;
use super::held::{Held, HeldItem};
use super::inventory::{self, Compared};
use super::shares::{Side, counted, evidence, grouped, percent, side, wilson};
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
    if held.items.is_empty() {
        return Grade::nothing_held();
    }
    let compared = inventory::compare(input, held);
    let canaries = canaries_found(input, held);
    let should: Vec<&HeldItem<'_>> = held.readable().filter(|item| should_show(item)).collect();
    let says = |what| should.iter().filter(|item| says(item) == what).count() as u64;
    let (ours, strange, silent) = (says(Says::Ours), says(Says::Strange), says(Says::Silent));
    let grade = decide(held, &compared, &canaries, (ours, strange, should.len() as u64));
    weigh(grade, held, &should, (ours, strange, silent))
        .pros(canary_sentence(input, held, &canaries))
        .pros(listed_sentence(held, &compared))
        .pros(server_sentence(&compared))
        .pros(posted_sentence(held, &compared))
        .cons(unlisted_sentence(held, &compared))
}

/// The strongest test at hand decides: listing, canary, signs.
fn decide(
    held: &Held<'_>,
    compared: &Compared,
    canaries: &BTreeMap<&ControllerId, u64>,
    (ours, strange, tested): (u64, u64, u64),
) -> Grade {
    let listed = compared.share();
    let by_listing = Footing::over(held, compared.files, if compared.hashed { Level::Good } else { Level::Fair });
    let ceiling = if compared.hashed { Ceiling::ORIGIN_HASHED } else { Ceiling::ORIGIN_LISTED };
    if let Some(share) = listed.filter(|share| side(*share) == Side::Most) {
        return Grade::supported(Strength::of_share(share), ceiling, by_listing).share(Some(share));
    }
    let signs = wilson(ours, tested);
    let strangers = wilson(strange, tested).is_some_and(|s| side(s) == Side::Most);
    if !canaries.is_empty() && !strangers {
        let footing = Footing::over(held, tested, Level::Fair);
        return Grade::supported(Strength::Clear, Ceiling::ORIGIN_LISTED, footing).share(listed.or(signs));
    }
    // A complete listing of the very folders has hardly any of it: of paths, an invention, or all of it is newer than the listing.
    let missing =
        compared.in_scope_share().filter(|share| compared.complete && compared.in_scope >= ENOUGH && share.high < 0.5);
    if let Some(share) = missing.filter(|_| !held.proof_only && canaries.is_empty()) {
        let strength = if strangers { Strength::of_share(share) } else { Strength::Bare };
        return Grade::contradicted(strength, Ceiling::ORIGIN, by_listing).share(Some(share));
    }
    let footing = Footing::over(held, tested, Level::Fair);
    let Some(share) = signs else { return Grade::undetermined(UndeterminedReason::Insufficient, footing) };
    by_signs(held, share, strangers, reason(ours, strange), footing)
}

/// Files of a listing's own folders from which on their absence says something.
const ENOUGH: u64 = 10;

fn by_signs(held: &Held<'_>, share: Share, strangers: bool, open: UndeterminedReason, footing: Footing) -> Grade {
    match side(share) {
        Side::Most => Grade::supported(Strength::of_share(share), Ceiling::ORIGIN, footing).share(Some(share)),
        Side::Few if strangers && !held.proof_only => {
            Grade::contradicted(Strength::of_share(share), Ceiling::ORIGIN, footing).share(Some(share))
        }
        // Items that show nothing are no evidence against: no share is given where silence makes it small.
        Side::Few => Grade::undetermined(open, footing),
        Side::Open => Grade::undetermined(open, footing).share(Some(share)),
    }
}

/// Items with a canary, by the body that planted it.
fn canaries_found<'a>(input: &VerifyInput<'a>, held: &'a Held<'_>) -> BTreeMap<&'a ControllerId, u64> {
    let mut found: BTreeMap<&ControllerId, u64> = BTreeMap::new();
    for body in held.items.iter().filter_map(|item| canary::body_of(input.canaries, item)) {
        *found.entry(body).or_default() += 1;
    }
    found
}

fn canary_sentence(input: &VerifyInput<'_>, held: &Held<'_>, found: &BTreeMap<&ControllerId, u64>) -> Vec<Evidence> {
    let name =
        |id: &ControllerId| input.controllers.iter().find(|c| &c.id == id).map_or(id.to_string(), |c| c.name.clone());
    let one = |(body, items): (&&ControllerId, &u64)| {
        let text = format!(
            "{} a canary that {} planted, which lies nowhere else.",
            counted(*items, "item is or holds", "items are or hold"),
            name(body)
        );
        evidence(text, held.basis("export items; canaries of the case"))
    };
    found.iter().map(one).collect()
}

fn listed_sentence(held: &Held<'_>, compared: &Compared) -> Option<Evidence> {
    let found = compared.by_hash + compared.by_path;
    (found > 0).then(|| {
        let mut how = Vec::new();
        if compared.by_hash > 0 {
            how.push(format!("{} by hash", grouped(compared.by_hash)));
        }
        if compared.by_path > 0 {
            let chance = percent(compared.chance);
            how.push(format!(
                "{} by the end of the path and size, which agree by chance in {chance}",
                grouped(compared.by_path)
            ));
        }
        let text = format!(
            "{} of {} stand in the body's own listing: {}.",
            grouped(found),
            counted(compared.files, "file held", "files held"),
            how.join(", ")
        );
        evidence(text, format!("{}, {}; export items", held.names(), compared.names()))
    })
}

fn server_sentence(compared: &Compared) -> Option<Evidence> {
    (compared.taken > 0).then(|| {
        let share = compared.taken as f64 / compared.listed.max(1) as f64;
        let text = format!(
            "What is held is {} of the {} that the listing has, from {} of its {} folders.",
            percent(share),
            counted(compared.listed, "file", "files"),
            grouped(compared.folders.0),
            grouped(compared.folders.1)
        );
        evidence(text, compared.names())
    })
}

fn posted_sentence(held: &Held<'_>, compared: &Compared) -> Option<Evidence> {
    let (posted, known) = compared.posted;
    (posted > 0).then(|| {
        let text = format!(
            "{} of {} that the gang lists stand in the body's own listing by the end of their paths: whoever made that list had seen \
             the server, or another list of it.",
            grouped(known),
            counted(posted, "file", "files")
        );
        evidence(text, format!("{}, {}", held.names(), compared.names()))
    })
}

fn unlisted_sentence(held: &Held<'_>, compared: &Compared) -> Option<Evidence> {
    let found = compared.by_hash + compared.by_path;
    (compared.listed > 0 && compared.files > found).then(|| {
        let whose = if compared.in_scope > 0 {
            format!(
                "; of {} whose path begins as the listing's do, {} are not in it",
                grouped(compared.in_scope),
                grouped(compared.in_scope - compared.in_scope_found)
            )
        } else {
            String::new()
        };
        let text = format!(
            "{} of {} are not in the body's own listing{whose}.",
            grouped(compared.files - found),
            counted(compared.files, "file held", "files held")
        );
        evidence(text, format!("{}, {}; export items", held.names(), compared.names()))
    })
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
        HintBasis::Canary
        | HintBasis::Path
        | HintBasis::Letterhead
        | HintBasis::OdsCode
        | HintBasis::HospitalNumber => true,
        HintBasis::Domain => false,
    }
}

fn weigh(
    mut grade: Grade,
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
    grade
}
