//! People by controller: who is only a candidate by register, and whom the origin of the items decided.

use super::{
    chart::{self, BarRow, Segment},
    figure::{Figure, Interval},
};
use crate::{
    parties::{self, overlap_note},
    summary::{ages_text, controller_name},
    tally::{Ages, Tally},
    words::{counted, line, list, thousands},
};
use assay_model::{ControllerId, Dossier, Part};

/// The classes of age bands, in the order of the segments.
const AGE_CLASSES: [&str; 3] = ["c1", "c2", "c3"];

/// The key of a chart by age band; with numbers where it shows one bar.
pub(super) fn age_key(numbers: Option<Ages>) -> Vec<(&'static str, String)> {
    let words = match numbers {
        None => ["children", "adults", "age unknown"].map(str::to_owned),
        Some(ages) => [
            counted(ages.children, "child", "children"),
            counted(ages.adults, "adult", "adults"),
            format!("{} age unknown", thousands(ages.unknown)),
        ],
    };
    AGE_CLASSES.into_iter().zip(words).collect()
}

/// A bar's parts by age band.
pub(super) fn age_segments(ages: Ages) -> Vec<Segment> {
    let values = [ages.children, ages.adults, ages.unknown];
    AGE_CLASSES.into_iter().zip(values).map(|(class, value)| Segment { class, value }).collect()
}

/// Section "Whose".
pub(super) struct Whose {
    pub(super) bodies: Vec<Body>,
    /// Who is named, whose gateway it was, whose data it is: one sentence each.
    pub(super) parties: Vec<String>,
    pub(super) chart: String,
    pub(super) overlap: String,
    pub(super) no_controller: Figure,
    pub(super) several: Figure,
    /// A sentence for each controller to which nobody was given.
    pub(super) untouched: Vec<String>,
    /// What keeps those sentences from being final; empty where nothing does.
    pub(super) open: String,
}

/// One controller.
pub(super) struct Body {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) ods_code: String,
    pub(super) people: Figure,
    pub(super) expected: Interval,
    pub(super) children: Figure,
    pub(super) adults: Figure,
    pub(super) unknown: Figure,
    /// People in its register, and how many of them the origin of the items gave to it; `None` where its register is
    /// not held.
    pub(super) candidates: Option<(Figure, Figure)>,
}

impl Whose {
    pub(super) fn of(dossier: &Dossier, tally: &Tally) -> Self {
        let mut rows: Vec<(&ControllerId, &Ages)> = tally.by_controller.iter().collect();
        rows.sort_by(|a, b| b.1.total().cmp(&a.1.total()).then(a.0.cmp(b.0)));
        Self {
            parties: parties::sentences(dossier),
            chart: bars(dossier, &rows),
            overlap: overlap_note(tally),
            no_controller: Figure::count("/subjects/no_controller", tally.no_controller),
            several: Figure::count("/subjects/several_controllers", tally.several_controllers),
            untouched: rows
                .iter()
                .filter(|(_, ages)| ages.total() == 0)
                .map(|(id, _)| untouched(dossier, tally, id))
                .collect(),
            open: still_open(tally),
            bodies: rows.into_iter().map(|(id, ages)| body(dossier, tally, id, *ages)).collect(),
        }
    }
}

fn untouched(dossier: &Dossier, tally: &Tally, id: &ControllerId) -> String {
    let registered = match tally.candidates.get(id).map_or(0, |candidates| candidates.people) {
        0 => String::new(),
        n => format!(
            ", though {} of those found {} in its register",
            thousands(n),
            if n == 1 { "stands" } else { "stand" }
        ),
    };
    let name = controller_name(dossier, id);
    format!("No item that was read speaks by its origin for {name}: nobody was given to it{registered}.")
}

/// Whom a controller that got nobody may still have to look for.
fn still_open(tally: &Tally) -> String {
    let mut parts = Vec::new();
    match tally.items.unread_total() {
        0 => {}
        n => parts.push(format!("{} not read", counted(n, "item was", "items were"))),
    }
    match tally.no_controller {
        0 => {}
        n => parts.push(format!("{} could be given to no controller", counted(n, "person", "people"))),
    }
    if parts.is_empty() { String::new() } else { format!("{}: for these the question is open.", list(&parts)) }
}

fn body(dossier: &Dossier, tally: &Tally, id: &ControllerId, ages: Ages) -> Body {
    let controller = dossier.controllers.iter().find(|controller| &controller.id == id);
    let name = id.to_string();
    let pointer = name.replace('~', "~0").replace('/', "~1");
    let age = |key: &str, number| Figure::count(&format!("/subjects/by_controller_age/{pointer}/{key}"), number);
    let candidate =
        |key: &str, number| Figure::count(&format!("/subjects/register_candidates/{pointer}/{key}"), number);
    Body {
        people: Figure::entry("/subjects/by_controller", &name, ages.total()),
        expected: Interval::of(dossier, &Part::Controller(id.clone())),
        children: age("children", ages.children),
        adults: age("adults", ages.adults),
        unknown: age("age_unknown", ages.unknown),
        candidates: tally
            .candidates
            .get(id)
            .map(|found| (candidate("people", found.people), candidate("decided_by_origin", found.decided))),
        name: controller_name(dossier, id),
        ods_code: controller.map_or_else(String::new, |c| line(&c.ods_code)),
        id: name,
    }
}

fn bars(dossier: &Dossier, rows: &[(&ControllerId, &Ages)]) -> String {
    let bars: Vec<BarRow> = rows
        .iter()
        .filter(|(_, ages)| ages.total() > 0)
        .map(|(id, ages)| BarRow {
            label: controller_name(dossier, id),
            note: thousands(ages.total()),
            segments: age_segments(**ages),
        })
        .collect();
    if bars.is_empty() {
        return String::new();
    }
    let description: Vec<String> = rows
        .iter()
        .filter(|(_, ages)| ages.total() > 0)
        .map(|(id, ages)| format!("{}: {}", controller_name(dossier, id), ages_text(**ages)))
        .collect();
    chart::bars(
        "chart-controllers",
        "People by controller and age band",
        &format!("{}.", description.join("; ")),
        &age_key(None),
        &bars,
    )
}
