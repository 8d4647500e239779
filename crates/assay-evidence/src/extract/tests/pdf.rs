//! PDF: what a person reads on a page, and what they might have missed.

use super::pages::{pdf, stream};
use super::{check, printed, printed_with};
use crate::extract::{Limits, Picture, Reading, recognise};
use assay_model::Sensitive;
use std::cell::RefCell;

/// A document of pages of these drawings, all with the fonts F (Helvetica) and G (Courier) and further resources.
fn drawn(pages: &[&str], resources: &str, more: &[String]) -> Vec<u8> {
    let mut objects = vec![
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        String::new(),
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>".to_owned(),
        "<< /Type /Font /Subtype /Type1 /BaseFont /Courier >>".to_owned(),
    ];
    let first = 5 + more.len();
    let kids: Vec<String> = (0..pages.len()).map(|index| format!("{} 0 R", first + index * 2)).collect();
    objects[1] = format!(
        "<< /Type /Pages /Kids [{}] /Count {} /MediaBox [0 0 595 842] /Resources << /Font << /F 3 0 R /G 4 0 R >> {resources} >> >>",
        kids.join(" "),
        pages.len()
    );
    objects.extend(more.iter().cloned());
    for (index, page) in pages.iter().enumerate() {
        objects.push(format!("<< /Type /Page /Parent 2 0 R /Contents {} 0 R >>", first + index * 2 + 1));
        objects.push(stream(page));
    }
    pdf(&objects, "")
}

/// Strings, each where it stands.
fn shown(strings: &[(f32, f32, &str)]) -> String {
    strings.iter().map(|(x, y, text)| format!("BT /F 10 Tf {x} {y} Td ({text}) Tj ET\n")).collect()
}

fn check_pages(pages: &[&str], expect: &str) {
    check(&drawn(pages, "", &[]), "x.pdf", expect);
}

#[test]
fn columns_of_prose_are_read_one_after_the_other() {
    let left = [
        "The patient was seen in clinic today",
        "with her mother, who reports a good",
        "winter and two short courses of oral",
        "prednisolone since May, neither with",
        "admission to the ward.",
    ];
    let right = [
        "On examination the chest was clear",
        "and growth is on the fiftieth centile",
        "for age. She is to continue inhaled",
        "steroid at the dose agreed and return",
        "to this clinic in six months.",
    ];
    // Drawn row by row: the order of drawing does not tell.
    let mut page =
        shown(&[(50.0, 760.0, "Annual review of the respiratory clinic, a heading over both of the columns below")]);
    for (row, (left, right)) in left.iter().zip(right).enumerate() {
        let y = 700.0 - row as f32 * 12.0;
        page += &shown(&[(50.0, y, left), (320.0, y, right)]);
    }
    let lines = |first: usize, texts: [&str; 5]| {
        let numbered = texts.iter().enumerate().map(|(row, text)| format!("{} {text}\n", first + row));
        numbered.collect::<String>()
    };
    let expect = format!(
        "read application/pdf
         = [page 1]
         1 Annual review of the respiratory clinic, a heading over both of the columns below
         2
         {}8
         {}",
        lines(3, left),
        lines(9, right)
    );
    check_pages(&[&page], &expect);
}

#[test]
fn blocks_side_by_side_are_read_as_they_were_drawn() {
    let page = shown(&[
        (50.0, 730.0, "Clinic letter"),
        (50.0, 700.0, "Parents of Ann Stone"),
        (50.0, 688.0, "12 Mill Lane"),
        (50.0, 676.0, "Liverpool L12 2AP"),
        (350.0, 706.0, "Northshore Children's Hospital"),
        (350.0, 694.0, "Respiratory clinic"),
        (50.0, 656.0, "Dear Mrs Stone"),
    ]);
    check_pages(
        &[&page],
        "read application/pdf
         = [page 1]
         1 Clinic letter
         2
         3 Parents of Ann Stone
         4 12 Mill Lane
         5 Liverpool L12 2AP
         6
         7 Northshore Children's Hospital
         8 Respiratory clinic
         9
         10 Dear Mrs Stone",
    );
}

#[test]
fn a_table_of_aligned_columns_goes_on_overleaf() {
    let row = |y: f32, cells: [&str; 3]| shown(&[(50.0, y, cells[0]), (200.0, y, cells[1]), (350.0, y, cells[2])]);
    let one = shown(&[(50.0, 780.0, "Ward list")])
        + &row(700.0, ["Name", "NHS number", "Born"])
        + &row(686.0, ["Ann Stone", "9990000018", "03/05/2011"])
        + &row(672.0, ["Bo Hill", "9990000026", "04/06/2012"]);
    let two = row(780.0, ["Cy Marsh", "9990000034", "05/07/2013"])
        + &row(766.0, ["Di Wood", "", "06/08/2014"])
        + &row(752.0, ["Ed Lake", "9990000050", "07/09/2015"]);
    check_pages(
        &[&one, &two],
        "read application/pdf
         = [page 1]
         1 Ward list
         # [page 1, table 1]
         1 Name | NHS number | Born
         2 Ann Stone | 9990000018 | 03/05/2011
         3 Bo Hill | 9990000026 | 04/06/2012
         # [page 1, table 1] continued
         4 Cy Marsh | 9990000034 | 05/07/2013
         5 Di Wood | - | 06/08/2014
         6 Ed Lake | 9990000050 | 07/09/2015",
    );
}

#[test]
fn ruling_lines_make_cells_and_merged_ones_stay_whole() {
    let mut page = String::new();
    for y in [700, 680, 660, 640] {
        page += &format!("50 {y} m 250 {y} l S ");
    }
    // The first row has no line in its middle.
    page += "50 700 m 50 640 l S 250 700 m 250 640 l S 150 680 m 150 640 l S ";
    page += &shown(&[
        (55.0, 686.0, "Contacts of the patient"),
        (55.0, 666.0, "Mother"),
        (155.0, 668.0, "Jane Stone"),
        (155.0, 661.0, "0151 496 0000"),
        (55.0, 646.0, "GP"),
        (155.0, 646.0, "Dr Hall"),
        (50.0, 600.0, "Below the table"),
    ]);
    check_pages(
        &[&page],
        "read application/pdf
         # [page 1, table 1]
         1 Contacts of the patient | -
         2 Mother | Jane Stone⏎0151 496 0000
         3 GP | Dr Hall
         = [page 1]
         1 Below the table",
    );
}

#[test]
fn what_cannot_be_seen_is_given_as_hidden() {
    let page = "BT /F 10 Tf 50 700 Td (Seen) Tj ET 1 g BT /F 10 Tf 50 680 Td (White on white) Tj ET \
        0 0 0.5 rg 40 650 200 20 re f 1 g BT /F 10 Tf 50 656 Td (White on blue) Tj ET \
        0 g BT /F 10 Tf 700 600 Td (Beside the page) Tj ET BT 3 Tr /F 10 Tf 50 580 Td (In no colour) Tj ET 0 Tr \
        /OC /L BDC BT /F 10 Tf 50 560 Td (In a layer) Tj ET EMC";
    let mut bytes =
        String::from_utf8(drawn(&[page], "/Properties << /L 5 0 R >>", &["<< /Type /OCG /Name (x) >>".to_owned()]))
            .unwrap();
    let off = "/Pages 2 0 R /OCProperties << /OCGs [5 0 R] /D << /OFF [5 0 R] >> >>";
    bytes = bytes.replacen("/Pages 2 0 R", off, 1);
    // The table of cross-references is wrong now, which is mended.
    check(
        bytes.as_bytes(),
        "x.pdf",
        "read application/pdf
         ! lengths or offsets in the file are wrong: what they mean was found
         = [page 1]
         1 Seen
         2
         3 White on blue
         4
         5 In no colour
         = [page 1] (hidden)
         1 White on white
         2
         3 Beside the page
         4
         5 In a layer",
    );
}

#[test]
fn words_are_told_by_gaps_and_doubles_are_given_once() {
    let page = "BT /F 10 Tf 50 700 Td [(W) 80 (ard) -300 (A)] TJ ET \
        BT /F 10 Tf 3 Tc 50 680 Td (spaced) Tj ET BT /F 10 Tf 0 Tc 50 660 Td (Bold) Tj ET BT /F 10 Tf 50.3 660 Td (Bold) Tj ET \
        BT /F 10 Tf 50 640 Td (exam-) Tj 0 -12 Td (ination) Tj ET \
        /Span << /ActualText (office) >> BDC BT /F 10 Tf 50 600 Td (o) Tj (#) Tj (ce) Tj ET EMC \
        BT 0 10 -10 0 550 100 Tm /F 1 Tf (Up the margin) Tj ET";
    check_pages(
        &[page],
        "read application/pdf
         = [page 1]
         1 Ward A
         2
         3 spaced
         4
         5 Bold
         6
         7 exam-
         8 ination
         9
         10 office
         11
         12 Up the margin",
    );
}

#[test]
fn letters_are_told_by_names_maps_and_programs() {
    let resources = "/Font << /N 5 0 R /J 6 0 R /U 8 0 R /S 10 0 R /Z 11 0 R >>";
    let japan = "<< /Type /Font /Subtype /CIDFontType0 /BaseFont /M /CIDSystemInfo << /Registry (Adobe) /Ordering (Japan1) /Supplement 2 >> >>";
    let more = [
        "<< /Type /Font /Subtype /Type1 /BaseFont /X /Encoding << /Differences [65 /Scedilla /uni0041 /f_i /G68 /a.alt] >> >>".to_owned(),
        "<< /Type /Font /Subtype /Type0 /BaseFont /M /Encoding /90ms-RKSJ-H /DescendantFonts [7 0 R] >>".to_owned(),
        japan.to_owned(),
        "<< /Type /Font /Subtype /Type0 /BaseFont /M /Encoding 9 0 R /DescendantFonts [7 0 R] /ToUnicode 12 0 R >>".to_owned(),
        stream("1 begincodespacerange <00> <7f> endcodespacerange 1 begincodespacerange <8000> <ffff> endcodespacerange 1 begincidrange <20> <7e> 1 endcidrange"),
        "<< /Type /Font /Subtype /Type1 /BaseFont /Symbol >>".to_owned(),
        "<< /Type /Font /Subtype /Type1 /BaseFont /ZapfDingbats >>".to_owned(),
        stream("1 beginbfrange <41> <43> <0061> endbfrange 1 beginbfchar <8001> <d835dc00> endbfchar"),
    ];
    let page = "BT /N 10 Tf 50 700 Td (ABCDE) Tj ET BT /J 10 Tf 50 680 Td <8abf8db820414243> Tj ET \
        BT /U 10 Tf 50 660 Td <4142438001> Tj ET BT /S 10 Tf 50 640 Td (abm) Tj ET BT /Z 10 Tf 50 620 Td (4) Tj ET";
    let bytes = drawn(&[page], resources, &more);
    // The later of two /Font entries stands.
    check(
        &bytes,
        "x.pdf",
        "read application/pdf
         = [page 1]
         1 ŞAfiDa
         2
         3 漢査 ABC
         4
         5 abc𝐀
         6
         7 αβµ
         8
         9 ✔",
    );
}

#[test]
fn text_from_the_right_is_given_in_the_order_in_which_it_is_read() {
    let map = stream("4 beginbfchar <41> <05d3> <42> <05dc> <43> <05d9> <44> <05d4> endbfchar");
    let font =
        "<< /Type /Font /Subtype /Type1 /BaseFont /X /ToUnicode 5 0 R /FirstChar 65 /Widths [500 500 500 500] >>";
    // As it stands on the page, from the left: the name is Dalya, then 12.
    let page = "BT /H 10 Tf 50 700 Td (DCBA) Tj ET BT /F 10 Tf 30 700 Td (12) Tj ET";
    check(
        &drawn(&[page], "/Font << /F 3 0 R /H 6 0 R >>", &[map, font.to_owned()]),
        "x.pdf",
        "read application/pdf
         = [page 1]
         1 דליה 12",
    );
}

#[test]
fn a_form_gives_its_choices_notes_links_scripts_and_bookmarks() {
    let bytes = pdf(
        &[
            "<< /Type /Catalog /Pages 2 0 R /Outlines 8 0 R /OpenAction << /S /JavaScript /JS (app.alert\\(1\\)) >> \
             /AcroForm << /Fields [5 0 R 6 0 R 7 0 R] /XFA 11 0 R >> >>"
                .to_owned(),
            "<< /Type /Pages /Kids [3 0 R] /Count 1 /MediaBox [0 0 595 842] >>".to_owned(),
            "<< /Type /Page /Parent 2 0 R /Annots [4 0 R 10 0 R 12 0 R] >>".to_owned(),
            "<< /Type /Annot /Subtype /Link /Rect [0 0 9 9] /A << /S /URI /URI (mailto:ann@example.org) >> >>"
                .to_owned(),
            "<< /T (Smoker) /FT /Btn /V /Yes >>".to_owned(),
            "<< /T (Ward) /FT /Ch /V (a1) /Opt [[(a1) (Ward A1)] [(b2) (Ward B2)]] >>".to_owned(),
            "<< /T (Other) /FT /Btn /V /Off >>".to_owned(),
            "<< /First 9 0 R >>".to_owned(),
            "<< /Title (Results) /Next 9 0 R >>".to_owned(),
            "<< /Type /Annot /Subtype /Text /Rect [0 0 9 9] /T (Dr Hall) /Contents (call\\rback) >>".to_owned(),
            stream(
                "<xdp><template><field name='dob'><caption><value><text>Date of birth:</text></value></caption></field>\
                 <draw><value><text>Referral</text></value></draw></template>\
                 <datasets><data><form><dob>2011-05-03</dob></form></data></datasets></xdp>",
            ),
            "<< /Type /Annot /Subtype /Text /Rect [0 0 9 9] /F 2 /Contents (struck out) >>".to_owned(),
        ],
        "/Info << /Title <feff0041> /Ward (A1) >>",
    );
    check(
        &bytes,
        "x.pdf",
        "read application/pdf
         = [form]
         1 Smoker: Yes
         2 Ward: Ward A1
         3 Date of birth: 2011-05-03
         = [form captions]
         1 Date of birth:
         2 Referral
         = [comment]
         1 Dr Hall: call back
         = [comment] (hidden)
         1 struck out
         = [outline]
         1 Results
         = [links] (hidden)
         1 mailto:ann@example.org
         = [script] (hidden)
         1 app.alert(1)
         = [properties]
         1 title: A
         2 Ward: A1",
    );
}

#[test]
fn what_was_filled_in_apart_from_a_form_is_read() {
    check(
        b"%FDF-1.2\n1 0 obj\n<< /FDF << /Fields [<< /T (Name) /V (Ann Stone) >>] /F (form.pdf) >> >>\nendobj\ntrailer\n<< /Root 1 0 R >>\n%%EOF",
        "x.fdf",
        "read application/vnd.fdf
         = [form]
         1 Name: Ann Stone",
    );
}

#[test]
fn each_system_has_its_own_attached_file() {
    let file =
        |content: &str| format!("<< /Type /EmbeddedFile /Length {} >>\nstream\n{content}\nendstream", content.len());
    let holder = pdf(
        &[
            "<< /Type /Catalog /Pages 2 0 R /Names << /EmbeddedFiles << /Names [(x) << /F (a.txt) /EF << /F 4 0 R /Unix 5 0 R /UF 4 0 R >> >>] >> >> >>"
                .to_owned(),
            "<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_owned(),
            "<< /Type /Page /Parent 2 0 R >>".to_owned(),
            file("one"),
            file("two"),
        ],
        "",
    );
    check(&holder, "x.pdf", "read application/pdf\n> a.txt 0: one\n> a.txt~2 0: two");
}

/// Objects in a compressed stream, found by a cross-reference stream with a predictor, the page's text in two filters.
fn compressed() -> Vec<u8> {
    use std::io::Write as _;
    let flat = |bytes: &[u8]| {
        let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    };
    let inner = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        "<< /Type /Page /Parent 2 0 R /Contents 6 0 R /Resources << /Font << /F 4 0 R >> >> >>",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ];
    let mut head = String::new();
    let mut body = String::new();
    for (index, object) in inner.iter().enumerate() {
        head += &format!("{} {} ", index + 1, body.len());
        body += &format!("{object} ");
    }
    let packed = flat(format!("{head}{body}").as_bytes());
    let mut out = b"%PDF-1.5\n".to_vec();
    let stream_at = out.len();
    out.extend(
        format!(
            "5 0 obj\n<< /Type /ObjStm /N 4 /First {} /Filter /FlateDecode /Length {} >>\nstream\n",
            head.len(),
            packed.len()
        )
        .into_bytes(),
    );
    out.extend(packed);
    out.extend(b"\nendstream\nendobj\n");
    let text_at = out.len();
    // "BT /F 9 Tf 9 9 Td (Hello) Tj ET" with a run of spaces, as run lengths in hexadecimal.
    let drawing = b"BT /F 9 Tf 9 9 Td (Hello) Tj ET";
    let mut runs = vec![drawing.len() as u8 - 1];
    runs.extend(drawing);
    runs.extend([255 - 2, b' ', 128]);
    let hex: String = runs.iter().map(|byte| format!("{byte:02X}")).collect();
    out.extend(
        format!("6 0 obj\n<< /Filter [/AHx /RL] /Length {} >>\nstream\n{hex}>\nendstream\nendobj\n", hex.len() + 1)
            .into_bytes(),
    );
    let table_at = out.len();
    let mut rows: Vec<[u8; 4]> = vec![[0; 4]];
    rows.extend((0..4).map(|index| [2, 0, 5, index]));
    rows.extend([[1, (stream_at >> 8) as u8, stream_at as u8, 0], [1, (text_at >> 8) as u8, text_at as u8, 0]]);
    rows.push([1, (table_at >> 8) as u8, table_at as u8, 0]);
    let mut predicted = Vec::new();
    let mut above = [0_u8; 4];
    for row in &rows {
        predicted.push(2);
        predicted.extend(row.iter().zip(above).map(|(own, above)| own.wrapping_sub(above)));
        above = *row;
    }
    let packed = flat(&predicted);
    out.extend(
        format!(
            "7 0 obj\n<< /Type /XRef /Size 8 /W [1 2 1] /Root 1 0 R /Filter /FlateDecode /DecodeParms << /Predictor 12 /Columns 4 >> /Length {} >>\nstream\n",
            packed.len()
        )
        .into_bytes(),
    );
    out.extend(packed);
    out.extend(format!("\nendstream\nendobj\nstartxref\n{table_at}\n%%EOF\n").into_bytes());
    out
}

#[test]
fn objects_in_streams_are_found_with_and_without_their_table() {
    let bytes = compressed();
    check(&bytes, "x.pdf", "read application/pdf\n= [page 1]\n1 Hello");
    let end = bytes.windows(7).position(|window| window == b"7 0 obj").unwrap();
    let damaged =
        "partial application/pdf\n! the file is damaged: what could be found of it was read\n= [page 1]\n1 Hello";
    check(&bytes[..end], "x.pdf", damaged);
    // Rubbish before its beginning moves all offsets, which count from the beginning of the PDF.
    check(&[&b"HTTP/1.1 200 OK\n\n"[..], &bytes].concat(), "x.pdf", "read application/pdf\n= [page 1]\n1 Hello");
}

#[test]
fn an_update_stands_and_a_wrong_length_is_mended() {
    let page = shown(&[(50.0, 700.0, "old text")]);
    let bytes = drawn(&[&page], "", &[]);
    let old = String::from_utf8(bytes).unwrap();
    let new = stream(&shown(&[(50.0, 700.0, "new text")])).replace("/Length ", "/Length 9");
    let updated = format!(
        "{old}6 0 obj\n{new}\nendobj\nxref\n6 1\n{:010} 00000 n \ntrailer\n<< /Size 7 /Root 1 0 R /Prev {} >>\nstartxref\n{}\n%%EOF\n",
        old.len(),
        old.find("xref\n").unwrap(),
        old.len() + "6 0 obj\n\nendobj\n".len() + new.len(),
    );
    let got = printed(updated.as_bytes(), "x.pdf", &Limits::default());
    assert!(got.starts_with("read application/pdf\n! lengths or offsets"), "{got}");
    assert!(got.contains("= [page 1]\n1 new text\n= [page 1, state 1] (hidden)\n1 old text\n"), "{got}");
}

#[test]
fn encrypted_files_open_by_the_given_password() {
    let files: [&[u8]; 5] = [
        include_bytes!("pdf_fixtures/rc4_40.pdf"),
        include_bytes!("pdf_fixtures/rc4_128.pdf"),
        include_bytes!("pdf_fixtures/aes_128.pdf"),
        include_bytes!("pdf_fixtures/aes_256_r5.pdf"),
        include_bytes!("pdf_fixtures/aes_256_r6.pdf"),
    ];
    let limits = Limits::default();
    for file in files {
        check(file, "x.pdf", "unread encrypted application/pdf");
        for password in ["winter", "keeper"] {
            let passwords = [Sensitive::new("summer".to_owned()), Sensitive::new(password.to_owned())];
            let reading = Reading { passwords: &passwords, ..Reading::within(&limits) };
            let got = printed_with(file, "x.pdf", &reading);
            assert!(got.starts_with("read application/pdf\n= [page 1]\n1 Dear Ann, born 03/05/2011\n"), "{got}");
        }
    }
}

/// Says how large the picture is, and how dark where.
struct StandIn(RefCell<Vec<Picture>>);

impl recognise::Recogniser for StandIn {
    fn words(
        &self,
        picture: &Picture,
        _: recognise::Layout,
    ) -> Result<Vec<recognise::RecognisedWord>, recognise::NoRecogniser> {
        self.0.borrow_mut().push(picture.clone());
        let word = |at: u32, text: &str| recognise::RecognisedWord {
            block: 1,
            line: 1,
            left: 10 + at * 100,
            top: 10,
            width: 90,
            height: 20,
            confidence: 90,
            text: text.to_owned(),
        };
        Ok(vec![word(0, "Recognised"), word(1, "letter")])
    }
}

/// A picture of black bars, as many pixels high and wide as said.
fn bars(side: usize) -> String {
    let row = "FF00".repeat(side / 16);
    format!(
        "<< /Type /XObject /Subtype /Image /Width {side} /Height {side} /ColorSpace /DeviceGray /BitsPerComponent 1 /Filter /ASCIIHexDecode /Length {} >>\nstream\n{}\nendstream",
        row.len() * side,
        row.repeat(side)
    )
}

#[test]
fn a_picture_beside_text_is_recognised_once_and_never_what_the_page_says() {
    let lines: Vec<(f32, f32, &str)> =
        (0..12).map(|n| (50.0, 800.0 - n as f32 * 12.0, "a line of the covering letter, as it was typed")).collect();
    let letter = shown(&lines);
    // Half a page; a logo; the same picture again; a layer in no colour over a scan; one under which the text lies.
    let half = format!("{letter} q 400 0 0 400 50 100 cm /I Do Q q 40 0 0 40 500 780 cm /J Do Q");
    let again = format!("{letter} q 400 0 0 400 50 100 cm /I Do Q");
    let layer = format!("q 595 0 0 842 0 0 cm /J Do Q 3 Tr {letter}");
    let under = format!("{letter} {} q 400 0 0 400 50 100 cm /K Do Q", shown(&[(60.0, 300.0, "Recognised letter")]));
    let pages: [&str; 4] = [&half, &again, &layer, &under];
    let bytes = drawn(&pages, "/XObject << /I 5 0 R /J 6 0 R /K 7 0 R >>", &[bars(512), bars(512), bars(512)]);
    let limits = Limits::default();
    let recogniser = StandIn(RefCell::new(Vec::new()));
    let reading = Reading { recogniser: Some(&recogniser), ..Reading::within(&limits) };
    let got = printed_with(&bytes, "x.pdf", &reading);
    assert!(got.starts_with("read application/pdf\n= [page 1]\n"), "{got}");
    assert_eq!(got.matches("(recognised, 90 %)\n1 Recognised letter\n").count(), 1, "{got}");
    assert!(got.contains("= [page 1, picture] (recognised, 90 %)"), "{got}");
    // Its own part of the page and no more.
    let seen = recogniser.0.borrow();
    assert!(seen.iter().all(|picture| picture.width.abs_diff(picture.height) < 3), "{seen:?}");
    drop(seen);
    let got = printed(&bytes, "x.pdf", &limits);
    let words = "! pictures beside text were not looked at, which needs OCR, on pages: 1, 4\n";
    assert!(got.starts_with(&format!("partial application/pdf\n{words}")), "{got}");
}

#[test]
fn a_page_that_is_a_picture_is_recognised() {
    let page = "q 595 0 0 842 0 0 cm /I Do Q BT /F 8 Tf 20 20 Td (Fax 1/2) Tj ET";
    let bytes = drawn(&[page, &shown(&[(50.0, 700.0, "Typed page")])], "/XObject << /I 5 0 R >>", &[bars(128)]);
    let limits = Limits::default();
    let recogniser = StandIn(RefCell::new(Vec::new()));
    let reading = Reading { recogniser: Some(&recogniser), ..Reading::within(&limits) };
    let got = printed_with(&bytes, "x.pdf", &reading);
    assert!(
        got.starts_with("read application/pdf\n= [page 1]\n1 Fax 1/2\n= [page 1] (recognised, 90 %)\n1 Recognised"),
        "{got}"
    );
    assert!(got.contains("= [page 2]\n1 Typed page\n"), "{got}");
    assert!(!recogniser.0.borrow().is_empty());
    check(
        &bytes,
        "x.pdf",
        "partial application/pdf
         ! pages that are pictures and need OCR: 1
         = [page 1]
         1 Fax 1/2
         = [page 2]
         1 Typed page",
    );
}

pub(super) fn rich() -> Vec<u8> {
    compressed()
}
