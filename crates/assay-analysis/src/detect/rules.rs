//! The rule files of `rules/detect/`, read and compiled.
//!
//! A header or label that is missed is a line there with an example, not code here; the linter at the end runs the
//! examples and counter-examples of every rule.

use std::collections::BTreeMap;

use super::field::{Field, Scope};
use super::lookup::Lookup;
use serde::Deserialize;

/// Why rules or settings are not taken.
#[derive(Debug, thiserror::Error)]
pub enum RuleError {
    /// A rule file is no TOML of the expected form.
    #[error("{file} cannot be read: {source}")]
    Form {
        /// The file.
        file: &'static str,
        /// Why.
        source: Box<toml::de::Error>,
    },
    /// A word that names nothing.
    #[error("{file}: `{word}` is no {expected}")]
    Word {
        /// The file, or `case.toml`.
        file: &'static str,
        /// The word.
        word: String,
        /// What was expected.
        expected: &'static str,
    },
    /// A pattern does not compile.
    #[error("{owner}: the pattern does not compile: {source}")]
    Pattern {
        /// Whose pattern: a controller, a rule.
        owner: String,
        /// Why.
        source: Box<regex::Error>,
    },
    /// A rule of identifiers is not as it must be.
    #[error("{owner}: {field}: {problem}\n  remedy: {remedy}")]
    Identifier {
        /// The file and the rule.
        owner: String,
        /// The field.
        field: &'static str,
        /// What is wrong with it.
        problem: String,
        /// What to do.
        remedy: String,
    },
    /// The words of a rule file do not build a matcher.
    #[error("{file}: its words do not build a matcher: {reason}")]
    Matcher {
        /// The file.
        file: &'static str,
        /// Why.
        reason: String,
    },
}

const HEADERS: &str = include_str!("../../../../rules/detect/headers.toml");

/// What titles of columns and labels mean.
#[derive(Debug)]
pub(crate) struct Headers {
    fields: Lookup<Field>,
    scopes: Lookup<Scope>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct HeaderFile {
    scope: Vec<ScopeForm>,
    field: Vec<FieldForm>,
}

/// `reason` and the examples are for readers and for the linter; a rule without them does not load.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(not(test), expect(dead_code, reason = "a rule without a reason and examples does not load"))]
struct ScopeForm {
    scope: String,
    words: Vec<String>,
    reason: String,
    examples: Vec<String>,
    counter_examples: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(not(test), expect(dead_code, reason = "a rule without a reason and examples does not load"))]
struct FieldForm {
    field: String,
    titles: Vec<String>,
    reason: String,
    examples: Vec<String>,
    counter_examples: Vec<String>,
}

pub(crate) fn read<T: serde::de::DeserializeOwned>(file: &'static str, text: &str) -> Result<T, RuleError> {
    toml::from_str(text).map_err(|source| RuleError::Form { file, source: Box::new(source) })
}

impl Headers {
    /// The rules that ship with the program.
    pub(crate) fn shipped() -> Result<Self, RuleError> {
        Self::parse("rules/detect/headers.toml", HEADERS)
    }

    fn parse(file: &'static str, text: &str) -> Result<Self, RuleError> {
        let form: HeaderFile = read(file, text)?;
        let (mut fields, mut scopes) = (BTreeMap::new(), BTreeMap::new());
        for rule in form.scope {
            let expected = "scope";
            let scope = Scope::parse(&rule.scope).ok_or(RuleError::Word { file, word: rule.scope, expected })?;
            scopes.extend(rule.words.into_iter().map(|word| (word, scope)));
        }
        for rule in form.field {
            let field =
                Field::parse(&rule.field).ok_or(RuleError::Word { file, word: rule.field, expected: "field" })?;
            fields.extend(rule.titles.into_iter().map(|title| (title, field)));
        }
        Ok(Self { fields: Lookup::new(fields), scopes: Lookup::new(scopes) })
    }

    /// The meaning of a title as it is written.
    pub(crate) fn lookup(&self, title: &str) -> Option<(Scope, Field)> {
        if title.len() > 60 {
            return None;
        }
        let whole = with_folded(title, |folded| self.lookup_folded(folded));
        whole
            .or_else(|| {
                let (before, _) = title.split_once(['(', '['])?;
                with_folded(before, |folded| self.lookup_folded(folded))
            })
            .or_else(|| {
                // `AddressLine2`: a number at the end is a part's.
                title.bytes().any(|b| b.is_ascii_digit()).then_some(())?;
                with_folded(title, |folded| {
                    let bare = folded.trim_end_matches(|c: char| c.is_ascii_digit()).trim_end();
                    (bare.len() < folded.len() && bare.len() > 2).then(|| self.lookup_folded(bare)).flatten()
                })
            })
    }

    /// As [`Headers::lookup`], by listed words alone: in running text a label must be one.
    pub(crate) fn lookup_listed(&self, title: &str) -> Option<(Scope, Field)> {
        with_folded(title.split(['(', '[']).next().unwrap_or(title), |folded| self.listed(folded))
    }

    fn lookup_folded(&self, folded: &str) -> Option<(Scope, Field)> {
        self.listed(folded).or_else(|| by_a_word(folded).map(|field| (Scope::Subject, field)))
    }

    fn listed(&self, folded: &str) -> Option<(Scope, Field)> {
        if folded.is_empty() || folded.len() > 60 {
            return None;
        }
        if let Some(field) = self.fields.get(folded) {
            return Some((Scope::Subject, *field));
        }
        if let Some(scope) = self.scopes.get(folded) {
            return Some((*scope, Field::FullName));
        }
        self.scoped(folded)
    }

    /// The words of a scope before or after those of a field.
    fn scoped(&self, folded: &str) -> Option<(Scope, Field)> {
        let blanks = || folded.match_indices(' ').map(|(place, _)| place);
        // The longest words of a scope first: "parent carer" before "parent".
        for blank in blanks().rev() {
            let (Some(before), Some(after)) = (folded.get(..blank), folded.get(blank + 1..)) else { continue };
            if let (Some(scope), Some(field)) = (self.scopes.get(before), self.fields.get(after)) {
                return Some((*scope, *field));
            }
        }
        for blank in blanks() {
            let (Some(before), Some(after)) = (folded.get(..blank), folded.get(blank + 1..)) else { continue };
            if let (Some(field), Some(scope)) = (self.fields.get(before), self.scopes.get(after)) {
                return Some((*scope, *field));
            }
            // "patient nok name": the inner scope is meant.
            if self.scopes.get(before) == Some(&Scope::Subject)
                && let Some((scope, field)) = self.scoped(after)
            {
                return Some((scope, field));
            }
        }
        None
    }

    /// The scope that words name, for a heading above several columns.
    pub(crate) fn scope(&self, title: &str) -> Option<Scope> {
        let folded = fold_title(title);
        let folded = folded.strip_suffix(" details").unwrap_or(&folded);
        self.scopes.get(folded).copied()
    }
}

/// A title that no list has, by the one word that decides: `Echo Date`, `Baby DOB`.
fn by_a_word(folded: &str) -> Option<Field> {
    let has = |word: &str| folded.split(' ').any(|own| own == word);
    if folded.split(' ').nth(5).is_some() {
        return None;
    }
    match () {
        () if has("dob") || (has("birth") && has("date")) => Some(Field::DateOfBirth),
        () if has("dod") || (has("death") && has("date")) => Some(Field::DateOfDeath),
        () if has("nhs") && (has("number") || has("no")) => Some(Field::NhsNumber),
        () if has("postcode") => Some(Field::Postcode),
        () if has("email") && !has("sent") => Some(Field::Email),
        () if has("diagnosis") => Some(Field::Diagnosis),
        () if has("date") || has("dt") => Some(Field::RecordDate),
        () => None,
    }
}

/// Lower case, words of camelCase parted, all but letters and digits a blank, one blank between words.
pub(crate) fn fold_title(title: &str) -> String {
    with_folded(title, str::to_owned)
}

/// Bytes of a title up to which it is folded without a copy on the heap.
const SHORT: usize = 64;

/// As [`fold_title`], for what looks the folded title up.
fn with_folded<R>(title: &str, look_up: impl FnOnce(&str) -> R) -> R {
    let title = title.trim();
    if !title.is_ascii() || title.len() > SHORT {
        return look_up(&fold_any(title));
    }
    let bytes = title.as_bytes();
    let parts_case = !bytes.contains(&b' ');
    let mut out = [0; 2 * SHORT];
    let mut length = 0;
    let mut push = |byte: u8| {
        if let Some(slot) = out.get_mut(length) {
            *slot = byte;
            length += 1;
        }
    };
    let (mut before, mut blank) = (0_u8, true);
    for (at, byte) in bytes.iter().enumerate() {
        if byte.is_ascii_alphanumeric() {
            let starts_word = parts_case
                && byte.is_ascii_uppercase()
                && (before.is_ascii_lowercase()
                    || before.is_ascii_uppercase() && bytes.get(at + 1).is_some_and(u8::is_ascii_lowercase));
            if starts_word && !blank {
                push(b' ');
            }
            push(byte.to_ascii_lowercase());
            blank = false;
        } else if !blank {
            push(b' ');
            blank = true;
        }
        before = *byte;
    }
    let folded = out.get(..length).unwrap_or_default();
    look_up(std::str::from_utf8(folded).unwrap_or_default().trim_end())
}

fn fold_any(title: &str) -> String {
    let parts_case = !title.contains(' ');
    let mut out = String::with_capacity(title.len() + 4);
    let mut letters = title.chars().peekable();
    let mut before: Option<char> = None;
    while let Some(letter) = letters.next() {
        if letter.is_alphanumeric() {
            let starts_word = parts_case
                && letter.is_uppercase()
                && before.is_some_and(|b| {
                    b.is_lowercase() || (b.is_uppercase() && letters.peek().is_some_and(|n| n.is_lowercase()))
                });
            if starts_word && !out.ends_with(' ') {
                out.push(' ');
            }
            out.extend(letter.to_lowercase());
        } else if !out.is_empty() && !out.ends_with(' ') {
            out.push(' ');
        }
        before = Some(letter);
    }
    out.truncate(out.trim_end().len());
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_does_what_its_examples_say() {
        let headers = Headers::shipped().unwrap();
        let form: HeaderFile = toml::from_str(HEADERS).unwrap();
        let mut faults = Vec::new();
        for rule in &form.field {
            assert!(!rule.reason.is_empty() && !rule.examples.is_empty() && !rule.counter_examples.is_empty());
            let field = Field::parse(&rule.field);
            for example in &rule.examples {
                if headers.lookup(example).map(|(_, f)| f) != field {
                    faults.push(format!("{}: {example} gives {:?}", rule.field, headers.lookup(example)));
                }
            }
            for example in &rule.counter_examples {
                if headers.lookup(example).map(|(_, f)| f) == field {
                    faults.push(format!("{}: {example} must not be it", rule.field));
                }
            }
        }
        for rule in &form.scope {
            let scope = Scope::parse(&rule.scope);
            assert!(!rule.reason.is_empty() && !rule.examples.is_empty());
            for example in &rule.examples {
                if headers.lookup(example).map(|(s, _)| s) != scope {
                    faults.push(format!("{}: {example} gives {:?}", rule.scope, headers.lookup(example)));
                }
            }
            for example in &rule.counter_examples {
                let found = headers.lookup(example);
                if found.is_some_and(|(_, field)| field.is_personal()) && found.map(|(s, _)| s) == scope {
                    faults.push(format!("{}: {example} must not be of it", rule.scope));
                }
            }
        }
        assert!(faults.is_empty(), "{faults:#?}");
    }

    proptest::proptest! {
        #[test]
        fn a_title_folds_alike_on_the_stack_and_on_the_heap(title in "[ A-Za-z0-9_.()'-]{0,70}") {
            proptest::prop_assert_eq!(fold_title(&title), fold_any(title.trim()));
        }
    }

    #[test]
    fn no_title_stands_in_two_rules() {
        let form: HeaderFile = toml::from_str(HEADERS).unwrap();
        let mut seen = BTreeMap::new();
        let mut twice = Vec::new();
        for rule in &form.field {
            for title in &rule.titles {
                if fold_title(title) != *title {
                    twice.push(format!("{title} is not folded"));
                }
                if let Some(other) = seen.insert(title.clone(), rule.field.clone()) {
                    twice.push(format!("{title}: {other} and {}", rule.field));
                }
            }
        }
        assert!(twice.is_empty(), "{twice:#?}");
    }

    #[test]
    fn titles_fold() {
        for (title, want) in [
            ("NHSNumber", "nhs number"),
            ("DateOfBirth", "date of birth"),
            ("D.O.B.", "d o b"),
            ("Patient_Surname", "patient surname"),
            ("Mother\u{2019}s Name", "mother s name"),
            ("NHS No.", "nhs no"),
            ("dob", "dob"),
        ] {
            assert_eq!(fold_title(title), want);
        }
    }
}
