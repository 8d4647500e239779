//! What an update replaced: files are changed by appending, and the earlier text is still there.
//!
//! Each earlier state of a file is read as the file that it was; of its pages that were changed since, the lines that the
//! file no longer shows are given as hidden, and so are values of fields. Of many updates the latest are looked at.

use super::content::Painter;
use super::file::{Damage, File};
use super::form;
use super::layout::{self, Block};
use super::object::{Dict, Lexer, Object};
use crate::extract::{Full, Job, Visibility};
use std::collections::BTreeSet;

/// Earlier states looked at: those of a form that is saved again and again differ by little.
const STATES: usize = 8;

/// Pages of one earlier state that are read.
const PAGES: usize = 200;

/// Where the earlier states of a file end, the oldest first.
pub(super) fn ends(bytes: &[u8]) -> Vec<usize> {
    let last = memchr::memmem::rfind(bytes, b"startxref").unwrap_or(0);
    let mut ends = Vec::new();
    for at in memchr::memmem::find_iter(bytes.get(..last).unwrap_or_default(), b"startxref") {
        let mut lexer = Lexer::file(bytes, at + 9);
        // The first part of a file made for slow networks says zero, or points ahead.
        let is_state = lexer.number().is_some_and(|offset| offset > 0 && offset < at as u64);
        lexer.skip_line();
        if is_state && lexer.at < last {
            ends.push(lexer.at);
        }
    }
    ends.split_off(ends.len().saturating_sub(STATES))
}

/// Gives what earlier states say and the file does not: `known` are its lines.
pub(super) fn give(
    job: &mut Job<'_, '_>,
    bytes: &[u8],
    now: &File<'_>,
    mut known: BTreeSet<String>,
) -> Result<(), Full> {
    let fields = fields(now);
    let pages_now: Vec<Vec<usize>> = super::pages(now).into_iter().map(|page| places(now, page)).collect();
    let ends = ends(bytes);
    for (state, end) in (1_u32..).zip(ends) {
        let before = bytes.get(..end).unwrap_or_default();
        let Ok(file) = File::open(before, job.reading.passwords) else { continue };
        if file.damage() > Damage::None {
            continue;
        }
        let mut painter = Painter::new(&file);
        for (number, id) in (1_u32..).zip(super::pages(&file)).take(PAGES) {
            let own = places(&file, id);
            if pages_now.contains(&own) {
                continue;
            }
            let object = file.object(id);
            let Some(page) = object.dict() else { continue };
            let painted = painter.page(page);
            let blocks = layout::blocks(painted.pieces, &painted.rules);
            let gone = blocks.iter().flat_map(lines).filter(|line| known.insert(line.clone())).collect::<Vec<_>>();
            job.out.text(&format!("page {number}, state {state}"), Visibility::Hidden, 1, gone.join("\n"))?;
        }
        let gone: Vec<String> = self::fields(&file).into_iter().filter(|field| !fields.contains(field)).collect();
        let gone: Vec<String> = gone.into_iter().filter(|field| known.insert(field.clone())).collect();
        job.out.text(&format!("form, state {state}"), Visibility::Hidden, 1, gone.join("\n"))?;
    }
    Ok(())
}

/// The lines of a block, cells parted by tabs.
pub(super) fn lines(block: &Block) -> Vec<String> {
    match block {
        Block::Text(text) => text.lines().filter(|line| !line.trim().is_empty()).map(str::to_owned).collect(),
        Block::Table(table) => table.rows.iter().map(|row| row.join("\t")).collect(),
    }
}

fn fields(file: &File<'_>) -> BTreeSet<String> {
    let root = file.get(&file.trailer, b"Root");
    let form = root.dict().map(|root| file.get(root, b"AcroForm"));
    let form = form.as_deref().and_then(Object::dict);
    form.map(|form| form::fields(file, &file.get(form, b"Fields")).into_iter().collect()).unwrap_or_default()
}

/// Where the drawings of a page and of its annotations lie: what was replaced lies elsewhere.
fn places(file: &File<'_>, page: u32) -> Vec<usize> {
    let object = file.object(page);
    let Some(page) = object.dict() else { return Vec::new() };
    let mut places = Vec::new();
    let mut add = |object: &Object| {
        if let Some(stream) = file.resolve(object).stream() {
            places.push(stream.start);
        }
    };
    match &*file.get(page, b"Contents") {
        Object::Array(items) => items.iter().take(1000).for_each(&mut add),
        _ => page.get(b"Contents").into_iter().for_each(&mut add),
    }
    let annotations = file.get(page, b"Annots");
    for annotation in annotations.array().unwrap_or_default().iter().take(1000) {
        let annotation = file.resolve(annotation);
        let appearance = annotation.dict().map(|dict| file.get(dict, b"AP"));
        let normal = appearance.as_deref().and_then(Object::dict).and_then(|found: &Dict| found.get(b"N"));
        normal.into_iter().for_each(&mut add);
    }
    places
}
