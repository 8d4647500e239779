//! What is scheduled: a [`Unit`], and the [`Listing`] of a container that brings new ones to light.
//!
//! A unit names its bytes by the exhibit's file and the members that lead from it, by number, since two members may share a
//! name. Its written form is JSON: it goes to a worker in a frame and, sealed, into the journal.

use assay_model::{ExhibitId, ExhibitKind, ItemPath};
use serde::{Deserialize, Serialize};

/// What a worker is given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unit {
    /// The exhibit.
    pub exhibit: ExhibitId,
    /// What the exhibit is: gateway evidence is read in another way than a leak.
    pub kind: ExhibitKind,
    /// The exhibit's file that the bytes come from.
    pub file: ItemPath,
    /// The whole file, or some members of a container in it.
    pub scope: Scope,
}

/// Which part of a file a unit is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// The file as one item.
    File,
    /// Consecutive members of a container, each an item.
    Members(Members),
}

/// Consecutive members of a container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Members {
    /// The container.
    pub container: Container,
    /// The number of the first member, from 0.
    pub first: u32,
    /// The members as the listing has them.
    pub members: Vec<Member>,
}

/// A container and the way to it from the exhibit's file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Container {
    /// Its path.
    pub path: ItemPath,
    /// Its type, as extraction named it.
    pub media_type: String,
    /// The containers to step through, outermost first; empty where the file itself is the container.
    pub steps: Vec<Step>,
}

/// One step into a container.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// The type of the container stepped into.
    pub media_type: String,
    /// The number of the member taken.
    pub member: u32,
}

/// A member as a listing names it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// Its name, unique in its container.
    pub name: String,
    /// Its size as declared, 0 where it is not.
    pub bytes: u64,
}

/// What a container holds, as a worker found it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listing {
    /// The container.
    pub container: Container,
    /// Its members in order.
    pub members: Vec<Member>,
}

/// Members in one unit, at most.
const RANGE_MEMBERS: usize = 256;
/// Declared bytes in one unit, about.
const RANGE_BYTES: u64 = 32 * 1024 * 1024;
/// Ranges that a container without random access is cut into, at most: each reads it from its start.
const SEQUENTIAL_RANGES: usize = 4;

impl Unit {
    /// A file of an exhibit.
    pub fn of_file(exhibit: &ExhibitId, kind: ExhibitKind, file: &ItemPath) -> Self {
        Self { exhibit: exhibit.clone(), kind, file: file.clone(), scope: Scope::File }
    }

    /// The unit's id: 32 hex digits of BLAKE3 over the exhibit's hash and the unit's place in it.
    pub fn id(&self, exhibit_hash: &[u8; 32]) -> String {
        let mut hasher = blake3::Hasher::new();
        hasher.update(exhibit_hash);
        hasher.update(&self.to_bytes());
        hasher.finalize().to_hex().chars().take(32).collect()
    }

    /// How many listings lie between the exhibit and the unit.
    pub fn generation(&self) -> u32 {
        match &self.scope {
            Scope::File => 0,
            Scope::Members(members) => u32::try_from(members.container.steps.len()).unwrap_or(u32::MAX - 1) + 1,
        }
    }

    /// The paths of its items, in order, with their declared sizes.
    pub fn items(&self) -> Vec<(ItemPath, u64)> {
        match &self.scope {
            Scope::File => vec![(self.file.clone(), 0)],
            Scope::Members(range) => {
                range.members.iter().map(|m| (range.container.path.member(&m.name), m.bytes)).collect()
            }
        }
    }

    /// The unit's members as units of their own: how the one item that brings workers down is found.
    pub fn singly(&self) -> Vec<Self> {
        let Scope::Members(range) = &self.scope else { return vec![self.clone()] };
        let single = |(n, member): (usize, &Member)| Self {
            scope: Scope::Members(Members {
                container: range.container.clone(),
                first: range.first.saturating_add(u32::try_from(n).unwrap_or(u32::MAX)),
                members: vec![member.clone()],
            }),
            ..self.clone()
        };
        range.members.iter().enumerate().map(single).collect()
    }

    /// The units that a listing in this unit brings to light.
    pub fn brought_by(&self, listing: &Listing) -> Vec<Self> {
        let declared = listing.members.iter().fold(0u64, |sum, member| sum.saturating_add(member.bytes));
        let (mut most, mut most_bytes) = (RANGE_MEMBERS, RANGE_BYTES);
        if !has_random_access(&listing.container.media_type) {
            most = most.max(listing.members.len().div_ceil(SEQUENTIAL_RANGES));
            most_bytes = most_bytes.max(declared.div_ceil(SEQUENTIAL_RANGES as u64));
        }
        let mut units = Vec::new();
        let mut range: Vec<Member> = Vec::new();
        let mut bytes = 0u64;
        let mut first = 0u32;
        for member in &listing.members {
            if !range.is_empty() && (range.len() >= most || bytes.saturating_add(member.bytes) > most_bytes) {
                let next = first.saturating_add(u32::try_from(range.len()).unwrap_or(u32::MAX));
                units.push(self.of_range(listing, first, std::mem::take(&mut range)));
                (first, bytes) = (next, 0);
            }
            bytes = bytes.saturating_add(member.bytes);
            range.push(member.clone());
        }
        if !range.is_empty() {
            units.push(self.of_range(listing, first, range));
        }
        units
    }

    fn of_range(&self, listing: &Listing, first: u32, members: Vec<Member>) -> Self {
        let scope = Scope::Members(Members { container: listing.container.clone(), first, members });
        Self { scope, ..self.clone() }
    }

    /// The written form.
    pub fn to_bytes(&self) -> Vec<u8> {
        let members = match &self.scope {
            Scope::File => None,
            Scope::Members(range) => Some(WrittenMembers {
                container: written(&range.container),
                first: range.first,
                members: range.members.clone(),
            }),
        };
        let unit = WrittenUnit {
            exhibit: self.exhibit.as_str().to_owned(),
            kind: self.kind.as_str().to_owned(),
            file: self.file.as_str().to_owned(),
            members,
        };
        // Serialising to memory fails only for maps with keys that are no text; there is none.
        serde_json::to_vec(&unit).unwrap_or_default()
    }

    /// Reads the written form.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let unit: WrittenUnit = serde_json::from_slice(bytes).ok()?;
        let scope = match unit.members {
            None => Scope::File,
            Some(range) => {
                Scope::Members(Members { container: read(range.container), first: range.first, members: range.members })
            }
        };
        Some(Self {
            exhibit: ExhibitId::new(unit.exhibit),
            kind: ExhibitKind::parse(&unit.kind)?,
            file: ItemPath::from_encoded(unit.file),
            scope,
        })
    }
}

impl Listing {
    /// The written form.
    pub fn to_bytes(&self) -> Vec<u8> {
        let listing = WrittenListing { container: written(&self.container), members: self.members.clone() };
        serde_json::to_vec(&listing).unwrap_or_default()
    }

    /// Reads the written form.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let listing: WrittenListing = serde_json::from_slice(bytes).ok()?;
        Some(Self { container: read(listing.container), members: listing.members })
    }
}

/// Zip and mail stores have a directory, and mail is small; anything else is read from its start.
fn has_random_access(media_type: &str) -> bool {
    [
        "application/zip",
        "message/rfc822",
        "message/x-emlx",
        "application/vnd.ms-outlook",
        "application/vnd.ms-outlook-pst",
        "application/vnd.ms-tnef",
    ]
    .contains(&media_type)
}

#[derive(Serialize, Deserialize)]
struct WrittenUnit {
    exhibit: String,
    kind: String,
    file: String,
    members: Option<WrittenMembers>,
}

#[derive(Serialize, Deserialize)]
struct WrittenMembers {
    container: WrittenContainer,
    first: u32,
    members: Vec<Member>,
}

#[derive(Serialize, Deserialize)]
struct WrittenListing {
    container: WrittenContainer,
    members: Vec<Member>,
}

#[derive(Serialize, Deserialize)]
struct WrittenContainer {
    path: String,
    media_type: String,
    steps: Vec<Step>,
}

fn written(container: &Container) -> WrittenContainer {
    WrittenContainer {
        path: container.path.as_str().to_owned(),
        media_type: container.media_type.clone(),
        steps: container.steps.clone(),
    }
}

fn read(container: WrittenContainer) -> Container {
    Container { path: ItemPath::from_encoded(container.path), media_type: container.media_type, steps: container.steps }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listing(media_type: &str, sizes: &[u64]) -> Listing {
        let container = Container { path: ItemPath::of_file("a"), media_type: media_type.into(), steps: Vec::new() };
        let member = |(n, &bytes): (usize, &u64)| Member { name: format!("m{n}"), bytes };
        Listing { container, members: sizes.iter().enumerate().map(member).collect() }
    }

    fn ranges(media_type: &str, sizes: &[u64]) -> Vec<(u32, usize)> {
        let file = Unit::of_file(&ExhibitId::new("LEAK/1"), ExhibitKind::Leak, &ItemPath::of_file("a"));
        let brought = file.brought_by(&listing(media_type, sizes));
        let range = |unit: &Unit| match &unit.scope {
            Scope::Members(range) => (range.first, range.members.len()),
            Scope::File => (0, 0),
        };
        brought.iter().map(range).collect()
    }

    #[test]
    fn a_container_is_cut_by_members_and_by_size() {
        assert_eq!(ranges("application/zip", &[1; 600]), [(0, 256), (256, 256), (512, 88)]);
        assert_eq!(ranges("application/zip", &[40 << 20, 1, 1, 40 << 20]), [(0, 1), (1, 2), (3, 1)]);
        assert_eq!(ranges("application/gzip", &[1; 4096]).len(), 4);
        assert!(ranges("application/zip", &[]).is_empty());
    }

    #[test]
    fn a_unit_reads_back_and_its_id_is_its_place() {
        let file = Unit::of_file(&ExhibitId::new("LEAK/1"), ExhibitKind::Leak, &ItemPath::of_file("a"));
        let brought = file.brought_by(&listing("application/zip", &[1, 2]));
        for unit in brought.iter().chain([&file]) {
            assert_eq!(Unit::from_bytes(&unit.to_bytes()).as_ref(), Some(unit));
        }
        assert_ne!(file.id(&[0; 32]), brought[0].id(&[0; 32]));
        assert_ne!(file.id(&[0; 32]), file.id(&[1; 32]));
        let single: Vec<_> = brought[0].singly().iter().flat_map(Unit::items).collect();
        assert_eq!(single, brought[0].items());
        assert_eq!(Unit::from_bytes(b"{}"), None);
    }
}
