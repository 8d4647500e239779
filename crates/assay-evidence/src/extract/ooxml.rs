//! What Word, Excel and PowerPoint files of the XML kind share: the package, its properties, the members embedded in it, XML text.

use super::zip::{self, reason};
use super::{Job, Limits, Out, ReadSeek, Visibility, Visit, charset, read_declared};
use ::zip::ZipArchive;
use assay_model::UnreadReason;
use quick_xml::events::BytesStart;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read, SeekFrom};

mod events;

pub(super) use events::{Alternatives, BadXml, Xml, attribute, events, is_on, lent, local, resolved, stream_events};

/// A package opened for its parts.
pub(super) struct Package<'a> {
    archive: ZipArchive<&'a mut dyn ReadSeek>,
    /// Parts by their names in lower case, since names of parts are compared so; with their numbers.
    parts: BTreeMap<String, (usize, String)>,
    part_limit: u64,
    nesting: u32,
    /// The part that was read last: some are asked for twice in a row, and inflating is most of the work.
    last: Option<(usize, String)>,
    /// Relations that were read, by part.
    relations: BTreeMap<String, Vec<Relation>>,
}

/// The longest part that is kept for being asked for again, bytes.
const KEPT: usize = 1 << 20;

/// What a part points to.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Relation {
    pub(super) id: String,
    /// The last word of its type: `header`, `hyperlink`. Those of the strict and the transitional kind share it.
    pub(super) kind: String,
    /// A part of the package, or what is outside of it.
    pub(super) target: String,
    pub(super) external: bool,
}

impl<'a> Package<'a> {
    /// Opens a package and refuses one whose parts together declare more than the limits allow.
    pub(super) fn open(input: &'a mut dyn ReadSeek, limits: &Limits) -> Result<Self, UnreadReason> {
        let size = input.seek(SeekFrom::End(0)).map_err(|_| UnreadReason::Corrupt)?;
        let mut archive = ZipArchive::new(input).map_err(reason)?;
        let expanded = size.saturating_mul(limits.expansion_ratio).max(zip::FLOOR);
        let budget = limits.item_bytes.saturating_mul(4).min(expanded);
        let mut declared = 0_u64;
        let mut parts = BTreeMap::new();
        for index in 0..archive.len() {
            // A part whose own header is damaged is missing; the others are not.
            let Ok(entry) = archive.by_index_raw(index) else { continue };
            let Ok(name) = entry.name().map(|name| name.replace('\\', "/")) else { continue };
            let lower = name.to_ascii_lowercase();
            // Pictures and attachments are members: they are counted when they are opened.
            let counted =
                [".xml", ".rels", ".vml", ".bin", ".fpage", ".fdoc", ".fdseq"].iter().any(|end| lower.ends_with(end));
            if counted && !is_embedded(&name) {
                declared = declared.saturating_add(entry.size());
                if entry.encrypted() {
                    return Err(UnreadReason::Encrypted);
                }
            }
            parts.entry(lower).or_insert((index, name));
        }
        if declared > budget {
            return Err(UnreadReason::Limit);
        }
        Ok(Self {
            archive,
            parts,
            part_limit: limits.item_bytes,
            nesting: limits.nesting,
            last: None,
            relations: BTreeMap::new(),
        })
    }

    /// The names of parts that begin and end so, shorter ones first: `header2` before `header10`.
    pub(super) fn parts(&self, start: &str, end: &str) -> Vec<String> {
        let (start, end) = (start.to_ascii_lowercase(), end.to_ascii_lowercase());
        let fits = |lower: &&String| lower.starts_with(&start) && lower.ends_with(&end);
        let found = self.parts.iter().filter(|(lower, _)| fits(lower));
        let mut names: Vec<String> = found.map(|(_, (_, name))| name.clone()).collect();
        names.sort_by(|one, two| (one.len(), one).cmp(&(two.len(), two)));
        names
    }

    /// Whether there is such a part.
    pub(super) fn has(&self, name: &str) -> bool {
        self.parts.contains_key(&name.to_ascii_lowercase())
    }

    /// The bytes of a part; `None` where there is no such part.
    pub(super) fn bytes(&mut self, name: &str) -> Option<Result<Vec<u8>, UnreadReason>> {
        let index = self.parts.get(&name.to_ascii_lowercase())?.0;
        Some(self.archive.by_index(index).map_err(reason).and_then(|mut file| {
            let declared = file.size().min(self.part_limit);
            read_declared(&mut file, declared)
        }))
    }

    /// The text of a part; `None` where there is no such part.
    pub(super) fn part(&mut self, name: &str) -> Option<Result<String, UnreadReason>> {
        let index = self.parts.get(&name.to_ascii_lowercase())?.0;
        if let Some((_, text)) = self.last.as_ref().filter(|(held, _)| *held == index) {
            return Some(Ok(text.clone()));
        }
        let text = self.bytes(name)?.map(|bytes| charset::decode(bytes).text);
        if let Some(text) = text.as_ref().ok().filter(|text| text.len() <= KEPT) {
            self.last = Some((index, text.clone()));
        }
        Some(text)
    }

    /// A part as a stream, for those that are too large to be held.
    pub(super) fn stream(&mut self, name: &str) -> Option<Result<impl Read, UnreadReason>> {
        let index = self.parts.get(&name.to_ascii_lowercase())?.0;
        Some(self.archive.by_index(index).map_err(reason).map(|file| {
            let declared = file.size();
            file.take(declared)
        }))
    }

    /// Whether a part is large enough to be read as it comes, and is in the encoding that this takes.
    pub(super) fn is_streamed(&mut self, name: &str) -> bool {
        const LARGE: u64 = 4 << 20;
        let Some(index) = self.parts.get(&name.to_ascii_lowercase()).map(|(index, _)| *index) else { return false };
        let Ok(mut file) = self.archive.by_index(index) else { return false };
        let mut first = [0; 4];
        file.size() > LARGE && file.read_exact(&mut first).is_ok() && first[0] == b'<' && !first.contains(&0)
    }

    /// What a part points to; the package itself has the empty name.
    pub(super) fn relations(&mut self, part: &str) -> Vec<Relation> {
        let (folder, file) = part.rsplit_once('/').unwrap_or(("", part));
        let slash = if folder.is_empty() { "" } else { "/" };
        if let Some(found) = self.relations.get(part) {
            return found.clone();
        }
        let mut found = Vec::new();
        let Some(Ok(bytes)) = self.bytes(&format!("{folder}{slash}_rels/{file}.rels")) else { return found };
        let xml = charset::decode(bytes).text;
        // Damage here costs what follows it.
        let _ = events(&xml, self.nesting, &mut |event| {
            if let Xml::Start("Relationship", start) = event
                && let Some(target) = attribute(start, "Target")
            {
                let kind = attribute(start, "Type").unwrap_or_default();
                let kind = kind.rsplit('/').next().unwrap_or_default().to_owned();
                let external = attribute(start, "TargetMode").is_some_and(|mode| mode.eq_ignore_ascii_case("external"));
                let target = if external { target } else { resolved_target(folder, &target) };
                found.push(Relation { id: attribute(start, "Id").unwrap_or_default(), kind, target, external });
            }
        });
        self.relations.insert(part.to_owned(), found.clone());
        found
    }

    /// Parts of one kind that a part points to, each once, in the order of its relations.
    pub(super) fn related(&mut self, part: &str, kind: &str) -> Vec<String> {
        let mut found: Vec<String> = Vec::new();
        for relation in self.relations(part) {
            let fits = !relation.external && relation.kind == kind && self.has(&relation.target);
            if fits && !found.contains(&relation.target) {
                found.push(relation.target);
            }
        }
        found
    }

    /// The part that the package is about; `usual` where its relations do not say.
    pub(super) fn main(&mut self, usual: &str) -> String {
        let found = self.related("", "officeDocument").into_iter().next();
        found.unwrap_or_else(|| usual.to_owned())
    }

    /// Title, author, company and the like, as lines of a passage; then texts of custom parts, which nobody sees.
    pub(super) fn properties(&mut self, out: &mut Out<'_>) {
        let mut lines = Vec::new();
        for (kind, usual, labels) in
            [("core-properties", "docProps/core.xml", CORE), ("extended-properties", "docProps/app.xml", APPLICATION)]
        {
            // The strict kind names its relations otherwise.
            let relations = self.relations("");
            let squeezed = |kind: &str| kind.to_ascii_lowercase().replace('-', "");
            let found = relations.into_iter().find(|relation| squeezed(&relation.kind) == squeezed(kind));
            let name = found.map(|relation| relation.target).filter(|name| self.has(name));
            if let Some(Ok(xml)) = self.part(name.as_deref().unwrap_or(usual)) {
                labelled(&xml, labels, &mut lines);
            }
        }
        if let Some(Ok(xml)) = self.part("docProps/custom.xml") {
            custom(&xml, &mut lines);
        }
        // A limit reached is said by the one who counts.
        let _ = out.text("properties", Visibility::Shown, 1, lines.join("\n"));
        let mut lines = Vec::new();
        for name in self.parts("customXml/item", ".xml") {
            if !name.to_ascii_lowercase().contains("props")
                && let Some(Ok(xml)) = self.part(&name)
            {
                leaves(&xml, self.nesting, &mut lines);
            }
        }
        lines.truncate(LINES);
        let _ = out.text("custom data", Visibility::Hidden, 1, lines.join("\n"));
    }

    /// What the package's parts point to outside of it: links, templates, sources of data. A reader sees their words,
    /// not where they lead.
    pub(super) fn links(&mut self) -> Vec<String> {
        let mut lines = Vec::new();
        let mut seen = BTreeSet::new();
        for rels in self.parts("", ".rels") {
            let Some((folder, file)) = rels.rsplit_once("_rels/") else { continue };
            let part = format!("{folder}{}", file.trim_end_matches(".rels"));
            for relation in self.relations(&part) {
                // A place within the document is no link out of it.
                if relation.external && !relation.target.starts_with('#') && seen.insert(relation.target.clone()) {
                    lines.push(relation.target);
                }
            }
            if lines.len() > LINES {
                break;
            }
        }
        lines
    }
}

/// Lines of custom data and links of one package; programs leave a few hundred.
const LINES: usize = 100_000;

const CORE: &[(&str, &str)] = &[
    ("title", "title"),
    ("subject", "subject"),
    ("creator", "author"),
    ("lastModifiedBy", "last modified by"),
    ("keywords", "keywords"),
    ("description", "comments"),
    ("category", "category"),
    ("contentStatus", "status"),
    ("identifier", "identifier"),
    ("language", "language"),
    ("version", "version"),
    ("revision", "revision"),
    ("created", "created"),
    ("modified", "modified"),
    ("lastPrinted", "last printed"),
];

const APPLICATION: &[(&str, &str)] = &[
    ("Company", "company"),
    ("Manager", "manager"),
    ("Template", "template"),
    ("HyperlinkBase", "base of links"),
    ("Application", "program"),
    ("PresentationFormat", "format"),
];

/// The target of a relation as the name of a part.
pub(super) fn resolved_target(folder: &str, target: &str) -> String {
    let target = target.replace('\\', "/");
    let target = target.split('#').next().unwrap_or_default();
    let mut path: Vec<&str> = if target.starts_with('/') { Vec::new() } else { folder.split('/').collect() };
    for step in target.split('/') {
        match step {
            "" | "." => {}
            ".." => drop(path.pop()),
            step => path.push(step),
        }
    }
    path.retain(|step| !step.is_empty());
    let path = path.join("/");
    // Names with a space come escaped.
    if path.contains("%20") { path.replace("%20", " ") } else { path }
}

fn squeezed(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Elements that have a label, a line each.
pub(super) fn labelled(xml: &str, labels: &[(&str, &str)], lines: &mut Vec<String>) {
    let mut value: Option<String> = None;
    // Damage here ends the properties, not the item.
    let _ = events(xml, u32::MAX, &mut |event| match event {
        Xml::Start(..) => value = Some(String::new()),
        Xml::Text(text) => value.iter_mut().for_each(|value| value.push_str(text)),
        Xml::End(name) => {
            let label = labels.iter().find(|(has, _)| *has == name);
            if let (Some((_, label)), Some(value)) = (label, value.take())
                && !value.trim().is_empty()
            {
                lines.push(format!("{label}: {}", squeezed(&value)));
            }
        }
    });
}

/// Custom properties: `name: value`.
fn custom(xml: &str, lines: &mut Vec<String>) {
    let (mut name, mut value) = (String::new(), String::new());
    // As above.
    let _ = events(xml, u32::MAX, &mut |event| match event {
        Xml::Start("property", start) => {
            name = attribute(start, "name").unwrap_or_default();
            value.clear();
        }
        Xml::Text(text) => value.push_str(text),
        Xml::End("property") if !value.trim().is_empty() => lines.push(format!("{name}: {}", squeezed(&value))),
        _ => {}
    });
}

/// Elements that hold text, a line each: `name: text`.
pub(super) fn leaves(xml: &str, nesting: u32, lines: &mut Vec<String>) {
    let mut value = String::new();
    // As above.
    let _ = events(xml, nesting, &mut |event| match event {
        Xml::Start(..) => value.clear(),
        Xml::Text(text) => value.push_str(text),
        Xml::End(name) => {
            if !value.trim().is_empty() && lines.len() < LINES {
                lines.push(format!("{name}: {}", squeezed(&value)));
            }
            value.clear();
        }
    });
}

/// The content type of the part that a package is about; `None` where it does not say.
pub(super) fn main_type(input: &mut dyn ReadSeek) -> Option<String> {
    let mut package = Package::open(input, &Limits::default()).ok()?;
    let types = package.part("[Content_Types].xml")?.ok()?;
    let relations = package.relations("");
    let main =
        |relation: &&Relation| matches!(relation.kind.as_str(), "officeDocument" | "document" | "fixedrepresentation");
    let main = relations.iter().find(main).map(|relation| format!("/{}", relation.target).to_ascii_lowercase())?;
    let ending = main.rsplit('.').next().unwrap_or_default().to_owned();
    let (mut default, mut own) = (None, None);
    // Damage costs what follows it.
    let _ = events(&types, 16, &mut |event| match event {
        Xml::Start("Default", start)
            if attribute(start, "Extension").is_some_and(|has| has.eq_ignore_ascii_case(&ending)) =>
        {
            default = attribute(start, "ContentType");
        }
        Xml::Start("Override", start)
            if attribute(start, "PartName").is_some_and(|has| has.eq_ignore_ascii_case(&main)) =>
        {
            own = attribute(start, "ContentType");
        }
        _ => {}
    });
    own.or(default).map(|kind| kind.to_ascii_lowercase())
}

/// The words in charts, diagrams and text boxes of drawings, one string a line, and what describes their pictures.
pub(super) fn drawings(package: &mut Package<'_>, folders: &[&str], nesting: u32) -> (Vec<String>, Vec<String>) {
    let (mut lines, mut descriptions) = (Vec::new(), Vec::new());
    let names: Vec<String> = folders.iter().flat_map(|folder| package.parts(folder, "")).collect();
    for name in names.iter().filter(|name| name.ends_with(".xml") || name.ends_with(".vml")) {
        let Some(Ok(xml)) = package.part(name) else { continue };
        let (mut line, mut reading, mut fallback) = (String::new(), false, 0_u32);
        let give = |line: &mut String, lines: &mut Vec<String>| {
            let text = squeezed(line);
            line.clear();
            if !text.is_empty() && lines.len() < LINES {
                lines.push(text);
            }
        };
        // Damage costs the rest of one drawing.
        let _ = events(&xml, nesting, &mut |event| match event {
            Xml::Start("Fallback", _) => fallback += 1,
            Xml::End("Fallback") => fallback = fallback.saturating_sub(1),
            _ if fallback > 0 => {}
            // `t` is text of a drawing, `v` a value that a chart was drawn from, `text` that of a comment.
            Xml::Start("t" | "v" | "textbox", _) => reading = true,
            Xml::Start("cNvPr", start) => describe(start, &mut descriptions),
            Xml::Start("br", _) if !line.is_empty() => line.push(' '),
            Xml::Text(text) if reading => line.push_str(text),
            Xml::End("t") => reading = false,
            Xml::End("v" | "p" | "textbox") => {
                reading = false;
                give(&mut line, &mut lines);
            }
            _ => {}
        });
        give(&mut line, &mut lines);
    }
    (lines, descriptions)
}

/// What the properties of a drawn object say of it: its alternative text, its title, and the name of the file that a
/// picture came from.
pub(super) fn describe(start: &BytesStart<'_>, lines: &mut Vec<String>) {
    for name in ["title", "descr", "alt", "name"] {
        let Some(text) = attribute(start, name) else { continue };
        let text = squeezed(&text);
        // Programs name objects `Picture 1`; a name with an ending was a file's.
        let says = name != "name" || text.rsplit_once('.').is_some_and(|(_, end)| (2..=5).contains(&end.len()));
        if says && !text.is_empty() && lines.len() < LINES && !lines.iter().rev().take(64).any(|line| *line == text) {
            lines.push(text);
        }
    }
}

/// What the names of a package's own parts begin with, in lower case.
const PACKAGE: &[&str] = &[
    "[content_types]",
    "_rels/",
    "_xmlsignatures/",
    "docprops/",
    "docmetadata/",
    "customxml/",
    "customui",
    "usercustomization/",
    "ppt/",
    "word/",
    "xl/",
    "[trash]/",
];

/// Whether a part is something embedded: a file of its own, a picture, or a text in another notation that Word shows in
/// place.
fn is_embedded(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let within = ["embeddings/", "media/"].iter().any(|folder| name.contains(folder)) && !name.ends_with(".rels");
    // Controls keep their state in a compound file; the thumbnail shows the first page; macros are a compound file.
    let part = name.contains("activex/") && name.ends_with(".bin")
        || name.starts_with("docprops/") && !name.ends_with(".xml") && !name.ends_with(".rels")
        || name.ends_with("/vbaproject.bin");
    const OTHER: &[&str] =
        &[".html", ".htm", ".xhtml", ".mht", ".mhtml", ".rtf", ".txt", ".docx", ".dotx", ".docm", ".eml", ".pdf"];
    let other = OTHER.iter().any(|ending| name.ends_with(ending));
    // An archive may hold the parts of a document and more: what no document has is a member.
    let own = PACKAGE.iter().any(|start| name.starts_with(start));
    within || part || other && name.starts_with("word/") || !own
}

/// Lists what is embedded.
pub(super) fn list_embedded(job: &mut Job<'_, '_>) {
    // A package that opened before and does not now has nothing to list.
    let _ = zip::list(job, is_embedded);
}

/// Opens what is embedded.
pub(super) fn visit_embedded(input: &mut dyn ReadSeek, visit: &mut Visit<'_>) {
    zip::visit_where(input, visit, is_embedded);
}
