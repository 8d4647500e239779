//! What kind of record an item is: by the words of its path and text, and by what its columns and labels name.

use std::collections::{BTreeMap, BTreeSet};

use aho_corasick::{AhoCorasick, AhoCorasickBuilder, AhoCorasickKind, MatchKind};
use assay_model::{Content, Element, ItemCategory, ItemPath, Mention, Passage, Role, SpecialCategory};
use serde::Deserialize;

use super::denial::{Denials, Matter};
use super::field::Field;
use super::lookup::Lookup;
use super::rules::{RuleError, read};

const FILE: &str = "rules/detect/categories.toml";
const CATEGORIES: &str = include_str!("../../../../rules/detect/categories.toml");
const LEXICON_FILE: &str = "rules/detect/lexicon.toml";
const LEXICON: &str = include_str!("../../../../rules/detect/lexicon.toml");

/// Bytes of text in which the words of a category are counted: what an item is shows at its beginning.
const LOOKED_AT: usize = 64 * 1024;

/// The words of both files in one matcher.
#[derive(Debug)]
pub(crate) struct Words {
    matcher: AhoCorasick,
    meanings: Vec<Meaning>,
    /// Words of paths, by their first word: each with what else it is made of, its category and weight.
    paths: Lookup<Vec<(String, ItemCategory, u32)>>,
    /// Of each word in the matcher, how it must be written where that matters: `AIDS`, which hearing aids are not.
    exact: Vec<Option<String>>,
    denials: Denials,
}

#[derive(Debug, Clone, Copy)]
enum Meaning {
    Category(ItemCategory, u32),
    Special(SpecialCategory),
}

/// What the words of an item gave.
#[derive(Default)]
pub(crate) struct Count {
    scores: BTreeMap<ItemCategory, (u32, BTreeSet<String>)>,
}

impl Count {
    fn add(&mut self, category: ItemCategory, weight: u32, word: String) {
        let (score, words) = self.scores.entry(category).or_default();
        // A word counts once.
        if words.insert(word) {
            *score += weight;
        }
    }

    /// The category of the best score by words, where they tell one clearly.
    pub(crate) fn leading(&self) -> Option<ItemCategory> {
        let matters = self.scores.iter().filter(|(category, _)| **category != ItemCategory::Other);
        let best = matters.max_by_key(|(_, (score, _))| *score)?;
        (best.1.0 >= 2).then_some(*best.0)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CategoryFile {
    category: Vec<CategoryForm>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(not(test), expect(dead_code, reason = "a rule without a reason and examples does not load"))]
struct CategoryForm {
    category: String,
    /// Words of three points, of one, and of paths.
    strong: Vec<String>,
    weak: Vec<String>,
    path: Vec<String>,
    reason: String,
    examples: Vec<String>,
    counter_examples: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LexiconFile {
    denial: Denials,
    special: Vec<SpecialForm>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(not(test), expect(dead_code, reason = "a rule without a reason and examples does not load"))]
struct SpecialForm {
    category: String,
    words: Vec<String>,
    reason: String,
    examples: Vec<String>,
    counter_examples: Vec<String>,
}

impl Words {
    pub(crate) fn shipped() -> Result<Self, RuleError> {
        let file: CategoryFile = read(FILE, CATEGORIES)?;
        let lexicon: LexiconFile = read(LEXICON_FILE, LEXICON)?;
        let mut patterns = Vec::new();
        let mut meanings = Vec::new();
        let mut paths: BTreeMap<String, Vec<(String, ItemCategory, u32)>> = BTreeMap::new();
        for rule in file.category {
            let category =
                ItemCategory::ALL.into_iter().find(|category| category.as_str() == rule.category).ok_or_else(|| {
                    RuleError::Word { file: FILE, word: rule.category.clone(), expected: "category of item" }
                })?;
            for (words, weight) in [(rule.strong, 3), (rule.weak, 1)] {
                for word in words {
                    patterns.push(word);
                    meanings.push(Meaning::Category(category, weight));
                }
            }
            for words in rule.path {
                let first = words.split(' ').next().unwrap_or_default().to_owned();
                paths.entry(first).or_default().push((words, category, 3));
            }
        }
        for rule in lexicon.special {
            let category = SpecialCategory::ALL.into_iter().find(|c| c.as_str() == rule.category).ok_or_else(|| {
                RuleError::Word { file: LEXICON_FILE, word: rule.category.clone(), expected: "special category" }
            })?;
            for word in rule.words {
                patterns.push(word);
                meanings.push(Meaning::Special(category));
            }
        }
        let matcher = AhoCorasickBuilder::new()
            .ascii_case_insensitive(true)
            .match_kind(MatchKind::LeftmostLongest)
            .kind(Some(AhoCorasickKind::DFA))
            .build(&patterns)
            .map_err(|error| RuleError::Matcher { file: FILE, reason: error.to_string() })?;
        let exact = |word: &String| word.bytes().any(|b| b.is_ascii_uppercase()).then(|| word.clone());
        let exact = patterns.iter().map(exact).collect();
        Ok(Self { matcher, meanings, paths: Lookup::new(paths), exact, denials: lexicon.denial })
    }

    /// Counts the words of the path and of the beginning of the content.
    pub(crate) fn count(&self, path: &ItemPath, passages: &[Passage]) -> Count {
        let mut count = Count::default();
        let folded = super::rules::fold_title(&path.as_str().replace(['/', '!', '.'], " _ "));
        let starts = std::iter::once(0).chain(folded.match_indices(' ').map(|(blank, _)| blank + 1));
        for rest in starts.filter_map(|start| folded.get(start..)) {
            // A word, or its plural.
            let word = rest.split(' ').next().unwrap_or_default();
            let both = [Some(word), word.strip_suffix('s')].into_iter().flatten();
            for (words, category, weight) in both.filter_map(|word| self.paths.get(word)).flatten() {
                let ends = rest.strip_prefix(words.as_str()).map(|rest| rest.strip_prefix('s').unwrap_or(rest));
                let whole =
                    rest.strip_prefix(words.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with(' '));
                if whole || ends.is_some_and(|rest| rest.is_empty() || rest.starts_with(' ')) {
                    count.add(*category, *weight, format!("path word '{words}'"));
                }
            }
        }
        let mut left = LOOKED_AT;
        for passage in passages {
            match &passage.content {
                Content::Text { text, .. } => {
                    let end = floor(text, left);
                    self.count_in(text.get(..end).unwrap_or(""), &mut count);
                    left -= end;
                }
                Content::Table(table) => {
                    self.count_in(&passage.part, &mut count);
                    for cell in table.rows.iter().take(12).flatten().take(200) {
                        if let assay_model::Cell::Text(text) = cell {
                            self.count_in(text.get(..floor(text, 200)).unwrap_or(""), &mut count);
                        }
                    }
                    left = left.saturating_sub(4_096);
                }
            }
            if left == 0 {
                break;
            }
        }
        count
    }

    fn count_in(&self, text: &str, count: &mut Count) {
        for hit in self.matcher.find_iter(text) {
            if let Some(Meaning::Category(category, weight)) = self.meanings.get(hit.pattern().as_usize())
                && is_word(text, hit.start(), hit.end())
            {
                let mut word = String::with_capacity(hit.len() + 7);
                word.push_str("word '");
                word.extend(text.get(hit.range()).unwrap_or("").chars().flat_map(char::to_lowercase));
                word.push('\'');
                count.add(*category, *weight, word);
            }
        }
    }

    /// Special categories that a text speaks of, with the bytes where, but for those denied.
    pub(crate) fn special(&self, text: &str) -> Vec<(usize, usize, SpecialCategory)> {
        self.matcher
            .find_iter(text)
            .filter_map(|hit| match self.meanings.get(hit.pattern().as_usize()) {
                Some(Meaning::Special(category)) if is_word(text, hit.start(), hit.end()) => {
                    let place = (hit.start(), hit.end());
                    let exact = self.exact.get(hit.pattern().as_usize()).and_then(Option::as_ref);
                    let cased = exact.is_none_or(|word| text.get(hit.range()) == Some(word));
                    (cased && !self.is_denied(text, place, *category)).then_some((hit.start(), hit.end(), *category))
                }
                _ => None,
            })
            .collect()
    }

    fn is_denied(&self, text: &str, (start, end): (usize, usize), category: SpecialCategory) -> bool {
        let family = category == SpecialCategory::Safeguarding;
        let matter = if family { Matter::OfTheFamily } else { Matter::OfOne };
        self.denials.denies(text, start, end, matter)
    }

    /// The category with reasons. What columns and labels name weighs more than words.
    pub(crate) fn decide(
        &self,
        count: &Count,
        fields: &BTreeSet<Field>,
        mentions: &[(usize, u32, Mention)],
        secrets: usize,
    ) -> (ItemCategory, Vec<String>) {
        let mut scores: BTreeMap<ItemCategory, (u32, Vec<String>)> = count
            .scores
            .iter()
            .map(|(category, (score, words))| ((*category), ((*score).min(9), words.iter().take(6).cloned().collect())))
            .collect();
        let mut add = |category, weight, reason: String| {
            let (score, reasons) = scores.entry(category).or_default();
            *score += weight;
            reasons.insert(0, reason);
        };
        let people = |role| mentions.iter().filter(|(_, _, m)| m.role == role && m.findings.len() > 1).count();
        let has = |field| fields.contains(&field);
        let patients = people(Role::Patient);
        if patients > 0 {
            let points =
                if has(Field::NhsNumber) || has(Field::HospitalNumber) || has(Field::Diagnosis) { 8 } else { 3 };
            add(ItemCategory::PatientRecord, points, "records about patients".to_owned());
        }
        if people(Role::Donor) > 0 {
            add(ItemCategory::DonorReport, 8, "records about donors".to_owned());
        }
        if people(Role::Staff) > 0
            && (has(Field::Employment) || has(Field::Salary) || has(Field::NationalInsuranceNumber))
        {
            add(ItemCategory::StaffRecord, 8, "columns or labels of staff records".to_owned());
        }
        if has(Field::Employment) && mentions.iter().any(|(_, _, m)| m.role == Role::Staff) {
            add(ItemCategory::StaffRecord, 4, "names of staff under columns of staff records".to_owned());
        }
        if has(Field::Goods) {
            add(ItemCategory::Procurement, 3, "columns or labels of goods and orders".to_owned());
        }
        if has(Field::Password) {
            add(ItemCategory::Credentials, 6, "passwords".to_owned());
        }
        if secrets > 0 {
            add(ItemCategory::Credentials, 4, "secrets that rules know by their form".to_owned());
        }
        // Guidance speaks of patients and staff, and is about nobody.
        if let Some((score, words)) = scores.remove(&ItemCategory::Other)
            && score >= 3
            && !mentions.iter().any(|(_, _, m)| m.findings.iter().any(|f| f.element != Element::Name))
        {
            let reasons = std::iter::once("guidance about nobody".to_owned()).chain(words).take(5);
            return (ItemCategory::Other, reasons.collect());
        }
        // Correspondence is what is none of the others.
        let others = scores.iter().filter(|(c, _)| **c != ItemCategory::Correspondence).map(|(_, (s, _))| *s).max();
        if others.is_some_and(|score| score >= 3) {
            scores.remove(&ItemCategory::Correspondence);
        }
        let best = scores.into_iter().max_by_key(|(category, (score, _))| (*score, std::cmp::Reverse(*category)));
        match best {
            Some((category, (score, mut reasons))) if score >= 3 => {
                reasons.truncate(5);
                (category, reasons)
            }
            _ => (ItemCategory::Other, vec!["nothing tells a kind of record".to_owned()]),
        }
    }
}

/// The largest boundary of a character that is not above `at`.
pub(crate) fn floor(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// True where the bytes are no part of a longer word; a plural is the same word.
fn is_word(text: &str, start: usize, end: usize) -> bool {
    let bytes = text.as_bytes();
    let letter = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_alphanumeric);
    let before = start.checked_sub(1).is_some_and(letter);
    let plural = bytes.get(end) == Some(&b's') && !letter(end + 1);
    !before && (!letter(end) || plural)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_category_rule_does_what_its_examples_say() {
        let words = Words::shipped().unwrap();
        let file: CategoryFile = toml::from_str(CATEGORIES).unwrap();
        for rule in &file.category {
            assert!(!rule.reason.is_empty() && !rule.examples.is_empty() && !rule.counter_examples.is_empty());
            let of = |text: &str| {
                let mut count = words.count(&ItemPath::of_file(text), &[]);
                words.count_in(text, &mut count);
                match words.decide(&count, &BTreeSet::new(), &[], 0).0 {
                    ItemCategory::Other if !count.scores.contains_key(&ItemCategory::Other) => None,
                    category => Some(category.as_str()),
                }
            };
            for example in &rule.examples {
                assert_eq!(of(example), Some(rule.category.as_str()), "{example}");
            }
            for example in &rule.counter_examples {
                assert_ne!(of(example), Some(rule.category.as_str()), "{example}");
            }
        }
    }

    #[test]
    fn every_lexicon_rule_does_what_its_examples_say() {
        let words = Words::shipped().unwrap();
        let file: LexiconFile = toml::from_str(LEXICON).unwrap();
        for rule in &file.special {
            assert!(!rule.reason.is_empty() && !rule.examples.is_empty() && !rule.counter_examples.is_empty());
            let of = |text: &str| words.special(text).iter().any(|(_, _, c)| c.as_str() == rule.category);
            for example in &rule.examples {
                assert!(of(example), "{example}");
            }
            for example in &rule.counter_examples {
                assert!(!of(example), "{example}");
            }
        }
    }
}
