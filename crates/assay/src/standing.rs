//! What a case keeps from one run to the next: what people decided, what people are called, and how mentions were put together.
//!
//! The names and groups that a report is made from are those of the finished run before it. They are kept beside the report's own until the next,
//! so that an export, an explanation or the same run again starts from what that report started from and says the same.

use crate::case::Case;
use assay_analysis::resolve::link::Fitted;
use assay_analysis::resolve::{Grouped, Kept, KnownSubject, Ruling, Says};
use assay_case::Store;
use assay_model::{ControllerId, DataSubject, ExhibitId, ItemPath, Locator, MentionId, Place, SubjectId};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// The kind of act that decides who is who.
pub(crate) const RULED: &str = "people decided";

/// The kind of act that lets the match weights be fitted anew.
const REFITTED: &str = "weights to be fitted anew";

const FIT: &str = "fit";
const NOW: &str = "people";
const BEFORE: &str = "people before";
const GROUPS: &str = "groups";
const GROUPS_BEFORE: &str = "groups before";

/// What is kept, as it was read.
#[derive(Default)]
pub(crate) struct Standing {
    /// The rulings that stand, oldest first.
    pub(crate) rulings: Vec<Ruling>,
    /// The people of the finished run before; none before the first.
    pub(crate) known: Option<Vec<KnownSubject>>,
    /// The match weights that were fitted to the case and stand.
    pub(crate) fitted: Option<Fitted>,
    /// How that run put mentions together; none where the weights are to be fitted anew since.
    grouped: Option<Grouped>,
}

impl Standing {
    /// What a report is made from that its fingerprint calls `label`.
    pub(crate) fn read(store: &Store, label: &str) -> anyhow::Result<Self> {
        let text = |name: &str| -> anyhow::Result<Option<String>> {
            Ok(store.journal.kept(name)?.map(|record| String::from_utf8_lossy(&record).into_owned()))
        };
        let now = text(NOW)?;
        let is_own = now.as_ref().is_some_and(|text| text.lines().next() == Some(label));
        let known = if is_own { text(BEFORE)? } else { now };
        let known = known.filter(|text| !text.is_empty()).map(|text| people(&text));
        let groups = since_refit(store, if is_own { GROUPS_BEFORE } else { GROUPS })?;
        let grouped = groups.and_then(|groups| Grouped::parse(&groups));
        Ok(Self { rulings: rulings(store)?, known, fitted: fitted(store)?, grouped })
    }

    /// The same for analysis.
    pub(crate) fn kept(&self) -> Kept<'_> {
        Kept {
            rulings: &self.rulings,
            known: self.known.as_deref().unwrap_or_default(),
            fitted: self.fitted.as_ref(),
            grouped: self.grouped.as_ref(),
        }
    }
}

/// The match weights that stand: fitted after the last time that they were to be fitted anew, to levels that are still there.
pub(crate) fn fitted(store: &Store) -> anyhow::Result<Option<Fitted>> {
    Ok(since_refit(store, FIT)?.and_then(|fit| Fitted::parse(&fit)))
}

/// What is kept under a name behind the number of the last act by which weights were to be fitted anew, where that is still the last.
fn since_refit(store: &Store, name: &str) -> anyhow::Result<Option<String>> {
    let Some(record) = store.journal.kept(name)? else { return Ok(None) };
    let text = String::from_utf8_lossy(&record);
    let (act, kept) = text.split_once('\n').unwrap_or_default();
    Ok((act.parse() == Ok(last_refit(store).unwrap_or(u64::MAX))).then(|| kept.to_owned()))
}

fn last_refit(store: &Store) -> anyhow::Result<u64> {
    Ok(store.journal.acts(REFITTED)?.last().map_or(0, |(number, _)| *number))
}

/// From now on the weights that were fitted before do not stand.
pub(crate) fn refit(case: &mut Case) -> anyhow::Result<()> {
    let number = case.store.journal.add_act(REFITTED, b"{}")?;
    case.store.ledger.record(jiff::Timestamp::now(), REFITTED, &format!("act {number}"), "by --refit")?;
    Ok(())
}

/// Keeps what a finished report says people are called, what it weighed with and how it put mentions together.
pub(crate) fn keep(
    case: &mut Case,
    label: &str,
    subjects: &[DataSubject],
    (fitted, grouped): (Option<&Fitted>, &Grouped),
) -> anyhow::Result<()> {
    let refit = last_refit(&case.store)?;
    let fit = match fitted {
        Some(fitted) => format!("{refit}\n{}", fitted.to_text()),
        None => String::new(),
    };
    let groups = format!("{refit}\n{}", grouped.to_text());
    let journal = &mut case.store.journal;
    let now = journal.kept(NOW)?.unwrap_or_default();
    let is_own = now.split(|byte| *byte == b'\n').next() == Some(label.as_bytes());
    let before = if is_own { journal.kept(BEFORE)?.unwrap_or_default() } else { now };
    let groups_before = journal.kept(if is_own { GROUPS_BEFORE } else { GROUPS })?.unwrap_or_default();
    let written = written(label, subjects);
    journal.keep(&[
        (BEFORE, &before),
        (NOW, written.as_bytes()),
        (GROUPS_BEFORE, &groups_before),
        (GROUPS, groups.as_bytes()),
        (FIT, fit.as_bytes()),
    ])?;
    Ok(())
}

/// The last act that changes who is who, or what weighs: part of a report's fingerprint.
pub(crate) fn last_act(store: &Store) -> anyhow::Result<u64> {
    let last = store.journal.acts(RULED)?.last().map_or(0, |(number, _)| *number);
    Ok(last.max(last_refit(store)?))
}

fn written(label: &str, subjects: &[DataSubject]) -> String {
    let mut text = format!("{label}\n");
    for subject in subjects {
        text.push_str(subject.id.as_str());
        text.push_str(if subject.counts { " +" } else { " -" });
        for mention in &subject.mentions {
            let _ = write!(text, " {:x}", mention.0);
        }
        text.push('\n');
    }
    text
}

fn people(text: &str) -> Vec<KnownSubject> {
    let person = |line: &str| {
        let mut words = line.split(' ');
        let (id, counts) = (SubjectId::new(words.next()?), words.next()? == "+");
        let mentions = words.filter_map(|word| u64::from_str_radix(word, 16).ok().map(MentionId)).collect();
        Some(KnownSubject { id, mentions, counts })
    };
    text.lines().skip(1).filter_map(person).collect()
}

/// The record of a ruling as an act; `note` is what its maker wrote.
pub(crate) fn record(says: &Says, note: &str) -> Value {
    let ids = |mentions: &BTreeSet<MentionId>| mentions.iter().map(MentionId::to_string).collect::<Vec<_>>();
    match says {
        Says::Together(mentions) => json!({ "together": ids(mentions), "note": note }),
        Says::Apart { one, other, rows } => {
            let row = |(controller, at): &(ControllerId, Locator)| {
                let (sheet, number) = match &at.place {
                    Place::Row { sheet, row } | Place::Cell { sheet, row, .. } => (sheet.clone(), *row),
                    _ => (String::new(), 0),
                };
                json!([controller.as_str(), at.exhibit.as_str(), at.path.as_str(), sheet, number])
            };
            json!({ "apart": ids(one), "from": ids(other), "rows": rows.iter().map(row).collect::<Vec<_>>(), "note": note })
        }
    }
}

/// The rulings that were recorded and not withdrawn, oldest first.
fn rulings(store: &Store) -> anyhow::Result<Vec<Ruling>> {
    let mut standing = Vec::new();
    for (number, record) in store.journal.acts(RULED)? {
        let record: Value = serde_json::from_slice(&record)?;
        if let Some(withdrawn) = record["withdraws"].as_u64() {
            standing.retain(|ruling: &Ruling| ruling.number != withdrawn);
        } else if let Some(says) = says(&record) {
            standing.push(Ruling { number, says });
        }
    }
    Ok(standing)
}

fn says(record: &Value) -> Option<Says> {
    let ids = |value: &Value| -> Option<BTreeSet<MentionId>> {
        value.as_array()?.iter().map(|id| MentionId::parse(id.as_str()?)).collect()
    };
    if let Some(mentions) = ids(&record["together"]) {
        return Some(Says::Together(mentions));
    }
    let row = |row: &Value| {
        let text = |at: usize| row[at].as_str().map(str::to_owned);
        let place = Place::Row { sheet: text(3)?, row: u32::try_from(row[4].as_u64()?).ok()? };
        let (exhibit, path) = (ExhibitId::new(text(1)?), ItemPath::from_encoded(text(2)?));
        Some((ControllerId::new(text(0)?), Locator { exhibit, path, place }))
    };
    let rows = record["rows"].as_array().into_iter().flatten().filter_map(row).collect();
    Some(Says::Apart { one: ids(&record["apart"])?, other: ids(&record["from"])?, rows })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ruling_reads_back_from_its_record() {
        let ids = |all: &[u64]| all.iter().copied().map(MentionId).collect::<BTreeSet<_>>();
        let at = Locator {
            exhibit: ExhibitId::new("REG/1"),
            path: ItemPath::of_file("a.csv"),
            place: Place::Row { sheet: String::new(), row: 7 },
        };
        let rows = BTreeSet::from([(ControllerId::new("NCH"), at)]);
        for ruling in [Says::Together(ids(&[1, 2])), Says::Apart { one: ids(&[1]), other: ids(&[2, 3]), rows }] {
            assert_eq!(says(&record(&ruling, "seen")), Some(ruling));
        }
    }

    #[test]
    fn names_read_back() {
        assert_eq!(
            people("label\nP-1 + a b\nP-2 - c\n"),
            [
                KnownSubject { id: SubjectId::new("P-1"), mentions: vec![MentionId(10), MentionId(11)], counts: true },
                KnownSubject { id: SubjectId::new("P-2"), mentions: vec![MentionId(12)], counts: false }
            ]
        );
    }
}
