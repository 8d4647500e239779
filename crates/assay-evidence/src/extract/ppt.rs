//! PowerPoint presentations of the years before 2007 (97 to 2003): the slides in their order, each with its text, tables,
//! notes and comments; headers and footers, masters' own text, hyperlinks, properties. Embedded objects and pictures are
//! members.
//!
//! The newest version of each slide counts (files grow by appended edits). Prompts of masters are left out. A file whose
//! directory is lost is read record by record, and says so. PowerPoint 95 and older are read as any compound file is.

use super::flow::Flow;
use super::little_endian::{u16_at, u32_at};
use super::office_crypt::{self, Cipher};
use super::ole::{self, Compound};
use super::ole_embedded::{self, Embedded};
use super::ppt_slide::{self, Placeholders, Record, Records};
use super::{Full, Job, ReadSeek, Visibility, Visit, ole_native, ole_other, ole_properties, read_at_most};
use assay_model::{Recovery, UnreadReason};
use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;

const DOCUMENT: u16 = 1000;
const SLIDE: u16 = 1006;
const NOTES: u16 = 1008;
const MASTER: u16 = 1016;
const OBJECT: u16 = 0x1011;

/// Edits that are followed back.
const EDITS: usize = 10_000;

pub(super) fn read(job: &mut Job<'_, '_>) -> Result<(), UnreadReason> {
    let file = Compound::open(job.whole()?)?;
    // Before its properties, which an encrypted presentation may have in the clear: it counts as unread all the same.
    let show = Presentation::open(&file, office_crypt::given(job.reading.passwords))?;
    let properties = ole_properties::give(&file, job.out);
    if !show.is_97 {
        return ole_other::give(&file, job);
    }
    if properties.is_ok() {
        // A limit reached is said by the one who counts.
        let _ = show.give(job);
    }
    if show.encrypted {
        job.out.partial("pictures of an encrypted presentation were not read");
    }
    let _ = ole_embedded::list(job.out, &show.embedded(job.reading.limits.item_bytes));
    Ok(())
}

pub(super) fn visit(input: &mut dyn ReadSeek, visit: &mut Visit<'_>) {
    let most = visit.reading.limits.item_bytes;
    let Ok(file) = read_at_most(input, most).and_then(Compound::open) else { return };
    let Ok(show) = Presentation::open(&file, office_crypt::given(visit.reading.passwords)) else { return };
    if show.is_97 {
        ole_embedded::visit(show.embedded(most), visit);
    } else {
        ole_native::give_objects(ole_native::objects(&file, ole::ROOT), visit);
    }
}

struct Presentation {
    stream: Vec<u8>,
    pictures: Vec<u8>,
    /// Where the newest version of each persistent object is.
    objects: BTreeMap<u32, usize>,
    document: Option<usize>,
    encrypted: bool,
    is_97: bool,
}

/// What the list of slides, or of notes, says of one.
struct Listed {
    object: u32,
    identifier: u32,
    /// Texts of its placeholders, which the slide refers to by number.
    outline: Vec<String>,
}

/// What many slides share, each said once.
#[derive(Default)]
struct Shared {
    headers: BTreeSet<String>,
    footers: BTreeSet<String>,
}

impl Presentation {
    fn open<'p>(file: &Compound, passwords: impl Iterator<Item = &'p str>) -> Result<Self, UnreadReason> {
        // A file for two versions holds the newer in a storage.
        let storage = file.find(ole::ROOT, "PP97_DUALSTORAGE").filter(|storage| !file.is_stream(*storage));
        let storage = storage.unwrap_or(ole::ROOT);
        let stream = file.named(storage, "PowerPoint Document").ok_or(UnreadReason::Corrupt)?;
        let pictures = file.named(storage, "Pictures").unwrap_or_default();
        let is_97 =
            Records::of(&stream).take(64).any(|record| matches!(record.kind, DOCUMENT | SLIDE | 0x0ff5 | MASTER));
        let mut show = Self { stream, pictures, objects: BTreeMap::new(), document: None, encrypted: false, is_97 };
        let user = file.named(storage, "Current User").unwrap_or_default();
        let newest = u32_at(&user, 16).map(|at| at as usize);
        let newest = newest.filter(|at| Record::at(&show.stream, *at).is_some_and(|record| record.kind == 0x0ff5));
        // Without the stream that names it, the newest edit is the last.
        let newest = newest.or_else(|| show.last_edit());
        // Encrypted records are told by their edits alone.
        show.is_97 |= newest.is_some();
        show.directory(newest.unwrap_or(usize::MAX), passwords)?;
        Ok(show)
    }

    fn last_edit(&self) -> Option<usize> {
        let found = memchr::memmem::rfind(&self.stream, &[0xf5, 0x0f, 0x1c, 0, 0, 0])?;
        found.checked_sub(2)
    }

    /// Follows the edits from the newest to the oldest (MS-PPT 2.1.2).
    fn directory<'p>(&mut self, newest: usize, passwords: impl Iterator<Item = &'p str>) -> Result<(), UnreadReason> {
        let mut seen = BTreeSet::new();
        let mut next = newest;
        let (mut document, mut session) = (None, None);
        while seen.len() < EDITS && seen.insert(next) {
            let Some(edit) = Record::at(&self.stream, next).filter(|record| record.kind == 0x0ff5) else { break };
            let field = |at: usize| u32_at(edit.data, at);
            if let Some(directory) = field(12).and_then(|at| Record::at(&self.stream, at as usize)) {
                for (object, at) in persistent(directory.data) {
                    self.objects.entry(object).or_insert(at);
                }
            }
            if document.is_none() {
                document = field(16);
                session = field(28).filter(|_| edit.data.len() >= 32);
            }
            next = field(8).unwrap_or(0) as usize;
        }
        if let Some(session) = session {
            self.decrypt(session, passwords)?;
        }
        self.document = document.and_then(|object| self.objects.get(&object)).copied();
        Ok(())
    }

    fn decrypt<'p>(&mut self, session: u32, passwords: impl Iterator<Item = &'p str>) -> Result<(), UnreadReason> {
        let header = self.objects.get(&session).and_then(|at| Record::at(&self.stream, *at));
        let header = header.ok_or(UnreadReason::Encrypted)?;
        let cipher = Cipher::open(header.data, passwords).ok_or(UnreadReason::Encrypted)?;
        for (object, at) in self.objects.iter().filter(|(object, _)| **object != session) {
            // The header of the record is encrypted together with it, and says how long it is.
            let mut stream = cipher.block(*object);
            let Some((head, body)) = self.stream.get_mut(*at..).and_then(|rest| rest.split_at_mut_checked(8)) else {
                continue;
            };
            stream.apply(head);
            let length = (u32_at(head, 4).unwrap_or(0) as usize).min(body.len());
            body.get_mut(..length).into_iter().for_each(|body| stream.apply(body));
        }
        // Their parts are encrypted one by one; they stay closed.
        self.encrypted = !std::mem::take(&mut self.pictures).is_empty();
        Ok(())
    }

    fn object(&self, object: u32, kind: u16) -> Option<Record<'_>> {
        Record::at(&self.stream, *self.objects.get(&object)?).filter(|record| record.kind == kind)
    }

    fn give(&self, job: &mut Job<'_, '_>) -> Result<(), Full> {
        let document = self.document.and_then(|at| Record::at(&self.stream, at));
        let Some(document) = document.filter(|record| record.kind == DOCUMENT) else { return self.carve(job) };
        let (mut slides, mut notes, mut masters) = (Vec::new(), Vec::new(), Vec::new());
        for list in Records::of(document.data).filter(|record| record.kind == 0x0ff0) {
            match list.instance {
                0 => slides = listed(list.data),
                1 => masters = listed(list.data),
                _ => notes = listed(list.data),
            }
        }
        let mut missing = 0_u32;
        let mut shared = Shared::default();
        for (number, one) in (1_u32..).zip(&slides) {
            if number > job.reading.limits.pages {
                return job.out.full("slides over the limit of this item were not read");
            }
            match self.object(one.object, SLIDE) {
                Some(slide) => self.slide(number, slide, one, &notes, &mut shared, job)?,
                None => {
                    missing += 1;
                    job.out.text(&format!("slide {number}"), Visibility::Shown, 1, one.outline.join("\n"))?;
                }
            }
        }
        if missing > 0 {
            job.out.partial(&format!("slides that are damaged: {missing}"));
            self.carve(job)?;
        }
        self.rest(document, &masters, &mut shared, job)
    }

    fn slide(
        &self,
        number: u32,
        slide: Record<'_>,
        one: &Listed,
        notes: &[Listed],
        shared: &mut Shared,
        job: &mut Job<'_, '_>,
    ) -> Result<(), Full> {
        let cells = job.reading.limits.cells;
        // MS-PPT 2.6.6: the third bit of the flags hides a slide.
        let hides =
            |record: &Record<'_>| record.kind == 0x03f9 && u16_at(record.data, 10).is_some_and(|flags| flags & 4 != 0);
        let hidden = Records::of(slide.data).any(|record| hides(&record));
        let visibility = if hidden { Visibility::Hidden } else { Visibility::Shown };
        let mut flow = Flow::new(&format!("slide {number}"), cells);
        ppt_slide::give(slide.data, &one.outline, &mut flow, Placeholders::Kept);
        flow.finish_as(visibility, job.out)?;
        job.out.text("comment", Visibility::Shown, 1, ppt_slide::comments(slide.data).join("\n"))?;
        shared.take(slide.data);
        // MS-PPT 2.5.10: the first record of a slide names its page of notes.
        let atom = Records::of(slide.data).find(|record| record.kind == 0x03ef);
        let identifier = atom.and_then(|atom| u32_at(atom.data, 16)).filter(|identifier| *identifier != 0);
        let page = identifier.and_then(|wanted| notes.iter().find(|page| page.identifier == wanted));
        if let Some((page, listed)) = page.and_then(|listed| Some((self.object(listed.object, NOTES)?, listed))) {
            let mut flow = Flow::new(&format!("slide {number} notes"), cells);
            ppt_slide::give(page.data, &listed.outline, &mut flow, Placeholders::Kept);
            flow.finish_as(visibility, job.out)?;
            shared.take(page.data);
        }
        Ok(())
    }

    /// Masters, headers and footers, links.
    fn rest(
        &self,
        document: Record<'_>,
        masters: &[Listed],
        shared: &mut Shared,
        job: &mut Job<'_, '_>,
    ) -> Result<(), Full> {
        shared.take(document.data);
        let mut flow = Flow::new("master", job.reading.limits.cells);
        for master in masters {
            for kind in [MASTER, SLIDE] {
                if let Some(page) = self.object(master.object, kind) {
                    ppt_slide::give(page.data, &[], &mut flow, Placeholders::LeftOut);
                    shared.take(page.data);
                }
            }
        }
        flow.finish(job.out)?;
        let joined = |all: &BTreeSet<String>| all.iter().cloned().collect::<Vec<_>>().join("\n");
        job.out.text("header", Visibility::Shown, 1, joined(&shared.headers))?;
        job.out.text("footer", Visibility::Shown, 1, joined(&shared.footers))?;
        let mut links = Vec::new();
        for link in Records::of(document.data)
            .filter(|record| record.kind == 0x0409)
            .flat_map(|list| Records::of(list.data))
            .filter(|record| record.kind == 0x0fd7)
        {
            let text = |instance: u16| {
                let found = Records::of(link.data)
                    .find(|record| record.kind == ppt_slide::STRING && record.instance == instance);
                found.map(|record| ppt_slide::wide(record.data)).unwrap_or_default()
            };
            let (name, target) = (text(0), text(1));
            // Places in the same presentation say nothing.
            let inner = target.is_empty() || target.starts_with('#');
            let line = if inner || target == name { name } else { format!("{name} <{target}>") };
            let line = line.trim().trim_start_matches('#').to_owned();
            if !line.is_empty() && !line.starts_with('_') && !links.contains(&line) && links.len() < 100_000 {
                links.push(line);
            }
        }
        job.out.text("link", Visibility::Shown, 1, links.join("\n"))
    }

    /// Texts of all records that hold some, in the order of the file.
    fn carve(&self, job: &mut Job<'_, '_>) -> Result<(), Full> {
        job.out.partial("the directory of slides is damaged: texts stand in the order of the file");
        let mut lines = Vec::new();
        let mut at = 0;
        while let Some(record) = Record::at(&self.stream, at) {
            lines.extend(ppt_slide::atom(&record));
            at += if record.is_container { 8 } else { 8 + record.data.len() };
        }
        job.out.recovery = Recovery::Carved;
        let given = job.out.text("body", Visibility::Shown, 1, lines.join("\n"));
        job.out.recovery = Recovery::Stored;
        given
    }

    fn embedded(&self, most: u64) -> Vec<Embedded<'_>> {
        let mut all = Vec::new();
        let mut left = most;
        for at in self.objects.values() {
            let Some(record) = Record::at(&self.stream, *at).filter(|record| record.kind == OBJECT) else { continue };
            let content = if record.instance == 1 {
                let mut content = Vec::new();
                let packed = record.data.get(4..).unwrap_or_default();
                // A stream that breaks keeps its beginning.
                let _ = flate2::read::ZlibDecoder::new(packed).take(left).read_to_end(&mut content);
                content
            } else {
                record.data.to_vec()
            };
            left = left.saturating_sub(content.len() as u64);
            let number = all.len() + 1;
            all.extend(ole_embedded::unwrapped(content, number));
        }
        all.extend(ole_embedded::pictures(&self.pictures));
        all
    }
}

impl Shared {
    /// Headers and footers of a page (MS-PPT 2.4.15).
    fn take(&mut self, page: &[u8]) {
        for record in Records::of(page).filter(|record| record.kind == 0x0fd9).flat_map(|list| Records::of(list.data)) {
            let text = if record.kind == ppt_slide::STRING { ppt_slide::wide(record.data) } else { continue };
            match record.instance {
                _ if text.trim().is_empty() => {}
                1 => drop(self.headers.insert(text)),
                _ => drop(self.footers.insert(text)),
            }
        }
    }
}

/// Pairs of an object and its place (MS-PPT 2.3.4).
fn persistent(data: &[u8]) -> Vec<(u32, usize)> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(head) = u32_at(data, at) {
        at += 4;
        for index in 0..head >> 20 {
            let Some(place) = u32_at(data, at) else { return found };
            found.push(((head & 0xf_ffff) + index, place as usize));
            at += 4;
        }
    }
    found
}

fn listed(data: &[u8]) -> Vec<Listed> {
    let mut all: Vec<Listed> = Vec::new();
    let mut begun = false;
    for record in Records::of(data) {
        if record.kind == 0x03f3 {
            let field = |at: usize| u32_at(record.data, at).unwrap_or(0);
            all.push(Listed { object: field(0), identifier: field(12), outline: Vec::new() });
            begun = false;
        }
        let Some(last) = all.last_mut() else { continue };
        if record.kind == ppt_slide::TEXT_HEADER {
            last.outline.push(String::new());
            begun = true;
        }
        if let (Some(text), true) = (ppt_slide::atom(&record).filter(|_| record.kind != ppt_slide::STRING), begun)
            && let Some(place) = last.outline.last_mut()
        {
            *place = text;
        }
    }
    all
}
