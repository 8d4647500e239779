//! RAR archives of every age, solid ones and encrypted ones included.
//!
//! Decoding is the `rars` library's; the limits are ours. The library wants an archive that it owns: a file is read where it
//! lies ([`super::Reading::set`]), a member of a container is in memory already, up to a gigabyte. Passwords that a user gave are tried, on the list of names too; the right one is known
//! by a check sum. The volumes of a set go to `rar_volumes`; of a volume alone, a member that goes on in the next is named and
//! not opened. Links hold nothing.

use super::passwords::{self, Passwords};
use super::zip::FLOOR;
use super::{Job, Limits, MemberEntry, Names, Opened, ReadSeek, Visit, rar_volumes, read_at_most, rewind};
use crate::volumes::{Joined, Layout, Volumes};
use assay_model::UnreadReason;
use rars::{
    Archive, ArchiveMemberMeta, ArchiveReadOptions, ArchiveReader, Error, ErrorKind, ExtractionDecision,
    ExtractionErrorAction,
};
use std::cell::RefCell;
use std::io::{self, Cursor, SeekFrom, Write};
use std::rc::Rc;
use std::sync::Arc;

/// The largest archive that is read of those that can only be read into memory, bytes.
const ARCHIVE: u64 = 1 << 30;
/// The largest archive that is read into memory though it could be read where it lies, bytes.
const IN_MEMORY: u64 = 256 << 20;
/// The largest dictionary that is taken, bytes; the default of today's writers is 32 MiB, RAR 7 goes to 64 GiB.
const DICTIONARY: u64 = 256 << 20;
/// All that decoding may hold besides the archive, bytes.
const WORKSPACE: u64 = 1 << 30;
/// Headers, all together, bytes: a million of long names.
const HEADERS: u64 = 256 << 20;

const TOO_LARGE: &str = "RAR archives over a gigabyte inside others are not read: unpack it beside the exhibit and add the files as one of their own";
const VOLUME: &str =
    "a volume of a set of RAR archives: others are not here, and members that lie in two are not opened";

pub(super) fn read(job: &mut Job<'_, '_>) -> Result<(), UnreadReason> {
    if let Some(set) = job.reading.set.filter(|set| set.layout() == Layout::Rar) {
        return rar_volumes::read(job, set);
    }
    let mut passwords = Passwords::sparing(job.reading.passwords);
    let whole = Whole::of(job.input, job.reading.set);
    if matches!(whole, Err(UnreadReason::Limit)) {
        job.out.warn(TOO_LARGE);
    }
    let (archive, names) = opened(&whole?, job.reading.limits, &mut passwords)?;
    let (mut encrypted, mut split, mut links) = (0_u64, 0_u64, 0_u64);
    let mut smallest: Option<(u64, usize)> = None;
    for (index, member) in archive.members().enumerate() {
        let meta = member.meta;
        links += u64::from(meta.is_redirection);
        if !is_member(&meta) {
            continue;
        }
        split += u64::from(meta.is_split_before || meta.is_split_after);
        if meta.is_encrypted {
            encrypted += 1;
            if !meta.is_split_after && smallest.is_none_or(|(size, _)| meta.unpacked_size < size) {
                smallest = Some((meta.unpacked_size, index));
            }
        }
        if job.out.member(&name_of(&meta), meta.unpacked_size).is_err() {
            break;
        }
    }
    let tried = smallest.map_or(Err(UnreadReason::Encrypted), |(_, index)| {
        password_of(&archive, index, job.reading.limits, &mut passwords).map(drop)
    });
    passwords::words(encrypted, tried).iter().for_each(|words| job.out.warn(words));
    if names == NamesAre::Encrypted {
        job.out.warn("the archive's list of names was behind a password that its user gave");
    }
    if split > 0 || is_volume(&archive) {
        job.out.partial(VOLUME);
    }
    if links > 0 {
        job.out.warn(&format!("links in the archive, which hold nothing: {links}"));
    }
    Ok(())
}

pub(super) fn visit(input: &mut dyn ReadSeek, visit: &mut Visit<'_>) {
    let limits = visit.reading.limits;
    let Ok(size) = input.seek(SeekFrom::End(0)) else { return };
    if let Some(set) = visit.reading.set.filter(|set| set.layout() == Layout::Rar) {
        return rar_volumes::visit(set, size, visit);
    }
    let mut passwords = Passwords::sparing(visit.reading.passwords);
    let whole = Whole::of(input, visit.reading.set);
    let Ok((archive, _)) = whole.and_then(|whole| opened(&whole, limits, &mut passwords)) else { return };
    let plan = Plan::new(&archive, limits, size);
    let first_locked = plan.members.iter().find(|member| member.meta.is_encrypted && !member.meta.is_split_after);
    let password = match first_locked {
        None => None,
        Some(member) => password_of(&archive, member.index, limits, &mut passwords).ok(),
    };
    let mut at = visit.range.start as usize;
    let end = plan.members.len().min(visit.range.end as usize);
    // A run that fails at a member gives those before it; the next run begins behind it.
    while at < end {
        at = run(&archive, &plan, at..end, password, visit).max(at + 1);
    }
}

/// A member, numbered.
struct Planned {
    /// Its place among all that the archive lists.
    index: usize,
    meta: ArchiveMemberMeta,
    entry: MemberEntry,
    /// Whether it and all before it are within the budget.
    within: bool,
}

struct Plan {
    members: Vec<Planned>,
    solid: bool,
    budget: u64,
}

impl Plan {
    fn new(archive: &Archive, limits: &Limits, size: u64) -> Self {
        let budget = limits.expanded_bytes.min(size.saturating_mul(limits.expansion_ratio).max(FLOOR));
        let mut names = Names::default();
        let mut declared = 0_u64;
        let mut members = Vec::new();
        for (index, member) in archive.members().enumerate() {
            if !is_member(&member.meta) {
                continue;
            }
            if members.len() >= limits.members as usize {
                break;
            }
            declared = declared.saturating_add(member.meta.unpacked_size);
            let entry = MemberEntry { name: names.unique(&name_of(&member.meta)), bytes: member.meta.unpacked_size };
            members.push(Planned { index, meta: member.meta, entry, within: declared <= budget });
        }
        Self { members, solid: is_solid(archive), budget }
    }
}

/// Gives the members `range` in order, and says at which it stopped.
fn run(
    archive: &Archive,
    plan: &Plan,
    range: std::ops::Range<usize>,
    password: Option<&str>,
    visit: &mut Visit<'_>,
) -> usize {
    let limits = visit.reading.limits;
    // The member under way: what is written to it goes here.
    let under_way: Rc<RefCell<Option<(usize, Sink)>>> = Rc::default();
    let mut next = range.start;
    let mut index = 0_usize;
    let mut give = |number: usize, opened: Opened| {
        let Some(member) = plan.members.get(number) else { return };
        (visit.visit)(u32::try_from(number).unwrap_or(u32::MAX), &member.entry, opened);
    };
    let finish = |give: &mut dyn FnMut(usize, Opened)| {
        if let Some((number, sink)) = under_way.borrow_mut().take() {
            give(number, sink.opened());
        }
    };
    let options = options(password, limits).with_max_total_output_bytes(plan.budget);
    let outcome = archive.extract_with_control(options, |_| {
        let at = index;
        index += 1;
        finish(&mut give);
        // Those that cannot be opened are given on the way.
        while let Some(member) = plan.members.get(next).filter(|member| next < range.end && member.index <= at) {
            let refused = refusal(&member.meta, member.within, password, limits);
            if member.index == at && refused.is_none() {
                break;
            }
            give(next, Err(refused.unwrap_or(UnreadReason::Corrupt)));
            next += 1;
        }
        if next >= range.end {
            return Ok(ExtractionDecision::Stop);
        }
        if plan.members.get(next).is_some_and(|member| member.index == at) {
            let sink = Sink::new(limits.item_bytes);
            *under_way.borrow_mut() = Some((next, sink.clone()));
            next += 1;
            return Ok(ExtractionDecision::Extract(Box::new(sink)));
        }
        let before = plan.members.iter().find(|member| member.index == at);
        Ok(match before {
            // What follows in a solid archive builds on it.
            Some(_) if plan.solid => ExtractionDecision::Extract(Box::new(io::sink())),
            _ => ExtractionDecision::Skip,
        })
    });
    let failed = outcome.err().map(|error| reason(&error));
    match (under_way.borrow_mut().take(), failed) {
        (Some((number, _)), Some(reason)) => give(number, Err(reason)),
        (Some((number, sink)), None) => give(number, sink.opened()),
        (None, _) => {}
    }
    let Some(reason) = failed else {
        // Listed, and not come by.
        (next..range.end).for_each(|number| give(number, Err(UnreadReason::Corrupt)));
        return range.end;
    };
    if plan.solid {
        (next..range.end).for_each(|number| give(number, Err(reason)));
        return range.end;
    }
    next
}

/// Why a member is not opened, before it is tried.
fn refusal(meta: &ArchiveMemberMeta, within: bool, password: Option<&str>, limits: &Limits) -> Option<UnreadReason> {
    match () {
        () if meta.is_encrypted && password.is_none() => Some(UnreadReason::Encrypted),
        () if !within || meta.unpacked_size > limits.item_bytes => Some(UnreadReason::Limit),
        () if meta.is_split_before || meta.is_split_after => Some(UnreadReason::Unsupported),
        () => None,
    }
}

/// Bytes that a member gives, up to a limit.
#[derive(Clone)]
pub(super) struct Sink {
    bytes: Rc<RefCell<Vec<u8>>>,
    limit: u64,
}

impl Sink {
    pub(super) fn new(limit: u64) -> Self {
        Self { bytes: Rc::default(), limit }
    }

    pub(super) fn opened(self) -> Opened {
        Ok(self.bytes.take())
    }
}

impl Write for Sink {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        let mut bytes = self.bytes.borrow_mut();
        if (bytes.len() + buffer.len()) as u64 > self.limit {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        bytes.extend_from_slice(buffer);
        Ok(buffer.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Whether the list of names needs a password.
#[derive(Clone, Copy, PartialEq, Eq)]
enum NamesAre {
    Open,
    Encrypted,
}

/// An archive that the library may keep.
enum Whole {
    Memory(Arc<[u8]>),
    File(Joined),
}

impl Whole {
    /// In memory where it is small: the library reads in small steps.
    fn of(input: &mut dyn ReadSeek, set: Option<&Volumes>) -> Result<Self, UnreadReason> {
        rewind(input)?;
        match (read_at_most(input, if set.is_some() { IN_MEMORY } else { ARCHIVE }), set) {
            (Ok(bytes), _) => Ok(Self::Memory(bytes.into())),
            (Err(UnreadReason::Limit), Some(set)) => Ok(Self::File(set.joined())),
            (Err(reason), _) => Err(reason),
        }
    }

    fn archive(&self, options: ArchiveReadOptions<'_>) -> Result<Archive, UnreadReason> {
        let read = match self {
            Self::Memory(bytes) => ArchiveReader::read_reader_with_options(Cursor::new(Arc::clone(bytes)), options),
            Self::File(file) => ArchiveReader::read_reader_with_options(file.clone(), options),
        };
        read.map_err(|error| reason(&error))
    }
}

fn opened(whole: &Whole, limits: &Limits, passwords: &mut Passwords<'_>) -> Result<(Archive, NamesAre), UnreadReason> {
    match whole.archive(options(None, limits)) {
        Ok(archive) => Ok((archive, NamesAre::Open)),
        Err(UnreadReason::Encrypted) => {
            let archive = passwords.open(|password| whole.archive(options(Some(password), limits)))?;
            Ok((archive, NamesAre::Encrypted))
        }
        Err(reason) => Err(reason),
    }
}

pub(super) fn options<'a>(password: Option<&'a str>, limits: &Limits) -> ArchiveReadOptions<'a> {
    ArchiveReadOptions::with_optional_password(password.map(str::as_bytes))
        .with_max_header_count(u64::from(limits.members).saturating_mul(3).saturating_add(16))
        .with_max_header_bytes(HEADERS)
        .with_rar50_dictionary_size_limit(DICTIONARY)
        .with_max_reader_workspace_bytes(WORKSPACE)
}

/// The password of a member: the one with which it has its check sum.
fn password_of<'a>(
    archive: &Archive,
    index: usize,
    limits: &Limits,
    passwords: &mut Passwords<'a>,
) -> Result<&'a str, UnreadReason> {
    passwords.open(|password| {
        let mut at = 0;
        let solid = is_solid(archive);
        let mut failed = None;
        let read = archive.extract_with_control_and_errors(
            options(Some(password), limits).with_max_total_output_bytes(limits.expanded_bytes),
            |_| {
                at += 1;
                Ok(match () {
                    () if at > index + 1 => ExtractionDecision::Stop,
                    () if at == index + 1 || solid => ExtractionDecision::Extract(Box::new(io::sink())),
                    () => ExtractionDecision::Skip,
                })
            },
            |_, error| {
                failed = Some(reason(error));
                Ok(ExtractionErrorAction::Abort)
            },
        );
        match read {
            Ok(_) => failed.map_or(Ok(password), Err),
            Err(error) => Err(reason(&error)),
        }
    })
}

fn is_member(meta: &ArchiveMemberMeta) -> bool {
    !meta.is_directory && !meta.is_redirection && !meta.is_split_before
}

pub(super) fn name_of(meta: &ArchiveMemberMeta) -> String {
    meta.name_lossy().replace('\\', "/")
}

pub(super) fn is_solid(archive: &Archive) -> bool {
    let main = match archive {
        Archive::Rar15To40(archive) => archive.main.is_solid(),
        Archive::Rar50Plus(archive) => archive.main.is_solid(),
        _ => false,
    };
    main || archive.members().any(|member| member.is_solid())
}

fn is_volume(archive: &Archive) -> bool {
    match archive {
        Archive::Rar15To40(archive) => archive.main.is_volume(),
        Archive::Rar50Plus(archive) => archive.main.is_volume(),
        _ => false,
    }
}

/// What an error of the library means for the item.
pub(super) fn reason(error: &Error) -> UnreadReason {
    match error.kind() {
        ErrorKind::PasswordRequired | ErrorKind::BadPassword => UnreadReason::Encrypted,
        ErrorKind::ResourceLimit => UnreadReason::Limit,
        ErrorKind::UnsupportedFormat | ErrorKind::UnsupportedFeature => UnreadReason::Unsupported,
        _ => UnreadReason::Corrupt,
    }
}
