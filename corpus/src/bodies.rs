//! The three bodies of the case, all invented: a children's hospital, a heart and chest hospital, a community trust.
//!
//! They share a gateway, which the first runs for the others. Only the first two lost files; the third is there because many
//! of the people found are in its register too.

/// One of the three.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Body {
    /// Northshore Children's: its share is `fs01`.
    Children,
    /// Eastharbour Heart and Chest: its share is `fs02`.
    Heart,
    /// Merrow Vale: its share would be `fs03`, and nothing of it was taken.
    Community,
}

impl Body {
    pub(crate) const ALL: [Self; 3] = [Self::Children, Self::Heart, Self::Community];

    /// The controller's id in the case file.
    pub(crate) fn id(self) -> &'static str {
        ["NCH", "EHC", "MVC"][self as usize]
    }

    pub(crate) fn name(self) -> &'static str {
        [
            "Northshore Children's NHS Foundation Trust",
            "Eastharbour Heart and Chest Hospital NHS Foundation Trust",
            "Merrow Vale Community and Mental Health NHS Trust",
        ][self as usize]
    }

    /// As its letters call the site.
    pub(crate) fn site(self) -> &'static str {
        ["Northshore Children's Hospital", "Eastharbour Heart and Chest Hospital", "Merrow Vale House"][self as usize]
    }

    pub(crate) fn site_address(self) -> &'static str {
        ["Lantern Road, Northshore, L37 2XT", "Quayside Drive, Eastharbour, CH62 4RD", "Priory Lane, Merrow, WA16 7LN"]
            [self as usize]
    }

    /// An organisation code of the form in use; none of these is given to a trust.
    pub(crate) fn ods_code(self) -> &'static str {
        ["RZ1", "RZ4", "RZ7"][self as usize]
    }

    pub(crate) fn domain(self) -> &'static str {
        ["northshorechildrens.nhs.uk", "eastharbourheart.nhs.uk", "merrowvale.nhs.uk"][self as usize]
    }

    /// The first folder of its paths in the leak.
    pub(crate) fn share(self) -> &'static str {
        ["fs01", "fs02", "fs03"][self as usize]
    }

    /// The form of its local numbers, as a regular expression.
    pub(crate) fn number_form(self) -> &'static str {
        [r"NC\d{7}", r"EH\d{2}-\d{5}", r"V\d{6}[A-HJ-NP-Z]"][self as usize]
    }

    /// How its staff call a local number.
    pub(crate) fn number_label(self) -> &'static str {
        ["Hospital No", "Unit No", "Client ID"][self as usize]
    }

    pub(crate) fn switchboard(self) -> &'static str {
        ["0151 496 0000", "0161 496 0001", "0113 496 0002"][self as usize]
    }

    /// The specialties whose clinics write letters.
    pub(crate) fn specialties(self) -> &'static [&'static str] {
        match self {
            Self::Children => {
                &["Paediatric Cardiology", "Respiratory", "Neurology", "General Surgery", "Oncology", "Diabetes", "ENT"]
            }
            Self::Heart => &[
                "Cardiology",
                "Cardiac Surgery",
                "Thoracic Medicine",
                "Electrophysiology",
                "Heart Failure",
                "Adult Congenital",
            ],
            Self::Community => &["Community Nursing", "Older Adults Mental Health", "Podiatry"],
        }
    }
}
