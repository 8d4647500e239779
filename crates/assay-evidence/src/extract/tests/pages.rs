//! Web pages and PDF.

use super::{check, printed};
use crate::extract::Limits;
use std::io::Write as _;

#[test]
fn a_page_gives_what_a_reader_sees() {
    check(
        b"<!DOCTYPE html><html><head><title>Ward  list</title><style>p { color: red }</style>\
          <script>var a = '<table><tr><td>no';</script></head><body><h1>Patients&nbsp;list</h1>\n\
          <p>Of   the <b>clinic</b>.<br>Second line</p><!-- comment --><p style='display: none'>Old Name</p>\
          <table><tr><th>Name<th>NHS</tr><tr><td>Ann<td>9990000018</table>\
          <p>Seen by <input type=text value='Dr Hall'><input type=hidden value='x77'></p></body></html>",
        "page",
        "read text/html
         = [properties]
         1 title: Ward list
         = [body]
         1 Patients list
         2
         3 Of the clinic.
         4 Second line
         = [body] (hidden)
         6 Old Name
         # [table 1]
         1 Name | NHS
         2 Ann | 9990000018
         = [body]
         7 Seen by Dr Hall
         = [body] (hidden)
         7 Seen by Dr Hall x77",
    );
}

#[test]
fn a_table_for_layout_is_text() {
    check(
        b"<html><table><tr><td><p>Dear Ann</p></td></tr><tr><td><table><tr><td>DOB<td>03/05/2011</table></td></tr></table>",
        "page",
        "read text/html
         = [body]
         1 Dear Ann
         # [table 2]
         1 DOB | 03/05/2011",
    );
}

/// A PDF of these objects, numbered from one; the first is the catalogue.
pub(super) fn pdf(objects: &[String], trailer: &str) -> Vec<u8> {
    let mut out = b"%PDF-1.4\n".to_vec();
    let mut offsets = Vec::new();
    for (index, object) in objects.iter().enumerate() {
        offsets.push(out.len());
        out.extend_from_slice(format!("{} 0 obj\n{object}\nendobj\n", index + 1).as_bytes());
    }
    let start = out.len();
    let count = objects.len() + 1;
    out.extend_from_slice(format!("xref\n0 {count}\n0000000000 65535 f \n").as_bytes());
    offsets.iter().for_each(|offset| out.extend_from_slice(format!("{offset:010} 00000 n \n").as_bytes()));
    out.extend_from_slice(
        format!("trailer\n<< /Size {count} /Root 1 0 R {trailer} >>\nstartxref\n{start}\n%%EOF\n").as_bytes(),
    );
    out
}

pub(super) fn stream(content: &str) -> String {
    format!("<< /Length {} >>\nstream\n{content}\nendstream", content.len())
}

pub(super) fn letter() -> Vec<u8> {
    pdf(
        &[
            "<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [7 0 R] >> >>".to_owned(),
            "<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_owned(),
            "<< /Type /Page /Parent 2 0 R /Contents 4 0 R /Resources << /Font << /F1 5 0 R /F2 6 0 R >> >> >>"
                .to_owned(),
            // Drawn out of order: the second line first, the first in two pieces, its end before its beginning.
            stream(
                "BT /F1 10 Tf 50 688 Td (DOB: 03/05/2011) Tj ET BT /F1 10 Tf 300 700 Td (Ref: AH1234567) Tj ET \
                 BT /F1 10 Tf 50 700 Td [(Dear) -400 (Zo\\353) 20 (,)] TJ ET BT /F2 10 Tf 50 640 Td <00010002> Tj ET",
            ),
            "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>".to_owned(),
            "<< /Type /Font /Subtype /Type0 /BaseFont /X /Encoding /Identity-H /ToUnicode 8 0 R >>".to_owned(),
            "<< /T (Surname) /V (Stone) /FT /Tx >>".to_owned(),
            stream("2 beginbfchar <0001> <00480061> endbfchar 1 beginbfrange <0002> <0005> <006c> endbfrange"),
            "<< /Author (Dr Hall) /CreationDate (D:20241128101500Z) >>".to_owned(),
        ],
        "/Info 9 0 R",
    )
}

const LETTER: &str = "
    = [page 1]
    1 Dear Zoë,\tRef: AH1234567
    2 DOB: 03/05/2011
    3
    4 Hal
    = [form]
    1 Surname: Stone";

#[test]
fn a_pdf_gives_its_lines_as_they_stand() {
    let properties = "= [properties]\n1 author: Dr Hall\n2 created: 2024-11-28T10:15:00";
    check(&letter(), "x", &format!("read application/pdf{LETTER}\n{properties}"));
}

#[test]
fn a_pdf_without_its_table_is_put_together_from_its_objects() {
    let mut cut = letter();
    let end = cut.windows(5).position(|window| window == b"xref\n").unwrap();
    cut.truncate(end);
    let warning = "! the file is damaged: what could be found of it was read";
    check(&cut, "x.pdf", &format!("partial application/pdf\n{warning}{LETTER}"));
    cut.truncate(100);
    check(&cut, "x.pdf", "unread corrupt application/pdf");
}

#[test]
fn a_pdf_of_pictures_needs_ocr() {
    let scan = pdf(
        &[
            "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
            "<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_owned(),
            "<< /Type /Page /Parent 2 0 R /Contents 4 0 R /Resources << /XObject << /I 5 0 R >> >> >>".to_owned(),
            stream("595 0 0 842 0 0 cm /I Do"),
            "<< /Type /XObject /Subtype /Image /Width 1 /Height 1 /Length 1 >>\nstream\nx\nendstream".to_owned(),
        ],
        "",
    );
    check(&scan, "scan.pdf", "unread no_ocr application/pdf");
}

#[test]
fn a_drawing_that_holds_itself_ends() {
    let form = |content: &str| {
        let length = content.len();
        format!(
            "<< /Type /XObject /Subtype /Form /Resources << /XObject << /A 5 0 R >> /Font << /F 6 0 R >> >> /Length {length} >>\n\
             stream\n{content}\nendstream"
        )
    };
    let loops = pdf(
        &[
            "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
            "<< /Type /Pages /Kids [3 0 R 2 0 R] /Count 1 >>".to_owned(),
            "<< /Type /Page /Parent 2 0 R /Contents 4 0 R /Resources << /XObject << /A 5 0 R >> >> >>".to_owned(),
            stream("/A Do"),
            form("BT /F 9 Tf 1 0 0 1 9 9 Tm (in) Tj ET /A Do"),
            "<< /Type /Font /Subtype /Type1 /BaseFont /Times-Roman >>".to_owned(),
        ],
        "",
    );
    let got = printed(&loops, "x.pdf", &Limits::default());
    assert!(got.contains("= [page 1]\n1 in\n"), "{got}");
}

#[test]
fn a_file_attached_to_a_pdf_is_a_member() {
    let holder = pdf(
        &[
            "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
            "<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_owned(),
            "<< /Type /Page /Parent 2 0 R >>".to_owned(),
            "<< /Type /Filespec /F (list.csv) /EF << /F 5 0 R >> >>".to_owned(),
            "<< /Type /EmbeddedFile /Length 3 /Params << /Size 3 >> >>\nstream\na,b\nendstream".to_owned(),
        ],
        "",
    );
    check(&holder, "x.pdf", "read application/pdf\n> list.csv 3: a,b");
}

#[test]
fn a_drawing_that_inflates_beyond_the_limit_is_run_up_to_it() {
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all("BT /F 9 Tf (in) Tj ET ".repeat(1_000_000).as_bytes()).unwrap();
    // Written as hexadecimal, since the objects here are text.
    let hex: String = encoder.finish().unwrap().iter().map(|byte| format!("{byte:02x}")).collect();
    let bomb = pdf(
        &[
            "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
            "<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_owned(),
            "<< /Type /Page /Parent 2 0 R /Contents 4 0 R /Resources << /Font << /F 5 0 R >> >> >>".to_owned(),
            format!(
                "<< /Length {} /Filter [/ASCIIHexDecode /FlateDecode] >>\nstream\n{hex}>\nendstream",
                hex.len() + 1
            ),
            "<< /Type /Font /Subtype /Type1 /BaseFont /Times-Roman >>".to_owned(),
        ],
        "",
    );
    check(
        &bomb,
        "x.pdf",
        "partial application/pdf\n! some of the drawing is beyond the limit or could not be decoded, and was not read
         = [page 1]
         1 in",
    );
}
