//! What is due: each controller's duties with the time left when the page was made.

use crate::{
    mask::Veil,
    summary::{controller_name, pending},
    words::{instant, line, plain},
};
use assay_model::{ControllerId, Dossier, Duty, DutyStatus};
use jiff::Timestamp;
use std::collections::BTreeSet;

/// Section "What is due".
pub(super) struct Duties {
    pub(super) bodies: Vec<Body>,
    /// What a person has still to do, soonest first.
    pub(super) pending: Vec<Pending>,
}

/// One line of the order of time.
pub(super) struct Pending {
    pub(super) id: String,
    pub(super) when: String,
    pub(super) left: String,
    pub(super) controller: String,
    pub(super) to: String,
    pub(super) status_words: &'static str,
}

/// One controller's duties.
pub(super) struct Body {
    pub(super) name: String,
    pub(super) aware: String,
    pub(super) duties: Vec<Due>,
}

/// One duty.
pub(super) struct Due {
    pub(super) id: String,
    pub(super) to: String,
    pub(super) source: String,
    pub(super) when: String,
    /// `in 27 h 35 min`; empty where nothing runs.
    pub(super) left: String,
    pub(super) status: &'static str,
    pub(super) status_words: &'static str,
    pub(super) reason: String,
    pub(super) draft: String,
}

impl Duties {
    pub(super) fn of(dossier: &Dossier, veil: &Veil<'_>, generated_at: Timestamp) -> Self {
        // In the order of the case file; a duty of a body that is not in it is not lost.
        let mut seen = BTreeSet::new();
        let ids: Vec<&ControllerId> = dossier
            .controllers
            .iter()
            .map(|controller| &controller.id)
            .chain(dossier.duties.iter().map(|duty| &duty.controller))
            .filter(|id| seen.insert(*id))
            .collect();
        let pending = pending(dossier).into_iter().map(|duty| {
            let Due { id, to, when, left, status_words, .. } = due(dossier, duty, veil, generated_at);
            Pending { id, when, left, controller: controller_name(dossier, &duty.controller), to, status_words }
        });
        Self {
            pending: pending.collect(),
            bodies: ids.into_iter().map(|id| body(dossier, id, veil, generated_at)).collect(),
        }
    }
}

fn body(dossier: &Dossier, id: &ControllerId, veil: &Veil<'_>, generated_at: Timestamp) -> Body {
    let mut duties: Vec<&Duty> = dossier.duties.iter().filter(|duty| &duty.controller == id).collect();
    duties.sort_by_key(|duty| (rank(duty.status), duty.due.is_none(), duty.due));
    let controller = dossier.controllers.iter().find(|controller| &controller.id == id);
    Body {
        name: controller_name(dossier, id),
        aware: match controller.and_then(|c| Some((c.aware_at?, c.aware_basis.as_str()))) {
            Some((at, "")) => format!("Aware since {}.", instant(at)),
            Some((at, basis)) => format!("Aware since {}: {}.", instant(at), line(basis).trim_end_matches('.')),
            None => "The case records no time of awareness, so no deadline of Art. 33 can be given here.".to_owned(),
        },
        duties: duties.into_iter().map(|duty| due(dossier, duty, veil, generated_at)).collect(),
    }
}

/// What is to do stands first.
fn rank(status: DutyStatus) -> u8 {
    match status {
        DutyStatus::Open | DutyStatus::Drafted => 0,
        DutyStatus::Sent => 1,
        DutyStatus::NotTriggered => 2,
    }
}

fn due(dossier: &Dossier, duty: &Duty, veil: &Veil<'_>, generated_at: Timestamp) -> Due {
    let to_do = rank(duty.status) == 0;
    Due {
        id: duty.id.to_string(),
        to: addressee(dossier, &duty.to, veil),
        source: line(&duty.source),
        when: match duty.due {
            Some(due) => format!("By {}", instant(due)),
            None if duty.status == DutyStatus::NotTriggered => "No time runs".to_owned(),
            None => "Without undue delay".to_owned(),
        },
        left: duty.due.filter(|_| to_do).map_or_else(String::new, |due| remaining(due, generated_at)),
        status: duty.status.as_str(),
        status_words: match duty.status {
            DutyStatus::Open => "open",
            DutyStatus::Drafted => "drafted",
            DutyStatus::Sent => "sent",
            DutyStatus::NotTriggered => "not triggered",
        },
        reason: veil.without_users(&duty.reason),
        draft: plain(&duty.draft)
            .trim_end()
            .lines()
            .map(|text| veil.without_users(text))
            .collect::<Vec<_>>()
            .join("\n"),
    }
}

/// The addressee; a controller of the case by its name.
pub(super) fn addressee(dossier: &Dossier, to: &str, veil: &Veil<'_>) -> String {
    let words = veil.without_users(to);
    match dossier.controllers.iter().find(|controller| controller.id.as_str() == to) {
        Some(controller) => format!("{} ({words})", controller_name(dossier, &controller.id)),
        None => words,
    }
}

/// `in 27 h 35 min`, or `passed 3 h 0 min before this report`.
pub(super) fn remaining(due: Timestamp, now: Timestamp) -> String {
    let seconds = due.as_second() - now.as_second();
    let (minutes, past) = (seconds.unsigned_abs() / 60, seconds < 0);
    let (hours, minutes) = (minutes / 60, minutes % 60);
    if past {
        format!("passed {hours} h {minutes} min before this report")
    } else {
        format!("in {hours} h {minutes} min from this report")
    }
}

#[cfg(test)]
mod tests {
    use super::remaining;

    #[test]
    fn time_left_and_time_passed_are_told_apart() {
        let at = |text: &str| text.parse().unwrap();
        let due = at("2024-12-01T10:15:00Z");
        assert_eq!(remaining(due, at("2024-11-30T06:40:00Z")), "in 27 h 35 min from this report");
        assert_eq!(remaining(due, at("2024-12-01T13:16:30Z")), "passed 3 h 1 min before this report");
    }
}
