//! How the counts are made, what exactly was examined, and how to get each figure again.

use super::figure::Figure;
use crate::{
    explain::figures,
    json::exhibit_items,
    mask::Veil,
    summary::controller_name,
    words::{line, size, thousands},
};
use assay_model::{Dossier, Exhibit};

/// Section "Method".
pub(super) struct Method {
    pub(super) exhibits: Vec<Sealed>,
    pub(super) figures: Vec<Explained>,
    pub(super) seed: String,
    pub(super) instructed: String,
    pub(super) lawful_basis: String,
    /// An id that exists in this case, for an example that works.
    pub(super) example_assertion: String,
}

/// A sealed exhibit.
pub(super) struct Sealed {
    pub(super) id: String,
    pub(super) kind: &'static str,
    pub(super) items: Figure,
    pub(super) size: Figure,
    pub(super) completeness: &'static str,
    pub(super) custodian: String,
    pub(super) sha256: String,
}

/// How a figure is made.
pub(super) struct Explained {
    pub(super) key: &'static str,
    pub(super) how: String,
    /// Which export it can be counted from again; empty where none.
    pub(super) again: String,
}

impl Method {
    pub(super) fn of(dossier: &Dossier, veil: &Veil<'_>) -> Self {
        Self {
            exhibits: dossier.exhibits.iter().enumerate().map(|(n, e)| sealed(dossier, n, e, veil)).collect(),
            figures: figures()
                .map(|(key, how, again)| Explained { key, how: how.replace('`', ""), again: again.replace('`', "") })
                .collect(),
            seed: thousands(dossier.case.seed),
            instructed: dossier
                .authority
                .as_ref()
                .map_or_else(String::new, |a| controller_name(dossier, &a.instructing_controller)),
            lawful_basis: dossier.authority.as_ref().map_or_else(String::new, |a| line(&a.lawful_basis)),
            example_assertion: dossier.verdicts.first().map_or_else(String::new, |v| v.assertion.id.to_string()),
        }
    }
}

fn sealed(dossier: &Dossier, number: usize, exhibit: &Exhibit, veil: &Veil<'_>) -> Sealed {
    let key = |name: &str| format!("/exhibits/{number}/{name}");
    Sealed {
        id: exhibit.id.to_string(),
        kind: exhibit.kind.as_str(),
        items: Figure::count(&key("items"), exhibit_items(exhibit, &dossier.items)),
        size: Figure::worded(&key("bytes"), exhibit.bytes, size(exhibit.bytes)),
        completeness: exhibit.completeness.as_str(),
        custodian: veil.without_users(&exhibit.custodian),
        sha256: exhibit.sha256.to_string(),
    }
}
