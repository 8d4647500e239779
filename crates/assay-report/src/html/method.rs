//! How the counts are made, what exactly was examined, and how to get each figure again.

use super::figure::Figure;
use crate::{
    explain::figures,
    mask::Veil,
    summary::controller_name,
    tranches::{Adds, adds, exhibit_items},
    words::{line, size, thousands},
};
use assay_model::{Dossier, Exhibit, ExhibitId};

/// Section "Method".
pub(super) struct Method {
    pub(super) exhibits: Vec<Sealed>,
    pub(super) figures: Vec<Explained>,
    pub(super) seed: String,
    /// The mentions that the weights were fitted to; none where they are as shipped.
    pub(super) fitted_to: Option<Figure>,
    /// What figures of accuracy are of, and what is not known of this case.
    pub(super) accuracy: String,
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
    /// New people, known people, repeated items; empty where the exhibit holds no leaked data.
    pub(super) adds: Vec<(Figure, &'static str)>,
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
        let adds = adds(dossier);
        Self {
            exhibits: dossier.exhibits.iter().enumerate().map(|(n, e)| sealed(dossier, n, e, &adds, veil)).collect(),
            figures: figures()
                .map(|(key, how, again)| Explained { key, how: how.replace('`', ""), again: again.replace('`', "") })
                .collect(),
            accuracy: crate::annex::ACCURACY.replace('`', ""),
            seed: thousands(dossier.case.seed),
            fitted_to: dossier
                .coverage
                .weights_fitted_to
                .map(|mentions| Figure::count("/method/weights_fitted_to", mentions)),
            instructed: dossier
                .authority
                .as_ref()
                .map_or_else(String::new, |a| controller_name(dossier, &a.instructing_controller)),
            lawful_basis: dossier.authority.as_ref().map_or_else(String::new, |a| line(&a.lawful_basis)),
            example_assertion: dossier.verdicts.first().map_or_else(String::new, |v| v.assertion.id.to_string()),
        }
    }
}

/// What an exhibit adds, with the words for it.
fn added(number: usize, adds: &Adds) -> [(Figure, &'static str); 3] {
    let figure = |name: &str, n: u64| Figure::count(&format!("/exhibits/{number}/adds/{name}"), n);
    [
        (figure("new_people", adds.new_people), "new people"),
        (figure("known_people", adds.known_people), "known"),
        (figure("repeated_items", adds.repeated_items), "items repeated"),
    ]
}

fn sealed(dossier: &Dossier, number: usize, exhibit: &Exhibit, adds: &[(&ExhibitId, Adds)], veil: &Veil<'_>) -> Sealed {
    let key = |name: &str| format!("/exhibits/{number}/{name}");
    Sealed {
        id: exhibit.id.to_string(),
        kind: exhibit.kind.as_str(),
        items: Figure::count(&key("items"), exhibit_items(exhibit, &dossier.items)),
        size: Figure::worded(&key("bytes"), exhibit.bytes, size(exhibit.bytes)),
        completeness: exhibit.completeness.as_str(),
        custodian: veil.without_users(&exhibit.custodian),
        sha256: exhibit.sha256.to_string(),
        adds: adds.iter().filter(|(id, _)| **id == exhibit.id).flat_map(|(_, adds)| added(number, adds)).collect(),
    }
}
