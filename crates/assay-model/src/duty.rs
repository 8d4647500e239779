//! What the law asks for, of whom and by when.

use crate::{ControllerId, DutyId};
use jiff::Timestamp;

/// Where a duty stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DutyStatus {
    /// To do.
    Open,
    /// A draft is there.
    Drafted,
    /// Sent, as recorded by a person.
    Sent,
    /// The evidence does not trigger it.
    NotTriggered,
}

impl DutyStatus {
    /// The word of report.json.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Drafted => "drafted",
            Self::Sent => "sent",
            Self::NotTriggered => "not-triggered",
        }
    }
}

/// One duty of one controller.
#[derive(Clone, Debug, PartialEq)]
pub struct Duty {
    /// Its id.
    pub id: DutyId,
    /// Who must act.
    pub controller: ControllerId,
    /// Towards whom.
    pub to: String,
    /// The legal source.
    pub source: String,
    /// By when; none where the source says without undue delay.
    pub due: Option<Timestamp>,
    /// Where it stands.
    pub status: DutyStatus,
    /// Why it stands so, in one sentence.
    pub reason: String,
    /// The draft's text; empty where none.
    pub draft: String,
}
