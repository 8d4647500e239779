//! The vocabulary of Assay: what every stage takes and gives.
//!
//! Nothing here reads a file, looks at a clock, draws a random number or serialises itself: wire forms live in
//! `assay-engine` (frames, segments) and `assay-report` (what is published). The spine, in reading order:
//!
//! ```text
//! Claim -> Assertion ------------------------------------------------+
//! Exhibit -> Item -> Passage -> Finding -> Mention -> DataSubject -> Verdict -> Duty -> Dossier
//! GatewayEvent -> Session -> HijackIndicator ------------------------+
//! ```

mod case;
mod claim;
mod dossier;
mod duty;
mod evidence;
mod finding;
mod gateway;
mod harm;
mod hex;
mod ids;
mod passage;
mod sensitive;
mod subject;

pub use case::{
    Authority, Canary, CanaryMark, CaseInfo, Controller, ModulusTable, NhsTestRange, Relationship, ScanSettings,
};
pub use claim::{
    ASSERTION_KINDS, AdmiraltyGrade, Assertion, AssertionKind, Claim, Confidence, Evidence, Phia, Share, Stance,
    Statement, UndeterminedReason, Verdict, VerdictKind,
};
pub use dossier::{
    Alike, Coverage, DataOf, Dossier, Host, ItemCounts, NamedBody, OwnPasswords, Parties, TokenCoverage, Unlisted,
};
pub use duty::{Duty, DutyStatus};
pub use evidence::{
    Completeness, ControllerHint, Exhibit, ExhibitKind, HintBasis, Item, ItemCategory, ItemStatus, Likeness,
    ListedFile, Locator, PasswordOrigin, Place, SealedFile, Sketch, UnreadReason, Want, Warning, is_proof_only,
};
pub use finding::{Element, Finding, FoundPassword, Mention, PasswordBasis, PersonName, Role, SpecialCategory, Value};
pub use gateway::{
    ApplianceBuild, CoverageDetail, GatewayAssessment, GatewayTrace, HijackIndicator, Judgement, Outage, Session,
    SessionDetail, SessionVerdict, SourceCoverage, TakeoverVerdict, TimelineEntry, VserverKind, Vulnerability,
    VulnerableStatus,
};
pub use harm::{Harm, UrgentRecord};
pub use hex::{hex, of_hex};
pub use ids::{AssertionId, ControllerId, DutyId, ExhibitId, ItemPath, MentionId, Sha256, SubjectId};
pub use passage::{Cell, CompactString, Content, Passage, Recovery, Table};
pub use sensitive::Sensitive;
pub use subject::{
    AgeBand, Changes, DataSubject, Estimate, Expected, Interim, LinkExplanation, MatchTarget, Part, RegisterMatch,
    RegisterPerson, ScanProgress, WeightPiece,
};
