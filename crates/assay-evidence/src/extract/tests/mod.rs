//! Formats end to end: bytes in, a printed form out. One printer, so that goldens read alike.

mod archives;
mod containers;
mod data;
mod health;
mod hostile;
mod legacy;
mod locked;
mod mail;
mod msg;
mod odf;
mod office;
mod old_office;
mod ole;
mod pages;
mod pdf;
mod pictures;
mod sealed;
mod seven_zip;
mod streams;
mod volumes;

use super::{Limits, MemberEntry, Reading, extract, visit_members};
use assay_model::{Cell, Content, ItemStatus, Passage, Recovery};
use std::fmt::Write as _;
use std::io::{Cursor, Write as _};

/// The printed form: status and type, warnings, passages, members.
pub(super) fn printed(bytes: &[u8], name: &str, limits: &Limits) -> String {
    printed_with(bytes, name, &Reading::within(limits))
}

/// The same, with passwords or a recogniser.
pub(super) fn printed_with(bytes: &[u8], name: &str, reading: &Reading<'_>) -> String {
    let extracted = extract(&mut Cursor::new(bytes), name, reading);
    let mut out = String::new();
    let status = match &extracted.status {
        ItemStatus::Unread(reason) => format!("unread {}", reason.as_str()),
        other => other.as_str().to_owned(),
    };
    writeln!(out, "{status} {}", extracted.media_type).unwrap();
    for warning in &extracted.warnings {
        writeln!(out, "! {}", warning.0).unwrap();
    }
    extracted.passages.iter().for_each(|passage| print(&mut out, passage));
    let mut members = Vec::new();
    let all = 0..u32::MAX;
    visit_members(&mut Cursor::new(bytes), &extracted.media_type, all, reading, &mut |number, member, bytes| {
        assert_eq!(number as usize, members.len());
        members.push((member.clone(), bytes));
    });
    let visited: Vec<_> = members.iter().map(|(member, _)| member.clone()).collect();
    assert_eq!(visited, extracted.members, "listing and visit number alike");
    for (MemberEntry { name, bytes: declared }, bytes) in members {
        match bytes {
            Ok(bytes) => writeln!(out, "> {name} {declared}: {}", String::from_utf8_lossy(&bytes).escape_debug()),
            Err(reason) => writeln!(out, "> {name} {declared}: {}", reason.as_str()),
        }
        .unwrap();
    }
    out
}

fn print(out: &mut String, passage: &Passage) {
    let hidden = if passage.hidden { " (hidden)" } else { "" };
    let recovery = match passage.recovery {
        Recovery::Stored => String::new(),
        Recovery::Recognised { confidence } => format!(" (recognised, {confidence} %)"),
        Recovery::Carved => " (carved)".to_owned(),
    };
    match &passage.content {
        Content::Text { first_line, text } => {
            writeln!(out, "= [{}]{hidden}{recovery}", passage.part).unwrap();
            for (number, line) in text.split('\n').enumerate() {
                writeln!(out, "{} {line}", *first_line as usize + number).unwrap();
            }
        }
        Content::Table(table) => {
            let continued = if table.continued { " continued" } else { "" };
            writeln!(out, "# [{}]{hidden}{recovery}{continued}", passage.part).unwrap();
            for (number, row) in table.rows.iter().enumerate() {
                let cells: Vec<String> = row.iter().map(shown).collect();
                writeln!(out, "{} {}", table.first_row as usize + number, cells.join(" | ")).unwrap();
            }
        }
    }
}

fn shown(cell: &Cell) -> String {
    match cell {
        Cell::Empty => "-".to_owned(),
        Cell::Text(text) => text.replace('\n', "⏎"),
        Cell::Number(number) => format!("n{number}"),
        Cell::Date(date) => format!("d{date}"),
        Cell::Bool(truth) => format!("b{truth}"),
    }
}

/// Extracts and compares; `expect` is indented as its test likes.
#[track_caller]
pub(super) fn check(bytes: &[u8], name: &str, expect: &str) {
    check_within(bytes, name, &Limits::default(), expect);
}

/// The same without bytes of members: each is extracted in its turn.
fn printed_deep(out: &mut String, bytes: &[u8], name: &str) {
    let limits = Limits::default();
    let reading = Reading::within(&limits);
    let extracted = extract(&mut Cursor::new(bytes), name, &reading);
    let status = match &extracted.status {
        ItemStatus::Unread(reason) => format!("unread {}", reason.as_str()),
        other => other.as_str().to_owned(),
    };
    writeln!(out, "{name}: {status} {}", extracted.media_type).unwrap();
    extracted.warnings.iter().for_each(|warning| writeln!(out, "! {}", warning.0).unwrap());
    extracted.passages.iter().for_each(|passage| print(out, passage));
    visit_members(&mut Cursor::new(bytes), &extracted.media_type, 0..u32::MAX, &reading, &mut |_, member, bytes| {
        let name = format!("{name}!{}", member.name);
        match bytes {
            Ok(bytes) => printed_deep(out, &bytes, &name),
            Err(reason) => writeln!(out, "{name}: not opened, {}", reason.as_str()).unwrap(),
        }
    });
}

/// Extracts an item and all that is in it, and compares.
#[track_caller]
pub(super) fn check_deep(bytes: &[u8], name: &str, expect: &str) {
    let lines = |text: &str| text.trim().lines().map(|line| line.trim().to_owned()).collect::<Vec<_>>().join("\n");
    let mut got = String::new();
    printed_deep(&mut got, bytes, name);
    let (got, expect) = (lines(&got), lines(expect));
    assert!(got == expect, "got:\n{got}\n\nexpected:\n{expect}");
}

#[track_caller]
pub(super) fn check_within(bytes: &[u8], name: &str, limits: &Limits, expect: &str) {
    let lines = |text: &str| text.trim().lines().map(|line| line.trim().to_owned()).collect::<Vec<_>>().join("\n");
    let (got, expect) = (lines(&printed(bytes, name, limits)), lines(expect));
    assert!(got == expect, "got:\n{got}\n\nexpected:\n{expect}");
}

/// A zip of members.
pub(super) fn zipped(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in members {
        let options = zip::write::SimpleFileOptions::default();
        // OpenDocument wants its type stored, so that it stands in the file in the clear.
        let stored = options.compression_method(zip::CompressionMethod::Stored);
        writer.start_file(*name, if *name == "mimetype" { stored } else { options }).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

#[test]
fn plain_text_of_every_encoding_keeps_its_lines() {
    let expect = "
        read text/plain
        = []
        1 Dear Zoë,
        2
        3 your appointment is on 3 May – please come.";
    let text = "Dear Zoë,\r\n\r\nyour appointment is on 3 May – please come.\r\n";
    check(text.as_bytes(), "letter.txt", expect);
    check(&[b"\xef\xbb\xbf", text.as_bytes()].concat(), "letter.txt", expect);
    let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
    check(&little, "letter", expect);
    check(&[b"\xfe\xff", &big[..]].concat(), "letter", expect);
    let (western, _, _) = encoding_rs::WINDOWS_1252.encode(text);
    check(&western, "letter.txt", expect);
}

#[test]
fn prose_with_commas_is_no_table() {
    check(
        b"Dear Mr Smith,\n\nThank you, and your wife, for coming.\nYours, Dr Hall,\nNorthshore, England\n",
        "letter",
        "read text/plain
         = []
         1 Dear Mr Smith,
         2
         3 Thank you, and your wife, for coming.
         4 Yours, Dr Hall,
         5 Northshore, England",
    );
}

#[test]
fn a_table_in_text_is_told_by_its_rows_whatever_its_name() {
    for (delimiter, name) in [(",", "export.csv"), (";", "export.txt"), ("\t", "export"), ("|", "export.dat")] {
        let text = "Report of clinic;;\n\nName;NHS;Note\nAnn;9990000018;\"two\nlines; \"\"and\"\" more\"\nBo;9990000026;\"x\" y\n";
        check(
            text.replace(';', delimiter).replace(&format!("lines{delimiter}"), "lines;").as_bytes(),
            name,
            "read text/csv
             # []
             1 Report of clinic | - | -
             2 -
             3 Name | NHS | Note
             4 Ann | 9990000018 | two⏎lines; \"and\" more
             5 Bo | 9990000026 | \"x\" y",
        );
    }
}

#[test]
fn sentences_of_one_pattern_are_no_table() {
    let letters: String =
        (0..50).map(|number| format!("Dear Dr H{number}, thank you for Amy, who is well.\n")).collect();
    assert!(printed(letters.as_bytes(), "x", &Limits::default()).starts_with("read text/plain"));
}

#[test]
fn a_row_of_commas_stops_at_the_last_column() {
    let row = format!("a,b\n1,2\n{}", ",".repeat(20_000));
    let got = printed(row.as_bytes(), "x.csv", &Limits::default());
    assert!(got.starts_with("partial text/csv\n! columns beyond the 16,384th were not read"), "{}", &got[..80]);
}

#[test]
fn a_stray_quote_costs_its_cell_only() {
    check(
        b"name,height\n\"Ann,5'4\"\nBo,\"6\nCy,5\n",
        "a.csv",
        "read text/csv
         # []
         1 name | height
         2 Ann,5'4
         3 Bo | \"6
         4 Cy | 5",
    );
}

#[test]
fn a_long_table_comes_in_pieces_that_number_on() {
    let limits = Limits { passage_rows: 2, ..Limits::default() };
    check_within(
        b"sep=;\na;b\n1;2\n3;4\n",
        "a.csv",
        &limits,
        "read text/csv
         # []
         1 a | b
         2 1 | 2
         # [] continued
         3 3 | 4",
    );
}

#[test]
fn an_empty_file_is_read_and_an_unknown_one_is_not() {
    check(b"", "empty.pdf", "read application/x-empty");
    check(
        &[0, 1, 2, 3, 255, 254, 0, 9, 9, 0],
        "x.txt",
        "unread unsupported application/octet-stream\n! structure unknown: no text found",
    );
}

#[test]
fn limits_are_said() {
    let limits = Limits { cells: 3, text_bytes: 4, ..Limits::default() };
    check_within(
        b"a,b\n1,2\n",
        "a.csv",
        &limits,
        "partial text/csv\n! cells over the limit of this item were not read",
    );
    check_within(b"hello", "a.txt", &limits, "partial text/plain\n! text over the limit of this item was not read");
    let limits = Limits { item_bytes: 3, ..Limits::default() };
    check_within(b"{\\rtf1 hello}", "a.txt", &limits, "unread limit application/rtf");
}

#[test]
fn names_are_made_unique() {
    let mut names = super::Names::default();
    let got: Vec<_> = ["a", "a", "a~2", "", "x\\y", "x/y"].iter().map(|name| names.unique(name)).collect();
    assert_eq!(got, ["a", "a~2", "a~2~2", "unnamed", "x/y", "x/y~2"]);
}
