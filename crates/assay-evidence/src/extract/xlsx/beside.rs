//! What a workbook holds beside its sheets: comments with their authors, drawings and charts, links, queries, and the
//! copies of data that pivot tables and references to other workbooks keep.

use super::super::ooxml::{self, Package, Xml, attribute, events, lent, stream_events};
use super::super::sheets::{Gather, iso};
use super::super::{Full, Limits, Out};
use super::binary;
use super::sheet::place;
use super::strings::{Item, unescaped};
use super::{Notation, Workbook};
use assay_model::Cell;
use quick_xml::events::BytesStart;
use std::collections::BTreeMap;

/// Lines of each kind.
const LINES: usize = 200_000;

#[derive(Default)]
pub(super) struct Beside {
    pub(super) comments: Vec<String>,
    pub(super) drawings: Vec<String>,
    pub(super) descriptions: Vec<String>,
    pub(super) links: Vec<String>,
}

impl Beside {
    pub(super) fn read(package: &mut Package<'_>, notation: Notation, workbook: &Workbook, limits: &Limits) -> Self {
        let people = people(package, limits.nesting);
        let mut comments = Vec::new();
        // Sheet by sheet; comments that no sheet points to come last.
        let mut parts: Vec<String> = Vec::new();
        for sheet in &workbook.sheets {
            parts.extend(package.related(&sheet.part, "comments"));
            parts.extend(package.related(&sheet.part, "threadedComment"));
        }
        for folder in ["xl/comments", "xl/threadedComments/"] {
            parts.extend(package.parts(folder, ""));
        }
        let mut seen = std::collections::BTreeSet::new();
        for part in parts.into_iter().filter(|part| seen.insert(part.to_ascii_lowercase())) {
            if part.ends_with(".bin") && notation == Notation::Binary {
                comments.extend(binary::comments(package, &part));
            } else if part.ends_with(".xml") {
                read_comments(package, &part, &people, &mut comments, limits.nesting);
            }
        }
        let folders = ["xl/drawings/", "xl/charts/chart", "xl/diagrams/data"];
        let (drawings, descriptions) = ooxml::drawings(package, &folders, limits.nesting);
        let mut links = package.links();
        connections(package, &mut links, limits.nesting);
        Self { comments, drawings, descriptions, links }
    }
}

/// The names of those who comment in threads.
fn people(package: &mut Package<'_>, nesting: u32) -> BTreeMap<String, String> {
    let mut people = BTreeMap::new();
    for part in package.parts("xl/persons/", ".xml") {
        let Some(Ok(xml)) = package.part(&part) else { continue };
        // Damage costs the names that follow it.
        let _ = events(&xml, nesting, &mut |event| {
            if let Xml::Start("person", start) = event
                && let (Some(id), Some(name)) = (attribute(start, "id"), attribute(start, "displayName"))
            {
                people.insert(id, name);
            }
        });
    }
    people
}

/// A comment as a line; its author stands in front unless the text begins with them.
pub(super) fn comment_line(at: &str, author: &str, text: &str) -> Option<String> {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let author = author.trim();
    // Older programs are told of a thread by a comment that repeats it.
    if text.is_empty() || author.starts_with("tc={") {
        return None;
    }
    if author.is_empty() || text.starts_with(author) {
        return Some(format!("{at}: {text}"));
    }
    Some(format!("{at}: {author}: {text}"))
}

fn read_comments(
    package: &mut Package<'_>,
    part: &str,
    people: &BTreeMap<String, String>,
    lines: &mut Vec<String>,
    nesting: u32,
) {
    let Some(Ok(xml)) = package.part(part) else { return };
    let (mut authors, mut author, mut name) = (Vec::new(), String::new(), None::<String>);
    let (mut item, mut text, mut in_text, mut at) = (Item::default(), String::new(), false, String::new());
    // Damage costs the comments that follow it.
    let _ = events(&xml, nesting, &mut |event| match event {
        Xml::Start("author", _) => name = Some(String::new()),
        Xml::Text(piece) if name.is_some() => name.iter_mut().for_each(|name| name.push_str(piece)),
        Xml::End("author") => authors.extend(name.take()),
        Xml::Start("comment", start) => {
            item.clear();
            at = attribute(start, "ref").unwrap_or_default();
            let number = lent(start, "authorId").and_then(|number| number.parse::<usize>().ok());
            author = number.and_then(|number| authors.get(number).cloned()).unwrap_or_default();
        }
        Xml::Start("threadedComment", start) => {
            at = attribute(start, "ref").unwrap_or_default();
            let id = attribute(start, "personId").unwrap_or_default();
            author = people.get(&id).cloned().unwrap_or_default();
            text.clear();
        }
        Xml::End("comment") if lines.len() < LINES => lines.extend(comment_line(&at, &author, &item.take())),
        Xml::End("threadedComment") if lines.len() < LINES => lines.extend(comment_line(&at, &author, &text)),
        Xml::Start("text", _) => in_text = true,
        Xml::End("text") => in_text = false,
        event => {
            if let Xml::Text(piece) = &event
                && in_text
            {
                text.push_str(piece);
            }
            item.event(&event);
        }
    });
}

/// Where data comes from: connections with their queries, and the servers that cells are fed by.
fn connections(package: &mut Package<'_>, links: &mut Vec<String>, nesting: u32) {
    const TELLING: &[&str] =
        &["name", "description", "connection", "command", "sourceFile", "url", "odcFile", "progId"];
    let mut parts = package.parts("xl/connections", ".xml");
    parts.extend(package.parts("xl/externalLinks/externalLink", ".xml"));
    for part in parts {
        let Some(Ok(xml)) = package.part(&part) else { continue };
        // Damage costs the connections that follow it.
        let _ = events(&xml, nesting, &mut |event| {
            let Xml::Start(
                name @ ("connection" | "dbPr" | "olapPr" | "webPr" | "textPr" | "ddeLink" | "oleLink"),
                start,
            ) = event
            else {
                return;
            };
            // As formulas name such a source.
            if let (Some(service), Some(topic)) = (attribute(start, "ddeService"), attribute(start, "ddeTopic")) {
                links.push(format!("{name}: {}", unescaped(&format!("{service}|{topic}"))));
                return;
            }
            for has in TELLING {
                let value = attribute(start, has).filter(|value| !value.trim().is_empty());
                if let Some(value) = value.filter(|_| links.len() < LINES) {
                    links.push(format!("{name} {has}: {}", unescaped(&value)));
                }
            }
        });
    }
}

/// The copies of data that pivot tables and references to other workbooks keep, as hidden tables.
pub(super) fn caches(package: &mut Package<'_>, out: &mut Out<'_>, limits: &Limits) -> Result<(), Full> {
    for (number, part) in (1_u32..).zip(package.parts("xl/pivotCache/pivotCacheDefinition", ".xml")) {
        let name = format!("pivot cache {number}");
        let records = package.related(&part, "pivotCacheRecords").into_iter().next();
        pivot_cache(package, &name, &part, records.as_deref(), out, limits)?;
    }
    for (number, part) in (1_u32..).zip(package.parts("xl/externalLinks/externalLink", ".xml")) {
        other_workbook(package, &format!("other workbook {number}"), &part, out, limits)?;
    }
    Ok(())
}

#[derive(Default)]
struct Field {
    name: String,
    items: Vec<Cell>,
}

fn pivot_cache(
    package: &mut Package<'_>,
    name: &str,
    definition: &str,
    records: Option<&str>,
    out: &mut Out<'_>,
    limits: &Limits,
) -> Result<(), Full> {
    let mut fields: Vec<Field> = Vec::new();
    let mut left = limits.cells;
    let Some(Ok(xml)) = package.part(definition) else { return Ok(()) };
    let (mut shared, mut grouped) = (false, false);
    // Damage costs the fields that follow it.
    let _ = events(&xml, limits.nesting, &mut |event| match event {
        Xml::Start("cacheField", start) if fields.len() < 1 << 14 => {
            fields.push(Field { name: attribute(start, "name").unwrap_or_default(), items: Vec::new() });
        }
        Xml::Start("fieldGroup", _) => grouped = true,
        Xml::End("fieldGroup") => grouped = false,
        Xml::Start("sharedItems", _) => shared = !grouped,
        Xml::End("sharedItems") => shared = false,
        Xml::Start(kind, start) if shared => {
            if let (Some(field), Some(item), Some(fewer)) = (fields.last_mut(), item(kind, start), left.checked_sub(1))
            {
                left = fewer;
                field.items.push(item);
            }
        }
        _ => {}
    });
    let hidden = |_: u32| true;
    let mut gather = Gather::new(name, out, limits, &hidden);
    for (column, field) in (0_u32..).zip(&fields) {
        gather.put(1, column, Cell::Text(field.name.as_str().into()))?;
    }
    let Some(input) = records.and_then(|records| package.stream(records)) else {
        // Without records, what each field takes is all there is.
        let rows = fields.iter().map(|field| field.items.len()).max().unwrap_or(0);
        for row in 0..rows {
            for (column, field) in (0_u32..).zip(&fields) {
                if let Some(item) = field.items.get(row).filter(|item| **item != Cell::Empty) {
                    gather.put(row as u32 + 2, column, item.clone())?;
                }
            }
        }
        return gather.flush();
    };
    let Ok(input) = input else { return gather.flush() };
    let (mut row, mut column) = (1_u32, 0_u32);
    let read = stream_events(input, limits.nesting, &mut |event| {
        match event {
            Xml::Start("r", _) => {
                row = row.saturating_add(1);
                column = 0;
            }
            Xml::Start("x", start) => {
                let number = lent(start, "v").and_then(|number| number.parse::<usize>().ok());
                let field = fields.get(column as usize);
                let found = number.and_then(|number| field.and_then(|field| field.items.get(number)));
                column = column.saturating_add(1);
                if let Some(found) = found.filter(|found| **found != Cell::Empty) {
                    return gather.put(row, column - 1, found.clone());
                }
            }
            Xml::Start(kind @ ("s" | "n" | "d" | "b" | "e" | "m"), start) => {
                column = column.saturating_add(1);
                if let Some(found) = item(kind, start).filter(|found| *found != Cell::Empty) {
                    return gather.put(row, column - 1, found);
                }
            }
            _ => {}
        }
        Ok(())
    });
    // Damage costs the records that follow it.
    read.unwrap_or(Ok(())).and(gather.flush())
}

/// A value of a pivot cache; `None` where the element is none.
fn item(kind: &str, start: &BytesStart<'_>) -> Option<Cell> {
    let value = lent(start, "v");
    let value = value.as_deref().unwrap_or_default();
    Some(match kind {
        "s" | "e" if !value.is_empty() => Cell::Text(unescaped(value).into_owned().into()),
        "n" => value.parse().map_or(Cell::Empty, Cell::Number),
        "d" => iso(value),
        "b" => Cell::Bool(value == "1" || value == "true"),
        "m" | "s" | "e" => Cell::Empty,
        _ => return None,
    })
}

/// The values that a workbook keeps of another.
fn other_workbook(
    package: &mut Package<'_>,
    name: &str,
    part: &str,
    out: &mut Out<'_>,
    limits: &Limits,
) -> Result<(), Full> {
    let Some(Ok(xml)) = package.part(part) else { return Ok(()) };
    let mut sheets: Vec<String> = Vec::new();
    let mut cells: Vec<(usize, u32, u32, Cell)> = Vec::new();
    let (mut sheet, mut at, mut kind, mut value, mut reading) = (0_usize, None, String::new(), String::new(), false);
    let mut dde_row = 0_u32;
    // Damage costs the values that follow it.
    let _ = events(&xml, limits.nesting, &mut |event| match event {
        Xml::Start("sheetName", start) => sheets.extend(attribute(start, "val")),
        Xml::Start("sheetData", start) => {
            sheet = lent(start, "sheetId").and_then(|id| id.parse().ok()).unwrap_or(0);
        }
        Xml::Start("cell", start) => {
            at = lent(start, "r").and_then(|name| place(&name));
            kind = attribute(start, "t").unwrap_or_default();
        }
        Xml::Start("ddeItem", start) => {
            dde_row += 1;
            let name = attribute(start, "name").unwrap_or_default();
            cells.push((sheet, dde_row, 0, Cell::Text(name.into())));
        }
        Xml::Start("value", start) => {
            dde_row += 1;
            at = Some((dde_row, 1));
            kind = attribute(start, "t").unwrap_or_default();
        }
        Xml::Start("v" | "val", _) => {
            reading = true;
            value.clear();
        }
        Xml::Text(text) if reading => value.push_str(text),
        Xml::End("v" | "val") => {
            reading = false;
            let cell = match kind.as_str() {
                "" | "n" => value.parse().map_or(Cell::Empty, Cell::Number),
                "b" => Cell::Bool(value == "1"),
                _ => Cell::Text(unescaped(&value).into_owned().into()),
            };
            if let Some((row, column)) = at.filter(|_| cell != Cell::Empty && (cells.len() as u64) < limits.cells) {
                cells.push((sheet, row, column, cell));
            }
        }
        _ => {}
    });
    let hidden = |_: u32| true;
    let mut rest = cells.into_iter().peekable();
    while let Some((sheet, ..)) = rest.peek() {
        let sheet = *sheet;
        let part = sheets.get(sheet).map_or_else(|| name.to_owned(), |sheet| format!("{name} {sheet}"));
        let mut gather = Gather::new(&part, out, limits, &hidden);
        while let Some((_, row, column, cell)) = rest.next_if(|(next, ..)| *next == sheet) {
            gather.put(row, column, cell)?;
        }
        gather.flush()?;
    }
    Ok(())
}
