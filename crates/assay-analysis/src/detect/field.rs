//! What a column or a label means: [`Field`] and whose it is: [`Scope`].

use assay_model::{Element, SpecialCategory};

/// Whose value a column or label holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Scope {
    /// The person whom the record is about.
    Subject,
    /// A relative or carer in the same record.
    Relative,
    /// Who treats, orders or signs.
    Clinician,
    /// A person at a supplier.
    Contact,
}

impl Scope {
    pub(crate) fn parse(word: &str) -> Option<Self> {
        Some(match word {
            "subject" => Self::Subject,
            "relative" => Self::Relative,
            "clinician" => Self::Clinician,
            "contact" => Self::Contact,
            _ => return None,
        })
    }
}

/// What a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Field {
    FullName,
    FamilyName,
    GivenNames,
    MiddleNames,
    Initials,
    Title,
    NhsNumber,
    /// A number that the person had before.
    SupersededNumber,
    HospitalNumber,
    DateOfBirth,
    DateOfDeath,
    Address,
    Postcode,
    Phone,
    Email,
    Diagnosis,
    NationalInsuranceNumber,
    SortCode,
    AccountNumber,
    Iban,
    PaymentCard,
    Passport,
    DrivingLicence,
    Salary,
    Password,
    Special(SpecialCategory),
    /// Whether the person's whereabouts must not be known.
    ProtectedAddress,
    /// A date of the record.
    RecordDate,
    /// A column that only care has.
    Care,
    Sex,
    Age,
    /// A number under which a body keeps somebody who works or gives: GMC, NMC PIN, payroll.
    StaffNumber,
    DonorNumber,
    /// A column that only a charity has.
    Giving,
    /// A column that only staff systems have.
    Employment,
    /// A column of orders, stock, inventories.
    Goods,
    Organisation,
    /// A number that is nobody's by its title.
    OtherNumber,
    /// Known, of no use.
    Other,
}

impl Field {
    /// Reads the word of a rule file or of a register's column override.
    pub(crate) fn parse(word: &str) -> Option<Self> {
        Some(match word {
            "full name" | "name" => Self::FullName,
            "family name" => Self::FamilyName,
            "given names" => Self::GivenNames,
            "middle names" => Self::MiddleNames,
            "initials" => Self::Initials,
            "title" => Self::Title,
            "nhs number" => Self::NhsNumber,
            "superseded nhs number" => Self::SupersededNumber,
            "hospital number" => Self::HospitalNumber,
            "date of birth" => Self::DateOfBirth,
            "date of death" => Self::DateOfDeath,
            "address" => Self::Address,
            "postcode" => Self::Postcode,
            "phone" => Self::Phone,
            "email" => Self::Email,
            "diagnosis" => Self::Diagnosis,
            "national insurance number" => Self::NationalInsuranceNumber,
            "sort code" => Self::SortCode,
            "account number" | "bank account" => Self::AccountNumber,
            "iban" => Self::Iban,
            "payment card" => Self::PaymentCard,
            "passport number" => Self::Passport,
            "driving licence number" => Self::DrivingLicence,
            "salary" => Self::Salary,
            "password" | "credential" => Self::Password,
            "ethnicity" => Self::Special(SpecialCategory::Ethnicity),
            "religion" => Self::Special(SpecialCategory::Religion),
            "sexual orientation" => Self::Special(SpecialCategory::SexualOrientation),
            "union membership" => Self::Special(SpecialCategory::UnionMembership),
            "criminal" => Self::Special(SpecialCategory::Criminal),
            "safeguarding" => Self::Special(SpecialCategory::Safeguarding),
            "protected address" => Self::ProtectedAddress,
            "record date" => Self::RecordDate,
            "care" => Self::Care,
            "sex" => Self::Sex,
            "age" => Self::Age,
            "staff number" => Self::StaffNumber,
            "donor number" => Self::DonorNumber,
            "giving" => Self::Giving,
            "employment" => Self::Employment,
            "goods" => Self::Goods,
            "organisation" => Self::Organisation,
            "other number" => Self::OtherNumber,
            "other" => Self::Other,
            _ => return Element::parse(word).and_then(Self::of_special),
        })
    }

    fn of_special(element: Element) -> Option<Self> {
        match element {
            Element::Special(category) => Some(Self::Special(category)),
            _ => None,
        }
    }

    /// What the field says of its table, as [`Field::Employment`] does.
    pub(crate) fn kind(self) -> Self {
        match self {
            Self::StaffNumber => Self::Employment,
            Self::DonorNumber => Self::Giving,
            other => other,
        }
    }

    /// True for parts of a name.
    pub(crate) fn is_name(self) -> bool {
        matches!(self, Self::FullName | Self::FamilyName | Self::GivenNames)
    }

    /// True for what tells one person from another.
    pub(crate) fn is_key(self) -> bool {
        self.is_name() || matches!(self, Self::NhsNumber | Self::HospitalNumber | Self::DateOfBirth)
    }

    /// True for what gives a finding.
    pub(crate) fn is_personal(self) -> bool {
        !matches!(
            self,
            Self::RecordDate
                | Self::Care
                | Self::Sex
                | Self::Age
                | Self::Giving
                | Self::Employment
                | Self::Goods
                | Self::Organisation
                | Self::OtherNumber
                | Self::Other
        )
    }
}
