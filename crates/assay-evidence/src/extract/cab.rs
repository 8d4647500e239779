//! Cabinets (`.cab`): stored, MSZIP and LZX folders. A folder is decoded from its start for the files in it. Files that go
//! on in another cabinet, and Quantum, are named and not opened.

use super::little_endian::{u16_at, u32_at};
use super::zip::FLOOR;
use super::{Job, Limits, MemberEntry, Names, Opened, ReadSeek, Visit, rewind};
use assay_model::UnreadReason;
use flate2::{Decompress, FlushDecompress};
use lzxd::{Lzxd, WindowSize};
use std::io::{self, SeekFrom};

/// What a block decodes to, at most, bytes.
const BLOCK: usize = 32 << 10;

struct File {
    name: String,
    bytes: u64,
    /// Where in its folder it begins.
    start: u64,
    folder: Option<usize>,
}

struct Folder {
    start: u64,
    blocks: u16,
    method: u16,
}

struct Cabinet {
    files: Vec<File>,
    folders: Vec<Folder>,
    /// Bytes in a block's header that are the maker's own.
    reserved: u64,
    joined: bool,
    whole: bool,
}

pub(super) fn read(job: &mut Job<'_, '_>) -> Result<(), UnreadReason> {
    let cabinet = Cabinet::open(job.input, job.reading.limits).map_err(|_| UnreadReason::Corrupt)?;
    for file in &cabinet.files {
        if job.out.member(&file.name, file.bytes).is_err() {
            break;
        }
    }
    if cabinet.joined {
        job.out.partial("one of a set of cabinets: further ones are not joined");
    }
    if !cabinet.whole {
        job.out.partial("the cabinet's list of files is damaged: what follows is not listed");
    }
    Ok(())
}

pub(super) fn visit(input: &mut dyn ReadSeek, visit: &mut Visit<'_>) {
    let limits = visit.reading.limits;
    let Ok(cabinet) = Cabinet::open(input, limits) else { return };
    let Ok(size) = input.seek(SeekFrom::End(0)) else { return };
    let budget = limits.expanded_bytes.min(size.saturating_mul(limits.expansion_ratio).max(FLOOR));
    let mut names = Names::default();
    let mut declared = 0_u64;
    // Decoding for files that lie in each other begins anew: it counts, too.
    let mut work = budget.saturating_mul(2);
    let mut under_way: Option<(usize, Unfolding)> = None;
    for (number, file) in (0_u32..).zip(&cabinet.files) {
        if number >= visit.range.end {
            return;
        }
        let member = MemberEntry { name: names.unique(&file.name), bytes: file.bytes };
        declared = declared.saturating_add(file.bytes);
        if !visit.range.contains(&number) {
            continue;
        }
        let opened = match file.folder.and_then(|index| Some((index, cabinet.folders.get(index)?))) {
            None => Err(UnreadReason::Unsupported),
            Some(_) if declared > budget || file.bytes > limits.item_bytes => Err(UnreadReason::Limit),
            Some((index, folder)) => {
                let going = under_way.take().filter(|(of, unfolding)| *of == index && unfolding.at <= file.start);
                match going
                    .map(|(_, unfolding)| Ok(unfolding))
                    .unwrap_or_else(|| Unfolding::new(folder, cabinet.reserved))
                {
                    Err(reason) => Err(reason),
                    Ok(mut unfolding) => {
                        let opened = unfolding.take(input, file.start, file.bytes, &mut work);
                        under_way = Some((index, unfolding));
                        opened
                    }
                }
            }
        };
        (visit.visit)(number, &member, opened);
    }
}

impl Cabinet {
    fn open(input: &mut dyn ReadSeek, limits: &Limits) -> io::Result<Self> {
        rewind(input).map_err(|_| io::ErrorKind::Other)?;
        let head = exact(input, 36)?;
        let (folders, files, flags) = (word(&head, 26), word(&head, 28), word(&head, 30));
        let first_file = u64::from(double(&head, 16));
        let (mut of_folder, mut reserved) = (0, 0);
        if flags & 4 != 0 {
            let sizes = exact(input, 4)?;
            (of_folder, reserved) = (usize::from(sizes[2]), u64::from(sizes[3]));
            exact(input, usize::from(word(&sizes, 0)))?;
        }
        // The names of the cabinets before and after.
        for _ in 0..2 * (flags & 1) + (flags & 2) {
            string(input)?;
        }
        let mut cabinet =
            Self { files: Vec::new(), folders: Vec::new(), reserved, joined: flags & 3 != 0, whole: true };
        for _ in 0..folders {
            let bytes = exact(input, 8 + of_folder)?;
            cabinet.folders.push(Folder {
                start: u64::from(double(&bytes, 0)),
                blocks: word(&bytes, 4),
                method: word(&bytes, 6),
            });
        }
        input.seek(SeekFrom::Start(first_file))?;
        for _ in 0..u32::from(files).min(limits.members) {
            let Ok((fixed, name)) = exact(input, 16).and_then(|fixed| Ok((fixed, string(input)?))) else {
                cabinet.whole = false;
                break;
            };
            let utf_8 = word(&fixed, 14) & 0x80 != 0;
            let name = match utf_8 {
                true => String::from_utf8_lossy(&name).into_owned(),
                false => encoding_rs::WINDOWS_1252.decode_without_bom_handling(&name).0.into_owned(),
            };
            // The last numbers stand for folders that begin or end in another cabinet.
            let folder = Some(word(&fixed, 8)).filter(|number| *number < 0xfffd).map(usize::from);
            let (bytes, start) = (u64::from(double(&fixed, 0)), u64::from(double(&fixed, 4)));
            cabinet.files.push(File { name, bytes, start, folder });
        }
        if cabinet.files.is_empty() && files > 0 { Err(io::ErrorKind::InvalidData.into()) } else { Ok(cabinet) }
    }
}

/// A folder being decoded, block by block.
struct Unfolding {
    next: u64,
    blocks: u16,
    reserved: u64,
    method: Method,
    /// The last block's content, and where in the folder it begins.
    block: Vec<u8>,
    at: u64,
}

enum Method {
    Stored,
    /// Each block is deflated on its own, with the block before as what it may refer to.
    Mszip,
    Lzx(Box<Lzxd>),
}

impl Unfolding {
    fn new(folder: &Folder, reserved: u64) -> Result<Self, UnreadReason> {
        let method = match (folder.method & 15, folder.method >> 8) {
            (0, _) => Method::Stored,
            (1, _) => Method::Mszip,
            (3, window) => Method::Lzx(Box::new(Lzxd::new(match window {
                15 => WindowSize::KB32,
                16 => WindowSize::KB64,
                17 => WindowSize::KB128,
                18 => WindowSize::KB256,
                19 => WindowSize::KB512,
                20 => WindowSize::MB1,
                21 => WindowSize::MB2,
                _ => return Err(UnreadReason::Corrupt),
            }))),
            _ => return Err(UnreadReason::Unsupported),
        };
        Ok(Self { next: folder.start, blocks: folder.blocks, reserved, method, block: Vec::new(), at: 0 })
    }

    /// The bytes of a file, or the beginning that there is.
    fn take(&mut self, input: &mut dyn ReadSeek, start: u64, bytes: u64, work: &mut u64) -> Opened {
        let mut all = Vec::new();
        let end = start.saturating_add(bytes);
        loop {
            let from = start.saturating_add(all.len() as u64);
            let here = from.checked_sub(self.at).and_then(|offset| self.block.get(usize::try_from(offset).ok()?..));
            let wanted = usize::try_from(end - from).unwrap_or(usize::MAX);
            if let Some(here) = here {
                all.extend_from_slice(here.get(..wanted.min(here.len())).unwrap_or_default());
            }
            if all.len() as u64 >= bytes {
                return Ok(all);
            }
            *work = work.saturating_sub(BLOCK as u64);
            if *work == 0 {
                return Err(UnreadReason::Limit);
            }
            if self.step(input).is_none() {
                return if all.is_empty() { Err(UnreadReason::Corrupt) } else { Ok(all) };
            }
        }
    }

    fn step(&mut self, input: &mut dyn ReadSeek) -> Option<()> {
        self.blocks = self.blocks.checked_sub(1)?;
        input.seek(SeekFrom::Start(self.next)).ok()?;
        let head = exact(input, 8).ok()?;
        let (packed, size) = (usize::from(word(&head, 4)), usize::from(word(&head, 6)));
        if size > BLOCK {
            return None;
        }
        input.seek(SeekFrom::Current(i64::try_from(self.reserved).ok()?)).ok()?;
        let bytes = exact(input, packed).ok()?;
        self.next = self.next.checked_add(8 + self.reserved + packed as u64)?;
        let block = match &mut self.method {
            Method::Stored => bytes,
            Method::Mszip => {
                let mut inflate = Decompress::new(false);
                if !self.block.is_empty() {
                    inflate.set_dictionary(&self.block).ok()?;
                }
                let mut out = Vec::with_capacity(size);
                inflate.decompress_vec(bytes.strip_prefix(b"CK")?, &mut out, FlushDecompress::Finish).ok()?;
                out
            }
            Method::Lzx(decoder) => decoder.decompress_next(&bytes, size).ok()?.to_vec(),
        };
        self.at = self.at.checked_add(self.block.len() as u64)?;
        self.block = block;
        (self.block.len() == size).then_some(())
    }
}

fn exact(input: &mut dyn ReadSeek, length: usize) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; length];
    input.read_exact(&mut bytes)?;
    Ok(bytes)
}

/// Bytes up to a zero.
fn string(input: &mut dyn ReadSeek) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    loop {
        let mut byte = [0];
        input.read_exact(&mut byte)?;
        match byte {
            [0] => return Ok(bytes),
            _ if bytes.len() > 4096 => return Err(io::ErrorKind::InvalidData.into()),
            [byte] => bytes.push(byte),
        }
    }
}

fn word(bytes: &[u8], at: usize) -> u16 {
    u16_at(bytes, at).unwrap_or(0)
}

fn double(bytes: &[u8], at: usize) -> u32 {
    u32_at(bytes, at).unwrap_or(0)
}
