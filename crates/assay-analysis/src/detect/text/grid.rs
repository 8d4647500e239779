//! Tables written as text: columns parted by tabs, bars, semicolons, commas or runs of blanks, under a line of titles.
//!
//! Without a line of titles a list is read line by line, in [`super::letter`].

use assay_model::{Cell, Table};

use super::super::Detector;
use super::super::rules::Headers;
use super::super::table::header;
use super::lines::Line;

/// How the columns of a line are parted.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Parting {
    Sign(char),
    /// Two blanks or more; cells belong to the title under which they begin.
    Blanks,
}

/// A table in the lines: the first line, the line after the last, its cells, the line of each row.
pub(super) struct Grid {
    pub(super) end: usize,
    pub(super) table: Table,
    pub(super) rows: Vec<usize>,
}

/// The table whose titles stand in the line, if any do.
pub(super) fn at(detector: &Detector, lines: &[Line<'_>], start: usize) -> Option<Grid> {
    let title = lines.get(start)?;
    // A line of columns without a colon and with few digits.
    if !title.looks.has_partings || title.looks.has_colon {
        return None;
    }
    let parting = titles(&detector.headers, title.text)?;
    let offsets: Vec<usize> = cells(title.text, parting).iter().map(|(offset, _)| *offset).collect();
    let width = offsets.len();
    let mut rows = vec![start];
    let mut table = vec![line_cells(title.text, parting, &offsets)];
    let mut blanks = 0;
    let mut at = start + 1;
    while let Some(line) = lines.get(at) {
        if line.blank {
            blanks += 1;
        } else if is_rule(line.text) {
            // A line of dashes under the titles.
        } else {
            let found = cells(line.text, parting).len();
            let fits = match parting {
                Parting::Sign(_) => found >= 2 && found <= width + 2,
                Parting::Blanks => found >= 2,
            };
            // A title row repeated on the next page is taken by the reader of tables as a header of its own.
            if !fits
                || blanks > 1
                || line.part != title.part && titles(&detector.headers, line.text).is_none() && blanks > 0
            {
                break;
            }
            blanks = 0;
            rows.push(at);
            table.push(line_cells(line.text, parting, &offsets));
        }
        at += 1;
    }
    let has_rows = rows.len() >= 2;
    has_rows.then_some(Grid { end: at, table: Table { first_row: 1, continued: false, rows: table }, rows })
}

fn is_rule(text: &str) -> bool {
    text.chars().all(|c| matches!(c, '-' | '=' | '_' | '|' | '+' | ' ' | ':' | '\t'))
}

/// How the line is parted, if it is one of titles.
fn titles(headers: &Headers, text: &str) -> Option<Parting> {
    if text.len() > 1_000 || text.bytes().filter(u8::is_ascii_digit).count() >= 8 {
        return None;
    }
    let partings = [Parting::Sign('\t'), Parting::Sign('|'), Parting::Sign(';'), Parting::Sign(','), Parting::Blanks];
    partings.into_iter().find(|parting| {
        let present = match parting {
            Parting::Sign(sign) => text.contains(*sign),
            Parting::Blanks => text.trim().contains("  "),
        };
        if !present {
            return false;
        }
        let cells = cells(text, *parting);
        // Enough columns that a sentence with commas is none.
        let least = if *parting == Parting::Sign(',') { 3 } else { 2 };
        if cells.len() < least || cells.iter().any(|(_, cell)| cell.len() > 45 || cell.contains(':')) {
            return false;
        }
        let (mut known, mut personal) = (0, false);
        for (place, (_, cell)) in cells.iter().enumerate() {
            if let Some((_, field)) = header::meaning_of(headers, &[], cell) {
                known += 1;
                personal |= field.is_key();
            } else if (place + 1 - known) * 3 > cells.len() {
                // Two of three must be known.
                return false;
            }
        }
        known >= 2 && known * 3 >= cells.len() * 2 && personal
    })
}

fn cells(text: &str, parting: Parting) -> Vec<(usize, &str)> {
    let mut out = Vec::new();
    match parting {
        Parting::Sign(sign) => {
            let mut offset = 0;
            let text_end = text.trim_end_matches(['\r', ' ']);
            for piece in text_end.trim_matches(|c| sign == '|' && c == '|').split(sign) {
                out.push((offset, piece.trim().trim_matches('"')));
                offset += piece.len() + sign.len_utf8();
            }
        }
        Parting::Blanks => {
            let mut start = 0;
            for piece in text.split("  ") {
                let lead = piece.len() - piece.trim_start().len();
                if !piece.trim().is_empty() {
                    out.push((start + lead, piece.trim()));
                }
                start += piece.len() + 2;
            }
        }
    }
    out
}

fn line_cells(text: &str, parting: Parting, offsets: &[usize]) -> Vec<Cell> {
    let found = cells(text, parting);
    let cell = |text: &str| if text.is_empty() { Cell::Empty } else { Cell::Text(text.into()) };
    if parting != Parting::Blanks || found.len() == offsets.len() {
        return found.into_iter().map(|(_, text)| cell(text)).collect();
    }
    let mut row = vec![Cell::Empty; offsets.len()];
    for (offset, text) in found {
        let nearest =
            offsets.iter().enumerate().min_by_key(|(_, title)| title.abs_diff(offset)).map(|(place, _)| place);
        if let Some(slot) = nearest.and_then(|place| row.get_mut(place)) {
            *slot = match slot {
                Cell::Text(before) => Cell::Text(format!("{before} {text}").into()),
                _ => cell(text),
            };
        }
    }
    row
}
