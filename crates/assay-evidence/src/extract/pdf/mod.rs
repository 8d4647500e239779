//! PDF: the text of each page as lines and tables, forms, notes, bookmarks, properties; attached files are members.
//!
//! The file is read by our own loader (`file`, `object`, `filter`, `crypt`), object by object and within bounds, and is
//! put together from its objects where its cross-references are lost. Positions, fonts and lines are worked out here
//! (`content`, `font`, `layout`, `table`), since letters and tables are of use only where what stands on one line stays
//! on one line. No page is drawn; its pictures go to recognition where it is nothing else (`scan`) or they may carry text (`pasted`).

mod cmap;
mod content;
mod crypt;
mod encoding;
mod file;
mod filter;
mod font;
mod form;
mod layout;
mod notes;
mod object;
mod pasted;
mod program;
mod revision;
mod scan;
mod survey;
mod table;

use super::picture::{self, NoRecogniser};
use super::{Full, Head, Job, MemberEntry, Names, ReadSeek, Visibility, Visit, read_at_most};
use assay_model::{Cell, Table, UnreadReason, Want};
use content::{Painted, Painter};
use file::{Damage, File};
use filter::Lost;
use form::Form;
use layout::Block;
use notes::Notes;
use object::{Dict, Object};
use pasted::Pasted;
use std::collections::BTreeSet;
use survey::Survey;

/// Nodes of the tree of pages visited, so that a tree that refers to itself ends.
const NODES: usize = 1_000_000;

/// Letters that a page may show over a picture and still be a picture: the line that a fax prints, a stamp, a number.
const FEW: u32 = 300;

/// Letters in no colour above which they are what a recogniser made of the page.
const LAYER: u32 = 20;

pub(super) fn read(job: &mut Job<'_, '_>) -> Result<(), UnreadReason> {
    let bytes = job.whole()?;
    let file = File::open(&bytes, job.reading.passwords)?;
    let survey = Survey::of(&file);
    for (name, stream) in &survey.files {
        let size = file.get(&stream.dict, b"Params").dict().and_then(|found| file.get(found, b"Size").integer());
        let size = size.and_then(|size| u64::try_from(size).ok()).unwrap_or(0);
        if job.out.member(name, size).is_err() {
            break;
        }
    }
    let pages = pages(&file);
    if pages.is_empty() {
        return Err(UnreadReason::Corrupt);
    }
    let form = Form::of(&file);
    let known = (!revision::ends(&bytes).is_empty()).then(BTreeSet::new);
    let mut reader = Reader {
        file: &file,
        painter: Painter::new(&file),
        notes: Notes::default(),
        open: None,
        tally: Tally::default(),
        pasted: Pasted::default(),
        known,
    };
    for (number, page) in (1_u32..).zip(&pages) {
        if number > job.reading.limits.pages {
            job.out.partial("pages over the limit were not read");
            break;
        }
        if reader.page(job, number, *page).is_err() {
            return Ok(());
        }
    }
    let Reader { painter, notes, tally, known, pasted, .. } = reader;
    pasted.say(job);
    if painter.is_incomplete() {
        job.out.partial("some of the drawing is beyond the limit or could not be decoded, and was not read");
    }
    if tally.drawn == 0 && file.damage() > Damage::None {
        return Err(UnreadReason::Corrupt);
    }
    let is_blank = tally.texts == 0 && form.fields.is_empty() && form.captions.is_empty();
    // A limit reached is said by the one who counts.
    let extras = extras(job, &file, form, &notes, &survey);
    if let (Ok(()), Some(known)) = (extras, known) {
        let _ = revision::give(job, &bytes, &file, known);
    }
    match file.damage() {
        Damage::None => {}
        Damage::Mended => job.out.warn("lengths or offsets in the file are wrong: what they mean was found"),
        Damage::Lost => job.out.partial("the file is damaged: what could be found of it was read"),
    }
    if file.is_limited() {
        job.out.partial("parts of the file are beyond the limit and were not read");
    }
    tally.say(job, is_blank)
}

fn extras(job: &mut Job<'_, '_>, file: &File<'_>, form: Form, notes: &Notes, survey: &Survey) -> Result<(), Full> {
    if form.damaged {
        job.out.partial("the form's XML is damaged: its rest was not read");
    }
    job.out.text("form", Visibility::Shown, 1, form.fields.join("\n"))?;
    job.out.text("form captions", Visibility::Shown, 1, form.captions.join("\n"))?;
    job.out.text("comment", Visibility::Shown, 1, notes.shown.join("\n"))?;
    job.out.text("comment", Visibility::Hidden, 1, notes.hidden.join("\n"))?;
    job.out.text("outline", Visibility::Shown, 1, notes::bookmarks(file).join("\n"))?;
    job.out.text("links", Visibility::Hidden, 1, survey.targets.join("\n"))?;
    job.out.text("script", Visibility::Hidden, 1, survey.scripts.join("\n\n"))?;
    job.out.text("properties", Visibility::Shown, 1, notes::properties(file).join("\n"))
}

/// What was and was not read, page by page.
#[derive(Default)]
struct Tally {
    /// Pages that draw anything.
    drawn: u32,
    /// Pages with text.
    texts: u32,
    /// Pages that are pictures, and were not recognised for want of a recogniser.
    pictures: Vec<u32>,
    /// Pages whose pictures could not be decoded.
    undecoded: Vec<u32>,
    /// Pages on which the recogniser failed.
    failed: Vec<u32>,
    /// Pages that are pictures in which no text was found.
    silent: Vec<u32>,
    /// Pages some of whose text is in fonts that do not tell their letters.
    unmapped: Vec<u32>,
}

impl Tally {
    fn say(self, job: &mut Job<'_, '_>, is_blank: bool) -> Result<(), UnreadReason> {
        let unread =
            [&self.pictures, &self.undecoded, &self.failed, &self.unmapped].iter().any(|pages| !pages.is_empty());
        if is_blank && unread {
            return Err(match () {
                () if !self.failed.is_empty() => UnreadReason::Timeout,
                () if !self.undecoded.is_empty() => UnreadReason::Corrupt,
                () => UnreadReason::NoOcr,
            });
        }
        if !self.pictures.is_empty() {
            let words = format!("pages that are pictures and need OCR: {}", listed(&self.pictures));
            job.out.partial_for(Want::Recogniser, &words);
        }
        for (pages, words) in [
            (&self.undecoded, "pages that are pictures which could not be decoded"),
            (&self.failed, "pages that are pictures on which the recogniser failed"),
        ] {
            if !pages.is_empty() {
                job.out.partial(&format!("{words}: {}", listed(pages)));
            }
        }
        if !self.silent.is_empty() {
            job.out.warn(&format!("pages that are pictures in which no text was found: {}", listed(&self.silent)));
        }
        if !self.unmapped.is_empty() {
            let pages = listed(&self.unmapped);
            let words = format!("some text is in fonts that do not say which letters they draw, on pages {pages}");
            job.out.partial_for(Want::Recogniser, &words);
        }
        Ok(())
    }
}

/// Numbers of pages, runs as `3-7`, the first fifty.
fn listed(pages: &[u32]) -> String {
    let mut runs: Vec<(u32, u32)> = Vec::new();
    for page in pages {
        match runs.last_mut() {
            Some((_, last)) if *last + 1 == *page => *last = *page,
            _ => runs.push((*page, *page)),
        }
    }
    let show = |(first, last): &(u32, u32)| if first == last { first.to_string() } else { format!("{first}-{last}") };
    let more = if runs.len() > 50 { ", ..." } else { "" };
    runs.iter().take(50).map(show).collect::<Vec<_>>().join(", ") + more
}

/// A table that may go on overleaf.
struct OpenTable {
    part: String,
    columns: Vec<f32>,
    header: Vec<String>,
    next_row: u32,
}

struct Reader<'d, 'b> {
    file: &'d File<'b>,
    painter: Painter<'d, 'b>,
    notes: Notes,
    open: Option<OpenTable>,
    tally: Tally,
    pasted: Pasted,
    /// The lines given, where earlier states of the file are to be compared with them.
    known: Option<BTreeSet<String>>,
}

impl Reader<'_, '_> {
    fn page(&mut self, job: &mut Job<'_, '_>, number: u32, id: u32) -> Result<(), Full> {
        let object = self.file.object(id);
        let Some(page) = object.dict() else { return Ok(()) };
        self.notes.read(self.file, page);
        let mut painted = self.painter.page(page);
        self.tally.drawn += u32::from(painted.is_drawn);
        let part = format!("page {number}");
        let pieces = std::mem::take(&mut painted.pieces);
        let (hidden, shown): (Vec<_>, Vec<_>) = pieces.into_iter().partition(|piece| piece.hidden);
        let is_picture = painted.is_picture(self.file, page);
        let is_unmapped = painted.unmapped * 3 > painted.codes;
        if !shown.is_empty() && !is_unmapped {
            self.tally.texts += 1;
        }
        if !is_picture && painted.unmapped > 0 {
            self.tally.unmapped.push(number);
        }
        // Nothing but signs for unknown letters is no text.
        let is_unknown = painted.codes > 0 && painted.unmapped == painted.codes;
        let blocks = if is_unknown { Vec::new() } else { layout::blocks(shown, &painted.rules) };
        if let Some(known) = &mut self.known {
            known.extend(blocks.iter().flat_map(revision::lines));
        }
        let beside = !is_picture && painted.invisible <= LAYER;
        let pictures = if beside { std::mem::take(&mut painted.pictures) } else { Vec::new() };
        let pictures = self.pasted.choose(self.file, page, pictures);
        let own = if pictures.is_empty() { BTreeSet::new() } else { pasted::words_of(&blocks) };
        self.give(job, &part, blocks)?;
        for block in layout::blocks(hidden, &[]) {
            match block {
                Block::Text(text) => job.out.text(&part, Visibility::Hidden, 1, text)?,
                Block::Table(table) => job.out.table(&part, Visibility::Hidden, cells(table.rows, 1, false))?,
            }
        }
        if is_picture {
            self.recognise(job, number, page, &painted);
        } else if !pictures.is_empty() {
            self.pasted.read(job, self.file, (number, page), &pictures, &own);
        }
        Ok(())
    }

    fn recognise(&mut self, job: &mut Job<'_, '_>, number: u32, page: &Dict, painted: &Painted) {
        if job.reading.recogniser.is_none() {
            self.tally.pictures.push(number);
            return;
        }
        let Some(sheet) = scan::page(self.file, page, &painted.pictures) else {
            self.tally.undecoded.push(number);
            return;
        };
        match picture::recognise(job.out, job.reading, &sheet, &format!("page {number}")) {
            Ok(found) => {
                self.tally.texts += 1;
                if found.lines == 0 {
                    self.tally.silent.push(number);
                }
            }
            Err(NoRecogniser::Missing) => self.tally.pictures.push(number),
            Err(NoRecogniser::Failed) => self.tally.failed.push(number),
        }
    }

    fn give(&mut self, job: &mut Job<'_, '_>, part: &str, blocks: Vec<Block>) -> Result<(), Full> {
        let mut line = 1_u32;
        let mut tables = 0_u32;
        // Only what comes first on a page goes on with what came last on the one before.
        let mut before = self.open.take();
        for block in blocks {
            match block {
                Block::Text(text) => {
                    let lines = text.lines().count() as u32;
                    job.out.text(part, Visibility::Shown, line, text)?;
                    line = line.saturating_add(lines).saturating_add(1);
                    self.open = None;
                    // A heading of one or two lines is repeated on every page.
                    before = before.filter(|_| lines <= 3 && tables == 0);
                }
                Block::Table(table) => {
                    tables += 1;
                    self.open = Some(give_table(job, &format!("{part}, table {tables}"), before.take(), table)?);
                }
            }
        }
        Ok(())
    }
}

fn give_table(
    job: &mut Job<'_, '_>,
    part: &str,
    before: Option<OpenTable>,
    table: table::Table,
) -> Result<OpenTable, Full> {
    let same = before.filter(|before| {
        before.columns.len() == table.columns.len()
            && before.columns.iter().zip(&table.columns).all(|(one, two)| (one - two).abs() < 6.0)
    });
    let rows = u32::try_from(table.rows.len()).unwrap_or(u32::MAX);
    let header = table.rows.first().cloned().unwrap_or_default();
    let Some(before) = same else {
        job.out.table(part, Visibility::Shown, cells(table.rows, 1, false))?;
        return Ok(OpenTable {
            part: part.to_owned(),
            columns: table.columns,
            header,
            next_row: rows.saturating_add(1),
        });
    };
    // A header that is repeated is given again as a row: its place is counted, and detection knows it.
    let repeated = before.header == header;
    job.out.table(&before.part, Visibility::Shown, cells(table.rows, before.next_row, !repeated))?;
    Ok(OpenTable { next_row: before.next_row.saturating_add(rows), ..before })
}

fn cells(rows: Vec<Vec<String>>, first_row: u32, continued: bool) -> Table {
    let cell = |text: String| if text.is_empty() { Cell::Empty } else { Cell::Text(text.into()) };
    Table { first_row, continued, rows: rows.into_iter().map(|row| row.into_iter().map(cell).collect()).collect() }
}

impl Painted {
    /// Whether a page is a picture with at most a few letters over it, or letters that no one can read.
    fn is_picture(&self, file: &File<'_>, page: &Dict) -> bool {
        if self.pictures.is_empty() || self.invisible > LAYER {
            return false;
        }
        let readable = self.codes.saturating_sub(self.unmapped);
        if readable > FEW {
            return false;
        }
        let [left, bottom, right, top] = content::page_box(file, page).unwrap_or([0.0, 0.0, 612.0, 792.0]);
        let area = ((right - left) * (top - bottom)).abs().max(1.0);
        let covered = |placed: &content::Placed| {
            let [a, b, c, d, ..] = placed.matrix;
            (a * d - b * c).abs()
        };
        let share = self.pictures.iter().map(covered).sum::<f32>() / area;
        // A logo on an empty page is no scan.
        share > if readable == 0 { 0.02 } else { 0.4 }
    }
}

/// Opens the files attached to a document.
pub(super) fn visit(input: &mut dyn ReadSeek, visit: &mut Visit<'_>) {
    let Ok(bytes) = read_at_most(input, visit.reading.limits.item_bytes) else { return };
    let Ok(file) = File::open(&bytes, visit.reading.passwords) else { return };
    let mut names = Names::default();
    for (number, (name, stream)) in (0_u32..).zip(Survey::of(&file).files) {
        let name = names.unique(&name);
        if !visit.range.contains(&number) {
            continue;
        }
        let size = file.get(&stream.dict, b"Params").dict().and_then(|found| file.get(found, b"Size").integer());
        let size = size.and_then(|size| u64::try_from(size).ok()).unwrap_or(0);
        let decoded = file.decoded(&stream, visit.reading.limits.item_bytes);
        let bytes = match decoded.lost {
            Some(Lost::Limit) => Err(UnreadReason::Limit),
            Some(Lost::Damaged) if decoded.bytes.is_empty() => Err(UnreadReason::Corrupt),
            _ => Ok(decoded.bytes),
        };
        (visit.visit)(number, &MemberEntry { name, bytes: size }, bytes);
    }
}

/// The numbers of the pages in order; where the tree of pages is lost, of every page object.
fn pages(file: &File<'_>) -> Vec<u32> {
    let root = file.get(&file.trailer, b"Root");
    let tree = root.dict().and_then(|root| root.get(b"Pages")).cloned();
    let mut pages = Vec::new();
    let mut seen = BTreeSet::new();
    let mut pending: Vec<Object> = tree.into_iter().collect();
    while let Some(object) = pending.pop() {
        let Object::Reference(number) = object else { continue };
        if !seen.insert(number) || seen.len() > NODES {
            continue;
        }
        let node = file.object(number);
        let Some(dict) = node.dict() else { continue };
        match file.get(dict, b"Kids").array() {
            Some(kids) if !dict.is(b"Type", b"Page") => pending.extend(kids.iter().rev().cloned()),
            _ if dict.is(b"Type", b"Pages") => {}
            _ => pages.push(number),
        }
    }
    let declared = root.dict().map(|root| file.get(root, b"Pages"));
    let declared = declared.as_deref().and_then(Object::dict).and_then(|tree| file.get(tree, b"Count").integer());
    if pages.is_empty() || file.damage() > Damage::None && declared.is_some_and(|count| count > pages.len() as i64) {
        let known: BTreeSet<u32> = pages.iter().copied().collect();
        let is_page = |number: &u32| file.object(*number).dict().is_some_and(|dict| dict.is(b"Type", b"Page"));
        pages.extend(file.numbers().into_iter().filter(|number| !known.contains(number) && is_page(number)));
    }
    pages
}

/// Whether this is FDF: what was filled into a form, apart from it.
pub(super) fn is_filled_in(head: &Head<'_>) -> bool {
    head.first.starts_with(b"%FDF-")
}

/// Reads FDF.
pub(super) fn read_filled_in(job: &mut Job<'_, '_>) -> Result<(), UnreadReason> {
    let bytes = job.whole()?;
    let file = File::open(&bytes, job.reading.passwords)?;
    // A limit reached is said by the one who counts.
    let _ = job.out.text("form", Visibility::Shown, 1, form::filled_in(&file).join("\n"));
    Ok(())
}
