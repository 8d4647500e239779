//! Was it published before? Against prior leaks, as files or as fingerprints: the same bytes, the same words, nearly the same words
//! about the same people, and the people themselves.
//!
//! People shared with a prior leak do not make data old: patients come back. But new bytes about mostly the same people are what a
//! re-export of old data looks like, so those two together stay conflicting; and a few new lists of many new people among many old
//! letters are no old leak. How many people would be shared anyway is told by how much of the registers the prior leak has.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use assay_model::{
    Evidence, ExhibitId, ItemCategory, ItemPath, ItemStatus, Mention, MentionId, RegisterPerson, Sha256, Sketch,
    TakeoverVerdict, UndeterminedReason, UnreadReason,
};
use jiff::civil::Date;

use super::VerifyInput;
use super::held::{Held, HeldItem};
use super::shares::{Side, evidence, grouped, percent, side, wilson};
use super::yardstick::{Ceiling, Footing, Grade, Level, Strength};

/// How many of a sketch's 32 minima agree in near-duplicates ([`crate::alike`]).
const NEAR: usize = 26;
/// Minima of a band, and sketches looked at in one, at most.
const BAND: usize = 4;
const LOOKED_AT: usize = 64;

/// How an item stands to the prior leaks.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Again {
    /// Nowhere.
    New,
    /// Byte for byte.
    Bytes,
    /// The same words in other bytes.
    Words,
    /// Nearly the same words, and its people are there too.
    Nearly,
}

/// What the prior leaks hold.
struct Prior<'a> {
    exhibits: Vec<&'a ExhibitId>,
    bytes: BTreeSet<Sha256>,
    words: BTreeSet<[u8; 16]>,
    sketches: Vec<Sketch>,
    bands: HashMap<(usize, [u16; BAND]), Vec<u32>>,
    newest: Option<Date>,
    /// People held who are in one, and how many would be by chance of the digests.
    people: BTreeSet<usize>,
    chance: f64,
    /// The share of the registers' people who are in one; none without registers.
    expected: Option<f64>,
}

pub(super) fn grade(input: &VerifyInput<'_>, held: &Held<'_>) -> Grade {
    // One vote a content: a form copied into a thousand folders says nothing a thousand times.
    let mut here: BTreeMap<Sha256, &HeldItem<'_>> = BTreeMap::new();
    for item in held.items.iter().filter(|item| speaks(item)) {
        here.entry(item.item.sha256).or_insert(item);
    }
    if here.is_empty() {
        return Grade::nothing_held();
    }
    let mut prior = Prior::of(input, held);
    if prior.bytes.is_empty() {
        return Grade::untested("no prior leak is at hand").pros(dates(input, held, None));
    }
    let people_of = people_by_item(held);
    let mut by: [u64; 4] = [0; 4];
    for item in here.values() {
        let named = people_of.get(&(&item.content.exhibit, &item.content.path));
        by[prior.again(item, named.map_or(&[], Vec::as_slice)) as usize] += 1;
    }
    // Whoever stands in an item that was published before was published with it, whatever could be read of it then.
    let of_old = here.values().filter(|item| matches!(prior.again(item, &[]), Again::Bytes | Again::Words));
    let old: Vec<usize> = of_old
        .filter_map(|item| people_of.get(&(&item.content.exhibit, &item.content.path)))
        .flatten()
        .copied()
        .collect();
    prior.people.extend(old);
    let [fresh, bytes, words, nearly] = by;
    let tested = here.len() as u64;
    let Some(share) = wilson(fresh, tested) else { return Grade::nothing_held() };
    let people = held.people.len() as u64;
    let known_people = prior.people.len() as u64;
    // Patients come back: that only as many are shared as the prior leak has of the registers says nothing.
    let line = prior.expected.unwrap_or(0.0).max(prior.chance) + 0.1;
    let shared = wilson(known_people, people);
    let same_people = shared.is_some_and(|s| side(s) == Side::Most && s.low > line);
    let new_people = wilson(people - known_people, people).is_some_and(|s| side(s) == Side::Most);

    let footing = Footing::over(held, tested, Level::Fair);
    let grade = match side(share) {
        Side::Most if same_people => Grade::undetermined(UndeterminedReason::Conflicting, footing),
        Side::Most => Grade::supported(Strength::of_share(share), Ceiling::FRESH, footing),
        Side::Few if new_people => Grade::undetermined(UndeterminedReason::Conflicting, footing),
        Side::Few if !held.proof_only => Grade::contradicted(Strength::of_share(share), Ceiling::FRESH, footing),
        Side::Few => Grade::undetermined(UndeterminedReason::Insufficient, footing),
        Side::Open => Grade::undetermined(UndeterminedReason::Conflicting, footing),
    };
    let names = prior.exhibits.iter().map(|id| id.as_str()).collect::<Vec<_>>().join(", ");
    let basis = format!("{}, {names}; export items", held.names());
    let of = |n: u64, what: &str| {
        let text = format!("{} of {} different contents {what}.", grouped(n), grouped(tested));
        (n > 0).then(|| evidence(text, basis.clone()))
    };
    grade
        .share(Some(share))
        .pros(of(fresh, "are in no prior leak at hand"))
        .cons(of(bytes, "are byte for byte in a prior leak"))
        .cons(of(words, "have the very words of an item of a prior leak, in other bytes"))
        .cons(of(nearly, "have nearly the words of an item of a prior leak, about people who are in it"))
        .cons(shared_people(held, &prior, &names, line))
        .pros(dates(input, held, prior.newest))
}

fn shared_people(held: &Held<'_>, prior: &Prior<'_>, names: &str, line: f64) -> Option<Evidence> {
    let (shared, people) = (prior.people.len() as u64, held.people.len() as u64);
    (shared > 0).then(|| {
        let expected = prior.expected.map_or_else(String::new, |expected| {
            format!(", and so are {} of the people of the registers", percent(expected))
        });
        let chance = if prior.chance > 0.0 {
            format!("; its digests agree by chance in {}", percent(prior.chance))
        } else {
            String::new()
        };
        let beyond = match wilson(shared, people) {
            Some(share) if share.low > line => "more than patients who come back explain",
            _ => "no more than patients who come back may explain",
        };
        let text = format!(
            "{} of {} people are in a prior leak too{expected}{chance}: {beyond}.",
            grouped(shared),
            grouped(people)
        );
        evidence(text, format!("{}, {names}; export subjects", held.names()))
    })
}

impl<'a> Prior<'a> {
    fn of(input: &VerifyInput<'a>, held: &Held<'a>) -> Self {
        let mut this = Self {
            exhibits: input.prior.iter().map(|(id, _)| id).collect(),
            bytes: BTreeSet::new(),
            words: BTreeSet::new(),
            sketches: Vec::new(),
            bands: HashMap::new(),
            newest: None,
            people: BTreeSet::new(),
            chance: 0.0,
            expected: None,
        };
        for (_, prints) in input.prior {
            for item in prints.items() {
                this.take(item.sha256, item.words, item.sketch);
            }
            this.newest = this.newest.max(prints.newest());
            this.chance = this.chance.max(prints.chance());
        }
        this.find_people(input, held);
        this
    }

    fn take(&mut self, sha256: Sha256, words: Option<[u8; 16]>, sketch: Option<Sketch>) {
        self.bytes.insert(sha256);
        self.words.extend(words);
        if let Some(sketch) = sketch {
            let place = u32::try_from(self.sketches.len()).unwrap_or(u32::MAX);
            for band in bands_of(&sketch) {
                let places = self.bands.entry(band).or_default();
                if places.len() < LOOKED_AT {
                    places.push(place);
                }
            }
            self.sketches.push(sketch);
        }
    }

    fn find_people(&mut self, input: &VerifyInput<'a>, held: &Held<'a>) {
        let places: HashMap<MentionId, &Mention> = input.mentions.iter().map(|m| (m.id, m)).collect();
        for (n, subject) in held.people.iter().enumerate() {
            let mentions = || subject.mentions.iter().filter_map(|id| places.get(id).copied());
            if input.prior.iter().any(|(_, prints)| prints.has(&prints.person(mentions()))) {
                self.people.insert(n);
            }
        }
        let known = |row: &&RegisterPerson| input.prior.iter().any(|(_, prints)| prints.has(&prints.registered(row)));
        let rows = input.register.len();
        self.expected = (rows > 0).then(|| input.register.iter().filter(known).count() as f64 / rows as f64);
    }

    fn again(&self, item: &HeldItem<'_>, people: &[usize]) -> Again {
        let likeness = &item.content.likeness;
        if self.bytes.contains(&item.item.sha256) {
            return Again::Bytes;
        }
        if likeness.words.is_some_and(|words| self.words.contains(&words)) {
            return Again::Words;
        }
        let Some(sketch) = &likeness.sketch else { return Again::New };
        let near = bands_of(sketch).filter_map(|band| self.bands.get(&band)).flatten();
        let is_near = near.filter_map(|n| self.sketches.get(*n as usize)).any(|other| sketch.agreement(other) >= NEAR);
        // Letters of one template are nearly alike too; what tells is whether they are about the same people.
        let there = people.iter().filter(|n| self.people.contains(n)).count();
        if is_near && there * 2 >= people.len() { Again::Nearly } else { Again::New }
    }
}

fn bands_of(sketch: &Sketch) -> impl Iterator<Item = (usize, [u16; BAND])> {
    let (bands, _) = sketch.0.as_chunks::<BAND>();
    bands.iter().copied().enumerate()
}

/// The people of each item, by their places among the people held.
fn people_by_item<'h>(held: &'h Held<'_>) -> HashMap<(&'h ExhibitId, &'h ItemPath), Vec<usize>> {
    let mut out: HashMap<(&ExhibitId, &ItemPath), Vec<usize>> = HashMap::new();
    for (n, subject) in held.people.iter().enumerate() {
        for (exhibit, path) in &subject.documents {
            out.entry((exhibit, path)).or_default().push(n);
        }
    }
    out
}

/// The newest and oldest dates of records by category, beside what the prior leaks end with and beside the gateway's window.
fn dates(input: &VerifyInput<'_>, held: &Held<'_>, prior: Option<Date>) -> Vec<Evidence> {
    let mut spans: BTreeMap<ItemCategory, (Date, Date)> = BTreeMap::new();
    for item in held.readable().filter(|item| item.content.category != ItemCategory::Other) {
        for date in
            [item.content.oldest, item.content.newest].into_iter().flatten().filter(|d| *d <= input.case.reference_date)
        {
            let span = spans.entry(item.content.category).or_insert((date, date));
            *span = (span.0.min(date), span.1.max(date));
        }
    }
    let Some(newest) = spans.values().map(|(_, newest)| *newest).max() else { return Vec::new() };
    let listed: Vec<String> =
        spans.iter().map(|(category, (from, to))| format!("{} {from} to {to}", category.as_str())).collect();
    let after = match prior {
        Some(prior) if newest > prior => format!("; the newest record of a prior leak is of {prior}"),
        Some(prior) => format!("; a prior leak has records up to {prior}, as new as these"),
        None => String::new(),
    };
    let mut out =
        vec![evidence(format!("Dates of records: {}{after}.", listed.join(", ")), held.basis("export items"))];
    let taken = input.gateway.into_iter().flat_map(|gateway| &gateway.flagged);
    let taken = taken.filter(|s| s.verdict == TakeoverVerdict::ConsistentWithTakeover);
    let first = taken.clone().map(|s| s.session.first.date()).min();
    let last = taken.map(|s| s.session.last.date()).max();
    if let (Some(first), Some(last)) = (first, last) {
        let when = if first == last { format!("are of {first}") } else { format!("lie between {first} and {last}") };
        let text = format!("Sessions consistent with a takeover {when}; the newest record held is of {newest}.");
        out.push(evidence(text, held.basis("gateway.flagged, export items")));
    }
    out
}

/// Archives are left out: packed anew they differ though nothing in them does.
fn speaks(item: &HeldItem<'_>) -> bool {
    let is_archive = item.has_members && item.people == 0 && {
        let media = item.item.media_type.as_str();
        ["zip", "tar", "gzip", "7z", "rar", "bzip", "xz", "zst", "compressed", "cab", "iso9660"]
            .iter()
            .any(|kind| media.contains(kind))
    };
    let cut_short = matches!(item.item.status, ItemStatus::Unread(UnreadReason::Limit | UnreadReason::Timeout));
    !is_archive && !cut_short && is_hashed(item.item.bytes, item.item.sha256)
}

/// Empty files are alike everywhere, and an item that was not reached has no hash.
fn is_hashed(bytes: u64, sha256: Sha256) -> bool {
    bytes > 0 && sha256 != Sha256::default()
}
