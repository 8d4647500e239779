//! OpenDocument: texts, spreadsheets, presentations, drawings, formulas, databases and their templates, as packages or as
//! one flat file. Paragraphs, tables, headers and footers, notes, comments with their authors, typed cells, objects of
//! their own parts, forms, properties.
//!
//! What is hidden, deleted by tracked changes, or stands in macros, links, lists of allowed values and descriptions of
//! pictures is marked hidden. Repeated cells and rows are counted as what they repeat to. Formulas stand as their last
//! value; numbers of lists are not given. Pictures and embedded files are members. A package behind a password is opened
//! with those of the reading (see `odf_crypt`).

use super::ciphers;
use super::odf_crypt::Seals;
use super::ooxml::{Package, Xml, events};
use super::{Full, Head, Job, MemberEntry, Names, ReadSeek, Visit, charset, read_at_most, zip};
use assay_model::UnreadReason;
use walk::Walk;

mod walk;

/// Parts that a package has of its own; everything else in it is embedded.
fn is_embedded(name: &str) -> bool {
    const OWN: &[&str] =
        &["mimetype", "manifest.rdf", "layout-cache", "content.xml", "styles.xml", "meta.xml", "settings.xml"];
    const FOLDERS: &[&str] =
        &["META-INF/", "Configurations", "Basic/", "Dialogs/", "accelerator/", "forms/", "reports/"];
    let file = name.rsplit('/').next().unwrap_or(name);
    !(OWN.contains(&file) || FOLDERS.iter().any(|folder| name.starts_with(folder)))
}

/// Opens pictures, sounds and embedded files.
pub(super) fn visit(input: &mut dyn ReadSeek, visit: &mut Visit<'_>) {
    let Some(seals) = unlocked(input, visit) else { return };
    if super::rewind(input).is_err() {
        return;
    }
    let reading = visit.reading;
    let limit = reading.limits.item_bytes;
    let give = &mut *visit.visit;
    let mut opened = |number: u32, member: &MemberEntry, bytes: super::Opened| {
        give(number, member, bytes.and_then(|bytes| seals.open(&member.name, bytes, limit)));
    };
    let mut visit = Visit { range: visit.range.clone(), reading, visit: &mut opened };
    zip::visit_where(input, &mut visit, is_embedded);
}

/// What the manifest seals, unlocked where a password opens it; `None` where none does, since nothing of it is listed then.
fn unlocked(input: &mut dyn ReadSeek, visit: &Visit<'_>) -> Option<Seals> {
    let mut package = match Package::open(input, visit.reading.limits) {
        Ok(package) => package,
        Err(UnreadReason::Encrypted) => return None,
        Err(_) => return Some(Seals::default()),
    };
    let Some(Ok(manifest)) = package.part("META-INF/manifest.xml") else { return Some(Seals::default()) };
    let mut seals = Seals::read(&manifest);
    if !seals.is_empty() {
        seals.unlock(visit.reading, &mut |name| package.bytes(name)?.ok())?;
    }
    Some(seals)
}

pub(super) fn read(job: &mut Job<'_, '_>) -> Result<(), UnreadReason> {
    let mut unlocked = false;
    let read = document(job, &mut unlocked);
    if unlocked || read != Err(UnreadReason::Encrypted) {
        // A package that opened before and does not now has nothing to list.
        let _ = zip::list(job, is_embedded);
    }
    read
}

/// A part of the package, opened.
fn part(package: &mut Package<'_>, seals: &Seals, name: &str, limit: u64) -> Option<Result<String, UnreadReason>> {
    let bytes = package.bytes(name)?;
    Some(bytes.and_then(|bytes| seals.open(name, bytes, limit)).map(|bytes| charset::decode(bytes).text))
}

fn document(job: &mut Job<'_, '_>, unlocked: &mut bool) -> Result<(), UnreadReason> {
    let limits = job.reading.limits;
    let mut package = Package::open(&mut *job.input, limits)?;
    let mut seals = Seals::default();
    if let Some(Ok(manifest)) = package.part("META-INF/manifest.xml") {
        seals = Seals::read(&manifest);
        if !seals.is_empty() {
            seals.unlock(job.reading, &mut |name| package.bytes(name)?.ok()).ok_or(UnreadReason::Encrypted)?;
            job.out.warn("was encrypted; opened with a password that was given for it");
        }
    }
    *unlocked = true;
    let part = |package: &mut Package<'_>, name: &str| part(package, &seals, name, limits.item_bytes);
    let content = part(&mut package, "content.xml").ok_or(UnreadReason::Corrupt)??;
    let mut walk = Walk::new(limits);
    let mut damaged = 0_u32;
    // Styles come first: they say what is hidden; their headers are given after the text.
    let styles = part(&mut package, "styles.xml").and_then(Result::ok);
    damaged += u32::from(walk.read(&content, limits.nesting));
    if let Some(styles) = styles {
        damaged += u32::from(walk.read(&styles, limits.nesting));
    }
    if let Some(Ok(meta)) = part(&mut package, "meta.xml") {
        // Damage costs the properties that follow it.
        walk.read(&meta, limits.nesting);
    }
    for name in package.parts("", "/content.xml") {
        let object = name.trim_end_matches("/content.xml").to_owned();
        if let Some(Ok(xml)) = part(&mut package, &name) {
            walk.object(&object);
            damaged += u32::from(walk.read(&xml, limits.nesting));
        }
    }
    for name in package.parts("Basic/", ".xml") {
        if let Some(Ok(xml)) = part(&mut package, &name) {
            walk.read(&xml, limits.nesting);
        }
    }
    drop(package);
    if damaged > 0 {
        job.out.partial(&format!("parts of the document that are damaged: {damaged}"));
    }
    // A limit reached is said by the one who counts.
    let _ = walk.give(job);
    Ok(())
}

/// Whether a text is an OpenDocument of one file, of this kind.
fn flat(text: &str, kind: &str) -> bool {
    let start = text.get(..text.floor_char_boundary(4096)).unwrap_or(text);
    start.contains("<office:document")
        && text.contains(&format!("office:mimetype=\"application/vnd.oasis.opendocument.{kind}"))
}

pub(super) fn flat_text(_: &Head<'_>, text: &str) -> bool {
    flat(text, "text")
}

pub(super) fn flat_sheet(_: &Head<'_>, text: &str) -> bool {
    flat(text, "spreadsheet")
}

pub(super) fn flat_slides(_: &Head<'_>, text: &str) -> bool {
    flat(text, "presentation")
}

pub(super) fn flat_drawing(_: &Head<'_>, text: &str) -> bool {
    flat(text, "graphics")
}

/// One file that holds all parts, pictures as base64.
pub(super) fn read_flat(job: &mut Job<'_, '_>) -> Result<(), UnreadReason> {
    let limits = job.reading.limits;
    let text = charset::decode(job.whole()?).text;
    let mut walk = Walk::new(limits);
    if walk.read(&text, limits.nesting) {
        job.out.partial("what follows damage in the file was not read");
    }
    // A limit reached is said by the one who counts.
    let _ = walk.give(job);
    let mut full = Ok(());
    pictures(&text, limits.nesting, &mut |number, bytes| {
        full =
            full.is_ok().then_some(()).ok_or(Full).and_then(|()| job.out.member(&picture(number), bytes.len() as u64));
    });
    Ok(())
}

pub(super) fn visit_flat(input: &mut dyn ReadSeek, visit: &mut Visit<'_>) {
    let limits = visit.reading.limits;
    let Ok(bytes) = read_at_most(input, limits.item_bytes) else { return };
    let text = charset::decode(bytes).text;
    let mut names = Names::default();
    pictures(&text, limits.nesting, &mut |number, bytes| {
        let member = MemberEntry { name: names.unique(&picture(number)), bytes: bytes.len() as u64 };
        if visit.range.contains(&number) {
            (visit.visit)(number, &member, Ok(bytes));
        }
    });
}

fn picture(number: u32) -> String {
    format!("picture {}", number + 1)
}

fn pictures(text: &str, nesting: u32, each: &mut dyn FnMut(u32, Vec<u8>)) {
    let (mut data, mut number) = (None::<String>, 0_u32);
    // Damage costs the pictures that follow it.
    let _ = events(text, nesting, &mut |event| match event {
        Xml::Start("binary-data", _) => data = Some(String::new()),
        Xml::Text(text) => data.iter_mut().for_each(|data| data.push_str(text)),
        Xml::End("binary-data") => {
            if let Some(bytes) = data.take().and_then(|data| ciphers::base64(&data)) {
                each(number, bytes);
                number += 1;
            }
        }
        _ => {}
    });
}
