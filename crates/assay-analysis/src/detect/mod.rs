//! Finds personal data in what extraction read: passages in, mentions, a category and signs of origin out.
//!
//! Tables go through [`table`], texts through [`text`]; both fill [`draft::Draft`]s, which check every value and become
//! mentions. Nothing here links two items, asks a register or decides who counts.

mod bodies;
mod category;
mod confidence;
mod contact;
mod dates;
mod denial;
mod draft;
mod field;
mod hints;
pub mod identifiers;
mod lookup;
mod modulus;
mod names;
mod numbers;
mod passwords;
mod photographs;
mod prose;
mod recognised;
mod record;
mod rules;
mod table;
mod text;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use assay_model::{
    Content, ControllerHint, ControllerId, Element, ExhibitId, ExhibitKind, Finding, ItemCategory, ItemPath, Mention,
    Passage, RegisterPerson, Role, ScanSettings, Sensitive, Value,
};
use jiff::civil::Date;

use crate::restricted::{RestrictedLink, links_of};
use identifiers::Identifiers;
pub use passwords::PasswordSearch;
pub use prose::{NameInText, Prose};
pub use rules::RuleError;
pub(crate) use rules::read as read_rules;

/// The version of rules and code together; enters the fingerprint of every unit.
pub const VERSION: &str = "detect/7";

/// All rules and the case's settings, compiled. One for all items of a case.
#[derive(Debug)]
pub struct Detector {
    headers: rules::Headers,
    identifiers: Arc<Identifiers>,
    forms: draft::HospitalForms,
    signs: hints::Signs,
    words: category::Words,
    prose: Prose,
    passwords: passwords::Words,
    calibration: confidence::Calibration,
    modulus: modulus::Modulus,
    photographs: photographs::Photographs,
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
    /// A body named at its head that the case does not list.
    pub other_body: Option<String>,
    /// The oldest date that dates the record.
    pub oldest: Option<Date>,
    /// The newest such date.
    pub newest: Option<Date>,
    /// Findings beside nobody that may harm all the same, by place: a key in a script, an account in a list of payments.
    pub loose: Vec<Finding>,
}

/// What both readers add to, in the order of the passages.
#[derive(Default)]
struct Found {
    /// The mentions with the place of their passage and their line or row, which order them.
    mentions: Vec<(usize, u32, Mention)>,
    /// Fields that columns and labels named: what the item is about.
    fields: BTreeSet<field::Field>,
    dates: DateRange,
    /// Identifiers that went to nobody, by element.
    unnamed: BTreeMap<Element, u64>,
    /// Findings that went to nobody and may harm all the same, with the place of their passage and their line or row.
    loose: Vec<(usize, u32, Finding)>,
    /// The text begins with the head of a message.
    message: bool,
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

    fn join(&mut self, other: &Self) {
        [other.oldest, other.newest].into_iter().flatten().for_each(|date| self.add(date));
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
            identifiers: Identifiers::with(&settings.rules)?,
            forms: hints::hospital_forms(&settings.controllers)?,
            signs: hints::Signs::new(&settings.controllers)?,
            words: category::Words::shipped()?,
            prose: Prose::shipped()?,
            passwords: passwords::Words::shipped()?,
            calibration: confidence::Calibration::shipped()?,
            modulus: modulus::Modulus::new(settings.modulus.as_ref())?,
            photographs: photographs::Photographs::shipped()?,
            overrides,
        })
    }

    /// Everything about one item that is held whole.
    pub fn detect(&self, item: &ItemContext<'_>, passages: &[Passage]) -> Detected {
        let mut detection = self.begin(*item);
        let mentions = detection.read(passages);
        Detected { mentions, ..detection.finish() }
    }

    /// Begins an item whose passages come in stretches.
    pub fn begin<'a>(&'a self, item: ItemContext<'a>) -> Detection<'a> {
        Detection {
            detector: self,
            item,
            first: None,
            open: BTreeMap::new(),
            hints: BTreeSet::new(),
            other_body: None,
            dates: None,
            unnamed: BTreeMap::new(),
            loose: Vec::new(),
            told: BTreeSet::new(),
            message: false,
        }
    }
}

/// An item under detection: stretches of passages in, the mentions in each out, and at the end what is said of the item.
///
/// What the item is about is decided on the first stretch, so that roles can be given at once. A table goes on over
/// stretches under its header; a letter that a stretch cuts in two is read as two.
pub struct Detection<'a> {
    detector: &'a Detector,
    item: ItemContext<'a>,
    first: Option<Decided>,
    /// Tables still open at the end of the last stretch, by sheet.
    open: BTreeMap<String, table::Layout>,
    hints: BTreeSet<ControllerHint>,
    other_body: Option<String>,
    dates: Option<DateRange>,
    unnamed: BTreeMap<Element, u64>,
    loose: Vec<Finding>,
    /// The values of `loose`: one that stands in an item a thousand times is one.
    told: BTreeSet<(Element, String)>,
    message: bool,
}

/// What the first stretch decided.
struct Decided {
    count: category::Count,
    category: ItemCategory,
    reasons: Vec<String>,
}

impl Detection<'_> {
    /// The mentions in the next stretch, by place; ids are zero. Numbers from the 999 range are found like any other,
    /// whatever the case says of them: what they speak for is for verification to weigh.
    pub fn read(&mut self, passages: &[Passage]) -> Vec<Mention> {
        let Self { detector, item, .. } = *self;
        let origin = draft::Origin { exhibit: item.exhibit, path: item.path };
        let mended = recognised::Mended::of(passages);
        let passages = mended.passages.as_deref().unwrap_or(passages);
        let (count, decided) = match self.first.take() {
            Some(Decided { count, category, reasons }) => (count, Some((category, reasons))),
            None => (detector.words.count(item.path, passages), None),
        };
        let mut found = Found::default();
        let mut tables = table::Reader::new(detector, item, origin, &count, std::mem::take(&mut self.open));
        // A table that gave nobody and has cells like "Tom Smith, DOB 03/04/2012" is a letter's layout: read with its text.
        let mut layout = BTreeMap::new();
        for (place, passage) in passages.iter().enumerate() {
            let Content::Table(table) = &passage.content else { continue };
            let before = found.mentions.len();
            tables.read(place, &passage.part, table, &mut found);
            if found.mentions.len() == before && text::has_labels(&detector.headers, table) {
                layout.insert(place, text::of_table(&passage.part, table));
            }
        }
        self.open = tables.into_open();
        let texts: Vec<&Passage> =
            passages.iter().enumerate().map(|(place, passage)| layout.get(&place).unwrap_or(passage)).collect();
        text::read(detector, item, origin, &count, &texts, &mut found);
        if decided.is_none() && item.kind != ExhibitKind::Register {
            let photographs = &detector.photographs;
            match photographs.of_path(item.path, origin, &detector.forms) {
                Some(mention) => found.mentions.push((0, 0, mention)),
                None => photographs.tie(item.path, passages, origin, found.mentions.iter_mut().map(|(.., of)| of)),
            }
        }
        // What an item is shows at its beginning.
        self.message |= decided.is_none() && found.message;
        let secrets = found.loose.iter().filter(|(.., finding)| finding.element == Element::Credential).count();
        let decided_now = decided.is_none();
        let (category, reasons) =
            decided.unwrap_or_else(|| detector.words.decide(&count, &found.fields, &found.mentions, secrets));
        roles_by_category(&mut found.mentions, category);
        self.first = Some(Decided { count, category, reasons });
        found.mentions.sort_by_key(|(passage, line, _)| (*passage, *line));
        let mentions = found.mentions.into_iter().map(|(passage, _, mut mention)| {
            let recovery = passages.get(passage).map(|passage| passage.recovery).unwrap_or_default();
            mended.weigh(&mut mention, recovery);
            detector.modulus.weigh(&mut mention.findings);
            detector.calibration.weigh(&mut mention);
            mention
        });
        let mentions: Vec<Mention> = mentions.collect();
        if decided_now {
            self.other_body = detector.signs.other_body(passages);
        }
        self.hints.extend(detector.signs.of_item(item.path, passages, &mentions, &detector.forms));
        found.loose.sort_by_key(|(passage, line, _)| (*passage, *line));
        for (_, _, mut finding) in found.loose {
            if detector.modulus.keeps(&mut finding)
                && self.loose.len() < LOOSE
                && self.told.insert((finding.element, text_of(&finding)))
            {
                self.loose.push(finding);
            }
        }
        self.dates.get_or_insert_default().join(&found.dates);
        for (element, count) in found.unnamed {
            *self.unnamed.entry(element).or_default() += count;
        }
        mentions
    }

    /// What is said of the item as a whole; the mentions were given before.
    pub fn finish(mut self) -> Detected {
        if self.first.is_none() {
            // Where it lies still says whose it may be.
            self.read(&[]);
        }
        let (category, mut category_reasons) = self.first.map(|d| (d.category, d.reasons)).unwrap_or_default();
        let mut category = category;
        if self.message {
            // By its form; what it speaks of has given the roles.
            let matter = format!("a message: head with sender and date; its matter: {}", category.as_str());
            category = ItemCategory::Correspondence;
            category_reasons.insert(0, matter);
        }
        if !self.unnamed.is_empty() {
            let counts: Vec<String> =
                self.unnamed.iter().map(|(element, count)| format!("{count} {}", element.as_str())).collect();
            category_reasons.push(format!("beside no person: {}", counts.join(", ")));
        }
        let dates = self.dates.unwrap_or_default();
        let mut loose = self.loose;
        // On an order or an invoice the account is a body's.
        loose.retain(|finding| category != ItemCategory::Procurement || finding.element != Element::BankAccount);
        Detected {
            mentions: Vec::new(),
            category,
            category_reasons,
            controller_hints: self.hints.into_iter().collect(),
            other_body: self.other_body,
            oldest: dates.oldest,
            newest: dates.newest,
            loose,
        }
    }
}

/// Findings beside nobody that are kept of one item; the rest is counted among what stands beside no person.
const LOOSE: usize = 2_000;

fn text_of(finding: &Finding) -> String {
    match finding.value.reveal() {
        Value::Text(text) => text.clone(),
        _ => String::new(),
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

/// The numbers that a register's row keeps from before, for [`crate::restricted`] alone.
pub fn restricted_links(row: &Mention) -> Vec<RestrictedLink> {
    links_of(row)
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
