//! Everything that a report says, in one value: what analysis hands to rendering.

use crate::{
    Authority, CaseInfo, Changes, Claim, Controller, ControllerId, DataSubject, Duty, Estimate, Exhibit, ExhibitId,
    Expected, Finding, GatewayAssessment, Item, ItemStatus, Mention, Part, Statement, UnreadReason, UrgentRecord,
    Verdict,
};
use std::collections::BTreeMap;

/// The state of a case after all stages.
#[derive(Clone, Debug)]
pub struct Dossier {
    /// The case.
    pub case: CaseInfo,
    /// Its controllers.
    pub controllers: Vec<Controller>,
    /// Who instructs.
    pub authority: Option<Authority>,
    /// Sealed exhibits in the order of the case file, then registers, then claims.
    pub exhibits: Vec<Exhibit>,
    /// Items of exhibits that hold leaked data, sorted by exhibit and path.
    pub items: Vec<Item>,
    /// Mentions in those items, oldest first; those of duplicate items are left out.
    pub mentions: Vec<Mention>,
    /// People, those who count and those who do not, sorted by id.
    pub subjects: Vec<DataSubject>,
    /// How many.
    pub estimate: Estimate,
    /// How many of each part.
    pub parts: BTreeMap<Part, Expected>,
    /// What changed in them since the report before; none in a first report.
    pub changes: Option<Changes>,
    /// Records that harm first, by class, most urgent first, then by place.
    pub urgent: Vec<UrgentRecord>,
    /// Values that tell a person, in items about people, of which nothing says whose they are; by place.
    pub unassigned: Vec<Finding>,
    /// Claims as posted.
    pub claims: Vec<Claim>,
    /// What was said in public, in the order of the case file.
    pub statements: Vec<Statement>,
    /// Each assertion with its verdict.
    pub verdicts: Vec<Verdict>,
    /// Who is named, whose gateway it was, whose data it is.
    pub parties: Parties,
    /// The gateway; none where the case has no gateway evidence.
    pub gateway: Option<GatewayAssessment>,
    /// Duties.
    pub duties: Vec<Duty>,
    /// How the items were read.
    pub coverage: Coverage,
    /// Which items are alike.
    pub alike: Alike,
}

/// The parts that bodies have in a case; one may have several, and they are never taken for each other.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parties {
    /// The bodies that claims name, in their order.
    pub named: Vec<NamedBody>,
    /// Whose way in it was, by id.
    pub host: Vec<Host>,
    /// Whose data it is by the origin of the items, most people first.
    pub data_of: Vec<DataOf>,
    /// Bodies at the head of papers that the case does not list, most items first.
    pub unlisted: Vec<Unlisted>,
}

/// A body as a claim names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedBody {
    /// The claim's words.
    pub words: String,
    /// The controllers that they may mean; none where they mean none of the case.
    pub controllers: Vec<ControllerId>,
}

/// Who runs the way in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Host {
    /// The body.
    pub controller: ControllerId,
    /// What says so.
    pub basis: Vec<String>,
}

/// What is held of a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataOf {
    /// The body.
    pub controller: ControllerId,
    /// People who count.
    pub people: u64,
    /// Items that were read.
    pub items: u64,
}

/// A body that names itself at the head of items.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unlisted {
    /// As written.
    pub name: String,
    /// Items.
    pub items: u64,
}

/// Which items are alike; decided over all items of a dossier, in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Alike {
    /// Distinct contents: items less those of the same bytes, or of the same words, as an item before.
    pub contents: u64,
    /// Items of the same words as an item before, in other bytes: a letter and its PDF.
    pub same_words: u64,
    /// Groups of near-duplicates.
    pub near_groups: u64,
    /// Threads of two messages or more.
    pub threads: u64,
    /// The near-duplicate group of each item, from 1, in the order of the dossier's items; none where it has no like.
    pub near_group: Vec<Option<u32>>,
    /// The thread of each item, from 1, likewise.
    pub thread: Vec<Option<u32>>,
}

/// How reading went, beyond the items' own states.
#[derive(Clone, Debug, Default)]
pub struct Coverage {
    /// What kept parsers apart from the rest of the machine, in words.
    pub sandbox: String,
    /// Tools that were missing: `tesseract`.
    pub missing_tools: Vec<String>,
    /// Exhibits of which passwords were tried on its own items, in the order of the case.
    pub own_passwords: Vec<OwnPasswords>,
    /// Registers that came as tokens, in the order of the case.
    pub token_registers: Vec<TokenCoverage>,
    /// The mentions that m and u of the match weights were fitted to; none where those of the rules stand.
    pub weights_fitted_to: Option<u64>,
}

/// What a register of tokens could tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenCoverage {
    /// The register.
    pub exhibit: ExhibitId,
    /// Its rows.
    pub rows: u64,
    /// People who count and whom one of its rows fits by a number with something beside it.
    pub exact: u64,
    /// People who count and whom one of its rows fits otherwise: by a number alone, or without one.
    pub otherwise: u64,
}

/// That passwords found in an exhibit were tried on its encrypted items.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnPasswords {
    /// The exhibit.
    pub exhibit: ExhibitId,
    /// Encrypted items on which they were tried.
    pub tried_on: u64,
    /// Those that they opened.
    pub opened: u64,
}

/// Items by state.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ItemCounts {
    /// All.
    pub total: u64,
    /// Read whole.
    pub read: u64,
    /// Read in part.
    pub partial: u64,
    /// Duplicates.
    pub duplicate: u64,
    /// Unread, by reason; every reason has an entry.
    pub unread: BTreeMap<UnreadReason, u64>,
}

impl ItemCounts {
    /// Counts the items of one exhibit, or of all.
    pub fn of<'a>(items: impl IntoIterator<Item = &'a Item>, exhibit: Option<&ExhibitId>) -> Self {
        let mut counts = Self { unread: UnreadReason::ALL.into_iter().map(|r| (r, 0)).collect(), ..Self::default() };
        for item in items.into_iter().filter(|item| exhibit.is_none_or(|e| &item.exhibit == e)) {
            counts.total += 1;
            match &item.status {
                ItemStatus::Read => counts.read += 1,
                ItemStatus::Partial => counts.partial += 1,
                ItemStatus::Duplicate(..) => counts.duplicate += 1,
                ItemStatus::Unread(reason) => *counts.unread.entry(*reason).or_default() += 1,
            }
        }
        counts
    }

    /// All unread.
    pub fn unread_total(&self) -> u64 {
        self.unread.values().sum()
    }
}
