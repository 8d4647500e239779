//! What people are called: by their oldest mention when they are first met, and by the same name ever after.
//!
//! A name belongs to the mention that it was made of as long as that mention is in the leak, else to the oldest left of those it had. Of
//! several names that meet in one person that of the oldest mention stays; of a person that comes apart the part with that mention
//! keeps the name.

use std::collections::{BTreeMap, BTreeSet};

use assay_model::{Changes, DataSubject, Mention, MentionId, SubjectId};

/// A person as the last finished run left it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownSubject {
    /// What the person was called.
    pub id: SubjectId,
    /// The mentions, oldest first.
    pub mentions: Vec<MentionId>,
    /// Whether the person counted.
    pub counts: bool,
}

/// For each mention of the leak that names a person of before, that person's place.
fn holders(subjects: &[DataSubject], known: &[KnownSubject]) -> BTreeMap<MentionId, usize> {
    let present: BTreeSet<MentionId> = subjects.iter().flat_map(|subject| &subject.mentions).copied().collect();
    let holder = |subject: &KnownSubject| subject.mentions.iter().copied().find(|mention| present.contains(mention));
    known.iter().enumerate().filter_map(|(place, subject)| Some((holder(subject)?, place))).collect()
}

/// Gives the ids: those of before where a person was met before, else `P-` and the first twelve hex digits of the oldest mention's id.
/// Where that is taken, the later in the order of their oldest mentions takes the last twelve digits, and if those are taken too, all
/// sixteen.
pub(super) fn name_all(subjects: &mut [DataSubject], known: &[KnownSubject]) {
    let holders = holders(subjects, known);
    let mut taken: BTreeSet<SubjectId> = known.iter().map(|subject| subject.id.clone()).collect();
    let mut order: Vec<usize> = (0..subjects.len()).collect();
    let oldest = |subject: &DataSubject| subject.mentions.first().map_or(0, |mention| mention.0);
    order.sort_by_key(|place| subjects.get(*place).map(oldest));
    for place in order {
        let Some(subject) = subjects.get_mut(place) else { continue };
        let before = subject.mentions.iter().find_map(|mention| known.get(*holders.get(mention)?));
        subject.id = match before {
            Some(before) => before.id.clone(),
            None => {
                let id = oldest(subject);
                let forms = [
                    format!("P-{:012x}", id >> 16),
                    format!("P-{:012x}", id & 0xffff_ffff_ffff),
                    format!("P-{id:016x}"),
                ];
                let free = forms.into_iter().map(SubjectId::new).find(|form| !taken.contains(form));
                let free = free.unwrap_or_else(|| SubjectId::new(format!("P-{id:016x}")));
                taken.insert(free.clone());
                free
            }
        };
    }
    subjects.sort_by(|a, b| a.id.cmp(&b.id));
}

/// What became of the people who counted, and who is new among them. Of a person whose mentions are there and who is not shown
/// (see [`crate::restricted`]) nothing is said.
pub fn changes(subjects: &[DataSubject], known: &[KnownSubject], mentions: &[Mention]) -> Changes {
    let held: BTreeSet<MentionId> = mentions.iter().map(|mention| mention.id).collect();
    let before: BTreeMap<&SubjectId, &KnownSubject> = known.iter().map(|subject| (&subject.id, subject)).collect();
    let now: BTreeMap<MentionId, &SubjectId> = subjects
        .iter()
        .flat_map(|subject| subject.mentions.iter().map(move |mention| (*mention, &subject.id)))
        .collect();
    let was: BTreeMap<MentionId, &KnownSubject> =
        known.iter().flat_map(|subject| subject.mentions.iter().map(move |mention| (*mention, subject))).collect();
    let mut changes = Changes::default();
    for subject in subjects.iter().filter(|subject| subject.counts) {
        if before.get(&subject.id).is_some_and(|before| before.counts) {
            continue;
        }
        // A person who came out of one who stays is split off; one who did not count before is new to the count.
        let from = subject.mentions.iter().find_map(|mention| was.get(mention).filter(|before| before.counts));
        match from.filter(|from| from.id != subject.id) {
            Some(from) => changes.split.push((subject.id.clone(), from.id.clone())),
            None => changes.new.push(subject.id.clone()),
        }
    }
    let counting: BTreeSet<&SubjectId> = subjects.iter().filter(|s| s.counts).map(|s| &s.id).collect();
    for before in known.iter().filter(|before| before.counts && !counting.contains(&before.id)) {
        let into = before.mentions.iter().find_map(|mention| now.get(mention).filter(|id| counting.contains(*id)));
        match into {
            Some(into) => changes.merged.push((before.id.clone(), (*into).clone())),
            None if before.mentions.iter().any(|m| held.contains(m) && !now.contains_key(m)) => {}
            None => changes.gone.push(before.id.clone()),
        }
    }
    changes
}
