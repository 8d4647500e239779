//! The verdict in one sentence, and the terminal summary that `assay run` prints.
//!
//! The sentence counts how the claim's statements stand; it grades no incident as a whole, since a claim may be right
//! about one thing and wrong about the next. Likelihood stands in the claim's lines, confidence only in the report.

use crate::{
    mask::{Reveal, Veil},
    tally::{Ages, Tally},
    words::{counted, instant, line, list, thousands, wrap},
};
use assay_model::{
    ControllerId, Dossier, Duty, DutyStatus, ExhibitKind, GatewayAssessment, Role, TakeoverVerdict, UnreadReason,
    Verdict, VerdictKind, VulnerableStatus, is_proof_only,
};
use std::collections::BTreeMap;

const WIDTH: usize = 100;
const LABEL: usize = 10;

/// The verdict in one sentence: how the claim's statements stand, how many people, whose.
pub fn verdict_sentence(dossier: &Dossier) -> String {
    let tally = Tally::of(dossier);
    let people = people_clause(dossier, &tally);
    match claim_clause(dossier) {
        Some(claim) => format!("{claim}: {people}."),
        None => format!("On the evidence held, no claim was tested: {people}."),
    }
}

/// At most some thirty lines of at most 100 columns: verdict, count, whose, who, claim, gateway, what was not read, what
/// is due. Without personal values.
pub fn summary(dossier: &Dossier) -> String {
    let tally = Tally::of(dossier);
    let mut out = vec![
        format!("{}  {}", line(&dossier.case.reference), line(&dossier.case.title)),
        String::new(),
        wrap(&verdict_sentence(dossier), WIDTH, 0),
        String::new(),
    ];
    block(&mut out, "Urgent", vec![urgent_text(dossier)], 1);
    block(&mut out, "People", count_lines(dossier, &tally), 2);
    block(&mut out, "Whose", controller_lines(dossier, &tally), 4);
    let dead = if tally.deceased > 0 { format!("; {} deceased", thousands(tally.deceased)) } else { String::new() };
    block(&mut out, "Who", vec![ages_text(tally.ages) + &dead, roles_text(&tally)], 2);
    let tranches = vec![crate::tranches::adds_text(dossier), crate::tranches::changed_text(dossier)];
    block(&mut out, "Tranches", tranches, 2);
    block(&mut out, "Registers", crate::tranches::token_lines(dossier), 4);
    block(&mut out, "Claim", dossier.verdicts.iter().map(claim_line).collect(), 11);
    block(&mut out, "Gateway", gateway_lines(dossier), 2);
    block(&mut out, "Items", vec![items_text(dossier, &tally)], 1);
    block(&mut out, "Not read", vec![unread_text(&tally)], 1);
    block(&mut out, "Due", due_lines(dossier), 3);
    out.push(String::new());
    out.join("\n")
}

/// What stands with the figures of what harms first.
pub(crate) fn urgent_note() -> &'static str {
    "Marked by rule, to be looked at by a person first; a record may be in several classes. No credential was tried: whether \
     one still opens anything is not known."
}

/// The classes of which something was found, most urgent first, on one line or two.
fn urgent_text(dossier: &Dossier) -> String {
    let (_, classes) = crate::tally::urgent(&dossier.urgent);
    let found = classes.into_iter().filter(|(_, standing)| standing.records > 0);
    let classes: Vec<String> = found.map(|(harm, of)| format!("{} {}", harm.as_str(), thousands(of.records))).collect();
    if classes.is_empty() { String::new() } else { format!("{} records: `assay export urgent`", classes.join(", ")) }
}

/// Why nothing is estimated from what a gang showed as proof.
pub(crate) const PROOF: &str = "a proof pack is chosen by the group and tells of nobody beyond it";

/// What the numbers of people cover, and what they do not.
pub(crate) fn scope_sentence() -> String {
    "Covers the people mentioned in the leaked items held, as sealed in the exhibits named in as_of; it sets no bound on \
     what the group may hold beyond them."
        .to_owned()
}

/// The state of the evidence that the numbers are of: no clock, the seals.
pub(crate) fn sealed_as(dossier: &Dossier) -> String {
    let seals: Vec<String> = dossier
        .exhibits
        .iter()
        .filter(|exhibit| matches!(exhibit.kind, ExhibitKind::Leak | ExhibitKind::ProofPack))
        .map(|exhibit| {
            let sha256: String = exhibit.sha256.to_string().chars().take(16).collect();
            format!("{} (sha256 {sha256})", exhibit.id)
        })
        .collect();
    if seals.is_empty() { "no exhibit of leaked data is held".to_owned() } else { list(&seals) }
}

/// `312 children, 800 adults, 92 of unknown age`.
pub(crate) fn ages_text(ages: Ages) -> String {
    format!(
        "{}, {}, {} of unknown age",
        counted(ages.children, "child", "children"),
        counted(ages.adults, "adult", "adults"),
        thousands(ages.unknown)
    )
}

/// Who claims: `INC Ransom`, or `3 groups`.
pub(crate) fn claimant(dossier: &Dossier) -> String {
    let mut groups: Vec<String> = dossier.claims.iter().map(|claim| line(&claim.group)).collect();
    groups.retain(|group| !group.is_empty());
    groups.sort_unstable();
    groups.dedup();
    match groups.as_slice() {
        [] => "an unnamed group".to_owned(),
        [one] => one.clone(),
        several => format!("{} groups", several.len()),
    }
}

/// How the statements stand: supported, contradicted, undetermined.
pub(crate) fn standing(verdicts: &[Verdict]) -> (usize, usize, usize) {
    let count = |wanted: &str| verdicts.iter().filter(|v| v.verdict.as_str() == wanted).count();
    (count("supported"), count("contradicted"), count("undetermined"))
}

fn claim_clause(dossier: &Dossier) -> Option<String> {
    let total = dossier.verdicts.len();
    let (supported, contradicted, open) = standing(&dossier.verdicts);
    let claimant = claimant(dossier);
    let statements = match total {
        0 => return None,
        1 => "the one statement tested".to_owned(),
        n => format!("the {n} statements tested"),
    };
    let mut parts = Vec::new();
    if supported > 0 {
        parts.push(format!("supports {supported}"));
    }
    if contradicted > 0 {
        parts.push(format!("contradicts {contradicted}"));
    }
    if open > 0 {
        parts.push(format!("leaves {open} open"));
    }
    Some(format!("Of {statements} in the claim of {claimant}, the evidence held {}", list(&parts)))
}

fn people_clause(dossier: &Dossier, tally: &Tally) -> String {
    if tally.items.total == 0 {
        return "no leaked item is held, so nobody can be counted".to_owned();
    }
    if tally.count == 0 {
        return format!("nobody who counts was found in the {} held", counted(tally.items.total, "item", "items"));
    }
    let estimate = &dossier.estimate;
    let shown = format!(
        "it shows {}, {} of them {}, {}",
        counted(tally.count, "person", "people"),
        thousands(tally.ages.children),
        if tally.ages.children == 1 { "a child" } else { "children" },
        whose_clause(dossier, tally)
    );
    if is_proof_only(&dossier.exhibits) {
        return format!("{shown}, which is a floor: {PROOF}");
    }
    format!(
        "{shown}, and an estimated {} in all the items held (95 % interval {} to {})",
        thousands(estimate.estimate),
        thousands(estimate.low),
        thousands(estimate.high)
    )
}

fn whose_clause(dossier: &Dossier, tally: &Tally) -> String {
    let mut holders: Vec<(&ControllerId, u64)> =
        tally.by_controller.iter().map(|(id, ages)| (id, ages.total())).filter(|(_, n)| *n > 0).collect();
    holders.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
    let mut names: Vec<String> =
        holders.iter().take(3).map(|(id, n)| format!("{} ({})", controller_name(dossier, id), thousands(*n))).collect();
    if holders.len() > names.len() {
        names.push(counted((holders.len() - names.len()) as u64, "other", "others"));
    }
    if names.is_empty() { "of no controller that could be told".to_owned() } else { format!("of {}", list(&names)) }
}

/// A controller's legal name, or its id where it has none.
pub(crate) fn controller_name(dossier: &Dossier, id: &ControllerId) -> String {
    dossier
        .controllers
        .iter()
        .find(|controller| &controller.id == id && !controller.name.is_empty())
        .map_or_else(|| id.to_string(), |controller| line(&controller.name))
}

fn count_lines(dossier: &Dossier, tally: &Tally) -> Vec<String> {
    let e = &dossier.estimate;
    if is_proof_only(&dossier.exhibits) {
        return vec![
            format!(
                "{} shown, a floor and no estimate; {} known to a register",
                thousands(tally.count),
                thousands(e.floor)
            ),
            PROOF.to_owned(),
        ];
    }
    vec![
        format!(
            "{} found; {} estimated in the items held (95 % interval {} to {})",
            thousands(tally.count),
            thousands(e.estimate),
            thousands(e.low),
            thousands(e.high)
        ),
        format!(
            "at least {} (register), at most {}; what the group holds beyond is not bounded",
            thousands(e.floor),
            thousands(e.ceiling)
        ),
    ]
}

fn controller_lines(dossier: &Dossier, tally: &Tally) -> Vec<String> {
    let mut rows: Vec<(&ControllerId, &Ages)> = tally.by_controller.iter().collect();
    rows.sort_by(|a, b| b.1.total().cmp(&a.1.total()).then(a.0.cmp(b.0)));
    let mut lines: Vec<String> = rows
        .into_iter()
        .map(|(id, ages)| {
            let name = clip(&controller_name(dossier, id), 38);
            let [total, children, adults, unknown] =
                [ages.total(), ages.children, ages.adults, ages.unknown].map(thousands);
            format!("{total:>6}  {name}: {children} children, {adults} adults, {unknown} age unknown")
        })
        .collect();
    if tally.no_controller > 0 {
        lines.insert(
            lines.len().min(3),
            format!("{:>6}  of no controller that could be told", thousands(tally.no_controller)),
        );
    }
    lines
}

fn roles_text(tally: &Tally) -> String {
    let roles: Vec<String> = Role::ALL
        .into_iter()
        .filter_map(|role| Some((role, tally.by_role.get(&role).copied().filter(|n| *n > 0)?)))
        .map(|(role, n)| format!("{} {}", role.as_str(), thousands(n)))
        .collect();
    roles.join(", ")
}

fn claim_line(verdict: &Verdict) -> String {
    let grade = match verdict.verdict {
        VerdictKind::Undetermined(reason) => format!("undetermined ({})", reason.as_str()),
        decided => match verdict.term {
            Some(term) => format!("{}, {}", decided.as_str(), term.term),
            None => decided.as_str().to_owned(),
        },
    };
    format!("{:<4} {grade:<30} {}", verdict.assertion.id.to_string(), line(&verdict.assertion.text))
}

fn gateway_lines(dossier: &Dossier) -> Vec<String> {
    let Some(gateway) = &dossier.gateway else {
        return vec!["no gateway evidence is held".to_owned()];
    };
    let taken = takeovers(gateway);
    let flaws = vulnerable_then(dossier, gateway);
    let build = gateway.build.as_deref().map_or_else(|| "build unknown".to_owned(), |b| format!("build {}", line(b)));
    vec![
        match flaws.is_empty() {
            true => format!("{build}, not known to have been vulnerable at the breach"),
            false => format!("{build}, vulnerable at the breach to {}", list(&flaws)),
        },
        format!(
            "{}, {} flagged, {taken} consistent with takeover",
            counted(gateway.sessions_total, "session", "sessions"),
            gateway.flagged.len()
        ),
    ]
}

/// The flaws of the build seen that were known on the day of the breach: one known only later says what to patch, not how
/// they got in.
pub(crate) fn vulnerable_then(dossier: &Dossier, gateway: &GatewayAssessment) -> Vec<String> {
    let day = dossier.case.reference_date;
    let then = gateway
        .vulnerable
        .iter()
        .filter(|flaw| flaw.status == VulnerableStatus::Vulnerable && flaw.from.is_none_or(|from| from <= day));
    then.map(|flaw| line(&flaw.cve)).collect()
}

/// Flagged sessions whose lines are what a takeover would leave.
pub(crate) fn takeovers(gateway: &GatewayAssessment) -> usize {
    gateway.flagged.iter().filter(|f| f.verdict == TakeoverVerdict::ConsistentWithTakeover).count()
}

/// `2,000: distinct contents 1,640, near-duplicate groups 120, threads 300; 12 opened with a password`.
fn items_text(dossier: &Dossier, tally: &Tally) -> String {
    if tally.items.total == 0 {
        return String::new();
    }
    let alike = &dossier.alike;
    let [total, contents, groups, threads] =
        [tally.items.total, alike.contents, alike.near_groups, alike.threads].map(thousands);
    let opened = match dossier.items.iter().filter(|item| item.opened_with.is_some()).count() {
        0 => String::new(),
        n => format!("; {} opened with a password", thousands(n as u64)),
    };
    format!("{total}: distinct contents {contents}, near-duplicate groups {groups}, threads {threads}{opened}")
}

fn unread_text(tally: &Tally) -> String {
    let reasons: Vec<String> = UnreadReason::ALL
        .into_iter()
        .filter_map(|r| Some((r, tally.items.unread.get(&r).copied().filter(|n| *n > 0)?)))
        .map(|(r, n)| format!("{} {}", r.as_str().replace('_', " "), thousands(n)))
        .collect();
    let partial = match tally.items.partial {
        0 => String::new(),
        n => format!("; {} in part", thousands(n)),
    };
    let total = format!("{} of {}", thousands(tally.items.unread_total()), counted(tally.items.total, "item", "items"));
    if reasons.is_empty() { format!("{total}{partial}") } else { format!("{total}: {}{partial}", reasons.join(", ")) }
}

/// Duties that a person has still to do, soonest first; those without a time last.
pub(crate) fn pending(dossier: &Dossier) -> Vec<&Duty> {
    let mut duties: Vec<&Duty> =
        dossier.duties.iter().filter(|d| matches!(d.status, DutyStatus::Open | DutyStatus::Drafted)).collect();
    duties.sort_by_key(|duty| (duty.due.is_none(), duty.due));
    duties
}

fn due_lines(dossier: &Dossier) -> Vec<String> {
    // One line a time and addressee: three trusts with one clock are one line.
    let veil = Veil::new(dossier, Reveal::Masked);
    let mut lines: Vec<(String, Vec<String>)> = Vec::new();
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    for duty in pending(dossier) {
        let when = duty.due.map_or_else(|| "without undue delay".to_owned(), |due| format!("by {}", instant(due)));
        let text = format!("{when}  {} to {}", duty.status.as_str(), veil.without_users(&duty.to));
        let place = *places.entry(text.clone()).or_insert(lines.len());
        match lines.get_mut(place) {
            Some((_, bodies)) => bodies.push(duty.controller.to_string()),
            None => lines.push((text, vec![duty.controller.to_string()])),
        }
    }
    if lines.is_empty() {
        return vec!["nothing is open".to_owned()];
    }
    lines.into_iter().map(|(text, bodies)| format!("{text}: {}", bodies.join(", "))).collect()
}

/// Adds a labelled block of at most `most` lines; what does not fit is counted, never dropped silently.
fn block(out: &mut Vec<String>, label: &str, lines: Vec<String>, most: usize) {
    let mut lines: Vec<String> = lines.into_iter().filter(|text| !text.is_empty()).collect();
    if lines.len() > most {
        let more = lines.len() + 1 - most;
        lines.truncate(most.saturating_sub(1));
        lines.push(format!("and {more} more in the report"));
    }
    for (number, text) in lines.into_iter().enumerate() {
        let label = if number == 0 { label } else { "" };
        out.push(format!("{label:<LABEL$}{}", clip(&text, WIDTH - LABEL)));
    }
}

fn clip(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    let mut out: String = text.chars().take(width.saturating_sub(1)).collect();
    out.push('…');
    out
}
