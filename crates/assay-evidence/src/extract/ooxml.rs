//! What Word, Excel and PowerPoint files of the XML kind share: the package, its properties, the members embedded in it, XML text.

use super::zip::{self, reason};
use super::{Job, Out, ReadSeek, Visibility, Visit, charset, read_at_most};
use ::zip::ZipArchive;
use assay_model::UnreadReason;
use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::reader::Reader;
use std::io::SeekFrom;

/// A package opened for its parts.
pub(super) struct Package<'a> {
    archive: ZipArchive<&'a mut dyn ReadSeek>,
    part_limit: u64,
}

impl<'a> Package<'a> {
    /// Opens a package and refuses one whose parts together declare more than the limits allow.
    pub(super) fn open(input: &'a mut dyn ReadSeek, job_limit: u64, ratio: u64) -> Result<Self, UnreadReason> {
        let size = input.seek(SeekFrom::End(0)).map_err(|_| UnreadReason::Corrupt)?;
        let mut archive = ZipArchive::new(input).map_err(reason)?;
        let budget = job_limit.saturating_mul(4).min(size.saturating_mul(ratio).max(zip::FLOOR));
        let mut declared = 0_u64;
        for index in 0..archive.len() {
            let entry = archive.by_index_raw(index).map_err(reason)?;
            // Pictures and attachments are members: they are counted when they are opened.
            let counted = |name: &str| name.ends_with(".xml") || name.ends_with(".bin") && !is_embedded(name);
            if entry.name().is_ok_and(|name| counted(&name)) {
                declared = declared.saturating_add(entry.size());
                if entry.encrypted() {
                    return Err(UnreadReason::Encrypted);
                }
            }
        }
        if declared > budget { Err(UnreadReason::Limit) } else { Ok(Self { archive, part_limit: job_limit }) }
    }

    /// The names of parts that begin and end so, shorter ones first: `header2` before `header10`.
    pub(super) fn parts(&self, start: &str, end: &str) -> Vec<String> {
        let fits = |name: &str| name.starts_with(start) && name.ends_with(end);
        let names = self.archive.file_names().filter_map(Result::ok);
        let mut names: Vec<String> = names.filter(|name| fits(name)).map(|name| name.into_owned()).collect();
        names.sort_by(|one, two| (one.len(), one).cmp(&(two.len(), two)));
        names
    }

    /// The text of a part; `None` where there is no such part.
    pub(super) fn part(&mut self, name: &str) -> Option<Result<String, UnreadReason>> {
        let index = self.archive.index_for_name(name)?;
        Some(self.archive.by_index(index).map_err(reason).and_then(|mut file| {
            let declared = file.size().min(self.part_limit);
            let bytes = read_at_most(&mut file, declared)?;
            Ok(charset::decode(bytes).text)
        }))
    }

    /// Title, author and the like, as lines of a passage.
    pub(super) fn properties(&mut self, out: &mut Out<'_>) {
        let Some(Ok(xml)) = self.part("docProps/core.xml") else { return };
        const LABELS: &[(&str, &str)] = &[
            ("title", "title"),
            ("subject", "subject"),
            ("creator", "author"),
            ("lastModifiedBy", "last modified by"),
            ("keywords", "keywords"),
            ("description", "comments"),
            ("category", "category"),
            ("created", "created"),
            ("modified", "modified"),
        ];
        let mut lines = Vec::new();
        let mut value: Option<String> = None;
        // Damage here ends the properties, not the item.
        let _ = events(&xml, u32::MAX, &mut |event| match event {
            Xml::Start(..) => value = Some(String::new()),
            Xml::Text(text) => value.iter_mut().for_each(|value| value.push_str(text)),
            Xml::End(name) => {
                let label = LABELS.iter().find(|(has, _)| *has == name);
                if let (Some((_, label)), Some(value)) = (label, value.take())
                    && !value.trim().is_empty()
                {
                    lines.push(format!("{label}: {}", value.split_whitespace().collect::<Vec<_>>().join(" ")));
                }
            }
        });
        // A limit reached is said by the one who counts.
        let _ = out.text("properties", Visibility::Shown, 1, lines.join("\n"));
    }
}

/// The words in charts, diagrams and text boxes of drawings, one string a line.
pub(super) fn drawings(package: &mut Package<'_>, folders: &[&str], nesting: u32) -> Vec<String> {
    let mut lines = Vec::new();
    let names: Vec<String> = folders.iter().flat_map(|folder| package.parts(folder, ".xml")).collect();
    for name in names {
        let Some(Ok(xml)) = package.part(&name) else { continue };
        let (mut line, mut reading) = (String::new(), false);
        // Damage costs the rest of one drawing.
        let _ = events(&xml, nesting, &mut |event| match event {
            // `t` is text of a drawing, `v` a value that a chart was drawn from.
            Xml::Start("t" | "v", _) => reading = true,
            Xml::Text(text) if reading => line.push_str(text),
            Xml::End("t") => reading = false,
            Xml::End("v" | "p") => {
                reading = false;
                let text = line.split_whitespace().collect::<Vec<_>>().join(" ");
                line.clear();
                if !text.is_empty() {
                    lines.push(text);
                }
            }
            _ => {}
        });
    }
    lines
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
    let other =
        [".html", ".htm", ".mht", ".mhtml", ".rtf", ".txt", ".docx"].iter().any(|ending| name.ends_with(ending));
    // An archive may hold the parts of a document and more: what no document has is a member.
    let own = PACKAGE.iter().any(|start| name.starts_with(start));
    within || other && name.starts_with("word/") || !own
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

/// An event of an XML text, names without their prefix.
pub(super) enum Xml<'e> {
    Start(&'e str, &'e BytesStart<'e>),
    Text(&'e str),
    End(&'e str),
}

/// Damaged XML, or elements nested beyond the limit.
pub(super) struct BadXml;

/// Walks an XML text. References are resolved, those to entities of a document type are not: no such file is made by an
/// office program.
pub(super) fn events(xml: &str, nesting: u32, each: &mut dyn FnMut(Xml<'_>)) -> Result<(), BadXml> {
    let mut reader = Reader::from_str(xml.trim_start_matches('\u{feff}'));
    let mut depth = 0_u32;
    loop {
        match reader.read_event().map_err(|_| BadXml)? {
            Event::Start(start) => {
                depth += 1;
                if depth > nesting {
                    return Err(BadXml);
                }
                each(Xml::Start(local(start.name().as_ref()), &start));
            }
            Event::Empty(start) => {
                each(Xml::Start(local(start.name().as_ref()), &start));
                each(Xml::End(local(start.name().as_ref())));
            }
            Event::End(end) => {
                depth = depth.saturating_sub(1);
                each(Xml::End(local(end.name().as_ref())));
            }
            Event::Text(text) => each(Xml::Text(&text.xml10_content())),
            Event::CData(text) => each(Xml::Text(&text.xml10_content())),
            Event::GeneralRef(reference) => {
                if let Some(text) = resolved(&reference) {
                    each(Xml::Text(text.encode_utf8(&mut [0; 4])));
                }
            }
            Event::Eof if depth > 0 => return Err(BadXml),
            Event::Eof => return Ok(()),
            _ => {}
        }
    }
}

/// The character that a reference stands for, where it is one of XML's own.
pub(super) fn resolved(reference: &BytesRef<'_>) -> Option<char> {
    if let Ok(Some(character)) = reference.resolve_char_ref() {
        return Some(character);
    }
    match &*reference.xml10_content() {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => None,
    }
}

fn local(name: &str) -> &str {
    name.rsplit_once(':').map_or(name, |(_, local)| local)
}

/// The value of an attribute, by its name without prefix.
pub(super) fn attribute(start: &BytesStart<'_>, name: &str) -> Option<String> {
    let mut attributes = start.attributes();
    attributes.with_checks(false);
    attributes.flatten().find(|attribute| local(attribute.key.as_ref()) == name).map(|attribute| {
        let raw: &str = &attribute.value;
        quick_xml::escape::unescape(raw).map_or_else(|_| raw.to_owned(), |text| text.into_owned())
    })
}

/// Whether an attribute says yes; one that is absent gives `absent`, one without value says yes.
pub(super) fn is_on(start: &BytesStart<'_>, name: &str, absent: Option<Visibility>) -> bool {
    match attribute(start, name).as_deref() {
        Some(value) => !matches!(value, "0" | "false" | "off" | "none"),
        None => absent == Some(Visibility::Hidden),
    }
}
