//! The pool against good, dead, silent and lying workers. Workers are threads here: the channel is the same.
#![allow(clippy::disallowed_methods, reason = "tests make the files that their units are read from")]

use super::*;
use crate::channel::{receive, receive_file};
use crate::unit::{Container, Listing};
use crate::worker;
use assay_model::{ExhibitId, ExhibitKind, ItemPath, ItemStatus, UnreadReason};
use std::collections::BTreeMap;
use std::io::{Cursor, Write};
use std::path::Path;
use zip::write::SimpleFileOptions;

/// Serves a channel in a thread.
struct Threads(fn(&UnixStream));

impl Hire for Threads {
    fn hire(&self) -> io::Result<Worker> {
        let (ours, theirs) = UnixStream::pair()?;
        let serve = self.0;
        std::thread::spawn(move || serve(&theirs));
        Ok(Worker::new(ours, None))
    }
}

fn zip(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in members {
        writer.start_file(*name, SimpleFileOptions::default()).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// Runs the pool over a folder with one file `a.zip`; gives each item's path with its state.
fn states(serve: fn(&UnixStream), members: &[(&str, &[u8])], patience: Duration) -> BTreeMap<String, ItemStatus> {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a.zip"), zip(members)).unwrap();
    run(serve, folder.path(), &AtomicBool::new(false), patience).unwrap()
}

/// A good worker compiles its rules first, and this machine may be busy.
const PATIENT: Duration = Duration::from_secs(60);
const IMPATIENT: Duration = Duration::from_millis(300);

fn run(
    serve: fn(&UnixStream),
    folder: &Path,
    stop: &AtomicBool,
    patience: Duration,
) -> Result<BTreeMap<String, ItemStatus>, PoolError<io::Error>> {
    let settings = ScanSettings::default();
    let passwords = Passwords::default();
    let pool = Pool {
        hire: &Threads(serve),
        workers: 2,
        recognition: None,
        settings: &settings,
        passwords: &passwords,
        patience,
        stop,
        weigh: &|_| 1,
        turn: &|_| Turn::Census,
        budget: 1,
    };
    let unit = Unit::of_file(&ExhibitId::new("LEAK/1"), ExhibitKind::Leak, &ItemPath::of_file("a.zip"));
    let mut states = BTreeMap::new();
    let open = |_: &Unit, file: &ItemPath| File::open(folder.join(file.as_str()));
    pool.run(vec![unit], &open, &mut |_, answer, brought| {
        for item in answer.items {
            assert!(states.insert(item.path.as_str().to_owned(), item.status).is_none(), "an item came twice");
        }
        Ok(brought)
    })?;
    Ok(states)
}

fn good(channel: &UnixStream) {
    worker::serve(channel).ok();
}

/// Good but for a unit that holds `bad.txt`, which ends it.
fn dies_of_bad(channel: &UnixStream) {
    if greet(channel).is_err() || receive(channel).is_err() {
        return;
    }
    let mut workshop = crate::work::Workshop::new(&ScanSettings::default()).unwrap();
    while let Ok(frame) = receive(channel) {
        let unit = Unit::from_bytes(&frame.payload).unwrap();
        let file = receive_file(channel).unwrap();
        if unit.items().iter().any(|(path, _)| path.file_name() == "bad.txt") {
            channel.shutdown(std::net::Shutdown::Both).ok();
            return;
        }
        let mut items = Vec::new();
        workshop.run(&unit, vec![Some(file)], &mut |output| match output {
            crate::work::Output::Item(item) => items.push(item),
            crate::work::Output::Mentions(_) | crate::work::Output::Passwords(_) | crate::work::Output::Loose(_) => {}
            crate::work::Output::Listing(l) => send(channel, FrameKind::Listing, &l.to_bytes()).unwrap(),
            crate::work::Output::Listed(_) => {}
            crate::work::Output::Gateway(..) | crate::work::Output::Apart | crate::work::Output::Alive => {}
        });
        let batch = crate::wire::item_rows(&items).unwrap();
        let payload = crate::wire::rows_payload(crate::wire::TableId::Item, &batch).unwrap();
        send(channel, FrameKind::Rows, &payload).unwrap();
        send(channel, FrameKind::Done, &[]).unwrap();
    }
}

fn greet(channel: &UnixStream) -> Result<(), crate::frame::FrameError> {
    send(channel, FrameKind::Alive, &[])
}

fn silent(channel: &UnixStream) {
    greet(channel).ok();
    while receive(channel).is_ok() {}
}

/// Says that the file holds a member of somebody else's container.
fn lies(channel: &UnixStream) {
    if greet(channel).is_err()
        || receive(channel).is_err()
        || receive(channel).is_err()
        || receive_file(channel).is_err()
    {
        return;
    }
    let path = ItemPath::of_file("elsewhere.zip");
    let container = Container { path, media_type: "application/zip".into(), steps: Vec::new() };
    let listing = Listing { container, members: Vec::new() };
    send(channel, FrameKind::Listing, &listing.to_bytes()).ok();
    send(channel, FrameKind::Done, &[]).ok();
    silent(channel);
}

#[test]
fn every_member_at_every_depth_is_an_item() {
    let inner = zip(&[("deep.txt", b"some words")]);
    let states = states(good, &[("b.txt", b"words"), ("inner.zip", &inner), ("empty.txt", b"")], PATIENT);
    let paths: Vec<_> = states.keys().map(String::as_str).collect();
    assert_eq!(paths, ["a.zip", "a.zip!b.txt", "a.zip!empty.txt", "a.zip!inner.zip", "a.zip!inner.zip!deep.txt"]);
    assert!(states.values().all(|status| *status == ItemStatus::Read), "{states:?}");
}

#[test]
fn an_item_that_ends_its_worker_costs_itself_only() {
    let states = states(dies_of_bad, &[("a.txt", b"words"), ("bad.txt", b"words"), ("c.txt", b"words")], PATIENT);
    let timeout = ItemStatus::Unread(UnreadReason::Timeout);
    for (path, status) in &states {
        assert_eq!(*status == timeout, path.ends_with("bad.txt"), "{path}");
    }
    assert_eq!(states.len(), 4);
}

#[test]
fn silence_and_lies_end_in_timeout() {
    for serve in [silent, lies] {
        let states = states(serve, &[("a.txt", b"words")], IMPATIENT);
        let timeout = (String::from("a.zip"), ItemStatus::Unread(UnreadReason::Timeout));
        assert_eq!(states.into_iter().collect::<Vec<_>>(), [timeout]);
    }
}

fn cannot_be_jailed(channel: &UnixStream) {
    send(channel, FrameKind::Refused, b"no Landlock").ok();
}

#[test]
fn nothing_is_read_where_workers_cannot_be_shut_in() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a.zip"), zip(&[("a.txt", b"words")])).unwrap();
    let refused = run(cannot_be_jailed, folder.path(), &AtomicBool::new(false), PATIENT).unwrap_err();
    assert!(matches!(&refused, PoolError::Jail { reason } if reason == "no Landlock"));
    assert!(refused.to_string().contains("--without-jail"));
}

#[test]
fn a_stopped_pool_says_so() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a.zip"), zip(&[("a.txt", b"words")])).unwrap();
    let stopped = run(silent, folder.path(), &AtomicBool::new(true), PATIENT);
    assert!(matches!(stopped, Err(PoolError::Stopped)));
    let missing = run(good, &folder.path().join("none"), &AtomicBool::new(false), PATIENT);
    assert!(matches!(missing, Err(PoolError::Open(_))));
}

#[test]
fn a_long_item_with_nobody_in_it_shows_signs_of_life() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("long.txt");
    // Over two stretches.
    std::fs::write(&path, "pumps and valves were looked at, none was changed.\n".repeat(100_000)).unwrap();
    let (ours, theirs) = UnixStream::pair().unwrap();
    let served = std::thread::spawn(move || good(&theirs));
    assert_eq!(receive(&ours).unwrap().kind, FrameKind::Alive);
    send(&ours, FrameKind::Settings, &settings::to_bytes(&ScanSettings::default())).unwrap();
    let unit = Unit::of_file(&ExhibitId::new("LEAK/1"), ExhibitKind::Leak, &ItemPath::of_file("long.txt"));
    send(&ours, FrameKind::Unit, &unit.to_bytes()).unwrap();
    send_file(&ours, &File::open(path).unwrap()).unwrap();
    let mut signs = 0;
    loop {
        match receive(&ours).unwrap().kind {
            FrameKind::Alive => signs += 1,
            FrameKind::Done => break,
            _ => {}
        }
    }
    drop(ours);
    served.join().unwrap();
    // One for each stretch, one for the rest, one for the item.
    assert!(signs >= 4, "{signs} signs of life");
}
