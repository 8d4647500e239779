//! The unit of the answer: a distinct person, with the reasons for taking several mentions as one.

use crate::{ControllerId, Element, ExhibitId, ItemPath, Locator, MentionId, PersonName, Role, Sensitive, SubjectId};
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet};

/// A person in a controller's register.
#[derive(Clone, Debug)]
pub struct RegisterPerson {
    /// The register's controller.
    pub controller: ControllerId,
    /// The row.
    pub locator: Locator,
    /// NHS number, ten digits.
    pub nhs_number: Option<Sensitive<String>>,
    /// Name.
    pub name: Option<Sensitive<PersonName>>,
    /// Date of birth.
    pub date_of_birth: Option<Date>,
    /// Date of death.
    pub date_of_death: Option<Date>,
    /// Postcode, canonical.
    pub postcode: Option<Sensitive<String>>,
    /// Local hospital number.
    pub hospital_number: Option<Sensitive<String>>,
    /// Mail addresses.
    pub emails: Vec<Sensitive<String>>,
    /// Phone numbers.
    pub phones: Vec<Sensitive<String>>,
}

impl RegisterPerson {
    /// A row of which nothing is known but where it stands.
    pub fn of_row(controller: ControllerId, locator: Locator) -> Self {
        Self {
            controller,
            locator,
            nhs_number: None,
            name: None,
            date_of_birth: None,
            date_of_death: None,
            postcode: None,
            hospital_number: None,
            emails: Vec::new(),
            phones: Vec::new(),
        }
    }
}

/// How a data subject stands to the registers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum RegisterMatch {
    /// A valid number, with name or date of birth in agreement.
    Exact,
    /// By name, date of birth, postcode or other fields, above the decision weight.
    Probable,
    /// In no register.
    #[default]
    None,
}

impl RegisterMatch {
    /// The word of report.json and of the exports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::Probable => "probable",
            Self::None => "none",
        }
    }
}

/// What a mention was linked to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum MatchTarget {
    /// Another mention.
    Mention(MentionId),
    /// A register row: its controller and place.
    Register(ControllerId, Locator),
}

/// One term of a match weight: the comparison, the level reached and log2 of m/u.
#[derive(Clone, Debug, PartialEq)]
pub struct WeightPiece {
    /// What was compared: `nhs number`, `family name`.
    pub comparison: String,
    /// The level reached: `exact`, `day and month swapped`.
    pub level: String,
    /// Bits for (positive) or against (negative).
    pub weight: f64,
}

/// Why two records were taken for one person.
#[derive(Clone, Debug, PartialEq)]
pub struct LinkExplanation {
    /// The mention that was placed.
    pub mention: MentionId,
    /// What it was placed with.
    pub target: MatchTarget,
    /// The pieces; their sum with the prior is the match weight.
    pub pieces: Vec<WeightPiece>,
    /// Prior, in bits.
    pub prior: f64,
    /// The probability that follows.
    pub probability: f64,
}

/// Child or adult on the day of the breach.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AgeBand {
    /// Under 18.
    Child,
    /// 18 and over.
    Adult,
    /// No date of birth.
    Unknown,
}

/// A person: a cluster of mentions.
#[derive(Clone, Debug)]
pub struct DataSubject {
    /// Named by its oldest mention.
    pub id: SubjectId,
    /// Its mentions, oldest first.
    pub mentions: Vec<MentionId>,
    /// The probability that these mentions are one person and no others of the leak are.
    pub probability: f64,
    /// Best NHS number: of the register where matched, else the commonest valid one.
    pub nhs_number: Option<Sensitive<String>>,
    /// Best name.
    pub name: Option<Sensitive<PersonName>>,
    /// Best date of birth.
    pub date_of_birth: Option<Sensitive<Date>>,
    /// Best postcode.
    pub postcode: Option<Sensitive<String>>,
    /// Mail addresses, sorted.
    pub emails: Vec<Sensitive<String>>,
    /// Phone numbers, sorted.
    pub phones: Vec<Sensitive<String>>,
    /// Hospital numbers, sorted.
    pub hospital_numbers: Vec<Sensitive<String>>,
    /// What the person is.
    pub role: Role,
    /// The controllers decided, by the origin of the items.
    pub controllers: Vec<ControllerId>,
    /// Controllers in whose register the person is: candidates only.
    pub candidates: Vec<ControllerId>,
    /// Age band on the reference date.
    pub age: AgeBand,
    /// Known to be dead.
    pub deceased: bool,
    /// Everything known about the person from the leak.
    pub elements: BTreeSet<Element>,
    /// The items that mention the person, sorted; duplicates of an item are not repeated.
    pub documents: Vec<(ExhibitId, ItemPath)>,
    /// Standing to the registers.
    pub register_match: RegisterMatch,
    /// The register rows matched.
    pub register_rows: Vec<(ControllerId, Locator)>,
    /// True where the person meets Who counts: an identifier with any further element.
    pub counts: bool,
    /// Why the mentions are one.
    pub links: Vec<LinkExplanation>,
}

/// What became of the people who counted when a case was last reported, and who is new among those who count.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// Met for the first time, or counted for the first time.
    pub new: Vec<SubjectId>,
    /// Names that are no more, with the person who they turned out to be.
    pub merged: Vec<(SubjectId, SubjectId)>,
    /// People who came out of another who stays.
    pub split: Vec<(SubjectId, SubjectId)>,
    /// Names of people of whom nothing that counts is left.
    pub gone: Vec<SubjectId>,
}

impl Changes {
    /// True where nothing changed.
    pub fn is_empty(&self) -> bool {
        self.new.is_empty() && self.merged.is_empty() && self.split.is_empty() && self.gone.is_empty()
    }
}

/// How many people there are in the items held.
#[derive(Clone, Copy, Debug, PartialEq, Default)]
pub struct Estimate {
    /// Clusters that meet Who counts.
    pub count: u64,
    /// Register-matched people, less the decoys' chance matches.
    pub floor: u64,
    /// The point estimate.
    pub estimate: u64,
    /// Lower end of the 95 % interval.
    pub low: u64,
    /// Upper end of the 95 % interval.
    pub high: u64,
    /// What a regulator's form asks for: the most that it can be, every unmatched record a person of its own.
    pub ceiling: u64,
    /// Share of subjects that matched a decoy register by chance.
    pub decoy_rate: f64,
}

/// A part of the people that a report tells apart. Everybody has one role and one age band; of controllers and elements one may have several, or none.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// Of a controller, as the origin of the items decides.
    Controller(ControllerId),
    /// Of a role.
    Role(Role),
    /// Of an age band.
    Age(AgeBand),
    /// Of whom this is known from the leak: the published name of an element.
    Element(&'static str),
}

/// How many people of a part there are in the items held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Expected {
    /// Those found.
    pub count: u64,
    /// The point estimate.
    pub estimate: u64,
    /// Lower end of the 95 % interval.
    pub low: u64,
    /// Upper end of the 95 % interval.
    pub high: u64,
}

impl DataSubject {
    /// The parts of the people that the person is of, each once.
    pub fn parts(&self) -> impl Iterator<Item = Part> {
        let controllers: BTreeSet<&ControllerId> = self.controllers.iter().collect();
        let elements: BTreeSet<&'static str> = self.elements.iter().filter_map(|element| element.published()).collect();
        let controllers = controllers.into_iter().cloned().map(Part::Controller);
        let elements = elements.into_iter().map(Part::Element);
        controllers.chain([Part::Role(self.role), Part::Age(self.age)]).chain(elements)
    }
}

/// What a scan that goes on knows of the people in the items held: an estimate, with what it rests on.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Interim {
    /// How far the scan is.
    pub progress: ScanProgress,
    /// The people found, and how many are expected in all.
    pub estimate: Estimate,
    /// Whether only what a gang showed as proof is held: then the people found are a floor, and nothing is estimated.
    pub is_proof_only: bool,
    /// People found, and expected in items that wait; the estimate counts those in items that could not be read with them.
    pub readable: u64,
    /// The same of each part of the people found.
    pub parts: BTreeMap<Part, Expected>,
}

/// How far a scan is, in items.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct ScanProgress {
    /// Items read, wholly or in part, copies of others among them.
    pub read: u64,
    /// Items that wait to be read, as far as they are known.
    pub waiting: u64,
    /// Items that could not be read.
    pub unread: u64,
    /// Bytes of the items that could not be read.
    pub unread_bytes: u64,
}
