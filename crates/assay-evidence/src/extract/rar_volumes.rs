//! Volumes of a RAR archive together: members that go on over several are put together by the `rars` library, each volume
//! read where it lies.
//!
//! Of an archive that is not solid each member is opened for itself, from the volumes that it lies in: a volume that is
//! missing or damaged costs what lies in it. A member whose beginning is missing is listed; one whose end is missing gives
//! what stands before. What follows a missing volume in a solid archive is lost.

use super::passwords::{self, Passwords};
use super::rar::{Sink, is_solid, name_of, options, reason};
use super::zip::FLOOR;
use super::{Job, Limits, MemberEntry, Names, Opened, Visit};
use crate::volumes::Volumes;
use assay_model::UnreadReason;
use rars::{Archive, ArchiveMemberMeta, ArchiveReader, rar15_40, rar50};
use std::cell::RefCell;
use std::io::{self, Write};

pub(super) fn read(job: &mut Job<'_, '_>, volumes: &Volumes) -> Result<(), UnreadReason> {
    let limits = job.reading.limits;
    let mut passwords = Passwords::sparing(job.reading.passwords);
    let set = Set::open(volumes, limits, &mut passwords)?;
    let (mut encrypted, mut endless, mut headless) = (0_u64, 0_u64, 0_u64);
    for member in &set.members {
        encrypted += u64::from(member.meta.is_encrypted);
        endless += u64::from(member.begins && !member.ends);
        headless += u64::from(!member.begins);
        if job.out.member(&name_of(&member.meta), member.meta.unpacked_size).is_err() {
            break;
        }
    }
    let tried = set.password(limits, &mut passwords).map(drop);
    passwords::words(encrypted, tried).iter().for_each(|words| job.out.warn(words));
    if !set.unread.is_empty() {
        let numbers: Vec<String> = set.unread.iter().map(u32::to_string).collect();
        job.out.partial(&format!("volumes of this set that are damaged and were not read: {}", numbers.join(", ")));
    }
    if let Some(next) = set.next {
        job.out.partial(&format!("volumes of this set are missing: {next} and what follows"));
    }
    if endless > 0 {
        job.out.partial(&format!("members that go on in a volume that is missing: {endless}"));
    }
    if headless > 0 {
        job.out.partial(&format!("members that begin in a volume that is missing: {headless}"));
    }
    Ok(())
}

pub(super) fn visit(volumes: &Volumes, bytes: u64, visit: &mut Visit<'_>) {
    let limits = visit.reading.limits;
    let mut passwords = Passwords::sparing(visit.reading.passwords);
    let Ok(set) = Set::open(volumes, limits, &mut passwords) else { return };
    let password = set.password(limits, &mut passwords).ok();
    let budget = limits.expanded_bytes.min(bytes.saturating_mul(limits.expansion_ratio).max(FLOOR));
    let mut names = Names::default();
    let mut declared = 0_u64;
    let mut plan = Vec::new();
    for member in &set.members {
        declared = declared.saturating_add(member.meta.unpacked_size);
        let entry = MemberEntry { name: names.unique(&name_of(&member.meta)), bytes: member.meta.unpacked_size };
        let refused = match () {
            () if member.meta.is_encrypted && password.is_none() => Some(UnreadReason::Encrypted),
            () if declared > budget || entry.bytes > limits.item_bytes => Some(UnreadReason::Limit),
            () if !member.begins => Some(UnreadReason::Corrupt),
            () => None,
        };
        plan.push((entry, refused));
    }
    let mut give = |number: usize, opened: &mut dyn FnMut() -> Opened| {
        let (Some((entry, refused)), Ok(at)) = (plan.get(number), u32::try_from(number)) else { return };
        if visit.range.contains(&at) {
            (visit.visit)(at, entry, refused.map_or_else(&mut *opened, Err));
        }
    };
    if set.solid {
        let end = visit.range.end as usize;
        return set.all(end, password, budget, limits, &mut give);
    }
    for (number, member) in set.members.iter().enumerate() {
        give(number, &mut || set.one(member, password, limits));
    }
}

/// A member, as its headers in all volumes have it.
struct Member {
    meta: ArchiveMemberMeta,
    /// Volume by place, and block in it.
    fragments: Vec<(usize, usize)>,
    /// Whether its first fragment is there, and its last.
    begins: bool,
    ends: bool,
}

/// How a fragment ends.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    AsItSays,
    Cut,
}

impl Member {
    fn end_of(&self, fragment: usize) -> End {
        if !self.ends && fragment + 1 == self.fragments.len() { End::Cut } else { End::AsItSays }
    }
}

struct Set {
    archives: Vec<Archive>,
    /// The same without their blocks: what is to be read is put in.
    empty: Vec<Archive>,
    members: Vec<Member>,
    solid: bool,
    /// Volumes that are there and cannot be read.
    unread: Vec<u32>,
    /// The volume that the last one names as its next.
    next: Option<u32>,
}

impl Set {
    fn open(volumes: &Volumes, limits: &Limits, passwords: &mut Passwords<'_>) -> Result<Self, UnreadReason> {
        let (mut archives, mut numbers, mut unread, mut first_reason) = (Vec::new(), Vec::new(), Vec::new(), None);
        for (index, number) in volumes.numbers().enumerate() {
            let with = |password: Option<&str>| {
                let volume = volumes.volume(index).ok_or(UnreadReason::Corrupt)?;
                ArchiveReader::read_reader_with_options(volume, options(password, limits))
                    .map_err(|error| reason(&error))
            };
            let opened = match with(None) {
                Err(UnreadReason::Encrypted) => passwords.open(|password| with(Some(password))),
                other => other,
            };
            match opened {
                Ok(archive) => {
                    archives.push(archive);
                    numbers.push(number);
                }
                Err(reason) => {
                    first_reason = first_reason.or(Some(reason));
                    unread.push(number);
                }
            }
        }
        let Some(last) = archives.last() else { return Err(first_reason.unwrap_or(UnreadReason::Corrupt)) };
        let next = numbers.last().filter(|_| goes_on(last)).map(|number| number + 1);
        let next = next.filter(|next| !unread.contains(next) && !volumes.missing().contains(next));
        let empty = archives.iter().map(emptied).collect();
        let solid = archives.iter().any(is_solid);
        let members = members(&archives, &numbers, limits);
        Ok(Self { archives, empty, members, solid, unread, next })
    }

    /// The volumes that a member lies in, with nothing in them but it.
    fn volumes_of(&self, member: &Member) -> Vec<Archive> {
        let pick = |(n, (volume, block)): (usize, &(usize, usize))| {
            let mut archive = self.empty.get(*volume)?.clone();
            put(&mut archive, self.archives.get(*volume)?, *block, member.end_of(n));
            Some(archive)
        };
        member.fragments.iter().enumerate().filter_map(pick).collect()
    }

    /// One member of an archive that is not solid.
    fn one(&self, member: &Member, password: Option<&str>, limits: &Limits) -> Opened {
        let sink = Sink::new(limits.item_bytes);
        let mut options = options(password, limits).with_max_total_output_bytes(limits.item_bytes);
        if !member.ends {
            // What cannot be verified must come as it is decoded.
            options = options.with_rar50_buffered_decode_limit(0);
        }
        let read = rars::extract_volumes_to_with_options(&self.volumes_of(member), options, |_| {
            Ok(Box::new(sink.clone()) as Box<dyn Write>)
        });
        outcome(member, sink, read.err().map(|error| reason(&error)))
    }

    /// All members of a solid archive up to the number `end`, decoded one after the other.
    fn all(
        &self,
        end: usize,
        password: Option<&str>,
        budget: u64,
        limits: &Limits,
        give: &mut dyn FnMut(usize, &mut dyn FnMut() -> Opened),
    ) {
        // What follows a hole is lost: those before it, and the one that goes into it.
        let whole = self.members.iter().take_while(|member| member.begins && member.ends).count();
        let read = self.members.get(..self.members.len().min(whole + 1).min(end)).unwrap_or_default();
        let read = match read.split_last() {
            Some((last, before)) if !last.begins => before,
            _ => read,
        };
        let mut archives = self.empty.clone();
        for member in read {
            for (n, (volume, block)) in member.fragments.iter().enumerate() {
                if let (Some(into), Some(from)) = (archives.get_mut(*volume), self.archives.get(*volume)) {
                    put(into, from, *block, member.end_of(n));
                }
            }
        }
        let under_way: RefCell<Option<(usize, Sink)>> = RefCell::default();
        let mut next = 0_usize;
        let options = options(password, limits).with_max_total_output_bytes(budget);
        let done = rars::extract_volumes_to_with_options(&archives, options, |_| {
            if let Some((number, sink)) = under_way.borrow_mut().take() {
                give(number, &mut || sink.clone().opened());
            }
            let sink = Sink::new(limits.item_bytes);
            *under_way.borrow_mut() = Some((next, sink.clone()));
            // What is over the limit is decoded for those behind it, and dropped.
            let is_over = self.members.get(next).is_some_and(|member| member.meta.unpacked_size > limits.item_bytes);
            next += 1;
            Ok(if is_over { Box::new(io::sink()) as Box<dyn Write> } else { Box::new(sink) })
        });
        let failed = done.err().map(|error| reason(&error));
        if let Some((number, sink)) = under_way.borrow_mut().take()
            && let Some(member) = self.members.get(number)
        {
            give(number, &mut || outcome(member, sink.clone(), failed));
        }
        let rest = failed.unwrap_or(UnreadReason::Corrupt);
        (next..self.members.len().min(end)).for_each(|number| give(number, &mut || Err(rest)));
    }

    /// The password of the members: the one with which one that is whole has its check sum.
    fn password<'p>(&self, limits: &Limits, passwords: &mut Passwords<'p>) -> Result<&'p str, UnreadReason> {
        let whole = |(_, member): &(usize, &Member)| member.meta.is_encrypted && member.begins && member.ends;
        let locked = self.members.iter().enumerate().filter(whole);
        let tried = match self.solid {
            true => locked.min_by_key(|(number, _)| *number),
            false => locked.min_by_key(|(_, member)| member.meta.unpacked_size),
        };
        let Some((number, member)) = tried else { return Err(UnreadReason::Encrypted) };
        passwords.open(|password| {
            let mut result = Err(UnreadReason::Corrupt);
            match self.solid {
                true => self.all(number + 1, Some(password), limits.expanded_bytes, limits, &mut |at, opened| {
                    if at == number {
                        result = opened().map(drop);
                    }
                }),
                false => result = self.one(member, Some(password), limits).map(drop),
            }
            result.map(|()| password)
        })
    }
}

/// What a member gave; of one whose end is missing, its beginning.
fn outcome(member: &Member, sink: Sink, failed: Option<UnreadReason>) -> Opened {
    match (failed, sink.opened()) {
        (None, opened) => opened,
        (Some(_), Ok(bytes)) if !member.ends && !bytes.is_empty() => Ok(bytes),
        (Some(reason), _) => Err(reason),
    }
}

/// The members of volumes in a row. A number that is not the one before and one means that a volume between is missing.
fn members(archives: &[Archive], numbers: &[u32], limits: &Limits) -> Vec<Member> {
    let mut members: Vec<Member> = Vec::new();
    let mut before = None;
    for (volume, (archive, number)) in archives.iter().zip(numbers).enumerate() {
        let follows = before == number.checked_sub(1) || before.is_none();
        before = Some(*number);
        let mut is_first = true;
        for (block, member) in files_of(archive).into_iter().zip(archive.members()) {
            let meta = member.meta;
            let first = std::mem::replace(&mut is_first, false);
            if meta.is_directory || meta.is_redirection {
                continue;
            }
            let ends = !meta.is_split_after;
            if meta.is_split_before {
                let open = members.last_mut().filter(|last| {
                    let is_of_volume_before = last.fragments.last().is_some_and(|(at, _)| at + 1 == volume);
                    first && follows && is_of_volume_before && !last.ends && last.meta.name == meta.name
                });
                if let Some(open) = open {
                    open.fragments.push((volume, block));
                    open.ends = ends;
                    continue;
                }
            }
            if members.len() >= limits.members as usize {
                return members;
            }
            let begins = !meta.is_split_before;
            members.push(Member { meta, fragments: vec![(volume, block)], begins, ends });
        }
    }
    // A member without its beginning goes on in volumes that are there: named once.
    members.dedup_by(|later, earlier| !later.begins && !earlier.begins && later.meta.name == earlier.meta.name);
    members
}

/// The places of the files among the blocks of a volume.
fn files_of(archive: &Archive) -> Vec<usize> {
    fn at<B>(blocks: &[B], is_file: fn(&B) -> bool) -> Vec<usize> {
        blocks.iter().enumerate().filter(|(_, block)| is_file(block)).map(|(at, _)| at).collect()
    }
    match archive {
        Archive::Rar15To40(archive) => at(&archive.blocks, |block| matches!(block, rar15_40::Block::File(_))),
        Archive::Rar50Plus(archive) => at(&archive.blocks, |block| matches!(block, rar50::Block::File(_))),
        _ => Vec::new(),
    }
}

fn emptied(archive: &Archive) -> Archive {
    let mut archive = archive.clone();
    match &mut archive {
        Archive::Rar15To40(archive) => archive.blocks.clear(),
        Archive::Rar50Plus(archive) => archive.blocks.clear(),
        _ => {}
    }
    archive
}

/// Flags of a file's header that say that it goes on in the next volume.
const GOES_ON_4: u16 = 0x02;
const GOES_ON_5: u64 = 0x10;

/// Puts a file's block into a volume; one that is cut is made to end there.
fn put(into: &mut Archive, from: &Archive, block: usize, end: End) {
    match (into, from) {
        (Archive::Rar15To40(into), Archive::Rar15To40(from)) => {
            let Some(rar15_40::Block::File(file)) = from.blocks.get(block) else { return };
            let mut file = file.clone();
            if end == End::Cut {
                file.block.flags &= !GOES_ON_4;
            }
            into.blocks.push(rar15_40::Block::File(file));
        }
        (Archive::Rar50Plus(into), Archive::Rar50Plus(from)) => {
            let Some(rar50::Block::File(file)) = from.blocks.get(block) else { return };
            let mut file = file.clone();
            if end == End::Cut {
                file.block.flags &= !GOES_ON_5;
            }
            into.blocks.push(rar50::Block::File(file));
        }
        _ => {}
    }
}

/// Whether a volume says that another follows.
fn goes_on(archive: &Archive) -> bool {
    let says = match archive {
        Archive::Rar15To40(archive) => {
            archive.blocks.iter().any(|block| matches!(block, rar15_40::Block::End(end) if end.flags & 1 != 0))
        }
        Archive::Rar50Plus(archive) => {
            archive.blocks.iter().any(|block| matches!(block, rar50::Block::End(end) if end.has_next_volume()))
        }
        _ => false,
    };
    says || archive.members().last().is_some_and(|member| member.meta.is_split_after)
}
