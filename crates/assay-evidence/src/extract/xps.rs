//! XPS and OpenXPS documents: the text of pages in their order, properties. Runs of glyphs on one line are put together;
//! a gap wider than a letter's third is a space. Pictures are members; outlines and signatures are not read.

use super::ooxml::{self, Package, Xml, attribute, events, lent};
use super::{Full, Job, ReadSeek, Visibility, Visit, zip};
use assay_model::UnreadReason;
use quick_xml::events::BytesStart;

fn is_picture(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    [".png", ".jpg", ".jpeg", ".tif", ".tiff", ".wdp", ".jxr"].iter().any(|ending| name.ends_with(ending))
}

pub(super) fn visit(input: &mut dyn ReadSeek, visit: &mut Visit<'_>) {
    zip::visit_where(input, visit, is_picture);
}

pub(super) fn read(job: &mut Job<'_, '_>) -> Result<(), UnreadReason> {
    let read = pages(job);
    // A package that opened before and does not now has nothing to list.
    let _ = zip::list(job, is_picture);
    // A limit reached is said by the one who counts.
    read.map(drop)
}

fn pages(job: &mut Job<'_, '_>) -> Result<Result<(), Full>, UnreadReason> {
    let limits = job.reading.limits;
    let mut package = Package::open(&mut *job.input, limits)?;
    package.properties(job.out);
    let mut names = Vec::new();
    for relation in package.relations("").into_iter().filter(|relation| relation.kind == "fixedrepresentation") {
        for document in sources(&mut package, &relation.target, "DocumentReference", limits.nesting) {
            names.extend(sources(&mut package, &document, "PageContent", limits.nesting));
        }
    }
    if names.is_empty() {
        names = package.parts("", ".fpage");
    }
    if names.is_empty() {
        return Err(UnreadReason::Corrupt);
    }
    if names.len() > limits.pages as usize {
        job.out.partial("pages over the limit of this item were not read");
        names.truncate(limits.pages as usize);
    }
    let mut damaged = 0_u32;
    let mut links = package.links();
    for (number, name) in (1_u32..).zip(names) {
        let mut page = Page::default();
        match package.part(&name) {
            Some(Ok(xml)) => {
                let whole = events(&xml, limits.nesting, &mut |event| page.event(&event, &mut links));
                damaged += u32::from(whole.is_err());
            }
            _ => damaged += 1,
        }
        if let Err(full) = job.out.text(&format!("page {number}"), Visibility::Shown, 1, page.text) {
            return Ok(Err(full));
        }
    }
    if damaged > 0 {
        job.out.partial(&format!("parts of the document that are damaged: {damaged}"));
    }
    links.dedup();
    Ok(job.out.text("link", Visibility::Hidden, 1, links.join("\n")))
}

/// The parts that elements of a part name as their source.
fn sources(package: &mut Package<'_>, part: &str, element: &str, nesting: u32) -> Vec<String> {
    let mut found = Vec::new();
    let folder = part.rsplit_once('/').map_or("", |(folder, _)| folder).to_owned();
    let Some(Ok(xml)) = package.part(part) else { return found };
    // Damage costs the parts that follow it.
    let _ = events(&xml, nesting, &mut |event| {
        if let Xml::Start(name, start) = event
            && name == element
            && let Some(source) = attribute(start, "Source")
        {
            found.push(ooxml::resolved_target(&folder, &source));
        }
    });
    found
}

#[derive(Default)]
struct Page {
    text: String,
    /// The line that the last run stands on, and about where the run ends.
    line: f64,
    end: f64,
}

impl Page {
    fn event(&mut self, event: &Xml<'_>, links: &mut Vec<String>) {
        let Xml::Start(_, start) = event else { return };
        if let Some(link) = attribute(start, "FixedPage.NavigateUri").filter(|link| link.contains(':')) {
            links.push(link);
        }
        if let Xml::Start("Glyphs", start) = event {
            self.glyphs(start);
        }
    }

    fn glyphs(&mut self, start: &BytesStart<'_>) {
        let Some(text) = attribute(start, "UnicodeString") else { return };
        // Braces in front escape a brace.
        let text = text.strip_prefix("{}").unwrap_or(&text);
        let number = |name: &str| lent(start, name).and_then(|number| number.parse::<f64>().ok()).unwrap_or(0.0);
        let (x, y, size) = (number("OriginX"), number("OriginY"), number("FontRenderingEmSize"));
        let apart = self.text.is_empty() || self.text.ends_with(char::is_whitespace) || text.starts_with(' ');
        if !self.text.is_empty() {
            if (y - self.line).abs() > size / 2.0 || x < self.end - size * 4.0 {
                self.text.push('\n');
            } else if !apart && x - self.end > size / 3.0 {
                self.text.push(' ');
            }
        }
        self.text.push_str(text);
        self.line = y;
        // Letters are half as wide as high, about.
        self.end = x + text.chars().count() as f64 * size / 2.0;
    }
}
