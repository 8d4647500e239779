//! A number on the page with the key under which report.json has it.
//!
//! A reader who doubts a number can look up the key and ask `assay explain`; a test compares the two documents.

use crate::words::{percent, rounded, thousands};
use askama::filters::HtmlSafe;
use assay_model::{AgeBand, Dossier, Expected, Part, is_proof_only};
use std::fmt;

/// `<data value="1204" data-key="/subjects/count">1,204</data>`. The key is a JSON pointer (RFC 6901).
pub(super) struct Figure {
    key: String,
    value: String,
    text: String,
}

impl Figure {
    /// A whole number.
    pub(super) fn count(key: &str, number: u64) -> Self {
        Self { key: key.to_owned(), value: number.to_string(), text: thousands(number) }
    }

    /// A whole number in an object of report.json, under a name that may hold any character.
    pub(super) fn entry(object: &str, name: &str, number: u64) -> Self {
        Self::count(&format!("{object}/{}", pointer_part(name)), number)
    }

    /// A share, shown in per cent.
    pub(super) fn share(key: &str, share: f64) -> Self {
        Self { key: key.to_owned(), value: rounded(share).to_string(), text: percent(share) }
    }

    /// A number of the page's own wording, such as a size.
    pub(super) fn worded(key: &str, number: u64, text: String) -> Self {
        Self { key: key.to_owned(), value: number.to_string(), text }
    }
}

/// An estimate with its 95 % interval; a dash where none is made.
pub(super) struct Interval(Option<[Figure; 3]>);

impl Interval {
    /// Of a part of the people found; nobody is expected of a part that nobody is of.
    pub(super) fn of(dossier: &Dossier, part: &Part) -> Self {
        if is_proof_only(&dossier.exhibits) {
            return Self(None);
        }
        let key = match part {
            Part::Controller(id) => format!("by_controller/{}", pointer_part(id.as_str())),
            Part::Role(role) => format!("by_role/{}", role.as_str()),
            Part::Age(AgeBand::Child) => "children".to_owned(),
            Part::Age(AgeBand::Adult) => "adults".to_owned(),
            Part::Age(AgeBand::Unknown) => "age_unknown".to_owned(),
            Part::Element(name) => format!("by_element/{name}"),
        };
        let figure = |name: &str, people| Figure::count(&format!("/subjects/expected/{key}/{name}"), people);
        let of =
            |part: &Expected| [figure("estimate", part.estimate), figure("low", part.low), figure("high", part.high)];
        Self(dossier.parts.get(part).map(of))
    }
}

impl fmt::Display for Interval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Some([estimate, low, high]) => write!(f, "{estimate} <span class=\"ends\">({low} to {high})</span>"),
            None => f.write_str("–"),
        }
    }
}

// As of a figure.
impl HtmlSafe for Interval {}

fn pointer_part(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = super::chart::escaped(&self.key);
        let text = super::chart::escaped(&self.text);
        write!(f, r#"<data value="{}" data-key="{key}">{text}</data>"#, self.value)
    }
}

// The marks are this type's own, and what it holds is escaped above.
impl HtmlSafe for Figure {}

#[cfg(test)]
mod tests {
    use super::Figure;

    #[test]
    fn a_name_cannot_leave_its_attribute_or_its_key() {
        assert_eq!(
            Figure::entry("/subjects/by_controller", "A/\"B<", 1204).to_string(),
            r#"<data value="1204" data-key="/subjects/by_controller/A~1&quot;B&lt;">1,204</data>"#
        );
    }
}
