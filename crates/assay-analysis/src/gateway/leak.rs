//! The flagged sessions beside the leak: times and volumes. Possible or unknown, never implausible: what is held of a leak is
//! a part of it, clocks of files lie, and bytes of sessions are compressed, encrypted and of unproven direction.

use assay_model::{GatewayAssessment, TakeoverVerdict};
use jiff::civil::Date;

/// What is held of the leak.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Leaked {
    /// Bytes of its files as sealed.
    pub bytes: u64,
    /// The newest date that dates a record in it.
    pub newest: Option<Date>,
}

/// Says how the leak held stands to the flagged sessions.
pub fn join_leak(assessment: &mut GatewayAssessment, leak: Option<Leaked>) {
    assessment.leak = match leak {
        Some(leak) => said(assessment, leak),
        None => Vec::new(),
    };
}

fn said(assessment: &GatewayAssessment, leak: Leaked) -> Vec<String> {
    let taken = || assessment.flagged.iter().filter(|f| f.verdict == TakeoverVerdict::ConsistentWithTakeover);
    let Some(last) = taken().filter_map(|f| f.session.detail.foreign_last).max() else {
        return vec![
            "unknown: no session held is consistent with takeover, so nothing of the leak can be placed beside one"
                .to_owned(),
        ];
    };
    let first = taken().filter_map(|f| f.indicators_for.iter().map(|sign| sign.time).min()).min().unwrap_or(last);
    let times = match leak.newest {
        Some(newest) if newest <= last.date() => format!(
            "possible: the newest dated record of the leak is of {newest}, the other addresses used sessions from {first} to {last}: it \
             can have been taken then"
        ),
        Some(newest) => format!(
            "unknown: the newest dated record of the leak is of {newest}, after the last use of a flagged session in the logs held \
             ({last}): later sessions, another way out or a date in the future explain it"
        ),
        None => {
            format!("unknown: no record of the leak is dated; the other addresses used sessions from {first} to {last}")
        }
    };
    let sum = |pick: fn((u64, u64)) -> u64| {
        taken().map(|f| pick(f.session.detail.foreign_bytes)).fold(0, u64::saturating_add)
    };
    let (send, recv) = (sum(|b| b.0), sum(|b| b.1));
    let size = |bytes: u64| format!("{:.1} MB", bytes as f64 / 1e6);
    let verdict = if recv.max(send) >= leak.bytes { "possible" } else { "unknown" };
    let why = if verdict == "possible" {
        "enough to have carried what is held"
    } else {
        "less than what is held, but lines may be missing, data may be packed, and ICA moves files unseen"
    };
    let volume = format!(
        "{verdict}: connections of the other addresses moved {} as Total_bytes_recv (towards the client, by inference) and {} as \
         Total_bytes_send; the leak held is {}: {why}",
        size(recv),
        size(send),
        size(leak.bytes)
    );
    vec![times, volume]
}
