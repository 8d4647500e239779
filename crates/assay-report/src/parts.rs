//! The breakdowns of people as both JSON documents have them.

use assay_model::{AgeBand, Expected, Part};
use serde::Serialize;
use std::collections::BTreeMap;

/// A figure of each part of the people.
#[derive(Serialize, Default)]
pub(crate) struct Parts<'a, T> {
    by_controller: BTreeMap<String, T>,
    by_role: BTreeMap<&'a str, T>,
    children: T,
    adults: T,
    age_unknown: T,
    by_element: BTreeMap<&'a str, T>,
}

impl<T: Default> Parts<'_, T> {
    pub(crate) fn of(parts: &BTreeMap<Part, Expected>, figure: impl Fn(&Expected) -> T) -> Self {
        let mut all = Self::default();
        for (part, expected) in parts {
            let figure = figure(expected);
            match part {
                Part::Controller(id) => _ = all.by_controller.insert(id.to_string(), figure),
                Part::Role(role) => _ = all.by_role.insert(role.as_str(), figure),
                Part::Age(AgeBand::Child) => all.children = figure,
                Part::Age(AgeBand::Adult) => all.adults = figure,
                Part::Age(AgeBand::Unknown) => all.age_unknown = figure,
                Part::Element(name) => _ = all.by_element.insert(name, figure),
            }
        }
        all
    }
}

/// An estimate and its 95 % interval.
#[derive(Serialize, Default)]
pub(crate) struct Between {
    estimate: u64,
    low: u64,
    high: u64,
}

impl Between {
    pub(crate) fn of(expected: &Expected) -> Self {
        Self { estimate: expected.estimate, low: expected.low, high: expected.high }
    }
}
