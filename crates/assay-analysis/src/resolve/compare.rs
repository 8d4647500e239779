//! Two records compared: a level for every field that both have, its weight, and what forbids that they are one person.
//!
//! Fields are taken as independent but for two known dependences, each a cap with its reason in the rule file: what a
//! household shares, and what an address is made of. Sex is not compared: no element carries it but the title.

use std::collections::{BTreeMap, BTreeSet};

use assay_model::WeightPiece;
use jiff::civil::Date;

use super::names::{Frequencies, compare_names};
use super::record::{Record, Symbol, Symbols};
use super::rules::{COMPARISONS, Comparison, Level, Weights};

/// What a comparison found.
#[derive(Clone, Debug, Default)]
pub(super) struct Evidence {
    levels: [Option<(Level, f64)>; COMPARISONS],
    /// Bits taken off because the fields that agree follow from one another.
    dependence: f64,
    /// Bits, without the prior.
    pub(super) weight: f64,
    /// True where the two cannot be one person, whatever else agrees.
    pub(super) clash: bool,
    /// True where something beside the name agrees.
    pub(super) corroborated: bool,
}

impl Evidence {
    fn put(&mut self, level: Level, bits: f64) {
        if let Some(slot) = self.levels.get_mut(level.comparison() as usize) {
            *slot = Some((level, bits));
        }
    }

    pub(super) fn level(&self, comparison: Comparison) -> Option<Level> {
        self.levels.get(comparison as usize).copied().flatten().map(|(level, _)| level)
    }

    fn bits(&self, comparison: Comparison) -> f64 {
        self.levels.get(comparison as usize).copied().flatten().map_or(0.0, |(_, bits)| bits)
    }

    fn is(&self, level: Level) -> bool {
        self.level(level.comparison()) == Some(level)
    }

    /// True where an NHS or hospital number or a national identifier agrees.
    pub(super) fn has_number(&self) -> bool {
        [Level::NhsExact, Level::HospitalExact, Level::NationalExact].into_iter().any(|level| self.is(level))
    }

    /// True where something agrees that a household does not share: a number, or a mailbox with the given name.
    pub(super) fn has_proof(&self) -> bool {
        self.has_number() || (self.is(Level::EmailExact) && self.bits(Comparison::GivenName) > 0.0)
    }

    /// True where family name or given name agrees, or the date of birth.
    pub(super) fn agrees_on_person(&self) -> bool {
        [Comparison::FamilyName, Comparison::GivenName, Comparison::DateOfBirth].into_iter().any(|c| self.bits(c) > 0.0)
    }

    /// The terms of the weight, for an explanation.
    pub(super) fn pieces(&self) -> Vec<WeightPiece> {
        let piece = |comparison: &str, level: &str, weight: f64| WeightPiece {
            comparison: comparison.to_owned(),
            level: level.to_owned(),
            weight,
        };
        let mut pieces: Vec<WeightPiece> =
            self.levels.iter().flatten().map(|(level, bits)| piece(level.words().0, level.words().1, *bits)).collect();
        if self.dependence < 0.0 {
            pieces.push(piece("dependence", "shared by a household or an address", self.dependence));
        }
        pieces
    }
}

/// Compares records.
pub(super) struct Judge<'a> {
    pub(super) symbols: &'a Symbols,
    pub(super) weights: Weights,
    pub(super) frequencies: Frequencies,
    /// Mailboxes, lines and postcodes of many people.
    pub(super) shared: BTreeSet<Symbol>,
    /// Shares of dates of birth above the floor.
    pub(super) births: BTreeMap<Date, f64>,
    /// Bits; log2 of the chance that two records at random are one person's.
    pub(super) prior: f64,
}

impl Judge<'_> {
    pub(super) fn compare(&self, a: &Record, b: &Record) -> Evidence {
        let mut evidence = Evidence::default();
        self.numbers(&mut evidence, a, b);
        for (level, bits) in compare_names(self, a, b) {
            evidence.put(level, bits);
        }
        self.birth(&mut evidence, a, b);
        self.places(&mut evidence, a, b);
        self.contacts(&mut evidence, a, b);
        evidence.dependence = self.dependence(&evidence);
        evidence.weight = evidence.levels.iter().flatten().map(|(_, bits)| bits).sum::<f64>() + evidence.dependence;
        evidence.clash = clashes(&evidence, a, b);
        evidence.corroborated = is_corroborated(&evidence);
        evidence
    }

    /// Weight with the prior; the decision is taken on it.
    pub(super) fn total(&self, evidence: &Evidence) -> f64 {
        evidence.weight + self.prior
    }

    /// True where the two are taken for one person.
    pub(super) fn links(&self, evidence: &Evidence) -> bool {
        !evidence.clash && evidence.corroborated && self.total(evidence) >= self.weights.decision.link_from
    }

    /// True where a full name alone is so rare that it tells the register person: for a list of patients that gives no more.
    pub(super) fn links_by_name(&self, evidence: &Evidence) -> bool {
        !evidence.clash
            && evidence.is(Level::FamilyExact)
            && evidence.is(Level::GivenExact)
            && self.total(evidence) >= self.weights.decision.link_by_name_from
    }

    fn put(&self, evidence: &mut Evidence, level: Level) {
        evidence.put(level, self.weights.bits(level));
    }

    fn numbers(&self, evidence: &mut Evidence, a: &Record, b: &Record) {
        let nhs = match (a.nhs, b.nhs) {
            (Some(x), Some(y)) if x == y => (!a.nhs_is_placeholder && !b.nhs_is_placeholder).then_some(Level::NhsExact),
            (Some(_), Some(_)) => Some(Level::NhsDifferent),
            _ => match (a.nhs.or(a.nhs_invalid), b.nhs.or(b.nhs_invalid)) {
                (Some(x), Some(y)) if x == y => Some(Level::NhsSlip),
                (Some(x), Some(y)) if is_slip(&format!("{x:010}"), &format!("{y:010}")) => Some(Level::NhsSlip),
                (Some(_), Some(_)) => Some(Level::NhsDifferent),
                _ => None,
            },
        };
        let hospital = a.hospital.iter().flat_map(|x| b.hospital.iter().map(move |y| (x, y)));
        let hospital = hospital.filter_map(|(x, y)| self.hospital(*x, *y)).min();
        let national =
            a.national.iter().flat_map(|x| b.national.iter().map(move |y| (x, y))).filter(|(x, y)| x.0 == y.0);
        let national = national.map(|(x, y)| match (self.symbols.text(x.1), self.symbols.text(y.1)) {
            (one, other) if one == other => Level::NationalExact,
            (one, other) if is_slip(one, other) => Level::NationalSlip,
            _ => Level::NationalDifferent,
        });
        for level in [nhs, hospital, national.min()].into_iter().flatten() {
            self.put(evidence, level);
        }
    }

    fn hospital(&self, x: (Option<u16>, Symbol), y: (Option<u16>, Symbol)) -> Option<Level> {
        match (x.0, y.0) {
            (Some(body), Some(other)) if body != other => None,
            (Some(_), Some(_)) if x.1 == y.1 => Some(Level::HospitalExact),
            _ if x.1 == y.1 => Some(Level::HospitalExactAnyBody),
            (Some(_), Some(_)) if is_slip(self.symbols.text(x.1), self.symbols.text(y.1)) => Some(Level::HospitalSlip),
            (Some(_), Some(_)) => Some(Level::HospitalDifferent),
            _ => None,
        }
    }

    fn birth(&self, evidence: &mut Evidence, a: &Record, b: &Record) {
        let pairs = a.births.iter().flat_map(|x| b.births.iter().map(move |y| (*x, *y)));
        // Levels are declared from the strongest to the weakest.
        if let Some((level, date)) = pairs.map(|(x, y)| (birth_level(x, y), x)).min_by_key(|(level, _)| *level) {
            let frequency = self.births.get(&date).copied().unwrap_or_default();
            evidence.put(level, self.weights.bits_at(level, frequency));
        }
    }

    fn places(&self, evidence: &mut Evidence, a: &Record, b: &Record) {
        let pairs = a.postcodes.iter().flat_map(|x| b.postcodes.iter().map(move |y| (*x, *y)));
        // A postcode that a whole leak shares is the hospital's: neither for nor against.
        let pairs = pairs.filter(|(x, y)| !self.shared.contains(x) && !self.shared.contains(y));
        if let Some(level) = pairs.map(|(x, y)| self.postcode(x, y)).min() {
            self.put(evidence, level);
        }
        if let Some(level) = self.address(&a.address, &b.address) {
            self.put(evidence, level);
        }
    }

    fn postcode(&self, x: Symbol, y: Symbol) -> Level {
        if x == y {
            return Level::PostcodeUnit;
        }
        // The inward part is the last three characters.
        let district = |text: &str| text.len().checked_sub(3).and_then(|end| text.get(..end)).map(str::to_owned);
        match (district(self.symbols.text(x)), district(self.symbols.text(y))) {
            (Some(one), Some(other)) if one == other && !one.is_empty() => Level::PostcodeDistrict,
            _ => Level::PostcodeDifferent,
        }
    }

    fn address(&self, a: &[Symbol], b: &[Symbol]) -> Option<Level> {
        if a.is_empty() || b.is_empty() {
            return None;
        }
        let common: Vec<Symbol> = a.iter().filter(|word| b.contains(word)).copied().collect();
        let is_number = |word: &&Symbol| self.symbols.text(**word).starts_with(|c: char| c.is_ascii_digit());
        let numbered = a.iter().any(|w| is_number(&w)) && b.iter().any(|w| is_number(&w));
        let same_number = common.iter().any(|word| is_number(&word));
        let share = common.len() as f64 / a.len().min(b.len()) as f64;
        Some(match () {
            () if common.len() < 2 || (numbered && !same_number) => Level::AddressDifferent,
            () if share >= 0.8 && numbered => Level::AddressSame,
            () if share >= 0.5 => Level::AddressHalf,
            () => Level::AddressDifferent,
        })
    }

    fn contacts(&self, evidence: &mut Evidence, a: &Record, b: &Record) {
        let contacts = [
            (&a.emails, &b.emails, Level::EmailExact, Some(Level::EmailDifferent)),
            (&a.phones, &b.phones, Level::PhoneExact, Some(Level::PhoneDifferent)),
            (&a.accounts, &b.accounts, Level::BankExact, None),
        ];
        for (x, y, exact, different) in contacts {
            if x.is_empty() || y.is_empty() {
                continue;
            }
            let common: Vec<&Symbol> = x.iter().filter(|value| y.contains(value)).collect();
            let slip =
                exact == Level::EmailExact && x.iter().any(|one| y.iter().any(|other| self.is_mail_slip(*one, *other)));
            let level = if common.is_empty() {
                if slip { Some(Level::EmailSlip) } else { different }
            } else {
                common.iter().any(|value| !self.shared.contains(value)).then_some(exact)
            };
            if let Some(level) = level {
                self.put(evidence, level);
            }
        }
    }

    fn is_mail_slip(&self, x: Symbol, y: Symbol) -> bool {
        let (one, other) = (self.symbols.text(x), self.symbols.text(y));
        let letters = |text: &str| text.chars().filter(|c| !c.is_ascii_digit()).collect::<String>();
        one.len().abs_diff(other.len()) <= 1
            && one.len() >= 12
            && strsim::osa_distance(one, other) == 1
            && letters(one) != letters(other)
    }

    /// What is taken off: without a given name, a date of birth or a number that agrees, what agrees is a household's.
    fn dependence(&self, evidence: &Evidence) -> f64 {
        let decision = self.weights.decision;
        let given = evidence.bits(Comparison::GivenName);
        let is_personal = given > 0.0
            || evidence.bits(Comparison::DateOfBirth) > 0.0
            || evidence.is(Level::NhsExact)
            || evidence.is(Level::NhsSlip)
            || evidence.bits(Comparison::HospitalNumber) > 0.0
            || evidence.bits(Comparison::NationalIdentifier) > 0.0;
        let positive = |comparisons: &[Comparison]| comparisons.iter().map(|c| evidence.bits(*c).max(0.0)).sum::<f64>();
        let places = positive(&[Comparison::Postcode, Comparison::Address, Comparison::Phone]);
        if is_personal {
            return (decision.address_cap - places).min(0.0);
        }
        let mailbox = if given < 0.0 { positive(&[Comparison::Email]) } else { 0.0 };
        let household = places + mailbox + positive(&[Comparison::FamilyName, Comparison::BankAccount]);
        (decision.household_cap - household).min(0.0)
    }
}

/// One digit differs, or two neighbours are exchanged. Both are of one length.
fn is_slip(x: &str, y: &str) -> bool {
    if x.len() != y.len() {
        return false;
    }
    let differing: Vec<(usize, (u8, u8))> =
        x.bytes().zip(y.bytes()).enumerate().filter(|(_, (a, b))| a != b).take(3).collect();
    match differing.as_slice() {
        [_] => true,
        [(i, (a, b)), (j, (c, d))] => i + 1 == *j && a == d && b == c,
        _ => false,
    }
}

fn birth_level(x: Date, y: Date) -> Level {
    if x == y {
        return Level::BirthExact;
    }
    let same_year = x.year() == y.year();
    if same_year && x.month() == y.day() && x.day() == y.month() {
        return Level::BirthSwapped;
    }
    let digits = |date: Date| format!("{:04}{:02}{:02}", date.year(), date.month(), date.day());
    let century = (x.year() - y.year()).abs() == 100 && x.month() == y.month() && x.day() == y.day();
    if century || is_slip(&digits(x), &digits(y)) {
        return Level::BirthSlip;
    }
    let first_of_january = |date: Date| date.month() == 1 && date.day() == 1;
    if same_year && (first_of_january(x) || first_of_january(y)) {
        return Level::BirthYear;
    }
    let parts = [same_year, x.month() == y.month(), x.day() == y.day()];
    if parts.into_iter().filter(|same| *same).count() == 2 { Level::BirthTwoParts } else { Level::BirthDifferent }
}

/// What two records of one person cannot show. Two valid NHS numbers never; a whole date of birth or a given name that
/// differs only where a number or a mailbox says that they are one (parent and child of one name, twins); a number that agrees proves
/// nothing where both name and date of birth differ: then it stands in a wrong record.
fn clashes(evidence: &Evidence, a: &Record, b: &Record) -> bool {
    if (a.nhs.is_some() && b.nhs.is_some() && a.nhs != b.nhs) || are_two_of_a_row(a, b) {
        return true;
    }
    let birth_differs = evidence.is(Level::BirthDifferent);
    let given_differs = evidence.is(Level::GivenDifferent) || evidence.is(Level::GivenOtherInitial);
    let names_differ =
        (given_differs || evidence.level(Comparison::GivenName).is_none()) && evidence.is(Level::FamilyDifferent);
    if evidence.has_proof() {
        return birth_differs && (names_differ || (given_differs && evidence.level(Comparison::FamilyName).is_none()));
    }
    // Passports are renewed: numbers that differ speak against one person only where no date of birth speaks for it.
    let numbers_differ = evidence.is(Level::NationalDifferent) && evidence.bits(Comparison::DateOfBirth) <= 0.0;
    // A new family name is believed of a date of birth or a number, not of a given name and a postcode.
    let vouched = [Comparison::DateOfBirth, Comparison::NhsNumber, Comparison::HospitalNumber, Comparison::Email];
    let another_family = evidence.is(Level::FamilyDifferent) && vouched.into_iter().all(|c| evidence.bits(c) <= 0.0);
    birth_differs || given_differs || another_family || numbers_differ || evidence.is(Level::TitleDifferent)
}

/// Two people of one row: the patient and the next of kin.
pub(super) fn are_two_of_a_row(a: &Record, b: &Record) -> bool {
    match (a.row, b.row) {
        (Some((table, row, role)), Some((other, at, other_role))) => table == other && row == at && role != other_role,
        _ => false,
    }
}

/// Something beside the name agrees. A district does not: it holds thousands of homes.
fn is_corroborated(evidence: &Evidence) -> bool {
    const BESIDE_THE_NAME: [Comparison; 8] = [
        Comparison::NhsNumber,
        Comparison::HospitalNumber,
        Comparison::NationalIdentifier,
        Comparison::DateOfBirth,
        Comparison::Address,
        Comparison::Email,
        Comparison::Phone,
        Comparison::BankAccount,
    ];
    evidence.is(Level::PostcodeUnit) || BESIDE_THE_NAME.into_iter().any(|comparison| evidence.bits(comparison) > 0.0)
}
