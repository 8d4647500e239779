//! Mailboxes in the mbox form: messages after lines that begin `From `. The messages are members; nothing is read here.
//!
//! A `From ` line counts where a blank line stands before it and a header after it, so that an unquoted sentence does
//! not split a message. `>From ` is unquoted as mboxrd has it.

use super::{Head, Job, MemberEntry, ReadSeek, Visit, mail, rewind};
use assay_model::UnreadReason;
use std::io::{BufRead, BufReader};

/// The longest line looked at: no header of mail is longer.
const LINE: usize = 1 << 20;

/// Whether the text of a head is a mailbox.
pub(super) fn fits(_: &Head<'_>, text: &str) -> bool {
    let Some((first, rest)) = text.split_once('\n') else { return false };
    let dated = first.split_whitespace().last().is_some_and(|year| year.len() == 4 && year.parse::<u16>().is_ok());
    let header = rest
        .lines()
        .next()
        .and_then(|line| line.split_once(':'))
        .is_some_and(|(name, _)| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_graphic()));
    first.starts_with("From ") && (dated && first.contains(':') && header || mail::headers_at(rest, true))
}

pub(super) fn read(job: &mut Job<'_, '_>) -> Result<(), UnreadReason> {
    let out = &mut *job.out;
    let end = each(job.input, &mut |number, size, _| out.member(&name_of(number), size).is_ok(), u64::MAX);
    if end.is_err() {
        job.out.partial("the mailbox could not be read to its end");
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

/// Gives each message: its number, its size, and its bytes up to `keep`; stops where `give` says so.
fn each(
    input: &mut dyn ReadSeek,
    give: &mut dyn FnMut(u32, u64, Vec<u8>) -> bool,
    keep: u64,
) -> Result<(), UnreadReason> {
    rewind(input)?;
    let keep = if keep == u64::MAX { 0 } else { keep };
    let mut reader = BufReader::with_capacity(256 * 1024, input);
    let (mut line, mut bytes) = (Vec::new(), Vec::new());
    let (mut size, mut number, mut blank, mut open) = (0_u64, 0_u32, true, false);
    loop {
        line.clear();
        let count = std::io::Read::take(&mut reader, LINE as u64).read_until(b'\n', &mut line);
        let ended = count.map_err(|_| UnreadReason::Corrupt)? == 0;
        let starts = blank && line.starts_with(b"From ") && header_next(&mut reader);
        if (ended || starts) && open {
            if !give(number, size, std::mem::take(&mut bytes)) {
                return Ok(());
            }
            number = number.saturating_add(1);
            size = 0;
        }
        if ended {
            return Ok(());
        }
        if starts {
            open = true;
            blank = false;
            continue;
        }
        blank = line.iter().all(|byte| matches!(byte, b'\r' | b'\n'));
        let quotes = line.iter().take_while(|byte| **byte == b'>').count();
        let unquoted = if quotes > 0 && line[quotes..].starts_with(b"From ") { &line[1..] } else { &line[..] };
        size += unquoted.len() as u64;
        if size <= keep {
            bytes.extend_from_slice(unquoted);
        }
    }
}

fn header_next(reader: &mut impl BufRead) -> bool {
    let Ok(ahead) = reader.fill_buf() else { return false };
    let ahead = &ahead[..ahead.len().min(256)];
    let name = ahead.iter().take_while(|byte| byte.is_ascii_graphic() && **byte != b':').count();
    // Where the buffer ends within the name, a From line after a blank one is taken for what it seems.
    name == ahead.len() || name > 0 && ahead.get(name) == Some(&b':')
}
