//! What is read as it comes: windows are tiny in tests, so that everything is cut everywhere.

use super::{check, check_within, printed};
use crate::extract::{Limits, Reading, extract_each};
use assay_model::Content;
use std::io::Cursor;

#[test]
fn text_of_many_windows_is_whole_and_limits_bind_what_is_kept() {
    let text: String = (0..5000).map(|line| format!("Line {line} of Zoë – {}\r\n", "x".repeat(line % 50))).collect();
    let limits = Limits { item_bytes: 10, text_bytes: 10, ..Limits::default() };
    let mut read = String::new();
    let extracted =
        extract_each(&mut Cursor::new(text.as_bytes()), "a.txt", &Reading::within(&limits), &mut |passage| {
            if let Content::Text { text, .. } = passage.content {
                read.push_str(&text);
                read.push('\n');
            }
        });
    assert_eq!(extracted.status, assay_model::ItemStatus::Read);
    assert_eq!(read, text.replace("\r\n", "\n"));
    check_within(
        text.as_bytes(),
        "a.txt",
        &limits,
        "partial text/plain\n! text over the limit of this item was not read",
    );
}

#[test]
fn other_encodings_are_told_where_they_begin() {
    let plain = "Plain letters only.\n".repeat(30);
    let (western, _, _) = encoding_rs::WINDOWS_1252.encode("Dear Zoë, Renée and Jürgen – façade, señor.\n");
    let got = printed(&[plain.as_bytes(), &western].concat(), "a.txt", &Limits::default());
    assert!(got.contains("31 Dear Zoë, Renée and Jürgen – façade, señor."), "{got}");
    assert!(!got.contains('!'), "{got}");
    // UTF-8 that turns into something else: its lines are told apart.
    let utf_8 = "Zoë und Jürgen grüßen.\n".repeat(30);
    let got = printed(&[utf_8.as_bytes(), &western.repeat(30)].concat(), "a.txt", &Limits::default());
    assert!(
        got.contains("1 Zoë und Jürgen grüßen.\n") && got.contains("60 Dear Zoë, Renée and Jürgen – façade, señor."),
        "{got}"
    );
    assert!(got.contains("! the text changes its encoding"), "{got}");
}

#[test]
fn four_bytes_a_character_and_declared_encodings() {
    let wide = |text: &str| text.chars().flat_map(|one| u32::from(one).to_le_bytes()).collect::<Vec<u8>>();
    let expect = "read text/plain\n= []\n1 Zoë – here\n2 and there";
    check(&wide("Zoë – here\nand there\n"), "x", expect);
    check(&wide("\u{feff}Zoë – here\nand there\n"), "x", expect);
    let (cyrillic, _, _) = encoding_rs::KOI8_R.encode("<?xml version='1.0' encoding='koi8-r'?><a><b>Анна</b></a>");
    check(&cyrillic, "x", "read application/xml\n= []\n1 b: Анна");
    for (encoding, text) in [
        (encoding_rs::SHIFT_JIS, "患者の氏名は山田太郎です。病院の予約は三月です。"),
        (encoding_rs::GB18030, "病人的姓名是王小明，他住在北京市朝阳区。"),
        (encoding_rs::KOI8_R, "Пациент Иван Петров живёт в Москве на улице Ленина."),
    ] {
        let (bytes, _, _) = encoding.encode(text);
        let got = printed(&[&bytes[..], b"\n"].concat().repeat(4), "x.txt", &Limits::default());
        assert!(got.contains(text), "{encoding:?}: {got}");
    }
}

#[test]
fn dialects_of_tables() {
    let expect = "
        read text/csv
        # []
        1 Name | NHS | Note | Town
        2 Hall, Ann | 9990000018 | said \"no\" | York
        3 Bo | 9990000026 | - | Leeds
        4 Cy | 9990000034 | x | Hull";
    let table = |sign: &str, quote: &str, escaped: &str| {
        format!(
            "Name{sign}NHS{sign}Note{sign}Town\n{quote}Hall, Ann{quote}{sign}9990000018{sign}{quote}said {escaped}no{escaped}{quote}{sign}York\n\
            Bo{sign}9990000026{sign}{sign}Leeds\nCy{sign}9990000034{sign}x{sign}Hull\n"
        )
    };
    for sign in ["\t", ",", ";", "|", "^", "\x01", "\x1f"] {
        check(table(sign, "\"", "\"\"").as_bytes(), "x", expect);
    }
    check(table(",", "\"", "\\\"").as_bytes(), "x.csv", expect);
    let single = table(",", "'", "\"").replace("Bo,", "'Bo',").replace("Cy,", "'Cy',").replace(",x,", ",'x',");
    check(single.as_bytes(), "x.csv", expect);
}

#[test]
fn drawn_tables_lose_their_frames() {
    let expect = "
        read text/csv
        # []
        1 id | name
        2
        3 1 | Ann Hall
        4 22 | Bo Stone";
    check(b"| id | name |\n|----|------|\n| 1 | Ann Hall |\n| 22 | Bo Stone |\n", "x", expect);
    check(b" id | name\n----+----------\n  1 | Ann Hall\n 22 | Bo Stone\n", "x", expect);
}

#[test]
fn long_json_is_opened_and_its_columns_stand_again_where_more_come() {
    let records: Vec<String> = (0..300).map(|n| format!("{{\"id\":{n},\"name\":\"Zoë {n}\"}}")).collect();
    let text = format!("{{\"exported\":\"2020\",\"patients\":[\n{}]}}", records.join(",\n"));
    let got = printed(text.as_bytes(), "x", &Limits::default());
    assert!(
        got.starts_with("read application/json\n= []\n1 exported: 2020\n# [patients]\n1 id | name\n2 n0 | Zoë 0\n"),
        "{got}"
    );
    assert!(got.ends_with("301 n299 | Zoë 299\n"), "{got}");
}

#[test]
fn repeated_elements_of_xml_are_handed_over_once_they_are_many() {
    let mut xml = "<root><list id='L'>".to_owned();
    for n in 0..70_000 {
        xml.push_str(&format!("<q><n>{n}</n><m>x</m></q>"));
    }
    xml.push_str("</list><end>here</end></root>");
    let got = printed(xml.as_bytes(), "x", &Limits::default());
    assert!(got.contains("# [list.q]\n1 parent id | n | m\n2 L | 0 | x\n"), "{}", &got[..300]);
    assert!(got.contains("70001 L | 69999 | x\n"), "{}", &got[got.len() - 300..]);
    assert!(got.contains("end: here"), "{}", &got[..300]);
}

#[test]
fn comments_of_xml_are_hidden() {
    check(
        b"<a><!-- ring Ann --><b>x</b></a>",
        "x",
        "read application/xml\n= []\n1 b: x\n= [comment] (hidden)\n1 ring Ann",
    );
}

#[test]
fn databases_that_are_not_read_say_what_they_are() {
    check(
        b"PGDMP\x01\x0e\0\x04\x08",
        "x",
        "unread unsupported application/x-postgresql-dump
         ! a PostgreSQL dump in custom form: turn it into SQL with pg_restore -f (1 kB)",
    );
    let mut mdf = vec![0; 16384];
    mdf[..2].copy_from_slice(&[1, 15]);
    mdf[8192..8194].copy_from_slice(&[1, 11]);
    let got = printed(&mdf, "x", &Limits::default());
    assert!(
        got.starts_with(
            "unread unsupported application/x-mssql-mdf\n! a data file of SQL Server (MDF): attach it on a server apart and export its tables (17 kB)"
        ),
        "{got}"
    );
    let damaged = [&b"\0\x01\0\0Standard Jet DB\0"[..], &[1; 9000]].concat();
    check(&damaged, "x", "unread corrupt application/x-msaccess");
}

#[test]
fn a_parquet_file_is_a_table() {
    use parquet::data_type::{ByteArray, ByteArrayType, Int32Type, Int64Type};
    use parquet::file::writer::SerializedFileWriter;
    let schema = "message t { required binary name (UTF8); required int64 nhs; optional int32 born (DATE); }";
    let schema = std::sync::Arc::new(parquet::schema::parser::parse_message_type(schema).unwrap());
    let packing =
        parquet::file::properties::WriterProperties::builder().set_compression(parquet::basic::Compression::SNAPPY);
    let mut writer = SerializedFileWriter::new(Vec::new(), schema, packing.build().into()).unwrap();
    let mut group = writer.next_row_group().unwrap();
    let mut column = group.next_column().unwrap().unwrap();
    let names = [ByteArray::from("Zoë Hall"), ByteArray::from("Bo")];
    column.typed::<ByteArrayType>().write_batch(&names, None, None).unwrap();
    column.close().unwrap();
    let mut column = group.next_column().unwrap().unwrap();
    column.typed::<Int64Type>().write_batch(&[9_990_000_018, 9_990_000_026], None, None).unwrap();
    column.close().unwrap();
    let mut column = group.next_column().unwrap().unwrap();
    column.typed::<Int32Type>().write_batch(&[1], Some(&[1, 0]), None).unwrap();
    column.close().unwrap();
    group.close().unwrap();
    check(
        &writer.into_inner().unwrap(),
        "x",
        "read application/vnd.apache.parquet
         # []
         1 name | nhs | born
         2 Zoë Hall | n9990000018 | d1970-01-02
         3 Bo | n9990000026 | -",
    );
}
