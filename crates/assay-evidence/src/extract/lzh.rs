//! What LHA and ARJ archives share: the sliding window with static Huffman codes of `lh4` to `lh7` (Yoshizaki and Okumura,
//! `ar002`), and members of which a header says where they lie, how they are packed and what their check sum is.
//!
//! Nothing is held but the member that is opened; its size is bounded by what its header declares and by the limits.

use super::stretches::Source;
use super::zip::FLOOR;
use super::{Job, MemberEntry, Names, Opened, ReadSeek, Visit};
use assay_model::UnreadReason;
use std::io;

/// How a member is packed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Method {
    Stored,
    /// In blocks of Huffman codes; the code of the distances has this many lengths, whose count takes so many bits.
    Blocks {
        distances: usize,
        bits: u32,
    },
    Other,
    Encrypted,
}

/// The check sum of a member.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Check {
    Crc16(u16),
    Crc32(u32),
}

/// A member as its header describes it.
pub(super) struct Found {
    pub(super) name: String,
    pub(super) start: u64,
    pub(super) packed: u64,
    pub(super) size: u64,
    pub(super) method: Method,
    pub(super) check: Check,
}

/// Goes through an archive, giving its members until told to stop. An error means that what follows is lost.
pub(super) type Walk = fn(&mut Source<'_>, &mut dyn FnMut(Found) -> bool) -> io::Result<()>;

pub(super) fn read(job: &mut Job<'_, '_>, walk: Walk) -> Result<(), UnreadReason> {
    let mut source = Source::of(&mut *job.input, job.reading.limits).map_err(|_| UnreadReason::Corrupt)?;
    let size = source.size;
    let out = &mut *job.out;
    let (mut cut, mut encrypted) = (false, 0_u64);
    let end = walk(&mut source, &mut |found| {
        cut |= found.start.saturating_add(found.packed) > size;
        encrypted += u64::from(found.method == Method::Encrypted);
        out.member(&found.name, found.size).is_ok()
    });
    if end.is_err() && out.members.is_empty() {
        return Err(UnreadReason::Corrupt);
    }
    if encrypted > 0 {
        out.warn(&format!("members that need a password: {encrypted}"));
    }
    if cut || end.is_err() {
        out.partial("the archive is cut or damaged: what is missing is not listed or ends early");
    }
    Ok(())
}

pub(super) fn visit(input: &mut dyn ReadSeek, visit: &mut Visit<'_>, walk: Walk) {
    let limits = visit.reading.limits;
    let Ok(mut source) = Source::of(input, limits) else { return };
    let budget = limits.expanded_bytes.min(source.size.saturating_mul(limits.expansion_ratio).max(FLOOR));
    let (mut names, mut number, mut declared) = (Names::default(), 0_u32, 0_u64);
    // Opening in the midst of a walk would take its place in the input: what is wanted is found first.
    let mut wanted = Vec::new();
    let range = visit.range.clone();
    let _ = walk(&mut source, &mut |found| {
        declared = declared.saturating_add(found.size);
        let entry = MemberEntry { name: names.unique(&found.name), bytes: found.size };
        if range.contains(&number) {
            wanted.push((number, entry, found, declared > budget));
        }
        number = number.saturating_add(1);
        number < range.end
    });
    for (number, entry, found, over) in wanted {
        let opened = match () {
            () if over || found.size > limits.item_bytes || found.packed > limits.item_bytes => {
                Err(UnreadReason::Limit)
            }
            () => open(&mut source, &found),
        };
        (visit.visit)(number, &entry, opened);
    }
}

fn open(source: &mut Source<'_>, found: &Found) -> Opened {
    let (length, size) = (usize::try_from(found.packed), usize::try_from(found.size));
    let (Ok(length), Ok(size)) = (length, size) else { return Err(UnreadReason::Limit) };
    if matches!(found.method, Method::Encrypted) {
        return Err(UnreadReason::Encrypted);
    }
    let packed = source.most(found.start, length).map_err(|_| UnreadReason::Corrupt)?;
    let whole = packed.len() == length;
    let bytes = match found.method {
        Method::Stored => packed.get(..size.min(packed.len())).unwrap_or_default().to_vec(),
        Method::Blocks { distances, bits } => Decoder::new(&packed, distances, bits).decode(size),
        Method::Other | Method::Encrypted => return Err(UnreadReason::Unsupported),
    };
    let is_right = bytes.len() == size
        && match found.check {
            Check::Crc16(sum) => crc16(&bytes) == sum,
            Check::Crc32(sum) => {
                let mut crc = flate2::Crc::new();
                crc.update(&bytes);
                crc.sum() == sum
            }
        };
    // A member that its archive holds in part comes with that part; one that is whole must have its check sum.
    if is_right || !whole && !bytes.is_empty() && bytes.len() < size { Ok(bytes) } else { Err(UnreadReason::Corrupt) }
}

fn crc16(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0, |mut crc, byte| {
        crc ^= u16::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 0 { crc >> 1 } else { crc >> 1 ^ 0xa001 };
        }
        crc
    })
}

/// Codes of literals and lengths.
const LITERALS: usize = 510;
/// Codes of the lengths of codes.
const LENGTHS: usize = 19;
/// The shortest copy.
const SHORTEST: usize = 3;

struct Decoder<'a> {
    packed: &'a [u8],
    at: usize,
    distances: usize,
    bits: u32,
}

impl<'a> Decoder<'a> {
    fn new(packed: &'a [u8], distances: usize, bits: u32) -> Self {
        Self { packed, at: 0, distances, bits }
    }

    /// So many bytes, or those before the damage.
    fn decode(&mut self, size: usize) -> Vec<u8> {
        let mut out = Vec::new();
        while out.len() < size {
            if self.block(size, &mut out).is_none() {
                break;
            }
        }
        out.truncate(size);
        out
    }

    fn block(&mut self, size: usize, out: &mut Vec<u8>) -> Option<()> {
        let count = self.number(16)?;
        let lengths = self.lengths(LENGTHS, 5, Some(3))?;
        let literals = self.literal_lengths(&lengths)?;
        let distances = self.lengths(self.distances, self.bits, None)?;
        for _ in 0..count {
            if out.len() >= size {
                break;
            }
            let code = literals.next(self)?;
            if let Ok(byte) = u8::try_from(code) {
                out.push(byte);
                continue;
            }
            let length = code - 256 + SHORTEST;
            let distance = match u32::try_from(distances.next(self)?).ok()? {
                0 => 0,
                code @ 1..=30 => (1 << (code - 1)) + self.number(code - 1)?,
                _ => return None,
            };
            for _ in 0..length {
                // The window begins full of spaces.
                let from = out.len().checked_sub(distance + 1);
                out.push(from.and_then(|from| out.get(from)).copied().unwrap_or(b' '));
            }
        }
        Some(())
    }

    fn bit(&mut self) -> Option<usize> {
        let byte = self.packed.get(self.at / 8)?;
        let bit = byte >> (7 - self.at % 8) & 1;
        self.at += 1;
        Some(usize::from(bit))
    }

    fn number(&mut self, bits: u32) -> Option<usize> {
        (0..bits).try_fold(0, |number, _| Some(number << 1 | self.bit()?))
    }

    /// A code given by the lengths of its codes. After the one numbered `skip` two bits say how many are left out.
    fn lengths(&mut self, most: usize, bits: u32, skip: Option<usize>) -> Option<Code> {
        let count = self.number(bits)?;
        if count == 0 {
            return Some(Code::One(self.number(bits)?));
        }
        let mut lengths = Vec::new();
        while lengths.len() < count.min(most) {
            let mut length = self.number(3)?;
            while length >= 7 && self.bit()? == 1 {
                length += 1;
            }
            lengths.push(u8::try_from(length).ok().filter(|length| *length <= 16)?);
            if skip == Some(lengths.len()) {
                let zeros = self.number(2)?;
                lengths.extend(std::iter::repeat_n(0, zeros));
            }
        }
        Code::of(&lengths)
    }

    fn literal_lengths(&mut self, code: &Code) -> Option<Code> {
        let count = self.number(9)?;
        if count == 0 {
            return Some(Code::One(self.number(9)?));
        }
        let mut lengths = Vec::new();
        while lengths.len() < count.min(LITERALS) {
            let zeros = match code.next(self)? {
                0 => 1,
                1 => self.number(4)? + 3,
                2 => self.number(9)? + 20,
                length => {
                    lengths.push(u8::try_from(length - 2).ok()?);
                    continue;
                }
            };
            lengths.extend(std::iter::repeat_n(0, zeros));
        }
        Code::of(&lengths)
    }
}

/// A canonical Huffman code.
enum Code {
    /// One symbol, which takes no bits.
    One(usize),
    /// For each length from 1: how many symbols there are; all symbols by length and number.
    Many([u16; 16], Vec<u16>),
}

impl Code {
    fn of(lengths: &[u8]) -> Option<Self> {
        let mut counts = [0_u16; 16];
        for length in lengths.iter().filter(|length| **length > 0) {
            *counts.get_mut(usize::from(*length) - 1)? += 1;
        }
        let mut symbols: Vec<u16> =
            (0..u16::try_from(lengths.len()).ok()?).filter(|at| lengths.get(usize::from(*at)) != Some(&0)).collect();
        symbols.sort_by_key(|at| lengths.get(usize::from(*at)).copied());
        Some(Self::Many(counts, symbols))
    }

    fn next(&self, from: &mut Decoder<'_>) -> Option<usize> {
        let (counts, symbols) = match self {
            Self::One(symbol) => return (*symbol < LITERALS).then_some(*symbol),
            Self::Many(counts, symbols) => (counts, symbols),
        };
        let (mut code, mut first, mut index) = (0_usize, 0_usize, 0_usize);
        for count in counts {
            let count = usize::from(*count);
            code |= from.bit()?;
            if code < first + count {
                return symbols.get(index + code.checked_sub(first)?).map(|symbol| usize::from(*symbol));
            }
            index += count;
            first = (first + count) << 1;
            code <<= 1;
        }
        None
    }
}
