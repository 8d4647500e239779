//! Office files and databases before and beside the packages, behind passwords: locked here step by step as MS-OFFCRYPTO 2.3.5 to
//! 2.3.7 and MS-XLS 2.2.10 say, by code of its own.

use super::{legacy, msg, printed, printed_with};
use crate::extract::ole::{self, Compound};
use crate::extract::{Limits, Reading};
use assay_model::Sensitive;
use md5::Md5;
use sha1::Sha1;
use sha2::Digest;

const PASSWORD: &str = "abc";

/// What the XOR scheme makes of the password: its key and its verifier, as Excel wrote them into a file.
const XOR: (u16, u16) = (0x514a, 0xcc1a);

fn rc4(key: &[u8], length: usize) -> Vec<u8> {
    let mut state: Vec<u8> = (0..=255).collect();
    let mut other = 0_usize;
    for index in 0..256 {
        other = (other + usize::from(state[index]) + usize::from(key[index % key.len()])) % 256;
        state.swap(index, other);
    }
    let (mut one, mut two) = (0, 0);
    let next = |_| {
        one = (one + 1) % 256;
        two = (two + usize::from(state[one])) % 256;
        state.swap(one, two);
        state[(usize::from(state[one]) + usize::from(state[two])) % 256]
    };
    (0..length).map(next).collect()
}

fn with(data: &[u8], keys: &[u8]) -> Vec<u8> {
    data.iter().zip(keys).map(|(byte, key)| byte ^ key).collect()
}

fn wide(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

/// A scheme of RC4: its header, and the key of each block.
struct Scheme {
    header: Vec<u8>,
    key: Box<dyn Fn(u32) -> Vec<u8>>,
}

impl Scheme {
    fn plain() -> Self {
        let salt = [7_u8; 16];
        let first = Md5::digest(wide(PASSWORD));
        let mixed: Vec<u8> = std::iter::repeat_n([&first[..5], &salt].concat(), 16).flatten().collect();
        let base = Md5::digest(mixed)[..5].to_vec();
        let key = move |block: u32| Md5::digest([&base[..], &block.to_le_bytes()].concat()).to_vec();
        let verifier = [3_u8; 16];
        let sealed = with(&[&verifier[..], &Md5::digest(verifier)].concat(), &rc4(&key(0), 32));
        Self { header: [&[1, 0, 1, 0][..], &salt, &sealed].concat(), key: Box::new(key) }
    }

    fn api(bits: u32) -> Self {
        let salt = [7_u8; 16];
        let base = Sha1::digest([&salt[..], &wide(PASSWORD)].concat()).to_vec();
        let key = move |block: u32| {
            let mut key = Sha1::digest([&base[..], &block.to_le_bytes()].concat())[..bits as usize / 8].to_vec();
            key.resize(if bits == 40 { 16 } else { key.len() }, 0);
            key
        };
        let verifier = [3_u8; 16];
        let sealed = with(&[&verifier[..], &Sha1::digest(verifier)].concat(), &rc4(&key(0), 36));
        let longs = |longs: &[u32]| longs.iter().flat_map(|long| long.to_le_bytes()).collect::<Vec<u8>>();
        let header = [
            &[2, 0, 2, 0, 4, 0, 0, 0][..],
            &longs(&[32, 4, 0, 0x6801, 0x8004, bits, 1, 0, 0, 16]),
            &salt,
            &sealed[..16],
            &longs(&[20]),
            &sealed[16..],
        ];
        Self { header: header.concat(), key: Box::new(key) }
    }

    /// The bytes with which a stream of blocks is mixed.
    fn keys(&self, block: usize, length: usize) -> Vec<u8> {
        (0..length.div_ceil(block)).flat_map(|number| rc4(&(self.key)(number as u32), block)).collect()
    }
}

/// The sixteen bytes that XOR uses in turn.
fn xor_keys(turn: u32) -> Vec<u8> {
    let fill = [0xbb, 0xff, 0xff, 0xba, 0xff, 0xff, 0xb9, 0x80, 0, 0xbe, 0x0f, 0, 0xbf, 0x0f, 0];
    let bytes: Vec<u8> = PASSWORD.bytes().chain(fill).take(16).collect();
    let key = XOR.0.to_le_bytes();
    bytes.iter().enumerate().map(|(n, byte)| (byte ^ key[n % 2]).rotate_left(turn)).collect()
}

/// The old workbook with a record that names the cipher, its records mixed by `mix`: data, where it lies, how long the record is.
fn workbook(record: &[u8], mix: &dyn Fn(&mut [u8], usize, usize)) -> Vec<u8> {
    let file = Compound::parse(legacy::xls()).unwrap();
    let stream = file.stream(file.find(ole::ROOT, "Workbook").unwrap());
    let added = record.len() as u32 + 4;
    let (mut out, mut at) = (Vec::new(), 0);
    while at + 4 <= stream.len() {
        let number = |at: usize| u16::from_le_bytes([stream[at], stream[at + 1]]);
        let (kind, length) = (number(at), usize::from(number(at + 2)));
        let mut data = stream[at + 4..at + 4 + length].to_vec();
        if kind == 0x85 {
            let place = u32::from_le_bytes(data[..4].try_into().unwrap()) + added;
            data[..4].copy_from_slice(&place.to_le_bytes());
        }
        out.extend_from_slice(&stream[at..at + 4]);
        let clear = match kind {
            0x809 | 0xe1 => length,
            0x85 => 4,
            _ => 0,
        };
        let place = out.len() + clear;
        mix(&mut data[clear..], place, length);
        out.extend(data);
        if at == 0 {
            out.extend([0x2f, 0, record.len() as u8, 0]);
            out.extend(record);
        }
        at += 4 + length;
    }
    msg::compound(&[(0, "Workbook", Some(&out))])
}

/// The old document with its streams locked.
fn document(header: &[u8], flags: u16, first: u32, mix: &dyn Fn(&mut [u8], usize, usize)) -> Vec<u8> {
    let file = Compound::parse(legacy::doc()).unwrap();
    let stream = |name: &str| file.stream(file.find(ole::ROOT, name).unwrap());
    let (mut main, mut table) = (stream("WordDocument"), [header, &stream("0Table")].concat());
    main[10..12].copy_from_slice(&flags.to_le_bytes());
    main[14..18].copy_from_slice(&first.to_le_bytes());
    main[0x1a2..0x1a6].copy_from_slice(&(header.len() as u32).to_le_bytes());
    let clear = if flags & 0x8000 != 0 { 0x34 } else { 68 };
    mix(&mut main[clear..], clear, 0);
    mix(&mut table[header.len()..], header.len(), 0);
    msg::compound(&[(0, "WordDocument", Some(&main)), (0, "0Table", Some(&table))])
}

fn read_with(bytes: &[u8], passwords: &[&str]) -> String {
    let passwords: Vec<_> = passwords.iter().map(|password| Sensitive::new((*password).to_owned())).collect();
    let limits = Limits::default();
    printed_with(bytes, "x", &Reading { passwords: &passwords, ..Reading::within(&limits) })
}

/// Refused without and with the wrong password, read as what it was with the right one.
#[track_caller]
fn check_locked(bytes: &[u8], kind: &str, plain: &str) {
    for wrong in [&[][..], &["summer"]] {
        assert_eq!(read_with(bytes, wrong).lines().next(), Some(format!("unread encrypted {kind}").as_str()));
    }
    let got = read_with(bytes, &["summer", PASSWORD]);
    let content =
        |text: &str| text.lines().skip(1).filter(|line| !line.starts_with('!')).collect::<Vec<_>>().join("\n");
    assert_eq!(content(&got), content(plain), "{got}");
}

#[test]
fn old_workbooks_open_with_their_password_only() {
    let plain = printed(&legacy::xls(), "x", &Limits::default());
    for scheme in [Scheme::plain(), Scheme::api(40), Scheme::api(128)] {
        let keys = scheme.keys(1024, 40_000);
        let record = [&[1, 0][..], &scheme.header].concat();
        let file = workbook(&record, &|data, place, _| {
            data.iter_mut().zip(&keys[place..]).for_each(|(byte, key)| *byte ^= key);
        });
        check_locked(&file, "application/vnd.ms-excel", &plain);
    }
    let keys = xor_keys(2);
    let record: Vec<u8> = [0, XOR.0, XOR.1].iter().flat_map(|number| number.to_le_bytes()).collect();
    let file = workbook(&record, &|data, place, length| {
        for (n, byte) in data.iter_mut().enumerate() {
            *byte = (*byte ^ keys[(place + length + n) % 16]).rotate_right(3);
        }
    });
    check_locked(&file, "application/vnd.ms-excel", &plain);
}

#[test]
fn old_documents_open_with_their_password_only() {
    let plain = printed(&legacy::doc(), "x", &Limits::default());
    for scheme in [Scheme::plain(), Scheme::api(128)] {
        let keys = scheme.keys(512, 20_000);
        let file = document(&scheme.header, 0x100, scheme.header.len() as u32, &|data, place, _| {
            data.iter_mut().zip(&keys[place..]).for_each(|(byte, key)| *byte ^= key);
        });
        check_locked(&file, "application/msword", &plain);
    }
    let keys = xor_keys(7);
    let first = u32::from(XOR.1) | u32::from(XOR.0) << 16;
    let file = document(&[], 0x8100, first, &|data, place, _| {
        for (n, byte) in data.iter_mut().enumerate() {
            let key = keys[(place + n) % 16];
            *byte = if *byte == 0 || *byte == key { *byte } else { *byte ^ key };
        }
    });
    check_locked(&file, "application/msword", &plain);
}

const PAGE: usize = 4096;

/// A page of rows, the last of them first.
fn rows(kind: u8, rows: &[Vec<u8>]) -> Vec<u8> {
    let mut page = vec![0; PAGE];
    (page[0], page[1]) = (kind, 1);
    page[12..14].copy_from_slice(&(rows.len() as u16).to_le_bytes());
    let mut end = PAGE;
    for (number, row) in rows.iter().enumerate() {
        end -= row.len();
        page[end..end + row.len()].copy_from_slice(row);
        page[14 + number * 2..16 + number * 2].copy_from_slice(&(end as u16).to_le_bytes());
    }
    page
}

/// The definition of a table: its columns by name and type, those of fixed length with their place; which row of page 4 tells
/// where its rows lie.
fn definition(columns: &[(&str, u8, Option<u16>)], count: u32, map: u32) -> Vec<u8> {
    let mut page = vec![2, 1];
    page.resize(63, 0);
    page[16..20].copy_from_slice(&count.to_le_bytes());
    let variable = columns.iter().filter(|(_, _, place)| place.is_none()).count() as u16;
    page[43..45].copy_from_slice(&variable.to_le_bytes());
    page[45..47].copy_from_slice(&(columns.len() as u16).to_le_bytes());
    page[55..59].copy_from_slice(&(4 << 8 | map).to_le_bytes());
    let mut seen = 0_u16;
    for (number, (_, kind, place)) in (0_u16..).zip(columns) {
        let mut entry = vec![0; 25];
        entry[0] = *kind;
        entry[5..7].copy_from_slice(&number.to_le_bytes());
        entry[7..9].copy_from_slice(&seen.to_le_bytes());
        entry[9..11].copy_from_slice(&number.to_le_bytes());
        entry[15] = 2 | u8::from(place.is_some());
        entry[21..23].copy_from_slice(&place.unwrap_or(0).to_le_bytes());
        entry[23..25].copy_from_slice(&100_u16.to_le_bytes());
        seen += u16::from(place.is_none());
        page.extend(entry);
    }
    for (name, ..) in columns {
        page.extend((name.len() as u16 * 2).to_le_bytes());
        page.extend(wide(name));
    }
    page.resize(PAGE, 0);
    page
}

/// A row: how many columns, those of fixed length, the others, and which are filled.
fn row(count: u16, fixed: &[u8], others: &[Vec<u8>], filled: u8) -> Vec<u8> {
    let mut out = [&count.to_le_bytes()[..], fixed].concat();
    let mut starts = Vec::new();
    for other in others {
        starts.push(out.len() as u16);
        out.extend(other);
    }
    out.extend((out.len() as u16).to_le_bytes());
    starts.iter().rev().for_each(|start| out.extend(start.to_le_bytes()));
    out.extend((others.len() as u16).to_le_bytes());
    out.push(filled);
    out
}

/// A database of one table. Version 1 is Jet 4, 2 is ACE; pages are mixed by the key of their number.
fn database(version: u8, own_key: u32, header: &[u8], key: &dyn Fn(u32) -> Option<Vec<u8>>) -> Vec<u8> {
    let mut first = vec![0; PAGE];
    first[4..20].copy_from_slice(if version == 1 { b"Standard Jet DB\0" } else { b"Standard ACE DB\0" });
    first[0x14] = version;
    first[0x3e..0x42].copy_from_slice(&own_key.to_le_bytes());
    let mixed = with(&first[0x18..0x98], &rc4(&[0xc7, 0xda, 0x39, 0x6b], 128));
    first[0x18..0x98].copy_from_slice(&mixed);
    first[0x299..0x29b].copy_from_slice(&(header.len() as u16).to_le_bytes());
    first[0x29b..0x29b + header.len()].copy_from_slice(header);
    let objects = [("MSysObjects", 2_u32, 0x8000_0000_u32), ("Patients", 5, 0)].map(|(name, page, flags)| {
        row(4, &[&page.to_le_bytes()[..], &[1, 0], &flags.to_le_bytes()].concat(), &[wide(name)], 15)
    });
    let memo = |text: &str| {
        let text = wide(text);
        [&(text.len() as u32 | 0x8000_0000).to_le_bytes()[..], &[0; 8], &text].concat()
    };
    // 3 May 2011 in days since the end of 1899.
    let born = 40_666_f64.to_le_bytes();
    let patients = [
        row(5, &[&7_u32.to_le_bytes()[..], &born].concat(), &[wide("Zoë Łuk"), memo("See ward 3")], 0b1_1111),
        row(5, &[&8_u32.to_le_bytes()[..], &[0; 8]].concat(), &[wide("Bo"), Vec::new()], 0b0_0101),
    ];
    let pages = [
        rows(1, &[vec![0]]),
        definition(&[("Id", 4, Some(0)), ("Type", 3, Some(4)), ("Flags", 4, Some(6)), ("Name", 10, None)], 2, 0),
        rows(1, &objects),
        // Which pages are whose: a bit each.
        rows(1, &[vec![0, 0, 0, 0, 0, 1 << 3], vec![0, 0, 0, 0, 0, 1 << 6]]),
        definition(
            &[("No", 4, Some(0)), ("Born", 8, Some(4)), ("Name", 10, None), ("Note", 12, None), ("Alive", 1, Some(0))],
            2,
            1,
        ),
        rows(1, &patients),
    ];
    let mut out = first;
    for (number, page) in (1_u32..).zip(pages) {
        out.extend(key(number).map_or(page.clone(), |key| with(&page, &rc4(&key, PAGE))));
    }
    out
}

#[test]
fn databases_of_access_give_their_tables_and_locked_ones_want_the_password() {
    let expect = "read application/x-msaccess
# [Patients]
1 No | Born | Name | Note | Alive
2 n7 | d2011-05-03 | Zoë Łuk | See ward 3 | btrue
3 n8 | - | Bo | - | bfalse
";
    for version in [1, 2] {
        assert_eq!(read_with(&database(version, 0, &[], &|_| None), &[]), expect);
    }
    // What Jet calls encoded needs no password.
    let key = 0x1234_5678_u32;
    assert_eq!(read_with(&database(1, key, &[], &|page| Some((key ^ page).to_le_bytes().to_vec())), &[]), expect);
    for bits in [40, 128] {
        let scheme = Scheme::api(bits);
        let file = database(2, key, &scheme.header, &|page| Some((scheme.key)(key ^ page)));
        check_locked(&file, "application/x-msaccess", expect);
    }
    let whole = database(2, 0, &[], &|_| None);
    for at in (0x14..whole.len()).step_by(7) {
        let mut damaged = whole.clone();
        damaged[at] ^= 0x41;
        assert!(!read_with(&damaged, &[]).contains("parser failed"), "{at}");
    }
}

/// Records of a stream.
fn records(records: &[(u16, Vec<u8>)]) -> Vec<u8> {
    let one =
        |(kind, data): &(u16, Vec<u8>)| [&kind.to_le_bytes()[..], &(data.len() as u16).to_le_bytes(), data].concat();
    records.iter().flat_map(one).collect()
}

#[test]
fn the_pivot_cache_of_an_old_workbook_is_a_hidden_table() {
    let text = |text: &str| [&(text.len() as u16).to_le_bytes()[..], &[0], text.as_bytes()].concat();
    let field = |name: &str, flags: u16| (0xc7, [&flags.to_le_bytes()[..], &[0; 12], &text(name)].concat());
    let born = [&2011_u16.to_le_bytes()[..], &[5, 0, 3, 0, 0, 0]].concat();
    // The first field has a list of its values, of which rows give the number; the others stand in the rows.
    let cache = records(&[
        (0xc6, vec![0; 20]),
        field("Name", 1),
        (0xcd, text("Ann Stone")),
        (0xcd, text("Bo")),
        field("NHS", 0),
        field("Born", 0),
        (0xc8, vec![1]),
        (0xc9, 9_990_000_026_f64.to_le_bytes().to_vec()),
        (0xce, born),
        (0xc8, vec![0]),
        (0xc9, 9_990_000_018_f64.to_le_bytes().to_vec()),
        (0xcf, Vec::new()),
        (0x0a, Vec::new()),
    ]);
    let file = Compound::parse(legacy::xls()).unwrap();
    let workbook = file.stream(file.find(ole::ROOT, "Workbook").unwrap());
    let bytes = msg::compound(&[(0, "Workbook", Some(&workbook)), (0, "_SX_DB_CUR", None), (2, "0001", Some(&cache))]);
    let got = printed(&bytes, "x.xls", &Limits::default());
    let expect = "# [pivot cache 1] (hidden)
1 Name | NHS | Born
2 Bo | n9990000026 | d2011-05-03
3 Ann Stone | n9990000018 | -
";
    assert!(got.ends_with(expect), "{got}");
}
