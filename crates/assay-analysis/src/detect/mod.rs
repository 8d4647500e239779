//! Finds personal data in what extraction read: passages in, mentions, a category and signs of origin out.
//!
//! Tables go through [`table`], texts through [`text`]; both fill [`draft::Draft`]s, which check every value and become
//! mentions. Nothing here links two items, asks a register or decides who counts.

mod category;
mod contact;
mod dates;
mod draft;
mod field;
mod hints;
mod names;
mod numbers;
mod passwords;
mod record;
mod rules;
mod table;
mod text;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use assay_model::{
    Content, ControllerHint, ControllerId, Element, ExhibitId, ExhibitKind, ItemCategory, ItemPath, Mention, Passage,
    RegisterPerson, Role, ScanSettings, Sensitive,
};
use jiff::civil::Date;

pub use rules::RuleError;

/// The version of rules and code together; enters the fingerprint of every unit.
pub const VERSION: &str = "detect/1";

/// All rules and the case's settings, compiled. One for all items of a case.
#[derive(Debug)]
pub struct Detector {
    headers: rules::Headers,
    forms: draft::HospitalForms,
    signs: hints::Signs,
    words: category::Words,
    passwords: passwords::Words,
    /// Column titles that a register's settings give, folded, with their field.
    overrides: Vec<(ExhibitId, String, field::Field)>,
}

/// What is known of an item before its content is looked at.
#[derive(Clone, Copy)]
pub struct ItemContext<'a> {
    /// Its exhibit.
    pub exhibit: &'a ExhibitId,
    /// What the exhibit is.
    pub kind: ExhibitKind,
    /// Where in the exhibit.
    pub path: &'a ItemPath,
    /// Its type, by content.
    pub media_type: &'a str,
}

/// What was found in one item.
#[derive(Clone, Debug, Default)]
pub struct Detected {
    /// The mentions, by place; ids are zero.
    pub mentions: Vec<Mention>,
    /// What kind of record the item is.
    pub category: ItemCategory,
    /// Why, in words without personal data.
    pub category_reasons: Vec<String>,
    /// Whose it may be, by origin; sorted, each once.
    pub controller_hints: Vec<ControllerHint>,
    /// The oldest date that dates the record.
    pub oldest: Option<Date>,
    /// The newest such date.
    pub newest: Option<Date>,
}

/// What both readers add to, in the order of the passages.
#[derive(Default)]
struct Found {
    /// The mentions with the place of their passage and their line or row, which order them.
    mentions: Vec<(usize, u32, Mention)>,
    /// Fields that columns and labels named: what the item is about.
    fields: BTreeSet<field::Field>,
    dates: DateRange,
}

/// The dates that date the record.
#[derive(Default)]
struct DateRange {
    oldest: Option<Date>,
    newest: Option<Date>,
}

impl DateRange {
    fn add(&mut self, date: Date) {
        self.oldest = Some(self.oldest.map_or(date, |oldest| oldest.min(date)));
        self.newest = Some(self.newest.map_or(date, |newest| newest.max(date)));
    }
}

impl Detector {
    /// Compiles the shipped rules with a case's settings.
    ///
    /// # Errors
    /// A rule file out of form, a hospital number pattern that does not compile, a column override that names no field.
    pub fn new(settings: &ScanSettings) -> Result<Self, RuleError> {
        let overrides = settings
            .register_columns
            .iter()
            .map(|(exhibit, title, word)| {
                let field = field::Field::parse(word).ok_or_else(|| RuleError::Word {
                    file: "case.toml",
                    word: word.clone(),
                    expected: "element or part of a name",
                })?;
                Ok((exhibit.clone(), rules::fold_title(title), field))
            })
            .collect::<Result<Vec<_>, RuleError>>()?;
        Ok(Self {
            headers: rules::Headers::shipped()?,
            forms: hints::hospital_forms(&settings.controllers)?,
            signs: hints::Signs::new(&settings.controllers)?,
            words: category::Words::shipped()?,
            passwords: passwords::Words::shipped()?,
            overrides,
        })
    }

    /// Everything about one item. Numbers from the 999 range are found like any other, whatever the case says of them:
    /// what they speak for is for verification to weigh.
    pub fn detect(&self, item: &ItemContext<'_>, passages: &[Passage]) -> Detected {
        let origin = draft::Origin { exhibit: item.exhibit, path: item.path };
        let count = self.words.count(item.path, passages);
        let mut found = Found::default();
        let mut tables = table::Reader::new(self, *item, origin, &count);
        // A table that gave nobody and has cells like "Tom Smith, DOB 03/04/2012" is a letter's layout: read with its text.
        let mut layout = BTreeMap::new();
        for (place, passage) in passages.iter().enumerate() {
            let Content::Table(table) = &passage.content else { continue };
            let before = found.mentions.len();
            tables.read(place, &passage.part, table, &mut found);
            if found.mentions.len() == before && text::has_labels(&self.headers, table) {
                layout.insert(place, text::of_table(&passage.part, table));
            }
        }
        let texts: Vec<&Passage> =
            passages.iter().enumerate().map(|(place, passage)| layout.get(&place).unwrap_or(passage)).collect();
        text::read(self, *item, origin, &count, &texts, &mut found);
        let (category, category_reasons) = self.words.decide(&count, &found.fields, &found.mentions);
        roles_by_category(&mut found.mentions, category);
        found.mentions.sort_by_key(|(passage, line, _)| (*passage, *line));
        let mentions: Vec<Mention> = found.mentions.into_iter().map(|(_, _, mention)| mention).collect();
        let controller_hints = self.signs.of_item(item.path, passages, &mentions, &self.forms);
        Detected {
            mentions,
            category,
            category_reasons,
            controller_hints,
            oldest: found.dates.oldest,
            newest: found.dates.newest,
        }
    }
}

/// A role that the record itself left open follows from what the item is, where that tells one.
fn roles_by_category(mentions: &mut [(usize, u32, Mention)], category: ItemCategory) {
    let (role, reason) = match category {
        ItemCategory::PatientRecord => (Role::Patient, "named as the subject of a patient record"),
        ItemCategory::DonorReport => (Role::Donor, "named in a donor report"),
        ItemCategory::StaffRecord => (Role::Staff, "named in a staff record"),
        ItemCategory::Procurement => (Role::SupplierContact, "named in a procurement record"),
        ItemCategory::Credentials => (Role::Staff, "holds an account at a body's systems"),
        ItemCategory::Correspondence | ItemCategory::Other => return,
    };
    for (_, _, mention) in mentions {
        let more_than_a_name = mention.findings.iter().any(|f| f.element != Element::Name);
        let writes =
            ["correspondent", "labelled as contact"].iter().any(|words| mention.role_reason.starts_with(words));
        if mention.role == Role::Unknown && more_than_a_name && !writes {
            mention.role = role;
            reason.clone_into(&mut mention.role_reason);
        }
    }
}

/// A row of a register. `None` for a mention that names nobody.
pub fn register_person(controller: &ControllerId, mention: &Mention) -> Option<RegisterPerson> {
    let text = |element| mention.texts(element).next().map(|text| Sensitive::new(text.to_owned()));
    let texts = |element| mention.texts(element).map(|text| Sensitive::new(text.to_owned())).collect();
    let person = RegisterPerson {
        controller: controller.clone(),
        locator: mention.locator.clone(),
        nhs_number: text(Element::NhsNumber),
        name: mention.names().next().map(|name| Sensitive::new(name.clone())),
        date_of_birth: mention.date_of_birth(),
        date_of_death: mention.date(Element::DateOfDeath),
        postcode: text(Element::Postcode),
        hospital_number: text(Element::HospitalNumber),
        emails: texts(Element::Email),
        phones: texts(Element::Phone),
    };
    let names_somebody = person.nhs_number.is_some() || person.name.is_some() || person.hospital_number.is_some();
    names_somebody.then_some(person)
}
