//! Web archives in the WARC form: each record is a member, a stored response without the headers of its protocol. Nothing
//! is read here; a chunked response is given as it was sent.

use super::stretches::{self, Found, Source, damaged};
use super::{Job, ReadSeek, Visit};
use assay_model::UnreadReason;
use std::io;

/// The longest header of a record, and of the response in it, bytes.
const HEADER: usize = 64 << 10;

pub(super) fn read(job: &mut Job<'_, '_>) -> Result<(), UnreadReason> {
    stretches::read(job, walk)
}

pub(super) fn visit(input: &mut dyn ReadSeek, visit: &mut Visit<'_>) {
    stretches::visit(input, visit, walk);
}

fn walk(source: &mut Source<'_>, give: &mut dyn FnMut(Found) -> bool) -> io::Result<()> {
    let mut at = 0;
    while at < source.size {
        let head = source.most(at, HEADER)?;
        // Records end in two empty lines; some writers leave more.
        let blank = head.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        if blank > 0 {
            at += blank as u64;
            continue;
        }
        if !head.starts_with(b"WARC/") {
            return Err(damaged());
        }
        let end = header_end(&head).ok_or_else(damaged)?;
        let header = String::from_utf8_lossy(head.get(..end).unwrap_or_default()).into_owned();
        let field = |name: &str| {
            header
                .lines()
                .filter_map(|line| line.split_once(':'))
                .find(|(key, _)| key.eq_ignore_ascii_case(name))
                .map(|(_, value)| value.trim().trim_matches(['<', '>']).to_owned())
        };
        let length: u64 = field("Content-Length").and_then(|length| length.parse().ok()).ok_or_else(damaged)?;
        let start = at + end as u64;
        at = start.saturating_add(length);
        let kind = field("WARC-Type").unwrap_or_default();
        let place = field("WARC-Target-URI").unwrap_or_default();
        let mut skip = 0;
        if matches!(kind.as_str(), "response" | "revisit") {
            let body = source.most(start, HEADER)?;
            if body.starts_with(b"HTTP/") {
                skip = header_end(&body).map_or(0, |end| (end as u64).min(length));
            }
        }
        let name = match place.as_str() {
            "" => kind,
            place => format!("{kind}/{}", place.split_once("://").map_or(place, |(_, rest)| rest)),
        };
        if !give(Found::one(name, start + skip, length - skip)) {
            return Ok(());
        }
    }
    Ok(())
}

/// Where the lines of a header end, the empty one included.
fn header_end(bytes: &[u8]) -> Option<usize> {
    let long = memchr::memmem::find(bytes, b"\r\n\r\n").map(|at| at + 4);
    let short = memchr::memmem::find(bytes, b"\n\n").map(|at| at + 2);
    [long, short].into_iter().flatten().min()
}
