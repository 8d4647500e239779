//! A table of numbers with shaded cells: rows of kinds, columns of years.

use super::{Anchor, LABEL, Svg, clipped};
use crate::words::thousands;

/// One row of cells; a cell a column.
pub(crate) struct HeatRow {
    pub(crate) label: String,
    /// Stands at the right, above the cells.
    pub(crate) note: String,
    pub(crate) cells: Vec<u64>,
}

const ROW: f64 = 48.0;
const CELL: f64 = 24.0;

/// Rows of cells, each with its number; the darker, the more. Zero is an empty cell with no shade.
pub(crate) fn heat(id: &str, title: &str, description: &str, columns: &[String], rows: &[HeatRow]) -> String {
    let mut svg = Svg::new(id, title, description);
    let most = rows.iter().flat_map(|row| &row.cells).copied().max().unwrap_or_default();
    let width = 100.0 / columns.len().max(1) as f64;
    for (place, row) in rows.iter().enumerate() {
        let y = ROW * place as f64;
        svg.text("label", 0.0, y + 13.0, Anchor::Start, &clipped(&row.label, LABEL - 12));
        svg.text("note", 100.0, y + 13.0, Anchor::End, &row.note);
        for (column, value) in row.cells.iter().take(columns.len()).enumerate() {
            let (x, step) = (width * column as f64, step(*value, most));
            svg.rect(STEPS.get(step).copied().unwrap_or_default(), x, y + 19.0, width, CELL);
            if *value > 0 {
                let class = if step > 3 { "cell inverse" } else { "cell" };
                svg.text(class, x + width / 2.0, y + 35.5, Anchor::Middle, &short(*value));
            }
        }
    }
    let foot = ROW * rows.len() as f64;
    for (column, words) in columns.iter().enumerate() {
        svg.text("axis", width * (column as f64 + 0.5), foot + 10.0, Anchor::Middle, words);
    }
    svg.finish(foot + 18.0)
}

const STEPS: [&str; 7] = ["h0", "h1", "h2", "h3", "h4", "h5", "h6"];

/// Shade 0 for nothing, else 1 to 6 by the square root: the eye compares areas, and one large cell must not bleach the
/// rest.
fn step(value: u64, most: u64) -> usize {
    if value == 0 || most == 0 {
        return 0;
    }
    let part = (value as f64 / most as f64).sqrt();
    1 + ((part * 6.0) as usize).min(5)
}

/// A number that fits a cell of a phone: whole up to 9,999, then thousands and millions.
fn short(value: u64) -> String {
    match value {
        0..=9_999 => thousands(value),
        10_000..=999_999 => format!("{}k", value / 1_000),
        _ => format!("{}m", thousands(value / 1_000_000)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cell_shows_its_number_and_an_empty_one_nothing() {
        let columns = ["2023".to_owned(), "2024".to_owned()];
        let rows = [HeatRow { label: "letters".into(), note: "9".into(), cells: vec![0, 9] }];
        let svg = heat("h", "T", "D", &columns, &rows);
        assert_eq!(super::super::tests::texts(&svg), ["T", "D", "letters", "9", "9", "2023", "2024"]);
        assert!(svg.contains(r#"<rect class="h0" x="0.00%""#));
        assert!(svg.contains(r#"<rect class="h6" x="50.00%""#));
    }

    #[test]
    fn shades_grow_with_the_number_and_no_number_is_left_without_one() {
        let seen: Vec<usize> = [0, 1, 20, 40, 90, 100].into_iter().map(|n| step(n, 100)).collect();
        assert_eq!(seen, [0, 1, 3, 4, 6, 6]);
        assert_eq!(step(5, 0), 0);
        let seen: Vec<String> = [9_999, 10_999, 2_000_000].into_iter().map(short).collect();
        assert_eq!(seen, ["9,999", "10k", "2m"]);
    }
}
