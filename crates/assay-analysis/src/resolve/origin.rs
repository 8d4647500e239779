//! Whose a document is, by its origin: path, letterhead, ODS code, local numbers, domain, the strongest basis first.
//!
//! A register match has no say here: it makes a controller a candidate, and a trust whose systems lost nothing must not be
//! told to write to its patients.

use std::collections::{BTreeMap, BTreeSet};

use assay_model::{ControllerId, Element, ExhibitId, Item, ItemPath, Mention};

/// The items by place, asked for their controllers and categories.
pub(super) struct Origins<'a> {
    items: BTreeMap<(&'a ExhibitId, &'a ItemPath), &'a Item>,
}

impl<'a> Origins<'a> {
    pub(super) fn new(items: &'a [Item]) -> Self {
        Self { items: items.iter().map(|item| ((&item.exhibit, &item.path), item)).collect() }
    }

    /// The item at a place, if it is in the manifest.
    pub(super) fn item(&self, exhibit: &ExhibitId, path: &ItemPath) -> Option<&'a Item> {
        self.items.get(&(exhibit, path)).copied()
    }

    /// The controllers of the document that a mention stands in. Equally strong bases that disagree give several; a document
    /// that says nothing is its container's; where that says nothing either, the mention's own hospital numbers speak.
    pub(super) fn controllers(&self, mention: &Mention) -> BTreeSet<ControllerId> {
        let mut path = Some(mention.locator.path.clone());
        while let Some(here) = path {
            if let Some(item) = self.item(&mention.locator.exhibit, &here) {
                let strongest = by_origin(item);
                if !strongest.is_empty() {
                    return strongest;
                }
            }
            path = here.container();
        }
        let numbers = mention.findings.iter().filter(|finding| finding.element == Element::HospitalNumber);
        numbers.filter_map(|finding| finding.controller.clone()).collect()
    }
}

/// The controllers for which the strongest sign of an item speaks.
pub(crate) fn by_origin(item: &Item) -> BTreeSet<ControllerId> {
    let Some(basis) = item.controller_hints.iter().map(|hint| hint.basis).min() else { return BTreeSet::new() };
    item.controller_hints.iter().filter(|hint| hint.basis == basis).map(|hint| hint.controller.clone()).collect()
}
