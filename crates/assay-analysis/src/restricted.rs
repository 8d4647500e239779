//! Two NHS numbers of one person that must never be seen as one: a new number is given on adoption and on gender reassignment,
//! and the register may keep the old one beside it.
//!
//! The link counts one person once, and that is all that it does. It enters neither the comparison of records nor a cluster, so
//! that no weight, no explanation, no document list and no row of an export can show it. Where both identities stand in the
//! leak, the one under the older number stays as mentions that nobody is said to hold. Every superseded number is taken so, since
//! a register seldom says which of its reasons it was.

use std::collections::{BTreeMap, BTreeSet};

use assay_model::{DataSubject, Element, Mention, MentionId, RegisterMatch, Sensitive, SubjectId};

use crate::resolve::{About, Question, Resolution};

/// What a register knows and nobody may see.
#[derive(Clone, Debug)]
pub struct RestrictedLink {
    /// The number that the person has now.
    pub current: Sensitive<String>,
    /// The number that the person had.
    pub superseded: Sensitive<String>,
}

/// Counts people once who stand in the leak under several numbers of one link: of their identities the current one stays, or the
/// first that the leak knows.
pub fn count_once(resolution: &mut Resolution, links: &[RestrictedLink], mentions: &[Mention]) {
    let numbers: BTreeMap<MentionId, &str> =
        mentions.iter().filter_map(|mention| Some((mention.id, mention.nhs_number()?))).collect();
    let mut of_number: BTreeMap<&str, BTreeSet<usize>> = BTreeMap::new();
    for (place, subject) in resolution.subjects.iter().enumerate().filter(|(_, subject)| subject.counts) {
        for number in subject.mentions.iter().filter_map(|id| numbers.get(id)) {
            of_number.entry(number).or_default().insert(place);
        }
    }
    let mut identities: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for link in links {
        let all = identities.entry(link.current.reveal()).or_insert_with(|| vec![link.current.reveal()]);
        all.push(link.superseded.reveal());
    }
    let mut gone: BTreeSet<usize> = BTreeSet::new();
    for all in identities.values() {
        let places: Vec<usize> = all.iter().filter_map(|number| of_number.get(number)).flatten().copied().collect();
        let Some((stays, others)) = places.split_first() else { continue };
        gone.extend(others.iter().filter(|place| *place != stays));
    }
    let known = |place: &usize| {
        resolution.subjects.get(*place).is_some_and(|subject| subject.register_match != RegisterMatch::None)
    };
    let less = gone.len() as u64;
    let less_known = gone.iter().filter(|place| known(place)).count() as u64;
    let estimate = &mut resolution.estimate;
    for figure in
        [&mut estimate.count, &mut estimate.estimate, &mut estimate.low, &mut estimate.high, &mut estimate.ceiling]
    {
        *figure = figure.saturating_sub(less);
    }
    estimate.floor = estimate.floor.saturating_sub(less_known);
    for part in gone.iter().filter_map(|at| resolution.subjects.get(*at)).flat_map(DataSubject::parts) {
        let Some(of) = resolution.parts.get_mut(&part) else { continue };
        for figure in [&mut of.count, &mut of.estimate, &mut of.low, &mut of.high] {
            *figure = figure.saturating_sub(1);
        }
    }
    // Nothing is asked of a person who is not shown.
    let hidden: BTreeSet<&SubjectId> =
        gone.iter().filter_map(|at| resolution.subjects.get(*at)).map(|s| &s.id).collect();
    let is_shown = |question: &Question| match &question.about {
        About::Same(a, b) => !hidden.contains(a) && !hidden.contains(b),
        About::Belongs(a, _) => !hidden.contains(a),
    };
    resolution.questions.retain(is_shown);
    let mut place = 0;
    resolution.subjects.retain(|_: &DataSubject| {
        place += 1;
        !gone.contains(&(place - 1))
    });
}

/// The links that a register's row keeps.
pub(crate) fn links_of(row: &Mention) -> Vec<RestrictedLink> {
    let Some(current) = row.nhs_number() else { return Vec::new() };
    let superseded =
        row.findings.iter().filter(|finding| finding.detector.ends_with(SUPERSEDED)).filter_map(|finding| {
            match (finding.element, finding.value.reveal()) {
                (Element::OtherIdentifier, assay_model::Value::Text(number)) if number != current => Some(number),
                _ => None,
            }
        });
    let link = |number: &String| RestrictedLink {
        current: Sensitive::new(current.to_owned()),
        superseded: Sensitive::new(number.clone()),
    };
    superseded.map(link).collect()
}

/// How the detector of such a number is called, behind its basis.
pub(crate) const SUPERSEDED: &str = "superseded nhs number";
