//! What was read and what was not: by state, by exhibit, by reason, and what kinds of record of what years.

use super::{
    chart::{self, HeatRow},
    figure::Figure,
};
use crate::{
    mask::Veil,
    summary::controller_name,
    tally::Tally,
    words::{counted, line, thousands},
};
use assay_model::{Dossier, ExhibitKind, Item, ItemCategory, ItemCounts, ItemStatus, UnreadReason, Want};
use std::collections::BTreeMap;

/// Unread or partly read items that the page lists by reason; the export lists all.
const LISTED: usize = 400;
/// Years that stand alone in the chart; older ones share a column.
const YEARS: usize = 9;

/// Section "What was read".
pub(super) struct Reading {
    pub(super) total: Figure,
    pub(super) holds_items: bool,
    pub(super) states: Vec<State>,
    pub(super) exhibits: Vec<ByExhibit>,
    pub(super) unread: Vec<Unread>,
    pub(super) unread_total: u64,
    pub(super) partial: Vec<Partial>,
    pub(super) partial_left: String,
    pub(super) missing_tools: Vec<String>,
    pub(super) sandbox: String,
    pub(super) alike: Alike,
    /// Items that a password opened.
    pub(super) opened: Figure,
    /// `2 items stay encrypted or have`.
    pub(super) locked: String,
    pub(super) passwords_mattered: bool,
    /// What passwords found in an exhibit did there, in sentences.
    pub(super) notes: Vec<String>,
    pub(super) categories: Vec<(String, Figure)>,
    pub(super) chart: String,
}

/// How many of the items say something that no other says.
pub(super) struct Alike {
    pub(super) contents: Figure,
    pub(super) same_words: Figure,
    pub(super) near_groups: Figure,
    pub(super) threads: Figure,
}

/// Items of one state.
pub(super) struct State {
    pub(super) name: &'static str,
    pub(super) meaning: &'static str,
    pub(super) items: Figure,
}

/// One exhibit of leaked data.
pub(super) struct ByExhibit {
    pub(super) exhibit: String,
    pub(super) total: String,
    pub(super) read: String,
    pub(super) partial: String,
    pub(super) duplicate: String,
    pub(super) unread: String,
}

/// The unread items of one reason.
pub(super) struct Unread {
    pub(super) reason: String,
    pub(super) meaning: &'static str,
    pub(super) items: Figure,
    pub(super) listed: Vec<String>,
    /// `and 1,200 more`; empty where all are listed.
    pub(super) left: String,
}

/// An item read in part.
pub(super) struct Partial {
    pub(super) item: String,
    pub(super) warnings: Vec<String>,
}

impl Reading {
    pub(super) fn of(dossier: &Dossier, tally: &Tally, veil: &Veil<'_>) -> Self {
        let alike = &dossier.alike;
        let opened = dossier.items.iter().filter(|item| item.opened_with.is_some()).count() as u64;
        let locked = dossier.items.iter().filter(|item| item.wants.contains(&Want::Password)).count() as u64;
        let partial: Vec<&Item> = dossier.items.iter().filter(|item| item.status == ItemStatus::Partial).collect();
        Self {
            total: Figure::count("/items/total", tally.items.total),
            holds_items: tally.items.total > 0,
            states: states(tally),
            exhibits: by_exhibit(dossier),
            unread: UnreadReason::ALL.into_iter().filter_map(|reason| unread(dossier, tally, reason, veil)).collect(),
            unread_total: tally.items.unread_total(),
            partial_left: left(partial.len()),
            partial: partial
                .into_iter()
                .take(LISTED)
                .map(|item| Partial {
                    item: veil.located(&item.exhibit, &item.path),
                    warnings: item.warnings.iter().map(|warning| veil.without_users(&warning.0)).collect(),
                })
                .collect(),
            missing_tools: dossier.coverage.missing_tools.iter().map(|tool| line(tool)).collect(),
            sandbox: line(&dossier.coverage.sandbox),
            alike: Alike {
                contents: Figure::count("/items/contents/distinct", alike.contents),
                same_words: Figure::count("/items/contents/same_words", alike.same_words),
                near_groups: Figure::count("/items/contents/near_duplicate_groups", alike.near_groups),
                threads: Figure::count("/items/contents/threads", alike.threads),
            },
            opened: Figure::count("/items/opened_with_password", opened),
            locked: counted(locked, "item stays encrypted or has", "items stay encrypted or have"),
            passwords_mattered: opened + locked > 0,
            notes: notes(dossier),
            categories: tally
                .by_category()
                .iter()
                .map(|(c, n)| (c.as_str().to_owned(), Figure::entry("/items/by_category", c.as_str(), *n)))
                .collect(),
            chart: years_chart(tally),
        }
    }
}

/// What passwords found in an exhibit did there.
fn notes(dossier: &Dossier) -> Vec<String> {
    let mut notes = Vec::new();
    for own in &dossier.coverage.own_passwords {
        let under = dossier.authority.as_ref().map_or_else(String::new, |authority| {
            let basis = line(&authority.lawful_basis);
            format!(
                ", under the authority of {} ({basis})",
                controller_name(dossier, &authority.instructing_controller)
            )
        });
        notes.push(format!(
            "Passwords found in exhibit {} were tried on its {}; {} opened{under}.",
            own.exhibit,
            counted(own.tried_on, "encrypted item", "encrypted items"),
            thousands(own.opened)
        ));
    }
    notes
}

fn states(tally: &Tally) -> Vec<State> {
    let state = |name, meaning, key: &str, n| State { name, meaning, items: Figure::count(key, n) };
    let items = &tally.items;
    let mut states = vec![
        state("read", "read whole", "/items/read", items.read),
        state("partial", "read in part; listed below with what is missing", "/items/partial", items.partial),
        state("duplicate", "the same bytes as another item, read in their stead", "/items/duplicate", items.duplicate),
    ];
    states.extend(UnreadReason::ALL.into_iter().map(|reason| {
        let number = items.unread.get(&reason).copied().unwrap_or_default();
        let (name, meaning) = reason_words(reason);
        state(name, meaning, &format!("/items/unread/{}", reason.as_str()), number)
    }));
    states
}

fn reason_words(reason: UnreadReason) -> (&'static str, &'static str) {
    match reason {
        UnreadReason::Encrypted => ("unread: encrypted", "needs a password that was not supplied"),
        UnreadReason::Corrupt => ("unread: corrupt", "damaged beyond what could be recovered"),
        UnreadReason::Unsupported => ("unread: unsupported", "a format that is not read"),
        UnreadReason::NoOcr => ("unread: no OCR", "an image or scan, and no text recognition at hand"),
        UnreadReason::Limit => ("unread: limit", "over a limit of size, depth or expansion"),
        UnreadReason::Timeout => ("unread: timeout", "its reader hung or died, alone and twice"),
    }
}

fn by_exhibit(dossier: &Dossier) -> Vec<ByExhibit> {
    dossier
        .exhibits
        .iter()
        .filter(|exhibit| matches!(exhibit.kind, ExhibitKind::Leak | ExhibitKind::ProofPack))
        .map(|exhibit| {
            let counts = ItemCounts::of(&dossier.items, Some(&exhibit.id));
            ByExhibit {
                exhibit: exhibit.id.to_string(),
                total: thousands(counts.total),
                read: thousands(counts.read),
                partial: thousands(counts.partial),
                duplicate: thousands(counts.duplicate),
                unread: thousands(counts.unread_total()),
            }
        })
        .collect()
}

/// `None` where no item is unread for that reason.
fn unread(dossier: &Dossier, tally: &Tally, reason: UnreadReason, veil: &Veil<'_>) -> Option<Unread> {
    let number = tally.items.unread.get(&reason).copied().filter(|n| *n > 0)?;
    let items = dossier.items.iter().filter(|item| item.status == ItemStatus::Unread(reason));
    let (name, meaning) = reason_words(reason);
    Some(Unread {
        reason: name.trim_start_matches("unread: ").to_owned(),
        meaning,
        items: Figure::count(&format!("/items/unread/{}", reason.as_str()), number),
        listed: items.take(LISTED).map(|item| veil.located(&item.exhibit, &item.path)).collect(),
        left: left(number as usize),
    })
}

fn left(number: usize) -> String {
    match number.saturating_sub(LISTED) {
        0 => String::new(),
        n => format!("and {} more, which `assay export items` lists", thousands(n as u64)),
    }
}

fn years_chart(tally: &Tally) -> String {
    let years: Vec<i16> = tally.by_year().into_keys().flatten().collect();
    if tally.items.total == 0 {
        return String::new();
    }
    // Few years stand alone; where there are many, the oldest share a column.
    let alone = years.get(years.len().saturating_sub(YEARS)..).unwrap_or_default();
    let first = alone.first().copied().unwrap_or(i16::MAX);
    let older = years.len() > alone.len();
    let mut columns: Vec<String> = Vec::new();
    if older {
        columns.push(format!("<{first}"));
    }
    columns.extend(alone.iter().map(ToString::to_string));
    columns.push("none".to_owned());

    let rows: Vec<HeatRow> = ItemCategory::ALL
        .into_iter()
        .filter_map(|category| {
            let years = tally.by_category_year.get(&category).filter(|years| !years.is_empty())?;
            Some(HeatRow {
                label: category.as_str().to_owned(),
                note: thousands(years.values().sum()),
                cells: cells(years, alone, first, older),
            })
        })
        .collect();
    let described: Vec<String> = rows.iter().map(|row| format!("{} {}", row.label, row.note)).collect();
    chart::heat(
        "chart-years",
        "Items by kind of record and by the year of their newest date",
        &format!("{}; each cell has its number, the last column the items without a date.", described.join(", ")),
        &columns,
        &rows,
    )
}

/// One number a column: the older years together where there are any, each year that stands alone, and no date.
fn cells(years: &BTreeMap<Option<i16>, u64>, alone: &[i16], first: i16, older: bool) -> Vec<u64> {
    let number = |year: Option<i16>| years.get(&year).copied().unwrap_or_default();
    let before = older.then(|| years.iter().filter(|(y, _)| y.is_some_and(|y| y < first)).map(|(_, n)| n).sum());
    before.into_iter().chain(alone.iter().map(|year| number(Some(*year)))).chain([number(None)]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn years_that_share_a_column_are_summed_and_none_is_lost() {
        let years: BTreeMap<Option<i16>, u64> =
            [(None, 5), (Some(1998), 1), (Some(2001), 2), (Some(2023), 3), (Some(2024), 4)].into();
        assert_eq!(cells(&years, &[2023, 2024], 2023, true), [3, 3, 4, 5]);
        assert_eq!(cells(&years, &[1998, 2001, 2023, 2024], 1998, false), [1, 2, 3, 4, 5]);
    }
}
