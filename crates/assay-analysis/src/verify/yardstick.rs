//! Likelihood and confidence: how a grade becomes a PHIA term, and what the confidence in it rests on.
//!
//! # Likelihood
//! PHIA probability yardstick, gov.uk "Explaining Uncertainty in UK Intelligence Assessment", 24 March 2025. Its bands have
//! gaps on purpose, and 0, 50 and 100 % have no term. Evidence of this kind gives no measured probability, so none is
//! computed: a grade has one of three [`Strength`]s, each a place well inside a band, and each kind of test has a ceiling
//! that it cannot pass however strong its figures are ([`Ceiling`]). The place is never printed, only its band:
//!
//! | strength | supported | contradicted |
//! |---|---|---|
//! | bare | likely (55-75) | unlikely (25-35) |
//! | clear | highly likely (80-90) | highly unlikely (10-20) |
//! | overwhelming | almost certain (95-100) | remote chance (0-5) |
//!
//! # Confidence
//! Analytical confidence is judged on information base, analytical rigour, and complexity and volatility (same source, which
//! we hold without the wording of its levels; the rules here are ours). Each is poor, fair or good: any poor is low
//! confidence, all good is high, the rest is moderate.

use assay_model::{Assertion, Confidence, Evidence, Phia, Share, UndeterminedReason, Verdict, VerdictKind};

use super::held::Held;
use super::shares::evidence;

/// The term for a probability. Total: what has no band is mapped, always to the more cautious side.
///
/// A value in a gap takes the neighbouring band nearer to 50 %, so that no term says more than the value: 0.07 is highly
/// unlikely, 0.22 unlikely, 0.38 a realistic possibility, 0.78 likely, 0.92 highly likely. 0.5 itself and the gap above it up to
/// 0.55 are a realistic possibility. 0 and below take the lowest band, 1 and above the highest, and what is no number is a
/// realistic possibility, the term that says least.
pub fn phia(probability: f64) -> Phia {
    let band = |term, low, high| Phia { term, low, high };
    match probability {
        p if p.is_nan() => band("realistic possibility", 40, 50),
        p if p <= 0.05 => band("remote chance", 0, 5),
        p if p <= 0.20 => band("highly unlikely", 10, 20),
        p if p <= 0.35 => band("unlikely", 25, 35),
        p if p < 0.55 => band("realistic possibility", 40, 50),
        p if p < 0.80 => band("likely", 55, 75),
        p if p < 0.95 => band("highly likely", 80, 90),
        _ => band("almost certain", 95, 100),
    }
}

/// How far the figures lie from the line that decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Strength {
    /// Just over it.
    Bare,
    /// Well over it.
    Clear,
    /// Far over it.
    Overwhelming,
}

impl Strength {
    /// Of a share, by how far the interval's near end lies from a half: 0.2 is clear, 0.4 overwhelming.
    pub(super) fn of_share(share: Share) -> Self {
        let margin = if share.low > 0.5 { share.low - 0.5 } else { 0.5 - share.high };
        match margin {
            m if m >= 0.4 => Self::Overwhelming,
            m if m >= 0.2 => Self::Clear,
            _ => Self::Bare,
        }
    }

    fn place_if_supported(self) -> f64 {
        match self {
            Self::Bare => 0.65,
            Self::Clear => 0.85,
            Self::Overwhelming => 0.97,
        }
    }

    fn place_if_contradicted(self) -> f64 {
        match self {
            Self::Bare => 0.30,
            Self::Clear => 0.15,
            Self::Overwhelming => 0.03,
        }
    }
}

/// The most that a kind of test can say for and against its assertion, and why.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ceiling {
    pub(super) supported: Strength,
    pub(super) contradicted: Strength,
}

impl Ceiling {
    /// Registers prove people; one that is old or of another body misses some who are real.
    pub(super) const PEOPLE: Self = Self { supported: Strength::Overwhelming, contradicted: Strength::Clear };
    /// Paths, letterheads and number forms are public or can be copied: only a server's listing would prove more.
    pub(super) const ORIGIN: Self = Self { supported: Strength::Bare, contradicted: Strength::Clear };
    /// Path and size in the body's own listing, or its canary: chance is measured, and a forger would have to know them.
    pub(super) const ORIGIN_LISTED: Self = Self { supported: Strength::Clear, contradicted: Strength::Clear };
    /// Hashes in the body's own listing: nobody makes another file of one.
    pub(super) const ORIGIN_HASHED: Self = Self { supported: Strength::Overwhelming, contradicted: Strength::Clear };
    /// Absence from the prior leaks held is no absence from all; equality of bytes is decisive.
    pub(super) const FRESH: Self = Self { supported: Strength::Bare, contradicted: Strength::Overwhelming };
    /// Whose data it is rests on origin, which can be forged but for people whom a register knows.
    pub(super) const VICTIM: Self = Self { supported: Strength::Clear, contradicted: Strength::Clear };
    /// The same where no register knows any of the people.
    pub(super) const VICTIM_BY_LOOKS: Self = Self { supported: Strength::Bare, contradicted: Strength::Clear };
    /// Items are put in categories by rules.
    pub(super) const CATEGORY: Self = Self { supported: Strength::Overwhelming, contradicted: Strength::Clear };
    /// Dates in a record may be of other things than the record.
    pub(super) const YEARS: Self = Self { supported: Strength::Clear, contradicted: Strength::Clear };
    /// Bytes are counted.
    pub(super) const VOLUME: Self = Self { supported: Strength::Overwhelming, contradicted: Strength::Overwhelming };
    /// People and records are estimated.
    pub(super) const COUNT: Self = Self { supported: Strength::Clear, contradicted: Strength::Clear };
    /// Ages are known for some.
    pub(super) const POPULATION: Self = Self { supported: Strength::Clear, contradicted: Strength::Clear };
    /// Sessions consistent with a takeover are no proof of one.
    pub(super) const VECTOR: Self = Self { supported: Strength::Bare, contradicted: Strength::Bare };
}

/// The level of one of the three grounds of confidence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Level {
    Poor,
    Fair,
    Good,
}

/// The three grounds of confidence.
#[derive(Clone, Copy, Debug)]
pub(super) struct Footing {
    /// How much was tested, and how much of what is held could be read.
    pub(super) base: Level,
    /// How strict the test is.
    pub(super) rigour: Level,
    /// How far more material could turn the grade.
    pub(super) stability: Level,
}

/// Units tested under which a base is poor, and from which it is good.
const FEW: u64 = 10;
const MANY: u64 = 100;
/// The share of items unread above which a base is no longer good.
const MUCH_UNREAD: f64 = 0.2;

impl Footing {
    /// The footing of a test over `tested` units of what is held.
    pub(super) fn over(held: &Held<'_>, tested: u64, rigour: Level) -> Self {
        let base = match tested {
            n if n < FEW || held.proof_only => Level::Poor,
            n if n < MANY || held.unread_share() > MUCH_UNREAD => Level::Fair,
            _ => Level::Good,
        };
        let stability = if held.complete { Level::Good } else { Level::Fair };
        Self { base, rigour, stability }
    }

    /// Nothing was tested.
    pub(super) const NONE: Self = Self { base: Level::Poor, rigour: Level::Poor, stability: Level::Poor };

    fn confidence(self) -> Confidence {
        match self.base.min(self.rigour).min(self.stability) {
            Level::Poor => Confidence::Low,
            Level::Fair => Confidence::Moderate,
            Level::Good => Confidence::High,
        }
    }
}

/// A verdict without its assertion.
#[derive(Clone, Debug)]
pub(super) struct Grade {
    verdict: VerdictKind,
    term: Option<Phia>,
    footing: Footing,
    share: Option<Share>,
    evidence_for: Vec<Evidence>,
    evidence_against: Vec<Evidence>,
}

impl Grade {
    pub(super) fn supported(strength: Strength, ceiling: Ceiling, footing: Footing) -> Self {
        let place = strength.min(ceiling.supported).place_if_supported();
        Self::new(VerdictKind::Supported, Some(phia(place)), footing)
    }

    pub(super) fn contradicted(strength: Strength, ceiling: Ceiling, footing: Footing) -> Self {
        let place = strength.min(ceiling.contradicted).place_if_contradicted();
        Self::new(VerdictKind::Contradicted, Some(phia(place)), footing)
    }

    pub(super) fn undetermined(reason: UndeterminedReason, footing: Footing) -> Self {
        let footing = match reason {
            UndeterminedReason::Untested | UndeterminedReason::Untestable => Footing::NONE,
            UndeterminedReason::Conflicting | UndeterminedReason::Insufficient => footing,
        };
        Self::new(VerdictKind::Undetermined(reason), None, footing)
    }

    /// Leaves open what something that it rests on contradicts.
    pub(super) fn unless_contradicted(mut self, other: &Self, why: impl FnOnce() -> Evidence) -> Self {
        if self.verdict == VerdictKind::Supported && other.verdict == VerdictKind::Contradicted {
            self.verdict = VerdictKind::Undetermined(UndeterminedReason::Conflicting);
            (self.term, self.share) = (None, None);
            self.evidence_against.push(why());
        }
        self
    }

    /// Nothing at hand tests it, and what is missing.
    pub(super) fn untested(missing: &str) -> Self {
        // A reader of a report that says only "untested" asks why; there is no third list for it.
        let why = evidence(format!("Not tested: {missing}."), "exhibits, registers and controllers of the case");
        Self::undetermined(UndeterminedReason::Untested, Footing::NONE).cons([why])
    }

    /// Nothing of the leak is held.
    pub(super) fn nothing_held() -> Self {
        Self::untested("no item of a leak or proof pack is held")
    }

    fn new(verdict: VerdictKind, term: Option<Phia>, footing: Footing) -> Self {
        Self { verdict, term, footing, share: None, evidence_for: Vec::new(), evidence_against: Vec::new() }
    }

    pub(super) fn share(mut self, share: Option<Share>) -> Self {
        self.share = share;
        self
    }

    pub(super) fn pros(mut self, evidence: impl IntoIterator<Item = Evidence>) -> Self {
        self.evidence_for.extend(evidence);
        self
    }

    pub(super) fn cons(mut self, evidence: impl IntoIterator<Item = Evidence>) -> Self {
        self.evidence_against.extend(evidence);
        self
    }

    pub(super) fn of(self, assertion: &Assertion) -> Verdict {
        Verdict {
            assertion: assertion.clone(),
            verdict: self.verdict,
            share: self.share,
            term: self.term,
            confidence: self.footing.confidence(),
            evidence_for: self.evidence_for,
            evidence_against: self.evidence_against,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_edge_has_its_term() {
        let terms: Vec<String> =
            [0.0, 0.05, 0.07, 0.20, 0.22, 0.35, 0.38, 0.45, 0.50, 0.54, 0.55, 0.75, 0.78, 0.80, 0.92, 0.95, 1.0]
                .iter()
                .map(|p| format!("{p:.2} {}", phia(*p).term))
                .collect();
        insta::assert_snapshot!(terms.join("\n"), @r"
    0.00 remote chance
    0.05 remote chance
    0.07 highly unlikely
    0.20 highly unlikely
    0.22 unlikely
    0.35 unlikely
    0.38 realistic possibility
    0.45 realistic possibility
    0.50 realistic possibility
    0.54 realistic possibility
    0.55 likely
    0.75 likely
    0.78 likely
    0.80 highly likely
    0.92 highly likely
    0.95 almost certain
    1.00 almost certain
    ");
        assert_eq!(phia(f64::NAN).term, "realistic possibility");
        assert_eq!(phia(f64::NEG_INFINITY).low, 0);
        assert_eq!(phia(f64::INFINITY).high, 100);
    }

    proptest! {
        #[test]
        fn a_value_inside_a_band_gets_that_band_and_no_term_says_more_than_the_value(p in 0.0f64..=1.0) {
            let band = phia(p);
            let (low, high) = (f64::from(band.low) / 100.0, f64::from(band.high) / 100.0);
            // Outside its band only on the side away from the middle.
            prop_assert!((low..=high).contains(&p) || (p < 0.5 && p < low) || (p >= 0.5 && p > high));
        }
    }

    #[test]
    fn strength_never_passes_the_ceiling() {
        let grade = Grade::supported(Strength::Overwhelming, Ceiling::VECTOR, Footing::NONE);
        assert_eq!(grade.term.map(|t| t.high), Some(75));
    }
}
