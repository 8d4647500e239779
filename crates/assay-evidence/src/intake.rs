//! Sealing: lists the files of a source, hashes them, and gives the exhibit that stands for them.
//!
//! It opens files for reading only, asks the system to leave their access times alone, never follows a symbolic link,
//! and does not look at what the files hold: typing and reading is for `extract`. Warnings count what was passed over
//! and name no path, since paths in a leak name people.

use assay_model::{Completeness, ControllerId, Exhibit, ExhibitId, ExhibitKind, ItemPath, SealedFile, Sha256, Warning};
use rayon::prelude::*;
use rustix::fs::OFlags;
use sha2::Digest;
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Component, Path, PathBuf};

/// Bytes hashed at a time: large enough that the digest dominates the system calls.
const CHUNK: usize = 256 * 1024;

/// Folders nested deeper than this are passed over with a warning: a path of this depth exceeds what Linux opens at
/// once.
const FOLDER_DEPTH: usize = 1024;

/// A source to be sealed, as the case file describes it.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    /// Its number in the case.
    pub id: &'a ExhibitId,
    /// What it is.
    pub kind: ExhibitKind,
    /// A folder or a single file.
    pub path: &'a Path,
    /// How much of the claimed data it is.
    pub completeness: Completeness,
    /// Who handed it over.
    pub custodian: &'a str,
    /// The controller, for a register.
    pub controller: Option<&'a ControllerId>,
}

/// An exhibit and its files.
#[derive(Clone, Debug)]
pub struct Sealed {
    /// The exhibit.
    pub exhibit: Exhibit,
    /// Its files, sorted by path.
    pub files: Vec<SealedFile>,
    /// What was passed over, counted.
    pub warnings: Vec<Warning>,
}

/// Why a source could not be sealed, or a sealed file not opened.
#[derive(Debug, thiserror::Error)]
pub enum IntakeError {
    /// The path of the case file leads nowhere or may not be read.
    #[error("exhibit {exhibit}: {path} cannot be read\n  remedy: check the path and its permissions")]
    Source {
        /// The exhibit.
        exhibit: ExhibitId,
        /// The path that the case file gives.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The path of the case file is neither a folder nor a regular file.
    #[error(
        "exhibit {exhibit}: {path} is neither a folder nor a file\n  remedy: name the folder or file itself, not a link or device"
    )]
    Kind {
        /// The exhibit.
        exhibit: ExhibitId,
        /// The path that the case file gives.
        path: PathBuf,
    },
    /// A sealed file does not open any more. Its path is withheld: it may name a person.
    #[error("a sealed file cannot be opened\n  remedy: check that the exhibit is still in its place, unchanged")]
    Open(#[source] io::Error),
    /// A path that would lead out of its exhibit.
    #[error("a path leads out of its exhibit")]
    Outside,
}

/// What was passed over, by kind; sorted, so that warnings come in one order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Passed {
    Link,
    Special,
    Unreadable,
    Folder,
    Deep,
}

impl Passed {
    fn words(self) -> &'static str {
        match self {
            Self::Link => "symbolic links not followed",
            Self::Special => "special files (devices, pipes, sockets) skipped",
            Self::Unreadable => "files that could not be read",
            Self::Folder => "folders that could not be listed",
            Self::Deep => "folders nested too deeply to be listed",
        }
    }
}

/// Seals a folder or a single file: lists it, hashes every file, and hashes the list.
///
/// `progress` is told of bytes as they are hashed, from several threads. Each file is hashed with SHA-256 and BLAKE3 in one pass; the
/// exhibit's two digests are of lines `digest  size  path` with the like digest, each ended by a line feed, sorted by path.
pub fn seal(source: &Source<'_>, progress: &(dyn Fn(u64) + Sync)) -> Result<Sealed, IntakeError> {
    let Listed { found, mut passed, is_folder } = list(source)?;
    let root = root(source.path);
    let mut files = Vec::with_capacity(found.len());
    let hashed: Vec<_> = found.par_iter().map(|(_, disk)| hash(&root, disk, progress)).collect();
    for ((path, disk), hashed) in found.into_iter().zip(hashed) {
        match hashed {
            Ok(hashed) => files.push(hashed.file(path, disk)),
            // The one file is the exhibit: there is nothing to seal without it.
            Err(IntakeError::Open(error)) if !is_folder => return Err(unreadable(source)(error)),
            Err(_) => *passed.entry(Passed::Unreadable).or_default() += 1,
        }
    }
    let (sha256, blake3) = list_digests(&files);
    let exhibit = Exhibit {
        id: source.id.clone(),
        kind: source.kind,
        files: files.len() as u64,
        bytes: files.iter().map(|file| file.bytes).sum(),
        sha256,
        blake3,
        completeness: source.completeness,
        custodian: source.custodian.to_owned(),
        controller: source.controller.cloned(),
    };
    let warnings = passed.iter().map(|(kind, count)| Warning(format!("{}: {count}", kind.words()))).collect();
    Ok(Sealed { exhibit, files, warnings })
}

/// The files of a source, sorted by path, and what was passed over.
struct Listed {
    found: Vec<(ItemPath, PathBuf)>,
    passed: BTreeMap<Passed, u64>,
    is_folder: bool,
}

fn list(source: &Source<'_>) -> Result<Listed, IntakeError> {
    let meta = std::fs::symlink_metadata(source.path).map_err(unreadable(source))?;
    // A link to a folder is the user's own choice of place; links inside an exhibit are the packer's, and stay
    // unfollowed.
    let is_folder = meta.is_dir() || meta.is_symlink() && source.path.is_dir();
    let mut passed = BTreeMap::new();
    let mut found = Vec::new();
    if is_folder {
        walk(source.path, &mut found, &mut passed).map_err(unreadable(source))?;
    } else if meta.is_file() {
        let name = source.path.file_name().unwrap_or(OsStr::new("file"));
        found.push((encoded(Path::new(name)), PathBuf::from(name)));
    } else {
        return Err(IntakeError::Kind { exhibit: source.id.clone(), path: source.path.to_owned() });
    }
    found.sort();
    Ok(Listed { found, passed, is_folder })
}

fn unreadable<'a>(source: &'a Source<'_>) -> impl Fn(io::Error) -> IntakeError + 'a {
    |error| IntakeError::Source { exhibit: source.id.clone(), path: source.path.to_owned(), source: error }
}

/// A file as it lies now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Surveyed {
    /// Where on disk, relative to [`root`].
    pub disk: PathBuf,
    /// Its size in bytes.
    pub bytes: u64,
    /// When the file system says it was last modified.
    pub modified: Option<jiff::Timestamp>,
}

/// The files that [`seal`] would hash, in its order, without opening them: enough to see that nothing was touched.
pub fn survey(source: &Source<'_>) -> Result<Vec<Surveyed>, IntakeError> {
    let root = root(source.path);
    let file = |(_, disk): (ItemPath, PathBuf)| {
        let meta = std::fs::symlink_metadata(root.join(&disk)).ok()?;
        Some(Surveyed { disk, bytes: meta.len(), modified: modified(&meta) })
    };
    Ok(list(source)?.found.into_iter().filter_map(file).collect())
}

/// What the `disk` paths of a source's files are relative to: a folder itself, or a single file's folder.
pub fn root(path: &Path) -> PathBuf {
    if path.is_dir() {
        return path.to_owned();
    }
    match path.parent() {
        Some(parent) if parent != Path::new("") => parent.to_owned(),
        _ => PathBuf::from("."),
    }
}

/// Opens a sealed file for reading; never through a symbolic link as its last step, never out of `root`.
pub fn open(root: &Path, disk: &Path) -> Result<File, IntakeError> {
    if !disk.components().all(|part| matches!(part, Component::Normal(_))) {
        return Err(IntakeError::Outside);
    }
    let path = root.join(disk);
    // NONBLOCK: a pipe put in the file's place after listing must not hang the reader.
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
    let with = |flags: OFlags| File::options().read(true).custom_flags(flags.bits() as i32).open(&path);
    // Reading evidence should leave no trace in its access times; only a file's owner may ask for that.
    let file = match with(flags | OFlags::NOATIME) {
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => with(flags),
        other => other,
    };
    let file = file.map_err(IntakeError::Open)?;
    if !file.metadata().map_err(IntakeError::Open)?.is_file() {
        return Err(IntakeError::Open(io::ErrorKind::InvalidInput.into()));
    }
    Ok(file)
}

/// SHA-256 of bytes in memory, for members of containers.
pub fn digest(bytes: &[u8]) -> Sha256 {
    Sha256(sha2::Sha256::digest(bytes).into())
}

type Found = Vec<(ItemPath, PathBuf)>;

fn walk(top: &Path, found: &mut Found, passed: &mut BTreeMap<Passed, u64>) -> io::Result<()> {
    let mut pending = vec![(PathBuf::new(), 0_usize)];
    while let Some((folder, depth)) = pending.pop() {
        let entries = match std::fs::read_dir(top.join(&folder)) {
            Ok(entries) => entries,
            Err(error) if depth == 0 => return Err(error),
            Err(_) => {
                *passed.entry(Passed::Folder).or_default() += 1;
                continue;
            }
        };
        for entry in entries {
            let Ok((entry, kind)) = entry.and_then(|entry| entry.file_type().map(|kind| (entry, kind))) else {
                *passed.entry(Passed::Unreadable).or_default() += 1;
                continue;
            };
            let disk = folder.join(entry.file_name());
            if kind.is_symlink() {
                *passed.entry(Passed::Link).or_default() += 1;
            } else if kind.is_file() {
                found.push((encoded(&disk), disk));
            } else if !kind.is_dir() {
                *passed.entry(Passed::Special).or_default() += 1;
            } else if depth >= FOLDER_DEPTH {
                *passed.entry(Passed::Deep).or_default() += 1;
            } else {
                pending.push((disk, depth + 1));
            }
        }
    }
    Ok(())
}

/// The item path of a relative path; bytes that are not UTF-8 are percent-encoded, so that two names never become one.
fn encoded(disk: &Path) -> ItemPath {
    let mut out = String::new();
    for part in disk.components() {
        if !out.is_empty() {
            out.push('/');
        }
        for chunk in part.as_os_str().as_bytes().utf8_chunks() {
            out.push_str(ItemPath::of_file(chunk.valid()).as_str());
            chunk.invalid().iter().for_each(|byte| out.push_str(&format!("%{byte:02X}")));
        }
    }
    ItemPath::from_encoded(out)
}

fn modified(meta: &std::fs::Metadata) -> Option<jiff::Timestamp> {
    meta.modified().ok().and_then(|time| jiff::Timestamp::try_from(time).ok())
}

/// What one pass over a file gives.
struct Hashed {
    bytes: u64,
    sha256: Sha256,
    blake3: [u8; 32],
    modified: Option<jiff::Timestamp>,
}

impl Hashed {
    fn file(self, path: ItemPath, disk: PathBuf) -> SealedFile {
        let Self { bytes, sha256, blake3, modified } = self;
        SealedFile { path, disk, bytes, sha256, blake3, modified }
    }
}

fn hash(root: &Path, disk: &Path, progress: &dyn Fn(u64)) -> Result<Hashed, IntakeError> {
    let mut file = open(root, disk)?;
    let modified = file.metadata().ok().and_then(|meta| modified(&meta));
    let mut sha256 = sha2::Sha256::new();
    let mut blake3 = blake3::Hasher::new();
    let mut buffer = vec![0; CHUNK];
    let mut bytes = 0;
    loop {
        match file.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => {
                sha256.update(&buffer[..count]);
                blake3.update(&buffer[..count]);
                bytes += count as u64;
                progress(count as u64);
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(IntakeError::Open(error)),
        }
    }
    let (sha256, blake3) = (Sha256(sha256.finalize().into()), *blake3.finalize().as_bytes());
    Ok(Hashed { bytes, sha256, blake3, modified })
}

fn list_digests(files: &[SealedFile]) -> (Sha256, [u8; 32]) {
    let mut sha256 = sha2::Sha256::new();
    let mut blake3 = blake3::Hasher::new();
    for file in files {
        sha256.update(format!("{}  {}  {}\n", file.sha256, file.bytes, file.path).as_bytes());
        let digest = blake3::Hash::from_bytes(file.blake3);
        blake3.update(format!("{digest}  {}  {}\n", file.bytes, file.path).as_bytes());
    }
    (Sha256(sha256.finalize().into()), *blake3.finalize().as_bytes())
}

#[cfg(test)]
mod tests {
    use super::{IntakeError, Sealed, Source, digest, open, root, seal};
    use assay_model::{Completeness, ExhibitId, ExhibitKind};
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    use std::path::Path;
    use std::sync::atomic::{AtomicU64, Ordering};

    fn sealed(path: &Path, progress: &(dyn Fn(u64) + Sync)) -> Result<Sealed, IntakeError> {
        let id = ExhibitId::new("LEAK/1");
        let source = Source {
            id: &id,
            kind: ExhibitKind::Leak,
            path,
            completeness: Completeness::Sample,
            custodian: "Information governance",
            controller: None,
        };
        seal(&source, progress)
    }

    #[test]
    fn a_folder_is_sealed_in_the_order_of_its_paths_and_passes_over_links() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(dir.path().join("b/deep")).unwrap();
        std::fs::write(dir.path().join("b/deep/x.txt"), "abc").unwrap();
        std::fs::write(dir.path().join("a!.txt"), "").unwrap();
        std::fs::write(dir.path().join(OsStr::from_bytes(b"caf\xe9.txt")), "1").unwrap();
        std::os::unix::fs::symlink("/etc/passwd", dir.path().join("link")).unwrap();
        let seen = AtomicU64::new(0);
        let sealed = sealed(dir.path(), &|bytes| _ = seen.fetch_add(bytes, Ordering::Relaxed)).unwrap();
        let list: Vec<_> = sealed.files.iter().map(|file| format!("{} {}", file.path, file.bytes)).collect();
        assert_eq!(list, ["a%21.txt 0", "b/deep/x.txt 3", "caf%E9.txt 1"]);
        assert_eq!(sealed.warnings[0].0, "symbolic links not followed: 1");
        assert_eq!((sealed.exhibit.files, sealed.exhibit.bytes, seen.into_inner()), (3, 4, 4));
        assert_eq!(
            sealed.files[1].sha256.to_string(),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
        let lines: String =
            sealed.files.iter().map(|file| format!("{}  {}  {}\n", file.sha256, file.bytes, file.path)).collect();
        assert_eq!(sealed.exhibit.sha256, digest(lines.as_bytes()));
        assert_eq!(sealed.files[1].blake3, *blake3::hash(b"abc").as_bytes());
        let digest = |file: &super::SealedFile| blake3::Hash::from_bytes(file.blake3);
        let lines: String =
            sealed.files.iter().map(|file| format!("{}  {}  {}\n", digest(file), file.bytes, file.path)).collect();
        assert_eq!(sealed.exhibit.blake3, *blake3::hash(lines.as_bytes()).as_bytes());
        assert!(open(&root(dir.path()), &sealed.files[2].disk).is_ok());
    }

    #[test]
    fn a_single_file_is_an_exhibit_and_a_link_to_one_is_not() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("claim.json");
        std::fs::write(&file, "{}").unwrap();
        let of_file = sealed(&file, &|_| {}).unwrap();
        assert_eq!(of_file.files[0].path.as_str(), "claim.json");
        assert!(open(&root(&file), &of_file.files[0].disk).is_ok());
        std::os::unix::fs::symlink(&file, dir.path().join("link")).unwrap();
        assert!(matches!(sealed(&dir.path().join("link"), &|_| {}), Err(IntakeError::Kind { .. })));
        assert!(matches!(sealed(&dir.path().join("absent"), &|_| {}), Err(IntakeError::Source { .. })));
    }

    #[test]
    fn nothing_outside_the_root_is_opened() {
        let dir = tempfile::tempdir().unwrap();
        for path in ["../x", "/etc/passwd", "a/../../x"] {
            assert!(matches!(open(dir.path(), Path::new(path)), Err(IntakeError::Outside)));
        }
        std::os::unix::fs::symlink("/etc/passwd", dir.path().join("link")).unwrap();
        assert!(matches!(open(dir.path(), Path::new("link")), Err(IntakeError::Open(_))));
    }
}
