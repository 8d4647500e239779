//! How right an answer is: the exports of a case held against its truth.
//!
//! **Joining.** An exported mention is joined with a true one in the same document. `truth/items.csv` tells which paths are second
//! copies; either side of a copy stands for the same document. Only exhibits `LEAK/n` are asked: the truth is of the leak.
//!
//! - *A row of a table* (the exported mention has a row, and the truth knows the document by rows): the candidates are the true mentions of that document, sheet and row.
//!   A lone candidate is joined; of several (patient, next of kin, consultant) the one that agrees best, or none where nothing
//!   agrees.
//! - *A text* (anything else): the candidates are all true mentions of that document, and the one that agrees best is joined. Where
//!   the exported mention holds no field to compare, it is joined with the document's only counting person, if there is one only.
//!
//! Agreement adds 8 for an equal NHS number, 4 for an equal date of birth, 3 for an equal family name (folded: case, accents,
//! blanks and hyphens set aside; the same words parted elsewhere between given and family name are equal) or 2 for one that is one letter off, 1 for an equal given name or initial; it takes 6 for another
//! NHS number, 2 for another date of birth and 2 for another family name. It must be above 0. Ties go to the equal role, then to
//! a counting person, then to the order of the truth. Several exported mentions may join one true mention. An exported mention
//! that joins nobody is *false*, unless it holds a bare name only: such names are a line of their own and cost nothing.
//!
//! **Pairs and B-cubed** are over the exported mentions that joined a counting person and the false ones; each false one is a
//! person of its own. A mention without subject is a cluster of its own. Precision is the share of pairs put together that belong
//! together; recall the share of pairs belonging together that were put together. B-cubed is the same per mention, averaged.
//! What was never found lowers neither: [`Score::mention_recall`] and [`Score::people_recall`] tell that.
//!
//! **People.** A true person's subject is the one in `subjects.csv` that holds most of the person's joined mentions (ties: the
//! lesser id). A subject stands for the person of whom it holds most.

mod join;
mod reliability;
#[cfg(test)]
mod tests;
mod values;

use crate::CorpusError;
use join::{Exported, TrueMention};
pub use reliability::{Bin, Reliability};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
pub use values::{ElementScore, Values};

/// How right an answer is. Shares are from 0 to 1, and 1 where there was nothing to get wrong.
#[derive(Clone, Debug, PartialEq)]
pub struct Score {
    /// People of the truth who count.
    pub people_truth: u64,
    /// Rows of the exported subjects.
    pub people_found: u64,
    /// (found - truth) / truth.
    pub count_error: f64,
    /// Share of true people who have a subject among the exported.
    pub people_recall: f64,
    /// Counting people of the truth without a subject, by the truth's name of them.
    pub missed: Vec<String>,
    /// True people whose mentions lie in more than one exported subject.
    pub split: u64,
    /// Exported subjects that hold mentions of more than one true person who counts.
    pub merged: u64,
    /// Share of true mentions of counting people that an exported mention joined.
    pub mention_recall: f64,
    /// Share of exported mentions, bare names aside, that joined somebody.
    pub mention_precision: f64,
    /// Exported mentions that joined nobody, bare names aside.
    pub false_mentions: u64,
    /// Share of pairs put together that belong together.
    pub pair_precision: f64,
    /// Share of pairs that belong together and were put together.
    pub pair_recall: f64,
    /// The same per mention.
    pub bcubed_precision: f64,
    /// The same per mention.
    pub bcubed_recall: f64,
    /// Share of true people with a subject whose controllers are exactly the true ones.
    pub controller_right: f64,
    /// Exported subjects that name a controller none of whose files hold the person.
    pub controller_wrongly_told: u64,
    /// Share of true people with a subject, and of known age, who are rightly child or adult.
    pub child_right: f64,
    /// Share of true people with a subject whose role is the true one.
    pub role_right: f64,
    /// Exported mentions that hold a bare name, and those of them that are somebody's of the document.
    pub bare_names: (u64, u64),
    /// Exported subjects with no true person behind them.
    pub decoys_counted: u64,
    /// Their ids.
    pub decoys: Vec<String>,
    /// Exported subjects behind whom only people stand who are named and no more.
    pub named_only_counted: u64,
    /// By document category of the truth: true mentions, and those of them that were joined.
    pub by_category: BTreeMap<String, (u64, u64)>,
    /// Share of the joined mentions of counting people whose role is the true one.
    pub mention_role_right: f64,
    /// Share of the items read whose category is the true one.
    pub item_category_right: f64,
    /// Value by value.
    pub values: Values,
}

impl std::fmt::Display for Score {
    /// A line a figure, shares in per cent.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let percent = |share: f64| format!("{:.2} %", share * 100.0);
        writeln!(
            f,
            "people       {} true, {} found ({:+.2} %)",
            self.people_truth,
            self.people_found,
            self.count_error * 100.0
        )?;
        writeln!(f, "             {} have a subject; {} missed", percent(self.people_recall), self.missed.len())?;
        writeln!(f, "             {} split, {} merged", self.split, self.merged)?;
        writeln!(
            f,
            "             {} decoys counted, {} bare names counted",
            self.decoys_counted, self.named_only_counted
        )?;
        writeln!(
            f,
            "mentions     recall {}, precision {}",
            percent(self.mention_recall),
            percent(self.mention_precision)
        )?;
        writeln!(f, "pairs        precision {}, recall {}", percent(self.pair_precision), percent(self.pair_recall))?;
        writeln!(
            f,
            "b-cubed      precision {}, recall {}",
            percent(self.bcubed_precision),
            percent(self.bcubed_recall)
        )?;
        writeln!(
            f,
            "controllers  {} right; {} told wrongly",
            percent(self.controller_right),
            self.controller_wrongly_told
        )?;
        writeln!(f, "child        {} right", percent(self.child_right))?;
        writeln!(f, "role         {} right", percent(self.role_right))?;
        for (category, (all, found)) in &self.by_category {
            writeln!(f, "  {category}: {found} of {all} mentions")?;
        }
        Ok(())
    }
}

/// A person of the truth.
#[derive(Default)]
struct TruePerson {
    counts: bool,
    role: String,
    controllers: BTreeSet<String>,
    child: String,
}

/// An exported subject.
struct Subject {
    role: String,
    controllers: BTreeSet<String>,
    child: String,
}

/// The exports of a case, made with `--reveal`.
#[derive(Clone, Copy, Debug)]
pub struct Exports<'a> {
    /// `assay export subjects`.
    pub subjects: &'a Path,
    /// `assay export mentions`.
    pub mentions: &'a Path,
    /// `assay export items`.
    pub items: &'a Path,
}

/// Holds the exports of a case against the truth of a case.
///
/// # Errors
/// Where a file cannot be read or lacks a column.
pub fn score(truth_dir: &Path, exports: Exports<'_>) -> Result<Score, CorpusError> {
    let people = people(&truth_dir.join("people.csv"))?;
    let items = table(&truth_dir.join("items.csv"), &["path", "category", "same_as"])?;
    let mut copies: BTreeMap<String, String> = BTreeMap::new();
    let mut categories: BTreeMap<String, String> = BTreeMap::new();
    for [path, category, same_as] in items.into_iter().filter_map(|row| <[String; 3]>::try_from(row).ok()) {
        if !same_as.is_empty() {
            copies.insert(path.clone(), same_as);
        }
        categories.insert(path, category);
    }
    let truth = join::true_mentions(&truth_dir.join("mentions.csv"))?;
    let exported = join::exported(exports.mentions, &copies)?;
    let subjects = subjects(exports.subjects)?;
    let joined = join::join(&truth, &exported);
    let mut score = Tally { people: &people, truth: &truth, exported: &exported, subjects: &subjects, joined: &joined }
        .score(&categories);
    score.values = values::score(truth_dir, &truth, &exported, &joined)?;
    score.item_category_right = items_right(exports.items, &categories)?;
    Ok(score)
}

struct Tally<'a> {
    people: &'a BTreeMap<String, TruePerson>,
    truth: &'a [TrueMention],
    exported: &'a [Exported],
    subjects: &'a BTreeMap<String, Subject>,
    /// Of each exported mention, the place of the true one.
    joined: &'a [Option<usize>],
}

impl<'a> Tally<'a> {
    fn counts(&self, person: &str) -> bool {
        self.people.get(person).is_some_and(|person| person.counts)
    }

    fn score(&self, categories: &BTreeMap<String, String>) -> Score {
        let person_of =
            |n: usize| self.joined[n].and_then(|at| self.truth.get(at)).map(|mention| mention.person.as_str());
        // How many mentions of whom each exported subject holds.
        let mut held: BTreeMap<&str, BTreeMap<&str, u64>> = BTreeMap::new();
        let mut false_mentions = 0;
        let mut labelled: Vec<(String, String)> = Vec::new();
        let mut joined_or_false = 0u64;
        let mut bare = (0, 0);
        for (n, mention) in self.exported.iter().enumerate() {
            let person = person_of(n);
            bare.0 += u64::from(mention.bare_name);
            bare.1 += u64::from(mention.bare_name && person.is_some());
            joined_or_false += u64::from(person.is_some() || !mention.bare_name);
            false_mentions += u64::from(person.is_none() && !mention.bare_name);
            if let (Some(person), true) = (person, self.subjects.contains_key(&mention.subject)) {
                *held.entry(&mention.subject).or_default().entry(person).or_default() += 1;
            }
            let cluster = if mention.subject.is_empty() { format!("mention {n}") } else { mention.subject.clone() };
            match person {
                Some(person) if self.counts(person) => labelled.push((cluster, person.to_owned())),
                None if !mention.bare_name => labelled.push((cluster, format!("nobody {n}"))),
                _ => {}
            }
        }
        let found: BTreeSet<usize> = self.joined.iter().flatten().copied().collect();
        let mut by_category: BTreeMap<String, (u64, u64)> = BTreeMap::new();
        for (at, mention) in self.truth.iter().enumerate().filter(|(_, mention)| mention.counts) {
            let category = categories.get(&mention.document).cloned().unwrap_or_default();
            let entry = by_category.entry(category).or_default();
            entry.0 += 1;
            entry.1 += u64::from(found.contains(&at));
        }
        let (true_counting, true_found) = by_category.values().fold((0, 0), |sum, n| (sum.0 + n.0, sum.1 + n.1));
        let (pair_precision, pair_recall) = pairs(&labelled);
        let (bcubed_precision, bcubed_recall) = bcubed(&labelled);
        let decoys: Vec<String> = self.subjects.keys().filter(|id| !held.contains_key(id.as_str())).cloned().collect();
        let mut score = Score {
            people_truth: self.people.values().filter(|person| person.counts).count() as u64,
            people_found: self.subjects.len() as u64,
            count_error: 0.0,
            people_recall: 1.0,
            missed: Vec::new(),
            split: 0,
            merged: held.values().filter(|people| people.keys().filter(|p| self.counts(p)).count() > 1).count() as u64,
            mention_recall: share(true_found, true_counting),
            mention_precision: share(joined_or_false - false_mentions, joined_or_false),
            false_mentions,
            pair_precision,
            pair_recall,
            bcubed_precision,
            bcubed_recall,
            controller_right: 1.0,
            controller_wrongly_told: 0,
            child_right: 1.0,
            role_right: 1.0,
            bare_names: bare,
            decoys_counted: decoys.len() as u64,
            decoys,
            named_only_counted: held.values().filter(|people| !people.keys().any(|p| self.counts(p))).count() as u64,
            by_category,
            mention_role_right: self.mention_roles(),
            item_category_right: 1.0,
            values: Values::default(),
        };
        self.people_of(&held, &mut score);
        score
    }

    fn mention_roles(&self) -> f64 {
        let joined = self.exported.iter().zip(self.joined).filter_map(|(mention, at)| {
            let truth = self.truth.get((*at)?)?;
            (truth.counts && !mention.bare_name).then(|| u64::from(truth.role == mention.role))
        });
        let (right, all) = joined.fold((0, 0), |(right, all), one| (right + one, all + 1));
        share(right, all)
    }

    /// What is judged person by person.
    fn people_of(&self, held: &BTreeMap<&'a str, BTreeMap<&'a str, u64>>, score: &mut Score) {
        let mut holders: BTreeMap<&str, Vec<(u64, &str)>> = BTreeMap::new();
        for (subject, people) in held {
            for (person, n) in people {
                holders.entry(person).or_default().push((*n, subject));
            }
        }
        let (mut matched, mut controllers, mut aged, mut ages, mut roles) = (0, 0, 0, 0, 0);
        for (name, person) in self.people.iter().filter(|(_, person)| person.counts) {
            let held_by = holders.get(name.as_str()).map_or(&[][..], Vec::as_slice);
            let best = held_by.iter().max_by_key(|(n, subject)| (*n, std::cmp::Reverse(*subject)));
            let Some(subject) = best.and_then(|(_, id)| self.subjects.get(*id)) else {
                score.missed.push(name.clone());
                continue;
            };
            matched += 1;
            score.split += u64::from(held_by.len() > 1);
            controllers += u64::from(subject.controllers == person.controllers);
            score.controller_wrongly_told += u64::from(!subject.controllers.is_subset(&person.controllers));
            roles += u64::from(subject.role == person.role);
            if person.child != "unknown" {
                aged += 1;
                ages += u64::from(subject.child == person.child);
            }
        }
        score.count_error = if score.people_truth == 0 {
            score.people_found as f64
        } else {
            score.people_found as f64 / score.people_truth as f64 - 1.0
        };
        score.people_recall = share(matched, score.people_truth);
        score.controller_right = share(controllers, matched);
        score.child_right = share(ages, aged);
        score.role_right = share(roles, matched);
    }
}

fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 { 1.0 } else { part as f64 / whole as f64 }
}

/// How many of a cluster are of one label, and the sizes of both.
struct Overlaps {
    cells: BTreeMap<(String, String), u64>,
    clusters: BTreeMap<String, u64>,
    labels: BTreeMap<String, u64>,
}

impl Overlaps {
    fn new(labelled: &[(String, String)]) -> Self {
        let (mut cells, mut clusters, mut labels) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        for (cluster, label) in labelled {
            *cells.entry((cluster.clone(), label.clone())).or_default() += 1;
            *clusters.entry(cluster.clone()).or_default() += 1;
            *labels.entry(label.clone()).or_default() += 1;
        }
        Self { cells, clusters, labels }
    }
}

fn pairs(labelled: &[(String, String)]) -> (f64, f64) {
    let overlaps = Overlaps::new(labelled);
    let of = |n: &u64| n * (n - 1) / 2;
    let both: u64 = overlaps.cells.values().map(of).sum();
    let together: u64 = overlaps.clusters.values().map(of).sum();
    let belonging: u64 = overlaps.labels.values().map(of).sum();
    (share(both, together), share(both, belonging))
}

fn bcubed(labelled: &[(String, String)]) -> (f64, f64) {
    if labelled.is_empty() {
        return (1.0, 1.0);
    }
    let overlaps = Overlaps::new(labelled);
    let (mut precision, mut recall) = (0.0, 0.0);
    for ((cluster, label), n) in &overlaps.cells {
        let n = *n as f64;
        let of = |sizes: &BTreeMap<String, u64>, key| sizes.get(key).copied().unwrap_or(1) as f64;
        precision += n * n / of(&overlaps.clusters, cluster);
        recall += n * n / of(&overlaps.labels, label);
    }
    (precision / labelled.len() as f64, recall / labelled.len() as f64)
}

/// Items of the leak that were read, whose category is the true one.
fn items_right(items: &Path, categories: &BTreeMap<String, String>) -> Result<f64, CorpusError> {
    let rows = table(items, &["exhibit", "path", "status", "category"])?;
    let (mut right, mut all) = (0, 0);
    for [exhibit, path, status, category] in rows.into_iter().filter_map(|row| <[String; 4]>::try_from(row).ok()) {
        let known = categories.get(&path).filter(|_| exhibit.starts_with("LEAK/") && status == "read");
        right += u64::from(known == Some(&category));
        all += u64::from(known.is_some());
    }
    Ok(share(right, all))
}

fn people(path: &Path) -> Result<BTreeMap<String, TruePerson>, CorpusError> {
    let rows = table(path, &["person", "role", "controllers", "child", "counts"])?;
    let rows = rows.into_iter().filter_map(|row| <[String; 5]>::try_from(row).ok());
    let person = |[name, role, controllers, child, counts]: [String; 5]| {
        (name, TruePerson { counts: counts == "true", role, controllers: set(&controllers), child })
    };
    Ok(rows.map(person).collect())
}

fn subjects(path: &Path) -> Result<BTreeMap<String, Subject>, CorpusError> {
    let rows = table(path, &["subject_id", "role", "controllers", "child"])?;
    let rows = rows.into_iter().filter_map(|row| <[String; 4]>::try_from(row).ok());
    Ok(rows
        .map(|[id, role, controllers, child]| (id, Subject { role, controllers: set(&controllers), child }))
        .collect())
}

fn set(joined: &str) -> BTreeSet<String> {
    joined.split(';').filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

/// The named columns of a CSV file.
fn table(path: &Path, columns: &[&str]) -> Result<Vec<Vec<String>>, CorpusError> {
    let at = |path: &Path| PathBuf::from(path);
    let bytes = std::fs::read(path).map_err(|source| CorpusError::File { path: at(path), source })?;
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(bytes.as_slice());
    let header = reader.headers()?.clone();
    let places: Vec<usize> = columns
        .iter()
        .map(|column| {
            let missing = || CorpusError::Column { path: at(path), column: (*column).to_owned() };
            header.iter().position(|title| title == *column).ok_or_else(missing)
        })
        .collect::<Result<_, _>>()?;
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record?;
        rows.push(places.iter().map(|place| undefused(record.get(*place).unwrap_or_default())).collect());
    }
    Ok(rows)
}

/// The cell without the quote that an export puts before what a spreadsheet would take for a formula.
fn undefused(cell: &str) -> String {
    match cell.strip_prefix('\'') {
        Some(bare) if bare.trim_start_matches('\'').starts_with(['=', '+', '-', '@', '\t', '\r']) => bare.to_owned(),
        _ => cell.to_owned(),
    }
}
