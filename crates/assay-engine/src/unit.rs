//! What is scheduled: a [`Unit`], and the [`Listing`] of a container that brings new ones to light.
//!
//! A unit names its bytes by the exhibit's file and the members that lead from it, by number, since two members may share a
//! name. Files, or members of a container, whose names say that they may be volumes of one set are named together, in order:
//! a worker looks whether they are, and says so if not. Its written form is JSON: it goes to a worker in a frame and, sealed,
//! into the journal.

use assay_evidence::extract::{Access, Limits, member_access};
use assay_evidence::volumes;
use assay_model::{ExhibitId, ExhibitKind, ItemPath};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// What a worker is given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unit {
    /// The exhibit.
    pub exhibit: ExhibitId,
    /// What the exhibit is: gateway evidence is read in another way than a leak.
    pub kind: ExhibitKind,
    /// The exhibit's file that the bytes come from; of a set of volumes the one that it is called by.
    pub file: ItemPath,
    /// The volumes of the set, that file among them; none where the file is read alone.
    pub volumes: Vec<Volume>,
    /// The whole file, or some members of a container in it.
    pub scope: Scope,
}

/// A file that is a volume of a set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Volume {
    /// Its number in the set, from 1.
    pub number: u32,
    /// The exhibit's file.
    pub file: ItemPath,
}

/// Which part of a file a unit is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// The file as one item; of a set of volumes each an item, of which one holds what they hold together.
    File,
    /// Consecutive members of a container, each an item.
    Members(Members),
    /// Members of a container that may be volumes of one set.
    Set(MemberSet),
}

/// Members of a container that may be volumes of one set, each an item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberSet {
    /// The container.
    pub container: Container,
    /// The member that the set is called by.
    pub root: u32,
    /// The volumes, by their numbers in the set.
    pub volumes: Vec<MemberVolume>,
}

/// A member that is a volume of a set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberVolume {
    /// Its number in the set, from 1.
    pub number: u32,
    /// Its number in the container.
    pub at: u32,
    /// The member as the listing has it.
    pub member: Member,
}

impl MemberSet {
    /// The step into the set.
    pub fn step(&self) -> Step {
        let volumes = self.volumes.iter().map(|volume| (volume.number, volume.at)).collect();
        Step { media_type: self.container.media_type.clone(), member: self.root, volumes }
    }

    /// The path of a volume.
    pub fn path(&self, volume: &MemberVolume) -> ItemPath {
        self.container.path.member(&volume.member.name)
    }

    /// The path that the set is called by.
    pub fn root_path(&self) -> Option<ItemPath> {
        self.volumes.iter().find(|volume| volume.at == self.root).map(|root| self.path(root))
    }
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
    /// Where it is called by a set of volumes: their numbers in the set, and the members that they are.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub volumes: Vec<(u32, u32)>,
}

impl Step {
    /// A step into one member.
    pub fn of(media_type: &str, member: u32) -> Self {
        Self { media_type: media_type.to_owned(), member, volumes: Vec::new() }
    }
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
/// Ranges that a container is cut into where each walks past the members before it, at most.
const WALKED_RANGES: usize = 64;
/// Ranges that a container is cut into where each decodes it from its start, at most.
const STREAMED_RANGES: usize = 8;
/// Members and declared bytes below which such a container is one unit: decoding it twice costs more than what a second
/// worker saves.
const STREAMED_MEMBERS: usize = 16_384;
const STREAMED_BYTES: u64 = 1024 * 1024 * 1024;

impl Unit {
    /// A file of an exhibit.
    pub fn of_file(exhibit: &ExhibitId, kind: ExhibitKind, file: &ItemPath) -> Self {
        Self::of_set(exhibit, kind, file, Vec::new())
    }

    /// Files of an exhibit that may be volumes of one set, which is called by `file`.
    pub fn of_set(exhibit: &ExhibitId, kind: ExhibitKind, file: &ItemPath, volumes: Vec<Volume>) -> Self {
        Self { exhibit: exhibit.clone(), kind, file: file.clone(), volumes, scope: Scope::File }
    }

    /// The files whose descriptors go with it, in order.
    pub fn files(&self) -> Vec<&ItemPath> {
        match self.volumes.as_slice() {
            [] => vec![&self.file],
            volumes => volumes.iter().map(|volume| &volume.file).collect(),
        }
    }

    /// The units of its files or members one by one, where it puts volumes together: they are none.
    pub fn apart(&self) -> Vec<Self> {
        match &self.scope {
            Scope::File => {
                let single = |volume: &Volume| Self::of_file(&self.exhibit, self.kind, &volume.file);
                self.volumes.iter().map(single).collect()
            }
            Scope::Set(set) => {
                let single = |volume: &MemberVolume| {
                    let (first, members) = (volume.at, vec![volume.member.clone()]);
                    let scope = Scope::Members(Members { container: set.container.clone(), first, members });
                    Self { scope, ..self.clone() }
                };
                set.volumes.iter().map(single).collect()
            }
            Scope::Members(_) => Vec::new(),
        }
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
            Scope::Members(Members { container, .. }) | Scope::Set(MemberSet { container, .. }) => {
                u32::try_from(container.steps.len()).unwrap_or(u32::MAX - 1) + 1
            }
        }
    }

    /// The paths of its items, in order, with their declared sizes.
    pub fn items(&self) -> Vec<(ItemPath, u64)> {
        match &self.scope {
            Scope::File => self.files().into_iter().map(|file| (file.clone(), 0)).collect(),
            Scope::Set(set) => set.volumes.iter().map(|volume| (set.path(volume), volume.member.bytes)).collect(),
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
        let sets = sets(listing);
        let in_sets: BTreeSet<usize> = sets.iter().flat_map(|set| set.volumes.iter().map(|v| v.at as usize)).collect();
        let declared = listing.members.iter().fold(0u64, |sum, member| sum.saturating_add(member.bytes));
        let (mut most, mut most_bytes) = (RANGE_MEMBERS, RANGE_BYTES);
        let ranges = match member_access(&listing.container.media_type) {
            Access::Random => usize::MAX,
            Access::Walk => WALKED_RANGES,
            Access::Stream => {
                (most, most_bytes) = (STREAMED_MEMBERS, STREAMED_BYTES);
                STREAMED_RANGES
            }
        };
        most = most.max(listing.members.len().div_ceil(ranges));
        most_bytes = most_bytes.max(declared.div_ceil(ranges as u64));
        let mut units = Vec::new();
        let mut range: Vec<Member> = Vec::new();
        let mut bytes = 0u64;
        let mut first = 0u32;
        for (n, member) in listing.members.iter().enumerate() {
            let full = range.len() >= most || bytes.saturating_add(member.bytes) > most_bytes;
            let is_volume = in_sets.contains(&n);
            if !range.is_empty() && (full || is_volume) {
                units.push(self.of_range(listing, first, std::mem::take(&mut range)));
            }
            if is_volume {
                continue;
            }
            if range.is_empty() {
                (first, bytes) = (u32::try_from(n).unwrap_or(u32::MAX), 0);
            }
            bytes = bytes.saturating_add(member.bytes);
            range.push(member.clone());
        }
        if !range.is_empty() {
            units.push(self.of_range(listing, first, range));
        }
        units.extend(sets.into_iter().map(|set| Self { scope: Scope::Set(set), ..self.clone() }));
        units
    }

    fn of_range(&self, listing: &Listing, first: u32, members: Vec<Member>) -> Self {
        let scope = Scope::Members(Members { container: listing.container.clone(), first, members });
        Self { scope, ..self.clone() }
    }

    /// The written form.
    pub fn to_bytes(&self) -> Vec<u8> {
        let (mut members, mut set) = (None, None);
        match &self.scope {
            Scope::File => {}
            Scope::Members(range) => {
                let (container, first) = (written(&range.container), range.first);
                members = Some(WrittenMembers { container, first, members: range.members.clone() });
            }
            Scope::Set(of) => {
                let (container, root) = (written(&of.container), of.root);
                set = Some(WrittenSet { container, root, volumes: of.volumes.clone() });
            }
        }
        let unit = WrittenUnit {
            exhibit: self.exhibit.as_str().to_owned(),
            kind: self.kind.as_str().to_owned(),
            file: self.file.as_str().to_owned(),
            volumes: self.volumes.iter().map(|volume| (volume.number, volume.file.as_str().to_owned())).collect(),
            members,
            set,
        };
        // Serialising to memory fails only for maps with keys that are no text; there is none.
        serde_json::to_vec(&unit).unwrap_or_default()
    }

    /// Reads the written form.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let unit: WrittenUnit = serde_json::from_slice(bytes).ok()?;
        let scope = match (unit.members, unit.set) {
            (None, None) => Scope::File,
            (Some(range), _) => {
                Scope::Members(Members { container: read(range.container), first: range.first, members: range.members })
            }
            (None, Some(set)) => {
                Scope::Set(MemberSet { container: read(set.container), root: set.root, volumes: set.volumes })
            }
        };
        let volume = |(number, file): (u32, String)| Volume { number, file: ItemPath::from_encoded(file) };
        Some(Self {
            exhibit: ExhibitId::new(unit.exhibit),
            kind: ExhibitKind::parse(&unit.kind)?,
            file: ItemPath::from_encoded(unit.file),
            volumes: unit.volumes.into_iter().map(volume).collect(),
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

/// The members of a listing that may be sets of volumes. A set is held in memory: one that is larger than an item may be is
/// none.
fn sets(listing: &Listing) -> Vec<MemberSet> {
    let found = volumes::sets(listing.members.iter().map(|member| member.name.as_str()));
    let limit = Limits::default().item_bytes;
    let set = |set: volumes::Set| {
        let volume = |(number, index): (u32, usize)| {
            let (at, member) = (u32::try_from(index).ok()?, listing.members.get(index)?.clone());
            Some(MemberVolume { number, at, member })
        };
        let volumes: Vec<MemberVolume> = set.volumes.into_iter().map(volume).collect::<Option<_>>()?;
        let bytes = volumes.iter().fold(0u64, |sum, volume| sum.saturating_add(volume.member.bytes));
        let root = u32::try_from(set.root).ok()?;
        (bytes <= limit).then(|| MemberSet { container: listing.container.clone(), root, volumes })
    };
    found.into_iter().filter_map(set).collect()
}

#[derive(Serialize, Deserialize)]
struct WrittenUnit {
    exhibit: String,
    kind: String,
    file: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    volumes: Vec<(u32, String)>,
    members: Option<WrittenMembers>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    set: Option<WrittenSet>,
}

#[derive(Serialize, Deserialize)]
struct WrittenSet {
    container: WrittenContainer,
    root: u32,
    volumes: Vec<MemberVolume>,
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
            Scope::File | Scope::Set(_) => (0, 0),
        };
        brought.iter().map(range).collect()
    }

    #[test]
    fn a_container_is_cut_by_members_and_by_size() {
        assert_eq!(ranges("application/zip", &[1; 600]), [(0, 256), (256, 256), (512, 88)]);
        assert_eq!(ranges("application/zip", &[40 << 20, 1, 1, 40 << 20]), [(0, 1), (1, 2), (3, 1)]);
        assert_eq!(ranges("application/x-tar", &[1; 65_536]).len(), 64);
        assert!(ranges("application/zip", &[]).is_empty());
    }

    #[test]
    fn what_is_decoded_from_its_start_is_cut_into_few() {
        for media_type in ["application/x-compressed-tar", "application/x-7z-compressed", "application/mbox"] {
            assert_eq!(ranges(media_type, &[1 << 10; 4096]), [(0, 4096)]);
            assert_eq!(ranges(media_type, &[16 << 20; 4096]).len(), 8);
        }
        assert!(ranges("application/zip", &[]).is_empty());
    }

    #[test]
    fn volumes_are_one_unit_and_apart_as_many_as_they_are() {
        let exhibit = ExhibitId::new("LEAK/1");
        let mut listing = listing("application/zip", &[1; 6]);
        for (member, name) in listing.members.iter_mut().zip(["a", "x.7z.002", "b", "c", "x.7z.001", "d"]) {
            member.name = name.into();
        }
        let file = Unit::of_file(&exhibit, ExhibitKind::Leak, &ItemPath::of_file("a"));
        let brought = file.brought_by(&listing);
        let paths = |unit: &Unit| unit.items().iter().map(|(path, _)| path.as_str().to_owned()).collect::<Vec<_>>();
        let all: Vec<_> = brought.iter().map(paths).collect();
        assert_eq!(all, [vec!["a!a"], vec!["a!b", "a!c"], vec!["a!d"], vec!["a!x.7z.001", "a!x.7z.002"]]);
        let set = &brought[3];
        assert_eq!(Unit::from_bytes(&set.to_bytes()).as_ref(), Some(set));
        let apart = set.apart();
        assert_eq!(apart.iter().map(paths).collect::<Vec<_>>(), [["a!x.7z.001"], ["a!x.7z.002"]]);
        assert_eq!(apart.iter().map(Unit::generation).collect::<Vec<_>>(), [1, 1]);

        let volume = |number, file| Volume { number, file: ItemPath::of_file(file) };
        let root = ItemPath::of_file("x.zip");
        let set = Unit::of_set(&exhibit, ExhibitKind::Leak, &root, vec![volume(1, "x.z01"), volume(2, "x.zip")]);
        assert_eq!(Unit::from_bytes(&set.to_bytes()).as_ref(), Some(&set));
        assert_eq!((set.items().len(), set.files().len()), (2, 2));
        assert_eq!(set.apart().iter().map(paths).collect::<Vec<_>>(), [["x.z01"], ["x.zip"]]);
        // What a set holds is read from its volumes, too.
        assert_eq!(set.brought_by(&listing)[0].volumes, set.volumes);
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
