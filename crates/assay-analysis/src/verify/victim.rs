//! Is it the named body's data? By the controllers that the items' origin decided, person by person.
//!
//! The wrong body is the commonest flaw of a claim that is otherwise true, so a small share on an exhibit that is not complete
//! stays open, and the evidence says whose data it mostly is. Registers make candidates only and are not asked here.

use std::collections::BTreeMap;

use assay_model::{AgeBand, Controller, ControllerId, DataSubject, Evidence, UndeterminedReason};

use super::VerifyInput;
use super::held::Held;
use super::people::Standing;
use super::shares::{Side, counted, evidence, grouped, side, wilson};
use super::yardstick::{Ceiling, Footing, Grade, Level, Strength};
use crate::claims::{VictimMatch, resolve_name};
use crate::reference::fold;

pub(super) fn grade(input: &VerifyInput<'_>, held: &Held<'_>, named: &str) -> Grade {
    let owners = Owners::new(held);
    match resolve_name(named, input.controllers) {
        VictimMatch::Named(id) => named_body(input, held, &owners, &id),
        VictimMatch::Candidates(ids) => {
            let footing = Footing::over(held, owners.decided, Level::Poor);
            let names: Vec<&str> = ids.iter().map(|id| name_of(input, id)).collect();
            let text = format!("The claim's words may name {}: which is for a person to say.", names.join(" or "));
            Grade::undetermined(UndeterminedReason::Insufficient, footing)
                .cons([evidence(text, "claim; controllers of the case")])
                .pros(ids.iter().filter_map(|id| owners.sentence(input, held, id)))
        }
        VictimMatch::Unresolved if names_nobody(named) => {
            Grade::undetermined(UndeterminedReason::Untestable, Footing::NONE)
        }
        VictimMatch::Unresolved => {
            let missing = "the body named is none of the case's controllers by name, alias or domain";
            Grade::untested(missing).cons(owners.others(input, held, None))
        }
    }
}

/// Masked, or empty.
fn names_nobody(named: &str) -> bool {
    named.matches('*').count() * 3 > named.chars().count() || !named.chars().any(char::is_alphanumeric)
}

fn named_body(input: &VerifyInput<'_>, held: &Held<'_>, owners: &Owners<'_>, id: &ControllerId) -> Grade {
    let theirs = owners.of(id);
    let Some(share) = wilson(theirs, owners.decided) else {
        return if held.items.is_empty() {
            Grade::nothing_held()
        } else {
            Grade::undetermined(UndeterminedReason::Insufficient, Footing::over(held, 0, Level::Fair))
        };
    };
    let anyone_known = held.people.iter().any(|s| held.reach.standing(s) == Standing::Known);
    let (rigour, ceiling) =
        if anyone_known { (Level::Good, Ceiling::VICTIM) } else { (Level::Fair, Ceiling::VICTIM_BY_LOOKS) };
    let footing = Footing::over(held, owners.decided, rigour);
    let grade = match side(share) {
        Side::Most => Grade::supported(Strength::of_share(share), ceiling, footing),
        Side::Few if held.decides_share() => Grade::contradicted(Strength::of_share(share), ceiling, footing),
        Side::Few | Side::Open if theirs > 0 => Grade::undetermined(UndeterminedReason::Conflicting, footing),
        Side::Few | Side::Open => Grade::undetermined(UndeterminedReason::Insufficient, footing),
    };
    grade
        .share(Some(share))
        .pros(owners.sentence(input, held, id))
        .cons(owners.others(input, held, Some(id)))
        .cons(owners.stranger_sentence(held))
        .cons(children(input, held, id))
        .cons(host(input, id))
}

/// Whoever runs the gateway for others is named first and need not be whose data it is.
fn host(input: &VerifyInput<'_>, id: &ControllerId) -> Option<Evidence> {
    let served: Vec<&str> = input
        .relationships
        .iter()
        .filter(|r| &r.processor == id && &r.controller != id)
        .map(|r| name_of(input, &r.controller))
        .collect();
    (!served.is_empty()).then(|| {
        let text = format!(
            "The body named acts for others ({}): being entered there makes it the way in, not the body whose data it is.",
            served.join(", ")
        );
        evidence(text, "relationships of the case")
    })
}

/// How many people, or, where no person has a decided controller, items, are whose.
///
/// A person who should be in a register at hand and is not is no body's: forged letterheads would make them the named body's.
struct Owners<'a> {
    decided: u64,
    by: BTreeMap<&'a ControllerId, u64>,
    strangers: u64,
    by_people: bool,
}

impl<'a> Owners<'a> {
    fn new(held: &Held<'a>) -> Self {
        let with_body = || held.people.iter().filter(|subject| !subject.controllers.is_empty());
        let strangers = with_body().filter(|subject| held.is_stranger(subject)).count() as u64;
        let owned = with_body().filter(|subject| !held.is_stranger(subject));
        let (decided, by) = tally(owned.map(|subject| subject.controllers.iter().collect::<Vec<_>>()));
        if decided + strangers > 0 {
            return Self { decided: decided + strangers, by, strangers, by_people: true };
        }
        let items =
            held.readable().map(|item| item.content.controller_hints.iter().map(|hint| &hint.controller).collect());
        let (decided, by) = tally(items);
        Self { decided, by, strangers: 0, by_people: false }
    }

    fn of(&self, id: &ControllerId) -> u64 {
        self.by.get(id).copied().unwrap_or(0)
    }

    fn unit(&self) -> &'static str {
        if self.by_people { "people whose controller is decided" } else { "items that show whose they are" }
    }

    fn basis(&self, held: &Held<'_>) -> String {
        held.basis(if self.by_people { "subjects.by_controller" } else { "export items" })
    }

    fn sentence(&self, input: &VerifyInput<'_>, held: &Held<'_>, id: &ControllerId) -> Option<Evidence> {
        let theirs = self.of(id);
        (theirs > 0).then(|| {
            let text = format!(
                "{} of {} {} are of {}.",
                grouped(theirs),
                grouped(self.decided),
                self.unit(),
                name_of(input, id)
            );
            evidence(text, self.basis(held))
        })
    }

    fn stranger_sentence(&self, held: &Held<'_>) -> Option<Evidence> {
        (self.strangers > 0).then(|| {
            let text = format!(
                "{} of {} {} should be in a register at hand and are not, and are taken for nobody's.",
                grouped(self.strangers),
                grouped(self.decided),
                self.unit()
            );
            evidence(text, held.basis("subjects.register_matched"))
        })
    }

    /// Whose the rest is, the most first.
    fn others(&self, input: &VerifyInput<'_>, held: &Held<'_>, named: Option<&ControllerId>) -> Vec<Evidence> {
        let mut others: Vec<(&ControllerId, u64)> =
            self.by.iter().filter(|(id, _)| Some(**id) != named).map(|(id, n)| (*id, *n)).collect();
        others.sort_by_key(|(id, n)| (std::cmp::Reverse(*n), *id));
        let theirs = named.map_or(0, |id| self.of(id));
        let mut out = Vec::new();
        if let (Some(named), 0, true) = (named, theirs, self.decided > 0) {
            let text = format!("None of {} {} is of {}.", grouped(self.decided), self.unit(), name_of(input, named));
            out.push(evidence(text, self.basis(held)));
        }
        for (rank, (id, n)) in others.iter().enumerate() {
            let mostly = if rank == 0 && *n > theirs && named.is_some() { "Mostly it is another's: " } else { "" };
            let text = format!(
                "{mostly}{} of {} {} are of {}.",
                grouped(*n),
                grouped(self.decided),
                self.unit(),
                name_of(input, id)
            );
            out.push(evidence(text, self.basis(held)));
        }
        out
    }
}

fn tally<'a>(units: impl Iterator<Item = Vec<&'a ControllerId>>) -> (u64, BTreeMap<&'a ControllerId, u64>) {
    let mut by: BTreeMap<&ControllerId, u64> = BTreeMap::new();
    let mut decided = 0;
    for mut controllers in units {
        controllers.sort_unstable();
        controllers.dedup();
        decided += u64::from(!controllers.is_empty());
        for controller in controllers {
            *by.entry(controller).or_default() += 1;
        }
    }
    (decided, by)
}

/// A body for children should have data of children; that most is of adults speaks against it being theirs.
fn children(input: &VerifyInput<'_>, held: &Held<'_>, id: &ControllerId) -> Option<Evidence> {
    let for_children = |c: &&Controller| {
        let name = fold(&c.name);
        &c.id == id && (name.contains("children") || name.contains("paediatric"))
    };
    input.controllers.iter().find(for_children)?;
    let of_age = |band: AgeBand| held.people.iter().filter(|s: &&&DataSubject| s.age == band).count() as u64;
    let (children, adults) = (of_age(AgeBand::Child), of_age(AgeBand::Adult));
    let few = wilson(children, children + adults).is_some_and(|share| side(share) == Side::Few);
    few.then(|| {
        let text = format!(
            "The body named is for children, and {} among {} of known age.",
            counted(children, "child is", "children are"),
            counted(children + adults, "person", "people"),
        );
        evidence(text, held.basis("subjects.children, subjects.adults"))
    })
}

fn name_of<'a>(input: &'a VerifyInput<'_>, id: &'a ControllerId) -> &'a str {
    input.controllers.iter().find(|c| &c.id == id).map_or(id.as_str(), |c| c.name.as_str())
}
