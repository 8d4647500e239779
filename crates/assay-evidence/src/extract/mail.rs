//! Single messages (eml, emlx, mht, news): fields as lines, each body in its fullest wording, attachments and nested
//! messages as members. What travels with a message unseen (its way, its thread) is given as hidden lines of its head.
//!
//! Signatures are not checked, links are not followed, and fields that only filters and carriers write (scores, seals) are
//! passed over. Parts in other encodings, broken or missing boundaries: see `mime`.

use super::bodies::{self, Bodies};
use super::mime::{self, Leaf, Transfer};
use super::{Full, Head, Job, MemberEntry, Names, Out, ReadSeek, Reading, Visibility, Visit, read_at_most};
use assay_model::UnreadReason;
use jiff::civil::DateTime;
use std::borrow::Cow;

/// Headers that only mail has.
const SURE: &[&str] = &[
    "message-id",
    "received",
    "return-path",
    "mime-version",
    "delivered-to",
    "x-mailer",
    "x-originating-ip",
    "in-reply-to",
    "references",
    "x-priority",
    "dkim-signature",
    "content-transfer-encoding",
    "thread-index",
    "newsgroups",
    "x-received",
    "envelope-to",
    "x-original-to",
    "authentication-results",
    "arc-seal",
    "list-unsubscribe",
    "x-msmail-priority",
    "x-notes-item",
    "user-agent",
    "x-uidl",
    "x-mozilla-status",
    "x-gm-thrid",
    "x-universally-unique-identifier",
];

/// Headers that a memo may have too.
const LIKELY: &[&str] =
    &["from", "to", "cc", "bcc", "subject", "date", "sent", "reply-to", "content-type", "sender", "organization"];

/// The type of a part whose content its store no longer had.
pub(super) const MISSING: &str = "application/x-missing";

/// Whether the text of a head is a message.
pub(super) fn fits(head: &Head<'_>, text: &str) -> bool {
    headers_at(text, head.named(&[".eml", ".mht", ".mhtml", ".nws"]))
}

/// Whether mail headers stand at the beginning of a text; `named` where the name says so too.
pub(super) fn headers_at(text: &str, named: bool) -> bool {
    let (mut sure, mut likely) = (0, 0);
    let mut lines = text.trim_start_matches(['\u{feff}', '\r', '\n']).lines().take(400).peekable();
    if lines.peek().is_some_and(|line| line.starts_with("From ") || line.starts_with(">From ")) {
        lines.next();
    }
    for line in lines {
        if line.is_empty() {
            break;
        }
        if line.starts_with([' ', '\t']) {
            continue;
        }
        let field = line.split_once(':').map(|(name, _)| name.trim_end());
        let Some(name) = field.filter(|name| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_graphic()))
        else {
            // Fields that run into the body without a blank line.
            return sure >= 2 && sure + likely >= 4;
        };
        let name = name.to_ascii_lowercase();
        sure += u32::from(SURE.contains(&name.as_str()));
        likely += u32::from(LIKELY.contains(&name.as_str()));
    }
    sure >= 1 && sure + likely >= 2 || named && likely >= 2
}

/// Whether a head is a message whose parts are bytes as they are, so that it looks like no text: its fields do.
pub(super) fn fits_binary(head: &Head<'_>) -> bool {
    let first = &head.first;
    let end = memchr::memmem::find(first, b"\n\r\n").or_else(|| memchr::memmem::find(first, b"\n\n"));
    let Some(fields) = end.and_then(|end| first.get(..=end)).filter(|fields| memchr::memchr(0, fields).is_none())
    else {
        return false;
    };
    headers_at(&String::from_utf8_lossy(fields), false)
}

/// Whether a head is a message of Apple Mail: a line that counts its bytes, the message, a list of properties.
pub(super) fn fits_apple(head: &Head<'_>, text: &str) -> bool {
    let Some((first, rest)) = text.split_once('\n') else { return false };
    let first = first.trim();
    !first.is_empty()
        && first.len() < 12
        && first.bytes().all(|byte| byte.is_ascii_digit())
        && headers_at(rest, head.named(&[".emlx"]))
}

pub(super) fn read(job: &mut Job<'_, '_>) -> Result<(), UnreadReason> {
    let bytes = job.whole()?;
    let bytes = with_line_ends(&bytes);
    let message = Message::of(&bytes, job.reading);
    // A limit reached is said by the one who counts.
    let _ = message.give(job.out, job.reading);
    for (name, member) in message.members() {
        if job.out.member(&name, member.size()).is_err() {
            break;
        }
    }
    Ok(())
}

pub(super) fn visit(input: &mut dyn ReadSeek, visit: &mut Visit<'_>) {
    let Ok(bytes) = read_at_most(input, visit.reading.limits.item_bytes) else { return };
    let bytes = with_line_ends(&bytes);
    let mut names = Names::default();
    for (number, (name, content)) in (0_u32..visit.range.end).zip(Message::of(&bytes, visit.reading).members()) {
        let member = MemberEntry { name: names.unique(&name), bytes: content.size() };
        if visit.range.contains(&number) {
            let bytes = content.bytes().ok_or(UnreadReason::Corrupt);
            (visit.visit)(number, &member, bytes);
        }
    }
}

/// Lines that a lone return ends, as old systems had them, and what stands around a message of Apple Mail.
fn with_line_ends(bytes: &[u8]) -> Cow<'_, [u8]> {
    if let Some(end) = memchr::memchr(b'\n', bytes.get(..bytes.len().min(4096)).unwrap_or_default()) {
        let first = std::str::from_utf8(bytes.get(..end).unwrap_or_default()).unwrap_or_default().trim();
        if let Ok(count) = first.parse::<usize>() {
            let message = bytes.get(end + 1..).unwrap_or_default();
            return Cow::Borrowed(message.get(..count).unwrap_or(message));
        }
        return Cow::Borrowed(bytes);
    }
    Cow::Owned(bytes.iter().map(|byte| if *byte == b'\r' { b'\n' } else { *byte }).collect())
}

/// A message taken apart.
struct Message<'a> {
    bytes: &'a [u8],
    leaves: Vec<Leaf>,
}

/// A member's content.
enum Content<'a> {
    Whole(&'a [u8]),
    Decoded(Vec<u8>),
    Missing,
}

impl Content<'_> {
    fn size(&self) -> u64 {
        match self {
            Self::Whole(bytes) => bytes.len() as u64,
            Self::Decoded(bytes) => bytes.len() as u64,
            Self::Missing => 0,
        }
    }

    fn bytes(self) -> Option<Vec<u8>> {
        match self {
            Self::Whole(bytes) => Some(bytes.to_vec()),
            Self::Decoded(bytes) => Some(bytes),
            Self::Missing => None,
        }
    }
}

impl<'a> Message<'a> {
    fn of(bytes: &'a [u8], reading: &Reading<'_>) -> Self {
        Self { bytes, leaves: mime::leaves(bytes, reading.limits.nesting) }
    }

    fn raw(&self, leaf: &Leaf) -> &'a [u8] {
        self.bytes.get(leaf.body.clone()).unwrap_or_default()
    }

    fn text(&self, leaf: &Leaf) -> String {
        let raw = self.raw(leaf);
        let bytes = match leaf.transfer {
            Transfer::Plain => Cow::Borrowed(raw),
            transfer => Cow::Owned(mime::decoded(raw, transfer)),
        };
        let text = mime::decode_text(&bytes, leaf.charset.as_deref());
        match leaf.flowed {
            Some(flowed) if leaf.kind == "text/plain" => mime::unflowed(&text, flowed),
            _ => text,
        }
    }

    fn give(&self, out: &mut Out<'_>, reading: &Reading<'_>) -> Result<(), Full> {
        give_fields(out, &fields_of(self.bytes))?;
        let mut groups: Vec<(Option<u32>, Bodies)> = Vec::new();
        for leaf in &self.leaves {
            if leaf.is_outside {
                out.text("outside", Visibility::Hidden, 1, self.text(leaf).trim().to_owned())?;
                continue;
            }
            match shown(leaf) {
                Shown::Member => {}
                Shown::Details => out.text("details", Visibility::Shown, 1, lines(&self.text(leaf)))?,
                Shown::Report => out.text("report", Visibility::Shown, 1, lines(&self.text(leaf)))?,
                kind => self.body(leaf, kind, &mut groups),
            }
        }
        for (_, mut group) in groups {
            group.plain = without_files(&group.plain);
            if group.plain.contains("-----BEGIN PGP MESSAGE-----") {
                out.partial("a body is encrypted with PGP");
            }
            bodies::give(out, reading, group)?;
        }
        Ok(())
    }

    /// Puts a leaf to the wordings of its body.
    fn body(&self, leaf: &Leaf, kind: Shown, groups: &mut Vec<(Option<u32>, Bodies)>) {
        let alternative = leaf.around.alternative;
        let goes_on = groups.last().is_some_and(|(last, group)| match alternative {
            Some(_) => *last == alternative,
            None => last.is_none() && kind == Shown::Plain && group.html.is_empty() && group.rich.is_empty(),
        });
        if !goes_on {
            groups.push((alternative, Bodies::default()));
        }
        let Some((_, group)) = groups.last_mut() else { return };
        match kind {
            Shown::Html => group.html.push(self.text(leaf)),
            Shown::Rich => group.rich.push(mime::decoded(self.raw(leaf), leaf.transfer)),
            _ => {
                if !group.plain.is_empty() && !group.plain.ends_with('\n') {
                    group.plain.push('\n');
                }
                group.plain.push_str(&self.text(leaf));
            }
        }
    }

    /// Attachments with their names, in the order of the message.
    fn members(&self) -> Vec<(String, Content<'a>)> {
        let mut found = Vec::new();
        for leaf in self.leaves.iter().filter(|leaf| !leaf.is_outside) {
            match shown(leaf) {
                Shown::Member => {
                    let name = leaf.name.as_deref().map(flat_name).filter(|name| !name.is_empty());
                    let name = name.unwrap_or_else(|| format!("attachment-{}.{}", found.len() + 1, ending(&leaf.kind)));
                    let content = match leaf.transfer {
                        _ if leaf.kind == MISSING => Content::Missing,
                        Transfer::Plain => Content::Whole(self.raw(leaf)),
                        transfer => Content::Decoded(mime::decoded(self.raw(leaf), transfer)),
                    };
                    found.push((name, content));
                }
                Shown::Plain => found.extend(files_in(&self.text(leaf))),
                _ => {}
            }
        }
        found
    }
}

/// What is made of a leaf.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shown {
    Plain,
    Html,
    Rich,
    Details,
    Report,
    Member,
}

fn shown(leaf: &Leaf) -> Shown {
    let report = leaf.around.in_report
        && matches!(
            leaf.kind.as_str(),
            "message/delivery-status"
                | "text/rfc822-headers"
                | "message/feedback-report"
                | "message/disposition-notification"
        );
    match leaf.kind.as_str() {
        _ if report || leaf.kind == "message/delivery-status" => Shown::Report,
        _ if leaf.is_attachment || leaf.name.is_some() => Shown::Member,
        "text/plain" if leaf.description == "details" => Shown::Details,
        "text/plain" | "text/unknown" | "text/markdown" | "text/x-amp-html" | "text/watch-html" => Shown::Plain,
        "text/enriched" => Shown::Plain,
        "text/html" | "application/xhtml+xml" => Shown::Html,
        "text/rtf" | "application/rtf" | "text/richtext" => Shown::Rich,
        _ => Shown::Member,
    }
}

fn ending(kind: &str) -> &'static str {
    match kind {
        "message/rfc822" | "message/global" | "message/news" => "eml",
        "text/calendar" => "ics",
        "text/vcard" | "text/x-vcard" | "text/directory" => "vcf",
        "text/html" => "html",
        "text/csv" => "csv",
        "image/png" => "png",
        "image/jpeg" | "image/jpg" => "jpg",
        "image/gif" => "gif",
        "application/pdf" => "pdf",
        "application/pkcs7-mime" | "application/x-pkcs7-mime" => "p7m",
        "application/pkcs7-signature" | "application/x-pkcs7-signature" => "p7s",
        "application/pgp-encrypted" | "application/pgp-signature" => "asc",
        "application/ms-tnef" => "dat",
        _ if kind.starts_with("text/") => "txt",
        _ => "bin",
    }
}

/// A name of a file that forges no folders: the last part of a path, with no separator in it.
pub(super) fn flat_name(name: &str) -> String {
    let name: String = name.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    name.trim().replace(['/', '\\'], "_")
}

fn files_in<'a>(text: &str) -> Vec<(String, Content<'a>)> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(file) = mime::uuencoded(text.as_bytes(), from) {
        from = file.place.end;
        found.push((flat_name(&file.name), Content::Decoded(file.content)));
    }
    found
}

fn without_files(text: &str) -> String {
    let mut out = String::new();
    let mut from = 0;
    while let Some(file) = mime::uuencoded(text.as_bytes(), from) {
        out.push_str(text.get(from..file.place.start).unwrap_or_default());
        from = file.place.end;
    }
    if from == 0 {
        return text.to_owned();
    }
    out.push_str(text.get(from..).unwrap_or_default());
    out
}

fn lines(text: &str) -> String {
    super::text::normalised(text.to_owned()).trim_end().to_owned()
}

/// Fields in the order in which a person reads them.
const FIRST: &[&str] =
    &["From", "Sender", "To", "Cc", "Bcc", "Reply-To", "Date", "Subject", "Keywords", "Importance", "Sensitivity"];

/// Fields that say how a message came and what it belongs to.
const UNSEEN: &[&str] = &[
    "Message-ID",
    "In-Reply-To",
    "References",
    "Thread-Topic",
    "Thread-Index",
    "Message-Class",
    "Return-Path",
    "Delivered-To",
    "X-Original-To",
    "Envelope-To",
    "X-Originating-IP",
    "Received",
];

/// Fields of carriers and filters: what they say is about the carrier.
const NOISE: &[&str] = &[
    "content-",
    "mime-version",
    "dkim-",
    "arc-",
    "authentication-results",
    "domainkey-",
    "received-spf",
    "x-ms-",
    "x-microsoft-",
    "x-spam",
    "x-google-",
    "x-gm-",
    "x-forefront-",
    "x-exchange-",
    "x-proofpoint",
    "x-mimecast",
    "x-received",
    "x-virus",
    "x-eopattributed",
    "x-tmn",
    "x-uidl",
    "x-mozilla-",
    "x-evolution",
    "x-mimeole",
    "autocrypt",
    "x-sg-",
    "x-ses-",
    "x-feedback",
    "precedence",
    "status",
    "x-status",
    "lines",
    "x-amp",
    "x-antiabuse",
    "x-brightmail",
    "x-ironport",
    "x-barracuda",
    "x-cms",
];

/// Fields of one message given beyond the usual ones, at most; and characters of such a value.
const OTHERS: usize = 60;
const LONG: usize = 1000;

/// The fields of a message, decoded, each on one line.
pub(super) fn fields_of(bytes: &[u8]) -> Vec<(String, String)> {
    let value = |raw: &[u8]| mime::text(raw).split_whitespace().collect::<Vec<_>>().join(" ");
    mime::head(bytes).0.iter().map(|field| (field.name.to_owned(), value(field.value))).collect()
}

/// Hands a head over: what a person sees, then what travels unseen.
pub(super) fn give_fields(out: &mut Out<'_>, fields: &[(String, String)]) -> Result<(), Full> {
    let mut seen = Vec::new();
    let mut unseen = Vec::new();
    for name in FIRST {
        let own: Vec<&str> =
            fields.iter().filter(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.as_str()).collect();
        let own: Vec<&str> = own.into_iter().filter(|value| !value.is_empty()).collect();
        match *name {
            "Date" => seen.extend(own.first().map(|date| format!("Date: {}", moment(date)))),
            "From" | "To" | "Cc" | "Bcc" | "Reply-To" | "Sender" if !own.is_empty() => {
                seen.push(format!(
                    "{name}: {}",
                    own.iter().map(|value| addresses(value)).collect::<Vec<_>>().join(", ")
                ));
            }
            _ => seen.extend(own.iter().map(|value| format!("{name}: {value}"))),
        }
    }
    for name in UNSEEN {
        let own = fields.iter().filter(|(n, value)| n.eq_ignore_ascii_case(name) && !value.is_empty());
        unseen.extend(own.take(30).map(|(_, value)| format!("{name}: {}", cut(value))));
    }
    let others = fields.iter().filter(|(name, value)| {
        let lower = name.to_lowercase();
        !value.is_empty()
            && !NOISE.iter().any(|noise| lower.starts_with(noise))
            && !FIRST.iter().chain(UNSEEN).any(|known| known.eq_ignore_ascii_case(name))
    });
    unseen.extend(others.take(OTHERS).map(|(name, value)| format!("{name}: {}", cut(value))));
    out.text("header", Visibility::Shown, 1, seen.join("\n"))?;
    out.text("header", Visibility::Hidden, seen.len() as u32 + 1, unseen.join("\n"))
}

fn cut(value: &str) -> &str {
    value.char_indices().nth(LONG).map_or(value, |(end, _)| &value[..end])
}

/// Addresses as `Name <address>`, parted by commas; quotes around a name go where it needs none.
fn addresses(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    let mut quoted = false;
    let mut name = String::new();
    for character in value.chars() {
        match character {
            '"' if quoted => {
                quoted = false;
                // A comma within a name would part it.
                if name.contains([',', ';', '<', '>']) {
                    out.push_str(&format!("\"{name}\""));
                } else {
                    out.push_str(&name);
                }
                name.clear();
            }
            '"' => quoted = true,
            '\\' if quoted => {}
            _ if quoted => name.push(character),
            _ => out.push(character),
        }
    }
    out.push_str(&name);
    let out = out.trim();
    match out.strip_prefix('<').and_then(|rest| rest.strip_suffix('>')) {
        Some(bare) if !bare.contains(['<', '>', ' ']) => bare.to_owned(),
        _ => out.replace("'\u{200b}", "'"),
    }
}

const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/// A moment of mail in the form of ISO 8601; what is none stays as it is.
pub(super) fn moment(text: &str) -> String {
    iso(text).unwrap_or_else(|| text.to_owned())
}

fn iso(text: &str) -> Option<String> {
    let text = text.split('(').next()?;
    let words: Vec<&str> = text.split([' ', ',', '-', '\t']).filter(|word| !word.is_empty()).collect();
    // Zones west of Greenwich lose their sign above.
    let west = text
        .rsplit_once('-')
        .is_some_and(|(_, zone)| zone.len() >= 4 && zone.starts_with(|c: char| c.is_ascii_digit()));
    let month_at = words.iter().position(|word| {
        let lower = word.to_ascii_lowercase();
        word.bytes().all(|byte| byte.is_ascii_alphabetic()) && MONTHS.iter().any(|month| lower.starts_with(month))
    })?;
    let lower = words.get(month_at)?.to_ascii_lowercase();
    let month = MONTHS.iter().position(|month| lower.starts_with(month))? + 1;
    let number = |word: &&str| word.parse::<i16>().ok();
    let day = month_at.checked_sub(1).and_then(|at| words.get(at)).and_then(number);
    let (day, mut after) = match day {
        Some(day) => (day, month_at + 1),
        // `Thu Nov 28 10:15:00 2024`.
        None => (words.get(month_at + 1).and_then(number)?, month_at + 2),
    };
    let mut year = None;
    let mut clock = None;
    let mut zone = None;
    while let Some(word) = words.get(after) {
        if word.contains(':') && clock.is_none() {
            let mut parts = word.split([':', '.']).map(|part| part.parse::<i8>().ok());
            clock = Some((parts.next()??, parts.next()??, parts.next().flatten().unwrap_or(0)));
        } else if year.is_none() && word.len() <= 4 && word.bytes().all(|byte| byte.is_ascii_digit()) {
            year = number(word).map(|year| match year {
                0..=49 => year + 2000,
                50..=99 => year + 1900,
                year => year,
            });
        } else if zone.is_none() && year.is_some() {
            zone = offset(word, west);
        }
        after += 1;
    }
    let (hour, minute, second) = clock.unwrap_or((0, 0, 0));
    let moment =
        DateTime::new(year?, i8::try_from(month).ok()?, i8::try_from(day).ok()?, hour, minute, second.min(59), 0)
            .ok()?;
    Some(format!("{moment}{}", zone.unwrap_or_default()))
}

fn offset(word: &str, west: bool) -> Option<String> {
    let digits = word.trim_start_matches('+');
    if digits.len() == 4 && digits.bytes().all(|byte| byte.is_ascii_digit()) {
        if digits == "0000" {
            return Some("Z".to_owned());
        }
        let sign = if west && !word.starts_with('+') { '-' } else { '+' };
        return Some(format!("{sign}{}:{}", &digits[..2], &digits[2..]));
    }
    let zones = [
        ("GMT", "Z"),
        ("UT", "Z"),
        ("UTC", "Z"),
        ("Z", "Z"),
        ("BST", "+01:00"),
        ("EST", "-05:00"),
        ("EDT", "-04:00"),
        ("CST", "-06:00"),
        ("CDT", "-05:00"),
        ("MST", "-07:00"),
        ("MDT", "-06:00"),
        ("PST", "-08:00"),
        ("PDT", "-07:00"),
    ];
    zones.iter().find(|(name, _)| word.eq_ignore_ascii_case(name)).map(|(_, zone)| (*zone).to_owned())
}
