//! Mentions that weights cannot place: a name and nothing else, and staff known by name and body.
//!
//! A name alone is no evidence across documents, but for a patient's row whose name only one person of the register has
//! ([`super::register`]). Inside one document it is, where it fits exactly one person there: the
//! salutation of a letter, the line under it. Staff of one body with one full name are taken for one, the signer of a hundred
//! letters among them, and suppliers' contacts of one full name whomever they serve; two of them whose dates of birth or numbers
//! differ stay two, and then nobody joins either.

use std::collections::BTreeMap;

use assay_model::{Controller, ControllerId, Element, ExhibitId, ItemPath, Mention, Place, Role};

use super::cluster::{Groups, Placement};
use super::record::{Name, Record, Symbol, Title};

/// A mention with what this module needs of it, in canonical order.
pub(super) struct Placed<'a> {
    pub(super) mention: &'a Mention,
    pub(super) record: &'a Record,
    pub(super) controllers: Vec<ControllerId>,
    /// Staff or a supplier's contact: by role, or by a mailbox at a controller where the role is not told.
    pub(super) works: Option<Role>,
}

impl Placed<'_> {
    fn is_row(&self) -> bool {
        matches!(self.mention.locator.place, Place::Row { .. } | Place::Cell { .. })
    }

    fn full_name(&self) -> Option<(&Name, Symbol, Symbol)> {
        let name = self.record.names.first()?;
        Some((name, *name.given.first()?, name.family?))
    }
}

/// What a mention's person works as, if anything.
pub(super) fn works(mention: &Mention, controllers: &[Controller]) -> Option<Role> {
    let at_a_controller = |mail: &str| {
        let Some((_, domain)) = mail.rsplit_once('@') else { return false };
        controllers.iter().flat_map(|c| &c.domains).any(|own| domain.eq_ignore_ascii_case(own))
    };
    match mention.role {
        role @ (Role::Staff | Role::SupplierContact) => Some(role),
        Role::Unknown if mention.texts(Element::Email).any(at_a_controller) => Some(Role::Staff),
        _ => None,
    }
}

/// People of one family name in an item from which on a bare name is not looked for.
const TOO_MANY: usize = 64;
/// Mentions of an item up to which a bare name may fit with a slip.
const A_LETTER: usize = 24;

/// Calls `join` with whatever placements could make one: a bare name and each mention that it fits, and namesakes at work. Where
/// one of them is new, the others are placed again.
pub(super) fn reaches(groups: &Groups<'_>, placed: &[Placed<'_>], join: &mut dyn FnMut(u32, u32)) {
    for places in documents(placed) {
        let by_name = by_name(placed, &places);
        for place in places.iter().copied().filter(|place| is_bare(placed, *place)) {
            let exact = fitting(groups, placed, candidates(placed, &by_name, place), place, Fit::Exact);
            let near = fitting(groups, placed, letter(&places), place, Fit::WithSlip);
            exact.chain(near).for_each(|other| join(place, other));
        }
    }
    for places in namesakes(placed).into_values() {
        places.iter().zip(places.iter().skip(1)).for_each(|(one, other)| join(*one, *other));
    }
}

/// The mentions of each item that has several.
fn documents(placed: &[Placed<'_>]) -> impl Iterator<Item = Vec<u32>> {
    let mut items: BTreeMap<(&ExhibitId, &ItemPath), Vec<u32>> = BTreeMap::new();
    for (place, one) in (0u32..).zip(placed) {
        items.entry((&one.mention.locator.exhibit, &one.mention.locator.path)).or_default().push(place);
    }
    items.into_values().filter(|places| places.len() > 1)
}

fn is_bare(placed: &[Placed<'_>], place: u32) -> bool {
    placed.get(place as usize).is_some_and(|one| one.record.is_bare_name())
}

/// The mentions of an item among which a bare name may fit with a slip.
fn letter(places: &[u32]) -> &[u32] {
    if places.len() <= A_LETTER { places } else { &[] }
}

/// Bare names of a document to the one person in it whom they fit.
pub(super) fn within_documents(groups: &mut Groups<'_>, placed: &[Placed<'_>]) {
    for places in documents(placed) {
        let bare = |place: &&u32| is_bare(placed, **place);
        let full = |place: &&u32| placed.get(**place as usize).is_some_and(|one| one.full_name().is_some());
        // Full bare names first: a salutation then finds the person that they made.
        let (whole, short): (Vec<&u32>, Vec<&u32>) = places.iter().filter(bare).partition(full);
        let by_name = by_name(placed, &places);
        for place in whole.into_iter().chain(short) {
            let exact = only_fit(groups, placed, candidates(placed, &by_name, *place), *place, Fit::Exact);
            let near = || only_fit(groups, placed, letter(&places), *place, Fit::WithSlip);
            if let Some(target) = exact.or_else(near) {
                groups.place(target, *place, Placement::Document);
            }
        }
    }
}

/// The mentions of an item by family name and by first given name.
fn by_name(placed: &[Placed<'_>], places: &[u32]) -> BTreeMap<Symbol, Vec<u32>> {
    let mut by_name: BTreeMap<Symbol, Vec<u32>> = BTreeMap::new();
    for place in places {
        let names = placed.get(*place as usize).map(|one| one.record.names.as_slice()).unwrap_or_default();
        let mut symbols: Vec<Symbol> =
            names.iter().flat_map(|name| name.family.into_iter().chain(name.given.first().copied())).collect();
        symbols.sort_unstable();
        symbols.dedup();
        symbols.into_iter().for_each(|symbol| by_name.entry(symbol).or_default().push(*place));
    }
    by_name
}

/// The mentions of the item that share the name looked for; none where so many do that nobody could tell.
fn candidates<'a>(placed: &[Placed<'_>], by_name: &'a BTreeMap<Symbol, Vec<u32>>, place: u32) -> &'a [u32] {
    let find = || {
        let one = placed.get(place as usize)?;
        let name = one.record.names.first()?;
        // A given name alone is looked for in running text only.
        let wanted = name.family.or(name.given.first().copied().filter(|_| !one.is_row()))?;
        by_name.get(&wanted).map(Vec::as_slice).filter(|others| others.len() <= TOO_MANY)
    };
    find().unwrap_or_default()
}

/// How closely a bare name must fit.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fit {
    Exact,
    /// In a letter: a slip in the family name, or family and given name exchanged in the reference line.
    WithSlip,
}

/// The candidates that a bare name fits.
fn fitting<'a>(
    groups: &'a Groups<'_>,
    placed: &'a [Placed<'_>],
    candidates: &'a [u32],
    place: u32,
    fit: Fit,
) -> impl Iterator<Item = u32> + 'a {
    let is_fit = move |other: &u32| {
        let (one, other) = (placed.get(place as usize), placed.get(*other as usize));
        one.zip(other).is_some_and(|(one, other)| is_fit(groups, one, other, fit))
    };
    candidates.iter().copied().filter(move |other| *other != place).filter(is_fit)
}

/// The root of the one group among the candidates whom the name fits.
fn only_fit(groups: &Groups<'_>, placed: &[Placed<'_>], candidates: &[u32], place: u32, fit: Fit) -> Option<u32> {
    let own = groups.root(place);
    let mut fits: Vec<u32> = fitting(groups, placed, candidates, place, fit).map(|other| groups.root(other)).collect();
    fits.sort_unstable();
    fits.dedup();
    match fits.as_slice() {
        [only] if *only != own => Some(*only),
        _ => None,
    }
}

fn is_fit(groups: &Groups<'_>, one: &Placed<'_>, other: &Placed<'_>, fit: Fit) -> bool {
    let (role, wanted) = (one.mention.role, other.mention.role);
    if role != wanted && role != Role::Unknown && wanted != Role::Unknown {
        return false;
    }
    // Two names in one row are two people: the patient and the next of kin.
    if one.is_row() && (fit == Fit::WithSlip || one.mention.locator.place == other.mention.locator.place) {
        return false;
    }
    let Some(name) = one.record.names.first() else { return false };
    other.record.names.iter().any(|candidate| {
        let titles_differ =
            matches!((name.title, candidate.title), (Title::Man, Title::Woman) | (Title::Woman, Title::Man));
        !titles_differ && is_name_fit(groups, one.is_row(), name, candidate, fit)
    })
}

fn is_name_fit(groups: &Groups<'_>, is_row: bool, name: &Name, candidate: &Name, fit: Fit) -> bool {
    let (given, other_given) = (name.given.first().copied(), candidate.given.first().copied());
    let family = match (name.family, candidate.family, fit) {
        (None, ..) => true,
        (family, other, Fit::Exact) => family == other,
        (Some(family), other, Fit::WithSlip) => {
            other.is_some_and(|other| groups.names_are_close(family, other)) || other_given == Some(family)
        }
    };
    let exchanged = fit == Fit::WithSlip && name.family.is_some() && name.family == other_given;
    let given = match (given, if exchanged { candidate.family } else { other_given }) {
        (Some(a), Some(b)) => groups.given_names_agree(a, b),
        // A list of family names alone says too little to join two rows.
        (None, Some(_)) => name.family.is_some() && !is_row,
        _ => false,
    };
    family && given
}

/// Staff of one full name and one body, and suppliers' contacts of one full name.
fn namesakes(placed: &[Placed<'_>]) -> BTreeMap<(Role, Symbol, Symbol, ControllerId), Vec<u32>> {
    let mut namesakes: BTreeMap<(Role, Symbol, Symbol, ControllerId), Vec<u32>> = BTreeMap::new();
    for (place, one) in (0u32..).zip(placed) {
        let (Some(role), Some((_, given, family))) = (one.works, one.full_name()) else { continue };
        // Staff of no known body are taken together too: the letters of one leak. A supplier serves several bodies.
        let of_no_body = role == Role::SupplierContact || one.controllers.is_empty();
        let bodies = if of_no_body { vec![ControllerId::default()] } else { one.controllers.clone() };
        for body in bodies {
            namesakes.entry((role, given, family, body)).or_default().push(place);
        }
    }
    namesakes
}

/// Namesakes at work: one person, unless two are known apart.
pub(super) fn staff(groups: &mut Groups<'_>, placed: &[Placed<'_>]) {
    for places in namesakes(placed).into_values() {
        let mut roots: Vec<u32> = places.iter().map(|place| groups.root(*place)).collect();
        roots.sort_unstable();
        roots.dedup();
        let (bare, known): (Vec<u32>, Vec<u32>) = roots.into_iter().partition(|root| {
            groups.of(*root).iter().all(|m| placed.get(*m as usize).is_some_and(|one| one.record.is_bare_name()))
        });
        if let Some((first, rest)) = known.split_first() {
            let apart = rest.iter().any(|root| !groups.may_merge(*first, *root));
            if !apart {
                rest.iter().for_each(|root| groups.place(*first, *root, Placement::Staff));
            }
        }
        // With two namesakes known apart, or none, the bare ones are a person of their own.
        let mut homes: Vec<u32> = known.iter().map(|root| groups.root(*root)).collect();
        homes.sort_unstable();
        homes.dedup();
        let home = if homes.len() == 1 { homes.first() } else { bare.first() };
        if let Some(home) = home.copied() {
            bare.iter().for_each(|root| groups.place(home, *root, Placement::Staff));
        }
    }
}
