//! Why a mention was placed where it is: with a register row, or with the mention of its group that fits best.

use assay_model::{LinkExplanation, MatchTarget, Mention, RegisterPerson, WeightPiece};

use super::cluster::{Groups, Placement, probability};
use super::compare::Judge;
use super::record::Record;
use super::register::Register;

/// Mentions of a group among which the best fit is looked for.
const TRIED: usize = 12;

/// What explanations are made from; mentions and records in canonical order.
pub(super) struct Explainer<'a> {
    pub(super) judge: &'a Judge<'a>,
    pub(super) records: &'a [Record],
    pub(super) mentions: &'a [&'a Mention],
    pub(super) register: &'a Register,
    pub(super) rows: &'a [RegisterPerson],
}

impl Explainer<'_> {
    /// One explanation for each mention of a group that was placed with something. `members` are oldest first.
    pub(super) fn links(&self, groups: &Groups<'_>, members: &[u32]) -> Vec<LinkExplanation> {
        let person = members.first().and_then(|first| groups.person(*first));
        (0..members.len()).filter_map(|at| self.link(groups, person, members, at)).collect()
    }

    fn link(&self, groups: &Groups<'_>, person: Option<u32>, members: &[u32], at: usize) -> Option<LinkExplanation> {
        let member = *members.get(at)?;
        let record = self.records.get(member as usize)?;
        let by_register = person.and_then(|person| {
            let anchor = self.register.people.get(person as usize)?;
            let row = self.rows.get(*anchor.rows.first()?)?;
            let evidence = self.judge.compare(record, &anchor.record);
            let target = MatchTarget::Register(row.controller.clone(), row.locator.clone());
            self.judge.links(&evidence).then_some((target, evidence))
        });
        let (target, evidence) = by_register.or_else(|| {
            let step = members.len().div_ceil(TRIED).max(1);
            // The oldest explains nothing by itself, unless it came in by a younger one: then that one says so.
            let others = members.iter().enumerate().step_by(step).filter(|(place, _)| *place != at && at != 0);
            let compared = others.filter_map(|(_, other)| {
                let evidence = self.judge.compare(record, self.records.get(*other as usize)?);
                Some((*other, evidence))
            });
            let (other, evidence) = compared.max_by(|(a, x), (b, y)| x.weight.total_cmp(&y.weight).then(b.cmp(a)))?;
            Some((MatchTarget::Mention(self.mentions.get(other as usize)?.id), evidence))
        })?;
        let mut pieces = evidence.pieces();
        let mut total = self.judge.total(&evidence);
        if !self.judge.links(&evidence)
            && let Some(by) = groups.placed_by.get(&member)
        {
            let piece = placed_by(*by, total);
            total += piece.weight;
            pieces.push(piece);
        }
        Some(LinkExplanation {
            mention: self.mentions.get(member as usize)?.id,
            target,
            pieces,
            prior: self.judge.prior,
            probability: probability(total),
        })
    }
}

/// The piece that brings the total to the certainty of a placement.
fn placed_by(by: Placement, total: f64) -> WeightPiece {
    let (comparison, level) = match by {
        Placement::Document => ("document", "the one person in it whom the name fits"),
        Placement::Staff => ("staff", "same full name at the same body"),
    };
    let sure = by.probability();
    let weight = (sure / (1.0 - sure)).log2() - total;
    WeightPiece { comparison: comparison.to_owned(), level: level.to_owned(), weight }
}
