//! Containers beyond zip and tar: rar, cabinets, disc images, cpio, ar, web archives, rarer streams, text that is a file;
//! passwords; volumes; what is only named. The files in `files/` hold two rows about people who do not exist; they were
//! made with other programs, the rar files with a writer of the library that reads them.

use super::{check, check_within, printed, printed_with, zipped};
use crate::extract::{Access, Limits, MemberEntry, Reading, extract, is_cut, member_access, visit_members};
use assay_model::{Sensitive, UnreadReason};
use std::io::{Cursor, Read};

const ROW: &str = "Amy Ashdown, 9990000018\\n";
const OTHER: &str = "Bo Birch, 9990000026\\n";

macro_rules! file {
    ($name:literal) => {
        include_bytes!(concat!("files/", $name))
    };
}

fn with_passwords(bytes: &[u8], passwords: &[&str]) -> String {
    let passwords: Vec<Sensitive<String>> = passwords.iter().map(|word| Sensitive::new((*word).to_owned())).collect();
    let limits = Limits::default();
    printed_with(bytes, "x", &Reading { passwords: &passwords, ..Reading::within(&limits) })
}

#[track_caller]
fn holds(printed: &str, lines: &[String]) {
    for line in lines {
        assert!(printed.contains(line.as_str()), "{line}\nis not in\n{printed}");
    }
}

#[test]
fn rar_archives_of_both_ages_are_opened_solid_ones_too() {
    for bytes in [&file!("rar5.rar")[..], file!("rar5s.rar"), file!("rar4.rar"), file!("rar4s.rar")] {
        let expect = format!(
            "read application/vnd.rar
             > a.txt 24: {ROW}
             > dump/long.txt 960: {}
             > b.txt 21: {OTHER}",
            ROW.repeat(40)
        );
        check(bytes, "x", &expect);
        let mut got = Vec::new();
        let limits = Limits::default();
        visit_members(
            &mut Cursor::new(bytes),
            "application/vnd.rar",
            2..3,
            &Reading::within(&limits),
            &mut |number, _, bytes| got.push((number, bytes)),
        );
        assert_eq!(got, [(2, Ok(OTHER.replace("\\n", "\n").into_bytes()))]);
    }
}

#[test]
fn rar_archives_behind_passwords_are_opened_with_the_right_one() {
    for bytes in [&file!("rar5p.rar")[..], file!("rar4p.rar")] {
        let shut = printed(bytes, "x", &Limits::default());
        holds(&shut, &["! members that need a password: 3\n".into(), "> a.txt 24: encrypted".into()]);
        assert_eq!(with_passwords(bytes, &["wrong", "other"]), shut);
        let open = with_passwords(bytes, &["wrong", "secret"]);
        holds(
            &open,
            &[
                format!("> a.txt 24: {ROW}"),
                format!("> b.txt 21: {OTHER}"),
                "opened".replace("opened", "one that its user gave opens"),
            ],
        );
    }
    let bytes = file!("rar5hp.rar");
    check(bytes, "x", "unread encrypted application/vnd.rar");
    holds(
        &with_passwords(bytes, &["wrong", "secret"]),
        &[
            format!("> a.txt 24: {ROW}"),
            "! the archive's list of names was behind a password that its user gave".into(),
        ],
    );
}

#[test]
fn a_rar_over_a_limit_or_damaged_or_in_volumes_says_so() {
    let limits = Limits { item_bytes: 100, ..Limits::default() };
    let got = printed(file!("rar5.rar"), "x", &limits);
    holds(&got, &[format!("> a.txt 24: {ROW}"), "> dump/long.txt 960: limit".into(), format!("> b.txt 21: {OTHER}")]);
    let mut wrong = file!("rar5.rar").to_vec();
    let at = wrong.windows(5).position(|window| window == b"Ashdo").unwrap_or(60);
    wrong[at] ^= 1;
    assert!(!printed(&wrong, "x", &Limits::default()).contains("parser failed"));
    let first = printed(file!("v.part1.rar"), "v.part1.rar", &Limits::default());
    holds(
        &first,
        &[
            "partial application/vnd.rar".into(),
            "! a volume of a set of RAR archives".into(),
            format!("> a.txt 24: {ROW}"),
            "> noise.bin 700: unsupported".into(),
        ],
    );
    let second = printed(file!("v.part2.rar"), "v.part2.rar", &Limits::default());
    holds(&second, &["partial application/vnd.rar".into(), format!("> b.txt 21: {OTHER}")]);
}

#[test]
fn lha_and_arj_archives_are_opened() {
    let (row, long, other) =
        (format!("a.txt 24: {ROW}"), format!("long.txt 960: {}", ROW.repeat(40)), format!("sub/b.txt 21: {OTHER}"));
    check(file!("t.lzh"), "x", &format!("read application/x-lha\n> {long}\n> {row}\n> {other}"));
    check(file!("t.arj"), "x", &format!("read application/x-arj\n> {row}\n> {long}\n> {other}"));
    let cut = printed(&file!("t.arj")[..270], "x", &Limits::default());
    holds(&cut, &["partial application/x-arj\n! the archive is cut".into(), format!("> {row}")]);
    let mut wrong = file!("t.lzh").to_vec();
    let at = wrong.windows(5).position(|window| window == b"Birch").unwrap();
    wrong[at] ^= 1;
    holds(&printed(&wrong, "x", &Limits::default()), &[format!("> {row}"), "> sub/b.txt 21: corrupt".into()]);
    let limits = Limits { item_bytes: 100, ..Limits::default() };
    holds(&printed(file!("t.lzh"), "x", &limits), &["> long.txt 960: limit".into(), format!("> {row}")]);
}

#[test]
fn a_7z_behind_a_password_is_opened_with_the_right_one() {
    for bytes in [&file!("p.7z")[..], file!("ph.7z")] {
        let open = with_passwords(bytes, &["wrong", "secret"]);
        holds(&open, &[format!("> a.txt 24: {ROW}"), format!("> long.txt 960: {}", ROW.repeat(40))]);
        let shut = with_passwords(bytes, &["wrong"]);
        assert!(shut.contains("encrypted") && !shut.contains("Amy"), "{shut}");
    }
    check(file!("ppmd.7z"), "x", &format!("read application/x-7z-compressed\n> long.txt 960: {}", ROW.repeat(40)));
    let cut = &file!("p.7z")[..100];
    holds(
        &printed(cut, "x.7z.001", &Limits::default()),
        &["! the file ends before the archive's list of names".into()],
    );
}

#[test]
fn a_zip_of_either_encryption_is_opened_and_a_wrong_password_gives_no_byte() {
    use std::io::Write;
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let plain = zip::write::SimpleFileOptions::default();
    writer.start_file("shut.txt", plain.with_aes_encryption(zip::AesMode::Aes256, "secret")).unwrap();
    writer.write_all(b"hidden").unwrap();
    let aes = writer.finish().unwrap().into_inner();
    for (bytes, expect) in
        [(&file!("crypto.zip")[..], format!("> a.txt 24: {ROW}")), (&aes, "> shut.txt 6: hidden".into())]
    {
        holds(&with_passwords(bytes, &["wrong", "secret"]), &[expect, "one that its user gave opens".into()]);
        assert!(with_passwords(bytes, &["wrong"]).contains(": encrypted"));
        // The check of the old encryption is one byte: of 2,000 wrong passwords some pass it, and none may pass the sum.
        let wrong: Vec<String> = (0..2000).map(|number| format!("wrong{number}")).collect();
        let wrong: Vec<&str> =
            wrong.iter().map(String::as_str).take(if expect_crypto(bytes) { 2000 } else { 3 }).collect();
        assert!(with_passwords(bytes, &wrong).contains(": encrypted"));
    }
}

fn expect_crypto(bytes: &[u8]) -> bool {
    bytes == file!("crypto.zip")
}

#[test]
fn zip_methods_of_other_writers_are_read() {
    use std::io::Write;
    for method in [zip::CompressionMethod::Bzip2, zip::CompressionMethod::Lzma, zip::CompressionMethod::Ppmd] {
        let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
        let options = zip::write::SimpleFileOptions::default().compression_method(method);
        if writer.start_file("a.txt", options).is_ok() {
            writer.write_all(b"one").unwrap();
            check(&writer.finish().unwrap().into_inner(), "x", "read application/zip\n> a.txt 3: one");
        }
    }
    // Zstandard, with the member made by hand: stored as method 93.
    let frame = super::archives::zstded(b"one two three");
    let mut bytes = zipped(&[("a.txt", &frame)]);
    let stored = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    writer.start_file("a.txt", stored).unwrap();
    writer.write_all(&frame).unwrap();
    bytes.clear();
    bytes.extend(writer.finish().unwrap().into_inner());
    let mut crc = flate2::Crc::new();
    crc.update(b"one two three");
    let central = bytes.windows(4).position(|window| window == b"PK\x01\x02").unwrap();
    for at in [8, central + 10] {
        bytes[at] = 93;
        let (sum, size) = (at + 6, at + 14);
        bytes[sum..sum + 4].copy_from_slice(&crc.sum().to_le_bytes());
        bytes[size..size + 4].copy_from_slice(&13_u32.to_le_bytes());
    }
    check(&bytes, "x", "read application/zip\n> a.txt 13: one two three");
}

#[test]
fn cabinets_are_unfolded() {
    for (bytes, name) in [(&file!("t.cab")[..], "stored"), (file!("tz.cab"), "mszip")] {
        let got = printed(bytes, "x", &Limits::default());
        assert!(got.starts_with("read application/vnd.ms-cab-compressed"), "{name}: {got}");
        holds(
            &got,
            &[format!("a.txt 24: {ROW}"), format!("b.txt 21: {OTHER}"), format!("long.txt 960: {}", ROW.repeat(40))],
        );
    }
}

#[test]
fn a_disc_image_has_the_names_that_a_person_gave() {
    let mut image = Vec::new();
    flate2::read::GzDecoder::new(&file!("t.iso.gz")[..]).read_to_end(&mut image).unwrap();
    let got = printed(&image, "x", &Limits::default());
    assert!(got.starts_with("read application/x-iso9660-image"), "{got}");
    holds(&got, &[format!("> a.txt 24: {ROW}"), format!("b.txt 21: {OTHER}")]);
    image.truncate(60 * 2048);
    assert!(!printed(&image, "x", &Limits::default()).contains("parser failed"));
}

#[test]
fn cpio_and_ar_are_listed_and_opened() {
    for bytes in [&file!("t.cpio")[..], file!("o.cpio"), file!("b.cpio")] {
        let got = printed(bytes, "x", &Limits::default());
        assert!(got.starts_with("read application/x-cpio"), "{got}");
        holds(&got, &[format!("a.txt 24: {ROW}"), format!("b.txt 21: {OTHER}")]);
    }
    let header = |name: &str, size: usize| format!("{name:<16}{:<12}{:<6}{:<6}{:<8}{size:<10}`\n", 0, 0, 0, "100644");
    let ar = format!(
        "!<arch>\n{}long-name-of-a-file.txt/\n\n{}one\n{}b.txt\0twox",
        header("//", 26),
        header("/0", 3),
        header("#1/6", 9)
    );
    check(
        ar.as_bytes(),
        "x",
        "read application/x-archive
         > long-name-of-a-file.txt 3: one
         > b.txt 3: two",
    );
}

#[test]
fn records_of_a_web_archive_are_members() {
    let record = |kind: &str, body: &str| {
        format!(
            "WARC/1.0\r\nWARC-Type: {kind}\r\nWARC-Target-URI: http://a.example/x\r\nContent-Length: {}\r\n\r\n{body}\r\n\r\n",
            body.len()
        )
    };
    let all = record("response", "HTTP/1.1 200 OK\r\nA: b\r\n\r\n<p>hello") + &record("request", "GET /");
    check(
        all.as_bytes(),
        "x",
        "read application/warc\n> response/a.example/x 8: <p>hello\n> request/a.example/x 5: GET /",
    );
}

#[test]
fn rarer_streams_are_unpacked() {
    let text = ROW.repeat(40);
    for (bytes, media_type) in [
        (&file!("long.Z")[..], "application/x-compress"),
        (file!("long.lz4"), "application/x-lz4"),
        (file!("long.lzma"), "application/x-lzma"),
    ] {
        check(bytes, "x", &format!("read {media_type}\n> content 0: {text}"));
    }
    let mut zlib = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
    std::io::Write::write_all(&mut zlib, b"one two three").unwrap();
    check(&zlib.finish().unwrap(), "x", "read application/zlib\n> content 0: one two three");
    // A chunk of its own, a literal and a copy: `ababab` and three letters stored.
    let snappy = b"\xff\x06\0\0sNaPpY\0\x0a\0\0....\x06\x04ab\x01\x02\x01\x07\0\0....xyz";
    let got = printed(snappy, "x", &Limits::default());
    assert!(got.contains("application/x-snappy-framed") && got.contains("abababxyz"), "{got}");
}

#[test]
fn a_long_lzw_stream_grows_and_clears_its_table() {
    // Made as `compress` makes it: codes of nine bits that are all literals.
    let mut bytes = vec![0x1f, 0x9d, 0x90];
    let text: Vec<u8> = (0..200_u32).map(|number| (number * 7 % 251) as u8).collect();
    let mut bits = 0_u128;
    for group in text.chunks(8) {
        for (place, byte) in group.iter().enumerate() {
            bits |= u128::from(*byte) << (9 * place);
        }
        bytes.extend_from_slice(&bits.to_le_bytes()[..9]);
        bits = 0;
    }
    let mut out = Vec::new();
    crate::extract::lzw::Unlzw::new(&bytes[..]).read_to_end(&mut out).unwrap();
    assert_eq!(&out[..200], &text[..]);
}

#[test]
fn text_that_is_a_file_is_decoded() {
    let row = b"Amy Ashdown, 9990000018, of Northshore. Bo Birch, 9990000026, of Westhaven, and so on, and so on, until it is long enough.";
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut base64 = String::new();
    for three in row.chunks(3) {
        let bits = (0..3).fold(0_u32, |sum, at| sum << 8 | u32::from(*three.get(at).unwrap_or(&0)));
        for place in 0..4 {
            let letter = alphabet[(bits >> (18 - 6 * place) & 63) as usize] as char;
            base64.push(if place > three.len() { '=' } else { letter });
        }
    }
    let lines: Vec<&str> = base64.as_bytes().chunks(76).map(|line| std::str::from_utf8(line).unwrap()).collect();
    let text = String::from_utf8_lossy(row);
    check(lines.join("\r\n").as_bytes(), "x", &format!("read application/base64\n> content {}: {text}", row.len()));
    check(b"begin 644 a.txt\n#0V%T\n`\nend\n", "x", "read text/x-uuencode\n> a.txt 3: Cat");
    assert!(printed(b"beginning at the beginning\nof it", "x", &Limits::default()).starts_with("read text/plain"));
}

#[test]
fn what_is_only_named_says_what_to_do() {
    let mut disk = vec![0_u8; 1024];
    disk[446 + 4] = 7;
    disk[446 + 12] = 1;
    disk[510..512].copy_from_slice(b"\x55\xaa");
    let image = "an image of a disk: mount it read-only";
    for (bytes, status, words) in [
        (&b"vhdxfile\0\0\0\0\0\0"[..], "unread unsupported application/x-vhdx", image),
        (b"KDMV\x01\0\0\0\x03\0\0\0", "unread unsupported application/x-vmdk", image),
        (b"EVF\x09\x0d\x0a\xff\0\x01\x01\0\0\0", "unread unsupported application/x-ewf", image),
        (&disk, "unread unsupported application/x-raw-disk-image", image),
        (b"LUKS\xba\xbe\0\x01aes\0\0\0", "unread encrypted application/x-luks", "an encrypted volume"),
        (b"TAPE\0\0\x03\0\x8c\0\0\0", "unread unsupported application/x-ms-backup", "restore it"),
    ] {
        let got = printed(bytes, "x", &Limits::default());
        assert!(got.starts_with(status) && got.contains(words), "{got}");
    }
}

#[test]
fn a_recording_says_its_labels_and_that_it_is_not_listened_to() {
    let mut mp3 = b"ID3\x03\0\0\0\0\0\x2f".to_vec();
    mp3.extend_from_slice(b"TIT2\0\0\0\x0c\0\0\0Amy Ashdown");
    mp3.extend_from_slice(b"COMM\0\0\0\x0f\0\0\0eng\0Ward round");
    mp3.extend_from_slice(&[0xff, 0xfb, 0x90, 0, 0, 0, 0, 0]);
    check(
        &mp3,
        "x",
        "partial audio/mpeg
         ! sound or film: only its labels were read, it was not listened to or looked at
         = [properties]
         1 title: Amy Ashdown
         2 comment: Ward round",
    );
    let info = b"RIFF\x28\0\0\0WAVELIST\x18\0\0\0INFOINAM\x0b\0\0\0Amy Ashdown\0";
    assert!(printed(info, "x", &Limits::default()).contains("title: Amy Ashdown"));
    let atom = |kind: &[u8], body: &[u8]| [&((body.len() + 8) as u32).to_be_bytes(), kind, body].concat();
    let data = atom(b"data", b"\0\0\0\x01\0\0\0\0Amy Ashdown");
    let list = atom(b"ilst", &atom(b"\xa9nam", &data));
    let meta = atom(b"meta", &[&[0; 4], &list[..]].concat());
    let mp4 = [atom(b"ftyp", b"M4A \0\0\0\0"), atom(b"moov", &atom(b"udta", &meta))].concat();
    assert!(printed(&mp4, "x", &Limits::default()).contains("title: Amy Ashdown"));
}

#[test]
fn an_unknown_blob_gives_its_text_and_the_files_in_it() {
    let mut blob = vec![0x81, 0x07, 0, 0xfe];
    blob.extend_from_slice(b"\x03\0Ashdown\x03\0Amy\x0a\09990000018\0\0\0");
    blob.extend(std::iter::repeat_n([0x80, 1, 0x9f, 2], 500).flatten());
    let zip = zipped(&[("a.txt", b"one")]);
    let at = blob.len();
    blob.extend_from_slice(&zip);
    blob.extend_from_slice(&[0x81; 100]);
    let got = printed(&blob, "x", &Limits::default());
    holds(
        &got,
        &[
            "partial application/octet-stream\n! structure unknown: text was carved".into(),
            "= [from byte 6] (carved)\n1 Ashdown\tAmy\t9990000018".into(),
            format!("> carved-{at:08}.zip {}: PK", zip.len()),
        ],
    );
    let program = [&b"MZ\x90\0\x03\0\0\0"[..], &[0; 500], &zip].concat();
    holds(&printed(&program, "x", &Limits::default()), &["> carved-00000508.zip".into()]);
    let zeros = printed(&[0; 5000], "x", &Limits::default());
    assert!(zeros.contains("! nothing but zeros"), "{zeros}");
}

#[test]
fn a_document_that_lost_its_directory_is_read_as_carved() {
    let mut docx = super::office::docx();
    docx.truncate(docx.windows(4).position(|window| window == b"PK\x01\x02").unwrap());
    let got = printed(&docx, "x", &Limits::default());
    assert!(
        got.starts_with("partial application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        "{got}"
    );
    holds(&got, &["! the document's directory is lost: its parts were carved".into(), "= [body] (carved)".into()]);
}

#[test]
fn streams_are_told_from_what_has_a_directory_and_cut_members_from_whole_ones() {
    assert_eq!(member_access("application/zip"), Access::Random);
    assert_eq!(member_access("application/x-tar"), Access::Walk);
    assert_eq!(member_access("application/x-compressed-tar"), Access::Stream);
    let member = MemberEntry { name: "a".into(), bytes: 10 };
    assert!(is_cut("application/x-tar", &member, 9) && !is_cut("application/x-tar", &member, 10));
    // A message says how long an attachment was before it was written in letters.
    assert!(!is_cut("message/rfc822", &member, 9));
}

#[test]
fn bombs_end_at_their_limits() {
    // A zip of a zip of zeros: each level says itself what it costs.
    let zeros = vec![0; 8 << 20];
    let inner = zipped(&[("zeros", &zeros)]);
    let limits = Limits { expanded_bytes: 1 << 20, ..Limits::default() };
    check_within(&inner, "x", &limits, "read application/zip\n> zeros 8388608: limit");
    // Members that lie in each other: one directory entry, many times.
    let mut bytes = zipped(&[("aaaa", &vec![0; 1 << 20]), ("bbbb", b"")]);
    let central = bytes.windows(4).position(|window| window == b"PK\x01\x02").unwrap();
    let entry = bytes[central..central + 50].to_vec();
    let end = bytes.windows(4).position(|window| window == b"PK\x05\x06").unwrap();
    let mut record = bytes[end..].to_vec();
    bytes.truncate(central);
    for _ in 0..1000 {
        bytes.extend_from_slice(&entry);
    }
    for at in [8, 10] {
        record[at..at + 2].copy_from_slice(&1000_u16.to_le_bytes());
    }
    record[12..16].copy_from_slice(&50_000_u32.to_le_bytes());
    bytes.extend_from_slice(&record);
    let limits = Limits { expanded_bytes: 4 << 20, ..Limits::default() };
    let mut given = 0;
    let listed = extract(&mut Cursor::new(&bytes), "x", &Reading::within(&limits)).members.len();
    visit_members(
        &mut Cursor::new(&bytes),
        "application/zip",
        0..u32::MAX,
        &Reading::within(&limits),
        &mut |_, _, opened| {
            given += opened.map_or_else(
                |reason| {
                    assert_eq!(reason, UnreadReason::Limit);
                    0
                },
                |bytes| bytes.len(),
            );
        },
    );
    assert!(listed == 1000 && given <= 4 << 20, "{listed} {given}");
    // A tar whose member declares more than the world holds.
    let mut tar = super::archives::tarred(&[("a", b"one")]);
    tar[124..136].copy_from_slice(b"77777777777\0");
    tar[148..156].copy_from_slice(b"        ");
    let sum: u32 = tar[..512].iter().map(|byte| u32::from(*byte)).sum();
    tar[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    let got = printed(&tar, "x", &Limits::default());
    assert!(got.contains(": limit"), "{got}");
    // A 7z that declares two thousand million files.
    let mut seven = super::seven_zip::PLAIN.to_vec();
    seven[20..28].copy_from_slice(&(1_u64 << 40).to_le_bytes());
    assert!(printed(&seven, "x", &Limits::default()).starts_with("unread"));
}
