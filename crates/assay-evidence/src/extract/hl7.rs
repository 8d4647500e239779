//! HL7 version 2 messages: any separators and line ends, batches, captures of a wire (MLLP), in any order of segments.
//!
//! The persons of a message become rows under readable headers, each in the table of its role: a next of kin, a guarantor
//! or an insured person is not the patient, nor is a clinician. Notes and results in words come as text, documents carried
//! in a result as members, all other segments as tables of their own. Source: HL7 v2.5.1, chapters 2, 3, 6 and 7. Codes are
//! not looked up.

use super::embedded::{self, Embedded};
use super::records::Records;
use super::stream::TextStream;
use super::{Full, Head, Job, Out, ReadSeek, Visibility, Visit};
use assay_model::{Cell, UnreadReason};
use segment::{Mark, Segment};
use std::collections::BTreeMap;

mod people;
mod segment;

/// Fields of a segment that are kept; HL7 defines no more than some sixty.
const FIELDS: usize = 256;

/// Text of notes gathered over messages, bytes.
const NOTES: usize = 1 << 20;

/// Whether a text begins with a message or a batch.
pub(super) fn fits(_: &Head<'_>, text: &str) -> bool {
    let start = text.trim_start_matches(['\u{feff}', '\x0b', ' ', '\t', '\r', '\n']);
    Mark::of(start).is_some()
}

/// Whether a message as it goes over a wire stands in the head of whatever else.
pub(super) fn is_capture(head: &Head<'_>) -> bool {
    memchr::memmem::find_iter(&head.first, b"\x0bMSH").any(|at| {
        let start = head.first.get(at + 1..at + 64).unwrap_or_default();
        std::str::from_utf8(start).ok().and_then(Mark::of).is_some()
    })
}

pub(super) fn read(job: &mut Job<'_, '_>) -> Result<(), UnreadReason> {
    let passage_rows = job.reading.limits.passage_rows;
    let (stream, out) = TextStream::open(job)?;
    // A limit reached is said by the one who counts.
    let _ = read_stream(stream, out, passage_rows, &mut Embedded::default());
    Ok(())
}

/// Opens the documents in results.
pub(super) fn visit(input: &mut dyn ReadSeek, visit: &mut Visit<'_>) {
    let limits = visit.reading.limits;
    embedded::visit_with(visit, &mut |out, embedded| {
        // What cannot be read was said when the item was read.
        if let Ok(stream) = TextStream::again(input) {
            let _ = read_stream(stream, out, limits.passage_rows, embedded);
        }
    });
}

fn read_stream(
    mut stream: TextStream<'_>,
    out: &mut Out<'_>,
    passage_rows: u32,
    embedded: &mut Embedded<'_, '_>,
) -> Result<(), Full> {
    let mut messages = Messages {
        records: Records::new(out, passage_rows),
        embedded,
        mark: Mark::USUAL,
        message: String::new(),
        count: 0,
        patient: None,
        notes: String::new(),
        line: 1,
        widths: BTreeMap::new(),
    };
    let done = segments(&mut stream, &mut messages).and_then(|()| messages.finish());
    stream.finish(messages.records.out);
    done
}

/// Hands over segment after segment.
fn segments(stream: &mut TextStream<'_>, messages: &mut Messages<'_, '_, '_, '_, '_>) -> Result<(), Full> {
    // How far a window without an end was searched.
    let mut searched = 0;
    loop {
        let window = stream.window();
        let mut at = 0;
        while let Some(end) = window.get(at.max(searched)..).and_then(|rest| segment_end(rest.as_bytes())) {
            let end = at.max(searched) + end;
            messages.line(window.get(at..end).unwrap_or_default())?;
            (at, searched) = (end + 1, 0);
            if messages.embedded.done() {
                return Ok(());
            }
        }
        if stream.is_full() && at == 0 {
            messages.records.out.partial("segments longer than 16 MiB were not read");
            at = window.len();
        }
        searched = window.len() - at;
        stream.consume(at);
        if !stream.more() {
            return messages.line(stream.window());
        }
    }
}

/// The end of a segment: of a line, or of a frame on a wire.
fn segment_end(bytes: &[u8]) -> Option<usize> {
    let line = memchr::memchr2(b'\r', b'\n', bytes);
    let within = bytes.get(..line.unwrap_or(bytes.len())).unwrap_or_default();
    memchr::memchr2(0x0b, 0x1c, within).or(line)
}

/// Messages being read.
struct Messages<'r, 'o, 'e, 'v, 'a> {
    records: Records<'r, 'o>,
    embedded: &'e mut Embedded<'v, 'a>,
    mark: Mark,
    /// The control id of the message that is read, and how many came.
    message: String,
    count: u64,
    /// The patient of the segments that follow, until the next one.
    patient: Option<people::Patient>,
    notes: String,
    line: u32,
    /// How many columns the tables of segments have.
    widths: BTreeMap<String, usize>,
}

impl Messages<'_, '_, '_, '_, '_> {
    fn line(&mut self, line: &str) -> Result<(), Full> {
        let line = line.trim_matches(|one: char| one.is_whitespace() || one.is_control() && one != '\x1f');
        if let Some((mark, start)) = message_start(line) {
            self.patient()?;
            self.mark = mark;
            self.count += 1;
            let segment = Segment::of(line.get(start..).unwrap_or_default(), mark);
            self.message = segment.text(10);
            if self.message.is_empty() {
                self.message = format!("message {}", self.count);
            }
            return self.other(&segment);
        }
        let Some(segment) = Segment::named(line, self.mark) else { return Ok(()) };
        self.segment(&segment)
    }

    fn segment(&mut self, segment: &Segment<'_>) -> Result<(), Full> {
        match segment.name() {
            "PID" => {
                self.patient()?;
                self.patient = Some(people::Patient::of(segment, &self.message));
                self.rest(segment, &[2, 3, 4, 5, 6, 7, 8, 9, 11, 13, 14, 17, 19, 22, 29])?;
            }
            "MRG" => {
                if let Some(patient) = &mut self.patient {
                    patient.merged(segment);
                }
                let row = people::merged(segment, &self.message);
                self.person("former identities", people::FORMER, row)?;
            }
            "NK1" => {
                self.relative("next of kin", people::next_of_kin(segment, &self.message))?;
                self.rest(segment, &[2, 3, 4, 5, 6, 16, 30])?;
            }
            "GT1" => {
                self.relative("guarantors", people::guarantor(segment, &self.message))?;
                self.rest(segment, &[3, 5, 6, 7, 8, 11])?;
            }
            "IN1" => {
                self.relative("insured persons", people::insured(segment, &self.message))?;
                self.rest(segment, &[16, 17, 18, 19])?;
            }
            name @ ("DG1" | "AL1" | "PR1" | "PRB" | "IAM") => {
                if let Some(patient) = &mut self.patient {
                    patient.diagnosis(&people::coded(segment, 3));
                }
                self.clinicians(segment, name)?;
                self.other(segment)?;
            }
            "NTE" => self.note(&segment.lines(3)),
            "OBX" => self.result(segment)?,
            name => {
                self.clinicians(segment, name)?;
                self.other(segment)?;
            }
        }
        if self.notes.len() > NOTES { self.give_notes() } else { Ok(()) }
    }

    fn clinicians(&mut self, segment: &Segment<'_>, name: &str) -> Result<(), Full> {
        for row in people::clinicians(segment, name, &self.message) {
            self.person("clinicians", people::CLINICIAN, row)?;
        }
        Ok(())
    }

    /// A result: words as text, a document as a member, a value as a row.
    fn result(&mut self, segment: &Segment<'_>) -> Result<(), Full> {
        self.clinicians(segment, "OBX")?;
        let kind = segment.text(2);
        let mut documents = false;
        for value in segment.repeats(5) {
            // Encapsulated data: source application, type, subtype, encoding, data (chapter 2.A.24).
            let parts: Vec<&str> = value.split(self.mark.component).collect();
            let base64 = parts.iter().position(|part| part.eq_ignore_ascii_case("base64"));
            let data = match base64 {
                Some(place) => parts.get(place + 1).copied(),
                None if kind == "ED" => parts.get(4).copied(),
                None => None,
            };
            let Some(data) = data.filter(|data| data.len() >= 64) else { continue };
            let subtype = parts.get(2).copied().filter(|kind| !kind.is_empty()).or(parts.get(1).copied());
            self.embedded.add(self.records.out, "", subtype.unwrap_or_default(), &segment.plain(data));
            documents = true;
        }
        if documents {
            return self.other(&segment.without(5));
        }
        if matches!(kind.as_str(), "TX" | "FT" | "ST" | "") && segment.raw(5).contains(' ') {
            let of = people::coded(segment, 3);
            let text = segment.lines(5);
            // Reports come a line a segment: the name of the test stands before the first.
            let text = if self.notes.ends_with('\n') && segment.text(1) != "1" || of.is_empty() {
                text
            } else {
                format!("{of}:\n{text}")
            };
            self.note(&text);
            return self.other(&segment.without(5));
        }
        self.other(segment)
    }

    fn note(&mut self, text: &str) {
        if !text.trim().is_empty() {
            self.notes.push_str(text.trim_end());
            self.notes.push('\n');
        }
    }

    fn give_notes(&mut self) -> Result<(), Full> {
        let notes = std::mem::take(&mut self.notes);
        let first = self.line;
        self.line = first.saturating_add(memchr::memchr_iter(b'\n', notes.as_bytes()).count() as u32);
        self.records.out.text("notes", Visibility::Shown, first, notes.trim_end().to_owned())
    }

    /// The patient, when all that is said of them came.
    fn patient(&mut self) -> Result<(), Full> {
        if !self.notes.is_empty() && !self.notes.ends_with("\n\n") {
            self.notes.push('\n');
        }
        let Some(patient) = self.patient.take() else { return Ok(()) };
        self.person("patients", people::PATIENT, patient.row())
    }

    fn relative(&mut self, part: &str, rows: Vec<Vec<Cell>>) -> Result<(), Full> {
        rows.into_iter().try_for_each(|row| self.person(part, people::relative_header(part), row))
    }

    fn person(&mut self, part: &str, header: &[&str], row: Vec<Cell>) -> Result<(), Full> {
        // The last column names the message: alone it says nothing.
        let filled = row.iter().rev().skip(1).any(|cell| !cell.is_blank());
        if !filled {
            return Ok(());
        }
        let header: Vec<String> = header.iter().map(|name| (*name).to_owned()).collect();
        self.records.put(part, Visibility::Shown, &header, row)
    }

    /// A segment as it is but for the clinicians named in it, one column a field.
    fn other(&mut self, segment: &Segment<'_>) -> Result<(), Full> {
        let clinicians: Vec<usize> = people::acting(segment.name()).iter().map(|(field, _)| *field).collect();
        self.rest(segment, &clinicians)
    }

    /// A segment without what of it was told elsewhere.
    fn rest(&mut self, segment: &Segment<'_>, told: &[usize]) -> Result<(), Full> {
        let mut row = vec![text(self.message.clone())];
        row.extend((1..segment.count().min(FIELDS)).map(|field| match told.contains(&field) {
            true => Cell::Empty,
            false => text(segment.shown(field)),
        }));
        while row.last() == Some(&Cell::Empty) {
            row.pop();
        }
        // The first field numbers the segments of a kind.
        if row.len() <= 2 && !told.is_empty() {
            return Ok(());
        }
        let width = self.widths.entry(segment.name().to_owned()).or_default();
        // A title for every field so far; few steps, so that the titles stand again seldom.
        *width = (*width).max(row.len().next_multiple_of(8));
        let titles = (1..*width).map(|field| format!("{}-{field}", segment.name()));
        let header: Vec<String> = ["message".to_owned()].into_iter().chain(titles).collect();
        self.records.put(segment.name(), Visibility::Shown, &header, row)
    }

    fn finish(&mut self) -> Result<(), Full> {
        self.patient()?;
        self.records.flush()?;
        self.give_notes()
    }
}

/// Where a message or a batch begins in a line, which may hold a timestamp or a frame before it.
fn message_start(line: &str) -> Option<(Mark, usize)> {
    if let Some(mark) = Mark::of(line) {
        return Some((mark, 0));
    }
    memchr::memmem::find_iter(line.as_bytes(), b"MSH").find_map(|at| Some((Mark::of(line.get(at..)?)?, at)))
}

fn text(text: String) -> Cell {
    if text.is_empty() { Cell::Empty } else { Cell::Text(text.into()) }
}
