//! Which files may be volumes of one set, told by their names alone; and such a set as one input.
//!
//! Names are what a packer or an attacker wrote: they say which files are looked at together, never that they belong
//! together. That is for the content of the first to say (`extract::join`), in a worker. A set whose first volume is not
//! there is none: its files are read one by one.

mod joined;

pub(crate) use joined::Layout;
pub use joined::{Bytes, Joined, Volumes};

use std::collections::BTreeMap;

/// Volumes of one set, at most: what lies beyond is read for itself.
const MOST: usize = 1000;
/// Volumes that may be missing between others: more is no set that was taken apart, but names that look alike.
const MOST_MISSING: u32 = 512;

/// Endings of files that are often cut into pieces; a short number or two letters behind one of them is a volume's.
const ARCHIVES: &[&str] = &[
    ".7z", ".arj", ".bz2", ".cab", ".cpio", ".gz", ".iso", ".lz4", ".pst", ".rar", ".tar", ".tbz", ".tbz2", ".tgz",
    ".txz", ".xz", ".z", ".zip", ".zst",
];

/// Files that may be one set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Set {
    /// Which of the names the set is called by: that of the first volume, or the `.zip` of a split zip, which is the last.
    pub root: usize,
    /// The numbers of the volumes, from 1, and which of the names each is; sorted, at least two.
    pub volumes: Vec<(u32, usize)>,
}

/// The sets among names. Folders are part of a name, parted by `/`; no name is in two sets.
pub fn sets<'n>(names: impl Iterator<Item = &'n str>) -> Vec<Set> {
    let mut groups: BTreeMap<(String, Scheme), BTreeMap<u32, usize>> = BTreeMap::new();
    for (index, name) in names.enumerate() {
        if let Some(Volume { stem, scheme, number }) = volume(name) {
            // Of two names that differ in case only, the first.
            groups.entry((stem, scheme)).or_default().entry(number).or_insert(index);
        }
    }
    let mut sets: Vec<Set> = groups.into_iter().filter_map(|((_, scheme), group)| set(scheme, group)).collect();
    sets.sort_by_key(|set| set.root);
    sets
}

fn set(scheme: Scheme, mut group: BTreeMap<u32, usize>) -> Option<Set> {
    let last_of_zip = if scheme == Scheme::Zip { group.remove(&ZIP) } else { None };
    let first = *group.keys().next()?;
    // Some count from 0.
    let starts = if scheme.counts_from_zero() && first == 0 { 0 } else { 1 };
    if first != starts && last_of_zip.is_none() {
        return None;
    }
    let mut volumes: Vec<(u32, usize)> = Vec::new();
    for (number, index) in group {
        let number = number - starts + 1;
        let expected = volumes.last().map_or(1, |(last, _)| last + 1);
        if number.saturating_sub(expected) > MOST_MISSING || volumes.len() >= MOST - 1 {
            break;
        }
        volumes.push((number, index));
    }
    let root = match last_of_zip {
        Some(index) => {
            volumes.push((volumes.last().map_or(0, |(last, _)| *last) + 1, index));
            index
        }
        None => volumes.first()?.1,
    };
    (volumes.len() > 1).then_some(Set { root, volumes })
}

/// How many volumes there are, where the name of one says so: `x.part01of05`.
pub fn total(name: &str) -> Option<u32> {
    let name = name.to_ascii_lowercase();
    let (rest, total) = number_at_end(&name)?;
    let (_, number) = number_at_end(rest.strip_suffix("of")?)?;
    (number <= total).then_some(total)
}

/// Whether a name is that of a volume behind the first.
pub(crate) fn is_later_volume(name: &str) -> bool {
    volume(name).is_some_and(|Volume { scheme, number, .. }| number != ZIP && (number > 1 || scheme == Scheme::Zip))
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Scheme {
    /// `x.7z.001`, `x.part1`, `x.tar.gz.00`.
    Numbered,
    /// `x.tar.gz.aa`, `xaa`.
    Lettered,
    /// `x.z01`, `x.zip`.
    Zip,
    /// `x.part1.rar`.
    RarParts,
    /// `x.rar`, `x.r00`.
    Rar,
}

impl Scheme {
    fn counts_from_zero(self) -> bool {
        self == Self::Numbered
    }
}

/// The number that stands for the `.zip` of a split zip until the others are known.
const ZIP: u32 = u32::MAX;

struct Volume {
    stem: String,
    scheme: Scheme,
    number: u32,
}

fn volume(name: &str) -> Option<Volume> {
    let name = name.to_ascii_lowercase();
    let found = |stem: &str, scheme, number| Some(Volume { stem: stem.to_owned(), scheme, number });
    if let Some(stem) = name.strip_suffix(".zip") {
        return found(stem, Scheme::Zip, ZIP);
    }
    if let Some(rest) = name.strip_suffix(".rar") {
        return match number_at_end(rest) {
            Some((stem, number)) if stem.ends_with(".part") => found(stem, Scheme::RarParts, number),
            _ => found(rest, Scheme::Rar, 1),
        };
    }
    let (stem, number) = match number_at_end(&name) {
        Some((stem, number)) => (stem, number),
        None => return lettered(&name),
    };
    let digits = name.len() - stem.len();
    match stem.strip_suffix(".z") {
        Some(stem) if digits >= 2 => return found(stem, Scheme::Zip, number),
        _ => {}
    }
    if let Some((rest, letter)) =
        stem.char_indices().next_back().and_then(|(at, letter)| Some((stem.get(..at)?, letter)))
        && let ('r'..='v', Some(rest), 2) = (letter, rest.strip_suffix('.'), digits)
    {
        let hundreds = u32::from(letter) - u32::from('r');
        return found(rest, Scheme::Rar, hundreds * 100 + number + 2);
    }
    // `part01of05`: all but the number is the stem.
    if let Some((rest, first)) = stem.strip_suffix("of").and_then(number_at_end) {
        return found(&format!("{rest}*{number}"), Scheme::Numbered, first);
    }
    let is_part = ends_in_part(stem);
    let is_numbered = stem.ends_with('.') && digits >= 3;
    let is_of_archive = digits >= 2 && is_archive(without_part(stem));
    // Six digits are a date.
    (digits <= 5 && (is_part || is_numbered || is_of_archive)).then_some(())?;
    found(stem, Scheme::Numbered, number)
}

/// `x.tar.gz.aa`, `x.tar.gz.partaa`, `xaa`, as `split` names them.
fn lettered(name: &str) -> Option<Volume> {
    // Every ending of an archive is letters, too.
    if is_archive(name) {
        return None;
    }
    for letters in [2, 3] {
        let at = name.len().checked_sub(letters)?;
        let (stem, ending) = (name.get(..at)?, name.get(at..)?);
        let folderless = stem.rsplit('/').next().unwrap_or(stem);
        if !ending.bytes().all(|byte| byte.is_ascii_lowercase()) || folderless != "x" && !is_archive(without_part(stem))
        {
            continue;
        }
        let number = ending.bytes().fold(0, |number, byte| number * 26 + u32::from(byte - b'a')) + 1;
        return Some(Volume { stem: format!("{stem}{letters}"), scheme: Scheme::Lettered, number });
    }
    None
}

fn ends_in_part(stem: &str) -> bool {
    let word = stem.trim_end_matches(['.', '_', '-', ' ']);
    ["part", "vol", "volume"]
        .iter()
        .any(|part| word.strip_suffix(part).is_some_and(|rest| rest.ends_with(['.', '_', '-', ' '])))
}

fn without_part(stem: &str) -> &str {
    let word = stem.trim_end_matches(['.', '_', '-', ' ']);
    let word = ["part", "vol", "volume"].iter().find_map(|part| word.strip_suffix(part)).unwrap_or(word);
    word.trim_end_matches(['.', '_', '-', ' '])
}

fn is_archive(stem: &str) -> bool {
    ARCHIVES.iter().any(|ending| stem.ends_with(ending))
}

/// A name in its beginning and the number that it ends in.
fn number_at_end(name: &str) -> Option<(&str, u32)> {
    let stem = name.trim_end_matches(|letter: char| letter.is_ascii_digit());
    let number = name.get(stem.len()..)?.parse().ok()?;
    (number < ZIP).then_some((stem, number))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each set as its root and its volumes by number.
    fn found(names: &[&str]) -> Vec<String> {
        let show = |set: Set| {
            let volumes: Vec<_> =
                set.volumes.iter().map(|(number, index)| format!("{number}={}", names[*index])).collect();
            format!("{}: {}", names[set.root], volumes.join(" "))
        };
        sets(names.iter().copied()).into_iter().map(show).collect()
    }

    #[test]
    fn sets_are_told_by_their_names() {
        assert_eq!(found(&["a/x.7z.002", "a/x.7z.001", "b/x.7z.003"]), ["a/x.7z.001: 1=a/x.7z.001 2=a/x.7z.002"]);
        assert_eq!(found(&["x.001", "x.003", "x.txt"]), ["x.001: 1=x.001 3=x.003"]);
        assert_eq!(found(&["x.tar.gz.00", "x.tar.gz.01"]), ["x.tar.gz.00: 1=x.tar.gz.00 2=x.tar.gz.01"]);
        assert_eq!(found(&["x.z02", "x.zip", "X.Z01"]), ["x.zip: 1=X.Z01 2=x.z02 3=x.zip"]);
        assert_eq!(found(&["x.z02", "x.zip"]), ["x.zip: 2=x.z02 3=x.zip"]);
        assert_eq!(found(&["x.part01.rar", "x.part02.rar"]), ["x.part01.rar: 1=x.part01.rar 2=x.part02.rar"]);
        assert_eq!(found(&["x.r00", "x.s00", "x.rar"]), ["x.rar: 1=x.rar 2=x.r00 102=x.s00"]);
        assert_eq!(found(&["x.part01of03", "x.part03of03"]), ["x.part01of03: 1=x.part01of03 3=x.part03of03"]);
        assert_eq!(found(&["x.part1", "x.part2"]), ["x.part1: 1=x.part1 2=x.part2"]);
        assert_eq!(found(&["xaa", "xab", "xac"]), ["xaa: 1=xaa 2=xab 3=xac"]);
        assert_eq!(
            found(&["d.tar.gz.partaa", "d.tar.gz.partab"]),
            ["d.tar.gz.partaa: 1=d.tar.gz.partaa 2=d.tar.gz.partab"]
        );
        assert_eq!(total("x.part01of03"), Some(3));
        assert_eq!(total("x.7z.001"), None);
    }

    #[test]
    fn what_only_looks_alike_is_no_set() {
        for names in [
            &["x.7z.002", "x.7z.003"][..],
            &["x.001"],
            &["x.7z.001", "y.7z.002"],
            &["x.zip", "y.z01"],
            &["list 01", "list 02"],
            &["report.1", "report.2"],
            &["d.20240101", "d.20240102"],
            &["x.001", "x.999"],
            &["x.tar.gz", "x.tar.xz"],
            &["aa", "ab"],
        ] {
            assert!(found(names).is_empty(), "{names:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_names_give_sets_that_share_nothing(names in proptest::collection::vec("[xX]?\\.?(part|z|r|rar|zip|7z|of|a|é)?[0-9a-c]{0,6}(\\.rar|\\.zip)?", 0..20)) {
            let sets = sets(names.iter().map(String::as_str));
            let mut seen = std::collections::BTreeSet::new();
            for set in sets {
                proptest::prop_assert!(set.volumes.len() > 1 && set.volumes.iter().any(|(_, index)| *index == set.root));
                proptest::prop_assert!(set.volumes.windows(2).all(|pair| pair[0].0 < pair[1].0));
                for (_, index) in set.volumes {
                    proptest::prop_assert!(seen.insert(index));
                }
            }
        }
    }
}
