//! The checks that rules name, and the forms in which values are kept. A check rejects and never proves.

use super::super::{contact, numbers};
use crate::reference;

mod codes;
mod secrets;

/// Signs of a value that are looked at; longer ones fail every check of their signs.
const MOST: usize = 64;

/// A piece of text whose shape fits a rule.
pub(crate) struct Candidate<'t> {
    /// The whole text.
    bytes: &'t [u8],
    start: usize,
    end: usize,
    plain: [u8; MOST],
    /// Letters and digits, also those for which there was no place.
    length: usize,
}

impl<'t> Candidate<'t> {
    pub(crate) fn new(bytes: &'t [u8], start: usize, end: usize) -> Self {
        let mut candidate = Self { bytes, start, end: start, plain: [0; MOST], length: 0 };
        candidate.reach(end);
        candidate
    }

    /// Makes it end at another byte.
    pub(super) fn reach(&mut self, end: usize) {
        let signs = |bytes: Option<&'t [u8]>| bytes.unwrap_or_default().iter().filter(|b| b.is_ascii_alphanumeric());
        if end < self.end {
            self.length = self.length.saturating_sub(signs(self.bytes.get(end..self.end)).count());
        }
        for byte in signs(self.bytes.get(self.end..end)) {
            if let Some(slot) = self.plain.get_mut(self.length) {
                *slot = byte.to_ascii_uppercase();
            }
            self.length += 1;
        }
        self.end = end;
    }

    /// As it stands in the text.
    fn written(&self) -> &'t [u8] {
        self.bytes.get(self.start..self.end).unwrap_or_default()
    }

    /// Letters and digits only, in capitals; empty where there are too many.
    fn plain(&self) -> &[u8] {
        self.plain.get(..self.length).unwrap_or_default()
    }

    /// As it stands, without an extension.
    fn dialled(&self) -> &'t [u8] {
        let written = self.written();
        written.get(..written.iter().position(u8::is_ascii_alphabetic).unwrap_or(written.len())).unwrap_or_default()
    }

    /// The digits with which it begins, without an extension.
    fn number(&self) -> &[u8] {
        let plain = self.plain();
        plain.get(..plain.iter().position(|b| !b.is_ascii_digit()).unwrap_or(plain.len())).unwrap_or_default()
    }

    /// What stands before it, `most` bytes at most.
    fn before(&self, most: usize) -> &'t [u8] {
        self.bytes.get(self.start.saturating_sub(most)..self.start).unwrap_or_default()
    }
}

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($variant:ident = $word:literal),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum $name { $($variant),* }

        impl $name {
            /// Reads the word of a rule file.
            pub(super) fn parse(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$variant),)* _ => None }
            }

            /// All words, for a message.
            pub(super) fn words() -> String {
                [$($word),*].join(", ")
            }
        }
    };
}

words!(
    /// What a candidate must pass.
    Check {
        Modulus11 = "modulus-11",
        Modulus97 = "modulus-97",
        Luhn = "luhn",
        Verhoeff = "verhoeff",
        NotRepeated = "not-repeated",
        NotAPlaceholder = "not-a-placeholder",
        RangeOfEngland = "range-of-england",
        RangeOfNorthernIreland = "range-of-northern-ireland",
        ChiDate = "chi-date",
        Postcode = "postcode",
        PhoneOfUk = "phone-of-uk",
        PhoneOfAnotherCountry = "phone-of-another-country",
        PhoneOfNorthAmerica = "phone-of-north-america",
        PhoneOfSomePlan = "phone-of-some-plan",
        MailAddress = "mail-address",
        NationalInsurance = "national-insurance",
        UniqueTaxpayerReference = "unique-taxpayer-reference",
        DrivingLicence = "driving-licence",
        VehicleRegistration = "vehicle-registration",
        SortCode = "sort-code",
        CardIssuer = "card-issuer",
        InternetAddress4 = "internet-address-4",
        InternetAddress6 = "internet-address-6",
        SnomedPartition = "snomed-partition",
        DrugBefore = "drug-before",
        Secret = "secret",
        SecretAssigned = "secret-assigned",
        MixedSigns = "mixed-signs",
    }
);

words!(
    /// The form in which a value is kept.
    Written {
        Digits = "digits",
        Plain = "plain",
        AsItStands = "as-it-stands",
        Postcode = "postcode",
        Phone = "phone",
        Mail = "mail",
        Account = "account",
        Assigned = "assigned",
    }
);

impl Check {
    /// What it costs beside the others: of a rule's checks, the cheap ones reject first.
    pub(super) fn cost(self) -> u8 {
        match self {
            Self::RangeOfEngland
            | Self::RangeOfNorthernIreland
            | Self::CardIssuer
            | Self::SnomedPartition
            | Self::NationalInsurance
            | Self::SortCode
            | Self::NotRepeated => 0,
            Self::DrugBefore | Self::Secret | Self::SecretAssigned | Self::Modulus97 => 2,
            _ => 1,
        }
    }

    pub(super) fn passes(self, candidate: &Candidate<'_>) -> bool {
        let plain = candidate.plain();
        match self {
            Self::Modulus11 => plain.len() == 10 && numbers::passes_modulus_11(plain),
            Self::Modulus97 => numbers::is_iban(plain),
            Self::Luhn => numbers::passes_luhn(plain),
            Self::Verhoeff => codes::passes_verhoeff(plain),
            Self::NotRepeated => plain.iter().any(|b| Some(b) != plain.first()),
            Self::NotAPlaceholder => !numbers::is_placeholder(plain),
            Self::RangeOfEngland => numbers::is_of_england(plain),
            Self::RangeOfNorthernIreland => matches!(plain, [b'3', b'2'..=b'9', ..]),
            Self::ChiDate => numbers::begins_with_a_date(plain),
            Self::Postcode => contact::is_postcode(plain),
            Self::PhoneOfUk => contact::national_of_uk(candidate.dialled()).is_some(),
            Self::PhoneOfAnotherCountry => contact::international(candidate.dialled()).is_some(),
            Self::PhoneOfNorthAmerica => contact::is_north_american(candidate.number()),
            Self::PhoneOfSomePlan => codes::reads_like_a_phone(candidate.dialled(), candidate.number()),
            Self::MailAddress => contact::is_email(candidate.written()),
            Self::NationalInsurance => numbers::is_national_insurance(plain),
            Self::UniqueTaxpayerReference => codes::is_taxpayer_reference(plain),
            Self::DrivingLicence => codes::is_driving_licence(plain),
            Self::VehicleRegistration => codes::is_vehicle_registration(plain),
            Self::SortCode => plain.iter().take(6).any(|b| *b != b'0'),
            Self::CardIssuer => numbers::has_card_issuer(plain),
            Self::InternetAddress4 => codes::is_internet_address_4(candidate.written()),
            Self::InternetAddress6 => codes::is_internet_address_6(candidate.written()),
            Self::SnomedPartition => codes::has_snomed_partition(plain),
            Self::DrugBefore => drug_before(candidate).is_some(),
            Self::Secret => secrets::is_one(candidate.written()),
            Self::SecretAssigned => secrets::assigned(candidate.written()).is_some_and(secrets::is_one),
            Self::MixedSigns => secrets::is_mixed(candidate.written()),
        }
    }
}

impl Written {
    /// The value of a piece of text that passed.
    pub(super) fn written(self, text: &str) -> Option<String> {
        let plain = || text.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_uppercase());
        match self {
            Self::Digits => Some(plain().filter(char::is_ascii_digit).collect()),
            Self::Plain => Some(plain().collect()),
            Self::AsItStands => Some(text.trim().to_owned()),
            Self::Postcode => contact::postcode(text),
            Self::Phone => contact::phone(text).or_else(|| {
                // Without the extension.
                let main = text.split(|c: char| c.is_ascii_alphabetic()).next().unwrap_or(text);
                let digits: String = main.chars().filter(|c| c.is_ascii_digit() || *c == '+').collect();
                (!digits.is_empty()).then_some(digits)
            }),
            Self::Mail => contact::email(text),
            Self::Account => {
                let digits: String = plain().filter(char::is_ascii_digit).collect();
                let (code, account) = digits.split_at_checked(6)?;
                Some(format!("{} {account:0>8}", numbers::sort_code(code)?))
            }
            Self::Assigned => {
                let value = secrets::assigned(text.as_bytes())?;
                String::from_utf8(value.to_vec()).ok()
            }
        }
    }
}

/// The name of a medicine in the one to three words before a dose.
fn drug_before(candidate: &Candidate<'_>) -> Option<String> {
    let before = std::str::from_utf8(candidate.before(48)).ok().or_else(|| {
        let before = candidate.before(48);
        (1..4).find_map(|cut| std::str::from_utf8(before.get(cut..)?).ok())
    })?;
    let line = before.rsplit('\n').next().unwrap_or(before).trim_end_matches([' ', ':', '-', ',', '(']);
    let words: Vec<&str> = line.split(' ').filter(|word| !word.is_empty()).collect();
    // `Amoxicillin capsules 500mg`: a word of its form may stand between.
    (0..2).find_map(|skip| {
        (1..=3).rev().find_map(|length| {
            let last = words.len().checked_sub(skip)?;
            let name = words.get(last.checked_sub(length)?..last)?.join(" ").to_lowercase();
            reference::is_drug(name.trim_matches(|c: char| !c.is_alphanumeric())).then_some(name)
        })
    })
}
