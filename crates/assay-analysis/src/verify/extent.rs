//! Volume and counts: claimed against held.
//!
//! Gangs count packed or unpacked as it suits them, so a size is held against both. What is held is a lower bound of what was
//! taken: too little contradicts only where an exhibit is complete, and not while what could not be unpacked might make up
//! the difference.

use assay_model::{DataSubject, Role, UndeterminedReason};

use super::VerifyInput;
use super::held::Held;
use super::shares::{counted, evidence, grouped, size};
use super::yardstick::{Ceiling, Footing, Grade, Level, Strength};
use crate::claims::rules::{ClaimRules, Counted};

/// A claim within a fifth is met: rounding, and 10^12 against 2^40.
const TOLERANCE: f64 = 0.8;
/// How far what could not be opened may expand: DEFLATE on text and tables seldom passes ten to one, and this is twice that.
const EXPANSION: u64 = 20;

pub(super) fn volume(held: &Held<'_>, claimed: Option<u64>, words: &str) -> Grade {
    let Some(claimed) = claimed else {
        let text = format!("\u{201c}{words}\u{201d} states no size that could be held against a figure.");
        return Grade::undetermined(UndeterminedReason::Untestable, Footing::NONE).cons([evidence(text, "claim")]);
    };
    if held.exhibits.is_empty() {
        return Grade::nothing_held();
    }
    let unpacked = held.unpacked_bytes();
    let larger = held.sealed_bytes.max(unpacked);
    let most = larger.saturating_add(held.unopened_bytes().saturating_mul(EXPANSION));
    let ratio = |bytes: u64| bytes as f64 / claimed.max(1) as f64;
    // Bytes are counted, not sampled: the base does not hang on the number of items.
    let stability = if held.complete { Level::Good } else { Level::Fair };
    let base = if held.proof_only { Level::Poor } else { Level::Good };
    let footing = Footing { base, rigour: Level::Good, stability };
    let text =
        format!("{} claimed; {} held as sealed, {} unpacked.", size(claimed), size(held.sealed_bytes), size(unpacked));
    let figures = evidence(text, held.basis("exhibits.bytes, export items"));
    if ratio(larger) >= TOLERANCE {
        let strength = if ratio(larger) >= 1.0 { Strength::Overwhelming } else { Strength::Clear };
        return Grade::supported(strength, Ceiling::VOLUME, footing).pros([figures]);
    }
    if held.complete && ratio(most) < TOLERANCE {
        let strength = match ratio(most) {
            r if r < 0.25 => Strength::Overwhelming,
            r if r < 0.5 => Strength::Clear,
            _ => Strength::Bare,
        };
        return Grade::contradicted(strength, Ceiling::VOLUME, footing).cons([figures]);
    }
    let open = held.complete.then(|| {
        let text = format!("{} of items could not be opened and may unpack to more.", size(held.unopened_bytes()));
        evidence(text, held.basis("items.unread"))
    });
    Grade::undetermined(UndeterminedReason::Insufficient, footing).cons([figures]).pros(open)
}

/// Held people, records or files, as an interval.
struct Range {
    low: f64,
    high: f64,
    what: &'static str,
    fields: &'static str,
}

pub(super) fn count(input: &VerifyInput<'_>, held: &Held<'_>, claimed: u64, of: &str) -> Grade {
    if held.items.is_empty() {
        return Grade::nothing_held();
    }
    let range = range(input, held, ClaimRules::shipped().counted(of));
    let (low, high, what) = (range.low.round() as u64, range.high.round() as u64, range.what);
    let footing = Footing::over(held, held.people.len() as u64, Level::Good);
    let interval = if low == high { grouped(low) } else { format!("{} to {}", grouped(low), grouped(high)) };
    let text = format!("{} claimed; {interval} {what} in the items held.", counted(claimed, of, of));
    let figures = evidence(text, held.basis(range.fields));
    let line = claimed as f64 * TOLERANCE;
    if range.low >= line {
        let strength = if range.low >= claimed as f64 { Strength::Clear } else { Strength::Bare };
        return Grade::supported(strength, Ceiling::COUNT, footing).pros([figures]);
    }
    // What was not opened may hold people as densely as the rest, expanded.
    let larger = held.sealed_bytes.max(held.unpacked_bytes()).max(1) as f64;
    let most = range.high * (1.0 + held.unopened_bytes().saturating_mul(EXPANSION) as f64 / larger);
    if held.decides_share() && most < line {
        let strength = if most < claimed as f64 * 0.5 { Strength::Clear } else { Strength::Bare };
        return Grade::contradicted(strength, Ceiling::COUNT, footing).cons([figures]);
    }
    Grade::undetermined(UndeterminedReason::Insufficient, footing).cons([figures])
}

fn range(input: &VerifyInput<'_>, held: &Held<'_>, against: Counted) -> Range {
    let exact = |n: u64, what, fields| Range { low: n as f64, high: n as f64, what, fields };
    match against {
        Counted::Files => exact(held.items.len() as u64, "items", "items.total"),
        Counted::Records => {
            let here = input.mentions.iter().filter(|mention| held.exhibits.contains(&mention.locator.exhibit));
            exact(here.count() as u64, "records of people", "export mentions")
        }
        Counted::People => people(input, held, None, "people"),
        Counted::Patients => people(input, held, Some(Role::Patient), "patients"),
        Counted::Staff => people(input, held, Some(Role::Staff), "staff"),
        Counted::Donors => people(input, held, Some(Role::Donor), "donors"),
    }
}

/// The estimate, from its lower end to the ceiling, scaled to the people of these exhibits and, where one is claimed, to the
/// role. The upper end takes people of unknown role for that role; the lower leaves out people who should be in a register at
/// hand and are not, since a generator of names makes any number of them.
fn people(input: &VerifyInput<'_>, held: &Held<'_>, role: Option<Role>, what: &'static str) -> Range {
    let of_all = |n: u64| if held.counted_everywhere == 0 { 0.0 } else { n as f64 / held.counted_everywhere as f64 };
    let is = |subject: &DataSubject| role.is_none_or(|role| subject.role == role);
    let may_be = |subject: &DataSubject| is(subject) || subject.role == Role::Unknown;
    let sure = of_all(held.people.iter().filter(|s| is(s) && !held.is_stranger(s)).count() as u64);
    let possible = of_all(held.people.iter().filter(|s| may_be(s)).count() as u64);
    let estimate = input.estimate;
    let low = estimate.low as f64 * sure;
    let high = estimate.ceiling.max(estimate.high) as f64 * possible;
    Range { low, high: high.max(low), what, fields: "subjects.low, subjects.ceiling, subjects.by_role" }
}
