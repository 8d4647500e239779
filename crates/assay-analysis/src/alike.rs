//! Which items are alike: the same words in another format, near-duplicates, messages of one thread.
//!
//! Items of the same bytes were decided before ([`ItemStatus::Duplicate`]) and share their original's place here. Everything
//! else is by the digests of [`assay_model::Likeness`]. A group has a leader, the first of its items, and an item joins the
//! leader it is likest to: letters of one template do not chain into one group. Nothing here changes who is counted.

use assay_model::{Alike, ExhibitId, Item, ItemPath, ItemStatus, Sketch};
use std::collections::{BTreeMap, BTreeSet};

/// How many of a sketch's 32 minima agree in near-duplicates: four fifths of the runs of words in common, about.
const NEAR: usize = 26;
/// Minima in a band: two items of four fifths in common share one of the eight bands in 98 of 100 cases.
const BAND: usize = 4;
/// Leaders looked at in a band, at most: what is alike in a band and in nothing else is a template, and there may be many.
const LOOKED_AT: usize = 32;

/// Which of the items are alike; in their order.
pub fn alike(items: &[Item]) -> Alike {
    let places: BTreeMap<(&ExhibitId, &ItemPath), usize> =
        items.iter().enumerate().map(|(n, item)| ((&item.exhibit, &item.path), n)).collect();
    let original = |item: &Item| match &item.status {
        ItemStatus::Duplicate(exhibit, path) => places.get(&(exhibit, path)).copied(),
        _ => None,
    };
    let originals: Vec<Option<usize>> = items.iter().map(original).collect();
    let (leaders, same_words) = leaders(items, &originals);
    let mut members: BTreeMap<usize, u64> = BTreeMap::new();
    for (leader, _) in leaders.iter().zip(&originals).filter(|(_, original)| original.is_none()) {
        *members.entry(*leader).or_default() += 1;
    }
    let of_several = members.iter().filter(|(_, items)| **items > 1).map(|(leader, _)| *leader);
    let numbers: BTreeMap<usize, u32> = of_several.zip(1..).collect();
    let (thread, threads) = threads(items);
    Alike {
        contents: originals.iter().filter(|original| original.is_none()).count() as u64 - same_words,
        same_words,
        near_groups: numbers.len() as u64,
        threads,
        near_group: leaders.iter().map(|leader| numbers.get(leader).copied()).collect(),
        thread,
    }
}

/// The leader of each item, itself where it has no like before it; and how many have the words of an item before.
fn leaders(items: &[Item], originals: &[Option<usize>]) -> (Vec<usize>, u64) {
    let mut leaders: Vec<usize> = (0..items.len()).collect();
    let mut by_words: BTreeMap<[u8; 16], usize> = BTreeMap::new();
    let mut bands: BTreeMap<(usize, [u16; BAND]), Vec<usize>> = BTreeMap::new();
    let mut same_words = 0;
    for (n, item) in items.iter().enumerate() {
        let mut leader = n;
        if originals.get(n).copied().flatten().is_none() {
            let before =
                item.likeness.words.map(|words| *by_words.entry(words).or_insert(n)).filter(|first| *first != n);
            if let Some(first) = before {
                same_words += 1;
                leader = leaders.get(first).copied().unwrap_or(first);
            } else if let Some(sketch) = &item.likeness.sketch {
                match likest(items, sketch, &bands) {
                    Some(found) => leader = found,
                    None => {
                        for band in bands_of(sketch) {
                            bands.entry(band).or_default().push(n);
                        }
                    }
                }
            }
        }
        if let Some(place) = leaders.get_mut(n) {
            *place = leader;
        }
    }
    // An original may stand after its copy where exhibits are in another order.
    for (n, original) in originals.iter().enumerate() {
        let leader = original.and_then(|original| leaders.get(original).copied());
        if let (Some(leader), Some(place)) = (leader, leaders.get_mut(n)) {
            *place = leader;
        }
    }
    (leaders, same_words)
}

fn bands_of(sketch: &Sketch) -> impl Iterator<Item = (usize, [u16; BAND])> {
    let (bands, _) = sketch.0.as_chunks::<BAND>();
    bands.iter().copied().enumerate()
}

/// The leader that agrees most with a sketch, the first of several, where it agrees enough.
fn likest(items: &[Item], sketch: &Sketch, bands: &BTreeMap<(usize, [u16; BAND]), Vec<usize>>) -> Option<usize> {
    let near = bands_of(sketch).filter_map(|band| bands.get(&band)).flat_map(|leaders| leaders.iter().take(LOOKED_AT));
    let candidates: BTreeSet<usize> = near.copied().collect();
    let agreement = |n: &usize| items.get(*n)?.likeness.sketch.as_ref().map(|other| sketch.agreement(other));
    let best = candidates.into_iter().filter_map(|n| Some((agreement(&n)?, std::cmp::Reverse(n)))).max()?;
    (best.0 >= NEAR).then_some(best.1.0)
}

/// The thread of each item and how many there are: messages tied by their ids, two different ones at least.
fn threads(items: &[Item]) -> (Vec<Option<u32>>, u64) {
    let mut ties = Ties::default();
    let first = |item: &Item| item.likeness.message.or(item.likeness.refers.first().copied());
    for item in items {
        let Some(own) = first(item) else { continue };
        item.likeness.refers.iter().for_each(|refers| ties.tie(own, *refers));
    }
    let mut messages: BTreeMap<u64, BTreeSet<u64>> = BTreeMap::new();
    let roots: Vec<Option<u64>> = items.iter().map(|item| first(item).map(|own| ties.root(own))).collect();
    for (item, root) in items.iter().zip(&roots) {
        if let (Some(root), Some(own)) = (root, item.likeness.message) {
            messages.entry(*root).or_default().insert(own);
        }
    }
    let mut numbers: BTreeMap<u64, u32> = BTreeMap::new();
    let of_several = |root: &u64| messages.get(root).is_some_and(|messages| messages.len() > 1);
    let mut number = |root: Option<u64>| {
        let root = root.filter(&of_several)?;
        let next = u32::try_from(numbers.len()).unwrap_or(u32::MAX).saturating_add(1);
        Some(*numbers.entry(root).or_insert(next))
    };
    let threads = roots.into_iter().map(&mut number).collect();
    (threads, numbers.len() as u64)
}

/// Which ids hang together: each points to another until one points to none.
#[derive(Default)]
struct Ties(BTreeMap<u64, u64>);

impl Ties {
    fn root(&mut self, id: u64) -> u64 {
        let mut root = id;
        while let Some(next) = self.0.get(&root).copied() {
            root = next;
        }
        let mut at = id;
        while at != root {
            at = self.0.insert(at, root).unwrap_or(root);
        }
        root
    }

    fn tie(&mut self, one: u64, other: u64) {
        let (one, other) = (self.root(one), self.root(other));
        if one != other {
            // The smaller stays, so that the order of messages does not matter.
            self.0.insert(one.max(other), one.min(other));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use assay_model::{ItemCategory, Likeness, Sha256};

    fn item(path: &str, likeness: Likeness) -> Item {
        Item {
            exhibit: ExhibitId::new("LEAK/1"),
            path: ItemPath::of_file(path),
            bytes: 1,
            sha256: Sha256::default(),
            media_type: "text/plain".into(),
            status: ItemStatus::Read,
            category: ItemCategory::Other,
            category_reasons: Vec::new(),
            controller_hints: Vec::new(),
            other_body: None,
            oldest: None,
            newest: None,
            warnings: Vec::new(),
            wants: BTreeSet::new(),
            opened_with: None,
            likeness,
        }
    }

    /// Words of one digest; the sketch differs from that of 0 in its last `changed` minima.
    fn text(words: u8, changed: usize) -> Likeness {
        let sketch =
            std::array::from_fn(|n| n as u16 + if n >= 32 - changed { 1_000 * (1 + u16::from(words)) } else { 0 });
        Likeness { words: Some([words; 16]), sketch: Some(Sketch(sketch)), ..Likeness::default() }
    }

    #[test]
    fn the_same_words_and_near_ones_are_one_group_and_each_keeps_its_place() {
        let mut items = vec![
            item("a.docx", text(1, 0)),
            item("a.pdf", text(1, 0)),
            item("a-draft.docx", text(2, 6)),
            item("other.docx", text(3, 7)),
            item("copy-of-draft.docx", text(2, 6)),
            item("photo.jpg", Likeness::default()),
        ];
        items[4].status = ItemStatus::Duplicate(items[2].exhibit.clone(), items[2].path.clone());
        let alike = alike(&items);
        assert_eq!(alike.near_group, [Some(1), Some(1), Some(1), None, Some(1), None]);
        assert_eq!((alike.contents, alike.same_words, alike.near_groups), (4, 1, 1));
    }

    #[test]
    fn likeness_does_not_chain() {
        // Each differs from the next in five minima, the first and the last in all.
        let minima = |step: usize| std::array::from_fn(|n| if n < step * 5 { 500 + n as u16 } else { n as u16 });
        let of = |step: usize| Likeness {
            words: Some([step as u8; 16]),
            sketch: Some(Sketch(minima(step))),
            ..Likeness::default()
        };
        let items: Vec<Item> = (0..6).map(|step| item(&format!("{step}"), of(step))).collect();
        assert_eq!(alike(&items).near_group, [Some(1), Some(1), Some(2), Some(2), Some(3), Some(3)]);
    }

    #[test]
    fn copies_alone_are_no_group() {
        let mut items = vec![item("a", text(1, 0)), item("b", text(1, 0))];
        items[1].status = ItemStatus::Duplicate(items[0].exhibit.clone(), items[0].path.clone());
        let alike = alike(&items);
        assert_eq!((alike.near_groups, alike.contents), (0, 1));
        assert_eq!(alike.near_group, [None, None]);
    }

    #[test]
    fn messages_hang_together_by_their_ids_even_where_one_is_missing() {
        let message =
            |own, refers: &[u64]| Likeness { message: Some(own), refers: refers.to_vec(), ..Likeness::default() };
        let items = [
            item("alone.eml", message(9, &[])),
            item("second.eml", message(3, &[1])),
            item("third.eml", message(4, &[1, 3])),
            item("second again.eml", message(3, &[1])),
            item("answers what is not held.eml", message(6, &[5])),
            item("so does this.eml", message(7, &[5])),
        ];
        let alike = alike(&items);
        assert_eq!(alike.thread, [None, Some(1), Some(1), Some(1), Some(2), Some(2)]);
        assert_eq!(alike.threads, 2);
    }
}
