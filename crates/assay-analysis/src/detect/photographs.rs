//! Photographs of people: pictures that path or modality call one, of whom path or content names (`rules/detect/photographs.toml`).
//!
//! A picture is filed under the person's number or name, or bears it in its header, its properties or on a card beside the wound. Nothing
//! here looks at what it shows; one of which nothing says whose it is gives nobody, however much its folder speaks of photographs.

use assay_model::{Content, Element, Finding, ItemPath, Mention, Passage, PersonName, Place, Role, Sensitive, Value};
use serde::Deserialize;

use super::draft::{Basis, Draft, HospitalForms, Origin};
use super::names::{self, NameOrder};
use super::numbers;
use super::rules::{RuleError, fold_title, read};

const FILE: &str = "rules/detect/photographs.toml";
const RULES: &str = include_str!("../../../../rules/detect/photographs.toml");

#[derive(Debug)]
pub(super) struct Photographs {
    endings: Vec<String>,
    modalities: Vec<String>,
    kinds: Vec<(Role, Vec<String>)>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PhotographFile {
    endings: Vec<String>,
    modalities: Vec<String>,
    photograph: Vec<PhotographForm>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(not(test), expect(dead_code, reason = "a rule without a reason, a source and examples does not load"))]
struct PhotographForm {
    role: String,
    words: Vec<String>,
    reason: String,
    source: String,
    examples: Vec<String>,
    counter_examples: Vec<String>,
}

impl Photographs {
    pub(super) fn shipped() -> Result<Self, RuleError> {
        let file: PhotographFile = read(FILE, RULES)?;
        let kind = |form: PhotographForm| {
            let role = Role::parse(&form.role);
            let role = role.ok_or(RuleError::Word { file: FILE, word: form.role, expected: "role" })?;
            Ok((role, form.words.iter().map(|word| format!(" {word} ")).collect()))
        };
        let kinds = file.photograph.into_iter().map(kind).collect::<Result<_, RuleError>>()?;
        Ok(Self { endings: file.endings, modalities: file.modalities, kinds })
    }

    /// The person in a picture.
    pub(super) fn of_path(&self, path: &ItemPath, origin: Origin<'_>, forms: &HospitalForms) -> Option<Mention> {
        let (parts, ending) = parts(path)?;
        let (role, phrases) = self.kind(&parts, &ending)?;
        let at = origin.at(Place::Whole);
        let mut draft = Draft::default();
        for part in parts.iter().take(3) {
            identify(&mut draft, part, phrases, &at, forms);
            if draft.is_identified() {
                break;
            }
        }
        if !draft.is_identified() {
            return None;
        }
        let value = Value::Text(format!("{ending} file"));
        draft.push(Element::Photograph, value, at.clone(), Basis::Content);
        draft.finish(at, *role, "named by the path of a photograph")
    }

    /// Ties a picture that path or modality call a photograph to the one person of whom its content tells; of two it may be
    /// either's.
    pub(super) fn tie<'m>(
        &self,
        path: &ItemPath,
        passages: &[Passage],
        origin: Origin<'_>,
        mentions: impl Iterator<Item = &'m mut Mention>,
    ) {
        let Some((parts, ending)) = parts(path) else { return };
        if self.kind(&parts, &ending).is_none() && !self.is_photographed(passages) {
            return;
        }
        // Who took it, or asked for it, is not on it, unless there is no patient.
        let (mut shown, mut others): (Vec<_>, Vec<_>) = mentions.partition(|mention| mention.role == Role::Patient);
        let all = if shown.is_empty() { &mut others } else { &mut shown };
        let [mention] = all.as_mut_slice() else { return };
        let value = Sensitive::new(Value::Text(format!("{ending} file")));
        let (detector, locator) = ("content: photograph".to_owned(), origin.at(Place::Whole));
        let (element, confidence) = (Element::Photograph, Basis::Content.confidence());
        mention.findings.push(Finding { detector, element, value, controller: None, locator, confidence });
        mention.findings.sort_by(|a, b| a.locator.place.cmp(&b.locator.place).then(a.element.cmp(&b.element)));
    }

    fn kind(&self, parts: &[&str], ending: &String) -> Option<(&Role, &[String])> {
        let folded: Vec<String> = parts.iter().map(|part| format!(" {} ", words(part))).collect();
        let says = |all: &[String]| all.iter().any(|word| folded.iter().any(|part| part.contains(word.as_str())));
        let kind = self.kinds.iter().find(|(_, all)| self.endings.contains(ending) && says(all))?;
        Some((&kind.0, &kind.1))
    }

    /// True where the header of a DICOM file gives a modality of photography.
    fn is_photographed(&self, passages: &[Passage]) -> bool {
        passages.iter().filter(|passage| passage.part == "header").any(|passage| match &passage.content {
            Content::Text { text, .. } => text
                .lines()
                .filter_map(|line| line.strip_prefix("Modality: "))
                .any(|code| self.modalities.iter().any(|known| known == code.trim())),
            Content::Table(_) => false,
        })
    }
}

/// A file's own name without its ending and the folders above it, nearest first; and the ending in small letters.
fn parts(path: &ItemPath) -> Option<(Vec<&str>, String)> {
    let (stem, ending) = path.file_name().rsplit_once('.')?;
    let above = path.as_str().rsplit(['/', '!']).skip(1);
    Some((std::iter::once(stem).chain(above).collect(), ending.to_ascii_lowercase()))
}

/// Letters and digits in lower case, other signs as blanks.
fn words(part: &str) -> String {
    fold_title(&part.replace(['_', '-', '.'], " "))
}

/// Whom a part of a path names.
fn identify(draft: &mut Draft, part: &str, phrases: &[String], at: &assay_model::Locator, forms: &HospitalForms) {
    for (controller, form) in &forms.inside {
        // An underscore is part of a word to a pattern that ends at one.
        if let Some(found) = form.find(&part.replace('_', " ")) {
            let number = found.as_str().to_owned();
            draft.push(Element::HospitalNumber, Value::Text(number), at.clone(), Basis::Content);
            if let Some(last) = draft.findings.last_mut() {
                last.controller = Some(controller.clone());
            }
            break;
        }
    }
    let digits: String = part.chars().filter(char::is_ascii_digit).collect();
    if digits.len() == 10
        && let Some(number) = numbers::nhs_number(&digits).filter(|n| numbers::is_issued_range(n))
    {
        draft.push(Element::NhsNumber, Value::Text(number), at.clone(), Basis::Content);
    }
    if let Some(name) = name_in(part, phrases) {
        draft.push(Element::Name, Value::Name(name), at.clone(), Basis::Content);
    }
}

/// Two or three words of letters that the lists know as a name, none of them of the rule's own words.
fn name_in(part: &str, phrases: &[String]) -> Option<PersonName> {
    let spaced = part.replace(['_', '-', '.', ','], " ");
    let all: Vec<&str> = spaced.split(' ').filter(|word| !word.is_empty()).collect();
    let own = |word: &str| phrases.iter().any(|phrase| phrase.contains(&format!(" {} ", word.to_lowercase())));
    for length in [3, 2] {
        for window in all.windows(length) {
            let plain = window.iter().all(|word| word.chars().all(char::is_alphabetic) && !own(word));
            let text = window.join(" ");
            if plain && names::likeness(&text) == 2 {
                return names::parse(&text, NameOrder::GivenFirst);
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use assay_model::ExhibitId;
    use regex::Regex;

    #[test]
    fn every_rule_does_what_its_examples_say() {
        let file: PhotographFile = toml::from_str(RULES).unwrap();
        let photographs = Photographs::shipped().unwrap();
        let form = Regex::new(r"AH\d{7}").unwrap();
        let forms = HospitalForms { whole: Vec::new(), inside: vec![(assay_model::ControllerId::new("NCH"), form)] };
        let exhibit = ExhibitId::new("LEAK/1");
        let of = |path: &str| {
            let path = ItemPath::of_file(path);
            photographs.of_path(&path, Origin { exhibit: &exhibit, path: &path }, &forms)
        };
        for rule in &file.photograph {
            assert!(!rule.reason.is_empty() && !rule.source.is_empty());
            for example in &rule.examples {
                let mention = of(example).unwrap_or_else(|| panic!("{example} gives nobody"));
                assert_eq!(mention.role.as_str(), rule.role, "{example}");
                assert!(mention.findings.iter().any(|f| f.element == Element::Photograph), "{example}");
            }
            for example in &rule.counter_examples {
                assert!(of(example).is_none(), "{example}");
            }
        }
    }
}
