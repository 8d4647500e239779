//! Word documents: body, headers, footers, foot- and endnotes, comments, text boxes, charts, diagrams, tracked changes,
//! numbers of lists, properties; building blocks, descriptions of pictures, links and queries as hidden parts.
//!
//! Parts are found by what points to them, whatever their names. Text stands as the document shows it once changes are
//! accepted; a paragraph that lost words, or holds hidden ones, comes a second time as it read before, marked hidden.
//! Codes of fields are given where they name a place outside the document; embedded files, pictures and texts in other
//! notations are members. Marks of notes in the text are not given.

use super::flow::Flow;
use super::ooxml::{self, Package, Xml, events};
use super::{Full, Head, Job, Visibility, charset};
use assay_model::UnreadReason;
use numbering::Numbering;
use std::collections::{BTreeMap, BTreeSet};
use walk::{Notes, Style, Walk};

mod numbering;
mod walk;

/// The kinds of parts of a document besides the body, the names they usually have, and what their passages are called.
const PARTS: &[(&str, &str, &str)] = &[
    ("header", "word/header", "header"),
    ("footer", "word/footer", "footer"),
    ("footnotes", "word/footnotes", "footnote"),
    ("endnotes", "word/endnotes", "endnote"),
    ("comments", "word/comments", "comment"),
    ("glossaryDocument", "word/glossary/document", "building block"),
];

pub(super) fn read(job: &mut Job<'_, '_>) -> Result<(), UnreadReason> {
    let read = parts(job);
    // What is embedded can be opened even where the document around it cannot be read.
    ooxml::list_embedded(job);
    // A limit reached is said by the one who counts.
    read.map(drop)
}

/// The parts of a document with the names of their passages, the body first.
fn parts_of(package: &mut Package<'_>) -> Vec<(String, &'static str)> {
    let main = package.main("word/document.xml");
    let mut all: Vec<(String, &'static str)> = Vec::new();
    if package.has(&main) {
        all.push((main.clone(), "body"));
    }
    // `word/document2.xml` occurs in files of web editions whose relations are damaged.
    let add = |all: &mut Vec<(String, &'static str)>, name: String, part: &'static str| {
        if !all.iter().any(|(has, _)| has.eq_ignore_ascii_case(&name)) {
            all.push((name, part));
        }
    };
    if all.is_empty() {
        package.parts("word/document", ".xml").into_iter().for_each(|name| add(&mut all, name, "body"));
    }
    let relations = package.relations(&main);
    for relation in relations.iter().filter(|relation| !relation.external && package.has(&relation.target)) {
        // Documents joined into one are bodies, too.
        if relation.kind == "subDocument" {
            add(&mut all, relation.target.clone(), "body");
        }
    }
    for (kind, usual, part) in PARTS {
        let mut names = package.related(&main, kind);
        // Headers are numbered in the order of their making; relations are not.
        names.sort_by(|one, two| (one.len(), one).cmp(&(two.len(), two)));
        names.into_iter().for_each(|name| add(&mut all, name, part));
        for name in package.parts(usual, ".xml") {
            let rest = name.get(usual.len()..name.len() - 4).unwrap_or_default();
            if rest.bytes().all(|byte| byte.is_ascii_digit()) {
                add(&mut all, name, part);
            }
        }
    }
    all
}

fn parts(job: &mut Job<'_, '_>) -> Result<Result<(), Full>, UnreadReason> {
    let limits = job.reading.limits;
    let mut package = Package::open(&mut *job.input, limits)?;
    package.properties(job.out);
    let main = package.main("word/document.xml");
    let styles = styles(&mut package, &main, limits.nesting);
    let mut numbering = numbering(&mut package, &main, limits.nesting);
    let mut notes = Notes::default();
    let mut flows: Vec<(&str, Flow)> = Vec::new();
    let mut damaged = 0_u32;
    let mut seen = BTreeSet::new();
    let mut given = Ok(());
    for (name, part) in parts_of(&mut package) {
        // A large body is read and handed over as it comes.
        if part == "body" && flows.is_empty() && package.is_streamed(&name) {
            let mut flow = Flow::new(part, limits.cells);
            let mut walk = Walk::new(&mut flow, &styles, &mut numbering, &mut notes);
            let read = package.stream(&name).and_then(Result::ok).map(|input| {
                ooxml::stream_events(input, limits.nesting, &mut |event| {
                    walk.event(event);
                    walk.hand_over(job.out)
                })
            });
            walk.finish();
            match read {
                Some(Ok(read)) => given = read,
                Some(Err(_)) | None => damaged += 1,
            }
            flows.push((part, flow));
            continue;
        }
        let Some(Ok(xml)) = package.part(&name) else {
            damaged += 1;
            continue;
        };
        // First page, odd and even headers are mostly one.
        if part != "body" && !seen.insert(xml.clone()) {
            continue;
        }
        if flows.last().is_none_or(|(last, _)| *last != part) {
            let hidden = part == "building block";
            flows.push((part, if hidden { Flow::hidden(part, limits.cells) } else { Flow::new(part, limits.cells) }));
        }
        if let Some((_, flow)) = flows.last_mut() {
            let mut walk = Walk::new(flow, &styles, &mut numbering, &mut notes);
            damaged += u32::from(events(&xml, limits.nesting, &mut |event| walk.event(event)).is_err());
            walk.finish();
        }
    }
    let folders = ["word/charts/chart", "word/diagrams/data", "word/drawings/drawing"];
    let (drawings, more) = ooxml::drawings(&mut package, &folders, limits.nesting);
    notes.descriptions.extend(more);
    let mut links = package.links();
    links.extend(settings(&mut package, limits.nesting));
    drop(package);
    if flows.is_empty() {
        return Err(UnreadReason::Corrupt);
    }
    if damaged > 0 {
        job.out.partial(&format!("parts of the document that are damaged: {damaged}"));
    }
    links.extend(notes.codes);
    let changed: Vec<String> = notes.authors.iter().map(|author| format!("changed by: {author}")).collect();
    let given = given.and_then(|()| flows.into_iter().try_for_each(|(_, flow)| flow.finish(job.out)));
    Ok(given.and_then(|()| {
        job.out.text("drawing", Visibility::Shown, 1, drawings.join("\n"))?;
        job.out.text("description", Visibility::Hidden, 1, notes.descriptions.join("\n"))?;
        job.out.text("change", Visibility::Hidden, 1, changed.join("\n"))?;
        job.out.text("link", Visibility::Hidden, 1, links.join("\n"))
    }))
}

/// Whether a text is a part of a document that was carved out of its package, a document of one file, or one of Word
/// 2003: all speak of paragraphs and runs alike.
pub(super) fn part_fits(_: &Head<'_>, text: &str) -> bool {
    let start = text.get(..text.floor_char_boundary(4096)).unwrap_or(text);
    let word = [
        "schemas.openxmlformats.org/wordprocessingml",
        "purl.oclc.org/ooxml/wordprocessingml",
        "schemas.microsoft.com/office/word/2003",
    ];
    let roots = [
        "<w:document",
        "<w:wordDocument",
        "<w:hdr",
        "<w:ftr",
        "<w:footnotes",
        "<w:endnotes",
        "<w:comments",
        "<pkg:package",
    ];
    let has = |all: &[&str]| all.iter().any(|one| start.contains(one));
    has(&roots) && (has(&word) || start.contains("progid=\"Word.Document\""))
}

/// Reads such a text: without styles and lists, since those lie elsewhere.
pub(super) fn read_part(job: &mut Job<'_, '_>) -> Result<(), UnreadReason> {
    let limits = job.reading.limits;
    let xml = charset::decode(job.whole()?).text;
    let (mut numbering, mut notes, styles) = (Numbering::default(), Notes::default(), BTreeMap::new());
    let mut flow = Flow::new("body", limits.cells);
    let mut walk = Walk::new(&mut flow, &styles, &mut numbering, &mut notes);
    if events(&xml, limits.nesting, &mut |event| walk.event(event)).is_err() {
        job.out.partial("what follows damage in the file was not read");
    }
    walk.finish();
    let mut properties = Vec::new();
    ooxml::labelled(
        &xml,
        &[("Title", "title"), ("Author", "author"), ("LastAuthor", "last modified by"), ("Company", "company")],
        &mut properties,
    );
    let codes: Vec<String> = notes.codes.into_iter().collect();
    // A limit reached is said by the one who counts.
    let _ = job
        .out
        .text("properties", Visibility::Shown, 1, properties.join("\n"))
        .and_then(|()| flow.finish(job.out))
        .and_then(|()| job.out.text("description", Visibility::Hidden, 1, notes.descriptions.join("\n")))
        .and_then(|()| job.out.text("link", Visibility::Hidden, 1, codes.join("\n")));
    Ok(())
}

/// What styles say of hiding and of lists, with what each is based on applied.
fn styles(package: &mut Package<'_>, main: &str, nesting: u32) -> BTreeMap<String, Style> {
    let name = package.related(main, "styles").into_iter().next().unwrap_or_else(|| "word/styles.xml".to_owned());
    let mut styles: BTreeMap<String, (Style, Option<String>)> = BTreeMap::new();
    let Some(Ok(xml)) = package.part(&name) else { return BTreeMap::new() };
    let mut open: Option<(String, Style, Option<String>)> = None;
    let number =
        |start: &quick_xml::events::BytesStart<'_>| ooxml::lent(start, "val").and_then(|value| value.parse().ok());
    // Damage costs the styles that follow it.
    let _ = events(&xml, nesting, &mut |event| match event {
        Xml::Start("style", start) => {
            open = ooxml::attribute(start, "styleId").map(|id| (id, Style::default(), None));
        }
        Xml::Start(name, start) => {
            if let Some((_, style, base)) = &mut open {
                match name {
                    "basedOn" => *base = ooxml::attribute(start, "val"),
                    "vanish" => style.vanished = Some(ooxml::is_on(start, "val", Some(Visibility::Hidden))),
                    "numId" => style.list = number(start),
                    "ilvl" => style.level = number(start).map(|level: u32| level as usize),
                    _ => {}
                }
            }
        }
        Xml::End("style") => {
            if let Some((id, style, base)) = open.take() {
                styles.insert(id, (style, base));
            }
        }
        _ => {}
    });
    let whole = |id: &String| {
        let (mut style, mut base) = styles.get(id)?.clone();
        // Chains of styles are short; a ring ends, too.
        for _ in 0..16 {
            let Some((under, next)) = base.as_ref().and_then(|base| styles.get(base)) else { break };
            style.vanished = style.vanished.or(under.vanished);
            style.list = style.list.or(under.list);
            style.level = style.level.or(under.level);
            base = next.clone();
        }
        Some((id.clone(), style))
    };
    styles.keys().filter_map(whole).collect()
}

fn numbering(package: &mut Package<'_>, main: &str, nesting: u32) -> Numbering {
    let name = package.related(main, "numbering").into_iter().next().unwrap_or_else(|| "word/numbering.xml".to_owned());
    match package.part(&name) {
        Some(Ok(xml)) => Numbering::read(&xml, nesting),
        _ => Numbering::default(),
    }
}

/// Where a form letter takes its people from, and variables of the document.
fn settings(package: &mut Package<'_>, nesting: u32) -> Vec<String> {
    let mut lines = Vec::new();
    let Some(Ok(xml)) = package.part("word/settings.xml") else { return lines };
    // Damage costs what follows it.
    let _ = events(&xml, nesting, &mut |event| {
        let Xml::Start(name, start) = event else { return };
        let value = || ooxml::attribute(start, "val").filter(|value| !value.trim().is_empty());
        match name {
            "connectString" | "query" | "addressFieldName" | "mailSubject" => {
                lines.extend(value().map(|value| format!("{name}: {value}")));
            }
            "docVar" => {
                let name = ooxml::attribute(start, "name").unwrap_or_default();
                lines.extend(value().map(|value| format!("{name}: {value}")));
            }
            _ => {}
        }
    });
    lines
}
