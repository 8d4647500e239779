//! Excel workbooks of the XML kind: every sheet, hidden ones too, with typed cells and the row numbers that Excel
//! shows.
//!
//! Formulas stand as their last value. Hidden rows come as passages of their own, marked hidden; hidden columns stay
//! with their rows, since a row is one record. Pivot caches are not read; embedded files and pictures are members.

use super::ooxml::{self, Package, Xml, attribute, events};
use super::{Full, Job, Limits, Out, Visibility};
use assay_model::{Cell, Table, UnreadReason};
use calamine::{DataRef, ExcelDateTime, Reader, SheetType, SheetVisible, Style, Xlsx, XlsxError};
use jiff::civil::Date;
use std::collections::BTreeSet;

/// Rows and columns of the largest sheet that Excel makes; cells beyond are no workbook's.
const ROWS: u32 = 1_048_576;
const COLUMNS: u32 = 16_384;

/// Cells gathered before they are handed over, whatever the number of their rows.
const GATHERED: u64 = 4_000_000;

pub(super) fn read(job: &mut Job<'_, '_>) -> Result<(), UnreadReason> {
    let read = sheets(job);
    // What is embedded can be opened even where the workbook around it cannot be read.
    ooxml::list_embedded(job);
    read
}

fn sheets(job: &mut Job<'_, '_>) -> Result<(), UnreadReason> {
    let limits = job.limits;
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
        let mut gather = Gather {
            part: &sheet.name,
            out: &mut *job.out,
            table: Table { first_row: 1, ..Table::default() },
            cells: 0,
            visibility: Visibility::Shown,
            passage_rows: limits.passage_rows,
            is_hidden: &|row| all_hidden || rows.is_some_and(|rows| rows.contains(&row)),
        };
        match gather.sheet(&mut workbook) {
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

/// Rows of one sheet on their way out.
struct Gather<'g, 'o> {
    part: &'g str,
    out: &'g mut Out<'o>,
    table: Table,
    cells: u64,
    visibility: Visibility,
    passage_rows: u32,
    is_hidden: &'g dyn Fn(u32) -> bool,
}

impl Gather<'_, '_> {
    fn sheet<R: std::io::Read + std::io::Seek>(
        &mut self,
        workbook: &mut Xlsx<R>,
    ) -> Result<Result<(), Full>, XlsxError> {
        let mut reader = workbook.worksheet_cells_reader(self.part)?;
        let padded: Vec<usize> = reader.styles().iter().map(zeros).collect();
        loop {
            let next = match reader.next_cell_with_style_id() {
                Ok(next) => next,
                Err(error) => {
                    // What came before the damage is kept.
                    let _ = self.flush();
                    return Err(error);
                }
            };
            let Some((found, style)) = next else { return Ok(self.flush()) };
            let (row, column) = found.get_position();
            let value = match cell(found.get_value()) {
                Cell::Number(number) => with_zeros(number, padded.get(style).copied().unwrap_or(0)),
                value => value,
            };
            if value == Cell::Empty {
                continue;
            }
            if self.put(row.saturating_add(1), column, value).is_err() {
                return Ok(Err(Full));
            }
        }
    }

    fn put(&mut self, row: u32, column: u32, value: Cell) -> Result<(), Full> {
        let out_of_order = row < self.table.first_row;
        if out_of_order || row > ROWS || column >= COLUMNS {
            self.out.partial("cells outside a sheet's bounds or order were not read");
            return Ok(());
        }
        if self.table.rows.is_empty() {
            self.table.first_row = row;
        }
        let visibility = if (self.is_hidden)(row) { Visibility::Hidden } else { Visibility::Shown };
        let held = self.table.rows.len() as u32;
        let index = row - self.table.first_row;
        let new_row = index >= held;
        if new_row && (index >= self.passage_rows || visibility != self.visibility || self.cells > GATHERED) {
            self.flush()?;
            self.table.first_row = row;
            self.visibility = visibility;
        }
        let index = (row - self.table.first_row) as usize;
        if index >= self.table.rows.len() {
            self.table.rows.resize_with(index + 1, Vec::new);
        }
        let Some(cells) = self.table.rows.get_mut(index) else { return Ok(()) };
        let column = column as usize;
        if column >= cells.len() {
            self.cells += (column + 1 - cells.len()) as u64;
            if self.cells > self.out.cells_left {
                self.flush()?;
                return self.out.full(super::CELLS_OVER);
            }
            cells.resize(column + 1, Cell::Empty);
        }
        if let Some(place) = cells.get_mut(column) {
            *place = value;
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<(), Full> {
        self.cells = 0;
        let next = self.table.first_row.saturating_add(self.table.rows.len() as u32);
        let given = !self.table.rows.is_empty();
        let continued = self.table.continued || given;
        let table = std::mem::replace(&mut self.table, Table { first_row: next, continued, rows: Vec::new() });
        if given { self.out.table(self.part, self.visibility, table) } else { Ok(()) }
    }
}

/// The width of a format of zeros only, with which hospital numbers and telephone numbers are kept; otherwise zero.
fn zeros(style: &Style) -> usize {
    let code = style.number_format.as_ref().map_or("", |format| format.format_code.as_str());
    if code.len() < 20 && code.bytes().all(|byte| byte == b'0') { code.len() } else { 0 }
}

/// A number that its format fills up with zeros is text to its reader: `0012345` is not `12345`.
fn with_zeros(number: f64, width: usize) -> Cell {
    let digits = number.to_string();
    let plain = digits.bytes().all(|byte| byte.is_ascii_digit());
    if plain && digits.len() < width { Cell::Text(format!("{digits:0>width$}")) } else { Cell::Number(number) }
}

fn cell(value: &DataRef<'_>) -> Cell {
    let text = |text: &str| if text.is_empty() { Cell::Empty } else { Cell::Text(text.replace("\r\n", "\n")) };
    match value {
        DataRef::Empty => Cell::Empty,
        DataRef::Int(number) => Cell::Number(*number as f64),
        DataRef::Float(number) => Cell::Number(*number),
        DataRef::String(value) => text(value),
        DataRef::SharedString(value) => text(value),
        DataRef::Bool(truth) => Cell::Bool(*truth),
        DataRef::DateTime(moment) => dated(moment),
        DataRef::DateTimeIso(value) | DataRef::DurationIso(value) => {
            let day = value.strip_suffix("T00:00:00").or_else(|| value.strip_suffix("T00:00:00Z")).unwrap_or(value);
            day.parse::<Date>().ok().filter(|_| day.len() == 10).map_or_else(|| text(value), Cell::Date)
        }
        DataRef::Error(error) => Cell::Text(error.to_string()),
    }
}

/// A whole day as a date, a moment as `YYYY-MM-DD HH:MM:SS`, a time of day as `HH:MM:SS`.
fn dated(moment: &ExcelDateTime) -> Cell {
    let serial = moment.as_f64();
    // Beyond these Excel shows hashes, and the serial is all there is.
    if !(0.0..2_958_466.0).contains(&serial) {
        return Cell::Number(serial);
    }
    let (year, month, day, hour, minute, second, _) = moment.to_ymd_hms_milli();
    if moment.is_duration() || serial < 1.0 {
        let hours = if moment.is_duration() { (serial * 24.0 + 1e-6).floor() as u64 } else { u64::from(hour) };
        return Cell::Text(format!("{hours:02}:{minute:02}:{second:02}"));
    }
    match Date::new(year as i16, month as i8, day as i8) {
        Ok(date) if (hour, minute, second) == (0, 0, 0) => Cell::Date(date),
        Ok(date) => Cell::Text(format!("{date} {hour:02}:{minute:02}:{second:02}")),
        // Excel knows a 29 February 1900.
        Err(_) => Cell::Number(serial),
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
