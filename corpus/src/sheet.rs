//! A sheet of cells before it gets a format, and delimited text.

use jiff::civil::Date;

#[derive(Clone, Debug)]
pub(crate) enum Cell {
    Empty,
    Text(String),
    /// A number typed as one: an NHS number typed so keeps its ten digits.
    Number(String),
    /// A date typed as a date.
    Date(Date),
}

impl Cell {
    pub(crate) fn text(text: impl Into<String>) -> Self {
        let text = text.into();
        if text.is_empty() { Self::Empty } else { Self::Text(text) }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Visibility {
    Shown,
    Hidden,
}

#[derive(Clone, Debug)]
pub(crate) struct Sheet {
    pub(crate) name: String,
    pub(crate) rows: Vec<Vec<Cell>>,
    pub(crate) visibility: Visibility,
    /// Merged ranges: `A1:F1`.
    pub(crate) merged: Vec<String>,
}

impl Sheet {
    pub(crate) fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), rows: Vec::new(), visibility: Visibility::Shown, merged: Vec::new() }
    }

    /// Adds a row and gives its number, counted from one.
    pub(crate) fn push(&mut self, row: Vec<Cell>) -> u32 {
        self.rows.push(row);
        self.rows.len() as u32
    }

    pub(crate) fn push_texts(&mut self, texts: &[&str]) -> u32 {
        self.push(texts.iter().map(|text| Cell::text(*text)).collect())
    }

    pub(crate) fn push_blank(&mut self) {
        self.rows.push(Vec::new());
    }
}

/// How text files encode letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encoding {
    Utf8,
    /// With a byte order mark, as Excel saves "CSV UTF-8".
    Utf8Mark,
    /// Windows-1252; letters that it lacks become `?`.
    Windows,
}

/// The sheet as delimited text with Windows line ends; a blank row keeps its delimiters, as Excel writes it.
pub(crate) fn delimited(sheet: &Sheet, delimiter: char, encoding: Encoding, date_form: &str) -> Vec<u8> {
    let width = sheet.rows.iter().map(Vec::len).max().unwrap_or(0);
    let mut out = String::new();
    for row in &sheet.rows {
        let cells = (0..width).map(|at| match row.get(at) {
            None | Some(Cell::Empty) => String::new(),
            Some(Cell::Text(text)) => quoted(text, delimiter),
            Some(Cell::Number(number)) => number.clone(),
            Some(Cell::Date(date)) => date.strftime(date_form).to_string(),
        });
        out += &cells.collect::<Vec<_>>().join(&delimiter.to_string());
        out += "\r\n";
    }
    match encoding {
        Encoding::Utf8 => out.into_bytes(),
        Encoding::Utf8Mark => format!("\u{feff}{out}").into_bytes(),
        Encoding::Windows => windows_1252(&out),
    }
}

fn quoted(text: &str, delimiter: char) -> String {
    if text.contains([delimiter, '"', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}

/// Windows-1252, which is Latin-1 but for the letters that names and letters use from its own rows.
pub(crate) fn windows_1252(text: &str) -> Vec<u8> {
    text.chars()
        .map(|character| match character {
            '\u{20ac}' => 0x80,
            '\u{2018}' => 0x91,
            '\u{2019}' => 0x92,
            '\u{2013}' => 0x96,
            '\u{160}' => 0x8a,
            '\u{161}' => 0x9a,
            '\u{17d}' => 0x8e,
            '\u{17e}' => 0x9e,
            c if (c as u32) < 0x80 || (0xa0..0x100).contains(&(c as u32)) => c as u8,
            _ => b'?',
        })
        .collect()
}

/// True where Windows-1252 can hold the text.
pub(crate) fn fits_windows(text: &str) -> bool {
    !windows_1252(text).contains(&b'?') || text.contains('?')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_keep_their_number_and_quotes_their_text() {
        let mut sheet = Sheet::new("a");
        sheet.push_texts(&["Name", "Note"]);
        sheet.push_blank();
        let row = sheet.push(vec![Cell::text("O\u{2019}Neil; A"), Cell::Date(jiff::civil::date(2024, 1, 2))]);
        assert_eq!(row, 3);
        let bytes = delimited(&sheet, ';', Encoding::Windows, "%d/%m/%Y");
        assert_eq!(bytes, b"Name;Note\r\n;\r\n\"O\x92Neil; A\";02/01/2024\r\n");
        assert!(fits_windows("Zo\u{eb}") && !fits_windows("\u{142}"));
    }
}
