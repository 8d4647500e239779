//! What a person should look at first: decisions of resolution near the edge, by what hangs on them.
//!
//! A question is worth what its answer could change, times how open it is: the number of people, a letter to one who is owed one
//! or to whom another's record would be told, whether a child is meant, which body must write. The shares of worth are a judgement
//! and only order the list; no figure of a report depends on them.

use std::collections::{BTreeMap, BTreeSet};

use assay_model::{AgeBand, DataSubject, Dossier, Element, Mention, MentionId, SubjectId};

use crate::resolve::{About, Question};

/// A question with what hangs on it.
#[derive(Clone, Debug)]
pub struct Ranked<'a> {
    /// The question.
    pub question: &'a Question,
    /// The people whom it is about; one where a mention is asked about.
    pub subjects: Vec<&'a DataSubject>,
    /// The mention that is asked about.
    pub mention: Option<&'a Mention>,
    /// What it is worth: at most about 6, 0 where the answer is plain.
    pub worth: f64,
    /// What hangs on it, in words.
    pub hangs: Vec<String>,
}

/// Worth of a person more or less in the count.
const COUNT: f64 = 1.0;
/// Worth of a record of a special category, or that harms first, in the wrong hands or in none.
const HIGH_RISK: f64 = 2.0;
/// Worth of whether a child is meant.
const CHILD: f64 = 1.0;
/// Worth of which bodies must write.
const BODY: f64 = 1.0;

/// The questions of a dossier, the most valuable first.
pub fn rank<'a>(dossier: &'a Dossier, questions: &'a [Question]) -> Vec<Ranked<'a>> {
    let subjects: BTreeMap<&SubjectId, &DataSubject> = dossier.subjects.iter().map(|s| (&s.id, s)).collect();
    let mentions: BTreeMap<MentionId, &Mention> = dossier.mentions.iter().map(|m| (m.id, m)).collect();
    let urgent: BTreeSet<MentionId> = dossier.urgent.iter().filter_map(|record| record.mention).collect();
    let is_grave = |mention: &Mention| {
        urgent.contains(&mention.id) || mention.findings.iter().any(|f| matches!(f.element, Element::Special(_)))
    };
    let grave = |subject: &DataSubject| subject.mentions.iter().filter_map(|id| mentions.get(id)).any(|m| is_grave(m));
    let mut ranked: Vec<Ranked<'a>> = Vec::new();
    for question in questions {
        let mut hangs = Vec::new();
        let mut stake = 0.0;
        let mut add = |worth: f64, why: String| {
            stake += worth;
            hangs.push(why);
        };
        let (people, mention) = match &question.about {
            About::Same(a, b) => {
                let (Some(a), Some(b)) = (subjects.get(a).copied(), subjects.get(b).copied()) else { continue };
                if a.counts && b.counts {
                    add(COUNT, "the count by one".to_owned());
                }
                if a.counts != b.counts {
                    add(COUNT / 2.0, "what is known of one who counts".to_owned());
                }
                if a.age != b.age {
                    add(CHILD, "child or adult".to_owned());
                }
                if grave(a) || grave(b) {
                    add(HIGH_RISK, "whether one letter tells of all that is grave".to_owned());
                }
                if a.controllers != b.controllers {
                    add(BODY, format!("who must write: {}", bodies(&[a, b])));
                }
                (vec![a, b], None)
            }
            About::Belongs(id, mention) => {
                let (Some(a), Some(mention)) = (subjects.get(id).copied(), mentions.get(mention).copied()) else {
                    continue;
                };
                let stands_alone = mention.names().next().is_some() && mention.findings.len() > 1;
                if a.counts && stands_alone && a.mentions.len() > 1 {
                    add(COUNT, "the count by one".to_owned());
                }
                if is_grave(mention) {
                    add(HIGH_RISK, "whether a letter would tell the wrong person".to_owned());
                }
                if a.age == AgeBand::Child {
                    add(CHILD, "a child's letter".to_owned());
                }
                (vec![a], Some(mention))
            }
        };
        let open = 2.0 * question.probability.min(1.0 - question.probability);
        ranked.push(Ranked { question, subjects: people, mention, worth: stake * open, hangs });
    }
    ranked.retain(|question| question.worth > 0.0);
    ranked.sort_by(|x, y| y.worth.total_cmp(&x.worth).then_with(|| x.question.about.cmp(&y.question.about)));
    ranked
}

fn bodies(subjects: &[&DataSubject]) -> String {
    let of = |subject: &&DataSubject| {
        let ids: Vec<&str> = subject.controllers.iter().map(|id| id.as_str()).collect();
        if ids.is_empty() { "no body".to_owned() } else { ids.join("+") }
    };
    subjects.iter().map(of).collect::<Vec<_>>().join(" or ")
}
