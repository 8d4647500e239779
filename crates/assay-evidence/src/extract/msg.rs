//! Outlook messages (msg): sender, recipients, date and subject as lines, the body as text, attachments as members.
//!
//! A message attached to a message is listed and not opened; a body that stands in compressed rich text only is said to
//! be missing.

use super::html::Page;
use super::ole::{self, Compound, u16_at};
use super::{Full, Job, MemberEntry, Names, ReadSeek, Visibility, Visit, charset, read_at_most, text};
use assay_model::UnreadReason;
use jiff::civil::Date;

pub(super) fn read(job: &mut Job<'_, '_>) -> Result<(), UnreadReason> {
    let file = Compound::open(job.whole()?)?;
    // PidTagInternetMessageId, PidTagInternetReferences, PidTagInReplyToId.
    let [own, references, answered] = ["1035", "1039", "1042"].map(|number| property(&file, ole::ROOT, number));
    let refers = [&references, &answered].into_iter().flatten().flat_map(|ids| ids.split_whitespace());
    job.out.message_ids(own.as_deref(), refers);
    // A limit reached is said by the one who counts.
    let _ = give(job, &file);
    for (name, attachment) in attachments(&file) {
        if job.out.member(&name, content(&file, attachment).map_or(0, |bytes| bytes.len() as u64)).is_err() {
            break;
        }
    }
    Ok(())
}

pub(super) fn visit(input: &mut dyn ReadSeek, visit: &mut Visit<'_>) {
    let Ok(file) = read_at_most(input, visit.reading.limits.item_bytes).and_then(Compound::open) else { return };
    let mut names = Names::default();
    let mut together = 0_u64;
    for (number, (name, attachment)) in (0_u32..visit.range.end).zip(attachments(&file)) {
        let bytes = content(&file, attachment);
        let size = bytes.as_ref().map_or(0, |bytes| bytes.len() as u64);
        together = together.saturating_add(size);
        let member = MemberEntry { name: names.unique(&name), bytes: size };
        if visit.range.contains(&number) {
            let over = together > visit.reading.limits.expanded_bytes;
            let opened = if over { Err(UnreadReason::Limit) } else { bytes.ok_or(UnreadReason::Unsupported) };
            (visit.visit)(number, &member, opened);
        }
    }
}

fn give(job: &mut Job<'_, '_>, file: &Compound) -> Result<(), Full> {
    job.out.text("header", Visibility::Shown, 1, headers(file).join("\n"))?;
    let plain = property(file, ole::ROOT, "1000").map(text::normalised).unwrap_or_default();
    if !plain.trim().is_empty() {
        return job.out.text("body", Visibility::Shown, 1, plain.trim_end().to_owned());
    }
    let html = file.named(ole::ROOT, "__substg1.0_10130102").map(|bytes| charset::decode(bytes).text);
    if let Some(html) = html.or_else(|| property(file, ole::ROOT, "1013")) {
        return Page::of(&html, job.reading.limits.cells).give(job.out);
    }
    if file.find(ole::ROOT, "__substg1.0_10090102").is_some() {
        job.out.partial("the body is compressed rich text and was not read");
    }
    Ok(())
}

/// A text property of a storage, by its number in hexadecimal digits (MS-OXMSG 2.1).
fn property(file: &Compound, storage: usize, number: &str) -> Option<String> {
    if let Some(bytes) = file.named(storage, &format!("__substg1.0_{number}001F")) {
        return Some(encoding_rs::UTF_16LE.decode_without_bom_handling(&bytes).0.trim_end_matches('\0').to_owned());
    }
    file.named(storage, &format!("__substg1.0_{number}001E"))
        .map(|bytes| charset::decode(bytes).text.trim_end_matches('\0').to_owned())
}

fn headers(file: &Compound) -> Vec<String> {
    let line =
        |number: &str| property(file, ole::ROOT, number).map(|text| one_line(&text)).filter(|text| !text.is_empty());
    let mut lines = Vec::new();
    if let Some(from) = person(line("0C1A"), line("5D01").or_else(|| line("0C1F"))) {
        lines.push(format!("From: {from}"));
    }
    let mut kinds: [(&str, &str, Vec<String>); 3] =
        [("To", "0E04", Vec::new()), ("Cc", "0E03", Vec::new()), ("Bcc", "0E02", Vec::new())];
    for recipient in storages(file, "__recip_version1.0_") {
        let of = |number: &str| property(file, recipient, number).map(|text| one_line(&text));
        // PidTagRecipientType: one is To, two Cc, three Bcc.
        let kind = fixed(file, recipient, 8, 0x0c15).map_or(1, |value| value & 0xff);
        if let (Some(person), Some((.., all))) =
            (person(of("3001"), of("39FE").or_else(|| of("3003"))), kinds.get_mut(kind.saturating_sub(1) as usize))
        {
            all.push(person);
        }
    }
    for (label, number, all) in kinds {
        let shown = if all.is_empty() { line(number) } else { Some(all.join(", ")) };
        lines.extend(shown.map(|shown| format!("{label}: {shown}")));
    }
    // When it was sent, or else when it arrived.
    let moment = fixed(file, ole::ROOT, 32, 0x0039).or_else(|| fixed(file, ole::ROOT, 32, 0x0e06));
    lines.extend(moment.and_then(dated).map(|date| format!("Date: {date}")));
    lines.extend(line("0037").map(|subject| format!("Subject: {subject}")));
    lines
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn person(name: Option<String>, address: Option<String>) -> Option<String> {
    let filled = |text: &String| !text.is_empty();
    match (name.filter(filled), address.filter(filled)) {
        (Some(name), Some(address)) if name != address => Some(format!("{name} <{address}>")),
        (name, address) => address.or(name),
    }
}

/// A property of fixed size; `header` bytes stand before the first (MS-OXMSG 2.4).
fn fixed(file: &Compound, storage: usize, header: usize, number: u16) -> Option<u64> {
    let stream = file.named(storage, "__properties_version1.0")?;
    let entry = stream.get(header..)?.chunks_exact(16).find(|entry| u16_at(entry, 2) == Some(number))?;
    Some(u64::from_le_bytes(entry.get(8..16)?.try_into().ok()?))
}

/// Tenths of microseconds since 1601, as a moment in universal time.
fn dated(ticks: u64) -> Option<String> {
    let seconds = ticks / 10_000_000;
    let days = i64::try_from(seconds / 86_400).ok()?;
    let date = Date::new(1601, 1, 1).ok()?.checked_add(jiff::Span::new().try_days(days).ok()?).ok()?;
    let (hour, minute, second) = (seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
    Some(format!("{date}T{hour:02}:{minute:02}:{second:02}Z"))
}

fn storages(file: &Compound, start: &str) -> Vec<usize> {
    let mut found: Vec<usize> =
        file.children(ole::ROOT).into_iter().filter(|child| file.name(*child).starts_with(start)).collect();
    found.sort_by(|one, two| file.name(*one).cmp(file.name(*two)));
    found
}

/// Attachments with their names, in the order of the message.
fn attachments(file: &Compound) -> Vec<(String, usize)> {
    let named = |(index, storage): (usize, usize)| {
        let name = ["3707", "3704", "3001"].iter().find_map(|number| property(file, storage, number));
        (name.filter(|name| !name.is_empty()).unwrap_or_else(|| format!("attachment-{}.bin", index + 1)), storage)
    };
    storages(file, "__attach_version1.0_").into_iter().enumerate().map(named).collect()
}

fn content(file: &Compound, attachment: usize) -> Option<Vec<u8>> {
    file.named(attachment, "__substg1.0_37010102")
}
