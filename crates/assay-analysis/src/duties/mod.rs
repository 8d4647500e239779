//! What is owed to whom, by when, with drafts: per controller, since each answers for its own people only.
//!
//! A duty is triggered by people whose data came from a body's own systems ([`DataSubject::controllers`]), never by a match
//! to its register: a trust whose systems lost nothing must not be told to write to its patients. Deadlines run from when
//! the case says that the body became aware; they are exact hours, since Art. 33 counts hours and no shift to a working
//! day was found for it. Sources, thresholds and the regulator's words are data (`rules/duties/uk.toml`).
//!
//! Deliberately not here: no clock, so nothing is called late; no sending; no severity score (ENISA's is a presumption, not
//! the legal test, and the grid of the DSPT guide was not found in a form that could be vouched for); no duty under the NIS
//! Regulations, which ask whether care was interrupted: nothing in leaked data or a gateway's log says so, and the draft asks
//! a person. Drafts hold counts only, no personal value, no path and no user name.

mod draft;
mod figures;
mod rules;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use assay_model::{
    AssertionKind, CaseInfo, Controller, ControllerId, DataSubject, Duty, DutyId, DutyStatus, Estimate, Exhibit,
    Expected, GatewayAssessment, Item, Part, Relationship, TakeoverVerdict, Verdict,
};
use jiff::{SignedDuration, Timestamp};

use crate::claims::{VictimMatch, resolve_name};
use draft::Draft;
use figures::{Figures, Held, counted, number};
use rules::{DutyKind, Rules, Source};

/// What duties rest on.
#[derive(Clone, Copy, Debug)]
pub struct DutiesInput<'a> {
    /// The case.
    pub case: &'a CaseInfo,
    /// The controllers; duties come in their order.
    pub controllers: &'a [Controller],
    /// Who acts for whom.
    pub relationships: &'a [Relationship],
    /// All exhibits.
    pub exhibits: &'a [Exhibit],
    /// Items of exhibits that hold leaked data: leaks, proof packs, prior leaks.
    pub items: &'a [Item],
    /// People, those who count and those who do not.
    pub subjects: &'a [DataSubject],
    /// How many in the whole case.
    pub estimate: &'a Estimate,
    /// How many of each part.
    pub parts: &'a BTreeMap<Part, Expected>,
    /// The claim's assertions with their grades.
    pub verdicts: &'a [Verdict],
    /// The gateway; none where the case has no gateway evidence.
    pub gateway: Option<&'a GatewayAssessment>,
}

/// The duties, `D1` on, in the order of controllers, then of due times; those without a due time last.
///
/// For each controller: the report to the ICO (UK GDPR Art. 33), for NHS bodies the DSPT incident report, for each body that
/// it acts for the notice of Art. 33(2), and the communication to data subjects (Art. 34). A processor that is no controller
/// of the case comes after the controllers.
pub fn duties(input: &DutiesInput<'_>) -> Vec<Duty> {
    let rules = rules::shipped();
    let held = Held::new(input);
    let mut all = Vec::new();
    for controller in input.controllers {
        let body = Body::new(input, &held, controller, rules);
        let mut own: Vec<Duty> = DutyKind::ALL
            .into_iter()
            .filter_map(|kind| Some((kind, rules.source(kind)?)))
            .flat_map(|(kind, source)| match kind {
                DutyKind::Regulator => vec![body.regulator(source)],
                DutyKind::Dspt => body.dspt(source).into_iter().collect(),
                DutyKind::Processor => body.notices(source),
                DutyKind::People => vec![body.people(source)],
            })
            .collect();
        // Stable: duties of one instant stay in the order of the law.
        own.sort_by_key(|duty| (duty.due.is_none(), duty.due));
        all.extend(own);
    }
    all.extend(strangers(input, &held, rules));
    for (at, duty) in all.iter_mut().enumerate() {
        duty.id = DutyId::new(format!("D{}", at + 1));
    }
    all
}

/// One controller with what the case says of it.
struct Body<'a> {
    input: &'a DutiesInput<'a>,
    held: &'a Held<'a>,
    controller: &'a Controller,
    figures: Figures<'static>,
    named: bool,
}

impl<'a> Body<'a> {
    fn new(input: &'a DutiesInput<'a>, held: &'a Held<'a>, controller: &'a Controller, rules: &'static Rules) -> Self {
        Self {
            input,
            held,
            controller,
            figures: Figures::of(input, held, &controller.id, rules),
            named: is_named(input, &controller.id),
        }
    }

    fn draft(&self) -> Draft<'_> {
        Draft { input: self.input, held: self.held, controller: self.controller, figures: &self.figures }
    }

    fn duty(&self, source: &Source, to: String, status: DutyStatus, reason: String, draft: String) -> Duty {
        let due = source
            .hours
            .and_then(|hours| self.controller.aware_at?.checked_add(SignedDuration::from_hours(hours)).ok());
        Duty {
            id: DutyId::default(),
            controller: self.controller.id.clone(),
            to,
            source: source.source.clone(),
            due,
            status,
            reason,
            draft,
        }
    }

    /// Where the report to the regulator stands, and why. Without a person found it is open only where items came
    /// from the body's shares or the claim names it: then somebody must decide within the clock.
    fn reported(&self) -> (DutyStatus, String) {
        let (figures, held) = (&self.figures, self.held);
        if figures.living > 0 {
            let found = counted(figures.living, "living person", "living people");
            return (DutyStatus::Drafted, format!("data of {found} came from this body's systems"));
        }
        if figures.found > 0 {
            return (
                DutyStatus::Open,
                "only people known to be dead were found for this body, to whom UK GDPR does not apply: a person must say \
                 whether their records tell of living relatives"
                    .into(),
            );
        }
        if figures.own_items > 0 {
            let items = counted(figures.own_items, "item", "items");
            let unread = match figures.own_unread {
                0 => "all of them read".to_owned(),
                unread => format!("{} of them not read", number(unread)),
            };
            return (
                DutyStatus::Open,
                format!(
                    "{items} came from this body's shares ({unread}), but no person was found in them: a person must assess \
                     whether they hold personal data"
                ),
            );
        }
        let nothing = if held.items.total == 0 {
            "no leaked items are held".to_owned()
        } else {
            format!("no person's data from this body's systems was found in the items read{}", self.caveat())
        };
        if self.named {
            let why =
                format!("the claim names this body, but {nothing}: a person must assess whether its data was taken");
            return (DutyStatus::Open, why);
        }
        let why = format!("{nothing}; record the decision (Art. 33(5)) and decide again if more is read or published");
        (DutyStatus::NotTriggered, why)
    }

    /// What keeps an absence from being final: unread items and undecided people.
    fn caveat(&self) -> String {
        let mut open = Vec::new();
        let unread = self.held.items.unread_total();
        if unread > 0 {
            open.push(format!("{} could not be read", counted(unread, "item", "items")));
        }
        if self.held.undecided > 0 {
            open.push(format!(
                "{} not decided to be any body's",
                counted(self.held.undecided, "person is", "people are")
            ));
        }
        if open.is_empty() { String::new() } else { format!(" ({})", open.join("; ")) }
    }

    /// When the clock started and when it ends.
    fn clock(&self, hours: i64) -> String {
        let controller = self.controller;
        match controller.aware_at {
            None => format!(
                "the start of the clock is not recorded: set aware_at and aware_basis of {} in case.toml",
                controller.id
            ),
            Some(at) => {
                let basis = match controller.aware_basis.trim() {
                    "" => "why then is not recorded: set aware_basis".to_owned(),
                    basis => basis.to_owned(),
                };
                format!("the {hours} hours run from {at} ({basis})")
            }
        }
    }

    fn regulator(&self, source: &Source) -> Duty {
        let (status, why) = self.reported();
        let draft = if status == DutyStatus::NotTriggered { String::new() } else { self.draft().regulator(source) };
        let reason = sentence(&format!("{why}; {}", self.clock(source.hours.unwrap_or_default())));
        self.duty(source, source.to.clone(), status, reason, draft)
    }

    fn dspt(&self, source: &Source) -> Option<Duty> {
        let Controller { name, ods_code, .. } = self.controller;
        let is_nhs = !ods_code.trim().is_empty() || source.bodies.iter().any(|word| name.contains(word.as_str()));
        is_nhs.then(|| {
            let (status, why) = self.reported();
            let draft = if status == DutyStatus::NotTriggered { String::new() } else { self.draft().dspt(source) };
            let reason = sentence(&format!(
                "{why}; the toolkit passes the report on to the ICO, so {}; confirm route and threshold against the current \
                 DSPT guide",
                self.clock(source.hours.unwrap_or_default())
            ));
            self.duty(source, source.to.clone(), status, reason, draft)
        })
    }

    fn people(&self, source: &Source) -> Duty {
        let figures = &self.figures;
        let to = source.to.clone();
        if figures.high_risk_people > 0 {
            let kinds: Vec<String> =
                figures.high_risk.iter().map(|group| format!("{} ({})", group.name, number(group.people))).collect();
            let reason = sentence(&format!(
                "a high risk is likely for {}: {}",
                counted(figures.high_risk_people, "living person", "living people"),
                kinds.join(", ")
            ));
            return self.duty(source, to, DutyStatus::Drafted, reason, self.draft().people(source));
        }
        let mut why = if figures.living > 0 {
            "nothing that makes a high risk likely was found about this body's people".to_owned()
        } else if figures.found > 0 {
            "only people known to be dead were found for this body".to_owned()
        } else {
            "nobody whose data came from this body's systems was found: on this evidence it writes to no patient"
                .to_owned()
        };
        why.push_str(&self.caveat());
        if figures.elsewhere > 0 {
            why = format!(
                "{why}; of those in its register, {} in items of other bodies, who answer for them",
                counted(figures.elsewhere, "person appears", "people appear")
            );
        }
        self.duty(source, to, DutyStatus::NotTriggered, sentence(&why), String::new())
    }

    /// Notices to the bodies that this one acts for.
    fn notices(&self, source: &Source) -> Vec<Duty> {
        let mine = self.input.relationships.iter().filter(|r| r.processor == self.controller.id);
        mine.map(|relationship| {
            let (status, why, draft) = notice(self.input, self.held, relationship, self.figures.found > 0);
            let aware = match self.controller.aware_at {
                Some(at) => format!("this body became aware at {at}"),
                None => "when this body became aware is not recorded".to_owned(),
            };
            let to = name_of(self.input, &relationship.controller).to_owned();
            self.duty(source, to, status, sentence(&format!("{why}; {aware}")), draft)
        })
        .collect()
    }
}

/// Where the notice of a relationship stands, why, and its draft.
fn notice(
    input: &DutiesInput<'_>,
    held: &Held<'_>,
    relationship: &Relationship,
    processor_hit: bool,
) -> (DutyStatus, String, String) {
    let rules = rules::shipped();
    let figures = Figures::of(input, held, &relationship.controller, rules);
    let service = &relationship.service;
    let takeovers = if is_gateway(service) { takeovers(input.gateway) } else { 0 };
    let draft = || draft::notice(input, held, relationship, &figures);
    if figures.found > 0 {
        let found = counted(figures.found, "person", "people");
        return (
            DutyStatus::Drafted,
            format!("data of {found} of the controller were found in the items read"),
            draft(),
        );
    }
    if takeovers > 0 {
        let sessions = counted(takeovers, "session of the gateway is", "sessions of the gateway are");
        let why = format!(
            "{sessions} consistent with takeover, but no person of the controller was found: assess \
             whether its data could be reached"
        );
        return (DutyStatus::Open, why, draft());
    }
    if processor_hit {
        let why = format!(
            "the processor's own data was taken, but no person of the controller was found: assess whether what it holds \
             for the service \u{201c}{service}\u{201d} was reached"
        );
        return (DutyStatus::Open, why, draft());
    }
    let why = "no person of the controller was found and nothing held shows that the service was misused".to_owned();
    (DutyStatus::NotTriggered, why, String::new())
}

/// Notices of processors that are no controllers of the case.
fn strangers(input: &DutiesInput<'_>, held: &Held<'_>, rules: &Rules) -> Vec<Duty> {
    let Some(source) = rules.source(DutyKind::Processor) else { return Vec::new() };
    let known = |id: &ControllerId| input.controllers.iter().any(|c| &c.id == id);
    let apart = input.relationships.iter().filter(|relationship| !known(&relationship.processor));
    apart
        .map(|relationship| {
            let (status, why, draft) = notice(input, held, relationship, false);
            Duty {
                id: DutyId::default(),
                controller: relationship.processor.clone(),
                to: name_of(input, &relationship.controller).to_owned(),
                source: source.source.clone(),
                due: None,
                status,
                reason: sentence(&why),
                draft,
            }
        })
        .collect()
}

/// Whether a relationship's service is the gateway: the case file has a word of its user's.
fn is_gateway(service: &str) -> bool {
    service.to_lowercase().contains("gateway")
}

/// Sessions of the gateway that look taken over.
fn takeovers(gateway: Option<&GatewayAssessment>) -> u64 {
    let flagged = gateway.iter().flat_map(|assessment| &assessment.flagged);
    flagged.filter(|session| session.verdict == TakeoverVerdict::ConsistentWithTakeover).count() as u64
}

/// True where a claim names the body, or may: that is enough for a person to have to decide.
fn is_named(input: &DutiesInput<'_>, id: &ControllerId) -> bool {
    input.verdicts.iter().any(|verdict| match &verdict.assertion.kind {
        AssertionKind::Victim { named } => match resolve_name(named, input.controllers) {
            VictimMatch::Named(found) => &found == id,
            VictimMatch::Candidates(found) => found.contains(id),
            VictimMatch::Unresolved => false,
        },
        _ => false,
    })
}

/// The legal name, or the id where the body is no controller of the case.
fn name_of<'a>(input: &DutiesInput<'a>, id: &'a ControllerId) -> &'a str {
    input.controllers.iter().find(|c| &c.id == id).map_or(id.as_str(), |c| c.name.as_str())
}

/// The deadline as people read it.
fn deadline(at: Option<Timestamp>) -> String {
    at.map_or_else(|| "[to be completed: the clock's start is not recorded]".to_owned(), |at| at.to_string())
}

/// A first letter in upper case and a full stop.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
    format!("{first}{}.", letters.as_str())
}
