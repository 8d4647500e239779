//! Archives: listing, opening, limits, damage.

use super::{check, check_within, printed, zipped};
use crate::extract::{Limits, visit_members};
use assay_model::UnreadReason;
use flate2::write::GzEncoder;
use flate2::{Compression, GzBuilder};
use std::io::{Cursor, Write};

#[test]
fn a_zip_lists_and_opens_its_members() {
    let mut bytes = zipped(&[("dump/a.txt", b"one"), ("b/../../c.txt", b"two"), ("d\\e.txt", b"three"), ("D/", b"")]);
    check(
        &bytes,
        "x.bin",
        "read application/zip
         > dump/a.txt 3: one
         > b/../../c.txt 3: two
         > d/e.txt 5: three",
    );
    // Make the first two members one name: both must be given.
    for at in 0..bytes.len() - 10 {
        if &bytes[at..at + 10] == b"dump/a.txt" {
            bytes[at..at + 10].copy_from_slice(b"d\\e.txt\0\0\0");
        }
    }
    let listing = printed(&bytes, "x.zip", &Limits::default());
    assert!(listing.contains(": one") && listing.contains(": three"), "{listing}");
    bytes.truncate(60);
    check(&bytes, "x.zip", "unread corrupt application/zip");
}

#[test]
fn an_encrypted_member_says_so_and_a_bomb_stops_at_its_limit() {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let plain = zip::write::SimpleFileOptions::default();
    writer.start_file("open.txt", plain).unwrap();
    writer.write_all(&vec![b'a'; 5000]).unwrap();
    writer.start_file("shut.txt", plain.with_aes_encryption(zip::AesMode::Aes256, "secret")).unwrap();
    writer.write_all(b"hidden").unwrap();
    let bytes = writer.finish().unwrap().into_inner();
    let limits = Limits { expanded_bytes: 4999, ..Limits::default() };
    check_within(
        &bytes,
        "x.zip",
        &limits,
        "read application/zip
         ! members that need a password: 1
         > open.txt 5000: limit
         > shut.txt 6: encrypted",
    );
}

#[test]
fn a_directory_that_understates_a_member_is_found_out() {
    let mut bytes = zipped(&[("a.txt", b"0123456789")]);
    let central = bytes.windows(4).position(|window| window == b"PK\x01\x02").unwrap();
    bytes[central + 24] = 3;
    let mut got = None;
    visit_members(&mut Cursor::new(&bytes), "application/zip", 0..1, &Limits::default(), &mut |_, _, read| {
        got = Some(read)
    });
    assert_eq!(got, Some(Err(UnreadReason::Corrupt)));
}

pub(super) fn tarred(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, bytes) in members {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        builder.append_data(&mut header, name, *bytes).unwrap();
    }
    let mut link = tar::Header::new_gnu();
    link.set_entry_type(tar::EntryType::Symlink);
    link.set_size(0);
    builder.append_link(&mut link, "link", "/etc/passwd").unwrap();
    builder.into_inner().unwrap()
}

pub(super) fn gzipped(bytes: &[u8], name: &str) -> Vec<u8> {
    let mut encoder = match name {
        "" => GzEncoder::new(Vec::new(), Compression::default()),
        name => GzBuilder::new().filename(name).write(Vec::new(), Compression::default()),
    };
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn a_tar_and_its_gzip_have_the_same_members() {
    let long = format!("dump/{}/b.txt", "deep/".repeat(40));
    let tar = tarred(&[("dump/a.txt", b"one"), ("dump/a.txt", b"again"), (&long, b"two")]);
    let members = format!(
        "! links in the archive, which hold nothing: 1
         > dump/a.txt 3: one
         > dump/a.txt~2 5: again
         > {long} 3: two"
    );
    check(&tar, "x", &format!("read application/x-tar\n{members}"));
    check(&gzipped(&tar, ""), "x", &format!("read application/x-compressed-tar\n{members}"));
}

#[test]
fn a_tar_whose_first_file_is_a_pdf_is_a_tar() {
    check(
        &tarred(&[("a.pdf", b"%PDF-1.4")]),
        "x",
        "read application/x-tar
        ! links in the archive, which hold nothing: 1
        > a.pdf 8: %PDF-1.4",
    );
}

#[test]
fn letters_that_are_also_a_signature_do_not_make_a_binary() {
    check(b"MZ number\n12", "x", "read text/plain\n= []\n1 MZ number\n2 12");
}

#[test]
fn a_tar_that_was_cut_gives_what_it_holds() {
    let mut tar = tarred(&[("a.txt", b"one"), ("b.txt", &[b'x'; 2000])]);
    tar.truncate(3000);
    check(
        &tar,
        "x.tar",
        "partial application/x-tar
         ! the archive is damaged or over a limit: what follows is not listed
         > a.txt 3: one
         > b.txt 2000: corrupt",
    );
}

#[test]
fn a_range_of_members_is_numbered_as_the_whole() {
    let tar = gzipped(&tarred(&[("a", b"1"), ("b", b"2"), ("c", b"3")]), "");
    for bytes in [tar, zipped(&[("a", b"1"), ("b", b"2"), ("c", b"3")])] {
        let media_type = crate::extract::extract(&mut Cursor::new(&bytes), "x", &Limits::default()).media_type;
        let mut got = Vec::new();
        visit_members(&mut Cursor::new(&bytes), &media_type, 1..2, &Limits::default(), &mut |number, member, bytes| {
            got.push((number, member.name.clone(), bytes));
        });
        assert_eq!(got, [(1, "b".to_owned(), Ok(b"2".to_vec()))]);
    }
}

#[test]
fn a_plain_gzip_holds_one_member() {
    check(&gzipped(b"a,b", "list.csv"), "x.gz", "read application/gzip\n> list.csv 0: a,b");
    check(&gzipped(b"a,b", ""), "x.gz", "read application/gzip\n> content 0: a,b");
    let limits = Limits { item_bytes: 2, ..Limits::default() };
    check_within(&gzipped(b"a,b", ""), "x.gz", &limits, "read application/gzip\n> content 0: limit");
    let mut cut = gzipped(&[b'x'; 100_000], "");
    cut.truncate(40);
    check(&cut, "x.gz", "read application/gzip\n> content 0: corrupt");
}

#[test]
fn a_gzip_bomb_stops_at_its_limit() {
    let bomb = gzipped(&vec![0; 1 << 20], "");
    let limits = Limits { expanded_bytes: 1000, ..Limits::default() };
    check_within(&bomb, "x.gz", &limits, "read application/gzip\n> content 0: limit");
    let tar = gzipped(&tarred(&[("a", b"1"), ("big", &vec![0; 1 << 20]), ("c", b"3")]), "");
    let limits = Limits { expanded_bytes: 5000, ..Limits::default() };
    check_within(
        &tar,
        "x.tgz",
        &limits,
        "partial application/x-compressed-tar
         ! the archive is damaged or over a limit: what follows is not listed
         > a 1: 1
         > big 1048576: corrupt",
    );
}

#[test]
fn what_is_not_read_is_told_by_its_signature() {
    for (bytes, expect) in [
        (&b"\x89PNG\r\n\x1a\n...."[..], "unread no_ocr image/png"),
        (b"\xff\xd8\xff\xe0....", "unread no_ocr image/jpeg"),
        (b"7z\xbc\xaf\x27\x1c....", "unread unsupported application/x-7z-compressed"),
        (b"Rar!\x1a\x07\x01....", "unread unsupported application/vnd.rar"),
        (b"SQLite format 3\0....", "unread corrupt application/vnd.sqlite3"),
        (b"!BDN....", "unread unsupported application/vnd.ms-outlook-pst"),
        (b"MZ\x90\0\x03\0\0\0", "unread unsupported application/vnd.microsoft.portable-executable"),
    ] {
        check(bytes, "patients.csv", expect);
    }
}
