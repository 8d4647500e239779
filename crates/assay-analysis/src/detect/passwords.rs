//! Passwords that stand in an item, by the words that name them: candidates for opening what is encrypted in the same exhibit.
//!
//! What is found is taken as it stands. Nothing is guessed, altered or put together; only where a sentence's own full stop
//! may or may not belong to it are both readings kept. Whether any of it may be used, and on what, is decided elsewhere.

use std::collections::BTreeSet;

use aho_corasick::{AhoCorasick, AhoCorasickBuilder};
use assay_model::{Cell, Content, FoundPassword, Locator, Passage, PasswordBasis, Place, Sensitive};
use serde::Deserialize;

use super::field::Field;
use super::rules::{RuleError, read};
use super::{Detector, ItemContext};

const FILE: &str = "rules/detect/passwords.toml";
const RULES: &str = include_str!("../../../../rules/detect/passwords.toml");

/// Passwords taken of one item, at most.
const MOST: usize = 64;
/// Bytes of one, at least and at most.
const LENGTH: std::ops::RangeInclusive<usize> = 3..=128;
/// Bytes between a label and what says that the value follows: `for the attached spreadsheet`.
const BETWEEN: usize = 60;
/// Words of a passphrase that is not in quotation marks.
const PHRASE: usize = 8;
/// Rows in which a table's header is looked for.
const HEADER: u32 = 12;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(not(test), expect(dead_code, reason = "rules without a reason and examples do not load"))]
struct Form {
    labels: Vec<String>,
    of_file: Vec<String>,
    never: BTreeSet<String>,
    reason: String,
    source: String,
    example: Vec<Example>,
    counter_example: Vec<Text>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(not(test), expect(dead_code, reason = "read by the test that runs them"))]
struct Example {
    text: String,
    gives: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(not(test), expect(dead_code, reason = "read by the test that runs them"))]
struct Text {
    text: String,
}

/// The rules, compiled.
#[derive(Debug)]
pub(crate) struct Words {
    /// How labels begin.
    starts: AhoCorasick,
    labels: Vec<String>,
    of_file: Vec<String>,
    never: BTreeSet<String>,
}

impl Words {
    pub(crate) fn shipped() -> Result<Self, RuleError> {
        let form: Form = read(FILE, RULES)?;
        let starts = AhoCorasickBuilder::new()
            .ascii_case_insensitive(true)
            .build(["pass", "pw"])
            .map_err(|error| RuleError::Matcher { file: FILE, reason: error.to_string() })?;
        let mut labels = form.labels;
        // The longest that fits is meant.
        labels.sort_by_key(|label| std::cmp::Reverse(label.len()));
        Ok(Self { starts, labels, of_file: form.of_file, never: form.never })
    }

    /// The label that begins at `at`, as a word of its own: where it ends.
    fn label(&self, text: &str, at: usize) -> Option<usize> {
        let before = text.get(..at)?.chars().next_back();
        if before.is_some_and(|c| c.is_alphanumeric() || c == '-' || c == '_') {
            return None;
        }
        let rest = text.get(at..)?;
        self.labels.iter().find_map(|label| {
            let found = rest.get(..label.len())?;
            let after = rest.get(label.len()..)?;
            let after_plural = after.strip_prefix(['s', 'S']).unwrap_or(after);
            let ends = |after: &str| !after.starts_with(|c: char| c.is_alphanumeric() || c == '-' || c == '_');
            let end = if ends(after) { after } else { after_plural };
            (found.eq_ignore_ascii_case(label) && ends(end)).then_some(text.len() - end.len())
        })
    }

    /// The passwords that a text names, with the byte where each label stands.
    fn of_text<'t>(&self, text: &'t str) -> Vec<(usize, PasswordBasis, &'t str)> {
        let mut found = Vec::new();
        let mut past = 0;
        for hit in self.starts.find_iter(text) {
            if found.len() >= MOST {
                break;
            }
            let Some(end) = self.label(text, hit.start()).filter(|_| hit.start() >= past) else { continue };
            past = end;
            let start = text.get(..hit.start()).and_then(|before| before.rfind('\n')).map_or(0, |at| at + 1);
            let before = text.get(start..hit.start()).unwrap_or("");
            let rest = text.get(end..).unwrap_or("");
            let line_end = rest.find('\n').unwrap_or(rest.len());
            let (line, below) = rest.split_at_checked(line_end).unwrap_or((rest, ""));
            let below = below.trim_start_matches(['\n', '\r']).lines().next().unwrap_or("");
            let line_of = text.get(start..end + line_end).unwrap_or("").to_lowercase();
            let is_word = |word: &str| line_of.split(|c: char| !c.is_alphanumeric() && c != '-').any(|w| w == word);
            let basis = match self.of_file.iter().any(|word| is_word(word)) {
                true => PasswordBasis::OfFile,
                false => PasswordBasis::Label,
            };
            found.extend(self.values(before, line, below).into_iter().map(|value| (hit.start(), basis, value)));
        }
        found
    }

    /// What the rest of a label's line, or the line below it, gives.
    fn values<'t>(&self, before: &str, line: &'t str, below: &'t str) -> Vec<&'t str> {
        let rest = line.trim_start();
        if let Some(quoted) = quoted(rest) {
            return self.fit([quoted]);
        }
        let Some((value, is_label)) = follows(line) else {
            let last = before.split_whitespace().next_back().unwrap_or("").to_lowercase();
            let word = rest.split_whitespace().next().unwrap_or("");
            let telling = ["with", "using"].contains(&last.as_str()) && word.bytes().any(|b| b.is_ascii_digit());
            return if telling { self.fit(readings(word)) } else { Vec::new() };
        };
        let value = value.trim();
        let value = if value.is_empty() { below.trim() } else { value };
        if let Some(quoted) = quoted(value) {
            return self.fit([quoted]);
        }
        let words: Vec<&str> = value.split_whitespace().collect();
        let Some(first) = words.first() else { return Vec::new() };
        if self.never.contains(&first.trim_end_matches(TRAILING).to_lowercase()) {
            return Vec::new();
        }
        let mut all = self.fit(readings(first));
        if is_label && (2..=PHRASE).contains(&words.len()) {
            all.extend(self.fit([value]));
        }
        all
    }

    /// Those that can be passwords, each once.
    fn fit<'t>(&self, values: impl IntoIterator<Item = &'t str>) -> Vec<&'t str> {
        let mut fit: Vec<&str> = Vec::new();
        for value in values {
            // A row of stars or crosses hides one.
            let mut letters = value.chars();
            let first = letters.next();
            let hidden = letters.all(|c| Some(c) == first);
            let known = self.never.contains(&value.to_lowercase()) || fit.contains(&value);
            if LENGTH.contains(&value.len()) && !hidden && !known {
                fit.push(value);
            }
        }
        fit
    }
}

/// What may end a sentence after a password.
const TRAILING: [char; 6] = ['.', ',', ';', ':', ')', '?'];

/// A word, without the end of its sentence and with it.
fn readings(word: &str) -> [&str; 2] {
    [word.trim_end_matches(TRAILING), word]
}

/// A text in quotation marks at the beginning.
fn quoted(text: &str) -> Option<&str> {
    const MARKS: [(char, char); 6] = [
        ('"', '"'),
        ('\'', '\''),
        ('`', '`'),
        ('\u{201c}', '\u{201d}'),
        ('\u{2018}', '\u{2019}'),
        ('\u{ab}', '\u{bb}'),
    ];
    let open = text.chars().next()?;
    let close = MARKS.into_iter().find(|(mark, _)| *mark == open)?.1;
    let inner = text.get(open.len_utf8()..)?;
    inner.get(..inner.find(close)?)
}

/// What follows the sign or word that says that a value follows; true where it is a label's sign.
fn follows(line: &str) -> Option<(&str, bool)> {
    let near = line.char_indices().map(|(at, _)| at).take_while(|at| *at <= BETWEEN).last().unwrap_or(0);
    let near = line.get(..near).unwrap_or("");
    let sign = line.char_indices().take_while(|(at, _)| *at <= BETWEEN).find(|(_, c)| matches!(c, ':' | '='));
    let word = [" is ", " is:", " was "].iter().filter_map(|word| Some((near.find(word)?, word.len()))).min();
    let stop = near.find(['.', ';', '?', '!']).unwrap_or(usize::MAX);
    let trimmed = line.trim_start();
    if let Some(value) = ["- ", "\u{2013} ", "-> ", "\u{2192} "].iter().find_map(|dash| trimmed.strip_prefix(dash)) {
        return Some((value, true));
    }
    match (sign, word) {
        (Some((at, _)), Some((is, _))) if at < is && at < stop => Some((line.get(at + 1..)?, true)),
        (_, Some((is, length))) if is < stop => Some((line.get(is + length..)?, false)),
        (Some((at, _)), _) if at < stop => Some((line.get(at + 1..)?, true)),
        _ => None,
    }
}

impl Detector {
    /// Begins to look for passwords in an item whose passages come in stretches.
    pub fn search_passwords<'a>(&'a self, item: ItemContext<'a>) -> PasswordSearch<'a> {
        PasswordSearch { detector: self, item, column: None, seen: BTreeSet::new(), all: Vec::new() }
    }

    fn is_password_title(&self, cell: &str) -> bool {
        cell.len() <= 40
            && self.passwords.starts.is_match(cell)
            && self.headers.lookup(cell).is_some_and(|(_, field)| field == Field::Password)
    }
}

/// An item that is looked through for passwords.
pub struct PasswordSearch<'a> {
    detector: &'a Detector,
    item: ItemContext<'a>,
    /// The column headed so of the table under way.
    column: Option<usize>,
    seen: BTreeSet<String>,
    all: Vec<FoundPassword>,
}

impl PasswordSearch<'_> {
    /// Looks through a stretch.
    pub fn read(&mut self, passages: &[Passage]) {
        for passage in passages {
            match &passage.content {
                _ if self.all.len() >= MOST => return,
                Content::Text { first_line, text } => {
                    for (at, basis, value) in self.detector.passwords.of_text(text) {
                        let before = text.get(..at).unwrap_or("").bytes().filter(|b| *b == b'\n').count();
                        let line = first_line.saturating_add(u32::try_from(before).unwrap_or(u32::MAX));
                        self.add(Place::Line { part: passage.part.clone(), first: line, last: line }, basis, value);
                    }
                }
                Content::Table(table) => {
                    if !table.continued {
                        self.column = None;
                    }
                    for (n, cells) in (0_u32..).zip(&table.rows) {
                        self.row(&passage.part, table.first_row.saturating_add(n), n < HEADER, cells);
                        if self.all.len() >= MOST {
                            break;
                        }
                    }
                }
            }
        }
    }

    /// What was found, in the order of the passages, each once. These are no findings about a person.
    pub fn found(mut self) -> Vec<FoundPassword> {
        self.all.truncate(MOST);
        self.all
    }

    fn row(&mut self, sheet: &str, row: u32, in_header: bool, cells: &[Cell]) {
        let words = &self.detector.passwords;
        for (n, cell) in (0_u32..).zip(cells) {
            let place = || Place::Cell { sheet: sheet.to_owned(), row, column: n.saturating_add(1) };
            if self.column == Some(n as usize) && !cell.is_blank() {
                let text = cell.text();
                words.fit([text.trim()]).into_iter().for_each(|v| self.add(place(), PasswordBasis::Column, v));
            }
            let Cell::Text(text) = cell else { continue };
            if in_header && self.column.is_none() && self.detector.is_password_title(text) {
                self.column = Some(n as usize);
                // A form of two columns has the value beside its title.
                if let Some(beside) = cells.get(n as usize + 1).filter(|_| cells.len() == 2) {
                    let text = beside.text();
                    words.fit([text.trim()]).into_iter().for_each(|v| self.add(place(), PasswordBasis::Column, v));
                }
                continue;
            }
            for (_, basis, value) in words.of_text(text) {
                self.add(place(), basis, value);
            }
        }
    }

    fn add(&mut self, place: Place, basis: PasswordBasis, value: &str) {
        if self.seen.insert(value.to_owned()) {
            let locator = Locator { exhibit: self.item.exhibit.clone(), path: self.item.path.clone(), place };
            self.all.push(FoundPassword { locator, basis, value: Sensitive::new(value.to_owned()) });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use assay_model::{ExhibitId, ExhibitKind, ItemPath, Recovery, ScanSettings, Table};

    fn found(content: Content) -> Vec<(PasswordBasis, String, Place)> {
        let detector = Detector::new(&ScanSettings::default()).unwrap();
        let (exhibit, path) = (ExhibitId::new("LEAK/1"), ItemPath::of_file("a"));
        let item = ItemContext { exhibit: &exhibit, kind: ExhibitKind::Leak, path: &path };
        let passage = Passage { part: "body".into(), hidden: false, recovery: Recovery::Stored, content };
        let mut search = detector.search_passwords(item);
        search.read(&[passage]);
        search.found().into_iter().map(|f| (f.basis, f.value.into_revealed(), f.locator.place)).collect()
    }

    fn in_text(text: &str) -> Vec<String> {
        found(Content::Text { first_line: 1, text: text.into() }).into_iter().map(|(_, value, _)| value).collect()
    }

    #[test]
    fn every_rule_does_what_its_examples_say() {
        let form: Form = read(FILE, RULES).unwrap();
        assert!(!form.reason.is_empty() && !form.source.is_empty());
        for example in form.example {
            assert_eq!(in_text(&example.text), example.gives, "{}", example.text);
        }
        for Text { text } in form.counter_example {
            assert_eq!(in_text(&text), Vec::<String>::new(), "{text}");
        }
    }

    #[test]
    fn a_password_has_its_line_and_what_speaks_of_a_file_is_told() {
        let text = "Dear all,\n\nsee the archive. The zip password is Heron7\nPassword: Wren41\n";
        let found = found(Content::Text { first_line: 5, text: text.into() });
        let line = |n| Place::Line { part: "body".into(), first: n, last: n };
        assert_eq!(
            found,
            [(PasswordBasis::OfFile, "Heron7".into(), line(7)), (PasswordBasis::Label, "Wren41".into(), line(8))]
        );
    }

    #[test]
    fn a_column_headed_so_gives_its_cells() {
        let row = |cells: &[&str]| cells.iter().map(|cell| Cell::Text((*cell).into())).collect();
        let rows =
            vec![row(&["System", "User", "Password"]), row(&["pas01", "svc", "Plover 3"]), row(&["lab", "x", ""])];
        let found = found(Content::Table(Table { first_row: 1, continued: false, rows }));
        let place = Place::Cell { sheet: "body".into(), row: 2, column: 3 };
        assert_eq!(found, [(PasswordBasis::Column, "Plover 3".into(), place)]);
    }

    #[test]
    fn hostile_lines_are_bounded_and_never_panic() {
        let many: String = (0..500).map(|n| format!("password: Knot{n}\n")).collect();
        assert_eq!(in_text(&many).len(), MOST);
        let odd = [
            "password",
            "password:",
            "pw\u{301}: \u{1f600}\u{1f600}\u{1f600}",
            "password is",
            "pass:\n\n\n",
            "\u{e9}password=\u{e9}\u{e9}",
        ];
        odd.iter().for_each(|text| drop(in_text(text)));
        let wide = format!("password {}: x", "\u{e9}".repeat(200));
        assert_eq!(in_text(&wide), Vec::<String>::new());
    }
}
