//! Pictures of a letter through the jailed workers and the tool: turned, askew, photographed, two pages in a file. Where the
//! tool is not installed, each is counted as unread for want of it.

use crate::run_by_hand::Bench;
use std::collections::BTreeMap;
use std::path::Path;

/// One letter about a child who does not exist, drawn for this test, and a page about another.
const SCANS: [(&str, &[u8]); 6] = [
    ("upright.png", include_bytes!("scans/upright.png")),
    ("on_its_side.png", include_bytes!("scans/on_its_side.png")),
    ("upside_down.png", include_bytes!("scans/upside_down.png")),
    ("askew.png", include_bytes!("scans/askew.png")),
    ("two_pages.tif", include_bytes!("scans/two_pages.tif")),
    ("photographed.jpg", include_bytes!("scans/photographed.jpg")),
];

const CASE: &str = r#"
[case]
title = "Scans"
reference = "INC-1"
reference_date = 2024-11-28
nhs_test_range = "accept"

[authority]
instructing_controller = "NCH"
lawful_basis = "a test"

[[controller]]
id = "NCH"
name = "Northshore Children's Hospital"

[[evidence]]
exhibit = "LEAK/1"
kind = "leak"
path = "leak"
completeness = "unknown"
custodian = "nobody"
"#;

fn tool_is_there() -> bool {
    Path::new(assay_engine::jail::TESSERACT).exists()
}

#[test]
fn a_letter_is_read_however_it_was_scanned() {
    let bench = Bench::new();
    let leak = bench.case().join("leak");
    std::fs::create_dir_all(&leak).unwrap();
    std::fs::write(bench.case().join("case.toml"), CASE).unwrap();
    SCANS.iter().for_each(|(name, bytes)| std::fs::write(leak.join(name), bytes).unwrap());
    let (_, said, error) = bench.assay(&["check", "case"]);
    assert!(said.contains("text in pictures"), "{said}{error}");
    let (code, out, error) = bench.assay(&["run", "case"]);
    let items = bench.export("items");
    assert_eq!(items.len(), SCANS.len());
    if !tool_is_there() {
        assert!(said.contains("tesseract is not installed"), "{said}");
        assert_eq!(code, 1, "{out}{error}");
        assert!(items.iter().all(|item| item["reason"] == "no_ocr"), "{items:?}");
        return;
    }
    assert!(items.iter().all(|item| item["status"] == "read"), "{items:?}");
    let mut numbers: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for mention in bench.export("mentions").iter().filter(|mention| !mention["nhs_number"].is_empty()) {
        numbers.entry(mention["path"].clone()).or_default().push(mention["nhs_number"].clone());
        assert!(mention["recovery"].starts_with("recognised "), "{}", mention["recovery"]);
    }
    for (name, _) in SCANS {
        let expected: &[&str] = if name == "two_pages.tif" { &["9990000018", "9990000026"] } else { &["9990000018"] };
        assert_eq!(numbers.get(name).map(Vec::as_slice).unwrap_or_default(), expected, "{name}");
    }
}

/// A DICOM file whose only frame is this JPEG.
fn dicom(jpeg: &[u8]) -> Vec<u8> {
    let syntax = b"1.2.840.10008.1.2.4.50";
    let mut out = vec![0; 128];
    out.extend([&b"DICM\x02\0\x10\0UI"[..], &(syntax.len() as u16).to_le_bytes(), syntax].concat());
    out.extend(b"\x10\0\x20\0LO\x08\0LOCAL-7 ");
    for (number, value) in [(2_u16, 1_u16), (0x10, 1000), (0x11, 1000), (0x100, 8), (0x101, 8)] {
        out.extend([&[0x28, 0], &number.to_le_bytes()[..], b"US\x02\0", &value.to_le_bytes()].concat());
    }
    out.extend(b"\xe0\x7f\x10\0OB\0\0\xff\xff\xff\xff\xfe\xff\0\xe0\0\0\0\0\xfe\xff\0\xe0");
    out.extend((jpeg.len() as u32).to_le_bytes());
    out.extend(jpeg);
    out.extend(b"\xfe\xff\xdd\xe0\0\0\0\0");
    out
}

#[test]
fn what_is_burnt_into_a_frame_is_read() {
    let bench = Bench::new();
    let leak = bench.case().join("leak");
    std::fs::create_dir_all(&leak).unwrap();
    std::fs::write(bench.case().join("case.toml"), CASE).unwrap();
    std::fs::write(leak.join("frame"), dicom(include_bytes!("scans/photographed.jpg"))).unwrap();
    let (_, out, error) = bench.assay(&["run", "case"]);
    let items = bench.export("items");
    let status = if tool_is_there() { "read" } else { "partial" };
    assert!(items.len() == 1 && items[0]["status"] == status, "{items:?}{out}{error}");
    // What the header says of the patient comes first, and what is burnt in stands with it.
    let mentions = bench.export("mentions");
    let burnt = mentions.iter().filter(|mention| mention["nhs_number"] == "9990000018").count();
    assert_eq!(burnt, usize::from(tool_is_there()), "{mentions:?}");
}

#[test]
fn a_tool_can_do_nothing_but_its_work() {
    let bench = Bench::new();
    let (code, out, error) = bench.assay(&["worker", "--tool", "--try-the-jail"]);
    assert_eq!(code, 0, "{out}{error}");
    assert!(out.ends_with("0 ways out\n"), "{out}");
    assert_eq!(out.contains("the tool can be started"), tool_is_there(), "{out}");
}
