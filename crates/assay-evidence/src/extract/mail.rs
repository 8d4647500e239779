//! Single messages (eml): headers as lines, the body as text, attachments and nested messages as members.
//!
//! Of alternatives the plain text is read, unless the HTML says much more. Signatures are not checked, `winmail.dat` is
//! not opened, links are not followed.

use super::html::Page;
use super::{Full, Head, Job, Limits, MemberEntry, Names, ReadSeek, Visibility, Visit, read_at_most, text};
use assay_model::UnreadReason;
use mail_parser::{Address, Encoding, HeaderName, Message, MessageParser, MessagePart, MimeHeaders, PartType};

/// Headers that only mail has.
const SURE: &[&str] =
    &["message-id", "received", "return-path", "mime-version", "delivered-to", "x-mailer", "x-originating-ip"];

/// Headers that a memo may have too.
const LIKELY: &[&str] = &["from", "to", "cc", "subject", "date", "reply-to", "content-type", "sender"];

/// Whether the text of a head is a message.
pub(super) fn fits(head: &Head<'_>, text: &str) -> bool {
    headers_at(text, head.named(&[".eml", ".mht", ".mhtml"]))
}

/// Whether mail headers stand at the beginning of a text; `named` where the name says so too.
pub(super) fn headers_at(text: &str, named: bool) -> bool {
    let (mut sure, mut likely) = (0, 0);
    for line in text.trim_start_matches('\u{feff}').lines().take(200) {
        if line.is_empty() {
            break;
        }
        if line.starts_with([' ', '\t']) {
            continue;
        }
        let Some((name, _)) = line.split_once(':') else { return false };
        if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_graphic()) {
            return false;
        }
        let name = name.to_ascii_lowercase();
        sure += u32::from(SURE.contains(&name.as_str()));
        likely += u32::from(LIKELY.contains(&name.as_str()));
    }
    sure >= 1 && sure + likely >= 2 || named && likely >= 2
}

pub(super) fn read(job: &mut Job<'_, '_>) -> Result<(), UnreadReason> {
    let bytes = job.whole()?;
    let message = MessageParser::default().parse(&bytes).ok_or(UnreadReason::Corrupt)?;
    let refers = [HeaderName::References, HeaderName::InReplyTo].map(|name| ids(&message, name));
    job.out.message_ids(message.message_id(), refers.iter().flatten().copied());
    // A limit reached is said by the one who counts.
    let _ = give(job, &message);
    for (name, part) in attachments(&message) {
        if job.out.member(&name, contents(&message, part).len() as u64).is_err() {
            break;
        }
    }
    Ok(())
}

pub(super) fn visit(input: &mut dyn ReadSeek, visit: &mut Visit<'_>) {
    let Ok(bytes) = read_at_most(input, visit.reading.limits.item_bytes) else { return };
    let Some(message) = MessageParser::default().parse(&bytes) else { return };
    let mut names = Names::default();
    for (number, (name, part)) in (0_u32..).zip(attachments(&message)) {
        let bytes = contents(&message, part);
        let member = MemberEntry { name: names.unique(&name), bytes: bytes.len() as u64 };
        if visit.range.contains(&number) {
            (visit.visit)(number, &member, Ok(bytes.to_vec()));
        }
    }
}

/// The ids in a header.
fn ids<'m>(message: &'m Message<'_>, header: HeaderName<'static>) -> Vec<&'m str> {
    let texts = message.header_values(header).flat_map(|value| value.as_text_list().unwrap_or_default());
    texts.map(|text| &**text).collect()
}

fn give(job: &mut Job<'_, '_>, message: &Message<'_>) -> Result<(), Full> {
    job.out.text("header", Visibility::Shown, 1, headers(message).join("\n"))?;
    let mut plain = String::new();
    let mut html = Vec::new();
    for part in message.text_bodies() {
        match &part.body {
            PartType::Text(text) => plain.push_str(text),
            PartType::Html(page) => html.push(Page::of(page, job.reading.limits.cells)),
            _ => {}
        }
    }
    if html.is_empty() {
        // Some programs put the substance into the HTML alternative and a sentence into the other.
        let weight = plain.chars().filter(|character| !character.is_whitespace()).count();
        let mut pages: Vec<Page> = html_alternatives(message, job.reading.limits);
        if pages.iter_mut().map(|page| page.flow.weight()).sum::<usize>() * 2 > weight * 3 {
            html = pages;
            plain.clear();
        }
    }
    let plain = text::normalised(plain);
    job.out.text("body", Visibility::Shown, 1, plain.trim_end().to_owned())?;
    html.into_iter().try_for_each(|page| page.give(job.out))
}

fn html_alternatives(message: &Message<'_>, limits: &Limits) -> Vec<Page> {
    let page = |part: &MessagePart<'_>| match &part.body {
        PartType::Html(html) => Some(Page::of(html, limits.cells)),
        _ => None,
    };
    message.html_bodies().filter_map(page).collect()
}

fn headers(message: &Message<'_>) -> Vec<String> {
    let mut lines = Vec::new();
    let addresses = [
        ("From", HeaderName::From),
        ("Sender", HeaderName::Sender),
        ("To", HeaderName::To),
        ("Cc", HeaderName::Cc),
        ("Bcc", HeaderName::Bcc),
        ("Reply-To", HeaderName::ReplyTo),
    ];
    for (label, name) in addresses {
        let all = message.header_values(name).filter_map(|value| value.as_address()).flat_map(each);
        let all = all.collect::<Vec<_>>().join(", ");
        if !all.is_empty() {
            lines.push(format!("{label}: {all}"));
        }
    }
    if let Some(date) = message.date() {
        lines.push(format!("Date: {}", date.to_rfc3339()));
    }
    if let Some(subject) = message.subject() {
        lines.push(format!("Subject: {}", subject.split_whitespace().collect::<Vec<_>>().join(" ")));
    }
    lines
}

fn each(addresses: &Address<'_>) -> Vec<String> {
    let one = |name: Option<&str>, address: Option<&str>| match (name, address) {
        (Some(name), Some(address)) => Some(format!("{name} <{address}>")),
        (None, Some(address)) => Some(address.to_owned()),
        (Some(name), None) => Some(name.to_owned()),
        (None, None) => None,
    };
    addresses.iter().filter_map(|address| one(address.name(), address.address())).collect()
}

/// Attachments with their names, in the order of the message.
fn attachments<'m>(message: &'m Message<'m>) -> Vec<(String, &'m MessagePart<'m>)> {
    let named = |(index, part): (usize, &'m MessagePart<'m>)| {
        let ending = match &part.body {
            PartType::Message(_) => "eml",
            PartType::Html(_) => "html",
            PartType::Text(_) => "txt",
            _ => "bin",
        };
        let name = part.attachment_name().map(str::to_owned);
        (name.unwrap_or_else(|| format!("attachment-{}.{ending}", index + 1)), part)
    };
    message.attachments().enumerate().map(named).collect()
}

/// The decoded bytes of an attachment.
fn contents<'m>(message: &'m Message<'_>, part: &'m MessagePart<'_>) -> &'m [u8] {
    match &part.body {
        // A nested message shares the bytes of the one around it, unless it came encoded.
        PartType::Message(_) if part.encoding == Encoding::None => {
            message.raw_message.get(part.offset_body as usize..part.offset_end as usize).unwrap_or_default()
        }
        PartType::Message(nested) => &nested.raw_message,
        _ => part.contents(),
    }
}
