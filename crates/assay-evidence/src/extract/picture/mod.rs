//! Pictures: decoded here to grey pixels, made ready for recognition, and what is recognised given as passages.
//!
//! `decode` and its neighbours read file formats, `prepare` makes text upright, even and of a size that recognisers like,
//! `lines` makes passages of words, `properties` gives what cameras and programs wrote into the file. Handwriting and
//! what a photograph shows are not described.

use super::{Head, Job, Out, Reading};
use assay_model::UnreadReason;

mod bitmap;
mod bits;
mod decode;
mod geometry;
mod lines;
mod lossless;
mod prepare;
mod properties;
mod tiff;

pub(super) use super::recognise::{Layout, NoRecogniser, Picture, RecognisedWord, Recogniser};
pub(super) use bits::{Bits, jbig2_page, jpeg2000};
pub(super) use decode::{Channels, grey, jpeg, pixels};
pub(super) use lines::Page;
pub(super) use lossless::lossless;

/// What recognition made of one picture.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Recognised {
    /// Lines given.
    pub(super) lines: u32,
    /// Mean confidence in their words, per cent.
    pub(super) confidence: u8,
}

/// Said of an item in whose pictures nothing was recognised.
pub(super) const NO_TEXT: &str = "no text was found in the pictures of this item";
const ILLEGIBLE: &str = "a picture looks like text that could not be made out";
pub(super) const FAILED: &str = "the recogniser failed on a picture in this item";

/// Whether a file is of the Netpbm formats; those written out in digits look like text and need their name, too.
pub(super) fn is_netpbm(head: &Head<'_>) -> bool {
    match head.first.as_slice() {
        [b'P', b'4'..=b'6', space, next, ..] | [b'P', b'1'..=b'3', space, next, ..] => {
            let raw = matches!(head.first.get(1), Some(b'4'..=b'6'));
            space.is_ascii_whitespace()
                && (next.is_ascii_digit() || *next == b'#')
                && (raw || head.named(&[".pbm", ".pgm", ".ppm", ".pnm"]))
        }
        _ => false,
    }
}

/// Reads a file that is a picture.
pub(super) fn read(job: &mut Job<'_, '_>) -> Result<(), UnreadReason> {
    // What was not looked at is counted as such, even where the file's properties could be had.
    if job.reading.recogniser.is_none() {
        return Err(UnreadReason::NoOcr);
    }
    let bytes = job.whole()?;
    let mut failed = None;
    let mut read = false;
    let mut lines = 0;
    let (reading, out) = (job.reading, &mut *job.out);
    let pages = decode::each(&bytes, reading.limits.pages, &mut |part, page| {
        let page = page.and_then(|picture| {
            recognise(out, reading, &picture, part).map_err(|none| match none {
                NoRecogniser::Missing => UnreadReason::NoOcr,
                NoRecogniser::Failed => UnreadReason::Timeout,
            })
        });
        match page {
            Ok(found) => {
                read = true;
                lines += found.lines;
            }
            Err(reason) => failed = failed.or(Some(reason)),
        }
    });
    pages.warnings.iter().for_each(|warning| job.out.partial(warning));
    if read && lines == 0 {
        job.out.warn(NO_TEXT);
    }
    properties::give(&bytes, job.out);
    match failed {
        Some(UnreadReason::Timeout) => job.out.partial(FAILED),
        Some(_) if read => job.out.partial("pages of this item could not be read"),
        _ => {}
    }
    match failed {
        Some(reason) if !read => Err(reason),
        _ => Ok(()),
    }
}

/// Has the text of a picture recognised and gives it as passages of `part`.
///
/// Nothing is given, and nothing is wrong, where a picture holds no text or is too small to hold any. The caller says what a
/// missing or failing recogniser means for the item.
pub(super) fn recognise(
    out: &mut Out<'_>,
    reading: &Reading<'_>,
    picture: &Picture,
    part: &str,
) -> Result<Recognised, NoRecogniser> {
    Ok(words(reading, picture)?.map_or_else(Recognised::default, |page| {
        if page.is_legible() {
            return page.give(out, part);
        }
        out.warn(ILLEGIBLE);
        Recognised::default()
    }))
}

/// What is written in a picture, where anything is; it may be illegible.
pub(super) fn words(reading: &Reading<'_>, picture: &Picture) -> Result<Option<Page>, NoRecogniser> {
    let Some(recogniser) = reading.recogniser else { return Err(NoRecogniser::Missing) };
    let Some(ready) = prepare::ready(picture) else { return Ok(None) };
    let best = most_legible(recogniser, ready)?;
    Ok((!best.words.is_empty()).then(|| Page::of(best.words)))
}

/// An attempt at a picture.
#[derive(Default)]
struct Attempt {
    words: Vec<RecognisedWord>,
    /// Letters of words that look like words, weighted by the confidence in them.
    score: u64,
    /// Words of some length that are beyond doubt: noise has next to none, print held any way has some.
    sure: usize,
    /// Mean confidence, per cent.
    mean: u64,
}

impl Attempt {
    fn of(words: Vec<RecognisedWord>) -> Self {
        let letters = |word: &RecognisedWord| word.text.chars().filter(|c| c.is_alphanumeric()).count() as u64;
        let all: u64 = words.iter().map(letters).sum();
        let sure: u64 = words.iter().map(|word| letters(word) * u64::from(word.confidence)).sum();
        let score = words.iter().filter(|word| word.confidence >= 40 && letters(word) >= 2);
        let score = score.map(|word| letters(word) * u64::from(word.confidence)).sum();
        let beyond_doubt = words.iter().filter(|word| word.confidence >= 60 && letters(word) >= 3).count();
        Self { score, sure: beyond_doubt, mean: sure.checked_div(all).unwrap_or(0), words }
    }

    /// Sure enough that no other way to hold the page need be tried.
    fn is_good(&self) -> bool {
        self.mean >= 70 && self.score >= 300
    }

    /// Whether it reads like noise: one word in thirty is beyond doubt by chance. Few words tell nothing.
    fn is_noise(&self) -> bool {
        self.words.len() >= FEW && self.sure <= self.words.len() / 30
    }
}

/// The words of a picture, held in the way in which they read best.
///
/// A page whose lines run down is turned first; upside down shows only in what is recognised. A page that reads well costs one
/// attempt. For others a stretch of a few lines, which costs little, tells which way to hold the whole, and that there is
/// nothing to read: rows of noise would cost ten times what a page of print does.
fn most_legible(recogniser: &dyn Recogniser, ready: prepare::Ready) -> Result<Attempt, NoRecogniser> {
    let page = |picture: &Picture| Ok(Attempt::of(recogniser.words(picture, Layout::Page)?));
    let sparse = |picture: &Picture| Ok(Attempt::of(recogniser.words(picture, Layout::Sparse)?));
    // A search among thousands of specks takes minutes, and finds none.
    let may_hold_words = (prepare::FEW_MARKS..=prepare::PRINT).contains(&ready.marks);
    if !ready.looks_written {
        let mut best = page(&ready.picture)?;
        if best.score == 0 && may_hold_words {
            best = better(best, sparse(&ready.picture)?);
        }
        return Ok(best);
    }
    let mut stretches = Vec::new();
    if ready.is_doubtful {
        stretches = prepare::stretches(&ready.picture);
        // One as it lies and another upside down: print shows in one of them.
        let mut hopeful = false;
        for (turn, stretch) in [0, 2].into_iter().zip(&stretches) {
            hopeful = hopeful || !page(&geometry::quarters(&stretch.picture, turn))?.is_noise();
        }
        if !hopeful && stretches.len() == 2 {
            return Ok(Attempt::default());
        }
    }
    let mut best = page(&ready.picture)?;
    if best.is_good() {
        return Ok(best);
    }
    if stretches.is_empty() {
        stretches = prepare::stretches(&ready.picture);
    }
    let turns: &[u8] = if ready.axis_unsure { &[2, 1, 3] } else { &[2] };
    if let Some(stretch) = stretches.first() {
        let own = Attempt::of(best.words.iter().filter(|word| stretch.holds(word)).cloned().collect());
        for quarters in turns {
            let turned = page(&geometry::quarters(&stretch.picture, *quarters))?;
            if turned.score > own.score + own.score / 8 && !turned.is_noise() {
                best = better(best, page(&geometry::quarters(&ready.picture, *quarters))?);
                if best.is_good() {
                    return Ok(best);
                }
            }
        }
    } else {
        for quarters in turns {
            best = better(best, page(&geometry::quarters(&ready.picture, *quarters))?);
        }
    }
    if (best.mean < 60 || best.score < 300) && !best.is_noise() && may_hold_words {
        best = better(best, sparse(&ready.picture)?);
    }
    Ok(best)
}

/// Words below which nothing is judged by how many of them are sure.
const FEW: usize = 8;

/// The second only where it is clearly better: two readings of noise differ by chance.
fn better(first: Attempt, second: Attempt) -> Attempt {
    if second.score > first.score + first.score / 8 { second } else { first }
}
