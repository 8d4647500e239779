//! The texts of drafts: plain words, counts only, and what is not known said as such.
//!
//! What only the body can know is marked `[to be completed: ...]`; nothing is invented to fill a form. The order of the
//! report is that of the regulator's form as far as it was seen; the online form's wording was not.

use std::fmt::Write as _;

use assay_model::{
    Controller, ControllerId, Relationship, UnreadReason, Vulnerability, VulnerableStatus, is_proof_only,
};
use jiff::SignedDuration;

use super::figures::{Figures, Group, Held, counted, number};
use super::rules::{Source, shipped};
use super::{DutiesInput, deadline, is_gateway, name_of, takeovers};

/// What a draft of one controller is written from.
pub(super) struct Draft<'a> {
    pub(super) input: &'a DutiesInput<'a>,
    pub(super) held: &'a Held<'a>,
    pub(super) controller: &'a Controller,
    pub(super) figures: &'a Figures<'a>,
}

impl Draft<'_> {
    pub(super) fn regulator(&self, source: &Source) -> String {
        let title = "Draft: report of a personal data breach to the Information Commissioner's Office";
        format!(
            "{}{}{}{}{}{}{}",
            self.head(title, source),
            self.what_happened(source),
            self.whose(),
            self.what_data(),
            consequences(self.figures),
            measures(),
            self.close()
        )
    }

    pub(super) fn dspt(&self, source: &Source) -> String {
        let title = "Draft: incident report in the Data Security and Protection Toolkit";
        let judged = "\nFor the toolkit's own questions\n\
             - How likely is harm: the data is in the hands of criminals who say that they publish it.\n\
             - How severe: [to be completed: by the current DSPT guide].\n\
             - Was care interrupted, for how many users, how long and where: [to be completed: the NIS Regulations 2018, reg. 11, ask \
             this of operators of essential services; nothing in leaked data tells].\n";
        format!(
            "{}{}{}{}{judged}{}{}{}",
            self.head(title, source),
            self.what_happened(source),
            self.whose(),
            self.what_data(),
            consequences(self.figures),
            measures(),
            self.close()
        )
    }

    fn head(&self, title: &str, source: &Source) -> String {
        let Controller { name, ods_code, .. } = self.controller;
        let ods = if ods_code.is_empty() { String::new() } else { format!(" (ODS code {ods_code})") };
        format!(
            "{title}\nSource: {}. For the data protection officer to check; nothing has been sent.\n\nController: {name}{ods}\n\
             Case: {}\nReport: initial, in phases (Art. 33(4)) [to be completed: or follow-up, with the ICO's reference]\n",
            source.source, self.input.case.reference
        )
    }

    fn what_happened(&self, source: &Source) -> String {
        let due = source
            .hours
            .and_then(|hours| self.controller.aware_at?.checked_add(SignedDuration::from_hours(hours)).ok());
        let basis = match self.controller.aware_basis.trim() {
            "" => "[to be completed: why then]",
            basis => basis,
        };
        let mut out = format!(
            "\nWhat happened\n- A criminal group claims to hold data of the body, or has published it. Cyber incident: yes.\n\
             - Breach dated: {} [to be completed: confirm; and when it was discovered]\n- Became aware: {} ({basis})\n\
             - The report is due: {}; if it is later: [to be completed: the reasons for the delay]\n",
            self.input.case.reference_date,
            deadline(self.controller.aware_at),
            deadline(due),
        );
        if runs_through_gateway(self.input, &self.controller.id) {
            out.push_str(&gateway(self.input));
        }
        out.push_str("- How they got in: [to be completed: what is confirmed, and what is not]\n");
        out
    }

    /// Categories and approximate number of data subjects, Art. 33(3)(a).
    fn whose(&self) -> String {
        let figures = self.figures;
        let mut out = String::from("\nWhose data\n");
        if figures.found == 0 {
            out.push_str(
                "- No person whose data came from this body's systems has been found so far. Number of data subjects: not yet \
                 known.\n",
            );
            return out;
        }
        let found = counted(figures.living, "living person", "living people");
        let _ = match is_proof_only(self.input.exhibits) {
            true => writeln!(
                out,
                "- Data subjects found in what was shown as proof: {found}; at least so many, and no estimate can be made from it"
            ),
            false => writeln!(
                out,
                "- Data subjects found: {found}\n- In the items held, read or not: between {} and {} (95 % interval for this body)\n- At most, in the items held: {} (the \
                 case's maximum less those who are other bodies' alone)",
                number(figures.range.low),
                number(figures.range.high),
                number(figures.range.most),
            ),
        };
        let roles: Vec<String> =
            figures.roles.iter().map(|(role, people)| format!("{} {}", role.as_str(), number(*people))).collect();
        let _ = writeln!(
            out,
            "- By role: {}\n- On {}: children (under 18) {}, adults {}, age not known {}",
            roles.join(", "),
            self.input.case.reference_date,
            number(figures.children),
            number(figures.adults),
            number(figures.age_unknown)
        );
        if figures.deceased > 0 {
            let _ = writeln!(
                out,
                "- Known to be dead, and not in the numbers above: {} (outside UK GDPR; the duty of confidence can outlive them)",
                number(figures.deceased)
            );
        }
        out
    }

    /// Categories and approximate number of records, Art. 33(3)(a).
    fn what_data(&self) -> String {
        let figures = self.figures;
        if figures.living == 0 {
            return String::from("\nWhat data\n- Not yet known.\n");
        }
        let mut out = format!(
            "\nWhat data\n- Records: about {} in {}\n- Categories, with the number of people:\n",
            number(figures.records),
            counted(figures.documents, "document", "documents")
        );
        for Group { name, people, .. } in &figures.categories {
            let _ = writeln!(out, "    {name}: {}", number(*people));
        }
        let elements: Vec<String> =
            figures.elements.iter().map(|(element, people)| format!("{element} {}", number(*people))).collect();
        let _ = writeln!(out, "- In detail: {}", elements.join(", "));
        let patients = figures.roles.iter().find(|(role, _)| *role == assay_model::Role::Patient);
        if let Some((_, people)) = patients {
            let _ = writeln!(
                out,
                "- That somebody is a patient is itself data concerning health: {}",
                counted(*people, "person", "people")
            );
        }
        out
    }

    fn close(&self) -> String {
        let mut out = unknown(self.held);
        if self.figures.elsewhere > 0 {
            let _ = writeln!(
                out,
                "- Of those in this body's register, {} only in items of other bodies and {} not counted here.",
                counted(self.figures.elsewhere, "person appears", "people appear"),
                if self.figures.elsewhere == 1 { "is" } else { "are" }
            );
        }
        out.push_str(
            "\nContact\n- [to be completed: data protection officer or other contact: name, telephone, mail]\n",
        );
        out.push_str(&scope(self.held));
        out
    }

    /// The communication to data subjects, with a guide before it that is no part of the letter.
    pub(super) fn people(&self, source: &Source) -> String {
        let figures = self.figures;
        let name = &self.controller.name;
        let mut out = format!(
            "Guide to this draft (not part of the letter)\n- Source: {}. For the data protection officer to check; nothing has been \
             sent.\n- To: {} for whom a high risk is likely. They are in the export of data subjects under {}.\n\
             - Keep in each letter only the kinds of data that were found about that person.\n",
            source.source,
            counted(figures.high_risk_people, "living person", "living people"),
            self.controller.id
        );
        if figures.without_contact > 0 {
            let _ = writeln!(
                out,
                "- For {} of them the items read hold no address, phone or email: use the body's own records.",
                number(figures.without_contact)
            );
        }
        if figures.children > 0 {
            let _ = writeln!(
                out,
                "- {} under 18: a person decides whether the letter goes to the child or to a parent. A letter to a parent may \
                 disclose care that a child who can decide has kept private. Write so that the child can follow.",
                counted(figures.children, "person is", "people are")
            );
        }
        if figures.deceased > 0 {
            let _ = writeln!(
                out,
                "- {} known to be dead: do not write to them. Whether to tell families is for the Caldicott Guardian.",
                counted(figures.deceased, "person is", "people are")
            );
        }
        out.push_str(
            "- Exceptions (Art. 34(3)): the data cannot be understood by others; later steps removed the high risk; or it would take \
             disproportionate effort, and then a public notice that works as well.\n- Meet recorded needs (large print, Easy Read, \
             languages).\n",
        );
        out.push_str(&unknown(self.held));
        out.push_str(&scope(self.held));
        let elements: Vec<&str> =
            figures.elements.keys().map(|word| if *word == "nhs number" { "NHS number" } else { word }).collect();
        let _ = write!(
            out,
            "\nLetter\n\nDear [to be completed: name]\n\nCriminals have taken data from {name}. Some of it is about you. We are sorry.\n\n\
             What happened\n[to be completed: date and what is confirmed, in two or three short sentences]\n\n\
             What was taken\nThe files may show your: {}.\n\n\
             What this can mean for you\n",
            elements.join(", ")
        );
        for consequence in distinct_consequences(figures) {
            let _ = writeln!(out, "- {}", upper_first(consequence));
        }
        let _ = write!(
            out,
            "\nWhat we are doing\n[to be completed: what was done and what comes next]\n\n\
             What you can do\n- Be careful with calls, letters and messages about this. We will never ask you for a password or for \
             your bank details.\n- Do not look for the files and do not pass them on.\n{}\
             - If you are worried about your safety, call us. In danger, call 999.\n\n\
             Ask us\n[to be completed: data protection officer or other contact: telephone, mail, hours]\n\
             You can complain to the Information Commissioner's Office: [to be completed: its current contact]\n\n\
             We are still looking at the files. We will write again if we find more about you.\n",
            advice(figures)
        );
        out
    }
}

/// The notice of a processor to a controller, Art. 33(2).
pub(super) fn notice(
    input: &DutiesInput<'_>,
    held: &Held<'_>,
    relationship: &Relationship,
    figures: &Figures<'_>,
) -> String {
    let (from, to) = (name_of(input, &relationship.processor), name_of(input, &relationship.controller));
    let mut out = format!(
        "Draft: notice of a personal data breach to a controller\nSource: UK GDPR Art. 33(2). For the data protection officer to \
         check; nothing has been sent.\n\nFrom: {from}\nTo: {to}\nService: {}\nCase: {}\n\n\
         We act for you in this service. We tell you without undue delay that a personal data breach may concern your data.\n\n\
         What we know\n",
        relationship.service, input.case.reference
    );
    if figures.found > 0 {
        let _ = writeln!(
            out,
            "- Your people found in the items read: {}, of them children (under 18) on {}: {}.",
            number(figures.found),
            input.case.reference_date,
            number(figures.children)
        );
        let categories: Vec<&str> = figures.categories.iter().map(|group| group.name).collect();
        if !categories.is_empty() {
            let _ = writeln!(out, "- Kinds of data: {}.", categories.join(", "));
        }
    } else {
        out.push_str("- No person of yours has been found in the items read so far.\n");
    }
    if is_gateway(&relationship.service) {
        out.push_str(&gateway(input));
    }
    out.push_str(
        "- What happened and since when: [to be completed: what is confirmed]\n- Measures taken: [to be completed]\n",
    );
    out.push_str(&unknown(held));
    out.push_str(
        "\nYour own duties (Art. 33 and 34) run from when you are told. We can give you the list of your people by a safe way.\n\
         Contact: [to be completed: name, telephone, mail]\n",
    );
    out.push_str(&scope(held));
    out
}

/// True where the case ties the body to the gateway, or ties nobody to anything: then the gateway is its own.
fn runs_through_gateway(input: &DutiesInput<'_>, id: &ControllerId) -> bool {
    let gateways = || input.relationships.iter().filter(|r| is_gateway(&r.service));
    gateways().next().is_none() || gateways().any(|r| &r.processor == id || &r.controller == id)
}

/// What the gateway's evidence says, as far as it goes.
fn gateway(input: &DutiesInput<'_>) -> String {
    let Some(assessment) = input.gateway else { return String::new() };
    let mut out = String::new();
    let sessions = takeovers(Some(assessment));
    if sessions > 0 {
        let _ = writeln!(
            out,
            "- Gateway: {} of {} rebuilt from its logs {} consistent with takeover. That is no proof of what was done in them.",
            number(sessions),
            counted(assessment.sessions_total, "session", "sessions"),
            if sessions == 1 { "is" } else { "are" }
        );
    }
    // A flaw known only after the breach says what to patch, not how they got in.
    let then = |flaw: &&Vulnerability| flaw.from.is_none_or(|from| from <= input.case.reference_date);
    let flaws: Vec<&str> = assessment
        .vulnerable
        .iter()
        .filter(|flaw| flaw.status == VulnerableStatus::Vulnerable)
        .filter(then)
        .map(|flaw| flaw.cve.as_str())
        .collect();
    if !flaws.is_empty() {
        let _ = writeln!(
            out,
            "- Gateway: its build was vulnerable to {}. That it was vulnerable does not show that it was used.",
            flaws.join(", ")
        );
    }
    out
}

fn consequences(figures: &Figures<'_>) -> String {
    let mut out = String::from("\nLikely consequences\n");
    for consequence in distinct_consequences(figures) {
        let _ = writeln!(out, "- {}", upper_first(consequence));
    }
    out.push_str("- [to be completed: what the body's clinicians and safeguarding lead add]\n");
    out
}

fn measures() -> &'static str {
    "\nMeasures\n- Before the breach: [to be completed]\n- Taken since, to deal with it and to lessen harm: [to be completed]\n\
     - Other bodies told (police, NCSC, NHS England): [to be completed]\n"
}

/// What is not known, in numbers.
fn unknown(held: &Held<'_>) -> String {
    let mut out = String::from("\nWhat is not known\n");
    let unread = held.items.unread_total();
    if held.items.total == 0 {
        out.push_str("- No leaked items are held.\n");
    } else if unread > 0 {
        let reasons: Vec<String> = UnreadReason::ALL
            .into_iter()
            .filter_map(|reason| {
                let items = *held.items.unread.get(&reason)?;
                (items > 0).then(|| format!("{} {}", reason_words(reason), number(items)))
            })
            .collect();
        let _ = writeln!(
            out,
            "- {} of {} could not be read ({}). Who is in them is not known.",
            number(unread),
            counted(held.items.total, "item", "items"),
            reasons.join(", ")
        );
    }
    if held.items.partial > 0 {
        let _ = writeln!(out, "- {} read in part.", counted(held.items.partial, "item was", "items were"));
    }
    if held.undecided > 0 {
        let _ = writeln!(
            out,
            "- Found, but not decided to be any body's: {}. Some may be this body's.",
            counted(held.undecided, "person", "people")
        );
    }
    if !held.complete {
        out.push_str("- What is held may be less than what was taken.\n");
    }
    if held.complete && unread == 0 && held.undecided == 0 && held.items.partial == 0 && held.items.total > 0 {
        out.push_str("- Every item held was read. What criminals hold beyond it cannot be known.\n");
    }
    out
}

fn reason_words(reason: UnreadReason) -> &'static str {
    match reason {
        UnreadReason::Encrypted => "encrypted",
        UnreadReason::Corrupt => "damaged",
        UnreadReason::Unsupported => "in a format that is not read",
        UnreadReason::NoOcr => "pictures without text recognition",
        UnreadReason::Limit => "over a limit",
        UnreadReason::Timeout => "not read in time",
    }
}

/// What the numbers cover: the same words in every draft.
fn scope(held: &Held<'_>) -> String {
    let names = held.exhibits.iter().map(|id| id.as_str()).collect::<Vec<_>>().join(", ");
    let of = if names.is_empty() { String::new() } else { format!(" ({names})") };
    format!(
        "\nScope: the numbers cover the leaked items held when this draft was made{of}. They set no bound on what the criminals hold. \
         Sources of law last checked on {}.\n",
        shipped().checked
    )
}

/// Each once, in the order of the rules.
fn distinct_consequences<'r>(figures: &Figures<'r>) -> Vec<&'r str> {
    let mut distinct: Vec<&str> = Vec::new();
    for group in &figures.categories {
        if !group.consequence.is_empty() && !distinct.contains(&group.consequence) {
            distinct.push(group.consequence);
        }
    }
    distinct
}

/// Advice that depends on what was taken.
fn advice(figures: &Figures<'_>) -> String {
    let mut out = String::new();
    let any = |words: &[&str]| words.iter().any(|word| figures.elements.contains_key(word));
    if any(&["bank account", "payment card"]) {
        out.push_str("- Bank or card details: tell your bank, and look at your statements.\n");
    }
    if any(&["credential"]) {
        out.push_str("- Passwords: change yours, wherever you use it.\n");
    }
    if any(&["passport number", "driving licence number", "national insurance number"]) {
        out.push_str("- Identity documents and numbers: look at your credit record for what you do not know.\n");
    }
    out
}

fn upper_first(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect::<String>() + "."
}
