//! Large files made for the run: what the documents at hand are too small to show.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use zip::write::SimpleFileOptions;

const FAMILY: [&str; 8] = ["Okoro", "Marsh", "Lindqvist", "Ahmed", "O'Brien", "Castellanos", "Whitfield", "Nowak"];
const GIVEN: [&str; 8] = ["Ada", "Ben", "Chidi", "Dorota", "Ewan", "Fatima", "Grace", "Harun"];

/// The rows `large txt`, `large csv`, `large docx`, `large xlsx`, `large pdf`; the last has a page for each 2 kB.
pub(super) fn large(folder: &Path, megabytes: usize) -> anyhow::Result<Vec<(String, Vec<PathBuf>)>> {
    let bytes = megabytes << 20;
    let made = [
        ("txt", text(bytes).into_bytes()),
        ("csv", table(bytes).into_bytes()),
        ("docx", docx(bytes)?),
        ("xlsx", xlsx(bytes)?),
        ("pdf", pdf(200)),
    ];
    let mut rows = Vec::new();
    for (ending, content) in made {
        let path = folder.join(format!("large.{ending}"));
        std::fs::write(&path, content)?;
        rows.push((format!("large {ending}"), vec![path]));
    }
    Ok(rows)
}

fn person(n: usize) -> (&'static str, &'static str) {
    (GIVEN[n * 7 % 8], FAMILY[n / 3 % 8])
}

fn line(n: usize) -> String {
    let (given, family) = person(n);
    format!(
        "{given} {family}, born {:02}/{:02}/19{:02}, was seen in clinic {} and will be reviewed in {} weeks by the team.",
        n % 28 + 1,
        n % 12 + 1,
        n % 100,
        n % 40,
        n % 12
    )
}

fn text(bytes: usize) -> String {
    let mut text = String::with_capacity(bytes + 200);
    let mut n = 0;
    while text.len() < bytes {
        text.push_str(&line(n));
        text.push('\n');
        n += 1;
    }
    text
}

fn table(bytes: usize) -> String {
    let mut text = "NHS Number,Surname,Forename,DOB,Postcode,Ward,Notes\n".to_owned();
    let mut n = 0;
    while text.len() < bytes {
        let (given, family) = person(n);
        let _ = writeln!(
            text,
            "999{:07},{family},{given},{:02}/{:02}/19{:02},L{} {}AB,Ward {},\"seen, review in {} weeks\"",
            n % 10_000_000,
            n % 28 + 1,
            n % 12 + 1,
            n % 100,
            n % 40 + 1,
            n % 9,
            n % 30,
            n % 12
        );
        n += 1;
    }
    text
}

fn zipped(parts: &[(&str, String)]) -> anyhow::Result<Vec<u8>> {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, content) in parts {
        zip.start_file(*name, SimpleFileOptions::default())?;
        zip.write_all(content.as_bytes())?;
    }
    Ok(zip.finish()?.into_inner())
}

const TYPES: &str = "<?xml version=\"1.0\"?><Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\">\
<Default Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/>\
<Default Extension=\"xml\" ContentType=\"application/xml\"/>";
const RELATIONSHIPS: &str =
    "<?xml version=\"1.0\"?><Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">";
const OFFICE: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";

fn docx(bytes: usize) -> anyhow::Result<Vec<u8>> {
    let space = "http://schemas.openxmlformats.org/wordprocessingml/2006/main";
    let mut body = format!("<?xml version=\"1.0\"?><w:document xmlns:w=\"{space}\"><w:body>");
    let mut n = 0;
    while body.len() < bytes {
        let _ = write!(
            body,
            "<w:p><w:pPr><w:spacing w:after=\"120\"/></w:pPr><w:r><w:rPr><w:sz w:val=\"22\"/></w:rPr><w:t>{}</w:t></w:r></w:p>",
            line(n)
        );
        n += 1;
    }
    body.push_str("</w:body></w:document>");
    let main = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml";
    zipped(&[
        (
            "[Content_Types].xml",
            format!("{TYPES}<Override PartName=\"/word/document.xml\" ContentType=\"{main}\"/></Types>"),
        ),
        (
            "_rels/.rels",
            format!(
                "{RELATIONSHIPS}<Relationship Id=\"rId1\" Type=\"{OFFICE}/officeDocument\" Target=\"word/document.xml\"/></Relationships>"
            ),
        ),
        ("word/document.xml", body),
    ])
}

fn xlsx(bytes: usize) -> anyhow::Result<Vec<u8>> {
    let space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    let mut sheet = format!("<?xml version=\"1.0\"?><worksheet xmlns=\"{space}\"><sheetData>");
    let strings: Vec<String> = (0..5000).map(line).collect();
    let mut row = 1;
    while sheet.len() < bytes {
        let _ = write!(
            sheet,
            "<row r=\"{row}\"><c r=\"A{row}\"><v>999{:07}</v></c><c r=\"B{row}\" t=\"s\"><v>{}</v></c><c r=\"C{row}\" t=\"s\"><v>{}</v></c><c r=\"D{row}\"><v>{}</v></c><c r=\"E{row}\" t=\"inlineStr\"><is><t>Ward {}</t></is></c></row>",
            row % 10_000_000,
            row % 5000,
            row * 7 % 5000,
            20_000 + row % 20_000,
            row % 30
        );
        row += 1;
    }
    sheet.push_str("</sheetData></worksheet>");
    let mut shared = format!("<?xml version=\"1.0\"?><sst xmlns=\"{space}\">");
    strings.iter().for_each(|string| {
        let _ = write!(shared, "<si><t>{string}</t></si>");
    });
    shared.push_str("</sst>");
    let kind = "application/vnd.openxmlformats-officedocument.spreadsheetml";
    zipped(&[
        (
            "[Content_Types].xml",
            format!(
                "{TYPES}<Override PartName=\"/xl/workbook.xml\" ContentType=\"{kind}.sheet.main+xml\"/><Override PartName=\"/xl/worksheets/sheet1.xml\" ContentType=\"{kind}.worksheet+xml\"/><Override PartName=\"/xl/sharedStrings.xml\" ContentType=\"{kind}.sharedStrings+xml\"/></Types>"
            ),
        ),
        (
            "_rels/.rels",
            format!(
                "{RELATIONSHIPS}<Relationship Id=\"rId1\" Type=\"{OFFICE}/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>"
            ),
        ),
        (
            "xl/workbook.xml",
            format!(
                "<?xml version=\"1.0\"?><workbook xmlns=\"{space}\" xmlns:r=\"{OFFICE}\"><sheets><sheet name=\"List\" sheetId=\"1\" r:id=\"rId1\"/></sheets></workbook>"
            ),
        ),
        (
            "xl/_rels/workbook.xml.rels",
            format!(
                "{RELATIONSHIPS}<Relationship Id=\"rId1\" Type=\"{OFFICE}/worksheet\" Target=\"worksheets/sheet1.xml\"/><Relationship Id=\"rId2\" Type=\"{OFFICE}/sharedStrings\" Target=\"sharedStrings.xml\"/></Relationships>"
            ),
        ),
        ("xl/worksheets/sheet1.xml", sheet),
        ("xl/sharedStrings.xml", shared),
    ])
}

/// Pages of fifty lines of Helvetica, each stream deflated.
fn pdf(pages: usize) -> Vec<u8> {
    let mut out = b"%PDF-1.5\n".to_vec();
    let mut offsets = Vec::new();
    let kids: Vec<String> = (0..pages).map(|page| format!("{} 0 R", 4 + page * 2)).collect();
    let mut object = |out: &mut Vec<u8>, body: &[u8]| {
        offsets.push(out.len());
        out.extend_from_slice(format!("{} 0 obj\n", offsets.len()).as_bytes());
        out.extend_from_slice(body);
        out.extend_from_slice(b"\nendobj\n");
    };
    object(&mut out, b"<</Type/Catalog/Pages 2 0 R>>");
    object(&mut out, format!("<</Type/Pages/Count {pages}/Kids[{}]>>", kids.join(" ")).as_bytes());
    object(&mut out, b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>");
    for page in 0..pages {
        let contents = 5 + page * 2;
        let head = format!(
            "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<</Font<</F1 3 0 R>>>>/Contents {contents} 0 R>>"
        );
        object(&mut out, head.as_bytes());
        let mut text = "BT /F1 9 Tf 12 TL 40 800 Td\n".to_owned();
        for n in 0..50 {
            let _ = writeln!(text, "({}) Tj T*", line(page * 50 + n));
        }
        text.push_str("ET");
        let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
        let deflated = encoder.write_all(text.as_bytes()).and_then(|()| encoder.finish()).unwrap_or_default();
        let mut body = format!("<</Length {}/Filter/FlateDecode>>\nstream\n", deflated.len()).into_bytes();
        body.extend_from_slice(&deflated);
        body.extend_from_slice(b"\nendstream");
        object(&mut out, &body);
    }
    let start = out.len();
    let mut table = format!("xref\n0 {}\n0000000000 65535 f \n", offsets.len() + 1);
    offsets.iter().for_each(|offset| {
        let _ = writeln!(table, "{offset:010} 00000 n ");
    });
    let _ = write!(table, "trailer\n<</Size {}/Root 1 0 R>>\nstartxref\n{start}\n%%EOF", offsets.len() + 1);
    out.extend_from_slice(table.as_bytes());
    out
}
