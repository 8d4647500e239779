//! Personal data found: [`Finding`], and the findings of one record about one person: [`Mention`].

use crate::{ControllerId, Locator, MentionId, Recovery, Sensitive};
use jiff::civil::Date;

/// What a finding is an instance of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Element {
    /// A person's name.
    Name,
    /// Date of birth.
    DateOfBirth,
    /// Date of death; tells who is deceased, no element of its own in a report.
    DateOfDeath,
    /// NHS number with a valid check digit.
    NhsNumber,
    /// A controller's local patient number.
    HospitalNumber,
    /// Address lines.
    Address,
    /// A postcode; reported as part of the address.
    Postcode,
    /// Telephone number.
    Phone,
    /// Mail address.
    Email,
    /// A diagnosis, procedure or other statement of health.
    Diagnosis,
    /// National insurance number.
    NationalInsuranceNumber,
    /// Sort code with account number, or IBAN.
    BankAccount,
    /// Payment card number.
    PaymentCard,
    /// Passport number.
    Passport,
    /// Driving licence number.
    DrivingLicence,
    /// A number or address that tells one person, device or account from another and for which the law has no rule of its own:
    /// professional registration, staff and donor number, tax reference, vehicle, network address. The detector says which.
    OtherIdentifier,
    /// A photograph of a person.
    Photograph,
    /// A password, key or token.
    Credential,
    /// Pay.
    Salary,
    /// A special category of Art. 9 or a matter treated as one, other than health at large.
    Special(SpecialCategory),
}

/// Special categories of UK GDPR Art. 9, and the matters that practice treats alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SpecialCategory {
    /// Racial or ethnic origin.
    Ethnicity,
    /// Political opinions.
    Politics,
    /// Religious or philosophical beliefs.
    Religion,
    /// Trade union membership.
    UnionMembership,
    /// Genetic data.
    Genetic,
    /// Biometric data that identifies.
    Biometric,
    /// Health, where it is more than a diagnosis listed for the person.
    Health,
    /// Sex life.
    SexLife,
    /// Sexual orientation.
    SexualOrientation,
    /// Criminal convictions and offences (Art. 10).
    Criminal,
    /// Safeguarding, of a child or an adult at risk.
    Safeguarding,
}

impl Element {
    /// The name under which reports and exports count the element; `None` for what is no element of its own.
    pub fn published(self) -> Option<&'static str> {
        Some(match self {
            Self::Name => "name",
            Self::DateOfBirth => "date of birth",
            Self::DateOfDeath => return None,
            Self::NhsNumber => "nhs number",
            Self::HospitalNumber => "hospital number",
            Self::Address | Self::Postcode => "address",
            Self::Phone => "phone",
            Self::Email => "email",
            Self::Diagnosis => "diagnosis",
            Self::NationalInsuranceNumber => "national insurance number",
            Self::BankAccount => "bank account",
            Self::PaymentCard => "payment card",
            Self::Passport => "passport number",
            Self::DrivingLicence => "driving licence number",
            Self::OtherIdentifier => "other identifier",
            Self::Photograph => "photograph",
            Self::Credential => "credential",
            Self::Salary => "salary",
            Self::Special(category) => category.as_str(),
        })
    }

    /// The stable word of rule files, segments and the mentions export.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::DateOfDeath => "date of death",
            Self::Postcode => "postcode",
            other => other.published().unwrap_or("other"),
        }
    }

    /// Reads the word that [`Element::as_str`] gives.
    pub fn parse(word: &str) -> Option<Self> {
        const PLAIN: [Element; 19] = [
            Element::Name,
            Element::DateOfBirth,
            Element::DateOfDeath,
            Element::NhsNumber,
            Element::HospitalNumber,
            Element::Address,
            Element::Postcode,
            Element::Phone,
            Element::Email,
            Element::Diagnosis,
            Element::NationalInsuranceNumber,
            Element::BankAccount,
            Element::PaymentCard,
            Element::Passport,
            Element::DrivingLicence,
            Element::OtherIdentifier,
            Element::Photograph,
            Element::Credential,
            Element::Salary,
        ];
        PLAIN
            .into_iter()
            .find(|element| element.as_str() == word)
            .or_else(|| SpecialCategory::ALL.into_iter().find(|c| c.as_str() == word).map(Self::Special))
    }
}

impl SpecialCategory {
    /// Every category.
    pub const ALL: [Self; 11] = [
        Self::Ethnicity,
        Self::Politics,
        Self::Religion,
        Self::UnionMembership,
        Self::Genetic,
        Self::Biometric,
        Self::Health,
        Self::SexLife,
        Self::SexualOrientation,
        Self::Criminal,
        Self::Safeguarding,
    ];

    /// In words.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ethnicity => "racial or ethnic origin",
            Self::Politics => "political opinions",
            Self::Religion => "religious or philosophical beliefs",
            Self::UnionMembership => "trade union membership",
            Self::Genetic => "genetic data",
            Self::Biometric => "biometric data",
            Self::Health => "health",
            Self::SexLife => "sex life",
            Self::SexualOrientation => "sexual orientation",
            Self::Criminal => "criminal convictions and offences",
            Self::Safeguarding => "safeguarding",
        }
    }
}

/// A person's name in its parts, in the case it was written in.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct PersonName {
    /// `Mr`, `Dr`, `Baby`; empty where none.
    pub title: String,
    /// Given names or initials, first first.
    pub given: Vec<String>,
    /// Family name; empty where only a given name is known.
    pub family: String,
}

/// A normalised value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Value {
    /// Canonical text: NHS number ten digits, postcode `AB1 2CD`, NINO without blanks, account `12-34-56 12345678`,
    /// mail address lower-cased, phone in E.164.
    Text(String),
    /// A date.
    Date(Date),
    /// A name.
    Name(PersonName),
}

/// One piece of personal data at one place.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// The rule that found it.
    pub detector: String,
    /// What it is.
    pub element: Element,
    /// Its normalised value.
    pub value: Sensitive<Value>,
    /// The controller whose hospital number form it has.
    pub controller: Option<ControllerId>,
    /// Where it stands.
    pub locator: Locator,
    /// How sure the detector is, 0 to 1.
    pub confidence: f32,
}

/// How a text says that something is a password, likeliest to open a file first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PasswordBasis {
    /// A sentence or label that speaks of a file, an archive or an attachment.
    OfFile,
    /// A label or a sentence.
    Label,
    /// A column or field headed so.
    Column,
}

impl PasswordBasis {
    /// Every basis.
    pub const ALL: [Self; 3] = [Self::OfFile, Self::Label, Self::Column];

    /// The stable word of segments.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::OfFile => "of file",
            Self::Label => "label",
            Self::Column => "column",
        }
    }
}

/// A password that stands in an item. What it is for is not known; it is no element of a person.
#[derive(Clone, Debug, PartialEq)]
pub struct FoundPassword {
    /// Where it stands.
    pub locator: Locator,
    /// What says so.
    pub basis: PasswordBasis,
    /// The password, as it stands there.
    pub value: Sensitive<String>,
}

/// What a person is in a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Role {
    /// Under care.
    Patient,
    /// Gives to a charity.
    Donor,
    /// Works for a controller.
    Staff,
    /// A supplier's contact.
    SupplierContact,
    /// A patient's relative, carer or next of kin.
    Relative,
    /// Not told.
    #[default]
    Unknown,
}

impl Role {
    /// Every role, in the order of reports.
    pub const ALL: [Self; 6] =
        [Self::Patient, Self::Donor, Self::Staff, Self::SupplierContact, Self::Relative, Self::Unknown];

    /// The words of report.json and of the exports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Patient => "patient",
            Self::Donor => "donor",
            Self::Staff => "staff",
            Self::SupplierContact => "supplier contact",
            Self::Relative => "relative",
            Self::Unknown => "unknown",
        }
    }

    /// Reads the words that [`Role::as_str`] gives.
    pub fn parse(words: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == words)
    }
}

/// The findings of one record about one person: a table row, a letter's reference block, a message's sender.
#[derive(Clone, Debug)]
pub struct Mention {
    /// Its id; zero until the mention is loaded from a receipted segment.
    pub id: MentionId,
    /// The record.
    pub locator: Locator,
    /// What the person is in it.
    pub role: Role,
    /// Why that role, in words without personal data.
    pub role_reason: String,
    /// How the passage that it stands in was come by; what was recognised or carved is weaker evidence.
    pub recovery: Recovery,
    /// The findings, sorted by place.
    pub findings: Vec<Finding>,
}

impl Mention {
    /// The values of one element, in order.
    pub fn values(&self, element: Element) -> impl Iterator<Item = &Value> {
        self.findings.iter().filter(move |f| f.element == element).map(|f| f.value.reveal())
    }

    /// The texts of one element, in order.
    pub fn texts(&self, element: Element) -> impl Iterator<Item = &str> {
        self.values(element).filter_map(|value| match value {
            Value::Text(text) => Some(text.as_str()),
            _ => None,
        })
    }

    /// The NHS number, the first where a record has several.
    pub fn nhs_number(&self) -> Option<&str> {
        self.texts(Element::NhsNumber).next()
    }

    /// The names.
    pub fn names(&self) -> impl Iterator<Item = &PersonName> {
        self.values(Element::Name).filter_map(|value| match value {
            Value::Name(name) => Some(name),
            _ => None,
        })
    }

    /// The first date of one element.
    pub fn date(&self, element: Element) -> Option<Date> {
        self.values(element).find_map(|value| match value {
            Value::Date(date) => Some(*date),
            _ => None,
        })
    }

    /// The date of birth.
    pub fn date_of_birth(&self) -> Option<Date> {
        self.date(Element::DateOfBirth)
    }
}
