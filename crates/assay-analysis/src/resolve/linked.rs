//! Records compared by the core: whose each mention is by the registers, and which pairs of mentions could be one person.
//!
//! Places here are those of the core's table: mentions in canonical order (that of their ids), then register people.

use std::collections::HashMap;

use assay_model::WeightPiece;
use rayon::prelude::*;

use super::link::Fitted;
use super::link::levels::level;
use super::link::matcher::{Asked, Matcher};
use super::link::model::Evidence;
use super::link::partition::Edge;
use super::link::table::{Field, Table};
use super::record::{Record, Symbols};
use super::rows;
use super::rules::CaseRules;

/// 2^w / (1 + 2^w).
pub(super) fn probability(total: f64) -> f64 {
    1.0 / (1.0 + (-total).min(1000.0).exp2())
}

/// The records of a case, compared.
pub(super) struct Linked<'a> {
    pub(super) rules: &'a CaseRules,
    pub(super) records: &'a [Record],
    pub(super) texts: &'a Symbols,
    pub(super) matcher: Matcher,
    /// The rows of each register person, as places in the input.
    rows: Vec<Vec<usize>>,
    /// What the registers say of each mention.
    pub(super) answers: Vec<Answer>,
    /// The pairs of mentions that could be one person.
    pub(super) pairs: Vec<Edge>,
}

/// What the register says of a mention.
#[derive(Clone, Debug)]
pub(super) enum Answer {
    /// Nobody.
    Nobody,
    /// One person.
    One(Anchored),
    /// Two or more fit about as well: a twin without a given name.
    Torn,
}

/// The register person that a mention belongs to.
#[derive(Clone, Debug)]
pub(super) struct Anchored {
    pub(super) person: u32,
    pub(super) total: f64,
    /// Against all other register people and nobody.
    pub(super) probability: f64,
}

/// Bits below the decision from which a pair is no doubt any more.
const FAR_BELOW: f64 = 9.0;

impl<'a> Linked<'a> {
    /// Sets the mentions against the register, and what is left against each other; each with its texts.
    pub(super) fn new(
        rules: &'a CaseRules,
        (records, texts): (&'a [Record], &'a Symbols),
        register: (&[Record], &Symbols),
        fitted: Option<&Fitted>,
    ) -> Self {
        let (table, person_of_row) = rows::table((records, texts), register, &rules.case);
        let mut rows: Vec<Vec<usize>> = vec![Vec::new(); (table.len() - table.register_from) as usize];
        for (row, person) in person_of_row.iter().enumerate() {
            if let Some(rows) = rows.get_mut(*person as usize) {
                rows.push(row);
            }
        }
        let asked = Asked {
            rules: &rules.core,
            is_out: |place| is_out(records, place),
            is_wanted: |a, b| is_wanted(records, a, b),
            at_sight: at_sight(&table),
            fitted,
        };
        let (matcher, edges) = Matcher::new(table, asked);
        let mut linked = Self { rules, records, texts, matcher, rows, answers: Vec::new(), pairs: Vec::new() };
        linked.answers = linked.answers(&linked.matcher, &edges);
        linked.pairs = linked.pairs(edges);
        linked
    }

    /// The place of a register person.
    pub(super) fn row_of(&self, person: u32) -> u32 {
        self.matcher.table.register_from + person
    }

    /// The places of a register person's rows in the input.
    pub(super) fn rows(&self, person: u32) -> &[usize] {
        self.rows.get(person as usize).map(Vec::as_slice).unwrap_or_default()
    }

    /// How many register people there are.
    pub(super) fn people(&self) -> u32 {
        self.rows.len() as u32
    }

    /// The valid NHS number of a mention or a register person, as a symbol.
    pub(super) fn number(&self, place: u32) -> Option<u32> {
        self.matcher.valid_number(place)
    }

    /// Compares two places.
    pub(super) fn compare(&self, a: u32, b: u32) -> Evidence {
        self.matcher.compare(a, b)
    }

    /// True where a comparison links.
    pub(super) fn links(&self, evidence: &Evidence) -> bool {
        !evidence.clash && is_corroborated(evidence) && evidence.total() >= self.rules.core.decision.link_from
    }

    /// What the register of a table of the same mentions says of each.
    pub(super) fn answers(&self, matcher: &Matcher, edges: &[Edge]) -> Vec<Answer> {
        let mut answers = vec![Answer::Nobody; self.records.len()];
        let to_register: Vec<&Edge> = edges.iter().filter(|edge| matcher.table.is_register(edge.b)).collect();
        let found: Vec<(u32, Answer)> = to_register
            .par_chunk_by(|x, y| x.a == y.a)
            .filter_map(|of_one| Some((of_one.first()?.a, self.answer(matcher, of_one))))
            .collect();
        for (place, answer) in found {
            if let Some(slot) = answers.get_mut(place as usize) {
                *slot = answer;
            }
        }
        answers
    }

    /// The person, where one is above the decision and clearly the best.
    fn answer(&self, matcher: &Matcher, edges: &[&Edge]) -> Answer {
        let mut ranked = edges.to_vec();
        ranked.sort_by(|x, y| y.total.total_cmp(&x.total).then(x.b.cmp(&y.b)));
        let Some(best) = ranked.first() else { return Answer::Nobody };
        let evidence = matcher.compare(best.a, best.b);
        let links = match self.records.get(best.a as usize).is_some_and(Record::is_bare_name) {
            true => self.links_by_name(&evidence),
            false => self.links(&evidence),
        };
        if !links {
            return Answer::Nobody;
        }
        let by_number = evidence.pattern.is(Field::Nhs, level::EXACT);
        // Rows that look like one person, though not enough agrees to link them: a patient of two bodies who moved. Which of them a mention
        // is given to makes no other person.
        let is_clear = by_number
            || ranked.get(1).is_none_or(|next| {
                f64::from(best.total - next.total) >= self.rules.core.decision.margin
                    || self.links(&matcher.compare(best.b, next.b))
            });
        if !is_clear {
            return Answer::Torn;
        }
        let odds: f64 = 1.0 + edges.iter().map(|edge| f64::from(edge.total).exp2()).sum::<f64>();
        let probability = (f64::from(best.total).exp2() / odds).min(1.0);
        let person = best.b - matcher.table.register_from;
        Answer::One(Anchored { person, total: f64::from(best.total), probability })
    }

    /// True where a full name alone is so rare that it tells the register person: for a list of patients that gives no more.
    fn links_by_name(&self, evidence: &Evidence) -> bool {
        !evidence.clash
            && evidence.pattern.is(Field::Family, level::EXACT)
            && evidence.pattern.is(Field::Given, level::EXACT)
            && evidence.total() >= self.rules.case.link_by_name_from
    }

    /// The pairs of mentions among the edges. A merge of two register people is never made, and whom the register leaves torn, a
    /// mention of one of them does not decide.
    fn pairs(&self, edges: Vec<Edge>) -> Vec<Edge> {
        let of = |place: u32| self.answers.get(place as usize).unwrap_or(&Answer::Nobody);
        let may_join = |a: u32, b: u32| {
            matches!((of(a), of(b)), (Answer::Nobody, _) | (_, Answer::Nobody) | (Answer::Torn, Answer::Torn))
        };
        let least = self.rules.core.decision.link_from - FAR_BELOW;
        let is_pair = |edge: &Edge| {
            !self.matcher.table.is_register(edge.b) && may_join(edge.a, edge.b) && f64::from(edge.total) >= least && {
                let evidence = self.matcher.weigh(edge);
                !evidence.clash && is_corroborated(&evidence)
            }
        };
        edges.into_par_iter().filter(is_pair).collect()
    }
}

/// Rows that nothing is compared with: a name and nothing else, but for a patient's row, whom a register may know.
pub(super) fn is_out(records: &[Record], place: u32) -> bool {
    records.get(place as usize).is_some_and(|record| {
        let is_whole = record.names.iter().any(|name| name.family.is_some() && !name.given.is_empty());
        record.is_bare_name() && !(record.is_patient_row() && is_whole)
    })
}

/// A name alone is compared with the register only.
pub(super) fn is_wanted(records: &[Record], a: u32, b: u32) -> bool {
    let record = |place: u32| records.get(place as usize);
    match (record(a), record(b)) {
        (Some(one), Some(other)) => !one.is_bare_name() && !other.is_bare_name(),
        _ => true,
    }
}

/// Mentions of one full name count their values once, however often it is written.
fn at_sight(table: &Table) -> Vec<u32> {
    let mut first: HashMap<(u32, u32), u32> = HashMap::new();
    let parent = |place: u32| {
        let (given, family) = (table.row(place).get(Field::Given), table.row(place).get(Field::Family));
        if given == 0 || family == 0 || table.is_register(place) {
            return place;
        }
        *first.entry((given, family)).or_insert(place)
    };
    (0..table.len()).map(parent).collect()
}

/// Something beside the name agrees. A district does not: it holds thousands of homes.
pub(super) fn is_corroborated(evidence: &Evidence) -> bool {
    const BESIDE_THE_NAME: [Field; 8] = [
        Field::Nhs,
        Field::Hospital,
        Field::National,
        Field::Birth,
        Field::Address,
        Field::Email,
        Field::Phone,
        Field::Account,
    ];
    let unit = evidence.pattern.is(Field::Postcode, level::EXACT) && evidence.of(Field::Postcode) > 0.0;
    unit || BESIDE_THE_NAME.into_iter().any(|field| evidence.of(field) > 0.0)
}

/// True where an NHS or hospital number or a number of the state agrees, or a mailbox with the given name: what a household does not share.
pub(super) fn has_proof(evidence: &Evidence) -> bool {
    let number = [Field::Nhs, Field::Hospital, Field::National].into_iter();
    number.into_iter().any(|field| evidence.pattern.is(field, level::EXACT))
        || (evidence.pattern.is(Field::Email, level::EXACT) && evidence.of(Field::Given) > 0.0)
}

/// True where family name or given name agrees, or the date of birth.
pub(super) fn agrees_on_person(evidence: &Evidence) -> bool {
    [Field::Family, Field::Given, Field::Birth].into_iter().any(|field| evidence.of(field) > 0.0)
}

/// The terms of the weight, for an explanation.
pub(super) fn pieces(evidence: &Evidence) -> Vec<WeightPiece> {
    let piece = |comparison: &str, level: &str, weight: f64| WeightPiece {
        comparison: comparison.to_owned(),
        level: level.to_owned(),
        weight,
    };
    let of_field = |field: &Field| {
        let number = usize::from(evidence.pattern.level(*field)).checked_sub(1)?;
        Some(piece(field.word(), field.levels().get(number)?, evidence.of(*field)))
    };
    let mut pieces: Vec<WeightPiece> = Field::ALL.iter().filter_map(of_field).collect();
    if evidence.dependence < 0.0 {
        pieces.push(piece("dependence", "shared by a household or an address", evidence.dependence));
    }
    pieces
}
