//! Whatever the bytes: no panic, no hang, and listing and visiting agree.

use super::{
    archives, data, health, legacy, mail, msg, odf, office, old_office, ole, pages, pdf, printed, sealed, seven_zip,
    zipped,
};
use crate::extract::Limits;
use proptest::prelude::*;
use std::io::{Cursor, Read};

/// Small enough that a mutation which asks for much gets little.
fn tight() -> Limits {
    Limits {
        item_bytes: 1 << 20,
        expanded_bytes: 4 << 20,
        cells: 10_000,
        text_bytes: 1 << 20,
        members: 100,
        ..Limits::default()
    }
}

fn fixtures() -> Vec<(&'static str, Vec<u8>)> {
    vec![
        ("x.csv", b"a,b;c\n\"x\ny\",2;3\n4\t5|6\n".to_vec()),
        ("x.html", b"<html><table><tr><td colspan=3>a<table><tr><td>b</table><script>x</script><p hidden>c".to_vec()),
        ("x.eml", b"From: a@b\nMessage-ID: <1>\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nx\n--b\nContent-Type: a/b\n\ny\n--b--".to_vec()),
        ("x.mbox", b"From a Thu Nov 28 10:15:00 2024\nFrom: a\nTo: b\n\nx\n\nFrom b Thu Nov 28 10:15:00 2024\nTo: c\n".to_vec()),
        ("x.tar", archives::tarred(&[("a.txt", b"one"), ("b.txt", b"two")])),
        ("x.tgz", archives::gzipped(&archives::tarred(&[("a.txt", b"one"), ("b.txt", b"two")]), "x.tar")),
        ("x.gz", archives::gzipped(b"content", "name")),
        ("x.tbz", archives::bzipped(&archives::tarred(&[("a.txt", b"one"), ("b.txt", b"two")]))),
        ("x.bz2", archives::bzipped(b"content")),
        ("x.txz", archives::xzipped(&archives::tarred(&[("a.txt", b"one"), ("b.txt", b"two")]))),
        ("x.tzst", archives::zstded(&archives::tarred(&[("a.txt", b"one"), ("b.txt", b"two")]))),
        ("x.zst", archives::zstded(b"content of a file, content of a file")),
        ("x.7z", seven_zip::PLAIN.to_vec()),
        ("x.7z", seven_zip::BLOCKS.to_vec()),
        ("x.zip", zipped(&[("a.txt", b"one"), ("b/c.txt", b"two")])),
        // Without its directory.
        ("x.cut.zip", archives::piped_zip()),
        ("x.rar", include_bytes!("files/rar5.rar").to_vec()),
        ("x.rar", include_bytes!("files/rar4s.rar").to_vec()),
        ("x.cab", include_bytes!("files/tz.cab").to_vec()),
        ("x.lzh", include_bytes!("files/t.lzh").to_vec()),
        ("x.arj", include_bytes!("files/t.arj").to_vec()),
        ("x.cpio", include_bytes!("files/t.cpio").to_vec()),
        ("x.Z", include_bytes!("files/long.Z").to_vec()),
        ("x.lz4", include_bytes!("files/long.lz4").to_vec()),
        ("x.lzma", include_bytes!("files/long.lzma").to_vec()),
        ("x.mp3", b"ID3\x03\0\0\0\0\0\x16TIT2\0\0\0\x0c\0\0\0Amy Ashdown\xff\xfb\x90\0\0\0".to_vec()),
        ("x.warc", b"WARC/1.0\r\nWARC-Type: response\r\nContent-Length: 5\r\n\r\nHTTP/\r\n\r\n".to_vec()),
        ("x.bin", [&b"\x81\x02\0\xff\x03\0Ashdown\x03\0Amy\x0a\09990000018\0"[..], &zipped(&[("a.txt", b"one")]), b"\xff\xd8\xff\xe0\0\x04ab\xff\xda\0\x02..\xff\xd9 %PDF-1.4 %%EOF"].concat()),
        ("x.docx", office::docx()),
        ("x.xlsx", office::xlsx()),
        ("x.dotx", office::rare_docx()),
        ("x.xltx", office::rare_xlsx()),
        ("x.xlsb", office::xlsb()),
        ("x.xls", legacy::xls()),
        ("x.rtf", legacy::rtf()),
        ("x.msg", msg::msg()),
        ("x.bin", ole::package()),
        ("x.p7m", mail::signed()),
        ("winmail.dat", mail::tnef()),
        ("x.vcf", mail::CARD.as_bytes().to_vec()),
        ("x.doc", legacy::doc()),
        ("x.ppt", old_office::ppt()),
        ("x.one", old_office::one()),
        ("rtf", old_office::RICH.as_bytes().to_vec()),
        ("x.biff", old_office::biff()),
        ("x.doc", old_office::doc()),
        ("x.odt", odf::odt()),
        ("x.ott", odf::rare_odt()),
        ("x.xps", odf::xps()),
        ("x.fodt", odf::FLAT.as_bytes().to_vec()),
        ("x.sealed.odt", sealed::text()),
        ("x.sealed.docx", sealed::agile(&office::docx(), "VelvetSweatshop")),
        ("x.ods", odf::ods()),
        ("x.pptx", odf::pptx()),
        ("x.potx", odf::rare_pptx()),
        ("x.pdf", pages::letter()),
        ("x.pdf", pdf::rich()),
        ("json", data::FHIR.as_bytes().to_vec()),
        ("ndjson", data::LINES.as_bytes().to_vec()),
        ("xml", data::CDA.as_bytes().to_vec()),
        ("dicom", data::dicom("1.2.840.10008.1.2.1")),
        ("dicom", data::dicom("1.2.840.10008.1.2")),
        ("hl7", health::MESSAGE.as_bytes().to_vec()),
        ("dbf", data::dbf()),
        ("sqlite", data::sqlite()),
        ("mysql", data::MYSQL.as_bytes().to_vec()),
        ("postgres", data::POSTGRES.as_bytes().to_vec()),
        ("server", data::SERVER.as_bytes().to_vec()),
    ]
}

/// Damage: bytes replaced, a stretch cut out, the end cut off, a stretch repeated.
#[derive(Debug, Clone)]
enum Damage {
    Replace(prop::sample::Index, u8),
    Cut(prop::sample::Index, usize),
    End(prop::sample::Index),
    Repeat(prop::sample::Index, usize),
}

fn damage() -> impl Strategy<Value = Damage> {
    let at = any::<prop::sample::Index>;
    prop_oneof![
        6 => (at(), any::<u8>()).prop_map(|(at, byte)| Damage::Replace(at, byte)),
        2 => (at(), 1..40_usize).prop_map(|(at, length)| Damage::Cut(at, length)),
        1 => at().prop_map(Damage::End),
        1 => (at(), 1..400_usize).prop_map(|(at, length)| Damage::Repeat(at, length)),
    ]
}

fn damaged(mut bytes: Vec<u8>, all: &[Damage]) -> Vec<u8> {
    for one in all {
        if bytes.is_empty() {
            break;
        }
        let size = bytes.len();
        match one {
            Damage::Replace(at, byte) => bytes[at.index(size)] = *byte,
            Damage::Cut(at, length) => drop(bytes.drain(at.index(size)..(at.index(size) + length).min(size))),
            Damage::End(at) => bytes.truncate(at.index(size)),
            Damage::Repeat(at, length) => {
                let start = at.index(size);
                let piece = bytes[start..(start + length).min(size)].to_vec();
                bytes.splice(start..start, piece);
            }
        }
    }
    bytes
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn damaged_files_of_every_format_end_in_a_status(all in prop::collection::vec(damage(), 1..6)) {
        for (name, bytes) in fixtures() {
            let bytes = damaged(bytes, &all);
            let got = printed(&bytes, name, &tight());
            prop_assert!(!got.is_empty());
            prop_assert!(!got.contains("the parser failed"), "a panic was caught in {name}");
        }
    }

    #[test]
    fn office_files_of_damaged_parts_end_in_a_status(all in prop::collection::vec(damage(), 1..6)) {
        let files = [office::docx(), office::xlsx(), odf::odt(), odf::ods(), odf::pptx(), office::rare_docx(), office::rare_xlsx(), office::xlsb()];
        for (name, bytes) in ["x.docx", "x.xlsx", "x.odt", "x.ods", "x.pptx", "x.dotx", "x.xltx", "x.xlsb"].into_iter().zip(files) {
            let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
            let mut parts = Vec::new();
            for index in 0..archive.len() {
                let mut file = archive.by_index(index).unwrap();
                let mut bytes = Vec::new();
                file.read_to_end(&mut bytes).unwrap();
                parts.push((file.name().unwrap().into_owned(), damaged(bytes, &all)));
            }
            let parts: Vec<(&str, &[u8])> = parts.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())).collect();
            let got = printed(&zipped(&parts), name, &tight());
            prop_assert!(!got.contains("the parser failed"), "a panic was caught in {name}");
        }
    }

    #[test]
    fn any_bytes_at_all_end_in_a_status(bytes in prop::collection::vec(any::<u8>(), 0..400), name in "[a-z]{1,5}\\.(csv|txt|pdf)") {
        prop_assert!(!printed(&bytes, &name, &tight()).is_empty());
    }

    #[test]
    fn any_table_text_gives_back_its_plain_cells(rows in prop::collection::vec(prop::collection::vec("[a-z]{1,5}", 3), 2..8)) {
        let text = rows.iter().map(|row| row.join(";")).collect::<Vec<_>>().join("\n");
        let got = printed(text.as_bytes(), "x", &tight());
        for row in &rows {
            prop_assert!(got.contains(&row.join(" | ")), "{got}");
        }
    }
}

/// Damage where it tells: a store is large and mostly empty, so that it has a test of its own.
#[test]
fn damaged_mail_stores_end_in_a_status() {
    use crate::extract::pst::tests::stores;
    let mut state = 1_u32;
    let mut next = |below: usize| {
        // A shift register: any sequence will do that is the same each time.
        (0..3).for_each(|step| state ^= if step == 1 { state >> 17 } else { state << if step == 0 { 13 } else { 5 } });
        state as usize % below
    };
    for whole in stores() {
        let filled: Vec<usize> = (0..whole.len()).filter(|at| whole[*at] != 0).collect();
        for round in 0..120 {
            let mut bytes = whole.clone();
            for _ in 0..1 + round % 5 {
                bytes[filled[next(filled.len())]] = next(256) as u8;
            }
            if round % 10 == 0 {
                bytes.truncate(next(bytes.len()));
            }
            let got = printed(&bytes, "x.pst", &tight());
            assert!(!got.contains("the parser failed"), "{got}");
        }
    }
}
