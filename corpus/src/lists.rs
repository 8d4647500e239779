//! The lists of an office as files: the large extracts, workbooks with all that people do in them, and small lists.

use crate::{
    CorpusError,
    dice::Dice,
    document::{Document, Draft},
    format::as_in_windows,
    leak::Share,
    office,
    sheet::{self, Cell, Encoding, Sheet, Visibility},
    tables::{self, DateLook, Frame, LAYOUTS, Look, NhsLook},
};

const PLAIN: Look = Look { nhs: NhsLook::Plain, dates: DateLook::Typed, frame: Frame::Bare };
const REPORT: Look = Look { nhs: NhsLook::Spaced, dates: DateLook::Both, frame: Frame::Report };
const NUMBERS: Look = Look { nhs: NhsLook::Number, dates: DateLook::Text("%d/%m/%Y"), frame: Frame::Report };

/// The files in which most people are.
pub(crate) fn large(share: &Share<'_>, dice: &mut Dice) -> Result<Vec<Document>, CorpusError> {
    let some =
        |percent: usize, dice: &mut Dice| dice.sample(&share.patients, (share.patients.len() * percent / 100).max(3));
    let mut documents = vec![
        text(share, "Information/PAS extract", 0, &some(45, dice), PLAIN, (',', Encoding::Utf8), dice),
        text(share, "Information/Outpatient activity", 2, &some(12, dice), REPORT, (';', Encoding::Windows), dice),
        text(share, "Recall/Recall list", 5, &some(6, dice), PLAIN, ('\t', Encoding::Utf8Mark), dice),
        text(share, "Information/Equality monitoring", 6, &some(5, dice), PLAIN, (',', Encoding::Utf8Mark), dice),
        text(share, "Clinics/BBV/attendance", 8, &some(2, dice), PLAIN, (',', Encoding::Windows), dice),
    ];
    documents.push(book(share, "Waiting lists/RTT 2023", &[(1, some(30, dice), REPORT)], Hidden::Nothing, dice)?);
    let theatre = [(7, some(4, dice), NUMBERS)];
    documents.push(book(share, "Theatres/lists", &theatre, Hidden::Nothing, dice)?);
    // Two tables on one sheet, and the raw list on a sheet that nobody sees.
    let audit = [(3, some(5, dice), REPORT), (2, some(3, dice), NUMBERS)];
    let hidden = some(4, dice);
    documents.push(book(share, "Audit/outcomes 2022", &audit, Hidden::Raw(&hidden), dice)?);
    let kin = [(4, some(6, dice), NUMBERS)];
    documents.push(book(share, "Clinics/next of kin", &kin, Hidden::Nothing, dice)?);
    Ok(documents)
}

/// Lists of a clinic or a ward, of a dozen people or two.
pub(crate) fn small(share: &Share<'_>, count: usize, dice: &mut Dice) -> Result<Vec<Document>, CorpusError> {
    let mut documents = Vec::new();
    for n in 0..count {
        let rows = dice.between(6, 28) as usize;
        let people = dice.sample(&share.patients, rows);
        let layout = dice.below(LAYOUTS.len() - 1);
        let look = Look {
            nhs: dice.pick(&[NhsLook::Plain, NhsLook::Spaced, NhsLook::Number]),
            dates: dice.pick(&[
                DateLook::Typed,
                DateLook::Text("%d %b %Y"),
                DateLook::Text("%d/%m/%Y"),
                DateLook::Both,
            ]),
            frame: dice.pick(&[Frame::Bare, Frame::Report]),
        };
        let name = format!("Clinics/lists/{} {n:02}", LAYOUTS[layout].title.replace('/', "-"));
        documents.push(if dice.percent(60) {
            book(share, &name, &[(layout, people, look)], Hidden::Nothing, dice)?
        } else {
            let written = dice.pick(&[(',', Encoding::Utf8), (';', Encoding::Windows), ('\t', Encoding::Utf8)]);
            text(share, &name, layout, &people, look, written, dice)
        });
    }
    Ok(documents)
}

/// A list with its body's name above.
pub(crate) fn report(share: &Share<'_>, dice: &mut Dice) -> Result<Document, CorpusError> {
    let people = dice.sample(&share.patients, 18);
    book(share, "report", &[(2, people, REPORT)], Hidden::Nothing, dice)
}

/// A list that goes into an archive.
pub(crate) fn packed(share: &Share<'_>, dice: &mut Dice) -> Result<Document, CorpusError> {
    let people = dice.sample(&share.patients, 40);
    Ok(text(share, "activity", 2, &people, PLAIN, (',', Encoding::Utf8), dice))
}

fn text(
    share: &Share<'_>,
    name: &str,
    layout: usize,
    people: &[usize],
    look: Look,
    (delimiter, encoding): (char, Encoding),
    dice: &mut Dice,
) -> Document {
    let mut sheet = Sheet::new("");
    let mut drafts = tables::list(&mut sheet, &LAYOUTS[layout], people, look, &share.office, dice);
    let form = dice.pick(&["%d/%m/%Y", "%Y-%m-%d", "%d-%b-%Y"]);
    let bytes = sheet::delimited(&sheet, delimiter, encoding, form);
    if encoding == Encoding::Windows {
        drafts = drafts.into_iter().map(as_in_windows).collect();
    }
    let ending = if delimiter == '\t' { "txt" } else { "csv" };
    Document::new(share.path(&format!("{name}.{ending}")), bytes, "patient record", share.office.body).about(drafts)
}

#[derive(Clone, Copy)]
enum Hidden<'a> {
    Nothing,
    /// A hidden sheet with these people.
    Raw(&'a [usize]),
}

/// A workbook: the tables below one another on its first sheet, a sheet of counts, perhaps a hidden one.
fn book(
    share: &Share<'_>,
    name: &str,
    tables: &[(usize, Vec<usize>, Look)],
    hidden: Hidden<'_>,
    dice: &mut Dice,
) -> Result<Document, CorpusError> {
    let mut first = Sheet::new(dice.pick(&["Sheet1", "List", "Data", "Patients"]));
    let mut drafts: Vec<Draft> = Vec::new();
    for (n, (layout, people, look)) in tables.iter().enumerate() {
        if n > 0 {
            first.push_blank();
            first.push_blank();
        }
        drafts.extend(tables::list(&mut first, &LAYOUTS[*layout], people, *look, &share.office, dice));
    }
    let mut sheets = vec![first];
    let mut summary = Sheet::new("Summary");
    summary.push_texts(&["Month", "Number"]);
    for month in ["Apr", "May", "Jun", "Jul"] {
        summary.push(vec![Cell::text(month), Cell::Number(dice.between(3, 80).to_string())]);
    }
    sheets.push(summary);
    if let Hidden::Raw(people) = hidden {
        let mut raw = Sheet::new("raw_export");
        raw.visibility = Visibility::Hidden;
        drafts.extend(tables::list(&mut raw, &LAYOUTS[0], people, PLAIN, &share.office, dice));
        sheets.push(raw);
    }
    let bytes = office::xlsx(&sheets, "Information Department")?;
    Ok(Document::new(share.path(&format!("{name}.xlsx")), bytes, "patient record", share.office.body).about(drafts))
}
