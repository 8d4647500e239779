//! Are records of the categories claimed there, and of the years claimed?
//!
//! One stray file makes no category and one stray date no year: a table, which holds many records, counts for more than a
//! letter. What is not found is missing only from what could be read of an exhibit that is complete.

use std::collections::{BTreeMap, BTreeSet};

use assay_model::{Assertion, AssertionKind, Element, ItemCategory, UndeterminedReason};

use super::VerifyInput;
use super::held::{Held, HeldItem};
use super::shares::{counted, evidence, grouped};
use super::yardstick::{Ceiling, Footing, Grade, Level, Strength};
use crate::claims::rules::ClaimRules;

/// Weight (letters, tables times three) from which on a thing is there, whatever the size of the whole.
const THERE: u64 = 3;

pub(super) fn category(input: &VerifyInput<'_>, held: &Held<'_>, words: &str, category: ItemCategory) -> Grade {
    if category == ItemCategory::Other {
        return match ClaimRules::shipped().element_of(words) {
            Some(element) => by_element(input, held, element),
            None => Grade::undetermined(UndeterminedReason::Untestable, Footing::NONE),
        };
    }
    if held.items.is_empty() {
        return Grade::nothing_held();
    }
    let readable = held.readable().count() as u64;
    let (forged, mine): (Vec<&HeldItem<'_>>, Vec<_>) =
        held.readable().filter(|item| item.content.category == category).partition(|item| item.is_of_strangers());
    let weight: u64 = mine.iter().map(|item| item.weight()).sum();
    let footing = Footing::over(held, readable, Level::Fair);
    let what = category.as_str();
    let basis = held.basis("export items");
    let strange = strangers(&forged, held, what);
    // What looks like a record of people whom no register knows is no proof of records, and no proof that there are none. Where more
    // is so than is known, what shows nobody is of the same make.
    let known = mine.iter().filter(|item| item.known > 0).map(|item| item.weight()).sum::<u64>();
    let made_up = forged.iter().map(|item| item.weight()).sum::<u64>();
    if made_up >= THERE && made_up > known {
        return Grade::undetermined(UndeterminedReason::Conflicting, footing).cons(strange);
    }
    let one_in_a_hundred = !mine.is_empty() && mine.len() as u64 * 100 >= readable;
    if weight >= THERE || one_in_a_hundred {
        let people: u64 = mine.iter().map(|item| item.people).sum();
        let strength = match mine.len() as u64 {
            n if n >= 30 || people >= 300 => Strength::Overwhelming,
            n if n >= 10 || people >= 30 => Strength::Clear,
            _ => Strength::Bare,
        };
        let text = format!(
            "{} of {} of the category {what}.",
            grouped(mine.len() as u64),
            counted(readable, "readable item is", "readable items are")
        );
        return Grade::supported(strength, Ceiling::CATEGORY, footing).pros([evidence(text, basis)]).cons(strange);
    }
    let found = mine.len() as u64;
    if found > 0 {
        let text = format!(
            "{} of {} of the category {what}, too few to tell from a misfiled one.",
            grouped(found),
            counted(readable, "readable item is", "readable items are")
        );
        return Grade::undetermined(UndeterminedReason::Insufficient, footing).pros([evidence(text, basis)]);
    }
    let text = format!("None of {} is of the category {what}.", counted(readable, "readable item", "readable items"));
    absent(held, footing, readable).cons([evidence(text, basis)]).cons(unread(held))
}

fn strangers(forged: &[&HeldItem<'_>], held: &Held<'_>, what: &str) -> Option<assay_model::Evidence> {
    let items = forged.len() as u64;
    (items > 0).then(|| {
        let text = format!(
            "{} of the category {what} by the look of it and name only people who should be in a register at hand and are not.",
            counted(items, "item is", "items are")
        );
        evidence(text, held.basis("export items, subjects.register_matched"))
    })
}

/// Contradicted where what was not found is not there.
fn absent(held: &Held<'_>, footing: Footing, tested: u64) -> Grade {
    if held.decides_absence() && tested > 0 {
        Grade::contradicted(Strength::Clear, Ceiling::CATEGORY, footing)
    } else {
        Grade::undetermined(UndeterminedReason::Insufficient, footing)
    }
}

fn unread(held: &Held<'_>) -> Option<assay_model::Evidence> {
    let total = held.items.len() as u64;
    let unread = held.unread();
    (unread > 0).then(|| {
        let text = format!("{} of {} could not be read.", grouped(unread), counted(total, "item", "items"));
        evidence(text, held.basis("items.unread"))
    })
}

/// Passports and the like: no category of item answers to them, findings do.
fn by_element(input: &VerifyInput<'_>, held: &Held<'_>, element: Element) -> Grade {
    if held.items.is_empty() {
        return Grade::nothing_held();
    }
    let here = input.mentions.iter().filter(|mention| held.exhibits.contains(&mention.locator.exhibit));
    let found = here.filter(|m| m.findings.iter().any(|finding| finding.element == element)).count() as u64;
    let readable = held.readable().count() as u64;
    let footing = Footing::over(held, readable, Level::Fair);
    let what = element.as_str();
    let basis = held.basis("subjects.by_element, export mentions");
    if found >= THERE {
        let strength = if found >= 30 { Strength::Clear } else { Strength::Bare };
        let text = format!("{} a {what}.", counted(found, "record has", "records have"));
        return Grade::supported(strength, Ceiling::CATEGORY, footing).pros([evidence(text, basis)]);
    }
    if found > 0 {
        let text =
            format!("{} a {what}, too few to tell from a chance form.", counted(found, "record has", "records have"));
        return Grade::undetermined(UndeterminedReason::Insufficient, footing).pros([evidence(text, basis)]);
    }
    // Identity documents lie in leaks as pictures; with none read as text, absence decides nothing.
    let text = format!("No record read has a {what}; documents that are pictures are not read for it.");
    Grade::undetermined(UndeterminedReason::Insufficient, footing).cons([evidence(text, basis)])
}

pub(super) fn years(input: &VerifyInput<'_>, held: &Held<'_>, assertion: &Assertion, from: i16, to: i16) -> Grade {
    if held.items.is_empty() {
        return Grade::nothing_held();
    }
    let dated = dated_items(input, held, assertion);
    let per_year = weight_per_year(&dated);
    let tested = dated.len() as u64;
    let footing = Footing::over(held, tested, Level::Fair);
    // In a large leak a year needs more than one letter: dates in a record may be of other things than the record.
    let needed = match tested {
        n if n < 100 => 1,
        n if n < 200 => 2,
        _ => THERE,
    };
    let has = |year: i16| per_year.get(&year).is_some_and(|weight| *weight >= needed);
    let covered: BTreeSet<i16> = (from..=to).filter(|year| has(*year)).collect();
    let claimed = (i64::from(to) - i64::from(from) + 1).max(1);
    // Each end within a year, but a span of one year must itself be there.
    let near = |end: i16, inward: i16| has(end) || (claimed > 2 && has(end.saturating_add(inward)));
    let ends = near(from, 1) && near(to, -1);
    let most = covered.len() as i64 * 2 > claimed;
    let basis = held.basis("export items");
    let listed: Vec<String> =
        covered.iter().map(|year| format!("{year} ({})", grouped(per_year.get(year).copied().unwrap_or(0)))).collect();
    let seen = (!covered.is_empty()).then(|| {
        let text = format!(
            "{} of the {claimed} years claimed are covered by dates in {}: {} (tables count three times).",
            covered.len(),
            counted(tested, "item", "items"),
            listed.join(", ")
        );
        evidence(text, basis.clone())
    });
    let missing: Vec<String> = (from..=to).filter(|year| !has(*year)).map(|year| year.to_string()).collect();
    let gap = (!missing.is_empty()).then(|| {
        let text = match tested {
            0 => "No item of the categories claimed bears a date of its own.".to_owned(),
            n => format!("Dates in {} do not reach {}.", counted(n, "item", "items"), abridged(&missing)),
        };
        evidence(text, basis)
    });
    let grade = if ends && most {
        let strength = if missing.is_empty() { Strength::Clear } else { Strength::Bare };
        Grade::supported(strength, Ceiling::YEARS, footing)
    } else if held.decides_absence() && tested >= 10 && !ends {
        let strength = if most { Strength::Bare } else { Strength::Clear };
        Grade::contradicted(strength, Ceiling::YEARS, footing)
    } else {
        Grade::undetermined(UndeterminedReason::Insufficient, footing)
    };
    grade.pros(seen).cons(gap)
}

/// Readable items with dates, of the categories that the same claim names; of all where it names none.
fn dated_items<'h, 'a>(input: &VerifyInput<'a>, held: &'h Held<'a>, assertion: &Assertion) -> Vec<&'h HeldItem<'a>> {
    let named: BTreeSet<ItemCategory> = input
        .assertions
        .iter()
        .filter(|other| other.claim == assertion.claim)
        .filter_map(|other| match other.kind {
            AssertionKind::Category { category, .. } if category != ItemCategory::Other => Some(category),
            _ => None,
        })
        .collect();
    held.readable()
        .filter(|item| !item.is_of_strangers())
        .filter(|item| named.is_empty() || named.contains(&item.content.category))
        .filter(|item| item.content.oldest.is_some() || item.content.newest.is_some())
        .collect()
}

fn weight_per_year(items: &[&HeldItem<'_>]) -> BTreeMap<i16, u64> {
    /// A longer span is a wrong date (a form's revision of 1902), and only its ends are taken.
    const LONGEST: i16 = 30;
    let mut per_year: BTreeMap<i16, u64> = BTreeMap::new();
    for item in items {
        let (oldest, newest) = (item.content.oldest, item.content.newest);
        let Some(first) = oldest.or(newest).map(|date| date.year()) else { continue };
        let last = newest.or(oldest).map_or(first, |date| date.year());
        let (first, last) = (first.min(last), first.max(last));
        // Between the ends of a table's span each year is likely there; of a letter's only the ends are known.
        let fills = item.weight() > 1 && last.saturating_sub(first) <= LONGEST;
        let years: BTreeSet<i16> = if fills { (first..=last).collect() } else { [first, last].into() };
        for year in years {
            *per_year.entry(year).or_default() += item.weight();
        }
    }
    per_year
}

fn abridged(years: &[String]) -> String {
    match years {
        [first, .., last] if years.len() > 6 => format!("{} years from {first} to {last}", years.len()),
        _ => years.join(", "),
    }
}
