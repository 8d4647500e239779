//! Files of the same bytes in one exhibit: read once, listed each with its own path.
//!
//! Which they are is known from sealing. The first by path is read; the items of the others, members of containers among them,
//! are those of the first under another path, and become duplicates where all items are compared. Copies inside containers are
//! known only once they were opened, and are read.

use crate::case::Case;
use assay_analysis::detect::{Detector, ItemContext};
use assay_case::sealed::SealedExhibit;
use assay_model::{ExhibitKind, HintBasis, Item, ItemPath, SealedFile};
use std::collections::BTreeMap;

/// Gateway evidence and registers are read file by file: two logs of the same bytes are two sources.
fn is_compared(kind: ExhibitKind) -> bool {
    matches!(kind, ExhibitKind::Leak | ExhibitKind::ProofPack | ExhibitKind::PriorLeak)
}

/// The files of an exhibit that are read in place of others: the first of each content that lies there more than once, with
/// the others.
fn originals(sealed: &SealedExhibit) -> BTreeMap<[u8; 32], (&SealedFile, Vec<&SealedFile>)> {
    let mut originals: BTreeMap<[u8; 32], (&SealedFile, Vec<&SealedFile>)> = BTreeMap::new();
    for file in sealed.files.iter().filter(|file| is_compared(sealed.exhibit.kind) && file.bytes > 0) {
        originals.entry(file.blake3).and_modify(|(_, copies)| copies.push(file)).or_insert((file, Vec::new()));
    }
    originals.retain(|_, (_, copies)| !copies.is_empty());
    originals
}

/// The files of an exhibit that are read: all but copies of one before, in their order.
pub(crate) fn read_of(sealed: &SealedExhibit) -> Vec<&SealedFile> {
    let mut seen = std::collections::BTreeSet::new();
    let first = |file: &&SealedFile| !is_compared(sealed.exhibit.kind) || file.bytes == 0 || seen.insert(file.blake3);
    sealed.files.iter().filter(first).collect()
}

/// Adds the items of copies.
pub(crate) fn add(case: &Case, exhibits: &[SealedExhibit], items: &mut Vec<Item>) -> anyhow::Result<()> {
    let mut copies: BTreeMap<(&str, &str), Vec<&SealedFile>> = BTreeMap::new();
    for sealed in exhibits {
        for (original, others) in originals(sealed).into_values() {
            copies.insert((sealed.exhibit.id.as_str(), original.path.as_str()), others);
        }
    }
    if copies.is_empty() {
        return Ok(());
    }
    let detector = Detector::new(&case.scan_settings())?;
    let kinds: BTreeMap<&str, ExhibitKind> = exhibits.iter().map(|s| (s.exhibit.id.as_str(), s.exhibit.kind)).collect();
    let mut added = Vec::new();
    for item in items.iter() {
        let (file, inner) =
            item.path.as_str().split_at(item.path.as_str().find('!').unwrap_or(item.path.as_str().len()));
        let (Some(others), Some(kind)) = (copies.get(&(item.exhibit.as_str(), file)), kinds.get(item.exhibit.as_str()))
        else {
            continue;
        };
        for other in others {
            let path = ItemPath::from_encoded(format!("{}{inner}", other.path.as_str()));
            let context = ItemContext { exhibit: &item.exhibit, kind: *kind, path: &path };
            // Where a copy lies speaks for its own origin.
            let mut hints = detector.detect(&context, &[]).controller_hints;
            hints.extend(item.controller_hints.iter().filter(|hint| hint.basis != HintBasis::Path).cloned());
            hints.sort();
            hints.dedup();
            added.push(Item { path, controller_hints: hints, ..item.clone() });
        }
    }
    items.extend(added);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use assay_model::{Completeness, Exhibit, ExhibitId, Sha256};

    fn sealed(kind: ExhibitKind, files: &[(&str, u8, u64)]) -> SealedExhibit {
        let exhibit = Exhibit {
            id: ExhibitId::new("LEAK/1"),
            kind,
            files: files.len() as u64,
            bytes: 0,
            sha256: Sha256::default(),
            blake3: [0; 32],
            completeness: Completeness::Unknown,
            custodian: String::new(),
            controller: None,
        };
        let file = |(path, content, bytes): &(&str, u8, u64)| SealedFile {
            path: ItemPath::of_file(path),
            disk: path.into(),
            bytes: *bytes,
            sha256: Sha256::default(),
            blake3: [*content; 32],
            modified: None,
        };
        SealedExhibit { exhibit, files: files.iter().map(file).collect() }
    }

    #[test]
    fn of_equal_files_the_first_is_read_and_empty_ones_are_read_each() {
        let files = [("a", 1, 5), ("b", 2, 5), ("c", 1, 5), ("d", 0, 0), ("e", 0, 0)];
        let read = |kind| read_of(&sealed(kind, &files)).iter().map(|f| f.path.as_str().to_owned()).collect::<Vec<_>>();
        assert_eq!(read(ExhibitKind::Leak), ["a", "b", "d", "e"]);
        assert_eq!(read(ExhibitKind::Gateway).len(), 5);
        let leak = sealed(ExhibitKind::Leak, &files);
        let originals = originals(&leak);
        assert_eq!(
            originals.values().map(|(file, copies)| (file.path.as_str(), copies.len())).collect::<Vec<_>>(),
            [("a", 1)]
        );
    }
}
