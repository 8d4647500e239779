//! Lists of patients: extracts, waiting lists, audits, in the layouts of different offices.

use crate::{
    bodies::Body,
    clinical,
    dice::Dice,
    document::Draft,
    people::{Kind, Person, Town, spaced_nhs, years},
    sheet::{Cell, Sheet},
    slips,
};
use assay_model::{Element, Role};
use jiff::{ToSpan, civil::Date};

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Column {
    Nhs,
    Number,
    Title,
    Family,
    Given,
    /// `SMITH, John`.
    FamilyGiven,
    /// `Mr John Smith`.
    Full,
    Birth,
    Age,
    Sex,
    Street,
    Address,
    Postcode,
    Phone,
    Email,
    Diagnosis,
    /// A day between 2018 and the reference date.
    Day,
    Consultant,
    Kin,
    KinPhone,
    Ethnicity,
    Outcome,
    /// Days on a list, a score: numbers that are none of the person's.
    Count,
    /// A number of the record, ten digits long, that is no NHS number though one in eleven would pass for one.
    Record,
}

use Column as C;

pub(crate) struct Layout {
    pub(crate) title: &'static str,
    columns: &'static [(&'static str, Column)],
}

/// Layouts; the first three suit large extracts.
pub(crate) const LAYOUTS: [Layout; 9] = [
    Layout {
        title: "PAS extract",
        columns: &[
            ("NHS_NUMBER", C::Nhs),
            ("LOCAL_ID", C::Number),
            ("SURNAME", C::Family),
            ("FORENAME", C::Given),
            ("DOB", C::Birth),
            ("SEX", C::Sex),
            ("ADDR1", C::Street),
            ("POSTCODE", C::Postcode),
            ("TEL", C::Phone),
            ("APPT_DATE", C::Day),
            ("OUTCOME", C::Outcome),
        ],
    },
    Layout {
        title: "Waiting list (RTT)",
        columns: &[
            ("Pathway ID", C::Record),
            ("Patient Name", C::FamilyGiven),
            ("Date of Birth", C::Birth),
            ("NHS Number", C::Nhs),
            ("Referral Date", C::Day),
            ("Weeks waiting", C::Count),
            ("Procedure / reason", C::Diagnosis),
            ("Consultant", C::Consultant),
        ],
    },
    Layout {
        title: "Outpatient activity",
        columns: &[
            ("Unit/Hosp No", C::Number),
            ("NHS No", C::Nhs),
            ("Name", C::Full),
            ("D.O.B.", C::Birth),
            ("Post Code", C::Postcode),
            ("Attended", C::Day),
            ("Primary diagnosis", C::Diagnosis),
        ],
    },
    Layout {
        title: "Clinical audit",
        columns: &[
            ("No", C::Count),
            ("Hospital number", C::Number),
            ("Surname", C::Family),
            ("First name", C::Given),
            ("DOB", C::Birth),
            ("Diagnosis", C::Diagnosis),
            ("Date of procedure", C::Day),
            ("Length of stay", C::Count),
            ("Outcome", C::Outcome),
        ],
    },
    Layout {
        title: "Clinic list with next of kin",
        columns: &[
            ("NHS No.", C::Nhs),
            ("Child's name", C::Full),
            ("Born", C::Birth),
            ("Next of kin", C::Kin),
            ("NoK telephone", C::KinPhone),
            ("Address", C::Address),
            ("Seen on", C::Day),
        ],
    },
    Layout {
        title: "Recall list",
        columns: &[
            ("Title", C::Title),
            ("Forename", C::Given),
            ("Surname", C::Family),
            ("Address", C::Address),
            ("Telephone", C::Phone),
            ("E-mail", C::Email),
            ("Due", C::Day),
        ],
    },
    Layout {
        title: "Equality monitoring",
        columns: &[
            ("Patient", C::FamilyGiven),
            ("NHS", C::Nhs),
            ("Age", C::Age),
            ("Gender", C::Sex),
            ("Ethnic group", C::Ethnicity),
            ("Postcode", C::Postcode),
        ],
    },
    Layout {
        title: "Theatre list",
        columns: &[
            ("Date", C::Day),
            ("Patient", C::FamilyGiven),
            ("DOB", C::Birth),
            ("Unit number", C::Number),
            ("Procedure", C::Diagnosis),
            ("Surgeon", C::Consultant),
        ],
    },
    Layout {
        title: "HIV and blood-borne virus clinic attendance",
        columns: &[("Surname", C::Family), ("Forename", C::Given), ("Attended", C::Day), ("Outcome", C::Outcome)],
    },
];

/// How one office fills a layout in.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Look {
    pub(crate) nhs: NhsLook,
    pub(crate) dates: DateLook,
    pub(crate) frame: Frame,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NhsLook {
    Number,
    Plain,
    Spaced,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DateLook {
    Typed,
    Text(&'static str),
    /// Typed for the most, text where somebody pasted it.
    Both,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Frame {
    /// The header is the first row.
    Bare,
    /// Titles above, a total below, blank rows between.
    Report,
}

/// Whom a table draws on.
pub(crate) struct Office<'a> {
    pub(crate) body: Body,
    pub(crate) town: &'a Town,
    pub(crate) reference: Date,
}

impl<'a> Office<'a> {
    /// Who signs there.
    pub(crate) fn clinicians(&self) -> &'a [usize] {
        self.town.all(Kind::Clinician(self.body))
    }
}

/// Adds a table of people to a sheet, below what is there, and says who is in which row.
pub(crate) fn list(
    sheet: &mut Sheet,
    layout: &Layout,
    people: &[usize],
    look: Look,
    office: &Office<'_>,
    dice: &mut Dice,
) -> Vec<Draft> {
    if look.frame == Frame::Report {
        let first = sheet.rows.len() + 1;
        sheet.push_texts(&[office.body.name()]);
        let from = office.reference.saturating_sub(dice.between(30, 900).days());
        sheet.push_texts(&[&format!("{}: run on {}", layout.title, from.strftime("%d/%m/%Y"))]);
        let last_column = char::from(b'A' + (layout.columns.len() - 1) as u8);
        sheet.merged.extend([format!("A{first}:{last_column}{first}"), format!("A{0}:{last_column}{0}", first + 1)]);
        sheet.push_blank();
    }
    sheet.push(layout.columns.iter().map(|(header, _)| Cell::text(*header)).collect());
    let mut drafts = Vec::new();
    for (n, at) in people.iter().enumerate() {
        if look.frame == Frame::Report && n > 0 && dice.below(40) == 0 {
            sheet.push_blank();
        }
        let (cells, mentioned) = row(layout, office.town.person(*at), n, look, office, dice);
        let number = sheet.push(cells);
        let name = sheet.name.clone();
        drafts.extend(mentioned.into_iter().map(|draft| draft.in_row(&name, number)));
    }
    if look.frame == Frame::Report {
        sheet.push_blank();
        sheet.push(vec![Cell::text("Total"), Cell::Number(people.len().to_string())]);
        sheet.push_texts(&["Source: patient administration system. Confidential."]);
    }
    drafts
}

fn row(
    layout: &Layout,
    person: &Person,
    n: usize,
    look: Look,
    office: &Office<'_>,
    dice: &mut Dice,
) -> (Vec<Cell>, Vec<Draft>) {
    let mut written = slips::written(person, dice);
    let has = |column| layout.columns.iter().any(|(_, c)| *c == column);
    if !has(C::Nhs) {
        written.nhs = None;
    }
    if !has(C::Birth) {
        written.birth = None;
    }
    let mut drafts = vec![Draft {
        nhs: written.nhs.clone().unwrap_or_default(),
        family: written.family.clone(),
        given: written.given.clone(),
        birth: written.birth,
        ..Draft::of(person, Role::Patient)
    }];
    let kin = office.town.household(person).find(|other| years(other.birth, person.birth) >= 16);
    let consultant = office.town.person(dice.pick(office.clinicians()));
    let mut cells = Vec::new();
    let mut decoys = Vec::new();
    for (place, (_, column)) in layout.columns.iter().enumerate() {
        cells.push(match column {
            C::Nhs => nhs_cell(written.nhs.as_deref(), look.nhs),
            C::Number => Cell::text(person.number_at(office.body).unwrap_or_default()),
            C::Title => Cell::text(person.title.clone()),
            C::Family => Cell::text(written.family.clone()),
            C::Given => Cell::text(written.given.clone()),
            C::FamilyGiven => Cell::text(format!("{}, {}", written.family.to_uppercase(), written.given)),
            C::Full => Cell::text(format!("{} {} {}", person.title, written.given, written.family)),
            C::Birth => written.birth.map_or(Cell::Empty, |birth| date_cell(birth, look.dates, dice)),
            C::Age => Cell::Number(years(person.birth, office.reference).to_string()),
            C::Sex => Cell::text(format!("{:?}", person.sex).chars().take(1).collect::<String>()),
            C::Street => Cell::text(person.home.street.clone()),
            C::Address => Cell::text(person.home.address()),
            C::Postcode => Cell::text(person.home.postcode.clone()),
            C::Phone => Cell::text(person.phone.clone().unwrap_or_default()),
            C::Email => Cell::text(person.email.clone().unwrap_or_default()),
            C::Diagnosis => Cell::text(clinical::diagnosis(dice.pick(office.body.specialties()), dice)),
            C::Day => {
                let earliest = jiff::civil::date(2018, 1, 8).max(person.birth);
                let days = earliest.until(office.reference).map_or(30, |span| i64::from(span.get_days()));
                date_cell(earliest.saturating_add(dice.between(0, days.max(1) - 1).days()), look.dates, dice)
            }
            C::Consultant => {
                drafts.push(Draft::named(consultant, Role::Staff));
                Cell::text(format!("Dr {} {}", consultant.first(), consultant.family))
            }
            C::Kin => match kin {
                Some(kin) => Cell::text(kin.titled()),
                None => Cell::Empty,
            },
            C::KinPhone => Cell::text(kin.and_then(|kin| kin.phone.clone()).unwrap_or_default()),
            C::Ethnicity => Cell::text(dice.weighted(&[
                ("White British", 80),
                ("White Irish", 6),
                ("Asian or Asian British - Pakistani", 6),
                ("Black African", 4),
                ("Not stated", 4),
            ])),
            C::Outcome => Cell::text(dice.pick(&["Discharged", "Follow up", "DNA", "Attended", "Transferred"])),
            C::Count => Cell::Number(
                // A first column of counts numbers the rows.
                if place == 0 { n as i64 + 1 } else { dice.between(1, 98) }.to_string(),
            ),
            C::Record => {
                let number = format!("{}{}", dice.between(1, 9), dice.digits(9));
                decoys.push(number.clone());
                Cell::Number(number)
            }
        });
    }
    if let Some(patient) = drafts.first_mut() {
        let home = has(C::Address) || has(C::Postcode);
        *patient = patient.clone().reached_at(
            home.then_some(&person.home.postcode),
            person.phone.as_deref().filter(|_| has(C::Phone)),
            person.email.as_deref().filter(|_| has(C::Email)),
        );
        patient.decoys = decoys;
        if let Some(number) = person.number_at(office.body).filter(|_| has(C::Number)) {
            *patient = patient.clone().giving(Element::HospitalNumber, number);
        }
    }
    if let Some(kin) = kin.filter(|_| has(C::Kin)) {
        // The address is the child's; a telephone of one's own makes the relative more than a name.
        let draft =
            if kin.phone.is_some() { Draft::of(kin, Role::Relative) } else { Draft::named(kin, Role::Relative) };
        drafts
            .push(draft.giving(Element::Phone, kin.phone.as_deref().filter(|_| has(C::KinPhone)).unwrap_or_default()));
    }
    (cells, drafts)
}

fn nhs_cell(nhs: Option<&str>, look: NhsLook) -> Cell {
    match (nhs, look) {
        (None, _) => Cell::Empty,
        (Some(nhs), NhsLook::Number) => Cell::Number(nhs.to_owned()),
        (Some(nhs), NhsLook::Plain) => Cell::text(nhs),
        (Some(nhs), NhsLook::Spaced) => Cell::text(spaced_nhs(nhs)),
    }
}

fn date_cell(date: Date, look: DateLook, dice: &mut Dice) -> Cell {
    match look {
        DateLook::Typed => Cell::Date(date),
        DateLook::Text(form) => Cell::text(date.strftime(form).to_string()),
        DateLook::Both if dice.percent(85) => Cell::Date(date),
        DateLook::Both => Cell::text(date.strftime("%d.%m.%Y").to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{NhsRange, people::Founder};

    /// Each record stands in the row that the truth names, in every layout and every look.
    #[test]
    fn a_row_holds_whom_its_truth_names() {
        let reference = jiff::civil::date(2024, 11, 28);
        let town = Founder::found(9, 700, NhsRange::TestRange, reference);
        let patients = town.of(|person| person.number_at(Body::Heart).is_some());
        let office = Office { body: Body::Heart, town: &town, reference };
        let mut dice = Dice::new(9, "tables");
        for layout in &LAYOUTS {
            for frame in [Frame::Bare, Frame::Report] {
                let look = Look { nhs: NhsLook::Plain, dates: DateLook::Typed, frame };
                let mut sheet = Sheet::new("s");
                sheet.push_texts(&["something above"]);
                let drafts = list(&mut sheet, layout, &patients[..60], look, &office, &mut dice);
                assert!(drafts.len() >= 60);
                for draft in drafts {
                    let row = &sheet.rows[draft.first as usize - 1];
                    let holds = |text: &str| {
                        row.iter().any(
                            |cell| matches!(cell, Cell::Text(t) if t.to_lowercase().contains(&text.to_lowercase())),
                        )
                    };
                    assert!(holds(&draft.family) && holds(&draft.given), "{}: {draft:?}", layout.title);
                    assert!(draft.nhs.is_empty() || holds(&draft.nhs), "{}", layout.title);
                    let dated = |birth: Date| row.iter().any(|cell| matches!(cell, Cell::Date(date) if *date == birth));
                    assert!(draft.birth.is_none_or(dated), "{}", layout.title);
                }
            }
        }
    }
}
