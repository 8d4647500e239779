//! An item of a mail store written as one message (RFC 5322), so that the one reader of mail reads it: fields as UTF-8,
//! parts as they are, without any transfer encoding.

use super::super::{Limits, Reading, mail};
use super::{Attachment, Content, Item, details, fields};

/// Items in items in items beyond this are said to be there only.
const NESTING: u32 = 32;

/// The message; as much of it as `limits` allow in one item.
pub(in super::super) fn compose(item: &Item, limits: &Limits) -> Vec<u8> {
    let mut out = Vec::new();
    write(item, limits, NESTING.min(limits.nesting), &mut out);
    out
}

struct Part {
    head: String,
    content: Vec<u8>,
}

fn write(item: &Item, limits: &Limits, deeper: u32, out: &mut Vec<u8>) {
    let mut head = String::from("MIME-Version: 1.0\r\n");
    for (name, value) in fields(item) {
        // A field of the net names itself; what its content is, is said anew below.
        let name: String = name.chars().filter(|c| c.is_ascii_graphic() && *c != ':').collect();
        let lower = name.to_lowercase();
        if !name.is_empty() && !lower.starts_with("content-") && lower != "mime-version" {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
    }
    let reading = Reading::within(limits);
    let bodies = item.bodies(&reading);
    let lines = details(item);
    let mut wordings = Vec::new();
    if !bodies.plain.trim().is_empty() {
        wordings.push(text_part("plain", "", bodies.plain.into_bytes()));
    }
    wordings.extend(bodies.html.into_iter().map(|html| text_part("html", "", html.into_bytes())));
    let rich = |content| Part { head: "Content-Type: text/rtf\r\n".to_owned(), content };
    wordings.extend(bodies.rich.into_iter().map(rich));
    let mut parts = Vec::new();
    if !lines.is_empty() {
        parts.push(text_part("plain", "Content-Description: details\r\n", lines.join("\r\n").into_bytes()));
    }
    if wordings.len() > 1 {
        parts.push(multipart("alternative", &wordings));
    } else {
        parts.append(&mut wordings);
    }
    for (index, attachment) in item.attachments.iter().enumerate() {
        parts.push(attached(item, index, attachment, limits, deeper));
    }
    let whole = match parts.pop() {
        Some(only) if parts.is_empty() => only,
        None => Part { head: String::new(), content: Vec::new() },
        Some(last) => {
            parts.push(last);
            multipart("mixed", &parts)
        }
    };
    out.extend_from_slice(head.as_bytes());
    out.extend_from_slice(whole.head.as_bytes());
    out.extend_from_slice(b"\r\n");
    out.extend_from_slice(&whole.content);
}

fn multipart(kind: &str, parts: &[Part]) -> Part {
    let boundary = boundary(parts);
    let mut content = Vec::new();
    for part in parts {
        content.extend_from_slice(format!("--{boundary}\r\n{}\r\n", part.head).as_bytes());
        content.extend_from_slice(&part.content);
        content.extend_from_slice(b"\r\n");
    }
    content.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
    Part { head: format!("Content-Type: multipart/{kind}; boundary=\"{boundary}\"\r\n"), content }
}

fn text_part(kind: &str, more: &str, content: Vec<u8>) -> Part {
    Part {
        head: format!("Content-Type: text/{kind}; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n{more}"),
        content,
    }
}

fn attached(item: &Item, index: usize, attachment: &Attachment, limits: &Limits, deeper: u32) -> Part {
    let name = item.attachment_name(index);
    let named =
        format!("Content-Disposition: attachment; filename=\"{}\"\r\n", name.replace(['"', '\\', '\r', '\n'], "_"));
    match &attachment.content {
        Content::Bytes(bytes) => Part {
            head: format!("Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: binary\r\n{named}"),
            content: bytes.clone(),
        },
        Content::Item(inner) if deeper > 0 => {
            let mut content = Vec::new();
            write(inner, limits, deeper - 1, &mut content);
            Part {
                head: format!("Content-Type: message/rfc822\r\nContent-Transfer-Encoding: binary\r\n{named}"),
                content,
            }
        }
        Content::Item(_) | Content::Missing => {
            Part { head: format!("Content-Type: {}\r\n{named}", mail::MISSING), content: Vec::new() }
        }
    }
}

/// A line that is in none of the parts.
fn boundary(parts: &[Part]) -> String {
    let mut number = 0_u64;
    loop {
        let boundary = format!("=_part_{number:08}");
        if !parts.iter().any(|part| memchr::memmem::find(&part.content, boundary.as_bytes()).is_some()) {
            return boundary;
        }
        number = number.wrapping_add(1);
    }
}
