//! What harms first: [`Harm`], and the records that carry it: [`UrgentRecord`].
//!
//! Whom a leak puts in danger is not for the end of a review. A class is a mark on what was found, by rules as data
//! (`rules/detect/harm.toml`); it takes nothing away from the record, its person or the count.

use crate::{AgeBand, Element, Finding, Locator, MentionId, PersonName, Role, Sensitive, SubjectId};
use jiff::civil::Date;
use std::collections::BTreeSet;

/// A class of harm, in the order in which a person should look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Harm {
    /// A person whose whereabouts must not be known: a refuge, a court order, a flag on the record.
    ProtectedAddress,
    /// A safeguarding concern about a child or an adult at risk.
    Safeguarding,
    /// A password, key or token that may still open something. Nothing is tried: whether it does is not known.
    LiveCredential,
    /// A special category of Art. 9, or an offence, of somebody under 18.
    ChildSpecialCategory,
    /// An account or a card.
    BankDetails,
    /// Where a member of staff lives.
    StaffHomeAddress,
}

impl Harm {
    /// Every class, most urgent first.
    pub const ALL: [Self; 6] = [
        Self::ProtectedAddress,
        Self::Safeguarding,
        Self::LiveCredential,
        Self::ChildSpecialCategory,
        Self::BankDetails,
        Self::StaffHomeAddress,
    ];

    /// The words of rule files, report.json and exports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ProtectedAddress => "protected address",
            Self::Safeguarding => "safeguarding",
            Self::LiveCredential => "live credential",
            Self::ChildSpecialCategory => "special category about a child",
            Self::BankDetails => "bank details",
            Self::StaffHomeAddress => "staff home address",
        }
    }

    /// Reads the words that [`Harm::as_str`] gives.
    pub fn parse(words: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|harm| harm.as_str() == words)
    }
}

/// One record with a class of harm: a mention, or a finding that stands beside nobody (a key in a script).
#[derive(Clone, Debug)]
pub struct UrgentRecord {
    /// The class; a record with several is there once for each.
    pub harm: Harm,
    /// Where.
    pub locator: Locator,
    /// The mention; none for what stands beside nobody.
    pub mention: Option<MentionId>,
    /// The person who holds the mention; none where people are not put together yet.
    pub subject: Option<SubjectId>,
    /// What the person is.
    pub role: Role,
    /// Child or adult on the reference date.
    pub age: AgeBand,
    /// Who, as the record names the person.
    pub name: Option<Sensitive<PersonName>>,
    /// NHS number of the record.
    pub nhs_number: Option<Sensitive<String>>,
    /// Date of birth of the record.
    pub date_of_birth: Option<Sensitive<Date>>,
    /// The findings that make the class, by place.
    pub findings: Vec<Finding>,
}

impl UrgentRecord {
    /// What makes the class, each once.
    pub fn elements(&self) -> BTreeSet<Element> {
        self.findings.iter().map(|finding| finding.element).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::Harm;

    #[test]
    fn words_come_back() {
        assert!(Harm::ALL.into_iter().all(|harm| Harm::parse(harm.as_str()) == Some(harm)));
        assert!(Harm::ALL.is_sorted());
    }
}
