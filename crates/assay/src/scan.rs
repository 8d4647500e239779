//! The scan stage: units through the pool to sealed segments, each with its receipt; and back from the segments.
//!
//! Answers are written in batches. A batch's segments are on disk before its receipts are committed, together with the units
//! that its listings brought: whatever moment the power fails at, the next run reads just what has no receipt.

use crate::case::Case;
use crate::outcome::Interrupted;
use crate::progress::Progress;
use anyhow::{Context, anyhow};
use arrow_array::RecordBatch;
use assay_analysis::gateway::GatewaySource;
use assay_case::Store;
use assay_case::journal::{Receipt, UnitRow};
use assay_case::sealed::SealedExhibit;
use assay_engine::jail::Jail;
use assay_engine::pool::{Hire, PATIENCE, Pool, PoolError, Processes};
use assay_engine::tool;
use assay_engine::unit::{Scope, Unit};
use assay_engine::wire::{
    MentionRecord, Rows, TableId, gateway_rows, gateway_sources_of, item_rows, items_of, mention_rows, mentions_of,
};
use assay_engine::{Answer, fingerprint};
use assay_evidence::intake as evidence;
use assay_model::{ExhibitId, ExhibitKind, Item, ItemPath, SealedFile};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Set by Ctrl-C.
static STOP: AtomicBool = AtomicBool::new(false);

/// Rows of a batch, about: a segment of a few megabytes.
const BATCH_ROWS: usize = 50_000;
/// The longest that read units wait for their receipt.
const BATCH_TIME: Duration = Duration::from_secs(2);

/// Lets Ctrl-C stop a scan between two answers.
pub(crate) fn stop_on_interrupt() -> anyhow::Result<()> {
    ctrlc::set_handler(|| STOP.store(true, Ordering::Relaxed)).context("Ctrl-C cannot be caught")
}

/// The stage that records a scan, by its fingerprint, of which some was read without the jail.
const WITHOUT_JAIL: &str = "without-jail";

/// How far the workers were shut in that read under this fingerprint.
pub(crate) fn jail_of(case: &Case, fingerprint: &str) -> anyhow::Result<Jail> {
    let without = case.store.journal.stage(WITHOUT_JAIL)?.as_deref() == Some(fingerprint);
    Ok(if without { Jail::LimitsOnly } else { Jail::Full })
}

/// Everything read, in the order of the case.
#[derive(Default)]
pub(crate) struct Read {
    pub(crate) items: Vec<Item>,
    pub(crate) mentions: Vec<MentionRecord>,
    pub(crate) sources: Vec<GatewaySource>,
}

/// Where each unit's bytes come from.
struct Files<'a>(BTreeMap<&'a str, OfExhibit<'a>>);

/// The files of one exhibit, where they lie, and the exhibit's hash.
struct OfExhibit<'a> {
    root: PathBuf,
    hash: [u8; 32],
    by_path: BTreeMap<&'a str, &'a SealedFile>,
}

impl<'a> Files<'a> {
    fn new(case: &Case, exhibits: &'a [SealedExhibit]) -> Self {
        let roots: BTreeMap<_, _> =
            case.sources().iter().map(|s| (s.said.id.clone(), evidence::root(s.path))).collect();
        let of_exhibit = |sealed: &'a SealedExhibit| OfExhibit {
            root: roots.get(&sealed.exhibit.id).cloned().unwrap_or_default(),
            hash: sealed.exhibit.blake3,
            by_path: sealed.files.iter().map(|file| (file.path.as_str(), file)).collect(),
        };
        Self(exhibits.iter().map(|sealed| (sealed.exhibit.id.as_str(), of_exhibit(sealed))).collect())
    }

    fn of(&self, unit: &Unit) -> Option<(&PathBuf, &'a SealedFile)> {
        let exhibit = self.0.get(unit.exhibit.as_str())?;
        Some((&exhibit.root, exhibit.by_path.get(unit.file.as_str())?))
    }

    fn row(&self, unit: &Unit) -> UnitRow {
        let hash = self.0.get(unit.exhibit.as_str()).map(|exhibit| exhibit.hash).unwrap_or_default();
        UnitRow { unit: unit.id(&hash), generation: unit.generation(), description: unit.to_bytes() }
    }
}

/// Claims are read by the parent; statements and inventories are sealed and not read yet.
fn is_scanned(kind: ExhibitKind) -> bool {
    match kind {
        ExhibitKind::Leak | ExhibitKind::ProofPack | ExhibitKind::PriorLeak => true,
        ExhibitKind::Gateway | ExhibitKind::Register => true,
        ExhibitKind::Claim | ExhibitKind::Statement | ExhibitKind::Inventory => false,
    }
}

/// Reads what has no receipt yet.
pub(crate) fn scan(case: &mut Case, exhibits: &[SealedExhibit], jail: Jail) -> anyhow::Result<String> {
    let settings = case.scan_settings();
    // Rules are the user's too: a fault in a pattern shows here, once, and not in every worker.
    assay_analysis::detect::Detector::new(&settings)?;
    let recogniser = recogniser()?;
    let fingerprint = fingerprint_with(case, recogniser.as_deref());
    let files = Files::new(case, exhibits);
    let of_files = exhibits.iter().filter(|sealed| is_scanned(sealed.exhibit.kind)).flat_map(|sealed| {
        let exhibit = &sealed.exhibit;
        sealed.files.iter().map(move |file| Unit::of_file(&exhibit.id, exhibit.kind, &file.path))
    });
    let rows: Vec<_> = of_files.map(|unit| files.row(&unit)).collect();
    case.store.journal.add_units(&fingerprint, &rows)?;
    let open: Vec<Unit> = case.store.journal.open_units(&fingerprint)?.iter().filter_map(unit_of).collect();
    // Units of an exhibit that was taken out of the case file stay in the journal and are passed over.
    let open: Vec<Unit> = open.into_iter().filter(|unit| files.of(unit).is_some()).collect();
    if open.is_empty() {
        return Ok(fingerprint);
    }
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    let program = std::env::current_exe().context("the program cannot find itself to start its workers")?;
    let mut arguments = vec!["worker".into()];
    if jail == Jail::LimitsOnly {
        arguments.push("--without-jail".into());
        // Before anything is read: what was read so must be told, whatever happens next.
        case.store.journal.finish_stage(WITHOUT_JAIL, &fingerprint)?;
    }
    let tools = tools(jail)?;
    let recognition = recogniser.as_ref().map(|_| &tools as &dyn Hire);
    let hire = Processes { program, arguments };
    let pool = Pool { hire: &hire, workers, recognition, settings: &settings, patience: PATIENCE, stop: &STOP };
    let mut progress = Progress::new("scan", open.len() as u64);
    let mut batch = Batch::new(&mut case.store, fingerprint.clone());
    let open_file = |unit: &Unit| {
        let (root, file) = files.of(unit).ok_or(std::io::ErrorKind::NotFound)?;
        evidence::open(root, &file.disk).map_err(std::io::Error::other)
    };
    let done = pool.run(open, &open_file, &mut |unit, mut answer, brought| {
        if unit.scope == Scope::File
            && let Some((_, file)) = files.of(unit)
        {
            answer.of_sealed_file(file.bytes, file.sha256);
        }
        progress.more(brought.len() as u64);
        progress.unit(answer.items.len() as u64, bytes_of(unit, &answer), answer.mentions.iter().filter_map(person));
        let brought = brought.iter().map(|unit| files.row(unit)).collect();
        batch.take(files.row(unit).unit, answer, brought)
    });
    let flushed = batch.flush();
    match done {
        Ok(()) => flushed?,
        Err(PoolError::Stopped) => {
            flushed?;
            return Err(Interrupted.into());
        }
        Err(PoolError::Taker(Failed(error))) => return Err(error),
        Err(error) => return Err(anyhow!(error)),
    }
    Ok(fingerprint)
}

/// Who recognises text in pictures on this system, by name and version. Asked without the jail where that cannot be had: it
/// sees no evidence yet.
pub(crate) fn recogniser() -> anyhow::Result<Option<String>> {
    Ok(tool::find(&tools(Jail::Full)?).or(tool::find(&tools(Jail::LimitsOnly)?)))
}

/// With what a case is read on this system now: its settings, and who recognises text in pictures.
pub(crate) fn fingerprint_now(case: &Case) -> anyhow::Result<String> {
    Ok(fingerprint_with(case, recogniser()?.as_deref()))
}

fn fingerprint_with(case: &Case, recogniser: Option<&str>) -> String {
    let settings = fingerprint(&case.scan_settings());
    match recogniser {
        Some(name) => blake3::hash(format!("{settings} {name}").as_bytes()).to_hex().chars().take(32).collect(),
        None => settings,
    }
}

/// How the second kind of worker is started, which runs the tool that recognises text.
fn tools(jail: Jail) -> anyhow::Result<Processes> {
    let program = std::env::current_exe().context("the program cannot find itself to start its workers")?;
    let mut arguments = vec!["worker".into(), "--tool".into()];
    if jail == Jail::LimitsOnly {
        arguments.push("--without-jail".into());
    }
    Ok(Processes { program, arguments })
}

fn unit_of(row: &UnitRow) -> Option<Unit> {
    Unit::from_bytes(&row.description)
}

/// Bytes of the exhibit that a unit speaks for: members were counted with their file.
fn bytes_of(unit: &Unit, answer: &Answer) -> u64 {
    match unit.scope {
        Scope::File => answer.items.iter().map(|item| item.bytes).sum(),
        Scope::Members(_) => 0,
    }
}

/// Something like a person, for the count that is shown while it works.
fn person(record: &MentionRecord) -> Option<u64> {
    let mention = &record.mention;
    let name = mention.names().next().map(|name| format!("{} {}", name.given.join(" "), name.family).to_lowercase());
    let key = match (mention.nhs_number(), mention.date_of_birth()) {
        (Some(number), _) => number.to_owned(),
        (None, Some(date)) => format!("{date} {}", name?),
        (None, None) => return None,
    };
    blake3::hash(key.as_bytes()).as_bytes().first_chunk().map(|head| u64::from_le_bytes(*head))
}

/// The error of whoever takes answers, in the form that the pool asks for.
#[derive(Debug, thiserror::Error)]
#[error("{0:#}")]
struct Failed(anyhow::Error);

/// Answers that wait for their receipt.
struct Batch<'a> {
    store: &'a mut Store,
    fingerprint: String,
    read: Read,
    receipts: Vec<(String, u64)>,
    brought: Vec<UnitRow>,
    since: Instant,
}

#[allow(clippy::disallowed_methods, reason = "the clock decides when receipts are written, never what they hold")]
fn now() -> Instant {
    Instant::now()
}

impl<'a> Batch<'a> {
    fn new(store: &'a mut Store, fingerprint: String) -> Self {
        let (receipts, brought) = (Vec::new(), Vec::new());
        Self { store, fingerprint, read: Read::default(), receipts, brought, since: now() }
    }

    fn take(&mut self, unit: String, answer: Answer, brought: Vec<UnitRow>) -> Result<(), Failed> {
        let rows = answer.items.len() + answer.mentions.len() + answer.sources.len();
        self.receipts.push((unit, rows as u64));
        self.brought.extend(brought);
        self.read.items.extend(answer.items);
        self.read.mentions.extend(answer.mentions);
        self.read.sources.extend(answer.sources);
        let full = self.read.mentions.len() + self.read.items.len() >= BATCH_ROWS;
        if full || self.since.elapsed() >= BATCH_TIME { self.flush().map_err(Failed) } else { Ok(()) }
    }

    fn flush(&mut self) -> anyhow::Result<()> {
        if self.receipts.is_empty() {
            return Ok(());
        }
        let read = std::mem::take(&mut self.read);
        let (mentions, findings) = mention_rows(&read.mentions)?;
        let (sources, events) = gateway_rows(&read.sources)?;
        let tables = [
            (TableId::Item, item_rows(&read.items)?),
            (TableId::Mention, mentions),
            (TableId::Finding, findings),
            (TableId::GatewaySource, sources),
            (TableId::GatewayEvent, events),
        ];
        let filled = tables.iter().filter(|(_, rows)| rows.num_rows() > 0);
        let segments = filled.map(|(table, rows)| self.store.segments.write(table.as_str(), rows));
        let segments = segments.collect::<Result<Vec<_>, _>>()?;
        let receipt = |(unit, rows)| Receipt { unit, segments: segments.clone(), rows };
        let receipts: Vec<_> = std::mem::take(&mut self.receipts).into_iter().map(receipt).collect();
        self.store.journal.commit(&self.fingerprint, &receipts, &std::mem::take(&mut self.brought))?;
        self.since = now();
        Ok(())
    }
}

/// Everything that has a receipt and belongs to the exhibits at hand, in the order of the case: exhibit, path, number.
pub(crate) fn load(case: &Case, exhibits: &[SealedExhibit], fingerprint: &str) -> anyhow::Result<Read> {
    let mut read = Read::default();
    let batches: BTreeSet<Vec<String>> =
        case.store.journal.receipts(fingerprint)?.into_iter().map(|receipt| receipt.segments).collect();
    for segments in batches {
        let mut tables: BTreeMap<&str, RecordBatch> = BTreeMap::new();
        for segment in &segments {
            let table = segment.rsplit_once('-').map_or("", |(table, _)| table);
            tables.insert(table, case.store.segments.read(segment)?);
        }
        let empty = |table: TableId| RecordBatch::new_empty(table.schema());
        let rows = |table: TableId| tables.get(table.as_str()).cloned().unwrap_or_else(|| empty(table));
        read.items.extend(items_of(&Rows::from_batch(TableId::Item, &rows(TableId::Item))?)?);
        let (mentions, findings) = (rows(TableId::Mention), rows(TableId::Finding));
        read.mentions.extend(mentions_of(
            &Rows::from_batch(TableId::Mention, &mentions)?,
            &Rows::from_batch(TableId::Finding, &findings)?,
        )?);
        let (sources, events) = (rows(TableId::GatewaySource), rows(TableId::GatewayEvent));
        read.sources.extend(gateway_sources_of(
            &Rows::from_batch(TableId::GatewaySource, &sources)?,
            &Rows::from_batch(TableId::GatewayEvent, &events)?,
        )?);
    }
    // Rows of a register that gave its place in the case file to another are passed over.
    let place = places(exhibits);
    read.items.retain(|item| place(&item.exhibit, &item.path).is_some());
    read.mentions.retain(|r| place(&r.mention.locator.exhibit, &r.mention.locator.path).is_some());
    read.sources.retain(|source| place(&source.exhibit, &source.path).is_some());
    read.items.sort_by(|a, b| (place(&a.exhibit, &a.path), &a.path).cmp(&(place(&b.exhibit, &b.path), &b.path)));
    read.mentions.sort_by(|a, b| {
        let (x, y) = (&a.mention.locator, &b.mention.locator);
        (place(&x.exhibit, &x.path), &x.path, a.ordinal).cmp(&(place(&y.exhibit, &y.path), &y.path, b.ordinal))
    });
    read.sources.sort_by(|a, b| (place(&a.exhibit, &a.path), &a.path).cmp(&(place(&b.exhibit, &b.path), &b.path)));
    Ok(read)
}

/// The place of an item's exhibit in the case, where the item's file is one of those sealed.
fn places(exhibits: &[SealedExhibit]) -> impl Fn(&ExhibitId, &ItemPath) -> Option<usize> {
    let known: BTreeMap<(&ExhibitId, &str), usize> = exhibits
        .iter()
        .enumerate()
        .flat_map(|(n, sealed)| sealed.files.iter().map(move |f| ((&sealed.exhibit.id, f.path.as_str()), n)))
        .collect();
    move |exhibit, path| {
        let file = path.as_str().split('!').next().unwrap_or_default();
        known.get(&(exhibit, file)).copied()
    }
}
