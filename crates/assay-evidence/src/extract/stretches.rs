//! Containers whose members lie in them as they are: a walk says where, this lists and opens them.
//!
//! A member that goes on beyond the container's end comes with what there is; members together are bounded as everywhere,
//! since a hostile container may point many times at one stretch.

use super::zip::FLOOR;
use super::{Job, Limits, MemberEntry, Names, Opened, ReadSeek, Visit, salvage};
use assay_model::UnreadReason;
use std::io::{self, Read, SeekFrom};

/// Where a member lies.
pub(super) struct Found {
    pub(super) name: String,
    /// Beginnings and lengths, bytes.
    pub(super) pieces: Vec<(u64, u64)>,
}

impl Found {
    pub(super) fn one(name: String, start: u64, length: u64) -> Self {
        Self { name, pieces: vec![(start, length)] }
    }

    fn bytes(&self) -> u64 {
        self.pieces.iter().fold(0, |sum, (_, length)| sum.saturating_add(*length))
    }
}

/// Goes through a container, giving what it finds until told to stop. An error means that what follows is lost.
pub(super) type Walk = fn(&mut Source<'_>, &mut dyn FnMut(Found) -> bool) -> io::Result<()>;

/// A container with its size and limits.
pub(super) struct Source<'a> {
    input: &'a mut dyn ReadSeek,
    pub(super) size: u64,
    pub(super) limits: &'a Limits,
}

impl<'a> Source<'a> {
    pub(super) fn of(input: &'a mut dyn ReadSeek, limits: &'a Limits) -> io::Result<Self> {
        let size = input.seek(SeekFrom::End(0))?;
        Ok(Self { input, size, limits })
    }

    /// So many bytes from `at`; an error where the container ends before.
    pub(super) fn exact(&mut self, at: u64, length: usize) -> io::Result<Vec<u8>> {
        let bytes = self.most(at, length)?;
        if bytes.len() < length { Err(io::ErrorKind::UnexpectedEof.into()) } else { Ok(bytes) }
    }

    /// So many bytes from `at`, or what there is of them.
    pub(super) fn most(&mut self, at: u64, length: usize) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.input.seek(SeekFrom::Start(at))?;
        (&mut *self.input).take(length as u64).read_to_end(&mut bytes)?;
        Ok(bytes)
    }
}

/// Damage, for a walk.
pub(super) fn damaged() -> io::Error {
    io::ErrorKind::InvalidData.into()
}

pub(super) fn read(job: &mut Job<'_, '_>, walk: Walk) -> Result<(), UnreadReason> {
    let mut source = Source::of(&mut *job.input, job.reading.limits).map_err(|_| UnreadReason::Corrupt)?;
    let size = source.size;
    let out = &mut *job.out;
    let mut cut = false;
    let end = walk(&mut source, &mut |found| {
        cut |= found.pieces.iter().any(|(start, length)| start.saturating_add(*length) > size);
        out.member(&found.name, found.bytes()).is_ok()
    });
    if end.is_err() && out.members.is_empty() {
        return Err(UnreadReason::Corrupt);
    }
    if cut || end.is_err() {
        out.partial("the archive is cut or damaged: what is missing is not listed or ends early");
    }
    Ok(())
}

pub(super) fn visit(input: &mut dyn ReadSeek, visit: &mut Visit<'_>, walk: Walk) {
    let limits = visit.reading.limits;
    // Opening in the midst of a walk would take its place in the input: what is wanted is found first.
    let mut wanted = Vec::new();
    let range = visit.range.clone();
    let Ok(mut source) = Source::of(input, limits) else { return };
    let budget = limits.expanded_bytes.min(source.size.saturating_mul(limits.expansion_ratio).max(FLOOR));
    let mut names = Names::default();
    let (mut number, mut declared) = (0_u32, 0_u64);
    // What a damaged container no longer gives is not visited.
    let _ = walk(&mut source, &mut |found| {
        declared = declared.saturating_add(found.bytes());
        let name = names.unique(&found.name);
        if range.contains(&number) {
            wanted.push((number, name, found, declared > budget));
        }
        number = number.saturating_add(1);
        number < range.end
    });
    for (number, name, found, over) in wanted {
        let bytes = found.bytes();
        let opened = match over || bytes > limits.item_bytes {
            true => Err(UnreadReason::Limit),
            false => open(&mut *source.input, &found),
        };
        (visit.visit)(number, &MemberEntry { name, bytes }, opened);
    }
}

fn open(input: &mut dyn ReadSeek, found: &Found) -> Opened {
    let mut all = Vec::new();
    for (start, length) in &found.pieces {
        input.seek(SeekFrom::Start(*start)).map_err(|_| UnreadReason::Corrupt)?;
        let (bytes, end) = salvage(&mut input.take(*length), *length);
        all.extend_from_slice(&bytes);
        if end.is_some() || (bytes.len() as u64) < *length {
            break;
        }
    }
    if all.is_empty() && found.bytes() > 0 { Err(UnreadReason::Corrupt) } else { Ok(all) }
}
