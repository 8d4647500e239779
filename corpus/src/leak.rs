//! The leak: what stands on which share, in quotas by the number of items asked for.
//!
//! Most people are in a few tables and most files are letters, as on real file servers. Each share has its own dice, so that the
//! one does not change with the other.

use crate::{
    CorpusError, archive,
    bodies::Body,
    damage,
    dice::Dice,
    document::{Document, Draft},
    format::{self, Form},
    letters::{self, Letter},
    lists,
    mail::{self, Load},
    papers,
    people::{Kind, Town, years},
    tables::Office,
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
    weight: usize,
}

impl<'a> Share<'a> {
    /// A body's part by itself: this office, and of these patients something was taken.
    pub(crate) fn alone(office: Office<'a>, patients: Vec<usize>) -> Self {
        Self { office, patients, weight: 100 }
    }

    /// The path of a file on the share.
    pub(crate) fn path(&self, rest: &str) -> String {
        format!("{}/{rest}", self.office.body.share())
    }
}

/// Everything that was taken.
pub(crate) fn write(plan: &Plan<'_>) -> Result<Vec<Document>, CorpusError> {
    let mut dice = Dice::new(plan.seed, "shares");
    let mut share = |body, percent, weight| Share {
        patients: patients(plan, body, percent, &mut dice),
        office: Office { body, town: plan.town, reference: plan.reference },
        weight,
    };
    let shares = [share(Body::Children, 38, 36), share(Body::Heart, 52, 64)];
    let mut documents = Vec::new();
    for share in &shares {
        let quota = plan.items * share.weight / 100;
        let mut dice = Dice::new(plan.seed, share.office.body.share());
        let mut taken = everything_but_letters(share, quota, &mut dice)?;
        let (copies, exchanged) = (quota / 55, quota / 50 + 2);
        let letters = quota.saturating_sub(taken.iter().map(count).sum::<usize>() + copies + exchanged).max(10);
        for n in 0..letters {
            taken.push(filed_letter(share, n, &mut dice)?);
        }
        taken.extend(copied(share, &taken, copies, &mut dice));
        documents.extend(taken);
    }
    documents.extend(handed_over(&documents));
    for share in &shares {
        let mut dice = Dice::new(plan.seed, &format!("exchange of {}", share.office.body.id()));
        documents.extend(exchanged(share, plan.items * share.weight / 5000 + 1, &mut dice)?);
    }
    Ok(documents)
}

/// Patients of a body of whom something was taken: some who are in its register, and a few whom no register has.
fn patients(plan: &Plan<'_>, body: Body, percent: usize, dice: &mut Dice) -> Vec<usize> {
    let mut all = plan.town.of(|p| matches!(p.kind, Kind::Resident | Kind::Staff(_)) && p.number_at(body).is_some());
    let young = |birth| years(birth, plan.reference) < 20;
    all.extend(plan.town.of(|p| {
        p.kind == Kind::Resident && p.numbers.is_empty() && p.at % 2 == 0 && young(p.birth) == (body == Body::Children)
    }));
    let count = all.len() * percent / 100;
    let mut taken = dice.sample(&all, count);
    // Twins come together.
    let twins: Vec<usize> = taken
        .iter()
        .flat_map(|at| {
            let person = plan.town.person(*at);
            plan.town
                .household(person)
                .filter(|other| other.birth == person.birth)
                .map(|twin| twin.at)
                .collect::<Vec<_>>()
        })
        .filter(|twin| all.contains(twin) && !taken.contains(twin))
        .collect();
    taken.extend(twins);
    dice.shuffle(&mut taken);
    taken
}

/// Items that a document is, with those in it.
fn count(document: &Document) -> usize {
    1 + document.members.iter().map(count).sum::<usize>()
}

fn everything_but_letters(share: &Share<'_>, quota: usize, dice: &mut Dice) -> Result<Vec<Document>, CorpusError> {
    let mut documents = lists::large(share, dice)?;
    documents.extend(lists::small(share, quota / 70 + 1, dice)?);
    for n in 0..quota / 12 {
        documents.push(papers::procurement(share, n, dice)?);
    }
    documents.push(papers::supplier_list(share, dice)?);
    documents.extend(papers::donors(share, quota / 45, dice)?);
    documents.extend(papers::staff(share, dice)?);
    for n in 0..(quota / 40).max(2) {
        documents.push(papers::policy(share, n, dice)?);
    }
    documents.extend(papers::decoys(share, dice)?);
    for n in 0..quota / 14 {
        let load = dice.weighted(&[(Load::Nothing, 3), (Load::Thread, 5), (Load::Attachments, 3)]);
        documents.push(mail::message(share, n, load, dice)?);
    }
    documents.push(mail::mailbox(share, (quota / 60).max(3), dice)?);
    documents.extend(archives(share, (quota / 45).max(3), dice)?);
    documents.extend(damage::files(share, (quota / 50).max(4), dice)?);
    documents.extend(misnamed(share, quota / 150 + 1, dice)?);
    if share.office.body == Body::Heart {
        documents.extend(incoming(share, quota / 60 + 1, dice)?);
    }
    Ok(documents)
}

/// A letter of the share's body in a format; its name is that of its file, with the ending.
pub(crate) fn clinic_letter(share: &Share<'_>, n: usize, form: Form, dice: &mut Dice) -> Result<Document, CorpusError> {
    let (document, _) = letter(share, n, form, dice)?;
    Ok(document)
}

fn letter(share: &Share<'_>, n: usize, form: Form, dice: &mut Dice) -> Result<(Document, Letter), CorpusError> {
    let office = &share.office;
    // Those who come often get the letters; the rest are in the lists.
    let often = share.patients.get(..share.patients.len() * 2 / 5).unwrap_or_default();
    let at = dice.pick(often);
    let letter = letters::compose(office.body, at, office.town, office.reference, dice);
    let (bytes, ending) = format::write(&letter.blocks, form, &letter.author, dice)?;
    let name = format!("{}.{ending}", file_name(&letter, n, dice));
    let document = Document::new(name, bytes, "patient record", office.body).about(letter.drafts.clone());
    Ok((document, letter))
}

fn any_form(dice: &mut Dice) -> Form {
    dice.weighted(&[(Form::Docx, 42), (Form::Pdf, 30), (Form::Text, 19), (Form::Html, 9)])
}

/// A letter in a folder of its clinic.
fn filed_letter(share: &Share<'_>, n: usize, dice: &mut Dice) -> Result<Document, CorpusError> {
    let form = any_form(dice);
    let (document, letter) = letter(share, n, form, dice)?;
    let folder = match dice.below(12) {
        0 => format!("Secretaries/{}", ["KW", "JD", "AM", "TR"][n % 4]),
        1 => "Scanned in".to_owned(),
        _ => format!("Clinics/{}/{}", letter.specialty, letter.date.year()),
    };
    Ok(Document { name: share.path(&format!("{folder}/{n:04} {}", document.name)), ..document })
}

/// The name of a letter's file, without its ending: in some clinics it names the patient.
fn file_name(letter: &Letter, n: usize, dice: &mut Dice) -> String {
    let written = &letter.written;
    match dice.below(10) {
        0..=1 => format!("{} {} {}", written.family.to_uppercase(), written.given, letter.date.strftime("%d-%m-%y")),
        2 if written.nhs.is_some() => {
            format!("{}_{}", written.nhs.clone().unwrap_or_default(), letter.date.strftime("%Y%m%d"))
        }
        3..=5 => format!("letter_{n:05}"),
        6 => format!("Clinic letter {}!", letter.date.strftime("%d.%m.%Y")),
        _ => format!("DOC{:07}", 1_200_000 + n * 7),
    }
}

/// Archives: letters that were packed away, a packed list, an archive in an archive in an archive.
fn archives(share: &Share<'_>, members: usize, dice: &mut Dice) -> Result<Vec<Document>, CorpusError> {
    let body = share.office.body;
    let mut letters = |folder: &str, count: usize| -> Result<Vec<Document>, CorpusError> {
        let one = |n| {
            let form = any_form(dice);
            let letter = clinic_letter(share, n, form, dice)?;
            let ending = letter.name.rsplit('.').next().unwrap_or("txt");
            Ok(Document { name: format!("{folder}/{n:03}.{ending}"), ..letter })
        };
        (0..count).map(one).collect()
    };
    let pack = |name: String, bytes: Vec<u8>, members: Vec<Document>| {
        Document::new(name, bytes, "patient record", body).holding(members)
    };
    let old = letters("letters", members)?;
    let inner = letters("2019", members / 2 + 1)?;
    let deepest = letters("unsorted", 2)?;
    let zip = |name: &str, members: Vec<Document>| -> Result<Document, CorpusError> {
        Ok(pack(name.to_owned(), archive::zip(&members)?, members))
    };
    let deepest = zip("misc/deep.zip", deepest)?;
    let mut inner = inner;
    inner.push(deepest);
    let inner = zip("dump/clinics.zip", inner)?;
    let list = lists::packed(share, dice)?;
    let dump = vec![inner, Document { name: "dump/activity.csv".to_owned(), ..list.clone() }];
    let single = Document { name: "activity 2020.csv".to_owned(), ..lists::packed(share, dice)? };
    Ok(vec![
        pack(share.path("Archive/old letters.zip"), archive::zip(&old)?, old),
        pack(share.path("Archive/migration.tar.gz"), archive::tar_gz(&dump)?, dump),
        pack(share.path("Archive/activity 2020.csv.gz"), archive::gz_of(&single)?, vec![single]),
    ])
}

/// Files whose ending says something else than they are.
fn misnamed(share: &Share<'_>, count: usize, dice: &mut Dice) -> Result<Vec<Document>, CorpusError> {
    let named = |n: usize| {
        let (form, ending) = [(Form::Pdf, "doc"), (Form::Docx, "pdf"), (Form::Text, "dat"), (Form::Docx, "tmp")][n % 4];
        let letter = clinic_letter(share, 9000 + n, form, dice)?;
        Ok(Document { name: share.path(&format!("Temp/upload{n:02}.{ending}")), ..letter })
    };
    (0..count).map(named).collect()
}

/// Letters that the community trust wrote to this body: they were taken from here, and their letterhead is another's.
fn incoming(share: &Share<'_>, count: usize, dice: &mut Dice) -> Result<Vec<Document>, CorpusError> {
    let office = &share.office;
    let known: Vec<usize> = share
        .patients
        .iter()
        .copied()
        .filter(|at| office.town.person(*at).number_at(Body::Community).is_some())
        .collect();
    let mut documents = Vec::new();
    for n in 0..count {
        let at = dice.pick(&known);
        let letter = letters::compose(Body::Community, at, office.town, office.reference, dice);
        let form = if n.is_multiple_of(2) { Form::Pdf } else { Form::Docx };
        let (bytes, ending) = format::write(&letter.blocks, form, &letter.author, dice)?;
        let name = share.path(&format!("Referrals in/{}/{n:03}.{ending}", letter.date.year()));
        documents.push(Document::new(name, bytes, "patient record", office.body).about(letter.drafts));
    }
    Ok(documents)
}

/// What lies on the exchange of the shared gateway: its paths are nobody's, and only the papers say whose they are.
fn exchanged(share: &Share<'_>, count: usize, dice: &mut Dice) -> Result<Vec<Document>, CorpusError> {
    let mut documents = Vec::new();
    for n in 0..count {
        let form = any_form(dice);
        let letter = clinic_letter(share, 20_000 + n, form, dice)?;
        let ending = letter.name.rsplit('.').next().unwrap_or("docx");
        documents
            .push(Document { name: format!("exchange/outbox/{:05}{n:03}.{ending}", dice.below(100_000)), ..letter });
    }
    let list = lists::report(share, dice)?;
    documents.push(Document { name: format!("exchange/upload/list{:04}.xlsx", dice.below(10_000)), ..list });
    Ok(documents)
}

/// Second copies of letters and papers elsewhere on the share.
fn copied(share: &Share<'_>, taken: &[Document], count: usize, dice: &mut Dice) -> Vec<Document> {
    let plain: Vec<&Document> = taken.iter().filter(|document| document.members.is_empty()).collect();
    let copy = |n| {
        let original = dice.pick(&plain);
        let name = original.name.rsplit('/').next().unwrap_or("copy");
        Document { name: share.path(&format!("Backup of desktop/{n:02}/Copy of {name}")), ..original.clone() }
    };
    (0..count).map(copy).collect()
}

/// Letters of the children's hospital that it handed to the heart hospital: the same bytes on both shares, so both lost them.
fn handed_over(documents: &[Document]) -> Vec<Document> {
    let letter = |document: &&Document| {
        document.origin == Body::Children && document.name.contains("/Clinics/Paediatric Cardiology/")
    };
    let moved = documents.iter().filter(letter).step_by(9).take(5).enumerate();
    let received = |(n, document): (usize, &Document)| {
        let ending = document.name.rsplit('.').next().unwrap_or("docx");
        let name = format!("{}/Transition/{n:02} from Northshore.{ending}", Body::Heart.share());
        let drafts: Vec<Draft> = document.drafts.clone();
        Document { name, origin: Body::Heart, drafts, ..document.clone() }
    };
    moved.map(received).collect()
}
