//! Word and Excel files, written by hand in the parts that the programs themselves write.
//!
//! A docx has its letterhead in the page header in some templates, and text that is cut into runs in the middle of words, as
//! spelling checks leave it. A workbook has shared strings, typed dates, merged titles and hidden sheets.

use crate::{
    CorpusError,
    archive::zip_bytes,
    dice::Dice,
    page::{Block, escaped},
    sheet::{Cell, Sheet, Visibility},
};
use jiff::civil::Date;
use std::collections::BTreeMap;
use std::fmt::Write;

const DECLARATION: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n";
const WORD: &str = "xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\"";
const SHEET: &str = "xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\"";
const RELATION: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
const PACKAGE: &str = "xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\"";

/// Where a letterhead stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Letterhead {
    /// In the text.
    Body,
    /// The first blocks, up to the first gap, are the header of the page.
    PageHeader,
}

/// A Word document; `author` goes into its properties.
pub(crate) fn docx(
    blocks: &[Block],
    letterhead: Letterhead,
    author: &str,
    dice: &mut Dice,
) -> Result<Vec<u8>, CorpusError> {
    let gap = blocks.iter().position(|block| matches!(block, Block::Gap)).unwrap_or(0);
    let (head, body) = if letterhead == Letterhead::PageHeader { blocks.split_at(gap) } else { blocks.split_at(0) };
    let mut document = format!("{DECLARATION}<w:document {WORD} xmlns:r=\"{RELATION}\"><w:body>");
    body.iter().for_each(|block| word_block(&mut document, block, dice));
    let reference = if head.is_empty() { "" } else { "<w:headerReference w:type=\"default\" r:id=\"rId1\"/>" };
    let _ =
        write!(document, "<w:sectPr>{reference}<w:pgSz w:w=\"11906\" w:h=\"16838\"/></w:sectPr></w:body></w:document>");
    let mut header = format!("{DECLARATION}<w:hdr {WORD}>");
    head.iter().for_each(|block| word_block(&mut header, block, dice));
    header += "</w:hdr>";
    let header_type = if head.is_empty() {
        ""
    } else {
        "<Override PartName=\"/word/header1.xml\" ContentType=\"application/vnd.openxmlformats-officedocument.wordprocessingml.header+xml\"/>"
    };
    let types = format!(
        "{DECLARATION}<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\"><Default Extension=\"rels\" \
         ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/><Default Extension=\"xml\" \
         ContentType=\"application/xml\"/><Override PartName=\"/word/document.xml\" ContentType=\"application/vnd.\
         openxmlformats-officedocument.wordprocessingml.document.main+xml\"/>{header_type}<Override PartName=\"/docProps/core.xml\" \
         ContentType=\"application/vnd.openxmlformats-package.core-properties+xml\"/></Types>"
    );
    let header_relation = if head.is_empty() {
        String::new()
    } else {
        format!("<Relationship Id=\"rId1\" Type=\"{RELATION}/header\" Target=\"header1.xml\"/>")
    };
    let inner = format!("{DECLARATION}<Relationships {PACKAGE}>{header_relation}</Relationships>");
    let outer = package_relations("word/document.xml");
    let properties = properties(author);
    let mut parts: Vec<(&str, &[u8])> = vec![
        ("[Content_Types].xml", types.as_bytes()),
        ("_rels/.rels", outer.as_bytes()),
        ("word/document.xml", document.as_bytes()),
        ("word/_rels/document.xml.rels", inner.as_bytes()),
        ("docProps/core.xml", properties.as_bytes()),
    ];
    if !head.is_empty() {
        parts.push(("word/header1.xml", header.as_bytes()));
    }
    zip_bytes(parts.into_iter())
}

fn package_relations(main: &str) -> String {
    format!(
        "{DECLARATION}<Relationships {PACKAGE}><Relationship Id=\"rId1\" Type=\"{RELATION}/officeDocument\" Target=\"{main}\"/>\
         <Relationship Id=\"rId2\" Type=\"http://schemas.openxmlformats.org/package/2006/relationships/metadata/core-properties\" \
         Target=\"docProps/core.xml\"/></Relationships>"
    )
}

fn properties(author: &str) -> String {
    let author = escaped(author);
    format!(
        "{DECLARATION}<cp:coreProperties xmlns:cp=\"http://schemas.openxmlformats.org/package/2006/metadata/core-properties\" \
         xmlns:dc=\"http://purl.org/dc/elements/1.1/\"><dc:creator>{author}</dc:creator></cp:coreProperties>"
    )
}

fn word_block(out: &mut String, block: &Block, dice: &mut Dice) {
    match block {
        Block::Line(text) | Block::Paragraph(text) => word_paragraph(out, text, "", dice),
        Block::Bold(text) => word_paragraph(out, text, "<w:rPr><w:b/></w:rPr>", dice),
        Block::Gap => *out += "<w:p/>",
        Block::PageBreak => *out += "<w:p><w:r><w:br w:type=\"page\"/></w:r></w:p>",
        Block::Table(rows) => word_table(out, rows, dice),
        Block::Columns(left, right) => {
            *out += "<w:tbl><w:tr>";
            for lines in [left, right] {
                *out += "<w:tc>";
                lines.iter().for_each(|line| word_paragraph(out, line, "", dice));
                *out += "</w:tc>";
            }
            *out += "</w:tr></w:tbl>";
        }
    }
}

fn word_table(out: &mut String, rows: &[Vec<String>], dice: &mut Dice) {
    *out += "<w:tbl>";
    for row in rows {
        *out += "<w:tr>";
        for cell in row {
            *out += "<w:tc>";
            word_paragraph(out, cell, "", dice);
            *out += "</w:tc>";
        }
        *out += "</w:tr>";
    }
    *out += "</w:tbl>";
}

fn word_paragraph(out: &mut String, text: &str, properties: &str, dice: &mut Dice) {
    *out += "<w:p>";
    let letters: Vec<char> = text.chars().collect();
    // One paragraph in four was edited, and its runs are cut wherever the cursor was.
    let cut = if letters.len() > 8 && dice.percent(25) { 2 + dice.below(letters.len() - 4) } else { letters.len() };
    for run in [&letters[..cut], &letters[cut..]] {
        if !run.is_empty() {
            let run: String = run.iter().collect();
            let _ = write!(out, "<w:r>{properties}<w:t xml:space=\"preserve\">{}</w:t></w:r>", escaped(&run));
        }
    }
    *out += "</w:p>";
}

/// A workbook.
pub(crate) fn xlsx(sheets: &[Sheet], author: &str) -> Result<Vec<u8>, CorpusError> {
    let mut strings = Strings::default();
    let bodies: Vec<String> = sheets.iter().map(|sheet| worksheet(sheet, &mut strings)).collect();
    let mut listed = String::new();
    let mut relations = String::new();
    let mut overrides = String::new();
    for (n, sheet) in sheets.iter().enumerate().map(|(n, sheet)| (n + 1, sheet)) {
        let state = if sheet.visibility == Visibility::Hidden { " state=\"hidden\"" } else { "" };
        let _ = write!(listed, "<sheet name=\"{}\" sheetId=\"{n}\"{state} r:id=\"rId{n}\"/>", escaped(&sheet.name));
        let _ = write!(
            relations,
            "<Relationship Id=\"rId{n}\" Type=\"{RELATION}/worksheet\" Target=\"worksheets/sheet{n}.xml\"/>"
        );
        let _ = write!(
            overrides,
            "<Override PartName=\"/xl/worksheets/sheet{n}.xml\" ContentType=\"application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml\"/>"
        );
    }
    let next = sheets.len() + 1;
    let types = format!(
        "{DECLARATION}<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\"><Default Extension=\"rels\" \
         ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/><Default Extension=\"xml\" \
         ContentType=\"application/xml\"/><Override PartName=\"/xl/workbook.xml\" ContentType=\"application/vnd.\
         openxmlformats-officedocument.spreadsheetml.sheet.main+xml\"/>{overrides}<Override PartName=\"/xl/styles.xml\" \
         ContentType=\"application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml\"/><Override \
         PartName=\"/xl/sharedStrings.xml\" ContentType=\"application/vnd.openxmlformats-officedocument.spreadsheetml.\
         sharedStrings+xml\"/><Override PartName=\"/docProps/core.xml\" ContentType=\"application/vnd.\
         openxmlformats-package.core-properties+xml\"/></Types>"
    );
    let workbook =
        format!("{DECLARATION}<workbook {SHEET} xmlns:r=\"{RELATION}\"><sheets>{listed}</sheets></workbook>");
    let inner = format!(
        "{DECLARATION}<Relationships {PACKAGE}>{relations}<Relationship Id=\"rId{next}\" Type=\"{RELATION}/styles\" \
         Target=\"styles.xml\"/><Relationship Id=\"rId{}\" Type=\"{RELATION}/sharedStrings\" Target=\"sharedStrings.xml\"/>\
         </Relationships>",
        next + 1
    );
    // Format 0 is general, 1 the short date of the system, 2 a date of the office's own.
    let styles = format!(
        "{DECLARATION}<styleSheet {SHEET}><numFmts count=\"1\"><numFmt numFmtId=\"164\" formatCode=\"dd\\-mmm\\-yyyy\"/></numFmts>\
         <fonts count=\"1\"><font/></fonts><fills count=\"2\"><fill><patternFill patternType=\"none\"/></fill><fill><patternFill patternType=\"gray125\"/></fill></fills><borders count=\"1\"><border/></borders>\
         <cellStyleXfs count=\"1\"><xf/></cellStyleXfs><cellXfs count=\"3\"><xf numFmtId=\"0\"/><xf numFmtId=\"14\" \
         applyNumberFormat=\"1\"/><xf numFmtId=\"164\" applyNumberFormat=\"1\"/></cellXfs><cellStyles count=\"1\"><cellStyle name=\"Normal\" xfId=\"0\" builtinId=\"0\"/></cellStyles></styleSheet>"
    );
    let (outer, properties, strings) = (package_relations("xl/workbook.xml"), properties(author), strings.xml());
    let names: Vec<String> = (1..=sheets.len()).map(|n| format!("xl/worksheets/sheet{n}.xml")).collect();
    let mut parts: Vec<(&str, &[u8])> = vec![
        ("[Content_Types].xml", types.as_bytes()),
        ("_rels/.rels", outer.as_bytes()),
        ("xl/workbook.xml", workbook.as_bytes()),
        ("xl/_rels/workbook.xml.rels", inner.as_bytes()),
        ("xl/styles.xml", styles.as_bytes()),
        ("xl/sharedStrings.xml", strings.as_bytes()),
        ("docProps/core.xml", properties.as_bytes()),
    ];
    parts.extend(names.iter().map(String::as_str).zip(bodies.iter().map(String::as_bytes)));
    zip_bytes(parts.into_iter())
}

#[derive(Default)]
struct Strings {
    places: BTreeMap<String, usize>,
    order: Vec<String>,
}

impl Strings {
    fn place(&mut self, text: &str) -> usize {
        if let Some(place) = self.places.get(text) {
            return *place;
        }
        self.order.push(text.to_owned());
        self.places.insert(text.to_owned(), self.order.len() - 1);
        self.order.len() - 1
    }

    fn xml(&self) -> String {
        let mut out = format!("{DECLARATION}<sst {SHEET} uniqueCount=\"{}\">", self.order.len());
        for text in &self.order {
            let _ = write!(out, "<si><t xml:space=\"preserve\">{}</t></si>", escaped(text));
        }
        out + "</sst>"
    }
}

fn worksheet(sheet: &Sheet, strings: &mut Strings) -> String {
    let mut out = format!("{DECLARATION}<worksheet {SHEET}><sheetData>");
    for (n, row) in sheet.rows.iter().enumerate().filter(|(_, row)| !row.is_empty()) {
        let _ = write!(out, "<row r=\"{}\">", n + 1);
        for (column, cell) in row.iter().enumerate() {
            let at = format!("{}{}", letters(column), n + 1);
            let _ = match cell {
                Cell::Empty => Ok(()),
                Cell::Text(text) => write!(out, "<c r=\"{at}\" t=\"s\"><v>{}</v></c>", strings.place(text)),
                Cell::Number(number) => write!(out, "<c r=\"{at}\"><v>{number}</v></c>"),
                Cell::Date(date) => write!(out, "<c r=\"{at}\" s=\"{}\"><v>{}</v></c>", 1 + column % 2, serial(*date)),
            };
        }
        out += "</row>";
    }
    out += "</sheetData>";
    if !sheet.merged.is_empty() {
        let _ = write!(out, "<mergeCells count=\"{}\">", sheet.merged.len());
        for range in &sheet.merged {
            let _ = write!(out, "<mergeCell ref=\"{range}\"/>");
        }
        out += "</mergeCells>";
    }
    out + "</worksheet>"
}

/// Column letters, 0 for `A`.
fn letters(column: usize) -> String {
    let last = char::from(b'A' + (column % 26) as u8);
    if column < 26 { last.to_string() } else { format!("{}{last}", letters(column / 26 - 1)) }
}

/// The day's number in the 1900 date system, whose day 0 falls on 30 December 1899 for days after February 1900.
fn serial(date: Date) -> i64 {
    jiff::civil::date(1899, 12, 30).until(date).map_or(0, |span| i64::from(span.get_days()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn dates_and_columns_are_numbered_as_excel_does() {
        assert_eq!((serial(date(2024, 11, 28)), serial(date(1961, 4, 3))), (45624, 22374));
        assert_eq!((letters(0), letters(25), letters(26)), ("A".to_owned(), "Z".to_owned(), "AA".to_owned()));
    }

    #[test]
    fn runs_are_cut_without_loss() {
        let mut dice = Dice::new(1, "runs");
        for _ in 0..50 {
            let mut out = String::new();
            word_paragraph(&mut out, "Re: Zoë O'Brien & others", "", &mut dice);
            let text: String =
                out.split('<').filter_map(|tag| tag.strip_prefix("w:t xml:space=\"preserve\">")).collect();
            assert_eq!(text, "Re: Zoë O'Brien &amp; others");
        }
    }
}
