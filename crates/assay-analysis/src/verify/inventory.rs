//! Do the items lie in a body's own listing of its server or backup? By hash, or by the end of their paths with their size.
//!
//! What stands in the listing was there when it was made; what a gang packed is listed by what is in the pack, and what lay packed on the
//! server by the pack. Sizes agree by chance: that is measured with the sizes of other items held, and taken off.

use std::collections::{BTreeSet, HashMap};

use assay_model::{Completeness, ExhibitId, ExhibitKind, ItemPath, ListedFile, Sha256, Share};

use super::VerifyInput;
use super::held::{Held, HeldItem};
use super::shares::{less, wilson};

/// How the files held stand to the listings at hand.
#[derive(Clone, Debug, Default)]
pub(super) struct Compared {
    /// The listings.
    pub(super) exhibits: Vec<ExhibitId>,
    /// Files that they list.
    pub(super) listed: u64,
    /// True where any of them has hashes.
    pub(super) hashed: bool,
    /// True where one is said to be all of a server.
    pub(super) complete: bool,
    /// Files held that a listing could have: what a gang packed is counted by what is in the pack.
    pub(super) files: u64,
    /// Of them, found by hash.
    pub(super) by_hash: u64,
    /// Of them, found by path and size.
    pub(super) by_path: u64,
    /// Of those found by path, how many would be by chance, 0 to 1.
    pub(super) chance: f64,
    /// Files of a listing that are held.
    pub(super) taken: u64,
    /// Folders of listings, at their second level, that have files held, and all of them.
    pub(super) folders: (u64, u64),
    /// Files held whose first folder is one of a listing's, and so should be in it.
    pub(super) in_scope: u64,
    /// Of them, found.
    pub(super) in_scope_found: u64,
    /// Entries of a tree or list that the gang posted, and how many of them a listing has by path.
    pub(super) posted: (u64, u64),
}

impl Compared {
    /// The share of files found, less chance; none where there is nothing to compare.
    pub(super) fn share(&self) -> Option<Share> {
        if self.listed == 0 {
            return None;
        }
        wilson(self.by_hash + self.by_path, self.files)
            .map(|share| if self.by_path > 0 { less(share, self.chance) } else { share })
    }

    /// Of what should be in the listing.
    pub(super) fn in_scope_share(&self) -> Option<Share> {
        wilson(self.in_scope_found, self.in_scope)
    }

    pub(super) fn names(&self) -> String {
        self.exhibits.iter().map(|id| id.as_str()).collect::<Vec<_>>().join(", ")
    }
}

/// Folders and name of a path, folded: no drive, no server, no leading folders of where it was mounted to be told apart.
fn parts(path: &str) -> Vec<String> {
    let path = path.replace('\\', "/");
    let path = match path.split_once(":/") {
        Some((drive, rest)) if drive.chars().count() == 1 => rest.to_owned(),
        _ => path,
    };
    path.split('/').filter(|part| !part.is_empty() && *part != ".").map(str::to_lowercase).collect()
}

/// A listed file: its folded path, its size, whether a hash stands beside it.
struct Entry {
    parts: Vec<String>,
    bytes: Option<u64>,
    is_hashed: bool,
}

/// The listings' files by name and by hash.
struct Index {
    files: Vec<Entry>,
    by_hash: HashMap<Sha256, u32>,
    by_name: HashMap<String, Vec<u32>>,
}

impl Index {
    fn new<'l>(listed: impl Iterator<Item = &'l ListedFile>) -> Self {
        let mut index = Self { files: Vec::new(), by_hash: HashMap::new(), by_name: HashMap::new() };
        for (file, n) in listed.zip(0_u32..) {
            let parts = parts(file.path.reveal());
            if let Some(digest) = file.sha256 {
                index.by_hash.entry(digest).or_insert(n);
            }
            if let Some(name) = parts.last() {
                index.by_name.entry(name.clone()).or_default().push(n);
            }
            index.files.push(Entry { parts, bytes: file.bytes, is_hashed: file.sha256.is_some() });
        }
        index
    }

    /// A file by the end of its path: the name and, where both have one, its folder; with its size where the listing has sizes. What
    /// has a hash was asked by that, unless any will do.
    fn find(&self, path: &[String], bytes: Option<u64>, any: Any) -> Option<u32> {
        let name = path.last()?;
        let folder = path.len().checked_sub(2).and_then(|at| path.get(at));
        self.by_name.get(name)?.iter().copied().find(|n| {
            self.files.get(*n as usize).is_some_and(|entry| {
                let other = entry.parts.len().checked_sub(2).and_then(|at| entry.parts.get(at));
                let folders = folder.is_none() || other.is_none() || folder == other;
                let size = entry.bytes.is_none_or(|size| bytes.is_none_or(|bytes| bytes == size));
                folders && size && (any == Any::Entry || !entry.is_hashed)
            })
        })
    }
}

/// Which entries may answer.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Any {
    /// All.
    Entry,
    /// Those without a hash.
    Unhashed,
}

/// Holds the files held against the listings of the case.
pub(super) fn compare(input: &VerifyInput<'_>, held: &Held<'_>) -> Compared {
    let of_kind = |kind| input.exhibits.iter().filter(move |exhibit| exhibit.kind == kind);
    let inventories: BTreeSet<&ExhibitId> = of_kind(ExhibitKind::Inventory).map(|exhibit| &exhibit.id).collect();
    let mine = || input.listed.iter().filter(|file| inventories.contains(&file.exhibit));
    let mut out = Compared {
        exhibits: inventories.iter().map(|id| (*id).clone()).collect(),
        listed: mine().count() as u64,
        hashed: mine().any(|file| file.sha256.is_some()),
        complete: of_kind(ExhibitKind::Inventory).any(|exhibit| exhibit.completeness == Completeness::Complete),
        ..Compared::default()
    };
    if out.listed == 0 {
        return out;
    }
    let index = Index::new(mine());
    let roots: BTreeSet<&str> =
        index.files.iter().flat_map(|entry| entry.parts.iter().take(3)).map(String::as_str).collect();
    let mut accounted: BTreeSet<(&ExhibitId, &str)> = BTreeSet::new();
    let mut taken: BTreeSet<u32> = BTreeSet::new();
    let mut files: Vec<(Vec<String>, u64, bool)> = Vec::new();
    // Containers come before what is in them: paths are sorted.
    for item in &held.items {
        if let Some(container) = item.item.path.container()
            && accounted.contains(&(&item.item.exhibit, container.as_str()))
        {
            accounted.insert((&item.item.exhibit, item.item.path.as_str()));
            continue;
        }
        let path = parts(&within(&item.item.path));
        let by_hash = index.by_hash.get(&item.item.sha256).copied().filter(|_| item.item.sha256 != Sha256::default());
        let found = by_hash.or_else(|| index.find(&path, Some(item.item.bytes), Any::Unhashed));
        match found {
            Some(n) => {
                taken.insert(n);
                accounted.insert((&item.item.exhibit, item.item.path.as_str()));
            }
            None if is_pack(item) => continue,
            // A document's parts are not files of a server.
            None if item.has_members => _ = accounted.insert((&item.item.exhibit, item.item.path.as_str())),
            None => {}
        }
        out.files += 1;
        out.by_hash += u64::from(by_hash.is_some());
        out.by_path += u64::from(by_hash.is_none() && found.is_some());
        if path.len() > 1 && path.first().is_some_and(|root| roots.contains(root.as_str())) {
            out.in_scope += 1;
            out.in_scope_found += u64::from(found.is_some());
        }
        files.push((path, item.item.bytes, found.is_some()));
    }
    if out.by_path > 0 {
        out.chance = by_chance(&index, &files);
    }
    out.taken = taken.len() as u64;
    let folder = |n: &u32| index.files.get(*n as usize).map(|entry| folder_of(&entry.parts));
    let with_taken: BTreeSet<_> = taken.iter().filter_map(folder).collect();
    let all: BTreeSet<_> = index.files.iter().map(|entry| folder_of(&entry.parts)).collect();
    out.folders = (with_taken.len() as u64, all.len() as u64);
    let posted = input.listed.iter().filter(|file| held.exhibits.contains(&file.exhibit));
    for file in posted {
        out.posted.0 += 1;
        out.posted.1 += u64::from(index.find(&parts(file.path.reveal()), file.bytes, Any::Entry).is_some());
    }
    out
}

/// The folder of a listed file, at most five deep.
fn folder_of(parts: &[String]) -> &[String] {
    let folders = parts.len().saturating_sub(1);
    parts.get(..folders.min(5)).unwrap_or_default()
}

/// The path inside the innermost pack: that is how the file lay before it was packed.
fn within(path: &ItemPath) -> String {
    path.as_str().rsplit('!').next().unwrap_or_default().replace("%21", "!").replace("%25", "%")
}

/// A container that may be how the gang packed what it took.
fn is_pack(item: &HeldItem<'_>) -> bool {
    const KINDS: [&str; 9] = ["zip", "tar", "gzip", "7z", "rar", "bzip", "xz", "zst", "iso9660"];
    let media = item.content.media_type.as_str();
    let office = ["openxml", "opendocument", "officedocument"].iter().any(|kind| media.contains(kind));
    item.has_members && !office && KINDS.iter().any(|kind| media.contains(kind))
}

/// The share of the files held that would be found if each had the size of the next: names alike, sizes not.
fn by_chance(index: &Index, files: &[(Vec<String>, u64, bool)]) -> f64 {
    let sizes = files.iter().cycle().skip(1).map(|(_, bytes, _)| *bytes);
    let found = files
        .iter()
        .zip(sizes)
        .filter(|((path, bytes, _), other)| bytes != other && index.find(path, Some(*other), Any::Unhashed).is_some());
    let compared = files.iter().zip(files.iter().cycle().skip(1)).filter(|(a, b)| a.1 != b.1).count();
    found.count() as f64 / compared.max(1) as f64
}
