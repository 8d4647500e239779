//! The registers of the three bodies, each in the form that its own system exports.
//!
//! Registers are old: some hold the name before a marriage, a few a slip of the pen, a few no NHS number.

use crate::{bodies::Body, dice::Dice, people::Person, people::Town, slips};
use jiff::civil::Date;

/// The register of a body as CSV.
pub(crate) fn write(body: Body, town: &Town, seed: u64) -> Result<Vec<u8>, csv::Error> {
    let mut dice = Dice::new(seed, body.id());
    let delimiter = if body == Body::Heart { b';' } else { b',' };
    let mut writer =
        csv::WriterBuilder::new().delimiter(delimiter).terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    let header: &[&str] = match body {
        Body::Children => &[
            "HOSP_NO",
            "NHS_NUMBER",
            "TITLE",
            "SURNAME",
            "FORENAME",
            "MIDDLE_NAMES",
            "SEX",
            "DOB",
            "ADDRESS_1",
            "ADDRESS_2",
            "POST_CODE",
            "TEL_HOME",
            "EMAIL",
            "DATE_OF_DEATH",
            "GP_NAME",
        ],
        Body::Heart => &[
            "Unit Number",
            "Patient Name",
            "Date of Birth",
            "Gender",
            "NHS Number",
            "Address",
            "Postcode",
            "Telephone",
            "E-mail",
            "Deceased Date",
        ],
        Body::Community => &[
            "Client ID",
            "Full Name",
            "Previous Surname",
            "Birth Date",
            "NHS No.",
            "Home Address",
            "Post Code",
            "Contact Number",
            "Email Address",
            "Date Deceased",
        ],
    };
    writer.write_record(header)?;
    let mut members: Vec<(&str, &Person)> =
        town.people.iter().filter_map(|person| Some((person.number_at(body)?, person))).collect();
    members.sort_unstable_by_key(|(number, _)| *number);
    for (number, person) in members {
        writer.write_record(row(body, number, person, town, &mut dice))?;
    }
    writer.into_inner().map_err(|error| error.into_error().into())
}

fn row(body: Body, number: &str, person: &Person, town: &Town, dice: &mut Dice) -> Vec<String> {
    let mut family = match &person.former_family {
        Some(former) if dice.percent(50) => former.clone(),
        _ => person.family.clone(),
    };
    if dice.below(250) == 0 {
        family = slips::one_letter(&family, dice);
    }
    let nhs = if dice.percent(99) { person.nhs.clone() } else { String::new() };
    let phone = person.phone.clone().unwrap_or_default();
    let email = person.email.clone().unwrap_or_default();
    let middle = person.given.get(1..).unwrap_or_default().join(" ");
    let sex = format!("{:?}", person.sex);
    let spaced = crate::people::spaced_nhs(&nhs);
    match body {
        Body::Children => vec![
            number.to_owned(),
            nhs,
            person.title.to_uppercase(),
            family.to_uppercase(),
            person.first().to_uppercase(),
            middle.to_uppercase(),
            sex.chars().take(1).collect(),
            person.birth.strftime("%d/%m/%Y").to_string(),
            person.home.street.clone(),
            person.home.town.to_owned(),
            person.home.postcode.clone(),
            phone,
            email,
            day(person.death, "%d/%m/%Y"),
            town.person(person.practitioner).titled(),
        ],
        Body::Heart => vec![
            number.to_owned(),
            format!("{}, {} {}", family.to_uppercase(), person.given.join(" "), title_in_brackets(person)),
            person.birth.to_string(),
            sex,
            spaced,
            format!("{}, {}", person.home.street, person.home.town),
            person.home.postcode.clone(),
            phone,
            email,
            day(person.death, "%Y-%m-%d"),
        ],
        Body::Community => vec![
            number.to_owned(),
            format!("{} {family}", person.given.join(" ")),
            person.former_family.clone().filter(|former| *former != family).unwrap_or_default(),
            person.birth.strftime("%d-%b-%Y").to_string(),
            spaced,
            format!("{}\n{}", person.home.street, person.home.town),
            person.home.postcode.replace(' ', ""),
            phone.replace(' ', ""),
            email.to_uppercase(),
            day(person.death, "%d-%b-%Y"),
        ],
    }
}

fn title_in_brackets(person: &Person) -> String {
    format!("({})", person.title)
}

fn day(day: Option<Date>, form: &str) -> String {
    day.map_or_else(String::new, |day| day.strftime(form).to_string())
}
