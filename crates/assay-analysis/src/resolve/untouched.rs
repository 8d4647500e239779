//! What a tranche does not reach stays as it was grouped, with its register person.
//!
//! Everything a weight is made of moves with each tranche: how rare a value is, which mailbox is an office's. So a person about whom
//! nothing came could come apart, or become one with another, because of strangers. A component is what could be one person: mentions
//! that pairs link, that are of one register person or one row of tokens, that a bare name in a document fits, staff of one name and body, and
//! whatever was one person before. One without a new mention, a lost one, or a ruling given or withdrawn since is not resolved again.
//!
//! That holds for the same method, rules, fit, registers and bodies only: of anything else everything is resolved. A tranche after
//! another may thus give other people than both at once; what changes is listed ([`super::changes`]), and what now looks
//! otherwise is asked ([`super::Question`]).

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use assay_model::{ExhibitKind, Mention, MentionId, PersonName, RegisterPerson, Value};
use rayon::prelude::*;

use super::cluster::{Doubt, Groups, Placement, TokenFit};
use super::link::Fitted;
use super::link::table::{halved, join};
use super::linked::{Answer, Linked};
use super::rulings::{Ruling, Says};
use super::{ResolveInput, VERSION};

/// The groups of a finished run, and what they stood on.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Grouped {
    stood_on: String,
    /// The mentions that each ruling named.
    rulings: BTreeMap<u64, BTreeSet<MentionId>>,
    groups: Vec<Group>,
}

#[derive(Clone, Debug, PartialEq)]
struct Group {
    /// The first row of the register person, as its place in the input.
    row: Option<usize>,
    certainty: f64,
    members: Vec<Member>,
}

#[derive(Clone, Debug, PartialEq)]
struct Member {
    id: MentionId,
    /// Of what the mention says: an item that is read again has the same ids.
    digest: u64,
    by: Option<Placement>,
    /// Probabilities of the weak merges that brought it.
    weak: Vec<f64>,
}

/// A group that stays, by the places of its members.
pub(super) struct Standing {
    pub(super) members: Vec<u32>,
    pub(super) person: Option<u32>,
    pub(super) certainty: f64,
    pub(super) placed_by: Vec<(u32, Placement)>,
    pub(super) weak: Vec<Doubt>,
}

/// What this run stands on.
pub(super) struct Basis {
    stood_on: String,
    /// By place.
    digests: Vec<u64>,
}

impl Basis {
    /// What the input, its mentions in canonical order and the fit that weighs say.
    pub(super) fn new(input: &ResolveInput<'_>, mentions: &[&Mention], fitted: Option<&Fitted>) -> Self {
        let stood_on = stood_on(input, fitted);
        Self { stood_on, digests: mentions.par_iter().map(|mention| digest(mention)).collect() }
    }

    /// The groups of before that nothing reaches; `reaches` calls what it is given with each two places that placements connect.
    pub(super) fn untouched(
        &self,
        (grouped, rulings): (Option<&Grouped>, &[Ruling]),
        mentions: &[&Mention],
        linked: &Linked<'_>,
        fits: &[(u32, TokenFit)],
        reaches: impl FnOnce(&mut dyn FnMut(u32, u32)),
    ) -> Vec<Standing> {
        let Some(grouped) = grouped.filter(|grouped| grouped.stood_on == self.stood_on) else { return Vec::new() };
        let place = |id: MentionId| {
            let at = mentions.binary_search_by_key(&id, |mention| mention.id).ok()?;
            let is_twin = |at: usize| mentions.get(at).is_some_and(|mention| mention.id == id);
            // Of two with one id nobody can say which was there.
            let is_only = !is_twin(at + 1) && at.checked_sub(1).is_none_or(|before| !is_twin(before));
            is_only.then_some(at as u32)
        };
        let mut of: Vec<u32> = (0..linked.matcher.table.len()).collect();
        connect(&mut of, linked, fits);
        reaches(&mut |a, b| _ = join(&mut of, a, b));
        let named = |ruling: &Ruling| (ruling.number, named(&ruling.says));
        let now: BTreeMap<u64, BTreeSet<MentionId>> = rulings.iter().map(named).collect();
        for together in rulings.iter().filter(|ruling| matches!(ruling.says, Says::Together(_))) {
            let mut places = now.get(&together.number).into_iter().flatten().filter_map(|id| place(*id));
            if let Some(first) = places.next() {
                places.for_each(|other| _ = join(&mut of, first, other));
            }
        }
        let changed = |(number, _): &(&u64, _)| now.contains_key(number) != grouped.rulings.contains_key(number);
        let ruled = now.iter().chain(&grouped.rulings).filter(changed).flat_map(|(_, named)| named);
        let mut touched: Vec<u32> = ruled.filter_map(|id| place(*id)).collect();

        let people: BTreeMap<usize, u32> =
            (0..linked.people()).filter_map(|person| Some((*linked.rows(person).first()?, person))).collect();
        let mut is_new = vec![true; mentions.len()];
        let mut whole: Vec<(&Group, Standing)> = Vec::new();
        for group in &grouped.groups {
            let here =
                |member: &Member| place(member.id).filter(|at| self.digests.get(*at as usize) == Some(&member.digest));
            let found: Vec<(u32, &Member)> =
                group.members.iter().filter_map(|member| Some((here(member)?, member))).collect();
            let Some((first, _)) = found.first().copied() else { continue };
            found.iter().for_each(|(at, _)| _ = join(&mut of, first, *at));
            let person = group.row.and_then(|row| people.get(&row)).copied();
            person.iter().for_each(|person| _ = join(&mut of, first, linked.row_of(*person)));
            if found.len() < group.members.len() || person.is_some() != group.row.is_some() {
                touched.push(first);
            } else {
                whole.push((group, standing(group, person, &found)));
            }
            for (at, _) in found {
                is_new.get_mut(at as usize).into_iter().for_each(|slot| *slot = false);
            }
        }
        touched.extend((0u32..).zip(&is_new).filter(|(_, is_new)| **is_new).map(|(at, _)| at));
        let reached: BTreeSet<u32> = touched.into_iter().map(|at| halved(&mut of, at)).collect();
        whole.retain(|(_, standing)| {
            standing.members.first().is_some_and(|first| !reached.contains(&halved(&mut of, *first)))
        });
        whole.into_iter().map(|(_, standing)| standing).collect()
    }

    /// The groups as they are now, to be kept.
    pub(super) fn grouped(
        self,
        rulings: &[Ruling],
        mentions: &[&Mention],
        linked: &Linked<'_>,
        groups: &Groups<'_>,
    ) -> Grouped {
        let mut weak: BTreeMap<u32, Vec<f64>> = BTreeMap::new();
        groups.weak.iter().for_each(|doubt| weak.entry(doubt.b).or_default().push(doubt.probability));
        let member = |place: &u32| {
            Some(Member {
                id: mentions.get(*place as usize)?.id,
                digest: self.digests.get(*place as usize).copied()?,
                by: groups.placed_by.get(place).copied(),
                weak: weak.get(place).cloned().unwrap_or_default(),
            })
        };
        let group = |root: u32| Group {
            row: groups.person(root).and_then(|person| linked.rows(person).first().copied()),
            certainty: groups.certainty(root),
            members: groups.of(root).iter().filter_map(member).collect(),
        };
        let roots = (0..mentions.len() as u32).filter(|place| groups.root(*place) == *place);
        let groups = roots.map(group).collect();
        let rulings = rulings.iter().map(|ruling| (ruling.number, named(&ruling.says))).collect();
        Grouped { stood_on: self.stood_on, rulings, groups }
    }
}

fn standing(group: &Group, person: Option<u32>, found: &[(u32, &Member)]) -> Standing {
    let first = found.first().map_or(0, |(at, _)| *at);
    let doubts = |(at, member): &(u32, &Member)| {
        let at = *at;
        member.weak.clone().into_iter().map(move |probability| Doubt { a: first, b: at, probability })
    };
    Standing {
        members: found.iter().map(|(at, _)| *at).collect(),
        person,
        certainty: group.certainty,
        placed_by: found.iter().filter_map(|(at, member)| Some((*at, member.by?))).collect(),
        weak: found.iter().flat_map(doubts).collect(),
    }
}

/// Joins what could be one person: pairs that link, mentions of a register person, mentions of a row of tokens.
fn connect(of: &mut [u32], linked: &Linked<'_>, fits: &[(u32, TokenFit)]) {
    let link_from = linked.rules.core.decision.link_from;
    for edge in linked.pairs.iter().filter(|edge| f64::from(edge.total) >= link_from) {
        join(of, edge.a, edge.b);
    }
    for (place, answer) in (0u32..).zip(&linked.answers) {
        if let Answer::One(found) = answer {
            join(of, place, linked.row_of(found.person));
        }
    }
    let mut first_of: BTreeMap<(usize, u32), u32> = BTreeMap::new();
    for (place, fit) in fits {
        let first = *first_of.entry((fit.register, fit.fits.row)).or_insert(*place);
        join(of, first, *place);
    }
}

/// The mentions that a ruling names.
fn named(says: &Says) -> BTreeSet<MentionId> {
    match says {
        Says::Together(mentions) => mentions.clone(),
        Says::Apart { one, other, .. } => one.union(other).copied().collect(),
    }
}

/// Adds a text, so that no two rows of texts are fed alike.
fn feed(hasher: &mut blake3::Hasher, text: &str) {
    hasher.update(&(text.len() as u64).to_le_bytes()).update(text.as_bytes());
}

fn feed_name(hasher: &mut blake3::Hasher, name: &PersonName) {
    hasher.update(&(name.given.len() as u64).to_le_bytes());
    [&name.title, &name.family].into_iter().chain(&name.given).for_each(|part| feed(hasher, part));
}

/// A digest of what a mention says.
fn digest(mention: &Mention) -> u64 {
    let mut hasher = blake3::Hasher::new();
    feed(&mut hasher, mention.role.as_str());
    for finding in &mention.findings {
        feed(&mut hasher, finding.element.as_str());
        feed(&mut hasher, finding.controller.as_ref().map_or("", |id| id.as_str()));
        match finding.value.reveal() {
            Value::Text(text) => feed(&mut hasher, text),
            Value::Date(date) => feed(&mut hasher, &date.to_string()),
            Value::Name(name) => feed_name(&mut hasher, name),
        }
    }
    let [a, b, c, d, e, f, g, h, ..] = *hasher.finalize().as_bytes();
    u64::from_le_bytes([a, b, c, d, e, f, g, h])
}

/// A digest of whatever decides beside the mentions and the rulings.
fn stood_on(input: &ResolveInput<'_>, fitted: Option<&Fitted>) -> String {
    let mut hasher = blake3::Hasher::new();
    let fitted = fitted.map(Fitted::to_text).unwrap_or_default();
    [VERSION, input.rules.text.as_str(), fitted.as_str()].into_iter().for_each(|text| feed(&mut hasher, text));
    for body in input.controllers {
        feed(&mut hasher, body.id.as_str());
        feed(&mut hasher, &body.domains.join(" "));
    }
    for exhibit in input.exhibits.iter().filter(|exhibit| exhibit.kind == ExhibitKind::Register) {
        feed(&mut hasher, exhibit.id.as_str());
        hasher.update(&exhibit.blake3);
    }
    for tokens in input.tokens {
        feed(&mut hasher, tokens.exhibit.as_str());
        feed(&mut hasher, tokens.controller.as_str());
        hasher.update(&tokens.rows().to_le_bytes());
    }
    input.register.iter().for_each(|row| feed_row(&mut hasher, row));
    hasher.finalize().to_hex().to_string()
}

fn feed_row(hasher: &mut blake3::Hasher, row: &RegisterPerson) {
    feed(hasher, row.controller.as_str());
    let date = row.date_of_birth.map(|date| date.to_string());
    feed(hasher, date.as_deref().unwrap_or_default());
    for value in [&row.nhs_number, &row.postcode, &row.hospital_number] {
        feed(hasher, value.as_ref().map_or("", |value| value.reveal()));
    }
    hasher.update(&[u8::from(row.name.is_some())]);
    row.name.iter().for_each(|name| feed_name(hasher, name.reveal()));
    for values in [&row.emails, &row.phones] {
        hasher.update(&(values.len() as u64).to_le_bytes());
        values.iter().for_each(|value| feed(hasher, value.reveal()));
    }
}

/// The form in which groups are kept.
const FORM: &str = "assay.groups/1";

impl Grouped {
    /// As text: a line a ruling, a line a group, exact.
    pub fn to_text(&self) -> String {
        let mut text = format!("{FORM} {}\n", self.stood_on);
        for (number, mentions) in &self.rulings {
            let _ = write!(text, "ruling {number}");
            mentions.iter().for_each(|id| _ = write!(text, " {:x}", id.0));
            text.push('\n');
        }
        for group in &self.groups {
            let row = group.row.map_or_else(|| "-".to_owned(), |row| row.to_string());
            let _ = write!(text, "group {row} {}", group.certainty);
            for member in &group.members {
                let _ = write!(text, " {:x}:{:x}", member.id.0, member.digest);
                if member.by.is_some() || !member.weak.is_empty() {
                    let _ = write!(text, ":{}", member.by.map_or("", word));
                }
                member.weak.iter().for_each(|probability| _ = write!(text, ":{probability}"));
            }
            text.push('\n');
        }
        text
    }

    /// Reads what [`Grouped::to_text`] wrote; nothing of another form.
    pub fn parse(text: &str) -> Option<Self> {
        let mut lines = text.lines();
        let stood_on = lines.next()?.strip_prefix(FORM)?.strip_prefix(' ')?.to_owned();
        let mut grouped = Self { stood_on, ..Self::default() };
        for line in lines {
            let mut words = line.split(' ');
            match words.next()? {
                "ruling" => {
                    let number = words.next()?.parse().ok()?;
                    grouped.rulings.insert(number, words.map(id).collect::<Option<_>>()?);
                }
                "group" => {
                    let row = match words.next()? {
                        "-" => None,
                        row => Some(row.parse().ok()?),
                    };
                    let certainty = words.next()?.parse().ok()?;
                    grouped.groups.push(Group { row, certainty, members: words.map(member).collect::<Option<_>>()? });
                }
                _ => return None,
            }
        }
        Some(grouped)
    }
}

/// What placed a mention, in a letter; tokens and weights place again by themselves.
fn word(by: Placement) -> &'static str {
    match by {
        Placement::Document => "d",
        Placement::Staff => "s",
        Placement::Ruling => "r",
        Placement::Tokens(_) => "",
    }
}

fn id(word: &str) -> Option<MentionId> {
    u64::from_str_radix(word, 16).ok().map(MentionId)
}

fn member(word: &str) -> Option<Member> {
    let mut parts = word.split(':');
    let (id, digest) = (id(parts.next()?)?, u64::from_str_radix(parts.next()?, 16).ok()?);
    let by = match parts.next().unwrap_or_default() {
        "" => None,
        "d" => Some(Placement::Document),
        "s" => Some(Placement::Staff),
        "r" => Some(Placement::Ruling),
        _ => return None,
    };
    let weak = parts.map(|probability| probability.parse().ok()).collect::<Option<_>>()?;
    Some(Member { id, digest, by, weak })
}
