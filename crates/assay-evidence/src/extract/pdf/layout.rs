//! From strings with positions to lines: what stands on one height is one line, from left to right; gaps show.
//!
//! A gap of a letter is a space, one of more than the type's height a tab: columns stay apart without being made into
//! tables, which a page does not have. Text that runs in another direction follows the rest.

use std::collections::BTreeMap;

/// A string where it stands.
pub(super) struct Piece {
    /// How far its line is turned against the page, whole degrees.
    degrees: i16,
    x: f32,
    y: f32,
    end: f32,
    size: f32,
    text: String,
}

impl Piece {
    /// A string drawn with `matrix`, its end at `end`; `None` where it shows nothing or stands nowhere.
    pub(super) fn new(matrix: [f32; 6], end: (f32, f32), text: String) -> Option<Self> {
        let [a, b, c, d, x, y] = matrix;
        let size = c.hypot(d);
        if text.is_empty() || ![a, b, size, x, y, end.0, end.1].iter().all(|value| value.is_finite()) || size < 0.01 {
            return None;
        }
        let degrees = b.atan2(a).to_degrees().round();
        // A turn of minus 180 degrees is one of 180.
        let degrees = if degrees <= -180.0 { 180.0 } else { degrees };
        let (sine, cosine) = degrees.to_radians().sin_cos();
        let turn = |x: f32, y: f32| (x * cosine + y * sine, y * cosine - x * sine);
        let ((x, y), (end, _)) = (turn(x, y), turn(end.0, end.1));
        Some(Self { degrees: degrees as i16, x, y, end, size, text })
    }
}

/// The lines of a page.
pub(super) fn lines(pieces: Vec<Piece>) -> String {
    let mut turned: BTreeMap<i16, Vec<Piece>> = BTreeMap::new();
    pieces.into_iter().for_each(|piece| turned.entry(piece.degrees).or_default().push(piece));
    let mut turned: Vec<Vec<Piece>> = turned.into_values().collect();
    // A page laid out sideways is read as it is meant: most of its text first.
    turned.sort_by_key(|pieces| std::cmp::Reverse(pieces.iter().map(|piece| piece.text.len()).sum::<usize>()));
    let texts: Vec<String> = turned.into_iter().map(upright).filter(|text| !text.is_empty()).collect();
    texts.join("\n\n")
}

fn upright(mut pieces: Vec<Piece>) -> String {
    pieces.sort_by(|one, two| two.y.total_cmp(&one.y));
    let mut text = String::new();
    let mut line: Vec<Piece> = Vec::new();
    let mut last: Option<(f32, f32)> = None;
    for piece in pieces {
        let same = line.first().is_some_and(|first| first.y - piece.y <= 0.4 * first.size.min(piece.size));
        if !same {
            finish(&mut text, &mut line, &mut last);
        }
        line.push(piece);
    }
    finish(&mut text, &mut line, &mut last);
    text.trim_matches('\n').to_owned()
}

/// Ends a line: puts its pieces in order, and a blank line before it where the page leaves one.
fn finish(text: &mut String, line: &mut Vec<Piece>, last: &mut Option<(f32, f32)>) {
    let mut pieces = std::mem::take(line);
    pieces.sort_by(|one, two| one.x.total_cmp(&two.x));
    let Some(first) = pieces.first() else { return };
    let (y, size) = (first.y, pieces.iter().map(|piece| piece.size).fold(0.0, f32::max));
    let mut out = String::new();
    let mut before: Option<&Piece> = None;
    for piece in &pieces {
        if let Some(before) = before {
            // Bold is sometimes drawn by drawing twice.
            if before.text == piece.text && (piece.x - before.x).abs() < 0.3 * piece.size {
                continue;
            }
            let gap = (piece.x - before.end) / before.size.max(piece.size);
            match () {
                () if gap > 1.0 => out.push('\t'),
                () if gap > 0.17 && !out.ends_with(' ') && !piece.text.starts_with(' ') => out.push(' '),
                () => {}
            }
        }
        out.push_str(&piece.text);
        before = Some(piece);
    }
    let out = out.trim_end();
    if out.trim().is_empty() {
        return;
    }
    if let Some((above, above_size)) = *last
        && above - y > 1.9 * above_size.max(size)
    {
        text.push('\n');
    }
    text.push_str(out.trim_start_matches(['\t', ' ']));
    text.push('\n');
    *last = Some((y, size));
}
