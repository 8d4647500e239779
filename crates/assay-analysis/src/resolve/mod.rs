//! Mentions become people: who is one, who is known to a register, whose they are, and how many there are.
//!
//! 1. Mentions and register rows become records (`record`): folded names, numbers with valid check digits, dates.
//! 2. They become rows of the core (`rows`, `link`), which compares and weighs them; register rows become people, which are fixed, and a
//!    mention is set against them first (`linked`). Registers of tokens are asked beside (`tokens`).
//! 3. Whom nothing new reached stays as before (`untouched`). What is left is grouped with the other mentions under constraints (`cluster`), what people decided before all (`rulings`).
//! 4. Bare names and staff are placed by document and body (`bare`; `rules/resolve/case.toml`).
//! 5. Groups become data subjects (`subject`, `origin`, `explain`), called as before where they were met before (`naming`), and
//!    the count becomes an estimate (`estimate`, `namesakes`, `unread`, `tables`, `decoy`), for everybody and for parts (`parts`).
//!
//! Everything works on the order of the mention ids: the order of the input decides only which mention is the oldest, and so
//! the name of a person. m and u are fitted to the first mentions that are enough and then stand ([`Kept::fitted`]).

mod bare;
mod chance;
mod cluster;
mod decoy;
mod estimate;
mod explain;
pub mod link;
mod linked;
mod namesakes;
mod naming;
mod origin;
mod parts;
mod record;
mod rows;
mod rules;
mod rulings;
mod subject;
mod tables;
#[cfg(test)]
mod tests;
pub mod tokens;
mod unread;
mod untouched;

use std::collections::{BTreeMap, BTreeSet};

use assay_model::{
    CaseInfo, Controller, ControllerId, DataSubject, Element, Estimate, Exhibit, Expected, Item, LinkExplanation,
    Locator, Mention, MentionId, Part, RegisterMatch, RegisterPerson, SubjectId,
};
use rayon::prelude::*;

use bare::Placed;
use cluster::{Doubt, Groups, TokenFit};
use explain::Explainer;
use link::Fitted;
use linked::Linked;
use namesakes::Namesakes;
use origin::Origins;
pub(crate) use origin::by_origin;
use record::{Reader, Record, Symbols};
use subject::{Cluster, Maker};
use tokens::TokenRegister;
use unread::Unread;
use untouched::Basis;

pub use naming::{KnownSubject, changes};
pub use rules::CaseRules;
pub use rulings::{Ruling, Says, conflict};
pub use unread::Waiting;
pub use untouched::Grouped;

/// The version of the method and of its weights; enters the fingerprint of the resolve stage. Changes with either.
pub const VERSION: &str = "resolve/5";

/// What resolution works on.
pub struct ResolveInput<'a> {
    /// Reference date and seed.
    pub case: &'a CaseInfo,
    /// The controllers of the case.
    pub controllers: &'a [Controller],
    /// The exhibits.
    pub exhibits: &'a [Exhibit],
    /// The items, statuses final; duplicates carry no mentions.
    pub items: &'a [Item],
    /// Items of those exhibits that wait to be read; none when everything was.
    pub waiting: &'a [Waiting],
    /// The mentions, ids set, oldest first.
    pub mentions: &'a [Mention],
    /// The rows of the registers.
    pub register: &'a [RegisterPerson],
    /// The registers that came as tokens.
    pub tokens: &'a [TokenRegister],
    /// What the case keeps from before.
    pub kept: Kept<'a>,
    /// The shipped rules, with what the user's case file changes.
    pub rules: &'a CaseRules,
}

/// What a case keeps from one run to the next.
#[derive(Clone, Copy, Default)]
pub struct Kept<'a> {
    /// What people decided, in the order of the acts.
    pub rulings: &'a [Ruling],
    /// The people as the last finished run named them.
    pub known: &'a [KnownSubject],
    /// What was fitted before; else it is fitted now.
    pub fitted: Option<&'a Fitted>,
    /// How the last finished run put mentions together; none where everything is to be resolved.
    pub grouped: Option<&'a Grouped>,
}

/// The people, and how many.
pub struct Resolution {
    /// Sorted by id. Every mention is in exactly one.
    pub subjects: Vec<DataSubject>,
    /// The number with its interval.
    pub estimate: Estimate,
    /// The same of each part of the people found.
    pub parts: BTreeMap<Part, Expected>,
    /// Questions that a person may answer, in no order of worth.
    pub questions: Vec<Question>,
    /// Rulings that could not be held to.
    pub unheld: Vec<u64>,
    /// People expected to be those found, by the posterior, part of the estimate.
    pub expected_read: f64,
    /// People expected in items that wait to be read, part of the estimate.
    pub expected_waiting: f64,
    /// The m and u that weighed, to be kept; none where the case has too few mentions and the rules stand as they are.
    pub fitted: Option<Fitted>,
    /// How the mentions were put together, to be kept.
    pub grouped: Grouped,
}

/// A decision near the edge.
#[derive(Clone, Debug, PartialEq)]
pub struct Question {
    /// Who it is about.
    pub about: About,
    /// The probability, by the weights, that the answer is yes.
    pub probability: f64,
    /// Why: the comparison that speaks for it most.
    pub link: Option<LinkExplanation>,
}

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum About {
    /// Whether two people are one.
    Same(SubjectId, SubjectId),
    /// Whether a mention is this person's.
    Belongs(SubjectId, MentionId),
}

/// Groups the mentions into people.
pub fn resolve(input: &ResolveInput<'_>) -> Resolution {
    // Canonical order; of two mentions with one id the older stays first.
    let mut order: Vec<usize> = (0..input.mentions.len()).collect();
    order.sort_by_key(|place| input.mentions.get(*place).map(|mention| mention.id));
    let mentions: Vec<&Mention> = order.iter().filter_map(|place| input.mentions.get(*place)).collect();

    let read = || {
        let mut reader = Reader::new(input.controllers);
        let records: Vec<Record> = mentions.iter().map(|mention| reader.mention(mention)).collect();
        (records, reader.symbols)
    };
    let read_register = || {
        let mut reader = Reader::new(input.controllers);
        let rows: Vec<Record> = input.register.iter().map(|person| reader.register(person)).collect();
        (rows, reader.symbols)
    };
    let ((records, symbols), (rows, row_symbols)) = rayon::join(read, read_register);
    let linked = Linked::new(input.rules, (&records, &symbols), (&rows, &row_symbols), input.kept.fitted);
    let mut groups = Groups::new(&linked);
    let fits = token_fits(input, &records, &symbols);
    let origins = Origins::new(input.items);
    let placed: Vec<Placed<'_>> = mentions
        .iter()
        .zip(&records)
        .map(|(mention, record)| Placed {
            mention,
            record,
            controllers: origins.controllers(mention).into_iter().collect(),
            works: bare::works(mention, input.controllers),
        })
        .collect();
    let basis = Basis::new(input, &mentions, linked.matcher.fitted.as_ref());
    let before = (input.kept.grouped, input.kept.rulings);
    let standing = basis.untouched(before, &mentions, &linked, &fits, |join| bare::reaches(&groups, &placed, join));
    standing.into_iter().for_each(|group| groups.stand(group));
    let unheld = hold_to(&mut groups, input, &mentions, &linked);
    groups.anchor();
    groups.by_tokens(fits);
    groups.agglomerate();
    bare::within_documents(&mut groups, &placed);
    bare::staff(&mut groups, &placed);

    let explainer = Explainer { linked: &linked, mentions: &mentions, rows: input.register, tokens: input.tokens };
    let maker = Maker { case: input.case, mentions: input.mentions, register: input.register, origins: &origins };
    let (subjects, of_root) = subjects(&groups, &order, &explainer, &maker);
    let counting = counting_roots(&subjects, &of_root);
    let decoy_rate = decoy::chance_matches(&linked, &groups, &counting, input.case.seed);
    let questions = questions(&groups, &explainer);
    let read = people_read(&linked, &groups, &counting, input.case.seed);
    let mut resolution = finish(input, subjects, &placed, read, decoy_rate);
    resolution.unheld = unheld;
    resolution.fitted = linked.matcher.fitted.clone();
    resolution.grouped = basis.grouped(input.kept.rulings, &mentions, &linked, &groups);
    // Names are given last: questions are asked by oldest mention until then.
    let of_mention: BTreeMap<MentionId, &SubjectId> =
        resolution.subjects.iter().flat_map(|subject| subject.mentions.iter().map(|m| (*m, &subject.id))).collect();
    let named = |(one, other, is_whole, probability, link): Asked| {
        let (a, b) = ((*of_mention.get(&one)?).clone(), (*of_mention.get(&other)?).clone());
        let about = if is_whole { About::Same(a.clone().min(b.clone()), a.max(b)) } else { About::Belongs(a, other) };
        Some(Question { about, probability, link })
    };
    resolution.questions = questions.into_iter().filter_map(named).collect();
    resolution.questions.sort_by(|x, y| x.about.cmp(&y.about));
    resolution
}

/// Holds the groups to what people decided.
fn hold_to(groups: &mut Groups<'_>, input: &ResolveInput<'_>, mentions: &[&Mention], linked: &Linked<'_>) -> Vec<u64> {
    if input.kept.rulings.is_empty() {
        return Vec::new();
    }
    let places = (0u32..).zip(mentions).map(|(place, mention)| (mention.id, place)).collect();
    let people: BTreeMap<(ControllerId, Locator), u32> = (0..linked.people())
        .flat_map(|person| linked.rows(person).iter().map(move |row| (person, *row)))
        .filter_map(|(person, row)| {
            let row = input.register.get(row)?;
            Some(((row.controller.clone(), row.locator.clone()), person))
        })
        .collect();
    groups.hold_to(input.kept.rulings, &places, &people, input.tokens)
}

/// The rows of registers of tokens that mentions fit.
fn token_fits(input: &ResolveInput<'_>, records: &[Record], texts: &Symbols) -> Vec<(u32, TokenFit)> {
    let mut all = Vec::new();
    for (number, register) in input.tokens.iter().enumerate() {
        let own = (0u16..).zip(input.controllers).find(|(_, c)| c.id == register.controller).map(|(place, _)| place);
        let find = |(place, record): (usize, &Record)| {
            let fits = register.find(record, texts, own)?;
            Some((place as u32, TokenFit { register: number, fits }))
        };
        all.par_extend(records.par_iter().enumerate().filter_map(find));
    }
    all
}

/// A question before names are given: two mentions, whether their whole people are meant, the probability, and why.
type Asked = (MentionId, MentionId, bool, f64, Option<LinkExplanation>);

fn questions(groups: &Groups<'_>, explainer: &Explainer<'_>) -> Vec<Asked> {
    let id = |place: u32| explainer.mentions.get(place as usize).map(|mention| mention.id);
    let mut apart: Vec<Doubt> = groups.apart.iter().filter(|d| groups.may_merge(d.a, d.b)).copied().collect();
    let ends = |d: &Doubt| {
        let (x, y) = (groups.root(d.a), groups.root(d.b));
        (x.min(y), x.max(y))
    };
    // Of several pairs between two groups the likeliest is asked.
    apart.sort_by(|x, y| ends(x).cmp(&ends(y)).then(y.probability.total_cmp(&x.probability)));
    apart.dedup_by_key(|doubt| ends(doubt));
    apart.retain(|doubt| groups.root(doubt.a) != groups.root(doubt.b));
    let of_two = apart.par_iter().filter_map(|doubt| {
        let link = explainer.between(&[doubt.a], &[doubt.b]);
        Some((id(doubt.a)?, id(doubt.b)?, true, doubt.probability, link))
    });
    let of_members = groups.weak.par_iter().filter(|doubt| !groups.is_confirmed(doubt.b)).filter_map(|doubt| {
        let others: Vec<u32> = groups.of(doubt.b).iter().copied().filter(|member| *member != doubt.b).collect();
        let link = explainer.held(groups, doubt.b, &others);
        Some((id(doubt.b)?, id(doubt.b)?, false, doubt.probability, link))
    });
    of_two.chain(of_members).collect()
}

/// The people, and for each the root of its group.
fn subjects(
    groups: &Groups<'_>,
    order: &[usize],
    explainer: &Explainer<'_>,
    maker: &Maker<'_>,
) -> (Vec<DataSubject>, Vec<u32>) {
    // That a pair left apart is one person is doubt about both.
    let mut doubts: BTreeMap<u32, f64> = BTreeMap::new();
    for doubt in &groups.apart {
        for root in [groups.root(doubt.a), groups.root(doubt.b)] {
            let most = doubts.entry(root).or_default();
            *most = most.max(doubt.probability);
        }
    }
    let roots: Vec<u32> =
        (0u32..).zip(order).map(|(place, _)| place).filter(|place| groups.root(*place) == *place).collect();
    let subjects = roots
        .par_iter()
        .map(|root| {
            let age = |member: &u32| order.get(*member as usize).copied().unwrap_or(usize::MAX);
            let mut members = groups.of(*root).to_vec();
            members.sort_by_key(age);
            let rows = groups.person(*root).map(|person| explainer.linked.rows(person).to_vec());
            let certainty = groups.certainty(*root);
            maker.subject(Cluster {
                mentions: members.iter().map(age).collect(),
                rows: rows.unwrap_or_default(),
                tokens: of_tokens(groups, *root, explainer.tokens),
                probability: certainty * (1.0 - doubts.get(root).copied().unwrap_or_default()),
                links: explainer.links(groups, &members),
            })
        })
        .collect();
    (subjects, roots)
}

/// The rows of tokens of a group as people, with whether a number agrees with something beside it.
fn of_tokens(groups: &Groups<'_>, root: u32, registers: &[TokenRegister]) -> Vec<(RegisterPerson, bool)> {
    let rows = groups.tokens(root);
    rows.iter().filter_map(|(at, row, exact)| Some((registers.get(*at)?.person(*row), *exact))).collect()
}

fn counting_roots(subjects: &[DataSubject], of_root: &[u32]) -> Vec<u32> {
    subjects.iter().zip(of_root).filter(|(subject, _)| subject.counts).map(|(_, root)| *root).collect()
}

/// Draws of how many people those are who count. Who has a name and nothing else, here or in a register, is counted by namesakes; all others by what was
/// compared. A group placed by its document has no row that was compared: it is one person.
fn people_read(linked: &Linked<'_>, groups: &Groups<'_>, counting: &[u32], seed: u64) -> Vec<f64> {
    let is_alone = |root: &u32| {
        let members = groups.of(*root);
        members.iter().all(|place| groups.is_bare(*place) && !linked::is_out(linked.records, *place))
            && groups.person(*root).is_none()
            && groups.tokens(*root).is_empty()
    };
    let (alone, others): (Vec<u32>, Vec<u32>) = counting.iter().partition(|root| is_alone(root));
    let is_whole = |given| linked.texts.text(given).chars().nth(1).is_some();
    let names = |root: &u32| {
        let records = groups.of(*root).iter().filter_map(|place| linked.records.get(*place as usize));
        namesakes::full_names(records.map(|record| record.names.as_slice()), is_whole)
    };
    let of = |roots: &[u32]| -> Vec<_> { roots.par_iter().map(names).collect() };
    let namesakes = if alone.is_empty() { Namesakes::default() } else { Namesakes::new(&of(&alone), &of(&others)) };

    let rows = |root: &u32| -> Vec<u32> {
        let compared = groups.of(*root).iter().copied().filter(|place| !linked::is_out(linked.records, *place));
        let mut rows: Vec<u32> = compared.collect();
        if !rows.is_empty() {
            rows.extend(groups.person(*root).map(|person| linked.row_of(person)));
        }
        rows.sort_unstable();
        rows
    };
    let members: Vec<Vec<u32>> = others.iter().map(rows).filter(|rows| !rows.is_empty()).collect();
    let placed = (others.len() - members.len()) as f64;
    let members: Vec<&[u32]> = members.iter().map(Vec::as_slice).collect();
    let draws = linked.rules.core.posterior.draws;
    let compared = match members.is_empty() {
        true => vec![0.0; draws],
        false => linked.matcher.draws(&members, &linked.rules.core, seed),
    };
    compared.into_iter().zip(namesakes.draws(draws, seed)).map(|(people, alone)| people + placed + alone).collect()
}

fn finish(
    input: &ResolveInput<'_>,
    mut subjects: Vec<DataSubject>,
    placed: &[Placed<'_>],
    read: Vec<f64>,
    decoy_rate: f64,
) -> Resolution {
    let of_mention: BTreeMap<assay_model::MentionId, &Mention> = input.mentions.iter().map(|m| (m.id, m)).collect();
    let stands_alone = |mention: &&Mention| {
        let elements: BTreeSet<&str> =
            mention.findings.iter().filter_map(|finding| finding.element.published()).collect();
        mention.findings.iter().any(|finding| finding.element == Element::Name) && elements.len() > 1
    };
    let unknown = subjects.iter().filter(|s| s.counts && s.register_match == RegisterMatch::None);
    let alone = unknown
        .map(|s| {
            s.mentions.iter().filter_map(|id| of_mention.get(id).copied()).filter(stands_alone).count().max(1) as u64
        })
        .sum();
    let unread = Unread::new(input.items, &subjects, input.waiting);
    let basis =
        estimate::Basis { seed: input.case.seed, unread: &unread, subjects: &subjects, read: &read, alone, decoy_rate };
    let estimate = estimate::estimate(&basis);
    let parts = parts::parts(&basis, placed, &estimate);
    let (expected_read, expected_waiting) = (basis.mean(), unread.mean().waiting);
    naming::name_all(&mut subjects, input.kept.known);
    Resolution {
        subjects,
        estimate,
        questions: Vec::new(),
        unheld: Vec::new(),
        expected_read,
        expected_waiting,
        parts,
        fitted: None,
        grouped: Grouped::default(),
    }
}
