//! The body that names itself at the head of a paper (`rules/detect/bodies.toml`), where the case lists no controller of that name.

use assay_model::{Cell, Content, Passage};
use serde::Deserialize;

use super::hints::fold_words;
use super::rules::{RuleError, read};

const FILE: &str = "rules/detect/bodies.toml";
const RULES: &str = include_str!("../../../../rules/detect/bodies.toml");

/// Lines of a text in which a letterhead's name stands, and rows of a table in which its title does.
const LINES: usize = 4;
/// Letters of a name.
const LENGTH: std::ops::RangeInclusive<usize> = 6..=80;

#[derive(Debug)]
pub(super) struct Bodies {
    /// Folded, a blank at either end.
    endings: Vec<String>,
    never_first: Vec<String>,
    most_words: usize,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(not(test), expect(dead_code, reason = "a file without a reason, a source and examples does not load"))]
struct BodyFile {
    reason: String,
    source: String,
    most_words: usize,
    never_first: Vec<String>,
    body: Vec<BodyForm>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(not(test), expect(dead_code, reason = "a rule without a kind and examples does not load"))]
struct BodyForm {
    kind: String,
    endings: Vec<String>,
    examples: Vec<String>,
    counter_examples: Vec<String>,
}

impl Bodies {
    pub(super) fn shipped() -> Result<Self, RuleError> {
        let file: BodyFile = read(FILE, RULES)?;
        Ok(Self {
            endings: file.body.into_iter().flat_map(|form| form.endings).map(|ending| format!(" {ending} ")).collect(),
            never_first: file.never_first.iter().map(|word| format!(" {word} ")).collect(),
            most_words: file.most_words,
        })
    }

    /// The first body named at the head of the item, as written.
    pub(super) fn at_the_head(&self, passages: &[Passage]) -> Option<String> {
        passages.iter().filter(|passage| !passage.hidden).take(LINES).find_map(|passage| match &passage.content {
            Content::Text { text, .. } => {
                text.lines().filter(|line| !line.trim().is_empty()).take(LINES).find_map(|line| self.name(line))
            }
            Content::Table(table) if !table.continued => {
                // A title stands alone in its row.
                let alone = table.rows.iter().take(LINES).filter_map(|row| {
                    let mut cells = row.iter().filter(|cell| !matches!(cell, Cell::Empty));
                    match (cells.next(), cells.next()) {
                        (Some(Cell::Text(text)), None) => Some(text),
                        _ => None,
                    }
                });
                alone.into_iter().find_map(|title| self.name(title))
            }
            Content::Table(_) => None,
        })
    }

    /// The line, if it is a body's name and nothing else.
    fn name(&self, line: &str) -> Option<String> {
        let line = line.split_whitespace().collect::<Vec<_>>().join(" ");
        let line = line.trim_end_matches(['.', ',']);
        let plain =
            |c: char| c.is_alphabetic() || matches!(c, ' ' | '\'' | '\u{2019}' | '&' | '-' | '.' | '(' | ')' | ',');
        if !LENGTH.contains(&line.chars().count())
            || !line.chars().all(plain)
            || !line.chars().next().is_some_and(char::is_uppercase)
        {
            return None;
        }
        let words: Vec<&str> = line.split(' ').collect();
        // A name is written in capitals, but for what joins its words.
        let small = |word: &&&str| word.chars().next().is_some_and(char::is_lowercase);
        if words.len() > self.most_words || words.iter().filter(small).any(|word| !JOINS.contains(word)) {
            return None;
        }
        let folded = fold_words(line);
        let named = |ending: &String| folded.len() > ending.len() + 2 && folded.ends_with(ending.as_str());
        let never = self.never_first.iter().any(|word| folded.starts_with(word.as_str()));
        (!never && self.endings.iter().any(named)).then(|| line.to_owned())
    }
}

/// Small words inside of names.
const JOINS: [&str; 8] = ["and", "of", "for", "the", "in", "on", "by", "at"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_does_what_its_examples_say() {
        let file: BodyFile = toml::from_str(RULES).unwrap();
        let bodies = Bodies::shipped().unwrap();
        assert!(!file.reason.is_empty() && !file.source.is_empty());
        for form in &file.body {
            assert!(!form.kind.is_empty() && !form.examples.is_empty() && !form.counter_examples.is_empty());
            for example in &form.examples {
                assert!(bodies.name(example).is_some(), "{example}");
            }
            for example in &form.counter_examples {
                assert_eq!(bodies.name(example), None, "{example}");
            }
        }
    }
}
