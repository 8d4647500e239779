//! Horizontal bars, plain or stacked, all on one scale.

use super::{Anchor, LABEL, Svg, clipped, share_of};

/// One part of a stacked bar.
pub(crate) struct Segment {
    /// A class of the style sheet, which sets the colour.
    pub(crate) class: &'static str,
    pub(crate) value: u64,
}

/// One bar, its label above it.
pub(crate) struct BarRow {
    pub(crate) label: String,
    /// Stands at the right, above the bar: its numbers in words.
    pub(crate) note: String,
    pub(crate) segments: Vec<Segment>,
}

/// One plain bar for a cell of a table, which has the number: hidden from screen readers.
pub(crate) fn bar_cell(value: u64, most: u64) -> String {
    format!(
        "<svg class=\"chart\" width=\"100%\" height=\"12\" aria-hidden=\"true\"><rect class=\"track\" width=\"100%\" \
         height=\"12\"/><rect class=\"plain\" width=\"{:.2}%\" height=\"12\"/></svg>",
        super::bounded(share_of(value, most))
    )
}

const ROW: f64 = 42.0;

/// Bars; the longest fills the width. `key` names the classes in use, in the order of the segments; empty for plain
/// bars.
pub(crate) fn bars(
    id: &str,
    title: &str,
    description: &str,
    key: &[(&'static str, String)],
    rows: &[BarRow],
) -> String {
    let mut svg = Svg::new(id, title, description);
    let most = rows.iter().map(total).max().unwrap_or_default();
    let mut top = 0.0;
    if !key.is_empty() {
        // A little less than the width, since the last words need more room than the first.
        let step = 94.0 / key.len().max(3) as f64;
        for (place, (class, words)) in key.iter().enumerate() {
            let x = step * place as f64;
            svg.shape(class, x, 2.0, "M0 0H12V12H0Z");
            svg.body.push_str(&format!(
                r#"<svg x="{x:.2}%" y="0" overflow="visible"><text class="key" x="18" y="12">{}</text></svg>"#,
                super::escaped(words)
            ));
        }
        top = 26.0;
    }
    for (place, row) in rows.iter().enumerate() {
        let y = top + ROW * place as f64;
        svg.text("label", 0.0, y + 13.0, Anchor::Start, &clipped(&row.label, LABEL - row.note.chars().count().min(20)));
        svg.text("note", 100.0, y + 13.0, Anchor::End, &row.note);
        svg.rect("track", 0.0, y + 19.0, 100.0, 14.0);
        let mut x = 0.0;
        for segment in row.segments.iter().filter(|segment| segment.value > 0) {
            let width = share_of(segment.value, most);
            svg.rect(segment.class, x, y + 19.0, width, 14.0);
            x += width;
        }
    }
    svg.finish(top + ROW * rows.len() as f64)
}

fn total(row: &BarRow) -> u64 {
    row.segments.iter().map(|segment| segment.value).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(label: &str, values: [u64; 2]) -> BarRow {
        let [a, b] = values;
        BarRow {
            label: label.into(),
            note: (a + b).to_string(),
            segments: vec![Segment { class: "c1", value: a }, Segment { class: "c2", value: b }],
        }
    }

    #[test]
    fn the_longest_bar_fills_the_width_and_the_others_are_on_its_scale() {
        let svg = bars("b", "T", "D", &[], &[row("one", [30, 10]), row("two", [5, 0]), row("none", [0, 0])]);
        assert_eq!(super::super::tests::texts(&svg), ["T", "D", "one", "40", "two", "5", "none", "0"]);
        assert!(svg.contains(r#"<rect class="c1" x="0.00%" y="19" width="75.00%""#), "{svg}");
        assert!(svg.contains(r#"<rect class="c2" x="75.00%" y="19" width="25.00%""#), "{svg}");
        assert!(svg.contains(r#"<rect class="c1" x="0.00%" y="61" width="12.50%""#), "{svg}");
        assert_eq!(svg.matches("class=\"c").count(), 3 + 1, "a part of nobody is not drawn");
    }

    #[test]
    fn nobody_at_all_is_no_division() {
        let svg = bars("b", "T", "D", &[("c1", "children".to_owned())], &[row("one", [0, 0])]);
        assert!(!svg.contains("NaN"));
        assert_eq!(super::super::tests::texts(&svg), ["T", "D", "children", "one", "0"]);
    }
}
