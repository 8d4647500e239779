//! Archives: listing, opening, limits, damage.

use super::{check, check_within, printed, zipped};
use crate::extract::{Limits, Reading, visit_members};
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

const ROW: &str = "Amy Ashdown, 9990000018\n";

/// A zip written to a pipe, so that sizes stand behind the content, and without its directory.
pub(super) fn piped_zip() -> Vec<u8> {
    let deflated = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Deflated);
    let mut writer = zip::ZipWriter::new_stream(Vec::new());
    for name in ["a.txt", "b.txt"] {
        writer.start_file(name, deflated).unwrap();
        writer.write_all(ROW.repeat(40).as_bytes()).unwrap();
    }
    let mut bytes = writer.finish().unwrap().into_inner();
    bytes.truncate(bytes.windows(4).position(|window| window == b"PK\x01\x02").unwrap());
    bytes
}

#[test]
fn a_zip_that_lost_its_directory_is_carved() {
    let text = ROW.repeat(40);
    let bytes = piped_zip();
    let shown = text.escape_debug();
    let listing = format!(
        "partial application/zip
         ! carved from a damaged archive
         > a.txt 960: {shown}
         > b.txt 960: {shown}"
    );
    check(&bytes, "x", &listing);
    // Sizes in the header, the second member cut within its deflated bytes.
    let mut bytes = zipped(&[("a.txt", b"one"), ("b.txt", b"0123456789")]);
    bytes.truncate(77);
    check(&bytes, "x", "partial application/zip\n! carved from a damaged archive\n> a.txt 3: one\n> b.txt 10: 0");
    bytes[35] = b'x';
    check(&bytes, "x", "partial application/zip\n! carved from a damaged archive\n> a.txt 3: corrupt\n> b.txt 10: 0");
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
    visit_members(
        &mut Cursor::new(&bytes),
        "application/zip",
        0..1,
        &Reading::within(&Limits::default()),
        &mut |_, _, read| got = Some(read),
    );
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
    let listing = format!(
        "! the archive is damaged or over a limit: what follows is not listed
         > a.txt 3: one
         > b.txt 2000: {}",
        "x".repeat(3000 - 3 * 512)
    );
    check(&tar, "x.tar", &format!("partial application/x-tar\n{listing}"));
    check(&gzipped(&tar, ""), "x.tgz", &format!("partial application/x-compressed-tar\n{listing}"));
}

#[test]
fn a_range_of_members_is_numbered_as_the_whole() {
    let tar = gzipped(&tarred(&[("a", b"1"), ("b", b"2"), ("c", b"3")]), "");
    for bytes in [tar, zipped(&[("a", b"1"), ("b", b"2"), ("c", b"3")])] {
        let media_type =
            crate::extract::extract(&mut Cursor::new(&bytes), "x", &Reading::within(&Limits::default())).media_type;
        let mut got = Vec::new();
        visit_members(
            &mut Cursor::new(&bytes),
            &media_type,
            1..2,
            &Reading::within(&Limits::default()),
            &mut |number, member, bytes| {
                got.push((number, member.name.clone(), bytes));
            },
        );
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
    let got = printed(&cut, "x.gz", &Limits::default());
    let cut =
        "! the compressed stream is cut or damaged: only what stands before the damage is given\n> content 0: xxx";
    assert!(got.starts_with(&format!("partial application/gzip\n{cut}")), "{got}");
    check(
        b"\x1f\x8b\x08",
        "x.gz",
        "partial application/gzip\n! the compressed stream is cut or damaged: only what stands before the damage is given\n> content 0: corrupt",
    );
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
         > big 1048576: limit",
    );
}

pub(super) fn bzipped(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

pub(super) fn xzipped(bytes: &[u8]) -> Vec<u8> {
    let mut writer = lzma_rust2::XzWriter::new(Vec::new(), lzma_rust2::XzOptions::with_preset(1)).unwrap();
    writer.write_all(bytes).unwrap();
    writer.finish().unwrap()
}

pub(super) fn zstded(bytes: &[u8]) -> Vec<u8> {
    ruzstd::encoding::compress_to_vec(bytes, ruzstd::encoding::CompressionLevel::Fastest)
}

/// Letters without pattern, so that a block of bzip2 fills more than the head that types a file.
fn noise(length: usize) -> Vec<u8> {
    let mut state = 1_u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        b'0' + (state >> 26) as u8
    };
    std::iter::repeat_with(&mut next).take(length).collect()
}

#[test]
fn every_packing_of_a_tar_has_the_tars_members() {
    let tar = tarred(&[("dump/a.txt", b"one"), ("b.bin", &noise(200_000)), ("c.txt", b"three")]);
    let expect = printed(&tar, "x", &Limits::default());
    assert!(expect.contains("> dump/a.txt 3: one\n") && expect.ends_with("> c.txt 5: three\n"));
    for (bytes, media_type) in [
        (bzipped(&tar), "application/x-bzip2-compressed-tar"),
        (xzipped(&tar), "application/x-xz-compressed-tar"),
        (zstded(&tar), "application/x-zstd-compressed-tar"),
    ] {
        assert_eq!(printed(&bytes, "x", &Limits::default()), expect.replace("application/x-tar", media_type));
    }
}

#[test]
fn every_packing_of_a_file_holds_one_member() {
    for (pack, media_type) in [
        (bzipped as fn(&[u8]) -> Vec<u8>, "application/x-bzip2"),
        (xzipped, "application/x-xz"),
        (zstded, "application/zstd"),
    ] {
        check(&pack(b"a,b"), "x", &format!("read {media_type}\n> content 0: a,b"));
        check(&pack(b""), "x", &format!("read {media_type}\n> content 0:"));
        let joined = [pack(b"a,b\n"), pack(b"1,2")].concat();
        check(&joined, "x", &format!("read {media_type}\n> content 0: a,b\\n1,2"));
        let limits = Limits { item_bytes: 2, ..Limits::default() };
        check_within(&pack(b"a,b"), "x", &limits, &format!("read {media_type}\n> content 0: limit"));
        let limits = Limits { expanded_bytes: 1000, ..Limits::default() };
        check_within(&pack(&vec![0; 1 << 20]), "x", &limits, &format!("read {media_type}\n> content 0: limit"));
        let mut cut = pack(&noise(2 << 20));
        cut.truncate(cut.len() - 1000);
        let got = printed(&cut, "x", &Limits::default());
        let whole = noise(2 << 20);
        assert!(got.starts_with(&format!("partial {media_type}\n! the compressed stream is cut")), "{media_type}");
        let begins = String::from_utf8_lossy(&whole[..1000]).escape_debug().to_string();
        assert!(got.contains(&format!("> content 0: {begins}")) && got.len() > 1 << 20, "{media_type}");
    }
}

#[test]
fn files_of_the_usual_tools_are_read() {
    // `xz --check=sha256` and `zstd -19 --check` of two rows.
    let xz = b"\xfd\x37\x7a\x58\x5a\x00\x00\x0a\xe1\xfb\x0c\xa1\x02\x00\x21\x01\x16\x00\x00\x00\x74\x2f\xe5\xa3\x01\x00\x07\x61\x3b\x62\x0a\x31\x3b\x32\x0a\x00\x40\x3b\xea\x51\x52\xc2\x51\xc5\xbc\x7e\xf4\x20\xd8\x24\xd1\x91\x60\x57\x23\xf9\x93\x92\xe8\x3a\x05\x49\xad\x58\xc6\xd4\x62\x91\x00\x01\x38\x08\xe2\x81\xc2\x39\x18\x9b\x4b\x9a\x01\x00\x00\x00\x00\x0a\x59\x5a";
    check(xz, "x", "read application/x-xz\n> content 0: a;b\\n1;2\\n");
    let zstd = b"\x28\xb5\x2f\xfd\x04\x68\x41\x00\x00\x61\x3b\x62\x0a\x31\x3b\x32\x0a\xe5\x4b\xc5\x85";
    check(zstd, "x", "read application/zstd\n> content 0: a;b\\n1;2\\n");
    // A frame to skip stands between two frames.
    let joined = [&zstd[..], b"\x50\x2a\x4d\x18\x02\0\0\0??", zstd].concat();
    check(&joined, "x", "read application/zstd\n> content 0: a;b\\n1;2\\na;b\\n1;2\\n");
    let mut wrong = zstd.to_vec();
    *wrong.last_mut().unwrap() ^= 1;
    let cut = "! the compressed stream is cut or damaged: only what stands before the damage is given";
    check(&wrong, "x", &format!("partial application/zstd\n{cut}\n> content 0: a;b\\n1;2\\n"));
}

#[test]
fn a_zstd_cut_within_its_first_window_gives_its_blocks() {
    // A window of 1 MiB, one raw block of four bytes, and the beginning of a second.
    check(
        b"\x28\xb5\x2f\xfd\0\x50\x20\0\0a;b\n\x21\0",
        "x",
        "partial application/zstd
         ! the compressed stream is cut or damaged: only what stands before the damage is given
         > content 0: a;b\\n",
    );
}

#[test]
fn a_decoder_that_asks_for_much_memory_is_a_limit() {
    // A dictionary of 1 GiB, and a window of 256 MiB.
    let xz = b"\xfd\x37\x7a\x58\x5a\x00\x00\x01\x69\x22\xde\x36\x02\x00\x21\x01\x24\x00\x00\x00\x5e\x1f\xc7\xf9\x01\x00\x03\x61\x3b\x62\x0a\x00\x30\xa5\xfe\x3d\x00\x01\x18\x04\x6b\xe9\xf0\xa5\x90\x42\x99\x0d\x01\x00\x00\x00\x00\x01\x59\x5a";
    check(xz, "x", "read application/x-xz\n> content 0: limit");
    check(b"\x28\xb5\x2f\xfd\0\x90\x21\0\0a;b\n", "x", "read application/zstd\n> content 0: limit");
    check(b"\x28\xb5\x2f\xfd\0\x10\x21\0\0a;b\n", "x", "read application/zstd\n> content 0: a;b\\n");
}

#[test]
fn what_is_not_read_is_told_by_its_signature() {
    for (bytes, expect) in [
        (&b"\x89PNG\r\n\x1a\n...."[..], "unread no_ocr image/png"),
        (b"\xff\xd8\xff\xe0....", "unread no_ocr image/jpeg"),
        (b"7z\xbc\xaf\x27\x1c....", "unread unsupported application/x-7z-compressed"),
        (b"Rar!\x1a\x07\x01....", "unread unsupported application/vnd.rar"),
        (b"SQLite format 3\0....", "unread corrupt application/vnd.sqlite3"),
        (b"!BDN....", "unread corrupt application/vnd.ms-outlook-pst"),
        (b"MZ\x90\0\x03\0\0\0", "unread unsupported application/vnd.microsoft.portable-executable"),
    ] {
        check(bytes, "patients.csv", expect);
    }
}
