//! Mailboxes in the mbox form (mboxo, mboxrd, mboxcl, and Foxmail's): messages after lines that begin `From `. The messages are members;
//! nothing is read here, and no more than one of them is held at a time.
//!
//! A `From ` line counts where a blank line stands before it, and it ends in a date or a header follows it, so that an
//! unquoted sentence does not split a message; within the length that a message declares for itself it does not, if the next message begins where
//! that length ends. `>From ` is unquoted as mboxrd has it. What stands before the first such line is the end of a message
//! whose beginning is lost, and a member, too.

use super::{Head, Job, MemberEntry, ReadSeek, Visit, mail, rewind};
use assay_model::UnreadReason;
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom};

/// What stands before each message in a mailbox of Foxmail.
pub(super) const FOXMAIL: &[u8] = b"\x10\x10\x10\x10\x10\x10\x10\x11\x11\x11\x11\x11\x11S";

/// The longest line looked at: no header of mail is longer.
const LINE: usize = 1 << 20;

/// Whether the text of a head is a mailbox.
pub(super) fn fits(head: &Head<'_>, text: &str) -> bool {
    let Some((first, rest)) = text.trim_start_matches(['\r', '\n']).split_once('\n') else { return false };
    begins(first, rest) || is_dated(first) && first.starts_with("From ") && head.named(NAMES)
}

const NAMES: &[&str] = &[".mbox", ".mbx", ".mbs"];

/// Whether a line and what follows it begin a message.
fn begins(first: &str, rest: &str) -> bool {
    let header = rest
        .lines()
        .next()
        .and_then(|line| line.split_once(':'))
        .is_some_and(|(name, _)| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_graphic()));
    first.starts_with("From ") && (is_dated(first) && header || mail::headers_at(rest, true))
}

/// `From a@b Thu Nov 28 10:15:00 2024`, with or without a zone after it.
fn is_dated(line: &str) -> bool {
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let year = |word: &str| word.len() == 4 && word.parse::<u16>().is_ok_and(|year| (1970..2100).contains(&year));
    line.contains(':')
        && line.split_whitespace().rev().take(3).any(year)
        && line.split_whitespace().any(|word| MONTHS.contains(&word))
}

/// Whether the text of a head is a mailbox whose beginning is lost: two messages begin in it, or one and the name says so.
pub(super) fn fits_fragment(head: &Head<'_>, text: &str) -> bool {
    let named = head.named(NAMES);
    let mut found = 0;
    let mut rest = text;
    while let Some(at) = rest.find("\nFrom ") {
        let blank = rest[..at].ends_with('\n') || rest[..at].ends_with("\n\r");
        rest = &rest[at + 1..];
        let Some((first, after)) = rest.split_once('\n') else { break };
        found += u32::from(blank && is_dated(first) && mail::headers_at(after, true));
        if found >= 2 || named && found >= 1 {
            return true;
        }
    }
    false
}

pub(super) fn read(job: &mut Job<'_, '_>) -> Result<(), UnreadReason> {
    let out = &mut *job.out;
    let end = each(job.input, &mut |number, size, _| out.member(&name_of(number), size).is_ok(), u64::MAX);
    match end {
        Ok(Beginning::Whole) => {}
        Ok(Beginning::Lost) => out.partial("the mailbox begins within a message, whose beginning is lost"),
        Err(_) => out.partial("the mailbox could not be read to its end"),
    }
    Ok(())
}

pub(super) fn visit(input: &mut dyn ReadSeek, visit: &mut Visit<'_>) {
    let limit = visit.reading.limits.item_bytes;
    let (range, give) = (visit.range.clone(), &mut visit.visit);
    // What a failing stream no longer gives is not visited.
    let _ = each(
        input,
        &mut |number, size, bytes| {
            if range.contains(&number) {
                let bytes = if size > limit { Err(UnreadReason::Limit) } else { Ok(bytes) };
                give(number, &MemberEntry { name: name_of(number), bytes: size }, bytes);
            }
            number + 1 < range.end
        },
        limit,
    );
}

fn name_of(number: u32) -> String {
    format!("message-{:05}.eml", u64::from(number) + 1)
}

#[derive(PartialEq, Eq, Clone, Copy)]
enum Beginning {
    Whole,
    Lost,
}

/// Gives each message: its number, its size, and its bytes up to `keep`; stops where `give` says so.
fn each(
    input: &mut dyn ReadSeek,
    give: &mut dyn FnMut(u32, u64, Vec<u8>) -> bool,
    keep: u64,
) -> Result<Beginning, UnreadReason> {
    rewind(input)?;
    let keep = if keep == u64::MAX { 0 } else { keep };
    let mut reader = BufReader::with_capacity(256 * 1024, input);
    let (mut line, mut bytes) = (Vec::new(), Vec::new());
    let (mut size, mut number, mut blank, mut open) = (0_u64, 0_u32, true, false);
    let (mut at, mut in_head, mut length, mut declared_end) = (0_u64, false, None, 0_u64);
    let mut beginning = Beginning::Whole;
    loop {
        line.clear();
        let count = Read::take(&mut reader, LINE as u64).read_until(b'\n', &mut line);
        let count = count.map_err(|_| UnreadReason::Corrupt)?;
        let ended = count == 0;
        at += count as u64;
        let mut starts = blank && line.starts_with(b"From ") && (header_next(&mut reader) || is_date_line(&line));
        let is_mark = line.starts_with(FOXMAIL);
        starts |= is_mark;
        if starts && !is_mark && open && at <= declared_end {
            starts = !begins_at(&mut reader, declared_end, at)?;
        }
        if (ended || starts) && open {
            if !give(number, size, std::mem::take(&mut bytes)) {
                return Ok(beginning);
            }
            number = number.saturating_add(1);
            size = 0;
        }
        if ended {
            return Ok(beginning);
        }
        if starts {
            (open, blank, in_head, length, declared_end) = (true, false, true, None, 0);
            continue;
        }
        blank = line.iter().all(|byte| matches!(byte, b'\r' | b'\n'));
        if !open {
            if blank {
                continue;
            }
            (open, beginning) = (true, Beginning::Lost);
        }
        if in_head {
            in_head = !blank;
            if line.len() > 15 && line[..15].eq_ignore_ascii_case(b"content-length:") {
                length = std::str::from_utf8(&line[15..]).ok().and_then(|text| text.trim().parse::<u64>().ok());
            }
            if blank {
                declared_end = length.map_or(0, |length| at.saturating_add(length));
            }
        }
        let quotes =
            if line.first() == Some(&b'>') { line.iter().take_while(|byte| **byte == b'>').count() } else { 0 };
        let unquoted = if quotes > 0 && line[quotes..].starts_with(b"From ") { &line[1..] } else { &line[..] };
        size += unquoted.len() as u64;
        if size <= keep {
            bytes.extend_from_slice(unquoted);
        }
    }
}

fn is_date_line(line: &[u8]) -> bool {
    line.len() < 500 && std::str::from_utf8(line).is_ok_and(is_dated)
}

fn header_next(reader: &mut impl BufRead) -> bool {
    let Ok(ahead) = reader.fill_buf() else { return false };
    let ahead = &ahead[..ahead.len().min(256)];
    let name = ahead.iter().take_while(|byte| byte.is_ascii_graphic() && **byte != b':').count();
    // Where the buffer ends within the name, a From line after a blank one is taken for what it seems.
    name == ahead.len() || name > 0 && ahead.get(name) == Some(&b':')
}

/// Whether a message begins at a place, or the mailbox ends there; goes back to `back`.
fn begins_at(reader: &mut (impl Read + Seek), place: u64, back: u64) -> Result<bool, UnreadReason> {
    let mut ahead = Vec::new();
    let mut look = || {
        reader.seek(SeekFrom::Start(place))?;
        (&mut *reader).take(16).read_to_end(&mut ahead)?;
        reader.seek(SeekFrom::Start(back))
    };
    look().map_err(|_| UnreadReason::Corrupt)?;
    let ahead = ahead.trim_ascii_start();
    Ok(ahead.is_empty() || ahead.starts_with(b"From "))
}
