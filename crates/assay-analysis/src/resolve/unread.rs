//! How many people there are in what was not read: items that wait for their turn, and items that could not be read.
//!
//! **Tables** ([`Tables`]). An unread table is expected to name as many people for its bytes as read ones of its kind. How many of them are new is
//! told by those whom one read table names and nothing else: as many more for each further table, or fewer as lists begin to repeat each other.
//!
//! **Everything else is a sample.** Letters, mails and pictures are read in an order drawn by lot ([`crate::order`]), so that what was read
//! of a stratum is a random sample of it, and each read item speaks for as many unread ones as its stratum has for each read one (its
//! weight, Horvitz and Thompson 1952). People whom no table names are known from these items only. Their incidences (a person in an item) sum, weighted, to
//! M; the pairs of items that name one person, weighted by both, to Q. Were the number of items a person is named in geometric, its mean
//! would be 1 + Q / M, the people M divided by it, and the people seen in no item read those whose every item was passed over. Few pairs say little about the
//! mean: Q / M is a Gamma posterior, from [`PAIRS`] for everybody whom such items name, and from everybody's for those whom no table names.
//!
//! **Uncertainty.** Each draw takes the read items of each stratum again with replacement (bootstrap by item, with the correction for a finite
//! population), and shifts the form of the distribution between lighter and heavier tails than the geometric ([`FORM_ERROR`]).
//!
//! Strata are family, size (powers of sixteen) and top folder, the coarser where the finer has fewer than [`ENOUGH`] items read.
//! That unread items hold nobody new cannot be excluded where they could not be read at all: such items raise the estimate and the upper end of the
//! interval, never its lower end. Items that wait their turn are a random choice of their stratum: they raise both.

use super::chance::{normal, uniform};
use super::tables::{Due, Reading, Tables};
use crate::order::{Family, family, is_urgent, size};
use assay_model::{DataSubject, ExhibitId, Item, ItemPath, ItemStatus};
use rand_pcg::Pcg64;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Items read from which a stratum speaks for itself.
pub(super) const ENOUGH: usize = 5;
/// Items read from which a family does: mails are like a few mails rather than like all documents.
const ENOUGH_OF_FAMILY: usize = 2;
/// Pairs of items about one person for each item that names them, before any is met: a person in some 1.5 items. They weigh as one pair.
const PAIRS: f64 = 0.5;
/// Pairs added for the point: people are a reciprocal of pairs, whose chance would raise it by some 4 % where few were met (simulated).
const EVEN: f64 = 0.3;
/// Standard error of the share of the mean excess that the form of the distribution decides; 0.5 is the geometric.
const FORM_ERROR: f64 = 0.08;

/// An item of an exhibit that waits for its turn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// The exhibit.
    pub exhibit: ExhibitId,
    /// Its path.
    pub path: ItemPath,
    /// Its size as known, bytes; 0 where it is not.
    pub bytes: u64,
}

/// Where an item that was read stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// Among the tables.
    Table(u32),
    /// Among the items that are no tables.
    Sampled(u32),
}

/// What is expected of what was not read.
#[derive(Default)]
pub(super) struct Unread<'a> {
    places: HashMap<(&'a ExhibitId, &'a ItemPath), Place>,
    tables: Tables,
    /// Items read that are no tables.
    items: Vec<Sampled>,
    /// Their places by finest stratum, for drawing again.
    strata: Vec<Vec<usize>>,
    /// The people of those items.
    people: Vec<Person>,
    /// What is expected of unread items that are no tables.
    point: New,
    /// By how much a bootstrap of few items falls short of what their number allows.
    few: f64,
}

/// A person who counts and is named in an item that is no table.
pub(super) struct Person {
    /// Whether a table names them too.
    known: bool,
    /// The items, by place.
    items: Vec<u32>,
}

impl Person {
    /// The person whom items at these places name; none where all are tables.
    pub(super) fn at(places: impl Iterator<Item = Place>) -> Option<Self> {
        let mut person = Self { known: false, items: Vec::new() };
        for place in places {
            match place {
                Place::Table(_) => person.known = true,
                Place::Sampled(at) => person.items.push(at),
            }
        }
        (!person.items.is_empty()).then_some(person)
    }
}

/// People met in items: how often, the same weighted by what the items speak for, and pairs of items about one person, weighted.
#[derive(Default)]
struct Met {
    items: f64,
    weight: f64,
    pairs: f64,
}

impl Met {
    fn add(&mut self, other: &Self) {
        self.items += other.items;
        self.weight += other.weight;
        self.pairs += other.pairs;
    }

    /// Pairs for each item that names a person, where `before` of one pair's weight is what is known without them: a Gamma posterior.
    fn rate(&self, before: f64, at: Option<f64>) -> f64 {
        if self.weight <= 0.0 {
            return before;
        }
        // In a sample of one in w, pairs are met w times more seldom than items.
        let exposure = self.items * self.items / self.weight;
        let shape = self.pairs / self.weight * exposure + 1.0;
        gamma(shape, at) / (exposure + 1.0 / before.max(1e-6))
    }
}

/// A draw of a Gamma distribution of this shape and scale one (Wilson and Hilferty 1931), or its mean with [`EVEN`].
fn gamma(shape: f64, at: Option<f64>) -> f64 {
    at.map_or(shape + EVEN, |normal| {
        shape * (1.0 - 1.0 / (9.0 * shape) + normal / (3.0 * shape.sqrt())).max(0.0).powi(3)
    })
}

/// What chance decides of a draw.
#[derive(Clone, Copy)]
struct Chance {
    /// The form of the distribution of the number of items a person is named in.
    form: f64,
    /// Where in its posterior the rate of pairs of everybody is, and of those whom no table names, in standard normals; at the mean without.
    pairs: Option<[f64; 2]>,
}

/// The sample drawn again, for everybody and for parts of them alike.
pub(super) struct Again {
    /// People in unread tables.
    pub(super) tables: New,
    /// How often each item read is in it.
    times: Vec<f64>,
    chance: Chance,
    /// Pairs for each item that names somebody, by what waits and by all that is unread.
    rates: [f64; 2],
}

/// An item read, with what it speaks for.
struct Sampled {
    /// Unread items that it speaks for, itself not among them: those that wait, and all.
    waiting: f64,
    all: f64,
}

/// What a draw, or the point, gives.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct New {
    /// People in items that wait for their turn.
    pub(super) waiting: f64,
    /// The same with those in items that could not be read.
    pub(super) all: f64,
}

impl New {
    /// Both, each by its own.
    pub(super) fn with(self, other: Self, of: impl Fn(f64, f64) -> f64) -> Self {
        Self { waiting: of(self.waiting, other.waiting), all: of(self.all, other.all) }
    }
}

type Stratum = (Family, u8, String);

impl<'a> Unread<'a> {
    pub(super) fn new(items: &'a [Item], subjects: &[DataSubject], waiting: &[Waiting]) -> Self {
        let failed =
            |item: &&Item| matches!(item.status, ItemStatus::Unread(_)) && !item.media_type.contains("executable");
        let mut unread: Vec<Due<'_>> =
            items.iter().filter(failed).map(|item| (item.bytes, &item.path, false)).collect();
        unread.extend(waiting.iter().map(|item| (item.bytes, &item.path, true)));
        if unread.is_empty() {
            return Self::default();
        }
        let containers: BTreeSet<(&ExhibitId, ItemPath)> =
            items.iter().filter_map(|item| Some((&item.exhibit, item.path.container()?))).collect();
        // A container's people are its members'.
        let is_read = |item: &&Item| {
            matches!(item.status, ItemStatus::Read | ItemStatus::Partial)
                && !containers.contains(&(&item.exhibit, item.path.clone()))
        };
        let read: Vec<&'a Item> = items.iter().filter(is_read).collect();
        let (of_tables, others): (Vec<&'a Item>, Vec<&'a Item>) =
            read.into_iter().partition(|item| family(&item.path) == Family::Table);
        let (tables_due, others_due): (Vec<_>, Vec<_>) =
            unread.into_iter().partition(|(_, path, _)| family(path) == Family::Table);
        let at = |items: &[&'a Item], place: fn(u32) -> Place| -> Vec<_> {
            (0u32..).zip(items).map(|(n, item)| ((&item.exhibit, &item.path), place(n))).collect()
        };
        let places: HashMap<_, _> =
            at(&of_tables, Place::Table).into_iter().chain(at(&others, Place::Sampled)).collect();
        let mut tables = Reading::new(&of_tables, &tables_due);
        let mut people = Vec::new();
        for subject in subjects.iter().filter(|subject| subject.counts) {
            let of = || subject.documents.iter().filter_map(|(exhibit, path)| places.get(&(exhibit, path)).copied());
            tables.take(subject.documents.len(), of());
            people.extend(Person::at(of()));
        }
        let (items, strata) = weighed(&others, &others_due);
        let (few, tables) = (few(&items), tables.finish());
        let mut unread = Self { places, tables, items, strata, people, point: New::default(), few };
        unread.point = unread.expected(&unread.people, 1.0, &unread.as_read());
        unread
    }

    /// Where an item stands, if it was read and something was not.
    pub(super) fn place(&self, (exhibit, path): &(ExhibitId, ItemPath)) -> Option<Place> {
        self.places.get(&(exhibit, path)).copied()
    }

    /// What is expected.
    pub(super) fn mean(&self) -> New {
        self.tables.mean().with(self.point, |tables, others| tables + others)
    }

    /// The sample as it was read.
    pub(super) fn as_read(&self) -> Again {
        let times = vec![1.0; self.items.len()];
        let chance = Chance { form: 0.5, pairs: None };
        let rates = self.rates(&times, chance);
        Again { tables: self.tables.mean(), times, chance, rates }
    }

    /// How many of such people, this share of those found, are expected in unread items that are no tables.
    pub(super) fn expected(&self, people: &[Person], share: f64, as_read: &Again) -> New {
        // Of items that named nobody new the next may: Jeffreys' prior of a count, at its mean.
        self.unseen(people, as_read, if names_nobody_new(people) { 0.5 * share } else { 0.0 })
    }

    /// What might be: the tables and the sample are drawn again.
    pub(super) fn draw(&self, random: &mut Pcg64) -> New {
        let again = self.again(random);
        again.tables.with(self.draw_all(&again, random), |tables, others| tables + others)
    }

    /// How many people might be in unread items that are no tables.
    pub(super) fn draw_all(&self, again: &Again, random: &mut Pcg64) -> New {
        self.draw_of(&self.people, self.point, again, random)
    }

    /// The sample drawn again.
    pub(super) fn again(&self, random: &mut Pcg64) -> Again {
        let tables = self.tables.draw(random);
        if self.items.is_empty() {
            return Again { tables, times: Vec::new(), chance: Chance { form: 0.5, pairs: None }, rates: [PAIRS; 2] };
        }
        let times = self.times(random);
        let form = (0.5 + normal(random) * FORM_ERROR).clamp(0.2, 0.9);
        let chance = Chance { form, pairs: Some([normal(random), normal(random)]) };
        let rates = self.rates(&times, chance);
        Again { tables, times, chance, rates }
    }

    /// How many of such people might be in unread items that are no tables, so many being expected.
    pub(super) fn draw_of(&self, people: &[Person], point: New, again: &Again, random: &mut Pcg64) -> New {
        if self.items.is_empty() {
            return New::default();
        }
        // Jeffreys' prior of a count, Gamma(1/2), is half a squared normal.
        let first = if names_nobody_new(people) { normal(random).powi(2) / 2.0 } else { 0.0 };
        let error = normal(random);
        point.with(self.unseen(people, again, first), |point, drawn| {
            let people = point + self.few * (drawn - point);
            // Who is among the unseen is a matter of chance as well.
            (people + error * people.max(0.0).sqrt()).max(0.0)
        })
    }

    /// How often each item is in a sample drawn again with replacement from its stratum, drawn nearer to once as less of the stratum is unread.
    fn times(&self, random: &mut Pcg64) -> Vec<f64> {
        let mut times = vec![1.0; self.items.len()];
        for places in self.strata.iter().filter(|places| places.len() > 1) {
            let mut drawn = vec![0u32; places.len()];
            for _ in places {
                if let Some(count) = drawn.get_mut((uniform(random) * places.len() as f64) as usize) {
                    *count += 1;
                }
            }
            for (place, count) in places.iter().zip(drawn) {
                let Some(item) = self.items.get(*place) else { continue };
                let unread = (item.all / (1.0 + item.all)).sqrt();
                if let Some(times) = times.get_mut(*place) {
                    *times = 1.0 + unread * (f64::from(count) - 1.0);
                }
            }
        }
        times
    }

    /// Pairs of items about one person for each item that names somebody.
    fn rates(&self, times: &[f64], chance: Chance) -> [f64; 2] {
        let at = chance.pairs.map(|[of_all, _]| of_all);
        WEIGHTS.map(|speaks_for| {
            let mut all = Met::default();
            self.people.iter().for_each(|person| all.add(&self.met(person, times, speaks_for)));
            all.rate(PAIRS, at)
        })
    }

    fn met(&self, person: &Person, times: &[f64], speaks_for: fn(&Sampled) -> f64) -> Met {
        let mut met = Met::default();
        let mut squares = 0.0;
        for place in &person.items {
            if let (Some(item), Some(times)) = (self.items.get(*place as usize), times.get(*place as usize)) {
                let weight = (1.0 + speaks_for(item)) * times;
                met.items += times;
                met.weight += weight;
                squares += weight * weight;
            }
        }
        met.pairs = ((met.weight * met.weight - squares) / 2.0).max(0.0);
        met
    }

    /// Such people whom no item read names; `first` in the items read beyond those met.
    fn unseen(&self, people: &[Person], again: &Again, first: f64) -> New {
        let of = |speaks_for: fn(&Sampled) -> f64, rate: f64| {
            let mut new = Met::default();
            let unknown = people.iter().filter(|person| !person.known);
            unknown.for_each(|person| new.add(&self.met(person, &again.times, speaks_for)));
            if first > 0.0 {
                let weights =
                    || self.items.iter().zip(&again.times).map(|(item, times)| (1.0 + speaks_for(item)) * times);
                // The weight that unread items have (Kish 1965): what is read first for the harm that it promises speaks for few.
                new.weight +=
                    first * weights().map(|weight| weight * weight).sum::<f64>() / weights().sum::<f64>().max(1.0);
                new.items += first;
            }
            if new.weight <= 0.0 || new.items <= 0.0 {
                return 0.0;
            }
            let pairs = new.rate(rate, again.chance.pairs.map(|[_, of_new]| of_new));
            let mean = 1.0 + 2.0 * again.chance.form * pairs;
            let passed_over = (1.0 - new.items / new.weight).clamp(0.0, 1.0);
            let none = passed_over / (mean - passed_over * (mean - 1.0));
            new.weight / mean * none
        };
        let ([of_waiting, of_all], [waiting, all]) = (WEIGHTS, again.rates);
        New { waiting: of(of_waiting, waiting), all: of(of_all, all) }
    }
}

/// What an item speaks for: what waits, and all that is unread.
const WEIGHTS: [fn(&Sampled) -> f64; 2] = [|item| item.waiting, |item| item.all];

fn names_nobody_new(people: &[Person]) -> bool {
    people.iter().all(|person| person.known)
}

/// By how much a bootstrap of few items falls short of what their number allows: Student's quantile over the normal one, and the sample's own
/// correction.
fn few(items: &[Sampled]) -> f64 {
    let speaking = items.iter().filter(|item| item.waiting > 0.0).count().max(2) as f64;
    (1.0 + 1.21 / (speaking - 1.0)) * (speaking / (speaking - 1.0)).sqrt()
}

/// Each read item with what it speaks for, and their places by finest stratum.
fn weighed(read: &[&Item], due: &[Due<'_>]) -> (Vec<Sampled>, Vec<Vec<usize>>) {
    let mut counts: BTreeMap<(usize, Stratum), usize> = BTreeMap::new();
    for item in read {
        for stratum in strata(&item.path, item.bytes).into_iter().enumerate() {
            *counts.entry(stratum).or_default() += 1;
        }
    }
    let count = |stratum: &(usize, Stratum)| counts.get(stratum).copied().unwrap_or_default();
    let mut wanted: BTreeMap<(usize, Stratum), (f64, f64)> = BTreeMap::new();
    for (bytes, path, waits) in due {
        if let Some(stratum) = speaking(path, *bytes, &count) {
            let (waiting, all) = wanted.entry(stratum).or_default();
            *waiting += f64::from(u8::from(*waits));
            *all += 1.0;
        }
    }
    // In the order in which they are first met.
    let mut numbers: BTreeMap<Stratum, usize> = BTreeMap::new();
    let mut places: Vec<Vec<usize>> = Vec::new();
    let mut sampled = Vec::with_capacity(read.len());
    for (place, item) in read.iter().enumerate() {
        let levels = strata(&item.path, item.bytes);
        let [finest, ..] = &levels;
        let stratum = *numbers.entry(finest.clone()).or_insert(places.len());
        match places.get_mut(stratum) {
            Some(of_stratum) => of_stratum.push(place),
            None => places.push(vec![place]),
        }
        let (mut waiting, mut all) = (0.0, 0.0);
        for level in levels.into_iter().enumerate() {
            if let Some((of_waiting, of_all)) = wanted.get(&level) {
                let read = count(&level).max(1) as f64;
                waiting += of_waiting / read;
                all += of_all / read;
            }
        }
        sampled.push(Sampled { waiting, all });
    }
    (sampled, places)
}

/// The finest stratum of an unread item that has items enough read.
fn speaking(path: &ItemPath, bytes: u64, read: &dyn Fn(&(usize, Stratum)) -> usize) -> Option<(usize, Stratum)> {
    let enough = [ENOUGH, ENOUGH, ENOUGH_OF_FAMILY, 0];
    strata(path, bytes)
        .into_iter()
        .enumerate()
        .zip(enough)
        .find(|(stratum, enough)| read(stratum) >= *enough)
        .map(|(stratum, _)| stratum)
}

/// The strata of an item, the finest first: family, size and folder; family and size; family; all.
fn strata(path: &ItemPath, bytes: u64) -> [Stratum; 4] {
    let family = family(path);
    let size = size(bytes);
    let folder = path.as_str().split(['/', '!']).next().unwrap_or_default().to_owned();
    let none = String::new;
    // What is read first for the harm that it promises is no sample of anything else.
    if is_urgent(path) {
        let urgent = |size| (family, size, "!".to_owned());
        return [(family, size, format!("!{folder}")), urgent(size), urgent(0), (Family::Document, 0, "!".to_owned())];
    }
    // All but tables are of one kind at the last.
    let last = if family == Family::Table { Family::Table } else { Family::Document };
    [(family, size, folder), (family, size, none()), (family, 0, none()), (last, 0, "*".to_owned())]
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use assay_model::{AgeBand, ItemCategory, RegisterMatch, Role, Sha256, SubjectId};
    use rand_pcg::rand_core::SeedableRng;

    pub(in super::super) fn item(path: ItemPath) -> Item {
        Item {
            exhibit: ExhibitId::new("LEAK/1"),
            path,
            bytes: 1,
            sha256: Sha256::default(),
            media_type: "text/plain".to_owned(),
            status: ItemStatus::Read,
            category: ItemCategory::Other,
            category_reasons: Vec::new(),
            controller_hints: Vec::new(),
            other_body: None,
            oldest: None,
            newest: None,
            warnings: Vec::new(),
            wants: BTreeSet::new(),
            opened_with: None,
            likeness: Default::default(),
        }
    }

    pub(in super::super) fn subject(documents: Vec<(ExhibitId, ItemPath)>) -> DataSubject {
        DataSubject {
            id: SubjectId::new("P-0"),
            mentions: Vec::new(),
            probability: 1.0,
            nhs_number: None,
            name: None,
            date_of_birth: None,
            postcode: None,
            emails: Vec::new(),
            phones: Vec::new(),
            hospital_numbers: Vec::new(),
            role: Role::Patient,
            controllers: Vec::new(),
            candidates: Vec::new(),
            age: AgeBand::Unknown,
            deceased: false,
            elements: BTreeSet::new(),
            documents,
            register_match: RegisterMatch::None,
            register_rows: Vec::new(),
            counts: true,
            links: Vec::new(),
        }
    }

    /// People in letters, geometric with this mean, of which every twentieth is read; what is expected of the rest, its interval, and the truth.
    fn simulated(seed: u64, mean: f64) -> (f64, [f64; 2], f64) {
        let mut random = Pcg64::seed_from_u64(seed);
        const LETTERS: usize = 4000;
        let read: Vec<bool> = (0..LETTERS).map(|_| uniform(&mut random) < 0.05).collect();
        let path = |n: usize| ItemPath::of_file(&format!("letters/{n}.txt"));
        let items: Vec<Item> = (0..LETTERS).filter(|n| read[*n]).map(|n| item(path(n))).collect();
        let waiting: Vec<Waiting> = (0..LETTERS)
            .filter(|n| !read[*n])
            .map(|n| Waiting { exhibit: ExhibitId::new("LEAK/1"), path: path(n), bytes: 1 })
            .collect();
        let (mut subjects, mut unseen) = (Vec::new(), 0.0);
        for _ in 0..2500 {
            let mut letters = BTreeSet::new();
            loop {
                letters.insert((uniform(&mut random) * LETTERS as f64) as usize);
                if uniform(&mut random) < 1.0 / mean {
                    break;
                }
            }
            let seen: Vec<_> =
                letters.iter().filter(|n| read[**n]).map(|n| (ExhibitId::new("LEAK/1"), path(*n))).collect();
            if seen.is_empty() {
                unseen += 1.0;
            } else {
                subjects.push(subject(seen));
            }
        }
        let unread = Unread::new(&items, &subjects, &waiting);
        let mut draws: Vec<f64> = (0..200).map(|_| unread.draw(&mut random).waiting).collect();
        draws.sort_by(f64::total_cmp);
        (unread.mean().waiting, [draws[5], draws[194]], unseen)
    }

    #[test]
    fn a_twentieth_of_the_letters_tells_how_many_people_the_rest_name() {
        for mean in [1.1, 1.5, 2.5] {
            let (mut held, mut error) = (0, 0.0);
            for seed in 0..40 {
                let (expected, [low, high], truth) = simulated(seed, mean);
                held += usize::from((low..=high).contains(&truth));
                error += (expected / truth - 1.0) / 40.0;
            }
            assert!(held >= 36 && error.abs() < 0.05, "mean {mean}: {held} of 40, error {error}");
        }
    }
}
