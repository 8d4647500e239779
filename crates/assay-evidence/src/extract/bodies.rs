//! The wordings of one body: plain text, a page, rich text. What they all say is given once; what only one of them says is
//! not lost.

use super::html::Page;
use super::{Full, Out, Reading, Visibility, rtf, text};

/// The wordings of one body.
#[derive(Default)]
pub(super) struct Bodies {
    pub(super) plain: String,
    pub(super) html: Vec<String>,
    pub(super) rich: Vec<Vec<u8>>,
    /// A wording that could not be read.
    pub(super) damaged: bool,
}

/// Hands a body over: the page where it has what the text has not (tables count), the text where the page says no more,
/// and both where each says something of its own.
pub(super) fn give(out: &mut Out<'_>, reading: &Reading<'_>, bodies: Bodies) -> Result<(), Full> {
    let Bodies { plain, html, rich, damaged } = bodies;
    let plain = text::normalised(plain);
    let plain = plain.trim_end();
    let is_blank = plain.trim().is_empty();
    if damaged && is_blank && html.is_empty() && rich.is_empty() {
        out.partial("a body in compressed rich text is damaged");
    }
    if html.is_empty() && rich.is_empty() {
        return out.text("body", Visibility::Shown, 1, plain.to_owned());
    }
    if html.is_empty() {
        // Rich text is what its writer saw; the plain text was made of it.
        if !is_blank {
            return out.text("body", Visibility::Shown, 1, plain.to_owned());
        }
        return rich.iter().try_for_each(|rich| rtf::give(out, reading, rich));
    }
    let mut pages: Vec<Page> = html.iter().map(|html| Page::of(html, reading.limits.cells)).collect();
    let mut of_pages = Vec::new();
    let mut tables = false;
    for page in &mut pages {
        page.flow.words(&mut of_pages);
        tables |= page.flow.has_table();
    }
    let mut of_plain: Vec<u64> = plain.split_whitespace().filter(|word| !is_link(word)).filter_map(solid).collect();
    for words in [&mut of_pages, &mut of_plain] {
        words.sort_unstable();
        words.dedup();
    }
    let lost_plain = !of_plain.iter().all(|word| of_pages.binary_search(word).is_ok());
    let lost_pages = !of_pages.iter().all(|word| of_plain.binary_search(word).is_ok());
    if !is_blank && !tables && !lost_pages {
        return out.text("body", Visibility::Shown, 1, plain.to_owned());
    }
    pages.into_iter().try_for_each(|page| page.give(out))?;
    if lost_plain {
        out.text("alternative", Visibility::Shown, 1, plain.to_owned())?;
    }
    Ok(())
}

/// What programs write into the text where the page has a link or a picture.
fn is_link(word: &str) -> bool {
    word.contains("://") || word.contains("mailto:") || word.contains("tel:") || word.contains("cid:")
}

/// A word by its letters and digits alone, as a number: marks of quotation and emphasis differ between wordings.
pub(super) fn solid(word: &str) -> Option<u64> {
    // FNV-1a: any two words of a message clash with a chance of one in 2^40.
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    let mut any = false;
    for character in word.chars().filter(|character| character.is_alphanumeric()) {
        any = true;
        hash = (hash ^ u64::from(u32::from(character))).wrapping_mul(0x0100_0000_01b3);
    }
    any.then_some(hash)
}
