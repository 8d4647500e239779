//! OLE objects, made here object by object.

use super::msg::compound;
use super::{check, printed};
use crate::extract::Limits;

/// The stream of a packaged file.
pub(super) fn native(name: &str, source: &str, content: &[u8]) -> Vec<u8> {
    let mut body = vec![2, 0];
    for text in [name, source] {
        body.extend_from_slice(text.as_bytes());
        body.push(0);
    }
    body.extend_from_slice(&[0, 0, 3, 0]);
    body.extend_from_slice(&(source.len() as u32 + 1).to_le_bytes());
    body.extend_from_slice(source.as_bytes());
    body.push(0);
    body.extend_from_slice(&(content.len() as u32).to_le_bytes());
    body.extend_from_slice(content);
    [&(body.len() as u32).to_le_bytes()[..], &body].concat()
}

pub(super) fn package() -> Vec<u8> {
    compound(&[(0, "\u{1}Ole10Native", Some(&native("list.csv", "C:\\Users\\a\\list.csv", b"a,b")))])
}

#[test]
fn a_packaged_file_is_a_member_by_its_own_name() {
    check(
        &package(),
        "oleObject1.bin",
        "read application/x-ole-storage
         = [properties] (hidden)
         1 C:\\Users\\a\\list.csv
         > list.csv 3: a,b",
    );
}

#[test]
fn a_document_in_a_storage_is_a_file_of_its_own() {
    let long = vec![b'x'; 5000];
    let file = compound(&[
        (0, "ObjectPool", None),
        (1, "_123", None),
        (2, "VisioDocument", Some(b"drawing")),
        (2, "Sub", None),
        (4, "\u{1}Ole10Native", Some(&native("", "C:\\b.txt", &long[..3000]))),
    ]);
    let outer = crate::extract::ole::Compound::open(file).unwrap();
    let objects = crate::extract::ole_native::objects(&outer, 0);
    assert_eq!(objects.len(), 1);
    assert_eq!(objects[0].name, "ObjectPool/_123.vsd");
    let inner = crate::extract::ole::Compound::open(objects[0].content.clone()).unwrap();
    assert_eq!(inner.named(0, "VisioDocument").unwrap(), b"drawing");
    let got = printed(&objects[0].content, "x", &Limits::default());
    assert!(got.contains("> b.txt 3000: xxx"), "{got}");
}

#[test]
fn storages_that_lead_to_each_other_are_walked_once() {
    let names: Vec<String> = (0..40).map(|n| format!("s{n}")).collect();
    let mut entries: Vec<_> = names.iter().map(|name| (0, name.as_str(), None)).collect();
    let content = native("list.csv", "", b"a,b");
    entries.push((1, "\u{1}Ole10Native", Some(content.as_slice())));
    let mut file = compound(&entries);
    let directory = (u32::from_le_bytes(file[48..52].try_into().unwrap()) as usize + 1) * 512;
    // Every storage but the one that holds the stream has all the others in it.
    for storage in 2..=40 {
        let child = directory + storage * 128 + 76;
        file[child..child + 4].copy_from_slice(&1_u32.to_le_bytes());
    }
    let got = printed(&file, "x", &Limits::default());
    assert!(got.contains("> list.csv 3: a,b"), "{got}");
}
