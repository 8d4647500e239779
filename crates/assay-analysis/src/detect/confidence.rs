//! How sure a finding is, in a number that holds: of a hundred findings at 0.9 ninety should be right.
//!
//! Rules and readers say how sure they are of their kind; the points of `rules/detect/confidence.toml` say what that was worth where
//! the truth was known. Between points the line is straight; below the first it goes to nothing, above the last it stays.

use std::collections::BTreeMap;

use assay_model::{Element, Mention};
use serde::Deserialize;

use super::rules::{RuleError, read};

const FILE: &str = "rules/detect/confidence.toml";
const POINTS: &str = include_str!("../../../../rules/detect/confidence.toml");

#[derive(Debug)]
pub(super) struct Calibration {
    points: BTreeMap<Element, Vec<(f32, f32)>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(not(test), expect(dead_code, reason = "a table without its method and source does not load"))]
struct CalibrationFile {
    reason: String,
    source: String,
    #[serde(default)]
    element: Vec<ElementForm>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ElementForm {
    element: String,
    /// What was said, and what it was worth; both rising.
    points: Vec<(f32, f32)>,
}

impl Calibration {
    pub(super) fn shipped() -> Result<Self, RuleError> {
        let file: CalibrationFile = read(FILE, POINTS)?;
        let mut points = BTreeMap::new();
        for form in file.element {
            let element = Element::parse(&form.element);
            let word = || RuleError::Word { file: FILE, word: form.element.clone(), expected: "element" };
            points.insert(element.ok_or_else(word)?, form.points);
        }
        Ok(Self { points })
    }

    pub(super) fn weigh(&self, mention: &mut Mention) {
        for finding in &mut mention.findings {
            finding.confidence = self.of(finding.element, finding.confidence);
        }
    }

    fn of(&self, element: Element, said: f32) -> f32 {
        let Some(points) = self.points.get(&element).filter(|points| !points.is_empty()) else { return said };
        let above = points.iter().position(|(point, _)| said <= *point + f32::EPSILON);
        let (low, high) = match above {
            None => return points.last().map_or(said, |(_, worth)| *worth),
            Some(0) => ((0.0, 0.0), points.first().copied().unwrap_or((said, said))),
            Some(n) => {
                (points.get(n - 1).copied().unwrap_or((0.0, 0.0)), points.get(n).copied().unwrap_or((said, said)))
            }
        };
        let span = (high.0 - low.0).max(f32::EPSILON);
        (low.1 + (high.1 - low.1) * ((said - low.0) / span)).clamp(0.0, 1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_points_rise_and_name_elements() {
        let file: CalibrationFile = toml::from_str(POINTS).unwrap();
        assert!(!file.reason.is_empty() && !file.source.is_empty());
        for (element, points) in Calibration::shipped().unwrap().points {
            assert!(points.is_sorted_by(|a, b| a.0 < b.0 && a.1 <= b.1), "{element:?}");
            assert!(points.iter().all(|(said, worth)| (0.0..=1.0).contains(said) && (0.0..1.0).contains(worth)));
        }
    }

    #[test]
    fn between_points_the_line_is_straight() {
        let points = BTreeMap::from([(Element::Phone, vec![(0.5, 0.7), (0.9, 0.9)])]);
        let calibration = Calibration { points };
        let close = |said, want: f32| assert!((calibration.of(Element::Phone, said) - want).abs() < 1e-5, "{said}");
        close(0.5, 0.7);
        close(0.7, 0.8);
        close(0.25, 0.35);
        close(0.95, 0.9);
        assert_eq!(calibration.of(Element::Email, 0.42), 0.42);
    }
}
