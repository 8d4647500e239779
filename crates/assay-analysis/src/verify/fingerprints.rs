//! Fingerprints of a leak: enough to tell later whether another one repeats it, so that the leak itself need not be kept.
//!
//! A text of one thing a line. Of an item: digests of its bytes and of its words, and its sketch. Of a person: two digests of 24 bits
//! under a key of the file, one of the NHS number, one of name and date of birth. So short a digest is borne by hundreds of possible
//! numbers: it tells how many of another leak's people are in this one, beside a known rate of chance, and only roughly whether a given
//! person is. It is personal data all the same, and the report says so where the file is made.

use std::collections::BTreeSet;
use std::fmt::Write;

use assay_model::{
    DataSubject, Element, Exhibit, ExhibitId, ExhibitKind, Item, Mention, MentionId, PersonName, RegisterPerson,
    Sha256, Sketch, Value, hex, of_hex,
};
use jiff::civil::Date;

use crate::reference::fold;

/// Values that a person's digest can have.
const PERSON_VALUES: f64 = (1_u32 << 24) as f64;

/// What is remembered of an item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ItemPrint {
    /// Digest of its bytes.
    pub sha256: Sha256,
    /// Digest of its words.
    pub words: Option<[u8; 16]>,
    /// Its sketch.
    pub sketch: Option<Sketch>,
}

/// A leak's fingerprints.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fingerprints {
    key: [u8; 32],
    items: Vec<ItemPrint>,
    people: BTreeSet<u32>,
    persons: u64,
    newest: Option<Date>,
}

/// Why a text is no fingerprints.
#[derive(Debug, thiserror::Error)]
#[error("line {line}: is no line of fingerprints\n  remedy: make the file anew with `assay export fingerprints`")]
pub struct FingerprintError {
    line: usize,
}

impl Fingerprints {
    /// The first line of the text.
    pub const MAGIC: &str = "assay.fingerprints/1";

    /// True for a text that begins as fingerprints do.
    pub fn are_in(text: &[u8]) -> bool {
        text.starts_with(Self::MAGIC.as_bytes())
    }

    /// Of one exhibit whose items were read and whose people were not put together: a prior leak is compared and counts nobody.
    pub fn of_exhibit(exhibit: &Exhibit, items: &[Item], mentions: &[Mention]) -> Self {
        let mut this = Self { key: key_of(std::iter::once(exhibit)), ..Self::default() };
        this.take_items(items.iter().filter(|item| item.exhibit == exhibit.id));
        for mention in mentions.iter().filter(|mention| mention.locator.exhibit == exhibit.id) {
            let prints = this.person(std::iter::once(mention));
            this.people.extend(prints);
        }
        this
    }

    /// Of the leaks of a case, by what was read of them. Keyed by the exhibits' own hashes, so that the same leak gives the same file.
    pub fn of(exhibits: &[Exhibit], items: &[Item], mentions: &[Mention], subjects: &[DataSubject]) -> Self {
        let leaks: Vec<&Exhibit> =
            exhibits.iter().filter(|e| matches!(e.kind, ExhibitKind::Leak | ExhibitKind::ProofPack)).collect();
        let ids: BTreeSet<&ExhibitId> = leaks.iter().map(|exhibit| &exhibit.id).collect();
        let mut this = Self { key: key_of(leaks.iter().copied()), ..Self::default() };
        this.take_items(items.iter().filter(|item| ids.contains(&item.exhibit)));
        let of: std::collections::HashMap<MentionId, &Mention> = mentions.iter().map(|m| (m.id, m)).collect();
        for subject in subjects.iter().filter(|s| s.counts && s.documents.iter().any(|(e, _)| ids.contains(e))) {
            let mentions = subject.mentions.iter().filter_map(|id| of.get(id).copied());
            let prints = this.person(mentions);
            this.persons += u64::from(!prints.is_empty());
            this.people.extend(prints);
        }
        this
    }

    fn take_items<'i>(&mut self, items: impl Iterator<Item = &'i Item>) {
        for item in items.filter(|item| item.sha256 != Sha256::default() && item.bytes > 0) {
            let likeness = &item.likeness;
            self.items.push(ItemPrint { sha256: item.sha256, words: likeness.words, sketch: likeness.sketch });
            self.newest = self.newest.max(item.newest);
        }
        self.items.sort_by_key(|item| item.sha256);
        self.items.dedup();
    }

    /// A person's digests under this file's key.
    pub(super) fn person<'m>(&self, mentions: impl Iterator<Item = &'m Mention>) -> BTreeSet<u32> {
        let mut prints = BTreeSet::new();
        for mention in mentions {
            let date = mention.date_of_birth();
            for finding in &mention.findings {
                match (finding.element, finding.value.reveal()) {
                    (Element::NhsNumber, Value::Text(number)) => {
                        prints.extend(self.digest(&numbered(number)));
                    }
                    (Element::Name, Value::Name(name)) => {
                        prints.extend(date.and_then(|date| self.digest(&named(name, date)?)));
                    }
                    _ => {}
                }
            }
        }
        prints
    }

    /// A register's person's digests under this file's key.
    pub(super) fn registered(&self, person: &RegisterPerson) -> BTreeSet<u32> {
        let mut prints = BTreeSet::new();
        if let Some(number) = &person.nhs_number {
            prints.extend(self.digest(&numbered(number.reveal())));
        }
        if let (Some(name), Some(date)) = (&person.name, person.date_of_birth) {
            prints.extend(named(name.reveal(), date).and_then(|text| self.digest(&text)));
        }
        prints
    }

    fn digest(&self, text: &str) -> Option<u32> {
        let hash = blake3::keyed_hash(&self.key, text.as_bytes());
        hash.as_bytes().first_chunk().map(|head: &[u8; 4]| u32::from_be_bytes(*head) >> 8)
    }

    /// The newest date of a record in it.
    pub(super) fn newest(&self) -> Option<Date> {
        self.newest
    }

    /// True where one of a person's digests is here.
    pub(super) fn has(&self, prints: &BTreeSet<u32>) -> bool {
        prints.iter().any(|print| self.people.contains(print))
    }

    /// How often a person of nobody is found here by chance, 0 to 1: two digests asked.
    pub(super) fn chance(&self) -> f64 {
        1.0 - (1.0 - self.people.len() as f64 / PERSON_VALUES).powi(2)
    }

    /// People of whom it has a digest.
    pub fn persons(&self) -> u64 {
        self.persons
    }

    /// What it remembers of items.
    pub fn items(&self) -> &[ItemPrint] {
        &self.items
    }

    /// The text.
    pub fn write(&self) -> String {
        let mut out = format!("{}\nkey {}\npersons {}\n", Self::MAGIC, hex(&self.key), self.persons);
        if let Some(newest) = self.newest {
            let _ = writeln!(out, "newest {newest}");
        }
        for item in &self.items {
            let words = item.words.map_or_else(|| "-".to_owned(), |words| hex(&words));
            let sketch = item.sketch.map_or_else(|| "-".to_owned(), |s| hex(&s.0.map(u16::to_be_bytes).concat()));
            let _ = writeln!(out, "item {} {words} {sketch}", item.sha256);
        }
        for print in &self.people {
            let _ = writeln!(out, "person {print:06x}");
        }
        out
    }

    /// Reads what [`Fingerprints::write`] wrote.
    ///
    /// # Errors
    /// At the first line that is none of such a text.
    pub fn read(text: &str) -> Result<Self, FingerprintError> {
        let mut this = Self::default();
        for (n, line) in text.lines().enumerate() {
            let known = if n == 0 { (line == Self::MAGIC).then_some(()) } else { this.line(line) };
            known.ok_or(FingerprintError { line: n + 1 })?;
        }
        Ok(this)
    }

    fn line(&mut self, line: &str) -> Option<()> {
        let mut words = line.split(' ');
        match (words.next()?, words.next()?) {
            ("key", key) => self.key = of_hex(key)?,
            ("persons", number) => self.persons = number.parse().ok()?,
            ("newest", date) => self.newest = Some(date.parse().ok()?),
            ("person", print) => _ = self.people.insert(u32::from_str_radix(print, 16).ok()?),
            ("item", digest) => {
                let (of_words, sketch) = (words.next()?, words.next()?);
                let minima = |text: &str| {
                    let bytes: [u8; 64] = of_hex(text)?;
                    let mut sketch = [0; 32];
                    sketch.iter_mut().zip(bytes.chunks_exact(2)).for_each(|(least, pair)| {
                        *least = pair.iter().fold(0, |sum, byte| sum << 8 | u16::from(*byte));
                    });
                    Some(Sketch(sketch))
                };
                self.items.push(ItemPrint {
                    sha256: Sha256(of_hex(digest)?),
                    words: if of_words == "-" { None } else { Some(of_hex(of_words)?) },
                    sketch: if sketch == "-" { None } else { Some(minima(sketch)?) },
                });
            }
            _ => return None,
        }
        Some(())
    }
}

/// By the exhibits' own hashes.
fn key_of<'e>(exhibits: impl Iterator<Item = &'e Exhibit>) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new_derive_key("assay fingerprints of people 1");
    exhibits.for_each(|exhibit| _ = hasher.update(&exhibit.blake3));
    *hasher.finalize().as_bytes()
}

fn numbered(number: &str) -> String {
    format!("number {}", number.chars().filter(char::is_ascii_digit).collect::<String>())
}

fn named(name: &PersonName, date: Date) -> Option<String> {
    Some(format!("name {} {} {date}", fold(&name.family), fold(name.given.first()?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fingerprints_come_back_as_they_went_and_a_wrong_line_is_named() {
        let prints = Fingerprints {
            key: [3; 32],
            items: vec![
                ItemPrint { sha256: Sha256([1; 32]), words: None, sketch: None },
                ItemPrint { sha256: Sha256([2; 32]), words: Some([9; 16]), sketch: Some(Sketch([700; 32])) },
            ],
            people: [1, 0x00ff_ffff].into(),
            persons: 2,
            newest: Some(jiff::civil::date(2023, 5, 1)),
        };
        let text = prints.write();
        assert_eq!(Fingerprints::read(&text).unwrap(), prints);
        assert!(Fingerprints::are_in(text.as_bytes()));
        let error = Fingerprints::read(&format!("{text}person zz\n")).unwrap_err().to_string();
        assert!(error.starts_with(&format!("line {}", text.lines().count() + 1)), "{error}");
    }
}
