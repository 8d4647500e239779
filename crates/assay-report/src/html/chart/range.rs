//! The count on one line: floor to ceiling, the interval, the estimate and what was found.

use super::{Anchor, Svg, share_of};
use crate::words::thousands;

/// Numbers of people.
pub(crate) struct Range {
    pub(crate) floor: u64,
    pub(crate) count: u64,
    pub(crate) low: u64,
    pub(crate) estimate: u64,
    pub(crate) high: u64,
    pub(crate) ceiling: u64,
}

/// A line from zero to the largest of the numbers.
pub(crate) fn range(id: &str, title: &str, description: &str, numbers: &Range) -> String {
    let Range { floor, count, low, estimate, high, ceiling } = *numbers;
    let most = [floor, count, high, ceiling].into_iter().max().unwrap_or_default();
    let at = |value: u64| share_of(value, most);
    let span = |from: u64, to: u64| (at(from), (at(to) - at(from)).max(0.0));
    let mut svg = Svg::new(id, title, description);

    let x = at(estimate);
    svg.text("label", x, 12.0, Anchor::inside(x), &format!("{} estimated", thousands(estimate)));
    svg.rect("track", 0.0, 22.0, 100.0, 18.0);
    let (from, width) = span(floor, ceiling);
    svg.rect("bounds", from, 22.0, width, 18.0);
    let (from, width) = span(low, high);
    svg.rect("interval", from, 22.0, width, 18.0);
    svg.line("estimate", (x, 18.0), (x, 44.0));
    svg.dot("found", at(count), 31.0, 4.5);
    svg.text("axis", 0.0, 58.0, Anchor::Start, "0");
    let (floor_at, ceiling_at) = (at(floor), at(ceiling));
    if floor > 0 {
        let anchor = if floor_at > 60.0 { Anchor::End } else { Anchor::Start };
        svg.text("axis", floor_at.max(6.0), 58.0, anchor, &format!("floor {}", thousands(floor)));
    }
    // A floor near the ceiling would run into its words: those then go a line down.
    let down = if floor_at > 45.0 { 16.0 } else { 0.0 };
    svg.text("axis", ceiling_at, 58.0 + down, Anchor::inside(ceiling_at), &format!("ceiling {}", thousands(ceiling)));
    svg.finish(64.0 + down)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_ends_at_the_ceiling_and_the_interval_lies_inside() {
        let numbers = Range { floor: 50, count: 90, low: 100, estimate: 120, high: 150, ceiling: 200 };
        let svg = range("r", "T", "D", &numbers);
        assert_eq!(super::super::tests::texts(&svg), ["T", "D", "120 estimated", "0", "floor 50", "ceiling 200"]);
        assert!(svg.contains(r#"<rect class="bounds" x="25.00%" y="22" width="75.00%""#), "{svg}");
        assert!(svg.contains(r#"<rect class="interval" x="50.00%" y="22" width="25.00%""#), "{svg}");
    }

    #[test]
    fn nobody_gives_an_empty_line() {
        let none = Range { floor: 0, count: 0, low: 0, estimate: 0, high: 0, ceiling: 0 };
        assert!(!range("r", "T", "D", &none).contains("NaN"));
    }
}
