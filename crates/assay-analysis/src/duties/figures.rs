//! The numbers of one controller: whom its duties are about, and how sure that is.

use std::collections::{BTreeMap, BTreeSet};

use assay_model::{
    AgeBand, Completeness, ControllerId, DataSubject, Element, ExhibitId, ExhibitKind, HintBasis, Item, ItemCounts,
    ItemPath, ItemStatus, Part, Role,
};

use super::DutiesInput;
use super::rules::Rules;

pub(super) use crate::words::{counted, grouped as number};

/// What the whole case holds, of whichever body.
pub(super) struct Held<'a> {
    /// People who count and are mentioned in a leak or a proof pack.
    people: Vec<&'a DataSubject>,
    /// People of `people` whose controller is not decided.
    pub(super) undecided: u64,
    /// The items of leaks and proof packs.
    leaked: Vec<&'a Item>,
    /// The same by state.
    pub(super) items: ItemCounts,
    /// Leaks and proof packs.
    pub(super) exhibits: Vec<&'a ExhibitId>,
    /// True where a leak is all that the gang claims to hold.
    pub(super) complete: bool,
}

impl<'a> Held<'a> {
    pub(super) fn new(input: &DutiesInput<'a>) -> Self {
        let leaked = |kind: ExhibitKind| matches!(kind, ExhibitKind::Leak | ExhibitKind::ProofPack);
        let exhibits: Vec<&ExhibitId> = input.exhibits.iter().filter(|e| leaked(e.kind)).map(|e| &e.id).collect();
        let prior: BTreeSet<&ExhibitId> =
            input.exhibits.iter().filter(|e| e.kind == ExhibitKind::PriorLeak).map(|e| &e.id).collect();
        // What was published before is another breach, but where the same bytes lie in this leak too.
        let stand_ins: BTreeSet<(&ExhibitId, &ItemPath)> = input
            .items
            .iter()
            .filter(|item| !prior.contains(&item.exhibit))
            .filter_map(|item| match &item.status {
                ItemStatus::Duplicate(exhibit, path) => Some((exhibit, path)),
                _ => None,
            })
            .collect();
        let leaked_items: Vec<&Item> = input.items.iter().filter(|item| !prior.contains(&item.exhibit)).collect();
        let here =
            |(exhibit, path): &(ExhibitId, ItemPath)| !prior.contains(exhibit) || stand_ins.contains(&(exhibit, path));
        let people: Vec<&DataSubject> =
            input.subjects.iter().filter(|s| s.counts && s.documents.iter().any(here)).collect();
        Self {
            undecided: people.iter().filter(|subject| subject.controllers.is_empty()).count() as u64,
            items: ItemCounts::of(leaked_items.iter().copied(), None),
            leaked: leaked_items,
            complete: input
                .exhibits
                .iter()
                .any(|exhibit| exhibit.kind == ExhibitKind::Leak && exhibit.completeness == Completeness::Complete),
            people,
            exhibits,
        }
    }
}

/// How many there may be beyond those found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Range {
    /// Lower end of the 95 % interval.
    pub(super) low: u64,
    /// Upper end.
    pub(super) high: u64,
    /// The most that it can be among the items held: all but those decided to be other bodies' alone.
    pub(super) most: u64,
}

/// People under one heading.
pub(super) struct Group<'r> {
    pub(super) name: &'r str,
    /// What may follow for them; empty where the heading is no category of data.
    pub(super) consequence: &'r str,
    pub(super) people: u64,
}

/// The numbers of one controller. All but `found`, `deceased` and `elsewhere` are of the living.
pub(super) struct Figures<'r> {
    /// Everybody: the figure of `subjects.by_controller`, less people of earlier leaks.
    pub(super) found: u64,
    /// Known to be dead: outside UK GDPR, inside the duty of confidence.
    pub(super) deceased: u64,
    pub(super) living: u64,
    pub(super) children: u64,
    pub(super) adults: u64,
    pub(super) age_unknown: u64,
    /// Roles that occur, in the order of reports.
    pub(super) roles: Vec<(Role, u64)>,
    /// Elements that occur, by their published names.
    pub(super) elements: BTreeMap<&'static str, u64>,
    /// The regulator's categories that occur, in the order of the rules.
    pub(super) categories: Vec<Group<'r>>,
    /// People for whom a high risk is likely, by rule, and in all.
    pub(super) high_risk: Vec<Group<'r>>,
    pub(super) high_risk_people: u64,
    /// Of these, people without address, mail address or phone in the items read.
    pub(super) without_contact: u64,
    /// Mentions: what a form calls records.
    pub(super) records: u64,
    /// Distinct items that mention them.
    pub(super) documents: u64,
    /// Items from this body's own shares, and how many of these could not be read.
    pub(super) own_items: u64,
    pub(super) own_unread: u64,
    /// In this body's register, but in items of other bodies only.
    pub(super) elsewhere: u64,
    pub(super) range: Range,
}

impl<'r> Figures<'r> {
    pub(super) fn of(input: &DutiesInput<'_>, held: &Held<'_>, id: &ControllerId, rules: &'r Rules) -> Self {
        let own: Vec<&DataSubject> = held.people.iter().copied().filter(|s| s.controllers.contains(id)).collect();
        let living: Vec<&DataSubject> = own.iter().copied().filter(|s| !s.deceased).collect();
        let count = |wanted: &dyn Fn(&DataSubject) -> bool| living.iter().filter(|s| wanted(s)).count() as u64;
        let carries = |subject: &DataSubject, words: &[String]| {
            subject.elements.iter().filter_map(|e| e.published()).any(|word| words.iter().any(|w| w == word))
        };
        let at_risk = |s: &DataSubject| rules.high_risk.iter().any(|rule| rule.meets(s.role, s.age, &s.elements));
        let mut elements: BTreeMap<&'static str, u64> = BTreeMap::new();
        for subject in &living {
            let words: BTreeSet<&'static str> = subject.elements.iter().filter_map(|e| e.published()).collect();
            for word in words {
                *elements.entry(word).or_default() += 1;
            }
        }
        let categories = rules.category.iter().map(|category| Group {
            name: &category.name,
            consequence: &category.consequence,
            people: count(&|s| carries(s, &category.elements)),
        });
        let high_risk = rules.high_risk.iter().map(|rule| Group {
            name: &rule.name,
            consequence: "",
            people: count(&|s| rule.meets(s.role, s.age, &s.elements)),
        });
        // By path only: a letterhead or a domain also stands in what others hold.
        let is_own = |item: &&&Item| {
            item.controller_hints.iter().any(|hint| &hint.controller == id && hint.basis == HintBasis::Path)
        };
        let own_items: Vec<&&Item> = held.leaked.iter().filter(is_own).collect();
        let documents: BTreeSet<&(ExhibitId, ItemPath)> = living.iter().flat_map(|s| &s.documents).collect();
        Self {
            found: own.len() as u64,
            deceased: (own.len() - living.len()) as u64,
            living: living.len() as u64,
            children: count(&|s| s.age == AgeBand::Child),
            adults: count(&|s| s.age == AgeBand::Adult),
            age_unknown: count(&|s| s.age == AgeBand::Unknown),
            roles: Role::ALL.map(|role| (role, count(&|s| s.role == role))).into_iter().filter(|r| r.1 > 0).collect(),
            categories: categories.filter(|group| group.people > 0).collect(),
            high_risk: high_risk.filter(|group| group.people > 0).collect(),
            high_risk_people: count(&at_risk),
            without_contact: count(&|s| at_risk(s) && !reachable(s)),
            records: living.iter().map(|s| s.mentions.len() as u64).sum(),
            documents: documents.len() as u64,
            own_items: own_items.len() as u64,
            own_unread: own_items.iter().filter(|item| matches!(item.status, ItemStatus::Unread(_))).count() as u64,
            elsewhere: held
                .people
                .iter()
                .filter(|s| s.candidates.contains(id) && !s.controllers.contains(id) && !s.controllers.is_empty())
                .count() as u64,
            range: range(input, held, id, own.len() as u64),
            elements,
        }
    }
}

fn reachable(subject: &DataSubject) -> bool {
    [Element::Address, Element::Email, Element::Phone].iter().any(|element| subject.elements.contains(element))
}

/// This body's interval. The most that it can be leaves out only people decided for others alone.
fn range(input: &DutiesInput<'_>, held: &Held<'_>, id: &ControllerId, found: u64) -> Range {
    let of_others =
        held.people.iter().filter(|s| !s.controllers.is_empty() && !s.controllers.contains(id)).count() as u64;
    let expected = input.parts.get(&Part::Controller(id.clone())).copied();
    let (low, high) = expected.map_or((found, found), |expected| (expected.low, expected.high));
    Range { low, high, most: input.estimate.ceiling.saturating_sub(of_others).max(high).max(found) }
}
