//! Charts as inline SVG: pure functions from numbers to text.
//!
//! There is no `viewBox`: shapes are placed in per cent of the width and text in pixels, so that a chart fills a phone
//! and a printed page alike and its words keep their size. Colours are classes of the page's style sheet. No number is
//! told by colour alone: each stands as text in the chart or in the table next to it.

mod bars;
mod heat;
mod range;
mod share;
mod timeline;

pub(super) use bars::{BarRow, Segment, bar_cell, bars};
pub(super) use heat::{HeatRow, heat};
pub(super) use range::{Range, range};
pub(super) use share::{ShareRow, shares};
pub(super) use timeline::{Lane, Mark, Timeline, timeline};

use std::fmt::Write;

/// The longest label in characters that fits the width of a phone beside nothing else.
const LABEL: usize = 48;

/// Where a text hangs from its point.
#[derive(Clone, Copy)]
enum Anchor {
    Start,
    Middle,
    End,
}

impl Anchor {
    /// The anchor that keeps a label at `x` per cent inside the chart.
    fn inside(x: f64) -> Self {
        match x {
            x if x < 25.0 => Self::Start,
            x if x > 75.0 => Self::End,
            _ => Self::Middle,
        }
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Middle => "middle",
            Self::End => "end",
        }
    }
}

/// An SVG under construction. `x` and `width` are per cent of the chart's width, `y` and `height` pixels.
struct Svg {
    id: String,
    title: String,
    description: String,
    body: String,
}

impl Svg {
    /// `id` is unique on the page; title and description are what a screen reader says.
    fn new(id: &str, title: &str, description: &str) -> Self {
        Self { id: escaped(id), title: escaped(title), description: escaped(description), body: String::new() }
    }

    fn rect(&mut self, class: &str, x: f64, y: f64, width: f64, height: f64) {
        let (x, width) = (bounded(x), bounded(width));
        let _ =
            write!(self.body, r#"<rect class="{class}" x="{x:.2}%" y="{y}" width="{width:.2}%" height="{height}"/>"#);
    }

    fn line(&mut self, class: &str, (x1, y1): (f64, f64), (x2, y2): (f64, f64)) {
        let (x1, x2) = (bounded(x1), bounded(x2));
        let _ = write!(self.body, r#"<line class="{class}" x1="{x1:.2}%" y1="{y1}" x2="{x2:.2}%" y2="{y2}"/>"#);
    }

    fn dot(&mut self, class: &str, x: f64, y: f64, radius: f64) {
        let _ = write!(self.body, r#"<circle class="{class}" cx="{:.2}%" cy="{y}" r="{radius}"/>"#, bounded(x));
    }

    /// A path around a point, in pixels from it.
    fn shape(&mut self, class: &str, x: f64, y: f64, path: &str) {
        let _ = write!(
            self.body,
            r#"<svg x="{:.2}%" y="{y}" overflow="visible"><path class="{class}" d="{path}"/></svg>"#,
            bounded(x)
        );
    }

    fn text(&mut self, class: &str, x: f64, y: f64, anchor: Anchor, text: &str) {
        let _ = write!(
            self.body,
            r#"<text class="{class}" x="{:.2}%" y="{y}" text-anchor="{}">{}</text>"#,
            bounded(x),
            anchor.as_str(),
            escaped(text)
        );
    }

    fn finish(self, height: f64) -> String {
        let Self { id, title, description, body } = self;
        format!(
            "<svg class=\"chart\" width=\"100%\" height=\"{height}\" role=\"img\" aria-labelledby=\"{id}-t {id}-d\">\
             <title id=\"{id}-t\">{title}</title>\
             <desc id=\"{id}-d\">{description}</desc>{body}</svg>"
        )
    }
}

/// A position inside the chart; what is no number lies at its start.
fn bounded(x: f64) -> f64 {
    if x.is_finite() { x.clamp(0.0, 100.0) } else { 0.0 }
}

/// `part` in per cent of `whole`; nothing of nothing is nothing.
fn share_of(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 * 100.0 }
}

/// Text for markup, attributes among it.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

/// At most `most` characters, with a mark where some were cut.
fn clipped(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let mut out: String = text.chars().take(most.saturating_sub(1)).collect();
    out.truncate(out.trim_end().len());
    out.push('…');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads a chart as XML and gives its texts; fails where it is not well formed.
    pub(super) fn texts(svg: &str) -> Vec<String> {
        use quick_xml::{Reader, events::Event};
        let mut reader = Reader::from_str(svg);
        let (mut texts, mut current, mut depth) = (Vec::new(), String::new(), 0);
        loop {
            match reader.read_event().expect("well-formed") {
                Event::Start(start) => {
                    depth += 1;
                    start.attributes().for_each(|a| _ = a.expect("a well-formed attribute"));
                    current.clear();
                }
                Event::Empty(empty) => empty.attributes().for_each(|a| _ = a.expect("a well-formed attribute")),
                Event::Text(text) => current.push_str(&text),
                Event::GeneralRef(name) => current.push_str(&format!("&{};", &*name)),
                Event::End(_) => {
                    depth -= 1;
                    if !current.is_empty() {
                        texts.push(std::mem::take(&mut current));
                    }
                }
                Event::Eof => break,
                _ => {}
            }
        }
        assert_eq!(depth, 0);
        texts
    }

    #[test]
    fn hostile_words_stay_words() {
        let mut svg = Svg::new("a\"b", "</title><script>", "&");
        svg.text("label", f64::NAN, 1.0, Anchor::Start, "<script>alert('x')</script>");
        let svg = svg.finish(10.0);
        assert!(!svg.contains("<script"));
        assert!(svg.contains(r#"x="0.00%""#));
        assert_eq!(
            texts(&svg),
            ["&lt;/title&gt;&lt;script&gt;", "&amp;", "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;"]
        );
    }

    #[test]
    fn a_long_label_is_cut_and_says_so() {
        assert_eq!(clipped("Northshore Children's", 12), "Northshore…");
        assert_eq!(clipped("short", 12), "short");
    }
}
