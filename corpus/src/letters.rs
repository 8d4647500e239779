//! Letters of clinics and wards: who writes to whom about whom, in the templates of each body.
//!
//! The reference block differs as it does between real systems: labels in a line, a table, two columns, no labels at all. The
//! consultant who signs and the practitioner who gets a copy are named and no more.

use crate::{
    bodies::Body,
    clinical,
    dice::Dice,
    document::Draft,
    page::{Block, bold, line, pairs, paragraph},
    people::{Home, Kind, Person, Town, spaced_nhs, years},
    slips::{Written, written},
};
use assay_model::{Element, Role};
use jiff::{ToSpan, civil::Date};

/// A letter before it has a format.
pub(crate) struct Letter {
    pub(crate) blocks: Vec<Block>,
    pub(crate) drafts: Vec<Draft>,
    pub(crate) date: Date,
    pub(crate) specialty: &'static str,
    pub(crate) written: Written,
    /// Who signs, as the document's properties have it.
    pub(crate) author: String,
}

/// What a letter says, whatever its template.
struct Facts<'a> {
    body: Body,
    person: &'a Person,
    written: Written,
    /// Named in the letter, with the address, as the one it is sent to.
    parent: Option<&'a Person>,
    clinician: &'a Person,
    practitioner: &'a Person,
    specialty: &'static str,
    date: Date,
    seen: Date,
    diagnosis: &'static str,
    /// A twin whom the letter is about too, in the template that has room for one.
    twin: Option<(&'a Person, Written)>,
}

impl Facts<'_> {
    /// Where the letter goes: to the address of its day.
    fn home(&self) -> &Home {
        self.person.home_on(self.date)
    }

    fn nhs(&self) -> String {
        self.written.nhs.as_deref().map_or_else(String::new, spaced_nhs)
    }

    fn birth(&self, form: &str) -> String {
        self.written.birth.map_or_else(String::new, |birth| birth.strftime(form).to_string())
    }

    fn number(&self) -> String {
        self.person.number_at(self.body).unwrap_or_default().to_owned()
    }

    /// `Mr John SMITH`.
    fn shouted(&self) -> String {
        format!("{} {} {}", self.person.title, self.written.given, self.written.family.to_uppercase())
    }

    fn plain(&self) -> String {
        format!("{} {} {}", self.person.title, self.written.given, self.written.family)
    }

    fn reference(&self, dice: &mut Dice) -> String {
        let initials: String =
            [self.clinician.first(), &self.clinician.family].iter().filter_map(|name| name.chars().next()).collect();
        format!("{initials}/{}/{}", ["kw", "jd", "am", "tr"][dice.below(4)], dice.digits(6))
    }
}

/// Writes a letter of `body` about a person between 2018 and the reference date.
pub(crate) fn compose(body: Body, at: usize, town: &Town, reference: Date, dice: &mut Dice) -> Letter {
    let person = town.person(at);
    let earliest = jiff::civil::date(2018, 1, 8).max(person.birth);
    let latest = person.death.unwrap_or(reference).min(reference.saturating_sub(20.days()));
    let span = latest.since(earliest).map_or(0, |span| i64::from(span.get_days()));
    let date = earliest.saturating_add(dice.between(0, span.max(0)).days());
    let minor = years(person.birth, date) < 16;
    let parent = town.household(person).find(|other| years(other.birth, person.birth) >= 16);
    let parent = parent.filter(|_| minor && dice.percent(55));
    let facts = Facts {
        body,
        person,
        written: written(person, dice),
        parent,
        clinician: town.person(dice.pick(town.all(Kind::Clinician(body)))),
        practitioner: town.person(person.practitioner),
        specialty: dice.pick(body.specialties()),
        date,
        seen: date.saturating_sub(dice.between(0, 9).days()),
        diagnosis: "",
        twin: None,
    };
    let diagnosis = clinical::diagnosis(facts.specialty, dice);
    let template = dice.below(3);
    let twin = town.household(person).find(|other| other.birth == person.birth && other.family == person.family);
    let twin = twin.filter(|_| (body, template) == (Body::Children, 0)).map(|twin| (twin, written(twin, dice)));
    let facts = Facts { diagnosis, twin, ..facts };
    let author = facts.clinician.titled();
    let mut draft = Draft::of(person, Role::Patient);
    // What the template leaves out, the document does not say.
    let shown = Written {
        nhs: if template == 2 && body == Body::Children { None } else { facts.written.nhs.clone() },
        ..facts.written.clone()
    };
    draft.nhs = shown.nhs.clone().unwrap_or_default();
    draft.family = shown.family.clone();
    draft.given = shown.given.clone();
    draft.birth = shown.birth;
    draft = draft
        .reached_at(
            shows_home(body, template, facts.parent.is_some()).then_some(&facts.home().postcode),
            person.phone.as_deref().filter(|_| (body, template) == (Body::Heart, 1)),
            None,
        )
        .giving(
            Element::HospitalNumber,
            if shows_number(body, template) { facts.person.number_at(body).unwrap_or_default() } else { "" },
        );
    let mut drafts = vec![draft];
    drafts.extend(facts.twin.as_ref().map(|(twin, slip)| Draft {
        nhs: slip.nhs.clone().unwrap_or_default(),
        family: slip.family.clone(),
        given: slip.given.clone(),
        birth: slip.birth,
        ..Draft::of(twin, Role::Patient)
    }));
    let mut blocks = match (body, template) {
        (Body::Children, 0) => childrens_line(&facts, dice),
        (Body::Children, 1) => childrens_table(&facts, dice),
        (Body::Children, _) => childrens_parent(&facts, dice),
        (Body::Heart, 0) => heart_columns(&facts, dice),
        (Body::Heart, 1) => heart_summary(&facts, dice),
        (Body::Heart, _) => heart_unlabelled(&facts, dice),
        (Body::Community, 0) => community_labels(&facts, dice),
        (Body::Community, 1) => community_table(&facts, dice),
        (Body::Community, _) => community_line(&facts, dice),
    };
    if let Some(parent) = facts.parent.filter(|_| names_parent(body, template)) {
        drafts.push(Draft::of(parent, Role::Relative).giving(Element::Postcode, &facts.home().postcode));
    }
    drafts.push(Draft::named(facts.clinician, Role::Staff));
    if template != 2 || body != Body::Children {
        blocks.push(line(format!(
            "cc  {}, {} Surgery, {}",
            facts.practitioner.titled(),
            surgery(facts.practitioner),
            facts.home().town
        )));
        drafts.push(Draft::named(facts.practitioner, Role::Unknown));
    }
    Letter { blocks, drafts, date, specialty: facts.specialty, written: shown, author }
}

/// Templates that give the address of the person it is about, and not of a parent.
fn shows_home(body: Body, template: usize, to_parent: bool) -> bool {
    !(names_parent(body, template) && to_parent)
}

fn shows_number(body: Body, template: usize) -> bool {
    !matches!((body, template), (Body::Children | Body::Community, 2))
}

fn names_parent(body: Body, template: usize) -> bool {
    body == Body::Children && template != 1
}

fn surgery(practitioner: &Person) -> &'static str {
    const SURGERIES: [&str; 6] = ["Harbour Road", "Priory", "Beacon Hill", "The Old Ropewalk", "Saltmarsh", "Highbeck"];
    SURGERIES[practitioner.at % SURGERIES.len()]
}

fn letterhead(facts: &Facts<'_>) -> Vec<Block> {
    let body = facts.body;
    vec![
        bold(body.name()),
        line(body.site()),
        line(body.site_address()),
        line(format!("Switchboard {}    www.{}", body.switchboard(), body.domain())),
        Block::Gap,
    ]
}

fn signed(facts: &Facts<'_>, blocks: &mut Vec<Block>, dice: &mut Dice) {
    let close = dice.pick(&["Yours sincerely", "With kind regards", "Best wishes", "Yours sincerely,"]);
    let post = dice.pick(&["Consultant", "Consultant", "Specialty Registrar", "Associate Specialist"]);
    let by = format!("{} {}", facts.clinician.titled(), ["MBChB FRCP", "MD FRCPCH", ""][dice.below(3)]);
    blocks.extend([
        line(close),
        Block::Gap,
        line(dice.pick(&["Electronically signed", "Dictated but not signed", ""])),
        line(by.trim_end().to_owned()),
        line(format!("{post} in {}", facts.specialty)),
        Block::Gap,
    ]);
}

fn content(facts: &Facts<'_>, blocks: &mut Vec<Block>, dice: &mut Dice) {
    blocks.extend(
        clinical::paragraphs(facts.specialty, facts.diagnosis, &facts.written.given, facts.person.sex, dice)
            .into_iter()
            .map(paragraph),
    );
}

/// All in one line over the text, as a typing pool did it.
fn childrens_line(facts: &Facts<'_>, dice: &mut Dice) -> Vec<Block> {
    let mut blocks = letterhead(facts);
    blocks.push(line(format!("Our ref: {}", facts.reference(dice))));
    blocks.push(line(format!("Clinic date: {}", facts.seen.strftime("%d/%m/%Y"))));
    blocks.push(line(format!("Typed: {}", facts.date.strftime("%d/%m/%Y"))));
    blocks.push(Block::Gap);
    match facts.parent {
        Some(parent) => blocks.push(line(parent.titled())),
        None => blocks.push(line(format!("Parent/Guardian of {} {}", facts.written.given, facts.written.family))),
    }
    blocks.extend([
        line(facts.home().street.clone()),
        line(facts.home().town),
        line(facts.home().postcode.clone()),
        Block::Gap,
    ]);
    blocks.push(line(match facts.parent {
        Some(parent) => format!("Dear {} {}", parent.title, parent.family),
        None => "Dear Parent/Guardian".to_owned(),
    }));
    blocks.push(Block::Gap);
    let nhs = if facts.written.nhs.is_some() { format!("NHS No: {}  ", facts.nhs()) } else { String::new() };
    let re = format!(
        "Re: {} {}  DOB: {}  {nhs}{}: {}",
        facts.written.given,
        facts.written.family.to_uppercase(),
        facts.birth("%d/%m/%Y"),
        facts.body.number_label(),
        facts.number()
    );
    blocks.push(bold(re.trim_end_matches([':', ' ']).to_owned()));
    if let Some((twin, slip)) = &facts.twin {
        let born = slip.birth.map_or_else(String::new, |birth| birth.strftime("%d/%m/%Y").to_string());
        let nhs = slip.nhs.as_deref().map_or_else(String::new, |nhs| format!("  NHS No: {}", spaced_nhs(nhs)));
        let number = twin.number_at(facts.body).map_or_else(String::new, |number| format!("  Hospital No: {number}"));
        blocks.push(bold(format!("and: {} {}  DOB: {born}{nhs}{number}", slip.given, slip.family.to_uppercase())));
    }
    blocks.push(Block::Gap);
    content(facts, &mut blocks, dice);
    signed(facts, &mut blocks, dice);
    blocks
}

/// A table over the text, as the document system fills it in.
fn childrens_table(facts: &Facts<'_>, dice: &mut Dice) -> Vec<Block> {
    let mut blocks = letterhead(facts);
    let (name, born, nhs, number, address) =
        (facts.shouted(), facts.birth("%d %B %Y"), facts.nhs(), facts.number(), facts.home().address());
    let date = facts.date.strftime("%d %B %Y").to_string();
    let mut rows = vec![("Patient", name.as_str()), ("Date of Birth", &born)];
    if facts.written.nhs.is_some() {
        rows.push(("NHS Number", &nhs));
    }
    if !number.is_empty() {
        rows.push(("Hospital Number", &number));
    }
    rows.extend([("Address", address.as_str()), ("Date of letter", &date)]);
    blocks.extend([pairs(&rows), Block::Gap, line(format!("Dear {}", facts.practitioner.titled())), Block::Gap]);
    content(facts, &mut blocks, dice);
    signed(facts, &mut blocks, dice);
    blocks
}

/// A short letter to the family, without the number.
fn childrens_parent(facts: &Facts<'_>, dice: &mut Dice) -> Vec<Block> {
    let mut blocks = letterhead(facts);
    let given = &facts.written.given;
    let to = facts.parent.map_or_else(|| format!("The parents of {given} {}", facts.written.family), Person::titled);
    blocks.extend([
        line(to),
        line(facts.home().street.clone()),
        line(format!("{}  {}", facts.home().town, facts.home().postcode)),
        Block::Gap,
    ]);
    blocks.push(line(facts.date.strftime("%A %d %B %Y").to_string()));
    blocks.push(bold(format!(
        "{} appointment for {given} {}, born {}",
        facts.specialty,
        facts.written.family,
        facts.birth("%d.%m.%Y")
    )));
    blocks.push(Block::Gap);
    let (weeks, hour) = (dice.between(2, 10), dice.between(9, 16));
    // Clinics are on weekdays, so the letter's own weekday will not do where it fell on a weekend.
    let monday = facts.date.saturating_sub(i64::from(facts.date.weekday().to_monday_zero_offset()).days());
    let day = monday.saturating_add((weeks * 7 + dice.between(0, 4)).days());
    blocks.push(paragraph(format!("We would like to see {given} in the {} clinic on {} at {hour}:{:02}. Please bring a list of any medicines. {} If you cannot come, please ring us on {} so that another child can have the appointment.", facts.specialty, day.strftime("%A %d %B"), dice.pick(&[0, 15, 30, 45]), clinical::reason(facts.diagnosis, given, dice), facts.body.switchboard())));
    signed(facts, &mut blocks, dice);
    blocks
}

/// The address on the left, the numbers on the right.
fn heart_columns(facts: &Facts<'_>, dice: &mut Dice) -> Vec<Block> {
    let mut blocks = letterhead(facts);
    let person = facts.person;
    let left = vec![
        "PRIVATE & CONFIDENTIAL".to_owned(),
        facts.plain(),
        facts.home().street.clone(),
        facts.home().town.to_owned(),
        facts.home().postcode.clone(),
    ];
    let mut right =
        vec![format!("Our Ref: {}", facts.reference(dice)), format!("Date: {}", facts.date.strftime("%d %b %Y"))];
    if !facts.number().is_empty() {
        right.push(format!("Unit No: {}", facts.number()));
    }
    if facts.written.nhs.is_some() {
        right.push(format!("NHS No: {}", facts.nhs()));
    }
    right.push(format!("D.O.B: {}", facts.birth("%d-%b-%Y")));
    blocks.extend([
        Block::Columns(left, right),
        Block::Gap,
        line(format!("Dear {} {}", person.title, facts.written.family)),
        Block::Gap,
    ]);
    content(facts, &mut blocks, dice);
    signed(facts, &mut blocks, dice);
    blocks
}

/// A discharge summary with its fields.
fn heart_summary(facts: &Facts<'_>, dice: &mut Dice) -> Vec<Block> {
    let mut blocks = letterhead(facts);
    let person = facts.person;
    let name = format!("{}, {}", facts.written.family.to_uppercase(), facts.written.given);
    // The system prints two figures for a year; the ward's own form four. Two are used only where they can mean one year.
    let certain = facts.written.birth.is_some_and(|birth| (1925..2000).contains(&birth.year()));
    let form = if certain && dice.percent(50) { "%d/%m/%y" } else { "%d/%m/%Y" };
    let (born, nhs, number, address) = (facts.birth(form), facts.nhs(), facts.number(), facts.home().address());
    let stay = facts.seen.saturating_sub(dice.between(1, 12).days());
    let (admitted, discharged) = (stay.strftime("%d/%m/%Y").to_string(), facts.seen.strftime("%d/%m/%Y").to_string());
    let (diagnosis, phone) = (facts.diagnosis, person.phone.clone().unwrap_or_default());
    let consultant = facts.clinician.titled();
    let mut rows = vec![("PATIENT", name.as_str()), ("D.O.B.", &born)];
    for (label, value) in [("NHS No.", &nhs), ("Unit Number", &number), ("Tel", &phone)] {
        if !value.is_empty() {
            rows.push((label, value));
        }
    }
    rows.extend([
        ("Address", address.as_str()),
        ("Admitted", &admitted),
        ("Discharged", &discharged),
        ("Consultant", &consultant),
        ("Diagnosis", diagnosis),
    ]);
    blocks.extend([bold("DISCHARGE SUMMARY"), pairs(&rows), Block::Gap]);
    content(facts, &mut blocks, dice);
    if let Some(death) = person.death.filter(|death| *death <= facts.date.saturating_add(30.days())) {
        blocks.push(paragraph(format!("Sadly {} died on {}.", facts.written.given, death.strftime("%d/%m/%Y"))));
    }
    if dice.percent(30) {
        blocks.push(Block::PageBreak);
    }
    blocks.push(bold("Medication on discharge"));
    let mut medicines = vec![vec!["Drug".to_owned(), "Dose".to_owned(), "Frequency".to_owned()]];
    medicines.extend(clinical::medicines(dice));
    blocks.extend([Block::Table(medicines), Block::Gap]);
    signed(facts, &mut blocks, dice);
    blocks
}

/// Who it is about in one line, without a label.
fn heart_unlabelled(facts: &Facts<'_>, dice: &mut Dice) -> Vec<Block> {
    let mut blocks = letterhead(facts);
    blocks.extend([
        line(facts.date.strftime("%d %B %Y").to_string()),
        Block::Gap,
        line(facts.practitioner.titled()),
        line(format!("{} Surgery", surgery(facts.practitioner))),
        Block::Gap,
        line(format!("Dear {} {}", facts.practitioner.title, facts.practitioner.family)),
        Block::Gap,
    ]);
    let mut about = vec![facts.plain(), facts.birth("%d.%m.%Y")];
    about.extend(facts.written.nhs.as_deref().map(spaced_nhs));
    about.extend(Some(facts.number()).filter(|number| !number.is_empty()));
    about.push(facts.home().address());
    blocks.extend([bold(about.join(", ")), Block::Gap]);
    content(facts, &mut blocks, dice);
    signed(facts, &mut blocks, dice);
    blocks
}

/// One label a line.
fn community_labels(facts: &Facts<'_>, dice: &mut Dice) -> Vec<Block> {
    let mut blocks = letterhead(facts);
    blocks.push(line(format!("Date: {}", facts.date.strftime("%d/%m/%Y"))));
    blocks.push(line(format!("Client name: {}", facts.plain())));
    blocks.push(line(format!("Date of birth: {}", facts.birth("%d/%m/%Y"))));
    if facts.written.nhs.is_some() {
        blocks.push(line(format!("NHS number: {}", facts.nhs())));
    }
    if !facts.number().is_empty() {
        blocks.push(line(format!("Client ID: {}", facts.number())));
    }
    blocks.extend([
        line(format!("Address: {}", facts.home().address())),
        Block::Gap,
        line("Dear Colleague"),
        Block::Gap,
    ]);
    content(facts, &mut blocks, dice);
    signed(facts, &mut blocks, dice);
    blocks
}

/// Four cells in a row, label and value by turns.
fn community_table(facts: &Facts<'_>, dice: &mut Dice) -> Vec<Block> {
    let mut blocks = letterhead(facts);
    let row = |cells: [&str; 4]| cells.map(str::to_owned).to_vec();
    let (birth, date) = (facts.birth("%d-%b-%Y"), facts.date.strftime("%d-%b-%Y").to_string());
    blocks.push(Block::Table(vec![
        row(["Name", &facts.plain(), "Date", &date]),
        row(["DOB", &birth, "NHS", &facts.nhs()]),
        row(["Client ID", &facts.number(), "Postcode", &facts.home().postcode]),
    ]));
    blocks.extend([Block::Gap, line("Dear Colleague"), Block::Gap]);
    content(facts, &mut blocks, dice);
    signed(facts, &mut blocks, dice);
    blocks
}

/// One line with strokes between.
fn community_line(facts: &Facts<'_>, dice: &mut Dice) -> Vec<Block> {
    let mut blocks = letterhead(facts);
    let mut about =
        vec![format!("{} {}", facts.written.given, facts.written.family), format!("DOB {}", facts.birth("%d/%m/%Y"))];
    about.extend(facts.written.nhs.as_ref().map(|nhs| format!("NHS {nhs}")));
    about.push(facts.home().postcode.clone());
    blocks.extend([
        line(facts.date.strftime("%d/%m/%Y").to_string()),
        Block::Gap,
        line("Dear Dr"),
        bold(format!("RE: {}", about.join(" / "))),
        Block::Gap,
    ]);
    content(facts, &mut blocks, dice);
    signed(facts, &mut blocks, dice);
    blocks
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{NhsRange, document::Extent, page, people::Founder};

    /// What a letter is said to say stands in it, in every template.
    #[test]
    fn a_letter_says_what_its_truth_says() {
        let reference = jiff::civil::date(2024, 11, 28);
        let town = Founder::found(4, 900, NhsRange::TestRange, reference);
        for body in Body::ALL {
            let patients = town.of(|person| person.number_at(body).is_some());
            let mut dice = Dice::new(4, body.id());
            for at in patients.into_iter().take(150) {
                let letter = compose(body, at, &town, reference, &mut dice);
                let text = String::from_utf8(page::text(&letter.blocks)).unwrap();
                let folded = text.to_lowercase();
                let digits: String = text.chars().filter(|c| !c.is_whitespace()).collect();
                assert_eq!(
                    letter.drafts.iter().filter(|draft| draft.role == Role::Patient).count() > 1,
                    text.contains("and: ")
                );
                for draft in &letter.drafts {
                    assert!(folded.contains(&draft.family.to_lowercase()), "{text}\n{draft:?}");
                    assert!(folded.contains(&draft.given.to_lowercase()), "{text}\n{draft:?}");
                    assert!(draft.nhs.is_empty() || digits.contains(&draft.nhs), "{text}\n{draft:?}");
                    assert!(draft.extent == Extent::More || draft.nhs.is_empty());
                    let forms = ["%d/%m/%Y", "%d/%m/%y", "%d %B %Y", "%d.%m.%Y", "%d-%b-%Y"];
                    let shown = |birth: Date| forms.iter().any(|form| text.contains(&birth.strftime(form).to_string()));
                    assert!(draft.birth.is_none_or(shown), "{text}\n{draft:?}");
                }
                assert!(letter.date <= reference && letter.date >= town.person(at).birth);
            }
        }
    }
}
