//! From letters with positions to what a person reads: words, lines, columns and tables.
//!
//! What stands on one height is one line, from left to right; a gap of a letter is a space, one of more than the type's
//! height a tab. Columns of prose are read one after another, cells of tables row by row (`table`). Text that runs in
//! another direction follows the rest. Long because each judgement (line, gap, gutter, column) leans on the one before.

use super::table::{self, Table};
use std::collections::{BTreeMap, VecDeque};

/// A gap between letters that parts words, in heights of the type: word spaces of tight lines shrink to a fifth.
const WORD: f32 = 0.15;

/// A gap that parts pieces: columns, labels and values.
const GAP: f32 = 1.0;

/// The same after a space: of lines set to full width, spaces reach one and a half.
const SPACED_GAP: f32 = 1.6;

/// Letters in a row where they stand.
#[derive(Clone, Default, Debug)]
pub(super) struct Piece {
    /// How far its line is turned against the page, whole degrees.
    degrees: i16,
    /// Its beginning and end along its line.
    pub(super) from: f32,
    pub(super) to: f32,
    /// The height of its line, upwards as its letters see it.
    pub(super) y: f32,
    pub(super) size: f32,
    pub(super) text: String,
    /// Where in `text` each word begins, and where it stands along the line.
    pub(super) words: Vec<(usize, f32, f32)>,
    pub(super) hidden: bool,
    /// Whether it was written onto the page: into a field, as a note.
    pub(super) written: bool,
    /// How many were drawn before it.
    order: usize,
    /// Where the last letter began.
    last: f32,
    space: bool,
    /// Where it begins on the page.
    corner: (f32, f32),
    pub(super) table: Option<Box<Table>>,
}

/// A ruling line on the page.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rule {
    one: (f32, f32),
    two: (f32, f32),
}

impl Rule {
    /// A stroke that is upright or level, and long enough to rule something.
    pub(super) fn between(one: (f32, f32), two: (f32, f32)) -> Option<Self> {
        let (x, y) = ((one.0 - two.0).abs(), (one.1 - two.1).abs());
        (x.is_finite() && y.is_finite() && x.min(y) < 1.0 && x.max(y) >= 4.0).then_some(Self { one, two })
    }

    /// A filled area thin enough to be a line.
    pub(super) fn of_area([left, bottom, right, top]: [f32; 4]) -> Option<Self> {
        let (width, height) = (right - left, top - bottom);
        if height <= 2.5 && width >= 4.0 {
            let y = (top + bottom) / 2.0;
            return Self::between((left, y), (right, y));
        }
        if width <= 2.5 && height >= 4.0 {
            let x = (left + right) / 2.0;
            return Self::between((x, bottom), (x, top));
        }
        None
    }

    /// Its ends in the space of lines turned by some degrees.
    pub(super) fn turned(self, degrees: i16) -> ((f32, f32), (f32, f32)) {
        (turned(self.one, degrees), turned(self.two, degrees))
    }
}

fn turned((x, y): (f32, f32), degrees: i16) -> (f32, f32) {
    match degrees {
        0 => (x, y),
        90 => (y, -x),
        180 => (-x, -y),
        -90 => (-y, x),
        degrees => {
            let (sine, cosine) = f32::from(degrees).to_radians().sin_cos();
            (x * cosine + y * sine, y * cosine - x * sine)
        }
    }
}

fn degrees(along: (f32, f32)) -> i16 {
    if along.1 == 0.0 && along.0 >= 0.0 {
        return 0;
    }
    let degrees = along.1.atan2(along.0).to_degrees().round();
    // A turn of minus 180 degrees is one of 180.
    if degrees <= -180.0 { 180 } else { degrees as i16 }
}

impl Piece {
    /// Begins with a letter drawn from `start` to `end`, its line along `along`; `None` where it shows nothing or stands
    /// nowhere.
    pub(super) fn begin(
        text: &str,
        start: (f32, f32),
        end: (f32, f32),
        size: f32,
        along: (f32, f32),
        hidden: bool,
    ) -> Option<Self> {
        let known = [start.0, start.1, end.0, end.1, size, along.0, along.1].iter().all(|value| value.is_finite());
        if !known || size < 0.01 || text.trim().is_empty() {
            return None;
        }
        let degrees = degrees(along);
        let ((from, y), (to, _)) = (turned(start, degrees), turned(end, degrees));
        Some(Self {
            degrees,
            from,
            to: to.max(from),
            y,
            size,
            text: text.trim().to_owned(),
            words: vec![(0, from, to.max(from))],
            hidden,
            written: false,
            order: 0,
            last: from,
            space: text.ends_with(' '),
            corner: start,
            table: None,
        })
    }

    /// Goes on with a letter, if it stands where one is expected.
    pub(super) fn push(
        &mut self,
        text: &str,
        start: (f32, f32),
        end: (f32, f32),
        size: f32,
        along: (f32, f32),
        hidden: bool,
    ) -> bool {
        if self.degrees != degrees(along) || (size - self.size).abs() > 0.05 * self.size || hidden != self.hidden {
            return false;
        }
        let ((from, y), (to, _)) = (turned(start, self.degrees), turned(end, self.degrees));
        if !(from.is_finite() && to.is_finite() && (y - self.y).abs() <= 0.1 * size) {
            return false;
        }
        let gap = (from - self.to) / size;
        if text.trim().is_empty() {
            self.space = true;
            return (-1.0..SPACED_GAP).contains(&gap);
        }
        // Bold is sometimes drawn by drawing each letter twice.
        if (from - self.last).abs() < 0.08 * size && self.text.ends_with(text) && !self.space {
            return true;
        }
        if gap < -0.5 || gap > if self.space { SPACED_GAP } else { GAP } {
            return false;
        }
        if gap > WORD || self.space && gap > -0.1 || text.starts_with(' ') {
            self.text.truncate(self.text.trim_end().len());
            self.text.push(' ');
            self.words.push((self.text.len(), from, to));
        }
        self.space = text.ends_with(' ');
        self.text.push_str(text.trim());
        self.last = from;
        self.to = self.to.max(to);
        if let Some(word) = self.words.last_mut() {
            word.2 = self.to;
        }
        true
    }

    /// Puts together words whose letters are spaced out by hand: single letters all along, between which some gaps are
    /// wider than the others.
    fn tighten(&mut self) {
        let letters = self.text.chars().filter(|character| character.is_alphabetic()).count();
        if self.words.len() < 6 || letters * 3 < self.text.len() || letters * 10 > self.words.len() * 18 {
            return;
        }
        let gaps: Vec<f32> = self.words.windows(2).filter_map(|pair| Some(pair.last()?.1 - pair.first()?.2)).collect();
        let mut sorted = gaps.clone();
        sorted.sort_by(f32::total_cmp);
        let usual = sorted.get(sorted.len() / 2).copied().unwrap_or(0.0);
        let widest = sorted.last().copied().unwrap_or(0.0);
        if usual > 0.4 * self.size || widest < usual * 1.5 {
            return;
        }
        let mut text = String::with_capacity(self.text.len());
        let mut words: Vec<(usize, f32, f32)> = Vec::new();
        let ends = self.words.iter().skip(1).map(|word| word.0).chain([self.text.len()]);
        for (index, ((start, from, to), end)) in self.words.iter().zip(ends).enumerate() {
            let gap = index.checked_sub(1).and_then(|before| gaps.get(before)).copied().unwrap_or(f32::MAX);
            match words.last_mut().filter(|_| gap < usual * 1.5) {
                Some(word) => word.2 = *to,
                None => {
                    if !text.is_empty() {
                        text.push(' ');
                    }
                    words.push((text.len(), *from, *to));
                }
            }
            text.push_str(self.text.get(*start..end).unwrap_or_default().trim_end());
        }
        (self.text, self.words) = (text, words);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.text.trim().is_empty()
    }

    /// Covers another as well, if it stands on the same line.
    pub(super) fn widen(&mut self, other: &Self) {
        if self.degrees == other.degrees && (self.y - other.y).abs() < self.size {
            self.from = self.from.min(other.from);
            self.to = self.to.max(other.to);
        }
    }

    /// Says something else than was drawn.
    pub(super) fn replace(&mut self, text: &str) {
        self.text = text
            .chars()
            .map(|character| match character {
                '\u{ad}' => '-',
                character if character.is_whitespace() || character.is_control() => ' ',
                character => character,
            })
            .collect();
        self.words = vec![(0, self.from, self.to)];
    }

    /// Whether it begins outside an area of the page, by more than its own height.
    pub(super) fn is_outside(&self, [left, bottom, right, top]: [f32; 4]) -> bool {
        let ((x, y), margin) = (self.corner, self.size);
        x < left - margin || x > right + margin || y < bottom - margin || y > top + margin
    }

    /// Its words, each as a piece.
    pub(super) fn parts(&self) -> Vec<Self> {
        let ends = self.words.iter().skip(1).map(|word| word.0).chain([self.text.len()]);
        let part = |((start, from, to), end): (&(usize, f32, f32), usize)| Self {
            from: *from,
            to: *to,
            text: self.text.get(*start..end).unwrap_or_default().trim_end().to_owned(),
            words: vec![(0, *from, *to)],
            ..self.clone()
        };
        self.words.iter().zip(ends).map(part).collect()
    }

    /// A table as it takes its place among lines.
    pub(super) fn of_table(table: Table, [from, _, to, top]: [f32; 4]) -> Self {
        Self { from, to, y: top - 1.0, size: 1.0, table: Some(Box::new(table)), ..Self::default() }
    }
}

/// What stands on one height.
#[derive(Clone, Debug)]
pub(super) struct Line {
    /// From left to right.
    pub(super) pieces: Vec<Piece>,
    pub(super) y: f32,
    pub(super) size: f32,
}

/// A stretch of a page.
#[derive(Debug)]
pub(super) enum Block {
    Text(String),
    Table(Table),
}

/// What is read on a page, in order.
pub(super) fn blocks(mut pieces: Vec<Piece>, rules: &[Rule]) -> Vec<Block> {
    for (order, piece) in pieces.iter_mut().enumerate() {
        piece.order = order;
        piece.tighten();
    }
    let mut by_degrees: BTreeMap<i16, Vec<Piece>> = BTreeMap::new();
    pieces.into_iter().for_each(|piece| by_degrees.entry(piece.degrees).or_default().push(piece));
    let mut by_degrees: Vec<(i16, Vec<Piece>)> = by_degrees.into_iter().collect();
    // A page laid out sideways is read as it is meant: most of its text first.
    by_degrees.sort_by_key(|(_, pieces)| std::cmp::Reverse(pieces.iter().map(|piece| piece.text.len()).sum::<usize>()));
    let mut blocks = Vec::new();
    for (index, (degrees, pieces)) in by_degrees.into_iter().enumerate() {
        let mut pieces = without_doubles(pieces);
        if index == 0 && rules.len() > 5 {
            pieces = table::ruled(pieces, rules, degrees);
        }
        let mut found = Vec::new();
        read(lines(pieces), 0, &mut found);
        blocks.extend(found);
    }
    joined(blocks)
}

/// Text after text is one text.
fn joined(blocks: Vec<Block>) -> Vec<Block> {
    let mut out: Vec<Block> = Vec::new();
    for block in blocks {
        match (out.last_mut(), block) {
            (Some(Block::Text(before)), Block::Text(text)) => {
                before.push_str("\n\n");
                before.push_str(&text);
            }
            (_, block) => out.push(block),
        }
    }
    out
}

/// Without what was drawn twice at one place, as for bold or a shadow.
fn without_doubles(mut pieces: Vec<Piece>) -> Vec<Piece> {
    pieces.sort_by(|one, two| two.y.total_cmp(&one.y).then(one.from.total_cmp(&two.from)));
    let mut kept: Vec<Piece> = Vec::with_capacity(pieces.len());
    for piece in pieces {
        let near = kept.iter().rev().take(16).take_while(|other| other.y - piece.y <= 0.3 * piece.size);
        let is_double = near.into_iter().any(|other| {
            (other.from - piece.from).abs() < 0.3 * piece.size
                && other.text == piece.text
                && other.hidden == piece.hidden
        });
        if !is_double {
            kept.push(piece);
        }
    }
    kept
}

/// Pieces by lines, from above.
pub(super) fn lines(mut pieces: Vec<Piece>) -> Vec<Line> {
    pieces.sort_by(|one, two| two.y.total_cmp(&one.y));
    let mut lines: Vec<Line> = Vec::new();
    for piece in pieces {
        // A raised figure overlaps its line by more than half of itself.
        let overlaps = |line: &Line| {
            let (low, high) = (line.y.max(piece.y), (line.y + line.size * 0.7).min(piece.y + piece.size * 0.7));
            high - low > 0.35 * line.size.min(piece.size)
        };
        match lines.last_mut() {
            Some(line) if piece.table.is_none() && !line.is_table() && overlaps(line) => {
                if piece.size > line.size {
                    (line.y, line.size) = (piece.y, piece.size);
                }
                line.pieces.push(piece);
            }
            _ => lines.push(Line { y: piece.y, size: piece.size, pieces: vec![piece] }),
        }
    }
    for line in &mut lines {
        line.pieces.sort_by(|one, two| one.from.total_cmp(&two.from));
    }
    lines
}

/// A stretch of a line without a wide gap.
pub(super) struct Segment {
    pub(super) from: f32,
    pub(super) to: f32,
    pub(super) letters: usize,
}

impl Line {
    /// Whether it is the place of a table: such a line has nothing else.
    fn is_table(&self) -> bool {
        self.pieces.first().is_some_and(|piece| piece.table.is_some())
    }

    pub(super) fn segments(&self) -> Vec<Segment> {
        let mut segments: Vec<Segment> = Vec::new();
        for piece in &self.pieces {
            let letters = piece.text.len();
            match segments.last_mut() {
                Some(last) if piece.from - last.to <= GAP * piece.size && piece.table.is_none() => {
                    last.to = last.to.max(piece.to);
                    last.letters += letters;
                }
                _ => segments.push(Segment { from: piece.from, to: piece.to, letters }),
            }
        }
        segments
    }

    /// Its widest stretch of white between segments.
    fn widest_gap(&self) -> Option<(f32, f32)> {
        let segments = self.segments();
        let gaps = segments.windows(2).filter_map(|pair| Some((pair.first()?.to, pair.last()?.from)));
        gaps.max_by(|one, two| (one.1 - one.0).total_cmp(&(two.1 - two.0)))
    }

    /// The white between it and a line near below that stands wholly beside it.
    fn gap_to(&self, next: &Self) -> Option<(f32, f32)> {
        let span = |line: &Self| {
            let to = line.pieces.iter().map(|piece| piece.to).reduce(f32::max)?;
            Some((line.pieces.first()?.from, to))
        };
        let ((from, to), (next_from, next_to)) = (span(self)?, span(next)?);
        let white = if next_from > to { (to, next_from) } else { (next_to, from) };
        (self.is_near(next) && white.1 - white.0 > self.size).then_some(white)
    }

    /// Whether a line below follows within two lines' height.
    fn is_near(&self, next: &Self) -> bool {
        self.y - next.y < 2.5 * self.size.max(next.size)
    }

    /// What it leaves white of a stretch, if that is wide enough to part columns.
    fn white_within(&self, (from, to): (f32, f32)) -> Option<(f32, f32)> {
        let mut white = (from, from);
        let mut start = from;
        for segment in self.segments().iter().filter(|segment| segment.to > from && segment.from < to) {
            if segment.from - start > white.1 - white.0 {
                white = (start, segment.from);
            }
            start = start.max(segment.to);
        }
        if to - start > white.1 - white.0 {
            white = (start, to);
        }
        (white.1 - white.0 > 0.6 * self.size).then_some(white)
    }

    /// Its text; gaps as spaces or tabs.
    pub(super) fn text(&self) -> String {
        let mut out = String::new();
        let mut before: Option<&Piece> = None;
        for piece in &self.pieces {
            if let Some(before) = before {
                let gap = (piece.from - before.to) / before.size.max(piece.size);
                match () {
                    () if gap > GAP => out.push('\t'),
                    () if (gap > WORD || piece.written != before.written) && !out.ends_with(' ') => out.push(' '),
                    () => {}
                }
            }
            out.push_str(&piece.text);
            before = Some(piece);
        }
        let out = out.trim_matches(['\t', ' ']);
        if out.chars().any(is_from_right) { in_reading_order(out) } else { out.to_owned() }
    }
}

/// Lines of blocks side by side: those of addresses are ten.
const BAND: usize = 60;

/// Columns within columns.
const COLUMNS: u32 = 3;

/// Reads lines: columns one after another, tables as such, the rest line by line.
fn read(lines: Vec<Line>, depth: u32, blocks: &mut Vec<Block>) {
    if depth >= COLUMNS {
        table::aligned(lines, blocks);
        return;
    }
    let Some(gutter) = gutter(&lines) else {
        side_by_side(lines, depth, blocks);
        return;
    };
    let crosses = |line: &Line| line.segments().iter().any(|segment| segment.from < gutter && segment.to > gutter);
    let mut rest: Vec<Line> = Vec::new();
    let mut band: Vec<Line> = Vec::new();
    for line in lines {
        if crosses(&line) {
            end_band(&mut rest, &mut band, gutter, depth, blocks);
            rest.push(line);
        } else {
            band.push(line);
        }
    }
    end_band(&mut rest, &mut band, gutter, depth, blocks);
    side_by_side(rest, depth, blocks);
}

/// Reads lines among which a few stand in blocks side by side, as addresses at the head of a letter do.
fn side_by_side(lines: Vec<Line>, depth: u32, blocks: &mut Vec<Block>) {
    let mut rest: Vec<Line> = Vec::new();
    let mut lines: VecDeque<Line> = lines.into();
    while let Some(line) = lines.pop_front() {
        let own = line.widest_gap();
        let Some(mut white) = own.or_else(|| line.gap_to(lines.front()?)) else {
            rest.push(line);
            continue;
        };
        let mut band = vec![line];
        while let Some(next) = lines.front().filter(|_| band.len() < BAND) {
            let near = band.last().is_some_and(|above| above.is_near(next));
            let Some(narrower) = next.white_within(white).filter(|_| near) else { break };
            white = narrower;
            band.extend(lines.pop_front());
        }
        let gutter = (white.0 + white.1) / 2.0;
        match blocks_in(&band, gutter) {
            Some(length) => {
                band.split_off(length).into_iter().rev().for_each(|line| lines.push_front(line));
                table::aligned(std::mem::take(&mut rest), blocks);
                columns(&mut band, gutter, depth, blocks);
            }
            // A heading that stands beside the first line is none of the blocks below it.
            None if own.is_none() => {
                band.split_off(1).into_iter().rev().for_each(|line| lines.push_front(line));
                rest.append(&mut band);
            }
            None => rest.append(&mut band),
        }
    }
    table::aligned(rest, blocks);
}

/// How many lines of a band are blocks side by side; the last few may be the beginning of what follows below.
fn blocks_in(band: &[Line], gutter: f32) -> Option<usize> {
    for length in (band.len().saturating_sub(4)..=band.len()).rev() {
        let own = band.get(..length)?;
        if is_drawn_by_blocks(own, gutter) {
            return Some(length);
        }
        // A line on both sides is no beginning of something else.
        if own.last()?.widest_gap().is_some() {
            return None;
        }
    }
    None
}

/// Whether all that stands left of a gutter was drawn before all that stands right of it, or after it: whoever drew it
/// meant blocks, not rows.
fn is_drawn_by_blocks(band: &[Line], gutter: f32) -> bool {
    let mut sides = [(usize::MAX, 0, 0, 0); 2];
    for line in band {
        let mut has = [false; 2];
        for piece in &line.pieces {
            let side = usize::from(piece.from >= gutter);
            let Some((first, last, lines, letters)) = sides.get_mut(side) else { continue };
            (*first, *last) = ((*first).min(piece.order), (*last).max(piece.order));
            *lines += usize::from(!std::mem::replace(&mut has[side], true));
            *letters += piece.text.len();
        }
    }
    let [left, right] = sides;
    let by_blocks = left.1 < right.0 || right.1 < left.0;
    let [one, two] = [left, right].map(|side| if side.2 > 1 { side.3 / side.2 } else { 0 });
    by_blocks && one.min(two) >= 8 && one.max(two) >= 12
}

fn end_band(rest: &mut Vec<Line>, band: &mut Vec<Line>, gutter: f32, depth: u32, blocks: &mut Vec<Block>) {
    if !is_prose(band, gutter) {
        rest.append(band);
        return;
    }
    side_by_side(std::mem::take(rest), depth, blocks);
    columns(band, gutter, depth, blocks);
}

fn columns(band: &mut Vec<Line>, gutter: f32, depth: u32, blocks: &mut Vec<Block>) {
    let (mut left, mut right) = (Vec::new(), Vec::new());
    for line in std::mem::take(band) {
        let (one, two): (Vec<Piece>, Vec<Piece>) = line.pieces.into_iter().partition(|piece| piece.from < gutter);
        left.extend(one);
        right.extend(two);
    }
    read(self::lines(left), depth + 1, blocks);
    read(self::lines(right), depth + 1, blocks);
}

/// Whether what stands left and right of a gutter reads as columns of prose, and not as cells of rows.
fn is_prose(band: &[Line], gutter: f32) -> bool {
    let (mut left, mut right, mut both) = ((0, 0, 0), (0, 0, 0), 0);
    for line in band {
        let (mut has_left, mut has_right) = (false, false);
        for segment in line.segments() {
            let (side, has) =
                if segment.from < gutter { (&mut left, &mut has_left) } else { (&mut right, &mut has_right) };
            side.0 += usize::from(!*has);
            side.1 += 1;
            side.2 += segment.letters;
            *has = true;
        }
        both += usize::from(has_left && has_right);
    }
    let least = left.0.min(right.0);
    if least < 4 {
        return false;
    }
    let letters = (left.2 / left.1.max(1)).min(right.2 / right.1.max(1));
    // Rows whose cells are short are a table; lines that do not stand beside each other are none.
    letters >= 25 || letters >= 15 && both * 3 < least * 2
}

/// Where a strip of white parts the lines, if there is one.
fn gutter(lines: &[Line]) -> Option<f32> {
    const BINS: usize = 256;
    if lines.len() < 6 {
        return None;
    }
    let segments: Vec<Segment> = lines.iter().flat_map(Line::segments).collect();
    let left = segments.iter().map(|segment| segment.from).reduce(f32::min)?;
    let right = segments.iter().map(|segment| segment.to).reduce(f32::max)?;
    let width = (right - left) / BINS as f32;
    if !(width.is_finite() && width > 0.01) {
        return None;
    }
    let mut covered = [0_i32; BINS + 1];
    for segment in &segments {
        let bin = |x: f32| (((x - left) / width) as usize).min(BINS - 1);
        covered[bin(segment.from)] += 1;
        covered[bin(segment.to) + 1] -= 1;
    }
    let mut sum = 0;
    for bin in &mut covered {
        sum += *bin;
        *bin = sum;
    }
    let covered = covered.get(..BINS)?;
    let most = covered.iter().copied().max()?;
    // The widest strip that few lines cross (headings do), with columns on both sides.
    let few = (lines.len() as i32 / 5).min(most / 4);
    let mut best: Option<(usize, usize)> = None;
    let mut start = None;
    for (bin, count) in covered.iter().enumerate() {
        match (*count <= few, start) {
            (true, None) => start = Some(bin),
            (false, Some(from)) => {
                let sides = |range: &[i32]| range.iter().copied().max().unwrap_or(0) > few * 2;
                let (before, after) = (covered.get(..from)?, covered.get(bin..)?);
                let longer = best.is_none_or(|(_, length)| bin - from > length);
                if from > BINS / 8 && bin < BINS - BINS / 8 && sides(before) && sides(after) && longer {
                    best = Some((from, bin - from));
                }
                start = None;
            }
            _ => {}
        }
    }
    let (from, length) = best?;
    let size = lines.iter().map(|line| line.size).sum::<f32>() / lines.len() as f32;
    (length as f32 * width > 0.6 * size).then_some(left + (from as f32 + length as f32 / 2.0) * width)
}

/// The text of lines, a blank line where the page leaves one.
pub(super) fn text(lines: &[Line]) -> String {
    let mut text = String::new();
    let mut last: Option<&Line> = None;
    for line in lines {
        let own = line.text();
        if own.trim().is_empty() {
            continue;
        }
        if let Some(above) = last
            && above.y - line.y > 1.9 * above.size.max(line.size)
        {
            text.push('\n');
        }
        text.push_str(&own);
        text.push('\n');
        last = Some(line);
    }
    text.truncate(text.trim_end_matches('\n').len());
    text
}

/// Whether a letter is of a script that is read from the right.
fn is_from_right(character: char) -> bool {
    matches!(character, '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{feff}')
}

/// A line as it stands, in the order in which it is read: words of Hebrew or Arabic from the right, figures and Latin
/// among them as they are.
fn in_reading_order(line: &str) -> String {
    let strong = |character: &char| character.is_alphanumeric();
    let from_right = line.chars().filter(|character| is_from_right(*character)).count();
    let from_left = line.chars().filter(|character| character.is_alphabetic() && !is_from_right(*character)).count();
    // Runs of one direction; what is neither goes with what stands around it.
    let mut runs: Vec<(bool, Vec<char>)> = Vec::new();
    for character in line.chars() {
        let right = is_from_right(character);
        match runs.last_mut() {
            Some((own, run)) if *own == right || !strong(&character) => run.push(character),
            _ => runs.push((right, vec![character])),
        }
    }
    let mut out = String::new();
    let mut give = |right: bool, run: &[char]| {
        // White space at the end of a run stands between it and its neighbour, on either side.
        if right { out.extend(run.iter().rev().map(|character| mirrored(*character))) } else { out.extend(run) }
    };
    if from_right > from_left {
        for (right, run) in runs.iter().rev() {
            if *right {
                give(true, run);
            } else {
                let end = run.iter().rposition(strong).map_or(0, |end| end + 1);
                let (core, tail) = run.split_at(end);
                give(true, tail);
                give(false, core);
            }
        }
    } else {
        for (right, run) in &runs {
            if *right {
                let end = run.iter().rposition(strong).map_or(0, |end| end + 1);
                let (core, tail) = run.split_at(end);
                give(true, core);
                give(false, tail);
            } else {
                give(false, run);
            }
        }
    }
    out
}

fn mirrored(character: char) -> char {
    match character {
        '(' => ')',
        ')' => '(',
        '[' => ']',
        ']' => '[',
        other => other,
    }
}
