//! The shipped rules of `rules/claims/assertions.toml`: words of a post to what they assert.
//!
//! Rules are data: a word that is missed is a line there with an example, not code here. Numbers, years and names of
//! bodies are read by code (`quantity`, `victim`).

use std::sync::LazyLock;

use assay_model::{Element, ItemCategory};
use regex::{Regex, RegexBuilder};
use serde::Deserialize;

/// Why a rule file is not taken.
#[derive(Debug, thiserror::Error)]
pub enum RuleError {
    /// It is no TOML of the expected form.
    #[error("the claim rules cannot be read: {0}; compare them with rules/claims/assertions.toml")]
    Form(#[from] toml::de::Error),
    /// A pattern does not compile.
    #[error("rule `{rule}`: its pattern does not compile: {source}")]
    Pattern {
        /// The rule.
        rule: String,
        /// Why.
        source: Box<regex::Error>,
    },
    /// A word that names nothing.
    #[error("rule `{rule}`: `{word}` is no {expected}")]
    Word {
        /// The rule.
        rule: String,
        /// The word.
        word: String,
        /// What was expected.
        expected: &'static str,
    },
}

/// All rules, compiled.
#[derive(Debug)]
pub(crate) struct ClaimRules {
    pub(crate) ignore: Vec<Regex>,
    pub(crate) categories: Vec<CategoryRule>,
    /// Patterns of units with their bytes.
    pub(crate) units: Vec<(Regex, u64)>,
    pub(crate) volume_words: Vec<Regex>,
    pub(crate) counts: Vec<CountRule>,
    pub(crate) populations: Vec<PopulationRule>,
    pub(crate) vectors: Vec<VectorRule>,
}

/// Words for a category of items.
#[derive(Debug)]
pub(crate) struct CategoryRule {
    pub(crate) category: ItemCategory,
    /// Tested by findings of this element where no category of item answers to the words.
    pub(crate) element: Option<Element>,
    /// Each alternative captures the words in one group.
    pub(crate) pattern: Regex,
    /// Words after a match that make it another thing.
    pub(crate) not_after: Option<Regex>,
}

/// What a claimed number is held against.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Counted {
    /// Distinct people.
    People,
    /// People in the role of patient.
    Patients,
    /// People in the role of staff.
    Staff,
    /// People in the role of donor.
    Donors,
    /// Mentions.
    Records,
    /// Items.
    Files,
}

/// Words for what is counted.
#[derive(Debug)]
pub(crate) struct CountRule {
    pub(crate) against: Counted,
    /// Captures the noun at the start of what follows the number.
    pub(crate) pattern: Regex,
}

/// How a population is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PopulationTest {
    /// Under 18 on the reference date.
    Children,
    /// 18 and over.
    Adults,
    /// Over 65.
    OverSixtyFive,
    /// Nothing in a record tells.
    None,
}

/// Words for whom the data is about.
#[derive(Debug)]
pub(crate) struct PopulationRule {
    pub(crate) test: PopulationTest,
    pub(crate) pattern: Regex,
}

/// What could test a vector.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum VectorTest {
    /// The gateway's sessions and build.
    Gateway,
    /// No exhibit kind.
    None,
}

/// Words for how they got in.
#[derive(Debug)]
pub(crate) struct VectorRule {
    pub(crate) test: VectorTest,
    pub(crate) pattern: Regex,
}

impl ClaimRules {
    /// The rules that ship with the program.
    pub(crate) fn shipped() -> &'static Self {
        static RULES: LazyLock<ClaimRules> =
            LazyLock::new(|| ClaimRules::parse(SHIPPED).expect("the shipped claim rules are compiled by the tests"));
        &RULES
    }

    /// Compiles a rule file.
    pub(crate) fn parse(text: &str) -> Result<Self, RuleError> {
        let file: RuleFile = toml::from_str(text)?;
        let nouns = &file.nouns.records;
        Ok(Self {
            ignore: file.ignore.iter().map(|r| compile(&r.name, &r.pattern)).collect::<Result<_, _>>()?,
            categories: file.category.iter().map(|r| r.compile(nouns)).collect::<Result<_, _>>()?,
            units: file
                .unit
                .iter()
                .map(|u| Ok((compile("unit", &format!(r"^\s?(?:{})\b", u.pattern))?, u.bytes)))
                .collect::<Result<_, RuleError>>()?,
            volume_words: file
                .volume
                .iter()
                .map(|r| compile(&r.name, &format!(r"\b(?:{})\b", r.pattern)))
                .collect::<Result<_, _>>()?,
            counts: file.count.iter().map(CountForm::compile).collect::<Result<_, _>>()?,
            populations: file.population.iter().map(PopulationForm::compile).collect::<Result<_, _>>()?,
            vectors: file.vector.iter().map(VectorForm::compile).collect::<Result<_, _>>()?,
        })
    }

    /// The element that tests words of a claim which no category of item answers to.
    pub(crate) fn element_of(&self, words: &str) -> Option<Element> {
        self.categories.iter().find(|rule| rule.pattern.is_match(words)).and_then(|rule| rule.element)
    }

    /// How a population's words are tested.
    pub(crate) fn population_test(&self, words: &str) -> PopulationTest {
        self.populations.iter().find(|rule| rule.pattern.is_match(words)).map_or(PopulationTest::None, |rule| rule.test)
    }

    /// How a vector's words are tested.
    pub(crate) fn vector_test(&self, words: &str) -> VectorTest {
        self.vectors.iter().find(|rule| rule.pattern.is_match(words)).map_or(VectorTest::None, |rule| rule.test)
    }

    /// What a count's words are held against.
    pub(crate) fn counted(&self, of: &str) -> Counted {
        self.counts
            .iter()
            .find(|rule| rule.pattern.find(of).is_some_and(|found| found.end() == of.len()))
            .map_or(Counted::People, |rule| rule.against)
    }
}

const SHIPPED: &str = include_str!("../../../../rules/claims/assertions.toml");

fn compile(rule: &str, pattern: &str) -> Result<Regex, RuleError> {
    RegexBuilder::new(pattern)
        .case_insensitive(true)
        .build()
        .map_err(|source| RuleError::Pattern { rule: rule.to_owned(), source: Box::new(source) })
}

fn word_error(rule: &str, word: &str, expected: &'static str) -> RuleError {
    RuleError::Word { rule: rule.to_owned(), word: word.to_owned(), expected }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RuleFile {
    #[serde(default)]
    ignore: Vec<PatternForm>,
    nouns: NounForm,
    #[serde(default)]
    category: Vec<CategoryForm>,
    #[serde(default)]
    unit: Vec<UnitForm>,
    #[serde(default)]
    volume: Vec<PatternForm>,
    #[serde(default)]
    count: Vec<CountForm>,
    #[serde(default)]
    population: Vec<PopulationForm>,
    #[serde(default)]
    vector: Vec<VectorForm>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NounForm {
    records: String,
}

/// `reason` and the examples are for readers and for the linter; a rule without them does not load.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "a rule without a reason and examples does not load; the linter reads them")]
struct PatternForm {
    name: String,
    pattern: String,
    reason: String,
    examples: Vec<String>,
    counter_examples: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "a rule without a reason and examples does not load; the linter reads them")]
struct UnitForm {
    pattern: String,
    bytes: u64,
    examples: Vec<String>,
    counter_examples: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "a rule without a reason and examples does not load; the linter reads them")]
struct CategoryForm {
    name: String,
    category: String,
    element: Option<String>,
    #[serde(default)]
    subject: String,
    #[serde(default)]
    alone: String,
    not_after: Option<String>,
    reason: String,
    examples: Vec<String>,
    counter_examples: Vec<String>,
}

impl CategoryForm {
    fn compile(&self, nouns: &str) -> Result<CategoryRule, RuleError> {
        let category = ItemCategory::ALL
            .into_iter()
            .find(|category| category.as_str() == self.category)
            .ok_or_else(|| word_error(&self.name, &self.category, "category of item"))?;
        let element = match &self.element {
            None => None,
            Some(word) => Some(Element::parse(word).ok_or_else(|| word_error(&self.name, word, "element"))?),
        };
        let not_after = match &self.not_after {
            None => None,
            Some(words) => Some(compile(&self.name, &format!(r"^\s?(?:{words})\b"))?),
        };
        Ok(CategoryRule { category, element, pattern: compile(&self.name, &self.pattern(nouns))?, not_after })
    }

    /// `subject` with a noun after it, through a list, or before it; or what stands `alone`.
    fn pattern(&self, nouns: &str) -> String {
        let subject = &self.subject;
        let mut alternatives = Vec::new();
        if !subject.is_empty() {
            alternatives.push(format!(r"\b((?:{subject})\s+(?:[\w'-]+\s+)?(?:{nouns}))\b"));
            let more = r"(?:\s?(?:,|/|&|\band\b|\bor\b)\s?(?:(?:and|the)\s+)?[\w'-]+){1,6}";
            alternatives.push(format!(r"\b({subject}){more}\s+(?:[\w'-]+\s+)?(?:{nouns})\b"));
            alternatives.push(format!(
                r"\b((?:{nouns})\s+(?:of|on|about|for|from)\s+(?:(?:all|our|the|its|their|your|\d[\d ,.]*)\s+)*(?:[\w-]+\s+)?(?:{subject})(?:\s+(?:{nouns}))?)\b"
            ));
        }
        if !self.alone.is_empty() {
            alternatives.push(format!(r"\b({})\b", self.alone));
        }
        alternatives.join("|")
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "a rule without a reason and examples does not load; the linter reads them")]
struct CountForm {
    name: String,
    against: String,
    noun: String,
    reason: String,
    examples: Vec<String>,
    counter_examples: Vec<String>,
}

impl CountForm {
    fn compile(&self) -> Result<CountRule, RuleError> {
        let against = match self.against.as_str() {
            "people" => Counted::People,
            "patients" => Counted::Patients,
            "staff" => Counted::Staff,
            "donors" => Counted::Donors,
            "records" => Counted::Records,
            "files" => Counted::Files,
            other => return Err(word_error(&self.name, other, "figure that counts are held against")),
        };
        // Up to two words may stand between the number and its noun: "900k NHS patients".
        Ok(CountRule {
            against,
            pattern: compile(&self.name, &format!(r"^\s?(?:[a-z'-]+\s+){{0,2}}?({})\b", self.noun))?,
        })
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "a rule without a reason and examples does not load; the linter reads them")]
struct PopulationForm {
    name: String,
    test: String,
    pattern: String,
    reason: String,
    examples: Vec<String>,
    counter_examples: Vec<String>,
}

impl PopulationForm {
    fn compile(&self) -> Result<PopulationRule, RuleError> {
        let test = match self.test.as_str() {
            "children" => PopulationTest::Children,
            "adults" => PopulationTest::Adults,
            "over 65" => PopulationTest::OverSixtyFive,
            "none" => PopulationTest::None,
            other => return Err(word_error(&self.name, other, "test of a population")),
        };
        // "including children" says that some are, "children" says that it is about them: the word is kept.
        let pattern =
            format!(r"\b(?:(?:including|includes?|incl\.?|also|even)\s+(?:[\w-]+\s+){{0,2}}?)?(?:{})\b", self.pattern);
        Ok(PopulationRule { test, pattern: compile(&self.name, &pattern)? })
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "a rule without a reason and examples does not load; the linter reads them")]
struct VectorForm {
    name: String,
    test: String,
    pattern: String,
    reason: String,
    examples: Vec<String>,
    counter_examples: Vec<String>,
}

impl VectorForm {
    fn compile(&self) -> Result<VectorRule, RuleError> {
        let test = match self.test.as_str() {
            "gateway" => VectorTest::Gateway,
            "none" => VectorTest::None,
            other => return Err(word_error(&self.name, other, "test of a vector")),
        };
        let pattern = compile(&self.name, &format!(r"\b(?:{})\b", self.pattern))?;
        Ok(VectorRule { test, pattern })
    }
}
