//! Mentions with each other: those of one register person first, then pairs by falling weight, and no merge that a constraint forbids.
//!
//! That is greedy correlation clustering: a chain of fair links cannot make one person of two, since a merge is refused where
//! the groups as wholes carry two valid NHS numbers, belong to two register people, or disagree on date of birth or given name
//! more than a third as often as they agree. So a component breaks at its weakest evidence. What people decided goes before all of it.
//!
//! All places here are in canonical order (that of the mention ids), which the order of the input cannot change.

use std::collections::{BTreeMap, BTreeSet};

use assay_model::{ControllerId, Locator, MentionId};

use super::link::compare::are_close;
use super::link::levels::level;
use super::link::table::Field;
use super::linked::{Answer, Linked, has_proof, probability};
use super::record::{Record, Symbol};
use super::rules::Placed;
use super::rulings::{Ruling, Says};
use super::tokens::{Fits, TokenRegister};
use super::untouched::Standing;
use crate::reference::are_nicknames;

/// A decision that could have gone the other way.
#[derive(Clone, Copy, Debug)]
pub(super) struct Doubt {
    pub(super) a: u32,
    pub(super) b: u32,
    /// That they are one.
    pub(super) probability: f64,
}

/// The groups as they grow.
pub(super) struct Groups<'a> {
    linked: &'a Linked<'a>,
    parent: Vec<u32>,
    members: Vec<Vec<u32>>,
    numbers: Vec<Option<u32>>,
    people: Vec<Option<u32>>,
    probabilities: Vec<f64>,
    /// Merges that were made on weak evidence: the second end came to the first.
    pub(super) weak: Vec<Doubt>,
    /// Pairs that stayed apart and could be one person.
    pub(super) apart: Vec<Doubt>,
    /// Mentions that no weight placed, and what did.
    pub(super) placed_by: BTreeMap<u32, Placement>,
    /// Sides of rulings that the members of a group are on, by root.
    sides: BTreeMap<u32, BTreeSet<(u64, Side)>>,
    /// Register people that rulings say a mention is not.
    strangers: BTreeSet<(u32, u32)>,
    /// Mentions that a ruling says are where they are.
    confirmed: BTreeSet<u32>,
    /// Rows of registers of tokens, by the root of their group and the place of the register.
    token_rows: BTreeMap<u32, BTreeMap<usize, u32>>,
    /// The row of tokens that a mention was given to.
    fits: BTreeMap<u32, TokenFit>,
    /// Rows of tokens that rulings say a mention is not.
    token_strangers: BTreeSet<(u32, usize, u32)>,
    /// Mentions of groups that nothing reached: nobody joins or leaves them.
    stands: Vec<bool>,
}

/// A side of a ruling that mentions are not one person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Side {
    One,
    Other,
}

/// A row of a register of tokens that a mention fits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TokenFit {
    /// The place of the register among those of tokens.
    pub(super) register: usize,
    /// The row.
    pub(super) fits: Fits,
}

/// What placed a mention that weights cannot place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Placement {
    /// The one person of its document whom the name fits.
    Document,
    /// Staff of one full name and one body.
    Staff,
    /// A person said so.
    Ruling,
    /// Its tokens are those of a register's row: a number and something beside it, or less.
    Tokens(bool),
}

impl Placement {
    /// How sure that is.
    pub(super) fn probability(self, rules: &Placed) -> f64 {
        match self {
            Self::Document => rules.document,
            Self::Staff => rules.staff,
            Self::Ruling => rules.sure,
            Self::Tokens(true) => rules.tokens_with_number,
            Self::Tokens(false) => rules.tokens,
        }
    }
}

/// Members of a group that are compared before a merge.
const SAMPLE: usize = 10;

impl<'a> Groups<'a> {
    /// Every mention alone.
    pub(super) fn new(linked: &'a Linked<'a>) -> Self {
        let records = linked.records;
        let count = u32::try_from(records.len()).unwrap_or(u32::MAX);
        Self {
            linked,
            parent: (0..count).collect(),
            members: (0..count).map(|place| vec![place]).collect(),
            numbers: (0..count).map(|place| linked.number(place)).collect(),
            people: vec![None; records.len()],
            probabilities: vec![1.0; records.len()],
            weak: Vec::new(),
            apart: Vec::new(),
            placed_by: BTreeMap::new(),
            sides: BTreeMap::new(),
            strangers: BTreeSet::new(),
            confirmed: BTreeSet::new(),
            token_rows: BTreeMap::new(),
            fits: BTreeMap::new(),
            token_strangers: BTreeSet::new(),
            stands: vec![false; records.len()],
        }
    }

    /// Puts a group together that nothing reached, as it was.
    pub(super) fn stand(&mut self, standing: Standing) {
        let Some(first) = standing.members.first().copied() else { return };
        for member in standing.members {
            self.union(first, member, 1.0);
            self.stands.get_mut(member as usize).into_iter().for_each(|slot| *slot = true);
        }
        self.placed_by.extend(standing.placed_by);
        self.weak.extend(standing.weak);
        if let Some(person) = standing.person {
            self.settle(first, person, standing.certainty);
        }
        let root = self.root(first) as usize;
        self.probabilities.get_mut(root).into_iter().for_each(|sure| *sure = standing.certainty);
    }

    /// True for a mention of a group that nothing reached.
    pub(super) fn stands(&self, place: u32) -> bool {
        self.stands.get(place as usize).copied().unwrap_or_default()
    }

    /// True for mentions of two groups of which one stays as it was.
    fn stay_apart(&self, a: u32, b: u32) -> bool {
        (self.stands(a) || self.stands(b)) && self.root(a) != self.root(b)
    }

    /// Mentions of one register person together, the surest first.
    pub(super) fn anchor(&mut self) {
        let mut order: Vec<(u32, u32, f64, f64)> = (0u32..)
            .zip(&self.linked.answers)
            .filter_map(|(place, answer)| match answer {
                Answer::One(found) => Some((place, found.person, found.total, found.probability)),
                Answer::Nobody | Answer::Torn => None,
            })
            .collect();
        order.sort_by(|x, y| y.2.total_cmp(&x.2).then(x.0.cmp(&y.0)));
        let mut first_of: Vec<Option<u32>> = vec![None; self.linked.people() as usize];
        for (place, person, _, probability) in order {
            if self.stands(place) || self.strangers.contains(&(place, person)) {
                continue;
            }
            let Some(first) = first_of.get_mut(person as usize) else { continue };
            match *first {
                None if self.person(place).is_none_or(|own| own == person) => {
                    *first = Some(place);
                    self.settle(place, person, probability);
                }
                // A register row without a number cannot take in two.
                Some(first) if self.may_be_one_by_number(first, place) && !self.are_ruled_apart(first, place) => {
                    self.settle(place, person, probability);
                    self.union(first, place, probability);
                }
                _ => {}
            }
        }
    }

    /// Mentions of one row of a register of tokens together, those with a number first.
    pub(super) fn by_tokens(&mut self, mut fits: Vec<(u32, TokenFit)>) {
        fits.sort_by_key(|(place, fit)| (!fit.fits.exact, *place));
        let mut home: BTreeMap<(usize, u32), u32> = BTreeMap::new();
        for (place, fit) in fits {
            let (register, row) = (fit.register, fit.fits.row);
            let root = self.root(place);
            let held = self.token_rows.get(&root).and_then(|rows| rows.get(&register)).copied();
            if held.is_some_and(|held| held != row) || self.token_strangers.contains(&(place, register, row)) {
                continue;
            }
            let by = Placement::Tokens(fit.fits.exact);
            match home.get(&(register, row)).copied() {
                Some(first)
                    if !self.may_be_one_by_number(first, place)
                        || self.are_ruled_apart(self.root(first), root)
                        || self.stay_apart(first, place) =>
                {
                    continue;
                }
                Some(first) => self.union(first, place, by.probability(&self.linked.rules.placed)),
                None => _ = home.insert((register, row), place),
            }
            let root = self.root(place);
            self.token_rows.entry(root).or_default().insert(register, row);
            self.fits.insert(place, fit);
        }
    }

    /// The rows of tokens of a group: register, row, and whether a number agrees with something beside it.
    pub(super) fn tokens(&self, root: u32) -> Vec<(usize, u32, bool)> {
        let rows = self.token_rows.get(&self.root(root)).into_iter().flatten();
        rows.map(|(register, row)| {
            let exact = self
                .of(root)
                .iter()
                .filter_map(|member| self.fits.get(member))
                .any(|fit| fit.register == *register && fit.fits.exact);
            (*register, *row, exact)
        })
        .collect()
    }

    /// The row of tokens that a mention was given to.
    pub(super) fn fit(&self, place: u32) -> Option<TokenFit> {
        self.fits.get(&place).copied()
    }

    /// Merges what the pairs link, the strongest first.
    pub(super) fn agglomerate(&mut self) {
        let mut pairs = self.linked.pairs.clone();
        pairs.sort_by(|x, y| y.total.total_cmp(&x.total).then((x.a, x.b).cmp(&(y.a, y.b))));
        let link_from = self.linked.rules.core.decision.link_from;
        for edge in pairs {
            let (total, sure) = (f64::from(edge.total), probability(f64::from(edge.total)));
            if self.root(edge.a) == self.root(edge.b) || !self.may_merge(edge.a, edge.b) {
                continue;
            }
            // Of people whom nothing reached, what the weights say by now is a question.
            if total >= link_from && !self.stay_apart(edge.a, edge.b) {
                self.union(edge.a, edge.b, sure);
            } else {
                self.apart.push(Doubt { a: edge.a, b: edge.b, probability: sure });
            }
        }
    }

    /// How sure the merges were that made a group: the least of them.
    pub(super) fn certainty(&self, root: u32) -> f64 {
        self.probabilities.get(root as usize).copied().unwrap_or(1.0)
    }

    /// Gives a group to a register person.
    fn settle(&mut self, place: u32, person: u32, probability: f64) {
        let number = self.number_of(person);
        let root = self.root(place) as usize;
        if let (Some(of), Some(own)) = (self.people.get_mut(root), self.numbers.get_mut(root)) {
            *of = Some(person);
            *own = own.or(number);
        }
        if let Some(sure) = self.probabilities.get_mut(root) {
            *sure = sure.min(probability);
        }
    }

    pub(super) fn root(&self, mut place: u32) -> u32 {
        while let Some(next) = self.parent.get(place as usize).copied()
            && next != place
        {
            place = next;
        }
        place
    }

    pub(super) fn of(&self, place: u32) -> &[u32] {
        self.members.get(self.root(place) as usize).map_or(&[], Vec::as_slice)
    }

    /// True where a person decided that a mention is where it is.
    pub(super) fn is_confirmed(&self, place: u32) -> bool {
        self.confirmed.contains(&place)
    }

    /// True for a mention of a name and nothing else.
    pub(super) fn is_bare(&self, place: u32) -> bool {
        self.linked.records.get(place as usize).is_some_and(Record::is_bare_name)
    }

    /// The register person of a group.
    pub(super) fn person(&self, place: u32) -> Option<u32> {
        self.people.get(self.root(place) as usize).copied().flatten()
    }

    /// True where two names differ by no more than a slip.
    pub(super) fn names_are_close(&self, a: Symbol, b: Symbol) -> bool {
        a == b || are_close(self.linked.texts.text(a), self.linked.texts.text(b), 0.93)
    }

    /// True where two first given names could be one person's: equal, an initial of the other, or a listed short form.
    pub(super) fn given_names_agree(&self, a: Symbol, b: Symbol) -> bool {
        let (one, other) = (self.linked.texts.text(a), self.linked.texts.text(b));
        let is_initial = |text: &str| text.chars().count() == 1;
        let initial = (is_initial(one) || is_initial(other)) && one.chars().next() == other.chars().next();
        a == b || initial || are_nicknames(one, other)
    }

    /// Merges the group of `place` into that of `home`, for a reason that is no weight.
    pub(super) fn place(&mut self, home: u32, place: u32, by: Placement) {
        let members = self.of(place).to_vec();
        if self.root(home) != self.root(place) && !self.stay_apart(home, place) && self.may_merge(home, place) {
            self.union(home, place, by.probability(&self.linked.rules.placed));
            members.into_iter().for_each(|member| _ = self.placed_by.entry(member).or_insert(by));
        }
    }

    /// Holds what comes after to what people decided; gives the numbers of rulings that cannot be held to: they would make one person of
    /// two valid NHS numbers.
    pub(super) fn hold_to(
        &mut self,
        rulings: &[Ruling],
        places: &BTreeMap<MentionId, u32>,
        people: &BTreeMap<(ControllerId, Locator), u32>,
        tokens: &[TokenRegister],
    ) -> Vec<u64> {
        let mut unheld = Vec::new();
        let here = |mentions: &BTreeSet<MentionId>| -> Vec<u32> {
            mentions.iter().filter_map(|mention| places.get(mention).copied()).collect()
        };
        for ruling in rulings {
            let Says::Together(mentions) = &ruling.says else { continue };
            let members = here(mentions);
            self.confirmed.extend(&members);
            let mut members = members.into_iter();
            let Some(first) = members.next() else { continue };
            for member in members.filter(|member| self.root(*member) != self.root(first)).collect::<Vec<_>>() {
                if self.root(member) == self.root(first) {
                    continue;
                }
                if self.may_be_one_by_number(first, member) {
                    let moved = self.of(member).to_vec();
                    self.union(first, member, 1.0);
                    moved.into_iter().for_each(|member| _ = self.placed_by.insert(member, Placement::Ruling));
                } else {
                    unheld.push(ruling.number);
                }
            }
        }
        for ruling in rulings {
            let Says::Apart { one, other, rows } = &ruling.says else { continue };
            let (one, other) = (here(one), here(other));
            for person in rows.iter().filter_map(|row| people.get(row).copied()) {
                self.strangers.extend(one.iter().map(|member| (*member, person)));
            }
            for (register, row) in rows.iter().filter_map(|(_, at)| {
                let register = tokens.iter().position(|register| register.exhibit == at.exhibit)?;
                Some((register, tokens.get(register)?.row_at(at)?))
            }) {
                self.token_strangers.extend(one.iter().map(|member| (*member, register, row)));
            }
            for (members, side) in [(one, Side::One), (other, Side::Other)] {
                for member in members {
                    self.sides.entry(self.root(member)).or_default().insert((ruling.number, side));
                }
            }
        }
        unheld.dedup();
        unheld
    }

    fn number_of(&self, person: u32) -> Option<u32> {
        self.linked.number(self.linked.row_of(person))
    }

    /// True where two groups are not of two register people and carry no two valid numbers.
    fn may_be_one_by_number(&self, x: u32, y: u32) -> bool {
        let (x, y) = (self.root(x), self.root(y));
        let number = |root: u32| self.numbers.get(root as usize).copied().flatten();
        let numbers_agree = match (number(x), number(y)) {
            (Some(one), Some(other)) => one == other,
            _ => true,
        };
        let one_person = match (self.person(x), self.person(y)) {
            (Some(one), Some(other)) => one == other,
            (Some(person), None) => !self.are_strangers(y, person),
            (None, Some(person)) => !self.are_strangers(x, person),
            (None, None) => true,
        };
        let rows = |root: u32| self.token_rows.get(&root);
        let one_row = match (rows(x), rows(y)) {
            (Some(one), Some(other)) => {
                one.iter().all(|(register, row)| other.get(register).is_none_or(|other| other == row))
            }
            _ => true,
        };
        numbers_agree && one_person && one_row
    }

    /// True where a ruling says of a member of a group that it is not this register person.
    fn are_strangers(&self, root: u32, person: u32) -> bool {
        !self.strangers.is_empty() && self.of(root).iter().any(|member| self.strangers.contains(&(*member, person)))
    }

    /// True where a ruling keeps two groups apart.
    fn are_ruled_apart(&self, x: u32, y: u32) -> bool {
        let (Some(one), Some(other)) = (self.sides.get(&x), self.sides.get(&y)) else { return false };
        let opposite = |side: &Side| if *side == Side::One { Side::Other } else { Side::One };
        one.iter().any(|(ruling, side)| other.contains(&(*ruling, opposite(side))))
    }

    /// True where nothing forbids that two groups are one person.
    pub(super) fn may_merge(&self, x: u32, y: u32) -> bool {
        let (x, y) = (self.root(x), self.root(y));
        self.may_be_one_by_number(x, y) && !self.are_ruled_apart(x, y) && !self.disagree(x, y)
    }

    /// True where members, and the register person of a group, disagree more than a third as often as they agree.
    fn disagree(&self, x: u32, y: u32) -> bool {
        let (one, other) = (self.sample(x), self.sample(y));
        let mut births = (0, 0);
        let mut given = (0, 0);
        let mut titles = 0;
        for (a, b) in one.iter().flat_map(|a| other.iter().map(move |b| (*a, *b))) {
            let evidence = self.linked.compare(a, b);
            let numbers_differ = evidence.pattern.is(Field::National, level::NUMBER_DIFFERENT);
            if self.linked.matcher.table.are_two_of_a_line(a, b) || (evidence.clash && numbers_differ) {
                return true;
            }
            if has_proof(&evidence) && !evidence.clash {
                continue;
            }
            match evidence.pattern.level(Field::Birth) {
                0 => {}
                level::BIRTH_TWO_DIGITS.. => births.0 += 1,
                _ => births.1 += 1,
            }
            match evidence.pattern.level(Field::Given) {
                0 => {}
                level::GIVEN_OTHER_INITIAL.. => given.0 += 1,
                _ => given.1 += 1,
            }
            titles += usize::from(evidence.pattern.is(Field::Sex, level::DISAGREES));
        }
        titles > 0 || births.0 * 3 > births.1 || given.0 * 3 > given.1
    }

    fn sample(&self, root: u32) -> Vec<u32> {
        let members = self.members.get(root as usize).map_or(&[][..], Vec::as_slice);
        let step = members.len().div_ceil(SAMPLE).max(1);
        let person = self.person(root).map(|person| self.linked.row_of(person));
        person.into_iter().chain(members.iter().copied().step_by(step)).collect()
    }

    fn union(&mut self, a: u32, b: u32, probability: f64) {
        let (x, y) = (self.root(a), self.root(b));
        if x == y {
            return;
        }
        let size = |root: u32| self.members.get(root as usize).map_or(0, Vec::len);
        let (keep, gone) =
            if (size(x), std::cmp::Reverse(x)) >= (size(y), std::cmp::Reverse(y)) { (x, y) } else { (y, x) };
        // A bare name that came apart again would be nobody who counts.
        if probability < self.linked.rules.placed.sure && !self.is_bare(a) && !self.is_bare(b) {
            let (stays, came) = if keep == x { (a, b) } else { (b, a) };
            self.weak.push(Doubt { a: stays, b: came, probability });
        }
        let moved = self.members.get_mut(gone as usize).map(std::mem::take).unwrap_or_default();
        let certainty = self.certainty(keep).min(self.certainty(gone)).min(probability);
        if let Some(sure) = self.probabilities.get_mut(keep as usize) {
            *sure = certainty;
        }
        let of = |values: &[Option<u32>]| {
            let at = |root: u32| values.get(root as usize).copied().flatten();
            at(keep).or(at(gone))
        };
        let number = of(&self.numbers);
        let person = self.person(keep).or(self.person(gone));
        if let Some(parent) = self.parent.get_mut(gone as usize) {
            *parent = keep;
        }
        if let Some(rows) = self.token_rows.remove(&gone) {
            self.token_rows.entry(keep).or_default().extend(rows);
        }
        if let Some(sides) = self.sides.remove(&gone) {
            self.sides.entry(keep).or_default().extend(sides);
        }
        let keep = keep as usize;
        if let (Some(members), Some(own), Some(of)) =
            (self.members.get_mut(keep), self.numbers.get_mut(keep), self.people.get_mut(keep))
        {
            members.extend(moved);
            *own = number;
            *of = person;
        }
    }
}
