//! Explains a figure of report.json: its value, how it was counted, and the export that it can be counted from again.

use crate::{json, summary::PROOF, tally::Tally, words::wrap};
use assay_model::{Dossier, is_proof_only};
use jiff::Timestamp;
use serde_json::Value;
use std::fmt::Write;

/// A figure by its key from the top (`subjects.by_role.patient`) or by its last part (`children`, `by_role.patient`).
pub(crate) fn of_field(dossier: &Dossier, id: &str) -> Option<String> {
    let (figure, tail) = FIGURES.iter().find_map(|figure| Some((figure, tail(figure, id)?)))?;
    // The document itself is asked, so that an explanation cannot tell another number than the report.
    let report: Value = serde_json::from_str(&json::report_json(dossier, Timestamp::UNIX_EPOCH)).ok()?;
    let whole = look_up(&report, figure.key)?;
    // A controller's id may hold a full stop: the rest is first tried as one key.
    let of_tail = || whole.get(tail).or_else(|| look_up(whole, tail));
    // What is not told has no parts either.
    let value = if tail.is_empty() || whole.is_null() { whole } else { of_tail()? };

    let mut out = String::new();
    let stop = if tail.is_empty() { "" } else { "." };
    let _ = writeln!(out, "{}{stop}{tail} = {}", figure.key, print(value));
    let _ = writeln!(out, "{}", wrap(&format!("  {}", figure.how), 100, 2));
    if value.is_null() && is_proof_only(&dossier.exhibits) {
        let _ = writeln!(out, "{}", wrap(&format!("  Not told here: {PROOF}."), 100, 2));
    }
    if figure.key == "subjects.count" {
        let (all, named_only) = (dossier.subjects.len(), Tally::of(dossier).named_only);
        let _ =
            writeln!(out, "  Of {all} clusters; {named_only} with a name alone are left out (subjects.named_only).");
    }
    if !figure.again.is_empty() {
        let _ = writeln!(out, "{}", wrap(&format!("  Again from: {}", figure.again), 100, 4));
    }
    Some(out)
}

/// What follows the figure's key, or its last part, in `id`; `None` where `id` is another figure's.
fn tail<'a>(figure: &Figure, id: &'a str) -> Option<&'a str> {
    let short = figure.key.rsplit('.').next().unwrap_or(figure.key);
    [figure.key, short].into_iter().find_map(|name| match id.strip_prefix(name)? {
        "" => Some(""),
        rest => rest.strip_prefix('.').filter(|rest| !rest.is_empty()),
    })
}

fn look_up<'a>(value: &'a Value, key: &str) -> Option<&'a Value> {
    key.split('.').try_fold(value, |value, part| value.get(part))
}

fn print(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Object(entries) => {
            let entries: Vec<String> = entries.iter().map(|(key, value)| format!("{key} {}", print(value))).collect();
            entries.join(", ")
        }
        other => other.to_string(),
    }
}

/// Every figure: its key, how it was counted, and which export it can be counted from again.
pub(crate) fn figures() -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    FIGURES.iter().map(|figure| (figure.key, figure.how, figure.again))
}

struct Figure {
    /// The key from the top of report.json.
    key: &'static str,
    /// How it was counted.
    how: &'static str,
    /// Which export it can be counted from again, and how.
    again: &'static str,
}

const fn figure(key: &'static str, how: &'static str, again: &'static str) -> Figure {
    Figure { key, how, again }
}

const FIGURES: [Figure; 39] = [
    figure(
        "urgent",
        "Records that harm first, by rule, with the people who hold them and the items in which they stand. A record in several \
         classes is one record of all, and one of each class; what stands beside nobody is among the records only.",
        "`assay export urgent`: rows by harm; distinct mention_id, subject_id, and exhibit with path.",
    ),
    figure(
        "subjects.count",
        "Distinct people in the items held who count: clusters of mentions with any identifier (a name, an NHS or \
         hospital number that a register knows or a document ties to a person) and any further element.",
        "`assay export subjects`: its rows.",
    ),
    figure(
        "subjects.floor",
        "People matched to a register, less the matches that a permuted register (decoys) has by chance.",
        "`assay export subjects`: rows whose register_match is exact or probable, times one less decoy_rate.",
    ),
    figure(
        "subjects.estimate",
        "People in the items held, with what is unread or unsampled and the uncertainty of resolution added to the count.",
        "",
    ),
    figure("subjects.low", "Lower end of the 95 % interval of subjects.estimate.", ""),
    figure("subjects.high", "Upper end of the 95 % interval of subjects.estimate.", ""),
    figure("subjects.ceiling", "The most that it can be: every unmatched record a person of its own.", ""),
    figure(
        "subjects.children",
        "People who count and were under 18 on the case's reference date.",
        "`assay export subjects`: rows whose child is true.",
    ),
    figure(
        "subjects.adults",
        "People who count and were 18 or over on the case's reference date.",
        "`assay export subjects`: rows whose child is false.",
    ),
    figure(
        "subjects.age_unknown",
        "People who count and of whom no date of birth is known.",
        "`assay export subjects`: rows whose child is unknown.",
    ),
    figure(
        "subjects.expected",
        "People in the items held, read or not, of each part of those found, with a 95 % interval: each part is estimated as everybody is, from the \
         items that show it. Roles sum to subjects.estimate, and so do children, adults and those of unknown age.",
        "",
    ),
    figure(
        "subjects.deceased",
        "People who count and are known to be dead. UK GDPR covers the living; confidentiality goes on. They are also \
         in every other breakdown.",
        "",
    ),
    figure(
        "subjects.named_only",
        "People of whom a name alone is known: they do not count and are in no breakdown.",
        "`assay export mentions`: subject_id not among the ids of `assay export subjects`, family_name or given_names \
         not empty; distinct ids.",
    ),
    figure(
        "subjects.by_controller",
        "People who count, by controller as the origin of their items decides (share, path, letterhead, local numbers, \
         domain). A person of several controllers is under each. A match to a register makes a candidate only.",
        "`assay export subjects`: rows whose controllers, split at `;`, hold the id.",
    ),
    figure(
        "subjects.by_controller_age",
        "subjects.by_controller by age band on the reference date.",
        "`assay export subjects`: controllers and child.",
    ),
    figure(
        "subjects.several_controllers",
        "People who count under more than one controller.",
        "`assay export subjects`: rows whose controllers hold a `;`.",
    ),
    figure(
        "subjects.no_controller",
        "People who count and of whose items none speaks for a controller.",
        "`assay export subjects`: rows whose controllers are empty.",
    ),
    figure(
        "subjects.register_candidates",
        "People who count and stand in a controller's register, and how many of them the origin of their items gave to \
         that controller: a register makes a candidate, the origin decides.",
        "",
    ),
    figure(
        "subjects.by_role",
        "People who count, by what they are in the records that mention them.",
        "`assay export subjects`: rows by role.",
    ),
    figure(
        "subjects.by_element",
        "People who count, by what is known about them from the leak. A person has several elements and is under each.",
        "`assay export subjects`: rows whose elements, split at `;`, hold the element.",
    ),
    figure(
        "subjects.register_matched",
        "People who count, by standing to the registers: exact (a valid number with name or date of birth in \
         agreement), probable (other fields, above the decision weight), none.",
        "`assay export subjects`: rows by register_match.",
    ),
    figure(
        "subjects.decoy_rate",
        "The share of people who match a permuted register by chance: what the match rate is to be held against.",
        "",
    ),
    figure("subjects.scope", "What the numbers of people cover.", ""),
    figure("subjects.as_of", "The sealed exhibits that the numbers are of.", ""),
    figure("items.total", "Items of leak and proof-pack exhibits, members of containers among them.", ITEM_ROWS),
    figure("items.read", "Items read whole.", ITEMS_BY_STATUS),
    figure("items.partial", "Items read in part; `reason` in the export says what is missing.", ITEMS_BY_STATUS),
    figure("items.duplicate", "Items with the same bytes as another, which was read in their stead.", ITEMS_BY_STATUS),
    figure(
        "items.unread",
        "Items that were not read, by reason. Whom they mention is in subjects.estimate, not in subjects.count.",
        "`assay export items`: rows whose status is unread, by reason.",
    ),
    figure("items.by_category", "Items by kind of record.", "`assay export items`: rows by category."),
    figure("items.by_year", "Items by the year of the newest date in them that is no date of birth.", ""),
    figure("items.by_category_year", "Items by kind of record and by year as in items.by_year.", ""),
    figure("gateway.sessions_total", "Sessions rebuilt from the gateway's logs, within their coverage.", ""),
    figure("gateway.build", "The newest build that the gateway's evidence names.", ""),
    figure("gateway.vulnerable", "Flaws held against the builds seen, with the window and what it rests on.", ""),
    figure(
        "gateway.flagged",
        "Sessions with an indicator, strongest first; `assay explain` of a session's number shows each piece.",
        "",
    ),
    figure("gateway.coverage", "How far each log reaches, and what of it could not be parsed.", ""),
    figure("case.reference_date", "The breach: child or adult is decided on this day.", ""),
    figure("verdict", "How many statements of the claim stand how (see claim), and subjects.count.", ""),
];

const ITEM_ROWS: &str = "`assay export items`: its rows.";
const ITEMS_BY_STATUS: &str = "`assay export items`: rows by status.";

#[cfg(test)]
mod tests {
    use super::{FIGURES, tail};

    #[test]
    fn a_figure_is_found_by_its_key_and_by_its_last_part_only() {
        let figure = FIGURES.iter().find(|f| f.key == "subjects.by_role").unwrap();
        assert_eq!(tail(figure, "subjects.by_role"), Some(""));
        assert_eq!(tail(figure, "by_role.supplier contact"), Some("supplier contact"));
        assert_eq!(tail(figure, "by_roles"), None);
        assert_eq!(tail(figure, "by_role."), None);
    }

    #[test]
    fn last_parts_are_unique_so_that_a_short_name_means_one_figure() {
        let mut short: Vec<&str> = FIGURES.iter().filter_map(|f| f.key.rsplit('.').next()).collect();
        short.sort_unstable();
        let all = short.len();
        short.dedup();
        assert_eq!(short.len(), all);
    }
}
