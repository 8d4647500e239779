//! `assay resolve`: any table of people, grouped into people; with a register, set against it.
//!
//! No case is needed and none is touched. What the columns mean is told by their headers where these are plain, and by `--map`.

use crate::outcome::{Outcome, Print, say};
use anyhow::{Context, anyhow, bail};
use assay_analysis::resolve::link::{Column, Linked, Of, People, Score, score};
use assay_case::store::write_export;
use assay_evidence::rows::batches;
use assay_model::Cell;
use serde_json::json;
use std::collections::{BTreeSet, HashMap};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::mpsc::sync_channel;

/// What to resolve.
#[derive(clap::Args)]
pub(crate) struct Tables {
    /// A table of mentions of people: CSV, Parquet, or whatever else extraction reads as a table; the first row is the header.
    #[arg(long)]
    mentions: PathBuf,
    /// A table of people who are known, each to one person.
    #[arg(long)]
    register: Option<PathBuf>,
    /// What a column holds, where its header does not say: `full_name=name`. Of both tables.
    #[arg(long, value_name = "HEADER=MEANING", value_parser = mapping)]
    map: Vec<(String, Column)>,
    /// Write a CSV of row, person and register row, sorted by row; never over another.
    #[arg(long)]
    to: Option<PathBuf>,
    /// What the draws of the interval come from.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Leave the interval out.
    #[arg(long)]
    no_interval: bool,
}

fn mapping(text: &str) -> Result<(String, Column), String> {
    let words = || Column::WORDS.map(|(word, _)| word).join(", ");
    let (header, word) = text.rsplit_once('=').ok_or_else(|| format!("{text} is not HEADER=MEANING"))?;
    let column = Column::parse(word).ok_or_else(|| format!("{word} is no meaning; they are {}", words()))?;
    Ok((header.to_owned(), column))
}

/// Groups the rows of a table into people.
pub(crate) fn resolve(tables: &Tables, print: Print) -> anyhow::Result<Outcome> {
    let mut people = People::default();
    let mut truth = Truth::default();
    let mut used = BTreeSet::new();
    read(&tables.mentions, &tables.map, &mut used, &mut |columns, rows| {
        truth.put(columns, rows);
        people.add(Of::Mentions, columns, rows);
    })?;
    if let Some(register) = &tables.register {
        read(register, &tables.map, &mut used, &mut |columns, rows| people.add(Of::Register, columns, rows))?;
    }
    if let Some((header, _)) = tables.map.iter().find(|(header, _)| !used.contains(header)) {
        bail!("--map {header}: no column has this header");
    }
    let mentions = people.len();
    let linked = people.link((!tables.no_interval).then_some(tables.seed));
    let scored = truth.is_told.then(|| score(&linked.person, &truth.of));
    if let Some(to) = &tables.to {
        write_export(to, table(&linked)?.as_bytes())?;
    }
    let matched = linked.register.iter().flatten().count();
    match print {
        Print::Text => text(mentions, matched, &linked, scored.as_ref()),
        Print::Json => say(json!({
            "mentions": mentions, "people": linked.count, "register_matched": matched,
            "estimate": linked.interval.map(|i| i.mean.round() as u64), "low": linked.interval.map(|i| i.low as u64),
            "high": linked.interval.map(|i| i.high as u64), "resting_on_one_row": alone(&linked),
            "score": scored.map(|s| json!({
                "people": s.people, "precision": s.precision, "recall": s.recall, "f1": s.f1(),
                "bcubed_precision": s.bcubed_precision, "bcubed_recall": s.bcubed_recall, "bcubed_f1": s.bcubed_f1(),
            })),
        })),
    }
    Ok(Outcome::Done)
}

fn text(mentions: usize, matched: usize, linked: &Linked, scored: Option<&Score>) {
    say(format_args!("mentions  {mentions}"));
    say(format_args!("people    {}, of whom {matched} are in the register", linked.count));
    if let Some(interval) = linked.interval {
        say(format_args!("estimate  {:.0}, {:.0} to {:.0} at 95 %", interval.mean, interval.low, interval.high));
    }
    let alone = alone(linked);
    if alone * 4 > linked.count {
        say(format_args!(
            "caution   {alone} of them rest on one row that fits no other: where such rows say less than the rest they are people met \
             elsewhere, and the estimate, which allows for that, is to be believed and not the count"
        ));
    }
    if let Some(score) = scored {
        let (precision, recall, f1) = (score.precision, score.recall, score.f1());
        say(format_args!(
            "pairs     precision {precision:.4}, recall {recall:.4}, F1 {f1:.4}; {} people in truth",
            score.people
        ));
        let (precision, recall, f1) = (score.bcubed_precision, score.bcubed_recall, score.bcubed_f1());
        say(format_args!("B-cubed   precision {precision:.4}, recall {recall:.4}, F1 {f1:.4}"));
    }
}

/// People who rest on one row and are in no register.
fn alone(linked: &Linked) -> u64 {
    let mut rows = vec![0u32; linked.register.len()];
    for person in &linked.person {
        if let Some(rows) = rows.get_mut(*person as usize) {
            *rows += 1;
        }
    }
    rows.iter().zip(&linked.register).filter(|(rows, register)| **rows == 1 && register.is_none()).count() as u64
}

/// True persons of the rows, where a column tells them.
#[derive(Default)]
struct Truth {
    numbers: HashMap<String, u32>,
    of: Vec<u32>,
    is_told: bool,
}

impl Truth {
    fn put(&mut self, columns: &[Column], rows: &[Vec<Cell>]) {
        let Some(at) = columns.iter().position(|column| *column == Column::Truth) else { return };
        self.is_told = true;
        for row in rows {
            let text = row.get(at).map(Cell::text).unwrap_or_default();
            let next = self.numbers.len() as u32;
            let number = match self.numbers.get(text.as_ref()) {
                Some(number) => *number,
                None => *self.numbers.entry(text.into_owned()).or_insert(next),
            };
            self.of.push(number);
        }
    }
}

/// Rows from which the meaning of the columns is inferred.
const SAMPLE: usize = 1000;

/// Batches of rows that are read ahead.
const AHEAD: usize = 4;

/// What is done with the rows of a table, many at a time.
type Each<'a> = &'a mut dyn FnMut(&[Column], &[Vec<Cell>]);

/// Gives the rows of a table with the meaning of their columns. The file is read on a thread of its own.
fn read(path: &Path, map: &[(String, Column)], used: &mut BTreeSet<String>, each: Each<'_>) -> anyhow::Result<()> {
    let (send, received) = sync_channel(AHEAD);
    let columns = std::thread::scope(|scope| {
        // Rows are received until the file ends.
        let reader = scope.spawn(move || batches(path, &mut |rows| _ = send.send(rows)));
        let mut first: Vec<Vec<Cell>> = Vec::new();
        let mut columns: Option<Vec<Column>> = None;
        for rows in received {
            match &columns {
                Some(columns) => each(columns, &rows),
                None => {
                    first.extend(rows);
                    if first.len() > SAMPLE {
                        columns = Some(begin(&std::mem::take(&mut first), map, used, each));
                    }
                }
            }
        }
        reader.join().map_err(|_| anyhow!("{}: reading it failed", path.display()))??;
        if columns.is_none() && !first.is_empty() {
            columns = Some(begin(&first, map, used, each));
        }
        columns.with_context(|| format!("{}: has no header", path.display()))
    })?;
    let says = |column: &Column| !matches!(column, Column::Id | Column::Source | Column::Truth | Column::Ignored);
    if !columns.iter().any(says) {
        bail!(
            "{}: no header says what a column holds\n  remedy: --map HEADER=MEANING, such as --map full_name=name",
            path.display()
        );
    }
    Ok(())
}

/// Gives the rows after the header with what the columns are found to hold.
fn begin(first: &[Vec<Cell>], map: &[(String, Column)], used: &mut BTreeSet<String>, each: Each<'_>) -> Vec<Column> {
    let columns = meanings(first, map, used);
    each(&columns, first.get(1..).unwrap_or_default());
    columns
}

/// What the columns hold, by the header, the rows after it, and what the user says.
fn meanings(rows: &[Vec<Cell>], map: &[(String, Column)], used: &mut BTreeSet<String>) -> Vec<Column> {
    let texts = |row: &Vec<Cell>| row.iter().map(|cell| cell.text().into_owned()).collect::<Vec<_>>();
    let headers: Vec<String> =
        rows.first().map(texts).unwrap_or_default().iter().map(|header| header.trim().to_owned()).collect();
    let sample: Vec<Vec<String>> = rows.iter().skip(1).take(SAMPLE).map(texts).collect();
    let mut columns = Column::infer(&headers, &sample);
    for (column, header) in columns.iter_mut().zip(&headers) {
        if let Some((name, told)) = map.iter().find(|(name, _)| name == header) {
            used.insert(name.clone());
            *column = *told;
        }
    }
    columns
}

/// The answer as CSV: people are named by their first row.
fn table(linked: &Linked) -> anyhow::Result<String> {
    let mut first: Vec<Option<u32>> = vec![None; linked.count as usize];
    let mut out = String::from("id,person,register_id\n");
    for row in &linked.order {
        let person = linked.person.get(*row as usize).copied().context("a person for each row")?;
        let first = first.get_mut(person as usize).context("people are numbered from 0")?;
        let first = *first.get_or_insert(*row);
        let known = linked.register.get(person as usize).copied().flatten();
        let known = known.map(|row| linked.register_id(row)).unwrap_or_default();
        writeln!(out, "{},{},{}", quoted(linked.id(*row)), quoted(linked.id(first)), quoted(known))?;
    }
    Ok(out)
}

fn quoted(text: &str) -> std::borrow::Cow<'_, str> {
    if text.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\"")).into()
    } else {
        text.into()
    }
}
