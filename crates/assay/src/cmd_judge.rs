//! `assay judge`: what a person decided about a flagged session of the gateway. Nothing is exported as an indicator before.
//!
//! A judgement is an act in the journal, sealed, and an entry in the custody ledger that names no person; the last one of a
//! session stands. It changes no score and no verdict of the program: it says what a person made of them.

use crate::case::Case;
use crate::cmd_status::dossier;
use crate::outcome::{Outcome, Print, say};
use anyhow::bail;
use assay_model::{Judgement, SessionVerdict};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;

const JUDGED: &str = "session judged";

/// What is decided, of `assay judge`.
#[derive(clap::Args)]
#[group(id = "what", required = true, multiple = false)]
pub(crate) struct What {
    /// Somebody else used the session than who had logged in.
    #[arg(long)]
    taken_over: bool,
    /// It was its owner, a test, a proxy.
    #[arg(long)]
    benign: bool,
    /// Withdraw what was decided.
    #[arg(long)]
    undecided: bool,
}

/// Records a judgement.
pub(crate) fn judge(
    dir: &Path,
    session: u64,
    first: Option<&str>,
    what: &What,
    because: &str,
    print: Print,
) -> anyhow::Result<Outcome> {
    let (mut case, dossier) = dossier(dir)?;
    let flagged = dossier.gateway.as_ref().map(|gateway| gateway.flagged.as_slice()).unwrap_or_default();
    let named: Vec<&SessionVerdict> = flagged
        .iter()
        .filter(|verdict| verdict.session.session_id == session)
        .filter(|verdict| first.is_none_or(|first| verdict.session.first.to_string() == first))
        .collect();
    let verdict = match named.as_slice() {
        [] => bail!(
            "{session}: no flagged session has this number{}\n  remedy: take a session and its first sign from the report or from gateway.sessions.flagged of report.json",
            first.map(|first| format!(" and first sign {first}")).unwrap_or_default()
        ),
        [one] => *one,
        several => bail!(
            "{session}: {} flagged sessions have this number, which the appliance gave out again\n  remedy: add --first with the first sign of one: {}",
            several.len(),
            several.iter().map(|verdict| verdict.session.first.to_string()).collect::<Vec<_>>().join(", ")
        ),
    };
    let decided = match what {
        What { taken_over: true, .. } => Some(Judgement::TakenOver),
        What { benign: true, .. } => Some(Judgement::Benign),
        What { .. } => None,
    };
    let word = decided.map_or("undecided", Judgement::as_str);
    let record = json!({
        "session": session, "first": verdict.session.first.to_string(), "judged": word, "because": because
    });
    case.store.journal.add_act(JUDGED, record.to_string().as_bytes())?;
    case.store.ledger.record(jiff::Timestamp::now(), JUDGED, &format!("session {session}"), word)?;
    match print {
        Print::Text => {
            say(format_args!("session {session}: {word}"));
            if decided == Some(Judgement::TakenOver) {
                say(format_args!("then      assay export indicators {} --to FILE", dir.display()));
            }
        }
        Print::Json => say(json!({ "session": session, "judged": word })),
    }
    Ok(Outcome::Done)
}

/// What was decided, by session and its first sign.
pub(crate) fn judgements(case: &Case) -> anyhow::Result<BTreeMap<(u64, String), Judgement>> {
    let mut standing = BTreeMap::new();
    for (_, record) in case.store.journal.acts(JUDGED)? {
        let record: Value = serde_json::from_slice(&record)?;
        let (Some(session), Some(first)) = (record["session"].as_u64(), record["first"].as_str()) else { continue };
        let key = (session, first.to_owned());
        match record["judged"].as_str().and_then(Judgement::parse) {
            Some(judgement) => standing.insert(key, judgement),
            None => standing.remove(&key),
        };
    }
    Ok(standing)
}
