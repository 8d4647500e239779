//! `explain`: for any id or number of the report, the evidence down to the cell and the weight of each piece.
//!
//! Text for a terminal. Nothing is worked out anew here: the weights are those that resolution and the gateway's
//! analysis left, the counts those of the report.

mod field;
mod subject;
mod verdict;

pub(crate) use field::figures;
pub(crate) use subject::{compared, full_name};
pub(crate) use verdict::reason_words;

use crate::mask::{Reveal, Veil};
use assay_model::{Dossier, MentionId};

/// Explains an id: a data subject (`P-…`), a mention (`M-…`), an assertion (`A1`), a duty (`D1`), a gateway session's
/// number, or a figure of report.json (`subjects.count`, `children`, `items.unread.encrypted`). `None` where the case
/// has nothing of that name.
pub fn explain(dossier: &Dossier, id: &str, reveal: Reveal) -> Option<String> {
    let veil = Veil::new(dossier, reveal);
    let id = id.trim();
    if let Some(subject) = dossier.subjects.iter().find(|subject| subject.id.as_str() == id) {
        return Some(subject::of_subject(dossier, subject, &veil));
    }
    if let Some(mention) = MentionId::parse(id) {
        let mention = dossier.mentions.iter().find(|m| m.id == mention)?;
        return Some(subject::of_mention(dossier, mention, &veil));
    }
    if let Some(verdict) = dossier.verdicts.iter().find(|v| v.assertion.id.as_str().eq_ignore_ascii_case(id)) {
        return Some(verdict::of_verdict(dossier, verdict, &veil));
    }
    if let Some(duty) = dossier.duties.iter().find(|duty| duty.id.as_str().eq_ignore_ascii_case(id)) {
        return Some(verdict::of_duty(dossier, duty, &veil));
    }
    if let Ok(number) = id.parse::<u64>() {
        return verdict::of_session(dossier, number, &veil);
    }
    field::of_field(dossier, id)
}
