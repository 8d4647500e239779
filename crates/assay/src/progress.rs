//! What a person at a terminal sees of long work: counts, never content. In a pipe nothing is shown.

use indicatif::{ProgressBar, ProgressStyle};
use std::collections::BTreeSet;

/// The progress of one stage. Nothing is drawn where standard error is no terminal.
pub(crate) struct Progress {
    bar: ProgressBar,
    bytes: u64,
    items: u64,
    people: BTreeSet<u64>,
}

impl Progress {
    /// A stage with so much to do, in units of its own.
    pub(crate) fn new(stage: &str, total: u64) -> Self {
        let bar = ProgressBar::new(total);
        let style = ProgressStyle::with_template("{prefix:8} {bar:24} {percent:>3} %  {msg}  {eta} left");
        if let Ok(style) = style {
            bar.set_style(style);
        }
        bar.set_prefix(stage.to_owned());
        Self { bar, bytes: 0, items: 0, people: BTreeSet::new() }
    }

    /// Bytes done, where bytes are what is counted.
    pub(crate) fn bytes(&mut self, bytes: u64) {
        self.bytes += bytes;
        self.bar.inc(bytes);
        self.bar.set_message(format!("{} MB", self.bytes / 1_000_000));
    }

    /// More to do than was known.
    pub(crate) fn more(&self, units: u64) {
        self.bar.inc_length(units);
    }

    /// A unit done, with its items, bytes and the people it named, as hashes of what identifies them.
    pub(crate) fn unit(&mut self, items: u64, bytes: u64, people: impl Iterator<Item = u64>) {
        self.items += items;
        self.bytes += bytes;
        if !self.bar.is_hidden() {
            self.people.extend(people);
        }
        self.bar.inc(1);
        let people = self.people.len();
        self.bar.set_message(format!("{} items  {} MB  about {people} people", self.items, self.bytes / 1_000_000));
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
