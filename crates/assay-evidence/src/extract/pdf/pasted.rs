//! Pictures on pages that also have text: scanned letters with a stamp or a header over them, letters pasted into a document.
//!
//! Which of them may carry text is told by their size on the page and by their pixels; what stands on every page (letterheads,
//! backgrounds) is looked at once. What is recognised is left out where the page's own text says the same. On pages that have
//! the layer of a recogniser nothing is recognised again.

use super::content::{self, Placed};
use super::file::File;
use super::layout::Block;
use super::object::Dict;
use super::{revision, scan};
use crate::extract::Job;
use crate::extract::picture::{self, NoRecogniser};
use assay_model::Want;
use std::collections::BTreeSet;

/// Pages of a document whose pictures are looked at so.
const PAGES: u32 = 100;

/// The least share of a page that a picture or a strip of one covers, of its width that it is long, and of the page that all
/// cover together: half a line, no logo, a paragraph.
const STRIP: f32 = 0.003;
const LONG: f32 = 0.25;
const TOGETHER: f32 = 0.04;

/// Dots an inch below which no letter of print can be read.
const COARSE: f32 = 50.0;

/// Pictures pasted into the pages of a document, as far as it was read.
#[derive(Default)]
pub(super) struct Pasted {
    seen: BTreeSet<u32>,
    looked: u32,
    /// Pages whose pictures were not looked at: for want of a recogniser, since it failed, beyond the limit, undecodable.
    missing: Vec<u32>,
    failed: Vec<u32>,
    over: Vec<u32>,
    undecoded: Vec<u32>,
    /// Pages whose pictures were looked at, and gave nothing.
    silent: Vec<u32>,
}

impl Pasted {
    /// The pictures of a page that may carry text that was not looked at before.
    pub(super) fn choose(&mut self, file: &File<'_>, page: &Dict, mut pictures: Vec<Placed>) -> Vec<Placed> {
        let [left, bottom, right, top] = content::page_box(file, page).unwrap_or([0.0, 0.0, 612.0, 792.0]);
        let area = ((right - left) * (top - bottom)).abs().max(1.0);
        let share = |placed: &Placed| {
            let [a, b, c, d, ..] = placed.matrix;
            let share = (a * d - b * c).abs() / area;
            if share.is_finite() { share.min(1.0) } else { 0.0 }
        };
        let length = |placed: &Placed| {
            let [a, b, c, d, ..] = placed.matrix;
            a.hypot(b).max(c.hypot(d))
        };
        pictures.retain(|placed| {
            share(placed) >= STRIP
                && length(placed) >= LONG * (right - left).abs()
                && scan::dots(file, placed).is_some_and(|dots| dots >= COARSE)
                && placed.number.is_none_or(|number| !self.seen.contains(&number))
        });
        if pictures.iter().map(share).sum::<f32>() < TOGETHER {
            return Vec::new();
        }
        self.seen.extend(pictures.iter().filter_map(|placed| placed.number));
        pictures
    }

    /// Has pictures of a page recognised, and gives what the page's own text does not say.
    pub(super) fn read(
        &mut self,
        job: &mut Job<'_, '_>,
        file: &File<'_>,
        (number, page): (u32, &Dict),
        pictures: &[Placed],
        own: &BTreeSet<String>,
    ) {
        if job.reading.recogniser.is_none() {
            self.missing.push(number);
            return;
        }
        if self.looked >= PAGES {
            self.over.push(number);
            return;
        }
        self.looked += 1;
        let Some(sheet) = scan::of_pictures(file, page, pictures) else {
            self.undecoded.push(number);
            return;
        };
        match picture::words(job.reading, &sheet) {
            Ok(Some(found)) if found.is_legible() => {
                if !repeats(&found.text(), own) {
                    found.give(job.out, &format!("page {number}, picture"));
                }
            }
            Ok(_) => self.silent.push(number),
            Err(NoRecogniser::Missing) => self.missing.push(number),
            Err(NoRecogniser::Failed) => self.failed.push(number),
        }
    }

    /// Says what was not read.
    pub(super) fn say(self, job: &mut Job<'_, '_>) {
        if !self.missing.is_empty() {
            let pages = super::listed(&self.missing);
            let words = format!("pictures beside text were not looked at, which needs OCR, on pages: {pages}");
            job.out.partial_for(Want::Recogniser, &words);
        }
        for (pages, words) in [
            (&self.failed, "pictures beside text on which the recogniser failed, on pages"),
            (&self.undecoded, "pictures beside text which could not be decoded, on pages"),
            (&self.over, "pictures beside text beyond the limit were not looked at, on pages"),
        ] {
            if !pages.is_empty() {
                job.out.partial(&format!("{words}: {}", super::listed(pages)));
            }
        }
        if !self.silent.is_empty() {
            let pages = super::listed(&self.silent);
            job.out.warn(&format!("pictures beside text in which no text was found, on pages: {pages}"));
        }
    }
}

/// The words of a page's own text, as far as they tell anything.
pub(super) fn words_of(blocks: &[Block]) -> BTreeSet<String> {
    blocks.iter().flat_map(revision::lines).flat_map(|line| words(&line)).collect()
}

fn words(text: &str) -> Vec<String> {
    let parts = text.split(|character: char| !character.is_alphanumeric());
    parts.filter(|word| word.chars().count() >= 3).map(str::to_lowercase).collect()
}

/// Whether most words of a picture stand in the page's own text, too: it lies under or over the picture.
fn repeats(found: &str, own: &BTreeSet<String>) -> bool {
    let found = words(found);
    let known = found.iter().filter(|word| own.contains(*word)).count();
    !found.is_empty() && known * 10 >= found.len() * 6
}
