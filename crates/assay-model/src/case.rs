//! What the case file says, in the words of analysis.

use crate::{ControllerId, ExhibitId, Sensitive, Sha256};
use jiff::{Timestamp, civil::Date};

/// Title, reference and the day that decides who is a child.
#[derive(Clone, Debug, PartialEq)]
pub struct CaseInfo {
    /// Title.
    pub title: String,
    /// Reference.
    pub reference: String,
    /// The breach; child or adult is decided on this day.
    pub reference_date: Date,
    /// All sampling draws from it.
    pub seed: u64,
}

/// What numbers from the 999 range mean in this case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum NhsTestRange {
    /// They speak for test data.
    #[default]
    Reject,
    /// They are taken like any other.
    Accept,
}

/// A data controller of UK GDPR.
#[derive(Clone, Debug, PartialEq)]
pub struct Controller {
    /// Short id in the case.
    pub id: ControllerId,
    /// Legal name.
    pub name: String,
    /// ODS code; empty where none.
    pub ods_code: String,
    /// Other names.
    pub aliases: Vec<String>,
    /// Mail and web domains.
    pub domains: Vec<String>,
    /// Globs of leak paths that are this body's shares.
    pub paths: Vec<String>,
    /// Regular expression of its local patient numbers; empty where none.
    pub hospital_number: String,
    /// When this body became aware (Art. 33).
    pub aware_at: Option<Timestamp>,
    /// Why then.
    pub aware_basis: String,
}

/// Something that a body planted in its systems to be found again.
#[derive(Clone, Debug, PartialEq)]
pub struct Canary {
    /// The body that planted it.
    pub controller: ControllerId,
    /// What it is.
    pub mark: CanaryMark,
}

/// What a canary is known by.
#[derive(Clone, Debug, PartialEq)]
pub enum CanaryMark {
    /// A value that stands in a file: a name, a number, a token.
    Value(Sensitive<String>),
    /// A file by its name.
    File(Sensitive<String>),
    /// A file by its bytes.
    Sha256(Sha256),
}

/// Who acts for whom (Art. 33(2)).
#[derive(Clone, Debug, PartialEq)]
pub struct Relationship {
    /// The processor.
    pub processor: ControllerId,
    /// The controller.
    pub controller: ControllerId,
    /// What for: `gateway`.
    pub service: String,
}

/// Who instructs the examination.
#[derive(Clone, Debug, PartialEq)]
pub struct Authority {
    /// The body that instructs.
    pub instructing_controller: ControllerId,
    /// On what basis.
    pub lawful_basis: String,
    /// Exhibits whose encrypted items may be opened with passwords that stand in the same exhibit.
    pub use_passwords_found_in: Vec<ExhibitId>,
}

/// What a scan needs to know of the case; part of every unit's fingerprint.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct ScanSettings {
    /// The controllers.
    pub controllers: Vec<Controller>,
    /// What 999 numbers mean.
    pub nhs_test_range: NhsTestRange,
    /// Header overrides of registers: exhibit, column title, element word or `family name`, `given names`, `title`.
    pub register_columns: Vec<(ExhibitId, String, String)>,
    /// Values planted to be found again, each with the body that planted it.
    pub canaries: Vec<(ControllerId, Sensitive<String>)>,
    /// The case's own rules of identifiers, each the TOML of one `[[detect.rule]]`.
    pub rules: Vec<String>,
    /// The banks' table of weights, where the case has a copy.
    pub modulus: Option<ModulusTable>,
}

/// Pay.UK's table for the check of a sort code with an account number, as published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModulusTable {
    /// The text of `VALACDOS.txt`: ranges of sort codes, method, weights, exception.
    pub weights: String,
    /// The text of `SCSUBTAB.txt`: sort codes that are checked as others; may be empty.
    pub substitutions: String,
}
