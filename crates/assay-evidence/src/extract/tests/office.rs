//! Word and Excel files, made here member by member.

use super::{check, check_within, printed, zipped};
use crate::extract::Limits;

const WORD: &str = "xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\"";

fn document(body: &str) -> String {
    format!("<?xml version=\"1.0\"?><w:document {WORD}><w:body>{body}</w:body></w:document>")
}

fn paragraph(text: &str) -> String {
    format!("<w:p><w:r><w:t>{text}</w:t></w:r></w:p>")
}

pub(super) fn docx() -> Vec<u8> {
    let cell = |properties: &str, text: &str| format!("<w:tc><w:tcPr>{properties}</w:tcPr>{}</w:tc>", paragraph(text));
    let table = format!(
        "<w:tbl><w:tr>{}</w:tr><w:tr>{}{}{}</w:tr></w:tbl>",
        cell("<w:gridSpan w:val=\"3\"/>", "Clinic of 3 May"),
        cell("", "Ann &amp; Bo"),
        cell("", ""),
        cell("", "9990000018"),
    );
    let body = [
        paragraph("Dear Dr Hall,"),
        table,
        "<w:p><w:pPr><w:tabs><w:tab w:val=\"left\" w:pos=\"720\"/></w:tabs></w:pPr><w:r><w:t>Yours,</w:t><w:tab/><w:t>Dr Brown</w:t>\
         <w:br/><w:t>Consultant</w:t></w:r></w:p>"
            .to_owned(),
        "<w:p><w:r><w:t xml:space=\"preserve\">Patient: </w:t></w:r><w:del w:author=\"x\"><w:r><w:delText>Amy Stone</w:delText></w:r></w:del>\
         <w:ins w:author=\"x\"><w:r><w:t>A. S.</w:t></w:r></w:ins></w:p>"
            .to_owned(),
        "<w:p><w:r><w:rPr><w:vanish/></w:rPr><w:t>hidden note</w:t></w:r></w:p>".to_owned(),
        format!(
            "<w:p><w:r><mc:AlternateContent><mc:Choice><w:txbxContent>{}</w:txbxContent></mc:Choice>\
             <mc:Fallback><w:txbxContent>{}</w:txbxContent></mc:Fallback></mc:AlternateContent></w:r></w:p>",
            paragraph("In a box"),
            paragraph("In a box"),
        ),
    ];
    zipped(&[
        ("[Content_Types].xml", b"<Types/>"),
        ("word/document.xml", document(&body.concat()).as_bytes()),
        ("word/header1.xml", format!("<w:hdr {WORD}>{}</w:hdr>", paragraph("Northshore Trust")).as_bytes()),
        ("word/header2.xml", format!("<w:hdr {WORD}>{}</w:hdr>", paragraph("Northshore Trust")).as_bytes()),
        ("word/footer1.xml", format!("<w:ftr {WORD}>{}</w:ftr>", paragraph("Page 1")).as_bytes()),
        ("word/footnotes.xml", format!("<w:footnotes {WORD}>{}</w:footnotes>", paragraph("See ward 3")).as_bytes()),
        (
            "word/comments.xml",
            format!(
                "<w:comments {WORD}><w:comment w:author=\"Nurse C\">{}</w:comment></w:comments>",
                paragraph("Ring her")
            )
            .as_bytes(),
        ),
        ("docProps/core.xml", b"<c:p><dc:title>Letter</dc:title><dc:creator>Dr Brown</dc:creator><x/></c:p>"),
        ("word/embeddings/list.csv", b"a,b"),
    ])
}

#[test]
fn a_document_gives_all_its_parts_in_order() {
    check(
        &docx(),
        "letter",
        "read application/vnd.openxmlformats-officedocument.wordprocessingml.document
         = [properties]
         1 title: Letter
         2 author: Dr Brown
         = [body]
         1 Dear Dr Hall,
         # [table 1]
         1 Clinic of 3 May | - | -
         2 Ann & Bo | - | 9990000018
         = [body]
         2 Yours,\tDr Brown
         3 Consultant
         4 Patient: A. S.
         5
         6 In a box
         = [body] (hidden)
         4 Patient: Amy Stone
         = [body] (hidden)
         5 hidden note
         = [header]
         1 Northshore Trust
         = [footer]
         1 Page 1
         = [footnote]
         1 See ward 3
         = [comment]
         1 Nurse C: Ring her
         > word/embeddings/list.csv 3: a,b",
    );
}

#[test]
fn what_no_document_has_is_a_member_of_it() {
    let body = document(&paragraph("one"));
    check(
        &zipped(&[("word/document.xml", body.as_bytes()), ("word/chunk.html", b"<p>"), ("patients.csv", b"a,b")]),
        "x.zip",
        "read application/vnd.openxmlformats-officedocument.wordprocessingml.document
         = [body]
         1 one
         > word/chunk.html 3: <p>
         > patients.csv 3: a,b",
    );
}

#[test]
fn a_document_with_macros_is_told_by_its_content() {
    let body = document(&paragraph("one"));
    check(
        &zipped(&[("word/vbaProject.bin", b"x"), ("word/document.xml", body.as_bytes())]),
        "x.docm",
        "read application/vnd.openxmlformats-officedocument.wordprocessingml.document
         = [body]
         1 one",
    );
}

#[test]
fn a_deletion_in_a_table_keeps_its_row() {
    let row = "<w:tr><w:tc><w:p><w:r><w:t>Ann</w:t></w:r></w:p></w:tc><w:tc><w:p><w:del><w:r><w:delText>9990000018</w:delText>\
               </w:r></w:del></w:p></w:tc></w:tr>";
    let body = format!("<w:tbl><w:tr><w:tc>{0}</w:tc><w:tc>{0}</w:tc></w:tr>{row}</w:tbl>", paragraph("H"));
    check(
        &zipped(&[("word/document.xml", document(&body).as_bytes())]),
        "x.docx",
        "read application/vnd.openxmlformats-officedocument.wordprocessingml.document
         # [table 1]
         1 H | H
         2 Ann | -
         # [table 1] (hidden) continued
         2 Ann | 9990000018",
    );
}

#[test]
fn a_document_cut_short_gives_what_stands() {
    let whole = document(&[paragraph("one"), paragraph("two")].concat());
    let cut = &whole[..whole.find("two").unwrap() + 3];
    check(
        &zipped(&[("word/document.xml", cut.as_bytes())]),
        "x.docx",
        "partial application/vnd.openxmlformats-officedocument.wordprocessingml.document
         ! parts of the document that are damaged: 1
         = [body]
         1 one
         2 two",
    );
    let mut bytes = docx();
    bytes.truncate(bytes.len() / 2);
    // What lost its directory is carved as the zip it is.
    let got = printed(&bytes, "x.docx", &Limits::default());
    assert!(
        got.starts_with("partial application/zip\n! carved from a damaged archive\n> [Content_Types].xml 8"),
        "{got}"
    );
    assert!(got.contains("Dear Dr Hall,"), "{got}");
}

#[test]
fn elements_nested_without_end_stop_at_the_limit() {
    let deep = format!("{}{}{}", "<w:sdt>".repeat(300), paragraph("deep"), "</w:sdt>".repeat(300));
    let body = document(&[paragraph("one"), deep].concat());
    check(
        &zipped(&[("word/document.xml", body.as_bytes())]),
        "x.docx",
        "partial application/vnd.openxmlformats-officedocument.wordprocessingml.document
         ! parts of the document that are damaged: 1
         = [body]
         1 one",
    );
}

/// Where a package's workbook is; the reader asks for it.
const ROOT: (&str, &[u8]) = (
    "_rels/.rels",
    b"<Relationships><Relationship Id=\"r1\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/\
      officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>",
);

pub(super) fn xlsx() -> Vec<u8> {
    let sheet = "<worksheet xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\"><sheetData>\
        <row r=\"2\"><c r=\"B2\" t=\"s\"><v>0</v></c><c r=\"C2\" t=\"inlineStr\"><is><t>NHS</t></is></c></row>\
        <row r=\"4\"><c r=\"B4\" t=\"s\"><v>1</v></c><c r=\"C4\"><v>9990000018</v></c><c r=\"D4\" s=\"1\"><v>40666</v></c>\
        <c r=\"E4\" s=\"2\"><v>45624.427083333336</v></c><c r=\"F4\" t=\"b\"><v>1</v></c><c r=\"G4\" t=\"e\"><v>#N/A</v></c></row>\
        <row r=\"5\" hidden=\"1\"><c r=\"B5\" t=\"str\"><f>A1</f><v>Bo</v></c></row>\
        <row r=\"6\"><c r=\"B6\"><v>1.5</v></c><c r=\"C6\" s=\"3\"><v>12345</v></c></row></sheetData></worksheet>";
    let small = "<worksheet xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\"><sheetData>\
        <row r=\"1\"><c r=\"A1\" t=\"inlineStr\"><is><t>secret</t></is></c></row></sheetData></worksheet>";
    zipped(&[
        ROOT,
        ("[Content_Types].xml", b"<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\"/>"),
        (
            "xl/workbook.xml",
            b"<workbook xmlns:r=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships\"><sheets>\
              <sheet name=\"Clinic\" sheetId=\"1\" r:id=\"r1\"/><sheet name=\"Old\" sheetId=\"2\" state=\"hidden\" r:id=\"r2\"/>\
              </sheets></workbook>",
        ),
        (
            "xl/_rels/workbook.xml.rels",
            b"<Relationships><Relationship Id=\"r1\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/\
              worksheet\" Target=\"worksheets/sheet1.xml\"/><Relationship Id=\"r2\" Type=\"http://schemas.openxmlformats.org/\
              officeDocument/2006/relationships/worksheet\" Target=\"worksheets/sheet2.xml\"/></Relationships>",
        ),
        (
            "xl/styles.xml",
            b"<styleSheet><numFmts><numFmt numFmtId=\"164\" formatCode=\"0000000\"/></numFmts><cellXfs><xf numFmtId=\"0\"/><xf numFmtId=\"14\"/><xf numFmtId=\"22\"/><xf numFmtId=\"164\"/></cellXfs></styleSheet>",
        ),
        ("xl/sharedStrings.xml", b"<sst><si><t>Name</t></si><si><r><t xml:space=\"preserve\">Ann </t></r><r><t>Stone</t></r></si></sst>"),
        ("xl/worksheets/sheet1.xml", sheet.as_bytes()),
        ("xl/worksheets/sheet2.xml", small.as_bytes()),
        (
            "xl/comments1.xml",
            b"<comments><commentList><comment ref=\"B4\"><text><r><t>Mother is Jane</t></r></text></comment></commentList></comments>",
        ),
    ])
}

#[test]
fn a_workbook_gives_typed_cells_at_their_rows() {
    check(
        &xlsx(),
        "list",
        "read application/vnd.openxmlformats-officedocument.spreadsheetml.sheet
         # [Clinic]
         2 - | Name | NHS
         3
         4 - | Ann Stone | n9990000018 | d2011-05-03 | 2024-11-28 10:15:00 | btrue | #N/A
         # [Clinic] (hidden) continued
         5 - | Bo
         # [Clinic] continued
         6 - | n1.5 | 0012345
         # [Old] (hidden)
         1 secret
         = [comment]
         1 B4: Mother is Jane",
    );
}

#[test]
fn a_cell_at_the_far_corner_costs_no_more_than_the_limit() {
    let row = |number: u32| format!("<row r=\"{number}\"><c r=\"XFD{number}\"><v>1</v></c></row>");
    let rows: String = (1..=100).map(row).collect();
    let sheet = format!(
        "<worksheet><sheetData>{rows}<row r=\"1048576\"><c r=\"A1048576\"><v>2</v></c></row></sheetData></worksheet>"
    );
    let workbook = "<workbook><sheets><sheet name=\"S\" sheetId=\"1\" r:id=\"r1\"/></sheets></workbook>";
    let relations = "<Relationships><Relationship Id=\"r1\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/\
                     relationships/worksheet\" Target=\"worksheets/sheet1.xml\"/></Relationships>";
    let bytes = zipped(&[
        ROOT,
        ("xl/workbook.xml", workbook.as_bytes()),
        ("xl/_rels/workbook.xml.rels", relations.as_bytes()),
        ("xl/worksheets/sheet1.xml", sheet.as_bytes()),
    ]);
    let limits = Limits { cells: 1000, ..Limits::default() };
    check_within(
        &bytes,
        "x.xlsx",
        &limits,
        "partial application/vnd.openxmlformats-officedocument.spreadsheetml.sheet
         ! cells over the limit of this item were not read",
    );
}

#[test]
fn an_office_file_behind_a_password_is_an_ole_file_that_says_so() {
    let entry = |name: &str, kind: u8| {
        let mut entry: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
        entry.resize(64, 0);
        entry.extend_from_slice(&(name.len() as u16 * 2 + 2).to_le_bytes());
        entry.extend_from_slice(&[kind, 1]);
        entry.resize(128, 0);
        entry
    };
    let file = |stream: &str| {
        let mut bytes = crate::extract::ole::MAGIC.to_vec();
        bytes.resize(512, 0);
        bytes.extend(entry("Root Entry", 5));
        bytes.extend(entry(stream, 2));
        bytes.resize(2048, 0);
        bytes
    };
    check(&file("EncryptedPackage"), "x.docx", "unread encrypted application/x-ole-encrypted");
    check(&file("WordDocument"), "x.doc", "unread corrupt application/msword");
    // Without its tables nothing of it opens.
    check(&file("Other"), "x.doc", "unread corrupt application/x-ole-storage");
}
