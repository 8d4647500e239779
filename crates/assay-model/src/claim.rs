//! What was claimed, and the grade of each of its statements.

use crate::{AssertionId, ExhibitId};
use jiff::{Timestamp, civil::Date};

/// A claim as its source has it. Its words are kept verbatim, apart from what others made of them.
#[derive(Clone, Debug, PartialEq)]
pub struct Claim {
    /// `CLAIM/n`.
    pub exhibit: ExhibitId,
    /// Who claims.
    pub group: String,
    /// The post's title, unescaped.
    pub title: String,
    /// The post's text, unescaped.
    pub description: String,
    /// The victim's web site, where given.
    pub website: String,
    /// When it was posted.
    pub published: Option<Timestamp>,
    /// Size as a tracker's own field gives it: `1.2 TB`; empty where none.
    pub data_size: String,
}

/// What an assertion is about.
#[derive(Clone, Debug, PartialEq)]
pub enum AssertionKind {
    /// The people in the data are real and known to a register.
    People,
    /// The items come from systems of the bodies concerned.
    Origin,
    /// The data was not published before.
    Fresh,
    /// It is the named body's data.
    Victim {
        /// The body as the claim names it.
        named: String,
    },
    /// Records of this category are among the data.
    Category {
        /// The claim's words.
        words: String,
        /// The category.
        category: crate::ItemCategory,
    },
    /// The data spans these years.
    Years {
        /// First year.
        from: i16,
        /// Last year.
        to: i16,
    },
    /// So much data.
    Volume {
        /// Bytes claimed; none where the claim has words only (`large-scale`).
        bytes: Option<u64>,
        /// The claim's words.
        words: String,
    },
    /// So many people or records.
    Count {
        /// How many.
        number: u64,
        /// Of what, in the claim's words.
        of: String,
    },
    /// Whom it is about (`children`).
    Population {
        /// The claim's words.
        words: String,
    },
    /// How they got in.
    Vector {
        /// The claim's words.
        words: String,
    },
}

impl AssertionKind {
    /// The word of report.json.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::People => "people",
            Self::Origin => "origin",
            Self::Fresh => "fresh",
            Self::Victim { .. } => "victim",
            Self::Category { .. } => "category",
            Self::Years { .. } => "years",
            Self::Volume { .. } => "volume",
            Self::Count { .. } => "count",
            Self::Population { .. } => "population",
            Self::Vector { .. } => "vector",
        }
    }
}

/// One checkable statement of a claim.
#[derive(Clone, Debug, PartialEq)]
pub struct Assertion {
    /// Its id.
    pub id: AssertionId,
    /// The claim.
    pub claim: ExhibitId,
    /// What it is about.
    pub kind: AssertionKind,
    /// The statement in one sentence.
    pub text: String,
}

/// The grade of an assertion.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum VerdictKind {
    /// The evidence speaks for it.
    Supported,
    /// The evidence speaks against it.
    Contradicted,
    /// The evidence decides neither way.
    Undetermined(UndeterminedReason),
}

impl VerdictKind {
    /// The word of report.json.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Supported => "supported",
            Self::Contradicted => "contradicted",
            Self::Undetermined(_) => "undetermined",
        }
    }
}

/// Why an assertion is undetermined.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum UndeterminedReason {
    /// Nothing at hand tests it.
    Untested,
    /// It says nothing that could be tested (`large-scale`).
    Untestable,
    /// Evidence both ways.
    Conflicting,
    /// Too little evidence.
    Insufficient,
}

impl UndeterminedReason {
    /// The word of report.json.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Untested => "untested",
            Self::Untestable => "untestable",
            Self::Conflicting => "conflicting",
            Self::Insufficient => "insufficient",
        }
    }
}

/// A share with its 95 % interval, each 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Share {
    /// The share.
    pub share: f64,
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// A term of the PHIA probability yardstick with its band in percent. Bands have gaps on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Phia {
    /// `highly likely`.
    pub term: &'static str,
    /// Lower end of the band, percent.
    pub low: u8,
    /// Upper end of the band, percent.
    pub high: u8,
}

/// Analytical confidence, apart from likelihood.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Confidence {
    /// Thin or untested basis.
    Low,
    /// Sound basis with gaps.
    Moderate,
    /// Broad, tested basis.
    High,
}

impl Confidence {
    /// The word of report.json.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Moderate => "moderate",
            Self::High => "high",
        }
    }
}

/// One piece of evidence, without personal data.
#[derive(Clone, Debug, PartialEq)]
pub struct Evidence {
    /// In one sentence.
    pub text: String,
    /// Where it rests: exhibits, figures' names.
    pub basis: String,
}

/// The grade of one assertion with the evidence each way.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// What was graded.
    pub assertion: Assertion,
    /// The grade.
    pub verdict: VerdictKind,
    /// The share, for kinds that have one.
    pub share: Option<Share>,
    /// Likelihood; none where undetermined.
    pub term: Option<Phia>,
    /// Analytical confidence.
    pub confidence: Confidence,
    /// Evidence for.
    pub evidence_for: Vec<Evidence>,
    /// Evidence against.
    pub evidence_against: Vec<Evidence>,
}

/// What somebody said in public about a matter that a claim asserts. Their own words, apart from what others made of them.
#[derive(Clone, Debug, PartialEq)]
pub struct Statement {
    /// Who said it, and where.
    pub source: String,
    /// When.
    pub date: Option<Date>,
    /// The words, verbatim.
    pub words: String,
    /// Reliability of the source and credibility of what it says, as the case graded them.
    pub grade: AdmiraltyGrade,
    /// The kind of assertion that it is about: `population`.
    pub about: String,
    /// What it says of that.
    pub stance: Stance,
    /// The sealed copy, where the case has one.
    pub exhibit: Option<ExhibitId>,
}

/// Reliability A to F of a source and credibility 1 to 6 of what it says (Admiralty code); each graded without regard to the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AdmiraltyGrade {
    /// `A` completely reliable to `E` unreliable; `F` cannot be judged.
    pub reliability: char,
    /// 1 confirmed by others to 5 improbable; 6 cannot be judged.
    pub credibility: u8,
}

impl AdmiraltyGrade {
    /// Reads `B2`.
    pub fn parse(text: &str) -> Option<Self> {
        let mut signs = text.chars();
        let (reliability, digit) = (signs.next()?.to_ascii_uppercase(), signs.next()?.to_digit(10)?);
        let known = ('A'..='F').contains(&reliability) && (1..=6).contains(&digit) && signs.next().is_none();
        known.then(|| Self { reliability, credibility: u8::try_from(digit).unwrap_or(6) })
    }

    /// The reliability in words.
    pub fn reliability_words(self) -> &'static str {
        match self.reliability {
            'A' => "completely reliable",
            'B' => "usually reliable",
            'C' => "fairly reliable",
            'D' => "not usually reliable",
            'E' => "unreliable",
            _ => "reliability cannot be judged",
        }
    }

    /// The credibility in words.
    pub fn credibility_words(self) -> &'static str {
        match self.credibility {
            1 => "confirmed by other sources",
            2 => "probably true",
            3 => "possibly true",
            4 => "doubtful",
            5 => "improbable",
            _ => "truth cannot be judged",
        }
    }
}

/// What a statement says of an assertion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stance {
    /// That it is so.
    Affirms,
    /// That it is not so.
    Denies,
    /// Neither: that it is looked into.
    Open,
}

impl Stance {
    /// The word of the case file and of report.json.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Affirms => "affirms",
            Self::Denies => "denies",
            Self::Open => "open",
        }
    }

    /// Reads the word of the case file.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Affirms, Self::Denies, Self::Open].into_iter().find(|stance| stance.as_str() == word)
    }

    /// True where a verdict says the contrary.
    pub fn differs(self, verdict: VerdictKind) -> bool {
        matches!((self, verdict), (Self::Affirms, VerdictKind::Contradicted) | (Self::Denies, VerdictKind::Supported))
    }
}

/// The kinds of assertion, in the words of report.json.
pub const ASSERTION_KINDS: [&str; 10] =
    ["people", "origin", "fresh", "victim", "category", "years", "volume", "count", "population", "vector"];

/// Years as dates, for readers of a claim.
impl AssertionKind {
    /// The span of a years assertion as dates.
    pub fn span(&self) -> Option<(Date, Date)> {
        match *self {
            Self::Years { from, to } => Some((Date::new(from, 1, 1).ok()?, Date::new(to, 12, 31).ok()?)),
            _ => None,
        }
    }
}
