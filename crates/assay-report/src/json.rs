//! `report.json`, schema `assay.report/1`: the wire types and how a dossier fills them.
//!
//! The contract is docs/CONTRACTS.md. Keys are only ever added. No personal value, leaked path or user name is in it.

use crate::{
    SCHEMA,
    annex::{ACCURACY, PublicStatement},
    mask::{Reveal, Veil},
    parties::{Parties, overlap_note},
    parts::{Between, Parts as PartsOfPeople},
    summary::{scope_sentence, sealed_as, urgent_note, verdict_sentence},
    tally::{Ages, Tally},
    tranches::{Adds, Changed, TokenRegister, adds, exhibit_items, token_registers},
    words::{line, plain, rounded},
};
use assay_model::{
    Dossier, Evidence, ExhibitId, GatewayAssessment, HijackIndicator, Item, ItemCategory, SessionVerdict, UnreadReason,
    Verdict, VerdictKind, is_proof_only,
};
use jiff::Timestamp;
use serde::Serialize;
use std::collections::BTreeMap;

/// The published JSON document: pretty, keys in a fixed order, ending in a line end.
///
/// Two calls on one dossier differ in `generated_at` only.
pub fn report_json(dossier: &Dossier, generated_at: Timestamp) -> String {
    let report = Report::of(dossier, generated_at);
    // Serialising to memory fails only for maps with keys that are no text; every key here is text.
    let mut out = serde_json::to_string_pretty(&report).unwrap_or_default();
    out.push('\n');
    out
}

#[derive(Serialize)]
struct Report {
    schema: &'static str,
    generated_at: String,
    verdict: String,
    urgent: Urgent,
    case: Case,
    controllers: Vec<Controller>,
    exhibits: Vec<Exhibit>,
    items: Items,
    subjects: Subjects,
    claim: Vec<Claim>,
    statements: Vec<PublicStatement>,
    parties: Parties,
    gateway: Option<Gateway>,
    duties: Vec<Duty>,
    method: Method,
}

/// What harms first. `people` are those who hold a record; what stands beside nobody is among the records only.
#[derive(Serialize)]
struct Urgent {
    note: String,
    records: u64,
    people: u64,
    items: u64,
    by_harm: BTreeMap<&'static str, UrgentClass>,
}

#[derive(Serialize)]
struct UrgentClass {
    records: u64,
    people: u64,
    items: u64,
}

#[derive(Serialize)]
struct Case {
    reference: String,
    title: String,
    reference_date: String,
}

#[derive(Serialize)]
struct Controller {
    id: String,
    name: String,
    ods_code: Option<String>,
    aware_at: Option<String>,
}

#[derive(Serialize)]
struct Exhibit {
    exhibit: String,
    kind: &'static str,
    items: u64,
    bytes: u64,
    sha256: String,
    completeness: &'static str,
    adds: Option<Adds>,
}

#[derive(Serialize)]
struct Items {
    total: u64,
    read: u64,
    partial: u64,
    duplicate: u64,
    unread: BTreeMap<&'static str, u64>,
    /// Items that a password opened.
    opened_with_password: u64,
    contents: Contents,
    by_category: BTreeMap<&'static str, u64>,
    by_year: BTreeMap<String, u64>,
    by_category_year: BTreeMap<&'static str, BTreeMap<String, u64>>,
}

#[derive(Serialize)]
struct Contents {
    distinct: u64,
    same_words: u64,
    near_duplicate_groups: u64,
    threads: u64,
}

#[derive(Serialize)]
struct Subjects {
    scope: String,
    as_of: String,
    count: u64,
    floor: u64,
    estimate: Option<u64>,
    low: Option<u64>,
    high: Option<u64>,
    ceiling: Option<u64>,
    by_controller: BTreeMap<String, u64>,
    by_controller_note: String,
    by_controller_age: BTreeMap<String, AgeCounts>,
    several_controllers: u64,
    no_controller: u64,
    register_candidates: BTreeMap<String, Candidates>,
    by_role: BTreeMap<&'static str, u64>,
    by_element: BTreeMap<&'static str, u64>,
    children: u64,
    adults: u64,
    age_unknown: u64,
    expected: Option<PartsOfPeople<'static, Between>>,
    deceased: u64,
    named_only: u64,
    register_matched: BTreeMap<&'static str, u64>,
    decoy_rate: f64,
    changes: Option<Changed>,
}

#[derive(Serialize)]
struct AgeCounts {
    children: u64,
    adults: u64,
    age_unknown: u64,
}

#[derive(Serialize)]
struct Candidates {
    people: u64,
    decided_by_origin: u64,
}

#[derive(Serialize)]
struct Claim {
    id: String,
    kind: &'static str,
    text: String,
    verdict: &'static str,
    reason: Option<&'static str>,
    share: Option<f64>,
    share_low: Option<f64>,
    share_high: Option<f64>,
    term: Option<&'static str>,
    low: Option<u8>,
    high: Option<u8>,
    confidence: &'static str,
    r#for: Vec<String>,
    against: Vec<String>,
}

#[derive(Serialize)]
struct Gateway {
    coverage: Vec<Coverage>,
    build: Option<String>,
    vulnerable: Vec<Vulnerable>,
    sessions_total: u64,
    flagged: Vec<Flagged>,
    traces: Vec<Trace>,
    alternatives: Vec<String>,
    outages: Vec<OutageRow>,
    timeline: Vec<Moment>,
    leak: Vec<String>,
    preserve: Vec<String>,
    terminate: Vec<String>,
}

#[derive(Serialize)]
struct Trace {
    rule: String,
    first: Option<String>,
    last: Option<String>,
    count: u64,
    text: String,
    place: String,
}

#[derive(Serialize)]
struct OutageRow {
    from: String,
    to: Option<String>,
    cause: String,
    basis: String,
}

#[derive(Serialize)]
struct Moment {
    time: String,
    text: String,
    place: Option<String>,
}

#[derive(Serialize)]
struct Reason {
    reason: String,
    count: u64,
    lines: String,
}

#[derive(Serialize)]
struct Coverage {
    source: String,
    from: Option<String>,
    to: Option<String>,
    lines: u64,
    parsed: u64,
    unparsed: u64,
    gaps: u64,
    kind: String,
    lost: u64,
    clock: String,
    reasons: Vec<Reason>,
    remarks: Vec<String>,
}

#[derive(Serialize)]
struct Vulnerable {
    cve: String,
    status: &'static str,
    from: Option<String>,
    from_basis: String,
    to: Option<String>,
    to_basis: String,
}

#[derive(Serialize)]
struct Flagged {
    session: u64,
    sources: Vec<String>,
    first: String,
    last: String,
    verdict: &'static str,
    judged: Option<&'static str>,
    indicators_for: Vec<String>,
    indicators_against: Vec<String>,
    score: f64,
    connections: u64,
    requests: u64,
    launches: u64,
    authentication: String,
}

#[derive(Serialize)]
struct Duty {
    id: String,
    controller: String,
    to: String,
    source: String,
    due: Option<String>,
    status: &'static str,
    reason: String,
    draft: String,
}

#[derive(Serialize)]
struct Method {
    sandbox: String,
    missing_tools: Vec<String>,
    own_passwords: Vec<OwnPasswords>,
    token_registers: Vec<TokenRegister>,
    weights_fitted_to: Option<u64>,
    accuracy: &'static str,
}

/// That passwords found in an exhibit were tried on its own encrypted items.
#[derive(Serialize)]
struct OwnPasswords {
    exhibit: String,
    tried_on: u64,
    opened: u64,
}

impl Report {
    fn of(dossier: &Dossier, generated_at: Timestamp) -> Self {
        let veil = Veil::new(dossier, Reveal::Masked);
        let (tally, adds) = (Tally::of(dossier), adds(dossier));
        let own = dossier.coverage.own_passwords.iter().map(|own| OwnPasswords {
            exhibit: own.exhibit.to_string(),
            tried_on: own.tried_on,
            opened: own.opened,
        });
        Self {
            schema: SCHEMA,
            generated_at: generated_at.to_string(),
            verdict: verdict_sentence(dossier),
            urgent: urgent(dossier),
            case: Case {
                reference: line(&dossier.case.reference),
                title: line(&dossier.case.title),
                reference_date: dossier.case.reference_date.to_string(),
            },
            controllers: dossier.controllers.iter().map(controller).collect(),
            exhibits: dossier.exhibits.iter().map(|e| exhibit(e, &dossier.items, &adds)).collect(),
            items: items(dossier, &tally),
            subjects: subjects(dossier, &tally),
            claim: dossier.verdicts.iter().map(|v| claim(v, &veil)).collect(),
            statements: dossier.statements.iter().map(|s| PublicStatement::of(s, &veil)).collect(),
            parties: Parties::of(dossier),
            gateway: dossier.gateway.as_ref().map(|g| gateway(g, &veil)),
            duties: dossier.duties.iter().map(|d| duty(d, &veil)).collect(),
            method: Method {
                sandbox: line(&dossier.coverage.sandbox),
                missing_tools: dossier.coverage.missing_tools.iter().map(|t| line(t)).collect(),
                own_passwords: own.collect(),
                token_registers: token_registers(dossier),
                weights_fitted_to: dossier.coverage.weights_fitted_to,
                accuracy: ACCURACY,
            },
        }
    }
}

fn urgent(dossier: &Dossier) -> Urgent {
    let (all, classes) = crate::tally::urgent(&dossier.urgent);
    let class = |of: crate::tally::Standing| UrgentClass { records: of.records, people: of.people, items: of.items };
    Urgent {
        note: urgent_note().to_owned(),
        records: all.records,
        people: all.people,
        items: all.items,
        by_harm: classes.into_iter().map(|(harm, of)| (harm.as_str(), class(of))).collect(),
    }
}

fn controller(controller: &assay_model::Controller) -> Controller {
    Controller {
        id: controller.id.to_string(),
        name: line(&controller.name),
        ods_code: Some(controller.ods_code.clone()).filter(|code| !code.is_empty()),
        aware_at: controller.aware_at.map(|time| time.to_string()),
    }
}

fn exhibit(exhibit: &assay_model::Exhibit, items: &[Item], all: &[(&ExhibitId, Adds)]) -> Exhibit {
    Exhibit {
        exhibit: exhibit.id.to_string(),
        kind: exhibit.kind.as_str(),
        items: exhibit_items(exhibit, items),
        bytes: exhibit.bytes,
        sha256: exhibit.sha256.to_string(),
        completeness: exhibit.completeness.as_str(),
        adds: all.iter().find(|(id, _)| **id == exhibit.id).map(|(_, adds)| *adds),
    }
}

fn items(dossier: &Dossier, tally: &Tally) -> Items {
    let alike = &dossier.alike;
    let year = |year: Option<i16>| year.map_or_else(|| "undated".to_owned(), |y| y.to_string());
    let years = |years: &BTreeMap<Option<i16>, u64>| years.iter().map(|(y, n)| (year(*y), *n)).collect();
    let by_category = tally.by_category();
    Items {
        total: tally.items.total,
        read: tally.items.read,
        partial: tally.items.partial,
        duplicate: tally.items.duplicate,
        unread: UnreadReason::ALL
            .into_iter()
            .map(|r| (r.as_str(), tally.items.unread.get(&r).copied().unwrap_or_default()))
            .collect(),
        opened_with_password: dossier.items.iter().filter(|item| item.opened_with.is_some()).count() as u64,
        contents: Contents {
            distinct: alike.contents,
            same_words: alike.same_words,
            near_duplicate_groups: alike.near_groups,
            threads: alike.threads,
        },
        by_category: by_category.iter().map(|(category, n)| (category.as_str(), *n)).collect(),
        by_year: years(&tally.by_year()),
        by_category_year: ItemCategory::ALL
            .into_iter()
            .filter_map(|c| Some((c.as_str(), years(tally.by_category_year.get(&c)?))))
            .collect(),
    }
}

fn subjects(dossier: &Dossier, tally: &Tally) -> Subjects {
    let ages = |ages: &Ages| AgeCounts { children: ages.children, adults: ages.adults, age_unknown: ages.unknown };
    let estimate = &dossier.estimate;
    let estimated = |figure| (!is_proof_only(&dossier.exhibits)).then_some(figure);
    Subjects {
        scope: scope_sentence(),
        as_of: sealed_as(dossier),
        count: tally.count,
        floor: estimate.floor,
        estimate: estimated(estimate.estimate),
        low: estimated(estimate.low),
        high: estimated(estimate.high),
        ceiling: estimated(estimate.ceiling),
        by_controller: tally.by_controller.iter().map(|(id, a)| (id.to_string(), a.total())).collect(),
        by_controller_note: overlap_note(tally),
        by_controller_age: tally.by_controller.iter().map(|(id, a)| (id.to_string(), ages(a))).collect(),
        several_controllers: tally.several_controllers,
        no_controller: tally.no_controller,
        register_candidates: tally
            .candidates
            .iter()
            .map(|(id, c)| (id.to_string(), Candidates { people: c.people, decided_by_origin: c.decided }))
            .collect(),
        by_role: tally.by_role.iter().map(|(role, n)| (role.as_str(), *n)).collect(),
        by_element: tally.by_element.clone(),
        children: tally.ages.children,
        adults: tally.ages.adults,
        age_unknown: tally.ages.unknown,
        expected: (!is_proof_only(&dossier.exhibits)).then(|| PartsOfPeople::of(&dossier.parts, Between::of)),
        deceased: tally.deceased,
        named_only: tally.named_only,
        register_matched: tally.register.iter().map(|(m, n)| (m.as_str(), *n)).collect(),
        decoy_rate: rounded(estimate.decoy_rate),
        changes: dossier.changes.as_ref().map(Changed::of),
    }
}

fn claim(verdict: &Verdict, veil: &Veil<'_>) -> Claim {
    let texts = |evidence: &[Evidence]| evidence.iter().map(|e| evidence_text(e, veil)).collect();
    Claim {
        id: verdict.assertion.id.to_string(),
        kind: verdict.assertion.kind.as_str(),
        text: line(&verdict.assertion.text),
        verdict: verdict.verdict.as_str(),
        reason: match verdict.verdict {
            VerdictKind::Undetermined(reason) => Some(reason.as_str()),
            _ => None,
        },
        share: verdict.share.map(|s| rounded(s.share)),
        share_low: verdict.share.map(|s| rounded(s.low)),
        share_high: verdict.share.map(|s| rounded(s.high)),
        term: verdict.term.map(|t| t.term),
        low: verdict.term.map(|t| t.low),
        high: verdict.term.map(|t| t.high),
        confidence: verdict.confidence.as_str(),
        r#for: texts(&verdict.evidence_for),
        against: texts(&verdict.evidence_against),
    }
}

fn evidence_text(evidence: &Evidence, veil: &Veil<'_>) -> String {
    let text = veil.without_users(&evidence.text);
    if evidence.basis.is_empty() { text } else { format!("{text} [{}]", veil.without_users(&evidence.basis)) }
}

fn gateway(gateway: &GatewayAssessment, veil: &Veil<'_>) -> Gateway {
    Gateway {
        coverage: gateway
            .coverage
            .iter()
            .map(|c| Coverage {
                source: format!("{}:{}", c.exhibit, veil.gateway_source(&c.source)),
                from: c.from.map(|t| t.to_string()),
                to: c.to.map(|t| t.to_string()),
                lines: c.lines,
                parsed: c.parsed,
                unparsed: c.unparsed,
                gaps: c.gaps,
                kind: line(&c.detail.kind),
                lost: c.detail.lost,
                clock: line(&c.detail.clock),
                reasons: c
                    .detail
                    .reasons
                    .iter()
                    .map(|(reason, count, first)| Reason {
                        reason: line(reason),
                        count: *count,
                        lines: first.iter().map(u64::to_string).collect::<Vec<_>>().join(", "),
                    })
                    .collect(),
                remarks: c.detail.remarks.iter().map(|remark| veil.without_users(remark)).collect(),
            })
            .collect(),
        build: gateway.build.as_deref().map(line),
        vulnerable: gateway
            .vulnerable
            .iter()
            .map(|v| Vulnerable {
                cve: line(&v.cve),
                status: v.status.as_str(),
                from: v.from.map(|d| d.to_string()),
                from_basis: veil.without_users(&v.from_basis),
                to: v.to.map(|d| d.to_string()),
                to_basis: veil.without_users(&v.to_basis),
            })
            .collect(),
        sessions_total: gateway.sessions_total,
        flagged: gateway.flagged.iter().map(|f| flagged(f, veil)).collect(),
        traces: gateway
            .traces
            .iter()
            .map(|t| Trace {
                rule: line(&t.rule),
                first: t.first.map(|t| t.to_string()),
                last: t.last.map(|t| t.to_string()),
                count: t.count,
                text: veil.without_users(&t.text),
                place: veil.locator(&t.locator),
            })
            .collect(),
        alternatives: gateway.alternatives.iter().map(|text| veil.without_users(text)).collect(),
        outages: gateway
            .outages
            .iter()
            .map(|o| OutageRow {
                from: o.from.to_string(),
                to: o.to.map(|t| t.to_string()),
                cause: line(&o.cause),
                basis: veil.without_users(&o.basis),
            })
            .collect(),
        timeline: gateway
            .timeline
            .iter()
            .map(|entry| Moment {
                time: entry.time.to_string(),
                text: veil.without_users(&entry.text),
                place: entry.locator.as_ref().map(|at| veil.locator(at)),
            })
            .collect(),
        leak: gateway.leak.iter().map(|text| veil.without_users(text)).collect(),
        preserve: gateway.preserve.iter().map(|text| veil.without_users(text)).collect(),
        terminate: gateway.terminate.iter().map(|command| veil.without_users(command)).collect(),
    }
}

fn flagged(flagged: &SessionVerdict, veil: &Veil<'_>) -> Flagged {
    let texts = |indicators: &[HijackIndicator]| indicators.iter().map(|i| indicator_text(i, veil)).collect();
    Flagged {
        session: flagged.session.session_id,
        sources: flagged.session.sources.iter().map(|(address, ..)| address.to_string()).collect(),
        first: flagged.session.first.to_string(),
        last: flagged.session.last.to_string(),
        verdict: flagged.verdict.as_str(),
        judged: flagged.judged.map(assay_model::Judgement::as_str),
        indicators_for: texts(&flagged.indicators_for),
        indicators_against: texts(&flagged.indicators_against),
        score: rounded(flagged.score),
        connections: flagged.session.detail.connections,
        requests: flagged.session.detail.requests,
        launches: flagged.session.detail.launches,
        authentication: veil.without_users(&flagged.session.detail.authentication),
    }
}

/// `R1 2024-11-20T08:00:00 what was seen [GW/1:ns.log line 4]`.
pub(crate) fn indicator_text(indicator: &HijackIndicator, veil: &Veil<'_>) -> String {
    format!(
        "{} {} {} [{}]",
        line(&indicator.rule),
        indicator.time,
        veil.without_users(&indicator.text),
        veil.locator(&indicator.locator)
    )
}

fn duty(duty: &assay_model::Duty, veil: &Veil<'_>) -> Duty {
    Duty {
        id: duty.id.to_string(),
        controller: duty.controller.to_string(),
        to: line(&duty.to),
        source: line(&duty.source),
        due: duty.due.map(|time| time.to_string()),
        status: duty.status.as_str(),
        reason: veil.without_users(&duty.reason),
        draft: plain(&duty.draft),
    }
}
