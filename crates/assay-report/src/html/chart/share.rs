//! The claim against the evidence: for each statement its share with the interval, and apart from it the likelihood.

use super::{Anchor, LABEL, Svg, clipped};
use assay_model::{Phia, Share};

/// One statement.
pub(crate) struct ShareRow {
    /// `A1 people`.
    pub(crate) label: String,
    /// The verdict in words.
    pub(crate) verdict: String,
    pub(crate) share: Option<Share>,
    pub(crate) term: Option<Phia>,
}

const ROW: f64 = 62.0;

/// Statements on one axis from 0 to 100 %: upper lane the share, lower lane the band of the PHIA yardstick.
///
/// The two are never joined: a share says how much of the data fits, a likelihood how probable the statement is.
pub(crate) fn shares(id: &str, title: &str, description: &str, rows: &[ShareRow]) -> String {
    let mut svg = Svg::new(id, title, description);
    let foot = ROW * rows.len() as f64;
    for x in [0.0, 25.0, 50.0, 75.0, 100.0] {
        svg.line(if x == 50.0 { "half" } else { "grid" }, (x, 0.0), (x, foot));
        svg.text("axis", x, foot + 14.0, edge(x), &format!("{x:.0} %"));
    }
    for (place, row) in rows.iter().enumerate() {
        let y = ROW * place as f64;
        svg.rect("veil", 0.0, y, 100.0, 19.0);
        svg.line("grid", (0.0, y), (100.0, y));
        svg.text("label", 0.0, y + 15.0, Anchor::Start, &clipped(&row.label, LABEL - 24));
        svg.text("note", 100.0, y + 15.0, Anchor::End, &row.verdict);
        match row.share {
            Some(Share { share, low, high }) => {
                let (low, high, share) = (low * 100.0, high * 100.0, share * 100.0);
                svg.line("interval-line", (low, y + 31.0), (high, y + 31.0));
                for end in [low, high] {
                    svg.line("interval-end", (end, y + 26.0), (end, y + 36.0));
                }
                svg.dot("point", share, y + 31.0, 4.5);
            }
            None if row.term.is_none() => {
                svg.text("faint", 0.0, y + 38.0, Anchor::Start, "no share and no likelihood to draw");
            }
            None => {}
        }
        if let Some(term) = row.term {
            let (low, high) = (f64::from(term.low), f64::from(term.high));
            svg.rect("likelihood", low, y + 42.0, high - low, 11.0);
            // The words stand on the side that has room.
            if low >= 50.0 {
                svg.text("axis", low - 1.5, y + 51.5, Anchor::End, term.term);
            } else {
                svg.text("axis", high + 1.5, y + 51.5, Anchor::Start, term.term);
            }
        }
    }
    svg.finish(foot + 20.0)
}

fn edge(x: f64) -> Anchor {
    match x {
        x if x <= 0.0 => Anchor::Start,
        x if x >= 100.0 => Anchor::End,
        _ => Anchor::Middle,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn share_and_likelihood_lie_apart_on_one_axis() {
        let rows = [
            ShareRow {
                label: "A1 people".into(),
                verdict: "supported".into(),
                share: Some(Share { share: 0.8, low: 0.75, high: 0.9 }),
                term: Some(Phia { term: "highly likely", low: 80, high: 90 }),
            },
            ShareRow { label: "A2 volume".into(), verdict: "undetermined".into(), share: None, term: None },
        ];
        let svg = shares("s", "T", "D", &rows);
        assert!(svg.contains(r#"<line class="interval-line" x1="75.00%" y1="31" x2="90.00%" y2="31"/>"#), "{svg}");
        assert!(svg.contains(r#"<rect class="likelihood" x="80.00%" y="42" width="10.00%""#), "{svg}");
        let texts = super::super::tests::texts(&svg);
        assert!(texts.contains(&"highly likely".to_owned()));
        assert!(texts.contains(&"no share and no likelihood to draw".to_owned()));
        assert!(texts.contains(&"50 %".to_owned()));
    }
}
