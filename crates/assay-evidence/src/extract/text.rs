//! Plain text. Line ends become `\n`; lines count from one. A text of any size comes in pieces that end with a line.

use super::stream::TextStream;
use super::{Full, Job, Out, Visibility};
use assay_model::UnreadReason;

/// A passage of text ends at the last line end once it has this many bytes, so that none is larger than detection likes to
/// hold.
const PIECE: usize = 1 << 20;

pub(super) fn read(job: &mut Job<'_, '_>) -> Result<(), UnreadReason> {
    let (mut stream, out) = TextStream::open(job)?;
    // A limit reached is said by the one who counts.
    let _ = give(&mut stream, out);
    stream.finish(out);
    Ok(())
}

fn give(stream: &mut TextStream<'_>, out: &mut Out<'_>) -> Result<(), Full> {
    let mut line = 1_u32;
    // How far a window without a line end was searched.
    let mut searched = 0;
    loop {
        while stream.window().len() < PIECE && stream.more() {}
        let window = stream.window();
        let cut = match last_line_end(window, searched) {
            _ if stream.is_last() && window.len() <= 2 * PIECE => window.len(),
            Some(end) => end,
            None if stream.is_full() || stream.is_last() => window.len(),
            None => {
                searched = window.len();
                stream.more();
                continue;
            }
        };
        let piece = window.get(..cut).unwrap_or_default();
        if piece.is_empty() {
            return Ok(());
        }
        let mut text = plain_line_ends(piece);
        let lines = memchr::memchr_iter(b'\n', text.as_bytes()).count() as u32;
        text.truncate(text.trim_end_matches('\n').len());
        out.text("", Visibility::Shown, line, text)?;
        line = line.saturating_add(lines);
        stream.consume(cut);
        searched = 0;
    }
}

/// Where the last line of a window ends: at `\n`, in texts without any at a `\r`.
fn last_line_end(window: &str, searched: usize) -> Option<usize> {
    let bytes = window.as_bytes();
    let end = memchr::memrchr(b'\n', bytes.get(searched..)?).map(|end| searched + end + 1);
    // A `\r` at the window's end may be half of a line end.
    end.or_else(|| memchr::memrchr(b'\r', bytes.get(..bytes.len().checked_sub(1)?)?).map(|end| end + 1))
}

/// `\r\n` and a lone `\r` as `\n`.
pub(super) fn normalised(text: String) -> String {
    if memchr::memchr(b'\r', text.as_bytes()).is_none() { text } else { plain_line_ends(&text) }
}

fn plain_line_ends(text: &str) -> String {
    if memchr::memchr(b'\r', text.as_bytes()).is_none() {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    let mut from = 0;
    for end in memchr::memchr_iter(b'\r', text.as_bytes()) {
        out.push_str(text.get(from..end).unwrap_or_default());
        from = end + 1;
        if text.as_bytes().get(from) != Some(&b'\n') {
            out.push('\n');
        }
    }
    out.push_str(text.get(from..).unwrap_or_default());
    out
}
