//! Title, dates, the verdict in one sentence, and the four questions at a glance.

use super::duties::{addressee, remaining};
use crate::{
    mask::Veil,
    summary::{claimant, controller_name, pending, standing, takeovers, verdict_sentence, vulnerable_then},
    tally::Tally,
    words::{counted, day, instant, line, list, thousands},
};
use assay_model::{ControllerId, Dossier};
use jiff::Timestamp;

/// The head of the page.
pub(super) struct Masthead {
    pub(super) title: String,
    pub(super) reference: String,
    pub(super) reference_date: String,
    pub(super) generated_at: String,
    pub(super) generated_at_iso: String,
    /// `7 exhibits: LEAK/1, PROOF/1, …`.
    pub(super) exhibits: String,
    /// Who instructs; empty where the case names nobody.
    pub(super) instructed_by: String,
    pub(super) verdict: String,
    pub(super) answers: Vec<Answer>,
}

/// One of the four questions.
pub(super) struct Answer {
    pub(super) question: &'static str,
    /// The section that holds the evidence.
    pub(super) section: &'static str,
    pub(super) answer: String,
}

impl Masthead {
    pub(super) fn of(dossier: &Dossier, tally: &Tally, veil: &Veil<'_>, generated_at: Timestamp) -> Self {
        let ids: Vec<String> = dossier.exhibits.iter().map(|exhibit| exhibit.id.to_string()).collect();
        let exhibits = match ids.len() as u64 {
            0 => "none".to_owned(),
            n => format!("{}: {}", thousands(n), list(&ids)),
        };
        let answer = |question, section, answer| Answer { question, section, answer };
        Self {
            title: line(&dossier.case.title),
            reference: line(&dossier.case.reference),
            reference_date: day(dossier.case.reference_date),
            generated_at: instant(generated_at),
            generated_at_iso: generated_at.to_string(),
            exhibits,
            instructed_by: dossier
                .authority
                .as_ref()
                .map_or_else(String::new, |a| controller_name(dossier, &a.instructing_controller)),
            verdict: verdict_sentence(dossier),
            answers: vec![
                answer("Is the claim true?", "claim", claim_answer(dossier)),
                answer("Whose data is it?", "whose", whose_answer(dossier, tally)),
                answer("How did they get in?", "gateway", gateway_answer(dossier)),
                answer("Whom to tell, by when?", "duties", duty_answer(dossier, veil, generated_at)),
            ],
        }
    }
}

fn claim_answer(dossier: &Dossier) -> String {
    let (supported, contradicted, open) = standing(&dossier.verdicts);
    match dossier.verdicts.len() {
        0 => "No claim was tested.".to_owned(),
        total => format!(
            "Of {} by {}: {supported} supported, {contradicted} contradicted, {open} undetermined.",
            counted(total as u64, "statement", "statements"),
            claimant(dossier)
        ),
    }
}

fn whose_answer(dossier: &Dossier, tally: &Tally) -> String {
    let mut holders: Vec<(&ControllerId, u64)> =
        tally.by_controller.iter().map(|(id, ages)| (id, ages.total())).filter(|(_, n)| *n > 0).collect();
    holders.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
    let mut parts: Vec<String> =
        holders.iter().take(3).map(|(id, n)| format!("{}: {}", controller_name(dossier, id), thousands(*n))).collect();
    if holders.len() > 3 {
        parts.push(counted(holders.len() as u64 - 3, "other controller", "other controllers"));
    }
    if tally.no_controller > 0 {
        parts.push(format!("no controller could be told: {}", thousands(tally.no_controller)));
    }
    if tally.items.total == 0 {
        return "No leaked item is held, so nobody can be told.".to_owned();
    }
    if parts.is_empty() { "Nobody who counts was found.".to_owned() } else { format!("{}.", parts.join("; ")) }
}

fn gateway_answer(dossier: &Dossier) -> String {
    let Some(gateway) = &dossier.gateway else {
        return "No gateway evidence is held; nothing is said.".to_owned();
    };
    let vulnerable = vulnerable_then(dossier, gateway);
    let taken = takeovers(gateway) as u64;
    let sessions = format!(
        "{} of {} consistent with takeover",
        thousands(taken),
        counted(gateway.sessions_total, "session", "sessions")
    );
    if vulnerable.is_empty() {
        format!("{sessions}; no build seen is known to have been vulnerable then.")
    } else {
        format!("{sessions}; the build seen was vulnerable to {}.", list(&vulnerable))
    }
}

fn duty_answer(dossier: &Dossier, veil: &Veil<'_>, generated_at: Timestamp) -> String {
    let pending = pending(dossier);
    let Some(next) = pending.first() else {
        return "Nothing is open.".to_owned();
    };
    let when = match next.due {
        Some(due) => format!("by {} ({})", instant(due), remaining(due, generated_at)),
        None => "without undue delay".to_owned(),
    };
    let more = match pending.len() - 1 {
        0 => String::new(),
        n => format!(" {} more to do.", thousands(n as u64)),
    };
    format!(
        "Next: {} to {}, {when}.{more}",
        controller_name(dossier, &next.controller),
        addressee(dossier, &next.to, veil)
    )
}
