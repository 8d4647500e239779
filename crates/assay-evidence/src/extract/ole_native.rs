//! What OLE objects wrap: a packaged file with its own name, a stream that holds a whole document, or the storage of
//! another Office document, given as a compound file of its own.
//!
//! Links to files elsewhere and the pictures that stand for an object are not followed.

use super::little_endian::{u16_at, u32_at};
use super::ole::{self, Compound};
use super::{MemberEntry, Names, ReadSeek, Visit, charset, read_at_most};
use assay_model::UnreadReason;

/// A file that the packager wrapped (`\u{1}Ole10Native`).
pub(super) struct Native {
    /// Its name as shown; may be empty.
    pub(super) name: String,
    /// Where it lay when it was packed, and where the packager kept it; a path often names a user.
    pub(super) paths: Vec<String>,
    /// Its bytes.
    pub(super) content: Vec<u8>,
}

/// Strings of this stream are paths: none is longer.
const PATH: usize = 4096;

/// Reads the stream of a packaged file. Its layout is in no specification; this is what all writers since Windows 3.1
/// keep: size of what follows, a kind, name and source path ending in zeros, four bytes, the length and text of a
/// temporary path, the length and bytes of the file, then often the three strings once more as UTF-16.
pub(super) fn native(stream: &[u8]) -> Option<Native> {
    let declared = u32_at(stream, 0)? as usize;
    let full = || -> Option<Native> {
        if u16_at(stream, 4)? != 2 {
            return None;
        }
        let mut at = 6;
        let name = zero_ended(stream, &mut at)?;
        let source = zero_ended(stream, &mut at)?;
        // Two zeros, then a three.
        at = at.checked_add(4)?;
        let length = u32_at(stream, at)? as usize;
        at = at.checked_add(4)?.checked_add(length)?;
        let temporary = stream.get(at.checked_sub(length)?..at).filter(|bytes| bytes.len() <= PATH)?;
        let size = u32_at(stream, at)? as usize;
        at = at.checked_add(4)?;
        let content = stream.get(at..)?;
        let after = content.get(size..).unwrap_or_default();
        let content = content.get(..size).unwrap_or(content).to_vec();
        let [mut temporary, mut name, mut source] = [text(temporary), name, source];
        if let Some([wide_temporary, wide_name, wide_source]) = wide(after) {
            (temporary, name, source) = (wide_temporary, wide_name, wide_source);
        }
        let mut paths: Vec<String> = [source, temporary].into_iter().filter(|path| !path.is_empty()).collect();
        paths.dedup();
        Some(Native { name, paths, content })
    };
    // Some writers put the bare bytes behind the size.
    let bare = || {
        let content = stream.get(4..)?;
        let content = content.get(..declared).unwrap_or(content);
        (!content.is_empty()).then(|| Native { name: String::new(), paths: Vec::new(), content: content.to_vec() })
    };
    full().or_else(bare)
}

fn zero_ended(stream: &[u8], at: &mut usize) -> Option<String> {
    let rest = stream.get(*at..)?;
    let length = rest.iter().take(PATH).position(|byte| *byte == 0)?;
    *at = at.checked_add(length + 1)?;
    rest.get(..length).map(text)
}

fn text(bytes: &[u8]) -> String {
    let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
    charset::decode(bytes.get(..end).unwrap_or_default().to_vec()).text
}

/// The temporary path, the name and the source as UTF-16, each behind its length in characters.
fn wide(mut rest: &[u8]) -> Option<[String; 3]> {
    let mut next = || -> Option<String> {
        let units = u32_at(rest, 0)? as usize;
        let bytes = rest.get(4..)?.get(..units.checked_mul(2).filter(|bytes| *bytes <= PATH)?)?;
        rest = rest.get(4 + bytes.len()..)?;
        Some(encoding_rs::UTF_16LE.decode_without_bom_handling(bytes).0.trim_end_matches('\0').to_owned())
    };
    let found = [next()?, next()?, next()?];
    (!found[1].is_empty()).then_some(found)
}

/// Something that a storage holds.
pub(super) struct Object {
    /// Its name: the packaged file's own, or the storage's with an ending that fits.
    pub(super) name: String,
    /// Paths that the packager left; see [`Native::paths`].
    pub(super) paths: Vec<String>,
    /// Its bytes.
    pub(super) content: Vec<u8>,
}

/// How deep storages lie in storages before the rest is let be.
const DEPTH: u32 = 16;

/// The objects in a storage and in the storages below it, in the order of the directory. A storage that is itself a
/// document comes as one object, and is not searched further.
pub(super) fn objects(file: &Compound, storage: usize) -> Vec<Object> {
    let mut found = Vec::new();
    search(file, storage, "", DEPTH, &mut found);
    found
}

fn search(file: &Compound, storage: usize, path: &str, depth: u32, found: &mut Vec<Object>) {
    for child in file.children(storage) {
        let name = file.name(child).to_owned();
        let path = if path.is_empty() { clean(&name) } else { format!("{path}/{}", clean(&name)) };
        if file.is_storage(child) {
            if let Some(ending) = document_ending(file, child) {
                found.push(Object { name: format!("{path}{ending}"), paths: Vec::new(), content: file.rebuilt(child) });
            } else if depth > 0 {
                search(file, child, &path, depth - 1, found);
            }
            continue;
        }
        match name.to_ascii_lowercase().as_str() {
            "\u{1}ole10native" => {
                if let Some(Native { name, paths, content }) = native(&file.stream(child)) {
                    let last = |path: &String| path.rsplit(['\\', '/']).next().map(str::to_owned);
                    let name = if name.is_empty() { paths.first().and_then(last).unwrap_or(path) } else { name };
                    found.push(Object { name, paths, content });
                }
            }
            // A whole file in a stream: a package of Office, an OpenDocument file, a PDF and the like.
            "package" | "embeddedodf" | "contents" | "\u{1}ole10itemname" => {
                let content = file.stream(child);
                // Works and Publisher keep their own text in a stream of this name.
                let own = name.eq_ignore_ascii_case("contents") && !is_file(&content);
                if !content.is_empty() && name != "\u{1}Ole10ItemName" && !own {
                    found.push(Object { name: path, paths: Vec::new(), content });
                }
            }
            _ => {}
        }
    }
}

/// Whether bytes begin as files do that programs keep in streams.
fn is_file(content: &[u8]) -> bool {
    const BEGINNINGS: &[&[u8]] = &[
        b"%PDF",
        b"PK\x03\x04",
        b"{\\rtf",
        b"<",
        b"\x89PNG",
        b"\xff\xd8\xff",
        b"GIF8",
        b"BM",
        b"II*\0",
        b"MM\0*",
        ole::MAGIC,
    ];
    BEGINNINGS.iter().any(|beginning| content.starts_with(beginning))
}

/// Names of streams begin with control characters; names of members do not.
fn clean(name: &str) -> String {
    name.chars().filter(|character| !character.is_control()).collect()
}

/// Documents that lie in a storage: their telling stream, and the ending of their files.
pub(super) const DOCUMENTS: &[(&str, &str)] = &[
    ("WordDocument", ".doc"),
    ("Workbook", ".xls"),
    ("Book", ".xls"),
    ("PowerPoint Document", ".ppt"),
    ("VisioDocument", ".vsd"),
    ("__properties_version1.0", ".msg"),
];

/// The ending of a document whose streams lie in a storage.
fn document_ending(file: &Compound, storage: usize) -> Option<&'static str> {
    let mut kinds = DOCUMENTS.iter().chain(&[("EncryptedPackage", ".bin")]);
    kinds.find(|(stream, _)| file.find(storage, stream).is_some()).map(|(_, ending)| *ending)
}

/// Opens what a compound file of no known kind wraps.
pub(super) fn visit(input: &mut dyn ReadSeek, visit: &mut Visit<'_>) {
    let Ok(file) = read_at_most(input, visit.reading.limits.item_bytes).and_then(Compound::open) else { return };
    give_objects(objects(&file, ole::ROOT), visit);
}

/// Hands over objects as members, numbered from zero.
pub(super) fn give_objects(objects: Vec<Object>, visit: &mut Visit<'_>) {
    let mut names = Names::default();
    let mut together = 0_u64;
    for (number, object) in (0_u32..visit.range.end).zip(objects) {
        let bytes = object.content.len() as u64;
        together = together.saturating_add(bytes);
        let member = MemberEntry { name: names.unique(&object.name), bytes };
        if visit.range.contains(&number) {
            let over = together > visit.reading.limits.expanded_bytes;
            let opened = if over { Err(UnreadReason::Limit) } else { Ok(object.content) };
            (visit.visit)(number, &member, opened);
        }
    }
}
