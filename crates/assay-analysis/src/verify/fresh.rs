//! Was it published before? Against prior leaks, by equality of bytes.
//!
//! People shared with a prior leak do not make data old: patients come back. But new bytes about mostly the same people are
//! what a re-export of old data looks like, so those two together stay conflicting.

use std::collections::BTreeSet;

use assay_model::{DataSubject, ExhibitId, ExhibitKind, ItemStatus, Sha256, UndeterminedReason, UnreadReason};

use super::VerifyInput;
use super::held::{Held, HeldItem};
use super::shares::{Side, evidence, grouped, side, wilson};
use super::yardstick::{Ceiling, Footing, Grade, Level, Strength};

pub(super) fn grade(input: &VerifyInput<'_>, held: &Held<'_>) -> Grade {
    let prior: BTreeSet<&ExhibitId> =
        input.exhibits.iter().filter(|e| e.kind == ExhibitKind::PriorLeak).map(|e| &e.id).collect();
    let old: BTreeSet<Sha256> = input
        .items
        .iter()
        .filter(|item| prior.contains(&item.exhibit) && is_hashed(item.bytes, item.sha256))
        .map(|item| item.sha256)
        .collect();
    // One vote a content: a form copied into a thousand folders says nothing a thousand times.
    let here: BTreeSet<Sha256> = held.items.iter().filter(|item| speaks(item)).map(|item| item.item.sha256).collect();
    if here.is_empty() {
        return Grade::nothing_held();
    }
    if old.is_empty() {
        return Grade::untested("no prior leak is at hand");
    }
    let tested = here.len() as u64;
    let repeated = here.intersection(&old).count() as u64;
    let fresh = tested - repeated;
    let Some(share) = wilson(fresh, tested) else { return Grade::nothing_held() };
    let again = |subject: &&&DataSubject| subject.documents.iter().any(|(exhibit, _)| prior.contains(exhibit));
    let known_people = held.people.iter().filter(again).count() as u64;
    let people = held.people.len() as u64;
    let same_people = wilson(known_people, people).is_some_and(|s| side(s) == Side::Most);

    let footing = Footing::over(held, tested, Level::Fair);
    let mut grade = match side(share) {
        Side::Most if same_people => Grade::undetermined(UndeterminedReason::Conflicting, footing),
        Side::Most => Grade::supported(Strength::of_share(share), Ceiling::FRESH, footing).share(Some(share)),
        Side::Few if !held.proof_only => {
            Grade::contradicted(Strength::of_share(share), Ceiling::FRESH, footing).share(Some(share))
        }
        Side::Few => Grade::undetermined(UndeterminedReason::Insufficient, footing).share(Some(share)),
        Side::Open => Grade::undetermined(UndeterminedReason::Conflicting, footing).share(Some(share)),
    };
    let prior_names = prior.iter().map(|id| id.as_str()).collect::<Vec<_>>().join(", ");
    let basis = format!("{}, {prior_names}; export items", held.names());
    if fresh > 0 {
        let text =
            format!("{} of {} different contents are in no prior leak at hand.", grouped(fresh), grouped(tested));
        grade = grade.pros([evidence(text, basis.clone())]);
    }
    if repeated > 0 {
        let text = format!(
            "{} of {} different contents are byte for byte in a prior leak.",
            grouped(repeated),
            grouped(tested)
        );
        grade = grade.cons([evidence(text, basis.clone())]);
    }
    if known_people > 0 {
        let text = format!("{} of {} people are in a prior leak too.", grouped(known_people), grouped(people));
        grade = grade.cons([evidence(text, format!("{}, {prior_names}; export subjects", held.names()))]);
    }
    grade
}

/// Archives are left out: packed anew they differ though nothing in them does.
fn speaks(item: &HeldItem<'_>) -> bool {
    let is_archive = item.has_members && item.people == 0 && {
        let media = item.item.media_type.as_str();
        ["zip", "tar", "gzip", "7z", "rar", "bzip", "xz", "zst", "compressed", "cab", "iso9660"]
            .iter()
            .any(|kind| media.contains(kind))
    };
    let cut_short = matches!(item.item.status, ItemStatus::Unread(UnreadReason::Limit | UnreadReason::Timeout));
    !is_archive && !cut_short && is_hashed(item.item.bytes, item.item.sha256)
}

/// Empty files are alike everywhere, and an item that was not reached has no hash.
fn is_hashed(bytes: u64, sha256: Sha256) -> bool {
    bytes > 0 && sha256 != Sha256::default()
}
