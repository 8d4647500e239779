//! Numbers of lists as Word shows them: levels, their formats and texts, restarts and overrides (ECMA-376 part 1, 17.9).
//!
//! Numbers in other scripts than the Latin, and those written out as words, print as digits.

use super::super::numerals::{ordinal, roman};
use super::super::ooxml::{self, Xml, events, lent};
use std::collections::BTreeMap;

/// Levels of a list.
const LEVELS: usize = 9;

#[derive(Clone, Default)]
struct Level {
    start: u32,
    format: String,
    text: String,
    /// The level after which this one starts anew; `None` for any above it, `Some(0)` for never.
    restart: Option<usize>,
    /// Numbers of levels above print as digits.
    legal: bool,
    suffix: &'static str,
    style: Option<String>,
}

#[derive(Clone, Default)]
struct List {
    levels: BTreeMap<usize, Level>,
    /// The style whose list this one borrows.
    borrowed: Option<String>,
    /// The style that lends this list.
    lent: Option<String>,
}

#[derive(Clone, Default)]
struct Use {
    list: u32,
    starts: BTreeMap<usize, u32>,
    levels: BTreeMap<usize, Level>,
}

/// The lists of a document, and how far each has counted.
#[derive(Default)]
pub(super) struct Numbering {
    lists: BTreeMap<u32, List>,
    uses: BTreeMap<u32, Use>,
    /// Counts of a list, by its number; `None` where a level has not begun.
    counts: BTreeMap<u32, [Option<u32>; LEVELS]>,
    /// Overrides of starts that have been followed.
    started: std::collections::BTreeSet<(u32, usize)>,
}

impl Numbering {
    /// Reads the part that defines lists; damage costs what follows it.
    pub(super) fn read(xml: &str, nesting: u32) -> Self {
        let mut all = Self::default();
        let (mut list, mut used, mut level, mut overridden) = (None, None, None::<(usize, Level)>, 0_usize);
        let number = |start: &quick_xml::events::BytesStart<'_>, name: &str| -> Option<u32> {
            lent(start, name).and_then(|value| value.parse().ok())
        };
        let place = |start: &quick_xml::events::BytesStart<'_>| {
            number(start, "ilvl").map_or(0, |level| level as usize).min(LEVELS - 1)
        };
        let _ = events(xml, nesting, &mut |event| match event {
            Xml::Start(name, start) => match name {
                "abstractNum" => list = number(start, "abstractNumId"),
                "num" => {
                    used = number(start, "numId");
                    overridden = 0;
                }
                "abstractNumId" => {
                    if let (Some(used), Some(list)) = (used, number(start, "val")) {
                        all.uses.entry(used).or_default().list = list;
                    }
                }
                "lvlOverride" => overridden = place(start),
                "startOverride" => {
                    if let (Some(used), Some(value)) = (used, number(start, "val")) {
                        all.uses.entry(used).or_default().starts.insert(overridden, value);
                    }
                }
                "lvl" => {
                    level = Some((place(start), Level { suffix: " ", format: "decimal".into(), ..Level::default() }))
                }
                "numStyleLink" | "styleLink" => {
                    let style = lent(start, "val").map(|style| style.into_owned());
                    if let Some(list) = list.map(|list| all.lists.entry(list).or_default()) {
                        if name == "styleLink" { list.lent = style } else { list.borrowed = style }
                    }
                }
                _ => {
                    if let Some((_, level)) = &mut level {
                        level.set(name, start);
                    }
                }
            },
            Xml::Text(_) => {}
            Xml::End("lvl") => {
                if let Some((at, level)) = level.take() {
                    match (used, list) {
                        (Some(used), _) => drop(all.uses.entry(used).or_default().levels.insert(at, level)),
                        (None, Some(list)) => drop(all.lists.entry(list).or_default().levels.insert(at, level)),
                        (None, None) => {}
                    }
                }
            }
            Xml::End("abstractNum") => {
                list.map(|list| all.lists.entry(list).or_default());
                list = None;
            }
            Xml::End("num") => used = None,
            Xml::End(_) => {}
        });
        all
    }

    /// The list and level that a paragraph style is bound to by the list's own definition.
    pub(super) fn level_of_style(&self, used: u32, style: &str) -> Option<usize> {
        let list = self.lists.get(&self.list_of(used)?)?;
        list.levels.iter().find(|(_, level)| level.style.as_deref() == Some(style)).map(|(at, _)| *at)
    }

    fn list_of(&self, used: u32) -> Option<u32> {
        let list = self.uses.get(&used)?.list;
        let Some(style) = self.lists.get(&list).and_then(|list| list.borrowed.as_ref()) else { return Some(list) };
        let lender = self.lists.iter().find(|(_, list)| list.lent.as_ref() == Some(style));
        Some(lender.map_or(list, |(number, _)| *number))
    }

    /// Counts a paragraph and gives what stands before it, its distance included.
    pub(super) fn next(&mut self, used: u32, at: usize) -> Option<String> {
        let at = at.min(LEVELS - 1);
        let list = self.list_of(used)?;
        let usage = self.uses.get(&used)?.clone();
        let levels = &self.lists.get(&list)?.levels;
        let level_at = |at: usize| usage.levels.get(&at).or_else(|| levels.get(&at));
        let level = level_at(at)?;
        let counts = self.counts.entry(list).or_default();
        let start = usage.starts.get(&at).copied().unwrap_or(level.start);
        // An override counts where its list is used for the first time.
        let anew = usage.starts.contains_key(&at) && self.started.insert((used, at));
        let next = match counts.get(at).copied().flatten() {
            Some(count) if !anew => count.saturating_add(1),
            _ => start,
        };
        for above in 0..at {
            if let (Some(count), Some(level)) = (counts.get_mut(above), level_at(above)) {
                count.get_or_insert(level.start);
            }
        }
        if let Some(count) = counts.get_mut(at) {
            *count = Some(next);
        }
        for below in at + 1..LEVELS {
            let after = level_at(below).and_then(|level| level.restart);
            // The attribute counts levels from one.
            if after.is_none_or(|after| after > at && after != 0)
                && let Some(count) = counts.get_mut(below)
            {
                *count = None;
            }
        }
        let counts = *counts;
        let shown = level.shown(&|other| {
            let of = level_at(other)?;
            let format = if level.legal && other != at { "decimal" } else { of.format.as_str() };
            Some(in_format(counts.get(other).copied().flatten().unwrap_or(of.start), format))
        });
        (!shown.is_empty()).then(|| format!("{shown}{}", level.suffix))
    }
}

impl Level {
    fn set(&mut self, name: &str, start: &quick_xml::events::BytesStart<'_>) {
        let value = || lent(start, "val").map(|value| value.into_owned()).unwrap_or_default();
        match name {
            "start" => self.start = value().parse().unwrap_or(1),
            "numFmt" => self.format = value(),
            "lvlText" => self.text = value(),
            "lvlRestart" => self.restart = value().parse().ok(),
            "isLgl" => self.legal = ooxml::is_on(start, "val", Some(super::Visibility::Hidden)),
            "suff" if value() == "nothing" => self.suffix = "",
            "pStyle" => self.style = Some(value()),
            _ => {}
        }
    }

    /// The text of a level with its numbers; `%1` stands for the first.
    fn shown(&self, number: &dyn Fn(usize) -> Option<String>) -> String {
        if self.format == "bullet" {
            // Bullets are characters of symbol fonts.
            let plain = !self.text.is_empty() && self.text.chars().all(|dot| !('\u{e000}'..='\u{f8ff}').contains(&dot));
            return if self.text.is_empty() {
                String::new()
            } else if plain {
                self.text.clone()
            } else {
                "•".to_owned()
            };
        }
        let mut out = String::new();
        let mut characters = self.text.chars().peekable();
        while let Some(character) = characters.next() {
            match characters.peek().and_then(|next| next.to_digit(10)).filter(|_| character == '%') {
                Some(level @ 1..=9) => {
                    characters.next();
                    out.push_str(&number(level as usize - 1).unwrap_or_default());
                }
                _ => out.push(character),
            }
        }
        out
    }
}

/// A number in one of Word's formats (ECMA-376 part 1, 17.18.59).
fn in_format(number: u32, format: &str) -> String {
    match format {
        "none" => String::new(),
        "decimalZero" => format!("{number:02}"),
        "upperLetter" => letters(number).to_uppercase(),
        "lowerLetter" => letters(number),
        "upperRoman" => roman(number).to_uppercase(),
        "lowerRoman" => roman(number),
        "ordinal" => ordinal(number),
        _ => number.to_string(),
    }
}

/// a to z, then aa to zz, as Word goes on.
fn letters(number: u32) -> String {
    let Some(index) = number.checked_sub(1) else { return String::new() };
    let letter = char::from(b'a' + (index % 26) as u8);
    std::iter::repeat_n(letter, (index / 26 + 1).min(32) as usize).collect()
}
