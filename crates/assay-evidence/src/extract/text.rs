//! Plain text. Line ends become `\n`; lines count from one. A large text comes in pieces that end with a line.

use super::{Full, Job, Visibility, charset};
use assay_model::UnreadReason;

/// A passage of text is cut at the first line end past this many bytes, so that none is larger than detection likes to
/// hold.
const PIECE: usize = 4 << 20;

pub(super) fn read(job: &mut Job<'_, '_>) -> Result<(), UnreadReason> {
    let decoded = charset::decode(job.whole()?);
    if decoded.replaced {
        job.out.warn("bytes that do not fit the text's encoding were replaced");
    }
    // A limit reached is said by the one who counts.
    let _ = give(job, &normalised(decoded.text));
    Ok(())
}

fn give(job: &mut Job<'_, '_>, text: &str) -> Result<(), Full> {
    let mut rest = text;
    let mut line = 1_u32;
    while !rest.is_empty() {
        let piece = match rest.as_bytes().get(PIECE..).and_then(|tail| memchr::memchr(b'\n', tail)) {
            Some(end) => &rest[..=PIECE + end],
            None => rest,
        };
        job.out.text("", Visibility::Shown, line, piece.trim_end_matches('\n').to_owned())?;
        line = line.saturating_add(memchr::memchr_iter(b'\n', piece.as_bytes()).count() as u32);
        rest = &rest[piece.len()..];
    }
    Ok(())
}

/// `\r\n` and a lone `\r` as `\n`.
pub(super) fn normalised(text: String) -> String {
    if memchr::memchr(b'\r', text.as_bytes()).is_none() { text } else { text.replace("\r\n", "\n").replace('\r', "\n") }
}
