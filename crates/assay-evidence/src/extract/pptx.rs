//! PowerPoint presentations of the XML kind: slides in their order, tables, notes, comments, properties. A hidden slide's
//! text is marked hidden. Layouts and masters, which say the same on every slide, are not read.

use super::flow::Flow;
use super::ooxml::{self, Package, Xml, attribute, events};
use super::{Full, Job, Visibility};
use assay_model::UnreadReason;

pub(super) fn read(job: &mut Job<'_, '_>) -> Result<(), UnreadReason> {
    let read = slides(job);
    ooxml::list_embedded(job);
    // A limit reached is said by the one who counts.
    read.map(drop)
}

fn slides(job: &mut Job<'_, '_>) -> Result<Result<(), Full>, UnreadReason> {
    let limits = job.reading.limits;
    let mut package = Package::open(&mut *job.input, limits)?;
    package.properties(job.out);
    let mut damaged = 0_u32;
    let mut notes = Flow::new("comment", limits.cells);
    let mut given = Ok(());
    for (number, name) in (1_u32..).zip(order(&mut package, limits.nesting)) {
        let mut flow = Flow::new(&format!("page {number}"), limits.cells);
        damaged += u32::from(!walk(&mut package, &name, &mut flow, limits.nesting));
        let file = name.rsplit('/').next().unwrap_or_default();
        for (_, target) in relations(&mut package, &format!("ppt/slides/_rels/{file}.rels"), limits.nesting) {
            if target.contains("notesSlides/") {
                damaged += u32::from(!walk(&mut package, &target, &mut notes, limits.nesting));
            }
        }
        given = given.and_then(|()| flow.finish(job.out));
    }
    for name in package.parts("ppt/comments/", ".xml") {
        damaged += u32::from(!walk(&mut package, &name, &mut notes, limits.nesting));
    }
    if damaged > 0 {
        job.out.partial(&format!("parts of the document that are damaged: {damaged}"));
    }
    let folders = ["ppt/charts/chart", "ppt/diagrams/data"];
    let (drawings, _) = ooxml::drawings(&mut package, &folders, limits.nesting);
    let given = given.and_then(|()| notes.finish(job.out));
    Ok(given.and_then(|()| job.out.text("drawing", Visibility::Shown, 1, drawings.join("\n"))))
}

/// Slides as the presentation orders them, then those that it does not name.
fn order(package: &mut Package<'_>, nesting: u32) -> Vec<String> {
    let relations = relations(package, "ppt/_rels/presentation.xml.rels", nesting);
    let mut found: Vec<String> = Vec::new();
    if let Some(Ok(xml)) = package.part("ppt/presentation.xml") {
        // Damage here costs the order only.
        let _ = events(&xml, nesting, &mut |event| {
            if let Xml::Start("sldId", start) = event {
                let id = start.attributes().flatten().find(|attribute| attribute.key.as_ref().ends_with(":id"));
                let target = id.and_then(|id| relations.iter().find(|(has, _)| has.as_str() == &*id.value));
                found.extend(target.map(|(_, target)| target.clone()).filter(|target| !found.contains(target)));
            }
        });
    }
    for name in package.parts("ppt/slides/slide", ".xml") {
        if !found.contains(&name) {
            found.push(name);
        }
    }
    found
}

fn relations(package: &mut Package<'_>, name: &str, nesting: u32) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let Some(Ok(xml)) = package.part(name) else { return found };
    // As above.
    let _ = events(&xml, nesting, &mut |event| {
        if let Xml::Start("Relationship", start) = event
            && let (Some(id), Some(target)) = (attribute(start, "Id"), attribute(start, "Target"))
        {
            let target = target.trim_start_matches("../").trim_start_matches('/');
            found.push((id, format!("ppt/{}", target.trim_start_matches("ppt/"))));
        }
    });
    found
}

/// Whether a part was read whole.
fn walk(package: &mut Package<'_>, name: &str, flow: &mut Flow, nesting: u32) -> bool {
    let Some(Ok(xml)) = package.part(name) else { return false };
    let (mut line, mut reading, mut span, mut hidden) = (String::new(), false, Vec::new(), false);
    let whole = events(&xml, nesting, &mut |event| match event {
        Xml::Start("sld", start) => {
            hidden = attribute(start, "show").is_some_and(|show| show == "0" || show == "false")
        }
        Xml::Start("t" | "text", _) => reading = true,
        Xml::Start("br", _) => line.push('\n'),
        Xml::Start("tbl", _) => flow.table_start(),
        Xml::Start("tc", start) => {
            span.push(attribute(start, "gridSpan").and_then(|span| span.parse().ok()).unwrap_or(1));
            // The cells that a span covers stand in the file, too: they are let go at their end.
            let covered = attribute(start, "hMerge").is_some_and(|merged| merged != "0" && merged != "false");
            if !covered {
                flow.cell_start();
            }
        }
        Xml::Text(text) if reading => line.push_str(text),
        Xml::End("t") => reading = false,
        Xml::End("p" | "text") => {
            reading = false;
            let text = std::mem::take(&mut line);
            let (shown, former) = if hidden { ("", Some(text.as_str())) } else { (text.as_str(), None) };
            if !text.trim().is_empty() {
                flow.line(shown, former);
            }
        }
        Xml::End("tc") => flow.cell_end(span.pop().unwrap_or(1)),
        Xml::End("tr") => flow.row_end(),
        Xml::End("tbl") => flow.table_end(),
        _ => {}
    });
    whole.is_ok()
}
