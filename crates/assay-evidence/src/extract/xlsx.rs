//! Excel workbooks that are packages, of XML or of binary parts: every sheet, hidden ones too, with typed cells as they
//! are shown and the row numbers that Excel shows; comments, drawings, charts, pivot caches, values kept of other
//! workbooks, names, queries, lists of allowed values, links.
//!
//! An own reader: sheets are streamed and handed on, whatever rectangle they claim. Formulas stand as their last value.
//! Hidden rows come as passages of their own, marked hidden; hidden columns stay with their rows, since a row is one
//! record, and are counted in a warning. Embedded files, pictures and macros are members; models of data behind pivot
//! tables are not read.

use super::number_format::{Epoch, NumberFormat};
use super::ooxml::{self, Package, Xml, attribute, events, lent};
use super::sheets::Gather;
use super::{Full, Job, Limits, Visibility};
use assay_model::UnreadReason;
use beside::Beside;
use std::cell::Cell as Flag;
use std::collections::BTreeMap;
use strings::Strings;

mod beside;
mod binary;
mod sheet;
mod strings;

/// How a workbook's parts are written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Notation {
    Xml,
    Binary,
}

/// A sheet as the workbook lists it.
struct Sheet {
    name: String,
    hidden: bool,
    part: String,
}

/// What all sheets share.
struct Workbook {
    sheets: Vec<Sheet>,
    epoch: Epoch,
    /// Formats by the number that cells give.
    formats: Vec<NumberFormat>,
    strings: Strings,
    /// Names that stand for places and formulas.
    names: Vec<String>,
}

/// What a sheet says beside its cells.
#[derive(Default)]
struct Margin {
    headers: Vec<String>,
    footers: Vec<String>,
    /// Lists of allowed values, prompts, links in formulas.
    rules: Vec<String>,
    hidden_columns: u32,
}

pub(super) fn read(job: &mut Job<'_, '_>) -> Result<(), UnreadReason> {
    read_as(job, Notation::Xml)
}

/// The binary kind.
pub(super) fn read_binary(job: &mut Job<'_, '_>) -> Result<(), UnreadReason> {
    read_as(job, Notation::Binary)
}

fn read_as(job: &mut Job<'_, '_>, notation: Notation) -> Result<(), UnreadReason> {
    let read = workbook(job, notation);
    // What is embedded can be opened even where the workbook around it cannot be read.
    ooxml::list_embedded(job);
    // A limit reached is said by the one who counts.
    read.map(drop)
}

fn workbook(job: &mut Job<'_, '_>, notation: Notation) -> Result<Result<(), Full>, UnreadReason> {
    let limits = job.reading.limits;
    let mut package = Package::open(&mut *job.input, limits)?;
    package.properties(job.out);
    let workbook = match notation {
        Notation::Xml => open(&mut package, limits)?,
        Notation::Binary => binary::open(&mut package, limits)?,
    };
    if workbook.strings.cut {
        job.out.partial("the workbook's strings are damaged");
    }
    let beside = Beside::read(&mut package, notation, &workbook, limits);
    let mut margin = Margin::default();
    let (mut damaged, mut full) = (0_u64, Ok(()));
    for sheet in &workbook.sheets {
        let row_hidden = Flag::new(false);
        let is_hidden = |_: u32| sheet.hidden || row_hidden.get();
        let mut gather = Gather::new(&sheet.name, job.out, limits, &is_hidden);
        let read = match notation {
            Notation::Xml => sheet::read(&mut package, sheet, &workbook, &row_hidden, &mut gather, &mut margin, limits),
            Notation::Binary => binary::sheet(&mut package, sheet, &workbook, &row_hidden, &mut gather, &mut margin),
        };
        // What came before damage is kept.
        let flushed = gather.flush();
        match read {
            Ok(read) => full = read.and(flushed),
            Err(_) => damaged += 1,
        }
        if full.is_err() {
            break;
        }
    }
    if damaged > 0 {
        job.out.partial(&format!("sheets that are damaged: {damaged}"));
    }
    if margin.hidden_columns > 0 {
        job.out.warn(&format!("hidden columns are among those given: {}", margin.hidden_columns));
    }
    if full.is_err() {
        return Ok(full);
    }
    margin.headers.dedup();
    margin.footers.dedup();
    let out = &mut *job.out;
    let given = [
        ("header", Visibility::Shown, &margin.headers),
        ("footer", Visibility::Shown, &margin.footers),
        ("comment", Visibility::Shown, &beside.comments),
        ("drawing", Visibility::Shown, &beside.drawings),
        ("description", Visibility::Hidden, &beside.descriptions),
        ("name", Visibility::Hidden, &workbook.names),
        ("rule", Visibility::Hidden, &margin.rules),
        ("link", Visibility::Hidden, &beside.links),
    ]
    .into_iter()
    .try_for_each(|(part, visibility, lines)| out.text(part, visibility, 1, lines.join("\n")));
    Ok(given.and_then(|()| beside::caches(&mut package, out, limits)))
}

/// The workbook, its strings and its formats.
fn open(package: &mut Package<'_>, limits: &Limits) -> Result<Workbook, UnreadReason> {
    let main = package.main("xl/workbook.xml");
    let xml = package.part(&main).ok_or(UnreadReason::Corrupt)??;
    let relations = package.relations(&main);
    let mut workbook = Workbook {
        sheets: Vec::new(),
        epoch: Epoch::Of1900,
        formats: Vec::new(),
        strings: Strings::default(),
        names: Vec::new(),
    };
    let (mut name, mut formula) = (None::<String>, String::new());
    // Damage costs the sheets that follow it; those are found by their names below.
    let _ = events(&xml, limits.nesting, &mut |event| match event {
        Xml::Start("sheet", start) => {
            let id = attribute(start, "id").unwrap_or_default();
            if let Some(found) = relations.iter().find(|relation| relation.id == id)
                && found.kind != "chartsheet"
            {
                let hidden = lent(start, "state").is_some_and(|state| state != "visible");
                let name = attribute(start, "name").unwrap_or_default();
                workbook.sheets.push(Sheet { name, hidden, part: found.target.clone() });
            }
        }
        Xml::Start("workbookPr", start) if ooxml::is_on(start, "date1904", None) => workbook.epoch = Epoch::Of1904,
        Xml::Start("definedName", start) => {
            name = attribute(start, "name");
            formula.clear();
        }
        Xml::Text(text) if name.is_some() => formula.push_str(text),
        Xml::End("definedName") => {
            // Filters and print areas are Excel's own.
            if let Some(name) = name.take().filter(|name| !name.starts_with("_xlnm")) {
                workbook.names.push(format!("{name}: {formula}"));
            }
        }
        _ => {}
    });
    stray_sheets(package, &mut workbook, ".xml");
    if workbook.sheets.is_empty() && !relations.iter().any(|relation| relation.kind == "chartsheet") {
        return Err(UnreadReason::Corrupt);
    }
    let part = |package: &mut Package<'_>, kind: &str, usual: &str| {
        package.related(&main, kind).into_iter().next().unwrap_or_else(|| usual.to_owned())
    };
    let styles = part(package, "styles", "xl/styles.xml");
    if let Some(Ok(xml)) = package.part(&styles) {
        workbook.formats = formats(&xml, limits.nesting);
    }
    let strings = part(package, "sharedStrings", "xl/sharedStrings.xml");
    workbook.strings = Strings::read(package, &strings, limits);
    Ok(workbook)
}

/// Sheets that lie in the package and that the workbook does not list: nobody sees them.
fn stray_sheets(package: &mut Package<'_>, workbook: &mut Workbook, ending: &str) {
    for folder in ["xl/worksheets/sheet", "xl/macrosheets/sheet"] {
        for part in package.parts(folder, ending) {
            if !workbook.sheets.iter().any(|sheet| sheet.part.eq_ignore_ascii_case(&part)) {
                let name = part.rsplit('/').next().unwrap_or_default().trim_end_matches(ending).to_owned();
                workbook.sheets.push(Sheet { name, hidden: true, part });
            }
        }
    }
}

/// The formats of cells, by the number that cells give.
fn formats(xml: &str, nesting: u32) -> Vec<NumberFormat> {
    let mut codes: BTreeMap<u16, NumberFormat> = BTreeMap::new();
    let mut formats = Vec::new();
    let mut in_cells = false;
    let number = |start: &quick_xml::events::BytesStart<'_>| -> Option<u16> {
        lent(start, "numFmtId").and_then(|number| number.parse().ok())
    };
    // Damage costs the formats that follow it: their cells come as plain numbers.
    let _ = events(xml, nesting, &mut |event| match event {
        Xml::Start("numFmt", start) => {
            if let (Some(number), Some(code)) = (number(start), lent(start, "formatCode")) {
                codes.insert(number, NumberFormat::parse(&code));
            }
        }
        Xml::Start("cellXfs", _) => in_cells = true,
        Xml::End("cellXfs") => in_cells = false,
        // Excel has no more than 65,490.
        Xml::Start("xf", start) if in_cells && formats.len() < 1 << 16 => {
            let number = number(start).unwrap_or(0);
            formats.push(codes.get(&number).cloned().unwrap_or_else(|| NumberFormat::built_in(number)));
        }
        _ => {}
    });
    formats
}
