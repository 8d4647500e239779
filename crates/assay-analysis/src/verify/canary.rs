//! What a body planted to be found again: a value, a file by its name, a file by its hash.
//!
//! Values are looked for where items are read and come as a hint of the item; names and hashes are compared here. A canary is in no
//! other place than where its body put it, so one found proves that what it lay in came from there; none found proves nothing.

use std::collections::BTreeSet;

use aho_corasick::AhoCorasick;
use assay_model::{Canary, CanaryMark, Content, ControllerId, HintBasis, Passage, Sensitive};

use super::held::HeldItem;

/// The body whose canary an item is or holds.
pub(super) fn body_of<'a>(canaries: &'a [Canary], item: &'a HeldItem<'_>) -> Option<&'a ControllerId> {
    let hint = item.content.controller_hints.iter().find(|hint| hint.basis == HintBasis::Canary);
    let planted = || {
        canaries.iter().find(|canary| match &canary.mark {
            CanaryMark::Value(_) => false,
            CanaryMark::File(name) => item.item.path.file_name().eq_ignore_ascii_case(name.reveal()),
            CanaryMark::Sha256(digest) => item.item.sha256 == *digest,
        })
    };
    hint.map(|hint| &hint.controller).or_else(|| planted().map(|canary| &canary.controller))
}

/// The values that were planted, looked for in the text of items without regard to case.
#[derive(Default)]
pub struct CanarySearch {
    values: Option<AhoCorasick>,
    bodies: Vec<ControllerId>,
}

impl CanarySearch {
    /// Of a case's values.
    pub fn new(canaries: &[(ControllerId, Sensitive<String>)]) -> Self {
        let texts: Vec<&str> = canaries.iter().map(|(_, value)| value.reveal().trim()).collect();
        // Too many values for an automaton is no case that a body could have.
        let values = (!texts.is_empty())
            .then(|| AhoCorasick::builder().ascii_case_insensitive(true).build(&texts).ok())
            .flatten();
        Self { values, bodies: canaries.iter().map(|(body, _)| body.clone()).collect() }
    }

    /// Adds the bodies whose values stand in a passage.
    pub fn look(&self, passage: &Passage, found: &mut BTreeSet<ControllerId>) {
        let Some(values) = &self.values else { return };
        let mut look = |text: &str| {
            let bodies = values.find_iter(text).filter_map(|hit| self.bodies.get(hit.pattern().as_usize()));
            found.extend(bodies.cloned());
        };
        match &passage.content {
            Content::Text { text, .. } => look(text),
            Content::Table(table) => table.rows.iter().flatten().for_each(|cell| look(&cell.text())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_found_in_text_and_in_cells_whatever_its_case() {
        let search = CanarySearch::new(&[(ControllerId::new("NCH"), Sensitive::new("Tamsin Quillfeather".into()))]);
        let mut found = BTreeSet::new();
        let passage = |content| Passage { part: String::new(), hidden: false, recovery: Default::default(), content };
        search.look(&passage(Content::Text { first_line: 1, text: "Re: Tamsin Quill".into() }), &mut found);
        assert!(found.is_empty());
        let rows = vec![vec![assay_model::Cell::text_of("TAMSIN QUILLFEATHER")]];
        search.look(&passage(Content::Table(assay_model::Table { first_row: 1, continued: false, rows })), &mut found);
        assert_eq!(found, [ControllerId::new("NCH")].into());
    }
}
