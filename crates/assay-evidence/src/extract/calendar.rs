//! Address cards (vCard 2.1 to 4.0) and calendars (iCalendar, vCalendar): cards as a table of one row a person, events,
//! tasks and notes as labelled lines. Pictures and files that lie in them are members.
//!
//! Rules of recurrence are given as they stand; times keep the zone that they name.

use super::{Full, Head, Job, MemberEntry, Names, ReadSeek, Visibility, Visit, charset, mail, mime, read_at_most};
use assay_model::{Cell, Table, UnreadReason};
use jiff::civil::Date;

/// Whether the text of a head is cards.
pub(super) fn fits_card(_: &Head<'_>, text: &str) -> bool {
    begins(text, "BEGIN:VCARD")
}

/// Whether the text of a head is a calendar.
pub(super) fn fits_calendar(_: &Head<'_>, text: &str) -> bool {
    begins(text, "BEGIN:VCALENDAR")
}

fn begins(text: &str, with: &str) -> bool {
    let text = text.trim_start_matches('\u{feff}').trim_start();
    text.get(..with.len()).is_some_and(|start| start.eq_ignore_ascii_case(with))
}

/// A property: `group.NAME;PARAMETER=value:value`.
struct Line {
    name: String,
    parameters: Vec<(String, String)>,
    value: String,
}

impl Line {
    fn of(text: &str) -> Option<Self> {
        let mut quoted = false;
        let colon = text.char_indices().find(|(_, character)| {
            quoted ^= *character == '"';
            *character == ':' && !quoted
        });
        let (head, value) = (text.get(..colon?.0)?, text.get(colon?.0 + 1..)?);
        let mut pieces = head.split(';');
        let name = pieces.next()?.rsplit('.').next()?.trim().to_uppercase();
        // vCard 2.1 writes a parameter's value alone.
        let parameter = |piece: &str| match piece.split_once('=') {
            Some((name, value)) => (name.trim().to_uppercase(), value.trim_matches('"').to_owned()),
            None => (piece.trim().to_uppercase(), String::new()),
        };
        let mut line = Self { name, parameters: pieces.map(parameter).collect(), value: value.to_owned() };
        if line.says("QUOTED-PRINTABLE") {
            let bytes = mime::decoded(line.value.as_bytes(), mime::Transfer::Quoted);
            line.value = mime::decode_text(&bytes, line.parameter("CHARSET"));
        }
        Some(line)
    }

    fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }

    /// Whether a parameter, or its value, is this word.
    fn says(&self, word: &str) -> bool {
        self.parameters
            .iter()
            .any(|(name, value)| name == word || value.split(',').any(|v| v.eq_ignore_ascii_case(word)))
    }

    /// The value's fields, parted by semicolons.
    fn fields(&self) -> Vec<String> {
        let (mut fields, mut field, mut escaped) = (Vec::new(), String::new(), false);
        for character in self.value.chars() {
            match character {
                _ if escaped => {
                    field.push(if matches!(character, 'n' | 'N') { '\n' } else { character });
                    escaped = false;
                }
                '\\' => escaped = true,
                ';' => fields.push(std::mem::take(&mut field)),
                _ => field.push(character),
            }
        }
        fields.push(field);
        fields
            .into_iter()
            .map(|field| field.lines().map(str::trim).filter(|l| !l.is_empty()).collect::<Vec<_>>().join(", "))
            .collect()
    }

    /// The value as text; its line ends stay.
    fn text(&self) -> String {
        let mut out = String::new();
        let mut escaped = false;
        for character in self.value.chars() {
            match character {
                _ if escaped => {
                    out.push(if matches!(character, 'n' | 'N') { '\n' } else { character });
                    escaped = false;
                }
                '\\' => escaped = true,
                _ => out.push(character),
            }
        }
        out.trim().to_owned()
    }

    /// What lies in the value as base64.
    fn file(&self) -> Option<Vec<u8>> {
        let encoded = self.says("BASE64") || self.says("B");
        let content = match self.value.trim().strip_prefix("data:").and_then(|data| data.split_once(";base64,")) {
            Some((_, content)) => content,
            None if encoded => self.value.as_str(),
            None => return None,
        };
        Some(mime::base64_decoded(content.as_bytes())).filter(|bytes| !bytes.is_empty())
    }

    fn file_name(&self, number: usize) -> String {
        let kind = self.parameter("TYPE").or_else(|| self.parameter("FMTTYPE")).unwrap_or_default().to_lowercase();
        let ending =
            kind.rsplit('/').next().filter(|ending| (1..5).contains(&ending.len())).unwrap_or("bin").to_owned();
        let own = self.parameter("FILENAME").or_else(|| self.parameter("X-FILENAME")).map(mail::flat_name);
        own.unwrap_or_else(|| format!("{}-{number}.{ending}", self.name.to_lowercase()))
    }
}

/// Lines put together again: a blank at the beginning goes on, as does an equals sign at the end of quoted-printable.
fn lines(text: &str) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut open = String::new();
    let mut soft = false;
    for line in text.trim_start_matches('\u{feff}').lines() {
        let line = line.trim_end_matches('\r');
        if soft {
            open.push('\n');
            open.push_str(line);
        } else if let Some(rest) = line.strip_prefix([' ', '\t']) {
            open.push_str(rest);
        } else {
            lines.extend(Line::of(&open));
            open = line.to_owned();
        }
        soft = open.ends_with('=')
            && open
                .get(..open.find(':').unwrap_or(0))
                .is_some_and(|head| head.to_uppercase().contains("QUOTED-PRINTABLE"));
    }
    lines.extend(Line::of(&open));
    lines
}

fn whole(bytes: Vec<u8>) -> Vec<Line> {
    lines(&charset::decode(bytes).text)
}

const COLUMNS: [&str; 16] = [
    "Full name",
    "Title",
    "First name",
    "Middle name",
    "Surname",
    "Nickname",
    "Date of birth",
    "Sex",
    "Address",
    "Phone",
    "Email",
    "Company",
    "Job title",
    "Categories",
    "Note",
    "Other",
];

pub(super) fn read_cards(job: &mut Job<'_, '_>) -> Result<(), UnreadReason> {
    let lines = whole(job.whole()?);
    // A limit reached is said by the one who counts.
    let _ = give_cards(job, &lines).and_then(|()| list(job, &lines));
    Ok(())
}

fn give_cards(job: &mut Job<'_, '_>, lines: &[Line]) -> Result<(), Full> {
    let mut rows: Vec<Vec<Vec<String>>> = Vec::new();
    for line in lines {
        match line.name.as_str() {
            "BEGIN" if line.value.trim().eq_ignore_ascii_case("VCARD") => rows.push(vec![Vec::new(); COLUMNS.len()]),
            _ => {
                if let Some(row) = rows.last_mut() {
                    card_line(line, row);
                }
            }
        }
    }
    let used: Vec<usize> = (0..COLUMNS.len())
        .filter(|column| rows.iter().any(|row| row.get(*column).is_some_and(|cell| !cell.is_empty())))
        .collect();
    let header =
        used.iter().filter_map(|column| COLUMNS.get(*column)).map(|title| Cell::Text((*title).into())).collect();
    let passage = (job.reading.limits.passage_rows as usize).max(2);
    let mut table = Table { first_row: 1, continued: false, rows: vec![header] };
    for (number, row) in rows.into_iter().enumerate() {
        if table.rows.len() >= passage {
            job.out.table("", Visibility::Shown, table)?;
            table = Table { first_row: number as u32 + 2, continued: true, rows: Vec::new() };
        }
        table.rows.push(
            used.iter().map(|column| cell(*column, row.get(*column).map(Vec::as_slice).unwrap_or_default())).collect(),
        );
    }
    job.out.table("", Visibility::Shown, table)
}

fn cell(column: usize, values: &[String]) -> Cell {
    match values {
        [] => Cell::Empty,
        [one] if COLUMNS.get(column) == Some(&"Date of birth") => {
            day(one).map_or_else(|| Cell::Text(one.as_str().into()), Cell::Date)
        }
        all => Cell::Text(all.join("; ").into()),
    }
}

fn card_line(line: &Line, row: &mut [Vec<String>]) {
    let mut put = |title: &str, value: String| {
        let column = COLUMNS.iter().position(|other| *other == title);
        if let Some(cell) = column.and_then(|column| row.get_mut(column))
            && !value.trim().is_empty()
            && !cell.contains(&value)
        {
            cell.push(value);
        }
    };
    let joined =
        |fields: &[String]| fields.iter().filter(|field| !field.is_empty()).cloned().collect::<Vec<_>>().join(", ");
    let text = || line.fields().join("; ");
    match line.name.as_str() {
        "FN" => put("Full name", text()),
        "N" => {
            let fields = line.fields();
            for (title, at) in [("Surname", 0), ("First name", 1), ("Middle name", 2), ("Title", 3)] {
                put(title, fields.get(at).cloned().unwrap_or_default());
            }
        }
        "NICKNAME" => put("Nickname", text()),
        "BDAY" => put("Date of birth", text()),
        "GENDER" => put("Sex", text().trim_end_matches("; ").to_owned()),
        "ADR" => put("Address", joined(&line.fields())),
        "LABEL" => put("Address", joined(&line.fields())),
        "TEL" => put("Phone", text().trim_start_matches("tel:").to_owned()),
        "EMAIL" => put("Email", text().trim_start_matches("mailto:").to_owned()),
        "ORG" => put("Company", joined(&line.fields())),
        "TITLE" | "ROLE" => put("Job title", text()),
        "CATEGORIES" => put("Categories", text()),
        "NOTE" => put("Note", text()),
        "BEGIN" | "END" | "VERSION" | "REV" | "PRODID" | "UID" | "PHOTO" | "LOGO" | "SOUND" | "KEY" | "SORT-STRING" => {
        }
        name if line.file().is_none() => put("Other", format!("{}: {}", name.to_lowercase(), joined(&line.fields()))),
        _ => {}
    }
}

/// `19800501`, `1980-05-01`, with or without a time.
fn day(text: &str) -> Option<Date> {
    let digits: String = text.split(['T', ' ']).next()?.chars().filter(|character| *character != '-').collect();
    if digits.len() != 8 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    Date::new(digits.get(..4)?.parse().ok()?, digits.get(4..6)?.parse().ok()?, digits.get(6..)?.parse().ok()?).ok()
}

const LABELS: &[(&str, &str)] = &[
    ("SUMMARY", "Subject"),
    ("DTSTART", "Start"),
    ("DTEND", "End"),
    ("DUE", "Due"),
    ("COMPLETED", "Completed"),
    ("LOCATION", "Location"),
    ("ORGANIZER", "Organiser"),
    ("ATTENDEE", "Attendee"),
    ("CONTACT", "Contact"),
    ("CATEGORIES", "Categories"),
    ("DESCRIPTION", "Description"),
    ("COMMENT", "Comment"),
    ("RRULE", "Recurrence"),
    ("STATUS", "Status"),
    ("CLASS", "Class"),
    ("URL", "Web page"),
    ("X-WR-CALNAME", "Calendar"),
    ("X-WR-CALDESC", "Calendar description"),
    ("PRODID", "Program"),
    ("METHOD", "Method"),
    ("UID", "Identifier"),
];

pub(super) fn read_calendar(job: &mut Job<'_, '_>) -> Result<(), UnreadReason> {
    let lines = whole(job.whole()?);
    // A limit reached is said by the one who counts.
    let _ = give_calendar(job, &lines).and_then(|()| list(job, &lines));
    Ok(())
}

fn give_calendar(job: &mut Job<'_, '_>, lines: &[Line]) -> Result<(), Full> {
    let mut out: Vec<String> = Vec::new();
    // Zones and alarms say nothing about anybody.
    let mut passed: Option<String> = None;
    for line in lines {
        let value = line.value.trim().to_uppercase();
        match (line.name.as_str(), &passed) {
            ("END", Some(open)) if *open == value => passed = None,
            (_, Some(_)) => {}
            ("BEGIN", None) => match value.as_str() {
                "VTIMEZONE" | "VALARM" => passed = Some(value),
                "VCALENDAR" => {}
                _ => {
                    if !out.is_empty() {
                        out.push(String::new());
                    }
                    let kinds = [
                        ("VEVENT", "Event"),
                        ("VTODO", "Task"),
                        ("VJOURNAL", "Journal"),
                        ("VFREEBUSY", "Free or busy"),
                    ];
                    out.extend(kinds.iter().find(|(name, _)| value == *name).map(|(_, kind)| (*kind).to_owned()));
                }
            },
            (name, None) => {
                let label = LABELS.iter().find(|(other, _)| *other == name).map(|(_, label)| *label);
                if let Some(text) = label.and_then(|label| event_line(label, line)) {
                    out.extend(text.lines().map(str::to_owned));
                }
            }
        }
    }
    job.out.text("", Visibility::Shown, 1, out.join("\n"))
}

fn event_line(label: &str, line: &Line) -> Option<String> {
    let text = line.text();
    let value = match label {
        "Start" | "End" | "Due" | "Completed" => {
            let zone = line.parameter("TZID").map(|zone| format!(" ({zone})")).unwrap_or_default();
            format!("{}{zone}", time(&text).unwrap_or(text))
        }
        "Organiser" | "Attendee" => {
            let address =
                text.get(..7).filter(|s| s.eq_ignore_ascii_case("mailto:")).map_or(text.as_str(), |_| &text[7..]);
            match line.parameter("CN").filter(|name| !name.eq_ignore_ascii_case(address)) {
                Some(name) => format!("{name} <{address}>"),
                None => address.to_owned(),
            }
        }
        _ => text,
    };
    (!value.trim().is_empty()).then(|| format!("{label}: {value}"))
}

/// `20241128T101500Z` as `2024-11-28T10:15:00Z`.
fn time(text: &str) -> Option<String> {
    let date = day(text)?;
    match text.split_once('T') {
        Some((_, clock)) if clock.len() >= 6 && clock.is_ascii() => {
            Some(format!("{date}T{}:{}:{}{}", &clock[..2], &clock[2..4], &clock[4..6], &clock[6..]))
        }
        _ => Some(date.to_string()),
    }
}

fn files(lines: &[Line]) -> impl Iterator<Item = (String, Vec<u8>)> {
    let files = lines.iter().filter_map(|line| line.file().map(|bytes| (line, bytes)));
    files.enumerate().map(|(index, (line, bytes))| (line.file_name(index + 1), bytes))
}

fn list(job: &mut Job<'_, '_>, lines: &[Line]) -> Result<(), Full> {
    files(lines).try_for_each(|(name, bytes)| job.out.member(&name, bytes.len() as u64))
}

pub(super) fn visit(input: &mut dyn ReadSeek, visit: &mut Visit<'_>) {
    let Ok(bytes) = read_at_most(input, visit.reading.limits.item_bytes) else { return };
    let mut names = Names::default();
    for (number, (name, bytes)) in (0_u32..visit.range.end).zip(files(&whole(bytes))) {
        let member = MemberEntry { name: names.unique(&name), bytes: bytes.len() as u64 };
        if visit.range.contains(&number) {
            (visit.visit)(number, &member, Ok(bytes));
        }
    }
}
