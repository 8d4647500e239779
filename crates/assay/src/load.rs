//! Back from the segments: everything that was read and has a receipt, in the order of the case.

use crate::case::{Case, scan_settings};
use crate::copies;
use arrow_array::RecordBatch;
use assay_analysis::gateway::GatewaySource;
use assay_case::sealed::SealedExhibit;
use assay_case::segment::SegmentStore;
use assay_case::{CaseFile, Store};
use assay_engine::wire::{
    MentionRecord, Rows, TableId, gateway_sessions_into, gateway_sources_of, items_of, listed_of, loose_of,
    mentions_of, passwords_of,
};
use assay_model::{ExhibitId, Finding, FoundPassword, Item, ItemPath, ListedFile, Locator};
use rayon::prelude::*;
use std::collections::{BTreeMap, HashMap};

/// Everything read, in the order of the case.
#[derive(Default)]
pub(crate) struct Read {
    pub(crate) items: Vec<Item>,
    pub(crate) mentions: Vec<MentionRecord>,
    pub(crate) sources: Vec<GatewaySource>,
    /// Findings beside nobody that may harm all the same.
    pub(crate) loose: Vec<Finding>,
    /// Files that listings name.
    pub(crate) listed: Vec<ListedFile>,
}

/// Everything that has a receipt and belongs to the exhibits at hand, in the order of the case: exhibit, path, number. Copies
/// of files that were read once are among the items.
pub(crate) fn read(
    file: &CaseFile,
    store: &Store,
    exhibits: &[SealedExhibit],
    fingerprint: &str,
) -> anyhow::Result<Read> {
    let batches = store.journal.batches(fingerprint)?;
    let segments = &store.segments;
    let batches = batches.par_iter().map(|of_one| of_batch(segments, of_one));
    let batches = batches.collect::<anyhow::Result<Vec<Read>>>()?;
    // The last reading of an item stands, and what was found in it with it.
    let mut last: BTreeMap<(ExhibitId, ItemPath), usize> = BTreeMap::new();
    let mut again = false;
    for (n, batch) in batches.iter().enumerate() {
        for item in &batch.items {
            again |= last.insert((item.exhibit.clone(), item.path.clone()), n).is_some();
        }
    }
    let stands = |n: usize, exhibit: &ExhibitId, path: &ItemPath| {
        // Most cases have nothing that was read again, and millions of mentions.
        !again || last.get(&(exhibit.clone(), path.clone())) == Some(&n)
    };
    let mut read = Read::default();
    for (n, batch) in batches.into_iter().enumerate() {
        let here = |locator: &Locator| stands(n, &locator.exhibit, &locator.path);
        read.items.extend(batch.items.into_iter().filter(|item| stands(n, &item.exhibit, &item.path)));
        read.mentions.extend(batch.mentions.into_iter().filter(|record| here(&record.mention.locator)));
        read.sources.extend(batch.sources.into_iter().filter(|source| stands(n, &source.exhibit, &source.path)));
        read.loose.extend(batch.loose.into_iter().filter(|finding| here(&finding.locator)));
        read.listed.extend(batch.listed.into_iter().filter(|file| stands(n, &file.exhibit, &file.item)));
    }
    copies::add(&scan_settings(file), exhibits, &mut read.items)?;
    // Rows of a register that gave its place in the case file to another are passed over.
    let place = places(exhibits);
    read.items.retain(|item| place(&item.exhibit, &item.path).is_some());
    read.sources.retain(|source| place(&source.exhibit, &source.path).is_some());
    read.loose.retain(|finding| place(&finding.locator.exhibit, &finding.locator.path).is_some());
    read.listed.retain(|file| place(&file.exhibit, &file.item).is_some());
    // A listing's lines keep their order: one item lies in one batch.
    read.listed.sort_by(|a, b| (place(&a.exhibit, &a.item), &a.item).cmp(&(place(&b.exhibit, &b.item), &b.item)));
    read.items.sort_by(|a, b| (place(&a.exhibit, &a.path), &a.path).cmp(&(place(&b.exhibit, &b.path), &b.path)));
    let mut rank = ranks(&read.items);
    read.mentions.retain(|record| rank(&record.mention.locator).is_some());
    read.mentions.sort_by_cached_key(|record| (rank(&record.mention.locator), record.ordinal));
    read.loose.sort_by(|a, b| {
        let (x, y) = (&a.locator, &b.locator);
        let key = |at: &Locator| (place(&at.exhibit, &at.path), at.path.clone(), at.place.clone());
        key(x).cmp(&key(y))
    });
    read.sources.sort_by(|a, b| (place(&a.exhibit, &a.path), &a.path).cmp(&(place(&b.exhibit, &b.path), &b.path)));
    Ok(read)
}

/// The passwords that stand in an exhibit's items, in the order of the batches; one may come several times.
pub(crate) fn passwords_in(case: &Case, fingerprint: &str) -> anyhow::Result<Vec<FoundPassword>> {
    let mut passwords = Vec::new();
    for segments in case.store.journal.batches(fingerprint)? {
        let rows = table(&case.store.segments, &segments, TableId::Password)?;
        passwords.extend(passwords_of(&Rows::from_batch(TableId::Password, &rows)?)?);
    }
    Ok(passwords)
}

/// Everything in the segments of a batch.
fn of_batch(store: &SegmentStore, segments: &[String]) -> anyhow::Result<Read> {
    let [items, mentions, findings, sources, loose, listed] =
        [TableId::Item, TableId::Mention, TableId::Finding, TableId::GatewaySource, TableId::Loose, TableId::Listed]
            .map(|id| table(store, segments, id));
    let mentions = mentions_of(
        &Rows::from_batch(TableId::Mention, &mentions?)?,
        &Rows::from_batch(TableId::Finding, &findings?)?,
    )?;
    let mut sources = gateway_sources_of(&Rows::from_batch(TableId::GatewaySource, &sources?)?)?;
    for segment in segments.iter().filter(|segment| is_of(segment, TableId::GatewaySession)) {
        let sessions = store.read(segment)?;
        gateway_sessions_into(&mut sources, &Rows::from_batch(TableId::GatewaySession, &sessions)?)?;
    }
    Ok(Read {
        items: items_of(&Rows::from_batch(TableId::Item, &items?)?)?,
        mentions,
        sources,
        loose: loose_of(&Rows::from_batch(TableId::Loose, &loose?)?)?,
        listed: listed_of(&Rows::from_batch(TableId::Listed, &listed?)?)?,
    })
}

/// One table of a batch; empty where the batch has none of it.
fn table(store: &SegmentStore, segments: &[String], table: TableId) -> anyhow::Result<RecordBatch> {
    match segments.iter().find(|segment| is_of(segment, table)) {
        Some(segment) => Ok(store.read(segment)?),
        None => Ok(RecordBatch::new_empty(table.schema())),
    }
}

fn is_of(segment: &str, table: TableId) -> bool {
    segment.rsplit_once('-').is_some_and(|(name, _)| name == table.as_str())
}

/// The place of a locator's item among these; most that are asked for follow one of the same item.
fn ranks(items: &[Item]) -> impl FnMut(&Locator) -> Option<usize> + use<> {
    let ranks: HashMap<(ExhibitId, ItemPath), usize> =
        items.iter().enumerate().map(|(n, item)| ((item.exhibit.clone(), item.path.clone()), n)).collect();
    let mut last = None;
    move |locator| {
        let item = (locator.exhibit.clone(), locator.path.clone());
        match &last {
            Some((known, rank)) if *known == item => *rank,
            _ => {
                let rank = ranks.get(&item).copied();
                last = Some((item, rank));
                rank
            }
        }
    }
}

/// The place of an item's exhibit in the case, where the item's file is one of those sealed.
fn places(exhibits: &[SealedExhibit]) -> impl Fn(&ExhibitId, &ItemPath) -> Option<usize> {
    let known: BTreeMap<(&ExhibitId, &str), usize> = exhibits
        .iter()
        .enumerate()
        .flat_map(|(n, sealed)| sealed.files.iter().map(move |f| ((&sealed.exhibit.id, f.path.as_str()), n)))
        .collect();
    move |exhibit, path| {
        let file = path.as_str().split('!').next().unwrap_or_default();
        known.get(&(exhibit, file)).copied()
    }
}
