//! Twelve situations in which a claim is judged, each a small case with what is true of every statement and whether the evidence
//! in the case decides it.
//!
//! A case is small on purpose: what is measured is the verdict, not reading. Numbers are of ranges that could be given out, since the
//! range kept for tests would say of every fabricated person that it is one; such a case must not leave the machine that made it.
//! By the seed the evidence differs: a listing of the server with or without hashes, a prior leak as files or as fingerprints,
//! an exhibit that is complete or not.
//!
//! Long because one maker makes all twelve, and what is true of each stands beside how it is made.

use crate::{
    CorpusError, NhsRange,
    bodies::Body,
    case_toml,
    dice::Dice,
    document::{Document, Extent},
    format::Form,
    leak::{self, Share},
    lists, papers,
    people::{Founder, Kind, Town},
    registers,
    tables::Office,
};
use jiff::civil::Date;
use serde_json::json;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// A situation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scenario {
    /// What was claimed is true.
    Genuine,
    /// True data, of another body than the claim names.
    OtherBody,
    /// True data of one body, whose patients are in another's register too.
    TwoRegisters,
    /// All of it was published before.
    Recycled,
    /// All but one in twenty.
    RecycledAndNew,
    /// People of a generator of names.
    FabricatedNames,
    /// Real people with numbers that are not theirs.
    FabricatedFromList,
    /// Volume, years and number are boasts, and all that they hold is held.
    ExaggeratedComplete,
    /// The same boasts, and a sample is held.
    ExaggeratedSample,
    /// A part of what one server held.
    PartialDump,
    /// Some letters, a list, a tree.
    ProofPack,
    /// True data, and no register to hold it against.
    NoRegister,
}

impl Scenario {
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::Genuine,
        Self::OtherBody,
        Self::TwoRegisters,
        Self::Recycled,
        Self::RecycledAndNew,
        Self::FabricatedNames,
        Self::FabricatedFromList,
        Self::ExaggeratedComplete,
        Self::ExaggeratedSample,
        Self::PartialDump,
        Self::ProofPack,
        Self::NoRegister,
    ];

    /// In words.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Genuine => "genuine",
            Self::OtherBody => "genuine, of another body",
            Self::TwoRegisters => "patients in two registers",
            Self::Recycled => "recycled",
            Self::RecycledAndNew => "recycled, 5 % new",
            Self::FabricatedNames => "fabricated, names made up",
            Self::FabricatedFromList => "fabricated, people listed",
            Self::ExaggeratedComplete => "exaggerated, all held",
            Self::ExaggeratedSample => "exaggerated, a sample held",
            Self::PartialDump => "partial dump of a server",
            Self::ProofPack => "proof pack only",
            Self::NoRegister => "no register at hand",
        }
    }
}

/// What is true of the statements of one kind in a scenario.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Statement {
    /// The kind in the word of report.json.
    pub kind: &'static str,
    /// Whether it is true.
    pub is_true: bool,
    /// Whether the evidence in the case decides it.
    pub is_decided: bool,
}

/// A case that was made.
#[derive(Clone, Debug)]
pub struct MadeScenario {
    /// Its folder.
    pub case: PathBuf,
    /// A case of the prior leak, to be run first, and where its fingerprints are expected; none where the case has it as files or has none.
    pub prior: Option<(PathBuf, PathBuf)>,
    /// What is true.
    pub truth: Vec<Statement>,
    /// Bodies of which nothing was taken, by their ids.
    pub untouched: Vec<&'static str>,
}

/// Makes a scenario's case in a folder that must be absent or empty.
///
/// # Errors
/// Where the folder cannot be written.
pub fn write_scenario(dir: &Path, scenario: Scenario, seed: u64) -> Result<MadeScenario, CorpusError> {
    let reference = jiff::civil::date(2024, 11, 28);
    let town = Founder::found(seed, 1300, NhsRange::Realistic, reference);
    let maker = Maker { scenario, seed, town: &town, reference };
    let made = maker.make()?;
    for (name, bytes) in &made.files {
        let path = dir.join(name);
        let failed = |source| CorpusError::File { path: path.clone(), source };
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent).map_err(failed)?;
        }
        std::fs::write(&path, bytes).map_err(failed)?;
    }
    Ok(MadeScenario {
        case: dir.join("case"),
        prior: made.prior_apart.then(|| (dir.join("prior_case"), dir.join("case/prior.fingerprints"))),
        truth: made.truth,
        untouched: made.untouched,
    })
}

struct Maker<'a> {
    scenario: Scenario,
    seed: u64,
    town: &'a Town,
    reference: Date,
}

struct Made {
    files: BTreeMap<String, Vec<u8>>,
    prior_apart: bool,
    truth: Vec<Statement>,
    untouched: Vec<&'static str>,
}

/// How much of what the gang holds is held, in the word of the case file.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Holding {
    Complete,
    Partial,
    Sample,
}

impl Holding {
    fn word(self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::Partial => "partial",
            Self::Sample => "sample",
        }
    }
}

impl Maker<'_> {
    fn make(&self) -> Result<Made, CorpusError> {
        use Scenario as S;
        let mut dice = Dice::new(self.seed, self.scenario.as_str());
        let named = if self.scenario == S::TwoRegisters { Body::Heart } else { Body::Children };
        let source = if self.scenario == S::OtherBody { Body::Heart } else { named };
        let holding = match self.scenario {
            S::ExaggeratedComplete => Holding::Complete,
            S::ExaggeratedSample => Holding::Sample,
            S::PartialDump | S::ProofPack => Holding::Partial,
            _ if self.seed.is_multiple_of(2) => Holding::Partial,
            _ => Holding::Complete,
        };
        let forger;
        let leak = match self.scenario {
            S::FabricatedNames => {
                forger = Founder::found(self.seed + 7_000, 1300, NhsRange::Realistic, self.reference);
                self.forged(&forger, named, &mut dice)?
            }
            S::FabricatedFromList => {
                forger = self.listed(&mut dice);
                self.forged(&forger, named, &mut dice)?
            }
            S::ProofPack => self.pack(named, &mut dice)?,
            S::TwoRegisters => {
                let both = |at: &usize| self.town.person(*at).number_at(Body::Community).is_some();
                let patients: Vec<usize> = self.patients(self.town, source).into_iter().filter(both).collect();
                self.office_files(self.town, source, dice.sample(&patients, 190), &mut dice)?
            }
            _ => {
                let patients = self.patients(self.town, source);
                self.office_files(self.town, source, dice.sample(&patients, 190), &mut dice)?
            }
        };
        let mut files: BTreeMap<String, Vec<u8>> = BTreeMap::new();
        let (mut leak, mut prior) = (leak, Vec::new());
        match self.scenario {
            S::Recycled | S::RecycledAndNew => {
                prior = leak.clone();
                leak.iter_mut().enumerate().filter(|(n, _)| n % 5 == 3).for_each(|(_, document)| saved_again(document));
                if self.scenario == S::RecycledAndNew {
                    leak.extend(self.new_letters(source, leak.len() / 19 + 1, &mut dice)?);
                }
            }
            // Other data was published before, of the other body, and some of the people were patients of both.
            _ if self.scenario != S::NoRegister || self.seed.is_multiple_of(2) => {
                let other = if source == Body::Heart { Body::Children } else { Body::Heart };
                let patients = self.patients(self.town, other);
                let mut dice = Dice::new(self.seed, "prior leak");
                prior = self.office_files(self.town, other, dice.sample(&patients, 120), &mut dice)?;
            }
            _ => {}
        }
        let prior_apart = !prior.is_empty() && self.seed.is_multiple_of(2);
        let server = self.server(named, source, &leak, &mut dice)?;
        let (listing, hashed) = self.listing(&server, source);
        let leaked_bytes: usize = leak.iter().map(|document| document.bytes.len()).sum();
        let folder = if self.scenario == S::ProofPack { "case/proof" } else { "case/leak" };
        for document in &leak {
            files.insert(format!("{folder}/{}", document.name), document.bytes.clone());
        }
        if self.scenario == S::ProofPack {
            files.insert("case/proof/tree.txt".to_owned(), tree(&server));
        }
        for document in &prior {
            let folder = if prior_apart { "prior_case/leak" } else { "case/prior" };
            files.insert(format!("{folder}/{}", document.name), document.bytes.clone());
        }
        let with_registers = self.scenario != S::NoRegister;
        for body in Body::ALL.into_iter().filter(|_| with_registers) {
            let name = format!("case/registers/{}", case_toml::register_name(body));
            files.insert(name, registers::write(body, self.town, self.seed)?);
        }
        let has_listing = self.has_listing();
        if has_listing {
            files.insert("case/inventory/listing.txt".to_owned(), listing);
        }
        files.insert("case/claim.json".to_owned(), self.claim(named, source, &leak, leaked_bytes)?);
        let mut text = case_toml::head(self.seed, with_registers, "reject");
        let kind = if self.scenario == S::ProofPack { "proof-pack" } else { "leak" };
        let path = folder.trim_start_matches("case/");
        let _ = write!(
            text,
            "\n[[claim]]\npath = \"claim.json\"\nformat = \"ransomware.live\"\n\n[[evidence]]\nexhibit = \"LEAK/1\"\nkind = \"{kind}\"\n\
             path = \"{path}\"\ncompleteness = \"{}\"\ncustodian = \"Digital forensics\"\n",
            holding.word()
        );
        let mut exhibit = |number: &str, kind: &str, path: &str, completeness: &str| {
            let _ = write!(
                text,
                "\n[[evidence]]\nexhibit = \"{number}\"\nkind = \"{kind}\"\npath = \"{path}\"\ncompleteness = \"{completeness}\"\n\
                 custodian = \"Digital forensics\"\n"
            );
        };
        if !prior.is_empty() {
            exhibit("OLD/1", "prior-leak", if prior_apart { "prior.fingerprints" } else { "prior" }, "complete");
        }
        if has_listing {
            exhibit("INV/1", "inventory", "inventory", "complete");
        }
        files.insert("case/case.toml".to_owned(), text.into_bytes());
        if prior_apart {
            let mut text = case_toml::head(self.seed, false, "reject");
            text += "\n[[evidence]]\nexhibit = \"LEAK/1\"\nkind = \"leak\"\npath = \"leak\"\ncompleteness = \"complete\"\n\
                     custodian = \"Digital forensics\"\n";
            files.insert("prior_case/case.toml".to_owned(), text.into_bytes());
        }
        let untouched = Body::ALL.into_iter().filter(|body| *body != source);
        Ok(Made {
            files,
            prior_apart,
            truth: self.truth(holding, hashed && has_listing, has_listing),
            untouched: untouched.map(Body::id).collect(),
        })
    }

    fn is_forged(&self) -> bool {
        matches!(self.scenario, Scenario::FabricatedNames | Scenario::FabricatedFromList)
    }

    /// Whether the body has a listing of its server: always but where what was published is older than it, and for one forgery in two.
    fn has_listing(&self) -> bool {
        match self.scenario {
            Scenario::Recycled | Scenario::RecycledAndNew => false,
            _ => !self.is_forged() || !self.seed.is_multiple_of(2),
        }
    }

    fn patients(&self, town: &Town, body: Body) -> Vec<usize> {
        town.of(|p| matches!(p.kind, Kind::Resident | Kind::Staff(_)) && p.number_at(body).is_some())
    }

    /// The town as a list of its residents has it, with numbers that are not theirs; by the seed the birthdays are made up too.
    fn listed(&self, dice: &mut Dice) -> Town {
        let mut town = Founder::found(self.seed, 1300, NhsRange::Realistic, self.reference);
        let other = Founder::found(self.seed + 9_000, 1300, NhsRange::Realistic, self.reference);
        let made_up = !self.seed.is_multiple_of(3);
        for (person, stranger) in town.people.iter_mut().zip(&other.people) {
            person.nhs.clone_from(&stranger.nhs);
            if made_up {
                let day = dice.between(0, 364);
                person.birth = jiff::civil::date(person.birth.year(), 1, 1)
                    .saturating_add(jiff::Span::new().days(day))
                    .min(self.reference);
            }
            let numbered = |(body, _): &(Body, String)| (*body, crate::people::local_number(*body, dice));
            person.numbers = person.numbers.iter().map(numbered).collect();
        }
        town
    }

    fn office<'t>(&self, town: &'t Town, body: Body) -> Office<'t> {
        Office { body, town, reference: self.reference }
    }

    /// What an office keeps: lists, letters, papers of procurement and of donors.
    fn office_files(
        &self,
        town: &Town,
        body: Body,
        patients: Vec<usize>,
        dice: &mut Dice,
    ) -> Result<Vec<Document>, CorpusError> {
        let share = Share::alone(self.office(town, body), patients);
        let mut documents = self.patient_files(&share, 40, dice)?;
        for n in 0..8 {
            documents.push(papers::procurement(&share, n, dice)?);
        }
        documents.extend(papers::donors(&share, 5, dice)?);
        Ok(documents)
    }

    fn patient_files(&self, share: &Share<'_>, letters: usize, dice: &mut Dice) -> Result<Vec<Document>, CorpusError> {
        let mut documents = lists::large(share, dice)?;
        documents.extend(lists::small(share, 3, dice)?);
        for n in 0..letters {
            let form = dice.weighted(&[(Form::Text, 70), (Form::Html, 20), (Form::Docx, 10)]);
            let letter = leak::clinic_letter(share, n, form, dice)?;
            let name = share.path(&format!("Clinics/letters/{n:04} {}", letter.name));
            documents.push(Document { name, ..letter });
        }
        Ok(documents)
    }

    fn forged(&self, town: &Town, body: Body, dice: &mut Dice) -> Result<Vec<Document>, CorpusError> {
        let patients = dice.sample(&self.patients(town, body), 190);
        let share = Share::alone(self.office(town, body), patients);
        self.patient_files(&share, 40, dice)
    }

    fn new_letters(&self, body: Body, count: usize, dice: &mut Dice) -> Result<Vec<Document>, CorpusError> {
        let patients = dice.sample(&self.patients(self.town, body), 12);
        let share = Share::alone(self.office(self.town, body), patients);
        let one = |n: usize| {
            let letter = leak::clinic_letter(&share, 8_000 + n, Form::Text, dice)?;
            Ok(Document { name: share.path(&format!("Clinics/new/{n:03} {}", letter.name)), ..letter })
        };
        (0..count).map(one).collect()
    }

    /// What a gang shows: some letters and a short list.
    fn pack(&self, body: Body, dice: &mut Dice) -> Result<Vec<Document>, CorpusError> {
        let patients = dice.sample(&self.patients(self.town, body), 60);
        let share = Share::alone(self.office(self.town, body), patients);
        let mut documents = vec![lists::report(&share, dice)?];
        for n in 0..11 {
            let letter = leak::clinic_letter(&share, n, Form::Text, dice)?;
            documents.push(Document { name: share.path(&format!("Clinics/letters/{n:04} {}", letter.name)), ..letter });
        }
        Ok(documents)
    }

    /// The files of the server as its listing has them: those that were taken, and twice as many that were not. Of a forgery the
    /// listing has none.
    fn server(
        &self,
        named: Body,
        source: Body,
        leak: &[Document],
        dice: &mut Dice,
    ) -> Result<Vec<Document>, CorpusError> {
        let body = if self.is_forged() { named } else { source };
        let patients = self.patients(self.town, body);
        let mut others = Vec::new();
        for round in 0..2 {
            let more = self.office_files(self.town, body, dice.sample(&patients, 150), dice)?;
            // Two rounds have the same names; the second lies in a folder of its own.
            others.extend(more.into_iter().map(|document| {
                let name = document.name.replacen('/', &format!("/Year {}/", 2019 + round), 1);
                Document { name, ..document }
            }));
        }
        let taken = leak.iter().filter(|_| !self.is_forged()).cloned();
        Ok(taken.chain(others).collect())
    }

    /// The listing in one of four forms, and whether it has hashes.
    fn listing(&self, server: &[Document], body: Body) -> (Vec<u8>, bool) {
        let mut out = String::new();
        let mut sorted: Vec<&Document> = server.iter().collect();
        sorted.sort_by(|a, b| a.name.cmp(&b.name));
        match self.seed % 4 {
            0 => {
                out += "Path,Length,LastWriteTime,SHA256\r\n";
                for file in sorted {
                    let path = format!("\\\\nas-{}\\{}", body.share(), file.name.replace('/', "\\"));
                    let _ = write!(
                        out,
                        "\"{path}\",{},2024-10-02 07:11:00,{}\r\n",
                        file.bytes.len(),
                        crate::sha256_hex(&file.bytes)
                    );
                }
                (out.into_bytes(), true)
            }
            1 => {
                for file in sorted {
                    let _ = writeln!(out, "{}  /srv/{}", crate::sha256_hex(&file.bytes), file.name);
                }
                (out.into_bytes(), true)
            }
            2 => {
                for (n, file) in sorted.iter().enumerate() {
                    let _ = writeln!(
                        out,
                        "{:>9} {:>6} -rw-r--r--   1 svc  users {:>10} Oct  2 07:11 /srv/{}",
                        1_310_720 + n,
                        file.bytes.len().div_ceil(1024),
                        file.bytes.len(),
                        file.name.replace(' ', "\\ ")
                    );
                }
                (out.into_bytes(), false)
            }
            _ => {
                out += " Volume in drive D is DATA\r\n Volume Serial Number is 4C1F-88A0\r\n";
                let mut folder = "";
                for file in sorted {
                    let (of, name) = file.name.rsplit_once('/').unwrap_or(("", &file.name));
                    if of != folder {
                        let _ = write!(out, "\r\n Directory of D:\\shares\\{}\r\n\r\n", of.replace('/', "\\"));
                        folder = of;
                    }
                    let size = thousands(file.bytes.len());
                    let _ = write!(out, "02/10/2024  07:11    {size:>14} {name}\r\n");
                }
                (out.into_bytes(), false)
            }
        }
    }

    fn claim(&self, named: Body, source: Body, leak: &[Document], bytes: usize) -> Result<Vec<u8>, CorpusError> {
        use Scenario as S;
        let patients: std::collections::BTreeSet<usize> = leak
            .iter()
            .filter(|document| document.category == "patient record")
            .flat_map(|document| &document.drafts)
            .filter(|draft| draft.role == assay_model::Role::Patient && draft.extent == Extent::More)
            .map(|draft| draft.person)
            .collect();
        let whose = if source == Body::Children { " Medical records of children." } else { "" };
        let description = match self.scenario {
            S::FabricatedNames | S::FabricatedFromList => "We hold patients records of this trust. Pay or all is published.".to_owned(),
            S::ExaggeratedComplete | S::ExaggeratedSample => "We hold patients records, donor reports and procurement data for 2001-2024. \
                Volume: 3 TB. More than 900 000 patients."
                .to_owned(),
            S::PartialDump | S::ProofPack => "We hold patients records for 2018-2024. Volume: 40 GB. 12 000 patients.".to_owned(),
            S::OtherBody => "We hold patients records, donor reports and procurement data for 2018-2024. Medical records of children."
                .to_owned(),
            _ => format!(
                "We hold patients records, donor reports and procurement data for 2018-2024. Volume: {} KB. {} patients.{whose}",
                bytes / 1000,
                patients.len() * 9 / 10
            ),
        };
        let record = json!([{
            "country": "GB",
            "description": description,
            "discovered": "2024-11-28 09:42:17.310842",
            "group_name": "incransom",
            "post_title": named.name(),
            "published": "2024-11-28 08:55:03.000000",
            "website": named.domain(),
        }]);
        Ok(serde_json::to_vec_pretty(&record).map_err(std::io::Error::from)?)
    }

    /// What is true, and what the case's evidence decides.
    fn truth(&self, holding: Holding, hashed: bool, listed: bool) -> Vec<Statement> {
        use Scenario as S;
        let complete = holding == Holding::Complete;
        let is = |kind, is_true, is_decided| Statement { kind, is_true, is_decided };
        let forged = self.is_forged();
        let recycled = matches!(self.scenario, S::Recycled | S::RecycledAndNew);
        let prior = self.scenario != S::NoRegister || self.seed.is_multiple_of(2);
        let _ = hashed;
        let mut truth = vec![
            is("people", !forged, self.scenario != S::NoRegister),
            is("origin", !forged, listed || forged),
            is("fresh", !recycled, prior && self.scenario != S::ProofPack && !forged),
            // That it is not the named body's shows only where all is held.
            is(
                "victim",
                self.scenario != S::OtherBody && !forged,
                if self.scenario == S::OtherBody || forged { complete } else { true },
            ),
        ];
        match self.scenario {
            S::FabricatedNames | S::FabricatedFromList => truth.push(is("category", false, false)),
            S::ExaggeratedComplete | S::ExaggeratedSample => truth.extend([
                is("category", true, true),
                is("years", false, complete),
                is("volume", false, complete),
                is("count", false, complete),
            ]),
            // They may well hold that much: nobody here knows.
            S::PartialDump => {
                truth.extend([
                    is("category", true, true),
                    is("years", true, true),
                    is("volume", true, false),
                    is("count", true, false),
                ]);
            }
            S::ProofPack => {
                truth.extend([
                    is("category", true, true),
                    is("years", true, false),
                    is("volume", true, false),
                    is("count", true, false),
                ]);
            }
            S::OtherBody => {
                truth.extend([is("category", true, true), is("years", true, true), is("population", false, complete)]);
            }
            _ => {
                truth.extend([is("category", true, true), is("years", true, true), is("volume", true, true)]);
                truth.push(is("count", true, self.scenario != S::NoRegister));
                if self.scenario != S::TwoRegisters {
                    truth.push(is("population", true, true));
                }
            }
        }
        truth
    }
}

/// Saved by another program: other bytes, the same words but for a line.
fn saved_again(document: &mut Document) {
    let Ok(text) = std::str::from_utf8(&document.bytes) else { return };
    let ending = document.name.rsplit('.').next().unwrap_or_default();
    let changed = match ending {
        "txt" => format!("Printed from the archive\n{}", text.replace("\r\n", "\n")),
        "csv" => {
            let mut lines: Vec<&str> = text.lines().collect();
            // The order of the rows, the title stays.
            if let Some(rows) = lines.get_mut(1..) {
                rows.reverse();
            }
            lines.join("\n") + "\n"
        }
        _ => return,
    };
    document.bytes = changed.into_bytes();
}

/// The tree that a gang posts.
fn tree(server: &[Document]) -> Vec<u8> {
    let mut names: Vec<&str> = server.iter().map(|document| document.name.as_str()).collect();
    names.sort_unstable();
    let mut out = String::from(".\n");
    let mut open: Vec<&str> = Vec::new();
    for name in names {
        let parts: Vec<&str> = name.split('/').collect();
        let (file, folders) = match parts.split_last() {
            Some(split) => split,
            None => continue,
        };
        let same = open.iter().zip(folders).take_while(|(a, b)| a == b).count();
        open.truncate(same);
        for folder in folders.get(same..).unwrap_or_default() {
            let _ = writeln!(out, "{}├── {folder}", "│   ".repeat(open.len()));
            open.push(folder);
        }
        let _ = writeln!(out, "{}├── {file}", "│   ".repeat(open.len()));
    }
    out.into_bytes()
}

fn thousands(number: usize) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (n, digit) in digits.chars().enumerate() {
        if n > 0 && (digits.len() - n).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scenario_is_the_same_twice_and_every_one_can_be_made() {
        for scenario in Scenario::ALL {
            let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
            let made = write_scenario(one.path(), scenario, 3).unwrap();
            write_scenario(two.path(), scenario, 3).unwrap();
            let claim = |dir: &Path| std::fs::read(dir.join("case/claim.json")).unwrap();
            assert_eq!(claim(one.path()), claim(two.path()));
            assert!(made.truth.iter().any(|s| s.kind == "people"), "{scenario:?}");
        }
    }
}
