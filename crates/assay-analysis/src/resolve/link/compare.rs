//! Two rows compared: the level that each field reaches. Nothing is weighed here.
//!
//! What depends on two texts only (are two names close?) is remembered in a small table a thread: the answers are the same
//! whether remembered or not.

use super::levels::{Pattern, are_spellings, level};
use super::symbols::mix;
use super::table::{Field, Name, Row, Table, date_parts};
use crate::reference::are_nicknames;
use rayon::prelude::*;
use std::sync::Mutex;

/// What two texts were found to be; direct-mapped, a collision forgets. It grows with what is asked.
#[derive(Default)]
pub(in crate::resolve) struct Memory {
    slots: Vec<(u64, u8)>,
    stored: usize,
}

const LEAST_SLOTS: usize = 1 << 8;
const MOST_SLOTS: usize = 1 << 17;

impl Memory {
    /// `salt` keeps questions apart.
    fn ask(&mut self, salt: u64, a: u32, b: u32, find: impl FnOnce() -> u8) -> u8 {
        let (low, high) = (a.min(b), a.max(b));
        let question = (u64::from(low) << 32 | u64::from(high)) ^ mix(salt);
        if self.stored * 2 >= self.slots.len() && self.slots.len() < MOST_SLOTS {
            let slots = (self.slots.len() * 4).max(LEAST_SLOTS);
            (self.slots, self.stored) = (vec![(0, 0); slots], 0);
        }
        let at = mix(question) as usize & (self.slots.len() - 1);
        match self.slots.get_mut(at) {
            Some((known, answer)) if *known == question => *answer,
            Some(slot) => {
                let answer = find();
                *slot = (question, answer);
                self.stored += 1;
                answer
            }
            None => find(),
        }
    }
}

/// Memories that are not in use, so that one filled in one part of the work serves the next.
#[derive(Default)]
pub(in crate::resolve) struct Memories(Mutex<Vec<Memory>>);

impl Memories {
    pub(in crate::resolve) fn take(&self) -> Memory {
        self.0.lock().ok().and_then(|mut free| free.pop()).unwrap_or_default()
    }

    pub(in crate::resolve) fn give(&self, memory: Memory) {
        if let Ok(mut free) = self.0.lock() {
            free.push(memory);
        }
    }
}

/// Compares rows of a table.
pub(in crate::resolve) struct Comparer<'a> {
    pub(in crate::resolve) table: &'a Table,
    pub(in crate::resolve) nhs: &'a NhsNumbers,
}

/// What is known of the NHS numbers of a table, by symbol: looked up for every pair, so that it is worked out once.
#[derive(Default)]
pub(in crate::resolve) struct NhsNumbers {
    kinds: Vec<u8>,
}

const VALID: u8 = 1;
const PLACEHOLDER: u8 = 2;

impl NhsNumbers {
    /// Checks the numbers of a table. One that people of many family names carry is a placeholder.
    pub(in crate::resolve) fn new(table: &Table, placeholder_families: usize) -> Self {
        let mut kinds = vec![0; table.symbols.len()];
        let mut put = |number: u32, kind: u8| {
            if let Some(slot) = kinds.get_mut(number as usize) {
                *slot = kind;
            }
        };
        let mut pairs: Vec<(u32, u32)> = table
            .rows
            .iter()
            .map(|row| (row.get(Field::Nhs), row.get(Field::Family)))
            .filter(|(n, _)| *n != 0)
            .collect();
        let more = table.more.values().flat_map(|more| &more.values).filter(|(field, _)| *field == Field::Nhs);
        pairs.extend(more.map(|(_, number)| (*number, 0)));
        pairs.par_sort_unstable();
        pairs.dedup();
        for of_one in pairs.chunk_by(|a, b| a.0 == b.0) {
            let Some((number, _)) = of_one.first().copied() else { continue };
            let families = of_one.iter().filter(|(_, family)| *family != 0).count();
            let is_valid = passes_check(table.symbols.bytes(number));
            put(number, if families >= placeholder_families { PLACEHOLDER } else { u8::from(is_valid) * VALID });
        }
        Self { kinds }
    }

    /// True for a number that passes the check and is no placeholder.
    pub(in crate::resolve) fn is_valid(&self, number: u32) -> bool {
        self.kinds.get(number as usize) == Some(&VALID)
    }

    fn is_placeholder(&self, number: u32) -> bool {
        self.kinds.get(number as usize) == Some(&PLACEHOLDER)
    }
}

/// Modulus 11, NHS Data Dictionary. `digits` are ten.
pub(in crate::resolve) fn passes_check(digits: &[u8]) -> bool {
    let Some((check, body)) = digits.split_last() else { return false };
    let value = |b: u8| u32::from(b.wrapping_sub(b'0'));
    let sum: u32 = body.iter().zip([10u32, 9, 8, 7, 6, 5, 4, 3, 2]).map(|(d, w)| value(*d) * w).sum();
    digits.len() == 10 && (11 - sum % 11) % 11 == value(*check)
}

impl Comparer<'_> {
    /// For each row the valid NHS number that it has and no other; rows with several values are compared in full.
    pub(in crate::resolve) fn sole_numbers(&self) -> Vec<u32> {
        let sole = |row: &Row| Some(row.get(Field::Nhs)).filter(|number| !row.has_more() && self.nhs.is_valid(*number));
        self.table.rows.par_iter().map(|row| sole(row).unwrap_or_default()).collect()
    }

    /// The levels of two rows by their places.
    pub(in crate::resolve) fn pattern(&self, a: u32, b: u32, memory: &mut Memory) -> Pattern {
        let (x, y) = (self.table.row(a), self.table.row(b));
        let mut pattern = Pattern::default();
        if x.has_more() || y.has_more() {
            self.several(a, b, memory, &mut pattern);
        } else {
            self.names(x.name(), y.name(), memory, &mut pattern);
            for field in Field::PLAIN {
                let (one, other) = (x.get(field), y.get(field));
                if one != 0 && other != 0 {
                    pattern.put(field, self.plain(field, one, other, memory));
                }
            }
        }
        self.sexes(x, y, &mut pattern);
        pattern
    }

    fn sexes(&self, x: &Row, y: &Row, pattern: &mut Pattern) {
        match (x.sex(), y.sex()) {
            (0, _) | (_, 0) => {}
            (one, other) => {
                pattern.put(Field::Sex, if one == other { level::AGREES } else { level::DISAGREES });
            }
        }
    }

    /// Rows with several values of a field: the strongest level counts.
    fn several(&self, a: u32, b: u32, memory: &mut Memory, pattern: &mut Pattern) {
        let mut best: Option<(u32, Pattern)> = None;
        for x in self.table.names(a) {
            for y in self.table.names(b) {
                let mut names = Pattern::default();
                self.names(x, y, memory, &mut names);
                let rank = u32::from(names.level(Field::Family)) * 2 + u32::from(names.level(Field::Given));
                if best.is_none_or(|(least, _)| rank < least) {
                    best = Some((rank, names));
                }
            }
        }
        if let Some((_, names)) = best {
            pattern.0 |= names.0;
        }
        for field in Field::PLAIN {
            let levels = self.table.values(a, field).flat_map(|x| self.table.values(b, field).map(move |y| (x, y)));
            let mut strongest = 0;
            for (x, y) in levels {
                let level = self.plain(field, x, y, memory);
                if level != 0 && (strongest == 0 || level < strongest) {
                    strongest = level;
                }
            }
            pattern.put(field, strongest);
        }
    }

    fn plain(&self, field: Field, one: u32, other: u32, memory: &mut Memory) -> u8 {
        match field {
            Field::Nhs => self.number(one, other),
            Field::Hospital => self.hospital(one, other),
            Field::Birth => births(one, other),
            _ if one == other => level::EXACT,
            Field::National if self.are_of_two_kinds(one, other) => 0,
            Field::National => {
                if is_slip(self.bytes(one), self.bytes(other)) {
                    level::NUMBER_SLIP
                } else {
                    level::NUMBER_DIFFERENT
                }
            }
            Field::Postcode => memory.ask(3, one, other, || postcodes(self.bytes(one), self.bytes(other))),
            Field::Address => addresses(self.bytes(one), self.bytes(other)),
            Field::Email => emails(self.bytes(one), self.bytes(other)),
            Field::Phone => {
                if is_slip(self.bytes(one), self.bytes(other)) {
                    level::PHONE_SLIP
                } else {
                    level::PHONE_DIFFERENT
                }
            }
            Field::Account => level::DISAGREES,
            _ => memory.ask(4, one, other, || {
                if are_close(self.text(one), self.text(other), 0.92) {
                    level::CLOSE
                } else {
                    level::ATTRIBUTE_DIFFERENT
                }
            }),
        }
    }

    fn bytes(&self, symbol: u32) -> &[u8] {
        self.table.symbols.bytes(symbol)
    }

    fn text(&self, symbol: u32) -> &str {
        self.table.symbols.text(symbol)
    }

    /// A passport and a driving licence say nothing of each other.
    fn are_of_two_kinds(&self, one: u32, other: u32) -> bool {
        let (x, y) = (self.table.symbols.kind(one), self.table.symbols.kind(other));
        x != y && x != 0 && y != 0
    }

    fn number(&self, one: u32, other: u32) -> u8 {
        if self.nhs.is_placeholder(one) || self.nhs.is_placeholder(other) {
            return 0;
        }
        // Modulus 11 lets no single slip pass as valid: two valid numbers one digit apart are two people's.
        let valid = (self.nhs.is_valid(one), self.nhs.is_valid(other));
        match () {
            () if one == other && valid.0 => level::EXACT,
            () if one == other => level::NUMBER_SLIP,
            () if valid != (true, true) && is_slip(self.bytes(one), self.bytes(other)) => level::NUMBER_SLIP,
            () => level::NUMBER_DIFFERENT,
        }
    }

    fn hospital(&self, one: u32, other: u32) -> u8 {
        let (x, y) = (self.table.symbols.kind(one), self.table.symbols.kind(other));
        // A number's symbol is of its body; the same digits at a body not told share the text only.
        let same = one == other || self.bytes(one) == self.bytes(other);
        match (x, y) {
            (0, 0) if same => level::EXACT,
            (0, _) | (_, 0) if same => level::HOSPITAL_ANY_BODY,
            (0, 0) => level::HOSPITAL_DIFFERENT,
            (0, _) | (_, 0) => 0,
            _ if x != y => 0,
            _ if same => level::EXACT,
            _ if is_slip(self.bytes(one), self.bytes(other)) => level::HOSPITAL_SLIP,
            _ => level::HOSPITAL_DIFFERENT,
        }
    }

    fn names(&self, x: Name, y: Name, memory: &mut Memory, pattern: &mut Pattern) {
        if let Some((family, given)) = self.exchanged(x, y, memory) {
            pattern.put(Field::Family, family);
            pattern.put(Field::Given, given);
            return;
        }
        // A side with one part only: it may be either.
        let lone = |name: Name| (name.given == 0) != (name.family == 0);
        if lone(x) != lone(y) {
            let (one, whole) = if lone(x) { (x, y) } else { (y, x) };
            self.lone(one.given.max(one.family), whole, memory, pattern);
            return;
        }
        if x.family != 0 && y.family != 0 {
            pattern.put(Field::Family, self.families(x.family, y.family, memory));
        }
        if x.given != 0 && y.given != 0 {
            pattern.put(Field::Given, self.givens(x, y, memory));
        }
        if x.middle != 0 && y.middle != 0 {
            let agrees = x.middle == y.middle || {
                let (one, other) = (self.text(x.middle), self.text(y.middle));
                let is_initial = one.len() == 1 || other.len() == 1;
                (is_initial && one.bytes().next() == other.bytes().next())
                    || one.split(' ').any(|word| other.split(' ').any(|w| w == word && w.len() > 1))
                    || memory.ask(5, x.middle, y.middle, || u8::from(are_close(one, other, 0.9))) == 1
            };
            pattern.put(Field::Middle, if agrees { level::AGREES } else { level::DISAGREES });
        }
    }

    /// One name against a whole name: it is compared with what it fits better.
    fn lone(&self, one: u32, whole: Name, memory: &mut Memory, pattern: &mut Pattern) {
        let family = self.families(one, whole.family, memory);
        let given = self.givens(Name { given: one, ..Name::default() }, whole, memory);
        if family <= level::FAMILY_CLOSE && (family == level::EXACT || given != level::EXACT) {
            pattern.put(Field::Family, family);
        } else {
            pattern.put(Field::Given, given);
        }
    }

    fn exchanged(&self, x: Name, y: Name, memory: &mut Memory) -> Option<(u8, u8)> {
        let all = [x.given, x.family, y.given, y.family];
        if all.contains(&0) || x.family == y.family || x.given == y.given {
            return None;
        }
        if x.given == y.family && x.family == y.given {
            return Some((level::FAMILY_EXCHANGED, level::GIVEN_EXCHANGED));
        }
        let mut close = |a: u32, b: u32| {
            a == b || memory.ask(6, a, b, || u8::from(are_close(self.text(a), self.text(b), 0.9))) == 1
        };
        let slipped = close(x.given, y.family) && close(x.family, y.given) && !close(x.family, y.family);
        slipped.then_some((level::FAMILY_EXCHANGED_SLIP, level::GIVEN_EXCHANGED_SLIP))
    }

    fn families(&self, one: u32, other: u32, memory: &mut Memory) -> u8 {
        if one == other {
            return level::EXACT;
        }
        memory.ask(1, one, other, || {
            const NONE: &Vec<u32> = &Vec::new();
            let parts = |symbol: u32| self.table.parts.get(&symbol).unwrap_or(NONE);
            let (x, y) = (parts(one), parts(other));
            if x.contains(&other) || y.contains(&one) || x.iter().any(|part| y.contains(part)) {
                return level::FAMILY_PART;
            }
            let (x, y) = (self.text(one), self.text(other));
            if are_close(x, y, 0.93) || are_spellings(x, y) { level::FAMILY_CLOSE } else { level::FAMILY_DIFFERENT }
        })
    }

    fn givens(&self, x: Name, y: Name, memory: &mut Memory) -> u8 {
        if x.given == y.given {
            return if self.bytes(x.given).len() == 1 { level::GIVEN_INITIAL } else { level::EXACT };
        }
        let level = memory.ask(2, x.given, y.given, || {
            let (one, other) = (self.text(x.given), self.text(y.given));
            let initial = |text: &str| text.chars().next();
            if one.chars().nth(1).is_none() || other.chars().nth(1).is_none() {
                return if initial(one) == initial(other) { level::GIVEN_INITIAL } else { level::GIVEN_OTHER_INITIAL };
            }
            if are_nicknames(one, other) || are_spellings(one, other) {
                return level::GIVEN_NICKNAME;
            }
            // A slip of the pen seldom makes another common name of one: those are brothers and sisters.
            let common = |text: &str| crate::reference::given_name_count(text) >= 2_000;
            let close = if common(one) && common(other) {
                strsim::jaro_winkler(one, other) >= 0.95
            } else {
                are_close(one, other, 0.9)
            };
            if close { level::GIVEN_CLOSE } else { level::GIVEN_DIFFERENT }
        });
        if level == level::GIVEN_DIFFERENT && (x.middle != 0 || y.middle != 0) && self.by_middle(x, y) {
            return level::GIVEN_MIDDLE;
        }
        level
    }

    /// People are called by their second name; `mary ann` and `maryann`.
    fn by_middle(&self, x: Name, y: Name) -> bool {
        let has = |name: Name, given: u32| self.text(name.middle).split(' ').any(|word| word == self.text(given));
        let whole = |name: Name| {
            let mut whole = self.text(name.given).to_owned();
            whole.extend(self.text(name.middle).chars().filter(|c| *c != ' '));
            whole
        };
        has(x, y.given) || has(y, x.given) || whole(x) == whole(y)
    }
}

/// One sign differs, or two neighbours are exchanged. Both are of one length.
pub(in crate::resolve) fn is_slip(x: &[u8], y: &[u8]) -> bool {
    if x.len() != y.len() {
        return false;
    }
    let mut differing = x.iter().zip(y).enumerate().filter(|(_, (a, b))| a != b);
    match (differing.next(), differing.next(), differing.next()) {
        (Some(_), None, _) => true,
        (Some((i, (a, b))), Some((j, (c, d))), None) => i + 1 == j && a == d && b == c,
        _ => false,
    }
}

fn births(one: u32, other: u32) -> u8 {
    let (x, y) = (date_parts(one), date_parts(other));
    if x.1 == 0 || y.1 == 0 {
        return if x.0 == y.0 { level::BIRTH_YEAR } else { level::BIRTH_DIFFERENT };
    }
    if one == other {
        return level::EXACT;
    }
    let same_year = x.0 == y.0;
    if same_year && x.1 == y.2 && x.2 == y.1 {
        return level::BIRTH_SWAPPED;
    }
    let digits = |(year, month, day): (u32, u32, u32)| {
        [year / 1000, year / 100 % 10, year / 10 % 10, year % 10, month / 10, month % 10, day / 10, day % 10]
            .map(|digit| digit as u8)
    };
    let century = x.0.abs_diff(y.0) == 100 && x.1 == y.1 && x.2 == y.2;
    if century || is_slip(&digits(x), &digits(y)) {
        return level::BIRTH_SLIP;
    }
    let first_of_january = |date: (u32, u32, u32)| date.1 == 1 && date.2 == 1;
    if same_year && (first_of_january(x) || first_of_january(y)) {
        return level::BIRTH_YEAR_JANUARY;
    }
    let differing = digits(x).iter().zip(&digits(y)).filter(|(a, b)| a != b).count();
    match (same_year, u8::from(same_year) + u8::from(x.1 == y.1) + u8::from(x.2 == y.2)) {
        (_, 2) => level::BIRTH_TWO_PARTS,
        _ if differing == 2 => level::BIRTH_TWO_DIGITS,
        (true, _) => level::BIRTH_YEAR,
        _ => level::BIRTH_DIFFERENT,
    }
}

fn postcodes(x: &[u8], y: &[u8]) -> u8 {
    if is_slip(x, y) {
        return level::POSTCODE_SIGN;
    }
    // The inward part of a British postcode is its last three signs; of others the first half says where.
    let district = |text: &[u8]| {
        let british = text.first().is_some_and(u8::is_ascii_alphabetic) && text.len() >= 5;
        let end = if british { text.len() - 3 } else { text.len().div_ceil(2) };
        text.get(..end).unwrap_or_default().to_vec()
    };
    if district(x) == district(y) { level::POSTCODE_DISTRICT } else { level::POSTCODE_DIFFERENT }
}

/// Words of two addresses, both sorted.
fn addresses(x: &[u8], y: &[u8]) -> u8 {
    let is_number = |word: &[u8]| word.first().is_some_and(u8::is_ascii_digit);
    let words = |text: &'_ [u8]| (1 + memchr_count(text), is_number(text));
    // Digits sort before letters: a number, where there is one, comes first.
    let ((x_words, x_numbered), (y_words, y_numbered)) = (words(x), words(y));
    let (mut common, mut same_number) = (0usize, false);
    let (mut one, mut other) = (x.split(|b| *b == b' '), y.split(|b| *b == b' '));
    let (mut a, mut b) = (one.next(), other.next());
    while let (Some(left), Some(right)) = (a, b) {
        match left.cmp(right) {
            std::cmp::Ordering::Less => a = one.next(),
            std::cmp::Ordering::Greater => b = other.next(),
            std::cmp::Ordering::Equal => {
                common += 1;
                same_number |= is_number(left);
                (a, b) = (one.next(), other.next());
            }
        }
    }
    let numbered = x_numbered && y_numbered;
    let share = common as f64 / x_words.min(y_words) as f64;
    match () {
        () if common < 2 || (numbered && !same_number) => level::ADDRESS_DIFFERENT,
        () if share >= 0.8 && numbered => level::EXACT,
        () if share >= 0.5 => level::HALF,
        () => level::ADDRESS_DIFFERENT,
    }
}

fn memchr_count(text: &[u8]) -> usize {
    text.iter().filter(|b| **b == b' ').count()
}

fn emails(x: &[u8], y: &[u8]) -> u8 {
    let name = |mail: &[u8]| mail.iter().position(|b| *b == b'@').unwrap_or(mail.len());
    let (one, other) = (x.get(..name(x)).unwrap_or_default(), y.get(..name(y)).unwrap_or_default());
    if one == other && one.len() >= 5 {
        return level::EMAIL_NAME;
    }
    // Two edits leave four fifths of the signs at the ends: what differs more is not measured.
    let ahead = x.iter().zip(y).take_while(|(a, b)| a == b).count();
    let behind = x.iter().rev().zip(y.iter().rev()).take_while(|(a, b)| a == b).count();
    let long = x.len().max(y.len());
    if x.len().abs_diff(y.len()) > 2 || x.len() < 10 || ahead + behind + long / 2 < long {
        return level::EMAIL_DIFFERENT;
    }
    let letters = |text: &[u8]| text.iter().copied().filter(|c| !c.is_ascii_digit()).collect::<Vec<u8>>();
    let text = |bytes| std::str::from_utf8(bytes).unwrap_or_default();
    let near = strsim::osa_distance(text(x), text(y)) <= 2;
    if near && letters(x) != letters(y) { level::EMAIL_EDIT } else { level::EMAIL_DIFFERENT }
}

/// One edit from four letters on, two from eight, or Jaro-Winkler from the bound given.
pub(in crate::resolve) fn are_close(x: &str, y: &str, bound: f64) -> bool {
    let (long, short) = (x.chars().count().max(y.chars().count()), x.chars().count().min(y.chars().count()));
    if short < 3 || long - short > 2 {
        return short >= 5 && strsim::jaro_winkler(x, y) >= bound;
    }
    let edits = if long >= 8 { 2 } else { usize::from(long >= 4) };
    strsim::jaro_winkler(x, y) >= bound || strsim::osa_distance(x, y) <= edits
}
