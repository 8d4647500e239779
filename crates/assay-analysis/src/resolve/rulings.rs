//! What people decided about mentions, held to at every rerun: these are one person, those are not.
//!
//! A ruling names mentions, whose ids come from content and place, so that it holds whatever the groups are called by then. What is
//! no longer in the leak has no effect. Two rulings that contradict each other cannot both stand: the later is refused by
//! [`conflict`] before it is recorded.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use assay_model::{ControllerId, Locator, MentionId};

/// One ruling.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ruling {
    /// The number of its act.
    pub number: u64,
    /// What was decided.
    pub says: Says,
}

/// What a ruling says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Says {
    /// These are one person.
    Together(BTreeSet<MentionId>),
    /// No mention of the one is the person of any of the other, nor the person of a row of a register.
    Apart {
        /// The mentions that leave.
        one: BTreeSet<MentionId>,
        /// Those that they leave.
        other: BTreeSet<MentionId>,
        /// Rows of registers whose person the mentions that leave are not.
        rows: BTreeSet<(ControllerId, Locator)>,
    },
}

/// The numbers of the standing rulings that contradict a new one, in order; none where it can stand.
pub fn conflict(standing: &[Ruling], new: &Says) -> Vec<u64> {
    const NEW: u64 = u64::MAX;
    let new = Ruling { number: NEW, says: new.clone() };
    let all: Vec<&Ruling> = standing.iter().chain([&new]).collect();
    let mut of_mention: BTreeMap<MentionId, Vec<&Ruling>> = BTreeMap::new();
    for ruling in &all {
        if let Says::Together(mentions) = &ruling.says {
            mentions.iter().for_each(|mention| of_mention.entry(*mention).or_default().push(ruling));
        }
    }
    for ruling in &all {
        let Says::Apart { one, other, .. } = &ruling.says else { continue };
        if let Some(mut path) = path(&of_mention, one, other) {
            path.insert(ruling.number);
            if path.remove(&NEW) {
                return path.into_iter().collect();
            }
        }
    }
    Vec::new()
}

/// The rulings on the shortest way from one set of mentions to another by what is together.
fn path(
    of_mention: &BTreeMap<MentionId, Vec<&Ruling>>,
    from: &BTreeSet<MentionId>,
    to: &BTreeSet<MentionId>,
) -> Option<BTreeSet<u64>> {
    let mut came: BTreeMap<MentionId, Option<(MentionId, u64)>> = from.iter().map(|m| (*m, None)).collect();
    let mut next: VecDeque<MentionId> = from.iter().copied().collect();
    while let Some(mention) = next.pop_front() {
        if to.contains(&mention) {
            let mut path = BTreeSet::new();
            let mut at = mention;
            while let Some(Some((before, ruling))) = came.get(&at) {
                path.insert(*ruling);
                at = *before;
            }
            return Some(path);
        }
        for ruling in of_mention.get(&mention).into_iter().flatten() {
            let Says::Together(mentions) = &ruling.says else { continue };
            for other in mentions {
                if !came.contains_key(other) {
                    came.insert(*other, Some((mention, ruling.number)));
                    next.push_back(*other);
                }
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(ids: &[u64]) -> BTreeSet<MentionId> {
        ids.iter().copied().map(MentionId).collect()
    }

    fn together(number: u64, ids: &[u64]) -> Ruling {
        Ruling { number, says: Says::Together(set(ids)) }
    }

    fn apart(one: &[u64], other: &[u64]) -> Says {
        Says::Apart { one: set(one), other: set(other), rows: BTreeSet::new() }
    }

    #[test]
    fn a_contradiction_names_the_rulings_on_its_way_only() {
        let standing = [together(1, &[1, 2]), together(2, &[2, 3]), together(3, &[3, 9])];
        assert_eq!(conflict(&standing, &apart(&[1], &[3])), [1, 2]);
        assert!(conflict(&standing, &apart(&[1], &[4])).is_empty());
        assert!(conflict(&standing, &apart(&[4], &[9, 5])).is_empty());
        let standing = [Ruling { number: 7, says: apart(&[1], &[3]) }, together(8, &[3, 4])];
        assert_eq!(conflict(&standing, &Says::Together(set(&[1, 4]))), [7, 8]);
        assert!(conflict(&standing, &Says::Together(set(&[1, 5]))).is_empty());
    }
}
