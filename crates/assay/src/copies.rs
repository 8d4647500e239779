//! Files of the same bytes in one exhibit, and sets of volumes of the same bytes: read once, listed each with its own path.
//!
//! Which they are is known from sealing. The first by path is read; the items of the others, members of containers among them,
//! are those of the first under another path, and become duplicates where all items are compared. Copies inside containers are
//! known only once they were opened, and are read.

use assay_analysis::detect::{Detector, ItemContext};
use assay_case::sealed::SealedExhibit;
use assay_evidence::volumes;
use assay_model::{ExhibitKind, HintBasis, Item, ItemPath, ScanSettings, SealedFile};
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

/// Gateway evidence and registers are read file by file: two logs of the same bytes are two sources.
fn is_compared(kind: ExhibitKind) -> bool {
    matches!(kind, ExhibitKind::Leak | ExhibitKind::ProofPack | ExhibitKind::PriorLeak)
}

/// What is read as one: a file, or files whose names say that they may be volumes of one set.
#[derive(Clone, Debug)]
pub(crate) struct Source<'a> {
    /// The file that it is called by.
    pub(crate) root: &'a SealedFile,
    /// The volumes by number; none of a file alone.
    pub(crate) volumes: Vec<(u32, &'a SealedFile)>,
}

/// The digests of volumes by number; of a file alone its own.
type Content = Vec<(u32, [u8; 32])>;

impl<'a> Source<'a> {
    fn files(&self) -> Vec<&'a SealedFile> {
        if self.volumes.is_empty() { vec![self.root] } else { self.volumes.iter().map(|(_, file)| *file).collect() }
    }

    /// Equal for sources of the same bytes, volume by volume.
    fn content(&self) -> Content {
        match self.volumes.as_slice() {
            [] => vec![(0, self.root.blake3)],
            volumes => volumes.iter().map(|(number, file)| (*number, file.blake3)).collect(),
        }
    }

    fn is_empty(&self) -> bool {
        self.files().iter().all(|file| file.bytes == 0)
    }
}

/// Everything that is read of an exhibit, copies with it, in the order of its files.
fn sources(sealed: &SealedExhibit) -> Vec<Source<'_>> {
    let alone = |root| Source { root, volumes: Vec::new() };
    if !is_compared(sealed.exhibit.kind) {
        return sealed.files.iter().map(alone).collect();
    }
    let sets = volumes::sets(sealed.files.iter().map(|file| file.path.as_str()));
    let in_sets: BTreeSet<usize> = sets.iter().flat_map(|set| set.volumes.iter().map(|(_, index)| *index)).collect();
    let mut roots: BTreeMap<usize, volumes::Set> = sets.into_iter().map(|set| (set.root, set)).collect();
    let mut sources = Vec::new();
    for (index, root) in sealed.files.iter().enumerate() {
        if let Some(set) = roots.remove(&index) {
            let volume = |(number, index)| Some((number, sealed.files.get::<usize>(index)?));
            sources.push(Source { root, volumes: set.volumes.into_iter().filter_map(volume).collect() });
        } else if !in_sets.contains(&index) {
            sources.push(alone(root));
        }
    }
    sources
}

/// The sources of an exhibit that are read in place of others: the first of each content that lies there more than once, with
/// the others.
fn originals(sealed: &SealedExhibit) -> Vec<(Source<'_>, Vec<Source<'_>>)> {
    let mut originals: BTreeMap<Content, (Source<'_>, Vec<Source<'_>>)> = BTreeMap::new();
    if is_compared(sealed.exhibit.kind) {
        for source in sources(sealed).into_iter().filter(|source| !source.is_empty()) {
            match originals.entry(source.content()) {
                Entry::Occupied(mut held) => held.get_mut().1.push(source),
                Entry::Vacant(free) => _ = free.insert((source, Vec::new())),
            }
        }
    }
    originals.into_values().filter(|(_, copies)| !copies.is_empty()).collect()
}

/// What is read of an exhibit: all but copies of something before, in the order of its files.
pub(crate) fn read_of(sealed: &SealedExhibit) -> Vec<Source<'_>> {
    let mut seen = BTreeSet::new();
    let mut sources = sources(sealed);
    sources.retain(|source| !is_compared(sealed.exhibit.kind) || source.is_empty() || seen.insert(source.content()));
    sources
}

/// Adds the items of copies.
pub(crate) fn add(settings: &ScanSettings, exhibits: &[SealedExhibit], items: &mut Vec<Item>) -> anyhow::Result<()> {
    let mut copies: BTreeMap<(&str, &str), Vec<&SealedFile>> = BTreeMap::new();
    for sealed in exhibits {
        for (original, others) in originals(sealed) {
            for (n, file) in original.files().into_iter().enumerate() {
                let others = others.iter().filter_map(|other| other.files().get(n).copied()).collect();
                copies.insert((sealed.exhibit.id.as_str(), file.path.as_str()), others);
            }
        }
    }
    if copies.is_empty() {
        return Ok(());
    }
    let detector = Detector::new(settings)?;
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
        let read =
            |kind| read_of(&sealed(kind, &files)).iter().map(|s| s.root.path.as_str().to_owned()).collect::<Vec<_>>();
        assert_eq!(read(ExhibitKind::Leak), ["a", "b", "d", "e"]);
        assert_eq!(read(ExhibitKind::Gateway).len(), 5);
        let leak = sealed(ExhibitKind::Leak, &files);
        let originals = originals(&leak);
        assert_eq!(
            originals.iter().map(|(file, copies)| (file.root.path.as_str(), copies.len())).collect::<Vec<_>>(),
            [("a", 1)]
        );
    }

    #[test]
    fn a_set_of_volumes_is_a_copy_as_a_whole_only() {
        let files = [("a/x.001", 1, 5), ("a/x.002", 1, 5), ("b/x.001", 1, 5), ("b/x.002", 1, 5), ("c/x.001", 1, 5)];
        let leak = sealed(ExhibitKind::Leak, &files);
        let read: Vec<_> = read_of(&leak).iter().map(|s| (s.root.path.as_str(), s.volumes.len())).collect();
        assert_eq!(read, [("a/x.001", 2), ("c/x.001", 0)]);
        let originals = originals(&leak);
        assert_eq!((originals.len(), originals[0].1[0].root.path.as_str()), (1, "b/x.001"));
    }
}
