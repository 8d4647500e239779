//! The reading sheet of a sample: a row a stretch for a person to read, with two columns to fill in; and what comes back in them.
//!
//! The sheet names paths, since nobody can open an item without one; of the people found it shows initials and places only:
//! who has the item open needs no more to tell who is missing. The caller has checked the authority and left a custody entry.

use crate::RenderError;
use crate::export::defused;
use assay_model::{ExhibitId, ItemPath, Mention, Place};
use std::io::Write;

const COLUMNS: [&str; 10] =
    ["sample", "drawn_from", "exhibit", "path", "from", "to", "people_listed", "listed", MISSED, WRONG];
const MISSED: &str = "people_missed";
const WRONG: &str = "listed_wrongly";

/// A row of the sheet.
#[derive(Clone, Debug)]
pub struct SheetRow<'a> {
    /// Its number in the sample, from 1.
    pub number: u64,
    /// What it was drawn from.
    pub drawn_from: &'static str,
    /// The exhibit.
    pub exhibit: &'a ExhibitId,
    /// The item.
    pub path: &'a ItemPath,
    /// The records found in it, in order.
    pub records: &'a [&'a Mention],
    /// True where the item goes on before or after the stretch.
    pub part_of_item: bool,
}

/// What was filled in for one row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SheetAnswer {
    /// The row's number.
    pub number: u64,
    /// People whom the list lacks.
    pub missed: u64,
    /// People of the list who are not there.
    pub wrong: u64,
}

/// Writes the sheet.
///
/// # Errors
/// Where `out` fails; what was written is then incomplete.
pub fn write_sheet(rows: &[SheetRow<'_>], out: &mut dyn Write) -> Result<(), RenderError> {
    let mut writer = csv::Writer::from_writer(out);
    writer.write_record(COLUMNS)?;
    for row in rows {
        let end = |record: Option<&&Mention>| match record.filter(|_| row.part_of_item) {
            Some(record) => record.locator.place.to_string(),
            None => String::new(),
        };
        let listed: Vec<String> = row.records.iter().map(|record| shown(record)).collect();
        let cells = [
            row.number.to_string(),
            row.drawn_from.to_owned(),
            row.exhibit.to_string(),
            row.path.to_string(),
            end(row.records.first()),
            end(row.records.last()),
            row.records.len().to_string(),
            listed.join("; "),
            String::new(),
            String::new(),
        ];
        writer.write_record(cells.iter().map(|cell| defused(cell).into_owned()))?;
    }
    writer.flush()?;
    Ok(())
}

/// `J. S. (patient) at row 14`.
fn shown(record: &Mention) -> String {
    let initial = |name: &str| name.chars().next().map(|letter| format!("{}.", letter.to_uppercase()));
    let name = record.names().next();
    let letters: Vec<String> = name
        .iter()
        .flat_map(|name| name.given.iter().take(1).chain([&name.family]))
        .filter_map(|name| initial(name))
        .collect();
    let who = if letters.is_empty() { "no name".to_owned() } else { letters.join(" ") };
    let at = match &record.locator.place {
        Place::Whole => String::new(),
        place => format!(" at {place}"),
    };
    format!("{who} ({}){at}", record.role.as_str())
}

/// Why a filled-in sheet was refused.
#[derive(Debug, thiserror::Error)]
pub enum SheetError {
    /// It is no table.
    #[error("the sheet is no CSV file\n  remedy: save it as CSV (comma or semicolon, UTF-8)")]
    Table(#[from] csv::Error),
    /// A column is missing.
    #[error("the sheet has no column {0}\n  remedy: keep the header row that `assay sample` wrote")]
    Column(&'static str),
    /// A cell is out of form.
    #[error(
        "row {row}, column {column}: a whole number is expected\n  remedy: a count, 0 where there are none, or leave both cells empty for a row that was not read"
    )]
    Cell {
        /// The row of the sheet, the header being 1.
        row: usize,
        /// The column.
        column: &'static str,
    },
    /// An answer is neither yes nor no.
    #[error("row {row}, column {column}: yes or no is expected\n  remedy: leave it empty where it was not decided")]
    YesOrNo {
        /// The row of the sheet, the header being 1.
        row: usize,
        /// The column.
        column: &'static str,
    },
    /// An id is out of form.
    #[error("row {row}, column {column}: an id is expected, as the sheet had it\n  remedy: export the sheet anew")]
    Id {
        /// The row of the sheet, the header being 1.
        row: usize,
        /// The column.
        column: &'static str,
    },
}

/// A sheet as a spreadsheet saved it.
pub(crate) fn reader(text: &str) -> csv::Reader<&[u8]> {
    // A spreadsheet in a country of decimal commas saves with semicolons.
    let header = text.lines().next().unwrap_or("");
    let delimiter = [b',', b';', b'\t'].into_iter().max_by_key(|d| header.bytes().filter(|b| b == d).count());
    csv::ReaderBuilder::new()
        .flexible(true)
        .delimiter(delimiter.unwrap_or(b','))
        .from_reader(text.trim_start_matches('\u{feff}').as_bytes())
}

/// What was filled in: the rows with both counts. Rows with neither were not read yet and are passed over.
///
/// # Errors
/// A sheet out of form; a row with one count only, since the other would be a guess.
pub fn read_sheet(text: &str) -> Result<Vec<SheetAnswer>, SheetError> {
    let mut reader = reader(text);
    let header = reader.headers()?.clone();
    let place =
        |column: &'static str| header.iter().position(|title| title.trim() == column).ok_or(SheetError::Column(column));
    let (number, missed, wrong) = (place("sample")?, place(MISSED)?, place(WRONG)?);
    let mut answers = Vec::new();
    for (n, record) in reader.records().enumerate() {
        let record = record?;
        let cell = |place: usize| record.get(place).unwrap_or("").trim();
        let count = |place: usize, column| {
            let text = cell(place);
            text.strip_suffix(".0").unwrap_or(text).parse::<u64>().map_err(|_| SheetError::Cell { row: n + 2, column })
        };
        if cell(missed).is_empty() && cell(wrong).is_empty() {
            continue;
        }
        answers.push(SheetAnswer {
            number: count(number, "sample")?,
            missed: count(missed, MISSED)?,
            wrong: count(wrong, WRONG)?,
        });
    }
    answers.sort_unstable();
    answers.dedup_by_key(|answer| answer.number);
    Ok(answers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sheet_comes_back_filled_in_by_whatever_spreadsheet() {
        let two =
            |text: &str| read_sheet(text).unwrap().iter().map(|a| (a.number, a.missed, a.wrong)).collect::<Vec<_>>();
        let header = "sample,drawn_from,people_missed,listed_wrongly";
        assert_eq!(two(&format!("{header}\n1,x,0,0\n2,x,,\n3,x,2,1\n")), [(1, 0, 0), (3, 2, 1)]);
        let semicolons = format!("\u{feff}{header}\n7,x,1.0,0\n").replace(',', ";");
        assert_eq!(two(&semicolons), [(7, 1, 0)]);
        let refused = |text: &str| read_sheet(text).unwrap_err().to_string();
        assert!(refused(&format!("{header}\n1,x,0,\n")).starts_with("row 2, column listed_wrongly"));
        assert!(refused(&format!("{header}\n1,x,some,0\n")).starts_with("row 2, column people_missed"));
        assert!(refused("sample,people_missed\n1,0\n").contains("no column listed_wrongly"));
    }
}
