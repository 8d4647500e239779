//! Recognised words to passages: rows that belong together though a recogniser parted them, wide gaps as tabs, and tables
//! where columns stand one under another.

use super::super::{Out, Visibility};
use super::{Recognised, RecognisedWord};
use assay_model::{Cell, Recovery, Table};

/// The mean confidence, per cent, below which words are noise.
const LEGIBLE: u8 = 25;

/// A gap that parts columns, in widths of a letter; a space is half of one.
const COLUMN_GAP: f32 = 2.6;

/// Words of one line, from left to right.
struct Line {
    block: u32,
    words: Vec<RecognisedWord>,
}

impl Line {
    /// Where its middle is, and how high it is.
    fn middle(&self) -> (f32, f32) {
        let count = self.words.len().max(1) as f32;
        let high = self.words.iter().map(|word| word.height as f32).sum::<f32>() / count;
        let middle = self.words.iter().map(|word| word.top as f32 + word.height as f32 / 2.0).sum::<f32>() / count;
        (middle, high)
    }

    /// Its cells: runs of words between wide gaps, with where they begin and end.
    fn cells(&self) -> Vec<(u32, u32, String)> {
        let letters: usize = self.words.iter().map(|word| word.text.chars().count()).sum();
        let letter = self.words.iter().map(|word| word.width as f32).sum::<f32>() / letters.max(1) as f32;
        let mut cells: Vec<(u32, u32, String)> = Vec::new();
        for word in &self.words {
            let right = word.left.saturating_add(word.width);
            match cells.last_mut() {
                Some((_, end, text)) if word.left.saturating_sub(*end) as f32 <= letter * COLUMN_GAP => {
                    text.push(' ');
                    text.push_str(&word.text);
                    *end = right.max(*end);
                }
                _ => cells.push((word.left, right, word.text.clone())),
            }
        }
        cells
    }

    fn text(&self) -> String {
        self.cells().into_iter().map(|(_, _, text)| text).collect::<Vec<_>>().join("\t")
    }
}

/// What was recognised on a page, in reading order.
pub(crate) struct Page {
    /// Groups of lines; between them a blank line.
    groups: Vec<Vec<Line>>,
    /// Mean confidence, each word weighted by its letters, per cent.
    pub(super) confidence: u8,
}

fn letters(word: &RecognisedWord) -> u64 {
    word.text.chars().filter(|c| c.is_alphanumeric()).count() as u64
}

impl Page {
    pub(crate) fn of(mut words: Vec<RecognisedWord>) -> Self {
        let all: u64 = words.iter().map(letters).sum();
        let sure: u64 = words.iter().map(|word| letters(word) * u64::from(word.confidence)).sum();
        let confidence = u8::try_from(sure.checked_div(all).unwrap_or(0)).unwrap_or(100).min(100);
        // Edges, dots and stamps come as short doubtful words; what has letters enough for a person to check stays.
        words.retain(|word| match letters(word) {
            0 => word.confidence >= 50,
            1 | 2 => word.confidence >= 30,
            _ => word.confidence >= 10,
        });
        // A stroke that stands alone in English is the first person.
        words.iter_mut().filter(|word| word.text == "|").for_each(|word| word.text = "I".to_owned());
        // One word at least must be one beyond doubt: photographs give letters, too.
        if !words.iter().any(|word| word.confidence >= 60 && letters(word) >= 2) {
            return Self { groups: Vec::new(), confidence: 0 };
        }
        let mut lines: Vec<Line> = Vec::new();
        let mut number = None;
        for word in words {
            if number != Some((word.block, word.line)) {
                number = Some((word.block, word.line));
                lines.push(Line { block: word.block, words: Vec::new() });
            }
            lines.last_mut().into_iter().for_each(|line| line.words.push(word.clone()));
        }
        lines.iter_mut().for_each(|line| line.words.sort_by_key(|word| word.left));
        Self { groups: joined(lines), confidence }
    }

    /// Whether a person could make out most of it.
    pub(crate) fn is_legible(&self) -> bool {
        self.confidence >= LEGIBLE
    }

    /// Its text, in the order in which it is given.
    pub(crate) fn text(&self) -> String {
        self.groups.iter().flatten().map(Line::text).collect::<Vec<_>>().join("\n")
    }

    /// Gives the page as passages of a part.
    pub(crate) fn give(self, out: &mut Out<'_>, part: &str) -> Recognised {
        let before = out.recovery;
        out.recovery = Recovery::Recognised { confidence: self.confidence };
        let count = self.groups.iter().map(Vec::len).sum::<usize>() as u32;
        // A limit reached is said by the one who counts.
        let _ = self.pieces().into_iter().try_for_each(|(line, piece)| match piece {
            Piece::Text(text) => out.text(part, Visibility::Shown, line, text),
            Piece::Table(rows) => out.table(part, Visibility::Shown, Table { first_row: line, continued: false, rows }),
        });
        out.recovery = before;
        Recognised { lines: count, confidence: self.confidence }
    }

    /// Text and tables in order, each with the number of its first line.
    fn pieces(&self) -> Vec<(u32, Piece)> {
        let mut pieces = Vec::new();
        let mut text: (u32, Vec<String>) = (1, Vec::new());
        let mut number = 1_u32;
        for (n, group) in self.groups.iter().enumerate() {
            if n > 0 {
                text.1.push(String::new());
                number += 1;
            }
            let mut at = 0;
            while at < group.len() {
                let rest = group.get(at..).unwrap_or_default();
                if let Some(rows) = table(rest) {
                    pieces.push((text.0, Piece::Text(text.1.join("\n"))));
                    let count = rows.len();
                    pieces.push((number, Piece::Table(rows)));
                    number += count as u32;
                    at += count;
                    text = (number, Vec::new());
                    continue;
                }
                if at > 0 && paragraph_between(group.get(at - 1), rest.first()) && !text.1.is_empty() {
                    text.1.push(String::new());
                    number += 1;
                }
                text.1.extend(rest.first().map(Line::text));
                number += 1;
                at += 1;
            }
        }
        pieces.push((text.0, Piece::Text(text.1.join("\n"))));
        pieces
    }
}

enum Piece {
    Text(String),
    Table(Vec<Vec<Cell>>),
}

/// Whether the space between two lines is that of a paragraph.
fn paragraph_between(above: Option<&Line>, below: Option<&Line>) -> bool {
    let (Some(above), Some(below)) = (above, below) else { return false };
    let ((upper, high), (lower, _)) = (above.middle(), below.middle());
    lower - upper > high * 2.4
}

/// Lines in groups as they are read. Blocks side by side whose lines stand level with each other and are short are one: the
/// columns of a form or a table; columns of prose are not.
fn joined(lines: Vec<Line>) -> Vec<Vec<Line>> {
    let mut blocks: Vec<Vec<Line>> = Vec::new();
    let mut number = None;
    for line in lines {
        if number != Some(line.block) {
            number = Some(line.block);
            blocks.push(Vec::new());
        }
        blocks
            .last_mut()
            .into_iter()
            .for_each(|block| block.push(Line { block: line.block, words: line.words.clone() }));
    }
    // A page has tens of blocks; noise that has thousands is taken as it comes.
    if blocks.len() > 400 {
        return blocks;
    }
    let mut groups: Vec<Vec<Line>> = Vec::new();
    for block in blocks {
        match groups.iter().position(|group| side_by_side(group, &block)) {
            Some(place) => {
                if let Some(group) = groups.get_mut(place) {
                    *group = rows_of(std::mem::take(group), block);
                }
            }
            None => groups.push(block),
        }
    }
    groups
}

fn side_by_side(one: &[Line], other: &[Line]) -> bool {
    let words =
        |lines: &[Line]| lines.iter().map(|line| line.words.len()).sum::<usize>() as f32 / lines.len().max(1) as f32;
    let (few, many) = if one.len() <= other.len() { (one, other) } else { (other, one) };
    let mut level = 0;
    for line in few {
        let mut beside = many.iter().filter(|another| are_level(line, another)).peekable();
        level += usize::from(beside.peek().is_some());
        // A column may lie in a gap of the other block, never over its words.
        if beside.any(|another| another.words.iter().any(|word| line.words.iter().any(|own| overlap(own, word)))) {
            return false;
        }
    }
    words(one).min(words(other)) <= 4.0 && level > 0 && level * 10 >= few.len() * 7
}

fn overlap(one: &RecognisedWord, other: &RecognisedWord) -> bool {
    one.left < other.left.saturating_add(other.width) && other.left < one.left.saturating_add(one.width)
}

fn are_level(one: &Line, other: &Line) -> bool {
    let ((a, high), (b, other_high)) = (one.middle(), other.middle());
    (a - b).abs() < high.min(other_high) * 0.45
}

/// The rows of two blocks side by side.
fn rows_of(mut rows: Vec<Line>, block: Vec<Line>) -> Vec<Line> {
    for line in block {
        match rows.iter_mut().find(|row| are_level(row, &line)) {
            Some(row) => {
                row.words.extend(line.words);
                row.words.sort_by_key(|word| word.left);
            }
            None => {
                let middle = line.middle().0;
                let place = rows.iter().position(|row| row.middle().0 > middle).unwrap_or(rows.len());
                rows.insert(place, line);
            }
        }
    }
    rows
}

/// The rows of a table at the head of lines: three or more lines of three or more cells that stand in columns.
fn table(lines: &[Line]) -> Option<Vec<Vec<Cell>>> {
    let rows: Vec<_> = lines.iter().map(Line::cells).take_while(|cells| cells.len() >= 3).collect();
    if rows.len() < 3 {
        return None;
    }
    let mut columns: Vec<(u32, u32)> = Vec::new();
    let mut spans: Vec<(u32, u32)> = rows.iter().flatten().map(|(left, right, _)| (*left, *right)).collect();
    spans.sort_unstable();
    for (left, right) in spans {
        match columns.last_mut() {
            Some((_, end)) if left <= *end => *end = right.max(*end),
            _ => columns.push((left, right)),
        }
    }
    let column = |left: u32| columns.iter().position(|(from, to)| (*from..=*to).contains(&left));
    let mut crowded = 0;
    let mut cells = 0;
    let mut filled = Vec::new();
    for row in &rows {
        let mut out = vec![Cell::Empty; columns.len()];
        for (left, _, text) in row {
            cells += 1;
            match column(*left).and_then(|n| out.get_mut(n)) {
                Some(Cell::Text(before)) => {
                    crowded += 1;
                    before.push(' ');
                    before.push_str(text);
                }
                Some(cell) => *cell = Cell::Text(text.as_str().into()),
                None => {}
            }
        }
        filled.push(out);
    }
    // Words of prose that happen to stand apart share columns; cells of a table do not.
    (columns.len() >= 3 && crowded * 10 <= cells).then_some(filled)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn word(block: u32, line: u32, left: u32, text: &str) -> RecognisedWord {
        let width = text.len() as u32 * 10;
        let (top, text) = (line % 100 * 30, text.to_owned());
        RecognisedWord { block, line, left, top, width, height: 20, confidence: 90, text }
    }

    fn printed(words: Vec<RecognisedWord>) -> String {
        let pieces = Page::of(words).pieces();
        let shown = pieces.into_iter().map(|(line, piece)| match piece {
            Piece::Text(text) if text.is_empty() => String::new(),
            Piece::Text(text) => format!("{line}: {text}\n"),
            Piece::Table(rows) => {
                let row =
                    |row: &Vec<Cell>| row.iter().map(|cell| cell.text().into_owned()).collect::<Vec<_>>().join("|");
                format!("{line}: [{}]\n", rows.iter().map(row).collect::<Vec<_>>().join(" / "))
            }
        });
        shown.collect()
    }

    #[test]
    fn a_form_in_two_blocks_is_read_row_by_row_and_prose_is_not() {
        let form = vec![
            word(1, 1, 0, "Name:"),
            word(1, 2, 0, "Born:"),
            word(2, 101, 300, "Ada Byron"),
            word(2, 102, 300, "1815"),
        ];
        assert_eq!(printed(form), "1: Name:\tAda Byron\nBorn:\t1815\n");
        let long = |block, line, left| {
            ["to", "be", "or", "not", "to", "be"]
                .iter()
                .enumerate()
                .map(move |(n, text)| word(block, line, left + n as u32 * 30, text))
        };
        let prose: Vec<_> =
            long(1, 1, 0).chain(long(1, 2, 0)).chain(long(2, 101, 300)).chain(long(2, 102, 300)).collect();
        assert_eq!(printed(prose).matches('\t').count(), 0);
    }

    #[test]
    fn cells_one_under_another_are_a_table() {
        let mut words = vec![word(1, 0, 0, "Ward"), word(1, 0, 50, "list")];
        for (line, row) in
            [["NHS", "Name", "Born"], ["999", "Byron", "1815"], ["998", "Babbage", "1791"]].iter().enumerate()
        {
            words.extend(row.iter().enumerate().map(|(n, text)| word(1, line as u32 + 1, n as u32 * 200, text)));
        }
        assert_eq!(printed(words), "1: Ward list\n2: [NHS|Name|Born / 999|Byron|1815 / 998|Babbage|1791]\n");
    }

    #[test]
    fn noise_gives_nothing() {
        let doubtful = |n: u32| RecognisedWord { confidence: 20, ..word(1, n, 0, "xq") };
        assert_eq!(Page::of((0..30).map(doubtful).collect()).confidence, 0);
    }
}
