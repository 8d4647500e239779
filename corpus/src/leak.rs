//! The leak: what stands on which share, in quotas by the number of items asked for.

use crate::{
    CorpusError, archive,
    bodies::Body,
    dice::Dice,
    document::Document,
    letters::{self, Letter},
    page,
    people::{Kind, Town},
    sheet::{self, Encoding, Sheet},
    tables::{self, DateLook, Frame, LAYOUTS, Look, NhsLook, Office},
};
use jiff::civil::Date;

/// Who of the town the leak draws on, and for how much.
pub(crate) struct Plan<'a> {
    pub(crate) town: &'a Town,
    pub(crate) seed: u64,
    pub(crate) items: usize,
    pub(crate) reference: Date,
}

/// One body's part.
pub(crate) struct Share<'a> {
    pub(crate) office: Office<'a>,
    /// Patients of whom something was taken.
    pub(crate) patients: Vec<usize>,
    /// Share of all items, of a hundred.
    pub(crate) weight: usize,
}

impl Share<'_> {
    /// The path of a file on the share.
    pub(crate) fn path(&self, rest: &str) -> String {
        format!("{}/{rest}", self.office.body.share())
    }
}

/// Everything that was taken.
pub(crate) fn write(plan: &Plan<'_>) -> Result<Vec<Document>, CorpusError> {
    let mut dice = Dice::new(plan.seed, "shares");
    let clinicians = |body| plan.town.of(|person| person.kind == Kind::Clinician(body));
    let (children, heart) = (clinicians(Body::Children), clinicians(Body::Heart));
    let patients = |body: Body, percent, dice: &mut Dice| {
        let mut all =
            plan.town.of(|p| matches!(p.kind, Kind::Resident | Kind::Staff(_)) && p.number_at(body).is_some());
        // Some whom no register has: private patients, visitors, records since deleted.
        all.extend(
            plan.town
                .of(|p| p.kind == Kind::Resident && p.numbers.is_empty())
                .into_iter()
                .filter(|at| at % 4 == body as usize),
        );
        let count = all.len() * percent / 100;
        dice.sample(&all, count)
    };
    let shares = [
        Share {
            patients: patients(Body::Children, 38, &mut dice),
            office: Office { body: Body::Children, town: plan.town, clinicians: &children, reference: plan.reference },
            weight: 36,
        },
        Share {
            patients: patients(Body::Heart, 52, &mut dice),
            office: Office { body: Body::Heart, town: plan.town, clinicians: &heart, reference: plan.reference },
            weight: 64,
        },
    ];
    let mut documents = Vec::new();
    for share in &shares {
        let mut dice = Dice::new(plan.seed, share.office.body.share());
        let letters = plan.items * 72 / 100 * share.weight / 100;
        for n in 0..letters {
            documents.push(letter(share, n, &mut dice)?);
        }
        documents.extend(lists(share, &mut dice)?);
        documents.push(old_archive(share, plan.items, &mut dice)?);
    }
    Ok(documents)
}

/// A letter in a folder of its clinic.
fn letter(share: &Share<'_>, n: usize, dice: &mut Dice) -> Result<Document, CorpusError> {
    let office = &share.office;
    let at = dice.pick(&share.patients[..share.patients.len() * 2 / 5]);
    let letter = letters::compose(office.body, at, office.town, office.clinicians, office.reference, dice);
    let name =
        share.path(&format!("Clinics/{}/{}/{}", letter.specialty, letter.date.year(), file_name(&letter, n, dice)));
    Ok(Document::new(format!("{name}.txt"), page::text(&letter.blocks), "patient record", office.body)
        .about(letter.drafts))
}

/// The name of a letter's file, without its ending: in some clinics it names the patient.
pub(crate) fn file_name(letter: &Letter, n: usize, dice: &mut Dice) -> String {
    let written = &letter.written;
    match dice.below(10) {
        0..=1 => format!("{} {} {}", written.family.to_uppercase(), written.given, letter.date.strftime("%d-%m-%y")),
        2 if written.nhs.is_some() => {
            format!("{}_{}", written.nhs.clone().unwrap_or_default(), letter.date.strftime("%Y%m%d"))
        }
        3..=5 => format!("letter_{n:05}"),
        6 => format!("Clinic letter {} ({n})", letter.date.strftime("%d.%m.%Y")),
        _ => format!("DOC{:07}", 1_200_000 + n * 7),
    }
}

/// Lists of patients as delimited text.
fn lists(share: &Share<'_>, dice: &mut Dice) -> Result<Vec<Document>, CorpusError> {
    let mut documents = Vec::new();
    for (n, layout) in LAYOUTS.iter().enumerate() {
        let count = share.patients.len() * [45, 30, 12, 8, 6, 6, 5, 4, 2][n] / 100;
        let people = dice.sample(&share.patients, count);
        let look = Look {
            nhs: if n % 2 == 0 { NhsLook::Plain } else { NhsLook::Spaced },
            dates: DateLook::Typed,
            frame: if n % 3 == 2 { Frame::Report } else { Frame::Bare },
        };
        let mut sheet = Sheet::new("");
        let drafts = tables::list(&mut sheet, layout, &people, look, &share.office, dice);
        let (delimiter, encoding) =
            [(',', Encoding::Utf8), (';', Encoding::Windows), ('\t', Encoding::Utf8Mark)][n % 3];
        let bytes = sheet::delimited(&sheet, delimiter, encoding, "%d/%m/%Y");
        let ending = if delimiter == '\t' { "txt" } else { "csv" };
        let name = share.path(&format!("Information/{}.{ending}", layout.title.replace('/', "-")));
        documents.push(Document::new(name, bytes, "patient record", share.office.body).about(drafts));
    }
    Ok(documents)
}

/// Old letters that were packed away.
fn old_archive(share: &Share<'_>, items: usize, dice: &mut Dice) -> Result<Document, CorpusError> {
    let mut members: Vec<Document> = Vec::new();
    for n in 0..(items / 60).max(2) {
        let mut member = letter(share, n, dice)?;
        member.name = format!("archive/{n:03}.txt");
        members.push(member);
    }
    let bytes = archive::zip(&members)?;
    let name = share.path("Archive/old letters.zip");
    Ok(Document::new(name, bytes, "patient record", share.office.body).holding(members))
}

#[cfg(test)]
pub(crate) fn drafts_of(documents: &[Document]) -> Vec<&crate::document::Draft> {
    documents.iter().flat_map(|document| document.drafts.iter().chain(drafts_of(&document.members))).collect()
}
