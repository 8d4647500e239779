//! Sets of volumes: people in them are found, a missing volume is said, files that are only numbered are read each.

use crate::run_by_hand::Bench;
use serde_json::Value;
use std::io::Write;
use zip::write::SimpleFileOptions;

const PEOPLE: &str = "NHS Number,Surname,Forename,DOB,Postcode\n\
    9990000018,Testcase,Ada,04/03/1961,AB1 2CD\n\
    9990000026,Example,Bram,12/11/2012,AB1 2CE\n";
const MORE: &str = "NHS Number,Surname,Forename,DOB,Postcode\n\
    9990000034,Sample,Cyd,01/02/1970,AB1 2CF\n";

/// A zip whose members are stored, so that pieces of it have their places.
fn zipped(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, bytes) in members {
        let options = SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
        writer.start_file(*name, options).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

fn noise(count: usize) -> Vec<u8> {
    let mut state = 7_u64;
    let next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        Some((state >> 56) as u8)
    };
    std::iter::from_fn(next).take(count).collect()
}

/// `archive.zip.001` and so on, of 1,000 bytes each.
fn pieces(name: &str, bytes: &[u8]) -> Vec<(String, Vec<u8>)> {
    let piece = |(n, piece): (usize, &[u8])| (format!("{name}.{:03}", n + 1), piece.to_vec());
    bytes.chunks(1000).enumerate().map(piece).collect()
}

fn archive() -> Vec<u8> {
    zipped(&[("list.csv", PEOPLE.as_bytes()), ("noise.bin", &noise(2500)), ("more.csv", MORE.as_bytes())])
}

fn bench(files: &[(String, Vec<u8>)]) -> Bench {
    let bench = Bench::new();
    for (path, bytes) in files {
        let path = bench.case().join("leak").join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
    let text = "[case]\ntitle = \"t\"\nreference = \"r\"\nreference_date = 2025-11-20\nnhs_test_range = \"accept\"\n\
         [[controller]]\nid = \"NCH\"\nname = \"Northshore\"\n\
         [authority]\ninstructing_controller = \"NCH\"\nlawful_basis = \"Art. 6(1)(c)\"\n\
         [[evidence]]\nexhibit = \"LEAK/1\"\nkind = \"leak\"\npath = \"leak\"\n";
    std::fs::write(bench.case().join("case.toml"), text).unwrap();
    bench
}

fn report(bench: &Bench) -> Value {
    serde_json::from_str(&std::fs::read_to_string(bench.case().join("out/report.json")).unwrap()).unwrap()
}

/// Each item's path, bytes and status, as the export has them.
fn items(bench: &Bench) -> Vec<String> {
    let to = bench.path("items.csv");
    let (code, _, error) = bench.assay(&["export", "items", "case", "--to", to.to_str().unwrap(), "--reveal"]);
    assert_eq!(code, 0, "{error}");
    let text = std::fs::read_to_string(to).unwrap();
    let mut rows = text.lines().map(|row| row.split(',').collect::<Vec<_>>());
    let header = rows.next().unwrap();
    let column = |name: &str| header.iter().position(|column| column.ends_with(name)).unwrap();
    let (path, bytes, status) = (column("path"), column("bytes"), column("status"));
    rows.map(|row| format!("{} {} {}", row[path], row[bytes], row[status])).collect()
}

#[test]
fn people_in_a_set_of_volumes_are_found_and_each_volume_is_an_item() {
    let bench = bench(&pieces("old/backup.zip", &archive()));
    bench.assay(&["run", "case"]);
    assert_eq!(report(&bench)["subjects"]["count"], 3);
    let found = items(&bench);
    for expected in [
        "old/backup.zip.001 1000 read",
        "old/backup.zip.001!list.csv 127 read",
        "old/backup.zip.002 1000 read",
        "old/backup.zip.003 1000 read",
    ] {
        assert!(found.iter().any(|row| row == expected), "{expected} is not in {found:#?}");
    }
    assert_eq!(found.len(), 4 + 3, "{found:#?}");
    // A second run reads nothing again and says the same.
    let before = report(&bench);
    bench.assay(&["run", "case"]);
    assert_eq!(report(&bench)["items"], before["items"]);
}

#[test]
fn a_missing_volume_is_said_and_the_rest_is_read() {
    let mut files = pieces("backup.zip", &archive());
    files.remove(1);
    let bench = bench(&files);
    assert_eq!(bench.assay(&["run", "case"]).0, 1);
    assert_eq!(report(&bench)["subjects"]["count"], 3);
    let found = items(&bench);
    assert!(found.iter().any(|row| row == "backup.zip.001 1000 partial"), "{found:#?}");
    assert!(found.iter().any(|row| row.starts_with("backup.zip.001!noise.bin 2500 unread")), "{found:#?}");
}

#[test]
fn a_set_in_a_container_is_read_and_a_copy_of_a_set_is_none_to_read() {
    let pieces = pieces("backup.zip", &archive());
    let members: Vec<(&str, &[u8])> = pieces.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())).collect();
    let copy =
        |folder: &'static str| pieces.iter().map(move |(name, bytes)| (format!("{folder}/{name}"), bytes.clone()));
    let inner: Vec<_> = [("outer.zip".to_owned(), zipped(&members))].into_iter().collect();
    let within = bench(&inner);
    within.assay(&["run", "case"]);
    assert_eq!(report(&within)["subjects"]["count"], 3);
    let found = items(&within);
    for expected in [
        "outer.zip!backup.zip.001 1000 read",
        "outer.zip!backup.zip.001!more.csv 82 read",
        "outer.zip!backup.zip.002 1000 read",
    ] {
        assert!(found.iter().any(|row| row == expected), "{expected} is not in {found:#?}");
    }
    let twice = bench(&copy("a").chain(copy("b")).collect::<Vec<_>>());
    twice.assay(&["run", "case"]);
    assert_eq!(report(&twice)["subjects"]["count"], 3);
    assert_eq!(report(&twice)["items"]["total"], 14);
    assert!(items(&twice).iter().any(|row| row.starts_with("b/backup.zip.001!list.csv 127 duplicate")));
}

#[test]
fn a_set_is_no_duplicate_of_one_that_only_begins_alike() {
    let pieces = pieces("backup.zip", &archive());
    let cut = pieces.iter().filter(|(name, _)| name != "backup.zip.004");
    let cut = cut.map(|(name, bytes)| (format!("a/{name}"), bytes.clone()));
    let whole = pieces.iter().map(|(name, bytes)| (format!("b/{name}"), bytes.clone()));
    let bench = bench(&cut.chain(whole).collect::<Vec<_>>());
    bench.assay(&["run", "case"]);
    assert_eq!(report(&bench)["subjects"]["count"], 3);
    let found = items(&bench);
    for expected in ["a/backup.zip.001 1000 partial", "b/backup.zip.001 1000 read", "b/backup.zip.001!more.csv 82"] {
        assert!(found.iter().any(|row| row.starts_with(expected)), "{expected} is not in {found:#?}");
    }
}

#[test]
fn files_that_are_only_numbered_are_read_each() {
    let files = [("export.001", PEOPLE.as_bytes().to_vec()), ("export.002", MORE.as_bytes().to_vec())];
    let zips =
        [("zips.001", zipped(&[("a.csv", PEOPLE.as_bytes())])), ("zips.002", zipped(&[("b.csv", MORE.as_bytes())]))];
    let files: Vec<_> = files.into_iter().chain(zips).map(|(name, bytes)| (name.to_owned(), bytes)).collect();
    let bench = bench(&files);
    bench.assay(&["run", "case"]);
    assert_eq!(report(&bench)["subjects"]["count"], 3);
    let found = items(&bench);
    for expected in ["export.002 82 read", "zips.002!b.csv 82 duplicate"] {
        assert!(found.iter().any(|row| row.starts_with(expected)), "{expected} is not in {found:#?}");
    }
    let total = report(&bench)["items"]["total"].clone();
    bench.assay(&["run", "case"]);
    assert_eq!(report(&bench)["items"]["total"], total);
}
