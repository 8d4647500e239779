//! Sealed sources and what lies in them: [`Exhibit`], [`Item`], [`Locator`].

use crate::{ControllerId, ExhibitId, ItemPath, Sensitive, Sha256};
use jiff::civil::Date;
use std::collections::BTreeSet;
use std::fmt;
use std::path::PathBuf;

/// What an exhibit is, as the case file says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ExhibitKind {
    /// Files that the gang published or handed over.
    Leak,
    /// Screenshots, a posted tree or a short list shown as proof.
    ProofPack,
    /// Logs and configuration of the gateway.
    Gateway,
    /// A listing of the body's own servers or backups.
    Inventory,
    /// An older leak, to test freshness against.
    PriorLeak,
    /// A public statement.
    Statement,
    /// A trust's register of people; its exhibit number is `REG/n`.
    Register,
    /// A claim; its exhibit number is `CLAIM/n`.
    Claim,
}

impl ExhibitKind {
    /// The word of the case file and of report.json.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Leak => "leak",
            Self::ProofPack => "proof-pack",
            Self::Gateway => "gateway",
            Self::Inventory => "inventory",
            Self::PriorLeak => "prior-leak",
            Self::Statement => "statement",
            Self::Register => "register",
            Self::Claim => "claim",
        }
    }

    /// Reads the word of the case file.
    pub fn parse(word: &str) -> Option<Self> {
        [
            Self::Leak,
            Self::ProofPack,
            Self::Gateway,
            Self::Inventory,
            Self::PriorLeak,
            Self::Statement,
            Self::Register,
            Self::Claim,
        ]
        .into_iter()
        .find(|kind| kind.as_str() == word)
    }
}

/// How much of what the gang claims to hold an exhibit is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Completeness {
    /// Not known; treated as a lower bound.
    #[default]
    Unknown,
    /// Shown as proof.
    Sample,
    /// A tranche.
    Partial,
    /// All that the gang claims to hold.
    Complete,
}

impl Completeness {
    /// The word of the case file and of report.json.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Sample => "sample",
            Self::Partial => "partial",
            Self::Complete => "complete",
        }
    }
}

/// A sealed source.
#[derive(Clone, Debug)]
pub struct Exhibit {
    /// Its number in the case.
    pub id: ExhibitId,
    /// What it is.
    pub kind: ExhibitKind,
    /// Files sealed.
    pub files: u64,
    /// Bytes of those files.
    pub bytes: u64,
    /// SHA-256 over the sorted lines `sha256  size  path` of its files.
    pub sha256: Sha256,
    /// BLAKE3 over the sorted lines `blake3  size  path`; ids are made from it.
    pub blake3: [u8; 32],
    /// How much of the claimed data it is.
    pub completeness: Completeness,
    /// Who handed it over.
    pub custodian: String,
    /// The controller, for a register.
    pub controller: Option<ControllerId>,
}

/// True where all that is held of a leak is what a gang showed as proof: people in it are a floor, and tell of no more.
pub fn is_proof_only(exhibits: &[Exhibit]) -> bool {
    let holds = |kind| exhibits.iter().any(|exhibit| exhibit.kind == kind);
    holds(ExhibitKind::ProofPack) && !holds(ExhibitKind::Leak)
}

/// A file of an exhibit as it was when it was sealed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedFile {
    /// Where in the exhibit.
    pub path: ItemPath,
    /// Where on disk, from the exhibit's root; the bytes of its name as the system has them.
    pub disk: PathBuf,
    /// Its size in bytes, as hashed.
    pub bytes: u64,
    /// SHA-256 of its bytes.
    pub sha256: Sha256,
    /// BLAKE3 of its bytes.
    pub blake3: [u8; 32],
    /// When the file system says it was last modified.
    pub modified: Option<jiff::Timestamp>,
}

/// Where inside an item something stands. Counted from one, as a person counts, but for bytes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    /// The item as a whole, or its path.
    Whole,
    /// A span of bytes of the item, end excluded.
    Bytes {
        /// First byte.
        start: u64,
        /// Byte after the last.
        end: u64,
    },
    /// A line of a text.
    Line {
        /// The part it lies in: `body`, `header`, `page 2`; empty where a text has one part.
        part: String,
        /// First line.
        first: u32,
        /// Last line.
        last: u32,
    },
    /// A row of a table.
    Row {
        /// Sheet or table name; empty where there is one.
        sheet: String,
        /// The row as the program that made the file would number it.
        row: u32,
    },
    /// A cell of a table.
    Cell {
        /// Sheet or table name; empty where there is one.
        sheet: String,
        /// The row, as above.
        row: u32,
        /// The column, one for `A`.
        column: u32,
    },
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Whole => f.write_str("whole"),
            Self::Bytes { start, end } => write!(f, "bytes {start}-{end}"),
            Self::Line { part, first, last } => {
                if !part.is_empty() {
                    write!(f, "{part} ")?;
                }
                if first == last { write!(f, "line {first}") } else { write!(f, "lines {first}-{last}") }
            }
            Self::Row { sheet, row } => {
                if !sheet.is_empty() {
                    write!(f, "{sheet} ")?;
                }
                write!(f, "row {row}")
            }
            Self::Cell { sheet, row, column } => {
                if !sheet.is_empty() {
                    write!(f, "{sheet}!")?;
                }
                write!(f, "{}{row}", column_letters(*column))
            }
        }
    }
}

fn column_letters(mut column: u32) -> String {
    let mut letters = Vec::new();
    while column > 0 {
        let digit = (column - 1) % 26;
        letters.push(b'A' + digit as u8);
        column = (column - 1) / 26;
    }
    letters.iter().rev().map(|&b| b as char).collect()
}

/// The way back from a value to a sealed exhibit.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Locator {
    /// The exhibit.
    pub exhibit: ExhibitId,
    /// The item in it.
    pub path: ItemPath,
    /// The place in the item.
    pub place: Place,
}

impl fmt::Display for Locator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{} {}", self.exhibit, self.path, self.place)
    }
}

/// Something a reader should know about how an item was read; never carries a personal value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Warning(pub String);

/// Why an item could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum UnreadReason {
    /// Needs a password that was not supplied.
    Encrypted,
    /// Damaged beyond what could be carved.
    Corrupt,
    /// A format that is not read.
    Unsupported,
    /// An image or scan, and no OCR at hand.
    NoOcr,
    /// Over a limit of size, depth or expansion.
    Limit,
    /// Its worker hung or died, alone and twice.
    Timeout,
}

impl UnreadReason {
    /// Every reason, in the order of report.json.
    pub const ALL: [Self; 6] =
        [Self::Encrypted, Self::Corrupt, Self::Unsupported, Self::NoOcr, Self::Limit, Self::Timeout];

    /// The key of report.json.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Encrypted => "encrypted",
            Self::Corrupt => "corrupt",
            Self::Unsupported => "unsupported",
            Self::NoOcr => "no_ocr",
            Self::Limit => "limit",
            Self::Timeout => "timeout",
        }
    }
}

/// What an item, or a part of it, wants to be read: with it at hand, the item is opened again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Want {
    /// A password that was not at hand.
    Password,
    /// Somebody who recognises text in pictures.
    Recogniser,
}

impl Want {
    /// Every want.
    pub const ALL: [Self; 2] = [Self::Password, Self::Recogniser];

    /// The stable word of segments and the journal.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::Recogniser => "recogniser",
        }
    }

    /// Reads the word that [`Want::as_str`] gives.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|want| want.as_str() == word)
    }
}

/// Where the password that opened an item came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PasswordOrigin {
    /// The user gave it.
    Given,
    /// It stood in the item's own exhibit, and the case's authority allows its use there.
    Found,
}

impl PasswordOrigin {
    /// The stable word of segments.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Given => "given",
            Self::Found => "found",
        }
    }
}

/// Minima of hashes of an item's runs of three words, one for each of 32 classes: the share of equal ones between two items
/// estimates what share of their runs they have in common (one-permutation MinHash, Li, Owen and Zhang 2012).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sketch(pub [u16; 32]);

impl Sketch {
    /// How many of the 32 are equal.
    pub fn agreement(&self, other: &Self) -> usize {
        self.0.iter().zip(&other.0).filter(|(one, two)| one == two).count()
    }
}

/// A file that a listing names: of a server, of a backup, or of what a gang says it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedFile {
    /// The exhibit that lists it.
    pub exhibit: ExhibitId,
    /// The item of it that is the listing.
    pub item: ItemPath,
    /// The path as written; it may name a patient.
    pub path: Sensitive<String>,
    /// Its size in bytes, where written.
    pub bytes: Option<u64>,
    /// SHA-256 of its bytes, where written.
    pub sha256: Option<Sha256>,
}

/// What tells items of like content apart from others: digests of words and of a message's ids, never the words themselves.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Likeness {
    /// Digest of its words, case and punctuation folded; none where it has no text.
    pub words: Option<[u8; 16]>,
    /// Its sketch; none where it has too few words for one.
    pub sketch: Option<Sketch>,
    /// Digest of a message's own id.
    pub message: Option<u64>,
    /// Digests of the ids of the messages that it answers or refers to.
    pub refers: Vec<u64>,
}

/// What became of an item. Every item is in exactly one state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ItemStatus {
    /// Read whole.
    Read,
    /// Read in part; the warnings say what is missing.
    Partial,
    /// The same bytes as another item, which was read in its stead.
    Duplicate(ExhibitId, ItemPath),
    /// Not read.
    Unread(UnreadReason),
}

impl ItemStatus {
    /// `read`, `partial`, `duplicate` or `unread`.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Partial => "partial",
            Self::Duplicate(..) => "duplicate",
            Self::Unread(_) => "unread",
        }
    }
}

/// What kind of record an item is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum ItemCategory {
    /// About a patient's care.
    PatientRecord,
    /// About donors and gifts.
    DonorReport,
    /// Orders, invoices, tenders, contracts.
    Procurement,
    /// About staff: payroll, rotas, discipline.
    StaffRecord,
    /// Mail and letters that are none of the above.
    Correspondence,
    /// Passwords, keys, configurations with secrets.
    Credentials,
    /// Anything else.
    #[default]
    Other,
}

impl ItemCategory {
    /// Every category, in the order of reports.
    pub const ALL: [Self; 7] = [
        Self::PatientRecord,
        Self::DonorReport,
        Self::Procurement,
        Self::StaffRecord,
        Self::Correspondence,
        Self::Credentials,
        Self::Other,
    ];

    /// The words of report.json and of the exports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::PatientRecord => "patient record",
            Self::DonorReport => "donor report",
            Self::Procurement => "procurement",
            Self::StaffRecord => "staff record",
            Self::Correspondence => "correspondence",
            Self::Credentials => "credentials",
            Self::Other => "other",
        }
    }
}

/// What in an item speaks for a controller, strongest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HintBasis {
    /// A canary that the controller planted stands in it.
    Canary,
    /// The item's path matches the controller's `paths`.
    Path,
    /// Its letterhead or title names the controller.
    Letterhead,
    /// It carries the controller's ODS code.
    OdsCode,
    /// Local hospital numbers of the controller's form.
    HospitalNumber,
    /// Mail or web addresses in the controller's domains.
    Domain,
}

impl HintBasis {
    /// In words.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Canary => "canary",
            Self::Path => "path",
            Self::Letterhead => "letterhead",
            Self::OdsCode => "ODS code",
            Self::HospitalNumber => "hospital number",
            Self::Domain => "domain",
        }
    }
}

/// One reason to hold an item for a controller's.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ControllerHint {
    /// The controller.
    pub controller: ControllerId,
    /// Why.
    pub basis: HintBasis,
}

/// A file, archive member, message, attachment or embedded object at any depth. A container is an item too.
#[derive(Clone, Debug)]
pub struct Item {
    /// Its exhibit.
    pub exhibit: ExhibitId,
    /// Where in the exhibit.
    pub path: ItemPath,
    /// Its size in bytes, decoded.
    pub bytes: u64,
    /// SHA-256 of its bytes.
    pub sha256: Sha256,
    /// Its type, by content.
    pub media_type: String,
    /// What became of it.
    pub status: ItemStatus,
    /// What kind of record it is.
    pub category: ItemCategory,
    /// Why that category.
    pub category_reasons: Vec<String>,
    /// Whose it may be, by origin.
    pub controller_hints: Vec<ControllerHint>,
    /// A body named at its head that is no controller of the case: a charity, a supplier, another trust.
    pub other_body: Option<String>,
    /// The oldest date in it that dates the record (not a date of birth).
    pub oldest: Option<Date>,
    /// The newest such date.
    pub newest: Option<Date>,
    /// What a reader should know.
    pub warnings: Vec<Warning>,
    /// What it wants to be read, or read whole.
    pub wants: BTreeSet<Want>,
    /// Whose password opened it; none where it needed none or was not opened.
    pub opened_with: Option<PasswordOrigin>,
    /// What it is like.
    pub likeness: Likeness,
}
