//! Why a mention was placed where it is: with a register row, or with the mention of its group that fits best.

use assay_model::{LinkExplanation, MatchTarget, Mention, RegisterPerson, WeightPiece};

use super::cluster::{Groups, Placement};
use super::link::model::Evidence;
use super::linked::{Linked, pieces, probability};
use super::rules::Placed;
use super::tokens::TokenRegister;

/// Mentions of a group among which the best fit is looked for.
const TRIED: usize = 12;

/// What explanations are made from; mentions in canonical order.
pub(super) struct Explainer<'a> {
    pub(super) linked: &'a Linked<'a>,
    pub(super) mentions: &'a [&'a Mention],
    pub(super) rows: &'a [RegisterPerson],
    pub(super) tokens: &'a [TokenRegister],
}

impl Explainer<'_> {
    /// One explanation for each mention of a group that was placed with something. `members` are oldest first.
    pub(super) fn links(&self, groups: &Groups<'_>, members: &[u32]) -> Vec<LinkExplanation> {
        let person = members.first().and_then(|first| groups.person(*first));
        (0..members.len()).filter_map(|at| self.link(groups, person, members, at)).collect()
    }

    /// The comparison that speaks most for two groups being one.
    pub(super) fn between(&self, one: &[u32], other: &[u32]) -> Option<LinkExplanation> {
        let step = |members: &[u32]| members.len().div_ceil(TRIED).max(1);
        let mut best: Option<(u32, u32, Evidence)> = None;
        for a in one.iter().copied().step_by(step(one)) {
            for b in other.iter().copied().step_by(step(other)) {
                let compared = self.linked.compare(a, b);
                if best.as_ref().is_none_or(|(.., most)| compared.total() > most.total()) {
                    best = Some((a, b, compared));
                }
            }
        }
        let (a, b, compared) = best?;
        self.explained(a, MatchTarget::Mention(self.mentions.get(b as usize)?.id), &compared)
    }

    /// What holds a member to its group: its register person, else the member that it fits best.
    pub(super) fn held(&self, groups: &Groups<'_>, member: u32, others: &[u32]) -> Option<LinkExplanation> {
        let by_register = groups.person(member).and_then(|person| self.by_register(person, member));
        let by_register = by_register.and_then(|(target, compared)| self.explained(member, target, &compared));
        by_register.or_else(|| self.between(&[member], others))
    }

    /// A register person whom a member links to, and how it compares.
    fn by_register(&self, person: u32, member: u32) -> Option<(MatchTarget, Evidence)> {
        self.beside_register(person, member).filter(|(_, compared)| self.linked.links(compared))
    }

    fn beside_register(&self, person: u32, member: u32) -> Option<(MatchTarget, Evidence)> {
        let row = self.rows.get(*self.linked.rows(person).first()?)?;
        let compared = self.linked.compare(member, self.linked.row_of(person));
        let target = MatchTarget::Register(row.controller.clone(), row.locator.clone());
        Some((target, compared))
    }

    /// Of tokens only equality is known.
    fn by_tokens(&self, groups: &Groups<'_>, member: u32) -> Option<LinkExplanation> {
        let fit = groups.fit(member)?;
        let person = self.tokens.get(fit.register)?.person(fit.fits.row);
        let by = Placement::Tokens(fit.fits.exact);
        Some(LinkExplanation {
            mention: self.mentions.get(member as usize)?.id,
            target: MatchTarget::Register(person.controller, person.locator),
            pieces: vec![placed_by(by, 0.0, &self.linked.rules.placed)],
            prior: 0.0,
            probability: by.probability(&self.linked.rules.placed),
        })
    }

    fn explained(&self, member: u32, target: MatchTarget, compared: &Evidence) -> Option<LinkExplanation> {
        Some(LinkExplanation {
            mention: self.mentions.get(member as usize)?.id,
            target,
            pieces: pieces(compared),
            prior: compared.prior,
            probability: probability(compared.total()),
        })
    }

    fn link(&self, groups: &Groups<'_>, person: Option<u32>, members: &[u32], at: usize) -> Option<LinkExplanation> {
        let member = *members.get(at)?;
        if let Some(explained) = self.by_tokens(groups, member) {
            return Some(explained);
        }
        let by = groups.placed_by.get(&member).copied();
        let by_register = person.and_then(|person| self.by_register(person, member));
        let (target, compared) = match by_register {
            Some(found) => found,
            // The weights of before linked it, and these do not.
            None if members.len() == 1 && groups.stands(member) => self.beside_register(person?, member)?,
            None => {
                let step = members.len().div_ceil(TRIED).max(1);
                // The oldest explains nothing by itself, unless it came in by a younger one: then that one says so.
                let others = members.iter().enumerate().step_by(step).filter(|(place, _)| *place != at && at != 0);
                let compared: Vec<(u32, Evidence)> =
                    others.map(|(_, other)| (*other, self.linked.compare(member, *other))).collect();
                let best = compared.into_iter().max_by(|(a, x), (b, y)| x.total().total_cmp(&y.total()).then(b.cmp(a)));
                let (other, compared) = best?;
                (MatchTarget::Mention(self.mentions.get(other as usize)?.id), compared)
            }
        };
        let mut pieces = pieces(&compared);
        let mut total = compared.total();
        let links = self.linked.links(&compared);
        let sure = groups.certainty(groups.root(member)).min(self.linked.rules.placed.sure);
        let piece = match by {
            Some(by) => Some(placed_by(by, total, &self.linked.rules.placed)),
            None => groups.stands(member).then(|| piece(STOOD, sure, total)),
        };
        if let Some(piece) = piece.filter(|_| !links) {
            total += piece.weight;
            pieces.push(piece);
        }
        Some(LinkExplanation {
            mention: self.mentions.get(member as usize)?.id,
            target,
            pieces,
            prior: compared.prior,
            probability: probability(total),
        })
    }
}

const STOOD: (&str, &str) = ("earlier run", "grouped so, and nothing new reached it");

/// The piece that brings the total to a certainty.
fn piece((comparison, level): (&str, &str), sure: f64, total: f64) -> WeightPiece {
    let weight = (sure / (1.0 - sure)).log2() - total;
    WeightPiece { comparison: comparison.to_owned(), level: level.to_owned(), weight }
}

/// The piece that brings the total to the certainty of a placement.
fn placed_by(by: Placement, total: f64, rules: &Placed) -> WeightPiece {
    let words = match by {
        Placement::Document => ("document", "the one person in it whom the name fits"),
        Placement::Staff => ("staff", "same full name at the same body"),
        Placement::Ruling => ("review", "a person decided so"),
        Placement::Tokens(true) => ("tokens", "equal: a number and something beside it"),
        Placement::Tokens(false) => ("tokens", "equal: a number alone, or no number"),
    };
    piece(words, by.probability(rules), total)
}
