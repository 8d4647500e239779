//! A leak of tens of gigabytes that takes little disk: a synthetic case of some hundred items, and beside them what a file
//! server is full of: images of disks that are mostly empty, and the same documents again and again.
//!
//! Empty stretches are holes and repeated documents are links, so that the folder is large to whoever reads it and small to
//! the disk that holds it. The same parameters give the same bytes.

use crate::dice::Dice;
use crate::{CorpusError, Parameters, Summary, write_case};
use std::fs::File;
use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// What to make.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BigParameters {
    /// The case that the leak is of.
    pub case: Parameters,
    /// Bytes of the leak, about, as whoever reads it sees them.
    pub bytes: u64,
    /// Files that are copies of a few documents.
    pub copies: u32,
}

impl Default for BigParameters {
    fn default() -> Self {
        Self { case: Parameters { items: 400, ..Parameters::default() }, bytes: 50 << 30, copies: 200_000 }
    }
}

/// Links to one file, at most: file systems allow 65,000.
const LINKS: u32 = 50_000;
/// Files in one folder.
const FOLDER: u32 = 1_000;
/// A table that stands in many folders, bytes.
const TABLE: usize = 32 << 20;
/// An image with islands of content, bytes.
const IMAGE: u64 = 5 << 30;

/// Makes the case in `dir`, which must be absent or empty; gives what [`write_case`] says and the bytes of the whole leak.
///
/// # Errors
/// As [`write_case`].
pub fn write_big_case(dir: &Path, parameters: &BigParameters) -> Result<(Summary, u64), CorpusError> {
    let summary = write_case(dir, &parameters.case)?;
    let share = dir.join("leak/big");
    let mut dice = Dice::new(parameters.case.seed, "big");
    let mut bytes = summary.bytes;

    // A fifth is one file of nothing.
    let zeros = parameters.bytes / 5;
    sparse(&share.join("backup/blank.bin"), zeros, &[])?;
    bytes += zeros;

    // Two fifths are images with islands: a record here and there, as on a disk that was wiped.
    for number in 0..(parameters.bytes * 2 / 5).div_ceil(IMAGE).max(1) {
        let size = IMAGE.min(parameters.bytes * 2 / 5);
        let islands: Vec<(u64, Vec<u8>)> =
            (0..64).map(|_| (dice.between(1 << 12, size as i64 - (1 << 16)) as u64, island(&mut dice))).collect();
        sparse(&share.join(format!("images/volume{number:02}.bin")), size, &islands)?;
        bytes += size;
    }

    // Small documents, the same few in every folder.
    let notes: Vec<Vec<u8>> = (0..8).map(|number| note(number, &mut dice)).collect();
    let mut originals: Vec<PathBuf> = Vec::new();
    for number in 0..parameters.copies {
        let kind = number as usize % notes.len();
        let path = share.join(format!("home/{:04}/note{number:06}.txt", number / FOLDER));
        bytes += notes[kind].len() as u64;
        if number / LINKS > (number.wrapping_sub(notes.len() as u32)) / LINKS || number < notes.len() as u32 {
            originals.resize(notes.len(), PathBuf::new());
            write(&path, &notes[kind])?;
            originals[kind] = path;
        } else {
            link(&originals[kind], &path)?;
        }
    }

    // What is left is one table, again and again.
    let table = table(&mut dice);
    let mut original: Option<PathBuf> = None;
    let mut number = 0_u32;
    while bytes + table.len() as u64 <= parameters.bytes {
        let path = share.join(format!("exports/{:04}/list.csv", number));
        match original.as_deref().filter(|_| !number.is_multiple_of(LINKS)) {
            Some(original) => link(original, &path)?,
            None => {
                write(&path, &table)?;
                original = Some(path);
            }
        }
        bytes += table.len() as u64;
        number += 1;
    }
    Ok((summary, bytes))
}

fn at(path: &Path) -> impl FnOnce(std::io::Error) -> CorpusError {
    let path = path.to_owned();
    |source| CorpusError::File { path, source }
}

fn parent(path: &Path) -> Result<(), CorpusError> {
    path.parent().map_or(Ok(()), |parent| std::fs::create_dir_all(parent).map_err(at(parent)))
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), CorpusError> {
    parent(path)?;
    std::fs::write(path, bytes).map_err(at(path))
}

fn link(original: &Path, path: &Path) -> Result<(), CorpusError> {
    parent(path)?;
    std::fs::hard_link(original, path).map_err(at(path))
}

/// A file of holes, but for some stretches.
fn sparse(path: &Path, size: u64, islands: &[(u64, Vec<u8>)]) -> Result<(), CorpusError> {
    parent(path)?;
    let mut file = File::create(path).map_err(at(path))?;
    file.set_len(size).map_err(at(path))?;
    for (start, bytes) in islands {
        file.seek(SeekFrom::Start(*start)).and_then(|_| file.write_all(bytes)).map_err(at(path))?;
    }
    Ok(())
}

/// Fields of records about nobody, between bytes of numbers.
fn island(dice: &mut Dice) -> Vec<u8> {
    const WORDS: &[&str] = &["Northshore", "clinic", "appointment", "follow up", "ward", "referral", "transport"];
    let mut bytes = Vec::new();
    for _ in 0..40 {
        let word = dice.pick(WORDS);
        bytes.extend_from_slice(&(word.len() as u32).to_le_bytes());
        bytes.extend_from_slice(word.as_bytes());
        bytes.extend_from_slice(&dice.bytes(16));
    }
    bytes
}

fn note(number: usize, dice: &mut Dice) -> Vec<u8> {
    let lines = (0..20 + 10 * number)
        .map(|line| format!("{line}. The rota of week {} is on the shared drive.\n", dice.below(52)));
    format!("Notice {number}\n\n{}", lines.collect::<String>()).into_bytes()
}

/// A table without people: stock of a store.
fn table(dice: &mut Dice) -> Vec<u8> {
    let mut text = String::from("code,item,shelf,quantity\n");
    while text.len() < TABLE {
        let code = dice.digits(8);
        text.push_str(&format!("P{code},dressing {},{},{}\n", dice.below(400), dice.below(90), dice.below(1000)));
    }
    text.into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_big_leak_is_as_large_as_it_is_said_to_be_and_takes_little_disk() {
        use std::os::unix::fs::MetadataExt;
        let folder = tempfile::tempdir().unwrap();
        let dir = folder.path().join("case");
        let case = Parameters { items: 100, ..Parameters::default() };
        let (_, bytes) = write_big_case(&dir, &BigParameters { case, bytes: 1 << 30, copies: 100 }).unwrap();
        let (mut seen, mut disk) = (0, std::collections::BTreeMap::new());
        let mut folders = vec![dir.join("leak")];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let entry = entry.unwrap();
                let meta = entry.metadata().unwrap();
                if meta.is_dir() {
                    folders.push(entry.path());
                } else {
                    seen += meta.len();
                    disk.insert(meta.ino(), meta.blocks() * 512);
                }
            }
        }
        assert_eq!(seen, bytes);
        assert!(
            bytes > 900 << 20 && disk.values().sum::<u64>() < 100 << 20,
            "{bytes} {:?}",
            disk.values().sum::<u64>()
        );
    }
}
