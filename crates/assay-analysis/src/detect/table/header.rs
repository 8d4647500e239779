//! Which row is a header, and what its titles mean.

use assay_model::Cell;

use super::super::field::{Field, Scope};
use super::super::names::NameOrder;
use super::super::rules::{Headers, fold_title};
use super::Column;

/// Titles of a sheet are short; a longer cell is content.
const LONGEST_TITLE: usize = 60;

/// True for a row of titles: at least two known ones and they are most of it, or the single title of a single column.
pub(super) fn is_header(headers: &Headers, overrides: Vec<(&str, Field)>, rows: &[Vec<Cell>], at: usize) -> bool {
    let Some(row) = rows.get(at) else { return false };
    let mut filled = 0usize;
    for cell in row {
        match cell {
            Cell::Empty => {}
            Cell::Text(text) if text.trim().is_empty() => {}
            Cell::Text(text) => {
                filled += 1;
                let digits = text.bytes().filter(u8::is_ascii_digit).count();
                if digits >= 5 || text.contains('@') {
                    return false;
                }
            }
            _ => return false,
        }
    }
    let known: Vec<(usize, Field)> = row
        .iter()
        .enumerate()
        .filter_map(|(index, cell)| Some((index, meaning(headers, &overrides, cell)?.1)))
        .collect();
    // `Password84!` is a password and no title of any: the row that holds it, beside a system called PAS, is an account's.
    let is_password = |(index, field): &(usize, Field)| {
        *field == Field::Password
            && row.get(*index).is_some_and(|cell| cell.text().contains(|c: char| c.is_ascii_digit()))
    };
    if known.is_empty() || known.iter().any(is_password) {
        return false;
    }
    if filled == 1 {
        return is_single(&known, rows, at);
    }
    let mut fields: Vec<Field> = known.iter().map(|(_, field)| *field).collect();
    fields.sort_unstable();
    fields.dedup();
    let enough =
        (known.len() >= 2 && known.len() * 2 >= filled && fields.len() >= 2) || (known.len() >= 4 && fields.len() >= 3);
    let personal = fields.iter().any(|field| field.is_personal()) || known.len() >= 3;
    enough && personal && !is_form_row(headers, row, rows, at)
}

/// The title of a list of one column, with entries below it.
fn is_single(known: &[(usize, Field)], rows: &[Vec<Cell>], at: usize) -> bool {
    let [(column, field)] = known else { return false };
    let lists =
        matches!(field, Field::NhsNumber | Field::HospitalNumber | Field::FullName | Field::Email | Field::Phone);
    let below: Vec<&Vec<Cell>> =
        rows.iter().skip(at + 1).filter(|row| row.iter().any(|cell| !cell.is_blank())).take(3).collect();
    lists
        && !below.is_empty()
        && below.iter().all(|row| row.iter().enumerate().all(|(index, cell)| cell.is_blank() == (index != *column)))
}

/// Label, value, label, value: a row of a form, where the next row is one too.
fn is_form_row(headers: &Headers, row: &[Cell], rows: &[Vec<Cell>], at: usize) -> bool {
    let titles = |row: &[Cell]| -> Vec<bool> {
        row.iter().filter(|cell| !cell.is_blank()).map(|cell| meaning(headers, &[], cell).is_some()).collect()
    };
    let here = titles(row);
    let alternates =
        |known: &[bool]| known.len() >= 2 && known.iter().enumerate().all(|(place, known)| *known == (place % 2 == 0));
    if !alternates(&here) {
        return false;
    }
    let neighbour = |row: Option<&Vec<Cell>>| row.is_some_and(|row| titles(row).first() == Some(&true));
    neighbour(rows.get(at + 1)) || at.checked_sub(1).is_some_and(|before| neighbour(rows.get(before)))
}

/// What a cell means as a title.
pub(crate) fn meaning(headers: &Headers, overrides: &[(&str, Field)], cell: &Cell) -> Option<(Scope, Field)> {
    let Cell::Text(text) = cell else { return None };
    meaning_of(headers, overrides, text)
}

/// As [`meaning`], of a cell's text.
pub(crate) fn meaning_of(headers: &Headers, overrides: &[(&str, Field)], text: &str) -> Option<(Scope, Field)> {
    let text = text.trim().trim_end_matches([':', '*']).trim();
    if text.is_empty() || text.len() > LONGEST_TITLE || !text.bytes().any(|b| b.is_ascii_alphabetic()) {
        return None;
    }
    if !overrides.is_empty() {
        let folded = fold_title(text);
        if let Some((_, field)) = overrides.iter().find(|(title, _)| *title == folded) {
            return Some((Scope::Subject, *field));
        }
    }
    headers.lookup(text)
}

/// The columns that titles name. A row above with fewer cells may name whose they are (a merged "Next of kin").
pub(super) fn columns(
    headers: &Headers,
    overrides: &[(&str, Field)],
    row: &[Cell],
    above: Option<&Vec<Cell>>,
) -> Vec<Column> {
    let filled = |row: &[Cell]| row.iter().filter(|cell| !cell.is_blank()).count();
    let above = above.filter(|above| filled(above) >= 1 && filled(above) < filled(row));
    let mut over: Option<Scope> = None;
    let mut columns = Vec::new();
    for (index, cell) in row.iter().enumerate() {
        if let Some(Cell::Text(text)) = above.and_then(|above| above.get(index)).filter(|cell| !cell.is_blank()) {
            over = headers.scope(text);
        }
        let Some((scope, field)) = meaning(headers, overrides, cell) else { continue };
        let scope = match (scope, over) {
            (Scope::Subject, Some(over)) if field.is_personal() => over,
            (scope, _) => scope,
        };
        columns.push(Column { index, scope, field, order: NameOrder::GivenFirst, by_content: false });
    }
    // A name after a body's: "Supplier | Name | Phone" stays; "Title" beside no name is a document's.
    let has_name = columns.iter().any(|c| c.scope == Scope::Subject && c.field.is_name());
    columns.retain(|column| column.field != Field::Title || has_name);
    // "Supplier | Contact | Phone | Email": the numbers are the contact's.
    let keys = columns.iter().any(|c| c.scope == Scope::Subject && c.field.is_key());
    let contact = columns.iter().any(|c| c.scope == Scope::Contact && c.field.is_name());
    if contact && !keys {
        for column in &mut columns {
            if column.scope == Scope::Subject && matches!(column.field, Field::Phone | Field::Email) {
                column.scope = Scope::Contact;
            }
        }
    }
    columns
}

/// Parts the columns where the same key stands twice with an empty column between: two tables side by side.
pub(super) fn side_by_side(columns: Vec<Column>, row: &[Cell]) -> Vec<Vec<Column>> {
    let mut groups: Vec<Vec<Column>> = vec![Vec::new()];
    for column in columns {
        let gap_before = column.index.checked_sub(1).is_some_and(|before| row.get(before).is_none_or(Cell::is_blank));
        if let Some(group) = groups.last() {
            let repeats =
                column.field.is_key() && group.iter().any(|c| c.field == column.field && c.scope == column.scope);
            if repeats && gap_before {
                groups.push(Vec::new());
            }
        }
        if let Some(group) = groups.last_mut() {
            group.push(column);
        }
    }
    groups
}
