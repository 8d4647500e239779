//! What harms first: the classes with their figures, and the items in which they stand.

use super::figure::Figure;
use crate::{
    mask::Veil,
    summary::urgent_note,
    tally,
    words::{counted, line},
};
use assay_model::{Dossier, ExhibitId, Harm, ItemPath};
use std::collections::BTreeMap;

/// Items that are named on the page; the export has all.
const SHOWN: usize = 20;

/// Section "Urgent", before the count.
pub(super) struct Urgent {
    pub(super) records: Figure,
    pub(super) any: bool,
    pub(super) note: &'static str,
    pub(super) classes: Vec<Class>,
    pub(super) items: Vec<Place>,
    /// `and 12 more items`; empty where all are shown.
    pub(super) more: String,
}

/// A class of harm.
pub(super) struct Class {
    pub(super) name: &'static str,
    pub(super) what: &'static str,
    pub(super) records: Figure,
    pub(super) people: Figure,
    pub(super) items: Figure,
}

/// An item with its classes.
pub(super) struct Place {
    pub(super) path: String,
    pub(super) classes: String,
    pub(super) records: String,
}

impl Urgent {
    pub(super) fn of(dossier: &Dossier, veil: &Veil<'_>) -> Self {
        let (all, classes) = tally::urgent(&dossier.urgent);
        let class = |(harm, of): (Harm, tally::Standing)| {
            let figure = |key: &str, number| Figure::count(&format!("/urgent/by_harm/{}/{key}", harm.as_str()), number);
            Class {
                name: harm.as_str(),
                what: what(harm),
                records: figure("records", of.records),
                people: figure("people", of.people),
                items: figure("items", of.items),
            }
        };
        let mut items: BTreeMap<(&ExhibitId, &ItemPath), (Vec<Harm>, u64)> = BTreeMap::new();
        for record in &dossier.urgent {
            let (harms, records) = items.entry((&record.locator.exhibit, &record.locator.path)).or_default();
            *records += 1;
            if !harms.contains(&record.harm) {
                harms.push(record.harm);
            }
        }
        let mut items: Vec<_> = items.into_iter().collect();
        // The most urgent class first, then the most records.
        items.sort_by(|(a, (x, n)), (b, (y, m))| (x.first(), m, a).cmp(&(y.first(), n, b)));
        let more = items.len().saturating_sub(SHOWN);
        let place = |((exhibit, path), (harms, records)): ((&ExhibitId, &ItemPath), (Vec<Harm>, u64))| Place {
            path: line(&veil.located(exhibit, path)),
            classes: harms.into_iter().map(Harm::as_str).collect::<Vec<_>>().join(", "),
            records: counted(records, "record", "records"),
        };
        Self {
            records: Figure::count("/urgent/records", all.records),
            any: all.records > 0,
            note: urgent_note(),
            classes: classes.into_iter().map(class).collect(),
            items: items.into_iter().take(SHOWN).map(place).collect(),
            more: if more == 0 {
                String::new()
            } else {
                format!("and {}", counted(more as u64, "more item", "more items"))
            },
        }
    }
}

/// What is to be done, in a few words; who does it is the reader's to say.
fn what(harm: Harm) -> &'static str {
    match harm {
        Harm::ProtectedAddress => "people in hiding: the safeguarding lead and the police know whom to warn",
        Harm::Safeguarding => "concerns about children and adults at risk: to the safeguarding lead",
        Harm::LiveCredential => "passwords, keys and tokens: to be changed before anything else is read",
        Harm::ChildSpecialCategory => "Art. 9 data and offences, of somebody under 18 on the reference date",
        Harm::BankDetails => "accounts and cards: the people concerned can have them blocked",
        Harm::StaffHomeAddress => "where staff live: their employer owes them the warning",
    }
}
