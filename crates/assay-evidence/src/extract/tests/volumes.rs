//! Sets of volumes: pieces of one stream, split zips, rar volumes; whole, with holes, damaged, and what is no set. The rar
//! files were made with a writer of the library that reads them.

use super::{archives, print, seven_zip, zipped};
use crate::extract::{Limits, Reading, extract, join, visit_members};
use crate::volumes::Bytes;
use assay_model::{ItemStatus, Sensitive};
use proptest::prelude::*;
use std::fmt::Write as _;

type Given = Vec<(u32, Vec<u8>)>;

macro_rules! files {
    ($($name:literal),*) => {
        [$(include_bytes!(concat!("files/", $name)).to_vec()),*]
    };
}

fn numbered(volumes: impl IntoIterator<Item = Vec<u8>>) -> Given {
    (1..).zip(volumes).collect()
}

fn pieces(bytes: &[u8], size: usize) -> Given {
    numbered(bytes.chunks(size).map(<[u8]>::to_vec))
}

fn without(mut given: Given, number: u32) -> Given {
    given.retain(|(at, _)| *at != number);
    given
}

/// The printed form of a set, content of members shortened; `root` is its place.
fn printed_within(given: Given, root: usize, name: &str, reading: &Reading<'_>) -> String {
    let root = given.get(root).map_or(1, |(number, _)| *number);
    let volumes = given.into_iter().map(|(number, bytes)| (number, Bytes::Memory(bytes))).collect();
    let Some(set) = join(volumes, root, name) else { return "apart".into() };
    let reading = Reading { set: Some(&set), ..*reading };
    let extracted = extract(&mut set.joined(), name, &reading);
    let mut out = String::new();
    let status = match &extracted.status {
        ItemStatus::Unread(reason) => format!("unread {}", reason.as_str()),
        other => other.as_str().to_owned(),
    };
    writeln!(out, "{status} {}", extracted.media_type).unwrap();
    extracted.warnings.iter().for_each(|warning| writeln!(out, "! {}", warning.0).unwrap());
    extracted.passages.iter().for_each(|passage| print(&mut out, passage));
    let mut seen = 0;
    visit_members(&mut set.joined(), &extracted.media_type, 0..u32::MAX, &reading, &mut |number, member, bytes| {
        assert_eq!((number as usize, extracted.members.get(seen)), (seen, Some(member)), "listing and visit agree");
        seen += 1;
        let content = match bytes {
            Ok(bytes) if bytes.len() > 60 => format!("{} bytes", bytes.len()),
            Ok(bytes) => String::from_utf8_lossy(&bytes).escape_debug().to_string(),
            Err(reason) => reason.as_str().to_owned(),
        };
        writeln!(out, "> {} {}: {content}", member.name, member.bytes).unwrap();
    });
    out
}

fn printed(given: Given, root: usize, name: &str) -> String {
    printed_within(given, root, name, &Reading::within(&Limits::default()))
}

#[track_caller]
fn check(given: Given, root: usize, name: &str, expect: &str) {
    let lines = |text: &str| text.trim().lines().map(|line| line.trim().to_owned()).collect::<Vec<_>>().join("\n");
    let (got, expect) = (lines(&printed(given, root, name)), lines(expect));
    assert!(got == expect, "got:\n{got}\n\nexpected:\n{expect}");
}

#[test]
fn pieces_of_an_archive_are_one() {
    let whole = "
        read application/x-7z-compressed
        > d/a.txt 3: one
        > d/empty 0:
        > d/sub/z.txt 3: two
        > c.txt 5: three";
    check(pieces(seven_zip::BLOCKS, 100), 0, "x.7z.001", whole);
    let zip = zipped(&[("a.txt", b"one"), ("b/c.txt", b"two")]);
    let whole = "read application/zip\n> a.txt 3: one\n> b/c.txt 3: two";
    check(pieces(&zip, 60), 0, "x.zip.001", whole);
    let tar = archives::tarred(&[("a.txt", b"one"), ("b.txt", b"two")]);
    let whole = "read application/x-tar\n! links in the archive, which hold nothing: 1\n> a.txt 3: one\n> b.txt 3: two";
    check(pieces(&tar, 512), 0, "x.tar.aa", whole);
    let packed = archives::gzipped(&tar, "x.tar");
    check(pieces(&packed, 50), 0, "xaa", &whole.replace("x-tar", "x-compressed-tar"));
}

#[test]
fn a_missing_piece_is_named_and_costs_what_lies_in_it() {
    check(
        without(pieces(seven_zip::BLOCKS, 100), 3),
        0,
        "x.7z.001",
        "unread corrupt application/x-7z-compressed
         ! the file ends before the archive's list of names: it is cut, or volumes of its set are not here
         ! volumes of this set are missing: 3",
    );
    let (noise, other) = (noise(900), noise(400));
    let zip = zipped(&[("a.txt", b"one"), ("noise", &noise), ("b.txt", b"two"), ("other", &other)]);
    check(
        without(pieces(&zip, 400), 2),
        0,
        "x.zip.001",
        "partial application/zip
         ! volumes of this set are missing: 2
         > a.txt 3: one
         > noise 900: corrupt
         > b.txt 3: two
         > other 400: 400 bytes",
    );
    // Without the end there is no directory.
    let got = printed(pieces(&zip, 400)[..3].to_vec(), 0, "x.zip.001");
    assert!(got.starts_with("partial application/zip\n! carved from a damaged archive\n> a.txt 3: one\n"), "{got}");
    let mut short = pieces(&zip, 400);
    short[1].1.truncate(300);
    let got = printed(short, 0, "x.part01of06");
    assert!(
        got.contains("! volumes of this set are missing: 6\n! volumes of this set are shorter than the others: 2\n"),
        "{got}"
    );
}

#[test]
fn a_7z_without_its_last_volume_gives_the_text_of_its_first_block() {
    for bytes in files!("lzma.7z", "lzma2.7z") {
        let set = pieces(&bytes, 120);
        let last = set.len() as u32;
        let got = printed(without(set, last), 0, "x.7z.001");
        assert!(got.starts_with("partial application/x-7z-compressed\n! the file ends before"), "{got}");
        assert!(got.contains(&format!("! volumes of this set are missing: {last}\n")), "{got}");
        assert!(got.contains("9990000018;Ashdown;Mabel\n"), "{got}");
    }
}

#[test]
fn what_only_has_the_names_of_a_set_is_apart() {
    let one = zipped(&[("a.txt", b"one")]);
    for given in [
        numbered([one.clone(), one.clone()]),
        numbered([b"MSH|^~\\&|a\r".to_vec(), b"MSH|^~\\&|b\r".to_vec()]),
        numbered([b"\x89PNG\r\n\x1a\n....".to_vec(), b"\x89PNG\r\n\x1a\n....".to_vec()]),
        numbered([seven_zip::PLAIN.to_vec(), noise(20)]),
        numbered([archives::gzipped(b"one", "a"), b"plain words\n".to_vec()]),
        numbered([one[..20].to_vec(), noise(50)]),
        numbered([b"".to_vec(), b"".to_vec()]),
    ] {
        assert_eq!(printed(given, 0, "x.001"), "apart");
    }
    assert_eq!(printed(numbered([noise(50), one]), 1, "x.zip"), "apart");
}

fn noise(count: usize) -> Vec<u8> {
    let next = |state: &mut u64| {
        *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        Some((*state >> 56) as u8)
    };
    let mut state = 7;
    std::iter::from_fn(|| next(&mut state)).take(count).collect()
}

/// A split zip, cut at these bytes of its archive: the first volume has the mark, the directory places members by disk.
fn split_zip(members: &[(&str, &[u8])], cuts: &[usize]) -> Given {
    let mut zip = zipped(members);
    zip.splice(0..0, *b"PK\x07\x08");
    let long = |bytes: &[u8], at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap()) as usize;
    let short = |bytes: &[u8], at: usize| usize::from(u16::from_le_bytes(bytes[at..at + 2].try_into().unwrap()));
    let end = zip.len() - 22;
    let place = |at: usize| {
        let disk = cuts.iter().filter(|cut| **cut <= at).count();
        let start = disk.checked_sub(1).map_or(0, |last| cuts[last]);
        (u16::try_from(disk).unwrap().to_le_bytes(), u32::try_from(at - start).unwrap().to_le_bytes())
    };
    let mut at = long(&zip, end + 16) + 4;
    let (disk, offset) = place(at);
    zip[end + 6..end + 8].copy_from_slice(&disk);
    zip[end + 16..end + 20].copy_from_slice(&offset);
    let last = u16::try_from(cuts.len()).unwrap().to_le_bytes();
    zip[end + 4..end + 6].copy_from_slice(&last);
    while at < end {
        let (disk, offset) = place(long(&zip, at + 42) + 4);
        zip[at + 34..at + 36].copy_from_slice(&disk);
        zip[at + 42..at + 46].copy_from_slice(&offset);
        at += 46 + short(&zip, at + 28) + short(&zip, at + 30) + short(&zip, at + 32);
    }
    let bounds: Vec<usize> = [0].into_iter().chain(cuts.iter().copied()).chain([zip.len()]).collect();
    numbered(bounds.windows(2).map(|pair| zip[pair[0]..pair[1]].to_vec()))
}

#[test]
fn a_split_zip_is_read_by_its_disks() {
    let noise = noise(300);
    let members = [("a.txt", &b"one"[..]), ("noise", &noise), ("b.txt", b"two"), ("c.txt", b"three")];
    let given = split_zip(&members, &[100, 200, 300, 420]);
    check(
        given.clone(),
        4,
        "x.zip",
        "read application/zip
         > a.txt 3: one
         > noise 300: 300 bytes
         > b.txt 3: two
         > c.txt 5: three",
    );
    check(
        without(given.clone(), 2),
        3,
        "x.zip",
        "partial application/zip
         ! volumes of this set are missing: 2
         > a.txt 3: one
         > noise 300: corrupt
         > b.txt 3: two
         > c.txt 5: three",
    );
    // Of the first volumes only, as they come from names: the last is called by the number behind the highest.
    let mut few = given.clone();
    few.remove(3);
    few.remove(2);
    few[2].0 = 3;
    let got = printed(few, 2, "x.zip");
    assert!(
        got.starts_with("partial application/zip\n! volumes of this set are missing: 3 to 4\n> a.txt 3: one\n"),
        "{got}"
    );
    let got = printed(without(given, 5), 0, "x.z01");
    assert!(got.starts_with("partial application/zip\n"), "{got}");
    assert!(got.contains("! volumes of this set are missing: 5\n> a.txt 3: one\n> noise 300: 300 bytes\n"), "{got}");
}

const PEOPLE: &str = "9990000018;Ashdown;Mabel\\n";

#[test]
fn rar_volumes_are_one() {
    let whole = format!(
        "read application/vnd.rar
         > a.txt 25: {PEOPLE}
         > dump/noise.bin 700: 700 bytes
         > dump/long.txt 1000: 1000 bytes
         > b.txt 24: 9990000026;Example;Bram\\n"
    );
    check(numbered(files!("n5.part1.rar", "n5.part2.rar", "n5.part3.rar")), 0, "x.part1.rar", &whole);
    check(numbered(files!("s5.part1.rar", "s5.part2.rar", "s5.part3.rar")), 0, "x.part1.rar", &whole);
    check(numbered(files!("n4.rar", "n4.r00")), 0, "x.rar", "read application/vnd.rar\n> people.txt 550: 550 bytes");
    let words = [Sensitive::new("wrong".to_owned()), Sensitive::new("secret".to_owned())];
    let limits = Limits::default();
    let reading = Reading { passwords: &words, ..Reading::within(&limits) };
    let locked = numbered(files!("p5.part1.rar", "p5.part2.rar", "p5.part3.rar"));
    assert_eq!(printed(locked.clone(), 0, "x.part1.rar"), "unread encrypted application/vnd.rar\n");
    let got = printed_within(locked, 0, "x.part1.rar", &reading);
    assert!(got.starts_with("read application/vnd.rar\n! members that need a password: 4; one that its user"), "{got}");
    assert!(got.contains(&format!("> a.txt 25: {PEOPLE}\n> dump/noise.bin 700: 700 bytes\n")), "{got}");
}

#[test]
fn a_missing_rar_volume_is_named_and_costs_what_lies_in_it() {
    let plain = numbered(files!("n5.part1.rar", "n5.part2.rar", "n5.part3.rar"));
    check(
        without(plain.clone(), 2),
        0,
        "x.part1.rar",
        &format!(
            "partial application/vnd.rar
             ! members that go on in a volume that is missing: 1
             ! members that begin in a volume that is missing: 1
             ! volumes of this set are missing: 2
             > a.txt 25: {PEOPLE}
             > dump/noise.bin 700: corrupt
             > dump/noise.bin~2 700: corrupt
             > dump/long.txt 1000: 1000 bytes
             > b.txt 24: 9990000026;Example;Bram\\n"
        ),
    );
    check(
        without(plain, 3),
        0,
        "x.part1.rar",
        &format!(
            "partial application/vnd.rar
             ! volumes of this set are missing: 3 and what follows
             ! members that go on in a volume that is missing: 1
             > a.txt 25: {PEOPLE}
             > dump/noise.bin 700: 575 bytes"
        ),
    );
    let solid = numbered(files!("s5.part1.rar", "s5.part2.rar", "s5.part3.rar"));
    let got = printed(without(solid, 2), 0, "x.part1.rar");
    assert!(got.contains(&format!("> a.txt 25: {PEOPLE}\n")) && got.contains("> b.txt 24: corrupt\n"), "{got}");
}

#[test]
fn a_rar_set_within_limits() {
    let limits = Limits { item_bytes: 800, ..Limits::default() };
    for given in [
        numbered(files!("n5.part1.rar", "n5.part2.rar", "n5.part3.rar")),
        numbered(files!("s5.part1.rar", "s5.part2.rar", "s5.part3.rar")),
    ] {
        let got = printed_within(given, 0, "x.part1.rar", &Reading::within(&limits));
        assert!(got.contains("> dump/long.txt 1000: limit\n> b.txt 24: 9990000026"), "{got}");
    }
}

fn samples() -> Vec<(Given, usize, &'static str)> {
    vec![
        (pieces(seven_zip::BLOCKS, 100), 0, "x.7z.001"),
        (pieces(&zipped(&[("a.txt", b"one"), ("b.txt", &noise(300))]), 90), 0, "x.zip.001"),
        (pieces(&archives::gzipped(&archives::tarred(&[("a.txt", b"one")]), "x"), 40), 0, "xaa"),
        (split_zip(&[("a.txt", b"one"), ("noise", &noise(300))], &[100, 200]), 2, "x.zip"),
        (numbered(files!("n5.part1.rar", "n5.part2.rar", "n5.part3.rar")), 0, "x.part1.rar"),
        (numbered(files!("s5.part1.rar", "s5.part2.rar", "s5.part3.rar")), 0, "x.part1.rar"),
        (numbered(files!("n4.rar", "n4.r00")), 0, "x.rar"),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn damaged_sets_do_no_harm(
        which in 0..7_usize,
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>(), any::<u8>()), 0..4),
        gone in prop::option::of(2..5_u32),
        cut in prop::option::of((any::<prop::sample::Index>(), any::<prop::sample::Index>())),
    ) {
        let (mut given, root, name) = samples().swap_remove(which);
        for (volume, at, byte) in changes {
            let bytes = &mut volume.get_mut(&mut given).1;
            *at.get_mut(bytes.as_mut_slice()) = byte;
        }
        if let Some((volume, at)) = cut {
            let bytes = &mut volume.get_mut(&mut given).1;
            bytes.truncate(at.index(bytes.len()).max(1));
        }
        let called = given[root].0;
        if let Some(gone) = gone.filter(|gone| *gone != called && given.len() > 2) {
            given = without(given, gone);
        }
        let root = given.iter().position(|(number, _)| *number == called).unwrap_or(0);
        let limits = Limits { item_bytes: 1 << 20, expanded_bytes: 4 << 20, members: 100, ..Limits::default() };
        let got = printed_within(given, root, name, &Reading::within(&limits));
        prop_assert!(!got.contains("the parser failed"), "{got}");
    }
}
