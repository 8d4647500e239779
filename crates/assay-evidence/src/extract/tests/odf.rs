//! OpenDocument and PowerPoint files, made here member by member.

use super::{check, check_within, zipped};
use crate::extract::Limits;

fn package(kind: &str, content: &str) -> Vec<u8> {
    let mime = format!("application/vnd.oasis.opendocument.{kind}");
    zipped(&[("mimetype", mime.as_bytes()), ("content.xml", content.as_bytes())])
}

pub(super) fn odt() -> Vec<u8> {
    let content = "<o><body><text:tracked-changes><text:changed-region><text:deletion><text:p>Amy Stone</text:p></text:deletion>\
         </text:changed-region></text:tracked-changes><text:h>Dear Dr Hall,</text:h><table:table><table:table-row>\
         <table:table-cell><text:p>Ann</text:p></table:table-cell><table:table-cell><text:p>9990000018</text:p></table:table-cell>\
         </table:table-row></table:table><text:p>Yours,<text:tab/>Dr<text:s text:c=\"2\"/>Brown<office:annotation><dc:creator>Nurse C</dc:creator><dc:date>2024</dc:date><text:p>Ring her</text:p>\
         </office:annotation></text:p></body></o>";
    let styles = "<s><master-page><style:header><text:p>Northshore Trust</text:p></style:header></master-page></s>";
    let mime = b"application/vnd.oasis.opendocument.text";
    zipped(&[
        ("mimetype", mime),
        ("content.xml", content.as_bytes()),
        ("styles.xml", styles.as_bytes()),
        ("Pictures/a.png", b"x"),
    ])
}

pub(super) fn ods() -> Vec<u8> {
    package(
        "spreadsheet",
        "<o><style:style style:name=\"h\"><style:table-properties table:display=\"false\"/></style:style><office:spreadsheet>\
         <table:table table:name=\"Clinic\"><table:table-row><table:table-cell table:number-columns-repeated=\"2\"><text:p>Name</text:p>\
         </table:table-cell></table:table-row><table:table-row table:number-rows-repeated=\"2\"/><table:table-row table:visibility=\"collapse\">\
         <table:table-cell/><table:table-cell office:value-type=\"float\" office:value=\"1.5\"/><table:table-cell office:value-type=\"date\" \
         office:date-value=\"2011-05-03\"/></table:table-row><table:table-row table:number-rows-repeated=\"1048572\"><table:table-cell \
         table:number-columns-repeated=\"16384\"/></table:table-row></table:table><table:table table:name=\"Old\" table:style-name=\"h\">\
         <table:table-row><table:table-cell><text:p>secret</text:p></table:table-cell></table:table-row></table:table></office:spreadsheet></o>",
    )
}

#[test]
fn a_text_gives_all_its_parts() {
    check(
        &odt(),
        "letter",
        "read application/vnd.oasis.opendocument.text
         = [body]
         1 Dear Dr Hall,
         # [table 1]
         1 Ann | 9990000018
         = [body]
         2 Yours,\tDr  Brown
         = [comment]
         1 Nurse C: Ring her
         = [header]
         1 Northshore Trust
         = [body] (hidden)
         1 Amy Stone
         > Pictures/a.png 1: x",
    );
}

#[test]
fn a_spreadsheet_gives_typed_cells_at_their_rows() {
    check(
        &ods(),
        "list",
        "read application/vnd.oasis.opendocument.spreadsheet
         # [Clinic]
         1 Name | Name
         # [Clinic] (hidden) continued
         4 - | n1.5 | d2011-05-03
         # [Old] (hidden)
         1 secret",
    );
}

#[test]
fn cells_repeated_without_end_stop_at_the_limit() {
    let bomb = package(
        "spreadsheet",
        "<o><spreadsheet><table name=\"S\"><table-row number-rows-repeated=\"4000000000\"><table-cell \
         number-columns-repeated=\"4000000000\"><p>x</p></table-cell></table-row></table></spreadsheet></o>",
    );
    let limits = Limits { cells: 1000, ..Limits::default() };
    let got = super::printed(&bomb, "x.ods", &limits);
    assert!(got.starts_with("partial application/vnd.oasis.opendocument.spreadsheet\n! cells over the limit"), "{got}");
    check_within(
        &package("text", "<o><p>one</p></o>"),
        "x",
        &limits,
        "read application/vnd.oasis.opendocument.text\n= [body]\n1 one",
    );
}

#[test]
fn an_encrypted_package_says_so() {
    let mime = b"application/vnd.oasis.opendocument.text";
    let manifest = b"<manifest><file-entry><encryption-data/></file-entry></manifest>";
    check(
        &zipped(&[("mimetype", mime), ("content.xml", b"\x01"), ("META-INF/manifest.xml", manifest)]),
        "x.odt",
        "unread encrypted application/vnd.oasis.opendocument.text",
    );
}

/// A presentation with what is rare.
pub(super) fn rare_pptx() -> Vec<u8> {
    let kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let relation = |id: &str, word: &str, target: &str| {
        format!("<Relationship Id=\"{id}\" Type=\"{kind}/{word}\" Target=\"{target}\"/>")
    };
    zipped(&[
        ("ppt/presentation.xml", b"<p><p:sldId id=\"256\" r:id=\"r1\"/></p>"),
        ("ppt/_rels/presentation.xml.rels", format!("<R>{}</R>", relation("r1", "slide", "slides/slide1.xml")).as_bytes()),
        (
            "ppt/slides/slide1.xml",
            b"<p:sld><p:sp><p:cNvPr name=\"a\" hidden=\"1\"/><a:p><a:t>behind</a:t></a:p></p:sp><p:grpSp><p:sp><p:cNvPr descr=\"Ann at home\"/>\
              <a:p><a:t>in a group</a:t></a:p></p:sp></p:grpSp></p:sld>",
        ),
        (
            "ppt/slides/_rels/slide1.xml.rels",
            format!(
                "<R>{}{}<Relationship Id=\"h\" Type=\"{kind}/hyperlink\" Target=\"mailto:ann@example.org\" TargetMode=\"External\"/></R>",
                relation("c", "chart", "../charts/chart1.xml"),
                relation("d", "comments", "../comments/modernComment_1.xml")
            )
            .as_bytes(),
        ),
        ("ppt/slides/slide7.xml", b"<p:sld><a:p><a:t>taken out</a:t></a:p></p:sld>"),
        ("ppt/charts/chart1.xml", b"<c:chart><a:p><a:t>Visits</a:t></a:p><c:pt><c:v>Ward 7</c:v></c:pt></c:chart>"),
        ("ppt/comments/modernComment_1.xml", b"<c><cm authorId=\"{1}\"><txBody><a:p><a:r><a:t>Check her age</a:t></a:r></a:p></txBody></cm></c>"),
        ("ppt/authors.xml", b"<a><author id=\"{1}\" name=\"Nurse C\"/></a>"),
        (
            "ppt/slideMasters/slideMaster1.xml",
            b"<p:m><p:sp><p:cNvPr name=\"t\"/><p:nvPr><p:ph/></p:nvPr><a:p><a:t>Click to edit</a:t></a:p></p:sp><p:sp><p:cNvPr name=\"b\"/>\
              <a:p><a:t>Northshore Trust</a:t></a:p></p:sp></p:m>",
        ),
    ])
}

#[test]
fn what_is_rare_in_a_presentation_is_given_too() {
    check(
        &rare_pptx(),
        "x",
        "read application/vnd.openxmlformats-officedocument.presentationml.presentation
         = [page 1]
         1
         2 in a group
         3 Visits
         4 Ward 7
         = [page 1] (hidden)
         1 behind
         = [page 2] (hidden)
         1 taken out
         = [comment]
         1 Nurse C: Check her age
         = [master]
         1 Northshore Trust
         = [description] (hidden)
         1 Ann at home
         = [link] (hidden)
         1 mailto:ann@example.org",
    );
}

pub(super) fn pptx() -> Vec<u8> {
    let slide = "<p:sld><a:p><a:r><a:t>Ward round</a:t></a:r></a:p><a:tbl><a:tr><a:tc><a:p><a:t>Ann</a:t></a:p></a:tc>\
                 <a:tc><a:p><a:t>9990000018</a:t></a:p></a:tc></a:tr></a:tbl></p:sld>";
    zipped(&[
        ("ppt/presentation.xml", b"<p><p:sldId id=\"256\" r:id=\"r2\"/><p:sldId id=\"257\" r:id=\"r1\"/></p>"),
        (
            "ppt/_rels/presentation.xml.rels",
            b"<R><Relationship Id=\"r1\" Target=\"slides/slide1.xml\"/><Relationship Id=\"r2\" Target=\"slides/slide2.xml\"/></R>",
        ),
        ("ppt/slides/slide1.xml", b"<p:sld show=\"0\"><a:p><a:t>Left out</a:t></a:p></p:sld>"),
        ("ppt/slides/slide2.xml", slide.as_bytes()),
        ("ppt/slides/_rels/slide2.xml.rels", b"<R><Relationship Id=\"a\" Type=\"x/notesSlide\" Target=\"../notesSlides/notesSlide1.xml\"/></R>"),
        ("ppt/notesSlides/notesSlide1.xml", b"<p:notes><a:p><a:t>Mind her mother</a:t></a:p></p:notes>"),
        ("ppt/media/image1.png", b"x"),
    ])
}

#[test]
fn slides_come_in_the_order_of_the_presentation() {
    check(
        &pptx(),
        "talk",
        "read application/vnd.openxmlformats-officedocument.presentationml.presentation
         = [page 1]
         1 Ward round
         # [page 1 table 1]
         1 Ann | 9990000018
         = [page 2] (hidden)
         1 Left out
         = [note]
         1 Mind her mother
         > ppt/media/image1.png 1: x",
    );
}
