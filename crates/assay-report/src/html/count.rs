//! The count, with everything that bounds it, and who and what it is made of.

use super::{
    chart::{self, BarRow, Range},
    figure::{Figure, Interval},
};
use crate::{
    summary::sealed_as,
    tally::{Ages, Tally},
    words::{counted, day, percent, thousands},
};
use assay_model::{AgeBand, Dossier, Element, ExhibitKind, Part, RegisterMatch, Role, SpecialCategory, is_proof_only};

/// Sections "The count" and "Who and what".
pub(super) struct Count {
    pub(super) count: Figure,
    pub(super) estimate: Figure,
    pub(super) low: Figure,
    pub(super) high: Figure,
    pub(super) floor: Figure,
    pub(super) ceiling: Figure,
    /// The number line; empty where nothing is held.
    pub(super) range: String,
    /// `LEAK/1 (sha256 …) and PROOF/1 (sha256 …)`.
    pub(super) as_of: String,
    pub(super) holds_items: bool,
    /// Whether all that is held is what a gang showed as proof.
    pub(super) is_proof_only: bool,
    /// Whether fewer people are estimated than were found.
    pub(super) is_below: bool,
    pub(super) ages: [AgeRow; 3],
    pub(super) deceased: Figure,
    pub(super) named_only: Figure,
    pub(super) reference_date: String,
    pub(super) unread: u64,
    pub(super) unread_words: String,
    pub(super) matching: Option<Matching>,
    pub(super) roles: Vec<Row>,
    pub(super) elements: Vec<Row>,
    pub(super) special: Vec<Row>,
    pub(super) ages_chart: String,
}

/// How the people stand to the registers.
pub(super) struct Matching {
    pub(super) exact: Figure,
    pub(super) probable: Figure,
    pub(super) none: Figure,
    /// Share of the people who count that match.
    pub(super) rate: String,
    pub(super) decoy_rate: Figure,
}

/// People of an age band.
pub(super) struct AgeRow {
    pub(super) name: &'static str,
    pub(super) people: Figure,
    pub(super) expected: Interval,
    pub(super) note: &'static str,
}

/// A name and a number of people.
pub(super) struct Row {
    pub(super) name: String,
    pub(super) people: Figure,
    /// How many are expected in the items held.
    pub(super) expected: Interval,
    pub(super) share: String,
    /// A bar on the scale of all people found.
    pub(super) bar: String,
}

impl Count {
    pub(super) fn of(dossier: &Dossier, tally: &Tally) -> Self {
        let e = &dossier.estimate;
        let figure = |key: &str, number| Figure::count(&format!("/subjects/{key}"), number);
        let holds_items = tally.items.total > 0;
        let roles: Vec<(Part, &str, u64)> = Role::ALL
            .into_iter()
            .map(|role| (Part::Role(role), role.as_str(), tally.by_role.get(&role).copied().unwrap_or_default()))
            .collect();
        let (special, plain): (Vec<_>, Vec<_>) = elements(tally).into_iter().partition(|(_, name, _)| is_special(name));
        let unread = tally.items.unread_total();
        Self {
            count: figure("count", tally.count),
            estimate: figure("estimate", e.estimate),
            low: figure("low", e.low),
            high: figure("high", e.high),
            floor: figure("floor", e.floor),
            ceiling: figure("ceiling", e.ceiling),
            range: if holds_items { range(dossier, tally) } else { String::new() },
            as_of: sealed_as(dossier),
            holds_items,
            is_proof_only: is_proof_only(&dossier.exhibits),
            is_below: e.estimate < tally.count,
            ages: ages(dossier, tally.ages),
            deceased: figure("deceased", tally.deceased),
            named_only: figure("named_only", tally.named_only),
            reference_date: day(dossier.case.reference_date),
            unread,
            unread_words: counted(unread, "item was", "items were"),
            matching: matching(dossier, tally),
            roles: rows(dossier, "/subjects/by_role", roles, tally.count),
            elements: rows(dossier, "/subjects/by_element", plain, tally.count),
            special: rows(dossier, "/subjects/by_element", special, tally.count),
            ages_chart: ages_chart(tally),
        }
    }
}

// A diagnosis is data concerning health (UK GDPR Art. 4(15)) and so a special category; criminal offences (Art. 10) and
// safeguarding are treated alike in practice.
fn is_special(name: &str) -> bool {
    Element::Diagnosis.published() == Some(name) || SpecialCategory::ALL.iter().any(|c| c.as_str() == name)
}

/// Elements found, most people first.
fn elements(tally: &Tally) -> Vec<(Part, &'static str, u64)> {
    let mut elements: Vec<_> = tally.by_element.iter().map(|(name, n)| (Part::Element(name), *name, *n)).collect();
    elements.sort_by(|(_, a, of_a), (_, b, of_b)| of_b.cmp(of_a).then(a.cmp(b)));
    elements
}

fn rows(dossier: &Dossier, object: &str, entries: Vec<(Part, &str, u64)>, of: u64) -> Vec<Row> {
    entries
        .into_iter()
        .map(|(of_people, name, people)| Row {
            name: name.to_owned(),
            people: Figure::entry(object, name, people),
            expected: Interval::of(dossier, &of_people),
            share: part(people, of),
            bar: chart::bar_cell(people, of),
        })
        .collect()
}

fn ages(dossier: &Dossier, ages: Ages) -> [AgeRow; 3] {
    let row = |band, name, key: &str, people, note| AgeRow {
        name,
        people: Figure::count(&format!("/subjects/{key}"), people),
        expected: Interval::of(dossier, &Part::Age(band)),
        note,
    };
    [
        row(AgeBand::Child, "Children", "children", ages.children, "under 18 on that day"),
        row(AgeBand::Adult, "Adults", "adults", ages.adults, "18 and over"),
        row(AgeBand::Unknown, "Age unknown", "age_unknown", ages.unknown, "no date of birth in the leak or a register"),
    ]
}

/// `58 %`; a dash of nothing.
fn part(number: u64, of: u64) -> String {
    if of == 0 { "–".to_owned() } else { percent(number as f64 / of as f64) }
}

fn ages_chart(tally: &Tally) -> String {
    if tally.count == 0 {
        return String::new();
    }
    let ages = tally.ages;
    let row = BarRow {
        label: counted(tally.count, "person", "people"),
        note: String::new(),
        segments: super::whose::age_segments(ages),
    };
    let description = crate::summary::ages_text(ages);
    chart::bars(
        "chart-ages",
        "People by age band on the reference date",
        &description,
        &super::whose::age_key(Some(ages)),
        &[row],
    )
}

fn range(dossier: &Dossier, tally: &Tally) -> String {
    let e = &dossier.estimate;
    let description = format!(
        "Floor {}, found {}, estimate {} with a 95 % interval from {} to {}, ceiling {}.",
        thousands(e.floor),
        thousands(tally.count),
        thousands(e.estimate),
        thousands(e.low),
        thousands(e.high),
        thousands(e.ceiling)
    );
    let numbers = Range {
        floor: e.floor,
        count: tally.count,
        low: e.low,
        estimate: e.estimate,
        high: e.high,
        ceiling: e.ceiling,
    };
    chart::range("chart-range", "People in the items held, from floor to ceiling", &description, &numbers)
}

/// `None` where no register is held: there was nothing to match.
fn matching(dossier: &Dossier, tally: &Tally) -> Option<Matching> {
    dossier.exhibits.iter().find(|exhibit| exhibit.kind == ExhibitKind::Register)?;
    let number = |m: RegisterMatch| tally.register.get(&m).copied().unwrap_or_default();
    let figure = |m: RegisterMatch| Figure::entry("/subjects/register_matched", m.as_str(), number(m));
    Some(Matching {
        exact: figure(RegisterMatch::Exact),
        probable: figure(RegisterMatch::Probable),
        none: figure(RegisterMatch::None),
        rate: part(number(RegisterMatch::Exact) + number(RegisterMatch::Probable), tally.count),
        decoy_rate: Figure::share("/subjects/decoy_rate", dossier.estimate.decoy_rate),
    })
}
