//! The review sheet: decisions of resolution near the edge, most valuable first, a row each, with columns to fill in; and what comes
//! back in them.
//!
//! A person who decides needs what was compared and nothing more: names, date of birth, postcode, numbers, contacts, and where they
//! stand. No diagnosis is on the sheet. Masked, values show what they are only; the levels of the comparison (`date of birth: one
//! digit slip`) are there either way.

use crate::export::defused;
use crate::mask::{Reveal, Veil};
use crate::sheet::SheetError;
use crate::{RenderError, explain};
use assay_model::{DataSubject, Dossier, Element, LinkExplanation, Locator, Mention, MentionId, SubjectId, Value};
use std::io::Write;

const COLUMNS: [&str; 14] = [
    "rank",
    "question",
    SUBJECT,
    OTHER,
    "probability",
    "worth",
    "hangs_on",
    "compared",
    "first",
    "first_in",
    "second",
    "second_in",
    ANSWER,
    NOTE,
];
const SUBJECT: &str = "subject_id";
const OTHER: &str = "other";
const ANSWER: &str = "answer";
const NOTE: &str = "note";

/// A row of the sheet.
#[derive(Clone, Debug)]
pub struct ReviewRow<'a> {
    /// The person asked about.
    pub subject: &'a DataSubject,
    /// The other person; none where a mention is asked about.
    pub other: Option<&'a DataSubject>,
    /// The mention asked about.
    pub mention: Option<&'a Mention>,
    /// The probability, by the weights, that the answer is yes.
    pub probability: f64,
    /// What it is worth; orders the list.
    pub worth: f64,
    /// What hangs on it.
    pub hangs: &'a [String],
    /// The comparison that speaks for it most.
    pub link: Option<&'a LinkExplanation>,
}

impl ReviewRow<'_> {
    /// What is asked.
    pub fn question(&self) -> &'static str {
        if self.other.is_some() { "one person?" } else { "this person's?" }
    }

    fn other_id(&self) -> String {
        let mention = || self.mention.map(|mention| mention.id.to_string());
        self.other.map(|other| other.id.to_string()).or_else(mention).unwrap_or_default()
    }
}

/// What was filled in for one row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReviewAnswer {
    /// The row of the sheet, the header being 1.
    pub row: usize,
    /// The person asked about.
    pub subject: SubjectId,
    /// With whom, or with what.
    pub other: ReviewOther,
    /// Whether they are one.
    pub yes: bool,
    /// What the reader wrote beside it.
    pub note: String,
}

/// The other side of a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReviewOther {
    /// A person.
    Subject(SubjectId),
    /// A mention.
    Mention(MentionId),
}

impl ReviewOther {
    /// Reads an id as it is shown.
    pub fn parse(text: &str) -> Option<Self> {
        let subject = || text.starts_with("P-").then(|| Self::Subject(SubjectId::new(text)));
        MentionId::parse(text).map(Self::Mention).or_else(subject)
    }
}

/// Writes the sheet.
///
/// # Errors
/// Where `out` fails; what was written is then incomplete.
pub fn write_review(
    dossier: &Dossier,
    rows: &[ReviewRow<'_>],
    reveal: Reveal,
    out: &mut dyn Write,
) -> Result<(), RenderError> {
    let veil = Veil::new(dossier, reveal);
    let mut writer = csv::Writer::from_writer(out);
    writer.write_record(COLUMNS)?;
    for (rank, row) in (1..).zip(rows) {
        let (first, second) = match (row.other, row.mention) {
            (Some(other), _) => (
                (of_subject(row.subject, &veil), places(row.subject, &veil)),
                (of_subject(other, &veil), places(other, &veil)),
            ),
            (None, Some(mention)) => (
                (of_subject(row.subject, &veil), places(row.subject, &veil)),
                (of_mention(mention, &veil), veil.locator(&mention.locator)),
            ),
            (None, None) => Default::default(),
        };
        let cells: [String; 14] = [
            rank.to_string(),
            row.question().to_owned(),
            row.subject.id.to_string(),
            row.other_id(),
            format!("{:.3}", row.probability),
            format!("{:.2}", row.worth),
            row.hangs.join("; "),
            row.link.map(explain::compared).unwrap_or_default(),
            first.0,
            first.1,
            second.0,
            second.1,
            String::new(),
            String::new(),
        ];
        writer.write_record(cells.iter().map(|cell| defused(cell).into_owned()))?;
    }
    writer.flush()?;
    Ok(())
}

/// The elements that are compared.
const COMPARED: [Element; 10] = [
    Element::Name,
    Element::DateOfBirth,
    Element::NhsNumber,
    Element::HospitalNumber,
    Element::NationalInsuranceNumber,
    Element::Postcode,
    Element::Address,
    Element::Phone,
    Element::Email,
    Element::BankAccount,
];

fn of_mention(mention: &Mention, veil: &Veil<'_>) -> String {
    let values = COMPARED.into_iter().flat_map(|element| {
        mention.values(element).map(move |value| {
            let text = match value {
                Value::Text(text) => text.clone(),
                Value::Date(date) => date.to_string(),
                Value::Name(name) => explain::full_name(name),
            };
            veil.value(element.as_str(), &text)
        })
    });
    values.collect::<Vec<_>>().join("; ")
}

fn of_subject(subject: &DataSubject, veil: &Veil<'_>) -> String {
    let mut values: Vec<(&str, String)> = Vec::new();
    values.extend(subject.name.iter().map(|name| ("name", explain::full_name(name.reveal()))));
    values.extend(subject.date_of_birth.iter().map(|date| ("date of birth", date.reveal().to_string())));
    let texts = [
        ("nhs number", subject.nhs_number.iter().collect::<Vec<_>>()),
        ("hospital number", subject.hospital_numbers.iter().collect()),
        ("postcode", subject.postcode.iter().collect()),
        ("phone", subject.phones.iter().collect()),
        ("email", subject.emails.iter().collect()),
    ];
    for (what, all) in texts {
        values.extend(all.into_iter().map(|text| (what, text.reveal().clone())));
    }
    values.iter().map(|(what, value)| veil.value(what, value)).collect::<Vec<_>>().join("; ")
}

/// The first items of a person, and the rows of registers.
fn places(subject: &DataSubject, veil: &Veil<'_>) -> String {
    const SHOWN: usize = 5;
    let items = subject.documents.iter().take(SHOWN).map(|(exhibit, path)| veil.located(exhibit, path));
    let more = subject.documents.len().saturating_sub(SHOWN);
    let more = (more > 0).then(|| format!("and {more} more"));
    let rows = subject.register_rows.iter().map(|(_, at): &(_, Locator)| veil.locator(at));
    items.chain(more).chain(rows).collect::<Vec<_>>().join("; ")
}

/// What was filled in; rows without an answer are passed over.
///
/// # Errors
/// A sheet out of form, or an answer that is neither yes nor no.
pub fn read_review(text: &str) -> Result<Vec<ReviewAnswer>, SheetError> {
    let mut reader = crate::sheet::reader(text);
    let header = reader.headers()?.clone();
    let place =
        |column: &'static str| header.iter().position(|title| title.trim() == column).ok_or(SheetError::Column(column));
    let (subject, other, answer, note) = (place(SUBJECT)?, place(OTHER)?, place(ANSWER)?, place(NOTE)?);
    let mut answers = Vec::new();
    for (n, record) in reader.records().enumerate() {
        let record = record?;
        let row = n + 2;
        let cell = |place: usize| record.get(place).unwrap_or("").trim();
        let yes = match cell(answer).to_lowercase().as_str() {
            "" => continue,
            "yes" | "y" | "same" | "true" => true,
            "no" | "n" | "different" | "false" => false,
            _ => return Err(SheetError::YesOrNo { row, column: ANSWER }),
        };
        let other = ReviewOther::parse(cell(other)).ok_or(SheetError::Id { row, column: OTHER })?;
        let subject = SubjectId::new(cell(subject));
        answers.push(ReviewAnswer { row, subject, other, yes, note: cell(note).to_owned() });
    }
    Ok(answers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_read_and_what_is_no_answer_is_refused_by_row() {
        let header = "rank,question,subject_id,other,answer,note";
        let sheet = format!("{header}\n1,q,P-1,P-2,yes,seen\n2,q,P-1,M-000000000000000a,No,\n3,q,P-3,P-4,,\n");
        let answers = read_review(&sheet).unwrap();
        assert_eq!(answers.iter().map(|a| (a.row, a.yes)).collect::<Vec<_>>(), [(2, true), (3, false)]);
        assert_eq!(answers[1].other, ReviewOther::Mention(MentionId(10)));
        let refused = |row: &str| read_review(&format!("{header}\n{row}\n")).unwrap_err().to_string();
        assert!(refused("1,q,P-1,P-2,perhaps,").starts_with("row 2, column answer"));
        assert!(refused("1,q,P-1,x,yes,").starts_with("row 2, column other"));
    }
}
