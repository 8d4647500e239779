//! The scan stage: units through the pool to sealed segments, each with its receipt.
//!
//! Reading is done without passwords that the user did not give, and at first without those that stand in an exhibit
//! ([`crate::keys`]); a file that lies in an exhibit twice is read once ([`crate::copies`]).
//!
//! Answers are written in batches. A batch's segments are on disk before its receipts are committed, together with the units
//! that its listings brought: whatever moment the power fails at, the next run reads just what has no receipt. A unit that is
//! read again has its items in two batches; the later stands.

use crate::case::Case;
use crate::copies;
use crate::keys::{self, Keys, Tried};
use crate::load::Read;
use crate::outcome::Interrupted;
use crate::progress::Progress;
use anyhow::{Context, anyhow};
use assay_analysis::order::{self, Turn};
use assay_analysis::resolve::Waiting;
use assay_case::journal::{Means, Receipt, UnitRow};
use assay_case::sealed::SealedExhibit;
use assay_case::{CaseFile, Store};
use assay_engine::jail::Jail;
use assay_engine::pool::{Hire, PATIENCE, Pool, PoolError, Processes, machine_memory};
use assay_engine::tool;
use assay_engine::unit::{Scope, Unit, Volume};
use assay_engine::wire::{
    MentionRecord, TableId, gateway_session_rows, gateway_source_rows, item_rows, listed_rows, loose_rows,
    mention_rows, password_rows,
};
use assay_engine::{Answer, fingerprint};
use assay_evidence::extract::Limits;
use assay_evidence::intake as evidence;
use assay_model::{ExhibitId, ExhibitKind, FoundPassword, ItemPath, ScanSettings, SealedFile, Want};
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Set by Ctrl-C.
static STOP: AtomicBool = AtomicBool::new(false);

/// What reading an item takes, for each of its bytes: a workbook's cells, with room for its parts, and half of the machine
/// left for everything else.
const COST: u64 = 24;

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

    /// A file of a unit's exhibit.
    fn of(&self, unit: &Unit, file: &ItemPath) -> Option<(&PathBuf, &'a SealedFile)> {
        let exhibit = self.0.get(unit.exhibit.as_str())?;
        Some((&exhibit.root, exhibit.by_path.get(file.as_str())?))
    }

    /// Whether all files of a unit are there.
    fn have(&self, unit: &Unit) -> bool {
        unit.files().into_iter().all(|file| self.of(unit, file).is_some())
    }

    fn row(&self, unit: &Unit) -> UnitRow {
        let hash = self.0.get(unit.exhibit.as_str()).map(|exhibit| exhibit.hash).unwrap_or_default();
        UnitRow { unit: unit.id(&hash), generation: unit.generation(), description: unit.to_bytes() }
    }
}

/// Claims are read by the parent; statements are sealed and stand beside the verdicts as the case file gives them.
fn is_scanned(kind: ExhibitKind) -> bool {
    match kind {
        ExhibitKind::Leak | ExhibitKind::ProofPack | ExhibitKind::PriorLeak => true,
        ExhibitKind::Gateway | ExhibitKind::Register | ExhibitKind::Inventory => true,
        ExhibitKind::Claim | ExhibitKind::Statement => false,
    }
}

/// Who looks on while a scan goes on.
pub(crate) trait Watch {
    /// Whether units of this turn are read now; the others wait for the next run.
    fn wants(&self, turn: &dyn Fn() -> Turn) -> bool;
    /// Asked after every answer, with the rows read so far, of registers among them, and whether a leak was begun; true where it wants to look.
    fn is_due(&self, rows: u64, is_leak_begun: bool) -> bool;
    /// Looks at what has a receipt by now; a scan that it breaks off goes on where it was at the next run.
    fn look(&mut self, file: &CaseFile, store: &Store, fingerprint: &str) -> anyhow::Result<ControlFlow<()>>;
}

/// How a scan ended.
#[derive(Clone, Debug)]
pub(crate) enum Scanned {
    /// Everything was read, under this fingerprint.
    Whole(String),
    /// Who looked on had seen enough.
    InPart(String),
}

/// Reads what has no receipt yet, and again what wanted something that has come to hand since; then, where the authority allows
/// it, what passwords open that stand in the same exhibit.
pub(crate) fn scan(
    case: &mut Case,
    exhibits: &[SealedExhibit],
    jail: Jail,
    watch: &mut dyn Watch,
) -> anyhow::Result<Scanned> {
    let settings = case.scan_settings();
    // Rules are the user's too: a fault in a pattern shows here, once, and not in every worker.
    assay_analysis::detect::Detector::new(&settings)?;
    let fingerprint = fingerprint(&settings);
    let files = Files::new(case, exhibits);
    let of_files = exhibits.iter().filter(|sealed| is_scanned(sealed.exhibit.kind)).flat_map(|sealed| {
        let exhibit = &sealed.exhibit;
        copies::read_of(sealed).into_iter().map(move |source| {
            let volume = |(number, file): (u32, &SealedFile)| Volume { number, file: file.path.clone() };
            let volumes = source.volumes.into_iter().map(volume).collect();
            Unit::of_set(&exhibit.id, exhibit.kind, &source.root.path, volumes)
        })
    });
    let rows: Vec<_> = of_files.map(|unit| files.row(&unit)).collect();
    case.store.journal.add_units(&fingerprint, &rows)?;
    let recogniser = recogniser(jail)?;
    let mut keys = Keys::of(case, &fingerprint, recogniser.clone())?;
    let Some(tried) = read_units(case, &files, &settings, &fingerprint, (jail, &keys), watch)? else {
        return Ok(Scanned::InPart(fingerprint));
    };
    // A run that was cut off in a later round goes on here.
    keys::record(case, &tried)?;
    // What is opened may name the next password; a chain of them is followed so far in one run.
    for _ in 0..ROUNDS {
        if keys::take_up(case, exhibits, &fingerprint)? == 0 {
            break;
        }
        keys = Keys::of(case, &fingerprint, recogniser.clone())?;
        let Some(tried) = read_units(case, &files, &settings, &fingerprint, (jail, &keys), watch)? else {
            return Ok(Scanned::InPart(fingerprint));
        };
        keys::record(case, &tried)?;
    }
    Ok(Scanned::Whole(fingerprint))
}

/// Rounds of reading again with passwords that the round before brought to light.
const ROUNDS: usize = 8;

/// The units to be read: those without a receipt, and those that want what is at hand now.
fn due(case: &Case, files: &Files<'_>, fingerprint: &str, keys: &Keys) -> anyhow::Result<Vec<Unit>> {
    let mut due: Vec<Unit> = case.store.journal.open_units(fingerprint)?.iter().filter_map(unit_of).collect();
    let wanting = case.store.journal.wanting(fingerprint)?;
    due.extend(
        wanting.iter().filter_map(|w| unit_of(&w.unit).filter(|u| keys.means(&u.exhibit).offer(&w.means, &w.wants))),
    );
    // Units of an exhibit that was taken out of the case file stay in the journal and are passed over.
    due.retain(|unit| files.have(unit));
    Ok(due)
}

/// The items of leaks that wait to be read, as far as they are known, copies of others not among them.
pub(crate) fn waiting(store: &Store, exhibits: &[SealedExhibit], fingerprint: &str) -> anyhow::Result<Vec<Waiting>> {
    let sizes: BTreeMap<(&ExhibitId, &str), u64> = exhibits
        .iter()
        .flat_map(|sealed| sealed.files.iter().map(|file| ((&sealed.exhibit.id, file.path.as_str()), file.bytes)))
        .collect();
    let mut waiting = Vec::new();
    for unit in store.journal.open_units(fingerprint)?.iter().filter_map(unit_of) {
        if !matches!(unit.kind, ExhibitKind::Leak | ExhibitKind::ProofPack | ExhibitKind::PriorLeak) {
            continue;
        }
        for (path, bytes) in unit.items() {
            let bytes = sizes.get(&(&unit.exhibit, path.as_str())).copied().unwrap_or(bytes);
            waiting.push(Waiting { exhibit: unit.exhibit.clone(), path, bytes });
        }
    }
    Ok(waiting)
}

/// How many units would be read again if the case were run now.
pub(crate) fn units_to_read_again(case: &Case, fingerprint: &str) -> anyhow::Result<u64> {
    let keys = Keys::of(case, fingerprint, recogniser(Jail::Full)?)?;
    let wanting = case.store.journal.wanting(fingerprint)?;
    let again = wanting.iter().filter_map(|w| Some((w, unit_of(&w.unit)?)));
    Ok(again.filter(|(w, unit)| keys.means(&unit.exhibit).offer(&w.means, &w.wants)).count() as u64)
}

/// Reads what is due; gives what passwords found in its own exhibit did to each, or nothing where the watch had seen enough.
fn read_units(
    case: &mut Case,
    files: &Files<'_>,
    settings: &ScanSettings,
    fingerprint: &str,
    (jail, keys): (Jail, &Keys),
    watch: &mut dyn Watch,
) -> anyhow::Result<Option<Tried>> {
    let mut open = due(case, files, fingerprint, keys)?;
    let all = open.len();
    open.retain(|unit| watch.wants(&|| turn(files, unit)));
    let mut left_out = open.len() < all;
    let mut tried = Tried::default();
    if open.is_empty() {
        return Ok((!left_out).then_some(tried));
    }
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    let program = std::env::current_exe().context("the program cannot find itself to start its workers")?;
    let mut arguments = vec!["worker".into()];
    if jail == Jail::LimitsOnly {
        arguments.push("--without-jail".into());
        // Before anything is read: what was read so must be told, whatever happens next.
        case.store.journal.finish_stage(WITHOUT_JAIL, fingerprint)?;
    }
    let tools = tools(jail)?;
    let recognition = keys.recogniser.as_ref().map(|_| &tools as &dyn Hire);
    let hire = Processes { program, arguments };
    let weigh = |unit: &Unit| match &unit.scope {
        Scope::File => {
            unit.files().into_iter().filter_map(|file| files.of(unit, file)).map(|(_, file)| file.bytes).sum()
        }
        Scope::Set(set) => set.volumes.iter().fold(0u64, |sum, volume| sum.saturating_add(volume.member.bytes)),
        Scope::Members(range) => range.members.iter().map(|member| member.bytes).max().unwrap_or(0),
    };
    let weigh = |unit: &Unit| weigh(unit).min(Limits::default().item_bytes);
    let passwords = &keys.passwords;
    let pool = Pool {
        hire: &hire,
        workers,
        recognition,
        settings,
        passwords,
        patience: PATIENCE,
        stop: &STOP,
        weigh: &weigh,
        turn: &|unit| turn(files, unit),
        budget: machine_memory() / COST,
    };
    let mut progress = Progress::new("scan", open.len() as u64);
    // A unit that is read again lists what was listed before.
    let mut known = case.store.journal.unit_ids(fingerprint)?;
    let mut rows_read = case.store.journal.rows(fingerprint)?;
    let mut is_leak_begun = rows_read > 0;
    let mut batch = Batch::new(&mut case.store, fingerprint.to_owned());
    let of_case = &case.file;
    let open_file = |unit: &Unit, file: &ItemPath| {
        let (root, file) = files.of(unit, file).ok_or(std::io::ErrorKind::NotFound)?;
        evidence::open(root, &file.disk).map_err(std::io::Error::other)
    };
    let done = pool.run(open, &open_file, &mut |unit, mut answer, brought| {
        if unit.scope == Scope::File {
            answer.of_sealed_files(|path| files.of(unit, path).map(|(_, file)| (file.bytes, file.sha256)));
        }
        tried.count(keys, &answer);
        rows_read += answer.rows();
        is_leak_begun |= matches!(unit.kind, ExhibitKind::Leak | ExhibitKind::ProofPack);
        let (mut new, rows): (Vec<Unit>, Vec<UnitRow>) = brought
            .into_iter()
            .map(|unit| (files.row(&unit), unit))
            .filter(|(row, _)| known.insert(row.unit.clone()))
            .map(|(row, unit)| (unit, row))
            .unzip();
        let all = new.len();
        new.retain(|unit| watch.wants(&|| turn(files, unit)));
        left_out |= new.len() < all;
        progress.more(new.len() as u64);
        progress.unit(answer.items.len() as u64, bytes_of(unit, &answer), answer.mentions.iter().filter_map(person));
        batch.take(files.row(unit).unit, answer, keys.means(&unit.exhibit), rows)?;
        if watch.is_due(rows_read, is_leak_begun) {
            batch.flush().map_err(Failed::Because)?;
            let enough = watch.look(of_case, batch.store, fingerprint).map_err(Failed::Because)?.is_break();
            return if enough { Err(Failed::Enough) } else { Ok(new) };
        }
        Ok(new)
    });
    let flushed = batch.flush();
    match done {
        Ok(()) => flushed?,
        Err(PoolError::Stopped) => {
            flushed?;
            return Err(Interrupted.into());
        }
        Err(PoolError::Taker(Failed::Enough)) => return Ok(None),
        Err(PoolError::Taker(Failed::Because(error))) => return Err(error),
        Err(error) => return Err(anyhow!(error)),
    }
    Ok((!left_out).then_some(tried))
}

/// Who recognises text in pictures on this system, by name and version.
pub(crate) fn recogniser(jail: Jail) -> anyhow::Result<Option<String>> {
    Ok(tool::find(&tools(jail)?))
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
        Scope::Members(_) | Scope::Set(_) => 0,
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

/// When a unit is read: what is no leak first, since all that was leaked is compared with it.
fn turn(files: &Files<'_>, unit: &Unit) -> Turn {
    match unit.kind {
        ExhibitKind::Leak | ExhibitKind::PriorLeak => {}
        _ => return Turn::First,
    }
    let items = unit.items();
    let sealed = |path: &ItemPath| files.of(unit, path).map(|(_, file)| file.bytes);
    let sized = items.iter().map(|(path, bytes)| match unit.scope {
        Scope::File => (path, sealed(path).unwrap_or(*bytes)),
        Scope::Members(_) | Scope::Set(_) => (path, *bytes),
    });
    order::turn(&files.row(unit).unit, sized)
}

/// Why whoever takes answers takes no more.
#[derive(Debug, thiserror::Error)]
enum Failed {
    /// It could not.
    #[error("{0:#}")]
    Because(anyhow::Error),
    /// It needs none.
    #[error("enough was read")]
    Enough,
}

/// Answers that wait for their receipt.
struct Batch<'a> {
    store: &'a mut Store,
    fingerprint: String,
    read: Read,
    passwords: Vec<FoundPassword>,
    receipts: Vec<Pending>,
    brought: Vec<UnitRow>,
    since: Instant,
}

/// A receipt without its segments.
struct Pending {
    unit: String,
    rows: u64,
    wants: BTreeSet<Want>,
    means: Means,
}

#[allow(
    clippy::disallowed_methods,
    reason = "the clock decides when receipts are written and when one looks, never what is in them"
)]
pub(crate) fn now() -> Instant {
    Instant::now()
}

impl<'a> Batch<'a> {
    fn new(store: &'a mut Store, fingerprint: String) -> Self {
        let (receipts, brought) = (Vec::new(), Vec::new());
        Self { store, fingerprint, read: Read::default(), passwords: Vec::new(), receipts, brought, since: now() }
    }

    fn take(&mut self, unit: String, answer: Answer, means: Means, brought: Vec<UnitRow>) -> Result<(), Failed> {
        self.receipts.push(Pending { unit, rows: answer.rows(), wants: answer.wants(), means });
        self.brought.extend(brought);
        self.read.items.extend(answer.items);
        self.read.mentions.extend(answer.mentions);
        self.read.sources.extend(answer.sources);
        self.passwords.extend(answer.passwords);
        self.read.loose.extend(answer.loose);
        self.read.listed.extend(answer.listed);
        let full = self.read.mentions.len() + self.read.items.len() + self.read.listed.len() >= BATCH_ROWS;
        if full || self.since.elapsed() >= BATCH_TIME { self.flush().map_err(Failed::Because) } else { Ok(()) }
    }

    fn flush(&mut self) -> anyhow::Result<()> {
        if self.receipts.is_empty() {
            return Ok(());
        }
        let read = std::mem::take(&mut self.read);
        let (mentions, findings) = mention_rows(&read.mentions)?;
        let tables = [
            (TableId::Item, item_rows(&read.items)?),
            (TableId::Mention, mentions),
            (TableId::Finding, findings),
            (TableId::GatewaySource, gateway_source_rows(&read.sources)?),
            (TableId::Password, password_rows(&std::mem::take(&mut self.passwords))?),
            (TableId::Loose, loose_rows(&read.loose)?),
            (TableId::Listed, listed_rows(&read.listed)?),
        ];
        let store = &self.store.segments;
        let filled = tables.par_iter().filter(|(_, rows)| rows.num_rows() > 0);
        let segments = filled.map(|(table, rows)| store.write(table.as_str(), rows));
        let mut segments = segments.collect::<Result<Vec<_>, _>>()?;
        // Of a long log there may be hundreds of thousands: a segment some, so that they are never all rows at once.
        for rows in gateway_session_rows(&read.sources) {
            segments.push(self.store.segments.write(TableId::GatewaySession.as_str(), &rows?)?);
        }
        let receipt =
            |Pending { unit, rows, wants, means }| Receipt { unit, segments: segments.clone(), rows, wants, means };
        let receipts: Vec<_> = std::mem::take(&mut self.receipts).into_iter().map(receipt).collect();
        self.store.journal.commit(&self.fingerprint, &receipts, &std::mem::take(&mut self.brought))?;
        self.since = now();
        Ok(())
    }
}
