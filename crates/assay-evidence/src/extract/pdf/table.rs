//! Tables on a page: cells between ruling lines, or columns that stand at the same places line after line.
//!
//! Where neither holds, lines stay lines with tabs: a table that is none would tear sentences apart.

use super::layout::{self, Block, Line, Piece, Rule};

/// Ruling lines of one page looked at for tables.
const RULES: usize = 2000;

/// How near lines are that meet or coincide, points.
const NEAR: f32 = 3.0;

/// Rows and columns of one table.
const SIDE: usize = 400;

/// Rows of cells.
#[derive(Clone, Debug)]
pub(super) struct Table {
    pub(super) rows: Vec<Vec<String>>,
    /// Where its columns begin.
    pub(super) columns: Vec<f32>,
}

/// A line at a place, from one end to the other.
#[derive(Clone, Copy)]
struct Stroke {
    at: f32,
    from: f32,
    to: f32,
}

/// Takes out what stands between ruling lines, and puts tables in its place.
pub(super) fn ruled(pieces: Vec<Piece>, rules: &[Rule], degrees: i16) -> Vec<Piece> {
    let (mut level, mut upright) = (Vec::new(), Vec::new());
    for rule in rules.iter().take(RULES) {
        let (one, two) = rule.turned(degrees);
        if (one.1 - two.1).abs() < 1.0 {
            level.push(Stroke { at: one.1, from: one.0.min(two.0), to: one.0.max(two.0) });
        } else if (one.0 - two.0).abs() < 1.0 {
            upright.push(Stroke { at: one.0, from: one.1.min(two.1), to: one.1.max(two.1) });
        }
    }
    let mut pieces = pieces;
    for (level, upright) in meeting(&level, &upright) {
        let columns = places(&upright);
        let mut rows = places(&level);
        rows.reverse();
        if columns.len() < 3 || rows.len() < 3 || columns.len() > SIDE || rows.len() > SIDE {
            continue;
        }
        let (Some(left), Some(right)) = (columns.first().copied(), columns.last().copied()) else { continue };
        let (Some(top), Some(bottom)) = (rows.first().copied(), rows.last().copied()) else { continue };
        let inside = |piece: &Piece| {
            let middle = piece.y + piece.size * 0.3;
            piece.table.is_none()
                && piece.from > left - NEAR
                && piece.to < right + NEAR * 3.0
                && (bottom..top).contains(&middle)
        };
        let (own, others): (Vec<Piece>, Vec<Piece>) = pieces.into_iter().partition(inside);
        let grid = Grid { columns: &columns, rows: &rows, level: &level, upright: &upright };
        match grid.table(&own) {
            Some(table) => {
                pieces = others;
                pieces.push(Piece::of_table(table, [left, bottom, right, top]));
            }
            None => {
                pieces = others;
                pieces.extend(own);
            }
        }
    }
    pieces
}

/// Strokes that hang together.
fn meeting(level: &[Stroke], upright: &[Stroke]) -> Vec<(Vec<Stroke>, Vec<Stroke>)> {
    let mut group: Vec<usize> = (0..level.len() + upright.len()).collect();
    fn root(group: &mut [usize], mut at: usize) -> usize {
        while let Some(above) = group.get(at).copied().filter(|above| *above != at) {
            let next = group.get(above).copied().unwrap_or(above);
            if let Some(place) = group.get_mut(at) {
                *place = next;
            }
            at = above;
        }
        at
    }
    for (one, own) in level.iter().enumerate() {
        for (two, other) in upright.iter().enumerate() {
            let meets = other.at > own.from - NEAR
                && other.at < own.to + NEAR
                && own.at > other.from - NEAR
                && own.at < other.to + NEAR;
            if meets {
                let (one, two) = (root(&mut group, one), root(&mut group, level.len() + two));
                if let Some(place) = group.get_mut(one.max(two)) {
                    *place = one.min(two);
                }
            }
        }
    }
    let mut groups: std::collections::BTreeMap<usize, (Vec<Stroke>, Vec<Stroke>)> = std::collections::BTreeMap::new();
    for (index, stroke) in level.iter().enumerate() {
        groups.entry(root(&mut group, index)).or_default().0.push(*stroke);
    }
    for (index, stroke) in upright.iter().enumerate() {
        groups.entry(root(&mut group, level.len() + index)).or_default().1.push(*stroke);
    }
    groups.into_values().filter(|(level, upright)| level.len() > 2 && upright.len() > 2).collect()
}

/// The places at which strokes stand, ascending.
fn places(strokes: &[Stroke]) -> Vec<f32> {
    let mut places: Vec<f32> = strokes.iter().map(|stroke| stroke.at).collect();
    places.sort_by(f32::total_cmp);
    places.dedup_by(|later, first| *later - *first < NEAR);
    places
}

struct Grid<'g> {
    columns: &'g [f32],
    /// From above.
    rows: &'g [f32],
    level: &'g [Stroke],
    upright: &'g [Stroke],
}

impl Grid<'_> {
    /// The cells and their text; `None` where it is a frame or a form rather than a table.
    fn table(&self, pieces: &[Piece]) -> Option<Table> {
        let (width, height) = (self.columns.len() - 1, self.rows.len() - 1);
        let anchors = self.anchors();
        let mut cells: Vec<Vec<Vec<Piece>>> = vec![vec![Vec::new(); width]; height];
        for piece in pieces {
            for word in piece.parts() {
                let (x, y) = ((word.from + word.to) / 2.0, word.y + word.size * 0.3);
                let column = self.columns.partition_point(|place| *place <= x).saturating_sub(1).min(width - 1);
                let row = self.rows.partition_point(|place| *place >= y).saturating_sub(1).min(height - 1);
                let (row, column) = anchors.get(row).and_then(|row| row.get(column)).copied().unwrap_or((row, column));
                if let Some(cell) = cells.get_mut(row).and_then(|row| row.get_mut(column)) {
                    cell.push(word);
                }
            }
        }
        let text = |cell: Vec<Piece>| layout::text(&layout::lines(cell)).replace("\n\n", "\n").replace('\t', " ");
        let mut rows: Vec<Vec<String>> = cells.into_iter().map(|row| row.into_iter().map(text).collect()).collect();
        let is_filled = |cell: &&String| !cell.is_empty();
        rows.retain(|row| row.iter().any(|cell| !cell.is_empty()));
        let used: Vec<usize> = (0..width)
            .filter(|column| rows.iter().any(|row| row.get(*column).is_some_and(|cell| !cell.is_empty())))
            .collect();
        let filled = rows.iter().flatten().filter(is_filled).count();
        let letters: usize = rows.iter().flatten().map(String::len).sum();
        let longest = rows.iter().flatten().map(String::len).max().unwrap_or(0);
        let side_by_side = rows.iter().filter(|row| row.iter().filter(is_filled).count() > 1).count();
        let is_table = used.len() > 1
            && rows.len() > 1
            && side_by_side > 1
            && filled * 4 >= rows.len() * used.len()
            && !(longest > 1000 && longest * 2 > letters);
        if !is_table {
            return None;
        }
        let rows = rows
            .into_iter()
            .map(|row| {
                row.into_iter().enumerate().filter(|(index, _)| used.contains(index)).map(|(_, cell)| cell).collect()
            })
            .collect();
        let columns = used.iter().filter_map(|index| self.columns.get(*index)).copied().collect();
        Some(Table { rows, columns })
    }

    /// Of each cell, the row and column of the one whose part it is: no line parts them.
    fn anchors(&self) -> Vec<Vec<(usize, usize)>> {
        let (width, height) = (self.columns.len() - 1, self.rows.len() - 1);
        let middle = |places: &[f32], index: usize| {
            (places.get(index).copied().unwrap_or(0.0) + places.get(index + 1).copied().unwrap_or(0.0)) / 2.0
        };
        let covered = |strokes: &[Stroke], at: f32, along: f32| {
            strokes.iter().any(|stroke| (stroke.at - at).abs() < NEAR && stroke.from <= along && along <= stroke.to)
        };
        let mut anchors: Vec<Vec<(usize, usize)>> = Vec::with_capacity(height);
        // Looked at cell by cell: a grid of many cells and lines is bounded by both together.
        let mut looks = 40_000_000_usize / (self.level.len() + self.upright.len()).max(1);
        for row in 0..height {
            let mut line: Vec<(usize, usize)> = Vec::with_capacity(width);
            for column in 0..width {
                looks = looks.saturating_sub(1);
                let x = self.columns.get(column).copied().unwrap_or(0.0);
                let y = self.rows.get(row).copied().unwrap_or(0.0);
                let parted = looks == 0 || covered(self.upright, x, middle(self.rows, row));
                let from_left = if parted { None } else { line.last().copied() };
                let above = row.checked_sub(1).and_then(|above| anchors.get(above)?.get(column).copied());
                let above = above.filter(|_| looks > 0 && !covered(self.level, y, middle(self.columns, column)));
                line.push(from_left.or(above).unwrap_or((row, column)));
            }
            anchors.push(line);
        }
        anchors
    }
}

/// Reads lines; where columns stand at the same places line after line, as a table.
pub(super) fn aligned(lines: Vec<Line>, blocks: &mut Vec<Block>) {
    let mut rest: Vec<Line> = Vec::new();
    let mut lines = lines.into_iter().peekable();
    let mut pending: std::collections::VecDeque<Line> = std::collections::VecDeque::new();
    while let Some(line) = pending.pop_front().or_else(|| lines.next()) {
        if let [Piece { table: Some(table), .. }] = line.pieces.as_slice() {
            give(std::mem::take(&mut rest), blocks);
            blocks.push(Block::Table((**table).clone()));
            continue;
        }
        let segments = line.segments();
        if segments.len() < 3 {
            rest.push(line);
            continue;
        }
        // What comes below is looked at as far as it fits.
        let mut columns: Vec<(f32, f32)> = segments.iter().map(|segment| (segment.from, segment.to)).collect();
        let mut run = vec![line];
        while run.len() < SIDE {
            if pending.is_empty() {
                pending.extend(lines.next());
            }
            let Some(next) = pending.front() else { break };
            let Some(wider) = fitting(&columns, run.last(), next) else { break };
            columns = wider;
            run.extend(pending.pop_front());
        }
        let rows = run.iter().filter(|line| line.segments().len() >= 2).count();
        if run.len() >= 3 && rows * 3 >= run.len() * 2 && columns.len() >= 3 {
            give(std::mem::take(&mut rest), blocks);
            blocks.push(Block::Table(table(&run, &columns)));
        } else {
            // Its first line begins no table; the others may.
            let mut run = run.into_iter();
            rest.extend(run.next());
            let others: Vec<Line> = run.collect();
            others.into_iter().rev().for_each(|line| pending.push_front(line));
        }
    }
    give(rest, blocks);
}

fn give(lines: Vec<Line>, blocks: &mut Vec<Block>) {
    let text = layout::text(&lines);
    if !text.is_empty() {
        blocks.push(Block::Text(text));
    }
}

/// The columns once a line is added; `None` where it does not stand in them or is too far below.
fn fitting(columns: &[(f32, f32)], above: Option<&Line>, line: &Line) -> Option<Vec<(f32, f32)>> {
    let above = above?;
    let segments = line.segments();
    let far = above.y - line.y > 3.2 * above.size.max(line.size);
    if far || line.pieces.first().is_some_and(|piece| piece.table.is_some()) || segments.is_empty() {
        return None;
    }
    if segments.len() == 1 && above.y - line.y > 1.6 * above.size.max(line.size) {
        return None;
    }
    let mut all: Vec<(f32, f32)> = columns.to_vec();
    let before = all.len();
    for segment in &segments {
        // A cell under two columns makes them one.
        let touched = columns.iter().filter(|(from, to)| segment.from < *to && segment.to > *from).count();
        if touched > 1 || touched == 0 && segments.len() < 3 {
            return None;
        }
        all.push((segment.from, segment.to));
    }
    all.sort_by(|one, two| one.0.total_cmp(&two.0));
    let mut merged: Vec<(f32, f32)> = Vec::new();
    for (from, to) in all {
        match merged.last_mut() {
            Some(last) if from < last.1 => last.1 = last.1.max(to),
            _ => merged.push((from, to)),
        }
    }
    (merged.len() >= before && merged.len() <= SIDE).then_some(merged)
}

fn table(lines: &[Line], columns: &[(f32, f32)]) -> Table {
    let mut rows: Vec<Vec<String>> = Vec::new();
    let gaps: Vec<f32> = lines
        .windows(2)
        .map(|pair| pair.first().map_or(0.0, |one| one.y) - pair.last().map_or(0.0, |two| two.y))
        .collect();
    let widest = gaps.iter().copied().fold(0.0, f32::max);
    for (index, line) in lines.iter().enumerate() {
        let mut cells: Vec<Vec<Piece>> = vec![Vec::new(); columns.len()];
        for piece in &line.pieces {
            let at = columns.partition_point(|(from, _)| *from <= piece.from + 0.1).saturating_sub(1);
            if let Some(cell) = cells.get_mut(at) {
                cell.push(piece.clone());
            }
        }
        let row: Vec<String> = cells
            .into_iter()
            .map(|pieces| Line { pieces, y: line.y, size: line.size }.text().replace('\t', " "))
            .collect();
        // A line without a first cell, nearer to the one above than rows are, goes on with it.
        let near = index.checked_sub(1).and_then(|above| gaps.get(above)).is_some_and(|gap| *gap < widest * 0.75);
        let goes_on = near && row.first().is_some_and(String::is_empty);
        match rows.last_mut().filter(|above| {
            goes_on && row.iter().zip(above.iter()).all(|(own, above)| own.is_empty() || !above.is_empty())
        }) {
            Some(above) => {
                for (above, own) in above.iter_mut().zip(row) {
                    if !own.is_empty() {
                        above.push(' ');
                        above.push_str(&own);
                    }
                }
            }
            None => rows.push(row),
        }
    }
    Table { rows, columns: columns.iter().map(|(from, _)| *from).collect() }
}
