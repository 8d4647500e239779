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
         = [change] (hidden)
         1 changed by: x
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
         1 one
         > word/vbaProject.bin 1: x",
    );
}

/// A document with everything that is rare, under names of its own, in the strict notation.
pub(super) fn rare_docx() -> Vec<u8> {
    let strict = "http://purl.oclc.org/ooxml/officeDocument/relationships";
    let relation = |id: &str, kind: &str, target: &str| {
        format!("<Relationship Id=\"{id}\" Type=\"{strict}/{kind}\" Target=\"{target}\"/>")
    };
    let item = |list: u32, level: u32, text: &str| {
        format!(
            "<w:p><w:pPr><w:numPr><w:ilvl w:val=\"{level}\"/><w:numId w:val=\"{list}\"/></w:numPr></w:pPr><w:r><w:t>{text}</w:t></w:r></w:p>"
        )
    };
    let level = |at: u32, format: &str, text: &str| {
        format!(
            "<w:lvl w:ilvl=\"{at}\"><w:start w:val=\"1\"/><w:numFmt w:val=\"{format}\"/><w:lvlText w:val=\"{text}\"/></w:lvl>"
        )
    };
    let numbering = format!(
        "<w:numbering><w:abstractNum w:abstractNumId=\"0\">{}{}{}</w:abstractNum><w:num w:numId=\"1\"><w:abstractNumId w:val=\"0\"/></w:num>\
         <w:num w:numId=\"2\"><w:abstractNumId w:val=\"0\"/><w:lvlOverride w:ilvl=\"0\"><w:startOverride w:val=\"4\"/></w:lvlOverride></w:num></w:numbering>",
        level(0, "decimal", "%1."),
        level(1, "decimal", "%1.%2"),
        level(2, "lowerLetter", "(%3)"),
    );
    let body = [
        item(1, 0, "Chest"),
        item(1, 1, "Heart"),
        item(1, 2, "rate"),
        item(1, 2, "sound"),
        item(1, 1, "Lung"),
        item(1, 0, "Skin"),
        item(2, 0, "Notes"),
        "<w:p><w:pPr><w:pStyle w:val=\"H\"/></w:pPr><w:r><w:rPr><w:rStyle w:val=\"Gone\"/></w:rPr><w:t>not shown</w:t></w:r></w:p>".into(),
        "<w:p><w:r><w:ruby><w:rt><w:r><w:t>reading</w:t></w:r></w:rt><w:rubyBase><w:r><w:t>word</w:t></w:r></w:rubyBase></w:ruby></w:r>\
         <w:r><w:ffData><w:ddList><w:result w:val=\"1\"/><w:listEntry w:val=\"no\"/><w:listEntry w:val=\"yes\"/></w:ddList></w:ffData></w:r></w:p>"
            .into(),
        "<w:p><w:r><w:rPr><w:b/><w:rPrChange w:author=\"Dr E\"><w:rPr><w:vanish/></w:rPr></w:rPrChange></w:rPr><w:t>kept</w:t></w:r>\
         <w:r><w:instrText>HYPERLINK \"mailto:ann@example.org\"</w:instrText></w:r><w:r><w:fldChar w:fldCharType=\"separate\"/></w:r></w:p>"
            .into(),
        "<w:p><w:r><mc:AlternateContent><mc:Choice><w:drawing><wp:docPr name=\"Picture 1\" descr=\"Ann at home\"/></w:drawing></mc:Choice>\
         <mc:Fallback><v:textbox><w:txbxContent><w:p><w:r><w:t>only here</w:t></w:r></w:p></w:txbxContent></v:textbox></mc:Fallback>\
         </mc:AlternateContent></w:r></w:p>"
            .into(),
    ];
    zipped(&[
        ("[Content_Types].xml", b"<Types><Override PartName=\"/word/a/letter.xml\" ContentType=\"application/vnd.openxmlformats-officedocument.wordprocessingml.template.main+xml\"/></Types>"),
        ("_rels/.rels", format!("<R>{}</R>", relation("a", "officeDocument", "/word/a/letter.xml")).as_bytes()),
        (
            "word/a/_rels/letter.xml.rels",
            format!(
                "<R>{}{}{}{}<Relationship Id=\"x\" Type=\"{strict}/hyperlink\" Target=\"https://example.org/a\" TargetMode=\"External\"/></R>",
                relation("b", "numbering", "lists.xml"),
                relation("c", "header", "top.xml"),
                relation("d", "styles", "looks.xml"),
                relation("e", "glossaryDocument", "blocks.xml"),
            )
            .as_bytes(),
        ),
        ("word/a/letter.xml", document(&body.concat()).as_bytes()),
        ("word/a/lists.xml", numbering.as_bytes()),
        ("word/a/looks.xml", b"<w:styles><w:style w:styleId=\"Base\"><w:rPr><w:vanish/></w:rPr></w:style><w:style w:styleId=\"Gone\"><w:basedOn w:val=\"Base\"/></w:style></w:styles>"),
        ("word/a/top.xml", format!("<w:hdr>{}</w:hdr>", paragraph("Trust")).as_bytes()),
        ("word/a/blocks.xml", document(&paragraph("Old letter")).as_bytes()),
        ("customXml/item1.xml", b"<patient><name>Bo Stone</name></patient>"),
        ("docProps/custom.xml", b"<P><property name=\"Ward\"><vt:lpwstr>Seven</vt:lpwstr></property></P>"),
    ])
}

#[test]
fn what_is_rare_in_a_document_is_given_too() {
    check(
        &rare_docx(),
        "x",
        "read application/vnd.openxmlformats-officedocument.wordprocessingml.document
         = [properties]
         1 Ward: Seven
         = [custom data] (hidden)
         1 name: Bo Stone
         = [body]
         1 1. Chest
         2 1.1 Heart
         3 (a) rate
         4 (b) sound
         5 1.2 Lung
         6 2. Skin
         7 4. Notes
         8
         9 word (reading)yes
         10 kept
         11 only here
         = [body] (hidden)
         8 not shown
         = [header]
         1 Trust
         = [building block] (hidden)
         1 Old letter
         = [description] (hidden)
         1 Ann at home
         = [change] (hidden)
         1 changed by: Dr E
         = [link] (hidden)
         1 https://example.org/a
         2 HYPERLINK \"mailto:ann@example.org\"",
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
    // What lost its directory is read from the parts that can be had.
    let got = printed(&bytes, "x.docx", &Limits::default());
    let carved = "! the document's directory is lost: its parts were carved\n= [body] (carved)\n";
    let docx = "partial application/vnd.openxmlformats-officedocument.wordprocessingml.document";
    assert!(got.starts_with(&format!("{docx}\n{carved}")), "{got}");
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

/// A workbook that keeps data where nobody looks.
pub(super) fn rare_xlsx() -> Vec<u8> {
    let kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let relation = |id: &str, word: &str, target: &str| {
        format!("<Relationship Id=\"{id}\" Type=\"{kind}/{word}\" Target=\"{target}\"/>")
    };
    let sheet = "<worksheet><cols><col min=\"2\" max=\"3\" hidden=\"1\"/></cols><sheetData><row>\
        <c t=\"str\"><f>HYPERLINK(\"https://example.org\")</f><v>see</v></c><c s=\"1\"><v>1599.99</v></c><c s=\"2\"><v>12345</v></c>\
        <c><v>12345678901234567890</v></c><c t=\"s\"><v>0</v></c><c t=\"d\"><v>2011-05-03T10:15:00</v></c></row></sheetData>\
        <dataValidations><dataValidation prompt=\"Pick one\"><formula1>\"Ann,Bo\"</formula1></dataValidation></dataValidations>\
        <headerFooter><oddHeader>&amp;L&amp;\"Arial\"&amp;12Trust&amp;RWard 7 &amp;D</oddHeader></headerFooter></worksheet>";
    zipped(&[
        ROOT,
        (
            "xl/workbook.xml",
            b"<workbook><sheets><sheet name=\"S\" r:id=\"r1\"/></sheets><definedNames><definedName name=\"Ann\">S!$A$1</definedName></definedNames></workbook>",
        ),
        (
            "xl/_rels/workbook.xml.rels",
            format!("<R>{}{}</R>", relation("r1", "worksheet", "worksheets/a.xml"), relation("r2", "sharedStrings", "s.xml")).as_bytes(),
        ),
        ("xl/s.xml", b"<sst><si><r><t>Ya</t></r><r><t>mada_x000D_</t></r><rPh><t>spoken</t></rPh></si></sst>"),
        ("xl/styles.xml", "<s><numFmts><numFmt numFmtId=\"164\" formatCode=\"&quot;£&quot;#,##0.00\"/><numFmt numFmtId=\"165\" formatCode=\"0000000000\"/></numFmts>\
          <cellXfs><xf numFmtId=\"0\"/><xf numFmtId=\"164\"/><xf numFmtId=\"165\"/></cellXfs></s>".as_bytes()),
        ("xl/worksheets/a.xml", sheet.as_bytes()),
        ("xl/worksheets/_rels/a.xml.rels", format!("<R>{}</R>", relation("t", "threadedComment", "../threadedComments/t.xml")).as_bytes()),
        ("xl/threadedComments/t.xml", b"<T><threadedComment ref=\"A1\" personId=\"{1}\"><text>Ring her</text></threadedComment></T>"),
        ("xl/persons/person.xml", b"<P><person displayName=\"Nurse C\" id=\"{1}\"/></P>"),
        ("xl/pivotCache/pivotCacheDefinition1.xml", b"<p><cacheField name=\"Name\"><sharedItems><s v=\"Ann\"/><s v=\"Bo\"/></sharedItems></cacheField><cacheField name=\"Age\"><sharedItems/></cacheField></p>"),
        ("xl/pivotCache/_rels/pivotCacheDefinition1.xml.rels", format!("<R>{}</R>", relation("r", "pivotCacheRecords", "r.xml")).as_bytes()),
        ("xl/pivotCache/r.xml", b"<p><r><x v=\"1\"/><n v=\"71\"/></r><r><x v=\"0\"/><m/></r></p>"),
        ("xl/externalLinks/externalLink1.xml", b"<e><sheetName val=\"Old\"/><sheetData sheetId=\"0\"><row r=\"2\"><cell r=\"B2\" t=\"str\"><v>9990000018</v></cell></row></sheetData></e>"),
        ("xl/connections.xml", b"<c><connection name=\"pas\"><dbPr command=\"select * from patient\"/></connection></c>"),
        ("xl/worksheets/sheet9.xml", b"<worksheet><sheetData><row r=\"1\"><c r=\"A1\" t=\"inlineStr\"><is><t>left over</t></is></c></row></sheetData></worksheet>"),
    ])
}

#[test]
fn what_is_rare_in_a_workbook_is_given_too() {
    check(
        &rare_xlsx(),
        "x",
        "read application/vnd.openxmlformats-officedocument.spreadsheetml.sheet
         ! hidden columns are among those given: 2
         # [S]
         1 see | £1,599.99 | 0000012345 | 12345678901234567890 | Yamada⏎ (spoken) | 2011-05-03 10:15:00
         # [sheet9] (hidden)
         1 left over
         = [header]
         1 Trust\tWard 7
         = [comment]
         1 A1: Nurse C: Ring her
         = [name] (hidden)
         1 Ann: S!$A$1
         = [rule] (hidden)
         1 HYPERLINK(\"https://example.org\")
         2 Pick one
         3 Ann,Bo
         = [link] (hidden)
         1 connection name: pas
         2 dbPr command: select * from patient
         # [pivot cache 1] (hidden)
         1 Name | Age
         2 Bo | n71
         3 Ann
         # [other workbook 1 Old] (hidden)
         2 - | 9990000018",
    );
}

/// A workbook of the binary kind.
pub(super) fn xlsb() -> Vec<u8> {
    let record = |kind: u32, data: &[u8]| {
        let mut out = Vec::new();
        match kind {
            0..128 => out.push(kind as u8),
            _ => out.extend_from_slice(&[(kind & 0x7f) as u8 | 0x80, (kind >> 7) as u8]),
        }
        assert!(data.len() < 128);
        out.push(data.len() as u8);
        out.extend_from_slice(data);
        out
    };
    let wide = |text: &str| {
        let units: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        [&(units.len() as u32 / 2).to_le_bytes()[..], &units].concat()
    };
    let numbers = |all: &[u32]| all.iter().flat_map(|number| number.to_le_bytes()).collect::<Vec<u8>>();
    let workbook = record(156, &[numbers(&[1, 1]), wide("r1"), wide("Clinic")].concat());
    let styles = [
        record(44, &[&164_u16.to_le_bytes()[..], &wide("dd/mm/yy")].concat()),
        record(617, &[]),
        record(47, &[0, 0, 0, 0]),
        record(47, &[0, 0, 164, 0]),
        record(618, &[]),
    ];
    let strings = record(19, &[&[0][..], &wide("Ann Stone")].concat());
    let sheet = [
        record(0, &[numbers(&[3, 0]), vec![0; 9]].concat()),
        record(7, &numbers(&[0, 0, 0])),
        record(5, &[numbers(&[1, 0]), 9_990_000_018_f64.to_le_bytes().to_vec()].concat()),
        record(2, &numbers(&[2, 1, 40_666 << 2 | 2])),
        record(6, &[numbers(&[3, 0]), wide("typed")].concat()),
        record(3, &[numbers(&[4, 0]), vec![0x2a]].concat()),
        record(4, &[numbers(&[5, 0]), vec![1]].concat()),
    ];
    let comments = [
        record(632, &wide("Nurse C")),
        record(635, &numbers(&[0, 3, 3, 27, 27])),
        record(637, &[&[0][..], &wide("Ring her")].concat()),
    ];
    let kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet";
    zipped(&[
        ("xl/workbook.bin", &workbook),
        (
            "xl/_rels/workbook.bin.rels",
            format!("<R><Relationship Id=\"r1\" Type=\"{kind}\" Target=\"worksheets/sheet1.bin\"/></R>").as_bytes(),
        ),
        ("xl/styles.bin", &styles.concat()),
        ("xl/sharedStrings.bin", &strings),
        ("xl/worksheets/sheet1.bin", &sheet.concat()),
        ("xl/comments1.bin", &comments.concat()),
    ])
}

#[test]
fn a_binary_workbook_gives_what_one_of_xml_gives() {
    check(
        &xlsb(),
        "x",
        "read application/vnd.ms-excel.sheet.binary.macroenabled.12
         # [Clinic] (hidden)
         4 Ann Stone | n9990000018 | d2011-05-03 | typed | #N/A | btrue
         = [comment]
         1 AB4: Nurse C: Ring her",
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
