//! The core of resolution: any table of people, grouped into people. It knows rows of numbers and rules, no mention and no case.
//!
//! 1. Cells become symbols (`read`, `symbols`, `table`), in the order of the rows' ids, so that the order of the input is nothing.
//! 2. Rows that share a key are compared (`block`, `compare`): a pattern of levels a pair.
//! 3. m and u are fitted to the patterns (`fit`), and weigh them with the frequency of the very value (`model`).
//! 4. What links is clustered under constraints (`partition`).
//!
//! The method is Fellegi and Sunter (1969) with EM (Winkler 1988) and value frequencies; clustering is correlation clustering by
//! average linkage. The rules are `rules/resolve/levels.toml`.

mod block;
pub(super) mod compare;
pub(super) mod fit;
mod infer;
pub(super) mod levels;
mod lost;
pub(super) mod matcher;
pub(super) mod model;
pub(super) mod partition;
mod posterior;
mod read;
mod score;
pub(super) mod symbols;
pub(super) mod table;
#[cfg(test)]
mod tests;
pub(super) mod values;

use assay_model::Cell;
use rayon::prelude::*;

pub use fit::Fitted;
pub use levels::RuleError;
use levels::Rules;
use matcher::{Asked, Matcher};
use partition::Partitioner;
use posterior::Doubts;
pub use posterior::Interval;
pub use read::Column;
use read::{Half, RowReader};
pub use score::{Score, score};
use table::{Field, Row, Table};

/// Tables of people as they are read: mentions, and perhaps a register.
#[derive(Default)]
pub struct People {
    words: Reading,
    numbers: Reading,
    ids: [Ids; 2],
}

/// Which table rows are of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Of {
    /// The mentions.
    Mentions = 0,
    /// The register.
    Register = 1,
}

/// One half of the fields of both tables.
#[derive(Default)]
struct Reading {
    table: Table,
    of: [RowReader; 2],
}

impl Reading {
    fn put(&mut self, of: Of, half: Half, columns: &[Column], rows: &[Vec<Cell>]) {
        if let Some(reader) = self.of.get_mut(of as usize) {
            rows.iter().for_each(|row| reader.put(&mut self.table, half, columns, row));
        }
    }
}

/// Texts in one arena.
#[derive(Default)]
struct Ids {
    arena: Vec<u8>,
    ends: Vec<u64>,
}

impl Ids {
    fn push(&mut self, text: &str) {
        self.arena.extend_from_slice(text.as_bytes());
        self.ends.push(self.arena.len() as u64);
    }

    fn get(&self, place: usize) -> &[u8] {
        let end = self.ends.get(place).copied().unwrap_or_default() as usize;
        let start = place.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or_default() as usize;
        self.arena.get(start..end).unwrap_or_default()
    }

    /// Places sorted by text, then by place.
    fn order(&self) -> Vec<u32> {
        let mut order: Vec<u32> = (0..self.ends.len() as u32).collect();
        order.par_sort_unstable_by(|a, b| self.get(*a as usize).cmp(self.get(*b as usize)).then(a.cmp(b)));
        order
    }
}

/// People found in a table.
pub struct Linked {
    /// For each row, in the order in which it was given, the number of its person; people are numbered by their least row id.
    pub person: Vec<u32>,
    /// How many people.
    pub count: u64,
    /// For each person the row of the register, in the order in which it was given, if any.
    pub register: Vec<Option<u32>>,
    /// How many people there are, where a seed for the draws was given.
    pub interval: Option<Interval>,
    /// The rows in the order of their ids.
    pub order: Vec<u32>,
    ids: Ids,
    register_ids: Ids,
}

impl Linked {
    /// The id of a row, by its number in the order in which it was given.
    pub fn id(&self, row: u32) -> &str {
        std::str::from_utf8(self.ids.get(row as usize)).unwrap_or_default()
    }

    /// The id of a row of the register.
    pub fn register_id(&self, row: u32) -> &str {
        std::str::from_utf8(self.register_ids.get(row as usize)).unwrap_or_default()
    }
}

impl People {
    /// Adds rows of a table; `columns` says what the cells of each row hold. A row without an id is named by its number, and then the
    /// order of the input counts.
    pub fn add(&mut self, of: Of, columns: &[Column], rows: &[Vec<Cell>]) {
        let (words, numbers) = (&mut self.words, &mut self.numbers);
        let Some(ids) = self.ids.get_mut(of as usize) else { return };
        let mut put_ids = || {
            let id = columns.iter().position(|column| *column == Column::Id);
            for row in rows {
                match id.and_then(|at| row.get(at)) {
                    Some(cell) => ids.push(&cell.text()),
                    None => ids.push(&format!("{:012}", ids.ends.len())),
                }
            }
        };
        rayon::join(
            || {
                put_ids();
                words.put(of, Half::Words, columns, rows);
            },
            || numbers.put(of, Half::Numbers, columns, rows),
        );
    }

    /// How many mentions there are.
    pub fn len(&self) -> usize {
        let [mentions, _] = &self.ids;
        mentions.ends.len()
    }

    /// True without mentions.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The halves as one: symbols and parts of names without rows, the rows of mentions and of the register, and the sources of the mentions.
    fn joined(words: Reading, numbers: Reading) -> (Table, [Vec<Row>; 2], Vec<u16>) {
        let mut table = words.table;
        let added = table.symbols.append(numbers.table.symbols);
        let mut halves = words.of;
        for (whole, half) in halves.iter_mut().zip(numbers.of) {
            whole.rows.par_iter_mut().zip(half.rows).for_each(|(row, half)| {
                let values = row.0.iter_mut().zip(half.0);
                values.filter(|(_, value)| *value != 0).for_each(|(slot, value)| *slot = value + added);
            });
        }
        let [mentions, register] = halves;
        (table, [mentions.rows, register.rows], mentions.source)
    }

    /// Groups the rows into people; with a seed for the draws, says how many there are with an interval.
    pub fn link(self, seed: Option<u64>) -> Linked {
        let rules = levels::shipped();
        let [ids, register_ids] = self.ids;
        let [by_id, register_by_id] = [ids.order(), register_ids.order()];
        let (mut table, [rows, register], source) = Self::joined(self.words, self.numbers);
        let mut rows = taken(&rows, &by_id);
        let mut register = taken(&register, &register_by_id);
        renumber(&mut table, &mut rows, &mut register);
        table.source = taken(&source, &by_id);
        table.register_from = rows.len() as u32;
        table.rows = rows;
        let person_of_register_row = table.join_register(register);
        let (table, of, interval) = group(table, rules, seed);

        // Back to the order of the input; people are numbered by their first row in the order of ids.
        let mentions = by_id.len();
        let mut number: Vec<u32> = vec![u32::MAX; table.rows.len()];
        let mut person = vec![0; mentions];
        let mut count = 0;
        for (input, root) in by_id.iter().zip(&of) {
            let root = *root as usize;
            if let (Some(number), Some(slot)) = (number.get_mut(root), person.get_mut(*input as usize)) {
                if *number == u32::MAX {
                    *number = count;
                    count += 1;
                }
                *slot = *number;
            }
        }
        let mut row_of = vec![None; table.rows.len() - table.register_from as usize];
        for (person, row) in person_of_register_row.iter().zip(&register_by_id) {
            if let Some(slot) = row_of.get_mut(*person as usize) {
                slot.get_or_insert(*row);
            }
        }
        let mut of_register = vec![None; count as usize];
        for (root, row) in of.iter().skip(table.register_from as usize).zip(row_of) {
            let number = number.get(*root as usize).copied().unwrap_or(u32::MAX);
            if let Some(slot) = of_register.get_mut(number as usize) {
                *slot = row;
            }
        }
        Linked { person, count: u64::from(count), register: of_register, interval, order: by_id, ids, register_ids }
    }
}

/// Values in another order; `order` has the old place of each new one.
fn taken<T: Copy + Default + Send + Sync>(values: &[T], order: &[u32]) -> Vec<T> {
    order.par_iter().map(|at| values.get(*at as usize).copied().unwrap_or_default()).collect()
}

/// Numbers symbols by their first use in canonical order.
fn renumber(table: &mut Table, rows: &mut [Row], register: &mut [Row]) {
    let mut map = vec![0u32; table.symbols.len()];
    let mut order: Vec<u32> = Vec::with_capacity(map.len());
    order.push(0);
    let number = |value: &mut u32, map: &mut [u32], order: &mut Vec<u32>| {
        if let Some(slot) = map.get_mut(*value as usize) {
            if *slot == 0 && *value != 0 {
                *slot = order.len() as u32;
                order.push(*value);
            }
            *value = *slot;
        }
    };
    for row in rows.iter_mut().chain(register) {
        for (at, value) in row.0.iter_mut().enumerate() {
            if at != Field::Sex as usize && at != Field::Birth as usize {
                number(value, &mut map, &mut order);
            }
        }
    }
    // Parts of names, in the order of the names.
    let mut parts: Vec<(u32, Vec<u32>)> = table
        .parts
        .drain()
        .filter_map(|(name, parts)| Some((map.get(name as usize).copied().filter(|n| *n != 0)?, parts)))
        .collect();
    parts.sort_unstable();
    for (_, parts) in &mut parts {
        parts.iter_mut().for_each(|part| number(part, &mut map, &mut order));
    }
    table.parts = parts.into_iter().collect();
    table.symbols = table.symbols.reordered(&order);
}

/// Rows as groups: the first row of each row's group.
fn group(table: Table, rules: &Rules, seed: Option<u64>) -> (Table, Vec<u32>, Option<Interval>) {
    let at_sight = (0..table.len()).collect();
    let half: Vec<bool> = table.rows.iter().map(Row::is_half_a_name).collect();
    let asked = Asked {
        rules,
        is_out: |place| half.get(place as usize).copied().unwrap_or_default(),
        is_wanted: |_, _| true,
        at_sight,
        fitted: None,
    };
    let (matcher, mut edges) = Matcher::new(table, asked);
    let partitioner = Partitioner { comparer: matcher.comparer(), model: &matcher.model };
    partitioner.anchor(&mut edges);
    let groups = partitioner.groups(&edges);
    let rule = &rules.posterior;
    let interval = seed.map(|seed| Doubts::of_groups(&partitioner, &groups, rule).interval(rule, seed));
    (matcher.table, groups.of, interval)
}
