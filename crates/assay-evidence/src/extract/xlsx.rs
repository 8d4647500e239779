//! Excel workbooks that are packages, of XML or of binary parts: every sheet, hidden ones too, with typed cells and the row numbers that Excel
//! shows.
//!
//! Formulas stand as their last value. Hidden rows come as passages of their own, marked hidden; hidden columns stay
//! with their rows, since a row is one record. Pivot caches are not read; embedded files and pictures are members.

use super::ooxml::{self, Package, Xml, attribute, events};
use super::sheets::{Gather, cell, with_zeros, zeros};
use super::{Full, Job, Limits, Visibility};
use assay_model::{Cell, UnreadReason};
use calamine::{Reader, SheetType, SheetVisible, Style, Xlsb, XlsbError, Xlsx, XlsxError};
use std::collections::BTreeSet;

pub(super) fn read(job: &mut Job<'_, '_>) -> Result<(), UnreadReason> {
    let read = sheets(job);
    // What is embedded can be opened even where the workbook around it cannot be read.
    ooxml::list_embedded(job);
    read
}

fn sheets(job: &mut Job<'_, '_>) -> Result<(), UnreadReason> {
    let limits = job.reading.limits;
    let mut package = Package::open(&mut *job.input, limits.item_bytes, limits.expansion_ratio)?;
    package.properties(job.out);
    let hidden = hidden_rows(&mut package, limits);
    let comments = comments(&mut package, limits);
    let folders = ["xl/drawings/drawing", "xl/charts/chart", "xl/diagrams/data"];
    let drawings = ooxml::drawings(&mut package, &folders, limits.nesting);
    drop(package);
    super::rewind(job.input)?;
    let mut workbook = Xlsx::new(&mut *job.input).map_err(reason)?;
    let sheets = workbook.sheets_metadata().to_vec();
    let mut damaged = 0_u64;
    for (index, sheet) in sheets.iter().enumerate() {
        if sheet.typ != SheetType::WorkSheet {
            continue;
        }
        let all_hidden = sheet.visible != SheetVisible::Visible;
        let rows = hidden.get(index);
        let is_hidden = |row: u32| all_hidden || rows.is_some_and(|rows| rows.contains(&row));
        let mut gather = Gather::new(&sheet.name, job.out, limits, &is_hidden);
        match self::sheet(&mut gather, &mut workbook, &sheet.name) {
            Ok(Ok(())) => {}
            Ok(Err(Full)) => return Ok(()),
            Err(_) => damaged += 1,
        }
    }
    if damaged > 0 {
        job.out.partial(&format!("sheets that are damaged: {damaged}"));
    }
    drop(workbook);
    // A limit reached is said by the one who counts.
    let _ = job.out.text("comment", Visibility::Shown, 1, comments.join("\n"));
    let _ = job.out.text("drawing", Visibility::Shown, 1, drawings.join("\n"));
    Ok(())
}

fn reason(error: XlsxError) -> UnreadReason {
    match error {
        XlsxError::Password => UnreadReason::Encrypted,
        _ => UnreadReason::Corrupt,
    }
}

fn sheet<R: std::io::Read + std::io::Seek>(
    gather: &mut Gather<'_, '_>,
    workbook: &mut Xlsx<R>,
    name: &str,
) -> Result<Result<(), Full>, XlsxError> {
    let mut reader = workbook.worksheet_cells_reader(name)?;
    let padded: Vec<usize> = reader.styles().iter().map(zeros_of).collect();
    loop {
        let next = match reader.next_cell_with_style_id() {
            Ok(next) => next,
            Err(error) => {
                // What came before the damage is kept.
                let _ = gather.flush();
                return Err(error);
            }
        };
        let Some((found, style)) = next else { return Ok(gather.flush()) };
        let (row, column) = found.get_position();
        let value = match cell(found.get_value()) {
            Cell::Number(number) => with_zeros(number, padded.get(style).copied().unwrap_or(0)),
            value => value,
        };
        if value == Cell::Empty {
            continue;
        }
        if gather.put(row.saturating_add(1), column, value).is_err() {
            return Ok(Err(Full));
        }
    }
}

fn zeros_of(style: &Style) -> usize {
    style.number_format.as_ref().map_or(0, |format| zeros(&format.format_code))
}

/// The binary kind: the same sheets, without hidden rows and formats of zeros, which the library does not give.
pub(super) fn read_binary(job: &mut Job<'_, '_>) -> Result<(), UnreadReason> {
    let read = binary_sheets(job);
    ooxml::list_embedded(job);
    read
}

fn binary_sheets(job: &mut Job<'_, '_>) -> Result<(), UnreadReason> {
    let limits = job.reading.limits;
    let mut package = Package::open(&mut *job.input, limits.item_bytes, limits.expansion_ratio)?;
    package.properties(job.out);
    let drawings = ooxml::drawings(&mut package, &["xl/drawings/drawing", "xl/charts/chart"], limits.nesting);
    drop(package);
    super::rewind(job.input)?;
    let mut workbook = Xlsb::new(&mut *job.input).map_err(|error| match error {
        XlsbError::Password => UnreadReason::Encrypted,
        _ => UnreadReason::Corrupt,
    })?;
    let sheets = workbook.sheets_metadata().to_vec();
    let mut damaged = 0_u64;
    for sheet in sheets.iter().filter(|sheet| sheet.typ == SheetType::WorkSheet) {
        let is_hidden = |_: u32| sheet.visible != SheetVisible::Visible;
        let mut gather = Gather::new(&sheet.name, job.out, limits, &is_hidden);
        match binary_sheet(&mut gather, &mut workbook, &sheet.name) {
            Ok(Ok(())) => {}
            Ok(Err(Full)) => return Ok(()),
            Err(_) => damaged += 1,
        }
    }
    if damaged > 0 {
        job.out.partial(&format!("sheets that are damaged: {damaged}"));
    }
    // A limit reached is said by the one who counts.
    let _ = job.out.text("drawing", Visibility::Shown, 1, drawings.join("\n"));
    Ok(())
}

fn binary_sheet<R: std::io::Read + std::io::Seek>(
    gather: &mut Gather<'_, '_>,
    workbook: &mut Xlsb<R>,
    name: &str,
) -> Result<Result<(), Full>, XlsbError> {
    let mut reader = workbook.worksheet_cells_reader(name)?;
    loop {
        let next = match reader.next_cell() {
            Ok(next) => next,
            Err(error) => {
                // What came before the damage is kept.
                let _ = gather.flush();
                return Err(error);
            }
        };
        let Some(found) = next else { return Ok(gather.flush()) };
        let (row, column) = found.get_position();
        let value = cell(found.get_value());
        if value != Cell::Empty && gather.put(row.saturating_add(1), column, value).is_err() {
            return Ok(Err(Full));
        }
    }
}

/// The hidden rows of each sheet, in the order of the workbook.
fn hidden_rows(package: &mut Package<'_>, limits: &Limits) -> Vec<BTreeSet<u32>> {
    let relations = relations(package, limits);
    let mut ids = Vec::new();
    if let Some(Ok(xml)) = package.part("xl/workbook.xml") {
        // A damaged workbook is said where its cells are read.
        let _ = events(&xml, limits.nesting, &mut |event| {
            if let Xml::Start("sheet", start) = event {
                ids.push(attribute(start, "id").unwrap_or_default());
            }
        });
    }
    let target = |id: &String| relations.iter().find(|(has, _)| has == id).map(|(_, target)| target.clone());
    let targets: Vec<Option<String>> = ids.iter().map(target).collect();
    targets.into_iter().map(|target| target.map(|part| rows_of(package, &part, limits)).unwrap_or_default()).collect()
}

fn relations(package: &mut Package<'_>, limits: &Limits) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let Some(Ok(xml)) = package.part("xl/_rels/workbook.xml.rels") else { return found };
    // As above.
    let _ = events(&xml, limits.nesting, &mut |event| {
        if let Xml::Start("Relationship", start) = event
            && let (Some(id), Some(target)) = (attribute(start, "Id"), attribute(start, "Target"))
        {
            let target = target.strip_prefix('/').map_or_else(|| format!("xl/{target}"), str::to_owned);
            found.push((id, target));
        }
    });
    found
}

fn rows_of(package: &mut Package<'_>, part: &str, limits: &Limits) -> BTreeSet<u32> {
    let mut rows = BTreeSet::new();
    let Some(Ok(xml)) = package.part(part) else { return rows };
    // Most sheets hide nothing: one look spares them the walk.
    if memchr::memmem::find(xml.as_bytes(), b"hidden=").is_none() {
        return rows;
    }
    let mut row = 0_u32;
    // As above.
    let _ = events(&xml, limits.nesting, &mut |event| {
        if let Xml::Start("row", start) = event {
            row = attribute(start, "r").and_then(|number| number.parse().ok()).unwrap_or(row.saturating_add(1));
            if ooxml::is_on(start, "hidden", None) {
                rows.insert(row);
            }
        }
    });
    rows
}

/// Comments on cells, one a line.
fn comments(package: &mut Package<'_>, limits: &Limits) -> Vec<String> {
    let mut lines = Vec::new();
    let mut names = package.parts("xl/comments", ".xml");
    names.extend(package.parts("xl/threadedComments/", ".xml"));
    for name in names {
        let Some(Ok(xml)) = package.part(&name) else { continue };
        let (mut text, mut reading, mut at) = (String::new(), false, String::new());
        // Damage here costs the comments that follow it.
        let _ = events(&xml, limits.nesting, &mut |event| match event {
            Xml::Start("comment" | "threadedComment", start) => at = attribute(start, "ref").unwrap_or_default(),
            Xml::Start("t" | "text", _) => reading = true,
            Xml::Text(piece) if reading => text.push_str(piece),
            Xml::End("t") => reading = false,
            Xml::End("comment" | "threadedComment") => {
                reading = false;
                let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
                text.clear();
                if !line.is_empty() {
                    lines.push(format!("{at}: {line}"));
                }
            }
            _ => {}
        });
    }
    lines
}
