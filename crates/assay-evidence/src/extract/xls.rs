//! Excel workbooks of the years before 2007 (BIFF8, BIFF5 and 7 of Excel 5 and 95, BIFF2 to 4 of the sheets before them):
//! every sheet, hidden ones and hidden rows too, with typed cells as they are shown; comments, texts and pictures of
//! drawings, charts, headers and footers, links, lists of allowed values, names, pivot caches, and the cells kept of other
//! workbooks. Embedded objects are members.
//!
//! An own reader: sheets are walked record by record and handed on, whatever rectangle they claim. Formulas stand as
//! their last value. Hidden columns stay with their rows, since a row is one record, and are counted in a warning. Macros
//! and logs of shared workbooks are not read.

use super::little_endian::{u16_at, u32_at};
use super::number_format::{Epoch, NumberFormat};
use super::ole::{self, Compound};
use super::ole_embedded::{self, Embedded};
use super::xls_records::{END, Pieces, Records, Strings, decrypt, is_begin};
use super::xls_sheet::{self, Beside};
use super::{
    Full, Job, Limits, ReadSeek, Visibility, Visit, charset, ole_other, ole_properties, read_at_most, xls_cache,
};
use assay_model::{Sensitive, UnreadReason};
use encoding_rs::WINDOWS_1252;
use std::collections::{BTreeMap, BTreeSet};

/// Sheets of one workbook.
const SHEETS: usize = 65_536;

pub(super) fn read(job: &mut Job<'_, '_>) -> Result<(), UnreadReason> {
    let file = match Compound::parse(job.whole()?) {
        Ok(file) => file,
        Err(bytes) => return ole_other::damaged(job, bytes),
    };
    let stream = stream(&file, job.reading.passwords)?;
    if ole_properties::give(&file, job.out).is_ok() {
        let given = workbook(&stream, job)?;
        // A limit reached is said by the one who counts.
        let _ = given.and_then(|()| xls_cache::pivots(&file, job));
    }
    let _ = ole_embedded::list(job.out, &embedded(&file, &drawings(&stream)));
    Ok(())
}

/// A sheet or workbook that lies in no compound file, as Excel before 5 wrote them.
pub(super) fn read_bare(job: &mut Job<'_, '_>) -> Result<(), UnreadReason> {
    let mut stream = job.whole()?;
    decrypt(&mut stream, job.reading.passwords)?;
    workbook(&stream, job).map(drop)
}

pub(super) fn visit(input: &mut dyn ReadSeek, visit: &mut Visit<'_>) {
    let Ok(file) = read_at_most(input, visit.reading.limits.item_bytes).and_then(Compound::open) else { return };
    let Ok(stream) = stream(&file, visit.reading.passwords) else { return };
    ole_embedded::visit(embedded(&file, &drawings(&stream)), visit);
}

/// The workbook's stream in the clear.
fn stream(file: &Compound, passwords: &[Sensitive<String>]) -> Result<Vec<u8>, UnreadReason> {
    let stream = file.named(ole::ROOT, "Workbook").filter(|stream| !stream.is_empty());
    let mut stream = stream.or_else(|| file.named(ole::ROOT, "Book")).ok_or(UnreadReason::Corrupt)?;
    decrypt(&mut stream, passwords)?;
    Ok(stream)
}

/// The drawings of all sheets together, which hold the pictures.
fn drawings(stream: &[u8]) -> Vec<u8> {
    let mut all = Vec::new();
    let mut records = Records::new(stream, 0);
    while let Some((kind, data)) = records.next() {
        match kind {
            0xeb => all.extend(records.continued(data).into_iter().flatten()),
            END => break,
            _ => {}
        }
    }
    all
}

fn embedded<'a>(file: &'a Compound, drawings: &'a [u8]) -> Vec<Embedded<'a>> {
    let is_object = |name: &str| name.starts_with("MBD") || name.starts_with("LNK");
    let mut all = ole_embedded::objects_in(file, ole::ROOT, &is_object);
    all.extend(ole_embedded::pictures(drawings));
    all
}

fn workbook(stream: &[u8], job: &mut Job<'_, '_>) -> Result<Result<(), Full>, UnreadReason> {
    let workbook = Workbook::read(stream, job.reading.limits)?;
    if workbook.cut {
        job.out.partial("the workbook's strings are damaged");
    }
    let mut beside = Beside::default();
    for sheet in &workbook.sheets {
        if xls_sheet::give(&workbook, sheet, job, &mut beside).is_err() {
            return Ok(Err(Full));
        }
    }
    if beside.hidden_columns > 0 {
        job.out.warn(&format!("hidden columns are among those given: {}", beside.hidden_columns));
    }
    beside.headers.dedup();
    beside.footers.dedup();
    let given = [
        ("header", Visibility::Shown, &beside.headers),
        ("footer", Visibility::Shown, &beside.footers),
        ("comment", Visibility::Shown, &beside.comments),
        ("drawing", Visibility::Shown, &beside.drawings),
        ("name", Visibility::Hidden, &workbook.names),
        ("rule", Visibility::Hidden, &beside.rules),
        ("link", Visibility::Hidden, &beside.links),
        ("phonetic", Visibility::Hidden, &workbook.phonetic.iter().cloned().collect()),
    ]
    .into_iter()
    .try_for_each(|(part, visibility, lines)| job.out.text(part, visibility, 1, lines.join("\n")));
    Ok(given.and_then(|()| xls_cache::others(stream, workbook.strings_kept, job)))
}

pub(super) struct Sheet {
    pub(super) name: String,
    pub(super) start: usize,
    pub(super) hidden: bool,
}

/// What all sheets share.
pub(super) struct Workbook<'s> {
    pub(super) stream: &'s [u8],
    /// Two to five, and eight.
    pub(super) version: u8,
    pub(super) strings_kept: Strings,
    pub(super) epoch: Epoch,
    sheets: Vec<Sheet>,
    pub(super) strings: Vec<String>,
    phonetic: BTreeSet<String>,
    names: Vec<String>,
    cut: bool,
    formats: BTreeMap<u16, NumberFormat>,
    /// The formats of cells by the number that they give.
    pub(super) styles: Vec<NumberFormat>,
}

impl<'s> Workbook<'s> {
    fn read(stream: &'s [u8], limits: &Limits) -> Result<Self, UnreadReason> {
        let mut records = Records::new(stream, 0);
        let Some((begin, data)) = records.next().filter(|(kind, _)| is_begin(*kind)) else {
            return Err(UnreadReason::Corrupt);
        };
        let version = match (begin, u16_at(data, 0)) {
            (0x09, _) => 2,
            (0x209, _) => 3,
            (0x409, _) => 4,
            (_, Some(0x600)) => 8,
            _ => 5,
        };
        let mut workbook = Self {
            stream,
            version,
            strings_kept: Strings { unicode: version == 8, encoding: WINDOWS_1252 },
            epoch: Epoch::Of1900,
            sheets: Vec::new(),
            strings: Vec::new(),
            phonetic: BTreeSet::new(),
            names: Vec::new(),
            cut: false,
            formats: BTreeMap::new(),
            styles: Vec::new(),
        };
        let mut styles = Vec::new();
        while let Some((kind, data)) = records.next() {
            if kind == END {
                break;
            }
            workbook.global(kind, data, &mut records, &mut styles, limits);
        }
        let format =
            |number: &u16| workbook.formats.get(number).cloned().unwrap_or_else(|| NumberFormat::built_in(*number));
        workbook.styles = styles.iter().map(format).collect();
        if u16_at(data, 2) == Some(0x10) {
            // The stream is a sheet and nothing else.
            workbook.sheets = vec![Sheet { name: "Sheet1".to_owned(), start: 0, hidden: false }];
        } else if workbook.sheets.is_empty() {
            workbook.search(records.at);
        }
        if workbook.sheets.is_empty() { Err(UnreadReason::Corrupt) } else { Ok(workbook) }
    }

    fn global(&mut self, kind: u16, data: &'s [u8], records: &mut Records<'s>, styles: &mut Vec<u16>, limits: &Limits) {
        match kind {
            0x22 if u16_at(data, 0) == Some(1) => self.epoch = Epoch::Of1904,
            0x42 => {
                // 0x8000 and 0x8001 are names of the Macintosh and of Windows' usual page.
                let page = match u16_at(data, 0).unwrap_or(0) {
                    0x8000 => 10_000,
                    page => u32::from(page),
                };
                self.strings_kept.encoding = charset::code_page(page).unwrap_or(WINDOWS_1252);
            }
            0x85 => self.bound_sheet(data),
            0x8f => {
                // BIFF4: a sheet within a workspace follows.
                if let Some(name) = self.strings_kept.string(data, 4, 1) {
                    self.sheets.push(Sheet { name, start: records.at, hidden: false });
                    let length = u32_at(data, 0).unwrap_or(0) as usize;
                    records.at = records.at.saturating_add(length);
                }
            }
            0x1e | 0x41e => self.format(kind, data),
            0x43 => styles.push(u16::from(data.get(2).copied().unwrap_or(0) & 0x3f)),
            0x243 | 0x443 => styles.push(u16::from(data.get(1).copied().unwrap_or(0))),
            0xe0 => styles.push(u16_at(data, 2).unwrap_or(0)),
            0x18 => self.names.extend(self.name(data)),
            0xfc => self.cut = self.shared_strings(records.continued(data), limits).is_none(),
            _ => {}
        }
    }

    fn format(&mut self, kind: u16, data: &[u8]) {
        let next = self.formats.len() as u16;
        let (number, code) = match (self.version, kind) {
            (2 | 3, _) => (Some(next), self.strings_kept.string(data, 0, 1)),
            (4, _) => (Some(next), self.strings_kept.string(data, 2, 1)),
            (5, _) => (u16_at(data, 0), self.strings_kept.string(data, 2, 1)),
            _ => (u16_at(data, 0), self.strings_kept.string(data, 2, 2)),
        };
        if let (Some(number), Some(code)) = (number, code) {
            self.formats.insert(number, NumberFormat::parse(&code));
        }
    }

    fn bound_sheet(&mut self, data: &[u8]) {
        let (Some(start), Some(name)) = (u32_at(data, 0), self.strings_kept.string(data, 6, 1)) else { return };
        // Modules of programs have text of their own kind; sheets of charts and of old macros are read as others are.
        if data.get(5) != Some(&6) && self.sheets.len() < SHEETS {
            let hidden = data.get(4).is_some_and(|state| state & 3 != 0);
            self.sheets.push(Sheet { name, start: start as usize, hidden });
        }
    }

    /// Sheets that the workbook does not list, by how they begin.
    fn search(&mut self, from: usize) {
        let mut records = Records::new(self.stream, from);
        let mut depth = 0_u32;
        loop {
            let start = records.at;
            let Some((kind, data)) = records.next() else { break };
            if is_begin(kind) {
                if depth == 0 && u16_at(data, 2) == Some(0x10) && self.sheets.len() < SHEETS {
                    let name = format!("Sheet{}", self.sheets.len() + 1);
                    self.sheets.push(Sheet { name, start, hidden: false });
                }
                depth += 1;
            } else if kind == END {
                depth = depth.saturating_sub(1);
            }
        }
    }

    /// A name that a user gave, with its text where it stands for one (MS-XLS 2.4.150; 0x17 is a string).
    fn name(&self, data: &[u8]) -> Option<String> {
        // Names that Excel keeps for itself have a number for a name.
        if self.version < 5 || u16_at(data, 0)? & 0x21 != 0 {
            return None;
        }
        let (name, end) = self.strings_kept.counted(data, 14, usize::from(*data.get(3)?))?;
        let text = (data.get(end) == Some(&0x17)).then(|| self.strings_kept.string(data, end + 1, 1)).flatten();
        Some(match text {
            Some(text) => format!("{name}: {text}"),
            None => name,
        })
    }

    /// `None` where the table is cut short; what was read is kept.
    fn shared_strings(&mut self, segments: Vec<&[u8]>, limits: &Limits) -> Option<()> {
        let mut pieces = Pieces::new(segments);
        pieces.pass(4)?;
        let count = pieces.number(4)?;
        let mut left = limits.text_bytes;
        for _ in 0..count {
            let length = pieces.number(2)? as usize;
            let flags = pieces.number(1)?;
            let runs = if flags & 8 != 0 { pieces.number(2)? as usize * 4 } else { 0 };
            let phonetic = if flags & 4 != 0 { pieces.number(4)? as usize } else { 0 };
            let text = pieces.characters(length, flags & 1 == 1)?;
            left = left.checked_sub(text.len() as u64 + 1)?;
            self.strings.push(text);
            pieces.pass(runs)?;
            let more = pieces.take(phonetic)?;
            // MS-XLS 2.5.293: how it is read aloud stands after fourteen bytes, counted in the last two.
            let said = u16_at(&more, 12).and_then(|count| more.get(14..14 + usize::from(count) * 2));
            let said = said.map(|said| encoding_rs::UTF_16LE.decode_without_bom_handling(said).0.into_owned());
            self.phonetic.extend(said.filter(|said| !said.trim().is_empty()));
        }
        Some(())
    }

    /// The format of a cell.
    pub(super) fn style(&self, number: u16) -> Option<&NumberFormat> {
        self.styles.get(usize::from(number)).filter(|style| !style.is_general())
    }

    /// A format by its own number, as cells of the oldest sheets give it.
    pub(super) fn numbered(&self, number: u16) -> Option<&NumberFormat> {
        self.formats.get(&number).filter(|style| !style.is_general())
    }
}
