//! Mentions that weights cannot place: a name and nothing else, and staff known by name and body.
//!
//! A name alone is never evidence across documents. Inside one document it is, where it fits exactly one person there: the
//! salutation of a letter, the line under it. Staff of one body with one full name are taken for one, the signer of a hundred
//! letters among them; two of them whose dates of birth or numbers differ stay two, and then nobody joins either.

use std::collections::BTreeMap;

use assay_model::{ControllerId, ExhibitId, ItemPath, Mention, Place, Role};

use super::cluster::Groups;
use super::record::{Name, Record, Symbol, Title};

/// A mention with what this module needs of it, in canonical order.
pub(super) struct Placed<'a> {
    pub(super) mention: &'a Mention,
    pub(super) record: &'a Record,
    pub(super) controllers: Vec<ControllerId>,
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

/// People of one family name in an item from which on a bare name is not looked for.
const TOO_MANY: usize = 64;
/// The certainty given to a bare name that fits one person of its document.
const IN_DOCUMENT: f64 = 0.95;
/// The certainty given to staff of one name and body.
const SAME_STAFF: f64 = 0.97;

/// Bare names of a document to the one person in it whom they fit.
pub(super) fn within_documents(groups: &mut Groups<'_>, placed: &[Placed<'_>]) {
    let mut items: BTreeMap<(&ExhibitId, &ItemPath), Vec<u32>> = BTreeMap::new();
    for (place, one) in (0u32..).zip(placed) {
        items.entry((&one.mention.locator.exhibit, &one.mention.locator.path)).or_default().push(place);
    }
    for places in items.into_values().filter(|places| places.len() > 1) {
        let bare = |place: &&u32| placed.get(**place as usize).is_some_and(|one| one.record.is_bare_name());
        let full = |place: &&u32| placed.get(**place as usize).is_some_and(|one| one.full_name().is_some());
        // Full bare names first: a salutation then finds the person that they made.
        let (whole, short): (Vec<&u32>, Vec<&u32>) = places.iter().filter(bare).partition(full);
        let by_name = by_name(placed, &places);
        for place in whole.into_iter().chain(short) {
            if let Some(target) = only_fit(groups, placed, &by_name, *place) {
                groups.merge(target, *place, IN_DOCUMENT);
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

fn only_fit(
    groups: &Groups<'_>,
    placed: &[Placed<'_>],
    by_name: &BTreeMap<Symbol, Vec<u32>>,
    place: u32,
) -> Option<u32> {
    let one = placed.get(place as usize)?;
    let name = one.record.names.first()?;
    let given = name.given.first().copied();
    // A given name alone is looked for in running text only.
    let wanted = name.family.or(given.filter(|_| !one.is_row()))?;
    let others = by_name.get(&wanted)?;
    if others.len() > TOO_MANY * 4 {
        return None;
    }
    let mut fits: Vec<u32> = others
        .iter()
        .copied()
        .filter(|other| *other != place)
        .filter(|other| placed.get(*other as usize).is_some_and(|other| is_fit(groups, one, other)))
        .map(|other| groups.root(other))
        .collect();
    fits.sort_unstable();
    fits.dedup();
    let own = groups.root(place);
    match fits.as_slice() {
        [only] if *only != own => Some(*only),
        _ => None,
    }
}

fn is_fit(groups: &Groups<'_>, one: &Placed<'_>, other: &Placed<'_>) -> bool {
    let (role, wanted) = (one.mention.role, other.mention.role);
    if role != wanted && role != Role::Unknown && wanted != Role::Unknown {
        return false;
    }
    // Two names in one row are two people: the patient and the next of kin.
    if one.is_row() && one.mention.locator.place == other.mention.locator.place {
        return false;
    }
    let Some(name) = one.record.names.first() else { return false };
    other.record.names.iter().any(|candidate| {
        let titles_differ =
            matches!((name.title, candidate.title), (Title::Man, Title::Woman) | (Title::Woman, Title::Man));
        let family = name.family.is_none() || name.family == candidate.family;
        let given = match (name.given.first(), candidate.given.first()) {
            (Some(a), Some(b)) => groups.given_names_agree(*a, *b),
            // A list of family names alone says too little to join two rows.
            (None, Some(_)) => name.family.is_some() && !one.is_row(),
            _ => false,
        };
        !titles_differ && family && given
    })
}

/// Staff and suppliers' contacts of one full name and one body: one person, unless two of them are known apart.
pub(super) fn staff(groups: &mut Groups<'_>, placed: &[Placed<'_>]) {
    let mut namesakes: BTreeMap<(Role, Symbol, Symbol, ControllerId), Vec<u32>> = BTreeMap::new();
    for (place, one) in (0u32..).zip(placed) {
        if !matches!(one.mention.role, Role::Staff | Role::SupplierContact) {
            continue;
        }
        let Some((_, given, family)) = one.full_name() else { continue };
        // Staff of no known body are taken together too: the letters of one leak.
        let bodies = if one.controllers.is_empty() { vec![ControllerId::default()] } else { one.controllers.clone() };
        for body in bodies {
            namesakes.entry((one.mention.role, given, family, body)).or_default().push(place);
        }
    }
    for places in namesakes.into_values() {
        let mut roots: Vec<u32> = places.iter().map(|place| groups.root(*place)).collect();
        roots.sort_unstable();
        roots.dedup();
        let (bare, known): (Vec<u32>, Vec<u32>) = roots.into_iter().partition(|root| {
            groups.of(*root).iter().all(|m| placed.get(*m as usize).is_some_and(|one| one.record.is_bare_name()))
        });
        if let Some((first, rest)) = known.split_first() {
            let apart = rest.iter().any(|root| !groups.may_merge(*first, *root));
            if !apart {
                rest.iter().for_each(|root| _ = groups.merge(*first, *root, SAME_STAFF));
            }
        }
        // With two namesakes known apart, or none, the bare ones are a person of their own.
        let mut homes: Vec<u32> = known.iter().map(|root| groups.root(*root)).collect();
        homes.sort_unstable();
        homes.dedup();
        let home = if homes.len() == 1 { homes.first() } else { bare.first() };
        if let Some(home) = home.copied() {
            bare.iter().for_each(|root| _ = groups.merge(home, *root, SAME_STAFF));
        }
    }
}
