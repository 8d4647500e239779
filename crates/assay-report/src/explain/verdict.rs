//! Explains an assertion, a duty and a gateway session: the evidence each way and the weight of each indicator.

use crate::{
    mask::Veil,
    summary::controller_name,
    words::{instant, line, percent, plain, thousands, wrap},
};
use assay_model::{
    Dossier, Duty, Evidence, HijackIndicator, Session, SessionVerdict, UndeterminedReason, Verdict, VerdictKind,
};
use std::fmt::Write;

const WIDTH: usize = 100;

/// What an undetermined reason means.
pub(crate) fn reason_words(reason: UndeterminedReason) -> &'static str {
    match reason {
        UndeterminedReason::Untested => "nothing at hand tests it",
        UndeterminedReason::Untestable => "it says nothing that could be tested",
        UndeterminedReason::Conflicting => "evidence speaks both ways",
        UndeterminedReason::Insufficient => "too little evidence",
    }
}

/// An assertion with its grade and the evidence each way.
pub(crate) fn of_verdict(dossier: &Dossier, verdict: &Verdict, veil: &Veil<'_>) -> String {
    let mut out = String::new();
    let assertion = &verdict.assertion;
    let _ = writeln!(out, "{}  {}, of {}", assertion.id, assertion.kind.as_str(), assertion.claim);
    let _ = writeln!(out, "{}", wrap(&format!("  {}", line(&assertion.text)), WIDTH, 2));
    let _ = match verdict.verdict {
        VerdictKind::Undetermined(reason) => {
            writeln!(out, "  verdict          undetermined, {}: {}", reason.as_str(), reason_words(reason))
        }
        decided => writeln!(out, "  verdict          {}", decided.as_str()),
    };
    if let Some(share) = verdict.share {
        let _ = writeln!(
            out,
            "  share            {} (95 % interval {} to {}); supported above one half, contradicted below",
            percent(share.share),
            percent(share.low),
            percent(share.high)
        );
    }
    if let Some(term) = verdict.term {
        let _ =
            writeln!(out, "  likelihood       {} ({} to {} % on the PHIA yardstick)", term.term, term.low, term.high);
    }
    let _ = writeln!(out, "  confidence       {}", verdict.confidence.as_str());
    evidence(&mut out, "Evidence for", &verdict.evidence_for, veil);
    evidence(&mut out, "Evidence against", &verdict.evidence_against, veil);
    if let Some(claim) = dossier.claims.iter().find(|claim| claim.exhibit == assertion.claim) {
        let _ = writeln!(out, "\nThe claim, as {} posted it ({})", line(&claim.group), claim.exhibit);
        for words in [&claim.title, &claim.description].into_iter().filter(|words| !words.is_empty()) {
            let _ = writeln!(out, "{}", wrap(&format!("  {}", line(words)), WIDTH, 2));
        }
    }
    out
}

fn evidence(out: &mut String, title: &str, pieces: &[Evidence], veil: &Veil<'_>) {
    let _ = writeln!(out, "\n{title} ({})", pieces.len());
    for piece in pieces {
        let basis = if piece.basis.is_empty() { String::new() } else { format!(" [{}]", piece.basis) };
        let text = veil.without_users(&format!("{}{basis}", piece.text));
        let _ = writeln!(out, "{}", wrap(&format!("  - {text}"), WIDTH, 4));
    }
}

/// A duty with its reason and draft.
pub(crate) fn of_duty(dossier: &Dossier, duty: &Duty, veil: &Veil<'_>) -> String {
    let mut out = String::new();
    let _ = writeln!(out, "{}  {} to {}", duty.id, controller_name(dossier, &duty.controller), line(&duty.to));
    let _ = writeln!(out, "  source           {}", line(&duty.source));
    let due = duty.due.map_or_else(|| "without undue delay".to_owned(), instant);
    let _ = writeln!(out, "  due              {due}");
    let controller = dossier.controllers.iter().find(|controller| controller.id == duty.controller);
    if let Some((controller, aware)) = controller.and_then(|c| Some((c, c.aware_at?))) {
        let basis = if controller.aware_basis.is_empty() { "" } else { ": " };
        let _ = writeln!(out, "  aware            {}{basis}{}", instant(aware), line(&controller.aware_basis));
    }
    let _ = writeln!(out, "  status           {}", duty.status.as_str());
    let _ = writeln!(out, "  reason           {}", veil.without_users(&duty.reason));
    if !duty.draft.is_empty() {
        let _ = writeln!(out, "\nDraft\n");
        plain(&duty.draft).lines().for_each(|text| _ = writeln!(out, "{}", format!("  {text}").trim_end()));
    }
    out
}

/// Every flagged session of that number; `None` where none is flagged.
pub(crate) fn of_session(dossier: &Dossier, number: u64, veil: &Veil<'_>) -> Option<String> {
    let gateway = dossier.gateway.as_ref()?;
    let mut out = String::new();
    for flagged in gateway.flagged.iter().filter(|flagged| flagged.session.session_id == number) {
        session(&mut out, flagged, veil);
    }
    (!out.is_empty()).then_some(out)
}

fn session(out: &mut String, flagged: &SessionVerdict, veil: &Veil<'_>) {
    let Session { session_id, user, login, logout, first, last, client_ip, sources, bytes_send, bytes_recv, detail } =
        &flagged.session;
    let _ = writeln!(out, "Session {session_id}  {}, score {:.1}", flagged.verdict.as_str(), flagged.score);
    let judged = flagged.judged.map_or("by nobody: `assay judge`", assay_model::Judgement::as_str);
    let _ = writeln!(out, "  judged           {judged}");
    let user = user.as_ref().map_or_else(|| "not logged".to_owned(), |user| veil.value("user", user.reveal()));
    let seen = |time: &Option<jiff::civil::DateTime>| time.map_or("outside coverage".to_owned(), |t| t.to_string());
    let _ = writeln!(out, "  user             {}", line(&user));
    let _ = writeln!(out, "  login, logout    {}, {}", seen(login), seen(logout));
    let _ = writeln!(out, "  first, last sign {first}, {last}");
    let client = client_ip.map_or("not logged".to_owned(), |ip| ip.to_string());
    let _ = writeln!(out, "  logged in from   {client}");
    for (address, from, to, connections) in sources {
        let whose = if Some(*address) == *client_ip { "as logged in" } else { "another source" };
        let _ = writeln!(out, "  source           {address:<15} {from} to {to}, {connections} connections, {whose}");
    }
    let _ = writeln!(
        out,
        "  bytes, raw       sent {}, received {} (direction not documented)",
        thousands(*bytes_send),
        thousands(*bytes_recv)
    );
    let _ = writeln!(
        out,
        "  lines            {} connections, {} requests, {} applications started, {} denied{}",
        thousands(detail.connections),
        thousands(detail.requests),
        thousands(detail.launches),
        thousands(detail.denials),
        if detail.ended.is_empty() { String::new() } else { format!("; ended by {}", line(&detail.ended)) }
    );
    if !detail.authentication.is_empty() {
        let _ = writeln!(
            out,
            "{}",
            wrap(&format!("  authentication   {}", veil.without_users(&detail.authentication)), WIDTH, 4)
        );
    }
    indicators(out, "For a takeover", &flagged.indicators_for, veil);
    indicators(out, "Against", &flagged.indicators_against, veil);
}

fn indicators(out: &mut String, title: &str, indicators: &[HijackIndicator], veil: &Veil<'_>) {
    let _ = writeln!(out, "\n{title} ({})", indicators.len());
    for indicator in indicators {
        let text = format!(
            "  {:>+5.1}  {} {} {} [{}]",
            indicator.weight,
            line(&indicator.rule),
            indicator.time,
            veil.without_users(&indicator.text),
            line(&veil.locator(&indicator.locator))
        );
        // The lead is spelled out, since wrapping takes runs of blanks for one.
        let _ = writeln!(out, "{}", wrap(&format!("  {}", text.trim_start()), WIDTH, 4));
    }
}
